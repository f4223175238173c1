//! Tasks: the verbs. How a task is written is in `task/write.rs`, how it is shown in `task/page.rs`, how it is read (lists,
//! diffs, logs, waiting) in `task/read.rs`.

mod import;
mod page;
pub(crate) mod read;
pub(crate) mod write;

use clap::Subcommand;
use office_core::task::{ReviewVerdict, TaskCommand};
use office_core::{CommandBody, Noun, Task, TaskId, TaskState};
use office_door::wire::{Answer, Ask};

use self::import::ImportArgs;
use self::read::{AwaitArgs, ListArgs};
use self::write::{AddArgs, EditArgs, FromDeskArgs};
use crate::fail::{Fail, exit};
use crate::grammar::word;
use crate::print;
use crate::session::{Done, Session, unexpected};
use crate::words;

/// Verbs on tasks.
#[derive(Debug, Subcommand)]
pub(crate) enum TaskVerb {
    /// Write a task
    Add(AddArgs),
    /// Take a backlog file in: its items become tasks, and change theirs when it is taken in again
    Import(ImportArgs),
    /// List tasks
    List(ListArgs),
    /// Show all of a task: state, why, checks, marks, notes, and what to do next
    #[command(after_help = "Examples:
  office task show 12
  office task show          inside a desk: its own")]
    Show {
        /// Which [default: the desk's own]
        task: Option<TaskId>,
    },
    /// Say what is vague, unbounded or unchecked in tasks as they are written, and what to add; no model is asked
    #[command(after_help = "Examples:
  office task lint            all that nobody has begun
  office task lint 12 13
  office task lint --json | jq -r '.[] | select(.flaws != []) | .task'")]
    Lint {
        /// Which [default: drafts, and what is ready and was never begun]
        tasks: Vec<TaskId>,
    },
    /// Change a task that is not at work
    Edit(EditArgs),
    /// Release a draft
    #[command(after_help = "Examples:
  office task release 12")]
    Release {
        /// Which
        task: TaskId,
    },
    /// Give a task to a desk: started there when it is free, queued when it is busy
    #[command(after_help = "Examples:
  office task assign 12 ada")]
    Assign {
        /// Which
        task: TaskId,
        /// Name or number of the desk
        desk: String,
    },
    /// Take a task back from a queue
    #[command(after_help = "Examples:
  office task unassign 12")]
    Unassign {
        /// Which
        task: TaskId,
    },
    /// Say a task is done, and wait for the verdict: refused while a check is red
    #[command(after_help = "Examples:
  office task done --summary 'Prices are rounded half up; tests added'
  office task done --report findings.md           for a task that delivers a finding
  office task done 12                             as the owner, for a desk that forgot")]
    Done {
        /// Which [default: the desk's own]
        task: Option<TaskId>,
        /// What was done, for the reviewer
        #[arg(long, default_value = "")]
        summary: String,
        /// The finding, in Markdown; - reads standard input
        #[arg(long, value_name = "FILE")]
        report: Option<String>,
    },
    /// Give a task up; its work is kept
    #[command(after_help = "Examples:
  office task fail 12 --why 'the supplier dropped that API'")]
    Fail {
        /// Which [default: the desk's own]
        task: Option<TaskId>,
        /// Why
        #[arg(long, default_value = "given up by its owner")]
        why: String,
    },
    /// Try a failed or interrupted task again, with fresh attempts
    #[command(after_help = "Examples:
  office task retry 12
  office task retry 12 --note 'use the new client'")]
    Retry {
        /// Which
        task: TaskId,
        /// Words for its next run
        #[arg(long)]
        note: Option<String>,
    },
    /// Take up an interrupted or parked task where it was
    #[command(after_help = "Examples:
  office task resume 12")]
    Resume {
        /// Which
        task: TaskId,
    },
    /// Put a task right before or after another one, in the order in which they start
    #[command(after_help = "Examples:
  office task move 12 --before 9
  office task move 12 --after 15      it takes the priority of the one it is put beside")]
    Move {
        /// Which
        task: TaskId,
        /// Before this one
        #[arg(long, value_name = "TASK", conflicts_with = "after", required_unless_present = "after")]
        before: Option<TaskId>,
        /// After this one
        #[arg(long, value_name = "TASK")]
        after: Option<TaskId>,
    },
    /// Call a task off; what was made stays on its branch, and unsaved lines stay in its checkout
    #[command(after_help = "Examples:
  office task cancel 12")]
    Cancel {
        /// Which
        task: TaskId,
    },
    /// Open a done or cancelled task again
    #[command(after_help = "Examples:
  office task reopen 12 --note 'the German shop still rounds down'")]
    Reopen {
        /// Which
        task: TaskId,
        /// Words for its next run
        #[arg(long)]
        note: Option<String>,
    },
    /// Accept: merge a change, file a finding
    #[command(after_help = "Examples:
  office task diff 12 && office task accept 12
  office task accept 12 13 15     one after the other; one that cannot be merged does not stop the others")]
    Accept {
        /// Which
        #[arg(required = true)]
        tasks: Vec<TaskId>,
    },
    /// Send a task back with a note
    #[command(after_help = "Examples:
  office task reject 12 --note 'keep the old name as an alias'")]
    Reject {
        /// Which
        task: TaskId,
        /// What is to be mended
        #[arg(long)]
        note: String,
    },
    /// Say what is in the way: partial work is kept, the desk takes other work, the owner answers
    #[command(after_help = "Examples:
  office task blocked --needs 'the password of the test shop' --done-so-far 'client written'
  office task blocked --needs 'Node 22: the one here is 18' --can-continue     the rest goes on, the blocker is a task of its own")]
    Blocked {
        /// Which [default: the desk's own]
        task: Option<TaskId>,
        /// What is needed
        #[arg(long)]
        needs: String,
        /// What was done
        #[arg(long, default_value = "")]
        done_so_far: String,
        /// An answer to choose from; several times for several
        #[arg(long = "option", value_name = "ANSWER")]
        options: Vec<String>,
        /// Go on with what does not need it: what does becomes a task of its own, and the work so far is committed
        #[arg(long)]
        can_continue: bool,
    },
    /// Answer a blocked task; it is ready again
    #[command(after_help = "Examples:
  office task answer 12 --text 'use the sandbox shop, no password'")]
    Answer {
        /// Which
        task: TaskId,
        /// The answer
        #[arg(long)]
        text: String,
    },
    /// Say what a review came to, at the desk that was given it: that ends the review
    #[command(after_help = "Examples:
  office task verdict approve --words 'does what it says' --evidence 'ran it on an empty file and on 2 GB'
  office task verdict changes-wanted --words 'negative prices crash: src/price.py line 12'
  office task verdict cannot-judge --words 'needs a printer'")]
    Verdict {
        /// The verdict
        #[arg(value_parser = word::<ReviewVerdict>(&["approve", "changes-wanted", "cannot-judge"]))]
        verdict: ReviewVerdict,
        /// The review, or what it judges [default: the desk's own]
        #[arg(long, value_name = "TASK")]
        of: Option<TaskId>,
        /// What is to be mended and where, or why it cannot be judged; for an approval, what convinced
        #[arg(long, default_value = "")]
        words: String,
        /// What that rests on: commands, and what they printed
        #[arg(long, default_value = "")]
        evidence: String,
    },
    /// Split a task into parts that are tasks of their own; it waits for all of them
    #[command(after_help = "Examples:
  office task split 12 parts.json
  echo '[{\"title\": \"Parse\"}, {\"title\": \"Show\", \"after\": [0]}]' | office task split 12 -")]
    Split {
        /// Which
        task: TaskId,
        /// A file of JSON: a list of {title, body, checks, role, kind, after}; - reads standard input
        file: String,
    },
    /// Say how far a task is
    #[command(
        override_usage = "office task progress [TASK] TEXT",
        after_help = "Examples:
  office task progress 'parser done, printer next'     inside a desk
  office task progress 12 'half of it'"
    )]
    Progress {
        /// Which [default: the desk's own], and the words
        #[arg(value_name = "[TASK] TEXT", num_args = 1..=2, required = true)]
        words: Vec<String>,
    },
    /// Print the diff of a task's work
    #[command(after_help = "Examples:
  office task diff 12 --stat
  office task diff 12 | git apply --check")]
    Diff {
        /// Which [default: the desk's own]
        task: Option<TaskId>,
        /// Files and counts only
        #[arg(long)]
        stat: bool,
    },
    /// Print what a task's run put on its terminal
    #[command(after_help = "Examples:
  office task log 12
  office task log 12 --run 3")]
    Log {
        /// Which [default: the desk's own]
        task: Option<TaskId>,
        /// Which run [default: the last]
        #[arg(long)]
        run: Option<u32>,
    },
    /// Turn a plain session (`office desk open --fresh`) into a task
    FromDesk(FromDeskArgs),
    /// Wait until a task is in a state
    Await(AwaitArgs),
}

