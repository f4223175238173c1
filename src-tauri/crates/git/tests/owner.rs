//! The owner's side: what is found out about a repository, and how its branch moves, or waits.

#![allow(clippy::unwrap_used, reason = "an owner that cannot act fails its test")]

mod world;

use std::fs;
use std::path::Path;

use office_git::*;
use world::*;

async fn look(world: &World, path: &Path) -> Result<RepoFacts> {
    let facts = inspect(&world.git, path, "office").await?;
    facts.ready("office", None).map(|()| facts)
}

#[tokio::test]
async fn what_a_repository_is() {
    let world = World::named("owner's größe\nnext line \"q\"");
    let facts = world.facts().await;
    assert_eq!(facts.root, world.owner);
    assert_eq!(facts.branch.as_ref().unwrap().as_str(), "main");
    assert_eq!(facts.head, Some(world.main()));
    assert_eq!(facts.identity, Some(owner_identity()));
    assert_eq!((facts.tracked_changes, facts.untracked), (0, 0));
    assert_eq!(facts.format, ObjectFormat::Sha1);
    facts.ready("office", None).unwrap();
    world.owner_write("readme.md", "changed\n");
    world.owner_write("src/a.txt", "staged\n");
    world.owner_git("add src/a.txt");
    world.owner_write("new", "new\n");
    let facts = inspect(&world.git, &world.owner.join("src"), "office").await.unwrap();
    assert_eq!((facts.tracked_changes, facts.untracked), (2, 1));
    let office = OfficeRepo::open(&world.git, &world.root.join("office \n repo"), &facts).unwrap();
    let desk = world.desk_at(&office, "desk with\nnew line", &world.main()).await;
    write(&desk, "b", "1\n");
    let got = office.collect(&world.request(&desk)).await.unwrap();
    assert_eq!(got.changes.len(), 1);
    assert_eq!(world.git_in(&desk, &["log", "--format=%an", "-1"]), "Olga Owner");
    assert!(world.git.version().await.unwrap().starts_with("2."));
}

#[tokio::test]
async fn what_cannot_be_used_says_so() {
    let world = World::new();
    let dir = |name: &str| {
        let path = world.root.join(name);
        fs::create_dir_all(&path).unwrap();
        path
    };
    let plain = dir("plain");
    assert!(matches!(look(&world, &plain).await, Err(GitError::NotARepository { .. })));
    assert!(matches!(look(&world, &world.root.join("nowhere")).await, Err(GitError::NoSuchFolder { .. })));
    let bare = dir("bare");
    world.git_in(&bare, &["init", "-q", "--bare"]);
    assert!(matches!(look(&world, &bare).await, Err(GitError::Bare { .. })));
    let empty = dir("empty");
    world.git_in(&empty, &["init", "-q"]);
    assert!(matches!(look(&world, &empty).await, Err(GitError::NoCommit { .. })));
    world.owner_git("branch office");
    let error = look(&world, &world.owner).await.unwrap_err();
    assert!(matches!(error, GitError::PrefixTaken { .. }), "{error}");
    assert!(inspect(&world.git, &world.owner, "desks").await.unwrap().ready("desks", None).is_ok());
    world.owner_git("branch -D office");
    world.owner_git("checkout -q --detach");
    assert!(matches!(look(&world, &world.owner).await, Err(GitError::DetachedHead { .. })));
    let main = Branch::parse("main").unwrap();
    world.facts().await.ready("office", Some(&main)).unwrap();
    assert_eq!(branch_tip(&world.git, &world.facts().await, &main).await.unwrap(), world.main());
    assert!(matches!(
        branch_tip(&world.git, &world.facts().await, &Branch::parse("nope").unwrap()).await,
        Err(GitError::NoSuchBranch { .. })
    ));
    world.owner_git("checkout -q main");
    fs::write(world.root.join("home/.gitconfig"), "").unwrap();
    assert!(matches!(look(&world, &world.owner).await, Err(GitError::NoIdentity)));
    let gone = Git::new(GitSettings { program: "no-such-git".into(), ..GitSettings::from_environment() });
    assert!(matches!(gone.version().await, Err(GitError::GitMissing { .. })));
}

