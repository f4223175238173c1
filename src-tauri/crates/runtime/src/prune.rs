//! Keeps what runs leave on disk within what the owner set: measures it, has the office decide what goes, removes that.
//! What may go is `core`'s to say (`recording.rs`).

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use office_core::office::OfficeCommand;
use office_core::recording::{Budget, RecordingsReport};
use office_core::{Actor, Code, Command, CommandBody, Effect, Outcome, Refusal, RunId};
use office_door::wire::Answer;

use crate::awake::at_work;
use crate::world::World;

/// After a start, desks come first.
const SETTLED: Duration = Duration::from_secs(60);
/// How often it is looked at.
const AGAIN: Duration = Duration::from_secs(3600);
/// An office that never rests is kept within its budget all the same.
const RESTLESS: Duration = Duration::from_secs(24 * 3600);

impl World {
    /// What goes by `asked`, or by the office's own budget where nothing is asked; and has it go if `go`.
    pub(crate) async fn prune(&self, actor: Actor, asked: Budget, go: bool) -> Result<Answer, Refusal> {
        if asked.mb == Some(0) || asked.days == Some(0) {
            let way_out = "give at least 1; what waits for you is kept whatever is said";
            return Err(Refusal::invalid("recordings cannot be kept for no time or in no space", way_out));
        }
        let sizes = self.measured().await?;
        let now = self.clock.now();
        let mut report = self
            .handle
            .read(move |office| {
                let budget = if asked.is_none() { Budget::of(&office.settings) } else { asked };
                office.recordings(&sizes, budget, now)
            })
            .await?;
        if go && !report.goes.is_empty() {
            let runs = report.goes.iter().map(|it| (it.run, it.kb)).collect();
            let body = CommandBody::Office(OfficeCommand::Prune { runs });
            self.handle.submit(Command { id: self.own_id("prune"), actor, body }).await?;
            self.wait_for_removal(&mut report).await?;
        }
        Ok(Answer::Recordings(Box::new(report)))
    }

    /// Waits until what was to go is gone, and says so; what was passed over meanwhile is left out.
    async fn wait_for_removal(&self, report: &mut RecordingsReport) -> Result<(), Refusal> {
        let over = self.handle.wait_until(|office| {
            let removing = office.pending.values().any(|effect| matches!(effect, Effect::Discard { .. }));
            (!removing).then(|| {
                let pruned = |run: &office_core::run::Run| run.pruned.is_some();
                office
                    .runs
                    .values()
                    .filter(|run| pruned(run))
                    .map(|run| run.id)
                    .collect::<std::collections::BTreeSet<_>>()
            })
        });
        let pruned = over.await?;
        report.goes.retain(|it| pruned.contains(&it.run));
        report.goes_kb = report.goes.iter().fold(0, |sum, it| sum.saturating_add(it.kb));
        report.gone = true;
        let left = report.goes.iter().filter(|it| self.dir.run(it.run).exists()).count();
        if left > 0 {
            return Err(Refusal::new(
                Code::Trouble,
                format!("the folders of {left} run(s) could not be removed"),
                "`office events` says why; it is tried again by itself",
            ));
        }
        Ok(())
    }

    /// What each run takes, in kilobytes. Folders of runs that the office does not know are not its to judge.
    async fn measured(&self) -> Result<BTreeMap<RunId, u32>, Refusal> {
        let runs = self.dir.runs();
        let measured = tokio::task::spawn_blocking(move || measure_all(&runs)).await;
        let trouble = |why: String| Refusal::new(Code::Trouble, why, "see that the office's directory can be read");
        let sizes =
            measured.map_err(|error| trouble(error.to_string()))?.map_err(|error| trouble(error.to_string()))?;
        Ok(sizes)
    }

    /// Removes what runs left. What is gone is gone; done again after a crash it finishes what was begun.
    pub(crate) async fn discard(&self, runs: Vec<RunId>) -> Result<Outcome, String> {
        let mut trouble = None;
        for run in runs {
            // One folder that resists keeps no other.
            if let Err(error) = office_git::remove_folder(&self.dir.run(run)).await {
                trouble = Some(error.to_string());
            }
        }
        trouble.map_or(Ok(Outcome::Done), Err)
    }

