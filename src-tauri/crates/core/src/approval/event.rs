//! What happened to approvals, and what each event makes of one.

use serde::{Deserialize, Serialize};
use specta::Type;

use crate::actor::Actor;
use crate::approval::{Acknowledged, Approval, ApprovalState, Deed, Remark, shown};
use crate::effect::{Effect, Outcome};
use crate::event::Event;
use crate::ids::{ApprovalId, DeskId, GrantId, RunId};
use crate::office::Office;
use crate::run::Exit;
use crate::time::At;

/// What happened to approvals.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, Type)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ApprovalEvent {
    /// A command is held.
    Asked {
        /** The new approval. */
        approval: Box<Approval>,
    },
    /// The owner said yes, now or in advance.
    Approved {
        /** Which. */
        approval: ApprovalId,
        /** The owner's words. */
        note: Option<String>,
        /** The standing grant that said so. */
        #[serde(default, skip_serializing_if = "Option::is_none")]
        grant: Option<GrantId>,
        /** The words it runs with, where the owner changed them. */
        #[serde(default, skip_serializing_if = "Option::is_none")]
        argv: Option<Vec<String>>,
        /** The rule that the owner made of it. */
        #[serde(default, skip_serializing_if = "Option::is_none")]
        rule: Option<String>,
        /** It may be taken back until then. */
        #[serde(default, skip_serializing_if = "Option::is_none")]
        undo_until: Option<At>,
        /** The state of its checkout as it was then, where nobody worked in it. */
        #[serde(default, skip_serializing_if = "Option::is_none")]
        stands: Option<String>,
        /** What the office does by the words that the owner changed. */
        #[serde(default, skip_serializing_if = "Option::is_none")]
        deed: Option<Box<Deed>>,
    },
    /// The owner said no; or, as they wished beforehand, time did.
    Denied {
        /** Which. */
        approval: ApprovalId,
        /** The owner's words. */
        note: Option<String>,
        /** The rule that the owner made of it. */
        #[serde(default, skip_serializing_if = "Option::is_none")]
        rule: Option<String>,
        /** It may be taken back until then. */
        #[serde(default, skip_serializing_if = "Option::is_none")]
        undo_until: Option<At>,
    },
    /// The answer was taken back in time.
    Undone {
        /** Which. */
        approval: ApprovalId,
    },
    /// The owner asks something before answering.
    AskedBack {
        /** Which. */
        approval: ApprovalId,
        /** The question. */
        question: String,
    },
    /// Whoever asked replies.
    Replied {
        /** Which. */
        approval: ApprovalId,
        /** The words. */
        text: String,
    },
    /// Whoever leads the desks was told of it.
    Escalated {
        /** Which. */
        approval: ApprovalId,
    },
    /// Somebody on its way has seen it: nobody further on is told.
    Acknowledged {
        /** Which. */
        approval: ApprovalId,
        /** Who. */
        by: Actor,
    },
    /// Nobody waits at it any more: its task is parked until it is answered.
    Parked {
        /** Which. */
        approval: ApprovalId,
    },
    /// The same was asked again, and is this one.
    Rejoined {
        /** Which. */
        approval: ApprovalId,
        /** By which run. */
        run: Option<RunId>,
        /** At which desk. */
        desk: Option<DeskId>,
        /** The state of the checkout now. */
        #[serde(default, skip_serializing_if = "Option::is_none")]
        stands: Option<String>,
        /** What the office would do now. */
        #[serde(default, skip_serializing_if = "Option::is_none")]
        deed: Option<Box<Deed>>,
    },
    /// The checkout is another than was shown: what was approved waits again.
    Moved {
        /** Which. */
        approval: ApprovalId,
        /** The state of the checkout now. */
        stands: String,
        /** What the office would do now. */
        #[serde(default, skip_serializing_if = "Option::is_none")]
        deed: Option<Box<Deed>>,
    },
    /// Nobody wants it any more.
    Withdrawn {
        /** Which. */
        approval: ApprovalId,
        /** Why. */
        why: String,
    },
    /// Whoever asked begins it now.
    Claimed {
        /** Which. */
        approval: ApprovalId,
    },
    /// It ended.
    Ran {
        /** Which. */
        approval: ApprovalId,
        /** How. */
        exit: Exit,
        /** The end of what it printed, where the office did it. */
        #[serde(default, skip_serializing_if = "String::is_empty")]
        output: String,
    },
    /// It was begun, and nobody is left to say how it ended.
    Uncertain {
        /** Which. */
        approval: ApprovalId,
        /** Why. */
        why: String,
    },
}

