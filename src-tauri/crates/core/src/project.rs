//! A project: one repository, its settings, and what is known of its base.
//! Looking into the repository is not here; facts come with the commands.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use specta::Type;

use crate::actor::Actor;
use crate::check::{Check, Verdict};
use crate::effect::{Effect, Outcome};
use crate::event::Event;
use crate::ids::ProjectId;
use crate::office::Office;
use crate::refusal::{Code, Refusal};
use crate::sandbox::SandboxChoice;
use crate::time::At;

/// How an accepted change gets onto the base.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum MergeStrategy {
    /// A merge commit: the agent's commits stay as they are.
    #[default]
    Merge,
    /// One commit with the task's title.
    Squash,
}

/// Who accepts.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum Acceptance {
    /// The owner, each one.
    #[default]
    Owner,
    /// The office merges what is green and carries no mark; the owner sees the rest.
    Green,
}

/// What a checkout needs before an agent can work in it.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, Type)]
#[serde(default, deny_unknown_fields)]
pub struct Setup {
    /// Shell commands, run once per checkout, in order.
    pub run: Vec<String>,
    /// Time-out of each, in seconds; 0 = 600.
    pub timeout_secs: u32,
    /// Folders to keep between checkouts, as they were right after set-up on the base.
    pub cache: Vec<String>,
    /// Files whose content decides whether the cache still fits (lock files).
    pub cache_key: Vec<String>,
}

/// A project's settings, from `.office/project.toml` on the base or from the office.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, Type)]
#[serde(default, deny_unknown_fields)]
pub struct ProjectSettings {
    /// Set-up of a checkout.
    pub setup: Setup,
    /// Untracked files of the owner's work tree to copy into each checkout. Nothing by default, `.env` least of all.
    pub copy: Vec<String>,
    /// The same, as symbolic links.
    pub link: Vec<String>,
    /// The branch tasks start from and merge into; the branch that was checked out when the project was added, if none.
    pub base: Option<String>,
    /// What task branches begin with; `office` if none.
    pub branch_prefix: Option<String>,
    /// A trailer for each commit, for example `Worked-by: Afterhours`; none unless the project wants one.
    pub commit_trailer: Option<String>,
    /// How accepted changes are merged.
    pub merge: MergeStrategy,
    /// Checks of every task of this project.
    pub checks: Vec<Check>,
}

impl ProjectSettings {
    /// Time-out of one set-up command, in seconds.
    pub fn setup_timeout_secs(&self) -> u32 {
        if self.setup.timeout_secs == 0 { 600 } else { self.setup.timeout_secs }
    }
}

/// A repository the office works on.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
pub struct Project {
    /// Its number.
    pub id: ProjectId,
    /// Its name, unique in the office.
    pub name: String,
    /// The owner's repository, absolute.
    pub path: String,
    /// The base branch's name.
    pub base_branch: String,
    /// What task branches begin with.
    pub prefix: String,
    /// Settings as last read.
    pub settings: ProjectSettings,
    /// Who accepts. An owner's choice, kept in the office, never in the repository.
    pub acceptance: Acceptance,
    /// Things about this repository its owner should know (submodules, LFS pointers...).
    pub notes: Vec<String>,
    /// What is known of checks on the base, by check command.
    pub base_checks: BTreeMap<String, BaseCheck>,
    /// The sandbox of its desks and checks. An owner's choice, too.
    #[serde(default, skip_serializing_if = "SandboxChoice::is_usual")]
    pub sandbox: SandboxChoice,
    /// Removed projects keep their record and take no work.
    pub removed: bool,
}

/// What a check came to on one base commit.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
pub struct BaseCheck {
    /// The commit.
    pub commit: String,
    /// Whether it was green there.
    pub green: bool,
    /// When it was tried.
    pub at: At,
    /// The end of its output when red.
    pub tail: String,
}

/// What `office project try` found.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
pub struct TryReport {
    /// The base commit.
    pub commit: String,
    /// Whether set-up worked.
    pub setup_ok: bool,
    /// The end of the set-up's output when it did not.
    pub setup_tail: String,
    /// Each check by its command, and how it went.
    pub checks: BTreeMap<String, BaseCheck>,
    /// How long it took, in milliseconds.
    pub took_ms: u32,
}

/// What may be asked of projects.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, Type)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum ProjectCommand {
    /// Takes a repository on, with the facts the runtime found in it.
    Add {
        /// Unique name.
        name: String,
        /// Absolute path.
        path: String,
        /// The base branch.
        base_branch: String,
        /// What task branches begin with.
        prefix: String,
        /// Its settings.
        settings: Box<ProjectSettings>,
        /// What its owner should know.
        notes: Vec<String>,
    },
    /// Changes who accepts.
    SetAcceptance {
        /// Which project.
        project: ProjectId,
        /// Who accepts from now on.
        acceptance: Acceptance,
    },
    /// Changes the sandbox of its desks and checks; what runs keeps the one it has.
    SetSandbox {
        /// Which project.
        project: ProjectId,
        /// What holds from now on.
        sandbox: SandboxChoice,
    },
    /// Runs set-up and checks on the base.
    Try {
        /// Which project.
        project: ProjectId,
    },
    /// Takes no more work from it; its record and its checkouts stay.
    Remove {
        /// Which project.
        project: ProjectId,
    },
}

