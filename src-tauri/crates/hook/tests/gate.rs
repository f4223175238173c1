//! The program as engines run it, before an office that is slow, away, restarting, of another mind, or malicious.

#![allow(clippy::unwrap_used, reason = "a test's own small functions fail loudly")]

use std::io::{Read, Write};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

const RISKY: &str = r#"{"hook_event_name":"PreToolUse","session_id":"s","tool_name":"Bash","tool_use_id":"t1","cwd":"/","tool_input":{"command":"git push --force","description":"push it"}}"#;

fn hook(dir: &Path, args: &[&str], payload: &str, more: &[(&str, &str)]) -> Child {
    #[expect(clippy::disallowed_methods, reason = "runs the program that is tested, and waits for it")]
    let mut command = Command::new(env!("CARGO_BIN_EXE_office-hook"));
    command.args(args).env_clear().env("OFFICE_DIR", dir).env("OFFICE_TOKEN", "secret").env("OFFICE_CHECKOUT", dir);
    command.env("OFFICE_SIGNALS", dir.join("signals.jsonl"));
    command.envs(more.iter().copied());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(payload.as_bytes()).unwrap();
    child
}

fn decision(child: Child) -> (String, String) {
    let Output { status, stdout, .. } = child.wait_with_output().unwrap();
    assert!(status.success());
    let said: Value = serde_json::from_slice(&stdout).unwrap();
    let said = &said["hookSpecificOutput"];
    (
        said["permissionDecision"].as_str().unwrap().to_owned(),
        said["permissionDecisionReason"].as_str().unwrap().to_owned(),
    )
}

fn read(stream: &mut impl Read) -> Option<Value> {
    let mut head = [0; 5];
    stream.read_exact(&mut head).ok()?;
    let mut body = vec![0; u32::from_le_bytes([head[0], head[1], head[2], head[3]]) as usize];
    stream.read_exact(&mut body).ok()?;
    serde_json::from_slice(&body).ok()
}

fn write(stream: &mut impl Write, value: &Value) {
    let _ = stream.write_all(&office_hook::door::frame(value));
}

/// Greets and answers each question by `answer`, until it says nothing; gives back what was asked.
fn office(listener: &UnixListener, mut answer: impl FnMut(&Value) -> Option<Value>) -> Vec<Value> {
    let (mut stream, _) = listener.accept().unwrap();
    let mut asked = vec![read(&mut stream).unwrap()];
    write(
        &mut stream,
        &json!({"kind": "welcome", "protocol": 1, "version": "t", "office": "o", "dir": "/", "actor": "owner"}),
    );
    while let Some(request) = read(&mut stream) {
        asked.push(request["ask"].clone());
        let Some(said) = answer(&request["ask"]) else { break };
        // A push for somebody else comes first, as it may.
        write(&mut stream, &json!({"kind": "lagged", "newest": 3}));
        write(&mut stream, &json!({"kind": "answer", "id": request["id"], "answer": said}));
    }
    asked
}

fn approval(state: &str, argv: &[&str]) -> Value {
    json!({"id": 7, "state": state, "argv": argv, "note": "because", "cwd": "/"})
}

fn ruling(said: &str) -> Value {
    json!({"said": said, "category": "publish", "rule": "git.push", "why": "commits leave this machine"})
}

fn answers(state: &'static str, argv: &'static [&'static str]) -> impl FnMut(&Value) -> Option<Value> {
    move |ask| {
        Some(match ask["ask"].as_str()? {
            "judge" => json!({"kind": "ruled", "value": ruling("ask")}),
            "await_approval" => json!({"kind": "approval", "value": approval(state, argv)}),
            _ => json!({"kind": "changed", "value": {"noun": "approval", "value": approval("waiting", argv)}}),
        })
    }
}

const PUSH: &[&str] = &["git", "push", "--force"];

#[test]
fn an_approved_action_is_claimed_before_it_is_allowed_and_reported_after() {
    let dir = tempfile::tempdir().unwrap();
    let listener = UnixListener::bind(dir.path().join("door.sock")).unwrap();
    let child = hook(dir.path(), &["gate", "claude"], RISKY, &[]);
    let asked = office(&listener, answers("approved", PUSH));
    assert_eq!(decision(child), ("allow".to_owned(), "approved by the owner: because".to_owned()));
    assert_eq!(asked[0]["token"], "secret");
    assert_eq!((&asked[1]["ask"], &asked[1]["argv"]), (&json!("judge"), &json!(PUSH)));
    assert_eq!(asked[2]["body"]["argv"], json!(PUSH));
    assert_eq!(asked[2]["body"]["reason"], "push it");
    assert_eq!(asked[4]["body"]["do"], "claim");

    let child = hook(dir.path(), &["tell", "claude"], &RISKY.replace("PreToolUse", "PostToolUse"), &[]);
    let asked = office(&listener, answers("approved", PUSH));
    assert!(child.wait_with_output().unwrap().stdout.is_empty());
    assert_eq!((&asked[1]["body"]["do"], &asked[1]["body"]["exit"]["code"]), (&json!("report"), &json!(0)));
    let lines = std::fs::read_to_string(dir.path().join("signals.jsonl")).unwrap();
    assert_eq!(lines.lines().count(), 2);
}

#[test]
fn a_denied_action_is_denied_with_the_owners_words() {
    let dir = tempfile::tempdir().unwrap();
    let listener = UnixListener::bind(dir.path().join("door.sock")).unwrap();
    let child = hook(dir.path(), &["gate", "claude"], RISKY, &[]);
    office(&listener, answers("denied", PUSH));
    let (said, why) = decision(child);
    assert!(said == "deny" && why.contains("because"), "{said} {why}");
}

#[test]
fn an_approval_of_something_else_allows_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let listener = UnixListener::bind(dir.path().join("door.sock")).unwrap();
    let child = hook(dir.path(), &["gate", "claude"], RISKY, &[]);
    let asked = office(&listener, answers("approved", &["git", "status"]));
    assert_eq!(decision(child).0, "deny");
    assert!(asked.iter().all(|ask| ask["body"]["do"] != "claim"));
}

