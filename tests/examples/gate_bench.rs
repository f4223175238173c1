//! What the gate costs an agent: an engine's hook from its start to its answer, for an action that the rules allow, against a real
//! office; and a verdict, in this process; both at rest, and while 10,000 mails are sent at the door by two others. One JSON line per
//! figure.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a bench that cannot go on says so by ending")]

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use office_core::mail::{Address, MailCommand, MailKind, NewMail};
use office_core::{CommandBody, RoleName};
use office_door::Client;
use office_door::wire::Ask;
use office_guard::judge::example_scene;
use office_guard::world::Disk;
use office_guard::{Asked, Judge, Policy};
use office_tests::Bench;
use serde_json::json;

/// What comes in while it is measured.
const FLOOD: u32 = 10_000;
const SENDERS: u32 = 2;
/// To whom: a mailbox holds 1,000.
const ROLES: [&str; 10] = [
    "coordinator",
    "test-writer",
    "refactorer",
    "docs-writer",
    "researcher",
    "reviewer-qa",
    "ops",
    "monitor",
    "pm",
    "engineer",
];
/// Hooks that are started one after another, at rest.
const HOOKS: usize = 400;
/// Lines an agent runs all day.
const LINES: [&str; 6] = [
    "git status --short && git diff --stat",
    "cargo test -p shop --lib 2>&1 | tail -20",
    "rg -n 'fn total' src | head",
    "for f in src/*.rs; do wc -l \"$f\"; done",
    "npm run lint && npm test",
    "sed -n '1,80p' src/main.rs",
];

fn main() {
    let (bench, _repo) = Bench::with_desks(&[("a.txt", "a\n")], &[]);
    let desk = desk(&bench);
    let (judge, scene) = (Judge::new(Policy::shipped().unwrap()), example_scene());
    let once = |n: usize| {
        let asked = Asked::Run { run: LINES[n % LINES.len()].to_owned() };
        let since = Instant::now();
        std::hint::black_box(judge.judge(&asked, &scene, &Disk));
        since.elapsed()
    };
    // The first of each warms up.
    for n in 0..20 {
        let _ = (hook(&desk, n), once(n));
    }
    let mut rest: Vec<Duration> = (0..HOOKS).map(|n| hook(&desk, n)).collect();
    let mut verdicts: Vec<Duration> = (0..20_000).map(once).collect();
    row("hook round trip, p50", at(&mut rest, 0.5), 15.0);
    row("hook round trip, p99", at(&mut rest, 0.99), 15.0);
    row("verdict at rest, p99", at(&mut verdicts, 0.99), 0.2);

    let (sent, going) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicBool::new(true)));
    let senders: Vec<_> = (0..SENDERS)
        .map(|sender| {
            let (dir, sent, going) = (bench.dir().to_owned(), sent.clone(), going.clone());
            std::thread::spawn(move || flood(&dir, sender, &sent, &going))
        })
        .collect();
    let (mut hooks, mut verdicts, mut n) = (Vec::new(), Vec::new(), 0);
    while senders.iter().any(|sender| !sender.is_finished()) {
        verdicts.extend((0..50).map(|more| once(n * 50 + more)));
        hooks.push(hook(&desk, n));
        n += 1;
    }
    going.store(false, Ordering::SeqCst);
    senders.into_iter().for_each(|sender| sender.join().unwrap());
    assert_eq!(sent.load(Ordering::SeqCst), FLOOD);
    row("verdict while 10,000 mails pour in, p99", at(&mut verdicts, 0.99), 0.2);
    row(&format!("hook round trip meanwhile, p99 of {}", hooks.len()), at(&mut hooks, 0.99), 15.0);
}

/// The environment that an engine at a desk gives its hooks.
fn desk(bench: &Bench) -> BTreeMap<String, String> {
    let file = bench.root().join("environment");
    let script = bench.root().join("engine.sh");
    let text = format!("env -0 > {0}.new; mv {0}.new {0}; exec sleep 600\n", file.display());
    std::fs::write(&script, text).unwrap();
    let command = format!("sh {}", script.display());
    bench.json(&["desk", "add", "--name", "fay", "--role", "engineer", "--engine", "custom", "--command", &command]);
    let task = bench.task("Work", "", &[]);
    bench.until(task, &["running"]);
    let text = bench.wait("the desk's environment", || std::fs::read_to_string(&file).ok());
    let mut variables: BTreeMap<String, String> = text
        .split('\0')
        .filter_map(|one| one.split_once('='))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let checkout = variables["PWD"].clone();
    variables.insert("OFFICE_CHECKOUT".to_owned(), checkout);
    variables
}

/// One action announced: how long until it may be taken.
#[expect(clippy::disallowed_methods, reason = "the program that is measured")]
fn hook(desk: &BTreeMap<String, String>, n: usize) -> Duration {
    let payload = json!({
        "hook_event_name": "PreToolUse", "session_id": "s", "tool_use_id": format!("t{n}"), "tool_name": "Bash",
        "cwd": desk["PWD"], "tool_input": {"command": LINES[n % LINES.len()]},
    });
    let program = office_tests::office_bin().with_file_name("office-hook");
    let since = Instant::now();
    let mut child = Command::new(program)
        .args(["gate", "claude"])
        .env_clear()
        .envs(desk)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(payload.to_string().as_bytes()).unwrap();
    let said = child.wait_with_output().unwrap();
    let took = since.elapsed();
    let said = String::from_utf8_lossy(&said.stdout).into_owned();
    assert!(said.contains("\"allow\""), "{said}");
    took
}

/// Sends its part of the mails, one after another, to the mailboxes of roles: none of them is full at the end.
fn flood(dir: &Path, sender: u32, sent: &AtomicU32, going: &AtomicBool) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let client = Client::connect(dir, "gate bench", None).await.unwrap();
        for n in 0..FLOOD / SENDERS {
            if !going.load(Ordering::SeqCst) {
                return;
            }
            let role = RoleName(ROLES[n as usize % ROLES.len()].to_owned());
            let new = NewMail {
                to: Address::Role { role },
                kind: MailKind::Message,
                subject: format!("Flood {sender}.{n}"),
                text: String::new(),
                files: Vec::new(),
                enclosed: None,
                answers: None,
                key: None,
            };
            let body = CommandBody::Mail(MailCommand::Send { new: Box::new(new) });
            client.ask(Ask::Submit { command_id: format!("flood-{sender}-{n}"), body }).await.unwrap();
            sent.fetch_add(1, Ordering::SeqCst);
        }
    });
}

fn at(took: &mut [Duration], part: f64) -> f64 {
    took.sort();
    took[((took.len() - 1) as f64 * part) as usize].as_secs_f64() * 1000.0
}

fn row(name: &str, value: f64, limit: f64) {
    let round = |number: f64| (number * 10_000.0).round() / 10_000.0;
    let row = json!({
        "name": name, "value": round(value), "unit": "ms", "limit": limit, "ratio": round(value / limit),
        "goal": format!("<= {limit} ms"), "met": value <= limit,
    });
    println!("{row}");
}
