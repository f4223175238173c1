//! Writes a recording: masks, encodes, compresses and keeps to the cap. Blocking, used by one thread.
//! A failed write ends the recording, never the session; `state` says so. Nothing is fsynced: what was flushed survives
//! the death of this process, not that of the machine.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;
use std::time::Duration;

use zstd::stream::raw::{CParameter, Encoder, Operation};

use super::frame::{CLOSE_AT, Header, LEN};
use super::meter;
use super::redact::Redactor;
use super::{cast, recording_files};
use crate::host::{ExitStatus, RecordingState};
use crate::spec::{RecordingSpec, TermSize};

/// A frame is closed at this many output bytes: what a seek has to decode at most.
const FRAME_BYTES: u64 = 256 * 1024;
/// ...or when it spans this much time, so that seeking by time is cheap as well.
const FRAME_SPAN: Duration = Duration::from_secs(10);
/// What was taken reaches the file within this time.
const FLUSH_AFTER: Duration = Duration::from_millis(100);
/// After this long without output the frame is closed and the compressor's memory freed.
const REST_AFTER: Duration = Duration::from_secs(2);
/// The smallest cap that can be kept to.
const MIN_CAP: u64 = 1024 * 1024;
/// What may be written beyond a part's limit at most: the compressor's own buffer and one slice.
const OVERSHOOT: u64 = 192 * 1024;
/// What is encoded at once: of bytes that all need an escape, and that nothing makes smaller, it is six times that.
const SLICE: usize = 8 * 1024;
/// Mixed terminal output becomes a quarter; the fast negative levels gain little time before they lose most of that.
const LEVEL: i32 = 1;
/// A frame that fills within this time is a flood, which nobody reads as it comes and which the cap will cut; the next
/// frame is compressed with less effort, so that recording does not hold the program up.
const FLOOD: Duration = Duration::from_millis(100);
/// The level for floods: about half the time of level 1 and three times the size.
const FLOOD_LEVEL: i32 = -50;
/// A recording that takes so much at once has its part in what floods the machine...
const MUCH: usize = 8 * 1024;
/// ...and one whose frame takes longer than this to fill has none any more.
const SHARE: Duration = Duration::from_secs(1);
/// The level when all recordings together take so much that recording would slow the programs down: a tenth of the time
/// of level 1, and no smaller than what was printed.
const DELUGE_LEVEL: i32 = -1000;
/// A window of 256 KiB holds most frames whole, which spares the slower search across its edge.
const WINDOW_LOG: u32 = 18;

struct Compressor {
    encoder: Encoder<'static>,
    out: Vec<u8>,
}

struct OpenFrame {
    header_at: u64,
    offset: u64,
    began: Duration,
}

/// One recording being written.
pub(crate) struct Recorder {
    spec: RecordingSpec,
    size: TermSize,
    redactor: Option<Redactor>,
    /// Masked bytes not yet encoded: the beginning of a character, at most 3 bytes between calls.
    pending: Vec<u8>,
    json: cast::Lines,
    /// Absolute offset after what was encoded.
    encoded: u64,
    file: File,
    /// Length of the current file.
    len: u64,
    /// 0 the head, then 1 and 2 in turn.
    part: usize,
    frame: Option<OpenFrame>,
    compressor: Option<Compressor>,
    level: i32,
    dirty_since: Option<Duration>,
    last: Duration,
    state: RecordingState,
}

impl Recorder {
    /// Creates the file, mode 0600, in place of an earlier recording of that name.
    pub(crate) fn create(spec: &RecordingSpec, size: TermSize, secrets: &[String]) -> io::Result<Self> {
        let [head, tails @ ..] = recording_files(&spec.path);
        for old in &tails {
            remove(old)?;
        }
        let mut recorder = Self {
            spec: spec.clone(),
            size,
            redactor: Redactor::new(secrets),
            pending: Vec::new(),
            json: cast::Lines::default(),
            encoded: 0,
            file: create(&head)?,
            len: 0,
            part: 0,
            frame: None,
            compressor: None,
            level: LEVEL,
            dirty_since: None,
            last: Duration::ZERO,
            state: RecordingState::On,
        };
        // The first line goes to disk now, so that a full disk is known before the program starts.
        recorder.open_frame(Duration::ZERO)?;
        recorder.flush_out()?;
        Ok(recorder)
    }

    pub(crate) fn state(&self) -> &RecordingState {
        &self.state
    }

    /// Takes output that came at `at`.
    pub(crate) fn output(&mut self, bytes: &[u8], at: Duration) {
        meter::count(bytes.len());
        if self.level != DELUGE_LEVEL && bytes.len() >= MUCH && meter::is_deluge() {
            self.attempt(Self::close_frame);
            self.level = DELUGE_LEVEL;
        }
        for slice in bytes.chunks(SLICE) {
            self.attempt(|r| r.take(slice, at, false));
        }
    }

    /// Notes a resize.
    pub(crate) fn resize(&mut self, size: TermSize, at: Duration) {
        self.size = size;
        self.attempt(|r| r.note(at, 'r', &format!("{}x{}", size.cols, size.rows)));
    }

