//! How much all recordings of this process take together at the moment, so that each knows when effort spent on it is
//! taken from the programs. What follows from that is in `write`.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

/// It is counted over so many milliseconds.
const SPAN: u64 = 128;
/// From so many bytes in one span on it is a deluge: 16 MB/s, which is more than anybody prints to be read.
const DELUGE: u64 = 2 * 1024 * 1024;

/// Bytes of spans in turn; the number of the span is kept beside them, so that an old sum is not taken for a new one.
struct Meter {
    /// The span that is counted, in the upper half; its bytes in the lower.
    now: AtomicU64,
    /// Likewise the one before it.
    before: AtomicU64,
}

static ALL: Meter = Meter { now: AtomicU64::new(0), before: AtomicU64::new(0) };

fn span() -> u64 {
    static BEGAN: OnceLock<Instant> = OnceLock::new();
    let passed = BEGAN.get_or_init(Instant::now).elapsed().as_millis();
    // Spans are told apart for seventeen years.
    u64::try_from(passed).unwrap_or(u64::MAX) / SPAN + 2
}

impl Meter {
    /// Counts at `span`. A sum that is counted twice or not at all where two threads meet at a border does not matter.
    fn count(&self, span: u64, bytes: usize) {
        let bytes = (bytes as u64).min(u64::from(u32::MAX) / 4096);
        let seen = self.now.load(Ordering::Relaxed);
        if seen >> 32 == span {
            self.now.fetch_add(bytes, Ordering::Relaxed);
        } else if self.now.compare_exchange(seen, span << 32 | bytes, Ordering::Relaxed, Ordering::Relaxed).is_ok() {
            self.before.store(seen, Ordering::Relaxed);
        } else {
            self.now.fetch_add(bytes, Ordering::Relaxed);
        }
    }

    /// Whether the last whole span, or the one that is counted, is full.
    fn is_deluge(&self, span: u64) -> bool {
        [&self.now, &self.before].into_iter().any(|of| {
            let it = of.load(Ordering::Relaxed);
            span - (it >> 32).min(span) <= 1 && it & u64::from(u32::MAX) >= DELUGE
        })
    }
}

/// Counts what one recording takes.
pub(super) fn count(bytes: usize) {
    ALL.count(span(), bytes);
}

/// Whether all of them together take so much that they should be taken lightly.
pub(super) fn is_deluge() -> bool {
    ALL.is_deluge(span())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deluge_is_what_all_print_together_and_is_over_when_they_stop() {
        let meter = Meter { now: AtomicU64::new(0), before: AtomicU64::new(0) };
        for _ in 0..31 {
            meter.count(7, 65_536);
        }
        assert!(!meter.is_deluge(7));
        meter.count(7, 65_536);
        assert!(meter.is_deluge(7));
        meter.count(8, 1);
        assert!(meter.is_deluge(8), "the span before was full");
        meter.count(9, 1);
        assert!(!meter.is_deluge(9));
        assert!(!meter.is_deluge(100));
    }
}
