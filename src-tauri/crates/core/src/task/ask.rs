//! What people and agents may ask of tasks, and the answers.

use serde::{Deserialize, Serialize};
use specta::Type;

use crate::actor::Actor;
use crate::approval;
use crate::assign;
use crate::check::Check;
use crate::event::Event;
use crate::ids::{DeskId, ProjectId, RoleName, RunId, TaskId};
use crate::office::Office;
use crate::refusal::{Code, Refusal};
use crate::role::May;
use crate::run::{self, StopWhy};
use crate::task::backlog::{self, BacklogItem};
use crate::task::split::{self, Part};
use crate::task::written::{edited, written};
use crate::task::{Claim, Deliverable, Priority, ReviewVerdict, Task, TaskEvent, TaskNote, TaskState};
use crate::task::{place, rest, review};
use crate::team;
use crate::text;
use crate::time::At;

/// A task as it is first written.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
pub struct NewTask {
    /// Where it belongs.
    pub project: ProjectId,
    /// One line.
    pub title: String,
    /// Markdown.
    #[serde(default)]
    pub body: String,
    /// A change or a finding.
    #[serde(default)]
    pub deliverable: Deliverable,
    /// Its acceptance checks.
    #[serde(default)]
    pub checks: Vec<Check>,
    /// How much it matters.
    #[serde(default)]
    pub priority: Priority,
    /// Tasks that must be done before.
    #[serde(default)]
    pub depends_on: Vec<TaskId>,
    /// Only desks of this role, if set.
    #[serde(default)]
    pub role: Option<RoleName>,
    /// What kind of work it is, in a word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Attempts, 1 to 20; 3 if not said.
    #[serde(default)]
    pub attempts: Option<u32>,
    /// Time limit of each run in seconds.
    #[serde(default)]
    pub time_limit_secs: Option<u32>,
    /// Whether another run judges it before it is merged; as its project says if not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub review: Option<bool>,
    /// Kept back until released.
    #[serde(default)]
    pub draft: bool,
}

impl NewTask {
    /// A change of which nothing more is said.
    pub fn of(project: ProjectId, title: impl Into<String>) -> Self {
        Self {
            project,
            title: title.into(),
            body: String::new(),
            deliverable: Deliverable::default(),
            checks: Vec::new(),
            priority: Priority::default(),
            depends_on: Vec::new(),
            role: None,
            kind: None,
            attempts: None,
            time_limit_secs: None,
            review: None,
            draft: false,
        }
    }
}

/// Whether another run judges a task before it is merged.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum ReviewChoice {
    /// It does.
    On,
    /// It does not.
    Off,
    /// As its project says.
    Project,
}

/// What may be changed in a task before it starts.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, Type)]
#[serde(default)]
pub struct TaskEdit {
    /// New title.
    pub title: Option<String>,
    /// New body.
    pub body: Option<String>,
    /// New checks, in place of the old.
    pub checks: Option<Vec<Check>>,
    /// New priority.
    pub priority: Option<Priority>,
    /// New dependencies, in place of the old.
    pub depends_on: Option<Vec<TaskId>>,
    /// New number of attempts.
    pub attempts: Option<u32>,
    /// New time limit; 0 for none.
    pub time_limit_secs: Option<u32>,
    /// New role; an empty name for any.
    pub role: Option<RoleName>,
    /// New kind; an empty word for none.
    pub kind: Option<String>,
    /// Whether another run judges it before it is merged.
    pub review: Option<ReviewChoice>,
    /// New project, as long as nothing was begun.
    pub project: Option<ProjectId>,
    /// A change or a finding, as long as nothing was begun.
    pub deliverable: Option<Deliverable>,
}

