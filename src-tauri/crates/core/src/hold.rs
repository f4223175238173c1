//! A hold: anything the office keeps from going on. Each has a reason, a since, an end or "until released", and a release.
//! Breakers come with their own issue and use this same shape.

use serde::{Deserialize, Serialize};
use specta::Type;

use crate::time::At;

/// What holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum HoldReason {
    /// The owner stopped everything.
    StoppedByOwner,
    /// The owner paused this desk.
    DeskPaused,
    /// The owner stopped this desk's run.
    DeskStopped,
    /// Something its agent asked for waits for the owner, who was away.
    WaitsForYou,
    /// A budget is spent.
    BudgetSpent,
    /// The owner holds the merge queue.
    QueueHeld,
    /// The base was rewritten: it no longer holds what was merged into it, or what was merged onto.
    BaseRewritten,
    /// What its owner lets one task take is taken: files, lines or time.
    TaskLimit,
    /// The account of its engine has reached its usage limit.
    UsageLimit,
    /// Something happened that must not, and somebody has to look before it goes on.
    Incident,
}

impl HoldReason {
    /// Whether it ends when more is allowed.
    pub fn is_limit(self) -> bool {
        matches!(self, Self::BudgetSpent | Self::TaskLimit)
    }
}

/// A hold, with what ends it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
pub struct Hold {
    /// What holds.
    pub reason: HoldReason,
    /// Since when.
    pub since: At,
    /// Until when; `null` = until released.
    pub until: Option<At>,
    /// The command that releases it.
    pub release: String,
    /// What happened, where that needs words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub what: Option<String>,
}
