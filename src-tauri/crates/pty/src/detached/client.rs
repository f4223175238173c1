//! The detached host as a `PtyHost`: the same calls, the same errors. How drops are survived is in `link`.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use tokio::task::JoinSet;

use super::error::DetachedError;
use super::handshake;
use super::link::{Link, Reply};
use super::lock::Holder;
use super::place::{Place, unique};
use super::protocol::{Answer, Ask, Held};
use super::remote_view::RemoteView;
use super::revive::Revive;
use super::scope;
use crate::error::PtyError;
use crate::host::{Ended, Exit, OutputEnd, PtyHost, ReadBack, SessionId, SessionInfo, Signal, Spawned, View, ViewFrom};
use crate::local::MAX_WRITE;
use crate::spec::{SpawnSpec, TermSize};

/// A connection to the detached host that is made again when it drops. Dropping this leaves the programs alone.
///
/// Calls wait while there is no connection. Those that must not be done twice (`write`, `close_input`, `signal`) fail
/// with `System` if the connection dropped between question and answer: whether they were done is not known then.
/// Once the host's process has ended every call fails with `HostGone`, for good.
pub struct RemoteHost {
    link: Arc<Link>,
    nonce: String,
    spawns: AtomicU64,
    _keeper: JoinSet<()>,
}

impl RemoteHost {
    /// Connects to the host in `dir`. Call within a tokio runtime.
    ///
    /// # Errors
    /// `NoHost`; `Refused` if no common version is spoken; `NotOurs`; `Foreign`; `Io`.
    pub async fn connect(dir: &Path) -> Result<Self, DetachedError> {
        // Absolute, because it is reached again later.
        let dir = std::path::absolute(dir).map_err(DetachedError::io("finding", dir))?;
        let place = Place::at(&dir);
        let greeted = handshake::connect(&place).await?;
        let link = Arc::new(Link::new(place, &greeted));
        let mut keeper = JoinSet::new();
        keeper.spawn(Arc::clone(&link).keep(greeted.stream));
        Ok(Self { link, nonce: unique(), spawns: AtomicU64::new(0), _keeper: keeper })
    }

    /// In words: what control group the host is in, which decides what else ends it.
    pub fn group_in_words(&self) -> String {
        Holder::read(&self.link.place).map_or_else(|| "its process is not known".to_owned(), |it| scope::words(it.pid))
    }

    /// The version that is spoken with this host.
    pub fn protocol(&self) -> u32 {
        self.link.protocol
    }

    /// As `spawn`, under a key of the caller's: whoever asks again with it, in this process or a later one, gets the
    /// answer about the first and starts nothing. A start that failed may be tried again under its key.
    ///
    /// # Errors
    /// As `spawn`.
    pub async fn spawn_keyed(&self, key: &str, spec: SpawnSpec) -> Result<Spawned, PtyError> {
        match self.link.ask(Ask::Spawn { key: key.to_owned(), spec: Box::new(spec) }, true).await? {
            Reply::Answer(Answer::Spawned(spawned)) => Ok(spawned),
            other => Err(unexpected(&other)),
        }
    }

    /// All sessions that were not forgotten, with keys and wall-clock times: by these a new client finds its own and
    /// learns what ended while nobody was there.
    ///
    /// # Errors
    /// `HostGone`; `System` if the host is of version 1.
    pub async fn held(&self) -> Result<Vec<Held>, PtyError> {
        match self.link.ask(Ask::Held, true).await? {
            Reply::Answer(Answer::Held(held)) => Ok(held),
            other => Err(unexpected(&other)),
        }
    }

    /// Says what the host is to start if this process dies while programs run; `None` before an end on purpose.
    ///
    /// # Errors
    /// `HostGone`; `System` if the host is of version 1.
    pub async fn revive(&self, revive: Option<Revive>) -> Result<(), PtyError> {
        self.link.remember_wish(revive.clone());
        self.done(Ask::Revive { revive }, true).await
    }

    /// Waits until the host is gone, and says why. Then its programs are to be looked for with `end_orphans`.
    pub async fn gone(&self) -> String {
        let mut gone = self.link.gone();
        let reason = gone.wait_for(Option::is_some).await.ok().and_then(|reason| reason.clone());
        reason.unwrap_or_else(|| "this connection was closed".to_owned())
    }

    /// Names this host's life, as its journal does.
    pub fn instance(&self) -> &str {
        &self.link.instance
    }

    /// Whether it is known to be gone.
    pub fn is_gone(&self) -> bool {
        self.link.gone().borrow().is_some()
    }

    async fn done(&self, ask: Ask, again: bool) -> Result<(), PtyError> {
        match self.link.ask(ask, again).await? {
            Reply::Answer(Answer::Done) => Ok(()),
            other => Err(unexpected(&other)),
        }
    }

    async fn back(&self, ask: Ask) -> Result<ReadBack, PtyError> {
        match self.link.ask(ask, true).await? {
            Reply::Back { offset, bytes } => Ok(ReadBack { offset, bytes }),
            other => Err(unexpected(&other)),
        }
    }
}

