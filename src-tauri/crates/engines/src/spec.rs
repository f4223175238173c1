//! An engine as its file says: program, launch, prompt, files, signals. Errors carry the file and the line. What the parts
//! that only agent CLIs have look like is in `spec/agent.rs`; which files come with the product is in `shipped.rs`.

mod agent;

use std::collections::BTreeMap;

use office_core::{DeskState, EngineName};
use serde::Deserialize;

use crate::plan::LaunchPlan;
use crate::wrapper::{Inner, WrapperSpec};

pub use self::agent::{
    Asks, Gate, Input, InputBy, Kept, Lend, Login, Model, Money, Prices, Proxy, Speaks, TitleRule, Usage, VersionProbe,
    WrittenFile,
};

/// What is wrong with an engine, its file, or a launch.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EngineError {
    /// The file does not read.
    #[error("{file}: {message}")]
    File {
        /// Its name.
        file: String,
        /// What and on which line.
        message: String,
    },
    /// A placeholder is unknown.
    #[error("{engine}: there is no placeholder {{{placeholder}}}; there are: {known}")]
    Placeholder {
        /// Which engine, or its file and line.
        engine: String,
        /// Which placeholder.
        placeholder: String,
        /// The ones there are.
        known: String,
    },
    /// The desk brings no command line, or one that cannot be split into words.
    #[error("engine '{engine}' needs a command line: {why}")]
    Command {
        /// Which engine.
        engine: EngineName,
        /// What is wrong with it.
        why: String,
    },
    /// The engine has no such way of being started.
    #[error("engine '{engine}' cannot {what}: its file does not say how")]
    Cannot {
        /// Which engine.
        engine: EngineName,
        /// What was wanted of it.
        what: String,
    },
    /// The task holds nothing this engine could run.
    #[error("{why}")]
    NoScript {
        /// What to add.
        why: String,
    },
}

/// How the engine is connected to the office.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Connect {
    /// In a pseudo-terminal, which people can look at and type into.
    Pty,
    /// By pipes that carry a protocol.
    Pipes,
}

/// Where the office learns from what the engine is doing, in the order in which they are trusted.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignalSource {
    /// Its process ends.
    Exit,
    /// It uses the office's own tools (`office task done`...).
    Office,
    /// A structured protocol over its pipes.
    Protocol,
    /// Its hooks.
    Hooks,
    /// Its transcript on disk.
    Transcript,
    /// Its terminal's title and screen.
    Screen,
}

/// How a task reaches the engine.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Prompt {
    /// The task's `sh` blocks, as a script file.
    Script,
    /// The briefing, as a file.
    File,
    /// The briefing, as one argument; one that is too long for that, as a file that the argument names.
    Argument,
    /// The briefing, pasted into its terminal once it is ready.
    Paste,
    /// The briefing, as a message of its protocol on standard input.
    Stdin,
}

/// How the engine is started on a task.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaskLaunch {
    /// How the task reaches it.
    pub prompt: Prompt,
    /// Program and arguments, with placeholders.
    pub argv: Vec<String>,
}

/// How the engine is started without a task, or again on a conversation it had.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SessionLaunch {
    /// Program and arguments, with placeholders.
    pub argv: Vec<String>,
}

