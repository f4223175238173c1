//! The chain over what was decided: whatever is done to an entry, its event or its place, the first one that does not hold is said.

#![allow(clippy::unwrap_used, reason = "a store that cannot be used fails its test")]

mod small;

use std::path::Path;

use office_core::audit::BEGINNING;
use office_core::grant::GrantEvent;
use office_core::{Event, GrantId, Seq};
use office_store::Store;
use small::{append, now, place, progress};
use sqlx::{ConnectOptions, Connection};

/// Decisions as events 2, 4, ... 10, among events that are none.
async fn database(path: &Path) -> String {
    let store = Store::create(path, now()).await.unwrap();
    for seq in 1..=10 {
        let mut envelope = progress(seq, 1, "x");
        if seq % 2 == 0 {
            envelope.event = Event::Grant(GrantEvent::Revoked { grant: GrantId(seq) });
        }
        append(&store, &[envelope]).await.unwrap();
    }
    let whole = store.verify_audit().await.unwrap();
    assert_eq!((whole.links, &whole.broken), (5, &None));
    let shown = store.audit(Seq(4), 2).await.unwrap();
    assert_eq!(shown.iter().map(|(link, _)| link.seq).collect::<Vec<_>>(), [Seq(6), Seq(8)]);
    assert_eq!(shown[1].0.before, shown[0].0.hash);
    store.close().await;
    whole.head
}

async fn opened(path: &Path) -> Store {
    Store::open(path, now()).await.unwrap().0
}

async fn with_sql(path: &Path, sql: &'static str) -> sqlx::Result<()> {
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path).foreign_keys(false);
    let mut conn = options.connect().await?;
    let done = sqlx::raw_sql(sql).execute(&mut conn).await;
    conn.close().await?;
    done.map(drop)
}

#[tokio::test]
async fn nobody_changes_or_cuts_it_by_mistake() {
    let (_dir, path) = place();
    let head = database(&path).await;
    for sql in ["UPDATE audit SET hash = 'x' WHERE seq = 4", "DELETE FROM audit WHERE seq = 4"] {
        let error = with_sql(&path, sql).await.unwrap_err().to_string();
        assert!(error.contains("only added to"), "{error}");
    }
    let store = opened(&path).await;
    assert_eq!(store.verify_audit().await.unwrap().head, head);
    store.close().await;
}

#[tokio::test]
async fn whatever_is_done_to_it_on_purpose_the_first_entry_that_does_not_hold_is_said() {
    const FREE: &str = "DROP TRIGGER audit_is_not_changed; DROP TRIGGER audit_is_not_cut;";
    for (sql, seq, links) in [
        ("UPDATE events SET body = replace(body, '6', '7') WHERE seq = 6", 6, 2),
        ("UPDATE events SET at = '2020-01-01T00:00:00.000Z' WHERE seq = 6", 6, 2),
        ("UPDATE events SET actor = '{\"kind\":\"office\"}' WHERE seq = 4", 4, 1),
        ("UPDATE audit SET hash = before WHERE seq = 8", 8, 3),
        ("DELETE FROM audit WHERE seq = 2", 2, 0),
        ("DELETE FROM audit WHERE seq = 10", 10, 4),
        ("DELETE FROM audit", 2, 0),
        ("DELETE FROM audit WHERE seq = 6; DELETE FROM events WHERE seq = 6", 8, 2),
        ("DELETE FROM events WHERE seq = 6", 6, 2),
        ("DELETE FROM audit_begins", 0, 0),
    ] {
        let (_dir, path) = place();
        database(&path).await;
        with_sql(&path, FREE).await.unwrap();
        with_sql(&path, sql).await.unwrap();
        let store = opened(&path).await;
        let found = store.verify_audit().await.unwrap();
        let broken = found.broken.unwrap_or_else(|| panic!("{sql}: nothing was found"));
        assert_eq!((broken.seq, found.links), (Seq(seq), links), "{sql}: {}", broken.why);
        assert_ne!(found.head, BEGINNING.repeat(2));
        store.close().await;
    }
}

#[tokio::test]
async fn it_goes_on_after_a_restart_where_it_stood() {
    let (_dir, path) = place();
    let head = database(&path).await;
    let store = opened(&path).await;
    let mut envelope = progress(11, 1, "x");
    envelope.event = Event::Grant(GrantEvent::Revoked { grant: GrantId(11) });
    append(&store, &[envelope]).await.unwrap();
    let found = store.verify_audit().await.unwrap();
    assert_eq!((found.links, found.broken), (6, None));
    assert_eq!(store.audit(Seq(10), 1).await.unwrap()[0].0.before, head);
    store.close().await;
}
