//! A plan: drafts that belong together, written by whoever leads the desks, which the owner accepts or rejects as a whole. Nothing of
//! it runs before that, whatever may else be released. What is wrong with how a draft is written is `task/lint.rs`'s.

mod propose;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};
use specta::Type;

use crate::actor::Actor;
use crate::desk::words;
use crate::event::Event;
use crate::ids::{MailId, PlanId, ProjectId, TaskId};
use crate::mail::{Address, MailCommand, MailKind, NewMail};
use crate::office::Office;
use crate::refusal::{Code, Refusal};
use crate::role::May;
use crate::task::ask::{NewTask, TaskEdit};
use crate::task::written::edited;
use crate::task::{Task, TaskEvent, TaskState};
use crate::team::may;
use crate::text;
use crate::time::At;

/// Drafts of one plan.
pub const DRAFTS_MAX: usize = 30;
/// Plans that wait for an answer.
pub const OPEN_MAX: usize = 20;

words! {
    /// Where a plan stands; docs/GLOSSARY.md holds the same table.
    PlanState {
        /// It waits for the owner.
        Proposed = "proposed",
        /// Its drafts were released.
        Accepted = "accepted",
        /// Its drafts were called off.
        Rejected = "rejected",
    }
}

impl PlanState {
    /// The life cycle table: whether a plan in this state may come to be in `next`.
    pub fn can_become(self, next: Self) -> bool {
        self == Self::Proposed && next != Self::Proposed
    }
}

/// One draft of a plan.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
pub struct PlanDraft {
    /// The task.
    pub task: TaskId,
    /// How long whoever planned it thinks that it takes, in minutes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub estimate_mins: Option<u32>,
}

/// A plan.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
pub struct Plan {
    /// Its number.
    pub id: PlanId,
    /// Where its tasks belong.
    pub project: ProjectId,
    /// One line: what there is once all of it is done.
    pub title: String,
    /// Why so, and what was left out, in Markdown.
    pub words: String,
    /// Who planned it.
    pub by: Actor,
    /// The talk that it came of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thread: Option<MailId>,
    /// Its drafts, in the order in which they were planned.
    pub drafts: Vec<PlanDraft>,
    /// Where it stands.
    pub state: PlanState,
    /// What was said when it was rejected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// When it was proposed.
    pub proposed: At,
    /// Since when it stands there.
    pub since: At,
}

/// A plan as it is first written.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
pub struct NewPlan {
    /// Where its tasks belong.
    pub project: ProjectId,
    /// One line.
    pub title: String,
    /// Markdown.
    #[serde(default)]
    pub words: String,
    /// The talk that it comes of; the newest with its owner, if none is named and there is one.
    #[serde(default)]
    pub thread: Option<MailId>,
    /// Its drafts.
    pub drafts: Vec<NewDraft>,
}

/// A draft of a plan as it is first written.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
pub struct NewDraft {
    /// As a task is written; its project is that of the plan.
    pub new: NewTask,
    /// Other drafts that must be done before, by their places in the list, from 0.
    #[serde(default)]
    pub after: Vec<u32>,
    /// How long it takes, in minutes.
    #[serde(default)]
    pub estimate_mins: Option<u32>,
}

/// What may be changed in a plan while it waits. Its drafts are changed as tasks are.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, Type)]
#[serde(default)]
pub struct PlanEdit {
    /// New title.
    pub title: Option<String>,
    /// New words.
    pub words: Option<String>,
    /// Drafts that are called off; what waited for them waits for what they waited for.
    pub drop: Vec<TaskId>,
    /// Drafts that belong to it from now on.
    pub add: Vec<TaskId>,
    /// New estimates; 0 minutes for none.
    pub estimates: Vec<PlanDraft>,
}

