//! The office's tools as an agent's client speaks with them: a real handshake over pipes, a real door, an office that goes
//! away and comes back, and arguments that no schema would let through.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by ending")]

mod fake;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use fake::{approval, task};
use office_core::{Actor, Code, Noun, Refusal, TaskId};
use office_door::Listener;
use office_door::wire::{Answer, Ask};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, DuplexStream, ReadHalf, WriteHalf};
use tokio::task::JoinSet;

/// An agent's end of the pipes.
struct Agent {
    from: BufReader<ReadHalf<DuplexStream>>,
    to: WriteHalf<DuplexStream>,
    next: u32,
    /// The server; it ends with us.
    _server: JoinSet<Result<(), office_cli::Fail>>,
}

impl Agent {
    async fn line(&mut self, line: &str) {
        self.to.write_all(line.as_bytes()).await.unwrap();
        self.to.write_all(b"\n").await.unwrap();
    }

    async fn ask(&mut self, method: &str, params: Value) -> Value {
        self.next += 1;
        let id = self.next;
        self.line(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}).to_string()).await;
        loop {
            let mut line = String::new();
            assert!(self.from.read_line(&mut line).await.unwrap() > 0, "the server ended");
            let said: Value = serde_json::from_str(&line).unwrap();
            if said["id"] == id {
                return said;
            }
        }
    }

    /// Calls a tool; its text, and whether it is an error.
    async fn call(&mut self, tool: &str, arguments: Value) -> (String, bool) {
        let said = self.ask("tools/call", json!({"name": tool, "arguments": arguments})).await;
        let text = said["result"]["content"][0]["text"].as_str().unwrap_or_default().to_owned();
        let error = said["error"]["message"].as_str().map(str::to_owned);
        let failed = said["result"]["isError"] == true || error.is_some();
        (error.unwrap_or(text), failed)
    }
}

