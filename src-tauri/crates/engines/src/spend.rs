//! Tokens and money, added up so that nothing counts twice and nothing is lost: by conversation, by message, and across the
//! processes that worked on it. Prices are applied where the engine says no money.

use std::collections::BTreeMap;

use crate::read::Spent;
use crate::spec::Prices;

/// What one conversation cost.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Ledger {
    /// Processes that are over.
    before: Spent,
    /// Messages of the process that runs; a later word about the same message replaces the earlier.
    messages: BTreeMap<String, Spent>,
    /// What the process that runs says of itself as a whole.
    process: Option<Spent>,
}

impl Ledger {
    /// A process began, or began again, on this conversation.
    pub fn begin(&mut self) {
        self.before = self.total();
        self.messages.clear();
        self.process = None;
    }

    /// Hears a figure. Without a message it is of the whole process so far.
    pub fn hear(&mut self, spent: &Spent) {
        match &spent.message {
            None => self.process = Some(most(self.process.as_ref().unwrap_or(&Spent::default()), spent)),
            Some(message) => {
                let known = self.messages.entry(message.clone()).or_default();
                *known = most(known, spent);
            }
        }
    }

    /// All of it.
    pub fn total(&self) -> Spent {
        let said = self.messages.values().fold(Spent::default(), |sum, one| add(&sum, one));
        let now = match &self.process {
            Some(process) => most(process, &said),
            None => said,
        };
        add(&self.before, &now)
    }
}

/// Money by prices, in dollars.
pub fn price(spent: &Spent, prices: Prices) -> f64 {
    let million = |tokens: u64, price: f64| tokens as f64 * price / 1e6;
    million(spent.input, prices.input)
        + million(spent.output, prices.output)
        + million(spent.cache_read, prices.cache_read)
        + million(spent.cache_write, prices.cache_write)
}

fn both(left: &Spent, right: &Spent, tokens: fn(u64, u64) -> u64, money: fn(f64, f64) -> f64) -> Spent {
    Spent {
        message: None,
        model: right.model.clone().or_else(|| left.model.clone()),
        input: tokens(left.input, right.input),
        output: tokens(left.output, right.output),
        cache_read: tokens(left.cache_read, right.cache_read),
        cache_write: tokens(left.cache_write, right.cache_write),
        dollars: match (left.dollars, right.dollars) {
            (Some(left), Some(right)) => Some(money(left, right)),
            (left, right) => left.or(right),
        },
    }
}

fn add(left: &Spent, right: &Spent) -> Spent {
    both(left, right, u64::saturating_add, |left, right| left + right)
}

fn most(left: &Spent, right: &Spent) -> Spent {
    both(left, right, u64::max, f64::max)
}
