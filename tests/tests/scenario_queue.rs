//! Work on its way onto the base: judged by another run where its owner wants that, one after another, checked as it will be, and
//! never over what its owner did there meanwhile. Told from the log of events and from git alone.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail loudly")]

use std::collections::BTreeMap;

use office_tests::{Bench, Repo};
use serde_json::Value;

/// A project whose check looks at all that is on the base together.
fn office_with_a_check() -> (Bench, Repo) {
    let check = "[[checks]]\nname = \"both\"\nrun = \"! { test -e left.txt && test -e right.txt; }\"\n";
    Bench::with_desks(&[("a.txt", "one\n"), (".office/project.toml", check)], &["ada", "bo"])
}

fn accept(bench: &Bench, task: u64) {
    bench.json(&["task", "accept", &task.to_string()]);
}

fn queue(bench: &Bench) -> Vec<Value> {
    let said = bench.office(&["--json", "queue", "list"]);
    assert_eq!(said.code, 0, "{said:?}");
    let listed: Value = serde_json::from_str(&said.out).expect("a list");
    listed.as_array().cloned().unwrap_or_default()
}

/// Every commit that the base was moved to had all its checks run on exactly its tree, and nothing was merged twice.
fn only_what_was_checked_is_on_main(bench: &Bench, repo: &Repo) {
    let mut proven: BTreeMap<String, bool> = BTreeMap::new();
    let mut merged: BTreeMap<u64, usize> = BTreeMap::new();
    for event in bench.events().iter().map(|event| &event["event"]).filter(|event| event["noun"] == "task") {
        match event["type"].as_str() {
            Some("put_on_base") => {
                let landing = &event["landing"];
                let tree = repo.git(&["rev-parse", &format!("{}^{{tree}}", landing["base"].as_str().unwrap())]);
                assert_ne!(landing["tree"].as_str(), Some(tree.as_str()), "something is merged");
                proven.insert(landing["commit"].as_str().unwrap().to_owned(), landing["checked"] == true);
            }
            Some("result_checked") => {
                let refuses = |it: &Value| matches!(it["verdict"].as_str(), Some("broken" | "unmet" | "timed_out"));
                let green = !event["results"].as_array().unwrap().iter().any(refuses);
                proven.insert(event["commit"].as_str().unwrap().to_owned(), green);
            }
            Some("done") => {
                let Some(commit) = event["commit"].as_str() else { continue };
                assert_eq!(proven.get(commit), Some(&true), "{commit} was not checked before it was merged");
                *merged.entry(event["task"].as_u64().unwrap()).or_default() += 1;
            }
            _ => {}
        }
    }
    for (task, times) in merged {
        assert_eq!(times, 1, "#{task} was merged {times} times");
    }
}

#[test]
fn what_is_green_alone_and_red_together_goes_back_to_its_author_and_the_queue_goes_on() {
    let (bench, repo) = office_with_a_check();
    let left = bench.task("Left", "run: echo l > left.txt", &[]);
    let right = bench.task("Right", "```sh\ntest -e left.txt && echo r > other.txt || echo r > right.txt\n```", &[]);
    let third = bench.task("Third", "run: echo t > third.txt", &[]);
    for task in [left, right, third] {
        bench.until(task, &["in review"]);
    }
    bench.json(&["queue", "hold", "demo"]);
    for task in [left, right, third] {
        accept(&bench, task);
    }
    let listed: Vec<_> = queue(&bench).iter().map(|line| (line["task"].clone(), line["position"].clone())).collect();
    assert_eq!(listed, [(left.into(), 1.into()), (right.into(), 2.into()), (third.into(), 3.into())]);
    assert!(queue(&bench).iter().all(|line| line["step"] == "held"), "{:?}", queue(&bench));
    assert_eq!(repo.on_main("left.txt"), None, "a held queue merges nothing");
    let said = bench.office(&["status"]).out;
    assert!(said.contains("Merge queue (3)") && said.contains("demo onto main is held"), "{said}");
    let status = bench.json(&["status"])["queues"][0].clone();
    assert_eq!((status["lines"].as_array().map(Vec::len), &status["base"]), (Some(3), &"main".into()), "{status}");

    bench.json(&["queue", "release", "demo"]);
    bench.until(left, &["done"]);
    bench.until(third, &["done"]);
    // Its author was told what is red together, and did it another way.
    bench.wait("the second try", || (bench.show(right)["attempts_used"] == 1).then_some(()));
    let again = bench.until(right, &["in review"]);
    let note = again["notes"][0]["text"].as_str().unwrap();
    assert!(note.contains("'both' broken by this task") && note.contains("git show"), "{note}");
    accept(&bench, right);
    assert_eq!(repo.on_main("other.txt").as_deref(), Some("r"));
    assert_eq!(repo.on_main("right.txt"), None);
    only_what_was_checked_is_on_main(&bench, &repo);
    assert_eq!(queue(&bench), Vec::<Value>::new());
}

