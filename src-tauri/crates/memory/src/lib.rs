//! Finds what the office knows, by words. Never the only copy of anything: the index may be deleted at any time and is
//! filled again from the log. Reading the log is not here; `runtime` does, from [`Index::last_seq`] on.

mod alike;
mod concept;
mod dictionary;
mod error;
pub mod eval;
mod index;
mod meaning;
mod nearest;
pub mod note;
mod rank;
mod related;
mod schema;
mod search;
mod tokenize;

pub use alike::{Alike, alike};
pub use error::MemoryError;
pub use index::{Index, Opening};
pub use schema::{Doc, Kind, TEXT_MAX, Worth};
pub use search::Hit;

type Result<T> = std::result::Result<T, MemoryError>;
