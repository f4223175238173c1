//! Follows a desk's history from its tip back to what the owner's repository already has, within bounds, and
//! makes its commits the owner's. Deliberately not here: files that are not committed.

use std::collections::{HashMap, HashSet};

use crate::batch::Batch;
use crate::call::{Call, Place};
use crate::commit::Commit;
use crate::error::{GitError, Result};
use crate::limits::Limits;
use crate::name::{Identity, Oid};
use crate::office::OfficeRepo;

/// What lies between a tip and what was known before.
#[derive(Debug)]
pub(crate) struct History {
    /// New commits, parents before children.
    pub new: Vec<(Oid, Commit)>,
    /// Known commits that the new ones stand on.
    pub boundary: HashSet<Oid>,
}

impl History {
    /// Does it stand on `base` and nothing else?
    pub fn boundary_is(&self, base: &Oid) -> bool {
        self.boundary.len() == 1 && self.boundary.contains(base)
    }
}

/// Follows the parents of `tip`. A commit is new when the desk brought it (`brought`).
pub(crate) async fn walk(batch: &mut Batch, tip: &Oid, brought: &HashSet<Oid>, limits: &Limits) -> Result<History> {
    let mut commits: HashMap<Oid, Commit> = HashMap::new();
    let (mut order, mut boundary) = (vec![], HashSet::new());
    // Depth first with a second visit, so that `order` has parents first.
    let mut stack = vec![(tip.clone(), false)];
    while let Some((oid, seen)) = stack.pop() {
        if seen {
            order.push(oid);
            continue;
        }
        if commits.contains_key(&oid) {
            continue;
        }
        if !brought.contains(&oid) {
            boundary.insert(oid);
            continue;
        }
        let Some((info, bytes)) = batch.contents(oid.as_str(), 4 << 20).await? else {
            return Err(GitError::MissingObject { oid: oid.to_string() });
        };
        if info.kind != "commit" {
            return Err(GitError::RefusedObjects { why: format!("{oid} is a {}, not a commit", info.kind) });
        }
        let commit = Commit::parse(&oid, &bytes)?;
        stack.push((oid.clone(), true));
        for parent in commit.parents.iter().rev() {
            stack.push((parent.clone(), false));
        }
        commits.insert(oid, commit);
        if commits.len() > limits.commits {
            return Err(GitError::TooLarge {
                what: "the number of new commits".to_owned(),
                limit: limits.commits.to_string(),
            });
        }
    }
    let new = order.into_iter().filter_map(|oid| commits.remove(&oid).map(|commit| (oid, commit))).collect();
    Ok(History { new, boundary })
}

impl OfficeRepo {
    /// Rewrites what is not the owner's, and all that stands on it. Returns the tip to use and how many commits
    /// were rewritten; the same history always gives the same commits.
    pub(crate) async fn make_owners(
        &self,
        place: &Place,
        tip: &Oid,
        history: &History,
        owner: &Identity,
        strip: bool,
        fallback: &str,
    ) -> Result<(Oid, usize)> {
        let mut renamed: HashMap<&Oid, Oid> = HashMap::new();
        for (oid, commit) in &history.new {
            let mut wanted = commit.as_owners(owner, strip, fallback);
            for parent in &mut wanted.parents {
                if let Some(new) = renamed.get(parent) {
                    *parent = new.clone();
                }
            }
            if wanted != *commit {
                let new = self.write_commit(place, &wanted).await?;
                renamed.insert(oid, new);
            }
        }
        let count = renamed.len();
        Ok((renamed.remove(tip).unwrap_or_else(|| tip.clone()), count))
    }

    /// Is `old` in the history of `new`?
    pub(crate) async fn contains(&self, place: &Place, new: &Oid, old: &Oid) -> Result<bool> {
        if new == old {
            return Ok(true);
        }
        let out = Call::new(&self.git, "merge-base", place.clone())
            .args(["--is-ancestor", old.as_str(), new.as_str()])
            .accept(&[0, 1])
            .run()
            .await?;
        Ok(out.code == 0)
    }

    /// The best common ancestor, if there is one.
    pub(crate) async fn merge_base(&self, place: &Place, a: &Oid, b: &Oid) -> Result<Option<Oid>> {
        let out = Call::new(&self.git, "merge-base", place.clone())
            .args([a.as_str(), b.as_str()])
            .accept(&[0, 1])
            .run()
            .await?;
        if out.code == 0 {
            Oid::parse(String::from_utf8_lossy(&out.stdout).lines().next().unwrap_or_default()).map(Some)
        } else {
            Ok(None)
        }
    }
}
