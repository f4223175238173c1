//! Failures as they go over the wire: every variant of `PtyError` arrives as itself, so that a caller need not know
//! where the host is.

use std::io;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::error::PtyError;
use crate::host::SessionId;

/// A system's answer: its number, so that it can be told apart, or its words.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Source {
    os: Option<i32>,
    text: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub(super) enum Fault {
    EmptyCommand,
    Nul {
        what: String,
    },
    BadVariable {
        name: String,
    },
    CwdMissing {
        path: PathBuf,
    },
    CwdUnusable {
        path: PathBuf,
        reason: String,
    },
    ProgramMissing {
        program: String,
        looked_in: String,
    },
    NotExecutable {
        path: PathBuf,
        reason: String,
        way_out: String,
    },
    OutOf {
        what: String,
        source: Source,
    },
    Start {
        program: String,
        doing: String,
        source: Source,
    },
    Recording {
        path: PathBuf,
        source: Source,
    },
    NoSuchSession {
        id: SessionId,
    },
    InputClosed {
        id: SessionId,
    },
    InputTooLarge {
        len: usize,
        limit: usize,
    },
    NoTerminal {
        id: SessionId,
    },
    StillRunning {
        id: SessionId,
    },
    AlreadyEnded {
        id: SessionId,
    },
    NotRecorded {
        id: SessionId,
    },
    HostGone {
        reason: String,
    },
    System {
        doing: String,
        source: Source,
    },
    /// What an older client does not know under its own name, and what only this protocol can refuse.
    #[serde(other)]
    Unknown,
}

impl From<&io::Error> for Source {
    fn from(error: &io::Error) -> Self {
        Self { os: error.raw_os_error(), text: error.to_string() }
    }
}

impl Source {
    fn into_io(self) -> io::Error {
        self.os.map_or_else(|| io::Error::other(self.text), io::Error::from_raw_os_error)
    }

    /// With the step that failed, whose name cannot cross as a constant.
    fn during(self, doing: &str) -> io::Error {
        io::Error::other(format!("{doing}: {}", self.text))
    }
}

impl Fault {
    /// A refusal of the protocol itself.
    pub(super) fn refused(text: &str) -> Self {
        Self::System { doing: "asking the host".to_owned(), source: Source { os: None, text: text.to_owned() } }
    }
}

impl From<PtyError> for Fault {
    fn from(error: PtyError) -> Self {
        match error {
            PtyError::EmptyCommand => Self::EmptyCommand,
            PtyError::Nul { what } => Self::Nul { what },
            PtyError::BadVariable { name } => Self::BadVariable { name },
            PtyError::CwdMissing { path } => Self::CwdMissing { path },
            PtyError::CwdUnusable { path, reason } => Self::CwdUnusable { path, reason },
            PtyError::ProgramMissing { program, looked_in } => Self::ProgramMissing { program, looked_in },
            PtyError::NotExecutable { path, reason, way_out } => Self::NotExecutable { path, reason, way_out },
            PtyError::OutOf { what, source } => Self::OutOf { what: what.to_owned(), source: (&source).into() },
            PtyError::Start { program, doing, source } => {
                Self::Start { program, doing: doing.to_owned(), source: (&source).into() }
            }
            PtyError::Recording { path, source } => Self::Recording { path, source: (&source).into() },
            PtyError::NoSuchSession { id } => Self::NoSuchSession { id },
            PtyError::InputClosed { id } => Self::InputClosed { id },
            PtyError::InputTooLarge { len, limit } => Self::InputTooLarge { len, limit },
            PtyError::NoTerminal { id } => Self::NoTerminal { id },
            PtyError::StillRunning { id } => Self::StillRunning { id },
            PtyError::AlreadyEnded { id } => Self::AlreadyEnded { id },
            PtyError::NotRecorded { id } => Self::NotRecorded { id },
            PtyError::ReadBack(error) => Self::System {
                doing: "reading the recording back".to_owned(),
                source: Source { os: None, text: error.to_string() },
            },
            PtyError::HostGone { reason } => Self::HostGone { reason },
            PtyError::System { doing, source } => Self::System { doing: doing.to_owned(), source: (&source).into() },
        }
    }
}

impl From<Fault> for PtyError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::EmptyCommand => Self::EmptyCommand,
            Fault::Nul { what } => Self::Nul { what },
            Fault::BadVariable { name } => Self::BadVariable { name },
            Fault::CwdMissing { path } => Self::CwdMissing { path },
            Fault::CwdUnusable { path, reason } => Self::CwdUnusable { path, reason },
            Fault::ProgramMissing { program, looked_in } => Self::ProgramMissing { program, looked_in },
            Fault::NotExecutable { path, reason, way_out } => Self::NotExecutable { path, reason, way_out },
            Fault::OutOf { what, source } => {
                let known = ["open files", "processes or threads", "memory", "terminals or disk space"];
                let what = known.into_iter().find(|known| *known == what).unwrap_or("something it needs");
                Self::OutOf { what, source: source.into_io() }
            }
            Fault::Start { program, doing, source } => {
                Self::Start { program, doing: "asking the detached host", source: source.during(&doing) }
            }
            Fault::Recording { path, source } => Self::Recording { path, source: source.into_io() },
            Fault::NoSuchSession { id } => Self::NoSuchSession { id },
            Fault::InputClosed { id } => Self::InputClosed { id },
            Fault::InputTooLarge { len, limit } => Self::InputTooLarge { len, limit },
            Fault::NoTerminal { id } => Self::NoTerminal { id },
            Fault::StillRunning { id } => Self::StillRunning { id },
            Fault::AlreadyEnded { id } => Self::AlreadyEnded { id },
            Fault::NotRecorded { id } => Self::NotRecorded { id },
            Fault::HostGone { reason } => Self::HostGone { reason },
            Fault::System { doing, source } => {
                Self::System { doing: "asking the detached host", source: source.during(&doing) }
            }
            Fault::Unknown => Self::System {
                doing: "asking the detached host",
                source: io::Error::other("it gave a reason that this version does not know; update this program"),
            },
        }
    }
}
