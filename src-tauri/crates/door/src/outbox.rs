//! What goes out to one client, bounded: a slow reader loses its place, never the office its pace.
//! Nothing here waits for the client but [`Writer::run`]; the runtime drives it as a task of its own.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io;
use std::sync::{Arc, Mutex, MutexGuard};

use office_core::{Code, Envelope, Noun, Refusal, Seq};
use serde::Serialize;
use tokio::io::AsyncWriteExt;
use tokio::sync::Notify;

use crate::frame::{self, FrameError};
use crate::transport::WriteHalf;
use crate::wire::{Answer, Push};

/// Events that may wait for a slow reader.
pub const EVENTS_MAX: usize = 1024;
/// Their bytes.
pub const EVENT_BYTES_MAX: usize = 8 * 1024 * 1024;
/// While more bytes of answers than this wait, no further question is read.
pub const ANSWER_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Questions of one client that may be open at once.
pub const ASKS_MAX: usize = 256;
/// Credit a terminal stream may hold.
pub const CREDIT_MAX: u32 = 1024 * 1024;
/// Terminal streams of one client.
pub const STREAMS_MAX: usize = 32;

/// [`Push::Event`], made of what is only lent.
#[derive(Serialize)]
struct Event<'a> {
    kind: &'static str,
    envelope: &'a Envelope,
    nouns: &'a [Noun],
}

/// An event, encoded once for all its readers.
#[derive(Clone, Debug)]
pub struct EventFrame {
    seq: Seq,
    bytes: Arc<[u8]>,
}

impl EventFrame {
    /// An event with the things it changed. One that is too long for a frame goes without them.
    pub fn new(envelope: &Envelope, nouns: &[Noun]) -> Result<Self, FrameError> {
        let push = |nouns| frame::control(&Event { kind: "event", envelope, nouns });
        let bytes = match push(nouns) {
            Err(FrameError::TooLong { .. }) => push(&[])?,
            other => other?,
        };
        Ok(Self { seq: envelope.seq, bytes: bytes.into() })
    }
}

/// What became of something that was offered to a client.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Offered {
    /// It is in the queue.
    Queued,
    /// The client was too slow: what waited was dropped and it is told so. Its subscription (or stream) is over.
    Lagged,
    /// The client is gone.
    Gone,
}

#[derive(Debug)]
enum Item {
    Answer(Vec<u8>),
    Event(EventFrame),
    Bytes { stream: u32, frame: Vec<u8> },
    Notice(Vec<u8>),
}

#[derive(Debug, Default)]
struct Queue {
    items: VecDeque<Item>,
    open_asks: BTreeSet<u32>,
    answer_bytes: usize,
    events: usize,
    event_bytes: usize,
    streams: BTreeMap<u32, Credit>,
    streams_opened: u64,
    subscription: u64,
    closed: bool,
}

/// What a stream may still be sent. The number tells it from an earlier stream the client called the same.
#[derive(Debug)]
struct Credit {
    opened: u64,
    left: u32,
}

#[derive(Debug, Default)]
struct Shared {
    queue: Mutex<Queue>,
    /// Something to write, or closed.
    filled: Notify,
    /// Something was written, credit came, or closed.
    drained: Notify,
}

impl Shared {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        // A panic while it was held left plain counters behind, at worst a little off.
        self.queue.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn put(&self, item: Item) -> Offered {
        let mut queue = self.queue();
        if queue.closed {
            return Offered::Gone;
        }
        queue.items.push_back(item);
        drop(queue);
        self.filled.notify_one();
        Offered::Queued
    }

    async fn drained_until<T>(&self, mut ready: impl FnMut(&mut Queue) -> Option<T>) -> T {
        loop {
            // Registered before looking, so that nothing is missed between looking and waiting.
            let drained = self.drained.notified();
            tokio::pin!(drained);
            drained.as_mut().enable();
            if let Some(found) = ready(&mut self.queue()) {
                return found;
            }
            drained.await;
        }
    }
}

/// The sending end of a connection; clones send to the same client.
#[derive(Clone, Debug)]
pub struct Outbox {
    shared: Arc<Shared>,
    /// Which subscription this end feeds, if it feeds one.
    subscription: Option<u64>,
}

/// The outbox and the writer that empties it.
pub(crate) fn outbox(to: WriteHalf) -> (Outbox, Writer) {
    let shared = Arc::new(Shared::default());
    (Outbox { shared: shared.clone(), subscription: None }, Writer { shared, to })
}

impl Outbox {
    /// Answers request `id`, or passes its refusal on.
    pub fn reply(&self, id: u32, reply: Result<Answer, Refusal>) -> Offered {
        let push = match reply {
            Ok(answer) => Push::Answer { id, answer },
            Err(refusal) => Push::Refusal { id, refusal },
        };
        let bytes = frame::control(&push).or_else(|error| {
            let way_out = "ask for less: a smaller limit, one task, `--stat`";
            let refusal = Refusal::new(Code::Limit, format!("the answer does not fit: {error}"), way_out);
            frame::control(&Push::Refusal { id, refusal })
        });
        // A refusal of two short sentences always fits.
        let Ok(bytes) = bytes else { return Offered::Gone };
        {
            let mut queue = self.shared.queue();
            queue.open_asks.remove(&id);
            queue.answer_bytes += bytes.len();
        }
        self.shared.put(Item::Answer(bytes))
    }

