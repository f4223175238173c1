//! A wall clock that a test turns, and ids that count.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use office_core::At;
use office_core::ports::{Clock, Ids};

/// Stands still until it is turned.
#[derive(Debug)]
pub struct FakeClock(AtomicI64);

impl FakeClock {
    /// A clock that stands at this moment.
    pub fn at(moment: &str) -> Self {
        Self(AtomicI64::new(moment.parse::<At>().expect("a moment").millis()))
    }

    /// Turns it by so many seconds, back if negative.
    pub fn turn(&self, seconds: i64) {
        self.0.fetch_add(seconds * 1000, Ordering::SeqCst);
    }
}

impl Clock for FakeClock {
    fn now(&self) -> At {
        At::from_millis(self.0.load(Ordering::SeqCst))
    }
}

/// Tokens that count up: unguessable is not what a test needs.
#[derive(Debug, Default)]
pub struct CountingIds(AtomicU64);

impl Ids for CountingIds {
    fn token(&self) -> String {
        format!("{:064x}", self.0.fetch_add(1, Ordering::SeqCst))
    }
}
