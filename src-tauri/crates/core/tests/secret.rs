//! Secrets of every kind are seen and placed; what only looks like one is let through.

#![allow(clippy::unwrap_used, reason = "data that cannot be read fails its test")]

use std::collections::BTreeSet;

use office_core::secret::{masked, secrets};

/// The planted texts, with the kind that each must be seen as.
fn planted() -> Vec<(String, String)> {
    let lines = include_str!("data/secrets.txt").lines().filter(|line| !line.starts_with('#'));
    let one = |line: &str| {
        let (kind, text) = line.split_once('\t').unwrap();
        (kind.to_owned(), text.replace('¦', "").replace("\\n", "\n"))
    };
    lines.map(one).collect()
}

#[test]
fn forty_planted_secrets_of_twelve_kinds_are_seen() {
    let planted = planted();
    let kinds: BTreeSet<_> = planted.iter().map(|(kind, _)| kind).collect();
    assert!(planted.len() >= 40 && kinds.len() >= 12, "{} of {} kinds", planted.len(), kinds.len());
    let missed: Vec<_> = planted
        .iter()
        .filter(|(kind, text)| !secrets(text).iter().any(|secret| secret.kind.as_str() == kind))
        .collect();
    assert!(missed.is_empty(), "{missed:#?}");
}

#[test]
fn harmless_texts_are_let_through() {
    let harmless: Vec<&str> =
        include_str!("data/harmless.txt").lines().filter(|line| !line.starts_with("# ")).collect();
    assert!(harmless.len() >= 200, "{}", harmless.len());
    let wrong: Vec<_> = harmless.iter().filter(|text| !secrets(text).is_empty()).collect();
    // At most 2 % may be wrong.
    assert!(wrong.len() * 50 <= harmless.len(), "{wrong:#?}");
}

#[test]
fn each_says_where_it_is_and_never_what_it_is() {
    let key = format!("gh{}{}", "p_", "a8Fk20sLqPz93mXcVb7nQwErTy56UiOp1234");
    let text = format!("first line\nsömewhat: {key} and\nagain {key}");
    let found = secrets(&text);
    assert_eq!(found.iter().map(|it| (it.line, it.column)).collect::<Vec<_>>(), [(2, 11), (3, 7)]);
    assert_eq!(&text[found[0].from..found[0].to], key);
    assert_eq!(found[0].to_string(), "a GitHub token in line 2, character 11");
    let masked = masked(&text);
    assert!(
        !masked.contains(&key) && masked.starts_with("first line\nsömewhat: [a GitHub token was here] and\n"),
        "{masked}"
    );
    assert_eq!(secrets(&masked), []);
}

#[test]
fn a_masked_text_has_no_secret_left_and_hostile_text_takes_no_time() {
    for (_, text) in planted() {
        assert_eq!(secrets(&masked(&text)), [], "{text}");
    }
    for piece in ["eyJ", "://a:b@", "password=", "-----BEGIN ", "sk-", "\u{301}\u{1f389}=:", "bearer "] {
        let text = piece.repeat(200_000 / piece.len());
        assert_eq!(masked(&text), text, "{piece}");
    }
}
