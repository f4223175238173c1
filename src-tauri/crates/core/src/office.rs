//! The office: everything that is so, what changes it, and the indexes that keep deciding fast.
//! The rules about each noun are in that noun's file.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use specta::Type;

use crate::actor::Actor;
use crate::desk::{self, Desk};
use crate::effect::{Effect, EffectEvent};
use crate::event::{Envelope, Event};
use crate::hold::{Hold, HoldReason};
use crate::ids::{DeskId, EffectId, EngineName, ProjectId, RoleName, RunId, Seq, TaskId};
use crate::noun::NounKey;
use crate::project::{self, Project};
use crate::refusal::{Code, Refusal};
use crate::role::{Engine, Role};
use crate::run::{self, Exit, Run, RunState, StopWhy};
use crate::task::{self, Priority, Task, TaskEvent, TaskState};
use crate::time::At;

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
}

impl Default for Next {
    fn default() -> Self {
        Self { project: ProjectId(1), desk: DeskId(1), task: TaskId(1), run: RunId(1) }
    }
}

/// What the owner may set for the whole office.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
pub struct OfficeSettings {
    /// This many changes may wait for review before nothing new starts by itself.
    pub review_limit: u32,
}

impl Default for OfficeSettings {
    fn default() -> Self {
        Self { review_limit: 10 }
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
    /// Engines as last found.
    pub engines: BTreeMap<EngineName, Engine>,
}

#[derive(Clone, PartialEq, Debug, Default)]
pub(crate) struct Index {
    pub(crate) ready: BTreeSet<(Priority, TaskId)>,
    pub(crate) in_review: BTreeSet<TaskId>,
    pub(crate) at_work: BTreeSet<TaskId>,
    dependents: BTreeMap<TaskId, BTreeSet<TaskId>>,
    deadlines: BTreeSet<(At, RunId)>,
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
    /// Engines as last found.
    pub engines: BTreeMap<EngineName, Engine>,
    /// Projects.
    pub projects: BTreeMap<ProjectId, Project>,
    /// Desks.
    pub desks: BTreeMap<DeskId, Desk>,
    /// Tasks.
    pub tasks: BTreeMap<TaskId, Task>,
    /// Runs.
    pub runs: BTreeMap<RunId, Run>,
    /// Effects that are not over.
    pub pending: BTreeMap<EffectId, Effect>,
    pub(crate) index: Index,
    touched: BTreeSet<NounKey>,
}

/// What may be asked of the office as a whole.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, Type)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum OfficeCommand {
    /// Opens it: the first command.
    Open {
        /** How people call it. */
        name: String,
    },
    /// Changes settings.
    Set {
        /** The settings. */
        settings: OfficeSettings,
    },
    /// Reports what roles and engines there are.
    ReadCatalog {
        /** Roles. */
        roles: Vec<Role>,
        /** Engines. */
        engines: Vec<Engine>,
    },
    /// Reports that the runtime started, and which runs are still alive.
    Start {
        /** Its version. */
        version: String,
        /** Runs whose process lives. */
        alive: Vec<RunId>,
    },
    /// Stops everything: every task at work is parked, every run ended.
    StopAll,
    /// Releases that, and what it parked; takes up what was interrupted.
    Resume,
    /// Reports that a deadline may have passed.
    Tick,
}

/// What happened to the office as a whole.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, Type)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum OfficeEvent {
    /// Opened.
    Opened {
        /** How people call it. */
        name: String,
    },
    /// Settings changed.
    SettingsChanged {
        /** The settings. */
        settings: OfficeSettings,
    },
    /// Roles or engines changed.
    CatalogRead {
        /** Roles. */
        roles: Vec<Role>,
        /** Engines. */
        engines: Vec<Engine>,
    },
    /// The runtime started.
    Started {
        /** Its version. */
        version: String,
    },
    /// Everything was stopped.
    Stopped {
        /** The hold. */
        hold: Hold,
    },
    /// Released.
    Resumed,
}

/// What applying an event led to.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Applied {
    /// Effects that are now to be done.
    pub effects: Vec<(EffectId, Effect)>,
    /// The effect that is over.
    pub settled: Option<EffectId>,
}

