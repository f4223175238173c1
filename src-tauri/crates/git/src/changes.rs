//! What differs between two commits: the list of files, the patch, and what a reviewer should look at twice.
//! No external diff, no text conversion, no attribute of anybody's. Deliberately not here: making commits.

use std::path::Path;

use serde::{Deserialize, Serialize};
use tokio::io::AsyncReadExt;
use tokio::process::ChildStdout;

use crate::batch::Batch;
use crate::call::{Call, Place, Running};
use crate::error::{GitError, Result};
use crate::name::Oid;
use crate::office::OfficeRepo;
use crate::path::RepoPath;

/// One file that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileChange {
    /// Where it is now; where it was when it is deleted.
    pub path: RepoPath,
    /// Where it was before a rename.
    pub old_path: Option<RepoPath>,
    /// What happened to it.
    pub status: ChangeStatus,
    /// Its git mode before (`0` when it was not there).
    pub old_mode: u32,
    /// Its git mode now (`0` when it is deleted).
    pub new_mode: u32,
    /// Lines added; none for binary files.
    pub added: Option<u64>,
    /// Lines removed; none for binary files.
    pub removed: Option<u64>,
    /// Its content now.
    #[serde(skip)]
    pub(crate) new_object: String,
}

/// What happened to a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangeStatus {
    /// New.
    Added,
    /// Other content or mode.
    Modified,
    /// Gone.
    Deleted,
    /// Moved, perhaps with other content.
    Renamed,
    /// A file became a link or the other way round.
    TypeChanged,
}

/// Something in a change that a reviewer should look at twice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "mark")]
pub enum Mark {
    /// A symbolic link that leads out of the repository.
    LinkOutside {
        /// The link.
        path: RepoPath,
        /// Where it leads, made safe to show.
        target: String,
    },
    /// A submodule was added or moved.
    Submodule {
        /// Where.
        path: RepoPath,
    },
    /// A file that changes how git treats others (`.gitattributes`, `.gitmodules`).
    GitSettings {
        /// Which.
        path: RepoPath,
    },
    /// A name with control characters or bytes that are no text.
    OddName {
        /// Which.
        path: RepoPath,
    },
}

/// A patch that was cut off, or was not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Patch {
    /// The patch as git prints it. Its content is an agent's: make it safe before it reaches a terminal.
    pub bytes: Vec<u8>,
    /// There was more.
    pub truncated: bool,
}

/// A patch that arrives piece by piece.
pub struct PatchStream {
    running: Running,
    output: ChildStdout,
}

impl PatchStream {
    /// The next piece; none at the end.
    pub async fn next(&mut self) -> Result<Option<Vec<u8>>> {
        let mut piece = vec![0; 64 << 10];
        let read = tokio::time::timeout(self.running.timeout, self.output.read(&mut piece)).await;
        match read {
            Ok(Ok(0)) => match self.running.wait().await? {
                Some(0) => Ok(None),
                code => Err(GitError::Failed {
                    command: "diff-tree".to_owned(),
                    status: format!("{code:?}"),
                    stderr: "the patch is incomplete".to_owned(),
                }),
            },
            Ok(Ok(n)) => {
                piece.truncate(n);
                Ok(Some(piece))
            }
            Ok(Err(e)) => Err(GitError::io("reading a patch", Path::new("git"), e)),
            Err(_) => Err(self.running.timed_out("the change may be very large")),
        }
    }
}

const SAFE: &[&str] = &["-r", "-M", "--no-ext-diff", "--no-textconv", "--no-color", "--ignore-submodules=none"];

impl OfficeRepo {
    /// Every file that differs between two commits, renames found.
    pub async fn changes(&self, base: &Oid, tip: &Oid) -> Result<Vec<FileChange>> {
        self.changes_in(&self.place(), base, tip).await
    }

    pub(crate) async fn changes_in(&self, place: &Place, base: &Oid, tip: &Oid) -> Result<Vec<FileChange>> {
        if base == tip {
            return Ok(vec![]);
        }
        let out = Call::new(&self.git, "diff-tree", place.clone())
            .args(SAFE)
            .args(["-z", "--raw", "--numstat", base.as_str(), tip.as_str()])
            .run()
            .await?;
        parse(&out.stdout).ok_or_else(|| GitError::Failed {
            command: "diff-tree".to_owned(),
            status: "exit code 0".to_owned(),
            stderr: "its output was not understood".to_owned(),
        })
    }

