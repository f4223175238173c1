//! The office: everything that is so, what changes it, and the indexes that keep deciding fast.
//! The rules about each noun are in that noun's file.

mod command;
mod index;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use specta::Type;

use crate::approval::{self, Approval};
use crate::budget::Budget;
use crate::desk::{self, Desk};
use crate::effect::{Effect, EffectEvent};
use crate::event::{Envelope, Event};
use crate::grant::{self, Grant};
use crate::hold::Hold;
use crate::ids::{
    ApprovalId, DeskId, EffectId, EngineName, GrantId, MailId, NoteId, PlanId, ProjectId, RoleName, RunId, Seq, TaskId,
};
use crate::mail::{self, Mail};
use crate::news::Notify;
use crate::note::{self, Note};
use crate::noun::NounKey;
use crate::plan::{self, Plan};
use crate::project::{self, Project};
use crate::refusal::{Code, Refusal};
use crate::role::{Engine, Role, RoleFault};
use crate::run::{self, Run};
use crate::shift::{self, Shift};
use crate::task::{self, Task, TaskLimit};

use crate::team::{Interlock, PathLease};
use crate::time::At;
use crate::unattended::Unattended;
use crate::usage_limit::UsageLimit;
use crate::wake::{self, Wake};

use self::index::Index;

pub use command::{OfficeCommand, OfficeEvent, decide};

/// The numbers the next things get.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
pub struct Next {
    /// Next project.
    pub project: ProjectId,
    /// Next desk.
    pub desk: DeskId,
    /// Next task.
    pub task: TaskId,
    /// Next run.
    pub run: RunId,
    /// Next approval.
    pub approval: ApprovalId,
    /// Next standing grant.
    #[serde(default = "first_grant")]
    pub grant: GrantId,
    /// Next mail.
    #[serde(default = "first_mail")]
    pub mail: MailId,
    /// Next plan.
    #[serde(default = "first_plan")]
    pub plan: PlanId,
    /// Next note.
    #[serde(default = "first_note")]
    pub note: NoteId,
}

fn first_plan() -> PlanId {
    PlanId(1)
}

fn first_grant() -> GrantId {
    GrantId(1)
}

fn first_mail() -> MailId {
    MailId(1)
}

/// For a row that was written before there were notes.
fn first_note() -> NoteId {
    NoteId(1)
}

impl Default for Next {
    fn default() -> Self {
        Self {
            project: ProjectId(1),
            desk: DeskId(1),
            task: TaskId(1),
            run: RunId(1),
            approval: ApprovalId(1),
            grant: first_grant(),
            mail: first_mail(),
            plan: first_plan(),
            note: first_note(),
        }
    }
}

/// What the owner may set for the whole office.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
pub struct OfficeSettings {
    /// This many changes may wait for review before nothing new starts by itself.
    pub review_limit: u32,
    /// So many megabytes of recordings are kept; all of them if none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recordings_mb: Option<u32>,
    /// So many days recordings are kept; for ever if none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recordings_days: Option<u32>,
    /// What the desktop is told.
    #[serde(default)]
    pub notify: Notify,
    /// What the owner wishes while they are away.
    #[serde(default)]
    pub unattended: Unattended,
    /// Whether work on an account that has reached its usage limit is parked until that is over.
    #[serde(default = "yes")]
    pub wait_out_limits: bool,
}

fn yes() -> bool {
    true
}

impl Default for OfficeSettings {
    fn default() -> Self {
        Self {
            review_limit: 10,
            recordings_mb: None,
            recordings_days: None,
            notify: Notify::On,
            unattended: Unattended::default(),
            wait_out_limits: true,
        }
    }
}

/// The office's own facts: the row of the noun `office`.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize, Type)]
pub struct OfficeFacts {
    /// How people call it.
    pub name: String,
    /// The last event that was applied.
    pub seq: Seq,
    /// Numbers to give next.
    pub next: Next,
    /// Settings.
    pub settings: OfficeSettings,
    /// Holds everything, if set.
    pub hold: Option<Hold>,
    /// Roles as last read.
    pub roles: BTreeMap<RoleName, Role>,
    /// What is wrong with files of roles; what they said before is in force.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub role_faults: Vec<RoleFault>,
    /// Engines as last found.
    pub engines: BTreeMap<EngineName, Engine>,
    /// Budgets.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub budgets: Vec<Budget>,
    /// What tasks may take.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub task_limits: Vec<TaskLimit>,
    /// Paths that runs have for themselves.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub leases: Vec<PathLease>,
    /// Shapes of command that are held until a task is through.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub interlocks: Vec<Interlock>,
    /// Who was woken lately, and what was cut off.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub wakes: Vec<Wake>,
    /// How the shift stands.
    #[serde(default)]
    pub shift: Shift,
    /// Accounts that have reached their usage limit, or are back since a moment.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub usage_limits: Vec<UsageLimit>,
}

