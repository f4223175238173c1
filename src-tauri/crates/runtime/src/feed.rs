//! Feeds a subscription: first what is in the log, then what happens, without a gap and without doubles. What was missed comes
//! with the things it changed, too: a window that is given an event without them would show what was before it for ever.
//! Not here: who may subscribe (`listen.rs`).

use std::fmt::Display;
use std::sync::Arc;
use std::time::Duration;

use office_core::Seq;
use office_door::{EventFrame, Offered, Outbox};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

use crate::office_loop::FeedItem;
use crate::world::World;

/// Events that are read from the log at once.
const PAGE: u32 = 500;
/// A log that could not be read is read again after so long.
const AGAIN: Duration = Duration::from_secs(1);

/// Feeds until the follower or the office is gone.
pub(crate) async fn feed(world: &World, since: Seq, mut live: Receiver<Arc<FeedItem>>, outbox: &Outbox) {
    let mut last = since;
    loop {
        let Ok(missed) = world.handle.missed(last).await else { return };
        while last < missed.upto {
            if !outbox.room_for_events().await {
                return;
            }
            let events = readable(AGAIN, || world.store.events(last, None, PAGE)).await;
            if events.is_empty() {
                break;
            }
            for envelope in events.iter().take_while(|envelope| envelope.seq <= missed.upto) {
                last = envelope.seq;
                let nouns = missed.nouns.get(&last).map_or(&[][..], Vec::as_slice);
                if !offer(outbox, EventFrame::new(envelope, nouns).ok().as_ref()) {
                    return;
                }
            }
        }
        loop {
            match live.recv().await {
                Ok(item) if item.envelope.seq <= last => {}
                Ok(item) => {
                    last = item.envelope.seq;
                    if !offer(outbox, item.frame()) {
                        return;
                    }
                }
                Err(RecvError::Lagged(_)) => break, // what was missed is in the log
                Err(RecvError::Closed) => return,
            }
        }
    }
}

/// What was read, however often it takes: whoever follows would otherwise hear nothing for ever, and not know it.
async fn readable<T, E, R>(again: Duration, read: impl Fn() -> R) -> T
where
    E: Display,
    R: Future<Output = Result<T, E>>,
{
    loop {
        match read().await {
            Ok(found) => return found,
            Err(error) => tracing::warn!(%error, "the log cannot be read for one who follows it; trying again"),
        }
        tokio::time::sleep(again).await;
    }
}

/// False when nothing more is to be offered. One that fits no frame is left out, and its follower sees that it is.
fn offer(outbox: &Outbox, frame: Option<&EventFrame>) -> bool {
    frame.is_none_or(|frame| outbox.event(frame) == Offered::Queued)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[tokio::test]
    async fn a_log_that_cannot_be_read_is_read_again_until_it_can() {
        let tries = AtomicU32::new(0);
        let read = || async {
            match tries.fetch_add(1, Ordering::Relaxed) {
                0..3 => Err("a page is gone"),
                _ => Ok(vec![Seq(7)]),
            }
        };
        assert_eq!(readable(Duration::from_millis(1), read).await, [Seq(7)]);
        assert_eq!(tries.load(Ordering::Relaxed), 4);
    }
}
