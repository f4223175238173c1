//! What an agent could plant in its checkout: each plant tries to run a program, to bring in a secret of another
//! repository, or to write outside. Nothing of it may happen, and the owner's git directory stays as it was.

#![allow(clippy::unwrap_used, reason = "a plant that cannot be made fails its test")]

mod world;

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use office_git::*;
use sha2::{Digest, Sha256};
use world::*;

/// A world with a trap in it.
struct Trap {
    world: World,
    office: OfficeRepo,
    desk: PathBuf,
    secret: PathBuf,
    secret_commit: String,
}

const SECRET: &str = "the secret of another repository\n";

impl Trap {
    async fn new() -> Self {
        let world = World::new();
        let canary = world.root.join("canary.sh");
        fs::write(
            &canary,
            format!("#!/bin/sh\necho ran >> '{}'\ncat 2>/dev/null\nexit 0\n", world.root.join("CANARY").display()),
        )
        .unwrap();
        fs::set_permissions(&canary, fs::Permissions::from_mode(0o755)).unwrap();
        let secret = world.root.join("secret");
        fs::create_dir(&secret).unwrap();
        world.git_in(&secret, &["init", "-q"]);
        write(&secret, "secret.txt", SECRET);
        world.git_in(&secret, &["add", "-A"]);
        world.git_in(&secret, &["commit", "-qm", "secret"]);
        let secret_commit = world.git_in(&secret, &["rev-parse", "HEAD"]);
        let office = world.office().await;
        let desk = world.desk(&office).await;
        write(&desk, "src/a.txt", "one\n2\nthree\n");
        Self { world, office, desk, secret, secret_commit }
    }

    fn canary(&self) -> String {
        self.world.root.join("canary.sh").display().to_string()
    }

    fn config(&self, text: &str) {
        let file = self.desk.join(".git/config");
        let old = fs::read_to_string(&file).unwrap();
        fs::write(file, format!("{old}{}", text.replace("CANARY", &self.canary()))).unwrap();
    }

    fn agent(&self, args: &[&str]) -> String {
        self.world.git_in(&self.desk, args)
    }

    fn owner_print(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut print = BTreeMap::new();
        fingerprint(&self.world.owner, &mut print);
        fingerprint(&self.secret, &mut print);
        print
    }

    /// Everything the office does with a desk's work, and then: nothing ran, nothing leaked, nothing was written.
    async fn spring(&self) -> Result<Collected> {
        self.spring_with(&self.world.request(&self.desk)).await
    }

    async fn spring_with(&self, request: &CollectRequest) -> Result<Collected> {
        let before = self.owner_print();
        // What a plant did while it was planted does not count.
        let _ = fs::remove_file(self.world.root.join("CANARY"));
        let got = self.office.collect(request).await;
        let _ = self.office.is_dirty(&self.desk, &branch(), &request.base, &request.base).await;
        if let Ok(got) = &got {
            self.office.patch(&request.base, &got.tip, 1 << 20).await.unwrap();
            let merge = MergeRequest { tip: got.tip.clone(), ..self.world.merge_request(&got.tip) };
            let _ = self.office.merge(&merge).await.unwrap();
            let check = CheckSpec {
                commit: got.tip.clone(),
                base: request.base.clone(),
                overlay: vec![],
                dest: self.world.root.join("check"),
                identity: owner_identity(),
            };
            self.office.check_checkout(&check).await.unwrap();
            self.office.discard_checkout(&check.dest).await.unwrap();
        }
        assert_eq!(before, self.owner_print(), "the owner's files changed");
        self.assert_quiet();
        got
    }

    fn assert_quiet(&self) {
        assert!(!self.world.root.join("CANARY").exists(), "a planted program ran");
        for repo in [self.office.dir(), &self.world.owner.join(".git")] {
            for object in [&self.secret_commit, "HEAD:secret.txt"] {
                let object = if object.contains(':') {
                    self.world.git_in(&self.secret, &["rev-parse", object])
                } else {
                    object.to_string()
                };
                let (there, _) = self
                    .world
                    .try_git(&self.world.root, &["--git-dir", &repo.to_string_lossy(), "cat-file", "-e", &object]);
                assert!(!there, "secret {object} arrived in {repo:?}");
            }
        }
        assert!(!self.world.root.join("outside").exists(), "something was written outside");
    }
}

