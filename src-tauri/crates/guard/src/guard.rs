//! The office's side: a few workers, each killed and replaced when it does not answer in time or ends. What gets no answer is
//! asked of the owner. Starting a process is not this crate's business: whoever may do that hands in how.

use std::io;
use std::os::fd::{AsFd, AsRawFd};
use std::process::{Child, ChildStdin, ChildStdout};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use crate::judge::{Asked, Explained};
use crate::limits::LONGEST;
use crate::path::Scene;
use crate::standing::Shape;
use crate::verdict::Said;
use crate::wire::{Answer, LONGEST_FRAME, Layer, Question};

/// How long a verdict may take.
pub const DEADLINE: Duration = Duration::from_millis(200);
/// How long loading rules may take: their examples are tried.
const LOADING: Duration = Duration::from_secs(10);
/// How long a fresh worker may take to say its first word.
const STARTING: Duration = Duration::from_secs(10);
/// How many may wait for a worker at once.
const WAITING: usize = 64;

/// Starts a worker, with pipes for its standard input and output.
pub type Start = Box<dyn Fn() -> io::Result<Child> + Send + Sync>;

/// Asks workers for verdicts.
pub struct Guard {
    start: Start,
    deadline: Duration,
    most: usize,
    pool: Mutex<Pool>,
    freed: Condvar,
}

#[derive(Default)]
struct Pool {
    idle: Vec<Worker>,
    busy: usize,
    waiting: usize,
    layers: Vec<Layer>,
    /// Grows with every change of the rules; a worker that is behind loads first.
    rules: u64,
}

struct Worker {
    child: Child,
    to: ChildStdin,
    from: ChildStdout,
    rules: u64,
    used: bool,
}

impl std::fmt::Debug for Guard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Guard").field("most", &self.most).finish_non_exhaustive()
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // It holds nothing that could be lost.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Guard {
    /// A guard with up to `most` workers; the first is started at once, so that no verdict waits for it.
    ///
    /// # Errors
    /// Why no worker can be started.
    pub fn new(start: Start, most: usize) -> io::Result<Self> {
        let guard =
            Self { start, deadline: DEADLINE, most: most.max(1), pool: Mutex::default(), freed: Condvar::new() };
        let mut worker = Worker::start(&guard.start)?;
        worker.warm(&[], 0)?;
        guard.pool().idle.push(worker);
        Ok(guard)
    }

    /// Puts these rules in force beside the shipped ones; gives back the faults of the files that are not in force.
    pub fn reload(&self, layers: Vec<Layer>) -> Vec<String> {
        let rules = {
            let mut pool = self.pool();
            pool.rules += 1;
            pool.rules
        };
        let tried = Worker::start(&self.start).and_then(|mut worker| {
            let known = self.pool().layers.clone();
            // The old ones first, so that a worker knows the last good form of each file.
            worker.ask(&Question::Load(known), LOADING)?;
            let answer = worker.ask(&Question::Load(layers.clone()), LOADING)?;
            Ok((worker, answer))
        });
        match tried {
            Ok((mut worker, Answer::Loaded(faults))) => {
                let mut pool = self.pool();
                let refused = |layer: &Layer| faults.iter().any(|fault| fault.starts_with(&format!("{}:", layer.name)));
                let old = std::mem::take(&mut pool.layers);
                for layer in layers {
                    if !refused(&layer) {
                        pool.layers.push(layer);
                    } else if let Some(last) = old.iter().find(|last| last.name == layer.name) {
                        pool.layers.push(last.clone());
                    }
                }
                worker.rules = rules;
                worker.used = true;
                pool.idle.clear();
                pool.idle.push(worker);
                faults
            }
            Ok((_, other)) => vec![format!("rules: they could not be loaded: {other:?}")],
            Err(error) => vec![format!("rules: they could not be loaded in time: {error}")],
        }
    }

    /// The verdict; `ask` where there is none in time.
    pub fn judge(&self, asked: &Asked, scene: &Scene) -> Said {
        if let Some(said) = too_long(asked) {
            return said;
        }
        match self.ask(&Question::Judge(asked.clone(), scene.clone())) {
            Ok(Answer::Said(said)) => said,
            Ok(Answer::Failed(why)) => Said::unsure(why),
            Ok(_) => Said::unsure("the guard's worker gave an odd answer"),
            Err(why) => Said::unsure(why),
        }
    }

    /// The verdict with all that led to it.
    pub fn explain(&self, asked: &Asked, scene: &Scene) -> Explained {
        let unsure = |why: String| Explained { said: Said::unsure(why), actions: Vec::new() };
        if let Some(said) = too_long(asked) {
            return Explained { said, actions: Vec::new() };
        }
        match self.ask(&Question::Explain(asked.clone(), scene.clone())) {
            Ok(Answer::Explained(explained)) => explained,
            Ok(Answer::Failed(why)) => unsure(why),
            Ok(_) => unsure("the guard's worker gave an odd answer".to_owned()),
            Err(why) => unsure(why),
        }
    }

    /// Which of these shapes covers all that is asked about in it; none where that cannot be said in time.
    pub fn covered(&self, asked: &Asked, scene: &Scene, shapes: &[Shape]) -> Option<usize> {
        if shapes.is_empty() || too_long(asked).is_some() {
            return None;
        }
        match self.ask(&Question::Covered(asked.clone(), scene.clone(), shapes.to_vec())) {
            Ok(Answer::Covered(which)) => which,
            _ => None,
        }
    }

    fn pool(&self) -> MutexGuard<'_, Pool> {
        self.pool.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ask(&self, question: &Question) -> Result<Answer, String> {
        let until = Instant::now() + self.deadline;
        let mut worker = self.take(until)?;
        let left = until.saturating_duration_since(Instant::now());
        let answer = worker.ask(question, left);
        let (worker, answer) = match answer {
            Ok(answer) => (Some(worker), Ok(answer)),
            Err(error) => {
                drop(worker);
                let why = match error.kind() {
                    io::ErrorKind::TimedOut => "no verdict in time: it is too intricate".to_owned(),
                    _ => format!("the guard's worker ended over it ({error})"),
                };
                // The next one is on its way before anyone needs it.
                (Worker::start(&self.start).ok(), Err(why))
            }
        };
        let mut pool = self.pool();
        pool.busy -= 1;
        pool.idle.extend(worker);
        drop(pool);
        self.freed.notify_one();
        answer
    }

    /// A worker with the rules that are in force.
    fn take(&self, until: Instant) -> Result<Worker, String> {
        let mut pool = self.pool();
        let fresh = loop {
            if let Some(worker) = pool.idle.pop() {
                break Some(worker);
            }
            if pool.busy < self.most {
                break None;
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() || pool.waiting >= WAITING {
                return Err("too many verdicts at once".to_owned());
            }
            pool.waiting += 1;
            let (back, _) = self.freed.wait_timeout(pool, left).unwrap_or_else(PoisonError::into_inner);
            pool = back;
            pool.waiting -= 1;
        };
        pool.busy += 1;
        let (rules, layers) = (pool.rules, pool.layers.clone());
        drop(pool);
        let ready = fresh.map_or_else(|| Worker::start(&self.start), Ok).and_then(|mut worker| {
            if worker.rules != rules || !worker.used {
                worker.warm(&layers, rules)?;
            }
            Ok(worker)
        });
        ready.map_err(|error| {
            self.pool().busy -= 1;
            self.freed.notify_one();
            format!("the guard's worker does not start ({error})")
        })
    }
}

