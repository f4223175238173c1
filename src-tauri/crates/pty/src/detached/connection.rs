//! One client's conversation: questions in, answers and output out. Whatever the client does, it holds up only itself.
//! What goes on without a client (starting, waiting for ends) is in `server`.

use std::collections::HashMap;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncWriteExt, BufReader};
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::{Semaphore, mpsc};
use tokio::task::{AbortHandle, JoinSet};

use super::fault::Fault;
use super::frame::{self, CONTROL_MAX, Frame, RAW_MAX, Raw};
use super::handshake;
use super::protocol::{Answer, Ask, Question, Told};
use super::revive::Wish;
use super::server::Host;
use super::streams::{Lanes, Outgoing, Stream};
use crate::host::{PtyHost, SessionId, ViewFrom};
use crate::process;

/// Answers and echoes that may wait for the client to read.
const ANSWERS: usize = 64;
/// Frames of bytes that may wait for the client to read, each at most 64 KiB of output or 1 MiB read back.
const BYTES: usize = 2;
/// Questions that may be open at once; waiting for an end is one.
const QUESTIONS: usize = 4096;
/// Streams that may be open at once.
const STREAMS: usize = 256;
/// Recordings that are read at once: each takes the memory of its answer.
const READS: usize = 4;
const KEY_MAX: usize = 1024;

struct Connection {
    host: Arc<Host>,
    protocol: u32,
    /// The client's process.
    pid: i32,
    out: Lanes,
    tasks: JoinSet<u64>,
    open: HashMap<u64, AbortHandle>,
    stream_tasks: JoinSet<()>,
    streams: HashMap<u32, Stream>,
    reads: Arc<Semaphore>,
}

/// Serves the client until it leaves or says something that is not the protocol.
pub(super) async fn serve(host: Arc<Host>, mut stream: UnixStream, pid: i32) {
    let protocol = match handshake::welcome(&mut stream, &host.instance, host.newest).await {
        Ok(protocol) => protocol,
        Err(why) => {
            host.log.say(&format!("process {pid} was not welcomed: {why}"));
            return;
        }
    };
    let (read, write) = stream.into_split();
    let (quick, quick_out) = mpsc::channel(ANSWERS);
    let (bytes, bytes_out) = mpsc::channel(BYTES);
    let connection = Connection {
        host: Arc::clone(&host),
        protocol,
        pid,
        out: Lanes { quick, bytes },
        tasks: JoinSet::new(),
        open: HashMap::new(),
        stream_tasks: JoinSet::new(),
        streams: HashMap::new(),
        reads: Arc::new(Semaphore::new(READS)),
    };
    let ended = tokio::select! {
        ended = connection.listen(read) => ended,
        ended = speak(write, quick_out, bytes_out) => ended,
    };
    if let Err(error) = ended
        && error.kind() == io::ErrorKind::InvalidData
    {
        host.log.say(&format!("process {pid} was cut off: {error}"));
    }
}

/// Answers and echoes overtake other bytes, so that a flood does not delay them.
async fn speak(
    mut to: OwnedWriteHalf,
    mut quick: mpsc::Receiver<Outgoing>,
    mut bytes: mpsc::Receiver<Outgoing>,
) -> io::Result<()> {
    loop {
        let next = tokio::select! {
            biased;
            Some(next) = quick.recv() => next,
            Some(next) = bytes.recv() => next,
            else => return Ok(()),
        };
        to.write_all(&next.frame).await?;
        next.written();
    }
}

/// What answers a question.
enum Reply {
    Answer(Answer),
    Back { offset: u64, bytes: Vec<u8> },
}

impl Connection {
    async fn listen(mut self, from: OwnedReadHalf) -> io::Result<()> {
        let mut from = BufReader::with_capacity(64 * 1024, from);
        while let Some(frame) = frame::read(&mut from, CONTROL_MAX).await? {
            while let Some(done) = self.tasks.try_join_next() {
                if let Ok(id) = done {
                    self.open.remove(&id);
                }
            }
            match frame {
                Frame::Control(json) => {
                    let Question { id, ask } = frame::understand(&json)?;
                    self.hear(id, ask).await?;
                }
                Frame::Raw { kind: Raw::Input, of, at, bytes } => {
                    let host = Arc::clone(&self.host);
                    self.answer_later(of, async move {
                        host.local.write(SessionId(at), bytes).await?;
                        Ok(Reply::Answer(Answer::Done))
                    })
                    .await;
                }
                Frame::Raw { .. } => return Err(io::Error::new(io::ErrorKind::InvalidData, "output from a client")),
            }
        }
        Ok(())
    }

