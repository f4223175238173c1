//! Every fact that can happen to a task, what it changes, and what is to be done because of it.

use serde::{Deserialize, Serialize};
use specta::Type;

use crate::actor::Actor;
use crate::check::{CheckResult, Mark};
use crate::effect::Effect;
use crate::hold::{Hold, HoldReason};
use crate::ids::{DeskId, RunId, TaskId};
use crate::office::Office;
use crate::queue;
use crate::run::Work;
use crate::task::{Claim, Judged, Landing, Place, Priority, Review, Task, TaskNote, TaskState, TaskTakes, review};
use crate::time::At;

/// What happened to tasks.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, Type)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum TaskEvent {
    /// Added.
    Added {
        /** The new task. */
        task: Box<Task>,
    },
    /// Its wording, checks, priority, dependencies... were changed.
    Edited {
        /** As it is now. */
        task: Box<Task>,
    },
    /// It stands elsewhere in the order in which they start.
    Moved {
        /** Which. */
        task: TaskId,
        /** Where. */
        place: Place,
        /** Among those of this priority. */
        priority: Priority,
    },
    /// Released from draft.
    Released {
        /** Which. */
        task: TaskId,
    },
    /// Given to a busy desk, or back to the front of its queue for another attempt.
    Queued {
        /** Which. */
        task: TaskId,
        /** Where. */
        desk: DeskId,
        /** Before the others there. */
        front: bool,
    },
    /// TaskTakes back from a queue.
    Unassigned {
        /** Which. */
        task: TaskId,
    },
    /// A run took its lease.
    Started {
        /** Which. */
        task: TaskId,
        /** Where. */
        desk: DeskId,
        /** The lease. */
        run: RunId,
    },
    /// Its engine runs.
    Running {
        /** Which. */
        task: TaskId,
        /** The lease. */
        run: RunId,
    },
    /// Somebody said done.
    DoneSaid {
        /** Which. */
        task: TaskId,
        /** Whose work. */
        run: RunId,
        /** The words. */
        claim: Claim,
    },
    /// Its work was collected.
    Collected {
        /** Which. */
        task: TaskId,
        /** Whose work. */
        run: RunId,
        /** What it is. */
        work: Work,
    },
    /// Its checks begin.
    ChecksBegan {
        /** Which. */
        task: TaskId,
        /** Whose work. */
        run: RunId,
        /** The commit. */
        commit: String,
    },
    /// Its "done" was refused; an attempt is used up.
    Refused {
        /** Which. */
        task: TaskId,
        /** Whose work. */
        run: RunId,
        /** Why. */
        why: String,
        /** The checks. */
        results: Vec<CheckResult>,
        /** Its agent still lives and goes on. */
        goes_on: bool,
    },
    /// It waits for a verdict.
    InReview {
        /** Which. */
        task: TaskId,
        /** Whose work. */
        run: RunId,
        /** The checks. */
        results: Vec<CheckResult>,
        /** For the reviewer. */
        marks: Vec<Mark>,
        /** Why it is not of low risk, where what is is merged by itself. */
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        risks: Vec<String>,
    },
    /// A run failed without saying done; an attempt is used up.
    AttemptFailed {
        /** Which. */
        task: TaskId,
        /** Which run. */
        run: RunId,
        /** Why. */
        why: String,
    },
    /// It needs something from outside.
    Blocked {
        /** Which. */
        task: TaskId,
        /** What was done so far. */
        done_so_far: String,
        /** What it needs. */
        needs: String,
        /** Answers to choose from, where it gave some. */
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        options: Vec<String>,
    },
    /// The blocker was answered.
    Answered {
        /** Which. */
        task: TaskId,
        /** The answer. */
        note: TaskNote,
    },
    /// Held.
    Parked {
        /** Which. */
        task: TaskId,
        /** By what. */
        hold: Hold,
    },
    /// Its hold was released.
    Unparked {
        /** Which. */
        task: TaskId,
        /** What the owner says with it. */
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<TaskNote>,
    },
    /// Its process was lost.
    Interrupted {
        /** Which. */
        task: TaskId,
        /** How. */
        why: String,
    },
    /// TaskTakes up again after an interruption.
    Resumed {
        /** Which. */
        task: TaskId,
    },
    /// Given up, with the evidence kept.
    Failed {
        /** Which. */
        task: TaskId,
        /** Why. */
        why: String,
    },
    /// Its partial work is to be kept on its branch.
    KeepAsked {
        /** Which. */
        task: TaskId,
        /** Whose work. */
        run: RunId,
    },
    /// Its checkout was found to hold more than it may.
    Took {
        /** Which. */
        task: TaskId,
        /** What. */
        taken: TaskTakes,
    },
    /// Its agent said how far it is.
    Progress {
        /** Which. */
        task: TaskId,
        /** The words. */
        text: String,
    },
    /// Another run is to judge it.
    ReviewAsked {
        /** Which. */
        task: TaskId,
        /** The review. */
        review: Review,
    },
    /// A reviewer's verdict.
    Judged {
        /** Which. */
        task: TaskId,
        /** The commit that was seen. */
        commit: String,
        /** The verdict. */
        judged: Judged,
    },
    /// Accepted by its reviewer.
    Accepted {
        /** Which. */
        task: TaskId,
    },
    /// It was put on the base as that is now, in the office's own repository.
    PutOnBase {
        /** Which. */
        task: TaskId,
        /** As it is there. */
        landing: Landing,
    },
    /// Its checks ran on the result.
    ResultChecked {
        /** Which. */
        task: TaskId,
        /** The commit that was checked. */
        commit: String,
        /** The checks. */
        results: Vec<CheckResult>,
    },
    /// The base was rewritten under it; still in review.
    BaseGone {
        /** Which. */
        task: TaskId,
        /** Why, and what to do. */
        why: String,
    },
    /// Could not be merged as things stand; still in review.
    MergeWaits {
        /** Which. */
        task: TaskId,
        /** Why, and what to do. */
        why: String,
    },
    /// Sent back with a note.
    SentBack {
        /** Which. */
        task: TaskId,
        /** The note. */
        note: TaskNote,
    },
    /// Done: merged as this commit, or its finding accepted.
    Done {
        /** Which. */
        task: TaskId,
        /** The commit on the base, for a change. */
        commit: Option<String>,
    },
    /// Called off.
    Cancelled {
        /** Which. */
        task: TaskId,
    },
    /// To be tried again from a failed, cancelled or done state, with fresh attempts.
    Reopened {
        /** Which. */
        task: TaskId,
        /** Words for the next run. */
        note: Option<TaskNote>,
    },
}

