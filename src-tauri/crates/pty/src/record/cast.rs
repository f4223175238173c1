//! Lines of asciicast v2: output bytes to JSON and back, byte exact.
//! Which bytes go into which line, and when, is decided in `write`.

use std::borrow::Cow;
use std::io::{self, Write};
use std::ops::Deref;
use std::time::Duration;

use crate::spec::{RecordingSpec, TermSize};

/// An invalid byte `b` (always >= 0x80) becomes the character `MAPPED + b`.
const MAPPED: u32 = 0x0010_FE00;
/// The first two bytes of the mapped characters in UTF-8; the third is 0xBA or 0xBB.
const MAPPED_LEAD: [u8; 2] = [0xF4, 0x8F];

/// How a byte that needs an escape is written: the text in eight bytes, so that it can be stored at once, and its length.
const ESCAPES: [([u8; 8], u8); 256] = {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let mut table = [([0; 8], 0); 256];
    let mut b = 0;
    while b < 0x20 {
        table[b] = ([b'\\', b'u', b'0', b'0', HEX[b >> 4], HEX[b & 15], 0, 0], 6);
        b += 1;
    }
    let short = [(b'\n', b'n'), (b'\r', b'r'), (b'\t', b't'), (b'"', b'"'), (b'\\', b'\\')];
    let mut n = 0;
    while n < short.len() {
        table[short[n].0 as usize] = ([b'\\', short[n].1, 0, 0, 0, 0, 0, 0], 2);
        n += 1;
    }
    table
};

/// Input bytes that are encoded at once, which bounds what is set aside for their encoding.
const BLOCK: usize = 4096;

/// Lines that are being made. What they once grew to is written over and never cleared again: an escape may make a byte six times
/// as long, and to clear that much room for each piece costs more than the piece.
#[derive(Default)]
pub(super) struct Lines {
    bytes: Vec<u8>,
    len: usize,
}

impl Lines {
    pub(super) fn clear(&mut self) {
        self.len = 0;
    }

    /// Room for so many bytes more, with whatever lies there.
    fn room(&mut self, bytes: usize) -> &mut [u8] {
        let end = self.len + bytes;
        if self.bytes.len() < end {
            self.bytes.resize(end, 0);
        }
        &mut self.bytes[self.len..end]
    }

    fn push(&mut self, bytes: &[u8]) {
        self.room(bytes.len()).copy_from_slice(bytes);
        self.len += bytes.len();
    }
}

