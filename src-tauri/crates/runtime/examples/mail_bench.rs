//! Measures the mail: from sending to the words in the hands of an agent that waits for them, sixteen agents, in logs of three
//! lengths, over one fsync in the same run; and a burst that is all durable. One JSON row per figure:
//! `cargo run --release -p office-runtime --example mail_bench [-- --long]` (with a log of a million events).
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a bench that cannot measure should stop; it runs git itself"
)]

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use futures_util::stream::{self, StreamExt};
use office_core::desk::DeskCommand;
use office_core::mail::{MailCommand, MailKind};
use office_core::project::ProjectCommand;
use office_core::sandbox::{SandboxChoice, SandboxMode};
use office_core::task::TaskEvent;
use office_core::{
    Actor, At, CommandBody, CommandId, DeskId, Envelope, Event, MailId, ProjectId, RoleName, Seq, TaskId,
};
use office_door::Client;
use office_door::wire::{Answer, Ask};
use office_store::{Batch, Store};

const AGENTS: usize = 16;
const MAILS: usize = 1_000;
const BURST: usize = 10_000;

fn main() {
    let long = std::env::args().any(|it| it == "--long");
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let logs: &[(&str, u32)] = if long {
        &[("empty log", 0), ("100k events", 100_000), ("1M events", 1_000_000)]
    } else {
        &[("empty log", 0), ("100k events", 100_000)]
    };
    for (name, events) in logs {
        let here = tempfile::Builder::new().prefix("office-bench-").tempdir().unwrap();
        let fsync = fsync(here.path());
        let office = runtime.block_on(Office::open(here.path(), *events));
        let mut times = runtime.block_on(office.talk());
        times.sort();
        let at = |part: f64| millis(times[((times.len() - 1) as f64 * part) as usize]);
        row(&format!("mail, sent to read, p50, {name}"), at(0.5), fsync, "<= 2 ms", at(0.5) <= 2.0);
        row(&format!("mail, sent to read, p99, {name}"), at(0.99), fsync, "<= 10 ms", at(0.99) <= 10.0);
        if *events == 0 {
            let took = runtime.block_on(office.burst());
            let rate = BURST as f64 / took.as_secs_f64();
            let row = serde_json::json!({
                "name": "mail, a burst of 10,000, durable", "value": round(rate), "unit": "mails/s", "limit": round(1000.0 / fsync),
                "ratio": round(rate * fsync / 1000.0), "goal": ">= 5,000/s", "met": rate >= 5_000.0,
            });
            println!("{row}");
        }
        runtime.block_on(office.close());
    }
}

fn row(name: &str, value: f64, limit: f64, goal: &str, met: bool) {
    let row = serde_json::json!({
        "name": name, "value": round(value), "unit": "ms", "limit": round(limit), "ratio": round(value / limit), "goal": goal, "met": met,
    });
    println!("{row}");
}

