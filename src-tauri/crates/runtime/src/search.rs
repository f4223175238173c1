//! Keeps the search index up with the log, a moment behind it; a search brings it up first. It can be lost at any time and
//! comes back.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use office_core::event::Event;
use office_core::task::TaskEvent;
use office_core::{Code, Refusal, Seq, Task, TaskId};
use office_door::wire::{Answer, Hit};
use office_memory::{Doc, Kind, Opening, Worth};

use crate::world::World;

/// Events that are indexed in one go.
const PIECE: u32 = 500;
/// How long events gather before they are indexed without anyone asking.
const GATHER: Duration = Duration::from_secs(2);
/// Hits in one answer.
const HITS_MAX: u32 = 100;

/// The index, or why there is none: search is then refused, and nothing else is.
pub(crate) struct Index {
    inner: Result<Arc<office_memory::Index>, String>,
    /// One catches up at a time.
    turn: tokio::sync::Mutex<()>,
}

impl Index {
    pub(crate) fn open(dir: &Path) -> Self {
        let inner = match office_memory::Index::open(dir) {
            Ok((index, opening)) => {
                if let Opening::Rebuilt { why } = opening {
                    tracing::warn!(why, "the search index could not be used and is built again");
                }
                Ok(Arc::new(index))
            }
            Err(error) => {
                tracing::warn!(%error, "there is no search until the index can be made");
                Err(error.to_string())
            }
        };
        Self { inner, turn: tokio::sync::Mutex::default() }
    }

    pub(crate) fn last_seq(&self) -> Option<Seq> {
        self.inner.as_ref().ok().map(|index| index.last_seq())
    }
}

/// Indexes what happened, some time after it did, until the office closes.
pub(crate) async fn follow(world: Arc<World>) {
    let mut seq = world.handle.seq.clone();
    loop {
        if let Err(why) = world.catch_up().await
            && !world.closing.is_cancelled()
        {
            tracing::warn!(why, "the search index is behind");
        }
        let more = async {
            // The sender lives in the loop; when it is gone, so is the office.
            if seq.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
            tokio::time::sleep(GATHER).await;
        };
        tokio::select! {
            () = world.closing.cancelled() => break,
            () = more => {}
        }
    }
    if let Ok(index) = world.index.inner.clone()
        && let Ok(Err(error)) = tokio::task::spawn_blocking(move || index.close()).await
    {
        tracing::warn!(%error, "the search index was not closed; it catches up at the next start");
    }
}

impl World {
    /// Brings the index up to the log.
    async fn catch_up(&self) -> Result<(), String> {
        let Ok(index) = self.index.inner.clone() else { return Ok(()) };
        let _turn = self.index.turn.lock().await;
        loop {
            let since = index.last_seq();
            let events = self.store.events(since, None, PIECE).await.map_err(|error| error.to_string())?;
            let Some(last) = events.last().map(|envelope| envelope.seq) else { return Ok(()) };
            let mut changed: Vec<TaskId> = Vec::new();
            let mut docs = Vec::new();
            for envelope in &events {
                if let Event::Task(event) = &envelope.event {
                    changed.push(event.task());
                    docs.extend(doc_of(event, envelope.seq, envelope.at));
                }
            }
            changed.sort_unstable();
            changed.dedup();
            let tasks = move |office: &office_core::Office| {
                Some(changed.iter().filter_map(|id| office.tasks.get(id)).map(doc_of_task).collect::<Vec<_>>())
            };
            docs.extend(self.read(tasks).await?);
            let writing = index.clone();
            let written = tokio::task::spawn_blocking(move || {
                for doc in &docs {
                    writing.upsert(doc)?;
                }
                writing.commit(last)
            });
            written.await.map_err(|error| error.to_string())?.map_err(|error| error.to_string())?;
        }
    }

    pub(crate) async fn search(&self, query: &str, limit: u32) -> Result<Answer, Refusal> {
        let unusable = |why: String| {
            Refusal::new(Code::Unavailable, why, "start the office again; the index is rebuilt by itself")
        };
        let index = self.index.inner.clone().map_err(unusable)?;
        self.catch_up().await.map_err(unusable)?;
        let query = query.to_owned();
        let limit = limit.clamp(1, HITS_MAX) as usize;
        let found = tokio::task::spawn_blocking(move || index.search(&query, &[], limit)).await;
        let found = found.map_err(|error| unusable(error.to_string()))?.map_err(|error| unusable(error.to_string()))?;
        let hit = |hit: office_memory::Hit| Hit {
            kind: hit.kind.as_str().to_owned(),
            id: hit.id,
            source: match hit.kind {
                Kind::Task => format!("task #{}", hit.id),
                Kind::Event => format!("event {}", hit.id),
                Kind::Note => format!("note #{}", hit.id),
            },
            title: hit.title,
            text: hit.snippet,
            score: hit.score,
        };
        Ok(Answer::Hits(found.into_iter().map(hit).collect()))
    }
}

fn doc_of_task(task: &Task) -> Doc {
    let mut text = task.body.clone();
    for part in [task.why.as_deref(), task.claim.as_ref().map(|claim| claim.summary.as_str())].into_iter().flatten() {
        text.push('\n');
        text.push_str(part);
    }
    if let Some(report) = task.claim.as_ref().and_then(|claim| claim.report.as_deref()) {
        text.push('\n');
        text.push_str(report);
    }
    let tags = vec![task.state.to_string()];
    Doc {
        kind: Kind::Task,
        id: task.id.0,
        title: task.title.clone(),
        text,
        tags,
        at: task.since,
        worth: Worth::default(),
    }
}

/// Events that carry words of their own; the others are found through their task.
fn doc_of(event: &TaskEvent, seq: Seq, at: office_core::At) -> Option<Doc> {
    let task = event.task();
    let (title, text) = match event {
        TaskEvent::Refused { why, results, .. } => {
            let tails: Vec<&str> = results.iter().map(|result| result.tail.as_str()).collect();
            (format!("#{task}: done refused"), format!("{why}\n{}", tails.join("\n")))
        }
        TaskEvent::AttemptFailed { why, .. } => (format!("#{task}: an attempt failed"), why.clone()),
        TaskEvent::Failed { why, .. } => (format!("#{task}: failed"), why.clone()),
        TaskEvent::Blocked { needs, done_so_far, .. } => {
            (format!("#{task}: blocked"), format!("{needs}\n{done_so_far}"))
        }
        TaskEvent::Answered { note, .. } => (format!("#{task}: answered"), note.text.clone()),
        TaskEvent::SentBack { note, .. } => (format!("#{task}: sent back"), note.text.clone()),
        TaskEvent::Judged { judged, .. } => {
            let title = format!("#{task}: reviewed, {}", judged.verdict.words());
            (title, format!("{}\n{}", judged.words, judged.evidence))
        }
        TaskEvent::Progress { text, .. } => (format!("#{task}: progress"), text.clone()),
        _ => return None,
    };
    Some(Doc { kind: Kind::Event, id: seq.0, title, text, tags: Vec::new(), at, worth: Worth::default() })
}
