//! A turn that ends before its task is done is answered with what is missing, a few times at most in one run: an agent that
//! cannot go on is not driven in circles. Where the office cannot be asked, the agent rests.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::door::Door;
use crate::gate::Desk;

/// So often in one run.
const MOST: u64 = 3;
const ANSWER_TIME: Duration = Duration::from_secs(5);
const WORDS: &str = include_str!("stopped.md");

/// What is missing, where something is.
pub(crate) fn missing(payload: &[u8]) -> Option<String> {
    let value: Value = serde_json::from_slice(payload).ok()?;
    if value["hook_event_name"] != "Stop" || value["agent_id"].is_string() {
        return None;
    }
    let number: u32 = std::env::var("OFFICE_TASK").ok()?.parse().ok()?;
    let said = counted()?;
    let desk = Desk::here()?;
    let deadline = Instant::now() + ANSWER_TIME;
    let mut door = Door::open(&desk.office, desk.token.as_deref(), deadline).ok()?;
    let answer = door.ask(json!({"ask": "task", "task": number}), deadline).ok()?;
    let task = &answer["value"];
    // Blocked, parked, checked or over: there is nothing to go on with.
    if task["state"] != "running" {
        return None;
    }
    std::fs::write(&said.0, (said.1 + 1).to_string()).ok()?;
    let red: Vec<&str> = task["results"].as_array().into_iter().flatten().filter_map(refused).collect();
    let why = if red.is_empty() { String::new() } else { format!("Refused the last time: {}.", red.join(", ")) };
    Some(WORDS.replace("{task}", &number.to_string()).replace("{why}", &why))
}

fn refused(result: &Value) -> Option<&str> {
    let red = matches!(result["verdict"].as_str(), Some("broken" | "unmet" | "timed_out"));
    result["run"].as_str().filter(|_| red)
}

/// Where it is counted how often this was said in this run, and how often it was; nothing once it was enough.
fn counted() -> Option<(PathBuf, u64)> {
    let signals = std::env::var_os("OFFICE_SIGNALS").filter(|file| !file.is_empty())?;
    let file = PathBuf::from(signals).parent()?.join("stops-answered");
    let count = std::fs::read_to_string(&file).map_or(0, |text| text.trim().parse().unwrap_or(MOST));
    (count < MOST).then_some((file, count))
}
