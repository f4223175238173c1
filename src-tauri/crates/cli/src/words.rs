//! How the office's things are said in a line: tasks, desks, holds, marks, actors. Pages and screens are made of these.

use office_core::check::{CheckResult, CheckSource, Mark};
use office_core::collision::DeskCollision;
use office_core::hold::{Hold, HoldReason};
use office_core::sandbox::Enforcement;
use office_core::seen::Spent;
use office_core::view::DeskView;
use office_core::{Actor, At, Task, TaskState};

use crate::around::Around;
use crate::print::{self, Table};

/// Why something is held, since when and until when, and what releases it.
pub(crate) fn hold(hold: &Hold, now: Option<At>) -> String {
    let reason = match hold.reason {
        HoldReason::StoppedByOwner => "stopped by its owner",
        HoldReason::DeskPaused => "desk paused",
        HoldReason::DeskStopped => "desk stopped",
        HoldReason::WaitsForYou => "waits for your answer",
        HoldReason::BudgetSpent => "a budget is spent",
        HoldReason::UsageLimit => "its account has reached its usage limit",
        HoldReason::QueueHeld => "the merge queue is held by its owner",
        HoldReason::BaseRewritten => hold.what.as_deref().unwrap_or("the base was rewritten"),
        HoldReason::TaskLimit => hold.what.as_deref().unwrap_or("its task took all it may"),
        HoldReason::Incident => hold.what.as_deref().unwrap_or("something happened that must not"),
    };
    let until = hold.until.map_or("until released".to_owned(), |until| format!("until {}", print::moment(until, now)));
    format!("{reason} since {}, {until}: `{}`", print::moment(hold.since, now), hold.release)
}

/// A task's state as people read it: a ready task that waits for others is *waiting*.
pub(crate) fn state(state: TaskState, waits: bool) -> &'static str {
    if state == TaskState::Ready && waits { "waiting" } else { state.as_str() }
}

/// What an act left a task in.
pub(crate) fn task_line(task: &Task) -> String {
    let state = state(task.state, !task.waiting_for.is_empty());
    let mut out = print::line(&format!("#{} {state}: {}", task.id, task.title)) + "\n";
    if let Some(why) = &task.why {
        out.push_str(&print::set_in(why, 2));
    }
    out
}

/// A mark, in words.
pub(crate) fn mark(mark: &Mark) -> String {
    match mark {
        Mark::TouchesTests { files } => format!("touches tests: {}", some(files)),
        Mark::TouchesChecks { files } => format!("touches what checks it: {}", some(files)),
        Mark::Flaky { check } => format!("a check is flaky: {check}"),
        Mark::RedOnBase { check } => format!("a check is red on the base: {check}"),
        Mark::Odd { what } => format!("odd: {what}"),
    }
}

fn some(files: &[String]) -> String {
    let shown: Vec<&str> = files.iter().take(8).map(String::as_str).collect();
    let more = files.len().saturating_sub(shown.len());
    if more == 0 { shown.join(", ") } else { format!("{} and {more} more", shown.join(", ")) }
}

/// A check's result in one line.
pub(crate) fn check(result: &CheckResult) -> [String; 4] {
    let whose = match result.source {
        CheckSource::Task => "task check",
        CheckSource::Project => "project check",
    };
    let code = result.code.map_or(String::new(), |code| format!("exit code {code}, "));
    let took = format!("{code}{:.1} s", f64::from(result.took_ms) / 1000.0);
    [result.verdict.words().to_owned(), whose.to_owned(), result.name.clone(), took]
}

/// Who.
pub(crate) fn actor(actor: Actor) -> String {
    match actor {
        Actor::Owner => "owner".to_owned(),
        Actor::Agent { desk, run } => format!("agent at desk {desk} (run {run})"),
        Actor::Office => "office".to_owned(),
    }
}

/// A count of tokens, short.
fn tokens(count: u64) -> String {
    match count {
        0..10_000 => count.to_string(),
        10_000..10_000_000 => format!("{}k", count / 1000),
        _ => format!("{}M", count / 1_000_000),
    }
}

/// Money, to the cent; less than a cent is said to be so.
fn money(micro_dollars: u64) -> String {
    match micro_dollars {
        1..10_000 => "under $0.01".to_owned(),
        _ => format!("${}.{:02}", micro_dollars / 1_000_000, micro_dollars % 1_000_000 / 10_000),
    }
}

/// What a run took, by kind, with money where it is known.
pub(crate) fn spent(spent: &Spent) -> String {
    let Spent { input, output, cache_read, cache_write, micro_dollars, turns, model, context } = spent;
    let mut words = format!(
        "{} tokens in, {} out, {} from memory, {} into it; {turns} turn(s)",
        tokens(*input),
        tokens(*output),
        tokens(*cache_read),
        tokens(*cache_write)
    );
    words.push_str(&micro_dollars.map_or("; money unknown".to_owned(), |it| format!("; {}", money(it))));
    words.push_str(&context.map(|it| format!("; context {} % full", it.percent())).unwrap_or_default());
    words.push_str(&model.as_ref().map(|it| format!("; {it}")).unwrap_or_default());
    words
}

/// The same at a glance: context and money, or tokens where that is not known.
fn spent_short(spent: &Spent) -> String {
    let took = spent.micro_dollars.map_or_else(
        || format!("{} tokens", tokens(spent.input + spent.output + spent.cache_read + spent.cache_write)),
        money,
    );
    spent.context.map_or(took.clone(), |it| format!("{took}, context {} %", it.percent()))
}

/// Desks, one to a line.
pub(crate) fn desk_table(desks: &[DeskView], now: At, indent: usize, around: &Around) -> String {
    let mut table = Table::new(indent);
    for desk in desks {
        let on = match (&desk.task, &desk.title) {
            (Some(task), title) => format!("#{task} {}", title.clone().unwrap_or_default()),
            (None, _) => match &desk.hold {
                Some(it) => hold(it, Some(now)),
                None => desk.evidence.clone(),
            },
        };
        let queue = if desk.queue.is_empty() { String::new() } else { format!("+{} queued", desk.queue.len()) };
        table.row([
            desk.id.to_string(),
            desk.name.clone(),
            desk.role.to_string(),
            desk.state.to_string(),
            desk.since.map(|since| print::age(since, now)).unwrap_or_default(),
            queue,
            desk.spent.as_ref().map(spent_short).unwrap_or_default(),
            desk.enforcement.as_ref().map_or("", |it| if it.hard { "hard" } else { "soft" }).to_owned(),
            on,
        ]);
    }
    table.text(around.columns)
}

/// With whom a desk's task collides, and in which files; red where they would conflict.
pub(crate) fn collision(it: &DeskCollision) -> String {
    let whom = it.desk.as_ref().map_or_else(|| format!("#{}", it.with), |desk| format!("{desk} (#{})", it.with));
    match &it.conflicts[..] {
        [] => format!("#{} touches the same as {whom}: {}", it.task, it.files.join(", ")),
        files => format!("#{} would conflict with {whom}: {}", it.task, files.join(", ")),
    }
}

/// What keeps a run to its own.
pub(crate) fn enforcement(it: &Enforcement) -> String {
    let calls = it
        .metering
        .as_ref()
        .map(|it| if it.on { format!("; {}", it.words) } else { format!("; not metered: {}", it.words) });
    format!("{} ({}{})", if it.hard { "hard" } else { "soft" }, it.words, calls.unwrap_or_default())
}
