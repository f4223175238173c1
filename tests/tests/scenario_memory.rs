//! The memory: what one agent learned stands in the next one's briefing with its source, and no longer once it was refuted; every note is
//! found as soon as it is acknowledged; a folder of notes comes back with its history; secrets are refused.
#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

use std::time::{Duration, Instant};

use office_tests::bench::fake_agent_bin;
use office_tests::{Bench, Repo};
use serde_json::Value;

/// An office with a desk for each script: its name, its role, what its agent does.
fn with_agents(desks: &[(&str, &str, &str)]) -> (Bench, Repo) {
    let (bench, repo) = Bench::with_desks(&[("a.txt", "a\n")], &[]);
    for (name, role, script) in desks {
        let file = bench.root().join(format!("{name}.txt"));
        std::fs::write(&file, script).unwrap();
        let command = format!("{} {}", fake_agent_bin().display(), file.display());
        bench.json(&["desk", "add", "--name", name, "--role", role, "--engine", "custom", "--command", &command]);
    }
    (bench, repo)
}

fn search(bench: &Bench, query: &str) -> Vec<Value> {
    bench.json(&["memory", "search", "--limit", "5", query]).as_array().unwrap().clone()
}

fn ids(hits: &[Value]) -> Vec<u64> {
    hits.iter().map(|hit| hit["id"].as_u64().unwrap()).collect()
}

fn add(bench: &Bench, title: &str, text: &str) -> u64 {
    bench.json(&["memory", "add", "--title", title, "--text", text])["id"].as_u64().unwrap()
}

/// What the last run on a task was told.
fn briefing(bench: &Bench, task: u64) -> String {
    let run = bench.show(task)["last_run"].as_u64().unwrap();
    std::fs::read_to_string(bench.dir().join(format!("runs/{run}/briefing.md"))).unwrap()
}

const WRITES: &str = "office memory add --title \"Where tests write\" --text \"use `tmp_path`, never /tmp\" --kind gotcha --tag tests\n\
     expect-exit 0\nwrite t.txt tests\noffice task done --summary \"tests written\"\n";

/// An office whose test-writer has learned something, and whose refactorer was briefed after it.
fn learned_and_briefed(indexed: bool) -> (Bench, String) {
    let (mut bench, _) = with_agents(&[
        ("wendy", "test-writer", WRITES),
        ("rex", "refactorer", "append r.txt more\noffice task done --summary \"as note #1 says\"\n"),
    ]);
    if !indexed {
        // Where the index would lie there is a file: it can be neither opened nor made.
        bench.json(&["quit"]);
        assert!(bench.ended());
        std::fs::remove_dir_all(bench.dir().join("index")).unwrap();
        std::fs::write(bench.dir().join("index"), "").unwrap();
        bench.run();
    }
    let tests = bench.task("Write tests for the parser", "", &["--role", "test-writer"]);
    bench.until(tests, &["in review"]);
    let moved = bench.task("Move the scratch files of the tests", "", &["--role", "refactorer"]);
    bench.until(moved, &["in review"]);
    let told = briefing(&bench, moved);
    (bench, told)
}

#[test]
fn what_the_test_writer_learned_stands_in_the_refactorers_next_briefing_until_it_is_refuted() {
    let (bench, told) = learned_and_briefed(true);
    assert!(told.contains("use `tmp_path`, never /tmp"), "{told}");
    assert!(told.contains("note #1 by wendy, task #1"), "with its source: {told}");
    let note = bench.json(&["memory", "show", "1"]);
    assert_eq!((note["shown"].as_u64(), note["used"].as_u64()), (Some(1), Some(1)), "{note}");
    assert_eq!((&note["shown_in"][0]["task"], &note["used_in"][0]["task"]), (&Value::from(2), &Value::from(2)));

    bench.json(&["memory", "refute", "1", "--evidence", "pytest clears tmp_path; conftest.py, line 3"]);
    let again = bench.task("Move the scratch files of the other tests", "", &["--role", "refactorer"]);
    bench.until(again, &["in review"]);
    let told = briefing(&bench, again);
    assert!(!told.contains("tmp_path") && !told.contains("note #1"), "{told}");
    assert!(search(&bench, "where do tests write").is_empty());
    let note = bench.json(&["memory", "show", "1"]);
    assert_eq!(note["refuted"]["evidence"], "pytest clears tmp_path; conftest.py, line 3");
}

