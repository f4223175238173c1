//! What a desk takes on the disk: its checkout, and its run's own folder with home, temporary files and what it printed. Measured
//! after something happened there and as long as it grows, never while all is still. At the limit the desk is stopped, and nothing
//! is removed. Processes and the size of one file are limited by the sandbox itself.

use std::collections::HashSet;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use office_core::effect::EffectCommand;
use office_core::{CommandBody, RunId};

use crate::world::World;

/// What a desk may take where nobody says otherwise, in megabytes.
const MEGABYTES: u64 = 20_000;
const MEGABYTE: u64 = 1_000_000;
/// Between two looks so many times as long as a look takes, so that looking is never what a machine is busy with.
const TIMES: u32 = 50;
/// Where a folder cannot be watched it is looked at so often.
const LOOK: Duration = Duration::from_secs(60);
/// More files are not gone through in one look.
const MOST: usize = 3_000_000;

/// What the owner lets a desk take; none is no limit.
fn limit() -> Option<u64> {
    let said = std::env::var("OFFICE_DESK_DISK_MB").ok().and_then(|text| text.trim().parse::<u64>().ok());
    let megabytes = said.unwrap_or(MEGABYTES);
    (megabytes > 0).then(|| megabytes.saturating_mul(MEGABYTE))
}

impl World {
    /// Looks after what a run's desk takes until the run is over.
    pub(crate) async fn keep_disk(&self, run: RunId) {
        let Some(limit) = limit() else { return };
        let Ok(workplace) = self.read(move |office| office.runs.get(&run).map(|it| it.workplace.clone())).await else {
            return;
        };
        // The owner's own work tree is not the desk's.
        let checkout = workplace.filter(|place| !place.branch.is_empty()).map(|place| PathBuf::from(place.path));
        let run_dir = self.dir.run(run);
        let home = run_dir.join("home");
        let folders: Vec<PathBuf> = [Some(run_dir), checkout.clone()].into_iter().flatten().collect();
        let inner = [home.clone(), home.join("tmp")];
        let bells: Vec<_> =
            folders.iter().chain(&inner).filter(|dir| dir.is_dir()).map(|dir| self.watched.watch(dir)).collect();
        let all_watched = bells.iter().all(Option::is_some) && !bells.is_empty();
        let bells: Vec<_> = bells.into_iter().flatten().collect();
        let mut known = None;
        loop {
            let (wanted, since) = (folders.clone(), Instant::now());
            let Ok(taken) = tokio::task::spawn_blocking(move || taken(&wanted)).await else { return };
            if taken > limit {
                let place = checkout.as_deref().unwrap_or(&folders[0]).display();
                let what = format!(
                    "it takes {} on the disk, and may take {}; nothing was removed. Make room in {place}, or start the office with a \
                     larger OFFICE_DESK_DISK_MB",
                    size(taken),
                    size(limit)
                );
                tracing::warn!(%run, taken, limit, "a desk takes too much of the disk and is stopped");
                let report = CommandBody::Effect(EffectCommand::RunTripped { run, what });
                if self.handle.report(report).await.is_ok() {
                    return;
                }
            }
            let grew = known.replace(taken).is_none_or(|before| taken > before);
            // What grows is looked at again without waiting for a bell.
            let latest = if grew { Some(Duration::ZERO) } else { (!all_watched).then_some(LOOK) };
            if !self.next_look(run, &bells.iter().collect::<Vec<_>>(), since.elapsed() * TIMES, latest).await {
                return;
            }
        }
    }
}

/// Bytes that these folders take on the disk, links not followed, what has several names counted once. What cannot be read is what its
/// owner hid from nobody but this; the rest counts.
fn taken(folders: &[PathBuf]) -> u64 {
    let (mut bytes, mut seen, mut looked) = (0_u64, HashSet::new(), 0);
    let mut next: Vec<PathBuf> = folders.to_vec();
    while let Some(folder) = next.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else { continue };
        for entry in entries.flatten() {
            looked += 1;
            if looked > MOST {
                return bytes;
            }
            let Ok(facts) = entry.metadata() else { continue };
            if facts.nlink() > 1 && !facts.is_dir() && !seen.insert((facts.dev(), facts.ino())) {
                continue;
            }
            bytes = bytes.saturating_add(facts.blocks().saturating_mul(512));
            if facts.is_dir() {
                next.push(entry.path());
            }
        }
    }
    bytes
}

/// As people say it.
fn size(bytes: u64) -> String {
    if bytes < 1_000 * MEGABYTE {
        return format!("{} MB", bytes / MEGABYTE);
    }
    format!("{}.{} GB", bytes / (1_000 * MEGABYTE), bytes / (100 * MEGABYTE) % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_there_counts_once_and_what_a_link_leads_to_does_not() {
        let root = tempfile::tempdir().unwrap();
        let at = |name: &str| root.path().join(name);
        std::fs::create_dir_all(at("one/deep")).unwrap();
        std::fs::create_dir(at("two")).unwrap();
        let before = taken(&[at("one")]);
        std::fs::write(at("one/deep/a"), vec![1; 3_000_000]).unwrap();
        std::fs::write(at("two/b"), vec![1; 5_000_000]).unwrap();
        std::fs::hard_link(at("one/deep/a"), at("one/again")).unwrap();
        std::os::unix::fs::symlink(at("two"), at("one/there")).unwrap();
        let grown = taken(&[at("one")]) - before;
        assert!((3_000_000..3_500_000).contains(&grown), "{grown}");
        assert!(taken(&[at("one"), at("two")]) > 8_000_000);
        assert_eq!(taken(&[at("gone")]), 0);
        assert_eq!([size(999_999_999), size(1_250_000_000)], ["999 MB", "1.2 GB"]);
    }
}
