//! Nothing that was sent is lost, doubled or out of order, whatever happens to those who send and read.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;
use crate::command::{Command, CommandBody};
use crate::desk::{Desk, DeskCommand};
use crate::event::Envelope;
use crate::ids::{CommandId, EngineName, ProjectId, Seq};
use crate::refusal::Code;
use crate::role::Role;
use crate::run::{Exit, Run, RunState};

fn now() -> At {
    At::from_millis(1_800_000_000_000)
}

fn agent(desk: u32, run: u32) -> Actor {
    Actor::Agent { desk: DeskId(desk), run: RunId(run) }
}

/// Three desks, two of them engineers, with a run at each.
fn office() -> Office {
    let mut office = Office::default();
    for name in ["engineer", "ops"] {
        let role = Role { name: name.into(), title: name.to_owned(), engines: vec!["shell".into()], ..Role::default() };
        office.roles.insert(name.into(), role);
    }
    for (id, role) in [(1, "engineer"), (2, "engineer"), (3, "ops")] {
        office.put_desk(Desk {
            id: DeskId(id),
            name: format!("desk-{id}"),
            role: role.into(),
            project: None,
            engine: None,
            command: None,
            hold: None,
            run: None,
            last_run: None,
            queue: Vec::new(),
            auto: true,
            removed: false,
            by: None,
            only: None,
        });
        sit(&mut office, id, id);
    }
    office
}

fn sit(office: &mut Office, desk: u32, run: u32) {
    let begun = Run::begin(RunId(run), DeskId(desk), ProjectId(1), EngineName::from("shell"), None, now());
    office.put_run(Run { state: RunState::Live, ..begun });
    office.change_desk(DeskId(desk), |it| it.run = Some(RunId(run)));
}

fn play(office: &mut Office, events: Vec<Event>) {
    for event in events {
        let seq = Seq(office.seq.0 + 1);
        office.apply(&Envelope { seq, at: now(), actor: Actor::Owner, cause: CommandId::from("c"), event });
        office.take_touched();
    }
}

fn asked(office: &mut Office, actor: Actor, body: CommandBody) -> Result<Vec<Event>, Refusal> {
    let command = Command { id: CommandId::from("c"), actor, body };
    let events = crate::command::decide(office, &command, now())?;
    play(office, events.clone());
    Ok(events)
}

fn letter(to: Address, subject: &str) -> NewMail {
    let (text, files) = (String::new(), Vec::new());
    let (kind, subject) = (MailKind::Message, subject.to_owned());
    NewMail { to, kind, subject, text, files, enclosed: None, answers: None, key: None }
}

fn send(office: &mut Office, actor: Actor, new: NewMail) -> Result<MailId, Refusal> {
    let id = office.next.mail;
    asked(office, actor, CommandBody::Mail(MailCommand::Send { new: Box::new(new) })).map(|_| id)
}

fn take(office: &mut Office, actor: Actor) -> Vec<MailId> {
    let events = asked(office, actor, CommandBody::Mail(MailCommand::Take { most: AT_ONCE })).unwrap();
    let read = events.into_iter().filter_map(|it| match it {
        Event::Mail(MailEvent::Read { mails, .. }) => Some(mails),
        _ => None,
    });
    read.flatten().collect()
}

fn ack(office: &mut Office, actor: Actor, mails: &[MailId]) -> Result<(), Refusal> {
    asked(office, actor, CommandBody::Mail(MailCommand::Ack { mails: mails.to_vec() })).map(drop)
}

fn desk(id: u32) -> Address {
    Address::Desk { desk: DeskId(id) }
}

fn role(name: &str) -> Address {
    Address::Role { role: name.into() }
}

fn state(office: &Office, id: MailId) -> MailState {
    office.mails[&id].state
}

#[test]
fn a_mail_is_read_once_acted_upon_and_then_over() {
    let mut office = office();
    let id = send(&mut office, agent(1, 1), letter(desk(2), "the build is green")).unwrap();
    assert!(take(&mut office, agent(3, 3)).is_empty(), "it is not theirs");
    assert_eq!(take(&mut office, agent(2, 2)), [id]);
    assert!(take(&mut office, agent(2, 2)).is_empty(), "its words were handed out");
    assert_eq!(office.mail_for(agent(2, 2)).len(), 1, "and it stays in the list until it is acted upon");
    assert_eq!(ack(&mut office, agent(3, 3), &[id]).unwrap_err().code, Code::NotAllowed);
    ack(&mut office, agent(2, 2), &[id]).unwrap();
    ack(&mut office, agent(2, 2), &[id]).unwrap();
    assert_eq!((state(&office, id), office.mail_for(agent(2, 2)).len()), (MailState::Acted, 0));
}

