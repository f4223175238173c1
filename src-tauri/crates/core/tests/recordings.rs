//! Which recordings go: oldest first, within a budget, and never the evidence of work that nobody has looked at.

#![allow(clippy::unwrap_used, reason = "an office that cannot be made fails its test")]

use std::collections::BTreeMap;

use office_core::office::OfficeCommand;
use office_core::recording::Budget;
use office_core::{Actor, At, Command, CommandBody, CommandId, Event, Noun, Office, RunId, TaskState};
use serde_json::{Value, json};

const ADDED: &str = "2026-03-01T22:00:00.000Z";

fn noun(value: Value) -> Noun {
    serde_json::from_value(value).unwrap()
}

/// Task and run of the same number; the run ended on that day of March.
fn worked(id: u32, state: &str, more: Value) -> [Noun; 2] {
    let task = json!({
        "noun": "task", "id": id, "project": 1, "title": "t", "body": "", "deliverable": "change", "checks": [],
        "priority": "normal", "depends_on": [], "waiting_for": [], "role": null, "attempts_max": 3, "attempts_used": 0,
        "time_limit_secs": null, "state": state, "desk": 1, "lease": null, "last_run": id, "workplace": null,
        "claim": null, "work": null, "results": [], "marks": [], "hold": null, "why": null, "notes": [],
        "progress": null, "accepted": null, "merged": null, "added": ADDED, "since": ADDED,
    });
    let mut run = json!({
        "noun": "run", "id": id, "desk": 1, "task": id, "project": 1, "engine": "shell", "attempt": 1, "state": "ended",
        "workplace": null, "pid": null, "began": ADDED, "launched": ADDED, "deadline": null,
        "ended": format!("2026-03-{id:02}T23:00:00.000Z"), "exit": { "kind": "code", "code": 0 }, "stop": null,
    });
    run.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    [noun(task), noun(run)]
}

fn office(nouns: Vec<[Noun; 2]>) -> Office {
    Office::from_rows(nouns.into_iter().flatten().collect(), Vec::new())
}

fn day(day: u32) -> At {
    format!("2026-03-{day:02}T23:30:00.000Z").parse().unwrap()
}

fn sizes(of: &[(u32, u32)]) -> BTreeMap<RunId, u32> {
    of.iter().map(|(run, kb)| (RunId(*run), *kb)).collect()
}

fn gone(office: &Office, sizes: &BTreeMap<RunId, u32>, budget: Budget) -> Vec<u32> {
    office.recordings(sizes, budget, day(20)).goes.iter().map(|it| it.run.0).collect()
}

const TINY: Budget = Budget { mb: Some(1), days: Some(1) };

#[test]
fn only_what_was_accepted_or_called_off_may_ever_go() {
    for state in TaskState::ALL {
        let office = office(vec![worked(1, state.as_str(), json!({}))]);
        let goes = !gone(&office, &sizes(&[(1, 9000)]), TINY).is_empty();
        assert_eq!(goes, matches!(state, TaskState::Done | TaskState::Cancelled), "{state}");
    }
}

#[test]
fn a_living_run_unsaved_work_of_a_session_and_an_unknown_folder_stay() {
    let live = worked(1, "cancelled", json!({ "state": "ending", "ended": null }));
    let own = json!({ "path": "/c/session-2", "branch": "office/session-2", "base": "b0" });
    let session = worked(2, "done", json!({ "task": null, "workplace": own }));
    let pruned = worked(3, "done", json!({ "pruned": ADDED }));
    let office = office(vec![live, session, pruned]);
    let report = office.recordings(&sizes(&[(1, 9000), (2, 9000), (3, 1), (77, 9000)]), TINY, day(20));
    assert_eq!((report.goes.len(), report.may_go_kb, report.used_kb), (0, 0, 27_001));
    assert_eq!(report.unsaved.iter().map(|it| (it.run.0, it.path.as_str())).collect::<Vec<_>>(), [(2, "/c/session-2")]);
    assert!(report.is_over(), "that more is kept than was said is not hidden");
}

#[test]
fn a_session_that_left_nothing_unsaved_is_kept_within_the_budget_as_others() {
    let place = |branch| json!({ "path": "/p", "branch": branch, "base": "" });
    let in_the_project = worked(1, "done", json!({ "task": null, "workplace": place("") }));
    let tidied = worked(2, "done", json!({ "task": null }));
    let open = worked(3, "done", json!({ "task": null, "state": "live", "ended": null }));
    let office = office(vec![in_the_project, tidied, open]);
    assert_eq!(gone(&office, &sizes(&[(1, 9000), (2, 9000), (3, 9000)]), TINY), [1, 2]);
}

#[test]
fn the_oldest_go_first_and_no_more_than_the_budget_asks_for() {
    let office = office((1..=4).map(|id| worked(id, if id == 2 { "in review" } else { "done" }, json!({}))).collect());
    let sizes = sizes(&[(1, 1000), (2, 1000), (3, 1000), (4, 1000)]);
    let keep = |mb| Budget { mb: Some(mb), days: None };
    assert_eq!(gone(&office, &sizes, keep(4)), [] as [u32; 0]);
    assert_eq!(gone(&office, &sizes, keep(3)), [1]);
    assert_eq!(gone(&office, &sizes, keep(2)), [1, 3], "what is in review is passed over");
    assert_eq!(gone(&office, &sizes, keep(1)), [1, 3, 4]);
    assert_eq!(
        gone(&office, &sizes, Budget { mb: None, days: Some(18) }),
        [1],
        "day 3 is not yet 18 days over on day 20"
    );
    assert_eq!(gone(&office, &sizes, Budget::default()), [] as [u32; 0]);
}

#[test]
fn what_was_opened_again_since_it_was_looked_at_is_passed_over() {
    let office = office(vec![worked(1, "done", json!({})), worked(2, "ready", json!({}))]);
    let ask = |actor, runs| {
        let body = CommandBody::Office(OfficeCommand::Prune { runs });
        office_core::decide(&office, &Command { id: CommandId("x".to_owned()), actor, body }, day(20))
    };
    let events = ask(Actor::Owner, vec![(RunId(1), 7), (RunId(2), 8), (RunId(99), 9)]).unwrap();
    let said = serde_json::to_value(&events).unwrap();
    assert_eq!(said, json!([{ "noun": "office", "type": "pruned", "runs": [1], "kb": 7 }]));
    assert_eq!(ask(Actor::Owner, vec![(RunId(2), 8)]).unwrap(), [] as [Event; 0]);
    let agent = Actor::Agent { desk: office_core::DeskId(1), run: RunId(1) };
    assert!(ask(agent, vec![(RunId(1), 7)]).is_err(), "an agent removes no evidence");
}
