//! A backlog of twelve tasks with dependencies over four desks goes to its end by itself.
#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

use office_tests::Bench;
use serde_json::Value;

fn verdicts(task: &Value) -> Vec<&str> {
    task["results"].as_array().unwrap().iter().filter_map(|result| result["verdict"].as_str()).collect()
}

fn marks(task: &Value) -> Vec<&str> {
    task["marks"].as_array().unwrap().iter().filter_map(|mark| mark["kind"].as_str()).collect()
}

#[test]
fn twelve_tasks_with_dependencies_run_over_four_desks_to_the_end_by_themselves() {
    let settings =
        "[[checks]]\nname = \"lint\"\nrun = \"sh lint.sh\"\n\n[[checks]]\nname = \"moon\"\nrun = \"sh moon.sh\"\n";
    let files = [
        (".office/project.toml", settings),
        ("lint.sh", "! grep -rn FORBIDDEN --include='*.txt' .\n"),
        // Green while the project is added; the base breaks it later.
        ("moon.sh", "exit 0\n"),
        ("app.txt", "one\n"),
    ];
    let (bench, repo) = Bench::with_desks(&files, &["ada", "bo", "cy", "di"]);
    bench.json(&["project", "set", "demo", "--accept", "green"]);
    let after = |task: u64| task.to_string();

    // The backlog, while everything is held: a chain of three, a pair that joins, and the special ones.
    bench.json(&["stop", "--all"]);
    let write = |name: &str| format!("run: echo {name} > {name}.txt");
    let check = |name: &str| format!("grep -q {name} {name}.txt");
    let plain = |name: &str, deps: &[u64]| {
        let deps: Vec<String> = deps.iter().map(|dep| after(*dep)).collect();
        let check = check(name);
        let mut more = vec!["--check", check.as_str()];
        deps.iter().for_each(|dep| more.extend(["--after", dep.as_str()]));
        bench.task(&format!("Write {name}"), &write(name), &more)
    };
    let alpha = plain("alpha", &[]);
    let beta = plain("beta", &[alpha]);
    let gamma = plain("gamma", &[beta]);
    let left = plain("left", &[]);
    let right = plain("right", &[]);
    let joined = plain("joined", &[left, right, gamma]);
    let finding = bench.task(
        "How many lines has app.txt?",
        "```sh\nwc -l < app.txt > ../../../finding.md\noffice task done --summary counted --report ../../../finding.md\n```",
        &["--deliverable", "finding", "--after", &after(alpha)],
    );
    let flaky_check = format!("test -e {0}/seen || {{ touch {0}/seen; exit 1; }}", bench.root().display());
    let flaky = bench.task("Pass a flaky check", &write("flaky"), &["--check", &flaky_check]);
    let failing = bench.task(
        "Never get there",
        "run: echo try >> tries.txt",
        &["--check", "test -f never.txt", "--attempts", "2"],
    );
    let stuck = plain("stuck", &[failing]);
    let breaks = bench.task("Break the lint", "run: echo FORBIDDEN > bad.txt", &["--attempts", "1"]);
    let last = plain("last", &[joined, flaky]);
    assert_eq!(last, 12, "twelve tasks");

    // One check turns red on the base: it is said, and nobody is blamed.
    repo.commit("Break the moon", &[("moon.sh", "echo no moon; exit 1\n")]);
    let report = bench.json(&["project", "try", "demo"]);
    assert_eq!(report["checks"]["sh moon.sh"]["green"], false, "{report}");
    assert_eq!(report["checks"]["sh lint.sh"]["green"], true, "{report}");
    bench.json(&["resume"]);

    // With a red base every change carries a mark and waits for the owner, who accepts what is in order.
    for task in [alpha, beta, gamma, left, right, joined, flaky, last] {
        let it = bench.until(task, &["in review"]);
        assert!(verdicts(&it).contains(&"red_on_base"), "{it}");
        assert!(marks(&it).contains(&"red_on_base"), "{it}");
        bench.json(&["task", "accept", &after(task)]);
    }
    let it = bench.until(finding, &["in review"]);
    assert_eq!(it["claim"]["report"].as_str().map(str::trim), Some("1"), "{it}");
    assert_eq!(it["work"]["files"].as_array().map(Vec::len), Some(0), "a finding changes nothing");
    bench.json(&["task", "accept", &after(finding)]);

    let it = bench.show(flaky);
    assert!(verdicts(&it).contains(&"flaky") && marks(&it).contains(&"flaky"), "{it}");

    let it = bench.until(failing, &["failed"]);
    assert_eq!(it["attempts_used"], 2, "{it}");
    assert!(verdicts(&it).contains(&"unmet"), "{it}");
    assert!(it["work"]["tip"].as_str().is_some(), "its evidence is kept: {it}");

    let it = bench.until(breaks, &["failed"]);
    assert!(verdicts(&it).contains(&"broken"), "{it}");

    let it = bench.show(stuck);
    assert_eq!(it["state"], "ready", "{it}");
    assert_eq!(it["waiting_for"], serde_json::json!([failing]), "{it}");
    let status = bench.json(&["status"]);
    let unfit = status["unfit"].to_string();
    assert!(unfit.contains(&format!("#{stuck} waits for #{failing}, which is failed")), "{unfit}");

    // What git says: the work of each accepted task is on main, in an order that keeps the dependencies.
    for name in ["alpha", "beta", "gamma", "left", "right", "joined", "flaky", "last"] {
        assert_eq!(repo.on_main(&format!("{name}.txt")).as_deref(), Some(name));
    }
    assert_eq!(repo.on_main("bad.txt"), None);
    assert_eq!(repo.on_main("tries.txt"), None);
    let order = repo.git(&["log", "--first-parent", "--reverse", "--format=%s", "main"]);
    let place = |task: u64| order.lines().position(|line| line.ends_with(&format!("(#{task})"))).unwrap();
    for (before, later) in
        [(alpha, beta), (beta, gamma), (left, joined), (right, joined), (gamma, joined), (joined, last), (flaky, last)]
    {
        assert!(place(before) < place(later), "#{before} before #{later}:\n{order}");
    }
    bench.until_quiet();
}

