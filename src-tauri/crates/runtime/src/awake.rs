//! Keeps the machine awake while desks are at work, where the system lets itself be asked; and notices when it slept all
//! the same, was stopped, or had its clock set, because clocks that went together then went apart.

use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use office_core::office::OfficeCommand;
use office_core::ports::Clocks;
use office_core::{CommandBody, Office};
use tokio::io::AsyncReadExt;
use tokio::process::{Child, Command};

use crate::world::{World, lock};

/// How often the clocks are compared.
const LOOK: Duration = Duration::from_secs(5);
/// A gap is longer than any load makes one.
const GAP: Duration = Duration::from_secs(30);
/// A system that refused is asked again after so long.
const SULK: Duration = Duration::from_secs(300);

/// What is known of it, for `office doctor`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum Awake {
    /// Nobody is at work.
    #[default]
    Unasked,
    /// The machine stays awake.
    Held,
    /// It may sleep over the work.
    Refused(String),
}

impl Awake {
    pub(crate) fn words(&self) -> String {
        match self {
            Self::Unasked => "no desk is at work; the machine sleeps when it likes".to_owned(),
            Self::Held => "the machine stays awake while desks are at work".to_owned(),
            Self::Refused(why) => format!("the machine may sleep while desks are at work: {why}"),
        }
    }
}

pub(crate) fn at_work(office: &Office) -> bool {
    office.desks.values().any(|desk| desk.run.is_some())
}

/// Asks for it with the first run and lets go with the last, for as long as the office runs.
pub(crate) async fn keep(world: Arc<World>) {
    let mut refused: Option<tokio::time::Instant> = None;
    loop {
        tokio::select! {
            () = world.closing.cancelled() => return,
            begun = world.handle.wait_until(|office| at_work(office).then_some(())) => if begun.is_err() { return },
        }
        let mut held = match refused {
            Some(when) if when.elapsed() < SULK => None,
            _ => match hold() {
                Ok(child) => {
                    *lock(&world.awake) = Awake::Held;
                    Some(child)
                }
                Err(error) => {
                    refused = Some(tokio::time::Instant::now());
                    *lock(&world.awake) = Awake::Refused(error.to_string());
                    None
                }
            },
        };
        let over = world.handle.wait_until(|office| (!at_work(office)).then_some(()));
        tokio::pin!(over);
        tokio::select! {
            () = world.closing.cancelled() => return,
            ended = &mut over => if ended.is_err() { return },
            why = broke_off(&mut held) => {
                refused = Some(tokio::time::Instant::now());
                *lock(&world.awake) = Awake::Refused(why);
                tokio::select! {
                    () = world.closing.cancelled() => return,
                    ended = over => if ended.is_err() { return },
                }
            }
        }
        drop(held);
        let mut awake = lock(&world.awake);
        if *awake == Awake::Held {
            *awake = Awake::Unasked;
        }
    }
}

