//! An approval: a command that someone holds until the owner says yes or no, and that then runs at most once, by the hand of
//! whoever asked. Running it is not here, nor how it is spelled for people (`approval/shown.rs`), nor what the rules say of it.

mod ruling;
mod shown;

use serde::{Deserialize, Serialize};
use specta::Type;

use crate::actor::Actor;
use crate::desk::words;
use crate::event::Event;
use crate::ids::{ApprovalId, DeskId, RunId, TaskId};
use crate::office::Office;
use crate::refusal::{Code, Refusal};
use crate::run::{Exit, RunState};
use crate::time::At;

pub use ruling::{Held, Ruling, Said};
pub use shown::{evidence, glance, shown};

/// Arguments a held command may have.
pub const ARGUMENTS_MAX: usize = 256;
/// Bytes of all its arguments together.
pub const BYTES_MAX: usize = 16 * 1024;
/// Bytes of a reason or a note.
pub const WORDS_MAX: usize = 4 * 1024;
/// Commands that may be held at once for one run, and for the office.
pub const OPEN_PER_RUN: usize = 16;
/// See [`OPEN_PER_RUN`].
pub const OPEN_MAX: usize = 200;
/// Commands one run may ask for in its life: an agent that asks in a loop is told so, and the log stays readable.
pub const ASKED_PER_RUN: usize = 200;

words! {
    /// Where an approval stands; docs/GLOSSARY.md holds the same table.
    ApprovalState {
        /// Held until the owner answers.
        Waiting = "waiting",
        /// The owner said yes; nobody has begun it yet.
        Approved = "approved",
        /// The owner said no.
        Denied = "denied",
        /// Nobody wants it any more; it did not run.
        Withdrawn = "withdrawn",
        /// Whoever asked runs it.
        Running = "running",
        /// It ran, and how it ended is known.
        Ran = "ran",
        /// It was begun, and nobody can say how far it came. It is never repeated.
        Uncertain = "uncertain",
    }
}

impl ApprovalState {
    /// Whether something can still come of it.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Waiting | Self::Approved | Self::Running)
    }

    /// The life cycle table: whether an approval in this state may come to be in `next`.
    pub fn can_become(self, next: Self) -> bool {
        use ApprovalState::{Approved, Denied, Ran, Running, Uncertain, Waiting, Withdrawn};
        match self {
            Waiting => matches!(next, Approved | Denied | Withdrawn),
            Approved => matches!(next, Running | Withdrawn),
            Running => matches!(next, Ran | Uncertain),
            Uncertain => matches!(next, Ran),
            Denied | Withdrawn | Ran => false,
        }
    }
}

/// A command that is held, or was.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
pub struct Approval {
    /// Its number.
    pub id: ApprovalId,
    /// The run that asks; none where the owner does.
    pub run: Option<RunId>,
    /// That run's desk.
    pub desk: Option<DeskId>,
    /// That run's task.
    pub task: Option<TaskId>,
    /// What the words are.
    #[serde(default)]
    pub held: Held,
    /// The program and its arguments, as they will be given to the system: no shell reads them.
    pub argv: Vec<String>,
    /// The same in one line that is safe to show: quoted where needed, control and invisible characters spelled out.
    pub shown: String,
    /// Where it will run.
    pub cwd: String,
    /// Why, in the words of whoever asks.
    pub reason: Option<String>,
    /// What the rules said of it; none for words that no rule judges, and for what the owner asks.
    #[serde(default)]
    pub ruling: Option<Ruling>,
    /// Where it stands.
    pub state: ApprovalState,
    /// When it was asked.
    pub asked: At,
    /// When the owner answered.
    pub answered: Option<At>,
    /// The owner's words; or why it was withdrawn, or is uncertain.
    pub note: Option<String>,
    /// How the command ended.
    pub exit: Option<Exit>,
    /// When its state last changed.
    pub since: At,
}

/// What may be asked of approvals.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, Type)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum ApprovalCommand {
    /// Holds a command until the owner answers.
    Ask {
        /** The program and its arguments. */
        argv: Vec<String>,
        /** Where it would run; absolute. */
        cwd: String,
        /** Why. */
        reason: Option<String>,
        /** What the words are. */
        #[serde(default)]
        held: Held,
        /** What the rules say of it; the door fills it in, whoever asks. */
        #[serde(default)]
        ruling: Option<Ruling>,
    },
    /// Lets it run, once. Only the owner may.
    Approve {
        /** Which. */
        approval: ApprovalId,
        /** Words for whoever asked. */
        note: Option<String>,
    },
    /// Does not let it run. Only the owner may.
    Deny {
        /** Which. */
        approval: ApprovalId,
        /** Words for whoever asked. */
        note: Option<String>,
    },
    /// Takes it back; one that runs already is uncertain from then on.
    Withdraw {
        /** Which. */
        approval: ApprovalId,
    },
    /// Takes the right to run it: given once, to whoever asked. It is begun only after this was answered.
    Claim {
        /** Which. */
        approval: ApprovalId,
    },
    /// Says how it ended.
    Report {
        /** Which. */
        approval: ApprovalId,
        /** With a code, by a signal, or not started. */
        exit: Exit,
    },
}

