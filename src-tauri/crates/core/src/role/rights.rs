//! What a role may and when it is woken, in the words of its file. What the words lead to is decided where it happens: a task, a
//! desk, a hold, a wake. Reading files is not here.

use serde::{Deserialize, Serialize};
use specta::Type;

use crate::desk::words;
use crate::ids::{ProjectId, RoleName};

words! {
    /// What whoever holds a role may do beside their own task.
    May {
        /// Write tasks and split them.
        CreateTasks = "create tasks",
        /// Release tasks and give them to desks.
        Assign = "assign",
        /// Set up desks for more workers.
        Hire = "hire",
        /// Give a verdict on another's work.
        Review = "review",
        /// Hold a shape of command until a task is through.
        Hold = "hold",
        /// Answer what others ask about their tasks.
        Answer = "answer questions",
        /// Accept plans in the owner's place: what of them is ready then starts.
        AcceptPlans = "accept plans",
        /// Come to a desk of its own when it is woken and nobody sits there. What it costs is begun by nobody's hand.
        Visit = "come when woken",
    }
}

words! {
    /// What a role is woken by.
    Occasion {
        /// A task said done and its checks let it through.
        TaskFinished = "task finished",
        /// A task is merged, or its finding filed.
        TaskDone = "task done",
        /// A task failed for good.
        TaskFailed = "task failed",
        /// A task needs something from outside.
        TaskBlocked = "task blocked",
        /// A desk was stopped by an incident.
        BreakerTripped = "breaker tripped",
        /// The owner, or whoever may, ended the shift.
        ShiftEnded = "shift ended",
        /// A mail came for the role and nobody who holds it is here.
        Mail = "mail",
        /// The owner answered something that was held.
        ApprovalAnswered = "approval answered",
    }
}

/// Where a role's file lies.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum RoleFrom {
    /// It comes with the program.
    #[default]
    Shipped,
    /// The owner's own.
    Owner,
    /// A repository's: its words and its look count, and nothing that would give it more.
    Project,
}

/// What a role is for.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, Type)]
pub struct Scope {
    /// Patterns of the paths it may change without asking; all if none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub paths: Vec<String>,
    /// Kinds of task it takes; of any kind, and of none, if none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub kinds: Vec<String>,
}

/// The most a role may ask for. What is beyond is refused; within it the rules say what they say.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, Type)]
pub struct Grants {
    /// Kinds of risk it may ask about; all if not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asks: Option<Vec<String>>,
    /// Tools of its engine it may use, by patterns; all if not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tools: Option<Vec<String>>,
}

/// A pattern on what happens in the office.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
pub struct WakeOn {
    /// What happens.
    pub on: Occasion,
    /// Only where its task is of this kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Only where whoever did it holds this role.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<RoleName>,
}

impl std::fmt::Display for WakeOn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.on)?;
        if let Some(kind) = &self.kind {
            write!(f, ", kind {kind}")?;
        }
        if let Some(role) = &self.role {
            write!(f, ", role {role}")?;
        }
        Ok(())
    }
}

/// What a repository's file adds to a role that is there anyway.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
pub struct Added {
    /// Which repository.
    pub project: ProjectId,
    /// What its agent is told beside the role's own brief.
    pub brief: String,
    /// How it looks there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub look: Option<String>,
}

/// Something that is wrong with a role's file. What it said before stays in force.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
pub struct RoleFault {
    /// Which file, as `office role list` names it.
    pub file: String,
    /// Where; 0 where it is the file as a whole.
    pub line: u32,
    /// What is wrong.
    pub what: String,
    /// What to do.
    pub way_out: String,
}

impl std::fmt::Display for RoleFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.line {
            0 => write!(f, "{}: {}; {}", self.file, self.what, self.way_out),
            line => write!(f, "{}: line {line}: {}; {}", self.file, self.what, self.way_out),
        }
    }
}

/// Whether these words name a kind of task: a word of small letters, digits and `-`.
pub fn is_kind(text: &str) -> bool {
    (1..=24).contains(&text.len())
        && text.starts_with(|letter: char| letter.is_ascii_lowercase())
        && text.chars().all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-')
}
