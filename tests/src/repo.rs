//! A small real repository to work on, with its owner's identity, made and looked at by plain git.

use std::path::{Path, PathBuf};
use std::process::Command;

/// A repository of the owner's.
#[derive(Debug)]
pub struct Repo {
    path: PathBuf,
}

impl Repo {
    /// A repository at `path` with one commit on `main` that holds `files`.
    ///
    /// # Panics
    /// When git fails.
    pub fn new(path: &Path, files: &[(&str, &str)]) -> Self {
        std::fs::create_dir_all(path).expect("the folder is made");
        let repo = Self { path: path.to_owned() };
        repo.git(&["init", "-q", "-b", "main"]);
        repo.git(&["config", "user.name", "Olive Owner"]);
        repo.git(&["config", "user.email", "olive@example.org"]);
        repo.commit("Begin", files);
        repo
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its path as an argument.
    pub fn arg(&self) -> &str {
        self.path.to_str().expect("test paths are UTF-8")
    }

    /// Runs git in it and gives back what it printed, trimmed.
    ///
    /// # Panics
    /// When git fails.
    #[expect(clippy::disallowed_methods, reason = "a test's own look at the repository")]
    pub fn git(&self, args: &[&str]) -> String {
        let output = Command::new("git").args(args).current_dir(&self.path).output().expect("git starts");
        assert!(output.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
    }

    /// Writes files and commits them all.
    ///
    /// # Panics
    /// When git fails.
    pub fn commit(&self, message: &str, files: &[(&str, &str)]) -> String {
        for (name, content) in files {
            self.write(name, content);
        }
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "--allow-empty", "-m", message]);
        self.head()
    }

    /// Writes a file of the work tree, without committing it.
    ///
    /// # Panics
    /// When it cannot.
    pub fn write(&self, name: &str, content: &str) {
        let path = self.path.join(name);
        std::fs::create_dir_all(path.parent().expect("a name has a folder")).expect("the folder is made");
        std::fs::write(path, content).expect("the file is written");
    }

    /// The commit `main` is at.
    pub fn head(&self) -> String {
        self.git(&["rev-parse", "main"])
    }

    /// A file as it is on `main`, or none.
    pub fn on_main(&self, name: &str) -> Option<String> {
        let listed = self.git(&["ls-tree", "--name-only", "main", "--", name]);
        (!listed.is_empty()).then(|| self.git(&["show", &format!("main:{name}")]))
    }

    /// Subjects of the commits on `main`, newest first, merges left out.
    pub fn subjects(&self) -> Vec<String> {
        self.git(&["log", "--topo-order", "--no-merges", "--format=%s", "main"]).lines().map(str::to_owned).collect()
    }
}
