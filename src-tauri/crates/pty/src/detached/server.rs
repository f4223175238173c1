//! The host itself: listens, remembers what was spawned under which key, and ends when nobody needs it.
//! One client's conversation is in `connection`.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use nix::unistd::geteuid;
use tokio::net::{UnixListener, UnixStream};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::connection;
use super::error::DetachedError;
use super::fault::Fault;
use super::journal::{Journal, Past};
use super::log::{Log, unix_millis};
use super::place::{Place, boot_id, unique};
use super::protocol::Held;
use super::revive::{self, Wish};
use crate::host::{PtyHost, SessionId, Spawned};
use crate::local::LocalHost;
use crate::orphans;
use crate::session::locked;
use crate::spec::SpawnSpec;

/// Clients at once; more are turned away.
const CLIENTS: usize = 64;
/// Keys of forgotten sessions that are still known, for a spawn that is asked again very late.
const OLD_KEYS: usize = 4096;
/// Whoever had it started gets at least this long to come.
const FIRST: Duration = Duration::from_secs(2);
/// How long programs get to end when the host is told to.
const CLOSING: Duration = Duration::from_secs(2);

/// What decides whether the host stays.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Standing {
    pub(super) clients: usize,
    pub(super) running: usize,
    pub(super) wished: bool,
}

type Outcome = Option<Result<Spawned, Fault>>;

struct Known {
    key: String,
    spawned_unix_ms: u64,
    exited_unix_ms: Option<u64>,
}

#[derive(Default)]
struct Ledger {
    spawns: HashMap<String, watch::Receiver<Outcome>>,
    known: BTreeMap<SessionId, Known>,
    old_keys: VecDeque<String>,
}

pub(super) struct Host {
    pub(super) local: LocalHost,
    pub(super) instance: String,
    /// The newest version it speaks.
    pub(super) newest: u32,
    pub(super) log: Log,
    pub(super) standing: watch::Sender<Standing>,
    pub(super) wish: Mutex<Option<Wish>>,
    closing: AtomicBool,
    journal: Mutex<Journal>,
    ledger: Mutex<Ledger>,
    /// What goes on whoever is connected: starting, and waiting for ends.
    tasks: Mutex<JoinSet<()>>,
}

/// Counts a client or a running program for as long as it lives.
pub(super) struct Present {
    host: Arc<Host>,
    count: fn(&mut Standing) -> &mut usize,
}

impl Drop for Present {
    fn drop(&mut self) {
        self.host.standing.send_modify(|standing| *(self.count)(standing) -= 1);
    }
}

impl Host {
    pub(super) fn present(self: &Arc<Self>, count: fn(&mut Standing) -> &mut usize) -> Present {
        self.standing.send_modify(|standing| *count(standing) += 1);
        Present { host: Arc::clone(self), count }
    }

    /// Starts the program, unless `key` was started or is being started; then the answer is that one's. It goes on
    /// when the caller is dropped.
    pub(super) async fn spawn(self: &Arc<Self>, key: String, spec: SpawnSpec) -> Result<Spawned, Fault> {
        let mut outcome = {
            let mut ledger = locked(&self.ledger);
            match ledger.spawns.get(&key) {
                Some(outcome) => outcome.clone(),
                None => {
                    let (told, outcome) = watch::channel(None);
                    ledger.spawns.insert(key.clone(), outcome.clone());
                    let host = Arc::clone(self);
                    let mut tasks = locked(&self.tasks);
                    while tasks.try_join_next().is_some() {}
                    tasks.spawn(async move { host.begin(key, spec, told).await });
                    outcome
                }
            }
        };
        let gone = || Fault::HostGone { reason: "it is ending".to_owned() };
        let told = outcome.wait_for(Option::is_some).await.map_err(|_| gone())?;
        told.clone().unwrap_or_else(|| Err(gone()))
    }

