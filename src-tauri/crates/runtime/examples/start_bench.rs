//! Measures how long `office run` takes from exec to ready: with an empty office, and with one that has lived through
//! 100,000 events, over what the program takes to print its version. One JSON row per figure; needs the built `office`
//! beside it: `cargo build --release -p office-cli && cargo run --release -p office-runtime --example start_bench`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a bench that cannot measure should stop; it starts the program itself"
)]

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use office_core::task::TaskEvent;
use office_core::{Actor, At, CommandId, Envelope, Event, Seq, TaskId};
use office_store::{Batch, Store};

const EVENTS: u32 = 100_000;
const ROUNDS: usize = 15;

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let here = tempfile::Builder::new().prefix("office-bench-").tempdir().unwrap();
    let (empty, long) = (here.path().join("empty"), here.path().join("long"));
    for dir in [&empty, &long] {
        runtime.block_on(office_runtime::init(dir, Some("bench"))).unwrap();
    }
    runtime.block_on(live(&long.join("office.db")));

    let (mut version, mut starts) = (Vec::new(), [Vec::new(), Vec::new()]);
    for _ in 0..ROUNDS {
        version.push(once());
        for (which, dir) in [&empty, &long].into_iter().enumerate() {
            starts[which].push(start(dir));
        }
    }
    let [empty, long] = starts.map(middle);
    let floor = middle(version);
    // Taking the lock, opening the database durably and the index, and a commit: a few fsyncs and twice the pages.
    row("start of an empty office", empty, floor, 8.0, "<= 8 x `office --version`");
    row("start after 100k events", long, empty, 1.5, "<= 1.5 x an empty office");
}

fn row(name: &str, value: f64, limit: f64, most: f64, goal: &str) {
    let round = |number: f64| (number * 1000.0).round() / 1000.0;
    let ratio = value / limit;
    let row = serde_json::json!({
        "name": name, "value": round(value), "unit": "ms", "limit": round(limit), "ratio": round(ratio),
        "goal": goal, "met": ratio <= most,
    });
    println!("{row}");
}

fn middle(mut times: Vec<Duration>) -> f64 {
    times.sort();
    times[times.len() / 2].as_secs_f64() * 1000.0
}

/// The program, built beside this one.
fn office(args: &[&str]) -> Command {
    let own = std::env::current_exe().unwrap();
    let program: PathBuf = own.ancestors().nth(2).unwrap().join("office");
    assert!(program.is_file(), "{} is missing; `cargo build --release -p office-cli` makes it", program.display());
    let mut command = Command::new(program);
    command.args(args).stdin(Stdio::null()).stdout(Stdio::piped());
    command
}

fn once() -> Duration {
    let began = Instant::now();
    assert!(office(&["--version"]).stderr(Stdio::null()).output().unwrap().status.success());
    began.elapsed()
}

/// From exec to the line that says it is ready.
fn start(dir: &Path) -> Duration {
    let dir = dir.to_str().unwrap();
    let began = Instant::now();
    let mut running = office(&["--office", dir, "--json", "run"]).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(running.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let took = began.elapsed();
    assert!(line.contains("\"ready\":true"), "{line}");
    assert!(office(&["--office", dir, "quit"]).output().unwrap().status.success());
    running.wait().unwrap();
    took
}

/// What a talkative task leaves in the log.
async fn live(database: &Path) {
    let now = At::from_millis(1_800_000_000_000);
    let (store, _) = Store::open(database, now).await.unwrap();
    let first = store.last_seq().await.unwrap().0 + 1;
    let envelope = |n: u32| Envelope {
        seq: Seq(first + n),
        at: now,
        actor: Actor::Office,
        cause: CommandId(format!("bench-{n}")),
        event: Event::Task(TaskEvent::Progress { task: TaskId(1), text: format!("step {n} of a long night's work") }),
    };
    for piece in 0..EVENTS / 1000 {
        let envelopes: Vec<Envelope> = (piece * 1000..(piece + 1) * 1000).map(envelope).collect();
        store.append(Batch { envelopes: &envelopes, ..Batch::default() }).await.unwrap();
    }
    store.close().await;
}
