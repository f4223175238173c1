//! Ends everything that belongs to a run: its session, its group, its descendants, and whatever carries its marker,
//! also after it left the session. Verified through `/proc`. It knows processes only, not sessions of a host.
//!
//! Limit: a process that left the session, lost its parent *and* cleared its environment cannot be told from a stranger.

use std::collections::HashSet;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::thread;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;

use crate::host::{Ended, Means, ProcessId};
use crate::process::{self, Stat};
use crate::spec::Marker;

/// How long SIGKILL is repeated before what is left is reported as surviving.
const KILL_BOUND: Duration = Duration::from_secs(3);

/// A variable's name and whether a value of it is one of the run's.
pub(crate) type MarkerTest<'a> = (&'a OsStr, &'a dyn Fn(&OsStr) -> bool);

/// By what processes are recognised as belonging together.
pub(crate) struct Target<'a> {
    /// The session's leader.
    pub(crate) leader: Option<ProcessId>,
    /// Whether the leader's number is still reserved (running or unreaped), so that its session id is ours.
    pub(crate) leader_kept: bool,
    /// How those are found that left the session.
    pub(crate) marker: Option<MarkerTest<'a>>,
    /// Nothing that started before this tick is touched.
    pub(crate) not_before: u64,
}

/// Processes seen so far; an identity once recognised stays recognised although its parent or session changes.
#[derive(Default)]
struct Known {
    ids: HashSet<ProcessId>,
}

impl Known {
    /// Looks once through `/proc` and returns the living that belong to the target.
    fn look(&mut self, target: &Target<'_>) -> Vec<Stat> {
        let all = process::all();
        let own = process::own_line(&all);
        let own_session = all.iter().find(|s| Some(&s.id.pid) == own.first()).map_or(0, |s| s.session);
        let candidates: Vec<&Stat> =
            all.iter().filter(|s| s.id.start >= target.not_before && !own.contains(&s.id.pid)).collect();
        let mut sessions: HashSet<i32> = HashSet::new();
        if let Some(leader) = target.leader {
            if target.leader_kept {
                sessions.insert(leader.pid);
            }
            self.ids.insert(leader);
        }
        for stat in &candidates {
            if self.ids.contains(&stat.id) {
                continue;
            }
            if let Some((key, wanted)) = target.marker
                && process::variable(stat.id.pid, key).is_some_and(|value| wanted(OsStr::from_bytes(&value)))
            {
                self.ids.insert(stat.id);
            }
        }
        // Children and fellow session members of the known are known; repeat until that adds nobody.
        loop {
            let before = self.ids.len();
            let pids: HashSet<i32> = candidates.iter().filter(|s| self.ids.contains(&s.id)).map(|s| s.id.pid).collect();
            for stat in &candidates {
                // A session led by one of ours was made by one of ours.
                if pids.contains(&stat.id.pid) && stat.session == stat.id.pid && stat.session != own_session {
                    sessions.insert(stat.session);
                }
                if sessions.contains(&stat.session) || pids.contains(&stat.parent) {
                    self.ids.insert(stat.id);
                }
            }
            if self.ids.len() == before {
                break;
            }
        }
        candidates.into_iter().filter(|s| !s.dead && self.ids.contains(&s.id)).copied().collect()
    }
}

/// Sends to one process if it is still the one that was seen.
fn send(id: ProcessId, signal: Signal) {
    if process::is_alive(id) {
        // The only possible answers are "gone" and "not permitted"; both show in the next look.
        let _ = kill(Pid::from_raw(id.pid), signal);
    }
}

/// Sends to each process; groups of which all members are ours first get it as a whole, which is atomic against forks.
fn send_all(living: &[Stat], signal: Signal) {
    let ids: HashSet<i32> = living.iter().map(|s| s.id.pid).collect();
    let groups: HashSet<i32> = living.iter().map(|s| s.group).filter(|group| ids.contains(group)).collect();
    for &group in &groups {
        // The leader is alive and ours, so the group's number is as well.
        let _ = killpg(Pid::from_raw(group), signal);
    }
    for stat in living.iter().filter(|s| !groups.contains(&s.group)) {
        send(stat.id, signal);
    }
}

/// Waits until none of the living is left or the time is over; cheap, because it looks at known processes only.
fn wait_gone(living: &[Stat], until: Instant) -> bool {
    let mut pause = Duration::from_millis(1);
    loop {
        if !living.iter().any(|s| process::is_alive(s.id)) {
            return true;
        }
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return false;
        }
        thread::sleep(pause.min(left));
        pause = (pause * 2).min(Duration::from_millis(20));
    }
}

/// Ends the target; blocking. See [`crate::PtyHost::terminate`] for the steps.
pub(crate) fn end(target: &Target<'_>, grace: Duration) -> Ended {
    let began = Instant::now();
    let mut known = Known::default();
    let mut means = Means::None;
    let mut seen: HashSet<ProcessId> = HashSet::new();
    let steps = [(Means::Hangup, Signal::SIGHUP, grace / 2), (Means::Terminate, Signal::SIGTERM, grace)];
    let mut living = known.look(target);
    for (step, signal, until) in steps {
        if grace.is_zero() {
            break;
        }
        // Each step is repeated for those that appear meanwhile, for as long as its time lasts.
        while !living.is_empty() && began.elapsed() < until {
            seen.extend(living.iter().map(|s| s.id));
            means = step;
            send_all(&living, signal);
            // A stopped process gets nothing but SIGKILL until it continues.
            send_all(&living, Signal::SIGCONT);
            wait_gone(&living, began + until);
            living = known.look(target);
        }
    }
    let kill_until = Instant::now() + KILL_BOUND;
    while !living.is_empty() {
        seen.extend(living.iter().map(|s| s.id));
        means = Means::Kill;
        send_all(&living, Signal::SIGKILL);
        wait_gone(&living, (Instant::now() + Duration::from_millis(100)).min(kill_until));
        living = known.look(target);
        if Instant::now() >= kill_until {
            break;
        }
    }
    let survivors: Vec<ProcessId> = living.iter().map(|s| s.id).collect();
    seen.retain(|id| !survivors.contains(id));
    Ended { took: began.elapsed(), means, ended: seen.len(), survivors }
}

/// Which of the session's processes are alive, without signalling any.
pub(crate) fn living(target: &Target<'_>) -> Vec<ProcessId> {
    Known::default().look(target).iter().map(|s| s.id).collect()
}

/// Signals every process of the target once.
pub(crate) fn signal_all(target: &Target<'_>, signal: Signal) -> usize {
    let living = Known::default().look(target);
    send_all(&living, signal);
    living.len()
}

/// Signals the process group of a leader whose number is known to be reserved.
pub(crate) fn signal_group(leader: i32, signal: Signal) -> Result<(), Errno> {
    killpg(Pid::from_raw(leader), signal)
}

/// Builds the test for one exact marker value.
pub(crate) fn exactly(marker: &Marker) -> impl Fn(&OsStr) -> bool + use<> {
    let value: OsString = marker.value.clone();
    move |found: &OsStr| found == value
}

/// Ends what an earlier, crashed holder left behind: every process whose environment has `key` with a value that
/// `ours` accepts, their descendants and sessions; never this process or its ancestors. Blocking; at most `grace`
/// and about 3 s.
pub fn end_leftovers(key: &OsStr, ours: &dyn Fn(&OsStr) -> bool, grace: Duration) -> Ended {
    end(&Target { leader: None, leader_kept: false, marker: Some((key, ours)), not_before: 0 }, grace)
}
