//! Clocks that a test turns, and ids that count.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use office_core::At;
use office_core::ports::{Clock, Clocks, Ids};

/// Stand still until they are turned.
#[derive(Debug)]
pub struct FakeClock(Mutex<Clocks>);

impl FakeClock {
    /// Clocks that stand at this moment.
    pub fn at(moment: &str) -> Self {
        let wall = moment.parse().expect("a moment");
        Self(Mutex::new(Clocks { wall, running: Duration::ZERO, passed: Duration::ZERO }))
    }

    /// So many seconds pass in which the machine runs.
    pub fn turn(&self, seconds: u32) {
        let passed = Duration::from_secs(seconds.into());
        self.change(|it| {
            *it = Clocks {
                wall: it.wall.plus_seconds(seconds),
                running: it.running + passed,
                passed: it.passed + passed,
            };
        });
    }

    /// So many seconds pass in which it sleeps.
    pub fn slumber(&self, seconds: u32) {
        self.change(|it| {
            it.passed += Duration::from_secs(seconds.into());
            it.wall = it.wall.plus_seconds(seconds);
        });
    }

    /// Somebody sets the wall clock, back if negative; no time passes.
    pub fn set(&self, seconds: i64) {
        self.change(|it| it.wall = At::from_millis(it.wall.millis() + seconds * 1000));
    }

    fn change(&self, change: impl FnOnce(&mut Clocks)) {
        change(&mut self.0.lock().expect("nobody panics here"));
    }
}

impl Clock for FakeClock {
    fn now(&self) -> At {
        self.clocks().wall
    }

    fn clocks(&self) -> Clocks {
        *self.0.lock().expect("nobody panics here")
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
