//! Knows how each engine is launched and what it is told and says: bytes in, meaning out. Engines are data, in
//! `engines/*.toml`. It starts no process and reads no file; the text of engine files is handed in.

pub mod briefing;
pub mod canary;
mod codex;
pub mod estimate;
pub mod hearing;
pub mod login;
pub mod meter;
pub mod plan;
pub mod read;
pub mod script;
mod shipped;
pub mod spec;
pub mod spend;
pub mod wrapper;

pub use briefing::{Briefing, Learned};
pub use plan::{Delivery, LaunchPlan, Setting};
pub use shipped::{shipped, shipped_wrappers};
pub use spec::{EngineError, EngineSpec};
pub use wrapper::WrapperSpec;
