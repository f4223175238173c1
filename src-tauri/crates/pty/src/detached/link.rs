//! The client's line to the host: survives drops. Questions that may be asked twice are asked again after one, streams
//! go on at their offset; what must not be done twice and was not answered is told as uncertain.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncWriteExt, BufReader};
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::{Notify, oneshot, watch};

use super::error::DetachedError;
use super::frame::{self, CONTROL_MAX, Frame, Raw};
use super::handshake::{self, Greeted};
use super::lock::Holder;
use super::place::Place;
use super::protocol::{Answer, Ask, Question, Told};
use super::revive::Revive;
use crate::error::PtyError;
use crate::host::{Piece, SessionId, ViewFrom};
use crate::session::locked;

/// Between attempts to reach a host that is alive but does not answer.
const RETRY: Duration = Duration::from_millis(5);
const RETRY_LONGEST: Duration = Duration::from_millis(500);

/// What came back for a question.
#[derive(Debug)]
pub(super) enum Reply {
    Answer(Answer),
    Back { offset: u64, bytes: Vec<u8> },
}

enum Waiter {
    Caller(oneshot::Sender<Result<Reply, PtyError>>),
    /// A caller for whom a stream begins.
    Viewer(oneshot::Sender<Result<Reply, PtyError>>, u32),
    /// The link's own, to go on with a stream.
    Reattach(u32),
    /// The link's own, of no consequence.
    Nobody,
}

struct Waiting {
    frame: Arc<Vec<u8>>,
    /// Whether asking twice does no harm.
    again: bool,
    sent: bool,
    waiter: Waiter,
}

/// A stream as it arrives.
pub(super) struct Incoming {
    pub(super) session: SessionId,
    /// Offset of the next byte to arrive.
    pub(super) next: u64,
    /// Granted to the host and not arrived.
    pub(super) owed: u64,
    /// Arrived and not taken by the viewer.
    pub(super) held: u64,
    pub(super) queue: VecDeque<Piece>,
    pub(super) attached: bool,
    pub(super) over: bool,
    pub(super) news: Arc<Notify>,
}

enum Out {
    Question(u64),
    Said(Arc<Vec<u8>>),
}

#[derive(Default)]
pub(super) struct State {
    last_question: u64,
    last_stream: u32,
    connected: bool,
    waiting: BTreeMap<u64, Waiting>,
    pub(super) streams: HashMap<u32, Incoming>,
    outbox: VecDeque<Out>,
    wish: Option<Revive>,
}

pub(super) struct Link {
    pub(super) place: Place,
    pub(super) instance: String,
    pub(super) protocol: u32,
    pub(super) state: Mutex<State>,
    work: Notify,
    gone: watch::Sender<Option<String>>,
}

/// A caller that waits; when it is dropped nobody does.
struct Asked<'a> {
    link: &'a Link,
    id: u64,
}

impl Drop for Asked<'_> {
    fn drop(&mut self) {
        let mut state = locked(&self.link.state);
        if state.waiting.remove(&self.id).is_some_and(|waiting| waiting.sent) {
            self.link.say(&mut state, Ask::Withdraw { question: self.id });
        }
    }
}

fn gone(reason: &str) -> PtyError {
    PtyError::HostGone { reason: reason.to_owned() }
}

impl Link {
    pub(super) fn new(place: Place, greeted: &Greeted) -> Self {
        let (instance, protocol) = (greeted.instance.clone(), greeted.protocol);
        let (state, work, gone) = (Mutex::default(), Notify::new(), watch::Sender::new(None));
        Self { place, instance, protocol, state, work, gone }
    }

    /// Why the host is gone, once it is.
    pub(super) fn gone(&self) -> watch::Receiver<Option<String>> {
        self.gone.subscribe()
    }

    /// Says something that needs no answer, if there is anybody to hear it.
    pub(super) fn say(&self, state: &mut State, ask: Ask) {
        if state.connected
            && let Ok(frame) = frame::control(&Question { id: 0, ask })
        {
            state.outbox.push_back(Out::Said(Arc::new(frame)));
            self.work.notify_one();
        }
    }

    pub(super) async fn ask(&self, ask: Ask, again: bool) -> Result<Reply, PtyError> {
        self.ask_frame(|id| frame::control(&Question { id, ask }), again, Waiter::Caller).await
    }

    /// Asks for a stream. It counts as attached from the answer on, before the caller hears of it: a drop right then
    /// must not lose it.
    pub(super) async fn attach(&self, stream: u32, ask: Ask) -> Result<Reply, PtyError> {
        let waiter = |reply| Waiter::Viewer(reply, stream);
        self.ask_frame(|id| frame::control(&Question { id, ask }), true, waiter).await
    }

    pub(super) async fn write(&self, session: SessionId, bytes: &[u8]) -> Result<Reply, PtyError> {
        self.ask_frame(|id| Ok(frame::raw(Raw::Input, id, session.0, bytes)), false, Waiter::Caller).await
    }

