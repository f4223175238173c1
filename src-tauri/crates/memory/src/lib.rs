//! Finds what the office knows, by words. Never the only copy of anything: the index may be deleted at any time and is
//! filled again from the log. Reading the log is not here; `runtime` does, from [`Index::last_seq`] on.

mod error;
mod index;
mod schema;
mod search;
mod tokenize;

pub use error::MemoryError;
pub use index::{Index, Opening};
pub use schema::{Doc, Kind, TEXT_MAX};
pub use search::Hit;

type Result<T> = std::result::Result<T, MemoryError>;
