//! Words that say the same, or nearly so, among people who write software. The table is data (`related.txt`); how much
//! such a word counts is in `concept`.

use std::collections::{HashMap, HashSet};
use std::sync::OnceLock;

use crate::tokenize::Stem;

/// A word that means the same.
const SAME: f32 = 0.5;
/// A word of the same subject.
const NEAR: f32 = 0.25;

/// The table, by stems.
pub(crate) struct Related {
    to: HashMap<String, Vec<(String, f32)>>,
    idle: HashSet<String>,
}

impl Related {
    /// The table of the house, read once.
    pub(crate) fn table() -> &'static Related {
        static TABLE: OnceLock<Related> = OnceLock::new();
        TABLE.get_or_init(|| Related::parse(include_str!("related.txt"), include_str!("idle.txt")))
    }

    fn parse(text: &str, idle: &str) -> Self {
        let mut stem = Stem::new();
        let mut to: HashMap<String, HashMap<String, f32>> = HashMap::new();
        for line in text.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty()) {
            // `a b c`: each means the others; `~ a b c`: each is near the others; `a b > c d`: only in this direction.
            let (line, weight) = line.strip_prefix('~').map_or((line, SAME), |rest| (rest, NEAR));
            let (from, into) = line.split_once('>').unwrap_or((line, line));
            let into: Vec<String> = into.split_whitespace().map(|word| stem.of(word)).collect();
            for word in from.split_whitespace() {
                let word = stem.of(word);
                for other in into.iter().filter(|other| **other != word) {
                    let known = to.entry(word.clone()).or_default().entry(other.clone()).or_default();
                    *known = known.max(weight);
                }
            }
        }
        let sorted = |found: HashMap<String, f32>| {
            let mut all: Vec<(String, f32)> = found.into_iter().collect();
            all.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
            all
        };
        let to = to.into_iter().map(|(word, found)| (word, sorted(found))).collect();
        Self { to, idle: idle.split_whitespace().map(str::to_owned).collect() }
    }

    /// What a stem is related to, and how closely.
    pub(crate) fn of(&self, stem: &str) -> &[(String, f32)] {
        self.to.get(stem).map_or(&[], Vec::as_slice)
    }

    /// Whether it is a word that we know, so not one mistyped.
    pub(crate) fn knows(&self, stem: &str) -> bool {
        self.to.contains_key(stem)
    }

    /// Whether a word carries nothing by itself: `how`, `the`, `does`.
    pub(crate) fn is_idle(&self, word: &str) -> bool {
        self.idle.contains(word)
    }
}
