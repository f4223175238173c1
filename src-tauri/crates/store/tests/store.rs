//! The store by itself: what was written is read back, and what does not fit is refused with nothing written.

#![allow(clippy::unwrap_used, reason = "a store that cannot be used fails its test")]

mod small;

use office_core::effect::EffectEvent;
use office_core::office::OfficeEvent;
use office_core::run::{Exit, RunEvent};
use office_core::{Actor, At, CommandId, Effect, EffectId, Envelope, Event, Noun, Office, RunId, Seq, TaskId};
use office_store::{Batch, Opening, Status, Store, StoreError};
use small::{append, envelope, new_store, now, opened, place, progress, says};

#[tokio::test]
async fn what_is_appended_is_there_after_closing_and_opening() {
    let (dir, store) = new_store().await;
    let mut office = Office::default();
    let first = opened(1);
    office.apply(&first);
    let nouns = office.nouns();
    let effects = [(EffectId { seq: Seq(1), n: 0 }, Effect::Prepare { run: RunId(1) })];
    let batch = Batch { envelopes: std::slice::from_ref(&first), nouns: &nouns, effects: &effects, settled: &[] };
    store.append(batch).await.unwrap();
    store.close().await;
    assert!(matches!(store.last_seq().await, Err(StoreError::Closed { .. })));

    let (store, opening) = Store::open(&dir.path().join("office.db"), now()).await.unwrap();
    assert_eq!(opening, Opening { clean: true, checked: true, upgraded_from: None });
    let loaded = store.load().await.unwrap();
    assert_eq!((loaded.office.name.as_str(), loaded.office.seq), ("n1", Seq(1)));
    assert_eq!(loaded.effects.len(), 1);
    assert_eq!(loaded.effects[0].status, Status::Pending);
    assert_eq!(store.events(Seq(0), None, 10).await.unwrap(), vec![first]);
}

#[tokio::test]
async fn a_new_store_is_empty() {
    let (_dir, store) = new_store().await;
    assert_eq!(store.load().await.unwrap().office, Office::default());
    assert_eq!((store.last_seq().await.unwrap(), store.event_count().await.unwrap()), (Seq(0), 0));
    assert_eq!(store.events(Seq(0), None, 10).await.unwrap(), vec![]);
    store.append(Batch::default()).await.unwrap();
    store.mark_running(&[]).await.unwrap();
    store.check().await.unwrap();
}

#[tokio::test]
async fn events_come_in_pages_and_by_task() {
    let (_dir, store) = new_store().await;
    let all: Vec<_> = (1..=250).map(|seq| progress(seq, seq % 3, "x")).collect();
    for part in all.chunks(77) {
        append(&store, part).await.unwrap();
    }
    assert_eq!((store.last_seq().await.unwrap(), store.event_count().await.unwrap()), (Seq(250), 250));
    let (mut read, mut since) = (Vec::new(), Seq(0));
    loop {
        let page = store.events(since, None, 100).await.unwrap();
        let Some(last) = page.last() else { break };
        since = last.seq;
        assert!(page.len() <= 100);
        read.extend(page);
    }
    assert_eq!(read, all);
    let of_one = store.events(Seq(100), Some(TaskId(1)), 5).await.unwrap();
    assert_eq!(of_one.iter().map(|it| it.seq.0).collect::<Vec<_>>(), [103, 106, 109, 112, 115]);
}

