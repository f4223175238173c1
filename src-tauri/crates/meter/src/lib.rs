//! The way of an agent's calls to its model: a server on loopback, at a path nobody else knows, one for each run. It passes calls
//! on as they come, reads from the answers what they took, and lets none begin when a budget is spent. It lives as long as its
//! run's program, with or without a runtime. Neither prompts nor keys are kept or written down anywhere.

pub mod account;
pub mod budget;
mod call;
mod config;
mod flow;
pub mod read;
mod refuse;
mod serve;
mod start;
pub mod usage;

pub use self::config::{Config, Model, Placed, Speaks};
pub use self::start::{PORT, PROGRAM, SOCKET, main, words};

/// What is wrong with a meter.
#[derive(Debug, thiserror::Error)]
pub enum MeterError {
    /// It was called in another way than it can be.
    #[error("usage: office-meter run CONFIG -- COMMAND...")]
    Usage,
    /// A file of its own could not be read or written.
    #[error("{path}: {error}")]
    File {
        /// Which.
        path: String,
        /// What is wrong.
        error: String,
    },
    /// It could not begin to listen, or to leave itself behind.
    #[error("{doing}: {error}")]
    System {
        /// What was tried.
        doing: &'static str,
        /// What is wrong.
        error: std::io::Error,
    },
    /// Where the calls are to go is no address of a server.
    #[error("the address of the model's server cannot be used: {why}")]
    Upstream {
        /// Why.
        why: String,
    },
    /// This machine knows no authority that vouches for servers.
    #[error("no certificates of this machine could be read: {why}; install the package `ca-certificates`")]
    Certificates {
        /// Why.
        why: String,
    },
}
