//! Makes a run's checkout, or finds again the one its task has.

use std::path::Path;

use office_core::run::Workplace;
use office_core::text::slug;
use office_core::{Outcome, RunId, Task};
use office_git::{Branch, CheckoutSpec, Oid, Reclaimed};

use crate::effects::setup::{Fresh, Whose};
use crate::world::{Home, World};

impl World {
    pub(crate) async fn prepare(&self, run: RunId) -> Result<Outcome, String> {
        let (it, task, project, judged) = self
            .read(move |office| {
                let it = office.runs.get(&run)?.clone();
                let task = it.task.and_then(|task| office.tasks.get(&task)).cloned();
                let project = office.projects.get(&it.project)?.clone();
                // What a review judges: it stands at exactly that commit.
                let judged = task.as_ref().and_then(|task| office.tasks.get(&task.reviews?)).and_then(|of| {
                    let review = of.review.as_ref()?;
                    let work = of.work.as_ref().filter(|work| work.tip == review.commit)?;
                    Some((work.base.clone(), work.tip.clone()))
                });
                Some((it, task, project, judged))
            })
            .await?;
        if judged.is_none() && task.as_ref().is_some_and(|task| task.reviews.is_some()) {
            return Err("what it reviews is another commit by now".to_owned());
        }
        let turn = it.task.map(|task| self.turn_of(task));
        let _turn = match &turn {
            Some(turn) => Some(turn.lock().await),
            None => None,
        };
        let home = self.home(&project).await?;
        let tip = office_git::branch_tip(&self.git, home.repo.owner(), &home.base).await.map_err(|e| e.to_string())?;
        let settings = self.settings(&project, &home, &tip).await?;
        if let Some(workplace) = it.workplace.as_ref().filter(|place| place.branch.is_empty()) {
            return Ok(Outcome::Prepared { workplace: workplace.clone(), settings });
        }
        let mut path = match &task {
            Some(task) => self.dir.checkout(task.id, &slug(&task.title)),
            None => self.dir.session_checkout(run),
        };
        // A task keeps the path and branch of its first run, whatever its title is now.
        let known = task.as_ref().and_then(|task| task.workplace.clone());
        if known.is_none() && !self.is_free(&home, &path, task.as_ref()).await? {
            path = beside(&path, &format!("-{run}"));
        }
        let name =
            task.as_ref().map_or_else(|| format!("session-{run}"), |task| format!("{}/{}", task.id, slug(&task.title)));
        let prefix = settings.branch_prefix.as_deref().unwrap_or(&project.prefix);
        let workplace = known.unwrap_or_else(|| Workplace {
            path: path.display().to_string(),
            branch: format!("{prefix}/{name}"),
            base: judged.as_ref().map_or_else(|| tip.as_str().to_owned(), |(base, _)| base.clone()),
        });
        let dest = Path::new(&workplace.path);
        let ready = beside(dest, ".ready");
        if dest.is_dir() && ready.is_file() {
            return Ok(Outcome::Prepared { workplace, settings });
        }
        // Without the mark of a finished set-up no agent was ever let in, so nothing of anyone's is lost.
        if dest.exists() {
            home.repo.discard_checkout(dest).await.map_err(|error| error.to_string())?;
        }
        let halt = task.as_ref().map(|task| self.halt_of(task.id));
        let resumed = task.as_ref().is_some_and(|task| task.workplace.is_some());
        let pin = task.as_ref().map_or_else(|| format!("session-{run}"), |task| task.id.to_string());
        let start = judged.as_ref().map(|(_, commit)| commit.as_str());
        let made = self.make(&home, &workplace, &pin, (resumed, start)).await;
        made.map_err(|error| format!("the checkout could not be made: {error}"))?;
        self.fetch(&project, &home, &tip, halt.as_ref()).await;
        // What goes on from collected work holds what an agent wrote.
        let fresh = Fresh {
            project: &project,
            settings: &settings,
            home: &home,
            checkout: dest,
            run,
            whose: Whose::Desk,
            at_base: !resumed && judged.is_none(),
        };
        self.set_up(&fresh, halt).await?;
        std::fs::write(&ready, b"").map_err(|error| format!("{}: {error}", ready.display()))?;
        Ok(Outcome::Prepared { workplace, settings })
    }

    /// Whether a new checkout may be made at `path`. One that was used before and holds nothing but collected work goes.
    async fn is_free(&self, home: &Home, path: &Path, task: Option<&Task>) -> Result<bool, String> {
        let ready = beside(path, ".ready");
        if !path.exists() || !ready.is_file() {
            return Ok(true);
        }
        let Some((task, work)) = task.and_then(|task| Some((task, task.work.as_ref()?))) else { return Ok(false) };
        let text = |error: office_git::GitError| error.to_string();
        let branch = Branch::parse(&format!("old/{}", task.id)).map_err(text)?;
        let (base, tip) = (Oid::parse(&work.base).map_err(text)?, Oid::parse(&work.tip).map_err(text)?);
        match home.repo.reclaim(path, &branch, &base, &tip).await.map_err(text)? {
            Reclaimed::Kept { .. } => Ok(false),
            Reclaimed::Removed | Reclaimed::AlreadyGone => {
                std::fs::remove_file(&ready).map(|()| true).map_err(|error| format!("{}: {error}", ready.display()))
            }
        }
    }

    async fn make(
        &self,
        home: &Home,
        workplace: &Workplace,
        pin: &str,
        (resumed, start): (bool, Option<&str>),
    ) -> office_git::Result<()> {
        let base = Oid::parse(&workplace.base)?;
        let branch = Branch::parse(&workplace.branch)?;
        let identity = home.repo.owner().identity.clone().ok_or(office_git::GitError::NoIdentity)?;
        home.repo.pin(pin, &base).await?;
        // A checkout that went missing goes on from what was collected; a task that was opened again begins anew.
        let collected = if resumed { home.repo.branch_tip(&branch).await? } else { None };
        let start = match (collected, start) {
            (Some(collected), _) => collected,
            (None, Some(commit)) => Oid::parse(commit)?,
            (None, None) => base.clone(),
        };
        home.repo
            .make_checkout(&CheckoutSpec { base, start, branch, dest: workplace.path.clone().into(), identity })
            .await
    }
}

/// A path with something after its last name.
pub(crate) fn beside(path: &Path, suffix: &str) -> std::path::PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}
