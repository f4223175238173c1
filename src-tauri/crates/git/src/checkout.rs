//! Makes and removes the private checkouts in which agents and checks work. A checkout has its own git directory
//! whose objects come from the owner's repository by alternates; it is built beside its place and renamed into
//! it, so that a torn one is never taken for whole. Deliberately not here: taking work out of one (`collect`).

use std::fs;
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::bare;
use crate::call::{Call, Place};
use crate::error::{GitError, Result};
use crate::name::{Branch, Identity, Oid};
use crate::office::OfficeRepo;
use crate::path::RepoPath;
use crate::plain::PlainDir;
use crate::snapshot::{self, Snapshot};

/// A checkout to be made.
#[derive(Debug, Clone)]
pub struct CheckoutSpec {
    /// The commit of the base branch the task starts from: the owner's, and the source of `.gitattributes`.
    pub base: Oid,
    /// The commit to check out: the base, or the tip of the task's branch when work is resumed.
    pub start: Oid,
    /// The branch that is checked out.
    pub branch: Branch,
    /// Where; must not exist, its parent must.
    pub dest: PathBuf,
    /// Whose name commits made there carry.
    pub identity: Identity,
}

/// A checkout for running checks: a commit's files, some of them as they are in another commit.
#[derive(Debug, Clone)]
pub struct CheckSpec {
    /// The commit whose files are checked.
    pub commit: Oid,
    /// The commit the overlaid paths and `.gitattributes` are taken from.
    pub base: Oid,
    /// Files or folders that are as in `base`: there with its content, or absent where it has none.
    pub overlay: Vec<RepoPath>,
    /// Where; must not exist, its parent must.
    pub dest: PathBuf,
    /// Whose name commits made there carry.
    pub identity: Identity,
}

/// What became of a checkout that was to be removed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "what")]
pub enum Reclaimed {
    /// It is gone.
    Removed,
    /// It was not there any more.
    AlreadyGone,
    /// It holds work that is nowhere else and was kept.
    Kept {
        /// The files that differ from the commit, or that could not be looked into.
        paths: Vec<RepoPath>,
    },
}

impl OfficeRepo {
    /// Makes a desk's checkout. Fails rather than falls back to anything less private.
    pub async fn make_checkout(&self, spec: &CheckoutSpec) -> Result<()> {
        let partial = prepare(&spec.dest)?;
        let office_objects = self.objects_dir();
        // The office's too: what goes on from collected work stands there, and so does what a task did before it was sent back.
        let alternates = [self.owner.objects_dir.as_path(), office_objects.as_path()];
        let git_dir = partial.join(".git");
        let head = format!("ref: {}\n", spec.branch.full());
        bare::write_checkout(&git_dir, self.owner.format, &alternates, &spec.identity, &head)?;
        let branch_file = git_dir.join(spec.branch.full());
        if let Some(parent) = branch_file.parent() {
            fs::create_dir_all(parent).map_err(|e| GitError::io("making a folder", parent, e))?;
        }
        bare::put(&branch_file, format!("{}\n", spec.start).as_bytes())?;
        self.fill(&partial, &spec.start, &spec.base).await?;
        let saved = self.desk_index(&spec.branch);
        self.forget_desk_index(&spec.branch);
        snapshot::copy_keeping_time(&git_dir.join("index"), &saved)?;
        bare::put(&beside(&saved, "%at"), spec.start.as_str().as_bytes())?;
        settle(&partial, &spec.dest)
    }

    /// Makes a checkout for running checks. Its `.git` is its own, with a detached HEAD at the commit, so that
    /// checks which call git work; nothing done there reaches the owner or the office.
    pub async fn check_checkout(&self, spec: &CheckSpec) -> Result<()> {
        let partial = prepare(&spec.dest)?;
        let office_objects = self.objects_dir();
        let alternates = [self.owner.objects_dir.as_path(), office_objects.as_path()];
        let git_dir = partial.join(".git");
        bare::write_checkout(&git_dir, self.owner.format, &alternates, &spec.identity, &format!("{}\n", spec.commit))?;
        if spec.overlay.is_empty() {
            self.fill(&partial, &spec.commit, &spec.base).await?;
            return settle(&partial, &spec.dest);
        }
        let place = self.checkout_place(&partial, &spec.base);
        let call = |name| Call::new(&self.git, name, place.clone());
        call("read-tree").arg(spec.commit.as_str()).run().await?;
        let overlay = spec.overlay.iter().map(RepoPath::as_path);
        let base = call("ls-tree")
            .args(["-r", "-z", "--full-tree", spec.base.as_str(), "--"])
            .args(overlay.clone())
            .run()
            .await?;
        let present = call("ls-files").args(["-z", "--"]).args(overlay).run().await?;
        // First everything under the overlaid paths goes, then what the base has there comes.
        let mut lines = vec![];
        let zero = "0".repeat(self.owner.format.digits());
        for path in present.stdout.split(|b| *b == 0).filter(|p| !p.is_empty()) {
            lines.extend([b"0 ", zero.as_bytes(), b"\t", path, b"\0"].concat());
        }
        lines.extend(base.stdout);
        if !lines.is_empty() {
            call("update-index").args(["-z", "--add", "--replace", "--index-info"]).stdin(lines).run().await?;
        }
        call("checkout-index").args(["-a", "-f", "-u", "-q"]).run().await?;
        settle(&partial, &spec.dest)
    }

