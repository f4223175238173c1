//! The one screen: who works on what, who waits for you, what is stuck or held and until when, what merged, the backlog.

use office_core::view::{StatusView, TaskLine};
use office_core::{DeskState, TaskState};

use crate::around::Around;
use crate::print::{self, Table};
use crate::words;

/// Tasks of the backlog, and of what is done, that are shown.
const SHOWN: usize = 12;

/// The screen.
pub(crate) fn screen(view: &StatusView, around: &Around) -> String {
    let paint = around.paint;
    let now = view.now;
    let mut out = format!("{}  {}\n", paint.bold(&print::line(&view.office)), print::moment(now, Some(now)));
    if let Some(hold) = &view.hold {
        out.push_str(&paint.red(&print::line(&format!("Everything is held: {}", words::hold(hold, Some(now))))));
        out.push('\n');
    }
    if let Some(said) = &view.review_full {
        out.push_str(&paint.red(&print::line(said)));
        out.push('\n');
    }

    let mut part = |title: &str, count: usize, text: String| {
        if !text.is_empty() {
            let count = if count == 0 { String::new() } else { format!(" ({count})") };
            out.push_str(&format!("\n{}\n{text}", paint.bold(&format!("{title}{count}"))));
        }
    };
    part("Budgets", 0, crate::budget::table(&view.budgets, 2, around.columns));
    part("Held until you answer", view.approvals.len(), held(view, around));
    part("Plans", view.plans.len(), plans(view, around));
    let waits = table(&view.waits_for_you, view, around, |line| match line.state {
        TaskState::InReview if line.marks > 0 => format!("{} mark(s)  `office task show {}`", line.marks, line.id),
        TaskState::InReview => format!("`office task show {}`", line.id),
        TaskState::Blocked => format!("`office task answer {} --text ...`", line.id),
        TaskState::Interrupted => format!("`office task resume {}`", line.id),
        _ => format!("`office task show {}`", line.id),
    });
    part("Waits for you", view.waits_for_you.len(), waits);
    part("Merge queue", view.queues.iter().map(|queue| queue.lines.len()).sum(), queues(view, around));
    let desks = if view.desks.is_empty() {
        "  none: `office desk add --role ROLE` adds one\n".to_owned()
    } else {
        words::desk_table(&view.desks, now, 2, around)
    };
    part("Desks", view.desks.len(), desks);
    part("Stuck or held", 0, stuck(view, around));
    part("On a collision course", 0, collisions(view, around));
    part("Mail", 0, mail(view, around));
    part("At work", view.at_work.len(), table(&view.at_work, view, around, on_desk));
    let backlog = table(&view.backlog[..view.backlog.len().min(SHOWN)], view, around, |line| {
        let waits: Vec<_> = line.waiting_for.iter().map(|task| format!("#{task}")).collect();
        if waits.is_empty() { String::new() } else { format!("for {}", waits.join(" ")) }
    });
    part("Backlog", view.backlog.len(), with_rest(backlog, view.backlog.len()));
    let newest = &view.done[view.done.len().saturating_sub(SHOWN)..];
    let done = table(newest, view, around, on_desk);
    part("Done within a day", view.done.len(), with_rest(done, view.done.len()));
    let idle = view.approvals.is_empty()
        && view.plans.is_empty()
        && [&view.waits_for_you, &view.held, &view.at_work, &view.backlog].into_iter().all(Vec::is_empty);
    if idle {
        out.push_str("\nNothing to do: `office task add TITLE` adds a task.\n");
    }
    out
}

fn held(view: &StatusView, around: &Around) -> String {
    let mut table = Table::new(2);
    for it in &view.approvals {
        let desk = it.desk.and_then(|id| view.desks.iter().find(|desk| desk.id == id));
        table.row([
            it.id.to_string(),
            desk.map_or("owner".to_owned(), |desk| desk.name.clone()),
            print::age(it.since, view.now),
            format!("`office approval approve {}`", it.id),
            it.shown.clone(),
        ]);
        if let Some(reason) = &it.reason {
            let first = reason.lines().next().unwrap_or_default();
            table.row([String::new(), String::new(), String::new(), String::new(), print::cut(first, 100)]);
        }
    }
    table.text(around.columns)
}

fn plans(view: &StatusView, around: &Around) -> String {
    let mut table = Table::new(2);
    for it in &view.plans {
        let age = print::age(it.since, view.now);
        let drafts = format!("{} drafts", it.drafts.len());
        table.row([it.id.to_string(), drafts, age, format!("`office plan show {}`", it.id), it.title.clone()]);
    }
    table.text(around.columns)
}

