//! The demo office, from nothing to six merged tasks with one approval, as its owner would work it; and what a second asking,
//! a no and a kill do to it.
#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test may fail loudly, and says what it could not see")]

use std::path::PathBuf;
use std::process::{Command, Stdio};

use office_tests::Bench;
use serde_json::Value;

const DESKS: [&str; 4] = ["Mara", "Otto", "Lena", "Tomas"];

fn tasks(bench: &Bench) -> Vec<Value> {
    bench.json(&["task", "list"]).as_array().unwrap().clone()
}

fn number(bench: &Bench, title: &str) -> u64 {
    tasks(bench).iter().find(|task| task["title"] == title).unwrap()["id"].as_u64().unwrap()
}

#[expect(clippy::disallowed_methods, reason = "asks git what the demo left")]
fn git(path: &PathBuf, args: &[&str]) -> String {
    let output = std::process::Command::new("git").args(args).current_dir(path).output().unwrap();
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

#[test]
fn six_tasks_of_the_demo_are_handed_out_worked_denied_approved_and_merged() {
    // As a person has it: in a sandbox where the machine has one.
    let mut bench = Bench::made();
    bench.set("OFFICE_SANDBOX", "auto");
    bench.run();
    let project = bench.json(&["demo"]);
    let path = PathBuf::from(project["path"].as_str().unwrap());
    assert!(path.starts_with(bench.dir().canonicalize().unwrap()), "{project}");
    let report = bench.json(&["project", "try", "night-bus"]);
    assert!(report["checks"].as_object().unwrap().values().all(|check| check["green"] == true), "{report}");
    assert_eq!(tasks(&bench).len(), 6);
    assert!(tasks(&bench).iter().all(|task| task["state"] == "ready"), "nobody takes a task by himself");

    // Everything is handed out at once: what must wait waits in a queue.
    let order = [
        "Sort departures by time",
        "Be dark at night",
        "Say what a ride costs",
        "Give every line a page of its own",
        "Check that no link leads nowhere",
        "Release v1.0",
    ];
    let ids = order.map(|title| number(&bench, title));
    for (at, id) in ids.iter().enumerate() {
        bench.json(&["task", "assign", &id.to_string(), DESKS[at % 4]]);
    }
    for id in &ids[..5] {
        let task = bench.until(*id, &["in review"]);
        if task["title"] == "Say what a ride costs" {
            assert_eq!(task["attempts_used"], 1, "it is red once, then green: {task}");
        }
        bench.json(&["task", "accept", &id.to_string()]);
    }
    let held = bench.wait("the release asks", || bench.json(&["status"])["approvals"].get(0).cloned());
    assert_eq!(held["shown"], "git tag -a v1.0 -m 'The first timetable'", "{held}");
    // First a no, which its agent takes for an answer: nothing is tagged, and it says what it needs.
    bench.json(&["approval", "deny", &held["id"].to_string(), "--note", "not before noon"]);
    let blocked = bench.until(ids[5], &["blocked"]);
    assert!(blocked["why"].as_str().unwrap().contains("a yes to the tag v1.0"), "{blocked}");
    assert_eq!(git(&path, &["tag", "--list"]), "");
    bench.json(&["task", "answer", &ids[5].to_string(), "--text", "it is noon"]);
    bench.json(&["task", "assign", &ids[5].to_string(), DESKS[1]]);
    let held = bench.wait("the release asks again", || bench.json(&["status"])["approvals"].get(0).cloned());
    bench.json(&["approval", "approve", &held["id"].to_string()]);
    bench.until(ids[5], &["in review"]);
    bench.json(&["task", "accept", &ids[5].to_string()]);

    assert!(tasks(&bench).iter().all(|task| task["state"] == "done"));
    let approvals = bench.json(&["approval", "list", "--all"]);
    let mut states: Vec<_> = approvals.as_array().unwrap().iter().map(|it| it["state"].as_str().unwrap()).collect();
    states.sort_unstable();
    assert_eq!(states, ["denied", "ran"]);
    assert_eq!(git(&path, &["status", "--porcelain"]), "");
    assert_eq!(git(&path, &["log", "--first-parent", "--merges", "--format=%s"]).lines().count(), 6);
    assert!(git(&path, &["show", "main:CHANGES.md"]).contains("- Sort departures by time"));
    let report = bench.json(&["project", "try", "night-bus"]);
    let checks = report["checks"].as_object().unwrap();
    assert!(checks.len() == 3 && checks.values().all(|check| check["green"] == true), "{report}");
    bench.until_quiet();
}

#[test]
fn asked_again_or_after_a_kill_there_is_one_demo_whole() {
    let mut bench = Bench::open();
    bench.json(&["desk", "add", "--name", "Mara", "--role", "engineer"]);
    let first = bench.json(&["demo"]);
    bench.kill();
    bench.run();
    let again = bench.json(&["demo"]);
    assert_eq!(first["id"], again["id"]);
    assert_eq!(tasks(&bench).len(), 6);
    let desks = bench.json(&["desk", "list"]);
    let names: Vec<_> = desks.as_array().unwrap().iter().map(|desk| desk["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["Mara", "Mara-2", "Otto", "Lena", "Tomas"]);
}

#[test]
fn a_demo_half_made_is_finished_and_one_removed_gives_way_to_another() {
    let bench = Bench::open();
    // The folder is there and nothing else: the office went down before it took the repository on.
    let first = bench.json(&["demo"]);
    bench.json(&["project", "remove", "night-bus"]);
    let second = bench.json(&["demo"]);
    assert_ne!(first["path"], second["path"]);
    assert_eq!(tasks(&bench).iter().filter(|task| task["project"] == second["id"]).count(), 6);
}

#[test]
fn a_project_of_that_name_is_not_taken_for_the_demo() {
    let bench = Bench::open();
    let repo = bench.repo("other", &[("a.txt", "a\n")]);
    bench.json(&["project", "add", repo.arg(), "--name", "night-bus"]);
    let refusal = bench.refused(1, &["demo"]);
    assert_eq!(refusal["code"], "duplicate");
    assert_eq!(tasks(&bench).len(), 0);
}

/// Where a line of strace's says that something is sent or connected to: none for what stays on this machine.
fn leaves(line: &str) -> Option<&str> {
    let family = line.split("sa_family=").nth(1)?.split([',', '}']).next()?;
    let local = match family {
        "AF_UNIX" | "AF_NETLINK" | "AF_UNSPEC" => true,
        "AF_INET" => line.contains("inet_addr(\"127."),
        "AF_INET6" => line.contains("inet_pton(AF_INET6, \"::1\"") || line.contains("\"::ffff:127."),
        _ => false,
    };
    (!local).then_some(line)
}

/// `office run` and all that it starts, with every connection written down. None where nothing may be watched here.
#[expect(clippy::disallowed_methods, reason = "the program under test, watched from outside")]
fn watched(bench: &Bench) -> Option<std::process::Child> {
    const SEEN: [&str; 5] = ["-f", "--seccomp-bpf", "-qq", "-e", "trace=connect,sendto,sendmsg,sendmmsg"];
    let tried = Command::new("strace").args(SEEN).args(["-o", "/dev/null", "--", "true"]).output();
    if !tried.as_ref().is_ok_and(|output| output.status.success()) {
        eprintln!("NO STRACE ON THIS MACHINE, so the demo's connections were not seen: {tried:?}");
        return None;
    }
    let program = bench.command();
    let mut command = Command::new("strace");
    command.args(SEEN).arg("-o").arg(bench.root().join("strace.log")).arg("--").arg(program.get_program());
    command.args(["--json", "run"]).env_clear().stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.envs(program.get_envs().filter_map(|(name, value)| Some((name, value?)))).current_dir(bench.root());
    let child = command.spawn().unwrap();
    bench.wait("the office under strace", || (bench.office(&["status"]).code == 0).then_some(()));
    Some(child)
}

#[test]
fn the_demo_makes_no_connection_but_local_sockets_and_loopback() {
    let outside = r#"12 connect(3, {sa_family=AF_INET, sin_port=htons(443), sin_addr=inet_addr("9.9.9.9")}, 16) = 0"#;
    let asked = r#"12 sendto(3, "x", 1, 0, {sa_family=AF_INET6, sin6_port=htons(53), inet_pton(AF_INET6, "2620:fe::fe", &sin6_addr)}, 28) = 1"#;
    let loopback =
        r#"12 connect(3, {sa_family=AF_INET, sin_port=htons(8118), sin_addr=inet_addr("127.0.0.1")}, 16) = 0"#;
    assert!(leaves(outside).is_some() && leaves(asked).is_some() && leaves(loopback).is_none());

    let mut bench = Bench::made();
    bench.set("OFFICE_SANDBOX", "auto");
    let Some(mut office) = watched(&bench) else { return };
    bench.json(&["demo"]);
    let work = number(&bench, "Sort departures by time");
    bench.json(&["task", "assign", &work.to_string(), "Mara"]);
    bench.until(work, &["in review"]);
    bench.json(&["task", "accept", &work.to_string()]);
    bench.until(work, &["done"]);
    bench.office(&["doctor"]);
    bench.json(&["quit"]);
    office.wait().unwrap();
    let log = std::fs::read_to_string(bench.root().join("strace.log")).unwrap();
    assert!(log.lines().any(|line| line.contains("AF_UNIX") && line.contains("connect(")), "nothing was seen at all");
    let left: Vec<&str> = log.lines().filter_map(leaves).collect();
    assert!(left.is_empty(), "{}", left.join("\n"));
}
