//! kill -9 of the runtime at every recorded boundary and at random moments: nothing that was committed is lost and nothing
//! happens twice. Shown from the git log, the log of events and the programs' own traces, not from the product's claims.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use office_tests::{Bench, Repo};
use serde_json::Value;

/// Every run of a task's script leaves one line here.
const SCRIPT: &str = "```sh\necho \"$OFFICE_RUN\" >> ../../../ran.log\necho done > \"work-$OFFICE_TASK.txt\"\n```";

fn office_with_a_green_project() -> (Bench, Repo) {
    let (bench, repo) = Bench::with_desks(&[("README.md", "# Demo\n")], &["ada", "bo"]);
    bench.json(&["project", "set", "demo", "--accept", "green"]);
    (bench, repo)
}

/// Two tasks, the second after the first, written while everything is held.
fn two_tasks(bench: &Bench) -> [u64; 2] {
    bench.json(&["stop", "--all"]);
    let check = ["--check", "ls work-*.txt"];
    let first = bench.task("First", SCRIPT, &check);
    let second = bench.task("Second", SCRIPT, &["--check", "ls work-*.txt", "--after", &first.to_string()]);
    [first, second]
}

/// After a crash one command takes everything up again.
fn take_up(bench: &mut Bench, tasks: &[u64]) {
    bench.kill();
    bench.run();
    bench.json(&["resume"]);
    for task in tasks {
        let task = bench.until(*task, &["done", "failed"]);
        assert_eq!(task["state"], "done", "{task}\n{}", bench.runtime_log());
    }
}

fn nothing_lost_nothing_twice(bench: &Bench, repo: &Repo, tasks: &[u64]) {
    let events = bench.events();
    for (at, event) in events.iter().enumerate() {
        assert_eq!(event["seq"].as_u64(), Some(at as u64 + 1), "the log has a hole or a double");
    }
    let count = |noun: &str, kind: &str, key: &str| -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for event in events.iter().map(|event| &event["event"]) {
            if event["noun"] == noun && event["type"] == kind {
                *counts.entry(event[key].to_string()).or_default() += 1;
            }
        }
        counts
    };
    for (noun, kind, key) in
        [("task", "done", "task"), ("run", "launched", "run"), ("run", "ended", "run"), ("effect", "ended", "effect")]
    {
        for (id, times) in count(noun, kind, key) {
            assert_eq!(times, 1, "{noun} {kind} {id} happened {times} times");
        }
    }
    no_task_ran_twice_at_once(&events);

    let merges = repo.git(&["log", "--first-parent", "--merges", "--format=%s", "main"]);
    for task in tasks {
        assert!(repo.on_main(&format!("work-{task}.txt")).is_some(), "the work of #{task} is not on main");
        let ending = format!("(#{task})");
        let times = merges.lines().filter(|line| line.ends_with(&ending)).count();
        assert_eq!(times, 1, "#{task} was merged {times} times:\n{merges}");
        let commits = repo.subjects().iter().filter(|line| line.ends_with(&ending)).count();
        assert_eq!(commits, 1, "the commit of #{task} is there {commits} times");
    }
    assert_eq!(merges.lines().count(), tasks.len(), "something was merged that was not asked for:\n{merges}");
    assert_eq!(repo.git(&["status", "--porcelain"]), "", "the owner's work tree is not clean");

    let ran = std::fs::read_to_string(bench.root().join("ran.log")).unwrap_or_default();
    let runs: Vec<&str> = ran.lines().collect();
    let different: BTreeSet<&str> = runs.iter().copied().collect();
    assert_eq!(runs.len(), different.len(), "a run's program was started twice:\n{ran}");
}

fn no_task_ran_twice_at_once(events: &[Value]) {
    let mut open: BTreeMap<u64, u64> = BTreeMap::new();
    let mut task_of: BTreeMap<u64, u64> = BTreeMap::new();
    for event in events.iter().map(|event| &event["event"]).filter(|event| event["noun"] == "run") {
        match event["type"].as_str() {
            Some("began") => {
                let (run, task) = (&event["run"]["id"], &event["run"]["task"]);
                let (Some(run), Some(task)) = (run.as_u64(), task.as_u64()) else { continue };
                let other = open.insert(task, run);
                assert_eq!(other, None, "task #{task} began run {run} while run {other:?} was open");
                task_of.insert(run, task);
            }
            Some("ended") => {
                let run = event["run"].as_u64().unwrap_or_default();
                if let Some(task) = task_of.get(&run) {
                    open.remove(task);
                }
            }
            _ => {}
        }
    }
}

