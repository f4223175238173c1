//! All that is heard of one run put together: what its hooks wrote down, its transcripts and its own account of money and
//! context become what it is seen to do and what it took. Bytes in, meaning out: whoever reads the files is in `runtime`.

use std::collections::BTreeSet;

use office_core::seen::{ContextUse, News, Seen, Spent as Took};
use office_core::{At, DeskState};
use serde_json::Value;

use crate::estimate::Estimator;
use crate::meter::Metered;
use crate::read::{Reader, Signal, Source, What};
use crate::spec::{EngineSpec, Model};
use crate::spend::{Ledger, price};

/// Transcripts of one run that are followed: its own and its subagents'.
const MOST_TRANSCRIPTS: usize = 64;

/// Listens to one run.
#[derive(Clone, Debug)]
pub struct Hearing {
    reader: Reader,
    models: Vec<Model>,
    estimator: Estimator,
    /// What was said of earlier lives of the conversation, and of all of it.
    earlier: Ledger,
    whole: Ledger,
    /// The most that the process said of itself.
    dollars: Option<f64>,
    context: Option<ContextUse>,
    model: Option<String>,
    turns: u32,
    /// The conversation in which a prompt was taken.
    session: Option<String>,
    prompts: u64,
    tools: bool,
    /// Its input line stands: before that a paste is lost.
    drawn: bool,
    transcripts: BTreeSet<String>,
    /// What its meter read, where there is one: then its figures count, and no others.
    metered: Option<Metered>,
}

impl Hearing {
    /// A run of this engine that began at `at` (milliseconds); none where nobody can read the engine.
    pub fn new(spec: &EngineSpec, at: i64) -> Option<Self> {
        Some(Self {
            reader: spec.reader?,
            models: spec.models.clone(),
            estimator: Estimator::new(&spec.reports, at),
            earlier: Ledger::default(),
            whole: Ledger::default(),
            dollars: None,
            context: None,
            model: None,
            turns: 0,
            session: None,
            prompts: 0,
            tools: false,
            drawn: !spec.input.as_ref().is_some_and(|input| input.drawn),
            transcripts: BTreeSet::new(),
            metered: None,
        })
    }

    /// Hears a line that `office-hook` wrote down.
    pub fn hook_line(&mut self, line: &[u8]) {
        let Ok(value) = serde_json::from_slice::<Value>(line) else { return };
        let (payload, at) = (&value["payload"], value["at"].as_i64().unwrap_or_default());
        self.tools |= payload["office_tools_known"] == true;
        // A status line is asked for when it draws its input.
        self.drawn |= payload["context_window"].is_object() && payload["hook_event_name"].is_null();
        for name in ["transcript_path", "agent_transcript_path"] {
            if let Some(path) = payload[name].as_str().filter(|_| self.transcripts.len() < MOST_TRANSCRIPTS) {
                self.transcripts.insert(path.to_owned());
            }
        }
        for signal in self.reader.hook(payload) {
            self.hear(&signal, at, false);
        }
    }

    /// Hears a line of a transcript. What was there `before` this run began was paid by an earlier one.
    pub fn transcript_line(&mut self, line: &[u8], now: i64, before: bool) {
        let Ok(value) = serde_json::from_slice::<Value>(line) else { return };
        let said = value["timestamp"].as_str().and_then(|text| text.parse::<At>().ok());
        let at = said.map_or(now, At::millis).min(now);
        for signal in self.reader.transcript(&value) {
            self.hear(&signal, at, before);
        }
    }

    /// Hears what its terminal's title says: the least trusted word, and a title can lie. Whether better sources say otherwise, and it did
    /// not count; then it may later, when they have been quiet.
    pub fn title(&mut self, state: DeskState, title: &str, at: i64) -> bool {
        let known = self.estimator.at(at);
        let busy = |state| matches!(state, DeskState::Working | DeskState::Thinking | DeskState::Stuck);
        // A spinner is no sign of life, and no word against a source that knows better: what a title is good for is that nothing goes on
        // any more, or waits for a person, where the word that said so was lost.
        if known.state == state || (busy(state) && (busy(known.state) || known.source < Source::Title)) {
            return false;
        }
        let evidence = format!("title: {}", title.chars().take(80).collect::<String>());
        let what = What::Says(state);
        self.hear(&Signal { source: Source::Title, session: None, agent: None, what, evidence }, at, false);
        self.estimator.at(at).state != state
    }

    /// Hears what its meter read so far. What keeps calls from being answered shows at a desk that is at work.
    pub fn metered(&mut self, now: Metered, at: i64) {
        let before = self.metered.as_ref().and_then(|known| known.trouble.clone());
        if before != now.trouble {
            self.estimator.metered(now.trouble.as_ref(), at);
        }
        self.metered = Some(now);
    }