impl ApprovalCommand {
    /// The approval it is about; none for the one that makes one.
    pub fn approval(&self) -> Option<ApprovalId> {
        match self {
            Self::Ask { .. } => None,
            Self::Approve { approval, .. }
            | Self::Deny { approval, .. }
            | Self::Withdraw { approval }
            | Self::Claim { approval }
            | Self::Report { approval, .. } => Some(*approval),
        }
    }
}

/// What happened to approvals.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, Type)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ApprovalEvent {
    /// A command is held.
    Asked {
        /** The new approval. */
        approval: Box<Approval>,
    },
    /// The owner said yes.
    Approved {
        /** Which. */
        approval: ApprovalId,
        /** The owner's words. */
        note: Option<String>,
    },
    /// The owner said no.
    Denied {
        /** Which. */
        approval: ApprovalId,
        /** The owner's words. */
        note: Option<String>,
    },
    /// Nobody wants it any more.
    Withdrawn {
        /** Which. */
        approval: ApprovalId,
        /** Why. */
        why: String,
    },
    /// Whoever asked begins it now.
    Claimed {
        /** Which. */
        approval: ApprovalId,
    },
    /// It ended.
    Ran {
        /** Which. */
        approval: ApprovalId,
        /** How. */
        exit: Exit,
    },
    /// It was begun, and nobody is left to say how it ended.
    Uncertain {
        /** Which. */
        approval: ApprovalId,
        /** Why. */
        why: String,
    },
}

impl ApprovalEvent {
    /// The approval it is about.
    pub fn approval(&self) -> ApprovalId {
        match self {
            Self::Asked { approval } => approval.id,
            Self::Approved { approval, .. }
            | Self::Denied { approval, .. }
            | Self::Withdrawn { approval, .. }
            | Self::Claimed { approval }
            | Self::Ran { approval, .. }
            | Self::Uncertain { approval, .. } => *approval,
        }
    }

    /// The state it leads to.
    pub fn leads_to(&self) -> ApprovalState {
        match self {
            Self::Asked { .. } => ApprovalState::Waiting,
            Self::Approved { .. } => ApprovalState::Approved,
            Self::Denied { .. } => ApprovalState::Denied,
            Self::Withdrawn { .. } => ApprovalState::Withdrawn,
            Self::Claimed { .. } => ApprovalState::Running,
            Self::Ran { .. } => ApprovalState::Ran,
            Self::Uncertain { .. } => ApprovalState::Uncertain,
        }
    }
}

/// Decides an approval command.
pub fn decide(office: &Office, actor: Actor, command: &ApprovalCommand, now: At) -> Result<Vec<Event>, Refusal> {
    let one = |event| Ok(vec![Event::Approval(event)]);
    match command {
        ApprovalCommand::Ask { argv, cwd, reason, held, ruling } => {
            let mut approval = asked(office, actor, argv, cwd, reason.as_deref(), now)?;
            (approval.held, approval.ruling) = (*held, ruling.clone());
            one(ApprovalEvent::Asked { approval: Box::new(approval) })
        }
        ApprovalCommand::Approve { approval, note } => {
            answers(actor, "approve")?;
            let it = to_become(office.approval(*approval)?, ApprovalState::Approved, "approved")?;
            one(ApprovalEvent::Approved { approval: it.id, note: words_of("note", note.as_deref())? })
        }
        ApprovalCommand::Deny { approval, note } => {
            answers(actor, "deny")?;
            let it = to_become(office.approval(*approval)?, ApprovalState::Denied, "denied")?;
            one(ApprovalEvent::Denied { approval: it.id, note: words_of("note", note.as_deref())? })
        }
        ApprovalCommand::Withdraw { approval } => {
            let it = own(office, actor, *approval)?;
            if it.state == ApprovalState::Running {
                let why = "it was given up while it ran; see for yourself how far it came".to_owned();
                return one(ApprovalEvent::Uncertain { approval: it.id, why });
            }
            let it = to_become(it, ApprovalState::Withdrawn, "withdrawn")?;
            let by = if matches!(actor, Actor::Agent { .. }) { "its agent" } else { "the owner" };
            one(ApprovalEvent::Withdrawn { approval: it.id, why: format!("{by} took it back") })
        }
        ApprovalCommand::Claim { approval } => {
            let it = to_become(own(office, actor, *approval)?, ApprovalState::Running, "begun")?;
            one(ApprovalEvent::Claimed { approval: it.id })
        }
        ApprovalCommand::Report { approval, exit } => {
            let it = to_become(own(office, actor, *approval)?, ApprovalState::Ran, "reported on")?;
            let exit = match exit {
                Exit::Code { .. } | Exit::Signal { .. } => exit.clone(),
                Exit::NotStarted { why } => {
                    Exit::NotStarted { why: words_of("reason", Some(why.as_str()))?.unwrap_or_default() }
                }
                Exit::Lost => {
                    return Err(Refusal::invalid(
                        "how the command ended must be known to be reported",
                        "report its code or signal; otherwise withdraw it, and it is shown as uncertain",
                    ));
                }
            };
            one(ApprovalEvent::Ran { approval: it.id, exit })
        }
    }
}

