//! The few calls to the system that have no safe form: descriptors with a text in them, namespaces and mounts of the
//! launcher's own, who it is, and waiting for what it started.
#![allow(unsafe_code)]

use std::ffi::{CString, OsStr};
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, IntoRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use nix::libc::{self, c_int, c_long};

fn checked(result: c_long) -> io::Result<c_long> {
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(result) }
}

pub(crate) fn text(path: &OsStr) -> io::Result<CString> {
    CString::new(path.as_bytes()).map_err(|_| io::Error::other("a NUL byte"))
}

/// Puts `content` where whoever inherits descriptor `number` reads it from its beginning.
pub(crate) fn text_at(number: i32, content: &[u8]) -> io::Result<()> {
    use std::io::{Seek, Write};
    // SAFETY: a constant name; the new descriptor is owned from here on.
    let fd = unsafe { libc::memfd_create(c"office".as_ptr(), 0) };
    checked(fd.into())?;
    // SAFETY: just made, and nobody else's.
    let mut file = std::fs::File::from(unsafe { OwnedFd::from_raw_fd(fd) });
    file.write_all(content)?;
    file.rewind()?;
    let fd = file.into_raw_fd();
    if fd == number {
        return Ok(());
    }
    // SAFETY: plain integers; `number` is one of those that this program keeps for this.
    unsafe {
        checked(libc::dup2(fd, number).into())?;
        libc::close(fd);
    }
    Ok(())
}

/// A namespace of mounts of our own, from which nothing gets back.
pub(crate) fn own_mounts() -> io::Result<()> {
    // SAFETY: no pointers but constants.
    unsafe {
        checked(libc::unshare(libc::CLONE_NEWNS).into())?;
        let flags = libc::MS_REC | libc::MS_PRIVATE;
        checked(libc::mount(std::ptr::null(), c"/".as_ptr(), std::ptr::null(), flags, std::ptr::null()).into())?;
    }
    Ok(())
}

/// What lies at `path` and below, to be put somewhere else.
pub(crate) fn taken(path: &Path) -> io::Result<OwnedFd> {
    let path = text(path.as_os_str())?;
    let flags = 1 | libc::AT_RECURSIVE | libc::O_CLOEXEC; // OPEN_TREE_CLONE
    // SAFETY: `path` lives through the call; the new descriptor is owned from here on.
    let fd = unsafe { checked(libc::syscall(libc::SYS_open_tree, libc::AT_FDCWD, path.as_ptr(), flags))? };
    let fd = c_int::try_from(fd).map_err(io::Error::other)?;
    // SAFETY: just made, and nobody else's.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// Has files of `tree` seem to belong to those that `users` maps them to.
pub(crate) fn lent(tree: &OwnedFd, users: &OwnedFd) -> io::Result<()> {
    let users = u64::try_from(users.as_raw_fd()).map_err(io::Error::other)?;
    let attributes: [u64; 4] = [0x0010_0000, 0, 0, users]; // MOUNT_ATTR_IDMAP
    // Not what is mounted below: only its own file system, as far as that can be lent.
    let flags = libc::AT_EMPTY_PATH;
    // SAFETY: an array of the size that is said, alive through the call, and an empty path.
    unsafe {
        checked(libc::syscall(
            libc::SYS_mount_setattr,
            tree.as_raw_fd(),
            c"".as_ptr(),
            flags,
            attributes.as_ptr(),
            size_of_val(&attributes),
        ))?;
    }
    Ok(())
}

/// Puts what was taken at `path`.
pub(crate) fn put(tree: &OwnedFd, path: &Path) -> io::Result<()> {
    let path = text(path.as_os_str())?;
    let flags = 4; // MOVE_MOUNT_F_EMPTY_PATH
    // SAFETY: both paths live through the call.
    unsafe {
        checked(libc::syscall(
            libc::SYS_move_mount,
            tree.as_raw_fd(),
            c"".as_ptr(),
            libc::AT_FDCWD,
            path.as_ptr(),
            flags,
        ))?;
    }
    Ok(())
}

/// An empty folder of its own over `path`.
pub(crate) fn empty_over(path: &Path) -> io::Result<()> {
    let path = text(path.as_os_str())?;
    let flags = libc::MS_NOSUID | libc::MS_NODEV;
    let options = c"mode=0755,size=1m";
    // SAFETY: all texts live through the call.
    unsafe {
        let (name, data) = (c"tmpfs".as_ptr(), options.as_ptr().cast());
        checked(libc::mount(name, path.as_ptr(), name, flags, data).into())?;
    }
    Ok(())
}

/// A namespace of users in which root is `uid`, for [`lent`].
pub(crate) fn users(uid: u32) -> io::Result<OwnedFd> {
    let (read, write) = nix::unistd::pipe()?;
    // SAFETY: this program has one thread; the child makes plain system calls and leaves by `_exit`.
    let child = unsafe { libc::fork() };
    checked(child.into())?;
    if child == 0 {
        // SAFETY: plain integers and a byte on the stack.
        unsafe {
            let made = u8::from(libc::unshare(libc::CLONE_NEWUSER) == 0);
            libc::write(write.as_raw_fd(), (&raw const made).cast(), 1);
            libc::pause();
            libc::_exit(0);
        }
    }
    let mut made = [0];
    let told = nix::unistd::read(&read, &mut made);
    let opened = match told {
        Ok(1) if made[0] == 1 => {
            let map = format!("0 {uid} 1");
            std::fs::write(format!("/proc/{child}/uid_map"), &map)
                .and_then(|()| std::fs::write(format!("/proc/{child}/gid_map"), &map))
                .and_then(|()| std::fs::File::open(format!("/proc/{child}/ns/user")))
        }
        _ => Err(io::Error::other("no namespace of users can be made")),
    };
    // SAFETY: our own child, waited for once.
    unsafe {
        libc::kill(child, libc::SIGKILL);
        libc::waitpid(child, std::ptr::null_mut(), 0);
    }
    opened.map(OwnedFd::from)
}

/// Becomes `uid` for good, with no rights left.
pub(crate) fn become_user(uid: u32) -> io::Result<()> {
    // SAFETY: plain integers throughout; a null list of no groups.
    unsafe {
        for right in 0..64 {
            // Rights that this kernel does not know.
            libc::prctl(libc::PR_CAPBSET_DROP, right, 0, 0, 0);
        }
        checked(libc::setgroups(0, std::ptr::null()).into())?;
        checked(libc::setresgid(uid, uid, uid).into())?;
        checked(libc::setresuid(uid, uid, uid).into())?;
        checked(libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0).into())?;
    }
    Ok(())
}

