//! The index as its users meet it: found after a commit, gone when removed, and back after any damage.

#![allow(clippy::unwrap_used, reason = "an index that cannot be used fails its test")]

use std::path::Path;

use office_core::{At, Seq};
use office_memory::{Doc, Hit, Index, Kind, MemoryError, Opening, TEXT_MAX, Worth};

fn doc(kind: Kind, id: u32, title: &str, text: &str) -> Doc {
    let at = At::from_millis(1_800_000_000_000 + i64::from(id));
    Doc { kind, id, title: title.to_owned(), text: text.to_owned(), tags: Vec::new(), at, worth: Worth::default() }
}

fn task(id: u32, title: &str, text: &str) -> Doc {
    doc(Kind::Task, id, title, text)
}

fn open(dir: &Path) -> Index {
    Index::open(dir).unwrap().0
}

fn with(dir: &Path, docs: &[Doc]) -> Index {
    let index = open(dir);
    for doc in docs {
        index.upsert(doc).unwrap();
    }
    index.commit(Seq(u32::try_from(docs.len()).unwrap())).unwrap();
    index
}

fn ids(hits: &[Hit]) -> Vec<u32> {
    hits.iter().map(|hit| hit.id).collect()
}

fn found(index: &Index, query: &str) -> Vec<u32> {
    ids(&index.search(query, &[], 20).unwrap())
}

#[test]
fn a_document_is_found_after_the_commit_and_after_opening_again() {
    let dir = tempfile::tempdir().unwrap();
    let (index, opening) = Index::open(dir.path()).unwrap();
    assert_eq!(opening, Opening::Created);
    assert_eq!(index.last_seq(), Seq(0));
    index.upsert(&task(7, "Teach the parser dates", "It reads numbers only.")).unwrap();
    assert_eq!(found(&index, "parser"), Vec::<u32>::new());
    index.commit(Seq(3)).unwrap();
    let hits = index.search("parser", &[], 5).unwrap();
    assert_eq!(hits.len(), 1);
    assert_eq!((hits[0].kind, hits[0].id, hits[0].title.as_str()), (Kind::Task, 7, "Teach the parser dates"));
    assert_eq!(hits[0].snippet, "It reads numbers only.");
    index.close().unwrap();
    assert!(matches!(index.upsert(&task(8, "x", "")), Err(MemoryError::Closed)));

    let (index, opening) = Index::open(dir.path()).unwrap();
    assert_eq!((opening, index.last_seq(), index.len()), (Opening::Opened, Seq(3), 1));
    assert_eq!(found(&index, "dates numbers"), [7]);
}

#[test]
fn what_was_not_committed_is_not_there_and_the_number_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let index = with(dir.path(), &[task(1, "one", "")]);
    index.upsert(&task(2, "two", "")).unwrap();
    index.close().unwrap();
    let index = open(dir.path());
    assert_eq!((index.last_seq(), found(&index, "two")), (Seq(1), vec![]));
}

#[test]
fn an_update_replaces_and_a_removal_removes() {
    let dir = tempfile::tempdir().unwrap();
    let index = with(dir.path(), &[task(1, "old words", ""), doc(Kind::Event, 1, "old event", "")]);
    index.upsert(&task(1, "new words", "")).unwrap();
    index.upsert(&task(1, "newest words", "")).unwrap();
    index.commit(Seq(4)).unwrap();
    assert_eq!(found(&index, "words"), [1]);
    assert_eq!(index.search("old", &[], 9).unwrap()[0].kind, Kind::Event);
    assert_eq!(index.len(), 2);
    index.remove(Kind::Task, 1).unwrap();
    index.remove(Kind::Task, 99).unwrap();
    index.commit(Seq(5)).unwrap();
    assert_eq!((found(&index, "words"), index.len()), (vec![], 1));
}

#[test]
fn a_title_counts_for_more_than_a_text_and_kinds_can_be_chosen() {
    let dir = tempfile::tempdir().unwrap();
    let index = with(
        dir.path(),
        &[
            task(1, "Something else", "the merge queue is slow when the merge queue is long"),
            task(2, "Merge queue", "it is slow"),
            doc(Kind::Event, 3, "Merge queue opened", ""),
        ],
    );
    assert_eq!(ids(&index.search("merge queue", &[Kind::Task], 9).unwrap()), [2, 1]);
    assert_eq!(ids(&index.search("merge queue", &[Kind::Event], 9).unwrap()), [3]);
    assert_eq!(index.search("merge queue", &[], 2).unwrap().len(), 2);
    assert_eq!(index.search("merge queue", &[], 0).unwrap(), []);
}