#[test]
fn a_conflict_goes_back_with_its_lines_and_what_was_done_is_at_hand() {
    let (bench, repo) = office_with_a_check();
    let body = |word: &str| {
        format!(
            "```sh\nnote=$(grep -h -o 'commit [0-9a-f]*, which' ../../runs/*/briefing.md | cut -d' ' -f2 | tr -d ,)\n\
             test -z \"$note\" && echo {word} > a.txt || {{ git show \"$note:a.txt\" >> a.txt; }}\n```"
        )
    };
    let one = bench.task("One", &body("first"), &[]);
    let two = bench.task("Two", &body("second"), &[]);
    for task in [one, two] {
        bench.until(task, &["in review"]);
    }
    accept(&bench, one);
    let refused = bench.refused(1, &["task", "accept", &two.to_string()]);
    assert_eq!(refused["code"], "merge_refused", "{refused}");
    bench.wait("the second try", || (bench.show(two)["attempts_used"] == 1).then_some(()));
    let again = bench.until(two, &["in review"]);
    let note = again["notes"][0]["text"].as_str().unwrap();
    for words in ["a.txt:1 (the base, then this task)", "first", "=======", "second", ">>>>>>>"] {
        assert!(note.contains(words), "'{words}' is not in\n{note}");
    }
    accept(&bench, two);
    assert_eq!(repo.on_main("a.txt").as_deref(), Some("first\nsecond"), "built on both");
    only_what_was_checked_is_on_main(&bench, &repo);
}

#[test]
fn a_base_that_moved_is_merged_onto_and_checked_again_before_it_moves() {
    let (bench, repo) = office_with_a_check();
    let task = bench.task("Left", "run: echo l > left.txt", &[]);
    bench.until(task, &["in review"]);
    let mine = repo.commit("Mine", &[("mine.txt", "m\n")]);
    accept(&bench, task);
    let events = bench.events();
    let of = |kind: &str| -> Vec<Value> {
        events.iter().map(|it| it["event"].clone()).filter(|it| it["noun"] == "task" && it["type"] == kind).collect()
    };
    let put = of("put_on_base");
    assert_eq!(put.len(), 1, "{put:?}");
    assert_eq!(
        (put[0]["landing"]["base"].as_str(), &put[0]["landing"]["checked"]),
        (Some(mine.as_str()), &false.into())
    );
    assert_eq!(of("result_checked").len(), 1, "what nobody had checked was checked");
    assert_eq!(repo.git(&["rev-parse", "main^1"]), mine, "the owner's commit is below it");
    only_what_was_checked_is_on_main(&bench, &repo);
}

