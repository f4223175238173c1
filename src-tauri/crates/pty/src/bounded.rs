//! Runs a command to its end within limits of time and memory, and leaves nothing of it behind.
//! No terminal, no recording, no viewers: see `LocalHost` for those.

use std::io::{Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use tokio::task::spawn_blocking;

use crate::capture::{Capture, Keeper};
use crate::ending::{self, Target};
use crate::error::PtyError;
use crate::host::{Ended, ExitStatus};
use crate::session::{locked, wait_unreaped};
use crate::spawn::{self, Started};
use crate::spec::{Mode, SpawnSpec, Stderr, Stdin};

/// How long a pipe may be held open by others after the command itself ended.
const HELD_OPEN: Duration = Duration::from_millis(250);
/// How long a command that ran out of time may take to end by itself.
const GRACE: Duration = Duration::from_secs(1);
/// The same for what a finished command left running.
const LEFTOVER_GRACE: Duration = Duration::from_millis(200);

/// How a bounded run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BoundedEnd {
    /// By itself.
    Exited(ExitStatus),
    /// Its time was up, so it was ended.
    TimedOut,
    /// Its caller was dropped, so it was ended.
    Cancelled,
}

/// What became of a bounded run.
#[derive(Debug, Clone)]
pub struct BoundedRun {
    /// How it ended.
    pub end: BoundedEnd,
    /// Stdout and stderr in the order written, within the cap.
    pub output: Capture,
    /// From the start to the end of the command.
    pub duration: Duration,
    /// True if something else still held its output open and was given up on.
    pub held_open: bool,
    /// What ending the rest took; its `ended` counts the command itself only if it had to be ended.
    pub leftovers: Ended,
}

impl BoundedRun {
    /// True for exit code 0.
    pub fn success(&self) -> bool {
        matches!(self.end, BoundedEnd::Exited(status) if status.success())
    }
}

/// Shared with the waiting thread and the caller; each wakes the loop through the socket.
struct Shared {
    exit: Mutex<Option<(ExitStatus, Instant)>>,
    cancelled: AtomicBool,
    wake: UnixStream,
}

impl Shared {
    fn wake(&self) {
        let _ = (&self.wake).write(&[1]);
    }
}

struct CancelOnDrop(Arc<Shared>);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.cancelled.store(true, Ordering::Release);
        self.0.wake();
    }
}

/// Runs `spec` on pipes (stdout and stderr merged; stdin is `Bytes` or nothing) for at most `timeout`, keeping at most
/// `output_cap` bytes of output in memory. When it ends, in whatever way, its process group, session and marked
/// descendants are ended too. Dropping the future ends it. `mode`, `size`, `recording` and `ring_bytes` do not matter.
///
/// # Errors
/// As [`crate::PtyHost::spawn`]; a command that fails is not an error.
pub async fn run_bounded(mut spec: SpawnSpec, timeout: Duration, output_cap: usize) -> Result<BoundedRun, PtyError> {
    spec.mode = Mode::Pipes(Stderr::Merged);
    if spec.stdin == Stdin::Open {
        spec.stdin = Stdin::Null;
    }
    let socket = |source| PtyError::from_start("", "opening a socket pair", source);
    let (wake, woken) = UnixStream::pair().map_err(socket)?;
    wake.set_nonblocking(true).and_then(|()| woken.set_nonblocking(true)).map_err(socket)?;
    let shared = Arc::new(Shared { exit: Mutex::new(None), cancelled: AtomicBool::new(false), wake });
    let cancel = CancelOnDrop(Arc::clone(&shared));
    let run = spawn_blocking(move || run(spec, timeout, output_cap, shared, woken)).await;
    drop(cancel);
    run.map_err(|error| PtyError::HostGone { reason: error.to_string() })?
}

