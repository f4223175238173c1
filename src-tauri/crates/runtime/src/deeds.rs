//! What the office does itself with its owner's credentials, since desks have none: finds out what exactly that would be while it
//! is asked for, and does it once it was approved and claimed. Which command lines are taken on is in `core::approval`; how git
//! is called, in the crate `git`.

use std::path::{Component, Path, PathBuf};

use office_core::approval::{Deed, Does, Held, PushWish};
use office_core::run::Exit;
use office_core::{Approval, ApprovalId, Code, EffectId, Outcome, Refusal, RunId};
use office_git::{Branch, Expected, GitError, Limits, Oid, PushRequest, TakeRequest, TrailerPolicy};

use crate::fault;
use crate::world::World;

/// The remote that is meant where none is named.
const USUAL: &str = "origin";
/// Bytes of what it printed that are kept and told.
const TAIL: usize = 4 * 1024;

impl World {
    /// What the office does itself where this is approved; none where whoever asks does it. What only the office could do, and
    /// does not do so, is refused to a desk in the sandbox: there it would fail after its owner was asked.
    pub(crate) async fn deed(
        &self,
        run: RunId,
        argv: &[String],
        cwd: &str,
        held: Held,
    ) -> Result<Option<Box<Deed>>, Refusal> {
        if held != Held::Command {
            return Ok(None);
        }
        let hard = self.enforcement_known(run).is_some_and(|it| it.hard);
        let refused = |why: String| {
            let way_out = "desks have no credentials: the office pushes what is approved, and your work reaches the owner with `office task done` anyway";
            Refusal::new(Code::NotAllowed, why, way_out)
        };
        match PushWish::read(argv) {
            None => match PushWish::among(argv).filter(|_| hard) {
                Some(wish) if self.is_owners(run, wish.remote.as_deref()).await => Err(refused(
                    "a push is made by the office itself, so it must be a command of its own: run `git push ...` alone, after the rest"
                        .to_owned(),
                )),
                _ => Ok(None),
            },
            Some(Err(why)) if hard => Err(refused(why)),
            Some(Err(_)) => Ok(None),
            Some(Ok(wish)) => match self.push_deed(run, wish, cwd).await {
                Err(why) if hard => Err(refused(why)),
                found => Ok(found.unwrap_or_default()),
            },
        }
    }

    async fn is_owners(&self, run: RunId, remote: Option<&str>) -> bool {
        let Ok(project) = self.project_of_run(run).await else { return false };
        let Ok(home) = self.home(&project).await else { return false };
        !matches!(home.repo.remote(remote.unwrap_or(USUAL)).await, Ok(None))
    }

    async fn project_of_run(&self, run: RunId) -> Result<office_core::project::Project, String> {
        self.read(move |office| office.projects.get(&office.runs.get(&run)?.project).cloned()).await
    }

    async fn push_deed(&self, run: RunId, wish: PushWish, cwd: &str) -> Result<Option<Box<Deed>>, String> {
        let (it, task) = self
            .read(move |office| {
                let run = office.runs.get(&run)?;
                Some((run.clone(), run.task.and_then(|task| office.tasks.get(&task)).cloned()))
            })
            .await?;
        let Some(workplace) = &it.workplace else { return Ok(None) };
        let checkout = Path::new(&workplace.path);
        let folder = wish.folder.as_deref().map_or_else(|| PathBuf::from(cwd), |folder| Path::new(cwd).join(folder));
        // Another repository than the desk's own is the desk's business.
        if !is_in(checkout, &folder) {
            return Ok(None);
        }
        let project = self.project_of_run(run).await?;
        let home = self.home(&project).await?;
        let text = |error: GitError| error.to_string();
        let name = wish.remote.as_deref().unwrap_or(USUAL);
        let Some(remote) = home.repo.remote(name).await.map_err(text)? else {
            if wish.remote.is_none() {
                return Err(format!("the repository of project '{}' has no remote '{USUAL}' to push to", project.name));
            }
            return Ok(None);
        };
        let request = TakeRequest {
            checkout: checkout.to_owned(),
            task: Branch::parse(&workplace.branch).map_err(text)?,
            source: wish.from.as_deref().map(Branch::parse).transpose().map_err(text)?,
            base: Oid::parse(&workplace.base).map_err(text)?,
            identity: home.repo.owner().identity.clone().ok_or("the owner's git name and address are not set")?,
            message: task.map_or_else(|| "Work".to_owned(), |task| format!("{} (#{})", task.title, task.id)),
            trailers: TrailerPolicy::Strip,
            limits: Limits::default(),
        };
        let taken = home.repo.take(&request).await.map_err(text)?;
        let branch = match (&wish.to, &taken.branch) {
            (Some(to), _) => Branch::parse(to).map_err(text)?,
            (None, Some(branch)) => branch.clone(),
            (None, None) => {
                return Err("HEAD is on no branch: say which it becomes, `git push REMOTE HEAD:BRANCH`".into());
            }
        };
        let does = Does::Push {
            remote: name.to_owned(),
            url: remote.shown(),
            commit: taken.commit.as_str().to_owned(),
            branch: branch.as_str().to_owned(),
            expected: wish.expected,
        };
        Ok(Some(Box::new(Deed::push(does, &taken.subject, taken.commits))))
    }

