//! Measures what an office costs over bare git and sh: tasks that do next to nothing, from `task add` to merged, against
//! a script that does the same work without an office, in the same run. One JSON row per number of desks:
//! `cargo run --release -p office-runtime --example dispatch_bench [-- --tasks N] [--rounds N] [--desks N]`, in the
//! temporary directory or in `OFFICE_BENCH_DIR`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "a bench that cannot measure should stop; it runs git and sh itself"
)]

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::resource::{UsageWho, getrusage};
use office_core::check::Check;
use office_core::desk::DeskCommand;
use office_core::project::Acceptance;
use office_core::task::ask::{NewTask, TaskCommand};
use office_core::{CommandBody, Noun, ProjectId, RoleName, TaskId, TaskState};
use office_door::Client;
use office_door::wire::{Answer, Ask};

/// The same work without an office. A checkout of its own, the script, a commit, the check in a second checkout, and a
/// merge that moves the owner's branch and work tree forward. Only merging is one at a time. Spared what the office spares
/// itself: sample hooks in each clone, and a look for garbage after each commit.
const BARE: &str = r#"
set -e
n=$1 owner=$2 place=$3
exec >/dev/null
git clone -q --shared --template= "$owner" "$place/work-$n"
cd "$place/work-$n"
git checkout -q -b "task/$n"
sh -c "echo $n > file-$n"
git add -A
git -c maintenance.auto=false commit -q -m "Task (#$n)"
commit=$(git rev-parse HEAD)
git clone -q --shared --template= --no-checkout . "$place/check-$n"
cd "$place/check-$n"
git checkout -q --detach "$commit"
sh -c "test -f file-$n"
cd "$owner"
exec 9> "$place/lock"
flock 9
git fetch -q --no-auto-maintenance "$place/work-$n" "task/$n:refs/heads/task/$n"
old=$(git rev-parse main)
tree=$(git merge-tree --write-tree main "task/$n")
new=$(git commit-tree "$tree" -p main -p "task/$n" -m "Task (#$n)")
git read-tree -m -u "$old" "$new"
git update-ref refs/heads/main "$new" "$old"
flock -u 9
rm -rf "$place/work-$n" "$place/check-$n"
"#;

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let given = |name: &str| args.iter().position(|a| a == name).map(|at| args[at + 1].parse::<usize>().unwrap());
    let (tasks, rounds) = (given("--tasks").unwrap_or(12), given("--rounds").unwrap_or(5));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let all = given("--desks").map_or(vec![1, 2, 4], |n| vec![n]);
    for desks in all {
        let place = std::env::var_os("OFFICE_BENCH_DIR").map_or_else(std::env::temp_dir, PathBuf::from);
        let here = tempfile::Builder::new().prefix("office-bench-").tempdir_in(place).unwrap();
        let office = runtime.block_on(Office::open(here.path(), desks));
        let bare = Bare::open(here.path(), desks);
        // Alternating, so that whatever else the machine does falls on both.
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        let mut work = [0.0; 3];
        for _ in 0..rounds {
            work[0] -= cpu();
            theirs.push(bare.round(tasks));
            work[1] += cpu();
            ours.push(runtime.block_on(office.round(tasks)));
            work[2] += cpu();
        }
        let per_task_cpu = |from: usize, to: usize| (work[to] - work[from].abs()) * 1000.0 / (tasks * rounds) as f64;
        println!("  cpu per task: {:.1} ms, bare {:.1} ms", per_task_cpu(1, 2), per_task_cpu(0, 1));
        runtime.block_on(office.close());
        // A repository grows round by round, so each round is compared with its neighbour.
        let mut ratios: Vec<f64> =
            ours.iter().zip(&theirs).map(|(ours, theirs)| ours.as_secs_f64() / theirs.as_secs_f64()).collect();
        ratios.sort_by(f64::total_cmp);
        let ratio = ratios[ratios.len() / 2];
        let per_task = |mut all: Vec<Duration>| {
            all.sort();
            all[all.len() / 2].as_secs_f64() * 1000.0 / tasks as f64
        };
        let (value, limit) = (per_task(ours), per_task(theirs));
        let row = serde_json::json!({
            "name": format!("dispatch, {desks} desk{}", if desks == 1 { "" } else { "s" }),
            "value": round(value), "unit": "ms per task", "limit": round(limit), "ratio": round(ratio),
            "goal": "<= 1.25", "met": ratio <= 1.25,
        });
        println!("{row}");
    }
}

/// Seconds of processor time of this process and of all that it waited for.
fn cpu() -> f64 {
    let of = |who| {
        let used = getrusage(who).unwrap();
        let seconds = |time: nix::sys::time::TimeVal| time.tv_sec() as f64 + time.tv_usec() as f64 / 1e6;
        seconds(used.user_time()) + seconds(used.system_time())
    };
    of(UsageWho::RUSAGE_SELF) + of(UsageWho::RUSAGE_CHILDREN)
}

fn round(number: f64) -> f64 {
    (number * 1000.0).round() / 1000.0
}

fn git(dir: &Path, args: &[&str]) {
    assert!(Command::new("git").args(args).current_dir(dir).status().unwrap().success(), "git {args:?}");
}

