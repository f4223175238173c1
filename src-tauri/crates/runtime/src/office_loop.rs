//! The loop: the one place where commands are decided, in order. Several waiting commands share one commit;
//! nobody sees an event, gets an answer or has an effect begun before that commit is on disk.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, OnceLock};

use office_core::command::subject;
use office_core::event::{Envelope, Event};
use office_core::office::OfficeCommand;
use office_core::ports::Clock;
use office_core::{
    Actor, At, Code, Command, CommandBody, CommandId, Effect, EffectId, Noun, NounKey, Office, Refusal, Seq, assign,
    decide, wake,
};
use office_door::EventFrame;
use office_store::{Batch, Store};
use tokio::sync::{broadcast, mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;

use crate::changed::Changed;
use crate::fault;

/// Commands that are decided together at most.
const BATCH: usize = 128;
/// Command ids whose answers are remembered without asking the store.
const REMEMBERED: usize = 4096;

/// What a command came to.
#[derive(Clone, Debug)]
pub struct Done {
    /// What the command was about.
    pub about: NounKey,
    /// That thing, as it is after it, while it is at hand.
    pub noun: Option<Noun>,
    /// The last event that is known to be committed.
    pub seq: Seq,
}

/// One event on the feed, with what its command changed (on the command's last event).
#[derive(Clone, Debug)]
pub struct FeedItem {
    /// The event.
    pub envelope: Envelope,
    /// The things the command touched, as they are now; empty but for the command's last event.
    pub nouns: Vec<Noun>,
    frame: OnceLock<Option<EventFrame>>,
}

impl FeedItem {
    fn new(envelope: Envelope, nouns: Vec<Noun>) -> Self {
        Self { envelope, nouns, frame: OnceLock::new() }
    }

    /// As it goes through the door: written once for all who follow. None where it does not fit into a frame.
    pub(crate) fn frame(&self) -> Option<&EventFrame> {
        self.frame.get_or_init(|| EventFrame::new(&self.envelope, &self.nouns).ok()).as_ref()
    }
}

pub(crate) type Reader = Box<dyn FnOnce(&Office, &Changed) + Send>;

pub(crate) enum Message {
    Command { command: Box<Command>, reply: oneshot::Sender<Result<Done, Refusal>> },
    Read(Reader),
}

/// What the loop hands on after a commit.
pub(crate) struct Outlets {
    pub(crate) feed: broadcast::Sender<Arc<FeedItem>>,
    pub(crate) seq: watch::Sender<Seq>,
    pub(crate) effects: mpsc::UnboundedSender<(EffectId, Effect)>,
}

pub(crate) struct OfficeLoop {
    pub(crate) office: Office,
    pub(crate) store: Arc<Store>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) inbox: mpsc::Receiver<Message>,
    pub(crate) outlets: Outlets,
    pub(crate) answered: HashMap<CommandId, NounKey>,
    pub(crate) order: VecDeque<CommandId>,
    pub(crate) last: At,
    pub(crate) changed: Changed,
    /// Ends the loop, after what already waits.
    pub(crate) stop: CancellationToken,
}

/// Where the answer to a command goes.
type Reply = oneshot::Sender<Result<Done, Refusal>>;
/// A command's answer, held back until its commit.
type Answered = (Reply, Result<NounKey, Refusal>);

#[derive(Default)]
struct Pending {
    envelopes: Vec<Envelope>,
    nouns: BTreeMap<NounKey, Noun>,
    effects: Vec<(EffectId, Effect)>,
    settled: Vec<EffectId>,
    feed: Vec<FeedItem>,
    replies: Vec<Answered>,
}

impl OfficeLoop {
    /// Runs until it is stopped.
    pub(crate) async fn run(mut self) {
        loop {
            let first = tokio::select! {
                biased;
                message = self.inbox.recv() => message,
                () = self.stop.cancelled() => return,
                () = due(&*self.clock, self.office.next_deadline()) => {
                    self.tick().await;
                    continue;
                }
            };
            let Some(first) = first else { return };
            let mut commands = Vec::new();
            let mut readers = Vec::new();
            let mut next = Some(first);
            while let Some(message) = next {
                match message {
                    Message::Command { command, reply } => commands.push((command, reply)),
                    Message::Read(reader) => readers.push(reader),
                }
                next = if commands.len() < BATCH { self.inbox.try_recv().ok() } else { None };
            }
            if !commands.is_empty() {
                self.carry_out(commands).await;
            }
            for reader in readers {
                reader(&self.office, &self.changed);
            }
        }
    }

