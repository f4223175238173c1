//! Recordings of output on disk: compressed, seekable, readable after a kill -9. Input is never recorded.
//!
//! A recording is a sequence of *frames*. Each frame is a zstd skippable frame of 48 bytes (see [`frame`]), which says
//! at which absolute offset and time it begins and, once closed, how long it is, followed by one independent zstd frame
//! of whole lines of asciicast v2. Skippable frames are ignored by every zstd, so `zstd -dc FILE` is a plain asciicast.
//! An open frame is flushed at least every 100 ms of activity; what was flushed is found again after a crash. Floods
//! (over 2.5 MB/s, or 16 MB/s of all recordings together) are compressed with less effort.
//!
//! Bytes that are not UTF-8 are mapped one by one to U+10FE00 + byte (U+10FE80..U+10FEFF, private use); a program that
//! prints those very characters has their bytes mapped too, so that decoding is exact for every input. A character that
//! is split between two reads is kept together. Event codes: `o` output, `r` resize (`COLSxROWS`), `m` remark of the
//! recorder, `x` exit (`0`, or `signal 9`).
//!
//! Beyond a quarter of the cap, the file stays as the head and two siblings (`.a`, `.b`) take the newest output in turn,
//! so that a session that floods keeps its beginning and its end; a remark says which offsets are gone.

mod cast;
pub(crate) mod frame;
mod meter;
mod read;
mod redact;
mod write;

use std::io;
use std::path::{Path, PathBuf};

pub use read::{RecordedEvent, Recording, What};
pub(crate) use write::Recorder;

/// A recording could not be read.
#[derive(Debug, thiserror::Error)]
pub enum RecordingError {
    /// The system refused.
    #[error("reading the recording {} failed: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// The file does not begin as a recording.
    #[error("{} is not a recording of this program (or nothing of it was written yet)", path.display())]
    NotARecording {
        /// The file.
        path: PathBuf,
    },
    /// It was written by a newer version.
    #[error("{} has recording format {version}, newer than this program knows; update it", path.display())]
    TooNew {
        /// The file.
        path: PathBuf,
        /// The version found.
        version: u16,
    },
    /// The converted file could not be written.
    #[error("writing the converted recording failed: {0}")]
    Write(io::Error),
}

/// The files that a recording at `path` may consist of: the head and the two that take turns.
pub fn recording_files(path: &Path) -> [PathBuf; 3] {
    let sibling = |suffix: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(suffix);
        PathBuf::from(name)
    };
    [path.to_owned(), sibling(".a"), sibling(".b")]
}
