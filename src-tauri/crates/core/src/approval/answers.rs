//! Tests of how an answer is meant: for exactly what was shown, changed, for a task, in advance, taken back, asked back, parked.

use super::tests::{ONE, agent, ask, office, play};
use super::*;
use crate::command::{Command, CommandBody, decide};
use crate::effect::{Effect, Outcome};
use crate::event::Event;
use crate::grant::{Covers, GrantCommand, NewGrant};
use crate::hold::HoldReason;
use crate::ids::{CommandId, ProjectId};
use crate::office::OfficeCommand;
use crate::refusal::Code;
use crate::run::{RunEvent, RunState, StopWhy};
use crate::task::{Task, TaskState};

const NOW: i64 = 1_800_000_000_000;

fn after(secs: u32) -> At {
    At::from_millis(NOW).plus_seconds(secs)
}

fn said_at(office: &mut Office, actor: Actor, body: impl Into<CommandBody>, now: At) -> Result<(), Refusal> {
    let command = Command { id: CommandId::from("c"), actor, body: body.into() };
    let events = decide(office, &command, now)?;
    for event in events {
        let seq = crate::ids::Seq(office.seq.0 + 1);
        let cause = CommandId::from("c");
        office.apply(&crate::event::Envelope { seq, at: now, actor, cause, event });
    }
    Ok(())
}

impl From<ApprovalCommand> for CommandBody {
    fn from(body: ApprovalCommand) -> Self {
        Self::Approval(body)
    }
}

fn approve(terms: Terms) -> ApprovalCommand {
    ApprovalCommand::Approve { approval: ONE, note: None, terms }
}

fn deny(terms: Terms) -> ApprovalCommand {
    ApprovalCommand::Deny { approval: ONE, note: None, terms }
}

fn it(office: &Office) -> &Approval {
    &office.approvals[&ONE]
}

fn asked_as(words: &[&str], ruling: Option<Ruling>, stands: Option<&str>, grant: Option<GrantId>) -> ApprovalCommand {
    let argv = words.iter().map(|word| (*word).to_owned()).collect();
    let stands = stands.map(str::to_owned);
    ApprovalCommand::Ask {
        argv,
        cwd: "/desk".to_owned(),
        reason: None,
        held: Held::Command,
        ruling,
        stands,
        grant,
        deed: None,
    }
}

fn ruling(category: &str) -> Option<Ruling> {
    let (rule, why) = ("r".to_owned(), "w".to_owned());
    Some(Ruling { said: Said::Ask, category: Some(category.to_owned()), rule, why })
}

/// An office in which run 1 works on task 1.
fn at_work() -> Office {
    let mut office = office();
    let task: Task = serde_json::from_value(serde_json::json!({
        "id": 1, "project": 1, "title": "t", "body": "", "deliverable": "change", "checks": [],
        "priority": "normal", "depends_on": [], "waiting_for": [], "role": null, "attempts_max": 3, "attempts_used": 0,
        "time_limit_secs": null, "state": "running", "desk": 1, "lease": 1, "last_run": 1, "workplace": null,
        "claim": null, "work": null, "results": [], "marks": [], "hold": null, "why": null, "notes": [],
        "progress": null, "accepted": null, "merged": null, "added": after(0), "since": after(0),
    }))
    .unwrap();
    office.put_task(task);
    assert_eq!(office.task_of_run(RunId(1)).map(|task| task.project), Some(ProjectId(1)));
    office
}

#[test]
fn an_answer_names_what_was_seen_and_is_good_for_nothing_else() {
    let mut office = office();
    said_at(&mut office, agent(1), ask(&["git", "push"]), after(0)).unwrap();
    let other =
        Approval::hash_of(Held::Command, &["git".to_owned(), "push".to_owned(), "-f".to_owned()], "/desk", None);
    for command in [
        approve(Terms { seen: Some(other.clone()), ..Terms::default() }),
        deny(Terms { seen: Some(other), ..Terms::default() }),
    ] {
        assert_eq!(said_at(&mut office, Actor::Owner, command, after(1)).unwrap_err().code, Code::WrongState);
    }
    let seen = Some(it(&office).hash.clone());
    said_at(&mut office, Actor::Owner, approve(Terms { seen, ..Terms::default() }), after(1)).unwrap();
    assert_eq!(it(&office).state, ApprovalState::Approved);
}