    async fn tick(&mut self) {
        let command = Command {
            id: CommandId(format!("tick-{}", self.clock.now().millis())),
            actor: Actor::Office,
            body: CommandBody::Office(OfficeCommand::Tick),
        };
        let (reply, _) = oneshot::channel();
        self.carry_out(vec![(Box::new(command), reply)]).await;
    }

    async fn carry_out(&mut self, commands: Vec<(Box<Command>, Reply)>) {
        // A clock that was set back must not turn the log around.
        let now = self.clock.now().max(self.last);
        self.last = now;
        let mut pending = Pending::default();
        for (command, reply) in commands {
            let answer = match self.known(&command).await {
                Some(key) => Ok(key),
                None => self.decide(&command, now, &mut pending),
            };
            pending.replies.push((reply, answer));
        }
        self.commit(pending).await;
    }

    /// Whether this command was carried out before, and what it was about.
    async fn known(&self, command: &Command) -> Option<NounKey> {
        if command.actor == Actor::Office {
            return None;
        }
        if let Some(key) = self.answered.get(&command.id) {
            return Some(*key);
        }
        let (first, _) = self.store.answered(&command.id).await.ok().flatten()?;
        let events = self.store.events(Seq(first.0.saturating_sub(1)), None, 1).await.ok()?;
        Some(events.first().map_or(NounKey::Office, |envelope| noun_of(&envelope.event)))
    }

    fn decide(&mut self, command: &Command, now: At, pending: &mut Pending) -> Result<NounKey, Refusal> {
        let key = subject(&self.office, command.actor, &command.body);
        let events = decide(&self.office, command, now)?;
        let first = pending.envelopes.len();
        self.apply(events, command.actor, command, now, pending);
        // What follows by itself is decided with it, until nothing follows: a wake is in the log with its cause or not at all.
        let mut seen = first;
        loop {
            let events = wake::consequences(&self.office, &pending.envelopes[seen..], now);
            seen = pending.envelopes.len();
            self.apply(events, Actor::Office, command, now, pending);
            while let Some(events) = assign::next(&self.office, now) {
                self.apply(events, Actor::Office, command, now, pending);
            }
            if seen == pending.envelopes.len() {
                break;
            }
        }
        let touched: Vec<Noun> =
            self.office.take_touched().into_iter().filter_map(|key| self.office.noun(key)).collect();
        let total = pending.envelopes.len();
        // The office's own row is written with every event, and told only where it says something new.
        let facts = pending.envelopes[first..].iter().any(|envelope| envelope.event.changes_facts());
        let mut told: Vec<Noun> =
            touched.iter().filter(|noun| facts || noun.key() != NounKey::Office).cloned().collect();
        self.changed.note(self.office.seq, told.iter());
        for (at, envelope) in pending.envelopes.iter().enumerate().skip(first) {
            let nouns = if at + 1 == total { std::mem::take(&mut told) } else { Vec::new() };
            pending.feed.push(FeedItem::new(envelope.clone(), nouns));
        }
        pending.nouns.extend(touched.into_iter().map(|noun| (noun.key(), noun)));
        if command.actor != Actor::Office && total > first {
            self.remember(command.id.clone(), key);
        }
        Ok(key)
    }

    fn apply(&mut self, events: Vec<Event>, actor: Actor, command: &Command, now: At, pending: &mut Pending) {
        for event in events {
            let envelope =
                Envelope { seq: Seq(self.office.seq.0 + 1), at: now, actor, cause: command.id.clone(), event };
            let applied = self.office.apply(&envelope);
            pending.effects.extend(applied.effects);
            pending.settled.extend(applied.settled);
            pending.envelopes.push(envelope);
        }
    }

    fn remember(&mut self, id: CommandId, key: NounKey) {
        self.order.push_back(id.clone());
        self.answered.insert(id, key);
        if self.order.len() > REMEMBERED
            && let Some(old) = self.order.pop_front()
        {
            self.answered.remove(&old);
        }
    }

