//! What the office says of budgets, and whether another call may begin. The office writes one file whenever a budget, a run or a
//! figure changes; when no office is there, its last word counts. What is spent is that, and what the accounts of the runs that go
//! on show beyond it. A call begins while something is left that is not set aside for others: so a budget is overshot by one call
//! at most, however many desks share it.

use std::path::{Path, PathBuf};

use nix::fcntl::{Flock, FlockArg};
use serde::{Deserialize, Serialize};

use crate::MeterError;
use crate::account::{Account, place};
use crate::usage::Sum;

/// The file is never longer.
const LONGEST: u64 = 16 * 1024 * 1024;

/// A most, in any of three; none is no limit.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Limits {
    /// Millionths of a dollar.
    #[serde(default)]
    pub micro_dollars: Option<u64>,
    /// Tokens of all kinds.
    #[serde(default)]
    pub tokens: Option<u64>,
    /// Tokens that are read, without what the provider remembered.
    #[serde(default)]
    pub input: Option<u64>,
    /// Tokens that are written.
    #[serde(default)]
    pub output: Option<u64>,
}

impl Limits {
    /// Whether so much is all of it, or more; which, in words.
    pub fn reached(&self, sum: &Sum) -> Option<String> {
        let over = |limit: Option<u64>, is: u64| limit.filter(|limit| is >= *limit);
        if let Some(limit) = over(self.micro_dollars, sum.micro_dollars) {
            return Some(format!("{} of {}", dollars(sum.micro_dollars), dollars(limit)));
        }
        if let Some(limit) = over(self.tokens, sum.tokens) {
            return Some(format!("{} of {limit} tokens", sum.tokens));
        }
        if let Some(limit) = over(self.input, sum.input) {
            return Some(format!("{} of {limit} tokens of input", sum.input));
        }
        over(self.output, sum.output).map(|limit| format!("{} of {limit} tokens of output", sum.output))
    }
}

/// Money as people write it: small sums to a hundredth of a cent.
pub fn dollars(micro: u64) -> String {
    if micro < 100_000 && !micro.is_multiple_of(10_000) {
        return format!("$0.{:04}", micro.div_ceil(100));
    }
    let cents = micro.div_ceil(10_000);
    format!("${}.{:02}", cents / 100, cents % 100)
}

/// A run that goes on, and how much of it the office has counted.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Counted {
    /// Its number.
    pub run: u32,
    /// So much of it is in what is known.
    #[serde(default)]
    pub sum: Sum,
}

/// A budget, and what it is held against.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Budget {
    /// Which, for the office.
    pub key: String,
    /// Whose, for people: "desk ada".
    pub of: String,
    /// What raises it.
    pub way_out: String,
    /// The most.
    pub limits: Limits,
    /// What the office knows was spent.
    pub known: Sum,
    /// Runs in it that go on and have a meter.
    pub runs: Vec<Counted>,
}

/// All budgets.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Budgets {
    /// Each.
    pub budgets: Vec<Budget>,
}

/// Whether a call may begin.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum May {
    /// It may, and what it may come to is set aside.
    Begin,
    /// What is left is set aside for calls in flight; ask again.
    Wait,
    /// A budget is spent, or nobody knows what it would cost.
    Not {
        /// The budget's key; empty where budgets could not be read.
        key: String,
        /// In words, with the way out.
        why: String,
    },
}

impl Budgets {
    /// What the office wrote last.
    ///
    /// # Errors
    /// When it is not there or cannot be read: then nobody knows what is allowed.
    pub fn load(path: &Path) -> Result<Self, MeterError> {
        let wrong = |error: String| MeterError::File { path: path.display().to_string(), error };
        let bytes = crate::start::read_small(path, LONGEST).map_err(|error| wrong(error.to_string()))?;
        serde_json::from_slice(&bytes).map_err(|error| wrong(error.to_string()))
    }

