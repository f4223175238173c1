//! Gemini CLI: its hooks, the conversation it keeps, and what `-o stream-json` prints. Seen in version 0.61.0.

use serde_json::Value;

use super::{Signal, Source, Spent, What, number, short, some, text};

/// Its hooks number no calls: a call is known by what it is.
fn call(payload: &Value) -> String {
    short(&format!("{} {}", text(payload, "tool_name"), payload["tool_input"]))
}

pub(super) fn hook(payload: &Value) -> Vec<Signal> {
    let (event, tool) = (text(payload, "hook_event_name"), text(payload, "tool_name"));
    let say = |what: What| Signal {
        source: Source::Hook,
        session: some(text(payload, "session_id")),
        agent: None,
        what,
        evidence: short(&format!("hook {event} {tool}")),
    };
    let failed = || !payload["tool_response"]["error"].is_null();
    match event {
        "SessionStart" => vec![say(What::SessionBegan)],
        "SessionEnd" if text(payload, "reason") == "clear" => Vec::new(),
        "SessionEnd" => vec![say(What::SessionEnded)],
        "BeforeAgent" => vec![say(What::PromptAccepted)],
        // It comes after the question, where there is one.
        "BeforeTool" => vec![
            say(What::Answered { id: String::new() }),
            say(What::ToolStarted { id: call(payload), name: tool.to_owned() }),
        ],
        "AfterTool" => vec![say(What::ToolFinished { id: call(payload), failed: failed() })],
        "AfterAgent" => vec![say(What::TurnEnded)],
        "Notification" if text(payload, "notification_type") == "ToolPermission" => {
            vec![say(What::Waits { id: String::new(), what: short(text(payload, "message")), options: Vec::new() })]
        }
        "PreCompress" => vec![say(What::Compacts(true))],
        _ => Vec::new(),
    }
}

/// A line of the conversation that it keeps; one about a message replaces an earlier one.
pub(super) fn transcript(line: &Value) -> Vec<Signal> {
    let kind = text(line, "type");
    let say = |what: What| Signal {
        source: Source::Transcript,
        session: None,
        agent: None,
        what,
        evidence: short(&format!("transcript {kind}")),
    };
    let tokens = &line["tokens"];
    match kind {
        "gemini" if tokens.is_object() => {
            let cached = number(tokens, "cached");
            vec![say(What::Spent(Spent {
                message: some(text(line, "id")),
                model: some(text(line, "model")),
                input: number(tokens, "input").saturating_sub(cached),
                output: number(tokens, "output") + number(tokens, "thoughts"),
                cache_read: cached,
                ..Spent::default()
            }))]
        }
        "error" => vec![say(failure(text(line, "content")))],
        _ => Vec::new(),
    }
}

/// An error comes as prose around a status.
fn failure(message: &str) -> What {
    let says = |words: &[&str]| words.iter().any(|word| message.contains(word));
    if says(&["401", "403", "UNAUTHENTICATED", "API key not valid", "PERMISSION_DENIED"]) {
        What::LoginNeeded
    } else if says(&["429", "RESOURCE_EXHAUSTED", "quota"]) {
        What::Limited { until: None }
    } else {
        What::TurnFailed { why: short(message) }
    }
}

pub(super) fn event(source: Source, value: &Value) -> Vec<Signal> {
    let kind = text(value, "type");
    let session = some(text(value, "session_id"));
    let say = |what: What| Signal {
        source,
        session: session.clone(),
        agent: None,
        what,
        evidence: short(&format!("event {kind}")),
    };
    let id = || text(value, "tool_id").to_owned();
    match kind {
        "init" => vec![say(What::SessionBegan)],
        "message" if text(value, "role") == "user" => vec![say(What::PromptAccepted)],
        "message" => vec![say(What::Active)],
        "tool_use" => vec![say(What::ToolStarted { id: id(), name: text(value, "tool_name").to_owned() })],
        "tool_result" => vec![say(What::ToolFinished { id: id(), failed: text(value, "status") == "error" })],
        "result" => {
            let stats = &value["stats"];
            let cached = number(stats, "cached");
            let spent = Spent {
                input: number(stats, "input_tokens").saturating_sub(cached),
                output: number(stats, "output_tokens"),
                cache_read: cached,
                ..Spent::default()
            };
            let failed = text(value, "status") == "error";
            let what = if failed { failure(text(&value["error"], "message")) } else { What::TurnEnded };
            vec![say(What::Spent(spent)), say(what)]
        }
        _ => Vec::new(),
    }
}
