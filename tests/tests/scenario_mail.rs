//! Mail between desks: durable before its sender hears so, handed to one at a time, and never lost with whoever had it.
#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

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

fn mails(bench: &Bench) -> Vec<Value> {
    bench.json(&["mail", "list"]).as_array().unwrap().clone()
}

/// The events of one mail, by their names.
fn life(bench: &Bench, id: u64) -> Vec<String> {
    let about = |event: &Value| match event["type"].as_str() {
        Some("sent") => event["mail"]["id"] == id,
        _ => event["mails"].as_array().is_some_and(|ids| ids.contains(&Value::from(id))),
    };
    let events = bench.events();
    let of_mail = events.iter().map(|it| &it["event"]).filter(|it| it["noun"] == "mail" && about(it));
    of_mail.map(|it| it["type"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn one_agent_asks_another_which_answers_and_both_go_on() {
    let (bench, repo) = with_agents(&[
        (
            "ann",
            "engineer",
            "office mail send ben \"which port?\" --kind question\n\
             run sh -c \"office mail inbox --wait --json > inbox.json && grep -q 8080 inbox.json && rm inbox.json\"\n\
             expect-exit 0\n\
             write port.txt 8080\n\
             office task done --summary asked\n",
        ),
        (
            "ben",
            "refactorer",
            "run sh -c \"office mail inbox --wait > /dev/null && office mail reply 1 'port 8080'\"\n\
             expect-exit 0\n\
             write other.txt done\n\
             office task done --summary answered\n",
        ),
    ]);
    let asks = bench.task("Find the port", "", &["--role", "engineer"]);
    let answers = bench.task("Something else", "", &["--role", "refactorer"]);
    bench.until(answers, &["in review"]);
    bench.until(asks, &["in review"]);
    bench.json(&["task", "accept", &asks.to_string()]);
    assert_eq!(repo.on_main("port.txt").as_deref(), Some("8080"));
    assert_eq!(life(&bench, 1), ["sent", "read", "acted"]);
    let thread = bench.json(&["mail", "thread", "2"]);
    let said: Vec<_> =
        thread.as_array().unwrap().iter().map(|it| (it["kind"].as_str(), it["subject"].as_str())).collect();
    assert_eq!(said, [(Some("question"), Some("which port?")), (Some("answer"), Some("which port?"))]);
    assert_eq!(thread[0]["task"], asks, "it is known what they were working on: {thread}");
}

#[test]
fn what_a_crashed_agent_had_is_handed_to_the_next_run_at_its_desk() {
    let (bench, _) = with_agents(&[(
        "ann",
        "engineer",
        "run test -e seen.txt\n\
         run sh -c \"test -e seen.txt && office mail inbox | grep -q 'use tabs' && office mail ack 1 && office task done --summary read\"\n\
         office mail inbox\n\
         write seen.txt yes\n\
         crash\n",
    )]);
    bench.json(&["mail", "send", "ann", "House style", "--text", "use tabs"]);
    let task = bench.task("Read your mail", "", &["--attempts", "2"]);
    bench.until(task, &["in review"]);
    assert_eq!(life(&bench, 1), ["sent", "read", "returned", "read", "acted"]);
}

#[test]
fn mail_outlives_the_runtime_and_a_repeated_key_sends_it_once() {
    let (mut bench, _) = with_agents(&[("ann", "engineer", "hang\n")]);
    let first = bench.json(&["mail", "send", "ann", "Build", "--kind", "status", "--key", "build-1"]);
    bench.kill();
    bench.run();
    let again = bench.json(&["mail", "send", "ann", "Build", "--kind", "status", "--key", "build-1"]);
    assert_eq!(first["id"], again["id"], "{again}");
    bench.json(&["mail", "send", "ann", "Build", "--kind", "status", "--text", "green"]);
    let stood: Vec<_> = mails(&bench).iter().map(|it| it["state"].as_str().unwrap().to_owned()).collect();
    assert_eq!(stood, ["replaced", "queued"]);
    assert_eq!(bench.json(&["status"])["mail"]["queued"], 1);
    assert_eq!(bench.json(&["status"])["mail"]["waits"]["to"], "ann", "the gauge names the oldest");
}

#[test]
fn files_go_with_a_mail_as_they_were_and_lie_where_its_reader_finds_them_also_when_the_sender_is_gone() {
    let (bench, _) = with_agents(&[
        (
            "ann",
            "engineer",
            "write notes/plan.md first-words\n\
             run sh -c \"ln -s /etc/passwd link && office mail send ben no --file link\"\n\
             expect-exit 1\n\
             office mail send ben plan --file notes/plan.md\n\
             expect-exit 0\n\
             write notes/plan.md second-words\n\
             remove link\n\
             office task done --summary sent\n",
        ),
        (
            "ben",
            "refactorer",
            "run sh -c \"cat $(office mail inbox --wait | sed -n 's/^file: //p') > got.txt\"\n\
             expect-exit 0\n\
             office mail ack 1\n\
             office task done --summary read\n",
        ),
    ]);
    let sends = bench.task("Send the plan", "", &["--role", "engineer"]);
    bench.until(sends, &["in review"]);
    bench.json(&["task", "cancel", &sends.to_string()]);
    let reads = bench.task("Read the plan", "", &["--role", "refactorer"]);
    bench.until(reads, &["in review"]);
    let diff = bench.office(&["task", "diff", &reads.to_string()]).out;
    assert!(diff.contains("+first-words") && !diff.contains("second-words"), "{diff}");
    let mail = bench.json(&["mail", "show", "1"]);
    let kept = mail["files"][0].as_str().unwrap();
    assert_eq!(std::fs::read_to_string(kept).unwrap().trim(), "first-words", "its owner finds it, too");
    assert_eq!(mails(&bench).len(), 1, "nothing went through a link");
}

#[test]
fn mail_is_found_by_its_words_by_its_owner_in_all_of_it_and_by_an_agent_in_its_own() {
    let (bench, _) = with_agents(&[
        (
            "ann",
            "engineer",
            "run sh -c \"office --json mail search rounding > found.json\"\noffice task done --summary x\n",
        ),
        ("ben", "refactorer", "hang\n"),
    ]);
    bench.json(&["mail", "send", "ann", "Rounding", "--text", "Prices are rounded half to even."]);
    bench.json(&["mail", "send", "ben", "Rounding, too", "--text", "Fares as well: half up (Zürich)."]);
    let found = |words: &[&str]| -> Vec<u64> {
        let all = bench.json(&[&["mail", "search"], words].concat());
        all.as_array().unwrap().iter().map(|it| it["id"].as_u64().unwrap()).collect()
    };
    assert_eq!(found(&["round"]), [1, 2], "the beginning of a word is enough");
    assert_eq!(found(&["even", "HALF"]), [1], "all of them, in any order");
    assert_eq!(found(&["zurich"]), [2]);
    assert_eq!(found(&["half", "--with", "ben"]), [2]);
    assert_eq!(found(&["\"OR\" *"]), Vec::<u64>::new(), "no word is syntax");
    assert_eq!(found(&["..."]), Vec::<u64>::new());
    let task = bench.task("Look", "", &["--role", "engineer"]);
    bench.until(task, &["in review"]);
    let diff = bench.office(&["task", "diff", &task.to_string()]).out;
    assert!(diff.contains("half to even") && !diff.contains("Fares"), "{diff}");
}

#[test]
fn bad_mail_is_refused_with_what_to_do() {
    let (bench, _) = with_agents(&[("ann", "engineer", "hang\n")]);
    let nobody = bench.refused(4, &["mail", "send", "zoe", "hello"]);
    assert!(nobody["detail"].as_str().unwrap().contains("ann"), "{nobody}");
    let long = "x".repeat(70 * 1024);
    let said = bench.office_with(&["--json", "mail", "send", "ann", "long", "--text", "-"], &long);
    assert!(said.code == 1 && said.err.contains("name the file"), "{said:?}");
    let outside = bench.refused(1, &["mail", "send", "ann", "file", "--file", "/etc/passwd"]);
    assert!(outside["message"].as_str().unwrap().contains("no path in a checkout"), "{outside}");
    assert_eq!(bench.refused(1, &["mail", "send", "owner", "note"])["code"], "invalid");
    assert_eq!(bench.refused(4, &["mail", "show", "9"])["code"], "not_found");
    assert_eq!(mails(&bench), Vec::<Value>::new(), "nothing was sent");
}
