//! Turns the files of a checkout into a tree without trusting the checkout: git only lists names against an index
//! of the office's own; the files are opened in-process without following links and copied into a staging folder
//! that only the office writes, and git reads them there. Deliberately not here: commits and history.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs::{self, File, FileTimes, Permissions};
use std::io;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::call::{Call, Place};
use crate::checkout::blocking;
use crate::error::{GitError, Result};
use crate::limits::Limits;
use crate::name::{Branch, Oid};
use crate::office::OfficeRepo;
use crate::path::RepoPath;
use crate::plain::{self, Entry, PlainDir};

/// A file of the checkout that was left out of the commit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Skipped {
    /// Which.
    pub path: RepoPath,
    /// Why.
    pub why: SkipReason,
}

/// Why a file was left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SkipReason {
    /// A folder with a repository of its own, or a submodule.
    EmbeddedRepository,
    /// A name that some git takes for `.git`.
    NamedLikeGit,
    /// A named pipe, socket or device.
    NotAFile,
    /// May not be read.
    Unreadable,
}

/// Names in a checkout that may differ from a commit.
#[derive(Debug)]
pub(crate) struct Candidates {
    pub paths: Vec<RepoPath>,
    pub embedded: Vec<RepoPath>,
}

/// A look at one checkout against one commit.
pub(crate) struct Snapshot<'a> {
    pub office: &'a OfficeRepo,
    /// The repository that has the commit, and takes new objects.
    pub place: Place,
    /// An empty folder of the office's.
    pub tmp: &'a Path,
    pub checkout: &'a Path,
    pub branch: &'a Branch,
    /// Whose `.gitattributes` count.
    pub base: &'a Oid,
    pub commit: &'a Oid,
}

impl Snapshot<'_> {
    fn index(&self) -> PathBuf {
        self.tmp.join("index")
    }

    fn call(&self, name: &'static str, place: Place) -> Call {
        Call::new(&self.office.git, name, place.attributes(self.base.as_str()))
    }

    /// Lists what may differ.
    pub async fn candidates(&self) -> Result<Candidates> {
        self.fill_index().await?;
        let place = self.place.clone().work_tree(self.checkout, &self.index());
        let listed = self.call("ls-files", place).args(["-z", "-m", "-d", "-o", "--exclude-standard"]).run().await?;
        let (mut paths, mut embedded) = (BTreeSet::new(), vec![]);
        for name in listed.stdout.split(|b| *b == 0).filter(|n| !n.is_empty()) {
            match name.strip_suffix(b"/") {
                Some(folder) => embedded.extend(RepoPath::new(folder)),
                None => paths.extend(RepoPath::new(name)),
            }
        }
        Ok(Candidates { paths: paths.into_iter().collect(), embedded })
    }

    /// An index of the commit; where the office saved one of this checkout, it knows the untouched files.
    async fn fill_index(&self) -> Result<()> {
        let saved = self.office.desk_index(self.branch);
        let have = copy_keeping_time(&saved, &self.index()).is_ok();
        let at = if have { fs::read_to_string(crate::checkout::beside(&saved, "%at")).ok() } else { None };
        if at.as_deref() == Some(self.commit.as_str()) {
            return Ok(());
        }
        let mut place = self.place.clone();
        place.index = Some(self.index());
        if have {
            let kept = self.call("read-tree", place.clone()).args(["-i", "-m", self.commit.as_str()]).run().await;
            if kept.is_ok() {
                return Ok(());
            }
            // A saved index only saves time.
            let _ = fs::remove_file(self.index());
        }
        self.call("read-tree", place).arg(self.commit.as_str()).run().await.map(|_| ())
    }

    /// The tree of the checkout: the commit with the candidates as they are on disk. None when nothing was staged.
    pub async fn tree(&self, found: Candidates, limits: &Limits) -> Result<(Option<Oid>, Vec<Skipped>)> {
        let embedded = |path| Skipped { path, why: SkipReason::EmbeddedRepository };
        let mut skipped: Vec<Skipped> = found.embedded.into_iter().map(embedded).collect();
        if found.paths.is_empty() {
            return Ok((None, skipped));
        }
        let staging = self.tmp.join("staging");
        fs::create_dir(&staging).map_err(|e| GitError::io("making a folder", &staging, e))?;
        let work = Stager { checkout: self.checkout.to_path_buf(), staging: staging.clone(), limits: limits.clone() };
        let paths = found.paths;
        let mut staged = blocking(move || work.stage(paths)).await?;
        skipped.append(&mut staged.skipped);
        if !staged.folders.is_empty() {
            // A folder where the commit has a file: the file is gone. Where it has a submodule: left as it is.
            let names = staged.folders.iter().map(RepoPath::as_path);
            let call = self.call("ls-tree", self.place.clone()).args(["-z", "--full-tree", self.commit.as_str(), "--"]);
            let out = call.args(names).run().await?;
            let lines = out.stdout.split(|b| *b == 0).filter(|l| l.starts_with(b"160000 "));
            let modules: BTreeSet<&[u8]> = lines.filter_map(|l| l.splitn(2, |b| *b == b'\t').nth(1)).collect();
            for path in staged.folders {
                if modules.contains(path.as_bytes()) {
                    skipped.push(embedded(path));
                } else {
                    staged.removed.push(path);
                }
            }
        }
        if staged.removed.is_empty() && staged.written.is_empty() {
            return Ok((None, skipped));
        }
        let place = self.place.clone().work_tree(&staging, &self.index());
        let mut names = vec![];
        for path in staged.removed.iter().chain(&staged.written) {
            names.extend(path.as_bytes());
            names.push(0);
        }
        let update = self.call("update-index", place.clone()).args(["-z", "--add", "--remove", "--replace", "--stdin"]);
        update.stdin(names).run().await?;
        let tree = self.call("write-tree", place).line().await?;
        Ok((Some(Oid::parse(&tree)?), skipped))
    }
}

