//! The collision radar: which tasks that are under way touch the same files, and where they would conflict, said before either is
//! merged. What was seen is kept with the project until one of both is over. Looking into checkouts is not here.

use serde::{Deserialize, Serialize};
use specta::Type;

use crate::desk::Desk;
use crate::event::Event;
use crate::ids::{RunId, TaskId};
use crate::mail;
use crate::office::Office;
use crate::project::ProjectEvent;
use crate::task::Task;
use crate::time::At;

/// So many of a project are kept; with more than that no list helps.
const MOST: usize = 60;
/// Files that are named of each.
pub const NAMED: usize = 20;

/// Two tasks that touch the same.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
pub struct Collision {
    /// The older task.
    pub one: TaskId,
    /// The other.
    pub other: TaskId,
    /// Files that both changed.
    pub files: Vec<String>,
    /// Those of them in which they would conflict as they are now.
    pub conflicts: Vec<String>,
    /// Since when.
    pub since: At,
}

/// What was seen of one task beside another.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
pub struct Overlap {
    /// The other.
    pub with: TaskId,
    /// Files that both changed.
    pub files: Vec<String>,
    /// Those in which they would conflict.
    pub conflicts: Vec<String>,
}

/// A collision as one of its two desks sees it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
pub struct DeskCollision {
    /// The desk's own task.
    pub task: TaskId,
    /// The other task.
    pub with: TaskId,
    /// Whose that is.
    pub desk: Option<String>,
    /// Files that both changed.
    pub files: Vec<String>,
    /// Those in which they would conflict.
    pub conflicts: Vec<String>,
}

/// Whether a task can still collide: it has work of its own that is on its way.
pub fn is_underway(task: &Task) -> bool {
    !task.state.is_over() && task.workplace.is_some() && task.reviews.is_none()
}

/// What follows when a run's checkout was compared with the others of its project.
pub(crate) fn seen(office: &Office, run: RunId, overlaps: &[Overlap], now: At) -> Vec<Event> {
    let task = office.runs.get(&run).and_then(|run| office.tasks.get(&run.task?));
    let Some((task, project)) = task.and_then(|task| Some((task, office.projects.get(&task.project)?))) else {
        return Vec::new();
    };
    let of_it = |it: &Collision| it.one == task.id || it.other == task.id;
    let mut collisions: Vec<Collision> = project.collisions.iter().filter(|it| !of_it(it)).cloned().collect();
    let mut news = Vec::new();
    for overlap in overlaps.iter().filter(|it| is_underway(task) && it.with != task.id && !it.files.is_empty()) {
        let other = office.tasks.get(&overlap.with).filter(|it| it.project == task.project && is_underway(it));
        let Some(other) = other else { continue };
        let (one, other) = (task.id.min(other.id), task.id.max(other.id));
        let before = project.collisions.iter().find(|it| it.one == one && it.other == other);
        let named = |files: &[String]| files.iter().take(NAMED).cloned().collect::<Vec<_>>();
        let (files, conflicts) = (named(&overlap.files), named(&overlap.conflicts));
        let since = before.map_or(now, |it| it.since);
        let collision = Collision { one, other, files, conflicts, since };
        // That it is there, and that it became a conflict, is told; which file came to it is not.
        if before.is_none_or(|it| it.conflicts.is_empty() && !collision.conflicts.is_empty()) {
            news.push(collision.clone());
        }
        collisions.push(collision);
    }
    collisions.sort_unstable_by_key(|it| (it.one, it.other));
    collisions.truncate(MOST);
    if collisions == project.collisions {
        return Vec::new();
    }
    let mut events = vec![Event::Project(ProjectEvent::CollisionsSeen { project: project.id, collisions })];
    events.extend(told(office, &news, now));
    events
}

/// Whoever leads is told by mail, where somebody does: one mail for all that is new.
fn told(office: &Office, news: &[Collision], now: At) -> Vec<Event> {
    let Some(first) = news.first() else { return Vec::new() };
    let Some(role) = office.leads().next().map(|desk| desk.role.clone()) else { return Vec::new() };
    let who = |id: TaskId| {
        let desk = office.tasks.get(&id).and_then(|task| office.desks.get(&task.desk?));
        desk.map_or_else(|| format!("#{id}"), |desk| format!("#{id} ({})", desk.name))
    };
    let lines = news.iter().map(|it| {
        let (how, files) = match &it.conflicts[..] {
            [] => ("change the same files", &it.files),
            _ => ("would conflict", &it.conflicts),
        };
        format!("- {} and {} {how}: {}", who(it.one), who(it.other), files.join(", "))
    });
    let text = format!(
        "{}\n\nNeither is merged yet. Tell one of them to leave these files, or to wait for the other.",
        lines.collect::<Vec<_>>().join("\n")
    );
    let how = if first.conflicts.is_empty() { "touch the same files" } else { "would conflict" };
    mail::from_office(office, role, &format!("#{} and #{} {how}", first.one, first.other), &text, now)
}

impl Office {
    /// Drops what a task that is over collided with.
    pub(crate) fn forget_collisions(&mut self, id: TaskId) {
        let Some(task) = self.tasks.get(&id).filter(|task| !is_underway(task)) else { return };
        let project = task.project;
        let of_it = |it: &Collision| it.one == id || it.other == id;
        if self.projects.get(&project).is_some_and(|it| it.collisions.iter().any(of_it)) {
            self.change_project(project, |it| it.collisions.retain(|it| !of_it(it)));
        }
    }

    /// What the tasks of a desk collide with.
    pub(crate) fn collisions_of(&self, desk: &Desk) -> Vec<DeskCollision> {
        let its = |id: TaskId| self.tasks.get(&id).is_some_and(|task| task.desk == Some(desk.id));
        let name =
            |id: TaskId| self.tasks.get(&id).and_then(|task| self.desks.get(&task.desk?)).map(|it| it.name.clone());
        let all = self.projects.values().flat_map(|project| &project.collisions);
        let seen = all.flat_map(|it| [(it, it.one, it.other), (it, it.other, it.one)]);
        seen.filter(|(_, task, _)| its(*task))
            .map(|(it, task, with)| DeskCollision {
                task,
                with,
                desk: name(with),
                files: it.files.clone(),
                conflicts: it.conflicts.clone(),
            })
            .collect()
    }
}
