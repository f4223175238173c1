//! The deterministic dispatcher: which task starts at which desk. It never depends on a model.
//! It runs after every command, so a free desk takes the next ready task at once and chains go on by themselves.

use std::collections::BTreeSet;

use crate::desk::Desk;
use crate::event::Event;
use crate::ids::{DeskId, TaskId};
use crate::office::Office;
use crate::project::Acceptance;
use crate::refusal::{Code, Refusal};
use crate::run::{Run, RunEvent};
use crate::task::ask::wrong_state;
use crate::task::{Deliverable, Task, TaskEvent, TaskState, review};
use crate::time::At;
use crate::usage_limit;

/// What the owner's assigning leads to: a start where the desk is free and the task can start, else a place in its queue.
pub fn by_hand(office: &Office, task: TaskId, desk: DeskId, now: At) -> Result<Vec<Event>, Refusal> {
    let it = office.task(task)?;
    let at = office.desk(desk)?;
    if !matches!(it.state, TaskState::Ready | TaskState::Queued) {
        return Err(wrong_state(it, "assigned"));
    }
    if let Some(project) = at.project.filter(|project| *project != it.project) {
        let home = office.project(project)?;
        return Err(Refusal::new(
            Code::NotAllowed,
            format!("desk '{}' works on project '{}' only", at.name, home.name),
            "choose another desk",
        ));
    }
    if let Some(role) = it.role.as_ref().filter(|role| **role != at.role) {
        return Err(Refusal::new(
            Code::NotAllowed,
            format!("task #{task} is for the role '{role}'; desk '{}' has the role '{}'", at.name, at.role),
            format!("choose a desk of that role, or add one: `office desk add --role {role}`"),
        ));
    }
    if let Some(only) = at.only.filter(|only| *only != task) {
        return Err(Refusal::new(
            Code::NotAllowed,
            format!("desk '{}' is there for task #{only} alone and leaves after it", at.name),
            "choose another desk",
        ));
    }
    if let Some(kinds) = office.refuses_kind(at, it) {
        let kind = it.kind.as_ref().map_or("of no kind".to_owned(), |kind| format!("of the kind '{kind}'"));
        return Err(Refusal::new(
            Code::NotAllowed,
            format!("task #{task} is {kind}; the role '{}' takes {}", at.role, kinds.join(", ")),
            format!("choose another desk, or say whose it is: `office task edit {task} --role {}`", at.role),
        ));
    }
    if let Some(why) = review::keeps_from(office, it, at) {
        return Err(Refusal::new(
            Code::NotAllowed,
            why,
            format!("choose another desk, or add one: `office desk add --role {}`", review::REVIEWER),
        ));
    }
    office.engine_of(at)?;
    let may_start = at.is_free()
        && office.hold.is_none()
        && can_start(office, it, at)
        && !office.has_no_budget(desk, it)
        && !office.starts_wait(at);
    Ok(if may_start {
        start(office, it, at, now)
    } else {
        vec![Event::Task(TaskEvent::Queued { task, desk, front: false })]
    })
}

/// What follows by itself from how things stand now: a step of a review, or a start. Called until it says none.
pub fn next(office: &Office, now: At) -> Option<Vec<Event>> {
    review::next(office, now).or_else(|| next_start(office, now))
}

/// The next start that can be made now, or none.
pub fn next_start(office: &Office, now: At) -> Option<Vec<Event>> {
    if office.hold.is_some() {
        return None;
    }
    for desk in office.desks.values().filter(|desk| desk.is_free()) {
        if office.engine_of(desk).is_err() || office.starts_wait(desk) {
            continue;
        }
        let queued = desk
            .queue
            .iter()
            .filter_map(|id| office.tasks.get(id))
            .find(|task| can_start(office, task, desk) && !office.has_no_budget(desk.id, task));
        if let Some(task) = queued {
            return Some(start(office, task, desk, now));
        }
        // What does not hold its agent is started by its owner's hand alone.
        if desk.auto
            && office.attended_only(desk).is_none()
            && let full = office.review_is_full()
            // Reviews make room.
            && let Some(task) = office.ready_tasks().find(|task| {
                (!full || task.reviews.is_some()) && may_take(office, task, desk)
            })
        {
            return Some(start(office, task, desk, now));
        }
    }
    None
}

/// Whether nothing keeps the task from starting. The run before it may still be ending, in the same checkout: a task never
/// runs twice at once.
fn can_start(office: &Office, task: &Task, desk: &Desk) -> bool {
    let before = task.last_run.and_then(|run| office.runs.get(&run));
    task.waiting_for.is_empty()
        && before.is_none_or(|run| !run.is_open())
        && review::keeps_from(office, task, desk).is_none()
}

fn may_take(office: &Office, task: &Task, desk: &Desk) -> bool {
    fits(task, desk)
        && office.refuses_kind(desk, task).is_none()
        && can_start(office, task, desk)
        && !office.has_no_budget(desk.id, task)
}

fn fits(task: &Task, desk: &Desk) -> bool {
    task.role.as_ref().is_none_or(|role| *role == desk.role)
        && desk.project.is_none_or(|project| project == task.project)
        && desk.only.is_none_or(|only| only == task.id)
}

fn start(office: &Office, task: &Task, desk: &Desk, now: At) -> Vec<Event> {
    let Ok(engine) = office.engine_of(desk) else { return Vec::new() };
    let begun = Run::begin(office.next.run, desk.id, task.project, engine, task.workplace.clone(), now);
    let run = Run { task: Some(task.id), attempt: task.attempts_used + 1, ..begun };
    let limit = usage_limit::started(office, &run.engine, run.id, now);
    let begun = [
        Event::Task(TaskEvent::Started { task: task.id, desk: desk.id, run: run.id }),
        Event::Run(RunEvent::Began { run }),
    ];
    begun.into_iter().chain(limit).collect()
}

impl Office {
    /// The kinds that the role of a desk takes, where this task is of none of them; one that names the role is its own.
    pub(crate) fn refuses_kind(&self, desk: &Desk, task: &Task) -> Option<&[String]> {
        let kinds = self.roles.get(&desk.role).map(|role| &role.scope.kinds[..]).filter(|kinds| !kinds.is_empty())?;
        let its = task.role.as_ref() == Some(&desk.role) || task.kind.as_ref().is_some_and(|kind| kinds.contains(kind));
        (!its).then_some(kinds)
    }

    /// Whether so many changes wait for review, or are on their way there, that nothing new is started by itself.
    pub fn review_is_full(&self) -> bool {
        let owner_accepts = |task: &&Task| {
            let project = self.projects.get(&task.project);
            project.is_none_or(|project| project.acceptance != Acceptance::Green)
        };
        let on_their_way = self.changes(&self.index.at_work).filter(owner_accepts).count();
        self.waiting_for_review() + on_their_way >= self.settings.review_limit as usize
    }

    /// How many changes wait for review.
    pub fn waiting_for_review(&self) -> usize {
        self.changes(&self.index.in_review).count()
    }

    fn changes<'a>(&'a self, ids: &'a BTreeSet<TaskId>) -> impl Iterator<Item = &'a Task> {
        ids.iter().filter_map(|id| self.tasks.get(id)).filter(|task| task.deliverable == Deliverable::Change)
    }

    /// Tasks that may start now, most important first.
    pub fn ready_tasks(&self) -> impl Iterator<Item = &Task> {
        self.index.ready.iter().filter_map(|(_, _, id)| self.tasks.get(id))
    }
}