    async fn ask_frame(
        &self,
        frame: impl FnOnce(u64) -> io::Result<Vec<u8>>,
        again: bool,
        waiter: impl FnOnce(oneshot::Sender<Result<Reply, PtyError>>) -> Waiter,
    ) -> Result<Reply, PtyError> {
        let (reply, answered) = oneshot::channel();
        let asked = {
            let mut state = locked(&self.state);
            // Under the lock, so that nobody waits on a link that was just given up.
            if let Some(reason) = &*self.gone.borrow() {
                return Err(gone(reason));
            }
            state.last_question += 1;
            let id = state.last_question;
            let frame = frame(id).map_err(|source| PtyError::System { doing: "asking the detached host", source })?;
            self.enqueue(&mut state, id, frame, again, waiter(reply));
            Asked { link: self, id }
        };
        let outcome = answered.await;
        drop(asked);
        outcome.unwrap_or_else(|_| Err(gone("nobody is left to ask it")))
    }

    fn enqueue(&self, state: &mut State, id: u64, frame: Vec<u8>, again: bool, waiter: Waiter) {
        state.waiting.insert(id, Waiting { frame: Arc::new(frame), again, sent: false, waiter });
        if state.connected {
            state.outbox.push_back(Out::Question(id));
            self.work.notify_one();
        }
    }

    fn ask_ourselves(&self, state: &mut State, ask: Ask, waiter: Waiter) {
        state.last_question += 1;
        let id = state.last_question;
        if let Ok(frame) = frame::control(&Question { id, ask }) {
            self.enqueue(state, id, frame, false, waiter);
        }
    }

    /// Makes room for a stream; output may arrive before `attach` is answered.
    pub(super) fn open_stream(&self, session: SessionId) -> (u32, Arc<Notify>) {
        let mut state = locked(&self.state);
        state.last_stream += 1;
        let (stream, news) = (state.last_stream, Arc::new(Notify::new()));
        let incoming = Incoming {
            session,
            next: 0,
            owed: 0,
            held: 0,
            queue: VecDeque::new(),
            attached: false,
            over: false,
            news: Arc::clone(&news),
        };
        state.streams.insert(stream, incoming);
        (stream, news)
    }

    pub(super) fn close_stream(&self, stream: u32) {
        let mut state = locked(&self.state);
        if state.streams.remove(&stream).is_some() {
            self.say(&mut state, Ask::Detach { stream });
        }
    }

    /// Remembers what to wish for again after a drop.
    pub(super) fn remember_wish(&self, wish: Option<Revive>) {
        locked(&self.state).wish = wish;
    }

    /// Talks, and reaches the host again after every drop, until it is gone.
    pub(super) async fn keep(self: Arc<Self>, mut stream: UnixStream) {
        loop {
            self.connected();
            let (read, write) = stream.into_split();
            tokio::select! {
                () = self.listen(read) => {}
                () = self.speak(write) => {}
            }
            self.lost();
            stream = match self.reach().await {
                Ok(stream) => stream,
                Err(reason) => return self.give_up(&reason),
            };
        }
    }

    async fn reach(&self) -> Result<UnixStream, String> {
        let mut retry = RETRY;
        loop {
            match handshake::connect(&self.place).await {
                Ok(greeted) if greeted.instance == self.instance => return Ok(greeted.stream),
                Ok(_) => return Err("another host has taken the place of the one that held it".to_owned()),
                Err(error @ (DetachedError::Refused { .. } | DetachedError::NotOurs { .. })) => {
                    return Err(error.to_string());
                }
                Err(error) => {
                    if !Holder::read(&self.place).is_some_and(|holder| holder.is_alive()) {
                        return Err(format!("its process has ended ({error})"));
                    }
                }
            }
            tokio::time::sleep(retry).await;
            retry = (retry * 2).min(RETRY_LONGEST);
        }
    }

    fn connected(&self) {
        let mut state = locked(&self.state);
        state.connected = true;
        state.outbox.clear();
        if let Some(wish) = state.wish.clone() {
            self.ask_ourselves(&mut state, Ask::Revive { revive: Some(wish) }, Waiter::Nobody);
        }
        let streams: Vec<_> = state
            .streams
            .iter()
            .filter(|(_, incoming)| incoming.attached && !incoming.over)
            .map(|(&stream, incoming)| (stream, incoming.session, incoming.next, incoming.owed))
            .collect();
        for (stream, session, next, credit) in streams {
            let ask = Ask::Attach { stream, session, from: ViewFrom::Offset(next), credit };
            self.ask_ourselves(&mut state, ask, Waiter::Reattach(stream));
        }
        // All of them in the order in which they were asked.
        state.outbox = state.waiting.keys().map(|&id| Out::Question(id)).collect();
        self.work.notify_one();
    }

