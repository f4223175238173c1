//! Writes a git directory by hand, file by file: no template, no hook, no configuration but what stands here,
//! and no process. Deliberately not here: anything that reads one.

use std::ffi::OsStr;
use std::fs;
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use crate::error::{GitError, Result};
use crate::name::{Identity, ObjectFormat};

/// Makes a bare git directory at `dir`, whose objects are also looked for in `alternates`.
pub(crate) fn write(dir: &Path, format: ObjectFormat, alternates: &[&Path]) -> Result<()> {
    skeleton(dir, alternates)?;
    put(&dir.join("config"), config(format, true, None).as_bytes())?;
    put(&dir.join("HEAD"), b"ref: refs/heads/none\n")
}

/// Makes the `.git` of a checkout: its own, with the owner's identity and no remote.
pub(crate) fn write_checkout(
    git_dir: &Path,
    format: ObjectFormat,
    alternates: &[&Path],
    who: &Identity,
    head: &str,
) -> Result<()> {
    skeleton(git_dir, alternates)?;
    put(&git_dir.join("config"), config(format, false, Some(who)).as_bytes())?;
    put(&git_dir.join("HEAD"), head.as_bytes())
}

fn skeleton(dir: &Path, alternates: &[&Path]) -> Result<()> {
    for sub in ["objects/info", "objects/pack", "refs/heads", "refs/tags"] {
        let path = dir.join(sub);
        fs::create_dir_all(&path).map_err(|e| GitError::io("making a folder", &path, e))?;
    }
    if !alternates.is_empty() {
        put(&dir.join("objects/info/alternates"), &alternates_file(alternates))?;
    }
    Ok(())
}

/// One line per directory; a line that git would misread is written in its C quoting.
pub(crate) fn alternates_file(dirs: &[&Path]) -> Vec<u8> {
    let mut out = vec![];
    for dir in dirs {
        let bytes = dir.as_os_str().as_bytes();
        if bytes.iter().any(|b| matches!(b, b'\n' | b'"' | b'\r')) {
            out.push(b'"');
            for b in bytes {
                match b {
                    b'"' | b'\\' => out.extend([b'\\', *b]),
                    b'\n' => out.extend(b"\\n"),
                    b'\r' => out.extend(b"\\r"),
                    b => out.push(*b),
                }
            }
            out.push(b'"');
        } else {
            out.extend(bytes);
        }
        out.push(b'\n');
    }
    out
}

fn config(format: ObjectFormat, bare: bool, who: Option<&Identity>) -> String {
    let version = if format == ObjectFormat::Sha256 { 1 } else { 0 };
    // In the office's repository every move of a branch is noted, so that nothing collected is ever out of reach.
    let logged = if bare { "always" } else { "true" };
    let mut text = format!(
        "[core]\n\trepositoryformatversion = {version}\n\tfilemode = true\n\tbare = {bare}\n\tlogallrefupdates = {logged}\n"
    );
    if format == ObjectFormat::Sha256 {
        text.push_str("[extensions]\n\tobjectFormat = sha256\n");
    }
    if let Some(who) = who {
        // The values hold no control character (`Identity::new`); quotes and backslashes are escaped here.
        let quote = |s: &str| s.replace('\\', "\\\\").replace('"', "\\\"");
        text.push_str(&format!("[user]\n\tname = \"{}\"\n\temail = \"{}\"\n", quote(who.name()), quote(who.email())));
        text.push_str(
            "[commit]\n\tgpgSign = false\n[tag]\n\tgpgSign = false\n[gc]\n\tauto = 0\n[maintenance]\n\tauto = false\n",
        );
    }
    text
}

/// Writes a whole file.
pub(crate) fn put(path: &Path, bytes: &[u8]) -> Result<()> {
    fs::write(path, bytes).map_err(|e| GitError::io("writing", path, e))
}

/// Replaces a file so that a reader sees the old or the new one, never a part.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> Result<()> {
    let name = path.file_name().unwrap_or(OsStr::new("file"));
    let mut partial = std::ffi::OsString::from(".new-");
    partial.push(name);
    let partial = path.with_file_name(partial);
    let written = fs::File::create(&partial).and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()));
    written.and_then(|()| fs::rename(&partial, path)).map_err(|e| GitError::io("writing", path, e))
}
