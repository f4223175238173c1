//! One step of bringing an accepted change onto the base: it is put on the base as that is now, in the office's own
//! repository; or, where checks were run on exactly that, the owner's branch moves to it, compared and never forced.
//! Done again after a crash a step finishes what was begun. Which step comes next is `core`'s; checks are in `check.rs`.

use office_core::project::{MergeStrategy, Project};
use office_core::task::Landing;
use office_core::task::life::checks_of;
use office_core::{Outcome, Task, TaskId};
use office_git::{Advance, AdvanceRequest, CommitDate, Identity, MergeOutcome, MergeRequest, Oid};

use crate::fault;
use crate::world::{Home, World};

impl World {
    pub(crate) async fn merge(&self, task: TaskId) -> Result<Outcome, String> {
        let (it, project) = self
            .read(move |office| {
                let task = office.tasks.get(&task)?;
                Some((task.clone(), office.projects.get(&task.project)?.clone()))
            })
            .await?;
        let home = self.home(&project).await?;
        let _in_turn = home.merging.lock().await;
        let text = |error: office_git::GitError| error.to_string();
        if let Some(pattern) = project.protects(&project.base_branch) {
            return Ok(Outcome::MergeWaits {
                why: format!("'{}' is protected by your '{pattern}': the office never moves it", project.base_branch),
                way_out: format!(
                    "merge it yourself, or `office project set {} --protect ...` and `office queue retry {}`",
                    project.name, it.id
                ),
            });
        }
        let probe = home.repo.probe_merge(&name(&it), &home.base).await.map_err(text)?;
        if let (Some(commit), true) = (&probe.recorded, probe.landed) {
            return Ok(Outcome::Merged { commit: commit.as_str().to_owned() });
        }
        let identity = home.repo.owner().identity.clone().ok_or("the owner's git name and address are not set")?;
        let date = CommitDate::utc(it.accepted.unwrap_or(it.since).millis() / 1000);
        let mut base = probe.base_tip;
        if let Some(refused) = rewritten(&it, &project, &home, &base).await? {
            return Ok(refused);
        }
        if let Some(landing) = it.landing.as_ref().filter(|it| it.checked && it.base == base.as_str()) {
            match self.advance(&it, &project, &home, landing, (&identity, date)).await? {
                Moved::To(outcome) => return Ok(*outcome),
                Moved::Elsewhere(found) => base = found,
            }
            if let Some(refused) = rewritten(&it, &project, &home, &base).await? {
                return Ok(refused);
            }
        }
        self.put_on(&it, &project, &home, &base, (identity, date)).await
    }

    /// Moves the base to what was checked on it, or says where it is instead.
    async fn advance(
        &self,
        it: &Task,
        project: &Project,
        home: &Home,
        landing: &Landing,
        (identity, date): (&Identity, CommitDate),
    ) -> Result<Moved, String> {
        let text = |error: office_git::GitError| error.to_string();
        let commit = Oid::parse(&landing.commit).map_err(text)?;
        // Before the branch moves it is written down what it moves to: after a crash that says whether it did.
        home.repo.record_merge(&name(it), &commit).await.map_err(text)?;
        fault::point("a merge recorded");
        let step = AdvanceRequest {
            branch: home.base.clone(),
            old: Oid::parse(&landing.base).map_err(text)?,
            new: commit,
            identity: identity.clone(),
            date,
        };
        Ok(match home.repo.advance_base(&step).await.map_err(text)? {
            Advance::Advanced { .. } | Advance::AlreadyThere => {
                fault::point("the base advanced");
                Moved::To(Box::new(Outcome::Merged { commit: landing.commit.clone() }))
            }
            Advance::BaseMoved { found } => Moved::Elsewhere(found),
            Advance::Waits { work_tree, why } => Moved::To(Box::new(Outcome::MergeWaits {
                why: format!(
                    "your work tree {} is on '{}' and nothing was moved: {why}",
                    work_tree.display(),
                    project.base_branch
                ),
                way_out: format!("then `office queue retry {}`", it.id),
            })),
        })
    }

