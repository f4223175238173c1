//! What may be asked about approvals, and the answers: holding a command, saying yes or no to exactly what was shown, asking back,
//! taking an answer back in time, and beginning what was approved, once.

use serde::{Deserialize, Serialize};
use specta::Type;

use super::terms::{Terms, as_seen, edited, for_task, rule, until};
use crate::actor::Actor;
use crate::approval::{
    ARGUMENTS_MAX, ASKED_PER_RUN, Approval, ApprovalEvent, ApprovalState, BYTES_MAX, Deed, Held, OPEN_MAX,
    OPEN_PER_RUN, Ruling, Said, WORDS_MAX, shown,
};
use crate::event::Event;
use crate::grant::GrantEvent;
use crate::hold::HoldReason;
use crate::ids::{ApprovalId, GrantId};
use crate::office::Office;
use crate::refusal::{Code, Refusal};
use crate::run::{Exit, RunState};
use crate::task::{TaskEvent, TaskNote, TaskState};
use crate::time::At;

/// Remarks that one approval carries: a talk belongs elsewhere.
const REMARKS_MAX: usize = 20;

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
        /** The state of its checkout, where that matters; likewise. */
        #[serde(default)]
        stands: Option<String>,
        /** The standing grant that covers it; likewise. */
        #[serde(default)]
        grant: Option<GrantId>,
        /** What the office does itself where it is approved; likewise. */
        #[serde(default)]
        deed: Option<Box<Deed>>,
    },
    /// Lets it run, once. Only the owner may.
    Approve {
        /** Which. */
        approval: ApprovalId,
        /** Words for whoever asked. */
        note: Option<String>,
        /** How it is meant. */
        #[serde(default)]
        terms: Terms,
    },
    /// Does not let it run. Only the owner may.
    Deny {
        /** Which. */
        approval: ApprovalId,
        /** Words for whoever asked. */
        note: Option<String>,
        /** How it is meant. */
        #[serde(default)]
        terms: Terms,
    },
    /// Takes an answer back, while that may be done. Only the owner may.
    Undo {
        /** Which. */
        approval: ApprovalId,
    },
    /// Asks whoever asked; it stays held. Only the owner may.
    AskBack {
        /** Which. */
        approval: ApprovalId,
        /** The question. */
        question: String,
    },
    /// Replies to the owner's question.
    Reply {
        /** Which. */
        approval: ApprovalId,
        /** The words. */
        text: String,
    },
    /// Says that somebody on its way has seen it and looks after it. It answers nothing.
    Acknowledge {
        /** Which. */
        approval: ApprovalId,
    },
    /// Takes it back; one that runs already is uncertain from then on.
    Withdraw {
        /** Which. */
        approval: ApprovalId,
    },
    /// Takes the right to run it: given once, to whoever asked. It is begun only after this was answered, and only if it is
    /// running then: where its checkout has changed since it was shown, it waits again instead.
    Claim {
        /** Which. */
        approval: ApprovalId,
        /** The state of its checkout now; the door fills it in. */
        #[serde(default)]
        stands: Option<String>,
        /** What the office would do now; likewise. */
        #[serde(default)]
        deed: Option<Box<Deed>>,
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
            | Self::Undo { approval }
            | Self::AskBack { approval, .. }
            | Self::Reply { approval, .. }
            | Self::Acknowledge { approval }
            | Self::Withdraw { approval }
            | Self::Claim { approval, .. }
            | Self::Report { approval, .. } => Some(*approval),
        }
    }

    /// The approval that asking this comes to: one that nobody waits at and that holds the very same, else a new one.
    pub fn joins(&self, office: &Office, actor: Actor) -> Option<ApprovalId> {
        let Self::Ask { argv, cwd, held, .. } = self else { return None };
        let Actor::Agent { run, .. } = actor else { return None };
        let task = office.runs.get(&run)?.task;
        let same = |it: &&Approval| {
            let mine = it.run == Some(run) || (task.is_some() && it.task == task);
            let open = matches!(it.state, ApprovalState::Waiting | ApprovalState::Approved)
                || (it.state == ApprovalState::Denied && it.asked_as.is_none());
            it.apart && mine && open && it.held == *held && it.argv == *argv && it.cwd == *cwd
        };
        office.approvals.values().rev().find(same).map(|it| it.id)
    }
}

