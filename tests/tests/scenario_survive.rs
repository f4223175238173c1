//! What outlives what: a runtime that is killed or upgraded leaves its desks at work, a host that is killed leaves nothing
//! behind, and whatever happened meanwhile is learned. Many kills at random moments are in `fault_survive`.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test ends where its world does")]

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use office_tests::{Bench, processes};
use serde_json::Value;

fn waits_for(gate: &Path, then: &str) -> String {
    format!(
        "```sh\necho \"$OFFICE_RUN\" >> ../../../ran.log\necho begun > begun.txt\nwhile ! test -e {}; do sleep 0.02; done\n{then}\n```",
        gate.display()
    )
}

fn ran(bench: &Bench) -> usize {
    std::fs::read_to_string(bench.root().join("ran.log")).unwrap_or_default().lines().count()
}

fn at_work(bench: &Bench, body: &str, more: &[&str]) -> (u64, PathBuf) {
    let task = bench.task("Go on", body, more);
    let it = bench.until(task, &["running"]);
    let checkout = PathBuf::from(it["workplace"]["path"].as_str().unwrap());
    bench.wait("its agent", || checkout.join("begun.txt").exists().then_some(()));
    (task, checkout)
}

fn events_of<'a>(events: &'a [Value], noun: &str, kind: &str) -> Vec<&'a Value> {
    let fits = |event: &&Value| event["event"]["noun"] == noun && event["event"]["type"] == kind;
    events.iter().filter(fits).collect()
}

#[test]
fn an_agent_outlives_a_killed_runtime_and_speaks_at_the_door_of_the_next() {
    let (mut bench, repo) = Bench::with_desks(&[("a.txt", "a\n")], &["ada"]);
    let gate = bench.root().join("gate");
    let (task, _) =
        at_work(&bench, &waits_for(&gate, "echo x > work.txt\noffice task done --summary said-itself"), &[]);
    let agents = processes::of_desks(bench.dir());
    bench.kill();
    assert!(processes::is_alive(agents[0]), "the agent goes on without its runtime");
    bench.run();
    assert_eq!(bench.show(task)["state"], "running", "it is at work still");
    std::fs::write(&gate, "").unwrap();
    let it = bench.until(task, &["in review"]);
    assert_eq!(it["claim"]["summary"], "said-itself", "its token holds: {it}");
    bench.json(&["task", "accept", &task.to_string()]);
    assert_eq!(repo.on_main("work.txt").as_deref(), Some("x"));
    assert_eq!(ran(&bench), 1, "it was started once");
    let events = bench.events();
    let started = events_of(&events, "office", "started");
    assert_eq!(started.last().unwrap()["event"]["alive"], serde_json::json!([1]), "that it went on is said");
    bench.until_quiet();
}

#[test]
fn an_end_while_no_runtime_was_there_is_learned_with_its_code_and_its_time() {
    let (mut bench, _repo) = Bench::with_desks(&[("a.txt", "a\n")], &["ada"]);
    let gate = bench.root().join("gate");
    let (task, _) = at_work(&bench, &waits_for(&gate, "exit 42"), &["--attempts", "1"]);
    bench.kill();
    std::fs::write(&gate, "").unwrap();
    bench.until_quiet();
    // So that the moment of the end and the moment it is learned are told apart.
    std::thread::sleep(Duration::from_millis(300)); // waits for: time to pass
    bench.run();
    let it = bench.until(task, &["failed"]);
    assert!(it["why"].as_str().unwrap().contains("exit code 42"), "{it}");
    let events = bench.events();
    let over = events_of(&events, "run", "ended")[0];
    let moment = |value: &Value| value.as_str().unwrap_or_else(|| panic!("{over}")).parse::<office_core::At>().unwrap();
    let (learned, ended) = (moment(&over["at"]), moment(&over["event"]["ended"]));
    assert!(learned.millis() - ended.millis() >= 300, "{over}");
    assert_eq!(ran(&bench), 1);
}