    fn lost(&self) {
        let mut state = locked(&self.state);
        state.connected = false;
        state.outbox.clear();
        let mut uncertain = Vec::new();
        state.waiting.retain(|_, waiting| {
            if waiting.again || (!waiting.sent && matches!(waiting.waiter, Waiter::Caller(_))) {
                waiting.sent = false;
                return true;
            }
            uncertain.push(std::mem::replace(&mut waiting.waiter, Waiter::Nobody));
            false
        });
        for waiter in uncertain {
            if let Waiter::Caller(reply) = waiter {
                let source = io::Error::new(
                    io::ErrorKind::ConnectionAborted,
                    "the connection dropped before the answer; whether it was done is not known",
                );
                let _ = reply.send(Err(PtyError::System { doing: "asking the detached host", source }));
            }
        }
    }

    pub(super) fn give_up(&self, reason: &str) {
        let mut state = locked(&self.state);
        state.connected = false;
        self.gone.send_if_modified(|told| {
            let first = told.is_none();
            told.get_or_insert_with(|| reason.to_owned());
            first
        });
        for (_, waiting) in std::mem::take(&mut state.waiting) {
            if let Waiter::Caller(reply) | Waiter::Viewer(reply, _) = waiting.waiter {
                let _ = reply.send(Err(gone(reason)));
            }
        }
        for incoming in state.streams.values_mut() {
            incoming.over = true;
            incoming.news.notify_one();
        }
    }

    async fn speak(&self, mut to: OwnedWriteHalf) {
        loop {
            while let Some(frame) = self.next_frame() {
                if to.write_all(&frame).await.is_err() {
                    return;
                }
            }
            self.work.notified().await;
        }
    }

    fn next_frame(&self) -> Option<Arc<Vec<u8>>> {
        let mut state = locked(&self.state);
        loop {
            match state.outbox.pop_front()? {
                Out::Said(frame) => return Some(frame),
                Out::Question(id) => {
                    // Withdrawn before it was sent, perhaps.
                    if let Some(waiting) = state.waiting.get_mut(&id) {
                        waiting.sent = true;
                        return Some(Arc::clone(&waiting.frame));
                    }
                }
            }
        }
    }

    async fn listen(&self, from: OwnedReadHalf) {
        let mut from = BufReader::with_capacity(16 * 1024, from);
        while let Ok(Some(frame)) = frame::read(&mut from, CONTROL_MAX).await {
            match frame {
                Frame::Raw { kind: Raw::Output, of, at, bytes } => {
                    let len = bytes.len() as u64;
                    self.arrived(u32::try_from(of).unwrap_or(0), |incoming| {
                        incoming.next = at + len;
                        incoming.owed = incoming.owed.saturating_sub(len);
                        incoming.held += len;
                        incoming.queue.push_back(Piece::Bytes { offset: at, bytes });
                    });
                }
                Frame::Raw { kind: Raw::Back, of, at, bytes } => {
                    self.answered(of, Ok(Reply::Back { offset: at, bytes }));
                }
                Frame::Raw { kind: Raw::Input, .. } => return,
                Frame::Control(json) => match frame::understand(&json) {
                    Ok(Told::Answer { id, answer }) => self.answered(id, Ok(Reply::Answer(answer))),
                    Ok(Told::Fault { id, fault }) => self.answered(id, Err(fault.into())),
                    Ok(Told::Gap { stream, from, to }) => self.arrived(stream, |incoming| {
                        incoming.next = to;
                        incoming.queue.push_back(Piece::Gap { from, to });
                    }),
                    Ok(Told::End { stream, end }) => self.arrived(stream, |incoming| {
                        incoming.over = true;
                        incoming.queue.push_back(Piece::End(end));
                    }),
                    Err(_) => return,
                },
            }
        }
    }

    fn arrived(&self, stream: u32, what: impl FnOnce(&mut Incoming)) {
        // Unknown: its viewer left meanwhile.
        if let Some(incoming) = locked(&self.state).streams.get_mut(&stream) {
            what(incoming);
            incoming.news.notify_one();
        }
    }

    fn answered(&self, id: u64, reply: Result<Reply, PtyError>) {
        let waiting = locked(&self.state).waiting.remove(&id);
        match waiting.map(|waiting| waiting.waiter) {
            Some(Waiter::Viewer(caller, stream)) => {
                if let Ok(Reply::Answer(Answer::Attached { offset })) = &reply
                    && let Some(incoming) = locked(&self.state).streams.get_mut(&stream)
                {
                    (incoming.attached, incoming.next) = (true, *offset);
                }
                let _ = caller.send(reply);
            }
            Some(Waiter::Caller(caller)) => _ = caller.send(reply),
            Some(Waiter::Reattach(stream)) if reply.is_err() => self.arrived(stream, |incoming| incoming.over = true),
            _ => {}
        }
    }
}
