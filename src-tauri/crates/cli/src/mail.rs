//! Mail on the command line: writing to desks, roles, the owner and everyone, reading what came, saying that it was acted upon.

use std::collections::BTreeMap;
use std::io::Read;

use clap::{Args, Subcommand};
use office_core::mail::{Mail, MailCommand, MailKind, MailState, Mailbox};
use office_core::{Actor, CommandBody, DeskId, MailId, Noun};
use office_door::wire::{Answer, Ask};

use crate::fail::Fail;
use crate::grammar::word;
use crate::print::{self, Table};
use crate::session::{Done, Session, command_id, unexpected};

const KINDS: &[&str] = &["message", "handoff", "question", "answer", "status", "review request", "verdict"];

/// Verbs on mail.
#[derive(Debug, Subcommand)]
pub(crate) enum MailVerb {
    /// Write to a desk, a role, the owner or everyone
    #[command(after_help = "Examples:
  office mail send ada 'The build is green again'
  office mail send role:reviewer-qa 'Look at #12' --kind 'review request' --file docs/plan.md
  office mail send everyone 'Build' --kind status --text 'red since 14:10, ops is on it'
  git log -1 --format=%b | office mail send owner 'What changed' --text -
  office mail reply 7 'port 8080'

It is written down when this returns. A desk's mail is for whoever works there; a role's for one of those who hold it. An \
agent that rests is woken; one that works sees it at its next call of a tool.")]
    Send(SendArgs),
    /// Answer a mail: it goes to its sender, and what it answers is acted upon
    #[command(after_help = "Examples:
  office mail reply 7 'port 8080'
  office mail reply 7 'see the file' --file notes/ports.md")]
    Reply(ReplyArgs),
    /// Read what lies in your mailboxes, oldest first; it stays there until it is acknowledged
    #[command(after_help = "Examples:
  office mail inbox
  office mail inbox --wait                wait until there is something new
  office mail inbox --peek --json | jq length")]
    Inbox {
        /// Wait until there is something that was not read
        #[arg(long)]
        wait: bool,
        /// Only who wrote what; it is not read by that
        #[arg(long)]
        peek: bool,
    },
    /// Say that mails were acted upon
    #[command(after_help = "Examples:
  office mail ack 7 8")]
    Ack {
        /// Which
        #[arg(required = true)]
        mails: Vec<MailId>,
    },
    /// Show a mail, and where it stands
    #[command(after_help = "Examples:
  office mail show 7")]
    Show {
        /// Which
        mail: MailId,
    },
    /// Show all mails of a thread, oldest first
    #[command(after_help = "Examples:
  office mail thread 7")]
    Thread {
        /// Any mail of it
        mail: MailId,
    },
    /// Find mails by their words, the newest last
    ///
    /// All of the words are in the subject or the text, in any order; the beginning of a word is enough.
    #[command(after_help = "Examples:
  office mail search rounding half even
  office mail search deploy --with ops --open")]
    Search {
        /// What is looked for
        #[arg(required = true)]
        words: Vec<String>,
        /// To or from: owner, a desk or a role
        #[arg(long, value_name = "WHO")]
        with: Option<String>,
        /// Only what something is still to come of
        #[arg(long)]
        open: bool,
        /// At most so many
        #[arg(long, value_name = "N", default_value_t = 50)]
        limit: u32,
    },
    /// List mails, the newest last
    #[command(after_help = "Examples:
  office mail list
  office mail list --with ada --open
  office mail list --json | jq -r '.[] | select(.state == \"bounced\") | [.id, .subject, .why] | @tsv'")]
    List {
        /// To or from: owner, a desk or a role
        #[arg(long, value_name = "WHO")]
        with: Option<String>,
        /// Only what something is still to come of
        #[arg(long)]
        open: bool,
        /// With a number below this
        #[arg(long, value_name = "MAIL")]
        before: Option<MailId>,
        /// At most so many
        #[arg(long, value_name = "N", default_value_t = 50)]
        limit: u32,
    },
}

/// A mail to somebody.
#[derive(Debug, Args)]
pub(crate) struct SendArgs {
    /// owner, everyone, a desk or a role; desk:NAME or role:NAME where both are called so
    to: String,
    /// One line
    subject: String,
    #[command(flatten)]
    more: More,
}

/// An answer.
#[derive(Debug, Args)]
pub(crate) struct ReplyArgs {
    /// To which
    mail: MailId,
    /// The words; - reads standard input
    words: String,
    /// A file of this checkout, by its path in it; a desk's is copied as it is now (may be repeated)
    #[arg(long = "file", value_name = "PATH")]
    files: Vec<String>,
}

/// What else a mail has.
#[derive(Debug, Args)]
struct More {
    /// The words, in Markdown; - reads standard input
    #[arg(long, default_value = "")]
    text: String,
    /// What it is
    #[arg(long, value_parser = word::<MailKind>(KINDS), default_value = "message")]
    kind: MailKind,
    /// The mail it answers
    #[arg(long, value_name = "MAIL")]
    answers: Option<MailId>,
    /// A file of this checkout, by its path in it; a desk's is copied as it is now (may be repeated)
    #[arg(long = "file", value_name = "PATH")]
    files: Vec<String>,
    /// A word of yours: sent twice with the same, it is sent once
    #[arg(long)]
    key: Option<String>,
}

