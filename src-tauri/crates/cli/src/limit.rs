//! `office limit`: what one task may take (files, lines, time), and letting it take more. What follows at the limit is decided in
//! `core`; what calls to a model may cost is `budget.rs`.

use clap::{Args, Subcommand};
use office_core::CommandBody;
use office_core::office::OfficeCommand;
use office_core::task::TaskLimits;

use crate::budget::{WhoseArgs, of};
use crate::print::{self, Table};
use crate::session::{Done, Session};

/// What to do about what tasks may take.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  office limit                                         what a task may take
  office limit set --project shop --files 60 --lines 2000
  office limit set --role refactorer --files 300
  office limit set --time 3h                           each task of the office
  office limit raise --task 12 --lines 500             five hundred more than it may, or took
  office limit remove --project shop

Files and lines are counted against the base, committed or not; time is what programs worked on a task, over all its attempts. The
closest word counts: the task's own before its desk's, its role's, its project's and the office's. At the limit the next call is
denied, the task is parked with all its work, and raising the limit lets it go on where it was.")]
pub(crate) struct LimitArgs {
    #[command(subcommand)]
    verb: Option<LimitVerb>,
}

#[derive(Debug, Subcommand)]
enum LimitVerb {
    /// List what tasks may take
    #[command(after_help = "Examples:
  office limit list --json | jq -r '.[] | select(.limits.lines != null) | .limits.lines'")]
    List,
    /// Set what each task may take
    #[command(after_help = "Examples:
  office limit set --files 100 --lines 5000
  office limit set --task 12 --time 90m")]
    Set(MuchArgs),
    /// Let it take so much more
    #[command(after_help = "Examples:
  office limit raise --task 12 --files 20
  office limit raise --project shop --time 1h")]
    Raise(MuchArgs),
    /// Do without such a limit
    #[command(after_help = "Examples:
  office limit remove --project shop")]
    Remove(WhoseArgs),
}

#[derive(Debug, Args)]
struct MuchArgs {
    #[command(flatten)]
    whose: WhoseArgs,
    #[command(flatten)]
    much: AmountArgs,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = true)]
struct AmountArgs {
    /// Files that differ from the base
    #[arg(long, value_name = "N")]
    files: Option<u32>,
    /// Lines that came or went
    #[arg(long, value_name = "N")]
    lines: Option<u32>,
    /// Time in which programs work on it, such as 90s, 45m or 3h
    #[arg(long, value_name = "TIME", value_parser = seconds)]
    time: Option<u32>,
}

/// A time as people write it, in seconds.
pub(crate) fn seconds(text: &str) -> Result<u32, String> {
    let wrong = || "say how long, such as 90s, 45m or 3h".to_owned();
    let times = match text.chars().last() {
        Some('s') => 1,
        Some('m') => 60,
        Some('h') => 3600,
        _ => return Err(wrong()),
    };
    let number: u32 = text[..text.len() - 1].parse().map_err(|_| wrong())?;
    number.checked_mul(times).filter(|secs| *secs <= 30 * 24 * 3600).ok_or_else(wrong)
}

pub(crate) async fn carry_out(s: &mut Session<'_>, args: LimitArgs) -> Done {
    let (args, more) = match args.verb {
        None | Some(LimitVerb::List) => return list(s).await,
        Some(LimitVerb::Remove(whose)) => {
            let of = of(s, &whose).await?;
            s.submit(CommandBody::Office(OfficeCommand::RemoveTaskLimit { of })).await?;
            return list(s).await;
        }
        Some(LimitVerb::Set(args)) => (args, false),
        Some(LimitVerb::Raise(args)) => (args, true),
    };
    let of = of(s, &args.whose).await?;
    let AmountArgs { files, lines, time: secs } = args.much;
    let limits = TaskLimits { files, lines, secs };
    s.submit(CommandBody::Office(OfficeCommand::SetTaskLimit { of, limits, more })).await?;
    list(s).await
}

async fn list(s: &mut Session<'_>) -> Done {
    let limits = s.status().await?.task_limits;
    s.show(&limits, || {
        if limits.is_empty() {
            return "a task may take what it needs: `office limit set --files 100 --lines 5000` limits each task"
                .to_owned();
        }
        let mut table = Table::new(0);
        for it in &limits {
            table.row([print::line(&it.name), format!("{} each task", words(&it.limits))]);
        }
        table.text(None)
    })
}

/// A limit in words.
pub(crate) fn words(limits: &TaskLimits) -> String {
    let all = [
        limits.files.map(|it| format!("{it} files")),
        limits.lines.map(|it| format!("{it} lines")),
        limits.secs.map(|it| match it {
            it if it.is_multiple_of(3600) => format!("{} h", it / 3600),
            it if it.is_multiple_of(60) => format!("{} min", it / 60),
            it => format!("{it} s"),
        }),
    ];
    all.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_people_write_them() {
        for (text, secs) in [("90s", 90), ("45m", 2700), ("3h", 10_800)] {
            assert_eq!(seconds(text), Ok(secs));
        }
        for wrong in ["", "3", "h", "-1h", "1.5h", "3d", "99999999h", "ü"] {
            assert!(seconds(wrong).is_err(), "{wrong}");
        }
    }
}