    async fn hear(&mut self, id: u64, ask: Ask) -> io::Result<()> {
        match ask {
            Ask::Grant { stream, bytes } => {
                if let Some(stream) = self.streams.get(&stream) {
                    stream.grant(bytes);
                }
            }
            Ask::Detach { stream } => {
                self.streams.remove(&stream);
                while self.stream_tasks.try_join_next().is_some() {}
            }
            Ask::Withdraw { question } => {
                if let Some(task) = self.open.remove(&question) {
                    task.abort();
                }
            }
            Ask::Attach { stream, session, from, credit } => {
                let outcome = self.attach(stream, session, from).await;
                let told = match &outcome {
                    Ok((offset, _)) => Told::Answer { id, answer: Answer::Attached { offset: *offset } },
                    Err(fault) => Told::Fault { id, fault: fault.clone() },
                };
                // Before the first byte, so that the client knows where it is. An error is a client that is gone.
                let _ = self.out.quick.send(Outgoing::alone(frame::control(&told)?)).await;
                if let Ok((_, view)) = outcome {
                    let running = Stream::start(stream, view, credit, self.out.clone(), &mut self.stream_tasks);
                    self.streams.insert(stream, running);
                }
            }
            Ask::Revive { .. } | Ask::Held if self.protocol < 2 => {
                self.answer_later(id, async { Err(Fault::refused("that came with version 2 of the protocol")) }).await;
            }
            Ask::Revive { revive } => {
                let client = process::identity(self.pid);
                self.host.wish(revive.map(|revive| Wish { revive, client }));
                self.answer_later(id, async { Ok(Reply::Answer(Answer::Done)) }).await;
            }
            ask => {
                let (host, reads) = (Arc::clone(&self.host), Arc::clone(&self.reads));
                self.answer_later(id, async move { answer(&host, &reads, ask).await }).await;
            }
        }
        Ok(())
    }

    /// Answers when it is known; the conversation goes on meanwhile. Tasks begin in the order of their questions, so
    /// that input arrives as it was sent.
    async fn answer_later(&mut self, id: u64, reply: impl Future<Output = Result<Reply, Fault>> + Send + 'static) {
        let out = self.out.clone();
        let full = self.tasks.len() >= QUESTIONS;
        let task = async move {
            let reply = if full { Err(Fault::refused("too many open questions")) } else { reply.await };
            let told = match reply {
                Ok(Reply::Back { offset, bytes: back }) => {
                    let _ = out.bytes.send(Outgoing::alone(frame::raw(Raw::Back, id, offset, &back))).await;
                    return id;
                }
                Ok(Reply::Answer(answer)) => Told::Answer { id, answer },
                Err(fault) => Told::Fault { id, fault },
            };
            if let Ok(frame) = frame::control(&told) {
                // An error is a client that is gone.
                let _ = out.quick.send(Outgoing::alone(frame)).await;
            }
            id
        };
        if full {
            task.await;
        } else {
            let handle = self.tasks.spawn(task);
            self.open.insert(id, handle);
        }
    }

    async fn attach(
        &mut self,
        stream: u32,
        session: SessionId,
        from: ViewFrom,
    ) -> Result<(u64, Box<dyn crate::host::View>), Fault> {
        self.streams.remove(&stream);
        if self.streams.len() >= STREAMS {
            return Err(Fault::refused("too many open streams"));
        }
        let memory = self.host.local.session(session).await?.in_memory;
        // Settled here, so that after a cut the client asks for the very next byte.
        let offset = match from {
            ViewFrom::Offset(offset) => offset.min(memory.end),
            ViewFrom::Last(bytes) => memory.end.saturating_sub(bytes).max(memory.start),
        };
        Ok((offset, self.host.local.attach(session, ViewFrom::Offset(offset)).await?))
    }
}

async fn answer(host: &Arc<Host>, reads: &Semaphore, ask: Ask) -> Result<Reply, Fault> {
    let local = &host.local;
    let answer = match ask {
        Ask::Spawn { key, .. } if key.len() > KEY_MAX => return Err(Fault::refused("the key is too long")),
        Ask::Spawn { key, spec } => Answer::Spawned(host.spawn(key, *spec).await?),
        Ask::Recorded { session, offset, max } => {
            let _one = reads.acquire().await;
            let max = usize::try_from(max).unwrap_or(usize::MAX).min(RAW_MAX);
            let back = local.recorded(session, offset, max).await?;
            return Ok(Reply::Back { offset: back.offset, bytes: back.bytes });
        }
        Ask::StderrTail { session } => {
            return Ok(Reply::Back { offset: 0, bytes: local.stderr_tail(session).await? });
        }
        Ask::CloseInput { session } => {
            local.close_input(session).await?;
            Answer::Done
        }
        Ask::Resize { session, size } => {
            local.resize(session, size).await?;
            Answer::Done
        }
        Ask::Signal { session, signal } => {
            local.signal(session, signal).await?;
            Answer::Done
        }
        Ask::Terminate { session, grace_ms } => {
            Answer::Ended(local.terminate(session, Duration::from_millis(grace_ms)).await?)
        }
        Ask::Exited { session } => Answer::Exit(local.exited(session).await?),
        Ask::OutputEnded { session } => Answer::OutputEnd(local.output_ended(session).await?),
        Ask::Session { session } => Answer::Session(local.session(session).await?),
        Ask::Sessions => Answer::Sessions(local.sessions().await?),
        Ask::Forget { session } => {
            host.forget(session).await?;
            Answer::Done
        }
        Ask::Held => Answer::Held(host.held().await?),
        // Heard before they come here.
        Ask::Attach { .. } | Ask::Grant { .. } | Ask::Detach { .. } | Ask::Withdraw { .. } | Ask::Revive { .. } => {
            Answer::Done
        }
    };
    Ok(Reply::Answer(answer))
}
