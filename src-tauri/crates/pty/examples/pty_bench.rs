//! Measures what holding and recording a session costs over a bare read loop on the same terminals, in the same run.
//! One JSON row per figure: `cargo run --release -p office-pty --example pty_bench [-- throughput|memory] [--mb N]`.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a bench prints, and stops where it cannot measure")]

mod raw;

use std::path::Path;
use std::time::{Duration, Instant};

use office_pty::{LocalHost, Piece, PtyHost, RecordingSpec, SessionId, SpawnSpec, TermSize, ViewFrom};
use raw::{SCRIPT, SETTLE, Sum, cpu, raw_loop, row, text};

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

fn throughput(runtime: &tokio::runtime::Runtime, dir: &Path, count: usize, mb: usize) {
    // Slices in turn, so that what else the machine does falls on both alike.
    let rounds = 4;
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
