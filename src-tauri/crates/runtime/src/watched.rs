//! Says when something changed in a folder, by the kernel's own events. One watch of the system for all folders, and one bell
//! per listener: however much is written, each has one ring to hear, and none takes another's. Reading what changed is not here.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use notify::event::{AccessKind, AccessMode};
use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::Notify;

use crate::world::lock;

type Bells = Arc<Mutex<HashMap<PathBuf, Vec<Arc<Notify>>>>>;

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
        let bell = Arc::new(Notify::new());
        let known = lock(&self.bells).get_mut(dir).map(|bells| bells.push(bell.clone())).is_some();
        if known {
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
        lock(&self.bells).insert(dir.to_owned(), vec![bell.clone()]);
        Some(Bell { owner: self.clone(), dir: dir.to_owned(), bell })
    }

    fn begin(&self) -> notify::Result<RecommendedWatcher> {
        let bells = self.bells.clone();
        notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            let bells = lock(&bells);
            let Ok(event) = event else {
                // Events were lost: everybody looks.
                bells.values().flatten().for_each(|bell| bell.notify_one());
                return;
            };
            // Reading changes nothing; who looks because of a ring must not ring by looking.
            let read = matches!(event.kind, EventKind::Access(kind) if kind != AccessKind::Close(AccessMode::Write));
            if read {
                return;
            }
            for path in &event.paths {
                let rung = bells.get(path).or_else(|| path.parent().and_then(|dir| bells.get(dir)));
                rung.into_iter().flatten().for_each(|bell| bell.notify_one());
            }
        })
    }

    fn leave(&self, dir: &Path, bell: &Arc<Notify>) {
        let mut watcher = lock(&self.watcher);
        let mut bells = lock(&self.bells);
        let Some(of) = bells.get_mut(dir) else { return };
        of.retain(|other| !Arc::ptr_eq(other, bell));
        if of.is_empty() {
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
        self.owner.leave(&self.dir, &self.bell);
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
        // What was written above may ring twice; reading rings not at all.
        while tokio::time::timeout(Duration::from_millis(50), bell.rung()).await.is_ok() {}
        std::fs::read(one.join("a")).unwrap();
        std::fs::read_dir(&one).unwrap().for_each(drop);
        let silent = tokio::time::timeout(Duration::from_millis(50), bell.rung()).await;
        assert!(silent.is_err(), "something was only read");
        let again = watched.watch(&one).unwrap();
        std::fs::write(one.join("a"), "y").unwrap();
        for each in [&bell, &again] {
            tokio::time::timeout(Duration::from_secs(10), each.rung()).await.expect("each listener hears it");
        }
        drop(bell);
        std::fs::write(one.join("b"), "x").unwrap();
        tokio::time::timeout(Duration::from_secs(10), again.rung()).await.unwrap();
        drop((again, other));
        assert!(lock(&watched.bells).is_empty());
    }
}
