//! What one task may take: files, lines and time, over all its attempts. The owner says it for the office, a project, a role, a desk
//! or a task; the closest word counts. At the limit the task is parked with all its work, until its owner allows more. Measuring is
//! the runtime's; what calls to a model cost is a budget's (`budget.rs`).

use serde::{Deserialize, Serialize};
use specta::Type;

use crate::budget::BudgetOf;
use crate::event::Event;
use crate::hold::{Hold, HoldReason};
use crate::ids::RunId;
use crate::office::{Office, OfficeEvent};
use crate::refusal::{Code, Refusal};
use crate::run::{self, RunState, StopWhy, Work};
use crate::task::{Task, TaskEvent, TaskState};
use crate::time::At;

/// Amounts of what a task takes; in a limit, none is no limit.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, Type)]
pub struct TaskLimits {
    /// Files that differ from the base.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub files: Option<u32>,
    /// Lines that came or went against the base.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lines: Option<u32>,
    /// Seconds in which a program worked on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secs: Option<u32>,
}

/// What each task of something may take.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
pub struct TaskLimit {
    /// Of what.
    pub of: BudgetOf,
    /// How much.
    pub limits: TaskLimits,
    /// When it was set or changed last.
    pub set: At,
}

/// The same as it is listed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
pub struct TaskLimitView {
    /// Of what.
    pub of: BudgetOf,
    /// Whose tasks, in words.
    pub name: String,
    /// How much.
    pub limits: TaskLimits,
}

/// What a task's checkout was last found to hold against its base.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, Type)]
pub struct TaskTakes {
    /// Files that differ.
    pub files: u32,
    /// Lines that came or went.
    pub lines: u32,
}

impl TaskTakes {
    /// What collected work holds.
    pub fn of(work: &Work) -> Self {
        let lines = work.files.iter().map(|it| it.added.unwrap_or(0).saturating_add(it.removed.unwrap_or(0)));
        let files = u32::try_from(work.files.len()).unwrap_or(u32::MAX);
        Self { files, lines: lines.fold(0, u32::saturating_add) }
    }
}

/// Seconds as people say them.
fn span(secs: u32) -> String {
    match (secs / 3600, secs / 60 % 60, secs % 60) {
        (0, 0, secs) => format!("{secs} s"),
        (0, mins, 0) => format!("{mins} min"),
        (0, mins, secs) => format!("{mins} min {secs} s"),
        (hours, 0, _) => format!("{hours} h"),
        (hours, mins, _) => format!("{hours} h {mins} min"),
    }
}

impl TaskLimits {
    /// What of it is said and is more than that, or as much where it is time.
    pub(crate) fn passed(&self, taken: TaskTakes, secs: u32) -> Option<String> {
        if let Some(limit) = self.files.filter(|limit| taken.files > *limit) {
            return Some(format!("changed {} files, and may change {limit}", taken.files));
        }
        if let Some(limit) = self.lines.filter(|limit| taken.lines > *limit) {
            return Some(format!("changed {} lines, and may change {limit}", taken.lines));
        }
        let limit = self.secs.filter(|limit| secs >= *limit)?;
        Some(format!("was worked on for {}, and may take {}", span(secs), span(limit)))
    }
}

impl Office {
    /// What tasks may take, as it is listed.
    pub fn task_limit_views(&self) -> Vec<TaskLimitView> {
        let view =
            |it: &TaskLimit| TaskLimitView { of: it.of.clone(), name: self.budget_name(&it.of), limits: it.limits };
        self.task_limits.iter().map(view).collect()
    }

    /// What a task may take: of each amount the closest word.
    pub fn limits_of(&self, task: &Task) -> TaskLimits {
        self.limits_in(&self.task_limits, task)
    }

