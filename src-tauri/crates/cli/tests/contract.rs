//! The contract scripts rely on: exit codes, `--json`, what each verb asks of the office, and harmless text.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by ending")]

mod fake;

use fake::{Ran, against, alone, approval, desk, project, seen, slowly, status, task, with};
use office_core::command::CommandBody;
use office_core::task::TaskCommand;
use office_core::{Code, Noun, Refusal, TaskId, TaskState};
use office_door::wire::{Answer, Ask};
use serde_json::{Value, json};

fn json_of(text: &str) -> Value {
    assert_eq!(text.lines().count(), 1, "{text}");
    serde_json::from_str(text).unwrap()
}

fn changed(task: office_core::Task) -> Option<Result<Answer, Refusal>> {
    Some(Ok(Answer::Changed(Noun::Task(Box::new(task)))))
}

fn task_command(ran: &Ran) -> TaskCommand {
    match ran.asks.last() {
        Some(Ask::Submit { body: CommandBody::Task(command), .. }) => command.clone(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn without_an_office_the_code_is_3_and_the_way_out_is_said() {
    let ran = alone(&["status"]).await;
    assert_eq!((ran.code, ran.out.as_str()), (3, ""));
    assert!(ran.err.contains("office run"), "{}", ran.err);
    let ran = alone(&["task", "list", "--json"]).await;
    assert_eq!(ran.code, 3);
    assert_eq!(json_of(&ran.err)["code"], "no_office");
    assert!(json_of(&ran.err)["detail"].as_str().unwrap().contains("office run"));
}

#[tokio::test]
async fn refusals_have_their_codes() {
    for (code, exit) in [
        (Code::NotFound, 4),
        (Code::WrongState, 1),
        (Code::ChecksRed, 1),
        (Code::NotAllowed, 1),
        (Code::StaleLease, 1),
        (Code::Version, 1),
        (Code::NoOffice, 3),
    ] {
        let ran =
            against(&["--json", "task", "show", "12"], &mut |_, _| Some(Err(Refusal::new(code, "no", "yes")))).await;
        assert_eq!(ran.code, exit, "{code:?}");
        assert_eq!(json_of(&ran.err), json!({"code": code, "message": "no", "detail": "yes"}));
        assert_eq!(ran.out, "");
    }
    let ran =
        against(&["task", "show", "12"], &mut |_, _| Some(Err(Refusal::new(Code::Held, "all held", "resume")))).await;
    assert_eq!((ran.code, ran.err.as_str()), (1, "refused: all held\n  resume\n"));
}

#[tokio::test]
async fn wrong_usage_is_2_and_help_is_0() {
    for args in [
        &["no-such-verb"][..],
        &["task", "show", "twelve"],
        &["task", "reject", "12"],
        &["task", "edit", "12"],
        &["task", "show"],
        &["stop"],
        &["desk", "auto", "ada", "maybe"],
        &["task", "list", "--state", "asleep"],
        &["task", "add", "x", "--body", "a", "--body-file", "b"],
        &["task", "progress", "a", "b"],
        &[],
    ] {
        let ran = alone(args).await;
        assert_eq!(ran.code, 2, "{args:?}: {}", ran.err);
        assert!(!ran.err.is_empty());
    }
    let ran = alone(&["--json", "task", "reject", "12"]).await;
    assert_eq!((ran.code, &json_of(&ran.err)["code"]), (2, &json!("invalid")));
    for args in [&["--help"][..], &["task", "add", "--help"], &["--version"], &["completions", "bash"]] {
        let ran = alone(args).await;
        assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{args:?}");
        assert!(!ran.out.is_empty());
    }
    assert!(alone(&["task", "add", "--help"]).await.out.contains("Examples:"));
}

#[tokio::test]
async fn a_task_is_added_to_the_only_project_with_all_that_was_said() {
    let args = [
        "task",
        "add",
        "Round prices",
        "--body",
        "half up",
        "--check",
        "make test",
        "--check",
        "make lint",
        "--check-timeout",
        "60",
        "--deliverable",
        "finding",
        "--priority",
        "urgent",
        "--after",
        "#3",
        "--after",
        "4",
        "--role",
        "engineer",
        "--attempts",
        "5",
        "--time-limit",
        "900",
        "--draft",
        "--json",
    ];
    let ran = against(&args, &mut |ask, _| match ask {
        Ask::Projects => Some(Ok(Answer::Projects(vec![project(2, "shop")]))),
        _ => changed(task(json!({"state": "draft"}))),
    })
    .await;
    assert_eq!(ran.code, 0, "{}", ran.err);
    let said = json_of(&ran.out);
    assert_eq!((&said["id"], &said["state"]), (&json!(12), &json!("draft")));
    let TaskCommand::Add { new } = task_command(&ran) else { panic!() };
    let checks: Vec<_> = new.checks.iter().map(|check| (check.run.as_str(), check.timeout_secs)).collect();
    assert_eq!(checks, [("make test", 60), ("make lint", 60)]);
    let mut asked = serde_json::to_value(&*new).unwrap();
    asked.as_object_mut().unwrap().remove("checks");
    assert_eq!(
        asked,
        json!({
            "project": 2, "title": "Round prices", "body": "half up", "deliverable": "finding", "priority": "urgent",
            "depends_on": [3, 4], "role": "engineer", "attempts": 5, "time_limit_secs": 900, "draft": true,
        })
    );
}

#[tokio::test]
async fn with_no_or_several_projects_one_must_be_named() {
    let ran = against(&["task", "add", "x"], &mut |_, _| Some(Ok(Answer::Projects(vec![])))).await;
    assert_eq!(ran.code, 4);
    assert!(ran.err.contains("office project add"), "{}", ran.err);
    let two = || Some(Ok(Answer::Projects(vec![project(1, "shop"), project(2, "site")])));
    let ran = against(&["task", "add", "x"], &mut |_, _| two()).await;
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("shop, site"), "{}", ran.err);
    let ran = against(&["task", "add", "x", "--project", "site"], &mut |ask, _| match ask {
        Ask::Find { noun, name } if noun == "project" && name == "site" => {
            Some(Ok(Answer::Changed(Noun::Project(project(2, "site")))))
        }
        _ => changed(task(json!({}))),
    })
    .await;
    assert_eq!(ran.code, 0, "{}", ran.err);
}

#[tokio::test]
async fn inside_a_desk_its_own_task_is_meant() {
    let own = |around: &mut office_cli::Around| around.task = Some(TaskId(9));
    let ran = with(&["task", "done", "--summary", "all green"], own, &mut |_, _| {
        changed(task(json!({"state": "in review"})))
    })
    .await;
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert_eq!(ran.asks, [Ask::Done { task: Some(TaskId(9)), summary: "all green".into(), report: None }]);
    assert_eq!(ran.out, "#12 in review: Round prices\n");
    let ran = with(&["task", "progress", "half way"], own, &mut |_, _| changed(task(json!({})))).await;
    assert_eq!(task_command(&ran), TaskCommand::Progress { task: TaskId(9), text: "half way".into() });
    let ran = with(&["task", "progress", "#4", "half way"], own, &mut |_, _| changed(task(json!({})))).await;
    assert_eq!(task_command(&ran), TaskCommand::Progress { task: TaskId(4), text: "half way".into() });
    let ran = with(&["task", "blocked", "--needs", "a password"], own, &mut |_, _| changed(task(json!({})))).await;
    assert!(matches!(task_command(&ran), TaskCommand::Blocked { task: TaskId(9), .. }));
}

#[tokio::test]
async fn accepting_several_goes_on_after_a_refusal_and_keeps_its_code() {
    let ran = against(&["task", "accept", "1", "2", "3", "--json"], &mut |ask, _| match ask {
        Ask::Accept { task: TaskId(2) } => Some(Err(Refusal::new(Code::MergeRefused, "conflict", "mend"))),
        Ask::Accept { task: id } => changed(task(json!({"id": id, "state": "done", "merged": "abc"}))),
        _ => None,
    })
    .await;
    assert_eq!(ran.code, 1);
    let ids: Vec<Value> = ran.out.lines().map(|line| json_of(line)["id"].clone()).collect();
    assert_eq!(ids, [json!(1), json!(3)]);
    assert_eq!(json_of(&ran.err)["code"], "merge_refused");
}

#[tokio::test]
async fn waiting_ends_when_the_state_can_no_longer_come() {
    let failed = || Some(Ok(Answer::Task(Box::new(task(json!({"state": "failed"}))))));
    let ran = against(&["task", "await", "12", "--state", "done"], &mut |_, _| failed()).await;
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("is failed and will not be done"), "{}", ran.err);
    let Some(Ask::AwaitTask { states, .. }) = ran.asks.first() else { panic!() };
    assert!(states.contains(&TaskState::Failed) && states.contains(&TaskState::Cancelled));
    assert_eq!(against(&["task", "await", "12"], &mut |_, _| failed()).await.code, 0);
    assert_eq!(against(&["task", "await", "12", "--state", "failed"], &mut |_, _| failed()).await.code, 0);
    let ran = against(&["task", "await", "12", "--state", "in-review", "--timeout", "0"], &mut |ask, _| match ask {
        Ask::AwaitTask { .. } => None,
        _ => Some(Ok(Answer::Task(Box::new(task(json!({"state": "running"})))))),
    })
    .await;
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("still running"), "{}", ran.err);
}

