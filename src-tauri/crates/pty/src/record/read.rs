//! Reads recordings, also while they are written or after their writer was killed: what is torn ends early, and
//! nothing before it is lost. Blocking; callers in async code use a blocking task.

use std::fs::File;
use std::io::{self, Write};
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use zstd::stream::raw::{Decoder, Operation};

use super::cast::{self, Line};
use super::frame::{Header, LEN, NoHeader};
use super::{RecordingError, recording_files};
use crate::host::ReadBack;
use crate::spec::TermSize;

/// No frame of ours decodes to more than this; a damaged one might try.
const MAX_DECODED: usize = 32 * 1024 * 1024;

/// One event of a recording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedEvent {
    /// Time since the start of the session.
    pub at: Duration,
    /// Absolute offset of the output at that moment (of the first byte, for output).
    pub offset: u64,
    /// What happened.
    pub what: What,
}

/// What an event says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// These bytes were printed.
    Output(Vec<u8>),
    /// The terminal was resized.
    Resize(TermSize),
    /// A remark of the recorder.
    Remark(String),
    /// The main process ended: its code, or `signal N`.
    Exit(String),
    /// These offsets are not in the recording: dropped by the cap, or damaged.
    Missing(Range<u64>),
}

struct Frame {
    part: usize,
    at: u64,
    len: u64,
    /// Still open, or cut off: what can be decoded counts. Otherwise the checksum must be right.
    torn: bool,
    header: Header,
}

struct Decoded {
    index: usize,
    lines: Vec<u8>,
    events: Vec<RecordedEvent>,
    end: u64,
}

/// An open recording: its frames are known, their content is decoded as needed.
pub struct Recording {
    files: Vec<(PathBuf, File)>,
    frames: Vec<Frame>,
    cache: Option<Decoded>,
    end: u64,
}

impl Recording {
    /// Opens the recording whose first file is `path` and looks its frames up. A torn tail is no error.
    ///
    /// # Errors
    /// `Io` if the first file cannot be read, `NotARecording`, `TooNew`.
    pub fn open(path: &Path) -> Result<Self, RecordingError> {
        let mut recording = Self { files: Vec::new(), frames: Vec::new(), cache: None, end: 0 };
        for (n, name) in recording_files(path).into_iter().enumerate() {
            match File::open(&name) {
                Ok(file) => recording.look_up(name, file)?,
                Err(error) if n > 0 && error.kind() == io::ErrorKind::NotFound => {}
                Err(source) => return Err(RecordingError::Io { path: name, source }),
            }
        }
        if recording.frames.is_empty() {
            return Err(RecordingError::NotARecording { path: path.to_owned() });
        }
        // The two tails take turns, so the second name may hold the older part.
        recording.frames.sort_by_key(|f| (f.header.offset, f.header.micros, f.part, f.at));
        recording.end = recording.decode(recording.frames.len() - 1)?.end;
        Ok(recording)
    }

    fn look_up(&mut self, path: PathBuf, file: File) -> Result<(), RecordingError> {
        let io = |source| RecordingError::Io { path: path.clone(), source };
        let size = file.metadata().map_err(io)?.len();
        let part = self.files.len();
        let mut at = 0;
        while at + LEN as u64 <= size {
            let mut bytes = [0; LEN];
            file.read_exact_at(&mut bytes, at).map_err(io)?;
            let header = match Header::decode(&bytes) {
                Ok(header) => header,
                Err(NoHeader::Newer(version)) => return Err(RecordingError::TooNew { path, version }),
                Err(NoHeader::Foreign) => break,
            };
            let room = size - at - LEN as u64;
            let torn = header.len == 0 || header.len > room;
            let len = if torn { room } else { header.len };
            self.frames.push(Frame { part, at: at + LEN as u64, len, torn, header });
            at += LEN as u64 + len;
        }
        self.files.push((path, file));
        Ok(())
    }

    /// Offset after the last byte that can be read.
    pub fn end(&self) -> u64 {
        self.end
    }

    /// Ranges before the end that are not in the recording because of the cap.
    pub fn gaps(&self) -> Vec<Range<u64>> {
        self.frames
            .windows(2)
            .filter(|pair| pair[0].header.end != 0 && pair[0].header.end < pair[1].header.offset)
            .map(|pair| pair[0].header.end..pair[1].header.offset)
            .collect()
    }

    /// Reads at most `max` bytes from absolute offset `from`. If that offset is missing the answer begins at the next
    /// one that is there; an empty answer means the end.
    ///
    /// # Errors
    /// `Io`.
    pub fn read(&mut self, from: u64, max: usize) -> Result<ReadBack, RecordingError> {
        let mut back = ReadBack { offset: from, bytes: Vec::new() };
        let first = self.frames.partition_point(|f| f.header.offset <= from).saturating_sub(1);
        for index in first..self.frames.len() {
            let decoded = self.decode(index)?;
            for event in &decoded.events {
                let What::Output(bytes) = &event.what else { continue };
                let next = back.offset + back.bytes.len() as u64;
                let end = event.offset + bytes.len() as u64;
                if end <= next {
                    continue;
                }
                if event.offset > next && !back.bytes.is_empty() {
                    return Ok(back);
                }
                back.offset = if back.bytes.is_empty() { next.max(event.offset) } else { back.offset };
                let skip = usize::try_from(next.max(event.offset) - event.offset).unwrap_or(usize::MAX);
                let take = (bytes.len() - skip).min(max - back.bytes.len());
                back.bytes.extend_from_slice(&bytes[skip..skip + take]);
                if back.bytes.len() == max {
                    return Ok(back);
                }
            }
        }
        Ok(back)
    }

