//! Sessions as their caller sees them: bytes, ends, sizes, input, errors.

mod world;

use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use office_pty::{
    ExitStatus, LocalHost, Mode, Piece, PtyError, PtyHost, Signal, SpawnSpec, Stderr, Stdin, TermSize, ViewFrom,
};
use world::*;

#[tokio::test]
async fn the_last_byte_comes_after_the_exit_and_both_are_told() {
    let host = LocalHost::new();
    for mode in [Mode::Pty, Mode::Pipes(Stderr::Merged)] {
        let spec = sh("printf 'begin '; printf end >&2; exit 3").mode(mode);
        let id = host.spawn(spec).await.unwrap().id;
        assert_eq!(within(host.exited(id)).await.unwrap().status, ExitStatus::Code(3));
        let end = within(host.output_ended(id)).await.unwrap();
        assert_eq!((end.end, end.forced), (9, false));
        assert_eq!(all_output(&host, id).await, b"begin end");
        host.forget(id).await.unwrap();
        assert!(matches!(host.session(id).await, Err(PtyError::NoSuchSession { .. })));
    }
    assert!(host.shutdown(Duration::ZERO).await.is_empty());
}

#[tokio::test]
async fn a_hundred_thousand_lines_arrive_once_and_in_order_in_memory_and_on_disk() {
    let dir = tempfile::tempdir().unwrap();
    let host = LocalHost::new();
    let mut spec = recorded(sh("seq 1 100000"), &dir);
    spec.ring_bytes = 512 * 1024;
    let id = host.spawn(spec).await.unwrap().id;
    let wanted: String = (1..=100_000).map(|n| format!("{n}\r\n")).collect();
    let end = within(host.output_ended(id)).await.unwrap();
    assert_eq!(end.end, wanted.len() as u64);
    // The newest half MiB from memory, after a gap that says what is missing...
    let mut view = host.attach(id, ViewFrom::Offset(0)).await.unwrap();
    view.grant(u64::MAX);
    let Some(Piece::Gap { from: 0, to }) = view.next().await else { panic!("no gap") };
    assert_eq!(to, end.end - 512 * 1024);
    let mut tail = Vec::new();
    while let Some(Piece::Bytes { bytes, .. }) = view.next().await {
        tail.extend_from_slice(&bytes);
    }
    assert!(tail == wanted.as_bytes()[to as usize..]);
    // ...and all of it from the recording.
    let mut all = Vec::new();
    loop {
        let back = host.recorded(id, all.len() as u64, 100_000).await.unwrap();
        assert_eq!(back.offset, all.len() as u64);
        if back.bytes.is_empty() {
            break;
        }
        all.extend_from_slice(&back.bytes);
    }
    assert!(all == wanted.as_bytes());
    host.shutdown(Duration::ZERO).await;
}

#[tokio::test]
async fn a_slow_viewer_gets_a_gap_and_reads_what_it_missed_from_the_recording() {
    let dir = tempfile::tempdir().unwrap();
    let host = LocalHost::new();
    let mut spec = recorded(sh("echo ready; read go; seq 1 20000"), &dir);
    spec.ring_bytes = 16 * 1024;
    let id = host.spawn(spec).await.unwrap().id;
    let mut slow = host.attach(id, ViewFrom::Offset(0)).await.unwrap();
    slow.grant(5);
    assert_eq!(within(slow.next()).await, Some(Piece::Bytes { offset: 0, bytes: b"ready".to_vec() }));
    host.write(id, b"go\n".to_vec()).await.unwrap();
    // Nobody takes anything, yet the program runs to its end.
    within(host.output_ended(id)).await.unwrap();
    let Some(Piece::Gap { from: 5, to }) = within(slow.next()).await else { panic!("no gap") };
    let missed = host.recorded(id, 5, (to - 5) as usize).await.unwrap();
    assert_eq!((missed.offset, missed.bytes.len() as u64), (5, to - 5));
    slow.grant(u64::MAX);
    let Some(Piece::Bytes { offset, bytes }) = slow.next().await else { panic!("no bytes") };
    assert_eq!(offset, to);
    let whole = [b"ready", missed.bytes.as_slice(), &bytes].concat();
    assert!(String::from_utf8(whole).unwrap().ends_with("\n19999\r\n20000\r\n"));
    host.shutdown(Duration::ZERO).await;
}

