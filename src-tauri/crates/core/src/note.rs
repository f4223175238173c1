//! Notes: what one of the office has learned and all are to know. A note is durable before its author hears that it is kept; it can be
//! changed, give its place to another and be refuted, and none of these deletes a word. What may be written is in `write.rs`. Not here:
//! finding them (`memory`), and which of them a briefing carries (`runtime`).

mod write;

use serde::{Deserialize, Serialize};
use specta::Type;

use crate::actor::Actor;
use crate::desk::words;
use crate::event::Event;
use crate::ids::{NoteId, ProjectId, RunId, TaskId};
use crate::office::Office;
use crate::refusal::Refusal;
use crate::time::At;

/// Bytes of a note's text; what is longer is a file, and the note names it.
pub const TEXT_MAX: usize = 64 * 1024;
/// Most tags of a note.
pub const TAGS_MAX: usize = 32;
/// Longest tag, in characters.
pub const TAG_MAX: usize = 60;
/// Most notes that one takes the place of, or speaks against.
pub const LINKS_MAX: usize = 64;
/// Notes an office keeps.
pub const NOTES_MAX: usize = 100_000;
/// Earlier versions that a note has at hand; all of them are in the log.
pub const PAST_MAX: usize = 16;
/// Bytes of their texts.
const PAST_BYTES: usize = 256 * 1024;
/// Where a note was shown or used last: so many places are kept at hand.
pub const PLACES_MAX: usize = 32;

words! {
    /// What a note is.
    NoteKind {
        /// How we do it here.
        Convention = "convention",
        /// What was chosen, and why.
        Decision = "decision",
        /// What is so.
        Fact = "fact",
        /// What bites.
        Gotcha = "gotcha",
        /// How something is done.
        HowTo = "how-to",
        /// What was learned afterwards.
        Retrospective = "retrospective",
    }
}

impl Default for NoteKind {
    /// What is said without a word on its kind.
    fn default() -> Self {
        Self::Fact
    }
}

/// A note as it is written.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
pub struct NoteWords {
    /// What it is.
    pub kind: NoteKind,
    /// One line.
    pub title: String,
    /// Markdown.
    pub text: String,
    /// Words to find it by.
    #[serde(default)]
    pub tags: Vec<String>,
    /// The project it is about; none means the whole office.
    #[serde(default)]
    pub project: Option<ProjectId>,
    /// Notes it takes the place of.
    #[serde(default)]
    pub supersedes: Vec<NoteId>,
    /// Notes it speaks against.
    #[serde(default)]
    pub contradicts: Vec<NoteId>,
}

/// A note as it was before it was changed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
pub struct NotePast {
    /// How it was written.
    pub words: NoteWords,
    /// Who changed it.
    pub by: Actor,
    /// When it was changed.
    pub until: At,
}

/// Why a note is not so.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
pub struct Refuted {
    /// Who says so.
    pub by: Actor,
    /// What shows it.
    pub evidence: String,
    /// When.
    pub at: At,
}

/// Where a note was shown, or was of use.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
pub struct NotePlace {
    /// To which run.
    pub run: RunId,
    /// What it worked on.
    pub task: Option<TaskId>,
    /// When.
    pub at: At,
}

/// A note.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
pub struct Note {
    /// Its number.
    pub id: NoteId,
    /// How it is written.
    #[serde(flatten)]
    pub words: NoteWords,
    /// Who wrote it first: known from what was shown at the door.
    pub author: Actor,
    /// What the author was working on.
    pub task: Option<TaskId>,
    /// When it was written.
    pub created: At,
    /// Since when it is written like this.
    pub changed: At,
    /// The note that took its place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub superseded_by: Option<NoteId>,
    /// Why it is not so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refuted: Option<Refuted>,
    /// So often a briefing carried it.
    #[serde(default)]
    pub shown: u32,
    /// So often an agent read it of its own accord, or said that it was of use.
    #[serde(default)]
    pub used: u32,
    /// The last briefings that carried it.
    #[serde(default)]
    pub shown_in: Vec<NotePlace>,
    /// Where it was used last.
    #[serde(default)]
    pub used_in: Vec<NotePlace>,
    /// As it was before, the newest last.
    #[serde(default)]
    pub past: Vec<NotePast>,
}

impl Note {
    /// Whether it holds: nobody refuted it, and no other took its place.
    pub fn holds(&self) -> bool {
        self.refuted.is_none() && self.superseded_by.is_none()
    }

    /// Whether it is about this project, or the whole office.
    pub fn is_about(&self, project: ProjectId) -> bool {
        self.words.project.is_none_or(|it| it == project)
    }
}

