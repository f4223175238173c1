//! What agents may do beside their own task, what wakes whom, and where it ends: on values, without an office that runs.

#![allow(clippy::unwrap_used, reason = "an office that cannot be made fails its test")]

use office_core::office::OfficeEvent;
use office_core::role::{Engine, May, Occasion, Role, WakeOn};
use office_core::task::TaskEvent;
use office_core::{
    Actor, At, Code, Command, CommandBody, CommandId, DeskId, Envelope, Event, Noun, Office, Refusal, RunId, Seq,
    TaskId, TaskState, assign, wake,
};
use serde_json::{Value, json};

const START: i64 = 1_772_402_400_000;

/// An office of values, and the time in it.
struct World {
    office: Office,
    seconds: i64,
    woken: Vec<(String, Option<String>)>,
}

fn role(name: &str, may: &[May], wakes_on: &[Occasion]) -> Role {
    let wakes_on = wakes_on.iter().map(|on| WakeOn { on: *on, kind: None, role: None }).collect();
    let engines = vec!["robot".into()];
    Role { name: name.into(), title: name.to_owned(), engines, may: may.to_vec(), wakes_on, ..Role::default() }
}

impl World {
    /// Desk `n` (from 1) holds the `n`th role and works on task `n`, as run `n`.
    fn with(roles: Vec<Role>) -> Self {
        let project = json!({ "noun": "project", "id": 1, "name": "p", "path": "/p", "base_branch": "main", "prefix": "office",
            "settings": {}, "acceptance": "owner", "notes": [], "base_checks": {}, "removed": false });
        let office = Office::from_rows(vec![serde_json::from_value::<Noun>(project).unwrap()], Vec::new());
        let mut world = Self { office, seconds: 0, woken: Vec::new() };
        let robot = json!({ "name": "robot", "title": "Robot", "found": true, "note": "", "needs_command": false });
        let robot: Engine = serde_json::from_value(robot).unwrap();
        world.office.engines.insert("robot".into(), robot);
        let names: Vec<_> = roles.iter().map(|role| role.name.clone()).collect();
        world.office.roles = roles.into_iter().map(|role| (role.name.clone(), role)).collect();
        world.office.next.desk = DeskId(1);
        world.office.next.task = TaskId(1);
        world.office.next.run = RunId(1);
        for (n, name) in (1..).zip(names) {
            world.owner(
                json!({ "noun": "desk", "do": "add", "name": format!("desk-{n}"), "role": name, "project": null,
                "engine": null, "command": null, "auto": false }),
            );
            world.owner(json!({ "noun": "task", "do": "add", "new": { "project": 1, "title": format!("task {n}"), "role": name } }));
            world.owner(json!({ "noun": "task", "do": "assign", "task": n, "desk": n }));
            assert_eq!(world.task(n).lease, Some(RunId(n)));
        }
        world
    }

    fn task(&self, id: u32) -> &office_core::Task {
        &self.office.tasks[&TaskId(id)]
    }

    fn now(&self) -> At {
        At::from_millis(START + self.seconds * 1000)
    }

    /// As the loop does: what follows by itself is decided with it.
    fn say(&mut self, actor: Actor, body: Value) -> Result<Vec<Event>, Refusal> {
        self.seconds += 1;
        let body: CommandBody = serde_json::from_value(body).unwrap();
        let cause = CommandId(format!("c{}", self.seconds));
        let command = Command { id: cause, actor, body };
        let events = office_core::decide(&self.office, &command, self.now())?;
        Ok(self.happen(actor, events))
    }

