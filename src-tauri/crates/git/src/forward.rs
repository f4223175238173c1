//! Brings one clean work tree of the owner's from one commit to a later one, through a lens that loads nothing of
//! the owner's configuration, under git's own index lock. A run that was killed left the lock with our mark in it;
//! the next one takes it over and finishes. Deliberately not here: the branch (`advance`).

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::Path;
use std::time::Duration;

use nix::fcntl::{Flock, FlockArg};

use crate::advance::WaitReason;
use crate::batch::Batch;
use crate::changes::{ChangeStatus, FileChange};
use crate::error::{GitError, Result};
use crate::name::Oid;
use crate::office::OfficeRepo;
use crate::owner_tree::{self, Holder, Lens};
use crate::path::RepoPath;
use crate::snapshot::copy_keeping_time;

/// What the lock file of ours holds, so that the next run knows it.
const MARK: &[u8] = b"office: fast-forward in progress\n";
/// How long another git's lock is waited for.
const PATIENCE: [u64; 4] = [50, 150, 400, 1000];

/// What is left to do in the work tree.
#[derive(Debug, PartialEq, Eq, Clone, Copy)]
pub(crate) enum Step {
    /// All of it; the tree is clean.
    Everything,
    /// A killed run wrote some of the files.
    TheRest,
    /// The files and the index are there already.
    OnlyTheBranch,
}

pub(crate) struct Forward<'a> {
    office: &'a OfficeRepo,
    holder: &'a Holder,
    old: &'a Oid,
    new: &'a Oid,
    changes: Vec<FileChange>,
    lock: Option<Flock<File>>,
    taken_over: bool,
    lens: Lens,
}

impl<'a> Forward<'a> {
    /// Takes the index lock of the work tree.
    pub async fn begin(
        office: &'a OfficeRepo,
        holder: &'a Holder,
        old: &'a Oid,
        new: &'a Oid,
        changes: Vec<FileChange>,
    ) -> Result<Result<Self, WaitReason>> {
        let unusual = |what: &str| Ok(Err(WaitReason::Unusual { what: what.to_owned(), commit: new.clone() }));
        if office.owner.sparse {
            return unusual("it is a sparse checkout");
        }
        let index = holder.git_dir.join("index");
        let has_shared = fs::read_dir(&holder.git_dir)
            .is_ok_and(|all| all.flatten().any(|e| e.file_name().to_string_lossy().starts_with("sharedindex.")));
        if has_shared {
            return unusual("it has a split index");
        }
        let filtered = office.filtered(&changes, old, new).await?;
        if !filtered.is_empty() {
            return Ok(Err(WaitReason::Filters { paths: filtered, commit: new.clone() }));
        }
        let lock_path = holder.git_dir.join("index.lock");
        let Some((lock, taken_over)) = take(&lock_path).await? else {
            return Ok(Err(WaitReason::Locked { lock: lock_path }));
        };
        let mut forward = Self {
            office,
            holder,
            old,
            new,
            changes,
            lock: Some(lock),
            taken_over,
            lens: Lens::new(&office.owner, &holder.root, &index)?,
        };
        // Git works on a copy: the owner's index changes in one rename, when all files are there.
        let copy = forward.lens.place.git_dir.join("index");
        copy_keeping_time(&index, &copy)?;
        forward.lens.place.index = Some(copy);
        forward.lens.place.attributes = old.to_string();
        Ok(Ok(forward))
    }

    /// Finds out what is left to do, or what is in the way. Writes nothing.
    pub async fn look(&mut self) -> Result<Result<Step, WaitReason>> {
        let (git, owner) = (&self.office.git, &self.office.owner);
        let dirty = owner_tree::tracked_changes(git, owner, &self.lens, self.old).await?;
        let blocked = self.in_the_way();
        if dirty.is_empty() && blocked.is_empty() {
            return Ok(Ok(Step::Everything));
        }
        if owner_tree::tracked_changes(git, owner, &self.lens, self.new).await?.is_empty() {
            return Ok(Ok(Step::OnlyTheBranch));
        }
        if self.taken_over && self.is_torn(&dirty, &blocked).await? {
            return Ok(Ok(Step::TheRest));
        }
        Ok(Err(if dirty.is_empty() {
            WaitReason::InTheWay { paths: blocked }
        } else {
            WaitReason::Dirty { paths: dirty }
        }))
    }

