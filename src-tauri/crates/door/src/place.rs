//! Where an office's door is: `door.sock` in its directory, or, where that path is too long for a socket, a short
//! owner-only directory elsewhere, named by the file `door` in the office's directory. Listener and client both ask here.

use std::fs::{self, DirBuilder, Permissions};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use crate::transport::own_uid;

/// The longest path a socket may have (`sun_path` with its closing NUL is 108 bytes).
pub const SOCKET_PATH_MAX: usize = 107;
/// The user that the kernel says where it has no name for one.
const OVERFLOW: u32 = 65_534;
const SOCKET: &str = "door.sock";
const POINTER: &str = "door";

/// The office where none is named: in the owner's data directory.
pub fn usual() -> PathBuf {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let data = set("XDG_DATA_HOME").filter(|dir| dir.is_absolute());
    data.unwrap_or_else(|| set("HOME").unwrap_or_default().join(".local/share")).join("afterhours")
}

/// The socket a client of the office in `office` connects to.
pub fn find(office: &Path) -> PathBuf {
    match fs::read_to_string(office.join(POINTER)) {
        Ok(text) if !text.trim().is_empty() => PathBuf::from(text.trim_end_matches('\n')),
        _ => office.join(SOCKET),
    }
}

/// The socket the office in `office` listens at; makes its directory owner-only and leaves word where it is.
pub(crate) fn make(office: &Path) -> io::Result<PathBuf> {
    let pointer = office.join(POINTER);
    let near = office.join(SOCKET);
    if near.as_os_str().as_bytes().len() <= SOCKET_PATH_MAX {
        owner_only(office, true)?;
        remove_if_there(&pointer)?;
        return Ok(near);
    }
    let far = far_directory(office)?.join(SOCKET);
    let Some(text) = far.to_str() else {
        return Err(io::Error::other("XDG_RUNTIME_DIR is not valid UTF-8"));
    };
    // Written beside and renamed, so that no client ever reads half a path.
    let fresh = office.join("door.new");
    fs::write(&fresh, format!("{text}\n"))?;
    fs::rename(&fresh, &pointer)?;
    Ok(far)
}

/// Whether a listener that the kernel has no name for here (it says the user `OVERFLOW`) is the office all the same: inside the
/// sandbox of an office of root's root has no name. Only the office puts a socket of our own there, in a folder of our own.
pub(crate) fn is_lent(socket: &Path, uid: u32) -> bool {
    let ours = |path: &Path| fs::symlink_metadata(path).is_ok_and(|facts| facts.uid() == own_uid());
    uid == OVERFLOW && ours(socket) && socket.parent().is_some_and(ours)
}

/// Removes what [`make`] left.
pub(crate) fn clear(office: &Path, socket: &Path) {
    // At the end of the office nothing useful can be done about a failure; a stale socket is recognised at the next start.
    let _ = fs::remove_file(socket);
    if socket.parent() != Some(office) {
        let _ = fs::remove_file(office.join(POINTER));
        if let Some(parent) = socket.parent() {
            let _ = fs::remove_dir(parent);
        }
    }
}

/// A directory with a short path, ours alone. Somebody may have taken the first name in a shared `/tmp`, so a few are tried.
fn far_directory(office: &Path) -> io::Result<PathBuf> {
    let whole = fs::canonicalize(office)?;
    let hash = hash(whole.as_os_str().as_bytes());
    let runtime = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from).filter(|dir| dir.is_absolute());
    let mut candidates: Vec<PathBuf> = Vec::new();
    candidates.extend(runtime.map(|dir| dir.join(format!("office-{hash:016x}"))));
    let uid = own_uid();
    candidates.push(PathBuf::from(format!("/tmp/office-{uid}-{hash:016x}")));
    candidates.extend((1..8).map(|n| PathBuf::from(format!("/tmp/office-{uid}-{hash:016x}-{n}"))));
    let mut last = io::Error::other("no directory with a path short enough for a socket");
    for dir in candidates {
        if dir.join(SOCKET).as_os_str().as_bytes().len() > SOCKET_PATH_MAX {
            continue;
        }
        let made = match DirBuilder::new().mode(0o700).create(&dir) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            other => other,
        };
        match made.and_then(|()| owner_only(&dir, false)) {
            Ok(()) => return Ok(dir),
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// Sees that `dir` is a real directory of ours that nobody else can enter. The office's own is tightened; a directory in a
/// shared place that was open to others is not trusted.
fn owner_only(dir: &Path, tighten: bool) -> io::Result<()> {
    let found = if tighten { fs::metadata(dir)? } else { fs::symlink_metadata(dir)? };
    if !found.is_dir() || found.uid() != own_uid() {
        return Err(io::Error::new(
            io::ErrorKind::PermissionDenied,
            format!("{} is not a directory of your own", dir.display()),
        ));
    }
    match (found.mode() & 0o077, tighten) {
        (0, _) => Ok(()),
        (_, true) => fs::set_permissions(dir, Permissions::from_mode(0o700)),
        (_, false) => {
            Err(io::Error::new(io::ErrorKind::PermissionDenied, format!("{} is open to others", dir.display())))
        }
    }
}

pub(crate) fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// FNV-1a: the name only has to be steady and rarely shared; nothing is kept secret by it.
fn hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}
