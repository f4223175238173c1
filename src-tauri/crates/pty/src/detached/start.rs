//! Starts a host where none answers. Two callers at once get the same one: its lock decides, not they.
//! Whether it gets a systemd scope of its own is decided in `scope`; where that fails it is started without one.

use std::ffi::OsString;
use std::io::Read;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::client::RemoteHost;
use super::daemon::HELD;
use super::error::DetachedError;
use super::scope::Scope;

/// How long a host stays without program and client unless it is told otherwise.
pub const LINGER: Duration = Duration::from_secs(60);
/// Starting takes milliseconds; this is for a machine that is very busy.
const READY: Duration = Duration::from_secs(20);
/// While another's host is on its way up or down.
const SOON: Duration = Duration::from_millis(10);
/// A systemd that takes longer to make a scope is not waited for.
const SCOPED: Duration = Duration::from_secs(5);

/// Connects to the host in `dir`; starts `program` (the `office-host` binary) there first if none answers, and returns
/// once it does. The host is never a child of this process, inherits none of its descriptors and nothing of its
/// environment.
///
/// # Errors
/// `NotStarted`, and those of [`RemoteHost::connect`] but `NoHost`.
pub async fn start_detached(dir: &Path, program: &Path, linger: Duration) -> Result<RemoteHost, DetachedError> {
    let until = Instant::now() + READY;
    let failed = |reason: String| DetachedError::NotStarted { program: program.to_owned(), reason };
    loop {
        match RemoteHost::connect(dir).await {
            Err(DetachedError::NoHost { .. }) if Instant::now() < until => {}
            Err(DetachedError::NoHost { .. }) => return Err(failed("it does not answer".to_owned())),
            other => return other,
        }
        let (program, dir) = (program.to_owned(), dir.to_owned());
        let output = tokio::task::spawn_blocking(move || start(&program, &dir, linger)).await;
        let output = output.map_err(std::io::Error::other).and_then(|output| output);
        let output = output.map_err(|error| failed(error.to_string()))?;
        if output.status.code() == Some(i32::from(HELD)) {
            tokio::time::sleep(SOON).await;
        } else if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
            return Err(failed(if said.is_empty() { output.status.to_string() } else { said }));
        }
    }
}

/// Runs the starter, which ends as soon as the host is ready: in a scope of its own, or else without.
fn start(program: &Path, dir: &Path, linger: Duration) -> std::io::Result<Output> {
    start_in(Scope::here().ok().as_ref(), program, dir, linger)
}

fn start_in(scope: Option<&Scope>, program: &Path, dir: &Path, linger: Duration) -> std::io::Result<Output> {
    let args: [OsString; 4] = ["--dir".into(), dir.into(), "--linger".into(), linger.as_secs_f64().to_string().into()];
    if let Some(scope) = scope
        && let Some(output) = within(scope.around(program, &args), SCOPED)
        && (output.status.success() || output.status.code() == Some(i32::from(HELD)))
    {
        return Ok(output);
    }
    // Whatever was wrong: if it was the host's own trouble it says so again, and a second one leaves at its lock.
    plainly(program, &args)
}

#[expect(clippy::disallowed_methods, reason = "waited for here; the host it leaves behind is meant to outlive us")]
fn plainly(program: &Path, args: &[OsString]) -> std::io::Result<Output> {
    let mut command = Command::new(program);
    // No environment: a marker or a token of ours must not live on in the host.
    command.args(args).env_clear().stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    command.output()
}

/// What it came to, if it came to anything in that time; else it is ended.
fn within(mut command: Command, limit: Duration) -> Option<Output> {
    let until = Instant::now() + limit;
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().ok()?;
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break status,
            Ok(None) if Instant::now() < until => thread::sleep(SOON),
            _ => {
                let _ = child.kill();
                let _ = child.wait();
                return None;
            }
        }
    };
    let mut stderr = Vec::new();
    // It has ended; what it said is a few lines at most.
    let _ = child.stderr.take()?.take(4096).read_to_end(&mut stderr);
    Some(Output { status, stdout: Vec::new(), stderr })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn script(path: &Path, text: &str) {
        std::fs::write(path, format!("#!/bin/sh\n{text}\n")).unwrap();
        std::fs::set_permissions(path, PermissionsExt::from_mode(0o755)).unwrap();
    }

    #[test]
    fn a_host_is_started_through_systemd_and_without_it_where_that_refuses_or_hangs() {
        let dir = tempfile::tempdir().unwrap();
        let [run, host, seen] = ["systemd-run", "office-host", "seen"].map(|name| dir.path().join(name));
        script(&host, &format!("echo \"host $* in ${{IN_SCOPE:-none}}\" >> '{}'", seen.display()));
        let start = || start_in(Some(&Scope::with(&run, dir.path())), &host, Path::new("/o"), Duration::from_secs(60));
        // As the real one does: it becomes what follows the dashes.
        script(
            &run,
            &format!("echo scope >> '{}'\nwhile [ \"$1\" != -- ]; do shift; done\nshift\nexec \"$@\"", seen.display()),
        );
        assert!(start().unwrap().status.success());
        script(&run, "echo 'Failed to connect to bus' >&2; exit 1");
        assert!(start().unwrap().status.success());
        let lines = std::fs::read_to_string(&seen).unwrap();
        let host = "host --dir /o --linger 60 in none";
        assert_eq!(lines.lines().collect::<Vec<_>>(), ["scope", host, host], "once in a scope, once without");
        script(&run, "exec sleep 60");
        assert!(within(Scope::with(&run, dir.path()).around(&run, &[]), Duration::from_millis(50)).is_none());
    }
}
