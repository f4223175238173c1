//! What agents may do beside their own task, by their role; the paths a run leases for itself; and shapes of command that are held
//! until a task is through. Waking is in `wake.rs`, what a role says in `role/rights.rs`.

mod glob;

use serde::{Deserialize, Serialize};
use specta::Type;

use crate::actor::Actor;
use crate::desk::Desk;
use crate::event::Event;
use crate::ids::{DeskId, ProjectId, RunId, TaskId};
use crate::office::{Office, OfficeEvent};
use crate::refusal::{Code, Refusal};
use crate::role::{May, Role};
use crate::run::Run;
use crate::task::ask::{NewTask, TaskCommand};
use crate::task::{TaskEvent, TaskState};
use crate::time::At;

/// Tasks that one run may write.
pub const TASKS_PER_RUN: usize = 100;
/// Tasks that all agents together may write in an hour.
pub const TASKS_PER_HOUR: usize = 300;
/// Desks that one run may set up.
pub const DESKS_PER_RUN: usize = 6;
/// Desks that agents set up, at any time.
pub const DESKS_OF_AGENTS: usize = 24;
/// Patterns that one run may lease.
const PATHS_MAX: usize = 50;
/// Holds that agents may keep at any time.
const INTERLOCKS_MAX: usize = 100;
const HOUR: i64 = 3600;

/// Paths of a project that a run has for itself until it ends.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
pub struct PathLease {
    /// Whose.
    pub run: RunId,
    /// Where it works.
    pub desk: DeskId,
    /// On what.
    pub task: Option<TaskId>,
    /// In which project.
    pub project: ProjectId,
    /// Patterns of paths in its checkout.
    pub paths: Vec<String>,
    /// Since when.
    pub since: At,
}

/// A shape of command that is held until a task is through.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
pub struct Interlock {
    /// Its number.
    pub id: u32,
    /// Program and subcommands, as in rules.
    pub run: String,
    /// The task.
    pub task: TaskId,
    /// Why, for whoever is refused.
    pub why: String,
    /// Who holds it.
    pub by: Actor,
    /// Since when.
    pub since: At,
}

/// The agent's run, with its desk and its role, as long as it is not over.
pub(crate) fn speaker(office: &Office, run: RunId) -> Result<(&Run, &Desk, Option<&Role>), Refusal> {
    let it = office.runs.get(&run).filter(|it| it.is_open());
    let it =
        it.ok_or_else(|| Refusal::new(Code::StaleLease, format!("run {run} is over"), "nothing was done; end here"))?;
    let desk = office.desk(it.desk)?;
    Ok((it, desk, office.roles.get(&desk.role)))
}

/// Refuses an agent whose role does not say so.
pub(crate) fn may(office: &Office, actor: Actor, what: May) -> Result<(), Refusal> {
    let Actor::Agent { run, .. } = actor else { return Ok(()) };
    let (_, desk, role) = speaker(office, run)?;
    if role.is_some_and(|role| role.may(what)) {
        return Ok(());
    }
    let others: Vec<&str> = office.roles.values().filter(|it| it.may(what)).map(|it| it.name.0.as_str()).collect();
    let way_out = if others.is_empty() {
        "write to the owner (`mail_send`), or say with `task_blocked` what you need".to_owned()
    } else {
        format!("write to one who may (`mail_send` to {}), or say with `task_blocked` what you need", others.join(", "))
    };
    Err(Refusal::new(Code::NotAllowed, format!("the role '{}' may not {what}", desk.role), way_out))
}

/// What an agent asks of tasks that are not its own.
pub(crate) fn of_tasks(
    office: &Office,
    actor: Actor,
    command: &TaskCommand,
    now: At,
) -> Result<Option<TaskCommand>, Refusal> {
    let Actor::Agent { run, .. } = actor else { return Ok(None) };
    match command {
        TaskCommand::Add { new } => {
            may(office, actor, May::CreateTasks)?;
            within_limits(office, run, 1, now)?;
            Ok(Some(TaskCommand::Add { new: Box::new(written_by(office, actor, new)) }))
        }
        TaskCommand::Split { task, parts } => {
            may(office, actor, May::CreateTasks)?;
            within_limits(office, run, parts.len(), now)?;
            let part = |part: &super::task::split::Part| {
                let mut part = part.clone();
                part.new = written_by(office, actor, &part.new);
                part
            };
            Ok(Some(TaskCommand::Split { task: *task, parts: parts.iter().map(part).collect() }))
        }
        TaskCommand::Assign { desk, .. } => {
            may(office, actor, May::Assign)?;
            held_by_its_engine(office, *desk)?;
            Ok(Some(command.clone()))
        }
        TaskCommand::Unassign { .. } | TaskCommand::Release { .. } => {
            may(office, actor, May::Assign)?;
            Ok(Some(command.clone()))
        }
        _ => {
            actor.owner_only("do this to a task")?;
            Ok(None)
        }
    }
}

