//! What can go wrong when a program is started, spoken to or ended, each said with the way out.
//! Reading and writing recordings has its own enum (`RecordingError`).

use std::io;
use std::path::PathBuf;

use crate::host::SessionId;

/// A failure of a [`crate::PtyHost`] or of [`crate::run_bounded`].
#[derive(Debug, thiserror::Error)]
pub enum PtyError {
    /// `argv` has no element, or its first is empty.
    #[error("there is no program to start: the command line is empty; give at least the program's name")]
    EmptyCommand,
    /// An argument, a variable or the directory contains a NUL byte, which no Unix program can receive.
    #[error("{what} contains a NUL byte, which cannot be passed to a program; remove it")]
    Nul {
        /// Which part of the spec.
        what: String,
    },
    /// A variable's name is empty or contains `=`.
    #[error("'{name}' cannot be the name of an environment variable; names are not empty and contain no '='")]
    BadVariable {
        /// The offending name.
        name: String,
    },
    /// The working directory is not there.
    #[error("the directory {} does not exist; create it or choose another", path.display())]
    CwdMissing {
        /// The directory asked for.
        path: PathBuf,
    },
    /// The working directory is something else than a directory, or may not be entered.
    #[error("{} cannot be used as working directory ({reason}); choose a directory that can be entered", path.display())]
    CwdUnusable {
        /// The directory asked for.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
    /// No such program in the spec's own `PATH`, or at the path given.
    #[error("the program '{program}' was not found (looked in {looked_in}); install it, or give its full path")]
    ProgramMissing {
        /// `argv[0]` as given.
        program: String,
        /// Where it was looked for.
        looked_in: String,
    },
    /// The file is there but cannot be executed.
    #[error("{} cannot be executed ({reason}); {way_out}", path.display())]
    NotExecutable {
        /// The file found.
        path: PathBuf,
        /// Why not.
        reason: String,
        /// What to do next.
        way_out: String,
    },
    /// The system refused to make one more process, terminal or file.
    #[error("the system is out of {what} ({source}); end some sessions, or raise the limit (ulimit -a shows it)")]
    OutOf {
        /// Of what.
        what: &'static str,
        /// The system's answer.
        source: io::Error,
    },
    /// Starting failed for another reason.
    #[error("starting '{program}' failed while {doing}: {source}")]
    Start {
        /// `argv[0]` as given.
        program: String,
        /// The step that failed.
        doing: &'static str,
        /// The system's answer.
        source: io::Error,
    },
    /// The recording could not be opened; nothing was started.
    #[error("the recording {} cannot be written ({source}); nothing was started: free space or choose another folder", path.display())]
    Recording {
        /// The recording's path.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// A session of this host has never had that id, or it was forgotten.
    #[error("there is no session {id} here; it may have been forgotten after it ended")]
    NoSuchSession {
        /// The id asked for.
        id: SessionId,
    },
    /// The program no longer reads: it ended, or its input was closed.
    #[error("session {id} takes no more input: its program ended or its input was closed")]
    InputClosed {
        /// The session.
        id: SessionId,
    },
    /// One write is limited so that a queue cannot grow without bound.
    #[error("one write of {len} bytes is over the limit of {limit}; send it in parts")]
    InputTooLarge {
        /// Bytes given.
        len: usize,
        /// Bytes allowed in one write.
        limit: usize,
    },
    /// Something that needs a terminal was asked of a session on pipes.
    #[error("session {id} runs on pipes and has no terminal to resize")]
    NoTerminal {
        /// The session.
        id: SessionId,
    },
    /// A session that has not ended cannot be forgotten.
    #[error("session {id} has not ended; terminate it first")]
    StillRunning {
        /// The session.
        id: SessionId,
    },
    /// The program exists no more, so nothing was signalled.
    #[error("the program of session {id} has ended already")]
    AlreadyEnded {
        /// The session.
        id: SessionId,
    },
    /// The session has no recording, or it failed before this point.
    #[error("session {id} has no recording to read from")]
    NotRecorded {
        /// The session.
        id: SessionId,
    },
    /// Reading the recording back failed.
    #[error(transparent)]
    ReadBack(#[from] crate::record::RecordingError),
    /// The host is shutting down or (a remote one) gone.
    #[error("the host of the sessions is shut down or unreachable: {reason}")]
    HostGone {
        /// What is known about it.
        reason: String,
    },
    /// An unexpected answer of the system.
    #[error("{doing} failed: {source}")]
    System {
        /// What was tried.
        doing: &'static str,
        /// The system's answer.
        source: io::Error,
    },
}

impl PtyError {
    /// Sorts a failed system call into the variant whose way out fits.
    pub(crate) fn from_start(program: &str, doing: &'static str, source: io::Error) -> Self {
        use nix::libc::{EAGAIN, EMFILE, ENFILE, ENOMEM, ENOSPC};
        let what = match source.raw_os_error() {
            Some(EMFILE | ENFILE) => "open files",
            Some(EAGAIN) => "processes or threads",
            Some(ENOMEM) => "memory",
            Some(ENOSPC) => "terminals or disk space",
            _ => return Self::Start { program: program.to_owned(), doing, source },
        };
        Self::OutOf { what, source }
    }
}
