//! A project: one repository, its settings, and what is known of its base.
//! Looking into the repository is not here; facts come with the commands.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use specta::Type;

use crate::actor::Actor;
use crate::check::{Check, Verdict};
use crate::collision::Collision;
use crate::effect::{Effect, Outcome};
use crate::event::Event;
use crate::hold::{Hold, HoldReason};
use crate::ids::ProjectId;
use crate::office::Office;
use crate::queue;
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
    /// The agent's commits, each put on the base anew: history without merges.
    Rebase,
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
    /// The office merges what is of low risk by every rule of `task/risk.rs`; the owner sees the rest, and why.
    #[serde(rename = "low-risk")]
    LowRisk,
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
    /// Tasks that are under way and touch the same files.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub collisions: Vec<Collision>,
    /// Whether another run judges each change before it is merged. An owner's choice, too.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub review: bool,
    /// Things about this repository its owner should know (submodules, LFS pointers...).
    pub notes: Vec<String>,
    /// What is known of checks on the base, by check command.
    pub base_checks: BTreeMap<String, BaseCheck>,
    /// The sandbox of its desks and checks. An owner's choice, too.
    #[serde(default, skip_serializing_if = "SandboxChoice::is_usual")]
    pub sandbox: SandboxChoice,
    /// Branches that the office never moves, an approved force push included. An owner's choice, too.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub protected: Vec<String>,
    /// The last commit that its base was seen to hold, so that a rewritten base shows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base_seen: Option<String>,
    /// What keeps accepted changes from being merged, if something does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue_hold: Option<Hold>,
    /// Files of its repository that the office reads and writes. An owner's choice, too.
    #[serde(default, skip_serializing_if = "ProjectFiles::is_none")]
    pub files: ProjectFiles,
    /// Removed projects keep their record and take no work.
    pub removed: bool,
}

/// Files in the owner's work tree, from the project's root, in which people and the office tell each other of tasks.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, Type)]
#[serde(default)]
pub struct ProjectFiles {
    /// The backlog file: taken in whenever it changes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backlog: Option<String>,
    /// Why the backlog file could not be taken in as it stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backlog_trouble: Option<String>,
    /// The record of its tasks, written by the office.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub record: Option<String>,
    /// Why the record could not be written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub record_trouble: Option<String>,
}

impl ProjectFiles {
    /// Whether there is neither.
    pub fn is_none(&self) -> bool {
        self.backlog.is_none() && self.record.is_none()
    }

