//! The merge queue: what was accepted and how far each is on its way onto the base. The order is the office's to keep.

use clap::Subcommand;
use office_core::project::{Project, ProjectCommand};
use office_core::queue::{QueueLine, QueueStep};
use office_core::{Code, CommandBody, Noun, Refusal, TaskId};
use office_door::wire::{Answer, Ask};

use crate::fail::Fail;
use crate::print::{self, Table};
use crate::session::{Done, Session, unexpected};
use crate::words;

/// Verbs on the queue.
#[derive(Debug, Subcommand)]
pub(crate) enum QueueVerb {
    /// List what was accepted and is not merged yet, and what each task waits for
    #[command(after_help = "Examples:
  office queue list
  office queue list --json | jq '.[] | select(.step == \"refused\") | .task'

Accepted changes are put on the base one after another, checked there, and only then the base moves, to exactly the commit that \
was checked. What could not be merged as things stood is listed last.")]
    List,
    /// Merge nothing more of a project for now; what is being checked is checked to its end
    #[command(after_help = "Examples:
  office queue hold shop")]
    Hold {
        /// Name or number [default: the only one]
        project: Option<String>,
    },
    /// Go on merging, on the base as it is now; also after the base was rewritten and you have looked at it
    #[command(after_help = "Examples:
  office queue release shop")]
    Release {
        /// Name or number [default: the only one]
        project: Option<String>,
    },
    /// Try again what was accepted and could not be merged as things stood
    #[command(after_help = "Examples:
  office queue retry 12
  office queue retry        all of them")]
    Retry {
        /// Which [default: all]
        tasks: Vec<TaskId>,
    },
}

pub(crate) async fn carry_out(s: &mut Session<'_>, verb: QueueVerb) -> Done {
    match verb {
        QueueVerb::List => {
            let (lines, projects) = (queue(s).await?, s.projects().await?);
            s.show(&lines, || listed(&lines, &projects, s))
        }
        QueueVerb::Hold { project } => {
            let project = s.project(project.as_deref()).await?.id;
            said(s, ProjectCommand::HoldQueue { project }, "nothing more is merged").await
        }
        QueueVerb::Release { project } => {
            let project = s.project(project.as_deref()).await?.id;
            said(s, ProjectCommand::ReleaseQueue { project }, "merging goes on").await
        }
        QueueVerb::Retry { tasks } => {
            let refused: Vec<TaskId> =
                queue(s).await?.iter().filter(|line| line.step == QueueStep::Refused).map(|line| line.task).collect();
            if let Some(task) = tasks.iter().find(|task| !refused.contains(task)) {
                return Err(Refusal::new(
                    Code::WrongState,
                    format!("task #{task} is not one that was accepted and could not be merged"),
                    "`office queue list` names those that are; `office task accept` accepts what waits for your verdict",
                )
                .into());
            }
            let tasks = if tasks.is_empty() { refused } else { tasks };
            if tasks.is_empty() && !s.json {
                return Ok(s.around.out.text_block("nothing that was accepted waits to be tried again\n")?);
            }
            crate::task::accept(s, tasks).await
        }
    }
}

async fn queue(s: &mut Session<'_>) -> Result<Vec<QueueLine>, Fail> {
    match s.ask(Ask::Queue).await? {
        Answer::Queue(lines) => Ok(lines),
        _ => Err(unexpected()),
    }
}

async fn said(s: &mut Session<'_>, command: ProjectCommand, what: &str) -> Done {
    let Noun::Project(project) = s.submit(CommandBody::Project(command)).await? else { return Err(unexpected()) };
    s.show(&project, || print::line(&format!("project {} '{}': {what}\n", project.id, project.name)) + "\n")
}

fn listed(lines: &[QueueLine], projects: &[Project], s: &Session<'_>) -> String {
    let mut out = String::new();
    for project in projects {
        let of: Vec<&QueueLine> = lines.iter().filter(|line| line.project == project.id).collect();
        if of.is_empty() && project.queue_hold.is_none() {
            continue;
        }
        out.push_str(&s.around.paint.bold(&print::line(&format!("{} onto {}", project.name, project.base_branch))));
        out.push('\n');
        if let Some(hold) = &project.queue_hold {
            out.push_str(&s.around.paint.red(&print::line(&format!("  held: {}", words::hold(hold, None)))));
            out.push('\n');
        }
        let mut table = Table::new(2);
        for line in of {
            let place = if line.position == 0 { "-".to_owned() } else { line.position.to_string() };
            let (step, waits) = standing(line);
            table.row([place, format!("#{}", line.task), step.to_owned(), waits, line.title.clone()]);
        }
        out.push_str(&table.text(s.around.columns));
    }
    if out.is_empty() { "nothing that was accepted waits to be merged\n".to_owned() } else { out }
}

/// Where a line stands and what it waits for, in words.
pub(crate) fn standing(line: &QueueLine) -> (&'static str, String) {
    match line.step {
        QueueStep::Waits => ("waits", format!("for {}", line.waits_for)),
        QueueStep::Held => ("held", line.waits_for.clone()),
        QueueStep::Merging => ("merging", String::new()),
        QueueStep::Checking => ("checking", "the result".to_owned()),
        QueueStep::Advancing => ("checked", "the base moves".to_owned()),
        QueueStep::Refused => ("not merged", print::cut(line.waits_for.lines().next().unwrap_or_default(), 90)),
    }
}
