//! The recorded night of ui/tests/fixtures, replayed by the core: the same events lead to the same nouns that the window's
//! reducer is held against (ui/tests/golden.test.ts), and every push carried the nouns as they then were.
#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

use office_core::{Envelope, Noun, Office, Seq};
use serde_json::Value;

fn read(name: &str) -> String {
    let path = format!("{}/../ui/tests/fixtures/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn recording() -> (Office, Vec<(Envelope, Vec<Noun>)>) {
    let lines: Vec<Value> = read("office.jsonl").lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let snapshot = lines.iter().find_map(|line| line.get("snapshot")).unwrap();
    let office = Office::from_rows(serde_json::from_value(snapshot["nouns"].clone()).unwrap(), Vec::new());
    let pushes = lines.iter().filter_map(|line| line.get("push"));
    // A recording of another wire does not read; ui/tests/tools/record.mjs makes it anew.
    let read = |push: &Value| {
        let envelope = serde_json::from_value(push["envelope"].clone()).unwrap();
        (envelope, serde_json::from_value(push["nouns"].clone()).unwrap())
    };
    (office, pushes.map(read).collect())
}

#[test]
fn the_core_replays_the_night_to_the_nouns_the_office_had() {
    let (mut office, pushes) = recording();
    for (envelope, _) in &pushes {
        office.apply(envelope);
    }
    let end: Value = serde_json::from_str(&read("office.end.json")).unwrap();
    assert_eq!(office.seq, serde_json::from_value::<Seq>(end["seq"].clone()).unwrap());
    assert_eq!(office.nouns(), serde_json::from_value::<Vec<Noun>>(end["nouns"].clone()).unwrap());
}

#[test]
fn every_push_carried_its_nouns_as_they_were() {
    let (mut office, pushes) = recording();
    for (envelope, nouns) in &pushes {
        office.apply(envelope);
        for noun in nouns {
            assert_eq!(office.noun(noun.key()).as_ref(), Some(noun), "after event {}", envelope.seq);
        }
    }
}

#[test]
fn the_office_itself_is_told_whenever_one_of_its_own_facts_changes() {
    let (mut office, pushes) = recording();
    let own = |office: &Office| {
        let facts = office.facts();
        (facts.name, facts.settings, facts.hold, facts.roles, facts.engines, facts.next.desk)
    };
    let mut changes = 0;
    for (envelope, _) in &pushes {
        let before = own(&office);
        office.apply(envelope);
        let changed = before != own(&office);
        assert!(!changed || envelope.event.changes_facts(), "event {} changed it", envelope.seq);
        changes += usize::from(changed);
    }
    assert!(changes > 3, "{changes} changes of {} events", pushes.len());
}
