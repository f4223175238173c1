//! Looks at the system's processes: which of them belong to an office. Nothing of the product is asked.

use std::path::Path;

/// Numbers of living processes that carry `OFFICE_RUN` or `OFFICE_ERRAND` of the office in `dir`.
pub fn of_desks(dir: &Path) -> Vec<u32> {
    let ours = format!("OFFICE_RUN={}#", dir.display());
    let office = format!("OFFICE_DIR={}", dir.display());
    let carries = |entries: &[u8], wanted: &str| {
        entries.split(|byte| *byte == 0).any(|entry| entry.starts_with(wanted.as_bytes()))
    };
    let mut found = Vec::new();
    let Ok(entries) = std::fs::read_dir("/proc") else { return found };
    for entry in entries.flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else { continue };
        let Ok(environ) = std::fs::read(entry.path().join("environ")) else { continue };
        let errand = carries(&environ, "OFFICE_ERRAND=") && carries(&environ, &office);
        if (carries(&environ, &ours) || errand) && is_alive(pid) {
            found.push(pid);
        }
    }
    found
}

/// Numbers of living processes, but for this one, that name `dir` in their command line or environment.
pub fn that_name(dir: &Path) -> Vec<u32> {
    let Ok(entries) = std::fs::read_dir("/proc") else { return Vec::new() };
    let numbers = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let wanted = dir.display().to_string();
    let names = |pid: &u32| {
        ["cmdline", "environ"].into_iter().any(|file| {
            let text = std::fs::read(format!("/proc/{pid}/{file}")).unwrap_or_default();
            String::from_utf8_lossy(&text).contains(&wanted)
        })
    };
    numbers.filter(|pid| *pid != std::process::id() && names(pid) && is_alive(*pid)).collect()
}

/// Living processes whose parent is `pid`.
pub fn children_of(pid: u32) -> Vec<u32> {
    let Ok(entries) = std::fs::read_dir("/proc") else { return Vec::new() };
    let numbers = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let parent = |child: u32| -> Option<u32> {
        let stat = std::fs::read_to_string(format!("/proc/{child}/stat")).ok()?;
        stat.rsplit(')').next()?.split_whitespace().nth(1)?.parse().ok()
    };
    numbers.filter(|child| parent(*child) == Some(pid) && is_alive(*child)).collect()
}

/// The process that holds the programs of the office in `dir`, if it lives.
pub fn host_of(dir: &Path) -> Option<u32> {
    let text = std::fs::read(dir.join("host/host.lock")).ok()?;
    let holder: serde_json::Value = serde_json::from_slice(&text).ok()?;
    let pid = u32::try_from(holder["pid"].as_u64()?).ok()?;
    let program = std::fs::read_link(format!("/proc/{pid}/exe")).ok()?;
    // A runtime that clears up after a host holds its lock meanwhile.
    program.to_str()?.contains("office-host").then_some(())?;
    // The file outlives its writer, and its number may be another's by now.
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let start = stat.rsplit(')').next()?.split_whitespace().nth(19)?.parse::<u64>().ok()?;
    (is_alive(pid) && holder["start"].as_u64() == Some(start)).then_some(pid)
}

/// Kills a process at once; false if it was gone.
pub fn kill(pid: u32) -> bool {
    let pid = nix::unistd::Pid::from_raw(pid.cast_signed());
    nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGKILL).is_ok()
}

/// Whether a process runs (a zombie does not).
pub fn is_alive(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let state = stat.rsplit(')').next().and_then(|rest| rest.split_whitespace().next().map(str::to_owned));
    state.is_some_and(|state| state != "Z" && state != "X")
}
