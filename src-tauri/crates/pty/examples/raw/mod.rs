//! What both benches of this crate share: what is printed, a bare loop that reads it (the limit), and a row.
//! Nothing of ours is measured here.

use std::fmt::Write as _;
use std::io::{Read, Write};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::resource::{UsageWho, getrusage};
use portable_pty::{CommandBuilder, PtySize, native_pty_system};

/// All programs are started before any may print: starting them is another figure.
pub const SCRIPT: &str = "read go; exec /bin/cat \"$0\"";

/// For the shells to reach their `read`.
pub const SETTLE: Duration = Duration::from_millis(100);

/// What builds, tests and agents print: coloured words, paths, progress lines rewritten in place, some UTF-8.
pub fn text(bytes: usize) -> String {
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

/// Seconds that this process and its ended children have used.
pub fn cpu() -> f64 {
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
pub struct Sum {
    pub bytes: u64,
    pub seconds: f64,
    pub cpu: f64,
}

impl Sum {
    pub fn add(&mut self, other: Sum) {
        self.bytes += other.bytes;
        self.seconds += other.seconds;
        self.cpu += other.cpu;
    }

    pub fn rate(self) -> f64 {
        self.bytes as f64 / 1e6 / self.seconds
    }
}

pub fn row(name: &str, value: f64, unit: &str, limit: f64, goal: f64, more_is_better: bool) {
    let ratio = value / limit;
    let met = if more_is_better { ratio >= goal } else { ratio <= goal };
    let round = |x: f64| (x * 1000.0).round() / 1000.0;
    let row = serde_json::json!({
        "name": name, "value": round(value), "unit": unit, "limit": round(limit), "ratio": round(ratio), "goal": goal, "met": met,
    });
    println!("{row}");
}

/// The limit: one thread per terminal that only reads.
pub fn raw_loop(file: &Path, count: usize) -> Sum {
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