#[tokio::test]
async fn special_repositories_are_seen_for_what_they_are() {
    let world = World::new();
    world.owner_commit(".gitattributes", "*.bin filter=lfs diff=lfs merge=lfs -text\n");
    world.owner_commit("big.bin", "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n");
    let facts = world.facts().await;
    assert!(facts.lfs && facts.filters.is_empty());
    let office = world.office().await;
    let desk = world.desk(&office).await;
    assert!(read(&desk, "big.bin").starts_with("version https://git-lfs"));
    let linked = world.root.join("linked");
    world.owner_git(&format!("worktree add -q -b other {}", linked.display()));
    let facts = inspect(&world.git, &linked, "office").await.unwrap();
    assert!(facts.linked_worktree && facts.root == linked && facts.branch.unwrap().as_str() == "other");
    assert_eq!(facts.common_dir, world.owner.join(".git"));
    let shallow = world.root.join("shallow");
    world.owner_git("commit -q --allow-empty -m more");
    world
        .git_in(&world.root, &["clone", "-q", "--depth", "1", &format!("file://{}", world.owner.display()), "shallow"]);
    let facts = inspect(&world.git, &shallow, "office").await.unwrap();
    assert!(facts.shallow);
    let wide = world.root.join("sha256");
    fs::create_dir(&wide).unwrap();
    world.git_in(&wide, &["init", "-q", "--object-format=sha256"]);
    write(&wide, "a", "1\n");
    world.git_in(&wide, &["add", "a"]);
    world.git_in(&wide, &["commit", "-qm", "a"]);
    let facts = inspect(&world.git, &wide, "office").await.unwrap();
    assert_eq!(facts.format, ObjectFormat::Sha256);
    let office = OfficeRepo::open(&world.git, &world.root.join("wide.git"), &facts).unwrap();
    let head = facts.head.unwrap();
    let desk = world.root.join("wide-desk");
    let spec = CheckoutSpec {
        base: head.clone(),
        start: head.clone(),
        branch: branch(),
        dest: desk.clone(),
        identity: owner_identity(),
    };
    office.make_checkout(&spec).await.unwrap();
    write(&desk, "b", "1\n");
    world.git_in(&desk, &["add", "b"]);
    world.git_in(&desk, &["commit", "-qm", "b"]);
    write(&desk, "c", "1\n");
    let got = office.collect(&CollectRequest { base: head, ..world.request(&desk) }).await.unwrap();
    assert_eq!(got.commits, 2);
}

#[tokio::test]
async fn pins_hold_and_let_go() {
    let world = World::new();
    let office = world.office().await;
    let base = world.main();
    office.pin("7", &base).await.unwrap();
    world.owner_git("commit -q --amend -m other");
    world.owner_git("reflog expire --expire=now --all");
    world.owner_git("gc -q --prune=now");
    assert!(office.has_commit(&base).await.unwrap());
    office.unpin("7").await.unwrap();
    office.unpin("7").await.unwrap();
    world.owner_git("gc -q --prune=now");
    assert!(!office.has_commit(&base).await.unwrap());
    assert!(office.pin("../x", &base).await.is_err());
}

/// An office with work for `src/a.txt` and a new file, merged and not yet handed over.
async fn ready(world: &World) -> (OfficeRepo, Oid) {
    let office = world.office().await;
    let desk = world.desk(&office).await;
    write(&desk, "src/a.txt", "one\n2\nthree\n");
    write(&desk, "new/n.txt", &"new\n".repeat(1000));
    fs::remove_file(desk.join("readme.md")).unwrap();
    let got = office.collect(&world.request(&desk)).await.unwrap();
    let commit = merged(&office, &world.merge_request(&got.tip)).await;
    (office, commit)
}

#[tokio::test]
async fn a_merge_is_the_same_however_often_it_is_made() {
    let world = World::new();
    let (office, commit) = ready(&world).await;
    let tip = office.branch_tip(&branch()).await.unwrap().unwrap();
    let main = Branch::parse("main").unwrap();
    let request = world.merge_request(&tip);
    assert_eq!(merged(&office, &request).await, commit);
    assert_eq!(
        office.probe_merge("1", &main).await.unwrap(),
        MergeProbe { recorded: None, landed: false, base_tip: world.main() }
    );
    office.record_merge("1", &commit).await.unwrap();
    assert!(!office.probe_merge("1", &main).await.unwrap().landed);
    let advance = world.advance_request(&commit);
    assert!(matches!(office.advance_base(&advance).await.unwrap(), Advance::Advanced { .. }));
    assert!(office.probe_merge("1", &main).await.unwrap().landed);
    assert_eq!(office.advance_base(&advance).await.unwrap(), Advance::AlreadyThere);
    assert_eq!(office.merge(&world.merge_request(&tip)).await.unwrap(), MergeOutcome::AlreadyMerged);
    let squash = MergeRequest { strategy: MergeStrategy::Squash, ..request.clone() };
    let one = merged(&office, &squash).await;
    assert_ne!(one, commit);
    let straight = MergeRequest { strategy: MergeStrategy::FastForward, ..request };
    assert_eq!(merged(&office, &straight).await, tip);
    let moved = MergeRequest { base: world.owner_commit("other", "x\n"), ..straight };
    assert_eq!(office.merge(&MergeRequest { tip: one, ..moved }).await.unwrap(), MergeOutcome::BaseMovedOn);
    assert_eq!(world.owner_git("status --porcelain"), "");
    assert!(world.owner_git("reflog -2").contains("office: fast-forward"));
}

