//! The handle on a running loop: submit a command, read the state, follow the feed, wait until something is so.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use office_core::{Actor, Code, Command, CommandBody, CommandId, Office, Refusal, Seq};
use tokio::sync::{broadcast, mpsc, oneshot, watch};

use crate::changed::{Changed, Missed};
use crate::office_loop::{Done, FeedItem, Message};

/// Every event, as it is committed.
pub type Feed = broadcast::Receiver<Arc<FeedItem>>;

/// Cheap to clone.
#[derive(Clone)]
pub struct Handle {
    pub(crate) inbox: mpsc::Sender<Message>,
    pub(crate) feed: broadcast::Sender<Arc<FeedItem>>,
    pub(crate) seq: watch::Receiver<Seq>,
    pub(crate) boot: Arc<str>,
    pub(crate) counter: Arc<AtomicU64>,
}

fn gone() -> Refusal {
    Refusal::new(Code::NoOffice, "the office is closing", "start it again with `office run`")
}

impl Handle {
    /// Has a command decided; the answer comes after its commit.
    ///
    /// # Errors
    /// The refusal, or `no_office` when the loop is gone.
    pub async fn submit(&self, command: Command) -> Result<Done, Refusal> {
        let (reply, answer) = oneshot::channel();
        self.inbox.send(Message::Command { command: Box::new(command), reply }).await.map_err(|_| gone())?;
        answer.await.map_err(|_| gone())?
    }

    /// A command of the office's own, with an id of its own.
    ///
    /// # Errors
    /// As [`Handle::submit`].
    pub async fn report(&self, body: CommandBody) -> Result<Done, Refusal> {
        let n = self.counter.fetch_add(1, Ordering::Relaxed);
        let id = CommandId(format!("office-{}-{n}", self.boot));
        self.submit(Command { id, actor: Actor::Office, body }).await
    }

    /// Reads from the committed state.
    ///
    /// # Errors
    /// `no_office` when the loop is gone.
    pub async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Office) -> T + Send + 'static,
    ) -> Result<T, Refusal> {
        self.look(move |office, _| read(office)).await
    }

    /// What followed the event `since`; all of it has gone to those who follow by then.
    ///
    /// # Errors
    /// `no_office` when the loop is gone.
    pub(crate) async fn missed(&self, since: Seq) -> Result<Missed, Refusal> {
        self.look(move |office, changed| changed.since(office, since)).await
    }

    async fn look<T: Send + 'static>(
        &self,
        look: impl FnOnce(&Office, &Changed) -> T + Send + 'static,
    ) -> Result<T, Refusal> {
        let (reply, answer) = oneshot::channel();
        let reader = Box::new(move |office: &Office, changed: &Changed| {
            // Whoever asked may be gone.
            let _ = reply.send(look(office, changed));
        });
        self.inbox.send(Message::Read(reader)).await.map_err(|_| gone())?;
        answer.await.map_err(|_| gone())
    }

    /// Every event from now on.
    pub fn subscribe(&self) -> Feed {
        self.feed.subscribe()
    }

    /// Waits until `is_so` says something, looking after each commit.
    ///
    /// # Errors
    /// `no_office` when the loop is gone.
    pub async fn wait_until<T: Send + 'static>(
        &self,
        is_so: impl Fn(&Office) -> Option<T> + Send + Sync + 'static,
    ) -> Result<T, Refusal> {
        let mut seq = self.seq.clone();
        let is_so = Arc::new(is_so);
        loop {
            seq.borrow_and_update();
            let look = is_so.clone();
            if let Some(found) = self.read(move |office| look(office)).await? {
                return Ok(found);
            }
            seq.changed().await.map_err(|_| gone())?;
        }
    }
}
