//! A backlog file: what its owner writes down outside the office, taken in as tasks. Its items are told apart by what is written
//! about them (`backlog/same.rs`), so that taking a file in again changes what changed and doubles nothing. Reading Markdown is
//! the runtime's.

mod same;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};
use specta::Type;

use crate::audit::digest;
use crate::check::Check;
use crate::event::Event;
use crate::ids::{ProjectId, RoleName, TaskId};
use crate::office::Office;
use crate::refusal::{Code, Refusal};
use crate::task::ask::{NewTask, TaskEdit};
use crate::task::event::apply;
use crate::task::written::{edited, written};
use crate::task::{Deliverable, Priority, Task, TaskEvent, TaskState};
use crate::text;
use crate::time::At;

/// Items that one file may have.
pub const ITEMS_MAX: usize = 1_000;

/// One item of a backlog file, as it stands there.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, Type)]
pub struct BacklogItem {
    /// The line it begins on, from 1.
    pub line: u32,
    /// Its own name in the file, if it was given one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// One line.
    pub title: String,
    /// What stands below it, in Markdown.
    #[serde(default)]
    pub body: String,
    /// Its acceptance checks.
    #[serde(default)]
    pub checks: Vec<Check>,
    /// Only desks of this role, if set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<RoleName>,
    /// What kind of work it is, in a word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// How much it matters.
    #[serde(default)]
    pub priority: Priority,
    /// A change or a finding.
    #[serde(default)]
    pub deliverable: Deliverable,
    /// Places in the list, from 0, of the items that must be done before.
    #[serde(default)]
    pub needs: Vec<u32>,
    /// Its owner says that it is done.
    #[serde(default)]
    pub ticked: bool,
    /// Kept back until released.
    #[serde(default)]
    pub draft: bool,
}

impl BacklogItem {
    /// A hash of all it says of the task: not where it stands, nor what it waits for.
    fn said(&self) -> String {
        let Self { title, body, checks, role, kind, priority, deliverable, .. } = self;
        let mut parts = vec![title.trim().to_owned(), body.clone(), format!("{priority:?} {deliverable:?}")];
        parts.extend(role.iter().map(ToString::to_string));
        parts.extend(kind.iter().map(|kind| format!("kind {kind}")));
        parts.extend(checks.iter().map(|check| check.run.clone()));
        let mut sum = digest(parts.join("\0"));
        sum.truncate(16);
        sum
    }
}

/// What a task knows of the item that it stands for.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
pub struct FromFile {
    /// The file, from the project's root; absolute where it lies elsewhere.
    pub file: String,
    /// The item's own name there, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// The title when it was last read.
    pub title: String,
    /// What the item said when the task was last made to say the same (a hash).
    pub said: String,
    /// What it waited for then.
    #[serde(default)]
    pub needs: Vec<TaskId>,
    /// Whether it was ticked then.
    #[serde(default)]
    pub ticked: bool,
    /// It is not in the file any more, and the task was called off for that.
    #[serde(default)]
    pub gone: bool,
}

/// Takes a file in. Items that are new become tasks, those that say something else change theirs, ticked ones are done, and
/// tasks nobody has begun whose items are gone are called off; those come back with their items. What is at work changes
/// when it has come to rest and the file is taken in again.
pub fn take_in(
    office: &Office,
    project: ProjectId,
    file: &str,
    items: &[BacklogItem],
    now: At,
) -> Result<Vec<Event>, Refusal> {
    office.project(project)?;
    let order = in_order(file, items)?;
    let tasks = tasks_of(office, project, file);
    if items.is_empty() && !tasks.is_empty() {
        return Err(Refusal::invalid(
            format!("no item is left in {file}, which had {}: nothing is called off for that", tasks.len()),
            "if that is meant, `office task cancel` calls tasks off; else write the items again",
        ));
    }
    let mut same = same::pairs(&tasks, items);
    let kept: Vec<TaskId> = same.iter().flatten().copied().collect();
    let gone: Vec<TaskId> = tasks.iter().map(|task| task.id).filter(|id| !kept.contains(id)).collect();
    let mut taking = Taking { office: office.clone(), project, file, now, events: Vec::new() };
    for at in order {
        let item = &items[at];
        let needs: Vec<TaskId> =
            item.needs.iter().filter_map(|need| same.get(*need as usize).copied().flatten()).collect();
        let taken = match same[at] {
            Some(id) => {
                let needs = needs.into_iter().filter(|need| !taking.leads_to(*need, id)).collect();
                taking.change(id, item, needs).map(|()| Some(id))
            }
            None => taking.add(item, needs),
        };
        same[at] = taken.map_err(|refusal| on_line(file, item, refusal))?;
    }
    gone.into_iter().for_each(|id| taking.call_off(id));
    Ok(taking.events)
}

