//! Reads single files and listings out of commits. Deliberately not here: differences (`changes`) and checkouts.

use serde::{Deserialize, Serialize};

use crate::error::{GitError, Result};
use crate::name::Oid;
use crate::office::OfficeRepo;
use crate::path::RepoPath;

/// What a path is in a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PathKind {
    /// A file.
    File,
    /// A file that may be run.
    Executable,
    /// A symbolic link; its content is where it leads.
    Link,
    /// A folder.
    Folder,
    /// A submodule.
    Submodule,
}

/// One entry of a commit's tree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TreeEntry {
    /// Where.
    pub path: RepoPath,
    /// What.
    pub kind: PathKind,
    /// Its object.
    pub object: Oid,
    /// Bytes, for files and links.
    pub size: Option<u64>,
}

impl OfficeRepo {
    /// Every file, link and submodule of a commit.
    pub async fn list_tree(&self, commit: &Oid) -> Result<Vec<TreeEntry>> {
        self.ls_tree(commit, &["-r"], None).await
    }

    /// What a path is in a commit; none when it is not there.
    pub async fn path_kind_at(&self, commit: &Oid, path: &RepoPath) -> Result<Option<PathKind>> {
        Ok(self.entry_at(commit, path).await?.map(|entry| entry.kind))
    }

    /// The content of a file (or of a link: where it leads) in a commit; none when there is no such file.
    pub async fn read_file_at(&self, commit: &Oid, path: &RepoPath, max: usize) -> Result<Option<Vec<u8>>> {
        let Some(entry) = self.entry_at(commit, path).await? else { return Ok(None) };
        let Some(size) = entry.size else { return Ok(None) };
        if usize::try_from(size).map_or(true, |size| size > max) {
            return Err(GitError::TooLarge { what: format!("{path} ({size} bytes)"), limit: format!("{max} bytes") });
        }
        let out = self.call("cat-file").args(["blob", entry.object.as_str()]).limit(max).run().await?;
        Ok(Some(out.stdout))
    }

    /// The commit that `text` (a branch of the office's or an id) names, if it exists here.
    pub async fn has_commit(&self, oid: &Oid) -> Result<bool> {
        let out = self.call("cat-file").args(["-e", &format!("{oid}^{{commit}}")]).accept(&[0, 1, 128]).run().await?;
        Ok(out.code == 0)
    }

    async fn entry_at(&self, commit: &Oid, path: &RepoPath) -> Result<Option<TreeEntry>> {
        Ok(self.ls_tree(commit, &[], Some(path)).await?.into_iter().find(|entry| entry.path == *path))
    }

    async fn ls_tree(&self, commit: &Oid, options: &[&str], path: Option<&RepoPath>) -> Result<Vec<TreeEntry>> {
        let mut call =
            self.call("ls-tree").args(["-z", "-l", "--full-tree"]).args(options).args([commit.as_str(), "--"]);
        if let Some(path) = path {
            call = call.arg(path.as_path());
        }
        let out = call.run().await?;
        out.stdout.split(|b| *b == 0).filter(|l| !l.is_empty()).map(entry).collect()
    }
}

fn entry(line: &[u8]) -> Result<TreeEntry> {
    let tab = line.iter().position(|b| *b == b'\t').unwrap_or(line.len());
    let head = String::from_utf8_lossy(&line[..tab]).into_owned();
    let mut words = head.split_ascii_whitespace();
    let kind = match words.next() {
        Some("100755") => PathKind::Executable,
        Some("120000") => PathKind::Link,
        Some("040000") => PathKind::Folder,
        Some("160000") => PathKind::Submodule,
        _ => PathKind::File,
    };
    let object = Oid::parse(words.nth(1).unwrap_or_default())?;
    let size = words.next().and_then(|s| s.parse().ok());
    Ok(TreeEntry { path: RepoPath::new(line.get(tab + 1..).unwrap_or_default())?, kind, object, size })
}
