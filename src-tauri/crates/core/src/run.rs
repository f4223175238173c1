//! A run: one life of an engine at a desk, on a task or as a plain session. Its number is the fence of its task's lease.
//! The process itself is not here.

use serde::{Deserialize, Serialize};
use specta::Type;

use crate::approval;
use crate::check::Mark;
use crate::effect::Effect;
use crate::event::Event;
use crate::ids::{DeskId, EngineName, ProjectId, RunId, TaskId};
use crate::office::Office;
use crate::sandbox::Enforcement;
use crate::seen::{Denied, Seen, Spent};
use crate::time::At;

/// Where a run stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum RunState {
    /// Its checkout is made and set up.
    Preparing,
    /// Its engine is being started.
    Launching,
    /// Its process runs.
    Live,
    /// It was asked to end.
    Ending,
    /// It is over.
    Ended,
}

/// How a run's process ended.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Exit {
    /// With a code.
    Code {
        /// The code.
        code: i32,
    },
    /// By a signal.
    Signal {
        /// Its number.
        signal: i32,
    },
    /// It never started.
    NotStarted {
        /// Why.
        why: String,
    },
    /// The office lost it (it was ended with the office, or the machine went down).
    Lost,
}

impl std::fmt::Display for Exit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Exit::Code { code } => write!(f, "exit code {code}"),
            Exit::Signal { signal } => write!(f, "ended by signal {signal}"),
            Exit::NotStarted { why } => write!(f, "not started: {why}"),
            Exit::Lost => f.write_str("lost with the office"),
        }
    }
}

/// A private checkout, made for a task or a session.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
pub struct Workplace {
    /// The checkout, absolute.
    pub path: String,
    /// The branch in it and in the office's repository.
    pub branch: String,
    /// The base commit it was made from.
    pub base: String,
}

/// What was taken from a checkout.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
pub struct Work {
    /// The commit that holds it.
    pub tip: String,
    /// The base it is compared with.
    pub base: String,
    /// Number of commits.
    pub commits: u32,
    /// Whether uncommitted work was found and committed by the office.
    pub leftover_committed: bool,
    /// Changed files.
    pub files: Vec<ChangedFile>,
    /// Odd things the collector found.
    pub marks: Vec<Mark>,
}

impl Work {
    /// Whether nothing changed against the base.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }
}

/// One changed file.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
pub struct ChangedFile {
    /// Its path, lossy where it is not UTF-8.
    pub path: String,
    /// `A`, `M`, `D`, `R`, `C` or `T`, as git says it.
    pub status: String,
    /// Lines added; none for binary files.
    pub added: Option<u32>,
    /// Lines removed; none for binary files.
    pub removed: Option<u32>,
}

/// One life of an engine at a desk.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
pub struct Run {
    /// Its number, and its fencing token.
    pub id: RunId,
    /// Where.
    pub desk: DeskId,
    /// On which task; none for a plain session.
    pub task: Option<TaskId>,
    /// In which project.
    pub project: ProjectId,
    /// By which engine.
    pub engine: EngineName,
    /// Which attempt at the task, from 1.
    pub attempt: u32,
    /// Where it stands.
    pub state: RunState,
    /// Its checkout, once made; for a plain session in the project itself, the project's path with an empty branch.
    pub workplace: Option<Workplace>,
    /// Process id, while live.
    pub pid: Option<u32>,
    /// When it began.
    pub began: At,
    /// When its process started.
    pub launched: Option<At>,
    /// When its time limit ends.
    pub deadline: Option<At>,
    /// When it was over.
    pub ended: Option<At>,
    /// How it ended.
    pub exit: Option<Exit>,
    /// Why it was asked to end, if it was.
    pub stop: Option<StopWhy>,
    /// What keeps it to its own, once it was started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enforcement: Option<Enforcement>,
    /// When what it left on disk (recording, outputs of checks) was dropped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pruned: Option<At>,
    /// The conversation that its engine leads, as that names it; there once it took a prompt, so that another run can go on
    /// with exactly this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
    /// What its engine was last seen to do, by its own signals.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen: Option<Seen>,
    /// What it took so far.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spent: Option<Spent>,
    /// The last call of its that a budget kept from beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub denied: Option<Denied>,
}

impl Run {
    /// A run that begins now, in a checkout that is still to be made (or found again, where `workplace` names one).
    pub fn begin(
        id: RunId,
        desk: DeskId,
        project: ProjectId,
        engine: EngineName,
        workplace: Option<Workplace>,
        now: At,
    ) -> Self {
        Self {
            id,
            desk,
            task: None,
            project,
            engine,
            attempt: 1,
            state: RunState::Preparing,
            workplace,
            pid: None,
            began: now,
            launched: None,
            deadline: None,
            ended: None,
            exit: None,
            stop: None,
            enforcement: None,
            pruned: None,
            session: None,
            seen: None,
            spent: None,
            denied: None,
        }
    }

