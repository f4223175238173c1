//! Writing notes: who may write what, within which limits, and what is never kept.

use super::{LINKS_MAX, NOTES_MAX, Note, NoteEvent, NoteWords, TAG_MAX, TAGS_MAX, TEXT_MAX};
use crate::actor::Actor;
use crate::event::Event;
use crate::ids::{NoteId, TaskId};
use crate::office::Office;
use crate::refusal::{Code, Refusal};
use crate::secret::secrets;
use crate::text;
use crate::time::At;

pub(super) fn add(office: &Office, actor: Actor, new: &NoteWords, now: At) -> Result<Vec<Event>, Refusal> {
    let task = speaks_for(office, actor)?;
    if office.notes.len() >= NOTES_MAX {
        let message = format!("the office has {NOTES_MAX} notes, and keeps no more");
        return Err(Refusal::new(Code::Limit, message, "write one anew: `office memory edit`"));
    }
    let id = office.next.note;
    let words = checked(office, actor, id, new)?;
    let note = Note {
        id,
        words,
        author: actor,
        task,
        created: now,
        changed: now,
        superseded_by: None,
        refuted: None,
        shown: 0,
        used: 0,
        shown_in: Vec::new(),
        used_in: Vec::new(),
        past: Vec::new(),
    };
    Ok(vec![Event::Note(NoteEvent::Added { note: Box::new(note) })])
}

pub(super) fn edit(office: &Office, actor: Actor, id: NoteId, to: &NoteWords) -> Result<Vec<Event>, Refusal> {
    speaks_for(office, actor)?;
    let it = office.note(id)?;
    if !is_of(it, actor) {
        let way_out = format!("write one that contradicts it, or say what is wrong: `office memory refute {id}`");
        return Err(Refusal::new(Code::NotAllowed, format!("note {id} is not yours to write anew"), way_out));
    }
    let words = checked(office, actor, id, to)?;
    if words == it.words {
        return Ok(Vec::new());
    }
    Ok(vec![Event::Note(NoteEvent::Edited { note: id, to: Box::new(words), by: actor })])
}

pub(super) fn merge(office: &Office, actor: Actor, keep: NoteId, gone: &[NoteId]) -> Result<Vec<Event>, Refusal> {
    let mut to = office.note(keep)?.words.clone();
    to.supersedes.extend(gone.iter().copied().filter(|id| !to.supersedes.contains(id)).collect::<Vec<_>>());
    edit(office, actor, keep, &to)
}

pub(super) fn refute(office: &Office, actor: Actor, id: NoteId, evidence: &str) -> Result<Vec<Event>, Refusal> {
    speaks_for(office, actor)?;
    let it = office.note(id)?;
    let evidence = evidence.trim();
    if evidence.is_empty() {
        return Err(Refusal::invalid(
            "nothing is said that shows it",
            "say what you ran and what came of it (`--evidence`)",
        ));
    }
    let evidence = plain("evidence", evidence)?;
    if it.refuted.is_some() {
        let message = format!("note {id} is refuted already");
        return Err(Refusal::new(Code::WrongState, message, format!("`office memory show {id}` says by whom and why")));
    }
    Ok(vec![Event::Note(NoteEvent::Refuted { note: id, by: actor, evidence })])
}

/// What whoever speaks works on; a run that is over says nothing any more.
fn speaks_for(office: &Office, actor: Actor) -> Result<Option<TaskId>, Refusal> {
    let Actor::Agent { run, .. } = actor else { return Ok(None) };
    let it = office.runs.get(&run).filter(|it| it.is_open());
    let over = || Refusal::new(Code::StaleLease, format!("run {run} is over"), "end here; another run has its task");
    Ok(it.ok_or_else(over)?.task)
}

/// Whether whoever speaks may write it anew: its owner all of them, a desk its own.
fn is_of(it: &Note, actor: Actor) -> bool {
    match (actor, it.author) {
        (Actor::Owner | Actor::Office, _) => true,
        (Actor::Agent { desk, .. }, Actor::Agent { desk: at, .. }) => desk == at,
        (Actor::Agent { .. }, _) => false,
    }
}

