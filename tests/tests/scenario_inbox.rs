//! The approval inbox through the real programs: an engine's hook asks, the owner answers in every way there is, and what runs is
//! what was shown, once. Grants, rules, questions and the audit behind them.
#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

use std::fs;
use std::path::PathBuf;

use office_core::approval::{ApprovalCommand, Terms};
use office_core::{ApprovalId, At, CommandBody};
use office_door::Client;
use office_door::wire::{Answer, Ask};
use office_tests::{Bench, Repo};
use serde_json::{Value, json};

/// A desk whose engine is a script: it asks its hook about each call as a real engine does, runs what it is allowed, in the words it
/// is given back, and writes down what it was told. `stamp` is risky, and leaves a line each time it runs.
struct Desk {
    bench: Bench,
    _repo: Repo,
    task: String,
}

const ENGINE: &str = r#"
export OFFICE_CHECKOUT="$PWD" OFFICE_HOOK_FIRST_SECS=1
at=$(dirname "$0")
PATH="$at/bin:$PATH"
while :; do
  for call in "$at"/calls/*.json; do
    [ -e "$call" ] || continue
    name=$(basename "$call" .json)
    mv "$call" "$at/taken"
    sed "s#CWD#$PWD#g" "$at/taken" | office-hook gate "$(cat "$at/engine")" > "$at/said/$name.tmp"
    if grep -q '"permissionDecision":"allow"' "$at/said/$name.tmp"; then
      line=$(sed -n 's/.*"updatedInput":{"command":"\([^"]*\)"}.*/\1/p' "$at/said/$name.tmp")
      [ -n "$line" ] || line=$(cat "$at/calls/$name.sh")
      sh -c "$line"
    fi
    mv "$at/said/$name.tmp" "$at/said/$name"
  done
  sleep 0.05
done
"#;

const RISKY: &str = r#"
[[rule]]
id = "t.stamp"
run = "stamp"
verdict = "ask"
category = "publish"
why = "a stamp cannot be taken back"
match = ["stamp a"]
not_match = ["ls"]

[[rule]]
id = "t.burn"
run = "burn"
verdict = "deny"
category = "destructive"
why = "nothing is burned here"
match = ["burn a"]
not_match = ["ls"]
"#;

impl Desk {
    fn open() -> Self {
        let (bench, repo) = Bench::with_desks(&[("a.txt", "a\n")], &[]);
        fs::create_dir_all(bench.dir().join("guard")).unwrap();
        fs::write(bench.dir().join("guard/risky.toml"), RISKY).unwrap();
        let at = bench.root().join("engine");
        for folder in ["calls", "said", "bin"] {
            fs::create_dir_all(at.join(folder)).unwrap();
        }
        fs::write(at.join("engine.sh"), ENGINE).unwrap();
        fs::write(at.join("engine"), "claude").unwrap();
        let stamp = at.join("bin/stamp");
        fs::write(&stamp, format!("#!/bin/sh\necho \"$*\" >> '{}'\n", at.join("stamped").display())).unwrap();
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(&stamp, fs::Permissions::from_mode(0o755)).unwrap();
        let command = format!("sh {}", at.join("engine.sh").display());
        let add = ["desk", "add", "--name", "fay", "--role", "engineer", "--engine", "custom", "--command", &command];
        bench.json(&add);
        let task = bench.task("Work", "", &[]);
        bench.until(task, &["running"]);
        Self { bench, _repo: repo, task: task.to_string() }
    }

    fn at(&self, name: &str) -> PathBuf {
        self.bench.root().join("engine").join(name)
    }

    /// The engine is about to run this.
    fn begins(&self, name: &str, command: &str) {
        fs::write(self.at("calls").join(format!("{name}.sh")), command).unwrap();
        let payload = json!({
            "hook_event_name": "PreToolUse", "session_id": "s", "tool_use_id": name, "tool_name": "Bash", "cwd": "CWD",
            "tool_input": {"command": command},
        });
        fs::write(self.at("draft"), payload.to_string()).unwrap();
        fs::rename(self.at("draft"), self.at("calls").join(format!("{name}.json"))).unwrap();
    }

