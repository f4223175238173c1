//! What came of taking a backlog file in. Which item is which task is core's; reading the file is the runtime's.

use office_core::task::TaskState;
use office_core::{MailId, TaskId};
use serde::{Deserialize, Serialize};
use specta::Type;

/// What an item came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum Taken {
    /// It is a new task.
    Added,
    /// Its task changed.
    Changed,
    /// Its task says the same already.
    Same,
    /// Its task is at work, or waits for a verdict, and keeps its words until it has come to rest.
    Later,
    /// It was ticked before the office ever saw it, and is no task.
    Ticked,
}

/// An item of the file.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
pub struct TakenItem {
    /// The line it begins on, from 1.
    pub line: u32,
    /// Its words.
    pub title: String,
    /// What it came to.
    pub taken: Taken,
    /// Its task, if it is one.
    pub task: Option<TaskId>,
    /// That task's state.
    pub state: Option<TaskState>,
}

/// A file that was taken in.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
pub struct TakenIn {
    /// The file, from the project's root; absolute where it lies elsewhere.
    pub file: String,
    /// All its items, in their order.
    pub items: Vec<TakenItem>,
    /// Tasks nobody had begun, called off because their items are gone.
    pub called_off: Vec<TaskId>,
    /// The mail by which it was handed to whoever leads the desks, who makes a plan of it; no task was made then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handed: Option<MailId>,
}
