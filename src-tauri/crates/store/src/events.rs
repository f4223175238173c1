//! Reads the log: by number, by task, by the command that caused it. Always in pages, because a reader that stays in one
//! long question keeps the write-ahead log from being emptied.

use office_core::{CommandId, Envelope, Seq, TaskId};
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use crate::load::from_json;
use crate::open::Store;
use crate::{Result, StoreError};

impl Store {
    /// At most `limit` events after `since` in order; those about one task, if given. An empty page is the end; the
    /// next page is the one since the last number of this.
    ///
    /// An event is about a task if it names it, or names a run that works on it.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`] for an event this version does not understand; [`StoreError::Damaged`].
    pub async fn events(&self, since: Seq, task: Option<TaskId>, limit: u32) -> Result<Vec<Envelope>> {
        let question = match task {
            None => sqlx::query("SELECT seq, at, actor, cause, body FROM events WHERE seq > ? ORDER BY seq LIMIT ?")
                .bind(since.0)
                .bind(limit),
            Some(task) => sqlx::query(
                "SELECT seq, at, actor, cause, body FROM events WHERE task = ? AND seq > ? ORDER BY seq LIMIT ?",
            )
            .bind(task.0)
            .bind(since.0)
            .bind(limit),
        };
        let rows = question.fetch_all(&self.readers).await.map_err(self.no())?;
        rows.iter().map(|row| self.envelope(row)).collect()
    }

    /// The number of the last event; 0 while there is none.
    ///
    /// # Errors
    /// What a database can say.
    pub async fn last_seq(&self) -> Result<Seq> {
        let last = sqlx::query_scalar("SELECT coalesce(max(seq), 0) FROM events");
        Ok(Seq(last.fetch_one(&self.readers).await.map_err(self.no())?))
    }

    /// How many events there are.
    ///
    /// # Errors
    /// What a database can say.
    pub async fn event_count(&self) -> Result<u32> {
        // Numbers have no gaps, and the first stays the first until old ones are archived: no need to count.
        let span = "SELECT coalesce((SELECT max(seq) FROM events) - (SELECT min(seq) FROM events) + 1, 0)";
        sqlx::query_scalar(span).fetch_one(&self.readers).await.map_err(self.no())
    }

    /// The first and last event of the command of that id, if it was carried out and led to any. A command that led to
    /// none left nothing behind, and may be decided again.
    ///
    /// # Errors
    /// What a database can say.
    pub async fn answered(&self, command: &CommandId) -> Result<Option<(Seq, Seq)>> {
        let span = sqlx::query_as("SELECT min(seq), max(seq) FROM events WHERE cause = ?").bind(command.0.as_str());
        let span: (Option<u32>, Option<u32>) = span.fetch_one(&self.readers).await.map_err(self.no())?;
        Ok(span.0.zip(span.1).map(|(first, last)| (Seq(first), Seq(last))))
    }

    pub(crate) fn envelope(&self, row: &SqliteRow) -> Result<Envelope> {
        let no = self.no();
        let seq = Seq(row.try_get(0).map_err(&no)?);
        let what = || format!("event {seq}");
        let at: &str = row.try_get(1).map_err(&no)?;
        Ok(Envelope {
            seq,
            at: at.parse().map_err(|why| StoreError::Unreadable { what: what(), why })?,
            actor: from_json(what, row.try_get(2).map_err(&no)?)?,
            cause: CommandId(row.try_get(3).map_err(&no)?),
            event: from_json(what, row.try_get(4).map_err(&no)?)?,
        })
    }
}