#[test]
fn what_a_role_gets_is_had_by_one_and_comes_back_when_that_run_is_over() {
    let mut office = office();
    let id = send(&mut office, Actor::Owner, letter(role("engineer"), "who takes this?")).unwrap();
    assert_eq!(take(&mut office, agent(1, 1)), [id]);
    assert!(take(&mut office, agent(2, 2)).is_empty(), "one has it");
    let over = crate::task::life::run_over(&office, RunId(1), &Exit::Lost, now());
    play(&mut office, over);
    assert_eq!(state(&office, id), MailState::Queued);
    assert_eq!(take(&mut office, agent(2, 2)), [id], "the other takes it");
    assert_eq!(take(&mut office, agent(2, 2)), [], "once");
    assert_eq!(office.mails[&id].handed, 2);
}

#[test]
fn an_answer_goes_to_the_sender_in_the_same_thread_and_acts_upon_what_it_answers() {
    let mut office = office();
    let id = send(&mut office, agent(1, 1), letter(desk(2), "which port?")).unwrap();
    take(&mut office, agent(2, 2));
    let answer = NewMail { kind: MailKind::Answer, answers: Some(id), ..letter(Address::Sender, "") };
    let answered = send(&mut office, agent(2, 2), answer.clone()).unwrap();
    let it = &office.mails[&answered];
    assert_eq!((it.thread, it.to.clone(), it.hops), (id, Mailbox::Desk { desk: DeskId(1) }, 1));
    assert_eq!((it.subject.as_str(), state(&office, id)), ("which port?", MailState::Acted));
    assert_eq!(send(&mut office, agent(3, 3), answer).unwrap_err().code, Code::NotAllowed, "it was not theirs");
}

#[test]
fn two_agents_that_answer_each_other_for_ever_are_stopped_and_it_shows() {
    let mut office = office();
    let mut id = send(&mut office, agent(1, 1), letter(desk(2), "thanks")).unwrap();
    for turn in 0.. {
        let (desk, run) = if turn % 2 == 0 { (2, 2) } else { (1, 1) };
        take(&mut office, agent(desk, run));
        id = send(&mut office, agent(desk, run), NewMail { answers: Some(id), ..letter(Address::Sender, "") }).unwrap();
        if state(&office, id) == MailState::Bounced {
            assert_eq!(turn, HOPS_MAX as usize);
            break;
        }
        assert!(turn <= HOPS_MAX as usize, "they were not stopped");
    }
    assert!(office.mails[&id].why.as_deref().is_some_and(|why| why.contains("back and forth")));
    assert_eq!(office.mail_view(now()).bounced, 1);
}

#[test]
fn who_hides_that_it_answers_is_stopped_all_the_same() {
    let mut office = office();
    send(&mut office, agent(1, 1), letter(desk(2), "ping")).unwrap();
    take(&mut office, agent(2, 2));
    let id = send(&mut office, agent(2, 2), letter(desk(1), "pong")).unwrap();
    assert_eq!(office.mails[&id].hops, 1);
}

#[test]
fn a_newer_status_takes_the_place_of_one_that_nobody_read() {
    let mut office = office();
    let status = |subject: &str| NewMail { kind: MailKind::Status, ..letter(Address::Everyone, subject) };
    let first = send(&mut office, agent(1, 1), status("build")).unwrap();
    assert_eq!(office.mails.len(), 2, "one to each other desk");
    let read = take(&mut office, agent(2, 2));
    assert_eq!(read, [first]);
    let second = send(&mut office, agent(1, 1), status("build")).unwrap();
    assert_eq!(state(&office, first), MailState::Read, "what was read was read");
    assert_eq!(state(&office, MailId(first.0 + 1)), MailState::Replaced);
    assert_eq!(take(&mut office, agent(3, 3)), [MailId(second.0 + 1)]);
    send(&mut office, agent(1, 1), status("tests")).unwrap();
    assert_eq!(office.mail_for(agent(2, 2)).len(), 3, "another thing is another status");
}

