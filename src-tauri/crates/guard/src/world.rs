//! What the judge may look at: links, files and folders, by absolute path. It only looks; nothing is written or run.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};

/// What stands at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stands {
    /// Nothing, or nothing that can be seen.
    Nothing,
    /// A file, or something like one.
    File,
    /// A folder.
    Folder,
}

/// The disk, or one on paper.
pub trait World {
    /// Where a symbolic link leads; none if there is none.
    fn link(&self, path: &Path) -> Option<PathBuf>;
    /// What stands there (links followed).
    fn stands(&self, path: &Path) -> Stands;
    /// A text file's content, if it is no longer than `most`.
    fn read(&self, path: &Path, most: usize) -> Option<String>;
    /// Whether it is machine code, by its first letters.
    fn is_program(&self, path: &Path) -> bool;
}

/// What machine code begins with on Linux, macOS and Windows.
const PROGRAMS: [&[u8]; 6] =
    [b"\x7fELF", b"\xcf\xfa\xed\xfe", b"\xce\xfa\xed\xfe", b"\xca\xfe\xba\xbe", b"\xfe\xed\xfa\xcf", b"MZ\x90\x00"];

/// The real disk.
#[derive(Clone, Copy, Debug, Default)]
pub struct Disk;

impl World for Disk {
    fn link(&self, path: &Path) -> Option<PathBuf> {
        std::fs::read_link(path).ok()
    }

    fn stands(&self, path: &Path) -> Stands {
        match std::fs::metadata(path) {
            Ok(what) if what.is_dir() => Stands::Folder,
            Ok(_) => Stands::File,
            Err(_) => Stands::Nothing,
        }
    }

    fn read(&self, path: &Path, most: usize) -> Option<String> {
        // A pipe or a device would never end.
        if !std::fs::metadata(path).is_ok_and(|what| what.is_file()) {
            return None;
        }
        let mut text = String::new();
        let most = u64::try_from(most).ok()?;
        std::fs::File::open(path).ok()?.take(most + 1).read_to_string(&mut text).ok()?;
        (text.len() as u64 <= most).then_some(text)
    }

    fn is_program(&self, path: &Path) -> bool {
        if !std::fs::metadata(path).is_ok_and(|what| what.is_file()) {
            return false;
        }
        let mut first = [0; 4];
        let read = std::fs::File::open(path).and_then(|mut file| file.read_exact(&mut first));
        read.is_ok() && PROGRAMS.contains(&&first[..])
    }
}

/// A disk on paper: for examples and tests, which must not depend on a machine.
#[derive(Clone, Debug, Default)]
pub struct Paper {
    files: BTreeMap<PathBuf, String>,
    links: BTreeMap<PathBuf, PathBuf>,
}

impl Paper {
    /// With one more file.
    #[must_use]
    pub fn file(mut self, path: impl Into<PathBuf>, text: impl Into<String>) -> Self {
        self.files.insert(path.into(), text.into());
        self
    }

    /// With one more symbolic link.
    #[must_use]
    pub fn linked(mut self, path: impl Into<PathBuf>, to: impl Into<PathBuf>) -> Self {
        self.links.insert(path.into(), to.into());
        self
    }
}

impl World for Paper {
    fn link(&self, path: &Path) -> Option<PathBuf> {
        self.links.get(path).cloned()
    }

    fn stands(&self, path: &Path) -> Stands {
        if self.files.contains_key(path) {
            return Stands::File;
        }
        if self.files.keys().any(|file| file.starts_with(path)) { Stands::Folder } else { Stands::Nothing }
    }

    fn read(&self, path: &Path, most: usize) -> Option<String> {
        self.files.get(path).filter(|text| text.len() <= most).cloned()
    }

    fn is_program(&self, path: &Path) -> bool {
        self.files.get(path).is_some_and(|text| PROGRAMS.iter().any(|program| text.as_bytes().starts_with(program)))
    }
}