#[tokio::test]
async fn an_event_is_about_the_task_of_its_run_and_of_its_effect() {
    let (_dir, store) = new_store().await;
    let run = small::run(4, Some(TaskId(9)));
    let ended =
        |what| Event::Effect(EffectEvent::Ended { effect: EffectId { seq: Seq(1), n: 0 }, what, trouble: None });
    let events = [
        Event::Run(RunEvent::Began { run: run.clone() }),
        Event::Run(RunEvent::Launched { run: RunId(4), pid: 1, deadline: None, enforcement: None }),
        ended(Effect::Prepare { run: RunId(4) }),
        ended(Effect::Collect { task: TaskId(9), run: RunId(4), keep: false }),
        Event::Run(RunEvent::Ended { run: RunId(4), exit: Exit::Code { code: 0 }, ended: None }),
        Event::Run(RunEvent::Ended { run: RunId(5), exit: Exit::Lost, ended: None }),
        Event::Office(OfficeEvent::Resumed),
    ];
    let envelopes: Vec<_> = events.into_iter().zip(1..).map(|(event, seq)| envelope(seq, "c", event)).collect();
    let nouns = [Noun::Run(run), Noun::Run(small::run(5, None))];
    store.append(Batch { envelopes: &envelopes, nouns: &nouns, ..Batch::default() }).await.unwrap();
    let about = store.events(Seq(0), Some(TaskId(9)), 100).await.unwrap();
    assert_eq!(about, envelopes[..5]);
}

#[tokio::test]
async fn a_command_that_was_carried_out_is_known() {
    let (_dir, store) = new_store().await;
    let events = [opened(1), progress(2, 1, "a"), progress(3, 1, "b"), opened(4)];
    append(&store, &events).await.unwrap();
    assert_eq!(store.answered(&CommandId::from("p")).await.unwrap(), Some((Seq(2), Seq(3))));
    assert_eq!(store.answered(&CommandId::from("c4")).await.unwrap(), Some((Seq(4), Seq(4))));
    assert_eq!(store.answered(&CommandId::from("c5")).await.unwrap(), None);
}

#[tokio::test]
async fn any_text_comes_back_as_it_was() {
    let (_dir, store) = new_store().await;
    for (text, seq) in
        ["", "'; DROP TABLE events; --", "a\0b", "\u{fffd}\u{1f319}\r\n\t\\\"", "\\u0000"].iter().zip(1..)
    {
        let mut event = progress(seq, 1, text);
        event.cause = CommandId::from(*text);
        event.actor = Actor::Agent { desk: office_core::DeskId(1), run: RunId(u32::MAX) };
        append(&store, std::slice::from_ref(&event)).await.unwrap();
        assert_eq!(store.events(Seq(seq - 1), None, 1).await.unwrap(), vec![event]);
        assert_eq!(store.answered(&CommandId::from(*text)).await.unwrap(), Some((Seq(seq), Seq(seq))), "{text:?}");
    }
    let long = progress(6, 1, &"ü".repeat(3_000_000));
    append(&store, std::slice::from_ref(&long)).await.unwrap();
    assert_eq!(store.events(Seq(5), None, 1).await.unwrap(), vec![long]);
}

#[tokio::test]
async fn a_batch_that_does_not_continue_the_log_is_refused_whole() {
    let (_dir, store) = new_store().await;
    append(&store, &[opened(1), opened(2)]).await.unwrap();
    for wrong in [vec![opened(2)], vec![opened(4)], vec![opened(3), opened(5)], vec![opened(3), opened(3)]] {
        let refused = append(&store, &wrong).await;
        assert!(matches!(refused, Err(StoreError::OutOfOrder { .. })), "{refused:?}");
        assert_eq!(store.last_seq().await.unwrap(), Seq(2));
    }
    append(&store, &[opened(3)]).await.unwrap();
}