    /// Whether it is a session that is over and whose own checkout is still there.
    pub fn left_a_checkout(&self) -> bool {
        let own = self.workplace.as_ref().is_some_and(|place| !place.branch.is_empty());
        self.task.is_none() && !self.is_open() && own
    }

    /// Whether it is not over yet.
    pub fn is_open(&self) -> bool {
        self.state != RunState::Ended
    }
}

/// A context fuller than this is not gone on with: what is left of it is worth less than a fresh one.
const FULL_PERCENT: u32 = 85;

/// What a run can begin with besides its task.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Begins {
    /// Nothing: nobody worked on it before, or nothing of that can be gone on with.
    Fresh,
    /// The conversation of an earlier run.
    GoesOn {
        /// Which run led it.
        of: RunId,
        /// As its engine names it.
        session: String,
    },
    /// An earlier run's conversation is nearly full; a new one takes over.
    TakesOver {
        /// Which run led it.
        from: RunId,
    },
}

/// What the run on a task begins with: exactly the conversation of the last run on it, led by the same engine in the same
/// checkout, unless that run's program failed by itself.
pub fn begins(office: &Office, run: &Run) -> Begins {
    let Some(task) = run.task else { return Begins::Fresh };
    let place = |run: &Run| run.workplace.as_ref().map(|place| place.path.clone());
    let earlier = office.runs.range(..run.id).rev().map(|(_, it)| it);
    let mut talked = earlier.filter(|it| it.task == Some(task) && it.session.is_some());
    let Some((last, session)) = talked.next().and_then(|last| Some((last, last.session.clone()?))) else {
        return Begins::Fresh;
    };
    // From 128 on, a code says which signal it was ended by.
    let failed = last.stop.is_none() && matches!(last.exit, Some(Exit::Code { code: 0..128 }));
    let in_use = office.runs.values().any(|it| it.id != run.id && it.is_open() && it.session == last.session);
    let other = last.engine != run.engine || place(last) != place(run) || last.pruned.is_some();
    if failed || in_use || other || last.is_open() {
        return Begins::Fresh;
    }
    let full = last.spent.as_ref().and_then(|spent| spent.context).map_or(0, crate::seen::ContextUse::percent);
    if full >= FULL_PERCENT {
        return Begins::TakesOver { from: last.id };
    }
    Begins::GoesOn { of: last.id, session }
}

/// Why a run was asked to end.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum StopWhy {
    /// Its work is accepted for review or over.
    Finished,
    /// Its task was taken from it (cancelled, blocked, failed).
    TaskTaken,
    /// The task's time limit ran out.
    TimeLimit,
    /// Everything was stopped.
    StoppedByOwner,
    /// The owner stopped this desk.
    DeskStopped,
    /// Nothing came from it for too long.
    Silent,
    /// What it asked for waits for the owner, and its task is parked meanwhile.
    Parked,
}

/// What happened to runs.
#[expect(clippy::large_enum_variant, reason = "a beginning is rare, and is moved, not kept, in this form")]
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, Type)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum RunEvent {
    /// A run began: from now on its task is its own.
    Began {
        /// The new run.
        run: Run,
    },
    /// Its checkout is ready.
    Prepared {
        /// Which run.
        run: RunId,
        /// The checkout.
        workplace: Workplace,
    },
    /// Its process runs.
    Launched {
        /// Which run.
        run: RunId,
        /// Process id.
        pid: u32,
        /// When its time limit ends.
        deadline: Option<At>,
        /// What keeps it to its own.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        enforcement: Option<Enforcement>,
    },
    /// It leads this conversation.
    Talks {
        /// Which run.
        run: RunId,
        /// As its engine names it.
        session: String,
    },
    /// Its engine was seen to do something else than before.
    Seen {
        /// Which run.
        run: RunId,
        /// What.
        seen: Seen,
    },
    /// It took more than was known.
    Spent {
        /// Which run.
        run: RunId,
        /// In all.
        spent: Spent,
    },
    /// A budget kept a call of its from beginning.
    Denied {
        /// Which run.
        run: RunId,
        /// By what, and why.
        denied: Denied,
    },
    /// It was asked to end.
    StopAsked {
        /// Which run.
        run: RunId,
        /// Why.
        why: StopWhy,
    },
    /// Its process is gone, with everything it started.
    Ended {
        /// Which run.
        run: RunId,
        /// How.
        exit: Exit,
        /// When, where that was before the office learned of it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        ended: Option<At>,
    },
    /// Its owner gave up what it left in its checkout.
    GivenUp {
        /// Which run.
        run: RunId,
    },
    /// Its checkout is gone.
    Tidied {
        /// Which run.
        run: RunId,
    },
}