#[test]
fn a_rewritten_base_holds_the_queue_until_its_owner_has_looked() {
    let (bench, repo) = office_with_a_check();
    let before = repo.head();
    let one = bench.task("One", "run: echo 1 > one.txt", &[]);
    let two = bench.task("Two", "run: echo 2 > two.txt", &[]);
    for task in [one, two] {
        bench.until(task, &["in review"]);
    }
    accept(&bench, one);
    // The merge is thrown away again, by its owner's hand.
    repo.git(&["reset", "-q", "--hard", &before]);
    let refused = bench.refused(1, &["task", "accept", &two.to_string()]);
    let why = refused["detail"].as_str().unwrap();
    assert!(why.contains("'main' was rewritten") && why.contains("`office queue release demo`"), "{why}");
    assert_eq!(repo.head(), before, "nothing was merged over it");
    let hold = bench.json(&["project", "show", "demo"])["queue_hold"].clone();
    assert_eq!((&hold["reason"], &hold["release"]), (&"base_rewritten".into(), &"office queue release demo".into()));

    bench.json(&["queue", "release", "demo"]);
    bench.json(&["queue", "retry", &two.to_string()]);
    bench.until(two, &["done"]);
    assert_eq!(repo.on_main("two.txt").as_deref(), Some("2"));
    assert_eq!(repo.on_main("one.txt"), None, "what its owner threw away stays away");
}

#[test]
fn work_on_a_commit_that_the_base_lost_is_never_merged_and_done_again_on_the_base_as_it_is() {
    let (bench, repo) = office_with_a_check();
    let begun_on = repo.commit("To be lost", &[("lost.txt", "secret\n")]);
    let task = bench.task("Go on", "run: test -e lost.txt && echo on-it > seen.txt || echo without > seen.txt", &[]);
    bench.until(task, &["in review"]);
    repo.git(&["reset", "-q", "--hard", "HEAD~1"]);
    let now = repo.commit("Instead", &[("kept.txt", "k\n")]);
    let refused = bench.refused(1, &["task", "accept", &task.to_string()]);
    let why = refused["detail"].as_str().unwrap();
    assert!(why.contains(&begun_on[..12]) && why.contains("office task reject"), "{why}");
    assert_eq!(repo.head(), now);
    bench.json(&["task", "reject", &task.to_string(), "--note", "on the base as it is"]);
    bench.wait("a new run", || (bench.show(task)["last_run"] != 1).then_some(()));
    bench.until(task, &["in review"]);
    accept(&bench, task);
    assert_eq!(repo.on_main("seen.txt").as_deref(), Some("without"));
    assert_eq!(repo.on_main("lost.txt"), None, "what was taken off the base does not come back by a merge");
}

#[test]
fn a_protected_base_is_never_moved_and_a_dirty_or_locked_one_waits_for_a_retry() {
    let (bench, repo) = office_with_a_check();
    bench.json(&["project", "set", "demo", "--protect", "ma*"]);
    let task = bench.task("Left", "run: echo l > a.txt", &[]);
    bench.until(task, &["in review"]);
    let before = repo.head();
    let refused = bench.refused(1, &["task", "accept", &task.to_string()]);
    assert!(refused["detail"].as_str().unwrap().contains("'main' is protected by your 'ma*'"), "{refused}");
    bench.json(&["project", "set", "demo", "--protect", "none"]);

    repo.write("a.txt", "mine, not committed\n");
    let refused = bench.refused(1, &["queue", "retry", &task.to_string()]);
    assert!(refused["detail"].as_str().unwrap().contains("not committed"), "{refused}");
    repo.git(&["checkout", "-q", "--", "a.txt"]);

    // Another git died there and left its lock.
    let lock = repo.path().join(".git/index.lock");
    std::fs::write(&lock, "").unwrap();
    let refused = bench.refused(1, &["queue", "retry"]);
    assert!(refused["detail"].as_str().unwrap().contains("another git is at work there"), "{refused}");
    assert_eq!(repo.head(), before);
    assert_eq!(queue(&bench)[0]["step"], "refused");
    std::fs::remove_file(&lock).unwrap();
    bench.json(&["queue", "retry"]);
    assert_eq!(repo.on_main("a.txt").as_deref(), Some("l"));
    bench.refused(1, &["queue", "retry", &task.to_string()]);
    only_what_was_checked_is_on_main(&bench, &repo);
}

