//! Takes an agent's work out of its checkout, and later lets go of a checkout that is merged and clean.

use std::path::Path;

use office_core::check::Mark;
use office_core::run::{ChangedFile, Work};
use office_core::{Effect, Outcome, RunId, TaskId, TaskState};
use office_git::{
    Branch, ChangeStatus, CollectRequest, CommitDate, FileChange, Limits, Oid, Reclaimed, SkipReason, Skipped,
    TakeHistory, TrailerPolicy,
};

use crate::effects::prepare::beside;
use crate::world::World;

/// Files listed in the record of a change; a change with more is still whole on its branch.
const LISTED: usize = 5_000;

impl World {
    /// Takes the work. Where something changed that must not, nothing is taken but what is to be `kept` of a task that stopped.
    pub(crate) async fn collect(&self, task: TaskId, run: RunId, keep: bool) -> Result<Outcome, String> {
        let turn = self.turn_of(task);
        let _turn = turn.lock().await;
        let (it, project) = self
            .read(move |office| {
                let task = office.tasks.get(&task)?;
                Some((task.clone(), office.projects.get(&task.project)?.clone()))
            })
            .await?;
        let workplace = it.workplace.as_ref().ok_or("it has no checkout")?;
        let home = self.home(&project).await?;
        let (tripped, odd_settings) = self.look_at_tripwire(run, task, &home).await?;
        if tripped && !keep {
            return Ok(Outcome::Cancelled);
        }
        let identity = home.repo.owner().identity.clone().ok_or("the owner's git name and address are not set")?;
        let mut message = format!("{} (#{})", it.title, it.id);
        if let Some(trailer) = &project.settings.commit_trailer {
            message = format!("{message}\n\n{trailer}");
        }
        let date = self.read(move |office| office.runs.get(&run).map(|it| it.began)).await?;
        let text = |error: office_git::GitError| error.to_string();
        let request = CollectRequest {
            checkout: workplace.path.clone().into(),
            branch: Branch::parse(&workplace.branch).map_err(text)?,
            base: Oid::parse(&workplace.base).map_err(text)?,
            identity,
            // The claim's time, so that collecting twice gives the same commit.
            date: CommitDate::utc(it.claim.as_ref().map_or(date, |claim| claim.at).millis() / 1000),
            message,
            trailers: TrailerPolicy::Strip,
            history: TakeHistory::Desk,
            limits: Limits::default(),
        };
        let found = home.repo.collect(&request).await.map_err(text)?;
        let mut marks: Vec<Mark> = found.marks.iter().map(|mark| Mark::Odd { what: odd(mark) }).collect();
        marks.extend(odd_settings.into_iter().map(|what| Mark::Odd { what }));
        marks.extend(found.skipped.iter().map(|skipped| Mark::Odd { what: left_out(skipped) }));
        if found.changes.len() > LISTED {
            marks.push(Mark::Odd {
                what: format!("{} files changed; the first {LISTED} are listed", found.changes.len()),
            });
        }
        let work = Work {
            tip: found.tip.as_str().to_owned(),
            base: workplace.base.clone(),
            commits: u32::try_from(found.commits).unwrap_or(u32::MAX),
            leftover_committed: found.leftover_committed,
            files: found.changes.iter().take(LISTED).map(changed).collect(),
            marks,
        };
        Ok(Outcome::Collected { work })
    }