fn run(
    mut spec: SpawnSpec,
    timeout: Duration,
    cap: usize,
    shared: Arc<Shared>,
    woken: UnixStream,
) -> Result<BoundedRun, PtyError> {
    let path = spawn::prepare(&spec)?;
    let began = Instant::now();
    let Started { mut child, process, output, input, .. } = spawn::start(&spec, &path)?;
    let waiting = Arc::clone(&shared);
    let waiter =
        thread::Builder::new().name(format!("run{}-wait", process.pid)).stack_size(256 * 1024).spawn(move || {
            let status = wait_unreaped(process.pid);
            *locked(&waiting.exit) = Some((status, Instant::now()));
            waiting.wake();
        });
    let waiter = match waiter {
        Ok(waiter) => waiter,
        Err(source) => {
            let _ = ending::signal_group(process.pid, nix::sys::signal::Signal::SIGKILL);
            let _ = child.wait();
            return Err(PtyError::from_start(&spec.program(), "starting its thread", source));
        }
    };
    let bytes = match std::mem::replace(&mut spec.stdin, Stdin::Null) {
        Stdin::Bytes(bytes) => bytes,
        Stdin::Open | Stdin::Null => Vec::new(),
    };
    let mut pipes =
        Pipes { output: Some(output), input, bytes, sent: 0, keeper: Keeper::new(cap), chunk: vec![0; 65536] };
    let end = pipes.until_over(&shared, &woken, began + timeout);
    let held_open = pipes.output.is_some() && matches!(end, BoundedEnd::Exited(_));
    let grace = if matches!(end, BoundedEnd::Exited(_)) { LEFTOVER_GRACE } else { GRACE };
    let duration = match (end, *locked(&shared.exit)) {
        (BoundedEnd::Exited(_), Some((_, at))) => at - began,
        _ => began.elapsed(),
    };
    // The child is not reaped yet, so its number is ours.
    let target = |marker| Target { leader: Some(process), leader_kept: true, marker, not_before: process.start };
    let leftovers = match &spec.marker {
        Some(marker) => {
            let ours = ending::exactly(marker);
            ending::end(&target(Some((&marker.key, &ours))), grace)
        }
        None => ending::end(&target(None), grace),
    };
    pipes.drain();
    if !leftovers.survivors.contains(&process) {
        let _ = waiter.join();
        let _ = child.wait();
    }
    Ok(BoundedRun { end, output: pipes.keeper.finish(), duration, held_open, leftovers })
}

struct Pipes {
    output: Option<OwnedFd>,
    input: Option<OwnedFd>,
    bytes: Vec<u8>,
    sent: usize,
    keeper: Keeper,
    chunk: Vec<u8>,
}

impl Pipes {
    fn until_over(&mut self, shared: &Shared, woken: &UnixStream, deadline: Instant) -> BoundedEnd {
        loop {
            self.send();
            // One read per turn, so that the clock is looked at however much comes.
            let busy = self.read();
            let exit = *locked(&shared.exit);
            let now = Instant::now();
            let mut until = deadline;
            if let Some((status, at)) = exit {
                if self.output.is_none() || now >= at + HELD_OPEN {
                    return BoundedEnd::Exited(status);
                }
                until = until.min(at + HELD_OPEN);
            } else if now >= deadline {
                return BoundedEnd::TimedOut;
            }
            if shared.cancelled.load(Ordering::Acquire) {
                return BoundedEnd::Cancelled;
            }
            if !busy {
                self.wait(woken, until.saturating_duration_since(now));
            }
        }
    }

    fn send(&mut self) {
        while let Some(input) = &self.input {
            if self.sent == self.bytes.len() {
                self.input = None;
                return;
            }
            match nix::unistd::write(input, &self.bytes[self.sent..]) {
                Ok(n) => self.sent += n,
                Err(Errno::EAGAIN) => return,
                Err(Errno::EINTR) => {}
                // It does not want the rest.
                Err(_) => self.input = None,
            }
        }
    }

    /// True if there may be more at once.
    fn read(&mut self) -> bool {
        let Some(output) = &self.output else { return false };
        match nix::unistd::read(output, &mut self.chunk) {
            Ok(n) if n > 0 => {
                self.keeper.push(&self.chunk[..n]);
                return true;
            }
            Err(Errno::EINTR) => return true,
            Err(Errno::EAGAIN) => return false,
            _ => self.output = None,
        }
        false
    }

    /// What is in the pipe after everybody ended; bounded, in case somebody unknown still writes.
    fn drain(&mut self) {
        for _ in 0..64 {
            if !self.read() {
                break;
            }
        }
    }

    fn wait(&self, woken: &UnixStream, limit: Duration) {
        let mut fds = vec![PollFd::new(woken.as_fd(), PollFlags::POLLIN)];
        fds.extend(self.output.iter().map(|fd| PollFd::new(fd.as_fd(), PollFlags::POLLIN)));
        fds.extend(self.input.iter().map(|fd| PollFd::new(fd.as_fd(), PollFlags::POLLOUT)));
        let millis = limit.as_micros().div_ceil(1000);
        // An interrupted or failed poll is a turn of the loop like any other.
        let _ = poll(&mut fds, PollTimeout::from(u16::try_from(millis).unwrap_or(u16::MAX)));
        let mut bytes = [0; 64];
        let mut socket = woken;
        while matches!(socket.read(&mut bytes), Ok(64)) {}
    }
}
