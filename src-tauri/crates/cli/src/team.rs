//! The verbs by which agents and their owner keep out of one another's way: paths of one's own, shapes of command that are held, the
//! end of the shift, the parts of a task. What may be done is the office's to say.

use clap::{Args, Subcommand};
use office_core::office::OfficeCommand;
use office_core::shift::Shift;
use office_core::task::TaskCommand;
use office_core::{CommandBody, Noun, TaskId};

use crate::fail::Fail;
use crate::print;
use crate::session::{Done, Session};
use crate::task::write::read_text;
use crate::texts::PartText;

/// Verbs on holds.
#[derive(Debug, Subcommand)]
pub(crate) enum InterlockVerb {
    /// Hold a command until a task is through
    #[command(after_help = "Examples:
  office interlock add 'systemctl restart' --until 12 --why 'the fix is not merged yet'")]
    Add {
        /// Program and subcommands, as in rules
        run: String,
        /// The task
        #[arg(long, value_name = "TASK")]
        until: TaskId,
        /// Why, for whoever is refused
        #[arg(long)]
        why: String,
    },
    /// List what is held so
    #[command(after_help = "Examples:
  office interlock list")]
    List,
    /// Lift one by hand
    #[command(after_help = "Examples:
  office interlock lift 2")]
    Lift {
        /// Its number
        interlock: u32,
    },
}

/// Paths of one's own.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  office lease 'src/prices/**' docs/prices.md     from a desk: until its run ends
  office lease                                    who has what
  office lease --back")]
pub(crate) struct LeaseArgs {
    /// Patterns of paths in the checkout
    paths: Vec<String>,
    /// Give them back
    #[arg(long, conflicts_with = "paths")]
    back: bool,
}

/// Verbs on the shift.
#[derive(Debug, Subcommand)]
pub(crate) enum ShiftVerb {
    /// Say that the shift is over, or when it will be: whoever is woken by that writes the retrospective, then the report is made
    #[command(after_help = "Examples:
  office shift end --in 12h      it ends by itself
  office shift end               it is over now")]
    End {
        /// In so long, as in 30m or 12h
        #[arg(long = "in", value_name = "TIME", value_parser = crate::limit::seconds)]
        after: Option<u32>,
    },
    /// How the shift stands, and the last report
    #[command(after_help = "Examples:
  office shift show")]
    Show,
}

/// The parts that a file names.
pub(crate) fn split(task: TaskId, file: &str) -> Result<TaskCommand, Fail> {
    let parts: Vec<PartText> = serde_json::from_str(&read_text(file)?).map_err(|error| {
        let way_out = "write [{\"title\": \"...\", \"checks\": [\"make test\"], \"after\": [0]}, ...]; `after` counts parts from 0";
        Fail::usage(format!("'{file}' lists no parts: {error}"), way_out)
    })?;
    Ok(TaskCommand::Split { task, parts: parts.into_iter().map(PartText::part).collect() })
}

pub(crate) async fn interlock(s: &mut Session<'_>, verb: InterlockVerb) -> Done {
    let command = match verb {
        InterlockVerb::Add { run, until, why } => Some(OfficeCommand::Hold { run, task: until, why }),
        InterlockVerb::Lift { interlock } => Some(OfficeCommand::Lift { interlock }),
        InterlockVerb::List => None,
    };
    if let Some(command) = command {
        s.submit(CommandBody::Office(command)).await?;
    }
    let locks = facts(s).await?.interlocks;
    s.show(&locks, || {
        let line =
            |it: &office_core::team::Interlock| format!("{}  {}  until #{}: {}\n", it.id, it.run, it.task, it.why);
        print::block(&locks.iter().map(line).collect::<String>())
    })
}

pub(crate) async fn lease(s: &mut Session<'_>, args: LeaseArgs) -> Done {
    if args.back {
        s.submit(CommandBody::Office(OfficeCommand::ReleasePaths)).await?;
    } else if !args.paths.is_empty() {
        s.submit(CommandBody::Office(OfficeCommand::LeasePaths { paths: args.paths })).await?;
    }
    let leases = facts(s).await?.leases;
    s.show(&leases, || {
        let line = |it: &office_core::team::PathLease| {
            let task = it.task.map(|task| format!(" for #{task}")).unwrap_or_default();
            format!("run {} at desk {}{task}: {}\n", it.run, it.desk, it.paths.join(", "))
        };
        print::block(&leases.iter().map(line).collect::<String>())
    })
}

pub(crate) async fn shift(s: &mut Session<'_>, verb: ShiftVerb) -> Done {
    if let ShiftVerb::End { after: in_secs } = verb {
        s.submit(CommandBody::Office(OfficeCommand::EndShift { in_secs })).await?;
    }
    let shift = facts(s).await?.shift;
    s.show(&shift, || print::block(&shift_lines(&shift)))
}

fn shift_lines(shift: &Shift) -> String {
    let stands = match (shift.ended, shift.until) {
        (Some(_), _) => "The shift is over; the report waits for the retrospective.".to_owned(),
        (None, Some(until)) => format!("The shift ends at {until}."),
        (None, None) => "No end of a shift is set.".to_owned(),
    };
    let Some(report) = &shift.report else { return format!("{stands}\n") };
    let list = |ids: &[TaskId]| match ids {
        [] => "none".to_owned(),
        ids => ids.iter().map(|id| format!("#{id}")).collect::<Vec<_>>().join(" "),
    };
    let ended = report.ended.map(|at| format!(" of the shift that ended {at}")).unwrap_or_default();
    format!(
        "{stands}\nReport{ended}\n  done           {}\n  failed         {}\n  wait for you   {}\n  retrospective  {}\n",
        list(&report.done),
        list(&report.failed),
        list(&report.waits_for_you),
        list(&report.retrospectives)
    )
}

async fn facts(s: &mut Session<'_>) -> Result<office_core::office::OfficeFacts, Fail> {
    let ask = office_door::wire::Ask::Find { noun: "office".to_owned(), name: String::new() };
    match s.ask(ask).await? {
        office_door::wire::Answer::Changed(Noun::Office(facts)) => Ok(facts),
        _ => Err(crate::session::unexpected()),
    }
}
