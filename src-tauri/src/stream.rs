//! The two streams into the page: events of the office, and the bytes of a desk's terminal. Both take from the office only
//! while the page keeps up (`flow.rs`). Terminal bytes go as they are, behind eight bytes of offset; never as JSON.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::FutureExt;
use office_core::{Refusal, Seq};
use office_door::{Client, ClientError, EventStream, Offset, RawEvent, Terminal, TerminalNews};
use serde::Serialize;
use tauri::async_runtime::{JoinHandle, spawn};
use tauri::ipc::{Channel, InvokeResponseBody};
use tokio::time::Instant;

use crate::flow::Flow;

/// Events that may be under way to the page; beyond, the office keeps them.
const EVENTS: u64 = 2048;
/// Events in one message, and about so many bytes of them.
const BATCH: u64 = 512;
const BATCH_BYTES: usize = 512 * 1024;
/// Messages with events are at least so far apart: each costs the page a question, and nobody sees more of them. The first
/// after a pause goes at once.
const APART: Duration = Duration::from_millis(33);
/// Bytes of one terminal that may be under way to the page.
const BYTES: u64 = 512 * 1024;
/// And where the page wants fewer, at least so many.
const LEAST: u64 = 4096;
/// Bytes in one message. Each costs the page a question of its own, so they are large where much is printed.
const MESSAGE: usize = 256 * 1024;
/// For the same reason messages with a terminal's bytes are so far apart: about one of the page's pictures, and longer where it wants
/// only to glance at them. The first after a pause goes at once.
const PICTURE: Duration = Duration::from_millis(16);
const GLANCE: Duration = Duration::from_millis(100);

/// What is said of a terminal beside its bytes.
#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Said {
    Gap { from: u64, to: u64 },
    Ended { how: String },
    Lost,
}

/// An attached terminal.
struct Open {
    client: Client,
    desk: String,
    flow: Arc<Flow>,
    reader: JoinHandle<()>,
}

/// The page's subscription.
struct Subscribed {
    flow: Arc<Flow>,
    reader: JoinHandle<()>,
}

/// All streams of the page.
#[derive(Default)]
pub struct Streams {
    terminals: Mutex<HashMap<u32, Open>>,
    last: AtomicU32,
    events: Mutex<Option<Subscribed>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing that runs under these locks can leave them half changed.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Streams {
    /// Pushes events after `since` to the page, in batches; takes the place of an earlier subscription.
    pub async fn subscribe(
        &self,
        client: Client,
        since: Seq,
        page: Channel<InvokeResponseBody>,
    ) -> Result<(), Refusal> {
        // The one before is gone first: on the same connection it would take what is meant for this one.
        let before = lock(&self.events).take();
        if let Some(before) = before {
            before.reader.abort();
            let _ = before.reader.await;
        }
        let events = client.events(since).await.map_err(ClientError::refusal)?;
        let flow = Arc::new(Flow::default());
        let reader = spawn(push_events(events, flow.clone(), page));
        if let Some(before) = lock(&self.events).replace(Subscribed { flow, reader }) {
            before.reader.abort();
        }
        Ok(())
    }

    /// The page has taken so many events.
    pub fn took(&self, events: u64) {
        if let Some(subscribed) = &*lock(&self.events) {
            subscribed.flow.taken(events);
        }
    }

    /// Attaches to a desk's terminal; gives back the number the page calls it by.
    pub async fn open(
        &self,
        client: Client,
        desk: String,
        from: Option<Offset>,
        window: Option<u32>,
        page: Channel<InvokeResponseBody>,
    ) -> Result<u32, Refusal> {
        let window = window.map_or(BYTES, |window| u64::from(window).clamp(LEAST, BYTES));
        let credit = u32::try_from(window).unwrap_or(u32::MAX);
        let terminal = client.terminal_within(&desk, from, credit).await.map_err(ClientError::refusal)?;
        let id = self.last.fetch_add(1, Ordering::Relaxed);
        let flow = Arc::new(Flow::default());
        let reader = spawn(push_bytes(terminal, flow.clone(), window, page));
        lock(&self.terminals).insert(id, Open { client, desk, flow, reader });
        Ok(id)
    }

    /// The page drew so many bytes of a terminal.
    pub fn drew(&self, id: u32, bytes: u64) {
        if let Some(open) = lock(&self.terminals).get(&id) {
            open.flow.taken(bytes);
        }
    }

    /// Whose terminal that is, and the connection it came by.
    pub fn terminal(&self, id: u32) -> Option<(Client, String)> {
        lock(&self.terminals).get(&id).map(|open| (open.client.clone(), open.desk.clone()))
    }

    /// Detaches from a terminal.
    pub fn close(&self, id: u32) {
        if let Some(open) = lock(&self.terminals).remove(&id) {
            open.reader.abort();
        }
    }

    /// A page that was loaded again knows nothing of the streams of the one before.
    pub fn clear(&self) {
        for (_, open) in lock(&self.terminals).drain() {
            open.reader.abort();
        }
        if let Some(before) = lock(&self.events).take() {
            before.reader.abort();
        }
    }
}

/// Ends with the connection, or when the page is gone.
///
/// Events go to the page as they came: what they mean is the page's to know.
async fn push_events(mut events: EventStream, flow: Arc<Flow>, page: Channel<InvokeResponseBody>) {
    loop {
        flow.below(EVENTS).await;
        let Ok(first) = events.next_raw().await else { return };
        let mut batch = Batch::of(&first);
        // What is there already goes along.
        while batch.takes_more()
            && let Some(Ok(next)) = events.next_raw().now_or_never()
        {
            batch.add(&next);
        }
        flow.sent(batch.events);
        if page.send(batch.message()).is_err() {
            return;
        }
        tokio::time::sleep(APART).await;
    }
}

/// A JSON array of pushes, made of those that came.
struct Batch {
    json: String,
    events: u64,
}

impl Batch {
    fn of(first: &RawEvent) -> Self {
        let mut batch = Self { json: String::from("["), events: 0 };
        batch.add(first);
        batch
    }

