//! The hook stands in the way of every action of every agent: it must be there at once.

use std::io::Write;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// The median of many starts, from launch to answer. A debug build on a busy machine is given more than the goal of 5 ms.
#[test]
fn it_starts_and_answers_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let payload =
        r#"{"tool_name":"Grep","tool_input":{"pattern":"x"},"cwd":"/"}"#.replace("\"/\"", &format!("{:?}", dir.path()));
    let mut times: Vec<Duration> = (0..40)
        .map(|_| {
            let begun = Instant::now();
            #[expect(clippy::disallowed_methods, reason = "runs the program that is tested, and waits for it")]
            let mut command = Command::new(env!("CARGO_BIN_EXE_office-hook"));
            command
                .args(["gate", "claude"])
                .env_clear()
                .env("OFFICE_DIR", dir.path())
                .env("OFFICE_HOOK_FIRST_SECS", "0")
                .env("OFFICE_CHECKOUT", dir.path());
            let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
            child.stdin.take().unwrap().write_all(payload.as_bytes()).unwrap();
            let out = child.wait_with_output().unwrap();
            assert!(String::from_utf8_lossy(&out.stdout).contains("\"allow\""));
            begun.elapsed()
        })
        .collect();
    times.sort();
    assert!(times[20] < Duration::from_millis(25), "median {:?}, slowest {:?}", times[20], times[39]);
}
