//! Budgets and what one task may take: what counts in which, what a spent one keeps from beginning, what it parks, and what raising it lets go on.

#![allow(clippy::unwrap_used, reason = "an office that cannot be made fails its test")]

use office_core::actor::Actor;
use office_core::budget::{BudgetOf, Limits};
use office_core::effect::EffectCommand;
use office_core::hold::HoldReason;
use office_core::news::{Item, Notify};
use office_core::office::OfficeCommand;
use office_core::seen::{Denied, News, Spent};
use office_core::task::{TaskEvent, TaskLimits, TaskTakes};
use office_core::{
    At, Code, Command, CommandBody, CommandId, DeskId, Envelope, Event, Noun, Office, Refusal, RoleName, RunId, Seq,
    TaskId, TaskState, decide,
};
use serde_json::{Value, json};

const AT: &str = "2026-03-01T22:00:00.000Z";

fn noun(value: Value) -> Noun {
    serde_json::from_value(value).unwrap()
}

/// One desk at work on task 1 with run 1, which has taken 900 tokens; task 2 is ready.
fn office(metered: bool) -> Office {
    let role = json!({ "name": "r", "title": "r", "engines": ["shell"], "summary": "", "brief": "" });
    let engine = json!({ "name": "shell", "title": "Shell", "found": true, "note": "", "needs_command": false });
    let next = json!({ "project": 2, "desk": 2, "task": 9, "run": 9, "approval": 9 });
    let task = |id: u32, state: &str, run: Value| {
        noun(json!({
            "noun": "task", "id": id, "project": 1, "title": "t", "body": "", "deliverable": "change", "checks": [],
            "priority": "normal", "depends_on": [], "waiting_for": [], "role": null, "attempts_max": 3, "attempts_used": 0,
            "time_limit_secs": null, "state": state, "desk": 1, "lease": run, "last_run": run, "workplace": null,
            "claim": null, "work": null, "results": [], "marks": [], "hold": null, "why": null, "notes": [],
            "progress": null, "accepted": null, "merged": null, "added": AT, "since": AT,
        }))
    };
    let nouns = vec![
        noun(json!({
            "noun": "office", "name": "attic", "seq": 1, "next": next, "settings": { "review_limit": 10 }, "hold": null,
            "roles": { "engineer": role }, "engines": { "shell": engine },
        })),
        noun(json!({
            "noun": "desk", "id": 1, "name": "ada", "role": "engineer", "project": null, "engine": null, "command": null,
            "hold": null, "run": 1, "last_run": null, "queue": [], "auto": true, "removed": false,
        })),
        task(1, "running", json!(1)),
        task(2, "ready", Value::Null),
        noun(json!({
            "noun": "run", "id": 1, "desk": 1, "task": 1, "project": 1, "engine": "shell", "attempt": 1, "state": "live",
            "workplace": null, "pid": 7, "began": AT, "launched": AT, "deadline": null, "ended": null, "exit": null,
            "stop": null, "spent": { "input": 100, "output": 50, "cache_read": 700, "cache_write": 50, "micro_dollars": 2000, "turns": 1 },
            "enforcement": { "hard": true, "words": "", "metering": { "on": metered, "words": "" } },
        })),
    ];
    Office::from_rows(nouns, Vec::new())
}

fn done(office: &mut Office, actor: Actor, body: CommandBody) -> Result<Vec<Event>, Refusal> {
    done_at(office, actor, body, AT.parse().unwrap())
}

fn done_at(office: &mut Office, actor: Actor, body: CommandBody, at: At) -> Result<Vec<Event>, Refusal> {
    let command = Command { id: CommandId("c".to_owned()), actor, body };
    let events = decide(office, &command, at)?;
    for event in &events {
        let seq = Seq(office.seq.0 + 1);
        office.apply(&Envelope { seq, at, actor, cause: command.id.clone(), event: event.clone() });
    }
    Ok(events)
}

fn set(office: &mut Office, budget: BudgetOf, limits: Limits, more: bool) -> Result<Vec<Event>, Refusal> {
    done(office, Actor::Owner, CommandBody::Office(OfficeCommand::SetBudget { budget, limits, more }))
}

fn tokens(most: u64) -> Limits {
    Limits { tokens: Some(most), ..Limits::default() }
}

fn heard(office: &mut Office, news: News) -> Vec<Event> {
    let body = CommandBody::Effect(EffectCommand::RunHeard { run: RunId(1), news: Box::new(news) });
    done(office, Actor::Office, body).unwrap()
}

fn denied(budget: &str, times: u64) -> News {
    News { denied: Some(Denied { times, budget: budget.to_owned(), why: "it is spent".to_owned() }), ..News::default() }
}

