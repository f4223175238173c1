//! Reads the git directory of a desk's checkout as data, in-process: where its HEAD stands, and a copy of its
//! objects. Git itself is never pointed at it, so nothing planted there (configuration, hooks, alternates,
//! replacements, grafts, another repository's `.git`) means anything. Deliberately not here: judging the objects.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::error::{GitError, Result, safe_text};
use crate::limits::Limits;
use crate::name::{Branch, ObjectFormat, Oid, check_ref};
use crate::plain::{self, Entry, PlainDir};

/// Where the HEAD of a desk stood.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "at")]
pub enum HeadAt {
    /// On the task's branch.
    TaskBranch,
    /// On another branch, which was taken instead.
    OtherBranch {
        /// Its name.
        branch: Branch,
    },
    /// On a commit, on no branch.
    Detached,
    /// On a branch without commits.
    Unborn,
    /// The desk's history was not looked at, as asked.
    Ignored,
}

/// What was read from a desk.
#[derive(Debug)]
pub(crate) struct DeskRead {
    pub tip: Option<Oid>,
    pub head: HeadAt,
    pub loose: Vec<Oid>,
    pub packs: Vec<PathBuf>,
}

/// What of a desk is wanted.
#[derive(Debug, Clone)]
pub(crate) enum Wanted {
    /// What HEAD stands at; the branch is the task's.
    Head(Branch),
    /// This branch, wherever HEAD stands.
    Branch(Branch),
}

/// Finds the tip that is wanted and copies the objects that `known` does not have into `objects`.
pub(crate) fn read(
    checkout: &Path,
    wanted: &Wanted,
    format: ObjectFormat,
    known: &Path,
    objects: &Path,
    limits: &Limits,
) -> Result<DeskRead> {
    let bad = |why: String| GitError::DeskRepository { path: checkout.to_path_buf(), why: safe_text(&why, 300) };
    let wrong = |what: &str| {
        let what = what.to_owned();
        move |e: io::Error| bad(format!("{what}: {e}"))
    };
    let top = PlainDir::open(checkout).map_err(|e| GitError::io("opening the checkout", checkout, e))?;
    match top.look(OsStr::new(".git")).map_err(wrong(".git"))? {
        Entry::Dir => {}
        Entry::Missing => return Err(bad(".git is gone".to_owned())),
        _ => return Err(bad(".git is not a folder any more".to_owned())),
    }
    let git = top.dir(OsStr::new(".git")).map_err(wrong(".git"))?;
    let found = match wanted {
        Wanted::Head(task) => find_tip(&git, task, format),
        Wanted::Branch(branch) => branch_tip(&git, branch, format).map(|tip| (tip, HeadAt::Ignored)),
    };
    let (tip, head) = found.map_err(|why| bad(why.to_string()))?;
    let store = git.dir(OsStr::new("objects")).map_err(wrong(".git/objects"))?;
    let mut copier = Copier { format, known, objects, limits, bytes: 0, loose: vec![], packs: vec![] };
    copier.all(&store).map_err(|e| match e {
        Trouble::Office(e) => e,
        Trouble::Desk(place, e) if e.kind() == io::ErrorKind::FileTooLarge => {
            GitError::TooLarge { what: place, limit: limits.objects_text() }
        }
        Trouble::Desk(place, e) => bad(format!("{place}: {e}")),
    })?;
    Ok(DeskRead { tip, head, loose: copier.loose, packs: copier.packs })
}

fn find_tip(git: &PlainDir, task: &Branch, format: ObjectFormat) -> io::Result<(Option<Oid>, HeadAt)> {
    let odd = |why: &str| io::Error::new(io::ErrorKind::InvalidData, why.to_owned());
    let text = git.read("HEAD", 4096)?.ok_or_else(|| odd("HEAD is gone"))?;
    let text = String::from_utf8(text).map_err(|_| odd("HEAD is not text"))?;
    let Some(name) = text.trim_end_matches('\n').strip_prefix("ref: ") else {
        let oid = parse_oid(text.trim(), format).ok_or_else(|| odd("HEAD names no commit"))?;
        return Ok((Some(oid), HeadAt::Detached));
    };
    let short = name
        .trim()
        .strip_prefix("refs/heads/")
        .filter(|s| check_ref(s).is_ok())
        .ok_or_else(|| odd("HEAD is on something that is no branch"))?;
    let branch = Branch::parse(short).map_err(|_| odd("HEAD is on a branch with an odd name"))?;
    let head = if branch == *task { HeadAt::TaskBranch } else { HeadAt::OtherBranch { branch: branch.clone() } };
    let tip = branch_tip(git, &branch, format)?;
    Ok(if tip.is_some() { (tip, head) } else { (None, HeadAt::Unborn) })
}

fn branch_tip(git: &PlainDir, branch: &Branch, format: ObjectFormat) -> io::Result<Option<Oid>> {
    let odd = || io::Error::new(io::ErrorKind::InvalidData, "its branch names no commit".to_owned());
    match loose_ref(git, branch)? {
        Some(text) => parse_oid(text.trim(), format).ok_or_else(odd).map(Some),
        None => packed_ref(git, branch, format),
    }
}

