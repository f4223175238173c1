//! How a meter comes to be: this program listens, leaves a process of its own with the listener, and becomes the program whose
//! calls are metered. So a meter is there before its program is, ends with it, and needs neither office nor host. What was left
//! keeps the listener and starts the meter again where it was killed; calls wait meanwhile, and none goes past it.

use std::ffi::OsString;
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::Duration;

use crate::MeterError;
use crate::call::now;
use crate::config::{Config, Placed};
use crate::serve::{Listener, Meter};

/// The name of the program.
pub const PROGRAM: &str = "office-meter";
/// Where a sandbox's loopback leads to its meter.
pub const PORT: u16 = 8119;
/// The meter's socket in a desk's own door.
pub const SOCKET: &str = "meter.sock";
/// What a program's processes carry, by which the office finds what is left of them.
const MARKER: &str = "OFFICE_RUN";
/// A meter that was killed is started again after so long, and after twice as long each time up to the longest.
const AGAIN: Duration = Duration::from_millis(50);
const AGAIN_LONGEST: Duration = Duration::from_secs(5);
/// A meter that ran for so long was well.
const WELL: Duration = Duration::from_secs(60);
/// The longest path of a socket, with its closing NUL.
const LONGEST_PATH: usize = 107;

/// The words that start `command` behind a meter.
pub fn words(program: &Path, config: &Path, command: &[OsString]) -> Vec<OsString> {
    let mut words = vec![program.into(), "run".into(), config.into(), "--".into()];
    words.extend(command.iter().cloned());
    words
}

/// The program: `run CONFIG -- COMMAND...`.
pub fn main() -> ExitCode {
    let args: Vec<OsString> = std::env::args_os().skip(1).collect();
    let ended = match args.first().and_then(|word| word.to_str()) {
        Some("run") => run(&args[1..]),
        Some("leave") => leave(&args[1..]),
        Some("keep") => keep(&args[1..]),
        Some("serve") => serve(&args[1..]),
        Some("--version") => {
            let _ = writeln!(io::stdout(), "{PROGRAM} {}", env!("CARGO_PKG_VERSION"));
            Ok(())
        }
        _ => Err(MeterError::Usage),
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "{PROGRAM}: {error}");
            ExitCode::from(125)
        }
    }
}

fn config(path: &Path) -> Result<Config, MeterError> {
    let wrong = |error: String| MeterError::File { path: path.display().to_string(), error };
    let bytes = read_small(path, 16 * 1024 * 1024).map_err(|error| wrong(error.to_string()))?;
    serde_json::from_slice(&bytes).map_err(|error| wrong(error.to_string()))
}

/// Reads a file whole, links not followed, nothing that is no file, and no more than so much.
pub(crate) fn read_small(path: &Path, longest: u64) -> io::Result<Vec<u8>> {
    let mut options = std::fs::OpenOptions::new();
    let file = options.read(true).custom_flags(nix::libc::O_NOFOLLOW | nix::libc::O_NONBLOCK).open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("it is no file"));
    }
    let mut bytes = Vec::new();
    file.take(longest + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > longest {
        return Err(io::Error::other("it is too long"));
    }
    Ok(bytes)
}

fn doing(doing: &'static str) -> impl Fn(io::Error) -> MeterError {
    move |error| MeterError::System { doing, error }
}

