//! A held command: nothing runs before the owner's yes, after it once, and never twice, whoever dies in between.
#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

use std::path::Path;
use std::process::{Child, Stdio};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use office_core::approval::{ApprovalCommand, Held, Terms};
use office_core::{ApprovalId, CommandBody};
use office_door::Client;
use office_door::wire::Ask;
use office_tests::{Bench, Said};
use serde_json::Value;

/// The owner asks, in a shell of their own.
fn asks(bench: &Bench, command: &[&str]) -> Child {
    let mut asking = bench.command();
    asking.args(["ask-approval", "--reason", "the checks are green", "--"]).args(command);
    asking.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

fn said(child: Child) -> Said {
    let output = child.wait_with_output().unwrap();
    Said {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

fn all(bench: &Bench) -> Vec<Value> {
    bench.json(&["approval", "list", "--all"]).as_array().unwrap().clone()
}

/// What `office approvals watch --json` prints, line by line.
struct Watched {
    child: Child,
    lines: std::io::Lines<std::io::BufReader<std::process::ChildStdout>>,
}

impl Watched {
    fn of(bench: &Bench) -> Self {
        use std::io::BufRead;
        let mut watching = bench.command();
        let mut child = watching.args(["approvals", "watch", "--json"]).stdout(Stdio::piped()).spawn().unwrap();
        let lines = std::io::BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines }
    }

    /// Number and state in the next line; waited for.
    fn next(&mut self) -> (u64, String) {
        let line = self.lines.next().unwrap().unwrap();
        let it: Value = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
        (it["id"].as_u64().unwrap(), it["state"].as_str().unwrap().to_owned())
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn whoever_watches_reads_one_line_for_what_waits_and_one_for_each_thing_that_happens_to_it() {
    let bench = Bench::open();
    let (_, script) = leaves_a_line(&bench);
    let first = asks(&bench, &["sh", "-c", &script]);
    let one = held(&bench, "waiting").parse::<u64>().unwrap();
    let mut watched = Watched::of(&bench);
    let state = |id: u64, state: &str| (id, state.to_owned());
    assert_eq!(watched.next(), state(one, "waiting"), "what waited before");
    let second = asks(&bench, &["true"]);
    let (two, said_of_it) = watched.next();
    assert_eq!(said_of_it, "waiting");
    bench.json(&["approval", "deny", &two.to_string()]);
    assert_eq!(watched.next(), state(two, "denied"));
    bench.json(&["approval", "approve", &one.to_string()]);
    assert_eq!(
        [watched.next(), watched.next(), watched.next()],
        ["approved", "running", "ran"].map(|it| state(one, it))
    );
    let third = asks(&bench, &["true"]);
    let (three, _) = watched.next();
    bench.json(&["approval", "withdraw", &three.to_string()]);
    assert_eq!(watched.next(), state(three, "withdrawn"));
    assert_eq!(said(first).code, 0);
    assert_ne!(said(second).code, 0);
    assert_ne!(said(third).code, 0);
}

/// Waits until an approval is in that state, and gives back its number.
fn held(bench: &Bench, state: &str) -> String {
    bench.wait(&format!("an approval that is {state}"), || {
        all(bench).iter().find(|it| it["state"] == state).map(|it| it["id"].to_string())
    })
}

fn lines(file: &Path) -> usize {
    std::fs::read_to_string(file).unwrap_or_default().lines().count()
}

/// A command that leaves one line each time it runs.
fn leaves_a_line(bench: &Bench) -> (std::path::PathBuf, String) {
    let file = bench.root().join("ran.log");
    let script = format!("echo ran >> '{}'", file.display());
    (file, script)
}

#[test]
fn it_is_held_until_it_is_approved_and_then_runs_once_in_its_own_place_with_its_own_code() {
    let bench = Bench::open();
    let (file, script) = leaves_a_line(&bench);
    let child = asks(&bench, &["sh", "-c", &format!("{script}; pwd; exit 7")]);
    let id = held(&bench, "waiting");
    let status = bench.json(&["status"]);
    assert_eq!(status["approvals"][0]["reason"], "the checks are green", "{status}");
    let screen = bench.office(&["status"]).out;
    let first = screen.lines().find(|line| line.contains('(')).unwrap();
    assert!(first.starts_with("Held until you answer (1)"), "{screen}");
    assert!(screen.contains(&format!("office approval approve {id}")), "{screen}");
    assert_eq!(lines(&file), 0, "nothing runs while it is held");

    bench.json(&["approval", "approve", &id, "--note", "go on"]);
    let said = said(child);
    assert_eq!(said.code, 7, "{said:?}");
    assert_eq!(said.out.trim(), bench.root().canonicalize().unwrap().display().to_string());
    assert!(said.err.contains("go on"), "{said:?}");
    assert_eq!(lines(&file), 1);
    let it = &all(&bench)[0];
    assert_eq!((it["state"].as_str(), &it["exit"]["code"]), (Some("ran"), &Value::from(7)), "{it}");
    let again = bench.refused(1, &["approval", "approve", &id]);
    assert_eq!(again["code"], "wrong_state");
    let kinds: Vec<_> = bench.events().iter().filter(|it| it["event"]["noun"] == "approval").cloned().collect();
    let kinds: Vec<_> = kinds.iter().map(|it| it["event"]["type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["asked", "approved", "claimed", "ran"]);
}

#[test]
fn what_is_denied_does_not_run_and_the_owners_words_are_told() {
    let bench = Bench::open();
    let (file, script) = leaves_a_line(&bench);
    let child = asks(&bench, &["sh", "-c", &script]);
    let id = held(&bench, "waiting");
    bench.json(&["approval", "deny", &id, "--note", "not before noon"]);
    let said = said(child);
    assert_eq!(said.code, 77, "{said:?}");
    assert!(said.err.contains("not before noon"), "{said:?}");
    assert_eq!(lines(&file), 0);
}

#[test]
fn a_command_that_is_not_there_is_said_and_ends_as_a_shell_would() {
    let bench = Bench::open();
    let child = asks(&bench, &["no-such-program-here"]);
    bench.json(&["approval", "approve", &held(&bench, "waiting")]);
    let said = said(child);
    assert_eq!(said.code, 127, "{said:?}");
    assert_eq!(all(&bench)[0]["exit"]["kind"], "not_started");
}

#[test]
fn an_interrupt_takes_it_back() {
    let bench = Bench::open();
    let (file, script) = leaves_a_line(&bench);
    let child = asks(&bench, &["sh", "-c", &script]);
    let id = held(&bench, "waiting");
    kill(Pid::from_raw(child.id().cast_signed()), Signal::SIGINT).unwrap();
    assert_eq!(said(child).code, 130);
    assert_eq!(all(&bench)[0]["state"], "withdrawn");
    assert_eq!(bench.refused(1, &["approval", "approve", &id])["code"], "wrong_state");
    assert_eq!(lines(&file), 0);
}

#[test]
fn held_through_a_kill_of_the_runtime_it_is_approved_afterwards_and_runs_once() {
    let mut bench = Bench::open();
    let (file, script) = leaves_a_line(&bench);
    let child = asks(&bench, &["sh", "-c", &script]);
    let id = held(&bench, "waiting");
    for _ in 0..2 {
        bench.kill();
        bench.run();
        assert_eq!(all(&bench).len(), 1, "it is not asked a second time");
        assert_eq!(held(&bench, "waiting"), id);
    }
    assert_eq!(lines(&file), 0);
    bench.json(&["approval", "approve", &id]);
    let said = said(child);
    assert_eq!(said.code, 0, "{said:?}");
    assert!(said.err.contains("the office is away") && said.err.contains("the office is back"), "{said:?}");
    assert_eq!(lines(&file), 1);
    assert_eq!(all(&bench)[0]["state"], "ran");
}

#[test]
fn approved_while_its_asker_is_cut_off_it_runs_once_when_the_office_is_back() {
    let mut bench = Bench::open();
    let (file, script) = leaves_a_line(&bench);
    let child = asks(&bench, &["sh", "-c", &script]);
    let id = held(&bench, "waiting");
    // The answer is committed, and the runtime is gone before anybody can be told.
    kill(Pid::from_raw(child.id().cast_signed()), Signal::SIGSTOP).unwrap();
    bench.json(&["approval", "approve", &id]);
    bench.kill();
    kill(Pid::from_raw(child.id().cast_signed()), Signal::SIGCONT).unwrap();
    bench.run();
    assert_eq!(said(child).code, 0);
    assert_eq!(lines(&file), 1);
}

#[test]
fn the_runtime_may_die_while_it_runs_and_learns_its_end_afterwards() {
    let mut bench = Bench::open();
    let (file, script) = leaves_a_line(&bench);
    let go = bench.root().join("go");
    let child = asks(
        &bench,
        &["sh", "-c", &format!("{script}; until test -e '{}'; do sleep 0.01; done; exit 3", go.display())],
    );
    bench.json(&["approval", "approve", &held(&bench, "waiting")]);
    bench.wait("its first line", || (lines(&file) == 1).then_some(()));
    bench.kill();
    std::fs::write(&go, "").unwrap();
    bench.run();
    assert_eq!(said(child).code, 3);
    let it = &all(&bench)[0];
    assert_eq!((it["state"].as_str(), &it["exit"]["code"]), (Some("ran"), &Value::from(3)), "{it}");
    assert_eq!(lines(&file), 1);
}

#[test]
fn whoever_dies_between_claim_and_report_leaves_it_uncertain_and_it_is_never_repeated() {
    let bench = Bench::open();
    let (file, script) = leaves_a_line(&bench);
    let child = asks(&bench, &["sh", "-c", &format!("{script}; exec sleep 600")]);
    let id = held(&bench, "waiting");
    bench.json(&["approval", "approve", &id]);
    bench.wait("its first line", || (lines(&file) == 1).then_some(()));
    let family = children_of(child.id());
    kill(Pid::from_raw(child.id().cast_signed()), Signal::SIGKILL).unwrap();
    assert_eq!(said_of_the_killed(child), -1);
    for pid in family {
        let _ = kill(Pid::from_raw(pid), Signal::SIGKILL);
    }
    assert_eq!(all(&bench)[0]["state"], "running");
    assert_eq!(bench.refused(1, &["approval", "approve", &id])["code"], "wrong_state");
    bench.json(&["approval", "withdraw", &id]);
    assert_eq!(all(&bench)[0]["state"], "uncertain");
    assert_eq!(bench.refused(1, &["approval", "approve", &id])["code"], "wrong_state");
    assert_eq!(lines(&file), 1);
}

fn children_of(pid: u32) -> Vec<i32> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
    // A thread of the runtime may have started it.
    let threads = std::fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    let all = threads.filter_map(|thread| std::fs::read_to_string(thread.path().join("children")).ok());
    let all = std::iter::once(text).chain(all).collect::<Vec<_>>().join(" ");
    all.split_whitespace().filter_map(|pid| pid.parse().ok()).collect()
}

/// The killed one's child still holds its pipes: only its own end is waited for.
fn said_of_the_killed(mut child: Child) -> i32 {
    child.wait().unwrap().code().unwrap_or(-1)
}

#[tokio::test]
async fn of_many_claims_at_once_one_is_given() {
    let bench = Bench::open();
    let owner = Client::connect(bench.dir(), "test", None).await.unwrap();
    let ask = |id: String, body| Ask::Submit { command_id: id, body: CommandBody::Approval(body) };
    let argv = vec!["true".to_owned()];
    owner
        .ask(ask(
            "a".into(),
            ApprovalCommand::Ask {
                argv,
                cwd: "/".into(),
                reason: None,
                held: Held::Command,
                ruling: None,
                stands: None,
                grant: None,
                deed: None,
            },
        ))
        .await
        .unwrap();
    let approval = ApprovalId(1);
    owner
        .ask(ask("b".into(), ApprovalCommand::Approve { approval, note: None, terms: Terms::default() }))
        .await
        .unwrap();
    let mut claims = tokio::task::JoinSet::new();
    for n in 0..8 {
        let client = Client::connect(bench.dir(), "test", None).await.unwrap();
        for m in 0..4 {
            let claim = ask(format!("claim-{n}-{m}"), ApprovalCommand::Claim { approval, stands: None, deed: None });
            let client = client.clone();
            claims.spawn(async move { client.ask(claim).await.is_ok() });
        }
    }
    let answers = claims.join_all().await;
    assert_eq!(answers.len(), 32);
    assert_eq!(answers.iter().filter(|given| **given).count(), 1);
}

#[test]
fn an_agent_is_held_seen_waiting_and_goes_on_after_a_yes_which_it_cannot_give_itself() {
    let (bench, repo) = Bench::with_desks(&[("a.txt", "a\n")], &["ada"]);
    let file = bench.root().join("ran.log");
    let body = format!(
        "```sh\n\
         (until office approval list --json | grep -q waiting; do sleep 0.05; done\n\
         office approval approve 1 && echo 'it approved itself' >> b.txt\n\
         office approval deny 1 && echo 'it denied itself' >> b.txt\n\
         echo tried > '{0}.tried') 2>&1 &\n\
         office ask-approval --reason 'a release needs its tag' -- sh -c 'echo \"$OFFICE_RUN\" >> {0}; git tag v1'\n\
         wait\n\
         git tag >> b.txt\n```",
        file.display()
    );
    let task = bench.task("Tag the release", &body, &[]);
    let id = held(&bench, "waiting");
    let desk = bench.wait("a desk that waits for you", || {
        let desk = bench.json(&["desk", "show", "ada"]);
        (desk["state"] == "waiting for you").then_some(desk)
    });
    assert!(desk["evidence"].as_str().unwrap().starts_with("asks to run: sh -c 'echo"), "{desk}");
    let tried = bench.root().join("ran.log.tried");
    bench.wait("it tries to help itself", || tried.exists().then_some(()));
    assert_eq!(lines(&file), 0);
    let it = &all(&bench)[0];
    assert_eq!((&it["task"], &it["state"]), (&Value::from(task), &Value::from("waiting")), "{it}");
    bench.json(&["approval", "approve", &id]);
    bench.until(task, &["in review"]);
    assert_eq!(lines(&file), 1);
    bench.json(&["task", "accept", &task.to_string()]);
    assert_eq!(repo.on_main("b.txt").as_deref(), Some("v1"));
    let about = bench.office(&["--json", "events", "--task", &task.to_string()]).out;
    assert!(about.lines().any(|line| line.contains("\"claimed\"")), "its approvals are among what is said of a task");
}

#[test]
fn what_is_asked_in_a_plain_shell_outlives_two_kills_of_the_runtime_and_then_runs_once() {
    let (mut bench, _) = Bench::with_desks(&[("a.txt", "a\n")], &["ada"]);
    let (file, script) = leaves_a_line(&bench);
    bench.json(&["desk", "auto", "ada", "off"]);
    bench.json(&["desk", "open", "ada", "demo", "--fresh"]);
    bench.wait("a session", || (bench.json(&["desk", "show", "ada"])["state"] == "working").then_some(()));
    bench.json(&["desk", "type", "ada", &format!("office ask-approval -- sh -c \"{script}\"; echo code-$? >&2")]);
    let id = held(&bench, "waiting");
    for _ in 0..2 {
        bench.kill();
        bench.run();
        assert_eq!(held(&bench, "waiting"), id, "it is held still");
        assert_eq!(lines(&file), 0);
    }
    bench.json(&["approval", "approve", &id]);
    assert_eq!(held(&bench, "ran"), id);
    assert_eq!((lines(&file), all(&bench).len()), (1, 1), "it was asked once and ran once");
    bench.json(&["desk", "stop", "ada"]);
    bench.until_quiet();
    assert_eq!(lines(&file), 1);
}

#[test]
fn an_agent_that_is_denied_says_what_it_needs_and_its_desk_waits_for_the_owner() {
    let (bench, _) = Bench::with_desks(&[("a.txt", "a\n")], &["ada"]);
    let body = "```sh\n\
                if office ask-approval -- git tag v1; then exit 9; else code=$?; fi\n\
                office task blocked --needs \"a yes to the tag (was told $code)\"\n```";
    let task = bench.task("Tag the release", body, &[]);
    bench.json(&["approval", "deny", &held(&bench, "waiting"), "--note", "later"]);
    let it = bench.until(task, &["blocked"]);
    assert!(it["why"].as_str().unwrap().contains("was told 77"), "{it}");
    let desk = bench.wait("its desk", || {
        let desk = bench.json(&["desk", "show", "ada"]);
        (desk["state"] == "waiting for you").then_some(desk)
    });
    assert!(desk["evidence"].as_str().unwrap().contains("a yes to the tag"), "{desk}");
}

#[test]
fn with_its_run_an_approval_is_withdrawn_and_can_not_be_given_any_more() {
    let (bench, _) = Bench::with_desks(&[("a.txt", "a\n")], &["ada"]);
    let (file, script) = leaves_a_line(&bench);
    let body = format!("```sh\noffice ask-approval -- sh -c \"{script}\"\n```");
    bench.task("Never get there", &body, &[]);
    let id = held(&bench, "waiting");
    bench.json(&["desk", "stop", "ada"]);
    assert_eq!(held(&bench, "withdrawn"), id);
    assert_eq!(bench.refused(1, &["approval", "approve", &id])["code"], "wrong_state");
    bench.until_quiet();
    std::thread::sleep(Duration::from_millis(50)); // waits for: nothing, which is to happen
    assert_eq!(lines(&file), 0);
    let desk = bench.json(&["desk", "show", "ada"]);
    assert_eq!(desk["state"], "paused", "{desk}");
}

#[test]
fn a_bad_question_is_refused_with_the_way_out() {
    let bench = Bench::open();
    assert_eq!(bench.office(&["ask-approval"]).code, 2);
    assert_eq!(bench.office(&["ask-approval", "--", ""]).code, 1);
    assert_eq!(bench.office(&["approval", "approve", "7"]).code, 4);
    assert_eq!(bench.office(&["approval", "show", "7"]).code, 4);
    let hostile = "x\u{1b}[2J\u{202e}y";
    let child = asks(&bench, &["echo", hostile]);
    let id = held(&bench, "waiting");
    for args in [&["status"][..], &["approval", "list"], &["approval", "show", &id], &["events"]] {
        let said = bench.office(args).out;
        assert!(said.contains(r"echo $'x\u001b[2J\u202ey'"), "{args:?}: {said}");
        assert!(!said.contains('\u{1b}') && !said.contains('\u{202e}'), "{args:?}: {said:?}");
    }
    bench.json(&["approval", "deny", &id]);
    assert_eq!(said(child).code, 77);
}
