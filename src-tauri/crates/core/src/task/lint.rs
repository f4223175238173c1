//! Scope lint: what is vague, unbounded or unchecked in a task as it is written, and what to add. Words only: no model, and nothing
//! is refused for it. The lists of words are in `lint/lists.rs`, taking text apart is in `lint/text.rs`.

mod lists;
#[cfg(test)]
mod tests;
mod text;

use serde::{Deserialize, Serialize};
use specta::Type;

use crate::check::Check;
use crate::desk::words;
use crate::ids::TaskId;
use crate::office::Office;
use crate::refusal::Refusal;
use crate::task::{Deliverable, Task, TaskState};

use self::text::{Text, Word};

/// Longer work than this is several tasks, in minutes.
pub const ESTIMATE_MAX: u32 = 480;
/// More steps than these in one body are several tasks.
const STEPS_MAX: usize = 9;
/// So many things joined in one title are several tasks.
const JOINED: usize = 3;
/// A title of more words than these says which one is meant.
const SHORT: usize = 4;
/// A word that says how much may stand so many words behind what it is about.
const NEAR: usize = 7;

words! {
    /// What is wrong with how a task is written.
    FlawKind {
        /// Whoever works on it has to guess what is wanted.
        Vague = "vague",
        /// Nobody can say when it is over.
        Unbounded = "unbounded",
        /// Nothing that could fail says whether it is done.
        Unchecked = "unchecked",
    }
}

/// Something that is wrong with how a task is written.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
pub struct Flaw {
    /// What.
    pub kind: FlawKind,
    /// The words it is about, where it is about some.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub words: Option<String>,
    /// Why it is one.
    pub why: String,
    /// What to add, or to say instead.
    pub add: String,
}

impl std::fmt::Display for Flaw {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: ", self.kind)?;
        if let Some(words) = &self.words {
            write!(f, "'{words}' ")?;
        }
        write!(f, "{}; {}", self.why, self.add)
    }
}

/// What came of looking at one task.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
pub struct Linted {
    /// Which.
    pub task: TaskId,
    /// Its flaws; none if it can be worked on as it is written.
    pub flaws: Vec<Flaw>,
}

/// A task as it is written, and what else is known of its scope.
#[derive(Clone, Copy, Debug, Default)]
pub struct Draft<'a> {
    /// One line.
    pub title: &'a str,
    /// Markdown.
    pub body: &'a str,
    /// A change or a finding.
    pub deliverable: Deliverable,
    /// Its own checks.
    pub checks: &'a [Check],
    /// Its project has checks that hold for all tasks.
    pub project_checks: bool,
    /// How long somebody thinks that it takes, in minutes.
    pub estimate_mins: Option<u32>,
}

impl Office {
    /// What is wrong with how these are written; of all that nobody has begun, where none is named.
    ///
    /// # Errors
    /// One of them is not there.
    pub fn linted(&self, tasks: &[TaskId]) -> Result<Vec<Linted>, Refusal> {
        let unbegun =
            |task: &&Task| matches!(task.state, TaskState::Draft | TaskState::Ready) && task.last_run.is_none();
        let open = || self.index.open.iter().filter_map(|id| self.tasks.get(id)).filter(unbegun).map(|task| task.id);
        let wanted: Vec<TaskId> = if tasks.is_empty() { open().collect() } else { tasks.to_vec() };
        wanted.into_iter().map(|id| Ok(Linted { task: id, flaws: self.lint(self.task(id)?) })).collect()
    }

    /// What is wrong with how a task is written.
    pub fn lint(&self, task: &Task) -> Vec<Flaw> {
        lint(&Draft {
            title: &task.title,
            body: &task.body,
            deliverable: task.deliverable,
            checks: &task.checks,
            project_checks: self.projects.get(&task.project).is_some_and(|it| !it.settings.checks.is_empty()),
            estimate_mins: None,
        })
    }
}

/// Says what is wrong with how a task is written. The same words give the same flaws.
pub fn lint(draft: &Draft) -> Vec<Flaw> {
    let (title, body) = (Text::of(draft.title), Text::of(draft.body));
    let mut flaws = Vec::new();
    vague(draft, &title, &body, &mut flaws);
    unbounded(draft, &title, &body, &mut flaws);
    unchecked(draft, &mut flaws);
    flaws
}

fn flaw(kind: FlawKind, words: Option<String>, why: &str, add: &str) -> Flaw {
    Flaw { kind, words, why: why.to_owned(), add: add.to_owned() }
}

