//! One running program as seen from outside: its state, shared between the host, its viewers and its threads.
//! Reading and recording are in `pump`, the order of an ending in `ending`.

use std::io::Write;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::Child;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, mpsc};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sys::signal;
use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid};
use nix::unistd::Pid;
use portable_pty::MasterPty;
use tokio::sync::{Notify, oneshot, watch};

use crate::ending::{self, MarkerTest, Target};
use crate::host::{Ended, Exit, ExitStatus, OutputEnd, ProcessId, RecordingState, SessionId, SessionInfo, Signal};
use crate::process;
use crate::ring::Ring;
use crate::spec::{Marker, TermSize};

/// How long an ended session's output may take to reach its end by itself before reading is stopped.
const DRAIN: Duration = Duration::from_millis(500);

/// What the outside asks of the session's thread.
pub(crate) enum Ask {
    /// Input; answered once the system took it all, dropped if it never will.
    Input(Vec<u8>, Option<oneshot::Sender<()>>),
    /// End of input.
    CloseInput,
    /// The terminal has a new size.
    Resized(TermSize),
    /// Bring the recording up to date.
    Flush(oneshot::Sender<()>),
    /// The main process ended.
    Exited,
    /// Take what is there, then stop reading.
    Stop,
}

/// The main process until its number is given back.
pub(crate) struct Leader {
    /// Kept unreaped while others of its session live: the zombie keeps the number from being used again, so that
    /// signals to the group and searches by session id cannot hit strangers.
    child: Option<Child>,
    exited: bool,
    /// Endings in progress, which need the number.
    pins: usize,
}

pub(crate) struct Session {
    pub(crate) id: SessionId,
    pub(crate) label: String,
    pub(crate) process: ProcessId,
    pub(crate) started: Instant,
    pub(crate) marker: Option<Marker>,
    pub(crate) recording_path: Option<PathBuf>,
    pub(crate) ring: Mutex<Ring>,
    pub(crate) stderr: Mutex<Ring>,
    pub(crate) news: Notify,
    pub(crate) last_output: AtomicU64,
    pub(crate) exit: watch::Sender<Option<Exit>>,
    pub(crate) end: watch::Sender<Option<OutputEnd>>,
    pub(crate) recording: Mutex<RecordingState>,
    pub(crate) terminal: Mutex<Option<Box<dyn MasterPty + Send>>>,
    pub(crate) size: Mutex<Option<TermSize>>,
    pub(crate) leader: Mutex<Leader>,
    pub(crate) asks: mpsc::Sender<Ask>,
    pub(crate) asked: AtomicBool,
    pub(crate) wake: UnixStream,
    pub(crate) threads: Mutex<Vec<JoinHandle<()>>>,
}

/// A panic elsewhere must not take every session down with it; the data are plain values.
pub(crate) fn locked<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Leader {
    pub(crate) fn new(child: Child) -> Self {
        Self { child: Some(child), exited: false, pins: 0 }
    }
}

impl Session {
    /// Time since the spawn.
    pub(crate) fn now(&self) -> Duration {
        self.started.elapsed()
    }

    /// Hands something to the session's thread; false if that has ended.
    pub(crate) fn ask(&self, ask: Ask) -> bool {
        if self.asks.send(ask).is_err() {
            return false;
        }
        if !self.asked.swap(true, Ordering::AcqRel) {
            // A full socket already wakes.
            let _ = (&self.wake).write(&[1]);
        }
        true
    }

    pub(crate) fn info(&self) -> SessionInfo {
        let age = self.now();
        let last = Duration::from_micros(self.last_output.load(Ordering::Relaxed));
        let in_memory = {
            let ring = locked(&self.ring);
            ring.start()..ring.end()
        };
        SessionInfo {
            id: self.id,
            label: self.label.clone(),
            process: self.process,
            age,
            quiet: age.saturating_sub(last),
            in_memory,
            size: *locked(&self.size),
            exit: *self.exit.borrow(),
            output_end: *self.end.borrow(),
            recording: locked(&self.recording).clone(),
        }
    }

    /// Waits for the main process; runs on a thread of its own.
    pub(crate) fn watch_exit(&self) {
        let status = wait_unreaped(self.process.pid);
        locked(&self.leader).exited = true;
        self.exit.send_replace(Some(Exit { status, after: self.now() }));
        self.ask(Ask::Exited);
        self.try_reap();
    }

    /// Gives the main process's number back if it ended and nobody else of its session is left.
    pub(crate) fn try_reap(&self) {
        if !self.may_reap() {
            return;
        }
        if !process::session_has_others(self.process.pid) {
            self.reap();
        }
    }

