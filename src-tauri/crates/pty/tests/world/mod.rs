//! What the tests share: specs of shell programs, and reading a session to its end.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test ends where its world does")]
#![allow(dead_code, reason = "each test file uses a part of this")]

use std::time::Duration;

use office_pty::{LocalHost, Mode, Piece, PtyHost, RecordingSpec, SessionId, SpawnSpec, ViewFrom, is_alive};

/// Long enough for a loaded machine; reached only when something is broken.
pub const LONG: Duration = Duration::from_secs(30);

pub fn sh(script: &str) -> SpawnSpec {
    SpawnSpec::new(["/bin/sh", "-c", script], "/tmp").env("PATH", "/usr/bin:/bin").env("LC_ALL", "C")
}

pub fn piped(script: &str) -> SpawnSpec {
    sh(script).mode(Mode::Pipes(office_pty::Stderr::Merged))
}

/// A marker value no other test and no other process of the tests uses.
pub fn marked(spec: SpawnSpec, word: &str) -> SpawnSpec {
    spec.marker("OFFICE_PTY_TEST", format!("{word}-{}", std::process::id()))
}

pub fn recorded(spec: SpawnSpec, dir: &tempfile::TempDir) -> SpawnSpec {
    spec.record(RecordingSpec::new(dir.path().join("out.cast.zst")))
}

pub async fn within<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(LONG, what).await.expect("not within 30 s")
}

/// Reads from the first byte to the end; panics on a gap.
pub async fn all_output(host: &LocalHost, id: SessionId) -> Vec<u8> {
    let mut view = host.attach(id, ViewFrom::Offset(0)).await.unwrap();
    view.grant(u64::MAX);
    let mut all = Vec::new();
    within(async {
        while let Some(piece) = view.next().await {
            match piece {
                Piece::Bytes { offset, bytes } => {
                    assert_eq!(offset, all.len() as u64);
                    all.extend_from_slice(&bytes);
                }
                Piece::Gap { from, to } => panic!("gap {from}..{to}"),
                Piece::End(end) => assert_eq!(end.end, all.len() as u64),
            }
        }
    })
    .await;
    all
}

/// Reads until the output contains `wanted`, and returns all read so far.
pub async fn until(host: &LocalHost, id: SessionId, wanted: &str) -> String {
    let mut view = host.attach(id, ViewFrom::Offset(0)).await.unwrap();
    view.grant(u64::MAX);
    let mut all = Vec::new();
    within(async {
        loop {
            match view.next().await {
                Some(Piece::Bytes { bytes, .. }) => all.extend_from_slice(&bytes),
                other => panic!("{other:?} before {wanted:?} in {:?}", String::from_utf8_lossy(&all)),
            }
            if String::from_utf8_lossy(&all).contains(wanted) {
                return String::from_utf8_lossy(&all).into_owned();
            }
        }
    })
    .await
}

/// The number after `key=` in the output.
pub fn number(text: &str, key: &str) -> i32 {
    let at = text.find(&format!("{key}=")).expect(key) + key.len() + 1;
    text[at..].chars().take_while(char::is_ascii_digit).collect::<String>().parse().unwrap()
}

pub fn alive(pid: i32) -> bool {
    is_alive(office_pty::process_identity(pid))
}