#[test]
fn a_full_mailbox_sends_back_and_so_does_a_desk_that_is_gone() {
    let mut office = office();
    let first = send(&mut office, agent(1, 1), letter(desk(2), "0")).unwrap();
    for n in 1..BOX_MAX {
        send(&mut office, agent(3, 3), letter(desk(2), &n.to_string())).unwrap();
    }
    let over = send(&mut office, agent(1, 1), letter(desk(2), "one too many")).unwrap();
    assert_eq!(state(&office, over), MailState::Bounced);
    assert!(office.mails[&over].why.as_deref().is_some_and(|why| why.contains("desk-2 is full")));
    let gone = crate::task::life::run_over(&office, RunId(2), &Exit::Lost, now());
    play(&mut office, gone);
    asked(&mut office, Actor::Owner, CommandBody::Desk(DeskCommand::Remove { desk: DeskId(2) })).unwrap();
    assert!(office.mail(first).is_err() || state(&office, first) == MailState::Bounced);
    let told = office.mail_for(agent(1, 1));
    assert!(told[0].from == Actor::Office && told[0].text.contains("- 1: 0"), "{told:?}");
    assert_eq!(send(&mut office, agent(1, 1), letter(desk(2), "hello?")).unwrap_err().code, Code::NotFound);
}

#[test]
fn what_cannot_be_sent_says_what_to_do() {
    let mut office = office();
    let long = NewMail { text: "x".repeat(TEXT_MAX + 1), ..letter(desk(2), "a") };
    let outside = NewMail { files: vec!["../secret".to_owned()], ..letter(desk(2), "a") };
    let loud = letter(Address::Everyone, "listen");
    for (actor, new, code, words) in [
        (agent(1, 1), letter(desk(1), "note"), Code::Invalid, "yourself"),
        (Actor::Owner, letter(Address::Owner, "note"), Code::Invalid, "yourself"),
        (agent(1, 1), letter(desk(9), "note"), Code::NotFound, "desk 9"),
        (agent(1, 1), letter(role("pm"), "note"), Code::NotFound, "role 'pm'"),
        (agent(1, 1), letter(Address::Sender, "note"), Code::Invalid, "answers no mail"),
        (agent(1, 1), letter(desk(2), " "), Code::Invalid, "subject"),
        (agent(1, 1), long, Code::Limit, "bytes"),
        (agent(1, 1), outside, Code::Invalid, "no path"),
        (agent(1, 1), loud, Code::NotAllowed, "everyone"),
        (agent(1, 7), letter(desk(2), "a"), Code::StaleLease, "is over"),
    ] {
        let refusal = send(&mut office, actor, new).unwrap_err();
        assert!(refusal.code == code && refusal.message.contains(words), "{refusal:?}");
    }
    assert!(office.mails.is_empty());
}

/// What may happen to an office with mail.
#[derive(Clone, Debug)]
enum Step {
    Send { from: u32, to: u32, kind: u8 },
    Take { desk: u32 },
    Told { desk: u32 },
    Ack { desk: u32 },
    Crash { desk: u32 },
    Restart,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => (0..4_u32, 0..6_u32, 0..2_u8).prop_map(|(from, to, kind)| Step::Send { from, to, kind }),
        3 => (1..4_u32).prop_map(|desk| Step::Take { desk }),
        1 => (1..4_u32).prop_map(|desk| Step::Told { desk }),
        3 => (1..4_u32).prop_map(|desk| Step::Ack { desk }),
        1 => (1..4_u32).prop_map(|desk| Step::Crash { desk }),
        1 => Just(Step::Restart),
    ];
    prop::collection::vec(step, 1..80)
}

