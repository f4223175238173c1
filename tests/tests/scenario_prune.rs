//! Recordings are kept within what the owner set: what would go is said first, what nobody has looked at stays, and a
//! removal that is cut short is finished.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test ends where its world does")]

use std::path::PathBuf;

use office_tests::Bench;
use serde_json::{Value, json};

/// Prints about 2 MB that compress badly.
const LOUD: &str =
    "```sh\nhead -c 1500000 /dev/urandom | base64\necho \"$OFFICE_RUN\" > \"work-$OFFICE_TASK.txt\"\n```";

fn office() -> Bench {
    Bench::with_desks(&[("a.txt", "a\n")], &["ada"]).0
}

fn loud(bench: &Bench) -> u64 {
    let task = bench.task("Be loud", LOUD, &[]);
    bench.until(task, &["in review"]);
    task
}

fn accepted(bench: &Bench) -> u64 {
    let task = loud(bench);
    bench.json(&["task", "accept", &task.to_string()]);
    task
}

fn folder(bench: &Bench, run: u64) -> PathBuf {
    bench.dir().join("runs").join(run.to_string())
}

fn runs(report: &Value) -> Vec<u64> {
    report["goes"].as_array().unwrap().iter().map(|it| it["run"].as_u64().unwrap()).collect()
}

fn pruned(bench: &Bench) -> Vec<Value> {
    let is = |event: &Value| event["event"]["noun"] == "office" && event["event"]["type"] == "pruned";
    bench.events().into_iter().filter(is).collect()
}

#[test]
fn what_would_go_is_said_first_and_what_waits_for_review_stays() {
    let bench = office();
    let done = accepted(&bench);
    let waits = loud(&bench);
    let said = bench.json(&["prune"]);
    assert_eq!((said["gone"].as_bool(), runs(&said)), (Some(false), vec![]), "without a budget nothing goes: {said}");
    assert!(said["used_kb"].as_u64().unwrap() > 2000, "{said}");

    let said = bench.json(&["prune", "--keep", "1MB"]);
    assert_eq!((said["gone"].as_bool(), runs(&said)), (Some(false), vec![1]), "{said}");
    assert!(folder(&bench, 1).join("terminal.cast.zst").exists(), "it was only said");
    assert!(pruned(&bench).is_empty());

    let said = bench.json(&["prune", "--keep", "1MB", "--yes"]);
    assert_eq!((said["gone"].as_bool(), runs(&said)), (Some(true), vec![1]), "{said}");
    assert!(!folder(&bench, 1).exists());
    assert!(folder(&bench, 2).join("terminal.cast.zst").exists(), "nobody has looked at it");
    let no = bench.refused(4, &["task", "log", &done.to_string()]);
    assert!(no["message"].as_str().unwrap().contains("it was pruned on 20"), "{no}");
    assert!(bench.office(&["task", "log", &waits.to_string()]).out.len() > 1_000_000);
    let events = pruned(&bench);
    assert_eq!((events.len(), &events[0]["event"]["runs"]), (1, &json!([1])), "{events:?}");
    assert!(events[0]["event"]["kb"].as_u64().unwrap() > 1000, "{events:?}");

    let words = bench.office(&["prune", "--keep", "1MB"]).out;
    assert!(words.contains("nothing goes") && words.contains("nobody has looked at it yet"), "{words}");
    bench.json(&["task", "reopen", &done.to_string()]);
    bench.until(done, &["in review"]);
    assert!(bench.office(&["task", "log", &done.to_string()]).out.len() > 1_000_000, "its new run has its own");
}

#[test]
fn the_owners_budget_is_kept_by_itself_and_doctor_says_what_is_used() {
    let bench = office();
    accepted(&bench);
    let line = |bench: &Bench| {
        let said = bench.office(&["--json", "doctor"]).out;
        let lines: Value = serde_json::from_str(&said).unwrap();
        lines.as_array().unwrap().iter().find(|line| line["name"] == "recordings").cloned().unwrap()
    };
    let found = line(&bench);
    assert!(found["ok"] == true && found["found"].as_str().unwrap().contains("of 1 run(s)"), "{found}");

    let set = bench.json(&["set", "--recordings-budget", "1MB", "--recordings-days", "60"]);
    assert_eq!(set, json!({ "review_limit": 10, "recordings_mb": 1, "recordings_days": 60, "notify": "on" }));
    bench.wait("its recording to go", || (!folder(&bench, 1).exists()).then_some(()));
    assert_eq!(pruned(&bench).len(), 1);
    assert!(line(&bench)["found"].as_str().unwrap().contains("budget 1 MB, kept 60 days"));

    let set = bench.json(&["set", "--review-limit", "7"]);
    assert_eq!(set["recordings_mb"], 1, "what is not named stays: {set}");
    let set = bench.json(&["set", "--recordings-budget", "none"]);
    assert_eq!(set, json!({ "review_limit": 7, "recordings_days": 60, "notify": "on" }));
    loud(&bench);
    bench.json(&["set", "--recordings-budget", "1MB"]);
    let found = bench.wait("doctor to say that too much waits", || {
        let found = line(&bench);
        (found["ok"] == false).then_some(found)
    });
    assert!(found["way_out"].as_str().unwrap().contains("review what waits"), "{found}");
    assert!(folder(&bench, 2).exists());
}

#[test]
fn a_removal_that_was_cut_short_is_finished_and_never_half_read() {
    let mut bench = office();
    let task = accepted(&bench);
    let reclaimed = |event: &Value| event["event"]["what"]["kind"] == "reclaim";
    bench.wait("its checkout to be let go", || bench.events().iter().any(reclaimed).then_some(()));
    bench.json(&["quit"]);
    assert!(bench.ended());
    // One life is spent on counting the boundaries of a start.
    let log = bench.root().join("points.log");
    bench.run_with(&[("OFFICE_FAULT_LOG", log.to_str().unwrap())]);
    let of_a_start = std::fs::read_to_string(&log).unwrap().lines().count();
    bench.json(&["quit"]);
    assert!(bench.ended());
    // Decided, committed, and there it is killed: before anything was removed.
    bench.run_with(&[("OFFICE_FAULT_AT", &(of_a_start + 2).to_string())]);
    assert_ne!(bench.office(&["prune", "--keep", "1MB", "--yes"]).code, 0, "it is killed over it");
    assert!(folder(&bench, 1).exists(), "it was killed before anything went");
    bench.kill();
    bench.run();
    let no = bench.refused(4, &["task", "log", &task.to_string()]);
    assert!(no["message"].as_str().unwrap().contains("pruned on"), "{no}");
    bench.wait("the removal to be finished", || (!folder(&bench, 1).exists()).then_some(()));
    assert_eq!(pruned(&bench).len(), 1);
}
