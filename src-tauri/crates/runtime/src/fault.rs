//! Points at which a test may have this process killed, to show that nothing is lost or done twice there.
//! In a release build there are none.

/// A boundary between doing something and writing it down. Debug builds count them; at the one named by
/// `OFFICE_FAULT_AT` the process kills itself as `kill -9` would, and with `OFFICE_FAULT_LOG` each is noted in that file.
#[cfg(debug_assertions)]
pub fn point(name: &str) {
    use std::io::Write;
    use std::sync::LazyLock;
    use std::sync::atomic::{AtomicU32, Ordering};

    static COUNT: AtomicU32 = AtomicU32::new(0);
    static AT: LazyLock<Option<u32>> =
        LazyLock::new(|| std::env::var("OFFICE_FAULT_AT").ok().and_then(|text| text.parse().ok()));
    static LOG: LazyLock<Option<String>> = LazyLock::new(|| std::env::var("OFFICE_FAULT_LOG").ok());

    if AT.is_none() && LOG.is_none() {
        return;
    }
    let count = COUNT.fetch_add(1, Ordering::SeqCst) + 1;
    if let Some(path) = &*LOG
        && let Ok(mut file) = std::fs::OpenOptions::new().create(true).append(true).open(path)
    {
        // A test's log: losing a line shows in the test.
        let _ = writeln!(file, "{count} {name}");
    }
    if *AT == Some(count) {
        let _ = nix::sys::signal::kill(nix::unistd::Pid::this(), nix::sys::signal::Signal::SIGKILL);
    }
}

/// Nothing, in a release build.
#[cfg(not(debug_assertions))]
pub fn point(_name: &str) {}
