//! Outside: becomes nobody, hands bwrap its plan by descriptors, waits for its end. The program's environment is our own;
//! bwrap itself gets next to none, since those inside can read it.

use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use crate::error::{SandboxError, doing};
use crate::plan::{FIRST_TEXT, plan};
use crate::policy::Policy;
use crate::seen::Host;
use crate::{filter, staging, sys};

/// Descriptors bwrap reads its options and the filter from.
const OPTIONS: i32 = 10;
const FILTER: i32 = 11;
/// Where bwrap is looked for: never where a desk's own path says.
const PATH: &str = "/usr/local/bin:/usr/bin:/bin";

/// `run POLICY -- COMMAND...`: gives back the program's exit code.
pub(crate) fn run(args: &[OsString]) -> Result<u8, SandboxError> {
    let [policy, dashes, command @ ..] = args else { return Err(SandboxError::Usage) };
    if dashes != "--" || command.is_empty() {
        return Err(SandboxError::Usage);
    }
    let policy: Policy = serde_json::from_str(policy.to_str().ok_or(SandboxError::Usage)?)
        .map_err(|error| SandboxError::Policy(error.to_string()))?;
    let host = Host::look(OsStr::new(PATH), &version()).ok_or(SandboxError::NoBubblewrap)?;
    let inner = std::env::current_exe().map_err(doing("finding this program"))?;
    let lent = match (host.uid, policy.run_as) {
        (0, None | Some(0)) => return Err(SandboxError::Root),
        (0, Some(uid)) => {
            let lent = staging::lend(&policy, &[&inner], uid)?;
            sys::give_terminal(uid);
            Some((uid, lent))
        }
        _ => None,
    };
    let nothing = HashMap::new();
    let places = lent.as_ref().map_or(&nothing, |(_, places)| places);
    let source = |path: &Path| places.get(path).cloned().unwrap_or_else(|| path.to_owned());
    let env: Vec<(OsString, OsString)> = std::env::vars_os().collect();
    let plan = plan(&policy, &host, &env, &source, &inner, command)?;
    sys::no_core();
    sys::deaf(true);
    let start = || match become_and_start(&policy, &host.bwrap, &plan, lent.as_ref().map(|(uid, _)| *uid)) {
        Ok(never) => match never {},
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "{}: {error}", crate::PROGRAM);
            125
        }
    };
    sys::in_child(start).map_err(doing("starting bwrap"))
}

fn become_and_start(
    policy: &Policy,
    bwrap: &Path,
    plan: &crate::plan::Plan,
    uid: Option<u32>,
) -> Result<std::convert::Infallible, SandboxError> {
    let texts = || doing("handing over a text");
    let mut options = Vec::new();
    for word in &plan.options {
        options.extend_from_slice(word.as_encoded_bytes());
        options.push(0);
    }
    let mut keep = vec![OPTIONS, FILTER];
    sys::text_at(OPTIONS, &options).map_err(texts())?;
    sys::text_at(FILTER, &filter::program()).map_err(texts())?;
    for (number, text) in (FIRST_TEXT..).zip(&plan.texts) {
        sys::text_at(number, text.as_bytes()).map_err(texts())?;
        keep.push(number);
    }
    if let Some(uid) = uid {
        sys::become_user(uid).map_err(doing("becoming somebody else than root"))?;
    }
    sys::pass_on_only(&keep);
    let mut command = command(bwrap);
    command.env_clear().env("PATH", PATH).current_dir("/");
    if let Some(name) = &policy.marker {
        command.envs(std::env::var_os(name).map(|value| (name, value)));
    }
    command.args(["--args", &OPTIONS.to_string(), "--seccomp", &FILTER.to_string(), "--"]).args(&plan.command);
    Err(doing("starting bwrap")(command.exec()))
}

/// What bwrap says of itself: as its file holds it, which is there at once, or asked.
fn version() -> String {
    let Some(bwrap) = crate::seen::find("bwrap", OsStr::new(PATH)) else { return String::new() };
    if let Some(known) = std::fs::read(&bwrap).ok().and_then(|bytes| crate::seen::version_in(&bytes)) {
        return known;
    }
    let said = command(&bwrap).env_clear().arg("--version").stdin(std::process::Stdio::null()).output();
    said.map(|said| String::from_utf8_lossy(&said.stdout).into_owned()).unwrap_or_default()
}

#[expect(clippy::disallowed_methods, reason = "the launcher: it becomes bwrap, and asks it for its version")]
fn command(program: &Path) -> Command {
    Command::new(program)
}
