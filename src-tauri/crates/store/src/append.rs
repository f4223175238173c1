//! Appends to the log: the events of some commands, the nouns they changed and the effects they ask for, in one
//! transaction and with one fsync. What follows from an event is not here.

use std::sync::PoisonError;

use office_core::effect::EffectEvent;
use office_core::mail::{Mail, MailEvent};
use office_core::note::NoteEvent;
use office_core::{ApprovalId, Effect, EffectId, Envelope, Event, Noun, RunId, Seq, TaskId};
use sqlx::sqlite::{SqliteArguments, SqliteConnection};
use sqlx::{Arguments, AssertSqlSafe, Connection, Encode, Sqlite, Type};

use crate::open::Store;
use crate::{Result, StoreError};

/// What is written together: all of it or nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Batch<'a> {
    /// The events; the first follows the last of the log, each other the one before it.
    pub envelopes: &'a [Envelope],
    /// Every noun they changed, whole, as it is after the last of them.
    pub nouns: &'a [Noun],
    /// Every effect they ask for; `pending` from now on.
    pub effects: &'a [(EffectId, Effect)],
    /// Every effect that is over; `done` from now on.
    pub settled: &'a [EffectId],
}

/// The columns of a row in the order of its table's statement.
type Columns<const N: usize> = [Value; N];

enum Value {
    Number(i64),
    Text(String),
    Nothing,
}

/// A batch as text, made before the transaction begins, so that the database is held for as short as can be.
struct Rows {
    events: Vec<Columns<8>>,
    /// Which of them are bound into the audit.
    bound: Vec<usize>,
    nouns: Vec<Columns<3>>,
    mails: Vec<Columns<6>>,
    effects: Vec<Columns<3>>,
    /// The office's own row as it is in the database after this.
    office_row: Option<String>,
}

/// A statement that inserts rows, cut so that any number of them can be put in.
struct Insert {
    head: &'static str,
    row: &'static str,
    tail: &'static str,
}

/// Runs and approvals are written before the events, which look up whose task they are about.
const NOUNS: Insert = Insert {
    head: "INSERT INTO nouns (kind, id, body) VALUES ",
    row: "(?, ?, ?)",
    tail: " ON CONFLICT (kind, id) DO UPDATE SET body = excluded.body",
};
const MAILS: Insert = Insert {
    head: "INSERT INTO mails (id, thread, box, sender, closed, body) VALUES ",
    row: "(?, ?, ?, ?, ?, ?)",
    tail: " ON CONFLICT (id) DO UPDATE SET closed = excluded.closed, body = excluded.body",
};
const EVENTS: Insert = Insert {
    head: "INSERT INTO events (seq, at, actor, cause, body, task) VALUES ",
    row: "(?, ?, ?, ?, ?, coalesce(?, (SELECT body ->> '$.task' FROM nouns WHERE kind = ? AND id = ?)))",
    tail: "",
};
const EFFECTS: Insert =
    Insert { head: "INSERT INTO effects (seq, n, body, status) VALUES ", row: "(?, ?, ?, 'pending')", tail: "" };

/// So many rows go into one statement. Few sizes, so that each is prepared once and found again.
const SIZES: [usize; 4] = [64, 16, 4, 1];

impl Store {
    /// Writes a batch. When this returns `Ok`, it is on the disk and outlives a power cut; when it returns an error,
    /// nothing of it was written. Let it end: a call that is dropped half way may or may not have written.
    ///
    /// # Errors
    /// [`StoreError::OutOfOrder`], [`StoreError::NotOpen`], [`StoreError::Full`], [`StoreError::ReadOnly`] and what
    /// else a database can say. The store can be used again afterwards.
    pub async fn append(&self, batch: Batch<'_>) -> Result<()> {
        let mut conn = self.writer.acquire().await.map_err(self.no())?;
        // Taken, not read: if this call is dropped or fails, nobody knows what is written, and the next writes it again.
        let office_row = self.office_row.lock().unwrap_or_else(PoisonError::into_inner).take();
        let rows = rows(batch, office_row)?;
        let written = self.write(&mut conn, &rows, batch.settled).await;
        match &written {
            Ok(()) => *self.office_row.lock().unwrap_or_else(PoisonError::into_inner) = rows.office_row,
            Err(StoreError::OutOfOrder { .. } | StoreError::NotOpen { .. }) => {}
            // SQLite rolls back by itself when a disk is full, and sqlx would believe the transaction still open.
            Err(_) => drop(conn.close().await),
        }
        written
    }

    /// Notes that these effects are about to be done. On the disk when it returns, so that after a crash it is known
    /// which may have been begun. Those that run already stay so.
    ///
    /// # Errors
    /// [`StoreError::NotOpen`] for an effect that is unknown or settled; then none of them was marked.
    pub async fn mark_running(&self, effects: &[EffectId]) -> Result<()> {
        let mut conn = self.writer.acquire().await.map_err(self.no())?;
        let marked = self.set_status(&mut conn, effects, "running").await;
        if let Err(StoreError::NotOpen { .. }) | Ok(()) = marked {
            return marked;
        }
        conn.close().await.ok();
        marked
    }