#[test]
fn a_green_chain_needs_nobody_and_a_full_review_holds_new_starts_and_says_so() {
    let (bench, repo) = Bench::with_desks(&[("a.txt", "a\n")], &["ada", "bo"]);
    bench.json(&["project", "set", "demo", "--accept", "green"]);
    let first = bench.task("First", "run: echo 1 > one.txt", &[]);
    let second = bench.task("Second", "run: cat one.txt > two.txt", &["--after", &first.to_string()]);
    bench.until(second, &["done"]);
    assert_eq!(repo.on_main("two.txt").as_deref(), Some("1"), "the second began from the merged first");

    bench.json(&["project", "set", "demo", "--accept", "owner"]);
    bench.json(&["set", "--review-limit", "4"]);
    let more: Vec<u64> =
        (0..6).map(|n| bench.task(&format!("Change {n}"), &format!("run: echo {n} > c{n}.txt"), &[])).collect();
    bench.wait("a full review", || {
        bench.json(&["status"])["review_full"].as_str().is_some_and(|why| why.contains("wait for review")).then_some(())
    });
    let waiting = || more.iter().filter(|task| bench.show(**task)["state"] == "in review").count();
    bench.wait("desks that rest", || {
        bench.json(&["status"])["at_work"].as_array().is_some_and(Vec::is_empty).then_some(())
    });
    assert_eq!(waiting(), 4, "no more wait than the limit allows");
    for task in &more {
        if bench.show(*task)["state"] == "in review" {
            bench.json(&["task", "accept", &task.to_string()]);
        }
    }
    for task in &more {
        let it = bench.until(*task, &["in review", "done"]);
        if it["state"] == "in review" {
            bench.json(&["task", "accept", &task.to_string()]);
        }
    }
}

