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

pub(crate) fn keep(call: &Call, approval: &Value) {
    let Some(file) = file(call) else { return };
    if let Some(dir) = file.parent() {
        let _ = fs::DirBuilder::new().recursive(true).mode(0o700).create(dir);
    }
    let _ = fs::write(file, approval.to_string());
}

pub(crate) fn take(call: &Call) -> Option<Value> {
    let file = file(call)?;
    let id = serde_json::from_str(&fs::read_to_string(&file).ok()?).ok()?;
    let _ = fs::remove_file(file);
    Some(id)
}
