//! The memory at the door: writing notes, reading them, finding them and what else the office knows, and picking the few notes that a
//! briefing carries. What may be written is decided in `core`; the index is kept in `search.rs`.

use std::collections::BTreeMap;
use std::sync::Arc;

use office_core::note::{NoteCommand, NoteWords};
use office_core::{
    Actor, ApprovalId, Code, CommandBody, CommandId, DeskId, Mail, MailId, Note, NoteId, Noun, Office, Refusal, RunId,
    TaskId,
};
use office_door::memory::{AlikeNote, AlikePair, Found, MemoryAsk, MemoryStats, Noted, Wanted};
use office_door::wire::{Answer, Hit};
use office_memory::{Kind, alike};

use crate::answer::{may_see, troubled};
use crate::world::World;

/// Hits in one answer.
const HITS_MAX: u32 = 100;
/// Notes in one answer.
const NOTES_MAX: u32 = 1_000;
/// Bytes of one list: within a frame, whatever was written.
const LISTED: usize = 8 * 1024 * 1024;
/// Of so many hits those are picked that whoever asks wants and may see.
const LOOKED_THROUGH: usize = 400;
/// A note no longer than this stands whole in a hit, in bytes.
const WHOLE: usize = 2_000;
/// Notes that a new one is compared with.
const COMPARED: usize = 12;
/// So much of a new note is searched for, in bytes.
const SEARCHED: usize = 600;
/// Notes whose likes are looked for when somebody wants to know how the memory stands: the newest.
const GONE_THROUGH: usize = 200;

impl World {
    pub(crate) async fn memory(self: &Arc<Self>, actor: Actor, ask: MemoryAsk) -> Result<Answer, Refusal> {
        match ask {
            MemoryAsk::Add { command_id, words, project, everywhere } => {
                let words = self.placed(actor, *words, project, everywhere).await?;
                let body = CommandBody::Note(NoteCommand::Add { new: Box::new(words) });
                match self.submit(actor, CommandId(command_id), body).await? {
                    Answer::Changed(Noun::Note(note)) => {
                        let alike = self.alike(&note).await;
                        Ok(Answer::Noted(Box::new(Noted { note: *note, alike })))
                    }
                    _ => Err(Refusal::new(Code::Trouble, "the note is not there", "ask again")),
                }
            }
            MemoryAsk::Show { note } => {
                let found = self.handle.read(move |office| office.note(note).cloned()).await??;
                if let Actor::Agent { desk, run } = actor
                    && !matches!(found.author, Actor::Agent { desk: at, .. } if at == desk)
                {
                    self.used(run, vec![note]).await;
                }
                Ok(Answer::Notes(vec![found]))
            }
            MemoryAsk::List { wanted, hold, since, before, limit } => {
                let sieve = self.sieve(actor, wanted).await?;
                let limit = limit.clamp(1, NOTES_MAX) as usize;
                let list = move |office: &Office| {
                    let (mut left, mut found) = (LISTED, Vec::new());
                    let fits = |it: &&Note| {
                        before.is_none_or(|id| it.id < id)
                            && since.is_none_or(|at| it.changed >= at)
                            && (!hold || it.holds())
                            && sieve.lets(it)
                    };
                    for note in office.notes.values().rev().filter(fits).take(limit) {
                        let bytes =
                            note.words.text.len() + note.past.iter().map(|it| it.words.text.len()).sum::<usize>();
                        if bytes > left {
                            break;
                        }
                        left -= bytes;
                        found.push(note.clone());
                    }
                    found
                };
                Ok(Answer::Notes(self.handle.read(list).await?))
            }
            MemoryAsk::Search { query, wanted, limit } => self.search(actor, &query, wanted, limit).await,
            MemoryAsk::Reindex => {
                let trouble = |why| Refusal::new(Code::Unavailable, why, "`office doctor` says more");
                self.reindex().await.map_err(trouble)?;
                self.memory_stats().await
            }
            MemoryAsk::Stats => self.memory_stats().await,
        }
    }

    /// Counts notes as used by a run. What cannot be counted holds nobody up.
    pub(crate) async fn used(&self, run: RunId, notes: Vec<NoteId>) {
        let body = CommandBody::Note(NoteCommand::Used { run, notes });
        if let Err(refusal) = self.handle.report(body).await {
            tracing::info!(%run, why = refusal.message, "the use of notes was not counted");
        }
    }

    /// The words with the project that is meant.
    async fn placed(
        &self,
        actor: Actor,
        words: NoteWords,
        project: Option<String>,
        everywhere: bool,
    ) -> Result<NoteWords, Refusal> {
        let project = match (project, actor) {
            _ if everywhere => None,
            (Some(name), _) => Some(self.project_of(&name).await?.id),
            (None, Actor::Agent { run, .. }) => {
                self.handle.read(move |office| office.runs.get(&run).map(|it| it.project)).await?
            }
            (None, _) => words.project,
        };
        Ok(NoteWords { project, ..words })
    }