impl Deref for Lines {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes[..self.len]
    }
}

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.push(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The first line of a file.
pub(super) fn header(size: TermSize, spec: &RecordingSpec) -> Vec<u8> {
    let mut header = serde_json::json!({ "version": 2, "width": size.cols, "height": size.rows });
    if let Some(at) = spec.started_unix {
        header["timestamp"] = at.into();
    }
    if let Some(title) = &spec.title {
        header["title"] = title.as_str().into();
    }
    let mut line = header.to_string().into_bytes();
    line.push(b'\n');
    line
}

/// Begins a line up to the opening quote of its data.
pub(super) fn begin(out: &mut Lines, at: Duration, code: char) {
    // Writing to memory cannot fail.
    let _ = write!(out, "[{}.{:06},\"{code}\",\"", at.as_secs(), at.subsec_micros());
}

/// Ends a line.
pub(super) fn end(out: &mut Lines) {
    out.push(b"\"]\n");
}

/// A whole line with short text.
pub(super) fn line(out: &mut Lines, at: Duration, code: char, text: &str) {
    begin(out, at, code);
    escape(out, text.as_bytes());
    end(out);
}

/// Appends output as JSON string content and returns how many bytes at the end were left out because they may be the
/// beginning of a character (at most 3). With `last` nothing is left out.
pub(super) fn output(out: &mut Lines, mut bytes: &[u8], last: bool) -> usize {
    loop {
        match std::str::from_utf8(bytes) {
            Ok(_) => {
                escape(out, bytes);
                return 0;
            }
            Err(error) => {
                let (valid, rest) = bytes.split_at(error.valid_up_to());
                escape(out, valid);
                let bad = match error.error_len() {
                    Some(bad) => bad,
                    None if last => rest.len(),
                    None => return rest.len(),
                };
                map(out, &rest[..bad]);
                bytes = &rest[bad..];
            }
        }
    }
}

fn map(out: &mut Lines, bytes: &[u8]) {
    for &byte in bytes {
        if let Some(char) = char::from_u32(MAPPED + u32::from(byte)) {
            out.push(char.encode_utf8(&mut [0; 4]).as_bytes());
        }
    }
}

/// Appends valid UTF-8.
fn escape(out: &mut Lines, text: &[u8]) {
    let mut at = 0;
    while at < text.len() {
        let block = &text[at..text.len().min(at + BLOCK)];
        let (taken, written) = encode(block, out.room(block.len() * 6 + 64));
        out.len += written;
        at += taken;
        if taken < block.len() {
            // At 0xF4: a character of which the mapped ones may be.
            let char = &text[at..(at + 4).min(text.len())];
            if char.starts_with(&MAPPED_LEAD) && matches!(char.get(2), Some(0xBA | 0xBB)) {
                map(out, char);
            } else {
                out.push(char);
            }
            at += char.len();
        }
    }
}

/// Encodes up to the end or the first byte 0xF4, and says how much it took and wrote. `out` has room for six times the
/// text and 64 more. Terminal output is short plain runs between escapes, and a branch per run is mispredicted more
/// often than not; so 64 bytes are classified at once and what lies between two escapes is copied in fixed sizes.
fn encode(text: &[u8], out: &mut [u8]) -> (usize, usize) {
    let (mut at, mut to) = (0, 0);
    while let Some(block) = text.get(at..at + 64).and_then(|s| <&[u8; 64]>::try_from(s).ok()) {
        let mut hits = special(block);
        let mut done = 0;
        while hits != 0 {
            let next = hits.trailing_zeros() as usize;
            hits &= hits - 1;
            copy(block, done, next, &mut out[to..]);
            to += next - done;
            let (escaped, len) = ESCAPES[usize::from(block[next])];
            if len == 0 {
                return (at + next, to);
            }
            out[to..to + 8].copy_from_slice(&escaped);
            to += usize::from(len);
            done = next + 1;
        }
        out[to..to + 64 - done].copy_from_slice(&block[done..]);
        to += 64 - done;
        at += 64;
    }
    while let Some(&byte) = text.get(at) {
        let (escaped, len) = ESCAPES[usize::from(byte)];
        if byte == 0xF4 {
            return (at, to);
        } else if len == 0 {
            out[to] = byte;
            to += 1;
        } else {
            out[to..to + 8].copy_from_slice(&escaped);
            to += usize::from(len);
        }
        at += 1;
    }
    (at, to)
}

/// Copies `block[from..to]`; up to 16 bytes without asking how many.
#[inline]
fn copy(block: &[u8; 64], from: usize, to: usize, out: &mut [u8]) {
    if to - from <= 16 && from <= 48 {
        out[..16].copy_from_slice(&block[from..from + 16]);
    } else {
        out[..to - from].copy_from_slice(&block[from..to]);
    }
}

/// One bit for each byte that is below 0x20, a quote, a backslash or 0xF4.
#[inline]
fn special(block: &[u8; 64]) -> u64 {
    const fn all(byte: u8) -> u64 {
        u64::from_ne_bytes([byte; 8])
    }
    let mut hits = 0;
    for (n, eight) in block.as_chunks::<8>().0.iter().enumerate() {
        let word = u64::from_le_bytes(*eight);
        // The high bit of each byte that is not zero, exactly.
        let some = |x: u64| ((x & all(0x7F)) + all(0x7F)) | x;
        let plain = some(word & all(0xE0)) & some(word ^ all(b'"')) & some(word ^ all(b'\\')) & some(word ^ all(0xF4));
        // Gathers the eight high bits into one byte.
        let bits = (((!plain & all(0x80)) >> 7).wrapping_mul(0x0102_0408_1020_4080)) >> 56;
        hits |= bits << (n * 8);
    }
    hits
}

/// One line of a recording, decoded.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// Output bytes as they were.
    Output(Duration, Vec<u8>),
    /// Another event: its code and text.
    Other(Duration, char, String),
    /// The header, or nothing known.
    Foreign,
}