#[test]
fn no_two_lists_of_words_and_no_two_places_have_one_hash() {
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    let of = |argv: &[&str], cwd: &str, stands| Approval::hash_of(Held::Command, &words(argv), cwd, stands);
    let all = [
        of(&["a", "b"], "/", None),
        of(&["a b"], "/", None),
        of(&["a", "b", "/"], "", None),
        of(&["a\n1:b"], "/", None),
        of(&["a", "b"], "/", Some("x")),
    ];
    for (at, one) in all.iter().enumerate() {
        assert!(all.iter().skip(at + 1).all(|other| other != one));
    }
}

#[test]
fn what_its_owner_changed_is_what_runs_and_is_bound_anew() {
    let mut office = office();
    said_at(&mut office, agent(1), ask(&["git", "push"]), after(0)).unwrap();
    let before = it(&office).hash.clone();
    let edit = |line: &str| approve(Terms { edit: Some(line.to_owned()), ..Terms::default() });
    assert_eq!(said_at(&mut office, Actor::Owner, edit("git push"), after(1)).unwrap_err().code, Code::Invalid);
    assert_eq!(said_at(&mut office, Actor::Owner, edit(" "), after(1)).unwrap_err().code, Code::Invalid);
    said_at(&mut office, Actor::Owner, edit("git push origin 'my fix'"), after(1)).unwrap();
    assert_eq!(it(&office).argv, ["git", "push", "origin", "my fix"]);
    assert_eq!(it(&office).asked_as.as_ref().unwrap(), &["git", "push"]);
    assert_ne!(it(&office).hash, before);
    // An agent that is told so asks for the changed words, and these are the approved ones.
    said_at(&mut office, agent(1), ask(&["git", "push", "origin", "my fix"]), after(2)).unwrap();
    assert_eq!(office.approvals.len(), 1);
    said_at(&mut office, agent(1), ApprovalCommand::Claim { approval: ONE, stands: None, deed: None }, after(3))
        .unwrap();
    assert_eq!(it(&office).state, ApprovalState::Running);
    assert_eq!(words_of_line("a | b"), ["sh", "-c", "a | b"]);
}

#[test]
fn an_answer_may_be_taken_back_in_time_and_nothing_begins_before_that() {
    let mut office = office();
    said_at(&mut office, agent(1), ask(&["git", "push"]), after(0)).unwrap();
    let soon = || Terms { undo_secs: Some(5), ..Terms::default() };
    let claim = || ApprovalCommand::Claim { approval: ONE, stands: None, deed: None };
    let undo = || ApprovalCommand::Undo { approval: ONE };
    said_at(&mut office, Actor::Owner, approve(soon()), after(0)).unwrap();
    assert!(!it(&office).speaks(after(4)) && it(&office).speaks(after(5)));
    assert_eq!(said_at(&mut office, agent(1), claim(), after(4)).unwrap_err().code, Code::WrongState);
    assert_eq!(said_at(&mut office, agent(1), undo(), after(4)).unwrap_err().code, Code::NotAllowed);
    said_at(&mut office, Actor::Owner, undo(), after(4)).unwrap();
    assert_eq!((it(&office).state, it(&office).answered), (ApprovalState::Waiting, None));
    said_at(&mut office, Actor::Owner, deny(soon()), after(5)).unwrap();
    said_at(&mut office, Actor::Owner, undo(), after(6)).unwrap();
    said_at(&mut office, Actor::Owner, approve(soon()), after(10)).unwrap();
    assert_eq!(said_at(&mut office, Actor::Owner, undo(), after(15)).unwrap_err().code, Code::WrongState);
    said_at(&mut office, agent(1), claim(), after(15)).unwrap();
    assert_eq!(said_at(&mut office, Actor::Owner, undo(), after(15)).unwrap_err().code, Code::WrongState);
    let long = approve(Terms { undo_secs: Some(3600), ..Terms::default() });
    said_at(&mut office, agent(1), ask(&["true"]), after(16)).unwrap();
    let long = match long {
        ApprovalCommand::Approve { note, terms, .. } => {
            ApprovalCommand::Approve { approval: ApprovalId(2), note, terms }
        }
        other => other,
    };
    assert_eq!(said_at(&mut office, Actor::Owner, long, after(17)).unwrap_err().code, Code::Limit);
}

