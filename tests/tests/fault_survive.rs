//! Twelve desks count aloud while window, runtime and host are killed at two hundred seeded moments. What is said in the
//! end comes from recordings, the log of events, the programs' own traces and /proc, not from what the product claims.
//!
//! What must hold, exactly: a run that came to its end by itself has every number in its recording, once and in order. A
//! run that its host took with it has the numbers up to some moment, once and in order, and its task goes on in a new run.
//! No other end exists: a killed window or runtime ends no run. No run's program was started twice.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test ends where its world does")]

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use office_door::{Client, TerminalNews};
use office_pty::Recording;
use office_tests::{Bench, processes};

const DESKS: usize = 12;
const TASKS: usize = 36;
const MOMENTS: usize = 200;
const LAST: usize = 250;

/// Names the office to the window, which is this very test program started again.
const PART: &str = "OFFICE_TEST_WINDOW";

/// Seeded, so that a failure comes back: xorshift, whose only job is to scatter moments.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end
    }
}

/// What a program that counts aloud has printed up to some byte.
fn aloud() -> String {
    (1..=LAST).map(|number| format!("{number}\r\n")).collect()
}

/// Not a test of its own: a window that looks at one desk for as long as it lives, and says what it must not see.
#[tokio::test]
async fn a_window() {
    let Some(dir) = std::env::var_os(PART) else { return };
    let desk = std::env::var("OFFICE_TEST_DESK").unwrap();
    let (dir, aloud) = (Path::new(&dir), aloud());
    let say = |text: String| {
        let log = std::fs::OpenOptions::new().create(true).append(true).open(dir.join("../window.log"));
        writeln!(log.unwrap(), "{text}").unwrap();
    };
    loop {
        let client = Client::connect(dir, "window", None).await;
        let terminal = match &client {
            Ok(client) => client.terminal(&desk, Some(office_door::Offset::default())).await.ok(),
            Err(_) => None,
        };
        let Some(mut terminal) = terminal else {
            tokio::time::sleep(Duration::from_millis(10)).await; // waits for: a runtime, or a program at the desk
            continue;
        };
        let mut seen = 0;
        loop {
            match terminal.next().await {
                Ok(TerminalNews::Bytes { offset, bytes }) => {
                    let (offset, end) = (usize::try_from(offset).unwrap(), seen + bytes.len());
                    if offset != seen || aloud.as_bytes().get(seen..end) != Some(&bytes[..]) {
                        say(format!("bad: desk {desk}, at {offset} after {seen}: {}", String::from_utf8_lossy(&bytes)));
                    }
                    seen = end;
                }
                Ok(TerminalNews::Gap { .. }) => say(format!("bad: desk {desk}: a gap")),
                Ok(TerminalNews::Ended { .. }) | Err(_) => break,
            }
        }
        if seen > 0 {
            say(format!("ok: {seen}"));
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "this test's own program as another process, killed and waited for")]
fn open_window(bench: &Bench, desk: &str) -> Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "a_window", "--nocapture"]).env(PART, bench.dir()).env("OFFICE_TEST_DESK", desk);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().unwrap()
}

fn close_window(window: &mut Child) {
    window.kill().unwrap();
    window.wait().unwrap();
}

/// Everything that was recorded of a run.
fn recorded(path: &Path) -> String {
    let Ok(mut recording) = Recording::open(path) else { return String::new() };
    let mut all = Vec::new();
    loop {
        let piece = recording.read(all.len() as u64, 1024 * 1024).unwrap();
        if piece.bytes.is_empty() {
            return String::from_utf8(all).unwrap();
        }
        assert_eq!(piece.offset, all.len() as u64, "{}: something is missing", path.display());
        all.extend(piece.bytes);
    }
}

fn take_up(bench: &mut Bench) {
    if bench.has_ended() {
        bench.kill();
        bench.run();
    }
    bench.json(&["resume"]);
}

