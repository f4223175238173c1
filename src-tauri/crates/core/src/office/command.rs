//! What may be asked of the office as a whole, and what happened to it: opened, read in, stopped, resumed, a deadline passed.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use specta::Type;

use crate::actor::Actor;
use crate::approval;
use crate::budget::{self, Budget, BudgetOf, Limits};
use crate::event::Event;
use crate::hold::{Hold, HoldReason};
use crate::ids::{EngineName, RunId, Seq};
use crate::office::{Office, OfficeSettings};
use crate::refusal::{Code, Refusal};
use crate::role::{Engine, Role, RoleFault};
use crate::run::{self, Exit, Run, RunEvent, RunState, StopWhy};
use crate::shift::{self, ShiftReport};
use crate::task::{self, TaskEvent, TaskLimit, TaskLimits, TaskState, limit};
use crate::team::{self, Interlock, PathLease};
use crate::time::At;
use crate::usage_limit::{self, UsageLimit};
use crate::wake::Wake;

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
    /// Reports what the files of roles say, and what is wrong with them.
    ReadRoles {
        /** Roles. */
        roles: Vec<Role>,
        /** Faults. */
        faults: Vec<RoleFault>,
    },
    /// Reports what roles and engines there are.
    ReadCatalog {
        /** Roles; as they are known if none. */
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
        /** Whether it was started again because the last one died. */
        #[serde(default)]
        revived: bool,
    },
    /// Reports that the holder of the programs is gone, and its programs with it.
    HostLost {
        /** What is known of it. */
        why: String,
    },
    /// Reports that nothing ran for a while: the machine slept, or everything was stopped.
    Slept {
        /** When it was last awake. */
        since: At,
        /** For so many seconds. */
        secs: u32,
        /** Whether the machine was awake meanwhile, and only the office was stopped. */
        #[serde(default)]
        stopped: bool,
    },
    /// Reports that somebody set the wall clock.
    ClockChanged {
        /** By so many seconds, back if negative. */
        by_secs: i32,
    },
    /// Gives up what a session that is over left unsaved in its checkout.
    GiveUp {
        /** Which run. */
        run: RunId,
    },
    /// Drops what these runs left on disk; those whose work nobody has looked at are passed over.
    Prune {
        /** Which runs, and what each takes in kilobytes. */
        runs: Vec<(RunId, u32)>,
    },
    /// Takes up what was interrupted, and nothing that its owner stopped.
    TakeUp,
    /// Stops everything: every task at work is parked, every run ended.
    StopAll,
    /// Releases that, and what it parked; takes up what was interrupted.
    Resume,
    /// Reports that a deadline may have passed.
    Tick,
    /// Sets a budget; what is not named stays as it is.
    SetBudget {
        /** Of what. */
        budget: BudgetOf,
        /** The most. */
        limits: Limits,
        /** Whether that is to be counted from what was spent so far. */
        #[serde(default)]
        more: bool,
    },
    /// Sets what each task of something may take; what is not named stays as it is.
    SetTaskLimit {
        /** Of what. */
        of: BudgetOf,
        /** The most. */
        limits: TaskLimits,
        /** Whether it is so much more than it was. */
        #[serde(default)]
        more: bool,
    },
    /// Tries an account that has reached its usage limit at once.
    ResumeEngine {
        /** Whose. */
        engine: EngineName,
    },
    /// Does without that.
    RemoveTaskLimit {
        /** Of what. */
        of: BudgetOf,
    },
    /// Has paths for the run that asks until it ends.
    LeasePaths {
        /** Patterns of paths in its checkout. */
        paths: Vec<String>,
    },
    /// Gives them back.
    ReleasePaths,
    /// Holds a shape of command until a task is through.
    Hold {
        /** Program and subcommands. */
        run: String,
        /** The task. */
        task: crate::ids::TaskId,
        /** Why, for whoever is refused. */
        why: String,
    },
    /// Lifts such a hold.
    Lift {
        /** Its number. */
        interlock: u32,
    },
    /// Says that the shift is over, or when it will be.
    EndShift {
        /** In so many seconds; at once if none. */
        #[serde(default)]
        in_secs: Option<u32>,
    },
    /// Does without a budget.
    RemoveBudget {
        /** Of what. */
        budget: BudgetOf,
    },
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
    /// What files of roles say is another than before.
    RolesRead {
        /** Roles. */
        roles: Vec<Role>,
        /** What is wrong with files. */
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        faults: Vec<RoleFault>,
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
        /** Runs that went on without it. */
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        alive: Vec<RunId>,
        /** Whether it was started again because the last one died. */
        #[serde(default, skip_serializing_if = "is_false")]
        revived: bool,
    },
    /// The holder of the programs is gone, and its programs with it.
    HostLost {
        /** What is known of it. */
        why: String,
    },
    /// Nothing ran for a while: the machine slept, or everything was stopped.
    Slept {
        /** When it was last awake. */
        since: At,
        /** For so many seconds. */
        secs: u32,
        /** Whether the machine was awake meanwhile, and only the office was stopped. */
        #[serde(default, skip_serializing_if = "is_false")]
        stopped: bool,
    },
    /// Somebody set the wall clock.
    ClockChanged {
        /** By so many seconds, back if negative. */
        by_secs: i32,
    },
    /// What these runs left on disk (recording, outputs of checks) is dropped.
    Pruned {
        /** Which runs. */
        runs: Vec<RunId>,
        /** What they took, in kilobytes. */
        kb: u32,
    },
    /// Everything was stopped.
    Stopped {
        /** The hold. */
        hold: Hold,
    },
    /// Released.
    Resumed,
    /// A budget was set or changed.
    BudgetSet {
        /** The budget. */
        budget: Budget,
    },
    /// What each task of something may take was set or changed.
    TaskLimitSet {
        /** The limit. */
        limit: TaskLimit,
    },
    /// There is no such limit any more.
    TaskLimitRemoved {
        /** Of what it was. */
        of: BudgetOf,
    },
    /// A run has paths for itself.
    PathsLeased {
        /** What it has from now on. */
        lease: PathLease,
    },
    /// It has none any more.
    PathsReleased {
        /** Which run. */
        run: RunId,
    },
    /// A shape of command is held until a task is through.
    InterlockSet {
        /** The hold. */
        interlock: Interlock,
    },
    /// Such a hold is over.
    InterlockLifted {
        /** Its number. */
        interlock: u32,
        /** Why. */
        why: String,
    },
    /// A role was woken, or that was cut off.
    Woken {
        /** By what, and what it led to. */
        wake: Box<Wake>,
    },
    /// An account has reached its usage limit, is tried, or is back.
    UsageLimited {
        /** How that stands. */
        limit: UsageLimit,
    },
    /// The shift ends by itself.
    ShiftEnds {
        /** When. */
        at: At,
    },
    /// The report on a shift is there.
    ShiftReported {
        /** What it came to. */
        report: Box<ShiftReport>,
    },
    /// The shift is over.
    ShiftEnded {
        /** Who said so. */
        by: Actor,
    },
    /// There is no such budget any more.
    BudgetRemoved {
        /** Of what it was. */
        of: BudgetOf,
    },
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks by reference")]
fn is_false(flag: &bool) -> bool {
    !flag
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
            if settings.recordings_mb == Some(0) || settings.recordings_days == Some(0) {
                let way_out = "give at least 1, or none to keep all";
                return Err(Refusal::invalid("recordings cannot be kept for no time or in no space", way_out));
            }
            settings.unattended.fits()?;
            one(OfficeEvent::SettingsChanged { settings: settings.clone() })
        }
        OfficeCommand::ReadRoles { roles, faults } => {
            actor.office_only()?;
            if roles.iter().eq(office.roles.values()) && *faults == office.role_faults {
                return Ok(Vec::new());
            }
            one(OfficeEvent::RolesRead { roles: roles.clone(), faults: faults.clone() })
        }
        OfficeCommand::ReadCatalog { roles, engines } => {
            actor.office_only()?;
            let known: Vec<Role> = office.roles.values().cloned().collect();
            let roles = if roles.is_empty() { &known } else { roles };
            let same = roles.iter().eq(office.roles.values()) && engines.iter().eq(office.engines.values());
            if same {
                Ok(Vec::new())
            } else {
                one(OfficeEvent::CatalogRead { roles: roles.clone(), engines: engines.clone() })
            }
        }
        OfficeCommand::Start { version, alive, revived } => {
            actor.office_only()?;
            let (version, went_on) = (version.clone(), alive.clone());
            let mut events = vec![Event::Office(OfficeEvent::Started { version, alive: went_on, revived: *revived })];
            for run in office.runs.values().filter(|run| run.state == RunState::Live && !alive.contains(&run.id)) {
                events.extend(task::life::run_over(office, run.id, &Exit::Lost, now));
            }
            Ok(events)
        }
        OfficeCommand::HostLost { why } => {
            actor.office_only()?;
            one(OfficeEvent::HostLost { why: why.clone() })
        }
        OfficeCommand::Slept { since, secs, stopped } => {
            actor.office_only()?;
            one(OfficeEvent::Slept { since: *since, secs: *secs, stopped: *stopped })
        }
        OfficeCommand::ClockChanged { by_secs } => {
            actor.office_only()?;
            one(OfficeEvent::ClockChanged { by_secs: *by_secs })
        }
        OfficeCommand::GiveUp { run } => {
            actor.owner_only("give up what a session left")?;
            let left = office.runs.get(run).is_some_and(Run::left_a_checkout);
            if !left {
                return Err(Refusal::new(
                    Code::WrongState,
                    format!("run {run} is no session that is over and left a checkout"),
                    "`office prune` lists those that did; work of tasks is given up by `office task cancel`",
                ));
            }
            Ok(vec![Event::Run(RunEvent::GivenUp { run: *run })])
        }
        OfficeCommand::Prune { runs } => {
            actor.owner_only("drop recordings")?;
            // As things stand now: a task may have been opened again since somebody looked.
            let goes = |run: &RunId| office.runs.get(run).is_some_and(|run| office.may_go(run));
            let goes: BTreeMap<_, _> = runs.iter().copied().filter(|(run, _)| goes(run)).collect();
            if goes.is_empty() {
                return Ok(Vec::new());
            }
            let kb = goes.values().fold(0_u32, |sum, kb| sum.saturating_add(*kb));
            one(OfficeEvent::Pruned { runs: goes.into_keys().collect(), kb })
        }
        OfficeCommand::TakeUp => {
            actor.office_only()?;
            // A hold of everything is the owner's word; what it parked and what it interrupted waits with it.
            let taken =
                office.tasks.values().filter(|task| office.hold.is_none() && task.state == TaskState::Interrupted);
            Ok(taken.map(|task| Event::Task(TaskEvent::Resumed { task: task.id })).collect())
        }
        OfficeCommand::StopAll => {
            actor.owner_only("stop the office")?;
            let hold = Hold {
                reason: HoldReason::StoppedByOwner,
                since: now,
                until: None,
                release: "office resume".to_owned(),
                what: None,
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
                    TaskState::Parked if stopped => {
                        events.push(Event::Task(TaskEvent::Unparked { task: task.id, note: None }))
                    }
                    TaskState::Interrupted => events.push(Event::Task(TaskEvent::Resumed { task: task.id })),
                    _ => {}
                }
            }
            Ok(events)
        }
        OfficeCommand::SetBudget { budget, limits, more } => {
            actor.owner_only("set budgets")?;
            budget::set(office, budget.clone(), limits, *more, now)
        }
        OfficeCommand::SetTaskLimit { of, limits, more } => {
            actor.owner_only("set what tasks may take")?;
            limit::set(office, of.clone(), limits, *more, now)
        }
        OfficeCommand::RemoveTaskLimit { of } => {
            actor.owner_only("set what tasks may take")?;
            limit::remove(office, of.clone(), now)
        }
        OfficeCommand::LeasePaths { paths } => team::lease(office, actor, paths, now),
        OfficeCommand::ReleasePaths => {
            let Actor::Agent { run, .. } = actor else { return Ok(Vec::new()) };
            let has = office.leases.iter().any(|lease| lease.run == run);
            Ok(has.then_some(Event::Office(OfficeEvent::PathsReleased { run })).into_iter().collect())
        }
        OfficeCommand::Hold { run, task, why } => team::hold(office, actor, (run, *task, why), now),
        OfficeCommand::Lift { interlock } => team::lift(office, actor, *interlock),
        OfficeCommand::ResumeEngine { engine } => usage_limit::resume(office, actor, engine),
        OfficeCommand::EndShift { in_secs } => shift::end(office, actor, *in_secs, now),
        OfficeCommand::RemoveBudget { budget } => {
            actor.owner_only("remove budgets")?;
            budget::remove(office, budget.clone())
        }
        OfficeCommand::Tick => {
            actor.office_only()?;
            let due = office.index.deadlines.iter().take_while(|(at, _)| *at <= now);
            let mut events: Vec<Event> =
                due.flat_map(|(_, run)| run::stop(office, Some(*run), StopWhy::TimeLimit)).collect();
            // What ends by its time limit in this moment is not parked as well.
            if events.is_empty() {
                events = limit::due(office, now);
            }
            if events.is_empty() {
                events = approval::passed(office, now);
            }
            events.extend(usage_limit::due(office, now));
            events.extend(shift::due(office, now));
            Ok(events)
        }
    }
}