#[test]
fn without_an_index_nobody_is_briefed_with_notes_and_work_and_search_go_on() {
    let (bench, told) = learned_and_briefed(false);
    assert!(!told.contains("tmp_path"), "it is the index that finds it: {told}");
    assert_eq!(
        ids(&search(&bench, "where do tests write tmp_path")),
        [1],
        "notes are found by their words all the same"
    );
    let stats = bench.json(&["memory", "stats"]);
    assert!(stats["trouble"].as_str().is_some_and(|why| why.contains("index")), "{stats}");
    // Once it can be made, it is, without a restart.
    std::fs::remove_file(bench.dir().join("index")).unwrap();
    bench.wait("an index that comes back", || {
        let stats = bench.json(&["memory", "reindex"]);
        stats["trouble"].is_null().then_some(())
    });
    assert_eq!(ids(&search(&bench, "where do tests write")), [1]);
}

#[test]
fn a_thousand_notes_are_each_found_as_soon_as_they_are_acknowledged_while_fifty_a_second_are_written() {
    let bench = Bench::open();
    let (many, writers) = (if cfg!(debug_assertions) { 200 } else { 1000 }, 2);
    let late = std::sync::atomic::AtomicU32::new(0);
    let slowest = std::sync::Mutex::new(Duration::ZERO);
    std::thread::scope(|scope| {
        for writer in 0..writers {
            let (bench, late, slowest) = (&bench, &late, &slowest);
            scope.spawn(move || {
                for n in (writer..many).step_by(writers) {
                    let id =
                        add(bench, &format!("Module quux{n:04}zed"), &format!("It listens on port {}", 10_000 + n));
                    let asked = Instant::now();
                    let hits = search(bench, &format!("quux{n:04}zed"));
                    let took = asked.elapsed();
                    assert_eq!(ids(&hits).first(), Some(&id), "note {id} is not found: {hits:?}");
                    let mut slow = slowest.lock().unwrap();
                    *slow = took.max(*slow);
                    late.fetch_add(u32::from(took > Duration::from_secs(2)), std::sync::atomic::Ordering::Relaxed);
                }
            });
        }
    });
    // Every one was found by the first question after its acknowledgement; how long that takes to the millisecond is the bench's.
    let late = late.into_inner();
    assert!(late * 50 <= u32::try_from(many).unwrap(), "{late} of {many} took longer than 2 s");
    println!("slowest: {:?}", slowest.into_inner().unwrap());
}

#[test]
fn a_runtime_killed_between_commit_and_index_loses_no_note() {
    let mut bench = Bench::open();
    let mut kept = Vec::new();
    for point in 0..50_u64 {
        // Some are killed at once, some when a search has begun to bring the index up.
        kept.push(add(&bench, &format!("Point kilo{point:02}watt"), "it stays"));
        if point % 3 == 1 {
            search(&bench, "point");
        }
        if point % 3 == 2 {
            let asking = std::thread::scope(|scope| {
                let asked = scope.spawn(|| bench.office(&["memory", "search", "point"]).code);
                office_tests::processes::kill(bench.pid());
                asked.join().unwrap()
            });
            assert!(asking >= 0);
        }
        bench.kill();
        bench.run();
    }
    for (point, id) in kept.iter().enumerate() {
        let hits = search(&bench, &format!("kilo{point:02}watt"));
        assert_eq!(ids(&hits).first(), Some(id), "{hits:?}");
    }
}

#[test]
fn an_edited_file_comes_back_as_one_changed_note_with_its_history() {
    let bench = Bench::open();
    for n in 1..=3 {
        add(&bench, &format!("Note {n}"), &format!("text {n}"));
    }
    let dir = bench.root().join("notes");
    let folder = dir.display().to_string();
    assert_eq!(bench.json(&["memory", "export", &folder])["written"], 3);
    let file = dir.join("0002-note-2.md");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replace("text 2", "text two")).unwrap();
    let took = bench.json(&["memory", "import", &folder]);
    assert_eq!(
        (&took["changed"], &took["added"], &took["same"]),
        (&serde_json::json!([2]), &serde_json::json!([]), &2.into())
    );
    let note = bench.json(&["memory", "show", "2"]);
    assert_eq!((&note["text"], &note["past"][0]["words"]["text"]), (&"text two".into(), &"text 2".into()));
    assert_eq!(bench.json(&["memory", "import", &folder])["same"], 3, "taken in once more, it changes nothing");
    std::fs::write(dir.join("new.md"), "# By hand\n\nwritten in an editor\n").unwrap();
    assert_eq!(bench.json(&["memory", "import", &folder])["added"], serde_json::json!([4]));
    assert_eq!(ids(&search(&bench, "written in an editor")).first(), Some(&4));
}

