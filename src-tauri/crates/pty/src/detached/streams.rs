//! One viewer's stream on the host's side: takes from the session only what the client granted, and waits while the
//! client does not read. The session never waits for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::{Notify, mpsc};
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::Instant;

use super::frame::{self, Raw};
use super::protocol::Told;
use crate::host::{Piece, View};

/// Pieces up to this long overtake other streams' bytes: the echo of a key does not wait for somebody's flood.
const QUICK: usize = 512;
/// A stream that sent so much...
const BURST: usize = 64 * 1024;
/// ...within so long shows a flood. A program writes it in pieces of 4 KiB, and to wake for each costs the program more
/// than the bytes do; so the next ones are let gather first. Memory holds far more than comes in that time.
const GATHER: Duration = Duration::from_millis(3);

/// A frame on its way out, with a claim that is let go once it is written.
pub(super) struct Outgoing {
    pub(super) frame: Vec<u8>,
    under_way: Arc<()>,
}

impl Outgoing {
    /// One that nothing waits for.
    pub(super) fn alone(frame: Vec<u8>) -> Self {
        Self { frame, under_way: Arc::new(()) }
    }

    /// To be called once it is written.
    pub(super) fn written(self) {
        drop(self.under_way);
    }
}

/// The two queues to one client: what overtakes, and what is overtaken.
#[derive(Clone)]
pub(super) struct Lanes {
    pub(super) quick: mpsc::Sender<Outgoing>,
    pub(super) bytes: mpsc::Sender<Outgoing>,
}

#[derive(Default)]
struct Credit {
    granted: AtomicU64,
    news: Notify,
}

/// A running stream; dropping it ends it.
pub(super) struct Stream {
    credit: Arc<Credit>,
    task: AbortHandle,
}

impl Stream {
    pub(super) fn start(number: u32, view: Box<dyn View>, credit: u64, out: Lanes, tasks: &mut JoinSet<()>) -> Self {
        let shared = Arc::new(Credit { granted: AtomicU64::new(credit), news: Notify::new() });
        let task = tasks.spawn(run(number, view, Arc::clone(&shared), out));
        Self { credit: shared, task }
    }

    pub(super) fn grant(&self, bytes: u64) {
        self.credit.granted.fetch_add(bytes, Ordering::AcqRel);
        self.credit.news.notify_one();
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn run(number: u32, mut view: Box<dyn View>, credit: Arc<Credit>, out: Lanes) {
    // What was missed and not yet said. A viewer without credit falls behind again and again, and is told once.
    let mut missed: Option<(u64, u64)> = None;
    let under_way = Arc::new(());
    let (mut sent, mut since) = (0, Instant::now());
    loop {
        if sent >= BURST {
            if since.elapsed() < GATHER {
                tokio::time::sleep_until(since + GATHER).await;
            }
            (sent, since) = (0, Instant::now());
        } else if since.elapsed() >= GATHER {
            (sent, since) = (0, Instant::now());
        }
        let granted = credit.granted.swap(0, Ordering::AcqRel);
        if granted > 0 {
            view.grant(granted);
        }
        let piece = tokio::select! {
            () = credit.news.notified() => continue,
            piece = view.next() => piece,
        };
        if let Some(Piece::Gap { from, to }) = piece {
            missed = Some((missed.map_or(from, |(first, _)| first), to));
            continue;
        }
        if let Some(Piece::Bytes { bytes, .. }) = &piece {
            sent += bytes.len();
        }
        // What follows a gap comes at once if there is credit: memory begins where the gap ends.
        let gap = missed.take().map(|(from, to)| frame::control(&Told::Gap { stream: number, from, to }));
        let next = piece.and_then(|piece| match piece {
            Piece::Bytes { offset, bytes } => Some(Ok(frame::raw(Raw::Output, number.into(), offset, &bytes))),
            Piece::End(end) => Some(frame::control(&Told::End { stream: number, end })),
            Piece::Gap { .. } => None,
        });
        let Some(next) = next else { return };
        for frame in gap.into_iter().chain([next]) {
            let Ok(frame) = frame else { return };
            // Only when nothing of this stream is before it, so that its order stays.
            let quick = frame.len() <= QUICK && Arc::strong_count(&under_way) == 1;
            let lane = if quick { &out.quick } else { &out.bytes };
            if lane.send(Outgoing { frame, under_way: Arc::clone(&under_way) }).await.is_err() {
                return;
            }
        }
    }
}
