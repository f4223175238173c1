//! Opens an office's database: made whole or not at all, checked after a crash, refused when a newer version wrote it,
//! and kept aside, never replaced, when it is damaged.

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Duration;

use office_core::At;
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{ConnectOptions, Connection};

use crate::aside::{beside, keep_aside, newest_damaged, sync_directory_of};
use crate::{Result, StoreError};

static MIGRATOR: Migrator = sqlx::migrate!();

/// "OFFB", as the first migration writes it: tells an office's database from any other SQLite file.
const APPLICATION_ID: i64 = 1_330_004_034;
/// A database that was closed in order is checked at opening only up to this size, so that opening stays quick.
const CHECKED_UP_TO: u64 = 16 * 1024 * 1024;
const READERS: u32 = 3;

/// An open database of one office. Shared by reference; every method may be called from any task.
#[derive(Debug)]
pub struct Store {
    pub(crate) path: PathBuf,
    /// One connection: SQLite has one writer at a time anyway, and waiting in our own queue is fair.
    pub(crate) writer: SqlitePool,
    pub(crate) readers: SqlitePool,
    /// The office's own row as last written, so that it is not written again when only its `seq` moved.
    pub(crate) office_row: Mutex<Option<String>>,
}

/// How opening went.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Opening {
    /// It was closed in order the last time; otherwise it was recovered, and nothing that was acknowledged is lost.
    pub clean: bool,
    /// Its pages were checked. If not (large, and closed in order), call [`Store::check`] once the office is up.
    pub checked: bool,
    /// The form it had, when an older version wrote it and it was brought up to date.
    pub upgraded_from: Option<i64>,
}

impl Store {
    /// Makes the database of a new office. It appears under its name only once it is whole.
    ///
    /// # Errors
    /// [`StoreError::Exists`]; [`StoreError::ReadOnly`], [`StoreError::Full`] or [`StoreError::Io`] when the directory
    /// cannot take it.
    pub async fn create(path: &Path, now: At) -> Result<Store> {
        if path.symlink_metadata().is_ok() {
            return Err(StoreError::Exists { path: path.to_owned() });
        }
        // Left by a crash. A log without its database must not meet the new one.
        keep_aside(path, "left", now)?;
        let new = beside(path, ".new");
        keep_aside(&new, "left", now)?;
        own_file(&new)?;
        let no = StoreError::sqlite(&new);
        let mut conn = options(&new).connect().await.map_err(&no)?;
        MIGRATOR.run(&mut conn).await.map_err(|error| migrating(&new, error))?;
        conn.close().await.map_err(&no)?;
        std::fs::rename(&new, path).map_err(StoreError::io("rename to", path))?;
        sync_directory_of(path)?;
        Ok(Store::over(path))
    }

    /// Opens the database of an office.
    ///
    /// # Errors
    /// [`StoreError::Missing`]; [`StoreError::Newer`]; [`StoreError::Foreign`]; [`StoreError::ReadOnly`];
    /// [`StoreError::Corrupt`] when it is damaged: then it was moved aside, named after `now`.
    pub async fn open(path: &Path, now: At) -> Result<(Store, Opening)> {
        let size = match path.metadata() {
            Ok(found) => found.len(),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(StoreError::Missing { path: path.to_owned(), aside: newest_damaged(path) });
            }
            Err(error) => return Err(StoreError::io("open", path)(error)),
        };
        let clean = beside(path, "-wal").metadata().is_ok_and(|wal| wal.len() > 0);
        let clean = !clean;
        let checked = !clean || size <= CHECKED_UP_TO;
        match prepare(path, size, checked).await {
            Ok(upgraded_from) => Ok((Store::over(path), Opening { clean, checked, upgraded_from })),
            Err(StoreError::Damaged { why, .. }) => match keep_aside(path, "corrupt", now)? {
                Some(kept) => Err(StoreError::Corrupt { kept, why }),
                None => Err(StoreError::Damaged { path: path.to_owned(), why }),
            },
            Err(other) => Err(other),
        }
    }

    fn over(path: &Path) -> Self {
        // A connection is made when it is first needed; it never goes for being old or idle.
        let pool = |most| {
            let pool = SqlitePoolOptions::new().max_connections(most).idle_timeout(None).max_lifetime(None);
            pool.test_before_acquire(false)
        };
        Store {
            path: path.to_owned(),
            writer: pool(1).connect_lazy_with(options(path)),
            readers: pool(READERS).connect_lazy_with(options(path).pragma("query_only", "on")),
            office_row: Mutex::new(None),
        }
    }

    /// Where the database is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Checks every page. Takes time in proportion to the log; reading and writing go on meanwhile.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] with what was found.
    pub async fn check(&self) -> Result<()> {
        let mut conn = self.readers.acquire().await.map_err(self.no())?;
        check(&mut conn, &self.path).await
    }

    /// Closes it in order: what is in the write-ahead log goes into the database. Later calls fail.
    pub async fn close(&self) {
        self.readers.close().await;
        // The writer last: whoever closes last tidies up.
        self.writer.close().await;
    }

    pub(crate) fn no(&self) -> impl Fn(sqlx::Error) -> StoreError {
        StoreError::sqlite(&self.path)
    }
}

