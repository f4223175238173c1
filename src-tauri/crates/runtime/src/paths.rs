//! Where things lie in an office's directory. Nothing else spells these names.

use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use office_core::{ProjectId, RunId, TaskId};

/// An office's directory.
#[derive(Clone, Debug)]
pub struct OfficeDir(PathBuf);

impl OfficeDir {
    /// The office at `dir`, made absolute without following links.
    pub fn new(dir: &Path) -> Self {
        Self(std::path::absolute(dir).unwrap_or_else(|_| dir.to_owned()))
    }

    /// The directory itself.
    pub fn root(&self) -> &Path {
        &self.0
    }

    /// The database.
    pub fn database(&self) -> PathBuf {
        self.0.join("office.db")
    }

    /// Says who runs the office.
    pub fn lock(&self) -> PathBuf {
        self.0.join("office.lock")
    }

    /// The search index; can be deleted at any time.
    pub fn index(&self) -> PathBuf {
        self.0.join("index")
    }

    /// The owner's own roles.
    pub fn roles(&self) -> PathBuf {
        self.0.join("roles")
    }

    /// The owner's own engines.
    pub fn engines(&self) -> PathBuf {
        self.0.join("engines")
    }

    /// Online backups.
    pub fn backups(&self) -> PathBuf {
        self.0.join("backups")
    }

    /// Where the demo's repository is made.
    pub fn demo(&self) -> PathBuf {
        self.0.join("demo")
    }

    /// Logs.
    pub fn logs(&self) -> PathBuf {
        self.0.join("logs")
    }

    /// What belongs to a project: the office's repository, its settings, its set-up cache.
    pub fn project(&self, id: ProjectId) -> PathBuf {
        self.0.join("projects").join(id.to_string())
    }

    /// The office's repository of a project.
    pub fn repository(&self, id: ProjectId) -> PathBuf {
        self.project(id).join("repo.git")
    }

    /// A project's settings kept in the office; they win over the repository's own.
    pub fn project_settings(&self, id: ProjectId) -> PathBuf {
        self.project(id).join("project.toml")
    }

    /// Folders kept from set-up, by the hash of what they depend on.
    pub fn setup_cache(&self, id: ProjectId) -> PathBuf {
        self.project(id).join("setup-cache")
    }

    /// Packages that are asked to be published, by their hash.
    pub fn parcels(&self, id: ProjectId) -> PathBuf {
        self.project(id).join("parcels")
    }

    /// What was fetched for the base's lock files.
    pub fn fetched(&self, id: ProjectId) -> PathBuf {
        self.project(id).join("fetched")
    }

    /// All private checkouts.
    pub fn checkouts(&self) -> PathBuf {
        self.0.join("checkouts")
    }

    /// A task's checkout.
    pub fn checkout(&self, task: TaskId, slug: &str) -> PathBuf {
        self.checkouts().join(format!("{task}-{slug}"))
    }

    /// A plain session's checkout.
    pub fn session_checkout(&self, run: RunId) -> PathBuf {
        self.checkouts().join(format!("session-{run}"))
    }

    /// All checkouts in which checks run.
    pub fn checks(&self) -> PathBuf {
        self.0.join("checks")
    }

    /// A run's own files: script, briefing, recording, outputs of checks.
    pub fn run(&self, id: RunId) -> PathBuf {
        self.runs().join(id.to_string())
    }

    /// Files that go with mail, by their hash.
    pub fn enclosed(&self) -> PathBuf {
        self.0.join("enclosed")
    }

    /// All runs' own files.
    pub fn runs(&self) -> PathBuf {
        self.0.join("runs")
    }

    /// What the office says of budgets, for meters.
    pub fn budgets(&self) -> PathBuf {
        self.0.join("budgets.json")
    }

    /// The host that holds the desks' programs: its socket, lock, journal and log.
    pub fn host(&self) -> PathBuf {
        self.0.join("host")
    }

    /// Hashes of the tokens of live runs.
    pub fn tokens(&self) -> PathBuf {
        self.0.join("tokens")
    }

    /// Hashes of a run's tokens.
    pub fn token_hashes(&self, run: RunId) -> PathBuf {
        self.tokens().join(run.to_string())
    }

    /// A run's recording.
    pub fn recording(&self, id: RunId) -> PathBuf {
        self.run(id).join("terminal.cast.zst")
    }

    /// Makes the folders that must be there, for their owner only.
    ///
    /// # Errors
    /// Whatever the file system says, with the path.
    pub fn make(&self) -> Result<(), std::io::Error> {
        let folders = [
            self.checkouts(),
            self.checks(),
            self.0.join("runs"),
            self.tokens(),
            self.backups(),
            self.logs(),
            self.roles(),
        ];
        std::iter::once(self.0.clone()).chain(folders).try_for_each(|dir| private_folder(&dir))
    }
}

/// Makes a folder that only its owner enters, with those above it.
fn private_folder(dir: &Path) -> Result<(), std::io::Error> {
    let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(dir);
    made.map_err(|error| std::io::Error::new(error.kind(), format!("{}: {error}", dir.display())))
}

/// The same, for whoever says in words what went wrong.
pub(crate) fn private_dir(dir: &Path) -> Result<(), String> {
    private_folder(dir).map_err(|error| error.to_string())
}