    async fn write(&self, conn: &mut SqliteConnection, rows: &Rows, settled: &[EffectId]) -> Result<()> {
        let no = self.no();
        let mut tx = conn.begin_with("BEGIN IMMEDIATE").await.map_err(&no)?;
        let last: u32 =
            sqlx::query_scalar("SELECT coalesce(max(seq), 0) FROM events").fetch_one(&mut *tx).await.map_err(&no)?;
        let mut expected = Seq(last);
        for seq in rows.events.iter().filter_map(seq_of) {
            if expected.0.checked_add(1) != Some(seq.0) {
                tx.rollback().await.map_err(&no)?;
                return Err(StoreError::OutOfOrder { last: expected, found: seq });
            }
            expected = seq;
        }
        insert(&mut tx, &NOUNS, &rows.nouns).await.map_err(&no)?;
        insert(&mut tx, &MAILS, &rows.mails).await.map_err(&no)?;
        insert(&mut tx, &EVENTS, &rows.events).await.map_err(&no)?;
        let bound: Vec<_> = rows.bound.iter().filter_map(|at| written(rows.events.get(*at)?)).collect();
        crate::audit::bind(&mut tx, &bound).await.map_err(&no)?;
        insert(&mut tx, &EFFECTS, &rows.effects).await.map_err(&no)?;
        if let Err(error) = change_status(&mut tx, settled, "done", &no).await {
            tx.rollback().await.ok();
            return Err(error);
        }
        tx.commit().await.map_err(&no)
    }

    async fn set_status(&self, conn: &mut SqliteConnection, effects: &[EffectId], status: &'static str) -> Result<()> {
        let no = self.no();
        if effects.is_empty() {
            return Ok(());
        }
        let mut tx = conn.begin_with("BEGIN IMMEDIATE").await.map_err(&no)?;
        if let Err(error) = change_status(&mut tx, effects, status, &no).await {
            tx.rollback().await.ok();
            return Err(error);
        }
        tx.commit().await.map_err(&no)
    }
}

/// The rows of a batch; `office_row` is the office's own as it is in the database, if that is known.
fn rows(batch: Batch<'_>, office_row: Option<String>) -> Result<Rows> {
    let mut rows = Rows {
        events: batch.envelopes.iter().map(event_row).collect::<Result<_>>()?,
        bound: (0..batch.envelopes.len())
            .filter(|at| office_core::audit::covers(&batch.envelopes[*at].event))
            .collect(),
        nouns: Vec::with_capacity(batch.nouns.len()),
        mails: Vec::new(),
        effects: Vec::with_capacity(batch.effects.len()),
        office_row,
    };
    for noun in batch.nouns {
        let (kind, id) = noun.key().parts();
        let body = match noun {
            Noun::Office(facts) => {
                // The roles are in this row, and it changes with every event by its `seq`, which the log knows.
                let facts = office_core::office::OfficeFacts { seq: Seq(0), ..facts.clone() };
                let body = json("the office", &Noun::Office(facts))?;
                if rows.office_row.as_ref() == Some(&body) {
                    continue;
                }
                rows.office_row = Some(body.clone());
                body
            }
            Noun::Mail(mail) => {
                rows.mails.push(mail_row(mail)?);
                continue;
            }
            other => json(kind, other)?,
        };
        rows.nouns.push([Value::Text(kind.to_owned()), Value::Number(id.into()), Value::Text(body)]);
    }
    for (id, effect) in batch.effects {
        let body = Value::Text(json("an effect", effect)?);
        rows.effects.push([Value::Number(id.seq.0.into()), Value::Number(id.n.into()), body]);
    }
    Ok(rows)
}

async fn change_status(
    conn: &mut SqliteConnection,
    effects: &[EffectId],
    status: &'static str,
    no: &impl Fn(sqlx::Error) -> StoreError,
) -> Result<()> {
    for effect in effects {
        let change = sqlx::query("UPDATE effects SET status = ? WHERE seq = ? AND n = ? AND status <> 'done'");
        let change = change.bind(status).bind(effect.seq.0).bind(effect.n).execute(&mut *conn).await.map_err(no)?;
        if change.rows_affected() == 0 {
            return Err(StoreError::NotOpen { effect: *effect });
        }
    }
    Ok(())
}

