//! Measures what the detached host costs over a bare read loop on the same terminals, in the same run: throughput, echo,
//! memory and idle CPU. One JSON row per figure:
//! `cargo build --release -p office-pty --bins && cargo run --release -p office-pty --example host_bench [-- throughput|rest] [--mb N]`.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a bench prints, and stops where it cannot measure")]

mod raw;

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use office_pty::detached::{Holder, RemoteHost, start_detached};
use office_pty::{Piece, PtyHost, RecordingSpec, SessionId, SpawnSpec, View, ViewFrom};
use portable_pty::{CommandBuilder, PtySize, native_pty_system};
use raw::{SCRIPT, SETTLE, Sum, cpu, raw_loop, row, text};

/// What floods.
const FLOOD: &[&str] = &["/usr/bin/yes", "a line of output as long as lines of output are"];

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let mb = args.iter().position(|a| a == "--mb").map_or(256, |at| args[at + 1].parse::<usize>().unwrap());
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let dir = tempfile::tempdir().unwrap();
    let only = |name: &str| args.is_empty() || args[0].starts_with("--") || args[0] == name;
    runtime.block_on(async {
        for (count, viewed) in [(1, false), (8, false), (32, false), (1, true), (8, true)] {
            if only("throughput") {
                throughput(dir.path(), count, viewed, mb).await;
            }
        }
        if !only("rest") {
            return;
        }
        // What the machine itself allows at this moment.
        for floods in [0, 8] {
            tokio::task::spawn_blocking(move || raw_echo(floods)).await.unwrap();
        }
        echo(dir.path(), 0).await;
        echo(dir.path(), 8).await;
        for viewer in [false, true] {
            flood(dir.path(), viewer).await;
        }
        idle(dir.path()).await;
    });
}

/// The binary that was built beside this example.
fn program() -> PathBuf {
    std::env::current_exe().unwrap().parent().unwrap().parent().unwrap().join("office-host")
}

/// A host of its own for each figure, so that none inherits another's memory.
async fn host(dir: &Path, name: &str) -> (RemoteHost, i32) {
    let dir = dir.join(name);
    let host = start_detached(&dir, &program(), Duration::ZERO).await.unwrap();
    let holder: Holder = serde_json::from_slice(&std::fs::read(dir.join("host.lock")).unwrap()).unwrap();
    (host, holder.pid)
}

async fn throughput(dir: &Path, count: usize, viewed: bool, mb: usize) {
    let rounds = 4;
    let file = dir.join("text");
    std::fs::write(&file, text(mb * 1_000_000 / rounds / count)).unwrap();
    let (host, pid) = host(dir, &format!("t{count}{viewed}")).await;
    let (mut raw, mut ours) = (Sum::default(), Sum::default());
    // Slices in turn, so that what else the machine does falls on both alike.
    for _ in 0..rounds {
        let path = file.clone();
        raw.add(tokio::task::spawn_blocking(move || raw_loop(&path, count)).await.unwrap());
        ours.add(through(&host, pid, dir, &file, count, viewed).await);
    }
    assert_eq!(raw.bytes, ours.bytes, "both must read the same bytes");
    let viewer = if viewed { "a viewer each" } else { "no viewer" };
    row(&format!("host throughput, {count} recorded, {viewer}"), ours.rate(), "MB/s", raw.rate(), 0.8, true);
    // Fair under load as well: what else the machine does takes time, but is not counted here.
    let goal = if viewed { 2.0 } else { 1.25 };
    row(&format!("host cpu, {count} recorded, {viewer}"), ours.cpu, "s", raw.cpu, goal, false);
}

/// Seconds that the host and its ended children have used.
fn cpu_of(pid: i32) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
    fields[11..15].iter().map(|ticks| ticks.parse::<f64>().unwrap()).sum::<f64>() / 100.0
}

