//! Splitting a task: its parts are tasks of their own, may wait for one another, and the task waits for all of them.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use specta::Type;

use crate::event::Event;
use crate::ids::TaskId;
use crate::office::Office;
use crate::refusal::{Code, Refusal};
use crate::task::ask::{NewTask, TaskEdit};
use crate::task::written::{edited, written};
use crate::task::{Deliverable, TaskEvent, TaskState};
use crate::time::At;

/// Parts of one split.
const PARTS_MAX: usize = 30;

/// One part.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
pub struct Part {
    /// As it is written; its project is that of the task.
    pub new: NewTask,
    /// Other parts that must be done before, by their places in the list, from 0.
    #[serde(default)]
    pub after: Vec<u32>,
}

/// Decides a split.
pub(super) fn split(office: &Office, task: TaskId, parts: &[Part], now: At) -> Result<Vec<Event>, Refusal> {
    let it = office.task(task)?;
    let waiting = [TaskState::Draft, TaskState::Ready, TaskState::Queued, TaskState::Blocked, TaskState::Failed];
    if !waiting.contains(&it.state) {
        return Err(super::ask::wrong_state(it, "split"));
    }
    if !(2..=PARTS_MAX).contains(&parts.len()) {
        let message = format!("a task is split into 2 to {PARTS_MAX} parts, not {}", parts.len());
        return Err(Refusal::new(Code::Limit, message, "split a part again where it is too large"));
    }
    let first = office.next.task.0;
    let id_of = |at: u32| TaskId(first + at);
    let mut deps: BTreeMap<TaskId, Vec<TaskId>> = BTreeMap::new();
    for (at, part) in (0..).zip(parts) {
        let mut waits = part.new.depends_on.clone();
        for other in &part.after {
            if usize::try_from(*other).is_ok_and(|other| other < parts.len()) {
                waits.push(id_of(*other));
            } else {
                let message = format!("part {at} waits for part {other}, which is not there");
                return Err(Refusal::invalid(message, "parts are counted from 0"));
            }
        }
        deps.insert(id_of(at), waits);
    }
    let mut own = it.depends_on.clone();
    own.extend(deps.keys());
    deps.insert(task, own.clone());
    no_cycle(office, &deps)?;
    let mut events = Vec::new();
    for (at, part) in (0..).zip(parts) {
        // What is kept back is kept back in all its parts.
        let draft = part.new.draft || it.state == TaskState::Draft;
        let mut made = written(office, &NewTask { project: it.project, draft, ..part.new.clone() }, now)?;
        let waits: BTreeSet<TaskId> = deps.get(&id_of(at)).into_iter().flatten().copied().collect();
        made.id = id_of(at);
        made.waiting_for = waits
            .iter()
            .copied()
            .filter(|id| office.tasks.get(id).is_none_or(|known| known.state != TaskState::Done))
            .collect();
        made.depends_on = waits.into_iter().collect();
        events.push(Event::Task(TaskEvent::Added { task: Box::new(made) }));
    }
    let mut parent = edited(office, it, &TaskEdit::default())?;
    own.sort_unstable();
    own.dedup();
    parent.waiting_for = own
        .iter()
        .copied()
        .filter(|id| office.tasks.get(id).is_none_or(|known| known.state != TaskState::Done))
        .collect();
    parent.depends_on = own;
    // What its parts changed is merged with them; to say that together they do it, nothing needs to change.
    if it.workplace.is_none() {
        parent.deliverable = Deliverable::Finding;
    }
    events.push(Event::Task(TaskEvent::Edited { task: Box::new(parent) }));
    if it.state == TaskState::Failed {
        events.push(Event::Task(TaskEvent::Reopened { task, note: None }));
    }
    Ok(events)
}

/// Refuses where something would wait for itself.
fn no_cycle(office: &Office, deps: &BTreeMap<TaskId, Vec<TaskId>>) -> Result<(), Refusal> {
    for start in deps.keys() {
        let mut open: Vec<TaskId> = deps.get(start).cloned().unwrap_or_default();
        let mut seen = BTreeSet::new();
        while let Some(next) = open.pop() {
            if next == *start {
                return Err(Refusal::new(
                    Code::Cycle,
                    format!("task #{start} would wait for itself"),
                    "leave out the dependency that leads back; nothing was written",
                ));
            }
            if seen.insert(next) {
                match deps.get(&next) {
                    Some(waits) => open.extend(waits),
                    None => open.extend(office.task(next)?.depends_on.iter()),
                }
            }
        }
    }
    Ok(())
}
