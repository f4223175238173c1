//! The owner steers: sends back, stops everything, resumes, attaches, types, opens plain sessions.

use std::time::{Duration, Instant};

use office_core::{Noun, Seq};
use office_door::Client;
use office_door::wire::{Answer, Ask};
use office_tests::{Bench, processes};

#[test]
fn a_task_that_is_sent_back_runs_again_in_its_own_checkout_with_the_note() {
    let (bench, repo) = Bench::with_desks(&[("a.txt", "a\n")], &["ada"]);
    let body =
        "```sh\nif grep -q 'make it two' ../../runs/*/briefing.md; then echo 2 > n.txt; else echo 1 > n.txt; fi\n```";
    let task = bench.task("Write a number", body, &[]);
    let first = bench.until(task, &["in review"]);
    let diff = bench.office(&["task", "diff", &task.to_string()]).out;
    assert!(diff.contains("+1"), "{diff}");
    bench.json(&["task", "reject", &task.to_string(), "--note", "make it two"]);
    let again = bench.wait("a second review", || {
        let it = bench.until(task, &["in review"]);
        (it["last_run"] != first["last_run"]).then_some(it)
    });
    assert_eq!(again["workplace"], first["workplace"], "the same checkout");
    bench.json(&["task", "accept", &task.to_string()]);
    assert_eq!(repo.on_main("n.txt").as_deref(), Some("2"));
}

#[test]
fn stop_all_leaves_no_process_of_any_desk_within_five_seconds_and_resume_goes_on() {
    let (bench, repo) = Bench::with_desks(&[("a.txt", "a\n")], &["ada", "bo", "cy"]);
    // One ignores every polite signal, one left its session, one is being checked.
    let stubborn = bench.task(
        "Ignore signals",
        "```sh\ntest -e go || { touch go; trap '' HUP TERM INT; while :; do sleep 1; done; }\necho x > stubborn.txt\n```",
        &[],
    );
    let daemon = bench.task(
        "Leave a daemon behind",
        "```sh\ntest -e go || { touch go; setsid sh -c 'trap \"\" HUP TERM; sleep 600' & sleep 600; }\necho x > daemon.txt\n```",
        &[],
    );
    let gate = bench.root().join("gate");
    let slow_check = format!("test -e {} || sleep 600", gate.display());
    let checked = bench.task("Be checked slowly", "run: echo x > checked.txt", &["--check", &slow_check]);
    bench.until(checked, &["checking"]);
    for task in [stubborn, daemon] {
        bench.until(task, &["running"]);
        let checkout = bench.show(task)["workplace"]["path"].as_str().unwrap().to_owned();
        bench.wait("a script that has begun", || std::path::Path::new(&checkout).join("go").exists().then_some(()));
    }

    let begun = Instant::now();
    bench.json(&["stop", "--all"]);
    assert_eq!(processes::of_desks(bench.dir()), Vec::<u32>::new(), "nothing of any desk runs");
    assert!(begun.elapsed() < Duration::from_secs(5), "it took {:?}", begun.elapsed());
    for task in [stubborn, daemon, checked] {
        let it = bench.show(task);
        assert_eq!(it["state"], "parked", "{it}");
        assert_eq!(it["hold"]["reason"], "stopped_by_owner", "{it}");
        assert_eq!(it["hold"]["release"], "office resume", "{it}");
    }

    std::fs::write(&gate, "").unwrap();
    bench.json(&["resume"]);
    for (task, file) in [(stubborn, "stubborn.txt"), (daemon, "daemon.txt"), (checked, "checked.txt")] {
        bench.until(task, &["in review"]);
        bench.json(&["task", "accept", &task.to_string()]);
        assert_eq!(repo.on_main(file).as_deref(), Some("x"));
    }
    let runs = bench.json(&["task", "show", &checked.to_string()])["last_run"].clone();
    assert_eq!(bench.show(checked)["last_run"], runs, "what had said done was checked again, not run again");
}

#[test]
fn a_plain_session_takes_typing_and_becomes_a_task() {
    let (bench, repo) = Bench::with_desks(&[("a.txt", "a\n")], &["ada"]);
    bench.json(&["desk", "auto", "ada", "off"]);
    bench.json(&["desk", "open", "ada", "demo", "--fresh"]);
    bench.wait("a session", || (bench.json(&["desk", "show", "ada"])["state"] == "working").then_some(()));
    bench.json(&["desk", "type", "ada", "echo typed > typed.txt; echo all-was-typed\r"]);
    let checkouts = bench.dir().join("checkouts");
    bench.wait("the typed command's file", || {
        let mut entries = std::fs::read_dir(&checkouts).ok()?.flatten();
        entries.any(|entry| entry.path().join("typed.txt").exists()).then_some(())
    });
    let task = bench.json(&["task", "from-desk", "ada", "Keep what was typed"]);
    assert_eq!(task["state"], "running", "{task}");
    let id = task["id"].as_u64().unwrap();
    bench.json(&["task", "done", &id.to_string(), "--summary", "typed by hand"]);
    bench.until(id, &["in review"]);
    bench.json(&["task", "accept", &id.to_string()]);
    assert_eq!(repo.on_main("typed.txt").as_deref(), Some("typed"));
    let log = bench.office(&["task", "log", &id.to_string()]).out;
    assert!(log.contains("all-was-typed"), "the recording has the session: {log}");
    bench.until_quiet();
}

