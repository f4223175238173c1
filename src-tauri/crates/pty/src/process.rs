//! What `/proc` says about processes: identity, session, group, parent, environment.
//! Reads only; signals are sent in `ending`.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;

use nix::unistd::{Pid, getsid};

use crate::host::ProcessId;

/// One process as `/proc/PID/stat` shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stat {
    pub(crate) id: ProcessId,
    pub(crate) parent: i32,
    pub(crate) group: i32,
    pub(crate) session: i32,
    /// A zombie or dead entry: it runs nothing and holds nothing but its number.
    pub(crate) dead: bool,
}

impl Stat {
    /// Reads one process; `None` if there is none (or it ended while being read).
    pub(crate) fn read(pid: i32) -> Option<Self> {
        Self::parse(&fs::read(format!("/proc/{pid}/stat")).ok()?)
    }

    /// The command may contain spaces, brackets and bytes of any kind, so fields count from the last bracket.
    fn parse(line: &[u8]) -> Option<Self> {
        let open = line.iter().position(|&b| b == b'(')?;
        let close = line.iter().rposition(|&b| b == b')')?;
        let pid = std::str::from_utf8(&line[..open]).ok()?.trim().parse().ok()?;
        let mut fields = std::str::from_utf8(line.get(close + 1..)?).ok()?.split_ascii_whitespace();
        let state = fields.next()?;
        let parent = fields.next()?.parse().ok()?;
        let group = fields.next()?.parse().ok()?;
        let session = fields.next()?.parse().ok()?;
        // Field 22; the iterator stands before field 7.
        let start = fields.nth(15)?.parse().ok()?;
        let dead = matches!(state, "Z" | "X" | "x");
        Some(Self { id: ProcessId { pid, start }, parent, group, session, dead })
    }
}

/// All processes that can be seen, dead entries included.
pub(crate) fn all() -> Vec<Stat> {
    let Ok(dir) = fs::read_dir("/proc") else { return Vec::new() };
    dir.flatten().filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok()).filter_map(Stat::read).collect()
}

/// Whether anybody but its leader is in a session. Far cheaper than looking at every process's `stat`.
pub(crate) fn session_has_others(leader: i32) -> bool {
    let Ok(dir) = fs::read_dir("/proc") else { return false };
    dir.flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok())
        .any(|pid| pid != leader && getsid(Some(Pid::from_raw(pid))).is_ok_and(|session| session.as_raw() == leader))
}

/// Whether this very process (not a later one of the same number) still runs.
pub(crate) fn is_alive(id: ProcessId) -> bool {
    Stat::read(id.pid).is_some_and(|stat| stat.id == id && !stat.dead)
}

/// The identity of the process that has this number now. `start` is 0 where it cannot be told.
pub(crate) fn identity(pid: i32) -> ProcessId {
    Stat::read(pid).map_or(ProcessId { pid, start: 0 }, |stat| stat.id)
}

/// The value of a variable in the environment a process was started with, if it may be read.
pub(crate) fn variable(pid: i32, key: &OsStr) -> Option<Vec<u8>> {
    let environ = fs::read(format!("/proc/{pid}/environ")).ok()?;
    environ.split(|&b| b == 0).find_map(|entry| {
        let rest = entry.strip_prefix(key.as_bytes())?;
        rest.strip_prefix(b"=").map(<[u8]>::to_vec)
    })
}

/// This process and its ancestors: whatever carries our marker, these are never ours to end.
pub(crate) fn own_line(all: &[Stat]) -> Vec<i32> {
    let mut line = vec![i32::try_from(std::process::id()).unwrap_or(0)];
    while let Some(stat) = all.iter().find(|s| Some(&s.id.pid) == line.last()) {
        if stat.parent <= 0 || line.contains(&stat.parent) {
            break;
        }
        line.push(stat.parent);
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_with_brackets_and_spaces_does_not_shift_the_fields() {
        let line = b"42 (a ) (b) S 7 42 40 0 -1 4194304 1 2 3 4 5 6 7 8 20 0 1 0 98765 1 2";
        let stat = Stat::parse(line).unwrap();
        assert_eq!(stat.id, ProcessId { pid: 42, start: 98765 });
        assert_eq!((stat.parent, stat.group, stat.session, stat.dead), (7, 42, 40, false));
    }

    #[test]
    fn this_process_is_alive_and_a_later_one_of_its_number_is_not() {
        let me = identity(i32::try_from(std::process::id()).unwrap());
        assert!(me.start > 0);
        assert!(is_alive(me));
        assert!(!is_alive(ProcessId { start: me.start + 1, ..me }));
    }
}
