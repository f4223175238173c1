//! The life of the host's process: leaving the one that started it, taking the lock, saying that it is ready, running.
//! What it answers to clients is in `server`.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use nix::libc;
use nix::sys::stat::{Mode, umask};
use nix::sys::wait::waitpid;
use nix::unistd::{ForkResult, chdir, dup2_stderr, dup2_stdin, dup2_stdout, fork, setsid};

use super::error::DetachedError;
use super::lock::HostLock;
use super::log::Log;
use super::place::Place;
use super::server;
use crate::orphans;

/// The starter's exit code when another host holds the lock.
pub(super) const HELD: u8 = 3;
/// Before the reason on the pipe to the starter.
const HELD_WORD: &str = "held";

/// How a host is run.
#[derive(Debug, Clone)]
pub struct HostOptions {
    /// Its directory; made owner-only.
    pub dir: PathBuf,
    /// After so long without program and client it ends.
    pub linger: Duration,
    /// The newest version of the protocol to speak; lower than [`super::PROTOCOL`] only in tests of old hosts.
    pub newest: u32,
    /// Stay in the process that was started, for a supervisor.
    pub foreground: bool,
}

/// The whole of the `office-host` program. Unless it stays in the foreground it returns in the process that was
/// started as soon as the host is ready (or says why not on standard error), and in the host when that ends. To be
/// called before any thread is started.
pub fn run_host(options: &HostOptions) -> ExitCode {
    let place = match Place::make(&options.dir) {
        Ok(place) => place,
        Err(error) => return said(&error.to_string()),
    };
    let mut ready = None;
    if !options.foreground {
        match leave() {
            Ok(Side::Starter(answer)) => {
                return match answer.as_str() {
                    "" => ExitCode::SUCCESS,
                    HELD_WORD => ExitCode::from(HELD),
                    reason => said(reason),
                };
            }
            Ok(Side::Host(pipe)) => ready = Some(pipe),
            Err(error) => return said(&format!("leaving the caller failed: {error}")),
        }
    }
    let outcome = live(&place, options, &mut ready);
    let Err(error) = outcome else { return ExitCode::SUCCESS };
    let held = matches!(error, DetachedError::Runs { .. });
    match ready {
        Some(mut pipe) => {
            let reason = if held { HELD_WORD.to_owned() } else { error.to_string() };
            // A starter that is gone does not want to know.
            let _ = pipe.write_all(reason.as_bytes());
        }
        None => _ = said(&error.to_string()),
    }
    if held { ExitCode::from(HELD) } else { ExitCode::FAILURE }
}

fn said(text: &str) -> ExitCode {
    let _ = writeln!(io::stderr(), "office-host: {text}");
    ExitCode::FAILURE
}

fn live(place: &Place, options: &HostOptions, ready: &mut Option<File>) -> Result<(), DetachedError> {
    let _lock = HostLock::take(place)?;
    let log = Log::open(place);
    if ready.is_some()
        && let Some(file) = log.file()
    {
        // So that a panic leaves its words.
        let _ = dup2_stderr(&file);
    }
    // Who was started by a desk stays below this process, whatever it does to get away.
    if let Err(error) = orphans::adopt() {
        log.say(&format!("orphans of programs are not seen: {error}"));
    }
    // One thread suffices: bytes are read and encoded by the sessions' own.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(DetachedError::io("starting in", place.dir()))?;
    // Closing the pipe without a word says that it is ready.
    runtime.block_on(server::serve(place, log, options.linger, options.newest, || drop(ready.take())))
}

enum Side {
    /// What the host said until it closed the pipe.
    Starter(String),
    Host(File),
}

/// Forks twice, so that the host is nobody's child and, not leading its session, can never come by a controlling
/// terminal. Whatever the caller had open stays behind.
#[allow(unsafe_code)]
fn leave() -> io::Result<Side> {
    // SAFETY: nothing of this process has opened anything above standard error yet. Older kernels: no harm.
    unsafe { libc::syscall(libc::SYS_close_range, 3, libc::c_uint::MAX, 0) };
    let (mut read, write) = io::pipe()?;
    // SAFETY: no other thread exists yet, so that the child may do all that the parent may.
    if let ForkResult::Parent { child } = unsafe { fork() }? {
        drop(write);
        let _ = waitpid(child, None);
        let mut answer = String::new();
        read.read_to_string(&mut answer)?;
        return Ok(Side::Starter(answer));
    }
    drop(read);
    setsid()?;
    // SAFETY: as above.
    if let ForkResult::Parent { .. } = unsafe { fork() }? {
        // SAFETY: ends at once and without destructors, which belong to the other two.
        unsafe { libc::_exit(0) };
    }
    chdir(Path::new("/"))?;
    umask(Mode::from_bits_truncate(0o077));
    let null = OpenOptions::new().read(true).write(true).open("/dev/null")?;
    dup2_stdin(&null)?;
    dup2_stdout(&null)?;
    dup2_stderr(&null)?;
    Ok(Side::Host(File::from(std::os::fd::OwnedFd::from(write))))
}
