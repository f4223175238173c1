//! What bash really does against what the normaliser says: every disguise is run in bash, with stubs on the path that log what
//! they were given, and whatever they logged must have been seen, or the line must not be allowed.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test that fails says so")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use office_guard::action::Action;
use office_guard::judge::actions;
use office_guard::world::Disk;
use office_guard::{Asked, Judge, Policy, Scene, Verdict};

/// The commands that are disguised.
const COMMANDS: [&str; 2] = ["git push origin main", "rm -rf precious"];

/// Fewer disguises that really did it would prove nothing.
const AT_LEAST: usize = 600;

fn lines() -> Vec<(String, &'static str)> {
    let templates = include_str!("disguises.txt").lines().filter(|line| !line.is_empty() && !line.starts_with("# "));
    let mut all: Vec<(String, &str)> = Vec::new();
    for template in templates.chain(["# comment⏎@"]) {
        for command in COMMANDS {
            let words: Vec<&str> = command.split(' ').collect();
            let line = template
                .replace("@0", words[0])
                .replace("@1", words[1])
                .replace("@+", &words[1..].join(" "))
                // What is left of `@` are bash's own.
                .replace("\"$@\"", "\u{1}")
                .replace("$@", "\u{2}")
                .replace("[@]", "\u{3}")
                .replace("@P", "\u{4}")
                .replace("@E", "\u{5}")
                .replace('@', command)
                .replace('\u{1}', "\"$@\"")
                .replace('\u{2}', "$@")
                .replace('\u{3}', "[@]")
                .replace('\u{4}', "@P")
                .replace('\u{5}', "@E")
                .replace('⏎', "\n");
            all.push((line, command));
        }
    }
    all
}

/// A folder with stubs that log their arguments, and nothing else.
fn stubs(folder: &Path, log: &Path) -> PathBuf {
    let bin = folder.join("bin");
    fs::create_dir_all(&bin).unwrap();
    for name in ["git", "rm"] {
        let path = bin.join(name);
        fs::write(&path, format!("#!/bin/sh\necho {name} \"$@\" >> '{}'\n", log.display())).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    bin
}

/// What the stubs logged when bash ran the line.
#[expect(clippy::disallowed_methods, reason = "bash itself is what is compared with, and waited for")]
fn logged(line: &str, folder: &Path) -> Vec<String> {
    let checkout = folder.join("checkout");
    fs::create_dir_all(checkout.join("precious")).unwrap();
    let log = folder.join("log");
    let bin = stubs(folder, &log);
    let mut bash = Command::new("timeout");
    bash.args(["-k", "1", "10", "bash", "--norc", "-c", line]).current_dir(&checkout).env_clear();
    bash.env("PATH", format!("{}:/usr/bin:/bin", bin.display())).env("HOME", folder).env("LC_ALL", "C.UTF-8");
    bash.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    bash.status().unwrap();
    fs::read_to_string(&log).unwrap_or_default().lines().map(str::to_owned).collect()
}

/// Whether the actions show the command.
fn seen(actions: &[Action], command: &str) -> bool {
    actions.iter().any(|action| match action {
        Action::Run(run) if command.starts_with("git") => run.name == ["git", "push"],
        Action::Delete { place, recursive, .. } => {
            *recursive && place.shown.contains("precious") && command.starts_with("rm")
        }
        _ => false,
    })
}

#[test]
fn whatever_bash_did_was_seen_or_is_asked() {
    let judge = Judge::new(Policy::shipped().unwrap());
    let lines = lines();
    let next = AtomicUsize::new(0);
    let (did, saw, missed) = (AtomicUsize::new(0), AtomicUsize::new(0), Mutex::new(Vec::new()));
    let idle = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while let Some((line, command)) = lines.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let scratch = tempfile::tempdir().unwrap();
                    let checkout = scratch.path().join("checkout");
                    fs::create_dir_all(&checkout).unwrap();
                    // Judged before it runs, as it would be.
                    let scene = Scene::new(&checkout, &checkout, scratch.path());
                    let asked = Asked::Run { run: line.clone() };
                    let actions = actions(&asked, &scene, &Disk);
                    let verdict = judge.judge(&asked, &scene, &Disk).verdict;
                    let log = logged(line, scratch.path());
                    if !log.iter().any(|said| said == command) {
                        idle.lock().unwrap().push(line);
                        continue;
                    }
                    did.fetch_add(1, Ordering::Relaxed);
                    if seen(&actions, command) {
                        saw.fetch_add(1, Ordering::Relaxed);
                    }
                    if verdict == Verdict::Allow {
                        missed.lock().unwrap().push(format!("{line:?} {actions:?}"));
                    }
                }
            });
        }
    });
    let (did, saw) = (did.into_inner(), saw.into_inner());
    let (missed, idle) = (missed.into_inner().unwrap(), idle.into_inner().unwrap());
    println!(
        "{did} did it, {saw} of them seen, {} not seen through and asked, {} missed",
        did - saw - missed.len(),
        missed.len()
    );
    println!("{} did nothing: {idle:#?}", idle.len());
    assert!(missed.is_empty(), "{} disguises are allowed:\n{}", missed.len(), missed.join("\n"));
    assert!(did >= AT_LEAST, "only {did} disguises did what they hide");
}
