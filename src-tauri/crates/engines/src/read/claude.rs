//! Claude Code: its hooks, and its events (stream-json and transcript are nearly one format). Seen in version 2.1.197.

use office_core::DeskState;
use serde_json::Value;

use super::{Signal, Source, Spent, What, number, short, some, text};

fn signal(source: Source, value: &Value, what: What, evidence: String) -> Signal {
    let names = ["agent_id", "parent_tool_use_id", "agentId"];
    let agent = names.iter().find_map(|name| some(text(value, name)));
    let session = some(text(value, "session_id")).or_else(|| some(text(value, "sessionId")));
    Signal { source, session, agent, what, evidence: short(&evidence) }
}

pub(super) fn hook(payload: &Value) -> Vec<Signal> {
    let event = text(payload, "hook_event_name");
    let (id, tool) = (text(payload, "tool_use_id").to_owned(), text(payload, "tool_name"));
    let one =
        |what: What| vec![signal(Source::Hook, payload, what, format!("hook {event} {tool}").trim_end().to_owned())];
    match event {
        "SessionStart" => one(What::SessionBegan),
        // Clearing and resuming end a session only to begin the next.
        "SessionEnd" if matches!(text(payload, "reason"), "clear" | "resume") => Vec::new(),
        "SessionEnd" => one(What::SessionEnded),
        "UserPromptSubmit" => one(What::PromptAccepted),
        "PreToolUse" => one(What::ToolStarted { id, name: tool.to_owned() }),
        "PostToolUse" => one(What::ToolFinished { id, failed: false }),
        "PostToolUseFailure" => one(What::ToolFinished { id, failed: true }),
        "PermissionRequest" => {
            one(What::Waits { id, what: format!("permission for {}", short(tool)), options: Vec::new() })
        }
        // The office answered it with what is missing: the turn goes on.
        "Stop" if payload["office_goes_on"] == true => one(What::Active),
        "Stop" => one(What::TurnEnded),
        "StopFailure" => one(match text(payload, "error") {
            "rate_limit" => What::Limited { until: None },
            "authentication_failed" | "authentication_error" | "oauth_org_not_allowed" => What::LoginNeeded,
            error => What::TurnFailed { why: short(if error.is_empty() { "unknown" } else { error }) },
        }),
        "SubagentStart" | "SubagentStop" => {
            let id = text(payload, "agent_id").to_owned();
            one(What::Subagent { id, came: event == "SubagentStart" })
        }
        "PreCompact" => one(What::Compacts(true)),
        "PostCompact" => one(What::Compacts(false)),
        "" if payload.get("context_window").is_some() => status(payload),
        "Notification" if text(payload, "notification_type") == "idle_prompt" => one(What::Says(DeskState::Idle)),
        _ => Vec::new(),
    }
}

/// What it shows in its status line: money of the process so far, how full the context is, and the limits of its account.
fn status(payload: &Value) -> Vec<Signal> {
    let said = |what: What| signal(Source::Hook, payload, what, "its status line".to_owned());
    let window = &payload["context_window"];
    let usage = &window["current_usage"];
    let parts = ["input_tokens", "output_tokens", "cache_creation_input_tokens", "cache_read_input_tokens"];
    let used = parts.iter().map(|name| number(usage, name)).sum();
    let mut all = Vec::new();
    if let Some(dollars) = payload["cost"]["total_cost_usd"].as_f64() {
        all.push(said(What::Spent(Spent { dollars: Some(dollars), ..Spent::default() })));
    }
    let size = number(window, "context_window_size");
    if usage.is_object() && size > 0 {
        all.push(said(What::Context { used, size }));
    }
    // The window that is used up, should a limit be met.
    let full = |window: &&Value| window["used_percentage"].as_f64().is_some_and(|share| share >= 100.0);
    let windows = ["five_hour", "seven_day"].map(|name| &payload["rate_limits"][name]);
    let ends = windows.iter().copied().filter(full).filter_map(|window| window["resets_at"].as_i64()).max();
    all.extend(ends.map(|ends| said(What::LimitEnds(ends))));
    all
}

pub(super) fn event(source: Source, value: &Value) -> Vec<Signal> {
    let kind = text(value, "type");
    let said = |what: What| {
        signal(source, value, what, format!("event {kind} {}", text(value, "subtype")).trim_end().to_owned())
    };
    match kind {
        "system" => match text(value, "subtype") {
            "init" => vec![said(What::SessionBegan)],
            "api_retry" => {
                let status = value.get("error_status").or_else(|| value.get("status")).and_then(Value::as_u64);
                vec![said(What::Retries { status: status.and_then(|status| u16::try_from(status).ok()) })]
            }
            "compact_boundary" => vec![said(What::Compacts(false))],
            _ => Vec::new(),
        },
        "rate_limit_event" => {
            let info = &value["rate_limit_info"];
            let until = info.get("resetsAt").and_then(Value::as_i64);
            if text(info, "status") == "rejected" { vec![said(What::Limited { until })] } else { Vec::new() }
        }
        "assistant" => {
            let message = &value["message"];
            // What the program made up itself (an error in words) nobody thought, and nobody paid.
            if text(message, "model") == "<synthetic>" {
                return Vec::new();
            }
            let mut all: Vec<Signal> = blocks(message)
                .filter(|block| text(block, "type") == "tool_use")
                .map(|block| {
                    said(What::ToolStarted { id: text(block, "id").to_owned(), name: text(block, "name").to_owned() })
                })
                .collect();
            if all.is_empty() {
                all.push(said(What::Active));
            }
            if message.get("usage").is_some() {
                all.push(said(What::Spent(spent(message, &message["usage"]))));
            }
            all
        }
        "user" => blocks(&value["message"])
            .filter(|block| text(block, "type") == "tool_result")
            .map(|block| {
                said(What::ToolFinished {
                    id: text(block, "tool_use_id").to_owned(),
                    failed: block["is_error"] == true,
                })
            })
            .collect(),
        "result" => result(value, said),
        _ => Vec::new(),
    }
}

/// The end of a turn. A failure calls itself a success, too: `is_error` is what counts.
fn result(value: &Value, said: impl Fn(What) -> Signal) -> Vec<Signal> {
    let usage = &value["usage"];
    let money = Spent { dollars: value.get("total_cost_usd").and_then(Value::as_f64), ..spent(&Value::Null, usage) };
    let end = match (value["is_error"] == true, value["api_error_status"].as_u64()) {
        (false, _) => What::TurnEnded,
        (true, Some(401 | 403)) => What::LoginNeeded,
        (true, Some(429)) => What::Limited { until: None },
        (true, _) => What::TurnFailed { why: short(text(value, "result")) },
    };
    vec![said(What::Spent(money)), said(end)]
}

fn blocks(message: &Value) -> impl Iterator<Item = &Value> {
    message.get("content").and_then(Value::as_array).into_iter().flatten()
}

fn spent(message: &Value, usage: &Value) -> Spent {
    Spent {
        message: some(text(message, "id")),
        model: some(text(message, "model")),
        input: number(usage, "input_tokens"),
        output: number(usage, "output_tokens"),
        cache_read: number(usage, "cache_read_input_tokens"),
        cache_write: number(usage, "cache_creation_input_tokens"),
        dollars: None,
    }
}
