//! OpenCode: the events of its server, and what `run --format json` prints. Written from what was seen in version 1.18.33; not
//! yet held by a recorded run.

use office_core::DeskState;
use serde_json::Value;

use super::{Signal, Source, Spent, What, number, short, some, text};

pub(super) fn event(source: Source, value: &Value) -> Vec<Signal> {
    let kind = text(value, "type");
    let properties = value.get("properties").unwrap_or(value);
    let session = some(text(properties, "sessionID")).or_else(|| some(text(value, "sessionID")));
    let part = &value["part"];
    let what = match kind {
        "session.idle" => What::TurnEnded,
        "session.status" => match text(&properties["status"], "type") {
            "idle" => What::Says(DeskState::Idle),
            "busy" => What::Says(DeskState::Working),
            "retry" => What::Retries { status: None },
            _ => return Vec::new(),
        },
        "permission.asked" => {
            let what = short(text(properties, "permission"));
            What::Waits { id: text(properties, "id").to_owned(), what, options: Vec::new() }
        }
        "tool_use" => What::ToolFinished {
            id: text(part, "callID").to_owned(),
            failed: text(&part["state"], "status") == "error",
        },
        "text" | "step_start" => What::Active,
        "step_finish" => What::Spent(Spent {
            message: some(text(part, "messageID")),
            input: number(&part["tokens"], "input"),
            output: number(&part["tokens"], "output"),
            cache_read: number(&part["tokens"]["cache"], "read"),
            cache_write: number(&part["tokens"]["cache"], "write"),
            dollars: part.get("cost").and_then(Value::as_f64),
            ..Spent::default()
        }),
        "session.error" | "error" => {
            let error = if properties.get("error").is_some() { &properties["error"] } else { &value["error"] };
            match error["data"]["statusCode"].as_u64() {
                Some(401 | 403) => What::LoginNeeded,
                Some(429) => What::Limited { until: None },
                _ => What::TurnFailed { why: short(text(error, "name")) },
            }
        }
        _ => return Vec::new(),
    };
    vec![Signal { source, session, agent: None, what, evidence: short(&format!("event {kind}")) }]
}
