//! The documented first office, played as it is written.

use office_tests::bench::office_bin;

#[test]
#[expect(clippy::disallowed_methods, reason = "the documented example is a shell script")]
fn the_documented_first_office_reaches_a_merged_change_with_a_refused_done_on_the_way() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    let tmp = tempfile::tempdir().unwrap();
    let output = std::process::Command::new("bash")
        .arg(format!("{root}/docs/examples/first-office.sh"))
        .env("OFFICE_BIN", office_bin())
        .env("TMPDIR", tmp.path())
        .env("HOME", tmp.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let complained = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}\n{complained}");
    assert!(said.contains("Hello, Ada! o/"), "the merged greeting waves:\n{said}");
    assert!(said.contains("Greet more warmly"), "the agent's own commit is in the log:\n{said}");
    assert!(said.contains("Let greetings wave (#1)"), "what was left uncommitted was committed:\n{said}");
    assert_eq!(std::fs::read_dir(tmp.path()).unwrap().count(), 0, "it leaves nothing behind");
}
