//! Reads mail that the office no longer has at hand: by number, by thread, by mailbox or sender, in pages, newest last.

use office_core::mail::{Mail, Mailbox};
use office_core::{Actor, MailId, Noun};
use sqlx::{QueryBuilder, Row, Sqlite};

use crate::Result;
use crate::load::from_json;
use crate::open::Store;

/// Which mails are asked for; all that is set must fit.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct MailQuery {
    /// Of this thread.
    pub thread: Option<MailId>,
    /// In this mailbox, or from it.
    pub with: Option<Mailbox>,
    /// In one of these, or from one of them; all of them where there is none.
    pub among: Vec<Mailbox>,
    /// With all of these words in its subject or its text, in any order; the beginning of a word is enough.
    pub words: Option<String>,
    /// Open ones only.
    pub open: bool,
    /// With a number below this.
    pub before: Option<MailId>,
    /// At most so many: the newest of them.
    pub limit: u32,
}

impl Store {
    /// The mail of that number.
    ///
    /// # Errors
    /// What a database can say, or that this version cannot read it.
    pub async fn mail(&self, id: MailId) -> Result<Option<Mail>> {
        let body: Option<String> = sqlx::query_scalar("SELECT body FROM mails WHERE id = ?")
            .bind(id.0)
            .fetch_optional(&self.readers)
            .await
            .map_err(self.no())?;
        body.map(|body| mail(id, &body)).transpose()
    }

    /// The newest mails that fit, oldest first.
    ///
    /// # Errors
    /// As [`Store::mail`].
    pub async fn mails(&self, query: &MailQuery) -> Result<Vec<Mail>> {
        let before = query.before.map_or(i64::MAX, |id| i64::from(id.0));
        let mut sql: QueryBuilder<Sqlite> = match query.words.as_deref().map(matching) {
            None => QueryBuilder::new("SELECT id, body FROM mails WHERE id < "),
            // Nothing that could be looked for.
            Some(None) => return Ok(Vec::new()),
            // Found in the order of their numbers, so that the newest are enough, however many there are.
            Some(Some(words)) => {
                let found =
                    "SELECT id, body FROM mail_words JOIN mails ON id = mail_words.rowid WHERE mail_words MATCH ";
                let mut sql = QueryBuilder::new(found);
                sql.push_bind(words).push(" AND mail_words.rowid < ");
                sql
            }
        };
        sql.push_bind(before);
        if let Some(thread) = query.thread {
            sql.push(" AND thread = ").push_bind(thread.0);
        }
        if let Some(with) = &query.with {
            let name = box_name(with);
            sql.push(" AND (box = ").push_bind(name.clone()).push(" OR sender = ").push_bind(name).push(")");
        }
        if !query.among.is_empty() {
            for (column, start) in [("box", " AND ("), ("sender", " OR ")] {
                let mut names = sql.push(start).push(column).push(" IN (").separated(", ");
                for name in query.among.iter().map(box_name) {
                    names.push_bind(name);
                }
                sql.push(")");
            }
            sql.push(")");
        }
        if query.open {
            sql.push(" AND closed IS NULL");
        }
        let by = if query.words.is_some() { "mail_words.rowid" } else { "id" };
        sql.push(" ORDER BY ").push(by).push(" DESC LIMIT ").push_bind(query.limit);
        let rows = sql.build().fetch_all(&self.readers).await.map_err(self.no())?;
        let read = |row: &sqlx::sqlite::SqliteRow| {
            let id = MailId(row.try_get(0).map_err(self.no())?);
            mail(id, row.try_get(1).map_err(self.no())?)
        };
        let mut found = rows.iter().map(read).collect::<Result<Vec<_>>>()?;
        found.reverse();
        Ok(found)
    }
}

/// As the index of words is asked: each word between quotes, so that none is syntax. None where there is no word.
fn matching(words: &str) -> Option<String> {
    let words = words.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let words: Vec<String> = words.map(|word| format!("\"{word}\"*")).collect();
    (!words.is_empty()).then(|| words.join(" "))
}

fn mail(id: MailId, body: &str) -> Result<Mail> {
    from_json(|| format!("mail {id}"), body)
}

/// A mailbox as its column spells it.
pub(crate) fn box_name(it: &Mailbox) -> String {
    match it {
        Mailbox::Owner => "owner".to_owned(),
        Mailbox::Desk { desk } => format!("desk:{desk}"),
        Mailbox::Role { role } => format!("role:{role}"),
    }
}

/// A sender as its column spells it: what a desk sent stands beside what it got.
pub(crate) fn sender_name(it: Actor) -> String {
    match it {
        Actor::Owner => "owner".to_owned(),
        Actor::Office => "office".to_owned(),
        Actor::Agent { desk, .. } => format!("desk:{desk}"),
    }
}

/// The rows of the open mails, and of those that were closed last.
pub(crate) const AT_HAND: &str = "SELECT id, body FROM mails WHERE closed IS NULL UNION ALL \
     SELECT * FROM (SELECT id, body FROM mails WHERE closed IS NOT NULL ORDER BY closed DESC, id DESC LIMIT ?)";

/// A row of [`AT_HAND`].
pub(crate) fn noun(id: u32, body: &str) -> Result<Noun> {
    Ok(Noun::Mail(Box::new(mail(MailId(id), body)?)))
}