#[test]
fn code_is_found_however_its_words_are_joined() {
    let dir = tempfile::tempdir().unwrap();
    let index = with(
        dir.path(),
        &[
            task(1, "one", "fn read_file(path: &Path)"),
            task(2, "two", "call readFile() first"),
            task(3, "three", "see src/read/file.rs and read::file"),
            task(4, "four", "file it, then read"),
        ],
    );
    for query in ["read_file", "readFile", "read::file", "read/file"] {
        let mut all = found(&index, query);
        all.sort_unstable();
        assert_eq!(all, [1, 2, 3], "{query}");
    }
    assert_eq!(found(&index, "read_file")[0], 1);
    assert_eq!(found(&index, "readFile")[0], 2);
    assert_eq!(found(&index, "read::file")[0], 3);
    assert_eq!(found(&index, "src/read/file.rs"), [3]);
}

#[test]
fn words_are_found_by_their_stem_and_tags_by_their_name() {
    let dir = tempfile::tempdir().unwrap();
    let tagged = Doc { tags: vec!["reviewer".to_owned()], ..task(2, "nothing", "") };
    let index = with(dir.path(), &[task(1, "x", "it was merged after several conflicts"), tagged]);
    assert_eq!(found(&index, "merging conflict")[0], 1);
    assert!(index.search("merging", &[], 1).unwrap()[0].snippet.contains("merged"));
    assert_eq!(found(&index, "reviewer")[0], 2);
}

#[test]
fn bad_syntax_is_read_as_words() {
    let dir = tempfile::tempdir().unwrap();
    let index = with(dir.path(), &[task(1, "panic in core", "thread 'main' panicked at src/lib.rs:3:5")]);
    for query in [
        "panic\"",
        "(panic",
        "panic AND",
        "nofield:panic",
        "[panic",
        "panic ^",
        "src/lib.rs:3:5",
        "/panic",
        "panic & |",
        "+panic)",
    ] {
        assert_eq!(found(&index, query), [1], "{query}");
    }
    for query in ["", "  ", "\"", "NOT", "()", "-", "\0", ":", "-panic"] {
        index.search(query, &[], 5).unwrap();
    }
    assert_eq!(found(&index, "panic OR nowhere"), [1]);
    assert_eq!(found(&index, "panic nowhere"), [1]);
    assert_eq!(found(&index, "panic -core"), Vec::<u32>::new());
}

#[test]
fn any_script_is_found_with_and_without_accents() {
    let dir = tempfile::tempdir().unwrap();
    let index = with(
        dir.path(),
        &[
            task(1, "Größe der Übergabe", "naïve Façade"),
            task(2, "Привет, мир", ""),
            task(3, "検索エンジンを直す", ""),
            task(4, "e\u{301}te\u{301} 🎉 emoji", ""),
        ],
    );
    assert_eq!(found(&index, "größe"), [1]);
    assert_eq!(found(&index, "GROSSE ubergabe"), [1]);
    assert_eq!(found(&index, "naive facade"), [1]);
    assert_eq!(found(&index, "ПРИВЕТ"), [2]);
    assert_eq!(found(&index, "エンジン"), [3]);
    assert_eq!(found(&index, "été"), [4]);
}

#[test]
fn a_long_text_is_cut_and_its_beginning_found() {
    let dir = tempfile::tempdir().unwrap();
    let text = format!("beginning {} ending", "ä".repeat(TEXT_MAX));
    let index = with(dir.path(), &[task(1, "t", &text)]);
    assert_eq!((found(&index, "beginning"), found(&index, "ending")), (vec![1], vec![]));
    assert!(index.search("t", &[], 1).unwrap()[0].snippet.chars().count() <= 200);
}

#[test]
fn a_deleted_index_comes_back_empty() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("index");
    with(&path, &[task(1, "one", "")]).close().unwrap();
    std::fs::remove_dir_all(&path).unwrap();
    let (index, opening) = Index::open(&path).unwrap();
    assert_eq!((opening, index.last_seq(), index.is_empty()), (Opening::Created, Seq(0), true));
}

#[test]
fn an_index_that_is_deleted_while_it_is_open_answers_on_and_comes_back() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("index");
    let index = with(&path, &[task(1, "one", "")]);
    std::fs::remove_dir_all(&path).unwrap();
    assert_eq!(found(&index, "one"), [1]);
    index.upsert(&task(2, "two", "")).ok();
    assert!(index.commit(Seq(2)).is_err());
    // What failed is not said to be there, so that whoever fills it goes on from the right place.
    assert_eq!((index.last_seq(), found(&index, "one")), (Seq(1), vec![1]));
    index.close().ok();
    let (index, opening) = Index::open(&path).unwrap();
    assert_eq!((opening, index.last_seq()), (Opening::Created, Seq(0)));
    index.upsert(&task(2, "two", "")).unwrap();
    index.commit(Seq(2)).unwrap();
    assert_eq!(found(&index, "two"), [2]);
}

