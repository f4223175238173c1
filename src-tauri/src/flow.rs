//! Holds a stream into the page to what the page has taken: whoever sends counts up, whoever drew counts down, and while too
//! much is under way the sender waits. So a slow page costs neither memory nor the office its pace.

use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::Notify;

/// What is under way to the page, in bytes or in events.
#[derive(Debug, Default)]
pub struct Flow {
    under_way: AtomicU64,
    eased: Notify,
}

impl Flow {
    /// So much was sent.
    pub fn sent(&self, much: u64) {
        self.under_way.fetch_add(much, Ordering::AcqRel);
    }

    /// So much was taken; more than was sent counts as all of it.
    pub fn taken(&self, much: u64) {
        let ease = |now: u64| Some(now.saturating_sub(much));
        // Never fails: the closure always gives a value.
        let _ = self.under_way.fetch_update(Ordering::AcqRel, Ordering::Acquire, ease);
        self.eased.notify_one();
    }

    /// Waits until less than `most` is under way.
    pub async fn below(&self, most: u64) {
        while self.under_way.load(Ordering::Acquire) >= most {
            self.eased.notified().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn a_sender_waits_until_the_page_has_taken_enough() {
        let flow = Flow::default();
        flow.below(10).await;
        flow.sent(12);
        let soon = Duration::from_millis(20);
        assert!(tokio::time::timeout(soon, flow.below(10)).await.is_err());
        flow.taken(1);
        assert!(tokio::time::timeout(soon, flow.below(10)).await.is_err());
        flow.taken(5);
        flow.below(10).await;
        flow.taken(1_000_000);
        flow.below(1).await;
    }
}