pub(crate) async fn carry_out(s: &mut Session<'_>, verb: TaskVerb) -> Done {
    let command = match verb {
        TaskVerb::Add(args) => write::add(s, args).await?,
        TaskVerb::Edit(args) => write::edit(s, args).await?,
        TaskVerb::FromDesk(args) => write::from_desk(s, args).await?,
        TaskVerb::Import(args) => return import::import(s, args).await,
        TaskVerb::List(args) => return read::list(s, args).await,
        TaskVerb::Lint { tasks } => return read::lint(s, tasks).await,
        TaskVerb::Await(args) => return read::wait(s, args).await,
        TaskVerb::Diff { task, stat } => return read::diff(s, task, stat).await,
        TaskVerb::Log { task, run } => return read::log(s, task, run).await,
        TaskVerb::Show { task } => {
            let id = s.task_or_own(task)?;
            let task = s.task(id).await?;
            let desk = match task.desk {
                Some(desk) if !s.json => Some(s.desk_name(desk).await?),
                _ => None,
            };
            let flaws = match task.state {
                TaskState::Draft if !s.json => read::linted(s, vec![id]).await?.pop().map_or(Vec::new(), |it| it.flaws),
                _ => Vec::new(),
            };
            return s.show(&task, || page::page(&task, desk.as_deref(), &flaws, s.around));
        }
        TaskVerb::Done { task, summary, report } => return done(s, task, summary, report).await,
        TaskVerb::Accept { tasks } => return accept(s, tasks).await,
        TaskVerb::Split { task, file } => crate::team::split(task, &file)?,
        TaskVerb::Release { task } => TaskCommand::Release { task },
        TaskVerb::Assign { task, desk } => TaskCommand::Assign { task, desk: s.desk(&desk).await?.id },
        TaskVerb::Unassign { task } => TaskCommand::Unassign { task },
        TaskVerb::Fail { task, why } => TaskCommand::Fail { task: s.task_or_own(task)?, why },
        TaskVerb::Retry { task, note } => TaskCommand::Retry { task, note },
        TaskVerb::Resume { task } => TaskCommand::Resume { task },
        TaskVerb::Cancel { task } => TaskCommand::Cancel { task },
        TaskVerb::Reopen { task, note } => TaskCommand::Reopen { task, note },
        TaskVerb::Reject { task, note } => TaskCommand::Reject { task, note },
        TaskVerb::Blocked { task, needs, done_so_far, options, can_continue } => {
            TaskCommand::Blocked { task: s.task_or_own(task)?, done_so_far, needs, options, can_continue }
        }
        TaskVerb::Move { task, before, after } => {
            let Some(other) = before.or(after) else {
                return Err(Fail::usage("beside which task?", "name it, as in `office task move 12 --before 9`"));
            };
            TaskCommand::Move { task, other, after: after.is_some() }
        }
        TaskVerb::Verdict { verdict, of, words, evidence } => {
            TaskCommand::Judge { task: s.task_or_own(of)?, verdict, words, evidence }
        }
        TaskVerb::Answer { task, text } => TaskCommand::Answer { task, text },
        TaskVerb::Progress { words } => progress(s, words)?,
    };
    match s.submit(CommandBody::Task(command)).await? {
        Noun::Task(task) => said(s, &task),
        _ => Err(unexpected()),
    }
}