    /// Notes that say almost the same as this one and hold, as far as the index knows by now.
    async fn alike(&self, note: &Note) -> Vec<AlikeNote> {
        let (title, text) = (&note.words.title, &note.words.text);
        let query = format!("{title}\n{}", &text[..text.floor_char_boundary(SEARCHED)]);
        let ids = self.alike_now(&plain(&query), COMPARED).await;
        let id = note.id;
        let others = self.handle.read(move |office| {
            let notes = ids.iter().filter_map(|id| office.notes.get(id));
            notes.filter(|it| it.id != id && it.holds()).cloned().collect::<Vec<_>>()
        });
        let Ok(others) = others.await else { return Vec::new() };
        let texts = others.iter().map(|it| (it.words.title.as_str(), it.words.text.as_str()));
        let found = alike(title, text, texts);
        let told = |it: office_memory::Alike| {
            let other = others.get(it.index)?;
            Some(AlikeNote { note: other.id, title: other.words.title.clone(), share: it.share })
        };
        found.into_iter().filter_map(told).collect()
    }

    async fn memory_stats(&self) -> Result<Answer, Refusal> {
        let newest = |office: &Office| {
            let notes: Vec<Note> =
                office.notes.values().rev().filter(|it| it.holds()).take(GONE_THROUGH).cloned().collect();
            (office.notes_view(), office.seq, notes)
        };
        let (notes, seq, newest) = self.handle.read(newest).await?;
        let mut pairs: BTreeMap<(NoteId, NoteId), f32> = BTreeMap::new();
        for note in &newest {
            for other in self.alike(note).await {
                pairs.insert((note.id.min(other.note), note.id.max(other.note)), other.share);
            }
        }
        let mut alike: Vec<AlikePair> =
            pairs.into_iter().map(|((note, and), share)| AlikePair { note, and, share }).collect();
        alike.sort_by(|a, b| b.share.total_cmp(&a.share));
        let last = self.index.last_seq().unwrap_or_default();
        Ok(Answer::Memory(Box::new(MemoryStats {
            notes,
            alike,
            indexed: u32::try_from(self.index.len()).unwrap_or(u32::MAX),
            behind: seq.0.saturating_sub(last.0),
            trouble: self.index.trouble(),
        })))
    }

    /// What fits a query best, among what is wanted and what whoever asks may see.
    pub(crate) async fn search(
        &self,
        actor: Actor,
        query: &str,
        wanted: Wanted,
        limit: u32,
    ) -> Result<Answer, Refusal> {
        let limit = limit.clamp(1, HITS_MAX) as usize;
        let kinds: Vec<Kind> = wanted.among.iter().map(|it| kind_of(*it)).collect();
        let sieve = self.sieve(actor, wanted).await?;
        let hits = match self.found(query, &kinds, LOOKED_THROUGH).await {
            Ok((hits, false)) => hits,
            // What the index does not have yet is found by its words as they stand there.
            Ok((mut hits, true)) => {
                let notes = kinds.is_empty() || kinds.contains(&Kind::Note);
                let more = if notes { self.notes_by_words(query).await? } else { Vec::new() };
                let known: Vec<_> = hits.iter().map(|hit| (hit.kind, hit.id)).collect();
                hits.extend(more.into_iter().filter(|hit| !known.contains(&(hit.kind, hit.id))));
                hits
            }
            Err(why) => {
                tracing::warn!(why, "a search goes on without the index");
                self.notes_by_words(query).await?
            }
        };
        let mut found = Vec::new();
        for hit in hits {
            if found.len() == limit {
                break;
            }
            found.extend(self.told(actor, hit, &sieve).await?);
        }
        Ok(Answer::Hits(found))
    }

    async fn notes_by_words(&self, query: &str) -> Result<Vec<office_memory::Hit>, Refusal> {
        let query = query.to_owned();
        self.handle.read(move |office| by_words(office, &query)).await
    }

    /// A hit as it is told, or nothing where it is not wanted or not for whoever asks.
    async fn told(&self, actor: Actor, hit: office_memory::Hit, sieve: &Sieve) -> Result<Option<Hit>, Refusal> {
        let office_memory::Hit { kind, id, title, snippet, score, .. } = hit;
        let told = |kind: &str, text: String, source: String| {
            Some(Hit { kind: kind.to_owned(), id, title: title.clone(), text, score, source })
        };
        Ok(match kind {
            Kind::Note => {
                let found = self.handle.read(move |office| {
                    let it = office.notes.get(&NoteId(id))?;
                    Some((it.clone(), source_of(office, it)))
                });
                let Some((note, source)) = found.await? else { return Ok(None) };
                if !sieve.lets(&note) {
                    return Ok(None);
                }
                let whole = note.words.text.len() <= WHOLE;
                told(note.words.kind.as_str(), if whole { note.words.text } else { snippet }, source)
            }
            Kind::Mail => {
                let mail = self.store.mail(MailId(id)).await.map_err(|error| troubled(&error))?;
                let may = self.handle.read(move |office| mail.filter(|it| may_read(office, actor, it))).await?;
                may.and_then(|it| told("mail", snippet, format!("mail {id}, a {}", it.kind)))
            }
            Kind::Approval => {
                let may = move |office: &Office| {
                    office.approvals.get(&ApprovalId(id)).filter(|it| may_see(actor, it)).map(|it| it.state)
                };
                let state = self.handle.read(may).await?;
                state.and_then(|state| told("approval", snippet, format!("approval {id}, {state}")))
            }
            Kind::Task => told("task", snippet, format!("task #{id}")),
            Kind::Event => told("event", snippet, format!("event {id}")),
        })
    }

