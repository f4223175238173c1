//! Keeps the search index up with the log, a moment behind it, and has it caught up before a search. It can be lost, damaged or
//! switched off at any time: it comes back by itself, and nothing else stops. What is kept of each thing is in `indexed.rs`.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use office_core::{NoteId, Seq};
use office_memory::{Doc, Hit, Kind, MemoryError, Opening};
use tokio::sync::{Notify, watch};
use tokio::task::spawn_blocking;

use crate::indexed::{Changed, doc_of_note};
use crate::world::World;

/// Events that are indexed in one go.
const PIECE: u32 = 500;
/// How long events gather before they are indexed without anyone asking.
const GATHER: Duration = Duration::from_secs(2);
/// A search waits so long for what was written before it; then it answers with what can be found by now.
const PATIENCE: Duration = Duration::from_secs(2);

type Opened = Result<Arc<office_memory::Index>, String>;

/// The index, or why there is none: search is then without it, and nothing else is.
pub(crate) struct Index {
    dir: PathBuf,
    inner: RwLock<Opened>,
    /// Rings for whoever wants what was written just now.
    wanted: Notify,
    /// It is to be filled anew; what is in it is found meanwhile.
    over: AtomicBool,
    /// So often it was filled anew because somebody wanted it.
    refilled: AtomicU64,
    /// What is on the disk is of no use.
    broken: AtomicBool,
    caught: watch::Sender<Caught>,
}

/// How far it came.
#[derive(Clone, Default)]
struct Caught {
    /// Times that it was brought up, or could not be.
    round: u64,
    seq: Seq,
    trouble: Option<String>,
}

impl Index {
    pub(crate) fn open(dir: &Path) -> Self {
        Self {
            dir: dir.to_owned(),
            inner: RwLock::new(opened(dir)),
            wanted: Notify::new(),
            over: AtomicBool::new(false),
            refilled: AtomicU64::new(0),
            broken: AtomicBool::new(false),
            caught: watch::Sender::default(),
        }
    }

    pub(crate) fn last_seq(&self) -> Option<Seq> {
        self.current().ok().map(|index| index.last_seq())
    }

    /// How many things can be found.
    pub(crate) fn len(&self) -> u64 {
        self.current().map_or(0, |index| index.len())
    }

    /// What is wrong with it, if something is.
    pub(crate) fn trouble(&self) -> Option<String> {
        self.current().err().or_else(|| self.caught.borrow().trouble.clone())
    }

    fn current(&self) -> Opened {
        self.inner.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Opens it again, emptied where what is there is of no use. Blocks.
    fn reopen(&self, wipe: bool) {
        // Whoever searches in the old one goes on there.
        if let Ok(old) = self.current()
            && let Err(error) = old.close()
        {
            tracing::info!(%error, "the search index that went away");
        }
        if wipe && let Err(error) = std::fs::remove_dir_all(&self.dir) {
            tracing::warn!(%error, "the search index cannot be removed");
        }
        *self.inner.write().unwrap_or_else(PoisonError::into_inner) = opened(&self.dir);
    }

    /// Whether it is no longer where it was: somebody deleted it, as anybody may.
    fn is_gone(&self) -> bool {
        !self.dir.join("meta.json").exists()
    }
}

fn opened(dir: &Path) -> Opened {
    match office_memory::Index::open(dir) {
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
    }
}

/// Why it could not be brought up.
enum Trouble {
    /// What is on the disk is of no use.
    Broken(String),
    /// It may do later.
    Passing(String),
}

impl Trouble {
    fn words(self) -> String {
        match self {
            Self::Broken(why) | Self::Passing(why) => why,
        }
    }
}

impl From<MemoryError> for Trouble {
    fn from(error: MemoryError) -> Self {
        match error {
            MemoryError::Damaged { .. } | MemoryError::Closed => Self::Broken(error.to_string()),
            MemoryError::Io { .. } | MemoryError::Busy { .. } => Self::Passing(error.to_string()),
        }
    }
}

impl From<tokio::task::JoinError> for Trouble {
    fn from(error: tokio::task::JoinError) -> Self {
        // A reader of damaged files may panic.
        Self::Broken(error.to_string())
    }
}

/// Indexes what happened, some time after it did or when somebody wants it, until the office closes.
pub(crate) async fn follow(world: Arc<World>) {
    let mut seq = world.handle.seq.clone();
    loop {
        let trouble = world.catch_up().await.err();
        if let Some(why) = &trouble
            && !world.closing.is_cancelled()
        {
            tracing::warn!(why, "the search index is behind");
        }
        let seen = world.index.last_seq().unwrap_or_default();
        world.index.caught.send_modify(|caught| {
            *caught = Caught { round: caught.round + 1, seq: seen, trouble: trouble.clone() };
        });
        let more = async {
            // The sender lives in the loop; when it is gone, so is the office.
            if seq.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
            tokio::time::sleep(GATHER).await;
        };
        tokio::select! {
            () = world.closing.cancelled() => break,
            () = world.index.wanted.notified() => {}
            () = more => {}
        }
    }
    if let Ok(index) = world.index.current()
        && let Ok(Err(error)) = spawn_blocking(move || index.close()).await
    {
        tracing::warn!(%error, "the search index was not closed; it catches up at the next start");
    }
}

impl World {
    /// Brings the index up to the log; one that went away or broke is built again.
    async fn catch_up(self: &Arc<Self>) -> Result<(), String> {
        let mut wipe = self.index.broken.swap(false, Ordering::AcqRel);
        if wipe || self.index.is_gone() || self.index.current().is_err() {
            self.open_index(wipe).await;
        }
        let anew = self.index.over.swap(false, Ordering::AcqRel);
        if anew && let Ok(index) = self.index.current() {
            let begun = spawn_blocking(move || index.start_over()).await;
            begun.map_err(|error| error.to_string())?.map_err(|error| error.to_string())?;
        }
        loop {
            let index = self.index.current()?;
            match self.fill(&index).await {
                Ok(()) => {
                    self.index.refilled.fetch_add(u64::from(anew), Ordering::AcqRel);
                    return Ok(());
                }
                Err(Trouble::Broken(why)) if !wipe && !self.closing.is_cancelled() => {
                    tracing::warn!(why, "the search index is of no use and is built again");
                    wipe = true;
                    self.open_index(true).await;
                }
                Err(trouble) => return Err(trouble.words()),
            }
        }
    }

