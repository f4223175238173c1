//! The runtime's side of one connection: the handshake, then the client's questions one by one.
//! Whom a token makes the client is the runtime's to say; what the answer is, too.

use std::time::Duration;

use office_core::{Actor, Code, Refusal};
use tokio::io::AsyncWriteExt;

use crate::frame::{self, Frame, FrameError, FrameReader};
use crate::outbox::{ASKS_MAX, Outbox, Writer, outbox};
use crate::transport::{Carrier, ReadHalf, WriteHalf};
use crate::wire::{Greeting, Hello, PROTOCOL, PROTOCOL_MIN, Request};

/// How long a client may take to say hello, and to take the greeting.
pub const HELLO_TIME: Duration = Duration::from_secs(5);
/// Longest hello.
pub const HELLO_MAX: usize = 16 * 1024;

/// A client that came in and has not said hello.
#[derive(Debug)]
pub struct Connection {
    reader: FrameReader<ReadHalf>,
    to: WriteHalf,
}

/// A client that said hello and waits for its greeting.
#[derive(Debug)]
pub struct Visitor {
    hello: Hello,
    protocol: u32,
    reader: FrameReader<ReadHalf>,
    to: WriteHalf,
}

impl Connection {
    pub(crate) fn new(carrier: Carrier) -> Self {
        let (from, to) = carrier.split();
        let mut reader = FrameReader::new(from);
        reader.limit_control(HELLO_MAX);
        Self { reader, to }
    }

    /// Reads the hello, within [`HELLO_TIME`]. A client whose versions do not fit is told so, with the way out; then, as for
    /// one that says nothing or nonsense, the answer is none.
    pub async fn hello(self) -> Option<Visitor> {
        let Self { mut reader, to } = self;
        let Ok(Ok(Some(Frame::Control(json)))) = tokio::time::timeout(HELLO_TIME, reader.next()).await else {
            return None;
        };
        let hello: Hello = frame::understand(&json).ok()?;
        let visitor = |protocol| Visitor { hello: hello.clone(), protocol, reader, to };
        match common_protocol(hello.min, hello.protocol) {
            Ok(protocol) => Some(visitor(protocol)),
            Err(refusal) => {
                visitor(PROTOCOL).refuse(refusal).await;
                None
            }
        }
    }
}

/// The newest protocol both sides speak, or which side is to be updated.
pub fn common_protocol(min: u32, newest: u32) -> Result<u32, Refusal> {
    let theirs = if min == newest { format!("protocol {min}") } else { format!("protocols {min} to {newest}") };
    let ours = if PROTOCOL_MIN == PROTOCOL { PROTOCOL.to_string() } else { format!("{PROTOCOL_MIN} to {PROTOCOL}") };
    let message = format!("this client speaks {theirs}, the office that runs here speaks {ours}");
    if min > PROTOCOL || min > newest {
        let way_out =
            "the runtime is the older one: end it (Ctrl-C where `office run` runs) and start the newer `office run`";
        return Err(Refusal::new(Code::Version, message, way_out));
    }
    if newest < PROTOCOL_MIN {
        let way_out = "the client is the older one: call the `office` of the version that runs here";
        return Err(Refusal::new(Code::Version, message, way_out));
    }
    Ok(newest.min(PROTOCOL))
}

impl Visitor {
    /// What it said of itself.
    pub fn said(&self) -> &Hello {
        &self.hello
    }

    /// Lets it in as `actor`. None when it is gone.
    pub async fn welcome(
        self,
        actor: Actor,
        office: &str,
        dir: &str,
        version: &str,
    ) -> Option<(Incoming, Outbox, Writer)> {
        let Self { protocol, mut reader, mut to, .. } = self;
        let (office, dir, version) = (office.to_owned(), dir.to_owned(), version.to_owned());
        if !greet(&mut to, &Greeting::Welcome { protocol, version, office, dir, actor }).await {
            return None;
        }
        reader.limit_control(frame::CONTROL_MAX);
        let (outbox, writer) = outbox(to);
        Some((Incoming { reader, outbox: outbox.clone() }, outbox, writer))
    }

    /// Turns it away.
    pub async fn refuse(mut self, refusal: Refusal) {
        greet(&mut self.to, &Greeting::Refused { refusal }).await;
    }
}

async fn greet(to: &mut WriteHalf, greeting: &Greeting) -> bool {
    let Ok(frame) = frame::control(greeting) else { return false };
    matches!(tokio::time::timeout(HELLO_TIME, to.write_all(&frame)).await, Ok(Ok(())))
}

/// The questions of one client. Dropping it closes the outbox.
#[derive(Debug)]
pub struct Incoming {
    reader: FrameReader<ReadHalf>,
    outbox: Outbox,
}

impl Incoming {
    /// The next question; none when the client has closed its side. Each must be answered once, by [`Outbox::reply`].
    /// While the client does not take its answers, nothing more is read from it. May be dropped at any await.
    pub async fn next(&mut self) -> Result<Option<Request>, FrameError> {
        loop {
            if !self.outbox.ready_for_asks().await {
                return Ok(None);
            }
            let json = match self.reader.next().await? {
                None => return Ok(None),
                Some(Frame::Bytes { .. }) => return Err(FrameError::BadBytes),
                Some(Frame::Control(json)) => json,
            };
            let request = match frame::understand::<Request>(&json) {
                Ok(request) => request,
                Err(error) => {
                    // A newer client may know questions that this runtime does not; the connection is still good.
                    let id = numbered(&json).ok_or(error)?;
                    let message = "the office that runs here does not know this question";
                    let way_out = "the runtime may be older than this client; restart it with the newer `office run`";
                    self.outbox.reply(id, Err(Refusal::new(Code::Version, message, way_out)));
                    continue;
                }
            };
            if self.outbox.open_ask(request.id)? {
                return Ok(Some(request));
            }
            let message = format!("{ASKS_MAX} questions of this connection are not answered yet");
            self.outbox.reply(request.id, Err(Refusal::new(Code::Limit, message, "wait for some answers first")));
        }
    }
}

impl Drop for Incoming {
    fn drop(&mut self) {
        self.outbox.close();
    }
}

fn numbered(json: &[u8]) -> Option<u32> {
    let value: serde_json::Value = serde_json::from_slice(json).ok()?;
    value.get("id")?.as_u64()?.try_into().ok()
}