    fn hear(&mut self, signal: &Signal, at: i64, before: bool) {
        let own = signal.agent.is_none();
        match &signal.what {
            What::Spent(spent) => {
                if let Some(model) = spent.model.as_ref().filter(|_| own) {
                    self.model = Some(model.clone());
                }
                // Of a message it is a part; of the process the whole so far.
                if let (Some(dollars), false, None) = (spent.dollars, before, &spent.message) {
                    self.dollars = Some(self.dollars.map_or(dollars, |known| known.max(dollars)));
                }
                if before {
                    self.earlier.hear(spent);
                }
                self.whole.hear(spent);
                let used = spent.input + spent.cache_read + spent.cache_write + spent.output;
                let size = self.model.as_deref().and_then(|name| self.size_of(name));
                // A total of the process says nothing of how full its context is.
                if let (Some(_), Some(size), true) = (&spent.message, size, own) {
                    self.context = Some(ContextUse { used, size });
                }
            }
            What::Context { used, size } if own => self.context = Some(ContextUse { used: *used, size: *size }),
            What::PromptAccepted if own && signal.source <= Source::Hook => {
                self.prompts += 1;
                self.session.clone_from(&signal.session);
            }
            What::TurnEnded | What::TurnFailed { .. } if own && signal.source <= Source::Hook => self.turns += 1,
            _ => {}
        }
        if !before {
            self.estimator.hear(signal, at);
        }
    }

    fn model_of(&self, name: &str) -> Option<&Model> {
        // A variant's name goes on after a bracket.
        self.models.iter().find(|model| name == model.name || name.starts_with(&format!("{}[", model.name)))
    }

    fn size_of(&self, name: &str) -> Option<u64> {
        self.context.map(|context| context.size).or_else(|| self.model_of(name).map(|model| model.context.into()))
    }

    /// What is known at `at`.
    pub fn news(&self, at: i64) -> News {
        let estimate = self.estimator.at(at);
        let until = self.estimator.limit_ends().filter(|_| estimate.state == DeskState::Limited);
        let seen = Seen {
            state: estimate.state,
            evidence: estimate.evidence,
            since: At::from_millis(estimate.since),
            until: until.map(At::from_millis),
            visitors: u32::try_from(estimate.visitors).unwrap_or(u32::MAX),
        };
        News { seen: Some(seen), spent: self.took(), session: self.session.clone(), denied: None }
    }

    fn took(&self) -> Option<Took> {
        let (all, earlier) = (self.whole.total(), self.earlier.total());
        let mine = crate::read::Spent {
            input: all.input.saturating_sub(earlier.input),
            output: all.output.saturating_sub(earlier.output),
            cache_read: all.cache_read.saturating_sub(earlier.cache_read),
            cache_write: all.cache_write.saturating_sub(earlier.cache_write),
            ..crate::read::Spent::default()
        };
        let mine = match &self.metered {
            // One source: what the model's own answers said, with every call in it, also those no transcript holds.
            Some(metered) => crate::read::Spent {
                input: metered.input,
                output: metered.output,
                cache_read: metered.cache_read,
                cache_write: metered.cache_write,
                ..crate::read::Spent::default()
            },
            None => mine,
        };
        let prices = self.model.as_deref().and_then(|name| self.model_of(name)).and_then(|model| model.prices);
        let of_messages = all.dollars.map(|all| all - earlier.dollars.unwrap_or_default());
        let dollars = self.dollars.or(of_messages).or_else(|| prices.map(|prices| price(&mine, prices)));
        let took = Took {
            input: mine.input,
            output: mine.output,
            cache_read: mine.cache_read,
            cache_write: mine.cache_write,
            // Where the meter knows no price of a model, its program's own word is all there is.
            micro_dollars: self
                .metered
                .as_ref()
                .and_then(|it| it.micro_dollars)
                .or_else(|| dollars.and_then(micro_dollars)),
            turns: self.turns,
            model: self.model.clone(),
            context: self.context,
        };
        // Its status line says money before its first turn has ended.
        let tokens = mine.input + mine.output + mine.cache_read + mine.cache_write;
        let nothing = tokens == 0 && took.turns == 0 && took.micro_dollars.is_none_or(|micro| micro == 0);
        (!nothing).then_some(took)
    }

    /// When what is known changes by itself.
    pub fn next_change(&self, at: i64) -> Option<i64> {
        self.estimator.next_change(at)
    }

    /// Whether text may be typed now; see [`Estimator::takes_input`].
    pub fn takes_input(&self, at: i64) -> bool {
        self.estimator.takes_input(at)
    }

    /// How many prompts it took so far.
    pub fn prompts(&self) -> u64 {
        self.prompts
    }

    /// Whether it knows the office's tools.
    pub fn knows_tools(&self) -> bool {
        self.tools
    }

    /// Whether its input line stands, as far as it lets that be known.
    pub fn is_drawn(&self) -> bool {
        self.drawn
    }

    /// Transcripts that it names; where they really lie is to be looked at by whoever opens them.
    pub fn transcripts(&self) -> impl Iterator<Item = &str> {
        self.transcripts.iter().map(String::as_str)
    }
}

/// Dollars as people add them up: without what a float cannot hold.
fn micro_dollars(dollars: f64) -> Option<u64> {
    let micro = (dollars * 1e6).round();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "looked at just before")]
    (0.0..1e15).contains(&micro).then_some(micro as u64)
}