    async fn begin(self: Arc<Self>, key: String, spec: SpawnSpec, told: watch::Sender<Outcome>) {
        let _running = self.present(|standing| &mut standing.running);
        let label = spec.label.clone();
        self.wrote(locked(&self.journal).begins(&key));
        let spawned = match self.local.spawn(spec).await {
            Ok(spawned) => spawned,
            Err(error) => {
                // Nothing runs, so the key may be tried again.
                locked(&self.ledger).spawns.remove(&key);
                told.send_replace(Some(Err(error.into())));
                return;
            }
        };
        let Spawned { id, process } = spawned;
        let spawned_unix_ms = unix_millis();
        let known = Known { key: key.clone(), spawned_unix_ms, exited_unix_ms: None };
        locked(&self.ledger).known.insert(id, known);
        let host = self.instance.clone();
        let past = Past {
            host,
            session: id,
            key,
            label,
            process,
            boot: boot_id(),
            spawned_unix_ms,
            exit: None,
            exited_unix_ms: None,
        };
        self.wrote(locked(&self.journal).spawned(past));
        told.send_replace(Some(Ok(spawned)));
        if let Ok(exit) = self.local.exited(id).await {
            let now = unix_millis();
            // What this host's own end ends did not end by itself.
            if self.closing.load(Ordering::Acquire) {
                return;
            }
            if let Some(known) = locked(&self.ledger).known.get_mut(&id) {
                known.exited_unix_ms = Some(now);
            }
            // Written down once its last byte is: an end without its last words would be believed. An error means that
            // it was forgotten, for which both must have ended.
            let _ = self.local.output_ended(id).await;
            self.wrote(locked(&self.journal).exited(id, exit.status, now));
        }
    }

    fn wrote(&self, outcome: io::Result<()>) {
        if let Err(error) = outcome {
            self.log.say(&format!("the journal cannot be written: {error}"));
        }
    }

    pub(super) async fn forget(&self, id: SessionId) -> Result<(), Fault> {
        self.local.forget(id).await?;
        self.wrote(locked(&self.journal).forgotten(id));
        let mut ledger = locked(&self.ledger);
        if let Some(known) = ledger.known.remove(&id) {
            ledger.old_keys.push_back(known.key);
        }
        if ledger.old_keys.len() > OLD_KEYS
            && let Some(key) = ledger.old_keys.pop_front()
        {
            ledger.spawns.remove(&key);
        }
        Ok(())
    }

    pub(super) async fn held(&self) -> Result<Vec<Held>, Fault> {
        let sessions = self.local.sessions().await?;
        let ledger = locked(&self.ledger);
        let held = sessions.into_iter().filter_map(|info| {
            let known = ledger.known.get(&info.id)?;
            let (key, spawned_unix_ms, exited_unix_ms) =
                (known.key.clone(), known.spawned_unix_ms, known.exited_unix_ms);
            Some(Held { info, key, spawned_unix_ms, exited_unix_ms })
        });
        Ok(held.collect())
    }

    pub(super) fn wish(&self, wish: Option<Wish>) {
        let wished = wish.is_some();
        *locked(&self.wish) = wish;
        self.standing.send_modify(|standing| standing.wished = wished);
    }
}

/// Resolves once there was no client and no running program for `linger`, and a little longer in the beginning.
async fn idle(host: &Host, linger: Duration) {
    let mut standing = host.standing.subscribe();
    let empty = |now: &Standing| now.clients == 0 && now.running == 0;
    let mut wait = linger.max(FIRST);
    loop {
        // The sender lives as long as the host, which is borrowed here.
        let _ = standing.wait_for(empty).await;
        tokio::select! {
            () = tokio::time::sleep(wait) => return,
            _ = standing.wait_for(|now| !empty(now)) => wait = linger,
        }
    }
}

