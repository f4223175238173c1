//! What of a git directory decides which programs run and whose objects count, and where its branches stand: read in-process as plain
//! data, so that two looks can be compared. Git is never run for it, and nothing is judged here but whether a setting can run something.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::name::Oid;
use crate::plain::{Entry, PlainDir};

/// Names of places, and what was there.
pub type Places = BTreeMap<String, String>;

/// A file of settings that is larger is only known by its beginning.
const LARGEST: u64 = 1 << 20;
/// Names in one folder, and of branches in all.
const MOST: usize = 10_000;
/// Values of settings for programs that show or edit, which change nothing.
const HARMLESS: [&str; 12] = [
    "",
    "true",
    "false",
    ":",
    "cat",
    "less",
    "vi",
    "vim",
    "nano",
    "git-lfs clean -- %f",
    "git-lfs smudge -- %f",
    "git-lfs filter-process",
];

/// What the `.git` of a checkout says that can make git run something or take another's objects.
pub fn checkout_settings(checkout: &Path) -> Places {
    let look = |top: &PlainDir| top.look(OsStr::new(".git"));
    match PlainDir::open(checkout).and_then(|top| Ok((look(&top)?, top))) {
        Ok((Entry::Dir, top)) => match top.dir(OsStr::new(".git")) {
            Ok(git) => settings(&git),
            Err(error) => one(".git", format!("cannot be looked into: {error}")),
        },
        Ok((Entry::Missing, _)) => one(".git", "gone".to_owned()),
        Ok((Entry::Link(to), _)) => one(".git", format!("a link to {}", to.to_string_lossy())),
        Ok(_) => one(".git", "no folder any more".to_owned()),
        Err(error) => one(".git", format!("cannot be looked into: {error}")),
    }
}

/// The same of a git directory, wherever it lies.
pub fn directory_settings(git_dir: &Path) -> Places {
    match PlainDir::open(git_dir) {
        Ok(git) => settings(&git),
        Err(error) => one("git directory", format!("cannot be looked into: {error}")),
    }
}

/// Where HEAD and all branches and tags of a git directory stand, as far as its files say.
pub fn branches(git_dir: &Path) -> Places {
    let mut found = Places::new();
    let Ok(git) = PlainDir::open(git_dir) else { return found };
    let packed = git.read("packed-refs", 16 * LARGEST).ok().flatten().unwrap_or_default();
    for line in String::from_utf8_lossy(&packed).lines().filter(|line| !line.starts_with(['#', '^'])).take(MOST) {
        if let Some((oid, name)) = line.split_once(' ') {
            found.insert(name.to_owned(), oid.to_owned());
        }
    }
    if let Ok(Some(head)) = git.read("HEAD", 4096) {
        found.insert("HEAD".to_owned(), text(&head));
    }
    if let Ok(refs) = git.dir(OsStr::new("refs")) {
        loose(&refs, "refs", &mut found);
    }
    found
}

/// Whether this commit was made, or once stood at, in that checkout: it is among its own objects and in the story of its HEAD.
pub fn was_at(checkout: &Path, commit: &str) -> bool {
    let Ok(oid) = Oid::parse(commit) else { return false };
    let (folder, name) = oid.as_str().split_at(2);
    let Ok(git) = PlainDir::open(checkout).and_then(|top| top.dir(OsStr::new(".git"))) else { return false };
    let own = ["objects", folder]
        .iter()
        .try_fold(None, |dir: Option<PlainDir>, part| dir.as_ref().unwrap_or(&git).dir(OsStr::new(part)).map(Some));
    let has_it =
        own.is_ok_and(|dir| dir.is_some_and(|dir| matches!(dir.look(OsStr::new(name)), Ok(Entry::File { .. }))));
    let log =
        git.dir(OsStr::new("logs")).and_then(|logs| logs.read("HEAD", 16 * LARGEST)).ok().flatten().unwrap_or_default();
    has_it && String::from_utf8_lossy(&log).lines().any(|line| line.split(' ').nth(1) == Some(oid.as_str()))
}

/// A short name for what is in a file; none where there is none. Follows links: whoever reads the file would.
pub fn fingerprint(file: &Path) -> Option<String> {
    match fs::metadata(file) {
        Ok(facts) if facts.is_file() && facts.len() <= 16 * LARGEST => fs::read(file).ok().map(|bytes| hash(&bytes)),
        Ok(facts) => Some(format!("{} bytes", facts.len())),
        Err(_) => None,
    }
}

fn one(name: &str, what: String) -> Places {
    Places::from([(name.to_owned(), what)])
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).trim_end().to_owned()
}

