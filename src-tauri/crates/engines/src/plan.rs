//! From an engine file, a briefing and a setting to a program with its arguments, variables, files and prompt. Placeholders
//! fill whole words of an argument list, never a shell line, so that a title cannot become a command.

use crate::briefing::Briefing;
use crate::script::script_of;
use crate::spec::{EngineError, EngineSpec, InputBy, Prompt};

/// Placeholders an argument list, a variable or a file may hold; `json.` before one makes a JSON string of it.
const KNOWN: [&str; 24] = [
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
    "session",
    "run_dir",
    "hook",
    "office",
    "gate_command",
    "tell_command",
    "rules",
    "rules_file",
    "base_url",
    "proxy",
    "inside",
    "hold_seconds",
];
/// An argument longer than this is not given to a program (Linux takes 128 KiB).
const LONGEST_ARGUMENT: usize = 100_000;
/// An engine that says nothing holds an action so long, in seconds: a day, less what it takes to answer.
const HOLD_SECONDS: u32 = 86_400 - 120;

/// Said first to an agent that goes on with its own conversation, and to one that takes another's place.
const GOES_ON: &str = include_str!("../engines/goes-on.md");
const TAKES_OVER: &str = include_str!("../engines/takes-over.md");

/// What a launch knows besides its briefing.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Setting {
    /// The run's own directory, absolute.
    pub run_dir: String,
    /// The number of the conversation: a new one, or the one to go on with. In the form of a UUID.
    pub session: String,
    /// Goes on with that conversation.
    pub resume: bool,
    /// An earlier conversation on the task became too full to go on with; this is a new one.
    pub takes_over: bool,
    /// The office's own sandbox holds it.
    pub inside: bool,
    /// Without a terminal, printing events.
    pub headless: bool,
    /// The program `office-hook`, absolute.
    pub hook: String,
    /// The program `office`, absolute.
    pub office: String,
    /// The server on this machine that its calls go through, if any.
    pub base_url: Option<String>,
    /// What a session without a task begins with, for engines that take it in their command line.
    pub opening: Option<String>,
    /// What the project itself tells agents (CLAUDE.md, AGENTS.md), for engines that would not read it in their private set-up.
    pub project_words: String,
}

/// How the prompt reaches the program.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Delivery {
    /// There is none, or it is in the arguments or files.
    Given,
    /// Pasted into the terminal, or handed to its plugin, once the program is ready.
    Paste {
        /// The prompt.
        text: String,
        /// Between the two, in milliseconds.
        enter_after_ms: u32,
    },
    /// Written to standard input.
    Stdin {
        /// The prompt.
        text: String,
    },
}

/// What to start, and the files it reads, which are written into the run's own directory first.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LaunchPlan {
    /// Program and arguments.
    pub argv: Vec<String>,
    /// Variables, besides those every desk has.
    pub env: Vec<(String, String)>,
    /// File name (in the run's directory, with folders) and content.
    pub files: Vec<(String, String)>,
    /// How the prompt reaches it.
    pub prompt: Delivery,
}

pub(crate) fn check_placeholders(spec: &EngineSpec) -> Result<(), EngineError> {
    let lists = [Some(&spec.task.argv), Some(&spec.session.argv)];
    let more = [&spec.resume, &spec.headless].map(|launch| launch.as_ref().map(|launch| &launch.argv));
    let words = lists.into_iter().chain(more).flatten().flatten();
    let proxy = spec.proxy.iter().flat_map(|proxy| proxy.args.iter().chain(proxy.set.values()));
    let tried = spec.self_test.iter().flat_map(|test| test.environment.values());
    let texts = spec.files.iter().map(|file| &file.text).chain(tried);
    for word in words.chain(&spec.inside).chain(spec.set.values()).chain(proxy).chain(texts) {
        fill(spec, word, &|_| Some(String::new()))?;
    }
    Ok(())
}

impl EngineSpec {
    /// Plans the launch that `briefing` describes, in a desk that knows its directory alone.
    pub fn plan(&self, briefing: &Briefing, run_dir: &str) -> Result<LaunchPlan, EngineError> {
        self.plan_in(briefing, &Setting { run_dir: run_dir.to_owned(), ..Setting::default() })
    }