fn fingerprint(folder: &Path, into: &mut BTreeMap<PathBuf, Vec<u8>>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let meta = fs::symlink_metadata(&path).unwrap();
        if meta.is_dir() {
            fingerprint(&path, into);
        } else {
            let mut hash = Sha256::new();
            hash.update(meta.permissions().mode().to_be_bytes());
            hash.update(if meta.is_file() { fs::read(&path).unwrap() } else { vec![] });
            into.insert(path, hash.finalize().to_vec());
        }
    }
}

/// The ordinary change went through in spite of the plant.
fn assert_taken(got: &Result<Collected>) {
    let got = got.as_ref().unwrap();
    assert!(got.changes.iter().any(|c| c.path.to_string() == "src/a.txt"), "{got:?}");
}

#[tokio::test]
async fn monitors_hooks_and_programs_in_the_configuration() {
    let trap = Trap::new().await;
    trap.config("[core]\n\tfsmonitor = CANARY\n\thooksPath = .git/hooks\n\tsshCommand = CANARY\n\teditor = CANARY\n\tpager = CANARY\n\taskPass = CANARY\n\talternateRefsCommand = CANARY\n\tgitProxy = CANARY\n");
    trap.config("[uploadpack]\n\tpackObjectsHook = CANARY\n[gpg]\n\tprogram = CANARY\n[commit]\n\tgpgSign = true\n[credential]\n\thelper = !CANARY\n[alias]\n\tls-files = !CANARY\n");
    let hooks = trap.desk.join(".git/hooks");
    fs::create_dir_all(&hooks).unwrap();
    for hook in HOOKS {
        fs::copy(trap.world.root.join("canary.sh"), hooks.join(hook)).unwrap();
    }
    assert_taken(&trap.spring().await);
}

const HOOKS: &[&str] = &[
    "applypatch-msg",
    "pre-applypatch",
    "post-applypatch",
    "pre-commit",
    "pre-merge-commit",
    "prepare-commit-msg",
    "commit-msg",
    "post-commit",
    "pre-rebase",
    "post-checkout",
    "post-merge",
    "pre-push",
    "pre-receive",
    "update",
    "proc-receive",
    "post-receive",
    "post-update",
    "reference-transaction",
    "push-to-checkout",
    "pre-auto-gc",
    "post-rewrite",
    "sendemail-validate",
    "fsmonitor-watchman",
    "p4-changelist",
    "p4-pre-submit",
    "post-index-change",
];

#[tokio::test]
async fn filters_and_drivers_of_the_desk() {
    let trap = Trap::new().await;
    trap.config("[filter \"evil\"]\n\tclean = CANARY\n\tsmudge = CANARY\n\tprocess = CANARY\n\trequired = true\n[diff]\n\texternal = CANARY\n[diff \"evil\"]\n\ttextconv = CANARY\n\tcommand = CANARY\n[merge \"evil\"]\n\tdriver = CANARY %A %O %B\n[merge]\n\tdefault = evil\n");
    write(&trap.desk, ".gitattributes", "* filter=evil diff=evil merge=evil\n");
    fs::create_dir_all(trap.desk.join(".git/info")).unwrap();
    fs::write(trap.desk.join(".git/info/attributes"), "* filter=evil diff=evil merge=evil\n").unwrap();
    let got = trap.spring().await;
    assert_taken(&got);
    assert!(got.unwrap().marks.iter().any(|m| matches!(m, Mark::GitSettings { .. })));
}

