//! Who is woken by what: roles name what wakes them, and what just happened is looked at once it is decided. A wake is a task for that
//! role and, where nobody sits there, a desk that is there for it alone and leaves with it. What would go round in circles is cut off,
//! and the cut is an event as well. Which words a role's file knows is in `role/rights.rs`.

use serde::{Deserialize, Serialize};
use specta::Type;

use crate::actor::Actor;
use crate::approval::ApprovalEvent;
use crate::desk::{Desk, DeskEvent};
use crate::event::{Envelope, Event};
use crate::hold::HoldReason;
use crate::ids::{DeskId, ProjectId, RoleName, RunId, Seq, TaskId};
use crate::mail::{Address, MailCommand, MailEvent, MailKind, MailState, Mailbox, NewMail};
use crate::office::{Office, OfficeEvent};
use crate::role::{May, Occasion, Role, WakeOn};
use crate::shift;
use crate::task::ask::NewTask;
use crate::task::{Deliverable, TaskEvent, TaskState};
use crate::team;
use crate::time::At;

/// Wakes that may follow from one another.
pub const CHAIN_MAX: u32 = 3;
/// Wakes of one role within an hour.
pub const PER_HOUR: usize = 20;
/// Wakes of a role that are kept, and as many of its cuts: what is counted within an hour is among them.
const KEPT: usize = PER_HOUR;
const HOUR: i64 = 3600;
/// The same cut is told once in so many seconds.
const CUT_AGAIN: i64 = 600;

/// Why a task is there that nobody wrote.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
pub struct Woken {
    /// The event that led to it.
    pub by: Seq,
    /// The pattern that it fits.
    pub on: WakeOn,
    /// The task that it was about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<TaskId>,
    /// So many wakes led to one another up to here.
    pub chain: u32,
}

/// A wake, or why there was none.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
pub struct Wake {
    /// Who.
    pub role: RoleName,
    /// By what.
    pub why: Woken,
    /// When.
    pub at: At,
    /// The task it leads to; none where somebody of that role was told by mail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made: Option<TaskId>,
    /// Why it was cut off, where it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cut: Option<String>,
    /// Whether that was because it kept happening.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub round: bool,
}

/// What happened, as rules are about it.
struct Cause {
    on: Occasion,
    task: Option<TaskId>,
    kind: Option<String>,
    /// The role of whoever did it.
    role: Option<RoleName>,
    project: Option<ProjectId>,
    /// Only this role is meant.
    only: Option<RoleName>,
    chain: u32,
    words: String,
}

/// What follows by itself from what was just decided and applied. Called until nothing follows any more.
pub fn consequences(office: &Office, fresh: &[Envelope], now: At) -> Vec<Event> {
    let mut events = Vec::new();
    for envelope in fresh {
        events.extend(team::ended(office, &envelope.event));
        events.extend(filed(office, &envelope.event));
        let Some(cause) = cause(office, &envelope.event) else { continue };
        for role in office.roles.values() {
            let mut fitting = role.wakes_on.iter().filter(|on| fits(on, role, &cause));
            if let Some(on) = fitting.next() {
                let made = events.iter().filter(|it| matches!(it, Event::Task(TaskEvent::Added { .. }))).count();
                let hired = events.iter().filter(|it| matches!(it, Event::Desk(DeskEvent::Added { .. }))).count();
                let (made, hired) = (u32::try_from(made).unwrap_or(0), u32::try_from(hired).unwrap_or(0));
                let ids = (TaskId(office.next.task.0 + made), DeskId(office.next.desk.0 + hired));
                events.extend(wake(office, role, on, &cause, (envelope.seq, now), ids));
            }
        }
    }
    events.extend(shift::reported(office, fresh, &events));
    if !fresh.is_empty() {
        events.extend(leave(office, now));
    }
    events
}

fn fits(on: &WakeOn, role: &Role, cause: &Cause) -> bool {
    on.on == cause.on
        && on.kind.as_ref().is_none_or(|kind| cause.kind.as_ref() == Some(kind))
        && on.role.as_ref().is_none_or(|role| cause.role.as_ref() == Some(role))
        && cause.only.as_ref().is_none_or(|only| *only == role.name)
}

/// What a woken worker found is filed at once: its words are what was wanted.
fn filed(office: &Office, event: &Event) -> Option<Event> {
    let Event::Task(TaskEvent::InReview { task, .. }) = event else { return None };
    let it = office.tasks.get(task)?;
    let woken = it.woken.is_some() && it.deliverable == Deliverable::Finding && it.state == TaskState::InReview;
    woken.then_some(Event::Task(TaskEvent::Done { task: *task, commit: None }))
}

/// Desks that were there for one thing, once that is over.
fn leave(office: &Office, now: At) -> Vec<Event> {
    let over = |task: &TaskId| office.tasks.get(task).is_none_or(|it| is_over(it.state));
    let guests = office.desks.values().filter(|desk| desk.only.as_ref().is_some_and(over));
    let mut events = Vec::new();
    for desk in guests.filter(|desk| !desk.removed && desk.run.is_none()) {
        events.push(Event::Desk(DeskEvent::Removed { desk: desk.id }));
        events.extend(crate::mail::desk_removed(office, desk.id, now));
    }
    events
}

