//! Mail: what agents, the owner and the office write to one another. A mail is durable before its sender hears that it was sent,
//! lies in one mailbox, is handed to one run at a time, and stays open until whoever got it says that it was acted upon. What may
//! be sent is in `send.rs`, what becomes of it in `receipt.rs`. Not here: telling an agent that there is mail (`runtime`).

mod receipt;
mod send;

use serde::{Deserialize, Serialize};
use specta::Type;

use crate::actor::Actor;
use crate::desk::words;
use crate::event::Event;
use crate::ids::{DeskId, MailId, RoleName, RunId, TaskId};
use crate::office::Office;
use crate::refusal::Refusal;
use crate::time::At;

pub use receipt::{apply, desk_removed, run_over};
pub use send::{Address, NewMail};

/// Bytes of a mail's text; what is longer is a file, and goes as its path.
pub const TEXT_MAX: usize = 64 * 1024;
/// Files one mail may name.
pub const FILES_MAX: usize = 16;
/// Open mails a mailbox holds; one more comes back to its sender.
pub const BOX_MAX: usize = 1_000;
/// Answers to answers, before the office ends the talk.
pub const HOPS_MAX: u32 = 32;
/// Mails that are handed out, or acknowledged, by one command.
pub const AT_ONCE: u32 = 100;
/// Closed mails that are kept at hand; all of them are in the store.
pub const CLOSED_KEPT: usize = 256;
/// Seconds after which it is alarming that nobody was told of a mail.
pub const LATE_SECS: u32 = 15 * 60;

words! {
    /// Where a mail stands; docs/GLOSSARY.md holds the same table.
    MailState {
        /// In its mailbox; nobody was told.
        Queued = "queued",
        /// A run was told that it is there.
        Delivered = "delivered",
        /// Its words were handed out.
        Read = "read",
        /// Whoever got it says that it was acted upon.
        Acted = "acted",
        /// A newer status of its sender took its place before anybody read it.
        Replaced = "replaced",
        /// It could not be delivered.
        Bounced = "bounced",
    }
}

impl MailState {
    /// Whether something is still to come of it.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Queued | Self::Delivered | Self::Read)
    }

    /// The life cycle table: whether a mail in this state may come to be in `next`.
    pub fn can_become(self, next: Self) -> bool {
        use MailState::{Acted, Bounced, Delivered, Queued, Read, Replaced};
        match self {
            Queued => matches!(next, Delivered | Read | Acted | Replaced | Bounced),
            Delivered => matches!(next, Queued | Read | Acted | Replaced | Bounced),
            Read => matches!(next, Queued | Acted | Bounced),
            Acted | Replaced | Bounced => false,
        }
    }
}

words! {
    /// What a mail is.
    MailKind {
        /// Words.
        Message = "message",
        /// Work that goes on with somebody else.
        Handoff = "handoff",
        /// Something its sender wants to know.
        Question = "question",
        /// What a question asked for.
        Answer = "answer",
        /// How something stands; a newer one takes the place of one that nobody read.
        Status = "status",
        /// Work to be looked at.
        ReviewRequest = "review request",
        /// What came of looking at it.
        Verdict = "verdict",
    }
}

/// Where a mail lies.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize, Type)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Mailbox {
    /// With the owner.
    Owner,
    /// At a desk: for whoever works there.
    Desk {
        /** Which. */
        desk: DeskId,
    },
    /// With a role: for the first of those who hold it.
    Role {
        /** Which. */
        role: RoleName,
    },
}

