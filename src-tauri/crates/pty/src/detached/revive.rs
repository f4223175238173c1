//! Starting the client's command again when it died while programs run: bounded, backed off, and said in the log.
//! Why it should be, and when not (an ordinary end), is the client's to say.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::server::Host;
use crate::host::ProcessId;
use crate::process;
use crate::session::locked;

/// At most so many starts...
const STARTS: usize = 5;
/// ...within this time.
const WINDOW: Duration = Duration::from_secs(600);
const LONGEST_WAIT: Duration = Duration::from_secs(60);
/// How often it is looked whether the process that ought to connect still lives.
const LOOK: Duration = Duration::from_secs(1);

/// The command that a client wants to be started again if it dies while programs run.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revive {
    /// Program (by its full path) and arguments.
    pub argv: Vec<OsString>,
    /// The whole environment.
    pub env: Vec<(OsString, OsString)>,
    /// Working directory.
    pub cwd: PathBuf,
}

// By hand, because the environment may hold secrets.
impl std::fmt::Debug for Revive {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Revive").field("argv", &self.argv).field("cwd", &self.cwd).finish_non_exhaustive()
    }
}

/// A wish together with the process that is to be replaced.
#[derive(Clone)]
pub(super) struct Wish {
    pub(super) revive: Revive,
    pub(super) client: ProcessId,
}

/// When the next start may be.
#[derive(Default)]
struct Pace {
    starts: VecDeque<Instant>,
}

impl Pace {
    /// How long to wait from `now`: 1, 2, 4 ... 60 s after starts of late; if there were too many, until the first of
    /// them is long enough ago.
    fn wait(&mut self, now: Instant) -> Duration {
        self.starts.retain(|start| now.duration_since(*start) < WINDOW);
        let backoff = Duration::from_secs(1 << self.starts.len().min(6)).min(LONGEST_WAIT);
        match self.starts.front() {
            Some(first) if self.starts.len() >= STARTS => backoff.max(WINDOW - now.duration_since(*first)),
            _ => backoff,
        }
    }

    fn started(&mut self, now: Instant) {
        self.starts.push_back(now);
    }
}

/// Watches for as long as the host lives.
pub(super) async fn watch(host: Arc<Host>) {
    let mut standing = host.standing.subscribe();
    let mut pace = Pace::default();
    loop {
        if standing.wait_for(|now| now.clients == 0 && now.running > 0 && now.wished).await.is_err() {
            return;
        }
        let wait = pace.wait(Instant::now());
        host.log.say(&format!("the client is gone while programs run; it is started again in {} s", wait.as_secs()));
        let mut wait = wait;
        let settled = loop {
            tokio::select! {
                _ = standing.wait_for(|now| now.clients > 0 || now.running == 0 || !now.wished) => break true,
                () = tokio::time::sleep(wait) => {}
            }
            // Cut off but alive, or started and not yet connected: it comes by itself.
            let client = locked(&host.wish).as_ref().map(|wish| wish.client);
            if !client.is_some_and(process::is_alive) {
                break false;
            }
            wait = LOOK;
        };
        if settled {
            continue;
        }
        pace.started(Instant::now());
        let wish = locked(&host.wish).clone();
        let Some(Wish { revive, .. }) = wish else { continue };
        match start(&revive, host.log.file()) {
            Ok(client) => {
                host.log.say(&format!("started the client again: process {}", client.pid));
                if let Some(wish) = locked(&host.wish).as_mut() {
                    wish.client = client;
                }
            }
            Err(error) => host.log.say(&format!("the client could not be started again: {error}")),
        }
    }
}

/// Starts it in a session of its own; what it prints goes to the host's log.
#[expect(clippy::disallowed_methods, reason = "not a session: it must neither be recorded nor end with the host")]
#[allow(unsafe_code)]
fn start(revive: &Revive, log: Option<File>) -> io::Result<ProcessId> {
    use std::os::unix::process::CommandExt;
    let (program, args) = revive.argv.split_first().ok_or(io::ErrorKind::InvalidInput)?;
    let mut command = Command::new(program);
    command.args(args).current_dir(&revive.cwd).env_clear().stdin(Stdio::null());
    command.envs(revive.env.iter().map(|(key, value)| (key, value)));
    let out = || log.as_ref().and_then(|log| log.try_clone().ok()).map_or_else(Stdio::null, Stdio::from);
    command.stdout(out()).stderr(out());
    // SAFETY: one async-signal-safe system call between fork and exec.
    unsafe { command.pre_exec(|| nix::unistd::setsid().map(drop).map_err(io::Error::from)) };
    let mut child = command.spawn()?;
    let id = process::identity(crate::spawn::child_pid(&child));
    // Only gives its number back; ends with it.
    std::thread::Builder::new().name("revived".to_owned()).spawn(move || child.wait())?;
    Ok(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn starts_are_backed_off_and_at_most_five_in_ten_minutes() {
        let mut pace = Pace::default();
        let begin = Instant::now();
        let mut now = begin;
        let mut waits = Vec::new();
        for _ in 0..5 {
            let wait = pace.wait(now);
            waits.push(wait.as_secs());
            now += wait;
            pace.started(now);
        }
        assert_eq!(waits, [1, 2, 4, 8, 16]);
        // The sixth waits until the first is ten minutes ago.
        assert_eq!(now + pace.wait(now), begin + Duration::from_secs(1) + WINDOW);
        // After a quiet while all is as in the beginning.
        assert_eq!(pace.wait(now + WINDOW), Duration::from_secs(1));
    }
}
