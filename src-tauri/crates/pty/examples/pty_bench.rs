//! Measures what holding and recording a session costs over a bare read loop on the same terminals, in the same run.
//! One JSON row per figure: `cargo run --release -p office-pty --example pty_bench [-- throughput|memory] [--mb N]`.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a bench prints, and stops where it cannot measure")]

use std::fmt::Write as _;
use std::io::{Read, Write};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::resource::{UsageWho, getrusage};
use office_pty::{LocalHost, Piece, PtyHost, RecordingSpec, SessionId, SpawnSpec, TermSize, ViewFrom};
use portable_pty::{CommandBuilder, PtySize, native_pty_system};

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let mb = args.iter().position(|a| a == "--mb").map_or(512, |at| args[at + 1].parse::<usize>().unwrap());
    let wants = |name: &str| !args.iter().any(|a| a == "throughput" || a == "memory") || args.iter().any(|a| a == name);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let dir = tempfile::tempdir().unwrap();
    // First, before anything else has left memory behind that could be used again.
    if wants("memory") {
        let before = status_kib("VmRSS");
        for viewer in [false, true] {
            memory(&runtime, dir.path(), viewer, before);
        }
    }
    if wants("throughput") {
        for count in [1, 8, 32] {
            throughput(&runtime, dir.path(), count, mb);
        }
    }
}

/// What builds, tests and agents print: coloured words, paths, progress lines rewritten in place, some UTF-8.
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
        let _ = match next(8) {
            0 => writeln!(out, "\x1b[1m\x1b[32m   Compiling\x1b[0m {a}-{b} v0.{}.{} (/srv/{a}/{b})", next(30), next(9)),
            1 => writeln!(out, "test {a}::{b}::case_{n} ... \x1b[32mok\x1b[0m ({} ms)", next(900)),
            2 => write!(out, "\r\x1b[K\x1b[36m{:3} %\x1b[0m [{:<40}] {a}", next(101), "#".repeat(next(40))),
            3 => writeln!(out, "  --> src/{a}/{b}.rs:{}:{}", next(900), next(80)),
            4 => writeln!(out, "\x1b[38;5;{}m│\x1b[0m {a} “{b}” → {n:x}{:x} ✓", next(256), next(1 << 30)),
            5 => writeln!(
                out,
                "{{\"level\":\"info\",\"target\":\"{a}\",\"id\":{n},\"msg\":\"{b} took {}us\"}}",
                next(99_999)
            ),
            6 => writeln!(
                out,
                "2026-01-{:02}T{:02}:{:02}:11.{n:06}Z DEBUG {a}: {b} id={:x}",
                next(28),
                next(24),
                next(60),
                next(1 << 30)
            ),
            _ => writeln!(out, "    let {a} = self.{b}.get({n}).map(|x| x.{a}() + {});", next(99)),
        };
    }
    out
}

fn cpu() -> f64 {
    [UsageWho::RUSAGE_SELF, UsageWho::RUSAGE_CHILDREN]
        .into_iter()
        .map(|who| {
            let usage = getrusage(who).unwrap();
            let seconds = |t: nix::sys::time::TimeVal| t.tv_sec() as f64 + t.tv_usec() as f64 / 1e6;
            seconds(usage.user_time()) + seconds(usage.system_time())
        })
        .sum()
}

/// What was read between the release of the programs and the end of the last one's output.
#[derive(Default, Clone, Copy)]
struct Sum {
    bytes: u64,
    seconds: f64,
    cpu: f64,
}

impl Sum {
    fn add(&mut self, other: Sum) {
        self.bytes += other.bytes;
        self.seconds += other.seconds;
        self.cpu += other.cpu;
    }

    fn rate(self) -> f64 {
        self.bytes as f64 / 1e6 / self.seconds
    }
}

/// All programs are started before any may print: starting them is another figure.
const SCRIPT: &str = "read go; exec /bin/cat \"$0\"";

