//! A list of words, as a spec writes it: one text with blanks between. Looked up by word, not by reading it again for each.

use std::collections::HashSet;

use serde::{Deserialize, Deserializer};

/// The words of a list of a spec.
#[derive(Debug, Default)]
pub(super) struct List(HashSet<String>);

impl List {
    /// Whether it stands there.
    pub(super) fn holds(&self, name: &str) -> bool {
        self.0.contains(name)
    }
}

impl<'de> Deserialize<'de> for List {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        Ok(Self(text.split_whitespace().map(str::to_owned).collect()))
    }
}

/// Whether a word stands in a short list that is written where it is used.
pub(super) fn on(list: &str, name: &str) -> bool {
    list.split_whitespace().any(|one| one == name)
}
