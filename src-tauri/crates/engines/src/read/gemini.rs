//! Gemini CLI: what `-o stream-json` prints. Written from what was seen in version 0.61.0; not yet held by a recorded run.

use serde_json::Value;

use super::{Signal, Source, Spent, What, number, short, some, text};

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
            let why = short(text(&value["error"], "message"));
            vec![say(What::Spent(spent)), say(if failed { What::TurnFailed { why } } else { What::TurnEnded })]
        }
        _ => Vec::new(),
    }
}
