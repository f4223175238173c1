//! What a click outside the page asks to be shown: a notification, the tray, a second start. The last wish waits for the page.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::Serialize;
use tokio::sync::Notify;

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
