//! A run as it is heard: hooks, transcripts and status lines together. The lines are what the CLIs wrote, shortened.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by ending")]

use office_core::seen::ContextUse;
use office_core::{At, DeskState};
use office_engines::hearing::Hearing;
use office_engines::meter::{Metered, Trouble};
use office_engines::{EngineSpec, shipped};
use serde_json::{Value, json};

const AT: i64 = 1_795_000_000_000;

fn hearing(engine: &str) -> Hearing {
    let file = format!("{engine}.toml");
    let (_, text) = shipped().into_iter().find(|(name, _)| *name == file).unwrap();
    Hearing::new(&EngineSpec::parse(&file, text).unwrap(), AT).unwrap()
}

fn hook(it: &mut Hearing, after: i64, payload: Value) {
    it.hook_line(json!({"at": AT + after, "engine": "x", "payload": payload}).to_string().as_bytes());
}

fn state(it: &Hearing, after: i64) -> DeskState {
    it.news(AT + after).seen.unwrap().state
}

fn message(id: &str, output: u64) -> Value {
    json!({"type": "assistant", "sessionId": "s", "timestamp": At::from_millis(AT).to_string(), "message": {
        "id": id, "model": "claude-opus-4-8", "content": [{"type": "text", "text": "x"}],
        "usage": {"input_tokens": 1000, "output_tokens": output, "cache_read_input_tokens": 5000, "cache_creation_input_tokens": 300},
    }})
}

#[test]
fn a_message_that_is_written_twice_counts_once_and_a_subagents_counts_too() {
    let mut it = hearing("claude");
    let mut hear = |value: Value| it.transcript_line(value.to_string().as_bytes(), AT, false);
    hear(message("a", 1));
    hear(message("a", 100));
    let mut sub = message("b", 7);
    sub["agentId"] = json!("helper");
    hear(sub);
    let spent = it.news(AT).spent.unwrap();
    assert_eq!((spent.input, spent.output, spent.cache_read, spent.cache_write), (2000, 107, 10_000, 600));
    // A subagent's context is its own.
    assert_eq!(spent.context, Some(ContextUse { used: 6400, size: 1_000_000 }));
    assert_eq!(spent.micro_dollars, Some(2000 * 5 + 107 * 25 + 5000 + 600 * 25 / 4));
}

#[test]
fn what_an_earlier_run_of_the_conversation_took_is_not_taken_again() {
    let mut it = hearing("claude");
    it.transcript_line(message("a", 100).to_string().as_bytes(), AT, true);
    assert_eq!((it.news(AT).spent, state(&it, 0)), (None, DeskState::Starting));
    it.transcript_line(message("b", 50).to_string().as_bytes(), AT, false);
    let spent = it.news(AT).spent.unwrap();
    assert_eq!((spent.input, spent.output), (1000, 50));
}

#[test]
fn the_engines_own_account_of_money_wins_over_prices() {
    let mut it = hearing("claude");
    it.transcript_line(message("a", 100).to_string().as_bytes(), AT, false);
    for dollars in [0.25, 0.125] {
        let window =
            json!({"context_window_size": 200_000, "current_usage": {"input_tokens": 50_000, "output_tokens": 10}});
        hook(&mut it, 1, json!({"session_id": "s", "cost": {"total_cost_usd": dollars}, "context_window": window}));
    }
    let spent = it.news(AT + 1).spent.unwrap();
    assert_eq!((spent.micro_dollars, spent.context.unwrap().percent()), (Some(250_000), 25));
}

#[test]
fn money_that_a_status_line_says_counts_before_the_first_turn_has_ended() {
    let mut it = hearing("claude");
    hook(&mut it, 1, json!({"hook_event_name": "UserPromptSubmit", "session_id": "s"}));
    assert_eq!(it.news(AT + 1).spent, None);
    hook(&mut it, 2, json!({"session_id": "s", "cost": {"total_cost_usd": 0.5}, "context_window": {}}));
    assert_eq!(it.news(AT + 2).spent.unwrap().micro_dollars, Some(500_000));
}