#[test]
fn a_killed_host_leaves_nothing_behind_and_its_tasks_go_on_in_a_new_one() {
    let (bench, repo) = Bench::with_desks(&[("a.txt", "a\n")], &["ada"]);
    let gate = bench.root().join("gate");
    // It ignores what is asked politely, and a grandchild of it leaves its session.
    let stubborn = "trap '' HUP TERM\n(setsid sleep 600 &)\n";
    let body = waits_for(&gate, "echo x > work.txt").replacen("```sh\n", &format!("```sh\n{stubborn}"), 1);
    let (task, checkout) = at_work(&bench, &body, &[]);
    let old = bench.host().expect("a host");
    let agents = processes::of_desks(bench.dir());
    assert!(agents.len() >= 2, "{agents:?}");
    assert!(bench.kill_host());
    let it = bench.until(task, &["interrupted"]);
    assert!(it["why"].as_str().unwrap().contains("checkout is intact"), "{it}");
    for pid in agents {
        assert!(!processes::is_alive(pid), "process {pid} outlived its host");
    }
    assert!(checkout.join("begun.txt").exists(), "uncommitted work is there");
    assert_eq!(events_of(&bench.events(), "office", "host_lost").len(), 1, "it is said");
    std::fs::write(&gate, "").unwrap();
    bench.json(&["resume"]);
    bench.until(task, &["in review"]);
    assert_ne!(bench.host().expect("a new host"), old);
    bench.json(&["task", "accept", &task.to_string()]);
    assert_eq!(repo.on_main("work.txt").as_deref(), Some("x"));
}

#[test]
fn a_killed_runtime_is_started_again_by_the_host_and_that_is_said() {
    let (mut bench, _repo) = Bench::with_desks(&[("a.txt", "a\n")], &["ada"]);
    bench.json(&["quit"]);
    assert!(bench.ended());
    bench.set("OFFICE_REVIVE", "on");
    bench.run();
    let gate = bench.root().join("gate");
    let (task, _) = at_work(&bench, &waits_for(&gate, "echo x > work.txt"), &[]);
    bench.kill();
    bench.wait("the next runtime", || (bench.office(&["status"]).code == 0).then_some(()));
    assert_eq!(bench.show(task)["state"], "running");
    let events = bench.events();
    assert_eq!(events_of(&events, "office", "started").last().unwrap()["event"]["revived"], true);
    std::fs::write(&gate, "").unwrap();
    bench.until(task, &["in review"]);
    assert_eq!(ran(&bench), 1);
    // A quit is meant: nobody starts it again.
    bench.json(&["quit"]);
    bench.wait("the host's own end", || bench.host().is_none().then_some(()));
    assert_eq!(bench.office(&["status"]).code, 3);
}

#[test]
fn an_upgrade_leaves_desks_at_work_and_a_plain_quit_ends_them() {
    let (mut bench, _repo) = Bench::with_desks(&[("a.txt", "a\n")], &["ada"]);
    let gate = bench.root().join("gate");
    let (task, _) = at_work(&bench, &waits_for(&gate, "echo x > work.txt"), &[]);
    let agents = processes::of_desks(bench.dir());
    bench.json(&["quit", "--leave-desks"]);
    assert!(bench.ended());
    assert!(processes::is_alive(agents[0]));
    bench.run();
    assert_eq!(bench.show(task)["state"], "running");
    // Whoever starts it before the one that was told to end is gone waits for that and is not turned away.
    bench.quit_and_run();
    assert_eq!(processes::of_desks(bench.dir()), Vec::<u32>::new(), "a quit ends what runs");
    bench.until(task, &["interrupted"]);
    // An unattended start takes up what was interrupted.
    bench.json(&["quit"]);
    assert!(bench.ended());
    std::fs::write(&gate, "").unwrap();
    bench.run_args(&["--take-up"]);
    bench.until(task, &["in review"]);
}

#[test]
fn what_its_owner_stopped_is_not_taken_up_by_an_unattended_start() {
    let (mut bench, _repo) = Bench::with_desks(&[("a.txt", "a\n")], &["ada"]);
    let gate = bench.root().join("gate");
    let (task, _) = at_work(&bench, &waits_for(&gate, "echo x > work.txt"), &[]);
    bench.json(&["desk", "stop", "ada"]);
    bench.until(task, &["parked"]);
    bench.until_quiet();
    bench.json(&["quit"]);
    assert!(bench.ended());
    bench.run_args(&["--take-up"]);
    assert_eq!(bench.show(task)["state"], "parked");
    bench.until_quiet();
}

#[test]
fn a_one_shot_program_that_falls_silent_is_ended_with_what_it_started_and_tried_again() {
    let (mut bench, _repo) = Bench::with_desks(&[("a.txt", "a\n")], &["ada"]);
    bench.json(&["quit"]);
    assert!(bench.ended());
    bench.set("OFFICE_INACTIVITY_SECS", "1");
    bench.run();
    // The ssh case: what it waits for never says a word, and never ends.
    let body = "```sh\nif test -e ../../../second; then echo x > work.txt; exit; fi\ntouch ../../../second\necho begun\n(trap '' HUP TERM; exec sleep 600) | cat\n```";
    let task = bench.task("Hang once", body, &[]);
    let it = bench.until(task, &["in review"]);
    assert_eq!(it["attempts_used"], 1, "{it}");
    bench.until_quiet();
    let events = bench.events();
    let asked = events_of(&events, "run", "stop_asked");
    assert_eq!(asked[0]["event"]["why"], "silent");
}

