//! Shows that the scripted agent does what its table says, because every scenario leans on it.

use std::path::Path;
use std::process::{Output, Stdio};

use anyhow::{Context, Result};

#[expect(clippy::disallowed_methods, reason = "runs the fake agent itself, to its end")]
fn agent(folder: &Path) -> std::process::Command {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_fake-agent"));
    command.current_dir(folder).stdin(Stdio::null());
    command
}

fn play(folder: &Path, lines: &[&str]) -> Result<Output> {
    let mut command = agent(folder);
    for line in lines {
        command.args(["-e", line]);
    }
    command.output().context("start the fake agent")
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// The process that a line `NAME: PID` of the output names.
fn named(output: &Output, name: &str) -> Result<nix::unistd::Pid> {
    let text = said(output);
    let pid = text.lines().find_map(|line| line.strip_prefix(&format!("{name}: "))).context("it names no process")?;
    Ok(nix::unistd::Pid::from_raw(pid.trim().parse()?))
}

#[test]
fn it_prints_writes_and_exits_as_told() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let output =
        play(folder.path(), &["print-raw a\\tb", "print-bytes ff0a", "write x/y one", "append x/y two", "exit 7"])?;
    assert_eq!(output.stdout, b"a\tb\xff\n");
    assert_eq!(output.status.code(), Some(7));
    assert_eq!(std::fs::read_to_string(folder.path().join("x/y"))?, "one\ntwo\n");
    Ok(())
}

#[test]
fn it_refuses_a_script_it_cannot_read() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let output = play(folder.path(), &["print fine", "fly"])?;
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(said(&output), "");
    assert!(String::from_utf8_lossy(&output.stderr).contains("line 2"));
    Ok(())
}

#[test]
fn it_floods_exactly() -> Result<()> {
    let folder = tempfile::tempdir()?;
    assert_eq!(play(folder.path(), &["flood 300k"])?.stdout.len(), 300 * 1024);
    assert_eq!(play(folder.path(), &["flood 7"])?.stdout.len(), 7);
    Ok(())
}

#[test]
fn it_reads_script_and_answers_from_one_stdin() -> Result<()> {
    use std::io::Write;
    let folder = tempfile::tempdir()?;
    let mut child = agent(folder.path()).arg("-").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let mut input = child.stdin.take().context("no stdin")?;
    input.write_all(b"ask Name?\nexpect-answer Ana\nend\nAna\n")?;
    drop(input);
    let output = child.wait_with_output()?;
    assert!(output.status.success());
    assert_eq!(said(&output), "Name? got: Ana\n");
    Ok(())
}

#[test]
fn it_runs_programs_and_minds_how_they_end() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let fine = play(folder.path(), &["run sh -c 'echo hi; exit 3'", "expect-exit 3"])?;
    assert_eq!((said(&fine).as_str(), fine.status.code()), ("hi\nexit: 3\n", Some(0)));
    assert_eq!(play(folder.path(), &["run true", "expect-exit 3"])?.status.code(), Some(1));
    Ok(())
}

#[test]
fn it_crashes_by_a_signal() -> Result<()> {
    use std::os::unix::process::ExitStatusExt;
    let folder = tempfile::tempdir()?;
    assert_eq!(play(folder.path(), &["crash"])?.status.signal(), Some(nix::libc::SIGABRT));
    Ok(())
}

#[test]
fn it_ignores_what_it_is_told_to_ignore() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let output =
        play(folder.path(), &["ignore TERM HUP", "run sh -c 'kill -TERM $PPID; kill -HUP $PPID'", "print alive"])?;
    assert!(said(&output).ends_with("alive\n"), "{}", said(&output));
    Ok(())
}

#[test]
fn its_daemon_has_a_session_of_its_own_and_lets_go_of_the_output() -> Result<()> {
    let folder = tempfile::tempdir()?;
    // That `play` returns at all, long before the daemon ends, shows that the output was let go.
    let output = play(folder.path(), &["daemonise 60"])?;
    let daemon = named(&output, "daemon")?;
    assert_ne!(nix::unistd::getsid(Some(daemon))?, nix::unistd::getsid(None)?);
    nix::sys::signal::kill(daemon, nix::sys::signal::Signal::SIGKILL)?;
    Ok(())
}

#[test]
fn its_child_outlives_it_in_its_process_group() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let started = std::time::Instant::now();
    let output = play(folder.path(), &["fork-child 1"])?;
    named(&output, "child")?;
    assert!(started.elapsed().as_millis() >= 900, "the output closed before the child had ended");
    let output = play(folder.path(), &["hold-pipe 1", "print done"])?;
    assert_eq!(said(&output), "done\n");
    assert!(started.elapsed().as_millis() >= 1800, "the output closed before the holder had ended");
    Ok(())
}

#[test]
fn it_fails_as_often_as_told() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let codes: Vec<Option<i32>> =
        (0..3).map(|_| Ok(play(folder.path(), &["fail-until n 2"])?.status.code())).collect::<Result<_>>()?;
    assert_eq!(codes, [Some(1), Some(1), Some(0)]);
    Ok(())
}
