//! The gate: what the rules say of an action is asked at the door. It goes on, or is held until the owner answers, or is
//! denied. An answer is worth one action: an approval is claimed before "allow" is said, and what came of it is reported
//! after (`report`). What the owner changed before approving it is handed to an engine that takes other words, and told to the
//! agent of another. Where no office answers, only what `allowed.json` lists goes on.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::allowed::{Place, outright};
use crate::call::Call;
use crate::claimed;
use crate::door::{Door, Trouble};
use crate::words::said;

/// The longest hold, where the engine's file says no other; engines let a hook run for a day, and we answer before that.
pub const LONGEST_HOLD: Duration = Duration::from_secs(86_400 - 120);

/// How long to wait for what.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Patience {
    /// For the owner.
    pub hold: Duration,
    /// For an office that is not there when the action is announced.
    pub first: Duration,
    /// For an office that went away while an action was held (it restarts).
    pub absence: Duration,
}

impl Patience {
    /// The usual, for a hold of that length.
    pub fn for_a_hold_of(hold: Duration) -> Self {
        let set = |name: &str, usual: u64| {
            let said = std::env::var_os(name).and_then(|text| text.to_str()?.parse().ok());
            Duration::from_secs(said.unwrap_or(usual))
        };
        Self { hold, first: set("OFFICE_HOOK_FIRST_SECS", 2), absence: set("OFFICE_HOOK_ABSENCE_SECS", 900) }
    }
}

/// What is said to the engine.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Verdict {
    /// Whether the action may be taken.
    pub allow: bool,
    /// Why; the model reads it where it is denied.
    pub why: String,
    /// What the engine is to do it with instead of what it announced.
    pub input: Option<Value>,
}

impl Verdict {
    /// It may be taken.
    pub fn allow(why: impl Into<String>) -> Self {
        Self { allow: true, why: why.into(), input: None }
    }

    /// It may not.
    pub fn deny(why: impl Into<String>) -> Self {
        Self { allow: false, why: why.into(), input: None }
    }
}

/// The desk run this hook is called in.
pub(crate) struct Desk {
    pub(crate) office: PathBuf,
    pub(crate) token: Option<String>,
    place: Place,
}

impl Desk {
    pub(crate) fn here() -> Option<Self> {
        let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
        Some(Self {
            office: PathBuf::from(set("OFFICE_DIR")?),
            token: set("OFFICE_TOKEN").and_then(|token| token.into_string().ok()),
            place: Place { checkout: set("OFFICE_CHECKOUT").map(PathBuf::from).unwrap_or_default() },
        })
    }
}

/// Whether an engine asks once about an action, or twice.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Stage {
    /// Once.
    Only,
    /// Before the action; it may be asked about again.
    First,
    /// The second time. What its owner approved at the first is not asked about again.
    Again {
        /// It wants out of the engine's own sandbox: what the rules allow, they allow inside.
        leaves: bool,
    },
}

/// Judges the action a payload announces. `takes` says that its engine takes another input than it announced.
pub(crate) fn judge(payload: &[u8], stage: Stage, takes: bool, patience: &Patience) -> Verdict {
    let Some(call) = Call::read(payload) else {
        return Verdict::deny("the office's hook could not read what is to be done, so it is not done");
    };
    let Some(desk) = Desk::here() else {
        return Verdict::deny("OFFICE_DIR is not set: no office can be asked, so nothing risky is done");
    };
    match stage {
        Stage::First => claimed::forget_first(&call),
        Stage::Again { .. } if claimed::approved_first(&call) => return Verdict::allow("approved by the owner"),
        Stage::Again { .. } | Stage::Only => {}
    }
    match hold(&call, &desk, (stage, takes), patience) {
        Ok(verdict) => verdict,
        // Work goes on while the office restarts, as far as it reads.
        Err(Trouble::Away(_)) if outright(&call, &desk.place) => Verdict::allow("only reads; the office is away"),
        Err(Trouble::Refused(why)) => Verdict::deny(format!("the office refused: {why}")),
        Err(Trouble::Late) => Verdict::deny("nobody answered in time; it was not done. Do without it, or ask again"),
        Err(Trouble::Away(why)) => {
            Verdict::deny(format!("the office cannot be asked ({why}), so it was not done. Try again later"))
        }
    }
}

/// A question on its way: it survives lost connections.
struct Held<'a> {
    call: &'a Call,
    desk: &'a Desk,
    stage: Stage,
    takes: bool,
    deadline: Instant,
    /// The approval's number, once the office has given one.
    asked: Option<Value>,
    /// This process's own; a claim is good for one process.
    claim: String,
    away_since: Option<Instant>,
}

