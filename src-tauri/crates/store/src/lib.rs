//! Remembers every event in order, durably, with rows of what each noun is now and what is still to be done.
//! SQL is here and nowhere else. Deciding is not here, and neither is choosing when and where to back up.

mod append;
mod aside;
mod audit;
mod backup;
mod error;
mod events;
mod fts;
mod load;
mod mail;
mod open;

pub use append::Batch;
pub use backup::Restored;
pub use error::StoreError;
pub use fts::Fts;
pub use load::{Loaded, PendingEffect, Status};
pub use mail::MailQuery;
pub use open::{Opening, Store};

type Result<T> = std::result::Result<T, StoreError>;
