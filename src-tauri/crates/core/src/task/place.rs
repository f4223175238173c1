//! Where a task stands among those of its priority: a number with room on both sides, so that moving one changes one.
//! Which task starts is decided in `assign.rs`; here is only the order.

use serde::{Deserialize, Serialize};
use specta::Type;

use crate::event::Event;
use crate::ids::TaskId;
use crate::office::Office;
use crate::refusal::{Code, Refusal};
use crate::task::{Priority, Task, TaskEvent};

/// A task's place; smaller comes first. Every side of the wire holds it exactly, doubles included.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, Type)]
#[serde(transparent)]
pub struct Place(#[specta(type = u32)] u64);

impl Place {
    /// Room between two tasks that were added one after the other.
    const ROOM: u64 = 1 << 20;

    /// Where a task stands that was never moved: in the order in which they were added.
    pub fn of(task: TaskId) -> Self {
        Self(u64::from(task.0) * Self::ROOM)
    }

    /// Halfway; none where there is no room left.
    fn between(self, other: Self) -> Option<Self> {
        let middle = self.0.midpoint(other.0);
        (self.0 < middle && middle < other.0).then_some(Self(middle))
    }
}

impl Task {
    /// Where it stands among those of its priority.
    pub fn place(&self) -> Place {
        self.place.unwrap_or(Place::of(self.id))
    }
}

/// Puts a task right before, or right after, another one, whose priority it takes: what stands together starts together.
pub(super) fn moved(office: &Office, task: TaskId, other: TaskId, after: bool) -> Result<Vec<Event>, Refusal> {
    for id in [task, other] {
        let it = office.task(id)?;
        if it.state.is_over() {
            return Err(Refusal::new(
                Code::WrongState,
                format!("task #{id} is {}, and nothing waits for its turn", it.state),
                "move those that are not over",
            ));
        }
    }
    if task == other {
        return Err(Refusal::invalid(format!("task #{task} cannot stand before itself"), "name another task"));
    }
    let mut row: Vec<(Priority, Place, TaskId)> = office
        .tasks
        .values()
        .filter(|it| !it.state.is_over() && it.id != task)
        .map(|it| (it.priority, it.place(), it.id))
        .collect();
    row.sort_unstable();
    // It is not over, so it is in the row.
    let at = row.iter().position(|(_, _, id)| *id == other).unwrap_or_default();
    let at = if after { at + 1 } else { at };
    let priority = office.task(other)?.priority;
    let of_it = |(its, place, _): &(Priority, Place, TaskId)| (*its == priority).then_some(*place);
    let before = at.checked_sub(1).and_then(|at| row.get(at)).and_then(of_it).unwrap_or(Place(0));
    // What is added later comes after all of them.
    let behind = row.get(at).and_then(of_it).unwrap_or(Place::of(office.next.task));
    let event = |task, place, priority| Event::Task(TaskEvent::Moved { task, place, priority });
    if let Some(place) = before.between(behind) {
        return Ok(vec![event(task, place, priority)]);
    }
    // No room: they get the places they had at first, dealt out in the order in which they stand now.
    row.insert(at, (priority, before, task));
    let mut places: Vec<Place> = row.iter().map(|(_, _, id)| Place::of(*id)).collect();
    places.sort_unstable();
    Ok(row.into_iter().zip(places).map(|((priority, _, id), place)| event(id, place, priority)).collect())
}
