//! What holds for every line: no panic, wrappers never make a verdict milder, and several commands are as strict as the
//! strictest of them.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by ending")]

use std::sync::OnceLock;

use office_guard::judge::example_scene;
use office_guard::world::Paper;
use office_guard::{Asked, Judge, Policy, Verdict};
use proptest::prelude::*;

fn verdict(line: &str) -> Verdict {
    static JUDGE: OnceLock<Judge> = OnceLock::new();
    let judge = JUDGE.get_or_init(|| Judge::new(Policy::shipped().unwrap()));
    judge.judge(&Asked::Run { run: line.to_owned() }, &example_scene(), &Paper::default()).verdict
}

/// A text on which the shell's parser never ends is no fault here: who asks has it in a worker that is killed at its deadline
/// (`tests/worker.rs`).
fn no_panic(text: String) {
    let (done, judged) = std::sync::mpsc::channel();
    let thread = std::thread::spawn(move || {
        verdict(&text);
        let _ = done.send(());
    });
    match judged.recv_timeout(std::time::Duration::from_secs(5)) {
        Err(std::sync::mpsc::RecvTimeoutError::Timeout) => {}
        _ => thread.join().unwrap(),
    }
}

/// Simple commands of all verdicts.
fn command() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "ls -l",
        "cargo test",
        "git status",
        "cat src/a.rs",
        "rm -rf target",
        "echo x > a",
        "true",
        "make test",
        "npm ci",
        "git push",
        "npm publish",
        "curl https://example.org",
        "unheard-of x",
        "rm -rf src",
        "git reset --hard",
        "sudo ls",
        "rm -rf ~",
        "cat ~/.ssh/id_rsa",
        "git push -f",
        "echo x > .git/hooks/a",
        "touch ../x/y",
        "rm -rf \"$D\"",
        "git $X",
        "python3 -c 'x()'",
        "cat $F",
    ])
}

fn wrapper() -> impl Strategy<Value = (&'static str, &'static str)> {
    prop::sample::select(vec![
        ("bash -c '", "'"),
        ("(", ")"),
        ("{ ", "; }"),
        ("if true; then ", "; fi"),
        ("for i in 1; do ", "; done"),
        ("env A=1 bash -c '", "'"),
        ("f() { ", "; }; f"),
        ("timeout 5 sh -c '", "'"),
        ("! { ", "; }"),
        ("true && ", ""),
        ("eval '", "'"),
        ("echo $(", ")"),
        ("bash <<'E'\n", "\nE"),
        ("while true; do ", "; break; done"),
        ("cat <(", ")"),
        ("A=1; ", ""),
        ("nice bash -c '", "'"),
        ("", " &"),
        ("", " | cat"),
        ("cd src && ", ""),
    ])
}

/// Letters that mean something to a shell, more often than chance would have it.
fn shellish() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "git", " push", " ", "$", "(", ")", "{", "}", "\"", "'", "`", ";", "&", "|", "<", ">", "\n", "<<E", "E", "\\",
        "=", "x", "[", "]", "*", "~", "!", "#", "if ", "then ", "fi", "for ", "do ", "done", "case ", "in ", "esac",
        "$(", "${", "$((", "))", "&&", "||", "2>", "0", "é", "\t",
    ]);
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn a_wrapper_never_lowers_a_verdict(command in command(), (before, after) in wrapper()) {
        // A quote within quotes would end them.
        prop_assume!(!(before.ends_with('\'') && command.contains('\'')));
        prop_assume!(!(before.contains("A=1; ") && command.contains('$')));
        let (plain, wrapped) = (verdict(command), verdict(&format!("{before}{command}{after}")));
        // In another folder a relative path is another file; only what is asked may become refused or stay.
        let milder = wrapped < plain && !(before.starts_with("cd ") && command.contains(".."));
        prop_assert!(!milder, "{before}{command}{after} is {wrapped:?}, but {command} is {plain:?}");
    }

    #[test]
    fn several_commands_are_as_strict_as_the_strictest(first in command(), second in command(), join in prop::sample::select(vec!["; ", "\n", " && ", " || ", " & "])) {
        let strictest = verdict(first).max(verdict(second));
        let line = format!("{first}{join}{second}");
        prop_assert!(verdict(&line) >= strictest, "{line}");
    }

    #[test]
    fn no_text_makes_it_panic(text in shellish()) {
        no_panic(text);
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        no_panic(String::from_utf8_lossy(&bytes).into_owned());
    }
}
