//! What can go wrong with the database, each with its way out. Which SQLite code means what stands here once.

use std::io;
use std::path::{Path, PathBuf};

use office_core::Seq;

/// Why the store could not do it. Nothing was changed unless the variant says so.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// There is no database.
    #[error("there is no office database at {path}{}; `office init` makes an office", damaged_before(aside))]
    Missing {
        /// Where it should be.
        path: PathBuf,
        /// A damaged database that was kept aside there before, the newest.
        aside: Option<PathBuf>,
    },
    /// There is a database already.
    #[error("there is an office database already at {path}; use it, or choose another directory")]
    Exists {
        /// Where.
        path: PathBuf,
    },
    /// A newer version wrote it.
    #[error(
        "the office database {path} was written by a newer version (its form is {found}, this version knows up to \
         {known}); start the newer version, or `office restore` a backup from before it"
    )]
    Newer {
        /// Which database.
        path: PathBuf,
        /// The form it has.
        found: i64,
        /// The newest form this version knows.
        known: i64,
    },
    /// It is damaged, and was kept aside as it was.
    #[error(
        "the office database was damaged ({why}) and is kept, as it was, at {kept}; `office restore` brings back the \
         newest backup"
    )]
    Corrupt {
        /// Where it is now, with its `-wal` and `-shm` beside it.
        kept: PathBuf,
        /// What was found.
        why: String,
    },
    /// Damage was met while the database was in use. It is where it was.
    #[error(
        "the office database {path} is damaged ({why}); stop the office and start it again: it is checked, and kept aside"
    )]
    Damaged {
        /// Which database.
        path: PathBuf,
        /// What was found.
        why: String,
    },
    /// It is a database, but no office's.
    #[error("{path} is no office database; nothing was changed in it; choose another file or directory")]
    Foreign {
        /// Which file.
        path: PathBuf,
    },
    /// It may not be written.
    #[error("{path} cannot be written by this user; give the user the right to write it and its directory")]
    ReadOnly {
        /// Which database.
        path: PathBuf,
    },
    /// The disk is full.
    #[error("the disk of {path} is full; nothing was written; free some space and try again")]
    Full {
        /// Which database.
        path: PathBuf,
    },
    /// Something else holds it.
    #[error("{path} is held by another program for too long; end that program and try again")]
    Busy {
        /// Which database.
        path: PathBuf,
    },
    /// The batch does not continue the log.
    #[error("event {found} does not follow event {last}; load the office again")]
    OutOfOrder {
        /// The last event of the log.
        last: Seq,
        /// The event that was to follow it.
        found: Seq,
    },
    /// An effect is not open: it is unknown or was settled before.
    #[error("effect {effect} is not open; load the office again")]
    NotOpen {
        /// Which.
        effect: office_core::EffectId,
    },
    /// A row does not hold what this version expects.
    #[error("{what} in the office database cannot be read: {why}; `office restore` brings back the newest backup")]
    Unreadable {
        /// Which row.
        what: String,
        /// What is wrong with it.
        why: String,
    },
    /// A file could not be read, written, moved.
    #[error("{doing} {path}: {source}")]
    Io {
        /// What was tried, as in "move".
        doing: &'static str,
        /// With which file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The store was closed.
    #[error("the office database {path} was closed")]
    Closed {
        /// Which database.
        path: PathBuf,
    },
    /// SQLite says no in another way.
    #[error("the office database {path}: {source}")]
    Database {
        /// Which database.
        path: PathBuf,
        /// What it says.
        source: sqlx::Error,
    },
}

fn damaged_before(aside: &Option<PathBuf>) -> String {
    match aside {
        Some(aside) => {
            format!(
                "; a damaged one is kept at {}, and `office restore` brings back the newest backup",
                aside.display()
            )
        }
        None => String::new(),
    }
}

impl StoreError {
    pub(crate) fn io(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| match source.kind() {
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => Self::ReadOnly { path },
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::Full { path },
            _ => Self::Io { doing, path, source },
        }
    }

    pub(crate) fn sqlite(path: &Path) -> impl Fn(sqlx::Error) -> Self {
        let path = path.to_owned();
        move |source| {
            let path = path.clone();
            if matches!(source, sqlx::Error::PoolClosed) {
                return Self::Closed { path };
            }
            match code(&source) {
                // SQLITE_FULL, and the shared-memory file that could not grow.
                Some(13 | 4874) => Self::Full { path },
                // SQLITE_READONLY and SQLITE_CANTOPEN: the files beside the database could not be made.
                Some(code) if matches!(code & 0xff, 8 | 14) => Self::ReadOnly { path },
                // SQLITE_CORRUPT and SQLITE_NOTADB.
                Some(code) if matches!(code & 0xff, 11 | 26) => Self::Damaged { path, why: source.to_string() },
                // SQLITE_BUSY and SQLITE_LOCKED.
                Some(code) if matches!(code & 0xff, 5 | 6) => Self::Busy { path },
                _ => Self::Database { path, source },
            }
        }
    }
}

/// SQLite's extended result code, if it was SQLite that said no.
fn code(error: &sqlx::Error) -> Option<i64> {
    error.as_database_error()?.code()?.parse().ok()
}
