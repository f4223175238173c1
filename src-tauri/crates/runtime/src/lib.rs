//! Runs the office: the loop that decides and commits, the effects that act, and the door.
//! It never imports tauri and never blocks the async runtime; every task it starts is joined at shutdown.

mod adopt;
mod answer;
pub mod autostart;
mod awake;
pub mod backlog;
mod briefed;
mod budgets;
mod catalog;
mod changed;
mod deeds;
mod demo;
mod desktop;
mod disk;
mod doctor;
mod effects;
mod enclosed;
pub mod eval;
mod fault;
mod feed;
mod fetch;
pub mod handle;
mod holder;
mod indexed;
mod judged;
mod listen;
mod lock;
pub mod logging;
mod login;
mod looks;
mod mail;
mod memory;
mod meter;
pub mod notes_folder;
pub mod office_loop;
mod parcel;
pub mod paths;
mod perform;
pub mod ports;
mod project;
mod prune;
mod publish;
mod radar;
mod record;
mod roles;
mod rulebook;
mod ruled;
mod sandbox;
mod search;
mod settings;
mod settled;
mod signals;
mod stood;
mod tail;
mod talk;
mod task_limits;
mod tell;
mod terminal;
mod titles;
mod trial;
mod tripwire;
pub mod verdicts;
mod watched;
mod world;

use std::collections::{HashMap, VecDeque};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use office_core::office::OfficeCommand;
use office_core::ports::{Clock, Ids};
use office_core::{Actor, Code, Command, CommandBody, CommandId, Refusal};
use office_door::{BindError, Listener};
use office_git::{Git, GitSettings};
use office_pty::{PtyHost, SessionId};
use office_store::{Store, StoreError};
use tokio::sync::{broadcast, mpsc, watch};
use tokio_util::sync::CancellationToken;

use crate::catalog::Catalog;
use crate::handle::Handle;
use crate::holder::{Holder, Live};
use crate::lock::OfficeLock;
use crate::office_loop::{OfficeLoop, Outlets};
use crate::paths::OfficeDir;
use crate::ports::{SystemClock, SystemIds};
use crate::world::{Parts, World};

pub use crate::holder::Programs;
pub use office_pty::detached::Revive;

/// Commands that wait for the loop; more wait at their senders.
const INBOX: usize = 1024;
/// Events a subscriber inside the runtime may be behind.
const FEED: usize = 4096;
/// How long programs get to end when the runtime does.
const CLOSING: Duration = Duration::from_secs(2);

/// Makes an office in `dir`.
///
/// # Errors
/// When there is one already, or the directory cannot be made.
pub async fn init(dir: &Path, name: Option<&str>) -> Result<(), Refusal> {
    let dir = OfficeDir::new(dir);
    let clock = SystemClock;
    dir.make().map_err(|error| unusable(&error.to_string()))?;
    if dir.database().exists() {
        let message = format!("there is an office in {} already", dir.root().display());
        return Err(Refusal::new(Code::Duplicate, message, "use it, or choose another directory"));
    }
    let _lock = OfficeLock::take(&dir, clock.now()).await?;
    let folder = dir.root().file_name().map(|name| name.to_string_lossy().into_owned());
    let named: String =
        folder.unwrap_or_default().chars().filter(|c| c.is_alphanumeric() || matches!(c, '-' | '_')).take(40).collect();
    let named = named.trim_start_matches(['-', '_']).to_owned();
    let name = name.map_or(if named.is_empty() { "office".to_owned() } else { named }, str::to_owned);
    let mut office = office_core::Office::default();
    let command = Command {
        id: CommandId("init".to_owned()),
        actor: Actor::Owner,
        body: CommandBody::Office(OfficeCommand::Open { name }),
    };
    // Decided before anything is made, so that a bad name leaves nothing behind.
    let events = office_core::decide(&office, &command, clock.now())?;
    let store = Store::create(&dir.database(), clock.now()).await.map_err(store_refusal)?;
    let mut envelopes = Vec::new();
    for event in events {
        let seq = office_core::Seq(office.seq.0 + 1);
        let envelope =
            office_core::Envelope { seq, at: clock.now(), actor: Actor::Owner, cause: command.id.clone(), event };
        office.apply(&envelope);
        envelopes.push(envelope);
    }
    let nouns = office.nouns();
    let batch = office_store::Batch { envelopes: &envelopes, nouns: &nouns, effects: &[], settled: &[] };
    let written = store.append(batch).await.map_err(store_refusal);
    store.close().await;
    written
}

