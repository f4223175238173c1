//! The rules behind the gate: what an engine's hook reports is judged at the door. Routine goes on, risk is held with its reason, and
//! what the rules refuse does not run, whoever would approve it.
#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

use std::fs;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use office_tests::{Bench, Repo};
use serde_json::{Value, json};

/// A desk whose engine is a script: it asks its hook about each call as a real engine does, runs what is allowed, and writes down
/// what it was told.
struct Desk {
    bench: Bench,
    _repo: Repo,
}

const ENGINE: &str = r#"
export OFFICE_CHECKOUT="$PWD" OFFICE_HOOK_FIRST_SECS=1
at=$(dirname "$0")
while :; do
  for call in "$at"/calls/*.json; do
    [ -e "$call" ] || continue
    name=$(basename "$call" .json)
    sed "s#CWD#$PWD#g" "$call" | office-hook gate claude > "$at/said/$name.tmp"
    if grep -q '"permissionDecision":"allow"' "$at/said/$name.tmp" && [ -e "$at/calls/$name.sh" ]; then
      sh "$at/calls/$name.sh"
    fi
    rm "$call"
    mv "$at/said/$name.tmp" "$at/said/$name"
  done
  sleep 0.05
done
"#;

impl Desk {
    fn open(rules: &[(&str, &str)]) -> Self {
        let (bench, repo) = Bench::with_desks(&[("a.txt", "a\n")], &[]);
        for (file, text) in rules {
            let path = bench.dir().join("guard").join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let at = bench.root().join("engine");
        for folder in ["calls", "said"] {
            fs::create_dir_all(at.join(folder)).unwrap();
        }
        fs::write(at.join("engine.sh"), ENGINE).unwrap();
        let command = format!("sh {}", at.join("engine.sh").display());
        bench.json(&[
            "desk",
            "add",
            "--name",
            "fay",
            "--role",
            "engineer",
            "--engine",
            "custom",
            "--command",
            &command,
        ]);
        let task = bench.task("Work", "", &[]);
        bench.until(task, &["running"]);
        Self { bench, _repo: repo }
    }

    /// The engine is about to use a tool; a command runs where that is allowed.
    fn begins(&self, name: &str, tool: &str, input: Value) {
        let calls = self.bench.root().join("engine/calls");
        if let Some(command) = input["command"].as_str() {
            fs::write(calls.join(format!("{name}.sh")), command).unwrap();
        }
        let payload = json!({
            "hook_event_name": "PreToolUse", "session_id": "s", "tool_use_id": name, "tool_name": tool, "cwd": "CWD",
            "tool_input": input,
        });
        fs::write(calls.join("draft"), payload.to_string()).unwrap();
        fs::rename(calls.join("draft"), calls.join(format!("{name}.json"))).unwrap();
    }

    /// What the engine was told: allow or deny, and why.
    fn told(&self, name: &str) -> (String, String) {
        let file = self.bench.root().join("engine/said").join(name);
        let said = self.bench.wait(&format!("what is said of {name}"), || {
            serde_json::from_str::<Value>(&fs::read_to_string(&file).ok()?).ok()
        });
        let said = &said["hookSpecificOutput"];
        let text = |name: &str| said[name].as_str().unwrap().to_owned();
        (text("permissionDecision"), text("permissionDecisionReason"))
    }

    fn asks(&self, name: &str, tool: &str, input: Value) -> (String, String) {
        self.begins(name, tool, input);
        self.told(name)
    }

    fn held(&self) -> Value {
        self.bench.wait("something that is held", || {
            let all = self.bench.json(&["approval", "list"]);
            all.as_array().unwrap().iter().find(|it| it["state"] == "waiting").cloned()
        })
    }

    fn file(&self, name: &str) -> std::path::PathBuf {
        self.bench.root().join(name)
    }
}

#[test]
fn routine_goes_on_and_what_is_risky_is_held_with_its_category_its_rule_and_the_reason() {
    let desk = Desk::open(&[]);
    assert_eq!(desk.asks("look", "Read", json!({"file_path": "a.txt"})).0, "allow");
    assert_eq!(
        desk.asks("edit", "Edit", json!({"file_path": "a.txt", "old_string": "a", "new_string": "b"})).0,
        "allow"
    );
    assert_eq!(desk.asks("build", "Bash", json!({"command": "cargo test --workspace && git add -A"})).0, "allow");
    assert_eq!(desk.bench.json(&["approval", "list", "--all"]), json!([]), "routine asks nobody");

    let mark = desk.file("pushed");
    let disguised = format!("x=push; git $x nowhere main; echo ran >> '{}'", mark.display());
    desk.begins("push", "Bash", json!({"command": disguised, "description": "ship it"}));
    let it = desk.held();
    assert_eq!((&it["ruling"]["category"], &it["ruling"]["rule"]), (&json!("publish"), &json!("git.push")), "{it}");
    assert!(!mark.exists(), "nothing runs while it is held");
    let page = desk.bench.office(&["approval", "show", &it["id"].to_string()]).out;
    assert!(page.contains("publish") && page.contains("git.push") && page.contains("ship it"), "{page}");
    desk.bench.json(&["approval", "deny", &it["id"].to_string(), "--note", "not tonight"]);
    let (said, why) = desk.told("push");
    assert!(said == "deny" && why.contains("not tonight"), "{said} {why}");
    assert!(!mark.exists());

    desk.begins("again", "Bash", json!({"command": disguised}));
    desk.bench.json(&["approval", "approve", &desk.held()["id"].to_string()]);
    assert_eq!(desk.told("again").0, "allow");
    assert_eq!(fs::read_to_string(&mark).unwrap(), "ran\n");

    // What is no command is judged as well, by what it would do.
    let (said, why) = desk.asks("plant", "Write", json!({"file_path": ".git/hooks/pre-commit", "content": "x"}));
    assert!(said == "deny" && why.contains("the rules refuse it"), "{said} {why}");
    desk.begins("merge", "mcp__github__merge_pull_request", json!({"number": 7}));
    let it = desk.held();
    assert_eq!((&it["held"], &it["argv"][0]), (&json!("tool"), &json!("mcp__github__merge_pull_request")), "{it}");
}

#[test]
fn the_strictest_of_all_layers_counts_and_what_is_denied_is_refused_with_its_reason_even_to_be_held() {
    let allow = r#"
        [[rule]]
        id = "ours.release"
        run = "gh release create"
        verdict = "allow"
        why = "releases are settled"
        match = ["gh release create v1"]
        not_match = ["gh release delete v1"]
    "#;
    let scope = r#"
        [[rule]]
        id = "engineer.scope"
        write = ["checkout"]
        path = ["legal/**"]
        verdict = "deny"
        category = "scope"
        why = "lawyers write the terms"
        match = ['{"write":"legal/terms.md"}']
        not_match = ['{"write":"src/a.rs"}']
    "#;
    let hold = "[[hold]]\nrun = 'restart a2a'\ntask = 1\nwhy = 'the fix must be in first'\n";
    let rules = [("roles/engineer.toml", scope), ("desks/other.toml", allow), ("interlocks.toml", hold)];
    let desk = Desk::open(&rules);
    // An interlock names the task that it waits for.
    let (said, why) = desk.asks("restart", "Bash", json!({"command": "env restart a2a --now"}));
    assert!(said == "deny" && why.contains("held until task #1 is through: the fix must be in first"), "{said} {why}");
    let (said, why) = desk.asks("terms", "Write", json!({"file_path": "legal/terms.md", "content": "x"}));
    assert!(said == "deny" && why.contains("lawyers write the terms [engineer.scope]"), "{said} {why}");
    let (said, why) = desk.asks("shell", "Bash", json!({"command": "mkdir -p legal; echo x > legal/terms.md"}));
    assert!(said == "deny" && why.contains("engineer.scope"), "{said} {why}");
    assert_eq!(desk.bench.json(&["approval", "list", "--all"]), json!([]), "a refusal is no question");
    assert_eq!(desk.asks("code", "Write", json!({"file_path": "src/a.rs", "content": "x"})).0, "allow");

    // A rule that does not read may be the one that says no: until it reads, everything is asked.
    fs::write(desk.bench.dir().join("guard/desks/fay.toml"), "[[rule]]\nid = ").unwrap();
    desk.begins("broken", "Write", json!({"file_path": "src/a.rs", "content": "x"}));
    let it = desk.held();
    assert!(it["ruling"]["why"].as_str().unwrap().contains("fay.toml"), "{it}");
    fs::remove_file(desk.bench.dir().join("guard/desks/fay.toml")).unwrap();
    desk.bench.json(&["approval", "deny", &it["id"].to_string()]);
    assert_eq!(desk.told("broken").0, "deny");

    // What was held while it was allowed to be asked does not begin once it is refused.
    desk.begins("late", "Bash", json!({"command": "npm publish"}));
    let id = desk.held()["id"].to_string();
    let never = r#"
        [[rule]]
        id = "owner.never"
        does = ["publish"]
        verdict = "deny"
        category = "publish"
        why = "frozen until Monday"
        match = ["npm publish"]
        not_match = ["npm test"]
    "#;
    fs::write(desk.bench.dir().join("guard/freeze.toml"), never).unwrap();
    desk.bench.json(&["approval", "approve", &id]);
    let (said, why) = desk.told("late");
    assert!(said == "deny" && why.contains("frozen until Monday"), "{said} {why}");
}

#[test]
fn workers_that_are_killed_are_replaced_and_nothing_risky_slips_by_meanwhile() {
    let desk = Desk::open(&[]);
    assert_eq!(desk.asks("before", "Bash", json!({"command": "ls"})).0, "allow");
    let workers = || -> Vec<i32> {
        let of = |entry: fs::DirEntry| {
            let pid: i32 = entry.file_name().to_str()?.parse().ok()?;
            let stat = fs::read_to_string(entry.path().join("stat")).ok()?;
            let (head, tail) = stat.rsplit_once(')')?;
            let parent: u32 = tail.split_whitespace().nth(1)?.parse().ok()?;
            (head.ends_with("(office-guard") && parent == desk.bench.pid()).then_some(pid)
        };
        fs::read_dir("/proc").unwrap().flatten().filter_map(of).collect()
    };
    assert!(!workers().is_empty());
    for round in 0..3 {
        for pid in workers() {
            kill(Pid::from_raw(pid), Signal::SIGKILL).unwrap();
        }
        desk.begins(&format!("push{round}"), "Bash", json!({"command": "git push"}));
        let it = desk.held();
        desk.bench.json(&["approval", "deny", &it["id"].to_string()]);
        assert_eq!(desk.told(&format!("push{round}")).0, "deny");
    }
    assert_eq!(desk.asks("after", "Bash", json!({"command": "ls"})).0, "allow");
}