fn hash(bytes: &[u8]) -> String {
    let all = Sha256::digest(bytes);
    let hex = all.iter().take(8).fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
    format!("{} bytes, sha256 {hex}", bytes.len())
}

fn settings(git: &PlainDir) -> Places {
    let mut found = Places::new();
    for name in ["commondir", "gitdir"] {
        match git.look(OsStr::new(name)) {
            Ok(Entry::Missing) => {}
            _ => {
                let said = git.read(name, LARGEST).ok().flatten();
                found.insert(name.to_owned(), said.map_or("no plain file".to_owned(), |bytes| text(&bytes)));
            }
        }
    }
    if let Ok(info) = git.dir(OsStr::new("objects")).and_then(|objects| objects.dir(OsStr::new("info"))) {
        for name in ["alternates", "http-alternates"] {
            if let Ok(Some(bytes)) = info.read(name, LARGEST) {
                found.insert(format!("objects/info/{name}"), text(&bytes));
            }
        }
    } else {
        found.insert("objects/info".to_owned(), "no plain folder".to_owned());
    }
    for name in ["config", "config.worktree"] {
        match git.read(name, LARGEST) {
            Ok(Some(bytes)) => found.extend(programs(&String::from_utf8_lossy(&bytes))),
            Ok(None) => {}
            Err(error) => drop(found.insert(name.to_owned(), format!("cannot be read: {error}"))),
        }
    }
    match git.look(OsStr::new("hooks")) {
        Ok(Entry::Dir) => {
            let hooks = git.dir(OsStr::new("hooks"));
            let names = hooks.as_ref().ok().and_then(|hooks| hooks.names(MOST).ok()).unwrap_or_default();
            for name in names.iter().filter_map(|name| name.to_str()).filter(|name| !name.ends_with(".sample")) {
                let said = match hooks.as_ref().map(|hooks| (hooks.look(OsStr::new(name)), hooks)) {
                    Ok((Ok(Entry::File { executable: true, .. }), hooks)) => {
                        hooks.read(name, LARGEST).ok().flatten().map_or("too large".to_owned(), |bytes| hash(&bytes))
                    }
                    Ok((Ok(Entry::Link(to)), _)) => format!("a link to {}", to.to_string_lossy()),
                    // What is no program git runs.
                    _ => continue,
                };
                found.insert(format!("hooks/{name}"), said);
            }
        }
        Ok(Entry::Missing) => {}
        _ => drop(found.insert("hooks".to_owned(), "no plain folder".to_owned())),
    }
    found
}

/// Those settings of a file of git's that make it run something or read elsewhere.
fn programs(config: &str) -> Places {
    let mut found = Places::new();
    let (mut section, mut joined) = (String::new(), String::new());
    for (n, line) in config.lines().enumerate() {
        if let Some(begun) = line.strip_suffix('\\') {
            joined.push_str(begun);
            continue;
        }
        joined.push_str(line);
        let line = std::mem::take(&mut joined);
        let mut rest = line.trim();
        if let Some(inner) = rest.strip_prefix('[') {
            let Some((name, after)) = inner.split_once(']') else {
                found.insert(format!("config, line {}", n + 1), rest.to_owned());
                continue;
            };
            section = match name.split_once(char::is_whitespace) {
                Some((top, sub)) => format!("{}.{}", top.to_ascii_lowercase(), sub.trim().trim_matches('"')),
                None => name.to_ascii_lowercase(),
            };
            rest = after.trim();
        }
        if rest.is_empty() || rest.starts_with(['#', ';']) {
            continue;
        }
        let (key, value) = rest.split_once('=').map_or((rest, "true"), |(key, value)| (key.trim(), value.trim()));
        let (key, value) = (key.to_ascii_lowercase(), value.trim_matches('"'));
        if runs_something(&section, &key, value) {
            found.insert(format!("{section}.{key}"), value.to_owned());
        }
    }
    found
}