    /// All events at or after `from`, in order; missing ranges are events too.
    pub fn events(&mut self, from: Duration) -> impl Iterator<Item = Result<RecordedEvent, RecordingError>> + '_ {
        let micros = u64::try_from(from.as_micros()).unwrap_or(u64::MAX);
        let mut index = self.frames.partition_point(|f| f.header.micros <= micros).saturating_sub(1);
        let mut place = 0;
        let mut expected = None;
        std::iter::from_fn(move || {
            loop {
                let frame = self.frames.get(index)?;
                let (offset, micros) = (frame.header.offset, frame.header.micros);
                if place == 0
                    && let Some(before) = expected.take()
                    && before < offset
                {
                    let what = What::Missing(before..offset);
                    return Some(Ok(RecordedEvent { at: Duration::from_micros(micros), offset: before, what }));
                }
                let decoded = match self.decode(index) {
                    Ok(decoded) => decoded,
                    Err(error) => {
                        index = usize::MAX;
                        return Some(Err(error));
                    }
                };
                let Some(event) = decoded.events.get(place) else {
                    expected = Some(decoded.end);
                    index += 1;
                    place = 0;
                    continue;
                };
                place += 1;
                if event.at >= from {
                    return Some(Ok(event.clone()));
                }
            }
        })
    }

    /// Writes it as one plain asciicast v2 file: one header, a remark where output is missing.
    ///
    /// # Errors
    /// `Io` reading, `Write` writing.
    pub fn write_cast(&mut self, out: &mut dyn Write) -> Result<(), RecordingError> {
        let mut expected = None;
        let mut headed = false;
        for index in 0..self.frames.len() {
            let Header { offset, micros, .. } = self.frames[index].header;
            let mut remark = cast::Lines::default();
            if let Some(before) = expected.filter(|&before| before < offset) {
                let text = format!("output at offsets {before} to {offset} is not in this recording");
                cast::line(&mut remark, Duration::from_micros(micros), 'm', &text);
            }
            let decoded = self.decode(index)?;
            expected = Some(decoded.end);
            out.write_all(&remark).map_err(RecordingError::Write)?;
            for line in decoded.lines.split_inclusive(|&b| b == b'\n') {
                let header = line.starts_with(b"{");
                if !(header && headed) {
                    out.write_all(line).map_err(RecordingError::Write)?;
                }
                headed |= header;
            }
        }
        out.flush().map_err(RecordingError::Write)
    }

    fn decode(&mut self, index: usize) -> Result<&Decoded, RecordingError> {
        if self.cache.as_ref().is_none_or(|cached| cached.index != index) {
            let frame = &self.frames[index];
            let (path, file) = &self.files[frame.part];
            let mut packed = vec![0; usize::try_from(frame.len).unwrap_or(usize::MAX)];
            let io = |source| RecordingError::Io { path: path.clone(), source };
            file.read_exact_at(&mut packed, frame.at).map_err(io)?;
            let (mut lines, good) = unpack(&packed).map_err(io)?;
            if !good && !frame.torn {
                // Which of its bytes are damaged cannot be told.
                lines.clear();
            }
            let whole = lines.iter().rposition(|&b| b == b'\n').map_or(0, |at| at + 1);
            lines.truncate(whole);
            let (events, end) = interpret(&lines, frame.header.offset);
            self.cache = Some(Decoded { index, lines, events, end });
        }
        self.cache.as_ref().ok_or_else(|| RecordingError::NotARecording { path: self.files[0].0.clone() })
    }
}

/// Decompresses as much as there is, and says whether it was whole and its checksum right.
fn unpack(mut packed: &[u8]) -> io::Result<(Vec<u8>, bool)> {
    let mut decoder = Decoder::new()?;
    let mut out = Vec::new();
    let mut buffer = vec![0; 128 * 1024];
    loop {
        let Ok(status) = decoder.run_on_buffers(packed, &mut buffer) else { return Ok((out, false)) };
        packed = &packed[status.bytes_read..];
        out.extend_from_slice(&buffer[..status.bytes_written]);
        let stuck = status.bytes_read == 0 && status.bytes_written == 0;
        if status.remaining == 0 || stuck || out.len() > MAX_DECODED {
            return Ok((out, status.remaining == 0));
        }
    }
}

