//! The parts of an engine file that only agent CLIs have: version, login, gate, files, input, titles, usage, proxy.
//! They are data; what is done by them is in `plan.rs` and `read/`.

use std::collections::BTreeMap;

use office_core::DeskState;
use serde::Deserialize;

/// How the version is asked for; it is the first word of the answer that begins with a digit (after an optional `v`).
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VersionProbe {
    /// The program's arguments.
    pub args: Vec<String>,
    /// Older than this it is not started.
    #[serde(default)]
    pub oldest: Option<String>,
}

impl VersionProbe {
    /// The version in what the program printed.
    pub fn read(printed: &str) -> Option<&str> {
        let words = printed.split(|c: char| c.is_whitespace() || matches!(c, '(' | ')' | ','));
        words.map(|word| word.strip_prefix('v').unwrap_or(word)).find(|word| {
            let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '+' | '_');
            word.starts_with(|c: char| c.is_ascii_digit())
                && word.contains('.')
                && word.len() <= 40
                && word.chars().all(plain)
        })
    }
}

/// A login: how it shows, how to get it, and what of it a desk is lent.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Login {
    /// Any of these variables of the owner's is a login.
    #[serde(default)]
    pub environment: Vec<String>,
    /// Lent to a desk: one file, copied for reading; never the owner's whole directory.
    #[serde(default)]
    pub lend: Option<Lend>,
    /// Where in that file, which is JSON then, a token is; any of these is a login. None: the file itself is one.
    #[serde(default)]
    pub kept: Vec<Kept>,
    /// Whether macOS keeps it in the keychain instead.
    #[serde(default)]
    pub keychain: bool,
    /// What to do when there is none.
    pub hint: String,
}

/// Where a token is kept: names of members, one within the other, with dots between; `*` is any name.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kept {
    /// The token itself.
    pub token: String,
    /// When it ends, in milliseconds since 1970. Where that is not said beside it, a signed token says it itself.
    #[serde(default)]
    pub ends: Option<String>,
    /// What the engine renews it with by itself.
    #[serde(default)]
    pub renewed_by: Option<String>,
}

/// One file of the owner's that a desk may read.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lend {
    /// Where the owner has it; `~` is the owner's home.
    pub from: String,
    /// Where the desk finds it, below the run's directory.
    pub to: String,
}

/// Who asks the owner before a risky action.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Asks {
    /// A request of its protocol.
    Protocol,
    /// A hook that holds.
    Hook,
    /// A dialog on its screen, which only a person may answer.
    Screen,
    /// Nobody: it does what it wants.
    #[default]
    None,
}

/// How risky actions are held.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gate {
    /// By what.
    pub asks: Asks,
    /// Whether an action is denied when whoever should ask is late, gone or broken. Only such an engine works unattended.
    #[serde(default)]
    pub hard: bool,
    /// How long an action is held, in seconds, before it is denied; shorter than what the engine itself waits.
    #[serde(default)]
    pub hold_seconds: Option<u32>,
}

/// A file that is written before the engine starts.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WrittenFile {
    /// Below the run's directory.
    pub path: String,
    /// Its content, with placeholders. `{json.NAME}` is a JSON (and TOML) string, with its quotes.
    pub text: String,
}

/// How text reaches it while it runs.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// By what.
    pub by: InputBy,
    /// Between the text and Enter, in milliseconds; some lose an Enter that comes at once.
    #[serde(default)]
    pub enter_after_ms: u32,
    /// Whether it says, by a signal of its own, that it took a prompt.
    #[serde(default)]
    pub confirmed: bool,
    /// By a file: which, below the run's directory.
    #[serde(default)]
    pub file: Option<String>,
    /// Whether its status line says that its input line stands, which may be later than its session begins: a paste before is lost.
    #[serde(default)]
    pub drawn: bool,
}

/// See [`Input`].
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InputBy {
    /// A bracketed paste and Enter.
    Paste,
    /// A file that a plugin of ours takes away and hands to it: no key is pressed.
    File,
    /// A line of JSON on standard input.
    StdinJson,
    /// It takes none: a new run instead.
    Nothing,
}

/// What its terminal's title says. Exactly one of `starts` and `holds`.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TitleRule {
    /// Any of these letters begins the title.
    #[serde(default)]
    pub starts: Vec<String>,
    /// Any of these is in it.
    #[serde(default)]
    pub holds: Vec<String>,
    /// The state it then is in.
    #[serde(deserialize_with = "state")]
    pub state: DeskState,
}

fn state<'de, D: serde::Deserializer<'de>>(from: D) -> Result<DeskState, D::Error> {
    let word = String::deserialize(from)?;
    let found = DeskState::ALL.iter().copied().find(|state| state.as_str() == word);
    found.ok_or_else(|| serde::de::Error::custom(format!("'{word}' is no desk state; docs/GLOSSARY.md lists them")))
}

/// What it says of tokens and money.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Usage {
    /// Whether it counts tokens.
    #[serde(default)]
    pub tokens: bool,
    /// Whether it knows the money.
    #[serde(default)]
    pub money: Money,
}

/// Where the money of a turn is known from.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Money {
    /// It says it.
    Reported,
    /// Tokens times the prices of its model, where those are known.
    Prices,
    /// Nobody knows.
    #[default]
    Unknown,
}

/// A model.
#[derive(Clone, PartialEq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// As the engine names it.
    pub name: String,
    /// How many tokens fit in.
    pub context: u32,
    /// Prices, where known.
    #[serde(default)]
    pub prices: Option<Prices>,
}

/// Dollars for a million tokens.
#[derive(Clone, Copy, PartialEq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prices {
    /// Read.
    pub input: f64,
    /// Written.
    pub output: f64,
    /// Read from the provider's memory.
    pub cache_read: f64,
    /// Put into it.
    pub cache_write: f64,
    /// Put into it for an hour, where that costs more.
    #[serde(default)]
    pub cache_write_hour: Option<f64>,
}

/// How calls to the model go through a server on this machine instead of straight to the provider.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proxy {
    /// Variables, with `{base_url}`.
    #[serde(default)]
    pub set: BTreeMap<String, String>,
    /// Arguments, with `{base_url}`; they stand where an argument list says `{proxy}`.
    #[serde(default)]
    pub args: Vec<String>,
    /// How its calls are spelled, where the office's meter can read them.
    #[serde(default)]
    pub speaks: Option<Speaks>,
    /// Where its calls go when nobody says otherwise.
    #[serde(default)]
    pub upstream: Option<String>,
    /// The owner's variable that says otherwise.
    #[serde(default)]
    pub upstream_from: Option<String>,
    /// Only with a login by one of these variables; other logins were not seen to work at another address.
    #[serde(default)]
    pub with: Vec<String>,
    /// Not where a login is lent: the program takes that before any variable, and it is billed otherwise.
    #[serde(default)]
    pub unless_lent: bool,
}

/// How calls to a model are spelled.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Speaks {
    /// Anthropic's messages.
    Anthropic,
    /// OpenAI's responses.
    Responses,
}