/// The limit is for the state, not for the way to the office: one that is slow to let callers in is asked all the same.
#[tokio::test]
async fn a_limit_begins_when_the_office_was_asked() {
    let mut answers = |ask: &Ask, _: &office_door::Outbox| match ask {
        Ask::AwaitTask { .. } => None,
        _ => Some(Ok(Answer::Task(Box::new(task(json!({"state": "running"})))))),
    };
    let ran = slowly(&["task", "await", "12", "--state", "done", "--timeout", "0"], &mut answers).await;
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("still running"), "{}", ran.err);
    assert!(matches!(ran.asks[..], [Ask::AwaitTask { .. }, Ask::Task { .. }]), "{:?}", ran.asks);
}

#[tokio::test]
async fn a_desk_is_printed_with_its_state() {
    let mut answers = |ask: &Ask, _: &office_door::Outbox| match ask {
        Ask::Desks => Some(Ok(Answer::Desks(vec![seen(1, "engineer", json!({"state": "working", "task": 12}))]))),
        _ => Some(Ok(Answer::Changed(Noun::Desk(desk(1, "engineer"))))),
    };
    let ran = against(&["desk", "show", "1", "--json"], &mut answers).await;
    let said = json_of(&ran.out);
    assert_eq!((&said["id"], &said["state"], &said["task"]), (&json!(1), &json!("working"), &json!(12)));
    // The second engineer gets a name of its own.
    let ran = against(&["desk", "add", "--role", "engineer"], &mut answers).await;
    assert_eq!(ran.code, 0, "{}", ran.err);
    let added = ran.asks.iter().any(|ask| format!("{ask:?}").contains("name: \"engineer-2\""));
    assert!(added, "{:?}", ran.asks);
    let ran = against(&["desk", "type", "engineer", "yes"], &mut answers).await;
    assert!(matches!(&ran.asks[0], Ask::Type { text, .. } if text == "yes\r"));
}

