//! How a task goes on when the world answers: checkout made, engine started, process over, work collected, checks run, merged.
//! Everything here is fenced: an answer for a run that no longer owns the task changes nothing.

use crate::actor::Actor;
use crate::approval;
use crate::check::{Check, CheckResult, CheckSource, Mark, marks_for};
use crate::effect::Outcome;
use crate::event::Event;
use crate::ids::{RunId, TaskId};
use crate::mail;
use crate::office::Office;
use crate::project::{Acceptance, ProjectEvent};
use crate::run::{self, Exit, RunEvent, RunState, StopWhy, Work};
use crate::task::{Claim, Deliverable, Task, TaskEvent, TaskState, TaskTakes, risk};
use crate::time::At;
use crate::usage_limit;

/// The checkout of a run is ready, or is not.
pub fn prepared(office: &Office, run: RunId, outcome: &Outcome, now: At) -> Vec<Event> {
    let Some(it) = office.runs.get(&run).filter(|r| r.state == RunState::Preparing) else { return Vec::new() };
    match outcome {
        Outcome::Prepared { workplace, settings } => {
            let mut events = Vec::new();
            if office.projects.get(&it.project).is_some_and(|p| p.settings != *settings) {
                events.push(Event::Project(ProjectEvent::SettingsRead {
                    project: it.project,
                    settings: settings.clone(),
                }));
            }
            events.push(Event::Run(RunEvent::Prepared { run, workplace: workplace.clone() }));
            events
        }
        Outcome::Failed { why } => run_over(office, run, &Exit::NotStarted { why: why.clone() }, now),
        _ => run_over(office, run, &Exit::NotStarted { why: "called off".to_owned() }, now),
    }
}

/// The engine of a run started, or did not.
pub fn launched(office: &Office, run: RunId, outcome: &Outcome, now: At) -> Vec<Event> {
    let Some(it) = office.runs.get(&run).filter(|r| r.is_open()) else { return Vec::new() };
    match outcome {
        Outcome::Launched { pid, enforcement } if it.state == RunState::Launching => {
            let task = it.task.and_then(|id| office.tasks.get(&id)).filter(|task| task.lease == Some(run));
            let deadline = task.and_then(|task| task.time_limit_secs).map(|secs| now.plus_seconds(secs));
            let mut events =
                vec![Event::Run(RunEvent::Launched { run, pid: *pid, deadline, enforcement: enforcement.clone() })];
            events.extend(task.map(|task| Event::Task(TaskEvent::Running { task: task.id, run })));
            events
        }
        Outcome::Launched { .. } => Vec::new(),
        Outcome::Failed { why } => run_over(office, run, &Exit::NotStarted { why: why.clone() }, now),
        Outcome::Lost => run_over(office, run, &Exit::Lost, now),
        _ => run_over(office, run, &Exit::NotStarted { why: "called off".to_owned() }, now),
    }
}

/// A run's process is gone, or never came to be.
pub fn run_over(office: &Office, run: RunId, exit: &Exit, now: At) -> Vec<Event> {
    run_over_at(office, run, exit, None, now)
}

/// The same, where its end was at another moment than now.
pub fn run_over_at(office: &Office, run: RunId, exit: &Exit, ended: Option<At>, now: At) -> Vec<Event> {
    let Some(it) = office.runs.get(&run).filter(|r| r.is_open()) else { return Vec::new() };
    let mut events = vec![Event::Run(RunEvent::Ended { run, exit: exit.clone(), ended })];
    events.extend(approval::run_over(office, run));
    events.extend(mail::run_over(office, run));
    events.extend(usage_limit::ended(office, run));
    let Some(task) = it.task.and_then(|id| office.tasks.get(&id)) else { return events };
    if task.lease != Some(run) {
        if task.last_run == Some(run) {
            events.extend(keep(task, run));
        }
        return events;
    }
    match (task.state, it.stop, exit) {
        (TaskState::Running, Some(StopWhy::TimeLimit), _) => {
            let limit = task.time_limit_secs.unwrap_or_default();
            events.extend(attempt_failed(office, task, run, format!("its time limit of {limit} s ran out")));
        }
        (TaskState::Running, Some(StopWhy::Silent), _) => {
            events.extend(attempt_failed(
                office,
                task,
                run,
                "it printed nothing for too long and was ended".to_owned(),
            ));
        }
        (TaskState::Starting, _, Exit::NotStarted { why }) => {
            events.extend(failed(office, task.id, why.clone()));
        }
        (TaskState::Starting | TaskState::Running, _, Exit::Lost) => {
            let why = "its process was lost while its agent worked; its checkout is intact".to_owned();
            events.push(Event::Task(TaskEvent::Interrupted { task: task.id, why }));
        }
        (TaskState::Starting, _, _) => {
            events.extend(failed(office, task.id, format!("it ended while starting: {exit}")));
        }
        (TaskState::Running, _, Exit::Code { code: 0 }) => {
            let claim =
                Claim { at: now, by: Actor::Office, summary: "its process ended with code 0".to_owned(), report: None };
            events.push(Event::Task(TaskEvent::DoneSaid { task: task.id, run, claim }));
        }
        (TaskState::Running, ..) => {
            events.extend(attempt_failed(office, task, run, exit.to_string()));
        }
        _ => {}
    }
    events
}

