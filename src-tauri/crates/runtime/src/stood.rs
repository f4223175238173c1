//! The state a checkout is in, as one text: which files are there, and when each was last changed. What was approved to be published
//! is bound to it. Nothing of a checkout is opened or run for it: its agent could have put anything there.

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use office_core::audit::digest;

/// More files than these are not gone through; the state is then not known, and what is bound to it is asked again.
const MOST: usize = 100_000;
/// What a build makes anew by itself, and what git keeps to be quick.
const PASSED_OVER: &[&str] = &["target", "node_modules", ".venv", "__pycache__"];
const IN_GIT: &[&str] = &["HEAD", "packed-refs", "refs", "config"];

/// Kinds of risk where it matters what exactly is in the checkout when it happens.
pub(crate) fn matters(category: Option<&str>) -> bool {
    matches!(category, Some("publish" | "git-history"))
}

/// The state; none where it cannot be said.
pub(crate) fn state(checkout: &Path) -> Option<String> {
    let mut found = BTreeMap::new();
    let mut next = vec![checkout.to_owned()];
    while let Some(folder) = next.pop() {
        let git = folder.parent() == Some(checkout) && folder.file_name().is_some_and(|name| name == ".git");
        for entry in std::fs::read_dir(&folder).ok()? {
            let entry = entry.ok()?;
            let name = entry.file_name();
            let listed = |list: &[&str]| name.to_str().is_some_and(|name| list.contains(&name));
            if (git && !listed(IN_GIT)) || listed(PASSED_OVER) {
                continue;
            }
            let path: PathBuf = entry.path();
            let facts = std::fs::symlink_metadata(&path).ok()?;
            if facts.is_dir() {
                next.push(path);
            } else {
                // The change time is the kernel's: nobody sets it back.
                let line = format!("{} {} {}.{}", facts.ino(), facts.size(), facts.ctime(), facts.ctime_nsec());
                found.insert(path, line);
            }
            if found.len() + next.len() > MOST {
                return None;
            }
        }
    }
    let line = |(path, facts): (&PathBuf, &String)| format!("{} {facts}\n", path.to_string_lossy());
    Some(digest(found.iter().map(line).collect::<String>()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn it_is_the_same_until_a_file_is_changed_made_or_gone_and_what_a_build_makes_is_passed_over() {
        let root = tempfile::tempdir().unwrap();
        let at = |name: &str| root.path().join(name);
        fs::create_dir_all(at("src")).unwrap();
        fs::create_dir_all(at(".git/refs/heads")).unwrap();
        fs::write(at("src/a"), "1").unwrap();
        fs::write(at(".git/refs/heads/main"), "x").unwrap();
        let first = state(root.path()).unwrap();
        assert_eq!(state(root.path()).unwrap(), first);
        fs::create_dir_all(at("target/debug")).unwrap();
        fs::write(at("target/debug/x"), "1").unwrap();
        fs::write(at(".git/index"), "1").unwrap();
        assert_eq!(state(root.path()).unwrap(), first);
        let changes: [&dyn Fn(); 3] = [
            &|| fs::write(at("src/a"), "22").unwrap(),
            &|| fs::write(at(".git/refs/heads/main"), "yy").unwrap(),
            &|| fs::remove_file(at("src/a")).unwrap(),
        ];
        let mut before = first;
        for change in changes {
            change();
            let now = state(root.path()).unwrap();
            assert_ne!(now, before);
            before = now;
        }
        // A link is looked at, never followed.
        std::os::unix::fs::symlink("/", at("all")).unwrap();
        assert!(state(root.path()).is_some());
    }
}