fn run(args: &[OsString]) -> Result<(), MeterError> {
    let [path, dashes, command @ ..] = args else { return Err(MeterError::Usage) };
    let ([program, ..], true) = (command, dashes == "--") else { return Err(MeterError::Usage) };
    let config = config(Path::new(path))?;
    let (listener, port) = listen(&config).map_err(doing("listening for calls"))?;
    // Whoever holds the other end is the program, and what it started: when that is closed, nobody is left who could call.
    let (ends, held) = io::pipe().map_err(doing("making a pipe"))?;
    let mut meter = command_of(&std::env::current_exe().map_err(doing("finding this program"))?);
    meter.arg("leave").arg(path).stdin(Stdio::from(listener)).stdout(Stdio::from(OwnedFd::from(ends)));
    // By one between, so that it is no child of the program's, who may wait for all it has.
    let left = meter.status().map_err(doing("starting the meter"))?;
    if !left.success() {
        let error = io::Error::other("it did not start; what it said stands before this");
        return Err(MeterError::System { doing: "starting the meter", error });
    }
    nix::fcntl::fcntl(&held, nix::fcntl::FcntlArg::F_SETFD(nix::fcntl::FdFlag::empty()))
        .map_err(|error| MeterError::System { doing: "handing on a pipe", error: error.into() })?;
    let place = |text: &std::ffi::OsStr| placed(text, &config.secret, port);
    let mut next = command_of(Path::new(&place(program)));
    next.args(command[1..].iter().map(|word| place(word)));
    for (name, value) in std::env::vars_os() {
        next.env(name, place(&value));
    }
    let error = next.exec();
    let code = if error.kind() == io::ErrorKind::NotFound { 127 } else { 126 };
    let _ = writeln!(io::stderr(), "{}: {error}", program.to_string_lossy());
    std::process::exit(code)
}

/// What the office wrote of port 0 is of the port that was found.
fn placed(text: &std::ffi::OsStr, secret: &str, port: Option<u16>) -> OsString {
    let (Some(port), true) = (port, !secret.is_empty()) else { return text.to_owned() };
    let (from, to) = (format!("127.0.0.1:0/{secret}"), format!("127.0.0.1:{port}/{secret}"));
    let (mut out, mut rest) = (Vec::new(), text.as_bytes());
    while let Some(at) = memchr::memmem::find(rest, from.as_bytes()) {
        out.extend_from_slice(&rest[..at]);
        out.extend_from_slice(to.as_bytes());
        rest = &rest[at + from.len()..];
    }
    out.extend_from_slice(rest);
    OsString::from_vec(out)
}

fn listen(config: &Config) -> io::Result<(OwnedFd, Option<u16>)> {
    match &config.placed {
        Placed::Loopback => {
            let listener = std::net::TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
            let port = listener.local_addr()?.port();
            Ok((listener.into(), Some(port)))
        }
        Placed::Socket { path } => {
            match std::fs::remove_file(path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
            Ok((bind(path)?.into(), None))
        }
    }
}

/// Binds a socket whose path may be longer than a socket's path can be.
fn bind(path: &Path) -> io::Result<std::os::unix::net::UnixListener> {
    use std::os::unix::net::UnixListener;
    if path.as_os_str().len() <= LONGEST_PATH {
        return UnixListener::bind(path);
    }
    let (Some(dir), Some(name)) = (path.parent(), path.file_name()) else {
        return Err(io::Error::other("a socket needs a folder"));
    };
    let dir = std::fs::File::open(dir)?;
    UnixListener::bind(PathBuf::from(format!("/proc/self/fd/{}", dir.as_raw_fd())).join(name))
}

#[expect(clippy::disallowed_methods, reason = "the meter ends with its program, and this process becomes that")]
fn command_of(program: &Path) -> Command {
    Command::new(program)
}

/// Starts the meter in a session of its own, with what stands at 0 and 1, and says whether it could begin. What keeps it from
/// beginning is said here, where a person sees it.
fn leave(args: &[OsString]) -> Result<(), MeterError> {
    let [path] = args else { return Err(MeterError::Usage) };
    let config = config(Path::new(path))?;
    drop(Meter::new(&config)?);
    nix::unistd::setsid().map_err(|error| MeterError::System { doing: "leaving the terminal", error: error.into() })?;
    let mut keeper = passing_on("keep", path, &config)?;
    keeper.spawn().map(drop).map_err(doing("starting the meter"))
}

/// This program in another part, with what stands at 0 and 1.
fn passing_on(part: &str, path: &std::ffi::OsStr, config: &Config) -> Result<Command, MeterError> {
    let own = |fd: std::os::fd::BorrowedFd<'_>| fd.try_clone_to_owned().map(Stdio::from);
    let mut next = command_of(&std::env::current_exe().map_err(doing("finding this program"))?);
    next.arg(part).arg(path).env_clear().current_dir("/");
    next.envs(std::env::var_os(MARKER).map(|value| (MARKER, value)));
    next.envs(config.certificates.as_ref().map(|path| ("SSL_CERT_FILE", path)));
    next.stdin(own(io::stdin().as_fd()).map_err(doing("handing on a listener"))?);
    next.stdout(own(io::stdout().as_fd()).map_err(doing("handing on a pipe"))?);
    next.stderr(Stdio::null());
    Ok(next)
}

/// Starts the meter, and again whenever it ends otherwise than by itself: it ends with its program, and so does this.
fn keep(args: &[OsString]) -> Result<(), MeterError> {
    let [path] = args else { return Err(MeterError::Usage) };
    let config = config(Path::new(path))?;
    let mut again = AGAIN;
    loop {
        let since = now();
        let ended = passing_on("serve", path, &config)?.status();
        if ended.is_ok_and(|status| status.success()) {
            return Ok(());
        }
        if now() - since > i64::try_from(WELL.as_millis()).unwrap_or(i64::MAX) {
            again = AGAIN;
        }
        // Nothing to wait on: whoever killed it may do so again, or the disk is full.
        std::thread::sleep(again);
        again = (again * 2).min(AGAIN_LONGEST);
    }
}

/// The meter itself: the listener is its standard input, and its standard output is read to know when its program is gone.
fn serve(args: &[OsString]) -> Result<(), MeterError> {
    let [path] = args else { return Err(MeterError::Usage) };
    let config = config(Path::new(path))?;
    let listener = io::stdin().as_fd().try_clone_to_owned().map_err(doing("taking the listener"))?;
    let ends = io::stdout().as_fd().try_clone_to_owned().map_err(doing("taking the pipe"))?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.map_err(doing("starting"))?;
    runtime.block_on(async {
        let listener = taken(listener, &config).map_err(doing("taking the listener"))?;
        let meter = Meter::new(&config)?;
        let over = std::thread::Builder::new();
        let (told, gone) = tokio::sync::oneshot::channel();
        let waiting = over.stack_size(64 * 1024).spawn(move || {
            // Nobody writes: this comes back when the last who holds the other end is gone.
            let _ = std::fs::File::from(ends).read(&mut [0]);
            let _ = told.send(());
        });
        waiting.map_err(doing("starting"))?;
        let mut asked = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())
            .map_err(doing("listening for signals"))?;
        // Dropping its connections settles what is in flight.
        tokio::select! {
            () = meter.serve(listener) => {}
            _ = gone => {}
            _ = asked.recv() => {}
        }
        Ok(())
    })
}

