//! Any command line at a desk (the `custom` engine): a scripted agent claims, is refused, blocks, crashes, hangs and floods.
#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

use office_tests::bench::fake_agent_bin;
use office_tests::{Bench, Repo, processes};

/// An office with one desk whose command is a scripted agent.
fn with_agent(script: &str) -> (Bench, Repo) {
    let (bench, repo) = Bench::with_desks(&[("a.txt", "a\n")], &[]);
    let file = bench.root().join("agent.txt");
    std::fs::write(&file, script).unwrap();
    let command = format!("{} {}", fake_agent_bin().display(), file.display());
    bench.json(&["desk", "add", "--name", "fay", "--role", "engineer", "--engine", "custom", "--command", &command]);
    (bench, repo)
}

#[test]
fn an_agent_that_says_done_too_early_is_told_what_is_red_and_goes_on() {
    let (bench, repo) = with_agent(
        "write b.txt wrong\n\
         office task done --summary early\n\
         expect-exit 1\n\
         write b.txt right\n\
         commit Write the right word\n\
         office task done --summary \"now it is right\"\n\
         expect-exit 0\n",
    );
    let task = bench.task("Write a word", "", &["--check", "grep right b.txt || { echo no right word; exit 1; }"]);
    let it = bench.until(task, &["in review"]);
    assert_eq!(it["attempts_used"], 1, "{it}");
    assert_eq!(it["claim"]["summary"], "now it is right", "{it}");
    assert_eq!(it["claim"]["by"]["kind"], "agent", "{it}");
    let log = bench.office(&["task", "log", &task.to_string()]).out;
    assert!(log.contains("no right word"), "the agent was shown the check's output: {log}");
    bench.json(&["task", "accept", &task.to_string()]);
    assert_eq!(repo.on_main("b.txt").as_deref(), Some("right"));
    assert_eq!(repo.subjects()[0], "Write the right word", "the agent's own message, by the owner");
    assert_eq!(
        repo.git(&["log", "-1", "--topo-order", "--no-merges", "--format=%an <%ae>|%cn"]),
        "Olive Owner <olive@example.org>|Olive Owner"
    );
    bench.until_quiet();
}

#[test]
fn a_blocked_task_keeps_its_partial_work_and_goes_on_with_the_answer() {
    let (bench, repo) = with_agent(
        "run test -e part.txt\n\
         run sh -c \"grep -q 'use the blue one' ../../runs/*/briefing.md && cp part.txt whole.txt && office task done --summary blue\"\n\
         write part.txt partial\n\
         office task progress \"half of it\"\n\
         office task blocked --needs \"which colour?\" --done-so-far \"the part\"\n\
         hang\n",
    );
    let task = bench.task("Paint it", "", &[]);
    let it = bench.until(task, &["blocked"]);
    assert!(it["why"].as_str().unwrap().contains("which colour?"), "{it}");
    assert_eq!(it["progress"], "half of it");
    bench.until_quiet();
    let kept = bench.wait("the part on its branch", || {
        let it = bench.show(task);
        it["work"]["tip"].as_str().map(str::to_owned)
    });
    let stat = bench.office(&["task", "diff", &task.to_string()]).out;
    assert!(stat.contains("+partial"), "{kept}: {stat}");
    let status = bench.json(&["status"]);
    assert_eq!(status["waits_for_you"][0]["id"], task, "{status}");
    bench.json(&["task", "answer", &task.to_string(), "--text", "use the blue one"]);
    bench.until(task, &["in review"]);
    bench.json(&["task", "accept", &task.to_string()]);
    assert_eq!(repo.on_main("whole.txt").as_deref(), Some("partial"));
}

