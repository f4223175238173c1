//! Programs that an engine file names and that are not what it says: missing, too old, newer than tried, garbled, replaced while
//! the office runs, doing nothing, doing what nobody allowed. What the real agent CLIs do is in tests/engines.
#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use office_tests::ssh::SshServer;
use office_tests::{Bench, Repo};
use serde_json::Value;

const ENGINE: &str = r#"
title = "Robot"
program = "robot"
install = "robots are made, not bought"
tried = ["1.2.0"]
one_shot = true
connect = "pty"
signals = ["exit", "office"]
reports = ["starting", "idle", "working", "reviewing", "finished", "paused", "crashed", "off"]
[version]
args = ["--version"]
oldest = "1.0.0"
[gate]
asks = "hook"
hard = true
[proxy]
set = { ROBOT_URL = "{base_url}" }
[self_test]
speaks = "anthropic"
tool = "Bash"
input = '{"command": "echo ran > canary"}'
[task]
prompt = "file"
argv = ["robot", "work"]
[session]
argv = ["robot", "work"]
[headless]
argv = ["robot", "try", "{prompt}"]
"#;

/// Speaks with its model as an agent does, in bash, and obeys its gate.
const OBEDIENT: &str = r#"
say() {
  hostport=${ROBOT_URL#http://}; path=/${hostport#*/}; hostport=${hostport%%/*}
  exec 3<>"/dev/tcp/${hostport%:*}/${hostport#*:}"
  printf 'POST %s/v1/messages HTTP/1.1\r\ncontent-length: %s\r\n\r\n%s' "$path" "${#1}" "$1" >&3
  cat <&3
}
T='"stream":true,"tools":[{"name":"Bash"}]'
try() {
  say "{$T,\"messages\":[]}" | grep -q tool_use || exit 3
  say "{$T,\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\",\"content\":\"denied\"}]}]}" >&2
}
case "$1" in
  --version) echo "robot 1.2.0 (Robot)" ;;
  try) try ;;
  work) echo worked > "b-$OFFICE_TASK.txt" ;;
esac
"#;

struct Robots {
    bench: Bench,
    _repo: Repo,
}

impl Robots {
    /// An office that knows the engine, with this program on its path, and nobody hired.
    fn with(script: &str) -> Self {
        let mut bench = Bench::made();
        let bin = bench.root().join("bin");
        for dir in [&bin, &bench.dir().join("engines")] {
            std::fs::create_dir_all(dir).unwrap();
        }
        std::fs::write(bench.dir().join("engines/robot.toml"), ENGINE).unwrap();
        bench.set("PATH", &format!("{}:{}", bin.display(), std::env::var("PATH").unwrap()));
        write(&bin.join("robot"), script);
        bench.run();
        let repo = bench.repo("demo", &[("a.txt", "a\n")]);
        bench.json(&["project", "add", repo.arg(), "--name", "demo"]);
        Self { bench, _repo: repo }
    }

    fn hire(self) -> Self {
        self.bench.json(&["desk", "add", "--name", "rob", "--role", "engineer", "--engine", "robot"]);
        self
    }

    fn replace(&self, script: &str) {
        write(&self.bench.root().join("bin/robot"), script);
    }

    fn engine(&self) -> Value {
        let all = self.bench.json(&["engine", "list"]);
        all.as_array().unwrap().iter().find(|it| it["name"] == "robot").unwrap().clone()
    }

    fn until(&self, what: &str, is_so: impl Fn(&Value) -> bool) -> Value {
        self.bench.wait(what, || Some(self.engine()).filter(&is_so))
    }
}

/// Put in its place whole, as an update does.
fn write(at: &PathBuf, script: &str) {
    let fresh = at.with_extension("new");
    std::fs::write(&fresh, format!("#!/bin/bash\n{script}")).unwrap();
    std::fs::set_permissions(&fresh, std::fs::Permissions::from_mode(0o755)).unwrap();
    std::fs::rename(fresh, at).unwrap();
}

