//! Starts the window, where one is installed, so that it shows what was clicked. The window is nobody's child for long: it
//! outlives the office. Not here: what the window makes of it.

use std::path::PathBuf;
use std::process::Stdio;

use office_core::news::Item;
use tokio::process::Command;

use crate::world::{World, lock};

const PROGRAM: &str = "afterhours";
/// So much of what a window said that did not open is told.
const SAID: usize = 300;

/// Beside this program, where a package puts it; else on the path.
fn program() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = World::own_folder().into_iter().chain(std::env::split_paths(&path).collect::<Vec<_>>());
    folders.map(|folder| folder.join(PROGRAM)).find(|program| program.is_file())
}

/// Opens it and comes back when it has ended, or the office closes.
///
/// # Errors
/// Why there is none to be seen, in its own words.
#[expect(
    clippy::disallowed_methods,
    reason = "the window it starts is meant to outlive the office; it is never ended here"
)]
pub(super) async fn window(world: &World, item: Option<Item>) -> Result<(), String> {
    let program = program().ok_or_else(|| format!("{PROGRAM}, the window, is not installed beside `office`."))?;
    let log = world.dir.logs().join("window.log");
    let words = std::fs::File::create(&log).map_err(|error| format!("{}: {error}", log.display()))?;
    let mut command = Command::new(&program);
    command.arg("--office").arg(world.dir.root()).current_dir("/");
    let show = item.map(|item| match item {
        Item::Review(task) | Item::Question(task) | Item::Limit(task) => format!("--show=task:{task}"),
        Item::Approval(approval) => format!("--show=approval:{approval}"),
        Item::Incident(desk) => format!("--show=desk:{desk}"),
        Item::Plan(plan) => format!("--show=plan:{plan}"),
    });
    command.args(show);
    for name in ["OFFICE_TOKEN", "OFFICE_TASK", "OFFICE_HOST"] {
        command.env_remove(name);
    }
    command.process_group(0).stdin(Stdio::null()).stdout(Stdio::null()).stderr(words);
    let mut child = command.spawn().map_err(|error| format!("{}: {error}", program.display()))?;
    let pid = child.id().and_then(|pid| i32::try_from(pid).ok());
    // Known before it can ask anything: its number stays its own until it was waited for here.
    lock(&world.windows.opened).extend(pid);
    let ended = tokio::select! {
        () = world.closing.cancelled() => return Ok(()),
        ended = child.wait() => ended,
    };
    lock(&world.windows.opened).retain(|known| Some(*known) != pid);
    match ended {
        Ok(status) if !status.success() => {
            let said = std::fs::read_to_string(&log).unwrap_or_default();
            let said: String = said.trim().chars().take(SAID).collect();
            Err(if said.is_empty() { format!("{} ended: {status}", program.display()) } else { said })
        }
        _ => Ok(()),
    }
}