#[test]
fn from_another_state_of_its_checkout_it_waits_again() {
    let mut office = office();
    said_at(&mut office, agent(1), asked_as(&["git", "push"], ruling("publish"), Some("s1"), None), after(0)).unwrap();
    said_at(&mut office, Actor::Owner, approve(Terms::default()), after(1)).unwrap();
    let claim =
        |stands: Option<&str>| ApprovalCommand::Claim { approval: ONE, stands: stands.map(str::to_owned), deed: None };
    let before = it(&office).hash.clone();
    said_at(&mut office, agent(1), claim(Some("s2")), after(2)).unwrap();
    assert_eq!(it(&office).state, ApprovalState::Waiting);
    assert_ne!(it(&office).hash, before, "an answer to what was shown before is none to this");
    said_at(&mut office, Actor::Owner, approve(Terms::default()), after(3)).unwrap();
    said_at(&mut office, agent(1), claim(None), after(4)).unwrap();
    assert_eq!(it(&office).state, ApprovalState::Waiting, "not known is not the same");
    said_at(&mut office, Actor::Owner, approve(Terms::default()), after(5)).unwrap();
    said_at(&mut office, agent(1), claim(Some("unknown")), after(6)).unwrap();
    assert_eq!(it(&office).state, ApprovalState::Running);
}

#[test]
fn asked_back_it_stays_and_is_taken_up_by_asking_the_same_again() {
    let mut office = office();
    said_at(&mut office, agent(1), ask(&["git", "push"]), after(0)).unwrap();
    let back = |actor, office: &mut Office| {
        said_at(
            office,
            actor,
            ApprovalCommand::AskBack { approval: ONE, question: "which branch?".to_owned() },
            after(1),
        )
    };
    assert_eq!(back(agent(1), &mut office).unwrap_err().code, Code::NotAllowed);
    let reply = |text: &str| ApprovalCommand::Reply { approval: ONE, text: text.to_owned() };
    assert_eq!(said_at(&mut office, agent(1), reply("x"), after(1)).unwrap_err().code, Code::WrongState);
    back(Actor::Owner, &mut office).unwrap();
    assert!(it(&office).speaks(after(1)), "its agent is told the question");
    // Asked again without a reply it is the same question.
    said_at(&mut office, agent(1), ask(&["git", "push"]), after(2)).unwrap();
    assert!(it(&office).apart && office.approvals.len() == 1);
    assert_eq!(said_at(&mut office, agent(2), reply("y"), after(2)).unwrap_err().code, Code::NotAllowed);
    said_at(&mut office, agent(1), reply("the hotfix"), after(3)).unwrap();
    said_at(&mut office, agent(1), ask(&["git", "push"]), after(4)).unwrap();
    assert!(!it(&office).apart && office.approvals.len() == 1);
    said_at(&mut office, agent(2), ask(&["git", "push"]), after(4)).unwrap();
    assert_eq!(office.approvals.len(), 2, "another run's is another");
    said_at(&mut office, Actor::Owner, deny(Terms::default()), after(5)).unwrap();
    assert!(it(&office).speaks(after(5)));
    let talk: Vec<_> = it(&office).talk.iter().map(|remark| remark.text.as_str()).collect();
    assert_eq!(talk, ["which branch?", "the hotfix"]);
}