impl TaskEvent {
    /// The task it happened to.
    pub fn task(&self) -> TaskId {
        match self {
            Self::Added { task } | Self::Edited { task } => task.id,
            Self::Released { task }
            | Self::Moved { task, .. }
            | Self::Queued { task, .. }
            | Self::Unassigned { task }
            | Self::Started { task, .. }
            | Self::Running { task, .. }
            | Self::DoneSaid { task, .. }
            | Self::Collected { task, .. }
            | Self::ChecksBegan { task, .. }
            | Self::Refused { task, .. }
            | Self::InReview { task, .. }
            | Self::AttemptFailed { task, .. }
            | Self::Blocked { task, .. }
            | Self::Answered { task, .. }
            | Self::Parked { task, .. }
            | Self::Unparked { task, .. }
            | Self::Interrupted { task, .. }
            | Self::Resumed { task }
            | Self::Failed { task, .. }
            | Self::KeepAsked { task, .. }
            | Self::Took { task, .. }
            | Self::Progress { task, .. }
            | Self::ReviewAsked { task, .. }
            | Self::Judged { task, .. }
            | Self::Accepted { task }
            | Self::PutOnBase { task, .. }
            | Self::ResultChecked { task, .. }
            | Self::BaseGone { task, .. }
            | Self::MergeWaits { task, .. }
            | Self::SentBack { task, .. }
            | Self::Done { task, .. }
            | Self::Cancelled { task }
            | Self::Reopened { task, .. } => *task,
        }
    }
}

