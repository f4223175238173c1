//! A project's settings: the file in the office if there is one, else `.office/project.toml` as it is on the base commit.
//! Never the file in a desk's checkout: an agent cannot change its own checks.

use std::path::Path;

use office_core::project::{Project, ProjectSettings};
use office_git::{Oid, RepoPath};

use crate::world::{Home, World};

const IN_REPOSITORY: &str = ".office/project.toml";

/// Reads the text of a settings file.
pub(crate) fn parse(file: &str, text: &str) -> Result<ProjectSettings, String> {
    let mut settings: ProjectSettings =
        toml::from_str(text).map_err(|error| format!("{file}: {}", error.to_string().trim_end()))?;
    for check in &mut settings.checks {
        if check.name.is_empty() {
            check.name = check.run.lines().next().unwrap_or_default().to_owned();
        }
        if check.run.trim().is_empty() || check.timeout_secs == 0 {
            return Err(format!("{file}: check '{}' needs a command in `run` and a time-out above 0", check.name));
        }
    }
    let outside = |path: &&String| {
        let path = Path::new(path.as_str());
        path.is_absolute() || path.components().any(|part| matches!(part, std::path::Component::ParentDir))
    };
    let lists = [&settings.copy, &settings.link, &settings.setup.cache, &settings.setup.cache_key];
    if let Some(path) = lists.into_iter().flatten().find(outside) {
        return Err(format!("{file}: '{path}' leads out of the checkout; name paths inside the repository"));
    }
    Ok(settings)
}

impl World {
    /// The settings that hold for work on `base`.
    pub(crate) async fn settings(&self, project: &Project, home: &Home, base: &Oid) -> Result<ProjectSettings, String> {
        let own = self.dir.project_settings(project.id);
        match std::fs::read_to_string(&own) {
            Ok(text) => return parse(&own.display().to_string(), &text),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(format!("{}: {error}", own.display())),
        }
        let mut known = home.settings.lock().await;
        if let Some((_, settings)) = known.as_ref().filter(|(commit, _)| commit == base.as_str()) {
            return Ok(settings.clone());
        }
        let path = RepoPath::new(IN_REPOSITORY).map_err(|error| error.to_string())?;
        let file = home.repo.read_file_at(base, &path, 256 * 1024).await.map_err(|error| error.to_string())?;
        let settings = match file {
            None => ProjectSettings::default(),
            Some(bytes) => {
                let text = String::from_utf8(bytes).map_err(|_| format!("{IN_REPOSITORY} is not UTF-8"))?;
                parse(IN_REPOSITORY, &text)?
            }
        };
        *known = Some((base.as_str().to_owned(), settings.clone()));
        Ok(settings)
    }
}
