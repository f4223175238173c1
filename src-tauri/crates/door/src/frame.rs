//! Frames: a length, a kind, a payload. JSON control frames, and terminal bytes beside them.
//! What the JSON says is in `wire.rs`; who may send it is the listener's.

use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::io::{AsyncRead, AsyncReadExt};

/// Longest payload of a control frame.
pub const CONTROL_MAX: usize = 20 * 1024 * 1024;
/// Most terminal bytes in one frame.
pub const BYTES_MAX: usize = 64 * 1024;
/// Before each payload: its length as u32 (little endian) and its kind as u8.
pub const HEADER: usize = 5;
/// Before terminal bytes: the stream as u32 and the absolute offset as u64, little endian.
pub const BYTES_HEADER: usize = 12;

const CONTROL: u8 = 0;
const BYTES: u8 = 1;
const READ_AHEAD: usize = 8 * 1024;
/// A buffer that one long frame blew up is given back above this.
const KEEP: usize = 256 * 1024;

/// One frame.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Frame {
    /// JSON.
    Control(Vec<u8>),
    /// Terminal bytes.
    Bytes {
        /// Which stream.
        stream: u32,
        /// Where the first of them stands in all that the terminal ever printed.
        offset: u64,
        /// They.
        bytes: Vec<u8>,
    },
}

/// Why frames could not be read or written. After one of these the connection is of no more use.
#[derive(Debug, thiserror::Error)]
pub enum FrameError {
    /// The other side announces more than is allowed.
    #[error("a frame of {length} bytes; at most {limit} are allowed")]
    TooLong {
        /// What was announced.
        length: usize,
        /// What is allowed.
        limit: usize,
    },
    /// A kind this side does not know.
    #[error("a frame of unknown kind {0}")]
    UnknownKind(u8),
    /// Terminal bytes without their stream and offset, or sent to where none are expected.
    #[error("terminal bytes without stream and offset, or where none belong")]
    BadBytes,
    /// Not the JSON that belongs here.
    #[error("a control frame that cannot be understood: {0}")]
    NotUnderstood(#[from] serde_json::Error),
    /// A question with the number of one that is still open.
    #[error("question {0} is not answered yet, and was asked again")]
    NumberTaken(u32),
    /// The connection ended in the middle of a frame.
    #[error("the connection ended in the middle of a frame")]
    Cut,
    /// The connection failed.
    #[error("the connection failed: {0}")]
    Io(#[from] std::io::Error),
}

/// A control frame as it goes over the wire.
pub fn control<T: Serialize>(value: &T) -> Result<Vec<u8>, FrameError> {
    let mut out = vec![0; HEADER];
    serde_json::to_writer(&mut out, value)?;
    let length = out.len() - HEADER;
    if length > CONTROL_MAX {
        return Err(FrameError::TooLong { length, limit: CONTROL_MAX });
    }
    head(&mut out, length, CONTROL);
    Ok(out)
}

/// A frame of terminal bytes as it goes over the wire; at most [`BYTES_MAX`] of them.
pub fn bytes(stream: u32, offset: u64, bytes: &[u8]) -> Result<Vec<u8>, FrameError> {
    if bytes.len() > BYTES_MAX {
        return Err(FrameError::TooLong { length: bytes.len(), limit: BYTES_MAX });
    }
    let mut out = vec![0; HEADER];
    out.extend_from_slice(&stream.to_le_bytes());
    out.extend_from_slice(&offset.to_le_bytes());
    out.extend_from_slice(bytes);
    let length = out.len() - HEADER;
    head(&mut out, length, BYTES);
    Ok(out)
}

fn head(out: &mut [u8], length: usize, kind: u8) {
    // Both limits are far below u32::MAX.
    out[..4].copy_from_slice(&u32::try_from(length).unwrap_or(u32::MAX).to_le_bytes());
    out[4] = kind;
}

/// Reads the JSON of a control frame.
pub fn understand<T: DeserializeOwned>(json: &[u8]) -> Result<T, FrameError> {
    Ok(serde_json::from_slice(json)?)
}

/// Cuts a stream into frames. It keeps what has arrived of the next frame, so `next` may be dropped at any await
/// (in a `select!`) without losing a byte; and it never holds more memory than about twice what has arrived.
#[derive(Debug)]
pub struct FrameReader<R> {
    from: R,
    buffer: Vec<u8>,
    /// Bytes before this are consumed.
    at: usize,
    control_max: usize,
}

impl<R: AsyncRead + Unpin> FrameReader<R> {
    /// Reads from `from`.
    pub fn new(from: R) -> Self {
        Self { from, buffer: Vec::new(), at: 0, control_max: CONTROL_MAX }
    }

    /// From here on, refuses control frames above `max` (before a greeting little is believed).
    pub fn limit_control(&mut self, max: usize) {
        self.control_max = max.min(CONTROL_MAX);
    }

    /// The next frame; none when the other side closed between two frames.
    pub async fn next(&mut self) -> Result<Option<Frame>, FrameError> {
        loop {
            if let Some(frame) = self.cut()? {
                return Ok(Some(frame));
            }
            if self.at > 0 {
                self.buffer.drain(..self.at);
                self.at = 0;
                if self.buffer.is_empty() && self.buffer.capacity() > KEEP {
                    self.buffer = Vec::new();
                }
            }
            self.buffer.reserve(READ_AHEAD);
            if self.from.read_buf(&mut self.buffer).await? == 0 {
                return if self.buffer.is_empty() { Ok(None) } else { Err(FrameError::Cut) };
            }
        }
    }

    /// How much memory the reader holds, for the test that watches it.
    pub fn held(&self) -> usize {
        self.buffer.capacity()
    }

    fn cut(&mut self) -> Result<Option<Frame>, FrameError> {
        let arrived = &self.buffer[self.at..];
        let Some((&[a, b, c, d, kind], rest)) = arrived.split_first_chunk::<HEADER>() else { return Ok(None) };
        let length = u32::from_le_bytes([a, b, c, d]) as usize;
        let limit = match kind {
            CONTROL => self.control_max,
            BYTES => BYTES_HEADER + BYTES_MAX,
            other => return Err(FrameError::UnknownKind(other)),
        };
        // Refused by its header alone: nobody has to send it first.
        if length > limit {
            return Err(FrameError::TooLong { length, limit });
        }
        let Some(payload) = rest.get(..length) else { return Ok(None) };
        let frame = if kind == CONTROL {
            Frame::Control(payload.to_vec())
        } else {
            let (stream, rest) = payload.split_first_chunk::<4>().ok_or(FrameError::BadBytes)?;
            let (offset, bytes) = rest.split_first_chunk::<8>().ok_or(FrameError::BadBytes)?;
            Frame::Bytes {
                stream: u32::from_le_bytes(*stream),
                offset: u64::from_le_bytes(*offset),
                bytes: bytes.to_vec(),
            }
        };
        self.at += HEADER + length;
        Ok(Some(frame))
    }
}