/// What may be asked of notes.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, Type)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum NoteCommand {
    /// Writes one.
    Add {
        /** How. */
        new: Box<NoteWords>,
    },
    /// Writes one anew; how it was stays in its history. What was refuted counts again once its owner has written it anew.
    Edit {
        /** Which. */
        note: NoteId,
        /** How it is written from now on. */
        to: Box<NoteWords>,
    },
    /// Lets one take the place of others.
    Merge {
        /** Which stays. */
        keep: NoteId,
        /** Which give their place to it. */
        gone: Vec<NoteId>,
    },
    /// Says that one is not so, and what shows it.
    Refute {
        /** Which. */
        note: NoteId,
        /** What shows it. */
        evidence: String,
    },
    /// The office put these into a run's briefing.
    Shown {
        /** Which run. */
        run: RunId,
        /** Which notes. */
        notes: Vec<NoteId>,
    },
    /// A run read these of its own accord, or said that they were of use.
    Used {
        /** Which run. */
        run: RunId,
        /** Which notes. */
        notes: Vec<NoteId>,
    },
}

impl NoteCommand {
    /// The note it names first, if it names one.
    pub fn note(&self) -> Option<NoteId> {
        match self {
            Self::Add { .. } => None,
            Self::Edit { note, .. } | Self::Merge { keep: note, .. } | Self::Refute { note, .. } => Some(*note),
            Self::Shown { notes, .. } | Self::Used { notes, .. } => notes.first().copied(),
        }
    }
}

/// What happened to notes.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, Type)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum NoteEvent {
    /// Written.
    Added {
        /** The new note. */
        note: Box<Note>,
    },
    /// Written anew.
    Edited {
        /** Which. */
        note: NoteId,
        /** How it is written from now on. */
        to: Box<NoteWords>,
        /** Who did. */
        by: Actor,
    },
    /// It is not so.
    Refuted {
        /** Which. */
        note: NoteId,
        /** Who says so. */
        by: Actor,
        /** What shows it. */
        evidence: String,
    },
    /// A briefing carried them.
    Shown {
        /** Which. */
        notes: Vec<NoteId>,
        /** To which run. */
        run: RunId,
        /** What it works on. */
        task: Option<TaskId>,
    },
    /// They were read, or of use.
    Used {
        /** Which. */
        notes: Vec<NoteId>,
        /** By which run. */
        run: RunId,
        /** What it works on. */
        task: Option<TaskId>,
    },
}

impl NoteEvent {
    /// The notes that are other than they were: those it names, and those whose place was taken.
    pub fn notes(&self) -> Vec<NoteId> {
        match self {
            Self::Added { note } => std::iter::once(note.id).chain(note.words.supersedes.iter().copied()).collect(),
            Self::Edited { note, to, .. } => std::iter::once(*note).chain(to.supersedes.iter().copied()).collect(),
            Self::Refuted { note, .. } => vec![*note],
            Self::Shown { notes, .. } | Self::Used { notes, .. } => notes.clone(),
        }
    }
}

/// How the notes stand, at one glance.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, Type)]
pub struct NotesView {
    /// All of them.
    pub notes: u32,
    /// Those that hold.
    pub hold: u32,
    /// Those that somebody refuted.
    pub refuted: u32,
    /// Those whose place another took.
    pub superseded: u32,
    /// Those that were never in a briefing nor used.
    pub unused: u32,
    /// So often briefings carried one.
    pub shown: u32,
    /// So often one was used.
    pub used: u32,
    /// How many there are of each kind, of those that hold.
    pub kinds: Vec<(NoteKind, u32)>,
}

/// Decides a note command.
pub fn decide(office: &Office, actor: Actor, command: &NoteCommand, now: At) -> Result<Vec<Event>, Refusal> {
    let one = |event| Ok(vec![Event::Note(event)]);
    match command {
        NoteCommand::Add { new } => write::add(office, actor, new, now),
        NoteCommand::Edit { note, to } => write::edit(office, actor, *note, to),
        NoteCommand::Merge { keep, gone } => write::merge(office, actor, *keep, gone),
        NoteCommand::Refute { note, evidence } => write::refute(office, actor, *note, evidence),
        NoteCommand::Shown { run, notes } => {
            actor.office_only()?;
            let notes = fresh(office, *run, notes, |it| &it.shown_in);
            let task = office.runs.get(run).and_then(|it| it.task);
            if notes.is_empty() { Ok(Vec::new()) } else { one(NoteEvent::Shown { notes, run: *run, task }) }
        }
        NoteCommand::Used { run, notes } => {
            match actor {
                Actor::Agent { run: own, .. } if own == *run => {}
                _ => actor.office_only()?,
            }
            let notes = fresh(office, *run, notes, |it| &it.used_in);
            let task = office.runs.get(run).and_then(|it| it.task);
            if notes.is_empty() { Ok(Vec::new()) } else { one(NoteEvent::Used { notes, run: *run, task }) }
        }
    }
}