const HOSTILE: &str = "\u{1b}]0;owned\u{7}\u{1b}[2Jfine\u{202e}txt\r\nsecond\u{9b}31m";

#[tokio::test]
async fn hostile_text_reaches_no_terminal() {
    let evil = || {
        task(json!({
            "state": "in review", "title": HOSTILE, "body": HOSTILE, "why": HOSTILE, "progress": HOSTILE,
            "marks": [{"kind": "odd", "what": HOSTILE}, {"kind": "touches_tests", "files": [HOSTILE]}],
            "results": [{"name": HOSTILE, "run": HOSTILE, "source": "task", "verdict": "flaky", "code": 1, "took_ms": 5,
                         "tail": HOSTILE}],
            "notes": [{"at": "2026-11-21T22:00:00.000Z", "by": {"kind": "owner"}, "text": HOSTILE}],
            "claim": {"at": "2026-11-21T22:00:00.000Z", "by": {"kind": "office"}, "summary": HOSTILE, "report": HOSTILE},
            "workplace": {"path": HOSTILE, "branch": HOSTILE, "base": "a"},
            "work": {"tip": HOSTILE, "base": "a", "commits": 1, "leftover_committed": true, "marks": [],
                     "files": [{"path": HOSTILE, "status": "M", "added": 1, "removed": null}]},
        }))
    };
    let held = || approval(3, json!({"shown": HOSTILE, "cwd": HOSTILE, "reason": HOSTILE, "note": HOSTILE}));
    let line = json!({
        "id": 12, "title": HOSTILE, "state": "blocked", "waiting_for": [], "desk": HOSTILE, "why": HOSTILE,
        "hold": null, "marks": 1, "since": "2026-11-21T22:00:00.000Z",
    });
    let view = status(json!({
        "approvals": [held()], "waits_for_you": [line], "held": [line], "at_work": [line], "backlog": [line], "done": [line],
        "review_full": HOSTILE, "unfit": [HOSTILE], "office": HOSTILE,
    }));
    let mut answers = |ask: &Ask, _: &office_door::Outbox| {
        Some(match ask {
            Ask::Approvals { .. } => Ok(Answer::Approvals(vec![held()])),
            Ask::Task { .. } => Ok(Answer::Task(Box::new(evil()))),
            Ask::Tasks { .. } => Ok(Answer::Tasks(vec![evil()])),
            Ask::Desks => Ok(Answer::Desks(vec![seen(1, HOSTILE, json!({"title": HOSTILE, "evidence": HOSTILE}))])),
            Ask::Status => Ok(Answer::Status(Box::new(view.clone()))),
            Ask::Diff { .. } => Ok(Answer::Diff { patch: HOSTILE.into(), cut: false }),
            Ask::Log { .. } => Ok(Answer::Text(HOSTILE.into())),
            Ask::Search { .. } | Ask::Memory { .. } => Ok(Answer::Hits(vec![office_door::wire::Hit {
                kind: "task".into(),
                id: 1,
                title: HOSTILE.into(),
                text: HOSTILE.into(),
                score: 1.0,
                source: HOSTILE.into(),
            }])),
            _ => Err(Refusal::new(Code::WrongState, HOSTILE, HOSTILE)),
        })
    };
    let shown = |around: &mut office_cli::Around| around.columns = Some(200);
    for args in [
        &["task", "show", "12"][..],
        &["task", "list"],
        &["desk", "list"],
        &["approval", "list"],
        &["approval", "show", "3"],
        &["status"],
        &["task", "diff", "12"],
        &["task", "log", "12"],
        &["search", "x"],
        &["memory", "search", "x"],
        &["task", "cancel", "12"],
    ] {
        let ran = with(args, shown, &mut answers).await;
        let all = ran.out + &ran.err;
        assert!(all.contains("fine"), "{args:?}: {all}");
        let bad: Vec<char> = all.chars().filter(|c| (c.is_control() && *c != '\n') || *c == '\u{202e}').collect();
        assert!(bad.is_empty(), "{args:?}: {bad:?} in {all:?}");
    }
    // A program gets the diff as it is, and JSON is escaped anyway.
    let ran = against(&["task", "diff", "12"], &mut answers).await;
    assert!(ran.out.starts_with(HOSTILE));
    let ran = against(&["task", "show", "12", "--json"], &mut answers).await;
    assert_eq!(json_of(&ran.out)["title"], HOSTILE);
    assert!(!ran.out.contains('\u{1b}'));
}

