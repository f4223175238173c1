//! What carries the frames: a Unix socket today. The one module that another carrier (a named pipe) would replace.

#[cfg(not(unix))]
compile_error!("the door is a Unix socket so far; on Windows it will be a named pipe, in this module");

use std::io;
use std::path::Path;

use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{UnixListener, UnixStream};

/// The end that frames are read from.
pub(crate) type ReadHalf = OwnedReadHalf;
/// The end that frames are written to.
pub(crate) type WriteHalf = OwnedWriteHalf;

/// A connected peer.
pub(crate) struct Carrier(UnixStream);

impl Carrier {
    /// Connects to the door at `socket`.
    pub(crate) async fn connect(socket: &Path) -> io::Result<Self> {
        UnixStream::connect(socket).await.map(Self)
    }

    /// What somebody else connected.
    pub(crate) fn over(stream: UnixStream) -> Self {
        Self(stream)
    }

    /// The bare line, for whoever only passes on what goes over it.
    pub(crate) fn bare(self) -> UnixStream {
        self.0
    }

    /// User and process at the other end, as the kernel knows them.
    pub(crate) fn peer(&self) -> io::Result<(u32, Option<i32>)> {
        let cred = self.0.peer_cred()?;
        Ok((cred.uid(), cred.pid()))
    }

    /// Both directions.
    pub(crate) fn split(self) -> (ReadHalf, WriteHalf) {
        self.0.into_split()
    }
}

/// Where carriers arrive.
#[derive(Debug)]
pub(crate) struct Entrance(UnixListener);

impl Entrance {
    /// Makes the socket; what lies at the path already is an error.
    pub(crate) fn open(socket: &Path) -> io::Result<Self> {
        UnixListener::bind(socket).map(Self)
    }

    /// The same where the path may be longer than a socket's can be: by its folder, as this process has it open.
    pub(crate) fn open_far(socket: &Path) -> io::Result<Self> {
        use std::os::fd::AsRawFd;
        if socket.as_os_str().len() <= crate::place::SOCKET_PATH_MAX {
            return Self::open(socket);
        }
        let (Some(dir), Some(name)) = (socket.parent(), socket.file_name()) else {
            return Err(io::Error::other("a socket needs a folder"));
        };
        let dir = std::fs::File::open(dir)?;
        Self::open(&Path::new("/proc/self/fd").join(dir.as_raw_fd().to_string()).join(name))
    }

    /// The next one to arrive.
    pub(crate) async fn accept(&self) -> io::Result<Carrier> {
        self.0.accept().await.map(|(stream, _)| Carrier(stream))
    }
}

/// Our own user.
pub(crate) fn own_uid() -> u32 {
    nix::unistd::geteuid().as_raw()
}