#[test]
fn an_office_that_restarts_while_it_holds_is_waited_for() {
    let dir = tempfile::tempdir().unwrap();
    let socket = dir.path().join("door.sock");
    let listener = UnixListener::bind(&socket).unwrap();
    let child = hook(dir.path(), &["gate", "claude"], RISKY, &[]);
    // It asks, and the office dies under it.
    let mut before = answers("waiting", PUSH);
    office(&listener, |ask| if ask["ask"] == "await_approval" { None } else { before(ask) });
    drop(listener);
    std::fs::remove_file(&socket).unwrap();
    // waits for: nothing; the office is away for a while
    std::thread::sleep(Duration::from_millis(200));
    let listener = UnixListener::bind(&socket).unwrap();
    let asked = office(&listener, answers("approved", PUSH));
    assert_eq!(decision(child).0, "allow");
    assert_eq!(asked[1]["ask"], "await_approval", "it asks after the same approval: {asked:?}");
}

#[test]
fn nothing_is_allowed_without_an_office() {
    let dir = tempfile::tempdir().unwrap();
    let begun = Instant::now();
    let (said, why) = decision(hook(dir.path(), &["gate", "claude"], RISKY, &[("OFFICE_HOOK_FIRST_SECS", "0")]));
    assert!(said == "deny" && why.contains("cannot be asked"), "{said} {why}");
    assert!(begun.elapsed() < Duration::from_secs(2));
    assert_eq!(decision(hook(dir.path(), &["gate", "claude"], RISKY, &[("OFFICE_DIR", "")])).0, "deny");
}

#[test]
fn an_office_that_went_away_for_good_denies() {
    let dir = tempfile::tempdir().unwrap();
    let socket = dir.path().join("door.sock");
    let listener = UnixListener::bind(&socket).unwrap();
    let child = hook(dir.path(), &["gate", "claude"], RISKY, &[("OFFICE_HOOK_ABSENCE_SECS", "1")]);
    office(&listener, |ask| if ask["ask"] == "await_approval" { None } else { answers("waiting", PUSH)(ask) });
    drop(listener);
    assert_eq!(decision(child).0, "deny");
}

#[test]
fn its_own_deadline_comes_before_the_engines() {
    let dir = tempfile::tempdir().unwrap();
    let listener = UnixListener::bind(dir.path().join("door.sock")).unwrap();
    let begun = Instant::now();
    let child = hook(dir.path(), &["gate", "claude", "--seconds", "1"], RISKY, &[]);
    let (mut stream, _) = listener.accept().unwrap(); // and never says a word
    let (said, why) = decision(child);
    assert!(said == "deny" && begun.elapsed() < Duration::from_secs(5), "{said} {why}");
    assert!(read(&mut stream).is_some());
}

#[test]
fn a_hostile_office_and_a_hostile_payload_allow_nothing() {
    for reply in [b"\xff\xff\xff\xff\x00".as_slice(), b"\x02\x00\x00\x00\x00{}", b"\x03\x00\x00\x00\x00{}}", b""] {
        let dir = tempfile::tempdir().unwrap();
        let listener = UnixListener::bind(dir.path().join("door.sock")).unwrap();
        let child = hook(dir.path(), &["gate", "claude"], RISKY, &[("OFFICE_HOOK_FIRST_SECS", "0")]);
        let (mut stream, _) = listener.accept().unwrap();
        let _ = stream.write_all(reply);
        drop(stream);
        assert_eq!(decision(child).0, "deny");
    }
    let dir = tempfile::tempdir().unwrap();
    for payload in ["", "{", "[]", "null", r#"{"tool_name":3}"#, "\u{0}", r#"{"tool_name":""}"#] {
        assert_eq!(
            decision(hook(dir.path(), &["gate", "claude"], payload, &[("OFFICE_HOOK_FIRST_SECS", "0")])).0,
            "deny",
            "{payload:?}"
        );
    }
}

