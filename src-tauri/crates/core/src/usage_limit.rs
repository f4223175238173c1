//! Usage limits: an account whose provider does no more for it for a while. Its tasks are parked, nothing is started against it, and once
//! it is over work goes on one by one, the first as a trial. When it ends is what the provider said; where it said nothing that is tried,
//! after ever longer waits, and never guessed. How a limit is seen is in `engines`.
//!
//! The shape is that of a circuit breaker (Nygard, Release It!): closed to starts, half open for one trial, open again step by step.

use serde::{Deserialize, Serialize};
use specta::Type;

use crate::actor::Actor;
use crate::desk::{Desk, DeskState};
use crate::event::Event;
use crate::hold::{Hold, HoldReason};
use crate::ids::{EngineName, RunId};
use crate::office::{Office, OfficeEvent};
use crate::refusal::{Code, Refusal};
use crate::run::{self, Run, StopWhy};
use crate::seen::{Seen, Spent};
use crate::task::{Task, TaskEvent, TaskState};
use crate::time::At;

/// A limit of which nobody says when it ends may be gone at the next try of the engine itself: so long that is waited for, in seconds.
const DOUBT: u32 = 120;
/// The first wait before it is tried again where nobody says when it ends, in seconds; each further one is twice as long.
const FIRST_WAIT: u32 = 300;
/// The longest such wait, in seconds.
const LONGEST_WAIT: u32 = 3600;
/// So many seconds after its end it is tried: providers' clocks are not ours.
const GRACE: u32 = 5;
/// Between two starts once it is over, in seconds: all at once would be the next limit.
const STAGGER: u32 = 10;
/// So long starts are kept apart, in seconds.
const OPENING: u32 = 900;

/// How far a limit is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum LimitState {
    /// Its engine may get over it by itself; nothing new is started meanwhile.
    Doubtful,
    /// Nothing is started.
    Closed,
    /// One start is let through, and shows whether it is over.
    HalfOpen {
        /** The run that shows it, once it began. */
        trial: Option<RunId>,
    },
    /// It is over; work begins one by one.
    Over {
        /** Since when. */
        since: At,
        /** Whether a start may be made now. */
        ready: bool,
    },
}

/// An account that has reached its usage limit. Each engine has one login here, so an account goes by its engine's name.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
pub struct UsageLimit {
    /// Whose account.
    pub engine: EngineName,
    /// Since when.
    pub since: At,
    /// When it ends, where its provider said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<At>,
    /// What its provider said.
    pub evidence: String,
    /// How far it is.
    pub state: LimitState,
    /// When it is looked at next.
    pub next: At,
    /// How often it was tried and found to be there still.
    pub tries: u32,
}

impl UsageLimit {
    /// What it is, and what happens next, in words.
    pub fn words(&self) -> String {
        let engine = &self.engine;
        match (self.state, self.until) {
            (LimitState::Over { .. }, _) => format!("the usage limit of {engine} is over; work goes on one by one"),
            (LimitState::HalfOpen { .. }, _) => format!("it is tried whether the usage limit of {engine} is over"),
            (_, Some(until)) => format!("{engine} has reached its usage limit, until {until}"),
            (LimitState::Doubtful, None) => {
                format!("{engine} is told to wait, and tries by itself until {}", self.next)
            }
            (_, None) => {
                format!("{engine} has reached its usage limit; nobody says until when: tried again at {}", self.next)
            }
        }
    }

    /// The command that tries it at once.
    pub fn release(&self) -> String {
        format!("office engine resume {}", self.engine)
    }

    fn is_over(&self) -> bool {
        matches!(self.state, LimitState::Over { .. })
    }

    /// When something is due of it.
    fn due_at(&self) -> Option<At> {
        match self.state {
            LimitState::Doubtful | LimitState::Closed | LimitState::Over { ready: false, .. } => Some(self.next),
            LimitState::HalfOpen { .. } | LimitState::Over { ready: true, .. } => None,
        }
    }

