//! The tripwire: where no sandbox holds a desk, what it changes that is not its own stops it after its run, nothing of it is taken, and its
//! owner sees what was before and what is. What its owner does meanwhile, and what others' work does, stops nobody.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

use std::path::{Path, PathBuf};

use office_tests::{Bench, Repo};
use serde_json::Value;

const SETTINGS: &str = "[setup]\nrun = [\"mkdir -p deps && echo good > deps/d\"]\ncache = [\"deps\"]\n";

/// An office whose desk ada no sandbox holds, with one task of bo's that waits for its owner.
fn soft() -> (Bench, Repo, u64) {
    let files = [("a.txt", "a\n"), ("b.txt", "b\n"), (".gitignore", "deps\n"), (".office/project.toml", SETTINGS)];
    let (bench, repo) = Bench::with_desks(&files, &["bo"]);
    repo.commit("Go on", &[("b.txt", "c\n")]);
    let other = bench.task("Wait", "run: echo waiting > waiting.txt; git add waiting.txt; git commit -qm Wait", &[]);
    bench.until(other, &["in review"]);
    bench.json(&["desk", "pause", "bo"]);
    bench.json(&["desk", "add", "--name", "ada", "--role", "engineer"]);
    (bench, repo, other)
}

fn desk(bench: &Bench) -> Value {
    bench.json(&["desk", "show", "ada"])
}

/// A task of ada's that does its own work and, beside it, what it must not.
fn task_that(bench: &Bench, does: &str) -> u64 {
    bench.task(
        "Work",
        &format!(
            "```sh\necho work > work.txt; git add work.txt; git commit -qm \"Work at $(date +%s%N)\"\n{does}\n```"
        ),
        &["--attempts", "1"],
    )
}

#[test]
fn what_a_desk_without_a_sandbox_changes_that_is_not_its_own_stops_it_and_nothing_is_taken() {
    let (bench, repo, other) = soft();
    let waits = bench.show(other);
    let (their_branch, their_checkout) = (
        waits["workplace"]["branch"].as_str().unwrap().to_owned(),
        waits["workplace"]["path"].as_str().unwrap().to_owned(),
    );
    let store = bench.dir().join("projects/1/repo.git").display().to_string();
    let (owner, home) = (repo.arg().to_owned(), bench.root().join("home").display().to_string());
    let kept = bench.dir().join("projects/1/setup-cache").display().to_string();
    // What it does, and what its owner reads of it.
    let deeds = [
        ("hook of its checkout", "printf '#!/bin/sh\\n' > .git/hooks/pre-push 2>/dev/null || { mkdir -p .git/hooks; printf '#!/bin/sh\\n' > .git/hooks/pre-push; }; chmod +x .git/hooks/pre-push".to_owned(), "hooks/pre-push of the checkout"),
        ("fsmonitor", "git config core.fsmonitor ./x".to_owned(), "core.fsmonitor of the checkout"),
        ("hook of the owner's", format!("mkdir -p {owner}/.git/hooks; cp /bin/true {owner}/.git/hooks/post-checkout"), "hooks/post-checkout of your repository"),
        ("alias of the owner's", format!("git -C {owner} config alias.st '!evil'"), "alias.st of your repository"),
        ("the owner's own settings", format!("echo '[alias]' >> {home}/.gitconfig"), ".gitconfig of what is yours"),
        ("agent's settings in the owner's work tree", format!("mkdir -p {owner}/.claude; echo '{{}}' > {owner}/.claude/settings.local.json"), "settings.local.json of what is yours"),
        ("another task's branch", format!("git --git-dir={store} update-ref refs/heads/{their_branch} $(git rev-parse HEAD~1)"), "of the office's own repository"),
        ("a hook of the office's repository", format!("mkdir -p {store}/hooks; cp /bin/true {store}/hooks/update"), "hooks/update of the office's own repository"),
        ("another's checkout", format!("git -C {their_checkout} reset -q --soft HEAD~1"), "in which nobody works"),
        ("the base, to its own commit", format!("git push -q {owner} HEAD:refs/heads/theirs"), "what only this desk has made"),
        ("the base, set back", format!("git -C {owner} update-ref refs/heads/main $(git -C {owner} rev-parse main~1)"), "was set back"),
        ("what set-up keeps", format!("echo poison > $(ls -d {kept}/*)/deps/d"), "what set-up keeps for all desks"),
    ];
    for (name, does, sign) in &deeds {
        let before = repo.git(&["rev-parse", "main"]);
        let task = task_that(&bench, does);
        let it = bench.until(task, &["parked", "in review", "failed"]);
        assert_eq!(
            (it["state"].as_str(), it["hold"]["reason"].as_str()),
            (Some("parked"), Some("incident")),
            "{name}: {it}"
        );
        let what = it["hold"]["what"].as_str().unwrap();
        assert!(what.contains(sign) && what.contains("before") && what.contains("now"), "{name}: {what}");
        let card = desk(&bench);
        assert_eq!(card["hold"]["reason"], "incident", "{name}: {card}");
        let status = bench.office(&["status"]).out;
        assert!(status.contains("must not change"), "{name}: {status}");
        if !name.contains("set back") {
            assert_eq!(repo.git(&["rev-parse", "main"]), before, "{name}: nothing was merged");
        }
        // Released, it goes on with things as they are, and is not stopped by the same again.
        bench.json(&["desk", "resume", "ada"]);
        let it = bench.until(task, &["in review", "parked", "failed"]);
        assert_eq!(it["state"], "in review", "{name}: {it}");
        bench.json(&["task", "cancel", &task.to_string()]);
        // As it was, for the next.
        bench.wait("its end", || (desk(&bench)["run"].is_null()).then_some(()));
    }
}

#[test]
fn what_its_owner_does_meanwhile_and_what_the_office_does_stops_nobody() {
    let (bench, repo, other) = soft();
    let gate: PathBuf = bench.root().join("gate");
    let ready = bench.root().join("ready");
    let does = format!(
        "git config user.nick x; git config core.pager cat; git branch more; git stash list; git gc -q; touch {}; while ! test -e {}; do sleep 0.05; done",
        ready.display(),
        gate.display()
    );
    let task = task_that(&bench, &does);
    bench.wait("the desk at work", || ready.exists().then_some(()));
    // Its owner commits, branches, sets a side branch back and tracks a remote; another's work is merged.
    repo.commit("By hand", &[("hand.txt", "x\n")]);
    repo.git(&["checkout", "-q", "-b", "side"]);
    repo.commit("Aside", &[("side.txt", "x\n")]);
    repo.git(&["reset", "-q", "--hard", "HEAD~1"]);
    repo.git(&["checkout", "-q", "main"]);
    repo.git(&["branch", "-q", "-D", "side"]);
    repo.git(&["config", "branch.main.remote", "origin"]);
    bench.json(&["task", "accept", &other.to_string()]);
    bench.until(other, &["done"]);
    std::fs::write(&gate, "").unwrap();
    let it = bench.until(task, &["in review", "parked", "failed"]);
    assert_eq!(it["state"], "in review", "{it}");
    assert!(desk(&bench)["hold"].is_null());
    assert!(Path::new(repo.arg()).join("waiting.txt").exists());
    bench.json(&["task", "accept", &task.to_string()]);
    bench.until(task, &["done"]);
}
