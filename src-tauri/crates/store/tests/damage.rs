//! Damage, strangers and copies: nothing is ever replaced in silence, and what was kept aside is what was there.

#![allow(clippy::unwrap_used, reason = "a store that cannot be used fails its test")]

mod small;

use std::path::{Path, PathBuf};

use office_core::Seq;
use office_store::{Store, StoreError};
use small::{append, new_store, now, opened, place, progress, says};
use sqlx::{ConnectOptions, Connection};

/// A closed database of `count` events.
async fn database(path: &Path, count: u32) {
    let store = Store::create(path, now()).await.unwrap();
    let events: Vec<_> = (1..=count).map(|seq| progress(seq, 1, &format!("{seq} {}", "x".repeat(300)))).collect();
    append(&store, &events).await.unwrap();
    store.close().await;
    assert!(!path.with_extension("db-wal").exists());
}

async fn with_sql(path: &Path, sql: &'static str) {
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path).create_if_missing(true);
    let mut conn = options.connect().await.unwrap();
    sqlx::raw_sql(sql).execute(&mut conn).await.unwrap();
    conn.close().await.unwrap();
}

fn names(dir: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = entries.collect();
    names.sort();
    names
}

/// Damages a database of some pages, and sees it kept as it is, said, and not replaced.
async fn is_kept_aside(damage: impl FnOnce(&mut Vec<u8>)) {
    let (dir, path) = place();
    database(&path, 200).await;
    let mut bytes = std::fs::read(&path).unwrap();
    damage(&mut bytes);
    std::fs::write(&path, &bytes).unwrap();

    let error = Store::open(&path, now()).await.unwrap_err();
    let StoreError::Corrupt { kept, why } = &error else { panic!("{error:?}") };
    assert!(!why.is_empty());
    says(&error, &["damaged", "office restore", kept.to_str().unwrap()]);
    assert_eq!(kept, &dir.path().join("office.db.corrupt-20270115T080000000Z"));
    assert_eq!(std::fs::read(kept).unwrap(), bytes);
    assert!(!path.exists());

    // Asked again, it still does not begin anew.
    let again = Store::open(&path, now()).await.unwrap_err();
    says(&again, &["no office database", "office restore", kept.to_str().unwrap()]);
    assert!(!path.exists());
}

#[tokio::test]
async fn a_damaged_database_is_kept_aside_whatever_the_damage() {
    is_kept_aside(|bytes| bytes[..100].fill(b'#')).await;
    is_kept_aside(|bytes| *bytes = b"this is no database at all".to_vec()).await;
    is_kept_aside(Vec::clear).await;
    is_kept_aside(|bytes| bytes.truncate(bytes.len() / 2)).await;
    is_kept_aside(|bytes| {
        let middle = bytes.len() / 2;
        bytes[middle..middle + 8192].fill(0xff);
    })
    .await;
}

#[tokio::test]
async fn what_lies_beside_a_damaged_database_is_kept_with_it() {
    let (dir, path) = place();
    database(&path, 3).await;
    std::fs::write(&path, "damaged").unwrap();
    std::fs::write(dir.path().join("office.db-wal"), "the log").unwrap();
    std::fs::write(dir.path().join("office.db-shm"), "the index").unwrap();
    std::fs::write(dir.path().join("office.db.corrupt-20270115T080000000Z"), "an older one").unwrap();
    let error = Store::open(&path, now()).await.unwrap_err();
    assert!(matches!(error, StoreError::Corrupt { .. }), "{error:?}");
    let kept = "office.db.corrupt-20270115T080000000Z";
    let second = format!("{kept}-1");
    assert_eq!(names(dir.path()), [kept.to_owned(), second.clone(), format!("{second}-shm"), format!("{second}-wal")]);
    assert_eq!(std::fs::read_to_string(dir.path().join(kept)).unwrap(), "an older one");
    assert_eq!(std::fs::read_to_string(dir.path().join(&second)).unwrap(), "damaged");
    assert_eq!(std::fs::read_to_string(dir.path().join(format!("{second}-wal"))).unwrap(), "the log");
}

