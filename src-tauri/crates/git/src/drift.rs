//! How much of a checkout differs from its base right now, committed or not: files, and lines that came or went. A measure while an
//! agent works, not a diff: a line that only moved is no change. Nothing is written, and nothing of the checkout is run.

use std::collections::HashMap;
use std::path::Path;

use crate::batch::Batch;
use crate::error::{GitError, Result};
use crate::name::{Branch, Oid};
use crate::office::OfficeRepo;
use crate::path::RepoPath;
use crate::plain::PlainDir;
use crate::snapshot::Snapshot;

/// A larger file counts as a file, and its lines are not counted; nor are those of a binary one.
const LARGEST: u64 = 4 << 20;
/// Git's own measure of what is binary.
const LOOKED_AT: usize = 8000;

/// How much differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Drift {
    /// Files that differ.
    pub files: usize,
    /// Lines that came or went.
    pub lines: u64,
}

impl OfficeRepo {
    /// Measures a checkout against its base. Lines are counted until there are more than `enough`.
    pub async fn drift(&self, checkout: &Path, branch: &Branch, base: &Oid, enough: u64) -> Result<Drift> {
        let tmp = self.tmp()?;
        let look =
            Snapshot { office: self, place: self.place(), tmp: tmp.path(), checkout, branch, base, commit: base };
        let found = look.candidates().await?;
        let mut drift = Drift { files: found.paths.len() + found.embedded.len(), lines: 0 };
        let mut objects = Batch::start(self.git(), self.place())?;
        let root = PlainDir::open(checkout).map_err(|e| GitError::io("opening a checkout", checkout, e))?;
        for path in found.paths {
            if drift.lines > enough {
                break;
            }
            // What a line of the question cannot name is counted as new.
            let was = match std::str::from_utf8(path.as_bytes()) {
                Ok(name) if !name.contains('\n') => {
                    let object = format!("{}:{name}", base.as_str());
                    match objects.contents(&object, LARGEST).await {
                        Ok(found) => found.map(|(_, bytes)| bytes).unwrap_or_default(),
                        Err(GitError::TooLarge { .. }) => continue,
                        Err(error) => return Err(error),
                    }
                }
                _ => Vec::new(),
            };
            let is = now(&root, &path);
            drift.lines += between(&was, &is);
        }
        Ok(drift)
    }
}

/// What lies there now; nothing where it cannot be read as a plain file.
fn now(root: &PlainDir, path: &RepoPath) -> Vec<u8> {
    let Ok(Some((folder, name))) = root.parent_of(path) else { return Vec::new() };
    let name = name.to_str().map(str::to_owned);
    name.and_then(|name| folder.read(&name, LARGEST).ok().flatten()).unwrap_or_default()
}

/// Lines that are in one of them and not in the other, each as often as that.
fn between(was: &[u8], is: &[u8]) -> u64 {
    let binary = |bytes: &[u8]| bytes.iter().take(LOOKED_AT).any(|byte| *byte == 0);
    if binary(was) || binary(is) {
        return 0;
    }
    let mut count: HashMap<&[u8], i64> = HashMap::new();
    let lines = |bytes| <[u8]>::split_inclusive(bytes, |byte: &u8| *byte == b'\n');
    for line in lines(was) {
        *count.entry(line).or_default() -= 1;
    }
    for line in lines(is) {
        *count.entry(line).or_default() += 1;
    }
    count.values().map(|n| n.unsigned_abs()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_and_went_counts_and_what_only_moved_does_not() {
        assert_eq!(between(b"a\nb\nc\n", b"a\nb\nc\n"), 0);
        assert_eq!(between(b"", b"a\nb"), 2);
        assert_eq!(between(b"a\nb\nb\n", b"b\na\nx\n"), 2);
        assert_eq!(between(b"a\n", b"a\0\n"), 0, "binary");
    }
}