fn vague(draft: &Draft, title: &Text, body: &Text, flaws: &mut Vec<Flaw>) {
    let vague = |words: Option<String>, why: &str, add: &str| flaw(FlawKind::Vague, words, why, add);
    let measured = draft.checks.iter().any(|check| is_command(&check.run) && can_fail(&check.run))
        || title.has_measure()
        || body.has_measure();
    let named = title.names_something() || body.names_something();
    if let Some(words) = title.find(lists::FILLERS).or_else(|| body.find(lists::OPEN_ENDS)) {
        flaws.push(vague(Some(words), "leaves open what is meant", "name what you mean, or leave it out"));
    }
    let wish = title.find(lists::DIRECTIONS).or_else(|| title.find(lists::QUALITIES));
    if let Some(words) = wish.filter(|_| !measured) {
        let add = "say what is to be so afterwards: a number, what happens when, or a check that is red today";
        flaws.push(vague(Some(words), "says a direction, not where it ends", add));
    } else if let Some(words) = title.find(lists::OBJECTS).filter(|_| !measured && !named && title.content() <= SHORT) {
        let add = "name it: what somebody does, what comes of it, and what should";
        flaws.push(vague(Some(words), "does not say which one", add));
    } else if title.content() < 3 && body.content() < 3 && !measured && !named {
        flaws.push(vague(
            None,
            "it says too little to be done alone",
            "say in a sentence what is to be so afterwards, and where",
        ));
    } else if draft.deliverable == Deliverable::Finding
        && body.content() < 3
        && !named
        && !measured
        && !draft.title.contains('?')
    {
        flaws.push(vague(
            None,
            "it does not say what the report is to answer",
            "ask one question, and say what you will decide by it",
        ));
    }
    if let Some(words) = title.find(lists::DOUBTS) {
        flaws.push(vague(Some(words), "is not decided yet", "decide it, or make it a task that delivers a finding"));
    }
}

fn unbounded(draft: &Draft, title: &Text, body: &Text, flaws: &mut Vec<Flaw>) {
    let unbounded = |words: Option<String>, why: &str, add: &str| flaw(FlawKind::Unbounded, words, why, add);
    let far = title.every().or_else(|| body.every());
    if let Some(words) = far {
        flaws.push(unbounded(
            Some(words),
            "has no end that anybody can see",
            "name the files, folders or cases; what is left is a task of its own",
        ));
    }
    if let Some(words) = title.find(lists::ENDLESS).or_else(|| body.find(lists::ENDLESS)) {
        flaws.push(unbounded(
            Some(words),
            "is never over",
            "say what is there once it is done, or how often and until when",
        ));
    }
    if let Some(words) = title.whole_product().filter(|_| body.content() < 20) {
        flaws.push(unbounded(
            Some(words),
            "is more than one task",
            "say what the first usable step is; the next ones are tasks that wait for it",
        ));
    }
    let joined = title.joined();
    if joined >= JOINED {
        flaws.push(unbounded(
            None,
            &format!("{joined} things are in one"),
            "make each a task, and say which waits for which",
        ));
    }
    let steps = draft.body.lines().filter(|line| is_step(line)).count();
    if steps > STEPS_MAX {
        flaws.push(unbounded(
            None,
            &format!("it has {steps} steps"),
            "split it where something can be merged on its own",
        ));
    }
    if let Some(mins) = draft.estimate_mins.filter(|mins| *mins > ESTIMATE_MAX) {
        let hours = mins.div_ceil(60);
        flaws.push(unbounded(
            None,
            &format!("{hours} hours are more than a day's work"),
            "split it where something can be merged on its own",
        ));
    }
}

fn unchecked(draft: &Draft, flaws: &mut Vec<Flaw>) {
    let unchecked = |words: Option<String>, why: &str, add: &str| flaw(FlawKind::Unchecked, words, why, add);
    if draft.deliverable == Deliverable::Finding {
        return;
    }
    if draft.checks.is_empty() && !draft.project_checks {
        flaws.push(unchecked(None, "nothing says whether it is done", "add a command that ends with code 0 only then"));
    }
    for check in draft.checks {
        let shown: String = check.run.lines().next().unwrap_or_default().chars().take(60).collect();
        if !is_command(&check.run) {
            let add = "write the command that finds it out; what only a person can see belongs into the body";
            flaws.push(unchecked(Some(shown), "is no command", add));
        } else if !can_fail(&check.run) {
            flaws.push(unchecked(Some(shown), "cannot fail", "write a command that is red while the work is not done"));
        }
    }
}

/// A line of a list.
fn is_step(line: &str) -> bool {
    let line = line.trim_start();
    let number = line.trim_start_matches(|letter: char| letter.is_ascii_digit());
    let counted = number.len() < line.len() && (number.starts_with(". ") || number.starts_with(") "));
    counted || line.starts_with("- ") || line.starts_with("* ")
}

/// Whether words are a command line, rather than what a person would look at.
fn is_command(run: &str) -> bool {
    let run = run.trim();
    let first = run.split_whitespace().next().unwrap_or_default();
    let spoken = first.chars().all(char::is_alphabetic) && first.starts_with(char::is_uppercase) && run.contains(' ');
    let known = Word::list(run);
    let begins =
        |words: &[&str]| known.len() >= words.len() && known.iter().zip(words).all(|(word, other)| word == other);
    !spoken && !lists::NO_COMMANDS.iter().any(|words| begins(words))
}

/// Whether a command line can end with another code than 0.
fn can_fail(run: &str) -> bool {
    let run = run.trim().trim_end_matches(';').trim();
    let last = run.rsplit([';', '\n']).next().unwrap_or_default();
    let last = last.rsplit("||").next().unwrap_or_default().trim();
    let joined = last.contains("&&") || last.contains('|');
    let says = last.starts_with("echo ") || last.starts_with("printf ") || last == "echo";
    !(matches!(last, "true" | ":" | "exit 0" | "/bin/true" | "") || (says && !joined))
}