/// Whoever closes a database last brings its log into it and removes the log: not when the database is evidence.
#[tokio::test]
async fn looking_at_a_damaged_database_after_a_crash_changes_neither_it_nor_its_log() {
    let (dir, path) = place();
    let store = Store::create(&path, now()).await.unwrap();
    let events: Vec<_> = (1..=200).map(|seq| progress(seq, 1, &format!("{seq} {}", "x".repeat(300)))).collect();
    append(&store, &events[..100]).await.unwrap();
    store.close().await;
    let (store, _) = Store::open(&path, now()).await.unwrap();
    append(&store, &events[100..]).await.unwrap();
    // As a crash leaves them: the log is not in the database yet.
    let (mut bytes, log) = (std::fs::read(&path).unwrap(), std::fs::read(path.with_extension("db-wal")).unwrap());
    store.close().await;
    assert!(!log.is_empty());
    bytes[4096..].fill(0xff);
    std::fs::write(&path, &bytes).unwrap();
    std::fs::write(path.with_extension("db-wal"), &log).unwrap();

    let error = Store::open(&path, now()).await.unwrap_err();
    let StoreError::Corrupt { kept, .. } = &error else { panic!("{error:?}") };
    assert!(std::fs::read(kept).unwrap() == bytes, "the database was changed");
    let kept_log = dir.path().join(format!("{}-wal", kept.file_name().unwrap().to_str().unwrap()));
    assert!(std::fs::read(kept_log).unwrap() == log, "the log was changed");
}

#[tokio::test]
async fn a_log_without_its_database_never_meets_a_new_one() {
    let (dir, path) = place();
    std::fs::write(dir.path().join("office.db-wal"), "of another").unwrap();
    std::fs::write(dir.path().join("office.db.new"), "half made").unwrap();
    let store = Store::create(&path, now()).await.unwrap();
    append(&store, &[opened(1)]).await.unwrap();
    store.close().await;
    let kept = names(dir.path());
    assert!(kept.iter().any(|name| name.starts_with("office.db.left-") && name.ends_with("-wal")), "{kept:?}");
}

#[tokio::test]
async fn damage_met_while_in_use_is_said() {
    let (_dir, path) = place();
    database(&path, 200).await;
    let (store, _) = Store::open(&path, now()).await.unwrap();
    let mut bytes = std::fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..middle + 8192].fill(0xff);
    std::fs::write(&path, &bytes).unwrap();
    let error = store.check().await.unwrap_err();
    assert!(matches!(error, StoreError::Damaged { .. }), "{error:?}");
    says(&error, &["stop the office", "kept aside"]);
}

#[tokio::test]
async fn a_newer_version_is_refused_and_nothing_is_changed() {
    let (_dir, path) = place();
    database(&path, 1).await;
    with_sql(
        &path,
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
         VALUES (9999, 'later', 1, x'00', 1)",
    )
    .await;
    let before = std::fs::read(&path).unwrap();
    let error = Store::open(&path, now()).await.unwrap_err();
    assert!(matches!(error, StoreError::Newer { found: 9999, known: 5, .. }), "{error:?}");
    says(&error, &["newer version", "office restore"]);
    assert_eq!(std::fs::read(&path).unwrap(), before);
}

#[tokio::test]
async fn another_programs_database_is_left_alone() {
    let (_dir, path) = place();
    with_sql(&path, "CREATE TABLE bookmarks (url TEXT); INSERT INTO bookmarks VALUES ('x')").await;
    let before = std::fs::read(&path).unwrap();
    let error = Store::open(&path, now()).await.unwrap_err();
    assert!(matches!(error, StoreError::Foreign { .. }), "{error:?}");
    assert_eq!(std::fs::read(&path).unwrap(), before);
}

#[tokio::test]
async fn a_row_of_a_shape_nobody_knows_is_named() {
    let (_dir, path) = place();
    database(&path, 2).await;
    with_sql(&path, "UPDATE events SET body = '{\"noun\":\"moon\"}' WHERE seq = 2").await;
    with_sql(&path, "INSERT INTO nouns VALUES ('task', 7, '{}')").await;
    let (store, _) = Store::open(&path, now()).await.unwrap();
    says(&store.events(Seq(0), None, 9).await.unwrap_err(), &["event 2", "moon"]);
    says(&store.load().await.unwrap_err(), &["task 7"]);
    assert_eq!(store.events(Seq(0), None, 1).await.unwrap().len(), 1);
}

#[cfg(unix)]
fn mode(path: &Path) -> u32 {
    std::os::unix::fs::MetadataExt::mode(&path.metadata().unwrap()) & 0o777
}

