//! The merge queue: in which order accepted changes of a project get onto its base, one after another, and what each waits for.
//! What a step comes to is in `task/landing.rs`. Deliberately no state of its own: tasks that are *merging* are the queue.

use serde::{Deserialize, Serialize};
use specta::Type;

use crate::effect::Effect;
use crate::hold::Hold;
use crate::ids::{ProjectId, TaskId};
use crate::office::Office;
use crate::refusal::{Code, Refusal};
use crate::task::{Deliverable, Task, TaskState};
use crate::time::At;

/// So many accepted changes of a project may wait to be merged.
pub const LONGEST: usize = 100;

/// Where a task of the queue stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum QueueStep {
    /// Others are before it, or something it depends on is not done.
    Waits,
    /// It is put on the base as it is.
    Merging,
    /// Checks run on the result.
    Checking,
    /// The base moves to what was checked.
    Advancing,
    /// The queue of its project is held.
    Held,
    /// It was accepted and could not be merged as things stood; its owner may have it tried again.
    Refused,
}

/// One line of the queue.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
pub struct QueueLine {
    /// Which task.
    pub task: TaskId,
    /// Its title.
    pub title: String,
    /// Of which project.
    pub project: ProjectId,
    /// Its place among those of its project, from 1; 0 for what is not in the queue any more.
    pub position: u32,
    /// Where it stands.
    pub step: QueueStep,
    /// What it waits for, in words.
    pub waits_for: String,
    /// Since when it was accepted.
    pub accepted: At,
}

/// The queue of one project at a glance.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
pub struct QueueView {
    /// Of which project.
    pub project: ProjectId,
    /// Its name.
    pub name: String,
    /// The branch it leads onto.
    pub base: String,
    /// Why nothing is merged for now, if so.
    pub hold: Option<Hold>,
    /// What is in it, and after that what was accepted and could not be merged.
    pub lines: Vec<QueueLine>,
}

impl Office {
    /// Accepted changes of a project that are not merged yet, in the order in which they will be.
    pub fn queue(&self, project: ProjectId) -> Vec<&Task> {
        let tasks = self.index.at_work.iter().filter_map(|id| self.tasks.get(id));
        let mut queue: Vec<&Task> = tasks
            .filter(|it| it.project == project && it.state == TaskState::Merging)
            .filter(|it| it.deliverable == Deliverable::Change)
            .collect();
        queue.sort_by_key(|it| (it.accepted, it.id));
        queue
    }

    /// Why nothing of a project is merged for now, if so.
    pub fn queue_hold(&self, project: ProjectId) -> Option<&Hold> {
        self.projects.get(&project).and_then(|project| project.queue_hold.as_ref())
    }

    /// Whether a step of bringing this task onto the base is being made right now.
    pub(crate) fn merges_now(&self, task: TaskId) -> bool {
        self.pending.values().any(|effect| step_of(effect) == Some(task))
    }

    /// Refuses what the queue has no room for.
    pub(crate) fn queue_has_room(&self, project: ProjectId) -> Result<(), Refusal> {
        if self.queue(project).len() < LONGEST {
            return Ok(());
        }
        Err(Refusal::new(
            Code::Limit,
            format!("{LONGEST} accepted changes of this project wait to be merged"),
            "`office queue list` says for what; accept this one when there is room",
        ))
    }
}

fn step_of(effect: &Effect) -> Option<TaskId> {
    match effect {
        Effect::Merge { task } | Effect::CheckResult { task } => Some(*task),
        _ => None,
    }
}

/// What is to be done next, in every project where nothing is being done: one step of one task each. A task that depends on
/// another which is not done lets those behind it go first.
pub(crate) fn due(office: &Office) -> Vec<Effect> {
    let of = |id: TaskId| office.tasks.get(&id).filter(|it| it.state == TaskState::Merging).map(|it| it.project);
    let mut waiting: Vec<ProjectId> = office.index.at_work.iter().filter_map(|id| of(*id)).collect();
    waiting.sort_unstable();
    waiting.dedup();
    let busy: Vec<ProjectId> = office.pending.values().filter_map(step_of).filter_map(of).collect();
    let free = waiting.into_iter().filter(|project| !busy.contains(project) && office.queue_hold(*project).is_none());
    free.filter_map(|project| {
        let next = office.queue(project).into_iter().find(|task| task.waiting_for.is_empty())?;
        Some(match &next.landing {
            Some(landing) if !landing.checked => Effect::CheckResult { task: next.id },
            _ => Effect::Merge { task: next.id },
        })
    })
    .collect()
}

/// The queues in which something waits, or which are held.
pub(crate) fn views(office: &Office) -> Vec<QueueView> {
    let mut all = lines(office);
    let live = office.projects.values().filter(|project| !project.removed);
    let view = |project: &crate::project::Project| {
        let (its, others) = std::mem::take(&mut all).into_iter().partition(|line| line.project == project.id);
        all = others;
        let (name, base, hold) = (project.name.clone(), project.base_branch.clone(), project.queue_hold.clone());
        QueueView { project: project.id, name, base, hold, lines: its }
    };
    live.map(view).filter(|view| view.hold.is_some() || !view.lines.is_empty()).collect()
}

/// The queue of every project, in order, and after it what was accepted and could not be merged.
pub fn lines(office: &Office) -> Vec<QueueLine> {
    let mut lines = Vec::new();
    for project in office.projects.values() {
        let queue = office.queue(project.id);
        for (n, task) in queue.iter().enumerate() {
            let (step, waits_for) = stands(office, task, project.queue_hold.as_ref(), &queue[..n]);
            let position = u32::try_from(n + 1).unwrap_or(u32::MAX);
            lines.push(line(task, position, step, waits_for));
        }
        let refused = office.index.in_review.iter().filter_map(|id| office.tasks.get(id));
        for task in refused.filter(|task| task.project == project.id && task.merge_waits()) {
            lines.push(line(task, 0, QueueStep::Refused, task.why.clone().unwrap_or_default()));
        }
    }
    lines
}

fn line(task: &Task, position: u32, step: QueueStep, waits_for: String) -> QueueLine {
    QueueLine {
        task: task.id,
        title: task.title.clone(),
        project: task.project,
        position,
        step,
        waits_for,
        accepted: task.accepted.unwrap_or(task.since),
    }
}

fn stands(office: &Office, task: &Task, hold: Option<&Hold>, before: &[&Task]) -> (QueueStep, String) {
    let doing = office.pending.values().find(|effect| step_of(effect) == Some(task.id));
    match doing {
        Some(Effect::CheckResult { .. }) => return (QueueStep::Checking, "checks on the result".to_owned()),
        Some(_) if task.landing.as_ref().is_some_and(|it| it.checked) => {
            return (QueueStep::Advancing, "the base, to move to what was checked".to_owned());
        }
        Some(_) => return (QueueStep::Merging, "being put on the base".to_owned()),
        None => {}
    }
    if let Some(hold) = hold {
        return (QueueStep::Held, format!("`{}`", hold.release));
    }
    let deps: Vec<_> = task.waiting_for.iter().map(|dep| format!("#{dep}")).collect();
    if !deps.is_empty() {
        return (QueueStep::Waits, format!("{} to be done", deps.join(", ")));
    }
    let last = before.iter().rev().find(|it| it.waiting_for.is_empty()).or(before.last());
    (QueueStep::Waits, last.map_or_else(|| "its turn".to_owned(), |it| format!("#{}", it.id)))
}
