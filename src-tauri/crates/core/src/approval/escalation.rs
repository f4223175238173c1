//! The way a held command goes before it comes to its owner: whoever leads the desks is told by mail, and may say that they have seen
//! it. That stops its way and answers nothing: only the owner does. When the owner's desktop is told is in `unattended`.

use crate::actor::Actor;
use crate::approval::{Approval, ApprovalEvent, ApprovalState};
use crate::desk::Desk;
use crate::event::Event;
use crate::ids::{DeskId, RoleName};
use crate::mail::{Address, MailCommand, MailKind, NewMail};
use crate::office::Office;
use crate::refusal::{Code, Refusal};
use crate::time::At;
use crate::unattended::COORDINATOR;

/// When whoever leads the desks is to be told of it; never where nobody does, or they ask for it themselves.
pub(super) fn at(office: &Office, it: &Approval) -> Option<At> {
    let waits = it.state == ApprovalState::Waiting && office.is_led(it.desk);
    office.settings.unattended.escalated_at(it).filter(|_| waits)
}

/// They are told, by a mail of the office's.
pub(super) fn told(office: &Office, it: &Approval, now: At) -> Vec<Event> {
    let mut events = vec![Event::Approval(ApprovalEvent::Escalated { approval: it.id })];
    let who = it.desk.and_then(|desk| office.desks.get(&desk)).map_or("somebody", |desk| &desk.name);
    let why = it.ruling.as_ref().map(|ruling| format!("\n\nWhy it is held: {}", ruling.why)).unwrap_or_default();
    let reason = it.reason.as_deref().map(|reason| format!("\n\n{who} says: {reason}")).unwrap_or_default();
    let new = NewMail {
        to: Address::Role { role: RoleName::from(COORDINATOR) },
        kind: MailKind::Status,
        subject: format!("{who} waits at approval {}", it.id),
        text: format!(
            "    {}{why}{reason}\n\nOnly the owner approves it. If you look after it (help {who} to do without it, or know that it can \
             wait), `office approval ack {}` keeps the owner from being told.",
            it.shown, it.id
        ),
        files: Vec::new(),
        enclosed: None,
        answers: None,
        key: None,
    };
    // A mail that cannot be sent holds nothing up: the next step of the way has its time.
    events.extend(
        crate::mail::decide(office, Actor::Office, &MailCommand::Send { new: Box::new(new) }, now).unwrap_or_default(),
    );
    events
}

/// The owner may say so, and whoever leads the desks once they were told; nobody of what they ask for themselves.
pub(super) fn acknowledged(office: &Office, actor: Actor, it: &Approval) -> Result<ApprovalEvent, Refusal> {
    if it.state != ApprovalState::Waiting {
        let message = format!("approval {} is {} already", it.id, it.state);
        return Err(Refusal::new(Code::WrongState, message, "nobody is told of it any more"));
    }
    if let Some(seen) = it.acknowledged
        && (seen.by == Actor::Owner || actor != Actor::Owner)
    {
        let message = format!("approval {} is looked after since {}", it.id, seen.at);
        return Err(Refusal::new(Code::WrongState, message, "it waits for the owner; nothing else is to be done"));
    }
    let may = match actor {
        Actor::Owner => true,
        Actor::Office => false,
        Actor::Agent { desk, .. } => {
            let leads = office.desks.get(&desk).is_some_and(|desk| desk.role.0 == COORDINATOR);
            leads && it.escalated.is_some() && it.desk != Some(desk)
        }
    };
    if may {
        Ok(ApprovalEvent::Acknowledged { approval: it.id, by: actor })
    } else {
        let message = format!("approval {} did not come to you on its way", it.id);
        Err(Refusal::new(
            Code::NotAllowed,
            message,
            "only the owner, and the coordinator who was told of it, may say so",
        ))
    }
}

impl Office {
    /// The desks whose role leads the others; those that are held, too.
    pub fn leads(&self) -> impl Iterator<Item = &Desk> {
        self.desks.values().filter(|desk| desk.role.0 == COORDINATOR && !desk.removed)
    }

