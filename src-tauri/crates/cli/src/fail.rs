//! How a command ends when it does not do what was asked: an exit code, a reason and a way out.

use std::io;

use office_core::{Code, Refusal};
use office_door::ClientError;

/// Exit codes; docs/CLI.md names them, scripts rely on them.
pub mod exit {
    /// It was done.
    pub const OK: u8 = 0;
    /// It was refused.
    pub const REFUSED: u8 = 1;
    /// It was asked wrongly.
    pub const USAGE: u8 = 2;
    /// No office runs there.
    pub const NO_OFFICE: u8 = 3;
    /// There is no such thing.
    pub const NOT_FOUND: u8 = 4;
    /// The owner denied what was held.
    pub const DENIED: u8 = 77;
    /// What was held was taken back.
    pub const WITHDRAWN: u8 = 78;
    /// It stays held, and nobody is to wait at it: the owner asks first, or is away.
    pub const ASKED_BACK: u8 = 79;
}

/// Why a command ended without having done what was asked.
#[derive(Debug)]
pub enum Fail {
    /// Refused, here or by the office.
    Refused(Refusal),
    /// Asked wrongly, in a way that the grammar alone cannot say.
    Usage(Refusal),
    /// All was said already; only the code is left.
    Said(u8),
    /// Whoever read our output is gone.
    NobodyReads,
}

impl Fail {
    /// A wrong question, with the right one.
    pub fn usage(message: impl Into<String>, way_out: impl Into<String>) -> Self {
        Self::Usage(Refusal::invalid(message, way_out))
    }

    /// The code the process ends with.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Usage(_) => exit::USAGE,
            Self::Said(code) => *code,
            Self::NobodyReads => exit::OK,
            Self::Refused(refusal) => exit_code(refusal.code),
        }
    }
}

/// The exit code of a refusal.
pub fn exit_code(code: Code) -> u8 {
    match code {
        Code::NotFound => exit::NOT_FOUND,
        Code::NoOffice => exit::NO_OFFICE,
        Code::WrongState
        | Code::Invalid
        | Code::NotAllowed
        | Code::StaleLease
        | Code::Cycle
        | Code::Duplicate
        | Code::Limit
        | Code::Held
        | Code::ChecksRed
        | Code::MergeRefused
        | Code::Unavailable
        | Code::Version
        | Code::Trouble => exit::REFUSED,
    }
}

impl From<Refusal> for Fail {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<ClientError> for Fail {
    fn from(error: ClientError) -> Self {
        Self::Refused(error.refusal())
    }
}

impl From<io::Error> for Fail {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Self::NobodyReads;
        }
        Self::Refused(Refusal::new(Code::Trouble, error.to_string(), "see what the system says about it"))
    }
}

impl From<serde_json::Error> for Fail {
    fn from(error: serde_json::Error) -> Self {
        Self::Refused(Refusal::new(Code::Trouble, error.to_string(), "this is a fault of ours"))
    }
}