#[test]
fn tasks_start_in_the_order_their_owner_puts_them_in() {
    let (bench, _) = Bench::with_desks(&[("a.txt", "a\n")], &["ada"]);
    bench.json(&["stop", "--all"]);
    let [one, two, three] =
        ["one", "two", "three"].map(|name| bench.task(name, &format!("run: echo {name} > {name}.txt"), &[]));
    let name = |task: u64| task.to_string();
    bench.json(&["task", "move", &name(three), "--before", &name(one)]);
    let moved = bench.json(&["task", "move", &name(one), "--after", &name(two)]);
    assert_eq!(moved["priority"], "normal", "{moved}");
    // What else may be changed before anything was begun, and taken away again.
    let edited = bench.json(&[
        "task",
        "edit",
        &name(two),
        "--role",
        "engineer",
        "--time-limit",
        "900",
        "--deliverable",
        "finding",
    ]);
    assert_eq!(
        (edited["role"].as_str(), edited["time_limit_secs"].as_u64()),
        (Some("engineer"), Some(900)),
        "{edited}"
    );
    let edited = bench.json(&["task", "edit", &name(two), "--no-role", "--no-time-limit", "--deliverable", "change"]);
    assert!(edited["role"].is_null() && edited["time_limit_secs"].is_null(), "{edited}");
    bench.refused(2, &["task", "move", &name(two)]);
    bench.json(&["resume"]);
    for task in [one, two, three] {
        bench.until(task, &["in review"]);
    }
    let started =
        bench.events().into_iter().filter(|it| it["event"]["noun"] == "task" && it["event"]["type"] == "started");
    let order: Vec<u64> = started.map(|it| it["event"]["task"].as_u64().unwrap()).collect();
    assert_eq!(order, [three, two, one]);
    let no = bench.refused(1, &["task", "edit", &name(two), "--deliverable", "finding"]);
    assert_eq!(no["code"], "wrong_state", "{no}");
}

/// The lines of the file: `open` items, and those under a heading of drafts.
fn backlog_file(open: &[String], drafts: &[String]) -> String {
    let items = |lines: &[String]| lines.iter().map(|line| format!("- [{line}\n")).collect::<String>();
    format!("# Backlog\n\n## Now\n\n{}\n## Later {{draft}}\n\n{}", items(open), items(drafts))
}

#[test]
fn a_file_of_thirty_tasks_is_edited_three_times_while_it_is_worked_on_and_the_record_is_true() {
    let (bench, repo) = Bench::with_desks(&[("app.txt", "one\n")], &["ada", "bo", "cy", "di"]);
    bench.json(&["project", "set", "demo", "--accept", "green"]);
    let item = |n: u32| format!(" ] Write part {n:02}\n  run: echo {n} > part-{n:02}.txt");
    let mut open: Vec<String> = (1..=20).map(item).collect();
    let mut drafts: Vec<String> = (21..=30).map(item).collect();
    // Nested: part 3 waits for two more that are its own.
    open[2] = " ] Write part 03\n  run: cat part-3a.txt part-3b.txt > part-03.txt\n  - [ ] Write 3a\n    run: echo a > part-3a.txt\n  - [ ] Write 3b\n    run: echo b > part-3b.txt".to_owned();
    let save = |open: &[String], drafts: &[String]| repo.write("TASKS.md", &backlog_file(open, drafts));
    save(&open, &drafts);
    bench.json(&["project", "set", "demo", "--backlog", "TASKS.md", "--record", "PROGRESS.md"]);
    let titles = || -> Vec<(String, String)> {
        let all = bench.json(&["task", "list"]);
        let text = |it: &Value, key: &str| it[key].as_str().unwrap().to_owned();
        let mut all: Vec<_> = all.as_array().unwrap().iter().map(|it| (text(it, "title"), text(it, "state"))).collect();
        all.sort();
        all
    };
    let there = |title: &str| titles().iter().any(|(it, state)| it == title && state != "cancelled");
    bench.wait("the file is taken in", || (titles().len() == 32).then_some(()));

    // First: a slip is mended, two are new, as it is worked on.
    drafts[0] = item(21).replace("Write part", "Write the part");
    open.push(" ] Write an index\n  run: ls > index.txt".to_owned());
    open.insert(0, "x] Found the repository".to_owned());
    save(&open, &drafts);
    bench.wait("the first edit is taken in", || (there("Write an index") && there("Write the part 21")).then_some(()));
    // Second: the editor writes it in two goes; one is gone, all stand in another order.
    let gone = drafts.remove(4);
    repo.write("TASKS.md", "# Backlog\n\n## Now\n\n- [ ] Write part 01\n  run: ec");
    open.reverse();
    save(&open, &drafts);
    bench.wait("the second edit is taken in", || (!there("Write part 25")).then_some(()));
    // Third: it is back, and all drafts are to be done; one was done by hand.
    drafts.push(gone);
    let by_hand = drafts.remove(1).replacen(" ]", "x]", 1);
    open.append(&mut drafts);
    open.push(by_hand);
    save(&open, &drafts);
    bench.wait("all is done", || {
        let all = titles();
        (all.len() == 33 && all.iter().all(|(_, state)| state == "done")).then_some(())
    });

    let names: std::collections::BTreeSet<String> = titles().into_iter().map(|(title, _)| title).collect();
    assert_eq!(names.len(), 33, "no task is there twice");
    assert_eq!(repo.on_main("part-03.txt").unwrap(), "a\nb", "what is nested was done first");
    assert!(repo.on_main("part-22.txt").is_none(), "what was done by hand was not worked on");
    let read = || std::fs::read_to_string(repo.path().join("PROGRESS.md")).unwrap_or_default();
    bench.wait("the record says so, too", || (read().contains("\ndone: 33\n")).then_some(()));
    let record = read();
    for task in bench.json(&["task", "list"]).as_array().unwrap() {
        let task = bench.json(&["task", "show", &task["id"].to_string()]);
        let head = format!("### #{} {}\n", task["id"], task["title"].as_str().unwrap());
        let part = record.split_once(&head).unwrap_or_else(|| panic!("{head} is in\n{record}")).1;
        let part = part.split("\n### ").next().unwrap();
        let merged = task["merged"].as_str().map(|commit| format!("merged as {}", &commit[..10]));
        assert_eq!(part.contains("merged as"), merged.is_some(), "{part}");
        assert!(merged.is_none_or(|merged| part.contains(&merged)), "{part}");
    }
    assert_eq!(
        repo.git(&["status", "--porcelain", "--untracked-files=no"]),
        "",
        "the office changed no file of its owner's"
    );
}