/// Only the owner answers: neither an agent, for itself or another, nor the office by itself.
fn answers(actor: Actor, what: &str) -> Result<(), Refusal> {
    match actor {
        Actor::Owner => Ok(()),
        Actor::Agent { .. } | Actor::Office => Err(Refusal::new(
            Code::NotAllowed,
            format!("only the owner may {what} what is held"),
            "wait for the owner, or `office approval withdraw` your own and do without it",
        )),
    }
}

fn asked(
    office: &Office,
    actor: Actor,
    argv: &[String],
    cwd: &str,
    reason: Option<&str>,
    now: At,
) -> Result<Approval, Refusal> {
    fits(argv, cwd)?;
    let reason = words_of("reason", reason)?;
    let open = || office.open_approvals();
    let too_many = |message: String| {
        Refusal::new(Code::Limit, message, "wait until some are answered, or `office approval withdraw` them")
    };
    if open().count() >= OPEN_MAX {
        return Err(too_many(format!("{OPEN_MAX} commands are held already")));
    }
    let (desk, run, task) = match actor {
        Actor::Owner | Actor::Office => (None, None, None),
        Actor::Agent { desk, run } => {
            let it = office.runs.get(&run).filter(|it| it.state == RunState::Live);
            let Some(it) = it else {
                let message = format!("run {run} is not at work, so nothing is held for it");
                return Err(Refusal::new(Code::WrongState, message, "end here; the office has taken the desk back"));
            };
            if open().filter(|other| other.run == Some(run)).count() >= OPEN_PER_RUN {
                return Err(too_many(format!("run {run} has {OPEN_PER_RUN} commands held already")));
            }
            if office.approvals.values().filter(|other| other.run == Some(run)).count() >= ASKED_PER_RUN {
                return Err(Refusal::new(
                    Code::Limit,
                    format!("run {run} has asked {ASKED_PER_RUN} times; more are not held for one run"),
                    "`office task blocked` says what you need all at once",
                ));
            }
            (Some(desk), Some(run), it.task)
        }
    };
    Ok(Approval {
        id: office.next.approval,
        run,
        desk,
        task,
        held: Held::Command,
        argv: argv.to_vec(),
        shown: shown(argv),
        cwd: cwd.to_owned(),
        reason,
        ruling: None,
        state: ApprovalState::Waiting,
        asked: now,
        answered: None,
        note: None,
        exit: None,
        since: now,
    })
}

/// Refuses what a person could not judge, or the system could not run.
fn fits(argv: &[String], cwd: &str) -> Result<(), Refusal> {
    let example = "as in `office ask-approval -- git push origin main`";
    if argv.first().is_none_or(|program| program.trim().is_empty()) {
        return Err(Refusal::invalid("there is no command to hold", format!("say it after `--`, {example}")));
    }
    let bytes: usize = argv.iter().map(String::len).sum();
    if argv.len() > ARGUMENTS_MAX || bytes > BYTES_MAX {
        return Err(Refusal::new(
            Code::Limit,
            format!("the command has {} arguments and {bytes} bytes; nobody can judge that at a glance", argv.len()),
            format!("at most {ARGUMENTS_MAX} arguments and {BYTES_MAX} bytes: put it into a script and ask for that"),
        ));
    }
    if argv.iter().any(|argument| argument.contains('\0')) || cwd.contains('\0') {
        return Err(Refusal::invalid("the command holds NUL bytes, which no program can be given", "remove them"));
    }
    if !cwd.starts_with('/') || cwd.len() > 4096 {
        return Err(Refusal::invalid("the directory it would run in must be an absolute path", "give the whole path"));
    }
    Ok(())
}

