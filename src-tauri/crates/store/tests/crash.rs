//! Crashes, full disks and missing rights, for real: this binary starts itself again as the one who suffers them.

#![allow(clippy::unwrap_used, reason = "a store that cannot be used fails its test")]
#![allow(clippy::print_stdout, reason = "what is skipped is said, and a child speaks to its parent")]
#![cfg(unix)]

mod small;

use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use office_core::{Effect, EffectId, Noun, RunId, Seq};
use office_store::{Batch, Store, StoreError};
use small::{append, envelope, now, opened, progress, says};

const PLACE: &str = "OFFICE_TEST_PLACE";

/// The tests marked `ignore` are the other side of those that are not.
#[expect(clippy::disallowed_methods, reason = "the test ends its child itself, and waits for it")]
fn program(name: impl AsRef<Path>) -> Command {
    Command::new(name.as_ref())
}

fn myself_as(test: &str, place: &Path) -> Command {
    let mut child = program(std::env::current_exe().unwrap());
    child.args(["--exact", test, "--ignored", "--nocapture"]).env(PLACE, place);
    child
}

fn my_place() -> PathBuf {
    PathBuf::from(std::env::var_os(PLACE).unwrap())
}

/// Batch `n` has so many events, one effect, and the run of its number.
fn size(n: u32) -> u32 {
    n % 7 + 1
}

async fn append_batch(store: &Store, n: u32, last: u32) -> u32 {
    let cause = format!("b{n}");
    let events: Vec<_> = (1..=size(n)).map(|i| envelope(last + i, &cause, progress(1, n, "x").event)).collect();
    let effect = EffectId { seq: Seq(last + 1), n: 0 };
    store
        .append(Batch {
            envelopes: &events,
            nouns: &[Noun::Run(small::run(n, None))],
            effects: &[(effect, Effect::Prepare { run: RunId(n) })],
            settled: &[],
        })
        .await
        .unwrap();
    store.mark_running(&[effect]).await.unwrap();
    last + size(n)
}

#[tokio::test]
#[ignore = "the child of the next test"]
async fn child_that_appends_until_it_is_killed() {
    let (store, opening) = Store::open(&my_place(), now()).await.unwrap();
    let mut n = store.load().await.unwrap().effects.len() as u32;
    let mut last = store.last_seq().await.unwrap().0;
    println!("clean {}", opening.clean);
    loop {
        n += 1;
        last = append_batch(&store, n, last).await;
        println!("acknowledged {n} {last}");
        std::io::stdout().flush().unwrap();
    }
}

#[test]
fn what_was_acknowledged_outlives_a_kill_and_nothing_is_half() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("office.db");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async { Store::create(&path, now()).await.unwrap().close().await });
    let mut before = (0, 0);
    for round in 0..12_usize {
        let child = myself_as("child_that_appends_until_it_is_killed", &path);
        let mut child = { child }.stdout(Stdio::piped()).spawn().unwrap();
        let mut said = Vec::new();
        for line in BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok) {
            said.extend(line.strip_prefix("acknowledged ").map(str::to_owned));
            if said.len() == round * 3 + 1 {
                // SIGKILL. What it says until it is dead is still read.
                child.kill().unwrap();
            }
        }
        child.wait().unwrap();
        let acknowledged = said.last().and_then(|line| line.split_once(' ')).unwrap();
        let acknowledged: (u32, u32) = (acknowledged.0.parse().unwrap(), acknowledged.1.parse().unwrap());
        assert!(acknowledged.0 > before.0, "{said:?}");

        runtime.block_on(async {
            let (store, opening) = Store::open(&path, now()).await.unwrap();
            assert!(!opening.clean && opening.checked, "round {round}: {opening:?}");
            let loaded = store.load().await.unwrap();
            let batches = loaded.office.runs.len() as u32;
            let last = store.last_seq().await.unwrap().0;
            // At most the one that it was about to acknowledge is there besides.
            assert!((acknowledged.0..=acknowledged.0 + 1).contains(&batches), "{acknowledged:?} {batches}");
            assert_eq!(last, (1..=batches).map(size).sum::<u32>());
            assert_eq!(loaded.effects.len() as u32, batches);
            let events = store.events(Seq(0), None, u32::MAX).await.unwrap();
            assert!(events.iter().zip(1..).all(|(it, seq)| it.seq == Seq(seq)));
            assert_eq!(events.len() as u32, last);
            before = (batches, last);
            // Without closing: the next child finds it as a crash leaves it.
        });
    }
}

/// A small disk of its own, for as long as this is.
struct Disk(PathBuf);

impl Disk {
    fn mount(dir: &Path, kib: u32) -> Option<Self> {
        if !nix::unistd::geteuid().is_root() {
            println!("skipped: only root can mount a small disk to fill");
            return None;
        }
        let mounted = program("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={kib}k"), "office-test"])
            .arg(dir)
            .stderr(Stdio::null())
            .status();
        if !mounted.is_ok_and(|status| status.success()) {
            println!("skipped: no tmpfs can be mounted here");
            return None;
        }
        Some(Self(dir.to_owned()))
    }

    fn fill(&self, name: &str) {
        let mut file = std::fs::File::create(self.0.join(name)).unwrap();
        while file.write_all(&[1; 4096]).is_ok() {}
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        program("umount").arg("-l").arg(&self.0).status().ok();
    }
}