#[tokio::test]
async fn drivers_of_the_owner_never_meet_what_an_agent_wrote() {
    let trap = Trap::new().await;
    let home = trap.world.root.join("home/.gitconfig");
    let old = fs::read_to_string(&home).unwrap();
    let drivers = "[filter \"own\"]\n\tclean = CANARY\n\tsmudge = CANARY\n[diff \"own\"]\n\ttextconv = CANARY\n[merge \"own\"]\n\tdriver = CANARY %A %O %B\n[core]\n\tfsmonitor = CANARY\n";
    fs::write(&home, format!("{old}{}", drivers.replace("CANARY", &trap.canary()))).unwrap();
    let local = trap.world.owner.join(".git/config");
    let old = fs::read_to_string(&local).unwrap();
    fs::write(&local, format!("{old}{}", drivers.replace("CANARY", &trap.canary()))).unwrap();
    for hook in HOOKS {
        fs::create_dir_all(trap.world.owner.join(".git/hooks")).unwrap();
        fs::copy(trap.world.root.join("canary.sh"), trap.world.owner.join(".git/hooks").join(hook)).unwrap();
    }
    write(&trap.desk, ".gitattributes", "*.txt filter=own diff=own merge=own\n");
    let office = OfficeRepo::open(&trap.world.git, trap.office.dir(), &trap.world.facts().await).unwrap();
    let got = trap.spring().await.unwrap();
    office.pin("1", &trap.world.main()).await.unwrap();
    let _ = fs::remove_file(trap.world.root.join("CANARY"));
    let commit = merged(&office, &trap.world.merge_request(&got.tip)).await;
    let request = AdvanceRequest { old: got_base(&trap.world), ..trap.world.advance_request(&commit) };
    let _ = fs::remove_file(trap.world.root.join("CANARY"));
    let done = office.advance_base(&request).await.unwrap();
    assert!(matches!(done, Advance::Waits { why: WaitReason::Filters { .. }, .. }), "{done:?}");
    // Without the attributes the same drivers stand ready, and the branch moves without them.
    fs::remove_file(trap.desk.join(".gitattributes")).unwrap();
    let got = office.collect(&trap.world.request(&trap.desk)).await.unwrap();
    let commit = merged(&office, &trap.world.merge_request(&got.tip)).await;
    let request = trap.world.advance_request(&commit);
    let _ = fs::remove_file(trap.world.root.join("CANARY"));
    let done = office.advance_base(&request).await.unwrap();
    assert!(matches!(done, Advance::Advanced { work_tree: Some(_) }), "{done:?}");
    trap.assert_quiet();
}

fn got_base(world: &World) -> Oid {
    Oid::parse(fs::read_to_string(world.owner.join(".git/refs/heads/main")).unwrap().trim()).unwrap()
}

#[tokio::test]
async fn alternates_that_lead_to_a_secret() {
    let trap = Trap::new().await;
    let file = trap.desk.join(".git/objects/info/alternates");
    let old = fs::read_to_string(&file).unwrap();
    fs::write(&file, format!("{old}{}\n", trap.secret.join(".git/objects").display())).unwrap();
    fs::write(trap.desk.join(".git/refs/heads/office/1/fix-it"), format!("{}\n", trap.secret_commit)).unwrap();
    assert!(matches!(trap.spring().await, Err(GitError::MissingObject { .. })));
    // A commit of the desk's own whose tree is the secret's.
    let tree = trap.agent(&["rev-parse", &format!("{}^{{tree}}", trap.secret_commit)]);
    let commit = trap.agent(&["commit-tree", "-m", "x", "-p", trap.world.main().as_str(), &tree]);
    fs::write(trap.desk.join(".git/refs/heads/office/1/fix-it"), format!("{commit}\n")).unwrap();
    assert!(trap.spring().await.is_err());
    // A tree of the desk's own that names the secret's file.
    let blob = trap.agent(&["rev-parse", &format!("{}:secret.txt", trap.secret_commit)]);
    let tree = trap.agent(&["rev-parse", "HEAD^{tree}"]);
    let _ = tree;
    trap.agent(&["update-index", "--add", "--cacheinfo", &format!("100644,{blob},stolen.txt")]);
    let tree = trap.agent(&["write-tree"]);
    let commit = trap.agent(&["commit-tree", "-m", "x", "-p", trap.world.main().as_str(), &tree]);
    fs::write(trap.desk.join(".git/refs/heads/office/1/fix-it"), format!("{commit}\n")).unwrap();
    assert!(trap.spring().await.is_err());
    // The files alone are still to be had.
    let got =
        trap.spring_with(&CollectRequest { history: TakeHistory::FilesOnly, ..trap.world.request(&trap.desk) }).await;
    assert_taken(&got);
}

