//! The holder of sessions in this process. What happens inside a session is in `session` and `pump`.

use std::collections::BTreeMap;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use nix::errno::Errno;
use tokio::sync::{Notify, oneshot, watch};
use tokio::task::{JoinSet, spawn_blocking};

use crate::error::PtyError;
use crate::host::{
    Ended, Exit, OutputEnd, PtyHost, ReadBack, RecordingState, SessionId, SessionInfo, Signal, Spawned, View, ViewFrom,
};
use crate::priority::Niceness;
use crate::pump::Pump;
use crate::record::{Recorder, Recording};
use crate::ring::Ring;
use crate::scribe::Scribe;
use crate::session::{Ask, Leader, Session, locked};
use crate::spawn;
use crate::spec::{Mode, SpawnSpec, Stdin, TermSize};
use crate::view::LocalView;

/// The most bytes one write may have.
pub const MAX_WRITE: usize = 1024 * 1024;
const STDERR_TAIL: usize = 64 * 1024;
/// Threads of a session call into zstd and little else.
const STACK: usize = 512 * 1024;

/// Holds sessions in this process. Dropped without [`LocalHost::shutdown`] it kills their process groups.
#[derive(Default)]
pub struct LocalHost {
    sessions: Mutex<BTreeMap<SessionId, Arc<Session>>>,
    last_id: Arc<AtomicU64>,
    closed: AtomicBool,
    /// Sessions that are made to give way.
    courtesies: Mutex<JoinSet<()>>,
}

impl LocalHost {
    /// A host without sessions.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes no more sessions, ends all there are at once as `terminate` does, and joins their threads. Returns how
    /// each went; sessions with survivors are left to their fate and said so.
    pub async fn shutdown(&self, grace: Duration) -> Vec<(SessionId, Ended)> {
        self.closed.store(true, Ordering::Release);
        let sessions = std::mem::take(&mut *locked(&self.sessions));
        let mut endings = JoinSet::new();
        for (id, session) in sessions {
            endings.spawn_blocking(move || {
                let ended = session.end(grace);
                session.ask(Ask::Stop);
                if session.exit.borrow().is_some() {
                    session.join();
                    session.reap();
                }
                (id, ended)
            });
        }
        let mut all = endings.join_all().await;
        all.sort_unstable_by_key(|(id, _)| *id);
        all
    }

    fn find(&self, id: SessionId) -> Result<Arc<Session>, PtyError> {
        locked(&self.sessions).get(&id).cloned().ok_or(PtyError::NoSuchSession { id })
    }
}

/// Starts the program and its threads. Blocking.
fn start(mut spec: SpawnSpec, id: SessionId) -> Result<Arc<Session>, PtyError> {
    let path = spawn::prepare(&spec)?;
    let recorder = match &spec.recording {
        Some(recording) => Some(
            Recorder::create(recording, spec.size, &spec.secrets)
                .map_err(|source| PtyError::Recording { path: recording.path.clone(), source })?,
        ),
        None => None,
    };
    let outcome = start_with(&mut spec, id, &path, recorder);
    if outcome.is_err()
        && let Some(recording) = &spec.recording
    {
        // Nothing ran, so there is nothing to remember.
        let _ = std::fs::remove_file(&recording.path);
    }
    outcome
}

