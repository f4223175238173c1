//! One viewer's stream on the host's side: takes from the session only what the client granted, and waits while the
//! client does not read. The session never waits for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::{Notify, mpsc};
use tokio::task::{AbortHandle, JoinSet};

use super::frame::{self, Raw};
use super::protocol::Told;
use crate::host::{Piece, View};

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
    pub(super) fn start(
        number: u32,
        view: Box<dyn View>,
        credit: u64,
        out: mpsc::Sender<Vec<u8>>,
        tasks: &mut JoinSet<()>,
    ) -> Self {
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

async fn run(number: u32, mut view: Box<dyn View>, credit: Arc<Credit>, out: mpsc::Sender<Vec<u8>>) {
    // What was missed and not yet said. A viewer without credit falls behind again and again, and is told once.
    let mut missed: Option<(u64, u64)> = None;
    loop {
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
            if out.send(frame).await.is_err() {
                return;
            }
        }
    }
}
