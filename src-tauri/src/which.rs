//! Which office this window is for, and where the program is that runs one. Not here: starting it (`start.rs`).

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use office_door::place;

/// What this window was started for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Which {
    /// The office's directory.
    pub dir: PathBuf,
    /// The program `office`.
    pub program: PathBuf,
}

impl Which {
    /// From the arguments of this process and its surroundings.
    pub fn here() -> Self {
        let named = named(std::env::args_os().skip(1)).or_else(|| set(std::env::var_os("OFFICE_DIR")));
        let dir = named.unwrap_or_else(place::usual);
        Self { dir: std::path::absolute(&dir).unwrap_or(dir), program: program() }
    }
}

impl Which {
    /// A number for the office's directory: steady, and rarely shared.
    pub fn number(&self) -> u64 {
        let whole = std::fs::canonicalize(&self.dir).unwrap_or_else(|_| self.dir.clone());
        let bytes = whole.as_os_str().as_encoded_bytes();
        bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
    }
}

/// `--office DIR` or `--office=DIR` among the arguments.
pub fn named(arguments: impl Iterator<Item = OsString>) -> Option<PathBuf> {
    let mut arguments = arguments;
    while let Some(argument) = arguments.next() {
        if argument == "--office" {
            return set(arguments.next());
        }
        if let Some(dir) = argument.to_str().and_then(|text| text.strip_prefix("--office=")) {
            return set(Some(dir.into()));
        }
    }
    None
}

fn set(value: Option<OsString>) -> Option<PathBuf> {
    value.filter(|value| !value.is_empty()).map(PathBuf::from)
}

/// `OFFICE_BIN`, or the program that was installed beside this one.
fn program() -> PathBuf {
    if let Some(program) = set(std::env::var_os("OFFICE_BIN")) {
        return program;
    }
    let own = std::env::current_exe().unwrap_or_default();
    own.parent().unwrap_or(Path::new("")).join(format!("office{}", std::env::consts::EXE_SUFFIX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(words: &[&str]) -> Option<PathBuf> {
        named(words.iter().map(OsString::from))
    }

    #[test]
    fn the_office_is_named_by_its_option() {
        assert_eq!(of(&["--office", "night"]), Some("night".into()));
        assert_eq!(of(&["x", "--office=night"]), Some("night".into()));
        assert_eq!(of(&["--office"]), None);
        assert_eq!(of(&["--office", ""]), None);
        assert_eq!(of(&[]), None);
    }
}