/// Everything that is so. Changed only by [`Office::apply`].
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Office {
    /// How people call it.
    pub name: String,
    /// The last event that was applied.
    pub seq: Seq,
    /// Numbers to give next.
    pub next: Next,
    /// Settings.
    pub settings: OfficeSettings,
    /// Holds everything, if set.
    pub hold: Option<Hold>,
    /// Roles as last read.
    pub roles: BTreeMap<RoleName, Role>,
    /// What is wrong with files of roles.
    pub role_faults: Vec<RoleFault>,
    /// Engines as last found.
    pub engines: BTreeMap<EngineName, Engine>,
    /// Budgets, by what they are of.
    pub budgets: Vec<Budget>,
    /// Paths that runs have for themselves.
    pub leases: Vec<PathLease>,
    /// Shapes of command that are held until a task is through.
    pub interlocks: Vec<Interlock>,
    /// Who was woken lately, and what was cut off.
    pub wakes: Vec<Wake>,
    /// How the shift stands.
    pub shift: Shift,
    /// Accounts that have reached their usage limit, or are back since a moment.
    pub usage_limits: Vec<UsageLimit>,
    /// Budgets with what roles say of theirs.
    pub(crate) in_force: Vec<Budget>,
    /// What tasks may take.
    pub task_limits: Vec<TaskLimit>,
    /// Projects.
    pub projects: BTreeMap<ProjectId, Project>,
    /// Desks.
    pub desks: BTreeMap<DeskId, Desk>,
    /// Tasks.
    pub tasks: BTreeMap<TaskId, Task>,
    /// Runs.
    pub runs: BTreeMap<RunId, Run>,
    /// Commands that are held for the owner, or were.
    pub approvals: BTreeMap<ApprovalId, Approval>,
    /// Standing grants, those that are over too.
    pub grants: BTreeMap<GrantId, Grant>,
    /// Mail: what is open, and what was closed last.
    pub mails: BTreeMap<MailId, Mail>,
    /// Plans, those that were answered too.
    pub plans: BTreeMap<PlanId, Plan>,
    /// All notes.
    pub notes: BTreeMap<NoteId, Note>,
    /// Effects that are not over.
    pub pending: BTreeMap<EffectId, Effect>,
    pub(crate) index: Index,
    touched: BTreeSet<NounKey>,
}

/// What applying an event led to.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Applied {
    /// Effects that are now to be done.
    pub effects: Vec<(EffectId, Effect)>,
    /// The effect that is over.
    pub settled: Option<EffectId>,
}

impl Office {
    /// Applies a committed (or about to be committed) event, and says what is to be done because of it.
    pub fn apply(&mut self, envelope: &Envelope) -> Applied {
        let at = envelope.at;
        self.seq = envelope.seq;
        self.touched.insert(NounKey::Office);
        let mut settled = None;
        match &envelope.event {
            Event::Office(event) => self.apply_own(event, at),
            Event::Project(event) => project::apply(self, event),
            Event::Desk(event) => desk::apply(self, event),
            Event::Task(event) => task::apply(self, event, at),
            Event::Run(event) => run::apply(self, event, at),
            Event::Approval(event) => approval::apply(self, event, at),
            Event::Grant(event) => grant::apply(self, event, at),
            Event::Mail(event) => mail::apply(self, event, at),
            Event::Plan(event) => plan::apply(self, event, at),
            Event::Note(event) => note::apply(self, event, at),
            Event::Effect(EffectEvent::Ended { effect, .. }) => {
                self.pending.remove(effect);
                settled = Some(*effect);
            }
        }
        let effects = match &envelope.event {
            Event::Office(OfficeEvent::Pruned { runs, .. }) => vec![Effect::Discard { runs: runs.clone() }],
            Event::Approval(event) => approval::effects(self, event),
            Event::Office(_)
            | Event::Grant(_)
            | Event::Mail(_)
            | Event::Plan(_)
            | Event::Note(_)
            | Event::Effect(_) => Vec::new(),
            Event::Project(event) => project::effects(self, event),
            Event::Desk(event) => desk::effects(event),
            Event::Task(event) => task::effects(self, event),
            Event::Run(event) => run::effects(self, event),
        };
        let effects: Vec<_> =
            effects.into_iter().zip(0..).map(|(effect, n)| (EffectId { seq: envelope.seq, n }, effect)).collect();
        self.pending.extend(effects.iter().cloned());
        Applied { effects, settled }
    }

