//! A real office in a folder of its own, worked by the `office` program as a person or a script would.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::{Repo, processes};

/// How long anything may take before a test gives up on it; machines under load are slow.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// What a command said.
#[derive(Debug, Clone)]
pub struct Said {
    /// Its exit code.
    pub code: i32,
    /// Its standard output.
    pub out: String,
    /// Its standard error.
    pub err: String,
}

/// An office with its runtime, and the folder they live in. Dropping it ends both.
#[derive(Debug)]
pub struct Bench {
    tmp: tempfile::TempDir,
    dir: PathBuf,
    runtime: Option<Child>,
    env: BTreeMap<String, String>,
}

/// The `office` program under test.
pub fn office_bin() -> PathBuf {
    program("OFFICE_BIN", "office")
}

/// The scripted agent.
pub fn fake_agent_bin() -> PathBuf {
    program("OFFICE_FAKE_AGENT", "fake-agent")
}

fn program(variable: &str, name: &str) -> PathBuf {
    if let Some(path) = std::env::var_os(variable) {
        return path.into();
    }
    let exe = std::env::current_exe().expect("a test knows where it is");
    let folder = exe.ancestors().nth(2).expect("target/debug/deps/test has a target/debug");
    let path = folder.join(name);
    assert!(path.is_file(), "{} is missing: `cargo build --workspace` makes it", path.display());
    path
}

impl Bench {
    /// An office that is made and does not run yet.
    pub fn made() -> Self {
        let tmp = tempfile::Builder::new().prefix("office-test-").tempdir().expect("a temporary folder");
        let dir = tmp.path().join("office");
        // A test's host leaves soon; one that is to start the runtime again says so.
        let env = [
            ("OFFICE_HOST_LINGER_SECS", "0.5"),
            ("OFFICE_REVIVE", "off"),
            ("OFFICE_SANDBOX", "off"),
            ("OFFICE_NICE", "0"),
        ];
        let env = env.map(|(key, value)| (key.to_owned(), value.to_owned())).into();
        let bench = Self { tmp, dir, runtime: None, env };
        std::fs::create_dir(bench.root().join("home")).expect("a home");
        let said = bench.office(&["init"]);
        assert_eq!(said.code, 0, "{said:?}");
        bench
    }

    /// An office that runs.
    pub fn open() -> Self {
        let mut bench = Self::made();
        bench.run();
        bench
    }

    /// An office that runs, with a project `demo` of these files, and desks of these names as engineers.
    pub fn with_desks(files: &[(&str, &str)], desks: &[&str]) -> (Self, Repo) {
        let bench = Self::open();
        let repo = bench.repo("demo", files);
        bench.json(&["project", "add", repo.arg(), "--name", "demo"]);
        for name in desks {
            bench.json(&["desk", "add", "--name", name, "--role", "engineer"]);
        }
        (bench, repo)
    }

    /// A variable for the runtime and every command from now on.
    pub fn set(&mut self, key: &str, value: &str) {
        self.env.insert(key.to_owned(), value.to_owned());
    }

    /// The test's own folder.
    pub fn root(&self) -> &Path {
        self.tmp.path()
    }

    /// The office's directory.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The runtime's process number.
    pub fn pid(&self) -> u32 {
        self.runtime.as_ref().map(Child::id).expect("the office runs")
    }

    /// A repository beside the office.
    pub fn repo(&self, name: &str, files: &[(&str, &str)]) -> Repo {
        Repo::new(&self.root().join(name), files)
    }