    /// Makes the commit that holds both, and says whether checks were run on its very tree.
    async fn put_on(
        &self,
        it: &Task,
        project: &Project,
        home: &Home,
        base: &Oid,
        (identity, date): (Identity, CommitDate),
    ) -> Result<Outcome, String> {
        let text = |error: office_git::GitError| error.to_string();
        let work = it.work.as_ref().ok_or("its work was not collected")?;
        let tip = Oid::parse(&work.tip).map_err(text)?;
        let mut message = format!("{} (#{})", it.title, it.id);
        if let Some(trailer) = &project.settings.commit_trailer {
            message = format!("{message}\n\n{trailer}");
        }
        let strategy = match project.settings.merge {
            MergeStrategy::Merge => office_git::MergeStrategy::Merge,
            MergeStrategy::Squash => office_git::MergeStrategy::Squash,
            MergeStrategy::Rebase => office_git::MergeStrategy::Rebase,
        };
        let request = MergeRequest { base: base.clone(), tip: tip.clone(), strategy, message, identity, date };
        let commit = match home.repo.merge(&request).await.map_err(text)? {
            MergeOutcome::Merged { commit } => commit,
            MergeOutcome::AlreadyMerged => return Ok(Outcome::Merged { commit: base.as_str().to_owned() }),
            MergeOutcome::Conflict { files, hunks } => {
                return Ok(Outcome::Conflict { files: files.iter().map(ToString::to_string).collect(), hunks });
            }
            MergeOutcome::BaseMovedOn => return Err("the base moved on".to_owned()),
        };
        let tree = home.repo.tree_of(&commit).await.map_err(text)?;
        let settings = self.settings(project, home, base).await?;
        // Not collected as garbage before the base moves to it.
        home.repo.record_merge(&name(it), &commit).await.map_err(text)?;
        let checked = self.was_checked(it, project, home, (&tip, &tree), &settings).await?;
        Ok(Outcome::OnBase {
            landing: Landing {
                base: base.as_str().to_owned(),
                commit: commit.as_str().to_owned(),
                tree: tree.as_str().to_owned(),
                checked,
                tries: 0,
            },
            settings: Box::new(settings),
        })
    }

    /// Whether every check that holds now was run on exactly this tree and none refuses: on the result before, or on the
    /// task's own commit where nothing of that was overlaid from the base.
    async fn was_checked(
        &self,
        it: &Task,
        project: &Project,
        home: &Home,
        (tip, tree): (&Oid, &Oid),
        settings: &office_core::project::ProjectSettings,
    ) -> Result<bool, String> {
        let with = Project { settings: settings.clone(), ..project.clone() };
        let id = it.id;
        let checks = self
            .read(move |office| {
                let mut known = checks_of(office, office.tasks.get(&id)?);
                known.retain(|(source, _)| *source == office_core::check::CheckSource::Task);
                Some(known)
            })
            .await?;
        let shared = with.settings.checks.iter().cloned();
        let checks: Vec<_> =
            checks.into_iter().chain(shared.map(|it| (office_core::check::CheckSource::Project, it))).collect();
        if checks.is_empty() {
            return Ok(true);
        }
        let ran = |check: &office_core::check::Check| {
            it.results.iter().any(|result| result.run == check.run && !result.verdict.refuses())
        };
        if !checks.iter().all(|(_, check)| ran(check)) {
            return Ok(false);
        }
        if let Some(before) = it.landing.as_ref() {
            return Ok(before.checked && before.tree == tree.as_str());
        }
        let files = it.work.as_ref().map(|work| work.files.as_slice()).unwrap_or_default();
        let overlaid = files
            .iter()
            .filter(|file| file.status != "A")
            .any(|file| checks.iter().any(|(source, check)| check.owns(*source, &file.path)));
        Ok(!overlaid && home.repo.tree_of(tip).await.map_err(|error| error.to_string())? == *tree)
    }
}

enum Moved {
    To(Box<Outcome>),
    /// The base is at this commit now.
    Elsewhere(Oid),
}

/// A task that was opened again is merged again; what is recorded is this run's merge.
fn name(it: &Task) -> String {
    format!("{}-{}", it.id, it.last_run.unwrap_or_default())
}

/// Whether the base no longer holds what it was seen to hold, or what the task was begun on.
async fn rewritten(it: &Task, project: &Project, home: &Home, tip: &Oid) -> Result<Option<Outcome>, String> {
    let text = |error: office_git::GitError| error.to_string();
    let short = |commit: &str| commit.chars().take(12).collect::<String>();
    let branch = &project.base_branch;
    if let Some(seen) = &project.base_seen
        && !home.repo.holds(tip, &Oid::parse(seen).map_err(text)?).await.map_err(text)?
    {
        let why = format!(
            "'{branch}' was rewritten: it is at {} and no longer holds {}, which it held at the last merge",
            short(tip.as_str()),
            short(seen)
        );
        return Ok(Some(Outcome::Rewritten { why }));
    }
    let Some(work) = &it.work else { return Ok(None) };
    if home.repo.holds(tip, &Oid::parse(&work.base).map_err(text)?).await.map_err(text)? {
        return Ok(None);
    }
    let why = format!(
        "'{branch}' was rewritten: it is at {} and no longer holds {}, on which this was begun",
        short(tip.as_str()),
        short(&work.base)
    );
    Ok(Some(Outcome::BaseGone { why }))
}
