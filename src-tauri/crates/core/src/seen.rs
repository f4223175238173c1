//! What the engine of a live run lets be known: what it does now with the evidence for it, which conversation it leads, and what
//! that took. How it is read is in `engines`; ages and bytes are not here, only what changed.

use serde::{Deserialize, Serialize};
use specta::Type;

use crate::budget;
use crate::desk::DeskState;
use crate::event::Event;
use crate::ids::RunId;
use crate::office::Office;
use crate::run::RunEvent;
use crate::time::At;
use crate::usage_limit;

/// What a live engine is seen to do.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
pub struct Seen {
    /// The state; one that its engine can report.
    pub state: DeskState,
    /// How that is known.
    pub evidence: String,
    /// Since when.
    pub since: At,
    /// When it ends by itself (a usage limit), where that was said; never guessed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<At>,
    /// Its subagents at work.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub visitors: u32,
}

/// What a run took: tokens by kind, turns, and money where it is known. Only ever grows.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, Type)]
pub struct Spent {
    /// Tokens that were read, and not from the provider's memory.
    #[specta(type = u32)]
    pub input: u64,
    /// Tokens that were written.
    #[specta(type = u32)]
    pub output: u64,
    /// Tokens that were read from the provider's memory.
    #[specta(type = u32)]
    pub cache_read: u64,
    /// Tokens that were put into it.
    #[specta(type = u32)]
    pub cache_write: u64,
    /// Millionths of a dollar; none where nobody knows.
    #[specta(type = Option<u32>)]
    pub micro_dollars: Option<u64>,
    /// Turns that ended.
    pub turns: u32,
    /// The model, where it says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// How full its context is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context: Option<ContextUse>,
}

/// How full a context is, in tokens.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
pub struct ContextUse {
    /// In it now.
    #[specta(type = u32)]
    pub used: u64,
    /// What fits in.
    #[specta(type = u32)]
    pub size: u64,
}

impl ContextUse {
    /// In hundredths, 100 at most.
    pub fn percent(self) -> u32 {
        let share = self.used.saturating_mul(100) / self.size.max(1);
        u32::try_from(share.min(100)).unwrap_or(100)
    }
}

/// What was heard of a run since the last time; what did not change is left out.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, Type)]
pub struct News {
    /// What it is seen to do.
    #[serde(default)]
    pub seen: Option<Seen>,
    /// What it took in all.
    #[serde(default)]
    pub spent: Option<Spent>,
    /// The conversation it leads; a prompt was taken in it, so it can be gone on with.
    #[serde(default)]
    pub session: Option<String>,
    /// A call of its that a budget kept from beginning.
    #[serde(default)]
    pub denied: Option<Denied>,
}

/// A call that was not let through.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
pub struct Denied {
    /// How many of this run so far.
    #[specta(type = u32)]
    pub times: u64,
    /// The key of the budget; empty where nobody knows what is allowed.
    pub budget: String,
    /// Why, in words.
    pub why: String,
}

/// Decides what news of a run come to: what is known already is no event.
pub fn decide(office: &Office, id: RunId, news: &News, now: At) -> Vec<Event> {
    let Some(run) = office.runs.get(&id) else { return Vec::new() };
    let mut events = Vec::new();
    // Two runs never lead one conversation at once.
    let free = |session: &&String| {
        !office.runs.values().any(|it| it.id != id && it.is_open() && it.session.as_ref() == Some(*session))
    };
    if let Some(session) = news.session.as_ref().filter(|it| run.session.as_ref() != Some(*it)).filter(free) {
        events.push(RunEvent::Talks { run: id, session: session.clone() });
    }
    if let Some(spent) = news.spent.as_ref().filter(|it| run.spent.as_ref() != Some(*it)) {
        events.push(RunEvent::Spent { run: id, spent: spent.clone() });
    }
    // What a program did in its last moment says nothing of a desk where none runs.
    if let Some(seen) = news.seen.as_ref().filter(|it| run.is_open() && run.seen.as_ref() != Some(*it)) {
        events.push(RunEvent::Seen { run: id, seen: seen.clone() });
    }
    let fresh = news.denied.as_ref().filter(|it| run.denied.as_ref() != Some(*it));
    events.extend(fresh.map(|denied| RunEvent::Denied { run: id, denied: denied.clone() }));
    let denied_by = fresh.and_then(|denied| budget::named(office, denied));
    let spent = denied_by.or_else(|| budget::passed(office, run, news.spent.as_ref()?));
    let mut parked = spent.map(|it| budget::park(office, run, it, now)).unwrap_or_default();
    if parked.is_empty() {
        parked = usage_limit::heard(office, run, news.seen.as_ref(), news.spent.as_ref(), now);
    }
    events.into_iter().map(Event::Run).chain(parked).collect()
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks by reference")]
fn is_zero(count: &u32) -> bool {
    *count == 0
}