pub(crate) async fn carry_out(s: &mut Session<'_>, verb: MailVerb) -> Done {
    match verb {
        MailVerb::Send(SendArgs { to, subject, more: More { text, kind, answers, files, key } }) => {
            let text = given(text)?;
            send(s, Ask::SendMail { command_id: command_id(), to: Some(to), kind, subject, text, files, answers, key })
                .await
        }
        MailVerb::Reply(ReplyArgs { mail, words, files }) => {
            let (text, kind, subject) = (given(words)?, MailKind::Answer, String::new());
            let (to, answers, key) = (None, Some(mail), None);
            send(s, Ask::SendMail { command_id: command_id(), to, kind, subject, text, files, answers, key }).await
        }
        MailVerb::Inbox { wait, peek } => {
            let found = mails(s, Ask::Inbox { take: !peek, wait }).await?;
            if peek {
                rows(s, &found, "nothing lies there").await
            } else {
                whole(s, &found, "nothing lies there").await
            }
        }
        MailVerb::Ack { mails: ids } => {
            for some in ids.chunks(office_core::mail::AT_ONCE as usize) {
                s.submit(CommandBody::Mail(MailCommand::Ack { mails: some.to_vec() })).await?;
            }
            s.show(&ids, || "acknowledged".to_owned())
        }
        MailVerb::Show { mail } => {
            let found = mails(s, asked(Some(mail), None, 1)).await?;
            let [it] = found.as_slice() else { return Err(unexpected()) };
            let names = names(s).await?;
            s.show(it, || text_of(it, &names))
        }
        MailVerb::Thread { mail } => {
            let found = mails(s, asked(None, Some(mail), 1_000)).await?;
            whole(s, &found, "nothing is left of it").await
        }
        MailVerb::Search { words, with, open, limit } => {
            let words = Some(words.join(" "));
            let ask = Ask::Mails { mail: None, thread: None, with, words, open, before: None, limit };
            let found = mails(s, ask).await?;
            rows(s, &found, "no mail has these words").await
        }
        MailVerb::List { with, open, before, limit } => {
            let ask = Ask::Mails { mail: None, thread: None, with, words: None, open, before, limit };
            let found = mails(s, ask).await?;
            rows(s, &found, "nobody has written anything").await
        }
    }
}

fn asked(mail: Option<MailId>, thread: Option<MailId>, limit: u32) -> Ask {
    Ask::Mails { mail, thread, with: None, words: None, open: false, before: None, limit }
}

/// The words; of `-` those of standard input.
pub(crate) fn given(text: String) -> Result<String, Fail> {
    if text != "-" {
        return Ok(text);
    }
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text)?;
    Ok(text)
}

async fn send(s: &mut Session<'_>, ask: Ask) -> Done {
    let Answer::Changed(Noun::Mail(mail)) = s.ask(ask).await? else { return Err(unexpected()) };
    s.show(&mail, || match (mail.state, &mail.why) {
        (MailState::Bounced, Some(why)) => print::line(&format!("mail {} came back: {why}", mail.id)),
        (state, _) => print::line(&format!("mail {} is {state}", mail.id)),
    })
}

async fn mails(s: &mut Session<'_>, ask: Ask) -> Result<Vec<Mail>, Fail> {
    match s.ask(ask).await? {
        Answer::Mails(found) => Ok(found),
        _ => Err(unexpected()),
    }
}

/// What people call the desks; those that are gone have their number.
pub(crate) type Names = BTreeMap<DeskId, String>;

pub(crate) async fn names(s: &mut Session<'_>) -> Result<Names, Fail> {
    Ok(s.desks().await?.into_iter().map(|desk| (desk.id, desk.name)).collect())
}

async fn whole(s: &mut Session<'_>, found: &[Mail], none: &str) -> Done {
    let names = names(s).await?;
    let texts = || found.iter().map(|it| text_of(it, &names)).collect::<Vec<_>>().join("\n\n");
    s.show(&found, || if found.is_empty() { none.to_owned() } else { texts() })
}

async fn rows(s: &mut Session<'_>, found: &[Mail], none: &str) -> Done {
    let names = names(s).await?;
    let mut table = Table::default();
    for it in found {
        let who = format!("{} to {}", sender(it.from, &names), mailbox(&it.to, &names));
        table.row([it.id.to_string(), it.state.to_string(), who, it.subject.clone()]);
    }
    s.show(&found, || if found.is_empty() { none.to_owned() } else { table.text(s.around.columns) })
}

/// A mail as it is read.
pub(crate) fn text_of(it: &Mail, names: &Names) -> String {
    let (from, to) = (sender(it.from, names), mailbox(&it.to, names));
    let answers = it.answers.map(|id| format!(", answers {id}")).unwrap_or_default();
    let task = it.task.map(|task| format!(", from work on #{task}")).unwrap_or_default();
    let why = it.why.as_deref().map(|why| format!("\ncame back: {why}")).unwrap_or_default();
    let sent = print::moment(it.sent, None);
    let head = format!(
        "mail {}, {} from {from} to {to}, {sent}, {}{answers}{task}{why}\n{}",
        it.id, it.kind, it.state, it.subject
    );
    let files: Vec<_> = it.files.iter().map(|file| format!("\nfile: {file}")).collect();
    let text = if it.text.trim().is_empty() { String::new() } else { format!("\n\n{}", it.text) };
    print::block(&format!("{head}{}{text}", files.concat()))
}

/// What people call whoever wrote it.
pub(crate) fn sender(from: Actor, names: &Names) -> String {
    match from {
        Actor::Owner => "owner".to_owned(),
        Actor::Office => "office".to_owned(),
        Actor::Agent { desk, .. } => desk_name(desk, names),
    }
}

fn mailbox(it: &Mailbox, names: &Names) -> String {
    match it {
        Mailbox::Owner => "owner".to_owned(),
        Mailbox::Desk { desk } => desk_name(*desk, names),
        Mailbox::Role { role } => format!("role {role}"),
    }
}

fn desk_name(id: DeskId, names: &Names) -> String {
    names.get(&id).cloned().unwrap_or_else(|| format!("desk {id}"))
}
