//! The one thread per session that moves bytes: output to memory and to the scribe, input to the program.
//! Only the scribe can hold it up. It never looks at what the bytes mean.

use std::collections::VecDeque;
use std::io::Read;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::sync::atomic::Ordering;
use std::sync::{Arc, mpsc};
use std::time::Duration;

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use tokio::sync::oneshot;

use crate::host::OutputEnd;
use crate::scribe::Scribe;
use crate::session::{Ask, Session, locked};

/// The most that is read, and recorded, at once.
const CHUNK: usize = 128 * 1024;
/// Output within this time becomes one event of the recording.
const COALESCE: Duration = Duration::from_millis(16);
/// How much is still taken after a stop, if a program that cannot be ended goes on printing.
const LAST_BYTES: usize = 1024 * 1024;

struct Input {
    bytes: Vec<u8>,
    sent: usize,
    done: Option<oneshot::Sender<()>>,
}

enum Got {
    Bytes(usize),
    Nothing,
    End,
}

pub(crate) struct Pump {
    pub(crate) session: Arc<Session>,
    pub(crate) output: Option<OwnedFd>,
    pub(crate) input: Option<OwnedFd>,
    pub(crate) stderr: Option<OwnedFd>,
    pub(crate) terminal: bool,
    pub(crate) asks: mpsc::Receiver<Ask>,
    pub(crate) wake: UnixStream,
    scribe: Option<Scribe>,
    queue: VecDeque<Input>,
    /// Read but not yet given to the recorder: `chunk[..held]`, since `held_since`.
    chunk: Vec<u8>,
    held: usize,
    held_since: Duration,
    close_input: bool,
    mid_line: bool,
    /// After a stop: bytes that may still be read.
    stop: Option<usize>,
}

impl Pump {
    pub(crate) fn new(
        session: Arc<Session>,
        (output, input, stderr): (OwnedFd, Option<OwnedFd>, Option<OwnedFd>),
        terminal: bool,
        (asks, wake): (mpsc::Receiver<Ask>, UnixStream),
        scribe: Option<Scribe>,
    ) -> Self {
        Self {
            session,
            output: Some(output),
            input,
            stderr,
            terminal,
            asks,
            wake,
            scribe,
            queue: VecDeque::new(),
            chunk: vec![0; CHUNK],
            held: 0,
            held_since: Duration::ZERO,
            close_input: false,
            mid_line: false,
            stop: None,
        }
    }

    /// Runs until the output ended and the main process with it, or until stopped.
    pub(crate) fn run(mut self) {
        loop {
            if self.session.asked.load(Ordering::Acquire) {
                self.answer();
            }
            self.send_input();
            match self.read_output() {
                Got::Bytes(n) => {
                    let Some(left) = &mut self.stop else { continue };
                    *left = left.saturating_sub(n);
                    if *left > 0 {
                        continue;
                    }
                    self.output_ended(true);
                }
                Got::End => self.output_ended(false),
                Got::Nothing if self.stop.is_some() => self.output_ended(true),
                Got::Nothing => {}
            }
            self.read_stderr();
            let over = self.stop.is_some() || self.session.exit.borrow().is_some();
            if self.output.is_none() && over {
                break;
            }
            self.wait();
        }
        self.finish();
    }

    fn answer(&mut self) {
        // Cleared first: what is asked from here on wakes again.
        self.session.asked.store(false, Ordering::Release);
        while let Ok(ask) = self.asks.try_recv() {
            match ask {
                Ask::Input(bytes, done) => self.queue.push_back(Input { bytes, sent: 0, done }),
                Ask::CloseInput if self.terminal => {
                    // Ctrl-D ends a line first if one was begun, so then it takes two.
                    let mid_line = self.queue.back().map_or(self.mid_line, |i| i.bytes.last() != Some(&b'\n'));
                    let bytes = if mid_line { vec![4, 4] } else { vec![4] };
                    self.queue.push_back(Input { bytes, sent: 0, done: None });
                }
                Ask::CloseInput => self.close_input = true,
                Ask::Resized(size) => {
                    self.record_held();
                    let now = self.session.now();
                    if let Some(scribe) = &self.scribe {
                        scribe.resize(size, now);
                    }
                }
                Ask::Flush(done) => {
                    self.record_held();
                    // Dropped, and so answered, if there is no recording.
                    if let Some(scribe) = &self.scribe {
                        scribe.flush(done);
                    }
                }
                Ask::Exited => {}
                Ask::Stop => self.stop = Some(LAST_BYTES),
            }
        }
    }