#[tokio::test]
async fn a_conflict_names_its_files() {
    let world = World::new();
    let office = world.office().await;
    let desk = world.desk(&office).await;
    write(&desk, "src/a.txt", "one\n2\nthree\n");
    let got = office.collect(&world.request(&desk)).await.unwrap();
    world.owner_commit("src/a.txt", "one\nzwei\nthree\n");
    let outcome = office.merge(&world.merge_request(&got.tip)).await.unwrap();
    let MergeOutcome::Conflict { files, hunks } = outcome else { panic!("no conflict: {outcome:?}") };
    assert_eq!(files, [RepoPath::new("src/a.txt").unwrap()]);
    let said = hunks.concat();
    assert!(said.starts_with("src/a.txt:2 (the base, then this task)"), "{said}");
    assert!(said.contains("<<<<<<<") && said.contains("=======") && said.contains(">>>>>>>"), "{said}");
}

#[tokio::test]
async fn the_owners_uncommitted_work_makes_it_wait() {
    let world = World::new();
    let (office, commit) = ready(&world).await;
    let request = world.advance_request(&commit);
    let waits = async |what: &str| match office.advance_base(&request).await.unwrap() {
        Advance::Waits { why, .. } => {
            assert_eq!(world.main(), request.old, "{what}");
            assert!(!world.owner.join(".git/index.lock").exists(), "{what}");
            why
        }
        other => panic!("{what}: {other:?}"),
    };
    world.owner_write("src/a.txt", "mine\n");
    assert!(matches!(waits("dirty").await, WaitReason::Dirty { .. }));
    world.owner_git("add src/a.txt");
    assert!(matches!(waits("staged").await, WaitReason::Dirty { .. }));
    world.owner_git("reset -q --hard");
    world.owner_write("new/n.txt", "mine\n");
    assert!(matches!(waits("untracked").await, WaitReason::InTheWay { .. }));
    world.owner_write(".git/info/exclude", "new\n");
    assert!(matches!(waits("ignored").await, WaitReason::InTheWay { .. }));
    assert_eq!(read(&world.owner, "new/n.txt"), "mine\n");
    fs::remove_dir_all(world.owner.join("new")).unwrap();
    world.owner_write("new", "a file where a folder comes\n");
    assert!(matches!(waits("file for folder").await, WaitReason::InTheWay { .. }));
    fs::remove_file(world.owner.join("new")).unwrap();
    world.owner_write("unrelated.txt", "stays\n");
    fs::write(world.owner.join(".git/index.lock"), "").unwrap();
    match office.advance_base(&request).await.unwrap() {
        Advance::Waits { why, .. } => {
            assert!(matches!(why, WaitReason::Locked { .. }) && why.to_string().contains("index.lock"))
        }
        other => panic!("{other:?}"),
    }
    fs::remove_file(world.owner.join(".git/index.lock")).unwrap();
    fs::write(world.owner.join(".git/MERGE_HEAD"), format!("{}\n", world.main())).unwrap();
    assert!(matches!(waits("merging").await, WaitReason::Busy { .. }));
    fs::remove_file(world.owner.join(".git/MERGE_HEAD")).unwrap();
    assert!(matches!(office.advance_base(&request).await.unwrap(), Advance::Advanced { .. }));
    assert_eq!(world.owner_git("status --porcelain"), "?? unrelated.txt");
}

