//! The tools by which an agent asks what others have learned, keeps what it has learned itself and says what is not so.

use office_core::note::{NoteCommand, NoteWords};
use office_core::{CommandBody, NoteId, NoteKind};
use office_door::memory::{Found, MemoryAsk, Wanted};
use office_door::wire::{Answer, Ask};
use rmcp::handler::server::wrapper::Parameters;
use rmcp::schemars::JsonSchema;
use rmcp::{schemars, tool, tool_router};
use serde::Deserialize;

use super::tools::{OfficeTools, Said, said, unexpected};
use crate::memory::kept;
use crate::session::command_id;

/// Hits of one answer, where nobody says how many.
const HITS: u32 = 6;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Looked {
    /// What you want to know, in a sentence or a few words; names of code as they are written.
    query: String,
    /// Where else to look, beside notes: task, event, mail, approval.
    #[serde(default)]
    also: Vec<String>,
    /// At most so many hits.
    #[serde(default)]
    limit: Option<u32>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Learnt {
    /// One line that says what it is about.
    title: String,
    /// What was learned, in Markdown: so that somebody who was not there can act on it.
    text: String,
    /// convention, decision, fact, gotcha, how-to or retrospective.
    #[serde(default)]
    kind: Option<String>,
    /// Words to find it by.
    #[serde(default)]
    tags: Vec<String>,
    /// It holds for all projects, not only for the one you work on.
    #[serde(default)]
    everywhere: bool,
    /// Numbers of notes it takes the place of.
    #[serde(default)]
    supersedes: Vec<u32>,
    /// Numbers of notes it speaks against.
    #[serde(default)]
    contradicts: Vec<u32>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Wrong {
    /// Its number.
    note: u32,
    /// What you ran and saw that shows it.
    evidence: String,
}

#[tool_router(router = memory_router, vis = "pub(super)")]
impl OfficeTools {
    /// Finds what others in this office have learned: conventions, decisions, what bites. Ask before you find it out again.
    #[tool(annotations(read_only_hint = true))]
    async fn memory_search(&self, Parameters(looked): Parameters<Looked>) -> Said {
        let mut among = vec![Found::Note];
        for word in looked.also {
            let sort = Found::ALL.iter().copied().find(|sort| sort.as_str() == word);
            among.push(
                sort.ok_or_else(|| format!("'{word}' is not looked through; say task, event, mail or approval"))?,
            );
        }
        let wanted = Wanted { among, ..Wanted::default() };
        let ask = MemoryAsk::Search { query: looked.query, wanted, limit: looked.limit.unwrap_or(HITS) };
        let Answer::Hits(hits) = self.link.ask(Ask::Memory { what: ask }).await.answer.map_err(said)? else {
            return Err(unexpected());
        };
        if hits.is_empty() {
            return Ok("Nobody has kept anything like that.".to_owned());
        }
        serde_json::to_string_pretty(&hits).map_err(|error| error.to_string())
    }

    /// Keeps what you have learned, for everybody: it is found from the moment this returns. Write what the next one should know, not
    /// what you did; never a password or a key. Of a note that says the same already you are told.
    #[tool]
    async fn memory_add(&self, Parameters(learnt): Parameters<Learnt>) -> Said {
        let Learnt { title, text, kind, tags, everywhere, supersedes, contradicts } = learnt;
        let known = |word: String| {
            let kind = NoteKind::ALL.iter().copied().find(|kind| kind.as_str() == word.replace(['_', ' '], "-"));
            kind.ok_or_else(|| {
                format!("'{word}' is no kind of note; say convention, decision, fact, gotcha, how-to or retrospective")
            })
        };
        let kind = kind.map_or(Ok(NoteKind::default()), known)?;
        let ids = |notes: Vec<u32>| notes.into_iter().map(NoteId).collect();
        let (supersedes, contradicts) = (ids(supersedes), ids(contradicts));
        let words = Box::new(NoteWords { kind, title, text, tags, project: None, supersedes, contradicts });
        let ask = MemoryAsk::Add { command_id: command_id(), words, project: None, everywhere };
        match self.link.ask(Ask::Memory { what: ask }).await.answer.map_err(said)? {
            Answer::Noted(noted) => Ok(kept(&noted)),
            _ => Err(unexpected()),
        }
    }

    /// Says that a note is not so, and what shows it: nobody is briefed with it any more. It stays in the record.
    #[tool]
    async fn memory_refute(&self, Parameters(wrong): Parameters<Wrong>) -> Said {
        let Wrong { note, evidence } = wrong;
        self.submit(CommandBody::Note(NoteCommand::Refute { note: NoteId(note), evidence })).await?;
        Ok(format!("Note {note} is refuted; no briefing carries it any more."))
    }
}