fn hold(call: &Call, desk: &Desk, (stage, takes): (Stage, bool), patience: &Patience) -> Result<Verdict, Trouble> {
    let deadline = Instant::now() + patience.hold;
    let claim = format!("hook-claim-{:016x}", RandomState::new().build_hasher().finish());
    let mut held = Held { call, desk, stage, takes, deadline, asked: None, claim, away_since: None };
    let mut pause = Duration::from_millis(20);
    loop {
        let why = match held.once() {
            Err(Trouble::Away(why)) => why,
            other => return other,
        };
        let since = *held.away_since.get_or_insert_with(Instant::now);
        let limit = if held.asked.is_some() { patience.absence } else { patience.first };
        if since.elapsed() + pause > limit || Instant::now() + pause > deadline {
            return Err(Trouble::Away(why));
        }
        std::thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_secs(1));
    }
}

impl Held<'_> {
    fn leaves(&self) -> bool {
        matches!(self.stage, Stage::Again { leaves: true })
    }

    /// One connection: what the rules say; then asks (sent again after a lost connection it is the same question), waits,
    /// claims.
    fn once(&mut self) -> Result<Verdict, Trouble> {
        let mut door = Door::open(&self.desk.office, self.desk.token.as_deref(), self.deadline)?;
        self.away_since = None;
        let (held, argv) = said(self.call);
        let id = match &self.asked {
            Some(id) => id.clone(),
            None => {
                let cwd = cwd(self.call, self.desk);
                let asked = json!({"ask": "judge", "argv": argv, "cwd": cwd, "held": held});
                let ruling = door.ask(asked, self.deadline)?["value"].take();
                let because = || {
                    let text = |name: &str| ruling[name].as_str().unwrap_or_default();
                    format!("{} [{}]", text("why"), text("rule"))
                };
                match ruling["said"].as_str() {
                    Some("allow") if self.leaves() && !outright(self.call, &self.desk.place) => {}
                    Some("allow") => return Ok(Verdict::allow(because())),
                    Some("deny") => {
                        return Ok(Verdict::deny(format!("the rules refuse it: {}. Do without it", because())));
                    }
                    Some("ask") => {}
                    _ => return Err(not_understood()),
                }
                let body = json!({
                    "noun": "approval", "do": "ask", "argv": argv, "cwd": cwd, "held": held, "reason": reason(self.call),
                });
                let answer = door.ask(submit(&command_id(self.call), body), self.deadline)?;
                let id = number(&answer["value"]).ok_or_else(not_understood)?;
                self.asked.insert(id).clone()
            }
        };
        loop {
            let answer = door.ask(json!({"ask": "await_approval", "approval": id}), self.deadline)?;
            let approval = &answer["value"];
            let note = approval["note"]
                .as_str()
                .filter(|note| !note.is_empty())
                .map(|note| format!(": {note}"))
                .unwrap_or_default();
            match approval["state"].as_str() {
                Some("approved") => {}
                Some("waiting") => return Ok(Verdict::deny(sent_away(approval, &id))),
                Some("ran" | "uncertain") if approval["deed"].is_object() => {
                    return Ok(Verdict::deny(done_by_the_office(approval)));
                }
                state => {
                    let state = state.unwrap_or("not approved");
                    return Ok(Verdict::deny(format!("{state} by the owner{note}. It was not done; do without it")));
                }
            }
            let does = approval["deed"].is_object();
            // What the owner saw must be what is about to be done.
            let instead = (approval["argv"] != json!(argv)).then(|| line(approval)).flatten();
            let input = match (&instead, self.call.input.as_object()) {
                _ if does => None,
                (None, _) if approval["argv"] == json!(argv) => None,
                (Some(line), Some(input)) if self.takes && self.call.command().is_some() => {
                    let mut input = input.clone();
                    let name = if input.contains_key("command") { "command" } else { "cmd" };
                    input.insert(name.to_owned(), Value::from(line.as_str()));
                    Some(Value::Object(input))
                }
                (Some(line), _) => {
                    let why =
                        format!("the owner approved this instead, once{note}: {line}\nRun exactly that; it goes ahead");
                    return Ok(Verdict::deny(why));
                }
                (None, _) => return Ok(Verdict::deny("the owner approved something else; ask again")),
            };
            // Claimed before it is allowed: an approval is good for one action.
            let body = json!({"noun": "approval", "do": "claim", "approval": id});
            let claimed = door.ask(submit(&self.claim, body), self.deadline)?;
            if claimed["value"]["state"] == "waiting" {
                // Its checkout is another than was shown, so it is asked again. The next claim is another one.
                self.claim.push('+');
                continue;
            }
            if does {
                // The office does it now; what came of it is told by the same question.
                continue;
            }
            claimed::keep(self.call, &id);
            if self.stage == Stage::First {
                claimed::keep_first(self.call);
            }
            let verdict = Verdict::allow(format!("approved by the owner{note}"));
            return Ok(Verdict { input, ..verdict });
        }
    }
}