    async fn sieve(&self, actor: Actor, wanted: Wanted) -> Result<Sieve, Refusal> {
        let project = match &wanted.project {
            Some(name) => Some(self.project_of(name).await?.id),
            None => None,
        };
        // What was refuted is no news to an agent; its owner may want to see it.
        let refuted = wanted.refuted && !matches!(actor, Actor::Agent { .. });
        Ok(Sieve { kinds: wanted.kinds, tag: wanted.tag, project, refuted })
    }
}

/// Which notes are let through.
struct Sieve {
    kinds: Vec<office_core::NoteKind>,
    tag: Option<String>,
    project: Option<office_core::ProjectId>,
    refuted: bool,
}

impl Sieve {
    fn lets(&self, it: &Note) -> bool {
        (self.kinds.is_empty() || self.kinds.contains(&it.words.kind))
            && self.tag.as_ref().is_none_or(|tag| it.words.tags.contains(tag))
            && self.project.is_none_or(|project| it.is_about(project))
            && (self.refuted || it.refuted.is_none())
    }
}

fn kind_of(it: Found) -> Kind {
    match it {
        Found::Note => Kind::Note,
        Found::Task => Kind::Task,
        Found::Event => Kind::Event,
        Found::Mail => Kind::Mail,
        Found::Approval => Kind::Approval,
    }
}

/// Where a note comes from, in words.
pub(crate) fn source_of(office: &Office, it: &Note) -> String {
    let task = it.task.map(|task: TaskId| format!(", task #{task}")).unwrap_or_default();
    let project = it.words.project.and_then(|id| office.projects.get(&id)).map(|it| format!(", {}", it.name));
    let gone = it.superseded_by.map(|by| format!("; note {by} took its place")).unwrap_or_default();
    let refuted = if it.refuted.is_some() { "; refuted" } else { "" };
    let by = name_of(office, it.author);
    format!("note #{} by {by}{task}{}{gone}{refuted}", it.id, project.unwrap_or_default())
}

fn name_of(office: &Office, actor: Actor) -> String {
    let desk = |id: DeskId| office.desks.get(&id).map_or_else(|| format!("desk {id}"), |desk| desk.name.clone());
    match actor {
        Actor::Owner => "the owner".to_owned(),
        Actor::Office => "the office".to_owned(),
        Actor::Agent { desk: id, .. } => desk(id),
    }
}

/// An agent reads what its desk sent or got.
fn may_read(office: &Office, actor: Actor, it: &Mail) -> bool {
    let Actor::Agent { desk, .. } = actor else { return true };
    let sent = matches!(it.from, Actor::Agent { desk: at, .. } if at == desk);
    sent || office.mailboxes_of(actor).contains(&it.to)
}

/// Words without what a search would take for an operator.
pub(crate) fn plain(text: &str) -> String {
    let word = |word: &str| -> String {
        let word = word.replace(['"', ':'], " ");
        let word = word.trim_start_matches(['-', '+']).to_owned();
        if matches!(word.as_str(), "OR" | "AND" | "NOT") { word.to_lowercase() } else { word }
    };
    text.split_whitespace().map(word).collect::<Vec<_>>().join(" ")
}

/// Notes that have most of the words, as they stand there; the newest of equals first.
fn by_words(office: &Office, query: &str) -> Vec<office_memory::Hit> {
    let query = query.to_lowercase();
    let asked: Vec<&str> = query.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|it| it.len() > 1).collect();
    let mut found = Vec::new();
    for it in office.notes.values().rev() {
        let words = &it.words;
        let all = format!("{}\n{}\n{}", words.title, words.text, words.tags.join(" ")).to_lowercase();
        let has = asked.iter().filter(|word| all.contains(**word)).count();
        if has * 2 > asked.len() {
            let snippet = words.text[..words.text.floor_char_boundary(WHOLE)].to_owned();
            let score = has as f32 / asked.len() as f32;
            let (title, at) = (words.title.clone(), it.changed);
            found.push(office_memory::Hit { kind: Kind::Note, id: it.id.0, title, snippet, at, score });
        }
    }
    found.sort_by(|a, b| b.score.total_cmp(&a.score));
    found.truncate(LOOKED_THROUGH);
    found
}