fn said(s: &Session<'_>, task: &Task) -> Done {
    s.show(task, || words::task_line(task))
}

async fn done(s: &mut Session<'_>, task: Option<TaskId>, summary: String, report: Option<String>) -> Done {
    let task = Some(s.task_or_own(task)?);
    let report = report.as_deref().map(write::read_text).transpose()?;
    match s.ask(Ask::Done { task, summary, report }).await? {
        Answer::Changed(Noun::Task(task)) => said(s, &task),
        _ => Err(unexpected()),
    }
}

/// Each by itself: one that waits for the owner must not keep the others back. The code is that of the first that failed.
pub(crate) async fn accept(s: &mut Session<'_>, tasks: Vec<TaskId>) -> Done {
    let mut code = None;
    for task in tasks {
        let answer = match s.ask(Ask::Accept { task }).await {
            Ok(answer) => answer,
            // Without an office the others fare no better.
            Err(fail) if fail.exit_code() == exit::NO_OFFICE => return Err(fail),
            Err(fail) => {
                code = code.or(Some(crate::say(&fail, s.json, s.around)));
                continue;
            }
        };
        let Answer::Changed(Noun::Task(task)) = answer else { return Err(unexpected()) };
        s.show(&task, || match &task.merged {
            Some(commit) => {
                let short: String = commit.chars().take(12).collect();
                print::line(&format!("#{} {}: {} (merged as {short})", task.id, task.state, task.title))
            }
            None => words::task_line(&task),
        })?;
    }
    code.map_or(Ok(()), |code| Err(Fail::Said(code)))
}

fn progress(s: &Session<'_>, mut said: Vec<String>) -> Result<TaskCommand, Fail> {
    let text = said.pop().unwrap_or_default();
    let task = match said.pop() {
        Some(task) => Some(task.parse().map_err(|_| {
            Fail::usage(format!("'{task}' is no task"), "give its number, and the words as one argument in quotes")
        })?),
        None => None,
    };
    Ok(TaskCommand::Progress { task: s.task_or_own(task)?, text })
}
