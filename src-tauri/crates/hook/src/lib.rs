//! The program that agent CLIs run at their hooks. It writes down what happened for the office to read, and, where an
//! action is about to be taken, asks the office and holds until it is answered. It fails closed: whatever goes wrong, the
//! answer is deny. What goes on even while no office is there stands in `allowed.json`.

pub mod allowed;
pub mod call;
mod claimed;
pub mod command;
pub mod door;
mod gate;
mod net;
pub mod spoken;
mod spool;
mod stopped;
mod words;

use std::io::{Read, Write};
use std::process::ExitCode;
use std::time::Duration;

pub use gate::{Patience, Verdict};

/// A payload longer than this is not read to its end; its action is denied.
const LONGEST_PAYLOAD: u64 = 16 * 1024 * 1024;

const USAGE: &str = "office-hook gate ENGINE [--seconds N]    asks the office about the action on standard input\n\
                     office-hook tell ENGINE                  writes the payload on standard input down for the office\n\
                     office-hook net --port N --to SOCKET -- COMMAND   starts a command whose loopback leads to a socket";

/// The program: `gate` or `tell`, then the engine's name; or `net`.
pub fn main() -> ExitCode {
    let args: Vec<std::ffi::OsString> = std::env::args_os().skip(1).collect();
    if args.first().is_some_and(|word| word == "net") {
        return net::main(&args[1..]);
    }
    let words: Vec<String> = std::env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned()).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let (verb, engine, rest) = match words.as_slice() {
        [verb @ ("gate" | "tell"), engine, rest @ ..] => (*verb, *engine, rest),
        ["--version"] => return said(&format!("office-hook {}\n", env!("CARGO_PKG_VERSION"))),
        _ => return wrong(),
    };
    let mut payload = Vec::new();
    // One byte more than allowed shows that there is more.
    let read = std::io::stdin().lock().take(LONGEST_PAYLOAD + 1).read_to_end(&mut payload);
    let whole = read.is_ok() && payload.len() as u64 <= LONGEST_PAYLOAD;
    // Asked before it is written down: a turn that goes on has not ended.
    let missing = if verb == "tell" { stopped::missing(&payload) } else { None };
    spool::write_down(engine, &payload, missing.is_some());
    if let Some(words) = missing {
        return said(&spoken::go_on(&words));
    }
    if verb == "tell" {
        match spoken::event_name(&payload).as_deref() {
            Some("PostToolUse") => gate::report(&payload, false),
            Some("PostToolUseFailure") => gate::report(&payload, true),
            Some("SessionStart") => spool::wait_for_tools(),
            _ => {}
        }
        return ExitCode::SUCCESS;
    }
    let seconds = match rest {
        ["--seconds", seconds] => seconds.parse().ok(),
        [] => Some(gate::LONGEST_HOLD.as_secs()),
        _ => None,
    };
    let event = spoken::event_of(&payload);
    let takes = matches!(engine, "claude" | "opencode") && event == spoken::Event::PreToolUse;
    let verdict = match (seconds, whole) {
        (Some(seconds), true) => gate::judge(
            &payload,
            stage_of(engine, event),
            takes,
            &Patience::for_a_hold_of(Duration::from_secs(seconds)),
        ),
        (None, _) => Verdict::deny("the office's hook is set up wrongly: `--seconds` is no number"),
        (_, false) => Verdict::deny("the action is too long to be judged; do it in smaller steps"),
    };
    said(&spoken::answer(engine, event, &verdict))
}

/// When an engine asks. Codex says each call, and asks once more where it would leave its own sandbox, which it has not in ours, or where
/// the call looks dangerous to it.
fn stage_of(engine: &str, event: spoken::Event) -> gate::Stage {
    let inside = std::env::var_os("OFFICE_INSIDE").is_some_and(|word| word == "1");
    match (engine, event) {
        ("codex", spoken::Event::PreToolUse) => gate::Stage::First,
        ("codex", spoken::Event::PermissionRequest) => gate::Stage::Again { leaves: !inside },
        _ => gate::Stage::Only,
    }
}

/// Where nobody can hear the verdict, the code must say deny: 2 blocks in every engine that knows codes.
fn said(text: &str) -> ExitCode {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::from(2),
    }
}

fn wrong() -> ExitCode {
    let _ = writeln!(std::io::stderr(), "{USAGE}");
    ExitCode::from(2)
}