    /// The `office` program with this office's environment and nothing of the tester's.
    #[expect(clippy::disallowed_methods, reason = "the program under test")]
    pub fn command(&self) -> Command {
        let mut command = Command::new(office_bin());
        command.env_clear();
        for name in ["PATH", "LANG", "LLVM_PROFILE_FILE"] {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        command.env("HOME", self.root().join("home")).env("TMPDIR", self.root()).env("OFFICE_DIR", &self.dir);
        command.envs(&self.env).current_dir(self.root()).stdin(Stdio::null());
        command
    }

    /// The same with more arguments, from now on known as the runtime.
    pub fn run_args(&mut self, args: &[&str]) {
        let ready = self.try_run_args(args, &[]);
        assert!(ready, "the runtime ended before it was ready: {}", self.runtime_log());
    }

    /// Starts the runtime and waits until it is ready.
    pub fn run(&mut self) {
        self.run_with(&[]);
    }

    /// The same, with more variables for this run.
    pub fn run_with(&mut self, env: &[(&str, &str)]) {
        let ready = self.try_run(env);
        assert!(ready, "the runtime ended before it was ready: {}", self.runtime_log());
    }

    /// The same; false when it ended before it was ready (a test may have it killed that early).
    pub fn try_run(&mut self, env: &[(&str, &str)]) -> bool {
        self.try_run_args(&[], env)
    }

    fn try_run_args(&mut self, args: &[&str], env: &[(&str, &str)]) -> bool {
        assert!(self.runtime.is_none(), "it runs already");
        let log = std::fs::OpenOptions::new().create(true).append(true).open(self.root().join("runtime.log"));
        let mut command = self.command();
        command.args(["--json", "run"]).args(args).envs(env.iter().copied());
        command.stdout(Stdio::piped()).stderr(log.expect("a log"));
        let mut child = command.spawn().expect("the runtime starts");
        let mut line = String::new();
        let out = child.stdout.take().expect("a pipe");
        BufReader::new(out).read_line(&mut line).expect("the runtime's first line");
        if line.contains("\"ready\":true") {
            self.runtime = Some(child);
            return true;
        }
        child.wait().expect("it ended");
        false
    }

    /// What the runtime wrote to standard error so far.
    pub fn runtime_log(&self) -> String {
        std::fs::read_to_string(self.root().join("runtime.log")).unwrap_or_default()
    }

    /// The process that holds the desks' programs, if one lives.
    pub fn host(&self) -> Option<u32> {
        processes::host_of(&self.dir)
    }

    /// Kills the host of the desks' programs as `kill -9` does, if one lives, and waits until it is gone.
    pub fn kill_host(&self) -> bool {
        let Some(pid) = self.host() else { return false };
        let killed = processes::kill(pid);
        self.wait("the host's end", || (!processes::is_alive(pid)).then_some(()));
        killed
    }

    /// Kills the runtime as `kill -9` does.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.runtime.take() {
            // It may have ended already.
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// Tells the runtime to end and starts the next one at once, before the first is gone.
    pub fn quit_and_run(&mut self) {
        self.json(&["quit"]);
        let mut before = self.runtime.take().expect("a runtime");
        self.run();
        before.wait().expect("it ended");
    }

    /// Waits until the runtime has ended by itself; true if it did within the patience.
    pub fn ended(&mut self) -> bool {
        let until = Instant::now() + PATIENCE;
        while let Some(child) = self.runtime.as_mut() {
            if child.try_wait().expect("its state").is_some() {
                self.runtime = None;
                return true;
            }
            if Instant::now() > until {
                return false;
            }
            std::thread::sleep(Duration::from_millis(5)); // waits for: the child's end
        }
        true
    }

    /// Whether the runtime has ended (it may have been killed by itself).
    pub fn has_ended(&mut self) -> bool {
        self.runtime.as_mut().is_none_or(|child| child.try_wait().expect("its state").is_some())
    }

    /// Runs `office` with these arguments.
    pub fn office(&self, args: &[&str]) -> Said {
        self.office_with(args, "")
    }

    /// The same, with a standard input.
    pub fn office_with(&self, args: &[&str], input: &str) -> Said {
        let mut command = self.command();
        command.args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("office starts");
        // It may not read its input.
        let _ = child.stdin.take().expect("a pipe").write_all(input.as_bytes());
        let output = child.wait_with_output().expect("office ends");
        Said {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Runs `office --json` with these arguments, which must be taken, and gives back what it printed.
    pub fn json(&self, args: &[&str]) -> Value {
        let mut all = vec!["--json"];
        all.extend(args);
        let said = self.office(&all);
        assert_eq!(said.code, 0, "office {args:?}: {}{}\nruntime: {}", said.out, said.err, self.runtime_log());
        serde_json::from_str(&said.out).unwrap_or_else(|error| panic!("office {args:?}: {error}: {}", said.out))
    }

    /// Runs `office --json` with these arguments, which must be refused with `code`; gives back the refusal.
    pub fn refused(&self, code: i32, args: &[&str]) -> Value {
        let mut all = vec!["--json"];
        all.extend(args);
        let said = self.office(&all);
        assert_eq!(said.code, code, "office {args:?}: {}{}", said.out, said.err);
        let refusal: Value = serde_json::from_str(&said.err).unwrap_or_else(|error| panic!("{error}: {}", said.err));
        for part in ["code", "message", "detail"] {
            assert!(refusal[part].as_str().is_some_and(|text| !text.is_empty()), "no {part}: {refusal}");
        }
        refusal
    }

    /// Adds a task to `demo` and gives back its number. `more` are further arguments.
    pub fn task(&self, title: &str, body: &str, more: &[&str]) -> u64 {
        let mut args = vec!["task", "add", title, "--project", "demo", "--body", body];
        args.extend(more);
        self.json(&args)["id"].as_u64().expect("a number")
    }

    /// Waits until the task is in one of these states and gives it back.
    pub fn until(&self, task: u64, states: &[&str]) -> Value {
        let number = task.to_string();
        let mut args = vec!["task", "await", &number, "--timeout", "60"];
        for state in states {
            args.extend(["--state", state]);
        }
        let mut all = vec!["--json"];
        all.extend(&args);
        let said = self.office(&all);
        if said.code != 0 {
            let task = self.office(&["task", "show", &number]).out;
            panic!("{said:?}\n{task}\nruntime: {}", self.runtime_log());
        }
        serde_json::from_str(&said.out).unwrap_or_else(|error| panic!("{error}: {}", said.out))
    }

    /// The task as it is now.
    pub fn show(&self, task: u64) -> Value {
        self.json(&["task", "show", &task.to_string()])
    }

    /// Every event, as `office events --json` prints them.
    pub fn events(&self) -> Vec<Value> {
        let mut events = Vec::new();
        loop {
            let since = events.last().map_or(0, |event: &Value| event["seq"].as_u64().expect("a place")).to_string();
            let said = self.office(&["--json", "events", "--since", &since, "--limit", "5000"]);
            assert_eq!(said.code, 0, "{said:?}");
            let before = events.len();
            events.extend(said.out.lines().map(|line| serde_json::from_str::<Value>(line).expect("an event a line")));
            if events.len() == before {
                return events;
            }
        }
    }

    /// Waits until `is_so` says something.
    pub fn wait<T>(&self, what: &str, mut is_so: impl FnMut() -> Option<T>) -> T {
        let until = Instant::now() + PATIENCE;
        loop {
            if let Some(found) = is_so() {
                return found;
            }
            assert!(Instant::now() < until, "{what} did not come to be; runtime: {}", self.runtime_log());
            std::thread::sleep(Duration::from_millis(10)); // waits for: what the caller names
        }
    }

    /// Waits until no process of any desk is left.
    pub fn until_quiet(&self) {
        self.wait("an office without processes", || processes::of_desks(&self.dir).is_empty().then_some(()));
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        self.kill();
        // What the runtime left behind when it was killed; a test that cares has looked before. The host first, or it
        // would start the runtime again.
        for pid in self.host().into_iter().chain(processes::of_desks(&self.dir)) {
            processes::kill(pid);
        }
    }
}