    /// The patch between two commits, piece by piece.
    pub fn patch_stream(&self, base: &Oid, tip: &Oid) -> Result<PatchStream> {
        let call = self.call("diff-tree").args(SAFE).args([
            "-p",
            "--full-index",
            "--src-prefix=a/",
            "--dst-prefix=b/",
            base.as_str(),
            tip.as_str(),
        ]);
        let mut running = call.quiet().start()?;
        let output = running.child.stdout.take();
        output
            .map(|output| PatchStream { running, output })
            .ok_or_else(|| GitError::MissingObject { oid: tip.to_string() })
    }

    /// The patch between two commits, cut at `max` bytes.
    pub async fn patch(&self, base: &Oid, tip: &Oid, max: usize) -> Result<Patch> {
        let mut stream = self.patch_stream(base, tip)?;
        let mut bytes = vec![];
        while let Some(piece) = stream.next().await? {
            bytes.extend(piece);
            if bytes.len() > max {
                bytes.truncate(max);
                return Ok(Patch { bytes, truncated: true });
            }
        }
        Ok(Patch { bytes, truncated: false })
    }
}

fn parse(out: &[u8]) -> Option<Vec<FileChange>> {
    let mut fields = out.split(|b| *b == 0);
    let mut changes: Vec<FileChange> = vec![];
    let mut nth = 0;
    while let Some(field) = fields.next().filter(|f| !f.is_empty()) {
        if let Some(raw) = field.strip_prefix(b":") {
            let words: Vec<&str> = std::str::from_utf8(raw).ok()?.split(' ').collect();
            let [old_mode, new_mode, _, new_object, status] = words[..] else { return None };
            let mut path = RepoPath::new(fields.next()?).ok()?;
            let mut old_path = None;
            let status = match status.as_bytes().first()? {
                b'A' => ChangeStatus::Added,
                b'D' => ChangeStatus::Deleted,
                b'T' => ChangeStatus::TypeChanged,
                b'R' | b'C' => {
                    old_path = Some(std::mem::replace(&mut path, RepoPath::new(fields.next()?).ok()?));
                    ChangeStatus::Renamed
                }
                _ => ChangeStatus::Modified,
            };
            let mode = |text| u32::from_str_radix(text, 8).ok();
            changes.push(FileChange {
                path,
                old_path,
                status,
                old_mode: mode(old_mode)?,
                new_mode: mode(new_mode)?,
                added: None,
                removed: None,
                new_object: new_object.to_owned(),
            });
        } else {
            // The counts come after all the files and in their order.
            let mut parts = field.splitn(3, |b| *b == b'\t');
            let number = |bytes: &[u8]| std::str::from_utf8(bytes).ok().and_then(|t| t.parse().ok());
            let change = changes.get_mut(nth)?;
            (change.added, change.removed) = (number(parts.next()?), number(parts.next()?));
            if parts.next()?.is_empty() {
                fields.next()?;
                fields.next()?;
            }
            nth += 1;
        }
    }
    Some(changes)
}

pub(crate) async fn marks(batch: &mut Batch, changes: &[FileChange]) -> Result<Vec<Mark>> {
    let mut marks = vec![];
    for change in changes.iter().filter(|c| c.status != ChangeStatus::Deleted) {
        let path = &change.path;
        if change.new_mode == 0o160_000 {
            marks.push(Mark::Submodule { path: path.clone() });
        }
        if change.new_mode == 0o120_000
            && let Some((_, target)) = batch.contents(&change.new_object, 1 << 16).await?
            && leads_outside(path, &target)
        {
            let target = crate::error::safe_text(&String::from_utf8_lossy(&target), 300);
            marks.push(Mark::LinkOutside { path: path.clone(), target });
        }
        let name = path.parts().next_back().unwrap_or_default().to_ascii_lowercase();
        if name == b".gitattributes" || name == b".gitmodules" {
            marks.push(Mark::GitSettings { path: path.clone() });
        }
        if path.to_string().starts_with('"') {
            marks.push(Mark::OddName { path: path.clone() });
        }
    }
    Ok(marks)
}

/// Judged by the text alone: nothing is opened.
fn leads_outside(link: &RepoPath, target: &[u8]) -> bool {
    if target.starts_with(b"/") {
        return true;
    }
    let mut depth = link.parts().count() - 1;
    for part in target.split(|b| *b == b'/') {
        match part {
            b"" | b"." => {}
            b".." => match depth.checked_sub(1) {
                Some(up) => depth = up,
                None => return true,
            },
            // Through a link inside the repository `..` may lead elsewhere, but every such link is marked itself.
            part => {
                if part.eq_ignore_ascii_case(b".git") {
                    return true;
                }
                depth += 1;
            }
        }
    }
    false
}
