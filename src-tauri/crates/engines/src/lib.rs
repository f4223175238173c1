//! Knows how each engine is launched and what it is told: bytes in, meaning out. Engines are data, in `engines/*.toml`.
//! It starts no process and reads no file; the text of engine files is handed in.

pub mod briefing;
pub mod plan;
pub mod script;
pub mod spec;

pub use briefing::Briefing;
pub use plan::LaunchPlan;
pub use spec::{EngineError, EngineSpec, shipped};
