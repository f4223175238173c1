//! The record of a project's tasks as a file that people read (PROGRESS.md): what is at work, what waits, what was done and by
//! whom, as the office knows it. Written when something changed and never read; what agents said is marked as their words.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use office_core::check::{CheckResult, Verdict};
use office_core::project::{Project, ProjectCommand};
use office_core::{At, CommandBody, Event, Office, ProjectId, Task, TaskState};
use tokio::task::spawn_blocking;

use crate::world::World;

/// What happens at once is written at once.
const GATHER: Duration = Duration::from_millis(500);
/// What was over longer ago than the last so many is counted only.
const TOLD: usize = 200;
/// Letters of an agent's words.
const WORDS: usize = 600;
/// How the file begins; one that begins otherwise is somebody else's.
const OURS: &str = "<!-- Written by Afterhours";

/// Keeps the records that projects want, until the office closes.
pub(crate) async fn keep(world: Arc<World>) {
    let mut feed = world.handle.subscribe();
    loop {
        if world.write_records().await.is_none() {
            return;
        }
        if world.next_that(&mut feed, matters).await.is_none() {
            return;
        }
        tokio::select! {
            () = world.closing.cancelled() => return,
            () = tokio::time::sleep(GATHER) => {}
        }
        feed = feed.resubscribe();
    }
}

fn matters(event: &Event) -> bool {
    matches!(event, Event::Task(_) | Event::Project(_) | Event::Desk(_))
}

impl World {
    /// Writes the record of each project that wants one; none once the office is gone.
    async fn write_records(&self) -> Option<()> {
        let now = self.clock.now();
        let records = self.handle.read(move |office| {
            let live = office.projects.values().filter(|it| !it.removed && it.files.record.is_some());
            live.map(|project| (project.clone(), record(office, project, now))).collect::<Vec<_>>()
        });
        for (project, text) in records.await.ok()? {
            let Some(file) = project.files.record.clone() else { continue };
            let (id, name) = (project.id, file.clone());
            let written = spawn_blocking(move || write(&project, &name, &text)).await;
            let trouble = written.unwrap_or_else(|error| Err(error.to_string())).err();
            let body = ProjectCommand::FileTried { project: id, file, trouble };
            // Said only where it is another word than before.
            self.handle.report(CommandBody::Project(body)).await.ok()?;
        }
        Some(())
    }
}

