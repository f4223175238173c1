//! A viewer's place in a session of the detached host. Its window bounds what can be under way, whatever its viewer
//! granted; after a drop it goes on at its offset.

use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::Notify;

use super::link::{Incoming, Link};
use super::protocol::Ask;
use crate::host::{Piece, View};
use crate::session::locked;

/// The most bytes on their way to one viewer.
const WINDOW: u64 = 512 * 1024;
/// Granted in portions, so that not every piece costs a frame back.
const PORTION: u64 = WINDOW / 4;

pub(super) struct RemoteView {
    link: Arc<Link>,
    stream: u32,
    news: Arc<Notify>,
    /// Granted by the viewer and not yet passed on.
    credit: u64,
}

impl RemoteView {
    pub(super) fn new(link: Arc<Link>, stream: u32, news: Arc<Notify>) -> Self {
        Self { link, stream, news, credit: 0 }
    }

    /// What has arrived: a piece, nothing yet (`Some(None)`), or nothing ever more.
    fn take(&mut self) -> Option<Option<Piece>> {
        let mut state = locked(&self.link.state);
        let incoming = state.streams.get_mut(&self.stream)?;
        let Some(piece) = incoming.queue.pop_front() else {
            return if incoming.over { None } else { Some(None) };
        };
        if let Piece::Bytes { bytes, .. } = &piece {
            incoming.held -= bytes.len() as u64;
        }
        if let Some(bytes) = portion(incoming, &mut self.credit) {
            self.link.say(&mut state, Ask::Grant { stream: self.stream, bytes });
        }
        Some(Some(piece))
    }
}

/// How much of the credit to pass on now.
fn portion(incoming: &mut Incoming, credit: &mut u64) -> Option<u64> {
    let room = WINDOW.saturating_sub(incoming.owed + incoming.held);
    let give = room.min(*credit);
    if give == 0 || (give < PORTION && incoming.owed > 0) {
        return None;
    }
    incoming.owed += give;
    *credit -= give;
    Some(give)
}

#[async_trait]
impl View for RemoteView {
    async fn next(&mut self) -> Option<Piece> {
        loop {
            if let Some(piece) = self.take()? {
                return Some(piece);
            }
            self.news.notified().await;
        }
    }

    fn grant(&mut self, bytes: u64) {
        self.credit = self.credit.saturating_add(bytes);
        let mut state = locked(&self.link.state);
        let Some(incoming) = state.streams.get_mut(&self.stream) else { return };
        // Without a connection nothing is said; what is owed goes along when the stream is taken up again.
        if let Some(bytes) = portion(incoming, &mut self.credit) {
            self.link.say(&mut state, Ask::Grant { stream: self.stream, bytes });
        }
    }
}

impl Drop for RemoteView {
    fn drop(&mut self) {
        self.link.close_stream(self.stream);
    }
}