    /// Plans the launch that `briefing` describes.
    pub fn plan_in(&self, briefing: &Briefing, setting: &Setting) -> Result<LaunchPlan, EngineError> {
        let mut markdown = briefing.markdown();
        if !markdown.is_empty() && setting.resume {
            markdown = format!("{GOES_ON}\n{markdown}");
        } else if !markdown.is_empty() && setting.takes_over {
            let said = briefing.task.as_ref().and_then(|task| task.progress.clone());
            let words = TAKES_OVER.replace("{progress}", &said.unwrap_or_else(|| "(nothing)".to_owned()));
            markdown = format!("{words}\n{markdown}");
        }
        let run_dir = &setting.run_dir;
        let mut files = Vec::new();
        let has_task = briefing.task.is_some();
        let fresh = !has_task && !setting.resume && !setting.headless && self.task.prompt == Prompt::Argument;
        let opening = setting.opening.as_ref().filter(|_| fresh);
        if has_task {
            files.push(("briefing.md".to_owned(), markdown.clone()));
        }
        if let Some(task) = &briefing.task
            && self.task.prompt == Prompt::Script
        {
            let script = script_of(&task.body).ok_or_else(|| EngineError::NoScript {
                why: format!(
                    "task #{} has nothing the engine '{}' could run: put a fenced `sh` block or a `run:` line into its body \
                     (`office task edit {} --body-file FILE`)",
                    task.id, self.name, task.id
                ),
            })?;
            files.push(("task.sh".to_owned(), script));
        }
        let argument = if markdown.len() > LONGEST_ARGUMENT || markdown.contains('\0') {
            format!("Your task is described in the file {run_dir}/briefing.md. Read it first, whole, and then do it.")
        } else {
            markdown.clone()
        };
        let hold = self.gate.hold_seconds.unwrap_or(HOLD_SECONDS);
        let hook = |verb: &str| format!("{} {verb} {}", shell_words::quote(&setting.hook), self.name);
        let value = |name: &str| -> Option<String> {
            let task = briefing.task.as_ref();
            Some(match name {
                "script" => format!("{run_dir}/task.sh"),
                "briefing" => format!("{run_dir}/briefing.md"),
                "prompt" => opening.unwrap_or(&argument).clone(),
                "title" => task.map(|task| task.title.clone()).unwrap_or_default(),
                "body" => task.map(|task| task.body.clone()).unwrap_or_default(),
                "task" => task.map(|task| task.id.to_string()).unwrap_or_default(),
                "checkout" => briefing.checkout().to_owned(),
                "branch" => briefing.run.workplace.as_ref().map(|place| place.branch.clone()).unwrap_or_default(),
                "desk" => briefing.desk.name.clone(),
                "port_base" => briefing.port_base.to_string(),
                "shell" => briefing.shell.clone(),
                "session" => setting.session.clone(),
                "run_dir" => run_dir.clone(),
                "hook" => setting.hook.clone(),
                "office" => setting.office.clone(),
                "gate_command" => format!("{} --seconds {hold}", hook("gate")),
                "tell_command" => hook("tell"),
                "hold_seconds" => hold.to_string(),
                "rules" => briefing.rules(&setting.project_words),
                "rules_file" => format!("{run_dir}/rules.md"),
                "base_url" => setting.base_url.clone().unwrap_or_default(),
                "proxy" | "inside" => String::new(),
                _ => {
                    return crate::codex::placeholder(
                        name,
                        run_dir,
                        &format!("{} --seconds {hold}", hook("gate")),
                        &hook("tell"),
                    );
                }
            })
        };
        let proxy = self.proxy.as_ref().filter(|_| setting.base_url.is_some());
        let mut words = Vec::new();
        let launch = self.launch_words(setting, has_task || opening.is_some())?;
        for word in launch {
            let many: Vec<String> = match word.as_str() {
                "{command}" => self.command(briefing)?,
                "{inside}" if setting.inside => self.inside.clone(),
                "{inside}" => Vec::new(),
                "{proxy}" => proxy.map(|proxy| proxy.args.clone()).unwrap_or_default(),
                // A conversation is opened without a prompt where there is no task.
                "{prompt}" if !has_task && opening.is_none() => Vec::new(),
                _ => vec![word.clone()],
            };
            for part in many {
                words.push(fill(self, &part, &value)?);
            }
        }
        let model = briefing.role.as_ref().and_then(|role| role.models.get(&self.name));
        if let Some(model) = model.filter(|_| !setting.headless && !words.is_empty()) {
            let named = self.with_model.iter().map(|word| word.replace("{model}", model));
            words.splice(1..1, named);
        }
        for file in &self.files {
            files.push((file.path.clone(), fill(self, &file.text, &value)?));
        }
        if self.reader.is_some() {
            files.push(("rules.md".to_owned(), briefing.rules(&setting.project_words)));
        }
        let mut env = Vec::new();
        for (name, text) in self.set.iter().chain(proxy.into_iter().flat_map(|proxy| &proxy.set)) {
            env.push((name.clone(), fill(self, text, &value)?));
        }
        if self.reader.is_some() {
            env.push(("OFFICE_CHECKOUT".to_owned(), briefing.checkout().to_owned()));
            env.push(("OFFICE_SIGNALS".to_owned(), format!("{run_dir}/signals.jsonl")));
            env.push(("OFFICE_BRIEFING".to_owned(), format!("{run_dir}/briefing.md")));
        }
        if self.reader.is_some() && setting.inside {
            env.push(("OFFICE_INSIDE".to_owned(), "1".to_owned()));
        }
        // A launch that goes on with a conversation and takes no prompt is given it once it is ready.
        let given_there = launch.iter().any(|word| word == "{prompt}");
        let pasted = if setting.resume { !given_there } else { self.task.prompt == Prompt::Paste };
        let prompt = match self.task.prompt {
            _ if !has_task || setting.headless => Delivery::Given,
            _ if pasted => {
                let paste = self.input.as_ref().filter(|input| input.by == InputBy::Paste);
                Delivery::Paste { text: argument, enter_after_ms: paste.map_or(0, |input| input.enter_after_ms) }
            }
            Prompt::Stdin => Delivery::Stdin { text: markdown },
            _ => Delivery::Given,
        };
        Ok(LaunchPlan { argv: words, env, files, prompt })
    }

