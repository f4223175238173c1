//! Begins a repository of the owner's own: a folder of files with one commit on `main`, made beside its place and put there
//! whole. No template and no hook is taken from anywhere. Deliberately not here: what the files say.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::bare;
use crate::call::{Call, Git, Place};
use crate::checkout::{prepare, settle};
use crate::error::{GitError, Result};
use crate::name::{CommitDate, Identity, ObjectFormat, Oid};
use crate::path::RepoPath;

/// Makes a repository at `dest`, which must not be there yet, in a folder that is. Names that end in `.sh` may be run. The
/// identity stays in the repository's configuration.
pub async fn begin(
    git: &Git,
    dest: &Path,
    files: &[(&str, &str)],
    who: &Identity,
    date: CommitDate,
    message: &str,
) -> Result<Oid> {
    let into_git = |name: &str| name.split('/').any(|part| part.eq_ignore_ascii_case(".git"));
    if let Some((name, _)) = files.iter().find(|(name, _)| into_git(name)) {
        let why = "it leads into the repository's own folder";
        return Err(GitError::InvalidName { kind: "file", name: (*name).to_owned(), why });
    }
    let partial = prepare(dest)?;
    let format = ObjectFormat::Sha1;
    let git_dir = partial.join(".git");
    bare::write_checkout(&git_dir, format, &[], who, "ref: refs/heads/main\n")?;
    for (name, text) in files {
        let path = partial.join(RepoPath::new(*name)?.as_path());
        let folder = path.parent().unwrap_or(&partial);
        fs::create_dir_all(folder).map_err(|e| GitError::io("making a folder", folder, e))?;
        bare::put(&path, text.as_bytes())?;
        let mode = if name.ends_with(".sh") { 0o755 } else { 0o644 };
        fs::set_permissions(&path, fs::Permissions::from_mode(mode))
            .map_err(|e| GitError::io("setting the mode of", &path, e))?;
    }
    let place = Place::bare(&git_dir, format).work_tree(&partial, &git_dir.join("index"));
    let call = |name| Call::new(git, name, place.clone());
    call("add").args(["--all"]).run().await?;
    let tree = call("write-tree").line().await?;
    let commit = call("commit-tree").args(["-m", message, tree.as_str()]).identity(who, date).line().await?;
    let commit = Oid::parse(&commit)?;
    bare::put(&git_dir.join("refs/heads/main"), format!("{commit}\n").as_bytes())?;
    settle(&partial, dest)?;
    Ok(commit)
}
