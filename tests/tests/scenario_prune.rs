//! Recordings are kept within what the owner set: what would go is said first, what nobody has looked at stays, and a
//! removal that is cut short is finished.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test ends where its world does")]

use std::path::PathBuf;

use office_tests::{Bench, Repo};
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

    let mut set = bench.json(&["set", "--recordings-budget", "1MB", "--recordings-days", "60"]);
    // What the owner wishes while they are away is set elsewhere, and stays.
    assert_eq!(set.as_object_mut().unwrap().remove("unattended"), Some(bench.json(&["unattended"])));
    assert_eq!(
        set,
        json!({ "review_limit": 10, "recordings_mb": 1, "recordings_days": 60, "notify": "on", "wait_out_limits": true })
    );
    bench.wait("its recording to go", || (!folder(&bench, 1).exists()).then_some(()));
    assert_eq!(pruned(&bench).len(), 1);
    assert!(line(&bench)["found"].as_str().unwrap().contains("budget 1 MB, kept 60 days"));

    let set = bench.json(&["set", "--review-limit", "7"]);
    assert_eq!(set["recordings_mb"], 1, "what is not named stays: {set}");
    let set = bench.json(&["set", "--recordings-budget", "none"]);
    assert!(set["recordings_mb"].is_null() && set["recordings_days"] == 60 && set["review_limit"] == 7, "{set}");
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

fn pins(repo: &Repo) -> Vec<String> {
    let names = repo.git(&["for-each-ref", "--format=%(refname:lstrip=3)", "refs/office/pins"]);
    names.lines().map(str::to_owned).collect()
}

/// Opens a session at ada's desk in a checkout of its own, and says its run and where that is.
fn session(bench: &Bench) -> (u64, PathBuf) {
    bench.json(&["desk", "auto", "ada", "off"]);
    bench.json(&["desk", "resume", "ada"]);
    bench.json(&["desk", "open", "ada", "demo", "--fresh"]);
    let run = bench.wait("a session", || {
        let desk = bench.json(&["desk", "show", "ada"]);
        if desk["state"] == "working" { desk["run"].as_u64() } else { None }
    });
    (run, bench.dir().join("checkouts").join(format!("session-{run}")))
}

#[test]
fn a_session_that_left_nothing_leaves_nothing_and_unsaved_work_goes_by_its_owners_word_alone() {
    let (bench, repo) = Bench::with_desks(&[("a.txt", "a\n")], &["ada"]);
    let (first, checkout) = session(&bench);
    assert_eq!(pins(&repo), [format!("session-{first}")]);
    bench.json(&["desk", "stop", "ada"]);
    bench.wait("its checkout and its pin to go", || (!checkout.exists() && pins(&repo).is_empty()).then_some(()));

    let (second, checkout) = session(&bench);
    let loud = "head -c 1500000 /dev/urandom | base64; echo precious > note.txt";
    bench.json(&["desk", "type", "ada", loud]);
    bench.wait("unsaved work", || checkout.join("note.txt").exists().then_some(()));
    bench.json(&["desk", "stop", "ada"]);
    let kept = bench.wait("it is said", || {
        let mut troubles =
            bench.events().into_iter().filter_map(|it| Some(it["event"]["trouble"].as_str()?.to_owned()));
        troubles.next_back()
    });
    assert!(kept.contains("saved nowhere else") && kept.contains(&checkout.display().to_string()), "{kept}");
    let said = bench.json(&["prune", "--keep", "1MB", "--yes"]);
    assert_eq!((runs(&said), said["unsaved"][0]["run"].as_u64()), (vec![first], Some(second)), "{said}");
    assert!(checkout.join("note.txt").exists() && folder(&bench, second).exists(), "no budget takes it");
    assert_eq!(pins(&repo), [format!("session-{second}")]);

    let number = second.to_string();
    let words = bench.office(&["prune", "--session", &number]).out;
    assert!(words.contains(&checkout.display().to_string()) && checkout.exists(), "it is said first: {words}");
    bench.json(&["prune", "--session", &number, "--yes"]);
    bench.wait("it to go", || (!checkout.exists() && pins(&repo).is_empty()).then_some(()));
    assert_eq!(bench.refused(1, &["prune", "--session", &number, "--yes"])["code"], "wrong_state");
    // With nothing unsaved left its recording is one like others.
    assert_eq!(runs(&bench.json(&["prune", "--keep", "1MB", "--yes"])), [second]);
    assert!(!folder(&bench, second).exists());
}

#[test]
fn a_cancelled_task_leaves_its_work_on_its_branch_and_nothing_else() {
    let (bench, repo) = Bench::with_desks(&[("a.txt", "a\n")], &["ada"]);
    for (script, left) in [("exec sleep 600", false), ("echo half > half.txt; exec sleep 600", true)] {
        let task = bench.task("Never end", &format!("```sh\ntouch \"$OFFICE_DIR/../begun\"\n{script}\n```"), &[]);
        let it = bench.until(task, &["running"]);
        let checkout = PathBuf::from(it["workplace"]["path"].as_str().unwrap());
        let begun = bench.dir().join("../begun");
        bench.wait("its agent", || (begun.exists() && checkout.join("half.txt").exists() == left).then_some(()));
        std::fs::remove_file(begun).unwrap();
        bench.json(&["task", "cancel", &task.to_string()]);
        let over = |it: &Value| it["event"]["what"]["kind"] == "reclaim" && it["event"]["what"]["task"] == task;
        bench.wait("it is cleared up", || bench.events().iter().any(over).then_some(()));
        assert!(!checkout.exists());
        // What was collected stands on its base.
        assert_eq!(pins(&repo), if left { vec![task.to_string()] } else { vec![] });
        assert_eq!(bench.show(task)["work"]["commits"] != 0, left);
    }
}

#[test]
fn lines_that_came_after_the_collecting_keep_the_checkout_and_its_base() {
    let (bench, repo) = Bench::with_desks(&[("a.txt", "a\n")], &["ada"]);
    let task = bench.task("Leave a line", "```sh\necho x > work.txt\n```", &[]);
    let it = bench.until(task, &["in review"]);
    let checkout = PathBuf::from(it["workplace"]["path"].as_str().unwrap());
    std::fs::write(checkout.join("late.txt"), "precious\n").unwrap();
    bench.json(&["task", "accept", &task.to_string()]);
    let said = bench.wait("it is said", || {
        let tried = bench.events().into_iter().find(|it| it["event"]["what"]["kind"] == "reclaim");
        tried.map(|it| it["event"]["trouble"].as_str().unwrap_or_default().to_owned())
    });
    assert!(said.contains("not merged and was kept"), "{said}");
    assert_eq!(std::fs::read_to_string(checkout.join("late.txt")).unwrap(), "precious\n");
    assert_eq!(pins(&repo), [task.to_string()]);
}