/// The words as they are kept, or what is wrong with them.
fn checked(office: &Office, actor: Actor, id: NoteId, words: &NoteWords) -> Result<NoteWords, Refusal> {
    let title = text::title(&words.title).map_err(|refusal| Refusal {
        detail: "give the note one line of at most 200 characters; the rest is its text".to_owned(),
        ..refusal
    })?;
    no_secret("title", &title)?;
    if words.text.trim().is_empty() {
        return Err(Refusal::invalid("the note has no text", "write what was learned"));
    }
    let text = plain("text", &words.text)?;
    if words.tags.len() > TAGS_MAX {
        let message = format!("the note has {} tags; at most {TAGS_MAX} are kept", words.tags.len());
        return Err(Refusal::new(Code::Limit, message, "keep the few that matter"));
    }
    let mut tags: Vec<String> = Vec::new();
    for tag in words.tags.iter().map(|tag| tag.trim()).filter(|tag| !tag.is_empty()) {
        if tag.chars().count() > TAG_MAX || tag.chars().any(char::is_control) {
            let short: String = tag.chars().take(20).filter(|c| !c.is_control()).collect();
            let message = format!("'{short}...' is no tag: it is one word or a few, of at most {TAG_MAX} characters");
            return Err(Refusal::invalid(message, "keep tags short"));
        }
        no_secret("tag", tag)?;
        if !tags.iter().any(|it| it == tag) {
            tags.push(tag.to_owned());
        }
    }
    if let Some(project) = words.project {
        office.project(project)?;
    }
    let supersedes = linked(office, id, &words.supersedes)?;
    for gone in &supersedes {
        let it = office.note(*gone)?;
        if matches!(actor, Actor::Agent { .. }) && it.author == Actor::Owner && it.superseded_by != Some(id) {
            let message = format!("note {gone} is the owner's, and nobody else's takes its place");
            return Err(Refusal::new(
                Code::NotAllowed,
                message,
                "say that it contradicts that one (`--contradicts`), or refute it with evidence",
            ));
        }
        if let Some(other) = it.superseded_by.filter(|other| *other != id) {
            let message = format!("note {other} took the place of note {gone} already");
            return Err(Refusal::new(Code::WrongState, message, format!("name {other} in its place")));
        }
        let mut above = office.notes.get(&id).and_then(|it| it.superseded_by);
        while let Some(at) = above {
            if at == *gone {
                let message = format!("note {gone} took the place of note {id}: neither would hold");
                return Err(Refusal::new(Code::Cycle, message, format!("write note {gone} anew instead")));
            }
            above = office.notes.get(&at).and_then(|it| it.superseded_by);
        }
    }
    let contradicts = linked(office, id, &words.contradicts)?;
    Ok(NoteWords { kind: words.kind, title, text, tags, project: words.project, supersedes, contradicts })
}

/// The notes that are named, each once, all of them there.
fn linked(office: &Office, id: NoteId, notes: &[NoteId]) -> Result<Vec<NoteId>, Refusal> {
    if notes.len() > LINKS_MAX {
        let message = format!("{} notes are named; at most {LINKS_MAX} are allowed", notes.len());
        return Err(Refusal::new(Code::Limit, message, "write a note for each subject"));
    }
    let mut found: Vec<NoteId> = Vec::new();
    for note in notes {
        office.note(*note)?;
        if *note == id {
            let message = format!("note {id} is named by itself");
            return Err(Refusal::invalid(message, "name another, or none"));
        }
        if !found.contains(note) {
            found.push(*note);
        }
    }
    Ok(found)
}

/// Text as it is kept: short enough, of characters that text has, and without a secret.
fn plain(what: &str, text: &str) -> Result<String, Refusal> {
    if text.len() > TEXT_MAX {
        let message = format!("the {what} has {} bytes; at most {TEXT_MAX} are kept", text.len());
        return Err(Refusal::new(Code::Limit, message, "split it into notes of one subject, or name a file"));
    }
    let text = text.replace("\r\n", "\n");
    if let Some(bad) = text.chars().find(|c| c.is_control() && !matches!(c, '\n' | '\t')) {
        let message = format!("the {what} has a control character (U+{:04X})", u32::from(bad));
        return Err(Refusal::invalid(message, "remove it"));
    }
    no_secret(what, &text)?;
    Ok(text.trim_matches('\n').to_owned())
}

/// A note is read by every agent and lies in git once it is exported: nothing that lets anybody in is kept.
fn no_secret(what: &str, text: &str) -> Result<(), Refusal> {
    let found: Vec<String> = secrets(text).iter().map(ToString::to_string).collect();
    match found.split_first() {
        None => Ok(()),
        Some((first, rest)) => {
            let more = if rest.is_empty() { String::new() } else { format!(" (and {})", rest.join(", ")) };
            let message = format!("the {what} seems to hold {first}{more}; nothing was kept");
            Err(Refusal::invalid(message, "take it out, and say where it is to be had instead"))
        }
    }
}
