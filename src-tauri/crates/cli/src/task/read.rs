//! Reading tasks: lists, diffs, logs, and waiting for a state.

use std::time::Duration;

use clap::Args;
use office_core::task::lint::{Flaw, Linted};
use office_core::{Code, Refusal, RunId, Task, TaskId, TaskState};
use office_door::wire::{Answer, Ask};

use crate::fail::Fail;
use crate::grammar::state;
use crate::print::{self, Table};
use crate::session::{Done, Session, unexpected};
use crate::shapes::{TaskDiff, TaskLog};
use crate::words;

/// Which tasks.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  office task list
  office task list --state 'in review' --state blocked
  office task list --project shop --json | jq -r '.[] | [.id, .state, .title] | @tsv'")]
pub(crate) struct ListArgs {
    /// Only in this state (may be repeated)
    #[arg(long, value_parser = state())]
    state: Vec<TaskState>,
    /// Only of this project
    #[arg(long)]
    project: Option<String>,
}

/// What to wait for.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  office task await 12                         until nobody works on it
  office task await 12 --state done            ends with code 1 when it fails or is cancelled instead
  office task await 12 --state 'in review' --timeout 600 && office task diff 12")]
pub(crate) struct AwaitArgs {
    /// Which
    task: TaskId,
    /// Any of these states (may be repeated) [default: any in which no desk works on it]
    #[arg(long, value_parser = state())]
    state: Vec<TaskState>,
    /// Give up after so many seconds
    #[arg(long, value_name = "SECS")]
    timeout: Option<u64>,
}

pub(super) async fn list(s: &mut Session<'_>, args: ListArgs) -> Done {
    let ask = Ask::Tasks { states: args.state, project: args.project };
    let Answer::Tasks(tasks) = s.ask(ask).await? else { return Err(unexpected()) };
    let desks = if s.json { Vec::new() } else { s.desks().await? };
    s.show(&tasks, || {
        let mut table = Table::default();
        for task in &tasks {
            let desk = task.desk.and_then(|id| desks.iter().find(|desk| desk.id == id));
            table.row([
                format!("#{}", task.id),
                words::state(task.state, !task.waiting_for.is_empty()).to_owned(),
                desk.map(|desk| desk.name.clone()).unwrap_or_default(),
                task.title.clone(),
            ]);
        }
        table.text(s.around.columns)
    })
}

pub(super) async fn lint(s: &mut Session<'_>, tasks: Vec<TaskId>) -> Done {
    let linted = linted(s, tasks).await?;
    let Answer::Tasks(tasks) = s.ask(Ask::Tasks { states: Vec::new(), project: None }).await? else {
        return Err(unexpected());
    };
    s.show(&linted, || {
        let bad: Vec<&Linted> = linted.iter().filter(|it| !it.flaws.is_empty()).collect();
        if bad.is_empty() {
            return "nothing is vague, unbounded or unchecked\n".to_owned();
        }
        let title = |id| tasks.iter().find(|task| task.id == id).map_or("", |task| task.title.as_str());
        let one = |it: &&Linted| {
            format!("{}\n{}", print::line(&format!("#{} {}", it.task, title(it.task))), flaws_of(&it.flaws))
        };
        bad.iter().map(one).collect()
    })
}

/// What is wrong with how tasks are written, as the office finds it.
pub(crate) async fn linted(s: &mut Session<'_>, tasks: Vec<TaskId>) -> Result<Vec<Linted>, Fail> {
    match s.ask(Ask::Lint { tasks }).await? {
        Answer::Linted(linted) => Ok(linted),
        _ => Err(unexpected()),
    }
}

/// Flaws as a person reads them, a line each.
pub(crate) fn flaws_of(flaws: &[Flaw]) -> String {
    flaws.iter().map(|flaw| format!("  {}\n", print::line(&flaw.to_string()))).collect()
}

pub(super) async fn wait(s: &mut Session<'_>, args: AwaitArgs) -> Done {
    let AwaitArgs { task: id, state: wanted, timeout } = args;
    let mut states = wanted.clone();
    if !wanted.is_empty() {
        // What is over never gets there by itself: waiting on would be waiting for ever.
        states.extend([TaskState::Done, TaskState::Failed, TaskState::Cancelled]);
    }
    let limit = timeout.map_or(Duration::MAX, Duration::from_secs);
    // The time is for the task, not for reaching the office.
    s.client().await?;
    let answer = match tokio::time::timeout(limit, s.ask(Ask::AwaitTask { task: id, states })).await {
        Ok(answer) => answer?,
        Err(_) => {
            let now = s.task(id).await?;
            let message = format!("task #{id} is still {} after {} s", now.state, limit.as_secs());
            return Err(Refusal::new(Code::WrongState, message, format!("`office task show {id}` says why")).into());
        }
    };
    let Answer::Task(task) = answer else { return Err(unexpected()) };
    s.show(&task, || words::task_line(&task))?;
    if wanted.is_empty() || wanted.contains(&task.state) {
        return Ok(());
    }
    Err(not_there(&task, &wanted).into())
}

fn not_there(task: &Task, wanted: &[TaskState]) -> Refusal {
    let wanted: Vec<_> = wanted.iter().map(|state| state.as_str()).collect();
    let message = format!("task #{} is {} and will not be {} by itself", task.id, task.state, wanted.join(" or "));
    Refusal::new(Code::WrongState, message, format!("`office task show {}` says why", task.id))
}

pub(super) async fn diff(s: &mut Session<'_>, task: Option<TaskId>, stat: bool) -> Done {
    let id = s.task_or_own(task)?;
    let Answer::Diff { patch, cut } = s.ask(Ask::Diff { task: id, stat }).await? else { return Err(unexpected()) };
    let diff = TaskDiff { id, patch, cut };
    s.show(&diff, || shown_patch(&diff.patch, s))?;
    if cut && !s.json {
        s.around.err.text_block("the diff is cut: the task's branch in the office's repository has the whole")?;
    }
    Ok(())
}

/// A terminal gets colour and harmless text; a file or program gets the bytes as they are.
fn shown_patch(patch: &str, s: &Session<'_>) -> String {
    if !s.around.is_shown() {
        return patch.to_owned();
    }
    let paint = s.around.paint;
    let mut out = String::new();
    for line in print::block(patch).lines() {
        let line = match line.as_bytes().first() {
            _ if line.starts_with("+++") || line.starts_with("---") || line.starts_with("diff ") => paint.bold(line),
            Some(b'+') => paint.green(line),
            Some(b'-') => paint.red(line),
            Some(b'@') => paint.dim(line),
            _ => line.to_owned(),
        };
        out.push_str(&line);
        out.push('\n');
    }
    out
}

pub(super) async fn log(s: &mut Session<'_>, task: Option<TaskId>, run: Option<u32>) -> Done {
    let id = s.task_or_own(task)?;
    let Answer::Text(text) = s.ask(Ask::Log { task: id, run: run.map(RunId) }).await? else {
        return Err(unexpected());
    };
    let log = TaskLog { id, text };
    s.show(&log, || if s.around.is_shown() { print::plain(&log.text) } else { log.text.clone() })
}
