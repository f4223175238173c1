//! The three verbs that need no runtime at the other end of the door, because they make, run or mend the office itself.

use std::path::Path;

use office_core::{Code, Refusal};
use office_runtime::autostart::{Autostart, Standing};
use office_runtime::{Revive, RunOptions};

/// How to run it.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  office run
  office --office ~/night run
  office run --take-up     goes on at once with what a crash or a reboot interrupted
  office run --json        prints {\"ready\":true,\"dir\":...,\"pid\":...} when it is ready")]
pub(crate) struct RunArgs {
    /// Make the office first, if there is none
    #[arg(long)]
    pub(crate) init: bool,
    /// In a session of its own, so that the office outlives whoever starts it (the window does)
    #[arg(long)]
    pub(crate) apart: bool,
    /// Go on with what was interrupted, but for what its owner stopped
    #[arg(long)]
    pub(crate) take_up: bool,
    /// Said by the host of the desks when it starts the runtime again
    #[arg(long, hide = true)]
    pub(crate) revived: bool,
}

/// Makes an office in `dir`.
pub(crate) async fn init(dir: &Path, name: Option<&str>) -> Result<(), Refusal> {
    office_runtime::init(dir, name).await
}

/// Runs the office in `dir` until it is asked to end, or `closing` resolves.
pub(crate) async fn run(
    dir: &Path,
    args: RunArgs,
    ready: impl FnOnce(),
    closing: impl Future<Output = ()>,
) -> Result<(), Refusal> {
    office_runtime::logging::begin(dir);
    office_runtime::keep_orphans();
    let RunArgs { take_up, revived, .. } = args;
    let options = RunOptions { again: again(dir), revived, take_up };
    office_runtime::run(dir, options, ready, closing).await
}

/// What the host of the desks starts if this process dies while they work: this very call again.
fn again(dir: &Path) -> Option<Revive> {
    if std::env::var_os("OFFICE_REVIVE").is_some_and(|value| value == "off") {
        return None;
    }
    let program = std::env::current_exe().ok()?;
    let argv = [program.as_os_str(), "--office".as_ref(), dir.as_os_str(), "run".as_ref(), "--revived".as_ref()];
    // A test's fault is its first life's.
    let env = std::env::vars_os().filter(|(name, _)| !name.to_string_lossy().starts_with("OFFICE_FAULT_"));
    Some(Revive { argv: argv.map(Into::into).to_vec(), env: env.collect(), cwd: dir.to_owned() })
}

/// Does something about the start of the office in `dir` with the machine; blocks elsewhere.
pub(crate) async fn autostart(
    dir: &Path,
    what: impl FnOnce(&Autostart) -> Result<Standing, Refusal> + Send + 'static,
) -> Result<Standing, Refusal> {
    if !dir.join("office.db").exists() {
        let message = format!("there is no office in {}", dir.display());
        return Err(Refusal::new(Code::NotFound, message, "`office init` makes one"));
    }
    let autostart = Autostart::of(dir)?;
    let done = tokio::task::spawn_blocking(move || what(&autostart)).await;
    done.unwrap_or_else(|error| Err(Refusal::new(Code::Trouble, error.to_string(), "try again")))
}

/// Brings a backup back; says what was done and where the old database is kept.
pub(crate) async fn restore(dir: &Path, backup: &Path) -> Result<String, Refusal> {
    office_runtime::restore(dir, backup).await
}
