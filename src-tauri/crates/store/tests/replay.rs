//! Rows and log never disagree: through nights at random, what is loaded and what is replayed is the living office.

#![allow(clippy::unwrap_used, reason = "a store that cannot be used fails its test")]

mod random;

use std::collections::BTreeSet;

use office_core::{ApprovalState, At, EffectId, Office, Seq, TaskState};
use office_store::{Batch, Status, Store};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestCaseResult;
use random::{Night, Step, steps};

fn now() -> At {
    At::from_millis(1_800_000_000_000)
}

async fn replayed(store: &Store) -> Office {
    let mut office = Office::default();
    loop {
        let page = store.events(office.seq, None, 50).await.unwrap();
        if page.is_empty() {
            office.take_touched();
            return office;
        }
        for envelope in page {
            office.apply(&envelope);
        }
    }
}

/// Writes what the night gathered, and compares what the store then loads with the living office.
async fn commit(store: &Store, night: &mut Night, running: &mut BTreeSet<EffectId>) -> TestCaseResult {
    let (gathered, nouns) = night.take();
    let batch =
        Batch { envelopes: &gathered.envelopes, nouns: &nouns, effects: &gathered.effects, settled: &gathered.settled };
    store.append(batch).await.unwrap();
    running.retain(|effect| night.office.pending.contains_key(effect));
    let loaded = store.load().await.unwrap();
    prop_assert_eq!(&loaded.office, &night.office);
    for effect in &loaded.effects {
        let status = if running.contains(&effect.id) { Status::Running } else { Status::Pending };
        prop_assert_eq!(effect.status, status);
    }
    prop_assert_eq!(loaded.effects.len(), night.office.pending.len());
    Ok(())
}

async fn live_through(steps: Vec<Step>) -> TestCaseResult {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("office.db");
    let store = Store::create(&path, now()).await.unwrap();
    let mut night = Night::begin();
    let mut running = BTreeSet::new();
    commit(&store, &mut night, &mut running).await?;
    for (n, step) in steps.into_iter().enumerate() {
        // Some commands share a commit, and some effects are begun.
        let alone = step.1[2] % 3 != 0;
        let allowed = night.step(step);
        if allowed && alone {
            commit(&store, &mut night, &mut running).await?;
            if n % 4 == 0 {
                let begun: Vec<_> = night.office.pending.keys().copied().take(2).collect();
                store.mark_running(&begun).await.unwrap();
                running.extend(begun);
            }
        }
    }
    commit(&store, &mut night, &mut running).await?;
    prop_assert_eq!(&replayed(&store).await, &night.office);
    store.close().await;
    let (store, _) = Store::open(&path, now()).await.unwrap();
    prop_assert_eq!(&store.load().await.unwrap().office, &night.office);
    for task in night.office.tasks.keys() {
        let about = store.events(Seq(0), Some(*task), u32::MAX).await.unwrap();
        prop_assert!(!about.is_empty());
    }
    store.close().await;
    Ok(())
}

/// What is said in two places is the same in both.
fn hold_together(office: &Office) -> TestCaseResult {
    for task in office.tasks.values() {
        let run = task.lease.and_then(|run| office.runs.get(&run));
        prop_assert_eq!(run.and_then(|run| run.task), task.lease.map(|_| task.id));
        if matches!(task.state, TaskState::Starting | TaskState::Running) {
            prop_assert!(run.is_some_and(|run| run.is_open() && Some(run.desk) == task.desk), "{:?} {:?}", task, run);
        }
        let queued = office.desks.values().filter(|desk| desk.queue.contains(&task.id)).map(|desk| desk.id);
        let expected = task.desk.filter(|_| task.state == TaskState::Queued);
        prop_assert_eq!(queued.collect::<Vec<_>>(), Vec::from_iter(expected));
    }
    for task in office.tasks.keys() {
        let open = office.runs.values().filter(|run| run.is_open() && run.task == Some(*task));
        prop_assert!(open.count() <= 1, "task {} runs twice", task);
    }
    for approval in office.open_approvals() {
        let run = approval.run.and_then(|run| office.runs.get(&run));
        let waits_for_its_task = approval.parked.is_some()
            && approval.task.and_then(|task| office.tasks.get(&task)).is_some_and(|task| !task.state.is_over());
        prop_assert!(waits_for_its_task || run.is_none_or(|run| run.is_open()), "{:?} is open after its run", approval);
    }
    for desk in office.desks.values() {
        let open = office.runs.values().filter(|run| run.is_open() && run.desk == desk.id).map(|run| run.id);
        prop_assert_eq!(open.collect::<Vec<_>>(), Vec::from_iter(desk.run));
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, max_shrink_iters: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn rows_and_log_are_the_living_office(steps in steps(120)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(live_through(steps))?;
    }

    // Without a store, so that many more nights go by: every event fits the life cycle (`apply` asserts it).
    #[test]
    fn no_night_breaks_the_life_cycle(steps in steps(400)) {
        let mut night = Night::begin();
        let mut replayed = Office::default();
        for step in steps {
            night.step(step);
            hold_together(&night.office)?;
        }
        let (gathered, _) = night.take();
        for envelope in &gathered.envelopes {
            replayed.apply(envelope);
        }
        replayed.take_touched();
        prop_assert_eq!(&replayed, &night.office);
        let rebuilt = Office::from_rows(night.office.nouns(), night.office.pending.clone().into_iter().collect());
        prop_assert_eq!(&rebuilt, &night.office);
    }
}

/// A night reaches most of what can happen; otherwise the tests above would prove little.
#[test]
fn nights_reach_every_state() {
    let mut seen = BTreeSet::new();
    let mut held = BTreeSet::new();
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    for _ in 0..60 {
        let night_steps = steps(400).new_tree(&mut runner).unwrap().current();
        let mut night = Night::begin();
        for step in night_steps {
            night.step(step);
            held.extend(night.office.approvals.values().map(|it| it.state));
            seen.extend(night.office.tasks.values().map(|task| task.state));
        }
    }
    let missed: Vec<_> = ApprovalState::ALL.iter().filter(|state| !held.contains(state)).collect();
    assert!(missed.is_empty(), "never reached: {missed:?}");
    let missed: Vec<_> = TaskState::ALL.iter().filter(|state| !seen.contains(state)).collect();
    assert!(missed.is_empty(), "never reached: {missed:?}");
}
