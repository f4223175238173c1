//! A push that the office makes itself: the commit that was shown, with the owner's credentials, and nothing of what a desk could
//! have planted.

#![allow(clippy::unwrap_used, reason = "a push that cannot be tried fails its test")]

mod world;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use office_git::*;
use world::*;

struct Pushes {
    world: World,
    office: OfficeRepo,
    desk: PathBuf,
    bare: PathBuf,
}

impl Pushes {
    async fn new() -> Self {
        let world = World::new();
        let bare = world.root.join("bare.git");
        world.git_in(&world.root, &["init", "-q", "--bare", "bare.git"]);
        world.git_in(&bare, &["config", "core.logAllRefUpdates", "always"]);
        world.git_in(&world.owner, &["remote", "add", "origin", "../bare.git"]);
        let office = world.office().await;
        let desk = world.desk(&office).await;
        write(&desk, "src/a.txt", "one\n2\nthree\n");
        world.git_in(&desk, &["commit", "-qam", "Round it"]);
        Self { world, office, desk, bare }
    }

    fn wanted(&self, source: Option<&str>) -> TakeRequest {
        let request = self.world.request(&self.desk);
        TakeRequest {
            checkout: self.desk.clone(),
            task: request.branch,
            source: source.map(|name| Branch::parse(name).unwrap()),
            base: request.base,
            identity: owner_identity(),
            message: "work".to_owned(),
            trailers: TrailerPolicy::Strip,
            limits: Limits::default(),
        }
    }

    async fn request(&self, taken: &Taken, branch: &str) -> PushRequest {
        let remote = self.office.remote("origin").await.unwrap().unwrap();
        PushRequest { remote, commit: taken.commit.clone(), branch: Branch::parse(branch).unwrap(), expected: None }
    }

    fn at(&self, name: &str) -> (bool, String) {
        self.world.try_git(&self.bare, &["rev-parse", "-q", "--verify", name])
    }

    fn program(&self, name: &str, text: &str) -> String {
        let file = self.world.root.join(name);
        fs::write(&file, format!("#!/bin/sh\n{text}\n")).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
        file.display().to_string()
    }
}

fn append(file: &Path, text: &str) {
    let old = fs::read_to_string(file).unwrap_or_default();
    fs::write(file, format!("{old}{text}")).unwrap();
}

#[tokio::test]
async fn the_commit_that_was_taken_arrives_once_under_the_name_that_was_said() {
    let p = Pushes::new().await;
    let taken = p.office.take(&p.wanted(None)).await.unwrap();
    assert_eq!((taken.subject.as_str(), taken.commits), ("Round it", 1));
    assert_eq!(taken.branch, Some(p.wanted(None).task));
    assert_eq!(p.office.take(&p.wanted(None)).await.unwrap(), taken, "the same work, the same commit");
    // What the agent commits after that is another commit, and is not what was taken.
    write(&p.desk, "src/a.txt", "later\n");
    p.world.git_in(&p.desk, &["commit", "-qam", "Later"]);
    let later = p.office.take(&p.wanted(None)).await.unwrap();
    assert_ne!(later.commit, taken.commit);
    let pushed = p.office.push(&p.request(&taken, "fix/rounding").await).await.unwrap();
    assert_eq!(pushed.code, Some(0), "{}", pushed.output);
    assert_eq!(p.at("refs/heads/fix/rounding"), (true, taken.commit.to_string()));
    let log = p.world.git_in(&p.bare, &["reflog", "show", "refs/heads/fix/rounding"]);
    assert_eq!(log.lines().count(), 1, "{log}");
    assert_eq!(p.world.git_in(&p.bare, &["for-each-ref", "--format=%(refname)"]), "refs/heads/fix/rounding");
}

#[tokio::test]
async fn nothing_that_a_desk_planted_runs_or_leads_elsewhere() {
    let p = Pushes::new().await;
    let canary = p.program("canary.sh", &format!("echo ran >> '{}'; exit 0", p.world.root.join("CANARY").display()));
    let elsewhere = p.world.root.join("elsewhere.git");
    p.world.git_in(&p.world.root, &["init", "-q", "--bare", "elsewhere.git"]);
    let planted = format!(
        "[core]\n\tfsmonitor = {canary}\n\thooksPath = hooks\n\tsshCommand = {canary}\n[credential]\n\thelper = !{canary}\n\
         [remote \"origin\"]\n\turl = {0}\n\tpushurl = {0}\n\treceivepack = {canary}\n[url \"{0}\"]\n\tinsteadOf = ../bare.git\n\
         [filter \"x\"]\n\tclean = {canary}\n[push]\n\trecurseSubmodules = check\n",
        elsewhere.display()
    );
    append(&p.desk.join(".git/config"), &planted);
    for hook in ["pre-push", "reference-transaction", "post-commit"] {
        let file = p.desk.join(".git/hooks").join(hook);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::copy(&canary, file).unwrap();
    }
    write(&p.desk, ".gitattributes", "* filter=x\n");
    let taken = p.office.take(&p.wanted(None)).await.unwrap();
    let pushed = p.office.push(&p.request(&taken, "main").await).await.unwrap();
    assert_eq!(pushed.code, Some(0), "{}", pushed.output);
    assert_eq!(p.at("refs/heads/main"), (true, taken.commit.to_string()));
    assert!(!p.world.root.join("CANARY").exists(), "something planted ran");
    assert_eq!(p.world.git_in(&elsewhere, &["for-each-ref"]), "");
}

