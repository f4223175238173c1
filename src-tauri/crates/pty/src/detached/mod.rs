//! The detached host: a small process that holds the programs, so that whoever asked for them may die or be upgraded.
//! [`start_detached`] starts or finds it, [`RemoteHost`] speaks to it, [`end_orphans`] clears up after one that was killed.
//! It knows what a session is and nothing else: no agent, no task, no reason why.

mod client;
mod connection;
mod daemon;
mod error;
mod fault;
mod frame;
mod handshake;
mod journal;
mod link;
mod lock;
mod log;
mod place;
mod protocol;
mod remote_view;
mod revive;
mod scope;
mod server;
mod start;
mod streams;

pub use client::RemoteHost;
pub use daemon::{HostOptions, run_host};
pub use error::DetachedError;
pub use journal::{Orphans, Past, begun_by, end_orphans, past};
pub use lock::Holder;
pub use protocol::{Held, OLDEST_PROTOCOL, PROTOCOL};
pub use revive::Revive;
pub use start::{LINGER, start_detached};