/// How the office is run.
#[derive(Clone, Debug, Default)]
pub struct RunOptions {
    /// What the host is to start if this process dies while programs run; nothing if none.
    pub again: Option<Revive>,
    /// Whether the host did so.
    pub revived: bool,
    /// Whether what was interrupted is taken up at once.
    pub take_up: bool,
}

/// Runs the office in `dir` until it is asked to end (`office quit`, or `closing` resolves).
///
/// # Errors
/// When there is none, another runtime holds it, or its database cannot be used.
pub async fn run(
    dir: &Path,
    options: RunOptions,
    ready: impl FnOnce(),
    closing: impl Future<Output = ()>,
) -> Result<(), Refusal> {
    let programs = Programs::usual(options.again.clone());
    let bus = std::env::var("DBUS_SESSION_BUS_ADDRESS").ok();
    let ports = Ports { clock: Arc::new(SystemClock), ids: Arc::new(SystemIds), programs, bus };
    run_on(dir, ports, options, ready, closing).await
}

/// What the runtime takes from outside: a test brings a clock it can turn and a host without processes.
pub struct Ports {
    /// The wall clock.
    pub clock: Arc<dyn Clock>,
    /// Unguessable ids.
    pub ids: Arc<dyn Ids>,
    /// The holder of terminals.
    pub programs: Programs,
    /// The session bus of the owner's desktop; without one the desktop is told nothing.
    pub bus: Option<String>,
}

/// From now on whatever checks and set-ups start stays below this process, so that at the door it is told from its owner.
/// For a program that is the runtime and nothing else.
pub fn keep_orphans() {
    if let Err(error) = office_pty::orphans::adopt() {
        tracing::warn!(%error, "orphans of checks are not told from the owner");
    }
}