#[tokio::test]
async fn a_resize_reaches_the_program() {
    let host = LocalHost::new();
    let id = host.spawn(sh("trap 'stty size; exit' WINCH; stty size; while :; do sleep 0.05; done")).await.unwrap().id;
    until(&host, id, "24 80").await;
    host.resize(id, TermSize { cols: 132, rows: 43 }).await.unwrap();
    assert!(String::from_utf8(all_output(&host, id).await).unwrap().contains("43 132"));
    let piped = host.spawn(piped("exit")).await.unwrap().id;
    assert!(matches!(host.resize(piped, TermSize::default()).await, Err(PtyError::NoTerminal { .. })));
    host.shutdown(Duration::ZERO).await;
}

#[tokio::test]
async fn input_is_typed_on_a_terminal_and_written_and_closed_on_pipes() {
    let host = LocalHost::new();
    let id = host.spawn(sh("stty -echo; echo ready; cat; echo over")).await.unwrap().id;
    until(&host, id, "ready").await;
    host.write(id, b"hello\n".to_vec()).await.unwrap();
    host.write(id, b"mid".to_vec()).await.unwrap();
    host.close_input(id).await.unwrap();
    assert_eq!(all_output(&host, id).await, b"ready\r\nhello\r\nmidover\r\n");
    assert!(matches!(host.write(id, b"x".to_vec()).await, Err(PtyError::InputClosed { .. })));

    let big = vec![b'x'; 300_000];
    let id = host.spawn(piped("wc -c").stdin(Stdin::Bytes(big))).await.unwrap().id;
    assert_eq!(all_output(&host, id).await, b"300000\n");

    let id = host.spawn(piped("cat")).await.unwrap().id;
    host.write(id, b"one ".to_vec()).await.unwrap();
    host.write(id, b"two".to_vec()).await.unwrap();
    host.close_input(id).await.unwrap();
    assert_eq!(all_output(&host, id).await, b"one two");
    host.shutdown(Duration::ZERO).await;
}

#[tokio::test]
async fn a_program_that_does_not_read_does_not_swallow_a_write_that_was_given_up() {
    let host = LocalHost::new();
    let id = host.spawn(piped("read go < /dev/tty 2>/dev/null; sleep 600")).await.unwrap().id;
    let write = host.write(id, vec![b'x'; 900_000]);
    assert!(tokio::time::timeout(Duration::from_millis(100), write).await.is_err());
    // The next one finds the queue empty, so it waits for the program only.
    assert!(tokio::time::timeout(Duration::from_millis(100), host.write(id, b"y".to_vec())).await.is_err());
    host.shutdown(Duration::ZERO).await;
}

#[tokio::test]
async fn an_interrupt_goes_to_whom_the_terminal_belongs() {
    let host = LocalHost::new();
    let id =
        host.spawn(sh("trap 'echo got it; exit 7' INT; echo ready; while :; do sleep 0.05; done")).await.unwrap().id;
    until(&host, id, "ready").await;
    host.signal(id, Signal::Interrupt).await.unwrap();
    assert_eq!(within(host.exited(id)).await.unwrap().status, ExitStatus::Code(7));
    within(host.output_ended(id)).await.unwrap();
    assert!(matches!(host.signal(id, Signal::Kill).await, Err(PtyError::AlreadyEnded { .. })));
    host.shutdown(Duration::ZERO).await;
}

#[tokio::test]
async fn stderr_kept_apart_leaves_stdout_clean() {
    let host = LocalHost::new();
    let spec = sh("echo data; echo trouble >&2").mode(Mode::Pipes(Stderr::Tail));
    let id = host.spawn(spec).await.unwrap().id;
    assert_eq!(all_output(&host, id).await, b"data\n");
    within(host.exited(id)).await.unwrap();
    within(async {
        while host.stderr_tail(id).await.unwrap() != b"trouble\n" {
            tokio::task::yield_now().await;
        }
    })
    .await;
    host.shutdown(Duration::ZERO).await;
}