#[tokio::test]
async fn another_git_directory_in_place_of_its_own() {
    let trap = Trap::new().await;
    let git = trap.desk.join(".git");
    fs::rename(&git, trap.world.root.join("moved")).unwrap();
    for plant in ["file", "link", "gone", "folder"] {
        match plant {
            "file" => fs::write(&git, format!("gitdir: {}\n", trap.secret.join(".git").display())).unwrap(),
            "link" => symlink(trap.secret.join(".git"), &git).unwrap(),
            "folder" => fs::create_dir(&git).unwrap(),
            _ => {}
        }
        assert!(matches!(trap.spring().await, Err(GitError::DeskRepository { .. })), "{plant}");
        let got = trap
            .spring_with(&CollectRequest { history: TakeHistory::FilesOnly, ..trap.world.request(&trap.desk) })
            .await;
        assert_taken(&got);
        let _ = fs::remove_file(&git);
        let _ = fs::remove_dir(&git);
    }
}

#[tokio::test]
async fn a_common_directory_worktree_settings_and_includes() {
    let trap = Trap::new().await;
    let git = trap.desk.join(".git");
    fs::write(git.join("commondir"), format!("{}\n", trap.secret.join(".git").display())).unwrap();
    fs::write(git.join("gitdir"), format!("{}\n", trap.secret.display())).unwrap();
    fs::write(git.join("config.worktree"), format!("[core]\n\tfsmonitor = {}\n", trap.canary())).unwrap();
    fs::write(git.join("evil.inc"), format!("[core]\n\tfsmonitor = {}\n", trap.canary())).unwrap();
    trap.config("[extensions]\n\tworktreeConfig = true\n[includeIf \"gitdir:/**\"]\n\tpath = evil.inc\n[include]\n\tpath = evil.inc\n[core]\n\tworktree = /\n");
    let got = trap.spring().await;
    assert_taken(&got);
    assert_eq!(got.unwrap().changes.len(), 1);
}

#[tokio::test]
async fn replacements_and_grafts() {
    let trap = Trap::new().await;
    trap.agent(&["commit", "-qam", "honest"]);
    let honest = trap.agent(&["rev-parse", "HEAD"]);
    write(&trap.desk, "src/a.txt", "evil\n");
    trap.agent(&["commit", "-qam", "evil"]);
    let evil = trap.agent(&["rev-parse", "HEAD"]);
    trap.agent(&["reset", "-q", "--hard", &honest]);
    trap.agent(&["replace", &honest, &evil]);
    fs::create_dir_all(trap.desk.join(".git/info")).unwrap();
    fs::write(trap.desk.join(".git/info/grafts"), format!("{honest}\n")).unwrap();
    write(&trap.desk, "src/a.txt", "one\n2\nthree\n");
    let got = trap.spring().await.unwrap();
    assert_eq!(got.commits, 1);
    assert_eq!(got.ancestry, Ancestry::Descends);
    let text = trap.office.read_file_at(&got.tip, &RepoPath::new("src/a.txt").unwrap(), 100).await.unwrap().unwrap();
    assert_eq!(text, b"one\n2\nthree\n");
}