    /// The end that feeds a new subscription; to be taken before its `Ok` is sent. From here on, the end of an earlier
    /// subscription counts as gone, so that its events cannot get in between.
    #[must_use]
    pub fn subscriber(&self) -> Self {
        let mut queue = self.shared.queue();
        queue.subscription += 1;
        let subscription = Some(queue.subscription);
        drop(queue);
        self.shared.drained.notify_waiters();
        Self { shared: self.shared.clone(), subscription }
    }

    fn is_over(&self, queue: &Queue) -> bool {
        queue.closed || self.subscription.is_some_and(|own| own != queue.subscription)
    }

    /// Offers an event to the subscriber. `Lagged` means that its subscription is over: it will ask again from its last.
    pub fn event(&self, event: &EventFrame) -> Offered {
        let mut queue = self.shared.queue();
        if self.is_over(&queue) {
            return Offered::Gone;
        }
        let full = queue.events >= EVENTS_MAX || queue.event_bytes + event.bytes.len() > EVENT_BYTES_MAX;
        // One event always fits into an empty queue, however long it is.
        if full && queue.events > 0 {
            queue.items.retain(|item| !matches!(item, Item::Event(_)));
            (queue.events, queue.event_bytes) = (0, 0);
            if let Ok(notice) = frame::control(&Push::Lagged { newest: event.seq }) {
                queue.items.push_back(Item::Notice(notice));
            }
            drop(queue);
            self.shared.filled.notify_one();
            return Offered::Lagged;
        }
        queue.events += 1;
        queue.event_bytes += event.bytes.len();
        queue.items.push_back(Item::Event(event.clone()));
        drop(queue);
        self.shared.filled.notify_one();
        Offered::Queued
    }

    /// Waits until the subscriber has taken half of what may wait, for reading it events from the log without making it lag.
    /// False when the client is gone.
    pub async fn room_for_events(&self) -> bool {
        let roomy = |queue: &mut Queue| {
            let room = queue.events <= EVENTS_MAX / 2 && queue.event_bytes <= EVENT_BYTES_MAX / 2;
            let over = self.is_over(queue);
            (over || room).then_some(!over)
        };
        self.shared.drained_until(roomy).await
    }

    /// Opens the sending end of a terminal stream the client asked for.
    pub fn terminal(&self, stream: u32, credit: u32) -> Result<TerminalOut, Refusal> {
        let mut queue = self.shared.queue();
        if queue.streams.contains_key(&stream) {
            return Err(Refusal::invalid(format!("stream {stream} is open already"), "choose another number"));
        }
        if queue.streams.len() >= STREAMS_MAX {
            let message = format!("{STREAMS_MAX} terminals are open on this connection");
            return Err(Refusal::new(Code::Limit, message, "detach from one first"));
        }
        queue.streams_opened += 1;
        let opened = queue.streams_opened;
        queue.streams.insert(stream, Credit { opened, left: credit.min(CREDIT_MAX) });
        Ok(TerminalOut { shared: self.shared.clone(), stream, opened })
    }

    /// The client takes `bytes` more of a stream. False when there is no such stream.
    pub fn credit(&self, stream: u32, bytes: u32) -> bool {
        let mut queue = self.shared.queue();
        let Some(credit) = queue.streams.get_mut(&stream) else { return false };
        credit.left = credit.left.saturating_add(bytes).min(CREDIT_MAX);
        drop(queue);
        self.shared.drained.notify_waiters();
        true
    }

    /// The client wants no more of a stream; its [`TerminalOut`] learns it. False when there is no such stream.
    pub fn detach(&self, stream: u32) -> bool {
        let mut queue = self.shared.queue();
        let was_open = queue.streams.remove(&stream).is_some();
        queue.items.retain(|item| !matches!(item, Item::Bytes { stream: other, .. } if *other == stream));
        drop(queue);
        self.shared.drained.notify_waiters();
        was_open
    }

    /// Lets the writer send what waits, then end the connection.
    pub fn close(&self) {
        self.shared.queue().closed = true;
        self.shared.filled.notify_one();
        self.shared.drained.notify_waiters();
    }

    /// Whether the client is gone or was closed, or this end's subscription is over.
    pub fn is_closed(&self) -> bool {
        self.is_over(&self.shared.queue())
    }

    /// Waits for that, to end what is only done for it.
    pub async fn closed(&self) {
        self.shared.drained_until(|queue| self.is_over(queue).then_some(())).await;
    }

    /// Waits while too much of what was answered is not taken. False when the client is gone.
    pub(crate) async fn ready_for_asks(&self) -> bool {
        let ready =
            |queue: &mut Queue| (queue.closed || queue.answer_bytes <= ANSWER_BYTES_MAX).then_some(!queue.closed);
        self.shared.drained_until(ready).await
    }