/// What may be asked of plans.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, Type)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum PlanCommand {
    /// Writes one, with all its drafts.
    Propose {
        /** How it is written. */
        new: Box<NewPlan>,
    },
    /// Changes one that waits.
    Edit {
        /** Which. */
        plan: PlanId,
        /** What. */
        edit: Box<PlanEdit>,
    },
    /// Releases all its drafts.
    Accept {
        /** Which. */
        plan: PlanId,
    },
    /// Calls all its drafts off.
    Reject {
        /** Which. */
        plan: PlanId,
        /** Why, for whoever planned it. */
        #[serde(default)]
        note: Option<String>,
    },
}

impl PlanCommand {
    /// The plan it is about; none for the one that makes one.
    pub fn plan(&self) -> Option<PlanId> {
        match self {
            Self::Propose { .. } => None,
            Self::Edit { plan, .. } | Self::Accept { plan } | Self::Reject { plan, .. } => Some(*plan),
        }
    }
}

/// What happened to plans.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, Type)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum PlanEvent {
    /// Written, with its drafts.
    Proposed {
        /** The new plan. */
        plan: Box<Plan>,
    },
    /// Changed while it waits.
    Edited {
        /** As it is now. */
        plan: Box<Plan>,
    },
    /// Accepted as a whole: its drafts are released.
    Accepted {
        /** Which. */
        plan: PlanId,
        /** By whom. */
        by: Actor,
    },
    /// Rejected as a whole: its drafts are called off.
    Rejected {
        /** Which. */
        plan: PlanId,
        /** By whom. */
        by: Actor,
        /** What was said. */
        note: Option<String>,
    },
}

impl PlanEvent {
    /// The plan it is about.
    pub fn plan(&self) -> PlanId {
        match self {
            Self::Proposed { plan } | Self::Edited { plan } => plan.id,
            Self::Accepted { plan, .. } | Self::Rejected { plan, .. } => *plan,
        }
    }
}

/// Decides a plan command.
pub fn decide(office: &Office, actor: Actor, command: &PlanCommand, now: At) -> Result<Vec<Event>, Refusal> {
    match command {
        PlanCommand::Propose { new } => propose::propose(office, actor, new, now),
        PlanCommand::Edit { plan, edit } => {
            let it = waiting(office, *plan, "edited")?;
            if !is_own(it, actor) {
                actor.owner_only("change another's plan")?;
            }
            changed(office, it, edit, now)
        }
        PlanCommand::Accept { plan } => accept(office, actor, waiting(office, *plan, "accepted")?, now),
        PlanCommand::Reject { plan, note } => {
            let it = waiting(office, *plan, "rejected")?;
            if !is_own(it, actor) {
                actor.owner_only("reject another's plan")?;
            }
            let note = note.as_deref().map(str::trim).filter(|note| !note.is_empty());
            let note = note.map(|note| text::body("note", note)).transpose()?;
            let mut events = vec![Event::Plan(PlanEvent::Rejected { plan: *plan, by: actor, note: note.clone() })];
            events.extend(office.drafts_of(it).map(|task| Event::Task(TaskEvent::Cancelled { task: task.id })));
            let said = note.map(|note| format!("\n\n{note}")).unwrap_or_default();
            let words = format!("Plan {plan} was rejected; its drafts are called off.{said}");
            events.extend(told(office, actor, it, &words, now));
            Ok(events)
        }
    }
}

fn accept(office: &Office, actor: Actor, it: &Plan, now: At) -> Result<Vec<Event>, Refusal> {
    may(office, actor, May::AcceptPlans)?;
    let drafts: Vec<&Task> = office.drafts_of(it).collect();
    if drafts.is_empty() {
        let way_out = format!("`office plan reject {}` closes it", it.id);
        return Err(Refusal::new(Code::WrongState, format!("nothing of plan {} is a draft any more", it.id), way_out));
    }
    for task in &drafts {
        if let Some(role) = &task.role {
            office.role(role).map_err(|refusal| of_draft(task, refusal))?;
        }
        let never = |id: &&TaskId| office.tasks.get(id).is_some_and(|it| it.state == TaskState::Cancelled);
        if let Some(gone) = task.depends_on.iter().find(never) {
            return Err(Refusal::new(
                Code::WrongState,
                format!("draft #{} waits for #{gone}, which was called off: it would never start", task.id),
                format!("`office task edit {} --after ...` says what it waits for", task.id),
            ));
        }
    }
    let mut events = vec![Event::Plan(PlanEvent::Accepted { plan: it.id, by: actor })];
    events.extend(drafts.iter().map(|task| Event::Task(TaskEvent::Released { task: task.id })));
    let words = format!("Plan {} was accepted; its {} tasks are released.", it.id, drafts.len());
    events.extend(told(office, actor, it, &words, now));
    Ok(events)
}