/// Plays the steps and says what was wrong, if something was. `loses` is a build that is broken on purpose: what a run had is
/// gone with it.
fn played(steps: &[Step], loses: bool) -> Result<(), String> {
    let mut office = office();
    let mut runs: BTreeMap<u32, u32> = (1..=3).map(|n| (n, n)).collect();
    let mut next_run = 4;
    let mut sent: BTreeSet<MailId> = BTreeSet::new();
    let mut acted: BTreeSet<MailId> = BTreeSet::new();
    let mut closed: BTreeSet<MailId> = BTreeSet::new();
    // By reader and sender: the number that was handed out last.
    let mut last: BTreeMap<(u32, String), MailId> = BTreeMap::new();
    for step in steps {
        match step {
            Step::Send { from, to, kind } => {
                let actor = runs.get(from).map_or(Actor::Owner, |run| agent(*from, *run));
                let to = match to {
                    0 => Address::Owner,
                    4 => role("engineer"),
                    5 => Address::Everyone,
                    n => desk(*n),
                };
                let kind = if *kind == 0 { MailKind::Message } else { MailKind::Status };
                let before = office.next.mail;
                let events = asked(
                    &mut office,
                    actor,
                    CommandBody::Mail(MailCommand::Send { new: Box::new(NewMail { kind, ..letter(to, "s") }) }),
                );
                for event in events.into_iter().flatten() {
                    if let Event::Mail(MailEvent::Replaced { mail, .. }) = event {
                        closed.insert(mail);
                    }
                }
                sent.extend((before.0..office.next.mail.0).map(MailId));
            }
            Step::Take { desk } => {
                let actor = agent(*desk, runs[desk]);
                for id in take(&mut office, actor) {
                    let from = format!("{:?}", office.mails[&id].from);
                    let before = last.insert((*desk, from), id);
                    let again = office.mails[&id].handed > 1;
                    if before.is_some_and(|before| before >= id) && !again {
                        return Err(format!("{id} was handed out after {before:?}"));
                    }
                }
            }
            Step::Told { desk } => {
                let run = RunId(runs[desk]);
                let mails = sent.iter().copied().collect();
                let _ = asked(&mut office, Actor::Office, CommandBody::Mail(MailCommand::Told { run, mails }));
            }
            Step::Ack { desk } => {
                let actor = agent(*desk, runs[desk]);
                let had = office.mail_for(actor).into_iter().find(|it| it.state == MailState::Read).map(|it| it.id);
                if let Some(id) = had {
                    ack(&mut office, actor, &[id]).map_err(|refusal| refusal.message)?;
                    if !acted.insert(id) {
                        return Err(format!("{id} was acted upon twice"));
                    }
                }
            }
            Step::Crash { desk } => {
                let mut over = crate::task::life::run_over(&office, RunId(runs[desk]), &Exit::Lost, now());
                if loses {
                    over.retain(|it| !matches!(it, Event::Mail(_)));
                }
                play(&mut office, over);
                sit(&mut office, *desk, next_run);
                runs.insert(*desk, next_run);
                last.retain(|(reader, _), _| reader != desk);
                next_run += 1;
            }
            Step::Restart => office = Office::from_rows(office.nouns(), Vec::new()),
        }
    }
    // Everybody reads what is theirs and acts upon it, then the engineers once more for what the others gave back.
    for desk in [1, 2, 3, 1, 2] {
        let actor = agent(desk, runs[&desk]);
        take(&mut office, actor);
        for id in office.mail_for(actor).into_iter().map(|it| it.id).collect::<Vec<_>>() {
            ack(&mut office, actor, &[id]).map_err(|refusal| refusal.message)?;
            if !acted.insert(id) {
                return Err(format!("{id} was acted upon twice"));
            }
        }
    }
    let with_owner: BTreeSet<MailId> = office.mail_for(Actor::Owner).into_iter().map(|it| it.id).collect();
    let missing: Vec<_> = sent
        .iter()
        .filter(|id| !acted.contains(id) && !closed.contains(id) && !with_owner.contains(id))
        // What an engineer wrote to the engineers is for the other; both read above.
        .collect();
    if missing.is_empty() { Ok(()) } else { Err(format!("nobody got {missing:?}")) }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn nothing_is_lost_doubled_or_out_of_order(steps in steps()) {
        if let Err(wrong) = played(&steps, false) {
            return Err(TestCaseError::fail(wrong));
        }
    }
}

#[test]
fn an_office_that_loses_what_a_crashed_run_had_is_found_out() {
    let steps = [Step::Send { from: 1, to: 2, kind: 0 }, Step::Take { desk: 2 }, Step::Crash { desk: 2 }];
    assert_eq!(played(&steps, false), Ok(()));
    assert!(played(&steps, true).is_err());
}

#[test]
fn the_oldest_that_nobody_was_told_of_is_gauged_and_alarming_after_a_while() {
    let mut office = office();
    assert_eq!(office.mail_view(now()), MailView::default());
    let first = send(&mut office, agent(1, 1), letter(desk(2), "first")).unwrap();
    send(&mut office, agent(1, 1), letter(desk(3), "second")).unwrap();
    let soon = office.mail_view(now().plus_seconds(LATE_SECS - 1));
    assert_eq!((soon.queued, soon.oldest, soon.late), (2, Some(now()), false));
    assert_eq!(soon.waits.map(|it| it.mail), Some(first));
    let later = now().plus_seconds(LATE_SECS);
    assert!(office.mail_view(later).late);
    take(&mut office, agent(2, 2));
    take(&mut office, agent(3, 3));
    assert_eq!(office.mail_view(later), MailView::default(), "who was told is told");
}
