//! Checkouts: made whole or not at all, overlaid for checks, reclaimed only when nothing would be lost.

#![allow(clippy::unwrap_used, reason = "a checkout that cannot be prepared fails its test")]

mod world;

use std::fs;
use std::os::unix::fs::PermissionsExt;

use office_git::*;
use world::*;

#[tokio::test]
async fn a_checkout_is_private_and_whole() {
    let world = World::new();
    let office = world.office().await;
    fs::create_dir_all(world.root.join("desk.partial/torn")).unwrap();
    let desk = world.desk(&office).await;
    assert_eq!(world.git_in(&desk, &["status", "--porcelain", "-b"]), "## office/1/fix-it");
    assert_eq!(world.git_in(&desk, &["config", "--local", "user.email"]), "olga@example.org");
    assert_eq!(world.git_in(&desk, &["remote"]), "");
    assert!(!world.root.join("desk.partial").exists());
    assert_eq!(world.git_in(&desk, &["fsck", "--strict"]), "");
    let spec = CheckoutSpec {
        base: world.main(),
        start: world.main(),
        branch: branch(),
        dest: desk.clone(),
        identity: owner_identity(),
    };
    assert!(matches!(office.make_checkout(&spec).await, Err(GitError::AlreadyThere { .. })));
    let missing =
        CheckoutSpec { start: Oid::parse(&"1".repeat(40)).unwrap(), dest: world.root.join("other"), ..spec.clone() };
    assert!(office.make_checkout(&missing).await.is_err());
    assert!(!world.root.join("other").exists());
    let nowhere = CheckoutSpec { dest: world.root.join("no/such/place"), ..spec };
    assert!(matches!(office.make_checkout(&nowhere).await, Err(GitError::Io { .. })));
}

#[tokio::test]
async fn checks_see_their_own_files_from_the_base() {
    let world = World::new();
    world.owner_commit("tests/check.sh", "exit 1\n");
    world.owner_commit("tests/data/d", "base\n");
    world.owner_commit("link", "file in base\n");
    let office = world.office().await;
    let desk = world.desk(&office).await;
    write(&desk, "tests/check.sh", "exit 0\n");
    write(&desk, "tests/new.sh", "exit 0\n");
    fs::remove_dir_all(desk.join("tests/data")).unwrap();
    std::os::unix::fs::symlink("/etc", desk.join("tests/data")).unwrap();
    write(&desk, "src/a.txt", "changed\n");
    let got = office.collect(&world.request(&desk)).await.unwrap();
    let path = |p: &str| RepoPath::new(p).unwrap();
    let dest = world.root.join("check");
    let overlay = vec![path("tests/check.sh"), path("tests/data"), path("tests/new.sh"), path("not/there")];
    let spec = CheckSpec {
        commit: got.tip.clone(),
        base: world.main(),
        overlay,
        dest: dest.clone(),
        identity: owner_identity(),
    };
    office.check_checkout(&spec).await.unwrap();
    assert_eq!(read(&dest, "tests/check.sh"), "exit 1\n");
    assert_eq!(read(&dest, "tests/data/d"), "base\n");
    assert!(!dest.join("tests/new.sh").exists());
    assert_eq!(read(&dest, "src/a.txt"), "changed\n");
    assert_eq!(world.git_in(&dest, &["rev-parse", "HEAD"]), got.tip.as_str());
    office.discard_checkout(&dest).await.unwrap();
    office.discard_checkout(&dest).await.unwrap();
    let whole = CheckSpec { overlay: vec![path("tests")], ..spec };
    office.check_checkout(&whole).await.unwrap();
    assert_eq!(read(&dest, "tests/data/d"), "base\n");
    assert_eq!(fs::read_dir(dest.join("tests")).unwrap().count(), 2);
    assert_eq!(office.path_kind_at(&got.tip, &path("tests/data")).await.unwrap(), Some(PathKind::Link));
    assert_eq!(office.path_kind_at(&got.tip, &path("tests")).await.unwrap(), Some(PathKind::Folder));
    assert_eq!(office.path_kind_at(&got.tip, &path("nope")).await.unwrap(), None);
    assert_eq!(office.read_file_at(&got.tip, &path("tests"), 10).await.unwrap(), None);
    assert!(matches!(office.read_file_at(&got.tip, &path("src/a.txt"), 3).await, Err(GitError::TooLarge { .. })));
}

#[tokio::test]
async fn only_what_is_merged_is_reclaimed() {
    let world = World::new();
    let office = world.office().await;
    let desk = world.desk(&office).await;
    let base = world.main();
    assert!(!office.is_dirty(&desk, &branch(), &base, &base).await.unwrap());
    write(&desk, "work.txt", "work\n");
    assert!(office.is_dirty(&desk, &branch(), &base, &base).await.unwrap());
    let kept = office.reclaim(&desk, &branch(), &base, &base).await.unwrap();
    assert_eq!(kept, Reclaimed::Kept { paths: vec![RepoPath::new("work.txt").unwrap()] });
    let got = office.collect(&world.request(&desk)).await.unwrap();
    fs::create_dir_all(desk.join("src/locked/x")).unwrap();
    fs::set_permissions(desk.join("src/locked"), fs::Permissions::from_mode(0o555)).unwrap();
    assert_eq!(office.reclaim(&desk, &branch(), &base, &got.tip).await.unwrap(), Reclaimed::Removed);
    assert_eq!(office.reclaim(&desk, &branch(), &base, &got.tip).await.unwrap(), Reclaimed::AlreadyGone);
    assert!(office.sweep().is_ok());
}

#[tokio::test]
async fn a_change_is_shown_as_it_is() {
    let world = World::new();
    world.owner_commit("old name.txt", &"line\n".repeat(50));
    let office = world.office().await;
    let desk = world.desk(&office).await;
    fs::rename(desk.join("old name.txt"), desk.join("neu größe.txt")).unwrap();
    fs::write(desk.join("image.bin"), [0, 1, 2, 255]).unwrap();
    fs::remove_file(desk.join("readme.md")).unwrap();
    write(&desk, "src/a.txt", "one\n2\nthree\nfour\n");
    let got = office.collect(&world.request(&desk)).await.unwrap();
    let shown: Vec<_> = got.changes.iter().map(|c| (c.path.to_string(), c.status, c.added, c.removed)).collect();
    assert_eq!(
        shown,
        [
            ("image.bin".to_owned(), ChangeStatus::Added, None, None),
            ("neu größe.txt".to_owned(), ChangeStatus::Renamed, Some(0), Some(0)),
            ("readme.md".to_owned(), ChangeStatus::Deleted, Some(0), Some(1)),
            ("src/a.txt".to_owned(), ChangeStatus::Modified, Some(2), Some(1)),
        ]
    );
    assert_eq!(got.changes[1].old_path, Some(RepoPath::new("old name.txt").unwrap()));
    let patch = office.patch(&world.main(), &got.tip, 1 << 20).await.unwrap();
    let text = String::from_utf8(patch.bytes).unwrap();
    assert!(
        !patch.truncated
            && text.contains("+four")
            && text.contains("rename to neu größe.txt")
            && text.contains("Binary files")
    );
    let short = office.patch(&world.main(), &got.tip, 10).await.unwrap();
    assert!(short.truncated && short.bytes.len() == 10);
    let json = serde_json::to_string(&got.changes[1]).unwrap();
    assert!(json.contains(r#""old_path":"old name.txt""#), "{json}");
}
