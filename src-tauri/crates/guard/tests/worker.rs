//! The guard with real workers: hostile lines end a worker and nothing else, and the answer is there in time all the same.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by ending")]

use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use office_guard::judge::example_scene;
use office_guard::wire::Layer;
use office_guard::{Asked, Guard, Origin, Said, Verdict};

/// What the caller may wait at most.
const IN_TIME: Duration = Duration::from_millis(250);

#[expect(clippy::disallowed_methods, reason = "the worker is what is killed here; the guard waits for it")]
fn guard(workers: usize) -> (Guard, Arc<AtomicUsize>) {
    let started = Arc::new(AtomicUsize::new(0));
    let count = started.clone();
    let start = move || {
        count.fetch_add(1, Ordering::SeqCst);
        let mut command = Command::new(env!("CARGO_BIN_EXE_office-guard"));
        command.env_clear().stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()
    };
    (Guard::new(Box::new(start), workers).unwrap(), started)
}

fn run(guard: &Guard, line: &str) -> Said {
    guard.judge(&Asked::Run { run: line.to_owned() }, &example_scene())
}

#[test]
fn an_ordinary_line_goes_ahead_and_a_risky_one_waits() {
    let (guard, _) = guard(1);
    assert_eq!(run(&guard, "cargo test").verdict, Verdict::Allow);
    let said = run(&guard, "X=git; $X push");
    assert_eq!((said.verdict, said.rule.as_str()), (Verdict::Ask, "git.push"));
    assert_eq!(run(&guard, "rm -rf ~").verdict, Verdict::Deny);
}

#[test]
fn hostile_lines_are_asked_about_in_time_and_the_next_line_is_answered() {
    let (guard, started) = guard(1);
    let bomb = "git${I[FS}push".repeat(7);
    let mut hostile: Vec<String> = vec![
        "((".repeat(16) + "1",
        "( ( ".repeat(16),
        "{ ".repeat(2000),
        "$(".repeat(2000),
        "`".repeat(3001),
        "if ".repeat(4000),
        "! ".repeat(60_000 / 2),
        "a=(".repeat(400),
        "case x in ".repeat(2000),
        "x() { ".repeat(60),
        "echo $(cat <<E\nnever ends".into(),
        "{a,b}".repeat(40),
        "echo {1..999999999}".into(),
        ":(){ :|:& };:".into(),
        "a".repeat(64 * 1024),
        "a".repeat(64 * 1024 + 1),
        "echo x;".repeat(9000),
        "\"".repeat(60_001),
        "a\0b".into(),
        "${".repeat(5000),
        "[[ ( ".repeat(60),
        "x=${x:-".repeat(60),
        "f() { f; f; }; f".into(),
        "for i in {1..200}; do for j in {1..200}; do for k in {1..200}; do x; done; done; done".into(),
        String::from_utf8_lossy(&[0xff, 0xfe, b'g', 0x80]).into_owned(),
        bomb.clone(),
        format!("echo \"{bomb}\""),
        "((((1+(2*(3+((4)))))))) ; ((((((((((((((((a".into(),
    ];
    for opener in ["(", "((", "$((", "{ ", "[", "${a[", "<(", "\"$(", "a[$("] {
        hostile.push(opener.repeat(12));
        hostile.push(format!("{}x{}", opener.repeat(11), ")".repeat(22)));
    }
    for line in &hostile {
        // What is slow by itself is slow each time; a machine that is busy is not, for so many times.
        let shown: String = line.chars().take(40).collect();
        let in_time = (0..20).any(|_| {
            let since = Instant::now();
            let said = run(&guard, line);
            let took = since.elapsed();
            assert!(said.verdict >= Verdict::Ask, "{shown:?} is allowed: {said:?}");
            took <= IN_TIME
        });
        assert!(in_time, "twenty times longer than {IN_TIME:?} for {shown:?}");
        // A fresh worker may still be on its way; the second question finds it ready.
        let next = (0..50).map(|_| run(&guard, "ls")).find(|said| said.verdict == Verdict::Allow);
        assert!(next.is_some(), "nothing is answered after {shown:?}");
    }
    assert!(started.load(Ordering::SeqCst) >= 1);
}

#[test]
fn a_line_on_which_the_parser_never_ends_is_asked_about_and_costs_its_worker() {
    let (guard, started) = guard(1);
    // Found by the property test. How long it takes is the deadline, which a busy machine stretches.
    let said = run(&guard, "\\&<<E$(( ;if !if é\\é esac$((if )# for }#)");
    assert_eq!((said.verdict, said.rule.as_str()), (Verdict::Ask, "guard"));
    let next = (0..50).map(|_| run(&guard, "ls")).find(|said| said.verdict == Verdict::Allow);
    assert!(next.is_some(), "nothing is answered after it");
    assert!(started.load(Ordering::SeqCst) >= 2, "the worker was killed and another started");
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a worker that never answers; the guard kills it and waits for it")]
fn a_worker_that_does_not_answer_is_no_worker() {
    let start = || Command::new("sleep").arg("60").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let since = Instant::now();
    assert!(Guard::new(Box::new(start), 1).is_err());
    assert!(since.elapsed() < Duration::from_secs(30));
}

#[test]
fn a_file_of_rules_with_a_fault_is_not_in_force_and_its_last_good_form_stays() {
    let (guard, _) = guard(1);
    let layer = |text: &str| vec![Layer { name: "mine.toml".into(), origin: Origin::Owner, text: text.into() }];
    let good = "[[rule]]\nid = \"mine\"\nrun = \"ls\"\nverdict = \"deny\"\ncategory = \"scope\"\nwhy = \"no\"\nmatch = [\"ls -l\"]\n";
    assert_eq!(guard.reload(layer(good)), Vec::<String>::new());
    assert_eq!(run(&guard, "ls -a").verdict, Verdict::Deny);
    let faults = guard.reload(layer(&good.replace("[\"ls -l\"]", "[\"cat a\"]")));
    assert!(faults.len() == 1 && faults[0].starts_with("mine.toml:2: mine: it should fit \"cat a\""), "{faults:?}");
    assert_eq!(run(&guard, "ls -a").verdict, Verdict::Deny);
    // A worker that died has the rules again.
    assert_eq!(run(&guard, &"git${I[FS}push".repeat(7)).verdict, Verdict::Ask);
    let next = (0..50).map(|_| run(&guard, "ls -a")).find(|said| said.rule == "mine");
    assert!(next.is_some());
    assert_eq!(guard.reload(Vec::new()), Vec::<String>::new());
    assert_eq!(run(&guard, "ls -a").verdict, Verdict::Allow);
}

#[test]
fn many_at_once_are_all_answered() {
    let (guard, _) = guard(2);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..20 {
                    assert!(run(&guard, "git push").verdict >= Verdict::Ask);
                }
            });
        }
    });
    assert_eq!(run(&guard, "ls").verdict, Verdict::Allow);
}
