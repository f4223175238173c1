//! A subscription as its reader sees it: every event once, in order, whatever was lost on the way and asked for again.

use std::collections::VecDeque;

use office_core::{Envelope, Noun, Seq};

use super::ClientError;
use super::pump::Pump;
use crate::wire::Ask;

/// Events this client keeps for a reader that does other things meanwhile; beyond, it asks for them again later.
const KEPT: usize = 1024;

#[derive(Debug)]
pub(super) struct Inbox {
    /// The question that opens it. What comes before its answer belongs to the subscription before this one, which
    /// may be far ahead.
    ask: u32,
    open: bool,
    events: VecDeque<(Envelope, Vec<Noun>)>,
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

    pub(super) fn event(&mut self, envelope: Envelope, nouns: Vec<Noun>) {
        if self.behind || !self.open {
            return;
        }
        if self.events.len() >= KEPT {
            self.behind = true;
            return;
        }
        self.events.push_back((envelope, nouns));
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

    /// The next event, with the things it changed as they were then.
    pub async fn next(&mut self) -> Result<(Envelope, Vec<Noun>), ClientError> {
        loop {
            let last = self.last;
            let found = self
                .pump
                .wait(|rooms| {
                    let Some(inbox) = &mut rooms.events else { return Some(None) };
                    while let Some((envelope, nouns)) = inbox.events.pop_front() {
                        if envelope.seq > last {
                            return Some(Some((envelope, nouns)));
                        }
                    }
                    inbox.behind.then_some(None)
                })
                .await?;
            match found {
                Some((envelope, nouns)) => {
                    self.last = envelope.seq;
                    return Ok((envelope, nouns));
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