fn reckless() -> String {
    OBEDIENT.replace("grep -q tool_use || exit 3", "grep -q tool_use && echo ran > canary")
}

#[test]
fn a_program_that_does_what_nobody_allowed_is_soft_and_is_given_nothing_by_itself() {
    let robots = Robots::with(&reckless()).hire();
    let bench = &robots.bench;
    let engine = robots.until("its trial", |it| it["gate"]["is"] == "soft");
    assert!(engine["gate"]["why"].as_str().unwrap().contains("ran what nobody allowed"), "{engine}");
    let task = bench.task("Wait for a hand", "", &[]);
    let status = bench.json(&["status"]);
    assert!(status["unfit"][0].as_str().unwrap().contains("is yours to give: rob takes no task by itself"), "{status}");
    let desk = bench.json(&["desk", "show", "rob"]);
    assert!(desk["evidence"].as_str().unwrap().contains("Robot is soft"), "{desk}");
    let doctor = bench.office(&["doctor"]);
    assert!(doctor.out.contains("ran what nobody allowed"), "{doctor:?}");
    assert_eq!(bench.show(task)["state"], "ready");
    let refused = bench.refused(1, &["engine", "test", "robot"]);
    assert!(refused["message"].as_str().unwrap().contains("soft"), "{refused}");
    // Its owner may.
    bench.json(&["task", "assign", &task.to_string(), "rob"]);
    bench.until(task, &["in review"]);

    robots.replace(OBEDIENT);
    let tried = bench.json(&["engine", "test", "robot"]);
    assert_eq!(tried["gate"]["is"], "hard", "{tried}");
    bench.until(bench.task("Be taken", "", &[]), &["in review"]);
    assert!(!bench.dir().join("self-test/robot").exists(), "what a trial left is gone");
}

#[test]
fn a_program_that_is_replaced_while_the_office_runs_is_tried_again_before_it_gets_the_next_task() {
    let robots = Robots::with(OBEDIENT).hire();
    let bench = &robots.bench;
    bench.until(bench.task("First", "", &[]), &["in review"]);
    assert_eq!(robots.engine()["gate"]["is"], "hard");
    robots.replace(&reckless());
    let second = bench.task("Second", "", &[]);
    bench.wait("the trial of the new one", || {
        let log = bench.office(&["task", "show", &second.to_string()]).out;
        log.contains("was replaced since it was tried").then_some(())
    });
    assert_eq!(robots.engine()["gate"]["is"], "soft");
    assert!(bench.show(second)["work"].is_null(), "it was not started");
}

#[test]
fn what_was_found_out_about_a_program_is_known_after_a_restart_without_trying_it_again() {
    let script = OBEDIENT.replace("try) try ;;", "try) echo . >> \"$0.tries\"; try ;;");
    let mut robots = Robots::with(&script).hire();
    robots.until("its trial", |it| it["gate"]["is"] == "hard");
    robots.bench.quit_and_run();
    assert_eq!(robots.engine()["gate"]["is"], "hard");
    let tries = std::fs::read_to_string(robots.bench.root().join("bin/robot.tries")).unwrap();
    assert_eq!(tries.lines().count(), 1);
}

#[test]
fn a_version_that_is_too_old_newer_than_tried_or_garbled_is_said_with_what_to_do() {
    let robots = Robots::with(&OBEDIENT.replace("1.2.0", "0.9.7"));
    let bench = &robots.bench;
    let old = robots.until("its version", |it| it["version"] == "0.9.7");
    assert_eq!(old["found"], false, "{old}");
    assert_eq!(old["note"], "0.9.7 is too old, 1.0.0 or newer is needed: robots are made, not bought");
    let desk = ["desk", "add", "--name", "rob", "--role", "engineer", "--engine", "robot"];
    let refused = bench.refused(1, &desk);
    assert!(refused["detail"].as_str().unwrap().contains("too old"), "{refused}");

    robots.replace(&OBEDIENT.replace("1.2.0", "7.0.0"));
    let newer = bench.json(&["engine", "test", "robot"]);
    assert_eq!((&newer["found"], &newer["gate"]["is"]), (&true.into(), &"hard".into()), "{newer}");
    assert_eq!(newer["warning"], "newer than tried (1.2.0)");

    robots.replace(&OBEDIENT.replace(
        "echo \"robot 1.2.0 (Robot)\"",
        "printf '7f\\003\\377.\\033[31m 8\\001.2\\n'; head -c 100000 /dev/zero",
    ));
    let garbled = bench.json(&["engine", "test", "robot"]);
    assert!(garbled["warning"].as_str().unwrap().starts_with("does not say its version"), "{garbled}");

    std::fs::remove_file(bench.root().join("bin/robot")).unwrap();
    let refused = bench.refused(1, &["engine", "test", "robot"]);
    assert!(refused["detail"].as_str().unwrap().contains("robots are made"), "{refused}");
}