impl ApprovalEvent {
    /// The approval it is about.
    pub fn approval(&self) -> ApprovalId {
        match self {
            Self::Asked { approval } => approval.id,
            Self::Approved { approval, .. }
            | Self::Denied { approval, .. }
            | Self::Undone { approval }
            | Self::AskedBack { approval, .. }
            | Self::Replied { approval, .. }
            | Self::Escalated { approval }
            | Self::Acknowledged { approval, .. }
            | Self::Parked { approval }
            | Self::Rejoined { approval, .. }
            | Self::Moved { approval, .. }
            | Self::Withdrawn { approval, .. }
            | Self::Claimed { approval }
            | Self::Ran { approval, .. }
            | Self::Uncertain { approval, .. } => *approval,
        }
    }

    /// The state it leads to; none where it leaves that as it is.
    pub fn leads_to(&self) -> Option<ApprovalState> {
        Some(match self {
            Self::Asked { .. } | Self::Undone { .. } | Self::Moved { .. } => ApprovalState::Waiting,
            Self::Approved { .. } => ApprovalState::Approved,
            Self::Denied { .. } => ApprovalState::Denied,
            Self::Withdrawn { .. } => ApprovalState::Withdrawn,
            Self::Claimed { .. } => ApprovalState::Running,
            Self::Ran { .. } => ApprovalState::Ran,
            Self::Uncertain { .. } => ApprovalState::Uncertain,
            Self::AskedBack { .. }
            | Self::Replied { .. }
            | Self::Escalated { .. }
            | Self::Acknowledged { .. }
            | Self::Parked { .. }
            | Self::Rejoined { .. } => return None,
        })
    }
}

/// Applies an approval event.
pub fn apply(office: &mut Office, event: &ApprovalEvent, at: At) {
    if let ApprovalEvent::Asked { approval } = event {
        office.next.approval = ApprovalId(approval.id.0 + 1);
        office.put_approval((**approval).clone());
        return;
    }
    office.change_approval(event.approval(), |it| {
        if let Some(next) = event.leads_to() {
            debug_assert!(it.state.can_become(next), "approval {} is {} and becomes {next}", it.id, it.state);
            it.state = next;
            it.since = at;
        }
        change(it, event, at);
    });
}

