//! How a verdict is spelled for each engine. The shapes were seen to work with the real programs; `docs/ENGINES.md` says which.

use serde_json::{Value, json};

use crate::gate::Verdict;

/// The event a payload is about; the engine reads the answer by it.
pub fn event_of(payload: &[u8]) -> Event {
    match event_name(payload).as_deref() {
        Some("PermissionRequest") => Event::PermissionRequest,
        _ => Event::PreToolUse,
    }
}

/// The name of that event, as the engine says it.
pub fn event_name(payload: &[u8]) -> Option<String> {
    let value: Value = serde_json::from_slice(payload).ok()?;
    value.get("hook_event_name").and_then(Value::as_str).map(str::to_owned)
}

/// An event at which an engine waits for an answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Event {
    /// Before any tool runs.
    PreToolUse,
    /// Where the engine would ask a person.
    PermissionRequest,
}

/// What makes an engine go on at the end of a turn; Claude Code and Codex read it alike.
pub fn go_on(words: &str) -> String {
    format!("{}\n", json!({"decision": "block", "reason": words}))
}

/// The answer, as `engine` reads it. Engines that we do not know are told in the most common shape.
pub fn answer(engine: &str, event: Event, verdict: &Verdict) -> String {
    let word = if verdict.allow { "allow" } else { "deny" };
    let value = match event {
        Event::PermissionRequest => {
            let decision = if verdict.allow {
                json!({"behavior": word})
            } else {
                json!({"behavior": word, "message": verdict.why})
            };
            json!({"hookSpecificOutput": {"hookEventName": "PermissionRequest", "decision": decision}})
        }
        // Codex takes no "allow" here; an empty answer lets its own approval flow go on, which ends at PermissionRequest.
        Event::PreToolUse if engine == "codex" && verdict.allow => json!({}),
        Event::PreToolUse => {
            let mut said = json!({
                "hookEventName": "PreToolUse", "permissionDecision": word, "permissionDecisionReason": verdict.why,
            });
            if let Some(input) = &verdict.input {
                said["updatedInput"] = input.clone();
            }
            json!({"hookSpecificOutput": said})
        }
    };
    format!("{value}\n")
}
