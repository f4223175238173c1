//! What can go wrong with the index. Nothing is ever lost by it: deleting the directory is always a way out.

use std::io;
use std::path::{Path, PathBuf};

use tantivy::directory::error::{LockError, OpenDirectoryError, OpenReadError, OpenWriteError};
use tantivy::{Opstamp, TantivyError};

/// Why the index could not do it.
#[derive(Debug, thiserror::Error)]
pub enum MemoryError {
    /// Another process, or another index object of this one, writes there.
    #[error("the search index at {path} is in use by another program; end that one and try again")]
    Busy {
        /// Where.
        path: PathBuf,
    },
    /// It cannot be read or written.
    #[error("the search index at {path}: {source}")]
    Io {
        /// Where.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Something in it is not as it should be.
    #[error("the search index at {path} is damaged ({why}); it can be deleted and comes back at the next start")]
    Damaged {
        /// Where.
        path: PathBuf,
        /// What was found.
        why: String,
    },
    /// It was closed.
    #[error("the search index is closed")]
    Closed,
}

impl MemoryError {
    pub(crate) fn of(path: &Path, error: TantivyError) -> Self {
        let path = path.to_owned();
        match error {
            TantivyError::LockFailure(LockError::LockBusy, _) => Self::Busy { path },
            other => match io_of(&other) {
                Some(source) => Self::Io { path, source },
                None => Self::Damaged { path, why: other.to_string() },
            },
        }
    }

    pub(crate) fn io(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { path, source }
    }
}

/// The system's own error in it, where it says that the disk or the rights are the trouble. That a file is missing or
/// too short is damage instead.
fn io_of(error: &TantivyError) -> Option<io::Error> {
    let found = match error {
        TantivyError::IoError(io)
        | TantivyError::LockFailure(LockError::IoError(io), _)
        | TantivyError::OpenDirectoryError(OpenDirectoryError::IoError { io_error: io, .. })
        | TantivyError::OpenReadError(OpenReadError::IoError { io_error: io, .. })
        | TantivyError::OpenWriteError(OpenWriteError::IoError { io_error: io, .. }) => io,
        _ => return None,
    };
    let damage = matches!(
        found.kind(),
        io::ErrorKind::UnexpectedEof | io::ErrorKind::InvalidData | io::ErrorKind::NotFound | io::ErrorKind::Other
    );
    (!damage).then(|| io::Error::new(found.kind(), found.to_string()))
}

/// For calls whose answer is only a number of tantivy's.
pub(crate) fn done(path: &Path, answer: tantivy::Result<Opstamp>) -> crate::Result<()> {
    answer.map(drop).map_err(|error| MemoryError::of(path, error))
}
