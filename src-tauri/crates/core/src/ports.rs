//! The ports: the only way time and chance come in, so that an eight-hour night runs in a test in milliseconds.
//! The real ones are in `runtime`; tests bring their own.

use crate::time::At;

/// The wall clock.
pub trait Clock: Send + Sync + 'static {
    /// Now.
    fn now(&self) -> At;
}

/// Unguessable ids and tokens.
pub trait Ids: Send + Sync + 'static {
    /// A fresh token of 256 random bits, as 64 hexadecimal digits.
    fn token(&self) -> String;
}