    async fn commit(&mut self, pending: Pending) {
        let Pending { envelopes, nouns, effects, settled, feed, replies } = pending;
        if !envelopes.is_empty() {
            let nouns: Vec<Noun> = nouns.into_values().collect();
            let batch = Batch { envelopes: &envelopes, nouns: &nouns, effects: &effects, settled: &settled };
            fault::point("decided");
            if let Err(error) = self.store.append(batch).await {
                self.roll_back(&error.to_string(), replies).await;
                return;
            }
            fault::point("committed");
        }
        let seq = self.office.seq;
        for item in feed {
            // No subscriber is no error.
            let _ = self.outlets.feed.send(Arc::new(item));
        }
        self.outlets.seq.send_replace(seq);
        for (reply, answer) in replies {
            let done = answer.map(|key| Done { about: key, noun: self.office.noun(key), seq });
            // Whoever asked may be gone; what was asked is done all the same.
            let _ = reply.send(done);
        }
        for effect in effects {
            // The receiver lives as long as the runtime; at shutdown the row waits for the next start.
            let _ = self.outlets.effects.send(effect);
        }
    }

    /// The commit failed: what was decided did not happen, so the state goes back to what the disk says.
    async fn roll_back(&mut self, why: &str, replies: Vec<Answered>) {
        tracing::error!(why, "a commit failed; nothing of it happened");
        let refusal = Refusal::new(
            Code::Trouble,
            format!("it could not be written down: {why}"),
            "nothing was changed; free some disk space or mend the disk, then ask again",
        );
        for (reply, answer) in replies {
            let _ = reply.send(Err(answer.err().unwrap_or_else(|| refusal.clone())));
        }
        loop {
            match self.store.load().await {
                Ok(loaded) => {
                    self.office = loaded.office;
                    self.changed.roll_back(self.office.seq);
                    self.answered.clear();
                    self.order.clear();
                    return;
                }
                Err(error) => {
                    tracing::error!(%error, "the office cannot be read back; trying again");
                    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
                }
            }
        }
    }
}

/// Waits for a moment by the wall clock; for ever where there is none. Looks again each minute, since clocks are set.
async fn due(clock: &dyn Clock, at: Option<At>) {
    let Some(at) = at else { return std::future::pending().await };
    loop {
        let left = at.millis().saturating_sub(clock.now().millis());
        if left <= 0 {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(left.min(60_000).unsigned_abs())).await;
    }
}

fn noun_of(event: &Event) -> NounKey {
    use office_core::desk::DeskEvent;
    use office_core::project::ProjectEvent;
    match event {
        Event::Task(event) => NounKey::Task(event.task()),
        Event::Project(ProjectEvent::Added { project }) => NounKey::Project(project.id),
        Event::Project(
            ProjectEvent::SettingsRead { project, .. }
            | ProjectEvent::AcceptanceSet { project, .. }
            | ProjectEvent::ReviewSet { project, .. }
            | ProjectEvent::CollisionsSeen { project, .. }
            | ProjectEvent::SandboxSet { project, .. }
            | ProjectEvent::ProtectedSet { project, .. }
            | ProjectEvent::QueueHeld { project, .. }
            | ProjectEvent::QueueReleased { project }
            | ProjectEvent::FilesSet { project, .. }
            | ProjectEvent::TryAsked { project }
            | ProjectEvent::Tried { project, .. }
            | ProjectEvent::BaseChecked { project, .. }
            | ProjectEvent::Removed { project },
        ) => NounKey::Project(*project),
        Event::Desk(DeskEvent::Added { desk }) => NounKey::Desk(desk.id),
        Event::Desk(
            DeskEvent::Changed { desk, .. }
            | DeskEvent::Removed { desk }
            | DeskEvent::Held { desk, .. }
            | DeskEvent::Released { desk },
        ) => NounKey::Desk(*desk),
        Event::Approval(event) => NounKey::Approval(event.approval()),
        Event::Grant(event) => NounKey::Grant(event.grant()),
        Event::Plan(event) => NounKey::Plan(event.plan()),
        Event::Note(event) => event.notes().first().map_or(NounKey::Office, |id| NounKey::Note(*id)),
        Event::Mail(event) => event.mail().map_or(NounKey::Office, NounKey::Mail),
        Event::Run(_) | Event::Office(_) | Event::Effect(_) => NounKey::Office,
    }
}
