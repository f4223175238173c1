//! Notes are kept, written anew, replaced and refuted, no word of them is lost, and nothing is kept that should not be.

use proptest::prelude::*;

use super::*;
use crate::command::{Command, CommandBody};
use crate::desk::Desk;
use crate::event::Envelope;
use crate::ids::{CommandId, DeskId, EngineName, Seq};
use crate::noun::Noun;
use crate::refusal::Code;
use crate::run::{Run, RunState};

const ADA: Actor = Actor::Agent { desk: DeskId(1), run: RunId(1) };
const BO: Actor = Actor::Agent { desk: DeskId(2), run: RunId(2) };

fn now() -> At {
    At::from_millis(1_800_000_000_000)
}

/// A project and two desks, with a run at each.
fn office() -> Office {
    let project = serde_json::json!({ "noun": "project", "id": 1, "name": "shop", "path": "/p", "base_branch": "main", "prefix": "office",
        "settings": {}, "acceptance": "owner", "notes": [], "base_checks": {}, "removed": false });
    let mut office = Office::from_rows(vec![serde_json::from_value::<Noun>(project).unwrap()], Vec::new());
    for id in [1, 2] {
        let desk = serde_json::json!({ "id": id, "name": "d", "role": "r", "project": null, "engine": null, "command": null, "hold": null,
            "run": id, "last_run": null, "queue": [], "auto": true, "removed": false });
        office.put_desk(serde_json::from_value::<Desk>(desk).unwrap());
        let begun = Run::begin(RunId(id), DeskId(id), ProjectId(1), EngineName::from("shell"), None, now());
        office.put_run(Run { state: RunState::Live, task: Some(TaskId(7 + id)), ..begun });
    }
    office.take_touched();
    office
}

fn asked(office: &mut Office, actor: Actor, command: NoteCommand) -> Result<Vec<Event>, Refusal> {
    let command = Command { id: CommandId::from("c"), actor, body: CommandBody::Note(command) };
    let events = crate::command::decide(office, &command, now())?;
    for event in events.clone() {
        let seq = Seq(office.seq.0 + 1);
        office.apply(&Envelope { seq, at: now(), actor, cause: CommandId::from("c"), event });
    }
    Ok(events)
}

fn words(title: &str, text: &str) -> NoteWords {
    NoteWords {
        kind: NoteKind::Gotcha,
        title: title.to_owned(),
        text: text.to_owned(),
        tags: Vec::new(),
        project: None,
        supersedes: Vec::new(),
        contradicts: Vec::new(),
    }
}

fn add(office: &mut Office, actor: Actor, new: NoteWords) -> Result<NoteId, Refusal> {
    let id = office.next.note;
    asked(office, actor, NoteCommand::Add { new: Box::new(new) }).map(|_| id)
}

fn edit(office: &mut Office, actor: Actor, note: NoteId, to: NoteWords) -> Result<Vec<Event>, Refusal> {
    asked(office, actor, NoteCommand::Edit { note, to: Box::new(to) })
}

fn refute(office: &mut Office, actor: Actor, note: NoteId, evidence: &str) -> Result<Vec<Event>, Refusal> {
    asked(office, actor, NoteCommand::Refute { note, evidence: evidence.to_owned() })
}

#[test]
fn a_note_knows_who_wrote_it_on_what_and_how_it_was_before() {
    let mut office = office();
    let id = add(&mut office, ADA, words("Where tests write", "use tmp_path, never /tmp\r\n")).unwrap();
    let it = office.note(id).unwrap();
    assert_eq!((it.author, it.task, it.words.text.as_str()), (ADA, Some(TaskId(8)), "use tmp_path, never /tmp"));
    edit(&mut office, ADA, id, words("Where tests write", "use tmp_path")).unwrap();
    edit(&mut office, Actor::Owner, id, words("Where tests write", "use tmp_path, always")).unwrap();
    assert!(edit(&mut office, ADA, id, words("Where tests write", "use tmp_path, always")).unwrap().is_empty());
    let it = office.note(id).unwrap();
    let past: Vec<_> = it.past.iter().map(|past| (past.words.text.as_str(), past.by)).collect();
    assert_eq!(past, [("use tmp_path, never /tmp", ADA), ("use tmp_path", Actor::Owner)]);
    let refused = edit(&mut office, BO, id, words("Mine now", "x")).unwrap_err();
    assert_eq!(refused.code, Code::NotAllowed);
}