async fn insert<const N: usize>(
    conn: &mut SqliteConnection,
    what: &Insert,
    mut rows: &[Columns<N>],
) -> sqlx::Result<()> {
    for size in SIZES {
        while let Some((now, later)) = rows.split_at_checked(size) {
            let mut sql = String::with_capacity(what.head.len() + size * (what.row.len() + 2) + what.tail.len());
            sql.push_str(what.head);
            for n in 0..size {
                sql.push_str(if n == 0 { "" } else { ", " });
                sql.push_str(what.row);
            }
            sql.push_str(what.tail);
            let mut arguments = SqliteArguments::default();
            for value in now.iter().flatten() {
                match value {
                    Value::Number(number) => add(&mut arguments, *number)?,
                    Value::Text(text) => add(&mut arguments, text.as_str())?,
                    Value::Nothing => add(&mut arguments, None::<i64>)?,
                }
            }
            // Put together from the constants above; every value is bound.
            sqlx::query_with(AssertSqlSafe(sql), arguments).execute(&mut *conn).await?;
            rows = later;
        }
    }
    Ok(())
}

fn add<'t, T: Encode<'t, Sqlite> + Type<Sqlite> + 't>(arguments: &mut SqliteArguments, value: T) -> sqlx::Result<()> {
    arguments.add(value).map_err(sqlx::Error::Encode)
}

fn event_row(envelope: &Envelope) -> Result<Columns<8>> {
    let about = about(&envelope.event);
    let (kind, id) = match about {
        About::Run(run) => (Value::Text("run".to_owned()), Value::Number(run.0.into())),
        About::Approval(approval) => (Value::Text("approval".to_owned()), Value::Number(approval.0.into())),
        About::Task(_) | About::NoTask => (Value::Nothing, Value::Nothing),
    };
    Ok([
        Value::Number(envelope.seq.0.into()),
        Value::Text(envelope.at.to_string()),
        Value::Text(json("an actor", &envelope.actor)?),
        Value::Text(envelope.cause.0.clone()),
        Value::Text(json("an event", &envelope.event)?),
        if let About::Task(task) = about { Value::Number(task.0.into()) } else { Value::Nothing },
        kind,
        id,
    ])
}

fn mail_row(mail: &Mail) -> Result<Columns<6>> {
    let closed = (!mail.state.is_open()).then(|| mail.since.to_string());
    Ok([
        Value::Number(mail.id.0.into()),
        Value::Number(mail.thread.0.into()),
        Value::Text(crate::mail::box_name(&mail.to)),
        Value::Text(crate::mail::sender_name(mail.from)),
        closed.map_or(Value::Nothing, Value::Text),
        Value::Text(json("a mail", mail)?),
    ])
}

/// An event's row as it is bound into the audit.
fn written(row: &Columns<8>) -> Option<crate::audit::Written<'_>> {
    let text = |at: usize| match row.get(at) {
        Some(Value::Text(text)) => Some(text.as_str()),
        _ => None,
    };
    Some(crate::audit::Written { seq: seq_of(row)?, at: text(1)?, actor: text(2)?, cause: text(3)?, body: text(4)? })
}

fn seq_of<const N: usize>(row: &Columns<N>) -> Option<Seq> {
    if let Some(Value::Number(seq)) = row.first() { u32::try_from(*seq).ok().map(Seq) } else { None }
}

/// By what the task of an event is known; a run's row says the task it works on, an approval's the task it was asked for.
#[derive(Clone, Copy)]
enum About {
    Task(TaskId),
    Run(RunId),
    Approval(ApprovalId),
    NoTask,
}

fn about(event: &Event) -> About {
    match event {
        Event::Office(_) | Event::Project(_) | Event::Desk(_) => About::NoTask,
        Event::Task(event) => About::Task(event.task()),
        Event::Run(event) => About::Run(event.run()),
        Event::Approval(event) => About::Approval(event.approval()),
        Event::Grant(office_core::grant::GrantEvent::Given { grant }) => grant.task.map_or(About::NoTask, About::Task),
        Event::Grant(office_core::grant::GrantEvent::Used { approval, .. }) => About::Approval(*approval),
        Event::Grant(office_core::grant::GrantEvent::Revoked { .. }) => About::NoTask,
        Event::Mail(MailEvent::Sent { mail }) => mail.task.map_or(About::NoTask, About::Task),
        Event::Note(NoteEvent::Added { note }) => note.task.map_or(About::NoTask, About::Task),
        Event::Mail(_) | Event::Plan(_) | Event::Note(_) => About::NoTask,
        Event::Effect(EffectEvent::Ended { what, .. }) => match what {
            Effect::Prepare { run } | Effect::Launch { run } | Effect::End { run } | Effect::Tidy { run, .. } => {
                About::Run(*run)
            }
            Effect::Halt { task }
            | Effect::Collect { task, .. }
            | Effect::Check { task, .. }
            | Effect::Merge { task }
            | Effect::CheckResult { task }
            | Effect::Reclaim { task } => About::Task(*task),
            Effect::Act { approval } => About::Approval(*approval),
            Effect::TryProject { .. } | Effect::Discard { .. } => About::NoTask,
        },
    }
}

fn json(what: &str, value: &impl serde::Serialize) -> Result<String> {
    serde_json::to_string(value)
        .map_err(|error| StoreError::Unreadable { what: what.to_owned(), why: error.to_string() })
}
