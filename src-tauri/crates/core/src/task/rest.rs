//! What is left of a task whose agent goes on without something it needs: a task of its own that waits for the owner's answer and for
//! what the first one brings. What was done so far is committed at once. Stopping for a need is in `ask.rs`.

use crate::event::Event;
use crate::ids::RunId;
use crate::office::Office;
use crate::refusal::{Code, Refusal};
use crate::task::ask::NewTask;
use crate::task::written::written;
use crate::task::{Task, TaskEvent, TaskState};
use crate::text;
use crate::time::At;

/// Needs that one run may leave open.
const OPEN_MAX: usize = 9;

/// What is needed, as the agent says it.
pub(super) struct Need {
    pub(super) done_so_far: String,
    pub(super) needs: String,
    pub(super) options: Vec<String>,
}

/// Writes what is left as a task that is blocked, and has the work so far committed. The task itself goes on.
pub(super) fn left(office: &Office, task: &Task, run: RunId, need: Need, now: At) -> Result<Vec<Event>, Refusal> {
    let Need { done_so_far, needs, options } = need;
    let open = office.tasks.values().rev().filter(|it| it.by == Some(run) && it.state == TaskState::Blocked);
    let open: Vec<&Task> = open.collect();
    if open.iter().any(|it| it.why.as_ref() == Some(&needs)) {
        return Ok(Vec::new());
    }
    if open.len() >= OPEN_MAX {
        return Err(Refusal::new(
            Code::Limit,
            format!("run {run} left {OPEN_MAX} needs open"),
            "say what is needed in one: stop with `task_blocked` and end your turn",
        ));
    }
    let id = task.id;
    let so_far = if done_so_far.is_empty() { String::new() } else { format!("\n\nDone so far: {done_so_far}") };
    let asked =
        if task.body.is_empty() { String::new() } else { format!("\n\nWhat #{id} asked for:\n\n{}", task.body) };
    let body = format!("Do what #{id} had to leave out. It needed: {needs}{so_far}{asked}");
    let new = NewTask {
        project: task.project,
        title: format!("What is left of #{id}: {}", task.title).chars().take(text::TITLE_MAX).collect(),
        body: body.chars().take(text::BODY_MAX / 4).collect(),
        deliverable: task.deliverable,
        checks: task.checks.clone(),
        priority: task.priority,
        depends_on: vec![id],
        role: task.role.clone(),
        kind: task.kind.clone(),
        attempts: Some(task.attempts_max),
        time_limit_secs: task.time_limit_secs,
        review: task.review_wanted,
        draft: false,
    };
    let written = written(office, &new, now)?;
    let rest =
        Task { state: TaskState::Blocked, why: Some(needs), options, by: Some(run), behind: task.chain(), ..written };
    let mut events = vec![Event::Task(TaskEvent::Added { task: Box::new(rest) })];
    if task.workplace.is_some() {
        events.push(Event::Task(TaskEvent::KeepAsked { task: id, run }));
    }
    Ok(events)
}