/// What does not hold its agent is started by its owner's hand, never by another agent's.
fn held_by_its_engine(office: &Office, desk: DeskId) -> Result<(), Refusal> {
    let at = office.desk(desk)?;
    let engine = office.engines.get(&office.engine_of(at)?);
    match engine.filter(|engine| !engine.gate.works_unattended()) {
        Some(engine) => Err(Refusal::new(
            Code::NotAllowed,
            format!("desk '{}' is the owner's to give work to: {} is {}", at.name, engine.title, engine.gate),
            "choose another desk, or leave the desk out",
        )),
        None => Ok(()),
    }
}

/// Who may not give tasks to desks writes drafts, which wait for somebody who may. More review may be asked for, and never less.
fn written_by(office: &Office, actor: Actor, new: &NewTask) -> NewTask {
    let draft = new.draft || may(office, actor, May::Assign).is_err();
    NewTask { draft, review: new.review.filter(|wanted| *wanted), ..new.clone() }
}

fn within_limits(office: &Office, run: RunId, more: usize, now: At) -> Result<(), Refusal> {
    let by_run = office.tasks.values().rev().filter(|task| task.by == Some(run)).count();
    if by_run + more > TASKS_PER_RUN {
        return Err(Refusal::new(
            Code::Limit,
            format!("run {run} wrote {by_run} tasks; {TASKS_PER_RUN} is the most"),
            "put what belongs together into one task, or tell the owner what is too much",
        ));
    }
    let recent = office.tasks.values().rev().take_while(|task| now.seconds_since(task.added) < HOUR as _);
    let in_hour = recent.filter(|task| task.by.is_some()).count();
    if in_hour + more > TASKS_PER_HOUR {
        return Err(Refusal::new(
            Code::Limit,
            format!("agents wrote {in_hour} tasks within an hour; {TASKS_PER_HOUR} is the most"),
            "work on what there is first",
        ));
    }
    Ok(())
}

/// Refuses an agent that may not set up this desk.
pub(crate) fn hires(office: &Office, actor: Actor, new: &Desk) -> Result<(), Refusal> {
    let Actor::Agent { run, .. } = actor else { return Ok(()) };
    may(office, actor, May::Hire)?;
    let (it, _, own) = speaker(office, run)?;
    if new.command.is_some() {
        let way_out = "name an engine that is there (`office engine list`)";
        return Err(Refusal::new(Code::NotAllowed, "an agent hires no command line of its own", way_out));
    }
    let role = office.role(&new.role)?;
    // Who comes when woken can do no more by it.
    let mut rights = role.may.iter().filter(|may| **may != May::Visit);
    if let Some(more) = rights.find(|may| !own.is_some_and(|own| own.may(**may))) {
        return Err(Refusal::new(
            Code::NotAllowed,
            format!("the role '{}' may {more}, and whoever hires it may not", role.name),
            "hire a role that may no more than you, or ask the owner",
        ));
    }
    if new.project.is_some_and(|project| project != it.project) {
        return Err(Refusal::new(Code::NotAllowed, "an agent hires for its own project", "leave the project out"));
    }
    let hired = office.desks.values().filter(|desk| !desk.removed && desk.by.is_some());
    let (all, own) = hired.fold((0, 0), |(all, own), desk| (all + 1, own + usize::from(desk.by == Some(run))));
    if own >= DESKS_PER_RUN || all >= DESKS_OF_AGENTS {
        return Err(Refusal::new(
            Code::Limit,
            format!("{own} desks were set up by you and {all} by agents"),
            format!("at most {DESKS_PER_RUN} and {DESKS_OF_AGENTS}: give work to those who are here"),
        ));
    }
    Ok(())
}

