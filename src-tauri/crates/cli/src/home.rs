//! The three verbs that need no runtime at the other end of the door, because they make, run or mend the office itself.

use std::path::Path;

use office_core::Refusal;

/// Makes an office in `dir`.
pub(crate) async fn init(dir: &Path, name: Option<&str>) -> Result<(), Refusal> {
    office_runtime::init(dir, name).await
}

/// Runs the office in `dir` until it is asked to end, or `closing` resolves.
pub(crate) async fn run(dir: &Path, ready: impl FnOnce(), closing: impl Future<Output = ()>) -> Result<(), Refusal> {
    office_runtime::logging::begin(dir);
    office_runtime::run(dir, ready, closing).await
}

/// Brings a backup back; says what was done and where the old database is kept.
pub(crate) async fn restore(dir: &Path, backup: &Path) -> Result<String, Refusal> {
    office_runtime::restore(dir, backup).await
}