/// Decides an approval command.
pub fn decide(office: &Office, actor: Actor, command: &ApprovalCommand, now: At) -> Result<Vec<Event>, Refusal> {
    let one = |event| Ok(vec![Event::Approval(event)]);
    match command {
        ApprovalCommand::Ask { .. } => ask(office, actor, command, now),
        ApprovalCommand::Approve { approval, note, terms } => {
            answers(actor, "approve")?;
            let it = to_become(office.approval(*approval)?, ApprovalState::Approved, "approved")?;
            as_seen(it, terms)?;
            let note = words_of("note", note.as_deref())?;
            let argv = terms.edit.as_deref().map(|line| edited(it, line)).transpose()?;
            let said = match &argv {
                Some(argv) => format!("{}, instead of {}", shown(argv), it.shown),
                None => it.shown.clone(),
            };
            let goes_on = goes_on(office, it, &format!("approved, once: {said}{}", words_after(note.as_deref())), now);
            let grant = if terms.for_task { Some(for_task(office, it, argv.as_deref(), now)?) } else { None };
            let (rule, undo_until) = (rule(terms)?, until(it, terms, now)?);
            let stands = match (&argv, &terms.deed) {
                // What the office does is approved as it was shown.
                (None, _) if it.deed.is_some() => None,
                (Some(_), Some(deed)) => Some(deed.bound()),
                _ => terms.stands.clone().filter(|_| it.parked.is_some() && it.stands.is_some()),
            };
            let deed = terms.deed.clone().filter(|_| argv.is_some());
            let approved =
                ApprovalEvent::Approved { approval: it.id, note, grant: None, argv, rule, undo_until, stands, deed };
            let mut events = vec![Event::Approval(approved)];
            events.extend(grant.map(|grant| Event::Grant(GrantEvent::Given { grant: Box::new(grant) })));
            events.extend(goes_on);
            Ok(events)
        }
        ApprovalCommand::Deny { approval, note, terms } => {
            answers(actor, "deny")?;
            let it = to_become(office.approval(*approval)?, ApprovalState::Denied, "denied")?;
            as_seen(it, terms)?;
            if terms.edit.is_some() || terms.for_task {
                let way_out = "deny it with words, and say there what to do instead";
                return Err(Refusal::invalid("what is denied is neither changed nor denied for a task", way_out));
            }
            let note = words_of("note", note.as_deref())?;
            let goes_on = goes_on(office, it, &format!("denied: {}{}", it.shown, words_after(note.as_deref())), now);
            let (rule, undo_until) = (rule(terms)?, until(it, terms, now)?);
            let mut events = vec![Event::Approval(ApprovalEvent::Denied { approval: it.id, note, rule, undo_until })];
            events.extend(goes_on);
            Ok(events)
        }
        ApprovalCommand::Undo { approval } => {
            answers(actor, "take an answer back to")?;
            let it = office.approval(*approval)?;
            let answered = matches!(it.state, ApprovalState::Approved | ApprovalState::Denied);
            if !answered || it.undo_until.is_none_or(|until| until <= now) {
                let message =
                    format!("the answer to approval {} can no longer be taken back: it is {}", it.id, it.state);
                return Err(Refusal::new(Code::WrongState, message, "only for a few seconds, and before it begins"));
            }
            one(ApprovalEvent::Undone { approval: it.id })
        }
        ApprovalCommand::AskBack { approval, question } => {
            answers(actor, "ask back about")?;
            let it = talks(office.approval(*approval)?)?;
            if it.run.is_none() {
                let way_out = "it was asked by the owner; there is nobody else to ask";
                return Err(Refusal::invalid(format!("approval {} has no agent to ask", it.id), way_out));
            }
            let question = words_of("question", Some(question))?;
            let question =
                question.ok_or_else(|| Refusal::invalid("there is no question", "say what you want to know"))?;
            let goes_on = goes_on(
                office,
                it,
                &format!(
                    "asks before answering about `{}`: {question} (reply with `office approval reply {} 'WORDS'`, then do the same again)",
                    it.shown, it.id
                ),
                now,
            );
            let mut events = vec![Event::Approval(ApprovalEvent::AskedBack { approval: it.id, question })];
            events.extend(goes_on);
            Ok(events)
        }
        ApprovalCommand::Reply { approval, text } => {
            let it = talks(own(office, actor, *approval)?)?;
            if it.open_question().is_none() {
                let message = format!("nothing was asked about approval {}", it.id);
                return Err(Refusal::new(Code::WrongState, message, "do the same again to wait for the answer"));
            }
            let text = words_of("reply", Some(text))?;
            let text = text.ok_or_else(|| Refusal::invalid("there is no reply", "say it in a few sentences"))?;
            one(ApprovalEvent::Replied { approval: it.id, text })
        }
        ApprovalCommand::Acknowledge { approval } => {
            let it = office.approval(*approval)?;
            one(super::escalation::acknowledged(office, actor, it)?)
        }
        ApprovalCommand::Withdraw { approval } => {
            let it = own(office, actor, *approval)?;
            if it.state == ApprovalState::Running && it.deed.is_some() {
                let message = format!("the office does what approval {} holds just now", it.id);
                return Err(Refusal::new(Code::WrongState, message, "wait for what comes of it"));
            }
            if it.state == ApprovalState::Running {
                let why = "it was given up while it ran; see for yourself how far it came".to_owned();
                return one(ApprovalEvent::Uncertain { approval: it.id, why });
            }
            let it = to_become(it, ApprovalState::Withdrawn, "withdrawn")?;
            let by = if matches!(actor, Actor::Agent { .. }) { "its agent" } else { "the owner" };
            one(ApprovalEvent::Withdrawn { approval: it.id, why: format!("{by} took it back") })
        }
        ApprovalCommand::Claim { approval, stands, deed } => {
            let it = to_become(own(office, actor, *approval)?, ApprovalState::Running, "begun")?;
            if it.undo_until.is_some_and(|until| now < until) {
                let message = format!("approval {} may still be taken back", it.id);
                return Err(Refusal::new(Code::WrongState, message, "wait for the answer; it is told when it stands"));
            }
            let now = if it.deed.is_some() { deed.as_ref().map(|deed| deed.bound()) } else { stands.clone() };
            match (&it.stands, now) {
                (Some(shown), now) if now.as_ref() != Some(shown) => {
                    let stands = now.unwrap_or_else(|| "unknown".to_owned());
                    one(ApprovalEvent::Moved { approval: it.id, stands, deed: deed.clone() })
                }
                _ => one(ApprovalEvent::Claimed { approval: it.id }),
            }
        }
        ApprovalCommand::Report { approval, exit } => {
            let it = to_become(own(office, actor, *approval)?, ApprovalState::Ran, "reported on")?;
            if it.deed.is_some() && (it.state == ApprovalState::Running || actor != Actor::Owner) {
                let message = format!("the office does what approval {} holds, and says itself how it ended", it.id);
                return Err(Refusal::new(Code::NotAllowed, message, "wait for what comes of it"));
            }
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
            one(ApprovalEvent::Ran { approval: it.id, exit, output: String::new() })
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

fn ask(office: &Office, actor: Actor, command: &ApprovalCommand, now: At) -> Result<Vec<Event>, Refusal> {
    let ApprovalCommand::Ask { argv, cwd, reason, held, ruling, stands, grant, deed } = command else {
        return Ok(Vec::new());
    };
    if let (Some(approval), Actor::Agent { desk, run }) = (command.joins(office, actor), actor) {
        let it = office.approval(approval)?;
        let live = office.runs.get(&run).is_some_and(|it| it.state == RunState::Live);
        if !live {
            return Err(not_at_work(run));
        }
        // A question that nobody replied to is still the answer: it is told again, and nobody waits at it.
        if it.open_question().is_some() && it.state == ApprovalState::Waiting && it.run == Some(run) {
            return Ok(Vec::new());
        }
        let (run, desk, deed) = (Some(run), Some(desk), deed.clone());
        let stands = deed.as_ref().map(|deed| deed.bound()).or_else(|| stands.clone());
        return Ok(vec![Event::Approval(ApprovalEvent::Rejoined { approval, run, desk, stands, deed })]);
    }
    let mut it = asked(office, actor, argv, cwd, reason.as_deref(), now)?;
    (it.held, it.ruling, it.deed) = (*held, ruling.clone(), deed.clone());
    it.stands = deed.as_ref().map(|deed| deed.bound()).or_else(|| stands.clone());
    it.hash = Approval::hash_of(it.held, &it.argv, &it.cwd, it.stands.as_deref());
    // Nothing covers what the rules refuse; whatever else is asked, a grant may answer.
    let asks = it.ruling.as_ref().is_some_and(|ruling| ruling.said != Said::Deny);
    // What its owner does themselves nothing but their word says is done.
    let asks = asks && it.deed.as_ref().is_none_or(|deed| deed.is_the_offices());
    let granted = grant.filter(|_| asks).and_then(|id| {
        let mut grants = office.grants_for(it.desk?, it.task, now);
        grants.find(|grant| grant.id == id)
    });
    let (approval, id) = (it.id, granted.map(|grant| grant.id));
    // What a rule lets go ahead needs no answer; only whoever does it is another.
    let offices = it.deed.as_ref().is_some_and(|deed| deed.is_the_offices());
    let by_rule = it.ruling.clone().filter(|ruling| offices && id.is_none() && ruling.said == Said::Allow);
    let mut events = vec![Event::Approval(ApprovalEvent::Asked { approval: Box::new(it) })];
    if let Some(grant) = id {
        let note = Some(format!("by standing grant {grant}"));
        let (argv, rule, undo_until, stands, deed) = (None, None, None, None, None);
        let by = Some(grant);
        events.push(Event::Approval(ApprovalEvent::Approved {
            approval,
            note,
            grant: by,
            argv,
            rule,
            undo_until,
            stands,
            deed,
        }));
        events.push(Event::Grant(GrantEvent::Used { grant, approval }));
    }
    if let Some(ruling) = by_rule {
        let note = Some(format!("by the rule {}", ruling.rule));
        let (grant, argv, rule, undo_until, stands, deed) = (None, None, None, None, None, None);
        let approved = ApprovalEvent::Approved { approval, note, grant, argv, rule, undo_until, stands, deed };
        events.push(Event::Approval(approved));
    }
    Ok(events)
}

fn not_at_work(run: crate::ids::RunId) -> Refusal {
    let message = format!("run {run} is not at work, so nothing is held for it");
    Refusal::new(Code::WrongState, message, "end here; the office has taken the desk back")
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
            let it = office.runs.get(&run).filter(|it| it.state == RunState::Live).ok_or_else(|| not_at_work(run))?;
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
        hash: String::new(),
        stands: None,
        deed: None,
        output: String::new(),
        asked_as: None,
        talk: Vec::new(),
        grant: None,
        undo_until: None,
        parked: None,
        apart: false,
        escalated: None,
        acknowledged: None,
        joined: None,
    })
}

/// Refuses what a person could not judge, or the system could not run.
pub(super) fn fits(argv: &[String], cwd: &str) -> Result<(), Refusal> {
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

fn words_after(note: Option<&str>) -> String {
    note.map(|note| format!(" ({note})")).unwrap_or_default()
}

/// What was parked for the answer goes on with it.
fn goes_on(office: &Office, it: &Approval, text: &str, now: At) -> Option<Event> {
    it.parked?;
    let task = office.tasks.get(&it.task?)?;
    let waits = task.hold.as_ref().is_some_and(|hold| hold.reason == HoldReason::WaitsForYou);
    let again = "If you still need it, do exactly that again: it is looked up, not asked a second time.";
    let note = TaskNote { at: now, by: Actor::Owner, text: format!("On what you asked: {text}. {again}") };
    (task.state == TaskState::Parked && waits)
        .then_some(Event::Task(TaskEvent::Unparked { task: task.id, note: Some(note) }))
}

fn talks(it: &Approval) -> Result<&Approval, Refusal> {
    if it.state != ApprovalState::Waiting {
        let message = format!("approval {} is {}; there is nothing more to say about it", it.id, it.state);
        return Err(Refusal::new(Code::WrongState, message, "whoever needs it asks again"));
    }
    if it.talk.len() >= REMARKS_MAX {
        let message = format!("{REMARKS_MAX} things were said about approval {} already", it.id);
        return Err(Refusal::new(Code::Limit, message, "approve it or deny it; words go with either"));
    }
    Ok(it)
}

/// The approval, for whoever asked for it: the agent of the same run, or the owner.
fn own(office: &Office, actor: Actor, id: ApprovalId) -> Result<&Approval, Refusal> {
    let it = office.approval(id)?;
    match actor {
        Actor::Agent { run, .. } if it.run != Some(run) && !parked_for(office, it, run) => Err(Refusal::new(
            Code::NotAllowed,
            format!("approval {id} was not asked by this run"),
            "ask for what you need yourself: `office ask-approval -- COMMAND`",
        )),
        _ => Ok(it),
    }
}

/// Whether it was asked for the task that this run works on now, and parked with it.
fn parked_for(office: &Office, it: &Approval, run: crate::ids::RunId) -> bool {
    let task = office.task_of_run(run).map(|task| task.id);
    it.parked.is_some() && it.task.is_some() && it.task == task && it.state == ApprovalState::Waiting
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