fn too_long(asked: &Asked) -> Option<Said> {
    let length = match asked {
        Asked::Run { run } => run.len(),
        Asked::Write { write, .. } => write.len(),
        Asked::Tool { tool, input } => tool.len() + input.to_string().len(),
    };
    (length > LONGEST).then(|| Said::unsure("it is longer than 64 KiB"))
}

impl Worker {
    fn start(start: &Start) -> io::Result<Self> {
        let mut child = start()?;
        let (Some(to), Some(from)) = (child.stdin.take(), child.stdout.take()) else {
            let _ = child.kill();
            let _ = child.wait();
            return Err(io::Error::other("it was started without pipes"));
        };
        let worker = Self { child, to, from, rules: 0, used: false };
        for fd in [worker.to.as_fd(), worker.from.as_fd()] {
            let flags = OFlag::from_bits_retain(fcntl(fd, FcntlArg::F_GETFL)?);
            fcntl(fd, FcntlArg::F_SETFL(flags | OFlag::O_NONBLOCK))?;
        }
        Ok(worker)
    }

    /// Brings a worker to the rules in force; the time a fresh one needs is not that of the verdict.
    fn warm(&mut self, layers: &[Layer], rules: u64) -> io::Result<()> {
        self.ask(&Question::Load(layers.to_vec()), if layers.is_empty() { STARTING } else { LOADING })?;
        self.rules = rules;
        self.used = true;
        Ok(())
    }

    fn ask(&mut self, question: &Question, within: Duration) -> io::Result<Answer> {
        let until = Instant::now() + within;
        let mut frame = Vec::new();
        crate::wire::write(&mut frame, question)?;
        let mut sent = 0;
        while sent < frame.len() {
            match nix::unistd::write(self.to.as_fd(), &frame[sent..]) {
                Ok(more) => sent += more,
                Err(Errno::EAGAIN) => wait(self.to.as_fd(), PollFlags::POLLOUT, until)?,
                Err(Errno::EINTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
        let mut got: Vec<u8> = Vec::new();
        loop {
            if got.len() >= 4 {
                let length = u32::from_be_bytes([got[0], got[1], got[2], got[3]]) as usize;
                if length > LONGEST_FRAME {
                    return Err(io::Error::new(io::ErrorKind::InvalidData, "its answer is too long"));
                }
                if got.len() >= 4 + length {
                    return Ok(serde_json::from_slice(&got[4..4 + length])?);
                }
            }
            let mut piece = [0; 16 * 1024];
            match nix::unistd::read(self.from.as_fd(), &mut piece) {
                Ok(0) => return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "it ended")),
                Ok(more) => got.extend_from_slice(&piece[..more]),
                Err(Errno::EAGAIN) => wait(self.from.as_fd(), PollFlags::POLLIN, until)?,
                Err(Errno::EINTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}

fn wait(fd: std::os::fd::BorrowedFd<'_>, flags: PollFlags, until: Instant) -> io::Result<()> {
    let left = until.saturating_duration_since(Instant::now());
    let timeout = PollTimeout::try_from(left.as_millis().min(60_000) as u32).unwrap_or(PollTimeout::ZERO);
    let mut fds = [PollFd::new(fd, flags)];
    match poll(&mut fds, timeout) {
        Ok(0) if left.as_millis() == 0 || Instant::now() >= until => {
            Err(io::Error::new(io::ErrorKind::TimedOut, format!("no answer on {}", fd.as_raw_fd())))
        }
        Ok(_) | Err(Errno::EINTR) => Ok(()),
        Err(error) => Err(error.into()),
    }
}