    /// The same by these limits, as they are or will be.
    fn limits_in(&self, limits: &[TaskLimit], task: &Task) -> TaskLimits {
        let role = task.desk.and_then(|desk| self.desks.get(&desk)).map(|desk| &desk.role).or(task.role.as_ref());
        // The further away, the earlier: what comes later takes its place.
        let far = |of: &BudgetOf| match of {
            BudgetOf::Office => Some(0),
            BudgetOf::Project(id) => (task.project == *id).then_some(1),
            BudgetOf::Role(name) => (role == Some(name)).then_some(2),
            BudgetOf::Desk(id) => (task.desk == Some(*id)).then_some(3),
            BudgetOf::Task(id) => (task.id == *id).then_some(4),
        };
        let mut mine: Vec<_> = limits.iter().filter_map(|it| Some((far(&it.of)?, it.limits))).collect();
        mine.sort_unstable_by_key(|(near, _)| *near);
        mine.into_iter().fold(TaskLimits::default(), |known, (_, it)| TaskLimits {
            files: it.files.or(known.files),
            lines: it.lines.or(known.lines),
            secs: it.secs.or(known.secs),
        })
    }

    /// By programs that are over.
    fn worked_before(&self, task: &Task) -> u32 {
        self.index.worked_secs.get(&task.id).copied().unwrap_or_default()
    }

    /// For so many seconds programs worked on it.
    pub fn worked_secs(&self, task: &Task, now: At) -> u32 {
        let run = task.lease.and_then(|run| self.runs.get(&run)).filter(|run| run.is_open());
        let since = run.and_then(|run| run.launched).map_or(0, |at| now.seconds_since(at));
        self.worked_before(task).saturating_add(since)
    }

    /// The next moment at which the time of a task is over.
    pub(crate) fn next_task_limit(&self) -> Option<At> {
        if self.task_limits.is_empty() {
            return None;
        }
        let over = |task: &Task| {
            let run = task.lease.and_then(|run| self.runs.get(&run)).filter(|run| run.state == RunState::Live)?;
            let left = self.limits_of(task).secs?.saturating_sub(self.worked_before(task));
            Some(run.launched?.plus_seconds(left))
        };
        let at_work = self.index.at_work.iter().filter_map(|id| self.tasks.get(id));
        at_work.filter(|task| task.state == TaskState::Running).filter_map(over).min()
    }
}

/// Decides to set what tasks may take, or to raise it by so much. What is not named stays as it is.
pub fn set(office: &Office, of: BudgetOf, wanted: &TaskLimits, more: bool, now: At) -> Result<Vec<Event>, Refusal> {
    crate::budget::of_something(office, &of)?;
    if *wanted == TaskLimits::default() {
        return Err(Refusal::invalid("a limit needs an amount", "say --files, --lines or --time"));
    }
    if [wanted.files, wanted.lines, wanted.secs].contains(&Some(0)) {
        return Err(Refusal::invalid("a task that may take nothing cannot begin", "give at least 1"));
    }
    let known = office.task_limits.iter().find(|it| it.of == of).map(|it| it.limits).unwrap_or_default();
    // More for a task is more than it may take now, or took already.
    let (before, taken, secs) = match &of {
        BudgetOf::Task(id) => {
            let task = office.task(*id)?;
            (office.limits_of(task), task.taken.unwrap_or_default(), office.worked_secs(task, now))
        }
        _ => (known, TaskTakes::default(), 0),
    };
    let nothing_to_raise = |what: &str| {
        let message = format!("there is no limit on {what} of {} to be raised", office.budget_name(&of));
        Refusal::new(Code::WrongState, message, "`office limit` lists those that there are")
    };
    let limit = |wanted: Option<u32>, before: Option<u32>, taken: u32, known: Option<u32>, what: &str| match wanted {
        Some(wanted) if more => {
            let before = before.ok_or_else(|| nothing_to_raise(what))?;
            Ok(Some(before.max(taken).saturating_add(wanted)))
        }
        Some(wanted) => Ok(Some(wanted)),
        None => Ok(known),
    };
    let limits = TaskLimits {
        files: limit(wanted.files, before.files, taken.files, known.files, "files")?,
        lines: limit(wanted.lines, before.lines, taken.lines, known.lines, "lines")?,
        secs: limit(wanted.secs, before.secs, secs, known.secs, "time")?,
    };
    let limit = TaskLimit { of, limits, set: now };
    let mut then: Vec<TaskLimit> = office.task_limits.iter().filter(|it| it.of != limit.of).cloned().collect();
    then.push(limit.clone());
    Ok(changed(office, OfficeEvent::TaskLimitSet { limit }, &then, now))
}

