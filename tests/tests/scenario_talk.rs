//! The owner says what they want to whoever leads the desks: what comes of it is a plan, and nothing of it runs before it is accepted.
#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

use office_tests::bench::fake_agent_bin;
use office_tests::{Bench, Repo};
use serde_json::{Value, json};

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

/// Four drafts that wait for one another, as a coordinator would write them.
fn four() -> String {
    let draft = |n: u32, after: &[u32]| {
        let check = (1..=n).map(|step| format!("test -e step-{step}.txt")).collect::<Vec<_>>().join(" && ");
        json!({"title": format!("Write step {n} of rounding"), "checks": [check], "role": "engineer", "after": after, "estimate_mins": 5})
    };
    json!({"title": "Prices are rounded as the law says", "words": "German first.", "drafts": [draft(1, &[]), draft(2, &[0]), draft(3, &[1]), draft(4, &[1, 2])]})
        .to_string()
}

const HAND: &str = "run sh -c \"echo done > step-$OFFICE_TASK.txt\"\noffice task done --summary done\n";

/// It hears what is said, plans, and says so.
fn lead(bench_file: &str) -> String {
    format!(
        "run sh -c \"office mail inbox --wait | grep -q 'as the law says'\"\nexpect-exit 0\n\
         office plan propose {bench_file}\nexpect-exit 0\n\
         office mail reply 1 \"Four steps\"\nexpect-exit 0\nhang\n"
    )
}

fn plans(bench: &Bench) -> Vec<Value> {
    bench.json(&["plan", "list", "--all"]).as_array().unwrap().clone()
}

#[test]
fn a_sentence_becomes_a_plan_that_is_accepted_worked_and_merged() {
    let (bench, repo) = with_agents(&[("hand", "engineer", HAND)]);
    let file = bench.root().join("plan.json");
    std::fs::write(&file, four()).unwrap();
    let script = bench.root().join("lead.txt");
    std::fs::write(&script, lead(file.to_str().unwrap())).unwrap();
    let command = format!("{} {}", fake_agent_bin().display(), script.display());
    bench.json(&["desk", "add", "--name", "lee", "--role", "coordinator", "--engine", "custom", "--command", &command]);
    bench.json(&["project", "set", "demo", "--accept", "green"]);
    let said = bench.json(&["talk", "Round prices as the law says", "--wait"]);
    assert_eq!(said[0]["from"]["kind"], "owner", "{said}");
    let plan = bench.wait("the plan", || plans(&bench).pop());
    assert_eq!(
        (plan["state"].as_str(), plan["thread"].as_u64(), plan["drafts"].as_array().unwrap().len()),
        (Some("proposed"), Some(1), 4)
    );
    let states = || (1..=4).map(|id| bench.show(id)["state"].as_str().unwrap().to_owned()).collect::<Vec<_>>();
    assert_eq!(states(), ["draft"; 4], "nothing of it runs yet");
    assert_eq!(bench.show(4)["depends_on"], json!([2, 3]));
    let shown = bench.office(&["plan", "show", "1"]).out;
    assert!(
        shown.contains("after #2, #3; for the role engineer; about 5 min") && shown.contains("office plan accept 1"),
        "{shown}"
    );
    bench.json(&["plan", "accept", "1"]);
    bench.until(4, &["done"]);
    for step in 1..=4 {
        assert_eq!(repo.on_main(&format!("step-{step}.txt")).as_deref(), Some("done"));
    }
    let events = bench.events();
    let accepted: Vec<_> =
        events.iter().filter(|it| it["event"]["noun"] == "plan" && it["event"]["type"] == "accepted").collect();
    assert_eq!((accepted.len(), accepted[0]["actor"]["kind"].as_str()), (1, Some("owner")));
    let released = events.iter().filter(|it| it["event"]["type"] == "released" && it["cause"] == accepted[0]["cause"]);
    assert_eq!(released.count(), 4, "each says by which command it was released");
    let told = bench.office(&["talk"]).out;
    assert!(
        told.contains("Round prices as the law says")
            && told.contains("Four steps")
            && told.contains("plan 1 accepted"),
        "{told}"
    );
}