    /// Does what was approved. What it is about to begin is written down first, so that it is never begun a second time.
    pub(crate) async fn act(&self, id: EffectId, approval: ApprovalId) -> Result<Outcome, String> {
        let (it, run) = self
            .read(move |office| {
                let it: &Approval = office.approvals.get(&approval)?;
                Some((it.clone(), it.run?))
            })
            .await?;
        let deed = it.deed.ok_or("there is nothing that the office does for it")?;
        let Does::Push { remote: name, url, commit, branch, expected } = deed.does;
        let home = self.home(&self.project_of_run(run).await?).await?;
        let text = |error: GitError| error.to_string();
        let remote = home.repo.remote(&name).await.map_err(text)?.filter(|found| found.shown() == url);
        let Some(remote) = remote else {
            return Err(format!("the remote {name} is no longer {url}; nothing was pushed. Ask again"));
        };
        let request = PushRequest {
            remote,
            commit: Oid::parse(&commit).map_err(text)?,
            branch: Branch::parse(&branch).map_err(text)?,
            expected: expected.as_deref().map(Oid::parse).transpose().map_err(text)?.map(Expected),
        };
        self.store.mark_running(&[id]).await.map_err(|error| error.to_string())?;
        fault::point("before an act");
        let pushed = home.repo.push(&request).await;
        fault::point("after an act");
        Ok(match pushed {
            Ok(pushed) => match pushed.code {
                Some(code) => Outcome::Acted { exit: Exit::Code { code }, output: told(&pushed.output) },
                None => Outcome::Unclear { why: "git was killed while it pushed".to_owned() },
            },
            Err(error @ GitError::GitMissing { .. }) => return Err(error.to_string()),
            Err(error) => Outcome::Unclear { why: error.to_string() },
        })
    }
}

/// The end of what was printed, without secrets.
fn told(output: &str) -> String {
    let masked = office_core::secret::masked(output.trim_end());
    let mut start = masked.len().saturating_sub(TAIL);
    while !masked.is_char_boundary(start) {
        start += 1;
    }
    masked[start..].to_owned()
}

/// Whether a folder is in this checkout and in no repository of its own there; by its name, since a desk may change what is
/// there at any moment. Whatever is pushed is taken from the checkout alone, and shown.
fn is_in(checkout: &Path, folder: &Path) -> bool {
    let mut at = PathBuf::new();
    for part in folder.components() {
        match part {
            Component::ParentDir => {
                at.pop();
            }
            Component::CurDir => {}
            part => at.push(part),
        }
    }
    let Ok(below) = at.strip_prefix(checkout) else { return false };
    let mut place = checkout.to_owned();
    below.components().all(|part| {
        place.push(part);
        std::fs::symlink_metadata(place.join(".git")).is_err()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_lies_in_the_checkouts_own_repository_is_the_offices_to_push() {
        let root = tempfile::tempdir().unwrap();
        let checkout = root.path().join("desk");
        std::fs::create_dir_all(checkout.join("other/.git")).unwrap();
        std::fs::create_dir_all(checkout.join("src/deep")).unwrap();
        let is = |name: &str| is_in(&checkout, &checkout.join(name));
        assert!(is("") && is("src") && is("src/deep/..") && is("."));
        assert!(!is("other") && !is("other/x") && !is("..") && !is("src/../../elsewhere") && !is("/"));
    }

    #[test]
    fn the_end_of_an_output_is_told_without_secrets() {
        let long = format!("{}\nTo far", "x".repeat(TAIL));
        assert!(told(&long).ends_with("To far") && told(&long).len() <= TAIL);
    }
}
