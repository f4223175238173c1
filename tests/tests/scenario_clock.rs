//! Nights that take milliseconds: a clock that is turned and a host without processes, under the real loop, store, git and
//! door.
#![allow(clippy::expect_used, reason = "a test may fail loudly")]

use std::path::Path;
use std::sync::Arc;

use office_core::approval::{ApprovalCommand, Held, Terms};
use office_core::check::Check;
use office_core::command::CommandBody;
use office_core::desk::DeskCommand;
use office_core::hold::HoldReason;
use office_core::office::OfficeEvent;
use office_core::ports::Clock;
use office_core::task::TaskCommand;
use office_core::task::ask::NewTask;
use office_core::{Approval, ApprovalState, Event, Noun, ProjectId, Seq, Task, TaskId, TaskState};
use office_door::wire::{Answer, Ask};
use office_door::{Client, EventStream};
use office_pty::ExitStatus;
use office_tests::clock::FakeClock;
use office_tests::fake_host::FakeHost;
use office_tests::within::Within;
use office_tests::{Bench, Repo};

struct Night {
    bench: Bench,
    clock: Arc<FakeClock>,
    host: Arc<FakeHost>,
    client: Client,
    runtime: std::thread::JoinHandle<Result<(), office_core::Refusal>>,
    asked: u32,
}

impl Night {
    async fn begin(repo: impl FnOnce(&Bench) -> Repo) -> Self {
        let night = Self::on(Bench::made()).await;
        let path = repo(&night.bench).arg().to_owned();
        night.client.ask(Ask::AddProject { path, name: Some("demo".to_owned()), base: None }).await.expect("a project");
        night
    }

    async fn on(bench: Bench) -> Self {
        let Within { clock, host, runtime } = Within::run(bench.dir(), "2126-11-21T22:00:00Z", None);
        let client = Client::connect(bench.dir(), "test", None).await.expect("the door is open");
        Self { bench, clock, host, client, runtime, asked: 0 }
    }

    async fn submit(&mut self, body: CommandBody) -> Noun {
        self.asked += 1;
        let ask = Ask::Submit { command_id: format!("test-{}", self.asked), body };
        match self.client.ask(ask).await {
            Ok(Answer::Changed(noun)) => noun,
            other => panic!("{other:?}"),
        }
    }

    async fn desk(&mut self, name: &str) {
        let role = "engineer".into();
        let add =
            DeskCommand::Add { name: name.to_owned(), role, project: None, engine: None, command: None, auto: true };
        self.submit(CommandBody::Desk(add)).await;
    }

    async fn task(&mut self, limit: Option<u32>) -> TaskId {
        let new: NewTask = serde_json::from_value(serde_json::json!({
            "project": ProjectId(1), "title": "A task", "body": "run: true", "time_limit_secs": limit, "attempts": 2,
            "checks": [Check::of("true")],
        }))
        .expect("a task");
        match self.submit(CommandBody::Task(TaskCommand::Add { new: Box::new(new) })).await {
            Noun::Task(task) => task.id,
            other => panic!("{other:?}"),
        }
    }

    async fn until(&self, task: TaskId, state: TaskState) -> Task {
        match self.client.ask(Ask::AwaitTask { task, states: vec![state] }).await {
            Ok(Answer::Task(task)) => *task,
            other => panic!("{other:?}"),
        }
    }

    async fn end(self) -> Bench {
        self.client.ask(Ask::Quit { leave_desks: false }).await.expect("it ends");
        self.runtime.join().expect("no panic").expect("a clean end");
        self.bench
    }
}

fn small(bench: &Bench) -> Repo {
    bench.repo("demo", &[("a.txt", "a\n")])
}

#[tokio::test]
async fn a_time_limit_of_eight_hours_ends_the_run_when_the_clock_says_so_and_not_before() {
    let mut night = Night::begin(small).await;
    night.desk("ada").await;
    let task = night.task(Some(8 * 3600)).await;
    night.until(task, TaskState::Running).await;
    assert_eq!(night.host.running().len(), 1);
    let argv = night.host.argv("1").expect("it was started");
    assert!(argv.iter().any(|word| word.ends_with("task.sh")), "the shell engine runs a script: {argv:?}");

    night.clock.turn(8 * 3600 - 60);
    night.client.ask(Ask::Status).await.expect("it answers");
    assert_eq!(night.until(task, TaskState::Running).await.attempts_used, 0, "a minute is left");

    night.clock.turn(61);
    night.client.ask(Ask::Status).await.expect("it answers");
    let again = night.until(task, TaskState::Running).await;
    // The first run may still be ending when it is asked for; the second attempt is a run of its own.
    let again = if again.attempts_used == 0 { wait_for_attempt(&night, task).await } else { again };
    assert_eq!(again.attempts_used, 1, "{again:?}");
    assert!(again.why.as_deref().is_some_and(|why| why.contains("time limit of 28800 s")), "{again:?}");
    night.end().await;
}