#[test]
fn a_note_gives_its_place_to_another_and_takes_it_back_when_that_one_no_longer_says_so() {
    let mut office = office();
    let old = add(&mut office, ADA, words("Port", "8080")).unwrap();
    let new = add(&mut office, BO, NoteWords { supersedes: vec![old], ..words("Port", "8081") }).unwrap();
    assert_eq!(office.note(old).unwrap().superseded_by, Some(new));
    assert!(!office.note(old).unwrap().holds() && office.note(new).unwrap().holds());
    let circle = asked(&mut office, ADA, NoteCommand::Merge { keep: old, gone: vec![new] }).unwrap_err();
    assert_eq!(circle.code, Code::Cycle);
    let third = NoteWords { supersedes: vec![old], ..words("Port", "9") };
    assert_eq!(add(&mut office, ADA, third).unwrap_err().code, Code::WrongState);
    edit(&mut office, BO, new, words("Port", "8081")).unwrap();
    assert!(office.note(old).unwrap().holds());
    let owners = add(&mut office, Actor::Owner, words("Port", "the owner says 80")).unwrap();
    let refused = asked(&mut office, BO, NoteCommand::Merge { keep: new, gone: vec![owners] }).unwrap_err();
    assert_eq!(refused.code, Code::NotAllowed, "no agent takes the place of what the owner wrote");
    asked(&mut office, Actor::Owner, NoteCommand::Merge { keep: owners, gone: vec![old, new] }).unwrap();
    assert_eq!(office.notes.values().filter(|it| it.holds()).map(|it| it.id).collect::<Vec<_>>(), [owners]);
}

#[test]
fn a_note_is_refuted_with_evidence_and_counts_again_once_its_owner_has_written_it_anew() {
    let mut office = office();
    let id = add(&mut office, ADA, words("Port", "8080")).unwrap();
    assert_eq!(refute(&mut office, BO, id, " ").unwrap_err().code, Code::Invalid);
    refute(&mut office, BO, id, "curl says 8081").unwrap();
    assert_eq!(office.note(id).unwrap().refuted.as_ref().unwrap().by, BO);
    assert_eq!(refute(&mut office, Actor::Owner, id, "again").unwrap_err().code, Code::WrongState);
    edit(&mut office, ADA, id, words("Port", "8080, still")).unwrap();
    assert!(!office.note(id).unwrap().holds(), "who was refuted does not clear it");
    edit(&mut office, Actor::Owner, id, words("Port", "8081")).unwrap();
    assert!(office.note(id).unwrap().holds());
}

#[test]
fn what_was_shown_and_used_is_counted_once_for_each_run() {
    let mut office = office();
    let id = add(&mut office, ADA, words("Port", "8080")).unwrap();
    let shown = NoteCommand::Shown { run: RunId(2), notes: vec![id, id, NoteId(99)] };
    assert_eq!(asked(&mut office, BO, shown.clone()).unwrap_err().code, Code::NotAllowed);
    asked(&mut office, Actor::Office, shown.clone()).unwrap();
    assert!(asked(&mut office, Actor::Office, shown).unwrap().is_empty(), "a launch that is done again shows it once");
    let used = NoteCommand::Used { run: RunId(2), notes: vec![id] };
    assert_eq!(asked(&mut office, ADA, used.clone()).unwrap_err().code, Code::NotAllowed);
    asked(&mut office, BO, used.clone()).unwrap();
    assert!(asked(&mut office, BO, used).unwrap().is_empty());
    let it = office.note(id).unwrap();
    let place = NotePlace { run: RunId(2), task: Some(TaskId(9)), at: now() };
    assert_eq!((it.shown, it.used, it.shown_in.clone(), it.used_in.clone()), (1, 1, vec![place], vec![place]));
}

#[test]
fn what_cannot_be_kept_says_why_and_what_to_do() {
    let mut office = office();
    let key = format!("gh{}{}", "p_", "a8Fk20sLqPz93mXcVb7nQwErTy56UiOp1234");
    let tags = |tags: Vec<String>| NoteWords { tags, ..words("a", "b") };
    for (new, code, said) in [
        (words(" ", "b"), Code::Invalid, "title is empty"),
        (words("a", " \n "), Code::Invalid, "no text"),
        (words("a", &"x".repeat(1024 * 1024)), Code::Limit, "1048576 bytes"),
        (words("a", "b\0c"), Code::Invalid, "U+0000"),
        (words("a\u{1b}[31m", "b"), Code::Invalid, "control"),
        (words("a", "b\u{1b}[31m"), Code::Invalid, "U+001B"),
        (tags((0..10_000).map(|n| n.to_string()).collect()), Code::Limit, "10000 tags"),
        (tags(vec!["x".repeat(61)]), Code::Invalid, "no tag"),
        (words("a", &format!("it is\n  {key}")), Code::Invalid, "a GitHub token in line 2, character 3"),
        (words(&key, "b"), Code::Invalid, "the title seems to hold a GitHub token"),
        (tags(vec![key.clone()]), Code::Invalid, "the tag seems"),
        (NoteWords { project: Some(ProjectId(9)), ..words("a", "b") }, Code::NotFound, "project 9"),
        (NoteWords { supersedes: vec![NoteId(9)], ..words("a", "b") }, Code::NotFound, "note 9"),
        (NoteWords { contradicts: vec![NoteId(1)], ..words("a", "b") }, Code::NotFound, "note 1"),
    ] {
        let refusal = add(&mut office, ADA, new).unwrap_err();
        assert!(refusal.code == code && refusal.message.contains(said), "{refusal:?}");
        assert!(!refusal.message.contains(&key) && !refusal.detail.is_empty(), "{refusal:?}");
    }
    assert!(office.notes.is_empty());
    let id = add(&mut office, ADA, words("🎉", "🎉🎉🎉")).unwrap();
    assert_eq!(office.note(id).unwrap().words.title, "🎉");
    assert!(refute(&mut office, BO, id, &key).unwrap_err().message.contains("the evidence seems to hold"));
    let over = Actor::Agent { desk: DeskId(1), run: RunId(9) };
    assert_eq!(add(&mut office, over, words("a", "b")).unwrap_err().code, Code::StaleLease);
}