/// A small repository: a hundred files in ten folders.
fn repository(at: &Path) {
    for n in 0..100 {
        let folder = at.join(format!("folder-{}", n % 10));
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join(format!("source-{n}.txt")), format!("line {n}\n").repeat(40)).unwrap();
    }
    git(at, &["init", "-q", "-b", "main"]);
    git(at, &["config", "user.name", "Olive Owner"]);
    git(at, &["config", "user.email", "olive@example.org"]);
    git(at, &["add", "."]);
    git(at, &["commit", "-q", "-m", "Begin"]);
}

struct Bare {
    owner: PathBuf,
    place: PathBuf,
    desks: usize,
    next: AtomicUsize,
}

impl Bare {
    fn open(root: &Path, desks: usize) -> Self {
        let (owner, place) = (root.join("bare-owner"), root.join("bare-place"));
        repository(&owner);
        std::fs::create_dir_all(&place).unwrap();
        Self { owner, place, desks, next: AtomicUsize::new(1) }
    }

    fn round(&self, tasks: usize) -> Duration {
        let began = Instant::now();
        let end = self.next.load(Ordering::SeqCst) + tasks;
        thread::scope(|scope| {
            for _ in 0..self.desks {
                scope.spawn(|| {
                    loop {
                        let taken =
                            self.next.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| (n < end).then_some(n + 1));
                        let Ok(n) = taken else { return };
                        let mut script = Command::new("sh");
                        script.args(["-c", BARE, "sh", &n.to_string()]).arg(&self.owner).arg(&self.place);
                        for (name, value) in [("NAME", "Olive Owner"), ("EMAIL", "olive@example.org")] {
                            script.env(format!("GIT_AUTHOR_{name}"), value).env(format!("GIT_COMMITTER_{name}"), value);
                        }
                        assert!(script.stdin(Stdio::null()).status().unwrap().success());
                    }
                });
            }
        });
        let took = began.elapsed();
        assert!(self.owner.join(format!("file-{}", end - 1)).is_file(), "the last task is not in the work tree");
        took
    }
}

struct Office {
    client: Client,
    owner: PathBuf,
    runtime: thread::JoinHandle<()>,
    next: AtomicUsize,
}

impl Office {
    async fn open(root: &Path, desks: usize) -> Self {
        let (dir, owner) = (root.join("office"), root.join("owner"));
        repository(&owner);
        office_runtime::init(&dir, Some("bench")).await.unwrap();
        let (told, ready) = tokio::sync::oneshot::channel();
        let place = dir.clone();
        // An async runtime of its own, as the real one has; the caller's waits for answers only.
        let runtime = thread::spawn(move || {
            let runtime = tokio::runtime::Runtime::new().unwrap();
            let tell = move || told.send(()).unwrap();
            runtime
                .block_on(office_runtime::run(
                    &place,
                    office_runtime::RunOptions::default(),
                    tell,
                    std::future::pending(),
                ))
                .unwrap();
        });
        ready.await.unwrap();
        let client = Client::connect(&dir, "dispatch bench", None).await.unwrap();
        let office = Self { client, owner, runtime, next: AtomicUsize::new(1) };
        let path = office.owner.display().to_string();
        office.ask(Ask::AddProject { path, name: Some("demo".into()), base: None }).await;
        office.ask(Ask::SetAcceptance { project: "demo".into(), acceptance: Acceptance::Green }).await;
        for n in 0..desks {
            let role = RoleName("engineer".into());
            let (project, engine, command) = (None, None, None);
            let body = DeskCommand::Add { name: format!("desk-{n}"), role, project, engine, command, auto: true };
            office.submit(CommandBody::Desk(body)).await;
        }
        office
    }

    async fn ask(&self, ask: Ask) -> Answer {
        self.client.ask(ask).await.unwrap()
    }

    async fn submit(&self, body: CommandBody) -> Answer {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let command_id = format!("bench-{}", COUNT.fetch_add(1, Ordering::SeqCst));
        self.ask(Ask::Submit { command_id, body }).await
    }

    async fn round(&self, tasks: usize) -> Duration {
        let first = self.next.fetch_add(tasks, Ordering::SeqCst);
        let began = Instant::now();
        let mut added = Vec::new();
        for n in first..first + tasks {
            let new = Box::new(NewTask {
                body: format!("run: echo {n} > file-{n}"),
                checks: vec![Check::of(&format!("test -f file-{n}"))],
                ..NewTask::of(ProjectId(1), format!("Write file {n}"))
            });
            let answer = self.submit(CommandBody::Task(TaskCommand::Add { new })).await;
            let Answer::Changed(Noun::Task(task)) = answer else { panic!("{answer:?}") };
            added.push(task.id);
        }
        for task in added {
            self.merged(task).await;
        }
        // The checkouts are gone too, as the script's are.
        let checkouts = self.owner.with_file_name("office").join("checkouts");
        while std::fs::read_dir(&checkouts).unwrap().next().is_some() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let took = began.elapsed();
        let last = self.owner.join(format!("file-{}", first + tasks - 1));
        assert!(last.is_file(), "the last task is not in the work tree");
        took
    }

    async fn merged(&self, task: TaskId) {
        let states = vec![TaskState::Done, TaskState::InReview, TaskState::Failed, TaskState::Interrupted];
        let answer = self.ask(Ask::AwaitTask { task, states }).await;
        let Answer::Task(it) = answer else { panic!("{answer:?}") };
        assert_eq!(it.state, TaskState::Done, "{it:?}");
    }

    async fn close(self) {
        self.client.ask(Ask::Quit { leave_desks: false }).await.unwrap();
        tokio::task::spawn_blocking(|| self.runtime.join()).await.unwrap().unwrap();
    }
}
