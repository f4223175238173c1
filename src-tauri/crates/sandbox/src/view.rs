//! Which folders of a home hold tools and not secrets: what a desk is shown, read-only, because the owner has it on the path.
//! Whole homes are never shown.

use std::path::{Path, PathBuf};

/// Folders of a home that hold toolchains, whole.
const TOOLS: [&str; 26] = [
    ".rustup",
    ".cargo/bin",
    ".pyenv",
    ".nvm",
    ".fnm",
    ".volta",
    ".asdf",
    ".bun/bin",
    ".deno/bin",
    ".sdkman/candidates",
    ".rbenv",
    ".rvm",
    ".goenv",
    ".juliaup",
    ".ghcup",
    ".npm-global",
    ".local/lib",
    ".local/pipx",
    ".local/share/claude",
    ".local/share/mise",
    ".local/share/fnm",
    ".local/share/uv",
    ".local/share/pnpm",
    ".opencode/bin",
    "go/bin",
    "sdk",
];
/// Folders of a home that hold programs and perhaps more: only when they are on the path.
const ON_PATH: [&str; 5] = [".local/bin", "bin", "miniconda3", "anaconda3", "miniforge3"];

/// A program that is a link to a link to a link...
const LONGEST_CHAIN: usize = 8;

/// The folders of tools of this home, on this path, that are there. Links are taken for what they lead to only when that is
/// below the home's own folders of tools, too.
pub fn tools(home: &Path, path: &std::ffi::OsStr) -> Vec<PathBuf> {
    let on_path: Vec<PathBuf> = std::env::split_paths(path).collect();
    let mut found: Vec<PathBuf> = TOOLS.iter().map(|name| home.join(name)).filter(|dir| dir.is_dir()).collect();
    for name in ON_PATH {
        let dir = home.join(name);
        if dir.is_dir() && on_path.iter().any(|entry| entry.starts_with(&dir)) {
            found.push(dir);
        }
    }
    found
}

/// The folders beside a program that it needs: its own, and its package's where it is a link into one, link by link.
/// Nothing where that would show a home, or something above it.
pub fn around(program: &Path, home: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut file = Some(program.to_owned());
    let mut links = 0;
    while let Some(at) = file.take() {
        if links < LONGEST_CHAIN {
            links += 1;
            let next = std::fs::read_link(&at).ok();
            file = next.and_then(|next| Some(straightened(&at.parent()?.join(next))));
        }
        // Links among the folders above it lead here.
        let real = if file.is_none() { std::fs::canonicalize(&at).ok() } else { None };
        for file in [Some(at), real].into_iter().flatten() {
            let package = file.ancestors().skip(1).find(|dir| {
                dir.parent().is_some_and(|above| above.ends_with("node_modules") || above.ends_with("lib"))
            });
            let folder = package.map(Path::to_owned).or_else(|| file.parent().map(Path::to_owned));
            found.extend(folder.filter(|dir| may_be_shown(dir, home)));
        }
    }
    found.dedup();
    found
}

/// Without `.` and `..`, by the words alone.
fn straightened(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            std::path::Component::ParentDir => {
                out.pop();
            }
            std::path::Component::CurDir => {}
            part => out.push(part),
        }
    }
    out
}

/// Whether a folder may be shown as a whole: it is neither the home, nor above it, nor one of the machine's own top folders.
pub fn may_be_shown(dir: &Path, home: &Path) -> bool {
    let top = dir.components().count() <= 2;
    dir.is_absolute() && !top && !home.starts_with(dir) && !hidden(dir, home)
}

/// Folders of a home that are never shown, whoever asks.
fn hidden(dir: &Path, home: &Path) -> bool {
    const SECRETS: [&str; 14] = [
        ".ssh",
        ".gnupg",
        ".aws",
        ".azure",
        ".kube",
        ".docker",
        ".config",
        ".netrc",
        ".password-store",
        ".mozilla",
        ".claude",
        ".codex",
        ".local/share/keyrings",
        ".local/share/afterhours",
    ];
    // Where its own installer puts the program.
    let program = dir.starts_with(home.join(".claude/local"));
    !program && SECRETS.iter().any(|name| dir.starts_with(home.join(name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_home_is_never_shown_as_a_whole() {
        let home = Path::new("/home/you");
        for dir in ["/home/you", "/home", "/", "/usr", "/home/you/.ssh", "/home/you/.config/gh", "relative"] {
            assert!(!may_be_shown(Path::new(dir), home), "{dir}");
        }
        assert!(may_be_shown(Path::new("/home/you/tools/bin"), home));
    }

    #[test]
    fn a_program_that_is_a_link_brings_the_packages_on_its_way() {
        let top = tempfile::tempdir().unwrap();
        let top = std::fs::canonicalize(top.path()).unwrap();
        for dir in ["store/@maker/tool/bin", "project", "store/.bin"] {
            std::fs::create_dir_all(top.join(dir)).unwrap();
        }
        std::fs::write(top.join("store/@maker/tool/bin/tool.js"), "").unwrap();
        std::os::unix::fs::symlink(top.join("store"), top.join("project/node_modules")).unwrap();
        std::os::unix::fs::symlink("../@maker/tool/bin/tool.js", top.join("store/.bin/tool")).unwrap();
        let found = around(&top.join("project/node_modules/.bin/tool"), Path::new("/home/you"));
        let expected = ["project/node_modules/.bin", "project/node_modules/@maker", "store/@maker/tool/bin"];
        assert_eq!(found, expected.map(|dir| top.join(dir)));
    }

    #[test]
    fn tools_are_found_and_what_is_beside_them_is_not() {
        let home = tempfile::tempdir().unwrap();
        for dir in [".rustup/toolchains", ".cargo/bin", ".cargo/registry", ".ssh", ".local/bin", "bin"] {
            std::fs::create_dir_all(home.path().join(dir)).unwrap();
        }
        let path = std::env::join_paths([home.path().join(".local/bin"), "/usr/bin".into()]).unwrap();
        let found = tools(home.path(), &path);
        let expected = [".rustup", ".cargo/bin", ".local/bin"].map(|name| home.path().join(name));
        assert_eq!(found, expected);
    }
}