impl RunEvent {
    /// Whose it is.
    pub fn run(&self) -> RunId {
        match self {
            Self::Began { run } => run.id,
            Self::Prepared { run, .. }
            | Self::Launched { run, .. }
            | Self::Talks { run, .. }
            | Self::Seen { run, .. }
            | Self::Spent { run, .. }
            | Self::Denied { run, .. }
            | Self::StopAsked { run, .. }
            | Self::Ended { run, .. }
            | Self::GivenUp { run }
            | Self::Tidied { run } => *run,
        }
    }
}

/// Applies a run event.
pub fn apply(office: &mut Office, event: &RunEvent, at: At) {
    match event {
        RunEvent::Began { run } => {
            office.next.run = RunId(run.id.0 + 1);
            office.change_desk(run.desk, |desk| desk.run = Some(run.id));
            office.put_run(run.clone());
        }
        RunEvent::Prepared { run, workplace } => {
            office.change_run(*run, |r| {
                r.workplace = Some(workplace.clone());
                r.state = RunState::Launching;
            });
            if let Some(task) = office.runs.get(run).and_then(|r| r.task) {
                office.change_task(task, |t| t.workplace = Some(workplace.clone()));
            }
        }
        RunEvent::Launched { run, pid, deadline, enforcement } => office.change_run(*run, |r| {
            r.enforcement = enforcement.clone();
            r.pid = Some(*pid);
            r.launched = Some(at);
            r.deadline = *deadline;
            r.state = RunState::Live;
        }),
        RunEvent::Talks { run, session } => office.change_run(*run, |r| r.session = Some(session.clone())),
        RunEvent::Seen { run, seen } => office.change_run(*run, |r| r.seen = Some(seen.clone())),
        RunEvent::Denied { run, denied } => office.change_run(*run, |r| r.denied = Some(denied.clone())),
        RunEvent::Spent { run, spent } => office.change_run(*run, |r| r.spent = Some(spent.clone())),
        RunEvent::StopAsked { run, why } => office.change_run(*run, |r| {
            r.stop = Some(*why);
            r.deadline = None;
            r.state = RunState::Ending;
        }),
        RunEvent::GivenUp { .. } => {}
        RunEvent::Tidied { run } => office.change_run(*run, |r| r.workplace = None),
        RunEvent::Ended { run, exit, ended } => {
            office.change_run(*run, |r| {
                r.state = RunState::Ended;
                r.exit = Some(exit.clone());
                r.ended = Some(ended.unwrap_or(at));
                r.deadline = None;
                r.pid = None;
            });
            if let Some(desk) = office.runs.get(run).map(|r| r.desk) {
                office.change_desk(desk, |d| {
                    if d.run == Some(*run) {
                        d.run = None;
                        d.last_run = Some(*run);
                    }
                });
            }
        }
    }
}

/// What a run event asks to be done.
pub fn effects(office: &Office, event: &RunEvent) -> Vec<Effect> {
    match event {
        RunEvent::Began { run } => vec![Effect::Prepare { run: run.id }],
        RunEvent::Prepared { run, .. } => vec![Effect::Launch { run: *run }],
        RunEvent::StopAsked { run, .. } => vec![Effect::End { run: *run }],
        RunEvent::Ended { run, .. } if office.runs.get(run).is_some_and(Run::left_a_checkout) => {
            vec![Effect::Tidy { run: *run, given_up: false }]
        }
        RunEvent::GivenUp { run } => vec![Effect::Tidy { run: *run, given_up: true }],
        RunEvent::Launched { .. }
        | RunEvent::Talks { .. }
        | RunEvent::Seen { .. }
        | RunEvent::Spent { .. }
        | RunEvent::Denied { .. }
        | RunEvent::Ended { .. }
        | RunEvent::Tidied { .. } => Vec::new(),
    }
}

/// The events that ask a run to end, if it is open and was not asked yet; what is held for it is let go.
pub fn stop(office: &Office, run: Option<RunId>, why: StopWhy) -> Vec<Event> {
    let run = run.and_then(|run| office.runs.get(&run));
    let Some(run) = run.filter(|run| run.is_open() && run.state != RunState::Ending) else { return Vec::new() };
    let mut events = vec![Event::Run(RunEvent::StopAsked { run: run.id, why })];
    events.extend(approval::run_stopped(office, run.id));
    events
}
