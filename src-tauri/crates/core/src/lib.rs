//! What the office is and what may happen: nouns, commands, events, decisions, effects, views.
//! Pure: no IO, no clock, no async, no randomness. It fails only by [`Refusal`].

pub mod actor;
pub mod approval;
pub mod assign;
pub mod audit;
pub mod budget;
pub mod check;
pub mod collision;
pub mod command;
pub mod desk;
pub mod effect;
pub mod event;
pub mod grant;
pub mod hold;
pub mod ids;
pub mod mail;
pub mod news;
pub mod note;
pub mod noun;
pub mod office;
pub mod plan;
pub mod ports;
pub mod project;
pub mod queue;
pub mod recording;
pub mod refusal;
pub mod role;
pub mod run;
pub mod sandbox;
pub mod secret;
pub mod seen;
pub mod shift;
pub mod task;
pub mod team;
pub mod text;
pub mod time;
pub mod unattended;
pub mod usage_limit;
pub mod view;
pub mod wake;

pub use actor::Actor;
pub use approval::{Approval, ApprovalState};
pub use command::{Command, CommandBody, decide};
pub use desk::{Desk, DeskState};
pub use effect::{Effect, Outcome};
pub use event::{Envelope, Event};
pub use grant::Grant;
pub use ids::{
    ApprovalId, CommandId, DeskId, EffectId, EngineName, GrantId, MailId, NoteId, PlanId, ProjectId, RoleName, RunId,
    Seq, TaskId,
};
pub use mail::{Mail, MailState};
pub use note::{Note, NoteKind};
pub use noun::{Noun, NounKey};
pub use office::Office;
pub use plan::{Plan, PlanState};
pub use refusal::{Code, Refusal};
pub use task::{Task, TaskState};
pub use time::At;