/// Whoever planned it is told by mail what became of it, in the talk that it came of.
fn told(office: &Office, actor: Actor, it: &Plan, words: &str, now: At) -> Vec<Event> {
    let Actor::Agent { desk, .. } = it.by else { return Vec::new() };
    if actor != Actor::Owner || office.desk(desk).is_err() {
        return Vec::new();
    }
    // What an agent said there last is answered by it; words of the owner's that nobody has acted upon stay open.
    let said = office.mails.values().rev().filter(|mail| Some(mail.thread) == it.thread);
    let answers =
        said.clone().find(|mail| mail.from != Actor::Owner).or_else(|| said.clone().find(|mail| !mail.state.is_open()));
    let new = NewMail {
        to: Address::Desk { desk },
        kind: MailKind::Verdict,
        subject: text::title(&format!("Plan {}: {}", it.id, it.title)).unwrap_or_else(|_| format!("Plan {}", it.id)),
        text: words.to_owned(),
        files: Vec::new(),
        enclosed: None,
        answers: answers.map(|mail| mail.id),
        key: None,
    };
    // A mail that cannot be sent holds nothing up.
    crate::mail::decide(office, actor, &MailCommand::Send { new: Box::new(new) }, now).unwrap_or_default()
}

fn changed(office: &Office, it: &Plan, edit: &PlanEdit, now: At) -> Result<Vec<Event>, Refusal> {
    let mut plan = it.clone();
    if let Some(title) = &edit.title {
        plan.title = text::title(title)?;
    }
    if let Some(words) = &edit.words {
        plan.words = text::body("plan", words)?;
    }
    for task in &edit.add {
        let draft = office.task(*task)?;
        if draft.state != TaskState::Draft || draft.project != plan.project {
            let message = format!("task #{task} is no draft of the same project");
            return Err(Refusal::new(Code::WrongState, message, "`office task add ... --draft` writes one"));
        }
        if let Some(other) = office.plan_with(*task) {
            let message = format!("draft #{task} belongs to plan {}", other.id);
            return Err(Refusal::new(Code::Duplicate, message, "drop it there first"));
        }
        plan.drafts.push(PlanDraft { task: *task, estimate_mins: None });
    }
    if plan.drafts.len() > DRAFTS_MAX {
        return Err(too_many(plan.drafts.len()));
    }
    for new in &edit.estimates {
        let known = plan.drafts.iter_mut().find(|draft| draft.task == new.task);
        let known = known.ok_or_else(|| not_of(it.id, new.task))?;
        known.estimate_mins = new.estimate_mins.filter(|mins| *mins > 0);
    }
    let mut after = office.clone();
    let mut events = Vec::new();
    for task in &edit.drop {
        let at = plan.drafts.iter().position(|draft| draft.task == *task).ok_or_else(|| not_of(it.id, *task))?;
        plan.drafts.remove(at);
        events.extend(dropped(&mut after, &plan, *task, now)?);
    }
    if plan.drafts.is_empty() {
        let way_out = format!("`office plan reject {}` rejects all of it", it.id);
        return Err(Refusal::invalid("nothing would be left of the plan", way_out));
    }
    events.insert(0, Event::Plan(PlanEvent::Edited { plan: Box::new(plan) }));
    Ok(events)
}

