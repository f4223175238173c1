//! What the hook says at the door is what office-door reads, and what it answers each engine is what that engine reads.

use office_door::wire::{Ask, Hello, Request};
use office_hook::spoken::{Event, answer, event_of};
use office_hook::{Verdict, door};
use serde_json::{Value, json};

#[test]
fn a_frame_is_the_one_of_the_door() {
    let value = json!({"id": 3, "ask": {"ask": "status"}});
    let request = Request { id: 3, ask: Ask::Status };
    let ours = door::frame(&value);
    let theirs = office_door::frame::control(&request).unwrap();
    assert_eq!(ours[..5], theirs[..5]);
    assert_eq!(
        serde_json::from_slice::<Value>(&ours[5..]).unwrap(),
        serde_json::from_slice::<Value>(&theirs[5..]).unwrap()
    );
    assert_eq!(door::PROTOCOL, office_door::wire::PROTOCOL);
}

#[test]
fn a_hello_is_understood() {
    let hello = json!({"protocol": 1, "min": 1, "client": "office-hook 0", "token": "t"});
    assert!(serde_json::from_value::<Hello>(hello).is_ok());
}

#[test]
fn claude_is_answered_with_its_permission_decision() {
    let said: Value =
        serde_json::from_str(&answer("claude", Event::PreToolUse, &Verdict::deny("no \"quotes\"\n"))).unwrap();
    assert_eq!(said["hookSpecificOutput"]["permissionDecision"], "deny");
    assert_eq!(said["hookSpecificOutput"]["permissionDecisionReason"], "no \"quotes\"\n");
}

#[test]
fn codex_is_answered_with_a_behavior_and_never_with_a_reason_to_allow() {
    let event = event_of(br#"{"hook_event_name":"PermissionRequest"}"#);
    let deny: Value = serde_json::from_str(&answer("codex", event, &Verdict::deny("why"))).unwrap();
    assert_eq!(deny["hookSpecificOutput"]["decision"], json!({"behavior": "deny", "message": "why"}));
    let allow: Value = serde_json::from_str(&answer("codex", event, &Verdict::allow("why"))).unwrap();
    assert_eq!(allow["hookSpecificOutput"]["decision"], json!({"behavior": "allow"}));
    assert_eq!(answer("codex", Event::PreToolUse, &Verdict::allow("why")), "{}\n");
}