#[tokio::test]
async fn a_night_that_was_slept_through_is_written_down_and_what_was_due_meanwhile_is_done() {
    let mut night = Night::begin(small).await;
    night.desk("ada").await;
    let task = night.task(Some(1800)).await;
    night.until(task, TaskState::Running).await;
    let mut events = night.client.events(Seq(0)).await.expect("events");
    // The calendar alone is no sleep, and what is due by it is due.
    night.clock.set(-3600);
    let set = noticed(&mut events).await;
    assert!(matches!(set, OfficeEvent::ClockChanged { by_secs: -3600 }), "{set:?}");
    night.clock.turn(600);
    let stopped = noticed(&mut events).await;
    assert!(matches!(stopped, OfficeEvent::Slept { secs: 600, stopped: true, .. }), "{stopped:?}");
    // Nobody asks anything: it is noticed by itself.
    night.clock.slumber(2 * 3600);
    let slept = noticed(&mut events).await;
    assert!(matches!(slept, OfficeEvent::Slept { secs: 7200, stopped: false, .. }), "{slept:?}");
    assert_eq!(wait_for_attempt(&night, task).await.attempts_used, 1, "its time limit was over");
    night.end().await;
}

async fn noticed(events: &mut EventStream) -> OfficeEvent {
    loop {
        let (envelope, _) = events.next().await.expect("an event");
        if let Event::Office(it @ (OfficeEvent::Slept { .. } | OfficeEvent::ClockChanged { .. })) = envelope.event {
            break it;
        }
    }
}