#[test]
fn for_its_task_the_very_same_goes_on_and_nothing_else_does() {
    let mut office = at_work();
    said_at(&mut office, agent(1), asked_as(&["a", "b"], ruling("scope"), None, None), after(0)).unwrap();
    said_at(&mut office, Actor::Owner, approve(Terms { for_task: true, ..Terms::default() }), after(1)).unwrap();
    let grant = office.grants.values().next().unwrap().clone();
    assert!(matches!(&grant.covers, Covers::Same { argv, .. } if argv == &["a", "b"]) && grant.task == Some(TaskId(1)));
    let again = |office: &mut Office, who: u32| {
        said_at(office, agent(who), asked_as(&["a", "b"], ruling("scope"), None, Some(grant.id)), after(2)).unwrap();
        office.approvals.values().last().unwrap().state
    };
    assert_eq!(again(&mut office, 1), ApprovalState::Approved);
    assert_eq!(again(&mut office, 2), ApprovalState::Waiting, "run 2 works on another task");
    let body = CommandBody::Grant(GrantCommand::Revoke { grant: grant.id });
    said_at(&mut office, agent(1), body.clone(), after(3)).unwrap_err();
    said_at(&mut office, Actor::Owner, body, after(3)).unwrap();
    assert_eq!(again(&mut office, 1), ApprovalState::Waiting);
}

#[test]
fn a_grant_answers_as_often_and_as_long_as_it_was_given_for() {
    let mut office = at_work();
    let new = |times, until| NewGrant {
        run: "git push".to_owned(),
        words: vec!["origin".to_owned()],
        project: None,
        role: None,
        desk: None,
        times,
        until,
        note: None,
    };
    let give = |new: NewGrant| CommandBody::Grant(GrantCommand::Give { new: Box::new(new) });
    for (actor, new) in [
        (agent(1), new(Some(2), None)),
        (Actor::Office, new(Some(2), None)),
        (Actor::Owner, new(None, None)),
        (Actor::Owner, new(Some(0), None)),
        (Actor::Owner, new(None, Some(after(0)))),
        (Actor::Owner, NewGrant { run: "*".to_owned(), ..new(Some(1), None) }),
    ] {
        assert!(said_at(&mut office, actor, give(new), after(1)).is_err());
    }
    said_at(&mut office, Actor::Owner, give(new(Some(2), Some(after(60)))), after(1)).unwrap();
    let mut last = |at: u32, ruling: Option<Ruling>| {
        let ask = asked_as(&["git", "push", "origin"], ruling, None, Some(GrantId(1)));
        said_at(&mut office, agent(1), ask, after(at)).unwrap();
        office.approvals.values().last().unwrap().clone()
    };
    let first = last(2, ruling("publish"));
    assert_eq!((first.state, first.grant), (ApprovalState::Approved, Some(GrantId(1))));
    assert_eq!(last(3, None).state, ApprovalState::Waiting, "what no rule judged is not covered");
    let no = Ruling { said: Said::Deny, ..ruling("publish").unwrap() };
    assert_eq!(last(3, Some(no)).state, ApprovalState::Waiting, "nor is what the rules refuse");
    assert_eq!(last(61, ruling("publish")).state, ApprovalState::Waiting, "it is over");
    assert_eq!(last(4, ruling("publish")).state, ApprovalState::Approved);
    assert_eq!(last(5, ruling("publish")).state, ApprovalState::Waiting, "it is used up");
}

