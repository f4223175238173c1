//! Writing tasks: from arguments, files and standard input to what the office takes.

use std::io::Read;

use clap::Args;
use office_core::check::Check;
use office_core::task::ask::{NewTask, ReviewChoice, TaskEdit};
use office_core::task::{Deliverable, Priority, TaskCommand};
use office_core::{Code, ProjectId, Refusal, RoleName, TaskId};
use office_door::frame::CONTROL_MAX;
use office_door::wire::{Answer, Ask};

use crate::fail::Fail;
use crate::grammar::{on_off, word};
use crate::session::{Session, unexpected};

/// What a task says and asks for.
#[derive(Debug, Args)]
pub(crate) struct Contents {
    /// What is to be done, in Markdown
    #[arg(long, value_name = "TEXT", conflicts_with = "body_file")]
    body: Option<String>,
    /// The same, from a file; - reads standard input
    #[arg(long, value_name = "FILE")]
    body_file: Option<String>,
    /// A command that must end with code 0 before "done" is believed (may be repeated)
    #[arg(long = "check", value_name = "CMD")]
    checks: Vec<String>,
    /// Seconds each of these checks may take
    #[arg(long, value_name = "SECS", default_value_t = 600)]
    check_timeout: u32,
    /// A file or folder that belongs to these checks: always taken from the base (may be repeated)
    #[arg(long = "check-file", value_name = "PATH", requires = "checks")]
    check_files: Vec<String>,
    /// A diff to merge, or a report
    #[arg(long, value_parser = word::<Deliverable>(&["change", "finding"]), default_value = "change")]
    deliverable: Deliverable,
    /// Which ready task starts first
    #[arg(long, value_parser = word::<Priority>(&["urgent", "high", "normal", "low"]), default_value = "normal")]
    priority: Priority,
    /// A task that must be done before (may be repeated)
    #[arg(long = "after", value_name = "TASK")]
    after: Vec<TaskId>,
    /// Only desks of this role take it
    #[arg(long)]
    role: Option<String>,
    /// What kind of work it is, in a word: build, fix, test, qa...
    #[arg(long)]
    kind: Option<String>,
    /// How often it may be tried, 1 to 20 [default: 3]
    #[arg(long)]
    attempts: Option<u32>,
    /// Seconds each run may take [default: no limit]
    #[arg(long, value_name = "SECS")]
    time_limit: Option<u32>,
    /// Whether another run judges it before it is merged [default: as its project says]
    #[arg(long, value_parser = on_off())]
    review: Option<bool>,
    /// Keep it back until `office task release`
    #[arg(long)]
    draft: bool,
}

/// A new task.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  office task add 'Round prices half up' --check 'make test'
  office task add 'Why is the import slow?' --deliverable finding --role researcher
  office task add 'Ship it' --after 12 --after 13 --priority high
  git log -1 --format=%b | office task add 'Follow up' --body-file - --draft")]
pub(crate) struct AddArgs {
    /// One line
    title: String,
    /// Name or number of the project [default: the only one]
    #[arg(long)]
    project: Option<String>,
    #[command(flatten)]
    contents: Contents,
}

/// A task from a session.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  office desk open ada --fresh
  office task from-desk ada 'What we just tried' --check 'make test'")]
pub(crate) struct FromDeskArgs {
    /// Name or number of the desk
    desk: String,
    /// One line
    #[arg(required = true)]
    title: Vec<String>,
    #[command(flatten)]
    contents: Contents,
}

/// What is changed in a task. What is not named stays.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  office task edit 12 --title 'Round prices half to even' --priority urgent
  office task edit 12 --check 'make test' --check 'make lint'     in place of its checks
  office task edit 12 --no-after --no-role --no-time-limit")]
pub(crate) struct EditArgs {
    /// Which
    task: TaskId,
    /// New title
    #[arg(long)]
    title: Option<String>,
    /// New body
    #[arg(long, value_name = "TEXT", conflicts_with = "body_file")]
    body: Option<String>,
    /// New body from a file; - reads standard input
    #[arg(long, value_name = "FILE")]
    body_file: Option<String>,
    /// New checks, in place of the old (may be repeated)
    #[arg(long = "check", value_name = "CMD", conflicts_with = "no_check")]
    checks: Vec<String>,
    /// Seconds each of these checks may take
    #[arg(long, value_name = "SECS", default_value_t = 600)]
    check_timeout: u32,
    /// A file or folder that belongs to these checks: always taken from the base (may be repeated)
    #[arg(long = "check-file", value_name = "PATH", requires = "checks")]
    check_files: Vec<String>,
    /// No checks of its own
    #[arg(long)]
    no_check: bool,
    /// New priority
    #[arg(long, value_parser = word::<Priority>(&["urgent", "high", "normal", "low"]))]
    priority: Option<Priority>,
    /// New dependencies, in place of the old (may be repeated)
    #[arg(long = "after", value_name = "TASK", conflicts_with = "no_after")]
    after: Vec<TaskId>,
    /// No dependencies
    #[arg(long)]
    no_after: bool,
    /// How often it may be tried, 1 to 20
    #[arg(long)]
    attempts: Option<u32>,
    /// Seconds each run may take
    #[arg(long, value_name = "SECS", value_parser = clap::value_parser!(u32).range(1..), conflicts_with = "no_time_limit")]
    time_limit: Option<u32>,
    /// As long as it takes
    #[arg(long)]
    no_time_limit: bool,
    /// Only desks of this role take it
    #[arg(long, conflicts_with = "no_role")]
    role: Option<String>,
    /// Desks of any role take it
    #[arg(long)]
    no_role: bool,
    /// What kind of work it is, in a word: build, fix, test, qa...; none by an empty word
    #[arg(long)]
    kind: Option<String>,
    /// Whether another run judges it before it is merged
    #[arg(long, value_parser = word::<ReviewChoice>(&["on", "off", "project"]))]
    review: Option<ReviewChoice>,
    /// The project it belongs to, as long as nothing was begun
    #[arg(long)]
    project: Option<String>,
    /// A change or a finding, as long as nothing was begun
    #[arg(long, value_parser = word::<Deliverable>(&["change", "finding"]))]
    deliverable: Option<Deliverable>,
}