    pub(crate) async fn reclaim(&self, task: TaskId) -> Result<Outcome, String> {
        let (it, project) = self
            .read(move |office| {
                let task = office.tasks.get(&task)?;
                Some((task.clone(), office.projects.get(&task.project)?.clone()))
            })
            .await?;
        let Some(workplace) = &it.workplace else { return Ok(Outcome::Done) };
        // The agent may still be there, or what it left may still be collected; its checkout goes after both.
        let run = it.last_run;
        let gone = self.handle.wait_until(move |office| {
            let open = run.and_then(|run| office.runs.get(&run)).is_some_and(office_core::run::Run::is_open);
            let collected = |effect: &Effect| matches!(effect, Effect::Collect { task: of, .. } if *of == task);
            (!open && !office.pending.values().any(collected)).then_some(())
        });
        gone.await.map_err(|refusal| refusal.message)?;
        let turn = self.turn_of(task);
        let _turn = turn.lock().await;
        // As things stand now: it may have been opened again meanwhile, and what was collected is known only now.
        let (it, runs) = self
            .read(move |office| {
                let of = |run: &&office_core::run::Run| run.task == Some(task);
                let runs: Vec<RunId> = office.runs.values().filter(of).map(|run| run.id).collect();
                Some((office.tasks.get(&task)?.clone(), runs))
            })
            .await?;
        if !matches!(it.state, TaskState::Done | TaskState::Cancelled) {
            return Ok(Outcome::Done);
        }
        let home = self.home(&project).await?;
        let text = |error: office_git::GitError| error.to_string();
        let branch = Branch::parse(&workplace.branch).map_err(text)?;
        let base = Oid::parse(&workplace.base).map_err(text)?;
        let tip = match &it.work {
            Some(work) => Oid::parse(&work.tip).map_err(text)?,
            None => base.clone(),
        };
        let checkout = Path::new(&workplace.path);
        let checks = self.dir.checks().join(it.id.to_string());
        if checks.exists() {
            home.repo.discard_checkout(&checks).await.map_err(text)?;
        }
        match home.repo.reclaim(checkout, &branch, &base, &tip).await.map_err(text)? {
            Reclaimed::Removed | Reclaimed::AlreadyGone => {
                remove_if_there(&beside(checkout, ".ready"))?;
                // Collected work that was never merged stands on the base, and keeps it for as long as its branch is there.
                if it.state == TaskState::Done || tip == base {
                    home.repo.unpin(&it.id.to_string()).await.map_err(text)?;
                    // One that began as a session was pinned as that.
                    for run in runs {
                        home.repo.unpin(&format!("session-{run}")).await.map_err(text)?;
                    }
                }
                Ok(Outcome::Done)
            }
            Reclaimed::Kept { paths } => Err(format!(
                "the checkout {} holds {} file(s) that are not merged and was kept",
                checkout.display(),
                paths.len()
            )),
        }
    }

    /// Removes the checkout of a session that is over, and lets go of its base. Whatever is in it and not in the base is
    /// saved nowhere else, so then it stays, and that is said, until its owner gives it up.
    pub(crate) async fn tidy(&self, run: RunId, given_up: bool) -> Result<Outcome, String> {
        let (it, project) = self
            .read(move |office| {
                let it = office.runs.get(&run)?;
                Some((it.clone(), office.projects.get(&it.project)?.clone()))
            })
            .await?;
        let Some(workplace) = it.workplace.as_ref().filter(|_| it.left_a_checkout()) else { return Ok(Outcome::Done) };
        let home = self.home(&project).await?;
        let text = |error: office_git::GitError| error.to_string();
        let checkout = Path::new(&workplace.path);
        if given_up {
            home.repo.discard_checkout(checkout).await.map_err(text)?;
        } else {
            let (branch, base) =
                (Branch::parse(&workplace.branch).map_err(text)?, Oid::parse(&workplace.base).map_err(text)?);
            if let Reclaimed::Kept { paths } = home.repo.reclaim(checkout, &branch, &base, &base).await.map_err(text)? {
                return Err(format!(
                    "the session's checkout {} holds {} file(s) that are saved nowhere else and was kept; `office prune \
                     --session {run}` says more",
                    checkout.display(),
                    paths.len()
                ));
            }
        }
        remove_if_there(&beside(checkout, ".ready"))?;
        home.repo.unpin(&format!("session-{run}")).await.map_err(text)?;
        Ok(Outcome::Done)
    }
}

fn remove_if_there(file: &Path) -> Result<(), String> {
    match std::fs::remove_file(file) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(format!("{}: {error}", file.display())),
        _ => Ok(()),
    }
}

fn changed(change: &FileChange) -> ChangedFile {
    let status = match change.status {
        ChangeStatus::Added => "A",
        ChangeStatus::Modified => "M",
        ChangeStatus::Deleted => "D",
        ChangeStatus::Renamed => "R",
        ChangeStatus::TypeChanged => "T",
    };
    let count = |lines: Option<u64>| lines.map(|n| u32::try_from(n).unwrap_or(u32::MAX));
    ChangedFile {
        path: change.path.to_string(),
        status: status.to_owned(),
        added: count(change.added),
        removed: count(change.removed),
    }
}

fn odd(mark: &office_git::Mark) -> String {
    match mark {
        office_git::Mark::LinkOutside { path, target } => {
            format!("the link {path} leads out of the repository, to {target}")
        }
        office_git::Mark::Submodule { path } => format!("the submodule {path} was added or moved"),
        office_git::Mark::GitSettings { path } => format!("{path} changes how git treats files"),
        office_git::Mark::OddName { path } => format!("the name {path} is no plain text"),
    }
}

fn left_out(skipped: &Skipped) -> String {
    let why = match skipped.why {
        SkipReason::EmbeddedRepository => "it is a repository of its own",
        SkipReason::NamedLikeGit => "git could take its name for .git",
        SkipReason::NotAFile => "it is no file (a pipe, socket or device)",
        SkipReason::Unreadable => "it may not be read",
    };
    format!("{} was left out: {why}", skipped.path)
}