/// What waits to be merged, what is being checked, and why it stopped.
fn queues(view: &StatusView, around: &Around) -> String {
    let mut out = String::new();
    for queue in &view.queues {
        if let Some(hold) = &queue.hold {
            let line = format!("  {} onto {} is held: {}", queue.name, queue.base, words::hold(hold, Some(view.now)));
            out.push_str(&around.paint.red(&print::line(&line)));
            out.push('\n');
        }
        let mut table = Table::new(2);
        for line in &queue.lines {
            let (step, waits) = crate::queue::standing(line);
            let age = print::age(line.accepted, view.now);
            table.row([format!("#{}", line.task), step.to_owned(), age, waits, line.title.clone()]);
        }
        out.push_str(&table.text(around.columns));
    }
    out
}

/// Said while somebody was not told of their mail.
fn mail(view: &StatusView, around: &Around) -> String {
    let (Some(since), Some(oldest)) = (view.mail.oldest, &view.mail.waits) else { return String::new() };
    let (count, age) = (view.mail.queued, print::age(since, view.now));
    let what = if count == 1 { "1 mail waits".to_owned() } else { format!("{count} mails wait") };
    let line = print::line(&format!(
        "  {what} for somebody to be told; the oldest for {age}: `office mail show {}`, to {}",
        oldest.mail, oldest.to
    ));
    let line = if view.mail.late { around.paint.red(&line) } else { line };
    format!("{line}\n")
}

fn stuck(view: &StatusView, around: &Around) -> String {
    let mut table = Table::new(2);
    let desks = view.desks.iter().filter(|desk| {
        matches!(
            desk.state,
            DeskState::Stuck
                | DeskState::Limited
                | DeskState::LoginNeeded
                | DeskState::Crashed
                | DeskState::WaitingForYou
        )
    });
    for desk in desks {
        table.row([desk.name.clone(), desk.state.to_string(), desk.evidence.clone()]);
    }
    for line in &view.held {
        let why = match &line.hold {
            Some(hold) => words::hold(hold, Some(view.now)),
            None => line.why.clone().unwrap_or_default(),
        };
        table.row([format!("#{}", line.id), line.state.to_string(), format!("{}  {why}", line.title)]);
    }
    for limit in &view.usage_limits {
        table.row([
            limit.engine.to_string(),
            "limited".to_owned(),
            format!("{}: `{}` tries it now", limit.words(), limit.release()),
        ]);
    }
    for why in &view.unfit {
        table.row([String::new(), String::new(), why.clone()]);
    }
    for it in &view.cut_off {
        let why = it.cut.as_deref().unwrap_or_default();
        let said = format!("'{}' is not woken by '{}' any more: {why}", it.role, it.why.on);
        table.row([String::new(), print::age(it.at, view.now), said]);
    }
    around.paint.red(table.text(around.columns).trim_end_matches('\n')) + if table.is_empty() { "" } else { "\n" }
}

/// Said once of each two, from the desk of the older task.
fn collisions(view: &StatusView, around: &Around) -> String {
    let all = view.desks.iter().flat_map(|desk| desk.collisions.iter().map(move |it| (desk, it)));
    let mut out = String::new();
    for (desk, it) in all.filter(|(_, it)| it.task < it.with) {
        let line = print::line(&format!("  {}: {}", desk.name, words::collision(it)));
        let line = if it.conflicts.is_empty() { line } else { around.paint.red(&line) };
        out.push_str(&format!("{line}\n"));
    }
    out
}

fn on_desk(line: &TaskLine) -> String {
    line.desk.clone().unwrap_or_default()
}

fn table(lines: &[TaskLine], view: &StatusView, around: &Around, last: impl Fn(&TaskLine) -> String) -> String {
    let mut table = Table::new(2);
    for line in lines {
        table.row([
            format!("#{}", line.id),
            words::state(line.state, !line.waiting_for.is_empty()).to_owned(),
            print::age(line.since, view.now),
            last(line),
            line.title.clone(),
        ]);
        if let (TaskState::Blocked | TaskState::Failed | TaskState::Interrupted | TaskState::InReview, Some(why)) =
            (line.state, &line.why)
        {
            let first = why.lines().next().unwrap_or_default();
            table.row([String::new(), String::new(), String::new(), String::new(), print::cut(first, 100)]);
        }
    }
    table.text(around.columns)
}

fn with_rest(text: String, all: usize) -> String {
    if all > SHOWN { format!("{text}  and {} more: `office task list`\n", all - SHOWN) } else { text }
}