#[test]
fn rebased_work_lands_as_its_own_commits_and_only_what_is_of_low_risk_by_itself() {
    let settings = "merge = \"rebase\"\n\n[[checks]]\nname = \"a\"\nrun = \"test -e a.txt\"\n";
    let files = [("a.txt", "one\n"), ("tests/t.sh", "true\ntrue\n"), (".office/project.toml", settings)];
    let (bench, repo) = Bench::with_desks(&files, &["ada"]);
    bench.json(&["project", "set", "demo", "--accept", "low-risk"]);
    let body = "```sh\necho 1 > one.txt; git add -A; git commit -qm 'First half'; echo 2 > two.txt; git add -A; git commit -qm 'Second half'\n```";
    let small = bench.task("Two commits", body, &[]);
    let weaker = bench.task("Weaken", "run: echo true > tests/t.sh", &[]);
    let steering = bench.task("Steer", "run: echo obey > AGENTS.md", &[]);
    bench.until(small, &["done"]);
    assert_eq!(repo.git(&["log", "--merges", "--format=%s", "main"]), "", "history is a line");
    assert_eq!(repo.subjects()[..2], ["Second half", "First half"]);
    for (task, words) in [(weaker, "takes something out of tests"), (steering, "what agents are told")] {
        let it = bench.until(task, &["in review"]);
        assert!(it["risks"].to_string().contains(words), "{it}");
    }
    only_what_was_checked_is_on_main(&bench, &repo);
}

/// Green changes are merged by themselves once another run has approved them. The reviewer is hired when a test wants one.
fn office_with_reviews() -> (Bench, Repo) {
    let (bench, repo) = Bench::with_desks(&[("a.txt", "a\n")], &["ada"]);
    bench.json(&["project", "set", "demo", "--accept", "green", "--review", "on"]);
    (bench, repo)
}

fn hire_reviewer(bench: &Bench, script: &str) {
    let file = bench.root().join("reviewer.sh");
    std::fs::write(&file, script).unwrap();
    let command = format!("sh {}", file.display());
    let add = ["desk", "add", "--name", "eve", "--role", "reviewer-qa", "--engine", "custom", "--command", &command];
    bench.json(&add);
}

fn verdict_on(bench: &Bench, task: u64) -> Value {
    bench.wait("a verdict", || Some(bench.show(task)["review"]["judged"].clone()).filter(|it| !it.is_null()))
}

#[test]
fn a_change_is_merged_when_a_run_at_another_desk_approved_that_very_commit() {
    let (bench, repo) = office_with_reviews();
    let check = ["--check", "test -e b.txt", "--role", "engineer"];
    let task = bench.task("Write", "run: echo right > b.txt", &check);
    let waits = bench.until(task, &["in review"]);
    let review = bench.wait("a review", || bench.show(task)["review"]["done_by"].as_u64());
    // Nobody may do it yet, and that is said where its owner looks.
    let said = bench.office(&["status"]).out;
    assert!(said.contains(&format!("nobody here may review #{task}")) && said.contains("--role reviewer-qa"), "{said}");
    let refused = bench.refused(1, &["task", "assign", &review.to_string(), "ada"]);
    assert!(refused["message"].as_str().unwrap().contains("nobody reviews their own work"), "{refused}");
    let owner = bench.refused(1, &["task", "verdict", "approve", "--of", &task.to_string()]);
    assert!(owner["detail"].as_str().unwrap().contains("office task accept"), "{owner}");
    assert_eq!(repo.on_main("b.txt"), None, "not without a verdict");

    // What the reviewer changes goes nowhere.
    hire_reviewer(
        &bench,
        "test \"$(cat b.txt)\" = right || exit 3\necho mine > c.txt\n\
         office task verdict approve --words seen --evidence '`cat b.txt` says right'\n",
    );
    let done = bench.until(task, &["done"]);
    let judged = &done["review"]["judged"];
    assert_eq!((&judged["verdict"], &judged["words"]), (&"approve".into(), &"seen".into()), "{judged}");
    assert_eq!((judged["by"]["kind"].as_str(), judged["by"]["desk"].as_u64()), (Some("agent"), Some(2)));
    assert_eq!(done["review"]["commit"], waits["work"]["tip"], "it counts for what was seen");
    bench.until(review, &["done"]);
    assert_eq!((repo.on_main("b.txt").as_deref(), repo.on_main("c.txt")), (Some("right"), None));
    let page = bench.office(&["task", "show", &task.to_string()]).out;
    assert!(page.contains("approved, by") && page.contains("`cat b.txt` says right"), "{page}");
    only_what_was_checked_is_on_main(&bench, &repo);
}