    fn happen(&mut self, actor: Actor, events: Vec<Event>) -> Vec<Event> {
        let (now, mut open, mut all) = (self.now(), events, Vec::new());
        while !open.is_empty() {
            let fresh: Vec<Envelope> = open
                .drain(..)
                .map(|event| {
                    let cause = CommandId("c".to_owned());
                    let it = Envelope { seq: Seq(self.office.seq.0 + 1), at: now, actor, cause, event };
                    self.office.apply(&it);
                    it
                })
                .collect();
            open = wake::consequences(&self.office, &fresh, now);
            if open.is_empty() {
                open = assign::next_start(&self.office, now).unwrap_or_default();
            }
            all.extend(fresh.into_iter().map(|it| it.event));
        }
        for event in &all {
            if let Event::Office(OfficeEvent::Woken { wake }) = event {
                self.woken.push((wake.role.0.clone(), wake.cut.clone()));
            }
        }
        all
    }

    fn owner(&mut self, body: Value) -> Vec<Event> {
        self.say(Actor::Owner, body).unwrap()
    }

    fn agent(&mut self, n: u32, body: Value) -> Result<Vec<Event>, Refusal> {
        self.say(Actor::Agent { desk: DeskId(n), run: RunId(n) }, body)
    }

    fn fail(&mut self, task: u32) {
        let (id, run) = (TaskId(task), RunId(900 + task));
        let mut events = Vec::new();
        if !self.task(task).state.at_work() {
            events.push(Event::Task(TaskEvent::Started { task: id, desk: DeskId(1), run }));
        }
        events.push(Event::Task(TaskEvent::Failed { task: id, why: "red".to_owned() }));
        self.happen(Actor::Office, events);
    }
}

fn add(title: &str) -> Value {
    json!({ "noun": "task", "do": "add", "new": { "project": 1, "title": title } })
}

#[test]
fn what_a_role_may_not_is_refused_with_the_reason_and_with_who_may() {
    let all = [May::CreateTasks, May::Assign, May::Hire, May::Hold];
    let mut it = World::with(vec![role("lead", &all, &[]), role("hand", &[], &[])]);
    let hire = json!({ "noun": "desk", "do": "add", "name": "eve", "role": "hand", "project": null, "engine": null,
        "command": null, "auto": true });
    let hold = json!({ "noun": "office", "do": "hold", "run": "make restart", "task": 1, "why": "not merged" });
    for (body, what) in [
        (add("x"), "create tasks"),
        (json!({ "noun": "task", "do": "release", "task": 1 }), "assign"),
        (hire, "hire"),
        (hold, "hold"),
    ] {
        let refusal = it.agent(2, body.clone()).unwrap_err();
        assert_eq!(refusal.code, Code::NotAllowed);
        assert_eq!(refusal.message, format!("the role 'hand' may not {what}"));
        assert!(refusal.detail.contains("lead"), "it says who may: {refusal:?}");
        if what != "assign" {
            it.agent(1, body).unwrap();
        }
    }
    // Nobody gives another more than they may themselves, and none but the owner brings a command line.
    let mut more = World::with(vec![role("boss", &[May::Hire], &[]), role("lead", &all, &[])]);
    let lead = json!({ "noun": "desk", "do": "add", "name": "eve", "role": "lead", "project": null, "engine": null,
        "command": null, "auto": true });
    assert!(more.agent(1, lead.clone()).unwrap_err().message.contains("whoever hires it may not"));
    let mut own = lead;
    (own["role"], own["command"]) = (json!("boss"), json!("sh -c anything"));
    assert_eq!(more.agent(1, own).unwrap_err().code, Code::NotAllowed);
    // That a role comes when it is woken is nothing it may do to others.
    let mut visited = World::with(vec![role("boss", &[May::Hire, May::Review], &[])]);
    let guest = role("qa", &[May::Review, May::Visit], &[]);
    visited.office.roles.insert(guest.name.clone(), guest);
    let hire = json!({ "noun": "desk", "do": "add", "name": "eve", "role": "qa", "project": null, "engine": null,
        "command": null, "auto": true });
    visited.agent(1, hire).unwrap();
}

