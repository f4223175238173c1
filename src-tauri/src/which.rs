//! Which office this window is for, and where the program is that runs one. Not here: starting it (`start.rs`).

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use office_core::Refusal;
use office_door::place;
use office_reach::Destination;

/// What this window was started for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Which {
    /// The office's directory.
    pub dir: PathBuf,
    /// The program `office`.
    pub program: PathBuf,
    /// The machine it is on, if not this one.
    pub there: Option<Destination>,
}

impl Which {
    /// From the arguments of this process and its surroundings.
    ///
    /// # Errors
    /// A machine that ssh could take for something else.
    pub fn here() -> Result<Self, Refusal> {
        let said = |option: &str| named(option, std::env::args_os().skip(1));
        let host = said("--host").or_else(|| set(std::env::var_os("OFFICE_HOST")));
        let office = said("--office");
        let there = match host {
            // Only what was said along with the machine is a directory there.
            Some(host) => {
                Some(Destination::new(&host.to_string_lossy(), office.as_deref().and_then(std::ffi::OsStr::to_str))?)
            }
            None => None,
        };
        let here = if there.is_none() { office } else { None };
        let dir = here.or_else(|| set(std::env::var_os("OFFICE_DIR"))).map_or_else(place::usual, PathBuf::from);
        Ok(Self { dir: std::path::absolute(&dir).unwrap_or(dir), program: program(), there })
    }
}

impl Which {
    /// A number for the office's directory: steady, and rarely shared.
    pub fn number(&self) -> u64 {
        let whole = std::fs::canonicalize(&self.dir).unwrap_or_else(|_| self.dir.clone());
        let host = self.there.as_ref().map_or("", Destination::host);
        let bytes = whole.as_os_str().as_encoded_bytes();
        bytes
            .iter()
            .chain(host.as_bytes())
            .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
    }
}

/// What follows `option` among the arguments, apart or after `=`.
pub fn named(option: &str, arguments: impl Iterator<Item = OsString>) -> Option<OsString> {
    let mut arguments = arguments;
    while let Some(argument) = arguments.next() {
        if argument == option {
            return set(arguments.next());
        }
        if let Some(said) = argument.to_str().and_then(|text| text.strip_prefix(option)?.strip_prefix('=')) {
            return set(Some(said.into()));
        }
    }
    None
}

fn set(value: Option<OsString>) -> Option<OsString> {
    value.filter(|value| !value.is_empty())
}

/// `OFFICE_BIN`, or the program that was installed beside this one.
fn program() -> PathBuf {
    if let Some(program) = set(std::env::var_os("OFFICE_BIN")) {
        return program.into();
    }
    let own = std::env::current_exe().unwrap_or_default();
    own.parent().unwrap_or(Path::new("")).join(format!("office{}", std::env::consts::EXE_SUFFIX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(option: &str, words: &[&str]) -> Option<OsString> {
        named(option, words.iter().map(OsString::from))
    }

    #[test]
    fn the_office_and_its_machine_are_named_by_their_options() {
        assert_eq!(of("--office", &["--office", "night"]), Some("night".into()));
        assert_eq!(of("--office", &["x", "--office=night", "--host", "vm"]), Some("night".into()));
        assert_eq!(of("--host", &["--office=night", "--host", "user@vm"]), Some("user@vm".into()));
        assert_eq!(of("--host", &["--hostess=x"]), None);
        assert_eq!(of("--office", &["--office"]), None);
        assert_eq!(of("--office", &["--office", ""]), None);
        assert_eq!(of("--office", &[]), None);
    }
}
