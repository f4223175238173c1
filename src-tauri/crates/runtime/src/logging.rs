//! The runtime's own log: a file in the office, and warnings on standard error. No prompt, key or output of an agent is
//! ever written to it.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Mutex;

use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt::layer;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

use crate::paths::OfficeDir;

/// A log that has grown beyond this is put aside as `office.log.1` at the next start.
const LARGE: u64 = 16 * 1024 * 1024;

/// Begins to log for the office in `dir`: into `logs/office.log` at the level of `OFFICE_LOG` (`info` if unset), and
/// warnings to standard error. Without a log file the warnings still come.
pub fn begin(dir: &Path) {
    let path = OfficeDir::new(dir).logs().join("office.log");
    if std::fs::metadata(&path).is_ok_and(|facts| facts.len() > LARGE) {
        // Worst case the log stays long for one more run.
        let _ = std::fs::rename(&path, path.with_extension("log.1"));
    }
    let wanted = EnvFilter::try_from_env("OFFICE_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    let file = OpenOptions::new().create(true).append(true).mode(0o600).open(&path);
    let file = file.ok().map(|file| layer().with_ansi(false).with_writer(Mutex::new(file)).with_filter(wanted));
    let warnings =
        layer().with_target(false).without_time().with_writer(std::io::stderr).with_filter(LevelFilter::WARN);
    // Twice in one process (tests) the first one stays.
    let _ = tracing_subscriber::registry().with(file).with(warnings).try_init();
}
