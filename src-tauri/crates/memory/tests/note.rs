//! Notes as files: written and read back the same, read kindly, and refused with a reason where they cannot be kept.

#![allow(clippy::unwrap_used, reason = "a note that cannot be read fails its test")]

use office_core::At;
use office_memory::note::{Note, NoteError, NoteKind, TAGS_MAX, TITLE_MAX};
use proptest::prelude::*;

fn whole() -> Note {
    Note {
        id: Some(12),
        kind: NoteKind::Gotcha,
        title: "Tests: \"scratch\" files — 一時".to_owned(),
        text: "Use `tmp_path`.\n\n---\n\n- never /tmp\n".trim_end().to_owned(),
        tags: vec!["tests".to_owned(), "a, b".to_owned(), "\"q\"".to_owned(), "c\\".to_owned()],
        author: Some("ada".to_owned()),
        task: Some(7),
        project: Some("shop".to_owned()),
        supersedes: vec![3, 4],
        contradicts: vec![5],
        created: Some(At::from_millis(1_800_000_000_123)),
    }
}

#[test]
fn a_note_is_read_back_as_it_was_written() {
    let file = whole().to_markdown();
    assert!(file.starts_with("---\nid: 12\nkind: gotcha\ntitle: \""), "{file}");
    assert_eq!(Note::from_markdown(&file).unwrap(), whole());
    assert_eq!(Note::from_markdown(&file.replace('\n', "\r\n")).unwrap(), whole());
}

#[test]
fn what_a_person_writes_is_read_kindly() {
    let note = Note::from_markdown("# Ports\n\nAsk the system for one.\n").unwrap();
    assert_eq!((note.title.as_str(), note.text.as_str()), ("Ports", "Ask the system for one."));
    assert_eq!((note.kind, note.id), (NoteKind::Fact, None));
    let file = "\u{feff}---\n# mine\ntitle: It's: a title\nkind: how-to\ntags:\n  - one\n  - 'it''s two'\nmine: kept by me\n\
        supersedes: 3, #4\n---\nText\n";
    let note = Note::from_markdown(file).unwrap();
    assert_eq!((note.title.as_str(), note.kind), ("It's: a title", NoteKind::HowTo));
    assert_eq!((note.tags, note.supersedes), (vec!["one".to_owned(), "it's two".to_owned()], vec![3, 4]));
}

#[test]
fn a_head_that_cannot_be_read_says_where() {
    for (file, line, says) in [
        ("---\ntitle: a\n\ntext", 1, "close it"),
        ("---\ntitle: a\nkind: rumour\n---\nx", 3, "there are convention, decision"),
        ("---\nid: twelve\n---\nx", 2, "no number"),
        ("---\ntitle: a\ntitle: b\n---\nx", 3, "twice"),
        ("---\nnonsense\n---\nx", 2, "key: value"),
        ("---\ntitle: \"a\n---\nx", 2, "quoted"),
        ("---\ntitle: a\ncreated: yesterday\n---\nx", 3, "2026-"),
    ] {
        let error = Note::from_markdown(file).unwrap_err();
        assert!(matches!(error, NoteError::Head { line: at, .. } if at == line), "{file:?}: {error:?}");
        assert!(error.to_string().contains(says), "{error}");
    }
}

#[test]
fn hostile_notes_are_refused_with_a_reason_or_kept_whole() {
    let with = |title: &str, text: &str| Note { title: title.into(), text: text.into(), ..Note::default() };
    assert_eq!(with("a", " \n").check(), Err(NoteError::NoText));
    assert_eq!(with(" ", "b").check(), Err(NoteError::NoTitle));
    let million = with("a", &"x".repeat(1_000_000)).check().unwrap_err().to_string();
    assert!(million.contains("1000000 bytes") && million.contains("split it"), "{million}");
    assert_eq!(with("a", "b\0").check(), Err(NoteError::Control { what: "text", code: 0 }));
    assert_eq!(with("a\u{1b}[2J", "b").check(), Err(NoteError::Control { what: "title", code: 27 }));
    assert!(with(&"t".repeat(TITLE_MAX + 1), "b").check().is_err());
    let tags = Note { tags: vec!["t".to_owned(); 10_000], ..with("a", "b") };
    assert!(tags.check().unwrap_err().to_string().contains("10000 tags"));
    assert!(Note::from_markdown(&tags.to_markdown()).is_err());
    let tags = Note { tags: vec!["t".to_owned(); TAGS_MAX], ..with("🎉", "🎉🎉🎉") };
    assert_eq!(Note::from_markdown(&tags.to_markdown()), Ok(tags));
}

proptest! {
    #[test]
    fn any_note_that_may_be_kept_survives_its_file(title in "\\PC{1,40}", text in "[\\PC\n]{1,200}", tag in "\\PC{1,20}") {
        let note = Note { title, text: text.trim_matches('\n').to_owned(), tags: vec![tag], ..Note::default() };
        if note.check().is_ok() {
            prop_assert_eq!(Note::from_markdown(&note.to_markdown()), Ok(note));
        }
    }

    #[test]
    fn no_file_makes_it_panic(file in "(---\n)?([a-z]{0,6}: ?[\\PC]{0,20}\n){0,6}(---\n)?[\\PC\n\r\0]{0,80}") {
        drop(Note::from_markdown(&file));
    }
}
