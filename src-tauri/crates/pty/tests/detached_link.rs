//! What crosses the line to the detached host survives its drops: every byte, every end, every start exactly once.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test ends where its world does")]

mod den;
mod world;

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use den::{Den, Hand, Proxy, Seeded, holder, read_on, recorded, rest, until};
use office_pty::detached::{DetachedError, RemoteHost};
use office_pty::{
    ExitStatus, Mode, Piece, PtyError, PtyHost, RecordingSpec, SessionId, Signal, SpawnSpec, Stderr, TermSize, ViewFrom,
};
use tokio::task::JoinSet;
use world::{number, piped, sh, within};

#[tokio::test]
async fn it_is_a_host_like_one_in_this_process() {
    let den = Den::new();
    let host = den.start().await;
    let spec =
        sh("trap 'exit 7' INT; stty -echo; echo ready; read a; echo got $a; stty size; while :; do sleep 0.05; done")
            .record(RecordingSpec::new(den.file("r.cast.zst")));
    let id = host.spawn(spec).await.unwrap().id;
    let mut view = host.attach(id, ViewFrom::Offset(0)).await.unwrap();
    assert!(tokio::time::timeout(Duration::from_millis(100), view.next()).await.is_err(), "bytes without credit");
    view.grant(u64::MAX);
    let mut seen = Vec::new();
    while !seen.ends_with(b"ready\r\n") {
        let Some(Piece::Bytes { bytes, .. }) = within(view.next()).await else { panic!() };
        seen.extend_from_slice(&bytes);
    }
    host.resize(id, TermSize { cols: 101, rows: 31 }).await.unwrap();
    host.write(id, b"word\n".to_vec()).await.unwrap();
    while !seen.ends_with(b"got word\r\n31 101\r\n") {
        let Some(Piece::Bytes { bytes, .. }) = within(view.next()).await else { panic!() };
        seen.extend_from_slice(&bytes);
    }
    assert_eq!(host.session(id).await.unwrap().size, Some(TermSize { cols: 101, rows: 31 }));
    assert!(matches!(host.forget(id).await, Err(PtyError::StillRunning { .. })));
    host.signal(id, Signal::Interrupt).await.unwrap();
    assert_eq!(within(host.exited(id)).await.unwrap().status, ExitStatus::Code(7));
    let end = within(host.output_ended(id)).await.unwrap().end;
    assert_eq!(recorded(&host, id).await.len() as u64, end);
    let Some(Piece::Bytes { offset, bytes }) = last(&host, id, 8).await else { panic!() };
    assert_eq!((offset, bytes.as_slice()), (end - 8, &b"31 101\r\n"[..]));
    assert!(matches!(host.signal(id, Signal::Kill).await, Err(PtyError::AlreadyEnded { .. })));
    assert!(matches!(host.write(id, b"x".to_vec()).await, Err(PtyError::InputClosed { .. })));
    host.forget(id).await.unwrap();
    assert!(matches!(host.attach(id, ViewFrom::Offset(0)).await, Err(PtyError::NoSuchSession { .. })));

    let spec = sh("cat; echo trouble >&2").mode(Mode::Pipes(Stderr::Tail));
    let id = host.spawn(spec).await.unwrap().id;
    host.write(id, vec![b'x'; 1_000_000]).await.unwrap();
    host.close_input(id).await.unwrap();
    assert_eq!(rest(&host, id, 0).await.len(), 1_000_000);
    within(host.exited(id)).await.unwrap();
    assert_eq!(host.stderr_tail(id).await.unwrap(), b"trouble\n");
    assert!(matches!(host.resize(id, TermSize::default()).await, Err(PtyError::NoTerminal { .. })));
    assert!(matches!(host.recorded(id, 0, 1).await, Err(PtyError::NotRecorded { .. })));
    let missing = SpawnSpec::new(["no-such-program"], "/tmp").env("PATH", "/bin");
    assert!(matches!(host.spawn(missing).await, Err(PtyError::ProgramMissing { .. })));
    let id = host.spawn(sh("trap '' HUP TERM; sleep 600")).await.unwrap().id;
    assert!(host.terminate(id, Duration::from_millis(50)).await.unwrap().survivors.is_empty());
    assert_eq!(host.sessions().await.unwrap().len(), 2);
}

async fn last(host: &RemoteHost, id: SessionId, bytes: u64) -> Option<Piece> {
    let mut view = host.attach(id, ViewFrom::Last(bytes)).await.unwrap();
    view.grant(u64::MAX);
    within(view.next()).await
}

