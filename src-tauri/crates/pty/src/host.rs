//! The seam: what a holder of terminals offers, whether in this process, in the detached host or a fake.
//! No implementation is here; see `LocalHost`.

use std::fmt;
use std::ops::Range;
use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::error::PtyError;
use crate::spec::{SpawnSpec, TermSize};

/// Names a session within one host; never reused while that host lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SessionId(pub u64);

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A process that cannot be confused with a later one of the same number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ProcessId {
    /// The process id.
    pub pid: i32,
    /// Clock ticks after boot at which it started (field 22 of `/proc/PID/stat`).
    pub start: u64,
}

/// The answer to a spawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spawned {
    /// The new session.
    pub id: SessionId,
    /// Its main process, leader of its own session and process group.
    pub process: ProcessId,
}

/// How a program ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExitStatus {
    /// It returned this code.
    Code(i32),
    /// This signal ended it.
    Signal(i32),
    /// The system did not say (it was waited for by somebody else).
    Unknown,
}

impl ExitStatus {
    /// True for code 0 only.
    pub fn success(self) -> bool {
        self == Self::Code(0)
    }
}

impl fmt::Display for ExitStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Code(code) => write!(f, "exit code {code}"),
            Self::Signal(signal) => match nix::sys::signal::Signal::try_from(*signal) {
                Ok(name) => write!(f, "ended by {name}"),
                Err(_) => write!(f, "ended by signal {signal}"),
            },
            Self::Unknown => f.write_str("ended, status unknown"),
        }
    }
}

/// The main process ended. Output may still be on its way: see [`OutputEnd`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exit {
    /// How.
    pub status: ExitStatus,
    /// When, counted from the spawn by a monotonic clock.
    pub after: Duration,
}

/// No more output will come: the last byte has been delivered and recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutputEnd {
    /// Total bytes of output, which is the offset after the last one.
    pub end: u64,
    /// When, counted from the spawn by a monotonic clock.
    pub after: Duration,
    /// True if the host stopped reading although something still held the terminal or pipe open.
    pub forced: bool,
}

/// How the recording fares; a failure is never silent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecordingState {
    /// None was asked for.
    Off,
    /// All output so far is kept.
    On,
    /// The cap was reached: the head and the newest output are kept, a middle part is gone.
    Capped,
    /// Writing failed with this message; the session runs on unrecorded from there.
    Failed(String),
}

/// A session at one instant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionInfo {
    /// The session.
    pub id: SessionId,
    /// The caller's word from the spec.
    pub label: String,
    /// The main process.
    pub process: ProcessId,
    /// Time since the spawn, by a monotonic clock that stops while the machine sleeps.
    pub age: Duration,
    /// Time since the last byte of output (since the spawn if there was none).
    pub quiet: Duration,
    /// Offsets that can still be had from memory.
    pub in_memory: Range<u64>,
    /// The terminal's size; `None` on pipes.
    pub size: Option<TermSize>,
    /// Set once the main process ended.
    pub exit: Option<Exit>,
    /// Set once the output ended.
    pub output_end: Option<OutputEnd>,
    /// How the recording fares.
    pub recording: RecordingState,
}

/// Where a viewer begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ViewFrom {
    /// At this absolute offset; if memory no longer holds it the first piece is a gap.
    Offset(u64),
    /// This many bytes before the end, or as many as memory holds.
    Last(u64),
}

/// One piece of a session's output as a viewer gets it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Piece {
    /// Output, in order.
    Bytes {
        /// Absolute offset of the first byte.
        offset: u64,
        /// At most 64 KiB.
        bytes: Vec<u8>,
    },
    /// The viewer was too slow: these bytes are no longer in memory. [`PtyHost::recorded`] may have them.
    Gap {
        /// First offset missed.
        from: u64,
        /// Offset at which the view goes on.
        to: u64,
    },
    /// The output ended; nothing follows.
    End(OutputEnd),
}

/// A viewer's place in a session's output. It never slows the session; dropping it is all it takes to leave.
#[async_trait]
pub trait View: Send {
    /// Waits for the next piece; `None` after [`Piece::End`] or when the host is gone. Bytes are handed out only
    /// against credit. Safe to cancel: a dropped call loses nothing.
    async fn next(&mut self) -> Option<Piece>;

    /// Allows this many more bytes. A view starts with none.
    fn grant(&mut self, bytes: u64);
}

/// What of a range could be read back from the recording.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadBack {
    /// Absolute offset of the first byte; above the one asked for if bytes there were dropped by the cap.
    pub offset: u64,
    /// The bytes, secrets masked; empty at the end.
    pub bytes: Vec<u8>,
}

