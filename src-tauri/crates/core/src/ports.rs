//! The ports: the only way time and chance come in, so that an eight-hour night runs in a test in milliseconds.
//! The real ones are in `runtime`; tests bring their own.

use std::time::Duration;

use crate::time::At;

/// One look at every clock there is. They are compared with an earlier look; by themselves the last two mean nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Clocks {
    /// What the calendar says, which anybody may set.
    pub wall: At,
    /// How long the machine has run; stands still while it sleeps.
    pub running: Duration,
    /// How long it has been since the machine was started, asleep or not.
    pub passed: Duration,
}

/// The clocks.
pub trait Clock: Send + Sync + 'static {
    /// Now, by the wall clock.
    fn now(&self) -> At;
    /// All of them at once.
    fn clocks(&self) -> Clocks;
}

/// Unguessable ids and tokens.
pub trait Ids: Send + Sync + 'static {
    /// A fresh token of 256 random bits, as 64 hexadecimal digits.
    fn token(&self) -> String;
}
