//! Small makings for the store's tests: a place, a store, an event.

#![allow(dead_code, reason = "each test uses what it needs")]

use std::path::PathBuf;

use office_core::office::OfficeEvent;
use office_core::run::{Run, RunState};
use office_core::task::TaskEvent;
use office_core::{Actor, At, CommandId, DeskId, Envelope, Event, ProjectId, RunId, Seq, TaskId};
use office_store::{Batch, Store, StoreError};
use tempfile::TempDir;

pub fn now() -> At {
    At::from_millis(1_800_000_000_000)
}

pub fn place() -> (TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("office.db");
    (dir, path)
}

pub async fn new_store() -> (TempDir, Store) {
    let (dir, path) = place();
    let store = Store::create(&path, now()).await.unwrap();
    (dir, store)
}

pub fn envelope(seq: u32, cause: &str, event: Event) -> Envelope {
    Envelope { seq: Seq(seq), at: now(), actor: Actor::Owner, cause: CommandId::from(cause), event }
}

pub fn opened(seq: u32) -> Envelope {
    envelope(seq, &format!("c{seq}"), Event::Office(OfficeEvent::Opened { name: format!("n{seq}") }))
}

pub fn progress(seq: u32, task: u32, text: &str) -> Envelope {
    envelope(seq, "p", Event::Task(TaskEvent::Progress { task: TaskId(task), text: text.to_owned() }))
}

pub async fn append(store: &Store, envelopes: &[Envelope]) -> Result<(), StoreError> {
    store.append(Batch { envelopes, ..Batch::default() }).await
}

pub fn run(id: u32, task: Option<TaskId>) -> Run {
    Run {
        id: RunId(id),
        desk: DeskId(1),
        task,
        project: ProjectId(1),
        engine: "shell".into(),
        attempt: 1,
        state: RunState::Preparing,
        workplace: None,
        pid: None,
        began: now(),
        launched: None,
        deadline: None,
        ended: None,
        exit: None,
        stop: None,
        enforcement: None,
        pruned: None,
        session: None,
        seen: None,
        spent: None,
        denied: None,
    }
}

/// Sees that an error, as a person reads it, says all of this.
#[track_caller]
pub fn says(error: &StoreError, words: &[&str]) {
    let text = error.to_string();
    for word in words {
        assert!(text.contains(word), "{word:?} is not in: {text}");
    }
}
