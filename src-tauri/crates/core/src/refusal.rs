//! A refusal: the only way `core` says no. It is data with a closed code, and always names the way out.
//! How it is shown (an exit code, a toast) is not here.

use serde::{Deserialize, Serialize};
use specta::Type;

/// Why something was refused. Closed: scripts may match on it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// There is no such task, desk, project...
    NotFound,
    /// What was asked does not fit the state the thing is in.
    WrongState,
    /// A value is missing, too long or malformed.
    Invalid,
    /// Whoever asks may not do this.
    NotAllowed,
    /// A run that no longer owns its task spoke for it.
    StaleLease,
    /// The dependencies would form a circle.
    Cycle,
    /// Something of that name is there already.
    Duplicate,
    /// A limit that keeps the office bounded was reached.
    Limit,
    /// The office is held: stopped by its owner, or low on disk.
    Held,
    /// "Done" was refused: a check is red, or nothing changed.
    ChecksRed,
    /// The change cannot be merged as things stand.
    MergeRefused,
    /// A program, file or repository that is needed is not there or not usable.
    Unavailable,
    /// Two sides speak versions that do not fit.
    Version,
    /// No office runs there.
    NoOffice,
    /// Something of ours failed; the message says what, and nothing was changed.
    Trouble,
}

/// A normal answer that says no: what was wrong, and what to do next.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Type, thiserror::Error)]
#[error("{message}")]
pub struct Refusal {
    /// The closed reason.
    pub code: Code,
    /// What is wrong, in one sentence.
    pub message: String,
    /// The way out, or further evidence.
    pub detail: String,
}

impl Refusal {
    /// A refusal with its way out.
    pub fn new(code: Code, message: impl Into<String>, way_out: impl Into<String>) -> Self {
        Self { code, message: message.into(), detail: way_out.into() }
    }

    /// `code` = invalid.
    pub fn invalid(message: impl Into<String>, way_out: impl Into<String>) -> Self {
        Self::new(Code::Invalid, message, way_out)
    }

    /// `code` = not found; `what` as in "task #7", `list` the command that shows what there is.
    pub fn not_found(what: impl std::fmt::Display, list: &str) -> Self {
        Self::new(Code::NotFound, format!("there is no {what}"), format!("`{list}` shows what there is"))
    }
}