fn loose_ref(git: &PlainDir, branch: &Branch) -> io::Result<Option<String>> {
    let full = branch.full();
    let (folders, name) = full.rsplit_once('/').unwrap_or(("", &full));
    let mut dir = None;
    for part in folders.split('/') {
        let here = dir.as_ref().unwrap_or(git);
        match here.look(OsStr::new(part))? {
            Entry::Dir => dir = Some(here.dir(OsStr::new(part))?),
            Entry::Missing => return Ok(None),
            _ => return Err(io::Error::new(io::ErrorKind::InvalidData, "a folder of its branches is no folder")),
        }
    }
    let Some(dir) = dir else { return Ok(None) };
    // After `git pack-refs` a folder of the branch's name may remain; the ref is then packed.
    if matches!(dir.look(OsStr::new(name))?, Entry::Dir) {
        return Ok(None);
    }
    Ok(dir.read(name, 4096)?.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
}

fn packed_ref(git: &PlainDir, branch: &Branch, format: ObjectFormat) -> io::Result<Option<Oid>> {
    let Some(packed) = git.read("packed-refs", 64 << 20)? else { return Ok(None) };
    let full = branch.full();
    for line in packed.split(|b| *b == b'\n') {
        let Some((oid, name)) = line.split_at_checked(format.digits()) else { continue };
        if name.strip_prefix(b" ").is_some_and(|n| n.trim_ascii_end() == full.as_bytes()) {
            return Ok(parse_oid(&String::from_utf8_lossy(oid), format));
        }
    }
    Ok(None)
}

fn parse_oid(text: &str, format: ObjectFormat) -> Option<Oid> {
    Oid::parse(text).ok().filter(|oid| oid.as_str().len() == format.digits() && !oid.is_zero())
}

enum Trouble {
    Office(GitError),
    Desk(String, io::Error),
}

struct Copier<'a> {
    format: ObjectFormat,
    known: &'a Path,
    objects: &'a Path,
    limits: &'a Limits,
    bytes: u64,
    loose: Vec<Oid>,
    packs: Vec<PathBuf>,
}

impl Copier<'_> {
    fn all(&mut self, store: &PlainDir) -> Result<(), Trouble> {
        for name in store.names(10_000).map_err(|e| Trouble::Desk(".git/objects".to_owned(), e))? {
            let Some(name) = name.to_str() else { continue };
            let fan_out = name.len() == 2 && name.bytes().all(is_hex);
            if !fan_out && name != "pack" {
                continue;
            }
            let place = format!(".git/objects/{name}");
            let desk = |e| Trouble::Desk(place.clone(), e);
            match store.look(OsStr::new(name)).map_err(desk)? {
                Entry::Dir => {}
                _ => return Err(desk(io::Error::new(io::ErrorKind::InvalidData, "it is no folder"))),
            }
            let dir = store.dir(OsStr::new(name)).map_err(desk)?;
            for file in dir.names(self.limits.objects).map_err(desk)? {
                if fan_out {
                    self.loose(&dir, name, &file)?;
                } else {
                    self.pack(&dir, &file)?;
                }
            }
        }
        Ok(())
    }

    fn loose(&mut self, dir: &PlainDir, fan: &str, file: &OsStr) -> Result<(), Trouble> {
        // Anything else (`tmp_obj_...`) is no object.
        let Some(oid) = file.to_str().and_then(|rest| parse_oid(&format!("{fan}{rest}"), self.format)) else {
            return Ok(());
        };
        let below = Path::new(fan).join(file);
        if self.known.join(&below).exists() {
            return Ok(());
        }
        let to = self.objects.join(&below);
        if let Some(parent) = to.parent() {
            fs::create_dir_all(parent).map_err(|e| Trouble::Office(GitError::io("making a folder", parent, e)))?;
        }
        self.copy(dir, file, &to)?;
        self.loose.push(oid);
        if self.loose.len() > self.limits.objects {
            return Err(Trouble::Desk("the number of new objects".to_owned(), io::ErrorKind::FileTooLarge.into()));
        }
        Ok(())
    }

    fn pack(&mut self, dir: &PlainDir, file: &OsStr) -> Result<(), Trouble> {
        let hex = file.as_bytes().strip_prefix(b"pack-").and_then(|n| n.strip_suffix(b".pack"));
        if !hex.is_some_and(|h| h.len() == self.format.digits() && h.iter().copied().all(is_hex)) {
            return Ok(());
        }
        let to = self.objects.join("pack").join(file);
        self.copy(dir, file, &to)?;
        self.packs.push(to);
        Ok(())
    }

    /// Bytes are copied, never linked: the desk could go on writing into a shared file.
    fn copy(&mut self, dir: &PlainDir, file: &OsStr, to: &Path) -> Result<(), Trouble> {
        let place = || format!(".git/objects/.../{}", file.to_string_lossy());
        let from = dir.file(file).map_err(|e| Trouble::Desk(place(), e))?;
        let mut out = File::create_new(to).map_err(|e| Trouble::Office(GitError::io("copying objects", to, e)))?;
        let left = self.limits.object_bytes.saturating_sub(self.bytes);
        self.bytes += plain::copy(from, &mut out, left).map_err(|e| match GitError::io("copying objects", to, e) {
            GitError::Io { source, .. } => Trouble::Desk(place(), source),
            full => Trouble::Office(full),
        })?;
        Ok(())
    }
}

fn is_hex(b: u8) -> bool {
    matches!(b, b'0'..=b'9' | b'a'..=b'f')
}
