//! A viewer's place in the output of a session of this process. It copies from memory and never holds the session up.

use std::sync::Arc;

use async_trait::async_trait;

use crate::host::{Piece, View, ViewFrom};
use crate::session::{Session, locked};

/// The most bytes in one piece.
const PIECE: usize = 64 * 1024;

pub(crate) struct LocalView {
    session: Arc<Session>,
    offset: u64,
    credit: u64,
    ended: bool,
}

impl LocalView {
    pub(crate) fn new(session: Arc<Session>, from: ViewFrom) -> Self {
        let offset = {
            let ring = locked(&session.ring);
            match from {
                ViewFrom::Offset(offset) => offset.min(ring.end()),
                ViewFrom::Last(bytes) => ring.end().saturating_sub(bytes).max(ring.start()),
            }
        };
        Self { session, offset, credit: 0, ended: false }
    }

    /// What can be had now.
    fn take(&mut self) -> Option<Piece> {
        // Read before the ring: once the end is known nothing is added, so nothing can be missed.
        let end = *self.session.end.borrow();
        let ring = locked(&self.session.ring);
        if self.offset < ring.start() {
            let from = std::mem::replace(&mut self.offset, ring.start());
            return Some(Piece::Gap { from, to: self.offset });
        }
        if self.offset < ring.end() {
            let max = usize::try_from(self.credit).unwrap_or(usize::MAX).min(PIECE);
            if max == 0 {
                return None;
            }
            let bytes = ring.copy(self.offset, max);
            let offset = self.offset;
            self.offset += bytes.len() as u64;
            self.credit -= bytes.len() as u64;
            return Some(Piece::Bytes { offset, bytes });
        }
        end.map(|end| {
            self.ended = true;
            Piece::End(end)
        })
    }
}

#[async_trait]
impl View for LocalView {
    async fn next(&mut self) -> Option<Piece> {
        loop {
            if self.ended {
                return None;
            }
            let session = Arc::clone(&self.session);
            let news = session.news.notified();
            tokio::pin!(news);
            // Listen first, look then: news in between are not lost.
            news.as_mut().enable();
            if let Some(piece) = self.take() {
                return Some(piece);
            }
            news.await;
        }
    }

    fn grant(&mut self, bytes: u64) {
        self.credit = self.credit.saturating_add(bytes);
    }
}
