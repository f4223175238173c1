//! From an engine file and a briefing to a program with its arguments and files. Placeholders fill whole words of an
//! argument list, never a shell line, so that a title cannot become a command.

use crate::briefing::Briefing;
use crate::script::script_of;
use crate::spec::{EngineError, EngineSpec, Prompt};

/// Placeholders an argument list may hold.
const KNOWN: [&str; 12] = [
    "command",
    "script",
    "briefing",
    "prompt",
    "title",
    "body",
    "task",
    "checkout",
    "branch",
    "desk",
    "port_base",
    "shell",
];

/// What to start, and the files it reads, which are written into the run's own directory first.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LaunchPlan {
    /// Program and arguments.
    pub argv: Vec<String>,
    /// File name (in the run's directory) and content.
    pub files: Vec<(String, String)>,
}

pub(crate) fn check_placeholders(spec: &EngineSpec) -> Result<(), EngineError> {
    for word in spec.task.argv.iter().chain(&spec.session.argv) {
        fill(spec, word, &|_| Some(String::new()))?;
    }
    Ok(())
}

impl EngineSpec {
    /// Plans the launch that `briefing` describes; `run_dir` is the run's own directory, absolute.
    pub fn plan(&self, briefing: &Briefing, run_dir: &str) -> Result<LaunchPlan, EngineError> {
        let markdown = briefing.markdown();
        let mut files = Vec::new();
        let argv = match &briefing.task {
            None => &self.session.argv,
            Some(task) => {
                files.push(("briefing.md".to_owned(), markdown.clone()));
                if self.task.prompt == Prompt::Script {
                    let script = script_of(&task.body).ok_or_else(|| EngineError::NoScript {
                        why: format!(
                            "task #{} has nothing the engine '{}' could run: put a fenced `sh` block or a `run:` line into its body \
                             (`office task edit {} --body-file FILE`)",
                            task.id, self.name, task.id
                        ),
                    })?;
                    files.push(("task.sh".to_owned(), script));
                }
                &self.task.argv
            }
        };
        let value = |name: &str| -> Option<String> {
            let task = briefing.task.as_ref();
            Some(match name {
                "script" => format!("{run_dir}/task.sh"),
                "briefing" => format!("{run_dir}/briefing.md"),
                "prompt" => markdown.clone(),
                "title" => task.map(|task| task.title.clone()).unwrap_or_default(),
                "body" => task.map(|task| task.body.clone()).unwrap_or_default(),
                "task" => task.map(|task| task.id.to_string()).unwrap_or_default(),
                "checkout" => briefing.checkout().to_owned(),
                "branch" => briefing.run.workplace.as_ref().map(|place| place.branch.clone()).unwrap_or_default(),
                "desk" => briefing.desk.name.clone(),
                "port_base" => briefing.port_base.to_string(),
                "shell" => briefing.shell.clone(),
                _ => return None,
            })
        };
        let mut words = Vec::new();
        for word in argv {
            if word == "{command}" {
                for part in self.command(briefing)? {
                    words.push(fill(self, &part, &value)?);
                }
            } else {
                words.push(fill(self, word, &value)?);
            }
        }
        Ok(LaunchPlan { argv: words, files })
    }

    fn command(&self, briefing: &Briefing) -> Result<Vec<String>, EngineError> {
        let wrong = |why: &str| EngineError::Command { engine: self.name.clone(), why: why.to_owned() };
        let line = briefing.desk.command.as_deref().ok_or_else(|| wrong("the desk has none"))?;
        let words = shell_words::split(line).map_err(|error| wrong(&error.to_string()))?;
        if words.is_empty() { Err(wrong("it is empty")) } else { Ok(words) }
    }
}

/// Replaces `{name}` where `name` is known; other braces stay, unless they look like a placeholder that is misspelt.
fn fill(spec: &EngineSpec, word: &str, value: &dyn Fn(&str) -> Option<String>) -> Result<String, EngineError> {
    let mut out = String::new();
    let mut rest = word;
    while let Some(start) = rest.find('{') {
        out.push_str(&rest[..start]);
        rest = &rest[start..];
        let name = rest[1..].split('}').next().unwrap_or_default();
        let looks_like_one =
            rest.len() > name.len() + 1 && !name.is_empty() && name.chars().all(|c| c.is_ascii_lowercase() || c == '_');
        if !looks_like_one {
            out.push('{');
            rest = &rest[1..];
            continue;
        }
        match value(name).filter(|_| KNOWN.contains(&name)) {
            Some(text) => out.push_str(&text),
            None => {
                return Err(EngineError::Placeholder {
                    engine: spec.name.clone(),
                    placeholder: name.to_owned(),
                    known: KNOWN.join(", "),
                });
            }
        }
        rest = &rest[name.len() + 2..];
    }
    out.push_str(rest);
    Ok(out)
}