#[test]
fn a_usage_limit_ends_when_its_account_says_so_and_no_reminder_ends_it() {
    let mut it = hearing("claude");
    let ends = AT / 1000 + 3600;
    hook(&mut it, 1, json!({"hook_event_name": "UserPromptSubmit", "session_id": "s"}));
    let limits = json!({"five_hour": {"used_percentage": 100, "resets_at": ends}, "seven_day": {"used_percentage": 40, "resets_at": 1}});
    hook(&mut it, 2, json!({"cost": {}, "context_window": {"current_usage": null}, "rate_limits": limits}));
    hook(&mut it, 3, json!({"hook_event_name": "StopFailure", "session_id": "s", "error": "rate_limit"}));
    hook(&mut it, 60_000, json!({"hook_event_name": "Notification", "notification_type": "idle_prompt"}));
    let seen = it.news(AT + 61_000).seen.unwrap();
    assert_eq!((seen.state, seen.until), (DeskState::Limited, Some(At::from_millis(ends * 1000))));
    assert_eq!(it.next_change(AT + 61_000), Some(ends * 1000));
    assert_eq!(state(&it, 3_600_001), DeskState::Idle);
}

#[test]
fn a_limit_without_an_end_gets_none_invented() {
    let mut it = hearing("claude");
    hook(&mut it, 3, json!({"hook_event_name": "StopFailure", "session_id": "s", "error": "rate_limit"}));
    let seen = it.news(AT + 86_400_000 * 9).seen.unwrap();
    assert_eq!((seen.state, seen.until, it.next_change(AT + 4)), (DeskState::Limited, None, None));
}

#[test]
fn a_conversation_can_be_gone_on_with_once_it_took_a_prompt() {
    let mut it = hearing("claude");
    hook(&mut it, 1, json!({"hook_event_name": "SessionStart", "session_id": "s"}));
    assert_eq!((it.news(AT).session, it.prompts()), (None, 0));
    hook(&mut it, 2, json!({"hook_event_name": "UserPromptSubmit", "session_id": "s"}));
    assert_eq!((it.news(AT).session.as_deref(), it.prompts()), (Some("s"), 1));
}

#[test]
fn codex_tells_tokens_of_the_whole_conversation_and_how_full_it_is() {
    let mut it = hearing("codex");
    let count = |input: u64| {
        let usage = |input: u64| json!({"input_tokens": input, "cached_input_tokens": 600, "output_tokens": 100, "total_tokens": input + 100});
        let info = json!({"total_token_usage": usage(input), "last_token_usage": usage(1000), "model_context_window": 272_000});
        json!({"type": "event_msg", "payload": {"type": "token_count", "info": info, "rate_limits": null}}).to_string()
    };
    it.transcript_line(count(1000).as_bytes(), AT, true);
    it.transcript_line(count(3000).as_bytes(), AT, false);
    let spent = it.news(AT).spent.unwrap();
    assert_eq!((spent.input, spent.cache_read, spent.micro_dollars), (2000, 0, None));
    assert_eq!(spent.context, Some(ContextUse { used: 1100, size: 272_000 }));
}

#[test]
fn silence_while_it_works_is_said_when_it_has_lasted() {
    let mut it = hearing("claude");
    hook(&mut it, 0, json!({"hook_event_name": "UserPromptSubmit", "session_id": "s"}));
    let change = it.next_change(AT).unwrap();
    assert_eq!(
        (it.news(change - 1).seen.unwrap().state, it.news(change).seen.unwrap().state),
        (DeskState::Thinking, DeskState::Stuck)
    );
}

