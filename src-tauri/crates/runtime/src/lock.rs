//! One runtime per office: a file lock that the system releases when its holder dies, and a line that says who holds it.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::Duration;

use nix::fcntl::{Flock, FlockArg};
use office_core::{At, Code, Refusal};
use office_door::place;

use crate::paths::OfficeDir;

/// The lock; dropping it lets go.
#[derive(Debug)]
pub struct OfficeLock {
    _held: Flock<File>,
}

/// A killed holder's lock can outlive it for a moment, in a child that was just forked and has not begun its program; and
/// one that was ended in order closes its door before its desks are ended and its database is.
const ENDING: Duration = Duration::from_secs(10);

impl OfficeLock {
    /// Takes the lock, or says who holds it. A holder that is on its way out is waited for.
    pub async fn take(dir: &OfficeDir, now: At) -> Result<Self, Refusal> {
        let until = tokio::time::Instant::now() + ENDING;
        loop {
            match Self::try_take(&dir.lock(), now) {
                // One that is alive and has no door is on its way out, or up; then its door is there in a moment.
                Err((refusal, Some(holder)))
                    if (!is_alive(holder) || !place::find(dir.root()).exists())
                        && tokio::time::Instant::now() < until =>
                {
                    tracing::debug!(%refusal, "its holder is gone, or going; its lock will be, too");
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
                taken => return taken.map_err(|(refusal, _)| refusal),
            }
        }
    }

    /// One try; a refusal carries the holder's process id where there is one.
    fn try_take(path: &Path, now: At) -> Result<Self, (Refusal, Option<i32>)> {
        let trouble = |error: std::io::Error| {
            let message = format!("{} cannot be opened: {error}", path.display());
            (Refusal::new(Code::Unavailable, message, "see that the directory is there, yours and writable"), None)
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
            Err((_, errno)) if errno == nix::errno::Errno::EWOULDBLOCK => {
                let message = format!("this office is already run by {}", holder.trim());
                let way_out = "use it (`office status`), or end it with `office quit`";
                let pid = holder.split_whitespace().nth(1).and_then(|word| word.parse().ok());
                Err((Refusal::new(Code::Held, message, way_out), pid))
            }
            Err((_, errno)) => Err(trouble(errno.into())),
        }
    }
}

/// Whether a process of this number runs; one that ended and was not waited for does not.
fn is_alive(pid: i32) -> bool {
    office_pty::is_alive(office_pty::process_identity(pid))
}