/// A mail.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
pub struct Mail {
    /// Its number; in one mailbox, mails of one sender are handed out in the order of their numbers.
    pub id: MailId,
    /// The first mail of its thread; its own number, if it begins one.
    pub thread: MailId,
    /// The mail it answers.
    pub answers: Option<MailId>,
    /// Who sent it: known from what was shown at the door, never from the mail.
    pub from: Actor,
    /// What the sender was working on.
    pub task: Option<TaskId>,
    /// Where it lies.
    pub to: Mailbox,
    /// What it is.
    pub kind: MailKind,
    /// One line.
    pub subject: String,
    /// Markdown.
    pub text: String,
    /// Files of the sender's checkout, by their paths in it.
    pub files: Vec<String>,
    /// What the office keeps copies of them under; none where they are known by name alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enclosed: Option<String>,
    /// How many answers to answers it stands behind.
    pub hops: u32,
    /// Where it stands.
    pub state: MailState,
    /// When it was sent.
    pub sent: At,
    /// Since when it stands there.
    pub since: At,
    /// The run that was told of it, or has it.
    pub held_by: Option<RunId>,
    /// So often it was handed to a run.
    pub handed: u32,
    /// Why it bounced.
    pub why: Option<String>,
}

impl Mail {
    /// Whether its words are still to be handed out.
    pub fn is_unread(&self) -> bool {
        matches!(self.state, MailState::Queued | MailState::Delivered)
    }
}

/// What may be asked of the mail.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, Type)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum MailCommand {
    /// Sends one; to everyone, one to each desk.
    Send {
        /** What. */
        new: Box<NewMail>,
    },
    /// Hands out what lies in the mailboxes of whoever asks, oldest first: it is read from then on.
    Take {
        /** At most so many. */
        most: u32,
    },
    /// Says that these were acted upon.
    Ack {
        /** Which. */
        mails: Vec<MailId>,
    },
    /// The office told a run that these are there.
    Told {
        /** Which run. */
        run: RunId,
        /** Which mails. */
        mails: Vec<MailId>,
    },
}

impl MailCommand {
    /// The mail it names first, if it names one.
    pub fn mail(&self) -> Option<MailId> {
        match self {
            Self::Send { .. } | Self::Take { .. } => None,
            Self::Ack { mails } | Self::Told { mails, .. } => mails.first().copied(),
        }
    }
}

/// What happened to mail.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, Type)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum MailEvent {
    /// Sent: in its mailbox, or bounced at once.
    Sent {
        /** The new mail. */
        mail: Box<Mail>,
    },
    /// A run was told that they are there.
    Delivered {
        /** Which. */
        mails: Vec<MailId>,
        /** Which run. */
        run: RunId,
    },
    /// Their words were handed out.
    Read {
        /** Which. */
        mails: Vec<MailId>,
        /** To which run; to the owner if none. */
        run: Option<RunId>,
    },
    /// They were acted upon.
    Acted {
        /** Which. */
        mails: Vec<MailId>,
    },
    /// The run that had them is over, or gave them back: they lie in their mailboxes again.
    Returned {
        /** Which. */
        mails: Vec<MailId>,
    },
    /// A newer status took its place.
    Replaced {
        /** Which. */
        mail: MailId,
        /** By which. */
        by: MailId,
    },
    /// Nobody can get them any more.
    Bounced {
        /** Which. */
        mails: Vec<MailId>,
        /** Why. */
        why: String,
    },
}

impl MailEvent {
    /// The first mail it is about.
    pub fn mail(&self) -> Option<MailId> {
        match self {
            Self::Sent { mail } => Some(mail.id),
            Self::Replaced { mail, .. } => Some(*mail),
            Self::Delivered { mails, .. }
            | Self::Read { mails, .. }
            | Self::Acted { mails }
            | Self::Returned { mails }
            | Self::Bounced { mails, .. } => mails.first().copied(),
        }
    }
}

/// The mail that waits longest for somebody to be told of it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
pub struct MailWaits {
    /// Which.
    pub mail: MailId,
    /// What people call its mailbox.
    pub to: String,
}

/// How the mail stands, at one glance.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, Type)]
pub struct MailView {
    /// Mails that nobody was told of.
    pub queued: u32,
    /// Since when the oldest of them waits.
    pub oldest: Option<At>,
    /// Which that is, and where it lies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waits: Option<MailWaits>,
    /// Whether it waits for longer than anybody should.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub late: bool,
    /// Open mails to the owner.
    pub for_you: u32,
    /// Mails that came back, of those that are kept at hand.
    pub bounced: u32,
}

