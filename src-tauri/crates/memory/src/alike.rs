//! Says whether two texts say almost the same, by the words they share. Merging them is for people.

use std::collections::HashSet;

use crate::schema::Doc;
use crate::tokenize;

/// So much of the words of two texts in common, and they are taken as one.
const ALMOST: f32 = 0.8;
/// So much of a text is compared, in bytes.
const READ: usize = 8 * 1024;
/// Hits are compared with so many before them.
const COMPARED: usize = 50;

/// A text that is much like another.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Alike {
    /// Its place among those that were given.
    pub index: usize,
    /// What part of the words of both they share, 0 to 1.
    pub share: f32,
}

/// Those of `others` (title, text) that say almost the same as this title and text, the most alike first. Meant for the
/// hits of a search for the title, before a note is written.
pub fn alike<'a>(title: &str, text: &str, others: impl IntoIterator<Item = (&'a str, &'a str)>) -> Vec<Alike> {
    let these = words(title, text);
    let others = others.into_iter().enumerate();
    let shares = others.map(|(index, (title, text))| Alike { index, share: share(&these, &words(title, text)) });
    let mut found: Vec<Alike> = shares.filter(|it| it.share >= ALMOST).collect();
    found.sort_by(|a, b| b.share.total_cmp(&a.share));
    found
}

/// What was shown already.
#[derive(Default)]
pub(crate) struct Shown(Vec<HashSet<String>>);

impl Shown {
    /// Whether almost the same was shown; else it is now.
    pub(crate) fn is_again(&mut self, doc: &Doc) -> bool {
        if self.0.len() >= COMPARED {
            return false;
        }
        let these = words(&doc.title, &doc.text);
        let again = self.0.iter().any(|shown| share(shown, &these) >= ALMOST);
        if !again {
            self.0.push(these);
        }
        again
    }
}

/// The stems of a text, and each pair of them in a row: the order counts, too.
fn words(title: &str, text: &str) -> HashSet<String> {
    let mut cut = tokenize::stems(false);
    let mut found = HashSet::new();
    for part in [title, &text[..text.floor_char_boundary(READ)]] {
        let mut stream = cut.token_stream(part);
        let mut last = String::new();
        while stream.advance() {
            let word = &stream.token().text;
            if !last.is_empty() {
                found.insert(format!("{last} {word}"));
            }
            last.clone_from(word);
            found.insert(last.clone());
        }
    }
    found
}

fn share(a: &HashSet<String>, b: &HashSet<String>) -> f32 {
    let both = a.intersection(b).count();
    let either = a.len() + b.len() - both;
    if either == 0 { 0.0 } else { both as f32 / either as f32 }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOTE: &str = "Tests write below tmp_path and never below /tmp, because two desks run the same test at once.";

    #[test]
    fn a_note_said_again_is_recognised_and_another_is_not() {
        let again = NOTE.replace("because", "since").to_uppercase();
        let other = "Tests that need a port ask the system for one, because two desks run the same test at once.";
        let found = alike("Where tests write", NOTE, [("Ports", other), ("Where tests write", &again)]);
        assert_eq!(found.iter().map(|it| it.index).collect::<Vec<_>>(), [1]);
        assert!(found[0].share < 1.0, "{found:?}");
        assert_eq!(alike("", "", [("", "")]), []);
        // What a note says not to do is not what another says to do.
        assert_eq!(alike("a", "use the pool for reads", [("b", "do not use the pool for writes")]), []);
    }
}
