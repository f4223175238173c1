//! What is done in the world, one file per effect. Each can be done again after a crash without doing it twice.

pub(crate) mod agent;
mod check;
mod collect;
mod conversation;
pub(crate) mod launch;
mod merge;
mod prepare;
pub(crate) mod setup;