#[tokio::test]
async fn the_status_says_who_waits_for_whom_and_until_when() {
    let line = |id: u32, state: &str, more: Value| {
        let mut json = json!({
            "id": id, "title": format!("Task {id}"), "state": state, "waiting_for": [], "desk": null, "why": null,
            "hold": null, "marks": 0, "since": "2026-11-21T22:00:00.000Z",
        });
        json.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json
    };
    let hold = json!({
        "reason": "desk_stopped", "since": "2026-11-21T22:00:00.000Z", "until": null, "release": "office desk resume ada",
    });
    let view = status(json!({
        "desks": [seen(1, "ada", json!({"state": "working", "task": 3, "title": "Task 3",
                                       "since": "2026-11-21T22:30:00.000Z"}))],
        "waits_for_you": [line(1, "in review", json!({"marks": 2})), line(2, "blocked", json!({"why": "a password"}))],
        "held": [line(4, "parked", json!({"hold": hold}))],
        "backlog": [line(5, "ready", json!({"waiting_for": [3, 4]}))],
        "done": [line(6, "done", json!({}))],
    }));
    let ran = against(&["status"], &mut |_, _| Some(Ok(Answer::Status(Box::new(view.clone()))))).await;
    for part in [
        "Waits for you (2)",
        "2 mark(s)",
        "office task show 1",
        "a password",
        "ada",
        "working",
        "30 min",
        "#3 Task 3",
        "until released: `office desk resume ada`",
        "waiting",
        "for #3 #4",
        "Done within a day (1)",
    ] {
        assert!(ran.out.contains(part), "no {part:?} in\n{}", ran.out);
    }
}

