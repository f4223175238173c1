//! A desk: a seat with a role and an engine, its queue, and the state it is seen in.
//! What happens to the task at it is in `task`.

use serde::{Deserialize, Serialize};
use specta::Type;

use crate::actor::Actor;
use crate::effect::Effect;
use crate::event::Event;
use crate::hold::{Hold, HoldReason};
use crate::ids::{DeskId, EngineName, ProjectId, RoleName, RunId, TaskId};
use crate::mail;
use crate::office::Office;
use crate::refusal::{Code, Refusal};
use crate::run::{self, Run, RunEvent, StopWhy, Workplace};
use crate::task::{TaskEvent, TaskState};
use crate::team;
use crate::time::At;

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, Type)]
        pub enum $name { $($(#[$vdoc])* #[serde(rename = $word)] $variant),+ }

        impl $name {
            /// All of them, in the order of docs/GLOSSARY.md.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word people read.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }
    };
}
pub(crate) use words;

words! {
    /// What a desk is seen to be. An engine declares which of these it can report.
    DeskState {
        /// Nobody is hired.
        Empty = "empty",
        /// Checkout, set-up, launch.
        Starting = "starting",
        /// Nothing to do.
        Idle = "idle",
        /// Its agent acts.
        Working = "working",
        /// Its agent thinks.
        Thinking = "thinking",
        /// It asks the owner.
        WaitingForYou = "waiting for you",
        /// Nothing moves and something should.
        Stuck = "stuck",
        /// Asleep until a usage limit resets.
        Limited = "limited",
        /// It reviews another's work, or its own is being checked.
        Reviewing = "reviewing",
        /// Its last task is ready for review.
        Finished = "finished",
        /// Held by its owner.
        Paused = "paused",
        /// Its engine wants a login.
        LoginNeeded = "login needed",
        /// Its process was lost or failed.
        Crashed = "crashed",
        /// Switched off.
        Off = "off",
    }
}

/// A seat in the office.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
pub struct Desk {
    /// Its number; also its seat on the floor.
    pub id: DeskId,
    /// Who sits there.
    pub name: String,
    /// The role it has.
    pub role: RoleName,
    /// Works on this project only, if set.
    pub project: Option<ProjectId>,
    /// Overrides the role's engines.
    pub engine: Option<EngineName>,
    /// The command line of a `custom` engine.
    pub command: Option<String>,
    /// Held by its owner.
    pub hold: Option<Hold>,
    /// The run that goes on.
    pub run: Option<RunId>,
    /// The run before.
    pub last_run: Option<RunId>,
    /// Tasks given to it while it was busy, first first.
    pub queue: Vec<TaskId>,
    /// Whether it takes ready tasks by itself.
    pub auto: bool,
    /// Removed desks keep their record.
    pub removed: bool,
    /// The run that hired whoever sits there; none where the owner did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<RunId>,
    /// There for this task alone: the desk is removed when that is over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub only: Option<TaskId>,
}

impl Desk {
    /// Whether it can start something now.
    pub fn is_free(&self) -> bool {
        !self.removed && self.hold.is_none() && self.run.is_none()
    }
}

/// What may be asked of desks.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, Type)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum DeskCommand {
    /// Adds a desk.
    Add {
        /// Who sits there; unique.
        name: String,
        /// Which role.
        role: RoleName,
        /// Only this project, if set.
        project: Option<ProjectId>,
        /// Overrides the role's engines.
        engine: Option<EngineName>,
        /// Command line of the `custom` engine.
        command: Option<String>,
        /// Takes ready tasks by itself.
        auto: bool,
    },
    /// Changes whether a desk takes ready tasks by itself.
    Change {
        /// Which.
        desk: DeskId,
        /// Takes ready tasks by itself.
        auto: bool,
    },
    /// Removes a free desk.
    Remove {
        /// Which.
        desk: DeskId,
    },
    /// Starts nothing more there until resumed; what runs goes on.
    Pause {
        /// Which.
        desk: DeskId,
    },
    /// Releases a pause or stop.
    Resume {
        /// Which.
        desk: DeskId,
    },
    /// Opens a plain session without a task.
    Open {
        /// Where.
        desk: DeskId,
        /// In which project.
        project: ProjectId,
        /// In a checkout of its own rather than in the owner's work tree.
        fresh: bool,
    },
    /// Ends what runs there; a task is parked.
    Stop {
        /// Which.
        desk: DeskId,
    },
}

/// What happened to desks.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, Type)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum DeskEvent {
    /// Added.
    Added {
        /// The new desk.
        desk: Desk,
    },
    /// Takes ready tasks by itself, or not.
    Changed {
        /// Which.
        desk: DeskId,
        /// Takes ready tasks by itself.
        auto: bool,
    },
    /// Removed.
    Removed {
        /// Which.
        desk: DeskId,
    },
    /// Held.
    Held {
        /// Which.
        desk: DeskId,
        /// By what.
        hold: Hold,
    },
    /// Released.
    Released {
        /// Which.
        desk: DeskId,
    },
}