#[tokio::test]
async fn a_full_disk_is_said_and_the_store_goes_on_when_there_is_space() {
    let dir = tempfile::tempdir().unwrap();
    let Some(disk) = Disk::mount(dir.path(), 1024) else { return };
    let path = dir.path().join("office.db");
    let store = Store::create(&path, now()).await.unwrap();
    append(&store, &[opened(1)]).await.unwrap();
    disk.fill("filler");
    let mut last = 1;
    let error = loop {
        let event = progress(last + 1, 1, &"x".repeat(20_000));
        match append(&store, std::slice::from_ref(&event)).await {
            Ok(()) => last += 1,
            Err(error) => break error,
        }
    };
    assert!(matches!(error, StoreError::Full { .. }), "{error:?}");
    says(&error, &["full", "nothing was written", path.to_str().unwrap()]);
    // It says so as often as it is asked, and can still be read.
    for _ in 0..3 {
        let error = append(&store, &[progress(last + 1, 1, &"x".repeat(200_000))]).await.unwrap_err();
        assert!(matches!(error, StoreError::Full { .. }), "{error:?}");
        assert_eq!(store.last_seq().await.unwrap(), Seq(last));
        assert_eq!(store.events(Seq(0), None, 1000).await.unwrap().len(), last as usize);
    }
    let copy = store.backup_to(&dir.path().join("copy.db")).await.unwrap_err();
    assert!(matches!(copy, StoreError::Full { .. }), "{copy:?}");
    assert!(!dir.path().join("copy.db").exists() && !dir.path().join("copy.db.part").exists());

    std::fs::remove_file(dir.path().join("filler")).unwrap();
    append(&store, &[progress(last + 1, 1, &"x".repeat(200_000))]).await.unwrap();
    assert_eq!(store.load().await.unwrap().office.seq, Seq(0));
    store.check().await.unwrap();
    store.close().await;
    let (store, _) = Store::open(&path, now()).await.unwrap();
    assert_eq!(store.last_seq().await.unwrap(), Seq(last + 1));
    store.close().await;
}

#[tokio::test]
async fn a_store_that_finds_no_space_is_not_made_at_all() {
    let dir = tempfile::tempdir().unwrap();
    let Some(disk) = Disk::mount(dir.path(), 64) else { return };
    disk.fill("filler");
    let path = dir.path().join("office.db");
    let error = Store::create(&path, now()).await.unwrap_err();
    assert!(matches!(error, StoreError::Full { .. }), "{error:?}");
    assert!(!path.exists());
    std::fs::remove_file(dir.path().join("filler")).unwrap();
    let disk_is_small = Store::create(&path, now()).await;
    drop(disk);
    disk_is_small
        .map(drop)
        .or_else(|error| matches!(error, StoreError::Full { .. }).then_some(()).ok_or(error))
        .unwrap();
}

#[tokio::test]
#[ignore = "the child of the next test"]
async fn child_without_rights() {
    let place = my_place();
    for (name, words) in
        [("sealed/office.db", "cannot be written"), ("private/office.db", "cannot be"), ("file/office.db", "cannot be")]
    {
        let error = Store::open(&place.join(name), now()).await.unwrap_err();
        assert!(matches!(error, StoreError::ReadOnly { .. }), "{name}: {error:?}");
        says(&error, &[words, "give the user the right", name]);
    }
    let error = Store::create(&place.join("sealed/new.db"), now()).await.unwrap_err();
    assert!(matches!(error, StoreError::ReadOnly { .. }), "{error:?}");
    says(&error, &["sealed/new.db"]);
    println!("all of it was refused");
}

#[test]
fn missing_rights_are_said_and_nothing_is_touched() {
    let dir = tempfile::tempdir().unwrap();
    let allow = |name: &str, mode| {
        std::fs::set_permissions(dir.path().join(name), std::fs::Permissions::from_mode(mode)).unwrap();
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    for name in ["sealed", "private", "file"] {
        std::fs::create_dir(dir.path().join(name)).unwrap();
        let path = dir.path().join(name).join("office.db");
        runtime.block_on(async { Store::create(&path, now()).await.unwrap().close().await });
    }
    allow("", 0o755);
    // May be read but not written; the directory may not even be entered; the file alone is closed.
    allow("sealed/office.db", 0o444);
    allow("sealed", 0o555);
    allow("private", 0o000);
    allow("file/office.db", 0o000);
    allow("file", 0o777);

    // An unprivileged user has to be able to start it, wherever the build directory is.
    let binary = dir.path().join("me");
    std::fs::copy(std::env::current_exe().unwrap(), &binary).unwrap();
    let mut child = if nix::unistd::geteuid().is_root() {
        let mut child = program("setpriv");
        child.args(["--reuid", "65534", "--regid", "65534", "--clear-groups"]).arg(&binary);
        child
    } else {
        program(&binary)
    };
    let child = child.args(["--exact", "child_without_rights", "--ignored", "--nocapture"]).env(PLACE, dir.path());
    let answer = match child.output() {
        Ok(answer) => answer,
        Err(error) => return println!("skipped: setpriv cannot be started: {error}"),
    };
    for name in ["sealed", "private", "file"] {
        allow(name, 0o755);
        let path = dir.path().join(name);
        let left: Vec<_> = std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(left, ["office.db"], "{name}");
    }
    let words = String::from_utf8_lossy(&answer.stdout);
    assert!(answer.status.success() && words.contains("all of it was refused"), "{words}\n{answer:?}");
}