#[tokio::test]
async fn a_base_that_moved_or_is_not_checked_out() {
    let world = World::new();
    let (office, commit) = ready(&world).await;
    let request = world.advance_request(&commit);
    // Not checked out: only the branch moves.
    world.owner_git("checkout -q -b elsewhere");
    assert_eq!(office.advance_base(&request).await.unwrap(), Advance::Advanced { work_tree: None });
    assert_eq!(world.main(), commit);
    assert_eq!(world.owner_git("status --porcelain"), "");
    world.owner_git(&format!("branch -f main {}", request.old));
    // In a linked work tree.
    let linked = world.root.join("linked");
    world.owner_git(&format!("worktree add -q {} main", linked.display()));
    assert_eq!(office.advance_base(&request).await.unwrap(), Advance::Advanced { work_tree: Some(linked.clone()) });
    assert_eq!(world.git_in(&linked, &["status", "--porcelain"]), "");
    assert_eq!(read(&linked, "src/a.txt"), "one\n2\nthree\n");
    world.git_in(&linked, &["reset", "-q", "--hard", request.old.as_str()]);
    // Moved.
    write(&linked, "z", "z\n");
    world.git_in(&linked, &["add", "z"]);
    world.git_in(&linked, &["commit", "-qm", "z"]);
    assert_eq!(office.advance_base(&request).await.unwrap(), Advance::BaseMoved { found: world.main() });
    let back = AdvanceRequest { old: world.main(), ..request };
    assert!(matches!(office.advance_base(&back).await, Err(GitError::NotFastForward { .. })));
}

#[tokio::test]
async fn a_killed_run_is_finished_by_the_next() {
    const MARK: &str = "office: fast-forward in progress\n";
    // What lies in the work tree when the next run comes: (name, steps).
    type Torn = fn(&World, &Oid);
    let files: Torn = |w, c| {
        w.owner_git(&format!("read-tree -m -u HEAD {c}"));
    };
    let cases: &[(&str, Torn)] = &[
        ("only the lock", |_, _| {}),
        ("the first file", |w, _| w.owner_write("src/a.txt", "one\n2\nthree\n")),
        ("a file cut short", |w, _| w.owner_write("src/a.txt", "one\n2")),
        ("a file missing", |w, _| fs::remove_file(w.owner.join("src/a.txt")).unwrap()),
        ("a new file", |w, _| w.owner_write("new/n.txt", &"new\n".repeat(1000))),
        ("a new file cut short", |w, _| w.owner_write("new/n.txt", "new\nne")),
        ("a removed file", |w, _| fs::remove_file(w.owner.join("readme.md")).unwrap()),
        ("all files and the index", files),
    ];
    for (name, tear) in cases {
        for marked in [true, false] {
            let world = World::new();
            let (office, commit) = ready(&world).await;
            let request = world.advance_request(&commit);
            // The objects came first.
            let there = office.dir().join("objects");
            world.git_in(&world.owner, &["fetch", "-q", &office.dir().to_string_lossy(), "refs/heads/office/1/fix-it"]);
            world.git_in(&world.owner, &["-c", &format!("x.y={}", there.display()), "--version"]);
            let send = AdvanceRequest { branch: Branch::parse("scratch").unwrap(), ..request.clone() };
            world.owner_git("branch scratch");
            office.advance_base(&send).await.unwrap();
            tear(&world, &commit);
            if marked {
                fs::write(world.owner.join(".git/index.lock"), MARK).unwrap();
            }
            let done = office.advance_base(&request).await.unwrap();
            let untouched = *name == "only the lock" || *name == "all files and the index";
            if marked || untouched {
                assert_eq!(done, Advance::Advanced { work_tree: Some(world.owner.clone()) }, "{name}");
                assert_eq!(world.main(), commit, "{name}");
                assert_eq!(world.owner_git("status --porcelain"), "", "{name}");
            } else {
                // Without our mark the same files are the owner's work.
                assert!(matches!(done, Advance::Waits { .. }), "{name}: {done:?}");
                assert_eq!(world.main(), request.old);
            }
            assert!(!world.owner.join(".git/index.lock").exists(), "{name}");
        }
    }
    // Our mark is no licence: what the owner wrote meanwhile is kept.
    let world = World::new();
    let (office, commit) = ready(&world).await;
    fs::write(world.owner.join(".git/index.lock"), MARK).unwrap();
    world.owner_write("src/a.txt", "the owner's own\n");
    let done = office.advance_base(&world.advance_request(&commit)).await.unwrap();
    assert!(matches!(done, Advance::Waits { why: WaitReason::Dirty { .. }, .. }), "{done:?}");
    assert_eq!(read(&world.owner, "src/a.txt"), "the owner's own\n");
}
