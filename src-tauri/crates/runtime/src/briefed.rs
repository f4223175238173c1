//! Picks the few notes that a run's briefing carries: those that fit its task best, then conventions of its project, within a budget of
//! words. Only what holds, and only what the index finds; the briefing says which they are, and that they were shown is counted.

use std::collections::BTreeSet;

use office_core::note::NoteCommand;
use office_core::{CommandBody, Note, NoteId, NoteKind, Office, ProjectId, RunId};
use office_engines::{Briefing, Learned};
use office_memory::Kind;

use crate::memory::{plain, source_of};
use crate::world::World;

/// Notes of one briefing.
const MOST: usize = 8;
/// Conventions among them that only belong to the project, and do not fit the task's words.
const CONVENTIONS: usize = 3;
/// Letters of all of them: some 1,500 tokens.
const BUDGET: usize = 6_000;
/// Letters of one; what is longer is read by its number.
const ONE: usize = 1_500;
/// Hits that are looked at.
const LOOKED_AT: usize = 40;
/// What fits so much less than the best does not matter.
const MATTERS: f32 = 0.3;
/// So much of a task's text is searched for, in bytes.
const ASKED: usize = 1_500;

impl World {
    /// The notes for a run's briefing, counted as shown. Without an index there are none, and the run begins all the same.
    pub(crate) async fn learned(&self, it: &Briefing) -> Vec<Learned> {
        let Some(task) = &it.task else { return Vec::new() };
        let role = it.role.as_ref().map(|role| role.title.as_str()).unwrap_or_default();
        let checks: Vec<&str> = it.checks.iter().map(|check| check.run.as_str()).collect();
        let body = &task.body[..task.body.floor_char_boundary(ASKED)];
        let asked = plain(&format!("{}\n{body}\n{}\n{role}", task.title, checks.join("\n")));
        let picked = match self.picked(&asked, it.project.id).await {
            Ok(picked) => picked,
            Err(why) => {
                tracing::warn!(run = %it.run.id, why, "a briefing carries no notes");
                return Vec::new();
            }
        };
        let ids: Vec<NoteId> = picked.iter().map(|it| it.id).collect();
        if !ids.is_empty() {
            self.shown(it.run.id, ids).await;
        }
        picked
    }

    async fn picked(&self, asked: &str, project: ProjectId) -> Result<Vec<Learned>, String> {
        let (fit, _) = self.found(asked, &[Kind::Note], LOOKED_AT).await?;
        let best = fit.first().map(|hit| hit.score).unwrap_or_default();
        let fit: Vec<NoteId> =
            fit.into_iter().filter(|hit| hit.score >= best * MATTERS).map(|hit| NoteId(hit.id)).collect();
        // Its kind is a tag of every note.
        let (rule, _) = self.found(&format!("tags:{}", NoteKind::Convention), &[Kind::Note], LOOKED_AT).await?;
        let rule: Vec<NoteId> = rule.into_iter().map(|hit| NoteId(hit.id)).collect();
        self.read(move |office| Some(within(office, project, &fit, &rule))).await
    }

    async fn shown(&self, run: RunId, notes: Vec<NoteId>) {
        let body = CommandBody::Note(NoteCommand::Shown { run, notes });
        if let Err(refusal) = self.handle.report(body).await {
            tracing::info!(%run, why = refusal.message, "what a briefing carries was not counted");
        }
    }
}

/// Those that hold, are about the project and go into the budget: first what fits, then what is agreed there.
fn within(office: &Office, project: ProjectId, fit: &[NoteId], rule: &[NoteId]) -> Vec<Learned> {
    let holds = |id: &NoteId| office.notes.get(id).filter(|it| it.holds() && it.is_about(project));
    let is_rule = |it: &&Note| it.words.kind == NoteKind::Convention;
    let (mut left, mut seen, mut picked) = (BUDGET, BTreeSet::new(), Vec::new());
    let mut take = |it: &Note| {
        let learned = learned(office, it);
        let letters = learned.title.len() + learned.text.len() + learned.source.len();
        if picked.len() < MOST && letters <= left && seen.insert(it.id) {
            left -= letters;
            picked.push(learned);
        }
    };
    fit.iter().filter_map(holds).for_each(&mut take);
    rule.iter().filter_map(holds).filter(is_rule).take(CONVENTIONS).for_each(take);
    picked
}

fn learned(office: &Office, it: &Note) -> Learned {
    let text = it.words.text.trim();
    let mut cut = text[..text.floor_char_boundary(ONE)].to_owned();
    if cut.len() < text.len() {
        cut.push_str(&format!("...\n(`office memory show {}` has the rest)", it.id));
    }
    Learned { id: it.id, kind: it.words.kind, title: it.words.title.clone(), text: cut, source: source_of(office, it) }
}