struct Stager {
    checkout: PathBuf,
    staging: PathBuf,
    limits: Limits,
}

#[derive(Default)]
struct Staged {
    written: Vec<RepoPath>,
    removed: Vec<RepoPath>,
    folders: Vec<RepoPath>,
    skipped: Vec<Skipped>,
}

impl Stager {
    fn stage(&self, paths: Vec<RepoPath>) -> Result<Staged> {
        if paths.len() > self.limits.files {
            return Err(GitError::TooLarge {
                what: "the number of uncommitted files".to_owned(),
                limit: self.limits.files.to_string(),
            });
        }
        let top =
            PlainDir::open(&self.checkout).map_err(|e| GitError::io("opening the checkout", &self.checkout, e))?;
        let mut staged = Staged::default();
        let mut left = self.limits.unpacked_bytes;
        for path in paths {
            if path.names_git_dir() {
                staged.skipped.push(Skipped { path, why: SkipReason::NamedLikeGit });
                continue;
            }
            match self.one(&top, &path, &mut left) {
                Ok(Kind::Written) => staged.written.push(path),
                Ok(Kind::Gone) => staged.removed.push(path),
                Ok(Kind::Folder) => staged.folders.push(path),
                Ok(Kind::Special) => staged.skipped.push(Skipped { path, why: SkipReason::NotAFile }),
                Err(GitError::Denied { .. }) => staged.skipped.push(Skipped { path, why: SkipReason::Unreadable }),
                Err(other) => return Err(other),
            }
        }
        // What lay below a folder that is now a file or a link goes when that one comes; git refuses to be told.
        let written: BTreeSet<&[u8]> = staged.written.iter().map(RepoPath::as_bytes).collect();
        staged.removed.retain(|path| {
            let bytes = path.as_bytes();
            !bytes.iter().enumerate().any(|(i, b)| *b == b'/' && written.contains(&bytes[..i]))
        });
        Ok(staged)
    }

    fn one(&self, top: &PlainDir, path: &RepoPath, left: &mut u64) -> Result<Kind> {
        let here = self.checkout.join(path.as_path());
        let trouble = |e: io::Error| GitError::io("reading a file", &here, e);
        let Some((dir, name)) = top.parent_of(path).map_err(trouble)? else { return Ok(Kind::Gone) };
        let to = self.staging.join(path.as_path());
        let make_parent = || match to.parent() {
            Some(parent) => fs::create_dir_all(parent),
            None => Ok(()),
        };
        let office = |e: io::Error| GitError::io("staging a file", &to, e);
        match dir.look(&name).map_err(trouble)? {
            Entry::Missing => Ok(Kind::Gone),
            Entry::Dir => Ok(Kind::Folder),
            Entry::Special => Ok(Kind::Special),
            Entry::Link(target) => {
                make_parent().and_then(|()| symlink(OsStr::new(&target), &to)).map_err(office)?;
                Ok(Kind::Written)
            }
            Entry::File { size, executable } => {
                let limit = self.limits.file_bytes.min(*left);
                let too_large = || GitError::TooLarge {
                    what: format!("the uncommitted file {path} (or all of them together)"),
                    limit: format!("{} MiB", limit >> 20),
                };
                if size > limit {
                    return Err(too_large());
                }
                let from = dir.file(&name).map_err(trouble)?;
                make_parent().map_err(office)?;
                let mut out = File::create_new(&to).map_err(office)?;
                *left -= plain::copy(from, &mut out, limit)
                    .map_err(|e| if e.kind() == io::ErrorKind::FileTooLarge { too_large() } else { office(e) })?;
                if executable {
                    out.set_permissions(Permissions::from_mode(0o755)).map_err(office)?;
                }
                Ok(Kind::Written)
            }
        }
    }
}

enum Kind {
    Written,
    Gone,
    Folder,
    Special,
}

/// Copies an index with its time stamp, by which git tells what may have changed in the same instant.
pub(crate) fn copy_keeping_time(from: &Path, to: &Path) -> Result<()> {
    let trouble = |e| GitError::io("copying an index", from, e);
    let time = fs::metadata(from).and_then(|m| m.modified()).map_err(trouble)?;
    let mut out = File::create(to).map_err(trouble)?;
    io::copy(&mut File::open(from).map_err(trouble)?, &mut out).map_err(trouble)?;
    out.set_times(FileTimes::new().set_modified(time)).map_err(trouble)
}
