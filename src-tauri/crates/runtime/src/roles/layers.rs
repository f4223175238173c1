//! The files of roles in their layers: shipped, the owner's, repositories'. The owner's wins over what is shipped; a repository's
//! gives a role of ours words and a look, or is a role of its own that nobody holds elsewhere and that may nothing beyond its task.

use std::collections::BTreeMap;
use std::path::Path;

use office_core::role::{Added, Role, RoleFault, RoleFrom};
use office_core::{ProjectId, RoleName};

use super::{Before, PLANTED, RolesRead, file};
use crate::paths::OfficeDir;

/// The roles that come with the program.
pub(super) const SHIPPED: [(&str, &str); 10] = [
    ("coordinator.md", include_str!("../../../../../roles/coordinator.md")),
    ("docs-writer.md", include_str!("../../../../../roles/docs-writer.md")),
    ("engineer.md", include_str!("../../../../../roles/engineer.md")),
    ("monitor.md", include_str!("../../../../../roles/monitor.md")),
    ("ops.md", include_str!("../../../../../roles/ops.md")),
    ("pm.md", include_str!("../../../../../roles/pm.md")),
    ("refactorer.md", include_str!("../../../../../roles/refactorer.md")),
    ("researcher.md", include_str!("../../../../../roles/researcher.md")),
    ("reviewer-qa.md", include_str!("../../../../../roles/reviewer-qa.md")),
    ("test-writer.md", include_str!("../../../../../roles/test-writer.md")),
];

/// Larger files are no role.
pub(super) const LARGEST: u64 = 256 * 1024;
/// Files of one folder that are read.
const FILES: usize = 200;

/// Reads all layers. What does not read keeps what it said before; a role of the owner's never falls back to a wider one.
pub(crate) fn read(dir: &OfficeDir, before: &Before) -> RolesRead {
    let mut faults = Vec::new();
    let mut roles: BTreeMap<RoleName, Role> = BTreeMap::new();
    for (name, text) in SHIPPED {
        match file::owners(name, text, RoleFrom::Shipped) {
            Ok(role) => drop(roles.insert(role.name.clone(), role)),
            Err(fault) => faults.push(fault),
        }
    }
    let mut own: BTreeMap<RoleName, String> = BTreeMap::new();
    for (name, text) in owners(&dir.roles(), &mut faults) {
        let shown = format!("roles/{name}");
        match text.and_then(|text| file::owners(&shown, &text, RoleFrom::Owner)) {
            Ok(role) => match own.get(&role.name) {
                Some(first) => faults.push(twice(&shown, &role.name, first)),
                None => {
                    own.insert(role.name.clone(), shown);
                    roles.insert(role.name.clone(), role);
                }
            },
            Err(fault) => {
                faults.push(fault);
                let stem = RoleName(name.trim_end_matches(".md").to_owned());
                if let Some(known) = before.roles.get(&stem).filter(|known| known.from == RoleFrom::Owner) {
                    roles.insert(stem, Role { added: Vec::new(), ..known.clone() });
                }
            }
        }
    }
    for (project, called, root) in &before.projects {
        planted(*project, called, root, &mut roles, &mut faults);
    }
    RolesRead { roles: roles.into_values().collect(), faults }
}

fn twice(file: &str, name: &RoleName, first: &str) -> RoleFault {
    RoleFault {
        file: file.to_owned(),
        line: 0,
        what: format!("the role '{name}' is in {first} already"),
        way_out: "keep one of them, or give this one another `name`".to_owned(),
    }
}

type Read = Result<String, RoleFault>;

fn owners(folder: &Path, faults: &mut Vec<RoleFault>) -> Vec<(String, Read)> {
    let mut found = Vec::new();
    for name in names(folder, "roles", faults) {
        let path = folder.join(&name);
        let small = std::fs::metadata(&path).is_ok_and(|facts| facts.is_file() && facts.len() <= LARGEST);
        let wrong = |what: String| RoleFault {
            file: format!("roles/{name}"),
            line: 0,
            what,
            way_out: format!("a role is a plain file of UTF-8 text of at most {} KiB", LARGEST / 1024),
        };
        let text = match std::fs::read_to_string(&path) {
            _ if !small => Err(wrong("it is no plain file, or too large".to_owned())),
            read => read.map_err(|error| wrong(error.to_string())),
        };
        found.push((name.clone(), text));
    }
    found
}

/// Names of Markdown files of a folder, in their order.
fn names(folder: &Path, shown: &str, faults: &mut Vec<RoleFault>) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    let mut names: Vec<String> =
        names.filter(|name| name.ends_with(".md") && !name.starts_with('.')).take(FILES + 1).collect();
    if names.len() > FILES {
        let way_out = format!("keep at most {FILES} there");
        faults.push(RoleFault { file: shown.to_owned(), line: 0, what: "too many roles".to_owned(), way_out });
        names.truncate(FILES);
    }
    names.sort();
    names
}

