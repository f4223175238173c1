//! What a commit costs over the disk's own price, and what a long log costs at start. One JSON row per figure.
//! Runs in the temporary directory, or in `OFFICE_BENCH_DIR`.

#![expect(clippy::print_stdout, reason = "its rows are read from there")]

use std::error::Error;
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use office_core::office::OfficeCommand;
use office_core::project::{ProjectCommand, ProjectSettings};
use office_core::role::Role;
use office_core::task::TaskCommand;
use office_core::task::ask::NewTask;
use office_core::{
    Actor, At, Command, CommandBody, CommandId, Effect, EffectId, Envelope, Noun, Office, ProjectId, Seq, TaskId,
    decide,
};
use office_store::{Batch, Store};

type Done<T> = Result<T, Box<dyn Error>>;

fn now() -> At {
    At::from_millis(1_800_000_000_000)
}

/// An office, and what its last command led to.
#[derive(Default)]
struct Living {
    office: Office,
    commands: u32,
    envelopes: Vec<Envelope>,
    nouns: Vec<Noun>,
    effects: Vec<(EffectId, Effect)>,
}

impl Living {
    /// With a catalog of eight roles, one project and `tasks` tasks.
    fn with(tasks: u32) -> Done<Self> {
        let mut living = Self::default();
        living.play(Actor::Owner, CommandBody::Office(OfficeCommand::Open { name: "bench".to_owned() }))?;
        let role = |n: u32| Role {
            name: format!("role{n}").as_str().into(),
            title: format!("Role {n}"),
            engines: vec!["shell".into()],
            summary: "does one thing".to_owned(),
            brief: "You do one thing, and you do it well.\n".repeat(50),
            ..Role::default()
        };
        let catalog = OfficeCommand::ReadCatalog { roles: (0..8).map(role).collect(), engines: Vec::new() };
        living.play(Actor::Office, CommandBody::Office(catalog))?;
        let add = ProjectCommand::Add {
            name: "project".to_owned(),
            path: "/srv/project".to_owned(),
            base_branch: "main".to_owned(),
            prefix: "office".to_owned(),
            settings: ProjectSettings::default().into(),
            notes: Vec::new(),
        };
        living.play(Actor::Owner, CommandBody::Project(add))?;
        for _ in 0..tasks {
            living.add_task()?;
        }
        Ok(living)
    }

    fn play(&mut self, actor: Actor, body: CommandBody) -> Done<()> {
        self.commands += 1;
        let command = Command { id: CommandId(format!("command-{}", self.commands)), actor, body };
        self.effects.clear();
        self.envelopes.clear();
        for event in decide(&self.office, &command, now())? {
            let seq = Seq(self.office.seq.0 + 1);
            let envelope = Envelope { seq, at: now(), actor, cause: command.id.clone(), event };
            self.effects.extend(self.office.apply(&envelope).effects);
            self.envelopes.push(envelope);
        }
        let touched = self.office.take_touched();
        self.nouns = touched.into_iter().filter_map(|key| self.office.noun(key)).collect();
        Ok(())
    }

    fn add_task(&mut self) -> Done<()> {
        let new = NewTask {
            body: "What is to be done, in some lines of Markdown.\n".repeat(12),
            deliverable: Default::default(),
            priority: Default::default(),
            draft: true,
            ..NewTask::of(ProjectId(1), format!("Task {} of the bench", self.commands))
        };
        self.play(Actor::Owner, CommandBody::Task(TaskCommand::Add { new: Box::new(new) }))
    }

    /// A command as they mostly are: it changes one task.
    fn release(&mut self, task: u32) -> Done<()> {
        self.play(Actor::Owner, CommandBody::Task(TaskCommand::Release { task: TaskId(task) }))
    }

    fn batch(&self) -> Batch<'_> {
        Batch { envelopes: &self.envelopes, nouns: &self.nouns, effects: &self.effects, settled: &[] }
    }

    /// Everything as one batch, as if the log began here.
    async fn store(&mut self, path: &Path) -> Done<Store> {
        let store = Store::create(path, now()).await?;
        self.office.seq = Seq(0);
        store.append(Batch { nouns: &self.office.nouns(), ..Batch::default() }).await?;
        Ok(store)
    }
}

fn middle(mut times: Vec<Duration>) -> f64 {
    times.sort_unstable();
    times.get(times.len() / 2).map_or(0.0, Duration::as_secs_f64)
}

struct Row<'a> {
    name: &'a str,
    value: f64,
    unit: &'a str,
    limit: f64,
    goal: &'a str,
    met: fn(f64) -> bool,
}

impl Row<'_> {
    fn print(&self) -> Done<()> {
        let ratio = self.value / self.limit;
        let row = serde_json::json!({
            "name": self.name, "value": self.value, "unit": self.unit, "limit": self.limit, "ratio": ratio,
            "goal": self.goal, "met": (self.met)(ratio),
        });
        println!("{row}");
        Ok(())
    }
}