#[test]
fn what_the_rules_allow_goes_on_and_what_they_refuse_does_not() {
    let dir = tempfile::tempdir().unwrap();
    let listener = UnixListener::bind(dir.path().join("door.sock")).unwrap();
    let ruled = |said: &'static str| {
        let child = hook(dir.path(), &["gate", "claude"], RISKY, &[]);
        let asked = office(&listener, |_| Some(json!({"kind": "ruled", "value": ruling(said)})));
        assert_eq!(asked.len(), 2, "one question is enough: {asked:?}");
        decision(child)
    };
    assert_eq!(ruled("allow").0, "allow");
    let (said, why) = ruled("deny");
    assert!(said == "deny" && why.contains("commits leave this machine [git.push]"), "{said} {why}");
    assert_eq!(ruled("perhaps").0, "deny");
}

#[test]
fn without_an_office_only_reads_go_on() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("a.txt");
    for (tool, said) in [("Read", "allow"), ("Write", "deny")] {
        let payload = json!({"hook_event_name": "PreToolUse", "tool_name": tool, "cwd": dir.path(), "tool_input": {"file_path": file}});
        let child = hook(dir.path(), &["gate", "claude"], &payload.to_string(), &[("OFFICE_HOOK_FIRST_SECS", "0")]);
        assert_eq!(decision(child).0, said, "{tool}");
    }
}

#[test]
fn codex_asks_to_leave_its_sandbox_and_the_owner_is_asked_even_where_the_rules_allow() {
    let dir = tempfile::tempdir().unwrap();
    let listener = UnixListener::bind(dir.path().join("door.sock")).unwrap();
    let child = hook(dir.path(), &["gate", "codex"], &RISKY.replace("PreToolUse", "PermissionRequest"), &[]);
    let mut then = answers("denied", PUSH);
    let allowed = json!({"kind": "ruled", "value": ruling("allow")});
    let asked = office(&listener, |ask| if ask["ask"] == "judge" { Some(allowed.clone()) } else { then(ask) });
    assert_eq!(asked[2]["body"]["do"], "ask", "{asked:?}");
    assert!(String::from_utf8_lossy(&child.wait_with_output().unwrap().stdout).contains("deny"));
}

#[test]
fn a_session_begins_once_the_agent_knows_the_offices_tools() {
    let dir = tempfile::tempdir().unwrap();
    let payload = r#"{"hook_event_name":"SessionStart","session_id":"s"}"#;
    let mut child = hook(dir.path(), &["tell", "claude"], payload, &[]);
    let signals = dir.path().join("signals.jsonl");
    while !signals.exists() {
        // waits for: the hook to have written the beginning down
        std::thread::sleep(Duration::from_millis(5));
    }
    assert!(child.try_wait().unwrap().is_none(), "it did not wait");
    std::fs::write(dir.path().join("tools-known"), "").unwrap();
    assert!(child.wait().unwrap().success());
}

#[test]
fn what_the_office_does_itself_is_denied_with_what_came_of_it() {
    let dir = tempfile::tempdir().unwrap();
    let listener = UnixListener::bind(dir.path().join("door.sock")).unwrap();
    for (over, signs) in [
        (
            json!({"state": "ran", "exit": {"kind": "code", "code": 0}, "output": "To far\n * [new branch]"}),
            ["went well: exit code 0", "[new branch]"],
        ),
        (
            json!({"state": "ran", "exit": {"kind": "code", "code": 1}, "output": "rejected"}),
            ["failed: exit code 1", "rejected"],
        ),
        (
            json!({"state": "uncertain", "note": "not known whether it happened: cut off"}),
            ["not known whether it happened", "Do not do it yourself"],
        ),
    ] {
        let child = hook(dir.path(), &["gate", "claude"], RISKY, &[]);
        let mut claimed = false;
        let asked = office(&listener, |ask| {
            let mut it = approval(if claimed { "ran" } else { "approved" }, PUSH);
            it["deed"] = json!({"does": {"kind": "push", "remote": "origin", "commit": "c1", "branch": "main"}});
            claimed |= ask["body"]["do"] == "claim";
            if ask["ask"] == "await_approval" && it["state"] == "ran" {
                it.as_object_mut().unwrap().extend(over.as_object().unwrap().clone());
                return Some(json!({"kind": "approval", "value": it}));
            }
            match ask["ask"].as_str()? {
                "await_approval" => Some(json!({"kind": "approval", "value": it})),
                "submit" if claimed => {
                    Some(json!({"kind": "changed", "value": {"noun": "approval", "value": approval("running", PUSH)}}))
                }
                _ => answers("approved", PUSH)(ask),
            }
        });
        let (said, why) = decision(child);
        assert_eq!(said, "deny", "{why}");
        assert!(
            why.contains("not known") || why.contains("commit c1") && why.contains("branch main of origin"),
            "{why}"
        );
        assert!(signs.iter().all(|sign| why.contains(sign)), "{why}");
        assert_eq!(asked.iter().filter(|ask| ask["body"]["do"] == "claim").count(), 1);
    }
}