#[tokio::test]
async fn refs_that_are_not_what_they_seem() {
    let trap = Trap::new().await;
    let git = trap.desk.join(".git");
    let loose = git.join("refs/heads/office/1/fix-it");
    let commit = fs::read_to_string(&loose).unwrap();
    // Packed, with escapes and nonsense around.
    fs::remove_file(&loose).unwrap();
    fs::write(git.join("packed-refs"), format!("# pack-refs with: peeled\n\u{1b}[2J\u{1b}]0;owned\u{7}\n{} refs/heads/../../x\n^{}\n{} refs/heads/office/1/fix-it\n", commit.trim(), commit.trim(), commit.trim())).unwrap();
    assert_taken(&trap.spring().await);
    // Corrupt: the branch is then taken for one without commits.
    fs::write(git.join("packed-refs"), b"\xff\x00garbage").unwrap();
    assert_taken(&trap.spring().await);
    for head in [
        "ref: refs/heads/../../../secret/.git/HEAD\n",
        "ref: /etc/passwd\n",
        "ref: refs/remotes/x\n",
        "",
        "0000000000000000000000000000000000000000\n",
        "ref: refs/heads/\u{1b}[31m\n",
    ] {
        fs::write(git.join("HEAD"), head).unwrap();
        let error = trap.spring().await.unwrap_err();
        assert!(matches!(error, GitError::DeskRepository { .. }), "{head:?}: {error}");
        assert!(!error.to_string().contains('\u{1b}'));
    }
    fs::remove_file(git.join("HEAD")).unwrap();
    symlink(trap.secret.join(".git/HEAD"), git.join("HEAD")).unwrap();
    assert!(matches!(trap.spring().await, Err(GitError::DeskRepository { .. })));
    fs::remove_file(git.join("HEAD")).unwrap();
    fs::write(git.join("HEAD"), "ref: refs/heads/office/1/fix-it\n").unwrap();
    fs::remove_dir_all(git.join("refs")).unwrap();
    symlink(trap.secret.join(".git/refs"), git.join("refs")).unwrap();
    assert!(matches!(trap.spring().await, Err(GitError::DeskRepository { .. })));
}

#[tokio::test]
async fn repositories_inside_the_checkout() {
    let trap = Trap::new().await;
    let inner = trap.desk.join("inner");
    fs::create_dir(&inner).unwrap();
    trap.world.git_in(&inner, &["init", "-q"]);
    write(&inner, "x.txt", "x\n");
    trap.world.git_in(&inner, &["add", "-A"]);
    trap.world.git_in(&inner, &["commit", "-qm", "x"]);
    trap.world.git_in(&inner, &["config", "core.fsmonitor", &trap.canary()]);
    fs::create_dir(trap.desk.join("pointer")).unwrap();
    write(&trap.desk, "pointer/.git", &format!("gitdir: {}\n", trap.secret.join(".git").display()));
    write(&trap.desk, "pointer/y.txt", "y\n");
    let got = trap.spring().await;
    assert_taken(&got);
    let got = got.unwrap();
    assert!(
        got.skipped.iter().any(|s| s.path.to_string() == "inner" && s.why == SkipReason::EmbeddedRepository),
        "{:?}",
        got.skipped
    );
    // Committed as a submodule by the agent: taken as what it is, and marked.
    trap.agent(&["-c", "core.fsmonitor=false", "add", "inner"]);
    trap.agent(&["commit", "-qm", "link"]);
    let got = trap.spring().await.unwrap();
    assert!(
        got.marks.iter().any(|m| matches!(m, Mark::Submodule { path } if path.to_string() == "inner")),
        "{:?}",
        got.marks
    );
}

