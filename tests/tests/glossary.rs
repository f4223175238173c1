//! Holds the words: the task and approval states with their exits, and the desk states of docs/GLOSSARY.md are those of `office-core`,
//! in the same order.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context, Result};
use office_core::{ApprovalState, DeskState, MailState, PlanState, TaskState};

/// The cells of the table whose head begins with `first`.
fn table(markdown: &str, first: &str) -> Vec<Vec<String>> {
    let head = format!("| {first} |");
    let rows = markdown.lines().skip_while(|line| !line.starts_with(&head)).skip(2);
    rows.take_while(|line| line.starts_with('|'))
        .map(|line| line.trim().trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect())
        .collect()
}

/// The states after the arrows of `release → ready; cancel → cancelled`.
fn exits(cell: &str) -> BTreeSet<String> {
    cell.split(';').filter_map(|way| way.split_once('→')).map(|(_, state)| state.trim().to_owned()).collect()
}

fn glossary() -> Result<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("tests/ has a parent")?;
    Ok(std::fs::read_to_string(root.join("docs/GLOSSARY.md"))?)
}

fn column(rows: &[Vec<String>], index: usize) -> Vec<&str> {
    rows.iter().map(|row| row.get(index).map_or("", String::as_str)).collect()
}

#[test]
fn task_states_are_those_of_the_code() -> Result<()> {
    let rows = table(&glossary()?, "task state");
    let ours: Vec<&str> = TaskState::ALL.iter().map(|state| state.as_str()).collect();
    assert_eq!(column(&rows, 0), ours, "docs/GLOSSARY.md (left) and TaskState::ALL (right) differ");
    assert!(column(&rows, 1).iter().all(|means| !means.is_empty()), "a state of docs/GLOSSARY.md has no meaning");
    Ok(())
}

#[test]
fn a_task_state_is_left_as_the_table_says() -> Result<()> {
    let mut differ = Vec::new();
    for row in table(&glossary()?, "task state") {
        let Some(state) = TaskState::ALL.iter().find(|state| row.first().is_some_and(|name| name == state.as_str()))
        else {
            continue; // The test above says so.
        };
        let written = exits(row.get(2).map_or("", String::as_str));
        let can = |other: &&TaskState| state.can_become(**other);
        let coded: BTreeSet<String> =
            TaskState::ALL.iter().filter(can).map(|other| other.as_str().to_owned()).collect();
        let only =
            |left: &BTreeSet<String>, right: &BTreeSet<String>| left.difference(right).cloned().collect::<Vec<_>>();
        if written != coded {
            let (code, text) = (only(&coded, &written), only(&written, &coded));
            differ.push(format!("{}: only in the code {code:?}, only in docs/GLOSSARY.md {text:?}", state.as_str()));
        }
    }
    assert!(differ.is_empty(), "the exits differ:\n  {}", differ.join("\n  "));
    Ok(())
}

#[test]
fn desk_states_are_those_of_the_code() -> Result<()> {
    let rows = table(&glossary()?, "desk state");
    let ours: Vec<&str> = DeskState::ALL.iter().map(|state| state.as_str()).collect();
    assert_eq!(column(&rows, 0), ours, "docs/GLOSSARY.md (left) and DeskState::ALL (right) differ");
    Ok(())
}

#[test]
fn approval_states_and_their_exits_are_those_of_the_code() -> Result<()> {
    let rows = table(&glossary()?, "approval state");
    let ours: Vec<&str> = ApprovalState::ALL.iter().map(|state| state.as_str()).collect();
    assert_eq!(column(&rows, 0), ours, "docs/GLOSSARY.md (left) and ApprovalState::ALL (right) differ");
    for (state, row) in ApprovalState::ALL.iter().zip(&rows) {
        let coded = ApprovalState::ALL.iter().filter(|other| state.can_become(**other));
        let coded: BTreeSet<String> = coded.map(|other| other.as_str().to_owned()).collect();
        assert_eq!(exits(row.get(2).map_or("", String::as_str)), coded, "the exits of {state}");
    }
    Ok(())
}

#[test]
fn mail_states_and_their_exits_are_those_of_the_code() -> Result<()> {
    let rows = table(&glossary()?, "mail state");
    let ours: Vec<&str> = MailState::ALL.iter().map(|state| state.as_str()).collect();
    assert_eq!(column(&rows, 0), ours, "docs/GLOSSARY.md (left) and MailState::ALL (right) differ");
    for (state, row) in MailState::ALL.iter().zip(&rows) {
        let coded = MailState::ALL.iter().filter(|other| state.can_become(**other));
        let coded: BTreeSet<String> = coded.map(|other| other.as_str().to_owned()).collect();
        assert_eq!(exits(row.get(2).map_or("", String::as_str)), coded, "the exits of {state}");
    }
    Ok(())
}

#[test]
fn plan_states_and_their_exits_are_those_of_the_code() -> Result<()> {
    let rows = table(&glossary()?, "plan state");
    let ours: Vec<&str> = PlanState::ALL.iter().map(|state| state.as_str()).collect();
    assert_eq!(column(&rows, 0), ours, "docs/GLOSSARY.md (left) and PlanState::ALL (right) differ");
    for (state, row) in PlanState::ALL.iter().zip(&rows) {
        let coded = PlanState::ALL.iter().filter(|other| state.can_become(**other));
        let coded: BTreeSet<String> = coded.map(|other| other.as_str().to_owned()).collect();
        assert_eq!(exits(row.get(2).map_or("", String::as_str)), coded, "the exits of {state}");
    }
    Ok(())
}

#[test]
fn words_are_in_order_and_there_once() -> Result<()> {
    let rows = table(&glossary()?, "word");
    let words = column(&rows, 0);
    assert!(words.len() > 20, "the table of words is not where it was");
    for pair in words.windows(2) {
        assert!(pair[0] < pair[1], "docs/GLOSSARY.md: `{}` stands before `{}`", pair[0], pair[1]);
    }
    Ok(())
}

#[test]
fn a_table_is_read_as_it_is_drawn() {
    let text = "x\n\n| task state | means | leaves by |\n|---|---|---|\n| a b | one | go → c; stop → d e |\n\nrest\n";
    let rows = table(text, "task state");
    assert_eq!(rows, [["a b", "one", "go → c; stop → d e"]]);
    assert_eq!(exits(&rows[0][2]), BTreeSet::from(["c".to_owned(), "d e".to_owned()]));
    assert_eq!(exits(""), BTreeSet::new());
}