#[test]
fn a_run_that_is_over_says_nothing_more() {
    let mut it = World::with(vec![role("lead", &[May::CreateTasks, May::Hold], &[])]);
    let ended = office_core::run::RunEvent::Ended {
        run: RunId(1),
        exit: office_core::run::Exit::Code { code: 1 },
        ended: None,
    };
    it.happen(Actor::Office, vec![Event::Run(ended)]);
    assert_eq!(it.agent(1, add("x")).unwrap_err().code, Code::StaleLease);
    let hold = json!({ "noun": "office", "do": "hold", "run": "make restart", "task": 1, "why": "x" });
    assert_eq!(it.agent(1, hold).unwrap_err().code, Code::StaleLease);
    let lease = json!({ "noun": "office", "do": "lease_paths", "paths": ["src/**"] });
    assert_eq!(it.agent(1, lease).unwrap_err().code, Code::StaleLease);
}

#[test]
fn ten_thousand_tasks_of_a_coordinator_end_at_a_limit_that_is_said() {
    let mut it = World::with(vec![role("lead", &[May::CreateTasks], &[])]);
    let mut written = 0;
    let refusal = loop {
        match it.agent(1, add(&format!("t{written}"))) {
            Ok(_) => written += 1,
            Err(refusal) => break refusal,
        }
    };
    assert_eq!((written, refusal.code), (office_core::team::TASKS_PER_RUN, Code::Limit));
    assert!(refusal.message.contains("100 is the most"), "{refusal:?}");
    // A split is as many tasks as it has parts.
    let parts: Vec<_> = (0..2).map(|n| json!({ "new": { "project": 1, "title": format!("p{n}") } })).collect();
    let split = json!({ "noun": "task", "do": "split", "task": 2, "parts": parts });
    assert_eq!(it.agent(1, split).unwrap_err().code, Code::Limit);
    assert_eq!(it.task(2).state, TaskState::Draft, "who may not assign writes drafts");
}

#[test]
fn an_agent_never_writes_itself_out_of_a_review() {
    let mut it = World::with(vec![role("lead", &[May::CreateTasks, May::Assign], &[])]);
    for (asked, written) in [(json!(false), None), (json!(true), Some(true))] {
        let mut new = add("x");
        new["new"]["review"] = asked;
        it.agent(1, new).unwrap();
        assert_eq!(it.office.tasks.values().next_back().unwrap().review_wanted, written);
    }
}

#[test]
fn parts_of_a_task_never_wait_for_one_another_in_a_circle() {
    let mut it = World::with(vec![role("lead", &[May::CreateTasks, May::Assign], &[])]);
    it.owner(add("big"));
    let parts = |after: [&[u32]; 3]| {
        let part = |after: &[u32]| json!({ "new": { "project": 1, "title": "part" }, "after": after });
        json!({ "noun": "task", "do": "split", "task": 2, "parts": after.map(part) })
    };
    let round = it.agent(1, parts([&[2], &[0], &[1]])).unwrap_err();
    assert_eq!((round.code, it.office.tasks.len()), (Code::Cycle, 2), "nothing was written");
    let itself = it.agent(1, parts([&[0], &[], &[]])).unwrap_err();
    assert_eq!(itself.code, Code::Cycle);
    assert!(it.agent(1, parts([&[7], &[], &[]])).unwrap_err().message.contains("not there"));
    it.agent(1, parts([&[], &[0], &[0, 1]])).unwrap();
    assert_eq!(it.task(2).waiting_for, [TaskId(3), TaskId(4), TaskId(5)]);
    assert_eq!(it.task(5).waiting_for, [TaskId(3), TaskId(4)]);
    // A part that waits for what waits for the whole.
    it.owner(json!({ "noun": "task", "do": "add", "new": { "project": 1, "title": "after", "depends_on": [2] } }));
    let mut back = parts([&[], &[], &[]]);
    back["task"] = json!(5);
    back["parts"][0]["new"]["depends_on"] = json!([6]);
    assert_eq!(it.agent(1, back).unwrap_err().code, Code::Cycle);
}