fn is_over(state: TaskState) -> bool {
    matches!(state, TaskState::Done | TaskState::Failed | TaskState::Cancelled)
}

fn cause(office: &Office, event: &Event) -> Option<Cause> {
    let of_task = |on, id: TaskId, words: &str| {
        let task = office.tasks.get(&id)?;
        let desk = task.last_run.and_then(|run| office.runs.get(&run)).and_then(|run| office.desks.get(&run.desk));
        Some(Cause {
            on,
            task: Some(id),
            kind: task.kind.clone(),
            role: desk.map(|desk| desk.role.clone()),
            project: Some(task.project),
            only: None,
            chain: task.chain(),
            words: format!("Task #{id}, \"{}\", {words}.", task.title),
        })
    };
    let of_run = |on, run: Option<RunId>, words: String| {
        let run = run.and_then(|run| office.runs.get(&run));
        let task = run.and_then(|run| office.tasks.get(&run.task?));
        Cause {
            on,
            task: task.map(|task| task.id),
            kind: task.and_then(|task| task.kind.clone()),
            role: run.and_then(|run| office.desks.get(&run.desk)).map(|desk| desk.role.clone()),
            project: run.map(|run| run.project),
            only: None,
            chain: task.map_or(0, crate::task::Task::chain),
            words,
        }
    };
    match event {
        Event::Task(TaskEvent::InReview { task, .. }) => {
            of_task(Occasion::TaskFinished, *task, "was said to be done, and its checks let it through")
        }
        Event::Task(TaskEvent::Done { task, .. }) => of_task(Occasion::TaskDone, *task, "is through"),
        Event::Task(TaskEvent::Failed { task, why }) => of_task(Occasion::TaskFailed, *task, &format!("failed: {why}")),
        // What an agent left for its own later, while it goes on.
        Event::Task(TaskEvent::Added { task }) if task.state == TaskState::Blocked => {
            let needs = task.why.as_deref().unwrap_or_default();
            of_task(Occasion::TaskBlocked, task.id, &format!("needs something: {needs}"))
        }
        Event::Task(TaskEvent::Blocked { task, needs, .. }) => {
            of_task(Occasion::TaskBlocked, *task, &format!("needs something: {needs}"))
        }
        Event::Desk(DeskEvent::Held { desk, hold }) if hold.reason == HoldReason::Incident => {
            let it = office.desks.get(desk)?;
            let what = hold.what.clone().unwrap_or_default();
            Some(of_run(
                Occasion::BreakerTripped,
                it.run.or(it.last_run),
                format!("Desk '{}' was stopped: {what}", it.name),
            ))
        }
        Event::Office(OfficeEvent::ShiftEnded { .. }) => {
            let last = office.runs.keys().next_back().copied();
            let cause = of_run(Occasion::ShiftEnded, last, "The shift is over.".to_owned());
            Some(Cause { task: None, kind: None, role: None, chain: 0, ..cause })
        }
        Event::Mail(MailEvent::Sent { mail }) => {
            let Mailbox::Role { role } = &mail.to else { return None };
            let mut here = office.desks.values().filter(|desk| desk.role == *role && !desk.removed);
            if mail.state != MailState::Queued || here.any(|desk| desk.run.is_some()) {
                return None;
            }
            let run = if let Actor::Agent { run, .. } = mail.from { Some(run) } else { None };
            let words = format!(
                "Mail {} came for the role '{role}': \"{}\". Read it with `office mail inbox`.",
                mail.id, mail.subject
            );
            Some(Cause { only: Some(role.clone()), ..of_run(Occasion::Mail, run, words) })
        }
        Event::Approval(ApprovalEvent::Approved { approval, .. } | ApprovalEvent::Denied { approval, .. }) => {
            let it = office.approvals.get(approval)?;
            Some(of_run(
                Occasion::ApprovalAnswered,
                it.run,
                format!("Approval {approval} was answered: it is {}.", it.state),
            ))
        }
        _ => None,
    }
}

