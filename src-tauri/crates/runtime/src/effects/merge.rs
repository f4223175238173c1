//! Brings an accepted change onto the base: merged in the office's own repository, written down, then the owner's
//! branch moves, compared and never forced. Done again after a crash it finishes what was begun.

use office_core::project::MergeStrategy;
use office_core::{Outcome, TaskId};
use office_git::{Advance, AdvanceRequest, CommitDate, MergeOutcome, MergeRequest, Oid, branch_tip};

use crate::fault;
use crate::world::World;

/// The base may move between merging and advancing; so often it is merged again.
const TRIES: usize = 5;

impl World {
    pub(crate) async fn merge(&self, task: TaskId) -> Result<Outcome, String> {
        let (it, project) = self
            .read(move |office| {
                let task = office.tasks.get(&task)?;
                Some((task.clone(), office.projects.get(&task.project)?.clone()))
            })
            .await?;
        let work = it.work.as_ref().ok_or("its work was not collected")?;
        let home = self.home(&project).await?;
        let _in_turn = home.merging.lock().await;
        let text = |error: office_git::GitError| error.to_string();
        let owner = home.repo.owner();
        let identity = owner.identity.clone().ok_or("the owner's git name and address are not set")?;
        // A task that was opened again is merged again; what is recorded is this run's merge.
        let name = format!("{}-{}", it.id, it.last_run.unwrap_or_default());
        let tip = Oid::parse(&work.tip).map_err(text)?;
        let date = CommitDate::utc(it.accepted.unwrap_or(it.since).millis() / 1000);
        let mut message = format!("{} (#{})", it.title, it.id);
        if let Some(trailer) = &project.settings.commit_trailer {
            message = format!("{message}\n\n{trailer}");
        }
        let strategy = match project.settings.merge {
            MergeStrategy::Merge => office_git::MergeStrategy::Merge,
            MergeStrategy::Squash => office_git::MergeStrategy::Squash,
        };
        let probe = home.repo.probe_merge(&name, &home.base).await.map_err(text)?;
        if let (Some(commit), true) = (&probe.recorded, probe.landed) {
            return Ok(Outcome::Merged { commit: commit.as_str().to_owned() });
        }
        let mut base = probe.base_tip;
        for _ in 0..TRIES {
            let request = MergeRequest {
                base: base.clone(),
                tip: tip.clone(),
                strategy,
                message: message.clone(),
                identity: identity.clone(),
                date,
            };
            let commit = match home.repo.merge(&request).await.map_err(text)? {
                MergeOutcome::Merged { commit } => commit,
                MergeOutcome::AlreadyMerged => return Ok(Outcome::Merged { commit: base.as_str().to_owned() }),
                MergeOutcome::Conflict { files } => {
                    return Ok(Outcome::Conflict { files: files.iter().map(ToString::to_string).collect() });
                }
                MergeOutcome::BaseMovedOn => return Err("the base moved on".to_owned()),
            };
            home.repo.record_merge(&name, &commit).await.map_err(text)?;
            fault::point("a merge recorded");
            let step = AdvanceRequest {
                branch: home.base.clone(),
                old: base.clone(),
                new: commit.clone(),
                identity: identity.clone(),
                date,
            };
            match home.repo.advance_base(&step).await.map_err(text)? {
                Advance::Advanced { .. } | Advance::AlreadyThere => {
                    fault::point("the base advanced");
                    return Ok(Outcome::Merged { commit: commit.as_str().to_owned() });
                }
                Advance::BaseMoved { .. } => base = branch_tip(&self.git, owner, &home.base).await.map_err(text)?,
                Advance::Waits { work_tree, why } => {
                    return Ok(Outcome::MergeWaits {
                        why: format!(
                            "your work tree {} is on '{}' and nothing was moved: {why}",
                            work_tree.display(),
                            project.base_branch
                        ),
                        way_out: format!("then `office task accept {}` again", it.id),
                    });
                }
            }
        }
        Ok(Outcome::MergeWaits {
            why: "the base branch keeps moving".to_owned(),
            way_out: format!("`office task accept {}` again when it rests", it.id),
        })
    }
}