/// Which task each item stands for, now that the file was taken in, and whether the task says by now what the item says.
pub fn standing(office: &Office, project: ProjectId, file: &str, items: &[BacklogItem]) -> Vec<Option<(TaskId, bool)>> {
    let tasks = tasks_of(office, project, file);
    let up_to_date = |id: TaskId, item: &BacklogItem| {
        let from = office.tasks.get(&id).and_then(|task| task.item.as_ref());
        from.is_some_and(|from| from.said == item.said() && from.ticked == item.ticked)
    };
    let same = same::pairs(&tasks, items);
    same.into_iter().zip(items).map(|(id, item)| id.map(|id| (id, up_to_date(id, item)))).collect()
}

fn tasks_of<'a>(office: &'a Office, project: ProjectId, file: &str) -> Vec<&'a Task> {
    let of = |task: &&Task| task.project == project && task.item.as_ref().is_some_and(|item| item.file == file);
    office.tasks.values().filter(of).collect()
}

fn on_line(file: &str, item: &BacklogItem, refusal: Refusal) -> Refusal {
    Refusal { message: format!("{file}, line {}: {}", item.line, refusal.message), ..refusal }
}

/// The places of all items, each after those that it needs, else as they stand in the file.
fn in_order(file: &str, items: &[BacklogItem]) -> Result<Vec<usize>, Refusal> {
    if items.len() > ITEMS_MAX {
        return Err(Refusal::new(
            Code::Limit,
            format!("{file} has {} items; at most {ITEMS_MAX} are taken in", items.len()),
            "split it into several files, or take out what was done long ago",
        ));
    }
    let mut order = Vec::with_capacity(items.len());
    let mut placed = vec![false; items.len()];
    // Items on the way to the one that is looked at; each with how many of its needs were looked at.
    let mut way: Vec<(usize, usize)> = Vec::new();
    for first in 0..items.len() {
        if !placed[first] {
            way.push((first, 0));
        }
        while let Some((at, looked)) = way.pop() {
            let Some(need) = items[at].needs.get(looked).map(|need| *need as usize) else {
                if !placed[at] {
                    placed[at] = true;
                    order.push(at);
                }
                continue;
            };
            way.push((at, looked + 1));
            if need == at || way.iter().any(|(on, _)| *on == need) {
                let message = format!("{file}, line {}: this item would wait for itself", items[at].line);
                return Err(Refusal::new(Code::Cycle, message, "leave out the `after` that leads back"));
            }
            if items.get(need).is_some() && !placed[need] {
                way.push((need, 0));
            }
        }
    }
    Ok(order)
}

/// A file that is being taken in: the office as it will be, and the events that lead there.
struct Taking<'a> {
    office: Office,
    project: ProjectId,
    file: &'a str,
    now: At,
    events: Vec<Event>,
}