fn change(it: &mut Approval, event: &ApprovalEvent, at: At) {
    match event {
        ApprovalEvent::Asked { .. } => {}
        ApprovalEvent::Claimed { .. } => it.undo_until = None,
        ApprovalEvent::Approved { note, grant, argv, undo_until, stands, deed, .. } => {
            it.answered = Some(at);
            if argv.is_some() && (it.deed.is_some() || deed.is_some()) {
                (it.deed, it.stands) = (deed.clone(), None);
            }
            if let Some(stands) = stands {
                it.stands = Some(stands.clone());
                it.hash = Approval::hash_of(it.held, &it.argv, &it.cwd, it.stands.as_deref());
            }
            it.note = note.clone();
            it.grant = *grant;
            it.undo_until = *undo_until;
            if let Some(argv) = argv {
                it.asked_as.get_or_insert_with(|| it.argv.clone());
                it.argv = argv.clone();
                it.shown = shown(argv);
                it.hash = Approval::hash_of(it.held, &it.argv, &it.cwd, it.stands.as_deref());
                // Where an engine cannot be handed other words, its agent is told them and asks for them itself.
                it.apart = true;
            }
        }
        ApprovalEvent::Denied { note, undo_until, .. } => {
            it.answered = Some(at);
            it.note = note.clone();
            it.undo_until = *undo_until;
        }
        ApprovalEvent::Undone { .. } => {
            (it.answered, it.note, it.undo_until) = (None, None, None);
            if let Some(argv) = it.asked_as.take() {
                it.shown = shown(&argv);
                it.argv = argv;
                it.hash = Approval::hash_of(it.held, &it.argv, &it.cwd, it.stands.as_deref());
                it.apart = false;
            }
        }
        ApprovalEvent::AskedBack { question, .. } => {
            it.talk.push(Remark { by: Actor::Owner, at, text: question.clone() });
            it.apart = true;
        }
        ApprovalEvent::Replied { text, .. } => {
            let by = match (it.desk, it.run) {
                (Some(desk), Some(run)) => Actor::Agent { desk, run },
                _ => Actor::Office,
            };
            it.talk.push(Remark { by, at, text: text.clone() });
        }
        ApprovalEvent::Escalated { .. } => it.escalated = Some(at),
        ApprovalEvent::Acknowledged { by, .. } => it.acknowledged = Some(Acknowledged { by: *by, at }),
        ApprovalEvent::Parked { .. } => {
            it.parked = Some(at);
            it.apart = true;
        }
        ApprovalEvent::Rejoined { run, desk, stands, deed, .. } => {
            (it.run, it.desk) = (*run, *desk);
            (it.parked, it.apart, it.joined) = (None, false, Some(at));
            // What waits is shown as it is now; what was answered was shown as it was then.
            if it.state == ApprovalState::Waiting {
                (it.stands, it.deed) = (stands.clone(), deed.clone());
                it.hash = Approval::hash_of(it.held, &it.argv, &it.cwd, it.stands.as_deref());
            }
        }
        ApprovalEvent::Moved { stands, deed, .. } => {
            if deed.is_some() {
                it.deed = deed.clone();
            }
            (it.answered, it.undo_until) = (None, None);
            it.note = Some("its checkout has changed since this was approved, so it is asked again".to_owned());
            it.stands = Some(stands.clone());
            it.hash = Approval::hash_of(it.held, &it.argv, &it.cwd, it.stands.as_deref());
        }
        ApprovalEvent::Withdrawn { why, .. } | ApprovalEvent::Uncertain { why, .. } => it.note = Some(why.clone()),
        ApprovalEvent::Ran { exit, output, .. } => {
            it.exit = Some(exit.clone());
            it.output = output.clone();
        }
    }
}

/// What is to be done because of it: what the office does itself, once it was claimed.
pub fn effects(office: &Office, event: &ApprovalEvent) -> Vec<Effect> {
    match event {
        ApprovalEvent::Claimed { approval } => {
            let deed = office.approvals.get(approval).is_some_and(|it| it.deed.is_some());
            if deed { vec![Effect::Act { approval: *approval }] } else { Vec::new() }
        }
        _ => Vec::new(),
    }
}

/// What came of it.
pub fn acted(office: &Office, approval: ApprovalId, outcome: &Outcome) -> Vec<Event> {
    let Some(it) = office.approvals.get(&approval).filter(|it| it.state == ApprovalState::Running) else {
        return Vec::new();
    };
    let look = it.deed.as_ref().map(|deed| deed.look()).unwrap_or_default();
    let event = match outcome {
        Outcome::Acted { exit, output } => ApprovalEvent::Ran { approval, exit: exit.clone(), output: output.clone() },
        // Nothing of it began.
        Outcome::Failed { why } => {
            let exit = Exit::NotStarted { why: why.clone() };
            ApprovalEvent::Ran { approval, exit, output: String::new() }
        }
        Outcome::Unclear { why } => {
            let why = format!("not known whether it happened: {why}. {look}. It is not repeated");
            ApprovalEvent::Uncertain { approval, why }
        }
        _ => {
            let why =
                format!("not known whether it happened: the office went down meanwhile. {look}. It is not repeated");
            ApprovalEvent::Uncertain { approval, why }
        }
    };
    vec![Event::Approval(event)]
}
