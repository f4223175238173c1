//! What can go wrong before a program runs in its sandbox. It then does not run at all.

use std::path::PathBuf;

/// Why a program was not started.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// Called wrongly.
    #[error("usage: office-sandbox run POLICY -- COMMAND...")]
    Usage,
    /// The policy does not read.
    #[error("the policy does not read: {0}")]
    Policy(String),
    /// A path that cannot be shown.
    #[error("{} cannot be shown in a sandbox: {why}", path.display())]
    Path {
        /// Which.
        path: PathBuf,
        /// Why not.
        why: String,
    },
    /// bwrap is missing.
    #[error("bubblewrap is missing: install the package `bubblewrap` (the program bwrap)")]
    NoBubblewrap,
    /// Called by root, without a user to be instead.
    #[error("nothing is run as root: the policy names no user to run as")]
    Root,
    /// The system said no.
    #[error("{doing}: {source}")]
    Refused {
        /// What was tried.
        doing: String,
        /// What it said.
        source: std::io::Error,
    },
    /// No sandbox of this kind.
    #[error("this system has no sandbox that Afterhours knows")]
    Unknown,
}

/// For `map_err`: what was being done.
#[cfg(target_os = "linux")]
pub(crate) fn doing(doing: impl Into<String>) -> impl FnOnce(std::io::Error) -> SandboxError {
    let doing = doing.into();
    move |source| SandboxError::Refused { doing, source }
}