    /// Notes how the main process ended.
    pub(crate) fn exit(&mut self, status: ExitStatus, at: Duration) {
        let text = match status {
            ExitStatus::Code(code) => code.to_string(),
            ExitStatus::Signal(signal) => format!("signal {signal}"),
            ExitStatus::Unknown => "unknown".to_owned(),
        };
        self.attempt(|r| r.note(at, 'x', &text));
    }

    /// When `tick` wants to be called next, in session time.
    pub(crate) fn deadline(&self) -> Option<Duration> {
        match self.dirty_since {
            Some(since) => Some(since + FLUSH_AFTER),
            None => self.frame.as_ref().map(|_| self.last + REST_AFTER),
        }
    }

    /// Does what is due.
    pub(crate) fn tick(&mut self, now: Duration) {
        if self.dirty_since.is_some_and(|since| now >= since + FLUSH_AFTER) {
            self.flush();
        }
        if self.frame.is_some() && now >= self.last + REST_AFTER {
            self.attempt(Self::close_frame);
            self.compressor = None;
            self.json = cast::Lines::default();
        }
    }

    /// Brings everything that may be written to the file.
    pub(crate) fn flush(&mut self) {
        self.attempt(Self::flush_out);
    }

    /// No more output comes; what was held back is written.
    pub(crate) fn end_of_output(&mut self, at: Duration) {
        self.attempt(|r| r.take(&[], at, true));
    }

    /// Ends the recording.
    pub(crate) fn finish(&mut self, at: Duration) {
        self.end_of_output(at);
        self.attempt(Self::close_frame);
        self.compressor = None;
    }

    fn attempt(&mut self, step: impl FnOnce(&mut Self) -> io::Result<()>) {
        if matches!(self.state, RecordingState::Failed(_)) {
            return;
        }
        if let Err(error) = step(self) {
            self.state = RecordingState::Failed(format!("writing {} failed: {error}", self.spec.path.display()));
            self.frame = None;
            self.compressor = None;
            self.dirty_since = None;
        }
    }

    fn take(&mut self, bytes: &[u8], at: Duration, last: bool) -> io::Result<()> {
        let mut pending = std::mem::take(&mut self.pending);
        let direct = self.redactor.is_none() && pending.is_empty() && !last;
        match &mut self.redactor {
            Some(redactor) => {
                redactor.push(bytes, &mut pending);
                if last {
                    redactor.finish(&mut pending);
                }
            }
            None if !direct => pending.extend_from_slice(bytes),
            None => {}
        }
        let data = if direct { bytes } else { &pending };
        let left = self.event(data, at, last)?;
        let tail = data.len() - left;
        if direct {
            pending.extend_from_slice(&bytes[tail..]);
        } else {
            pending.drain(..tail);
        }
        self.pending = pending;
        self.after_event(at)
    }

    fn event(&mut self, data: &[u8], at: Duration, last: bool) -> io::Result<usize> {
        self.json.clear();
        cast::begin(&mut self.json, at, 'o');
        let left = cast::output(&mut self.json, data, last);
        cast::end(&mut self.json);
        if data.len() > left {
            self.open_frame(at)?;
            self.encoded += (data.len() - left) as u64;
            self.compress_json(at)?;
        }
        Ok(left)
    }

    fn note(&mut self, at: Duration, code: char, text: &str) -> io::Result<()> {
        self.open_frame(at)?;
        self.json.clear();
        cast::line(&mut self.json, at, code, text);
        self.compress_json(at)?;
        self.after_event(at)
    }

    /// Closes the frame or changes the file when it is time to.
    fn after_event(&mut self, at: Duration) -> io::Result<()> {
        let cap = self.spec.cap_bytes.max(MIN_CAP);
        let share = if self.part == 0 { cap / 4 } else { cap * 3 / 8 };
        let full = self.len >= share - OVERSHOOT;
        let Some(frame) = &self.frame else { return Ok(()) };
        let (filled, span) = (self.encoded - frame.offset >= FRAME_BYTES, at.saturating_sub(frame.began));
        if full || filled || span >= FRAME_SPAN {
            self.close_frame()?;
            self.level = match filled {
                true if span < SHARE && meter::is_deluge() => DELUGE_LEVEL,
                true if span < FLOOD => FLOOD_LEVEL,
                _ => LEVEL,
            };
        }
        if full {
            self.part = if self.part == 1 { 2 } else { 1 };
            self.file = create(&recording_files(&self.spec.path)[self.part])?;
            self.len = 0;
            self.state = RecordingState::Capped;
            let remark =
                format!("the recording reached its limit of {cap} bytes: only its head and the newest output are kept");
            self.open_frame(at)?;
            self.json.clear();
            cast::line(&mut self.json, at, 'm', &remark);
            self.compress_json(at)?;
        }
        Ok(())
    }

