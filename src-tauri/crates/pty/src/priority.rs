//! Programs give way to what a person sits before: this process and its viewers, the window, the owner's own work. While nobody
//! else wants the processor they lose nothing by it.
//!
//! Where the system gives each session its share (Linux' autogroups, `sched(7)`), the niceness of a process counts only among its
//! own, and this process with all its terminals would get as much as one program that floods. So the session's is set as well.

use std::ffi::{CStr, CString};
use std::sync::LazyLock;
use std::time::Duration;

use nix::libc;

use crate::host::ProcessId;
use crate::process;

/// How nice programs are, as in `nice(1)`: beside ordinary work they get a tenth of what that gets. `OFFICE_NICE`, where the host is
/// started, says otherwise.
const USUAL: libc::c_int = 10;
/// As much as there is of it.
const MOST: libc::c_int = 19;
const OWN: &CStr = c"/proc/self/autogroup";
/// The kernel takes one such wish in 100 ms from all who are not root, and asks the others to come again.
const AGAIN: Duration = Duration::from_millis(110);
/// Nobody begins more sessions at once than come to their turn so; one that does not harms only its neighbours.
const TRIES: u32 = 300;

/// A niceness as the kernel's calls take it: as a number, and as text for a file.
pub(crate) struct Niceness {
    value: libc::c_int,
    written: CString,
}

impl Niceness {
    /// The one that holds for all programs of this process; read once, and not between fork and exec.
    pub(crate) fn wished() -> &'static Self {
        static WISHED: LazyLock<Niceness> =
            LazyLock::new(|| Niceness::of(std::env::var("OFFICE_NICE").ok().as_deref()));
        &WISHED
    }

    fn of(said: Option<&str>) -> Self {
        let value =
            said.and_then(|text| text.trim().parse().ok()).filter(|value| (0..=MOST).contains(value)).unwrap_or(USUAL);
        Self { value, written: CString::new(value.to_string()).unwrap_or_default() }
    }

    /// Makes the calling process and the session that it leads nice. For the time between fork and exec: nothing but system calls on
    /// plain integers and what was made before. A refusal costs only the courtesy.
    #[allow(unsafe_code)]
    pub(crate) fn give_way(&self) {
        if self.value == 0 {
            return;
        }
        // SAFETY: texts that end with a zero and outlive the calls, and a descriptor that was just opened.
        unsafe {
            libc::setpriority(libc::PRIO_PROCESS as _, 0, self.value);
            let group = libc::open(OWN.as_ptr(), libc::O_WRONLY | libc::O_CLOEXEC);
            if group >= 0 {
                libc::write(group, self.written.as_ptr().cast(), self.written.count_bytes());
                libc::close(group);
            }
        }
    }

    /// Sees to it that the session which this process leads became nice.
    pub(crate) async fn reach(&self, leader: ProcessId) {
        let path = format!("/proc/{}/autogroup", leader.pid);
        for _ in 0..TRIES {
            // Not there: over, or the system knows no such thing.
            let Ok(now) = std::fs::read_to_string(&path) else { return };
            let (_, nice) = now.trim_end().rsplit_once(' ').unwrap_or_default();
            if nice.parse() == Ok(self.value) || !process::is_alive(leader) {
                return;
            }
            if std::fs::write(&path, self.written.to_bytes()).is_ok() {
                return;
            }
            tokio::time::sleep(AGAIN).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Niceness, USUAL};

    #[test]
    fn what_is_no_niceness_leaves_the_usual_one() {
        let value = |said| Niceness::of(said).value;
        assert_eq!([value(Some("0")), value(Some(" 19 "))], [0, 19]);
        for said in [None, Some(""), Some("-5"), Some("20"), Some("low")] {
            assert_eq!(value(said), USUAL, "{said:?}");
        }
    }
}
