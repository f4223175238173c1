//! Moves a database out of the way with everything SQLite keeps beside it. Nothing is ever deleted here.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use office_core::At;

use crate::{Result, StoreError};

/// The database and what SQLite keeps beside it while it is open or after a crash.
const PARTS: [&str; 3] = ["", "-wal", "-shm"];

/// `path` with `ending` right behind its name.
pub(crate) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(ending);
    PathBuf::from(name)
}

/// Moves the database at `path` to `path.<why>-<moment>`, and says where it is, if there was anything to move.
///
/// The database goes first: without it nothing opens the rest, while the rest would be lost to it the other way round.
pub(crate) fn keep_aside(path: &Path, why: &str, now: At) -> Result<Option<PathBuf>> {
    let stamp: String = now.to_string().chars().filter(char::is_ascii_alphanumeric).collect();
    let free = |n: &u32| {
        let more = if *n == 0 { String::new() } else { format!("-{n}") };
        let kept = beside(path, &format!(".{why}-{stamp}{more}"));
        let taken = PARTS.iter().any(|part| beside(&kept, part).symlink_metadata().is_ok());
        (!taken).then_some(kept)
    };
    let Some(kept) = (0..1000).find_map(|n| free(&n)) else { return Ok(None) };
    let mut moved = false;
    for part in PARTS {
        let from = beside(path, part);
        match std::fs::rename(&from, beside(&kept, part)) {
            Ok(()) => moved = true,
            // Not there, or gone a moment ago: SQLite removes its own files when the last who had them open closes.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(StoreError::io("move", &from)(error)),
        }
    }
    sync_directory_of(path)?;
    Ok(moved.then_some(kept))
}

/// The newest damaged database that was kept aside from `path`.
pub(crate) fn newest_damaged(path: &Path) -> Option<PathBuf> {
    let start = format!("{}.corrupt-", path.file_name()?.to_string_lossy());
    let entries = std::fs::read_dir(path.parent()?).ok()?.flatten();
    let kept = entries.filter(|entry| {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        name.starts_with(&start) && !name.ends_with("-wal") && !name.ends_with("-shm")
    });
    kept.map(|entry| entry.path()).max()
}

/// Makes renames in the directory of `path` last through a power cut.
pub(crate) fn sync_directory_of(path: &Path) -> Result<()> {
    // Windows has no such call, and needs none: its renames are journalled.
    if cfg!(unix)
        && let Some(parent) = path.parent()
    {
        let parent = if parent.as_os_str().is_empty() { Path::new(".") } else { parent };
        std::fs::File::open(parent).and_then(|it| it.sync_all()).map_err(StoreError::io("sync", parent))?;
    }
    Ok(())
}