async fn start(host: &RemoteHost, dir: &Path, file: &Path, count: usize) -> Vec<SessionId> {
    let mut ids = Vec::new();
    for n in 0..count {
        let argv = ["/bin/sh".as_ref(), "-c".as_ref(), SCRIPT.as_ref(), file.as_os_str()];
        let spec = SpawnSpec::new(argv, "/").record(RecordingSpec::new(dir.join(format!("{n}.cast.zst"))));
        ids.push(host.spawn(spec).await.unwrap().id);
    }
    tokio::time::sleep(SETTLE).await;
    ids
}

async fn through(host: &RemoteHost, pid: i32, dir: &Path, file: &Path, count: usize, viewed: bool) -> Sum {
    let ids = start(host, dir, file, count).await;
    let mut viewers = tokio::task::JoinSet::new();
    for id in ids.iter().filter(|_| viewed) {
        let mut view = host.attach(*id, ViewFrom::Offset(0)).await.unwrap();
        view.grant(u64::MAX);
        // All that is printed, or its place is told.
        viewers.spawn(async move { while view.next().await.is_some() {} });
    }
    let (began, before) = (Instant::now(), cpu() + cpu_of(pid));
    for id in &ids {
        host.write(*id, b"\n".to_vec()).await.unwrap();
    }
    let mut sum = Sum::default();
    for id in &ids {
        sum.bytes += host.output_ended(*id).await.unwrap().end;
    }
    viewers.join_all().await;
    sum.seconds = began.elapsed().as_secs_f64();
    for id in ids {
        host.exited(id).await.unwrap();
        host.forget(id).await.unwrap();
    }
    Sum { cpu: cpu() + cpu_of(pid) - before, ..sum }
}

fn echo_rows(mut times: Vec<f64>, who: &str, name: &str, limit: f64) {
    times.sort_by(f64::total_cmp);
    row(&format!("{who} echo p50, {name}"), times[times.len() / 2], "ms", limit, 1.0, false);
    row(&format!("{who} echo p99, {name}"), times[times.len() * 99 / 100], "ms", limit, 1.0, false);
}

fn among(floods: usize) -> (String, f64) {
    if floods == 0 { ("idle".to_owned(), 2.0) } else { (format!("beside {floods} floods"), 10.0) }
}