    /// What the engine was told: allow or deny, and why. What was allowed has run by then.
    fn told(&self, name: &str) -> (String, String) {
        let file = self.at("said").join(name);
        let said = self.bench.wait(&format!("what is said of {name}"), || {
            serde_json::from_str::<Value>(&fs::read_to_string(&file).ok()?).ok()
        });
        let said = &said["hookSpecificOutput"];
        let text = |name: &str| said[name].as_str().unwrap().to_owned();
        (text("permissionDecision"), text("permissionDecisionReason"))
    }

    fn asks(&self, name: &str, command: &str) -> (String, String) {
        self.begins(name, command);
        self.told(name)
    }

    fn waiting(&self) -> Value {
        self.bench.wait("something that waits", || {
            let all = self.bench.json(&["approvals", "list"]);
            all.as_array().unwrap().iter().find(|it| it["state"] == "waiting").cloned()
        })
    }

    fn id(&self) -> String {
        self.waiting()["id"].to_string()
    }

    fn stamped(&self) -> Vec<String> {
        let text = fs::read_to_string(self.at("stamped")).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    fn checkout(&self) -> PathBuf {
        let task = self.bench.json(&["task", "show", &self.task]);
        task["workplace"]["path"].as_str().unwrap().into()
    }
}

#[test]
fn the_words_of_a_no_reach_the_agent_and_what_its_owner_changed_is_what_runs() {
    let desk = Desk::open();
    desk.begins("no", "stamp a");
    let it = desk.waiting();
    let other = "0".repeat(64);
    let stale = desk.bench.refused(1, &["approval", "approve", &desk.id(), "--seen", &other]);
    assert_eq!(stale["code"], "wrong_state", "what was not seen is not approved");
    assert_eq!(it["hash"].as_str().unwrap().len(), 64, "{it}");
    desk.bench.json(&["approvals", "deny", &desk.id(), "--note", "not on a Friday"]);
    let (said, why) = desk.told("no");
    assert!(said == "deny" && why.contains("not on a Friday"), "{said} {why}");

    desk.begins("edit", "stamp b");
    let id = desk.id();
    let burn = desk.bench.refused(1, &["approval", "approve", &id, "--edit", "burn b"]);
    assert!(burn["message"].as_str().unwrap().contains("t.burn"), "{burn}");
    desk.bench.json(&["approval", "approve", &id, "--edit", "stamp better"]);
    assert_eq!(desk.told("edit").0, "allow");
    assert_eq!(desk.stamped(), ["better"]);

    // An engine that takes no other words is told them, and is let through when it uses them.
    fs::write(desk.at("engine"), "gemini").unwrap();
    desk.begins("told", "stamp c");
    desk.bench.json(&["approval", "approve", &desk.id(), "--edit", "stamp best"]);
    let (said, why) = desk.told("told");
    assert!(said == "deny" && why.contains("stamp best"), "{said} {why}");
    assert_eq!(desk.asks("again", "stamp best").0, "allow");
    desk.begins("once", "stamp best");
    desk.bench.json(&["approval", "deny", &desk.id()]);
    assert_eq!(desk.told("once").0, "deny", "it was approved once");
    assert_eq!(desk.stamped(), ["better", "best"]);
}

#[test]
fn asked_back_it_stays_held_until_the_agent_has_replied_and_asked_the_same_again() {
    let desk = Desk::open();
    desk.begins("first", "stamp a");
    let id = desk.id();
    desk.bench.json(&["approval", "ask-back", &id, "for which release?"]);
    let (said, why) = desk.told("first");
    assert!(said == "deny" && why.contains("for which release?") && why.contains("approval reply"), "{said} {why}");
    assert_eq!(desk.id(), id, "it is still held");
    assert_eq!(desk.asks("reply", &format!("office approval reply {id} 'for 2.4'")).0, "allow", "a reply asks nobody");
    desk.begins("second", "stamp a");
    desk.bench.wait("the reply", || {
        let it = desk.bench.json(&["approval", "show", &id]);
        (it["talk"][1]["text"] == "for 2.4" && it["joined"].is_string()).then_some(())
    });
    assert_eq!(desk.id(), id, "it is the same, and not a second one");
    desk.bench.json(&["approval", "approve", &id]);
    assert_eq!(desk.told("second").0, "allow");
    assert_eq!(desk.stamped(), ["a"]);
}

#[test]
fn what_runs_is_what_was_shown_from_the_same_checkout_or_it_is_asked_again() {
    let desk = Desk::open();
    desk.begins("moved", "stamp a");
    let it = desk.waiting();
    assert!(it["stands"].is_string(), "{it}");
    fs::write(desk.checkout().join("planted.txt"), "other than was shown").unwrap();
    let id = it["id"].to_string();
    desk.bench.json(&["approval", "approve", &id]);
    let again = desk.bench.wait("the question again", || {
        let now = desk.bench.json(&["approval", "show", &id]);
        (now["state"] == "waiting" && now["hash"] != it["hash"]).then_some(now)
    });
    assert!(again["note"].as_str().unwrap().contains("checkout has changed"), "{again}");
    assert_eq!(desk.stamped(), Vec::<String>::new(), "nothing ran meanwhile");
    desk.bench.json(&["approval", "approve", &id, "--seen", again["hash"].as_str().unwrap()]);
    assert_eq!(desk.told("moved").0, "allow");
    assert_eq!(desk.stamped(), ["a"]);
}

#[test]
fn for_the_task_by_a_grant_and_by_a_rule_of_its_owners_it_is_not_asked_again_and_a_deny_stands() {
    let desk = Desk::open();
    desk.begins("task", "stamp a");
    desk.bench.json(&["approval", "approve", &desk.id(), "--for-task"]);
    assert_eq!(desk.told("task").0, "allow");
    assert_eq!(desk.asks("same", "stamp a").0, "allow", "the very same again");
    assert_eq!(desk.stamped(), ["a", "a"]);
    let grants = desk.bench.json(&["grant", "list"]);
    assert_eq!((&grants[0]["used"], &grants[0]["covers"]["kind"]), (&json!(1), &json!("same")), "{grants}");
    desk.bench.json(&["grant", "revoke", "1"]);

    // Before bed: this shape, twice.
    desk.bench.json(&["grant", "add", "--times", "2", "--project", "1", "--", "stamp", "release-*"]);
    assert_eq!(desk.asks("g1", "stamp release-1").0, "allow");
    assert_eq!(desk.asks("g2", "cd . && stamp release-2").0, "allow");
    desk.begins("g3", "stamp release-3");
    desk.bench.json(&["approval", "deny", &desk.id()]);
    assert_eq!(desk.told("g3").0, "deny", "it is used up");
    desk.bench.json(&["grant", "add", "--times", "9", "--", "stamp", "*"]);
    let (said, why) = desk.asks("burn", "stamp x && burn x");
    assert!(said == "deny" && why.contains("t.burn"), "{said} {why}");
    desk.bench.json(&["grant", "revoke", "3"]);
    let used = desk.bench.json(&["grant", "list", "--all"]);
    assert_eq!((&used[1]["used"], &used[2]["used"]), (&json!(2), &json!(0)), "{used}");
    assert_eq!(desk.bench.json(&["grant", "list"]), json!([]));
}

#[test]
fn always_and_never_make_a_rule_that_is_tried_before_it_is_kept() {
    let desk = Desk::open();
    desk.begins("always", "stamp weekly");
    let id = desk.id();
    let proposed = desk.bench.office(&["approval", "rule", &id]).out;
    assert!(proposed.contains("[[always]]") && proposed.contains("not_match"), "{proposed}");
    let file = desk.at("rule.toml");
    let try_rule = |text: &str| {
        fs::write(&file, text).unwrap();
        desk.bench.refused(1, &["approval", "approve", &id, "--rule", &file.display().to_string()])
    };
    let wrong = try_rule(&proposed.replace("match = [\"stamp weekly\"]", "match = [\"ls\"]"));
    assert!(wrong["message"].as_str().unwrap().contains("it should fit"), "{wrong}");
    let other = try_rule(&proposed.replace("weekly", "monthly"));
    assert!(other["message"].as_str().unwrap().contains("still *ask*"), "{other}");
    let two = try_rule(&format!("{proposed}\n[[quiet]]\nid = \"all\"\ntools = \"rm\"\nwhy = \"x\"\n"));
    assert!(two["message"].as_str().unwrap().contains("not one rule"), "{two}");
    assert!(!desk.bench.dir().join("guard/settled.toml").exists(), "nothing was kept");
    assert_eq!(desk.id(), id, "and nothing answered");
    desk.bench.json(&["approval", "approve", &id, "--always"]);
    assert_eq!(desk.told("always").0, "allow");
    assert_eq!(desk.asks("next", "stamp weekly").0, "allow");
    assert_eq!(desk.stamped(), ["weekly", "weekly"]);
    desk.begins("more", "stamp weekly --force");
    desk.bench.json(&["approval", "deny", &desk.id(), "--always"]);
    assert_eq!(desk.told("more").0, "deny");
    let (said, why) = desk.asks("never", "stamp weekly --force");
    assert!(said == "deny" && why.contains("never."), "{said} {why}");
    let kept = fs::read_to_string(desk.bench.dir().join("guard/settled.toml")).unwrap();
    assert!(kept.contains("always.1") && kept.contains("never."), "{kept}");
    let file = desk.bench.dir().join("guard/settled.toml");
    assert!(desk.bench.office(&["guard", "test", &file.display().to_string()]).out.contains("all examples hold"));
}

#[test]
fn what_was_decided_is_chained_and_the_first_entry_that_was_touched_is_said() {
    let mut desk = Desk::open();
    desk.bench.json(&["grant", "add", "--times", "1", "--", "stamp", "g"]);
    assert_eq!(desk.asks("g", "stamp g").0, "allow");
    desk.begins("no", "stamp h");
    desk.bench.json(&["approval", "deny", &desk.id()]);
    assert_eq!(desk.told("no").0, "deny");
    let whole = desk.bench.json(&["audit", "verify"]);
    let head = whole["head"].as_str().unwrap().to_owned();
    assert!(whole["links"].as_u64().unwrap() >= 7 && whole["broken"].is_null(), "{whole}");
    let shown = desk.bench.office(&["audit", "show"]).out;
    assert!(shown.contains("grant 1 given: stamp g") && shown.contains("denied"), "{shown}");
    // It outlives the runtime, and has grown out of what was written down.
    desk.bench.kill();
    desk.bench.run();
    desk.bench.json(&["grant", "revoke", "1"]);
    desk.bench.json(&["audit", "verify", "--head", &head]);
    desk.bench.refused(1, &["audit", "verify", "--head", &"1".repeat(64)]);
    desk.bench.refused(1, &["approval", "undo", "2"]);
}

#[tokio::test]
async fn an_answer_that_may_be_taken_back_lets_nothing_begin_before_it_stands() {
    let desk = Desk::open();
    desk.begins("undo", "stamp a");
    let approval: ApprovalId = desk.id().parse().unwrap();
    let client = Client::connect(desk.bench.dir(), "test", None).await.unwrap();
    let say = |id: &str, body| Ask::Submit { command_id: id.to_owned(), body: CommandBody::Approval(body) };
    let soon = |secs| Terms { undo_secs: Some(secs), ..Terms::default() };
    client.ask(say("a", ApprovalCommand::Approve { approval, note: None, terms: soon(30) })).await.unwrap();
    client.ask(say("b", ApprovalCommand::Undo { approval })).await.unwrap();
    assert_eq!((desk.waiting()["state"].as_str(), desk.stamped().len()), (Some("waiting"), 0));
    client.ask(say("c", ApprovalCommand::Approve { approval, note: None, terms: soon(1) })).await.unwrap();
    assert_eq!(desk.told("undo").0, "allow");
    assert_eq!(desk.stamped(), ["a"], "it ran once");
    let of = |kind: &str| -> At {
        let all = desk.bench.events();
        let last = all.iter().rfind(|it| it["event"]["noun"] == "approval" && it["event"]["type"] == kind);
        last.unwrap()["at"].as_str().unwrap().parse().unwrap()
    };
    assert!(of("claimed").millis() - of("approved").millis() >= 1000, "it waited until the answer stood");
}

#[tokio::test]
async fn changed_rules_are_tried_against_what_happened_and_kept_only_whole() {
    let desk = Desk::open();
    let client = Client::connect(desk.bench.dir(), "test", None).await.unwrap();
    assert_eq!(desk.asks("look", "ls -la").0, "allow");
    desk.begins("held", "stamp a && curl https://example.org/x");
    let approval = ApprovalId(desk.id().parse().unwrap());
    let Answer::Touches(touches) = client.ask(Ask::Touches { approval }).await.unwrap() else { panic!() };
    let said: Vec<_> = touches.iter().map(|it| (it.words.as_str(), it.said.as_str())).collect();
    assert!(said.contains(&("runs stamp a", "ask")), "{said:?}");
    assert!(said.contains(&("reaches example.org, on the internet", "ask")), "{said:?}");

    let Answer::Rules(files) = client.ask(Ask::Rules).await.unwrap() else { panic!() };
    let file = |name: &str| files.iter().find(|it| it.file == name).unwrap_or_else(|| panic!("{name}: {files:?}"));
    assert!(file("shipped/git.toml").fixed.is_some());
    assert!(file("risky.toml").text.as_ref().unwrap().contains("t.stamp") && file("risky.toml").fixed.is_none());
    assert!(file("mine.toml").text.is_none(), "it may be begun");
    assert!(files.iter().any(|it| it.file == "desks/fay.toml" && it.of.as_deref() == Some("fay")));

    let rule = |example: &str| {
        format!(
            "[[rule]]\nid = \"m.ls\"\nrun = \"ls\"\nverdict = \"ask\"\ncategory = \"scope\"\nwhy = \"x\"\nmatch = [\n  \"{example}\",\n]\n"
        )
    };
    let named = || "mine.toml".to_owned();
    let tried = client.ask(Ask::TryRules { file: named(), text: rule("ls -l") }).await.unwrap();
    let Answer::RulesTried(tried) = tried else { panic!() };
    assert_eq!((tried.faults.len(), tried.rules, tried.examples, tried.looked), (0, 1, 1, 2), "{tried:?}");
    let changes: Vec<_> =
        tried.changes.iter().map(|it| (&*it.shown, it.before.said.as_str(), it.after.said.as_str())).collect();
    assert_eq!(changes, [("ls -la", "allow", "ask")]);
    let other = Ask::TryRules { file: "desks/nobody.toml".to_owned(), text: rule("ls -l") };
    let Answer::RulesTried(other) = client.ask(other).await.unwrap() else { panic!() };
    assert_eq!(other.looked, 0, "its rules hold for nobody who did anything");

    let mine = desk.bench.dir().join("guard/mine.toml");
    let keep = |text: String, was: Option<String>| Ask::KeepRules { file: named(), text, was };
    let wrong = client.ask(keep(rule("cat a"), None)).await.unwrap_err().to_string();
    assert!(wrong.contains("line 8") && wrong.contains("cat a"), "{wrong}");
    assert!(!mine.exists());
    client.ask(keep(rule("ls -l"), None)).await.unwrap();
    let stale = client.ask(keep(rule("ls -a"), None)).await.unwrap_err().to_string();
    assert!(stale.contains("changed meanwhile"), "{stale}");
    assert_eq!(fs::read_to_string(&mine).unwrap(), rule("ls -l"));
    desk.bench.json(&["approval", "deny", &approval.to_string()]);
    assert_eq!(desk.told("held").0, "deny");
    desk.begins("again", "ls -la");
    assert_eq!(desk.waiting()["ruling"]["rule"], "m.ls", "it is in force at once");
    for file in ["../office.toml", "interlocks.toml", "shipped/git.toml"] {
        let ask = Ask::KeepRules { file: file.to_owned(), text: String::new(), was: None };
        assert!(client.ask(ask).await.unwrap_err().to_string().contains("no file of rules"), "{file}");
    }
}
