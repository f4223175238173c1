//! The office's own bare repository for one project: where the branches of tasks live, beside the owner's
//! repository and never inside it. Its objects are looked up in the owner's too (alternates), which is why the
//! base of every task is pinned there. Deliberately not here: checkouts, collecting, merging.

use std::fs;
use std::path::{Path, PathBuf};

use crate::bare;
use crate::call::{Call, Git, Place};
use crate::error::{GitError, Result};
use crate::facts::RepoFacts;
use crate::name::{Branch, Oid, office_ref};

/// The office's repository for one project.
#[derive(Debug, Clone)]
pub struct OfficeRepo {
    pub(crate) git: Git,
    pub(crate) dir: PathBuf,
    pub(crate) owner: RepoFacts,
    pub(crate) own: std::sync::Arc<crate::own_refs::OwnRefs>,
}

impl OfficeRepo {
    /// Opens the repository at `dir`, making it first where there is none, and points it at the owner's objects.
    pub fn open(git: &Git, dir: &Path, owner: &RepoFacts) -> Result<Self> {
        let alternates = [owner.objects_dir.as_path()];
        if dir.join("HEAD").is_file() {
            // The owner's repository may have moved since.
            let file = dir.join("objects/info/alternates");
            let wanted = bare::alternates_file(&alternates);
            if fs::read(&file).ok().as_deref() != Some(&wanted) {
                bare::replace(&file, &wanted)?;
            }
        } else {
            let partial = crate::checkout::beside(dir, ".partial");
            crate::checkout::remove_tree(&partial)?;
            bare::write(&partial, owner.format, &alternates)?;
            fs::rename(&partial, dir).map_err(|e| GitError::io("making the office's repository", dir, e))?;
        }
        for sub in ["tmp", "desk-index"] {
            let path = dir.join(sub);
            fs::create_dir_all(&path).map_err(|e| GitError::io("making a folder", &path, e))?;
        }
        let dir = fs::canonicalize(dir).map_err(|e| GitError::io("opening the office's repository", dir, e))?;
        let own = std::sync::Arc::new(crate::own_refs::OwnRefs::of(&dir));
        Ok(Self { git: git.clone(), dir, owner: owner.clone(), own })
    }

    /// Removes what a collection that was killed left behind. To be called when none is running.
    pub fn sweep(&self) -> Result<()> {
        let tmp = self.dir.join("tmp");
        crate::checkout::remove_tree(&tmp)?;
        fs::create_dir_all(&tmp).map_err(|e| GitError::io("making a folder", &tmp, e))
    }

    /// Where it lies.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// What is known of the owner's repository.
    pub fn owner(&self) -> &RepoFacts {
        &self.owner
    }

    /// The program it calls.
    pub fn git(&self) -> &Git {
        &self.git
    }

    /// Where the objects of the office lie.
    pub fn objects_dir(&self) -> PathBuf {
        self.dir.join("objects")
    }

    /// The tip of a branch of the office's.
    pub async fn branch_tip(&self, branch: &Branch) -> Result<Option<Oid>> {
        self.read_ref(&branch.full()).await
    }

    /// Removes a branch of the office's, if it is there.
    pub async fn delete_branch(&self, branch: &Branch) -> Result<()> {
        self.forget_desk_index(branch);
        let _moving = self.own.moving().await;
        self.call("update-ref").args(["-d", &branch.full()]).run().await?;
        self.own.set(&branch.full(), None);
        Ok(())
    }

    /// Keeps `commit` from the owner's garbage collection for as long as `task` needs it.
    pub async fn pin(&self, task: &str, commit: &Oid) -> Result<()> {
        let name = office_ref("pins", task)?;
        Call::new(&self.git, "update-ref", self.owner.refs_place())
            .args([&name, commit.as_str()])
            .run()
            .await
            .map(|_| ())
    }

    /// Lets go of it. Does nothing when it is not pinned.
    pub async fn unpin(&self, task: &str) -> Result<()> {
        let name = office_ref("pins", task)?;
        Call::new(&self.git, "update-ref", self.owner.refs_place()).args(["-d", &name]).run().await.map(|_| ())
    }

    pub(crate) fn place(&self) -> Place {
        Place::bare(&self.dir, self.owner.format)
    }

    pub(crate) fn call(&self, name: &'static str) -> Call {
        Call::new(&self.git, name, self.place())
    }

    pub(crate) fn tmp(&self) -> Result<tempfile::TempDir> {
        let tmp = self.dir.join("tmp");
        tempfile::Builder::new()
            .prefix("q")
            .tempdir_in(&tmp)
            .map_err(|e| GitError::io("making a temporary folder", &tmp, e))
    }

    /// The office's own copy of a checkout's index, made before anyone worked there: it tells quickly which
    /// files were not touched since.
    pub(crate) fn desk_index(&self, branch: &Branch) -> PathBuf {
        self.dir.join("desk-index").join(branch.as_str().replace('%', "%25").replace('/', "%2f"))
    }

    pub(crate) fn forget_desk_index(&self, branch: &Branch) {
        let index = self.desk_index(branch);
        let _ = fs::remove_file(crate::checkout::beside(&index, "%at"));
        let _ = fs::remove_file(index);
    }

    pub(crate) async fn read_ref(&self, name: &str) -> Result<Option<Oid>> {
        // The office alone writes this repository; a loose ref is read without a process.
        if let Ok(text) = fs::read_to_string(self.dir.join(name))
            && let Ok(oid) = Oid::parse(text.trim())
        {
            return Ok(Some(oid));
        }
        if !self.dir.join("packed-refs").exists() {
            return Ok(None);
        }
        let out = self.call("rev-parse").args(["-q", "--verify", name]).accept(&[0, 1]).run().await?;
        if out.code == 0 { Oid::parse_bytes(&out.stdout).map(Some) } else { Ok(None) }
    }

    /// Moves a ref of the office's from where it was seen to `new`.
    pub(crate) async fn move_ref(&self, name: &str, old: Option<&Oid>, new: &Oid) -> Result<()> {
        if old == Some(new) {
            return Ok(());
        }
        let zero = "0".repeat(self.owner.format.digits());
        let expected = old.map_or(zero.as_str(), Oid::as_str);
        let _moving = self.own.moving().await;
        match self.call("update-ref").args([name, new.as_str(), expected]).run().await {
            Ok(_) => {
                self.own.set(name, Some(new));
                Ok(())
            }
            Err(error) => {
                let found = self.read_ref(name).await?;
                if found.as_ref() == old {
                    return Err(error);
                }
                let found = found.map_or("nothing".to_owned(), |o| o.to_string());
                Err(GitError::BranchMoved { branch: name.to_owned(), expected: expected.to_owned(), found })
            }
        }
    }
}
