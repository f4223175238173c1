//! Sending: who may write to whom, within which limits, and what comes back at once.

use serde::{Deserialize, Serialize};
use specta::Type;

use super::{BOX_MAX, FILES_MAX, HOPS_MAX, Mail, MailEvent, MailKind, MailState, Mailbox, TEXT_MAX, same_desk};
use crate::actor::Actor;
use crate::event::Event;
use crate::ids::{DeskId, MailId, RoleName, RunId};
use crate::office::Office;
use crate::refusal::{Code, Refusal};
use crate::time::At;

/// Longest path of a file that a mail names, in bytes.
const PATH_MAX: usize = 400;

/// To whom a mail is sent.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Address {
    /// The owner.
    Owner,
    /// Whoever works at a desk.
    Desk {
        /** Which. */
        desk: DeskId,
    },
    /// One of those who hold a role: the first that takes it.
    Role {
        /** Which. */
        role: RoleName,
    },
    /// Every desk but the sender's.
    Everyone,
    /// Whoever sent the mail that this answers.
    Sender,
}

/// A mail as it is sent.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
pub struct NewMail {
    /// To whom.
    pub to: Address,
    /// What it is.
    pub kind: MailKind,
    /// One line; the thread's if empty.
    #[serde(default)]
    pub subject: String,
    /// Markdown.
    #[serde(default)]
    pub text: String,
    /// Files of the sender's checkout, by their paths in it.
    #[serde(default)]
    pub files: Vec<String>,
    /// What the office keeps copies of them under; the office's own word, and nobody else's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enclosed: Option<String>,
    /// The mail it answers; that one is acted upon by it.
    #[serde(default)]
    pub answers: Option<MailId>,
    /// A word of the sender's: sent twice with the same, it is sent once.
    #[serde(default)]
    pub key: Option<String>,
}

pub(super) fn send(office: &Office, actor: Actor, new: &NewMail, now: At) -> Result<Vec<Event>, Refusal> {
    let task = match actor {
        Actor::Agent { run, .. } => open_run(office, run)?,
        Actor::Owner | Actor::Office => None,
    };
    let answered = new.answers.map(|id| may_answer(office, actor, id)).transpose()?;
    let boxes = boxes(office, actor, new, answered)?;
    let subject = match (new.subject.trim(), answered) {
        ("", Some(before)) => before.subject.clone(),
        ("", None) => crate::text::title(new.text.trim().lines().next().unwrap_or_default())
            .map_err(|_| Refusal::invalid("the mail has no subject", "say in one line what it is about"))?,
        (subject, _) => crate::text::title(subject)?,
    };
    if new.text.len() > TEXT_MAX {
        return Err(Refusal::new(
            Code::Limit,
            format!("the mail has {} bytes; at most {TEXT_MAX} are allowed", new.text.len()),
            "commit what is long to your checkout and name the file (`--file`)",
        ));
    }
    let text = crate::text::body("mail", &new.text)?;
    files(&new.files)?;
    let hops = hops(office, actor, answered);
    let first = office.next.mail;
    let mut events = Vec::new();
    for (id, to) in (first.0..).map(MailId).zip(boxes) {
        let full = office.index.mail_in.get(&to).map_or(0, std::collections::BTreeSet::len) >= BOX_MAX;
        let older = replaced(office, actor, new.kind, &subject, &to);
        let why = if hops > HOPS_MAX {
            Some(format!("this talk went back and forth {HOPS_MAX} times and is over; ask the owner"))
        } else if full && older.is_none() {
            Some(format!("the mailbox of {} is full: {BOX_MAX} mails wait in it", office.mailbox_name(&to)))
        } else {
            None
        };
        let state = if why.is_some() { MailState::Bounced } else { MailState::Queued };
        let mail = Mail {
            id,
            thread: answered.map_or(first, |before| before.thread),
            answers: new.answers,
            from: actor,
            task,
            to,
            kind: new.kind,
            subject: subject.clone(),
            text: text.clone(),
            files: new.files.clone(),
            enclosed: new.enclosed.clone(),
            hops,
            state,
            sent: now,
            since: now,
            held_by: None,
            handed: 0,
            why,
        };
        events.push(Event::Mail(MailEvent::Sent { mail: Box::new(mail) }));
        events.extend(older.map(|mail| Event::Mail(MailEvent::Replaced { mail, by: id })));
    }
    // An answer is what a mail was to lead to.
    events.extend(
        answered.filter(|it| it.state.is_open()).map(|it| MailEvent::Acted { mails: vec![it.id] }).map(Event::Mail),
    );
    Ok(events)
}

/// The task of a run that is not over.
fn open_run(office: &Office, run: RunId) -> Result<Option<crate::ids::TaskId>, Refusal> {
    let it = office.runs.get(&run).filter(|it| it.is_open());
    let it = it.ok_or_else(|| Refusal::new(Code::StaleLease, format!("run {run} is over"), "nothing was sent"))?;
    Ok(it.task)
}