fn round(number: f64) -> f64 {
    (number * 1000.0).round() / 1000.0
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

/// What the disk takes for one durable write, in the middle, in ms.
fn fsync(place: &Path) -> f64 {
    let mut file = std::fs::File::create(place.join("fsync")).unwrap();
    let mut times: Vec<Duration> = (0..200)
        .map(|_| {
            let began = Instant::now();
            file.write_all(&[7; 4096]).unwrap();
            file.sync_data().unwrap();
            began.elapsed()
        })
        .collect();
    times.sort();
    millis(times[times.len() / 2])
}

struct Office {
    dir: PathBuf,
    owner: Client,
    agents: Vec<Client>,
    runtime: thread::JoinHandle<()>,
}

impl Office {
    async fn open(root: &Path, events: u32) -> Self {
        let (dir, shop) = (root.join("office"), root.join("shop"));
        std::fs::create_dir_all(&shop).unwrap();
        for args in [
            &["init", "-q", "-b", "main"][..],
            &["-c", "user.name=O", "-c", "user.email=o@example.org", "commit", "-q", "--allow-empty", "-m", "Begin"],
        ] {
            assert!(Command::new("git").args(args).current_dir(&shop).status().unwrap().success());
        }
        office_runtime::init(&dir, Some("bench")).await.unwrap();
        live(&dir.join("office.db"), events).await;
        let (told, ready) = tokio::sync::oneshot::channel();
        let place = dir.clone();
        let runtime = thread::spawn(move || {
            let runtime = tokio::runtime::Runtime::new().unwrap();
            let tell = move || told.send(()).unwrap();
            let options = office_runtime::RunOptions::default();
            runtime.block_on(office_runtime::run(&place, options, tell, std::future::pending())).unwrap();
        });
        ready.await.unwrap();
        let owner = Client::connect(&dir, "mail bench", None).await.unwrap();
        let mut office = Self { dir, owner, agents: Vec::new(), runtime };
        let path = shop.display().to_string();
        office.owner.ask(Ask::AddProject { path, name: Some("shop".into()), base: None }).await.unwrap();
        // The agents only wait; what keeps them to their own is not what is measured.
        let sandbox = SandboxChoice { mode: SandboxMode::Off, ..SandboxChoice::default() };
        submit(&office.owner, CommandBody::Project(ProjectCommand::SetSandbox { project: ProjectId(1), sandbox }))
            .await;
        for n in 1..=AGENTS {
            let token = root.join(format!("token-{n}"));
            let (role, engine) = (RoleName("engineer".into()), Some("custom".into()));
            let script = root.join(format!("agent-{n}.sh"));
            let place = token.display();
            let words =
                format!("printf %s \"$OFFICE_TOKEN\" > '{place}.new' && mv '{place}.new' '{place}'; exec sleep 3600");
            std::fs::write(&script, words).unwrap();
            let command = Some(format!("sh {}", script.display()));
            let body =
                DeskCommand::Add { name: format!("desk-{n}"), role, project: None, engine, command, auto: false };
            submit(&office.owner, CommandBody::Desk(body)).await;
            let desk = DeskId(u32::try_from(n).unwrap());
            let open = DeskCommand::Open { desk, project: ProjectId(1), fresh: true };
            submit(&office.owner, CommandBody::Desk(open)).await;
            while !token.exists() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            let token = std::fs::read_to_string(&token).unwrap();
            office.agents.push(Client::connect(&office.dir, "agent", Some(&token)).await.unwrap());
        }
        office
    }

    /// One mail after the other, each to the next agent, all of which wait.
    async fn talk(&self) -> Vec<Duration> {
        let (said, mut heard) = tokio::sync::mpsc::unbounded_channel();
        let mut waiting = tokio::task::JoinSet::new();
        for agent in self.agents.clone() {
            let said = said.clone();
            waiting.spawn(async move {
                loop {
                    let Ok(Answer::Mails(mails)) = agent.ask(Ask::Inbox { take: true, wait: true }).await else {
                        return;
                    };
                    let now = Instant::now();
                    let mails: Vec<MailId> = mails.into_iter().map(|it| it.id).collect();
                    submit(&agent, CommandBody::Mail(MailCommand::Ack { mails })).await;
                    if said.send(now).is_err() {
                        return;
                    }
                }
            });
        }
        let mut times = Vec::with_capacity(MAILS);
        for n in 0..MAILS {
            let began = Instant::now();
            send(&self.owner, n).await;
            times.push(heard.recv().await.unwrap() - began);
        }
        times
    }

    /// As many at once as the door takes.
    async fn burst(&self) -> Duration {
        let began = Instant::now();
        stream::iter(0..BURST).for_each_concurrent(256, |n| send(&self.owner, n)).await;
        began.elapsed()
    }

    async fn close(self) {
        self.owner.ask(Ask::Quit { leave_desks: false }).await.unwrap();
        tokio::task::spawn_blocking(|| self.runtime.join()).await.unwrap().unwrap();
    }
}

async fn submit(client: &Client, body: CommandBody) -> Answer {
    client.ask(Ask::Submit { command_id: id(), body }).await.unwrap()
}

fn id() -> String {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    format!("mail-bench-{}", COUNT.fetch_add(1, Ordering::Relaxed))
}

async fn send(client: &Client, n: usize) {
    let mail = Ask::SendMail {
        command_id: id(),
        to: Some(format!("desk-{}", n % AGENTS + 1)),
        kind: MailKind::Message,
        subject: format!("mail {n}"),
        text: "The build is green again; go on with the release notes when yours are merged.".into(),
        files: Vec::new(),
        answers: None,
        key: None,
    };
    let Answer::Changed(_) = client.ask(mail).await.unwrap() else { panic!("it was not sent") };
}

/// What a talkative night leaves in the log.
async fn live(database: &Path, events: u32) {
    let now = At::from_millis(1_800_000_000_000);
    let (store, _) = Store::open(database, now).await.unwrap();
    let first = store.last_seq().await.unwrap().0 + 1;
    let envelope = |n: u32| Envelope {
        seq: Seq(first + n),
        at: now,
        actor: Actor::Office,
        cause: CommandId(format!("bench-{n}")),
        event: Event::Task(TaskEvent::Progress { task: TaskId(1), text: format!("step {n} of a long night's work") }),
    };
    for piece in 0..events / 1000 {
        let envelopes: Vec<Envelope> = (piece * 1000..(piece + 1) * 1000).map(envelope).collect();
        store.append(Batch { envelopes: &envelopes, ..Batch::default() }).await.unwrap();
    }
    store.close().await;
}
