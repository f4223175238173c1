//! Opens files of a folder that an agent can write, as plain data: from a directory handle, part by part, never
//! through a link, never anything but a regular file or a directory. Deliberately not here: what they mean.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use nix::errno::Errno;
use nix::fcntl::{AtFlags, OFlag, open, openat, readlinkat};
use nix::sys::stat::{FileStat, Mode, SFlag, fchmodat, fstat, fstatat};

use crate::path::RepoPath;

/// The bytes of a file at `path` below `root`, a folder that an agent can write; none when nothing is there. No link is followed
/// below `root`, and nothing is opened that could keep its reader waiting.
///
/// # Errors
/// It is no regular file, is larger than `limit` bytes, or cannot be read. Blocking.
pub fn read_planted(root: &Path, path: &RepoPath, limit: u64) -> io::Result<Option<Vec<u8>>> {
    let root = match PlainDir::open(root) {
        Ok(root) => root,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let Some((dir, name)) = root.parent_of(path)? else { return Ok(None) };
    let name = name.to_str().ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "its name is no text"))?;
    dir.read(name, limit)
}

/// A directory that was opened without following a link.
#[derive(Debug)]
pub(crate) struct PlainDir(OwnedFd);

/// What lies at a name.
#[derive(Debug)]
pub(crate) enum Entry {
    Missing,
    Dir,
    File {
        size: u64,
        executable: bool,
    },
    Link(OsString),
    /// A named pipe, a socket or a device: never opened.
    Special,
}

const DIR: OFlag = OFlag::O_RDONLY.union(OFlag::O_DIRECTORY).union(OFlag::O_NOFOLLOW).union(OFlag::O_CLOEXEC);
// Non-blocking, should a named pipe take the file's place between the look and the opening.
const FILE: OFlag =
    OFlag::O_RDONLY.union(OFlag::O_NOFOLLOW).union(OFlag::O_NONBLOCK).union(OFlag::O_NOCTTY).union(OFlag::O_CLOEXEC);

impl PlainDir {
    /// Opens the folder at `path`; the last part must not be a link (the parts before are the office's own).
    pub fn open(path: &Path) -> io::Result<Self> {
        Ok(Self(open(path, DIR, Mode::empty())?))
    }

    /// Opens a folder right below.
    pub fn dir(&self, name: &OsStr) -> io::Result<Self> {
        Ok(Self(openat(&self.0, name, DIR, Mode::empty())?))
    }

    /// Opens the folder that holds the last part of `path`; none when a part on the way is missing or no folder.
    pub fn parent_of(&self, path: &RepoPath) -> io::Result<Option<(Self, OsString)>> {
        let mut parts = path.parts();
        let name = OsStr::from_bytes(parts.next_back().unwrap_or_default()).to_owned();
        let mut dir = Self(self.0.try_clone()?);
        for part in parts {
            dir = match dir.dir(OsStr::from_bytes(part)) {
                Ok(dir) => dir,
                Err(e) if not_a_dir(&e) => return Ok(None),
                Err(e) => return Err(e),
            };
        }
        Ok(Some((dir, name)))
    }

    /// What lies at a name right below.
    pub fn look(&self, name: &OsStr) -> io::Result<Entry> {
        let stat = match fstatat(&self.0, name, AtFlags::AT_SYMLINK_NOFOLLOW) {
            Ok(stat) => stat,
            Err(Errno::ENOENT | Errno::ENOTDIR) => return Ok(Entry::Missing),
            Err(e) => return Err(e.into()),
        };
        Ok(match kind(&stat) {
            SFlag::S_IFREG => {
                Entry::File { size: u64::try_from(stat.st_size).unwrap_or(0), executable: stat.st_mode & 0o100 != 0 }
            }
            SFlag::S_IFDIR => Entry::Dir,
            SFlag::S_IFLNK => Entry::Link(readlinkat(&self.0, name)?),
            _ => Entry::Special,
        })
    }

    /// Opens a regular file right below.
    pub fn file(&self, name: &OsStr) -> io::Result<File> {
        // Looked at first: opening a device can have effects.
        if !matches!(self.look(name)?, Entry::File { .. }) {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file"));
        }
        let fd = openat(&self.0, name, FILE, Mode::empty())?;
        if kind(&fstat(&fd)?) != SFlag::S_IFREG {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file"));
        }
        Ok(File::from(fd))
    }