#[tokio::test]
async fn it_goes_by_the_owners_own_settings_and_credentials_and_no_password_is_printed() {
    let p = Pushes::new().await;
    // A way to a machine that is no network: what is asked of ssh is written down, and then done here.
    let key = p.world.root.join("home/key");
    fs::write(&key, "the owner's").unwrap();
    let ssh = p.program(
        "ssh.sh",
        &format!(
            "cat '{}' >> '{}'; shift; while [ \"$1\" != git-receive-pack ]; do case $1 in *git-receive-pack*) break;; esac; shift; done; \
             exec sh -c \"$*\"",
            key.display(),
            p.world.root.join("USED").display()
        ),
    );
    p.world.git_in(&p.world.owner, &["remote", "add", "far", &format!("git@far.example:{}", p.bare.display())]);
    p.world.git_in(&p.world.owner, &["config", "core.sshCommand", &ssh]);
    p.world.git_in(&p.world.owner, &["config", "ssh.variant", "simple"]);
    let taken = p.office.take(&p.wanted(None)).await.unwrap();
    let remote = p.office.remote("far").await.unwrap().unwrap();
    let request = PushRequest { remote, ..p.request(&taken, "far").await };
    let pushed = p.office.push(&request).await.unwrap();
    assert_eq!(pushed.code, Some(0), "{}", pushed.output);
    assert_eq!(p.at("refs/heads/far").1, taken.commit.to_string());
    assert_eq!(fs::read_to_string(p.world.root.join("USED")).unwrap(), "the owner's");
    // Nobody listens there; what is said of it holds no password.
    p.world.git_in(&p.world.owner, &["remote", "add", "web", "http://me:sesame@127.0.0.1:1/a.git"]);
    let remote = p.office.remote("web").await.unwrap().unwrap();
    let pushed = p.office.push(&PushRequest { remote, ..request }).await.unwrap();
    assert_ne!(pushed.code, Some(0));
    assert!(pushed.output.contains("127.0.0.1") && !pushed.output.contains("sesame"), "{}", pushed.output);
}

#[tokio::test]
async fn what_is_there_is_overwritten_only_where_it_is_what_was_expected() {
    let p = Pushes::new().await;
    let first = p.office.take(&p.wanted(None)).await.unwrap();
    p.office.push(&p.request(&first, "main").await).await.unwrap();
    p.world.git_in(&p.desk, &["commit", "-q", "--amend", "-m", "Round it well"]);
    let second = p.office.take(&p.wanted(None)).await.unwrap();
    let plain = p.request(&second, "main").await;
    assert_ne!(p.office.push(&plain).await.unwrap().code, Some(0), "it would lose a commit");
    let wrong = PushRequest { expected: Some(Expected(p.world.main())), ..plain.clone() };
    assert_ne!(p.office.push(&wrong).await.unwrap().code, Some(0));
    let right = PushRequest { expected: Some(Expected(first.commit)), ..plain };
    assert_eq!(p.office.push(&right).await.unwrap().code, Some(0));
    assert_eq!(p.at("refs/heads/main").1, second.commit.to_string());
}

#[tokio::test]
async fn a_branch_is_taken_by_its_name_and_a_remote_is_only_one_that_the_owner_has() {
    let p = Pushes::new().await;
    p.world.git_in(&p.desk, &["branch", "side", "HEAD~1"]);
    let side = p.office.take(&p.wanted(Some("side"))).await.unwrap();
    assert_eq!((side.commit, side.commits), (p.world.main(), 0));
    assert!(p.office.take(&p.wanted(Some("none"))).await.is_err());
    p.world.git_in(&p.desk, &["remote", "add", "mine", "../bare.git"]);
    for name in ["mine", "../bare.git", "--all", "https://example.org/a.git", ""] {
        assert_eq!(p.office.remote(name).await.unwrap(), None, "{name}");
    }
    p.world.git_in(&p.world.owner, &["remote", "set-url", "--add", "--push", "origin", "a"]);
    p.world.git_in(&p.world.owner, &["remote", "set-url", "--add", "--push", "origin", "b"]);
    assert!(p.office.remote("origin").await.is_err(), "two addresses are two pushes");
}