/// One client's life: every counter is read on from where it was until the client is dropped.
async fn live(dir: &Path, buffers: &mut [Vec<u8>], life: Duration) -> bool {
    let host = loop {
        match within(RemoteHost::connect(dir)).await {
            Ok(host) => break Arc::new(host),
            // Cut in the middle of the greeting: nobody there, as far as a first attempt can tell.
            Err(DetachedError::NoHost { .. }) => {}
            Err(error) => panic!("{error}"),
        }
    };
    let sessions = within(host.sessions()).await.unwrap();
    let end = Instant::now() + life;
    let mut readers = JoinSet::new();
    for (n, buffer) in buffers.iter_mut().enumerate() {
        let id = sessions.iter().find(|info| info.label == format!("counter {n}")).unwrap().id;
        let (host, mut buffer) = (Arc::clone(&host), std::mem::take(buffer));
        readers.spawn(async move {
            let reading = async {
                let Ok(mut view) = host.attach(id, ViewFrom::Offset(buffer.len() as u64)).await else { panic!() };
                view.grant(u64::MAX);
                read_on(&mut *view, 0, &mut buffer).await;
            };
            let left = end.saturating_duration_since(Instant::now());
            let over = tokio::time::timeout(left, reading).await.is_ok();
            (n, buffer, over)
        });
    }
    let mut all_over = true;
    while let Some(read) = readers.join_next().await {
        let (n, buffer, over) = read.unwrap();
        buffers[n] = buffer;
        all_over &= over;
    }
    all_over
}

#[tokio::test]
async fn numbers_counted_aloud_arrive_once_and_in_order_however_often_the_client_is_cut_or_dropped() {
    const COUNTERS: usize = 4;
    const LAST: usize = 2000;
    let mut seeded = Seeded(7);
    let den = Den::new();
    let starter = den.start().await;
    for n in 0..COUNTERS {
        let script = format!(
            "i=0; while [ $i -lt {LAST} ]; do i=$((i+1)); echo $i; [ $((i % 40)) -ne 0 ] || sleep 0.03; done; exit {n}"
        );
        let mut spec = sh(&script).record(RecordingSpec::new(den.file(&format!("{n}.cast.zst"))));
        spec.label = format!("counter {n}");
        starter.spawn(spec).await.unwrap();
    }
    drop(starter);
    let proxy = Proxy::before(&den.path());
    let mut buffers = vec![Vec::new(); COUNTERS];
    let mut lives = 0;
    loop {
        let life = Duration::from_millis(20 + seeded.below(200));
        let living = live(proxy.dir.path(), &mut buffers, life);
        let cutting = async {
            loop {
                tokio::time::sleep(Duration::from_millis(1 + seeded.below(25))).await;
                proxy.cut();
            }
        };
        lives += 1;
        tokio::select! {
            over = living => if over { break },
            () = cutting => {}
        }
    }
    let wanted: String = (1..=LAST).map(|n| format!("{n}\r\n")).collect();
    let host = den.start().await;
    for info in host.sessions().await.unwrap() {
        let n: usize = info.label.trim_start_matches("counter ").parse().unwrap();
        assert_eq!(within(host.exited(info.id)).await.unwrap().status, ExitStatus::Code(i32::try_from(n).unwrap()));
        assert!(buffers[n] == wanted.as_bytes(), "counter {n} was seen otherwise");
        assert!(recorded(&host, info.id).await == wanted.as_bytes(), "counter {n} was recorded otherwise");
    }
    assert!(lives > 5 && proxy.connections() > 3 * lives, "{lives} lives, {} connections", proxy.connections());
}

#[tokio::test]
async fn a_start_whose_answer_was_lost_is_not_done_twice() {
    let den = Den::new();
    let direct = den.start().await;
    let proxy = Proxy::before(&den.path());
    let host = RemoteHost::connect(proxy.dir.path()).await.unwrap();
    let touch = format!("echo once >> {}; sleep 600", den.file("starts").display());
    proxy.swallow();
    let first = within(host.spawn(sh(&touch))).await.unwrap();
    assert_eq!(proxy.connections(), 2);
    assert_eq!(direct.sessions().await.unwrap().len(), 1);
    // The same key from another client, as of a runtime that was started anew.
    proxy.swallow();
    let keyed = within(host.spawn_keyed("run 17", sh(&touch))).await.unwrap();
    assert_eq!(direct.spawn_keyed("run 17", sh("exit 1")).await.unwrap(), keyed);
    assert_ne!(first.id, keyed.id);
    assert_eq!(direct.held().await.unwrap().iter().map(|held| held.key == "run 17").collect::<Vec<_>>(), [false, true]);
    let lines = || std::fs::read_to_string(den.file("starts")).unwrap_or_default();
    until("both have started", || lines().lines().count() == 2).await;
    // What failed may be tried again.
    assert!(direct.spawn_keyed("run 18", SpawnSpec::new(["no-such-program"], "/")).await.is_err());
    direct.spawn_keyed("run 18", sh("sleep 600")).await.unwrap();
    // Typing is never repeated: it is said that nobody knows.
    proxy.swallow();
    let Err(PtyError::System { source, .. }) = within(host.write(first.id, b"x".to_vec())).await else { panic!() };
    assert_eq!(source.kind(), io::ErrorKind::ConnectionAborted);
    within(host.write(first.id, b"y".to_vec())).await.unwrap();
}

