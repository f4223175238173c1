//! A task on a page: state, why, what holds it, checks with their verdicts and tails, marks, notes, and what to do next.

use office_core::task::lint::Flaw;
use office_core::task::{Deliverable, Priority, Review};
use office_core::{Task, TaskState};

use super::read;
use crate::around::Around;
use crate::print::{self, Table};
use crate::words;

/// Lines of a check's output that are shown.
const TAIL: usize = 15;

pub(super) fn page(task: &Task, desk: Option<&str>, flaws: &[Flaw], around: &Around) -> String {
    let paint = around.paint;
    let state = words::state(task.state, !task.waiting_for.is_empty());
    let mut out = format!("{}\n", paint.bold(&print::line(&format!("#{} {}", task.id, task.title))));
    out.push_str(&facts(task, desk, state));
    if let Some(why) = &task.why {
        let text = print::set_in(why, 2);
        out.push_str(&format!("\n{}\n{text}", paint.bold("Why")));
    }
    if let Some(review) = &task.review {
        out.push_str(&reviewed(review, around));
    }
    for (number, option) in (1..).zip(&task.options) {
        out.push_str(&format!("  {number}. {}   `office answer {} {number}`\n", print::line(option), task.id));
    }
    if !task.risks.is_empty() && matches!(task.state, TaskState::InReview) {
        out.push_str(&format!("\n{}\n", paint.bold("Not merged by itself")));
        for risk in &task.risks {
            out.push_str(&format!("  {}\n", print::line(risk)));
        }
    }
    if !task.marks.is_empty() {
        out.push_str(&format!("\n{}\n", paint.bold("Look at this first")));
        for mark in &task.marks {
            out.push_str(&format!("  {}\n", paint.red(&print::line(&words::mark(mark)))));
        }
    }
    if !flaws.is_empty() {
        out.push_str(&format!("\n{}\n{}", paint.bold("Before it is released"), read::flaws_of(flaws)));
    }
    if !task.body.trim().is_empty() {
        out.push_str(&format!("\n{}\n{}", paint.bold("To be done"), print::set_in(task.body.trim(), 2)));
    }
    out.push_str(&checks(task, around));
    if let Some(work) = &task.work {
        let tip: String = work.tip.chars().take(12).collect();
        let title = format!("Work: {} commit(s), {} file(s), at {tip}", work.commits, work.files.len());
        let mut table = Table::new(2);
        for file in work.files.iter().take(30) {
            let count = |n: Option<u32>, sign: char| n.map_or("binary".to_owned(), |n| format!("{sign}{n}"));
            table.row([file.status.clone(), count(file.added, '+'), count(file.removed, '-'), file.path.clone()]);
        }
        out.push_str(&format!("\n{}\n{}", paint.bold(&print::line(&title)), table.text(around.columns)));
        if work.files.len() > 30 {
            out.push_str(&format!("  and {} more: `office task diff {} --stat`\n", work.files.len() - 30, task.id));
        }
        if work.leftover_committed {
            out.push_str("  uncommitted work was found and committed by the office\n");
        }
    }
    if let Some(claim) = &task.claim {
        let said = format!("Said done by {}, {}", words::actor(claim.by), print::moment(claim.at, None));
        out.push_str(&format!("\n{}\n{}", paint.bold(&said), print::set_in(&claim.summary, 2)));
        if let Some(report) = &claim.report {
            out.push_str(&format!("\n{}\n{}", paint.bold("Report"), print::set_in(report, 2)));
        }
    }
    if !task.notes.is_empty() {
        out.push_str(&format!("\n{}\n", paint.bold("Notes")));
        for note in &task.notes {
            out.push_str(&format!("  {}, {}\n", words::actor(note.by), print::moment(note.at, None)));
            out.push_str(&print::set_in(&note.text, 4));
        }
    }
    out.push_str(&format!("\n{}\n", paint.bold("Next")));
    for line in next(task) {
        out.push_str(&format!("  {}\n", print::line(&line)));
    }
    out
}

/// What another run says of it, as its own words.
fn reviewed(review: &Review, around: &Around) -> String {
    let paint = around.paint;
    let commit: String = review.commit.chars().take(12).collect();
    let Some(judged) = &review.judged else {
        let line = format!("To be reviewed by another run: #{}, round {}, at {commit}", review.done_by, review.round);
        return format!("\n{}\n", paint.bold(&print::line(&line)));
    };
    let (by, at) = (words::actor(judged.by), print::moment(judged.at, None));
    let line = format!("Reviewed (#{}), {}, by {by}, {at}, at {commit}", review.done_by, judged.verdict.words());
    let mut out = format!("\n{}\n{}", paint.bold(&print::line(&line)), print::set_in(&judged.words, 2));
    if !judged.evidence.is_empty() {
        out.push_str(&format!("  which rests on\n{}", print::set_in(&judged.evidence, 4)));
    }
    out
}