fn taken(listener: OwnedFd, config: &Config) -> io::Result<Listener> {
    match config.placed {
        Placed::Loopback => {
            let listener = std::net::TcpListener::from(listener);
            listener.set_nonblocking(true)?;
            tokio::net::TcpListener::from_std(listener).map(Listener::Loopback)
        }
        Placed::Socket { .. } => {
            let listener = std::os::unix::net::UnixListener::from(listener);
            listener.set_nonblocking(true)?;
            tokio::net::UnixListener::from_std(listener).map(Listener::Socket)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_port_that_was_found_stands_where_the_office_wrote_none() {
        let place = |text: &str| placed(text.as_ref(), "s3cret", Some(4711)).into_string().unwrap();
        assert_eq!(place("http://127.0.0.1:0/s3cret"), "http://127.0.0.1:4711/s3cret");
        assert_eq!(place("a=\"http://127.0.0.1:0/s3cret/v1\",b"), "a=\"http://127.0.0.1:4711/s3cret/v1\",b");
        assert_eq!(place("http://127.0.0.1:0/other"), "http://127.0.0.1:0/other");
        assert_eq!(placed("http://127.0.0.1:0/s3cret".as_ref(), "s3cret", None), "http://127.0.0.1:0/s3cret");
    }

    #[test]
    fn a_config_that_is_a_link_or_endless_is_not_read() {
        let root = tempfile::tempdir().unwrap();
        let (file, link) = (root.path().join("f"), root.path().join("l"));
        std::fs::write(&file, "12345").unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        assert_eq!(read_small(&file, 5).unwrap(), b"12345");
        assert!(read_small(&file, 4).is_err() && read_small(&link, 5).is_err());
        assert!(read_small(Path::new("/dev/zero"), 5).is_err());
    }
}
