//! Everything that can go wrong with a repository, said so that the reader knows the way out.
//! Deliberately not here: outcomes that are answers rather than failures (a conflict, a base that moved).

use std::io;
use std::path::{Path, PathBuf};

/// What every fallible function of this crate returns.
pub type Result<T, E = GitError> = std::result::Result<T, E>;

/// A failure, with its way out in the message.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GitError {
    /// No `git` program was found.
    #[error("git was not found ({program}); install git 2.39 or newer and try again")]
    GitMissing {
        /// The program that was looked for.
        program: String,
    },
    /// The `git` program is older than what the safe command lines need.
    #[error("git {found} is too old; install git 2.39 or newer")]
    GitTooOld {
        /// The version that was found.
        found: String,
    },
    /// The path holds no git repository.
    #[error(
        "{} is not a git repository; run `git init` and make a first commit there, or name another folder",
        show(path)
    )]
    NotARepository {
        /// The path that was looked at.
        path: PathBuf,
    },
    /// The path does not exist or is not a folder.
    #[error("{} does not exist or is not a folder; check the path", show(path))]
    NoSuchFolder {
        /// The path that was looked at.
        path: PathBuf,
    },
    /// The repository has no work tree.
    #[error(
        "{} is a bare repository; the office needs a normal clone with files in it: `git clone` it and add the clone",
        show(path)
    )]
    Bare {
        /// The repository.
        path: PathBuf,
    },
    /// The repository has no commit to start from.
    #[error("{} has no commit yet; make a first commit (`git commit --allow-empty -m start` is enough)", show(path))]
    NoCommit {
        /// The repository.
        path: PathBuf,
    },
    /// HEAD is detached and no base branch was named.
    #[error("{} is on no branch (detached HEAD); switch to a branch or set the project's base branch", show(path))]
    DetachedHead {
        /// The repository.
        path: PathBuf,
    },
    /// The branch does not exist.
    #[error("there is no branch {branch:?}; create it or choose another base branch")]
    NoSuchBranch {
        /// The missing branch.
        branch: String,
    },
    /// A branch is named exactly like the prefix of the office's branches.
    #[error(
        "a branch {taken:?} exists, so no branch {prefix}/... can be made; rename it or set another branch prefix for the project"
    )]
    PrefixTaken {
        /// The prefix that was asked for.
        prefix: String,
        /// The branch in its way.
        taken: String,
    },
    /// The owner's git has no name or no e-mail address.
    #[error(
        "git does not know who you are; run `git config --global user.name NAME` and `git config --global user.email ADDRESS`"
    )]
    NoIdentity,
    /// The repository uses something this crate does not handle.
    #[error("{} uses {what}, which the office does not handle; {way_out}", show(path))]
    Unsupported {
        /// The repository.
        path: PathBuf,
        /// The feature.
        what: String,
        /// What the owner can do.
        way_out: String,
    },
    /// A name that git or the office does not accept.
    #[error("{name:?} is no valid {kind}: {why}")]
    InvalidName {
        /// What the name was meant for.
        kind: &'static str,
        /// The name.
        name: String,
        /// Why it is refused.
        why: &'static str,
    },
    /// Something is already there.
    #[error("{} already exists; remove it or choose another place", show(path))]
    AlreadyThere {
        /// The place.
        path: PathBuf,
    },
    /// The disk is full.
    #[error("the disk is full ({}); free some space and try again: nothing was lost", show(path))]
    DiskFull {
        /// Where the write failed.
        path: PathBuf,
    },
    /// The place cannot be written.
    #[error("{} is read-only; make it writable or choose another place", show(path))]
    ReadOnly {
        /// Where the write failed.
        path: PathBuf,
    },
    /// The place may not be read or written by this user.
    #[error("permission denied at {}; make it readable and writable for you", show(path))]
    Denied {
        /// Where it failed.
        path: PathBuf,
    },
    /// Any other failure of the file system.
    #[error("{} failed at {}: {source}", what, show(path))]
    Io {
        /// What was tried.
        what: &'static str,
        /// Where.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// A git command ran past its time.
    #[error("`git {command}` did not end within {seconds} s and was stopped; {hint}")]
    TimedOut {
        /// The subcommand.
        command: String,
        /// Its limit.
        seconds: u64,
        /// What may be the cause.
        hint: String,
    },
    /// A git command said more than it may.
    #[error("`git {command}` printed more than {limit} bytes and was stopped; ask for a smaller part")]
    TooMuchOutput {
        /// The subcommand.
        command: String,
        /// Its limit.
        limit: usize,
    },
    /// A git command failed in a way that has no better name here.
    #[error("`git {command}` failed ({status}): {stderr}")]
    Failed {
        /// The subcommand.
        command: String,
        /// Exit code or signal.
        status: String,
        /// What it said, made safe to show.
        stderr: String,
    },
    /// The desk's own repository is not what the office made; nothing was taken from it.
    #[error(
        "the checkout's repository was tampered with or damaged ({why}); its history is not taken: inspect {}, or collect its files alone",
        show(path)
    )]
    DeskRepository {
        /// The checkout.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// New objects of a desk did not pass git's checks.
    #[error(
        "the work holds objects that git refuses ({why}); nothing was taken: send the task back or collect its files alone"
    )]
    RefusedObjects {
        /// What git said, made safe to show.
        why: String,
    },
    /// An object that is needed is not there.
    #[error("object {oid} is missing; the repository it came from may have been pruned or damaged")]
    MissingObject {
        /// The object.
        oid: String,
    },
    /// Something is larger than its limit.
    #[error("{what} is over the limit of {limit}; ignore it in .gitignore, make it smaller, or raise the limit")]
    TooLarge {
        /// What is too large.
        what: String,
        /// The limit, with its unit.
        limit: String,
    },
    /// A branch of the office does not stand where it was expected.
    #[error("branch {branch} moved to {found} while {expected} was expected; look again and retry")]
    BranchMoved {
        /// The branch.
        branch: String,
        /// Where it was expected.
        expected: String,
        /// Where it is.
        found: String,
    },
    /// Commits that a merge would lose: the new tip does not contain the old one.
    #[error("{new} does not contain {old}; the base branch is only ever fast-forwarded")]
    NotFastForward {
        /// The base's tip.
        old: String,
        /// The proposed tip.
        new: String,
    },
}

