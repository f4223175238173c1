//! What is kept of each thing in the search index: its words, and what it is worth. When that is written is in `search.rs`.

use std::collections::BTreeSet;

use office_core::event::{Envelope, Event};
use office_core::mail::{Mail, MailEvent};
use office_core::note::NoteEvent;
use office_core::task::TaskEvent;
use office_core::{Approval, ApprovalId, At, Note, NoteId, Office, Seq, Task, TaskId};
use office_memory::{Doc, Kind, Worth};

/// What some events changed.
#[derive(Default)]
pub(crate) struct Changed {
    tasks: BTreeSet<TaskId>,
    notes: BTreeSet<NoteId>,
    approvals: BTreeSet<ApprovalId>,
    docs: Vec<Doc>,
}

impl Changed {
    pub(crate) fn take(&mut self, envelope: &Envelope) {
        match &envelope.event {
            Event::Task(event) => {
                self.tasks.insert(event.task());
                self.docs.extend(doc_of(event, envelope.seq, envelope.at));
            }
            Event::Note(event) => self.note(event),
            Event::Approval(event) => {
                self.approvals.insert(event.approval());
            }
            Event::Mail(MailEvent::Sent { mail }) => self.docs.push(doc_of_mail(mail)),
            _ => {}
        }
    }

    fn note(&mut self, event: &NoteEvent) {
        self.notes.extend(event.notes());
    }

    /// As all of it is now.
    pub(crate) fn docs(mut self, office: &Office) -> Vec<Doc> {
        let notes: Vec<&Note> = self.notes.iter().filter_map(|id| office.notes.get(id)).collect();
        // Whose place it took before it was written anew.
        let before = notes.iter().filter_map(|it| it.past.last()).flat_map(|past| past.words.supersedes.iter());
        let before: Vec<&Note> = before.filter_map(|id| office.notes.get(id)).collect();
        self.docs.extend(notes.into_iter().chain(before).map(doc_of_note));
        self.docs.extend(self.tasks.iter().filter_map(|id| office.tasks.get(id)).map(doc_of_task));
        self.docs.extend(self.approvals.iter().filter_map(|id| office.approvals.get(id)).map(doc_of_approval));
        self.docs
    }
}

pub(crate) fn doc_of_note(it: &Note) -> Doc {
    let mut tags = it.words.tags.clone();
    tags.push(it.words.kind.to_string());
    let superseded = !it.holds();
    Doc {
        kind: Kind::Note,
        id: it.id.0,
        title: it.words.title.clone(),
        text: it.words.text.clone(),
        tags,
        at: it.changed,
        worth: Worth { used: it.used, superseded },
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

fn doc_of_mail(it: &Mail) -> Doc {
    let tags = vec![it.kind.to_string()];
    Doc {
        kind: Kind::Mail,
        id: it.id.0,
        title: it.subject.clone(),
        text: it.text.clone(),
        tags,
        at: it.sent,
        worth: Worth::default(),
    }
}

fn doc_of_approval(it: &Approval) -> Doc {
    let said = [it.reason.as_deref(), it.note.as_deref(), it.ruling.as_ref().map(|ruling| ruling.why.as_str())];
    let talk = it.talk.iter().map(|remark| remark.text.as_str());
    let text: Vec<&str> = said.into_iter().flatten().chain(talk).collect();
    Doc {
        kind: Kind::Approval,
        id: it.id.0,
        title: it.shown.clone(),
        text: text.join("\n"),
        tags: vec![it.state.to_string()],
        at: it.since,
        worth: Worth::default(),
    }
}

/// Events that carry words of their own; the others are found through their task.
fn doc_of(event: &TaskEvent, seq: Seq, at: At) -> Option<Doc> {
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