/// What may be asked of tasks.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, Type)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum TaskCommand {
    /// Adds one.
    Add {
        /** How it is written. */
        new: Box<NewTask>,
    },
    /// Writes its parts as tasks of their own; it waits for all of them.
    Split {
        /** Which. */
        task: TaskId,
        /** Its parts. */
        parts: Vec<Part>,
    },
    /// Changes one that is not at work.
    Edit {
        /** Which. */
        task: TaskId,
        /** What. */
        edit: Box<TaskEdit>,
    },
    /// Puts it right before or after another one, in the order in which they start; it takes that one's priority.
    Move {
        /** Which. */
        task: TaskId,
        /** Beside which. */
        other: TaskId,
        /** After it rather than before. */
        #[serde(default)]
        after: bool,
    },
    /// Releases a draft.
    Release {
        /** Which. */
        task: TaskId,
    },
    /// Gives it to a desk: started there if free, queued if busy.
    Assign {
        /** Which. */
        task: TaskId,
        /** To whom. */
        desk: DeskId,
    },
    /// Takes it back from a queue.
    Unassign {
        /** Which. */
        task: TaskId,
    },
    /// Says it is done: collected and checked before it is believed.
    Done {
        /** Which. */
        task: TaskId,
        /** The agent's words. */
        summary: String,
        /** The finding. */
        report: Option<String>,
    },
    /// Says what is in the way.
    Blocked {
        /** Which. */
        task: TaskId,
        /** What was done. */
        done_so_far: String,
        /** What is needed. */
        needs: String,
        /** Answers to choose from, if there are some. */
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        options: Vec<String>,
        /** Goes on with what does not need it: what does is a task of its own, which waits for the answer. */
        #[serde(default)]
        can_continue: bool,
    },
    /// Says what a review came to, and ends it.
    Judge {
        /** What is judged, or the review of it. */
        task: TaskId,
        /** The verdict. */
        verdict: ReviewVerdict,
        /** In the reviewer's own words. */
        words: String,
        /** What it rests on. */
        #[serde(default)]
        evidence: String,
    },
    /// Says how far it is.
    Progress {
        /** Which. */
        task: TaskId,
        /** The words. */
        text: String,
    },
    /// Answers a blocker; the task is ready again.
    Answer {
        /** Which. */
        task: TaskId,
        /** The answer. */
        text: String,
    },
    /// Gives it up.
    Fail {
        /** Which. */
        task: TaskId,
        /** Why. */
        why: String,
    },
    /// Tries a failed task again, with fresh attempts.
    Retry {
        /** Which. */
        task: TaskId,
        /** Words for the next run. */
        note: Option<String>,
    },
    /// Takes up an interrupted or parked task where it was.
    Resume {
        /** Which. */
        task: TaskId,
    },
    /// Calls it off; what was made stays on its branch, and unsaved lines stay in its checkout.
    Cancel {
        /** Which. */
        task: TaskId,
    },
    /// Opens a done or cancelled task again.
    Reopen {
        /** Which. */
        task: TaskId,
        /** Words for the next run. */
        note: Option<String>,
    },
    /// Accepts: a change is merged, a finding filed.
    Accept {
        /** Which. */
        task: TaskId,
    },
    /// Sends it back with a note.
    Reject {
        /** Which. */
        task: TaskId,
        /** What is to be mended. */
        note: String,
    },
    /// Takes the items of a backlog file in as tasks; again, whenever it was changed.
    TakeIn {
        /** Where they belong. */
        project: ProjectId,
        /** The file, from the project's root. */
        file: String,
        /** All its items, in their order. */
        items: Vec<BacklogItem>,
    },
    /// Turns a plain session in a checkout of its own into a task.
    FromDesk {
        /** Which desk. */
        desk: DeskId,
        /** As written. */
        new: Box<NewTask>,
    },
}

impl TaskCommand {
    /// The task it is about; none for those that make one.
    pub fn task(&self) -> Option<TaskId> {
        match self {
            Self::Add { .. } | Self::TakeIn { .. } | Self::FromDesk { .. } => None,
            Self::Edit { task, .. }
            | Self::Split { task, .. }
            | Self::Move { task, .. }
            | Self::Release { task }
            | Self::Assign { task, .. }
            | Self::Unassign { task }
            | Self::Done { task, .. }
            | Self::Blocked { task, .. }
            | Self::Judge { task, .. }
            | Self::Progress { task, .. }
            | Self::Answer { task, .. }
            | Self::Fail { task, .. }
            | Self::Retry { task, .. }
            | Self::Resume { task }
            | Self::Cancel { task }
            | Self::Reopen { task, .. }
            | Self::Accept { task }
            | Self::Reject { task, .. } => Some(*task),
        }
    }
}

