//! Endings: whatever a program does to stay, it and all it started are gone, and nobody else is touched.

mod world;

use std::ffi::OsStr;
use std::time::{Duration, Instant};

use office_pty::{
    ExitStatus, LocalHost, Means, Mode, ProcessId, PtyError, PtyHost, Stderr, end_leftovers, is_alive, process_identity,
};
use world::*;

const GRACE: Duration = Duration::from_millis(200);

#[tokio::test]
async fn a_polite_program_ends_by_hangup_and_an_ended_one_needs_nothing() {
    let host = LocalHost::new();
    let id = host.spawn(sh("echo ready; exec sleep 600")).await.unwrap().id;
    until(&host, id, "ready").await;
    let ended = host.terminate(id, Duration::from_secs(20)).await.unwrap();
    assert_eq!((ended.means, ended.ended, ended.survivors), (Means::Hangup, 1, vec![]));
    assert_eq!(host.exited(id).await.unwrap().status, ExitStatus::Signal(1));
    assert_eq!(host.terminate(id, GRACE).await.unwrap().means, Means::None);
    host.shutdown(GRACE).await;
}

#[tokio::test]
async fn a_program_that_ignores_hangup_and_terminate_is_killed() {
    let host = LocalHost::new();
    for mode in [Mode::Pty, Mode::Pipes(Stderr::Merged)] {
        let spec = sh("trap '' HUP TERM INT; echo ready; while :; do sleep 600; done").mode(mode);
        let spawned = host.spawn(spec).await.unwrap();
        until(&host, spawned.id, "ready").await;
        let ended = host.terminate(spawned.id, GRACE).await.unwrap();
        assert_eq!((ended.means, ended.survivors), (Means::Kill, vec![]));
        assert!(!is_alive(spawned.process));
        assert_eq!(host.exited(spawned.id).await.unwrap().status, ExitStatus::Signal(9));
        assert!(!host.output_ended(spawned.id).await.unwrap().forced);
    }
    host.shutdown(GRACE).await;
}

#[tokio::test]
async fn a_program_that_ignores_only_hangup_gets_terminate() {
    let host = LocalHost::new();
    let id =
        host.spawn(sh("trap '' HUP; trap 'exit 5' TERM; echo ready; while :; do sleep 0.05; done")).await.unwrap().id;
    until(&host, id, "ready").await;
    let ended = host.terminate(id, Duration::from_secs(2)).await.unwrap();
    assert_eq!((ended.means, ended.survivors), (Means::Terminate, vec![]));
    assert_eq!(host.exited(id).await.unwrap().status, ExitStatus::Code(5));
    host.shutdown(GRACE).await;
}

#[tokio::test]
async fn a_stopped_program_is_ended() {
    let host = LocalHost::new();
    let spawned = host.spawn(sh("echo ready; kill -STOP $$; sleep 600")).await.unwrap();
    until(&host, spawned.id, "ready").await;
    let ended = host.terminate(spawned.id, Duration::from_secs(20)).await.unwrap();
    assert_eq!((ended.means, ended.survivors), (Means::Hangup, vec![]));
    assert!(!is_alive(spawned.process));
    host.shutdown(GRACE).await;
}

#[tokio::test]
async fn a_daemonised_grandchild_is_found_by_its_marker_and_ended() {
    let host = LocalHost::new();
    // Its own session, its parent gone, deaf, and its streams elsewhere.
    let script = "setsid sh -c 'trap \"\" HUP TERM; echo daemon=$$; exec >/dev/null 2>&1 </dev/null; \
                  while :; do sleep 600; done' & sleep 0.05; echo main=$$; exec sleep 600";
    let id = host.spawn(marked(piped(script), "daemon")).await.unwrap().id;
    let text = until(&host, id, "main=").await;
    let text = if text.contains("daemon=") { text } else { until(&host, id, "daemon=").await };
    let daemon = number(&text, "daemon");
    assert!(alive(daemon));
    let ended = host.terminate(id, GRACE).await.unwrap();
    assert_eq!((ended.means, ended.survivors), (Means::Kill, vec![]));
    assert!(!alive(daemon));
    host.shutdown(GRACE).await;
}

#[tokio::test]
async fn what_a_finished_program_left_behind_is_ended_as_well() {
    let host = LocalHost::new();
    // In the session without the terminal, and daemonised with a marker.
    let script = "trap '' HUP; (sleep 600 </dev/null >/dev/null 2>&1 & echo inner=$!); \
                  setsid sleep 601 </dev/null >/dev/null 2>&1 & echo outer=$!";
    let id = host.spawn(marked(piped(script), "left")).await.unwrap().id;
    let text = String::from_utf8(all_output(&host, id).await).unwrap();
    assert_eq!(within(host.exited(id)).await.unwrap().status, ExitStatus::Code(0));
    let (inner, outer) = (number(&text, "inner"), number(&text, "outer"));
    assert!(alive(inner));
    let ended = host.terminate(id, GRACE).await.unwrap();
    assert!(ended.ended >= 2 && ended.survivors.is_empty(), "{ended:?}");
    assert!(!alive(inner) && !alive(outer));
    host.shutdown(GRACE).await;
}