#[test]
fn what_was_killed_between_the_log_and_the_commit_is_filled_from_the_last_one() {
    for written in 0..12 {
        let dir = tempfile::tempdir().unwrap();
        let kept = dir.path().join("as it was");
        let path = dir.path().join("index");
        let index = with(&path, &[task(1, "one", "")]);
        for id in 2..2 + written {
            index.upsert(&task(id, "more", "words")).unwrap();
        }
        // A killed program leaves its files as they are at that moment.
        std::fs::create_dir(&kept).unwrap();
        for entry in std::fs::read_dir(&path).unwrap() {
            let entry = entry.unwrap();
            // What the indexer removes meanwhile would be gone for a killed program, too.
            std::fs::copy(entry.path(), kept.join(entry.file_name())).ok();
        }
        let (again, opening) = Index::open(&kept).unwrap();
        assert_eq!((opening, again.last_seq(), found(&again, "more")), (Opening::Opened, Seq(1), vec![]));
        for id in 2..2 + written {
            again.upsert(&task(id, "more", "words")).unwrap();
        }
        again.commit(Seq(1 + written)).unwrap();
        assert_eq!((found(&again, "more").len(), found(&again, "one")), (written as usize, vec![1]));
    }
}

#[test]
fn hostile_documents_are_kept_and_found() {
    let dir = tempfile::tempdir().unwrap();
    let million = format!("needle {}", "word ".repeat(200_000));
    let tagged = Doc { tags: (0..10_000).map(|n| format!("tag{n}")).collect(), ..task(3, "tagged", "") };
    let index = with(
        dir.path(),
        &[task(1, "long", &million), task(2, "🎉🎉", "🎉"), tagged, task(4, "nul", "before\0after"), task(5, "", "")],
    );
    assert_eq!(found(&index, "needle"), [1]);
    assert_eq!(found(&index, "tag9999"), [3]);
    assert_eq!(found(&index, "after"), [4]);
    for query in ["🎉", "\0", &million, &"(".repeat(10_000), &"a\"".repeat(5_000)] {
        index.search(query, &[], 5).unwrap();
    }
}

fn note(id: u32, title: &str, text: &str) -> Doc {
    doc(Kind::Note, id, title, text)
}

#[test]
fn a_sentence_a_typo_and_half_a_word_find_the_note() {
    let dir = tempfile::tempdir().unwrap();
    let index = with(
        dir.path(),
        &[
            note(1, "Scratch files", "Tests write below tmp_path and never into /tmp."),
            note(2, "Connection pool", "PgBouncer keeps twenty connections to Postgres."),
            note(
                3,
                "Retries",
                "They back off with jitter; ECONNRESET is tried again in crates/net/src/retry_policy.rs.",
            ),
        ],
    );
    for (query, id) in [
        ("How do I make sure that my tests don't write to /tmp?", 1),
        ("conection pol", 2),
        ("pgboun", 2),
        ("postgers", 2),
        ("why do we get econnreset", 3),
        ("retryPolicy", 3),
        ("retry_pol", 3),
        ("where may the suite put temporary documents", 1),
        ("database", 2),
    ] {
        assert_eq!(found(&index, query).first(), Some(&id), "{query}");
    }
}

#[test]
fn a_note_is_found_in_words_it_does_not_have() {
    let dir = tempfile::tempdir().unwrap();
    let index = with(
        dir.path(),
        &[
            note(1, "ENOSPC in the nightly job", "Old artifacts filled the disk; prune them after a week."),
            note(2, "Thumbnails", "EXIF orientation is applied before the image is resized."),
            task(3, "EXIF again", "Thumbnails are wrong."),
            note(4, "Card payments", "Stripe charges once for an idempotency key."),
        ],
    );
    assert_eq!(found(&index, "my photos are displayed sideways")[0], 2);
    assert_eq!(found(&index, "customer was billed twice")[0], 4);
    // Who names kinds or uses operators gets nothing else.
    assert_eq!(ids(&index.search("my photos are displayed sideways", &[Kind::Task], 9).unwrap()), [3]);
    assert_eq!(found(&index, "\"photos displayed sideways\""), Vec::<u32>::new());
    // Removed, it is near nothing any more.
    index.remove(Kind::Note, 2).unwrap();
    index.commit(Seq(9)).unwrap();
    assert!(!found(&index, "my photos are displayed sideways").contains(&2));
    // Nothing is near what means nothing.
    assert_eq!(found(&index, "zzqxv"), Vec::<u32>::new());
}

