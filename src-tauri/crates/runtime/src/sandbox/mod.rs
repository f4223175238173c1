//! Whether what runs for a project is kept in a sandbox, and what it is shown there. How a sandbox is made is in the crate
//! `sandbox`; its way to the office is in `side_door.rs`, its way outside in `gate.rs`.

pub(crate) mod gate;
mod policy;
pub(crate) mod side_door;

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use office_core::RunId;
use office_core::project::Project;
use office_core::sandbox::{Enforcement, SandboxMode};
use office_pty::{BoundedEnd, SpawnSpec, run_bounded};
use office_sandbox::{Bind, PROGRAM, Policy};

pub(crate) use self::policy::{Desk, loopback_port};
use crate::paths::private_dir;
use crate::world::{World, lock};

/// Who desks of an office of root's are. Nobody has this number; their files stay root's on the disk.
const DESKS: u32 = 62_000;
/// A machine that takes longer to start a program in a sandbox has none that one could work in.
const PROBE_TIME: Duration = Duration::from_secs(20);

/// Whether something runs in a sandbox.
pub(crate) enum Kept {
    /// It does.
    In,
    /// It does not; why, in words.
    Out(String),
}

impl Kept {
    /// What is written down of it.
    pub(crate) fn enforcement(&self, gate_is_hard: bool) -> Enforcement {
        match self {
            Kept::In => Enforcement {
                hard: true,
                words:
                    "a sandbox of the system: its own checkout, home and temporary files, listed hosts, nothing else"
                        .to_owned(),
                metering: None,
            },
            Kept::Out(why) if gate_is_hard => {
                let words = format!("its engine asks first, but no sandbox holds it: {why}");
                Enforcement { hard: false, words, metering: None }
            }
            Kept::Out(why) => Enforcement { hard: false, words: format!("no sandbox holds it: {why}"), metering: None },
        }
    }
}

impl World {
    /// Whether what runs for `project` is kept in a sandbox; an error where it has to be and cannot.
    pub(crate) async fn kept(&self, project: &Project) -> Result<Kept, String> {
        let mode = match std::env::var("OFFICE_SANDBOX").as_deref() {
            Ok("off") => return Ok(Kept::Out("OFFICE_SANDBOX=off was set where the office was started".to_owned())),
            Ok("required") => SandboxMode::Required,
            _ => project.sandbox.mode,
        };
        match (mode, self.sandbox_works(mode != SandboxMode::Off).await) {
            (SandboxMode::Off, _) => {
                let name = &project.name;
                Ok(Kept::Out(format!("switched off; `office project set {name} --sandbox auto` switches it on")))
            }
            (_, Ok(())) => Ok(Kept::In),
            (SandboxMode::Auto, Err(why)) => Ok(Kept::Out(why)),
            (SandboxMode::Required, Err(why)) => Err(format!(
                "nothing runs for project '{}' without a sandbox, and there is none: {why} \
                 (`office doctor` says more; `office project set {} --sandbox auto` does without)",
                project.name, project.name
            )),
        }
    }

    /// Whether this machine has a sandbox, by running something in one. A yes is remembered, a no is asked again.
    pub(crate) async fn sandbox_works(&self, ask: bool) -> Result<(), String> {
        if !ask || self.sandbox.get().is_some() {
            return Ok(());
        }
        let dir = self.dir.root().join("sandbox-probe");
        private_dir(&dir)?;
        let mut policy = Policy::new(&dir, &dir);
        policy.binds.push(Bind::write(&dir));
        policy.run_as = run_as();
        let mut spec = self.sandboxed(&policy, &["/bin/sh".to_owned(), "-c".to_owned(), "echo in".to_owned()])?;
        spec.env.push(("PATH".into(), "/usr/local/bin:/usr/bin:/bin".into()));
        let over = run_bounded(spec, PROBE_TIME, 16 * 1024).await.map_err(|error| error.to_string())?;
        let said = over.output.to_lossy();
        if over.success() && said == "in\n" {
            // Somebody else may have been as quick.
            let _ = self.sandbox.set(());
            return Ok(());
        }
        if over.end == BoundedEnd::TimedOut {
            return Err(format!("a sandbox did not start within {} s", PROBE_TIME.as_secs()));
        }
        let said = said.trim().lines().last().unwrap_or("it ended without a word").to_owned();
        Err(reason().map_or(said.clone(), |reason| format!("{reason} ({said})")))
    }

    /// What was said of a run when it was started. After a restart in between: whether it has a door of its own.
    pub(crate) fn enforcement_known(&self, run: RunId) -> Option<Enforcement> {
        let known = lock(&self.enforcements).get(&run).cloned();
        known.or_else(|| {
            let kept = self.side_door(run).is_dir().then(|| Kept::In.enforcement(true))?;
            Some(Enforcement { metering: self.metered(run).map(|config| crate::meter::on(&config)), ..kept })
        })
    }

    /// A program that starts `command` under `policy`, with no environment yet.
    pub(crate) fn sandboxed(&self, policy: &Policy, command: &[String]) -> Result<SpawnSpec, String> {
        let program = launcher()?;
        let words = office_sandbox::words(&program, policy, command).map_err(|error| error.to_string())?;
        Ok(SpawnSpec::new(words.into_iter().map(OsString::from), &policy.cwd))
    }

    /// What doctor says of it.
    pub(crate) async fn sandbox_in_words(&self) -> Result<String, String> {
        self.sandbox_works(true).await?;
        Ok(match run_as() {
            Some(uid) => format!("works; the office runs as root, its desks as user {uid}"),
            None => "works".to_owned(),
        })
    }
}

/// Who programs run as, where that is not who runs the office.
fn run_as() -> Option<u32> {
    nix::unistd::geteuid().is_root().then_some(DESKS)
}

/// Users whose programs may be at a desk's own door.
pub(crate) fn users() -> Vec<u32> {
    std::iter::once(nix::unistd::geteuid().as_raw()).chain(run_as()).collect()
}

fn launcher() -> Result<PathBuf, String> {
    let folder = World::own_folder().unwrap_or_default();
    let program = folder.join(PROGRAM);
    if program.is_file() {
        return Ok(program);
    }
    Err(format!("the program {PROGRAM} is missing in {}: build or install it beside `office`", folder.display()))
}

/// What about this machine stands in the way, where it says so.
fn reason() -> Option<&'static str> {
    let says = |path: &str, value: &str| std::fs::read_to_string(path).is_ok_and(|text| text.trim() == value);
    let path = std::env::var_os("PATH").unwrap_or_default();
    if cfg!(not(target_os = "linux")) {
        return Some("the office knows a sandbox on Linux only, so far");
    }
    if office_sandbox::seen::find("bwrap", &path).is_none() {
        return Some("bubblewrap is not installed: install the package `bubblewrap`");
    }
    if says("/proc/sys/user/max_user_namespaces", "0") {
        return Some("the kernel allows no user namespaces: user.max_user_namespaces is 0");
    }
    if says("/proc/sys/kernel/unprivileged_userns_clone", "0") {
        return Some("the kernel allows no user namespaces: kernel.unprivileged_userns_clone is 0");
    }
    if says("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1") {
        return Some("AppArmor keeps bwrap from user namespaces: it needs a profile for bwrap (docs/SECURITY.md)");
    }
    None
}
