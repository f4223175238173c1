//! Looks, after something happened in a desk's checkout, whether others that are under way touch the same files, and whether they would
//! conflict as they are. Told to the loop, which keeps it and says it. Rung by what is written in the checkout, committed or not, and
//! by the agent's own signals, never by a clock; what lies too deep to be watched is seen with the next ring, or when the run is over.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Instant;

use office_core::collision::{NAMED, Overlap, is_underway};
use office_core::effect::EffectCommand;
use office_core::project::Project;
use office_core::run::{Work, Workplace};
use office_core::{CommandBody, Office, RunId, TaskId};
use office_git::{Branch, Oid, Side};
use tokio::task::spawn_blocking;

use crate::watched::Bell;
use crate::world::{Home, World, lock};

/// Between two looks so many times as long as a look takes.
const TIMES: u32 = 20;
/// Others that one look compares with.
const OTHERS: usize = 24;

/// Folders of a checkout that are watched.
const FOLDERS: usize = 200;

/// Another task that is under way.
struct Other {
    id: TaskId,
    place: Workplace,
    /// What was collected, where nobody works on it.
    work: Option<Work>,
}

/// A run's own, and the others of its project.
struct Look {
    task: TaskId,
    place: Workplace,
    project: Project,
    others: Vec<Other>,
}

fn look_of(office: &Office, run: RunId) -> Option<Look> {
    let task = office.runs.get(&run).and_then(|it| office.tasks.get(&it.task?))?;
    let place = task.workplace.clone().filter(|place| !place.branch.is_empty() && is_underway(task))?;
    let others = office
        .tasks
        .values()
        .rev()
        .filter(|it| it.id != task.id && it.project == task.project && is_underway(it) && it.workplace.is_some());
    let others = others.take(OTHERS).filter_map(|it| {
        let idle = it.lease.and_then(|run| office.runs.get(&run)).is_none_or(|run| !run.is_open());
        Some(Other { id: it.id, place: it.workplace.clone()?, work: it.work.clone().filter(|_| idle) })
    });
    let project = office.projects.get(&task.project)?.clone();
    Some(Look { task: task.id, place, project, others: others.collect() })
}

impl World {
    /// Looks until the run is over, and once after.
    pub(crate) async fn keep_radar(&self, run: RunId) {
        let Ok(look) = self.read(move |office| look_of(office, run)).await else { return };
        let checkout = PathBuf::from(&look.place.path);
        let always = [checkout.join(".git"), self.dir.run(run)];
        let mut bells: BTreeMap<PathBuf, Bell> = BTreeMap::new();
        let mut known = None;
        let mut over = false;
        loop {
            // Watched first and looked at then: what changes between the two rings. New folders are there by the next look.
            let at = checkout.clone();
            let found = spawn_blocking(move || folders(&at)).await.unwrap_or_default();
            bells.retain(|dir, _| always.contains(dir) || found.contains(dir));
            for dir in always.iter().cloned().chain(found) {
                if !bells.contains_key(&dir)
                    && let Some(bell) = self.watched.watch(&dir)
                {
                    bells.insert(dir, bell);
                }
            }
            let since = Instant::now();
            match self.overlaps(run).await {
                Ok(Some(overlaps)) => {
                    if known.as_ref() != Some(&overlaps) {
                        let report = EffectCommand::RunOverlaps { run, overlaps: overlaps.clone() };
                        if self.handle.report(CommandBody::Effect(report)).await.is_err() {
                            return;
                        }
                        known = Some(overlaps);
                    }
                }
                Ok(None) => over = true,
                Err(why) => tracing::debug!(%run, why, "what a desk touches could not be compared"),
            }
            if over || self.closing.is_cancelled() {
                lock(&self.touched).remove(&look.task);
                return;
            }
            over = !self.next_look(run, &bells.values().collect::<Vec<_>>(), since.elapsed() * TIMES, None).await;
        }
    }

