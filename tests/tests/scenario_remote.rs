//! An office on another machine, through a real OpenSSH server: worked as one here, over a line that is cut.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test ends where its world does")]

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};

use office_tests::ssh::SshServer;
use office_tests::{Bench, Said};
use serde_json::Value;

struct Remote {
    bench: Bench,
    server: SshServer,
}

impl Remote {
    fn open() -> Self {
        let bench = Bench::open();
        let server = SshServer::start(&bench.root().join("ssh"));
        Self { bench, server }
    }

    /// The `office` of somebody at another machine.
    fn command(&self, args: &[&str]) -> Command {
        let mut command = self.bench.command();
        command.env_remove("OFFICE_DIR").env("PATH", self.server.path());
        command.env("OFFICE_REMOTE_PROGRAM", office_tests::bench::office_bin());
        command.args(["--host", "vm", "--office"]).arg(self.bench.dir()).args(args);
        command
    }

    fn office(&self, args: &[&str]) -> Said {
        let output = self.command(args).stdin(Stdio::null()).output().unwrap();
        Said {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    fn json(&self, args: &[&str]) -> Value {
        let mut all = vec!["--json"];
        all.extend(args);
        let said = self.office(&all);
        assert_eq!(said.code, 0, "{args:?}: {said:?}");
        serde_json::from_str(&said.out).unwrap()
    }

    fn begin(&self, args: &[&str]) -> Child {
        self.command(args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    /// The same; comes back once it is connected, as it says itself.
    fn begin_connected(&self, args: &[&str]) -> Child {
        let mut child = self.begin(args);
        let mut said = Vec::new();
        // Byte by byte, so that what it says later is left to be read.
        while !said.ends_with(b"\n") {
            let mut byte = [0];
            child.stderr.as_mut().unwrap().read_exact(&mut byte).unwrap();
            said.push(byte[0]);
        }
        assert!(said.starts_with(b"connected to vm"), "{}", String::from_utf8_lossy(&said));
        child
    }

    /// Cuts the line, and waits until `lines` of them are there again.
    fn cut(&self, lines: usize) {
        let before = self.server.connections();
        assert_eq!(self.server.cut(), lines, "the lines that are cut");
        self.bench.wait("the lines again", || {
            let now = self.server.connections();
            (now.len() == lines && now.iter().all(|pid| !before.contains(pid))).then_some(())
        });
    }
}

#[test]
fn a_task_is_run_to_acceptance_over_a_line_that_is_cut_twice() {
    let far = Remote::open();
    let said = far.office(&["status"]);
    assert_eq!(said.code, 0, "{said:?}");
    let dir = far.bench.dir().display().to_string();
    assert!(said.err.contains("connected to vm") && said.err.contains(&dir), "what one is connected to: {said:?}");
    let repo = far.bench.repo("demo", &[("a.txt", "a\n")]);
    far.json(&["project", "add", repo.arg(), "--name", "demo"]);
    far.json(&["desk", "add", "--name", "ada", "--role", "engineer"]);
    let gate = far.bench.root().join("gate");
    let tick = far.bench.root().join("tick");
    let waits = |file: &std::path::Path| format!("while ! test -e {}; do sleep 0.02; done", file.display());
    let body = format!("```sh\necho here\n{}\necho tick\n{}\necho x > work.txt\n```", waits(&tick), waits(&gate));
    let mut watch = far.begin(&["--json", "events", "--follow", "--since", "0"]);
    let mut events = BufReader::new(watch.stdout.take().unwrap()).lines();
    let mut next = || -> Value { serde_json::from_str(&events.next().unwrap().unwrap()).unwrap() };
    assert_eq!(next()["seq"], 1);
    let task = far.json(&["task", "add", "Far away", "--project", "demo", "--body", &body])["id"].to_string();
    far.bench.until(task.parse().unwrap(), &["running"]);
    let mut look = far.begin_connected(&["desk", "attach", "ada", "--follow"]);
    let review = far.begin_connected(&["task", "await", &task, "--state", "in review", "--timeout", "60"]);
    far.cut(3);
    far.cut(3);
    std::fs::write(&tick, "").unwrap();
    let mut seen = String::new();
    let mut lines = BufReader::new(look.stdout.take().unwrap());
    // It looks on again; only then the agent may end.
    while !seen.contains("tick") {
        assert_ne!(lines.read_line(&mut seen).unwrap(), 0, "{seen}");
    }
    std::fs::write(&gate, "").unwrap();
    let review = review.wait_with_output().unwrap();
    assert!(review.status.success(), "{}", String::from_utf8_lossy(&review.stderr));
    let look = look.wait_with_output().unwrap();
    let told = String::from_utf8_lossy(&look.stderr);
    assert_eq!(seen.matches("here").count(), 1, "nothing is missing and nothing twice: {seen}");
    assert!(told.contains("was cut"), "it is said: {told}");
    assert!(look.status.success(), "{told}");
    far.json(&["task", "accept", &task]);
    assert_eq!(repo.on_main("work.txt").as_deref(), Some("x"));
    let end = far.json(&["status"])["seq"].as_u64().unwrap();
    for seq in 2..=end {
        assert_eq!(next()["seq"], seq, "every event once and in order, over two cuts");
    }
    watch.kill().unwrap();
    watch.wait().unwrap();
    far.bench.wait("no line left", || far.server.connections().is_empty().then_some(()));
}

#[test]
fn what_fails_on_the_way_is_said_with_the_way_out() {
    let mut far = Remote::open();
    let refusal = |said: Said| -> Value { serde_json::from_str(&said.err).unwrap_or_else(|_| panic!("{said:?}")) };
    let said = far.command(&["--json", "status"]).env("OFFICE_REMOTE_PROGRAM", "no-such-office").output().unwrap();
    let it: Value = serde_json::from_slice(&said.stderr).unwrap();
    assert!(it["message"].as_str().unwrap().contains("there is no `no-such-office` on vm"), "{it}");
    let it = refusal(far.office(&["--json", "run"]));
    assert!(it["detail"].as_str().unwrap().contains("ssh vm office"), "{it}");
    let it = refusal(far.office(&["--json", "project", "add", "code/shop"]));
    assert!(it["message"].as_str().unwrap().contains("no whole path on vm"), "{it}");
    far.bench.json(&["quit"]);
    assert!(far.bench.ended());
    let said = far.office(&["--json", "status"]);
    assert_eq!(said.code, 3);
    assert!(refusal(said)["detail"].as_str().unwrap().contains("ssh vm office run"));
    let said = far.bench.office(&["--json", "--host=-oProxyCommand=touch bad", "status"]);
    assert_eq!(said.code, 1, "{said:?}");
    drop(far.server);
    let stopped = far
        .bench
        .command()
        .env("PATH", format!("{}/ssh/bin:/usr/bin:/bin", far.bench.root().display()))
        .args(["--json", "--host", "vm", "status"])
        .output()
        .unwrap();
    let it: Value = serde_json::from_slice(&stopped.stderr).unwrap();
    assert!(it["message"].as_str().unwrap().contains("ssh does not reach vm"), "{it}");
    assert!(it["detail"].as_str().unwrap().contains("ssh vm true"), "{it}");
}
