//! A disk that is full or read-only: said so, and nothing lost. Needs the right to mount; says so where it is
//! missing. (Permissions prove nothing here: tests may run as root.)

#![allow(clippy::unwrap_used, reason = "a disk that cannot be prepared fails its test")]

mod world;

use std::fs;
use std::path::{Path, PathBuf};

use office_git::*;
use world::*;

struct Disk(PathBuf);

impl Disk {
    fn run(program: &str, args: &[&str], path: &Path) -> bool {
        #[expect(clippy::disallowed_methods, reason = "the tests make a small disk")]
        let mut command = std::process::Command::new(program);
        command.args(args).arg(path).output().is_ok_and(|out| out.status.success())
    }

    fn small(path: &Path) -> Option<Self> {
        fs::create_dir_all(path).unwrap();
        Self::run("mount", &["-t", "tmpfs", "-o", "size=1m", "tmpfs"], path).then(|| Self(path.to_path_buf()))
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        Self::run("umount", &["-l"], &self.0);
    }
}

#[tokio::test]
async fn a_full_and_a_read_only_disk_are_named() {
    let world = World::new();
    let Some(disk) = Disk::small(&world.root.join("disk")) else {
        eprintln!("skipped: no right to mount a small disk");
        return;
    };
    let facts = world.facts().await;
    let office = OfficeRepo::open(&world.git, &disk.0.join("office.git"), &facts).unwrap();
    let desk = world.desk(&office).await;
    // Text that does not shrink.
    let big: String = (0..400_000_u32)
        .map(|i| char::from(b'a' + u8::try_from(i.wrapping_mul(2_654_435_761) >> 28).unwrap()))
        .collect();
    write(&desk, "big.txt", &big.repeat(4));
    let error = office.collect(&world.request(&desk)).await.unwrap_err();
    assert!(matches!(error, GitError::DiskFull { .. }), "{error}");
    assert!(desk.join("big.txt").exists());
    // With room again the same work goes through.
    assert!(Disk::run("mount", &["-o", "remount,size=20m"], &disk.0));
    let got = office.collect(&world.request(&desk)).await.unwrap();
    assert_eq!(got.changes.len(), 1);
    write(&desk, "more.txt", "more\n");
    assert!(Disk::run("mount", &["-o", "remount,ro"], &disk.0));
    let error = office.collect(&world.request(&desk)).await.unwrap_err();
    assert!(matches!(error, GitError::ReadOnly { .. }), "{error}");
    let spec = CheckoutSpec {
        base: world.main(),
        start: world.main(),
        branch: branch(),
        dest: disk.0.join("desk"),
        identity: owner_identity(),
    };
    assert!(matches!(office.make_checkout(&spec).await, Err(GitError::ReadOnly { .. })));
}

#[tokio::test]
async fn a_full_disk_leaves_the_owners_work_tree_as_it_was() {
    let world = World::new();
    let Some(disk) = Disk::small(&world.root.join("disk")) else {
        eprintln!("skipped: no right to mount a small disk");
        return;
    };
    // A linked work tree on the small disk holds the branch; the repository itself has room.
    world.owner_git("checkout -q -b elsewhere");
    let tree = disk.0.join("tree");
    world.owner_git(&format!("worktree add -q {} main", tree.display()));
    let office = world.office().await;
    let desk = world.desk(&office).await;
    write(&desk, "src/a.txt", "one\n2\nthree\n");
    write(&desk, "zz-big.txt", &"text that does not fit\n".repeat(60_000));
    let got = office.collect(&world.request(&desk)).await.unwrap();
    let commit = merged(&office, &world.merge_request(&got.tip)).await;
    let request = world.advance_request(&commit);
    let error = office.advance_base(&request).await.unwrap_err();
    assert!(matches!(error, GitError::DiskFull { .. }), "{error}");
    assert_eq!(world.main(), request.old);
    assert_eq!(world.git_in(&tree, &["status", "--porcelain"]), "");
    assert!(Disk::run("mount", &["-o", "remount,size=20m"], &disk.0));
    assert!(matches!(office.advance_base(&request).await.unwrap(), Advance::Advanced { .. }));
    assert_eq!(world.git_in(&tree, &["status", "--porcelain"]), "");
}