/// What happened to projects.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, Type)]
#[serde(tag = "type", rename_all = "snake_case")]
#[expect(clippy::large_enum_variant, reason = "a project is added a few times in an office's life")]
pub enum ProjectEvent {
    /// Taken on.
    Added {
        /// The new project.
        project: Project,
    },
    /// Its settings were read and differ.
    SettingsRead {
        /// Which project.
        project: ProjectId,
        /// The settings now.
        settings: ProjectSettings,
    },
    /// Who accepts was changed.
    AcceptanceSet {
        /// Which project.
        project: ProjectId,
        /// Who accepts from now on.
        acceptance: Acceptance,
    },
    /// The sandbox of its desks and checks was changed.
    SandboxSet {
        /// Which project.
        project: ProjectId,
        /// What holds from now on.
        sandbox: SandboxChoice,
    },
    /// A try was asked for.
    TryAsked {
        /// Which project.
        project: ProjectId,
    },
    /// A try ended.
    Tried {
        /// Which project.
        project: ProjectId,
        /// What it found.
        report: TryReport,
    },
    /// What checks came to on a base commit was learned while checking a task.
    BaseChecked {
        /// Which project.
        project: ProjectId,
        /// By check command.
        checks: BTreeMap<String, BaseCheck>,
    },
    /// No longer worked on.
    Removed {
        /// Which project.
        project: ProjectId,
    },
}

/// Decides a project command.
pub fn decide(office: &Office, actor: Actor, command: &ProjectCommand) -> Result<Vec<Event>, Refusal> {
    actor.owner_only("change projects")?;
    let one = |fact| Ok(vec![Event::Project(fact)]);
    match command {
        ProjectCommand::Add { name, path, base_branch, prefix, settings, notes } => {
            crate::text::name("project", name)?;
            if let Some(other) = office.projects.values().find(|p| !p.removed && (p.name == *name || p.path == *path)) {
                return Err(Refusal::new(
                    Code::Duplicate,
                    format!("project '{}' is there already, at {}", other.name, other.path),
                    "`--name` gives this one another name; the same repository is added once",
                ));
            }
            one(ProjectEvent::Added {
                project: Project {
                    id: office.next.project,
                    name: name.clone(),
                    path: path.clone(),
                    base_branch: base_branch.clone(),
                    prefix: prefix.clone(),
                    settings: (**settings).clone(),
                    acceptance: Acceptance::Owner,
                    notes: notes.clone(),
                    base_checks: BTreeMap::new(),
                    sandbox: SandboxChoice::default(),
                    removed: false,
                },
            })
        }
        ProjectCommand::SetAcceptance { project, acceptance } => {
            office.project(*project)?;
            one(ProjectEvent::AcceptanceSet { project: *project, acceptance: *acceptance })
        }
        ProjectCommand::SetSandbox { project, sandbox } => {
            office.project(*project)?;
            sandbox.check()?;
            one(ProjectEvent::SandboxSet { project: *project, sandbox: sandbox.clone() })
        }
        ProjectCommand::Try { project } => {
            office.project(*project)?;
            one(ProjectEvent::TryAsked { project: *project })
        }
        ProjectCommand::Remove { project } => {
            office.project(*project)?;
            if let Some(task) = office.tasks.values().find(|t| t.project == *project && t.state.at_work()) {
                return Err(Refusal::new(
                    Code::WrongState,
                    format!("task #{} of this project is {}", task.id, task.state),
                    format!("wait for it, or `office task cancel {}`", task.id),
                ));
            }
            one(ProjectEvent::Removed { project: *project })
        }
    }
}

/// Applies a project event.
pub fn apply(office: &mut Office, event: &ProjectEvent) {
    match event {
        ProjectEvent::Added { project } => {
            office.next.project = ProjectId(project.id.0 + 1);
            office.put_project(project.clone());
        }
        ProjectEvent::SettingsRead { project, settings } => {
            office.change_project(*project, |p| p.settings = settings.clone());
        }
        ProjectEvent::AcceptanceSet { project, acceptance } => {
            office.change_project(*project, |p| p.acceptance = *acceptance);
        }
        ProjectEvent::SandboxSet { project, sandbox } => {
            office.change_project(*project, |p| p.sandbox = sandbox.clone());
        }
        ProjectEvent::TryAsked { .. } => {}
        ProjectEvent::Tried { project, report } => {
            office.change_project(*project, |p| p.base_checks.extend(report.checks.clone()));
        }
        ProjectEvent::BaseChecked { project, checks } => {
            office.change_project(*project, |p| p.base_checks.extend(checks.clone()));
        }
        ProjectEvent::Removed { project } => office.change_project(*project, |p| p.removed = true),
    }
}

/// What a project event asks to be done.
pub fn effects(event: &ProjectEvent) -> Vec<Effect> {
    match event {
        ProjectEvent::TryAsked { project } => vec![Effect::TryProject { project: *project }],
        _ => Vec::new(),
    }
}

/// What follows from how a try went.
pub fn tried(project: ProjectId, outcome: &Outcome) -> Vec<Event> {
    match outcome {
        Outcome::Tried { report } => vec![Event::Project(ProjectEvent::Tried { project, report: report.clone() })],
        _ => Vec::new(),
    }
}

/// Whether a verdict teaches something about the base.
pub fn green_on_base(verdict: Verdict) -> Option<bool> {
    match verdict {
        Verdict::RedOnBase | Verdict::Unmet => Some(false),
        Verdict::Broken => Some(true),
        Verdict::Passed | Verdict::Flaky | Verdict::TimedOut => None,
    }
}
