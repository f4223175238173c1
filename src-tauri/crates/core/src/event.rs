//! Events: the facts of the office, in the order they were committed.

use serde::{Deserialize, Serialize};
use specta::Type;

use crate::actor::Actor;
use crate::approval::ApprovalEvent;
use crate::desk::DeskEvent;
use crate::effect::EffectEvent;
use crate::ids::{CommandId, Seq};
use crate::office::OfficeEvent;
use crate::project::ProjectEvent;
use crate::run::RunEvent;
use crate::task::TaskEvent;
use crate::time::At;

/// A fact about one noun.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, Type)]
#[serde(tag = "noun", rename_all = "snake_case")]
pub enum Event {
    /// About the office.
    Office(OfficeEvent),
    /// About a project.
    Project(ProjectEvent),
    /// About a desk.
    Desk(DeskEvent),
    /// About a task.
    Task(TaskEvent),
    /// About a run.
    Run(RunEvent),
    /// About an approval.
    Approval(ApprovalEvent),
    /// About an effect.
    Effect(EffectEvent),
}

/// A committed event with its place, time, author and cause.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, Type)]
pub struct Envelope {
    /// Its place in the log.
    pub seq: Seq,
    /// When it was decided.
    pub at: At,
    /// Who caused it.
    pub actor: Actor,
    /// The command it answers.
    pub cause: CommandId,
    /// The fact.
    pub event: Event,
}