    /// Writes files and index.
    pub async fn write(&mut self, step: Step) -> Result<()> {
        let done = match step {
            Step::Everything => {
                let call = self.lens.call(&self.office.git, &self.office.owner, "read-tree");
                call.args(["-m", "-u", self.old.as_str(), self.new.as_str()]).run().await.map(|_| ())
            }
            Step::TheRest => self.set_files(self.new).await,
            Step::OnlyTheBranch => Ok(()),
        };
        if let Err(error) = done {
            // Half of the files may be written (a full disk): go back. If that fails too, the lock stays with our
            // mark, and the next run finishes one way or the other.
            if self.set_files(self.old).await.is_ok() {
                self.release()?;
            }
            return Err(error);
        }
        let index = self.holder.git_dir.join("index");
        let beside = self.holder.git_dir.join("index.office");
        if let Some(copy) = &self.lens.place.index {
            copy_keeping_time(copy, &beside)?;
        }
        if let Ok(meta) = fs::metadata(&index) {
            let _ = fs::set_permissions(&beside, meta.permissions());
        }
        File::open(&beside)
            .and_then(|f| f.sync_all())
            .and_then(|()| fs::rename(&beside, &index))
            .map_err(|e| GitError::io("writing the index", &index, e))
    }

    /// Lets go of the index.
    pub fn release(&mut self) -> Result<()> {
        let lock = self.holder.git_dir.join("index.lock");
        if self.lock.take().is_some() {
            fs::remove_file(&lock).map_err(|e| GitError::io("releasing the index", &lock, e))?;
        }
        Ok(())
    }

    /// Makes the files that differ between the two commits as they are in `target`, whatever is there now, and
    /// the index copy with them. Only after `look` found that nothing of the owner's would be lost.
    async fn set_files(&self, target: &Oid) -> Result<()> {
        let (git, owner) = (&self.office.git, &self.office.owner);
        self.lens.call(git, owner, "read-tree").args(["-i", "-m", target.as_str()]).run().await?;
        let (mut there, mut gone) = (vec![], vec![]);
        for change in self.changes.iter().flat_map(|c| [Some(&c.path), c.old_path.as_ref()]).flatten() {
            let in_new = self.changes.iter().any(|c| c.path == *change && c.status != ChangeStatus::Deleted);
            let in_old = self.changes.iter().any(|c| {
                c.old_path.as_ref() == Some(change)
                    || (c.path == *change && !matches!(c.status, ChangeStatus::Added | ChangeStatus::Renamed))
            });
            if if target == self.new { in_new } else { in_old } { there.push(change) } else { gone.push(change) }
        }
        for path in gone {
            let full = self.holder.root.join(path.as_path());
            match fs::remove_file(&full) {
                Ok(()) => {}
                Err(e)
                    if matches!(
                        e.kind(),
                        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory | io::ErrorKind::IsADirectory
                    ) => {}
                Err(e) => return Err(GitError::io("removing a file", &full, e)),
            }
            for parent in full.ancestors().skip(1).take_while(|p| *p != self.holder.root) {
                if fs::remove_dir(parent).is_err() {
                    break;
                }
            }
        }
        let mut names = vec![];
        for path in there {
            names.extend(path.as_bytes());
            names.push(0);
        }
        if names.is_empty() {
            return Ok(());
        }
        self.lens
            .call(git, owner, "checkout-index")
            .args(["-f", "-u", "-q", "-z", "--stdin"])
            .stdin(names)
            .run()
            .await
            .map(|_| ())
    }

