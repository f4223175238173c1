//! The index on the disk: opened or built again, written by one, read by many. Calls block; `runtime` makes them off its
//! own threads. Asking is in `search`.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use office_core::Seq;
use serde::{Deserialize, Serialize};
use tantivy::directory::{Directory, INDEX_WRITER_LOCK, MmapDirectory, RamDirectory};
use tantivy::indexer::{IndexWriter, LogMergePolicy};
use tantivy::{IndexReader, ReloadPolicy, TantivyError};

use crate::error::done;
use crate::nearest::Nearest;
use crate::schema::{Doc, Fields, Kind, VERSION};
use crate::{MemoryError, Result, tokenize};

/// What the writer may hold in memory before it writes a segment; the least tantivy takes.
const BUDGET: usize = 15_000_000;

/// A search index. Shared by reference; every method may be called from any thread, and blocks.
pub struct Index {
    pub(crate) path: PathBuf,
    pub(crate) index: tantivy::Index,
    pub(crate) fields: Fields,
    pub(crate) reader: IndexReader,
    pub(crate) nearest: Nearest,
    writer: Mutex<Option<IndexWriter>>,
    last: AtomicU32,
}

/// How opening went.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Opening {
    /// There was none; it is empty now.
    Created,
    /// It was there.
    Opened,
    /// It was there and could not be used; it was deleted and is empty now.
    Rebuilt {
        /// What was wrong with it.
        why: String,
    },
}

/// What is kept with every commit.
#[derive(Serialize, Deserialize)]
struct Payload {
    version: u32,
    last: Seq,
}

impl Index {
    /// Opens the index in `dir`, or makes it. One that is damaged or of another version is deleted and made again; the
    /// caller then fills it from [`Index::last_seq`] on, which is 0.
    ///
    /// # Errors
    /// [`MemoryError::Busy`] when somebody else writes there, [`MemoryError::Io`] when the directory cannot be used.
    pub fn open(dir: &Path) -> Result<(Index, Opening)> {
        std::fs::create_dir_all(dir).map_err(MemoryError::io(dir))?;
        let there = dir.join("meta.json").exists();
        match Self::open_as_it_is(dir) {
            Ok(index) => Ok((index, if there { Opening::Opened } else { Opening::Created })),
            Err(MemoryError::Damaged { why, .. }) => {
                clear(dir)?;
                Ok((Self::open_as_it_is(dir)?, Opening::Rebuilt { why }))
            }
            Err(other) => Err(other),
        }
    }

    /// An index that is nowhere but in memory, for trying things out.
    ///
    /// # Errors
    /// None are known.
    pub fn in_memory() -> Result<Index> {
        Self::on(RamDirectory::create(), Path::new(":memory:"))
    }

    fn open_as_it_is(dir: &Path) -> Result<Index> {
        let files = MmapDirectory::open(dir).map_err(|error| MemoryError::of(dir, error.into()))?;
        Self::on(files, dir)
    }

    fn on(files: impl Into<Box<dyn Directory>>, dir: &Path) -> Result<Index> {
        let no = |error: TantivyError| MemoryError::of(dir, error);
        let damaged = |why: String| MemoryError::Damaged { path: dir.to_owned(), why };
        let (schema, fields) = Fields::make();
        let builder = tantivy::Index::builder().schema(schema).tokenizers(tokenize::for_writing());
        let index = builder.open_or_create(files).map_err(|error| match error {
            TantivyError::SchemaError(_) => damaged("its fields are those of another version".to_owned()),
            other => no(other),
        })?;
        let last = match index.load_metas().map_err(no)?.payload {
            Some(text) => match serde_json::from_str(&text) {
                Ok(Payload { version: VERSION, last }) => last,
                Ok(Payload { version, .. }) => return Err(damaged(format!("its version is {version}"))),
                Err(error) => return Err(damaged(format!("its note is unreadable: {error}"))),
            },
            None => Seq(0),
        };
        // Reloaded after each commit of ours, so that no thread has to watch the directory.
        let reader = index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into().map_err(no)?;
        let writer: IndexWriter = index.writer_with_num_threads(1, BUDGET).map_err(no)?;
        writer.set_merge_policy(Box::new(LogMergePolicy::default()));
        let last = AtomicU32::new(last.0);
        let nearest = Nearest::default();
        Ok(Index { path: dir.to_owned(), index, fields, reader, nearest, writer: Mutex::new(Some(writer)), last })
    }

