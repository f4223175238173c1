//! Roles and engines as the office knows them: what their files said when they were last read.
//! Reading the files is not here.

use serde::{Deserialize, Serialize};
use specta::Type;

use crate::ids::{EngineName, RoleName};

/// A scoped job, from `roles/<name>.md`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
pub struct Role {
    /// Its name, the file's stem.
    pub name: RoleName,
    /// How people call it.
    pub title: String,
    /// Engines in order of preference; the first that is installed is taken.
    #[serde(default)]
    pub engines: Vec<EngineName>,
    /// One line: what it is for.
    #[serde(default)]
    pub summary: String,
    /// What its agent is told, in Markdown.
    #[serde(default)]
    pub brief: String,
}

/// An engine: an agent CLI, a shell, or any command.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
pub struct Engine {
    /// Its name, the file's stem.
    pub name: EngineName,
    /// How people call it.
    pub title: String,
    /// Whether its program was found.
    pub found: bool,
    /// Where, or what to install.
    pub note: String,
    /// Whether a desk must bring its own command line.
    pub needs_command: bool,
}
