//! The chain over what was decided: every event about an approval or a grant is bound to the one before it, so that one that was
//! changed, left out or put in later is found. Keeping the links is the store's; whoever can rewrite the whole chain can forge it,
//! which is why its last link is shown: written down elsewhere it holds all before it.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use specta::Type;

use crate::event::Event;
use crate::ids::Seq;

/// What the first link is bound to.
pub const BEGINNING: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// A link: an event, and what stands for it and for all links before it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
pub struct Link {
    /// The event.
    pub seq: Seq,
    /// What stands for the link before it.
    pub before: String,
    /// What stands for this one and all before.
    pub hash: String,
}

/// What came of going through the chain.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
pub struct Verified {
    /// Links that hold.
    pub links: u32,
    /// What stands for all of them.
    pub head: String,
    /// The first that does not hold, if any.
    pub broken: Option<Broken>,
}

/// A link that does not hold.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
pub struct Broken {
    /// The event it is about.
    pub seq: Seq,
    /// What is wrong.
    pub why: String,
}

/// Whether this is bound into the chain.
pub fn covers(event: &Event) -> bool {
    matches!(event, Event::Approval(_) | Event::Grant(_))
}

/// What stands for a text or a file: its SHA-256 in lower-case hex.
pub fn digest(bytes: impl AsRef<[u8]>) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What stands for an event and for all links before it. The event's parts are the texts that are on the disk.
pub fn link(before: &str, seq: Seq, at: &str, actor: &str, cause: &str, body: &str) -> String {
    let mut text = format!("{before}\n{seq}\n");
    for part in [at, actor, cause, body] {
        text.push_str(&format!("{}:{part}\n", part.len()));
    }
    digest(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_stands_for_every_part_of_its_event_and_for_the_link_before() {
        let usual = ["at", "actor", "cause", "body"];
        let of = |before: &str, seq: u32, [at, actor, cause, body]: [&str; 4]| {
            link(before, Seq(seq), at, actor, cause, body)
        };
        let one = of(BEGINNING, 1, usual);
        assert_eq!(one.len(), BEGINNING.len());
        assert_ne!(one, of(&one, 1, usual));
        assert_ne!(one, of(BEGINNING, 2, usual));
        for part in 0..4 {
            let mut other = usual;
            other[part] = "else";
            assert_ne!(one, of(BEGINNING, 1, other), "part {part}");
        }
        assert_ne!(of(BEGINNING, 1, ["ab", "c", "", ""]), of(BEGINNING, 1, ["a", "bc", "", ""]), "no part runs over");
    }
}
