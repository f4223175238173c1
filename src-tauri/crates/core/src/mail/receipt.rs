//! What becomes of a mail: it is told of, read, acted upon, comes back to its mailbox or to its sender.

use std::collections::BTreeMap;

use super::{AT_ONCE, Mail, MailEvent, MailKind, MailState, Mailbox};
use crate::actor::Actor;
use crate::event::Event;
use crate::ids::{DeskId, MailId, RunId};
use crate::office::Office;
use crate::refusal::{Code, Refusal};
use crate::time::At;

/// Hands out what lies there. What is read already is not handed out again, but is not forgotten either: it stays in the list.
pub(super) fn take(office: &Office, actor: Actor, most: u32) -> Result<Vec<Event>, Refusal> {
    let run = reader(office, actor)?;
    let fresh = office.mail_for(actor).into_iter().filter(|it| it.is_unread());
    let mails: Vec<_> = fresh.take(most.clamp(1, AT_ONCE) as usize).map(|it| it.id).collect();
    Ok(if mails.is_empty() { Vec::new() } else { vec![Event::Mail(MailEvent::Read { mails, run })] })
}

/// Those that the run can be told of: they lie there for it, and nobody has them.
pub(super) fn told(office: &Office, run: RunId, mails: &[MailId]) -> Vec<Event> {
    let Some(it) = office.runs.get(&run).filter(|it| it.is_open()) else { return Vec::new() };
    let actor = Actor::Agent { desk: it.desk, run };
    let queued =
        office.mail_for(actor).into_iter().filter(|it| it.state == MailState::Queued && mails.contains(&it.id));
    let mails: Vec<_> = queued.map(|it| it.id).collect();
    if mails.is_empty() { Vec::new() } else { vec![Event::Mail(MailEvent::Delivered { mails, run })] }
}

pub(super) fn ack(office: &Office, actor: Actor, mails: &[MailId]) -> Result<Vec<Event>, Refusal> {
    let run = reader(office, actor)?;
    if mails.is_empty() || mails.len() > AT_ONCE as usize {
        return Err(Refusal::invalid(format!("{} mails are named", mails.len()), format!("name 1 to {AT_ONCE}")));
    }
    let mut open = Vec::new();
    for id in mails {
        // Open mail is always at hand: what was sent and is not, is closed.
        let it = match office.mail(*id) {
            Err(_) if *id < office.next.mail => continue,
            found => found?,
        };
        let mine = match run {
            None => it.to == Mailbox::Owner,
            Some(run) => it.held_by == Some(run),
        };
        match it.state {
            // Said twice, it is heard once.
            MailState::Acted => {}
            state if mine && state.is_open() => open.push(*id),
            state if mine => {
                let message = format!("mail {id} is {state}");
                return Err(Refusal::new(Code::WrongState, message, "there is nothing to acknowledge"));
            }
            _ => {
                let way_out = "take it first: `office mail inbox`";
                return Err(Refusal::new(Code::NotAllowed, format!("you do not have mail {id}"), way_out));
            }
        }
    }
    open.dedup();
    Ok(if open.is_empty() { Vec::new() } else { vec![Event::Mail(MailEvent::Acted { mails: open })] })
}

/// The run that reads; none for the owner.
fn reader(office: &Office, actor: Actor) -> Result<Option<RunId>, Refusal> {
    match actor {
        Actor::Owner => Ok(None),
        Actor::Agent { run, .. } => match office.runs.get(&run).filter(|it| it.is_open()) {
            Some(_) => Ok(Some(run)),
            None => {
                Err(Refusal::new(Code::StaleLease, format!("run {run} is over"), "its mail lies at its desk again"))
            }
        },
        Actor::Office => Err(Refusal::new(Code::NotAllowed, "the office has no mailbox", "nothing to do")),
    }
}

/// What a run had and did not act upon lies in its mailbox again, once it is over.
pub fn run_over(office: &Office, run: RunId) -> Option<Event> {
    let mails: Vec<_> = office.index.mail_held.get(&run)?.iter().copied().collect();
    (!mails.is_empty()).then_some(Event::Mail(MailEvent::Returned { mails }))
}

/// What lay at a desk that is removed comes back; agents that wrote it are told where they sit.
pub fn desk_removed(office: &Office, desk: DeskId, now: At) -> Vec<Event> {
    let to = Mailbox::Desk { desk };
    let Some(ids) = office.index.mail_in.get(&to).filter(|ids| !ids.is_empty()) else { return Vec::new() };
    let why = format!("{} has left the office", office.mailbox_name(&to));
    let mut senders: BTreeMap<DeskId, Vec<&Mail>> = BTreeMap::new();
    for it in ids.iter().filter_map(|id| office.mails.get(id)) {
        if let Actor::Agent { desk: at, .. } = it.from
            && at != desk
            && office.desk(at).is_ok()
        {
            senders.entry(at).or_default().push(it);
        }
    }
    let mut events = vec![Event::Mail(MailEvent::Bounced { mails: ids.iter().copied().collect(), why: why.clone() })];
    for (id, (at, mails)) in (office.next.mail.0..).map(MailId).zip(senders) {
        let lines: Vec<_> = mails.iter().map(|it| format!("- {}: {}", it.id, it.subject)).collect();
        let mail = Mail {
            id,
            thread: id,
            answers: None,
            from: Actor::Office,
            task: None,
            to: Mailbox::Desk { desk: at },
            kind: MailKind::Message,
            subject: format!("Came back: {why}"),
            text: format!("What you sent there was not read, or not acted upon:\n\n{}", lines.join("\n")),
            files: Vec::new(),
            enclosed: None,
            hops: 0,
            state: MailState::Queued,
            sent: now,
            since: now,
            held_by: None,
            handed: 0,
            why: None,
        };
        events.push(Event::Mail(MailEvent::Sent { mail: Box::new(mail) }));
    }
    events
}

/// Applies a mail event.
pub fn apply(office: &mut Office, event: &MailEvent, at: At) {
    let mut each = |ids: &[MailId], change: &dyn Fn(&mut Mail)| {
        for id in ids {
            office.change_mail(*id, |it| {
                it.since = at;
                change(it);
            });
        }
    };
    match event {
        MailEvent::Sent { mail } => {
            office.next.mail = office.next.mail.max(MailId(mail.id.0 + 1));
            office.put_mail((**mail).clone());
        }
        MailEvent::Delivered { mails, run } => each(mails, &|it| {
            it.state = MailState::Delivered;
            it.held_by = Some(*run);
            it.handed = it.handed.saturating_add(1);
        }),
        MailEvent::Read { mails, run } => each(mails, &|it| {
            if it.state == MailState::Queued {
                it.handed = it.handed.saturating_add(1);
            }
            it.state = MailState::Read;
            it.held_by = *run;
        }),
        MailEvent::Acted { mails } => each(mails, &|it| {
            it.state = MailState::Acted;
            it.held_by = None;
        }),
        MailEvent::Returned { mails } => each(mails, &|it| {
            it.state = MailState::Queued;
            it.held_by = None;
        }),
        MailEvent::Replaced { mail, .. } => each(&[*mail], &|it| {
            it.state = MailState::Replaced;
            it.held_by = None;
        }),
        MailEvent::Bounced { mails, why } => each(mails, &|it| {
            it.state = MailState::Bounced;
            it.held_by = None;
            it.why = Some(why.clone());
        }),
    }
}