#[tokio::test]
async fn effects_go_from_pending_to_running_to_done() {
    let (_dir, store) = new_store().await;
    let id = |n| EffectId { seq: Seq(1), n };
    let effects = [(id(0), Effect::Prepare { run: RunId(1) }), (id(1), Effect::Halt { task: TaskId(2) })];
    store.append(Batch { envelopes: &[opened(1)], effects: &effects, ..Batch::default() }).await.unwrap();
    store.mark_running(&[id(1)]).await.unwrap();
    store.mark_running(&[id(1)]).await.unwrap();
    let loaded = store.load().await.unwrap();
    let states: Vec<_> = loaded.effects.iter().map(|it| (it.id, it.status)).collect();
    assert_eq!(states, [(id(0), Status::Pending), (id(1), Status::Running)]);
    assert_eq!(loaded.office.pending.len(), 2);

    store.append(Batch { envelopes: &[opened(2)], settled: &[id(1)], ..Batch::default() }).await.unwrap();
    assert_eq!(store.load().await.unwrap().effects.len(), 1);
    // Settled is settled: neither begun nor ended again, and nothing else of that batch is written.
    assert!(matches!(store.mark_running(&[id(0), id(1)]).await, Err(StoreError::NotOpen { .. })));
    assert_eq!(store.load().await.unwrap().effects[0].status, Status::Pending);
    let again = store.append(Batch { envelopes: &[opened(3)], settled: &[id(1)], ..Batch::default() }).await;
    assert!(matches!(again, Err(StoreError::NotOpen { .. })));
    assert_eq!(store.last_seq().await.unwrap(), Seq(2));
}

#[tokio::test]
async fn the_office_row_is_kept_up_though_it_is_written_only_when_it_changed() {
    let (_dir, store) = new_store().await;
    let mut office = Office::default();
    for envelope in [opened(1), progress(2, 1, "x"), opened(3), progress(4, 1, "y")] {
        office.apply(&envelope);
        let nouns = office.nouns();
        store.append(Batch { envelopes: &[envelope], nouns: &nouns, ..Batch::default() }).await.unwrap();
        office.take_touched();
        assert_eq!(store.load().await.unwrap().office, office);
    }
}

#[tokio::test]
async fn the_office_row_is_right_when_batches_are_in_line() {
    let (_dir, store) = new_store().await;
    let row = |name: &str| {
        let mut office = Office::default();
        office.name = name.to_owned();
        office.nouns()
    };
    for seq in (1..=30).step_by(3) {
        let (one, two, three) = ([opened(seq)], [opened(seq + 1)], [opened(seq + 2)]);
        let (x, y) = (row("x"), row("y"));
        let batch = |envelopes, nouns| store.append(Batch { envelopes, nouns, ..Batch::default() });
        let (a, b, c) = tokio::join!(batch(&one, &x), batch(&two, &y), batch(&three, &x));
        a.and(b).and(c).unwrap();
        assert_eq!(store.load().await.unwrap().office.name, "x");
    }
}

#[tokio::test]
async fn readers_and_many_writers_at_once_keep_the_order() {
    let (_dir, store) = new_store().await;
    let write = async {
        for seq in 1..=60 {
            append(&store, &[opened(seq)]).await.unwrap();
        }
    };
    let read = async {
        loop {
            let page = store.events(Seq(0), None, 1000).await.unwrap();
            assert!(page.iter().zip(1..).all(|(it, seq)| it.seq == Seq(seq)));
            if page.len() == 60 {
                break;
            }
        }
    };
    tokio::join!(write, read);
}

#[tokio::test]
async fn a_missing_database_and_one_in_the_way_are_said() {
    let (dir, path) = place();
    let missing = Store::open(&path, now()).await.unwrap_err();
    says(&missing, &["no office database", "office init"]);
    Store::create(&path, now()).await.unwrap().close().await;
    says(&Store::create(&path, now()).await.unwrap_err(), &["already"]);
    let nowhere = Store::create(&dir.path().join("no/such/office.db"), now()).await.unwrap_err();
    says(&nowhere, &["no/such"]);
    assert!(!dir.path().join("no").exists());
}

#[tokio::test]
async fn times_are_kept_to_the_millisecond() {
    let (_dir, store) = new_store().await;
    let mut event = opened(1);
    event.at = At::from_millis(1_234_567_890_123);
    append(&store, std::slice::from_ref(&event)).await.unwrap();
    let read: Vec<Envelope> = store.events(Seq(0), None, 1).await.unwrap();
    assert_eq!(read[0].at.millis(), 1_234_567_890_123);
}
