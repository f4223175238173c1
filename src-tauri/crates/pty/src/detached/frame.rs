//! Frames: a length, a kind, a payload. JSON for control; terminal bytes and input raw beside it, never as JSON.
//! What the JSON says is in `protocol`. This format is the same in every version.

use std::io;

use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::io::{AsyncRead, AsyncReadExt};

/// Longest JSON: a spawn whose program gets a megabyte on standard input fits.
pub(super) const CONTROL_MAX: usize = 16 * 1024 * 1024;
/// Longest JSON before the greeting is over.
pub(super) const HELLO_MAX: usize = 64 * 1024;
/// Longest raw payload: one write, or one piece read back.
pub(super) const RAW_MAX: usize = 1024 * 1024;
/// Length as u32 and kind as u8, little endian.
const HEADER: usize = 5;
/// Two u64 before raw bytes: whose they are, and where they belong.
const RAW_HEADER: usize = 16;

/// What raw bytes are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Raw {
    /// Output: `of` is the stream, `at` the absolute offset.
    Output = 1,
    /// Input: `of` is the question, `at` the session.
    Input = 2,
    /// Bytes asked for: `of` is the question, `at` the absolute offset.
    Back = 3,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Frame {
    Control(Vec<u8>),
    Raw { kind: Raw, of: u64, at: u64, bytes: Vec<u8> },
}

fn head(out: &mut [u8], kind: u8) {
    // Both limits are far below u32::MAX.
    let length = u32::try_from(out.len() - HEADER).unwrap_or(u32::MAX);
    out[..4].copy_from_slice(&length.to_le_bytes());
    out[4] = kind;
}

/// A control frame as it goes over the wire.
pub(super) fn control<T: Serialize>(value: &T) -> io::Result<Vec<u8>> {
    let mut out = vec![0; HEADER];
    serde_json::to_writer(&mut out, value)?;
    if out.len() - HEADER > CONTROL_MAX {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "more than one frame can carry"));
    }
    head(&mut out, 0);
    Ok(out)
}

/// A raw frame as it goes over the wire; the caller keeps to [`RAW_MAX`].
pub(super) fn raw(kind: Raw, of: u64, at: u64, bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(HEADER + RAW_HEADER + bytes.len());
    out.extend_from_slice(&[0; HEADER]);
    out.extend_from_slice(&of.to_le_bytes());
    out.extend_from_slice(&at.to_le_bytes());
    out.extend_from_slice(bytes);
    head(&mut out, kind as u8);
    out
}

fn wrong(what: impl Into<String>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what.into())
}

/// Reads the JSON of a control frame.
pub(super) fn understand<T: DeserializeOwned>(json: &[u8]) -> io::Result<T> {
    serde_json::from_slice(json).map_err(|error| wrong(format!("a frame that cannot be understood: {error}")))
}

/// The next frame; `None` when the other side closed between two. Not to be cancelled in the middle.
pub(super) async fn read<R: AsyncRead + Unpin>(from: &mut R, control_max: usize) -> io::Result<Option<Frame>> {
    let mut header = [0; HEADER];
    if from.read(&mut header[..1]).await? == 0 {
        return Ok(None);
    }
    from.read_exact(&mut header[1..]).await?;
    let [a, b, c, d, kind] = header;
    let mut length = u32::from_le_bytes([a, b, c, d]) as usize;
    let kind = match kind {
        0 => None,
        1 => Some(Raw::Output),
        2 => Some(Raw::Input),
        3 => Some(Raw::Back),
        other => return Err(wrong(format!("a frame of unknown kind {other}"))),
    };
    let limit = if kind.is_some() { RAW_HEADER + RAW_MAX } else { control_max };
    // Refused by its header alone: nobody has to send it first.
    if length > limit {
        return Err(wrong(format!("a frame of {length} bytes; at most {limit} are allowed")));
    }
    let (mut of, mut at) = (0, 0);
    if kind.is_some() {
        length = length.checked_sub(RAW_HEADER).ok_or_else(|| wrong("bytes without their place"))?;
        of = from.read_u64_le().await?;
        at = from.read_u64_le().await?;
    }
    // Memory follows what arrives, not what is announced.
    let mut bytes = Vec::with_capacity(length.min(RAW_MAX));
    if from.take(length as u64).read_to_end(&mut bytes).await? != length {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(Some(match kind {
        None => Frame::Control(bytes),
        Some(kind) => Frame::Raw { kind, of, at, bytes },
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn frames_come_back_and_what_is_no_frame_is_refused() {
        let mut wire = control(&["a", "b"]).unwrap();
        wire.extend(raw(Raw::Output, 7, 1 << 40, b"bytes"));
        let mut from = wire.as_slice();
        let first = read(&mut from, CONTROL_MAX).await.unwrap();
        assert_eq!(first, Some(Frame::Control(br#"["a","b"]"#.to_vec())));
        let second = read(&mut from, CONTROL_MAX).await.unwrap();
        assert_eq!(second, Some(Frame::Raw { kind: Raw::Output, of: 7, at: 1 << 40, bytes: b"bytes".to_vec() }));
        assert_eq!(read(&mut from, CONTROL_MAX).await.unwrap(), None);
        for bad in [&wire[..7], &[0xff, 0xff, 0xff, 0xff, 0], &[0, 0, 0, 0, 9], &[3, 0, 0, 0, 1, 0, 0, 0]] {
            assert!(read(&mut &bad[..], CONTROL_MAX).await.is_err(), "{bad:?}");
        }
        assert!(read(&mut wire.as_slice(), 8).await.is_err());
    }
}