/// Starts the tools for an office in `dir` and shakes hands.
async fn agent(dir: &TempDir, patience: Duration) -> (Agent, Value) {
    let (ours, theirs) = tokio::io::duplex(64 * 1024);
    let place = dir.path().to_owned();
    let serving = async move { office_cli::serve_mcp_for_test(&place, Some(TaskId(12)), patience, theirs).await };
    let mut server = JoinSet::new();
    server.spawn(serving);
    let (from, to) = tokio::io::split(ours);
    let mut agent = Agent { from: BufReader::new(from), to, next: 0, _server: server };
    let hello =
        json!({"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "t", "version": "0"}});
    let welcome = agent.ask("initialize", hello).await;
    agent.line(r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#).await;
    (agent, welcome)
}

type Asks = Arc<Mutex<Vec<Ask>>>;

/// An office that answers so until it is dropped; `None` ends it at once, in the middle of the question.
fn office(
    dir: &TempDir,
    mut answers: impl FnMut(&Ask) -> Option<Result<Answer, Refusal>> + Send + 'static,
) -> (Asks, JoinSet<()>) {
    let asks: Asks = Arc::default();
    let (heard, path) = (asks.clone(), dir.path().to_owned());
    let serving = async move {
        let listener = Listener::bind(&path).await.unwrap();
        loop {
            let (connection, _) = listener.accept().await.unwrap();
            let visitor = connection.hello().await.unwrap();
            let (mut incoming, outbox, writer) =
                visitor.welcome(Actor::Owner, "attic", "/attic", "0.1.0").await.unwrap();
            let asked = async {
                while let Ok(Some(request)) = incoming.next().await {
                    // Each answer of a tool is followed by a look into the mailbox.
                    if !matches!(request.ask, Ask::Inbox { take: false, .. }) {
                        heard.lock().unwrap().push(request.ask.clone());
                    }
                    let Some(answer) = answers(&request.ask) else { return false };
                    outbox.reply(request.id, answer);
                }
                true
            };
            tokio::select! {
                _ = writer.run() => {}
                goes_on = asked => if !goes_on { return },
            }
        }
    };
    let mut office = JoinSet::new();
    office.spawn(serving);
    (asks, office)
}

fn mail(id: u32, change: Value) -> office_core::Mail {
    let mut it = json!({
        "id": id, "thread": id, "answers": null, "from": {"kind": "agent", "desk": 3, "run": 3}, "task": null,
        "to": {"kind": "desk", "desk": 1}, "kind": "question", "subject": "which port?", "text": "for the server", "files": [],
        "hops": 0, "state": "queued", "sent": "2026-01-01T00:00:00Z", "since": "2026-01-01T00:00:00Z", "held_by": null,
        "handed": 0, "why": null,
    });
    it.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
    serde_json::from_value(it).unwrap()
}

fn usual(ask: &Ask) -> Option<Result<Answer, Refusal>> {
    Some(Ok(match ask {
        Ask::Task { .. } => Answer::Task(Box::new(task(json!({"state": "running", "body": "Round them."})))),
        Ask::AwaitApproval { .. } => {
            Answer::Approval(Box::new(approval(3, json!({"state": "approved", "note": "go on"}))))
        }
        Ask::Submit { body: office_core::CommandBody::Approval(_), .. } => {
            Answer::Changed(Noun::Approval(Box::new(approval(3, json!({})))))
        }
        _ => Answer::Changed(Noun::Task(Box::new(task(json!({"state": "in review"}))))),
    }))
}

#[tokio::test]
async fn an_agent_finds_the_tools_with_their_words() {
    let dir = TempDir::new().unwrap();
    let (mut agent, welcome) = agent(&dir, Duration::from_secs(1)).await;
    assert_eq!(welcome["result"]["serverInfo"]["name"], "office");
    let tools = agent.ask("tools/list", json!({})).await;
    let tools = tools["result"]["tools"].as_array().unwrap();
    let mut names: Vec<&str> = tools.iter().map(|tool| tool["name"].as_str().unwrap()).collect();
    names.sort_unstable();
    let team = ["desk_list", "mail_ack", "mail_inbox", "mail_send"];
    let plans = ["plan_accept", "plan_create", "plan_withdraw", "task_answer"];
    let work = ["hire_worker", "hold_action", "lease_paths", "task_assign", "task_create", "task_list", "task_split"];
    let memory = ["memory_add", "memory_refute", "memory_search"];
    let own =
        ["ask_approval", "ask_owner", "task_blocked", "task_current", "task_done", "task_progress", "task_verdict"];
    let mut all: Vec<_> = team.into_iter().chain(plans).chain(own).chain(work).chain(memory).collect();
    all.sort_unstable();
    assert_eq!(names, all);
    for tool in tools {
        assert!(tool["description"].as_str().unwrap().len() > 40 && tool["inputSchema"]["type"] == "object", "{tool}");
    }
}

#[tokio::test]
async fn each_tool_asks_its_question() {
    let dir = TempDir::new().unwrap();
    let (asks, _office) = office(&dir, usual);
    let (mut agent, _) = agent(&dir, Duration::from_secs(5)).await;
    let (text, failed) = agent.call("task_current", json!({})).await;
    assert!(!failed && text.contains("Round them."), "{text}");
    assert!(!agent.call("task_progress", json!({"text": "half"})).await.1);
    assert!(!agent.call("task_blocked", json!({"needs": "a key"})).await.1);
    assert!(!agent.call("ask_owner", json!({"question": "up or down?", "options": ["up", "down"]})).await.1);
    let (text, failed) = agent.call("ask_approval", json!({"action": "buy a domain", "why": "needed"})).await;
    assert!(!failed && text.contains("go on"), "{text}");
    let (text, failed) = agent.call("task_done", json!({"summary": "rounded"})).await;
    assert!(!failed && text.contains("in review"), "{text}");
    let said = serde_json::to_value(&*asks.lock().unwrap()).unwrap();
    assert_eq!(said[2]["body"]["needs"], "a key");
    assert_eq!(said[3]["body"]["needs"], "up or down?");
    assert_eq!(said[3]["body"]["options"], json!(["up", "down"]));
    assert_eq!(said[4]["body"]["argv"], json!(["buy a domain"]));
    assert_eq!((&said[6]["body"]["do"], &said[7]["body"]["do"]), (&json!("claim"), &json!("report")));
    assert_eq!((&said[8]["ask"], &said[8]["task"]), (&json!("done"), &json!(12)));
}

#[tokio::test]
async fn the_tools_of_a_team_ask_their_questions_and_a_key_makes_the_same_call_one_command() {
    let dir = TempDir::new().unwrap();
    let (asks, _office) = office(&dir, |ask| match ask {
        Ask::Submit { body: office_core::CommandBody::Desk(_), .. } => {
            let denied = Refusal::new(Code::NotAllowed, "the role 'engineer' may not hire", "write to one who may");
            Some(Err(denied))
        }
        Ask::Desks => Some(Ok(Answer::Desks(Vec::new()))),
        Ask::Tasks { .. } => Some(Ok(Answer::Tasks(vec![
            task(json!({"state": "done"})),
            task(json!({"title": "Open", "state": "ready"})),
        ]))),
        Ask::Lint { tasks } => {
            let said =
                json!([{"task": tasks[0], "flaws": [{"kind": "vague", "why": "nobody can see it", "add": "say how"}]}]);
            Some(Ok(Answer::Linted(serde_json::from_value(said).unwrap())))
        }
        ask => usual(ask),
    });
    let (mut agent, _) = agent(&dir, Duration::from_secs(5)).await;
    let new = json!({"title": "Round prices", "checks": ["make test"], "kind": "fix", "key": "round"});
    for _ in 0..2 {
        let (text, failed) = agent.call("task_create", new.clone()).await;
        assert!(!failed && text.contains("nobody can see it; say how"), "{text}");
    }
    let plan = json!({"title": "Rounding", "drafts": [{"title": "a"}], "key": "rounding"});
    for _ in 0..2 {
        agent.call("plan_create", plan.clone()).await;
    }
    let parts = json!([{"title": "a"}, {"title": "b", "after": [0]}]);
    assert!(!agent.call("task_split", json!({"task": 12, "parts": parts})).await.1);
    assert!(!agent.call("task_blocked", json!({"needs": "Node 22", "can_continue": true})).await.1);
    assert!(!agent.call("lease_paths", json!({"paths": ["src/**"]})).await.1);
    assert!(
        !agent.call("hold_action", json!({"action": "make restart", "until_task": 12, "why": "not merged"})).await.1
    );
    let (text, failed) = agent.call("hire_worker", json!({"role": "engineer"})).await;
    assert!(failed && text.contains("may not hire") && text.contains("write to one who may"), "{text}");
    let (text, failed) = agent.call("task_list", json!({})).await;
    assert!(
        !failed && text.contains("Open") && text.matches("\"title\"").count() == 1,
        "what is over is left out: {text}"
    );
    let (text, failed) = agent.call("task_list", json!({"states": ["asleep"]})).await;
    assert!(failed && text.contains("no state of a task"), "{text}");
    assert!(agent.call("task_create", json!({"title": "x", "priority": "soon"})).await.1);

    let said = serde_json::to_value(&*asks.lock().unwrap()).unwrap();
    let submitted: Vec<&Value> = said.as_array().unwrap().iter().filter(|it| it["ask"] == "submit").collect();
    let of = |what: &str| submitted.iter().filter(|it| it["body"]["do"] == what).copied().collect::<Vec<_>>();
    let added = of("add").into_iter().filter(|it| it["body"]["noun"] == "task").collect::<Vec<_>>();
    assert_eq!(added.len(), 2);
    assert_eq!(added[0]["command_id"], added[1]["command_id"], "one command, asked twice");
    assert_eq!(
        (&added[0]["body"]["new"]["kind"], &added[0]["body"]["new"]["checks"][0]["run"]),
        (&json!("fix"), &json!("make test"))
    );
    let proposed = of("propose");
    assert_eq!(proposed.len(), 2);
    assert_eq!(proposed[0]["command_id"], proposed[1]["command_id"], "planned once");
    assert_eq!(of("split")[0]["body"]["parts"][1]["after"], json!([0]));
    assert_eq!(of("blocked")[0]["body"]["can_continue"], true);
    assert_eq!(of("lease_paths")[0]["body"]["paths"], json!(["src/**"]));
    assert_eq!((&of("hold")[0]["body"]["run"], &of("hold")[0]["body"]["task"]), (&json!("make restart"), &json!(12)));
}

#[tokio::test]
async fn who_works_hears_of_its_mail_in_the_answer_of_any_tool() {
    let dir = TempDir::new().unwrap();
    let (_asks, _office) = office(&dir, |ask| match ask {
        Ask::Inbox { take: false, .. } => {
            Some(Ok(Answer::Mails(vec![mail(7, json!({})), mail(6, json!({"state": "read"}))])))
        }
        Ask::Inbox { take: true, .. } => Some(Ok(Answer::Mails(vec![mail(7, json!({"state": "read"}))]))),
        Ask::Desks => Some(Ok(Answer::Desks(Vec::new()))),
        Ask::SendMail { .. } => Some(Ok(Answer::Changed(Noun::Mail(Box::new(mail(8, json!({}))))))),
        ask => usual(ask),
    });
    let (mut agent, _) = agent(&dir, Duration::from_secs(5)).await;
    let told = agent.ask("tools/call", json!({"name": "task_progress", "arguments": {"text": "half"}})).await;
    let words = told["result"]["content"][1]["text"].as_str().unwrap_or_default().to_owned();
    assert!(words.contains("1 unread") && words.contains("mail_inbox"), "{told}");
    let (text, failed) = agent.call("mail_inbox", json!({})).await;
    assert!(!failed && text.contains("which port?") && text.contains("desk 3"), "{text}");
    let (text, failed) = agent.call("mail_send", json!({"text": "8080", "answers": 7})).await;
    assert!(!failed && text.contains("Mail 8 is queued"), "{text}");
    let (text, failed) = agent.call("mail_send", json!({"text": "8080", "kind": "shout"})).await;
    assert!(failed && text.contains("no kind of mail"), "{text}");
}

#[tokio::test]
async fn a_call_waits_for_an_office_that_restarts_and_carries_its_command_out_once() {
    let dir = TempDir::new().unwrap();
    let (before, mut first) = office(&dir, |_| None);
    let (mut agent, _) = agent(&dir, Duration::from_secs(20)).await;
    let path = dir.path().to_owned();
    let restart = async {
        first.join_next().await.unwrap().unwrap();
        let _ = std::fs::remove_file(path.join("door.sock"));
        office(&dir, usual)
    };
    let ((text, failed), (after, _second)) =
        tokio::join!(agent.call("task_progress", json!({"text": "half"})), restart);
    assert!(!failed, "{text}");
    let (before, after) = (before.lock().unwrap().clone(), after.lock().unwrap().clone());
    assert_eq!(before, after, "the same command with the same id");
}

#[tokio::test]
async fn an_office_that_stays_away_is_said_in_words_that_help() {
    let dir = TempDir::new().unwrap();
    let (mut agent, _) = agent(&dir, Duration::from_millis(200)).await;
    let (text, failed) = agent.call("task_current", json!({})).await;
    assert!(failed && text.contains("did not come back") && text.contains("commit your work"), "{text}");
}

#[tokio::test]
async fn a_done_that_is_refused_says_what_is_missing() {
    let dir = TempDir::new().unwrap();
    let (_asks, _office) = office(&dir, |_| Some(Err(Refusal::new(Code::ChecksRed, "make test is red", "2 failed"))));
    let (mut agent, _) = agent(&dir, Duration::from_secs(5)).await;
    let (text, failed) = agent.call("task_done", json!({"summary": "x"})).await;
    assert!(failed && text.contains("make test is red") && text.contains("2 failed"), "{text}");
}

#[tokio::test]
async fn hostile_arguments_are_refused_and_the_server_goes_on() {
    let dir = TempDir::new().unwrap();
    let (asks, _office) = office(&dir, usual);
    let (mut agent, _) = agent(&dir, Duration::from_secs(5)).await;
    for arguments in [
        json!({}),
        json!({"text": 3}),
        json!({"text": null}),
        json!({"text": "x", "task": 99}),
        json!([1, 2]),
        json!("text"),
        json!({"text": {"a": [1]}}),
    ] {
        assert!(agent.call("task_progress", arguments.clone()).await.1, "{arguments}");
    }
    assert!(agent.call("no_such_tool", json!({})).await.1);
    assert!(asks.lock().unwrap().is_empty(), "the office was asked nothing");
    let long = "ü".repeat(2_000_000);
    agent.call("task_progress", json!({"text": long})).await;
    assert!(!agent.call("task_current", json!({})).await.1);
}
