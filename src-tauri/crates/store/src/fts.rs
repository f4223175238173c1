//! SQLite's own full-text search (FTS5 with porter stems) over given texts, in memory: the measure that `memory` is held
//! against. Nothing of an office is read here or written.

use std::path::Path;

use sqlx::Connection;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};

use crate::{Result, StoreError};

/// An index over texts, which are named by their place among those that were given.
#[derive(Debug)]
pub struct Fts {
    conn: SqliteConnection,
}

impl Fts {
    /// Over these titles and texts.
    ///
    /// # Errors
    /// What SQLite says.
    pub async fn over<'a>(texts: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self> {
        let no = StoreError::sqlite(Path::new(":memory:"));
        let mut conn =
            SqliteConnection::connect_with(&SqliteConnectOptions::new().in_memory(true)).await.map_err(&no)?;
        let made = "CREATE VIRTUAL TABLE notes USING fts5(title, text, tokenize = 'porter unicode61')";
        sqlx::query(made).execute(&mut conn).await.map_err(&no)?;
        let mut tx = conn.begin().await.map_err(&no)?;
        for (place, (title, text)) in texts.into_iter().enumerate() {
            let row = sqlx::query("INSERT INTO notes (rowid, title, text) VALUES (?, ?, ?)");
            let row = row.bind(i64::try_from(place).unwrap_or(i64::MAX)).bind(title).bind(text);
            row.execute(&mut *tx).await.map_err(&no)?;
        }
        tx.commit().await.map_err(&no)?;
        Ok(Self { conn })
    }

    /// The places of the best, best first: any of the words, each between quotes so that none is syntax.
    ///
    /// # Errors
    /// What SQLite says.
    pub async fn search(&mut self, query: &str, limit: u32) -> Result<Vec<usize>> {
        let words = query.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
        let words: Vec<String> = words.map(|word| format!("\"{word}\"")).collect();
        if words.is_empty() {
            return Ok(Vec::new());
        }
        let found = sqlx::query_scalar::<_, i64>("SELECT rowid FROM notes WHERE notes MATCH ? ORDER BY rank LIMIT ?");
        let found = found.bind(words.join(" OR ")).bind(limit).fetch_all(&mut self.conn).await;
        let found = found.map_err(StoreError::sqlite(Path::new(":memory:")))?;
        Ok(found.into_iter().filter_map(|place| usize::try_from(place).ok()).collect())
    }
}