/// The same as [`run`], on these ports.
///
/// # Errors
/// As [`run`].
pub async fn run_on(
    dir: &Path,
    ports: Ports,
    options: RunOptions,
    ready: impl FnOnce(),
    closing: impl Future<Output = ()>,
) -> Result<(), Refusal> {
    let dir = OfficeDir::new(dir);
    let Ports { clock, ids, programs, bus } = ports;
    if !dir.database().exists() {
        let message = format!("there is no office in {}", dir.root().display());
        return Err(Refusal::new(Code::NotFound, message, "`office init` makes one"));
    }
    let _lock = OfficeLock::take(&dir, clock.now()).await?;
    dir.make().map_err(|error| unusable(&error.to_string()))?;
    let (store, opening) = Store::open(&dir.database(), clock.now()).await.map_err(store_refusal)?;
    if !opening.clean {
        tracing::info!("the office was not closed; what was under way is taken up");
    }
    let holder = Holder::new(&dir, programs);
    // Errands never outlive the runtime, and desks only in a host; what a crash left behind is ended before anything starts.
    end_leftovers(&dir, !holder.is_detached()).await;
    let store = Arc::new(store);
    let loaded = store.load().await.map_err(store_refusal)?;
    let catalog = Catalog::read(&dir, clock.now());
    for trouble in &catalog.troubles {
        tracing::warn!(trouble, "an engine file does not read");
    }
    let git = Git::new(GitSettings::from_environment());
    let listener = Listener::bind(dir.root()).await.map_err(bind_refusal)?;

    let (inbox, incoming) = mpsc::channel(INBOX);
    let (feed, _) = broadcast::channel(FEED);
    let (seq, seen) = watch::channel(loaded.office.seq);
    // Bounded by the pending effects of the office itself, which the office bounds.
    let (effects, to_do) = mpsc::unbounded_channel();
    let handle = Handle {
        inbox,
        feed: feed.clone(),
        seq: seen,
        boot: ids.token()[..12].into(),
        counter: Arc::new(AtomicU64::new(0)),
    };
    let last = clock.now();
    let stop = CancellationToken::new();
    let office_loop = OfficeLoop {
        office: loaded.office,
        store: store.clone(),
        clock: clock.clone(),
        inbox: incoming,
        outlets: Outlets { feed, seq, effects },
        answered: HashMap::new(),
        order: VecDeque::new(),
        last,
        changed: changed::Changed::default(),
        stop: stop.clone(),
    };
    let index = search::Index::open(&dir.index());
    let engines = catalog.specs;
    let world = Arc::new(World::new(Parts {
        dir,
        handle: handle.clone(),
        store: store.clone(),
        clock,
        ids,
        git,
        holder,
        engines,
        index,
    }));
    world.start(office_loop.run());
    world.take_up_trials();
    let engines = catalog.engines.iter().map(|engine| world.with_trial(engine)).collect();
    world.read_roles().await?;
    let body = OfficeCommand::ReadCatalog { roles: Vec::new(), engines };
    handle.report(CommandBody::Office(body)).await?;
    world.start(world.clone().follow_roles());
    // Runs that nobody holds any more are over; only then is taken up what can be taken up.
    let alive = world.adopt().await?;
    world.open_side_doors(&alive).await;
    let body = OfficeCommand::Start { version: listen::VERSION.to_owned(), alive, revived: options.revived };
    handle.report(CommandBody::Office(body)).await?;
    if let Err(why) = world.tell_budgets().await {
        tracing::error!(why, "meters know an older word on budgets, and keep to that");
    }
    world.start(budgets::keep_told(world.clone()));
    world.start(perform::perform(world.clone(), loaded.effects, to_do));
    world.start(search::follow(world.clone()));
    world.start(backlog::follow(world.clone()));
    world.start(record::keep(world.clone()));
    world.start(awake::keep(world.clone()));
    world.start(prune::keep_to_budget(world.clone()));
    world.start(world.clone().try_engines());
    world.start(awake::notice_gaps(world.clone()));
    if office_pty::orphans::adopts() {
        let (inner, closing) = (world.clone(), world.closing.clone());
        world.start(async move {
            let claimed = || {
                let world = inner.clone();
                async move { world.programs().await }
            };
            tokio::select! {
                () = closing.cancelled() => {}
                ended = office_pty::orphans::reap(claimed) => tracing::warn!(?ended, "dead orphans are left"),
            }
        });
    }
    world.start(desktop::tell(world.clone(), bus));
    world.start(listen::listen(world.clone(), listener));
    if options.take_up {
        handle.report(CommandBody::Office(OfficeCommand::TakeUp)).await?;
    }
    if !opening.checked {
        // Too large to be read whole before work begins; damage is said as soon as it is found.
        let checking = store.clone();
        world.start(async move {
            if let Err(error) = checking.check().await {
                tracing::error!(%error, "the database was looked through");
            }
        });
    }
    tracing::info!(version = listen::VERSION, pid = std::process::id(), "the office runs");
    ready();

    tokio::select! {
        () = closing => {}
        () = world.closing.cancelled() => {}
    }
    world.closing.cancel();
    world.tracker.close();
    world.end_desks().await;
    // Last, so that nothing that was under way found it gone.
    stop.cancel();
    let _ = tokio::time::timeout(CLOSING, world.tracker.wait()).await;
    store.close().await;
    tracing::info!("the office has ended");
    Ok(())
}