#[cfg(unix)]
#[tokio::test]
async fn only_the_owner_may_read_it() {
    let (dir, store) = new_store().await;
    append(&store, &[opened(1)]).await.unwrap();
    store.backup_to(&dir.path().join("copy.db")).await.unwrap();
    for name in names(dir.path()) {
        assert_eq!(mode(&dir.path().join(&name)), 0o600, "{name}");
    }
}

#[tokio::test]
async fn a_backup_made_while_writing_goes_on_is_one_moment() {
    let (dir, store) = new_store().await;
    let copy = dir.path().join("copy.db");
    append(&store, &[opened(1)]).await.unwrap();
    let write = async {
        for seq in 2..=80 {
            append(&store, &[opened(seq)]).await.unwrap();
        }
    };
    let (copied, ()) = tokio::join!(store.backup_to(&copy), write);
    let last = copied.unwrap();
    // Again over the old one, and over a rest of one that did not end.
    std::fs::write(dir.path().join("copy.db.part"), "half").unwrap();
    assert_eq!(store.backup_to(&copy).await.unwrap(), Seq(80));
    assert!((1..=80).contains(&last.0));
    let (copied, opening) = Store::open(&copy, now()).await.unwrap();
    assert!(opening.clean);
    assert_eq!(copied.events(Seq(0), None, 100).await.unwrap(), store.events(Seq(0), None, 100).await.unwrap());
    copied.close().await;
    store.close().await;
    assert_eq!(names(dir.path()), ["copy.db", "office.db"]);
}

#[tokio::test]
async fn a_restore_brings_the_backup_back_and_keeps_what_was_there() {
    let (dir, store) = new_store().await;
    let (path, copy) = (dir.path().join("office.db"), dir.path().join("copy.db"));
    append(&store, &[opened(1), opened(2)]).await.unwrap();
    store.backup_to(&copy).await.unwrap();
    append(&store, &[opened(3)]).await.unwrap();
    store.close().await;

    let restored = Store::restore(&copy, &path, now()).await.unwrap();
    assert_eq!(restored.last, Seq(2));
    let kept: PathBuf = restored.kept.unwrap();
    assert_eq!(kept, dir.path().join("office.db.replaced-20270115T080000000Z"));
    let (store, opening) = Store::open(&path, now()).await.unwrap();
    assert!(opening.clean);
    assert_eq!(store.last_seq().await.unwrap(), Seq(2));
    append(&store, &[opened(3)]).await.unwrap();
    store.close().await;
    let (kept, _) = Store::open(&kept, now()).await.unwrap();
    assert_eq!(kept.last_seq().await.unwrap(), Seq(3));
    kept.close().await;

    // After damage there is nothing in the way any more.
    std::fs::write(&path, "damaged").unwrap();
    Store::open(&path, now()).await.unwrap_err();
    let restored = Store::restore(&copy, &path, now()).await.unwrap();
    assert_eq!((restored.kept, restored.last), (None, Seq(2)));
}

#[tokio::test]
async fn a_backup_that_cannot_be_used_changes_nothing() {
    let (dir, store) = new_store().await;
    append(&store, &[opened(1)]).await.unwrap();
    store.close().await;
    let (path, wrong) = (dir.path().join("office.db"), dir.path().join("wrong.db"));
    let missing = Store::restore(&wrong, &path, now()).await.unwrap_err();
    assert!(matches!(missing, StoreError::Missing { .. }), "{missing:?}");
    std::fs::write(&wrong, "damaged").unwrap();
    let damaged = Store::restore(&wrong, &path, now()).await.unwrap_err();
    assert!(matches!(damaged, StoreError::Damaged { .. }), "{damaged:?}");
    std::fs::remove_file(&wrong).unwrap();
    with_sql(&wrong, "CREATE TABLE bookmarks (url TEXT)").await;
    let foreign = Store::restore(&wrong, &path, now()).await.unwrap_err();
    assert!(matches!(foreign, StoreError::Foreign { .. }), "{foreign:?}");
    assert_eq!(names(dir.path()), ["office.db", "wrong.db"]);
    let (store, _) = Store::open(&path, now()).await.unwrap();
    assert_eq!(store.last_seq().await.unwrap(), Seq(1));
}
