//! A desk is seen to be what it is, by a real cause and with its evidence. ui/tests/select.test.ts holds the window's twin to
//! the same cases.

#![allow(clippy::unwrap_used, reason = "an office that cannot be made fails its test")]

use office_core::seen::News;
use office_core::{DeskId, DeskState, Noun, Office, RunId};
use serde_json::{Value, json};

const AT: &str = "2026-03-01T22:00:00.000Z";

fn laid(mut base: Value, more: Value) -> Noun {
    base.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    serde_json::from_value(base).unwrap()
}

fn office(more: Value) -> Noun {
    let role = |engine: &str| json!({ "name": "r", "title": "r", "engines": [engine], "summary": "", "brief": "" });
    let engine = json!({ "name": "shell", "title": "Shell", "found": true, "note": "", "needs_command": false });
    let next = json!({ "project": 2, "desk": 2, "task": 9, "run": 9, "approval": 9 });
    let base = json!({
        "noun": "office", "name": "attic", "seq": 1, "next": next, "settings": { "review_limit": 10 }, "hold": null,
        "roles": { "engineer": role("shell"), "lost": role("gone") }, "engines": { "shell": engine },
    });
    laid(base, more)
}

fn desk(more: Value) -> Noun {
    let base = json!({
        "noun": "desk", "id": 1, "name": "ada", "role": "engineer", "project": null, "engine": null, "command": null,
        "hold": null, "run": null, "last_run": null, "queue": [], "auto": false, "removed": false,
    });
    laid(base, more)
}

fn task(id: u32, more: Value) -> Noun {
    let base = json!({
        "noun": "task", "id": id, "project": 1, "title": "t", "body": "", "deliverable": "change", "checks": [],
        "priority": "normal", "depends_on": [], "waiting_for": [], "role": null, "attempts_max": 3, "attempts_used": 0,
        "time_limit_secs": null, "state": "ready", "desk": 1, "lease": null, "last_run": 1, "workplace": null,
        "claim": null, "work": null, "results": [], "marks": [], "hold": null, "why": null, "notes": [],
        "progress": null, "accepted": null, "merged": null, "added": AT, "since": AT,
    });
    laid(base, more)
}

fn run(more: Value) -> Noun {
    let base = json!({
        "noun": "run", "id": 1, "desk": 1, "task": 1, "project": 1, "engine": "shell", "attempt": 1, "state": "ended",
        "workplace": null, "pid": null, "began": AT, "launched": AT, "deadline": null, "ended": AT,
        "exit": { "kind": "code", "code": 0 }, "stop": null,
    });
    laid(base, more)
}

fn seen(nouns: Vec<Noun>) -> (DeskState, String) {
    let office = Office::from_rows(nouns, Vec::new());
    let view = office.desk_view(&office.desks[&DeskId(1)]);
    (view.state, view.evidence)
}