/// Kills at boundary `first`, `first + step`, ... of a journey of two tasks, until one journey has no such boundary left.
/// Gives back how many kills there were.
fn kill_at_boundaries(first: u32, step: usize) -> usize {
    let (mut bench, repo) = office_with_a_green_project();
    let mut tasks = Vec::new();
    let mut kills = 0;
    for at in (first..).step_by(step) {
        let pair = two_tasks(&bench);
        tasks.extend(pair);
        bench.kill();
        let mut killed = !bench.try_run(&[("OFFICE_FAULT_AT", &at.to_string())]);
        if !killed {
            // The runtime may die under this very command.
            bench.office(&["resume"]);
            // Either the journey ends, or the runtime and with it this very command.
            let last = pair[1].to_string();
            let said = bench.office(&["--json", "task", "await", &last, "--state", "done", "--timeout", "60"]);
            killed = said.code != 0 && bench.ended();
            assert!(killed || said.code == 0, "neither killed nor done at {at}: {said:?}\n{}", bench.runtime_log());
        }
        kills += usize::from(killed);
        take_up(&mut bench, &pair);
        if !killed {
            break;
        }
    }
    nothing_lost_nothing_twice(&bench, &repo, &tasks);
    kills
}

#[test]
fn killed_at_every_other_boundary_nothing_is_lost_and_nothing_done_twice() {
    let kills = kill_at_boundaries(1, 2);
    assert!(kills >= 30, "only {kills} boundaries");
}

#[test]
fn killed_at_the_boundaries_between_nothing_is_lost_and_nothing_done_twice() {
    let kills = kill_at_boundaries(2, 2);
    assert!(kills >= 30, "only {kills} boundaries");
}

#[test]
fn killed_while_accepted_work_is_checked_on_the_base_it_is_merged_once_and_never_unchecked() {
    let (mut bench, repo) = Bench::with_desks(&[("README.md", "# Demo\n")], &["ada", "bo"]);
    let (mut tasks, mut kills) = (Vec::new(), 0);
    for at in (1_u32..).step_by(4) {
        // Both begin on the same base, so that the second is checked on what the first made of it.
        let pair = ["One", "Two"].map(|title| bench.task(title, SCRIPT, &["--check", "ls work-*.txt"]));
        tasks.extend(pair);
        for task in pair {
            bench.until(task, &["in review"]);
        }
        bench.json(&["queue", "hold"]);
        for task in pair {
            bench.json(&["task", "accept", &task.to_string()]);
        }
        bench.until_quiet();
        bench.kill();
        let mut killed = !bench.try_run(&[("OFFICE_FAULT_AT", &at.to_string())]);
        if !killed {
            bench.office(&["queue", "release"]);
            let last = pair[1].to_string();
            let said = bench.office(&["--json", "task", "await", &last, "--state", "done", "--timeout", "60"]);
            killed = said.code != 0 && bench.ended();
            assert!(killed || said.code == 0, "neither killed nor done at {at}: {said:?}\n{}", bench.runtime_log());
        }
        kills += usize::from(killed);
        bench.kill();
        bench.run();
        // Said again where it died before it was heard.
        bench.office(&["queue", "release"]);
        for task in pair {
            bench.until(task, &["done"]);
        }
        if !killed {
            break;
        }
    }
    assert!(kills >= 5, "only {kills} kills");
    nothing_lost_nothing_twice(&bench, &repo, &tasks);
    let events = bench.events();
    let of = |kind: &str| -> Vec<&Value> {
        events.iter().map(|it| &it["event"]).filter(|it| it["noun"] == "task" && it["type"] == kind).collect()
    };
    let green: BTreeSet<&str> = of("result_checked").iter().filter_map(|it| it["commit"].as_str()).collect();
    let known = of("put_on_base");
    let known = known.iter().filter(|it| it["landing"]["checked"] == true);
    let known: BTreeSet<&str> = known.filter_map(|it| it["landing"]["commit"].as_str()).collect();
    for done in of("done") {
        let commit = done["commit"].as_str().unwrap_or_default();
        assert!(green.contains(commit) || known.contains(commit), "{commit} was merged and never checked");
    }
    assert!(green.len() >= tasks.len() / 2, "the second of each pair was checked on the base");
}

#[test]
fn killed_at_sixty_random_moments_nothing_is_lost_and_nothing_done_twice() {
    let (mut bench, repo) = office_with_a_green_project();
    // Seeded, so that a failure comes back: xorshift, whose only job is to scatter moments.
    let mut chance: u64 = 0x00a5_7e12_40c5_0001;
    let mut next = move || {
        chance ^= chance << 13;
        chance ^= chance >> 7;
        chance ^= chance << 17;
        chance
    };
    let mut tasks = Vec::new();
    for _ in 0..15 {
        let pair = two_tasks(&bench);
        tasks.extend(pair);
        for _ in 0..4 {
            bench.office(&["resume"]);
            std::thread::sleep(Duration::from_millis(next() % 300)); // waits for: nothing, the moment is random
            bench.kill();
            bench.run();
        }
        take_up(&mut bench, &pair);
    }
    nothing_lost_nothing_twice(&bench, &repo, &tasks);
}
