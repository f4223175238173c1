//! Reads on in a file that another program writes, line by line, from where it was. The file is a stranger's: it is opened
//! without following a link, read in bounded pieces, and a line without an end is given up.

use std::io::{Read, Seek, SeekFrom};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// Read at once at most.
const PIECE: u64 = 1024 * 1024;
/// A line longer than this is passed over.
const LONGEST_LINE: usize = 8 * 1024 * 1024;

/// Where a line begins, and the line with its end.
pub(crate) type Line = (u64, Vec<u8>);

/// A place in a growing file.
#[derive(Debug)]
pub(crate) struct Tail {
    path: PathBuf,
    offset: u64,
    inode: u64,
    begun: Vec<u8>,
    /// In a line that is passed over.
    too_long: bool,
}

impl Tail {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self { path, offset: 0, inode: 0, begun: Vec::new(), too_long: false }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Whole lines that came since, with the offset at which each begins, and whether there is more at once.
    pub(crate) fn read_on(&mut self) -> std::io::Result<(Vec<Line>, bool)> {
        let mut options = std::fs::OpenOptions::new();
        let opened = options.read(true).custom_flags(nix::libc::O_NOFOLLOW | nix::libc::O_NONBLOCK).open(&self.path);
        let mut file = match opened {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok((Vec::new(), false)),
            Err(error) => return Err(error),
        };
        let facts = file.metadata()?;
        if !facts.is_file() {
            return Err(std::io::Error::other("it is no file"));
        }
        // Another file in its place, or one that was cut: from the beginning.
        if facts.ino() != self.inode || facts.len() < self.offset {
            *self = Self { inode: facts.ino(), ..Self::new(std::mem::take(&mut self.path)) };
        }
        file.seek(SeekFrom::Start(self.offset))?;
        let mut piece = Vec::new();
        let count = file.take(PIECE).read_to_end(&mut piece)? as u64;
        let mut lines = Vec::new();
        for part in piece.split_inclusive(|byte| *byte == b'\n') {
            self.offset += part.len() as u64;
            let whole = part.ends_with(b"\n");
            if self.too_long || self.begun.len() + part.len() > LONGEST_LINE {
                self.begun.clear();
                self.too_long = !whole;
            } else if whole {
                let mut line = std::mem::take(&mut self.begun);
                line.extend_from_slice(part);
                lines.push((self.offset - line.len() as u64, line));
            } else {
                self.begun.extend_from_slice(part);
            }
        }
        Ok((lines, count == PIECE))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn texts(tail: &mut Tail) -> Vec<(u64, String)> {
        let (lines, _) = tail.read_on().unwrap();
        lines.into_iter().map(|(at, line)| (at, String::from_utf8(line).unwrap())).collect()
    }

    #[test]
    fn only_whole_lines_count_and_each_once() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("f");
        let mut tail = Tail::new(path.clone());
        assert_eq!(texts(&mut tail), []);
        let mut file = std::fs::File::create(&path).unwrap();
        file.write_all(b"one\ntw").unwrap();
        assert_eq!(texts(&mut tail), [(0, "one\n".to_owned())]);
        file.write_all(b"o\n").unwrap();
        assert_eq!(texts(&mut tail), [(4, "two\n".to_owned())]);
        assert_eq!(texts(&mut tail), []);
        std::fs::write(&path, "new\n").unwrap();
        assert_eq!(texts(&mut tail), [(0, "new\n".to_owned())]);
    }

    #[test]
    fn a_line_without_end_is_passed_over() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("f");
        std::fs::write(&path, [vec![b'x'; LONGEST_LINE + 10], b"\nnext\n".to_vec()].concat()).unwrap();
        let mut tail = Tail::new(path);
        let mut all = Vec::new();
        loop {
            let (lines, more) = tail.read_on().unwrap();
            all.extend(lines);
            if !more {
                break;
            }
        }
        assert_eq!(all, [(LONGEST_LINE as u64 + 11, b"next\n".to_vec())]);
    }

    #[test]
    fn a_link_is_not_followed() {
        let root = tempfile::tempdir().unwrap();
        std::fs::write(root.path().join("secret"), "x\n").unwrap();
        std::os::unix::fs::symlink(root.path().join("secret"), root.path().join("f")).unwrap();
        assert!(Tail::new(root.path().join("f")).read_on().is_err());
    }
}