/// One command per commit, each next to a bare append of 4 KiB with its fsync on the same disk.
async fn commits(dir: &Path) -> Done<()> {
    const ROUNDS: u32 = 400;
    let mut living = Living::with(ROUNDS)?;
    let store = living.store(&dir.join("commits.db")).await?;
    let mut file = std::fs::File::create(dir.join("bare"))?;
    let (mut bare, mut changes, mut adds) = (Vec::new(), Vec::new(), Vec::new());
    for task in 1..=ROUNDS {
        let start = Instant::now();
        file.write_all(&[7; 4096])?;
        file.sync_all()?;
        bare.push(start.elapsed());

        living.release(task)?;
        let start = Instant::now();
        store.append(living.batch()).await?;
        changes.push(start.elapsed());

        living.add_task()?;
        let start = Instant::now();
        store.append(living.batch()).await?;
        adds.push(start.elapsed());
    }
    store.close().await;
    let limit = middle(bare) * 1e6;
    let goal = "<= 3 x one fsync of a 4 KiB append";
    let row =
        |name, times| Row { name, value: middle(times) * 1e6, unit: "us", limit, goal, met: |ratio| ratio <= 3.0 };
    row("commit of one command (p50)", changes).print()?;
    row("commit of one command that adds (p50)", adds).print()
}

/// A hundred events per commit, over writing the same bytes with one fsync.
async fn batches(dir: &Path) -> Done<()> {
    const ROUNDS: usize = 60;
    let mut living = Living::with(100)?;
    let store = living.store(&dir.join("batches.db")).await?;
    let mut file = std::fs::File::create(dir.join("bare-batches"))?;
    let (mut bare, mut ours) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let envelopes = progress(living.office.seq, 100);
        living.office.seq = Seq(living.office.seq.0 + 100);
        let nouns = living.office.nouns();
        let mut text = serde_json::to_vec(&envelopes)?;
        serde_json::to_writer(&mut text, &nouns)?;
        let start = Instant::now();
        file.write_all(&text)?;
        file.sync_all()?;
        bare.push(start.elapsed());
        let start = Instant::now();
        store.append(Batch { envelopes: &envelopes, nouns: &nouns, ..Batch::default() }).await?;
        ours.push(start.elapsed());
    }
    store.close().await;
    Row {
        name: "events in batches of 100",
        value: 100.0 / middle(ours),
        unit: "events/s",
        limit: 100.0 / middle(bare),
        goal: ">= 0.1 of writing the same JSON to a file with one fsync",
        met: |ratio| ratio >= 0.1,
    }
    .print()
}

fn progress(after: Seq, count: u32) -> Vec<Envelope> {
    let event = |seq| {
        let text = format!("at step {seq} of what its agent does, with some words about it");
        office_core::Event::Task(office_core::task::TaskEvent::Progress { task: TaskId(seq % 100 + 1), text })
    };
    let envelope = |seq| Envelope {
        seq: Seq(seq),
        at: now(),
        actor: Actor::Owner,
        cause: CommandId(format!("progress-{seq}")),
        event: event(seq),
    };
    (after.0 + 1..=after.0 + count).map(envelope).collect()
}

/// Loading and starting the same office with an empty log and with one of 100,000 events.
async fn starts(dir: &Path) -> Done<()> {
    const ROUNDS: usize = 30;
    let (short, long) = (dir.join("short.db"), dir.join("long.db"));
    let mut living = Living::with(300)?;
    living.store(&short).await?.close().await;
    let store = living.store(&long).await?;
    for n in 0..100 {
        store.append(Batch { envelopes: &progress(Seq(n * 1000), 1000), ..Batch::default() }).await?;
    }
    let start = Instant::now();
    store.check().await?;
    let check = start.elapsed().as_secs_f64() * 1e3;
    store.close().await;
    let (mut loads, mut opens) = ([Vec::new(), Vec::new()], [Vec::new(), Vec::new()]);
    for _ in 0..ROUNDS {
        for (which, path) in [&short, &long].into_iter().enumerate() {
            let start = Instant::now();
            let (store, _) = Store::open(path, now()).await?;
            store.load().await?;
            opens[which].push(start.elapsed());
            let start = Instant::now();
            store.load().await?;
            loads[which].push(start.elapsed());
            store.close().await;
        }
    }
    let row = |name, [short, long]: [Vec<Duration>; 2]| {
        let (value, limit) = (middle(long) * 1e3, middle(short) * 1e3);
        Row { name, value, unit: "ms", limit, goal: "<= 1.5 x the same with no event", met: |ratio| ratio <= 1.5 }
    };
    let opening = middle(opens[1].clone()) * 1e3;
    row("load of an office after 100k events", loads).print()?;
    row("open and load of an office after 100k events", opens).print()?;
    Row {
        name: "check of every page of 100k events",
        value: check,
        unit: "ms",
        limit: opening,
        goal: "for information: done at opening only after a crash, or up to 16 MiB; limit is open and load",
        met: |_| true,
    }
    .print()
}

fn main() -> Done<()> {
    let place = std::env::var_os("OFFICE_BENCH_DIR").map_or_else(std::env::temp_dir, Into::into);
    let dir = tempfile::tempdir_in(place)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(async {
        commits(dir.path()).await?;
        batches(dir.path()).await?;
        starts(dir.path()).await
    })
}
