//! What a desk's agent is doing, from all that was heard of it: the more trusted source wins while it is fresh, every belief
//! carries its evidence and age, and decays by rule. No clock is read: whoever asks says when.

use std::collections::{BTreeMap, BTreeSet};

use office_core::DeskState;

use crate::meter::Trouble;
use crate::read::{Signal, Source, What};

/// A belief of a more trusted source stands this long against a less trusted one, in milliseconds. A lost "turn ended" is
/// put right after it by the title.
const STANDS: i64 = 30_000;
/// A turn that ends by a limit, or for want of a login, ends within this.
const ENDS_WITH: i64 = 2_000;
/// Without a sign for so long, something is stuck: while it thinks, while a tool runs, while it tidies its memory.
const QUIET_THINKING: i64 = 10 * 60_000;
/// See [`QUIET_THINKING`].
const QUIET_TOOL: i64 = 60 * 60_000;
/// See [`QUIET_THINKING`].
const QUIET_COMPACTING: i64 = 15 * 60_000;
/// Calls and subagents that are remembered; more are forgotten, oldest first.
const MOST: usize = 256;

/// What a desk is seen to be.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Estimate {
    /// The state.
    pub state: DeskState,
    /// How that is known.
    pub evidence: String,
    /// From what kind of source.
    pub source: Source,
    /// Since when it is so, in milliseconds as they were told.
    pub since: i64,
    /// When a sign of it was last heard.
    pub heard: i64,
    /// Subagents at work.
    pub visitors: usize,
}

/// Listens to one run of one engine.
#[derive(Clone, Debug)]
pub struct Estimator {
    reports: Vec<DeskState>,
    now: Estimate,
    calls: BTreeMap<String, i64>,
    visitors: BTreeSet<String>,
    waits_for: Option<String>,
    limit_ends: Option<i64>,
    /// When the limit ends that it was close to.
    limit_known: Option<i64>,
    compacting: bool,
}

impl Estimator {
    /// A run that begins at `at`, of an engine that can report these states.
    pub fn new(reports: &[DeskState], at: i64) -> Self {
        let now = Estimate {
            state: DeskState::Starting,
            evidence: "started".to_owned(),
            source: Source::Silence,
            since: at,
            heard: at,
            visitors: 0,
        };
        let reports = reports.to_vec();
        let (calls, visitors) = (BTreeMap::new(), BTreeSet::new());
        Self { reports, now, calls, visitors, waits_for: None, limit_ends: None, limit_known: None, compacting: false }
    }

    /// Hears a signal.
    pub fn hear(&mut self, signal: &Signal, at: i64) {
        if let What::Subagent { id, came } = &signal.what {
            if *came && self.visitors.len() < MOST {
                self.visitors.insert(id.clone());
            } else {
                self.visitors.remove(id);
            }
            return;
        }
        // What a subagent does is not what the desk's own agent does; but it shows that somebody is alive.
        if signal.agent.is_some() {
            self.now.heard = self.now.heard.max(at);
            return;
        }
        if !self.is_heeded(signal, at) {
            return;
        }
        self.now.heard = self.now.heard.max(at);
        let next = self.next(signal, at);
        let Some(state) = next else { return };
        self.believe(state, signal, at);
    }

    /// What keeps its calls from being answered, by its meter; none when they are answered again. Calls in the background of an idle
    /// agent say nothing of what it does.
    pub fn metered(&mut self, trouble: Option<&Trouble>, at: i64) {
        let limited = self.now.state == DeskState::Limited;
        let (state, words) = match trouble {
            Some(trouble) if trouble.limited && (limited || self.is_busy()) => (DeskState::Limited, &*trouble.words),
            Some(trouble) if self.is_busy() => (self.now.state, &*trouble.words),
            None if limited => (self.thinking(), "its calls are answered again"),
            _ => return,
        };
        let until = trouble.and_then(|trouble| trouble.until);
        let what = What::Limited { until };
        let signal =
            Signal { source: Source::Hook, session: None, agent: None, what, evidence: format!("meter: {words}") };
        self.now.heard = self.now.heard.max(at);
        self.believe(state, &signal, at);
        if state == DeskState::Limited {
            self.limit_ends = until.map(|seconds| seconds.saturating_mul(1000)).or(self.limit_ends);
        }
    }

    /// A less trusted source is heeded when the more trusted one has been quiet for a while, or has not spoken at all.
    fn is_heeded(&self, signal: &Signal, at: i64) -> bool {
        let source = signal.source;
        let asks = self.waits_for.is_some() && source > Source::Hook;
        // That a turn came to nothing is said by no hook of some.
        let fails = matches!(signal.what, What::LoginNeeded | What::Limited { .. } | What::TurnFailed { .. });
        let fails = fails && source <= Source::Transcript && at >= self.now.since;
        (fails || source <= self.now.source || at - self.now.heard > STANDS) && !asks
    }