impl Taking<'_> {
    fn happens(&mut self, event: TaskEvent) {
        apply(&mut self.office, &event, self.now);
        self.events.push(Event::Task(event));
    }

    /// A new task; none for what was done before anybody wrote it down here.
    fn add(&mut self, item: &BacklogItem, needs: Vec<TaskId>) -> Result<Option<TaskId>, Refusal> {
        if item.ticked {
            return Ok(None);
        }
        let new = NewTask {
            body: item.body.clone(),
            deliverable: item.deliverable,
            checks: item.checks.clone(),
            priority: item.priority,
            depends_on: needs.clone(),
            role: item.role.clone(),
            kind: item.kind.clone(),
            draft: item.draft,
            ..NewTask::of(self.project, item.title.clone())
        };
        let mut task = written(&self.office, &new, self.now)?;
        task.item = Some(self.read_as(item, needs));
        let id = task.id;
        self.happens(TaskEvent::Added { task: Box::new(task) });
        Ok(Some(id))
    }

    /// Whether a task waits for another, directly or not. The file itself goes in no circle; but what is at work or over keeps what
    /// it waited for, and that must not keep the rest of the file from being taken in.
    fn leads_to(&self, from: TaskId, to: TaskId) -> bool {
        let (mut open, mut seen) = (vec![from], std::collections::BTreeSet::new());
        while let Some(next) = open.pop() {
            if next == to {
                return true;
            }
            if seen.insert(next) {
                open.extend(self.office.tasks.get(&next).into_iter().flat_map(|task| task.depends_on.iter().copied()));
            }
        }
        false
    }

    fn read_as(&self, item: &BacklogItem, needs: Vec<TaskId>) -> FromFile {
        FromFile {
            file: self.file.to_owned(),
            key: item.key.clone(),
            title: item.title.trim().to_owned(),
            said: item.said(),
            needs,
            ticked: item.ticked,
            gone: false,
        }
    }

    fn change(&mut self, id: TaskId, item: &BacklogItem, needs: Vec<TaskId>) -> Result<(), Refusal> {
        use TaskState::{Blocked, Cancelled, Done, Draft, Failed, Interrupted, Queued, Ready};
        let task = self.office.task(id)?.clone();
        let Some(was) = task.item.clone() else { return Ok(()) };
        // Opened again first, so that what else its line says counts at once.
        let unticked = task.state == Done && was.ticked && !item.ticked && task.merged.is_none();
        if unticked || (was.gone && task.state == Cancelled) {
            self.happens(TaskEvent::Reopened { task: id, note: None });
        }
        let now = self.read_as(item, needs.clone());
        let state = self.office.task(id)?.state;
        let rests = matches!(state, Draft | Ready | Queued | Blocked | Interrupted | Failed);
        if rests && now != was {
            let mut changed = edited(&self.office, self.office.task(id)?, &edit(&task, item, &was, &needs))?;
            changed.item = Some(now.clone());
            self.happens(TaskEvent::Edited { task: Box::new(changed) });
        } else if now != was {
            // What is at work or over keeps its words; the item is known by its new ones.
            let said = if state.is_over() { now.said.clone() } else { was.said.clone() };
            let ticked = if state.is_over() { now.ticked } else { was.ticked };
            let known = FromFile { said, ticked, needs: was.needs.clone(), ..now.clone() };
            if known != was {
                let task = Task { item: Some(known), ..self.office.task(id)?.clone() };
                self.happens(TaskEvent::Edited { task: Box::new(task) });
            }
        }
        if state == Draft && !item.draft {
            self.happens(TaskEvent::Released { task: id });
        }
        if rests && item.ticked && !was.ticked {
            self.happens(TaskEvent::Done { task: id, commit: None });
        }
        Ok(())
    }

    /// Calls off what nobody has begun.
    fn call_off(&mut self, id: TaskId) {
        use TaskState::{Draft, Queued, Ready};
        let Some(task) = self.office.tasks.get(&id) else { return };
        if !matches!(task.state, Draft | Ready | Queued) || task.last_run.is_some() {
            return;
        }
        let mut task = task.clone();
        task.item = task.item.map(|item| FromFile { gone: true, ..item });
        self.happens(TaskEvent::Edited { task: Box::new(task) });
        self.happens(TaskEvent::Cancelled { task: id });
    }
}

/// What the item says otherwise than before. What was changed in the office meanwhile stays where the item did not change.
fn edit(task: &Task, item: &BacklogItem, was: &FromFile, needs: &[TaskId]) -> TaskEdit {
    let mut edit = TaskEdit::default();
    if was.said != item.said() {
        edit.title = Some(item.title.clone());
        edit.body = Some(item.body.clone());
        edit.checks = Some(item.checks.clone());
        edit.priority = Some(item.priority);
        edit.kind = Some(item.kind.clone().unwrap_or_default());
        edit.role = Some(item.role.clone().unwrap_or_else(|| "".into()));
        edit.deliverable = Some(item.deliverable).filter(|_| task.last_run.is_none());
    }
    if was.needs != needs {
        let own = task.depends_on.iter().copied().filter(|id| !was.needs.contains(id));
        edit.depends_on = Some(own.chain(needs.iter().copied()).collect());
    }
    edit
}

/// Whether a word may name an item: short and plain.
pub fn is_key(word: &str) -> bool {
    text::name("item", word).is_ok()
}
