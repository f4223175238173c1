//! Usage limits: what parks, what waits, what is tried, and that all of it goes on once it is over.

#![allow(clippy::unwrap_used, reason = "an office that cannot be made fails its test")]

use office_core::actor::Actor;
use office_core::assign;
use office_core::desk::DeskState;
use office_core::effect::EffectCommand;
use office_core::hold::HoldReason;
use office_core::office::OfficeCommand;
use office_core::run::{Exit, RunEvent};
use office_core::seen::{News, Seen, Spent};
use office_core::usage_limit::LimitState;
use office_core::{
    At, Command, CommandBody, CommandId, DeskId, EngineName, Envelope, Event, Noun, Office, RunId, Seq, TaskId,
    TaskState, decide,
};
use serde_json::{Value, json};

const AT: &str = "2026-03-01T22:00:00.000Z";

fn noun(value: Value) -> Noun {
    serde_json::from_value(value).unwrap()
}

/// `desks` desks of one role, each at work on a task of its own with an engine called claude; as many tasks more are ready.
struct Night {
    office: Office,
    now: At,
}

impl Night {
    fn with(desks: u32, engines: &[&str]) -> Self {
        let role = json!({ "name": "engineer", "title": "e", "engines": engines, "summary": "", "brief": "" });
        let engine = |name: &str| json!({ "name": name, "title": name, "found": true, "note": "", "needs_command": false, "gate": { "is": "hard" } });
        let next = json!({ "project": 2, "desk": 99, "task": 99, "run": 99, "approval": 9 });
        let engines: serde_json::Map<String, Value> =
            engines.iter().map(|name| ((*name).to_owned(), engine(name))).collect();
        let mut nouns = vec![noun(json!({
            "noun": "office", "name": "attic", "seq": 1, "next": next, "settings": { "review_limit": 100 }, "hold": null,
            "roles": { "engineer": role }, "engines": engines,
        }))];
        let task = |id: u32, state: &str, run: Value| {
            noun(json!({
                "noun": "task", "id": id, "project": 1, "title": "t", "body": "", "deliverable": "change", "checks": [],
                "priority": "normal", "depends_on": [], "waiting_for": [], "role": null, "attempts_max": 3, "attempts_used": 0,
                "time_limit_secs": null, "state": state, "desk": if run.is_null() { Value::Null } else { run.clone() },
                "lease": run, "last_run": run, "workplace": null,
                "claim": null, "work": null, "results": [], "marks": [], "hold": null, "why": null, "notes": [],
                "progress": null, "accepted": null, "merged": null, "added": AT, "since": AT,
            }))
        };
        for n in 1..=desks {
            nouns.push(noun(json!({
                "noun": "desk", "id": n, "name": format!("d{n}"), "role": "engineer", "project": null, "engine": null,
                "command": null, "hold": null, "run": n, "last_run": null, "queue": [], "auto": true, "removed": false,
            })));
            nouns.push(task(n, "running", json!(n)));
            nouns.push(task(desks + n, "ready", Value::Null));
            nouns.push(noun(json!({
                "noun": "run", "id": n, "desk": n, "task": n, "project": 1, "engine": "claude", "attempt": 1, "state": "live",
                "workplace": null, "pid": 7, "began": AT, "launched": AT, "deadline": null, "ended": null, "exit": null,
                "stop": null,
            })));
        }
        Self { office: Office::from_rows(nouns, Vec::new()), now: AT.parse().unwrap() }
    }

    fn done(&mut self, actor: Actor, body: CommandBody) -> Vec<Event> {
        let command = Command { id: CommandId("c".to_owned()), actor, body };
        let mut all = Vec::new();
        let mut events = decide(&self.office, &command, self.now).unwrap();
        while !events.is_empty() {
            for event in &events {
                let seq = Seq(self.office.seq.0 + 1);
                let cause = command.id.clone();
                self.office.apply(&Envelope { seq, at: self.now, actor, cause, event: event.clone() });
            }
            all.append(&mut events);
            events = assign::next(&self.office, self.now).unwrap_or_default();
        }
        all
    }

    fn heard(&mut self, run: u32, news: News) -> Vec<Event> {
        let body = CommandBody::Effect(EffectCommand::RunHeard { run: RunId(run), news: Box::new(news) });
        self.done(Actor::Office, body)
    }

    fn limited(&mut self, run: u32, until: Option<&str>) -> Vec<Event> {
        let until = until.map(|it| it.parse().unwrap());
        let evidence = "its provider refused: usage limit".to_owned();
        let seen = Seen { state: DeskState::Limited, evidence, since: self.now, until, visitors: 0 };
        self.heard(run, News { seen: Some(seen), ..News::default() })
    }