#[test]
fn each_state_has_its_cause() {
    use DeskState::{
        Crashed, Finished, Idle, Limited, Off, Paused, Reviewing, Starting, Thinking, WaitingForYou, Working,
    };
    let live = json!({ "run": 1 });
    let rests = json!({ "last_run": 1 });
    let hold = json!({ "reason": "desk_paused", "since": AT, "until": null, "release": "x" });
    let code = |code: i32| json!({ "exit": { "kind": "code", "code": code } });
    let lost = json!({ "exit": { "kind": "lost" } });
    let nothing = json!({});
    let state = |word: &str| json!({ "state": word });
    let signals = |word: &str| {
        let seen = json!({ "state": word, "evidence": "hook StopFailure", "since": AT, "until": AT });
        json!({ "state": "live", "pid": 7, "seen": seen })
    };
    let cases = [
        (Starting, "its checkout is made", &live, state("starting"), state("preparing")),
        (Starting, "its engine is started", &live, state("starting"), state("launching")),
        (Working, "process 7 runs", &live, state("running"), json!({ "state": "live", "pid": 7 })),
        (Limited, "hook StopFailure; until 2026-03-01T22", &live, state("running"), signals("limited")),
        (Thinking, "hook StopFailure", &live, state("running"), signals("thinking")),
        (Reviewing, "its work is collected", &live, state("checking"), signals("thinking")),
        (Working, "its process is ended", &live, state("running"), state("ending")),
        (Reviewing, "its work is collected", &live, state("checking"), state("live")),
        (Reviewing, "its work is collected", &rests, state("checking"), nothing.clone()),
        (Finished, "#1 waits for review", &rests, state("in review"), nothing.clone()),
        (Finished, "#1 is accepted and is merged", &rests, state("merging"), nothing.clone()),
        (Idle, "nothing runs here", &rests, state("done"), nothing.clone()),
        (Idle, "nothing runs here; its last task #1 failed", &rests, state("failed"), code(0)),
        (Idle, "nothing runs here", &rests, json!({ "state": "in review", "last_run": 2 }), nothing.clone()),
        (Crashed, "#1 failed; exit code 2", &rests, state("failed"), code(2)),
        (Crashed, "#1: its process was lost with the office", &rests, state("interrupted"), lost.clone()),
        (Idle, "nothing runs here", &rests, state("done"), lost),
        (
            WaitingForYou,
            "#1 needs: a password",
            &rests,
            json!({ "state": "blocked", "why": "a password\nnow" }),
            nothing.clone(),
        ),
        (Paused, "paused by its owner", &json!({ "hold": hold, "last_run": 1 }), state("in review"), nothing.clone()),
        (Off, "there is no engine 'gone'", &json!({ "role": "lost" }), nothing.clone(), nothing.clone()),
        (Off, "removed", &json!({ "removed": true }), nothing.clone(), nothing.clone()),
    ];
    for (expected, evidence, d, t, r) in cases {
        let (state, said) = seen(vec![office(nothing.clone()), desk(d.clone()), task(1, t.clone()), run(r)]);
        assert_eq!((state, said.starts_with(evidence)), (expected, true), "{said:?} for {d} {t}");
    }
}

#[test]
fn a_desk_whose_engine_does_not_hold_its_agent_takes_nothing_by_itself_and_says_so() {
    let gate = json!({ "is": "soft", "why": "it acts" });
    let robot =
        json!({ "name": "shell", "title": "Robot", "found": true, "note": "", "needs_command": false, "gate": gate });
    let here =
        |auto: bool| seen(vec![office(json!({ "engines": { "shell": robot } })), desk(json!({ "auto": auto }))]).1;
    assert_eq!(here(true), "nothing runs here; takes no task by itself: Robot is soft: it acts");
    assert_eq!(here(false), "nothing runs here");
}

#[test]
fn two_desks_never_lead_one_conversation_whatever_their_agents_say() {
    let one = run(json!({ "state": "live", "session": "s" }));
    let two = run(json!({ "id": 2, "desk": 2, "task": null, "state": "live" }));
    let office = Office::from_rows(vec![office(json!({})), desk(json!({ "run": 1 })), one, two], Vec::new());
    let says = |run: RunId, session: &str| {
        let news = News { session: Some(session.to_owned()), ..News::default() };
        office_core::seen::decide(&office, run, &news, AT.parse().unwrap()).len()
    };
    assert_eq!((says(RunId(2), "s"), says(RunId(2), "t"), says(RunId(1), "s")), (0, 1, 0));
}

#[test]
fn a_held_command_is_what_its_desk_waits_for() {
    for (state, expected) in [("waiting", DeskState::WaitingForYou), ("running", DeskState::Working)] {
        let shown = format!("git push {}", "x".repeat(200));
        let held = laid(
            json!({
                "noun": "approval", "id": 3, "run": 1, "desk": 1, "task": 1, "argv": ["git", "push"], "shown": shown,
                "cwd": "/desk", "reason": null, "asked": AT, "answered": null, "note": null, "exit": null, "since": AT,
            }),
            json!({ "state": state }),
        );
        let live = run(json!({ "state": "live", "pid": 7 }));
        let (state, said) = seen(vec![
            office(json!({})),
            desk(json!({ "run": 1 })),
            task(1, json!({ "state": "running" })),
            live,
            held,
        ]);
        assert_eq!(state, expected);
        let cut = format!("asks to run: git push {}…", "x".repeat(91));
        assert_eq!(said, if expected == DeskState::Working { "process 7 runs" } else { &cut });
    }
}