/// Decides an office command.
pub fn decide(office: &Office, actor: Actor, command: &OfficeCommand, now: At) -> Result<Vec<Event>, Refusal> {
    let one = |event| Ok(vec![Event::Office(event)]);
    match command {
        OfficeCommand::Open { name } => {
            actor.owner_only("open an office")?;
            if office.seq != Seq(0) {
                return Err(Refusal::new(
                    Code::Duplicate,
                    "this office is open already",
                    "use it, or choose another directory",
                ));
            }
            crate::text::name("office", name)?;
            one(OfficeEvent::Opened { name: name.clone() })
        }
        OfficeCommand::Set { settings } => {
            actor.owner_only("change settings")?;
            if !(1..=1000).contains(&settings.review_limit) {
                return Err(Refusal::invalid("the review limit must be 1 to 1000", "give a number in that range"));
            }
            one(OfficeEvent::SettingsChanged { settings: settings.clone() })
        }
        OfficeCommand::ReadCatalog { roles, engines } => {
            actor.office_only()?;
            let same = roles.iter().eq(office.roles.values()) && engines.iter().eq(office.engines.values());
            if same {
                Ok(Vec::new())
            } else {
                one(OfficeEvent::CatalogRead { roles: roles.clone(), engines: engines.clone() })
            }
        }
        OfficeCommand::Start { version, alive } => {
            actor.office_only()?;
            let mut events = vec![Event::Office(OfficeEvent::Started { version: version.clone() })];
            for run in office.runs.values().filter(|run| run.state == RunState::Live && !alive.contains(&run.id)) {
                events.extend(task::life::run_over(office, run.id, &Exit::Lost, now));
            }
            Ok(events)
        }
        OfficeCommand::StopAll => {
            actor.owner_only("stop the office")?;
            let hold = Hold {
                reason: HoldReason::StoppedByOwner,
                since: now,
                until: None,
                release: "office resume".to_owned(),
            };
            let mut events = vec![Event::Office(OfficeEvent::Stopped { hold: hold.clone() })];
            for task in office.tasks.values() {
                if matches!(task.state, TaskState::Starting | TaskState::Running | TaskState::Checking) {
                    events.push(Event::Task(TaskEvent::Parked { task: task.id, hold: hold.clone() }));
                }
            }
            for run in office.runs.values() {
                events.extend(run::stop(office, Some(run.id), StopWhy::StoppedByOwner));
            }
            Ok(events)
        }
        OfficeCommand::Resume => {
            actor.owner_only("resume the office")?;
            let mut events = Vec::new();
            if office.hold.is_some() {
                events.push(Event::Office(OfficeEvent::Resumed));
            }
            for task in office.tasks.values() {
                let stopped = task.hold.as_ref().is_some_and(|hold| hold.reason == HoldReason::StoppedByOwner);
                match task.state {
                    TaskState::Parked if stopped => events.push(Event::Task(TaskEvent::Unparked { task: task.id })),
                    TaskState::Interrupted => events.push(Event::Task(TaskEvent::Resumed { task: task.id })),
                    _ => {}
                }
            }
            Ok(events)
        }
        OfficeCommand::Tick => {
            actor.office_only()?;
            let due = office.index.deadlines.iter().take_while(|(at, _)| *at <= now);
            Ok(due.filter_map(|(_, run)| run::stop(office, Some(*run), StopWhy::TimeLimit)).collect())
        }
    }
}

impl Office {
    /// Applies a committed (or about to be committed) event, and says what is to be done because of it.
    pub fn apply(&mut self, envelope: &Envelope) -> Applied {
        let at = envelope.at;
        self.seq = envelope.seq;
        self.touched.insert(NounKey::Office);
        let mut settled = None;
        match &envelope.event {
            Event::Office(event) => self.apply_own(event),
            Event::Project(event) => project::apply(self, event),
            Event::Desk(event) => desk::apply(self, event),
            Event::Task(event) => task::apply(self, event, at),
            Event::Run(event) => run::apply(self, event, at),
            Event::Effect(EffectEvent::Ended { effect, .. }) => {
                self.pending.remove(effect);
                settled = Some(*effect);
            }
        }
        let effects = match &envelope.event {
            Event::Office(_) | Event::Effect(_) => Vec::new(),
            Event::Project(event) => project::effects(event),
            Event::Desk(event) => desk::effects(event),
            Event::Task(event) => task::effects(self, event),
            Event::Run(event) => run::effects(event),
        };
        let effects: Vec<_> =
            effects.into_iter().zip(0..).map(|(effect, n)| (EffectId { seq: envelope.seq, n }, effect)).collect();
        self.pending.extend(effects.iter().cloned());
        Applied { effects, settled }
    }

    fn apply_own(&mut self, event: &OfficeEvent) {
        match event {
            OfficeEvent::Opened { name } => self.name = name.clone(),
            OfficeEvent::SettingsChanged { settings } => self.settings = settings.clone(),
            OfficeEvent::CatalogRead { roles, engines } => {
                self.roles = roles.iter().map(|role| (role.name.clone(), role.clone())).collect();
                self.engines = engines.iter().map(|engine| (engine.name.clone(), engine.clone())).collect();
            }
            OfficeEvent::Started { .. } => {}
            OfficeEvent::Stopped { hold } => self.hold = Some(hold.clone()),
            OfficeEvent::Resumed => self.hold = None,
        }
    }