async fn wait_for_attempt(night: &Night, task: TaskId) -> Task {
    loop {
        let it = night.until(task, TaskState::Running).await;
        if it.attempts_used > 0 {
            return it;
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_clock_that_is_set_back_never_turns_the_log_around() {
    let mut night = Night::begin(small).await;
    night.desk("ada").await;
    let task = night.task(None).await;
    night.until(task, TaskState::Running).await;
    night.clock.set(-3600);
    night.host.finish("1", ExitStatus::Code(1));
    night.until(task, TaskState::Running).await;
    night.clock.set(-7 * 24 * 3600);
    night.desk("bo").await;
    let Ok(Answer::Events { events, .. }) =
        night.client.ask(Ask::Events { since: Seq(0), limit: 10_000, task: None }).await
    else {
        panic!("no events")
    };
    // The first event is `office init`'s, by the real clock, long before this night.
    assert!(events.windows(2).all(|pair| pair[0].at <= pair[1].at), "an event is older than the one before it");
    night.end().await;
}

#[tokio::test]
async fn two_desks_never_get_the_same_task() {
    let mut night = Night::begin(small).await;
    for name in ["ada", "bo", "cy"] {
        night.desk(name).await;
    }
    let first = night.task(None).await;
    let second = night.task(None).await;
    night.until(first, TaskState::Running).await;
    night.until(second, TaskState::Running).await;
    assert_eq!(night.host.running().len(), 2, "two tasks, two programs, one desk idle");
    let bench = night.end().await;
    let dir = bench.dir();
    assert!(!Path::new(&dir).join("door.sock").exists(), "the door is closed behind it");
}

/// The agent of a run asks for a push, by the token that its program was given; or claims what it asked for.
async fn agent(night: &Night, run: &str, body: ApprovalCommand) -> Approval {
    let token = night.host.env(run, "OFFICE_TOKEN").expect("it was given one");
    let client = Client::connect(night.bench.dir(), "agent", Some(&token)).await.expect("it may speak");
    let id = night.clock.now().to_string();
    let ask = Ask::Submit {
        command_id: format!("agent-{run}-{id}-{}", body.approval().is_some()),
        body: CommandBody::Approval(body),
    };
    match client.ask(ask).await {
        Ok(Answer::Changed(Noun::Approval(it))) => *it,
        other => panic!("{other:?}"),
    }
}

fn push(task: &Task) -> ApprovalCommand {
    let cwd = task.workplace.as_ref().expect("a checkout").path.clone();
    let argv = vec!["git".to_owned(), "push".to_owned(), "origin".to_owned(), "main".to_owned()];
    let (reason, held, ruling, stands, grant) = (None, Held::Command, None, None, None);
    ApprovalCommand::Ask { argv, cwd, reason, held, ruling, stands, grant, deed: None }
}

#[tokio::test]
async fn an_ask_that_nobody_answers_parks_its_task_overnight_and_comes_back_when_it_is_answered() {
    let mut night = Night::begin(small).await;
    night.desk("ada").await;
    let (first, second) = (night.task(None).await, night.task(None).await);
    let task = night.until(first, TaskState::Running).await;
    let asked = agent(&night, "1", push(&task)).await;
    assert_eq!(asked.ruling.as_ref().and_then(|it| it.category.as_deref()), Some("publish"), "{asked:?}");
    assert!(asked.stands.is_some(), "a push is bound to the state of its checkout");

    night.clock.turn(15 * 60 - 5);
    night.client.ask(Ask::Status).await.expect("it answers");
    assert_eq!(night.until(first, TaskState::Running).await.hold, None);
    night.clock.turn(6);
    night.client.ask(Ask::Status).await.expect("it answers");
    let parked = night.until(first, TaskState::Parked).await;
    assert_eq!(parked.hold.expect("a hold").reason, HoldReason::WaitsForYou);
    // The desk takes other work, and the night goes by.
    night.until(second, TaskState::Running).await;
    for _ in 0..9 {
        night.clock.turn(3600);
        night.client.ask(Ask::Status).await.expect("it answers");
    }
    let Ok(Answer::Approvals(held)) = night.client.ask(Ask::Approvals { all: true }).await else { panic!("no list") };
    assert_eq!(held.len(), 1);
    assert_eq!(
        (held[0].state, held[0].parked.is_some()),
        (ApprovalState::Waiting, true),
        "time says neither yes nor no"
    );

    let approval = asked.id;
    let approve = ApprovalCommand::Approve { approval, note: Some("go on".to_owned()), terms: Terms::default() };
    night.submit(CommandBody::Approval(approve)).await;
    night.submit(CommandBody::Task(TaskCommand::Cancel { task: second })).await;
    let again = night.until(first, TaskState::Running).await;
    assert!(
        again.notes.iter().any(|note| note.text.contains("approved, once: git push origin main (go on)")),
        "{again:?}"
    );
    let run = again.lease.expect("a run").to_string();
    let joined = agent(&night, &run, push(&again)).await;
    assert_eq!(
        (joined.id, joined.state),
        (approval, ApprovalState::Approved),
        "it is looked up, not asked a second time"
    );
    let claimed = agent(&night, &run, ApprovalCommand::Claim { approval, stands: None, deed: None }).await;
    assert_eq!(claimed.state, ApprovalState::Running, "{claimed:?}");
    night.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_ends_the_office_is_answered_before_the_door_closes_however_busy_the_machine_is() {
    let over = Arc::new(std::sync::atomic::AtomicBool::new(false));
    // With more to do than it has processors a machine stops a thread anywhere, also between an answer and a closed door.
    let busy: Vec<_> = (0..4)
        .map(|_| {
            let over = over.clone();
            std::thread::spawn(move || while !over.load(std::sync::atomic::Ordering::Relaxed) {})
        })
        .collect();
    let mut bench = Bench::made();
    for _ in 0..12 {
        bench = Night::on(bench).await.end().await;
    }
    over.store(true, std::sync::atomic::Ordering::Relaxed);
    busy.into_iter().for_each(|thread| thread.join().expect("it ends"));
}

/// An agent that says of itself what Claude Code says.
const TALKER: &str = r#"
title = "Talker"
program = "sh"
install = "every system has a shell"
reader = "claude"
one_shot = true
connect = "pty"
signals = ["exit", "office", "hooks"]
reports = ["starting", "idle", "working", "thinking", "limited", "reviewing", "finished", "paused", "crashed", "off"]
[usage]
tokens = true
money = "reported"
[task]
prompt = "script"
argv = ["sh", "-eu", "{script}"]
[session]
argv = ["sh", "-i"]
"#;

/// The office looks for its own programs beside the one that runs, which here is the test.
fn programs_beside_the_test() {
    let own = std::env::current_exe().expect("a program");
    for name in ["office", "office-hook"] {
        let (from, to) = (office_tests::office_bin().with_file_name(name), own.with_file_name(name));
        // Another test may do the same at this moment.
        let _ = std::os::unix::fs::symlink(&from, &to);
        assert!(to.is_file(), "{} is missing", to.display());
    }
}

impl Night {
    /// What a program's hook leaves where the office reads it.
    fn tells(&self, run: &str, payload: &serde_json::Value) {
        use std::io::Write;
        let file = self.host.env(run, "OFFICE_SIGNALS").expect("it may tell");
        let line = serde_json::json!({"at": self.clock.now().millis(), "engine": "talker", "payload": payload});
        let mut file = std::fs::OpenOptions::new().append(true).create(true).open(file).expect("a file of signals");
        writeln!(file, "{line}").expect("a line");
    }

    async fn in_state(&self, state: TaskState) -> usize {
        let Ok(Answer::Tasks(tasks)) = self.client.ask(Ask::Tasks { states: Vec::new(), project: None }).await else {
            panic!("no list")
        };
        tasks.iter().filter(|task| task.state == state).count()
    }

    /// Programs that run once there are so many.
    async fn programs(&self, count: usize) -> Vec<String> {
        loop {
            let running = self.host.running();
            if running.len() == count {
                return running;
            }
            // waits for: what the office does after it answered
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    }
}

#[tokio::test]
async fn a_usage_limit_parks_six_desks_starts_nothing_against_it_and_all_go_on_after_the_reset_one_by_one() {
    let bench = Bench::made();
    std::fs::create_dir_all(bench.dir().join("engines")).expect("a folder");
    std::fs::write(bench.dir().join("engines/talker.toml"), TALKER).expect("an engine");
    programs_beside_the_test();
    let mut night = Night::on(bench).await;
    let path = small(&night.bench).arg().to_owned();
    night.client.ask(Ask::AddProject { path, name: Some("demo".to_owned()), base: None }).await.expect("a project");
    for name in ["ada", "ben", "cleo", "dan", "eva", "fay"] {
        let engine = Some("talker".into());
        let role = "engineer".into();
        let add = DeskCommand::Add { name: name.to_owned(), role, project: None, engine, command: None, auto: true };
        night.submit(CommandBody::Desk(add)).await;
    }
    let mut tasks = Vec::new();
    for _ in 0..8 {
        tasks.push(night.task(None).await);
    }
    for (task, desk) in tasks.iter().zip(1..=6) {
        let desk = office_core::DeskId(desk);
        night.submit(CommandBody::Task(TaskCommand::Assign { task: *task, desk })).await;
    }
    let first = night.programs(6).await;
    for task in &tasks[..6] {
        night.until(*task, TaskState::Running).await;
    }
    let reset = night.clock.now().plus_seconds(5 * 3600);
    let status = serde_json::json!({
        "session_id": "s", "context_window": { "context_window_size": 200_000, "current_usage": { "input_tokens": 10 } },
        "rate_limits": { "five_hour": { "used_percentage": 100, "resets_at": reset.millis() / 1000 } },
    });
    night.tells(&first[2], &status);
    let failed = serde_json::json!({"hook_event_name": "StopFailure", "session_id": "s", "error": "rate_limit"});
    night.tells(&first[2], &failed);
    for task in &tasks[..6] {
        let parked = night.until(*task, TaskState::Parked).await;
        let hold = parked.hold.expect("a hold");
        assert_eq!((hold.reason, hold.until), (HoldReason::UsageLimit, Some(reset)), "{hold:?}");
    }
    night.programs(0).await;
    night.clock.turn(5 * 3600 - 60);
    let Ok(Answer::Status(view)) = night.client.ask(Ask::Status).await else { panic!("no status") };
    assert_eq!(view.usage_limits.len(), 1);
    assert!(view.desks.iter().all(|desk| desk.state == office_core::DeskState::Limited), "{:?}", view.desks);
    assert_eq!(night.host.running().len(), 0, "nothing is started against it");

    night.clock.turn(66);
    let trial = night.programs(1).await;
    assert_eq!((night.in_state(TaskState::Parked).await, night.in_state(TaskState::Ready).await), (5, 2));
    // Its turn is answered: it costs something.
    let cost = serde_json::json!({
        "session_id": "t", "cost": { "total_cost_usd": 0.02 },
        "context_window": { "context_window_size": 200_000, "current_usage": { "input_tokens": 10, "output_tokens": 3 } },
    });
    night.tells(
        &trial[0],
        &serde_json::json!({"hook_event_name": "UserPromptSubmit", "session_id": "t", "prompt": "go on"}),
    );
    night.tells(&trial[0], &cost);
    night.tells(&trial[0], &serde_json::json!({"hook_event_name": "Stop", "session_id": "t"}));
    while night.in_state(TaskState::Parked).await > 0 {
        tokio::task::yield_now().await;
    }
    for running in 2..=6 {
        assert_eq!(night.host.running().len(), running - 1, "they go one by one");
        night.clock.turn(11);
        night.programs(running).await;
    }
    let again: Vec<_> = night.host.running().into_iter().filter(|run| first.contains(run)).collect();
    assert_eq!(again, Vec::<String>::new());
    for run in night.host.running() {
        night.host.finish(&run, ExitStatus::Code(0));
    }
    night.end().await;
}
