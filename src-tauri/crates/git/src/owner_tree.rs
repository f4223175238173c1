//! How clean a work tree of the owner's is, and which of them hold a branch. The owner's configuration is not
//! loaded: a lens (a git directory of the office's own) looks at the owner's index and files instead, so that no
//! filter, hook or monitor of the owner's can meet what an agent wrote. Only looks, never writes.

use std::fs;
use std::path::{Path, PathBuf};

use crate::call::{Call, Git, Place};
use crate::error::{GitError, Result};
use crate::facts::RepoFacts;
use crate::name::{Branch, Oid};
use crate::path::RepoPath;

/// What differs in a work tree.
#[derive(Debug, Default)]
pub(crate) struct TreeState {
    pub tracked: Vec<RepoPath>,
    pub untracked: Vec<RepoPath>,
}

/// A bare git directory with nothing in it that looks at the owner's objects and one of the owner's work trees.
pub(crate) struct Lens {
    _dir: tempfile::TempDir,
    pub place: Place,
}

impl Lens {
    pub fn new(facts: &RepoFacts, work_tree: &Path, index: &Path) -> Result<Self> {
        let dir = tempfile::Builder::new()
            .prefix("office-lens-")
            .tempdir()
            .map_err(|e| GitError::io("making a temporary folder", Path::new("/tmp"), e))?;
        crate::bare::write(dir.path(), facts.format, &[])?;
        // `info/exclude` is the owner's say on what is ignored in this clone.
        let exclude = facts.common_dir.join("info/exclude");
        if let Ok(text) = fs::read(&exclude) {
            let info = dir.path().join("info");
            fs::create_dir_all(&info)
                .and_then(|()| fs::write(info.join("exclude"), text))
                .map_err(|e| GitError::io("copying info/exclude", &info, e))?;
        }
        let place = Place::bare(dir.path(), facts.format).objects(&facts.objects_dir).work_tree(work_tree, index);
        Ok(Self { _dir: dir, place })
    }

    /// A command through this lens, with the owner's settings on how files are written.
    pub fn call(&self, git: &Git, facts: &RepoFacts, name: &'static str) -> Call {
        facts
            .file_settings
            .iter()
            .fold(Call::new(git, name, self.place.clone()), |call, (key, value)| call.config(format!("{key}={value}")))
    }
}

/// What differs between `commit`, the index and the files of one of the owner's work trees.
pub(crate) async fn state(
    git: &Git,
    facts: &RepoFacts,
    root: &Path,
    git_dir: &Path,
    commit: &Oid,
) -> Result<TreeState> {
    let lens = Lens::new(facts, root, &git_dir.join("index"))?;
    let tracked = tracked_changes(git, facts, &lens, commit).await?;
    let others = lens.call(git, facts, "ls-files").args(["-z", "-o", "--exclude-standard"]).run().await?;
    Ok(TreeState { tracked, untracked: paths(&others.stdout) })
}

/// Tracked files that differ between `commit`, the index and the work tree.
pub(crate) async fn tracked_changes(git: &Git, facts: &RepoFacts, lens: &Lens, commit: &Oid) -> Result<Vec<RepoPath>> {
    let files = lens.call(git, facts, "ls-files").args(["-z", "-m", "-d"]);
    let options = ["-z", "--cached", "--name-only", "--no-renames", "--no-ext-diff", commit.as_str(), "--"];
    let staged = lens.call(git, facts, "diff-index").args(options);
    let (files, staged) = tokio::try_join!(files.run(), staged.run())?;
    let mut tracked = paths(&files.stdout);
    tracked.extend(paths(&staged.stdout));
    tracked.sort();
    tracked.dedup();
    Ok(tracked)
}

/// NUL-separated paths as git prints them; an embedded repository's trailing slash is taken off.
pub(crate) fn paths(bytes: &[u8]) -> Vec<RepoPath> {
    bytes
        .split(|b| *b == 0)
        .filter(|p| !p.is_empty())
        .filter_map(|p| RepoPath::new(p.strip_suffix(b"/").unwrap_or(p)).ok())
        .collect()
}

/// A work tree of the owner's that has a branch checked out or in use.
#[derive(Debug, Clone)]
pub(crate) struct Holder {
    pub root: PathBuf,
    pub git_dir: PathBuf,
    /// The branch is not simply checked out but part of something unfinished.
    pub busy: Option<&'static str>,
}

/// Every work tree of the owner's that holds `branch`, read from files.
pub(crate) fn holders(facts: &RepoFacts, branch: &Branch) -> Result<Vec<Holder>> {
    let mut dirs = vec![];
    // The main work tree is the folder around the shared git directory, unless that one is bare.
    if facts.common_dir.file_name().is_some_and(|n| n == ".git") || !facts.linked_worktree {
        let root = if facts.linked_worktree {
            facts.common_dir.parent().map(Path::to_path_buf)
        } else {
            Some(facts.root.clone())
        };
        dirs.extend(root.map(|root| (root, facts.common_dir.clone())));
    }
    let linked = facts.common_dir.join("worktrees");
    match fs::read_dir(&linked) {
        Ok(entries) => {
            for entry in entries {
                let dir = entry.map_err(|e| GitError::io("listing linked work trees", &linked, e))?.path();
                let Ok(pointer) = fs::read_to_string(dir.join("gitdir")) else { continue };
                // Since git 2.48 the pointer may be relative to the folder it lies in.
                let pointer = dir.join(pointer.trim_end_matches('\n'));
                if let Some(root) = pointer.parent().and_then(|p| fs::canonicalize(p).ok()) {
                    dirs.push((root, dir));
                }
            }
        }
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {}
        Err(e) => return Err(GitError::io("listing linked work trees", &linked, e)),
    }
    let full = branch.full();
    let mut holders = vec![];
    for (root, git_dir) in dirs {
        let says = |file: &str, text: &str| fs::read_to_string(git_dir.join(file)).is_ok_and(|t| t.trim() == text);
        let busy = [
            ("rebase-merge/head-name", "a rebase of it is unfinished"),
            ("rebase-apply/head-name", "a rebase of it is unfinished"),
            ("BISECT_START", "a bisection of it is unfinished"),
        ]
        .into_iter()
        .find(|(file, _)| says(file, &full) || says(file, branch.as_str()))
        .map(|(_, why)| why);
        if says("HEAD", &format!("ref: {full}")) || busy.is_some() {
            let unfinished = ["MERGE_HEAD", "CHERRY_PICK_HEAD", "REVERT_HEAD"].iter().any(|f| git_dir.join(f).exists());
            let busy = busy.or(unfinished.then_some("a merge, cherry-pick or revert is unfinished there"));
            holders.push(Holder { root, git_dir, busy });
        }
    }
    Ok(holders)
}
