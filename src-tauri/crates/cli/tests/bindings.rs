//! ui/src/bindings.ts says what the wire says: every type that crosses the door, as TypeScript sees it.
//! It stands with the command line because this crate writes docs/CLI.md by the same exporter.
//! `OFFICE_UPDATE_DOCS=1` writes it anew.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by ending")]

use std::path::Path;

use office_core::view::{DeskView, StatusView};
use office_door::wire::{Greeting, Hello, Push, Request};

const TOP: &str = "// @generated from the wire types of src-tauri/crates/door; to write it anew:
//   OFFICE_UPDATE_DOCS=1 cargo test -p office-cli --test bindings

";

fn bindings() -> String {
    let types = specta::Types::default()
        .register::<Hello>()
        .register::<Greeting>()
        .register::<Request>()
        .register::<Push>()
        .register::<DeskView>()
        .register::<StatusView>();
    let text = specta_typescript::Typescript::default().export(&types, specta_serde::Format).unwrap();
    let lines = text.lines().skip_while(|line| !line.starts_with("/*") && !line.starts_with("export"));
    let tidy = |line: &str| format!("{}\n", line.trim_end().replace("/**  ", "/** ").replace("  */", " */"));
    lines.fold(TOP.to_owned(), |out, line| out + &tidy(line))
}

#[test]
fn the_windows_types_are_the_wires_types() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../ui/src/bindings.ts");
    let must_be = bindings();
    if std::env::var_os("OFFICE_UPDATE_DOCS").is_some() {
        std::fs::write(&path, &must_be).unwrap();
    }
    let is = std::fs::read_to_string(&path).unwrap_or_default();
    let differs = is.lines().zip(must_be.lines()).position(|(is, must_be)| is != must_be);
    assert!(
        is == must_be,
        "ui/src/bindings.ts differs from the wire at line {}; `OFFICE_UPDATE_DOCS=1 cargo test -p office-cli --test \
         bindings` writes it anew",
        differs.unwrap_or(is.lines().count().min(must_be.lines().count())) + 1
    );
}

#[test]
fn every_question_and_every_push_is_exported() {
    let text = bindings();
    for name in
        ["Ask", "Answer", "Push", "Greeting", "Refusal", "Noun", "Envelope", "CommandBody", "NewTask", "DeskState"]
    {
        assert!(text.contains(&format!("export type {name} =")), "{name} is missing");
    }
}