impl GitError {
    /// Names a failure of the file system by what the owner can do about it.
    pub(crate) fn io(what: &'static str, path: &Path, source: io::Error) -> Self {
        let path = path.to_path_buf();
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::DiskFull { path },
            io::ErrorKind::ReadOnlyFilesystem => Self::ReadOnly { path },
            io::ErrorKind::PermissionDenied => Self::Denied { path },
            _ => Self::Io { what, path, source },
        }
    }

    /// Names a failure of git by what it printed. The messages are git's own in the C locale.
    pub(crate) fn from_stderr(command: &str, status: String, stderr: &[u8], place: &Path) -> Self {
        let text = String::from_utf8_lossy(stderr);
        let path = place.to_path_buf();
        // Of a file that did not fit git says no more than that it could not be written.
        let no_room = text.contains("unable to write file") && nearly_full(place);
        if no_room || text.contains("No space left on device") || text.contains("Disk quota exceeded") {
            Self::DiskFull { path }
        } else if text.contains("Read-only file system") {
            Self::ReadOnly { path }
        } else if text.contains("Permission denied") {
            Self::Denied { path }
        } else {
            Self::Failed { command: command.to_owned(), status, stderr: safe_text(&text, 2_000) }
        }
    }

    /// What git printed, for the callers that know what a refusal of this command means.
    pub(crate) fn said(self) -> std::result::Result<String, Self> {
        match self {
            Self::Failed { stderr, .. } => Ok(stderr),
            other => Err(other),
        }
    }
}

/// Is there next to no room left where `place` lies?
fn nearly_full(place: &Path) -> bool {
    nix::sys::statvfs::statvfs(place)
        .is_ok_and(|disk| disk.blocks_available().saturating_mul(disk.fragment_size()) < 64 << 20)
}

/// A path as it may be printed: no control character survives, whoever chose the name.
pub(crate) fn show(path: &Path) -> String {
    safe_text(&path.to_string_lossy(), 500)
}

/// Text from outside as it may be printed on a terminal: one line, no control characters, bounded.
pub(crate) fn safe_text(text: &str, max: usize) -> String {
    let mut out = String::new();
    for c in text.trim().chars().take(max) {
        if c == '\n' {
            out.push_str("; ");
        } else if c.is_control()
            || matches!(c, '\u{200e}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        {
            out.extend(c.escape_default());
        } else {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_disk_says_is_named_by_its_cure() {
        let of = |text: &str| {
            GitError::from_stderr("x", "exit code 128".to_owned(), text.as_bytes(), Path::new("/p")).to_string()
        };
        assert!(of("fatal: unable to write loose object file: No space left on device").contains("disk is full"));
        assert!(of("error: unable to create file: Read-only file system").contains("read-only"));
        assert!(of("fatal: Unable to create '/p/index.lock': Permission denied").contains("permission denied"));
        let odd = of("fatal: \u{1b}[31mred\u{202e}");
        assert!(!odd.contains('\u{1b}') && !odd.contains('\u{202e}'), "{odd}");
        let io = GitError::io("writing", Path::new("/p\n"), io::Error::from_raw_os_error(28));
        assert!(matches!(io, GitError::DiskFull { .. }) && !io.to_string().contains('\n'));
    }
}