/// Decides a task command.
pub fn decide(office: &Office, actor: Actor, command: &TaskCommand, now: At) -> Result<Vec<Event>, Refusal> {
    let one = |event| Ok(vec![Event::Task(event)]);
    let note = |words: &str| -> Result<TaskNote, Refusal> {
        Ok(TaskNote { at: now, by: actor, text: text::body("note", words)? })
    };
    match command {
        TaskCommand::Done { task, summary, report } => {
            let (it, run) = spoken_for(office, actor, *task)?;
            let report = report.as_deref().map(|words| text::body("report", words)).transpose()?;
            let claim = Claim { at: now, by: actor, summary: text::body("summary", summary)?, report };
            one(TaskEvent::DoneSaid { task: it.id, run, claim })
        }
        TaskCommand::Blocked { task, done_so_far, needs, options, can_continue } => {
            let (it, run) = spoken_for(office, actor, *task)?;
            if needs.trim().is_empty() {
                return Err(Refusal::invalid("a blocker must say what is needed", "say it with `--needs`"));
            }
            let (done_so_far, needs) = (text::body("report", done_so_far)?, text::body("need", needs)?);
            let options = choices(options)?;
            if *can_continue {
                return rest::left(office, it, run, rest::Need { done_so_far, needs, options }, now);
            }
            let mut events = vec![Event::Task(TaskEvent::Blocked { task: it.id, done_so_far, needs, options })];
            events.extend(run::stop(office, Some(run), StopWhy::TaskTaken));
            Ok(events)
        }
        TaskCommand::Judge { task, verdict, words, evidence } => {
            review::judge(office, actor, *task, (*verdict, words, evidence), now)
        }
        // A question that somebody else may answer; their words are known for theirs.
        TaskCommand::Answer { task, .. } if matches!(actor, Actor::Agent { .. }) => {
            if let Actor::Agent { desk, .. } = actor {
                crate::team::may(office, actor, May::Answer)?;
                let asker = office.task(*task)?.last_run.and_then(|run| office.runs.get(&run)).map(|run| run.desk);
                if asker == Some(desk) {
                    let message = format!("task #{task} is this desk's own question");
                    return Err(Refusal::new(
                        Code::NotAllowed,
                        message,
                        "it waits for the owner, or for another who may answer",
                    ));
                }
            }
            decide_for_owner(office, command, now, &note)
        }
        // A plan is answered as a whole: whoever may give out tasks starts nothing of one that waits.
        TaskCommand::Release { task } | TaskCommand::Split { task, .. }
            if matches!(actor, Actor::Agent { .. }) && office.plan_with(*task).is_some() =>
        {
            let plan = office.plan_with(*task).map_or_else(String::new, |plan| plan.id.to_string());
            let message = format!("draft #{task} is of plan {plan}, which waits for the owner");
            Err(Refusal::new(Code::NotAllowed, message, "it is released when the plan is accepted"))
        }
        TaskCommand::Progress { task, text: words } => {
            let (it, _) = spoken_for(office, actor, *task)?;
            one(TaskEvent::Progress { task: it.id, text: text::body("progress", words)? })
        }
        _ => match team::of_tasks(office, actor, command, now)? {
            Some(command) => Ok(signed(office, actor, decide_for_owner(office, &command, now, &note)?)),
            None => decide_for_owner(office, command, now, &note),
        },
    }
}

/// Tasks that an agent wrote say whose they are, and how many wakes led to them.
fn signed(office: &Office, actor: Actor, mut events: Vec<Event>) -> Vec<Event> {
    let Actor::Agent { run, .. } = actor else { return events };
    let own = office.runs.get(&run).and_then(|run| office.tasks.get(&run.task?));
    let behind = own.map_or(0, Task::chain);
    for event in &mut events {
        match event {
            Event::Task(TaskEvent::Added { task }) => (task.by, task.behind) = (Some(run), behind),
            // Split again and again it would fail again and again, and wake the same role each time.
            Event::Task(TaskEvent::Edited { task }) => task.behind = task.behind.max(behind),
            _ => {}
        }
    }
    events
}

type NoteOf<'a> = dyn Fn(&str) -> Result<TaskNote, Refusal> + 'a;

/// Answers as they can be shown: each a line, none twice.
fn choices(options: &[String]) -> Result<Vec<String>, Refusal> {
    const MOST: usize = 9;
    let mut choices: Vec<String> = Vec::new();
    for option in options {
        let option = text::title(option)?;
        if !choices.contains(&option) {
            choices.push(option);
        }
    }
    if choices.len() > MOST {
        return Err(Refusal::invalid(
            format!("there are {} answers to choose from; at most {MOST} are allowed", choices.len()),
            "leave the unlikely ones out: the owner may answer in words of their own",
        ));
    }
    Ok(choices)
}