fn state(office: &Office, task: u32) -> TaskState {
    office.tasks[&TaskId(task)].state
}

#[test]
fn a_run_counts_in_each_budget_that_holds_it() {
    let mut it = office(true);
    for budget in ["office", "project 1", "role engineer", "desk 1", "task 1"] {
        let of: BudgetOf = budget.parse().unwrap();
        assert_eq!((of.to_string().as_str(), it.spent_of(&of).tokens), (budget, 900));
    }
    assert_eq!(it.spent_of(&BudgetOf::Task(TaskId(2))).tokens, 0);
    assert!("desk".parse::<BudgetOf>().is_err() && "desk x".parse::<BudgetOf>().is_err());
    set(&mut it, BudgetOf::Desk(DeskId(1)), tokens(900), false).unwrap();
    let view = &it.budget_views()[0];
    assert_eq!((view.name.as_str(), view.reached), ("desk ada", true));
}

#[test]
fn a_denied_call_parks_its_task_with_the_way_out_and_raising_the_budget_lets_it_go_on() {
    let mut it = office(true);
    set(&mut it, BudgetOf::Desk(DeskId(1)), tokens(900), false).unwrap();
    assert_eq!(state(&it, 1), TaskState::Running, "only a denied call stops a run that has a meter");
    heard(&mut it, denied("desk 1", 1));
    let hold = it.tasks[&TaskId(1)].hold.clone().unwrap();
    assert_eq!((state(&it, 1), hold.reason), (TaskState::Parked, HoldReason::BudgetSpent));
    assert_eq!(hold.release, "office budget raise --desk ada --tokens 5M");
    assert!(it.runs[&RunId(1)].stop.is_some());
    assert_eq!(heard(&mut it, denied("desk 1", 1)), [], "heard again after a restart it is no news");
    // Too little more: what was spent is over it still.
    set(&mut it, BudgetOf::Desk(DeskId(1)), tokens(899), false).unwrap();
    assert_eq!(state(&it, 1), TaskState::Parked);
    let events = set(&mut it, BudgetOf::Desk(DeskId(1)), tokens(10), true).unwrap();
    assert!(events.contains(&Event::Task(TaskEvent::Unparked { task: TaskId(1), note: None })), "{events:?}");
    assert_eq!(it.budgets[0].limits, tokens(910));
}

#[test]
fn nothing_begins_on_a_spent_budget_and_all_does_once_it_is_gone() {
    let mut it = office(true);
    set(&mut it, BudgetOf::Office, tokens(900), false).unwrap();
    heard(&mut it, denied("office", 1));
    let over = EffectCommand::RunOver { run: RunId(1), exit: office_core::run::Exit::Code { code: 143 }, ended: None };
    done(&mut it, Actor::Office, CommandBody::Effect(over)).unwrap();
    let now: At = AT.parse().unwrap();
    assert_eq!(office_core::assign::next_start(&it, now), None);
    let view = it.desk_view(&it.desks[&DeskId(1)]);
    assert_eq!(view.evidence, "the budget of the office is spent: `office budget raise --tokens 5M`");
    let by_hand = office_core::assign::by_hand(&it, TaskId(2), DeskId(1), now).unwrap();
    assert!(matches!(by_hand[..], [Event::Task(TaskEvent::Queued { .. })]), "{by_hand:?}");
    let gone = OfficeCommand::RemoveBudget { budget: BudgetOf::Office };
    done(&mut it, Actor::Owner, CommandBody::Office(gone.clone())).unwrap();
    assert_eq!(state(&it, 1), TaskState::Ready);
    assert!(office_core::assign::next_start(&it, now).is_some());
    assert_eq!(done(&mut it, Actor::Owner, CommandBody::Office(gone)).unwrap_err().code, Code::NotFound);
}

#[test]
fn a_run_without_a_meter_is_stopped_once_it_is_seen_to_be_over() {
    for (metered, after) in [(false, TaskState::Parked), (true, TaskState::Running)] {
        let mut it = office(metered);
        set(&mut it, BudgetOf::Task(TaskId(1)), Limits { micro_dollars: Some(5000), ..Limits::default() }, false)
            .unwrap();
        let spent =
            |micro| News { spent: Some(Spent { micro_dollars: Some(micro), ..Spent::default() }), ..News::default() };
        heard(&mut it, spent(4999));
        assert_eq!(state(&it, 1), TaskState::Running);
        heard(&mut it, spent(5000));
        assert_eq!(state(&it, 1), after, "metered: {metered}");
    }
}

