//! Commands: what may be asked of the office; and the one function that answers.

use serde::{Deserialize, Serialize};
use specta::Type;

use crate::actor::Actor;
use crate::approval::{self, ApprovalCommand};
use crate::desk::{self, DeskCommand};
use crate::effect::{self, EffectCommand};
use crate::event::Event;
use crate::grant::{self, GrantCommand};
use crate::ids::CommandId;
use crate::mail::{self, MailCommand};
use crate::note::{self, NoteCommand};
use crate::noun::NounKey;
use crate::office::{self, Office, OfficeCommand};
use crate::plan::{self, PlanCommand};
use crate::project::{self, ProjectCommand};
use crate::refusal::Refusal;
use crate::task::{self, TaskCommand};
use crate::time::At;

/// What is asked.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, Type)]
#[serde(tag = "noun", rename_all = "snake_case")]
pub enum CommandBody {
    /// Of the office.
    Office(OfficeCommand),
    /// Of a project.
    Project(ProjectCommand),
    /// Of a desk.
    Desk(DeskCommand),
    /// Of a task.
    Task(TaskCommand),
    /// Of what is held for the owner.
    Approval(ApprovalCommand),
    /// Of what the owner has approved in advance.
    Grant(GrantCommand),
    /// Of the mail.
    Mail(MailCommand),
    /// Of plans.
    Plan(PlanCommand),
    /// About notes.
    Note(NoteCommand),
    /// Reported about an effect.
    Effect(EffectCommand),
}

/// A command: who asks for what. The same id is carried out once.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, Type)]
pub struct Command {
    /// Made by the sender.
    pub id: CommandId,
    /// Who asks; set by the door from what it knows of the peer, never by the peer.
    pub actor: Actor,
    /// What.
    pub body: CommandBody,
}

/// Says what happens when `command` arrives at `now`, or refuses. Pure: the same inputs give the same events.
pub fn decide(office: &Office, command: &Command, now: At) -> Result<Vec<Event>, Refusal> {
    let actor = command.actor;
    match &command.body {
        CommandBody::Office(body) => office::decide(office, actor, body, now),
        CommandBody::Project(body) => project::decide(office, actor, body, now),
        CommandBody::Desk(body) => desk::decide(office, actor, body, now),
        CommandBody::Task(body) => task::ask::decide(office, actor, body, now),
        CommandBody::Approval(body) => approval::decide(office, actor, body, now),
        CommandBody::Grant(body) => grant::decide(office, actor, body, now),
        CommandBody::Mail(body) => mail::decide(office, actor, body, now),
        CommandBody::Plan(body) => plan::decide(office, actor, body, now),
        CommandBody::Note(body) => note::decide(office, actor, body, now),
        CommandBody::Effect(body) => effect::decide(office, actor, body, now),
    }
}

/// The thing a command is about, as `--json` prints it afterwards: the made thing for an `add`, else the named one.
pub fn subject(office_before: &Office, actor: Actor, body: &CommandBody) -> NounKey {
    let next = &office_before.next;
    match body {
        CommandBody::Office(_) | CommandBody::Effect(_) => NounKey::Office,
        CommandBody::Project(body) => NounKey::Project(match body {
            ProjectCommand::Add { .. } => next.project,
            ProjectCommand::SetAcceptance { project, .. }
            | ProjectCommand::SetReview { project, .. }
            | ProjectCommand::SetSandbox { project, .. }
            | ProjectCommand::SetProtected { project, .. }
            | ProjectCommand::HoldQueue { project }
            | ProjectCommand::ReleaseQueue { project }
            | ProjectCommand::SetFiles { project, .. }
            | ProjectCommand::FileTried { project, .. }
            | ProjectCommand::Try { project }
            | ProjectCommand::Remove { project } => *project,
        }),
        CommandBody::Desk(body) => NounKey::Desk(match body {
            DeskCommand::Add { .. } => next.desk,
            DeskCommand::Change { desk, .. }
            | DeskCommand::Remove { desk }
            | DeskCommand::Pause { desk }
            | DeskCommand::Resume { desk }
            | DeskCommand::Open { desk, .. }
            | DeskCommand::Stop { desk } => *desk,
        }),
        CommandBody::Approval(body) => {
            let named = body.approval().or_else(|| body.joins(office_before, actor));
            NounKey::Approval(named.unwrap_or(next.approval))
        }
        CommandBody::Grant(GrantCommand::Give { .. }) => NounKey::Grant(next.grant),
        CommandBody::Grant(GrantCommand::Revoke { grant }) => NounKey::Grant(*grant),
        CommandBody::Mail(MailCommand::Take { .. }) => NounKey::Office,
        CommandBody::Mail(body) => NounKey::Mail(body.mail().unwrap_or(next.mail)),
        CommandBody::Plan(body) => NounKey::Plan(body.plan().unwrap_or(next.plan)),
        CommandBody::Note(NoteCommand::Shown { .. } | NoteCommand::Used { .. }) => NounKey::Office,
        CommandBody::Note(body) => NounKey::Note(body.note().unwrap_or(next.note)),
        CommandBody::Task(body) => NounKey::Task(body.task().unwrap_or(next.task)),
    }
}