    pub(crate) async fn recordings_in_words(&self) -> Result<String, String> {
        let sizes = self.measured().await.map_err(|refusal| refusal.message)?;
        let (now, count) = (self.clock.now(), sizes.len());
        let report = self.read(move |office| {
            let mut report = office.recordings(&sizes, Budget::of(&office.settings), now);
            // What may go goes by itself; what is over then is over because it waits for its owner.
            report.goes_kb = report.may_go_kb;
            Some(report)
        });
        let report = report.await?;
        let kept = match (report.keep_mb, report.keep_days) {
            (None, None) => "no budget".to_owned(),
            (Some(mb), None) => format!("budget {mb} MB"),
            (None, Some(days)) => format!("kept {days} days"),
            (Some(mb), Some(days)) => format!("budget {mb} MB, kept {days} days"),
        };
        let mb = |kb: u32| f64::from(kb) / 1000.0;
        let words =
            format!("{:.1} MB of {count} run(s), {:.1} MB may go; {kept}", mb(report.used_kb), mb(report.may_go_kb));
        if report.is_over() { Err(format!("{words}: what waits for you alone is more")) } else { Ok(words) }
    }
}

/// Keeps to the owner's budget, if there is one: when nobody is at work, soon after it was changed and then every hour.
pub(crate) async fn keep_to_budget(world: Arc<World>) {
    let budget = |office: &office_core::Office| Budget::of(&office.settings);
    let Ok(mut kept) = world.handle.read(budget).await else { return };
    let mut next = tokio::time::Instant::now() + SETTLED;
    loop {
        let known = kept;
        let changed = world.handle.wait_until(move |office| (budget(office) != known).then(|| budget(office)));
        tokio::select! {
            () = world.closing.cancelled() => return,
            changed = changed => match changed { Ok(budget) => kept = budget, Err(_) => return },
            () = tokio::time::sleep_until(next) => {}
        }
        next = tokio::time::Instant::now() + AGAIN;
        let calm = world.handle.wait_until(|office| (!at_work(office)).then_some(()));
        tokio::select! {
            () = world.closing.cancelled() => return,
            _ = tokio::time::timeout(RESTLESS, calm) => {}
        }
        if let Err(refusal) = world.keep_once().await {
            tracing::warn!(%refusal, "recordings could not be kept within their budget");
        }
    }
}

impl World {
    async fn keep_once(&self) -> Result<(), Refusal> {
        let budget = self.handle.read(|office| Budget::of(&office.settings)).await?;
        if !budget.is_none() {
            self.prune(Actor::Office, budget, true).await?;
        }
        // What a disk or a right that was missing once has left.
        let sizes = self.measured().await?;
        let left = self.handle.read(move |office| {
            let pruned = |run: &RunId| office.runs.get(run).is_some_and(|run| run.pruned.is_some());
            sizes.into_keys().filter(pruned).collect::<Vec<_>>()
        });
        let left = left.await?;
        self.discard(left).await.map(drop).map_err(|why| Refusal::new(Code::Trouble, why, "it is tried again"))
    }
}

fn measure_all(runs: &Path) -> std::io::Result<BTreeMap<RunId, u32>> {
    let mut sizes = BTreeMap::new();
    for entry in std::fs::read_dir(runs)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let number = name.strip_suffix(".gone").unwrap_or(&name).parse().ok().map(RunId);
        if let Some(run) = number {
            let kb = u32::try_from(bytes_in(&entry.path()).div_ceil(1000)).unwrap_or(u32::MAX);
            let known = sizes.entry(run).or_insert(0_u32);
            *known = known.saturating_add(kb);
        }
    }
    Ok(sizes)
}

/// What a file, or a folder and all in it, takes; no link is followed, and what cannot be read counts nothing.
fn bytes_in(top: &Path) -> u64 {
    let mut sum = 0_u64;
    let mut left = vec![top.to_owned()];
    while let Some(path) = left.pop() {
        match std::fs::symlink_metadata(&path) {
            Ok(facts) if facts.is_dir() => {
                let inside = std::fs::read_dir(&path).into_iter().flatten().flatten();
                left.extend(inside.map(|entry| entry.path()));
            }
            Ok(facts) => sum += facts.len(),
            Err(_) => {}
        }
    }
    sum
}