#[test]
fn without_a_coordinator_it_says_so_and_a_plan_is_made_changed_and_rejected_all_the_same() {
    let (bench, _) = with_agents(&[]);
    let nobody = bench.refused(4, &["talk", "hello"]);
    assert!(nobody["detail"].as_str().unwrap().contains("--role coordinator"), "{nobody}");
    let said = bench.office_with(&["--json", "plan", "propose", "-"], &four());
    assert_eq!(said.code, 0, "{said:?}");
    let again = bench.office_with(&["--json", "plan", "propose", "-"], &four());
    assert!(again.code == 1 && again.err.contains("is task #1 already"), "{again:?}");
    bench.json(&["plan", "edit", "1", "--drop", "2", "--estimate", "1=45", "--title", "Less"]);
    assert_eq!(bench.show(3)["depends_on"], json!([1]), "what waited for it waits for what it waited for");
    let rejected = bench.json(&["plan", "reject", "1", "--note", "not now"]);
    assert_eq!((rejected["state"].as_str(), rejected["note"].as_str()), (Some("rejected"), Some("not now")));
    assert_eq!(bench.show(4)["state"], "cancelled");
    assert_eq!(bench.refused(1, &["plan", "accept", "1"])["code"], "wrong_state");
    assert_eq!(bench.refused(4, &["plan", "show", "9"])["code"], "not_found");
    let round = r#"{"title": "x", "drafts": [{"title": "Add a flag to the list", "after": [1]}, {"title": "Show the flag on the page", "after": [0]}]}"#;
    let round = bench.office_with(&["--json", "plan", "propose", "-"], round);
    assert!(round.code == 1 && round.err.contains("would wait for itself"), "{round:?}");
    let no_json = bench.office_with(&["--json", "plan", "propose", "-"], "{}");
    assert!(no_json.code == 2 && no_json.err.contains("drafts"), "{no_json:?}");
}

#[test]
fn prose_is_planned_by_whoever_leads_and_else_a_draft_for_each_heading_never_twice() {
    let (bench, _) = with_agents(&[]);
    let prose = bench.root().join("roadmap.md");
    std::fs::write(&prose, "# Rounding\nHalf up.\n\n# Invoices\nBy mail.\n").unwrap();
    let file = prose.to_str().unwrap();
    bench.json(&["task", "import", file]);
    bench.json(&["task", "import", file]);
    assert_eq!(bench.json(&["task", "list"]).as_array().unwrap().len(), 2, "a draft for each heading, once");
    bench.json(&["desk", "add", "--name", "lee", "--role", "coordinator", "--engine", "shell"]);
    assert_eq!(bench.json(&["task", "import", file])["handed"], Value::Null, "it goes on as it was begun");
    let other = bench.root().join("next.md");
    std::fs::write(&other, "We want refunds.\n").unwrap();
    let first = bench.json(&["task", "import", other.to_str().unwrap()]);
    let again = bench.json(&["task", "import", other.to_str().unwrap()]);
    assert_eq!(
        (first["handed"].as_u64(), again["handed"].as_u64()),
        (Some(1), Some(1)),
        "the same words are handed over once"
    );
    let mail = bench.json(&["mail", "show", "1"]);
    assert!(mail["text"].as_str().unwrap().contains("We want refunds.") && mail["kind"] == "handoff", "{mail}");
    assert_eq!(bench.json(&["task", "list"]).as_array().unwrap().len(), 2, "it makes no tasks of its own");
}

#[test]
fn whoever_leads_answers_what_a_desk_asks_and_nobody_else_does() {
    let asks = "run sh -c \"if test -e asked.txt; then office task done --summary read; else echo yes > asked.txt; office task blocked --needs 'which port?'; fi\"\n";
    let meddles = "run sh -c \"office task answer 1 --text mine 2>&1 | grep -q 'may not answer questions'\"\nexpect-exit 0\n\
                   office mail send owner refused\nhang\n";
    let answers = "office task await 1 --state blocked\nexpect-exit 0\noffice task answer 1 --text \"8080, as the docs say\"\nexpect-exit 0\nhang\n";
    let (bench, _) =
        with_agents(&[("ann", "engineer", asks), ("mo", "docs-writer", meddles), ("lee", "coordinator", answers)]);
    let task = bench.task("Find the port", "", &["--role", "engineer"]);
    bench.json(&["desk", "open", "mo", "--fresh"]);
    bench.wait("the refusal", || bench.json(&["mail", "list"]).as_array().unwrap().first().map(|_| ()));
    // A blocked task wakes whoever leads.
    let note = &bench.until(task, &["in review"])["notes"][0];
    assert_eq!((note["by"]["kind"].as_str(), note["text"].as_str()), (Some("agent"), Some("8080, as the docs say")));
}

#[test]
fn drafts_say_what_they_lack() {
    let (bench, _) = with_agents(&[]);
    let task = bench.task("Improve performance", "", &["--draft"]);
    let good = bench.task("Return 404 for unknown orders", "", &["--check", "make test"]);
    let shown = bench.office(&["task", "show", &task.to_string()]).out;
    assert!(
        shown.contains("Before it is released\n  vague: 'improve'") && shown.contains("unchecked: nothing says"),
        "{shown}"
    );
    let linted = bench.json(&["task", "lint"]);
    let kinds =
        |at: usize| linted[at]["flaws"].as_array().unwrap().iter().map(|it| it["kind"].clone()).collect::<Vec<_>>();
    assert_eq!((kinds(0), kinds(1)), (vec![json!("vague"), json!("unchecked")], Vec::new()), "{linted}");
    assert_eq!(bench.json(&["task", "lint", &good.to_string()])[0]["flaws"], json!([]));
    assert_eq!(bench.refused(4, &["task", "lint", "99"])["code"], "not_found");
}