/// Applies a task event.
pub fn apply(office: &mut Office, event: &TaskEvent, at: At) {
    match event {
        TaskEvent::Added { task } => {
            office.next.task = TaskId(task.id.0 + 1);
            office.put_task((**task).clone());
            return;
        }
        TaskEvent::Edited { task } => {
            office.put_task((**task).clone());
            return;
        }
        TaskEvent::Queued { task, desk, front } => {
            office.leave_queue(*task);
            office.change_desk(*desk, |d| if *front { d.queue.insert(0, *task) } else { d.queue.push(*task) });
        }
        TaskEvent::Started { task, run, .. } => {
            office.leave_queue(*task);
            // A session that becomes a task has its run already.
            office.change_run(*run, |r| r.task = Some(*task));
        }
        TaskEvent::Unassigned { task }
        | TaskEvent::Cancelled { task }
        | TaskEvent::Done { task, .. }
        | TaskEvent::Failed { task, .. } => office.leave_queue(*task),
        _ => {}
    }
    office.change_task(event.task(), |task| {
        change(task, event);
        if matches!(event, TaskEvent::Accepted { .. }) {
            task.accepted = Some(at);
            if let Some(landing) = &mut task.landing {
                landing.tries = 0;
            }
        }
        if let Some(state) = state_after(task, event) {
            debug_assert!(task.state == state || task.state.can_become(state), "{} -> {state}", task.state);
            task.state = state;
            task.since = at;
            if state != TaskState::Blocked {
                task.options.clear();
            }
        }
    });
    office.update_waiting(event.task());
    office.forget_collisions(event.task());
    seen_base(office, event);
}

/// The last commit that the base of a task's project was seen to hold: one that no longer does was rewritten.
fn seen_base(office: &mut Office, event: &TaskEvent) {
    let Some(task) = office.tasks.get(&event.task()) else { return };
    let seen = match (event, &task.landing) {
        (TaskEvent::PutOnBase { landing, .. }, _) => &landing.base,
        (TaskEvent::Done { commit: Some(commit), .. }, Some(landing)) if landing.commit == *commit => commit,
        _ => return,
    };
    let project = task.project;
    office.change_project(project, |project| project.base_seen = Some(seen.clone()));
}

/// The state an event leads to, if it leads to another.
fn state_after(task: &Task, event: &TaskEvent) -> Option<TaskState> {
    Some(match event {
        TaskEvent::Added { .. }
        | TaskEvent::Edited { .. }
        | TaskEvent::Moved { .. }
        | TaskEvent::Collected { .. }
        | TaskEvent::KeepAsked { .. }
        | TaskEvent::ChecksBegan { .. }
        | TaskEvent::AttemptFailed { .. }
        | TaskEvent::PutOnBase { .. }
        | TaskEvent::ResultChecked { .. }
        | TaskEvent::Took { .. }
        | TaskEvent::ReviewAsked { .. }
        | TaskEvent::Judged { .. }
        | TaskEvent::Progress { .. } => return None,
        TaskEvent::Refused { goes_on, .. } => {
            return goes_on.then_some(TaskState::Running);
        }
        TaskEvent::Released { .. }
        | TaskEvent::Unassigned { .. }
        | TaskEvent::Answered { .. }
        | TaskEvent::Resumed { .. }
        | TaskEvent::SentBack { .. }
        | TaskEvent::Reopened { .. } => TaskState::Ready,
        TaskEvent::Unparked { .. } if task.claim.is_some() => TaskState::Checking,
        TaskEvent::Unparked { .. } => TaskState::Ready,
        TaskEvent::Queued { .. } => TaskState::Queued,
        TaskEvent::Started { .. } => TaskState::Starting,
        TaskEvent::Running { .. } => TaskState::Running,
        TaskEvent::DoneSaid { .. } => TaskState::Checking,
        TaskEvent::InReview { .. } | TaskEvent::MergeWaits { .. } | TaskEvent::BaseGone { .. } => TaskState::InReview,
        TaskEvent::Blocked { .. } => TaskState::Blocked,
        TaskEvent::Parked { .. } => TaskState::Parked,
        TaskEvent::Interrupted { .. } => TaskState::Interrupted,
        TaskEvent::Failed { .. } => TaskState::Failed,
        TaskEvent::Accepted { .. } => TaskState::Merging,
        TaskEvent::Done { .. } => TaskState::Done,
        TaskEvent::Cancelled { .. } => TaskState::Cancelled,
    })
}

