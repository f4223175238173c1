//! What the owner's windows ask about rules: the files by layer, what a changed file would have said of what was judged lately, what
//! a held command touches, which shape a line has. Judging is the guard's; which files there are is the runtime's.

use office_core::approval::{Ruling, Said};
use office_core::{At, DeskId, TaskId};
use serde::{Deserialize, Serialize};
use specta::Type;

/// Whose rules a file holds, from the mildest say to the strictest.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum RuleLayer {
    /// They come with the program.
    Shipped,
    /// The owner's, for the whole office.
    Owner,
    /// The owner's, for a project.
    Project,
    /// The owner's, for a role.
    Role,
    /// The owner's, for a desk.
    Desk,
}

/// A file of rules.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
pub struct RuleFile {
    /// What it is asked for by: below `guard/` in the office's directory, or `shipped/...`.
    pub file: String,
    /// Whose rules they are.
    pub layer: RuleLayer,
    /// The name of the project, role or desk.
    pub of: Option<String>,
    /// What is in it; none where it is not there yet.
    pub text: Option<String>,
    /// Why it cannot be changed from here; it can, if none.
    pub fixed: Option<String>,
}

/// What is wrong with a file of rules.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
pub struct RuleFault {
    /// The line; 0 where it is the file as a whole.
    pub line: u32,
    /// What, and what to do about it.
    pub what: String,
}

/// Something that was judged lately and would be judged otherwise.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
pub struct OtherVerdict {
    /// When it was judged last.
    pub at: At,
    /// How often.
    pub times: u32,
    /// At which desk.
    pub desk: Option<DeskId>,
    /// For which task.
    pub task: Option<TaskId>,
    /// The command or the tool, safe to show.
    pub shown: String,
    /// What is said of it as things stand.
    pub before: Ruling,
    /// What would be said.
    pub after: Ruling,
}

/// What came of trying a file of rules.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
pub struct RulesTried {
    /// What is wrong with it; nothing else was tried then.
    pub faults: Vec<RuleFault>,
    /// Rules in it.
    pub rules: u32,
    /// Examples that were tried.
    pub examples: u32,
    /// Different things that were judged lately and are within its say, and were judged again.
    pub looked: u32,
    /// More of them, for which there was no time.
    pub left: u32,
    /// The oldest of them.
    pub since: Option<At>,
    /// What would be judged otherwise, the newest first.
    pub changes: Vec<OtherVerdict>,
}

/// One thing that a held command would do.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
pub struct Touch {
    /// What, in words for a person.
    pub words: String,
    /// What the rules say of that alone.
    pub said: Said,
    /// Which rule.
    pub rule: String,
    /// Why.
    pub why: String,
}
