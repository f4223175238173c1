//! What agents were about to do lately, as the rules were asked about it: kept so that changed rules can be tried against it. Each
//! thing once, with how often it came; without secrets. A convenience: nothing is decided by it, and losing it loses nothing.

use std::collections::VecDeque;
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use office_core::approval::Held;
use office_core::secret::masked;
use office_core::{At, RunId};
use serde::{Deserialize, Serialize};

use crate::world::{World, lock};

/// Different things that are kept; the oldest make room.
const MOST: usize = 2000;
/// Longer ones are not kept.
const LONGEST: usize = 32 * 1024;
/// The file is written anew when it is longer.
const FILE_MAX: u64 = 4 * 1024 * 1024;
/// The gate asks about one thing twice at once: it is one.
const AT_ONCE_SECS: u32 = 5;

/// Something that an agent was about to do.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) struct Judged {
    /// When, the last time.
    pub(crate) at: At,
    pub(crate) run: RunId,
    pub(crate) held: Held,
    pub(crate) argv: Vec<String>,
    pub(crate) cwd: String,
    /// How often since the office was started.
    #[serde(default = "once", skip_serializing)]
    pub(crate) times: u32,
}

fn once() -> u32 {
    1
}

/// What is kept, and the file it is kept in.
pub(crate) struct Lately {
    file: PathBuf,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    /// The oldest first; none where the file was not read yet.
    all: Option<VecDeque<Judged>>,
}

impl Lately {
    pub(crate) fn new(office: &Path) -> Self {
        Self { file: office.join("judged.jsonl"), kept: Mutex::default() }
    }

    /// Everything that is kept, the newest first.
    pub(crate) fn all(&self) -> Vec<Judged> {
        let mut kept = lock(&self.kept);
        kept.read(&self.file).iter().rev().cloned().collect()
    }

    fn add(&self, new: Judged) {
        if new.argv.iter().map(String::len).sum::<usize>() > LONGEST {
            return;
        }
        let mut new = new;
        for word in &mut new.argv {
            *word = masked(word);
        }
        let mut kept = lock(&self.kept);
        let all = kept.read(&self.file);
        let same = |it: &Judged| it.run == new.run && it.held == new.held && it.cwd == new.cwd && it.argv == new.argv;
        if let Some(place) = all.iter().rposition(same)
            && let Some(mut known) = all.remove(place)
        {
            known.times += u32::from(new.at.seconds_since(known.at) >= AT_ONCE_SECS);
            known.at = new.at;
            all.push_back(known);
            return;
        }
        all.push_back(new);
        if all.len() > MOST {
            all.pop_front();
        }
        // It cannot be kept: then it is gone with the office, and nothing else is.
        let _ = write(&self.file, all);
    }
}

impl Kept {
    fn read(&mut self, file: &Path) -> &mut VecDeque<Judged> {
        self.all.get_or_insert_with(|| {
            let text = tail(file).unwrap_or_default();
            let mut all: VecDeque<Judged> = text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
            all.drain(..all.len().saturating_sub(MOST));
            all
        })
    }
}

/// The last of a file, as much as it may hold.
fn tail(file: &Path) -> std::io::Result<String> {
    let mut file = std::fs::File::open(file)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(2 * FILE_MAX)))?;
    let mut bytes = Vec::new();
    file.take(2 * FILE_MAX).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Adds the newest, or writes the file anew where it has grown too long.
fn write(file: &Path, all: &VecDeque<Judged>) -> std::io::Result<()> {
    let line = |it: &Judged| serde_json::to_string(it).map(|text| format!("{text}\n"));
    let open = |append: bool| {
        let mut options = std::fs::OpenOptions::new();
        options.create(true).write(true).mode(0o600).append(append).truncate(!append);
        options.open(file)
    };
    if std::fs::metadata(file).is_ok_and(|it| it.len() > FILE_MAX) {
        let text = all.iter().map(line).collect::<Result<String, _>>()?;
        return open(false)?.write_all(text.as_bytes());
    }
    match all.back() {
        Some(newest) => open(true)?.write_all(line(newest)?.as_bytes()),
        None => Ok(()),
    }
}

impl World {
    /// Keeps what a run is about to do. Nobody waits for it.
    pub(crate) fn remember(&self, run: RunId, argv: &[String], cwd: &str, held: Held) {
        if held == Held::Words {
            return;
        }
        let new = Judged { at: self.clock.now(), run, held, argv: argv.to_vec(), cwd: cwd.to_owned(), times: 1 };
        let lately = self.lately.clone();
        self.tracker.spawn_blocking(move || lately.add(new));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(secs: u32, words: &str) -> Judged {
        let at = At::from_millis(1_800_000_000_000).plus_seconds(secs);
        let argv = words.split(' ').map(str::to_owned).collect();
        Judged { at, run: RunId(1), held: Held::Command, argv, cwd: "/c".to_owned(), times: 1 }
    }

    #[test]
    fn each_thing_is_kept_once_without_secrets_and_is_there_after_a_restart() {
        let dir = tempfile::tempdir().unwrap();
        let lately = Lately::new(dir.path());
        for secs in [0, 1, 60] {
            lately.add(judged(secs, "cargo test"));
        }
        lately.add(judged(61, &format!("curl -H ghp_{} x", "q7C2eT2F9M2c6k12E7z10c8sw47Ap1N8B4hY")));
        lately.add(judged(62, &format!("echo {}", "x".repeat(LONGEST))));
        let all = lately.all();
        assert_eq!(all.len(), 2, "what is too long is not kept");
        assert_eq!(all[1].times, 2, "asked about twice at once it is one");
        assert!(!all[0].argv.join(" ").contains("ghp_q7C2"), "{:?}", all[0].argv);
        let again = Lately::new(dir.path()).all();
        assert_eq!(again.iter().map(|it| &it.argv).collect::<Vec<_>>(), [&all[0].argv, &all[1].argv]);
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(dir.path().join("judged.jsonl")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn the_oldest_make_room_and_a_line_that_does_not_read_is_left_out() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("judged.jsonl"), "half a li\n").unwrap();
        let lately = Lately::new(dir.path());
        for number in 0..u32::try_from(MOST).unwrap() + 5 {
            lately.add(judged(number, &format!("echo {number}")));
        }
        let all = lately.all();
        assert_eq!(all.len(), MOST);
        assert_eq!(all.last().unwrap().argv, ["echo", "5"]);
    }
}
