//! Takes an agent's work out of its checkout: commits by way of a quarantine, uncommitted files by way of a
//! snapshot, all of it checked, made the owner's, and only then moved into the office's repository under the
//! task's branch. Git never runs with the desk's git directory. Deliberately not here: how each step works.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::bare;
use crate::batch::{Batch, Info};
use crate::call::{Call, Place};
use crate::changes::{self, FileChange, Mark};
use crate::checkout::blocking;
use crate::commit::{Commit, Signature};
use crate::desk::{self, DeskRead, HeadAt, Wanted};
use crate::error::{GitError, Result};
use crate::history;
use crate::limits::Limits;
use crate::name::{Branch, CommitDate, Identity, Oid};
use crate::office::OfficeRepo;
use crate::path::RepoPath;
use crate::snapshot::{Skipped, Snapshot};
use crate::transfer;

/// What to take, and in whose name.
#[derive(Debug, Clone)]
pub struct CollectRequest {
    /// The desk's checkout.
    pub checkout: PathBuf,
    /// The task's branch.
    pub branch: Branch,
    /// The commit the task started from.
    pub base: Oid,
    /// The owner, under whose name every commit stands in the end.
    pub identity: Identity,
    /// The date of commits that the office makes.
    pub date: CommitDate,
    /// The message of the commit for what was not committed, and of commits whose own message is empty.
    pub message: String,
    /// What happens to lines by which tools name themselves.
    pub trailers: TrailerPolicy,
    /// Whether the desk's commits are taken, or its files alone.
    pub history: TakeHistory,
    /// How much at most.
    pub limits: Limits,
}

/// Lines such as `Co-authored-by:` at the end of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TrailerPolicy {
    /// They go.
    #[default]
    Strip,
    /// They stay.
    Keep,
}

/// Whose history is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TakeHistory {
    /// The commits the agent made.
    #[default]
    Desk,
    /// None: the files become one commit. The way out when the desk's repository is damaged.
    FilesOnly,
}

/// How the agent's history relates to where the task started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ancestry {
    /// It goes on from there.
    Descends,
    /// It forked earlier (an amended or dropped base commit): what it changed became one commit on the base.
    Replayed,
    /// It shares nothing with it, or does not combine with it: its files became one commit on the base.
    Replaced,
}

/// What was taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Collected {
    /// Where the task's branch stands now in the office's repository; the base when there is nothing new.
    pub tip: Oid,
    /// Commits from the base to the tip.
    pub commits: usize,
    /// The last of them is the office's, for what was not committed.
    pub leftover_committed: bool,
    /// Commits that were rewritten: another name, a signature, a tool's line.
    pub rewritten: usize,
    /// Where the desk's HEAD stood.
    pub head: HeadAt,
    /// How the desk's history relates to the base.
    pub ancestry: Ancestry,
    /// Every file that differs from the base.
    pub changes: Vec<FileChange>,
    /// What a reviewer should look at twice.
    pub marks: Vec<Mark>,
    /// Files that were left out.
    pub skipped: Vec<Skipped>,
}

