//! What can go wrong with the detached host itself, each said with the way out. What a session answers is `PtyError`.

use std::io;
use std::path::{Path, PathBuf};

use super::lock::Holder;

/// A failure to start, reach or clear up after a detached host.
#[derive(Debug, thiserror::Error)]
pub enum DetachedError {
    /// Nobody listens there.
    #[error("no host of programs answers in {}; it is started with the first program", dir.display())]
    NoHost {
        /// The host's directory.
        dir: PathBuf,
    },
    /// The host is of a version with which this program cannot speak; the message names the side to update.
    #[error("{message}")]
    Refused {
        /// What it said, with the way out.
        message: String,
    },
    /// Another process holds the host's lock.
    #[error("the programs in {} are held by process {}; use that host, or end it", dir.display(), holder.pid)]
    Runs {
        /// The host's directory.
        dir: PathBuf,
        /// Who holds it.
        holder: Holder,
    },
    /// The directory or the process at the socket belongs to another user.
    #[error("{} is not yours; choose a directory of your own", path.display())]
    NotOurs {
        /// What.
        path: PathBuf,
    },
    /// Something that is no socket lies where the socket belongs.
    #[error("{} is in the way and is no socket; move it away", path.display())]
    InTheWay {
        /// What.
        path: PathBuf,
    },
    /// The host did not become ready.
    #[error("the host of programs {} did not start: {reason}", program.display())]
    NotStarted {
        /// The binary.
        program: PathBuf,
        /// Why, as it or the system said.
        reason: String,
    },
    /// What came over the socket is not this protocol.
    #[error("what answers in {} does not speak as a host of programs does: {reason}", dir.display())]
    Foreign {
        /// The host's directory.
        dir: PathBuf,
        /// What was wrong.
        reason: String,
    },
    /// The system refused.
    #[error("{doing} {} failed: {source}", path.display())]
    Io {
        /// What was tried.
        doing: &'static str,
        /// With what.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
}

impl DetachedError {
    pub(super) fn io(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { doing, path, source }
    }
}