#[test]
fn paths_are_one_runs_until_it_ends() {
    let mut it = World::with(vec![role("one", &[], &[]), role("two", &[], &[])]);
    let lease = |paths: &[&str]| json!({ "noun": "office", "do": "lease_paths", "paths": paths });
    it.agent(1, lease(&["src/**"])).unwrap();
    assert_eq!(it.agent(1, lease(&["src/**"])).unwrap().len(), 0, "the same again is nothing new");
    let held = it.agent(2, lease(&["src/a.rs"])).unwrap_err();
    assert!(held.code == Code::Held && held.message.contains("desk-1 has 'src/**' for task #1"), "{held:?}");
    for bad in ["/etc/passwd", "../x", "", "a\u{7}b"] {
        assert_eq!(it.agent(2, lease(&[bad])).unwrap_err().code, Code::Invalid, "{bad}");
    }
    let ended = office_core::run::RunEvent::Ended {
        run: RunId(1),
        exit: office_core::run::Exit::Code { code: 1 },
        ended: None,
    };
    it.happen(Actor::Office, vec![Event::Run(ended)]);
    it.agent(2, lease(&["src/a.rs"])).unwrap();
}

#[test]
fn a_failed_task_wakes_the_coordinator_once_who_leaves_after_it() {
    let mut it = World::with(vec![role("hand", &[], &[]), role("lead", &[May::Visit], &[Occasion::TaskFailed])]);
    it.fail(1);
    assert_eq!(it.woken, [("lead".to_owned(), None)]);
    let guest = it.office.desks.values().find(|desk| desk.only.is_some()).unwrap().clone();
    let (made, desk) = (guest.only.unwrap(), guest.id);
    assert!(it.task(made.0).lease.is_some(), "it began at once");
    // It does that one thing and takes nothing else, by itself or by hand.
    it.owner(json!({ "noun": "task", "do": "add", "new": { "project": 1, "title": "more", "role": "lead" } }));
    let more = it.office.tasks.keys().next_back().unwrap().0;
    let other = it.say(Actor::Owner, json!({ "noun": "task", "do": "assign", "task": more, "desk": desk }));
    assert!(other.unwrap_err().message.contains("alone"));
    let run = it.task(made.0).lease.unwrap();
    it.happen(Actor::Office, vec![Event::Task(TaskEvent::Failed { task: made, why: "gave up".to_owned() })]);
    assert!(!it.office.desks[&desk].removed, "its program still ends");
    let ended = office_core::run::RunEvent::Ended { run, exit: office_core::run::Exit::Code { code: 1 }, ended: None };
    it.happen(Actor::Office, vec![Event::Run(ended)]);
    assert!(it.office.desks[&desk].removed, "it has left");
    assert_eq!(it.task(more).state, TaskState::Ready);
}

#[test]
fn nobody_comes_by_themselves_whose_role_does_not_say_so_and_a_desk_that_is_held_finds_its_task_later() {
    let mut it = World::with(vec![role("hand", &[], &[]), role("lead", &[], &[Occasion::TaskFailed])]);
    it.fail(1);
    assert!(it.woken.is_empty() && it.office.desks.len() == 2, "its desk takes nothing by itself");
    it.owner(json!({ "noun": "desk", "do": "add", "name": "lee", "role": "lead", "project": null, "engine": null,
        "command": null, "auto": true }));
    it.owner(json!({ "noun": "desk", "do": "pause", "desk": 3 }));
    it.owner(add("more"));
    let more = it.office.tasks.keys().next_back().unwrap().0;
    it.fail(more);
    assert_eq!((it.woken.len(), it.office.desks.len()), (1, 3), "nobody else was hired");
    let made = it.office.tasks.keys().next_back().unwrap().0;
    assert_eq!(it.task(made).state, TaskState::Ready);
    it.owner(json!({ "noun": "desk", "do": "resume", "desk": 3 }));
    assert_eq!(it.task(made).desk, Some(DeskId(3)));
}

