//! docs/CLI.md says what the definitions say. `OFFICE_UPDATE_DOCS=1` writes it anew.

use std::path::Path;

#[test]
fn the_reference_is_what_the_definitions_say() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../docs/CLI.md");
    let must_be = office_cli::cli_markdown().unwrap();
    if std::env::var_os("OFFICE_UPDATE_DOCS").is_some() {
        std::fs::write(&path, &must_be).unwrap();
    }
    let is = std::fs::read_to_string(&path).unwrap_or_default();
    let differs = is.lines().zip(must_be.lines()).position(|(is, must_be)| is != must_be);
    assert!(
        is == must_be,
        "docs/CLI.md differs from the definitions at line {}; `OFFICE_UPDATE_DOCS=1 cargo test -p office-cli --test \
         reference` writes it anew",
        differs.unwrap_or(is.lines().count().min(must_be.lines().count())) + 1
    );
}

#[test]
fn the_grammar_is_sound_and_every_verb_has_an_example() {
    let text = office_cli::cli_markdown().unwrap();
    for part in text.split("\n### ").skip(1) {
        assert!(
            part.contains("```sh\noffice") || part.contains("```sh\ngit"),
            "no example: {}",
            part.lines().next().unwrap()
        );
    }
}