#[test]
fn what_was_superseded_comes_last_and_what_was_of_use_first() {
    let dir = tempfile::tempdir().unwrap();
    let text = "Ports of tests are asked from the system";
    let used = Doc { worth: Worth { used: 9, superseded: false }, ..note(2, "Ports", &format!("{text}, always.")) };
    let old = Doc {
        worth: Worth { used: 0, superseded: true },
        ..note(1, "Ports", &format!("{text}, and kept in a file of the project."))
    };
    let plain = note(3, "Ports", &format!("{text}, one for each worker of the suite."));
    let index = with(dir.path(), &[old, used, plain]);
    assert_eq!(found(&index, "ports of tests"), [2, 3, 1]);
}

#[test]
fn a_note_that_says_almost_the_same_is_shown_once() {
    let dir = tempfile::tempdir().unwrap();
    let text =
        "Every worker asks the system for a port, because two desks run the same suite at the same time on one machine";
    let index = with(
        dir.path(),
        &[
            note(1, "Ports of tests", text),
            note(2, "Ports of tests", &format!("{text}.")),
            note(3, "Ports", "Another matter"),
        ],
    );
    assert_eq!(found(&index, "ports suite").len(), 2);
}

/// Damages the index of one document by `damage`, and sees it said, built again and usable.
fn comes_back(damage: impl FnOnce(&Path)) {
    let dir = tempfile::tempdir().unwrap();
    with(dir.path(), &[task(1, "one", "")]).close().unwrap();
    std::fs::write(dir.path().join("keep.txt"), "not ours").unwrap();
    damage(dir.path());
    let (index, opening) = Index::open(dir.path()).unwrap();
    let Opening::Rebuilt { why } = opening else { panic!("{opening:?}") };
    assert!(!why.is_empty());
    assert_eq!((index.last_seq(), index.is_empty()), (Seq(0), true));
    index.upsert(&task(1, "one", "")).unwrap();
    index.commit(Seq(1)).unwrap();
    assert_eq!(found(&index, "one"), [1]);
    assert!(dir.path().join("keep.txt").exists());
}

fn in_meta(dir: &Path, from: &str, to: &str) {
    let text = std::fs::read_to_string(dir.join("meta.json")).unwrap();
    assert!(text.contains(from), "{text}");
    std::fs::write(dir.join("meta.json"), text.replace(from, to)).unwrap();
}

#[test]
fn a_corrupt_meta_file_is_built_again() {
    comes_back(|dir| std::fs::write(dir.join("meta.json"), "{ no").unwrap());
    comes_back(|dir| std::fs::write(dir.join("meta.json"), "").unwrap());
}

#[test]
fn a_missing_or_cut_segment_is_built_again() {
    let segments = |dir: &Path| -> Vec<_> {
        let all = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
        all.filter(|path| path.file_stem().unwrap().len() == 32).collect()
    };
    comes_back(|dir| segments(dir).iter().for_each(|path| std::fs::remove_file(path).unwrap()));
    comes_back(|dir| segments(dir).iter().for_each(|path| std::fs::write(path, "x").unwrap()));
}

#[test]
fn another_version_or_other_fields_are_built_again() {
    comes_back(|dir| in_meta(dir, "\\\"version\\\":4", "\\\"version\\\":99"));
    comes_back(|dir| in_meta(dir, "\"words\"", "\"worms\""));
}

#[test]
fn two_cannot_write_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let index = with(dir.path(), &[task(1, "one", "")]);
    assert!(matches!(Index::open(dir.path()), Err(MemoryError::Busy { .. })));
    std::fs::write(dir.path().join("meta.json"), "{ no").unwrap();
    assert!(matches!(Index::open(dir.path()), Err(MemoryError::Busy { .. })));
    assert_eq!(found(&index, "one"), [1]);
}

#[test]
fn five_thousand_documents_are_written_and_asked_from_several_threads() {
    let dir = tempfile::tempdir().unwrap();
    let index = open(dir.path());
    std::thread::scope(|scope| {
        for part in 0..4_u32 {
            let index = &index;
            scope.spawn(move || {
                for id in (part * 1250)..((part + 1) * 1250) {
                    let text = format!("number {id} of the module mod_{} with the word{}", id % 50, id % 7);
                    index.upsert(&task(id, &format!("Task {id}"), &text)).unwrap();
                }
                index.search("module", &[], 10).unwrap();
            });
        }
    });
    index.commit(Seq(5000)).unwrap();
    assert_eq!(index.len(), 5000);
    assert_eq!(found(&index, "\"Task 4321\""), [4321]);
    assert_eq!(index.search("mod_13", &[Kind::Task], 1000).unwrap().len(), 100);
    index.close().unwrap();
}
