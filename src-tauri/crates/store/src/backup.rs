//! Copies the database while it is in use, and brings a copy back. Each copy is checked, and appears under its name only
//! when it is whole and on the disk.

use std::path::{Path, PathBuf};

use office_core::{At, Seq};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection};

use crate::aside::{beside, keep_aside, sync_directory_of};
use crate::open::{Store, examine, options, own_file};
use crate::{Result, StoreError};

/// What a restore did.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Restored {
    /// Where the database that was there before is now.
    pub kept: Option<PathBuf>,
    /// The last event of the one that is there now.
    pub last: Seq,
}

impl Store {
    /// Copies the database to `to`, as it is at one moment, while reading and writing go on. Returns the copy's last
    /// event. A file that is there already is replaced, once the copy is whole.
    ///
    /// # Errors
    /// [`StoreError::Full`], [`StoreError::ReadOnly`] or [`StoreError::Io`] about `to`; [`StoreError::Damaged`] when
    /// the database or its copy does not pass the check. What was at `to` before is then still there.
    pub async fn backup_to(&self, to: &Path) -> Result<Seq> {
        let part = beside(to, ".part");
        forget(&part)?;
        own_file(&part)?;
        let copied = async {
            // A connection of its own: the readers may not write anywhere, and a long copy would keep one from them.
            let mut conn = options(&self.path).connect().await.map_err(self.no())?;
            let copied = copy_into(&mut conn, &part).await;
            conn.close().await.map_err(self.no())?;
            copied?;
            finished(&part).await
        };
        settle(&part, to, copied.await)
    }

    /// Brings a backup back as the database at `target`; the one that is there is moved aside, named after `now`. No
    /// office may be running on it.
    ///
    /// # Errors
    /// [`StoreError::Missing`], [`StoreError::Damaged`], [`StoreError::Foreign`] or [`StoreError::Newer`] about the
    /// backup; what the disk can say about `target`. The database at `target` is then still there.
    pub async fn restore(backup: &Path, target: &Path, now: At) -> Result<Restored> {
        match backup.metadata() {
            Ok(_) => {}
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(StoreError::Missing { path: backup.to_owned(), aside: None });
            }
            Err(error) => return Err(StoreError::io("open", backup)(error)),
        }
        let part = beside(target, ".part");
        forget(&part)?;
        own_file(&part)?;
        let copied = async {
            let from = SqliteConnectOptions::new().filename(backup).read_only(true).disable_statement_logging();
            let no = StoreError::sqlite(backup);
            let mut conn = from.connect().await.map_err(&no)?;
            let copied = match examine(&mut conn, backup, true).await {
                Ok(_) => copy_into(&mut conn, &part).await,
                Err(error) => Err(error),
            };
            conn.close().await.map_err(&no)?;
            copied?;
            finished(&part).await
        };
        let copied = copied.await;
        let mut kept = None;
        if copied.is_ok() {
            kept = keep_aside(target, "replaced", now)?;
        }
        let last = settle(&part, target, copied)?;
        Ok(Restored { kept, last })
    }
}

/// SQLite's own copy: one moment, without gaps, and every page of it is read on the way.
async fn copy_into(conn: &mut sqlx::SqliteConnection, part: &Path) -> Result<()> {
    let Some(name) = part.to_str() else {
        return Err(StoreError::Unreadable {
            what: part.display().to_string(),
            why: "its name is no UTF-8".to_owned(),
        });
    };
    let copied = sqlx::query("VACUUM INTO ?").persistent(false).bind(name).execute(conn).await;
    copied.map(drop).map_err(StoreError::sqlite(part))
}

/// Checks the copy and waits until it is on the disk.
async fn finished(part: &Path) -> Result<Seq> {
    let no = StoreError::sqlite(part);
    let options = SqliteConnectOptions::new().filename(part).read_only(true).disable_statement_logging();
    let mut conn = options.connect().await.map_err(&no)?;
    let checked = examine(&mut conn, part, true).await;
    let last = sqlx::query_scalar("SELECT coalesce(max(seq), 0) FROM events").fetch_one(&mut conn).await;
    conn.close().await.map_err(&no)?;
    checked?;
    let file = tokio::fs::OpenOptions::new().write(true).open(part).await;
    file.map_err(StoreError::io("open", part))?.sync_all().await.map_err(StoreError::io("sync", part))?;
    Ok(Seq(last.map_err(&no)?))
}

/// Gives a finished copy its name, or clears it away.
fn settle(part: &Path, to: &Path, copied: Result<Seq>) -> Result<Seq> {
    if copied.is_err() {
        forget(part)?;
        return copied;
    }
    std::fs::rename(part, to).map_err(StoreError::io("rename to", to))?;
    sync_directory_of(to)?;
    copied
}

/// Removes an unfinished copy of our own making.
fn forget(part: &Path) -> Result<()> {
    match std::fs::remove_file(part) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(StoreError::io("remove", part)(error)),
        _ => Ok(()),
    }
}
