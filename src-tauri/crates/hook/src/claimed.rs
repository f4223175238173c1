//! Remembers which approval an action was allowed by, from the hook before it to the hook after it: a small file beside
//! the run's signals. Losing it costs the report only; the office then shows the action as uncertain.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::os::unix::fs::DirBuilderExt;
use std::path::PathBuf;

use serde_json::Value;

use crate::call::Call;

fn file(call: &Call) -> Option<PathBuf> {
    let signals = std::env::var_os("OFFICE_SIGNALS").filter(|file| !file.is_empty())?;
    if call.id.is_empty() {
        return None;
    }
    // Never a name of the engine's own choosing.
    let mut hasher = DefaultHasher::new();
    (&call.session, &call.id).hash(&mut hasher);
    Some(PathBuf::from(signals).parent()?.join("claimed").join(format!("{:016x}", hasher.finish())))
}

/// Where it is kept that this very action was approved before it, for an engine that asks again and then gives no number: by what it is.
fn first(call: &Call) -> Option<PathBuf> {
    let signals = std::env::var_os("OFFICE_SIGNALS").filter(|file| !file.is_empty())?;
    let mut hasher = DefaultHasher::new();
    (&call.session, &call.tool, call.command(), &call.cwd).hash(&mut hasher);
    if call.command().is_none() {
        call.input.to_string().hash(&mut hasher);
    }
    Some(PathBuf::from(signals).parent()?.join("claimed").join(format!("first-{:016x}", hasher.finish())))
}

/// Remembers that the owner approved it, until it is asked about again or over.
pub(crate) fn keep_first(call: &Call) {
    put(first(call), "");
}

/// Whether the owner approved it a moment ago. Good for one time.
pub(crate) fn approved_first(call: &Call) -> bool {
    first(call).is_some_and(|file| fs::remove_file(file).is_ok())
}

/// What was approved is over, or begins anew.
pub(crate) fn forget_first(call: &Call) {
    let _ = first(call).map(fs::remove_file);
}

pub(crate) fn keep(call: &Call, approval: &Value) {
    put(file(call), &approval.to_string());
}

fn put(file: Option<PathBuf>, text: &str) {
    let Some(file) = file else { return };
    if let Some(dir) = file.parent() {
        let _ = fs::DirBuilder::new().recursive(true).mode(0o700).create(dir);
    }
    let _ = fs::write(file, text);
}

pub(crate) fn take(call: &Call) -> Option<Value> {
    let file = file(call)?;
    let id = serde_json::from_str(&fs::read_to_string(&file).ok()?).ok()?;
    let _ = fs::remove_file(file);
    Some(id)
}