#[test]
fn a_desk_that_fills_the_disk_is_stopped_with_nothing_lost_and_goes_on_once_there_is_room() {
    let (mut bench, _repo) = Bench::with_desks(&[("a.txt", "a\n")], &["ada"]);
    bench.json(&["quit"]);
    assert!(bench.ended());
    bench.set("OFFICE_DESK_DISK_MB", "10");
    bench.run();
    let gate = bench.root().join("gate");
    let body = format!(
        "```sh\nif test -e '{}'; then echo x > work.txt; exit; fi\nhead -c 20000000 /dev/zero > big.bin\necho begun\nsleep 600\n```",
        gate.display()
    );
    let task = bench.task("Fill it", &body, &[]);
    let it = bench.until(task, &["parked"]);
    assert_eq!(it["hold"]["reason"], "incident", "{it}");
    assert_eq!(it["hold"]["release"], "office desk resume ada");
    bench.until_quiet();
    let big = PathBuf::from(it["workplace"]["path"].as_str().unwrap()).join("big.bin");
    // It may have been stopped while it wrote.
    assert!(std::fs::metadata(&big).unwrap().len() > 10_000_000, "nothing was removed");
    let status = bench.json(&["status"]);
    let desk = &status["desks"][0];
    assert_eq!(desk["state"], "waiting for you", "{desk}");
    let evidence = desk["evidence"].as_str().unwrap();
    assert!(evidence.starts_with("stopped: it takes ") && evidence.contains("may take 10 MB"), "{evidence}");
    std::fs::remove_file(&big).unwrap();
    std::fs::write(&gate, "").unwrap();
    bench.json(&["desk", "resume", "ada"]);
    bench.until(task, &["in review"]);
}

/// A host of an older kind, started as an upgrade would find it.
#[expect(clippy::disallowed_methods, reason = "a program of the product, as an older version would have left it")]
fn old_host(bench: &Bench, speaks: &str) {
    let program = office_tests::bench::office_bin().with_file_name("office-host");
    let dir = bench.dir().join("host");
    let mut command = Command::new(program);
    command.arg("--dir").arg(&dir).args(["--linger", "30", "--speaks", speaks]).env_clear();
    let status = command.stdin(Stdio::null()).status().expect("a host starts");
    assert!(status.success());
}

#[test]
fn a_host_of_the_version_before_is_worked_with() {
    let (mut bench, _repo) = Bench::with_desks(&[("a.txt", "a\n")], &["ada"]);
    bench.json(&["quit"]);
    assert!(bench.ended());
    old_host(&bench, "1");
    let old = bench.host().unwrap();
    bench.run();
    let gate = bench.root().join("gate");
    let (task, _) = at_work(&bench, &waits_for(&gate, "echo x > work.txt"), &[]);
    bench.kill();
    bench.run();
    assert_eq!(bench.show(task)["state"], "running");
    std::fs::write(&gate, "").unwrap();
    bench.until(task, &["in review"]);
    assert_eq!((bench.host(), ran(&bench)), (Some(old), 1));
}

#[test]
fn a_host_older_than_that_is_refused_with_the_way_out() {
    let (mut bench, _repo) = Bench::with_desks(&[("a.txt", "a\n")], &["ada"]);
    bench.json(&["quit"]);
    assert!(bench.ended());
    old_host(&bench, "0");
    let said = bench.office(&["--json", "run"]);
    assert_ne!(said.code, 0);
    let refusal: Value = serde_json::from_str(&said.err).unwrap();
    assert_eq!(refusal["code"], "version", "{refusal}");
    assert!(refusal["message"].as_str().unwrap().contains("the host is to be updated"), "{refusal}");
    assert!(refusal["detail"].as_str().unwrap().contains("office quit"), "{refusal}");
    assert!(bench.host().is_some(), "and its programs are left alone");
}

