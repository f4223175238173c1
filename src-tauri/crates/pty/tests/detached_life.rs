//! The life of the detached host: who may start it, speak to it, outlive it, and what is left when it is killed.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test ends where its world does")]

mod den;
mod world;

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use den::{Den, HOST, Hand, holder, kill_host, recorded, rest, until};
use nix::libc;
use office_pty::detached::{DetachedError, RemoteHost, Revive, end_orphans, past, start_detached};
use office_pty::{ExitStatus, Mode, PtyError, PtyHost, RecordingSpec, Stderr};
use world::{alive, number, sh, within};

const PART: &str = "OFFICE_PTY_TEST_PART";
const MARKER: &str = "OFFICE_PTY_TEST_HOST";

#[tokio::test]
async fn callers_at_once_get_one_host_and_a_second_one_leaves_at_once() {
    let den = Den::new();
    let dir = den.path();
    let start = || start_detached(&dir, Path::new(HOST), den::LONG);
    let (a, b, c, d) = tokio::join!(start(), start(), start(), start());
    let hosts = [a.unwrap(), b.unwrap(), c.unwrap(), d.unwrap()];
    let id = hosts[0].spawn(sh("sleep 600")).await.unwrap().id;
    for host in &hosts {
        assert_eq!(host.sessions().await.unwrap()[0].id, id);
    }
    assert_eq!(den.log().matches("is ready").count(), 1);
    assert_eq!(run_host(&den.path()).code(), Some(3));
    let holder = holder(&den.path()).unwrap();
    // Nobody's child, in a session that is not ours, in a directory that can go, with nothing of ours open.
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", holder.pid)).unwrap();
    let fields: Vec<i32> =
        stat.rsplit_once(')').unwrap().1.split_whitespace().skip(1).take(4).map(|f| f.parse().unwrap()).collect();
    assert_ne!(fields[0], i32::try_from(std::process::id()).unwrap());
    assert_ne!(fields[2], nix::unistd::getsid(None).unwrap().as_raw());
    assert_eq!(fields[3], 0, "it has a controlling terminal");
    let link = |name: &str| std::fs::read_link(format!("/proc/{}/{name}", holder.pid)).unwrap();
    assert_eq!((link("cwd"), link("fd/0")), ("/".into(), "/dev/null".into()));
    assert!(std::fs::read(format!("/proc/{}/environ", holder.pid)).unwrap().is_empty());
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&den.path()), mode(&den.path().join("host.sock"))), (0o700, 0o600));
    for name in ["host.lock", "host.log", "host.journal"] {
        assert_eq!(mode(&den.path().join(name)), 0o600, "{name}");
    }
}

#[expect(clippy::disallowed_methods, reason = "the starter, waited for")]
fn run_host(dir: &Path) -> std::process::ExitStatus {
    Command::new(HOST).arg("--dir").arg(dir).status().unwrap()
}

#[tokio::test]
async fn it_leaves_when_nobody_needs_it_and_the_end_of_its_last_program_is_written_down() {
    let den = Den::new();
    let host = start_detached(&den.path(), Path::new(HOST), Duration::from_millis(150)).await.unwrap();
    let holder = holder(&den.path()).unwrap();
    let mut spec = sh("sleep 0.6; exit 9");
    spec.label = "last".to_owned();
    host.spawn(spec).await.unwrap();
    drop(host);
    until("it leaves", || !holder.is_alive()).await;
    // It cannot have left before, or the end would not be known.
    let [last] = &past(&den.path())[..] else { panic!() };
    assert_eq!((last.label.as_str(), last.exit), ("last", Some(ExitStatus::Code(9))));
    assert!(last.exited_unix_ms.unwrap() >= last.spawned_unix_ms + 600);
    assert!(!den.path().join("host.sock").exists());
    assert!(matches!(RemoteHost::connect(&den.path()).await, Err(DetachedError::NoHost { .. })));
    // The next one knows it still, and a client that stays keeps it.
    let host = start_detached(&den.path(), Path::new(HOST), Duration::from_millis(50)).await.unwrap();
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(host.sessions().await.unwrap().is_empty());
    assert_eq!(past(&den.path()).len(), 1);
}

