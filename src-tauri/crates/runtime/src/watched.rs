//! Says when something changed in a folder, by the kernel's own events. One watch of the system for all folders, and one bell
//! per folder: however much is written, a listener has one ring to hear. Reading what changed is not here.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use notify::{RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::Notify;

use crate::world::lock;

type Bells = Arc<Mutex<HashMap<PathBuf, (Arc<Notify>, usize)>>>;

/// Folders that are watched.
#[derive(Default)]
pub(crate) struct Watched {
    bells: Bells,
    watcher: Mutex<Option<RecommendedWatcher>>,
}

/// A folder that is watched until this is dropped.
pub(crate) struct Bell {
    owner: Arc<Watched>,
    dir: PathBuf,
    bell: Arc<Notify>,
}

impl Watched {
    /// Watches `dir`; the bell rings after something in it changed. None where the system watches no more (`why` is logged):
    /// the caller then looks now and then.
    pub(crate) fn watch(self: &Arc<Self>, dir: &Path) -> Option<Bell> {
        let mut watcher = lock(&self.watcher);
        let known = {
            let mut bells = lock(&self.bells);
            bells.get_mut(dir).map(|(bell, count)| {
                *count += 1;
                bell.clone()
            })
        };
        if let Some(bell) = known {
            return Some(Bell { owner: self.clone(), dir: dir.to_owned(), bell });
        }
        let mut watching = || -> notify::Result<()> {
            if watcher.is_none() {
                *watcher = Some(self.begin()?);
            }
            watcher.as_mut().map_or(Ok(()), |it| it.watch(dir, RecursiveMode::NonRecursive))
        };
        if let Err(error) = watching() {
            tracing::warn!(dir = %dir.display(), %error, "a folder cannot be watched; it is looked at now and then");
            return None;
        }
        let bell = Arc::new(Notify::new());
        lock(&self.bells).insert(dir.to_owned(), (bell.clone(), 1));
        Some(Bell { owner: self.clone(), dir: dir.to_owned(), bell })
    }

    fn begin(&self) -> notify::Result<RecommendedWatcher> {
        let bells = self.bells.clone();
        notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            let bells = lock(&bells);
            let Ok(event) = event else {
                // Events were lost: everybody looks.
                bells.values().for_each(|(bell, _)| bell.notify_one());
                return;
            };
            for path in &event.paths {
                let rung = bells.get(path).or_else(|| path.parent().and_then(|dir| bells.get(dir)));
                if let Some((bell, _)) = rung {
                    bell.notify_one();
                }
            }
        })
    }

    fn leave(&self, dir: &Path) {
        let mut watcher = lock(&self.watcher);
        let mut bells = lock(&self.bells);
        let Some((_, count)) = bells.get_mut(dir) else { return };
        *count -= 1;
        if *count == 0 {
            bells.remove(dir);
            drop(bells);
            // A folder that is gone is watched no more by itself.
            let _ = watcher.as_mut().map(|it| it.unwatch(dir));
        }
    }
}

impl Bell {
    /// Waits for the next ring; one that came meanwhile counts.
    pub(crate) async fn rung(&self) {
        self.bell.notified().await;
    }
}

impl Drop for Bell {
    fn drop(&mut self) {
        self.owner.leave(&self.dir);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[tokio::test]
    async fn a_bell_rings_for_its_own_folder_and_is_given_back() {
        let root = tempfile::tempdir().unwrap();
        let (one, two) = (root.path().join("one"), root.path().join("two"));
        std::fs::create_dir(&one).unwrap();
        std::fs::create_dir(&two).unwrap();
        let watched = Arc::new(Watched::default());
        let (bell, other) = (watched.watch(&one).unwrap(), watched.watch(&two).unwrap());
        std::fs::write(one.join("a"), "x").unwrap();
        tokio::time::timeout(Duration::from_secs(10), bell.rung()).await.unwrap();
        let silent = tokio::time::timeout(Duration::from_millis(50), other.rung()).await;
        assert!(silent.is_err(), "nothing happened in the other folder");
        let again = watched.watch(&one).unwrap();
        drop(bell);
        std::fs::write(one.join("b"), "x").unwrap();
        tokio::time::timeout(Duration::from_secs(10), again.rung()).await.unwrap();
        drop((again, other));
        assert!(lock(&watched.bells).is_empty());
    }
}
