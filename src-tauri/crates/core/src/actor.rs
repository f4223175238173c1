//! Who speaks: the owner, an agent at a desk (known by its run's token), or the office itself.
//! How a speaker is recognised is not here; that is the door's.

use serde::{Deserialize, Serialize};
use specta::Type;

use crate::ids::{DeskId, RunId};
use crate::refusal::{Code, Refusal};

/// Who sends a command.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Actor {
    /// The person whose office it is.
    Owner,
    /// The agent of a run, speaking from its desk.
    Agent {
        /// Where it sits.
        desk: DeskId,
        /// The run whose token it showed.
        run: RunId,
    },
    /// The office: its clock, its dispatcher, what its effects came to.
    Office,
}

impl Actor {
    /// Refuses everyone but the owner (and the office acting for it).
    pub fn owner_only(self, what: &str) -> Result<(), Refusal> {
        match self {
            Actor::Owner | Actor::Office => Ok(()),
            Actor::Agent { .. } => Err(Refusal::new(
                Code::NotAllowed,
                format!("an agent may not {what}"),
                "only the owner may; `office task blocked` says what you need and lets the owner decide",
            )),
        }
    }

    /// Refuses everyone but the office.
    pub fn office_only(self) -> Result<(), Refusal> {
        match self {
            Actor::Office => Ok(()),
            _ => Err(Refusal::new(Code::NotAllowed, "only the office itself reports this", "nothing to do")),
        }
    }
}
