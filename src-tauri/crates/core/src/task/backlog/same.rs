//! Which items of a file are those that became tasks before: by their own name, else by their words, else by words that are much
//! alike, so that a mended line stays the task it was. A line written anew is a new task; `{#name}` says otherwise.

use std::collections::{BTreeMap, HashMap};

use super::{BacklogItem, FromFile};
use crate::ids::TaskId;
use crate::task::Task;

/// Titles are alike from here on: the share of pairs of letters that both have (the Sørensen-Dice coefficient).
const ALIKE: f64 = 0.6;
/// A word is another one but for a slip of the pen: one letter too many, too few, wrong, or two swapped.
const SLIP: usize = 1;
/// More lines than these are not compared by likeness: whoever writes a file anew has new items.
const COMPARED: usize = 200;

/// The task of each item, where it has one.
pub(super) fn pairs(tasks: &[&Task], items: &[BacklogItem]) -> Vec<Option<TaskId>> {
    let known: Vec<(TaskId, &FromFile)> =
        tasks.iter().filter_map(|task| Some((task.id, task.item.as_ref()?))).collect();
    let mut found: Vec<Option<TaskId>> = vec![None; items.len()];
    let mut left: BTreeMap<TaskId, &FromFile> = known.iter().copied().collect();
    let by_key: HashMap<&str, TaskId> =
        known.iter().filter_map(|(id, from)| Some((from.key.as_deref()?, *id))).collect();
    for (found, item) in found.iter_mut().zip(items) {
        let id = item.key.as_deref().and_then(|key| by_key.get(key)).filter(|id| left.contains_key(id));
        *found = id.copied();
        id.map(|id| left.remove(id));
    }
    // Of several with the same words the first is the first: they stand in the order of their numbers.
    let mut by_words: HashMap<&str, Vec<TaskId>> = HashMap::new();
    for (id, from) in left.iter().rev() {
        by_words.entry(&from.title).or_default().push(*id);
    }
    for (found, item) in found.iter_mut().zip(items).filter(|(found, _)| found.is_none()) {
        let fits = |id: &TaskId| left.get(id).is_some_and(|from| may_be(from, item));
        let ids = by_words.get_mut(item.title.trim());
        let at = ids.as_ref().and_then(|ids| ids.iter().rposition(fits));
        *found = at.and_then(|at| ids.map(|ids| ids.remove(at)));
        found.map(|id| left.remove(&id));
    }
    let begun =
        |id: &TaskId| tasks.iter().any(|task| task.id == *id && (task.last_run.is_some() || task.state.is_over()));
    alike(&mut found, items, left, begun);
    found
}

/// A name of its own that is another one says that it is another item.
fn may_be(from: &FromFile, item: &BacklogItem) -> bool {
    from.key.is_none() || item.key.is_none() || from.key == item.key
}

fn alike(
    found: &mut [Option<TaskId>],
    items: &[BacklogItem],
    mut left: BTreeMap<TaskId, &FromFile>,
    begun: impl Fn(&TaskId) -> bool,
) {
    let new: Vec<usize> = (0..items.len()).filter(|at| found[*at].is_none()).collect();
    if new.len() > COMPARED || left.len() > COMPARED {
        return;
    }
    let mut likely: Vec<(f64, usize, TaskId)> = Vec::new();
    for (id, from) in &left {
        let old = from.title.to_lowercase();
        let begun = begun(id);
        for at in &new {
            let item = &items[*at];
            let likeness = strsim::sorensen_dice(&old, &item.title.to_lowercase());
            // A line that is taken for work that was done is never worked on: there only slips of the pen are forgiven.
            if likeness >= ALIKE && may_be(from, item) && (!begun || a_slip(&from.title, &item.title)) {
                likely.push((likeness, *at, *id));
            }
        }
    }
    likely.sort_by(|a, b| b.0.total_cmp(&a.0).then((a.1, a.2).cmp(&(b.1, b.2))));
    for (_, at, id) in likely {
        if found[at].is_none() && left.remove(&id).is_some() {
            found[at] = Some(id);
        }
    }
}

/// Whether both say the same, word by word, but for slips of the pen. What has a digit in it is a name.
fn a_slip(one: &str, other: &str) -> bool {
    let words = |title: &str| -> Vec<String> {
        let words = title.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
        words.map(str::to_lowercase).collect()
    };
    let (one, other) = (words(one), words(other));
    let same = |(a, b): (&String, &String)| {
        let plain = a.len().min(b.len()) > 3 && !(a.clone() + b).contains(char::is_numeric);
        a == b || (plain && strsim::osa_distance(a, b) <= SLIP)
    };
    one.len() == other.len() && one.iter().zip(&other).all(same)
}
