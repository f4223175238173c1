//! Views: what a person sees at one glance. Derived, never stored.

use serde::{Deserialize, Serialize};
use specta::Type;

use crate::approval::Approval;
use crate::desk::{Desk, DeskState};
use crate::hold::Hold;
use crate::ids::{DeskId, RoleName, Seq, TaskId};
use crate::office::Office;
use crate::run::{Exit, RunState};
use crate::task::{Task, TaskState};
use crate::time::At;

/// A desk as it is seen: state, the evidence for it, and since when.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
pub struct DeskView {
    /// Which.
    pub id: DeskId,
    /// Who sits there.
    pub name: String,
    /// Which role.
    pub role: RoleName,
    /// What it is seen to be.
    pub state: DeskState,
    /// How the office knows.
    pub evidence: String,
    /// Since when.
    pub since: Option<At>,
    /// The task it is on.
    pub task: Option<TaskId>,
    /// That task's title.
    pub title: Option<String>,
    /// Tasks in its queue.
    pub queue: Vec<TaskId>,
    /// What holds it.
    pub hold: Option<Hold>,
}

/// A task in one line.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
pub struct TaskLine {
    /// Which.
    pub id: TaskId,
    /// Its title.
    pub title: String,
    /// Where it stands.
    pub state: TaskState,
    /// What it waits for (shown as *waiting*).
    pub waiting_for: Vec<TaskId>,
    /// Who has it.
    pub desk: Option<String>,
    /// Why it is so, where that needs saying.
    pub why: Option<String>,
    /// What holds it, while parked: since when, until when, and what releases it.
    pub hold: Option<Hold>,
    /// Marks it carries into review.
    pub marks: u32,
    /// Since when.
    pub since: At,
}

/// One screen: who works on what, who waits for you, what is held, what merged.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, Type)]
pub struct StatusView {
    /// The office's name.
    pub office: String,
    /// The last event this is true for.
    pub seq: Seq,
    /// When this was asked.
    pub now: At,
    /// Holds everything, if set.
    pub hold: Option<Hold>,
    /// Every desk.
    pub desks: Vec<DeskView>,
    /// Commands that are held until the owner answers, oldest first.
    pub approvals: Vec<Approval>,
    /// Waits for the owner: in review, blocked, interrupted, failed.
    pub waits_for_you: Vec<TaskLine>,
    /// Held by the office, with until when.
    pub held: Vec<TaskLine>,
    /// At work or queued.
    pub at_work: Vec<TaskLine>,
    /// Ready, or waiting for others.
    pub backlog: Vec<TaskLine>,
    /// Done within the last 24 hours.
    pub done: Vec<TaskLine>,
    /// Said when nothing new starts by itself, and why.
    pub review_full: Option<String>,
    /// Tasks nobody here can take, and why.
    pub unfit: Vec<String>,
}

impl Office {
    /// A task in one line.
    pub fn line(&self, task: &Task) -> TaskLine {
        TaskLine {
            id: task.id,
            title: task.title.clone(),
            state: task.state,
            waiting_for: task.waiting_for.clone(),
            desk: task.desk.and_then(|desk| self.desks.get(&desk)).map(|desk| desk.name.clone()),
            why: task.why.clone(),
            hold: task.hold.clone(),
            marks: u32::try_from(task.marks.len()).unwrap_or(u32::MAX),
            since: task.since,
        }
    }

