//! When each thing of the office was changed last, so that whoever missed events is given what they led to.
//! Only what was changed since this runtime began: who was away for longer takes a snapshot first.

use std::collections::{BTreeMap, HashMap};

use office_core::{Noun, NounKey, Office, Seq};

/// The event of each thing's last change.
#[derive(Debug, Default)]
pub(crate) struct Changed(HashMap<NounKey, Seq>);

/// What followed an event up to now.
#[derive(Debug)]
pub(crate) struct Missed {
    /// The last event.
    pub(crate) upto: Seq,
    /// Each thing that was changed, as it is after the last event, with the event of its last change.
    pub(crate) nouns: BTreeMap<Seq, Vec<Noun>>,
}

impl Changed {
    /// The event `seq` was the last of a command that touched `nouns`.
    pub(crate) fn note<'a>(&mut self, seq: Seq, nouns: impl Iterator<Item = &'a Noun>) {
        self.0.extend(nouns.map(|noun| (noun.key(), seq)));
    }

    /// The events after `last` did not come to be; what they changed counts as changed by it, which repeats it at worst.
    pub(crate) fn roll_back(&mut self, last: Seq) {
        for seq in self.0.values_mut() {
            *seq = (*seq).min(last);
        }
    }

    /// What followed `since`.
    pub(crate) fn since(&self, office: &Office, since: Seq) -> Missed {
        let mut nouns: BTreeMap<Seq, Vec<Noun>> = BTreeMap::new();
        for (key, seq) in self.0.iter().filter(|(_, seq)| **seq > since) {
            if let Some(noun) = office.noun(*key) {
                nouns.entry(*seq).or_default().push(noun);
            }
        }
        Missed { upto: office.seq, nouns }
    }
}