    /// Whether run `own` may begin a call. Its own account is handed in; those of others are read.
    fn may(&self, own: u32, account: &Account, priced: bool, runs: &Path) -> Result<May, MeterError> {
        for budget in self.budgets.iter().filter(|budget| budget.runs.iter().any(|it| it.run == own)) {
            if budget.limits.micro_dollars.is_some() && !priced {
                let why = format!(
                    "{} has a budget in money, and the office knows no price of this model: add it to the engine's file, or \
                     set the budget in tokens. {}",
                    budget.of, budget.way_out
                );
                return Ok(May::Not { key: budget.key.clone(), why });
            }
            let (mut spent, mut aside) = (budget.known, Sum::default());
            for it in &budget.runs {
                let theirs = if it.run == own { None } else { Some(Account::load(&place(runs, it.run))?) };
                let theirs = theirs.as_ref().unwrap_or(account);
                spent += theirs.sum().beyond(&it.sum);
                aside += theirs.set_aside();
            }
            if let Some(how_far) = budget.limits.reached(&spent) {
                let why = format!("the budget of {} is spent: {how_far}. {}", budget.of, budget.way_out);
                return Ok(May::Not { key: budget.key.clone(), why });
            }
            spent += aside;
            if budget.limits.reached(&spent).is_some() {
                return Ok(May::Wait);
            }
        }
        Ok(May::Begin)
    }
}

/// Where budgets and accounts lie.
#[derive(Clone, Debug)]
pub struct Places {
    /// The office's file.
    pub budgets: PathBuf,
    /// Held while looking and taking.
    pub lock: PathBuf,
    /// The folder of the runs.
    pub runs: PathBuf,
}