    /// Which files of a checkout differ from `commit`, untracked ones included, ignored ones not. Empty: clean.
    pub async fn uncommitted(
        &self,
        checkout: &Path,
        branch: &Branch,
        base: &Oid,
        commit: &Oid,
    ) -> Result<Vec<RepoPath>> {
        let tmp = self.tmp()?;
        let look = Snapshot { office: self, place: self.place(), tmp: tmp.path(), checkout, branch, base, commit };
        let found = look.candidates().await?;
        let mut paths = found.paths;
        paths.extend(found.embedded);
        Ok(paths)
    }

    /// Does a checkout hold anything that `commit` does not?
    pub async fn is_dirty(&self, checkout: &Path, branch: &Branch, base: &Oid, commit: &Oid) -> Result<bool> {
        Ok(!self.uncommitted(checkout, branch, base, commit).await?.is_empty())
    }

    /// Removes a checkout whose files are all in `commit`; keeps any other.
    pub async fn reclaim(&self, checkout: &Path, branch: &Branch, base: &Oid, commit: &Oid) -> Result<Reclaimed> {
        let gone = beside(checkout, ".gone");
        if fs::symlink_metadata(checkout).is_err() {
            remove_tree(&gone)?;
            return Ok(Reclaimed::AlreadyGone);
        }
        let paths = self.uncommitted(checkout, branch, base, commit).await?;
        if !paths.is_empty() {
            return Ok(Reclaimed::Kept { paths });
        }
        self.discard_checkout(checkout).await?;
        self.forget_desk_index(branch);
        Ok(Reclaimed::Removed)
    }

    /// Removes a checkout whatever it holds. For checkouts of checks, and for what a person gave up.
    pub async fn discard_checkout(&self, checkout: &Path) -> Result<()> {
        remove_folder(checkout).await
    }

    /// Writes the files of `commit` into a fresh checkout.
    async fn fill(&self, checkout: &Path, commit: &Oid, base: &Oid) -> Result<()> {
        let place = self.checkout_place(checkout, base);
        Call::new(&self.git, "read-tree", place).args(["-m", "-u", commit.as_str()]).run().await.map(|_| ())
    }

    /// Files are written by the office's configuration, not by the checkout's, and by the base's attributes: the
    /// owner committed those, while a branch's may be an agent's.
    fn checkout_place(&self, checkout: &Path, base: &Oid) -> Place {
        self.place().work_tree(checkout, &checkout.join(".git/index")).attributes(base.as_str())
    }
}

/// Refuses a place that is taken and makes the folder that will be renamed into it.
pub(crate) fn prepare(dest: &Path) -> Result<PathBuf> {
    if fs::symlink_metadata(dest).is_ok() {
        return Err(GitError::AlreadyThere { path: dest.to_path_buf() });
    }
    let partial = beside(dest, ".partial");
    remove_tree(&partial)?;
    fs::DirBuilder::new().mode(0o700).create(&partial).map_err(|e| GitError::io("making the checkout", &partial, e))?;
    Ok(partial)
}

pub(crate) fn settle(partial: &Path, dest: &Path) -> Result<()> {
    // `rename` would replace an empty folder that appeared meanwhile; nobody but the office writes beside it.
    fs::rename(partial, dest).map_err(|e| GitError::io("putting the checkout in place", dest, e))
}

/// A neighbour of `path`, on the same file system.
pub(crate) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(suffix);
    path.with_file_name(name)
}

/// Removes a folder and all in it, following no link. What is not there is removed already.
pub(crate) fn remove_tree(path: &Path) -> Result<()> {
    match fs::remove_dir_all(path) {
        Ok(()) => Ok(()),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(e) => Err(GitError::io("removing a folder", path, e)),
    }
}

/// Removes a folder that others wrote into, following no link: it is gone under its name at once, and in whole when this
/// comes back. What is not there is removed already.
pub async fn remove_folder(folder: &Path) -> Result<()> {
    let folder = folder.to_owned();
    blocking(move || {
        let gone = beside(&folder, ".gone");
        remove_any(&gone)?;
        match fs::rename(&folder, &gone) {
            Ok(()) => remove_any(&gone),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(e) => Err(GitError::io("removing the folder", &folder, e)),
        }
    })
    .await
}

/// Some tools make their folders read-only (Go's module cache); that stops no removal.
fn remove_any(folder: &Path) -> Result<()> {
    match remove_tree(folder) {
        Err(GitError::Denied { .. }) => {
            let opened = PlainDir::open(folder).and_then(|dir| dir.unlock());
            opened.map_err(|e| GitError::io("removing the folder", folder, e))?;
            remove_tree(folder)
        }
        other => other,
    }
}

/// Runs file work off the async threads and waits for it.
pub(crate) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(_) => Err(GitError::Io {
            what: "work on files",
            path: PathBuf::new(),
            source: io::Error::other("it was cancelled by the shutdown"),
        }),
    }
}
