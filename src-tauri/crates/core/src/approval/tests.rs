//! What is held runs at most once, and by nobody's leave but the owner's.

use proptest::prelude::*;

use super::*;
use crate::command::{Command, CommandBody, decide};
use crate::event::{Envelope, Event};
use crate::ids::{CommandId, EngineName, ProjectId, Seq};
use crate::refusal::{Code, Refusal};
use crate::run::{self, Run, RunEvent, RunState, StopWhy};

const NOW: i64 = 1_800_000_000_000;

fn now() -> At {
    At::from_millis(NOW)
}

pub(super) fn agent(run: u32) -> Actor {
    Actor::Agent { desk: DeskId(run), run: RunId(run) }
}

/// An office with two runs at work.
pub(super) fn office() -> Office {
    let mut office = Office::default();
    for n in 1..=2 {
        let engine = EngineName::from("shell");
        let run = Run::begin(RunId(n), DeskId(n), ProjectId(1), engine, None, now());
        office.put_run(Run { state: RunState::Live, task: Some(TaskId(n)), ..run });
    }
    office
}

pub(super) fn play(office: &mut Office, events: Vec<Event>) {
    for event in events {
        let seq = Seq(office.seq.0 + 1);
        office.apply(&Envelope { seq, at: now(), actor: Actor::Owner, cause: CommandId::from("c"), event });
    }
}

fn said(office: &mut Office, actor: Actor, body: ApprovalCommand) -> Result<(), Refusal> {
    let command = Command { id: CommandId::from("c"), actor, body: CommandBody::Approval(body) };
    let events = decide(office, &command, now())?;
    play(office, events);
    Ok(())
}

pub(super) fn ask(words: &[&str]) -> ApprovalCommand {
    let argv = words.iter().map(|word| (*word).to_owned()).collect();
    ApprovalCommand::Ask {
        argv,
        cwd: "/desk".to_owned(),
        reason: None,
        held: Held::Command,
        ruling: None,
        stands: None,
        grant: None,
        deed: None,
    }
}

fn state(office: &Office, id: u32) -> ApprovalState {
    office.approvals[&ApprovalId(id)].state
}

pub(super) const ONE: ApprovalId = ApprovalId(1);

#[test]
fn a_held_command_is_approved_begun_and_reported() {
    let mut office = office();
    said(&mut office, agent(1), ask(&["git", "push"])).unwrap();
    let held = &office.approvals[&ONE];
    assert_eq!((held.run, held.desk, held.task), (Some(RunId(1)), Some(DeskId(1)), Some(TaskId(1))));
    let note = Some(" go on ".to_owned());
    said(&mut office, Actor::Owner, ApprovalCommand::Approve { approval: ONE, note, terms: Terms::default() }).unwrap();
    assert_eq!(office.approvals[&ONE].note.as_deref(), Some("go on"));
    said(&mut office, agent(1), ApprovalCommand::Claim { approval: ONE, stands: None, deed: None }).unwrap();
    let again =
        said(&mut office, agent(1), ApprovalCommand::Claim { approval: ONE, stands: None, deed: None }).unwrap_err();
    assert_eq!(again.code, Code::WrongState);
    said(&mut office, agent(1), ApprovalCommand::Report { approval: ONE, exit: Exit::Code { code: 3 } }).unwrap();
    assert_eq!(state(&office, 1), ApprovalState::Ran);
    assert_eq!(office.open_approvals().count(), 0);
}

#[test]
fn nobody_but_the_owner_answers() {
    let mut office = office();
    said(&mut office, agent(1), ask(&["git", "push"])).unwrap();
    for who in [agent(1), agent(2), Actor::Office] {
        let approve = ApprovalCommand::Approve { approval: ONE, note: None, terms: Terms::default() };
        assert_eq!(said(&mut office, who, approve).unwrap_err().code, Code::NotAllowed);
        let deny = ApprovalCommand::Deny { approval: ONE, note: None, terms: Terms::default() };
        assert_eq!(said(&mut office, who, deny).unwrap_err().code, Code::NotAllowed);
    }
    assert_eq!(state(&office, 1), ApprovalState::Waiting);
}

#[test]
fn another_run_neither_begins_nor_reports_nor_withdraws_it() {
    let mut office = office();
    said(&mut office, agent(1), ask(&["git", "push"])).unwrap();
    said(&mut office, Actor::Owner, ApprovalCommand::Approve { approval: ONE, note: None, terms: Terms::default() })
        .unwrap();
    for body in [
        ApprovalCommand::Claim { approval: ONE, stands: None, deed: None },
        ApprovalCommand::Withdraw { approval: ONE },
        ApprovalCommand::Report { approval: ONE, exit: Exit::Code { code: 0 } },
    ] {
        assert_eq!(said(&mut office, agent(2), body).unwrap_err().code, Code::NotAllowed);
    }
    assert_eq!(state(&office, 1), ApprovalState::Approved);
}