fn start_with(
    spec: &mut SpawnSpec,
    id: SessionId,
    path: &Path,
    recorder: Option<Recorder>,
) -> Result<Arc<Session>, PtyError> {
    let failed = |doing: &'static str| {
        let program = spec.program();
        move |source| PtyError::from_start(&program, doing, source)
    };
    let (threading, waking) = (failed("starting its threads"), failed("opening a socket pair"));
    let (wake, woken) = UnixStream::pair().map_err(&waking)?;
    wake.set_nonblocking(true).and_then(|()| woken.set_nonblocking(true)).map_err(&waking)?;
    let started = spawn::start(spec, path)?;
    let terminal = started.terminal.is_some();
    let (asks, asked) = mpsc::channel();
    let session = Arc::new(Session {
        id,
        label: spec.label.clone(),
        process: started.process,
        started: Instant::now(),
        marker: spec.marker.clone(),
        recording_path: spec.recording.as_ref().map(|r| r.path.clone()),
        ring: Mutex::new(Ring::new(spec.ring_bytes)),
        stderr: Mutex::new(Ring::new(STDERR_TAIL)),
        news: Notify::new(),
        last_output: AtomicU64::new(0),
        exit: watch::Sender::new(None),
        end: watch::Sender::new(None),
        recording: Mutex::new(recorder.as_ref().map_or(RecordingState::Off, |r| r.state().clone())),
        size: Mutex::new((spec.mode == Mode::Pty).then_some(spec.size)),
        terminal: Mutex::new(started.terminal),
        leader: Mutex::new(Leader::new(started.child)),
        asks,
        asked: AtomicBool::new(false),
        wake,
        threads: Mutex::new(Vec::new()),
    });
    if let Stdin::Bytes(bytes) = std::mem::replace(&mut spec.stdin, Stdin::Null) {
        session.ask(Ask::Input(bytes, None));
        if !terminal {
            session.ask(Ask::CloseInput);
        }
    }
    let streams = (started.output, started.input, started.stderr);
    let builder = |name: &str| thread::Builder::new().name(format!("pty{id}{name}")).stack_size(STACK);
    // Whatever thread cannot start: the program is killed, and the first one sees it end.
    let failed = |source| {
        session.abandon();
        threading(source)
    };
    let waiting = Arc::clone(&session);
    let waiter = builder("-wait").spawn(move || waiting.watch_exit()).map_err(failed)?;
    locked(&session.threads).push(waiter);
    let scribe =
        recorder.map(|r| Scribe::start(r, Arc::clone(&session), builder("-rec"))).transpose().map_err(failed)?;
    let pump = Pump::new(Arc::clone(&session), streams, terminal, (asked, woken), scribe);
    let pump = builder("").spawn(move || pump.run()).map_err(failed)?;
    locked(&session.threads).push(pump);
    Ok(session)
}

async fn blocking<T: Send + 'static>(
    act: impl FnOnce() -> Result<T, PtyError> + Send + 'static,
) -> Result<T, PtyError> {
    match spawn_blocking(act).await {
        Ok(result) => result,
        Err(error) => Err(PtyError::HostGone { reason: error.to_string() }),
    }
}

#[async_trait]
impl PtyHost for LocalHost {
    async fn spawn(&self, spec: SpawnSpec) -> Result<Spawned, PtyError> {
        let closed = || PtyError::HostGone { reason: "it was shut down".to_owned() };
        if self.closed.load(Ordering::Acquire) {
            return Err(closed());
        }
        let id = SessionId(self.last_id.fetch_add(1, Ordering::Relaxed) + 1);
        // If the caller is dropped meanwhile, or the host is shut down, nobody would know of the session.
        let mut unclaimed = blocking(move || Ok(Unclaimed(Some(start(spec, id)?)))).await?;
        let session = unclaimed.0.take().ok_or_else(closed)?;
        let spawned = Spawned { id, process: session.process };
        locked(&self.sessions).insert(id, session);
        if self.closed.load(Ordering::Acquire)
            && let Some(session) = locked(&self.sessions).remove(&id)
        {
            session.abandon();
            return Err(closed());
        }
        let mut courtesies = locked(&self.courtesies);
        while courtesies.try_join_next().is_some() {}
        courtesies.spawn(Niceness::wished().reach(spawned.process));
        drop(courtesies);
        Ok(spawned)
    }

    async fn attach(&self, id: SessionId, from: ViewFrom) -> Result<Box<dyn View>, PtyError> {
        Ok(Box::new(LocalView::new(self.find(id)?, from)))
    }

    async fn recorded(&self, id: SessionId, offset: u64, max: usize) -> Result<ReadBack, PtyError> {
        let session = self.find(id)?;
        let path = session.recording_path.clone().ok_or(PtyError::NotRecorded { id })?;
        let (done, flushed) = oneshot::channel();
        if session.ask(Ask::Flush(done)) {
            // An ended thread drops the answer; then everything is on disk.
            let _ = flushed.await;
        }
        blocking(move || Ok(Recording::open(&path)?.read(offset, max)?)).await
    }

