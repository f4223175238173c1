//! The few choices that belong to this window and not to the office: one small file in the owner's configuration.
//! A file that does not read counts as no choice; one that cannot be written is a choice for today only.

use std::fs;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use office_reach::Destination;
use serde::{Deserialize, Serialize};

/// Machines that are remembered; beyond, the one that was longest not used is forgotten.
const MACHINES: usize = 8;

/// What was chosen.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Chosen {
    /// Closing the window leaves it in the tray.
    pub close_to_tray: bool,
    /// It was said that the office goes on without its window.
    pub told_it_goes_on: bool,
    /// Machines an office was reached on, the newest first, as ssh is told.
    pub machines: Vec<String>,
}

/// The choices and their file.
#[derive(Debug)]
pub struct Choices {
    file: PathBuf,
    chosen: Mutex<Chosen>,
}

impl Choices {
    /// Reads them from `folder`.
    pub fn read(folder: PathBuf) -> Self {
        let file = folder.join("window.json");
        let chosen = fs::read(&file).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
        let mut chosen: Chosen = chosen.unwrap_or_default();
        // Whoever wrote the file, nothing but a machine is offered.
        chosen.machines.retain(|machine| Destination::new(machine, None).is_ok());
        chosen.machines.truncate(MACHINES);
        Self { file, chosen: Mutex::new(chosen) }
    }

    /// As they are now.
    pub fn get(&self) -> Chosen {
        self.lock().clone()
    }

    /// Changes them.
    pub fn set(&self, change: impl FnOnce(&mut Chosen)) {
        let mut chosen = self.lock();
        change(&mut chosen);
        let Ok(text) = serde_json::to_vec_pretty(&*chosen) else { return };
        let fresh = self.file.with_extension("new");
        // What cannot be kept holds until the window ends.
        let _ = self.file.parent().map(fs::create_dir_all);
        let _ = fs::write(&fresh, text).and_then(|()| fs::rename(&fresh, &self.file));
    }

    /// An office was reached on this machine.
    pub fn reached(&self, machine: &str) {
        if self.lock().machines.first().is_some_and(|first| first == machine) {
            return;
        }
        self.set(|chosen| {
            chosen.machines.retain(|known| known != machine);
            chosen.machines.insert(0, machine.to_owned());
            chosen.machines.truncate(MACHINES);
        });
    }

    /// Does not offer this machine any more.
    pub fn forget(&self, machine: &str) {
        self.set(|chosen| chosen.machines.retain(|known| known != machine));
    }

    /// True once: the first time the window is closed.
    pub fn first_close(&self) -> bool {
        let first = !self.get().told_it_goes_on;
        if first {
            self.set(|chosen| chosen.told_it_goes_on = true);
        }
        first
    }

    fn lock(&self) -> MutexGuard<'_, Chosen> {
        self.chosen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn choices_are_kept_and_a_torn_file_is_no_choice() {
        let folder = tempfile::tempdir().unwrap();
        let at = folder.path().join("new/folder");
        assert!(Choices::read(at.clone()).first_close());
        let choices = Choices::read(at.clone());
        assert!(!choices.first_close());
        choices.set(|chosen| chosen.close_to_tray = true);
        assert!(Choices::read(at.clone()).get().close_to_tray);
        fs::write(at.join("window.json"), "{\"close_to").unwrap();
        assert_eq!(Choices::read(at).get(), Chosen::default());
    }

    #[test]
    fn machines_are_remembered_the_newest_first_and_only_machines() {
        let folder = tempfile::tempdir().unwrap();
        let at = folder.path().to_owned();
        let choices = Choices::read(at.clone());
        for n in 0..10 {
            choices.reached(&format!("vm{n}"));
        }
        choices.reached("vm5");
        choices.forget("vm9");
        let known = Choices::read(at.clone()).get().machines;
        assert_eq!(known, ["vm5", "vm8", "vm7", "vm6", "vm4", "vm3", "vm2"]);
        fs::write(at.join("window.json"), "{\"machines\":[\"-oProxyCommand=x\",\"user@vm\",\"a b\"]}").unwrap();
        assert_eq!(Choices::read(at).get().machines, ["user@vm"]);
    }
}