#[test]
fn what_a_reviewer_wants_changed_goes_back_with_their_words_and_the_owner_is_asked_in_the_end() {
    let (bench, repo) = office_with_reviews();
    let body = "```sh\nif grep -q 'write it righ[t]' ../../runs/*/briefing.md; then echo right > b.txt; else echo wrong > b.txt; fi\n```";
    let task = bench.task("Write", body, &["--check", "test -e b.txt", "--role", "engineer"]);
    hire_reviewer(
        &bench,
        "if grep -q right b.txt && ! test -e c.txt; then office task verdict approve --words good; \
         else office task verdict changes-wanted --words 'write it right'; fi\n",
    );
    let done = bench.until(task, &["done"]);
    assert_eq!(repo.on_main("b.txt").as_deref(), Some("right"));
    assert_eq!((&done["attempts_used"], &done["review"]["round"]), (&0.into(), &2.into()), "its attempts are its own");
    let note = &done["notes"][0];
    assert!(note["text"].as_str().unwrap().contains("eve reviewed it and wants changes"), "{note}");
    assert_eq!(done["review"]["authors"], serde_json::json!([1]), "at its author's desk again, and at no other");

    // One who is never content is not asked for ever.
    let other = bench.task("Again", "run: date +%s%N > c.txt", &["--check", "test -e c.txt", "--role", "engineer"]);
    bench.wait("the last round", || (bench.show(other)["review"]["round"] == 3).then_some(()));
    verdict_on(&bench, other);
    let left = bench.until(other, &["in review"]);
    assert!(left["why"].as_str().unwrap().contains("wanted changes 3 times; you decide"), "{}", left["why"]);
    accept(&bench, other);
    assert!(repo.on_main("c.txt").is_some(), "its owner may always decide");
}

#[test]
fn a_review_without_a_verdict_leaves_it_to_the_owner_and_one_that_nobody_needs_is_called_off() {
    let (bench, repo) = office_with_reviews();
    let task = bench.task("Write", "run: echo x > b.txt", &["--check", "test -e b.txt", "--role", "engineer"]);
    hire_reviewer(&bench, "office task done --summary 'needs a printer'\n");
    let judged = verdict_on(&bench, task);
    assert_eq!((&judged["verdict"], judged["by"]["kind"].as_str()), (&"cannot-judge".into(), Some("office")));
    assert!(judged["words"].as_str().unwrap().contains("needs a printer"), "{judged}");
    assert_eq!(bench.show(task)["state"], "in review");
    accept(&bench, task);
    assert_eq!(repo.on_main("b.txt").as_deref(), Some("x"));

    // Decided before anybody looked.
    bench.json(&["desk", "pause", "eve"]);
    let other = bench.task("Again", "run: echo y > c.txt", &["--check", "test -e c.txt", "--role", "engineer"]);
    bench.until(other, &["in review"]);
    let review = bench.wait("a review", || bench.show(other)["review"]["done_by"].as_u64());
    accept(&bench, other);
    bench.until(review, &["cancelled"]);
    // And a task that its owner wants no review of gets none.
    let third = bench.task(
        "Third",
        "run: echo z > d.txt",
        &["--check", "test -e d.txt", "--role", "engineer", "--review", "off"],
    );
    assert!(bench.until(third, &["done"])["review"].is_null());
}