#[tokio::test]
async fn watching_draws_anew_on_events_and_not_otherwise() {
    let mut drawn = 0;
    let mut answers = |ask: &Ask, outbox: &office_door::Outbox| match ask {
        Ask::Status => {
            drawn += 1;
            Some(Ok(Answer::Status(Box::new(status(json!({"seq": drawn}))))))
        }
        Ask::Subscribe { since } => {
            assert_eq!(since.0, 1);
            outbox.reply(2, Ok(Answer::Ok));
            for seq in 2..5 {
                let envelope = serde_json::from_value(json!({
                    "seq": seq, "at": "2026-11-21T22:00:00.000Z", "actor": {"kind": "office"}, "cause": "c",
                    "event": {"noun": "office", "type": "resumed"},
                }));
                outbox.event(&office_door::EventFrame::new(&envelope.unwrap(), &[]).unwrap());
            }
            None
        }
        _ => None,
    };
    // waits for: two screens; the second is drawn only if the events came through
    let limit = std::time::Duration::from_millis(600);
    let ended = tokio::time::timeout(limit, against(&["status", "--watch", "--json"], &mut answers)).await;
    assert!(ended.is_err(), "it goes on");
    assert_eq!(drawn, 2, "three events that come together draw once");
}

#[tokio::test]
async fn events_are_json_lines_page_after_page() {
    let event = |seq: u32| {
        serde_json::from_value::<office_core::Envelope>(json!({
            "seq": seq, "at": "2026-11-21T22:00:00.000Z", "actor": {"kind": "owner"}, "cause": "c",
            "event": {"noun": "task", "type": "released", "task": 12},
        }))
        .unwrap()
    };
    let mut pages = |ask: &Ask, _: &office_door::Outbox| match ask {
        Ask::Events { since, .. } if since.0 == 0 => {
            Some(Ok(Answer::Events { events: vec![event(1), event(2)], more: true }))
        }
        Ask::Events { since, .. } if since.0 == 2 => Some(Ok(Answer::Events { events: vec![event(3)], more: false })),
        _ => None,
    };
    let ran = against(&["events", "--json"], &mut pages).await;
    let seqs: Vec<Value> = ran.out.lines().map(|line| json_of(line)["seq"].clone()).collect();
    assert_eq!(seqs, [json!(1), json!(2), json!(3)]);
    let ran = against(&["events"], &mut pages).await;
    assert!(ran.out.lines().next().unwrap().contains("owner: #12 released"), "{}", ran.out);
}

#[tokio::test]
async fn following_a_terminal_prints_its_bytes_until_it_ends() {
    let mut open = None;
    let ran = against(&["desk", "attach", "ada", "--follow"], &mut |ask, outbox| {
        if let Ask::Attach { stream, credit, .. } = ask {
            let terminal = outbox.terminal(*stream, *credit).unwrap();
            terminal.send(0, b"\x1b[1mhello\x1b[0m\r\n");
            terminal.ended("exit code 0");
            open = Some(*stream);
        }
        Some(Ok(Answer::Ok))
    })
    .await;
    assert_eq!((ran.code, ran.out.as_str()), (0, "\x1b[1mhello\x1b[0m\r\n"));
    assert_eq!(ran.err, "ended: exit code 0\n");
    assert!(open.is_some());
    let ran = alone(&["desk", "attach", "ada"]).await;
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("--follow"), "{}", ran.err);
}

#[tokio::test]
async fn quitting_waits_for_the_end() {
    let ran = against(&["quit", "--json"], &mut |_, _| Some(Ok(Answer::Ok))).await;
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert_eq!(json_of(&ran.out), json!({"dir": "/attic", "ended": true}));
}

#[tokio::test]
async fn a_doctor_that_finds_something_ends_with_1() {
    let line = |ok| office_door::wire::HealthLine {
        name: "git".into(),
        ok,
        found: "2.39".into(),
        way_out: "install git".into(),
    };
    let ran = against(&["doctor"], &mut |_, _| Some(Ok(Answer::Health(vec![line(true)])))).await;
    assert_eq!(ran.code, 0);
    let ran = against(&["doctor", "--json"], &mut |_, _| Some(Ok(Answer::Health(vec![line(true), line(false)])))).await;
    assert_eq!(ran.code, 1);
    assert_eq!(json_of(&ran.out).as_array().unwrap().len(), 2);
    assert_eq!(json_of(&ran.err)["code"], "unavailable");
}
