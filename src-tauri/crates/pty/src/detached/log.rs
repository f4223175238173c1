//! The host's own log: one line per thing worth knowing. Never a byte of a program's output, its input or environment.

use std::fs::File;
use std::io::Write;
use std::sync::Mutex;
use std::time::UNIX_EPOCH;

use super::place::{Place, append};
use crate::session::locked;

/// A log that has grown beyond this is put aside as `host.log.1` at the next start.
const LARGE: u64 = 1024 * 1024;

/// Milliseconds since the Unix epoch. The host is a process of its own and has no clock brought in from outside.
#[expect(clippy::disallowed_methods, reason = "the detached host tells when a program ended although nobody was there")]
pub(super) fn unix_millis() -> u64 {
    let since = std::time::SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// Where lines go; nowhere if the file cannot be written, which must not stop programs.
pub(super) struct Log(Mutex<Option<File>>);

impl Log {
    pub(super) fn open(place: &Place) -> Self {
        let path = place.log();
        if std::fs::metadata(&path).is_ok_and(|facts| facts.len() > LARGE) {
            // Worst case the log stays long for one more run.
            let _ = std::fs::rename(&path, path.with_extension("log.1"));
        }
        Self(Mutex::new(append(&path).ok()))
    }

    /// A second handle onto the file, for what a library or a panic writes.
    pub(super) fn file(&self) -> Option<File> {
        locked(&self.0).as_ref().and_then(|file| file.try_clone().ok())
    }

    pub(super) fn say(&self, text: &str) {
        if let Some(file) = locked(&self.0).as_mut() {
            // A full disk must not end anything.
            let _ = file.write_all(format!("{} {}\n", utc(unix_millis()), text.replace('\n', " ")).as_bytes());
        }
    }
}

/// RFC 3339 in UTC, by Howard Hinnant's days-to-civil; a whole library of times for one log would be heavier.
fn utc(millis: u64) -> String {
    let (days, second) = (millis / 86_400_000, millis / 1000 % 86_400);
    let z = days + 719_468;
    let (era, doe) = (z / 146_097, z % 146_097);
    let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let (day, month) = (doy - (153 * mp + 2) / 5 + 1, if mp < 10 { mp + 3 } else { mp - 9 });
    let year = yoe + era * 400 + u64::from(month <= 2);
    let (h, m, s, ms) = (second / 3600, second / 60 % 60, second % 60, millis % 1000);
    format!("{year:04}-{month:02}-{day:02}T{h:02}:{m:02}:{s:02}.{ms:03}Z")
}

#[cfg(test)]
mod tests {
    use super::utc;

    #[test]
    fn times_are_written_as_people_read_them() {
        assert_eq!(utc(0), "1970-01-01T00:00:00.000Z");
        assert_eq!(utc(951_782_400_000), "2000-02-29T00:00:00.000Z");
        assert_eq!(utc(1_767_225_599_999), "2025-12-31T23:59:59.999Z");
    }
}
