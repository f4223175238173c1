//! `office autostart`: whether the system starts the office after a reboot. How, is the runtime's.

use clap::{Args, ValueEnum};
use office_door::wire::AutostartStanding;
use office_runtime::autostart::{Autostart, Standing};

use crate::print;
use crate::session::{Done, Session};

/// What is wanted.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Wanted {
    /// From the next start of the machine on
    On,
    /// No more; what runs goes on
    Off,
    /// How it stands
    Status,
}

/// Which.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  office autostart on         goes on after a reboot with what it interrupted, but for what you stopped
  office autostart status
  office autostart off")]
pub(crate) struct AutostartArgs {
    /// What is wanted
    #[arg(value_enum)]
    wanted: Wanted,
}

pub(crate) async fn carry_out(s: &mut Session<'_>, args: AutostartArgs) -> Done {
    s.here("`autostart`")?;
    let dir = std::path::absolute(&s.dir)?;
    let standing = crate::home::autostart(&dir, move |autostart: &Autostart| match args.wanted {
        Wanted::On => autostart.on(),
        Wanted::Off => autostart.off(),
        Wanted::Status => autostart.standing(),
    })
    .await?;
    let Standing { on, file, note, cannot } = standing;
    let told = AutostartStanding { on, file: file.display().to_string(), note, cannot };
    s.show(&told, || {
        let how = if told.on { "on" } else { "off" };
        let rest = told.cannot.as_ref().map_or(&told.note, |cannot| &cannot.message);
        print::line(&format!("autostart is {how} ({}); {rest}", told.file))
    })
}