/// An engine, as its file says.
#[derive(Clone, PartialEq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EngineSpec {
    /// Its name: the file's stem.
    #[serde(skip, default = "unnamed")]
    pub name: EngineName,
    /// How people call it.
    pub title: String,
    /// The program to look for on the path; none where the desk brings the command line.
    #[serde(default)]
    pub program: Option<String>,
    /// What to install when it is missing.
    pub install: String,
    /// Whether a desk must bring its own command line.
    #[serde(default)]
    pub needs_command: bool,
    /// Whether its process ends with the task.
    pub one_shot: bool,
    /// How it is connected.
    pub connect: Connect,
    /// Where the office learns from what it is doing.
    pub signals: Vec<SignalSource>,
    /// Desk states it can report; others are never shown for it.
    #[serde(deserialize_with = "states")]
    pub reports: Vec<DeskState>,
    /// Names of environment variables of the owner's that it may see.
    #[serde(default)]
    pub environment: Vec<String>,
    /// Hosts its own calls go to; a desk in a sandbox reaches these.
    #[serde(default)]
    pub reach: Vec<String>,
    /// Arguments that switch its own sandbox off; they stand where an argument list says `{inside}`, for a desk that is in the office's
    /// own: one cannot be made inside the other.
    #[serde(default)]
    pub inside: Vec<String>,
    /// Versions the tests ran it in; none means it was never tried.
    #[serde(default)]
    pub tried: Vec<String>,
    /// Further places to look for the program; `~` is the owner's home.
    #[serde(default)]
    pub places: Vec<String>,
    /// Which reader understands its hooks, events and transcript (see `read`).
    #[serde(default)]
    pub reader: Option<crate::read::Reader>,
    /// How its version is asked for.
    #[serde(default)]
    pub version: Option<VersionProbe>,
    /// How it shows that it is logged in, and what of the login a desk is lent.
    #[serde(default)]
    pub login: Option<Login>,
    /// How risky actions are held.
    #[serde(default)]
    pub gate: Gate,
    /// Variables that are set for it, with placeholders.
    #[serde(default)]
    pub set: BTreeMap<String, String>,
    /// Files written before it starts, below the run's own directory.
    #[serde(default, rename = "file")]
    pub files: Vec<WrittenFile>,
    /// How text reaches it while it runs.
    #[serde(default)]
    pub input: Option<Input>,
    /// What its terminal's title says.
    #[serde(default, rename = "title_says")]
    pub titles: Vec<TitleRule>,
    /// What it says of tokens and money.
    #[serde(default)]
    pub usage: Usage,
    /// Words that name the model, after the program; `{model}` is replaced. None where it takes none.
    #[serde(default)]
    pub with_model: Vec<String>,
    /// Models with their context and prices, where known.
    #[serde(default, rename = "model")]
    pub models: Vec<Model>,
    /// How its calls go through a server of ours.
    #[serde(default)]
    pub proxy: Option<Proxy>,
    /// Where it runs, if not here: `wrapper` names the tool it is started through, the rest is what that needs to know.
    #[serde(default)]
    pub through: Option<BTreeMap<String, String>>,
    /// That tool, once it was found.
    #[serde(skip)]
    pub wrapper: Option<WrapperSpec>,
    /// How it is proven that it denies what nobody allowed.
    #[serde(default)]
    pub self_test: Option<crate::canary::SelfTest>,
    /// Started on a task.
    pub task: TaskLaunch,
    /// Started without one.
    pub session: SessionLaunch,
    /// Started again on the conversation `{session}`.
    #[serde(default)]
    pub resume: Option<SessionLaunch>,
    /// Folders below the run's own that hold its conversations: what another run needs to go on with one, and no more.
    #[serde(default)]
    pub keeps: Vec<String>,
    /// Started on one prompt without a terminal, printing events; it ends by itself.
    #[serde(default)]
    pub headless: Option<SessionLaunch>,
}

fn unnamed() -> EngineName {
    EngineName(String::new())
}

fn states<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Vec<DeskState>, D::Error> {
    let words = Vec::<String>::deserialize(from)?;
    let find = |word: String| {
        let state = DeskState::ALL.iter().copied().find(|state| state.as_str() == word);
        state.ok_or_else(|| serde::de::Error::custom(format!("'{word}' is no desk state; docs/GLOSSARY.md lists them")))
    };
    words.into_iter().map(find).collect()
}

