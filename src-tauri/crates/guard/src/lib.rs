//! The command guard: says of a shell command or an edit whether it goes ahead, waits for the owner or is refused, by rules
//! that are data. It judges what a line would do, not how it is spelled. It runs nothing: the worker that must be killed
//! when it takes too long is started by whoever may start processes.

pub mod action;
pub mod guard;
pub mod host;
pub mod judge;
pub mod limits;
pub mod path;
pub mod pattern;
pub mod rules;
mod shell;
pub mod spec;
pub mod standing;
mod told;
pub mod tool;
pub mod verdict;
pub mod wire;
pub mod worker;
pub mod world;

pub use guard::Guard;
pub use judge::{Asked, Explained, Judge};
pub use path::Scene;
pub use rules::{Origin, Policy, RuleError};
pub use verdict::{Category, Said, Verdict};