#[test]
fn autostart_is_a_unit_of_systemd_and_where_none_runs_a_refusal_with_the_way_out() {
    let bench = Bench::made();
    let tools = bench.root().join("tools");
    std::fs::create_dir(&tools).unwrap();
    let systemctl = |answer: &str| {
        let log = bench.root().join("systemctl.log");
        let script = format!("#!/bin/sh\necho \"$@\" >> {}\n{answer}\n", log.display());
        let path = tools.join("systemctl");
        std::fs::write(&path, script).unwrap();
        std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    };
    let units = || std::fs::read_dir(bench.root().join("home/.config/systemd/user")).map_or(0, Iterator::count);
    systemctl("echo 'Failed to connect to bus: No medium found' >&2; exit 1");
    let path = format!("{}:{}", tools.display(), std::env::var("PATH").unwrap());
    let said = bench.command().env("PATH", &path).args(["--json", "autostart", "on"]).output().unwrap();
    let refusal: Value = serde_json::from_slice(&said.stderr).unwrap();
    assert!(refusal["message"].as_str().unwrap().contains("No medium found"), "{refusal}");
    assert!(refusal["detail"].as_str().unwrap().contains("office run --take-up"), "{refusal}");
    assert_eq!(units(), 0, "nothing is left that nobody reads");
    let said = bench.command().env("PATH", &path).args(["--json", "autostart", "status"]).output().unwrap();
    let standing: Value = serde_json::from_slice(&said.stdout).unwrap();
    assert!(standing["cannot"]["message"].as_str().unwrap().contains("No medium found"), "{standing}");
    systemctl("exit 0");
    let json = |verb: &str| -> Value {
        let said = bench.command().env("PATH", &path).args(["--json", "autostart", verb]).output().unwrap();
        assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
        serde_json::from_slice(&said.stdout).unwrap()
    };
    assert_eq!(json("status")["on"], false);
    let on = json("on");
    let unit = std::fs::read_to_string(on["file"].as_str().unwrap()).unwrap();
    let exec = format!("--office \"{}\" run --take-up\n", bench.dir().display());
    assert!(unit.contains(&exec), "{unit}");
    assert_eq!((json("status")["on"].as_bool(), units()), (Some(true), 1));
    assert_eq!((json("off")["on"].as_bool(), units()), (Some(false), 0));
}

#[test]
fn the_machine_is_kept_awake_while_a_desk_is_at_work_and_where_it_cannot_be_doctor_says_so() {
    let (mut bench, _repo) = Bench::with_desks(&[("a.txt", "a\n")], &["ada"]);
    bench.json(&["quit"]);
    assert!(bench.ended());
    let tools = bench.root().join("tools");
    std::fs::create_dir(&tools).unwrap();
    let held = bench.root().join("held");
    // Stands in for the system's: holds for as long as what is run under it runs.
    let inhibit = |script: String| {
        let path = tools.join("systemd-inhibit");
        std::fs::write(&path, script).unwrap();
        std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    };
    inhibit(format!("#!/bin/sh\necho $$ > {}\nfor last; do :; done\nexec $last\n", held.display()));
    bench.set("PATH", &format!("{}:{}", tools.display(), std::env::var("PATH").unwrap()));
    bench.run();
    let gate = bench.root().join("gate");
    let (task, _) = at_work(&bench, &waits_for(&gate, "echo x > work.txt"), &[]);
    let holder = || std::fs::read_to_string(&held).ok().and_then(|text| text.trim().parse::<u32>().ok());
    let pid = bench.wait("a hold", holder);
    assert!(processes::is_alive(pid));
    std::fs::write(&gate, "").unwrap();
    bench.until(task, &["in review"]);
    bench.wait("its end with the work", || (!processes::is_alive(pid)).then_some(()));
    std::fs::remove_file(&held).unwrap();
    std::fs::remove_file(&gate).unwrap();
    let (task, _) = at_work(&bench, &waits_for(&gate, "echo y > work2.txt"), &[]);
    let pid = bench.wait("a hold", holder);
    bench.kill();
    bench.wait("its end with the runtime", || (!processes::is_alive(pid)).then_some(()));
    inhibit("#!/bin/sh\necho 'no logind here' >&2\nexit 1\n".to_owned());
    bench.run();
    let said = bench.wait("what doctor says", || {
        let out = bench.office(&["doctor"]).out;
        out.contains("no logind here").then_some(out)
    });
    assert!(said.contains("may sleep while desks are at work"), "{said}");
    std::fs::write(&gate, "").unwrap();
    bench.until(task, &["in review"]);
}

#[test]
fn a_stop_of_everything_is_survived() {
    let (bench, _repo) = Bench::with_desks(&[("a.txt", "a\n")], &["ada"]);
    let gate = bench.root().join("gate");
    let (task, _) = at_work(&bench, &waits_for(&gate, "echo x > work.txt"), &[]);
    let mut all = processes::of_desks(bench.dir());
    all.extend([bench.pid(), bench.host().unwrap()]);
    let send = |signal| {
        for pid in &all {
            // A short-lived child of the agent's may have ended.
            let _ = nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid.cast_signed()), signal);
        }
    };
    send(nix::sys::signal::Signal::SIGSTOP);
    std::thread::sleep(Duration::from_secs(2)); // waits for: time to pass while nothing runs
    send(nix::sys::signal::Signal::SIGCONT);
    assert_eq!(bench.show(task)["state"], "running");
    std::fs::write(&gate, "").unwrap();
    bench.until(task, &["in review"]);
    assert_eq!(ran(&bench), 1);
}