/// Calls a draft off; what waited for it in the plan waits for what it waited for.
fn dropped(office: &mut Office, plan: &Plan, task: TaskId, now: At) -> Result<Vec<Event>, Refusal> {
    let gone = office.task(task)?.clone();
    let mut events = Vec::new();
    for draft in &plan.drafts {
        let it = office.task(draft.task)?;
        if it.depends_on.contains(&task) {
            let own = it.depends_on.iter().copied().filter(|id| *id != task);
            let depends_on = Some(own.chain(gone.depends_on.iter().copied()).collect());
            let changed = edited(office, it, &TaskEdit { depends_on, ..TaskEdit::default() })?;
            events.push(TaskEvent::Edited { task: Box::new(changed) });
        }
    }
    if gone.state == TaskState::Draft {
        events.push(TaskEvent::Cancelled { task });
    }
    events.iter().for_each(|event| crate::task::apply(office, event, now));
    Ok(events.into_iter().map(Event::Task).collect())
}

fn not_of(plan: PlanId, task: TaskId) -> Refusal {
    Refusal::new(
        Code::NotFound,
        format!("#{task} is no draft of plan {plan}"),
        format!("`office plan show {plan}` lists them"),
    )
}

fn too_many(count: usize) -> Refusal {
    let message = format!("the plan has {count} drafts; at most {DRAFTS_MAX} are allowed");
    Refusal::new(Code::Limit, message, "plan the first steps; what comes after them is a plan of its own")
}

fn of_draft(task: &Task, refusal: Refusal) -> Refusal {
    Refusal { message: format!("draft #{}: {}", task.id, refusal.message), ..refusal }
}

fn is_own(plan: &Plan, actor: Actor) -> bool {
    matches!((plan.by, actor), (Actor::Agent { desk, .. }, Actor::Agent { desk: at, .. }) if desk == at)
}

fn waiting<'a>(office: &'a Office, id: PlanId, what: &str) -> Result<&'a Plan, Refusal> {
    let it = office.plan(id)?;
    if it.state == PlanState::Proposed {
        return Ok(it);
    }
    let message = format!("plan {id} is {} and cannot be {what} now", it.state);
    Err(Refusal::new(Code::WrongState, message, "its tasks are changed as any others: `office task list`"))
}

impl Office {
    /// The plan.
    pub fn plan(&self, id: PlanId) -> Result<&Plan, Refusal> {
        self.plans.get(&id).ok_or_else(|| Refusal::not_found(format!("plan {id}"), "office plan list"))
    }

    /// The plan that waits for its owner and that this draft is of: it is released with that and not alone.
    pub fn plan_with(&self, task: TaskId) -> Option<&Plan> {
        let mut open = self.plans.values().rev().filter(|plan| plan.state == PlanState::Proposed);
        open.find(|plan| plan.drafts.iter().any(|draft| draft.task == task))
    }

    /// What of a plan is still a draft.
    pub fn drafts_of(&self, plan: &Plan) -> impl Iterator<Item = &Task> {
        let ids: Vec<TaskId> = plan.drafts.iter().map(|draft| draft.task).collect();
        ids.into_iter().filter_map(|id| self.tasks.get(&id)).filter(|task| task.state == TaskState::Draft)
    }
}

/// Applies a plan event.
pub fn apply(office: &mut Office, event: &PlanEvent, at: At) {
    match event {
        PlanEvent::Proposed { plan } => {
            office.next.plan = PlanId(plan.id.0 + 1);
            office.put_plan((**plan).clone());
        }
        PlanEvent::Edited { plan } => office.put_plan((**plan).clone()),
        PlanEvent::Accepted { plan, .. } => office.change_plan(*plan, |it| {
            it.state = PlanState::Accepted;
            it.since = at;
        }),
        PlanEvent::Rejected { plan, note, .. } => office.change_plan(*plan, |it| {
            it.state = PlanState::Rejected;
            it.note.clone_from(note);
            it.since = at;
        }),
    }
}