#[tokio::test]
async fn links_out_of_the_checkout() {
    let trap = Trap::new().await;
    let root = &trap.world.root;
    write(&trap.desk, "dir/x.txt", "x\n");
    symlink(trap.secret.join("secret.txt"), trap.desk.join("file-link")).unwrap();
    symlink(&trap.secret, trap.desk.join("dir-link")).unwrap();
    symlink("../../outside", trap.desk.join("dir/rel-link")).unwrap();
    symlink("../src/a.txt", trap.desk.join("dir/inside-link")).unwrap();
    // A tracked folder becomes a link to one with a file of the same name.
    fs::create_dir(root.join("elsewhere")).unwrap();
    fs::write(root.join("elsewhere/a.txt"), SECRET).unwrap();
    fs::remove_dir_all(trap.desk.join("src")).unwrap();
    symlink(root.join("elsewhere"), trap.desk.join("src")).unwrap();
    let got = trap.spring().await.unwrap();
    let out: Vec<String> = got
        .marks
        .iter()
        .filter_map(|m| if let Mark::LinkOutside { path, .. } = m { Some(path.to_string()) } else { None })
        .collect();
    assert_eq!(out, ["dir-link", "dir/rel-link", "file-link", "src"]);
    for entry in trap.office.list_tree(&got.tip).await.unwrap() {
        let text = trap.office.read_file_at(&got.tip, &entry.path, 4096).await.unwrap().unwrap();
        assert!(!String::from_utf8_lossy(&text).contains("the secret"), "{}", entry.path);
    }
    assert_eq!(trap.office.path_kind_at(&got.tip, &RepoPath::new("src").unwrap()).await.unwrap(), Some(PathKind::Link));
}

#[tokio::test]
async fn links_inside_the_git_directory() {
    for place in ["objects", "objects/pack", "objects/ab", "refs", "HEAD", "packed-refs"] {
        let trap = Trap::new().await;
        let path = trap.desk.join(".git").join(place);
        if path.is_dir() {
            fs::remove_dir_all(&path).unwrap();
        } else {
            let _ = fs::remove_file(&path);
        }
        if place == "packed-refs" {
            fs::remove_file(trap.desk.join(".git/refs/heads/office/1/fix-it")).unwrap();
        }
        symlink(trap.secret.join(".git").join(place), &path).unwrap();
        let error = trap.spring().await.unwrap_err();
        assert!(matches!(error, GitError::DeskRepository { .. }), "{place}: {error}");
    }
}

#[tokio::test]
async fn a_hard_link_is_copied_not_shared() {
    let trap = Trap::new().await;
    trap.agent(&["commit", "-qam", "x"]);
    let got = trap.spring().await.unwrap();
    let tip = got.tip.as_str();
    let (fan, rest) = tip.split_at(2);
    let theirs = trap.desk.join(".git/objects").join(fan).join(rest);
    if theirs.exists() {
        use std::os::unix::fs::MetadataExt;
        assert_eq!(fs::metadata(&theirs).unwrap().nlink(), 1);
    }
    fs::hard_link(
        trap.secret.join("secret.txt"),
        trap.desk.join(".git/objects/pack/pack-0123456789012345678901234567890123456789.pack"),
    )
    .unwrap();
    assert!(trap.spring().await.is_err());
}

#[tokio::test]
async fn pipes_sockets_and_devices() {
    let trap = Trap::new().await;
    let mode = nix::sys::stat::Mode::S_IRWXU;
    nix::unistd::mkfifo(&trap.desk.join("pipe"), mode).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(trap.desk.join("socket")).unwrap();
    fs::remove_file(trap.desk.join("readme.md")).unwrap();
    nix::unistd::mkfifo(&trap.desk.join("readme.md"), mode).unwrap();
    let got = trap.spring().await;
    assert_taken(&got);
    assert!(got.unwrap().skipped.iter().any(|s| s.path.to_string() == "readme.md" && s.why == SkipReason::NotAFile));
    for place in [
        "objects/pack/pack-0123456789012345678901234567890123456789.pack",
        "objects/01/23456789012345678901234567890123456789",
        "packed-refs",
    ] {
        let path = trap.desk.join(".git").join(place);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        nix::unistd::mkfifo(&path, mode).unwrap();
        if place == "packed-refs" {
            fs::remove_file(trap.desk.join(".git/refs/heads/office/1/fix-it")).unwrap();
        }
        assert!(matches!(trap.spring().await, Err(GitError::DeskRepository { .. })), "{place}");
        fs::remove_file(&path).unwrap();
    }
}