#[tokio::test]
async fn a_grandchild_that_holds_the_pipe_delays_the_end_of_output_and_not_the_exit() {
    let host = LocalHost::new();
    let id = host.spawn(piped("sleep 600 & echo holder=$!; exit 4")).await.unwrap().id;
    assert_eq!(within(host.exited(id)).await.unwrap().status, ExitStatus::Code(4));
    let holder = number(&until(&host, id, "\n").await, "holder");
    let info = host.session(id).await.unwrap();
    assert!(info.exit.is_some() && info.output_end.is_none());
    assert!(matches!(host.forget(id).await, Err(PtyError::StillRunning { .. })));
    // The time-out is the caller's; what it needs is how long it has been quiet.
    within(async {
        while host.session(id).await.unwrap().quiet < Duration::from_millis(30) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
    let ended = host.terminate(id, GRACE).await.unwrap();
    assert!(ended.survivors.is_empty());
    assert!(!alive(holder));
    assert!(host.session(id).await.unwrap().output_end.is_some());
    host.forget(id).await.unwrap();
}

#[tokio::test]
async fn a_fork_storm_is_ended_within_its_bound() {
    let host = LocalHost::new();
    // Every process starts the next and another one, each in its own session: no group kill reaches them all.
    let script = "trap '' HUP TERM; echo up; f() { setsid sh -c \"$S\" & sleep 0.02; }; \
                  export S='trap \"\" HUP TERM; n=0; while [ $n -lt 40 ]; do n=$((n+1)); setsid sleep 600 & sleep 0.005; done; wait'; f; f; wait";
    let id = host.spawn(marked(piped(script), "storm")).await.unwrap().id;
    until(&host, id, "up").await;
    let began = Instant::now();
    let ended = host.terminate(id, Duration::from_millis(100)).await.unwrap();
    assert_eq!((ended.means, &ended.survivors), (Means::Kill, &vec![]));
    assert!(began.elapsed() < Duration::from_secs(6), "{ended:?}");
    let value = format!("storm-{}", std::process::id());
    assert_eq!(end_leftovers(OsStr::new("OFFICE_PTY_TEST"), &|v| v == OsStr::new(&value), GRACE).means, Means::None);
    host.shutdown(GRACE).await;
}

#[tokio::test]
async fn leftovers_of_a_crashed_holder_are_ended_by_marker_and_nobody_else() {
    let host = LocalHost::new();
    let crashed = host.spawn(marked(piped("echo up; sleep 600"), "crashed")).await.unwrap();
    let other = host.spawn(marked(piped("echo up; sleep 600"), "other")).await.unwrap();
    until(&host, crashed.id, "up").await;
    until(&host, other.id, "up").await;
    let ours = format!("crashed-{}", std::process::id());
    let ended = tokio::task::spawn_blocking(move || {
        end_leftovers(OsStr::new("OFFICE_PTY_TEST"), &|value| value == OsStr::new(&ours), GRACE)
    })
    .await
    .unwrap();
    assert!(ended.ended >= 1 && ended.survivors.is_empty());
    assert!(!is_alive(crashed.process));
    assert!(is_alive(other.process));
    host.shutdown(GRACE).await;
    assert!(!is_alive(other.process));
}

#[tokio::test]
async fn a_recycled_number_is_another_process() {
    let host = LocalHost::new();
    let spawned = host.spawn(piped("sleep 600")).await.unwrap();
    assert_eq!(process_identity(spawned.process.pid), spawned.process);
    assert!(!is_alive(ProcessId { start: spawned.process.start - 1, ..spawned.process }));
    host.shutdown(GRACE).await;
}

#[tokio::test]
async fn shutdown_and_drop_leave_no_process_no_thread_and_no_descriptor() {
    let count = |what: &str| std::fs::read_dir(format!("/proc/self/{what}")).unwrap().count();
    let dir = tempfile::tempdir().unwrap();
    let round = async |n: usize| {
        let host = LocalHost::new();
        let mut processes = Vec::new();
        for mode in [Mode::Pty, Mode::Pipes(Stderr::Tail)] {
            let ended = host.spawn(recorded(sh("echo done").mode(mode), &dir)).await.unwrap();
            within(host.output_ended(ended.id)).await.unwrap();
            within(host.exited(ended.id)).await.unwrap();
            processes.push(host.spawn(sh("echo up; sleep 600").mode(mode)).await.unwrap().process);
        }
        let bounded = office_pty::run_bounded(sh("echo x"), LONG, 100).await.unwrap();
        assert!(bounded.success());
        if n.is_multiple_of(2) {
            host.shutdown(GRACE).await;
        } else {
            drop(host);
            within(async {
                while processes.iter().any(|p| is_alive(*p)) {
                    tokio::time::sleep(Duration::from_millis(2)).await;
                }
            })
            .await;
        }
        assert!(!processes.iter().any(|p| is_alive(*p)));
    };
    round(0).await;
    let before = (count("fd"), count("task"));
    for n in 1..=10 {
        round(n).await;
    }
    // Threads of a dropped host end on their own; those of tokio's blocking pool come and go.
    within(async {
        while count("fd") > before.0 || count("task") > before.1 + 8 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
}
