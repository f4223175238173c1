//! Nouns as rows: each thing of the office as one value, so that the store can keep it and a view can replace it whole.

use serde::{Deserialize, Serialize};
use specta::Type;

use crate::approval::Approval;
use crate::desk::Desk;
use crate::effect::Effect;
use crate::grant::Grant;
use crate::ids::{ApprovalId, DeskId, EffectId, GrantId, MailId, NoteId, PlanId, ProjectId, RunId, TaskId};
use crate::mail::Mail;
use crate::note::Note;
use crate::office::{Office, OfficeFacts};
use crate::plan::Plan;
use crate::project::Project;
use crate::run::Run;
use crate::task::Task;

/// Names one thing of the office.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, Type)]
#[serde(tag = "noun", content = "id", rename_all = "snake_case")]
pub enum NounKey {
    /// The office's own facts.
    Office,
    /// A project.
    Project(ProjectId),
    /// A desk.
    Desk(DeskId),
    /// A task.
    Task(TaskId),
    /// A run.
    Run(RunId),
    /// An approval.
    Approval(ApprovalId),
    /// A standing grant.
    Grant(GrantId),
    /// A mail.
    Mail(MailId),
    /// A plan.
    Plan(PlanId),
    /// A note.
    Note(NoteId),
}

impl NounKey {
    /// Table-friendly form: what kind of thing, and its number (0 for the office itself).
    pub fn parts(self) -> (&'static str, u32) {
        match self {
            NounKey::Office => ("office", 0),
            NounKey::Project(id) => ("project", id.0),
            NounKey::Desk(id) => ("desk", id.0),
            NounKey::Task(id) => ("task", id.0),
            NounKey::Run(id) => ("run", id.0),
            NounKey::Approval(id) => ("approval", id.0),
            NounKey::Grant(id) => ("grant", id.0),
            NounKey::Mail(id) => ("mail", id.0),
            NounKey::Plan(id) => ("plan", id.0),
            NounKey::Note(id) => ("note", id.0),
        }
    }
}

/// One thing of the office, whole.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, Type)]
#[serde(tag = "noun", rename_all = "snake_case")]
pub enum Noun {
    /// The office's own facts.
    Office(OfficeFacts),
    /// A project.
    Project(Project),
    /// A desk.
    Desk(Desk),
    /// A task.
    Task(Box<Task>),
    /// A run.
    Run(Run),
    /// An approval.
    Approval(Box<Approval>),
    /// A standing grant.
    Grant(Box<Grant>),
    /// A mail.
    Mail(Box<Mail>),
    /// A plan.
    Plan(Box<Plan>),
    /// A note.
    Note(Box<Note>),
}

impl Noun {
    /// Which thing this is.
    pub fn key(&self) -> NounKey {
        match self {
            Noun::Office(_) => NounKey::Office,
            Noun::Project(it) => NounKey::Project(it.id),
            Noun::Desk(it) => NounKey::Desk(it.id),
            Noun::Task(it) => NounKey::Task(it.id),
            Noun::Run(it) => NounKey::Run(it.id),
            Noun::Approval(it) => NounKey::Approval(it.id),
            Noun::Grant(it) => NounKey::Grant(it.id),
            Noun::Mail(it) => NounKey::Mail(it.id),
            Noun::Plan(it) => NounKey::Plan(it.id),
            Noun::Note(it) => NounKey::Note(it.id),
        }
    }
}

impl Office {
    /// The thing of that name as it is now.
    pub fn noun(&self, key: NounKey) -> Option<Noun> {
        match key {
            NounKey::Office => Some(Noun::Office(self.facts())),
            NounKey::Project(id) => self.projects.get(&id).cloned().map(Noun::Project),
            NounKey::Desk(id) => self.desks.get(&id).cloned().map(Noun::Desk),
            NounKey::Task(id) => self.tasks.get(&id).cloned().map(|task| Noun::Task(Box::new(task))),
            NounKey::Run(id) => self.runs.get(&id).cloned().map(Noun::Run),
            NounKey::Approval(id) => self.approvals.get(&id).cloned().map(|it| Noun::Approval(Box::new(it))),
            NounKey::Grant(id) => self.grants.get(&id).cloned().map(|it| Noun::Grant(Box::new(it))),
            NounKey::Mail(id) => self.mails.get(&id).cloned().map(|it| Noun::Mail(Box::new(it))),
            NounKey::Plan(id) => self.plans.get(&id).cloned().map(|it| Noun::Plan(Box::new(it))),
            NounKey::Note(id) => self.notes.get(&id).cloned().map(|it| Noun::Note(Box::new(it))),
        }
    }

    /// Everything that is at hand, as rows. Mail that is over long since is in the store alone.
    pub fn nouns(&self) -> Vec<Noun> {
        let keys = std::iter::once(NounKey::Office)
            .chain(self.projects.keys().copied().map(NounKey::Project))
            .chain(self.desks.keys().copied().map(NounKey::Desk))
            .chain(self.tasks.keys().copied().map(NounKey::Task))
            .chain(self.runs.keys().copied().map(NounKey::Run))
            .chain(self.approvals.keys().copied().map(NounKey::Approval))
            .chain(self.grants.keys().copied().map(NounKey::Grant))
            .chain(self.mails.keys().copied().map(NounKey::Mail))
            .chain(self.plans.keys().copied().map(NounKey::Plan))
            .chain(self.notes.keys().copied().map(NounKey::Note));
        keys.filter_map(|key| self.noun(key)).collect()
    }

    /// The office that these rows and pending effects describe: the inverse of [`Office::nouns`].
    pub fn from_rows(nouns: Vec<Noun>, pending: Vec<(EffectId, Effect)>) -> Self {
        let mut office = Office::default();
        for noun in nouns {
            match noun {
                Noun::Office(facts) => office.set_facts(facts),
                Noun::Project(it) => office.put_project(it),
                Noun::Desk(it) => office.put_desk(it),
                Noun::Task(it) => office.put_task(*it),
                Noun::Run(it) => office.put_run(it),
                Noun::Approval(it) => office.put_approval(*it),
                Noun::Grant(it) => office.put_grant(*it),
                Noun::Mail(it) => office.put_mail(*it),
                Noun::Plan(it) => office.put_plan(*it),
                Noun::Note(it) => office.put_note(*it),
            }
        }
        office.pending = pending.into_iter().collect();
        office.take_touched();
        office
    }
}
