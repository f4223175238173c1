//! Keeps whatever is started below this process below it: a program that leaves its parent becomes this process's child, and
//! not the system's, so that its line of parents always tells where it came from. Linux.
//! Not here: who is told what because of its line of parents; that is the door's.

use std::io;
use std::time::Duration;

use nix::sys::prctl;
use nix::sys::wait::{WaitPidFlag, waitpid};
use nix::unistd::Pid;
use tokio::signal::unix::{SignalKind, signal};

use crate::host::ProcessId;
use crate::process::Stat;

/// A child that somebody here waits for is not dead and unclaimed for so long.
const UNCLAIMED: Duration = Duration::from_secs(10);
/// A line of parents longer than this is nobody's.
const LONGEST: usize = 4096;
/// So often a line is read again that changed while it was read.
const TRIES: usize = 5;

/// From now on orphans among this process's descendants become its children (`prctl(2)`, `PR_SET_CHILD_SUBREAPER`).
/// [`reap`] has to run then.
///
/// # Errors
/// Where the system cannot do that.
pub fn adopt() -> io::Result<()> {
    prctl::set_child_subreaper(true).map_err(io::Error::from)
}

/// Whether orphans become this process's children.
pub fn adopts() -> bool {
    prctl::get_child_subreaper().unwrap_or(false)
}

/// Buries adopted orphans as they end, for ever. Those that `claimed` gives are left to whoever waits for them.
///
/// # Errors
/// When signals cannot be listened for.
pub async fn reap<F>(claimed: impl Fn() -> F + Send) -> io::Result<()>
where
    F: Future<Output = Vec<ProcessId>> + Send,
{
    let mut ended = signal(SignalKind::child())?;
    while ended.recv().await.is_some() {
        // What is waited for here is gone by the second look; what is still there nobody waits for.
        let first = dead_children();
        if first.is_empty() {
            continue;
        }
        tokio::time::sleep(UNCLAIMED).await;
        let claimed = claimed().await;
        for id in dead_children().into_iter().filter(|id| first.contains(id) && !claimed.contains(id)) {
            // It is dead and ours; failing that somebody else took it.
            let _ = waitpid(Pid::from_raw(id.pid), Some(WaitPidFlag::WNOHANG));
        }
    }
    Ok(())
}

fn dead_children() -> Vec<ProcessId> {
    let me = std::process::id();
    let mut pids = Vec::new();
    for task in std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten() {
        let Ok(children) = std::fs::read_to_string(task.path().join("children")) else { continue };
        pids.extend(children.split_ascii_whitespace().filter_map(|pid| pid.parse::<i32>().ok()));
    }
    let dead = |stat: &Stat| stat.dead && u32::try_from(stat.parent).is_ok_and(|parent| parent == me);
    pids.into_iter().filter_map(Stat::read).filter(dead).map(|stat| stat.id).collect()
}

/// This process and those above it, nearest first, without the system's first one. `None` where that cannot be told: it is
/// gone, or what is above it changes faster than it can be read.
pub fn line_of(pid: i32) -> Option<Vec<i32>> {
    (0..TRIES).find_map(|_| try_line_of(pid))
}

fn try_line_of(pid: i32) -> Option<Vec<i32>> {
    let mut line = Vec::new();
    let mut next = pid;
    while next > 1 {
        if line.len() == LONGEST {
            return None;
        }
        let stat = Stat::read(next)?;
        // One that is dead has told its children's new parent already, or is about to.
        if stat.dead {
            return None;
        }
        line.push(next);
        next = stat.parent;
    }
    // Somebody below may have lost a parent meanwhile and been taken over by one that was passed already.
    let holds = line.windows(2).all(|pair| Stat::read(pair[0]).is_some_and(|stat| stat.parent == pair[1]));
    (holds && !line.is_empty()).then_some(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_of_this_process_begins_with_it_and_goes_on_with_its_parent() {
        let me = i32::try_from(std::process::id()).unwrap();
        let parent = nix::unistd::getppid().as_raw();
        let line = line_of(me).unwrap();
        assert_eq!(line[0], me);
        assert!(parent <= 1 || line[1] == parent);
        assert!(line.iter().all(|pid| *pid > 1));
    }

    #[test]
    fn one_that_is_gone_has_no_line() {
        assert_eq!(line_of(i32::MAX), None);
        assert_eq!(line_of(0), None);
        assert_eq!(line_of(-1), None);
        // Pid 1 is above everybody and below nobody.
        assert_eq!(line_of(1), None);
    }
}
