//! The shift: until when it goes, that it is over, and the report on it, which waits for whoever writes the retrospective. Who is woken
//! by its end is in `wake.rs`; what the owner makes of the report is not here.

use serde::{Deserialize, Serialize};
use specta::Type;

use crate::actor::Actor;
use crate::event::{Envelope, Event};
use crate::ids::TaskId;
use crate::office::{Office, OfficeEvent};
use crate::refusal::Refusal;
use crate::role::Occasion;
use crate::task::{Task, TaskState};
use crate::time::At;

/// The longest shift, in seconds: a week.
const LONGEST: u32 = 7 * 24 * 3600;

/// How the shift stands.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, Type)]
pub struct Shift {
    /// When it ends by itself, if somebody said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<At>,
    /// When it ended, while the report is still to come.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<At>,
    /// The last report.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub report: Option<Box<ShiftReport>>,
}

/// What a shift came to, from its end back to the end of the one before.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, Type)]
pub struct ShiftReport {
    /// Since when it counts; none where there was no shift before.
    pub since: Option<At>,
    /// When the shift ended.
    pub ended: Option<At>,
    /// Tasks that were done.
    pub done: Vec<TaskId>,
    /// Tasks that failed.
    pub failed: Vec<TaskId>,
    /// Tasks that wait for the owner: blocked, in review, interrupted.
    pub waits_for_you: Vec<TaskId>,
    /// Retrospectives, by whoever was woken to write one.
    pub retrospectives: Vec<TaskId>,
}

/// Ends the shift, at once or in so many seconds.
pub(crate) fn end(office: &Office, actor: Actor, in_secs: Option<u32>, now: At) -> Result<Vec<Event>, Refusal> {
    actor.owner_only("end the shift")?;
    match in_secs {
        None if office.shift.ended.is_some() => Ok(Vec::new()),
        None => Ok(vec![Event::Office(OfficeEvent::ShiftEnded { by: actor })]),
        Some(secs) if (1..=LONGEST).contains(&secs) => {
            Ok(vec![Event::Office(OfficeEvent::ShiftEnds { at: now.plus_seconds(secs) })])
        }
        Some(secs) => {
            let message = format!("a shift that ends in {secs} s is none");
            Err(Refusal::invalid(message, "say an hour or twelve: at most a week"))
        }
    }
}

/// The end that was said beforehand.
pub(crate) fn due(office: &Office, now: At) -> Vec<Event> {
    let over = office.shift.until.is_some_and(|until| until <= now);
    over.then_some(Event::Office(OfficeEvent::ShiftEnded { by: Actor::Office })).into_iter().collect()
}

/// The report, once nobody writes a retrospective any more: one that waits for its owner is not waited for.
pub(crate) fn reported(office: &Office, fresh: &[Envelope], follows: &[Event]) -> Option<Event> {
    let ended = office.shift.ended?;
    let ends = fresh.iter().any(|it| matches!(it.event, Event::Office(OfficeEvent::ShiftEnded { .. })));
    let wakes = follows.iter().any(|it| matches!(it, Event::Office(OfficeEvent::Woken { .. })));
    let writes = |task: &&Task| is_retrospective(task) && (task.state.at_work() || waits(task.state));
    if (ends && wakes) || office.index.open.iter().filter_map(|id| office.tasks.get(id)).any(|task| writes(&task)) {
        return None;
    }
    let since = office.shift.report.as_ref().and_then(|before| before.ended);
    let within = |task: &&Task| since.is_none_or(|since| task.since > since);
    let of = |states: &[TaskState]| {
        let all = office.tasks.values().filter(|task| states.contains(&task.state) && !is_retrospective(task));
        all.filter(within).map(|task| task.id).collect::<Vec<_>>()
    };
    let report = ShiftReport {
        since,
        ended: Some(ended),
        done: of(&[TaskState::Done]),
        failed: of(&[TaskState::Failed]),
        waits_for_you: of(&[TaskState::Blocked, TaskState::InReview, TaskState::Interrupted]),
        retrospectives: office
            .tasks
            .values()
            .filter(|it| is_retrospective(it))
            .filter(within)
            .map(|it| it.id)
            .collect(),
    };
    Some(Event::Office(OfficeEvent::ShiftReported { report: Box::new(report) }))
}

fn waits(state: TaskState) -> bool {
    matches!(state, TaskState::Ready | TaskState::Queued)
}

fn is_retrospective(task: &Task) -> bool {
    task.woken.as_ref().is_some_and(|woken| woken.on.on == Occasion::ShiftEnded)
}

/// What these events make of it.
pub(crate) fn apply(shift: &mut Shift, event: &OfficeEvent, at: At) {
    match event {
        OfficeEvent::ShiftEnds { at } => shift.until = Some(*at),
        OfficeEvent::ShiftEnded { .. } => (shift.until, shift.ended) = (None, Some(at)),
        OfficeEvent::ShiftReported { report } => (shift.ended, shift.report) = (None, Some(report.clone())),
        _ => {}
    }
}