/// Decides to do without such a limit.
pub fn remove(office: &Office, of: BudgetOf, now: At) -> Result<Vec<Event>, Refusal> {
    if !office.task_limits.iter().any(|it| it.of == of) {
        let message = format!("there is no limit for the tasks of {}", office.budget_name(&of));
        return Err(Refusal::new(Code::NotFound, message, "`office limit` lists those that there are"));
    }
    let then: Vec<TaskLimit> = office.task_limits.iter().filter(|it| it.of != of).cloned().collect();
    Ok(changed(office, OfficeEvent::TaskLimitRemoved { of }, &then, now))
}

/// The limits are others: what they parked and keep no more goes on.
fn changed(office: &Office, event: OfficeEvent, then: &[TaskLimit], now: At) -> Vec<Event> {
    let by_limit = |task: &&Task| task.hold.as_ref().is_some_and(|hold| hold.reason == HoldReason::TaskLimit);
    let parked = office.tasks.values().filter(|task| task.state == TaskState::Parked).filter(by_limit);
    let goes = parked.filter(|task| {
        let (limits, taken) = (office.limits_in(then, task), task.taken.unwrap_or_default());
        limits.passed(taken, office.worked_secs(task, now)).is_none()
    });
    let goes = goes.map(|task| Event::Task(TaskEvent::Unparked { task: task.id, note: None }));
    std::iter::once(Event::Office(event)).chain(goes).collect()
}

/// What follows when a run's checkout was found to hold so much.
pub(crate) fn measured(office: &Office, run: RunId, taken: TaskTakes, now: At) -> Vec<Event> {
    let task = office.task_of_run(run).filter(|task| task.lease == Some(run) && task.state == TaskState::Running);
    // What lies in a reviewer's checkout is the author's.
    let Some(task) = task.filter(|task| task.reviews.is_none()) else { return Vec::new() };
    let limits = office.limits_of(task);
    let Some(what) = limits.passed(taken, office.worked_secs(task, now)) else { return Vec::new() };
    let mut events = vec![Event::Task(TaskEvent::Took { task: task.id, taken })];
    events.extend(park(office, task, &limits, taken, &what, now));
    events
}

/// Tasks whose time is over.
pub(crate) fn due(office: &Office, now: At) -> Vec<Event> {
    if office.next_task_limit().is_none_or(|at| at > now) {
        return Vec::new();
    }
    let at_work = office.index.at_work.iter().filter_map(|id| office.tasks.get(id));
    let running = at_work.filter(|task| task.state == TaskState::Running);
    let over = running.filter_map(|task| {
        let (limits, taken) = (office.limits_of(task), task.taken.unwrap_or_default());
        let what = limits.passed(taken, office.worked_secs(task, now))?;
        Some(park(office, task, &limits, taken, &what, now))
    });
    over.flatten().collect()
}

/// It is parked with all its work, and its program ended.
fn park(office: &Office, task: &Task, limits: &TaskLimits, taken: TaskTakes, what: &str, now: At) -> Vec<Event> {
    let half = |limit: u32| (limit / 2).max(1);
    let raise = if let Some(limit) = limits.files.filter(|limit| taken.files > *limit) {
        format!("--files {}", half(limit))
    } else if let Some(limit) = limits.lines.filter(|limit| taken.lines > *limit) {
        format!("--lines {}", half(limit))
    } else {
        format!("--time {}m", half(limits.secs.unwrap_or_default().div_ceil(60)))
    };
    let hold = Hold {
        reason: HoldReason::TaskLimit,
        since: now,
        until: None,
        release: format!("office limit raise --task {} {raise}", task.id),
        what: Some(format!("It {what}.")),
    };
    let mut events = vec![Event::Task(TaskEvent::Parked { task: task.id, hold })];
    events.extend(run::stop(office, task.lease, StopWhy::TaskTaken));
    events
}

/// Why a program that goes on beyond its task's limit is told no, in words for it.
pub fn denied(office: &Office, run: RunId) -> Option<String> {
    let task = office.runs.get(&run).and_then(|run| run.task).and_then(|id| office.tasks.get(&id))?;
    let hold = task.hold.as_ref().filter(|hold| hold.reason == HoldReason::TaskLimit)?;
    let what = hold.what.as_deref().unwrap_or("It took all it may.");
    Some(format!(
        "#{} is at its limit. {what} It is parked with all its work until its owner allows more: end here",
        task.id
    ))
}
