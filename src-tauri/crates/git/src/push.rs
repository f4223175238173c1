//! Pushes with the owner's rights what the owner approved: a commit that was taken out of a desk before, from the office's own
//! repository, to a remote of the owner's repository. What a desk could have planted (hooks, settings, filters, another remote)
//! means nothing here. Deliberately not here: whether it was approved, and that it is done once.

use std::path::PathBuf;

use crate::batch::Batch;
use crate::call::Call;
use crate::collect::{Quarantine, TrailerPolicy, commit_at};
use crate::desk::{HeadAt, Wanted};
use crate::error::{GitError, Result, safe_text};
use crate::history;
use crate::limits::Limits;
use crate::name::{Branch, Identity, Oid, office_ref};
use crate::office::OfficeRepo;
use crate::transfer;

/// Bytes of what a push prints that are read.
const PRINTED: usize = 1 << 20;
/// Letters of a commit's subject that are told.
const SUBJECT: usize = 120;

/// What the remote is called while it is pushed to.
const NAMED: &str = "office-approved";

/// What to take out of a desk's checkout, to be pushed.
#[derive(Debug, Clone)]
pub struct TakeRequest {
    /// The checkout.
    pub checkout: PathBuf,
    /// The task's branch.
    pub task: Branch,
    /// The branch that is wanted; where none is named, what HEAD stands at.
    pub source: Option<Branch>,
    /// The commit the task started from.
    pub base: Oid,
    /// The owner, under whose name every commit stands.
    pub identity: Identity,
    /// What stands for an empty message.
    pub message: String,
    /// What happens to lines by which tools name themselves.
    pub trailers: TrailerPolicy,
    /// How much at most.
    pub limits: Limits,
}

/// What was taken: it lies in the office's repository, and no desk can change it there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// The commit.
    pub commit: Oid,
    /// The branch it was taken from; none where HEAD stood on none.
    pub branch: Option<Branch>,
    /// The first line of its message.
    pub subject: String,
    /// Commits since the base.
    pub commits: usize,
}

/// A remote of the owner's repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remote {
    /// Where a push to it goes; it may hold a password.
    pub url: String,
}

impl Remote {
    /// Where it goes, for people.
    pub fn shown(&self) -> String {
        without_password(&self.url)
    }
}

/// What must be at the remote before something is overwritten there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expected(pub Oid);

/// One push.
#[derive(Debug, Clone)]
pub struct PushRequest {
    /// Where to.
    pub remote: Remote,
    /// What; it was taken before.
    pub commit: Oid,
    /// The branch it becomes there.
    pub branch: Branch,
    /// Set where what is there may be overwritten, if it is this.
    pub expected: Option<Expected>,
}

/// How a push ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pushed {
    /// Git's exit code; none where a signal ended it.
    pub code: Option<i32>,
    /// What it printed.
    pub output: String,
}

impl OfficeRepo {
    /// Takes a commit out of a desk's checkout, as collecting does, and keeps it under a name of its own. Asked twice for
    /// the same work it gives the same answer.
    pub async fn take(&self, request: &TakeRequest) -> Result<Taken> {
        let quarantine = Quarantine::open(self)?;
        let mut batch = Batch::start(&self.git, quarantine.place.clone())?;
        let wanted = match &request.source {
            Some(branch) => Wanted::Branch(branch.clone()),
            None => Wanted::Head(request.task.clone()),
        };
        let desk = quarantine.read(self, &request.checkout, wanted, &request.limits).await?;
        let branch = request.source.clone().or(match desk.head.clone() {
            HeadAt::TaskBranch => Some(request.task.clone()),
            HeadAt::OtherBranch { branch } => Some(branch),
            HeadAt::Detached | HeadAt::Unborn | HeadAt::Ignored => None,
        });
        let Some(raw) = desk.tip.clone() else {
            let branch = branch.map_or_else(|| "HEAD".to_owned(), |branch| branch.to_string());
            return Err(GitError::NoSuchBranch { branch });
        };
        let brought = quarantine.survey(self, &mut batch, &desk, &request.limits).await?;
        let history = history::walk(&mut batch, &raw, &brought, &request.limits).await?;
        let (strip, place) = (request.trailers == TrailerPolicy::Strip, &quarantine.place);
        let (commit, _) = self.make_owners(place, &raw, &history, &request.identity, strip, &request.message).await?;
        let name = office_ref("pushes", commit.as_str())?;
        if self.read_ref(&name).await?.is_none() {
            let to = self.place();
            transfer::send(&self.git, place.clone(), to, &commit, &[&request.base], request.limits.object_bytes)
                .await?;
            self.move_ref(&name, None, &commit).await?;
        }
        let mut batch = Batch::start(&self.git, self.place())?;
        let message = commit_at(&mut batch, &commit).await?.message;
        let first = String::from_utf8_lossy(&message);
        let subject = safe_text(first.lines().next().unwrap_or_default(), SUBJECT);
        let commits = self.count(&request.base, &commit).await?;
        Ok(Taken { commit, branch, subject, commits })
    }

