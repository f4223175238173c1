//! Puts a branch's commits on a base one after another, and shows where two sides conflict. Without a work tree, like
//! `merge`; the same inputs give the same commits. Deliberately not here: the one tree that holds both sides (`merge`).

use crate::commit::{Commit, Signature};
use crate::error::{GitError, Result};
use crate::merge::{MergeOutcome, MergeRequest, TreeMerge};
use crate::name::Oid;
use crate::office::OfficeRepo;
use crate::path::RepoPath;

/// So many files of a conflict are shown, so many places of each, and so many lines of each place.
const FILES: usize = 4;
const PLACES: usize = 3;
const LINES: usize = 40;

/// A longer file is not looked into.
const LONGEST: usize = 1 << 20;

impl OfficeRepo {
    /// Each commit after `from` on the base; none where the history has merges, which cannot be replayed one by one.
    pub(crate) async fn rebase(&self, request: &MergeRequest, from: &Oid) -> Result<Option<MergeOutcome>> {
        let place = self.place();
        let range = format!("{from}..{}", request.tip);
        let listed = self.call("rev-list").args(["--reverse", "--topo-order", "--parents", &range]).run().await?;
        let text = String::from_utf8_lossy(&listed.stdout).into_owned();
        let lines: Vec<Vec<&str>> = text.lines().map(|line| line.split(' ').collect()).collect();
        if lines.iter().any(|line| line.len() != 2) {
            return Ok(None);
        }
        let committer = Signature::new(&request.identity, request.date);
        let (mut on, mut tree) = (request.base.clone(), self.tree_of(&request.base).await?);
        for line in lines {
            let [commit, parent] = line[..] else { return Ok(None) };
            let (commit, parent) = (Oid::parse(commit)?, Oid::parse(parent)?);
            let bytes = self.call("cat-file").args(["commit", commit.as_str()]).limit(4 << 20).run().await?.stdout;
            let known = Commit::parse(&commit, &bytes)?;
            let next = if parent == on {
                known.tree.clone()
            } else {
                // A commit with the tree of the base, beside this one: what both have in common is then its parent.
                let beside = Commit {
                    tree: tree.clone(),
                    parents: vec![parent],
                    committer: committer.clone(),
                    author: committer.clone(),
                    encoding: None,
                    message: b"base\n".to_vec(),
                    extra: false,
                };
                let beside = self.write_commit(&place, &beside).await?;
                match self.merged_tree(&place, &beside, &commit).await? {
                    TreeMerge::Clean(tree) => tree,
                    TreeMerge::Conflict(files, tree) => return self.conflict(files, &tree).await.map(Some),
                }
            };
            // What the base has already leaves nothing to commit.
            if next == tree {
                continue;
            }
            let again = Commit {
                tree: next.clone(),
                parents: vec![on.clone()],
                committer: committer.clone(),
                extra: false,
                ..known
            };
            on = self.write_commit(&place, &again).await?;
            tree = next;
        }
        Ok(Some(if on == request.base { MergeOutcome::AlreadyMerged } else { MergeOutcome::Merged { commit: on } }))
    }

    /// A conflict with its first places, as the lines of both sides.
    pub(crate) async fn conflict(&self, files: Vec<RepoPath>, tree: &Oid) -> Result<MergeOutcome> {
        let mut hunks = Vec::new();
        for path in files.iter().take(FILES) {
            match self.read_file_at(tree, path, LONGEST).await {
                Ok(Some(bytes)) => hunks.extend(places(path, &String::from_utf8_lossy(&bytes))),
                // One side took the file away, or it is too long to be told.
                Ok(None) | Err(GitError::TooLarge { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(MergeOutcome::Conflict { files, hunks })
    }
}

/// The marked places of a file with both sides in it.
fn places(path: &RepoPath, text: &str) -> Vec<String> {
    let mut places = Vec::new();
    let mut lines = text.lines().enumerate();
    while places.len() < PLACES
        && let Some((at, first)) = lines.by_ref().find(|(_, line)| line.starts_with("<<<<<<< "))
    {
        let mut place = vec![format!("{path}:{} (the base, then this task)", at + 1), first.to_owned()];
        for (_, line) in lines.by_ref() {
            match place.len() {
                n if n < LINES => place.push(crate::error::safe_text(line, 400)),
                n if n == LINES => place.push("...".to_owned()),
                _ => {}
            }
            if line.starts_with(">>>>>>> ") {
                break;
            }
        }
        places.push(place.join("\n"));
    }
    places
}