#[test]
fn an_interrupted_task_keeps_its_checkout_and_resumes_by_one_command() {
    let (mut bench, repo) = Bench::with_desks(&[("a.txt", "a\n")], &["ada"]);
    let gate = bench.root().join("gate");
    let body = format!(
        "```sh\necho half > half.txt\nwhile ! test -e {}; do sleep 0.05; done\necho x > whole.txt\n```",
        gate.display()
    );
    let task = bench.task("Be interrupted", &body, &[]);
    let it = bench.until(task, &["running"]);
    let checkout = std::path::PathBuf::from(it["workplace"]["path"].as_str().unwrap());
    bench.wait("half the work", || checkout.join("half.txt").exists().then_some(()));
    bench.kill();
    assert!(bench.kill_host(), "a host held it");
    bench.run();
    let it = bench.until(task, &["interrupted"]);
    assert!(it["why"].as_str().unwrap().contains("checkout is intact"), "{it}");
    assert!(checkout.join("half.txt").exists(), "uncommitted work is there");
    bench.until_quiet();
    std::fs::write(&gate, "").unwrap();
    bench.json(&["task", "resume", &task.to_string()]);
    let again = bench.until(task, &["in review"]);
    assert_eq!(again["workplace"]["path"], it["workplace"]["path"]);
    bench.json(&["task", "accept", &task.to_string()]);
    assert_eq!(repo.on_main("half.txt").as_deref(), Some("half"));
    assert_eq!(repo.on_main("whole.txt").as_deref(), Some("x"));
}

#[test]
fn a_change_that_conflicts_moves_nothing_and_is_done_again_on_the_new_base() {
    let (bench, repo) = Bench::with_desks(&[("list.txt", "zero\n")], &["ada", "bo"]);
    bench.json(&["stop", "--all"]);
    let one = bench.task("Add one", "run: echo one >> list.txt", &[]);
    let two = bench.task("Add two", "run: echo two >> list.txt", &[]);
    bench.json(&["resume"]);
    let first = bench.until(one, &["in review"]);
    let second = bench.until(two, &["in review"]);
    assert_eq!(first["work"]["base"], second["work"]["base"], "both began on the same base");
    bench.json(&["task", "accept", &one.to_string()]);
    let merged = repo.head();
    let refusal = bench.refused(1, &["task", "accept", &two.to_string()]);
    assert_eq!(refusal["code"], "merge_refused", "{refusal}");
    assert!(refusal["detail"].as_str().unwrap().contains("list.txt"), "{refusal}");
    assert_eq!(repo.head(), merged, "nothing moved");
    let again = bench.until(two, &["in review"]);
    assert_eq!(again["work"]["base"].as_str(), Some(merged.as_str()), "it was done again on the new base: {again}");
    bench.json(&["task", "accept", &two.to_string()]);
    assert_eq!(repo.on_main("list.txt").as_deref(), Some("zero\none\ntwo"));
}

#[test]
fn a_dirty_work_tree_waits_and_nothing_moves_until_it_is_clean() {
    let (bench, repo) = Bench::with_desks(&[("a.txt", "a\n")], &["ada"]);
    let task = bench.task("Change a", "run: echo b > a.txt", &[]);
    bench.until(task, &["in review"]);
    let before = repo.head();
    repo.write("a.txt", "the owner's own words\n");
    let refusal = bench.refused(1, &["task", "accept", &task.to_string()]);
    assert!(refusal["detail"].as_str().unwrap().contains("commit or stash"), "{refusal}");
    assert_eq!(repo.head(), before);
    assert_eq!(std::fs::read_to_string(repo.path().join("a.txt")).unwrap(), "the owner's own words\n");
    assert_eq!(bench.show(task)["state"], "in review");
    repo.git(&["checkout", "-q", "a.txt"]);
    bench.json(&["task", "accept", &task.to_string()]);
    assert_eq!(std::fs::read_to_string(repo.path().join("a.txt")).unwrap(), "b\n", "the clean work tree follows");
}

