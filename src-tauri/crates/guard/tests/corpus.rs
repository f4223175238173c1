//! A corpus of what people and agents run: nothing risky may be allowed, and hardly anything ordinary may be stopped. Three
//! lines in ten are held out by their hash: they were not looked at while rules were written.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test that fails says so")]

use office_guard::judge::example_scene;
use office_guard::world::Paper;
use office_guard::{Asked, Judge, Policy, Said, Verdict};

struct Line {
    text: &'static str,
    held_out: bool,
    said: Said,
}

/// FNV-1a: which lines are held out must not depend on a library.
fn is_held_out(line: &str) -> bool {
    let hash = line
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    (hash >> 32) % 10 < 3
}

fn judged(corpus: &'static str) -> Vec<Line> {
    let judge = Judge::new(Policy::shipped().unwrap());
    // A checkout in which scripts that tests name are there.
    let root = example_scene().checkout;
    let world = ["scripts/build.js", "scripts/generate_docs.py", "manage.py", "setup.py", "bin/rails"]
        .iter()
        .fold(Paper::default(), |world, path| world.file(root.join(path), "#!/usr/bin/env ruby\n"));
    let lines = corpus.lines().filter(|line| !line.is_empty() && !line.starts_with("# "));
    lines
        .map(|text| {
            let asked = if text.starts_with("{\"write\"") {
                serde_json::from_str(text).unwrap()
            } else {
                Asked::Run { run: text.replace('⏎', "\n") }
            };
            let said = judge.judge(&asked, &example_scene(), &world);
            Line { text, held_out: is_held_out(text), said }
        })
        .collect()
}

/// Whether only the lines that rules may be written by are shown.
fn only_seen() -> bool {
    std::env::var_os("OFFICE_GUARD_SEEN_ONLY").is_some()
}

#[test]
fn nothing_risky_is_allowed() {
    let lines = judged(include_str!("corpus/risky.txt"));
    let wrong: Vec<&Line> = lines.iter().filter(|line| line.said.verdict == Verdict::Allow).collect();
    for held_out in [false, true] {
        let all = lines.iter().filter(|line| line.held_out == held_out).count();
        let bad = wrong.iter().filter(|line| line.held_out == held_out).count();
        println!("risky, {}: {bad} of {all} allowed", if held_out { "held out" } else { "seen" });
    }
    let shown = |line: &&&Line| !(line.held_out && only_seen());
    let shown: Vec<String> =
        wrong.iter().filter(shown).map(|line| format!("{} [{}]", line.text, line.said.rule)).collect();
    assert!(shown.is_empty(), "allowed:\n{}", shown.join("\n"));
}

#[test]
fn hardly_anything_ordinary_is_stopped() {
    let lines = judged(include_str!("corpus/routine.txt"));
    let stopped: Vec<&Line> = lines.iter().filter(|line| line.said.verdict != Verdict::Allow).collect();
    for held_out in [false, true] {
        let all = lines.iter().filter(|line| line.held_out == held_out).count();
        let bad = stopped.iter().filter(|line| line.held_out == held_out).count();
        println!("ordinary, {}: {bad} of {all} stopped", if held_out { "held out" } else { "seen" });
    }
    let shown = |line: &&&Line| !(line.held_out && only_seen());
    let shown: Vec<String> = stopped
        .iter()
        .filter(shown)
        .map(|line| format!("{} [{} {}] {}", line.text, line.said.verdict.as_str(), line.said.rule, line.said.reason))
        .collect();
    println!("{}", shown.join("\n"));
    assert!(shown.len() * 50 <= lines.len(), "{} of {} stopped:\n{}", shown.len(), lines.len(), shown.join("\n"));
}

/// Lines of other styles, none of which was left out because it is stopped: the truer figure.
#[test]
fn of_what_was_written_in_other_styles_little_is_stopped() {
    let lines = judged(include_str!("corpus/fresh.txt"));
    let stopped: Vec<&Line> = lines.iter().filter(|line| line.said.verdict != Verdict::Allow).collect();
    let shown: Vec<String> = stopped.iter().map(|line| format!("{} [{}]", line.text, line.said.rule)).collect();
    println!("other styles: {} of {} stopped", shown.len(), lines.len());
    assert!(shown.len() * 100 <= lines.len() * 4, "{} of {}:\n{}", shown.len(), lines.len(), shown.join("\n"));
}

/// Neighbours of what was once judged wrong, class by class: `+` goes ahead, `-` does not.
#[test]
fn lines_of_each_class_are_judged_as_it_says() {
    let judge = Judge::new(Policy::shipped().unwrap());
    let mut wrong = Vec::new();
    for line in include_str!("corpus/classes.txt").lines() {
        let Some((sign, text)) = line.split_once(' ').filter(|(sign, _)| matches!(*sign, "+" | "-")) else { continue };
        let asked = match text.starts_with("{\"") {
            true => serde_json::from_str(text).unwrap(),
            false => Asked::Run { run: text.replace('⏎', "\n") },
        };
        let said = judge.judge(&asked, &example_scene(), &Paper::default());
        if (said.verdict == Verdict::Allow) != (sign == "+") {
            wrong.push(format!("{line}  [{} {}] {}", said.verdict.as_str(), said.rule, said.reason));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_corpus_is_large_enough() {
    let count = |corpus: &str| corpus.lines().filter(|line| !line.is_empty() && !line.starts_with("# ")).count();
    let (routine, risky) = (count(include_str!("corpus/routine.txt")), count(include_str!("corpus/risky.txt")));
    assert!(routine >= 200 && risky >= 200 && routine + risky >= 400, "{routine} ordinary, {risky} risky");
}