fn runs_something(section: &str, key: &str, value: &str) -> bool {
    let (top, sub) = section.split_once('.').map_or((section, None), |(top, sub)| (top, Some(sub)));
    let of_its_own = |value: &str| {
        let plain = !value.starts_with(['/', '~', '.']) || value.starts_with(".husky");
        plain && !value.split('/').any(|part| part == "..") && !value.starts_with(".git/")
    };
    let may_run = match (top, sub, key) {
        // A folder of the project's own files.
        ("core", None, "hookspath") => return !of_its_own(value),
        ("alias", ..) => return value.starts_with('!'),
        (
            "core",
            None,
            "fsmonitor"
            | "sshcommand"
            | "editor"
            | "pager"
            | "askpass"
            | "gitproxy"
            | "alternaterefscommand"
            | "worktree",
        )
        | ("sequence", _, "editor")
        | ("diff", None, "external")
        | ("diff", _, "command" | "textconv")
        | ("filter", _, "clean" | "smudge" | "process")
        | ("merge", _, "driver")
        | ("include" | "includeif", _, "path")
        | ("credential", _, "helper")
        | ("gpg", _, "program")
        | ("remote", _, "uploadpack" | "receivepack" | "vcs")
        | ("url", _, "insteadof" | "pushinsteadof")
        | ("difftool" | "mergetool" | "browser" | "man", _, "cmd" | "path")
        | ("interactive", _, "difffilter")
        | ("uploadpack", _, "packobjectshook")
        | ("trailer", _, "command" | "cmd")
        | ("pager", ..) => true,
        ("submodule", _, "update") => value.starts_with('!'),
        _ => false,
    };
    may_run && !HARMLESS.contains(&value)
}

fn loose(dir: &PlainDir, prefix: &str, found: &mut Places) {
    for name in dir.names(MOST).unwrap_or_default() {
        let Some(plain) = name.to_str() else { continue };
        let full = format!("{prefix}/{plain}");
        match dir.look(&name) {
            Ok(Entry::Dir) if found.len() < MOST => {
                if let Ok(inner) = dir.dir(&name) {
                    loose(&inner, &full, found);
                }
            }
            Ok(Entry::File { .. }) if !full.ends_with(".lock") => {
                if let Ok(Some(bytes)) = dir.read(plain, 4096) {
                    found.insert(full, text(&bytes));
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_that_run_something_are_found_and_others_are_not() {
        let said = programs(
            "[core]\n\tbare = false\n\tfsmonitor = ./x\n[core] sshCommand = evil\n[filter \"LFS\"]\n\tclean = \"git-lfs clean -- %f\"\n\
             [filter \"out\"]\n\tclean = touch \\\n x\n[user]\n\tname = Olive\n[alias]\n\tst = status\n\tx = !evil\n[core]\n\tpager = cat\n\
             \thooksPath = .husky/_\n[branch \"main\"]\n\tremote = origin\n[oops\n",
        );
        let names: Vec<&str> = said.keys().map(String::as_str).collect();
        assert_eq!(
            names,
            ["alias.x", "config, line 20", "core.fsmonitor", "core.sshcommand", "filter.out.clean"],
            "{said:?}"
        );
        for away in ["/tmp/hooks", "../hooks", ".git/elsewhere", "~/hooks", "."] {
            assert_eq!(programs(&format!("[core]\nhooksPath = {away}\n")).len(), 1, "{away}");
        }
    }

    #[test]
    fn a_checkout_is_read_as_it_is_and_nothing_is_followed() {
        let root = tempfile::tempdir().unwrap();
        let at = |name: &str| root.path().join(name);
        fs::create_dir_all(at(".git/objects/info")).unwrap();
        fs::create_dir_all(at(".git/hooks")).unwrap();
        fs::create_dir_all(at(".git/refs/heads/a")).unwrap();
        fs::write(at(".git/HEAD"), "ref: refs/heads/a/b\n").unwrap();
        fs::write(at(".git/refs/heads/a/b"), "11\n").unwrap();
        fs::write(at(".git/packed-refs"), "# x\n22 refs/heads/c\n33 refs/heads/a/b\n^44\n").unwrap();
        fs::write(at(".git/hooks/pre-commit.sample"), "").unwrap();
        assert_eq!(checkout_settings(root.path()), Places::new());
        let stand = branches(&at(".git"));
        assert_eq!((stand["refs/heads/a/b"].as_str(), stand["refs/heads/c"].as_str(), stand.len()), ("11", "22", 3));

        fs::write(at(".git/commondir"), "/elsewhere\n").unwrap();
        std::os::unix::fs::symlink("/bin/true", at(".git/hooks/pre-push")).unwrap();
        let said = checkout_settings(root.path());
        assert_eq!(
            (said["commondir"].as_str(), said["hooks/pre-push"].as_str()),
            ("/elsewhere", "a link to /bin/true")
        );
        fs::rename(at(".git"), at("was")).unwrap();
        assert_eq!(checkout_settings(root.path())[".git"], "gone");
        fs::write(at(".git"), "gitdir: /elsewhere\n").unwrap();
        assert_eq!(checkout_settings(root.path())[".git"], "no folder any more");
    }
}
