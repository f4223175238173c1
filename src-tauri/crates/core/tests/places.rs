//! The order in which tasks start, as their owner puts it; and what of a task may be edited when.

#![allow(clippy::unwrap_used, reason = "an office that cannot be made fails its test")]

use office_core::{Actor, Command, CommandBody, CommandId, Noun, Office, TaskId};
use serde_json::{Value, json};

const ADDED: &str = "2026-03-01T22:00:00.000Z";

fn task(id: u32, more: Value) -> Value {
    let mut task = json!({
        "noun": "task", "id": id, "project": 1, "title": "t", "body": "", "deliverable": "change", "checks": [],
        "priority": "normal", "depends_on": [], "waiting_for": [], "role": null, "attempts_max": 3, "attempts_used": 0,
        "time_limit_secs": 60, "state": "ready", "desk": null, "lease": null, "last_run": null, "workplace": null,
        "claim": null, "work": null, "results": [], "marks": [], "hold": null, "why": null, "notes": [],
        "progress": null, "accepted": null, "merged": null, "added": ADDED, "since": ADDED,
    });
    task.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    task
}

fn office(tasks: Vec<Value>) -> Office {
    let project = |id| {
        json!({ "noun": "project", "id": id, "name": format!("p{id}"), "path": "/p", "base_branch": "main",
            "prefix": "office", "settings": {}, "acceptance": "owner", "notes": [], "base_checks": {}, "removed": false })
    };
    let rows = [project(1), project(2)].into_iter().chain(tasks);
    Office::from_rows(rows.map(|row| serde_json::from_value::<Noun>(row).unwrap()).collect(), Vec::new())
}

fn ask(office: &mut Office, body: Value) -> Result<usize, String> {
    let body: CommandBody = serde_json::from_value(body).unwrap();
    let command = Command { id: CommandId("t".to_owned()), actor: Actor::Owner, body };
    let now = ADDED.parse().unwrap();
    let events = office_core::decide(office, &command, now).map_err(|refusal| refusal.message)?;
    let count = events.len();
    for event in events {
        let seq = office_core::Seq(office.seq.0 + 1);
        office.apply(&office_core::Envelope {
            seq,
            at: now,
            actor: Actor::Owner,
            cause: CommandId("t".to_owned()),
            event,
        });
    }
    Ok(count)
}

fn put(office: &mut Office, task: u32, other: u32, after: bool) -> Result<usize, String> {
    ask(office, json!({ "noun": "task", "do": "move", "task": task, "other": other, "after": after }))
}

fn order(office: &Office) -> Vec<u32> {
    office.ready_tasks().map(|task| task.id.0).collect()
}

#[test]
fn a_task_stands_where_it_was_put_however_often_and_takes_the_priority_of_its_neighbour() {
    let mut it =
        office((1..=5).map(|id| task(id, json!({ "priority": if id == 5 { "low" } else { "normal" } }))).collect());
    assert_eq!(order(&it), [1, 2, 3, 4, 5]);
    assert_eq!(put(&mut it, 5, 2, false), Ok(1), "one task is changed");
    assert_eq!(order(&it), [1, 5, 2, 3, 4]);
    put(&mut it, 1, 4, true).unwrap();
    assert_eq!(order(&it), [5, 2, 3, 4, 1]);
    // So often between the same two that there is no room left, and then they all get new room.
    let mut most = 0;
    for n in 0..200 {
        let (task, other) = if n % 2 == 0 { (2, 3) } else { (3, 2) };
        most = most.max(put(&mut it, task, other, false).unwrap());
        assert_eq!(order(&it), [5, task, other, 4, 1], "after {n}");
    }
    assert_eq!(most, 5);
    assert!(put(&mut it, 4, 4, false).unwrap_err().contains("before itself"));
    assert!(put(&mut it, 4, 9, false).unwrap_err().contains('9'));
}

#[test]
fn what_was_begun_keeps_its_project_and_deliverable_and_what_was_not_keeps_nothing() {
    let edit = |it: &mut Office, id: u32, edit: Value| {
        ask(it, json!({ "noun": "task", "do": "edit", "task": id, "edit": edit }))
    };
    let begun = json!({ "state": "failed", "last_run": 3 });
    let mut it = office(vec![task(1, json!({})), task(2, begun), task(3, json!({ "state": "done" }))]);
    edit(&mut it, 1, json!({ "project": 2, "deliverable": "finding", "time_limit_secs": 0 })).unwrap();
    let one = it.tasks[&TaskId(1)].clone();
    assert_eq!((one.project.0, one.time_limit_secs), (2, None));
    assert_eq!(serde_json::to_value(one.deliverable).unwrap(), "finding");
    assert!(edit(&mut it, 1, json!({ "role": "nobody" })).unwrap_err().contains("nobody"));
    assert!(edit(&mut it, 1, json!({ "project": 7 })).unwrap_err().contains('7'));
    for what in [json!({ "project": 2 }), json!({ "deliverable": "finding" })] {
        assert!(edit(&mut it, 2, what).unwrap_err().contains("was begun"));
    }
    assert!(put(&mut it, 1, 3, false).unwrap_err().contains("nothing waits"));
}
