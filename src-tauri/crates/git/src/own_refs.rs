//! What the office itself last set in its own repository, so that what anybody else changed there is seen: the office alone writes it.
//! Known from its opening on; what was changed while no office ran is taken as it is.

use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::{RwLock, RwLockReadGuard};

use crate::checkout::blocking;
use crate::error::Result;
use crate::name::Oid;
use crate::office::OfficeRepo;
use crate::trip::{Places, branches, directory_settings};

/// Shared by all who use one repository of the office's.
#[derive(Debug)]
pub(crate) struct OwnRefs {
    /// Read by whoever moves a ref, so that nobody looks in between.
    turn: RwLock<()>,
    known: Mutex<Places>,
}

impl OwnRefs {
    pub(crate) fn of(dir: &Path) -> Self {
        Self { turn: RwLock::new(()), known: Mutex::new(look(dir)) }
    }

    /// To be held while a ref is moved.
    pub(crate) async fn moving(&self) -> RwLockReadGuard<'_, ()> {
        self.turn.read().await
    }

    /// The office has moved this one.
    pub(crate) fn set(&self, name: &str, to: Option<&Oid>) {
        let mut known = self.known();
        match to {
            Some(oid) => drop(known.insert(name.to_owned(), oid.as_str().to_owned())),
            None => drop(known.remove(name)),
        }
    }

    fn known(&self) -> MutexGuard<'_, Places> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn look(dir: &Path) -> Places {
    let mut places = directory_settings(dir);
    places.extend(branches(dir));
    places
}

impl OfficeRepo {
    /// What the office's repository says, as the office left it and as it is now.
    pub async fn as_left_and_now(&self) -> Result<(Places, Places)> {
        let _nobody_moves = self.own.turn.write().await;
        let dir = self.dir.clone();
        let now = blocking(move || Ok(look(&dir))).await?;
        Ok((self.own.known().clone(), now))
    }

    /// Takes as its own what was found, once somebody has been told.
    pub fn take_as_own(&self, found: Places) {
        *self.own.known() = found;
    }

    /// Whether `old` is in the history of `new`, both in the owner's repository. What cannot be found is not.
    pub async fn owner_goes_on(&self, old: &str, new: &str) -> bool {
        let (Ok(old), Ok(new)) = (Oid::parse(old), Oid::parse(new)) else { return false };
        self.contains(&self.owner.refs_place(), &new, &old).await.unwrap_or(false)
    }
}