    /// Reads a regular file right below; none when there is nothing of that name.
    pub fn read(&self, name: &str, limit: u64) -> io::Result<Option<Vec<u8>>> {
        let name = OsStr::new(name);
        match self.look(name)? {
            Entry::Missing => return Ok(None),
            Entry::File { size, .. } if size > limit => {
                return Err(io::Error::new(io::ErrorKind::FileTooLarge, "it is too large"));
            }
            Entry::File { .. } => {}
            Entry::Link(_) => {
                return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is a link, and none is followed"));
            }
            Entry::Dir | Entry::Special => {
                return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no plain file"));
            }
        }
        let mut out = vec![];
        self.file(name)?.take(limit).read_to_end(&mut out)?;
        Ok(Some(out))
    }

    /// The names right below, sorted; at most `limit`.
    pub fn names(&self, limit: usize) -> io::Result<Vec<OsString>> {
        let fd = openat(&self.0, ".", DIR, Mode::empty())?;
        let mut names = vec![];
        for entry in nix::dir::Dir::from_fd(fd)?.iter() {
            let entry = entry?;
            let name = entry.file_name().to_bytes();
            if name != b"." && name != b".." {
                names.push(OsStr::from_bytes(name).to_owned());
            }
            if names.len() > limit {
                return Err(io::Error::new(io::ErrorKind::FileTooLarge, "it has too many entries"));
            }
        }
        names.sort();
        Ok(names)
    }

    /// Gives the owner back the right to enter and empty this folder and those below it.
    pub fn unlock(&self) -> io::Result<()> {
        for name in self.names(usize::MAX)? {
            if matches!(self.look(&name)?, Entry::Dir) {
                // A folder that is swapped for a link in between has its target's mode changed at worst, which
                // `AT_SYMLINK_NOFOLLOW` refuses.
                fchmodat(
                    self.0.as_fd(),
                    name.as_os_str(),
                    Mode::S_IRWXU,
                    nix::sys::stat::FchmodatFlags::NoFollowSymlink,
                )?;
                self.dir(&name)?.unlock()?;
            }
        }
        Ok(())
    }
}

/// Copies at most `limit` bytes; more is an error, so that a growing file ends too.
pub(crate) fn copy(from: File, to: &mut File, limit: u64) -> io::Result<u64> {
    let mut from = from.take(limit.saturating_add(1));
    let mut buffer = vec![0; 64 << 10];
    let mut done = 0;
    loop {
        let n = from.read(&mut buffer)?;
        if n == 0 {
            return Ok(done);
        }
        done += u64::try_from(n).unwrap_or(0);
        if done > limit {
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, "it is too large"));
        }
        to.write_all(&buffer[..n])?;
    }
}

fn kind(stat: &FileStat) -> SFlag {
    SFlag::from_bits_truncate(stat.st_mode) & SFlag::S_IFMT
}

fn not_a_dir(e: &io::Error) -> bool {
    [Errno::ENOENT, Errno::ENOTDIR, Errno::ELOOP].iter().any(|n| e.raw_os_error() == Some(*n as i32))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    #[test]
    fn unlocking_opens_folders_and_follows_no_link() {
        let tmp = tempfile::tempdir().unwrap();
        let (top, outside) = (tmp.path().join("top"), tmp.path().join("outside"));
        fs::create_dir_all(top.join("a/b")).unwrap();
        fs::create_dir_all(&outside).unwrap();
        symlink(&outside, top.join("link")).unwrap();
        for dir in [top.join("a/b"), top.join("a"), outside.clone()] {
            fs::set_permissions(dir, fs::Permissions::from_mode(0o500)).unwrap();
        }
        PlainDir::open(&top).unwrap().unlock().unwrap();
        let mode = |p: &Path| fs::metadata(p).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&top.join("a")), mode(&top.join("a/b")), mode(&outside)), (0o700, 0o700, 0o500));
        assert!(PlainDir::open(&top.join("link")).is_err());
    }
}
