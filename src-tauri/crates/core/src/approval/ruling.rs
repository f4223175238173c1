//! What the rules say of something that an agent is about to do, as it is told at the door and kept with what is held. How it is
//! found is the guard's.

use serde::{Deserialize, Serialize};
use specta::Type;

use crate::desk::words;

words! {
    /// What the words of an approval are.
    #[derive(Default)]
    Held {
        /// A program and its arguments.
        #[default]
        Command = "command",
        /// An engine's tool by its name, and its input as JSON: an edit, a fetch, a tool of some server.
        Tool = "tool",
        /// Words for the owner; no program runs by them.
        Words = "words",
    }
}

words! {
    /// From the mildest to the strictest.
    Said {
        /// It goes ahead.
        Allow = "allow",
        /// The owner is asked.
        Ask = "ask",
        /// It is refused.
        Deny = "deny",
    }
}

/// What the rules say.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
pub struct Ruling {
    /// Allow, ask or deny.
    pub said: Said,
    /// The kind of risk, as in docs/GUARD.md; none where it is allowed.
    pub category: Option<String>,
    /// The rule that decided; `none` where no rule knows it.
    pub rule: String,
    /// Why, for a person.
    pub why: String,
}