    /// Whether somebody leads the desks who could be told of what is asked at this desk.
    pub fn is_led(&self, asker: Option<DeskId>) -> bool {
        self.leads().any(|desk| desk.hold.is_none() && Some(desk.id) != asker)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::approval::tests::{agent, ask, office, play};
    use crate::approval::{ApprovalCommand, Ruling, Said, decide, passed};
    use crate::ids::RunId;
    use crate::role::Role;
    use crate::unattended::{Step, Whom};

    const MINUTE: u32 = 60;
    const LEAD: Actor = Actor::Agent { desk: DeskId(9), run: RunId(99) };

    /// Something is held that goes to the coordinator first and to the owner after ten minutes.
    fn night(led: bool) -> (Office, At) {
        let now = At::from_millis(1_800_000_000_000);
        let mut office = office();
        let step = |to, after_mins, notify| Step { to, after_mins, notify };
        let way = vec![step(Whom::Coordinator, 0, false), step(Whom::Owner, 10, true)];
        office.settings.unattended.path = [("spend".to_owned(), way)].into();
        office.settings.unattended.park_after_mins = None;
        let events = decide(&office, agent(1), &ask(&["buy", "it"]), now).unwrap();
        play(&mut office, events);
        let id = *office.approvals.keys().next().unwrap();
        let (category, rule, why) = (Some("spend".to_owned()), "spend".to_owned(), "it may spend money".to_owned());
        office.change_approval(id, |it| it.ruling = Some(Ruling { said: Said::Ask, category, rule, why }));
        let name = RoleName::from(COORDINATOR);
        let role = Role { name: name.clone(), ..Role::default() };
        office.roles.insert(name.clone(), role);
        if led {
            office.put_desk(Desk {
                id: DeskId(9),
                name: "iris".to_owned(),
                role: name,
                project: None,
                engine: None,
                command: None,
                hold: None,
                run: None,
                last_run: None,
                queue: Vec::new(),
                auto: false,
                removed: false,
                by: None,
                only: None,
            });
        }
        (office, now)
    }

    fn says(office: &Office, actor: Actor, now: At) -> Result<Vec<Event>, Refusal> {
        let approval = *office.approvals.keys().next().unwrap();
        decide(office, actor, &ApprovalCommand::Acknowledge { approval }, now)
    }

    #[test]
    fn where_nobody_leads_the_desks_the_owner_is_told_at_once() {
        let (office, now) = night(false);
        assert_eq!(office.news(now).items.len(), 1);
        assert_eq!(passed(&office, now), []);
    }

    #[test]
    fn whoever_leads_is_told_first_by_mail_and_once_and_the_owner_when_nobody_looked_after_it() {
        let (mut office, now) = night(true);
        assert_eq!(office.news(now).items.len(), 0, "it goes to the coordinator first");
        let told = passed(&office, now);
        assert!(matches!(told[..], [Event::Approval(ApprovalEvent::Escalated { .. }), Event::Mail(_)]), "{told:?}");
        play(&mut office, told);
        assert_eq!(passed(&office, now.plus_seconds(MINUTE)), [], "once");
        assert_eq!(office.news(now).next, Some(now.plus_seconds(10 * MINUTE)));
        assert_eq!(office.news(now.plus_seconds(10 * MINUTE)).items.len(), 1);
        // They leave: it comes to the owner now.
        office.change_desk(DeskId(9), |desk| desk.removed = true);
        assert_eq!(office.news(now.plus_seconds(MINUTE)).items.len(), 1);
    }

    #[test]
    fn having_seen_it_stops_its_way_and_lets_nobody_decide_who_may_not() {
        let (mut office, now) = night(true);
        assert!(says(&office, LEAD, now).is_err(), "it did not come to them yet");
        let told = passed(&office, now);
        play(&mut office, told);
        assert!(says(&office, agent(1), now).is_err(), "not by whoever asked");
        let seen = says(&office, LEAD, now).unwrap();
        play(&mut office, seen);
        let late = now.plus_seconds(60 * MINUTE);
        assert_eq!(office.news(late).items.len(), 0, "nobody further on is told");
        assert_eq!(office.waiting_approvals().count(), 1, "and it still waits for its owner");
        let approval = *office.approvals.keys().next().unwrap();
        let approve = ApprovalCommand::Approve { approval, note: None, terms: crate::approval::Terms::default() };
        assert_eq!(decide(&office, LEAD, &approve, now).unwrap_err().code, Code::NotAllowed);
        // What is urgent an agent does not keep from the owner; the owner may.
        office.settings.unattended.urgent = vec!["spend".to_owned()];
        assert_eq!(office.news(late).items.len(), 1);
        let seen = says(&office, Actor::Owner, late).unwrap();
        play(&mut office, seen);
        assert_eq!(office.news(late).items.len(), 0);
    }
}
