//! An engine as its file says: program, launch, prompt, signals. Errors carry the file and the line.

use office_core::{DeskState, EngineName};
use serde::Deserialize;

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
    #[error("engine '{engine}': there is no placeholder {{{placeholder}}}; there are: {known}")]
    Placeholder {
        /// Which engine.
        engine: EngineName,
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
    /// The briefing, as one argument.
    Argument,
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

/// How the engine is started without a task.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SessionLaunch {
    /// Program and arguments, with placeholders.
    pub argv: Vec<String>,
}

/// An engine, as its file says.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
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
    /// Started on a task.
    pub task: TaskLaunch,
    /// Started without one.
    pub session: SessionLaunch,
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
        crate::plan::check_placeholders(&spec)?;
        Ok(spec)
    }
}

/// The engines that come with the product, by file name.
pub fn shipped() -> Vec<(&'static str, &'static str)> {
    vec![("custom.toml", include_str!("../engines/custom.toml")), ("shell.toml", include_str!("../engines/shell.toml"))]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shipped_engine_reads() {
        for (file, text) in shipped() {
            let spec = EngineSpec::parse(file, text).unwrap();
            assert_eq!(format!("{}.toml", spec.name), file);
        }
    }

    #[test]
    fn an_error_names_file_and_line() {
        let text = shipped()[1].1.replace("one_shot = true", "one_shot = true\nflavour = 3");
        let error = EngineSpec::parse("mine.toml", &text).unwrap_err().to_string();
        assert!(error.starts_with("mine.toml: TOML parse error at line 8"), "{error}");
        assert!(error.contains("flavour"), "{error}");
    }

    #[test]
    fn an_unknown_desk_state_is_refused_with_its_name() {
        let text = shipped()[1].1.replace("\"idle\"", "\"bored\"");
        let error = EngineSpec::parse("mine.toml", &text).unwrap_err().to_string();
        assert!(error.contains("'bored' is no desk state"), "{error}");
    }

    #[test]
    fn an_unknown_placeholder_is_refused_when_the_file_is_read() {
        let text = shipped()[1].1.replace("{script}", "{scrpt}");
        let error = EngineSpec::parse("mine.toml", &text).unwrap_err().to_string();
        assert!(error.contains("there is no placeholder {scrpt}"), "{error}");
    }
}