    fn next(&mut self, signal: &Signal, at: i64) -> Option<DeskState> {
        let waiting = self.waits_for.clone();
        // Only what answers the very call it waits for, or a new turn, ends the waiting.
        let held = |id: &str| waiting.as_deref().is_some_and(|it| !it.is_empty() && it != id);
        match &signal.what {
            What::SessionBegan => self.over(DeskState::Idle),
            What::SessionEnded => self.over(DeskState::Finished),
            What::TurnEnded | What::TurnFailed { .. } => {
                let over = self.over(DeskState::Idle);
                // What ended it says so first, and then that it ended.
                let by_that = matches!(self.now.state, DeskState::Limited | DeskState::LoginNeeded)
                    && at - self.now.since < ENDS_WITH;
                if by_that { None } else { over }
            }
            What::PromptAccepted => {
                self.over(DeskState::Idle);
                Some(self.thinking())
            }
            What::Active | What::ToolStarted { .. } if waiting.is_some() => {
                if let What::ToolStarted { id, .. } = &signal.what {
                    self.remember(id, at);
                }
                None
            }
            What::Active => Some(self.thinking()),
            What::ToolStarted { id, .. } => {
                self.remember(id, at);
                Some(DeskState::Working)
            }
            What::ToolFinished { id, .. } => {
                self.calls.remove(id);
                if held(id) {
                    return None;
                }
                self.waits_for = None;
                Some(self.thinking())
            }
            What::Waits { id, .. } => {
                self.waits_for = Some(id.clone());
                Some(DeskState::WaitingForYou)
            }
            What::Answered { id } => {
                if waiting.as_deref() != Some(id.as_str()) {
                    return None;
                }
                self.waits_for = None;
                Some(self.thinking())
            }
            // A reminder that nobody types anything ends no limit.
            What::Says(DeskState::Idle) if matches!(self.now.state, DeskState::Limited | DeskState::LoginNeeded) => {
                None
            }
            What::Says(state) => waiting.is_none().then_some(*state),
            What::Limited { until } => {
                // The one that says when it ends is worth more than the one that only says that.
                let known = self.limit_known.filter(|ends| *ends > at).or(self.limit_ends);
                self.limit_ends = until.map(|seconds| seconds.saturating_mul(1000)).or(known);
                Some(DeskState::Limited)
            }
            What::LimitEnds(seconds) => {
                self.limit_known = Some(seconds.saturating_mul(1000));
                None
            }
            What::LoginNeeded => Some(DeskState::LoginNeeded),
            What::Compacts(begins) => {
                self.compacting = *begins;
                None
            }
            What::Spent(_) | What::Context { .. } | What::Retries { .. } | What::Subagent { .. } => None,
        }
    }

    fn over(&mut self, state: DeskState) -> Option<DeskState> {
        self.calls.clear();
        self.waits_for = None;
        self.compacting = false;
        // A turn that ends by a limit or for want of a login says so, and then that it ended.
        let stays = matches!(self.now.state, DeskState::Limited | DeskState::LoginNeeded) && state != DeskState::Idle;
        (!stays).then_some(state)
    }

    fn remember(&mut self, id: &str, at: i64) {
        if self.calls.len() < MOST {
            self.calls.insert(id.to_owned(), at);
        }
    }

    fn thinking(&self) -> DeskState {
        if self.calls.is_empty() { DeskState::Thinking } else { DeskState::Working }
    }

    fn believe(&mut self, state: DeskState, signal: &Signal, at: i64) {
        if state != DeskState::Limited {
            self.limit_ends = None;
        }
        if state != self.now.state {
            self.now.since = at;
        }
        (self.now.state, self.now.source) = (state, signal.source);
        self.now.evidence.clone_from(&signal.evidence);
    }

    /// What is believed at `at`.
    pub fn at(&self, at: i64) -> Estimate {
        let mut seen = Estimate { visitors: self.visitors.len(), ..self.now.clone() };
        let quiet = at - seen.heard;
        let limit = self.quiet_limit();
        if self.is_busy() && quiet > limit {
            seen.evidence = format!("nothing heard for {} min; last: {}", quiet / 60_000, seen.evidence);
            (seen.state, seen.source, seen.since) = (DeskState::Stuck, Source::Silence, seen.heard + limit);
        }
        if let (DeskState::Limited, Some(ends)) = (seen.state, self.limit_ends)
            && at >= ends
        {
            seen.evidence = format!("the usage limit has ended; {}", seen.evidence);
            (seen.state, seen.since) = (DeskState::Idle, ends);
        }
        // Never shown: a state this engine cannot report.
        if !self.reports.contains(&seen.state) {
            let nearest = [DeskState::Working, DeskState::Idle].into_iter().find(|state| self.reports.contains(state));
            seen.state = match seen.state {
                DeskState::Thinking | DeskState::Stuck | DeskState::WaitingForYou => {
                    nearest.unwrap_or(DeskState::Working)
                }
                _ => DeskState::Idle,
            };
        }
        seen
    }

    fn is_busy(&self) -> bool {
        matches!(self.now.state, DeskState::Working | DeskState::Thinking | DeskState::Starting)
    }

    fn quiet_limit(&self) -> i64 {
        match (self.compacting, self.calls.is_empty()) {
            (true, _) => QUIET_COMPACTING,
            (false, true) => QUIET_THINKING,
            (false, false) => QUIET_TOOL,
        }
    }

    /// When what is believed changes though nothing is heard: a limit ends, or silence has lasted too long.
    pub fn next_change(&self, at: i64) -> Option<i64> {
        let stuck = self.is_busy().then(|| self.now.heard + self.quiet_limit() + 1);
        let released = self.limit_ends.filter(|_| self.now.state == DeskState::Limited);
        stuck.or(released).filter(|change| *change > at)
    }

    /// Whether text may be typed now: it is idle by the word of a source that knows, and no dialog can be open.
    pub fn takes_input(&self, at: i64) -> bool {
        let seen = self.at(at);
        seen.state == DeskState::Idle && seen.source <= Source::Transcript && self.waits_for.is_none()
    }

    /// When its usage limit ends, in milliseconds, where that was said.
    pub fn limit_ends(&self) -> Option<i64> {
        self.limit_ends
    }
}
