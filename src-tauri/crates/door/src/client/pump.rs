//! Moves frames for everyone who waits on a connection. There is no task behind it: of those who wait, one holds the socket
//! and hands out what arrives; when it has its own, it goes and the next takes over.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};

use tokio::io::AsyncWriteExt;
use tokio::sync::{Mutex as AsyncMutex, Notify, oneshot};

use super::ClientError;
use super::events::{Inbox, RawEvent};
use crate::frame::{self, Frame, FrameError, FrameReader};
use crate::transport::{ReadHalf, WriteHalf};
use crate::wire::{Answer, Ask, Push, Request};

/// What arrived for a terminal.
#[derive(Debug)]
pub(super) enum Arrived {
    Bytes { offset: u64, bytes: Vec<u8> },
    Gap { from: u64, to: u64 },
    Ended { how: String },
}

type Reply = oneshot::Receiver<Result<Answer, ClientError>>;

#[derive(Debug, Default)]
pub(super) struct Rooms {
    last_id: u32,
    asks: BTreeMap<u32, oneshot::Sender<Result<Answer, ClientError>>>,
    pub(super) events: Option<Inbox>,
    pub(super) terminals: BTreeMap<u32, VecDeque<Arrived>>,
    to_write: VecDeque<u8>,
    lost: Option<String>,
}

#[derive(Debug)]
struct Shared {
    rooms: Mutex<Rooms>,
    socket: AsyncMutex<(FrameReader<ReadHalf>, WriteHalf)>,
    /// Something to write.
    filled: Notify,
    /// Something arrived for an event stream or a terminal.
    arrived: Notify,
}

/// The shared end of a connection.
#[derive(Clone, Debug)]
pub(super) struct Pump(Arc<Shared>);

/// Forgets a question when the one who asked went away.
struct Forget<'a>(&'a Pump, u32);

impl Drop for Forget<'_> {
    fn drop(&mut self) {
        self.0.rooms().asks.remove(&self.1);
    }
}

impl Pump {
    pub(super) fn new(reader: FrameReader<ReadHalf>, to: WriteHalf) -> Self {
        Self(Arc::new(Shared {
            rooms: Mutex::default(),
            socket: AsyncMutex::new((reader, to)),
            filled: Notify::new(),
            arrived: Notify::new(),
        }))
    }

    pub(super) fn rooms(&self) -> MutexGuard<'_, Rooms> {
        // Nothing that runs under this lock can leave it half changed.
        self.0.rooms.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    pub(super) async fn ask(&self, ask: Ask) -> Result<Answer, ClientError> {
        self.ask_and(ask, |_, _| ()).await
    }

    /// Asks, and changes something in the same breath: before the answer can arrive.
    pub(super) async fn ask_and(&self, ask: Ask, change: impl FnOnce(&mut Rooms, u32)) -> Result<Answer, ClientError> {
        let (id, mut answer) = self.put(ask, change)?;
        let _forget = Forget(self, id);
        let error = tokio::select! {
            biased;
            answer = &mut answer => return answer.unwrap_or_else(|_| Err(self.lost())),
            error = self.drive() => error,
        };
        // It may have arrived just before the connection ended.
        answer.try_recv().unwrap_or(Err(error))
    }

    /// Puts a question on its way without waiting for its answer.
    pub(super) fn send(&self, ask: Ask) -> Result<(), ClientError> {
        self.put(ask, |_, _| ()).map(drop)
    }

    fn put(&self, ask: Ask, change: impl FnOnce(&mut Rooms, u32)) -> Result<(u32, Reply), ClientError> {
        let (tell, answer) = oneshot::channel();
        let mut rooms = self.rooms();
        if let Some(why) = &rooms.lost {
            return Err(ClientError::Lost(why.clone()));
        }
        rooms.last_id = rooms.last_id.wrapping_add(1);
        let id = rooms.last_id;
        let frame = frame::control(&Request { id, ask }).map_err(too_long)?;
        rooms.to_write.extend(frame);
        rooms.asks.insert(id, tell);
        change(&mut rooms, id);
        drop(rooms);
        self.0.filled.notify_one();
        Ok((id, answer))
    }

    /// Waits until `take` finds something, moving frames meanwhile.
    pub(super) async fn wait<T>(&self, mut take: impl FnMut(&mut Rooms) -> Option<T>) -> Result<T, ClientError> {
        loop {
            // Registered before looking, so that nothing is missed between looking and waiting.
            let arrived = self.0.arrived.notified();
            tokio::pin!(arrived);
            arrived.as_mut().enable();
            if let Some(found) = take(&mut self.rooms()) {
                return Ok(found);
            }
            tokio::select! {
                biased;
                () = arrived => {}
                // It may have arrived just before the connection ended.
                error = self.drive() => return take(&mut self.rooms()).ok_or(error),
            }
        }
    }