#[tokio::test]
async fn a_pipe_in_place_of_an_ignore_file_ends_by_the_time_limit() {
    let trap = Trap::new().await;
    nix::unistd::mkfifo(&trap.desk.join(".gitignore"), nix::sys::stat::Mode::S_IRWXU).unwrap();
    let settings = GitSettings { timeout: std::time::Duration::from_millis(500), ..GitSettings::from_environment() };
    let office = OfficeRepo::open(&Git::new(settings), trap.office.dir(), trap.office.owner()).unwrap();
    let error = office.collect(&trap.world.request(&trap.desk)).await.unwrap_err();
    assert!(matches!(error, GitError::TimedOut { .. }) && error.to_string().contains("named pipe"), "{error}");
}

#[tokio::test]
async fn names_that_some_git_takes_for_its_own() {
    let trap = Trap::new().await;
    for name in [".GIT/config", "x/.Git/hooks/post-checkout", "y/.git./config", "git~1/config", "z/.g\u{200c}it/config"]
    {
        write(&trap.desk, name, "[core]\n\tfsmonitor = x\n");
    }
    let got = trap.spring().await;
    assert_taken(&got);
    let got = got.unwrap();
    assert_eq!(got.skipped.iter().filter(|s| s.why == SkipReason::NamedLikeGit).count(), 5, "{:?}", got.skipped);
    assert_eq!(got.changes.len(), 1);
    // Committed by hand they are refused altogether.
    let blob = trap.agent(&["hash-object", "-w", "src/a.txt"]);
    for name in [".git", ".GIT", "..", "git~1", ".g\u{200c}it", "a/b"] {
        let tree = mktree(&trap, &[("100644", name, &blob)]);
        let commit = trap.agent(&["commit-tree", "-m", "x", "-p", trap.world.main().as_str(), &tree]);
        fs::write(trap.desk.join(".git/refs/heads/office/1/fix-it"), format!("{commit}\n")).unwrap();
        let error = trap.spring().await.unwrap_err();
        assert!(matches!(error, GitError::RefusedObjects { .. }), "{name}: {error}");
    }
    // And so is a description of submodules that would run something, by any old git.
    fs::write(trap.desk.join("mod"), "[submodule \"x\"]\n\tpath = x\n\turl = -u./evil\n").unwrap();
    let blob = trap.agent(&["hash-object", "-w", "mod"]);
    let tree = mktree(&trap, &[("100644", ".gitmodules", &blob)]);
    let commit = trap.agent(&["commit-tree", "-m", "x", "-p", trap.world.main().as_str(), &tree]);
    fs::write(trap.desk.join(".git/refs/heads/office/1/fix-it"), format!("{commit}\n")).unwrap();
    assert!(matches!(trap.spring().await, Err(GitError::RefusedObjects { .. })));
    // Not committed: the same.
    fs::write(trap.desk.join(".git/refs/heads/office/1/fix-it"), format!("{}\n", trap.world.main())).unwrap();
    fs::rename(trap.desk.join("mod"), trap.desk.join(".gitmodules")).unwrap();
    assert!(matches!(trap.spring().await, Err(GitError::RefusedObjects { .. })));
}

/// Writes a tree object as bytes, whatever git thinks of its names.
fn mktree(trap: &Trap, entries: &[(&str, &str, &str)]) -> String {
    let mut bytes = vec![];
    for (mode, name, oid) in entries {
        bytes.extend(format!("{mode} {name}\0").bytes());
        bytes.extend((0..oid.len()).step_by(2).map(|i| u8::from_str_radix(&oid[i..i + 2], 16).unwrap()));
    }
    fs::write(trap.world.root.join("tree"), bytes).unwrap();
    let file = trap.world.root.join("tree").display().to_string();
    trap.agent(&["hash-object", "-t", "tree", "-w", "--literally", &file])
}

