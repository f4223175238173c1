//! What a host writes down of each session, so that its programs are found and their ends known after it was killed:
//! identities, ends, what was forgotten. Never an argument, a variable or a byte of output.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;
use std::thread;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::error::DetachedError;
use super::lock::HostLock;
use super::place::{Place, append, boot_id};
use crate::ending::{self, Target};
use crate::host::{Ended, ExitStatus, Means, ProcessId, SessionId};
use crate::process;

/// Sessions of earlier lives that are kept; older ones are of no use to anybody.
const KEPT: usize = 256;

/// A session as the journal tells it, possibly of a host that is gone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Past {
    /// Which life of the host it belongs to.
    pub host: String,
    /// Its id within that life.
    pub session: SessionId,
    /// The key under which it was spawned.
    pub key: String,
    /// The caller's word.
    pub label: String,
    /// Its main process.
    pub process: ProcessId,
    /// The machine's boot in which the process means something.
    pub boot: String,
    /// When it was spawned, in milliseconds since the Unix epoch.
    pub spawned_unix_ms: u64,
    /// How its main process ended, if the host saw it.
    #[serde(default)]
    pub exit: Option<ExitStatus>,
    /// When it ended, likewise.
    #[serde(default)]
    pub exited_unix_ms: Option<u64>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Line {
    /// Before anything is started under this key: what was killed right then may have been started.
    Begin {
        host: String,
        key: String,
    },
    Spawn(Past),
    Exit {
        host: String,
        session: SessionId,
        exit: ExitStatus,
        unix_ms: u64,
    },
    Forget {
        host: String,
        session: SessionId,
    },
}

/// The sessions that were not forgotten, oldest first. A line that was cut off by a crash is passed over.
fn read(place: &Place) -> Vec<Past> {
    let Ok(text) = fs::read(place.journal()) else { return Vec::new() };
    let mut order = Vec::new();
    let mut sessions = BTreeMap::new();
    for line in text.split(|&b| b == b'\n') {
        match serde_json::from_slice(line) {
            Ok(Line::Spawn(past)) => {
                let name = (past.host.clone(), past.session);
                order.push(name.clone());
                sessions.insert(name, past);
            }
            Ok(Line::Exit { host, session, exit, unix_ms }) => {
                if let Some(past) = sessions.get_mut(&(host, session)) {
                    (past.exit, past.exited_unix_ms) = (Some(exit), Some(unix_ms));
                }
            }
            Ok(Line::Forget { host, session }) => {
                sessions.remove(&(host, session));
            }
            Ok(Line::Begin { .. }) | Err(_) => {}
        }
    }
    order.into_iter().filter_map(|name| sessions.remove(&name)).collect()
}

/// The sessions the host in `dir` and those before it wrote down and nobody forgot; for a start after one was killed.
pub fn past(dir: &Path) -> Vec<Past> {
    read(&Place::at(dir))
}

/// Which lives of the host in `dir` ever began a start under `key`, as far as the journal goes back. Not each start led
/// to a program: one that was refused, and one during which the host was killed, are among them.
pub fn begun_by(dir: &Path, key: &str) -> Vec<String> {
    let Ok(text) = fs::read(Place::at(dir).journal()) else { return Vec::new() };
    let hosts = text.split(|&b| b == b'\n').filter_map(|line| match serde_json::from_slice(line) {
        Ok(Line::Begin { host, key: begun }) if begun == key => Some(host),
        Ok(Line::Spawn(past)) if past.key == key => Some(past.host),
        _ => None,
    });
    hosts.collect()
}

pub(super) struct Journal {
    file: File,
    host: String,
    lines: usize,
    place: Place,
}

impl Journal {
    /// Opens it, with what is still of use of earlier lives.
    pub(super) fn open(place: &Place, host: &str) -> io::Result<Self> {
        let (file, lines) = rewrite(place)?;
        Ok(Self { file, host: host.to_owned(), lines, place: place.clone() })
    }

    pub(super) fn begins(&mut self, key: &str) -> io::Result<()> {
        self.write(&Line::Begin { host: self.host.clone(), key: key.to_owned() })
    }

    pub(super) fn spawned(&mut self, past: Past) -> io::Result<()> {
        self.write(&Line::Spawn(past))
    }

    pub(super) fn exited(&mut self, session: SessionId, exit: ExitStatus, unix_ms: u64) -> io::Result<()> {
        self.write(&Line::Exit { host: self.host.clone(), session, exit, unix_ms })
    }