fn facts(task: &Task, desk: Option<&str>, state: &str) -> String {
    let mut table = Table::new(2);
    let mut row = |name: &str, value: String| table.row([name.to_owned(), value]);
    row("state", format!("{state} since {}", print::moment(task.since, None)));
    if let Some(hold) = &task.hold {
        row("held", words::hold(hold, None));
    }
    if !task.depends_on.is_empty() {
        let all: Vec<_> = task
            .depends_on
            .iter()
            .map(|dep| if task.waiting_for.contains(dep) { format!("#{dep}") } else { format!("#{dep} (done)") })
            .collect();
        row("after", all.join(", "));
    }
    if let Some(desk) = desk {
        row("desk", desk.to_owned());
    }
    if let Some(progress) = &task.progress {
        row("progress", progress.clone());
    }
    row("project", task.project.to_string());
    if task.deliverable == Deliverable::Finding {
        row("delivers", "a finding".to_owned());
    }
    match task.priority {
        Priority::Urgent => row("priority", "urgent".to_owned()),
        Priority::High => row("priority", "high".to_owned()),
        Priority::Low => row("priority", "low".to_owned()),
        Priority::Normal => {}
    }
    if let Some(kind) = &task.kind {
        row("kind", kind.clone());
    }
    if let Some(role) = &task.role {
        row("role", role.to_string());
    }
    if let Some(of) = task.reviews {
        row("reviews", format!("#{of}"));
    }
    if let Some(wanted) = task.review_wanted {
        row("review", if wanted { "by another run, before it is merged" } else { "by no other run" }.to_owned());
    }
    row("attempts", format!("{} of {} used", task.attempts_used, task.attempts_max));
    if let Some(limit) = task.time_limit_secs {
        row("limit", format!("{limit} s each run"));
    }
    if let Some(workplace) = &task.workplace {
        row("checkout", workplace.path.clone());
        row("branch", workplace.branch.clone());
    }
    if let Some(merged) = &task.merged {
        row("merged", format!("as {merged}"));
    }
    table.text(None)
}

fn checks(task: &Task, around: &Around) -> String {
    let paint = around.paint;
    let mut out = String::new();
    if task.results.is_empty() {
        if !task.checks.is_empty() {
            out.push_str(&format!("\n{}\n", paint.bold("Checks, not run yet")));
            for check in &task.checks {
                out.push_str(&format!("  {}  (at most {} s)\n", print::line(&check.run), check.timeout_secs));
            }
        }
        return out;
    }
    out.push_str(&format!("\n{}\n", paint.bold("Checks")));
    for result in &task.results {
        let [verdict, whose, name, took] = words::check(result);
        let red = result.verdict.refuses();
        let verdict = if red { paint.red(&verdict) } else { paint.green(&verdict) };
        out.push_str(&format!("  {verdict}  {}  ({whose}, {took})\n", print::line(&name)));
        if result.verdict != office_core::check::Verdict::Passed {
            let lines: Vec<&str> = result.tail.lines().collect();
            out.push_str(&print::set_in(&lines[lines.len().saturating_sub(TAIL)..].join("\n"), 6));
        }
    }
    out
}

/// What its owner can do now.
fn next(task: &Task) -> Vec<String> {
    let id = task.id;
    match task.state {
        TaskState::Draft => vec![format!("office task release {id}")],
        TaskState::Ready if !task.waiting_for.is_empty() => {
            let waits: Vec<_> = task.waiting_for.iter().map(|dep| format!("#{dep}")).collect();
            vec![format!("nothing: it starts when {} is done", waits.join(", "))]
        }
        TaskState::Ready => vec![
            "nothing: a free desk that fits takes it".to_owned(),
            format!("office task assign {id} DESK     start it there now"),
        ],
        TaskState::Queued => vec![format!("office task unassign {id}     take it back from the queue")],
        TaskState::Starting | TaskState::Running | TaskState::Checking => vec![
            format!("office task await {id}     wait for what comes of it"),
            format!("office task log {id}       see what it printed so far"),
        ],
        TaskState::Blocked => vec![format!("office task answer {id} --text '...'"), format!("office task cancel {id}")],
        TaskState::Parked => {
            let release = task.hold.as_ref().map(|hold| hold.release.clone());
            vec![release.unwrap_or_else(|| format!("office task resume {id}"))]
        }
        TaskState::Interrupted => vec![format!("office task resume {id}     go on where it was")],
        TaskState::InReview if task.deliverable == Deliverable::Finding => {
            vec![format!("office task accept {id}"), format!("office task reject {id} --note '...'")]
        }
        TaskState::InReview if task.merge_waits() => vec![
            format!("office queue retry {id}                  try to merge it again"),
            format!("office task reject {id} --note '...'     send it back"),
        ],
        TaskState::InReview => vec![
            format!("office task diff {id}"),
            format!("office task accept {id}                  merge it"),
            format!("office task reject {id} --note '...'     send it back"),
        ],
        TaskState::Merging => vec![
            "office queue list           what it waits for".to_owned(),
            format!("office task await {id}     wait until it is merged"),
        ],
        TaskState::Done | TaskState::Cancelled => {
            vec![format!("office task reopen {id} --note '...'     if it is not right")]
        }
        TaskState::Failed => vec![
            format!("office task log {id}                    what happened"),
            format!("office task retry {id} --note '...'     try again"),
        ],
    }
}