#[test]
fn a_done_task_that_is_reopened_is_worked_on_and_merged_again() {
    let (bench, repo) = Bench::with_desks(&[("a.txt", "a\n")], &["ada"]);
    let task = bench.task("Count", "run: echo more >> count.txt", &[]);
    for lines in 1..=2 {
        bench.until(task, &["in review"]);
        bench.json(&["task", "accept", &task.to_string()]);
        assert_eq!(repo.on_main("count.txt").unwrap().lines().count(), lines);
        if lines == 1 {
            bench.json(&["task", "reopen", &task.to_string(), "--note", "once more"]);
        }
    }
}

/// What a window does: a snapshot, and from there on events. What happens between the two is in neither, but for this.
#[tokio::test]
async fn whoever_begins_to_follow_a_moment_late_is_given_what_was_missed_and_what_it_led_to() {
    let (bench, _repo) = Bench::with_desks(&[("a.txt", "a\n")], &["ada"]);
    let client = Client::connect(bench.dir(), "test", None).await.unwrap();
    let Answer::Snapshot { seq, .. } = client.ask(Ask::Snapshot).await.unwrap() else { panic!("no snapshot") };
    bench.json(&["desk", "add", "--name", "ben", "--role", "engineer"]);
    let task = bench.task("Wait", "", &["--draft"]);
    bench.json(&["task", "edit", &task.to_string(), "--title", "Wait a while"]);
    let end: Seq = serde_json::from_value(bench.events().last().unwrap()["seq"].clone()).unwrap();

    let mut events = client.events(seq).await.unwrap();
    let (mut desks, mut titles) = (Vec::new(), Vec::new());
    while events.last() < end {
        let (envelope, nouns) = events.next().await.unwrap();
        assert_eq!(envelope.seq, Seq(seq.0 + 1 + u32::try_from(desks.len()).unwrap()), "in order, and each once");
        desks.push(
            nouns.iter().find_map(|noun| if let Noun::Desk(desk) = noun { Some(desk.name.clone()) } else { None }),
        );
        titles.extend(
            nouns.iter().filter_map(|noun| if let Noun::Task(task) = noun { Some(task.title.clone()) } else { None }),
        );
    }
    assert!(desks.contains(&Some("ben".to_owned())), "{desks:?}");
    assert_eq!(titles, ["Wait a while"], "each thing once, as it is now");
}

#[test]
fn a_task_that_changes_more_than_it_may_is_parked_with_all_its_work_and_goes_on_once_it_may_more() {
    let (bench, repo) = Bench::with_desks(&[("a.txt", "a\n")], &["ada"]);
    let listed = bench.json(&["limit", "set", "--role", "engineer", "--files", "40", "--lines", "20"]);
    assert_eq!(listed[0]["limits"]["lines"], 20, "{listed}");
    // The first half is committed, the second is not: both count.
    let body = "```sh\nif test -e b.txt; then echo more >> b.txt; exit; fi\nseq 15 > a.txt; git commit -qam one\nseq 15 > b.txt\nsleep 600\n```";
    let task = bench.task("Change much", body, &[]);
    let it = bench.until(task, &["parked"]);
    assert_eq!(it["hold"]["reason"], "task_limit", "{it}");
    assert_eq!(it["hold"]["what"], "It changed 31 lines, and may change 20.");
    bench.until_quiet();
    let checkout = std::path::PathBuf::from(it["workplace"]["path"].as_str().unwrap());
    assert_eq!(std::fs::read_to_string(checkout.join("b.txt")).unwrap().lines().count(), 15, "its work is kept");
    assert!(bench.office(&["status"]).out.contains("It changed 31 lines"), "{}", bench.office(&["status"]).out);
    let release = it["hold"]["release"].as_str().unwrap();
    assert_eq!(release, format!("office limit raise --task {task} --lines 10"));
    bench.json(&release.split(' ').skip(1).collect::<Vec<_>>());
    let done = bench.until(task, &["in review"]);
    assert_eq!(done["marks"].as_array().map(Vec::len), Some(0), "it is within what it may now: {done}");
    bench.json(&["task", "accept", &task.to_string()]);
    assert_eq!(repo.on_main("b.txt").unwrap().lines().count(), 16);
    bench.json(&["limit", "remove", "--role", "engineer"]);
    // Done before anybody measured it: its reviewer is told.
    bench.json(&["limit", "set", "--files", "1"]);
    let quick = bench.task("Many files", "```sh\ntouch x y z\n```", &[]);
    let it = bench.until(quick, &["in review", "parked"]);
    let told = if it["state"] == "parked" { it["hold"]["what"].to_string() } else { it["marks"].to_string() };
    assert!(told.contains("changed 3 files, and may change 1"), "{it}");
}