#[test]
fn unanswered_it_parks_its_task_and_is_taken_up_by_the_next_run() {
    let mut office = at_work();
    said_at(&mut office, agent(1), asked_as(&["git", "push"], ruling("publish"), Some("s"), None), after(0)).unwrap();
    let due = office.next_deadline().unwrap();
    assert_eq!(due, after(15 * 60));
    let tick = || CommandBody::Office(OfficeCommand::Tick);
    said_at(&mut office, Actor::Office, tick(), after(15 * 60 - 1)).unwrap();
    assert_eq!(it(&office).parked, None);
    said_at(&mut office, Actor::Office, tick(), due).unwrap();
    assert_eq!((it(&office).state, it(&office).parked), (ApprovalState::Waiting, Some(due)), "time allows nothing");
    let task = &office.tasks[&TaskId(1)];
    assert_eq!((task.state, task.hold.as_ref().unwrap().reason), (TaskState::Parked, HoldReason::WaitsForYou));
    assert_eq!(office.runs[&RunId(1)].stop, Some(StopWhy::Parked));
    assert_eq!(office.next_deadline(), None, "nothing is due twice");
    let over = run_over(&office, RunId(1));
    play(&mut office, over);
    play(&mut office, vec![Event::Run(RunEvent::Ended { run: RunId(1), exit: Exit::Lost, ended: None })]);
    assert_eq!(it(&office).state, ApprovalState::Waiting, "it outlives its run");
    said_at(&mut office, Actor::Owner, approve(Terms::default()), after(9000)).unwrap();
    let task = &office.tasks[&TaskId(1)];
    assert_eq!(task.state, TaskState::Ready);
    assert!(task.notes[0].text.contains("approved, once: git push"), "{:?}", task.notes);
    // Another run goes on with the task, does the same again, and is let through once.
    office.change_run(RunId(2), |run| run.task = Some(TaskId(1)));
    office.change_task(TaskId(1), |task| (task.state, task.lease) = (TaskState::Running, Some(RunId(2))));
    said_at(&mut office, agent(2), asked_as(&["git", "push"], ruling("publish"), Some("s"), None), after(9001))
        .unwrap();
    assert_eq!((office.approvals.len(), it(&office).run), (1, Some(RunId(2))));
    let claim = ApprovalCommand::Claim { approval: ONE, stands: Some("s".to_owned()), deed: None };
    said_at(&mut office, agent(2), claim, after(9002)).unwrap();
    assert_eq!(it(&office).state, ApprovalState::Running);
    assert_eq!(office.runs[&RunId(2)].state, RunState::Live);
}

#[test]
fn a_kind_that_its_owner_named_is_denied_after_its_hours_and_every_other_waits() {
    let mut office = at_work();
    let mut settings = office.settings.clone();
    settings.unattended.park_after_mins = None;
    settings.unattended.deny_after_hours.insert("network".to_owned(), 8);
    said_at(&mut office, Actor::Owner, CommandBody::Office(OfficeCommand::Set { settings }), after(0)).unwrap();
    said_at(&mut office, agent(1), asked_as(&["a"], ruling("network"), None, None), after(0)).unwrap();
    said_at(&mut office, agent(1), asked_as(&["b"], ruling("publish"), None, None), after(0)).unwrap();
    said_at(&mut office, agent(1), ask(&["c"]), after(0)).unwrap();
    assert_eq!(office.next_deadline(), Some(after(8 * 3600)));
    for _ in 0..2 {
        said_at(&mut office, Actor::Office, CommandBody::Office(OfficeCommand::Tick), after(8 * 3600)).unwrap();
    }
    let states: Vec<_> = office.approvals.values().map(|it| it.state).collect();
    assert_eq!(states, [ApprovalState::Denied, ApprovalState::Waiting, ApprovalState::Waiting]);
    assert_eq!(office.next_deadline(), None);
    said_at(&mut office, Actor::Office, CommandBody::Office(OfficeCommand::Tick), after(9_000_000)).unwrap();
    assert_eq!(office.waiting_approvals().count(), 2, "time never says yes");
}

