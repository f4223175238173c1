//! The real ports: the system's clock and its randomness.

use office_core::At;
use office_core::ports::{Clock, Ids};
use rand::TryRngCore;

/// The system's wall clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the Clock port")]
    fn now(&self) -> At {
        At::from_millis(jiff::Timestamp::now().as_millisecond())
    }
}

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