fn throughput(runtime: &tokio::runtime::Runtime, dir: &Path, count: usize, mb: usize) {
    // Slices in turn, so that what else the machine does falls on both alike.
    let rounds = 2;
    let file = dir.join("text");
    std::fs::write(&file, text(mb * 1_000_000 / rounds / count)).unwrap();
    let (mut raw, mut ours) = (Sum::default(), Sum::default());
    for _ in 0..rounds {
        raw.add(raw_loop(&file, count));
        ours.add(runtime.block_on(sessions(&file, dir, count)));
    }
    assert_eq!(raw.bytes, ours.bytes, "both must read the same bytes");
    row(&format!("pty throughput, {count} recorded, no viewer"), ours.rate(), "MB/s", raw.rate(), 0.8, true);
    row(&format!("pty cpu, {count} recorded, no viewer"), ours.cpu, "s", raw.cpu, 1.6, false);
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

/// The limit: one thread per terminal that only reads.
fn raw_loop(file: &Path, count: usize) -> Sum {
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
            let mut buffer = vec![0; 64 * 1024];
            let mut total = 0;
            loop {
                match reader.read(&mut buffer).unwrap() {
                    0 => break,
                    n => total += n as u64,
                }
            }
            child.wait().unwrap();
            total
        });
        terminals.push((pair.master.take_writer().unwrap(), pair.master, thread));
    }
    thread::sleep(SETTLE);
    let (began, before) = (Instant::now(), cpu());
    for (writer, ..) in &mut terminals {
        writer.write_all(b"\n").unwrap();
    }
    let mut sum = Sum::default();
    for (writer, master, thread) in terminals {
        sum.bytes += thread.join().unwrap();
        sum.seconds = began.elapsed().as_secs_f64();
        drop((writer, master));
    }
    Sum { cpu: cpu() - before, ..sum }
}

/// For the shells to reach their `read`.
const SETTLE: Duration = Duration::from_millis(100);

fn spec(file: &Path, recording: &Path) -> SpawnSpec {
    let argv = ["/bin/sh".as_ref(), "-c".as_ref(), SCRIPT.as_ref(), file.as_os_str()];
    let mut spec = SpawnSpec::new(argv, "/").record(RecordingSpec::new(recording));
    spec.size = TermSize { cols: 80, rows: 24 };
    spec
}

async fn start(host: &LocalHost, file: &Path, dir: &Path, count: usize) -> Vec<SessionId> {
    let mut ids = Vec::new();
    for n in 0..count {
        ids.push(host.spawn(spec(file, &dir.join(format!("{n}.cast.zst")))).await.unwrap().id);
    }
    tokio::time::sleep(SETTLE).await;
    ids
}

async fn sessions(file: &Path, dir: &Path, count: usize) -> Sum {
    let host = LocalHost::new();
    let ids = start(&host, file, dir, count).await;
    let (began, before) = (Instant::now(), cpu());
    for id in &ids {
        host.write(*id, b"\n".to_vec()).await.unwrap();
    }
    let mut sum = Sum::default();
    for id in &ids {
        sum.bytes += host.output_ended(*id).await.unwrap().end;
    }
    sum.seconds = began.elapsed().as_secs_f64();
    for id in ids {
        host.exited(id).await.unwrap();
        host.forget(id).await.unwrap();
    }
    Sum { cpu: cpu() - before, ..sum }
}

fn status_kib(key: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|l| l.starts_with(key)).unwrap().to_owned();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// 8 sessions of 256 MB each; with a viewer that takes 4 KiB every 10 ms and loses its place again and again.
fn memory(runtime: &tokio::runtime::Runtime, dir: &Path, viewer: bool, before: u64) {
    let file = dir.join("text");
    std::fs::write(&file, text(250_000_000)).unwrap();
    // Makes the kernel forget the peak so far.
    std::fs::write("/proc/self/clear_refs", "5").unwrap();
    let mut gaps = 0;
    runtime.block_on(async {
        let host = LocalHost::new();
        let ids = start(&host, &file, dir, 8).await;
        for id in &ids {
            host.write(*id, b"\n".to_vec()).await.unwrap();
        }
        if viewer {
            let mut view = host.attach(ids[0], ViewFrom::Offset(0)).await.unwrap();
            view.grant(4096);
            while let Some(piece) = view.next().await {
                match piece {
                    Piece::Gap { .. } => gaps += 1,
                    Piece::Bytes { .. } => {
                        tokio::time::sleep(Duration::from_millis(10)).await;
                        view.grant(4096);
                    }
                    Piece::End(_) => {}
                }
            }
        }
        for id in &ids {
            host.output_ended(*id).await.unwrap();
        }
        host.shutdown(Duration::ZERO).await;
    });
    let grown = status_kib("VmHWM").saturating_sub(before) as f64 / 1024.0;
    let name = if viewer { "pty memory, 8 x 256 MB, one slow viewer" } else { "pty memory, 8 x 256 MB, no viewer" };
    row(name, grown, "MiB", 64.0, 1.0, false);
    assert!(!viewer || gaps > 0, "the slow viewer was not slow");
}
