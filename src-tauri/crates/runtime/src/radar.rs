//! Looks, after something happened in a desk's checkout, whether others that are under way touch the same files, and whether they would
//! conflict as they are. Told to the loop, which keeps it and says it. Rung by commits and by the agent's own signals, never by a
//! clock; what nobody reports until the run is over is seen then.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Instant;

use office_core::collision::{NAMED, Overlap, is_underway};
use office_core::effect::EffectCommand;
use office_core::project::Project;
use office_core::run::{Work, Workplace};
use office_core::{CommandBody, Office, RunId, TaskId};
use office_git::{Branch, Oid, Side};

use crate::world::{Home, World, lock};

/// Between two looks so many times as long as a look takes.
const TIMES: u32 = 20;
/// Others that one look compares with.
const OTHERS: usize = 24;

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
        let folders = [checkout.join(".git"), checkout, self.dir.run(run)];
        let bells: Vec<_> = folders.iter().filter_map(|dir| self.watched.watch(dir)).collect();
        let mut known = None;
        let mut over = false;
        loop {
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
            over = !self.next_look(run, &bells, since.elapsed() * TIMES, None).await;
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
