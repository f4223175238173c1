//! Files of roles as their owner sees, tries and keeps them. A shipped role that is kept is the owner's from then on; what lies in a
//! repository is changed there.

use std::path::Path;

use office_core::role::{RoleFault, RoleFrom};
use office_core::{Code, Refusal, text};
use office_door::roles::{RoleFile, RoleTried};
use tokio::task::spawn_blocking;

use super::layers::{self, LARGEST, SHIPPED};
use super::{Before, PLANTED, file};
use crate::paths::OfficeDir;
use crate::world::World;

const FOLDER: &str = "roles/";

/// The name of the owner's file that is meant, below their folder.
fn named(file: &str) -> Result<String, Refusal> {
    let name = file.strip_prefix(FOLDER).and_then(|name| Some((name, name.strip_suffix(".md")?)));
    match name {
        Some((name, stem)) if text::name("role", stem).is_ok() => Ok(name.to_owned()),
        _ => Err(Refusal::invalid(
            format!("'{}' is no file of a role that can be changed here", file.chars().take(80).collect::<String>()),
            "name one as `roles/NAME.md`",
        )),
    }
}

/// All files, with what is wrong with each.
fn all(dir: &OfficeDir, before: &Before) -> Vec<RoleFile> {
    let faults = layers::read(dir, before).faults;
    let of = |file: &str| -> Vec<RoleFault> { faults.iter().filter(|fault| fault.file == file).cloned().collect() };
    let mut files: Vec<RoleFile> = Vec::new();
    let mut own: Vec<String> = std::fs::read_dir(dir.roles())
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| named(&format!("{FOLDER}{name}")).is_ok())
        .collect();
    own.sort();
    for name in own {
        let file = format!("{FOLDER}{name}");
        let role = name.trim_end_matches(".md").to_owned();
        let (text, fixed) = match small(&dir.roles().join(&name)) {
            Ok(text) => (text, None),
            Err(why) => (String::new(), Some(why)),
        };
        files.push(RoleFile { faults: of(&file), file, role, from: RoleFrom::Owner, text, fixed });
    }
    for (name, text) in SHIPPED {
        let file = format!("{FOLDER}{name}");
        if files.iter().any(|known| known.file == file) {
            continue;
        }
        let role = name.trim_end_matches(".md").to_owned();
        files.push(RoleFile {
            file,
            role,
            from: RoleFrom::Shipped,
            text: text.to_owned(),
            fixed: None,
            faults: Vec::new(),
        });
    }
    let place = PLANTED.join("/");
    for (_, called, root) in &before.projects {
        let mut names: Vec<String> = std::fs::read_dir(root.join(&place))
            .into_iter()
            .flatten()
            .flatten()
            .filter_map(|entry| entry.file_name().into_string().ok())
            .filter(|name| name.ends_with(".md") && !name.starts_with('.'))
            .collect();
        names.sort();
        for name in names {
            let path = office_git::RepoPath::new(format!("{place}/{name}"));
            let bytes = path.ok().and_then(|path| office_git::read_planted(root, &path, LARGEST).ok().flatten());
            let Some(Ok(text)) = bytes.map(String::from_utf8) else { continue };
            let file = format!("{called}: {place}/{name}");
            let fixed = Some("it is the repository's: change it there; only its words and its look count".to_owned());
            let role = name.trim_end_matches(".md").to_owned();
            files.push(RoleFile { faults: of(&file), file, role, from: RoleFrom::Project, text, fixed });
        }
    }
    files
}

fn small(path: &Path) -> Result<String, String> {
    let facts = std::fs::metadata(path).map_err(|error| error.to_string())?;
    if !facts.is_file() || facts.len() > LARGEST {
        return Err("it is no plain file, or too large".to_owned());
    }
    std::fs::read_to_string(path).map_err(|error| error.to_string())
}

/// What such a text would say, beside the other files.
fn tried(dir: &OfficeDir, file: &str, text: &str, before: &Before) -> Result<RoleTried, Refusal> {
    named(file)?;
    let mut faults = Vec::new();
    let role = if text.len() as u64 > LARGEST {
        let what = format!("it has {} bytes", text.len());
        let way_out = format!("at most {LARGEST}: put long material into the repository and name it");
        faults.push(RoleFault { file: file.to_owned(), line: 0, what, way_out });
        None
    } else {
        match file::owners(file, text, RoleFrom::Owner) {
            Ok(role) => Some(role),
            Err(fault) => {
                faults.push(fault);
                None
            }
        }
    };
    let others = all(dir, before).into_iter().filter(|it| it.from == RoleFrom::Owner && it.file != file);
    let same = |it: &RoleFile| {
        let other = file::owners(&it.file, &it.text, RoleFrom::Owner).ok();
        other.zip(role.as_ref()).is_some_and(|(other, role)| other.name == role.name)
    };
    for other in others.filter(same) {
        let what = format!("this role is in {} already", other.file);
        let way_out = "change that one, or give this one another `name`".to_owned();
        faults.push(RoleFault { file: file.to_owned(), line: 0, what, way_out });
    }
    Ok(RoleTried { role: role.filter(|_| faults.is_empty()), faults })
}

fn lost(error: &tokio::task::JoinError) -> Refusal {
    Refusal::new(Code::Trouble, error.to_string(), "ask again")
}

impl World {
    /// All files of roles, layer by layer.
    pub(crate) async fn role_files(&self) -> Result<Vec<RoleFile>, Refusal> {
        let (dir, before) = (self.dir.clone(), self.handle.read(Before::of).await?);
        spawn_blocking(move || all(&dir, &before)).await.map_err(|error| lost(&error))
    }

    /// What a text would say as a role. Nothing is kept.
    pub(crate) async fn try_role(&self, file: String, text: String) -> Result<RoleTried, Refusal> {
        let (dir, before) = (self.dir.clone(), self.handle.read(Before::of).await?);
        spawn_blocking(move || tried(&dir, &file, &text, &before)).await.map_err(|error| lost(&error))?
    }

    /// Keeps a role in which nothing is wrong; it counts at once.
    pub(crate) async fn keep_role(
        &self,
        file: String,
        text: String,
        was: Option<String>,
    ) -> Result<RoleTried, Refusal> {
        let _turn = self.rules_turn.lock().await;
        let tried = self.try_role(file.clone(), text.clone()).await?;
        if let Some(fault) = tried.faults.first() {
            return Err(Refusal::invalid(format!("nothing was kept: {fault}"), "mend it; the role stays as it is"));
        }
        let path = self.dir.roles().join(named(&file)?);
        let kept = spawn_blocking(move || {
            let unread = |error: &std::io::Error| {
                let message = format!("{}: {error}", path.display());
                Refusal::new(Code::Unavailable, message, "see that the file is yours and plain")
            };
            let now = match std::fs::read_to_string(&path) {
                Ok(text) => Some(text),
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
                Err(error) => return Err(unread(&error)),
            };
            if now != was {
                let message = format!("{} was changed meanwhile", path.display());
                return Err(Refusal::new(Code::WrongState, message, "read it again, and change that"));
            }
            crate::settled::write(&path, &text).map_err(|error| unread(&error))
        });
        kept.await.map_err(|error| lost(&error))??;
        self.read_roles().await?;
        Ok(tried)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_names_in_the_owners_folder_are_written() {
        assert_eq!(named("roles/ops.md").unwrap(), "ops.md");
        for odd in
            ["ops.md", "roles/../x.md", "roles/a/b.md", "roles/.x.md", "/etc/x.md", "roles/x.toml", "roles/a\n.md"]
        {
            assert!(named(odd).is_err(), "{odd}");
        }
    }
}
