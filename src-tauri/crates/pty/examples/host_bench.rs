//! Measures what the detached host costs over a bare read loop on the same terminals, in the same run: throughput, echo,
//! memory and idle CPU. One JSON row per figure:
//! `cargo build --release -p office-pty --bins && cargo run --release -p office-pty --example host_bench [-- --mb N]`.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a bench prints, and stops where it cannot measure")]

use std::fmt::Write as _;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use office_pty::detached::{Holder, RemoteHost, start_detached};
use office_pty::{Piece, PtyHost, RecordingSpec, SessionId, SpawnSpec, View, ViewFrom};
use portable_pty::{CommandBuilder, PtySize, native_pty_system};

/// All programs are started before any may print: starting them is another figure.
const SCRIPT: &str = "read go; exec /bin/cat \"$0\"";
/// For the shells to reach their `read`.
const SETTLE: Duration = Duration::from_millis(100);

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let mb = args.iter().position(|a| a == "--mb").map_or(128, |at| args[at + 1].parse::<usize>().unwrap());
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let dir = tempfile::tempdir().unwrap();
    runtime.block_on(async {
        for (count, viewed) in [(1, false), (8, false), (1, true), (8, true)] {
            throughput(dir.path(), count, viewed, mb).await;
        }
        // What the machine itself allows at this moment.
        tokio::task::spawn_blocking(raw_echo).await.unwrap();
        echo(dir.path(), 0).await;
        echo(dir.path(), 8).await;
        flood(dir.path()).await;
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

/// Coloured words, paths and numbers, as builds and agents print.
fn text(bytes: usize) -> String {
    let words = ["parser", "queue", "ledger", "frame", "window", "retry", "merge", "index", "token", "cache"];
    let mut seed = 42_u64;
    let mut next = |n: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as usize % n
    };
    let mut out = String::with_capacity(bytes + 200);
    while out.len() < bytes {
        let (a, b, n) = (words[next(10)], words[next(10)], next(100_000));
        let _ = match next(3) {
            0 => writeln!(out, "\x1b[1m\x1b[32m   Compiling\x1b[0m {a}-{b} v0.{}.{n} (/srv/{a}/{b})", next(30)),
            1 => writeln!(out, "test {a}::{b}::case_{n} ... \x1b[32mok\x1b[0m ({} ms)", next(900)),
            _ => writeln!(out, "  --> src/{a}/{b}.rs:{}:{} “{n:x}” ✓", next(900), next(80)),
        };
    }
    out
}

fn row(name: &str, value: f64, unit: &str, limit: f64, goal: f64, more_is_better: bool) {
    let ratio = value / limit;
    let met = if more_is_better { ratio >= goal } else { ratio <= goal };
    let round = |x: f64| (x * 1000.0).round() / 1000.0;
    let row = serde_json::json!({
        "name": name, "value": round(value), "unit": unit, "limit": round(limit), "ratio": round(ratio), "goal": goal, "met": met,
    });
    println!("{row}");
}

async fn throughput(dir: &Path, count: usize, viewed: bool, mb: usize) {
    let rounds = 4;
    let file = dir.join("text");
    std::fs::write(&file, text(mb * 1_000_000 / rounds / count)).unwrap();
    let (host, _) = host(dir, &format!("t{count}{viewed}")).await;
    let (mut bytes, mut raw, mut ours) = ([0, 0], 0.0, 0.0);
    // Slices in turn, so that what else the machine does falls on both alike.
    for _ in 0..rounds {
        let path = file.clone();
        let (read, seconds) = tokio::task::spawn_blocking(move || raw_loop(&path, count)).await.unwrap();
        (bytes[0], raw) = (bytes[0] + read, raw + seconds);
        let (read, seconds) = through(&host, dir, &file, count, viewed).await;
        (bytes[1], ours) = (bytes[1] + read, ours + seconds);
    }
    assert_eq!(bytes[0], bytes[1], "both must read the same bytes");
    let rate = |seconds: f64| bytes[0] as f64 / 1e6 / seconds;
    let viewer = if viewed { "a viewer each" } else { "no viewer" };
    row(&format!("host throughput, {count} recorded, {viewer}"), rate(ours), "MB/s", rate(raw), 0.8, true);
}

/// The limit: one thread per terminal that only reads.
fn raw_loop(file: &Path, count: usize) -> (u64, f64) {
    let mut terminals = Vec::new();
    for _ in 0..count {
        let size = PtySize { rows: 24, cols: 80, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).unwrap();
        let mut command = CommandBuilder::new("/bin/sh");
        command.env_clear();
        command.args(["-c".as_ref(), SCRIPT.as_ref(), file.as_os_str()]);
        let mut child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let mut reader = pair.master.try_clone_reader().unwrap();
        let thread = thread::spawn(move || {
            let (mut buffer, mut total) = (vec![0; 64 * 1024], 0);
            loop {
                match reader.read(&mut buffer) {
                    // A terminal whose last holder left answers with an error.
                    Ok(0) | Err(_) => break,
                    Ok(n) => total += n as u64,
                }
            }
            child.wait().unwrap();
            total
        });
        terminals.push((pair.master.take_writer().unwrap(), pair.master, thread));
    }
    thread::sleep(SETTLE);
    let began = Instant::now();
    for (writer, ..) in &mut terminals {
        writer.write_all(b"\n").unwrap();
    }
    let mut total = 0;
    for (writer, master, thread) in terminals {
        total += thread.join().unwrap();
        drop((writer, master));
    }
    (total, began.elapsed().as_secs_f64())
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

async fn through(host: &RemoteHost, dir: &Path, file: &Path, count: usize, viewed: bool) -> (u64, f64) {
    let ids = start(host, dir, file, count).await;
    let mut viewers = tokio::task::JoinSet::new();
    for id in ids.iter().filter(|_| viewed) {
        let mut view = host.attach(*id, ViewFrom::Offset(0)).await.unwrap();
        view.grant(u64::MAX);
        // All that is printed, or its place is told.
        viewers.spawn(async move { while view.next().await.is_some() {} });
    }
    let began = Instant::now();
    for id in &ids {
        host.write(*id, b"\n".to_vec()).await.unwrap();
    }
    let mut total = 0;
    for id in &ids {
        total += host.output_ended(*id).await.unwrap().end;
    }
    viewers.join_all().await;
    let seconds = began.elapsed().as_secs_f64();
    for id in ids {
        host.exited(id).await.unwrap();
        host.forget(id).await.unwrap();
    }
    (total, seconds)
}

fn echo_rows(mut times: Vec<f64>, who: &str, name: &str, limit: f64) {
    times.sort_by(f64::total_cmp);
    row(&format!("{who} echo p50, {name}"), times[times.len() / 2], "ms", limit, 1.0, false);
    row(&format!("{who} echo p99, {name}"), times[times.len() * 99 / 100], "ms", limit, 1.0, false);
}

/// A key and its echo on a bare terminal.
fn raw_echo() {
    let pair = native_pty_system().openpty(PtySize::default()).unwrap();
    let mut child = pair.slave.spawn_command(CommandBuilder::new("/bin/cat")).unwrap();
    let (mut reader, mut writer) = (pair.master.try_clone_reader().unwrap(), pair.master.take_writer().unwrap());
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
    echo_rows(times, "raw", "idle", 2.0);
}

/// From a key sent until its echo is seen, beside so many programs that flood and are looked at.
async fn echo(dir: &Path, floods: usize) {
    let (host, _) = host(dir, &format!("e{floods}")).await;
    let mut viewers = tokio::task::JoinSet::new();
    let mut others = Vec::new();
    for n in 0..floods {
        let spec = SpawnSpec::new(["/usr/bin/yes", "a line of output as long as lines of output are"], "/")
            .record(RecordingSpec::new(dir.join(format!("f{n}.cast.zst"))));
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
    let (name, limit) = if floods == 0 { ("idle".to_owned(), 2.0) } else { (format!("beside {floods} floods"), 10.0) };
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

/// 8 sessions of 64 MB each; with a viewer that takes 4 KiB every 10 ms and loses its place again and again.
async fn flood(dir: &Path) {
    let file = dir.join("text");
    std::fs::write(&file, text(64_000_000)).unwrap();
    let (host, pid) = host(dir, "flood").await;
    let before = status_kib(pid, "VmRSS");
    let ids = start(&host, dir, &file, 8).await;
    let mut view = host.attach(ids[0], ViewFrom::Offset(0)).await.unwrap();
    for id in &ids {
        host.write(*id, b"\n".to_vec()).await.unwrap();
    }
    view.grant(4096);
    while let Some(piece) = view.next().await {
        if let Piece::Bytes { .. } = piece {
            tokio::time::sleep(Duration::from_millis(10)).await;
            view.grant(4096);
        }
    }
    for id in &ids {
        host.output_ended(*id).await.unwrap();
    }
    let grown = status_kib(pid, "VmHWM").saturating_sub(before) as f64 / 1024.0;
    row("host memory, 8 x 64 MB, one slow viewer", grown, "MiB", 64.0, 1.0, false);
}

/// 100 programs that do nothing.
async fn idle(dir: &Path) {
    let (host, pid) = host(dir, "idle").await;
    for n in 0..100 {
        let spec =
            SpawnSpec::new(["/bin/sleep", "600"], "/").record(RecordingSpec::new(dir.join(format!("i{n}.cast.zst"))));
        host.spawn(spec).await.unwrap();
    }
    let ticks = || -> f64 {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
        let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
        fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap()
    };
    tokio::time::sleep(Duration::from_millis(500)).await;
    let (began, before) = (Instant::now(), ticks());
    tokio::time::sleep(Duration::from_secs(5)).await;
    let share = (ticks() - before) / began.elapsed().as_secs_f64();
    row("host cpu, 100 idle sessions", share, "% of a core", 1.0, 1.0, false);
    row("host memory, 100 idle sessions", status_kib(pid, "VmRSS") as f64 / 1024.0, "MiB", 100.0, 1.0, false);
    for info in host.sessions().await.unwrap() {
        host.terminate(info.id, Duration::ZERO).await.unwrap();
    }
}