#[test]
fn wakes_that_follow_from_one_another_end_and_the_end_is_seen() {
    let mut it = World::with(vec![role("hand", &[], &[]), role("lead", &[May::Visit], &[Occasion::TaskFailed])]);
    it.fail(1);
    // Each that is woken fails, which wakes the next.
    for _ in 0..10 {
        let open = it.office.tasks.values().find(|task| task.woken.is_some() && task.state != TaskState::Failed);
        let Some(id) = open.map(|task| task.id.0) else { break };
        it.fail(id);
    }
    let cuts: Vec<_> = it.woken.iter().filter_map(|(_, cut)| cut.clone()).collect();
    assert_eq!((it.woken.len() - cuts.len(), cuts.len()), (wake::CHAIN_MAX as usize, 1), "{:?}", it.woken);
    let seen = it.office.status(it.now());
    assert_eq!(seen.cut_off.len(), 1);
    assert!(seen.cut_off[0].cut.as_ref().unwrap().contains("led to one another"));
    it.seconds += 24 * 3600;
    assert!(it.office.status(it.now()).cut_off.is_empty(), "a day later it is history");
}

#[test]
fn what_happens_too_often_wakes_nobody_for_the_rest_of_the_hour() {
    let mut it = World::with(vec![role("hand", &[], &[]), role("lead", &[May::Visit], &[Occasion::TaskFailed])]);
    for n in 0..30 {
        it.owner(add(&format!("t{n}")));
        let id = it.office.tasks.keys().next_back().unwrap().0;
        it.fail(id);
    }
    let (cut, woken): (Vec<_>, Vec<_>) = it.woken.iter().partition(|(_, cut)| cut.is_some());
    assert_eq!((woken.len(), cut.len()), (wake::PER_HOUR, 1), "said once, not each time");
    it.seconds += 3600;
    it.owner(add("later"));
    let id = it.office.tasks.keys().next_back().unwrap().0;
    it.fail(id);
    assert_eq!(it.woken.last().unwrap().1, None, "an hour later it is woken again");
}

#[test]
fn who_leaves_something_blocked_goes_on_and_the_rest_is_a_task_that_waits_for_the_answer() {
    let mut it = World::with(vec![role("hand", &[], &[]), role("lead", &[May::Visit], &[Occasion::TaskBlocked])]);
    let running = TaskEvent::Running { task: TaskId(1), run: RunId(1) };
    it.happen(Actor::Office, vec![Event::Task(running)]);
    let blocked = json!({ "noun": "task", "do": "blocked", "task": 1, "done_so_far": "parser", "needs": "Node 22",
        "can_continue": true });
    it.agent(1, blocked.clone()).unwrap();
    assert_eq!((it.task(1).state, it.task(1).lease), (TaskState::Running, Some(RunId(1))), "it goes on");
    let rest = it.task(3).clone();
    assert_eq!((rest.state, rest.why.as_deref()), (TaskState::Blocked, Some("Node 22")));
    assert_eq!((rest.waiting_for, rest.by), (vec![TaskId(1)], Some(RunId(1))));
    assert!(rest.body.contains("parser"));
    assert!(it.office.status(it.now()).waits_for_you.iter().any(|line| line.id == TaskId(3)), "it is in the inbox");
    assert_eq!(it.woken, [("lead".to_owned(), None)]);
    assert_eq!(it.agent(1, blocked).unwrap().len(), 0, "said twice it is one");
    it.owner(json!({ "noun": "task", "do": "answer", "task": 3, "text": "it is there now" }));
    assert_eq!(it.task(3).state, TaskState::Ready);
}

#[test]
fn a_task_that_failed_and_is_split_waits_for_its_parts_and_reports_on_them() {
    let mut it = World::with(vec![role("hand", &[], &[])]);
    it.owner(add("big"));
    it.fail(2);
    let parts: Vec<_> = (0..2).map(|n| json!({ "new": { "project": 1, "title": format!("p{n}") } })).collect();
    it.owner(json!({ "noun": "task", "do": "split", "task": 2, "parts": parts }));
    let whole = it.task(2);
    assert_eq!((whole.state, whole.waiting_for.len()), (TaskState::Ready, 2));
    assert_eq!(serde_json::to_value(whole.deliverable).unwrap(), "finding", "an empty diff is no failure of it");
}
