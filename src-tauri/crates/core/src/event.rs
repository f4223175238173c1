//! Events: the facts of the office, in the order they were committed.

use serde::{Deserialize, Serialize};
use specta::Type;

use crate::actor::Actor;
use crate::approval::ApprovalEvent;
use crate::desk::DeskEvent;
use crate::effect::EffectEvent;
use crate::grant::GrantEvent;
use crate::ids::{CommandId, Seq};
use crate::mail::MailEvent;
use crate::note::NoteEvent;
use crate::office::OfficeEvent;
use crate::plan::PlanEvent;
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
    /// About a standing grant.
    Grant(GrantEvent),
    /// About mail.
    Mail(MailEvent),
    /// About a plan.
    Plan(PlanEvent),
    /// About a note.
    Note(NoteEvent),
    /// About an effect.
    Effect(EffectEvent),
}

impl Event {
    /// Whether the office's own facts are others after it. What every event moves is not counted: the number of the last event
    /// and the numbers of the next things, which whoever follows reads off the events and the things themselves. The next
    /// desk's number is: windows before 0.2 draw the free seat by it.
    pub fn changes_facts(&self) -> bool {
        match self {
            Self::Office(event) => match event {
                OfficeEvent::Opened { .. }
                | OfficeEvent::SettingsChanged { .. }
                | OfficeEvent::CatalogRead { .. }
                | OfficeEvent::RolesRead { .. }
                | OfficeEvent::Stopped { .. }
                | OfficeEvent::BudgetSet { .. }
                | OfficeEvent::BudgetRemoved { .. }
                | OfficeEvent::TaskLimitSet { .. }
                | OfficeEvent::TaskLimitRemoved { .. }
                | OfficeEvent::PathsLeased { .. }
                | OfficeEvent::PathsReleased { .. }
                | OfficeEvent::InterlockSet { .. }
                | OfficeEvent::InterlockLifted { .. }
                | OfficeEvent::Woken { .. }
                | OfficeEvent::UsageLimited { .. }
                | OfficeEvent::ShiftEnds { .. }
                | OfficeEvent::ShiftEnded { .. }
                | OfficeEvent::ShiftReported { .. }
                | OfficeEvent::Resumed => true,
                OfficeEvent::Started { .. }
                | OfficeEvent::HostLost { .. }
                | OfficeEvent::Slept { .. }
                | OfficeEvent::ClockChanged { .. }
                | OfficeEvent::Pruned { .. } => false,
            },
            Self::Desk(event) => matches!(event, DeskEvent::Added { .. }),
            Self::Project(_)
            | Self::Task(_)
            | Self::Run(_)
            | Self::Approval(_)
            | Self::Grant(_)
            | Self::Mail(_)
            | Self::Plan(_)
            | Self::Note(_)
            | Self::Effect(_) => false,
        }
    }
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
