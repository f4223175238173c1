//! Writing a plan: each draft is checked as a task is, and none may wait for itself.

use std::collections::{BTreeMap, BTreeSet};

use super::{DRAFTS_MAX, NewPlan, OPEN_MAX, Plan, PlanDraft, PlanEvent, PlanState, too_many};
use crate::actor::Actor;
use crate::event::Event;
use crate::ids::{MailId, TaskId};
use crate::mail::Mailbox;
use crate::office::Office;
use crate::refusal::{Code, Refusal};
use crate::role::May;
use crate::task::TaskEvent;
use crate::task::ask::NewTask;
use crate::task::written::written;
use crate::team::may;
use crate::text;
use crate::time::At;

pub(super) fn propose(office: &Office, actor: Actor, new: &NewPlan, now: At) -> Result<Vec<Event>, Refusal> {
    may(office, actor, May::CreateTasks)?;
    office.project(new.project)?;
    if new.drafts.is_empty() {
        return Err(Refusal::invalid(
            "the plan has no draft",
            "write at least one: a title, what is to be done, a check",
        ));
    }
    if new.drafts.len() > DRAFTS_MAX {
        return Err(too_many(new.drafts.len()));
    }
    if office.plans.values().filter(|plan| plan.state == PlanState::Proposed).count() >= OPEN_MAX {
        let message = format!("{OPEN_MAX} plans wait for their owner");
        return Err(Refusal::new(Code::Limit, message, "`office plan list` shows them; accept or reject some first"));
    }
    let thread = match new.thread {
        Some(id) => Some(office.mail(id)?.thread),
        None => newest_talk(office, actor),
    };
    no_circle(new)?;
    said_once(office, new)?;
    let first = office.next.task.0;
    let id_of = |at: u32| TaskId(first + at);
    let plan = Plan {
        id: office.next.plan,
        project: new.project,
        title: text::title(&new.title)?,
        words: text::body("plan", &new.words)?,
        by: actor,
        thread,
        drafts: (0..)
            .zip(&new.drafts)
            .map(|(at, it)| PlanDraft { task: id_of(at), estimate_mins: it.estimate_mins })
            .collect(),
        state: PlanState::Proposed,
        note: None,
        proposed: now,
        since: now,
    };
    let mut events = vec![Event::Plan(PlanEvent::Proposed { plan: Box::new(plan) })];
    for (at, draft) in (0..).zip(&new.drafts) {
        let new = NewTask { project: new.project, draft: true, ..draft.new.clone() };
        let made = written(office, &new, now).map_err(|refusal| on_draft(at, &new, refusal))?;
        // Drafts of the plan are not there yet; what is named is looked for among those that are.
        let own: BTreeSet<TaskId> = draft.after.iter().map(|place| id_of(*place)).collect();
        let mut task = made;
        task.id = id_of(at);
        task.depends_on.extend(&own);
        task.waiting_for.extend(&own);
        events.push(Event::Task(TaskEvent::Added { task: Box::new(task) }));
    }
    Ok(events)
}

fn on_draft(at: u32, new: &NewTask, refusal: Refusal) -> Refusal {
    let title: String = new.title.chars().take(60).collect();
    Refusal { message: format!("draft {at}, '{title}': {}; nothing was written", refusal.message), ..refusal }
}

/// Refuses where a draft waits for one that is not there, or for itself.
fn no_circle(new: &NewPlan) -> Result<(), Refusal> {
    let count = u32::try_from(new.drafts.len()).unwrap_or(u32::MAX);
    for (at, draft) in (0_u32..).zip(&new.drafts) {
        if let Some(none) = draft.after.iter().find(|place| **place >= count) {
            let message = format!("draft {at} waits for draft {none}, which is not there; nothing was written");
            return Err(Refusal::invalid(
                message,
                "drafts of the plan are counted from 0; tasks that are there already are named by `depends_on`",
            ));
        }
    }
    let after = |place: u32| new.drafts.get(place as usize).map_or(&[][..], |draft| &draft.after[..]);
    for start in 0..count {
        let mut open = after(start).to_vec();
        let mut seen = BTreeSet::new();
        while let Some(next) = open.pop() {
            if next == start {
                let message = format!("draft {start} would wait for itself; nothing was written");
                return Err(Refusal::new(Code::Cycle, message, "leave out the `after` that leads back"));
            }
            if seen.insert(next) {
                open.extend(after(next));
            }
        }
    }
    Ok(())
}

/// Refuses a draft of what is to be done already: a plan that is made again of the same words doubles nothing.
fn said_once(office: &Office, new: &NewPlan) -> Result<(), Refusal> {
    let plain = |title: &str| title.trim().to_lowercase();
    let open =
        office.index.open.iter().filter_map(|id| office.tasks.get(id)).filter(|task| task.project == new.project);
    let mut known: BTreeMap<String, String> =
        open.map(|task| (plain(&task.title), format!("task #{}", task.id))).collect();
    for (at, draft) in (0_u32..).zip(&new.drafts) {
        if let Some(same) = known.insert(plain(&draft.new.title), format!("draft {at}")) {
            let title: String = draft.new.title.chars().take(60).collect();
            let message = format!("draft {at}, '{title}', is {same} already; nothing was written");
            return Err(Refusal::new(
                Code::Duplicate,
                message,
                "leave it out; what waits for it names it in `depends_on`",
            ));
        }
    }
    Ok(())
}

/// The newest talk that the owner has with whoever plans.
fn newest_talk(office: &Office, actor: Actor) -> Option<MailId> {
    let Actor::Agent { desk, .. } = actor else { return None };
    let boxes = office.mailboxes_of(actor);
    let with_owner = |mail: &&crate::mail::Mail| {
        let asked = mail.from == Actor::Owner && boxes.contains(&mail.to);
        let said = mail.to == Mailbox::Owner && matches!(mail.from, Actor::Agent { desk: at, .. } if at == desk);
        asked || said
    };
    office.mails.values().rev().find(with_owner).map(|mail| mail.thread)
}
