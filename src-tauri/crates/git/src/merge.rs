//! Merges a task's branch with the base, in the office's repository and without a work tree: nothing of the
//! owner's moves. The same inputs and date give the same commit, so a merge that is done twice is one merge.
//! Deliberately not here: moving the owner's branch (`advance`), putting commits on a base one by one (`rebase`).

use serde::{Deserialize, Serialize};

use crate::call::{Call, Place};
use crate::commit::{Commit, Signature};
use crate::error::{GitError, Result};
use crate::name::{CommitDate, Identity, Oid, office_ref};
use crate::office::OfficeRepo;
use crate::owner_tree;
use crate::path::RepoPath;

/// How a branch becomes part of the base.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MergeStrategy {
    /// A merge commit.
    #[default]
    Merge,
    /// One commit with all the changes.
    Squash,
    /// The branch's own commits, each put on the base anew; one commit with all the changes where its history has merges.
    Rebase,
    /// The branch's own commits, where the base did not move on; else refused.
    FastForward,
}

/// A merge to be made.
#[derive(Debug, Clone)]
pub struct MergeRequest {
    /// The tip of the base branch.
    pub base: Oid,
    /// The tip of the task's branch.
    pub tip: Oid,
    /// How.
    pub strategy: MergeStrategy,
    /// The message of the commit that is made.
    pub message: String,
    /// In whose name.
    pub identity: Identity,
    /// When.
    pub date: CommitDate,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "outcome")]
pub enum MergeOutcome {
    /// This commit holds both. No branch points to it yet.
    Merged {
        /// The commit.
        commit: Oid,
    },
    /// Both changed the same.
    Conflict {
        /// Where.
        files: Vec<RepoPath>,
        /// The first places, each as the lines of both sides with marks between, named by its file.
        hunks: Vec<String>,
    },
    /// The base holds it all already.
    AlreadyMerged,
    /// A fast-forward was asked for, but the base has commits that the branch does not.
    BaseMovedOn,
}

/// Whether a task's merge happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MergeProbe {
    /// The commit that was recorded before the owner's branch was to move.
    pub recorded: Option<Oid>,
    /// The owner's branch holds it.
    pub landed: bool,
    /// Where the owner's branch stands.
    pub base_tip: Oid,
}

pub(crate) enum TreeMerge {
    Clean(Oid),
    /// The files, and the tree that holds them with both sides in them.
    Conflict(Vec<RepoPath>, Oid),
}

impl TreeMerge {
    pub fn clean(self) -> Option<Oid> {
        match self {
            Self::Clean(tree) => Some(tree),
            Self::Conflict(..) => None,
        }
    }
}

impl OfficeRepo {
    /// Makes the merge commit in the office's repository.
    pub async fn merge(&self, request: &MergeRequest) -> Result<MergeOutcome> {
        let place = self.place();
        let (base, tip) = (&request.base, &request.tip);
        let best = self.merge_base(&place, base, tip).await?;
        if best.as_ref() == Some(tip) {
            return Ok(MergeOutcome::AlreadyMerged);
        }
        let straight = best.as_ref() == Some(base);
        if request.strategy == MergeStrategy::FastForward {
            return Ok(if straight { MergeOutcome::Merged { commit: tip.clone() } } else { MergeOutcome::BaseMovedOn });
        }
        let Some(best) = best else {
            return Err(GitError::RefusedObjects { why: "the branch shares no history with the base".to_owned() });
        };
        let tree = match self.merged_tree(&place, base, tip).await? {
            TreeMerge::Clean(tree) => tree,
            TreeMerge::Conflict(files, tree) => return self.conflict(files, &tree).await,
        };
        if request.strategy == MergeStrategy::Rebase
            && let Some(outcome) = self.rebase(request, &best).await?
        {
            return Ok(outcome);
        }
        if request.strategy != MergeStrategy::Merge && self.tree_of(base).await? == tree {
            return Ok(MergeOutcome::AlreadyMerged);
        }
        let parents = match request.strategy {
            MergeStrategy::Merge => vec![base.clone(), tip.clone()],
            MergeStrategy::Squash | MergeStrategy::Rebase | MergeStrategy::FastForward => vec![base.clone()],
        };
        let who = Signature::new(&request.identity, request.date);
        let message = format!("{}\n", request.message.trim()).into_bytes();
        let commit =
            Commit { tree, parents, author: who.clone(), committer: who, encoding: None, message, extra: false };
        Ok(MergeOutcome::Merged { commit: self.write_commit(&place, &commit).await? })
    }

    /// The tree that holds the changes of both sides. No driver of the owner's is defined here, and the
    /// attributes of neither side are looked at.
    pub(crate) async fn merged_tree(&self, place: &Place, ours: &Oid, theirs: &Oid) -> Result<TreeMerge> {
        let call = Call::new(&self.git, "merge-tree", place.clone()).args([
            "--write-tree",
            "--no-messages",
            "--name-only",
            "-z",
            ours.as_str(),
            theirs.as_str(),
        ]);
        let out = call.accept(&[0, 1]).run().await?;
        let end = out.stdout.iter().position(|b| *b == 0).unwrap_or(out.stdout.len());
        if out.code == 0 {
            return Oid::parse_bytes(&out.stdout[..end]).map(TreeMerge::Clean);
        }
        let mut files = owner_tree::paths(out.stdout.get(end..).unwrap_or_default());
        files.sort();
        files.dedup();
        Ok(TreeMerge::Conflict(files, Oid::parse_bytes(&out.stdout[..end])?))
    }

    /// The tree of a commit.
    pub async fn tree_of(&self, commit: &Oid) -> Result<Oid> {
        let line = self.call("rev-parse").args(["--verify", &format!("{commit}^{{tree}}")]).line().await?;
        Oid::parse(&line)
    }

    /// Whether `commit` is in the history of `tip`; not, where nobody has it any more.
    pub async fn holds(&self, tip: &Oid, commit: &Oid) -> Result<bool> {
        Ok(self.has_commit(commit).await? && self.contains(&self.place(), tip, commit).await?)
    }

    /// Notes, before the owner's branch moves, which commit a task's merge is.
    pub async fn record_merge(&self, task: &str, commit: &Oid) -> Result<()> {
        let name = office_ref("merged", task)?;
        let old = self.read_ref(&name).await?;
        self.move_ref(&name, old.as_ref(), commit).await
    }

    /// Says whether a task's merge was recorded and whether the owner's branch holds it.
    pub async fn probe_merge(&self, task: &str, base_branch: &crate::Branch) -> Result<MergeProbe> {
        let recorded = self.read_ref(&office_ref("merged", task)?).await?;
        let base_tip = crate::facts::branch_tip(&self.git, &self.owner, base_branch).await?;
        let landed = match &recorded {
            Some(commit) => self.contains(&self.place(), &base_tip, commit).await?,
            None => false,
        };
        Ok(MergeProbe { recorded, landed, base_tip })
    }
}
