//! Views: what a person sees at one glance. Derived, never stored.

use serde::{Deserialize, Serialize};
use specta::Type;

use crate::approval::{self, Approval, glance};
use crate::budget::BudgetView;
use crate::collision::DeskCollision;
use crate::desk::{Desk, DeskState};
use crate::hold::{Hold, HoldReason};
use crate::ids::{DeskId, RoleName, Seq, TaskId};
use crate::mail::MailView;
use crate::news::Notify;
use crate::office::Office;
use crate::plan::{Plan, PlanState};
use crate::queue::{self, QueueView};
use crate::run::{Exit, Run, RunState};
use crate::sandbox::Enforcement;
use crate::seen::Spent;
use crate::task::limit::TaskLimitView;
use crate::task::{Task, TaskState, review};
use crate::time::At;
use crate::unattended::Unattended;
use crate::usage_limit::UsageLimit;
use crate::wake::Wake;

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
    /// What the run that goes on took, or the last one.
    #[serde(default)]
    pub spent: Option<Spent>,
    /// Subagents of its agent at work.
    #[serde(default)]
    pub visitors: u32,
    /// What keeps its run, or the one before, to its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enforcement: Option<Enforcement>,
    /// Others that are under way and touch the same files.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub collisions: Vec<DeskCollision>,
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
    /// Whether another run judges it, or is there to do so, before its owner need look.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub under_review: bool,
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
    /// What kept waking somebody within the last 24 hours until it was cut off.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cut_off: Vec<Wake>,
    /// What the desktop is told.
    #[serde(default)]
    pub notify: Notify,
    /// What the owner wishes while they are away.
    #[serde(default)]
    pub unattended: Unattended,
    /// Whether it is within the owner's quiet hours.
    #[serde(default)]
    pub quiet: bool,
    /// Budgets, and what was spent of each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub budgets: Vec<BudgetView>,
    /// Accounts that have reached their usage limit.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub usage_limits: Vec<UsageLimit>,
    /// What each task may take.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub task_limits: Vec<TaskLimitView>,
    /// How the mail stands.
    #[serde(default)]
    pub mail: MailView,
    /// Plans that wait for the owner's answer, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub plans: Vec<Plan>,
    /// Merge queues in which something waits, or which are held.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub queues: Vec<QueueView>,
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
            why: task.why.clone().or_else(|| self.review_stands(task)),
            hold: task.hold.clone(),
            under_review: self.is_under_review(task),
            marks: u32::try_from(task.marks.len()).unwrap_or(u32::MAX),
            since: task.since,
        }
    }

    /// A desk as it is seen.
    pub fn desk_view(&self, desk: &Desk) -> DeskView {
        let run = desk.run.and_then(|run| self.runs.get(&run));
        let last = desk.last_run.and_then(|run| self.runs.get(&run));
        let task = run.and_then(|run| run.task).and_then(|task| self.tasks.get(&task));
        let (state, evidence, since) = match run {
            _ if desk.removed => (DeskState::Off, "removed".to_owned(), None),
            Some(run) => match (self.seen_at_work(run, task), task.and_then(|task| task.reviews)) {
                ((DeskState::Working | DeskState::Thinking, _, since), Some(of)) if run.state == RunState::Live => {
                    (DeskState::Reviewing, format!("it reviews #{of}"), since)
                }
                (seen, _) => seen,
            },
            None => match (self.seen_at_rest(desk), self.attended_only(desk)) {
                ((DeskState::Idle, evidence, since), Some(why)) => {
                    (DeskState::Idle, format!("{evidence}; {why}"), since)
                }
                (seen, _) => seen,
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
            spent: run.or(last).and_then(|run| run.spent.clone()),
            visitors: run
                .filter(|run| run.state == RunState::Live)
                .and_then(|run| run.seen.as_ref())
                .map_or(0, |it| it.visitors),
            enforcement: run.or(last).and_then(|run| run.enforcement.clone()),
            collisions: self.collisions_of(desk),
        }
    }

    /// What a desk with a run is seen to be.
    fn seen_at_work(&self, run: &Run, task: Option<&Task>) -> (DeskState, String, Option<At>) {
        if let Some(asks) = self.waiting_approvals().find(|it| it.run == Some(run.id)) {
            return (DeskState::WaitingForYou, approval::evidence(asks), Some(asks.since));
        }
        match run.state {
            RunState::Preparing => (DeskState::Starting, "its checkout is made and set up".to_owned(), Some(run.began)),
            RunState::Launching => (DeskState::Starting, "its engine is started".to_owned(), Some(run.began)),
            _ if task.is_some_and(|t| t.state == TaskState::Checking) => {
                (DeskState::Reviewing, "its work is collected and checked".to_owned(), task.map(|t| t.since))
            }
            RunState::Ending => (DeskState::Working, "its process is ended".to_owned(), run.launched),
            RunState::Live if run.seen.is_some() => self.seen_by_signals(run, task),
            RunState::Live | RunState::Ended => {
                let pid = run.pid.map(|pid| format!("process {pid} runs")).unwrap_or_default();
                (DeskState::Working, pid, run.launched)
            }
        }
    }

    /// What its engine's own signals say, and until when.
    fn seen_by_signals(&self, run: &Run, task: Option<&Task>) -> (DeskState, String, Option<At>) {
        let Some(seen) = &run.seen else { return (DeskState::Working, String::new(), run.launched) };
        let until = seen.until.map(|until| format!("; until {until}")).unwrap_or_default();
        // It was told what is missing as often as that makes sense, and rests all the same.
        let turned = run.spent.as_ref().is_some_and(|spent| spent.turns > 0);
        let undone = task.filter(|task| turned && seen.state == DeskState::Idle && task.state == TaskState::Running);
        if let Some(task) = undone {
            let evidence = format!("its turn ended, and #{} is not done", task.id);
            return (DeskState::WaitingForYou, evidence, Some(seen.since));
        }
        (seen.state, format!("{}{until}", seen.evidence), Some(seen.since))
    }

    /// What a desk without a run is seen to be: held, not able to start, or by how its last run ended and what became of the
    /// task, unless another run has taken that on since.
    fn seen_at_rest(&self, desk: &Desk) -> (DeskState, String, Option<At>) {
        if let Some(hold) = desk.hold.as_ref().or(self.hold.as_ref()) {
            if let (HoldReason::Incident, Some(what)) = (hold.reason, &hold.what) {
                return (DeskState::WaitingForYou, format!("stopped: {what}"), Some(hold.since));
            }
            let evidence = match hold.reason {
                HoldReason::DeskPaused => "paused by its owner",
                HoldReason::DeskStopped => "stopped by its owner",
                HoldReason::StoppedByOwner => "everything is stopped by its owner",
                HoldReason::WaitsForYou => "waits for you",
                HoldReason::BudgetSpent => "its budget is spent",
                HoldReason::UsageLimit => "its account has reached its usage limit",
                HoldReason::TaskLimit => "its task took all it may",
                HoldReason::Incident => "stopped until you have looked",
                HoldReason::QueueHeld | HoldReason::BaseRewritten => "its merges are held",
            };
            return (DeskState::Paused, evidence.to_owned(), Some(hold.since));
        }
        if let Some(budget) = self.desk_has_no_budget(desk.id) {
            let (whose, raise) = (self.budget_name(&budget.of), self.budget_raise(budget));
            return (DeskState::Paused, format!("the budget of {whose} is spent: `{raise}`"), None);
        }
        if let Err(refusal) = self.engine_of(desk) {
            return (DeskState::Off, refusal.detail, None);
        }
        if let Some(limit) = self.desk_is_limited(desk).filter(|_| !self.holds_finished(desk)) {
            return (DeskState::Limited, format!("{}; {}", limit.words(), limit.evidence), Some(limit.since));
        }
        if let Some((task, dep)) = self.stuck_queue(desk) {
            let evidence = format!("its next task #{} waits for #{}, which is {}", task.id, dep.id, dep.state);
            return (DeskState::Stuck, evidence, Some(dep.since));
        }
        let Some(last) = desk.last_run.and_then(|run| self.runs.get(&run)) else {
            return (DeskState::Idle, "nothing runs here".to_owned(), None);
        };
        let of_last = last.task.and_then(|task| self.tasks.get(&task)).filter(|task| task.last_run == Some(last.id));
        let lost = last.exit == Some(Exit::Lost);
        let Some(task) = of_last else {
            return if lost && last.task.is_none() {
                (DeskState::Crashed, "its session was lost with the office".to_owned(), last.ended)
            } else {
                (DeskState::Idle, "nothing runs here".to_owned(), last.ended)
            };
        };
        let id = task.id;
        match task.state {
            TaskState::Checking => {
                (DeskState::Reviewing, "its work is collected and checked".to_owned(), Some(task.since))
            }
            TaskState::Blocked => {
                let needs = task.why.as_deref().and_then(|why| why.lines().next()).unwrap_or_default();
                (DeskState::WaitingForYou, format!("#{id} needs: {}", glance(needs)), Some(task.since))
            }
            TaskState::InReview => (DeskState::Finished, format!("#{id} waits for review"), Some(task.since)),
            TaskState::Merging => (DeskState::Finished, format!("#{id} is accepted and is merged"), Some(task.since)),
            TaskState::Interrupted if lost => {
                (DeskState::Crashed, format!("#{id}: its process was lost with the office"), last.ended)
            }
            TaskState::Failed if last.exit == Some(Exit::Code { code: 0 }) => {
                (DeskState::Idle, format!("nothing runs here; its last task #{id} failed"), last.ended)
            }
            TaskState::Failed => {
                let how = last.exit.as_ref().map(ToString::to_string).unwrap_or_default();
                (DeskState::Crashed, format!("#{id} failed; {how}"), last.ended)
            }
            _ => (DeskState::Idle, "nothing runs here".to_owned(), last.ended),
        }
    }

    /// Whether what was last done there waits for its owner.
    fn holds_finished(&self, desk: &Desk) -> bool {
        let last = desk.last_run.and_then(|run| self.runs.get(&run));
        let task =
            last.and_then(|run| self.tasks.get(&run.task?)).filter(|task| task.last_run == last.map(|run| run.id));
        task.is_some_and(|task| {
            matches!(task.state, TaskState::InReview | TaskState::Merging | TaskState::Blocked | TaskState::Checking)
        })
    }

    /// The first task of a queue, and what it waits for, when none of the queue can ever start as things stand.
    fn stuck_queue(&self, desk: &Desk) -> Option<(&Task, &Task)> {
        let never = |id: &TaskId| {
            let task = self.tasks.get(id)?;
            let over = task.waiting_for.iter().filter_map(|dep| self.tasks.get(dep));
            over.filter(|dep| dep.state.is_over()).min_by_key(|dep| dep.id).map(|dep| (task, dep))
        };
        let all: Option<Vec<_>> = desk.queue.iter().map(never).collect();
        all?.first().copied()
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
            cut_off: self
                .wakes
                .iter()
                .filter(|it| it.round && now.seconds_since(it.at) < 24 * 3600)
                .cloned()
                .collect(),
            notify: self.settings.notify,
            unattended: self.settings.unattended.clone(),
            quiet: false,
            budgets: self.budget_views(),
            usage_limits: self.limited().cloned().collect(),
            task_limits: self.task_limit_views(),
            mail: self.mail_view(now),
            plans: self.plans.values().filter(|plan| plan.state == PlanState::Proposed).cloned().collect(),
            queues: queue::views(self),
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
                && review::keeps_from(self, task, desk).is_none()
                && task.role.as_ref().is_none_or(|role| *role == desk.role)
                && desk.project.is_none_or(|project| project == task.project)
        };
        let mut fitting = self.desks.values().filter(|desk| takes(desk)).peekable();
        if fitting.peek().is_some() {
            let held: Option<Vec<_>> = fitting.map(|desk| Some((desk, self.attended_only(desk)?))).collect();
            // Said only where no other desk could take it.
            let (desk, why) = held?.into_iter().next()?;
            return Some(format!("#{id} is yours to give: {} {why}", desk.name));
        }
        if let Some(of) = task.reviews {
            return Some(self.no_reviewer(of));
        }
        let whom = task.role.as_ref().map(|role| format!(" of role '{role}'")).unwrap_or_default();
        Some(format!("#{id} fits no desk: there is none{whom} for its project"))
    }
}