/// Decides a desk command.
pub fn decide(office: &Office, actor: Actor, command: &DeskCommand, now: At) -> Result<Vec<Event>, Refusal> {
    if !matches!(command, DeskCommand::Add { .. }) {
        actor.owner_only("change desks")?;
    }
    let one = |fact| Ok(vec![Event::Desk(fact)]);
    match command {
        DeskCommand::Add { name, role, project, engine, command, auto } => {
            crate::text::name("desk", name)?;
            if office.desks.values().any(|desk| !desk.removed && desk.name == *name) {
                return Err(Refusal::new(
                    Code::Duplicate,
                    format!("there is a desk '{name}' already"),
                    "give this one another name with `--name`",
                ));
            }
            let desk = Desk {
                id: office.next.desk,
                name: name.clone(),
                role: role.clone(),
                project: *project,
                engine: engine.clone(),
                command: command.clone(),
                hold: None,
                run: None,
                last_run: None,
                queue: Vec::new(),
                auto: *auto,
                removed: false,
                by: if let Actor::Agent { run, .. } = actor { Some(run) } else { None },
                only: None,
            };
            team::hires(office, actor, &desk)?;
            if let Some(project) = project {
                office.project(*project)?;
            }
            let role = office.role(role)?;
            if let Some(home) = role.project.filter(|home| Some(*home) != *project) {
                let home = office.project(home)?;
                return Err(Refusal::new(
                    Code::NotAllowed,
                    format!(
                        "the role '{}' came with the repository of '{}' and is for that alone",
                        role.name, home.name
                    ),
                    format!("add the desk with `--project {}`", home.name),
                ));
            }
            office.engine_of(&desk)?;
            one(DeskEvent::Added { desk })
        }
        DeskCommand::Change { desk, auto } => {
            office.desk(*desk)?;
            one(DeskEvent::Changed { desk: *desk, auto: *auto })
        }
        DeskCommand::Remove { desk } => {
            let it = office.desk(*desk)?;
            if it.run.is_some() || !it.queue.is_empty() {
                return Err(Refusal::new(
                    Code::WrongState,
                    format!("desk '{}' is busy or has queued tasks", it.name),
                    format!("`office desk stop {0}` and unassign its tasks first", it.name),
                ));
            }
            let mut events = vec![Event::Desk(DeskEvent::Removed { desk: *desk })];
            events.extend(mail::desk_removed(office, *desk, now));
            Ok(events)
        }
        DeskCommand::Pause { desk } => {
            let it = office.desk(*desk)?;
            one(DeskEvent::Held { desk: *desk, hold: held(it, HoldReason::DeskPaused, now) })
        }
        DeskCommand::Resume { desk } => {
            office.desk(*desk)?;
            let mut events = vec![Event::Desk(DeskEvent::Released { desk: *desk })];
            for task in office.tasks.values().filter(|t| t.desk == Some(*desk)) {
                if task
                    .hold
                    .as_ref()
                    .is_some_and(|hold| matches!(hold.reason, HoldReason::DeskStopped | HoldReason::Incident))
                {
                    events.push(Event::Task(TaskEvent::Unparked { task: task.id, note: None }));
                }
            }
            Ok(events)
        }
        DeskCommand::Open { desk, project, fresh } => open(office, *desk, *project, *fresh, now),
        DeskCommand::Stop { desk } => {
            let it = office.desk(*desk)?;
            let hold = held(it, HoldReason::DeskStopped, now);
            let mut events = Vec::new();
            if let Some(task) = it.run.and_then(|run| office.task_of_run(run)).filter(|task| task.state.at_work()) {
                events.push(Event::Task(TaskEvent::Parked { task: task.id, hold: hold.clone() }));
            }
            events.push(Event::Desk(DeskEvent::Held { desk: *desk, hold }));
            events.extend(run::stop(office, it.run, StopWhy::DeskStopped));
            Ok(events)
        }
    }
}

