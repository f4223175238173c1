//! What a shell has no word for, tried inside a sandbox: `way-out WHAT [WORD...]` ends with code 0 if it got through. What is tried, and
//! what that means, is in `tests/src/escapes.rs`.
#![allow(unsafe_code, clippy::print_stderr, reason = "plain system calls, and why one did not go")]

use std::ffi::CString;
use std::io;
use std::os::fd::AsRawFd;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixStream};
use std::process::ExitCode;

use nix::libc;
use nix::pty::openpty;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let tried = match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["socket", path] => UnixStream::connect(path).map(drop),
        ["abstract", name] => {
            SocketAddr::from_abstract_name(name).and_then(|at| UnixStream::connect_addr(&at)).map(drop)
        }
        ["type"] => typed(),
        ["trace", pid] => pid.parse().map_err(io::Error::other).and_then(traced),
        ["trace-child"] => traced_child(),
        ["become-root"] => become_root(),
        ["enter", namespace] => entered(namespace),
        ["move-mount", from, to] => moved(from, to),
        _ => Err(io::Error::other(
            "socket PATH | abstract NAME | type | trace PID | trace-child | become-root | enter FILE | move-mount FROM TO",
        )),
    };
    match tried {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("way-out {words:?}: {error}");
            ExitCode::FAILURE
        }
    }
}

fn checked(result: i64) -> io::Result<i64> {
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(result) }
}

/// Types into a terminal as if by keys: into a fresh one of its own, so that nobody's lines are in the way.
fn typed() -> io::Result<()> {
    let line = openpty(None, None).map_err(io::Error::from)?;
    // SAFETY: this program has one thread; the child makes plain system calls on descriptors it inherits and leaves by `_exit`.
    let child = unsafe { libc::fork() };
    checked(child.into())?;
    if child == 0 {
        // SAFETY: as above, and a constant byte.
        unsafe {
            libc::setsid();
            let own = libc::ioctl(line.slave.as_raw_fd(), libc::TIOCSCTTY, 0) == 0;
            let went = own && libc::ioctl(line.slave.as_raw_fd(), libc::TIOCSTI, c"x".as_ptr()) == 0;
            libc::_exit(i32::from(!went));
        }
    }
    ended_well(child)
}

fn ended_well(child: libc::pid_t) -> io::Result<()> {
    let mut status = 0;
    // SAFETY: our own child, and an integer for its status.
    checked(unsafe { libc::waitpid(child, &raw mut status, 0) }.into())?;
    if libc::WIFEXITED(status) && libc::WEXITSTATUS(status) == 0 { Ok(()) } else { Err(io::Error::other("refused")) }
}

fn traced(pid: libc::pid_t) -> io::Result<()> {
    // SAFETY: plain integers; a process that was seized is let go at once.
    unsafe {
        checked(libc::ptrace(libc::PTRACE_SEIZE, pid, 0, 0))?;
        libc::ptrace(libc::PTRACE_DETACH, pid, 0, 0);
    }
    Ok(())
}

fn traced_child() -> io::Result<()> {
    // SAFETY: as in `typed`.
    let child = unsafe { libc::fork() };
    checked(child.into())?;
    if child == 0 {
        // SAFETY: plain integers.
        unsafe { libc::_exit(i32::from(libc::ptrace(libc::PTRACE_TRACEME, 0, 0, 0) != 0)) };
    }
    ended_well(child)
}

fn become_root() -> io::Result<()> {
    // SAFETY: plain integers.
    unsafe { checked(libc::setuid(0).into()) }.map(drop)
}

fn entered(namespace: &str) -> io::Result<()> {
    let file = std::fs::File::open(namespace)?;
    // SAFETY: a descriptor that is alive.
    unsafe { checked(libc::setns(file.as_raw_fd(), 0).into()) }.map(drop)
}

/// By the newer calls, which older filters do not know.
fn moved(from: &str, to: &str) -> io::Result<()> {
    let (from, to) = (CString::new(from)?, CString::new(to)?);
    // SAFETY: both texts live through the calls; OPEN_TREE_CLONE is 1, MOVE_MOUNT_F_EMPTY_PATH is 4.
    unsafe {
        let tree = checked(libc::syscall(libc::SYS_open_tree, libc::AT_FDCWD, from.as_ptr(), 1))?;
        checked(libc::syscall(libc::SYS_move_mount, tree, c"".as_ptr(), libc::AT_FDCWD, to.as_ptr(), 4)).map(drop)
    }
}