#[test]
fn a_meters_figures_count_and_no_others() {
    let mut it = hearing("claude");
    hook(&mut it, 1, json!({"hook_event_name": "UserPromptSubmit", "session_id": "s"}));
    let message = |n: u64| json!({"type": "assistant", "message": {"id": "m", "model": "claude-opus-4-8", "usage": {"input_tokens": n, "output_tokens": 7}}});
    it.transcript_line(message(100).to_string().as_bytes(), AT, false);
    let metered =
        Metered { input: 40, output: 9, cache_read: 3, cache_write: 2, micro_dollars: Some(77), trouble: None };
    it.metered(metered.clone(), AT + 2);
    let spent = it.news(AT + 3).spent.unwrap();
    assert_eq!((spent.input, spent.output, spent.cache_read, spent.cache_write), (40, 9, 3, 2));
    assert_eq!((spent.micro_dollars, spent.model.as_deref()), (Some(77), Some("claude-opus-4-8")));
    // Where no price is known, its program's own word on money is all there is.
    it.metered(Metered { micro_dollars: None, ..metered }, AT + 4);
    hook(&mut it, 5, json!({"cost": {"total_cost_usd": 0.5}, "context_window": {}}));
    assert_eq!(it.news(AT + 6).spent.unwrap().micro_dollars, Some(500_000));
}

#[test]
fn what_a_meter_sees_shows_at_a_desk_that_is_at_work() {
    let mut it = hearing("claude");
    let trouble = |limited| Trouble { words: "too much to do (529)".to_owned(), limited, until: Some(AT / 1000 + 60) };
    let with = |trouble| Metered { trouble, ..Metered::default() };
    hook(&mut it, 1, json!({"hook_event_name": "SessionStart", "session_id": "s"}));
    it.metered(with(Some(trouble(true))), AT + 2);
    assert_eq!(state(&it, 3), DeskState::Idle, "a call in the background says nothing of what it does");
    it.metered(with(None), AT + 4);
    hook(&mut it, 5, json!({"hook_event_name": "UserPromptSubmit", "session_id": "s"}));
    it.metered(with(Some(trouble(false))), AT + 6);
    let seen = it.news(AT + 7).seen.unwrap();
    assert_eq!((seen.state, seen.evidence.as_str()), (DeskState::Thinking, "meter: too much to do (529)"));
    it.metered(with(Some(trouble(true))), AT + 8);
    let seen = it.news(AT + 9).seen.unwrap();
    assert_eq!((seen.state, seen.until), (DeskState::Limited, Some(At::from_millis((AT / 1000 + 60) * 1000))));
    it.metered(with(None), AT + 10);
    let seen = it.news(AT + 11).seen.unwrap();
    assert_eq!((seen.state, seen.until), (DeskState::Thinking, None));
}

#[test]
fn a_title_that_lies_does_not_win_over_a_hook_and_puts_a_lost_end_of_turn_right() {
    let mut it = hearing("claude");
    hook(&mut it, 0, json!({"hook_event_name": "UserPromptSubmit", "session_id": "s"}));
    assert!(it.title(DeskState::Idle, "\u{2733} done", AT + 1000), "it was outdone");
    assert_eq!(state(&it, 1000), DeskState::Thinking);
    hook(
        &mut it,
        2000,
        json!({"hook_event_name": "PreToolUse", "session_id": "s", "tool_name": "Bash", "tool_use_id": "t"}),
    );
    assert!(it.title(DeskState::Idle, "\u{2733} done", AT + 20_000));
    assert_eq!(state(&it, 20_000), DeskState::Working);
    // The end of the turn was lost: half a minute later it is taken for what it is, and nothing is typed by its word.
    assert!(!it.title(DeskState::Idle, "\u{2733} done", AT + 40_000));
    let seen = it.news(AT + 40_000).seen.unwrap();
    assert_eq!((seen.state, seen.evidence.as_str()), (DeskState::Idle, "title: \u{2733} done"));
    assert!(!it.takes_input(AT + 40_000));
    // And a hook's next word stands above it at once.
    hook(&mut it, 41_000, json!({"hook_event_name": "UserPromptSubmit", "session_id": "s"}));
    assert!(it.title(DeskState::Idle, "\u{2733} done", AT + 41_001));
    assert_eq!(state(&it, 41_001), DeskState::Thinking);
}