fn change(task: &mut Task, event: &TaskEvent) {
    match event {
        TaskEvent::Added { .. }
        | TaskEvent::Edited { .. }
        | TaskEvent::Released { .. }
        | TaskEvent::KeepAsked { .. } => {}
        TaskEvent::Queued { desk, .. } => {
            task.desk = Some(*desk);
            task.lease = None;
        }
        TaskEvent::Moved { place, priority, .. } => {
            task.place = Some(*place);
            task.priority = *priority;
        }
        TaskEvent::Unassigned { .. } => task.desk = None,
        TaskEvent::Started { desk, run, .. } => {
            task.desk = Some(*desk);
            task.lease = Some(*run);
            task.last_run = Some(*run);
            task.claim = None;
            task.progress = None;
        }
        TaskEvent::Running { .. } => {}
        TaskEvent::DoneSaid { claim, .. } => task.claim = Some(claim.clone()),
        TaskEvent::Collected { work, .. } => task.work = Some(work.clone()),
        TaskEvent::ChecksBegan { .. } => task.results.clear(),
        TaskEvent::Refused { why, results, .. } => {
            task.attempts_used += 1;
            task.claim = None;
            task.why = Some(why.clone());
            task.results = results.clone();
        }
        TaskEvent::InReview { results, marks, risks, .. } => {
            task.risks.clone_from(risks);
            task.results = results.clone();
            task.marks = marks.clone();
            task.why = None;
            task.lease = None;
            task.landing = None;
        }
        TaskEvent::AttemptFailed { why, .. } => {
            task.attempts_used += 1;
            task.why = Some(why.clone());
        }
        TaskEvent::Blocked { done_so_far, needs, options, .. } => {
            task.lease = None;
            task.options.clone_from(options);
            task.why = Some(if done_so_far.is_empty() {
                needs.clone()
            } else {
                format!("{needs} (done so far: {done_so_far})")
            });
        }
        TaskEvent::Answered { note, .. } => {
            task.why = None;
            task.notes.push(note.clone());
        }
        TaskEvent::Parked { hold, .. } => {
            task.incidents += u32::from(hold.reason == HoldReason::Incident);
            task.hold = Some(hold.clone());
            task.lease = None;
        }
        TaskEvent::Unparked { note, .. } => {
            task.hold = None;
            task.notes.extend(note.clone());
        }
        TaskEvent::Interrupted { why, .. } => {
            task.lease = None;
            task.why = Some(why.clone());
        }
        TaskEvent::Resumed { .. } => task.why = None,
        TaskEvent::Failed { why, .. } => {
            task.lease = None;
            task.hold = None;
            task.why = Some(why.clone());
        }
        TaskEvent::Took { taken, .. } => task.taken = Some(*taken),
        TaskEvent::Progress { text, .. } => task.progress = Some(text.clone()),
        TaskEvent::ReviewAsked { review, .. } => task.review = Some(review.clone()),
        TaskEvent::Judged { commit, judged, .. } => {
            if let Some(of) = task.review.as_mut().filter(|review| review.commit == *commit) {
                task.why = review::why(of, judged);
                of.judged = Some(judged.clone());
            }
        }
        TaskEvent::Accepted { .. } => task.why = None,
        TaskEvent::PutOnBase { landing, .. } => task.landing = Some(landing.clone()),
        TaskEvent::ResultChecked { commit, results, .. } => {
            let green = results.iter().all(|result| !result.verdict.refuses());
            // What its reviewer saw stays on record (a flaky check, say); what refuses the result is what counts now.
            if !green {
                task.results.clone_from(results);
            }
            if let Some(landing) = task.landing.as_mut().filter(|landing| landing.commit == *commit) {
                landing.checked = green;
            }
        }
        TaskEvent::MergeWaits { why, .. } => task.why = Some(why.clone()),
        TaskEvent::BaseGone { why, .. } => {
            task.why = Some(why.clone());
            task.base_gone = true;
        }
        TaskEvent::SentBack { note, .. } => {
            task.claim = None;
            task.accepted = None;
            task.landing = None;
            if note.by == Actor::Office {
                task.attempts_used += 1;
            }
            // Its rounds are counted anew once its owner had a say.
            if note.by == Actor::Owner {
                task.review = None;
            }
            // It does not go onto the base as that is: what it did is kept, and its next run begins on the base as it is then.
            if note.by == Actor::Office || task.base_gone {
                task.workplace = None;
                task.base_gone = false;
            }
            task.why = Some(note.text.clone());
            task.notes.push(note.clone());
        }
        TaskEvent::Done { commit, .. } => {
            task.merged = commit.clone();
            task.why = None;
            task.hold = None;
            task.base_gone = false;
        }
        TaskEvent::Cancelled { .. } => {
            task.lease = None;
            task.hold = None;
            task.desk = None;
        }
        TaskEvent::Reopened { note, .. } => {
            task.attempts_used = 0;
            task.review = None;
            task.claim = None;
            task.accepted = None;
            task.landing = None;
            task.desk = None;
            task.why = None;
            task.notes.extend(note.clone());
            if task.merged.take().is_some() {
                task.workplace = None;
                task.work = None;
                task.results.clear();
                task.marks.clear();
            }
        }
    }
}

