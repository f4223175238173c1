//! Programs give way to what a person sits before: this process and its viewers, the window, the owner's own work. While nobody
//! else wants the processor they lose nothing by it.
//!
//! Where the system gives each session its share (Linux' autogroups, `sched(7)`), the niceness of a process counts only among its
//! own, and this process with all its terminals would get as much as one program that floods. So the session's is set as well.

use std::ffi::CStr;
use std::time::Duration;

use nix::libc;

use crate::host::ProcessId;
use crate::process;

/// How nice programs are, as in `nice(1)`: beside ordinary work they get a third of what that gets.
pub(crate) const NICENESS: libc::c_int = 5;
const WRITTEN: &CStr = c"5";
const OWN: &CStr = c"/proc/self/autogroup";
/// The kernel takes one such wish in 100 ms from all who are not root, and asks the others to come again.
const AGAIN: Duration = Duration::from_millis(110);
/// Nobody begins more sessions at once than come to their turn so; one that does not harms only its neighbours.
const TRIES: u32 = 300;

/// Makes the calling process and the session that it leads nice. For the time between fork and exec: nothing but system calls on
/// plain integers and constants. A refusal costs only the courtesy.
///
#[allow(unsafe_code)]
pub(crate) fn give_way() {
    // SAFETY: constants that end with a zero, and a descriptor that was just opened.
    unsafe {
        libc::setpriority(libc::PRIO_PROCESS as _, 0, NICENESS);
        let group = libc::open(OWN.as_ptr(), libc::O_WRONLY | libc::O_CLOEXEC);
        if group >= 0 {
            libc::write(group, WRITTEN.as_ptr().cast(), WRITTEN.count_bytes());
            libc::close(group);
        }
    }
}

/// Sees to it that the session which this process leads became nice.
pub(crate) async fn session_gives_way(leader: ProcessId) {
    let path = format!("/proc/{}/autogroup", leader.pid);
    for _ in 0..TRIES {
        // Not there: over, or the system knows no such thing.
        let Ok(now) = std::fs::read_to_string(&path) else { return };
        let (_, nice) = now.trim_end().rsplit_once(' ').unwrap_or_default();
        if nice.parse() == Ok(NICENESS) || !process::is_alive(leader) {
            return;
        }
        if std::fs::write(&path, WRITTEN.to_bytes()).is_ok() {
            return;
        }
        tokio::time::sleep(AGAIN).await;
    }
}