#[test]
fn a_file_that_does_not_read_takes_nothing_away_and_says_what_to_do() {
    let (bench, repo) = Bench::with_desks(&[("app.txt", "one\n")], &[]);
    let refused = bench.refused(1, &["task", "import", "nowhere.md"]);
    assert!(refused["message"].as_str().unwrap().contains("'nowhere.md' cannot be read"), "{refused}");
    repo.write("TASKS.md", "- [ ] One\n- [ ] Two {after=three}\n");
    let file = repo.path().join("TASKS.md");
    let refused = bench.refused(1, &["task", "import", file.to_str().unwrap()]);
    assert_eq!(refused["message"], "TASKS.md, line 2: no item here is called #three");
    repo.write("TASKS.md", "- [ ] One\n- [ ] Two\n");
    let taken = bench.json(&["task", "import", file.to_str().unwrap()]);
    assert_eq!(taken["items"][1]["taken"], "added");

    let trouble = |part: &str| {
        bench.wait(part, || {
            let said = bench.json(&["project", "show"]);
            let said = format!("{} {}", said["files"]["backlog_trouble"], said["files"]["record_trouble"]);
            said.contains(part).then_some(())
        });
    };
    repo.write("NOTES.md", "mine\n");
    bench.json(&["project", "set", "demo", "--backlog", "TASKS.md", "--record", "NOTES.md"]);
    trouble("NOTES.md is there and is not the office's");
    std::fs::remove_file(&file).unwrap();
    trouble("TASKS.md: it is not there; the tasks that came from it stay as they are");
    // Work that was merged may have planted it: what it leads to would be told to agents.
    let secret = bench.root().join("secret");
    std::fs::write(&secret, "- [ ] the secret\n").unwrap();
    std::os::unix::fs::symlink(&secret, &file).unwrap();
    trouble("TASKS.md: it is a link, and none is followed");
    std::fs::remove_file(&file).unwrap();
    repo.write("TASKS.md", "nothing\n");
    trouble("no item is left in TASKS.md, which had 2: nothing is called off for that");
    let tasks = bench.json(&["task", "list"]);
    let titles: Vec<_> = tasks.as_array().unwrap().iter().map(|it| it["title"].as_str().unwrap()).collect();
    assert_eq!(titles, ["One", "Two"]);
    assert_eq!(std::fs::read_to_string(repo.path().join("NOTES.md")).unwrap(), "mine\n");
    for wrong in ["../TASKS.md", "/etc/passwd", ".git/config"] {
        let refused = bench.refused(1, &["project", "set", "demo", "--backlog", wrong]);
        assert!(refused["message"].as_str().unwrap().contains("is no file within the project"), "{refused}");
    }
}