/// Brings a backup back: the present database is kept aside. Gives back where.
///
/// # Errors
/// When the office runs, or the backup does not read whole.
pub async fn restore(dir: &Path, backup: &Path) -> Result<String, Refusal> {
    let dir = OfficeDir::new(dir);
    let now = SystemClock.now();
    dir.make().map_err(|error| unusable(&error.to_string()))?;
    let _lock = OfficeLock::take(&dir, now).await?;
    if !backup.is_file() {
        let message = format!("there is no backup {}", backup.display());
        return Err(Refusal::new(
            Code::NotFound,
            message,
            format!("`ls {}` shows the office's own", dir.backups().display()),
        ));
    }
    let restored = Store::restore(backup, &dir.database(), now).await.map_err(store_refusal)?;
    let kept = restored
        .kept
        .map_or("nothing was there before".to_owned(), |path| format!("what was there is kept as {}", path.display()));
    Ok(format!("restored up to event {}; {kept}", restored.last))
}

impl World {
    /// The programs of desks that this very process holds, and waits for.
    async fn programs(&self) -> Vec<office_pty::ProcessId> {
        let Some(Live::Within(host)) = self.holder.live().await else { return Vec::new() };
        host.sessions().await.unwrap_or_default().iter().map(|it| it.process).collect()
    }

    /// At the end: programs go on where that was asked for and a host holds them. Else they end with the runtime; their
    /// tasks are interrupted and say so at the next start.
    async fn end_desks(&self) {
        // Starts that were begun are through.
        let _spawning = self.spawning.write().await;
        self.holder.let_be().await;
        let Some(live) = self.holder.live().await else { return };
        if self.leave.load(Ordering::Acquire) && matches!(live, Live::Detached(_)) {
            return;
        }
        let host = live.host();
        let Ok(sessions) = host.sessions().await else { return };
        let endings = sessions.iter().map(|info| end_program(&*host, info.id));
        futures_util::future::join_all(endings).await;
    }
}

/// Ends a program and lets it go: that it ended with the office is no end of its own.
async fn end_program(host: &dyn PtyHost, session: SessionId) {
    match host.terminate(session, CLOSING).await {
        Ok(ended) if !ended.survivors.is_empty() => tracing::error!(?ended, "processes survive SIGKILL"),
        Ok(_) => {}
        Err(error) => tracing::warn!(%error, "a program could not be ended"),
    }
    let _ = tokio::time::timeout(CLOSING, host.output_ended(session)).await;
    let _ = host.forget(session).await;
}

async fn end_leftovers(dir: &OfficeDir, desks: bool) {
    let ours = format!("{}#", dir.root().display());
    let ended = tokio::task::spawn_blocking(move || {
        let is_ours = |value: &std::ffi::OsStr| value.to_string_lossy().starts_with(&ours);
        let errands = office_pty::end_leftovers("OFFICE_ERRAND".as_ref(), &is_ours, CLOSING);
        let mut ended = errands;
        if desks {
            ended.ended += office_pty::end_leftovers("OFFICE_RUN".as_ref(), &is_ours, CLOSING).ended;
        }
        ended
    });
    match ended.await {
        Ok(ended) if ended.ended > 0 => tracing::info!(?ended, "programs of the last runtime were ended"),
        Ok(_) => {}
        Err(error) => tracing::error!(%error, "looking for left-over programs failed"),
    }
}

fn unusable(why: &str) -> Refusal {
    Refusal::new(Code::Unavailable, why, "see that the directory is yours, writable, and on a disk with space")
}

fn store_refusal(error: StoreError) -> Refusal {
    let code = if matches!(error, StoreError::Newer { .. }) { Code::Version } else { Code::Unavailable };
    Refusal::new(code, error.to_string(), "`office doctor` and docs/TROUBLESHOOTING.md say more")
}

fn bind_refusal(error: BindError) -> Refusal {
    Refusal::new(Code::Unavailable, error.to_string(), "see that no other office runs there")
}