    fn may_reap(&self) -> bool {
        let leader = locked(&self.leader);
        leader.exited && leader.pins == 0 && leader.child.is_some()
    }

    /// Gives the number back whoever is left.
    pub(crate) fn reap(&self) {
        let mut leader = locked(&self.leader);
        if leader.exited
            && leader.pins == 0
            && let Some(mut child) = leader.child.take()
        {
            // It has exited, so this does not wait; an error means that somebody else reaped it.
            let _ = child.wait();
        }
    }

    fn target<'a>(&self, kept: bool, marker: Option<MarkerTest<'a>>) -> Target<'a> {
        Target { leader: Some(self.process), leader_kept: kept, marker, not_before: self.process.start }
    }

    /// Runs `act` while the leader's number is certain to be ours; it hears whether it still is.
    fn pinned<T>(&self, act: impl FnOnce(bool) -> T) -> T {
        let kept = {
            let mut leader = locked(&self.leader);
            leader.pins += 1;
            leader.child.is_some()
        };
        let result = act(kept);
        locked(&self.leader).pins -= 1;
        self.try_reap();
        result
    }

    /// Ends all that belongs to the session and waits, within bounds, for its last byte. Blocking.
    pub(crate) fn end(&self, grace: Duration) -> Ended {
        let ended = self.pinned(|kept| match &self.marker {
            Some(marker) => {
                let ours = ending::exactly(marker);
                ending::end(&self.target(kept, Some((&marker.key, &ours))), grace)
            }
            None => ending::end(&self.target(kept, None), grace),
        });
        let over = || self.exit.borrow().is_some() && self.end.borrow().is_some();
        if !settled(DRAIN, over) {
            // Something that we do not know holds the terminal or pipe.
            self.ask(Ask::Stop);
            settled(DRAIN, over);
        }
        ended
    }

    /// Kills the group at once, without waiting: for a host that is dropped.
    pub(crate) fn abandon(&self) {
        self.pinned(|kept| {
            if kept {
                let _ = ending::signal_group(self.process.pid, signal::Signal::SIGKILL);
            }
        });
        self.ask(Ask::Stop);
    }

    /// Sends one signal. Blocking, but short.
    pub(crate) fn signal(&self, wanted: Signal) -> Result<(), Errno> {
        use nix::sys::signal::Signal as S;
        let (name, everywhere) = match wanted {
            Signal::Interrupt => (S::SIGINT, false),
            Signal::Quit => (S::SIGQUIT, false),
            Signal::Hangup => (S::SIGHUP, false),
            Signal::Terminate => (S::SIGTERM, false),
            Signal::Kill => (S::SIGKILL, false),
            Signal::Stop => (S::SIGSTOP, true),
            Signal::Continue => (S::SIGCONT, true),
        };
        self.pinned(|kept| {
            // A zombie takes signals without complaint; the caller wants to know that nothing heard it.
            let exited = locked(&self.leader).exited;
            if !kept || (exited && ending::living(&self.target(true, None)).is_empty()) {
                return Err(Errno::ESRCH);
            }
            if everywhere {
                let found = ending::signal_all(&self.target(true, None), name);
                return if found == 0 { Err(Errno::ESRCH) } else { Ok(()) };
            }
            let mut group = self.process.pid;
            if matches!(wanted, Signal::Interrupt | Signal::Quit)
                && let Some(terminal) = locked(&self.terminal).as_ref()
            {
                // As Ctrl-C does: to whom the terminal belongs at the moment.
                group = terminal.process_group_leader().unwrap_or(group);
            }
            ending::signal_group(group, name)
        })
    }

    /// Waits for the session's threads. Only after its end, or it would wait for the program.
    pub(crate) fn join(&self) {
        let threads = std::mem::take(&mut *locked(&self.threads));
        for thread in threads {
            if thread.thread().id() != thread::current().id() {
                let _ = thread.join();
            }
        }
    }
}

/// Waits for a process without taking its number back.
pub(crate) fn wait_unreaped(pid: i32) -> ExitStatus {
    loop {
        match waitid(Id::Pid(Pid::from_raw(pid)), WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT) {
            Ok(WaitStatus::Exited(_, code)) => return ExitStatus::Code(code),
            Ok(WaitStatus::Signaled(_, signal, _)) => return ExitStatus::Signal(signal as i32),
            Ok(_) | Err(Errno::EINTR) => {}
            Err(_) => return ExitStatus::Unknown,
        }
    }
}

/// Waits until the condition holds, at most so long.
fn settled(limit: Duration, condition: impl Fn() -> bool) -> bool {
    let until = Instant::now() + limit;
    while !condition() {
        if Instant::now() >= until {
            return false;
        }
        thread::sleep(Duration::from_millis(2));
    }
    true
}