#[test]
fn the_history_at_hand_is_bounded() {
    let mut office = office();
    let id = add(&mut office, ADA, words("a", "0")).unwrap();
    for n in 1..=PAST_MAX + 4 {
        edit(&mut office, ADA, id, words("a", &n.to_string())).unwrap();
    }
    let past = &office.note(id).unwrap().past;
    assert_eq!((past.len(), past[0].words.text.as_str()), (PAST_MAX, "4"));
    for n in 0..8 {
        edit(&mut office, ADA, id, words("a", &format!("{n}{}", "x".repeat(TEXT_MAX - 1)))).unwrap();
    }
    assert!(office.note(id).unwrap().past.iter().map(|it| it.words.text.len()).sum::<usize>() <= PAST_BYTES);
}

#[test]
fn notes_that_words_name_are_found() {
    assert_eq!(named("as note #12 says, and Note 7; notes 3"), [NoteId(12), NoteId(7), NoteId(3)]);
    assert_eq!(named("noted. A note on 4 things, keynote"), []);
}

/// What may be asked, by anybody, in any order.
fn commands() -> impl Strategy<Value = Vec<(u8, NoteCommand)>> {
    let id = || (1..9_u32).prop_map(NoteId);
    let new = || {
        (0..4_u32, "[a-c]{1,3}", prop::collection::vec(id(), 0..3), prop::collection::vec(id(), 0..2)).prop_map(
            |(kind, text, supersedes, contradicts)| {
                let kind = NoteKind::ALL[kind as usize];
                Box::new(NoteWords { kind, supersedes, contradicts, ..words("t", &text) })
            },
        )
    };
    let ids = || prop::collection::vec(id(), 0..3);
    let command = prop_oneof![
        4 => new().prop_map(|new| NoteCommand::Add { new }),
        3 => (id(), new()).prop_map(|(note, to)| NoteCommand::Edit { note, to }),
        2 => (id(), ids()).prop_map(|(keep, gone)| NoteCommand::Merge { keep, gone }),
        2 => id().prop_map(|note| NoteCommand::Refute { note, evidence: "seen".to_owned() }),
        1 => ids().prop_map(|notes| NoteCommand::Shown { run: RunId(1), notes }),
        1 => ids().prop_map(|notes| NoteCommand::Used { run: RunId(2), notes }),
    ];
    prop::collection::vec((0..4_u8, command), 1..60)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, ..ProptestConfig::default() })]

    #[test]
    fn nothing_is_lost_and_rows_and_log_say_the_same(commands in commands()) {
        let mut office = office();
        let start = office.clone();
        let mut log: Vec<Envelope> = Vec::new();
        let mut written: Vec<(NoteId, String)> = Vec::new();
        for (who, command) in commands {
            let actor = [Actor::Owner, ADA, BO, Actor::Office][usize::from(who)];
            let said = match &command {
                NoteCommand::Add { new } => Some((office.next.note, new.text.clone())),
                NoteCommand::Edit { note, to } => Some((*note, to.text.clone())),
                _ => None,
            };
            let Ok(events) = asked(&mut office, actor, command) else { continue };
            written.extend(said);
            for event in events {
                let seq = Seq(u32::try_from(log.len()).unwrap() + 1);
                // As the store writes it and reads it back.
                let event = serde_json::from_str(&serde_json::to_string(&event).unwrap()).unwrap();
                log.push(Envelope { seq, at: now(), actor, cause: CommandId::from("c"), event });
            }
        }
        for (id, text) in written {
            let it = office.note(id).unwrap();
            let had = it.words.text == text || it.past.iter().any(|past| past.words.text == text);
            prop_assert!(had || it.past.len() == PAST_MAX, "note {id} lost {text}");
        }
        for it in office.notes.values() {
            // From whoever took its place one always comes to a note that holds its own.
            let (mut at, mut steps) = (it, 0);
            while let Some(by) = at.superseded_by {
                at = office.note(by).unwrap();
                steps += 1;
                prop_assert!(steps <= office.notes.len(), "note {} is in a circle", it.id);
            }
        }
        let mut again = start;
        log.iter().for_each(|envelope| drop(again.apply(envelope)));
        office.take_touched();
        again.take_touched();
        prop_assert_eq!(&again, &office);
        let mut rows = Office::from_rows(office.nouns(), Vec::new());
        rows.pending.clone_from(&office.pending);
        prop_assert_eq!(rows, office);
    }
}
