//! What an honest agent does with its history: commits under other names, amends, rebases, repacks, wanders off.

#![allow(clippy::unwrap_used, reason = "an agent that cannot act fails its test")]

mod world;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use office_git::*;
use world::*;

fn log(world: &World, office: &OfficeRepo, tip: &Oid, format: &str) -> String {
    let format = format!("--format={format}");
    world.git_in(
        &world.root,
        &["--git-dir", &office.dir().to_string_lossy(), "log", &format, tip.as_str(), "--not", world.main().as_str()],
    )
}

fn as_tool(world: &World, desk: &Path, args: &[&str]) -> String {
    let mut all = vec!["-c", "user.name=Tool", "-c", "user.email=tool@example.com"];
    all.extend(args);
    world.git_in(desk, &all)
}

#[tokio::test]
async fn commits_by_another_name_become_the_owners() {
    let world = World::new();
    let office = world.office().await;
    let desk = world.desk(&office).await;
    write(&desk, "a", "1\n");
    world.git_in(&desk, &["add", "a"]);
    world.git_in(&desk, &["commit", "-qm", "mine"]);
    let untouched = world.git_in(&desk, &["rev-parse", "HEAD"]);
    write(&desk, "b", "1\n");
    as_tool(&world, &desk, &["add", "b"]);
    as_tool(
        &world,
        &desk,
        &[
            "commit",
            "-qm",
            "second\n\nWhy.\n\n🤖 Generated with [Tool](https://x)\n\nCo-Authored-By: Tool <tool@example.com>",
        ],
    );
    write(&desk, "c", "1\n");
    world.git_in(&desk, &["add", "c"]);
    world.git_in(&desk, &["commit", "-qm", "third"]);
    let got = office.collect(&world.request(&desk)).await.unwrap();
    assert_eq!((got.commits, got.rewritten, got.leftover_committed), (3, 2, false));
    assert_eq!(
        log(&world, &office, &got.tip, "%an %ae %cn %ce").lines().collect::<std::collections::BTreeSet<_>>().len(),
        1
    );
    assert_eq!(
        log(&world, &office, &got.tip, "%B").split_whitespace().collect::<Vec<_>>(),
        ["third", "second", "Why.", "mine"]
    );
    assert!(log(&world, &office, &got.tip, "%H").contains(&untouched));
    let again = office.collect(&world.request(&desk)).await.unwrap();
    assert_eq!(again, got, "the same work is the same answer");
    let kept = office.collect(&CollectRequest { trailers: TrailerPolicy::Keep, ..world.request(&desk) }).await.unwrap();
    assert!(log(&world, &office, &kept.tip, "%B").contains("Co-Authored-By"));
}

#[tokio::test]
async fn merges_and_signatures_are_mapped() {
    let world = World::new();
    let office = world.office().await;
    let desk = world.desk(&office).await;
    as_tool(&world, &desk, &["checkout", "-qb", "side"]);
    write(&desk, "side", "1\n");
    as_tool(&world, &desk, &["add", "side"]);
    as_tool(&world, &desk, &["commit", "-qm", "side"]);
    as_tool(&world, &desk, &["checkout", "-q", "office/1/fix-it"]);
    write(&desk, "main", "1\n");
    as_tool(&world, &desk, &["add", "main"]);
    as_tool(&world, &desk, &["commit", "-qm", "main"]);
    as_tool(&world, &desk, &["merge", "-q", "--no-ff", "-m", "both", "side"]);
    let raw = world.git_in(&desk, &["cat-file", "commit", "HEAD"]);
    let signed =
        raw.replacen("\n\n", "\ngpgsig -----BEGIN PGP SIGNATURE-----\n \n abc\n -----END PGP SIGNATURE-----\n\n", 1)
            + "\n";
    fs::write(world.root.join("signed"), signed).unwrap();
    let oid = world.git_in(&desk, &["hash-object", "-t", "commit", "-w", &world.root.join("signed").to_string_lossy()]);
    world.git_in(&desk, &["reset", "-q", "--hard", &oid]);
    let got = office.collect(&world.request(&desk)).await.unwrap();
    assert_eq!((got.commits, got.rewritten), (3, 3));
    assert_eq!(log(&world, &office, &got.tip, "%an|%cn|%P|%G?").matches("Olga Owner|Olga Owner").count(), 3);
    let raw = world
        .git_in(&world.root, &["--git-dir", &office.dir().to_string_lossy(), "cat-file", "commit", got.tip.as_str()]);
    assert!(!raw.contains("gpgsig") && raw.matches("parent ").count() == 2, "{raw}");
}

