//! What this machine offers: where bwrap is and what it can do, and which parts of the system a sandbox shows.

use std::path::{Path, PathBuf};

/// Parts of /etc that programs need and that say nothing about the owner.
const ETC: [&str; 22] = [
    "ld.so.cache",
    "ld.so.conf",
    "ld.so.conf.d",
    "alternatives",
    "ssl/certs",
    "ssl/openssl.cnf",
    "pki/tls/certs",
    "pki/ca-trust/extracted",
    "ca-certificates",
    "ca-certificates.conf",
    "crypto-policies",
    "nsswitch.conf",
    "localtime",
    "timezone",
    "mime.types",
    "os-release",
    "debian_version",
    "locale.alias",
    "locale.conf",
    "protocols",
    "services",
    "terminfo",
];
/// Where a system keeps programs and libraries.
const SYSTEM: [&str; 7] = ["bin", "sbin", "lib", "lib64", "lib32", "libx32", "nix/store"];

/// One top-level folder of the system.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Top {
    /// A folder.
    Folder(PathBuf),
    /// A link, and where it leads (`usr/bin`).
    Link(PathBuf, PathBuf),
}

/// What this machine offers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Host {
    /// The program bwrap.
    pub bwrap: PathBuf,
    /// Its version: major and minor.
    pub version: (u32, u32),
    /// Folders of the system.
    pub top: Vec<Top>,
    /// Files and folders of /etc.
    pub etc: Vec<PathBuf>,
    /// Who asks.
    pub uid: u32,
}

impl Host {
    /// Looks at this machine; none where bwrap is not on `path`. Its version is what it says of itself.
    pub fn look(path: &std::ffi::OsStr, version: &str) -> Option<Self> {
        let bwrap = find("bwrap", path)?;
        let mut top = Vec::new();
        for name in SYSTEM {
            let at = Path::new("/").join(name);
            match std::fs::symlink_metadata(&at) {
                Ok(facts) if facts.is_symlink() => {
                    top.extend(std::fs::read_link(&at).ok().map(|to| Top::Link(at, to)));
                }
                Ok(facts) if facts.is_dir() => top.push(Top::Folder(at)),
                _ => {}
            }
        }
        let etc = ETC.iter().map(|name| Path::new("/etc").join(name)).filter(|path| path.exists()).collect();
        let uid = nix::unistd::geteuid().as_raw();
        Some(Self { bwrap, version: parsed(version), top, etc, uid })
    }
}

/// A program on a search path.
pub fn find(name: &str, path: &std::ffi::OsStr) -> Option<PathBuf> {
    std::env::split_paths(path).map(|folder| folder.join(name)).find(|file| {
        file.is_absolute() && file.is_file() && nix::unistd::access(file, nix::unistd::AccessFlags::X_OK).is_ok()
    })
}

/// `bubblewrap 0.8.0` among the texts of the program, where it stands there once.
pub(crate) fn version_in(program: &[u8]) -> Option<String> {
    const NAME: &[u8] = b"bubblewrap ";
    let said = |at: usize| {
        let rest = program.get(at + NAME.len()..)?;
        let end = rest.iter().position(|byte| !byte.is_ascii_digit() && *byte != b'.')?;
        let number = std::str::from_utf8(&rest[..end]).ok().filter(|number| number.contains('.') && rest[end] == 0)?;
        Some(format!("bubblewrap {number}"))
    };
    let mut found =
        program.windows(NAME.len()).enumerate().filter(|(_, part)| *part == NAME).filter_map(|(at, _)| said(at));
    let first = found.next()?;
    found.next().is_none().then_some(first)
}

/// `bubblewrap 0.8.0`; what does not read is taken for old, which leaves out what only new ones can do.
fn parsed(version: &str) -> (u32, u32) {
    let numbers = version.split_whitespace().nth(1).unwrap_or_default();
    let mut numbers = numbers.split('.').map(|part| part.parse().unwrap_or(0));
    (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_reads_or_is_old() {
        assert_eq!(parsed("bubblewrap 0.8.0\n"), (0, 8));
        assert_eq!(parsed("bubblewrap 0.11.2"), (0, 11));
        assert_eq!(parsed("what"), (0, 0));
        let version = |text: &str| version_in(text.as_bytes());
        assert_eq!(version("x\0bubblewrap \0bubblewrap 0.11.2\0y").as_deref(), Some("bubblewrap 0.11.2"));
        for unsure in ["", "bubblewrap 0.8", "bubblewrap 0.8 is old\0", "bubblewrap 0.8\0bubblewrap 0.9\0"] {
            assert_eq!(version(unsure), None, "{unsure}");
        }
    }

    #[test]
    fn nothing_of_etc_says_who_the_owner_is() {
        for name in ["passwd", "shadow", "group", "hosts", "resolv.conf", "sudoers", "ssh", "machine-id", "hostname"] {
            assert!(!ETC.iter().any(|shown| *shown == name || shown.starts_with(&format!("{name}/"))), "{name}");
        }
    }
}