    /// Adds a document, in place of the one of the same kind and number. Found after the next commit.
    ///
    /// # Errors
    /// As [`Index::commit`].
    pub fn upsert(&self, doc: &Doc) -> Result<()> {
        let document = self.fields.document(doc);
        self.write(|writer| {
            writer.delete_term(self.fields.key(doc.kind, doc.id));
            writer.add_document(document)
        })
    }

    /// Removes a document, if it is there. Gone after the next commit.
    ///
    /// # Errors
    /// As [`Index::commit`].
    pub fn remove(&self, kind: Kind, id: u32) -> Result<()> {
        self.write(|writer| Ok(writer.delete_term(self.fields.key(kind, id))))
    }

    /// Writes what was added and removed, with the note that everything up to event `last` is in it. It is found from
    /// now on, and outlives a crash. Each commit costs some milliseconds: gather first.
    ///
    /// # Errors
    /// [`MemoryError::Io`] (a full disk), [`MemoryError::Damaged`], [`MemoryError::Closed`]. Everything since the last
    /// commit is then dropped: go on from [`Index::last_seq`].
    pub fn commit(&self, last: Seq) -> Result<()> {
        let note = serde_json::to_string(&Payload { version: VERSION, last });
        let note = note.map_err(|error| self.damaged(&error))?;
        self.write(|writer| {
            let mut prepared = writer.prepare_commit()?;
            prepared.set_payload(&note);
            prepared.commit()
        })?;
        self.last.store(last.0, Ordering::Release);
        self.reader.reload().map_err(|error| MemoryError::of(&self.path, error))?;
        self.nearest.keep(&self.reader.searcher());
        Ok(())
    }

    /// Begins anew: what was in it is found until the next commit, and then only what was added since.
    ///
    /// # Errors
    /// As [`Index::commit`].
    pub fn start_over(&self) -> Result<()> {
        self.write(|writer| writer.delete_all_documents())?;
        self.last.store(0, Ordering::Release);
        Ok(())
    }

    /// Up to which event the index is filled; 0 when it is new.
    pub fn last_seq(&self) -> Seq {
        Seq(self.last.load(Ordering::Acquire))
    }

    /// How many documents can be found.
    pub fn len(&self) -> u64 {
        self.reader.searcher().num_docs()
    }

    /// Whether nothing can be found.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Waits for what goes on in the background and lets go of the directory. What was not committed is dropped.
    ///
    /// # Errors
    /// [`MemoryError::Closed`] when it was closed before, or what the disk says.
    pub fn close(&self) -> Result<()> {
        let writer = self.writer().take().ok_or(MemoryError::Closed)?;
        writer.wait_merging_threads().map_err(|error| MemoryError::of(&self.path, error))
    }

    fn writer(&self) -> MutexGuard<'_, Option<IndexWriter>> {
        // Somebody who panicked while writing left nothing that the next commit or rollback does not settle.
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self, work: impl FnOnce(&mut IndexWriter) -> tantivy::Result<u64>) -> Result<()> {
        let mut guard = self.writer();
        let writer = guard.as_mut().ok_or(MemoryError::Closed)?;
        let written = done(&self.path, work(writer));
        if written.is_err() {
            // Its threads end at the first error. Going back to the last commit starts new ones.
            writer.rollback().ok();
        }
        written
    }

    fn damaged(&self, why: &dyn std::fmt::Display) -> MemoryError {
        MemoryError::Damaged { path: self.path.clone(), why: why.to_string() }
    }
}

/// Deletes the files of an index, and only those: whoever named the wrong directory loses nothing.
fn clear(dir: &Path) -> Result<()> {
    let no = |error| MemoryError::of(dir, error);
    // Not from under somebody who uses it.
    let files = MmapDirectory::open(dir).map_err(|error| no(error.into()))?;
    let lock = files.acquire_lock(&INDEX_WRITER_LOCK);
    let lock = lock.map_err(|error| no(TantivyError::LockFailure(error, None)))?;
    for entry in std::fs::read_dir(dir).map_err(MemoryError::io(dir))? {
        let path = entry.map_err(MemoryError::io(dir))?.path();
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let stem = name.split('.').next().unwrap_or_default();
        let segment = stem.len() == 32 && stem.bytes().all(|byte| byte.is_ascii_hexdigit());
        if segment || matches!(name.as_str(), "meta.json" | ".managed.json") {
            std::fs::remove_file(&path).map_err(MemoryError::io(&path))?;
        }
    }
    drop(lock);
    Ok(())
}