    pub(super) fn forgotten(&mut self, session: SessionId) -> io::Result<()> {
        self.write(&Line::Forget { host: self.host.clone(), session })?;
        if self.lines > 4 * KEPT {
            (self.file, self.lines) = rewrite(&self.place)?;
        }
        Ok(())
    }

    // No fsync: a killed process loses nothing that was written, and after a power cut there is nobody to be found.
    fn write(&mut self, line: &Line) -> io::Result<()> {
        let mut text = serde_json::to_vec(line)?;
        text.push(b'\n');
        self.lines += 1;
        self.file.write_all(&text)
    }
}

/// The last starts: a few are enough for whoever asks about one that was under way when all went down.
fn begun_last(place: &Place) -> Vec<Line> {
    let Ok(text) = fs::read(place.journal()) else { return Vec::new() };
    let lines = text.split(|&b| b == b'\n').filter_map(|line| serde_json::from_slice(line).ok());
    let mut begun: Vec<Line> = lines.filter(|line| matches!(line, Line::Begin { .. })).collect();
    begun.split_off(begun.len().saturating_sub(KEPT))
}

/// Leaves the forgotten out. Written beside and renamed, so that a crash leaves the old or the new one.
fn rewrite(place: &Place) -> io::Result<(File, usize)> {
    let mut kept = read(place);
    let begun = begun_last(place);
    // Those that may still run are kept however many they are.
    let mut spare = kept.len().saturating_sub(KEPT);
    kept.retain(|past| {
        let drop = spare > 0 && !process::is_alive(past.process);
        spare -= usize::from(drop);
        !drop
    });
    let mut text = Vec::new();
    for line in begun {
        serde_json::to_writer(&mut text, &line)?;
        text.push(b'\n');
    }
    for past in &kept {
        serde_json::to_writer(&mut text, &Line::Spawn(past.clone()))?;
        text.push(b'\n');
    }
    let fresh = place.journal().with_extension("new");
    let _ = fs::remove_file(&fresh);
    let mut file = append(&fresh)?;
    file.write_all(&text)?;
    fs::rename(&fresh, place.journal())?;
    Ok((file, kept.len()))
}

/// What [`end_orphans`] found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Orphans {
    /// What was still alive, and how it was ended.
    pub ended: Ended,
    /// The sessions of hosts that are gone, with their ends where those were seen.
    pub sessions: Vec<Past>,
}

/// Ends what a host that was killed left behind in `dir`: the programs it wrote down, by process and start time, with
/// all they started; then every process whose environment has `key` with a value that `ours` accepts. The host's lock
/// is held meanwhile, so that no new one starts in between. Blocking; at most about twice `grace` and 6 s.
///
/// # Errors
/// `Runs` if a host is alive (nothing is touched then), `Io`, `NotOurs`.
pub fn end_orphans(
    dir: &Path,
    key: &OsStr,
    ours: &dyn Fn(&OsStr) -> bool,
    grace: Duration,
) -> Result<Orphans, DetachedError> {
    let place = Place::make(dir)?;
    let _lock = HostLock::borrow(&place)?;
    let sessions = read(&place);
    let boot = boot_id();
    let alive = sessions.iter().filter(|past| past.boot == boot && process::is_alive(past.process));
    let mut total = Ended { took: Duration::ZERO, means: Means::None, ended: 0, survivors: Vec::new() };
    let endings: Vec<Ended> = thread::scope(|scope| {
        // All at once, or a dozen stubborn programs would take a dozen graces. While its leader lives, a session's
        // number is its own.
        let threads: Vec<_> = alive
            .map(|past| {
                let leader = past.process;
                scope.spawn(move || {
                    let target =
                        Target { leader: Some(leader), leader_kept: true, marker: None, not_before: leader.start };
                    ending::end(&target, grace)
                })
            })
            .collect();
        threads.into_iter().filter_map(|thread| thread.join().ok()).collect()
    });
    let by_marker = ending::end_leftovers(key, ours, grace);
    for ended in endings.into_iter().chain([by_marker]) {
        total.took += ended.took;
        total.means = total.means.max(ended.means);
        total.ended += ended.ended;
        total.survivors.extend(ended.survivors);
    }
    total.survivors.sort_unstable();
    total.survivors.dedup();
    Ok(Orphans { ended: total, sessions })
}
