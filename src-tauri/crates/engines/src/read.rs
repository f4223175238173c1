//! What agent CLIs say, read: bytes in, meaning out. One file per engine; what comes of it all together is in `estimate.rs`.
//! Whatever is not understood means nothing, and is counted by whoever asks.

mod claude;
mod codex;
mod gemini;
mod opencode;
mod title;

use office_core::DeskState;
use serde::Deserialize;
use serde_json::Value;

pub use self::title::{TitleReader, state_of_title};

/// Which reader understands an engine.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reader {
    /// Claude Code.
    Claude,
    /// Codex.
    Codex,
    /// OpenCode.
    Opencode,
    /// Gemini CLI.
    Gemini,
}

/// Where a signal comes from, most trusted first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Source {
    /// Its process ended.
    Exit,
    /// A structured protocol or event stream.
    Protocol,
    /// A hook.
    Hook,
    /// Its transcript.
    Transcript,
    /// Its terminal's title, or another sequence meant for the terminal.
    Title,
    /// What stands on its screen.
    Screen,
    /// Nothing was heard.
    Silence,
}

/// One thing that an engine let be known.
#[derive(Clone, PartialEq, Debug)]
pub struct Signal {
    /// Where from.
    pub source: Source,
    /// In which conversation, where it says.
    pub session: Option<String>,
    /// The subagent it is about; such a signal is no signal of the desk's own agent.
    pub agent: Option<String>,
    /// What.
    pub what: What,
    /// In a few words, for people: "hook PreToolUse: Bash".
    pub evidence: String,
}

/// See [`Signal`].
#[derive(Clone, PartialEq, Debug)]
pub enum What {
    /// A conversation began or was taken up.
    SessionBegan,
    /// The conversation ended for good; clearing and resuming are no end.
    SessionEnded,
    /// A prompt was taken.
    PromptAccepted,
    /// It thinks or writes.
    Active,
    /// A tool runs.
    ToolStarted {
        /// The engine's number of the call.
        id: String,
        /// Which tool.
        name: String,
    },
    /// A tool came to an end.
    ToolFinished {
        /// The engine's number of the call.
        id: String,
        /// Whether it failed.
        failed: bool,
    },
    /// It waits for an answer to this very call.
    Waits {
        /// The engine's number of the call, where it says.
        id: String,
        /// For what, in words.
        what: String,
        /// What may be answered, where it says.
        options: Vec<String>,
    },
    /// What it waited for was answered, or is no longer asked.
    Answered {
        /// As it was asked.
        id: String,
    },
    /// Its turn is over.
    TurnEnded,
    /// Its turn came to nothing.
    TurnFailed {
        /// Why.
        why: String,
    },
    /// It says what state it is in.
    Says(DeskState),
    /// Tokens and money.
    Spent(Spent),
    /// How full its context is, in tokens.
    Context {
        /// In it now.
        used: u64,
        /// What fits in.
        size: u64,
    },
    /// A usage limit.
    Limited {
        /// When it ends, in seconds since 1970, where it says; never guessed.
        until: Option<i64>,
    },
    /// The limit it is at, or is about to meet, ends then, in seconds since 1970.
    LimitEnds(i64),
    /// It tries again after an error.
    Retries {
        /// The status it was answered, where it says.
        status: Option<u16>,
    },
    /// It wants a login.
    LoginNeeded,
    /// It tidies its memory; silence then means nothing.
    Compacts(bool),
    /// A subagent came or went.
    Subagent {
        /// Which.
        id: String,
        /// Whether it came.
        came: bool,
    },
}

/// Tokens by kind, and money where it is said.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Spent {
    /// What it is counted for (a message), so that saying it twice counts once; none where the figures are of the whole process.
    pub message: Option<String>,
    /// The model.
    pub model: Option<String>,
    /// Read, and not from the provider's memory.
    pub input: u64,
    /// Written.
    pub output: u64,
    /// Read from the provider's memory.
    pub cache_read: u64,
    /// Put into it.
    pub cache_write: u64,
    /// Dollars.
    pub dollars: Option<f64>,
}

impl Reader {
    /// Reads one payload that a hook was given.
    pub fn hook(self, payload: &Value) -> Vec<Signal> {
        match self {
            Self::Claude => claude::hook(payload),
            Self::Codex => codex::hook(payload),
            // Its plugin writes down events of its server.
            Self::Opencode => opencode::event(Source::Protocol, payload),
            Self::Gemini => gemini::hook(payload),
        }
    }

    /// Reads one line of the transcript that the engine keeps by itself.
    pub fn transcript(self, line: &Value) -> Vec<Signal> {
        match self {
            Self::Codex => codex::transcript(line),
            Self::Gemini => gemini::transcript(line),
            other => other.event(Source::Transcript, line),
        }
    }

    /// Reads one line that the engine printed or wrote into its transcript.
    pub fn line(self, source: Source, line: &[u8]) -> Vec<Signal> {
        serde_json::from_slice::<Value>(line).map(|value| self.event(source, &value)).unwrap_or_default()
    }

    fn event(self, source: Source, value: &Value) -> Vec<Signal> {
        match self {
            Self::Claude => claude::event(source, value),
            Self::Codex => codex::event(source, value),
            Self::Opencode => opencode::event(source, value),
            Self::Gemini => gemini::event(source, value),
        }
    }
}

/// A text of a JSON object, or nothing.
fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn some(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

fn number(value: &Value, name: &str) -> u64 {
    value.get(name).and_then(Value::as_u64).unwrap_or_default()
}

/// At most so many characters of what a stranger says.
fn short(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(200).collect()
}