/// An incident at a desk: whatever runs there is ended, its task is parked with all its work, and nothing begins there until its
/// owner has looked. One that is held by an incident already stays held by that.
pub(crate) fn incident(office: &Office, run: RunId, what: &str, now: At) -> Vec<Event> {
    let Some((desk, it)) = office.runs.get(&run).and_then(|run| Some((run.desk, office.desks.get(&run.desk)?))) else {
        return Vec::new();
    };
    if it.removed || it.hold.as_ref().is_some_and(|hold| hold.reason == HoldReason::Incident) {
        return Vec::new();
    }
    let hold =
        Hold { what: Some(what.chars().take(LONGEST_INCIDENT).collect()), ..held(it, HoldReason::Incident, now) };
    let mut events = Vec::new();
    // That of the run, which may be over and its work on its way, and that which has begun here since.
    let of_run = office.tasks.values().find(|task| task.last_run == Some(run));
    let begun = it.run.and_then(|run| office.task_of_run(run)).filter(|task| of_run.is_none_or(|it| it.id != task.id));
    for task in
        of_run.into_iter().chain(begun).filter(|task| task.state.at_work() && task.state.can_become(TaskState::Parked))
    {
        events.push(Event::Task(TaskEvent::Parked { task: task.id, hold: hold.clone() }));
    }
    events.push(Event::Desk(DeskEvent::Held { desk, hold }));
    events.extend(run::stop(office, it.run, StopWhy::DeskStopped));
    events
}

/// What is said of an incident is never longer.
const LONGEST_INCIDENT: usize = 2000;

fn held(desk: &Desk, reason: HoldReason, now: At) -> Hold {
    Hold { reason, since: now, until: None, release: format!("office desk resume {}", desk.name), what: None }
}

fn open(office: &Office, desk: DeskId, project: ProjectId, fresh: bool, now: At) -> Result<Vec<Event>, Refusal> {
    let it = office.desk(desk)?;
    let home = office.project(project)?;
    office.not_held()?;
    if !it.is_free() {
        return Err(Refusal::new(
            Code::WrongState,
            format!("desk '{}' is busy or paused", it.name),
            format!("`office desk show {0}` says with what; `office desk stop {0}` ends it", it.name),
        ));
    }
    let engine = office.engine_of(it)?;
    let workplace = (!fresh).then(|| Workplace { path: home.path.clone(), branch: String::new(), base: String::new() });
    let run = Run::begin(office.next.run, desk, project, engine, workplace, now);
    Ok(vec![Event::Run(RunEvent::Began { run })])
}

/// Applies a desk event.
pub fn apply(office: &mut Office, event: &DeskEvent) {
    match event {
        DeskEvent::Added { desk } => {
            office.next.desk = DeskId(desk.id.0 + 1);
            office.put_desk(desk.clone());
        }
        DeskEvent::Changed { desk, auto } => office.change_desk(*desk, |d| d.auto = *auto),
        DeskEvent::Removed { desk } => office.change_desk(*desk, |d| d.removed = true),
        DeskEvent::Held { desk, hold } => office.change_desk(*desk, |d| d.hold = Some(hold.clone())),
        DeskEvent::Released { desk } => office.change_desk(*desk, |d| d.hold = None),
    }
}

/// What a desk event asks to be done.
pub fn effects(_event: &DeskEvent) -> Vec<Effect> {
    Vec::new()
}