    fn send_input(&mut self) {
        while let Some(front) = self.queue.front_mut() {
            // Withdrawn by its caller: the rest is not typed.
            let withdrawn = front.done.as_ref().is_some_and(oneshot::Sender::is_closed);
            if front.sent == front.bytes.len() || withdrawn {
                self.mid_line = front.bytes.last().is_some_and(|&b| b != b'\n');
                if let Some(done) = self.queue.pop_front().and_then(|i| i.done) {
                    let _ = done.send(());
                }
                continue;
            }
            let Some(input) = &self.input else { break };
            match nix::unistd::write(input, &front.bytes[front.sent..]) {
                Ok(n) => front.sent += n,
                Err(Errno::EAGAIN) => return,
                Err(Errno::EINTR) => {}
                Err(_) => self.input = None,
            }
        }
        if self.input.is_none() {
            // Dropped answers say that the input is closed.
            self.queue.clear();
        } else if self.close_input {
            self.input = None;
        }
    }

    fn read_output(&mut self) -> Got {
        let Some(output) = &self.output else { return Got::Nothing };
        match nix::unistd::read(output, &mut self.chunk[self.held..]) {
            // A terminal whose last holder left answers EIO.
            Ok(0) | Err(Errno::EIO) => Got::End,
            Ok(n) => {
                let now = self.session.now();
                locked(&self.session.ring).push(&self.chunk[self.held..self.held + n]);
                self.session.last_output.store(now.as_micros() as u64, Ordering::Relaxed);
                self.session.news.notify_waiters();
                if self.scribe.is_some() {
                    if self.held == 0 {
                        self.held_since = now;
                    }
                    self.held += n;
                    // Half a chunk is kept free, so that one read can take all that is there.
                    if self.held >= CHUNK / 2 || now >= self.held_since + COALESCE {
                        self.record_held();
                    }
                }
                Got::Bytes(n)
            }
            Err(Errno::EAGAIN | Errno::EINTR) => Got::Nothing,
            Err(_) => Got::End,
        }
    }

    fn read_stderr(&mut self) {
        let Some(stderr) = &self.stderr else { return };
        let mut bytes = [0; 4096];
        loop {
            match nix::unistd::read(stderr, &mut bytes) {
                Ok(n) if n > 0 => locked(&self.session.stderr).push(&bytes[..n]),
                Err(Errno::EINTR) => {}
                Err(Errno::EAGAIN) => return,
                _ => break,
            }
        }
        self.stderr = None;
    }

    fn record_held(&mut self) {
        if self.held > 0
            && let Some(scribe) = &self.scribe
        {
            scribe.output(&mut self.chunk, self.held, self.held_since);
            self.held = 0;
        }
    }

    fn output_ended(&mut self, forced: bool) {
        if self.output.take().is_none() {
            return;
        }
        self.record_held();
        let now = self.session.now();
        if let Some(scribe) = &self.scribe {
            scribe.end_of_output(now);
        }
        *locked(&self.session.terminal) = None;
        if self.terminal {
            self.input = None;
            self.queue.clear();
        }
        let end = locked(&self.session.ring).end();
        self.session.end.send_replace(Some(OutputEnd { end, after: now, forced }));
        self.session.news.notify_waiters();
        self.session.try_reap();
    }

    /// Sleeps until there is something to do.
    fn wait(&mut self) {
        let now = self.session.now();
        let mut due = None;
        if self.held > 0 {
            if now >= self.held_since + COALESCE {
                self.record_held();
            } else {
                due = Some(self.held_since + COALESCE);
            }
        }
        // Rounded up: waking a millisecond early would only mean to sleep again.
        let timeout = due.map_or(PollTimeout::NONE, |due| {
            let millis = due.saturating_sub(self.session.now()).as_micros().div_ceil(1000);
            PollTimeout::from(u16::try_from(millis).unwrap_or(u16::MAX))
        });
        let mut fds = vec![PollFd::new(self.wake.as_fd(), PollFlags::POLLIN)];
        fds.extend(self.output.iter().map(|fd| PollFd::new(fd.as_fd(), PollFlags::POLLIN)));
        fds.extend(self.stderr.iter().map(|fd| PollFd::new(fd.as_fd(), PollFlags::POLLIN)));
        if !self.queue.is_empty() {
            fds.extend(self.input.iter().map(|fd| PollFd::new(fd.as_fd(), PollFlags::POLLOUT)));
        }
        // An interrupted or failed poll is a turn of the loop like any other.
        let _ = poll(&mut fds, timeout);
        let woken = fds[0].revents().is_some_and(|r| !r.is_empty());
        if woken {
            let mut bytes = [0; 64];
            while matches!((&self.wake).read(&mut bytes), Ok(64)) {}
        }
    }

    fn finish(self) {
        let exit = *self.session.exit.borrow();
        if let Some(scribe) = self.scribe {
            scribe.finish(exit.map(|e| e.status), self.session.now());
        }
    }
}
