//! What time and the end of a run do to what is held: its task is parked and the desk takes other work, it is denied where the
//! owner wished so, it is let go with its run. Time never approves anything.

use crate::approval::escalation;
use crate::approval::{Approval, ApprovalEvent, ApprovalState};
use crate::event::Event;
use crate::hold::{Hold, HoldReason};
use crate::ids::{RunId, TaskId};
use crate::office::Office;
use crate::run::{RunEvent, RunState, StopWhy};
use crate::task::{TaskEvent, TaskState};
use crate::time::At;

/// When the task of what waits is to be parked: while its agent holds on to it, and its task is at work.
fn parked_at(office: &Office, it: &Approval) -> Option<At> {
    let mins = office.settings.unattended.park_after_mins?;
    let run = office.runs.get(&it.run?).filter(|run| run.state == RunState::Live)?;
    let task = office.task_of_run(run.id).filter(|task| task.state == TaskState::Running)?;
    (it.state == ApprovalState::Waiting && it.parked.is_none() && it.task == Some(task.id))
        .then(|| it.joined.unwrap_or(it.asked).plus_seconds(mins.saturating_mul(60)))
}

fn denied_at(office: &Office, it: &Approval) -> Option<At> {
    office.settings.unattended.denied_at(it).filter(|_| it.state == ApprovalState::Waiting)
}

/// The next moment at which time does something to what is held.
pub fn next_due(office: &Office) -> Option<At> {
    office
        .waiting_approvals()
        .flat_map(|it| [parked_at(office, it), denied_at(office, it), escalation::at(office, it)])
        .flatten()
        .min()
}

/// What has become due by now.
pub fn passed(office: &Office, now: At) -> Vec<Event> {
    let mut events = Vec::new();
    let mut parks: Vec<RunId> = Vec::new();
    for it in office.waiting_approvals() {
        if denied_at(office, it).is_some_and(|at| at <= now) {
            let note = Some("nobody answered in the time that its owner set for such a thing".to_owned());
            let (rule, undo_until) = (None, None);
            events.push(Event::Approval(ApprovalEvent::Denied { approval: it.id, note, rule, undo_until }));
        } else if parked_at(office, it).is_some_and(|at| at <= now) {
            parks.extend(it.run.filter(|run| !parks.contains(run)));
        }
    }
    // One at a time: each takes the next number of a mail.
    let due = |it: &&Approval| escalation::at(office, it).is_some_and(|at| at <= now);
    if let Some(it) = office.waiting_approvals().find(due) {
        events.extend(escalation::told(office, it, now));
    }
    for run in parks {
        events.extend(park(office, run, now));
    }
    // What is denied while its task is parked lets that go on.
    let denied: Vec<_> = events.iter().filter_map(denied_of).collect();
    for id in denied {
        let unparked = office.approvals.get(&id).and_then(|it| unparked(office, it));
        events.extend(unparked);
    }
    events
}

fn denied_of(event: &Event) -> Option<crate::ids::ApprovalId> {
    match event {
        Event::Approval(ApprovalEvent::Denied { approval, .. }) => Some(*approval),
        _ => None,
    }
}

fn unparked(office: &Office, it: &Approval) -> Option<Event> {
    it.parked?;
    let task = office.tasks.get(&it.task?).filter(|task| task.state == TaskState::Parked)?;
    let waits = task.hold.as_ref().is_some_and(|hold| hold.reason == HoldReason::WaitsForYou);
    waits.then_some(Event::Task(TaskEvent::Unparked { task: task.id, note: None }))
}

/// The task is parked with all that is held for its run, and the run ends: checkout and conversation stay.
fn park(office: &Office, run: RunId, now: At) -> Vec<Event> {
    let Some(task) = office.task_of_run(run) else { return Vec::new() };
    let held: Vec<&Approval> = office.open_approvals().filter(|it| it.run == Some(run)).collect();
    let Some(first) = held.iter().find(|it| it.state == ApprovalState::Waiting) else { return Vec::new() };
    let release = format!("office approval approve {0}, or deny {0}", first.id);
    let hold = Hold { reason: HoldReason::WaitsForYou, since: now, until: None, release, what: None };
    let mut events = vec![
        Event::Task(TaskEvent::Parked { task: task.id, hold }),
        Event::Run(RunEvent::StopAsked { run, why: StopWhy::Parked }),
    ];
    let kept = held.iter().filter(|it| matches!(it.state, ApprovalState::Waiting | ApprovalState::Approved));
    events.extend(kept.map(|it| Event::Approval(ApprovalEvent::Parked { approval: it.id })));
    events
}

/// What is held for a run that is asked to end is not wanted any more; what it runs already goes on until it ends.
pub fn run_stopped(office: &Office, run: RunId) -> Vec<Event> {
    let_go(office, run, false)
}

/// A run is over: nobody is left to run what is held for it, or to say how what it ran has ended.
pub fn run_over(office: &Office, run: RunId) -> Vec<Event> {
    let_go(office, run, true)
}

fn let_go(office: &Office, run: RunId, over: bool) -> Vec<Event> {
    // What is parked waits for its task, not for its run.
    let of_run = office.open_approvals().filter(|it| it.run == Some(run) && it.parked.is_none());
    let event = |it: &Approval| match it.state {
        // The office does it, and says how it ended.
        ApprovalState::Running if it.deed.is_some() => None,
        ApprovalState::Running if over => Some(ApprovalEvent::Uncertain {
            approval: it.id,
            why: "its run ended before it said how the command ended; it is not repeated".to_owned(),
        }),
        ApprovalState::Running => None,
        _ => Some(ApprovalEvent::Withdrawn { approval: it.id, why: "its run was ended".to_owned() }),
    };
    of_run.filter_map(event).map(Event::Approval).collect()
}

/// A task needs nothing more: what was parked with it goes.
pub fn task_over(office: &Office, task: TaskId) -> Vec<Event> {
    let parked = office.open_approvals().filter(|it| it.task == Some(task) && it.parked.is_some());
    let why = || "its task went on without it".to_owned();
    let event = |it: &Approval| Event::Approval(ApprovalEvent::Withdrawn { approval: it.id, why: why() });
    parked.filter(|it| it.state != ApprovalState::Running).map(event).collect()
}