/// How every connection to an office's database is made.
pub(crate) fn options(path: &Path) -> SqliteConnectOptions {
    plain(path).journal_mode(SqliteJournalMode::Wal)
}

/// The same, but leaving a file that may not be ours as it is: asking for the write-ahead log writes.
fn plain(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(false)
        // A commit returns after its fsync: what was acknowledged outlives a power cut.
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(Duration::from_secs(5))
        .pragma("journal_size_limit", "67108864")
        .disable_statement_logging()
}

/// Checks the database and brings it up to date; returns the form it had if that was an older one.
async fn prepare(path: &Path, size: u64, pages: bool) -> Result<Option<i64>> {
    let no = StoreError::sqlite(path);
    if size == 0 {
        return Err(StoreError::Damaged { path: path.to_owned(), why: "the file is empty".to_owned() });
    }
    // First only looked at. A connection that may write brings the log into the database when it closes, and removes the
    // log: of a damaged one, both are evidence. It does so even where it was never more than half opened, and then on a
    // thread that nobody can wait for.
    let mut looking = plain(path).read_only(true).connect().await.map_err(&no)?;
    let found = examine(&mut looking, path, pages).await;
    looking.close().await.map_err(&no)?;
    let form = found?;
    let mut conn = plain(path).connect().await.map_err(&no)?;
    let upgraded = bring_up_to_date(&mut conn, path, form).await;
    // Closed in any case, so that nothing holds the file when it is to be moved.
    let closed = conn.close().await.map_err(&no);
    let upgraded = upgraded?;
    closed?;
    Ok(upgraded)
}

/// Whether this is an office's whole database; returns its form.
pub(crate) async fn examine(conn: &mut SqliteConnection, path: &Path, pages: bool) -> Result<i64> {
    let no = StoreError::sqlite(path);
    let id: i64 = sqlx::query_scalar("PRAGMA application_id").fetch_one(&mut *conn).await.map_err(&no)?;
    if id != APPLICATION_ID {
        return Err(StoreError::Foreign { path: path.to_owned() });
    }
    if pages {
        check(conn, path).await?;
    }
    let form = sqlx::query_scalar("SELECT coalesce(max(version), 0) FROM _sqlx_migrations");
    let form: i64 = form.fetch_one(&mut *conn).await.map_err(&no)?;
    let known = MIGRATOR.iter().map(|it| it.version).max().unwrap_or_default();
    if form > known {
        return Err(StoreError::Newer { path: path.to_owned(), found: form, known });
    }
    Ok(form)
}

async fn check(conn: &mut SqliteConnection, path: &Path) -> Result<()> {
    let found: String =
        sqlx::query_scalar("PRAGMA quick_check(1)").fetch_one(conn).await.map_err(StoreError::sqlite(path))?;
    if found == "ok" { Ok(()) } else { Err(StoreError::Damaged { path: path.to_owned(), why: found }) }
}

async fn bring_up_to_date(conn: &mut SqliteConnection, path: &Path, form: i64) -> Result<Option<i64>> {
    let no = StoreError::sqlite(path);
    // SQLite opens what it may not write for reading only, and would say so at the first commit.
    sqlx::query("PRAGMA journal_mode = WAL").execute(&mut *conn).await.map_err(&no)?;
    conn.begin_with("BEGIN IMMEDIATE").await.map_err(&no)?.rollback().await.map_err(&no)?;
    let known = MIGRATOR.iter().map(|it| it.version).max().unwrap_or_default();
    MIGRATOR.run(&mut *conn).await.map_err(|error| migrating(path, error))?;
    Ok((form < known).then_some(form))
}

fn migrating(path: &Path, error: MigrateError) -> StoreError {
    match error {
        MigrateError::Execute(source) | MigrateError::ExecuteMigration(source, _) => StoreError::sqlite(path)(source),
        other => StoreError::Unreadable { what: "the form".to_owned(), why: other.to_string() },
    }
}

/// An empty file that only its owner may read: the office's texts are nobody else's, and SQLite's own files follow it.
pub(crate) fn own_file(path: &Path) -> Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop).map_err(StoreError::io("make", path))
}