#[test]
fn a_title_that_goes_on_saying_working_does_not_hide_that_nothing_happens() {
    let mut it = hearing("claude");
    hook(&mut it, 0, json!({"hook_event_name": "UserPromptSubmit", "session_id": "s"}));
    for minute in 1..12 {
        it.title(DeskState::Thinking, "\u{2802} thinking", AT + minute * 60_000);
    }
    assert_eq!(state(&it, 12 * 60_000), DeskState::Stuck);
    // Nor does it set one to work that said it was idle.
    hook(&mut it, 13 * 60_000, json!({"hook_event_name": "Stop", "session_id": "s"}));
    assert!(!it.title(DeskState::Working, "\u{2802} busy", AT + 15 * 60_000));
    assert_eq!(state(&it, 15 * 60_000), DeskState::Idle);
}

#[test]
fn opencode_is_heard_by_its_plugin_with_tokens_money_and_context() {
    let mut it = hearing("opencode");
    hook(&mut it, 0, json!({"type": "office.ready", "properties": {}}));
    assert!(it.takes_input(AT));
    let said = |kind: &str, more: Value| {
        let mut properties = json!({"sessionID": "ses_1"});
        properties.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({"type": kind, "properties": properties})
    };
    hook(&mut it, 1, said("office.prompt", json!({})));
    assert_eq!((state(&it, 1), it.prompts(), it.news(AT).session.as_deref()), (DeskState::Thinking, 1, Some("ses_1")));
    let part =
        |status: &str| json!({"part": {"type": "tool", "tool": "bash", "callID": "c", "state": {"status": status}}});
    hook(&mut it, 2, said("message.part.updated", part("running")));
    assert_eq!(state(&it, 2), DeskState::Working);
    hook(&mut it, 3, said("permission.asked", json!({"id": "per_1", "permission": "bash"})));
    assert_eq!((state(&it, 3), it.takes_input(AT + 3)), (DeskState::WaitingForYou, false));
    hook(&mut it, 4, said("permission.replied", json!({"requestID": "per_1"})));
    hook(&mut it, 5, said("message.part.updated", part("completed")));
    let tokens = json!({"input": 2000, "output": 40, "reasoning": 10, "cache": {"read": 500, "write": 0}});
    let info = json!({"info": {"id": "m", "role": "assistant", "tokens": tokens, "cost": 0.25, "modelID": "x", "size": 100_000}});
    hook(&mut it, 6, said("message.updated", info.clone()));
    hook(&mut it, 7, said("message.updated", info));
    // A subagent's turn is not the desk's own.
    let mut child = said("session.idle", json!({}));
    child["agent"] = json!("ses_2");
    hook(&mut it, 8, child);
    assert_eq!(state(&it, 8), DeskState::Thinking);
    hook(&mut it, 9, said("session.idle", json!({})));
    let spent = it.news(AT + 9).spent.unwrap();
    assert_eq!((spent.input, spent.output, spent.cache_read, spent.turns), (2000, 50, 500, 1));
    assert_eq!(spent.micro_dollars, Some(250_000));
    assert_eq!(spent.context, Some(ContextUse { used: 2550, size: 100_000 }));
    assert_eq!((state(&it, 9), it.takes_input(AT + 9)), (DeskState::Idle, true));
}

#[test]
fn that_an_input_line_stands_is_waited_for_where_its_program_says_so() {
    let (mut claude, codex) = (hearing("claude"), hearing("codex"));
    hook(&mut claude, 0, json!({"hook_event_name": "SessionStart", "session_id": "s"}));
    assert!(claude.takes_input(AT) && !claude.is_drawn() && codex.is_drawn());
    hook(&mut claude, 1, json!({"session_id": "s", "context_window": {}}));
    assert!(claude.is_drawn() && !claude.knows_tools());
    claude.hook_line(br#"{"engine":"office","payload":{"office_tools_known":true}}"#);
    assert!(claude.knows_tools());
}