    fn works(&mut self, run: u32) -> Vec<Event> {
        let seen = Seen {
            state: DeskState::Working,
            evidence: "a tool".to_owned(),
            since: self.now,
            until: None,
            visitors: 0,
        };
        self.heard(run, News { seen: Some(seen), ..News::default() })
    }

    fn answered(&mut self, run: u32) -> Vec<Event> {
        let spent = Spent { output: 5, ..Spent::default() };
        self.heard(run, News { spent: Some(spent), ..News::default() })
    }

    /// The processes that were to end are gone.
    fn ended(&mut self) {
        let ending: Vec<RunId> =
            self.office.runs.values().filter(|run| run.is_open() && run.stop.is_some()).map(|run| run.id).collect();
        for run in ending {
            self.gone(run.0);
        }
    }

    fn gone(&mut self, run: u32) -> Vec<Event> {
        let exit = Exit::Signal { signal: 15 };
        self.done(Actor::Office, CommandBody::Effect(EffectCommand::RunOver { run: RunId(run), exit, ended: None }))
    }

    /// Until something is due, which then is done.
    fn sleep(&mut self) -> Vec<Event> {
        self.now = self.office.next_deadline().unwrap().max(self.now);
        self.done(Actor::Office, CommandBody::Office(OfficeCommand::Tick))
    }

    fn count(&self, state: TaskState) -> usize {
        self.office.tasks.values().filter(|task| task.state == state).count()
    }

    fn limit(&self) -> LimitState {
        self.office.usage_limits[0].state
    }
}

fn begun(events: &[Event]) -> Vec<u32> {
    let run = |event: &Event| match event {
        Event::Run(RunEvent::Began { run }) => Some(run.id.0),
        _ => None,
    };
    events.iter().filter_map(run).collect()
}

#[test]
fn one_limit_parks_every_desk_of_its_account_and_nothing_is_started_until_it_is_over() {
    let mut it = Night::with(6, &["claude"]);
    it.limited(3, Some("2026-03-02T03:00:00.000Z"));
    assert_eq!(it.count(TaskState::Parked), 6);
    let hold = it.office.tasks[&TaskId(1)].hold.clone().unwrap();
    assert_eq!((hold.reason, hold.until), (HoldReason::UsageLimit, Some("2026-03-02T03:00:00.000Z".parse().unwrap())));
    assert_eq!(hold.release, "office engine resume claude");
    it.ended();
    assert_eq!(it.office.runs.len(), 6, "six tasks are ready, and no desk takes one");
    let view = it.office.desk_view(&it.office.desks[&DeskId(1)]);
    assert_eq!(view.state, DeskState::Limited);
    assert!(view.evidence.contains("until 2026-03-02T03:00:00.000Z"), "{}", view.evidence);
    assert_eq!(it.office.status(it.now).usage_limits.len(), 1);
}

#[test]
fn once_it_is_over_one_goes_first_and_the_others_follow_one_by_one_when_it_got_an_answer() {
    let mut it = Night::with(6, &["claude"]);
    it.limited(3, Some("2026-03-02T03:00:00.000Z"));
    it.ended();
    let first = begun(&it.sleep());
    assert_eq!(it.now.to_string(), "2026-03-02T03:00:05.000Z");
    assert_eq!(first.len(), 1, "{first:?}");
    assert_eq!(it.limit(), LimitState::HalfOpen { trial: Some(RunId(first[0])) });
    assert_eq!(it.count(TaskState::Parked), 5);
    it.works(first[0]);
    assert_eq!(it.count(TaskState::Parked), 5, "that it works is no answer yet");
    it.answered(first[0]);
    assert_eq!(it.count(TaskState::Parked), 0);
    let over = it.now;
    let mut starts = vec![first[0]];
    while starts.len() < 6 {
        let more = begun(&it.sleep());
        assert!(more.len() <= 1, "one by one: {more:?}");
        starts.extend(more);
    }
    assert_eq!(it.now.seconds_since(over), 50, "ten seconds between two");
    let again: Vec<TaskId> = starts.iter().filter_map(|run| it.office.runs[&RunId(*run)].task).collect();
    assert_eq!(again.iter().filter(|task| task.0 <= 6).count(), 6, "what was begun goes first: {again:?}");
}

