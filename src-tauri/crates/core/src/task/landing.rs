//! How an accepted change gets onto the base: put on the base as it is, checked there, and only then the base moves to exactly
//! the commit that was checked. In which order tasks do so is in `queue.rs`; doing it is the runtime's.

use serde::{Deserialize, Serialize};
use specta::Type;

use crate::actor::Actor;
use crate::check::CheckResult;
use crate::effect::Outcome;
use crate::event::Event;
use crate::hold::{Hold, HoldReason};
use crate::ids::TaskId;
use crate::office::Office;
use crate::project::ProjectEvent;
use crate::task::{Task, TaskEvent, TaskNote, TaskState};
use crate::time::At;

/// The base may move while the result is checked; so often a change is put on it anew before its owner is asked.
const TRIES: u32 = 5;

/// The end of a red check's output that its author is told.
const TOLD: usize = 1_500;

/// An accepted change, put on the base as it was found. The base moves to this commit or not at all.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
pub struct Landing {
    /// The base it was put on.
    pub base: String,
    /// The commit that holds both.
    pub commit: String,
    /// Its tree: what checks were run on.
    pub tree: String,
    /// Whether every check ran on exactly this tree and none refuses.
    pub checked: bool,
    /// How often it was put on a base.
    pub tries: u32,
}

impl Task {
    /// Whether it was accepted and could not be merged as things stood: it waits for its owner to try that again.
    pub fn merge_waits(&self) -> bool {
        self.state == TaskState::InReview && self.accepted.is_some()
    }
}

fn merging(office: &Office, id: TaskId) -> Option<&Task> {
    office.tasks.get(&id).filter(|it| it.state == TaskState::Merging)
}

/// A step of bringing an accepted change onto the base was made, or could not be.
pub fn merged(office: &Office, id: TaskId, outcome: &Outcome, now: At) -> Vec<Event> {
    let Some(task) = merging(office, id) else { return Vec::new() };
    let one = |event| vec![Event::Task(event)];
    let waits = |why: String| one(TaskEvent::MergeWaits { task: id, why });
    match outcome {
        Outcome::Merged { commit } => one(TaskEvent::Done { task: id, commit: Some(commit.clone()) }),
        Outcome::OnBase { landing, settings } => {
            let tries = task.landing.as_ref().map_or(0, |before| before.tries) + 1;
            if tries > TRIES {
                return waits(format!("the base keeps moving; `office queue retry {id}` when it rests"));
            }
            let mut events = Vec::new();
            if office.projects.get(&task.project).is_some_and(|p| p.settings != **settings) {
                let settings = (**settings).clone();
                events.push(Event::Project(ProjectEvent::SettingsRead { project: task.project, settings }));
            }
            let landing = Landing { tries, ..landing.clone() };
            events.push(Event::Task(TaskEvent::PutOnBase { task: id, landing }));
            events
        }
        Outcome::Conflict { files, hunks } => {
            let place = files.join(", ");
            let mut words = format!("it conflicts with the base in {place}");
            if !hunks.is_empty() {
                words = format!("{words}:\n\n{}\n\n", hunks.join("\n"));
            }
            again_or_wait(task, &words, &format!("it conflicts with the base in {place}"))
        }
        Outcome::Rewritten { why } => {
            let release = format!("office queue release {}", project_name(office, task));
            let hold = Hold {
                reason: HoldReason::BaseRewritten,
                since: now,
                until: None,
                release: release.clone(),
                what: Some(why.clone()),
            };
            let why = format!(
                "{why}; nothing was merged over it. Look at the base: if it is right as it is, `{release}` and then \
                 `office queue retry {id}`"
            );
            // First the hold, so that nothing behind this one is begun.
            vec![
                Event::Project(ProjectEvent::QueueHeld { project: task.project, hold }),
                Event::Task(TaskEvent::MergeWaits { task: id, why }),
            ]
        }
        Outcome::BaseGone { why } => one(TaskEvent::BaseGone {
            task: id,
            why: format!(
                "{why}; nothing was merged over it. `office task reject {id} --note ...` has it done again on the base as it \
                 is, or put that commit back and `office queue retry {id}`"
            ),
        }),
        Outcome::MergeWaits { why, way_out } => waits(format!("{why}; {way_out}")),
        Outcome::Failed { why } => waits(why.clone()),
        _ => waits("the merge was called off".to_owned()),
    }
}

/// The checks ran on an accepted change as it is on the base, or could not.
pub fn result_checked(office: &Office, id: TaskId, outcome: &Outcome) -> Vec<Event> {
    let Some((task, landing)) = merging(office, id).and_then(|task| Some((task, task.landing.as_ref()?))) else {
        return Vec::new();
    };
    match outcome {
        Outcome::Checked { results, base } => {
            let mut events = Vec::new();
            if !base.is_empty() {
                events.push(Event::Project(ProjectEvent::BaseChecked { project: task.project, checks: base.clone() }));
            }
            let (commit, results) = (landing.commit.clone(), results.clone());
            let red: Vec<&CheckResult> = results.iter().filter(|result| result.verdict.refuses()).collect();
            let sent_back = (!red.is_empty()).then(|| {
                let named: Vec<_> = red.iter().map(|r| format!("'{}' {}", r.name, r.verdict.words())).collect();
                let on: String = landing.base.chars().take(12).collect();
                let short = format!("put on the base as it is now ({on}), check {}", named.join(", "));
                let tails: Vec<_> = red.iter().map(|r| format!("$ {}\n{}", r.run, end_of(&r.tail))).collect();
                again_or_wait(task, &format!("{short}:\n\n{}\n\n", tails.join("\n")), &short)
            });
            events.push(Event::Task(TaskEvent::ResultChecked { task: id, commit, results }));
            events.extend(sent_back.unwrap_or_default());
            events
        }
        Outcome::Failed { why } => {
            let why = format!("its checks could not run on the result: {why}; mend that and `office queue retry {id}`");
            vec![Event::Task(TaskEvent::MergeWaits { task: id, why })]
        }
        _ => {
            let why = format!("its checks on the result were called off; `office queue retry {id}`");
            vec![Event::Task(TaskEvent::MergeWaits { task: id, why })]
        }
    }
}

/// Back to its author with words, while attempts are left; else its owner says.
fn again_or_wait(task: &Task, words: &str, short: &str) -> Vec<Event> {
    let id = task.id;
    if task.attempts_used + 1 >= task.attempts_max {
        let why = format!("{short}; its attempts are used up: reject it with a note or cancel it");
        return vec![Event::Task(TaskEvent::MergeWaits { task: id, why })];
    }
    let tip = task.work.as_ref().map_or("-", |work| work.tip.get(..12).unwrap_or(&work.tip));
    let comma = if words.ends_with('\n') { "" } else { ": " };
    let text = format!(
        "{words}{comma}do it again on the base as it is now (what you did is commit {tip}, which `git show` and `git \
         cherry-pick` find in your checkout)"
    );
    let note = TaskNote { at: task.accepted.unwrap_or(task.since), by: Actor::Office, text };
    vec![Event::Task(TaskEvent::SentBack { task: id, note })]
}

fn end_of(tail: &str) -> &str {
    let from = tail.len().saturating_sub(TOLD);
    let from = (from..=tail.len()).find(|at| tail.is_char_boundary(*at)).unwrap_or(tail.len());
    &tail[from..]
}

fn project_name(office: &Office, task: &Task) -> String {
    office.projects.get(&task.project).map_or_else(|| task.project.to_string(), |project| project.name.clone())
}