pub(super) async fn add(s: &mut Session<'_>, args: AddArgs) -> Result<TaskCommand, Fail> {
    let project = s.project(args.project.as_deref()).await?.id;
    Ok(TaskCommand::Add { new: Box::new(written(project, args.title, args.contents)?) })
}

/// The session's own project is the task's.
pub(super) async fn from_desk(s: &mut Session<'_>, args: FromDeskArgs) -> Result<TaskCommand, Fail> {
    let desk = s.desk(&args.desk).await?;
    let Answer::Runs(runs) = s.ask(Ask::Runs { task: None, desk: Some(args.desk) }).await? else {
        return Err(unexpected());
    };
    let Some(run) = runs.into_iter().find(|run| Some(run.id) == desk.run) else {
        let way_out = format!("`office desk open {} --fresh` opens one", desk.name);
        let message = format!("desk '{}' has no plain session open", desk.name);
        return Err(Refusal::new(Code::WrongState, message, way_out).into());
    };
    let new = written(run.project, args.title.join(" "), args.contents)?;
    Ok(TaskCommand::FromDesk { desk: desk.id, new: Box::new(new) })
}

fn written(project: ProjectId, title: String, contents: Contents) -> Result<NewTask, Fail> {
    Ok(NewTask {
        project,
        title,
        body: body(contents.body, contents.body_file.as_deref())?.unwrap_or_default(),
        deliverable: contents.deliverable,
        checks: checks(&contents.checks, contents.check_timeout, &contents.check_files),
        priority: contents.priority,
        depends_on: contents.after,
        role: contents.role.map(RoleName),
        kind: contents.kind,
        attempts: contents.attempts,
        time_limit_secs: contents.time_limit,
        review: contents.review,
        draft: contents.draft,
    })
}

pub(super) async fn edit(s: &mut Session<'_>, args: EditArgs) -> Result<TaskCommand, Fail> {
    let project = match args.project {
        Some(name) => Some(s.project(Some(&name)).await?.id),
        None => None,
    };
    let edit = TaskEdit {
        title: args.title,
        body: body(args.body, args.body_file.as_deref())?,
        checks: (args.no_check || !args.checks.is_empty())
            .then(|| checks(&args.checks, args.check_timeout, &args.check_files)),
        priority: args.priority,
        depends_on: (args.no_after || !args.after.is_empty()).then_some(args.after),
        attempts: args.attempts,
        // As the door says it: nothing stays as it is, 0 and an empty name take away.
        time_limit_secs: args.no_time_limit.then_some(0).or(args.time_limit),
        role: args.no_role.then(String::new).or(args.role).map(RoleName),
        kind: args.kind,
        review: args.review,
        project,
        deliverable: args.deliverable,
    };
    if edit == TaskEdit::default() {
        return Err(Fail::usage("nothing to change", "name what is new, as in `office task edit 12 --priority high`"));
    }
    Ok(TaskCommand::Edit { task: args.task, edit: Box::new(edit) })
}

fn checks(commands: &[String], timeout_secs: u32, files: &[String]) -> Vec<Check> {
    commands.iter().map(|run| Check { timeout_secs, files: files.to_vec(), ..Check::of(run) }).collect()
}

fn body(text: Option<String>, file: Option<&str>) -> Result<Option<String>, Fail> {
    match file {
        Some(file) => read_text(file).map(Some),
        None => Ok(text),
    }
}

/// A text from a file, or from standard input. No more is read than could go through the door.
pub(crate) fn read_text(file: &str) -> Result<String, Fail> {
    let unreadable = |error: std::io::Error| {
        Refusal::new(
            Code::Unavailable,
            format!("'{file}' cannot be read: {error}"),
            "name a text file, or - for standard input",
        )
    };
    let limit = u64::try_from(CONTROL_MAX).unwrap_or(u64::MAX);
    let mut bytes = Vec::new();
    if file == "-" {
        std::io::stdin().lock().take(limit).read_to_end(&mut bytes).map_err(unreadable)?;
    } else {
        std::fs::File::open(file).and_then(|file| file.take(limit).read_to_end(&mut bytes)).map_err(unreadable)?;
    }
    String::from_utf8(bytes)
        .map_err(|_| Refusal::invalid(format!("'{file}' is not UTF-8 text"), "convert it first").into())
}
