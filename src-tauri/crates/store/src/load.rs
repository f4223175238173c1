//! Loads the office from its rows: the cost is that of what there is now, not of what happened.

use office_core::{Effect, EffectId, Noun, Office, Seq};
use serde::de::DeserializeOwned;
use sqlx::{Connection, Row};

use crate::open::Store;
use crate::{Result, StoreError};

/// Closed mails that are loaded.
const KEPT: u32 = office_core::mail::CLOSED_KEPT as u32;

/// Whether an effect was begun.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Status {
    /// It was not.
    Pending,
    /// It may have been: it was marked before it was begun, and nothing said how it ended.
    Running,
}

/// An effect that is not over.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PendingEffect {
    /// Which.
    pub id: EffectId,
    /// What is to be done.
    pub effect: Effect,
    /// Whether it was begun.
    pub status: Status,
}

/// The office as it was after the last commit.
#[derive(Clone, PartialEq, Debug)]
pub struct Loaded {
    /// The office.
    pub office: Office,
    /// Its open effects in the order they were asked for; [`Office::pending`] holds the same.
    pub effects: Vec<PendingEffect>,
}

impl Store {
    /// Loads the office, all of it as of one moment.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`] for a row this version does not understand; [`StoreError::Damaged`].
    pub async fn load(&self) -> Result<Loaded> {
        let no = self.no();
        let mut conn = self.readers.acquire().await.map_err(&no)?;
        // One transaction, so that the three questions see the same moment.
        let mut tx = conn.begin().await.map_err(&no)?;
        let rows = sqlx::query("SELECT kind, id, body FROM nouns").fetch_all(&mut *tx).await.map_err(&no)?;
        let mut nouns = Vec::with_capacity(rows.len());
        for row in rows {
            let (kind, id): (&str, u32) = (row.try_get(0).map_err(&no)?, row.try_get(1).map_err(&no)?);
            let what = || if id == 0 { kind.to_owned() } else { format!("{kind} {id}") };
            let noun: Noun = from_json(what, row.try_get(2).map_err(&no)?)?;
            nouns.push(noun);
        }
        let rows = sqlx::query(crate::mail::AT_HAND).bind(KEPT).fetch_all(&mut *tx).await.map_err(&no)?;
        for row in rows {
            nouns.push(crate::mail::noun(row.try_get(0).map_err(&no)?, row.try_get(1).map_err(&no)?)?);
        }
        let last: u32 =
            sqlx::query_scalar("SELECT coalesce(max(seq), 0) FROM events").fetch_one(&mut *tx).await.map_err(&no)?;
        for noun in &mut nouns {
            // The row is not written for a new number alone; the log knows it.
            if let Noun::Office(facts) = noun {
                facts.seq = Seq(last);
            }
        }
        let open = "SELECT seq, n, body, status FROM effects WHERE status <> 'done' ORDER BY seq, n";
        let rows = sqlx::query(open).fetch_all(&mut *tx).await.map_err(&no)?;
        let mut effects = Vec::with_capacity(rows.len());
        for row in rows {
            let id = EffectId { seq: Seq(row.try_get(0).map_err(&no)?), n: row.try_get(1).map_err(&no)? };
            let effect: Effect = from_json(|| format!("effect {id}"), row.try_get(2).map_err(&no)?)?;
            let status = match row.try_get(3).map_err(&no)? {
                "running" => Status::Running,
                _ => Status::Pending,
            };
            effects.push(PendingEffect { id, effect, status });
        }
        tx.rollback().await.map_err(&no)?;
        let pending = effects.iter().map(|it| (it.id, it.effect.clone())).collect();
        Ok(Loaded { office: Office::from_rows(nouns, pending), effects })
    }
}

pub(crate) fn from_json<T: DeserializeOwned>(what: impl FnOnce() -> String, text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(|error| StoreError::Unreadable { what: what(), why: error.to_string() })
}