    fn open_frame(&mut self, at: Duration) -> io::Result<()> {
        if self.frame.is_some() {
            return Ok(());
        }
        let micros = u64::try_from(at.as_micros()).unwrap_or(u64::MAX);
        let header = Header { offset: self.encoded, micros, len: 0, end: 0 };
        let header_at = self.len;
        let level = CParameter::CompressionLevel(self.level);
        compressor(&mut self.compressor)?.encoder.set_parameter(level)?;
        self.put(&header.encode())?;
        self.frame = Some(OpenFrame { header_at, offset: self.encoded, began: at });
        if header_at == 0 {
            let header = cast::header(self.size, &self.spec);
            self.compress(&header)?;
            self.dirty_since.get_or_insert(at);
        }
        Ok(())
    }

    fn compress_json(&mut self, at: Duration) -> io::Result<()> {
        let json = std::mem::take(&mut self.json);
        let done = self.compress(&json);
        self.json = json;
        self.last = at;
        self.dirty_since.get_or_insert(at);
        done
    }

    fn compress(&mut self, mut input: &[u8]) -> io::Result<()> {
        while !input.is_empty() {
            let compressor = compressor(&mut self.compressor)?;
            let status = compressor.encoder.run_on_buffers(input, &mut compressor.out)?;
            input = &input[status.bytes_read..];
            self.put_compressed(status.bytes_written)?;
        }
        Ok(())
    }

    fn flush_out(&mut self) -> io::Result<()> {
        self.drain(|encoder, out| encoder.flush(out))?;
        self.dirty_since = None;
        Ok(())
    }

    fn close_frame(&mut self) -> io::Result<()> {
        let Some(frame) = self.frame.take() else { return Ok(()) };
        self.drain(|encoder, out| encoder.finish(out, true))?;
        compressor(&mut self.compressor)?.encoder.reinit()?;
        self.dirty_since = None;
        let mut close = [0; 16];
        close[..8].copy_from_slice(&(self.len - frame.header_at - LEN as u64).to_le_bytes());
        close[8..].copy_from_slice(&self.encoded.to_le_bytes());
        self.file.write_all_at(&close, frame.header_at + CLOSE_AT)
    }

    fn drain(
        &mut self,
        step: impl Fn(&mut Encoder<'static>, &mut zstd::stream::raw::OutBuffer<'_, [u8]>) -> io::Result<usize>,
    ) -> io::Result<()> {
        loop {
            let compressor = compressor(&mut self.compressor)?;
            let mut out = zstd::stream::raw::OutBuffer::around(compressor.out.as_mut_slice());
            let more = step(&mut compressor.encoder, &mut out)?;
            let written = out.pos();
            self.put_compressed(written)?;
            if more == 0 {
                return Ok(());
            }
        }
    }

    fn put_compressed(&mut self, written: usize) -> io::Result<()> {
        let Some(compressor) = &self.compressor else { return Ok(()) };
        self.file.write_all(&compressor.out[..written])?;
        self.len += written as u64;
        Ok(())
    }

    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)?;
        self.len += bytes.len() as u64;
        Ok(())
    }
}

fn compressor(slot: &mut Option<Compressor>) -> io::Result<&mut Compressor> {
    if slot.is_none() {
        let mut encoder = Encoder::new(LEVEL)?;
        encoder.set_parameter(CParameter::WindowLog(WINDOW_LOG))?;
        // A damaged frame must not pass for a good one.
        encoder.set_parameter(CParameter::ChecksumFlag(true))?;
        *slot = Some(Compressor { encoder, out: vec![0; 128 * 1024] });
    }
    slot.as_mut().ok_or_else(|| io::Error::other("no compressor"))
}

/// Removes an earlier recording; never a device, socket or directory that somebody named by mistake.
fn remove(path: &Path) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Ok(meta) if meta.is_file() || meta.is_symlink() => fs::remove_file(path),
        Ok(_) => Err(io::Error::new(io::ErrorKind::AlreadyExists, "something that is no regular file is there")),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

/// A new file, never one that is there: readers of the old one keep it, and a planted link is not followed.
fn create(path: &Path) -> io::Result<File> {
    remove(path)?;
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_ends_the_recording_with_a_message_and_no_panic() {
        let dir = tempfile::tempdir().unwrap();
        let spec = RecordingSpec::new(dir.path().join("r"));
        let mut recorder = Recorder::create(&spec, TermSize::default(), &[]).unwrap();
        recorder.output(b"kept", Duration::ZERO);
        recorder.flush();
        assert_eq!(*recorder.state(), RecordingState::On);
        recorder.file = OpenOptions::new().write(true).open("/dev/full").unwrap();
        recorder.output(b"lost", Duration::ZERO);
        recorder.tick(Duration::from_secs(1));
        let RecordingState::Failed(message) = recorder.state().clone() else { panic!("{:?}", recorder.state()) };
        assert!(message.contains("No space left"), "{message}");
        recorder.output(b"lost", Duration::from_secs(2));
        recorder.finish(Duration::from_secs(3));
        assert_eq!(recorder.deadline(), None);
        assert_eq!(super::super::Recording::open(&spec.path).unwrap().read(0, 100).unwrap().bytes, b"kept");
    }

    #[test]
    fn what_is_no_regular_file_is_not_replaced() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("r")).unwrap();
        assert!(Recorder::create(&RecordingSpec::new(dir.path().join("r")), TermSize::default(), &[]).is_err());
    }
}