    /// A desk as it is seen.
    pub fn desk_view(&self, desk: &Desk) -> DeskView {
        let run = desk.run.and_then(|run| self.runs.get(&run));
        let task = run.and_then(|run| run.task).and_then(|task| self.tasks.get(&task));
        let last = desk.last_run.and_then(|run| self.runs.get(&run));
        let last_task = last.and_then(|run| run.task).and_then(|task| self.tasks.get(&task));
        let (state, evidence, since) = match run {
            _ if desk.removed => (DeskState::Off, "removed".to_owned(), None),
            Some(run) => match run.state {
                RunState::Preparing => {
                    (DeskState::Starting, "its checkout is made and set up".to_owned(), Some(run.began))
                }
                RunState::Launching => (DeskState::Starting, "its engine is started".to_owned(), Some(run.began)),
                _ if task.is_some_and(|t| t.state == TaskState::Checking) => {
                    (DeskState::Reviewing, "its work is collected and checked".to_owned(), task.map(|t| t.since))
                }
                RunState::Ending => (DeskState::Working, "its process is ended".to_owned(), run.launched),
                RunState::Live | RunState::Ended => {
                    let pid = run.pid.map(|pid| format!("process {pid} runs")).unwrap_or_default();
                    (DeskState::Working, pid, run.launched)
                }
            },
            None => match (&desk.hold, last, last_task) {
                (Some(hold), ..) => (DeskState::Paused, "held by its owner".to_owned(), Some(hold.since)),
                _ if self.engine_of(desk).is_err() => {
                    let why = self.engine_of(desk).err().map(|refusal| refusal.detail).unwrap_or_default();
                    (DeskState::Off, why, None)
                }
                (_, Some(last), Some(task)) if task.state == TaskState::Checking => {
                    (DeskState::Reviewing, "its work is collected and checked".to_owned(), last.ended)
                }
                (_, Some(last), Some(task)) if matches!(task.state, TaskState::InReview | TaskState::Merging) => {
                    (DeskState::Finished, format!("#{} waits for review", task.id), last.ended)
                }
                (_, Some(last), _) if last.exit == Some(Exit::Lost) => {
                    (DeskState::Crashed, "its process was lost with the office".to_owned(), last.ended)
                }
                (_, Some(last), Some(task))
                    if task.state == TaskState::Failed && last.exit == Some(Exit::Code { code: 0 }) =>
                {
                    (DeskState::Idle, format!("nothing runs here; its last task #{} failed", task.id), last.ended)
                }
                (_, Some(last), Some(task)) if task.state == TaskState::Failed => {
                    let how = last.exit.as_ref().map(ToString::to_string).unwrap_or_default();
                    (DeskState::Crashed, format!("#{} failed; {how}", task.id), last.ended)
                }
                (_, last, _) => (DeskState::Idle, "nothing runs here".to_owned(), last.and_then(|run| run.ended)),
            },
        };
        DeskView {
            id: desk.id,
            name: desk.name.clone(),
            role: desk.role.clone(),
            state,
            evidence,
            since,
            task: task.map(|task| task.id),
            title: task.map(|task| task.title.clone()),
            queue: desk.queue.clone(),
            hold: desk.hold.clone(),
        }
    }

    /// One screen.
    pub fn status(&self, now: At) -> StatusView {
        let mut view = StatusView {
            office: self.name.clone(),
            seq: self.seq,
            now,
            hold: self.hold.clone(),
            desks: self.desks.values().filter(|desk| !desk.removed).map(|desk| self.desk_view(desk)).collect(),
            approvals: self.waiting_approvals().cloned().collect(),
            waits_for_you: Vec::new(),
            held: Vec::new(),
            at_work: Vec::new(),
            backlog: Vec::new(),
            done: Vec::new(),
            review_full: self.review_is_full().then(|| {
                format!(
                    "{} changes wait for review and the limit is {}; nothing new starts by itself until some are reviewed",
                    self.waiting_for_review(),
                    self.settings.review_limit
                )
            }),
            unfit: Vec::new(),
        };
        for task in self.tasks.values() {
            let line = self.line(task);
            match task.state {
                TaskState::InReview | TaskState::Blocked | TaskState::Interrupted | TaskState::Failed => {
                    view.waits_for_you.push(line);
                }
                TaskState::Parked => view.held.push(line),
                TaskState::Starting
                | TaskState::Running
                | TaskState::Checking
                | TaskState::Merging
                | TaskState::Queued => {
                    view.at_work.push(line);
                }
                TaskState::Draft | TaskState::Ready => {
                    view.unfit.extend(self.unfit(task));
                    view.backlog.push(line);
                }
                TaskState::Done if now.seconds_since(task.since) < 24 * 3600 => view.done.push(line),
                TaskState::Done | TaskState::Cancelled => {}
            }
        }
        view
    }

    /// Why no desk here can take a ready task, if none can.
    fn unfit(&self, task: &Task) -> Option<String> {
        let id = task.id;
        if let Some(dep) = task.waiting_for.iter().find_map(|dep| self.tasks.get(dep).filter(|dep| dep.state.is_over()))
        {
            return Some(format!("#{id} waits for #{}, which is {}", dep.id, dep.state));
        }
        let takes = |desk: &Desk| {
            !desk.removed
                && task.role.as_ref().is_none_or(|role| *role == desk.role)
                && desk.project.is_none_or(|project| project == task.project)
        };
        if self.desks.values().any(takes) {
            return None;
        }
        let whom = task.role.as_ref().map(|role| format!(" of role '{role}'")).unwrap_or_default();
        Some(format!("#{id} fits no desk: there is none{whom} for its project"))
    }
}
