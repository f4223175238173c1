//! Leaves an engine's payload where the office reads it: one line of JSON in the run's own file, appended whole. It works
//! while no office runs; the office reads on from where it was. Losing a line never holds an agent up.

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// A file longer than this is not added to: the office has not read it for long.
const LONGEST_FILE: u64 = 64 * 1024 * 1024;
/// Of a longer payload only the head is kept: who, what, when.
const LONGEST_LINE: usize = 256 * 1024;
/// How long a session's start waits for the office's tools.
const TOOLS_TIME: Duration = Duration::from_secs(20);
/// How long the agent may take to take in what it was answered, at least and at most.
const SETTLING: [Duration; 2] = [Duration::from_millis(200), Duration::from_secs(2)];
/// What the office needs to know of a payload that is too long.
const HEAD: [&str; 10] = [
    "hook_event_name",
    "session_id",
    "tool_name",
    "tool_use_id",
    "agent_id",
    "transcript_path",
    "cwd",
    "source",
    "reason",
    "error",
];

/// What the office needs to know of a status line.
const STATUS: [&str; 6] = ["session_id", "transcript_path", "model", "cost", "context_window", "rate_limits"];

/// Writes `payload` down, in the file named by `OFFICE_SIGNALS`; `goes_on` where the agent was told to.
pub(crate) fn write_down(engine: &str, payload: &[u8], goes_on: bool) {
    let Some(file) = std::env::var_os("OFFICE_SIGNALS").filter(|file| !file.is_empty()) else { return };
    let at = now();
    let value: Value = serde_json::from_slice(payload).unwrap_or(Value::Null);
    let mut kept = match value.get("context_window") {
        // A status line comes often and says much that nobody asks for.
        Some(_) if value.get("hook_event_name").is_none() => some(&value, &STATUS),
        _ if payload.len() > LONGEST_LINE => head(&value),
        _ => value,
    };
    if goes_on {
        kept["office_goes_on"] = Value::Bool(true);
    }
    let line = format!("{}\n", json!({"at": at, "engine": engine, "payload": kept}));
    // One write of one line, so that lines of several hooks at once do not mix.
    let opened = OpenOptions::new().append(true).create(true).mode(0o600).open(file);
    let _ =
        opened.and_then(
            |mut file| {
                if file.metadata()?.len() > LONGEST_FILE { Ok(()) } else { file.write_all(line.as_bytes()) }
            },
        );
}

/// Holds a session's start until the agent knows the office's tools (`office mcp` leaves the file), some seconds at most: agents connect
/// in the background, and a turn that begins before would be without them.
pub(crate) fn wait_for_tools() {
    let signals = std::env::var_os("OFFICE_SIGNALS").filter(|file| !file.is_empty());
    let Some(known) = signals.and_then(|file| Some(Path::new(&file).parent()?.join("tools-known"))) else { return };
    let begun = Instant::now();
    while !known.exists() {
        if begun.elapsed() > TOOLS_TIME {
            return;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    // Written just before the answer that says them. What is slow to connect is slow to take them in, too: a machine under load.
    let waited = begun.elapsed();
    if waited > Duration::from_millis(20) {
        std::thread::sleep(waited.clamp(SETTLING[0], SETTLING[1]));
    }
}

/// Milliseconds since 1970. The office may not run: nobody else can say when this was.
#[expect(clippy::disallowed_methods, reason = "this program is its own clock; it has no runtime to ask")]
fn now() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

fn head(value: &Value) -> Value {
    let mut kept = some(value, &HEAD);
    kept["shortened"] = Value::Bool(true);
    kept
}

fn some(value: &Value, names: &[&str]) -> Value {
    let kept = names.iter().filter_map(|name| Some(((*name).to_owned(), value.get(name)?.clone())));
    Value::Object(kept.collect())
}
