//! A subscription as its reader sees it: every event once, in order, whatever was lost on the way and asked for again.
//! Events are kept as they came: an office that is newer than its reader tells of things that only the number says.

use std::collections::VecDeque;

use office_core::{Code, Envelope, Noun, Refusal, Seq};
use serde::Deserialize;

use super::ClientError;
use super::pump::Pump;
use crate::frame;
use crate::wire::Ask;

/// Events this client keeps for a reader that does other things meanwhile; beyond, it asks for them again later.
const KEPT: usize = 1024;

/// An event as it came.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RawEvent {
    /// Its place in the log.
    pub seq: Seq,
    /// The push that brought it: `Push::Event` as JSON, or what a newer office made of that.
    pub json: Vec<u8>,
}

/// What of a push with an event every version reads.
#[derive(Deserialize)]
struct Head {
    kind: String,
    envelope: Place,
}
#[derive(Deserialize)]
struct Place {
    seq: Seq,
}
/// How the office begins such a push; the rest is then not read twice.
const BEGINS: &[u8] = br#"{"kind":"event","#;

impl RawEvent {
    /// Where the event has its place that a push brings, if it is known at first sight that it brings one.
    pub(super) fn quick_seq(json: &[u8]) -> Option<Seq> {
        json.starts_with(BEGINS).then(|| Self::seq_of(json)).flatten()
    }

    /// Where the event has its place that a push brings, whatever else it says.
    pub(super) fn seq_of(json: &[u8]) -> Option<Seq> {
        let Head { kind, envelope } = serde_json::from_slice(json).ok()?;
        (kind == "event").then_some(envelope.seq)
    }
}

#[derive(Deserialize)]
struct Whole {
    envelope: Envelope,
    nouns: Vec<Noun>,
}

#[derive(Debug)]
pub(super) struct Inbox {
    /// The question that opens it. What comes before its answer belongs to the subscription before this one, which
    /// may be far ahead.
    ask: u32,
    open: bool,
    events: VecDeque<RawEvent>,
    /// What follows the kept events is to be asked for again.
    behind: bool,
}

impl Inbox {
    fn new(ask: u32) -> Self {
        Self { ask, open: false, events: VecDeque::new(), behind: false }
    }

    pub(super) fn answered(&mut self, ask: u32) {
        self.open |= self.ask == ask;
    }

    pub(super) fn event(&mut self, event: RawEvent) {
        if self.behind || !self.open {
            return;
        }
        if self.events.len() >= KEPT {
            self.behind = true;
            return;
        }
        self.events.push_back(event);
    }

    pub(super) fn lagged(&mut self) {
        self.behind |= self.open;
    }
}

/// Events without end.
#[derive(Debug)]
pub struct EventStream {
    pump: Pump,
    last: Seq,
}

impl EventStream {
    pub(super) async fn open(pump: Pump, since: Seq) -> Result<Self, ClientError> {
        let events = Self { pump, last: since };
        events.subscribe().await?;
        Ok(events)
    }

    async fn subscribe(&self) -> Result<(), ClientError> {
        let ask = Ask::Subscribe { since: self.last };
        self.pump.ask_and(ask, |rooms, id| rooms.events = Some(Inbox::new(id))).await.map(drop)
    }

    /// The next event, with the things it changed as they were then. One that only a newer version reads is an error of code
    /// `version`; the one after it can be asked for all the same.
    pub async fn next(&mut self) -> Result<(Envelope, Vec<Noun>), ClientError> {
        let RawEvent { seq, json } = self.next_raw().await?;
        match frame::understand::<Whole>(&json) {
            Ok(Whole { envelope, nouns }) => Ok((envelope, nouns)),
            Err(error) => Err(ClientError::Refused(Refusal::new(
                Code::Version,
                format!("event {seq} is of a newer office and does not read here: {error}"),
                "use the `office` of the version that runs here",
            ))),
        }
    }

    /// The next event as it came, whether it reads here or not.
    pub async fn next_raw(&mut self) -> Result<RawEvent, ClientError> {
        loop {
            let last = self.last;
            let found = self
                .pump
                .wait(|rooms| {
                    let Some(inbox) = &mut rooms.events else { return Some(None) };
                    while let Some(event) = inbox.events.pop_front() {
                        if event.seq > last {
                            return Some(Some(event));
                        }
                    }
                    inbox.behind.then_some(None)
                })
                .await?;
            match found {
                Some(event) => {
                    self.last = event.seq;
                    return Ok(event);
                }
                None => self.subscribe().await?,
            }
        }
    }

    /// The last event that was read.
    pub fn last(&self) -> Seq {
        self.last
    }
}