#[test]
fn with_its_run_goes_what_is_held_and_what_ran_is_uncertain() {
    let mut office = office();
    for _ in 0..3 {
        said(&mut office, agent(1), ask(&["true"])).unwrap();
    }
    said(&mut office, agent(2), ask(&["true"])).unwrap();
    for approval in [ApprovalId(2), ApprovalId(3)] {
        said(&mut office, Actor::Owner, ApprovalCommand::Approve { approval, note: None, terms: Terms::default() })
            .unwrap();
    }
    said(&mut office, agent(1), ApprovalCommand::Claim { approval: ApprovalId(3), stands: None, deed: None }).unwrap();
    let stopped = run::stop(&office, Some(RunId(1)), StopWhy::DeskStopped);
    play(&mut office, stopped);
    assert_eq!(state(&office, 1), ApprovalState::Withdrawn);
    assert_eq!(state(&office, 2), ApprovalState::Withdrawn, "approved and not begun: it must not begin any more");
    assert_eq!(state(&office, 3), ApprovalState::Running, "what runs may still say how it ends");
    let mut over = vec![Event::Run(RunEvent::Ended { run: RunId(1), exit: Exit::Lost, ended: None })];
    over.extend(run_over(&office, RunId(1)));
    play(&mut office, over);
    assert_eq!(state(&office, 3), ApprovalState::Uncertain);
    assert_eq!(state(&office, 4), ApprovalState::Waiting, "another run's is untouched");
}

#[test]
fn what_waits_for_a_task_goes_when_that_fails() {
    let mut office = office();
    let at = now().to_string();
    let task = serde_json::json!({
        "id": 1, "project": 1, "title": "t", "body": "", "deliverable": "change", "checks": [], "priority": "normal",
        "depends_on": [], "waiting_for": [], "role": null, "attempts_max": 1, "attempts_used": 0, "time_limit_secs": null,
        "state": "running", "desk": 1, "lease": 1, "last_run": 1, "workplace": null, "claim": null, "work": null,
        "results": [], "marks": [], "hold": null, "why": null, "notes": [], "progress": null, "accepted": null,
        "merged": null, "added": at, "since": at,
    });
    office.tasks.insert(TaskId(1), serde_json::from_value(task).unwrap());
    // It waited overnight, was approved, and its task works on without having asked for it again.
    said(&mut office, agent(1), ask(&["true"])).unwrap();
    play(&mut office, vec![Event::Approval(ApprovalEvent::Parked { approval: ONE })]);
    said(&mut office, Actor::Owner, ApprovalCommand::Approve { approval: ONE, note: None, terms: Terms::default() })
        .unwrap();
    let over = crate::task::life::run_over(&office, RunId(1), &Exit::Code { code: 1 }, now());
    play(&mut office, over);
    assert_eq!(office.tasks[&TaskId(1)].state, crate::task::TaskState::Failed);
    assert_eq!(state(&office, 1), ApprovalState::Withdrawn);
}

#[test]
fn a_run_that_is_being_ended_can_hold_nothing_new() {
    let mut office = office();
    let stopped = run::stop(&office, Some(RunId(1)), StopWhy::DeskStopped);
    play(&mut office, stopped);
    assert_eq!(said(&mut office, agent(1), ask(&["true"])).unwrap_err().code, Code::WrongState);
}

#[test]
fn what_nobody_could_judge_or_run_is_refused_with_the_way_out() {
    let mut office = office();
    let long = "x".repeat(BYTES_MAX);
    let many = vec!["x"; ARGUMENTS_MAX + 1];
    let refused: [(&[&str], Code); 6] = [
        (&[], Code::Invalid),
        (&[" "], Code::Invalid),
        (&["a\0b"], Code::Invalid),
        (&["echo", &long], Code::Limit),
        (&many, Code::Limit),
        (&[""], Code::Invalid),
    ];
    for (words, code) in refused {
        let refusal = said(&mut office, agent(1), ask(words)).unwrap_err();
        assert_eq!(refusal.code, code);
        assert!(!refusal.detail.is_empty());
    }
    let relative = ApprovalCommand::Ask {
        argv: vec!["true".to_owned()],
        cwd: "desk".to_owned(),
        reason: None,
        held: Held::Command,
        ruling: None,
        stands: None,
        grant: None,
        deed: None,
    };
    assert_eq!(said(&mut office, agent(1), relative).unwrap_err().code, Code::Invalid);
    let reason = Some("y".repeat(WORDS_MAX + 1));
    let wordy = ApprovalCommand::Ask {
        argv: vec!["true".to_owned()],
        cwd: "/".to_owned(),
        reason,
        held: Held::Command,
        ruling: None,
        stands: None,
        grant: None,
        deed: None,
    };
    assert_eq!(said(&mut office, agent(1), wordy).unwrap_err().code, Code::Limit);
    assert!(office.approvals.is_empty());
}

