//! The listening end of the door: one owner-only socket per office, and nobody but its owner comes in.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::path::{Path, PathBuf};

use crate::incoming::Connection;
use crate::place;
use crate::transport::{Carrier, Entrance, own_uid};

/// Why the door could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// Another runtime answers at this office's door.
    #[error("another runtime listens at {0}")]
    Held(PathBuf),
    /// Something that is no socket lies where the door belongs.
    #[error("{0} is in the way and is no socket; move it away")]
    InTheWay(PathBuf),
    /// The directory or the socket could not be made.
    #[error("the door at {place} could not be opened: {error}")]
    Io {
        /// Where.
        place: PathBuf,
        /// Why.
        error: io::Error,
    },
}

/// Who is at the other end, as the kernel says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Peer {
    /// The user; always our own.
    pub uid: u32,
    /// The process, where the system tells.
    pub pid: Option<i32>,
}

/// The open door of an office. Dropping it removes the socket.
#[derive(Debug)]
pub struct Listener {
    office: PathBuf,
    socket: PathBuf,
    entrance: Entrance,
}

impl Listener {
    /// Opens the door of the office in the directory `office`. A socket that nobody answers is a left-over and is replaced.
    pub async fn bind(office: &Path) -> Result<Self, BindError> {
        let io_error = |place: &Path| {
            let place = place.to_owned();
            move |error| BindError::Io { place, error }
        };
        let socket = place::make(office).map_err(io_error(office))?;
        match fs::symlink_metadata(&socket) {
            Ok(found) if !found.file_type().is_socket() => return Err(BindError::InTheWay(socket)),
            Ok(_) => match Carrier::connect(&socket).await {
                Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
                    place::remove_if_there(&socket).map_err(io_error(&socket))?;
                }
                // Whatever else it says, somebody may be behind it.
                _ => return Err(BindError::Held(socket)),
            },
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(io_error(&socket)(error)),
        }
        let entrance = Entrance::open(&socket).map_err(io_error(&socket))?;
        // Between these two lines the directory alone keeps others out; it is owner-only already.
        fs::set_permissions(&socket, Permissions::from_mode(0o600)).map_err(io_error(&socket))?;
        Ok(Self { office: office.to_owned(), socket, entrance })
    }

    /// Where the socket is.
    pub fn socket(&self) -> &Path {
        &self.socket
    }

    /// The next connection of our own user. Others are dropped without a word. Errors here are about the process (out of
    /// descriptors); the caller waits a moment and goes on.
    pub async fn accept(&self) -> io::Result<(Connection, Peer)> {
        loop {
            let carrier = self.entrance.accept().await?;
            // A peer that is gone before it was looked at has no credentials, and no question either.
            let Ok((uid, pid)) = carrier.peer() else { continue };
            if uid == own_uid() {
                return Ok((Connection::new(carrier), Peer { uid, pid }));
            }
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        place::clear(&self.office, &self.socket);
    }
}

/// A second door of the same office, in a folder that only some are shown: whoever comes in by it is known by that.
#[derive(Debug)]
pub struct SideDoor {
    entrance: Entrance,
    users: Vec<u32>,
}

impl SideDoor {
    /// Listens at `socket`, whose folder is the caller's care; a left-over is replaced. Users other than `users` are dropped.
    pub fn open(socket: &Path, users: Vec<u32>) -> io::Result<Self> {
        place::remove_if_there(socket)?;
        let entrance = Entrance::open_far(socket)?;
        fs::set_permissions(socket, Permissions::from_mode(0o600))?;
        Ok(Self { entrance, users })
    }

    /// The next connection, as [`Listener::accept`].
    pub async fn accept(&self) -> io::Result<(Connection, Peer)> {
        loop {
            let carrier = self.entrance.accept().await?;
            let Ok((uid, pid)) = carrier.peer() else { continue };
            if self.users.contains(&uid) {
                return Ok((Connection::new(carrier), Peer { uid, pid }));
            }
        }
    }
}