fn decide_for_owner(office: &Office, command: &TaskCommand, now: At, note: &NoteOf) -> Result<Vec<Event>, Refusal> {
    use TaskState::{
        Blocked, Cancelled, Done, Draft, Failed, InReview, Interrupted, Merging, Parked, Queued, Ready, Running,
    };
    let one = |event| Ok(vec![Event::Task(event)]);
    match command {
        TaskCommand::Add { new } => one(TaskEvent::Added { task: Box::new(written(office, new, now)?) }),
        TaskCommand::Split { task, parts } => split::split(office, *task, parts, now),
        TaskCommand::Edit { task, edit } => {
            let it = in_state(office, *task, &[Draft, Ready, Queued, Blocked, Interrupted, Failed], "edited")?;
            one(TaskEvent::Edited { task: Box::new(edited(office, it, edit)?) })
        }
        TaskCommand::Move { task, other, after } => place::moved(office, *task, *other, *after),
        TaskCommand::Release { task } => {
            one(TaskEvent::Released { task: in_state(office, *task, &[Draft], "released")?.id })
        }
        TaskCommand::Assign { task, desk } => assign::by_hand(office, *task, *desk, now),
        TaskCommand::Unassign { task } => {
            one(TaskEvent::Unassigned { task: in_state(office, *task, &[Queued], "unassigned")?.id })
        }
        TaskCommand::Answer { task, text } => {
            let it = in_state(office, *task, &[Blocked], "answered")?;
            one(TaskEvent::Answered { task: it.id, note: note(text)? })
        }
        TaskCommand::Fail { task, why } => {
            let states = [Running, Blocked, Parked, Interrupted, InReview];
            let it = in_state(office, *task, &states, "given up")?;
            let mut events = vec![Event::Task(TaskEvent::Failed { task: it.id, why: text::body("reason", why)? })];
            events.extend(run::stop(office, it.lease, StopWhy::TaskTaken));
            events.extend(approval::task_over(office, it.id));
            Ok(events)
        }
        TaskCommand::Retry { task, note: words } => {
            let it = in_state(office, *task, &[Failed, Interrupted], "retried")?;
            let words = words.as_deref().map(note).transpose()?;
            one(TaskEvent::Reopened { task: it.id, note: words })
        }
        TaskCommand::Resume { task } => {
            office.not_held()?;
            let it = in_state(office, *task, &[Interrupted, Parked], "resumed")?;
            let id = it.id;
            one(if it.state == Parked {
                TaskEvent::Unparked { task: id, note: None }
            } else {
                TaskEvent::Resumed { task: id }
            })
        }
        TaskCommand::Cancel { task } => {
            let it = office.task(*task)?;
            if it.state == TaskState::Merging || !it.state.can_become(Cancelled) {
                return Err(wrong_state(it, "cancelled"));
            }
            let mut events = vec![Event::Task(TaskEvent::Cancelled { task: it.id })];
            events.extend(run::stop(office, it.lease, StopWhy::TaskTaken));
            events.extend(approval::task_over(office, it.id));
            Ok(events)
        }
        TaskCommand::Reopen { task, note: words } => {
            let it = in_state(office, *task, &[Done, Cancelled], "reopened")?;
            let words = words.as_deref().map(note).transpose()?;
            one(TaskEvent::Reopened { task: it.id, note: words })
        }
        TaskCommand::Accept { task } => {
            let it = in_state(office, *task, &[InReview], "accepted")?;
            match it.deliverable {
                Deliverable::Change => {
                    office.queue_has_room(it.project)?;
                    one(TaskEvent::Accepted { task: it.id })
                }
                Deliverable::Finding => one(TaskEvent::Done { task: it.id, commit: None }),
            }
        }
        TaskCommand::Reject { task, note: words } => {
            let it = in_state(office, *task, &[InReview, Merging], "sent back")?;
            // What is on its way onto the base is not taken out from under that.
            if it.state == Merging && office.merges_now(it.id) {
                return Err(wrong_state(it, "sent back"));
            }
            if words.trim().is_empty() {
                return Err(Refusal::invalid(
                    "a task is sent back with a note",
                    "say what is to be mended with `--note`",
                ));
            }
            one(TaskEvent::SentBack { task: it.id, note: note(words)? })
        }
        TaskCommand::TakeIn { project, file, items } => backlog::take_in(office, *project, file, items, now),
        TaskCommand::FromDesk { desk, new } => from_desk(office, *desk, new, now),
        TaskCommand::Done { .. }
        | TaskCommand::Blocked { .. }
        | TaskCommand::Judge { .. }
        | TaskCommand::Progress { .. } => Ok(Vec::new()),
    }
}

