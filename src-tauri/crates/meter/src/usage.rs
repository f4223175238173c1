//! What calls took: tokens by kind, and their money by the prices of their model. Adding up only.

use std::collections::BTreeMap;
use std::ops::AddAssign;

use serde::{Deserialize, Serialize};

use crate::config::Model;

/// Tokens by kind.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Usage {
    /// Read, and not from the provider's memory.
    pub input: u64,
    /// Written.
    pub output: u64,
    /// Read from the provider's memory.
    pub cache_read: u64,
    /// Put into it.
    pub cache_write: u64,
    /// How many of those for an hour, which costs more.
    #[serde(default)]
    pub cache_write_hour: u64,
}

impl Usage {
    /// All of them.
    pub fn tokens(&self) -> u64 {
        [self.input, self.output, self.cache_read, self.cache_write].into_iter().fold(0, u64::saturating_add)
    }
}

impl AddAssign for Usage {
    fn add_assign(&mut self, other: Self) {
        self.input = self.input.saturating_add(other.input);
        self.output = self.output.saturating_add(other.output);
        self.cache_read = self.cache_read.saturating_add(other.cache_read);
        self.cache_write = self.cache_write.saturating_add(other.cache_write);
        self.cache_write_hour = self.cache_write_hour.saturating_add(other.cache_write_hour);
    }
}

/// What budgets are counted in.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Sum {
    /// Millionths of a dollar.
    pub micro_dollars: u64,
    /// Tokens of all kinds.
    pub tokens: u64,
    /// Tokens that were read, without what the provider remembered.
    #[serde(default)]
    pub input: u64,
    /// Tokens that were written.
    pub output: u64,
}

impl Sum {
    /// What is more here than there.
    pub fn beyond(&self, other: &Self) -> Self {
        Self {
            micro_dollars: self.micro_dollars.saturating_sub(other.micro_dollars),
            tokens: self.tokens.saturating_sub(other.tokens),
            input: self.input.saturating_sub(other.input),
            output: self.output.saturating_sub(other.output),
        }
    }
}

impl AddAssign for Sum {
    fn add_assign(&mut self, other: Self) {
        self.micro_dollars = self.micro_dollars.saturating_add(other.micro_dollars);
        self.tokens = self.tokens.saturating_add(other.tokens);
        self.input = self.input.saturating_add(other.input);
        self.output = self.output.saturating_add(other.output);
    }
}

/// Dollars for a million tokens, by kind: millionths of a dollar for one.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Prices {
    /// Read.
    pub input: f64,
    /// Written.
    pub output: f64,
    /// Read from the provider's memory.
    pub cache_read: f64,
    /// Put into it.
    pub cache_write: f64,
    /// Put into it for an hour; as the other, where nothing else is said.
    #[serde(default)]
    pub cache_write_hour: Option<f64>,
}

impl Prices {
    /// In millionths of a dollar.
    pub fn of(&self, usage: &Usage) -> f64 {
        let hour = usage.cache_write_hour.min(usage.cache_write);
        #[expect(clippy::cast_precision_loss, reason = "tokens are far below 2^53")]
        let cost = |tokens: u64, price: f64| tokens as f64 * price;
        cost(usage.input, self.input)
            + cost(usage.output, self.output)
            + cost(usage.cache_read, self.cache_read)
            + cost(usage.cache_write - hour, self.cache_write)
            + cost(hour, self.cache_write_hour.unwrap_or(self.cache_write))
    }

    /// The most that one token can cost which is read.
    pub fn dearest_read(&self) -> f64 {
        [self.input, self.cache_read, self.cache_write, self.cache_write_hour.unwrap_or(0.0)]
            .into_iter()
            .fold(0.0, f64::max)
    }
}

/// The prices of a model: of its very name, or of its name with a date or a bracket behind it.
pub fn prices_of(models: &[Model], name: &str) -> Option<Prices> {
    let fits = |model: &&Model| {
        name.strip_prefix(model.name.as_str()).is_some_and(|rest| {
            let date = rest.strip_prefix('-').is_some_and(|date| {
                let digits = date.bytes().filter(u8::is_ascii_digit).count();
                digits == 8 && date.bytes().all(|b| b.is_ascii_digit() || b == b'-')
            });
            rest.is_empty() || date || rest.starts_with('[')
        })
    };
    models.iter().find(fits).and_then(|model| model.prices)
}

/// Money of all of it in millionths of a dollar, rounded once; none where a model that took something has no known price.
pub fn money(models: &[Model], used: &BTreeMap<String, Usage>) -> Option<u64> {
    let mut all = 0.0;
    for (name, usage) in used.iter().filter(|(_, usage)| usage.tokens() > 0) {
        all += prices_of(models, name)?.of(usage);
    }
    Some(micro(all))
}

/// The same, without what has no price: never more than it was.
pub fn money_known(models: &[Model], used: &BTreeMap<String, Usage>) -> u64 {
    micro(used.iter().filter_map(|(name, usage)| Some(prices_of(models, name)?.of(usage))).sum())
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "held to what fits just before")]
pub(crate) fn micro(amount: f64) -> u64 {
    amount.round().clamp(0.0, 1e15) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn models() -> Vec<Model> {
        let prices =
            Prices { input: 5.0, output: 25.0, cache_read: 0.5, cache_write: 6.25, cache_write_hour: Some(10.0) };
        vec![Model { name: "big".to_owned(), prices: Some(prices) }, Model { name: "odd".to_owned(), prices: None }]
    }

    #[test]
    fn every_kind_has_its_price_and_the_sum_is_rounded_once() {
        let usage = Usage { input: 1000, output: 100, cache_read: 10_001, cache_write: 300, cache_write_hour: 100 };
        let used = BTreeMap::from([("big".to_owned(), usage)]);
        // 5000 + 2500 + 5000.5 + 200 * 6.25 + 100 * 10
        assert_eq!(money(&models(), &used), Some(14_751));
    }

    #[test]
    fn a_model_without_a_price_leaves_the_sum_unknown_and_one_that_took_nothing_does_not() {
        let usage = Usage { input: 1, ..Usage::default() };
        let mut used = BTreeMap::from([("big-20260101".to_owned(), usage), ("odd".to_owned(), Usage::default())]);
        assert_eq!(money(&models(), &used), Some(5));
        used.insert("odd".to_owned(), usage);
        assert_eq!(money(&models(), &used), None);
        assert_eq!(money_known(&models(), &used), 5);
    }

    #[test]
    fn a_name_with_a_date_or_a_bracket_is_the_same_model_and_a_longer_one_is_not() {
        for name in ["big", "big-20260101", "big-2026-01-01", "big[1m]"] {
            assert!(prices_of(&models(), name).is_some(), "{name}");
        }
        for name in ["bigger", "big-mini", "bi", "big-2026", ""] {
            assert!(prices_of(&models(), name).is_none(), "{name}");
        }
    }
}