#[tokio::test]
async fn an_end_while_nobody_was_there_is_learned_with_code_and_time() {
    let den = Den::new();
    let host = den.start().await;
    let go = den.file("go");
    let script = format!("echo pid=$$; while [ ! -e {} ]; do sleep 0.02; done; echo bye; exit 42", go.display());
    let mut spec = sh(&script);
    spec.label = "run 5".to_owned();
    let process = host.spawn(spec).await.unwrap().process;
    drop(host);
    std::fs::write(&go, "").unwrap();
    until("it has ended", || !alive(process.pid)).await;
    let host = den.start().await;
    let held = within(async {
        loop {
            let held = host.held().await.unwrap();
            if held[0].info.output_end.is_some() && held[0].exited_unix_ms.is_some() {
                return held;
            }
        }
    })
    .await;
    assert_eq!((held.len(), held[0].info.label.as_str()), (1, "run 5"));
    assert_eq!(held[0].info.exit.unwrap().status, ExitStatus::Code(42));
    assert!(held[0].exited_unix_ms.unwrap() >= held[0].spawned_unix_ms);
    let id = held[0].info.id;
    let text = String::from_utf8(rest(&host, id, 0).await).unwrap();
    assert!(text.ends_with("bye\r\n"));
    assert_eq!(number(&text, "pid"), process.pid);
    host.forget(id).await.unwrap();
    assert!(host.held().await.unwrap().is_empty() && past(&den.path()).is_empty());
}

/// Not a test of its own: the process that the next one kills.
#[tokio::test]
async fn the_one_who_starts() {
    let Some(dir) = std::env::var_os(PART) else { return };
    let dir = Path::new(&dir);
    let host = start_detached(&dir.join("host"), Path::new(HOST), den::LONG).await.unwrap();
    let revived = dir.join("revived");
    let argv = ["/bin/sh".into(), "-c".into(), format!("echo $WORD >> {}", revived.display()).into()];
    let revive = Revive { argv: argv.to_vec(), env: vec![("WORD".into(), "again".into())], cwd: "/".into() };
    host.revive(Some(revive)).await.unwrap();
    let script = "i=0; while [ $i -lt 400 ]; do i=$((i+1)); echo $i; sleep 0.005; done";
    let mut spec = sh(script).record(RecordingSpec::new(dir.join("r.cast.zst")));
    spec.label = "counter".to_owned();
    host.spawn(spec).await.unwrap();
    println!("ready");
    std::future::pending::<()>().await;
}

#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "this test's own binary, killed and waited for")]
async fn kill_minus_9_of_the_one_who_started_it_ends_nothing_and_it_is_started_again() {
    let den = Den::new();
    let mut starter = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "the_one_who_starts", "--nocapture"])
        .env(PART, den.file("").as_os_str())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(starter.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().contains("ready")));
    starter.kill().unwrap();
    starter.wait().unwrap();
    let revived = || std::fs::read_to_string(den.file("revived")).unwrap_or_default();
    until("it is started again", || revived() == "again\n").await;
    assert!(den.log().contains("started again in 1 s"));
    until("it is said", || den.log().contains("started the client again: process")).await;
    let host = den.start().await;
    let info = host.sessions().await.unwrap().remove(0);
    assert_eq!(info.label, "counter");
    let wanted: String = (1..=400).map(|n| format!("{n}\r\n")).collect();
    assert!(rest(&host, info.id, 0).await == wanted.as_bytes());
    assert!(recorded(&host, info.id).await == wanted.as_bytes());
}

