//! Measures what a task's checkout holds against its base while an agent works in it, where its owner limits that; what is too much is
//! told to the loop, which parks the task. Measured after something happened there, and again while it changes. Time is the loop's
//! own; what is said when it is too much stands in `core`.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use office_core::effect::EffectCommand;
use office_core::project::Project;
use office_core::run::Workplace;
use office_core::task::{TaskLimits, TaskTakes};
use office_core::{CommandBody, RunId};
use office_git::{Branch, Oid};

use crate::world::World;

/// Between two looks so many times as long as a look takes.
const TIMES: u32 = 20;
/// A folder deep in the checkout rings no bell: it is looked at this often as well.
const LOOK: Duration = Duration::from_secs(15);

fn of_files(limits: &TaskLimits) -> bool {
    limits.files.is_some() || limits.lines.is_some()
}

impl World {
    /// Looks after it until the run is over; asleep for as long as there is no limit.
    pub(crate) async fn keep_limits(&self, run: RunId) {
        let limited = self.handle.wait_until(move |office| {
            let it = office.runs.get(&run).filter(|it| it.is_open());
            let Some(task) = it.and_then(|it| it.task).and_then(|id| office.tasks.get(&id)) else {
                return it.is_none().then_some(None);
            };
            of_files(&office.limits_of(task)).then(|| {
                let project = office.projects.get(&task.project).cloned();
                Some((task.workplace.clone()?, project?))
            })
        });
        let found = tokio::select! {
            () = self.closing.cancelled() => return,
            found = limited => found,
        };
        let Ok(Some((place, project))) = found else { return };
        if place.branch.is_empty() {
            return;
        }
        let run_dir = self.dir.run(run);
        let folders = [PathBuf::from(&place.path), run_dir];
        let bells: Vec<_> = folders.iter().filter_map(|dir| self.watched.watch(dir)).collect();
        let mut known = None;
        loop {
            let since = Instant::now();
            match self.taken(run, &place, &project).await {
                Ok(Some(taken)) => {
                    if known.replace(taken) != Some(taken) {
                        let report = CommandBody::Effect(EffectCommand::RunMeasured { run, taken });
                        if self.handle.report(report).await.is_err() {
                            return;
                        }
                    }
                }
                Ok(None) => {}
                Err(why) => tracing::warn!(%run, why, "what a task changed could not be measured"),
            }
            if !self.next_look(run, &bells.iter().collect::<Vec<_>>(), since.elapsed() * TIMES, Some(LOOK)).await {
                return;
            }
        }
    }

    /// What it holds now; nothing where nobody limits that any more.
    async fn taken(&self, run: RunId, place: &Workplace, project: &Project) -> Result<Option<TaskTakes>, String> {
        let limits = self.read(move |office| Some(office.limits_of(office.task_of_run(run)?)));
        // The task may have gone on without this run.
        let Ok(limits) = limits.await else { return Ok(None) };
        if !of_files(&limits) {
            return Ok(None);
        }
        let home = self.home(project).await?;
        let text = |error: office_git::GitError| error.to_string();
        let branch = Branch::parse(&place.branch).map_err(text)?;
        let base = Oid::parse(&place.base).map_err(text)?;
        let enough = limits.lines.map_or(0, u64::from);
        let drift = home.repo.drift(place.path.as_ref(), &branch, &base, enough).await.map_err(text)?;
        let count = |n: u64| u32::try_from(n).unwrap_or(u32::MAX);
        Ok(Some(TaskTakes { files: count(drift.files as u64), lines: count(drift.lines) }))
    }
}