#[tokio::test]
async fn a_view_that_was_away_too_long_gets_a_gap_and_the_recording_fills_it() {
    let den = Den::new();
    let host = den.start().await;
    let mut spec = piped("read go; seq 1 50000").record(RecordingSpec::new(den.file("r.cast.zst")));
    spec.ring_bytes = 64 * 1024;
    let id = host.spawn(spec).await.unwrap().id;
    let mut view = host.attach(id, ViewFrom::Offset(0)).await.unwrap();
    host.write(id, b"\n".to_vec()).await.unwrap();
    let end = within(host.output_ended(id)).await.unwrap().end;
    view.grant(u64::MAX);
    let Some(Piece::Gap { from: 0, to }) = within(view.next()).await else { panic!("no gap") };
    let mut all = host.recorded(id, 0, usize::try_from(to).unwrap()).await.unwrap().bytes;
    assert_eq!(all.len() as u64, to);
    within(read_on(&mut *view, 0, &mut all)).await;
    let wanted: String = (1..=50_000).map(|n| format!("{n}\n")).collect();
    assert!(all == wanted.as_bytes() && all.len() as u64 == end);
}

fn status_kib(pid: i32, key: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with(key)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[tokio::test]
async fn a_flood_with_clients_that_do_not_read_keeps_the_host_small() {
    let den = Den::new();
    let host = den.start().await;
    let spec = piped("read go; yes 'a line of a flood that nobody reads' | head -c 80000000");
    let id = host.spawn(spec).await.unwrap().id;
    let pid = holder(&den.path()).unwrap().pid;
    let before = status_kib(pid, "VmRSS");
    // One takes little, one grants all and looks at none, one does not even read its socket.
    let mut slow = host.attach(id, ViewFrom::Offset(0)).await.unwrap();
    slow.grant(4096);
    let mut blind = host.attach(id, ViewFrom::Offset(0)).await.unwrap();
    blind.grant(u64::MAX);
    let mut deaf = Hand::connect(&den.path());
    deaf.say(r#"{"oldest":1,"newest":2}"#);
    assert_eq!(deaf.hear_json()["is"], "welcome");
    let attach = format!(
        r#"{{"id":1,"ask":{{"do":"attach","stream":1,"session":{id},"from":{{"offset":0}},"credit":999999999999}}}}"#
    );
    deaf.say(&attach);
    host.write(id, b"\n".to_vec()).await.unwrap();
    assert_eq!(within(host.output_ended(id)).await.unwrap().end, 80_000_000);
    let grown = status_kib(pid, "VmHWM").saturating_sub(before);
    assert!(grown < 16 * 1024, "the host grew by {grown} KiB");
    assert!(matches!(within(slow.next()).await, Some(Piece::Bytes { .. } | Piece::Gap { .. })));
}

#[tokio::test]
async fn a_hundred_idle_sessions_cost_next_to_nothing() {
    let den = Den::new();
    let host = den.start().await;
    for _ in 0..100 {
        host.spawn(SpawnSpec::new(["/bin/sleep", "600"], "/")).await.unwrap();
    }
    let pid = holder(&den.path()).unwrap().pid;
    let used = || -> u64 {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
        let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
        fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
    };
    tokio::time::sleep(Duration::from_millis(300)).await;
    let (began, before) = (Instant::now(), used());
    tokio::time::sleep(Duration::from_secs(2)).await;
    // Ticks of 10 ms.
    let share = (used() - before) as f64 * 0.01 / began.elapsed().as_secs_f64();
    assert!(share <= 0.01, "{share}");
    let kib = status_kib(pid, "VmRSS");
    assert!(kib < 60 * 1024, "{kib} KiB");
}

#[tokio::test]
async fn a_path_too_long_for_a_socket_is_no_obstacle() {
    let den = Den::new();
    let dir = den.path().join("a-rather-long-name".repeat(8));
    let host =
        office_pty::detached::start_detached(&dir, Path::new(den::HOST), Duration::from_millis(100)).await.unwrap();
    let id = host.spawn(sh("echo pid=$$")).await.unwrap().id;
    assert!(number(&String::from_utf8(rest(&host, id, 0).await).unwrap(), "pid") > 1);
    let holder = holder(&dir).unwrap();
    drop(host);
    until("it leaves", || !holder.is_alive()).await;
}