/// What a repository says of agents. Read as what it is: written by anybody.
fn planted(
    project: ProjectId,
    called: &str,
    root: &Path,
    roles: &mut BTreeMap<RoleName, Role>,
    faults: &mut Vec<RoleFault>,
) {
    let mut folder = root.to_owned();
    for part in PLANTED {
        folder.push(part);
        if !std::fs::symlink_metadata(&folder).is_ok_and(|facts| facts.is_dir()) {
            return;
        }
    }
    let place = PLANTED.join("/");
    let mut here: BTreeMap<RoleName, String> = BTreeMap::new();
    for name in names(&folder, &format!("{called}: {place}"), faults) {
        let shown = format!("{called}: {place}/{name}");
        let whole =
            |what: String, way_out: &str| RoleFault { file: shown.clone(), line: 0, what, way_out: way_out.to_owned() };
        let read = office_git::RepoPath::new(format!("{place}/{name}"))
            .map_err(|error| error.to_string())
            .and_then(|path| office_git::read_planted(root, &path, LARGEST).map_err(|error| error.to_string()))
            .map(|bytes| String::from_utf8(bytes.unwrap_or_default()));
        let read = match read {
            Ok(Ok(text)) => file::planted(&shown, &text),
            Ok(Err(_)) => Err(whole("it is no UTF-8 text".to_owned(), "convert it")),
            Err(why) => Err(whole(why, "make it a plain file of the repository")),
        };
        let role = match read {
            Ok(role) => role,
            Err(fault) => {
                faults.push(fault);
                continue;
            }
        };
        if let Some(first) = here.get(&role.name) {
            faults.push(twice(&shown, &role.name, first));
            continue;
        }
        here.insert(role.name.clone(), shown.clone());
        match roles.get_mut(&role.name) {
            None => drop(roles.insert(role.name.clone(), Role { project: Some(project), ..role })),
            Some(known) if known.from == RoleFrom::Project => {
                let way_out = "give one of them another `name`: a role of a repository is there for that alone";
                faults.push(whole(format!("the role '{}' came with another repository", role.name), way_out));
            }
            Some(known) => known.added.push(Added { project, brief: role.brief, look: role.look }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dir() -> (tempfile::TempDir, OfficeDir) {
        let tmp = tempfile::tempdir().unwrap();
        let dir = OfficeDir::new(&tmp.path().join("office"));
        std::fs::create_dir_all(dir.roles()).unwrap();
        (tmp, dir)
    }

    #[test]
    fn every_shipped_role_reads_and_says_what_it_is_for() {
        let (_tmp, dir) = dir();
        let RolesRead { roles, faults } = read(&dir, &Before::default());
        assert_eq!((roles.len(), &faults[..]), (SHIPPED.len(), &[][..]));
        for role in roles {
            assert!(role.brief.len() > 200 && !role.summary.is_empty() && role.look.is_some(), "{}", role.name);
            assert!(!role.engines.is_empty(), "{}", role.name);
        }
    }

    #[test]
    fn the_owners_file_wins_and_a_broken_one_keeps_what_it_said() {
        let (_tmp, dir) = dir();
        let mine = dir.roles().join("engineer.md");
        std::fs::write(&mine, "---\ntitle: Mine\nscope: {paths: [\"src/**\"]}\n---\nOnly there.\n").unwrap();
        let first = read(&dir, &Before::default());
        let before = Before {
            roles: first.roles.iter().map(|role| (role.name.clone(), role.clone())).collect(),
            ..Before::default()
        };
        let known = &before.roles[&"engineer".into()];
        assert_eq!((known.from, known.title.as_str()), (RoleFrom::Owner, "Mine"));
        std::fs::write(&mine, "---\ntitel: Mine\n---\nOnly there.\n").unwrap();
        std::fs::write(dir.roles().join("second.md"), "---\nname: ops\ntitle: A\n---\nb\n").unwrap();
        std::fs::write(dir.roles().join("third.md"), "---\nname: ops\ntitle: B\n---\nb\n").unwrap();
        let second = read(&dir, &before);
        let engineer = second.roles.iter().find(|role| role.name.0 == "engineer").unwrap();
        assert_eq!(engineer.scope.paths, ["src/**"], "never the wider one that is shipped");
        let said: Vec<String> = second.faults.iter().map(ToString::to_string).collect();
        assert!(
            said[0].starts_with("roles/engineer.md: line 2: there is no key `titel`; did you mean `title`?"),
            "{said:?}"
        );
        assert!(said[1].contains("the role 'ops' is in roles/second.md already"), "{said:?}");
    }

    #[test]
    fn a_repository_adds_words_to_ours_and_never_rights() {
        let (tmp, dir) = dir();
        let root = tmp.path().join("shop");
        std::fs::create_dir_all(root.join(".claude/agents")).unwrap();
        let agents = root.join(".claude/agents");
        std::fs::write(agents.join("eng.md"), "---\nname: engineer\nmay: [hire]\n---\nUse tabs.\n").unwrap();
        std::fs::write(agents.join("own.md"), "---\nname: checker\nmay: [hire]\n---\nCheck.\n").unwrap();
        std::os::unix::fs::symlink("/etc/passwd", agents.join("link.md")).unwrap();
        let before = Before { projects: vec![(ProjectId(1), "shop".into(), root)], ..Before::default() };
        let RolesRead { roles, faults } = read(&dir, &before);
        let find = |name: &str| roles.iter().find(|role| role.name.0 == name).unwrap();
        let engineer = find("engineer");
        assert_eq!((engineer.may.len(), engineer.from), (0, RoleFrom::Shipped));
        assert!(engineer.in_project(ProjectId(1)).brief.ends_with("Use tabs."));
        assert!(!engineer.in_project(ProjectId(2)).brief.contains("tabs"));
        assert_eq!((find("checker").project, find("checker").may.len()), (Some(ProjectId(1)), 0));
        assert_eq!(faults.len(), 1, "a link is not followed: {faults:?}");
    }
}
