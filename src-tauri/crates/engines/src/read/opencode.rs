//! OpenCode: the events of its server as its plugin writes them down (engines/opencode.toml), and what `run --format json` prints.
//! Seen in version 1.18.33.

use serde_json::Value;

use super::{Signal, Source, Spent, What, number, short, some, text};

pub(super) fn event(source: Source, value: &Value) -> Vec<Signal> {
    let kind = text(value, "type");
    let properties = value.get("properties").unwrap_or(value);
    let session = some(text(properties, "sessionID")).or_else(|| some(text(value, "sessionID")));
    // The plugin says whose subagent a conversation is.
    let agent = some(text(value, "agent"));
    let part = &value["part"];
    let what = match kind {
        "office.ready" => What::SessionBegan,
        // Its plugin says it once for each; the event of the message comes again and again.
        "office.prompt" => What::PromptAccepted,
        "session.created" => match &agent {
            Some(id) => What::Subagent { id: id.clone(), came: true },
            None => What::SessionBegan,
        },
        "session.idle" => match &agent {
            Some(id) => What::Subagent { id: id.clone(), came: false },
            None => What::TurnEnded,
        },
        "session.status" => match text(&properties["status"], "type") {
            "busy" => What::Active,
            "retry" => What::Retries { status: None },
            // `session.idle` says the same, once.
            _ => return Vec::new(),
        },
        "session.compacted" => What::Compacts(false),
        "permission.asked" => {
            let what = short(text(properties, "permission"));
            What::Waits { id: text(properties, "id").to_owned(), what, options: Vec::new() }
        }
        "permission.replied" => What::Answered { id: text(properties, "requestID").to_owned() },
        "message.updated" => {
            let info = &properties["info"];
            match text(info, "role") {
                "assistant" if info["tokens"].is_object() => {
                    let (spent, size) = (spent(text(info, "id"), info), number(info, "size"));
                    let used = spent.input + spent.cache_read + spent.cache_write + spent.output;
                    let say = |what| Signal {
                        source,
                        session: session.clone(),
                        agent: agent.clone(),
                        what,
                        evidence: short(&format!("event {kind}")),
                    };
                    let context = (size > 0).then(|| say(What::Context { used, size }));
                    return std::iter::once(say(What::Spent(spent))).chain(context).collect();
                }
                _ => return Vec::new(),
            }
        }
        "message.part.updated" => {
            let part = &properties["part"];
            let id = text(part, "callID").to_owned();
            match text(&part["state"], "status") {
                "running" => What::ToolStarted { id, name: text(part, "tool").to_owned() },
                status @ ("completed" | "error") => What::ToolFinished { id, failed: status == "error" },
                _ => return Vec::new(),
            }
        }
        "tool_use" => What::ToolFinished {
            id: text(part, "callID").to_owned(),
            failed: text(&part["state"], "status") == "error",
        },
        "text" | "step_start" => What::Active,
        "step_finish" => What::Spent(spent(text(part, "messageID"), part)),
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
    // A subagent coming and going is the desk's own news.
    let agent = agent.filter(|_| !matches!(what, What::Subagent { .. }));
    vec![Signal { source, session, agent, what, evidence: short(&format!("event {kind}")) }]
}

fn spent(message: &str, said: &Value) -> Spent {
    let tokens = &said["tokens"];
    Spent {
        message: some(message),
        model: some(text(said, "modelID")),
        input: number(tokens, "input"),
        output: number(tokens, "output") + number(tokens, "reasoning"),
        cache_read: number(&tokens["cache"], "read"),
        cache_write: number(&tokens["cache"], "write"),
        dollars: said.get("cost").and_then(Value::as_f64),
    }
}
