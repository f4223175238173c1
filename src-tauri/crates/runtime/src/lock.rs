//! One runtime per office: a file lock that the system releases when its holder dies, and a line that says who holds it.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use nix::fcntl::{Flock, FlockArg};
use office_core::{At, Code, Refusal};

/// The lock; dropping it lets go.
#[derive(Debug)]
pub struct OfficeLock {
    _held: Flock<File>,
}

impl OfficeLock {
    /// Takes the lock, or says who holds it.
    pub fn take(path: &Path, now: At) -> Result<Self, Refusal> {
        let trouble = |error: std::io::Error| {
            Refusal::new(
                Code::Unavailable,
                format!("{} cannot be opened: {error}", path.display()),
                "see that the directory is there, yours and writable",
            )
        };
        let mut options = OpenOptions::new();
        let file =
            options.read(true).write(true).create(true).truncate(false).mode(0o600).open(path).map_err(trouble)?;
        let mut holder = String::new();
        // What is in the file is only told to people; an unreadable one is told as it is.
        let _ = (&file).take(200).read_to_string(&mut holder);
        match Flock::lock(file, FlockArg::LockExclusiveNonblock) {
            Ok(mut held) => {
                let line = format!("process {} since {now}\n", std::process::id());
                held.set_len(0)
                    .and_then(|()| held.rewind())
                    .and_then(|()| held.write_all(line.as_bytes()))
                    .map_err(trouble)?;
                Ok(Self { _held: held })
            }
            Err((_, errno)) if errno == nix::errno::Errno::EWOULDBLOCK => Err(Refusal::new(
                Code::Held,
                format!("this office is already run by {}", holder.trim()),
                "use it (`office status`), or end it with `office quit`",
            )),
            Err((_, errno)) => Err(trouble(errno.into())),
        }
    }
}