/// The task and the run that may speak for it: the agent only for the task it holds the lease of, the owner for any.
pub(super) fn spoken_for(office: &Office, actor: Actor, task: TaskId) -> Result<(&Task, RunId), Refusal> {
    let it = office.task(task)?;
    if let Actor::Agent { run, .. } = actor {
        let own = office.runs.get(&run).and_then(|r| r.task);
        if own != Some(task) {
            return Err(Refusal::new(
                Code::NotAllowed,
                format!("task #{task} is not this desk's"),
                own.map_or("this desk has no task".to_owned(), |own| format!("this desk works on #{own}")),
            ));
        }
        if it.lease != Some(run) {
            return Err(Refusal::new(
                Code::StaleLease,
                format!("run {run} no longer owns task #{task}, which is {}", it.state),
                "end here; the office has taken the task on",
            ));
        }
    }
    match (it.state, it.lease) {
        (TaskState::Running, Some(run)) => Ok((it, run)),
        _ => Err(wrong_state(it, "reported on")),
    }
}

fn in_state<'a>(office: &'a Office, task: TaskId, states: &[TaskState], what: &str) -> Result<&'a Task, Refusal> {
    let it = office.task(task)?;
    if states.contains(&it.state) { Ok(it) } else { Err(wrong_state(it, what)) }
}

pub(crate) fn wrong_state(task: &Task, what: &str) -> Refusal {
    let id = task.id;
    let way_out = match task.state {
        TaskState::Draft => format!("`office task release {id}` makes it ready"),
        TaskState::Ready if !task.waiting_for.is_empty() => {
            let waits: Vec<_> = task.waiting_for.iter().map(|dep| format!("#{dep}")).collect();
            format!("it waits for {}", waits.join(", "))
        }
        TaskState::Ready => format!("`office task assign {id} DESK` starts it"),
        TaskState::Queued => format!("`office task unassign {id}` takes it back"),
        TaskState::Starting | TaskState::Running | TaskState::Checking | TaskState::Merging => {
            format!("wait (`office task show {id}`), or `office desk stop DESK`")
        }
        TaskState::Blocked => format!("`office task answer {id} --text ...` releases it"),
        TaskState::Parked => format!("`office resume` or `office task resume {id}` releases it"),
        TaskState::Interrupted => format!("`office task resume {id}` takes it up where it was"),
        TaskState::InReview => format!("`office task accept {id}` or `office task reject {id} --note ...`"),
        TaskState::Done | TaskState::Cancelled => format!("`office task reopen {id}` opens it again"),
        TaskState::Failed => format!("`office task retry {id}` tries again"),
    };
    Refusal::new(Code::WrongState, format!("task #{id} is {} and cannot be {what} now", task.state), way_out)
}

fn from_desk(office: &Office, desk: DeskId, new: &NewTask, now: At) -> Result<Vec<Event>, Refusal> {
    let it = office.desk(desk)?;
    let run = it.run.and_then(|run| office.runs.get(&run)).filter(|run| run.task.is_none());
    let Some((run, workplace)) = run.and_then(|run| Some((run, run.workplace.clone()?))) else {
        return Err(Refusal::new(
            Code::WrongState,
            format!("desk '{}' has no plain session open", it.name),
            format!("`office desk open {} --fresh` opens one", it.name),
        ));
    };
    if workplace.branch.is_empty() {
        return Err(Refusal::new(
            Code::WrongState,
            "this session works in the owner's own work tree, where the office takes nothing away",
            "commit it yourself, or open the session with `--fresh`",
        ));
    }
    let mut task = written(office, new, now)?;
    task.state = TaskState::Ready;
    task.workplace = Some(workplace);
    let id = task.id;
    let run = run.id;
    Ok(vec![
        Event::Task(TaskEvent::Added { task: Box::new(task) }),
        Event::Task(TaskEvent::Started { task: id, desk, run }),
        Event::Task(TaskEvent::Running { task: id, run }),
    ])
}