    fn add(&mut self, event: &RawEvent) {
        if self.events > 0 {
            self.json.push(',');
        }
        // JSON is always text; the client has read it.
        self.json.push_str(&String::from_utf8_lossy(&event.json));
        self.events += 1;
    }

    fn takes_more(&self) -> bool {
        self.events < BATCH && self.json.len() < BATCH_BYTES
    }

    fn message(mut self) -> InvokeResponseBody {
        self.json.push(']');
        InvokeResponseBody::Json(self.json)
    }
}

async fn push_bytes(mut terminal: Terminal, flow: Arc<Flow>, window: u64, page: Channel<InvokeResponseBody>) {
    let apart = if window < BYTES { GLANCE } else { PICTURE };
    let most = MESSAGE.min(usize::try_from(window).unwrap_or(MESSAGE));
    let mut due = Instant::now();
    let mut kept = None;
    loop {
        flow.below(window).await;
        let news = match kept.take() {
            Some(news) => news,
            None => terminal.next().await,
        };
        let over = !matches!(news, Ok(TerminalNews::Bytes { .. } | TerminalNews::Gap { .. }));
        let body = match news {
            Ok(TerminalNews::Bytes { offset, bytes }) => {
                let mut message = Vec::with_capacity(8 + bytes.len());
                message.extend_from_slice(&offset.to_le_bytes());
                message.extend_from_slice(&bytes);
                // While the page has enough to do, what comes meanwhile goes along. Half a window is more than it draws before it says so.
                let after = due;
                let wanted = async {
                    tokio::time::sleep_until(after).await;
                    flow.below(window / 2).await;
                };
                tokio::pin!(wanted);
                while message.len() < most {
                    tokio::select! {
                        biased;
                        next = terminal.next() => match next {
                            Ok(TerminalNews::Bytes { offset: at, bytes }) if at == offset + (message.len() - 8) as u64 => {
                                message.extend_from_slice(&bytes);
                            }
                            other => {
                                kept = Some(other);
                                break;
                            }
                        },
                        () = &mut wanted => break,
                    }
                }
                due = Instant::now() + apart;
                flow.sent((message.len() - 8) as u64);
                InvokeResponseBody::Raw(message)
            }
            Ok(TerminalNews::Gap { from, to }) => said(&Said::Gap { from, to }),
            Ok(TerminalNews::Ended { how }) => said(&Said::Ended { how }),
            Err(_) => said(&Said::Lost),
        };
        if page.send(body).is_err() || over {
            return;
        }
    }
}

fn said(what: &Said) -> InvokeResponseBody {
    // Words and numbers always have a JSON form.
    InvokeResponseBody::Json(serde_json::to_string(what).unwrap_or_else(|_| "{\"kind\":\"lost\"}".to_owned()))
}
