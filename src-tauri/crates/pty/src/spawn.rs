//! Starts one process with exactly what the spec says, as leader of its own session and group.
//! The terminal comes from portable-pty; the fork is ours, because portable-pty's own closes the pipe on which a failed
//! exec is reported, falls back to another directory when the one asked for is missing, and adds variables.

use std::ffi::{OsStr, OsString};
use std::fs::{File, OpenOptions};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};

use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::libc;
use nix::unistd::{AccessFlags, access};
use portable_pty::{MasterPty, PtySize, native_pty_system};

use crate::error::PtyError;
use crate::host::ProcessId;
use crate::priority::Niceness;
use crate::process;
use crate::spec::{Mode, SpawnSpec, Stderr, Stdin, TermSize};

/// portable-pty opens terminals without close-on-exec and sets it afterwards; no fork of ours may fall in between.
static FORK: Mutex<()> = Mutex::new(());

/// Where a name is looked for when the spec's environment has no `PATH`, as execvp(3) does.
const DEFAULT_PATH: &str = "/usr/local/bin:/usr/bin:/bin";

/// A started process and our ends of its streams, all non-blocking and close-on-exec.
pub(crate) struct Started {
    pub(crate) child: Child,
    pub(crate) process: ProcessId,
    pub(crate) output: OwnedFd,
    pub(crate) input: Option<OwnedFd>,
    pub(crate) stderr: Option<OwnedFd>,
    pub(crate) terminal: Option<Box<dyn MasterPty + Send>>,
}

pub(crate) fn pty_size(size: TermSize) -> PtySize {
    PtySize { rows: size.rows.max(1), cols: size.cols.max(1), pixel_width: 0, pixel_height: 0 }
}

/// Checks the spec, before anything is made for it, and finds the program.
pub(crate) fn prepare(spec: &SpawnSpec) -> Result<PathBuf, PtyError> {
    check(spec)?;
    resolve(spec)
}

/// Starts the program found by `prepare`. Blocking (fork, exec), usually a few milliseconds.
pub(crate) fn start(spec: &SpawnSpec, path: &Path) -> Result<Started, PtyError> {
    let program = spec.program();
    let command = command(spec, path);
    let _fork = FORK.lock().unwrap_or_else(PoisonError::into_inner);
    match spec.mode {
        Mode::Pty => on_terminal(spec, command, path),
        Mode::Pipes(stderr) => on_pipes(spec, stderr, command, path),
    }
    .map_err(|failure| match failure {
        Failure::Said(error) => error,
        Failure::System(doing, source) => PtyError::from_start(&program, doing, source),
    })
}