    /// The next moment at which something is due, for the runtime's one timer.
    pub fn next_deadline(&self) -> Option<At> {
        self.index.deadlines.first().map(|(at, _)| *at)
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
            engines: self.engines.clone(),
        }
    }

    pub(crate) fn set_facts(&mut self, facts: OfficeFacts) {
        let OfficeFacts { name, seq, next, settings, hold, roles, engines } = facts;
        (self.name, self.seq, self.next, self.settings) = (name, seq, next, settings);
        (self.hold, self.roles, self.engines) = (hold, roles, engines);
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
        for name in wanted {
            match self.engines.get(name) {
                Some(engine) if engine.needs_command && desk.command.is_none() => {
                    missing.push(format!("'{name}' needs a command line (`--command`)"));
                }
                Some(engine) if engine.found => return Ok(name.clone()),
                Some(engine) => missing.push(format!("'{name}' is not installed: {}", engine.note)),
                None => missing.push(format!("there is no engine '{name}' (`office engine list`)")),
            }
        }
        let message = format!("desk '{}' has no engine it can start", desk.name);
        let detail = if missing.is_empty() { "give it one with `--engine`".to_owned() } else { missing.join("; ") };
        Err(Refusal::new(Code::Unavailable, message, detail))
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

    pub(crate) fn unfinished(&self, tasks: &[TaskId]) -> Vec<TaskId> {
        tasks.iter().copied().filter(|id| self.tasks.get(id).is_some_and(|t| t.state != TaskState::Done)).collect()
    }

    /// Keeps `waiting_for` of the tasks that depend on `id` true.
    pub(crate) fn update_waiting(&mut self, id: TaskId) {
        let done = self.tasks.get(&id).is_some_and(|task| task.state == TaskState::Done);
        let Some(dependents) = self.index.dependents.get(&id).cloned() else { return };
        for dependent in dependents {
            let listed = self.tasks.get(&dependent).is_some_and(|task| task.waiting_for.contains(&id));
            if listed == done {
                self.change_task(dependent, |task| {
                    task.waiting_for.retain(|other| *other != id);
                    if !done {
                        task.waiting_for.push(id);
                        task.waiting_for.sort_unstable();
                    }
                });
            }
        }
    }

    pub(crate) fn leave_queue(&mut self, task: TaskId) {
        let Some(desk) = self.tasks.get(&task).and_then(|task| task.desk) else { return };
        if self.desks.get(&desk).is_some_and(|desk| desk.queue.contains(&task)) {
            self.change_desk(desk, |desk| desk.queue.retain(|other| *other != task));
        }
    }

    pub(crate) fn put_project(&mut self, project: Project) {
        self.touched.insert(NounKey::Project(project.id));
        self.projects.insert(project.id, project);
    }

    pub(crate) fn change_project(&mut self, id: ProjectId, change: impl FnOnce(&mut Project)) {
        if let Some(project) = self.projects.get_mut(&id) {
            change(project);
            self.touched.insert(NounKey::Project(id));
        }
    }

    pub(crate) fn put_desk(&mut self, desk: Desk) {
        self.touched.insert(NounKey::Desk(desk.id));
        self.desks.insert(desk.id, desk);
    }

    pub(crate) fn change_desk(&mut self, id: DeskId, change: impl FnOnce(&mut Desk)) {
        if let Some(desk) = self.desks.get_mut(&id) {
            change(desk);
            self.touched.insert(NounKey::Desk(id));
        }
    }

    pub(crate) fn put_run(&mut self, run: Run) {
        if let Some(at) = run.deadline {
            self.index.deadlines.insert((at, run.id));
        }
        self.touched.insert(NounKey::Run(run.id));
        self.runs.insert(run.id, run);
    }

    pub(crate) fn change_run(&mut self, id: RunId, change: impl FnOnce(&mut Run)) {
        let Some(run) = self.runs.get_mut(&id) else { return };
        let before = run.deadline;
        change(run);
        let after = run.deadline;
        if let Some(at) = before {
            self.index.deadlines.remove(&(at, id));
        }
        if let Some(at) = after {
            self.index.deadlines.insert((at, id));
        }
        self.touched.insert(NounKey::Run(id));
    }

    pub(crate) fn put_task(&mut self, task: Task) {
        let id = task.id;
        if let Some(before) = self.tasks.get(&id) {
            self.index.ready.remove(&(before.priority, id));
            for dep in &before.depends_on {
                if let Some(list) = self.index.dependents.get_mut(dep) {
                    list.remove(&id);
                    if list.is_empty() {
                        self.index.dependents.remove(dep);
                    }
                }
            }
        }
        for dep in &task.depends_on {
            self.index.dependents.entry(*dep).or_default().insert(id);
        }
        self.tasks.insert(id, task);
        self.change_task(id, |_| {});
    }

    pub(crate) fn change_task(&mut self, id: TaskId, change: impl FnOnce(&mut Task)) {
        let Some(task) = self.tasks.get_mut(&id) else { return };
        let before = task.priority;
        change(task);
        self.index.ready.remove(&(before, id));
        self.index.in_review.remove(&id);
        self.index.at_work.remove(&id);
        if task.state == TaskState::Ready && task.waiting_for.is_empty() {
            self.index.ready.insert((task.priority, id));
        }
        if task.state == TaskState::InReview {
            self.index.in_review.insert(id);
        }
        if task.state.at_work() {
            self.index.at_work.insert(id);
        }
        self.touched.insert(NounKey::Task(id));
    }
}
