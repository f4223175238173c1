//! `office prune`: what recordings take, what of it would go, and having it go. What may go is not decided here.

use clap::Args;
use office_core::office::OfficeCommand;
use office_core::recording::RecordingsReport;
use office_core::{CommandBody, RunId};
use office_door::wire::{Answer, Ask};

use crate::fail::Fail;
use crate::print::{self, Table};
use crate::session::{Done, Session, unexpected};

/// What to keep.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  office prune                         what would go by the office's own budget (`office set --recordings-budget 5GB`)
  office prune --older-than 60         what would go if 60 days were kept
  office prune --keep 2GB --yes        have it go, oldest first
  office prune --session 7 --yes       give up what the session of run 7 left unsaved in its checkout

What goes is what runs left on disk (recordings, outputs of checks) on tasks that are done or cancelled, and of sessions
that are over. What nobody has looked at yet is kept whatever is said: work in review, blocked, failed, interrupted or
parked; and the checkout of a session that holds what is saved nowhere else.")]
pub(crate) struct PruneArgs {
    /// Keep so many days
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..))]
    older_than: Option<u32>,
    /// Keep so much, the newest: such as 500MB or 5GB
    #[arg(long, value_name = "SIZE", value_parser = megabytes)]
    keep: Option<u32>,
    /// Only this session, which is over: its checkout, with what is unsaved in it
    #[arg(long, value_name = "RUN", conflicts_with_all = ["older_than", "keep"])]
    session: Option<u32>,
    /// Have it go
    #[arg(long, conflicts_with = "dry_run")]
    yes: bool,
    /// Only say what would go, as without `--yes`
    #[arg(long)]
    dry_run: bool,
}

pub(crate) async fn carry_out(s: &mut Session<'_>, args: PruneArgs) -> Done {
    let PruneArgs { older_than, keep, session, yes, dry_run: _ } = args;
    if let Some(run) = session.map(RunId) {
        return give_up(s, run, yes).await;
    }
    let ask = Ask::Prune { keep_days: older_than, keep_mb: keep, go: yes };
    let Answer::Recordings(report) = s.ask(ask).await? else { return Err(unexpected()) };
    s.show(&report, || page(&report, s.around.columns))
}

/// Says what a session left, or has it go.
async fn give_up(s: &mut Session<'_>, run: RunId, yes: bool) -> Done {
    if yes {
        s.submit(CommandBody::Office(OfficeCommand::GiveUp { run })).await?;
    }
    let ask = Ask::Prune { keep_days: None, keep_mb: None, go: false };
    let Answer::Recordings(report) = s.ask(ask).await? else { return Err(unexpected()) };
    let left = report.unsaved.iter().find(|it| it.run == run);
    if !yes && left.is_none() {
        let way_out = "`office prune` lists the sessions that did";
        return Err(Fail::usage(format!("run {run} left no checkout of a session behind"), way_out));
    }
    s.show(&report, || match left {
        Some(it) if !yes => {
            let path = &it.path;
            print::line(&format!("the session of run {run} left {path}; look there first, then `--yes` has it go"))
        }
        _ => print::line(&format!("what the session of run {run} left goes, unsaved lines included")),
    })
}

fn page(report: &RecordingsReport, columns: Option<usize>) -> String {
    let (used, may) = (size(report.used_kb), size(report.may_go_kb));
    let mut out = format!(
        "recordings take {used}; {may} of it is of tasks that are done or cancelled, or of sessions, and may go\n"
    );
    let mut table = Table::default();
    for it in &report.goes {
        table.row([
            format!("run {}", it.run),
            it.task.map_or("session".to_owned(), |task| format!("#{task}")),
            format!("over {}", it.ended),
            size(it.kb),
        ]);
    }
    out.push_str(&table.text(columns));
    let (count, kb) = (report.goes.len(), size(report.goes_kb));
    out.push_str(&match (report.gone, report.keep_mb, report.keep_days) {
        (_, None, None) => {
            "nothing goes: say what to keep (`--keep 5GB`, `--older-than 60`), or set it for good (`office set \
                            --recordings-budget 5GB`)\n"
                .to_owned()
        }
        (_, mb, days) if count == 0 => format!("nothing goes: recordings are kept {}\n", kept(mb, days)),
        (true, ..) => format!("removed what {count} run(s) left, {kb}\n"),
        (false, ..) => format!("this would go: {count} run(s), {kb}; `--yes` has it go\n"),
    });
    for it in &report.unsaved {
        let (run, path) = (it.run, &it.path);
        out.push_str(&format!(
            "the session of run {run} left unsaved work in {path}: `office prune --session {run}`\n"
        ));
    }
    if report.is_over() {
        out.push_str("more is kept than that, because nobody has looked at it yet: `office status` says what waits\n");
    }
    print::block(&out)
}

/// How long, and how much.
pub(crate) fn kept(mb: Option<u32>, days: Option<u32>) -> String {
    let room = mb.map(|mb| format!("up to {}", size(mb.saturating_mul(1000))));
    match (room, days) {
        (None, None) => "for ever".to_owned(),
        (Some(room), None) => room,
        (None, Some(days)) => format!("for {days} days"),
        (Some(room), Some(days)) => format!("for {days} days and {room}"),
    }
}

/// Kilobytes in words.
pub(crate) fn size(kb: u32) -> String {
    let kb = f64::from(kb);
    if kb < 1000.0 {
        format!("{kb} kB")
    } else if kb < 1e6 {
        format!("{:.1} MB", kb / 1e3)
    } else {
        format!("{:.1} GB", kb / 1e6)
    }
}

/// Whole megabytes, from words such as `500MB` or `5GB`.
pub(crate) fn megabytes(text: &str) -> Result<u32, String> {
    let plain = text.trim().to_ascii_lowercase();
    let digits = plain.trim_end_matches(|c: char| c.is_ascii_alphabetic() || c == ' ');
    let times = match plain[digits.len()..].trim() {
        "m" | "mb" => 1_u32,
        "g" | "gb" => 1000,
        "t" | "tb" => 1_000_000,
        _ => return Err("say how much with its unit, such as 500MB, 5GB or 1TB".to_owned()),
    };
    let number: u32 =
        digits.trim().parse().map_err(|_| "say a whole number with its unit, such as 500MB".to_owned())?;
    number
        .checked_mul(times)
        .filter(|mb| (1..=4_000_000).contains(mb))
        .ok_or_else(|| "1MB to 4TB can be kept".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_and_said_as_people_do() {
        assert_eq!(megabytes("500MB"), Ok(500));
        assert_eq!(megabytes("5 gb"), Ok(5000));
        assert_eq!(megabytes("1T"), Ok(1_000_000));
        for wrong in ["", "5", "GB", "0MB", "-1GB", "1.5GB", "99999999TB", "5 GiB", "5KB"] {
            assert!(megabytes(wrong).is_err(), "{wrong}");
        }
        assert_eq!([size(0), size(999), size(1500), size(5_000_000)], ["0 kB", "999 kB", "1.5 MB", "5.0 GB"]);
        assert_eq!(kept(Some(5000), Some(60)), "for 60 days and up to 5.0 GB");
    }
}