/// A key and its echo on a bare terminal, beside so many bare ones that flood.
fn raw_echo(floods: usize) {
    let open = |words: &[&str]| {
        let pair = native_pty_system().openpty(PtySize::default()).unwrap();
        let mut command = CommandBuilder::new(words[0]);
        command.args(&words[1..]);
        let child = pair.slave.spawn_command(command).unwrap();
        (child, pair.master)
    };
    let mut others = Vec::new();
    for _ in 0..floods {
        let (child, master) = open(FLOOD);
        let mut reader = master.try_clone_reader().unwrap();
        let mut buffer = vec![0; 64 * 1024];
        let thread = thread::spawn(move || while reader.read(&mut buffer).is_ok_and(|n| n > 0) {});
        others.push((child, master, thread));
    }
    let (mut child, master) = open(&["/bin/cat"]);
    let (mut reader, mut writer) = (master.try_clone_reader().unwrap(), master.take_writer().unwrap());
    thread::sleep(SETTLE);
    let mut times = Vec::new();
    for _ in 0..400 {
        let began = Instant::now();
        writer.write_all(b"x").unwrap();
        reader.read_exact(&mut [0]).unwrap();
        times.push(began.elapsed().as_secs_f64() * 1000.0);
        thread::sleep(Duration::from_millis(4));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    for (mut child, master, thread) in others {
        child.kill().unwrap();
        child.wait().unwrap();
        drop(master);
        thread.join().unwrap();
    }
    let (name, limit) = among(floods);
    echo_rows(times, "raw", &name, limit);
}

/// From a key sent until its echo is seen, beside so many programs that flood and are looked at.
async fn echo(dir: &Path, floods: usize) {
    let (host, _) = host(dir, &format!("e{floods}")).await;
    let mut viewers = tokio::task::JoinSet::new();
    let mut others = Vec::new();
    for n in 0..floods {
        let spec =
            SpawnSpec::new(FLOOD.iter().copied(), "/").record(RecordingSpec::new(dir.join(format!("f{n}.cast.zst"))));
        let id = host.spawn(spec).await.unwrap().id;
        let mut view = host.attach(id, ViewFrom::Offset(0)).await.unwrap();
        view.grant(u64::MAX);
        viewers.spawn(async move { while view.next().await.is_some() {} });
        others.push(id);
    }
    let cat = SpawnSpec::new(["/bin/cat"], "/").record(RecordingSpec::new(dir.join("echo.cast.zst")));
    let id = host.spawn(cat).await.unwrap().id;
    let mut view = host.attach(id, ViewFrom::Offset(0)).await.unwrap();
    view.grant(u64::MAX);
    tokio::time::sleep(SETTLE).await;
    let mut times = Vec::new();
    for _ in 0..400 {
        let began = Instant::now();
        let (written, ()) = tokio::join!(host.write(id, b"x".to_vec()), seen(&mut *view));
        written.unwrap();
        times.push(began.elapsed().as_secs_f64() * 1000.0);
        tokio::time::sleep(Duration::from_millis(4)).await;
    }
    let (name, limit) = among(floods);
    echo_rows(times, "host", &name, limit);
    for id in others.into_iter().chain([id]) {
        host.terminate(id, Duration::ZERO).await.unwrap();
    }
}

async fn seen(view: &mut dyn View) {
    assert!(matches!(view.next().await, Some(Piece::Bytes { .. })));
}

fn status_kib(pid: i32, key: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find(|l| l.starts_with(key)).unwrap().to_owned();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// 8 sessions of 256 MB each, unseen or with a viewer that takes 4 KiB every 10 ms and loses its place again and again.
async fn flood(dir: &Path, viewer: bool) {
    let file = dir.join("text");
    std::fs::write(&file, text(250_000_000)).unwrap();
    let (host, pid) = host(dir, &format!("flood{viewer}")).await;
    let before = status_kib(pid, "VmRSS");
    let ids = start(&host, dir, &file, 8).await;
    for id in &ids {
        host.write(*id, b"\n".to_vec()).await.unwrap();
    }
    if viewer {
        let mut view = host.attach(ids[0], ViewFrom::Offset(0)).await.unwrap();
        view.grant(4096);
        while let Some(piece) = view.next().await {
            if let Piece::Bytes { .. } = piece {
                tokio::time::sleep(Duration::from_millis(10)).await;
                view.grant(4096);
            }
        }
    }
    for id in &ids {
        host.output_ended(*id).await.unwrap();
    }
    let grown = status_kib(pid, "VmHWM").saturating_sub(before) as f64 / 1024.0;
    let name = if viewer { "one slow viewer" } else { "no viewer" };
    row(&format!("host memory, 8 x 256 MB, {name}"), grown, "MiB", 64.0, 1.0, false);
}

/// 100 programs that do nothing.
async fn idle(dir: &Path) {
    let (host, pid) = host(dir, "idle").await;
    for n in 0..100 {
        let spec =
            SpawnSpec::new(["/bin/sleep", "600"], "/").record(RecordingSpec::new(dir.join(format!("i{n}.cast.zst"))));
        host.spawn(spec).await.unwrap();
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    let (began, before) = (Instant::now(), cpu_of(pid));
    tokio::time::sleep(Duration::from_secs(5)).await;
    let share = (cpu_of(pid) - before) * 100.0 / began.elapsed().as_secs_f64();
    row("host cpu, 100 idle sessions", share, "% of a core", 1.0, 1.0, false);
    row("host memory, 100 idle sessions", status_kib(pid, "VmRSS") as f64 / 1024.0, "MiB", 100.0, 1.0, false);
    for info in host.sessions().await.unwrap() {
        host.terminate(info.id, Duration::ZERO).await.unwrap();
    }
}
