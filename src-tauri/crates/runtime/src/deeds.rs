//! What the office does itself with its owner's credentials, since desks have none: finds out what exactly that would be while it
//! is asked for, and does it once it was approved and claimed. Which command lines are taken on is in `core::approval`; how git
//! is called, in the crate `git`; how a package is packed and published, in `publish.rs`.

use std::path::{Component, Path, PathBuf};

use office_core::approval::{Deed, Does, Held, OwnersWish, PublishWish, PushWish};
use office_core::run::{Exit, Workplace};
use office_core::task::Task;
use office_core::{Approval, ApprovalId, Code, EffectId, Outcome, Refusal, RunId};
use office_git::{Branch, Expected, GitError, Limits, Oid, PushRequest, TakeRequest, TrailerPolicy};

use crate::fault;
use crate::world::{Home, World};

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
        // Where no sandbox holds the desk, whoever asked does it with what they have.
        let told = |found: Result<_, String>, refused: fn(String) -> Refusal| match found {
            Err(why) if hard => Err(refused(why)),
            found => Ok(found.unwrap_or_default()),
        };
        if let Some(wish) = PushWish::read(argv) {
            let found = match wish {
                Ok(wish) => self.push_deed(run, wish, cwd).await,
                Err(why) => Err(why),
            };
            return told(found, unpushed);
        }
        if let Some(wish) = PublishWish::read(argv) {
            let found = match wish {
                Ok(wish) => self.publish_deed(run, wish, cwd).await,
                Err(why) => Err(why),
            };
            return told(found, unpublished);
        }
        if !hard {
            return Ok(None);
        }
        if PublishWish::is_among(argv) {
            let why = "the office publishes itself, so that must be a command of its own: run `npm publish` alone, after the rest";
            return Err(unpublished(why.to_owned()));
        }
        if let Some(wish) = OwnersWish::read(argv) {
            return self.owners_deed(run, wish).await.map_err(unpublished);
        }
        let Some(wish) = PushWish::among(argv) else { return Ok(None) };
        if !self.is_owners(run, wish.remote.as_deref()).await {
            return Ok(None);
        }
        let why = "a push is made by the office itself, so it must be a command of its own: run `git push ...` alone, after the rest";
        Err(unpushed(why.to_owned()))
    }

    async fn is_owners(&self, run: RunId, remote: Option<&str>) -> bool {
        let Ok(project) = self.project_of_run(run).await else { return false };
        let Ok(home) = self.home(&project).await else { return false };
        !matches!(home.repo.remote(remote.unwrap_or(USUAL)).await, Ok(None))
    }

    pub(crate) async fn project_of_run(&self, run: RunId) -> Result<office_core::project::Project, String> {
        self.read(move |office| office.projects.get(&office.runs.get(&run)?.project).cloned()).await
    }

    /// Where a run works, and on what; none where it has no checkout.
    async fn work_of(&self, run: RunId) -> Result<Option<(Workplace, Option<Task>)>, String> {
        self.read(move |office| {
            let it = office.runs.get(&run)?;
            let task = it.task.and_then(|task| office.tasks.get(&task)).cloned();
            Some(it.workplace.clone().map(|place| (place, task)))
        })
        .await
    }

    async fn push_deed(&self, run: RunId, wish: PushWish, cwd: &str) -> Result<Option<Box<Deed>>, String> {
        let Some((workplace, task)) = self.work_of(run).await? else { return Ok(None) };
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
        let source = wish.from.as_deref().map(Branch::parse).transpose().map_err(text)?;
        let request = take(&home, &workplace, task, source)?;
        let taken = home.repo.take(&request).await.map_err(text)?;
        let branch = match (&wish.to, &taken.branch) {
            (Some(to), _) => Branch::parse(to).map_err(text)?,
            (None, Some(branch)) => branch.clone(),
            (None, None) => {
                return Err("HEAD is on no branch: say which it becomes, `git push REMOTE HEAD:BRANCH`".into());
            }
        };
        not_protected(&project, branch.as_str())?;
        let does = Does::Push {
            remote: name.to_owned(),
            url: remote.shown(),
            commit: taken.commit.as_str().to_owned(),
            branch: branch.as_str().to_owned(),
            expected: wish.expected,
        };
        Ok(Some(Box::new(Deed::push(does, &taken.subject, taken.commits))))
    }

    /// What only the owner does, with the commit that the desk stands at.
    async fn owners_deed(&self, run: RunId, wish: OwnersWish) -> Result<Option<Box<Deed>>, String> {
        let Some((workplace, task)) = self.work_of(run).await? else { return Ok(None) };
        let home = self.home(&self.project_of_run(run).await?).await?;
        let request = take(&home, &workplace, task, None)?;
        let taken = home.repo.take(&request).await.map_err(|error| error.to_string())?;
        Ok(Some(Box::new(Deed::owner(wish.command, taken.commit.as_str().to_owned(), &taken.subject))))
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
        let project = self.project_of_run(run).await?;
        let (name, url, commit, branch, expected) = match deed.does {
            Does::Push { remote, url, commit, branch, expected } => (remote, url, commit, branch, expected),
            does @ Does::Publish { .. } => return self.publish(id, project.id, &does).await,
            Does::Owner { command, .. } => {
                self.store.mark_running(&[id]).await.map_err(|error| error.to_string())?;
                let output = format!("the owner says that they did it: {command}");
                return Ok(Outcome::Acted { exit: Exit::Code { code: 0 }, output });
            }
        };
        let home = self.home(&project).await?;
        let text = |error: GitError| error.to_string();
        let remote = home.repo.remote(&name).await.map_err(text)?.filter(|found| found.shown() == url);
        let Some(remote) = remote else {
            return Err(format!("the remote {name} is no longer {url}; nothing was pushed. Ask again"));
        };
        not_protected(&project, &branch)?;
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

/// A branch that its owner protects is moved by nobody but them, whatever was approved meanwhile.
fn not_protected(project: &office_core::project::Project, branch: &str) -> Result<(), String> {
    let Some(pattern) = project.protects(branch) else { return Ok(()) };
    Err(format!(
        "'{branch}' is protected by '{pattern}' of project '{}': the office never moves it; push another branch",
        project.name
    ))
}

/// What is taken out of a desk's checkout for it.
fn take(home: &Home, at: &Workplace, task: Option<Task>, source: Option<Branch>) -> Result<TakeRequest, String> {
    let text = |error: GitError| error.to_string();
    Ok(TakeRequest {
        checkout: at.path.clone().into(),
        task: Branch::parse(&at.branch).map_err(text)?,
        source,
        base: Oid::parse(&at.base).map_err(text)?,
        identity: home.repo.owner().identity.clone().ok_or("the owner's git name and address are not set")?,
        message: task.map_or_else(|| "Work".to_owned(), |task| format!("{} (#{})", task.title, task.id)),
        trailers: TrailerPolicy::Strip,
        limits: Limits::default(),
    })
}

/// Why the office does not push it.
fn unpushed(why: String) -> Refusal {
    let way_out = "desks have no credentials: the office pushes what is approved, and your work reaches the owner with `office task done` anyway";
    Refusal::new(Code::NotAllowed, why, way_out)
}

/// Why the office does not publish it.
fn unpublished(why: String) -> Refusal {
    let way_out =
        "desks have no credentials: the office publishes what is approved; put right what it says, and ask again";
    Refusal::new(Code::NotAllowed, why, way_out)
}

/// The end of what was printed, without secrets.
pub(crate) fn told(output: &str) -> String {
    let masked = office_core::secret::masked(output.trim_end());
    let mut start = masked.len().saturating_sub(TAIL);
    while !masked.is_char_boundary(start) {
        start += 1;
    }
    masked[start..].to_owned()
}

/// Whether a folder is in this checkout and in no repository of its own there; by its name, since a desk may change what is
/// there at any moment. Whatever is pushed is taken from the checkout alone, and shown.
pub(crate) fn is_in(checkout: &Path, folder: &Path) -> bool {
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