/// The system's own program holds it for as long as a program under it runs, which here reads a pipe of ours: whatever
/// becomes of this process, the pipe ends and with it the hold.
#[expect(clippy::disallowed_methods, reason = "ends with the work it is held for, and with this process")]
fn hold() -> std::io::Result<Child> {
    let words: &[&str] = if cfg!(target_os = "macos") {
        &["caffeinate", "-i", "cat"]
    } else {
        let why = "--why=desks of Afterhours are at work";
        &["systemd-inhibit", "--what=idle:sleep", "--mode=block", "--who=Afterhours", why, "cat"]
    };
    let mut command = Command::new(words[0]);
    command.args(&words[1..]).env_clear().stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
    for name in ["PATH", "DBUS_SYSTEM_BUS_ADDRESS"] {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    command.kill_on_drop(true).spawn()
}

/// Comes back when a hold ended by itself, with what it said.
async fn broke_off(held: &mut Option<Child>) -> String {
    let Some(child) = held else { return std::future::pending().await };
    let mut said = Vec::new();
    if let Some(words) = child.stderr.take() {
        // What could be read is what there is.
        let _ = words.take(4096).read_to_end(&mut said).await;
    }
    let status = child.wait().await;
    let text = String::from_utf8_lossy(&said).trim().to_owned();
    match (text.is_empty(), status) {
        (false, _) => text,
        (true, Ok(status)) => format!("the system's program ended: {status}"),
        (true, Err(error)) => error.to_string(),
    }
}

/// What two looks at the clocks, so long apart, tell.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Told {
    /// The machine slept for so long, or the office was stopped.
    gap: Option<(Duration, Gap)>,
    /// Somebody set the wall clock, by so many seconds.
    set: Option<i32>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Gap {
    Slept,
    Stopped,
}

/// The wall clock alone says nothing: anybody may set it. A machine that slept has a clock that went on and one that did
/// not; one that was awake, in an office that was not, has both gone on for longer than was waited.
fn told(before: Clocks, after: Clocks) -> Told {
    let running = after.running.saturating_sub(before.running);
    let passed = after.passed.saturating_sub(before.passed);
    let gap = if passed.saturating_sub(running) > GAP {
        Some((passed, Gap::Slept))
    } else if running > LOOK + GAP {
        Some((running, Gap::Stopped))
    } else {
        None
    };
    let longer = passed.max(running);
    let wall = i128::from(after.wall.millis()) - i128::from(before.wall.millis());
    let by = wall - i128::try_from(longer.as_millis()).unwrap_or(i128::MAX);
    let set = i32::try_from(by / 1000).unwrap_or(if by < 0 { i32::MIN } else { i32::MAX });
    Told { gap, set: (u64::from(set.unsigned_abs()) > GAP.as_secs()).then_some(set) }
}

/// Compares the clocks, and writes a gap down. That wakes the loop as well, whose timers are then looked at by the clock
/// as it now is.
pub(crate) async fn notice_gaps(world: Arc<World>) {
    let mut before = world.clock.clocks();
    loop {
        tokio::select! {
            () = world.closing.cancelled() => return,
            () = tokio::time::sleep(LOOK) => {}
        }
        let after = world.clock.clocks();
        let since = before.wall;
        let told = told(std::mem::replace(&mut before, after), after);
        // Said for people; what is due is due without it.
        if let Some((passed, gap)) = told.gap {
            let secs = u32::try_from(passed.as_secs()).unwrap_or(u32::MAX);
            tracing::info!(secs, %since, ?gap, "nothing ran for a while");
            let stopped = gap == Gap::Stopped;
            let _ = world.handle.report(CommandBody::Office(OfficeCommand::Slept { since, secs, stopped })).await;
        }
        if let Some(by_secs) = told.set {
            tracing::info!(by_secs, "the wall clock was set");
            let _ = world.handle.report(CommandBody::Office(OfficeCommand::ClockChanged { by_secs })).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clocks(wall: i64, running: u64, passed: u64) -> Clocks {
        let wall = office_core::At::from_millis(1_800_000_000_000 + wall * 1000);
        Clocks { wall, running: Duration::from_secs(running), passed: Duration::from_secs(passed) }
    }

    #[test]
    fn a_sleep_a_stop_and_a_clock_that_was_set_are_told_apart() {
        let before = clocks(0, 100, 500);
        let gap = |secs, gap| Some((Duration::from_secs(secs), gap));
        assert_eq!(told(before, clocks(5, 105, 505)), Told::default());
        assert_eq!(told(before, clocks(25, 125, 525)), Told::default(), "a machine under load");
        assert_eq!(told(before, clocks(3605, 105, 4105)), Told { gap: gap(3605, Gap::Slept), set: None });
        assert_eq!(told(before, clocks(3600, 3700, 4100)), Told { gap: gap(3600, Gap::Stopped), set: None });
        assert_eq!(told(before, clocks(3605, 105, 505)), Told { gap: None, set: Some(3600) });
        assert_eq!(told(before, clocks(-3595, 105, 505)), Told { gap: None, set: Some(-3600) });
        // Set while it slept: both are said.
        assert_eq!(told(before, clocks(7205, 105, 4105)), Told { gap: gap(3605, Gap::Slept), set: Some(3600) });
    }
}