    /// Notes an open request; false when there are too many, an error when one of that number is open.
    pub(crate) fn open_ask(&self, id: u32) -> Result<bool, FrameError> {
        let mut queue = self.shared.queue();
        if queue.open_asks.contains(&id) {
            return Err(FrameError::NumberTaken(id));
        }
        Ok(queue.open_asks.len() < ASKS_MAX && queue.open_asks.insert(id))
    }
}

/// The sending end of one terminal stream. The runtime waits for [`TerminalOut::credit`], then sends at most so many bytes.
/// Dropping it closes the stream.
#[derive(Debug)]
pub struct TerminalOut {
    shared: Arc<Shared>,
    stream: u32,
    opened: u64,
}

impl TerminalOut {
    /// How many bytes the client will take now (at least 1); waits while it takes none. None when it detached or is gone.
    pub async fn credit(&self) -> Option<usize> {
        let ready = |queue: &mut Queue| match self.own(queue) {
            None => Some(None),
            Some(Credit { left: 0, .. }) => None,
            Some(credit) => Some(Some((credit.left as usize).min(frame::BYTES_MAX))),
        };
        self.shared.drained_until(ready).await
    }

    /// Sends bytes that begin at `offset`: no more than [`TerminalOut::credit`] allowed. `Lagged`, and not sent, when they
    /// are more.
    pub fn send(&self, offset: u64, bytes: &[u8]) -> Offered {
        let Ok(frame) = frame::bytes(self.stream, offset, bytes) else { return Offered::Lagged };
        {
            let mut queue = self.shared.queue();
            let Some(credit) = self.own(&mut queue) else { return Offered::Gone };
            match u32::try_from(bytes.len()).ok().and_then(|taken| credit.left.checked_sub(taken)) {
                Some(left) => credit.left = left,
                None => return Offered::Lagged,
            }
        }
        self.shared.put(Item::Bytes { stream: self.stream, frame })
    }

    /// Says that bytes from `from` to `to` are in the recording only.
    pub fn gap(&self, from: u64, to: u64) -> Offered {
        self.notice(&Push::Gap { stream: self.stream, from: from.to_string(), to: to.to_string() })
    }

    /// Says how the terminal ended, and closes the stream.
    pub fn ended(self, how: &str) -> Offered {
        self.notice(&Push::TerminalEnded { stream: self.stream, how: how.to_owned() })
    }

    fn notice(&self, push: &Push) -> Offered {
        if self.own(&mut self.shared.queue()).is_none() {
            return Offered::Gone;
        }
        frame::control(push).map_or(Offered::Gone, |frame| self.shared.put(Item::Notice(frame)))
    }

    fn own<'a>(&self, queue: &'a mut Queue) -> Option<&'a mut Credit> {
        if queue.closed {
            return None;
        }
        queue.streams.get_mut(&self.stream).filter(|credit| credit.opened == self.opened)
    }
}

impl Drop for TerminalOut {
    fn drop(&mut self) {
        let mut queue = self.shared.queue();
        if self.own(&mut queue).is_some() {
            queue.streams.remove(&self.stream);
        }
    }
}

/// Empties an outbox into the socket. Drive [`Writer::run`] until it returns, or drop it to cut the client off.
#[derive(Debug)]
pub struct Writer {
    shared: Arc<Shared>,
    to: WriteHalf,
}

impl Writer {
    /// Writes until the outbox is closed and empty, or the client is gone.
    pub async fn run(mut self) -> io::Result<()> {
        loop {
            match self.next() {
                Next::Item(Item::Answer(frame) | Item::Notice(frame) | Item::Bytes { frame, .. }) => {
                    self.to.write_all(&frame).await?;
                }
                Next::Item(Item::Event(event)) => self.to.write_all(&event.bytes).await?,
                Next::Over => return self.to.shutdown().await,
                Next::Nothing => self.shared.filled.notified().await,
            }
        }
    }

    /// Looked at in one breath: an answer that is queued just before the outbox is closed must not be taken for none.
    fn next(&self) -> Next {
        let mut queue = self.shared.queue();
        let Some(item) = queue.items.pop_front() else {
            return if queue.closed { Next::Over } else { Next::Nothing };
        };
        match &item {
            Item::Answer(frame) => queue.answer_bytes = queue.answer_bytes.saturating_sub(frame.len()),
            Item::Event(event) => {
                queue.events -= 1;
                queue.event_bytes -= event.bytes.len();
            }
            Item::Bytes { .. } | Item::Notice(_) => {}
        }
        drop(queue);
        self.shared.drained.notify_waiters();
        Next::Item(item)
    }
}

/// What there is to write.
enum Next {
    Item(Item),
    /// Nothing for now.
    Nothing,
    /// Nothing any more.
    Over,
}

impl Drop for Writer {
    fn drop(&mut self) {
        let mut queue = self.shared.queue();
        queue.closed = true;
        queue.items.clear();
        drop(queue);
        self.shared.drained.notify_waiters();
    }
}