/// What the office itself writes to whoever holds a role: how things stand. Nothing where it cannot be sent.
pub(crate) fn from_office(office: &Office, role: RoleName, subject: &str, text: &str, now: At) -> Vec<Event> {
    let new = NewMail {
        to: Address::Role { role },
        kind: MailKind::Status,
        subject: subject.to_owned(),
        text: text.to_owned(),
        files: Vec::new(),
        enclosed: None,
        answers: None,
        key: None,
    };
    send::send(office, Actor::Office, &new, now).unwrap_or_default()
}

/// Decides a mail command.
pub fn decide(office: &Office, actor: Actor, command: &MailCommand, now: At) -> Result<Vec<Event>, Refusal> {
    match command {
        MailCommand::Send { new } => send::send(office, actor, new, now),
        MailCommand::Take { most } => receipt::take(office, actor, *most),
        MailCommand::Ack { mails } => receipt::ack(office, actor, mails),
        MailCommand::Told { run, mails } => {
            actor.office_only()?;
            Ok(receipt::told(office, *run, mails))
        }
    }
}

impl Office {
    /// The mail, while it is open or at hand.
    pub fn mail(&self, id: MailId) -> Result<&Mail, Refusal> {
        self.mails.get(&id).ok_or_else(|| Refusal::not_found(format!("mail {id}"), "office mail list"))
    }

    /// The mailboxes that are emptied by whoever this is.
    pub fn mailboxes_of(&self, actor: Actor) -> Vec<Mailbox> {
        match actor {
            Actor::Owner => vec![Mailbox::Owner],
            Actor::Office => Vec::new(),
            Actor::Agent { desk, .. } => {
                let role = self.desks.get(&desk).map(|desk| Mailbox::Role { role: desk.role.clone() });
                std::iter::once(Mailbox::Desk { desk }).chain(role).collect()
            }
        }
    }

    /// What lies there for whoever this is, oldest first: what nobody has, and what they have themselves; never their own words.
    pub fn mail_for(&self, actor: Actor) -> Vec<&Mail> {
        let me = if let Actor::Agent { run, .. } = actor { Some(run) } else { None };
        let boxes = self.mailboxes_of(actor);
        let ids = boxes.iter().filter_map(|it| self.index.mail_in.get(it)).flatten();
        let mut found: Vec<&Mail> = ids.filter_map(|id| self.mails.get(id)).collect();
        found.retain(|it| (it.held_by.is_none() || it.held_by == me) && !same_desk(it.from, actor));
        found.sort_unstable_by_key(|it| it.id);
        found
    }

    /// How the mail stands.
    pub fn mail_view(&self, now: At) -> MailView {
        let open = || self.index.mail_in.values().flatten().filter_map(|id| self.mails.get(id));
        let queued = || open().filter(|it| it.state == MailState::Queued && it.to != Mailbox::Owner);
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let oldest = queued().min_by_key(|it| (it.since, it.id));
        MailView {
            queued: count(queued().count()),
            oldest: oldest.map(|it| it.since),
            waits: oldest.map(|it| MailWaits { mail: it.id, to: self.mailbox_name(&it.to) }),
            late: oldest.is_some_and(|it| now.seconds_since(it.since) >= LATE_SECS),
            for_you: count(self.index.mail_in.get(&Mailbox::Owner).map_or(0, std::collections::BTreeSet::len)),
            bounced: count(
                self.index
                    .mail_closed
                    .iter()
                    .filter(|(_, id)| self.mails.get(id).is_some_and(|it| it.state == MailState::Bounced))
                    .count(),
            ),
        }
    }

    /// What people call a mailbox.
    pub fn mailbox_name(&self, it: &Mailbox) -> String {
        match it {
            Mailbox::Owner => "the owner".to_owned(),
            Mailbox::Desk { desk } => self.desks.get(desk).map_or_else(|| format!("desk {desk}"), |it| it.name.clone()),
            Mailbox::Role { role } => format!("role {role}"),
        }
    }
}

/// Whether both speak from one desk, whichever run.
fn same_desk(one: Actor, other: Actor) -> bool {
    matches!((one, other), (Actor::Agent { desk, .. }, Actor::Agent { desk: at, .. }) if desk == at)
}

#[cfg(test)]
mod tests;
