//! The test bench: a real office of its own per test, worked by its own commands; real repositories, real processes.
//! What is tested is in tests/tests/.

// A test's own code may fail loudly.
#![allow(clippy::unwrap_used, clippy::expect_used)]

pub mod bench;
pub mod clock;
pub mod escapes;
pub mod fake_host;
pub mod processes;
pub mod repo;
pub mod ssh;
pub mod within;

pub use bench::{Bench, Said, office_bin};
pub use repo::Repo;