/// The terminal we were given belongs to `uid` from now on.
pub(crate) fn give_terminal(uid: u32) {
    // SAFETY: plain integers. A descriptor that is no terminal of ours stays as it is.
    unsafe {
        if libc::isatty(0) == 1 {
            libc::fchown(0, uid, u32::MAX);
        }
    }
}

/// Ignores (or no longer ignores) what a terminal or a closing host sends to everybody at once.
pub(crate) fn deaf(yes: bool) {
    let how = if yes { libc::SIG_IGN } else { libc::SIG_DFL };
    for signal in
        [libc::SIGINT, libc::SIGQUIT, libc::SIGTERM, libc::SIGHUP, libc::SIGTSTP, libc::SIGTTIN, libc::SIGTTOU]
    {
        // SAFETY: constants only; no handler of ours is involved.
        unsafe { libc::signal(signal, how) };
    }
}

/// Starts `work` in a child, waits for its end and gives back its code, 128 and the number for a signal.
pub(crate) fn in_child(work: impl FnOnce() -> u8) -> io::Result<u8> {
    // SAFETY: this program has one thread, so the child may do what it likes.
    let child = unsafe { libc::fork() };
    checked(child.into())?;
    if child == 0 {
        let code = work();
        // SAFETY: ends the child; nothing of the parent's is run.
        unsafe { libc::_exit(code.into()) };
    }
    let mut status = 0;
    loop {
        // SAFETY: our own child, and an integer for its status.
        match checked(unsafe { libc::waitpid(child, &raw mut status, 0) }.into()) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
            Ok(_) => break,
        }
    }
    let code = if libc::WIFEXITED(status) { libc::WEXITSTATUS(status) } else { 128 + libc::WTERMSIG(status) };
    Ok(u8::try_from(code).unwrap_or(125))
}

/// This program is not told about by others of its user, and leaves no image of its memory.
pub(crate) fn no_core() {
    let none = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: a structure on the stack.
    unsafe { libc::setrlimit(libc::RLIMIT_CORE, &raw const none) };
}

/// Closes nothing, but passes none of them on by accident: all from 3, but `keep`, end at the next exec.
pub(crate) fn pass_on_only(keep: &[i32]) {
    // SAFETY: plain integers; older kernels know the call not, and there the host has done it.
    unsafe {
        libc::syscall(libc::SYS_close_range, 3, libc::c_uint::MAX, libc::CLOSE_RANGE_CLOEXEC);
        for fd in keep {
            let flags = libc::fcntl(*fd, libc::F_GETFD);
            libc::fcntl(*fd, libc::F_SETFD, flags & !libc::FD_CLOEXEC);
        }
    }
}
