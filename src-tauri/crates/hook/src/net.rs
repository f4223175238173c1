//! The way out of a sandbox: listens on its own loopback and passes each connection on to a socket of the desk's, whose far side
//! decides. It stays behind while this process becomes the program; what is allowed is not known here.

use std::ffi::OsString;
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// At once; more wait, in the kernel's own queue.
const CONNECTIONS: usize = 256;
/// An answer of the far side is not longer.
const LONGEST_ANSWER: usize = 4096;

struct Words {
    port: u16,
    /// Ports of the owner's loopback that the desk may reach, under their own numbers.
    also: Vec<u16>,
    /// Ports that lead to a socket of their own.
    straight: Vec<(u16, PathBuf)>,
    to: PathBuf,
    command: Vec<OsString>,
}

/// `net --port N [--also N]... [--straight N SOCKET]... --to SOCKET -- COMMAND...`, after `net`.
pub(crate) fn main(args: &[OsString]) -> ExitCode {
    let ended = match args.first().and_then(|word| word.to_str()) {
        Some("serve") => serve(&args[1..]),
        Some("leave") => start("serve", io::stdin().as_fd().try_clone_to_owned(), &args[1..]).map(drop),
        _ => begin(args),
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "office-hook net: {error}");
            ExitCode::from(125)
        }
    }
}

fn words(args: &[OsString]) -> Option<Words> {
    let mut args = args.iter();
    let mut words = Words { port: 0, also: Vec::new(), straight: Vec::new(), to: PathBuf::new(), command: Vec::new() };
    while let Some(word) = args.next() {
        match word.to_str()? {
            "--port" => words.port = args.next()?.to_str()?.parse().ok()?,
            "--also" => words.also.push(args.next()?.to_str()?.parse().ok()?),
            "--straight" => words.straight.push((args.next()?.to_str()?.parse().ok()?, args.next()?.into())),
            "--to" => words.to = args.next()?.into(),
            "--" => words.command = args.by_ref().cloned().collect(),
            _ => return None,
        }
    }
    (words.port > 0 && !words.to.as_os_str().is_empty()).then_some(words)
}

/// Listens, leaves a process of our own with the listeners, and becomes the program: nobody has to wait until it listens.
fn begin(args: &[OsString]) -> io::Result<()> {
    let wrong =
        || io::Error::other("usage: net --port N [--also N]... [--straight N SOCKET]... --to SOCKET -- COMMAND...");
    let words = words(args).filter(|words| !words.command.is_empty()).ok_or_else(wrong)?;
    let first = (words.port, 0, &words.to);
    let also = words.also.iter().map(|port| (*port, *port, &words.to));
    let straight = words.straight.iter().map(|(port, to)| (*port, 0, to));
    for (port, aim, to) in std::iter::once(first).chain(also).chain(straight) {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
        let aim = OsString::from(aim.to_string());
        // By one between, so that it is no child of the program's, who may wait for all it has.
        start("leave", Ok(listener.into()), &[aim, to.clone().into()])?.wait()?;
    }
    let mut program = command(Path::new(&words.command[0]));
    let error = program.args(&words.command[1..]).exec();
    let code = if error.kind() == io::ErrorKind::NotFound { 127 } else { 126 };
    let _ = writeln!(io::stderr(), "{}: {error}", words.command[0].to_string_lossy());
    std::process::exit(code)
}

/// Starts this program again, with a listener as its standard input. It ends with the sandbox.
fn start(verb: &str, listener: io::Result<OwnedFd>, args: &[OsString]) -> io::Result<Child> {
    let mut forwarder = command(&std::env::current_exe()?);
    forwarder.args(["net", verb]).args(args).env_clear();
    forwarder.stdin(Stdio::from(listener?)).stdout(Stdio::null()).stderr(Stdio::null());
    // Not of the terminal's foreground: Ctrl-C there is not for it.
    forwarder.process_group(0).spawn()
}

#[expect(
    clippy::disallowed_methods,
    reason = "the forwarder ends with its sandbox, and this process becomes the program"
)]
fn command(program: &Path) -> Command {
    Command::new(program)
}

/// `serve AIM SOCKET`, with the listener as standard input. An aim is a port of the owner's loopback, or 0 where every client
/// says itself where it wants to go.
fn serve(args: &[OsString]) -> io::Result<()> {
    let [aim, to] = args else { return Err(io::Error::other("usage: net serve AIM SOCKET")) };
    let aim: u16 = aim.to_str().and_then(|text| text.parse().ok()).unwrap_or(0);
    let listener = TcpListener::from(io::stdin().as_fd().try_clone_to_owned()?);
    let open = Arc::new(AtomicUsize::new(0));
    let to: Arc<Path> = Arc::from(PathBuf::from(to));
    for client in listener.incoming() {
        let Ok(client) = client else { continue };
        if open.fetch_add(1, Ordering::AcqRel) >= CONNECTIONS {
            open.fetch_sub(1, Ordering::AcqRel);
            continue;
        }
        let (open, to) = (open.clone(), to.clone());
        let started = std::thread::Builder::new().stack_size(128 * 1024).spawn(move || {
            // Either side may go away at any time.
            let _ = pass(client, &to, aim);
            open.fetch_sub(1, Ordering::AcqRel);
        });
        drop(started);
    }
    Ok(())
}

fn pass(client: TcpStream, to: &Path, aim: u16) -> io::Result<()> {
    let mut far = UnixStream::connect(to)?;
    if aim != 0 {
        write!(far, "CONNECT 127.0.0.1:{aim} HTTP/1.1\r\n\r\n")?;
        let mut answer = Vec::new();
        let mut byte = [0];
        while !answer.ends_with(b"\r\n\r\n") {
            if answer.len() > LONGEST_ANSWER || far.read(&mut byte)? == 0 {
                return Ok(());
            }
            answer.push(byte[0]);
        }
        if !answer.starts_with(b"HTTP/1.1 200") {
            return Ok(());
        }
    }
    let (mut from_far, mut from_client) = (far.try_clone()?, client.try_clone()?);
    let mut to_client = client;
    let back = std::thread::Builder::new().stack_size(128 * 1024).spawn(move || {
        let _ = io::copy(&mut from_far, &mut to_client);
        let _ = to_client.shutdown(Shutdown::Write);
    })?;
    let _ = io::copy(&mut from_client, &mut far);
    let _ = far.shutdown(Shutdown::Write);
    let _ = back.join();
    Ok(())
}