/// Signals that a caller may send by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Signal {
    /// Ctrl-C: to the terminal's foreground group, or on pipes to the session's process group.
    Interrupt,
    /// SIGQUIT, likewise.
    Quit,
    /// SIGHUP to the session's process group.
    Hangup,
    /// SIGTERM to the session's process group.
    Terminate,
    /// SIGKILL to the session's process group. To end all that belongs to a session use `terminate`.
    Kill,
    /// SIGSTOP to every process of the session.
    Stop,
    /// SIGCONT to every process of the session.
    Continue,
}

/// The strongest means that an ending took.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Means {
    /// Nothing was alive any more.
    None,
    /// SIGHUP with SIGCONT.
    Hangup,
    /// SIGTERM.
    Terminate,
    /// SIGKILL.
    Kill,
}

/// What an ending took and whether it is complete.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    /// Wall time spent.
    pub took: Duration,
    /// The strongest means used.
    pub means: Means,
    /// Distinct processes that were alive and are verified gone.
    pub ended: usize,
    /// Processes still there after SIGKILL within the bound (for instance in uninterruptible IO). Empty is the norm.
    pub survivors: Vec<ProcessId>,
}

/// A holder of programs on terminals or pipes. Object safe, so that the runtime need not know which one it has.
#[async_trait]
pub trait PtyHost: Send + Sync {
    /// Starts a program as leader of its own session and process group.
    ///
    /// # Errors
    /// Every reason not to start has its own variant; nothing is left behind then.
    async fn spawn(&self, spec: SpawnSpec) -> Result<Spawned, PtyError>;

    /// Begins to view a session, also an ended one.
    ///
    /// # Errors
    /// `NoSuchSession`, `HostGone`.
    async fn attach(&self, id: SessionId, from: ViewFrom) -> Result<Box<dyn View>, PtyError>;

    /// Reads at most `max` bytes at `offset` back from the recording, which is brought up to date first.
    ///
    /// # Errors
    /// `NoSuchSession`, `NotRecorded`, `ReadBack`, `HostGone`.
    async fn recorded(&self, id: SessionId, offset: u64, max: usize) -> Result<ReadBack, PtyError>;

    /// The newest stderr of a session that keeps it apart (at most 64 KiB); empty otherwise.
    ///
    /// # Errors
    /// `NoSuchSession`, `HostGone`.
    async fn stderr_tail(&self, id: SessionId) -> Result<Vec<u8>, PtyError>;

    /// Sends input and returns once the system took all of it. If the program does not read this waits; dropping
    /// the call withdraws what was not yet taken.
    ///
    /// # Errors
    /// `NoSuchSession`, `InputClosed`, `InputTooLarge`, `HostGone`.
    async fn write(&self, id: SessionId, bytes: Vec<u8>) -> Result<(), PtyError>;

    /// Closes the input after what was written: end of file on pipes, Ctrl-D on a terminal.
    ///
    /// # Errors
    /// `NoSuchSession`, `HostGone`.
    async fn close_input(&self, id: SessionId) -> Result<(), PtyError>;

    /// Resizes the terminal; the program gets SIGWINCH.
    ///
    /// # Errors
    /// `NoSuchSession`, `NoTerminal`, `System`, `HostGone`.
    async fn resize(&self, id: SessionId, size: TermSize) -> Result<(), PtyError>;

    /// Sends one signal.
    ///
    /// # Errors
    /// `NoSuchSession`, `AlreadyEnded`, `System`, `HostGone`.
    async fn signal(&self, id: SessionId, signal: Signal) -> Result<(), PtyError>;

    /// Ends everything that belongs to the session: SIGHUP with SIGCONT, after half of `grace` SIGTERM, after all of
    /// it SIGKILL, until nothing is left. Takes at most `grace` and about 3 s. Fine to call again or after the exit.
    ///
    /// # Errors
    /// `NoSuchSession`, `HostGone`.
    async fn terminate(&self, id: SessionId, grace: Duration) -> Result<Ended, PtyError>;

    /// Waits for the main process to end; its output may still be on its way.
    ///
    /// # Errors
    /// `NoSuchSession`, `HostGone`.
    async fn exited(&self, id: SessionId) -> Result<Exit, PtyError>;

    /// Waits for the end of the output. A descendant that holds the terminal or pipe open delays this, not `exited`.
    ///
    /// # Errors
    /// `NoSuchSession`, `HostGone`.
    async fn output_ended(&self, id: SessionId) -> Result<OutputEnd, PtyError>;

    /// One session now.
    ///
    /// # Errors
    /// `NoSuchSession`, `HostGone`.
    async fn session(&self, id: SessionId) -> Result<SessionInfo, PtyError>;

    /// All sessions that were not forgotten, by id.
    ///
    /// # Errors
    /// `HostGone`.
    async fn sessions(&self) -> Result<Vec<SessionInfo>, PtyError>;

    /// Frees what is held of a session whose program and output have ended; the recording stays.
    ///
    /// # Errors
    /// `NoSuchSession`, `StillRunning`, `HostGone`.
    async fn forget(&self, id: SessionId) -> Result<(), PtyError>;
}
