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

/// Whether a process runs (a zombie does not).
pub fn is_alive(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let state = stat.rsplit(')').next().and_then(|rest| rest.split_whitespace().next().map(str::to_owned));
    state.is_some_and(|state| state != "Z" && state != "X")
}
