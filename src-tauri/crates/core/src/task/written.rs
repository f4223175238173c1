//! A task as it is written and edited: every value checked before it is believed.

use crate::check::Check;
use crate::ids::TaskId;
use crate::office::Office;
use crate::refusal::{Code, Refusal};
use crate::task::ask::{NewTask, ReviewChoice, TaskEdit};
use crate::task::{Task, TaskState};
use crate::text;
use crate::time::At;

pub(crate) fn written(office: &Office, new: &NewTask, now: At) -> Result<Task, Refusal> {
    office.project(new.project)?;
    if let Some(role) = &new.role {
        office.role(role)?;
    }
    if office.index.open.len() >= 10_000 {
        return Err(Refusal::new(Code::Limit, "10,000 tasks are open", "finish or cancel some first"));
    }
    let id = office.next.task;
    let depends_on = dependencies(office, id, &new.depends_on)?;
    let waiting_for = office.unfinished(&depends_on);
    Ok(Task {
        id,
        project: new.project,
        title: text::title(&new.title)?,
        body: text::body("body", &new.body)?,
        deliverable: new.deliverable,
        checks: checks(&new.checks)?,
        priority: new.priority,
        place: None,
        depends_on,
        waiting_for,
        role: new.role.clone(),
        kind: new.kind.as_deref().map(kind).transpose()?,
        by: None,
        woken: None,
        behind: 0,
        attempts_max: attempts(new.attempts)?,
        attempts_used: 0,
        taken: None,
        time_limit_secs: time_limit(new.time_limit_secs)?,
        state: if new.draft { TaskState::Draft } else { TaskState::Ready },
        desk: None,
        lease: None,
        item: None,
        last_run: None,
        workplace: None,
        claim: None,
        work: None,
        results: Vec::new(),
        marks: Vec::new(),
        hold: None,
        why: None,
        options: Vec::new(),
        notes: Vec::new(),
        progress: None,
        accepted: None,
        landing: None,
        base_gone: false,
        incidents: 0,
        risks: Vec::new(),
        review_wanted: new.review,
        review: None,
        reviews: None,
        merged: None,
        added: now,
        since: now,
    })
}

pub(crate) fn edited(office: &Office, task: &Task, edit: &TaskEdit) -> Result<Task, Refusal> {
    let mut task = task.clone();
    if let Some(title) = &edit.title {
        task.title = text::title(title)?;
    }
    if let Some(body) = &edit.body {
        task.body = text::body("body", body)?;
    }
    if let Some(new) = &edit.checks {
        task.checks = checks(new)?;
    }
    if let Some(priority) = edit.priority {
        task.priority = priority;
    }
    if let Some(deps) = &edit.depends_on {
        task.depends_on = dependencies(office, task.id, deps)?;
        task.waiting_for = office.unfinished(&task.depends_on);
    }
    if let Some(count) = edit.attempts {
        task.attempts_max = attempts(Some(count))?;
    }
    if let Some(secs) = edit.time_limit_secs {
        // None at all is said as 0: an edit that names nothing changes nothing.
        task.time_limit_secs = time_limit(Some(secs).filter(|secs| *secs > 0))?;
    }
    if let Some(role) = &edit.role {
        // Likewise no role at all by an empty name.
        task.role = (!role.0.is_empty()).then(|| role.clone());
        if let Some(role) = &task.role {
            office.role(role)?;
        }
    }
    if let Some(word) = &edit.kind {
        task.kind = Some(word.as_str()).filter(|word| !word.is_empty()).map(kind).transpose()?;
    }
    if let Some(choice) = edit.review {
        task.review_wanted = match choice {
            ReviewChoice::On => Some(true),
            ReviewChoice::Off => Some(false),
            ReviewChoice::Project => None,
        };
    }
    if let Some(project) = edit.project.filter(|project| *project != task.project) {
        office.project(project)?;
        unbegun(&task, "project", "`office task add` writes one there")?;
        task.project = project;
    }
    if let Some(deliverable) = edit.deliverable.filter(|deliverable| *deliverable != task.deliverable) {
        unbegun(&task, "deliverable", "`office task add` writes another one")?;
        task.deliverable = deliverable;
    }
    if let Some(desk) = task.desk.and_then(|desk| office.desks.get(&desk))
        && (task.role.as_ref().is_some_and(|role| *role != desk.role)
            || desk.project.is_some_and(|project| project != task.project))
    {
        return Err(Refusal::new(
            Code::NotAllowed,
            format!("task #{} waits in the queue of desk '{}', which could not take it then", task.id, desk.name),
            format!("`office task unassign {}` takes it back first", task.id),
        ));
    }
    Ok(task)
}

/// Work that was begun lies in a checkout of its project, and is a change or a finding already.
fn unbegun(task: &Task, what: &str, way_out: &str) -> Result<(), Refusal> {
    if task.workplace.is_none() && task.work.is_none() && task.last_run.is_none() {
        return Ok(());
    }
    Err(Refusal::new(Code::WrongState, format!("task #{} was begun: its {what} stays", task.id), way_out))
}

fn kind(word: &str) -> Result<String, Refusal> {
    if crate::role::is_kind(word) {
        return Ok(word.to_owned());
    }
    let shown: String = word.chars().take(40).collect();
    Err(Refusal::invalid(
        format!("'{shown}' is no kind of task"),
        "use one word of small letters: build, fix, test, qa",
    ))
}

fn attempts(count: Option<u32>) -> Result<u32, Refusal> {
    match count.unwrap_or(3) {
        n @ 1..=20 => Ok(n),
        n => Err(Refusal::invalid(format!("{n} attempts are not possible"), "give 1 to 20")),
    }
}

fn time_limit(secs: Option<u32>) -> Result<Option<u32>, Refusal> {
    match secs {
        Some(0) => Err(Refusal::invalid("a time limit of 0 s leaves no time", "give at least 1 s, or none")),
        other => Ok(other),
    }
}

fn checks(list: &[Check]) -> Result<Vec<Check>, Refusal> {
    if list.len() > 50 {
        return Err(Refusal::new(Code::Limit, "more than 50 checks", "put several into one script"));
    }
    for check in list {
        if check.run.trim().is_empty() || check.run.len() > 4096 || check.run.contains('\0') {
            return Err(Refusal::invalid(
                format!("check '{}' has no command, or one of more than 4096 bytes", check.name),
                "put long checks into a script of the repository",
            ));
        }
        if check.timeout_secs == 0 {
            return Err(Refusal::invalid(format!("check '{}' has a time-out of 0 s", check.name), "give at least 1 s"));
        }
    }
    Ok(list.to_vec())
}

/// The dependencies of task `id`, each known and none leading back to it.
fn dependencies(office: &Office, id: TaskId, wanted: &[TaskId]) -> Result<Vec<TaskId>, Refusal> {
    if wanted.len() > 100 {
        return Err(Refusal::new(
            Code::Limit,
            "more than 100 dependencies",
            "depend on one task that depends on the others",
        ));
    }
    let mut open = wanted.to_vec();
    let mut seen = std::collections::BTreeSet::new();
    while let Some(next) = open.pop() {
        if next == id {
            return Err(Refusal::new(
                Code::Cycle,
                format!("task #{id} would wait for itself"),
                "leave out the dependency that leads back",
            ));
        }
        if seen.insert(next) {
            open.extend(office.task(next)?.depends_on.iter().copied());
        }
    }
    let mut list = wanted.to_vec();
    list.sort_unstable();
    list.dedup();
    Ok(list)
}
