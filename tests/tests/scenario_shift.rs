//! A shift of twelve hours in virtual time: roles as they are shipped, agents that are threads of the test and speak through the
//! command line, and the real loop, store, git, guard and door between them. Judged by `office events --json` and git alone.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail loudly")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex};

use office_core::At;
use office_core::approval::{Held, Said};
use office_core::ports::Clock;
use office_door::Client;
use office_door::wire::{Answer, Ask};
use office_pty::ExitStatus;
use office_tests::clock::FakeClock;
use office_tests::within::Within;
use office_tests::{Bench, Repo};
use serde_json::Value;

const HOUR: u32 = 3600;
/// Kind, title, role, and how many hours it takes.
const ISSUES: [(&str, &str, &str, u32); 7] = [
    ("fix", "Mend the crash on an empty basket", "engineer", 4),
    ("ops", "Restart the server with the mended basket", "ops", 1),
    ("build", "Write the export of orders", "engineer", 2),
    ("web", "Build the new page of the shop", "engineer", 2),
    ("docs", "Say how to run the shop", "engineer", 1),
    ("test", "Test the prices", "engineer", 2),
    ("qa", "Try the sign-up as a user would", "engineer", 1),
];

/// Virtual time, shared by all who sleep in it.
struct Hours {
    clock: Arc<FakeClock>,
    /// Who is awake, and when each of the others wakes.
    state: Mutex<(usize, Vec<At>)>,
    turned: Condvar,
}

impl Hours {
    fn pass(&self, secs: u32) {
        let mut state = self.state.lock().unwrap();
        let until = self.clock.now().plus_seconds(secs);
        state.0 -= 1;
        state.1.push(until);
        // Whoever turns the clock counts this one as awake again.
        drop(self.turned.wait_while(state, |_| self.clock.now() < until).unwrap());
    }

    /// Turns it to the next moment at which somebody wakes, or to `end`; not while anybody is awake.
    fn turn(&self, end: At) -> bool {
        let mut state = self.state.lock().unwrap();
        if state.0 > 0 {
            return false;
        }
        let next = state.1.iter().copied().min().unwrap_or(end).min(end).max(self.clock.now());
        let secs = u32::try_from((next.millis() - self.clock.now().millis()) / 1000).unwrap();
        self.clock.turn(secs);
        let before = state.1.len();
        state.1.retain(|until| *until > next);
        state.0 += before - state.1.len();
        self.turned.notify_all();
        secs > 0
    }
}

/// What is left out of a shift, to see that it is missed.
#[derive(Clone, Copy, Default)]
struct Without {
    interlock: bool,
    retrospective: bool,
}

/// One agent at its desk.
struct Agent {
    run: String,
    task: u64,
    title: String,
    kind: String,
    role: String,
    checkout: PathBuf,
    bench: Arc<Bench>,
    token: String,
    hours: Arc<Hours>,
    without: Without,
}

impl Agent {
    /// Says something through the command line of its desk.
    fn office(&self, args: &[&str]) -> (i32, String) {
        let mut command = self.bench.command();
        command.env("OFFICE_TOKEN", &self.token).env("OFFICE_RUN", &self.run).env("OFFICE_TASK", self.task.to_string());
        let said = command.current_dir(&self.checkout).args(args).output().unwrap();
        let text = String::from_utf8_lossy(&[said.stdout, said.stderr].concat()).into_owned();
        (said.status.code().unwrap_or(-1), text)
    }

    fn says(&self, args: &[&str]) -> String {
        let (code, text) = self.office(args);
        assert_eq!(code, 0, "{} {args:?}: {text}", self.role);
        text
    }

    fn works(&self, hours: u32) {
        self.hours.pass(hours * HOUR);
    }