#[test]
fn a_role_spends_from_one_budget_at_all_its_desks() {
    let mut it = office(true);
    let role = |name: &str| BudgetOf::Role(RoleName(name.to_owned()));
    assert_eq!(set(&mut it, role("nobody"), tokens(1), false).unwrap_err().code, Code::NotFound);
    set(&mut it, role("engineer"), Limits { input: Some(150), ..Limits::default() }, false).unwrap();
    // What was put into the provider's memory was read, too.
    assert_eq!(it.budget_views()[0].spent.input, 150);
    heard(&mut it, denied("role engineer", 1));
    let release = it.tasks[&TaskId(1)].hold.clone().unwrap().release;
    assert_eq!(
        (state(&it, 1), release.as_str()),
        (TaskState::Parked, "office budget raise --role engineer --input-tokens 1M")
    );
    set(&mut it, role("engineer"), Limits { input: Some(1), ..Limits::default() }, true).unwrap();
    assert_eq!(state(&it, 1), TaskState::Ready);
}

#[test]
fn a_budget_is_its_owners_and_of_something_that_is_there() {
    let mut it = office(true);
    let body = OfficeCommand::SetBudget { budget: BudgetOf::Office, limits: tokens(1), more: false };
    let agent = Actor::Agent { desk: DeskId(1), run: RunId(1) };
    assert_eq!(done(&mut it, agent, CommandBody::Office(body)).unwrap_err().code, Code::NotAllowed);
    assert_eq!(set(&mut it, BudgetOf::Task(TaskId(77)), tokens(1), false).unwrap_err().code, Code::NotFound);
    assert_eq!(set(&mut it, BudgetOf::Office, Limits::default(), false).unwrap_err().code, Code::Invalid);
    let money = Limits { micro_dollars: Some(7), ..Limits::default() };
    set(&mut it, BudgetOf::Office, tokens(5), false).unwrap();
    set(&mut it, BudgetOf::Office, money, false).unwrap();
    assert_eq!(it.budgets[0].limits, Limits { tokens: Some(5), ..money }, "what was not named stays");
}

fn limit(office: &mut Office, of: BudgetOf, limits: TaskLimits, more: bool) -> Result<Vec<Event>, Refusal> {
    done(office, Actor::Owner, CommandBody::Office(OfficeCommand::SetTaskLimit { of, limits, more }))
}

fn lines(most: u32) -> TaskLimits {
    TaskLimits { lines: Some(most), ..TaskLimits::default() }
}

fn measured(office: &mut Office, files: u32, lines: u32) -> Vec<Event> {
    let body = CommandBody::Effect(EffectCommand::RunMeasured { run: RunId(1), taken: TaskTakes { files, lines } });
    done(office, Actor::Office, body).unwrap()
}

#[test]
fn a_task_that_changed_too_much_is_parked_with_the_way_out_and_raising_its_limit_lets_it_go_on() {
    let mut it = office(true);
    limit(&mut it, BudgetOf::Office, TaskLimits { files: Some(60), lines: Some(2000), secs: None }, false).unwrap();
    assert_eq!(measured(&mut it, 60, 2000), [], "as much as it may");
    measured(&mut it, 3, 2400);
    let hold = it.tasks[&TaskId(1)].hold.clone().unwrap();
    assert_eq!((state(&it, 1), hold.reason), (TaskState::Parked, HoldReason::TaskLimit));
    assert_eq!(hold.release, "office limit raise --task 1 --lines 1000");
    assert_eq!(hold.what.unwrap(), "It changed 2400 lines, and may change 2000.");
    let told = office_core::task::limit::denied(&it, RunId(1)).unwrap();
    assert!(told.contains("2400 lines") && told.contains("until its owner allows more"), "{told}");
    let owner = it.news(AT.parse().unwrap()).items;
    assert_eq!(owner.into_iter().collect::<Vec<_>>(), [Item::Limit(TaskId(1))]);
    // Too little more: it stays where it is.
    limit(&mut it, BudgetOf::Desk(DeskId(1)), lines(2399), false).unwrap();
    assert_eq!(state(&it, 1), TaskState::Parked);
    limit(&mut it, BudgetOf::Task(TaskId(1)), lines(500), true).unwrap();
    assert_eq!((state(&it, 1), it.limits_of(&it.tasks[&TaskId(1)]).lines), (TaskState::Ready, Some(2900)));
    assert!(it.news(AT.parse().unwrap()).items.is_empty(), "and it is taken back");
}