#[test]
fn killed_at_two_hundred_moments_every_number_is_there_once_and_nothing_runs_twice() {
    let begun = Instant::now();
    let desks: Vec<String> = (0..DESKS).map(|n| format!("desk{n}")).collect();
    let names: Vec<&str> = desks.iter().map(String::as_str).collect();
    let (mut bench, _repo) = Bench::with_desks(&[("README.md", "# Demo\n")], &names);
    bench.json(&["set", "--review-limit", "1000"]);
    let body = format!("```sh\necho \"$OFFICE_RUN\" >> ../../../ran.log\nexec fake-agent -e 'count 1 {LAST} 10'\n```");
    let tasks: Vec<u64> =
        (0..TASKS).map(|n| bench.task(&format!("Count {n}"), &body, &["--deliverable", "finding"])).collect();
    let seed =
        std::env::var("OFFICE_TEST_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(0x005e_ed0f_5eed_0042);
    let mut chance = Chance(seed);
    let mut window = open_window(&bench, &desks[0]);
    let mut kills = BTreeMap::new();
    for moment in 0..MOMENTS {
        std::thread::sleep(Duration::from_millis(chance.below(100))); // waits for: nothing, the moment is random
        // A life of a host is long enough for some to come to their end in it.
        let what = match chance.below(40) {
            0..=23 => "window",
            24..=33 => "runtime",
            34..=36 => "window and runtime",
            37 => "host",
            38 => "runtime, then host",
            _ => "host, then runtime",
        };
        *kills.entry(what).or_insert(0) += 1;
        if what.contains("window") {
            close_window(&mut window);
        }
        match what {
            "host" => drop(bench.kill_host()),
            "runtime, then host" => {
                bench.kill();
                bench.kill_host();
            }
            "host, then runtime" => {
                bench.kill_host();
                bench.kill();
            }
            "window" => {}
            _ => bench.kill(),
        }
        if what.contains("window") {
            window = open_window(&bench, &desks[moment % DESKS]);
        }
        if what != "window" {
            take_up(&mut bench);
        }
    }
    for task in &tasks {
        loop {
            let it = bench.until(*task, &["in review", "interrupted", "failed"]);
            match it["state"].as_str() {
                Some("in review") => break,
                Some("interrupted") => drop(bench.json(&["resume"])),
                _ => panic!("{it}\n{}", bench.runtime_log()),
            }
        }
    }
    close_window(&mut window);
    let took = begun.elapsed();
    let events = bench.events();
    let mut ends = BTreeMap::new();
    for event in events.iter().map(|event| &event["event"]).filter(|it| it["noun"] == "run" && it["type"] == "ended") {
        let run = event["run"].as_u64().unwrap();
        assert!(ends.insert(run, event["exit"].clone()).is_none(), "run {run} ended twice");
    }
    let aloud = aloud();
    let mut whole = 0;
    for (run, exit) in &ends {
        let recorded = recorded(&bench.dir().join(format!("runs/{run}/terminal.cast.zst")));
        match exit["kind"].as_str() {
            Some("code") => {
                assert_eq!(exit["code"], 0, "run {run}");
                assert!(recorded == aloud, "run {run} came to its end and has {} of {}", recorded.len(), aloud.len());
                whole += 1;
            }
            Some("lost") => assert!(aloud.starts_with(&recorded), "run {run} is not in order: {recorded}"),
            _ => panic!("run {run}: {exit}"),
        }
    }
    assert_eq!(whole, TASKS, "each task came to its end once");
    let ran = std::fs::read_to_string(bench.root().join("ran.log")).unwrap();
    let different: BTreeSet<&str> = ran.lines().collect();
    assert_eq!(different.len(), ran.lines().count(), "a run's program was started twice:\n{ran}");
    let seen = std::fs::read_to_string(bench.root().join("window.log")).unwrap_or_default();
    assert!(!seen.contains("bad"), "{seen}");
    assert!(seen.contains("ok: "), "no window ever saw a desk");
    bench.json(&["quit"]);
    assert!(bench.ended());
    bench.wait("the host's own end", || bench.host().is_none().then_some(()));
    assert_eq!(processes::of_desks(bench.dir()), Vec::<u32>::new());
    assert_eq!(processes::that_name(bench.dir()), Vec::<u32>::new());
    println!("{kills:?}; {} runs, {whole} whole; {took:?}", ends.len());
}