    fn apply_own(&mut self, event: &OfficeEvent, at: At) {
        match event {
            OfficeEvent::Opened { name } => self.name = name.clone(),
            OfficeEvent::SettingsChanged { settings } => self.settings = settings.clone(),
            OfficeEvent::CatalogRead { roles, engines } => {
                self.roles = roles.iter().map(|role| (role.name.clone(), role.clone())).collect();
                self.put_budgets_in_force();
                self.engines = engines.iter().map(|engine| (engine.name.clone(), engine.clone())).collect();
            }
            OfficeEvent::RolesRead { roles, faults } => {
                self.roles = roles.iter().map(|role| (role.name.clone(), role.clone())).collect();
                self.role_faults.clone_from(faults);
                self.put_budgets_in_force();
            }
            OfficeEvent::ShiftEnds { .. } | OfficeEvent::ShiftEnded { .. } | OfficeEvent::ShiftReported { .. } => {
                shift::apply(&mut self.shift, event, at);
            }
            OfficeEvent::PathsLeased { lease } => {
                self.leases.retain(|it| it.run != lease.run);
                self.leases.push(lease.clone());
            }
            OfficeEvent::PathsReleased { run } => self.leases.retain(|it| it.run != *run),
            OfficeEvent::InterlockSet { interlock } => self.interlocks.push(interlock.clone()),
            OfficeEvent::InterlockLifted { interlock, .. } => self.interlocks.retain(|it| it.id != *interlock),
            OfficeEvent::Woken { wake } => wake::keep(self, wake),
            OfficeEvent::UsageLimited { limit } => self.apply_usage_limit(limit),
            OfficeEvent::Started { .. }
            | OfficeEvent::HostLost { .. }
            | OfficeEvent::Slept { .. }
            | OfficeEvent::ClockChanged { .. } => {}
            OfficeEvent::Pruned { runs, .. } => {
                for run in runs {
                    self.change_run(*run, |it| it.pruned = Some(at));
                }
            }
            OfficeEvent::Stopped { hold } => self.hold = Some(hold.clone()),
            OfficeEvent::Resumed => self.hold = None,
            OfficeEvent::BudgetSet { budget } => {
                self.budgets.retain(|it| it.of != budget.of);
                self.budgets.push(budget.clone());
                self.budgets.sort_unstable_by(|a, b| a.of.cmp(&b.of));
                self.put_budgets_in_force();
            }
            OfficeEvent::BudgetRemoved { of } => {
                self.budgets.retain(|it| it.of != *of);
                self.put_budgets_in_force();
            }
            OfficeEvent::TaskLimitSet { limit } => {
                self.task_limits.retain(|it| it.of != limit.of);
                self.task_limits.push(limit.clone());
                self.task_limits.sort_unstable_by(|a, b| a.of.cmp(&b.of));
            }
            OfficeEvent::TaskLimitRemoved { of } => self.task_limits.retain(|it| it.of != *of),
        }
    }

    /// The next moment at which something is due, for the runtime's one timer.
    pub fn next_deadline(&self) -> Option<At> {
        let ends = self.index.deadlines.first().map(|(at, _)| *at);
        ends.into_iter()
            .chain(approval::next_due(self))
            .chain(self.next_task_limit())
            .chain(self.next_usage_limit())
            .chain(self.shift.until)
            .min()
    }

    /// What changed since this was last asked.
    pub fn take_touched(&mut self) -> BTreeSet<NounKey> {
        std::mem::take(&mut self.touched)
    }

    /// The office's own facts.
    pub fn facts(&self) -> OfficeFacts {
        OfficeFacts {
            name: self.name.clone(),
            seq: self.seq,
            next: self.next.clone(),
            settings: self.settings.clone(),
            hold: self.hold.clone(),
            roles: self.roles.clone(),
            role_faults: self.role_faults.clone(),
            engines: self.engines.clone(),
            budgets: self.budgets.clone(),
            task_limits: self.task_limits.clone(),
            leases: self.leases.clone(),
            interlocks: self.interlocks.clone(),
            wakes: self.wakes.clone(),
            shift: self.shift.clone(),
            usage_limits: self.usage_limits.clone(),
        }
    }