    async fn open_index(self: &Arc<Self>, wipe: bool) {
        let world = self.clone();
        if let Err(error) = spawn_blocking(move || world.index.reopen(wipe)).await {
            tracing::error!(%error, "the search index was not opened");
        }
    }

    async fn fill(&self, index: &Arc<office_memory::Index>) -> Result<(), Trouble> {
        // What matters most is found first again.
        if index.last_seq() == Seq(0) {
            let notes = |office: &office_core::Office| Some(office.notes.values().map(doc_of_note).collect::<Vec<_>>());
            write(index, self.read(notes).await.map_err(Trouble::Passing)?, Seq(0)).await?;
        }
        loop {
            let since = index.last_seq();
            let events = self.store.events(since, None, PIECE).await;
            let events = events.map_err(|error| Trouble::Passing(error.to_string()))?;
            let Some(last) = events.last().map(|envelope| envelope.seq) else { return Ok(()) };
            let mut changed = Changed::default();
            events.iter().for_each(|envelope| changed.take(envelope));
            let docs = self.read(move |office| Some(changed.docs(office))).await.map_err(Trouble::Passing)?;
            write(index, docs, last).await?;
        }
    }

    /// Waits until everything that was committed by now can be found, or for as long as anybody should; the index, if there is one, and
    /// whether it is still behind.
    async fn caught_up(&self) -> (Opened, bool) {
        let target = *self.handle.seq.borrow();
        // The very one that was looked at: another may take its place meanwhile, and be empty.
        let up_to_date = |it: &Opened| it.as_ref().is_ok_and(|index| index.last_seq() >= target);
        let index = self.index.current();
        if !self.index.is_gone() && up_to_date(&index) {
            return (index, false);
        }
        let mut caught = self.index.caught.subscribe();
        let round = caught.borrow().round;
        self.index.wanted.notify_one();
        let there = |it: &Caught| it.round > round && (it.seq >= target || it.trouble.is_some());
        if tokio::time::timeout(PATIENCE, caught.wait_for(there)).await.is_err() {
            tracing::info!("a search is answered before the index is caught up");
        }
        let index = self.index.current();
        let behind = !up_to_date(&index);
        (index, behind)
    }

    /// What fits best, and whether something that was written lately may be missing; an index that cannot be read is built again, and
    /// asked once more.
    pub(crate) async fn found(&self, query: &str, kinds: &[Kind], limit: usize) -> Result<(Vec<Hit>, bool), String> {
        let mut why = String::new();
        for _ in 0..2 {
            let (index, behind) = self.caught_up().await;
            let index = index?;
            let (query, kinds) = (query.to_owned(), kinds.to_owned());
            match spawn_blocking(move || index.search(&query, &kinds, limit)).await {
                Ok(Ok(hits)) => return Ok((hits, behind)),
                Ok(Err(error)) => why = Trouble::from(error).words(),
                Err(error) => why = Trouble::from(error).words(),
            }
            tracing::warn!(why, "the search index cannot be read and is built again");
            self.index.broken.store(true, Ordering::Release);
            self.index.wanted.notify_one();
        }
        Err(why)
    }

    /// What is in the index now that is like these words: nobody waits for what was written this moment.
    pub(crate) async fn alike_now(&self, query: &str, limit: usize) -> Vec<NoteId> {
        let Ok(index) = self.index.current() else { return Vec::new() };
        let query = query.to_owned();
        let hits = spawn_blocking(move || index.search(&query, &[Kind::Note], limit)).await;
        let Ok(Ok(hits)) = hits else { return Vec::new() };
        hits.into_iter().map(|hit| NoteId(hit.id)).collect()
    }

    /// Builds the index anew and waits for it; what is in it is found meanwhile.
    pub(crate) async fn reindex(&self) -> Result<(), String> {
        let mut caught = self.index.caught.subscribe();
        let (round, refilled) = (caught.borrow().round, self.index.refilled.load(Ordering::Acquire));
        self.index.over.store(true, Ordering::Release);
        self.index.wanted.notify_one();
        // The round that goes on may have begun before.
        let over = |it: &Caught| {
            it.round > round && (it.trouble.is_some() || self.index.refilled.load(Ordering::Acquire) > refilled)
        };
        let closing = "the office is closing".to_owned();
        let trouble = caught.wait_for(over).await.map_err(|_| closing)?.trouble.clone();
        trouble.map_or(Ok(()), Err)
    }
}

async fn write(index: &Arc<office_memory::Index>, docs: Vec<Doc>, last: Seq) -> Result<(), Trouble> {
    let writing = index.clone();
    let written = spawn_blocking(move || {
        for doc in &docs {
            writing.upsert(doc)?;
        }
        writing.commit(last)
    });
    Ok(written.await??)
}
