//! What a caller says to have a program started: everything the child gets, and how it is remembered.
//! Nothing is inherited and nothing is guessed; defaults stand in `SpawnSpec::new`.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// Bytes of output kept in memory per session unless the spec says otherwise.
pub const RING_BYTES: usize = 1024 * 1024;
/// Compressed bytes on disk per session unless the spec says otherwise.
pub const RECORDING_CAP: u64 = 64 * 1024 * 1024;
/// Secrets shorter than this many bytes are not looked for: they would blot out ordinary words.
pub const MIN_SECRET: usize = 8;

/// A terminal's size in character cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TermSize {
    /// Columns, at least 1.
    pub cols: u16,
    /// Rows, at least 1.
    pub rows: u16,
}

impl Default for TermSize {
    fn default() -> Self {
        Self { cols: 80, rows: 24 }
    }
}

/// How the child's standard streams are connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// A pseudo-terminal, which is the child's controlling terminal.
    Pty,
    /// Plain pipes, no terminal. Output is stdout; stderr goes where [`Stderr`] says.
    Pipes(Stderr),
}

/// Where stderr goes in [`Mode::Pipes`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stderr {
    /// Into the same pipe as stdout, in the order written.
    Merged,
    /// Apart, so that a protocol on stdout stays clean; the newest 64 KiB are kept in memory, not recorded.
    Tail,
}

/// What the child finds on its standard input.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stdin {
    /// Stays open for [`crate::PtyHost::write`].
    Open,
    /// These bytes; on pipes the input is closed after them, on a terminal it stays open.
    Bytes(Vec<u8>),
    /// Nothing: `/dev/null` on pipes; on a terminal the same as `Open`.
    Null,
}

/// A variable of the child's environment by which its descendants are found again, e.g. `OFFICE_RUN=17`.
/// The value must be unique to one run: whatever carries it is ended with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Marker {
    /// The variable's name.
    pub key: OsString,
    /// The variable's value.
    pub value: OsString,
}

/// Where and how a session's output is recorded on disk. See `record` for the format.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordingSpec {
    /// The file, by convention `*.cast.zst`; made with mode 0600, replaced if it is there. Beyond a quarter of
    /// the cap two siblings with `.a` and `.b` appended hold the newest output.
    pub path: PathBuf,
    /// Compressed bytes all files of this recording may take together; at least 1 MiB is used.
    pub cap_bytes: u64,
    /// Wall-clock start, seconds since the Unix epoch, for the header; the crate itself reads no wall clock.
    pub started_unix: Option<u64>,
    /// A title for players.
    pub title: Option<String>,
}

impl RecordingSpec {
    /// A recording at `path` with the default cap.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), cap_bytes: RECORDING_CAP, started_unix: None, title: None }
    }
}

/// Everything about a program to start. The child gets exactly this environment; nothing is inherited.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpawnSpec {
    /// A free word of the caller by which it finds the session again; opaque here.
    pub label: String,
    /// Program and arguments; a program without `/` is looked for in `PATH` of `env`.
    pub argv: Vec<OsString>,
    /// Working directory; must exist.
    pub cwd: PathBuf,
    /// The whole environment. Later entries win over earlier ones of the same name.
    pub env: Vec<(OsString, OsString)>,
    /// Terminal or pipes.
    pub mode: Mode,
    /// The terminal's first size; also the size in the recording's header for pipes.
    pub size: TermSize,
    /// Standard input.
    pub stdin: Stdin,
    /// Added to `env`; how descendants are found that left the session. Without it they may survive.
    pub marker: Option<Marker>,
    /// Values that are never written to disk; those shorter than [`MIN_SECRET`] bytes are ignored.
    pub secrets: Vec<String>,
    /// Output bytes kept in memory for viewers; at least 4 KiB is used.
    pub ring_bytes: usize,
    /// Recording on disk, if wanted.
    pub recording: Option<RecordingSpec>,
}

impl SpawnSpec {
    /// A program on a terminal of 80x24 with an empty environment, open input, no marker and no recording.
    pub fn new<S: Into<OsString>>(argv: impl IntoIterator<Item = S>, cwd: impl Into<PathBuf>) -> Self {
        Self {
            label: String::new(),
            argv: argv.into_iter().map(Into::into).collect(),
            cwd: cwd.into(),
            env: Vec::new(),
            mode: Mode::Pty,
            size: TermSize::default(),
            stdin: Stdin::Open,
            marker: None,
            secrets: Vec::new(),
            ring_bytes: RING_BYTES,
            recording: None,
        }
    }

    /// Adds one variable.
    #[must_use]
    pub fn env(mut self, key: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.env.push((key.into(), value.into()));
        self
    }

    /// Sets the marker by which descendants are found.
    #[must_use]
    pub fn marker(mut self, key: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.marker = Some(Marker { key: key.into(), value: value.into() });
        self
    }

    /// Sets the mode.
    #[must_use]
    pub fn mode(mut self, mode: Mode) -> Self {
        self.mode = mode;
        self
    }

    /// Sets standard input.
    #[must_use]
    pub fn stdin(mut self, stdin: Stdin) -> Self {
        self.stdin = stdin;
        self
    }

    /// Sets the recording.
    #[must_use]
    pub fn record(mut self, recording: RecordingSpec) -> Self {
        self.recording = Some(recording);
        self
    }

    /// The value the child will see for `key`, the marker included.
    pub(crate) fn variable(&self, key: &str) -> Option<&OsStr> {
        if let Some(marker) = self.marker.as_ref().filter(|m| m.key == key) {
            return Some(&marker.value);
        }
        self.env.iter().rev().find(|(k, _)| k == key).map(|(_, v)| v.as_os_str())
    }

    /// `argv[0]` for messages.
    pub(crate) fn program(&self) -> String {
        self.argv.first().map(|p| p.to_string_lossy().into_owned()).unwrap_or_default()
    }
}

// By hand, because values of the environment and of stdin may be secrets and Debug ends up in logs.
impl fmt::Debug for SpawnSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SpawnSpec")
            .field("label", &self.label)
            .field("argv", &self.argv)
            .field("cwd", &self.cwd)
            .field("env", &self.env.iter().map(|(k, _)| k).collect::<Vec<_>>())
            .field("mode", &self.mode)
            .field("size", &self.size)
            .field("marker", &self.marker)
            .field("secrets", &self.secrets.len())
            .field("recording", &self.recording)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Stdin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open => f.write_str("Open"),
            Self::Bytes(bytes) => write!(f, "Bytes({})", bytes.len()),
            Self::Null => f.write_str("Null"),
        }
    }
}