fn listen(place: &Place) -> Result<UnixListener, DetachedError> {
    let socket = place.socket();
    let io = |doing| DetachedError::io(doing, &socket);
    match fs::symlink_metadata(&socket) {
        Ok(found) if !found.file_type().is_socket() => return Err(DetachedError::InTheWay { path: socket }),
        // The lock is ours, so whoever made it is gone.
        Ok(_) => fs::remove_file(&socket).map_err(io("removing"))?,
        Err(_) => {}
    }
    let reach = place.reach().map_err(io("reaching"))?;
    let listener = UnixListener::bind(&reach.path).map_err(io("listening at"))?;
    // Until here the directory alone keeps others out; it is owner-only.
    fs::set_permissions(&socket, Permissions::from_mode(0o600)).map_err(io("closing to others"))?;
    Ok(listener)
}

/// Runs until nobody needs it or it is told to end. The lock is the caller's.
pub(super) async fn serve(
    place: &Place,
    log: Log,
    linger: Duration,
    newest: u32,
    ready: impl FnOnce(),
) -> Result<(), DetachedError> {
    let instance = unique();
    let journal = Journal::open(place, &instance).map_err(DetachedError::io("writing", &place.journal()))?;
    let host = Arc::new(Host {
        local: LocalHost::new(),
        instance,
        newest,
        log,
        standing: watch::Sender::default(),
        wish: Mutex::default(),
        closing: AtomicBool::new(false),
        journal: Mutex::new(journal),
        ledger: Mutex::default(),
        tasks: Mutex::default(),
    });
    let io = |doing| DetachedError::io(doing, place.dir());
    let mut terminate = signal(SignalKind::terminate()).map_err(io("listening for signals in"))?;
    // Caught and passed over: only SIGTERM ends it in good order.
    let _hangup = signal(SignalKind::hangup()).map_err(io("listening for signals in"))?;
    let _interrupt = signal(SignalKind::interrupt()).map_err(io("listening for signals in"))?;
    let listener = listen(place)?;
    host.log.say(&format!("process {} is ready, version {}", std::process::id(), env!("CARGO_PKG_VERSION")));
    ready();
    let mut clients = JoinSet::new();
    clients.spawn(revive::watch(Arc::clone(&host)));
    let (reaping, said) = (Arc::clone(&host), Arc::clone(&host));
    clients.spawn(async move {
        let claimed = || {
            let host = Arc::clone(&reaping);
            async move { host.local.sessions().await.unwrap_or_default().iter().map(|it| it.process).collect() }
        };
        if let Err(error) = orphans::reap(claimed).await {
            said.log.say(&format!("dead orphans stay: {error}"));
        }
    });
    let ending = idle(&host, linger);
    tokio::pin!(ending);
    let why = loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => admit(&host, stream, &mut clients),
                Err(error) => {
                    // Out of descriptors, most likely; not a reason to let programs go.
                    host.log.say(&format!("a client could not be let in: {error}"));
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            },
            Some(_) = clients.join_next() => {}
            () = &mut ending => break "nobody needs it",
            _ = terminate.recv() => break "it was told to",
        }
    };
    // In this order: nobody finds the door open and nobody behind it.
    let _ = fs::remove_file(place.socket());
    drop(listener);
    clients.shutdown().await;
    host.closing.store(true, Ordering::Release);
    for (id, ended) in host.local.shutdown(CLOSING).await {
        if !ended.survivors.is_empty() {
            host.log.say(&format!("session {id}: processes survive SIGKILL: {:?}", ended.survivors));
        }
    }
    host.log.say(&format!("ends: {why}"));
    Ok(())
}

fn admit(host: &Arc<Host>, stream: UnixStream, clients: &mut JoinSet<()>) {
    // A peer that is gone before it was looked at has no credentials, and no question either.
    let Ok(peer) = stream.peer_cred() else { return };
    if peer.uid() != geteuid().as_raw() {
        host.log.say(&format!("a process of user {} was turned away", peer.uid()));
        return;
    }
    if host.standing.borrow().clients >= CLIENTS {
        host.log.say("too many clients; one was turned away");
        return;
    }
    let present = host.present(|standing| &mut standing.clients);
    let host = Arc::clone(host);
    clients.spawn(async move {
        connection::serve(host, stream, peer.pid().unwrap_or(0)).await;
        drop(present);
    });
}