    /// Refuses what is no file within the project.
    fn check(&self) -> Result<(), Refusal> {
        for path in self.backlog.iter().chain(&self.record) {
            let parts = || path.split('/');
            let plain = parts().all(|part| !part.is_empty() && part != ".." && part != "." && part != ".git");
            if !plain || path.len() > 200 || path.contains(|c: char| c.is_control() || c == '\\') {
                return Err(Refusal::invalid(
                    format!("'{}' is no file within the project", path.chars().take(60).collect::<String>()),
                    "name it from the project's root, as in TASKS.md or docs/TASKS.md",
                ));
            }
        }
        if self.backlog.is_some() && self.backlog == self.record {
            return Err(Refusal::invalid(
                "the backlog and the record are one file",
                "let the office write another one, as PROGRESS.md",
            ));
        }
        Ok(())
    }
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
    /// Changes whether another run judges each change before it is merged.
    SetReview {
        /// Which project.
        project: ProjectId,
        /// Whether it does from now on.
        review: bool,
    },
    /// Changes the sandbox of its desks and checks; what runs keeps the one it has.
    SetSandbox {
        /// Which project.
        project: ProjectId,
        /// What holds from now on.
        sandbox: SandboxChoice,
    },
    /// Changes which branches the office never moves.
    SetProtected {
        /// Which project.
        project: ProjectId,
        /// Names, or patterns with `*`.
        protected: Vec<String>,
    },
    /// Merges nothing more for now; what is being checked is finished and waits.
    HoldQueue {
        /// Which project.
        project: ProjectId,
    },
    /// Goes on merging, on the base as it is now.
    ReleaseQueue {
        /// Which project.
        project: ProjectId,
    },
    /// Chooses the files that the office reads and writes in the owner's work tree.
    SetFiles {
        /// Which project.
        project: ProjectId,
        /// The backlog file; none for none.
        backlog: Option<String>,
        /// The record; none for none.
        record: Option<String>,
    },
    /// Says how reading or writing one of these files went.
    FileTried {
        /// Which project.
        project: ProjectId,
        /// The file.
        file: String,
        /// What is wrong; none where nothing is.
        trouble: Option<String>,
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
    /// Which of its tasks that are under way touch the same files is another than before.
    CollisionsSeen {
        /// Which project.
        project: ProjectId,
        /// All of them.
        collisions: Vec<Collision>,
    },
    /// Whether another run judges each change was changed.
    ReviewSet {
        /// Which project.
        project: ProjectId,
        /// Whether it does from now on.
        review: bool,
    },
    /// The sandbox of its desks and checks was changed.
    SandboxSet {
        /// Which project.
        project: ProjectId,
        /// What holds from now on.
        sandbox: SandboxChoice,
    },
    /// Which branches the office never moves was changed.
    ProtectedSet {
        /// Which project.
        project: ProjectId,
        /// Names, or patterns with `*`.
        protected: Vec<String>,
    },
    /// Nothing of it is merged until its owner releases that.
    QueueHeld {
        /// Which project.
        project: ProjectId,
        /// Why.
        hold: Hold,
    },
    /// Its queue goes on, on the base as it is now.
    QueueReleased {
        /// Which project.
        project: ProjectId,
    },
    /// The files that the office reads and writes are others, or how that goes has changed.
    FilesSet {
        /// Which project.
        project: ProjectId,
        /// All of them.
        files: ProjectFiles,
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
pub fn decide(office: &Office, actor: Actor, command: &ProjectCommand, now: At) -> Result<Vec<Event>, Refusal> {
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
                    review: false,
                    collisions: Vec::new(),
                    notes: notes.clone(),
                    base_checks: BTreeMap::new(),
                    sandbox: SandboxChoice::default(),
                    protected: Vec::new(),
                    base_seen: None,
                    queue_hold: None,
                    files: ProjectFiles::default(),
                    removed: false,
                },
            })
        }
        ProjectCommand::SetAcceptance { project, acceptance } => {
            office.project(*project)?;
            one(ProjectEvent::AcceptanceSet { project: *project, acceptance: *acceptance })
        }
        ProjectCommand::SetReview { project, review } => {
            office.project(*project)?;
            one(ProjectEvent::ReviewSet { project: *project, review: *review })
        }
        ProjectCommand::SetSandbox { project, sandbox } => {
            office.project(*project)?;
            sandbox.check()?;
            one(ProjectEvent::SandboxSet { project: *project, sandbox: sandbox.clone() })
        }
        ProjectCommand::SetProtected { project, protected } => {
            office.project(*project)?;
            one(ProjectEvent::ProtectedSet { project: *project, protected: patterns(protected)? })
        }
        ProjectCommand::HoldQueue { project } => {
            let it = office.project(*project)?;
            if let Some(hold) = &it.queue_hold {
                return Err(Refusal::new(
                    Code::WrongState,
                    format!("the merge queue of '{}' is held since {}", it.name, hold.since),
                    format!("`{}` releases it", hold.release),
                ));
            }
            let release = format!("office queue release {}", it.name);
            let hold = Hold { reason: HoldReason::QueueHeld, since: now, until: None, release, what: None };
            one(ProjectEvent::QueueHeld { project: *project, hold })
        }
        ProjectCommand::ReleaseQueue { project } => {
            let it = office.project(*project)?;
            if it.queue_hold.is_none() {
                return Err(Refusal::new(
                    Code::WrongState,
                    format!("the merge queue of '{}' is not held", it.name),
                    "`office queue list` says what each task of it waits for",
                ));
            }
            one(ProjectEvent::QueueReleased { project: *project })
        }
        ProjectCommand::SetFiles { project, backlog, record } => {
            office.project(*project)?;
            let (backlog, record) = (backlog.clone(), record.clone());
            let files = ProjectFiles { backlog, record, ..ProjectFiles::default() };
            files.check()?;
            one(ProjectEvent::FilesSet { project: *project, files })
        }
        ProjectCommand::FileTried { project, file, trouble } => {
            actor.office_only()?;
            let was = &office.project(*project)?.files;
            let mut files = was.clone();
            if files.backlog.as_ref() == Some(file) {
                files.backlog_trouble.clone_from(trouble);
            } else if files.record.as_ref() == Some(file) {
                files.record_trouble.clone_from(trouble);
            }
            if files == *was { Ok(Vec::new()) } else { one(ProjectEvent::FilesSet { project: *project, files }) }
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
        ProjectEvent::CollisionsSeen { project, collisions } => {
            office.change_project(*project, |p| p.collisions.clone_from(collisions));
        }
        ProjectEvent::ReviewSet { project, review } => office.change_project(*project, |p| p.review = *review),
        ProjectEvent::AcceptanceSet { project, acceptance } => {
            office.change_project(*project, |p| p.acceptance = *acceptance);
        }
        ProjectEvent::SandboxSet { project, sandbox } => {
            office.change_project(*project, |p| p.sandbox = sandbox.clone());
        }
        ProjectEvent::ProtectedSet { project, protected } => {
            office.change_project(*project, |p| p.protected.clone_from(protected));
        }
        ProjectEvent::QueueHeld { project, hold } => {
            office.change_project(*project, |p| p.queue_hold = Some(hold.clone()));
        }
        // Its owner has looked: what the base holds now is right.
        ProjectEvent::QueueReleased { project } => office.change_project(*project, |p| {
            p.queue_hold = None;
            p.base_seen = None;
        }),
        ProjectEvent::FilesSet { project, files } => {
            office.change_project(*project, |p| p.files = files.clone());
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
pub fn effects(office: &Office, event: &ProjectEvent) -> Vec<Effect> {
    match event {
        ProjectEvent::QueueReleased { .. } => queue::due(office),
        ProjectEvent::TryAsked { project } => vec![Effect::TryProject { project: *project }],
        _ => Vec::new(),
    }
}

/// So many patterns are plenty.
const PATTERNS: usize = 50;

/// Names of branches as they can be compared: none empty, none twice.
fn patterns(given: &[String]) -> Result<Vec<String>, Refusal> {
    let way_out = "name branches as `git branch` does, `*` for any letters: `main`, `release/*`";
    if given.len() > PATTERNS {
        return Err(Refusal::invalid(format!("at most {PATTERNS} branches can be named"), way_out));
    }
    let mut patterns: Vec<String> = Vec::new();
    for pattern in given {
        let pattern = pattern.strip_prefix("refs/heads/").unwrap_or(pattern);
        let odd = |c: char| c.is_whitespace() || c.is_control() || "~^:?[\\".contains(c);
        if pattern.is_empty() || pattern.len() > 200 || pattern.contains(odd) {
            return Err(Refusal::invalid(format!("'{}' names no branch", pattern.escape_debug()), way_out));
        }
        if !patterns.iter().any(|known| known == pattern) {
            patterns.push(pattern.to_owned());
        }
    }
    Ok(patterns)
}

impl Project {
    /// The owner's word that the office never moves this branch, if it was given.
    pub fn protects(&self, branch: &str) -> Option<&str> {
        self.protected.iter().map(String::as_str).find(|pattern| fits(pattern, branch))
    }
}

/// `*` stands for any letters, `/` among them; no more than that.
fn fits(pattern: &str, name: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| name.strip_prefix(first)) else { return false };
    let parts: Vec<&str> = parts.collect();
    let Some((last, between)) = parts.split_last() else { return rest.is_empty() };
    for part in between {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
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
