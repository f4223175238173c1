//! Where a host's files are, and how its socket is reached when the path is too long for one.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use nix::fcntl::OFlag;
use nix::unistd::geteuid;

use super::error::DetachedError;

/// The longest path a socket may have (`sun_path` with its closing NUL is 108 bytes).
const SOCKET_PATH_MAX: usize = 107;
const SOCKET: &str = "host.sock";

/// The directory of one host.
#[derive(Debug, Clone)]
pub(super) struct Place {
    dir: PathBuf,
}

impl Place {
    /// The place at `dir`, whether or not it is there.
    pub(super) fn at(dir: &Path) -> Self {
        Self { dir: dir.to_owned() }
    }

    /// Makes the directory if need be and sees that it is ours alone. Gives the place by its absolute path, because the
    /// host leaves its working directory.
    pub(super) fn make(dir: &Path) -> Result<Self, DetachedError> {
        let io = |doing| DetachedError::io(doing, dir);
        match DirBuilder::new().mode(0o700).recursive(true).create(dir) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(io("making")(error)),
            _ => {}
        }
        let dir = fs::canonicalize(dir).map_err(io("finding"))?;
        let found = fs::metadata(&dir).map_err(io("looking at"))?;
        if !found.is_dir() || found.uid() != geteuid().as_raw() {
            return Err(DetachedError::NotOurs { path: dir });
        }
        if found.mode() & 0o077 != 0 {
            fs::set_permissions(&dir, Permissions::from_mode(0o700)).map_err(io("closing to others"))?;
        }
        Ok(Self { dir })
    }

    pub(super) fn dir(&self) -> &Path {
        &self.dir
    }

    pub(super) fn socket(&self) -> PathBuf {
        self.dir.join(SOCKET)
    }

    pub(super) fn lock(&self) -> PathBuf {
        self.dir.join("host.lock")
    }

    pub(super) fn journal(&self) -> PathBuf {
        self.dir.join("host.journal")
    }

    pub(super) fn log(&self) -> PathBuf {
        self.dir.join("host.log")
    }

    /// The socket's path in a form that the system takes.
    pub(super) fn reach(&self) -> io::Result<Reach> {
        let socket = self.socket();
        if socket.as_os_str().as_bytes().len() <= SOCKET_PATH_MAX {
            return Ok(Reach { path: socket, _dir: None });
        }
        // Through the open directory the path is short, and there is no second place to keep in step.
        let flags = (OFlag::O_PATH | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC).bits();
        let dir = OpenOptions::new().read(true).custom_flags(flags).open(&self.dir)?;
        let path = PathBuf::from(format!("/proc/self/fd/{}/{SOCKET}", dir.as_raw_fd()));
        Ok(Reach { path, _dir: Some(dir) })
    }
}

/// A path to the socket, usable for as long as this lives.
pub(super) struct Reach {
    pub(super) path: PathBuf,
    _dir: Option<File>,
}

/// Opens a file of the host: made owner-only, appended to.
pub(super) fn append(path: &Path) -> io::Result<File> {
    OpenOptions::new().append(true).create(true).mode(0o600).open(path)
}

/// A word that nobody else has: names a host's life and a client's spawns.
pub(super) fn unique() -> String {
    fs::read_to_string("/proc/sys/kernel/random/uuid").map_or_else(
        // Without /proc: process and monotonic time are unique enough on one machine.
        |_| format!("{}-{:?}", std::process::id(), std::time::Instant::now()),
        |text| text.trim().to_owned(),
    )
}

/// Names the time since the machine was started; process numbers mean nothing beyond it.
pub(super) fn boot_id() -> String {
    fs::read_to_string("/proc/sys/kernel/random/boot_id").map(|text| text.trim().to_owned()).unwrap_or_default()
}