#[test]
fn the_closest_word_on_what_a_task_may_take_counts_of_each_amount() {
    let mut it = office(true);
    let all = TaskLimits { files: Some(9), lines: Some(9), secs: Some(9) };
    limit(&mut it, BudgetOf::Office, all, false).unwrap();
    limit(&mut it, BudgetOf::Role(RoleName::from("engineer")), lines(50), false).unwrap();
    limit(&mut it, BudgetOf::Task(TaskId(2)), TaskLimits { files: Some(70), ..all }, false).unwrap();
    let of = |it: &Office, task: u32| it.limits_of(&it.tasks[&TaskId(task)]);
    assert_eq!(of(&it, 1), TaskLimits { lines: Some(50), ..all });
    assert_eq!(of(&it, 2).files, Some(70));
    let gone = OfficeCommand::RemoveTaskLimit { of: BudgetOf::Role(RoleName::from("engineer")) };
    done(&mut it, Actor::Owner, CommandBody::Office(gone)).unwrap();
    assert_eq!(of(&it, 1), all);
}

#[test]
fn a_tasks_time_is_counted_over_its_runs_and_ends_it_at_that_moment() {
    let mut it = office(true);
    let begun: At = AT.parse().unwrap();
    let hour = TaskLimits { secs: Some(3600), ..TaskLimits::default() };
    limit(&mut it, BudgetOf::Task(TaskId(1)), hour, false).unwrap();
    assert_eq!(it.next_deadline(), Some(begun.plus_seconds(3600)));
    let tick = || CommandBody::Office(OfficeCommand::Tick);
    assert_eq!(done_at(&mut it, Actor::Office, tick(), begun.plus_seconds(3599)).unwrap(), []);
    done_at(&mut it, Actor::Office, tick(), begun.plus_seconds(3600)).unwrap();
    let hold = it.tasks[&TaskId(1)].hold.clone().unwrap();
    assert_eq!(hold.release, "office limit raise --task 1 --time 30m");
    let over = EffectCommand::RunOver { run: RunId(1), exit: office_core::run::Exit::Code { code: 0 }, ended: None };
    done_at(&mut it, Actor::Office, CommandBody::Effect(over), begun.plus_seconds(3610)).unwrap();
    assert_eq!(
        (it.worked_secs(&it.tasks[&TaskId(1)], begun.plus_seconds(9000)), it.next_deadline()),
        (3610, None),
        "nothing is due twice"
    );
    limit(&mut it, BudgetOf::Task(TaskId(1)), TaskLimits { secs: Some(60), ..TaskLimits::default() }, true).unwrap();
    assert_eq!((state(&it, 1), it.limits_of(&it.tasks[&TaskId(1)]).secs), (TaskState::Ready, Some(3670)));
}

#[test]
fn what_a_task_may_take_is_the_owners_to_say_and_in_numbers_that_make_sense() {
    let mut it = office(true);
    let agent = Actor::Agent { desk: DeskId(1), run: RunId(1) };
    let body =
        || CommandBody::Office(OfficeCommand::SetTaskLimit { of: BudgetOf::Office, limits: lines(1), more: false });
    assert_eq!(done(&mut it, agent, body()).unwrap_err().code, Code::NotAllowed);
    assert!(limit(&mut it, BudgetOf::Office, lines(0), false).is_err());
    assert!(limit(&mut it, BudgetOf::Office, TaskLimits::default(), false).is_err());
    assert!(limit(&mut it, BudgetOf::Task(TaskId(77)), lines(5), false).is_err());
    assert!(limit(&mut it, BudgetOf::Task(TaskId(1)), lines(5), true).is_err(), "there is none to raise");
}

#[test]
fn the_desktop_is_told_of_a_spent_budget_once_of_an_incident_and_of_a_question() {
    let mut it = office(true);
    let now: At = AT.parse().unwrap();
    set(&mut it, BudgetOf::Office, tokens(900), false).unwrap();
    heard(&mut it, denied("office", 1));
    let items = |it: &Office| it.news(now).items.into_iter().collect::<Vec<_>>();
    assert_eq!(items(&it), [Item::Limit(TaskId(1))]);
    let words = it.status(now).words(Item::Limit(TaskId(1))).unwrap();
    assert!(words.body.starts_with("The budget of the office is spent."), "{words:?}");
    assert_eq!(it.status(now).news().items, it.news(now).items, "the window and the office tell the same");
    set(&mut it, BudgetOf::Office, tokens(900), true).unwrap();
    assert_eq!(items(&it), []);
    let tripped = EffectCommand::RunTripped { run: RunId(1), what: "it takes 30 GB".to_owned() };
    done(&mut it, Actor::Office, CommandBody::Effect(tripped)).unwrap();
    assert_eq!(items(&it), [Item::Incident(DeskId(1))]);
    assert_eq!(it.status(now).words(Item::Incident(DeskId(1))).unwrap().body, "it takes 30 GB");
    assert_eq!(it.status(now).news().items, it.news(now).items);
    it.settings.notify = Notify::Review;
    assert_eq!(items(&it), []);
}