/// What the office does itself is begun by nobody else, reported by nobody else, and known or not known, never repeated.
#[test]
fn what_the_office_does_is_its_own_to_report_and_begins_once() {
    let mut office = office();
    let deed = |commit: &str| {
        let (remote, url) = ("origin".to_owned(), "ssh://far/a.git".to_owned());
        let does = Does::Push { remote, url, commit: commit.to_owned(), branch: "main".to_owned(), expected: None };
        Box::new(Deed::push(does, "Round it", 1))
    };
    let ask = |it: Option<Box<Deed>>| {
        let ApprovalCommand::Ask { argv, cwd, held, reason, grant, .. } = ask(&["git", "push"]) else { panic!() };
        let ruling = Some(Ruling { said: Said::Ask, category: None, rule: "git.push".into(), why: "it leaves".into() });
        ApprovalCommand::Ask { argv, cwd, held, reason, grant, ruling, stands: None, deed: it }
    };
    let claim = |commit: &str| ApprovalCommand::Claim { approval: ONE, stands: None, deed: Some(deed(commit)) };
    said_at(&mut office, agent(1), ask(Some(deed("one"))), after(0)).unwrap();
    let hash = it(&office).hash.clone();
    let approve = || ApprovalCommand::Approve { approval: ONE, note: None, terms: Terms::default() };
    said_at(&mut office, Actor::Owner, approve(), after(1)).unwrap();
    assert!(it(&office).speaks(after(1)), "whoever asked claims it");
    said_at(&mut office, agent(1), claim("two"), after(2)).unwrap();
    assert_eq!((it(&office).state, it(&office).deed.clone()), (ApprovalState::Waiting, Some(deed("two"))));
    assert_ne!(it(&office).hash, hash, "what is shown is another");
    assert!(office.pending.is_empty());
    said_at(&mut office, Actor::Owner, approve(), after(3)).unwrap();
    said_at(&mut office, agent(1), claim("two"), after(4)).unwrap();
    assert_eq!(office.pending.values().collect::<Vec<_>>(), [&Effect::Act { approval: ONE }]);
    assert!(!it(&office).speaks(after(5)), "what comes of it is waited for");
    for (actor, body) in [
        (agent(1), claim("two")),
        (agent(1), ApprovalCommand::Withdraw { approval: ONE }),
        (agent(1), ApprovalCommand::Report { approval: ONE, exit: Exit::Code { code: 0 } }),
        (Actor::Owner, ApprovalCommand::Report { approval: ONE, exit: Exit::Code { code: 0 } }),
    ] {
        assert!(said_at(&mut office, actor, body.clone(), after(5)).is_err(), "{body:?}");
    }
    assert_eq!(run_over(&office, RunId(1)), [], "its run may end meanwhile");
    for (outcome, state) in [
        (Outcome::Acted { exit: Exit::Code { code: 0 }, output: "To far".into() }, ApprovalState::Ran),
        (Outcome::Failed { why: "no git".into() }, ApprovalState::Ran),
        (Outcome::Unclear { why: "cut off".into() }, ApprovalState::Uncertain),
        (Outcome::Lost, ApprovalState::Uncertain),
    ] {
        let mut office = office.clone();
        let events = acted(&office, ONE, &outcome);
        play(&mut office, events);
        assert_eq!(it(&office).state, state, "{outcome:?}");
        assert_eq!(acted(&office, ONE, &outcome), [], "once");
        if state == ApprovalState::Uncertain {
            assert!(it(&office).note.as_ref().unwrap().contains("git ls-remote"), "{:?}", it(&office).note);
            let lie = ApprovalCommand::Report { approval: ONE, exit: Exit::Code { code: 0 } };
            assert!(said_at(&mut office, agent(1), lie, after(6)).is_err());
        }
    }
}

#[test]
fn what_a_rule_allows_and_the_office_does_needs_no_answer() {
    let mut office = office();
    let does = Does::Push {
        remote: "origin".into(),
        url: "u".into(),
        commit: "c".into(),
        branch: "main".into(),
        expected: None,
    };
    let ApprovalCommand::Ask { argv, cwd, held, .. } = ask(&["git", "push"]) else { panic!() };
    let ruling = Some(Ruling { said: Said::Allow, category: None, rule: "mine".into(), why: "it may".into() });
    let deed = Some(Box::new(Deed::push(does, "Round it", 1)));
    let (reason, stands, grant) = (None, None, None);
    let body = ApprovalCommand::Ask { argv, cwd, held, reason, ruling, stands, grant, deed };
    said_at(&mut office, agent(1), body, after(0)).unwrap();
    assert_eq!((it(&office).state, it(&office).note.as_deref()), (ApprovalState::Approved, Some("by the rule mine")));
}

#[test]
fn what_only_its_owner_does_no_rule_says_is_done() {
    let mut office = office();
    let ApprovalCommand::Ask { argv, cwd, held, .. } = ask(&["cargo", "publish"]) else { panic!() };
    let ruling = Some(Ruling { said: Said::Allow, category: None, rule: "mine".into(), why: "it may".into() });
    let deed = Some(Box::new(Deed::owner("cargo publish".into(), "c".into(), "Round it")));
    let (reason, stands, grant) = (None, None, None);
    let body = ApprovalCommand::Ask { argv, cwd, held, reason, ruling, stands, grant, deed };
    said_at(&mut office, agent(1), body, after(0)).unwrap();
    assert_eq!(it(&office).state, ApprovalState::Waiting);
}