/// Partial work of a task that stopped short is committed to its branch.
fn keep(task: &Task, run: RunId) -> Option<Event> {
    let stopped =
        matches!(task.state, TaskState::Failed | TaskState::Blocked | TaskState::Cancelled | TaskState::Parked);
    (stopped && task.workplace.is_some()).then_some(Event::Task(TaskEvent::KeepAsked { task: task.id, run }))
}

/// It failed, and needs nothing any more that was parked with it.
fn failed(office: &Office, task: TaskId, why: String) -> Vec<Event> {
    let parked = approval::task_over(office, task);
    std::iter::once(Event::Task(TaskEvent::Failed { task, why })).chain(parked).collect()
}

/// One attempt is used up: another one at the same desk, or the end with its evidence.
fn attempt_failed(office: &Office, task: &Task, run: RunId, why: String) -> Vec<Event> {
    let mut events = vec![Event::Task(TaskEvent::AttemptFailed { task: task.id, run, why: why.clone() })];
    events.extend(again_or_fail(office, task, run, &why));
    events
}

fn again_or_fail(office: &Office, task: &Task, run: RunId, why: &str) -> Vec<Event> {
    if task.attempts_used + 1 < task.attempts_max
        && let Some(desk) = task.desk
    {
        return vec![Event::Task(TaskEvent::Queued { task: task.id, desk, front: true })];
    }
    let why = format!("{why}; {} of {} attempts used", task.attempts_used + 1, task.attempts_max);
    let mut events = failed(office, task.id, why);
    if task.workplace.is_some() {
        events.push(Event::Task(TaskEvent::KeepAsked { task: task.id, run }));
    }
    events
}

fn owner_of_claim(office: &Office, task: TaskId, run: RunId) -> Option<&Task> {
    office.tasks.get(&task).filter(|it| it.state == TaskState::Checking && it.last_run == Some(run))
}

/// The work of a task was collected, or could not be.
pub fn collected(office: &Office, id: TaskId, run: RunId, keep: bool, outcome: &Outcome) -> Vec<Event> {
    if keep {
        let Some(task) = office.tasks.get(&id).filter(|it| it.last_run == Some(run)) else { return Vec::new() };
        return match outcome {
            Outcome::Collected { work } => {
                vec![Event::Task(TaskEvent::Collected { task: task.id, run, work: work.clone() })]
            }
            _ => Vec::new(),
        };
    }
    let Some(task) = owner_of_claim(office, id, run) else { return Vec::new() };
    let work = match outcome {
        Outcome::Collected { work } => work,
        Outcome::Failed { why } => {
            let why = format!("its work could not be collected: {why}");
            let mut events = failed(office, id, why);
            events.extend(run::stop(office, Some(run), StopWhy::TaskTaken));
            return events;
        }
        _ => return Vec::new(),
    };
    let mut events = vec![Event::Task(TaskEvent::Collected { task: id, run, work: work.clone() })];
    if work.is_empty() && task.deliverable == Deliverable::Change {
        let why = "nothing changed: the checkout is as the base is".to_owned();
        events.extend(refused(office, task, run, why, Vec::new()));
    } else if checks_of(office, task).is_empty() {
        events.extend(in_review(office, task, run, work, Vec::new()));
    } else {
        events.push(Event::Task(TaskEvent::ChecksBegan { task: id, run, commit: work.tip.clone() }));
    }
    events
}

/// The task's own checks, then its project's; those judge changes only.
pub fn checks_of(office: &Office, task: &Task) -> Vec<(CheckSource, Check)> {
    let own = task.checks.iter().map(|check| (CheckSource::Task, check.clone()));
    let project = office.projects.get(&task.project).filter(|_| task.deliverable == Deliverable::Change);
    let shared = project.into_iter().flat_map(|project| &project.settings.checks);
    own.chain(shared.map(|check| (CheckSource::Project, check.clone()))).collect()
}