    /// Where a push to this remote of the owner's repository goes, by the owner's own settings; none where there is no such
    /// remote. A name that reads like an option or a place is none.
    pub async fn remote(&self, name: &str) -> Result<Option<Remote>> {
        if Branch::parse(name).is_err() {
            return Ok(None);
        }
        let owner = self.owner.refs_place();
        let asked = Call::new(&self.git, "remote", owner).owner_config().args(["get-url", "--push", "--all", name]);
        let said = asked.accept(&[0, 2, 128]).run().await?;
        let text = String::from_utf8_lossy(&said.stdout);
        let mut urls = text.lines().filter(|line| !line.is_empty());
        let (Some(url), None) = (urls.next().filter(|_| said.code == 0), urls.next()) else {
            if said.code == 0 {
                return Err(unsupported(self, "a remote with several addresses to push to"));
            }
            return Ok(None);
        };
        let remote = Remote { url: whole(url, &self.owner.root) };
        // What is shown is where it goes: settings that turn it into yet another address are not followed blindly.
        let turned = Call::new(&self.git, "config", self.place()).with_owners_rights().args([
            "-z",
            "--get-regexp",
            r"^url\..*\.(push)?insteadof$",
        ]);
        let turned = turned.accept(&[0, 1]).limit(PRINTED).run().await?;
        let mut from =
            turned.stdout.split(|byte| *byte == 0).filter_map(|entry| entry.split(|byte| *byte == b'\n').nth(1));
        if from.any(|start| remote.url.as_bytes().starts_with(start)) {
            return Err(unsupported(self, "`url.*.insteadOf` for an address that it already leads to"));
        }
        Ok(Some(remote))
    }

    /// Pushes it, with the owner's credentials. Whoever calls has written down that it begins.
    pub async fn push(&self, request: &PushRequest) -> Result<Pushed> {
        let to = request.branch.full();
        let mut call = Call::new(&self.git, "push", self.place()).with_owners_rights();
        for setting in ["push.followTags=false", "push.gpgSign=false", "push.pushOption=", "push.recurseSubmodules=no"]
        {
            call = call.config(setting);
        }
        for (key, value) in self.owners_way().await? {
            call = call.unseen(key, value);
        }
        call = call.args(["--porcelain", "--no-verify", "--no-follow-tags", "--recurse-submodules=no"]);
        if let Some(Expected(at)) = &request.expected {
            call = call.arg(format!("--force-with-lease={to}:{at}"));
        }
        call = call.unseen(format!("remote.{NAMED}.url"), request.remote.url.clone());
        call = call.args(["--", NAMED, &format!("{}:{to}", request.commit)]);
        let mut running = call.start()?;
        let (code, stdout, stderr) = running.finish(PRINTED).await?;
        let printed =
            [stderr, stdout].iter().map(|part| String::from_utf8_lossy(part).into_owned()).collect::<String>();
        Ok(Pushed { code, output: printed.replace(&request.remote.url, &request.remote.shown()) })
    }

    /// How the owner's own repository reaches its remotes and proves who they are: settings of theirs that the office's
    /// repository does not have.
    async fn owners_way(&self) -> Result<Vec<(String, String)>> {
        let wanted = r"^(credential\.|http\.|https\.|ssh\.|core\.(sshcommand|askpass|gitproxy)$)";
        let call = Call::new(&self.git, "config", self.owner.refs_place()).with_owners_rights().args([
            "--local",
            "--includes",
            "-z",
            "--get-regexp",
            wanted,
        ]);
        let out = call.accept(&[0, 1]).limit(PRINTED).run().await?;
        let entries = out.stdout.split(|byte| *byte == 0).filter(|entry| !entry.is_empty());
        let read = |entry: &[u8]| {
            let text = String::from_utf8_lossy(entry).into_owned();
            text.split_once('\n').map_or((text.clone(), "true".to_owned()), |(key, value)| (key.into(), value.into()))
        };
        Ok(entries.map(read).collect())
    }
}

fn unsupported(repo: &OfficeRepo, what: &str) -> GitError {
    let way_out = "push it yourself, or give the remote one plain address".to_owned();
    GitError::Unsupported { path: repo.owner.root.clone(), what: what.to_owned(), way_out }
}

/// A place on this disk by its whole path: git would take it from where it runs.
fn whole(url: &str, root: &std::path::Path) -> String {
    let elsewhere = url.contains("://") || url.split('/').next().is_some_and(|first| first.contains(':'));
    if elsewhere || url.starts_with('/') { url.to_owned() } else { root.join(url).display().to_string() }
}

/// An address without the password that may stand in it.
pub fn without_password(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let (place, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let Some((who, host)) = place.rsplit_once('@') else { return url.to_owned() };
    match who.split_once(':') {
        Some((user, _)) => format!("{scheme}://{user}@{host}{path}"),
        // A name alone may be a token as well; ssh has no other use for it than to say who.
        None if scheme == "ssh" => url.to_owned(),
        None => format!("{scheme}://{host}{path}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_shown_without_what_proves_who_one_is() {
        assert_eq!(without_password("https://me:secret@example.org/a.git"), "https://me@example.org/a.git");
        assert_eq!(without_password("https://ghp_token@example.org/a.git"), "https://example.org/a.git");
        assert_eq!(without_password("ssh://git@example.org:22/a.git"), "ssh://git@example.org:22/a.git");
        assert_eq!(without_password("git@example.org:a/b.git"), "git@example.org:a/b.git");
        assert_eq!(without_password("/srv/a@b.git"), "/srv/a@b.git");
    }

    #[test]
    fn a_place_on_this_disk_is_named_whole() {
        let root = std::path::Path::new("/srv/o/shop");
        assert_eq!(whole("../bare.git", root), "/srv/o/shop/../bare.git");
        assert_eq!(whole("git@example.org:a/b.git", root), "git@example.org:a/b.git");
        assert_eq!(whole("file:///srv/a.git", root), "file:///srv/a.git");
    }
}