#[test]
fn an_agent_that_asks_without_end_is_stopped_twice_over() {
    let mut office = office();
    for _ in 0..OPEN_PER_RUN {
        said(&mut office, agent(1), ask(&["true"])).unwrap();
    }
    assert_eq!(said(&mut office, agent(1), ask(&["true"])).unwrap_err().code, Code::Limit);
    for asked in 0..ASKED_PER_RUN {
        let approval = ApprovalId(u32::try_from(asked + 1).unwrap());
        said(&mut office, agent(1), ApprovalCommand::Withdraw { approval }).unwrap();
        let more = said(&mut office, agent(1), ask(&["true"]));
        assert_eq!(more.is_ok(), asked + OPEN_PER_RUN < ASKED_PER_RUN, "after {asked}");
        if more.is_err() {
            break;
        }
    }
    assert_eq!(office.approvals.len(), ASKED_PER_RUN);
    said(&mut office, agent(2), ask(&["true"])).unwrap();
}

proptest! {
    /// Whoever sends whatever in whatever order: nothing is begun that the owner did not approve, nothing twice, and what is
    /// over stays over.
    #[test]
    fn no_sequence_of_commands_runs_an_approval_twice(steps in prop::collection::vec((0u8..9, 0u8..4, 1u32..6), 1..200)) {
        let mut office = office();
        let mut begun = std::collections::BTreeMap::<ApprovalId, u32>::new();
        let mut approved = std::collections::BTreeSet::new();
        for (what, who, id) in steps {
            let approval = ApprovalId(id);
            let actor = match who { 0 => Actor::Owner, 1 => Actor::Office, n => agent(u32::from(n) - 1) };
            let body = match what {
                0 | 1 => ask(&["true"]),
                2 => ApprovalCommand::Approve { approval, note: None, terms: Terms::default() },
                3 => ApprovalCommand::Deny { approval, note: None, terms: Terms::default() },
                4 => ApprovalCommand::Withdraw { approval },
                5 | 6 => ApprovalCommand::Claim { approval, stands: None, deed: None },
                7 => ApprovalCommand::Report { approval, exit: Exit::Code { code: 0 } },
                _ => {
                    let run = RunId(id % 2 + 1);
                    let mut events = if who == 0 {
                        vec![Event::Run(RunEvent::Ended { run, exit: Exit::Lost, ended: None })]
                    } else {
                        Vec::new()
                    };
                    events.extend(if who == 0 { run_over(&office, run) } else { run_stopped(&office, run) });
                    play(&mut office, events);
                    continue;
                }
            };
            let before = office.approvals.clone();
            let command = Command { id: CommandId::from("c"), actor, body: CommandBody::Approval(body) };
            let Ok(events) = decide(&office, &command, now()) else { continue };
            for event in &events {
                match event {
                    Event::Approval(ApprovalEvent::Approved { approval, .. }) => {
                        prop_assert_eq!(actor, Actor::Owner);
                        approved.insert(*approval);
                    }
                    Event::Approval(ApprovalEvent::Claimed { approval }) => {
                        prop_assert!(approved.contains(approval));
                        *begun.entry(*approval).or_default() += 1;
                    }
                    _ => {}
                }
            }
            play(&mut office, events);
            for (id, was) in &before {
                let is = &office.approvals[id];
                prop_assert!(is.state == was.state || was.state.can_become(is.state), "{} to {}", was.state, is.state);
                prop_assert_eq!((&is.argv, &is.cwd, &is.shown), (&was.argv, &was.cwd, &was.shown));
            }
        }
        prop_assert!(begun.values().all(|times| *times == 1));
        let rebuilt = Office::from_rows(office.nouns(), Vec::new());
        office.take_touched();
        prop_assert_eq!(rebuilt.open_approvals().count(), office.open_approvals().count());
        prop_assert_eq!(rebuilt, office);
    }
}