/// Decodes one line without its line feed.
pub(super) fn parse(line: &[u8]) -> Line {
    if line.first() != Some(&b'[') {
        return Line::Foreign;
    }
    let Ok((time, code, data)) = serde_json::from_slice::<(f64, char, Cow<'_, str>)>(line) else {
        return Line::Foreign;
    };
    // Microseconds survive a double for centuries; negative or absurd values do not come from us.
    let Ok(at) = Duration::try_from_secs_f64(time) else { return Line::Foreign };
    let at = Duration::from_micros(((at.as_nanos() + 500) / 1000) as u64);
    if code == 'o' { Line::Output(at, unmap(&data)) } else { Line::Other(at, code, data.into_owned()) }
}

fn unmap(text: &str) -> Vec<u8> {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(found) = memchr::memchr(MAPPED_LEAD[0], &bytes[at..]) {
        out.extend_from_slice(&bytes[at..at + found]);
        at += found;
        let char = text[at..].chars().next().map_or(0, u32::from);
        match char.checked_sub(MAPPED) {
            Some(byte @ 0x80..=0xFF) => out.push(byte as u8),
            _ => out.extend_from_slice(&bytes[at..at + 4]),
        }
        at += 4;
    }
    out.extend_from_slice(&bytes[at..]);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn there_and_back(bytes: &[u8], cuts: &[usize]) -> Vec<u8> {
        let mut back = Vec::new();
        let mut pending: Vec<u8> = Vec::new();
        let mut at = 0;
        let mut ends: Vec<usize> = cuts.iter().map(|c| c % (bytes.len() + 1)).collect();
        ends.sort_unstable();
        ends.push(bytes.len());
        for (n, end) in ends.iter().enumerate() {
            pending.extend_from_slice(&bytes[at..*end]);
            at = *end;
            let mut out = Lines::default();
            begin(&mut out, Duration::from_micros(1_234_567), 'o');
            let left = output(&mut out, &pending, n + 1 == ends.len());
            assert!(left <= 3);
            super::end(&mut out);
            pending.drain(..pending.len() - left);
            match parse(out.trim_ascii_end()) {
                Line::Output(time, bytes) => {
                    assert_eq!(time, Duration::from_micros(1_234_567));
                    back.extend_from_slice(&bytes);
                }
                other => panic!("{other:?} from {}", String::from_utf8_lossy(&out)),
            }
        }
        back
    }

    #[test]
    fn every_byte_and_the_mapped_characters_themselves_come_back() {
        let mut all: Vec<u8> = (0..=255).collect();
        all.extend("\u{10fe80}\u{10feff}\u{10fe7f}\u{10ff00}\u{10fffd}ä€😀".bytes());
        all.extend([0xF4, 0x8F, 0xBA, 0xF4, 0x8F, 0xE2, 0x82]);
        assert_eq!(there_and_back(&all, &[]), all);
        assert_eq!(there_and_back(&all, &(0..300).collect::<Vec<_>>()), all);
    }

    #[test]
    fn a_split_character_stays_readable_in_the_file() {
        let mut out = Lines::default();
        assert_eq!(output(&mut out, &"grün €".as_bytes()[..8], false), 2);
        assert_eq!(&*out, "grün ".as_bytes());
    }

    proptest! {
        #[test]
        fn any_bytes_in_any_cuts_come_back(
            bytes in prop::collection::vec(prop_oneof![any::<u8>(), 0x20u8..0x7f, Just(0xF4), Just(0x8F), Just(0xBA), Just(0x1b)], 0..400),
            cuts in prop::collection::vec(any::<usize>(), 0..6),
        ) {
            prop_assert_eq!(there_and_back(&bytes, &cuts), bytes);
        }

        #[test]
        fn what_is_written_is_json_that_others_read(text in "\\PC{0,80}|[\\x00-\\x7f]{0,80}") {
            let mut out = Lines::default();
            line(&mut out, Duration::from_secs(1), 'm', &text);
            let (_, _, back): (f64, String, String) = serde_json::from_slice(&out).unwrap();
            if !text.chars().any(|c| (0x10FE80..=0x10FEFF).contains(&u32::from(c))) {
                prop_assert_eq!(back, text);
            }
        }
    }
}