#[tokio::test]
async fn file_names_with_any_bytes() {
    let trap = Trap::new().await;
    let names: &[&[u8]] = &[
        b"new\nline",
        b"esc\x1b[31mred",
        b"not\xff\xfetext",
        b"quo\"te\\s",
        b"-rf",
        b"--exec=x",
        b":(top)x",
        b"tab\tbed",
        " sp ace \u{202e}".as_bytes(),
    ];
    for name in names {
        fs::write(trap.desk.join(OsStr::from_bytes(name)), "x\n").unwrap();
    }
    let got = trap.spring().await;
    assert_taken(&got);
    let got = got.unwrap();
    assert_eq!(got.changes.len(), names.len() + 1);
    for name in names {
        let path = RepoPath::new(*name).unwrap();
        let change = got.changes.iter().find(|c| c.path == path).unwrap();
        assert_eq!(change.added, Some(1));
        assert!(!change.path.to_string().contains(|c: char| c.is_control()));
        assert_eq!(RepoPath::from_quoted(&path.to_string()).unwrap(), path);
        assert_eq!(trap.office.read_file_at(&got.tip, &path, 10).await.unwrap().unwrap(), b"x\n");
    }
    assert_eq!(got.marks.iter().filter(|m| matches!(m, Mark::OddName { .. })).count(), 6, "{:?}", got.marks);
}

#[tokio::test]
async fn exclusions_of_the_desks_own_hide_nothing() {
    let trap = Trap::new().await;
    fs::create_dir_all(trap.desk.join(".git/info")).unwrap();
    fs::write(trap.desk.join(".git/info/exclude"), "*\n").unwrap();
    write(&trap.desk, "hidden.txt", "x\n");
    trap.agent(&["update-index", "--assume-unchanged", "src/a.txt"]);
    trap.agent(&["update-index", "--skip-worktree", "readme.md"]);
    write(&trap.desk, "readme.md", "changed\n");
    let got = trap.spring().await.unwrap();
    assert_eq!(got.changes.len(), 3);
}

#[tokio::test]
async fn damaged_and_huge_objects() {
    let trap = Trap::new().await;
    trap.agent(&["commit", "-qam", "x"]);
    let blob = trap.agent(&["rev-parse", "HEAD:src/a.txt"]);
    let file = trap.desk.join(".git/objects").join(&blob[..2]).join(&blob[2..]);
    let good = fs::read(&file).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    // Content of another object under this one's name.
    let other = trap.agent(&["rev-parse", "HEAD^{tree}"]);
    fs::copy(trap.desk.join(".git/objects").join(&other[..2]).join(&other[2..]), &file).unwrap();
    assert!(trap.spring().await.is_err());
    for bad in [b"".as_slice(), b"garbage", &good[..good.len() - 3]] {
        fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
        fs::write(&file, bad).unwrap();
        let error = trap.spring().await.unwrap_err();
        assert!(matches!(error, GitError::RefusedObjects { .. }), "{error}");
    }
    fs::write(&file, &good).unwrap();
    fs::write(trap.desk.join(".git/index"), "garbage").unwrap();
    assert_taken(&trap.spring().await);
    // A megabyte of zeros is a kilobyte of object: judged by what it unpacks to.
    fs::remove_file(trap.desk.join(".git/index")).unwrap();
    trap.agent(&["reset", "-q"]);
    fs::write(trap.desk.join("zeros"), vec![0; 3 << 20]).unwrap();
    let limits = Limits { file_bytes: 1 << 20, ..Limits::default() };
    let request = CollectRequest { limits, ..trap.world.request(&trap.desk) };
    assert!(matches!(trap.spring_with(&request).await, Err(GitError::TooLarge { .. })));
    trap.agent(&["add", "zeros"]);
    trap.agent(&["commit", "-qm", "zeros"]);
    assert!(matches!(trap.spring_with(&request).await, Err(GitError::TooLarge { .. })));
    let few = Limits { objects: 2, ..Limits::default() };
    assert!(matches!(
        trap.spring_with(&CollectRequest { limits: few, ..request.clone() }).await,
        Err(GitError::TooLarge { .. })
    ));
}