    fn launch_words(&self, setting: &Setting, has_task: bool) -> Result<&[String], EngineError> {
        let cannot = |what: &str| EngineError::Cannot { engine: self.name.clone(), what: what.to_owned() };
        Ok(match (setting.resume, setting.headless) {
            (true, _) => &self.resume.as_ref().ok_or_else(|| cannot("go on with an earlier conversation"))?.argv,
            (false, true) => &self.headless.as_ref().ok_or_else(|| cannot("work without a terminal"))?.argv,
            (false, false) if has_task => &self.task.argv,
            (false, false) => &self.session.argv,
        })
    }

    fn command(&self, briefing: &Briefing) -> Result<Vec<String>, EngineError> {
        let wrong = |why: &str| EngineError::Command { engine: self.name.clone(), why: why.to_owned() };
        let line = briefing.desk.command.as_deref().ok_or_else(|| wrong("the desk has none"))?;
        let words = shell_words::split(line).map_err(|error| wrong(&error.to_string()))?;
        if words.is_empty() { Err(wrong("it is empty")) } else { Ok(words) }
    }
}

/// Replaces `{name}` where `name` is known; other braces stay, unless they look like a placeholder that is misspelt.
pub(crate) fn fill(
    spec: &EngineSpec,
    word: &str,
    value: &dyn Fn(&str) -> Option<String>,
) -> Result<String, EngineError> {
    let mut out = String::new();
    let mut rest = word;
    while let Some(start) = rest.find('{') {
        out.push_str(&rest[..start]);
        rest = &rest[start..];
        let name = rest[1..].split('}').next().unwrap_or_default();
        let looks_like_one = rest.len() > name.len() + 1
            && !name.is_empty()
            && name.chars().all(|c| c.is_ascii_lowercase() || matches!(c, '_' | '.'));
        if !looks_like_one {
            out.push('{');
            rest = &rest[1..];
            continue;
        }
        let (bare, quoted) = name.strip_prefix("json.").map_or((name, false), |bare| (bare, true));
        match value(bare).filter(|_| KNOWN.contains(&bare) || crate::codex::is_placeholder(bare)) {
            // Quotes, backslashes and control characters are spelled alike in JSON and in TOML's basic strings.
            Some(text) if quoted => {
                out.push_str(&serde_json::Value::String(text).to_string().replace('\u{7f}', "\\u007f"))
            }
            Some(text) => out.push_str(&text),
            None => {
                return Err(EngineError::Placeholder {
                    engine: format!("engine '{}'", spec.name),
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
