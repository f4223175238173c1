//! An approval: a command that someone holds until the owner says yes or no, and that then runs at most once, by the hand of
//! whoever asked. Running it is not here, nor how it is spelled for people (`shown.rs`), nor what the rules say of it; what may be
//! asked and is decided stands in `ask.rs`, what becomes of it in `event.rs`, what time does to it in `due.rs`.

mod ask;
mod deed;
mod due;
mod escalation;
mod event;
mod line;
mod publish;
mod ruling;
mod shown;
mod terms;

use serde::{Deserialize, Serialize};
use specta::Type;

use crate::actor::Actor;
use crate::desk::words;
use crate::ids::{ApprovalId, DeskId, GrantId, RunId, TaskId};
use crate::office::Office;
use crate::refusal::Refusal;
use crate::run::Exit;
use crate::time::At;

pub use ask::{ApprovalCommand, decide};
pub use deed::{Deed, Does, PackedFile, PushWish};
pub use due::{next_due, passed, run_over, run_stopped, task_over};
pub use event::{ApprovalEvent, acted, apply, effects};
pub use line::{plain_words, words_of_line};
pub use publish::{OwnersWish, PublishWish};
pub use ruling::{Held, Ruling, Said};
pub use shown::{evidence, glance, shown};
pub use terms::Terms;

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
            Approved => matches!(next, Running | Withdrawn | Waiting),
            Denied => matches!(next, Waiting),
            Running => matches!(next, Ran | Uncertain),
            Uncertain => matches!(next, Ran),
            Withdrawn | Ran => false,
        }
    }
}

/// Words between the owner and whoever asked, before the answer.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
pub struct Remark {
    /// Who speaks.
    pub by: Actor,
    /// When.
    pub at: At,
    /// The words.
    pub text: String,
}

/// Who has seen a held command and looks after it. It is no answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
pub struct Acknowledged {
    /// Who.
    pub by: Actor,
    /// When.
    pub at: At,
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
    /// Stands for what is shown: the kind, the words, the place and the checkout's state. An answer may name it, and is then
    /// good for exactly that.
    #[serde(default)]
    pub hash: String,
    /// The state its checkout was in when it was shown, where what it does depends on that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stands: Option<String>,
    /// What the office does itself where it is approved; none where whoever asked does it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deed: Option<Box<Deed>>,
    /// The end of what that printed.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub output: String,
    /// The words it was asked with, where the owner changed them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked_as: Option<Vec<String>>,
    /// Questions of the owner's and what was replied.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub talk: Vec<Remark>,
    /// The standing grant that answered it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grant: Option<GrantId>,
    /// The answer may be taken back until then; what was approved does not begin before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undo_until: Option<At>,
    /// Nobody waits at it since then: its task is parked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parked: Option<At>,
    /// Nobody waits at it: whoever asked was sent away, and takes it up by asking the same again.
    #[serde(default, skip_serializing_if = "is_false")]
    pub apart: bool,
    /// When whoever leads the desks was told of it, as the owner wished.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub escalated: Option<At>,
    /// Somebody on its way has seen it and looks after it: nobody further on is told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acknowledged: Option<Acknowledged>,
    /// When it was taken up again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub joined: Option<At>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks by reference")]
fn is_false(flag: &bool) -> bool {
    !flag
}

impl Approval {
    /// What stands for the words, their place and the checkout's state.
    pub fn hash_of(held: Held, argv: &[String], cwd: &str, stands: Option<&str>) -> String {
        // Each part with its length: no two lists of words are the same text.
        let mut text = format!("{held}\n");
        for part in argv.iter().map(String::as_str).chain([cwd, stands.unwrap_or_default()]) {
            text.push_str(&format!("{}:{part}\n", part.len()));
        }
        crate::audit::digest(text)
    }

    /// A question of the owner's that nobody has replied to yet.
    pub fn open_question(&self) -> Option<&Remark> {
        self.talk.last().filter(|remark| remark.by == Actor::Owner)
    }

    /// Whether whoever waits at it is to be told something now: an answer that stands, a question, what the office did.
    pub fn speaks(&self, now: At) -> bool {
        match self.state {
            ApprovalState::Waiting => self.apart,
            ApprovalState::Running => self.deed.is_none(),
            ApprovalState::Approved | ApprovalState::Denied => self.undo_until.is_none_or(|until| until <= now),
            _ => true,
        }
    }
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
mod answers;
#[cfg(test)]
mod tests;