/// The mail that is answered, if whoever answers has it, or sent it.
fn may_answer(office: &Office, actor: Actor, id: MailId) -> Result<&Mail, Refusal> {
    let it = office.mail(id)?;
    let mine = match actor {
        Actor::Owner | Actor::Office => true,
        Actor::Agent { run, .. } => it.held_by == Some(run) || same_desk(it.from, actor),
    };
    if mine {
        Ok(it)
    } else {
        let way_out = "`office mail inbox` shows what is yours to answer";
        Err(Refusal::new(Code::NotAllowed, format!("mail {id} is not yours"), way_out))
    }
}

fn boxes(office: &Office, actor: Actor, new: &NewMail, answered: Option<&Mail>) -> Result<Vec<Mailbox>, Refusal> {
    let own = if let Actor::Agent { desk, .. } = actor { Some(desk) } else { None };
    Ok(match &new.to {
        Address::Owner if actor == Actor::Owner => return Err(to_yourself()),
        Address::Owner => vec![Mailbox::Owner],
        Address::Desk { desk } if Some(*desk) == own => return Err(to_yourself()),
        Address::Desk { desk } => vec![Mailbox::Desk { desk: office.desk(*desk)?.id }],
        Address::Role { role } => vec![Mailbox::Role { role: office.role(role)?.name.clone() }],
        Address::Sender => {
            let way_out = "say to whom, or which mail you answer";
            let before = answered.ok_or_else(|| Refusal::invalid("it answers no mail", way_out))?;
            match before.from {
                Actor::Owner | Actor::Office if actor == Actor::Owner => vec![before.to.clone()],
                Actor::Owner | Actor::Office => vec![Mailbox::Owner],
                // What one wrote oneself is followed up where it went.
                Actor::Agent { desk, .. } if Some(desk) == own => vec![before.to.clone()],
                Actor::Agent { desk, .. } => vec![Mailbox::Desk { desk: office.desk(desk)?.id }],
            }
        }
        Address::Everyone => {
            if own.is_some() && new.kind != MailKind::Status {
                let message = "an agent may tell everyone only how things stand";
                return Err(Refusal::new(Code::NotAllowed, message, "send a status, or write to a desk or a role"));
            }
            let desks = office.desks.values().filter(|desk| !desk.removed && Some(desk.id) != own);
            let boxes: Vec<_> = desks.map(|desk| Mailbox::Desk { desk: desk.id }).collect();
            if boxes.is_empty() {
                return Err(Refusal::new(
                    Code::NotFound,
                    "there is nobody else",
                    "`office desk list` shows who is here",
                ));
            }
            boxes
        }
    })
}

fn to_yourself() -> Refusal {
    Refusal::invalid(
        "this is a mail to yourself",
        "keep what you want to remember in the task (`office task progress`) or in the memory (`office memory add`)",
    )
}

fn files(files: &[String]) -> Result<(), Refusal> {
    if files.len() > FILES_MAX {
        let message = format!("the mail names {} files", files.len());
        return Err(Refusal::new(Code::Limit, message, format!("name at most {FILES_MAX}")));
    }
    for file in files {
        let inside = !file.is_empty()
            && file.len() <= PATH_MAX
            && !file.starts_with('/')
            && !file.chars().any(char::is_control)
            && file.split('/').all(|part| part != "..");
        if !inside {
            let shown: String = file.chars().take(80).collect();
            let way_out = "name files by their paths in your checkout, as in `notes/plan.md`";
            return Err(Refusal::invalid(format!("'{shown}' is no path in a checkout"), way_out));
        }
    }
    Ok(())
}

/// How far this is from the words that began it. Who answers without saying so is behind what they have open, all the same.
fn hops(office: &Office, actor: Actor, answered: Option<&Mail>) -> u32 {
    match actor {
        Actor::Owner | Actor::Office => 0,
        Actor::Agent { run, .. } => {
            let open = office.index.mail_held.get(&run).into_iter().flatten().filter_map(|id| office.mails.get(id));
            let behind = open.chain(answered).map(|it| it.hops.saturating_add(1));
            behind.max().unwrap_or(0)
        }
    }
}

/// The status that a newer one of the same sender about the same thing takes the place of, if nobody read it yet.
fn replaced(office: &Office, actor: Actor, kind: MailKind, subject: &str, to: &Mailbox) -> Option<MailId> {
    let ids = office.index.mail_in.get(to).filter(|_| kind == MailKind::Status)?;
    let same = |it: &&Mail| {
        it.kind == MailKind::Status
            && it.state != MailState::Read
            && it.subject == subject
            && (it.from == actor || same_desk(it.from, actor))
    };
    ids.iter().rev().filter_map(|id| office.mails.get(id)).find(same).map(|it| it.id)
}