#[tokio::test]
async fn another_branch_a_detached_head_and_an_unborn_one() {
    let world = World::new();
    let office = world.office().await;
    let desk = world.desk(&office).await;
    world.git_in(&desk, &["checkout", "-qb", "my-own"]);
    write(&desk, "a", "1\n");
    world.git_in(&desk, &["add", "a"]);
    world.git_in(&desk, &["commit", "-qm", "a"]);
    let got = office.collect(&world.request(&desk)).await.unwrap();
    assert_eq!(got.head, HeadAt::OtherBranch { branch: Branch::parse("my-own").unwrap() });
    assert_eq!(got.commits, 1);
    world.git_in(&desk, &["checkout", "-q", "--detach"]);
    write(&desk, "b", "1\n");
    let got = office.collect(&world.request(&desk)).await.unwrap();
    assert_eq!((got.head, got.commits, got.leftover_committed), (HeadAt::Detached, 2, true));
    world.git_in(&desk, &["checkout", "-q", "--orphan", "fresh"]);
    let got = office.collect(&world.request(&desk)).await.unwrap();
    assert_eq!((got.head, got.changes.len(), got.ancestry), (HeadAt::Unborn, 2, Ancestry::Descends));
    world.git_in(&desk, &["add", "-A"]);
    world.git_in(&desk, &["commit", "-qm", "all anew"]);
    let got = office.collect(&world.request(&desk)).await.unwrap();
    assert_eq!((got.ancestry, got.commits, got.changes.len()), (Ancestry::Replaced, 1, 2));
}

#[tokio::test]
async fn an_amended_base_and_a_dropped_one() {
    let world = World::new();
    world.owner_commit("src/b.txt", "b\n");
    let office = world.office().await;
    let desk = world.desk(&office).await;
    write(&desk, "src/a.txt", "one\n2\nthree\n");
    world.git_in(&desk, &["commit", "-qa", "--amend", "-m", "amended"]);
    let got = office.collect(&world.request(&desk)).await.unwrap();
    assert_eq!((got.ancestry, got.commits, got.changes.len()), (Ancestry::Replayed, 1, 1));
    assert_eq!(log(&world, &office, &got.tip, "%s"), "amended");
    world.git_in(&desk, &["reset", "-q", "--hard", "HEAD~1"]);
    write(&desk, "src/a.txt", "one\n2\nthree\n");
    world.git_in(&desk, &["commit", "-qam", "from before"]);
    let got = office.collect(&world.request(&desk)).await.unwrap();
    // The owner's newer commit is not undone by an agent that went back.
    assert_eq!((got.ancestry, got.changes.len()), (Ancestry::Replayed, 1));
    assert_eq!(office.collect(&world.request(&desk)).await.unwrap().tip, got.tip);
    // Amending its own commit is nothing special.
    world.git_in(&desk, &["reset", "-q", "--hard", world.main().as_str()]);
    write(&desk, "x", "1\n");
    world.git_in(&desk, &["add", "x"]);
    world.git_in(&desk, &["commit", "-qm", "x"]);
    office.collect(&world.request(&desk)).await.unwrap();
    world.git_in(&desk, &["commit", "-q", "--amend", "-m", "y"]);
    let got = office.collect(&world.request(&desk)).await.unwrap();
    assert_eq!((got.ancestry, got.commits), (Ancestry::Descends, 1));
}

#[tokio::test]
async fn repacking_collecting_garbage_and_stashing() {
    let world = World::new();
    let office = world.office().await;
    let desk = world.desk(&office).await;
    for i in 0..5 {
        write(&desk, "a", &format!("{i}\n"));
        world.git_in(&desk, &["add", "a"]);
        world.git_in(&desk, &["commit", "-qm", &format!("c{i}")]);
    }
    write(&desk, "b", "stashed\n");
    world.git_in(&desk, &["stash", "-qu"]);
    for line in ["gc --prune=now -q", "repack -adq", "pack-refs --all"] {
        world.git_in(&desk, &line.split(' ').collect::<Vec<_>>());
        let got = office.collect(&world.request(&desk)).await.unwrap();
        assert_eq!((got.commits, got.rewritten, got.changes.len()), (5, 0, 1), "{line}");
        office.delete_branch(&branch()).await.unwrap();
    }
}