/// What is told where nobody is to wait: the owner's question, or that they are away.
fn sent_away(approval: &Value, id: &Value) -> String {
    let asked = approval["talk"].as_array().and_then(|talk| talk.last()).filter(|last| last["by"]["kind"] == "owner");
    match asked.and_then(|last| last["text"].as_str()) {
        Some(question) => format!(
            "not answered yet: the owner asks first: {question}\nReply with `office approval reply {id} 'YOUR WORDS'`, then do \
             exactly the same again: it stays before the owner"
        ),
        None => "nobody answered yet, so the task is parked until the owner does. End your turn now".to_owned(),
    }
}

/// What came of something that the office did itself.
fn done_by_the_office(approval: &Value) -> String {
    let text = |name: &str| approval[name].as_str().unwrap_or_default();
    if text("state") == "uncertain" {
        return format!("{}. Do not do it yourself; say with task_blocked that the owner has to look", text("note"));
    }
    let exit = &approval["exit"];
    let how = match (exit["code"].as_i64(), exit["why"].as_str()) {
        (Some(0), _) => "it went well: exit code 0".to_owned(),
        (Some(code), _) => format!("it failed: exit code {code}"),
        (None, Some(why)) => format!("it was not begun: {why}"),
        (None, None) => "nobody knows how it ended".to_owned(),
    };
    let printed = text("output");
    if approval["deed"]["does"]["kind"] == "owner" {
        return format!(
            "This call did not run at your desk, and will not: {printed}. Check what came of it if it matters; do not run it yourself, go on from there"
        );
    }
    let printed = if printed.is_empty() { String::new() } else { format!(" It printed:\n{printed}") };
    format!(
        "This call did not run at your desk: the owner approved it, and the office did it itself, once, with the owner's credentials. \
         It was to {}\n{how}.{printed}\nDo not run it yourself; go on from there",
        what_it_was(&approval["deed"]["does"])
    )
}

/// The same for its agent: the words on the card are the owner's.
fn what_it_was(does: &Value) -> String {
    let text = |name: &str| does[name].as_str().unwrap_or_default();
    match text("kind") {
        "push" => format!("push commit {} to branch {} of {}", text("commit"), text("branch"), text("remote")),
        "publish" => format!("publish {} {} to {}", text("package"), text("version"), text("registry")),
        other => other.to_owned(),
    }
}

/// The command of an approval as a shell reads it.
fn line(approval: &Value) -> Option<String> {
    let argv: Vec<&str> = approval["argv"].as_array()?.iter().map(Value::as_str).collect::<Option<_>>()?;
    match argv.as_slice() {
        ["sh", "-c", line] => Some((*line).to_owned()),
        _ => approval["shown"].as_str().map(str::to_owned),
    }
}

fn submit(id: &str, body: Value) -> Value {
    json!({"ask": "submit", "command_id": id, "body": body})
}

fn not_understood() -> Trouble {
    Trouble::Refused("it answered something else than was asked; its version may not fit".to_owned())
}

/// The number of the approval in a changed noun, however deep the noun is wrapped.
fn number(noun: &Value) -> Option<Value> {
    let id = noun.get("id").filter(|id| id.is_number());
    id.cloned().or_else(|| noun.as_object()?.values().find_map(number))
}

/// Tells the office what came of an approved action.
pub(crate) fn report(payload: &[u8], failed: bool) {
    let (Some(call), Some(desk)) = (Call::read(payload), Desk::here()) else { return };
    claimed::forget_first(&call);
    let Some(id) = claimed::take(&call) else { return };
    let deadline = Instant::now() + Duration::from_secs(5);
    let Ok(mut door) = Door::open(&desk.office, desk.token.as_deref(), deadline) else { return };
    let exit = json!({"kind": "code", "code": i32::from(failed)});
    let body = json!({"noun": "approval", "do": "report", "approval": id, "exit": exit});
    // Unreported, it is shown as uncertain: that is what it then is.
    let _ = door.ask(submit(&format!("{}-report", command_id(&call)), body), deadline);
}

fn cwd(call: &Call, desk: &Desk) -> String {
    let dir = if call.cwd.is_absolute() { &call.cwd } else { &desk.place.checkout };
    dir.to_string_lossy().into_owned()
}

fn reason(call: &Call) -> Option<String> {
    call.text("description").or_else(|| call.text("justification")).map(|text| text.chars().take(1000).collect())
}

/// The same action is the same command, however often it is sent; an action without a number is new each time.
fn command_id(call: &Call) -> String {
    let number = if call.id.is_empty() { format!("p{}", std::process::id()) } else { call.id.clone() };
    let whole = format!("{}\0{number}\0{}", call.session, call.shown());
    format!("hook-{:016x}{:016x}", fnv(whole.as_bytes(), 0), fnv(whole.as_bytes(), 1))
}

/// FNV-1a. It needs to be steady, not secret: what is approved is compared with what is done.
fn fnv(bytes: &[u8], seed: u64) -> u64 {
    let start = 0xcbf2_9ce4_8422_2325 ^ seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    bytes.iter().fold(start, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}
