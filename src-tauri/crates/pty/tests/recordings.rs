//! Recordings of real programs: exact bytes, secrets, the cap, and what a crash leaves.

#![allow(clippy::unwrap_used, reason = "a test ends where its world does")]

mod world;

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use office_pty::{
    LocalHost, PtyHost, Recording, RecordingSpec, RecordingState, SpawnSpec, TermSize, What, recording_files,
};
use world::*;

/// Runs to the end with a recording at `path` and returns what was printed.
async fn run(spec: SpawnSpec, path: &Path) -> (u64, RecordingState) {
    let host = LocalHost::new();
    let spec = SpawnSpec { recording: Some(spec.recording.clone().unwrap_or(RecordingSpec::new(path))), ..spec };
    let id = host.spawn(spec).await.unwrap().id;
    let end = within(host.output_ended(id)).await.unwrap();
    within(host.exited(id)).await.unwrap();
    let state = host.session(id).await.unwrap().recording;
    host.shutdown(Duration::ZERO).await;
    (end.end, state)
}

fn read_all(path: &Path) -> Vec<u8> {
    let mut recording = Recording::open(path).unwrap();
    recording.read(0, usize::MAX).unwrap().bytes
}

#[tokio::test]
async fn bytes_of_any_kind_come_back_exactly_and_the_file_is_owner_only() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("r.cast.zst");
    let all: Vec<u8> =
        (0..=255u8).cycle().take(100_000).chain("grün 😀 \u{10fe80}".bytes()).chain([0xe2, 0x82]).collect();
    std::fs::write(dir.path().join("data"), &all).unwrap();
    let script = format!("cat {}", dir.path().join("data").display());
    run(piped(&script), &path).await;
    assert!(read_all(&path) == all);
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
}

#[tokio::test]
async fn sizes_exit_and_times_are_told_and_a_plain_asciicast_comes_out() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("out.cast.zst");
    let host = LocalHost::new();
    let mut spec = recorded(sh("echo one; read go; echo two; exit 3"), &dir);
    if let Some(recording) = &mut spec.recording {
        recording.started_unix = Some(1_700_000_000);
        recording.title = Some("a \"title\"".to_owned());
    }
    let id = host.spawn(spec).await.unwrap().id;
    until(&host, id, "one").await;
    // While it runs, what came so far can be read.
    assert_eq!(host.recorded(id, 0, 100).await.unwrap().bytes, b"one\r\n");
    host.resize(id, TermSize { cols: 100, rows: 30 }).await.unwrap();
    host.write(id, b"secret input\n".to_vec()).await.unwrap();
    within(host.output_ended(id)).await.unwrap();
    host.shutdown(Duration::ZERO).await;

    let mut recording = Recording::open(&path).unwrap();
    let events: Vec<_> = recording.events(Duration::ZERO).map(Result::unwrap).collect();
    assert!(events.is_sorted_by_key(|e| e.at) && events.is_sorted_by_key(|e| e.offset));
    assert!(events.iter().any(|e| e.what == What::Resize(TermSize { cols: 100, rows: 30 })));
    assert_eq!(events.last().unwrap().what, What::Exit("3".to_owned()));
    let late = events.last().unwrap().at;
    assert_eq!(recording.events(late).count(), 1);
    let mut cast = Vec::new();
    recording.write_cast(&mut cast).unwrap();
    let cast = String::from_utf8(cast).unwrap();
    let mut lines = cast.lines().map(|l| serde_json::from_str::<serde_json::Value>(l).unwrap());
    let header = lines.next().unwrap();
    assert_eq!((&header["version"], &header["width"], &header["height"]), (&2.into(), &80.into(), &24.into()));
    assert_eq!((&header["timestamp"], &header["title"]), (&1_700_000_000.into(), &"a \"title\"".into()));
    assert!(lines.all(|l| l[0].is_f64() && l[1].is_string() && l[2].is_string()));
    // Any zstd reads the same.
    assert_eq!(zstd::decode_all(std::fs::File::open(&path).unwrap()).unwrap(), cast.as_bytes());
}

#[tokio::test]
async fn secrets_never_reach_the_disk_however_they_are_cut() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("r.cast.zst");
    let script = "printf 'key: sk-very-'; sleep 0.2; printf 'secret-1 and short'; printf ' %s' \"$KEY\"; printf ' tail sk-very-sec'";
    let mut spec = sh(script).env("KEY", "sk-very-secret-1");
    spec.secrets = vec!["sk-very-secret-1".to_owned(), "short".to_owned()];
    run(spec, &path).await;
    assert_eq!(
        String::from_utf8(read_all(&path)).unwrap(),
        "key: **************** and short **************** tail ***********"
    );
}

#[tokio::test]
async fn the_cap_keeps_head_and_newest_output_with_true_offsets() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("r.cast.zst");
    let mut spec = piped("echo first; openssl rand 6000000 2>/dev/null || head -c 6000000 /dev/urandom; echo last");
    spec.recording = Some(RecordingSpec { cap_bytes: 2 * 1024 * 1024, ..RecordingSpec::new(&path) });
    let (total, state) = run(spec, &path).await;
    assert_eq!(total, 6_000_011);
    assert_eq!(state, RecordingState::Capped);
    let size: u64 = recording_files(&path).iter().filter_map(|p| std::fs::metadata(p).ok()).map(|m| m.len()).sum();
    assert!(size <= 2 * 1024 * 1024, "{size}");
    // A head of a quarter and a part of three eighths are whole, each up to the 192 KiB left for what comes in one piece;
    // how much of the other part is there depends on how well the output was compressed, and so on the machine's load.
    assert!(size >= (512 + 768 - 2 * 192) * 1024, "{size}");
    let mut recording = Recording::open(&path).unwrap();
    assert_eq!(recording.end(), total);
    assert!(recording.read(0, 6).unwrap().bytes == b"first\n");
    assert_eq!(recording.read(total - 5, 100).unwrap().bytes, b"last\n");
    let [gap] = recording.gaps().try_into().unwrap();
    let after = recording.read(gap.start, 10).unwrap();
    assert_eq!((after.offset, after.bytes.len()), (gap.end, 10));
    let events: Vec<_> = recording.events(Duration::ZERO).map(Result::unwrap).collect();
    assert!(events.iter().any(|e| e.what == What::Missing(gap.clone())));
    assert!(events.iter().any(|e| matches!(&e.what, What::Remark(r) if r.contains("limit of 2097152"))));
    let mut cast = Vec::new();
    recording.write_cast(&mut cast).unwrap();
    assert_eq!(String::from_utf8(cast).unwrap().matches("\"version\"").count(), 1);
}

#[tokio::test]
async fn what_is_no_recording_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("x");
    assert!(Recording::open(&path).is_err());
    std::fs::write(&path, "hello".repeat(100)).unwrap();
    assert!(Recording::open(&path).is_err());
}