    pub(crate) fn set_facts(&mut self, facts: OfficeFacts) {
        let OfficeFacts {
            name,
            seq,
            next,
            settings,
            hold,
            roles,
            role_faults,
            engines,
            budgets,
            task_limits,
            leases,
            interlocks,
            wakes,
            shift,
            usage_limits,
        } = facts;
        (self.name, self.seq, self.next, self.settings) = (name, seq, next, settings);
        (self.hold, self.roles, self.engines, self.budgets) = (hold, roles, engines, budgets);
        self.task_limits = task_limits;
        self.role_faults = role_faults;
        (self.leases, self.interlocks, self.wakes) = (leases, interlocks, wakes);
        (self.shift, self.usage_limits) = (shift, usage_limits);
        self.put_budgets_in_force();
    }

    /// The project, unless it is unknown or removed.
    pub fn project(&self, id: ProjectId) -> Result<&Project, Refusal> {
        let found = self.projects.get(&id).filter(|project| !project.removed);
        found.ok_or_else(|| Refusal::not_found(format!("project {id}"), "office project list"))
    }

    /// The desk, unless it is unknown or removed.
    pub fn desk(&self, id: DeskId) -> Result<&Desk, Refusal> {
        let found = self.desks.get(&id).filter(|desk| !desk.removed);
        found.ok_or_else(|| Refusal::not_found(format!("desk {id}"), "office desk list"))
    }

    /// The desk that people call so: by its name, else by its number.
    pub fn desk_called(&self, name: &str) -> Option<&Desk> {
        let live = || self.desks.values().filter(|desk| !desk.removed);
        let number = name.parse::<u32>().ok();
        live().find(|desk| desk.name == name).or_else(|| live().find(|desk| Some(desk.id.0) == number))
    }

    /// The task.
    pub fn task(&self, id: TaskId) -> Result<&Task, Refusal> {
        self.tasks.get(&id).ok_or_else(|| Refusal::not_found(format!("task #{id}"), "office task list"))
    }

    /// The role.
    pub fn role(&self, name: &RoleName) -> Result<&Role, Refusal> {
        self.roles.get(name).ok_or_else(|| Refusal::not_found(format!("role '{name}'"), "office role list"))
    }

    /// The task a run works on and still owns.
    pub fn task_of_run(&self, run: RunId) -> Option<&Task> {
        let task = self.tasks.get(&self.runs.get(&run)?.task?)?;
        (task.lease == Some(run)).then_some(task)
    }

    /// The engine a desk starts: its own, else the first of its role's that is installed.
    pub fn engine_of(&self, desk: &Desk) -> Result<EngineName, Refusal> {
        let role = self.role(&desk.role)?;
        let wanted: Vec<&EngineName> =
            desk.engine.iter().chain(role.engines.iter().filter(|_| desk.engine.is_none())).collect();
        let mut missing = Vec::new();
        let mut limited = None;
        for name in wanted {
            match self.engines.get(name) {
                Some(engine) if engine.needs_command && desk.command.is_none() => {
                    missing.push(format!("'{name}' needs a command line (`--command`)"));
                }
                // Another takes its place while its account does nothing.
                Some(engine) if engine.found && self.usage_limit(name).is_some() => {
                    let trial = self.usage_limit(name).is_some_and(UsageLimit::lets_start);
                    limited = limited.filter(|_| !trial).or(Some(name.clone()));
                }
                Some(engine) if engine.found => return Ok(name.clone()),
                Some(engine) => missing.push(format!("'{name}' is not installed: {}", engine.note)),
                None => missing.push(format!("there is no engine '{name}' (`office engine list`)")),
            }
        }
        if let Some(limited) = limited {
            return Ok(limited);
        }
        let message = format!("desk '{}' has no engine it can start", desk.name);
        let detail = if missing.is_empty() { "give it one with `--engine`".to_owned() } else { missing.join("; ") };
        Err(Refusal::new(Code::Unavailable, message, detail))
    }

    /// Why a desk takes no task by itself though it may, in words; none where it does. Its owner can give it one.
    pub fn attended_only(&self, desk: &Desk) -> Option<String> {
        let engine = self.engines.get(&self.engine_of(desk).ok()?)?;
        match &engine.gate {
            gate if gate.works_unattended() || !desk.auto => None,
            gate => Some(format!("takes no task by itself: {} is {gate}", engine.title)),
        }
    }

    /// Refuses while everything is stopped.
    pub fn not_held(&self) -> Result<(), Refusal> {
        match &self.hold {
            Some(hold) => Err(Refusal::new(
                Code::Held,
                format!("everything is stopped since {}", hold.since),
                format!("`{}` releases it", hold.release),
            )),
            None => Ok(()),
        }
    }
}