    fn lost(&self) -> ClientError {
        ClientError::Lost(self.rooms().lost.clone().unwrap_or_else(|| "it was closed".to_owned()))
    }

    /// Moves frames for everyone, until the connection is lost. May be dropped at any await.
    async fn drive(&self) -> ClientError {
        let mut socket = self.0.socket.lock().await;
        if self.rooms().lost.is_some() {
            return self.lost();
        }
        let why = match self.turn(&mut socket).await {
            Ok(()) => "the office closed it".to_owned(),
            Err(error) => error.to_string(),
        };
        let mut rooms = self.rooms();
        rooms.lost = Some(why);
        // Their receivers see the closed channel and report the loss.
        rooms.asks.clear();
        drop(rooms);
        self.0.arrived.notify_waiters();
        self.lost()
    }

    async fn turn(&self, socket: &mut (FrameReader<ReadHalf>, WriteHalf)) -> Result<(), FrameError> {
        let (reader, to) = socket;
        loop {
            // A copy of the front is written; it is taken off only once it is, so that being dropped here loses nothing.
            let front: Vec<u8> = self.rooms().to_write.iter().take(64 * 1024).copied().collect();
            tokio::select! {
                frame = reader.next() => match frame? {
                    None => return Ok(()),
                    Some(frame) => self.hand_out(frame),
                },
                written = to.write(&front), if !front.is_empty() => {
                    let written = written?;
                    self.rooms().to_write.drain(..written);
                }
                () = self.0.filled.notified(), if front.is_empty() => {}
            }
        }
    }

    fn hand_out(&self, frame: Frame) {
        let mut rooms = self.rooms();
        let json = match frame {
            Frame::Bytes { stream, offset, bytes } => {
                rooms.arrive(stream, Arrived::Bytes { offset, bytes });
                drop(rooms);
                return self.0.arrived.notify_waiters();
            }
            Frame::Control(json) => json,
        };
        if let Some(seq) = RawEvent::quick_seq(&json) {
            rooms.event(RawEvent { seq, json });
            drop(rooms);
            return self.0.arrived.notify_waiters();
        }
        match frame::understand::<Push>(&json) {
            Ok(Push::Answer { id, answer }) => {
                if let Some(inbox) = &mut rooms.events {
                    inbox.answered(id);
                }
                rooms.tell(id, Ok(answer));
            }
            Ok(Push::Refusal { id, refusal }) => rooms.tell(id, Err(ClientError::Refused(refusal))),
            Ok(Push::Event { envelope, .. }) => rooms.event(RawEvent { seq: envelope.seq, json }),
            Ok(Push::Lagged { .. }) => {
                if let Some(inbox) = &mut rooms.events {
                    inbox.lagged();
                }
            }
            Ok(Push::Gap { stream, from, to }) => {
                let (from, to) = (from.parse().unwrap_or(0), to.parse().unwrap_or(0));
                rooms.arrive(stream, Arrived::Gap { from, to });
            }
            Ok(Push::TerminalEnded { stream, how }) => rooms.arrive(stream, Arrived::Ended { how }),
            // A newer office may tell or answer what this client cannot read; only the one who asked has to know.
            Err(error) => match RawEvent::seq_of(&json) {
                Some(seq) => rooms.event(RawEvent { seq, json }),
                None => {
                    let id = serde_json::from_slice::<serde_json::Value>(&json).ok();
                    let id = id.and_then(|value| value.get("id")?.as_u64()?.try_into().ok());
                    if let Some(id) = id {
                        rooms.tell(id, Err(ClientError::Lost(format!("its answer cannot be read: {error}"))));
                    }
                }
            },
        }
        drop(rooms);
        self.0.arrived.notify_waiters();
    }
}

impl Rooms {
    fn event(&mut self, event: RawEvent) {
        if let Some(inbox) = &mut self.events {
            inbox.event(event);
        }
    }

    fn tell(&mut self, id: u32, reply: Result<Answer, ClientError>) {
        if let Some(tell) = self.asks.remove(&id) {
            // Whoever asked may be gone; then nobody misses it.
            let _ = tell.send(reply);
        }
    }

    /// A terminal's queue is bounded by the credit it was given; what comes for a closed one is dropped.
    fn arrive(&mut self, stream: u32, what: Arrived) {
        if let Some(queue) = self.terminals.get_mut(&stream) {
            queue.push_back(what);
        }
    }
}

fn too_long(error: FrameError) -> ClientError {
    ClientError::Refused(office_core::Refusal::new(
        office_core::Code::Limit,
        format!("this does not fit through the door: {error}"),
        "commit long material to the repository and name the file",
    ))
}