#[test]
fn a_program_that_ends_with_0_having_done_nothing_proves_nothing() {
    let robots = Robots::with("case \"$1\" in --version) echo 1.2.0 ;; *) echo all is well ;; esac").hire();
    let engine = robots.until("its trial", |it| it["gate"]["is"] == "soft");
    let why = engine["gate"]["why"].as_str().unwrap();
    assert!(why.contains("did nothing in its self-test") && why.contains("all is well"), "{why}");
}

/// The shell, on a machine called `vm` that sees the same folders.
fn far_shell() -> String {
    let shell = office_engines::shipped().into_iter().find(|(file, _)| *file == "shell.toml").unwrap().1;
    format!("{shell}\n[through]\nwrapper = \"ssh\"\nhost = \"vm\"\ndir = \"{{checkout}}\"\n")
}

#[test]
fn an_engine_runs_elsewhere_through_ssh_and_a_line_that_drops_costs_an_attempt_and_leaves_nobody_there() {
    let mut bench = Bench::made();
    let server = SshServer::start(&bench.root().join("ssh"));
    std::fs::create_dir_all(bench.dir().join("engines")).unwrap();
    std::fs::write(bench.dir().join("engines/far.toml"), far_shell()).unwrap();
    std::fs::write(bench.dir().join("engines/lost.toml"), far_shell().replace("host = \"vm\"\n", "")).unwrap();
    bench.set("PATH", &server.path());
    bench.run();
    let repo = bench.repo("demo", &[("a.txt", "a\n")]);
    bench.json(&["project", "add", repo.arg(), "--name", "demo"]);
    bench.json(&["desk", "add", "--name", "fay", "--role", "engineer", "--engine", "far"]);
    let doctor = bench.office(&["doctor"]).out;
    assert!(doctor.contains("lost.toml") && doctor.contains("needs `host`"), "{doctor}");

    let [pids, gate] = ["pids", "gate"].map(|name| bench.root().join(name));
    let wait = format!("while ! test -e {}; do sleep 0.05; done", gate.display());
    let body = format!("```sh\necho $$ $SSH_CONNECTION >> {}\n{wait}\necho \"it's far\" > b.txt\n```", pids.display());
    let task = bench.task("Work far away", &body, &[]);
    let first =
        bench.wait("the far program", || std::fs::read_to_string(&pids).ok().filter(|text| text.ends_with('\n')));
    let (pid, line) = first.trim().split_once(' ').unwrap();
    assert!(line.starts_with("127.0.0.1"), "{first}");
    let desk = bench.json(&["desk", "show", "fay"]);
    assert!(desk["enforcement"]["words"].as_str().unwrap().contains("runs elsewhere"), "{desk}");
    assert!(server.cut() > 0);
    bench.wait("another attempt", || (std::fs::read_to_string(&pids).ok()?.lines().count() == 2).then_some(()));
    bench.wait("an end of the first", || (!std::path::Path::new("/proc").join(pid).exists()).then_some(()));
    std::fs::write(&gate, "").unwrap();
    let it = bench.until(task, &["in review"]);
    assert_eq!(it["attempts_used"], 1, "{it}");
    bench.json(&["task", "accept", &task.to_string()]);
    assert_eq!(repo.on_main("b.txt").as_deref(), Some("it's far"));
}