    /// What it has in common with others now; nothing where it is over.
    async fn overlaps(&self, run: RunId) -> Result<Option<Vec<Overlap>>, String> {
        let Ok(look) = self.read(move |office| look_of(office, run)).await else { return Ok(None) };
        // Whoever comes later looks for itself at what nobody looked at yet.
        if look.others.is_empty() {
            lock(&self.touched).remove(&look.task);
            return Ok(Some(Vec::new()));
        }
        let home = self.home(&look.project).await?;
        let mine = touched(&home, &look.place).await?;
        lock(&self.touched).insert(look.task, mine.clone());
        let mut overlaps = Vec::new();
        for other in look.others {
            let known = lock(&self.touched).get(&other.id).cloned();
            let theirs = match (&other.work, known) {
                (Some(work), _) => work.files.iter().map(|file| file.path.clone()).collect(),
                (None, Some(known)) => known,
                (None, None) if !Path::new(&other.place.path).is_dir() => continue,
                (None, None) => touched(&home, &other.place).await?,
            };
            let both: Vec<String> = mine.intersection(&theirs).take(NAMED).cloned().collect();
            if both.is_empty() {
                continue;
            }
            let theirs = match &other.work {
                Some(work) => Side::Commit(Oid::parse(&work.tip).map_err(|error| error.to_string())?),
                None => side(&other.place)?,
            };
            // What is too large to be compared is still said to be the same file.
            let conflicts = home.repo.would_collide(&side(&look.place)?, &theirs).await.unwrap_or_else(|error| {
                tracing::debug!(%run, %error, "two desks could not be compared");
                Vec::new()
            });
            let conflicts = conflicts.iter().take(NAMED).map(ToString::to_string).collect();
            overlaps.push(Overlap { with: other.id, files: both, conflicts });
        }
        Ok(Some(overlaps))
    }
}

/// The folders of a checkout in which work shows, the shallow ones first: none that a tool fills and calls a cache, none with a dot,
/// and nothing behind a link.
fn folders(checkout: &Path) -> Vec<PathBuf> {
    let mut found = vec![checkout.to_owned()];
    let mut next = 0;
    while let Some(dir) = found.get(next).cloned() {
        next += 1;
        let mut below: Vec<PathBuf> = std::fs::read_dir(&dir)
            .into_iter()
            .flatten()
            .flatten()
            .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()))
            .filter(|entry| {
                let name = entry.file_name();
                !name.to_string_lossy().starts_with('.') && name != "node_modules"
            })
            .map(|entry| entry.path())
            .filter(|dir| !dir.join("CACHEDIR.TAG").exists())
            .collect();
        below.sort();
        found.extend(below);
        if found.len() >= FOLDERS {
            found.truncate(FOLDERS);
            break;
        }
    }
    found
}

async fn touched(home: &Home, place: &Workplace) -> Result<BTreeSet<String>, String> {
    let text = |error: office_git::GitError| error.to_string();
    let (branch, base) = (Branch::parse(&place.branch).map_err(text)?, Oid::parse(&place.base).map_err(text)?);
    let found = home.repo.touched(place.path.as_ref(), &branch, &base).await.map_err(text)?;
    Ok(found.iter().map(ToString::to_string).collect())
}

fn side(place: &Workplace) -> Result<Side, String> {
    let text = |error: office_git::GitError| error.to_string();
    let (branch, base) = (Branch::parse(&place.branch).map_err(text)?, Oid::parse(&place.base).map_err(text)?);
    Ok(Side::Checkout { path: place.path.clone().into(), branch, base })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_of_work_are_watched_and_caches_are_not() {
        let root = tempfile::tempdir().unwrap();
        for dir in ["src/deep", ".git/objects", "node_modules/x", "target/debug"] {
            std::fs::create_dir_all(root.path().join(dir)).unwrap();
        }
        std::fs::write(root.path().join("target/CACHEDIR.TAG"), "").unwrap();
        std::os::unix::fs::symlink("/", root.path().join("out")).unwrap();
        let found = folders(root.path());
        assert_eq!(found, ["", "src", "src/deep"].map(|dir| root.path().join(dir)));
        for n in 0..FOLDERS {
            std::fs::create_dir_all(root.path().join(format!("many/{n}"))).unwrap();
        }
        assert_eq!(folders(root.path()).len(), FOLDERS);
    }
}
