//! Keeps the chain over what was decided (`office_core::audit`): a link for each event about an approval or a grant, written in the
//! same transaction. Going through it finds the first link that does not hold.

use office_core::audit::{BEGINNING, Broken, Link, Verified, link};
use office_core::{Envelope, Seq};
use sqlx::Row;
use sqlx::sqlite::SqliteConnection;

use crate::Result;
use crate::open::Store;

/// Links that are looked at in one question: a reader that stays in a long one keeps the write-ahead log from being emptied.
const PAGE: u32 = 500;

/// An event as it goes to the disk.
pub(crate) struct Written<'a> {
    pub(crate) seq: Seq,
    pub(crate) at: &'a str,
    pub(crate) actor: &'a str,
    pub(crate) cause: &'a str,
    pub(crate) body: &'a str,
}

/// Binds these events, in this order, to what was bound before them.
pub(crate) async fn bind(conn: &mut SqliteConnection, events: &[Written<'_>]) -> sqlx::Result<()> {
    if events.is_empty() {
        return Ok(());
    }
    let last = sqlx::query_scalar("SELECT hash FROM audit ORDER BY seq DESC LIMIT 1");
    let mut before: String = last.fetch_optional(&mut *conn).await?.unwrap_or_else(|| BEGINNING.to_owned());
    for it in events {
        let hash = link(&before, it.seq, it.at, it.actor, it.cause, it.body);
        let insert = sqlx::query("INSERT INTO audit (seq, before, hash) VALUES (?, ?, ?)");
        insert.bind(it.seq.0).bind(&before).bind(&hash).execute(&mut *conn).await?;
        before = hash;
    }
    Ok(())
}

impl Store {
    /// Goes through the whole chain.
    ///
    /// # Errors
    /// What a database can say.
    pub async fn verify_audit(&self) -> Result<Verified> {
        let no = self.no();
        let after: Option<u32> =
            sqlx::query_scalar("SELECT max(after) FROM audit_begins").fetch_one(&self.readers).await.map_err(&no)?;
        let mut seen = Verified { links: 0, head: BEGINNING.to_owned(), broken: None };
        let Some(mut since) = after else {
            let why = "it is not said from where on it holds".to_owned();
            seen.broken = Some(Broken { seq: Seq(0), why });
            return Ok(seen);
        };
        loop {
            // What is bound, and what should be: a link without its event, and an event without its link, are both found.
            let page = sqlx::query(
                "SELECT s.seq, e.at, e.actor, e.cause, e.body, a.before, a.hash \
                 FROM (SELECT seq FROM audit WHERE seq > ?1 \
                       UNION SELECT seq FROM events WHERE seq > ?1 AND noun IN ('approval', 'grant') \
                       ORDER BY seq LIMIT ?2) s \
                 LEFT JOIN events e ON e.seq = s.seq LEFT JOIN audit a ON a.seq = s.seq ORDER BY s.seq",
            );
            let rows = page.bind(since).bind(PAGE).fetch_all(&self.readers).await.map_err(&no)?;
            for row in &rows {
                let seq: u32 = row.try_get(0).map_err(&no)?;
                let text = |at: usize| row.try_get::<Option<String>, _>(at).map_err(&no);
                let event = (text(1)?, text(2)?, text(3)?, text(4)?);
                let (before, hash) = (text(5)?, text(6)?);
                let why = match (event, before, hash) {
                    ((Some(at), Some(actor), Some(cause), Some(body)), Some(before), Some(hash)) => {
                        let right = link(&seen.head, Seq(seq), &at, &actor, &cause, &body);
                        if before != seen.head {
                            Some(
                                "it is not bound to the entry before it: one was left out, put in or changed"
                                    .to_owned(),
                            )
                        } else if hash != right {
                            Some("it is not what was written: its event or its hash was changed".to_owned())
                        } else {
                            seen.links += 1;
                            seen.head = hash;
                            None
                        }
                    }
                    ((None, ..), ..) => Some("its event is gone from the log".to_owned()),
                    _ => Some("it is in the log and not in the audit: its entry was taken out".to_owned()),
                };
                if let Some(why) = why {
                    seen.broken = Some(Broken { seq: Seq(seq), why });
                    return Ok(seen);
                }
                since = seq;
            }
            if rows.len() < PAGE as usize {
                return Ok(seen);
            }
        }
    }

    /// At most `limit` links after `since`, with their events.
    ///
    /// # Errors
    /// What a database can say, and events that this version does not understand.
    pub async fn audit(&self, since: Seq, limit: u32) -> Result<Vec<(Link, Envelope)>> {
        let no = self.no();
        let page = sqlx::query(
            "SELECT e.seq, e.at, e.actor, e.cause, e.body, a.before, a.hash FROM audit a JOIN events e ON e.seq = a.seq \
             WHERE a.seq > ? ORDER BY a.seq LIMIT ?",
        );
        let rows = page.bind(since.0).bind(limit).fetch_all(&self.readers).await.map_err(&no)?;
        let one = |row: &sqlx::sqlite::SqliteRow| {
            let envelope = self.envelope(row)?;
            let before = row.try_get(5).map_err(&no)?;
            let hash = row.try_get(6).map_err(&no)?;
            Ok((Link { seq: envelope.seq, before, hash }, envelope))
        };
        rows.iter().map(one).collect()
    }
}
