//! What a click outside the page asks to be shown: a notification, the tray, a second start. The last wish waits for the page.

use std::ffi::{OsStr, OsString};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::Serialize;
use tokio::sync::Notify;

use crate::which::named;

/// What to show.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(tag = "show", rename_all = "snake_case")]
pub enum Wanted {
    /// The whole floor.
    Floor,
    /// A task's page.
    Task {
        /// Its number.
        id: u32,
    },
    /// A held command.
    Approval {
        /// Its number.
        id: u32,
    },
    /// A desk.
    Desk {
        /// Its number.
        id: u32,
    },
    /// A plan that waits.
    Plan {
        /// Its number.
        id: u32,
    },
}

impl Wanted {
    /// What the arguments of a start ask for: `--show task:3`, `--show approval:3`, `--show desk:3`, `--show plan:3`; else the floor.
    pub fn of(arguments: impl Iterator<Item = OsString>) -> Self {
        let item = named("--show", arguments);
        let said = item.as_deref().and_then(OsStr::to_str).and_then(|item| item.split_once(':'));
        let number = |id: &str| id.parse::<u32>().ok();
        match said {
            Some(("task", id)) => number(id).map(|id| Self::Task { id }),
            Some(("approval", id)) => number(id).map(|id| Self::Approval { id }),
            Some(("desk", id)) => number(id).map(|id| Self::Desk { id }),
            Some(("plan", id)) => number(id).map(|id| Self::Plan { id }),
            _ => None,
        }
        .unwrap_or(Self::Floor)
    }
}

/// Hands wishes to the page; only the newest counts, and it waits until a page is there.
#[derive(Clone, Debug, Default)]
pub struct Wishes(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    newest: Mutex<Option<Wanted>>,
    made: Notify,
}

impl Wishes {
    /// Asks for something to be shown.
    pub fn wish(&self, wanted: Wanted) {
        *self.newest() = Some(wanted);
        self.0.made.notify_one();
    }

    /// The next wish, taken.
    pub async fn next(&self) -> Wanted {
        loop {
            let made = self.0.made.notified();
            if let Some(wanted) = self.newest().take() {
                return wanted;
            }
            made.await;
        }
    }

    fn newest(&self) -> MutexGuard<'_, Option<Wanted>> {
        self.0.newest.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_start_may_ask_for_one_item() {
        let of = |words: &[&str]| Wanted::of(words.iter().map(OsString::from));
        assert_eq!(of(&["--show=task:3"]), Wanted::Task { id: 3 });
        assert_eq!(of(&["--office", "x", "--show", "approval:12"]), Wanted::Approval { id: 12 });
        assert_eq!(of(&["--show=desk:2"]), Wanted::Desk { id: 2 });
        assert_eq!(of(&["--show=plan:4"]), Wanted::Plan { id: 4 });
        for nothing in
            [&["--show=task:-1"][..], &["--show=task"], &["--show", "x:1"], &["--show=task:99999999999"], &[]]
        {
            assert_eq!(of(nothing), Wanted::Floor, "{nothing:?}");
        }
    }
}