impl OfficeRepo {
    /// Takes the work. Changes nothing in the checkout; asked twice for the same work it gives the same answer.
    pub async fn collect(&self, request: &CollectRequest) -> Result<Collected> {
        let quarantine = Quarantine::open(self)?;
        // Started first: it gets ready while the desk is read.
        let mut batch = Batch::start(&self.git, quarantine.place.clone())?;
        let previous = self.branch_tip(&request.branch).await?;
        let fallback = previous.as_ref().unwrap_or(&request.base);
        let desk = match request.history {
            TakeHistory::Desk => {
                let wanted = Wanted::Head(request.branch.clone());
                quarantine.read(self, &request.checkout, wanted, &request.limits).await?
            }
            TakeHistory::FilesOnly => DeskRead { tip: None, head: HeadAt::Ignored, loose: vec![], packs: vec![] },
        };
        let brought = quarantine.survey(self, &mut batch, &desk, &request.limits).await?;
        let raw_tip = desk.tip.clone().unwrap_or_else(|| fallback.clone());
        let history = history::walk(&mut batch, &raw_tip, &brought, &request.limits).await?;
        let tree_of_tip = commit_at(&mut batch, &raw_tip).await?.tree;

        let strip = request.trailers == TrailerPolicy::Strip;
        let place = &quarantine.place;
        let (tip, rewritten) =
            self.make_owners(place, &raw_tip, &history, &request.identity, strip, &request.message).await?;
        // From here on git reads trees: only such as passed its checks on their way into the office's repository,
        // where no ref leads to them yet.
        if !history.new.is_empty() {
            self.take_in(place, &tip, request, &previous).await?;
        }
        let mut look = Snapshot {
            office: self,
            place: place.clone(),
            tmp: quarantine.tmp.path(),
            checkout: &request.checkout,
            branch: &request.branch,
            base: &request.base,
            commit: &tip,
        };
        let found = look.candidates().await?;
        // What git makes of plainly named files needs no second look on its way in: it is stored at once. Whatever
        // could be one of git's own files in disguise takes the way of the desk's commits.
        let direct = !found.paths.iter().any(RepoPath::resembles_git_files);
        let place = if direct { self.place() } else { place.clone() };
        look.place = place.clone();
        let (tree, skipped) = look.tree(found, &request.limits).await?;
        let tree = tree.unwrap_or_else(|| tree_of_tip.clone());
        let leftover = tree != tree_of_tip;
        let mut last = tip.clone();
        if leftover {
            let commit = self.own_commit(request, &tree, &tip);
            last = self.reuse_or_write(&place, &mut batch, &previous, &commit).await?;
        }
        let straight = history.boundary_is(&request.base) || previous.as_ref() == Some(&last);
        let ancestry = if straight || self.contains(&place, &last, &request.base).await? {
            Ancestry::Descends
        } else {
            let (onto, how) = self.onto_base(&place, request, &last, &previous, &mut batch).await?;
            last = onto;
            how
        };
        // Listing the changes and storing them are two programs' work at once.
        let store = async {
            if last != tip && !direct {
                self.take_in(&place, &last, request, &previous).await?;
            }
            self.move_ref(&request.branch.full(), previous.as_ref(), &last).await
        };
        let ((), changes) = tokio::try_join!(store, self.changes_in(&place, &request.base, &last))?;
        let marks = changes::marks(&mut batch, &changes).await?;
        let commits = match ancestry {
            Ancestry::Descends if history.boundary_is(&request.base) => history.new.len() + usize::from(leftover),
            Ancestry::Descends => self.count(&request.base, &last).await?,
            Ancestry::Replayed | Ancestry::Replaced => usize::from(last != request.base),
        };
        let leftover_committed = leftover && ancestry == Ancestry::Descends;
        let head = desk.head;
        Ok(Collected { tip: last, commits, leftover_committed, rewritten, head, ancestry, changes, marks, skipped })
    }

    /// Moves what a commit needs into the office's repository, through git's checks.
    async fn take_in(&self, place: &Place, tip: &Oid, request: &CollectRequest, previous: &Option<Oid>) -> Result<()> {
        if previous.as_ref() == Some(tip) {
            return Ok(());
        }
        let mut have = vec![&request.base];
        have.extend(previous);
        transfer::send(&self.git, place.clone(), self.place(), tip, &have, request.limits.object_bytes)
            .await
            .map(|_| ())
    }

    /// A commit that the office makes itself.
    fn own_commit(&self, request: &CollectRequest, tree: &Oid, parent: &Oid) -> Commit {
        let who = Signature::new(&request.identity, request.date);
        let message = format!("{}\n", request.message.trim()).into_bytes();
        Commit {
            tree: tree.clone(),
            parents: vec![parent.clone()],
            author: who.clone(),
            committer: who,
            encoding: None,
            message,
            extra: false,
        }
    }

    /// Stores a commit; takes the one of the last time when it says the same, so that repeating changes nothing.
    async fn reuse_or_write(
        &self,
        place: &Place,
        batch: &mut Batch,
        previous: &Option<Oid>,
        commit: &Commit,
    ) -> Result<Oid> {
        if let Some(previous) = previous {
            let there = commit_at(batch, previous).await?;
            if there.tree == commit.tree
                && there.parents == commit.parents
                && there.message == commit.message
                && there.author.who == commit.author.who
            {
                return Ok(previous.clone());
            }
        }
        self.write_commit(place, commit).await
    }

    /// Brings a history that does not go on from the base onto it, as one commit.
    async fn onto_base(
        &self,
        place: &Place,
        request: &CollectRequest,
        tip: &Oid,
        previous: &Option<Oid>,
        batch: &mut Batch,
    ) -> Result<(Oid, Ancestry)> {
        let (own, base) = (commit_at(batch, tip).await?, commit_at(batch, &request.base).await?);
        let (mut tree, mut how) = (own.tree.clone(), Ancestry::Replaced);
        let fork = self.merge_base(place, &request.base, tip).await?;
        if fork.is_some()
            && let Some(merged) = self.merged_tree(place, &request.base, tip).await?.clean()
        {
            (tree, how) = (merged, Ancestry::Replayed);
        }
        if tree == base.tree {
            return Ok((request.base.clone(), how));
        }
        let mut commit = self.own_commit(request, &tree, &request.base);
        if own.parents.iter().all(|parent| Some(parent) == fork.as_ref()) {
            // One commit, typically the base amended: its own message says best what it does.
            commit.message = own.message;
        }
        Ok((self.reuse_or_write(place, batch, previous, &commit).await?, how))
    }