/// What a task event asks to be done.
pub fn effects(office: &Office, event: &TaskEvent) -> Vec<Effect> {
    let id = event.task();
    let Some(task) = office.tasks.get(&id) else { return Vec::new() };
    match event {
        TaskEvent::DoneSaid { run, .. } => vec![Effect::Collect { task: id, run: *run, keep: false }],
        TaskEvent::KeepAsked { run, .. } => vec![Effect::Collect { task: id, run: *run, keep: true }],
        TaskEvent::Unparked { .. } if task.state == TaskState::Checking => {
            task.last_run.map(|run| Effect::Collect { task: id, run, keep: false }).into_iter().collect()
        }
        TaskEvent::ChecksBegan { run, .. } => vec![Effect::Check { task: id, run: *run }],
        // Where a check is red, what follows from that is said in the same breath.
        TaskEvent::ResultChecked { .. } if task.landing.as_ref().is_none_or(|landing| !landing.checked) => Vec::new(),
        TaskEvent::Accepted { .. }
        | TaskEvent::PutOnBase { .. }
        | TaskEvent::ResultChecked { .. }
        | TaskEvent::MergeWaits { .. }
        | TaskEvent::BaseGone { .. }
        | TaskEvent::SentBack { .. } => queue::due(office),
        TaskEvent::Parked { .. } => vec![Effect::Halt { task: id }],
        TaskEvent::Cancelled { .. } if task.workplace.is_some() => {
            vec![Effect::Halt { task: id }, Effect::Reclaim { task: id }]
        }
        TaskEvent::Cancelled { .. } => vec![Effect::Halt { task: id }],
        TaskEvent::Done { .. } => {
            let mut effects = vec![Effect::Reclaim { task: id }];
            effects.extend(queue::due(office));
            effects
        }
        _ => Vec::new(),
    }
}
