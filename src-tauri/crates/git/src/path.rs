//! File paths inside a repository, carried as the bytes they are and shown so that they cannot harm a terminal.
//! Deliberately not here: opening files (`plain`).

use std::ffi::OsStr;
use std::fmt;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::error::{GitError, Result};

/// A path relative to the top of a repository: any bytes but NUL, parts separated by `/`.
///
/// It is shown and serialised in git's own quoting: as it is when it is plain, else between double quotes
/// with `\n`, `\t`, `\"`, `\\` and octal escapes. [`RepoPath::from_quoted`] reads that form back.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RepoPath(Vec<u8>);

impl RepoPath {
    /// Takes a relative path with no empty part, no `.` and no `..`.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Result<Self> {
        let path = Self(bytes.into());
        let bad = path.parts().any(|p| p.is_empty() || p == b"." || p == b"..") || path.0.contains(&0);
        if bad { Err(refuse(&path.to_string())) } else { Ok(path) }
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The same bytes for the file system.
    pub fn as_path(&self) -> &Path {
        Path::new(OsStr::from_bytes(&self.0))
    }

    /// Its parts, outermost first.
    pub fn parts(&self) -> impl DoubleEndedIterator<Item = &[u8]> {
        self.0.split(|b| *b == b'/')
    }

    /// Reads the form that [`fmt::Display`] writes.
    pub fn from_quoted(text: &str) -> Result<Self> {
        let Some(inner) = text.strip_prefix('"').and_then(|t| t.strip_suffix('"')) else {
            return Self::new(text);
        };
        let mut out = Vec::new();
        let mut bytes = inner.bytes();
        while let Some(b) = bytes.next() {
            if b != b'\\' {
                out.push(b);
                continue;
            }
            out.push(match bytes.next().ok_or_else(|| refuse(text))? {
                b'n' => b'\n',
                b't' => b'\t',
                b'r' => b'\r',
                c @ (b'"' | b'\\') => c,
                high @ b'0'..=b'3' => {
                    let mut value = high - b'0';
                    for _ in 0..2 {
                        let digit = bytes.next().filter(|d| (b'0'..=b'7').contains(d)).ok_or_else(|| refuse(text))?;
                        value = value << 3 | (digit - b'0');
                    }
                    value
                }
                _ => return Err(refuse(text)),
            });
        }
        Self::new(out)
    }

    /// Would some file system or some git take a part of this path for `.git`?
    ///
    /// Case, trailing dots and spaces and `:streams` (Windows), `git~1` (its short name) and characters that
    /// HFS+ ignores are all seen through.
    pub fn names_git_dir(&self) -> bool {
        self.0.split(|b| *b == b'/' || *b == b'\\').any(|part| {
            let text = String::from_utf8_lossy(part);
            let plain: String = text.chars().filter(|c| !ignored_by_hfs(*c)).collect::<String>().to_lowercase();
            let plain = plain.split(':').next().unwrap_or_default().trim_end_matches(['.', ' ']);
            plain == ".git" || plain == "git~1"
        })
    }

    /// Could a part of this path be taken for one of git's own files (`.gitmodules`, its Windows short names, its
    /// disguises)? Answers yes too often rather than once too rarely.
    pub(crate) fn resembles_git_files(&self) -> bool {
        let lower = self.0.to_ascii_lowercase();
        !lower.is_ascii()
            || lower.windows(3).any(|w| w == b"git" || w == b"gi7" || w == b"~1:")
            || lower.contains(&b'~')
    }
}

fn ignored_by_hfs(c: char) -> bool {
    matches!(c, '\u{200c}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{206a}'..='\u{206f}' | '\u{feff}')
}

fn refuse(text: &str) -> GitError {
    GitError::InvalidName {
        kind: "path in a repository",
        name: text.to_owned(),
        why: "it must be relative, without empty parts, `.`, `..` or NUL",
    }
}

impl fmt::Display for RepoPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unsafe_char = |c: char| {
            c.is_control() || c == '"' || c == '\\' || ignored_by_hfs(c) || ('\u{2066}'..='\u{2069}').contains(&c)
        };
        match std::str::from_utf8(&self.0) {
            Ok(text) if !text.contains(unsafe_char) => f.write_str(text),
            _ => {
                f.write_str("\"")?;
                for chunk in self.0.utf8_chunks() {
                    for c in chunk.valid().chars() {
                        match c {
                            '\n' => f.write_str("\\n")?,
                            '\t' => f.write_str("\\t")?,
                            '\r' => f.write_str("\\r")?,
                            '"' | '\\' => write!(f, "\\{c}")?,
                            c if unsafe_char(c) => {
                                let mut buffer = [0; 4];
                                for b in c.encode_utf8(&mut buffer).bytes() {
                                    write!(f, "\\{b:03o}")?;
                                }
                            }
                            c => write!(f, "{c}")?,
                        }
                    }
                    for b in chunk.invalid() {
                        write!(f, "\\{b:03o}")?;
                    }
                }
                f.write_str("\"")
            }
        }
    }
}

impl TryFrom<String> for RepoPath {
    type Error = GitError;
    fn try_from(text: String) -> Result<Self> {
        Self::from_quoted(&text)
    }
}

impl From<RepoPath> for String {
    fn from(path: RepoPath) -> Self {
        path.to_string()
    }
}