fn words_of(what: &str, words: Option<&str>) -> Result<Option<String>, Refusal> {
    let Some(words) = words.map(str::trim).filter(|words| !words.is_empty()) else { return Ok(None) };
    if words.len() > WORDS_MAX {
        let message = format!("the {what} has {} bytes; at most {WORDS_MAX} are read here", words.len());
        return Err(Refusal::new(Code::Limit, message, "say it in a few sentences"));
    }
    crate::text::body(what, words).map(Some)
}

/// The approval, for whoever asked for it: the agent of the same run, or the owner.
fn own(office: &Office, actor: Actor, id: ApprovalId) -> Result<&Approval, Refusal> {
    let it = office.approval(id)?;
    match actor {
        Actor::Agent { run, .. } if it.run != Some(run) => Err(Refusal::new(
            Code::NotAllowed,
            format!("approval {id} was not asked by this run"),
            "ask for what you need yourself: `office ask-approval -- COMMAND`",
        )),
        _ => Ok(it),
    }
}

fn to_become<'a>(it: &'a Approval, next: ApprovalState, what: &str) -> Result<&'a Approval, Refusal> {
    if it.state.can_become(next) {
        return Ok(it);
    }
    let id = it.id;
    let way_out = match it.state {
        ApprovalState::Waiting => format!("`office approval approve {id}` or `office approval deny {id}` answers it"),
        ApprovalState::Approved => "whoever asked runs it now".to_owned(),
        ApprovalState::Running => "it runs already, and runs once".to_owned(),
        ApprovalState::Denied | ApprovalState::Withdrawn | ApprovalState::Ran | ApprovalState::Uncertain => {
            "it is over; whoever needs it asks again".to_owned()
        }
    };
    Err(Refusal::new(Code::WrongState, format!("approval {id} is {} and cannot be {what}", it.state), way_out))
}

/// What is held for a run that is asked to end is not wanted any more; what it runs already goes on until it ends.
pub fn run_stopped(office: &Office, run: RunId) -> Vec<Event> {
    let_go(office, run, false)
}

/// A run is over: nobody is left to run what is held for it, or to say how what it ran has ended.
pub fn run_over(office: &Office, run: RunId) -> Vec<Event> {
    let_go(office, run, true)
}

fn let_go(office: &Office, run: RunId, over: bool) -> Vec<Event> {
    let of_run = office.open_approvals().filter(|it| it.run == Some(run));
    let event = |it: &Approval| match it.state {
        ApprovalState::Running if over => Some(ApprovalEvent::Uncertain {
            approval: it.id,
            why: "its run ended before it said how the command ended; it is not repeated".to_owned(),
        }),
        ApprovalState::Running => None,
        _ => Some(ApprovalEvent::Withdrawn { approval: it.id, why: "its run was ended".to_owned() }),
    };
    of_run.filter_map(event).map(Event::Approval).collect()
}

/// Applies an approval event.
pub fn apply(office: &mut Office, event: &ApprovalEvent, at: At) {
    if let ApprovalEvent::Asked { approval } = event {
        office.next.approval = ApprovalId(approval.id.0 + 1);
        office.put_approval((**approval).clone());
        return;
    }
    office.change_approval(event.approval(), |it| {
        let next = event.leads_to();
        debug_assert!(it.state.can_become(next), "approval {} is {} and becomes {next}", it.id, it.state);
        it.state = next;
        it.since = at;
        match event {
            ApprovalEvent::Asked { .. } | ApprovalEvent::Claimed { .. } => {}
            ApprovalEvent::Approved { note, .. } | ApprovalEvent::Denied { note, .. } => {
                it.answered = Some(at);
                it.note = note.clone();
            }
            ApprovalEvent::Withdrawn { why, .. } | ApprovalEvent::Uncertain { why, .. } => it.note = Some(why.clone()),
            ApprovalEvent::Ran { exit, .. } => it.exit = Some(exit.clone()),
        }
    });
}

impl Office {
    /// The approval.
    pub fn approval(&self, id: ApprovalId) -> Result<&Approval, Refusal> {
        let found = self.approvals.get(&id);
        found.ok_or_else(|| Refusal::not_found(format!("approval {id}"), "office approval list --all"))
    }

    /// Approvals that something can still come of, oldest first.
    pub fn open_approvals(&self) -> impl Iterator<Item = &Approval> {
        self.index.approvals.iter().filter_map(|id| self.approvals.get(id))
    }

    /// Approvals that wait for the owner, oldest first.
    pub fn waiting_approvals(&self) -> impl Iterator<Item = &Approval> {
        self.open_approvals().filter(|it| it.state == ApprovalState::Waiting)
    }
}

#[cfg(test)]
mod tests;
