//! One host per directory: a file lock that the system releases when its holder dies, and contents that say who it is.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::fcntl::{Flock, FlockArg};
use serde::{Deserialize, Serialize};

use super::error::DetachedError;
use super::place::{Place, boot_id};
use crate::host::ProcessId;
use crate::process;

/// Who holds a host's lock, or held it last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// Its process.
    pub pid: i32,
    /// When that started, in ticks after boot; tells it from a later process of the same number.
    pub start: u64,
    /// The machine's boot in which both numbers mean something.
    pub boot: String,
}

impl Holder {
    fn this_process() -> Self {
        let ProcessId { pid, start } = process::identity(i32::try_from(std::process::id()).unwrap_or(0));
        Self { pid, start, boot: boot_id() }
    }

    /// Whether that very process runs.
    pub fn is_alive(&self) -> bool {
        self.boot == boot_id() && process::is_alive(ProcessId { pid: self.pid, start: self.start })
    }

    /// Whether it was named and has ended.
    fn is_dead(&self) -> bool {
        self.pid != 0 && !self.is_alive()
    }

    /// The process of the host in `dir`, if one runs.
    pub fn of(dir: &Path) -> Option<ProcessId> {
        let holder = Self::read(&Place::at(dir))?;
        holder.is_alive().then_some(ProcessId { pid: holder.pid, start: holder.start })
    }

    /// Who the lock file names; `None` if there is none or it was never written.
    pub(super) fn read(place: &Place) -> Option<Self> {
        serde_json::from_slice(&std::fs::read(place.lock()).ok()?).ok()
    }
}

/// A killed holder's lock outlives its first thread until its other threads have ended, too.
const ENDING: Duration = Duration::from_secs(5);

/// The lock; dropping it lets go.
#[derive(Debug)]
pub(super) struct HostLock {
    held: Flock<File>,
    clear: bool,
}

impl Drop for HostLock {
    fn drop(&mut self) {
        if self.clear {
            // Who looks next must not take us for a host. Failing that, our process ends some day, too.
            let _ = self.held.set_len(0);
        }
    }
}

impl HostLock {
    /// Takes the lock, or says who holds it. Blocks for a moment where its holder is dead and the system has yet to let go.
    pub(super) fn take(place: &Place) -> Result<Self, DetachedError> {
        Self::taken(place, false)
    }

    /// The same for one that is no host and lets go again; its name goes with it.
    pub(super) fn borrow(place: &Place) -> Result<Self, DetachedError> {
        Self::taken(place, true)
    }

    fn taken(place: &Place, clear: bool) -> Result<Self, DetachedError> {
        let until = Instant::now() + ENDING;
        loop {
            match Self::tried(place, clear) {
                Err(DetachedError::Runs { holder, .. }) if holder.is_dead() && Instant::now() < until => {
                    std::thread::sleep(Duration::from_millis(10));
                }
                tried => return tried,
            }
        }
    }

    fn tried(place: &Place, clear: bool) -> Result<Self, DetachedError> {
        let path = place.lock();
        let io = |doing| DetachedError::io(doing, &path);
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false).mode(0o600);
        let file = options.open(&path).map_err(io("opening"))?;
        match Flock::lock(file, FlockArg::LockExclusiveNonblock) {
            Ok(mut held) => {
                let line = serde_json::to_vec(&Holder::this_process()).unwrap_or_default();
                held.set_len(0)
                    .and_then(|()| held.rewind())
                    .and_then(|()| held.write_all(&line))
                    .map_err(io("writing"))?;
                Ok(Self { held, clear })
            }
            Err((mut file, Errno::EWOULDBLOCK)) => {
                let mut text = String::new();
                // Only told to people; a holder that has not written yet is told as nobody.
                let _ = file.read_to_string(&mut text);
                let nobody = Holder { pid: 0, start: 0, boot: String::new() };
                let holder = serde_json::from_str(&text).unwrap_or(nobody);
                Err(DetachedError::Runs { dir: place.dir().to_owned(), holder })
            }
            Err((_, errno)) => Err(io("locking")(errno.into())),
        }
    }
}
