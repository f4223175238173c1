//! Codex: its hooks, what `codex exec --json` prints, and what its app-server sends. Seen in version 0.169.0.

use serde_json::Value;

use super::{Signal, Source, Spent, What, number, short, some, text};

fn signal(source: Source, session: Option<String>, agent: Option<String>, what: What, evidence: &str) -> Signal {
    Signal { source, session, agent, what, evidence: short(evidence) }
}

pub(super) fn hook(payload: &Value) -> Vec<Signal> {
    let event = text(payload, "hook_event_name");
    let (id, tool) = (text(payload, "tool_use_id").to_owned(), text(payload, "tool_name"));
    let what = match event {
        "SessionStart" => What::SessionBegan,
        "UserPromptSubmit" => What::PromptAccepted,
        "PreToolUse" => What::ToolStarted { id, name: tool.to_owned() },
        "PostToolUse" => What::ToolFinished { id, failed: false },
        // Our hook answers it; while that waits for the owner, the office says so by itself.
        "PermissionRequest" => What::Active,
        "Stop" if payload["office_goes_on"] == true => What::Active,
        "Stop" => What::TurnEnded,
        _ => return Vec::new(),
    };
    let agent = some(text(payload, "agent_id"));
    vec![signal(Source::Hook, some(text(payload, "session_id")), agent, what, &format!("hook {event} {tool}"))]
}

pub(super) fn event(source: Source, value: &Value) -> Vec<Signal> {
    if let Some(method) = value.get("method").and_then(Value::as_str) {
        return request(source, method, &value["params"]);
    }
    let kind = text(value, "type");
    let item = &value["item"];
    let (id, sort) = (text(item, "id").to_owned(), text(item, "type"));
    let runs = matches!(sort, "command_execution" | "mcp_tool_call" | "file_change" | "web_search");
    let what = match kind {
        "thread.started" => {
            let session = some(text(value, "thread_id"));
            return vec![signal(source, session, None, What::SessionBegan, "event thread.started")];
        }
        "turn.started" => What::PromptAccepted,
        "item.started" if runs => What::ToolStarted { id, name: sort.to_owned() },
        "item.completed" if runs => What::ToolFinished { id, failed: text(item, "status") == "failed" },
        "item.completed" | "item.started" | "item.updated" if sort != "error" => What::Active,
        "turn.completed" => {
            let evidence = "event turn.completed";
            let spent = What::Spent(spent(&value["usage"]));
            return vec![
                signal(source, None, None, spent, evidence),
                signal(source, None, None, What::TurnEnded, evidence),
            ];
        }
        "turn.failed" => failure(text(&value["error"], "message")),
        _ => return Vec::new(),
    };
    vec![signal(source, None, None, what, &format!("event {kind} {sort}"))]
}

/// Codex counts what came from memory within what it read.
fn spent(usage: &Value) -> Spent {
    let (input, cached) = (number(usage, "input_tokens"), number(usage, "cached_input_tokens"));
    Spent {
        input: input.saturating_sub(cached),
        output: number(usage, "output_tokens"),
        cache_read: cached,
        cache_write: number(usage, "cache_write_input_tokens"),
        ..Spent::default()
    }
}

/// A line of the rollout it keeps below `sessions/`.
pub(super) fn transcript(value: &Value) -> Vec<Signal> {
    let payload = &value["payload"];
    if text(value, "type") != "event_msg" {
        return Vec::new();
    }
    let kind = text(payload, "type");
    let said = |what| signal(Source::Transcript, None, None, what, &format!("transcript {kind}"));
    match kind {
        "task_started" => vec![said(What::PromptAccepted)],
        "task_complete" if payload["error"].is_object() => vec![said(failure(text(&payload["error"], "message")))],
        "task_complete" | "turn_aborted" => vec![said(What::TurnEnded)],
        "error" => vec![said(failure(text(payload, "message")))],
        "token_count" => counted(payload, said),
        _ => Vec::new(),
    }
}

/// Tokens of the conversation so far, how full its context is, and the limits of the account.
fn counted(payload: &Value, said: impl Fn(What) -> Signal) -> Vec<Signal> {
    let info = &payload["info"];
    let mut all = Vec::new();
    if info.is_object() {
        all.push(said(What::Spent(spent(&info["total_token_usage"]))));
        let (used, size) = (number(&info["last_token_usage"], "total_tokens"), number(info, "model_context_window"));
        all.extend((size > 0).then(|| said(What::Context { used, size })));
    }
    let full = |window: &&Value| window["used_percent"].as_f64().is_some_and(|share| share >= 100.0);
    let windows = ["primary", "secondary"].map(|name| &payload["rate_limits"][name]);
    let ends = windows.iter().copied().filter(full).filter_map(|window| window["resets_at"].as_i64()).max();
    all.extend(ends.map(|ends| said(What::LimitEnds(ends))));
    all
}

/// An error comes as prose around a status.
fn failure(message: &str) -> What {
    if message.contains("401") || message.contains("Unauthorized") {
        What::LoginNeeded
    } else if message.contains("429") || message.contains("usage limit") {
        What::Limited { until: None }
    } else {
        What::TurnFailed { why: short(message) }
    }
}

/// What the app-server sends: notifications, and requests that wait for an answer.
fn request(source: Source, method: &str, params: &Value) -> Vec<Signal> {
    let item = &params["item"];
    let (id, sort) = (text(item, "id").to_owned(), text(item, "type"));
    let what = match method {
        "thread/started" => What::SessionBegan,
        "turn/started" => What::PromptAccepted,
        "turn/completed" => match text(&params["turn"], "status") {
            "failed" => failure(text(&params["turn"]["error"], "message")),
            _ => What::TurnEnded,
        },
        "item/started" if matches!(sort, "commandExecution" | "mcpToolCall" | "fileChange") => {
            What::ToolStarted { id, name: sort.to_owned() }
        }
        "item/completed" if matches!(sort, "commandExecution" | "mcpToolCall" | "fileChange") => {
            What::ToolFinished { id, failed: text(item, "status") == "failed" }
        }
        "item/commandExecution/requestApproval"
        | "item/fileChange/requestApproval"
        | "mcpServer/elicitation/request" => {
            let what = if text(params, "reason").is_empty() { method } else { text(params, "reason") };
            What::Waits { id: text(params, "itemId").to_owned(), what: short(what), options: Vec::new() }
        }
        "thread/tokenUsage/updated" => {
            let usage = &params["tokenUsage"]["last"];
            let (input, cached) = (number(usage, "inputTokens"), number(usage, "cachedInputTokens"));
            let output = number(usage, "outputTokens");
            What::Spent(Spent { input: input.saturating_sub(cached), output, cache_read: cached, ..Spent::default() })
        }
        _ => return Vec::new(),
    };
    let session = some(text(params, "threadId")).or_else(|| some(text(&params["thread"], "id")));
    vec![signal(source, session, None, what, &format!("app-server {method}"))]
}
