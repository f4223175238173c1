//! An office that answers what a test says, behind a real door; and the command called in this process.

#![allow(dead_code, reason = "each test file uses its part")]

use std::ffi::OsString;
use std::sync::{Arc, Mutex};

use office_cli::{Around, Out, Paint};
use office_core::{Actor, Refusal, Task};
use office_door::wire::{Answer, Ask};
use office_door::{Listener, Outbox};
use tempfile::TempDir;

/// How a call ended.
#[derive(Debug)]
pub struct Ran {
    pub code: u8,
    pub out: String,
    pub err: String,
    pub asks: Vec<Ask>,
}

/// Answers to questions: `Some` is sent, `None` is left open.
pub type Answers<'a> = &'a mut dyn FnMut(&Ask, &Outbox) -> Option<Result<Answer, Refusal>>;

pub fn around(dir: &TempDir) -> Around {
    Around {
        office: Some(dir.path().to_owned()),
        token: None,
        task: None,
        usual: "/nowhere".into(),
        terminal: false,
        columns: None,
        paint: Paint { on: false },
        out: Out::kept(),
        err: Out::kept(),
    }
}

fn argv(args: &[&str]) -> Vec<OsString> {
    std::iter::once("office").chain(args.iter().copied()).map(OsString::from).collect()
}

/// Calls the command where no office runs.
pub async fn alone(args: &[&str]) -> Ran {
    let dir = TempDir::new().unwrap();
    let around = around(&dir);
    let code = office_cli::run(argv(args), &around).await;
    Ran { code, out: around.out.text(), err: around.err.text(), asks: Vec::new() }
}

/// Calls the command against an office that answers so.
pub async fn against(args: &[&str], answers: Answers<'_>) -> Ran {
    with(args, |_| {}, answers).await
}

/// The same, in changed surroundings.
pub async fn with(args: &[&str], change: impl FnOnce(&mut Around), answers: Answers<'_>) -> Ran {
    let at_once = std::time::Duration::ZERO;
    met(args, change, at_once, answers).await
}

/// The same with an office that takes its time to let a caller in.
pub async fn slowly(args: &[&str], answers: Answers<'_>) -> Ran {
    met(args, |_| {}, std::time::Duration::from_millis(100), answers).await
}

async fn met(args: &[&str], change: impl FnOnce(&mut Around), pause: std::time::Duration, answers: Answers<'_>) -> Ran {
    let dir = TempDir::new().unwrap();
    let listener = Listener::bind(dir.path()).await.unwrap();
    let mut around = around(&dir);
    change(&mut around);
    let asks: Arc<Mutex<Vec<Ask>>> = Arc::default();
    let serving = async {
        let (connection, _) = listener.accept().await.unwrap();
        let visitor = connection.hello().await.unwrap();
        tokio::time::sleep(pause).await; // waits for: nothing, it is the slowness itself
        let (mut incoming, outbox, writer) = visitor.welcome(Actor::Owner, "attic", "/attic", "0.1.0").await.unwrap();
        let asked = async {
            while let Ok(Some(request)) = incoming.next().await {
                asks.lock().unwrap().push(request.ask.clone());
                let answer = answers(&request.ask, &outbox);
                if let Some(answer) = answer {
                    outbox.reply(request.id, answer);
                }
                if matches!(request.ask, Ask::Quit { .. }) {
                    outbox.close();
                }
            }
        };
        let (_, ()) = tokio::join!(writer.run(), asked);
        std::future::pending::<()>().await
    };
    let code = tokio::select! {
        code = office_cli::run(argv(args), &around) => code,
        () = serving => unreachable!("the office goes on until the command ends"),
    };
    let asks = asks.lock().unwrap().clone();
    Ran { code, out: around.out.text(), err: around.err.text(), asks }
}

/// A task; `more` is laid over it, as JSON.
pub fn task(more: serde_json::Value) -> Task {
    let mut json = serde_json::json!({
        "id": 12, "project": 1, "title": "Round prices", "body": "", "deliverable": "change", "checks": [],
        "priority": "normal", "depends_on": [], "waiting_for": [], "role": null, "attempts_max": 3, "attempts_used": 0,
        "time_limit_secs": null, "state": "ready", "desk": null, "lease": null, "last_run": null, "workplace": null,
        "claim": null, "work": null, "results": [], "marks": [], "hold": null, "why": null, "notes": [],
        "progress": null, "accepted": null, "merged": null, "added": "2026-11-21T22:00:00.000Z",
        "since": "2026-11-21T22:00:00.000Z",
    });
    lay(&mut json, more);
    serde_json::from_value(json).unwrap()
}

pub fn project(id: u32, name: &str) -> office_core::project::Project {
    serde_json::from_value(serde_json::json!({
        "id": id, "name": name, "path": format!("/code/{name}"), "base_branch": "main", "prefix": "office",
        "settings": {}, "acceptance": "owner", "notes": [], "base_checks": {}, "removed": false,
    }))
    .unwrap()
}

pub fn desk(id: u32, name: &str) -> office_core::Desk {
    serde_json::from_value(serde_json::json!({
        "id": id, "name": name, "role": "engineer", "project": null, "engine": null, "command": null, "hold": null,
        "run": null, "last_run": null, "queue": [], "auto": true, "removed": false,
    }))
    .unwrap()
}

pub fn seen(id: u32, name: &str, more: serde_json::Value) -> office_core::view::DeskView {
    let mut json = serde_json::json!({
        "id": id, "name": name, "role": "engineer", "state": "idle", "evidence": "nothing runs here", "since": null,
        "task": null, "title": null, "queue": [], "hold": null,
    });
    lay(&mut json, more);
    serde_json::from_value(json).unwrap()
}

pub fn status(more: serde_json::Value) -> office_core::view::StatusView {
    let mut json = serde_json::json!({
        "office": "attic", "seq": 7, "now": "2026-11-21T23:00:00.000Z", "hold": null, "desks": [],
        "approvals": [], "waits_for_you": [], "held": [], "at_work": [], "backlog": [], "done": [], "review_full": null, "unfit": [],
    });
    lay(&mut json, more);
    serde_json::from_value(json).unwrap()
}

pub fn approval(id: u32, more: serde_json::Value) -> office_core::Approval {
    let mut json = serde_json::json!({
        "id": id, "run": 3, "desk": 1, "task": 12, "argv": ["git", "push"], "shown": "git push", "cwd": "/desk",
        "reason": null, "state": "waiting", "asked": "2026-11-21T22:00:00.000Z", "answered": null, "note": null,
        "exit": null, "since": "2026-11-21T22:00:00.000Z",
    });
    lay(&mut json, more);
    serde_json::from_value(json).unwrap()
}

fn lay(json: &mut serde_json::Value, more: serde_json::Value) {
    if let (Some(json), serde_json::Value::Object(more)) = (json.as_object_mut(), more) {
        json.extend(more);
    }
}