fn wake(
    office: &Office,
    role: &Role,
    on: &WakeOn,
    cause: &Cause,
    (seq, now): (Seq, At),
    (task, desk): (TaskId, DeskId),
) -> Vec<Event> {
    let why = Woken { by: seq, on: on.clone(), task: cause.task, chain: cause.chain + 1 };
    let known = Wake { role: role.name.clone(), why, at: now, made: None, cut: None, round: false };
    let told = |wake: Wake| Event::Office(OfficeEvent::Woken { wake: Box::new(wake) });
    let cut_off = |words: String, round: bool| {
        let same = |it: &&Wake| it.role == role.name && it.why.on == *on && it.cut.is_some();
        let lately = office.wakes.iter().filter(same).any(|it| now.seconds_since(it.at) < CUT_AGAIN as _);
        if lately { Vec::new() } else { vec![told(Wake { cut: Some(words), round, ..known.clone() })] }
    };
    let cut = |words: String| cut_off(words, false);
    // It is at it already.
    let at_it = office.index.open.iter().filter_map(|id| office.tasks.get(id)).any(|it| {
        let same = it.woken.as_ref().is_some_and(|woken| woken.task == cause.task && woken.on == *on);
        same && cause.task.is_some() && it.role.as_ref() == Some(&role.name) && !is_over(it.state)
    });
    if at_it {
        return Vec::new();
    }
    if known.why.chain > CHAIN_MAX {
        return cut_off(format!("{CHAIN_MAX} wakes led to one another; look at what keeps happening"), true);
    }
    let lately = office.wakes.iter().filter(|it| it.role == role.name && it.cut.is_none());
    if lately.filter(|it| now.seconds_since(it.at) < HOUR as _).count() >= PER_HOUR {
        return cut_off(format!("it was woken {PER_HOUR} times within an hour"), true);
    }
    let mut here = office
        .desks
        .values()
        .filter(|it| it.role == role.name && !it.removed && it.only.is_none() && it.hold.is_none());
    let talks = |it: &Desk| it.run.and_then(|run| office.runs.get(&run)).is_some_and(|run| run.task.is_none());
    if here.clone().any(talks) {
        let new = NewMail {
            to: Address::Role { role: role.name.clone() },
            kind: MailKind::Status,
            subject: on.to_string(),
            text: cause.words.clone(),
            files: Vec::new(),
            enclosed: None,
            answers: None,
            key: None,
        };
        let sent = crate::mail::decide(office, Actor::Office, &MailCommand::Send { new: Box::new(new) }, now);
        return std::iter::once(told(known)).chain(sent.unwrap_or_default()).collect();
    }
    let takes_it = |it: &Desk| it.auto && it.project.is_none_or(|home| cause.project == Some(home));
    let comes = !here.any(takes_it) && role.may(May::Visit);
    let mut theirs = office.desks.values().filter(|it| it.role == role.name && !it.removed && it.only.is_none());
    // An owner who never set up such a desk pays for none that they did not ask for. One that is held finds its task later.
    if !comes && !theirs.any(takes_it) {
        return Vec::new();
    }
    let Some(project) = cause.project.filter(|id| office.project(*id).is_ok()) else {
        return cut("there is no repository to do it in".to_owned());
    };
    let title: String = match cause.task.and_then(|id| office.tasks.get(&id)) {
        Some(it) => format!("{} #{}: {}", role.title, it.id, it.title).chars().take(crate::text::TITLE_MAX).collect(),
        None => format!("{}: {}", role.title, on.on),
    };
    let look = cause.task.map(|id| {
        format!("\n\n`office task show {id}` says what was asked and what came of it, `office task diff {id}` what was changed.")
    });
    let new = NewTask {
        body: format!(
            "{}{}\n\nDo this one thing, say what you found as the report of this task, and end.",
            cause.words,
            look.unwrap_or_default()
        ),
        deliverable: Deliverable::Finding,
        priority: crate::task::Priority::High,
        role: Some(role.name.clone()),
        attempts: Some(2),
        ..NewTask::of(project, title)
    };
    let made = match crate::task::written(office, &new, now) {
        Ok(made) => crate::task::Task { id: task, woken: Some(known.why.clone()), ..made },
        Err(refusal) => return cut(refusal.message),
    };
    let mut events =
        vec![told(Wake { made: Some(task), ..known.clone() }), Event::Task(TaskEvent::Added { task: Box::new(made) })];
    if comes {
        let guest = Desk {
            id: desk,
            name: free_name(office, &role.name, desk),
            role: role.name.clone(),
            project: Some(project),
            engine: None,
            command: None,
            hold: None,
            run: None,
            last_run: None,
            queue: Vec::new(),
            auto: true,
            removed: false,
            by: None,
            only: Some(task),
        };
        match (office.engine_of(&guest), office.attended_only(&guest)) {
            (Err(refusal), _) => return cut(format!("{}: {}", refusal.message, refusal.detail)),
            (Ok(_), Some(why)) => return cut(why),
            (Ok(_), None) => {}
        }
        events.push(Event::Desk(DeskEvent::Added { desk: guest }));
        events.push(Event::Task(TaskEvent::Queued { task, desk, front: false }));
    }
    events
}

fn free_name(office: &Office, role: &RoleName, desk: DeskId) -> String {
    let role: String = role.0.chars().take(30).collect();
    let taken = |name: &str| office.desks.values().any(|it| !it.removed && it.name == name);
    let plain = format!("{role}-{desk}");
    if taken(&plain) { format!("{plain}-{}", office.seq.0 % 1000) } else { plain }
}

/// Keeps what was woken and cut off lately.
pub(crate) fn keep(office: &mut Office, wake: &Wake) {
    office.wakes.push(wake.clone());
    let alike = |it: &Wake| it.role == wake.role && it.cut.is_some() == wake.cut.is_some();
    if office.wakes.iter().filter(|it| alike(it)).count() > KEPT
        && let Some(oldest) = office.wakes.iter().position(alike)
    {
        office.wakes.remove(oldest);
    }
}
