//! A task: what is to be done, and where it stands. Its life cycle is in `task/state.rs`, its facts in `task/event.rs`;
//! deciding is in `task/ask.rs` (what people and agents ask) and `task/life.rs` (what the world answers).

pub mod ask;
pub mod backlog;
mod event;
pub mod landing;
pub mod life;
pub mod limit;
pub mod lint;
mod place;
mod rest;
pub mod review;
pub mod risk;
pub mod split;
mod state;
pub(crate) mod written;

use serde::{Deserialize, Serialize};
use specta::Type;

use crate::actor::Actor;
use crate::check::{Check, CheckResult, Mark};
use crate::hold::Hold;
use crate::ids::{DeskId, ProjectId, RoleName, RunId, TaskId};
use crate::run::{Work, Workplace};
use crate::time::At;
use crate::wake::Woken;

pub use ask::TaskCommand;
pub use event::{TaskEvent, apply, effects};
pub use landing::Landing;
pub use limit::{TaskLimit, TaskLimits, TaskTakes};
pub use place::Place;
pub use review::{Judged, Review, ReviewVerdict};
pub use state::TaskState;
pub(crate) use written::written;

/// What a task delivers.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum Deliverable {
    /// A diff to merge.
    #[default]
    Change,
    /// A report; nothing to merge, and an empty diff is no failure.
    Finding,
}

/// How much it matters; ready tasks start in this order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum Priority {
    /// Before all else.
    Urgent,
    /// Early.
    High,
    /// In its turn.
    #[default]
    Normal,
    /// When nothing else waits.
    Low,
}

/// Words told to the next run: why it was sent back, what a blocker's answer was.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
pub struct TaskNote {
    /// When.
    pub at: At,
    /// By whom.
    pub by: Actor,
    /// The words.
    pub text: String,
}

/// A "done" that was said.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
pub struct Claim {
    /// When.
    pub at: At,
    /// Who said it; the office when the process ended with code 0.
    pub by: Actor,
    /// The agent's own words.
    pub summary: String,
    /// The finding, in Markdown, where the deliverable is one.
    pub report: Option<String>,
}

/// A task.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
pub struct Task {
    /// Its number.
    pub id: TaskId,
    /// Where it belongs.
    pub project: ProjectId,
    /// One line.
    pub title: String,
    /// What is to be done, in Markdown.
    pub body: String,
    /// What it delivers.
    pub deliverable: Deliverable,
    /// Its own acceptance checks.
    pub checks: Vec<Check>,
    /// How much it matters.
    pub priority: Priority,
    /// Where its owner put it among those of its priority; none where it was never moved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// Tasks that must be done before.
    pub depends_on: Vec<TaskId>,
    /// Those of them that are not done yet: not empty = shown as *waiting*.
    pub waiting_for: Vec<TaskId>,
    /// Only desks of this role take it, if set.
    pub role: Option<RoleName>,
    /// What kind of work it is, in a word: build, fix, qa...
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// The run that wrote it; none where its owner did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<RunId>,
    /// Why it is there, where nobody wrote it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub woken: Option<Woken>,
    /// So many wakes led to whoever wrote it.
    #[serde(default, skip_serializing_if = "is_none_yet")]
    pub behind: u32,
    /// How often "done" may be refused or a run may fail.
    pub attempts_max: u32,
    /// How often that happened.
    pub attempts_used: u32,
    /// Each run's time limit in seconds, if any.
    pub time_limit_secs: Option<u32>,
    /// What its checkout was found to hold when that was too much.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken: Option<TaskTakes>,
    /// Where it stands.
    pub state: TaskState,
    /// The desk it is given to.
    pub desk: Option<DeskId>,
    /// The run that owns it: lease and fence.
    pub lease: Option<RunId>,
    /// The item of a backlog file that it stands for, if it came from one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub item: Option<backlog::FromFile>,
    /// The last run it had.
    pub last_run: Option<RunId>,
    /// Its checkout, once made.
    pub workplace: Option<Workplace>,
    /// The last "done" that was said.
    pub claim: Option<Claim>,
    /// The last work that was collected.
    pub work: Option<Work>,
    /// The last results of its checks.
    pub results: Vec<CheckResult>,
    /// What a reviewer must see at once.
    pub marks: Vec<Mark>,
    /// Whether another run judges it before it is merged, where its owner says so of this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub review_wanted: Option<bool>,
    /// What another run says of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub review: Option<Review>,
    /// The task whose change it judges, if it is a review.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reviews: Option<TaskId>,
    /// How often something happened at its desk that must not, while it was worked on.
    #[serde(default, skip_serializing_if = "is_none_yet")]
    pub incidents: u32,
    /// Why the office does not merge it by itself, in a project that has what is of low risk merged.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub risks: Vec<String>,
    /// What holds it, while parked.
    pub hold: Option<Hold>,
    /// Why it is in this state, where that needs saying (blocked, failed, sent back, interrupted...).
    pub why: Option<String>,
    /// Answers to choose from, while it is blocked on a question that has some.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<String>,
    /// Words for its next run.
    pub notes: Vec<TaskNote>,
    /// The agent's last word on how far it is.
    pub progress: Option<String>,
    /// When it was accepted.
    pub accepted: Option<At>,
    /// As it was put on the base last, on its way there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub landing: Option<Landing>,
    /// The base was rewritten and no longer holds the commit that this was begun on: it can only be done again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub base_gone: bool,
    /// The commit on the base that holds it.
    pub merged: Option<String>,
    /// When it was added.
    pub added: At,
    /// When its state last changed.
    pub since: At,
}

impl Task {
    /// How many wakes led to one another up to this task.
    pub fn chain(&self) -> u32 {
        self.woken.as_ref().map_or(self.behind, |woken| woken.chain.max(self.behind))
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks by reference")]
fn is_none_yet(count: &u32) -> bool {
    *count == 0
}