fn interpret(lines: &[u8], mut offset: u64) -> (Vec<RecordedEvent>, u64) {
    let mut events = Vec::new();
    for line in lines.split(|&b| b == b'\n') {
        match cast::parse(line) {
            Line::Output(at, bytes) => {
                let len = bytes.len() as u64;
                events.push(RecordedEvent { at, offset, what: What::Output(bytes) });
                offset += len;
            }
            Line::Other(at, 'x', text) => events.push(RecordedEvent { at, offset, what: What::Exit(text) }),
            Line::Other(at, 'r', text) => {
                let size = text.split_once('x').and_then(|(c, r)| Some((c.parse().ok()?, r.parse().ok()?)));
                if let Some((cols, rows)) = size {
                    events.push(RecordedEvent { at, offset, what: What::Resize(TermSize { cols, rows }) });
                }
            }
            Line::Other(at, 'm', text) => events.push(RecordedEvent { at, offset, what: What::Remark(text) }),
            Line::Other(..) | Line::Foreign => {}
        }
    }
    (events, offset)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::ExitStatus;
    use crate::record::Recorder;
    use crate::spec::RecordingSpec;
    use proptest::prelude::*;

    /// Several frames of mixed output with flushes in between; returns the bytes and what was flushed at which length.
    fn write(path: &Path, chunks: &[Vec<u8>]) -> (Vec<u8>, Vec<(u64, usize)>) {
        let mut recorder = Recorder::create(&RecordingSpec::new(path), TermSize::default(), &[]).unwrap();
        let mut all = Vec::new();
        let mut flushed = Vec::new();
        for (n, chunk) in chunks.iter().enumerate() {
            let at = Duration::from_secs(3 * n as u64);
            recorder.output(chunk, at);
            all.extend_from_slice(chunk);
            recorder.flush();
            // A character that is begun waits for its end.
            flushed.push((std::fs::metadata(path).unwrap().len(), all.len() - 3));
        }
        let at = Duration::from_secs(1000);
        recorder.exit(ExitStatus::Code(0), at);
        recorder.finish(at);
        (all, flushed)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(12))]
        #[test]
        fn a_file_cut_anywhere_gives_all_that_was_flushed_before_the_cut_and_nothing_else(
            chunks in prop::collection::vec(prop::collection::vec(prop_oneof![any::<u8>(), 0x20u8..0x7f], 3..600), 1..10),
            step in 7usize..60,
        ) {
            let dir = tempfile::tempdir().unwrap();
            let path = dir.path().join("r");
            let (all, flushed) = write(&path, &chunks);
            let whole = std::fs::read(&path).unwrap();
            let cut = dir.path().join("cut");
            for len in (0..whole.len()).step_by(step).chain([whole.len()]) {
                std::fs::write(&cut, &whole[..len]).unwrap();
                let Ok(mut recording) = Recording::open(&cut) else {
                    prop_assert!(len < LEN);
                    continue;
                };
                let back = recording.read(0, usize::MAX).unwrap();
                prop_assert_eq!(back.offset, 0);
                prop_assert!(all.starts_with(&back.bytes));
                prop_assert_eq!(recording.end(), back.bytes.len() as u64);
                let safe = flushed.iter().rev().find(|(at, _)| *at <= len as u64).map_or(0, |(_, bytes)| *bytes);
                prop_assert!(back.bytes.len() >= safe, "{} of {} at {}", back.bytes.len(), safe, len);
                if len == whole.len() {
                    prop_assert_eq!(&back.bytes, &all);
                }
                // Reading from the middle gives the same bytes.
                let mid = back.bytes.len() as u64 / 2;
                let half = recording.read(mid, 50).unwrap();
                prop_assert_eq!(half.bytes, &back.bytes[mid as usize..back.bytes.len().min(mid as usize + 50)]);
            }
        }

        #[test]
        fn damage_in_the_middle_loses_a_frame_and_says_so(at in 200usize..3000, bit in 0u8..8) {
            let dir = tempfile::tempdir().unwrap();
            let path = dir.path().join("r");
            let chunks: Vec<Vec<u8>> = (0..12u8).map(|n| (0..400).map(|i| b'!' + ((i * 7 + u16::from(n) * 31) % 90) as u8).collect()).collect();
            let (all, _) = write(&path, &chunks);
            let whole: Vec<Range<u64>> =
                Recording::open(&path).unwrap().frames.iter().map(|f| f.at..f.at + f.len).collect();
            let mut bytes = std::fs::read(&path).unwrap();
            let at = at % bytes.len();
            bytes[at] ^= 1 << bit;
            std::fs::write(&path, bytes).unwrap();
            let Ok(mut recording) = Recording::open(&path) else { return Ok(()) };
            let in_header = !whole.iter().any(|body| body.contains(&(at as u64)));
            let mut from = 0;
            for _ in 0..200 {
                let back = recording.read(from, 97).unwrap();
                if back.bytes.is_empty() { break; }
                // A damaged header may lie about offsets; damaged content is never given out.
                let start = usize::try_from(back.offset).unwrap_or(usize::MAX);
                prop_assert!(in_header || all.get(start..).is_some_and(|rest| rest.starts_with(&back.bytes)));
                from = back.offset.saturating_add(back.bytes.len() as u64);
            }
        }
    }
}