#[test]
fn a_question_with_answers_to_choose_from_is_answered_by_number_or_in_words() {
    let (bench, _) = with_agent(
        "run sh -c \"grep -q 'use the blue one' ../../runs/*/briefing.md && echo blue > paint.txt && office task done --summary blue\"\n\
         office task blocked --needs \"which colour?\" --option red --option \"use the blue one\"\n\
         hang\n",
    );
    let task = bench.task("Paint it", "", &[]);
    let it = bench.until(task, &["blocked"]);
    assert_eq!(it["options"], serde_json::json!(["red", "use the blue one"]), "{it}");
    let asked = bench.office(&["answer"]).out;
    assert!(asked.contains("which colour?") && asked.contains("  2. use the blue one"), "{asked}");
    let number = task.to_string();
    assert!(bench.refused(2, &["answer", &number, "3"])["message"].as_str().unwrap().contains("no choice 3"));
    let said = bench.json(&["answer", &number, "2"]);
    assert!(said[0]["options"].is_null() && said[0]["notes"][0]["text"] == "use the blue one", "{said}");
    bench.until(task, &["in review"]);
}

#[test]
fn an_agent_that_crashes_uses_its_attempts_and_its_evidence_is_kept() {
    let (bench, _) = with_agent("append tried.txt once\nprint about to crash\ncrash\n");
    let task = bench.task("Crash", "", &["--attempts", "2"]);
    let it = bench.until(task, &["failed"]);
    assert_eq!(it["attempts_used"], 2);
    assert!(it["why"].as_str().unwrap().contains("signal 6"), "{it}");
    let kept = bench.wait("its work", || bench.show(task)["work"]["files"][0]["path"].as_str().map(str::to_owned));
    assert_eq!(kept, "tried.txt");
    assert!(bench.office(&["task", "log", &task.to_string()]).out.contains("about to crash"));
    let view = bench.json(&["desk", "show", "fay"]);
    assert_eq!(view["state"], "crashed", "{view}");
}

#[test]
fn an_agent_that_hangs_and_leaves_daemons_is_ended_whole_at_its_time_limit() {
    let (bench, _) = with_agent("ignore HUP TERM INT\ndaemonise 600 holding\nfork-child 600\nhold-pipe 600\nhang\n");
    let task = bench.task("Hang", "", &["--attempts", "1", "--time-limit", "1"]);
    let it = bench.until(task, &["failed"]);
    assert!(it["why"].as_str().unwrap().contains("time limit of 1 s"), "{it}");
    assert_eq!(processes::of_desks(bench.dir()), Vec::<u32>::new(), "its whole family is gone");
}

#[test]
fn a_program_that_ends_while_a_grandchild_holds_its_terminal_is_done_all_the_same() {
    let (bench, _) = with_agent("write b.txt b\ndaemonise 600 holding\nhold-pipe 600\nexit 0\n");
    let task = bench.task("Leave something behind", "", &[]);
    bench.until(task, &["in review"]);
    bench.until_quiet();
}

#[test]
fn a_flood_is_recorded_within_its_cap_and_costs_the_office_no_memory() {
    let (bench, _) = with_agent("flood 60m\nprint the last line\nwrite b.txt b\n");
    let task = bench.task("Flood", "", &[]);
    bench.until(task, &["in review"]);
    let status = std::fs::read_to_string(format!("/proc/{}/status", bench.pid())).unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let peak: u64 = peak.trim().trim_end_matches(" kB").parse().unwrap();
    assert!(peak < 200 * 1024, "the runtime's memory peaked at {peak} kB");
    let run = bench.show(task)["last_run"].to_string();
    let folder = bench.dir().join("runs").join(run);
    let bytes: u64 = std::fs::read_dir(folder).unwrap().flatten().map(|entry| entry.metadata().unwrap().len()).sum();
    assert!(bytes < 70 * 1024 * 1024, "the recording takes {bytes} bytes");
}

#[test]
fn a_finding_is_filed_with_its_report_and_merges_nothing() {
    let (bench, repo) = with_agent(
        "write ../../../report.md \"# Found\\nNothing to mend.\"\n\
         office task done --summary looked --report ../../../report.md\n",
    );
    let before = repo.head();
    let task = bench.task("Look around", "", &["--deliverable", "finding"]);
    let it = bench.until(task, &["in review"]);
    assert!(it["claim"]["report"].as_str().is_some_and(|report| report.contains("Nothing to mend.")), "{it}");
    let it = bench.json(&["task", "accept", &task.to_string()]);
    assert_eq!(it["state"], "done");
    assert_eq!(repo.head(), before);
    assert!(bench.office(&["search", "mend"]).out.contains("Look around"), "findings are found");
}