    fn writes(&self, file: &str, text: &str) {
        let path = self.checkout.join(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// What its engine's hook asks before a command runs.
    fn may_run(&self, command: &[&str]) -> Result<(), String> {
        let own = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        own.block_on(async {
            let client = Client::connect(self.bench.dir(), "hook", Some(&self.token)).await.unwrap();
            let (argv, cwd) =
                (command.iter().map(|word| (*word).to_owned()).collect(), self.checkout.display().to_string());
            match client.ask(Ask::Judge { argv, cwd, held: Held::Command }).await.unwrap() {
                Answer::Ruled(ruling) if ruling.said == Said::Allow => Ok(()),
                Answer::Ruled(ruling) => Err(ruling.why),
                other => panic!("{other:?}"),
            }
        })
    }

    fn tasks(&self) -> Vec<Value> {
        serde_json::from_str(&self.says(&["--json", "task", "list"])).unwrap()
    }

    fn done(&self, words: &str) {
        self.says(&["task", "done", "--summary", words]);
    }

    fn reports(&self, words: &str) {
        let file = self.bench.root().join(format!("report-{}.md", self.run));
        std::fs::write(&file, words).unwrap();
        self.says(&["task", "done", "--summary", "a report", "--report", file.to_str().unwrap()]);
    }

    fn play(&self) {
        match (self.role.as_str(), self.kind.as_str()) {
            ("monitor", "watch") => self.watch(),
            ("pm", _) => self.triage(),
            ("ops", _) => self.restart(),
            (_, "web") => self.build_page(),
            ("engineer", _) => {
                let hours = ISSUES.iter().find(|(_, title, ..)| *title == self.title).map_or(1, |it| it.3);
                self.works(hours);
                self.writes(&format!("src/{}.txt", self.task), &self.title);
                self.done("it is in");
            }
            // Whoever was woken looks, reports and leaves.
            (role, _) => {
                self.says(&["--json", "task", "list"]);
                self.reports(&format!("What {role} saw."));
            }
        }
    }

    fn watch(&self) {
        self.says(&["desk", "add", "--name", "pia", "--role", "pm"]);
        let triage =
            ["task", "add", "Make tasks of the open issues", "--project", "demo", "--role", "pm", "--kind", "triage"];
        self.says(&[&triage[..], &["--deliverable", "finding"]].concat());
        for _ in 0..5 {
            self.works(2);
            let open = self.tasks().iter().filter(|it| it["state"] == "running").count();
            self.says(&["task", "progress", &format!("{open} at work")]);
        }
        self.reports("All went on.");
    }

    fn triage(&self) {
        let mut files: Vec<_> =
            std::fs::read_dir(self.checkout.join("issues")).unwrap().map(|it| it.unwrap().path()).collect();
        files.sort();
        for file in files {
            let text = std::fs::read_to_string(file).unwrap();
            let (title, kind) = text.split_once('\n').unwrap();
            let role = ISSUES.iter().find(|it| it.0 == kind.trim()).unwrap().2;
            self.says(&["task", "add", title, "--project", "demo", "--kind", kind.trim(), "--role", role]);
        }
        self.reports("Seven tasks.");
    }

    /// Holds the restart until the fix is merged, and tries each hour.
    fn restart(&self) {
        let fix = self.tasks().iter().find(|it| it["kind"] == "fix").map(|it| it["id"].to_string()).unwrap();
        if !self.without.interlock {
            self.says(&[
                "interlock",
                "add",
                "make restart",
                "--until",
                &fix,
                "--why",
                "the mended basket must be in first",
            ]);
        }
        while let Err(why) = self.may_run(&["make", "restart"]) {
            self.says(&["task", "progress", &format!("make restart is refused: {why}")]);
            self.works(1);
        }
        self.says(&["task", "progress", "the server is restarted"]);
        self.writes("ops/restarts.md", "restarted\n");
        self.done("restarted");
    }

    /// One step needs what the machine does not have; the others stand without it.
    fn build_page(&self) {
        self.works(1);
        self.writes("web/index.html", "<h1>Shop</h1>\n");
        let needs = "Node 22 to bundle the page; the one here is Node 18";
        self.says(&["task", "blocked", "--needs", needs, "--done-so-far", "the page itself", "--can-continue"]);
        self.works(1);
        self.writes("web/style.css", "h1 { color: teal }\n");
        self.done("all but the bundle");
    }
}

fn shipped(role: &str) -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../roles/{role}.md"));
    let text = std::fs::read_to_string(file).unwrap();
    let engines = text.lines().find(|line| line.starts_with("engines:")).unwrap();
    // Their owner lets the coordinator come by itself; the shipped one waits for a desk.
    text.replace(engines, "engines: [robot]").replace("answer questions]", "answer questions, come when woken]")
}

fn made(without: Without) -> (Bench, Repo) {
    let bench = Bench::made();
    std::fs::create_dir_all(bench.dir().join("engines")).unwrap();
    std::fs::create_dir_all(bench.dir().join("roles")).unwrap();
    let agent = office_tests::bench::fake_agent_bin();
    let engine = format!(
        "title = \"Robot\"\nprogram = \"{agent}\"\ninstall = \"-\"\none_shot = true\nconnect = \"pty\"\nsignals = [\"exit\", \"office\"]\n\
         reports = [\"starting\", \"working\", \"finished\"]\n\n[task]\nargv = [\"{agent}\", \"-e\", \"hang\"]\nprompt = \"file\"\n\n\
         [session]\nargv = [\"{agent}\", \"-e\", \"hang\"]\n",
        agent = agent.display()
    );
    std::fs::write(bench.dir().join("engines/robot.toml"), engine).unwrap();
    for role in ["coordinator", "engineer", "monitor", "ops", "pm", "reviewer-qa"] {
        let mut text = shipped(role);
        if without.retrospective {
            text = text.replace("  - shift ended\n", "  - breaker tripped\n");
        }
        std::fs::write(bench.dir().join(format!("roles/{role}.md")), text).unwrap();
    }
    let issues: Vec<_> = (1..)
        .zip(ISSUES)
        .map(|(n, (kind, title, ..))| (format!("issues/{n}.md"), format!("{title}\n{kind}\n")))
        .collect();
    let mut files: Vec<(&str, &str)> = issues.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    files.push(("Makefile", "restart:\n\ttrue\n"));
    let repo = bench.repo("demo", &files);
    (bench, repo)
}

/// Works a shift through; what the office wrote down of it, and the repository it left.
fn shift(without: Without) -> (Vec<Value>, Repo, Arc<Bench>) {
    let (bench, repo) = made(without);
    let Within { clock, host, runtime } = Within::run(bench.dir(), "2096-11-21T22:00:00Z", None);
    bench.json(&["project", "add", repo.arg(), "--name", "demo"]);
    bench.json(&["project", "set", "demo", "--accept", "green", "--sandbox", "off"]);
    for (name, role) in
        [("ada", "engineer"), ("bo", "engineer"), ("cy", "engineer"), ("otto", "ops"), ("mona", "monitor")]
    {
        bench.json(&["desk", "add", "--name", name, "--role", role]);
    }
    bench.task("Watch over the shift", "", &["--role", "monitor", "--kind", "watch", "--deliverable", "finding"]);
    bench.json(&["shift", "end", "--in", "12h"]);
    let end = clock.now().plus_seconds(13 * HOUR);

    let bench = Arc::new(bench);
    let hours = Arc::new(Hours { clock, state: Mutex::new((0, Vec::new())), turned: Condvar::new() });
    let mut agents = BTreeMap::new();
    let (mut roles, mut seen) = (BTreeMap::new(), 0);
    while !reported(&bench) {
        bench.wait("an office in which everybody waits for time", || {
            let desks = bench.json(&["desk", "list"]);
            for desk in desks.as_array().unwrap() {
                roles.insert(desk["id"].as_u64().unwrap(), desk["role"].as_str().unwrap().to_owned());
            }
            let tasks = bench.json(&["task", "list"]);
            let tasks = tasks.as_array().unwrap();
            for task in tasks.iter().filter(|it| it["state"] == "running") {
                let run = task["lease"].to_string();
                if agents.contains_key(&run) {
                    continue;
                }
                hours.state.lock().unwrap().0 += 1;
                let text = |name: &str| task[name].as_str().unwrap_or_default().to_owned();
                let agent = Agent {
                    task: task["id"].as_u64().unwrap(),
                    title: text("title"),
                    kind: text("kind"),
                    role: roles[&task["desk"].as_u64().unwrap()].clone(),
                    checkout: task["workplace"]["path"].as_str().unwrap().into(),
                    bench: bench.clone(),
                    token: host.env(&run, "OFFICE_TOKEN").unwrap(),
                    hours: hours.clone(),
                    without,
                    run: run.clone(),
                };
                let host = host.clone();
                let thread = std::thread::spawn(move || {
                    let played = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| agent.play()));
                    host.finish(&agent.run, ExitStatus::Code(0));
                    agent.hours.state.lock().unwrap().0 -= 1;
                    played.is_ok()
                });
                agents.insert(run, Some(thread));
            }
            for thread in agents.values_mut() {
                if let Some(over) = thread.take_if(|it| it.is_finished()) {
                    assert!(over.join().unwrap(), "an agent could not do what it came for");
                }
            }
            let moves = ["starting", "checking", "merging", "queued"];
            let ending = desks.as_array().unwrap().iter().any(|it| it["evidence"] == "its process is ended");
            let under_way = ending || tasks.iter().any(|it| moves.contains(&it["state"].as_str().unwrap()));
            // Seen twice with nothing new in between: what an agent said last has led to all that follows.
            let seq = bench.json(&["status"])["seq"].as_u64().unwrap();
            let still = std::mem::replace(&mut seen, seq) == seq;
            (!under_way && still && hours.state.lock().unwrap().0 == 0).then_some(())
        });
        if reported(&bench) {
            break;
        }
        assert!(hours.turn(end), "nobody waits for anything, and the shift has no report: {}", bench.json(&["status"]));
    }
    for thread in agents.into_values().flatten() {
        assert!(thread.join().unwrap(), "an agent could not do what it came for");
    }
    let events = bench.events();
    bench.office(&["quit"]);
    runtime.join().expect("no panic").expect("a clean end");
    (events, repo, bench)
}

