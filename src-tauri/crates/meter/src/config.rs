//! What a meter is told when it is started, and never again: whose it is, where it listens, where calls go, what tokens cost.
//! It holds a secret, and lies in a file for its owner only.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::usage::Prices;

/// How calls and answers are spelled.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Speaks {
    /// Anthropic's messages.
    Anthropic,
    /// OpenAI's responses.
    Responses,
}

/// A model and its prices, where those are known.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Model {
    /// As calls name it.
    pub name: String,
    /// What its tokens cost.
    #[serde(default)]
    pub prices: Option<Prices>,
}

/// Where it listens.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Placed {
    /// On a port of loopback that the system chooses; it is written into the program's words and variables in place of port 0.
    Loopback,
    /// At a socket, which the program's sandbox leads to.
    Socket {
        /// Which.
        path: PathBuf,
    },
}

/// All that one meter knows.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Config {
    /// Whose calls they are: the number of the run.
    pub run: u32,
    /// The first part of every path that is answered.
    pub secret: String,
    /// Where it listens.
    pub placed: Placed,
    /// Where calls go: scheme, host, and what stands before every path.
    pub upstream: String,
    /// How they are spelled.
    pub speaks: Speaks,
    /// Models and prices.
    pub models: Vec<Model>,
    /// The folder with one folder a run in it; an account lies in each.
    pub runs: PathBuf,
    /// What the office says of budgets; see [`crate::budget`].
    pub budgets: PathBuf,
    /// Held while one meter looks whether there is enough left, and takes it.
    pub lock: PathBuf,
    /// So long nothing may come from the model before that is said, in milliseconds.
    pub silence_ms: u64,
    /// The owner's own list of authorities, where there is one.
    #[serde(default)]
    pub certificates: Option<PathBuf>,
}
