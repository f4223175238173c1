//! Drafts as people write them, good and bad ones, and what lint says of each.

use super::FlawKind::{self, Unbounded, Unchecked, Vague};
use super::{Draft, lint};
use crate::check::Check;
use crate::task::Deliverable;

/// A draft in a project that has checks: title, body, and what is wrong with it.
type Row = (&'static str, &'static str, &'static [FlawKind]);

const GOOD: &[Row] = &[
    ("Round prices half up in invoices", "", &[]),
    ("Cursor pagination for /invoices", "", &[]),
    ("Flaky: webhook retry test", "It fails once in twenty runs when the clock jumps.", &[]),
    ("Upgrade to Postgres 17 driver", "", &[]),
    ("Dark mode tokens for receipts", "", &[]),
    ("Document rate-limit headers", "", &[]),
    ("Fix crash in the parser when the input is empty", "", &[]),
    ("Fix typo in README", "", &[]),
    ("Rename `Store::load` to `Store::open`", "", &[]),
    ("Refactor src/store.rs into one file per table", "", &[]),
    ("Speed up the import to under 2 s for 10,000 rows", "", &[]),
    ("Improve the error message", "When the config file is missing it must name the path that was tried.", &[]),
    ("Add a --json flag to `shop list`", "", &[]),
    ("Fix issue #412", "", &[]),
    ("Show the version on the about page", "", &[]),
    ("Return 404 instead of 500 for unknown orders", "", &[]),
    ("Add a login page and a logout button", "", &[]),
    ("Fix all tests in tests/prices", "They are red since the move to half-up rounding.", &[]),
    ("Remove every use of `legacy_price()`", "", &[]),
    ("Delete the old importer; all tests stay green", "", &[]),
    ("Send a mail to the buyer when an order ships", "", &[]),
    ("Write a migration that adds orders.shipped_at", "", &[]),
    ("Make the board fit a phone screen 360 px wide", "", &[]),
    ("Translate the checkout page to German", "", &[]),
    ("Add the shop's icon to the app bundle", "", &[]),
    ("Refuse passwords shorter than 12 characters", "", &[]),
];

const BAD: &[Row] = &[
    ("Improve performance", "", &[Vague]),
    ("Make it better", "", &[Vague]),
    ("Fix bugs", "", &[Vague]),
    ("Fix the login bug", "", &[Vague]),
    ("Clean up the code", "", &[Vague]),
    ("Refactor", "", &[Vague]),
    ("Refactor utils.py", "", &[Vague]),
    ("Login", "", &[Vague]),
    ("Update stuff", "", &[Vague]),
    ("Add some tests", "", &[Vague]),
    ("Handle edge cases", "", &[Vague]),
    ("Make the UI nicer", "", &[Vague]),
    ("Make the checkout more robust", "", &[Vague]),
    ("Work on the importer", "", &[Vague]),
    ("Maybe switch the cache to Redis", "", &[Vague]),
    ("Add validation, docs etc.", "", &[Vague]),
    ("Export orders as CSV", "Columns as usual, whatever makes sense.", &[Vague]),
    ("Fix it", "", &[Vague]),
    ("Polish the onboarding", "", &[Vague]),
    ("Fix all bugs", "", &[Vague, Unbounded]),
    ("Add types to the entire codebase", "", &[Unbounded]),
    ("Translate every page to German and French", "", &[Unbounded]),
    ("Rewrite the backend in Rust", "", &[Unbounded]),
    ("Build a marketplace", "", &[Vague, Unbounded]),
    ("Create a website like Airbnb", "", &[Unbounded]),
    ("Keep improving test coverage", "", &[Unbounded]),
    ("Write tests until we have 100% coverage", "", &[Unbounded]),
    ("Add search, fix the cart, update the docs and deploy to staging", "", &[Unbounded]),
    ("Migrate the app to TypeScript from scratch", "", &[Unbounded]),
    ("Move the settings page to the new layout", "Then use it everywhere.", &[Unbounded]),
    ("Fix warnings across the project", "", &[Vague, Unbounded]),
];

fn kinds(draft: &Draft) -> Vec<FlawKind> {
    let mut kinds: Vec<_> = lint(draft).iter().map(|flaw| flaw.kind).collect();
    kinds.dedup();
    kinds
}

fn draft<'a>(title: &'a str, body: &'a str) -> Draft<'a> {
    Draft { title, body, project_checks: true, ..Draft::default() }
}

#[test]
fn drafts_as_people_write_them_are_told_apart() {
    let wrong: Vec<String> = GOOD
        .iter()
        .chain(BAD)
        .filter(|(title, body, expected)| kinds(&draft(title, body)) != *expected)
        .map(|(title, body, expected)| format!("'{title}': wanted {expected:?}, not {:#?}", lint(&draft(title, body))))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(GOOD.len() + BAD.len() >= 40);
}

#[test]
fn what_says_whether_it_is_done_is_a_command_that_can_fail() {
    let said = |run: &str| {
        let checks = [Check::of(run)];
        kinds(&Draft { title: "Round prices half up in invoices", checks: &checks, ..Draft::default() })
    };
    for good in [
        "make test",
        "test \"$(cat a.txt)\" = rounded",
        "cargo test prices",
        "./greet.sh | grep wave",
        "echo $X | grep 1",
        "npm test && true x",
    ] {
        assert_eq!(said(good), [], "{good}");
    }
    for bad in [
        "true",
        ":",
        "exit 0",
        "make test || true",
        "echo done",
        "cargo test; true",
        "It works",
        "make sure it works",
        "verify by hand",
        "All tests pass",
    ] {
        assert_eq!(said(bad), [Unchecked], "{bad}");
    }
    let none = Draft { title: "Round prices half up in invoices", ..Draft::default() };
    assert_eq!(kinds(&none), [Unchecked], "neither the task nor its project has one");
    assert_eq!(
        kinds(&Draft {
            deliverable: Deliverable::Finding,
            body: "Which of the two rounds as the tax office does?",
            ..none
        }),
        []
    );
}

#[test]
fn a_check_that_can_fail_says_where_a_direction_ends() {
    let checks = [Check::of("./bench --limit-ms 5")];
    assert_eq!(kinds(&Draft { title: "Speed up the parser", checks: &checks, ..Draft::default() }), []);
    assert_eq!(kinds(&Draft { title: "Speed up the parser", ..draft("", "") }), [Vague]);
}

#[test]
fn a_report_answers_a_question_and_a_day_is_enough() {
    let finding = Draft { title: "Look into the database", deliverable: Deliverable::Finding, ..draft("", "") };
    assert_eq!(kinds(&finding), [Vague]);
    assert_eq!(kinds(&Draft { title: "Which index does the orders query miss?", ..finding }), []);
    assert_eq!(
        kinds(&Draft { estimate_mins: Some(481), ..draft("Round prices half up in invoices", "") }),
        [Unbounded]
    );
    let steps = "- step\n".repeat(10);
    assert_eq!(kinds(&draft("Move invoices to the new table", &steps)), [Unbounded]);
}

#[test]
fn whatever_is_written_is_read_to_its_end_and_every_flaw_says_what_to_add() {
    let long = "every ".repeat(20_000);
    for text in ["", "`", "```", "```\nall files", "\u{0}\u{202e}", "ÄÖÜ ß 日本語", "all", "every file`", &long]
    {
        for flaw in lint(&draft(text, text)) {
            assert!(!flaw.why.is_empty() && !flaw.add.is_empty(), "{flaw}");
        }
    }
    let said = lint(&draft("Improve performance", ""))[0].to_string();
    assert_eq!(
        said,
        "vague: 'improve' says a direction, not where it ends; say what is to be so afterwards: a number, what happens when, or a check that is red today"
    );
}
