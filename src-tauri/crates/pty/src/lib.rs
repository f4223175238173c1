//! Runs programs on pseudo-terminals or pipes, remembers and records their bytes, and ends them with all they started.
//! It does not know who asks or why: no agent, no task, no event. Linux; other systems come with their own `process`.
//!
//! Start at [`PtyHost`] and [`LocalHost`] for sessions, [`run_bounded`] for a command that just has to run,
//! [`Recording`] to read what was recorded, [`detached`] for sessions that outlive whoever asked for them.

mod bounded;
mod capture;
pub mod detached;
mod ending;
mod error;
mod host;
mod local;
pub mod orphans;
mod priority;
mod process;
mod pump;
mod record;
mod ring;
mod scribe;
mod session;
mod spawn;
mod spec;
mod view;

pub use bounded::{BoundedEnd, BoundedRun, run_bounded};
pub use capture::Capture;
pub use ending::end_leftovers;
pub use error::PtyError;
pub use host::{
    Ended, Exit, ExitStatus, Means, OutputEnd, Piece, ProcessId, PtyHost, ReadBack, RecordingState, SessionId,
    SessionInfo, Signal, Spawned, View, ViewFrom,
};
pub use local::{LocalHost, MAX_WRITE};
pub use record::{RecordedEvent, Recording, RecordingError, What, recording_files};
pub use spec::{
    MIN_SECRET, Marker, Mode, RECORDING_CAP, RING_BYTES, RecordingSpec, SpawnSpec, Stderr, Stdin, TermSize,
};

/// The identity of the process that has this number now, to be compared with one remembered; `start` is 0 if unknown.
pub fn process_identity(pid: i32) -> ProcessId {
    process::identity(pid)
}

/// Whether this very process still runs; a later one of the same number does not count.
pub fn is_alive(id: ProcessId) -> bool {
    process::is_alive(id)
}