#[tokio::test]
async fn uncommitted_files_of_every_kind() {
    let world = World::new();
    world.owner_commit("gone.txt", "x\n");
    world.owner_commit("becomes-folder", "x\n");
    world.owner_commit("folder/becomes-file", "x\n");
    world.owner_commit(".gitignore", "*.log\n");
    world.owner_commit(".gitattributes", "*.crlf text eol=crlf\n");
    let office = world.office().await;
    let desk = world.desk(&office).await;
    fs::remove_file(desk.join("gone.txt")).unwrap();
    fs::remove_file(desk.join("becomes-folder")).unwrap();
    write(&desk, "becomes-folder/x", "x\n");
    fs::remove_dir_all(desk.join("folder")).unwrap();
    write(&desk, "folder", "file\n");
    write(&desk, "run.sh", "#!/bin/sh\n");
    fs::set_permissions(desk.join("run.sh"), fs::Permissions::from_mode(0o755)).unwrap();
    write(&desk, "noise.log", "x\n");
    write(&desk, "text.crlf", "a\r\nb\r\n");
    fs::create_dir(desk.join("empty")).unwrap();
    let got = office.collect(&world.request(&desk)).await.unwrap();
    assert!(got.leftover_committed && got.skipped.is_empty());
    let tree: Vec<_> =
        office.list_tree(&got.tip).await.unwrap().into_iter().map(|e| (e.path.to_string(), e.kind)).collect();
    let names: Vec<_> = tree.iter().map(|(n, _)| n.as_str()).collect();
    assert_eq!(
        names,
        [".gitattributes", ".gitignore", "becomes-folder/x", "folder", "readme.md", "run.sh", "src/a.txt", "text.crlf"]
    );
    assert!(tree.contains(&("run.sh".to_owned(), PathKind::Executable)));
    assert_eq!(
        office.read_file_at(&got.tip, &RepoPath::new("text.crlf").unwrap(), 99).await.unwrap().unwrap(),
        b"a\nb\n"
    );
    assert_eq!(log(&world, &office, &got.tip, "%an %s %ad"), "Olga Owner Fix it (#1) Tue Nov 14 23:13:20 2023 +0100");
    assert_eq!(office.collect(&world.request(&desk)).await.unwrap(), got);
    // Nothing changed, and everything taken back.
    world.git_in(&desk, &["checkout", "-q", "-f", "."]);
    world.git_in(&desk, &["clean", "-qfd"]);
    let got = office.collect(&world.request(&desk)).await.unwrap();
    assert_eq!((got.tip, got.commits, got.changes.len()), (world.main(), 0, 0));
}

#[tokio::test]
async fn work_is_resumed_in_a_fresh_checkout() {
    let world = World::new();
    let office = world.office().await;
    let desk = world.desk(&office).await;
    write(&desk, "a", "1\n");
    let first = office.collect(&world.request(&desk)).await.unwrap();
    assert_eq!(office.reclaim(&desk, &branch(), &world.main(), &first.tip).await.unwrap(), Reclaimed::Removed);
    let desk = world.desk_at(&office, "again", &first.tip).await;
    assert_eq!(read(&desk, "a"), "1\n");
    assert_eq!(world.git_in(&desk, &["status", "--porcelain"]), "");
    write(&desk, "b", "1\n");
    world.git_in(&desk, &["add", "b"]);
    world.git_in(&desk, &["commit", "-qm", "b"]);
    write(&desk, "c", "1\n");
    let got = office.collect(&world.request(&desk)).await.unwrap();
    assert_eq!((got.commits, got.changes.len(), got.leftover_committed), (3, 3, true));
}

#[tokio::test]
async fn the_owners_submodules_stay_as_they_are() {
    let world = World::new();
    let lib = world.root.join("lib");
    fs::create_dir(&lib).unwrap();
    world.git_in(&lib, &["init", "-q"]);
    write(&lib, "l", "1\n");
    world.git_in(&lib, &["add", "-A"]);
    world.git_in(&lib, &["commit", "-qm", "l"]);
    world.git_in(
        &world.owner,
        &["-c", "protocol.file.allow=always", "submodule", "-q", "add", &lib.to_string_lossy(), "lib"],
    );
    world.owner_git("commit -qm lib");
    assert!(world.facts().await.submodules);
    assert_eq!(world.facts().await.tracked_changes, 0);
    let office = world.office().await;
    let desk = world.desk(&office).await;
    write(&desk, "a", "1\n");
    let got = office.collect(&world.request(&desk)).await.unwrap();
    assert_eq!(got.changes.len(), 1, "{:?}", got.changes);
    // A repository where the submodule belongs, with a commit the base does not name.
    fs::remove_dir(desk.join("lib")).unwrap();
    world.git_in(&desk, &["clone", "-q", &lib.to_string_lossy(), "lib"]);
    world.git_in(&desk.join("lib"), &["commit", "-q", "--allow-empty", "-m", "more"]);
    let got = office.collect(&world.request(&desk)).await.unwrap();
    assert_eq!((got.changes.len(), got.skipped.len()), (1, 1), "{got:?}");
    let commit = merged(&office, &world.merge_request(&got.tip)).await;
    let done = office.advance_base(&world.advance_request(&commit)).await.unwrap();
    assert!(matches!(done, Advance::Advanced { .. }));
    assert_eq!(world.owner_git("status --porcelain"), "");
}