#[test]
fn a_trial_that_is_limited_again_waits_again_and_one_that_ends_makes_room() {
    let mut it = Night::with(2, &["claude"]);
    it.limited(1, Some("2026-03-02T03:00:00.000Z"));
    it.ended();
    let first = begun(&it.sleep())[0];
    it.limited(first, Some("2026-03-02T08:00:00.000Z"));
    assert_eq!((it.limit(), it.count(TaskState::Parked)), (LimitState::Closed, 2));
    it.ended();
    let second = begun(&it.sleep())[0];
    assert_eq!(it.now.to_string(), "2026-03-02T08:00:05.000Z");
    let events = it.gone(second);
    assert_eq!(begun(&events).len(), 1, "it said nothing of the limit, so the next one tries: {events:?}");
}

#[test]
fn a_limit_without_an_end_is_doubted_then_tried_after_ever_longer_waits_and_its_end_is_never_invented() {
    let mut it = Night::with(2, &["claude"]);
    it.limited(1, None);
    assert_eq!((it.limit(), it.count(TaskState::Parked)), (LimitState::Doubtful, 0), "its engine tries by itself");
    it.sleep();
    assert_eq!(
        (it.now.to_string().as_str(), it.count(TaskState::Parked)),
        ("2026-03-01T22:02:00.000Z", 1),
        "the other works on"
    );
    assert_eq!(it.office.usage_limits[0].until, None);
    let mut waits = Vec::new();
    let mut run = 1;
    for _ in 0..6 {
        it.gone(run);
        let before = it.now;
        let events = it.sleep();
        waits.push(it.now.seconds_since(before));
        run = begun(&events)[0];
        it.limited(run, None);
    }
    assert_eq!(waits, [300, 600, 1200, 2400, 3600, 3600]);
}

#[test]
fn an_engine_that_gets_over_it_by_itself_parks_nothing() {
    let mut it = Night::with(2, &["claude"]);
    it.limited(1, None);
    it.gone(2);
    assert_eq!(it.office.runs.len(), 2, "nothing is begun while that is open");
    it.works(1);
    assert!(matches!(it.limit(), LimitState::Over { .. }));
    assert_eq!(begun(&it.sleep()).len(), 1);
    assert_eq!(it.count(TaskState::Parked), 0);
}

#[test]
fn where_the_role_names_another_engine_work_goes_on_with_that() {
    let mut it = Night::with(1, &["claude", "codex"]);
    it.limited(1, Some("2026-03-02T03:00:00.000Z"));
    it.ended();
    let run = it.office.runs.values().last().unwrap();
    assert_eq!((run.task, run.engine.0.as_str()), (Some(TaskId(1)), "codex"));
    assert_eq!(it.count(TaskState::Parked), 0);
    // The second has a limit, too.
    let id = run.id.0;
    it.limited(id, Some("2026-03-02T01:00:00.000Z"));
    it.ended();
    assert_eq!(it.count(TaskState::Parked), 1);
    assert_eq!(begun(&it.sleep()).len(), 1);
    assert_eq!(it.now.to_string(), "2026-03-02T01:00:05.000Z");
}

#[test]
fn its_owner_tries_it_at_once_or_switches_all_of_it_off() {
    let mut it = Night::with(2, &["claude"]);
    it.limited(1, Some("2026-03-02T03:00:00.000Z"));
    it.ended();
    let engine = EngineName("claude".to_owned());
    let events = it.done(Actor::Owner, CommandBody::Office(OfficeCommand::ResumeEngine { engine: engine.clone() }));
    assert_eq!(begun(&events).len(), 1);
    let command = Command {
        id: CommandId("d".to_owned()),
        actor: Actor::Owner,
        body: CommandBody::Office(OfficeCommand::ResumeEngine { engine: EngineName("codex".to_owned()) }),
    };
    let refusal = decide(&it.office, &command, it.now).unwrap_err();
    assert_eq!(refusal.message, "codex is at no usage limit");

    let mut off = Night::with(2, &["claude"]);
    off.office.settings.wait_out_limits = false;
    off.limited(1, Some("2026-03-02T03:00:00.000Z"));
    assert_eq!((off.count(TaskState::Parked), off.office.usage_limits.len()), (0, 0));
}

#[test]
fn a_limit_outlives_a_restart() {
    let mut it = Night::with(2, &["claude"]);
    it.limited(1, Some("2026-03-02T03:00:00.000Z"));
    let mut facts = serde_json::to_value(it.office.facts()).unwrap();
    facts["noun"] = json!("office");
    let again = Office::from_rows(vec![noun(facts)], Vec::new());
    assert_eq!(again.usage_limits, it.office.usage_limits);
    assert_eq!(again.next_deadline().unwrap().to_string(), "2026-03-02T03:00:05.000Z");
}
