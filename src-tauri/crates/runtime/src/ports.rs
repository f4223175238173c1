//! The real ports: the system's clock and its randomness.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use nix::time::ClockId;
use office_core::At;
use office_core::ports::{Clock, Clocks, Ids};
use rand::TryRngCore;

/// The system's wall clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the Clock port")]
    fn now(&self) -> At {
        At::from_millis(jiff::Timestamp::now().as_millisecond())
    }

    fn clocks(&self) -> Clocks {
        static BEGAN: OnceLock<Instant> = OnceLock::new();
        // Stands still while the machine sleeps, on Linux and macOS alike.
        let running = BEGAN.get_or_init(Instant::now).elapsed();
        // It is there on every system this is built for; if it cannot be read it stands still, and no sleep is seen.
        Clocks { wall: self.now(), running, passed: PASSED.now().map_or(Duration::ZERO, Duration::from) }
    }
}

/// Goes on while the machine sleeps.
#[cfg(target_os = "linux")]
const PASSED: ClockId = ClockId::CLOCK_BOOTTIME;
#[cfg(not(target_os = "linux"))]
const PASSED: ClockId = ClockId::CLOCK_MONOTONIC;

/// The system's randomness.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemIds;

impl Ids for SystemIds {
    fn token(&self) -> String {
        let mut bytes = [0_u8; 32];
        // Without randomness there is no token; an all-zero one would be a key under the mat.
        if rand::rngs::OsRng.try_fill_bytes(&mut bytes).is_err() {
            std::process::abort();
        }
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}