#[tokio::test]
async fn the_child_gets_exactly_the_environment_of_the_spec_and_none_of_our_descriptors() {
    // A descriptor without close-on-exec, as a foreign library might leave it.
    let (read, _write) = std::io::pipe().unwrap();
    nix::fcntl::fcntl(&read, nix::fcntl::FcntlArg::F_SETFD(nix::fcntl::FdFlag::empty())).unwrap();
    let host = LocalHost::new();
    for mode in [Mode::Pty, Mode::Pipes(Stderr::Merged)] {
        let spec = SpawnSpec::new(["/usr/bin/env"], "/").env("ONE", "1").marker("MARK", "m").mode(mode);
        let id = host.spawn(spec).await.unwrap().id;
        let text = String::from_utf8(all_output(&host, id).await).unwrap();
        let mut lines: Vec<_> = text.lines().collect();
        lines.sort_unstable();
        assert_eq!(lines, ["MARK=m", "ONE=1"]);
        // 3 is the directory that ls itself opens.
        let id = host.spawn(sh("exec ls /proc/self/fd").mode(mode)).await.unwrap().id;
        let text = String::from_utf8(all_output(&host, id).await).unwrap();
        assert_eq!(text.split_whitespace().collect::<Vec<_>>(), ["0", "1", "2", "3"]);
    }
    host.shutdown(Duration::ZERO).await;
}

#[tokio::test]
async fn what_cannot_start_says_why_and_what_to_do() {
    let dir = tempfile::tempdir().unwrap();
    let host = LocalHost::new();
    let say = async |argv: &[&str], cwd: &str| {
        let spec = SpawnSpec::new(argv.iter().copied(), cwd).env("PATH", "/usr/bin:/bin");
        host.spawn(spec).await.unwrap_err()
    };
    let file = dir.path().join("plain");
    std::fs::write(&file, "data").unwrap();
    let no_interpreter = dir.path().join("script");
    std::fs::write(&no_interpreter, "#!/does/not/exist\n").unwrap();
    std::fs::set_permissions(&no_interpreter, std::fs::Permissions::from_mode(0o755)).unwrap();
    assert!(matches!(say(&[], "/tmp").await, PtyError::EmptyCommand));
    assert!(matches!(say(&["sh"], "/does/not/exist").await, PtyError::CwdMissing { .. }));
    assert!(matches!(say(&["sh"], file.to_str().unwrap()).await, PtyError::CwdUnusable { .. }));
    assert!(matches!(say(&["no-such-program"], "/tmp").await, PtyError::ProgramMissing { .. }));
    assert!(matches!(say(&["/no/such/program"], "/tmp").await, PtyError::ProgramMissing { .. }));
    assert!(matches!(say(&[file.to_str().unwrap()], "/tmp").await, PtyError::NotExecutable { .. }));
    assert!(matches!(say(&["/tmp"], "/tmp").await, PtyError::NotExecutable { .. }));
    let error = say(&[no_interpreter.to_str().unwrap()], "/tmp").await;
    assert!(error.to_string().contains("interpreter"), "{error}");
    assert!(matches!(say(&["sh", "a\0b"], "/tmp").await, PtyError::Nul { .. }));
    let spec = recorded(SpawnSpec::new(["no-such-program"], "/tmp"), &dir);
    assert!(host.spawn(spec).await.is_err());
    assert!(!dir.path().join("out.cast.zst").exists());
    let spec = sh("true").record(office_pty::RecordingSpec::new("/does/not/exist/x.cast.zst"));
    assert!(matches!(host.spawn(spec).await, Err(PtyError::Recording { .. })));
    assert!(host.sessions().await.unwrap().is_empty());
}

#[tokio::test]
async fn programs_give_way_to_whoever_holds_them_each_in_its_own_session() {
    let host = LocalHost::new();
    let script = "nice; while :; do case \"$(cat /proc/self/autogroup 2>/dev/null)\" in ''|*' nice 10') break;; esac; \
                  sleep 0.02; done; echo gives way; read stays";
    let mut all = Vec::new();
    for _ in 0..4 {
        all.push(host.spawn(sh(script)).await.unwrap().id);
    }
    for id in all {
        assert!(within(until(&host, id, "gives way")).await.starts_with("10"), "as nice as that");
    }
    host.shutdown(Duration::ZERO).await;
}