#[test]
fn a_desk_is_stuck_when_all_it_has_queued_waits_for_what_is_over() {
    let queue = || vec![office(json!({})), desk(json!({ "queue": [2, 3] }))];
    let waits = json!({ "waiting_for": [1] });
    let with = |state: &str, third: &Value| {
        let mut nouns = queue();
        nouns.extend([task(1, json!({ "state": state })), task(2, waits.clone()), task(3, third.clone())]);
        seen(nouns)
    };
    let stuck = "its next task #2 waits for #1, which is failed".to_owned();
    assert_eq!(with("failed", &waits), (DeskState::Stuck, stuck));
    assert_eq!(with("running", &waits).0, DeskState::Idle);
    assert_eq!(with("failed", &json!({})).0, DeskState::Idle);
}

#[test]
fn while_everything_is_stopped_every_desk_is_paused() {
    let hold = json!({ "reason": "stopped_by_owner", "since": AT, "until": null, "release": "office resume" });
    let (state, said) = seen(vec![office(json!({ "hold": hold })), desk(json!({}))]);
    assert_eq!((state, said.as_str()), (DeskState::Paused, "everything is stopped by its owner"));
}

#[test]
fn a_turn_that_ended_before_its_task_is_done_waits_for_somebody() {
    let said = json!({ "state": "idle", "evidence": "hook Stop", "since": AT });
    let took = |turns: u32| json!({ "input": 1, "output": 1, "cache_read": 0, "cache_write": 0, "micro_dollars": null, "turns": turns });
    let at = |turns: u32| {
        let live = run(json!({ "state": "live", "pid": 7, "seen": said, "spent": took(turns) }));
        seen(vec![office(json!({})), desk(json!({ "run": 1 })), task(1, json!({ "state": "running" })), live])
    };
    assert_eq!(at(0), (DeskState::Idle, "hook Stop".to_owned()));
    assert_eq!(at(1), (DeskState::WaitingForYou, "its turn ended, and #1 is not done".to_owned()));
}

#[test]
fn a_run_goes_on_with_exactly_the_last_conversation_on_its_task() {
    use office_core::RunId;
    use office_core::run::{Begins, begins};
    let place = json!({ "path": "/desk/1", "branch": "b", "base": "0" });
    let of = |id: u32, more: Value| {
        let base = json!({ "id": id, "workplace": place, "exit": { "kind": "signal", "signal": 9 } });
        let Noun::Run(run) = laid(serde_json::to_value(run(base)).unwrap(), more) else { panic!("a run") };
        run
    };
    let now = of(9, json!({ "state": "launching", "exit": null }));
    let after = |earlier: Vec<Value>| {
        let runs = earlier.into_iter().zip(1..).map(|(more, id)| Noun::Run(of(id, more)));
        let office = Office::from_rows(runs.chain([Noun::Run(now.clone())]).collect(), Vec::new());
        begins(&office, &now)
    };
    let talk = |session: &str| json!({ "session": session });
    let goes_on = |of: u32, session: &str| Begins::GoesOn { of: RunId(of), session: session.to_owned() };
    assert_eq!(after(vec![talk("a"), talk("b")]), goes_on(2, "b"));
    // One that never came to a turn has no conversation of its own.
    assert_eq!(after(vec![talk("a"), json!({})]), goes_on(1, "a"));
    let failed = |code: i32| json!({ "session": "a", "exit": { "kind": "code", "code": code } });
    assert_eq!(after(vec![failed(137)]), goes_on(1, "a"));
    let other = json!({ "session": "a", "workplace": { "path": "/desk/2", "branch": "b", "base": "0" } });
    for fresh in [failed(1), json!({ "session": "a", "engine": "codex" }), json!({ "session": "a", "task": 2 }), other]
    {
        assert_eq!(after(vec![fresh.clone()]), Begins::Fresh, "{fresh}");
    }
    let context = json!({ "used": 90, "size": 100 });
    let full = json!({ "session": "a", "spent": {
        "input": 0, "output": 0, "cache_read": 0, "cache_write": 0, "micro_dollars": null, "turns": 1, "context": context,
    } });
    assert_eq!(after(vec![full]), Begins::TakesOver { from: RunId(1) });
    // Somebody else leads it at this moment.
    assert_eq!(
        after(vec![talk("a"), json!({ "session": "a", "task": 3, "state": "live", "exit": null })]),
        Begins::Fresh
    );
}