/// Looks whether run `own` may begin a call, and if so has `take` write down in its account that it does, while no other meter of
/// the office looks. Waits for the lock: not for an async task.
///
/// # Errors
/// When nobody knows what is allowed, or it could not be written down; then it does not begin.
pub fn begin(
    places: &Places,
    own: u32,
    account: &mut Account,
    priced: bool,
    take: impl FnOnce(&mut Account) -> Result<(), MeterError>,
) -> Result<May, MeterError> {
    let wrong = |path: &Path, error: String| MeterError::File { path: path.display().to_string(), error };
    let mut options = std::fs::OpenOptions::new();
    let file = options.create(true).truncate(false).write(true).open(&places.lock);
    let file = file.map_err(|error| wrong(&places.lock, error.to_string()))?;
    let _alone =
        Flock::lock(file, FlockArg::LockExclusive).map_err(|(_, error)| wrong(&places.lock, error.to_string()))?;
    let may = Budgets::load(&places.budgets)?.may(own, account, priced, &places.runs)?;
    if may == May::Begin {
        take(account)?;
    }
    Ok(may)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::usage::Usage;
    use proptest::prelude::*;

    struct Office {
        root: tempfile::TempDir,
        accounts: Vec<Account>,
    }

    impl Office {
        fn new(runs: u32) -> Self {
            let root = tempfile::tempdir().unwrap();
            for run in 0..runs {
                std::fs::create_dir(root.path().join(run.to_string())).unwrap();
            }
            Self { root, accounts: vec![Account::default(); runs as usize] }
        }

        fn places(&self) -> Places {
            let at = self.root.path();
            Places { budgets: at.join("budgets.json"), lock: at.join("lock"), runs: at.to_owned() }
        }

        fn says(&self, limits: Limits, known: Sum, counted: &[Sum]) {
            let runs = counted.iter().enumerate().map(|(run, sum)| Counted { run: run as u32, sum: *sum }).collect();
            let budget = Budget {
                key: "office".to_owned(),
                of: "the office".to_owned(),
                way_out: "raise it".to_owned(),
                limits,
                known,
                runs,
            };
            let text = serde_json::to_vec(&Budgets { budgets: vec![budget] }).unwrap();
            crate::account::replace(&self.places().budgets, &text).unwrap();
        }

        fn begins(&mut self, run: u32, call: u64, most: Sum) -> May {
            let (places, path) = (self.places(), place(self.root.path(), run));
            let account = &mut self.accounts[run as usize];
            begin(&places, run, account, true, |account| {
                account.reserved.insert(call, most);
                account.save(&path)
            })
            .unwrap()
        }

        fn ends(&mut self, run: u32, call: u64, output: u64) {
            let account = &mut self.accounts[run as usize];
            account.reserved.remove(&call);
            account.add(&[], "m", Usage { output, ..Usage::default() });
            account.save(&place(self.root.path(), run)).unwrap();
        }
    }

    fn tokens(tokens: u64) -> Sum {
        Sum { tokens, output: tokens, ..Sum::default() }
    }

    #[test]
    fn a_spent_budget_lets_no_call_begin_and_says_how_to_raise_it() {
        let mut office = Office::new(2);
        let limits = Limits { tokens: Some(100), ..Limits::default() };
        office.says(limits, tokens(90), &[Sum::default(), Sum::default()]);
        assert_eq!(office.begins(0, 1, tokens(50)), May::Begin);
        // The rest is set aside for that one.
        assert_eq!(office.begins(1, 1, tokens(50)), May::Wait);
        office.ends(0, 1, 4);
        assert_eq!(office.begins(1, 1, tokens(50)), May::Begin);
        office.ends(1, 1, 40);
        let May::Not { key, why } = office.begins(0, 2, tokens(1)) else { panic!("it began") };
        assert_eq!(
            (key.as_str(), why.as_str()),
            ("office", "the budget of the office is spent: 134 of 100 tokens. raise it")
        );
        office.says(Limits { tokens: Some(200), ..limits }, tokens(90), &[Sum::default(), Sum::default()]);
        assert_eq!(office.begins(0, 2, tokens(1)), May::Begin);
    }

    #[test]
    fn what_the_office_has_counted_already_does_not_count_twice() {
        let mut office = Office::new(1);
        office.says(Limits { tokens: Some(100), ..Limits::default() }, Sum::default(), &[Sum::default()]);
        assert_eq!(office.begins(0, 1, tokens(9)), May::Begin);
        office.ends(0, 1, 60);
        office.says(Limits { tokens: Some(100), ..Limits::default() }, tokens(60), &[tokens(60)]);
        assert_eq!(office.begins(0, 2, tokens(9)), May::Begin);
    }

    #[test]
    fn nobody_begins_where_nobody_knows() {
        let office = Office::new(2);
        let mut account = Account::default();
        let places = office.places();
        let mut tries = || begin(&places, 0, &mut account, true, |_| Ok(()));
        assert!(tries().is_err(), "no budgets were written");
        std::fs::write(&places.budgets, "{").unwrap();
        assert!(tries().is_err(), "budgets that do not read");
        office.says(
            Limits { tokens: Some(100), ..Limits::default() },
            Sum::default(),
            &[Sum::default(), Sum::default()],
        );
        assert_eq!(tries().unwrap(), May::Begin);
        std::fs::write(place(office.root.path(), 1), "no account").unwrap();
        assert!(tries().is_err(), "another's account does not read");
        assert_eq!(office.accounts.len(), 2);
        office.says(Limits { micro_dollars: Some(1), ..Limits::default() }, Sum::default(), &[Sum::default()]);
        let May::Not { why, .. } = begin(&places, 0, &mut account, false, |_| Ok(())).unwrap() else { panic!("began") };
        assert!(why.contains("no price"), "{why}");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        /// However calls of several desks interleave, what is spent passes the limit by one call at most.
        #[test]
        fn one_call_more_than_the_budget_at_most(
            limit in 1_u64..400,
            steps in proptest::collection::vec((0_u32..12, 1_u64..120, 0_u64..120), 1..60),
        ) {
            let mut office = Office::new(12);
            office.says(Limits { tokens: Some(limit), ..Limits::default() }, Sum::default(), &[Sum::default(); 12]);
            let mut flying: Vec<(u32, u64, u64)> = Vec::new();
            let mut greatest = 0;
            for (call, (run, most, took)) in steps.into_iter().enumerate() {
                if took % 3 == 0 && !flying.is_empty() {
                    let (run, call, took) = flying.remove(0);
                    office.ends(run, call, took);
                }
                if office.begins(run, call as u64, tokens(most)) == May::Begin {
                    greatest = greatest.max(most);
                    flying.push((run, call as u64, took.min(most)));
                }
            }
            for (run, call, took) in flying {
                office.ends(run, call, took);
            }
            let spent: u64 = office.accounts.iter().map(|account| account.sum().tokens).sum();
            prop_assert!(spent < limit + greatest.max(1), "{spent} of {limit}, one call {greatest}");
        }
    }

    #[test]
    fn money_is_written_as_people_write_it() {
        for (micro, text) in [
            (0, "$0.00"),
            (5_000_000, "$5.00"),
            (1_234_567, "$1.24"),
            (12_345, "$0.0124"),
            (990_000, "$0.99"),
            (999_999, "$1.00"),
        ] {
            assert_eq!(dollars(micro), text);
        }
    }
}
