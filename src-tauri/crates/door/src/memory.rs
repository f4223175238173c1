//! What is asked of the office's memory, and how it answers. Which notes fit is found by `memory`, through the runtime.

use office_core::note::{NoteWords, NotesView};
use office_core::{At, Note, NoteId, NoteKind};
use serde::{Deserialize, Serialize};
use specta::Type;

/// What a hit may be.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum Found {
    /// A note.
    Note,
    /// A task, with what came of it.
    Task,
    /// Something that happened to one.
    Event,
    /// A mail; from a desk only what it sent or got.
    Mail,
    /// A held command, with its reasons; from a desk only its own.
    Approval,
}

impl Found {
    /// All of them.
    pub const ALL: &'static [Found] = &[Found::Note, Found::Task, Found::Event, Found::Mail, Found::Approval];

    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Found::Note => "note",
            Found::Task => "task",
            Found::Event => "event",
            Found::Mail => "mail",
            Found::Approval => "approval",
        }
    }
}

/// Which hits are wanted; all that is set must fit.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, Type)]
#[serde(default)]
pub struct Wanted {
    /// Of these sorts; of all, if none is named.
    pub among: Vec<Found>,
    /// Notes of these kinds.
    pub kinds: Vec<NoteKind>,
    /// Notes about this project, or the whole office.
    pub project: Option<String>,
    /// Notes with this tag.
    pub tag: Option<String>,
    /// Notes that somebody refuted, too.
    pub refuted: bool,
}

/// What may be asked.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, Type)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum MemoryAsk {
    /// Writes a note, once per `command_id`. Answer: `Noted`.
    Add {
        /** For repeats after a lost answer. */
        command_id: String,
        /** How it is written; its project as `project` says. */
        words: Box<NoteWords>,
        /** Name or number; if none, the project that whoever asks works on. */
        project: Option<String>,
        /** It is about the whole office. */
        everywhere: bool,
    },
    /// One note. Read at a desk, it counts as used. Answer: `Notes` (that one).
    Show {
        /** Which. */
        note: NoteId,
    },
    /// Notes, the newest first. Answer: `Notes`.
    List {
        /** Which. */
        wanted: Wanted,
        /** Only those that hold. */
        hold: bool,
        /** Written or changed since. */
        since: Option<At>,
        /** With a number below this. */
        before: Option<NoteId>,
        /** At most; 1,000 at the highest. */
        limit: u32,
    },
    /// The best hits, best first. Answer: `Hits`.
    Search {
        /** Words, as one would say them. */
        query: String,
        /** Which. */
        wanted: Wanted,
        /** At most; 100 at the highest. */
        limit: u32,
    },
    /// Builds the index anew from what is kept, and waits for it. Answer: `Memory`.
    Reindex,
    /// How the memory stands. Answer: `Memory`.
    Stats,
}

/// A note that says almost the same as another.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, Type)]
pub struct AlikeNote {
    /// Which.
    pub note: NoteId,
    /// Its title.
    pub title: String,
    /// What part of the words of both they share, 0 to 1.
    pub share: f32,
}

/// A note that was written.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, Type)]
pub struct Noted {
    /// The note.
    #[serde(flatten)]
    pub note: Note,
    /// Others that say almost the same, the most alike first: one of them may take the place of the others.
    pub alike: Vec<AlikeNote>,
}

/// How the memory stands.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, Type)]
pub struct MemoryStats {
    /// The notes.
    pub notes: NotesView,
    /// Notes that say almost the same as another and hold both, the most alike first.
    pub alike: Vec<AlikePair>,
    /// What can be found.
    pub indexed: u32,
    /// Events that are not in the index yet.
    pub behind: u32,
    /// What is wrong with the index, if something is.
    pub trouble: Option<String>,
}

/// Two notes that say almost the same.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, Type)]
pub struct AlikePair {
    /// The older.
    pub note: NoteId,
    /// The newer.
    pub and: NoteId,
    /// What part of the words of both they share, 0 to 1.
    pub share: f32,
}
