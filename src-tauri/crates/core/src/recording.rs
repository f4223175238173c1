//! What runs leave behind on disk (recording, script, outputs of checks), and which of it may go: evidence that was
//! reviewed or called off, and never anything else. Measuring and removing are not here; `runtime` does both.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use specta::Type;

use crate::ids::{RunId, TaskId};
use crate::office::{Office, OfficeSettings};
use crate::run::{Run, RunState};
use crate::task::TaskState;
use crate::time::At;

/// What is kept of recordings; what is not limited is kept for ever.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Budget {
    /// So many megabytes of them (a megabyte is 1,000,000 bytes).
    pub mb: Option<u32>,
    /// So many days long.
    pub days: Option<u32>,
}

impl Budget {
    /// What the owner set.
    pub fn of(settings: &OfficeSettings) -> Self {
        Self { mb: settings.recordings_mb, days: settings.recordings_days }
    }

    /// Whether it limits nothing.
    pub fn is_none(self) -> bool {
        self == Self::default()
    }
}

/// What one run leaves behind, and that it goes.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
pub struct RunGoes {
    /// Which run.
    pub run: RunId,
    /// Of which task; none where it was a session.
    pub task: Option<TaskId>,
    /// Since when it was over.
    pub ended: At,
    /// What it takes, in kilobytes.
    pub kb: u32,
}

/// What recordings take, and what of it goes by a budget.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, Type)]
pub struct RecordingsReport {
    /// What all runs take, in kilobytes.
    pub used_kb: u32,
    /// What of it belongs to work that was reviewed or called off, and so may go.
    pub may_go_kb: u32,
    /// So many megabytes are kept, if that is limited.
    pub keep_mb: Option<u32>,
    /// So many days are kept, if that is limited.
    pub keep_days: Option<u32>,
    /// What goes, oldest first.
    pub goes: Vec<RunGoes>,
    /// What that takes, in kilobytes.
    pub goes_kb: u32,
    /// Whether it is gone; else it is only said.
    pub gone: bool,
    /// Sessions that are over and whose checkout holds what is saved nowhere else; they go by their owner's word alone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unsaved: Vec<Unsaved>,
}

/// What a session left in its checkout.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
pub struct Unsaved {
    /// Which run.
    pub run: RunId,
    /// Where it lies.
    pub path: String,
}

impl RecordingsReport {
    /// Whether more is kept than the budget has room for, because nobody has looked at it yet.
    pub fn is_over(&self) -> bool {
        let left = self.used_kb.saturating_sub(self.goes_kb);
        self.keep_mb.is_some_and(|mb| u64::from(left) > u64::from(mb) * 1000)
    }
}

impl Office {
    /// Whether the recording of a run may go: one that is over, on a task that was accepted or called off; or a session,
    /// which its owner sat in front of, once nothing unsaved of it is left.
    pub fn may_go(&self, run: &Run) -> bool {
        let looked_at = match run.task.map(|task| self.tasks.get(&task)) {
            Some(Some(task)) => {
                matches!(task.state, TaskState::Done | TaskState::Cancelled) && task.lease != Some(run.id)
            }
            Some(None) => false,
            None => !run.left_a_checkout(),
        };
        run.state == RunState::Ended && run.pruned.is_none() && looked_at
    }

    /// What goes by this budget, given what each run takes in kilobytes.
    pub fn recordings(&self, sizes: &BTreeMap<RunId, u32>, budget: Budget, now: At) -> RecordingsReport {
        let sum = |kb: u32, more: &u32| kb.saturating_add(*more);
        let used_kb = sizes.values().fold(0, sum);
        let mut may: Vec<RunGoes> = sizes
            .iter()
            .filter_map(|(id, kb)| {
                let run = self.runs.get(id).filter(|run| self.may_go(run))?;
                Some(RunGoes { run: *id, task: run.task, ended: run.ended.unwrap_or(run.began), kb: *kb })
            })
            .collect();
        may.sort_by_key(|it| (it.ended, it.run));
        let may_go_kb = may.iter().map(|it| &it.kb).fold(0, sum);
        let too_old = |it: &RunGoes| {
            let age = now.millis().saturating_sub(it.ended.millis());
            budget.days.is_some_and(|days| age > i64::from(days) * 24 * 3600 * 1000)
        };
        let mut left = u64::from(used_kb);
        let mut goes = Vec::new();
        for it in may {
            if too_old(&it) || budget.mb.is_some_and(|mb| left > u64::from(mb) * 1000) {
                left -= u64::from(it.kb);
                goes.push(it);
            }
        }
        let goes_kb = goes.iter().map(|it| &it.kb).fold(0, sum);
        let left = self.runs.values().filter(|run| run.left_a_checkout());
        let unsaved = left.filter_map(|run| Some(Unsaved { run: run.id, path: run.workplace.as_ref()?.path.clone() }));
        RecordingsReport {
            used_kb,
            may_go_kb,
            keep_mb: budget.mb,
            keep_days: budget.days,
            goes,
            goes_kb,
            gone: false,
            unsaved: unsaved.collect(),
        }
    }
}