/// Leases paths for the run that asks; what another run has is refused with its name.
pub(crate) fn lease(office: &Office, actor: Actor, paths: &[String], now: At) -> Result<Vec<Event>, Refusal> {
    let Actor::Agent { run, .. } = actor else {
        return Err(Refusal::new(Code::NotAllowed, "only an agent at its desk leases paths", "nothing to do"));
    };
    let (it, desk, _) = speaker(office, run)?;
    let own = office.leases.iter().find(|lease| lease.run == run);
    let mut all = own.map(|lease| lease.paths.clone()).unwrap_or_default();
    for path in paths {
        let path = path.trim().trim_start_matches("./");
        let plain = !path.is_empty()
            && path.len() <= 200
            && !path.starts_with('/')
            && !path.chars().any(|letter| letter.is_control() || "[]{}\\".contains(letter))
            && path.split('/').all(|part| part != "..");
        if !plain {
            let shown: String = path.chars().take(60).collect();
            let way_out = "name paths of your checkout with `*`, `**` and `?`: src/**";
            return Err(Refusal::invalid(format!("'{shown}' is no pattern of paths"), way_out));
        }
        if !all.iter().any(|known| known == path) {
            all.push(path.to_owned());
        }
    }
    if all.is_empty() || all.len() > PATHS_MAX {
        let way_out = format!("name 1 to {PATHS_MAX} patterns; `src/**` is one");
        return Err(Refusal::invalid(format!("{} patterns are too many or none", all.len()), way_out));
    }
    let mut fuel = 200_000;
    for lease in office.leases.iter().filter(|lease| lease.run != run && lease.project == it.project) {
        for theirs in &lease.paths {
            if let Some(mine) = all.iter().find(|mine| glob::overlap(mine, theirs, &mut fuel)) {
                let who = office.desks.get(&lease.desk).map_or("another desk", |desk| &desk.name);
                let task = lease.task.map(|task| format!(" for task #{task}")).unwrap_or_default();
                return Err(Refusal::new(
                    Code::Held,
                    format!("{who} has '{theirs}'{task} since {}; you asked for '{mine}'", lease.since),
                    format!("work elsewhere first, or write to {who} (`mail_send`); it ends with their run"),
                ));
            }
        }
    }
    if own.is_some_and(|lease| lease.paths == all) {
        return Ok(Vec::new());
    }
    let lease = PathLease { run, desk: desk.id, task: it.task, project: it.project, paths: all, since: now };
    Ok(vec![Event::Office(OfficeEvent::PathsLeased { lease })])
}

/// Holds a shape of command until a task is through.
pub(crate) fn hold(
    office: &Office,
    actor: Actor,
    (run, task, why): (&str, TaskId, &str),
    now: At,
) -> Result<Vec<Event>, Refusal> {
    may(office, actor, May::Hold)?;
    let words: Vec<&str> = run.split_whitespace().collect();
    let odd = |word: &&str| word.chars().any(|letter| letter.is_control() || "'\"\\`$;|&<>(){}#".contains(letter));
    if words.is_empty()
        || words.len() > 8
        || run.len() > 200
        || words.iter().any(odd)
        || words[0].starts_with(['*', '-'])
    {
        let way_out = "name a program with its subcommands, as in `systemctl restart`";
        return Err(Refusal::invalid("this is no shape of command", way_out));
    }
    let why = crate::text::title(why)?;
    let it = office.task(task)?;
    if matches!(it.state, TaskState::Done | TaskState::Cancelled) {
        return Err(Refusal::new(
            Code::WrongState,
            format!("task #{task} is {}: nothing would end the hold", it.state),
            "name the task that it waits for",
        ));
    }
    let run = words.join(" ");
    if office.interlocks.iter().any(|lock| lock.run == run && lock.task == task) {
        return Ok(Vec::new());
    }
    if office.interlocks.len() >= INTERLOCKS_MAX {
        let message = format!("{INTERLOCKS_MAX} shapes of command are held");
        return Err(Refusal::new(Code::Limit, message, "lift some first: `office interlock list`"));
    }
    let id = office.interlocks.iter().map(|lock| lock.id).max().unwrap_or(0) + 1;
    let interlock = Interlock { id, run, task, why, by: actor, since: now };
    Ok(vec![Event::Office(OfficeEvent::InterlockSet { interlock })])
}

/// Lifts a hold by hand: the owner any, an agent its own.
pub(crate) fn lift(office: &Office, actor: Actor, id: u32) -> Result<Vec<Event>, Refusal> {
    let found = office.interlocks.iter().find(|lock| lock.id == id);
    let lock = found.ok_or_else(|| Refusal::not_found(format!("interlock {id}"), "office interlock list"))?;
    if actor != Actor::Owner && lock.by != actor {
        return Err(Refusal::new(
            Code::NotAllowed,
            format!("interlock {id} is not yours"),
            format!("it ends with task #{}; the owner may lift it", lock.task),
        ));
    }
    Ok(vec![Event::Office(OfficeEvent::InterlockLifted { interlock: id, why: "lifted by hand".to_owned() })])
}

/// What ends by itself with what just happened: a run's paths with the run, a hold with its task.
pub(crate) fn ended(office: &Office, event: &Event) -> Vec<Event> {
    match event {
        Event::Run(crate::run::RunEvent::Ended { run, .. }) if office.leases.iter().any(|it| it.run == *run) => {
            vec![Event::Office(OfficeEvent::PathsReleased { run: *run })]
        }
        Event::Task(TaskEvent::Done { task, .. }) => {
            let over = office.interlocks.iter().filter(|lock| lock.task == *task);
            let lifted = |lock: &Interlock| {
                let why = format!("task #{task} is through");
                Event::Office(OfficeEvent::InterlockLifted { interlock: lock.id, why })
            };
            over.map(lifted).collect()
        }
        _ => Vec::new(),
    }
}
