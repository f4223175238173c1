//! `office-host --dir DIR [--linger SECS] [--foreground]`: holds programs for whoever asks at the socket in DIR.
//! Nothing but the reading of its arguments is here.

use std::ffi::OsString;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use office_pty::detached::{HostOptions, LINGER, PROTOCOL, run_host};

const USAGE: &str = "usage: office-host --dir DIR [--linger SECS] [--foreground]

Holds programs on terminals or pipes for the office, in a session of its own, and records them in DIR's care.
  --dir DIR      its socket, lock, journal and log; made owner-only
  --linger SECS  end after so long without program and client (60)
  --foreground   stay in this process, for a supervisor
  --version      say the version
";

fn read(mut args: impl Iterator<Item = OsString>) -> Result<HostOptions, String> {
    let (mut dir, mut linger, mut foreground, mut newest) = (None, LINGER, false, PROTOCOL);
    while let Some(arg) = args.next() {
        let mut value = |what: &str| args.next().ok_or(format!("{what} needs a value"));
        match arg.to_str() {
            Some("--dir") => dir = Some(PathBuf::from(value("--dir")?)),
            Some("--linger") => {
                let text = value("--linger")?;
                let seconds = text.to_str().and_then(|text| text.parse::<f64>().ok());
                let linger_given = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
                linger = linger_given.ok_or(format!("{} is no number of seconds", text.to_string_lossy()))?;
            }
            Some("--foreground") => foreground = true,
            // An old host, for tests of what an upgrade meets.
            #[cfg(debug_assertions)]
            Some("--speaks") => {
                let text = value("--speaks")?;
                newest = text.to_str().and_then(|text| text.parse().ok()).ok_or("--speaks needs a number")?;
            }
            _ => return Err(format!("{} is not known", arg.to_string_lossy())),
        }
    }
    let dir = dir.ok_or("--dir is missing")?;
    // Read in debug builds only.
    let _ = &mut newest;
    Ok(HostOptions { dir, linger, newest, foreground })
}

fn main() -> ExitCode {
    let args: Vec<OsString> = std::env::args_os().skip(1).collect();
    // A reader that has gone away does not want to know.
    match args.first().and_then(|arg| arg.to_str()) {
        Some("--help" | "-h") => {
            let _ = std::io::stdout().write_all(USAGE.as_bytes());
            return ExitCode::SUCCESS;
        }
        Some("--version" | "-V") => {
            let _ = writeln!(std::io::stdout(), "office-host {}", env!("CARGO_PKG_VERSION"));
            return ExitCode::SUCCESS;
        }
        _ => {}
    }
    match read(args.into_iter()) {
        Ok(options) => run_host(&options),
        Err(why) => {
            let _ = write!(std::io::stderr(), "office-host: {why}\n{USAGE}");
            ExitCode::from(2)
        }
    }
}