/// Puts the record in its place in the owner's work tree, whole. Blocking.
fn write(project: &Project, file: &str, text: &str) -> Result<(), String> {
    let root = Path::new(&project.path);
    let target = root.join(file);
    let said = |what: &str, error: std::io::Error| format!("{file}: {what}: {error}");
    let folder = target.parent().unwrap_or(root);
    let real =
        |path: &Path| -> Result<PathBuf, String> { path.canonicalize().map_err(|error| said("its folder", error)) };
    if !real(folder)?.starts_with(real(root)?) {
        return Err(format!("{file}: its folder leads out of the project; name another file"));
    }
    match std::fs::symlink_metadata(&target) {
        Ok(there) if !there.is_file() => return Err(format!("{file} is no plain file; name another one")),
        Ok(_) => {
            let known = std::fs::read_to_string(&target).map_err(|error| said("it cannot be read", error))?;
            if !known.is_empty() && !known.starts_with(OURS) {
                return Err(format!("{file} is there and is not the office's; move it away, or name another file"));
            }
            // The moment it was written is no news.
            if known
                .lines()
                .filter(|line| !line.starts_with(AS_OF))
                .eq(text.lines().filter(|line| !line.starts_with(AS_OF)))
            {
                return Ok(());
            }
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => return Err(said("it cannot be looked at", error)),
    }
    let name = target.file_name().unwrap_or_default().to_string_lossy();
    let beside = folder.join(format!(".{name}.{}", std::process::id()));
    let put = || -> std::io::Result<()> {
        let mut new = std::fs::OpenOptions::new().write(true).create_new(true).open(&beside)?;
        new.write_all(text.as_bytes())?;
        std::fs::rename(&beside, &target)
    };
    put().map_err(|error| {
        let _ = std::fs::remove_file(&beside);
        said("it cannot be written", error)
    })
}

const AS_OF: &str = "As of ";

/// The record of a project, in Markdown.
fn record(office: &Office, project: &Project, now: At) -> String {
    let mut out = format!(
        "{OURS} from what it knows; what is changed here is lost. -->\n\n# Progress of {}\n\n{AS_OF}{}\n\n",
        plain(&project.name),
        moment(now)
    );
    let tasks: Vec<&Task> = office.tasks.values().filter(|task| task.project == project.id).collect();
    let parts: [(&str, &dyn Fn(TaskState) -> bool); 6] = [
        ("At work", &TaskState::at_work),
        ("Waits for you", &|state| matches!(state, TaskState::Blocked | TaskState::InReview | TaskState::Failed)),
        ("Held", &|state| matches!(state, TaskState::Parked | TaskState::Interrupted)),
        ("To do", &|state| matches!(state, TaskState::Draft | TaskState::Ready | TaskState::Queued)),
        ("Done", &|state| state == TaskState::Done),
        ("Called off", &|state| state == TaskState::Cancelled),
    ];
    let counts: Vec<String> = parts
        .iter()
        .map(|(name, is)| (name, tasks.iter().filter(|task| is(task.state)).count()))
        .filter(|(_, count)| *count > 0)
        .map(|(name, count)| format!("{}: {count}", name.to_lowercase()))
        .collect();
    let _ = writeln!(out, "{}\n", if counts.is_empty() { "no task yet".to_owned() } else { counts.join(" · ") });
    for (name, is) in parts {
        let mut of: Vec<&Task> = tasks.iter().copied().filter(|task| is(task.state)).collect();
        if of.is_empty() {
            continue;
        }
        if matches!(name, "Done" | "Called off") {
            of.sort_by_key(|task| std::cmp::Reverse((task.since, task.id)));
        }
        let _ = writeln!(out, "## {name}\n");
        of.iter().take(TOLD).for_each(|task| tell(&mut out, office, task));
        if of.len() > TOLD {
            let _ = writeln!(out, "... and {} before.\n", of.len() - TOLD);
        }
    }
    agents(&mut out, office, project.id);
    out.trim_end().to_owned() + "\n"
}

fn tell(out: &mut String, office: &Office, task: &Task) {
    let _ = writeln!(out, "### #{} {}\n", task.id, plain(&task.title));
    let mut facts = vec![format!("{} since {}", task.state, moment(task.since))];
    if let Some(desk) = task.desk.and_then(|desk| office.desks.get(&desk)) {
        let engine = task.last_run.and_then(|run| office.runs.get(&run)).map(|run| format!(" ({})", run.engine));
        facts.push(format!("at {}{}", plain(&desk.name), engine.unwrap_or_default()));
    }
    if task.attempts_used > 0 {
        facts.push(format!("{} of {} attempts used", task.attempts_used, task.attempts_max));
    }
    if !task.waiting_for.is_empty() {
        let waits: Vec<String> = task.waiting_for.iter().map(|id| format!("#{id}")).collect();
        facts.push(format!("waits for {}", waits.join(", ")));
    }
    if let Some(commit) = &task.merged {
        facts.push(format!("merged as {}", commit.get(..10).unwrap_or(commit)));
    } else if let Some(work) = task.work.as_ref().filter(|work| !work.is_empty()) {
        facts.push(format!("{} files changed, not merged", work.files.len()));
    }
    let _ = writeln!(out, "{}.", facts.join("; "));
    if let Some(why) = &task.why {
        let _ = writeln!(out, "Why: {}", plain(&cut(why)));
    }
    let checks: Vec<String> = task.results.iter().map(checked).collect();
    if !checks.is_empty() {
        let _ = writeln!(out, "Checks: {}.", checks.join("; "));
    }
    let words = task.claim.as_ref().map(|claim| claim.summary.as_str()).or(task.progress.as_deref());
    if let Some(words) = words.map(str::trim).filter(|words| !words.is_empty()) {
        let _ = writeln!(out, "\nIn its agent's own words:\n");
        cut(words).lines().for_each(|line| {
            let _ = writeln!(out, "> {}", plain(line));
        });
    }
    out.push('\n');
}

fn checked(result: &CheckResult) -> String {
    let came_to = match result.verdict {
        Verdict::Passed => "green",
        Verdict::Flaky => "green at the second try",
        Verdict::RedOnBase => "red, on the base too",
        Verdict::Unmet => "red, as on the base: not met yet",
        Verdict::Broken => "red",
        Verdict::TimedOut => "ended by its time limit",
    };
    format!("{} {came_to}", plain(&result.name))
}

/// Who did what.
fn agents(out: &mut String, office: &Office, project: ProjectId) {
    let mut lines = String::new();
    for desk in office.desks.values() {
        let own: Vec<&Task> =
            office.tasks.values().filter(|it| it.project == project && it.desk == Some(desk.id)).collect();
        let of = |is: &dyn Fn(TaskState) -> bool| -> String {
            let ids: Vec<String> = own.iter().filter(|it| is(it.state)).map(|it| format!("#{}", it.id)).collect();
            if ids.is_empty() { "none".to_owned() } else { ids.join(" ") }
        };
        if !own.is_empty() {
            let gone = if desk.removed { " (gone)" } else { "" };
            let (done, now) = (of(&|state| state == TaskState::Done), of(&TaskState::at_work));
            let rest = of(&|state| state != TaskState::Done && !state.at_work());
            let _ = writeln!(lines, "| {}{gone} | {} | {now} | {done} | {rest} |", plain(&desk.name), desk.role);
        }
    }
    if !lines.is_empty() {
        let _ = write!(
            out,
            "## Who did what\n\n| desk | role | at work on | done | other |\n|---|---|---|---|---|\n{lines}"
        );
    }
}

/// To the minute, in UTC.
fn moment(at: At) -> String {
    let text = at.to_string();
    format!("{} {} UTC", text.get(..10).unwrap_or_default(), text.get(11..16).unwrap_or_default())
}

fn cut(words: &str) -> String {
    match words.char_indices().nth(WORDS) {
        Some((end, _)) => format!("{} ...", words[..end].trim_end()),
        None => words.to_owned(),
    }
}

/// Words that are nothing but words, whatever shows the file: on one line, with no link, picture, tag or box of theirs.
fn plain(words: &str) -> String {
    let mut out = String::with_capacity(words.len());
    for c in words.chars() {
        match c {
            '\\' | '[' | ']' | '<' | '>' | '|' | '*' | '_' | '#' => out.extend(['\\', c]),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stay_words() {
        assert_eq!(plain("![x](http://y)\n<b>| # _a_"), "!\\[x\\](http://y) \\<b\\>\\| \\# \\_a\\_");
        assert!(cut(&"é".repeat(700)).ends_with("é ..."));
    }
}