    /// Whether a start may be made against it now.
    pub(crate) fn lets_start(&self) -> bool {
        matches!(self.state, LimitState::HalfOpen { trial: None } | LimitState::Over { ready: true, .. })
    }
}

impl Office {
    /// The limit that an engine's account has reached and that is not over.
    pub fn usage_limit(&self, engine: &EngineName) -> Option<&UsageLimit> {
        self.usage_limits.iter().find(|it| it.engine == *engine && !it.is_over())
    }

    /// Limits that are not over.
    pub fn limited(&self) -> impl Iterator<Item = &UsageLimit> {
        self.usage_limits.iter().filter(|it| !it.is_over())
    }

    /// The limit that keeps a desk from beginning anything.
    pub(crate) fn desk_is_limited(&self, desk: &Desk) -> Option<&UsageLimit> {
        self.usage_limit(&self.engine_of(desk).ok()?)
    }

    /// Whether a start with this engine has to wait.
    pub(crate) fn starts_wait(&self, desk: &Desk) -> bool {
        let Ok(engine) = self.engine_of(desk) else { return false };
        self.usage_limits.iter().any(|it| it.engine == engine && !it.lets_start())
    }

    /// When something is due of any limit.
    pub(crate) fn next_usage_limit(&self) -> Option<At> {
        self.usage_limits.iter().filter_map(UsageLimit::due_at).min()
    }

    /// Tasks that a limit parked, the longest first.
    fn parked_by(&self, engine: &EngineName) -> Vec<&Task> {
        let by_limit = |task: &&Task| {
            let with = task.last_run.and_then(|run| self.runs.get(&run)).map(|run| &run.engine);
            task.state == TaskState::Parked
                && task.hold.as_ref().is_some_and(|hold| hold.reason == HoldReason::UsageLimit)
                && with == Some(engine)
        };
        let parked = self.index.for_owner.iter().filter_map(|id| self.tasks.get(id));
        let mut tasks: Vec<&Task> = parked.filter(by_limit).collect();
        tasks.sort_by_key(|task| (task.since, task.id));
        tasks
    }

    /// Runs that go on, one a desk at most.
    fn open_runs(&self) -> impl Iterator<Item = &Run> {
        self.desks.values().filter_map(|desk| self.runs.get(&desk.run?)).filter(|run| run.is_open())
    }

    /// Whether whoever sits there would go on with another engine.
    fn has_fallback(&self, desk: &Desk, limited: &EngineName) -> bool {
        let Ok(role) = self.role(&desk.role) else { return false };
        let others = role.engines.iter().filter(|it| desk.engine.is_none() && *it != limited);
        others.filter(|it| self.usage_limit(it).is_none()).any(|it| {
            self.engines.get(it).is_some_and(|engine| engine.found && (!engine.needs_command || desk.command.is_some()))
        })
    }

    pub(crate) fn apply_usage_limit(&mut self, limit: &UsageLimit) {
        self.usage_limits.retain(|it| it.engine != limit.engine);
        self.usage_limits.push(limit.clone());
        self.usage_limits.sort_unstable_by(|a, b| a.engine.cmp(&b.engine));
    }
}

/// What a start means for the limit of its engine: it is the trial, or the next that goes on after it.
pub(crate) fn started(office: &Office, engine: &EngineName, run: RunId, now: At) -> Option<Event> {
    let limit = office.usage_limits.iter().find(|it| it.engine == *engine)?;
    let (state, next) = match limit.state {
        LimitState::HalfOpen { trial: None } => (LimitState::HalfOpen { trial: Some(run) }, limit.next),
        LimitState::Over { since, ready: true } if now.seconds_since(since) <= OPENING => {
            (LimitState::Over { since, ready: false }, now.plus_seconds(STAGGER))
        }
        _ => return None,
    };
    Some(Event::Office(OfficeEvent::UsageLimited { limit: UsageLimit { state, next, ..limit.clone() } }))
}