impl EngineSpec {
    /// Reads the text of `file`, named `<engine>.toml`. The error says the line.
    pub fn parse(file: &str, text: &str) -> Result<Self, EngineError> {
        let wrong = |message: String| EngineError::File { file: file.to_owned(), message };
        let mut spec: Self = toml::from_str(text).map_err(|error| wrong(error.to_string().trim_end().to_owned()))?;
        let stem = file.rsplit('/').next().and_then(|name| name.strip_suffix(".toml")).unwrap_or_default();
        if stem.is_empty() || !stem.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_') {
            return Err(wrong("name the file <engine>.toml, of letters, digits, '-' and '_'".to_owned()));
        }
        spec.name = EngineName(stem.to_owned());
        if spec.program.is_none() && !spec.needs_command {
            return Err(wrong("say `program = \"...\"`, or `needs_command = true`".to_owned()));
        }
        spec.check_sense().map_err(wrong)?;
        // What is filled in later is looked at now, so that a slip of the pen shows before a desk is hired.
        crate::plan::check_placeholders(&spec).map_err(|error| match error {
            EngineError::Placeholder { placeholder, known, .. } => {
                let mark = format!("{{{placeholder}}}");
                let line = text.lines().position(|line| line.contains(&mark)).map_or(1, |at| at + 1);
                EngineError::Placeholder { engine: format!("{file}: line {line}"), placeholder, known }
            }
            other => other,
        })?;
        Ok(spec)
    }

    /// The program to look for here: its own, or that of the tool it is started through.
    pub fn program_here(&self) -> Option<&str> {
        self.wrapper.as_ref().map(|tool| tool.program.as_str()).or(self.program.as_deref())
    }

    /// Takes the tool it is started through from those there are, if its file names one.
    ///
    /// # Errors
    /// When there is none of that name, or something is missing that it needs to know.
    pub fn find_wrapper(&mut self, tools: &[WrapperSpec]) -> Result<(), EngineError> {
        let Some(said) = &self.through else { return Ok(()) };
        let wrong = |message: String| EngineError::File { file: format!("{}.toml", self.name), message };
        let name = said.get("wrapper").map_or("", String::as_str);
        let tool = tools.iter().find(|tool| tool.name == name).ok_or_else(|| {
            let known: Vec<&str> = tools.iter().map(|tool| tool.name.as_str()).collect();
            wrong(format!("[through] names the wrapper '{name}'; there are: {}", known.join(", ")))
        })?;
        let word = ["true".to_owned()];
        tool.wrap(said, &Inner { argv: &word, env: &[] }).map_err(|error| wrong(format!("[through]: {error}")))?;
        self.wrapper = Some(tool.clone());
        Ok(())
    }

    /// A launch as its tool has it done elsewhere. Its variables go along on the command line, which others may read: so none of the
    /// office's, and no login.
    ///
    /// # Errors
    /// As the tool's.
    pub fn elsewhere(&self, plan: LaunchPlan, checkout: &str) -> Result<LaunchPlan, EngineError> {
        let (Some(tool), Some(said)) = (&self.wrapper, &self.through) else { return Ok(plan) };
        let said = said.iter().map(|(name, value)| (name.clone(), value.replace("{checkout}", checkout))).collect();
        let argv = tool.wrap(&said, &Inner { argv: &plan.argv, env: &plan.env })?;
        Ok(LaunchPlan { argv, env: Vec::new(), ..plan })
    }

    /// Whether the office has run it for real.
    pub fn is_tried(&self) -> bool {
        !self.tried.is_empty()
    }

    fn check_sense(&self) -> Result<(), String> {
        for file in &self.files {
            let plain = |part: &str| !part.is_empty() && part != "." && part != "..";
            if file.path.starts_with('/') || !file.path.split('/').all(plain) {
                return Err(format!(
                    "the file '{}' must lie below the run's directory: a relative path without `..`",
                    file.path
                ));
            }
        }
        let below =
            |path: &String| !path.starts_with('/') && path.split('/').all(|part| !matches!(part, "" | "." | ".."));
        if let Some(folder) = self.keeps.iter().find(|folder| !below(folder)) {
            return Err(format!("`keeps` names '{folder}', which must lie below the run's directory"));
        }
        if let Some(input) = &self.input
            && (input.by == InputBy::File) != input.file.as_ref().is_some_and(below)
        {
            return Err(
                "`by = \"file\"` in [input] needs `file`, a path below the run's directory, and nothing else has one"
                    .to_owned(),
            );
        }
        for name in self.environment.iter().chain(self.set.keys()) {
            if name.is_empty() || name.starts_with("OFFICE_") || name.contains(['=', '\0']) {
                return Err(format!(
                    "'{name}' is no variable an engine may name; those that begin with OFFICE_ are the office's"
                ));
            }
        }
        if self.gate.hard && self.gate.asks == Asks::None {
            return Err("an engine that never asks cannot be hard: `asks = \"none\"` needs `hard = false`".to_owned());
        }
        if let Some(test) = &self.self_test
            && serde_json::from_str::<serde_json::Value>(&test.input).is_err()
        {
            return Err("`input` in [self_test] is no JSON".to_owned());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shipped;

    #[test]
    fn every_shipped_engine_reads() {
        for (file, text) in shipped() {
            let spec = EngineSpec::parse(file, text).unwrap();
            assert_eq!(format!("{}.toml", spec.name), file);
        }
    }

    fn shell() -> &'static str {
        shipped().iter().find(|(file, _)| *file == "shell.toml").unwrap().1
    }

    #[test]
    fn an_error_names_file_and_line() {
        let text = shell().replace("one_shot = true", "one_shot = true\nflavour = 3");
        let error = EngineSpec::parse("mine.toml", &text).unwrap_err().to_string();
        assert!(error.starts_with("mine.toml: TOML parse error at line 8"), "{error}");
        assert!(error.contains("flavour"), "{error}");
    }

    #[test]
    fn an_unknown_desk_state_is_refused_with_its_name() {
        let text = shell().replace("\"idle\"", "\"bored\"");
        let error = EngineSpec::parse("mine.toml", &text).unwrap_err().to_string();
        assert!(error.contains("'bored' is no desk state"), "{error}");
    }

    #[test]
    fn an_unknown_placeholder_is_refused_when_the_file_is_read() {
        let text = shell().replace("{script}", "{scrpt}");
        let error = EngineSpec::parse("mine.toml", &text).unwrap_err().to_string();
        assert!(error.starts_with("mine.toml: line 14: there is no placeholder {scrpt}"), "{error}");
    }

    #[test]
    fn a_file_that_would_be_written_elsewhere_is_refused() {
        for path in ["/etc/passwd", "../x", "a/../../x", "", "a//b"] {
            let text = format!("{}\n[[file]]\npath = \"{path}\"\ntext = \"x\"\n", shell());
            let error = EngineSpec::parse("mine.toml", &text).unwrap_err().to_string();
            assert!(error.contains("must lie below the run's directory"), "{error}");
        }
    }

    #[test]
    fn the_offices_own_variables_are_not_an_engines_to_set() {
        let text = format!("{}\n[set]\nOFFICE_TOKEN = \"x\"\n", shell());
        assert!(EngineSpec::parse("mine.toml", &text).unwrap_err().to_string().contains("OFFICE_TOKEN"));
    }

    #[test]
    fn an_engine_that_never_asks_is_not_hard() {
        let text = format!("{}\n[gate]\nasks = \"none\"\nhard = true\n", shell());
        assert!(EngineSpec::parse("mine.toml", &text).unwrap_err().to_string().contains("cannot be hard"));
    }
}
