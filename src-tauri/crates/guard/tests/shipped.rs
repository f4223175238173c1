//! The shipped rules load, which tries every example in them.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by ending")]

use office_guard::judge::example_scene;
use office_guard::rules::{Origin, Policy, SHIPPED, read_all};
use office_guard::spec::Specs;
use office_guard::world::Paper;
use office_guard::{Asked, Judge};

/// Programs that are read in the code, or are builtins of the shell.
const SHELL: [&str; 3] = ["find", "fd", "fdfind"];

#[test]
fn the_shipped_rules_load_and_fit_their_examples() {
    let faults: Vec<String> = SHIPPED
        .iter()
        .flat_map(|(name, text)| read_all(text, name, Origin::Shipped).1)
        .map(|fault| fault.to_string())
        .collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(Policy::shipped().is_ok());
}

/// A program that stands only in the one list is never allowed, or is allowed without being known.
#[test]
fn what_builds_is_known_to_both_lists() {
    let listed = |text: &str, table: &str, names: &[&str]| -> Vec<String> {
        let read: toml::Table = toml::from_str(text).unwrap();
        let at = |value: &toml::Value| -> Vec<String> {
            names
                .iter()
                .filter_map(|name| value.get(name).and_then(toml::Value::as_str))
                .flat_map(str::split_whitespace)
                .map(str::to_owned)
                .collect()
        };
        match table {
            "" => at(&toml::Value::Table(read)),
            table => read[table].as_array().unwrap().iter().flat_map(at).collect(),
        }
    };
    let builders = listed(include_str!("../specs/build.toml"), "", &["builders"]);
    let quiet = listed(include_str!("../rules/quiet.toml"), "quiet", &["tools"]);
    let judge = Judge::new(Policy::shipped().unwrap());
    let missing: Vec<&String> = builders
        .iter()
        .filter(|name| !quiet.contains(name))
        .filter(|name| {
            let asked = Asked::Run { run: format!("{name} src/a") };
            !judge.allows(&asked, &example_scene(), &Paper::default())
        })
        .collect();
    assert!(missing.is_empty(), "specs/build.toml knows these, and no rule allows them: {missing:?}");
    let unknown: Vec<&String> = quiet
        .iter()
        .filter(|name| !name.starts_with(['<', '@']) && Specs::shipped().tool(name).is_none())
        .filter(|name| Specs::shipped().wrapper(name).is_none() && !SHELL.contains(&name.as_str()))
        .collect();
    assert!(unknown.is_empty(), "rules/quiet.toml allows these, and no spec knows them: {unknown:?}");
}