#[test]
fn two_desks_on_a_collision_course_are_told_before_either_is_merged() {
    let text: String = (1..=9).map(|n| format!("{n}\n")).collect();
    let (bench, repo) = Bench::with_desks(&[("a.txt", &text)], &["ada", "bo"]);
    bench.json(&["desk", "add", "--name", "cleo", "--role", "coordinator", "--engine", "shell", "--no-auto"]);
    let until = |name: &str| format!("until test -e \"$OFFICE_DIR/{name}\"; do sleep 0.1; done\n");
    let go = |name: &str| std::fs::write(bench.dir().join(name), "").unwrap();
    let change = |line: u32, word: &str| format!("sed -i 's/^{line}$/{word}/' a.txt; git commit -qam {word}\n");
    let write = |word: &str| format!("mkdir -p src/deep; sleep 1; echo {word} > src/deep/notes.txt\n");
    let steps = [change(1, "ada"), until("deep"), write("hers"), until("hers")].concat();
    let hers = bench.task("Hers", &format!("```sh\n{steps}```"), &["--role", "engineer"]);
    bench.until(hers, &["running"]);
    let steps = [change(9, "bo"), until("red"), change(1, "mine"), until("deep"), write("his"), until("his")].concat();
    let his = bench.task("His", &format!("```sh\n{steps}```"), &["--role", "engineer"]);
    let at = |desk: &str| bench.json(&["desk", "show", desk])["collisions"].clone();
    // The same file, in other places.
    let amber = bench.wait("a collision", || Some(at("bo")).filter(|it| it[0].is_object()));
    assert_eq!((amber[0]["task"].as_u64(), amber[0]["with"].as_u64()), (Some(his), Some(hers)));
    assert_eq!((&amber[0]["desk"], &amber[0]["files"]), (&"ada".into(), &serde_json::json!(["a.txt"])));
    assert_eq!(amber[0]["conflicts"], serde_json::json!([]), "they go together");
    assert_eq!(at("ada")[0]["desk"], "bo", "both desks show it");

    // The same lines.
    go("red");
    bench.wait("a conflict", || (at("ada")[0]["conflicts"][0] == "a.txt").then_some(()));
    let said = bench.office(&["status"]).out;
    assert!(said.contains(&format!("ada: #{hers} would conflict with bo (#{his}): a.txt")), "{said}");
    let mails = bench.json(&["mail", "list"]);
    let told = mails.as_array().unwrap().iter().find(|it| it["subject"].as_str().unwrap().contains("would conflict"));
    let told = told.unwrap_or_else(|| panic!("{mails}"));
    assert_eq!((&told["to"]["role"], &told["from"]["kind"]), (&"coordinator".into(), &"office".into()));
    assert_eq!(repo.on_main("a.txt").as_deref(), Some(text.trim_end()), "nothing is merged yet");

    // Nothing of what follows is committed, and the file lies in a folder that is deep and new.
    go("deep");
    bench.wait("what is not committed", || {
        let files = at("ada")[0]["files"].as_array().cloned().unwrap_or_default();
        files.contains(&Value::from("src/deep/notes.txt")).then_some(())
    });

    // What is in review collides still, and what is merged no more.
    go("hers");
    bench.until(hers, &["in review"]);
    assert_eq!(at("bo")[0]["conflicts"][0], "a.txt");
    accept(&bench, hers);
    bench.wait("the end of it", || (at("bo").as_array().is_some_and(Vec::is_empty)).then_some(()));
    go("his");
    bench.until(his, &["in review"]);
}
