//! Whether what two desks hold right now, committed or not, would conflict. Both sides are put into a store of their own that goes
//! away: nothing is kept, nothing in a checkout changes, and git runs with neither desk's git directory. Not here: merging.

use std::fs;
use std::path::{Path, PathBuf};

use crate::collect::Quarantine;
use crate::commit::{Commit, Signature};
use crate::error::{GitError, Result};
use crate::limits::Limits;
use crate::merge::TreeMerge;
use crate::name::{Branch, CommitDate, Oid};
use crate::office::OfficeRepo;
use crate::path::RepoPath;
use crate::snapshot::Snapshot;

/// One of the two.
#[derive(Debug, Clone)]
pub enum Side {
    /// What was collected.
    Commit(Oid),
    /// A checkout as it is.
    Checkout {
        /// Where.
        path: PathBuf,
        /// Its branch.
        branch: Branch,
        /// What it was begun on.
        base: Oid,
    },
}

impl OfficeRepo {
    /// Which files of a checkout differ from what it was begun on, committed or not.
    pub async fn touched(&self, checkout: &Path, branch: &Branch, base: &Oid) -> Result<Vec<RepoPath>> {
        self.uncommitted(checkout, branch, base, base).await
    }

    /// In which files two sides would conflict; none where they go together.
    pub async fn would_collide(&self, one: &Side, other: &Side) -> Result<Vec<RepoPath>> {
        let quarantine = Quarantine::open(self)?;
        let one = self.as_commit(&quarantine, "one", one).await?;
        let other = self.as_commit(&quarantine, "other", other).await?;
        Ok(match self.merged_tree(&quarantine.place, &one, &other).await? {
            TreeMerge::Clean(_) => Vec::new(),
            TreeMerge::Conflict(files, _) => files,
        })
    }

    async fn as_commit(&self, quarantine: &Quarantine, name: &str, side: &Side) -> Result<Oid> {
        let (path, branch, base) = match side {
            Side::Commit(commit) => return Ok(commit.clone()),
            Side::Checkout { path, branch, base } => (path, branch, base),
        };
        // A look is no collection: what is too large for it is not compared.
        let limits = Limits { files: 2_000, file_bytes: 16 << 20, unpacked_bytes: 128 << 20, ..Limits::default() };
        let tmp = quarantine.tmp.path().join(name);
        fs::create_dir(&tmp).map_err(|e| GitError::io("making a folder", &tmp, e))?;
        let place = quarantine.place.clone();
        let look = Snapshot { office: self, place, tmp: &tmp, checkout: path, branch, base, commit: base };
        let (tree, _) = look.tree(look.candidates().await?, &limits).await?;
        let Some(tree) = tree else { return Ok(base.clone()) };
        let identity = self.owner().identity.clone().ok_or(GitError::NoIdentity)?;
        let who = Signature::new(&identity, CommitDate::utc(0));
        let message = b"A look\n".to_vec();
        let parents = vec![base.clone()];
        let commit =
            Commit { tree, parents, author: who.clone(), committer: who, encoding: None, message, extra: false };
        self.write_commit(&quarantine.place, &commit).await
    }
}