enum Failure {
    Said(PtyError),
    System(&'static str, io::Error),
}

fn system(doing: &'static str) -> impl Fn(io::Error) -> Failure {
    move |source| Failure::System(doing, source)
}

fn on_terminal(spec: &SpawnSpec, mut command: Command, path: &Path) -> Result<Started, Failure> {
    let opening = "opening a terminal";
    let pair = native_pty_system().openpty(pty_size(spec.size)).map_err(|e| {
        // portable-pty flattens the error into text; ask the system for its number once more.
        let source = File::open("/dev/null").err().unwrap_or_else(|| io::Error::other(e.to_string()));
        Failure::System(opening, source)
    })?;
    let name = pair.master.tty_name().ok_or_else(|| system(opening)(io::Error::other("it has no name")))?;
    let slave = OpenOptions::new()
        .read(true)
        .write(true)
        .custom_flags((OFlag::O_NOCTTY | OFlag::O_CLOEXEC).bits())
        .open(name)
        .map_err(system(opening))?;
    drop(pair.slave);
    let output = duplicate(pair.master.as_ref()).map_err(system(opening))?;
    let input = output.try_clone().map_err(system(opening))?;
    set_nonblocking(output.as_fd()).map_err(system(opening))?;
    command.stdin(slave.try_clone().map_err(system(opening))?);
    command.stdout(slave.try_clone().map_err(system(opening))?);
    command.stderr(slave);
    let child = fork(command, true, path)?;
    let process = process::identity(child_pid(&child));
    Ok(Started { child, process, output, input: Some(input), stderr: None, terminal: Some(pair.master) })
}

fn on_pipes(spec: &SpawnSpec, stderr: Stderr, mut command: Command, path: &Path) -> Result<Started, Failure> {
    let opening = "opening pipes";
    let (output, write) = io::pipe().map_err(system(opening))?;
    // A larger pipe saves switches between a flooding child and us; refusal costs only speed.
    let _ = fcntl(&output, FcntlArg::F_SETPIPE_SZ(256 * 1024));
    let mut errors = None;
    match stderr {
        Stderr::Merged => {
            command.stderr(write.try_clone().map_err(system(opening))?);
        }
        Stderr::Tail => {
            let (read, write) = io::pipe().map_err(system(opening))?;
            set_nonblocking(read.as_fd()).map_err(system(opening))?;
            errors = Some(OwnedFd::from(read));
            command.stderr(write);
        }
    }
    command.stdout(write);
    let mut input = None;
    if spec.stdin == Stdin::Null {
        command.stdin(Stdio::null());
    } else {
        let (read, write) = io::pipe().map_err(system(opening))?;
        set_nonblocking(write.as_fd()).map_err(system(opening))?;
        input = Some(OwnedFd::from(write));
        command.stdin(read);
    }
    set_nonblocking(output.as_fd()).map_err(system(opening))?;
    let child = fork(command, false, path)?;
    let process = process::identity(child_pid(&child));
    Ok(Started { child, process, output: output.into(), input, stderr: errors, terminal: None })
}

pub(crate) fn child_pid(child: &Child) -> i32 {
    i32::try_from(child.id()).unwrap_or(i32::MAX)
}

#[expect(clippy::disallowed_methods, reason = "this is the one place of the crate where processes start")]
fn command(spec: &SpawnSpec, path: &Path) -> Command {
    let mut command = Command::new(path);
    command.arg0(&spec.argv[0]).args(&spec.argv[1..]).current_dir(&spec.cwd).env_clear();
    command.envs(spec.env.iter().map(|(k, v)| (k, v)));
    if let Some(marker) = &spec.marker {
        command.env(&marker.key, &marker.value);
    }
    command
}

#[allow(unsafe_code)]
fn duplicate(master: &dyn MasterPty) -> io::Result<OwnedFd> {
    let raw = master.as_raw_fd().ok_or_else(|| io::Error::other("the terminal has no descriptor"))?;
    // SAFETY: `master` owns the open descriptor `raw` and outlives this borrow, which ends with the clone.
    unsafe { BorrowedFd::borrow_raw(raw) }.try_clone_to_owned()
}

/// Forks and executes; a failed exec comes back as an error of this call.
#[allow(unsafe_code)]
fn fork(mut command: Command, terminal: bool, path: &Path) -> Result<Child, Failure> {
    let niceness = Niceness::wished();
    let prepare = move || {
        // SAFETY: only async-signal-safe system calls on plain integers between fork and exec; no allocation,
        // no lock. Ignored signals would survive exec (a holder started by nohup ignores SIGHUP).
        unsafe {
            for signal in 1..32 {
                libc::signal(signal, libc::SIG_DFL);
            }
            if libc::setsid() == -1 || (terminal && libc::ioctl(0, libc::TIOCSCTTY as _, 0) == -1) {
                return Err(io::Error::last_os_error());
            }
            niceness.give_way();
            // Descriptors of other libraries without close-on-exec stop here too. The flag is set instead of closing
            // them, because the one on which std reports a failed exec is among them. Older kernels: no harm.
            libc::syscall(libc::SYS_close_range, 3, libc::c_uint::MAX, libc::CLOSE_RANGE_CLOEXEC);
        }
        Ok(())
    };
    // SAFETY: see `prepare`, which runs in the child between fork and exec.
    unsafe { command.pre_exec(prepare) };
    command.spawn().map_err(|source| match source.raw_os_error() {
        // The file itself was found before, so what is missing is what it names.
        Some(libc::ENOENT) => Failure::Said(PtyError::NotExecutable {
            path: path.to_owned(),
            reason: "the interpreter or loader that it names does not exist".to_owned(),
            way_out: "install it, or correct the #! line".to_owned(),
        }),
        Some(libc::EACCES) => Failure::Said(not_executable(path)),
        Some(libc::E2BIG) => Failure::System("passing arguments and environment, which are too large", source),
        _ => Failure::System("executing it", source),
    })
}

pub(crate) fn set_nonblocking(fd: BorrowedFd<'_>) -> io::Result<()> {
    let flags = OFlag::from_bits_retain(fcntl(fd, FcntlArg::F_GETFL)?);
    fcntl(fd, FcntlArg::F_SETFL(flags | OFlag::O_NONBLOCK))?;
    Ok(())
}

fn check(spec: &SpawnSpec) -> Result<(), PtyError> {
    if spec.argv.first().is_none_or(|program| program.is_empty()) {
        return Err(PtyError::EmptyCommand);
    }
    let nul = |text: &OsStr| text.as_bytes().contains(&0);
    if let Some(n) = spec.argv.iter().position(|a| nul(a)) {
        return Err(PtyError::Nul { what: format!("argument {n}") });
    }
    if nul(spec.cwd.as_os_str()) {
        return Err(PtyError::Nul { what: "the working directory".to_owned() });
    }
    let marker = spec.marker.iter().map(|m| (&m.key, &m.value));
    for (key, value) in spec.env.iter().map(|(k, v)| (k, v)).chain(marker) {
        if key.is_empty() || key.as_bytes().contains(&b'=') {
            return Err(PtyError::BadVariable { name: key.to_string_lossy().into_owned() });
        }
        if nul(key) || nul(value) {
            return Err(PtyError::Nul { what: format!("the variable {}", key.to_string_lossy()) });
        }
    }
    match std::fs::metadata(&spec.cwd) {
        Ok(meta) if !meta.is_dir() => {
            Err(PtyError::CwdUnusable { path: spec.cwd.clone(), reason: "not a directory".to_owned() })
        }
        Ok(_) => access(&spec.cwd, AccessFlags::X_OK)
            .map_err(|errno| PtyError::CwdUnusable { path: spec.cwd.clone(), reason: errno.desc().to_owned() }),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Err(PtyError::CwdMissing { path: spec.cwd.clone() }),
        Err(e) => Err(PtyError::CwdUnusable { path: spec.cwd.clone(), reason: e.to_string() }),
    }
}

fn not_executable(path: &Path) -> PtyError {
    let reason = if path.is_dir() { "it is a directory" } else { "no permission to execute it" };
    PtyError::NotExecutable {
        path: path.to_owned(),
        reason: reason.to_owned(),
        way_out: "run chmod +x on it, check the mount's noexec option, or name another program".to_owned(),
    }
}

/// Finds the program in the spec's own `PATH`, not in ours.
fn resolve(spec: &SpawnSpec) -> Result<PathBuf, PtyError> {
    let program = &spec.argv[0];
    let missing = |looked_in: String| PtyError::ProgramMissing { program: spec.program(), looked_in };
    if program.as_bytes().contains(&b'/') {
        let path = spec.cwd.join(program);
        return match access(&path, AccessFlags::X_OK) {
            Ok(()) if !path.is_dir() => Ok(path),
            Err(nix::errno::Errno::ENOENT | nix::errno::Errno::ENOTDIR) => Err(missing(path.display().to_string())),
            _ => Err(not_executable(&path)),
        };
    }
    let search: OsString = spec.variable("PATH").map_or_else(|| OsString::from(DEFAULT_PATH), OsStr::to_owned);
    let mut found = None;
    for dir in std::env::split_paths(&search) {
        let path = spec.cwd.join(dir).join(program);
        if access(&path, AccessFlags::X_OK).is_ok() && !path.is_dir() {
            return Ok(path);
        }
        if path.is_file() {
            found.get_or_insert(path);
        }
    }
    Err(found.map_or_else(|| missing(search.to_string_lossy().into_owned()), |path| not_executable(&path)))
}