fn reported(bench: &Bench) -> bool {
    !bench.json(&["shift", "show"])["report"].is_null()
}

/// What is wrong with a shift, told from its events and the repository alone.
fn violations(events: &[Value], repo: &Repo) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut hold = |so: bool, what: &str| {
        if !so {
            wrong.push(what.to_owned());
        }
    };
    let of = |kind: &str| events.iter().filter(|it| it["event"]["type"] == kind).collect::<Vec<_>>();
    let seq = |it: &Value| it["seq"].as_u64().unwrap();
    let added: Vec<&Value> = of("added").into_iter().filter(|it| it["event"]["noun"] == "task").collect();
    let number = |kind: &str| {
        let found = added.iter().map(|it| &it["event"]["task"]).find(|it| it["kind"] == kind && it["state"] == "ready");
        found.map_or(0, |it| it["id"].as_u64().unwrap())
    };
    let about = |kind: &str, task: u64| of(kind).into_iter().find(|it| it["event"]["task"] == task);
    let after = |later: Option<&Value>, sooner: Option<&Value>| {
        later.zip(sooner).is_some_and(|(later, sooner)| seq(later) > seq(sooner))
    };

    let begins = of("shift_ends").first().map_or(u64::MAX, |it| seq(it));
    let by_hand = events.iter().filter(|it| seq(it) > begins && it["actor"]["kind"] == "owner").count();
    hold(by_hand == 0, "the owner did something");

    let hired = of("added").into_iter().find(|it| it["event"]["desk"]["role"] == "pm");
    hold(hired.is_some_and(|it| it["event"]["desk"]["by"].is_u64()), "no pm was hired by an agent");

    // Seven of different kinds, at work side by side, all on the base in the end.
    let mut at_work = BTreeSet::new();
    let mut most = 0;
    for it in events {
        let Some(task) = it["event"]["task"].as_u64() else { continue };
        match it["event"]["type"].as_str().unwrap() {
            "running" if ISSUES.iter().any(|issue| number(issue.0) == task) => {
                at_work.insert(task);
            }
            "done_said" => {
                at_work.remove(&task);
            }
            _ => {}
        }
        most = most.max(at_work.len());
    }
    hold(most >= 4, "they were not worked on side by side");
    for (kind, title, ..) in ISSUES {
        let done = about("done", number(kind)).and_then(|it| it["event"]["commit"].as_str());
        let merged = done.is_some_and(|commit| repo.git(&["branch", "--contains", commit]).contains("main"));
        hold(merged, &format!("'{title}' is not on the base"));
    }

    // The server is not restarted before the fix is on the base.
    let fixed = about("done", number("fix"));
    let says =
        |words: &str| of("progress").into_iter().find(|it| it["event"]["text"].as_str().unwrap().contains(words));
    hold(after(says("the server is restarted"), fixed), "the server was restarted before the fix was merged");
    let refused = says(&format!("held until task #{} is through", number("fix")));
    hold(refused.is_some() && after(fixed, refused), "nobody was told which task the restart waits for");
    let fix_file = format!("src/{}.txt", number("fix"));
    let added_by =
        ["log", "--first-parent", "-m", "--diff-filter=A", "--reverse", "--name-only", "--format=", "main", "--"];
    let order = repo.git(&[&added_by[..], &[&fix_file, "ops/restarts.md"]].concat());
    let order: Vec<_> = order.lines().filter(|line| !line.is_empty()).collect();
    hold(order == [&fix_file, "ops/restarts.md"], "git has the restart before the fix");

    // What is to be tried is tried by a reviewer, who leaves; what was built is not.
    let woken =
        |role: &str| of("woken").into_iter().filter(|it| it["event"]["wake"]["role"] == role).collect::<Vec<_>>();
    let reviews: Vec<_> = woken("reviewer-qa").iter().map(|it| it["event"]["wake"]["why"]["task"].as_u64()).collect();
    hold(reviews == [Some(number("qa"))], "a reviewer was woken by something else than the one qa task");
    let guests = of("added").into_iter().filter(|it| it["event"]["desk"]["only"].is_u64());
    let left: BTreeSet<_> = of("removed").iter().map(|it| it["event"]["desk"].as_u64()).collect();
    hold(guests.clone().count() >= 2, "nobody was woken to a desk of their own");
    hold(
        guests.clone().all(|it| left.contains(&it["event"]["desk"]["id"].as_u64())),
        "somebody who was woken did not leave",
    );

    // The missing Node is in the inbox, and the other steps are on the base.
    let blocked = added.iter().find(|it| it["event"]["task"]["state"] == "blocked");
    let needs = blocked.and_then(|it| it["event"]["task"]["why"].as_str());
    hold(needs.is_some_and(|why| why.contains("Node 22")), "the missing Node is no blocker");
    let kept = of("collected").into_iter().find(|it| it["event"]["task"] == number("web"));
    let tip = kept.and_then(|it| it["event"]["work"]["tip"].as_str()).unwrap_or_default();
    hold(after(about("done_said", number("web")), kept), "the work so far was not committed when it was said");
    hold(
        repo.git(&["ls-tree", "-r", "--name-only", "main"]).contains("web/style.css"),
        "the other steps are not on the base",
    );
    hold(!tip.is_empty(), "nothing was committed of the page");

    // The retrospective is there before the report, and both after twelve hours.
    let ended = of("shift_ended").first().copied();
    let report = of("shift_reported").first().copied();
    let wrote = report.and_then(|it| it["event"]["report"]["retrospectives"][0].as_u64());
    hold(
        ended.is_some_and(|it| it["at"].as_str().unwrap() >= "2096-11-22T10:00:00"),
        "the shift ended before its time",
    );
    let written = wrote.and_then(|task| about("done", task));
    hold(after(written, ended) && after(report, written), "the report was made without a retrospective");
    wrong
}

#[test]
fn a_shift_of_twelve_hours_is_worked_through_by_roles_alone_and_in_order() {
    let (events, repo, _bench) = shift(Without::default());
    assert_eq!(violations(&events, &repo), Vec::<String>::new());
}

#[test]
fn a_shift_without_its_interlock_and_its_retrospective_is_seen_to_be_out_of_order() {
    let (events, repo, _bench) = shift(Without { interlock: true, retrospective: true });
    let found = violations(&events, &repo);
    let expected = [
        "the server was restarted before the fix was merged",
        "nobody was told which task the restart waits for",
        "git has the restart before the fix",
        "the report was made without a retrospective",
    ];
    assert_eq!(found, expected, "that and nothing else");
}
