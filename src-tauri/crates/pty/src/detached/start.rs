//! Starts a host where none answers. Two callers at once get the same one: its lock decides, not they.
//! Where there is a systemd for the user, the host may later be started here through `systemd-run --user --scope`, so
//! that what ends the caller's control group leaves it alone.

use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use super::client::RemoteHost;
use super::daemon::HELD;
use super::error::DetachedError;

/// How long a host stays without program and client unless it is told otherwise.
pub const LINGER: Duration = Duration::from_secs(60);
/// Starting takes milliseconds; this is for a machine that is very busy.
const READY: Duration = Duration::from_secs(20);
/// While another's host is on its way up or down.
const SOON: Duration = Duration::from_millis(10);

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

/// Runs the starter, which ends as soon as the host is ready.
#[expect(clippy::disallowed_methods, reason = "waited for here; the host it leaves behind is meant to outlive us")]
fn start(program: &Path, dir: &Path, linger: Duration) -> std::io::Result<Output> {
    let mut command = Command::new(program);
    command.arg("--dir").arg(dir).arg("--linger").arg(linger.as_secs_f64().to_string());
    // No environment: a marker or a token of ours must not live on in the host.
    command.env_clear().stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    command.output()
}