/// Those of them that there are, each once, and that do not name this run already: done again, it is counted once.
fn fresh(office: &Office, run: RunId, notes: &[NoteId], at: impl Fn(&Note) -> &[NotePlace]) -> Vec<NoteId> {
    let known = |id: &&NoteId| office.notes.get(id).is_some_and(|it| at(it).iter().all(|place| place.run != run));
    let mut found: Vec<NoteId> = notes.iter().filter(known).copied().collect();
    found.sort_unstable();
    found.dedup();
    found
}

/// The notes that words name as `note #12` or `note 12`.
pub fn named(words: &str) -> Vec<NoteId> {
    let lower = words.to_lowercase();
    let after = lower.match_indices("note").filter_map(|(at, it)| lower.get(at + it.len()..));
    let number = |rest: &str| {
        let rest = rest.strip_prefix('s').unwrap_or(rest).trim_start_matches([' ', '#', ':']);
        rest[..rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len())].parse().ok().map(NoteId)
    };
    after.filter_map(number).collect()
}

impl Office {
    /// The note.
    pub fn note(&self, id: NoteId) -> Result<&Note, Refusal> {
        self.notes.get(&id).ok_or_else(|| Refusal::not_found(format!("note {id}"), "office memory list"))
    }

    /// How the notes stand.
    pub fn notes_view(&self) -> NotesView {
        let count = |fits: fn(&Note) -> bool| {
            u32::try_from(self.notes.values().filter(|it| fits(it)).count()).unwrap_or(u32::MAX)
        };
        let sum = |of: fn(&Note) -> u32| self.notes.values().fold(0_u32, |sum, it| sum.saturating_add(of(it)));
        let of_kind = |kind| self.notes.values().filter(|it| it.holds() && it.words.kind == kind).count();
        NotesView {
            notes: count(|_| true),
            hold: count(Note::holds),
            refuted: count(|it| it.refuted.is_some()),
            superseded: count(|it| it.superseded_by.is_some()),
            unused: count(|it| it.shown == 0 && it.used == 0),
            shown: sum(|it| it.shown),
            used: sum(|it| it.used),
            kinds: NoteKind::ALL
                .iter()
                .map(|kind| (*kind, u32::try_from(of_kind(*kind)).unwrap_or(u32::MAX)))
                .collect(),
        }
    }
}

/// Applies a note event.
pub fn apply(office: &mut Office, event: &NoteEvent, at: At) {
    match event {
        NoteEvent::Added { note } => {
            office.next.note = NoteId(note.id.0 + 1);
            office.put_note((**note).clone());
            take_places(office, note.id, &note.words.supersedes);
        }
        NoteEvent::Edited { note, to, by } => {
            let before = office.notes.get(note).map(|it| it.words.supersedes.clone()).unwrap_or_default();
            for gone in before.into_iter().filter(|gone| !to.supersedes.contains(gone)) {
                office.change_note(gone, |it| {
                    if it.superseded_by == Some(*note) {
                        it.superseded_by = None;
                    }
                });
            }
            office.change_note(*note, |it| {
                let words = std::mem::replace(&mut it.words, (**to).clone());
                it.past.push(NotePast { words, by: *by, until: at });
                let bytes = |it: &Note| it.past.iter().map(|past| past.words.text.len()).sum::<usize>();
                while it.past.len() > PAST_MAX || (it.past.len() > 1 && bytes(it) > PAST_BYTES) {
                    it.past.remove(0);
                }
                it.changed = at;
                if *by == Actor::Owner {
                    it.refuted = None;
                }
            });
            take_places(office, *note, &to.supersedes);
        }
        NoteEvent::Refuted { note, by, evidence } => {
            let refuted = Refuted { by: *by, evidence: evidence.clone(), at };
            office.change_note(*note, |it| it.refuted = Some(refuted));
        }
        NoteEvent::Shown { notes, run, task } => {
            for id in notes {
                office.change_note(*id, |it| {
                    it.shown = it.shown.saturating_add(1);
                    keep(&mut it.shown_in, NotePlace { run: *run, task: *task, at });
                });
            }
        }
        NoteEvent::Used { notes, run, task } => {
            for id in notes {
                office.change_note(*id, |it| {
                    it.used = it.used.saturating_add(1);
                    keep(&mut it.used_in, NotePlace { run: *run, task: *task, at });
                });
            }
        }
    }
}

fn take_places(office: &mut Office, by: NoteId, gone: &[NoteId]) {
    for id in gone {
        office.change_note(*id, |it| it.superseded_by = Some(by));
    }
}

fn keep(places: &mut Vec<NotePlace>, place: NotePlace) {
    places.push(place);
    if places.len() > PLACES_MAX {
        places.remove(0);
    }
}

#[cfg(test)]
mod tests;
