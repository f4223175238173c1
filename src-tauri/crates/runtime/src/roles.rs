//! Roles out of files, in layers: those that come with the program, the owner's, and what repositories say beside them. They
//! are read again when a file changes; what has a fault keeps what it said before. How one file reads is in `roles/file.rs`.

mod file;
mod keep;
mod layers;

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures_util::future::select_all;
use office_core::office::OfficeCommand;
use office_core::project::ProjectEvent;
use office_core::role::{Role, RoleFault};
use office_core::{Code, CommandBody, Event, Office, ProjectId, RoleName};
use tokio::task::spawn_blocking;

use crate::paths::OfficeDir;
use crate::watched::Bell;
use crate::world::World;

pub(crate) use layers::read;

/// What was read.
#[derive(Debug, PartialEq)]
pub(crate) struct RolesRead {
    pub(crate) roles: Vec<Role>,
    pub(crate) faults: Vec<RoleFault>,
}

/// What reading needs to know of the office: its repositories, and what the files said before.
#[derive(Default)]
pub(crate) struct Before {
    pub(crate) projects: Vec<(ProjectId, String, PathBuf)>,
    pub(crate) roles: BTreeMap<RoleName, Role>,
}

impl Before {
    pub(crate) fn of(office: &Office) -> Self {
        let projects = office.projects.values().filter(|it| !it.removed);
        Self {
            projects: projects.map(|it| (it.id, it.name.clone(), PathBuf::from(&it.path))).collect(),
            roles: office.roles.clone(),
        }
    }
}

/// Where a repository keeps its agents.
const PLANTED: [&str; 2] = [".claude", "agents"];

/// The folders in which a change of roles shows: the owner's, and each repository's as deep as it is there.
fn folders(dir: &OfficeDir, projects: &[(ProjectId, String, PathBuf)]) -> Vec<PathBuf> {
    let plain = |path: &Path| std::fs::symlink_metadata(path).is_ok_and(|facts| facts.is_dir());
    let mut folders = vec![dir.roles()];
    for (_, _, root) in projects {
        let mut place = root.clone();
        for part in PLANTED {
            if !plain(&place.join(part)) {
                break;
            }
            place.push(part);
        }
        folders.push(place);
    }
    folders.retain(|folder| folder.is_dir());
    folders
}

impl World {
    /// Reads the roles again, and tells the office where they are others.
    pub(crate) async fn read_roles(&self) -> Result<(), office_core::Refusal> {
        let before = self.handle.read(Before::of).await?;
        let dir = self.dir.clone();
        let found = spawn_blocking(move || read(&dir, &before)).await;
        let Ok(RolesRead { roles, faults }) = found else { return Ok(()) };
        self.handle.report(CommandBody::Office(OfficeCommand::ReadRoles { roles, faults })).await.map(|_| ())
    }

    /// Reads them whenever a file or the list of repositories changed, until the office ends.
    pub(crate) async fn follow_roles(self: Arc<Self>) {
        let mut feed = self.handle.subscribe();
        let mut bells: HashMap<PathBuf, Bell> = HashMap::new();
        loop {
            let Ok(before) = self.handle.read(Before::of).await else { return };
            let wanted = folders(&self.dir, &before.projects);
            bells.retain(|folder, _| wanted.contains(folder));
            for folder in wanted {
                if !bells.contains_key(&folder)
                    && let Some(bell) = self.watched.watch(&folder)
                {
                    bells.insert(folder, bell);
                }
            }
            // Watched first and read then: what changes between the two rings.
            match self.read_roles().await {
                // It is closing.
                Err(error) if error.code == Code::NoOffice => return,
                Err(error) => tracing::warn!(%error, "the roles could not be read again"),
                Ok(()) => {}
            }
            let comes_or_goes = |event: &Event| {
                matches!(event, Event::Project(ProjectEvent::Added { .. } | ProjectEvent::Removed { .. }))
            };
            let rung = async {
                if bells.is_empty() {
                    std::future::pending::<()>().await;
                }
                select_all(bells.values().map(|bell| Box::pin(bell.rung()))).await;
            };
            tokio::select! {
                () = rung => {}
                next = self.next_that(&mut feed, comes_or_goes) => if next.is_none() { return },
            }
        }
    }
}
