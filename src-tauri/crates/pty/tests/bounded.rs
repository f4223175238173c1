//! Commands that just have to run: time, memory, and nothing left behind.

mod world;

use std::time::{Duration, Instant};

use office_pty::{BoundedEnd, ExitStatus, PtyError, SpawnSpec, Stdin, run_bounded};
use world::*;

#[tokio::test]
async fn a_command_gives_its_code_and_both_streams_in_order() {
    let run = run_bounded(sh("echo one; echo two >&2; printf '\\377\\376'; exit 9"), LONG, 1000).await.unwrap();
    assert_eq!(run.end, BoundedEnd::Exited(ExitStatus::Code(9)));
    assert_eq!(run.output.head, b"one\ntwo\n\xff\xfe");
    assert_eq!(run.output.to_lossy(), "one\ntwo\n\u{fffd}\u{fffd}");
    assert!(!run.success() && !run.held_open);
    let run = run_bounded(sh("kill -9 $$"), LONG, 1000).await.unwrap();
    assert_eq!(run.end, BoundedEnd::Exited(ExitStatus::Signal(9)));
    let run = run_bounded(sh("cat; test -t 0 || echo no tty"), LONG, 1000).await.unwrap();
    assert_eq!(run.output.head, b"no tty\n");
    let run = run_bounded(sh("wc -c").stdin(Stdin::Bytes(vec![0; 200_000])), LONG, 1000).await.unwrap();
    assert_eq!(run.output.head, b"200000\n");
    // It does not read all it is given.
    let run = run_bounded(sh("head -c 1").stdin(Stdin::Bytes(vec![b'x'; 2_000_000])), LONG, 1000).await.unwrap();
    assert_eq!(run.output.head, b"x");
    let missing = run_bounded(SpawnSpec::new(["no-such-program"], "/"), LONG, 1000).await;
    assert!(matches!(missing, Err(PtyError::ProgramMissing { .. })));
}

#[tokio::test]
async fn a_gigabyte_of_output_takes_the_memory_of_its_cap() {
    let peak = || {
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let line = status.lines().find(|l| l.starts_with("VmHWM")).unwrap().to_owned();
        line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap()
    };
    let before = peak();
    let run = run_bounded(sh("head -c 1000000000 /dev/zero; printf end"), LONG, 10_000).await.unwrap();
    assert!(run.success());
    assert_eq!(run.output.total, 1_000_000_003);
    assert_eq!((run.output.head.len(), run.output.tail.len()), (5000, 5000));
    assert!(run.output.tail.ends_with(b"\0end"));
    assert!(run.output.to_lossy().contains("[... 999990003 bytes left out ...]"));
    assert!(peak() - before < 16 * 1024, "grew by {} KiB", peak() - before);
}

#[tokio::test]
async fn when_the_time_is_up_the_whole_group_and_marked_descendants_are_gone() {
    let script =
        "trap '' HUP TERM; setsid sleep 600 & echo outer=$!; sleep 600 & echo inner=$!; while :; do sleep 600; done";
    let run = run_bounded(marked(sh(script), "bounded"), Duration::from_millis(300), 1000).await.unwrap();
    assert_eq!(run.end, BoundedEnd::TimedOut);
    assert!(run.leftovers.survivors.is_empty());
    let text = run.output.to_lossy();
    assert!(!alive(number(&text, "outer")) && !alive(number(&text, "inner")));
    assert!(run.duration >= Duration::from_millis(300));
}

#[tokio::test]
async fn a_flood_does_not_outrun_the_clock() {
    let run = run_bounded(sh("exec cat /dev/zero"), Duration::from_millis(200), 1000).await.unwrap();
    assert_eq!(run.end, BoundedEnd::TimedOut);
    assert!(run.output.total > 0);
}

#[tokio::test]
async fn a_grandchild_that_holds_the_pipe_does_not_hold_the_result() {
    let began = Instant::now();
    let run = run_bounded(sh("sleep 600 & echo holder=$!"), Duration::from_secs(600), 1000).await.unwrap();
    assert!(run.success() && run.held_open);
    assert!(began.elapsed() < LONG);
    assert!(!alive(number(&run.output.to_lossy(), "holder")));
}

#[tokio::test]
async fn a_caller_that_goes_away_ends_the_command() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("pid");
    let script = format!("echo pid=$$ > {}.new; mv {0}.new {0}; exec sleep 600", file.display());
    let wait_for_pid = async {
        loop {
            if let Ok(text) = std::fs::read_to_string(&file) {
                return number(&text, "pid");
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    let pid = tokio::select! {
        run = run_bounded(sh(&script), LONG, 1000) => panic!("{run:?}"),
        pid = wait_for_pid => pid,
    };
    within(async {
        while alive(pid) {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    })
    .await;
}
