//! The life cycle of a task: its states, and from which it may come to be in which. docs/GLOSSARY.md holds the same table.

use serde::{Deserialize, Serialize};
use specta::Type;

use crate::desk::words;

words! {
    /// The life cycle of a task; docs/GLOSSARY.md holds the same table.
    TaskState {
        /// Written, not released.
        Draft = "draft",
        /// May start when its dependencies are done.
        Ready = "ready",
        /// Given to a busy desk.
        Queued = "queued",
        /// Checkout, set-up, engine launch.
        Starting = "starting",
        /// Its agent works.
        Running = "running",
        /// Acceptance checks run.
        Checking = "checking",
        /// Needs something from outside; partial work is committed.
        Blocked = "blocked",
        /// Held by the office.
        Parked = "parked",
        /// Its process was lost; checkout intact.
        Interrupted = "interrupted",
        /// Waits for a verdict.
        InReview = "in review",
        /// In the merge queue.
        Merging = "merging",
        /// Merged, its finding accepted, or ticked by its owner.
        Done = "done",
        /// Attempts exhausted, evidence kept.
        Failed = "failed",
        /// Called off.
        Cancelled = "cancelled",
    }
}

impl TaskState {
    /// Whether a desk, or the office for it, is at work on a task in this state.
    pub fn at_work(self) -> bool {
        matches!(self, Self::Starting | Self::Running | Self::Checking | Self::Merging)
    }

    /// Whether nothing more happens to a task in this state by itself.
    pub fn is_over(self) -> bool {
        matches!(self, Self::Done | Self::Failed | Self::Cancelled)
    }

    /// The life cycle table: whether a task in this state may come to be in `next`.
    pub fn can_become(self, next: Self) -> bool {
        use TaskState::{
            Blocked, Cancelled, Checking, Done, Draft, Failed, InReview, Interrupted, Merging, Parked, Queued, Ready,
            Running, Starting,
        };
        match self {
            Draft => matches!(next, Ready | Done | Cancelled),
            Ready => matches!(next, Queued | Starting | Done | Cancelled),
            Queued => matches!(next, Starting | Ready | Done | Cancelled),
            Starting => matches!(next, Running | Failed | Parked | Interrupted | Cancelled),
            Running => matches!(next, Checking | Blocked | Parked | Interrupted | Queued | Failed | Cancelled),
            Checking => matches!(next, InReview | Running | Queued | Parked | Failed | Cancelled),
            Blocked => matches!(next, Ready | Done | Failed | Cancelled),
            Parked => matches!(next, Ready | Checking | Failed | Cancelled),
            Interrupted => matches!(next, Ready | Done | Failed | Cancelled),
            InReview => matches!(next, Merging | Done | Ready | Failed | Cancelled),
            Merging => matches!(next, Done | Ready | InReview),
            Done => matches!(next, Ready),
            Failed => matches!(next, Ready | Done | Cancelled),
            Cancelled => matches!(next, Ready),
        }
    }
}
