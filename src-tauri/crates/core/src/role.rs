//! Roles and engines as the office knows them: what their files said when they were last read.
//! What a role may is in `role/rights.rs`. Reading the files is not here.

mod rights;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use specta::Type;

use crate::budget::Limits;
use crate::ids::{EngineName, ProjectId, RoleName};

pub use rights::{Added, Grants, May, Occasion, RoleFault, RoleFrom, Scope, WakeOn, is_kind};

/// A scoped job, from `roles/<name>.md`.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, Type)]
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
    /// How whoever holds it looks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub look: Option<String>,
    /// The model it prefers, by engine; the engine's own where none is named.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub models: BTreeMap<EngineName, String>,
    /// What it is for.
    #[serde(default)]
    pub scope: Scope,
    /// The most it may ask for.
    #[serde(default)]
    pub grants: Grants,
    /// What all who hold it may spend together, unless the owner's own budget says otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget: Option<Limits>,
    /// What it is woken by.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub wakes_on: Vec<WakeOn>,
    /// What it may do beside its own task.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub may: Vec<May>,
    /// Whose file it is.
    #[serde(default)]
    pub from: RoleFrom,
    /// The repository that it came with: nobody holds it elsewhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<ProjectId>,
    /// What repositories say beside it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub added: Vec<Added>,
}

impl Role {
    /// Whether it may do this beside its own task.
    pub fn may(&self, what: May) -> bool {
        self.may.contains(&what)
    }

    /// The role as it is in one repository: with what that says beside it.
    pub fn in_project(&self, project: ProjectId) -> Self {
        let mut role = self.clone();
        for words in self.added.iter().filter(|it| it.project == project) {
            role.brief = format!("{}\n\n{}", role.brief.trim(), words.brief.trim());
            role.look = words.look.clone().or(role.look);
        }
        role
    }
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
    /// Its version, as it says it itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// What its owner should know of that version, if anything: newer than tried, say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warning: Option<String>,
    /// Whether there is a login.
    #[serde(default)]
    pub login: Login,
    /// How that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub login_note: Option<String>,
    /// What to do where it cannot work with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub login_hint: Option<String>,
    /// How what it does is held.
    #[serde(default)]
    pub gate: Gate,
}

/// Whether an engine has a login, as far as that shows without asking its provider.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum Login {
    /// It needs none, or keeps it where nobody looks.
    #[default]
    Unknown,
    /// There is one.
    Found,
    /// There is one that has run out.
    Expired,
    /// There is one, and its provider refused it the last time it was used.
    Refused,
    /// There is none.
    Missing,
}

impl Login {
    /// Whether work can be done with it, as far as that is known.
    pub fn may_work(self) -> bool {
        matches!(self, Self::Unknown | Self::Found)
    }
}

impl std::fmt::Display for Login {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Unknown => "login not known",
            Self::Found => "logged in",
            Self::Expired => "login has run out",
            Self::Refused => "login refused",
            Self::Missing => "not logged in",
        })
    }
}

/// What holds an engine's risky actions.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, Type)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Gate {
    /// It runs what its owner wrote, as a script or a command line: no agent decides anything there.
    #[default]
    Owners,
    /// This very program was tried: what nobody allowed is denied, also with no hook there.
    Hard,
    /// It should be, and was not tried yet.
    Untried,
    /// Nothing holds it but itself, or it failed its trial.
    Soft {
        /// How that is known.
        why: String,
    },
}

impl Gate {
    /// Whether it is given tasks that nobody is there to watch.
    pub fn works_unattended(&self) -> bool {
        matches!(self, Self::Owners | Self::Hard)
    }
}

impl std::fmt::Display for Gate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Owners => f.write_str("runs what you wrote"),
            Self::Hard => f.write_str("hard: denies what nobody allowed, also without a hook"),
            Self::Untried => f.write_str("not tried yet"),
            Self::Soft { why } => write!(f, "soft: {why}"),
        }
    }
}
