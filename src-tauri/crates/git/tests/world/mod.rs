//! A small world for the tests: an owner with a repository and a home of their own, an office beside it.
//! Deliberately not here: what is tested.
#![allow(dead_code, reason = "each test file uses a part of it")]
#![allow(clippy::unwrap_used, reason = "a world that cannot be built fails its test")]

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use office_git::*;

pub struct World {
    pub tmp: tempfile::TempDir,
    pub root: PathBuf,
    pub owner: PathBuf,
    pub git: Git,
}

pub fn owner_identity() -> Identity {
    Identity::new("Olga Owner", "olga@example.org").unwrap()
}

pub fn date() -> CommitDate {
    CommitDate { seconds: 1_700_000_000, offset_minutes: 60 }
}

impl World {
    /// An owner with a repository `name` that has one commit on `main`.
    pub fn named(name: &str) -> Self {
        let tmp = tempfile::tempdir().unwrap();
        let root = fs::canonicalize(tmp.path()).unwrap();
        let owner = root.join(name);
        let home = root.join("home");
        fs::create_dir_all(&home).unwrap();
        fs::write(
            home.join(".gitconfig"),
            "[user]\n\tname = Olga Owner\n\temail = olga@example.org\n[init]\n\tdefaultBranch = main\n",
        )
        .unwrap();
        fs::create_dir_all(&owner).unwrap();
        let git = Git::new(GitSettings {
            owner_home: Some(home),
            owner_config_home: None,
            timeout: Duration::from_secs(20),
            ..GitSettings::from_environment()
        });
        let world = Self { tmp, root, owner, git };
        world.owner_git("init -q");
        world.owner_write("readme.md", "hello\n");
        world.owner_write("src/a.txt", "one\ntwo\nthree\n");
        world.owner_git("add -A");
        world.owner_git("commit -q -m start");
        world
    }

    pub fn new() -> Self {
        Self::named("owner")
    }

    /// Runs the owner's git in a folder, with the owner's home and nothing else of this machine.
    pub fn try_git(&self, folder: &Path, args: &[&str]) -> (bool, String) {
        #[expect(clippy::disallowed_methods, reason = "the tests play the owner and the agent")]
        let mut command = std::process::Command::new("git");
        command
            .env_clear()
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .env("HOME", self.root.join("home"))
            .env("LANG", "C.UTF-8");
        command
            .env("GIT_AUTHOR_DATE", "1690000000 +0000")
            .env("GIT_COMMITTER_DATE", "1690000000 +0000")
            .env("GIT_CONFIG_NOSYSTEM", "1");
        let out = command.arg("-C").arg(folder).args(args).output().unwrap();
        (
            out.status.success(),
            format!("{}{}", String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr))
                .trim_end()
                .to_owned(),
        )
    }

    pub fn git_in(&self, folder: &Path, args: &[&str]) -> String {
        let (ok, text) = self.try_git(folder, args);
        assert!(ok, "git {args:?} in {folder:?}: {text}");
        text
    }

    pub fn owner_git(&self, line: &str) -> String {
        self.git_in(&self.owner, &line.split(' ').collect::<Vec<_>>())
    }

    pub fn owner_write(&self, path: &str, text: &str) {
        write(&self.owner, path, text);
    }

    pub fn owner_commit(&self, path: &str, text: &str) -> Oid {
        self.owner_write(path, text);
        self.owner_git("add -A");
        self.owner_git("commit -q -m more");
        self.main()
    }

    pub fn main(&self) -> Oid {
        Oid::parse(&self.owner_git("rev-parse main")).unwrap()
    }

    pub async fn facts(&self) -> RepoFacts {
        inspect(&self.git, &self.owner, "office").await.unwrap()
    }

    pub async fn office(&self) -> OfficeRepo {
        OfficeRepo::open(&self.git, &self.root.join("office.git"), &self.facts().await).unwrap()
    }

    /// A checkout of `main` for task 1.
    pub async fn desk(&self, office: &OfficeRepo) -> PathBuf {
        self.desk_at(office, "desk", &self.main()).await
    }

    pub async fn desk_at(&self, office: &OfficeRepo, name: &str, start: &Oid) -> PathBuf {
        let dest = self.root.join(name);
        let spec = CheckoutSpec {
            base: self.main(),
            start: start.clone(),
            branch: branch(),
            dest: dest.clone(),
            identity: owner_identity(),
        };
        office.make_checkout(&spec).await.unwrap();
        dest
    }

    pub fn request(&self, desk: &Path) -> CollectRequest {
        CollectRequest {
            checkout: desk.to_path_buf(),
            branch: branch(),
            base: self.main(),
            identity: owner_identity(),
            date: date(),
            message: "Fix it (#1)".to_owned(),
            trailers: TrailerPolicy::Strip,
            history: TakeHistory::Desk,
            limits: Limits::default(),
        }
    }

    pub fn merge_request(&self, tip: &Oid) -> MergeRequest {
        MergeRequest {
            base: self.main(),
            tip: tip.clone(),
            strategy: MergeStrategy::Merge,
            message: "Merge task 1".to_owned(),
            identity: owner_identity(),
            date: date(),
        }
    }

    pub fn advance_request(&self, new: &Oid) -> AdvanceRequest {
        AdvanceRequest {
            branch: Branch::parse("main").unwrap(),
            old: self.main(),
            new: new.clone(),
            identity: owner_identity(),
            date: date(),
        }
    }
}

pub fn branch() -> Branch {
    Branch::parse("office/1/fix-it").unwrap()
}

pub fn write(folder: &Path, path: &str, text: &str) {
    let path = folder.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

pub fn read(folder: &Path, path: &str) -> String {
    fs::read_to_string(folder.join(path)).unwrap()
}

pub async fn merged(office: &OfficeRepo, request: &MergeRequest) -> Oid {
    match office.merge(request).await.unwrap() {
        MergeOutcome::Merged { commit } => commit,
        other => panic!("not merged: {other:?}"),
    }
}