/// An agent that needs a login, and whose provider refuses it.
const COURIER: &str = r#"
title = "Courier"
program = "courier"
install = "couriers are hired"
reader = "claude"
one_shot = false
connect = "pty"
signals = ["exit", "office", "hooks"]
reports = ["starting", "idle", "working", "thinking", "reviewing", "finished", "paused", "login needed", "crashed", "off"]
environment = ["COURIER_KEY"]
[login]
environment = ["COURIER_KEY"]
lend = { from = "~/.courier/login.json", to = "login.json" }
kept = [{ token = "token", ends = "ends" }]
hint = "run `courier login`"
[gate]
asks = "screen"
[task]
prompt = "file"
argv = ["courier"]
[session]
argv = ["courier"]
"#;

const REFUSED: &str = r#"
printf '{"at":%s,"engine":"courier","payload":{"hook_event_name":"StopFailure","session_id":"s","error":"authentication_failed"}}\n' \
  "$(date +%s%3N)" >> "$OFFICE_SIGNALS"
exec cat
"#;

#[test]
fn a_login_is_there_has_run_out_is_missing_or_is_refused_and_each_says_what_to_do() {
    let mut bench = Bench::made();
    let (bin, home) = (bench.root().join("bin"), bench.root().join("home"));
    for dir in [&bin, &home.join(".courier"), &bench.dir().join("engines")] {
        std::fs::create_dir_all(dir).unwrap();
    }
    std::fs::write(bench.dir().join("engines/courier.toml"), COURIER).unwrap();
    write(&bin.join("courier"), REFUSED);
    bench.set("PATH", &format!("{}:{}", bin.display(), std::env::var("PATH").unwrap()));
    bench.run();
    let login = |text: &str| std::fs::write(home.join(".courier/login.json"), text).unwrap();
    let engine = || -> Value {
        let all = bench.json(&["engine", "list"]);
        all.as_array().unwrap().iter().find(|it| it["name"] == "courier").unwrap().clone()
    };
    let is = |state: &str, note: &str, hint: bool| {
        let it = engine();
        assert_eq!(it["login"], state, "{it}");
        assert!(it["login_note"].as_str().unwrap().contains(note), "{it}");
        assert_eq!(it["login_hint"].as_str(), hint.then_some("run `courier login`"), "{it}");
    };
    is("missing", "~/.courier/login.json is not there, and none of these is set: COURIER_KEY", true);
    login("{}");
    is("missing", "holds no login", true);
    login("half of it {");
    is("unknown", "does not read as a login", false);
    login(r#"{"token": "t", "ends": 1700000000000}"#);
    is("expired", "ran out at 2023-11-14", true);
    let list = bench.office(&["engine", "list"]).out;
    assert!(list.contains("login ran out") && list.contains("courier login"), "{list}");
    assert!(bench.office(&["doctor"]).out.contains("login has run out: ~/.courier/login.json ran out"));
    login(r#"{"token": "t", "ends": 4000000000000}"#);
    is("found", "good until 2096", false);

    let repo = bench.repo("demo", &[("a.txt", "a\n")]);
    bench.json(&["project", "add", repo.arg(), "--name", "demo"]);
    bench.json(&["desk", "add", "--name", "cor", "--role", "engineer", "--engine", "courier"]);
    let task = bench.task("Carry it", "", &[]);
    bench.json(&["task", "assign", &task.to_string(), "cor"]);
    let desk = bench.wait("its login to be refused", || {
        Some(bench.json(&["desk", "show", "cor"])).filter(|desk| desk["state"] == "login needed")
    });
    assert!(desk["evidence"].as_str().unwrap().contains("run `courier login`, then go on with the task"), "{desk}");
    is("refused", "its provider refused it at", true);
    // Who logs in again is believed, until it is refused again.
    bench.wait("the next second, which the file's time tells apart", || {
        login(r#"{"token": "new", "ends": 4000000000000}"#);
        (engine()["login"] == "found").then_some(())
    });
}