/// A trial that is over and showed nothing makes room for another.
pub(crate) fn ended(office: &Office, run: RunId) -> Option<Event> {
    let trial = LimitState::HalfOpen { trial: Some(run) };
    let limit = office.usage_limits.iter().find(|it| it.state == trial)?;
    let limit = UsageLimit { state: LimitState::HalfOpen { trial: None }, ..limit.clone() };
    Some(Event::Office(OfficeEvent::UsageLimited { limit }))
}

/// What follows when a run is seen at its account's limit, or to have got an answer.
pub(crate) fn heard(office: &Office, run: &Run, seen: Option<&Seen>, spent: Option<&Spent>, now: At) -> Vec<Event> {
    if !office.settings.wait_out_limits {
        return Vec::new();
    }
    let known = office.usage_limits.iter().find(|it| it.engine == run.engine);
    if let Some(seen) = seen.filter(|it| run.is_open() && it.state == DeskState::Limited) {
        return reached(office, run, known, seen, now);
    }
    let before = run.spent.as_ref();
    let answered = spent
        .is_some_and(|it| it.output > before.map_or(0, |it| it.output) || it.turns > before.map_or(0, |it| it.turns));
    match known {
        Some(limit) if answered && limit.state == (LimitState::HalfOpen { trial: Some(run.id) }) => {
            over(office, limit, now)
        }
        // Its engine got over it by itself.
        Some(limit) if limit.state == LimitState::Doubtful && seen.is_some() && !others_wait(office, run) => {
            over(office, limit, now)
        }
        _ => Vec::new(),
    }
}

/// Whether another run of the same account is still at the limit.
fn others_wait(office: &Office, run: &Run) -> bool {
    let limited = |it: &&Run| it.seen.as_ref().is_some_and(|seen| seen.state == DeskState::Limited);
    office.open_runs().filter(|it| it.id != run.id && it.engine == run.engine).any(|it| limited(&it))
}

fn reached(office: &Office, run: &Run, known: Option<&UsageLimit>, seen: &Seen, now: At) -> Vec<Event> {
    let until = seen.until.filter(|until| *until > now);
    let open = known.filter(|it| !it.is_over());
    let trial = open.is_some_and(|it| it.state == (LimitState::HalfOpen { trial: Some(run.id) }));
    let fresh = |state, next, tries| UsageLimit {
        engine: run.engine.clone(),
        since: open.map_or(now, |it| it.since),
        until,
        evidence: seen.evidence.clone(),
        state,
        next,
        tries,
    };
    let tries = open.map_or(0, |it| it.tries) + u32::from(trial);
    let limit = match (until, open) {
        (Some(until), _) => fresh(LimitState::Closed, until.plus_seconds(GRACE), tries),
        (None, Some(_)) if trial => fresh(LimitState::Closed, now.plus_seconds(wait(tries)), tries),
        // What is known already: when it ends, or that it is there.
        (None, Some(limit)) => limit.clone(),
        (None, None) => fresh(LimitState::Doubtful, now.plus_seconds(DOUBT), 0),
    };
    let mut events = Vec::new();
    if known != Some(&limit) {
        events.push(Event::Office(OfficeEvent::UsageLimited { limit: limit.clone() }));
    }
    if limit.state == LimitState::Closed {
        // Where it is known when it ends, whoever else works on that account would run into it with the next call.
        let parked = office.open_runs().filter(|it| it.engine == run.engine && (it.id == run.id || until.is_some()));
        events.extend(parked.flat_map(|it| park(office, it, &limit, now)));
    }
    events
}

fn wait(tries: u32) -> u32 {
    FIRST_WAIT.saturating_mul(1 << tries.saturating_sub(1).min(8)).min(LONGEST_WAIT)
}

/// Its task is parked with all its work, and its program ended; its conversation goes on later.
fn park(office: &Office, run: &Run, limit: &UsageLimit, now: At) -> Vec<Event> {
    let task = run.task.and_then(|id| office.tasks.get(&id));
    let Some(task) = task
        .filter(|task| task.lease == Some(run.id) && matches!(task.state, TaskState::Starting | TaskState::Running))
    else {
        return Vec::new();
    };
    let hold = Hold {
        reason: HoldReason::UsageLimit,
        since: now,
        until: limit.until,
        release: limit.release(),
        what: Some(format!("{}.", limit.words())),
    };
    let mut events = vec![Event::Task(TaskEvent::Parked { task: task.id, hold })];
    events.extend(run::stop(office, Some(run.id), StopWhy::TaskTaken));
    if office.desks.get(&run.desk).is_some_and(|desk| office.has_fallback(desk, &run.engine)) {
        events.extend(goes_on(office, task));
    }
    events
}