    async fn stderr_tail(&self, id: SessionId) -> Result<Vec<u8>, PtyError> {
        let session = self.find(id)?;
        let ring = locked(&session.stderr);
        Ok(ring.copy(ring.start(), usize::MAX))
    }

    async fn write(&self, id: SessionId, bytes: Vec<u8>) -> Result<(), PtyError> {
        let session = self.find(id)?;
        if bytes.len() > MAX_WRITE {
            return Err(PtyError::InputTooLarge { len: bytes.len(), limit: MAX_WRITE });
        }
        let (done, sent) = oneshot::channel();
        session.ask(Ask::Input(bytes, Some(done)));
        sent.await.map_err(|_| PtyError::InputClosed { id })
    }

    async fn close_input(&self, id: SessionId) -> Result<(), PtyError> {
        self.find(id)?.ask(Ask::CloseInput);
        Ok(())
    }

    async fn resize(&self, id: SessionId, size: TermSize) -> Result<(), PtyError> {
        let session = self.find(id)?;
        {
            let mut shown = locked(&session.size);
            if shown.is_none() {
                return Err(PtyError::NoTerminal { id });
            }
            if let Some(terminal) = locked(&session.terminal).as_ref() {
                terminal.resize(spawn::pty_size(size)).map_err(|e| PtyError::System {
                    doing: "resizing the terminal",
                    source: std::io::Error::other(e.to_string()),
                })?;
            }
            *shown = Some(size);
        }
        session.ask(Ask::Resized(size));
        Ok(())
    }

    async fn signal(&self, id: SessionId, signal: Signal) -> Result<(), PtyError> {
        let session = self.find(id)?;
        blocking(move || {
            session.signal(signal).map_err(|errno| match errno {
                Errno::ESRCH => PtyError::AlreadyEnded { id },
                errno => PtyError::System { doing: "sending a signal", source: errno.into() },
            })
        })
        .await
    }

    async fn terminate(&self, id: SessionId, grace: Duration) -> Result<Ended, PtyError> {
        let session = self.find(id)?;
        blocking(move || Ok(session.end(grace))).await
    }

    async fn exited(&self, id: SessionId) -> Result<Exit, PtyError> {
        known(self.find(id)?.exit.subscribe()).await
    }

    async fn output_ended(&self, id: SessionId) -> Result<OutputEnd, PtyError> {
        known(self.find(id)?.end.subscribe()).await
    }

    async fn session(&self, id: SessionId) -> Result<SessionInfo, PtyError> {
        Ok(self.find(id)?.info())
    }

    async fn sessions(&self) -> Result<Vec<SessionInfo>, PtyError> {
        let sessions: Vec<_> = locked(&self.sessions).values().cloned().collect();
        Ok(sessions.iter().map(|s| s.info()).collect())
    }

    async fn forget(&self, id: SessionId) -> Result<(), PtyError> {
        let session = self.find(id)?;
        if session.exit.borrow().is_none() || session.end.borrow().is_none() {
            return Err(PtyError::StillRunning { id });
        }
        locked(&self.sessions).remove(&id);
        blocking(move || {
            session.join();
            session.reap();
            Ok(())
        })
        .await
    }
}

async fn known<T: Copy>(mut watched: watch::Receiver<Option<T>>) -> Result<T, PtyError> {
    let gone = |_| PtyError::HostGone { reason: "it dropped the session".to_owned() };
    let value = *watched.wait_for(Option::is_some).await.map_err(gone)?;
    value.ok_or_else(|| PtyError::HostGone { reason: "it dropped the session".to_owned() })
}

/// A session on its way to its host; if nobody takes it, its program does not live on unseen.
struct Unclaimed(Option<Arc<Session>>);

impl Drop for Unclaimed {
    fn drop(&mut self) {
        if let Some(session) = &self.0 {
            session.abandon();
        }
    }
}

impl Drop for LocalHost {
    fn drop(&mut self) {
        for session in locked(&self.sessions).values() {
            if session.exit.borrow().is_none() || session.end.borrow().is_none() {
                session.abandon();
            }
        }
    }
}
