//! A run's account: what its calls took, what is set aside for calls in flight, what went wrong last. One small file, written by
//! its meter alone and whole each time; the office and other meters read it.

use std::collections::BTreeMap;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::MeterError;
use crate::config::Model;
use crate::usage::{Sum, Usage, money, money_known};

/// The name of the file in a run's folder.
pub const FILE: &str = "meter.json";
/// An account is never longer.
const LONGEST: u64 = 1024 * 1024;

/// What may go wrong between a program and its model.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TroubleKind {
    /// Too many calls, or a limit of the account: 429.
    Limited,
    /// The server has too much to do: 529, 503 and their like.
    Overloaded,
    /// It wants another login: 401, 403.
    Login,
    /// It refused the call.
    Refused,
    /// It could not be reached, or its answer broke off.
    Unreachable,
    /// It could not show that it is who it is said to be; nothing was sent.
    Untrusted,
    /// Nothing has come from it for a while.
    Silent,
}

/// The last call's trouble; gone with the next answer that is as it should be.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Trouble {
    /// What.
    pub kind: TroubleKind,
    /// The status of the answer, where there was one.
    pub status: Option<u16>,
    /// Since when, in milliseconds since 1970.
    pub since: i64,
    /// When it ends, in seconds since 1970, where the server said so.
    pub until: Option<i64>,
}

impl Trouble {
    /// In words.
    pub fn words(&self) -> String {
        let what = match self.kind {
            TroubleKind::Limited => "the model's server allows no more calls for now",
            TroubleKind::Overloaded => "the model's server has too much to do",
            TroubleKind::Login => "the model's server wants another login",
            TroubleKind::Refused => "the model's server refused the call",
            TroubleKind::Unreachable => "the model's server cannot be reached",
            TroubleKind::Untrusted => "the model's server shows a certificate that this system does not trust",
            TroubleKind::Silent => "nothing has come from the model for a while",
        };
        self.status.map_or_else(|| what.to_owned(), |status| format!("{what} ({status})"))
    }
}

/// A call that was not let through.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Denied {
    /// When last, in milliseconds since 1970.
    pub at: i64,
    /// How many so far.
    pub times: u64,
    /// The key of the budget, as the office wrote it.
    pub key: String,
    /// Why, in words.
    pub why: String,
}

/// All that is known of a run's calls.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Account {
    /// Tokens by kind, by model.
    pub used: BTreeMap<String, Usage>,
    /// Their money in millionths of a dollar; none where a model has no known price.
    pub micro_dollars: Option<u64>,
    /// The same, without what has no price.
    #[serde(default)]
    pub micro_dollars_known: u64,
    /// Calls that were answered.
    pub calls: u64,
    /// Of those, how many whose figures are a guess, since their answer broke off or could not be read.
    #[serde(default)]
    pub guessed: u64,
    /// The most that calls in flight may still come to.
    #[serde(default)]
    pub reserved: BTreeMap<u64, Sum>,
    /// The model that answered last, when it was not in the background.
    #[serde(default)]
    pub model: Option<String>,
    /// See [`Trouble`].
    #[serde(default)]
    pub trouble: Option<Trouble>,
    /// See [`Denied`].
    #[serde(default)]
    pub denied: Option<Denied>,
}

impl Account {
    /// The account in a file; an empty one where there is none yet.
    ///
    /// # Errors
    /// When it is there and cannot be read: then nobody knows what was spent.
    pub fn load(path: &Path) -> Result<Self, MeterError> {
        let wrong = |error: String| MeterError::File { path: path.display().to_string(), error };
        match crate::start::read_small(path, LONGEST) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(|error| wrong(error.to_string())),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(wrong(error.to_string())),
        }
    }

    /// Writes it down, so that whoever reads finds this or what was there before.
    ///
    /// # Errors
    /// When the disk does not take it.
    pub fn save(&self, path: &Path) -> Result<(), MeterError> {
        let wrong = |error: String| MeterError::File { path: path.display().to_string(), error };
        let bytes = serde_json::to_vec(self).map_err(|error| wrong(error.to_string()))?;
        replace(path, &bytes).map_err(|error| wrong(error.to_string()))
    }

    /// Adds what a call took.
    pub fn add(&mut self, models: &[Model], model: &str, usage: Usage) {
        *self.used.entry(model.to_owned()).or_default() += usage;
        self.micro_dollars = money(models, &self.used);
        self.micro_dollars_known = money_known(models, &self.used);
    }

    /// All models' tokens.
    pub fn total(&self) -> Usage {
        let mut all = Usage::default();
        self.used.values().for_each(|usage| all += *usage);
        all
    }

    /// As budgets count it, without what is set aside.
    pub fn sum(&self) -> Sum {
        let all = self.total();
        Sum {
            micro_dollars: self.micro_dollars_known,
            tokens: all.tokens(),
            input: all.input.saturating_add(all.cache_write),
            output: all.output,
        }
    }

    /// What is set aside.
    pub fn set_aside(&self) -> Sum {
        let mut all = Sum::default();
        self.reserved.values().for_each(|sum| all += *sum);
        all
    }
}

/// Where the account of a run lies.
pub fn place(runs: &Path, run: u32) -> PathBuf {
    runs.join(run.to_string()).join(FILE)
}

/// Puts a file in the place of another, for its owner only.
///
/// # Errors
/// As the system says.
pub fn replace(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let beside = path.with_extension("new");
    let mut options = std::fs::OpenOptions::new();
    let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(&beside)?;
    file.write_all(bytes)?;
    drop(file);
    std::fs::rename(&beside, path)
}