/// A parked task goes on at the desk where it was begun, before what else waits there: also where that takes nothing by itself.
fn goes_on(office: &Office, task: &Task) -> Vec<Event> {
    let desk = task.desk.filter(|desk| office.desk(*desk).is_ok());
    let unparked = Event::Task(TaskEvent::Unparked { task: task.id, note: None });
    let queued = desk.map(|desk| Event::Task(TaskEvent::Queued { task: task.id, desk, front: true }));
    std::iter::once(unparked).chain(queued).collect()
}

/// It is over: what it parked goes on.
fn over(office: &Office, limit: &UsageLimit, now: At) -> Vec<Event> {
    let state = LimitState::Over { since: now, ready: false };
    let limit = UsageLimit { state, next: now.plus_seconds(STAGGER), ..limit.clone() };
    let parked = office.parked_by(&limit.engine);
    let goes = parked.into_iter().flat_map(|task| goes_on(office, task));
    std::iter::once(Event::Office(OfficeEvent::UsageLimited { limit })).chain(goes).collect()
}

/// What is due of limits: a doubt that is none any more, a trial, the next start after one.
pub(crate) fn due(office: &Office, now: At) -> Vec<Event> {
    let due = office.usage_limits.iter().filter(|it| it.due_at().is_some_and(|at| at <= now));
    due.flat_map(|limit| match limit.state {
        LimitState::Doubtful => settle(office, limit, now),
        LimitState::Over { since, .. } => {
            let limit = UsageLimit { state: LimitState::Over { since, ready: true }, ..limit.clone() };
            vec![Event::Office(OfficeEvent::UsageLimited { limit })]
        }
        _ => try_it(office, limit),
    })
    .collect()
}

/// Whoever is at the limit still, after all that time, is parked; where nobody is, it is over.
fn settle(office: &Office, limit: &UsageLimit, now: At) -> Vec<Event> {
    let waits = |run: &&Run| {
        run.engine == limit.engine && run.seen.as_ref().is_some_and(|seen| seen.state == DeskState::Limited)
    };
    let waiting: Vec<&Run> = office.open_runs().filter(waits).collect();
    if waiting.is_empty() {
        return over(office, limit, now);
    }
    let limit = UsageLimit { state: LimitState::Closed, next: now.plus_seconds(wait(1)), tries: 1, ..limit.clone() };
    let parked = waiting.into_iter().flat_map(|run| park(office, run, &limit, now)).collect::<Vec<_>>();
    std::iter::once(Event::Office(OfficeEvent::UsageLimited { limit })).chain(parked).collect()
}

/// One start is let through: what has waited longest.
fn try_it(office: &Office, limit: &UsageLimit) -> Vec<Event> {
    let first = office.parked_by(&limit.engine).first().copied();
    let limit = UsageLimit { state: LimitState::HalfOpen { trial: None }, ..limit.clone() };
    let goes = first.into_iter().flat_map(|task| goes_on(office, task));
    std::iter::once(Event::Office(OfficeEvent::UsageLimited { limit })).chain(goes).collect()
}

/// Decides to try an account at once.
pub(crate) fn resume(office: &Office, actor: Actor, engine: &EngineName) -> Result<Vec<Event>, Refusal> {
    actor.owner_only("try an account again")?;
    let Some(limit) = office.usage_limit(engine) else {
        let message = format!("{engine} is at no usage limit");
        return Err(Refusal::new(Code::WrongState, message, "`office status` says what holds what"));
    };
    if matches!(limit.state, LimitState::HalfOpen { .. }) {
        return Ok(Vec::new());
    }
    Ok(try_it(office, limit))
}