    /// Did a killed run leave it like this? Every file that differs from the old commit is one that changes, and
    /// is as in the new commit, or missing, or the beginning of what it becomes.
    async fn is_torn(&self, differing: &[RepoPath], blocked: &[RepoPath]) -> Result<bool> {
        let coming: BTreeSet<&RepoPath> = self.changes.iter().map(|c| &c.path).collect();
        if !blocked.iter().all(|p| coming.contains(p)) {
            return Ok(false);
        }
        let changing: BTreeSet<&RepoPath> =
            self.changes.iter().flat_map(|c| [Some(&c.path), c.old_path.as_ref()]).flatten().collect();
        if !differing.iter().all(|p| changing.contains(p)) {
            return Ok(false);
        }
        // Through an index of the new commit git tells which of them are not as they shall be.
        let scratch = self.lens.place.git_dir.join("scratch");
        let mut place = self.lens.place.clone();
        place.index = Some(scratch.clone());
        let call = |name| crate::call::Call::new(&self.office.git, name, place.clone());
        call("read-tree").arg(self.new.as_str()).run().await?;
        let out = call("ls-files").args(["-z", "-m", "-d"]).run().await?;
        let unfinished: BTreeSet<RepoPath> = owner_tree::paths(&out.stdout).into_iter().collect();
        let old_differs: BTreeSet<&RepoPath> = differing.iter().collect();
        let mut batch = Batch::start(&self.office.git, self.office.place())?;
        for change in &self.changes {
            let open = unfinished.contains(&change.path);
            let path = self.holder.root.join(change.path.as_path());
            let Ok(meta) = fs::symlink_metadata(&path) else { continue };
            // As before, or as it shall be: both fine. New files have no "before".
            let as_before = !matches!(change.status, ChangeStatus::Added | ChangeStatus::Renamed)
                && !old_differs.contains(&change.path);
            if !open || as_before {
                if change.status != ChangeStatus::Deleted || as_before {
                    continue;
                }
                return Ok(false);
            }
            let Some((_, content)) = batch.contents(&change.new_object, 256 << 20).await? else { return Ok(false) };
            if !meta.is_file() || !fs::read(&path).is_ok_and(|now| content.starts_with(&now)) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Untracked files, ignored ones too, where files of the new commit would come.
    fn in_the_way(&self) -> Vec<RepoPath> {
        let leaving: BTreeSet<&[u8]> = self
            .changes
            .iter()
            .filter_map(|c| if c.status == ChangeStatus::Deleted { Some(&c.path) } else { c.old_path.as_ref() })
            .map(RepoPath::as_bytes)
            .collect();
        let mut blocked = BTreeSet::new();
        for change in self.changes.iter().filter(|c| matches!(c.status, ChangeStatus::Added | ChangeStatus::Renamed)) {
            let bytes = change.path.as_bytes();
            let ends = bytes.iter().enumerate().filter(|(_, b)| **b == b'/').map(|(i, _)| i).chain([bytes.len()]);
            for end in ends {
                let Ok(part) = RepoPath::new(&bytes[..end]) else { continue };
                let Ok(meta) = fs::symlink_metadata(self.holder.root.join(part.as_path())) else { break };
                if !meta.is_dir() {
                    if !leaving.contains(part.as_bytes()) {
                        blocked.insert(part);
                    }
                    break;
                }
                if end == bytes.len() {
                    self.below(&part, &leaving, &mut blocked);
                }
            }
        }
        blocked.into_iter().collect()
    }

    /// Files of a folder that a file will replace, apart from those that leave.
    fn below(&self, folder: &RepoPath, leaving: &BTreeSet<&[u8]>, blocked: &mut BTreeSet<RepoPath>) {
        use std::os::unix::ffi::OsStrExt;
        for entry in fs::read_dir(self.holder.root.join(folder.as_path())).into_iter().flatten().flatten() {
            let Ok(path) = RepoPath::new([folder.as_bytes(), b"/", entry.file_name().as_bytes()].concat()) else {
                continue;
            };
            if entry.file_type().is_ok_and(|t| t.is_dir()) {
                self.below(&path, leaving, blocked);
            } else if !leaving.contains(path.as_bytes()) {
                blocked.insert(path);
            }
        }
    }
}

impl OfficeRepo {
    /// Which changing files pass through a filter driver that the owner defines.
    async fn filtered(&self, changes: &[FileChange], old: &Oid, new: &Oid) -> Result<Vec<RepoPath>> {
        if self.owner.filter_drivers.is_empty() || changes.is_empty() {
            return Ok(vec![]);
        }
        let mut names = vec![];
        for change in changes {
            names.extend(change.path.as_bytes());
            names.push(0);
        }
        // The owner's attributes, and those the change brings: either may name a driver.
        let mut found = BTreeSet::new();
        for tree in [old, new] {
            let place = self.place().attributes(tree.as_str());
            let out = crate::call::Call::new(&self.git, "check-attr", place)
                .args(["-z", "--stdin", "filter"])
                .stdin(names.clone())
                .run()
                .await?;
            let fields: Vec<&[u8]> = out.stdout.split(|b| *b == 0).collect();
            for triple in fields.chunks_exact(3) {
                if self.owner.filter_drivers.iter().any(|d| d.as_bytes() == triple[2]) {
                    found.extend(RepoPath::new(triple[0]));
                }
            }
        }
        Ok(found.into_iter().collect())
    }
}

/// Takes the lock file, or takes over one that a killed run of ours left. None when another git keeps it.
async fn take(path: &Path) -> Result<Option<(Flock<File>, bool)>> {
    let trouble = |e| GitError::io("locking the index", path, e);
    for wait in PATIENCE.into_iter().map(Some).chain([None]) {
        match create(path) {
            Ok(lock) => return Ok(Some((lock, false))),
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
            Err(e) => return Err(trouble(e)),
        }
        if let Ok(file) = File::options().read(true).write(true).open(path) {
            let mut text = vec![];
            let read = (&file).take(256).read_to_end(&mut text);
            // A run of ours that is alive holds the lock on the file; a killed one holds nothing.
            if read.is_ok()
                && text == MARK
                && let Ok(lock) = Flock::lock(file, FlockArg::LockExclusiveNonblock)
            {
                return Ok(Some((lock, true)));
            }
        }
        if let Some(wait) = wait {
            tokio::time::sleep(Duration::from_millis(wait)).await;
        }
    }
    Ok(None)
}

/// Makes the lock file with our mark in it from its first instant on, by linking a finished file to its name.
fn create(path: &Path) -> io::Result<Flock<File>> {
    let beside = path.with_file_name("index.office.lock");
    let file = File::create(&beside)?;
    let mut lock = Flock::lock(file, FlockArg::LockExclusiveNonblock).map_err(|(_, e)| io::Error::from(e))?;
    lock.write_all(MARK)?;
    let linked = fs::hard_link(&beside, path);
    fs::remove_file(&beside)?;
    linked.map(|()| lock)
}