#[test]
fn secrets_are_refused_with_their_place_and_what_only_looks_like_one_is_kept() {
    let bench = Bench::open();
    let planted = include_str!("../../src-tauri/crates/core/tests/data/secrets.txt");
    let planted = planted.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once('\t'));
    let mut refused = 0;
    for (kind, text) in planted {
        let text = text.replace('¦', "").replace("\\n", "\n");
        let said = bench.office_with(&["--json", "memory", "add", "--title", "How to log in", "--text", "-"], &text);
        assert_eq!(said.code, 1, "{kind} was kept: {said:?}");
        let refusal: Value = serde_json::from_str(&said.err).unwrap();
        assert!(refusal["message"].as_str().unwrap().contains("in line "), "{refusal}");
        refused += 1;
    }
    assert!(refused >= 40, "{refused}");
    let harmless = include_str!("../../src-tauri/crates/core/tests/data/harmless.txt");
    let harmless: Vec<&str> =
        harmless.lines().filter(|line| !line.starts_with("# ") && !line.trim().is_empty()).collect();
    let wrong = harmless
        .iter()
        .filter(|text| bench.office_with(&["memory", "add", "--title", "Harmless", "--text", "-"], text).code != 0);
    let wrong: Vec<_> = wrong.collect();
    assert!(harmless.len() >= 200 && wrong.len() * 50 <= harmless.len(), "{wrong:?}");
}

#[test]
fn what_cannot_be_kept_is_refused_clearly_and_searching_goes_on() {
    let bench = Bench::open();
    let add = |text: &str, more: &[&str]| {
        let mut args = vec!["--json", "memory", "add", "--title", "t", "--text", "-"];
        args.extend(more);
        bench.office_with(&args, text)
    };
    for (text, said) in [(&"x".repeat(1024 * 1024) as &str, "1048576 bytes"), ("a\0b", "U+0000"), (" ", "no text")] {
        let tried = add(text, &[]);
        assert!(tried.code == 1 && tried.err.contains(said), "{tried:?}");
    }
    let tags: Vec<String> = (0..10_000).map(|n| n.to_string()).collect();
    let tags: Vec<&str> = tags.iter().flat_map(|tag| ["--tag", tag.as_str()]).collect();
    let tried = add("x", &tags);
    assert!(tried.code == 1 && tried.err.contains("10000 tags"), "{}", tried.err);
    let tried = add("🎉🎉🎉", &[]);
    assert_eq!(tried.code, 0, "{tried:?}");
    assert_eq!(bench.json(&["memory", "show", "1"])["text"], "🎉🎉🎉");
    let one = bench.json(&[
        "memory",
        "add",
        "--title",
        "Ports of the shop",
        "--text",
        "The server of the shop listens on 8080",
    ]);
    let two = bench.json(&[
        "memory",
        "add",
        "--title",
        "Ports of the shop",
        "--text",
        "The server of the shop listens on 8080 too",
    ]);
    assert_eq!(one["alike"], serde_json::json!([]));
    bench.json(&["memory", "search", "ports"]);
    let three = bench.json(&[
        "memory",
        "add",
        "--title",
        "Ports of the shop",
        "--text",
        "The server of the shop listens on 8080",
    ]);
    let offered: Vec<_> = three["alike"].as_array().unwrap().iter().map(|it| it["note"].clone()).collect();
    assert!(offered.contains(&one["id"]) || offered.contains(&two["id"]), "a merge is offered: {three}");
    bench.json(&["memory", "merge", "4", "2", "3"]);
    assert_eq!(bench.json(&["memory", "list"]).as_array().unwrap().len(), 2);
    assert_eq!(bench.json(&["memory", "stats"])["notes"]["superseded"], 2);
}