/// The checks of a task ran, or could not.
pub fn checked(office: &Office, id: TaskId, run: RunId, outcome: &Outcome) -> Vec<Event> {
    let Some(task) = owner_of_claim(office, id, run) else { return Vec::new() };
    match outcome {
        Outcome::Checked { results, base } => {
            let mut events = Vec::new();
            if !base.is_empty() {
                events.push(Event::Project(ProjectEvent::BaseChecked { project: task.project, checks: base.clone() }));
            }
            let red: Vec<_> = results.iter().filter(|r| r.verdict.refuses()).collect();
            match (red.is_empty(), &task.work) {
                (true, Some(work)) => events.extend(in_review(office, task, run, work, results.clone())),
                _ => {
                    let named: Vec<_> = red.iter().map(|r| format!("'{}' {}", r.name, r.verdict.words())).collect();
                    events.extend(refused(office, task, run, format!("check {}", named.join(", ")), results.clone()));
                }
            }
            events
        }
        Outcome::Failed { why } => {
            let mut events = failed(office, id, format!("its checks could not run: {why}"));
            events.extend(run::stop(office, Some(run), StopWhy::TaskTaken));
            events
        }
        _ => Vec::new(),
    }
}

fn refused(office: &Office, task: &Task, run: RunId, why: String, results: Vec<CheckResult>) -> Vec<Event> {
    let lives = office.runs.get(&run).is_some_and(|r| r.state == RunState::Live);
    let attempts_left = task.attempts_used + 1 < task.attempts_max;
    let goes_on = lives && attempts_left;
    let mut events = vec![Event::Task(TaskEvent::Refused { task: task.id, run, why: why.clone(), results, goes_on })];
    if !goes_on {
        events.extend(again_or_fail(office, task, run, &why));
        events.extend(run::stop(office, Some(run), StopWhy::TaskTaken));
    }
    events
}

fn in_review(office: &Office, task: &Task, run: RunId, work: &Work, results: Vec<CheckResult>) -> Vec<Event> {
    let over =
        office.limits_of(task).passed(TaskTakes::of(work), 0).map(|what| Mark::Odd { what: format!("it {what}") });
    let mut marks = marks_for(&work.files, &checks_of(office, task));
    marks.extend(work.marks.iter().cloned());
    marks.extend(over);
    for result in &results {
        match result.verdict {
            crate::check::Verdict::Flaky => marks.push(Mark::Flaky { check: result.name.clone() }),
            crate::check::Verdict::RedOnBase => marks.push(Mark::RedOnBase { check: result.name.clone() }),
            _ => {}
        }
    }
    let risks = match acceptance(office, task) {
        Acceptance::LowRisk => risk::reasons(office, task, work, &results, &marks),
        Acceptance::Owner | Acceptance::Green => Vec::new(),
    };
    // The very commit that was approved may come back: from a run that had nothing more to do.
    let approved = task.review.as_ref().is_some_and(|review| review.approves(&work.tip));
    let by_itself = merges_by_itself(office, task, &marks, &risks) && (approved || !office.is_reviewed(task));
    let mut events = vec![Event::Task(TaskEvent::InReview { task: task.id, run, results, marks, risks })];
    events.extend(run::stop(office, Some(run), StopWhy::Finished));
    events.extend(approval::task_over(office, task.id));
    if by_itself {
        events.push(Event::Task(TaskEvent::Accepted { task: task.id }));
    }
    // What it came to is its verdict, which is given or missing; nobody accepts a review.
    if task.reviews.is_some() {
        events.push(Event::Task(TaskEvent::Done { task: task.id, commit: None }));
    }
    events
}

fn acceptance(office: &Office, task: &Task) -> Acceptance {
    office.projects.get(&task.project).map_or(Acceptance::Owner, |project| project.acceptance)
}

/// Whether the office merges what carries these marks and risks by itself.
fn merges_by_itself(office: &Office, task: &Task, marks: &[Mark], risks: &[String]) -> bool {
    let may = match acceptance(office, task) {
        Acceptance::Owner => false,
        Acceptance::Green => marks.is_empty(),
        Acceptance::LowRisk => risks.is_empty(),
    };
    may && task.deliverable == Deliverable::Change && office.queue_has_room(task.project).is_ok()
}

/// The same for a change that is in review, as things stand now.
pub(super) fn accepted_by_itself(office: &Office, task: &Task) -> bool {
    let Some(work) = &task.work else { return false };
    let risks = match acceptance(office, task) {
        Acceptance::LowRisk => risk::reasons(office, task, work, &task.results, &task.marks),
        Acceptance::Owner | Acceptance::Green => Vec::new(),
    };
    merges_by_itself(office, task, &task.marks, &risks)
}