    pub(crate) async fn count(&self, base: &Oid, tip: &Oid) -> Result<usize> {
        let line = self.call("rev-list").args(["--count", tip.as_str(), &format!("^{base}")]).line().await?;
        Ok(line.parse().unwrap_or(0))
    }
}

/// A commit that must be there.
pub(crate) async fn commit_at(batch: &mut Batch, oid: &Oid) -> Result<Commit> {
    match batch.contents(oid.as_str(), 4 << 20).await? {
        Some((info, bytes)) if info.kind == "commit" => Commit::parse(oid, &bytes),
        Some((info, _)) => Err(GitError::RefusedObjects { why: format!("{oid} is a {}, not a commit", info.kind) }),
        None => Err(GitError::MissingObject { oid: oid.to_string() }),
    }
}

/// A store of its own for what a desk brought, until it is found good. It looks through to the office's objects.
pub(crate) struct Quarantine {
    pub(crate) tmp: tempfile::TempDir,
    objects: PathBuf,
    pub(crate) place: Place,
}

impl Quarantine {
    pub(crate) fn open(office: &OfficeRepo) -> Result<Self> {
        let tmp = office.tmp()?;
        let objects = tmp.path().join("objects");
        for sub in ["info", "pack"] {
            let path = objects.join(sub);
            fs::create_dir_all(&path).map_err(|e| GitError::io("making a folder", &path, e))?;
        }
        bare::put(&objects.join("info/alternates"), &bare::alternates_file(&[&office.objects_dir()]))?;
        let place = office.place().objects(&objects);
        Ok(Self { tmp, objects, place })
    }

    pub(crate) async fn read(
        &self,
        office: &OfficeRepo,
        checkout: &Path,
        wanted: Wanted,
        limits: &Limits,
    ) -> Result<DeskRead> {
        let (checkout, limits) = (checkout.to_owned(), limits.clone());
        let (format, known, objects) = (office.owner.format, office.objects_dir(), self.objects.clone());
        let desk = blocking(move || desk::read(&checkout, &wanted, format, &known, &objects, &limits)).await?;
        for pack in &desk.packs {
            // The desk's own index of a pack is not trusted: this one is made from the pack's content.
            let made =
                Call::new(&office.git, "index-pack", self.place.clone()).arg(pack).config("pack.threads=1").run().await;
            if let Err(error) = made {
                return Err(GitError::RefusedObjects { why: error.said()? });
            }
        }
        Ok(desk)
    }

    /// The objects that the desk brought and nobody had, after a look at their sizes.
    pub(crate) async fn survey(
        &self,
        office: &OfficeRepo,
        batch: &mut Batch,
        desk: &DeskRead,
        limits: &Limits,
    ) -> Result<HashSet<Oid>> {
        let mut all = desk.loose.clone();
        for pack in &desk.packs {
            all.extend(packed(office, &pack.with_extension("idx")).await?);
        }
        if all.len() > limits.objects {
            return Err(GitError::TooLarge {
                what: "the number of new objects".to_owned(),
                limit: limits.objects_text(),
            });
        }
        if !desk.packs.is_empty() {
            // A repack in the desk may have taken in what the owner has.
            let known = Batch::start(&office.git, office.place())?.infos(&all).await?;
            let mut known = known.into_iter();
            all.retain(|_| known.next().flatten().is_none());
        }
        let infos = batch.infos(&all).await?;
        let mut left = limits.unpacked_bytes;
        for (oid, info) in all.iter().zip(&infos) {
            let Some(Info { size, .. }) = info else { continue };
            left =
                left.checked_sub(*size).filter(|_| *size <= limits.file_bytes).ok_or_else(|| GitError::TooLarge {
                    what: format!("object {oid} ({} MiB, or all new objects together)", size >> 20),
                    limit: format!("{} MiB", limits.file_bytes >> 20),
                })?;
        }
        Ok(all.into_iter().collect())
    }
}

async fn packed(office: &OfficeRepo, index: &Path) -> Result<Vec<Oid>> {
    let bytes = fs::read(index).map_err(|e| GitError::io("reading the index of a pack", index, e))?;
    let format = if office.owner.format == crate::ObjectFormat::Sha256 {
        "--object-format=sha256"
    } else {
        "--object-format=sha1"
    };
    let out = office.call("show-index").arg(format).stdin(bytes).run().await?;
    String::from_utf8_lossy(&out.stdout).lines().filter_map(|l| l.split(' ').nth(1)).map(Oid::parse).collect()
}