#[tokio::test]
async fn one_version_back_is_spoken_two_are_refused_with_the_way_out() {
    let den = Den::new();
    let host = den.start().await;
    let id = host.spawn(sh("echo hello; exit 3")).await.unwrap().id;
    within(host.output_ended(id)).await.unwrap();
    within(host.exited(id)).await.unwrap();
    let mut old = Hand::connect(&den.path());
    old.say(r#"{"oldest":1,"newest":1,"program":"office 0.1"}"#);
    assert_eq!(old.hear_json()["protocol"], 1);
    old.say(&format!(r#"{{"id":1,"ask":{{"do":"exited","session":{id}}}}}"#));
    assert_eq!(old.hear_json()["answer"]["exit"]["status"]["code"], 3);
    old.say(&format!(
        r#"{{"id":2,"ask":{{"do":"attach","stream":4,"session":{id},"from":{{"offset":0}},"credit":99}}}}"#
    ));
    assert_eq!(old.hear_json()["answer"]["attached"]["offset"], 0);
    let (kind, bytes) = old.hear().unwrap();
    let head = [4u64.to_le_bytes(), 0u64.to_le_bytes()].concat();
    assert_eq!((kind, &bytes[..16], &bytes[16..]), (1, &head[..], &b"hello\r\n"[..]));
    assert_eq!(old.hear_json()["end"]["end"], 7);
    // What it could not know of is refused, and the conversation goes on.
    old.say(r#"{"id":3,"ask":{"do":"held"}}"#);
    assert_eq!(old.hear_json()["is"], "fault");
    old.say(r#"{"id":4,"ask":{"do":"sessions"}}"#);
    assert_eq!(old.hear_json()["answer"]["sessions"].as_array().unwrap().len(), 1);

    for (hello, way_out) in [
        (r#"{"oldest":0,"newest":0,"program":"office 0.0"}"#, "update office 0.0"),
        (r#"{"oldest":3,"newest":4,"program":"office 9"}"#, "the host is to be updated"),
    ] {
        let mut stranger = Hand::connect(&den.path());
        stranger.say(hello);
        let answer = stranger.hear_json();
        assert_eq!(answer["is"], "refused");
        assert!(answer["message"].as_str().unwrap().contains(way_out), "{answer}");
        assert!(stranger.hear().is_none());
    }
}

#[tokio::test]
#[allow(unsafe_code)]
async fn another_user_is_turned_away() {
    if !nix::unistd::geteuid().is_root() {
        return; // only root can become somebody else
    }
    let den = Den::new();
    let _host = den.start().await;
    // Every door stands open but the last: who is asked.
    for (path, mode) in [(den.file(""), 0o755), (den.path(), 0o755), (den.path().join("host.sock"), 0o777)] {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    }
    let dir = den.path();
    let stranger = std::thread::spawn(move || {
        // SAFETY: plain integers. The bare call changes this thread alone, which ends with the test.
        assert_eq!(unsafe { libc::syscall(libc::SYS_setresuid, 65_534, 65_534, 65_534) }, 0);
        let mut hand = Hand::connect(&dir);
        let mut byte = [0];
        hand.0.read(&mut byte).unwrap_or(0)
    });
    assert_eq!(stranger.join().unwrap(), 0);
    until("it is said", || den.log().contains("user 65534 was turned away")).await;
}

#[tokio::test]
async fn after_kill_minus_9_of_the_host_nothing_of_its_programs_is_left() {
    let den = Den::new();
    let host = den.start().await;
    let marker = den.path().display().to_string();
    let scripts = [
        // Ends by itself when its terminal goes; does not; left the session, the parent and the terminal.
        "echo child=$$; sleep 600",
        "trap '' HUP TERM; echo child=$$; while :; do sleep 1; done",
        "setsid sh -c 'trap \"\" HUP; echo child=$$; exec sleep 600 </dev/null >/dev/null 2>&1' & sleep 600",
    ];
    let mut pids = Vec::new();
    for (n, script) in scripts.iter().enumerate() {
        let mut spec = sh(script).marker(MARKER, format!("{marker}#{n}"));
        if n == 1 {
            spec = spec.mode(Mode::Pipes(Stderr::Merged));
        }
        let spawned = host.spawn(spec).await.unwrap();
        let mut view = host.attach(spawned.id, office_pty::ViewFrom::Offset(0)).await.unwrap();
        view.grant(u64::MAX);
        let mut text = String::new();
        while !text.ends_with('\n') {
            let Some(office_pty::Piece::Bytes { bytes, .. }) = within(view.next()).await else { panic!() };
            text.push_str(&String::from_utf8(bytes).unwrap());
        }
        pids.extend([spawned.process.pid, number(&text, "child")]);
    }
    let ours = |value: &OsStr| value.to_string_lossy().starts_with(&marker);
    let end = || end_orphans(&den.path(), MARKER.as_ref(), &ours, Duration::from_millis(400));
    assert!(matches!(end(), Err(DetachedError::Runs { .. })));
    assert!(pids.iter().all(|&pid| alive(pid)));
    kill_host(&den.path()).await;
    within(host.gone()).await;
    assert!(matches!(host.sessions().await, Err(PtyError::HostGone { .. })));
    let orphans = end().unwrap();
    assert!(orphans.ended.survivors.is_empty() && orphans.ended.ended >= 2, "{orphans:?}");
    assert_eq!(orphans.sessions.len(), 3);
    assert_eq!(pids.iter().filter(|&&pid| alive(pid)).count(), 0);
    assert!(holder(&den.path()).is_none(), "who clears up is not taken for a host afterwards");
    // And a new one starts where the old one's socket still lies.
    assert!(den.start().await.sessions().await.unwrap().is_empty());
}