impl Drop for RemoteHost {
    fn drop(&mut self) {
        // Views may outlive this; they end.
        self.link.give_up("this connection was closed");
    }
}

fn unexpected(reply: &Reply) -> PtyError {
    let what = match reply {
        Reply::Answer(_) => "an answer",
        Reply::Back { .. } => "bytes",
    };
    let source = std::io::Error::other(format!("{what} to another question came back"));
    PtyError::System { doing: "asking the detached host", source }
}

#[async_trait]
impl PtyHost for RemoteHost {
    async fn spawn(&self, spec: SpawnSpec) -> Result<Spawned, PtyError> {
        let n = self.spawns.fetch_add(1, Ordering::Relaxed);
        let key = format!("{}/{n}", self.nonce);
        self.spawn_keyed(&key, spec).await
    }

    async fn attach(&self, id: SessionId, from: ViewFrom) -> Result<Box<dyn View>, PtyError> {
        let (stream, news) = self.link.open_stream(id);
        // Made first, so that dropping this call closes the stream.
        let view = RemoteView::new(Arc::clone(&self.link), stream, news);
        let ask = Ask::Attach { stream, session: id, from, credit: 0 };
        match self.link.attach(stream, ask).await? {
            Reply::Answer(Answer::Attached { .. }) => Ok(Box::new(view)),
            other => Err(unexpected(&other)),
        }
    }

    async fn recorded(&self, id: SessionId, offset: u64, max: usize) -> Result<ReadBack, PtyError> {
        let mut back = ReadBack { offset, bytes: Vec::new() };
        // One answer carries a megabyte; the caller gets all it asked for, as from a host in its own process.
        loop {
            let at = back.offset + back.bytes.len() as u64;
            let left = max - back.bytes.len();
            let more = self.back(Ask::Recorded { session: id, offset: at, max: left as u64 }).await?;
            if back.bytes.is_empty() {
                back = more;
            } else if more.offset == at && !more.bytes.is_empty() {
                back.bytes.extend_from_slice(&more.bytes);
            } else {
                return Ok(back);
            }
            if back.bytes.is_empty() || back.bytes.len() >= max {
                return Ok(back);
            }
        }
    }

    async fn stderr_tail(&self, id: SessionId) -> Result<Vec<u8>, PtyError> {
        Ok(self.back(Ask::StderrTail { session: id }).await?.bytes)
    }

    async fn write(&self, id: SessionId, bytes: Vec<u8>) -> Result<(), PtyError> {
        if bytes.len() > MAX_WRITE {
            return Err(PtyError::InputTooLarge { len: bytes.len(), limit: MAX_WRITE });
        }
        self.link.write(id, &bytes).await.map(drop)
    }

    async fn close_input(&self, id: SessionId) -> Result<(), PtyError> {
        self.done(Ask::CloseInput { session: id }, false).await
    }

    async fn resize(&self, id: SessionId, size: TermSize) -> Result<(), PtyError> {
        self.done(Ask::Resize { session: id, size }, true).await
    }

    async fn signal(&self, id: SessionId, signal: Signal) -> Result<(), PtyError> {
        self.done(Ask::Signal { session: id, signal }, false).await
    }

    async fn terminate(&self, id: SessionId, grace: Duration) -> Result<Ended, PtyError> {
        let grace_ms = u64::try_from(grace.as_millis()).unwrap_or(u64::MAX);
        match self.link.ask(Ask::Terminate { session: id, grace_ms }, true).await? {
            Reply::Answer(Answer::Ended(ended)) => Ok(ended),
            other => Err(unexpected(&other)),
        }
    }

    async fn exited(&self, id: SessionId) -> Result<Exit, PtyError> {
        match self.link.ask(Ask::Exited { session: id }, true).await? {
            Reply::Answer(Answer::Exit(exit)) => Ok(exit),
            other => Err(unexpected(&other)),
        }
    }

    async fn output_ended(&self, id: SessionId) -> Result<OutputEnd, PtyError> {
        match self.link.ask(Ask::OutputEnded { session: id }, true).await? {
            Reply::Answer(Answer::OutputEnd(end)) => Ok(end),
            other => Err(unexpected(&other)),
        }
    }

    async fn session(&self, id: SessionId) -> Result<SessionInfo, PtyError> {
        match self.link.ask(Ask::Session { session: id }, true).await? {
            Reply::Answer(Answer::Session(info)) => Ok(info),
            other => Err(unexpected(&other)),
        }
    }

    async fn sessions(&self) -> Result<Vec<SessionInfo>, PtyError> {
        match self.link.ask(Ask::Sessions, true).await? {
            Reply::Answer(Answer::Sessions(sessions)) => Ok(sessions),
            other => Err(unexpected(&other)),
        }
    }

    /// A drop between question and answer makes this ask twice; the second answer is then `NoSuchSession`.
    async fn forget(&self, id: SessionId) -> Result<(), PtyError> {
        self.done(Ask::Forget { session: id }, true).await
    }
}
