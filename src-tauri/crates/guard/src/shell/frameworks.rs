//! `bin/rails db:migrate`, `manage.py migrate`, `alembic upgrade` and their like: whether a task only looks, brings a database to what the
//! checkout says, or clears it, and whether that database is one for tests or for development on this machine. Which task does what is data
//! (specs/frameworks.toml). What is meant for any other database is judged by its name.

use std::sync::OnceLock;

use serde::Deserialize;

use super::Shell;
use crate::action::{Action, Arg, Run};
use crate::host::{HostClass, class_of, host_of};
use crate::pattern::fits_words;

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Runner {
    names: String,
    /// Whether each of its words is a task.
    several: bool,
    /// Tasks after which everything is only what they are given.
    first: String,
    /// How many words a task has.
    words: usize,
    env: String,
    flags: String,
    default: String,
    looks: String,
    migrates: String,
    clears: String,
    /// `url`: without the address of a database nobody knows which one it is.
    needs: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct File {
    runner: Vec<Runner>,
}

/// Which database is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Meant {
    /// One for tests.
    Tests,
    /// One of this machine.
    Here,
    /// Nobody said.
    Unsaid,
    /// Another.
    Other,
}

/// Variables with the address of a database, and with its host alone.
const ADDRESSES: [&str; 7] =
    ["DATABASE_URL", "*_DATABASE_URL", "DB_URL", "*_DB_URL", "SQLALCHEMY_*URI", "POSTGRES_URL", "*_DSN"];
const HOSTS: [&str; 6] = ["DB_HOST", "DATABASE_HOST", "PGHOST", "MYSQL_HOST", "POSTGRES_HOST", "*_DB_HOST"];

fn runners() -> &'static [Runner] {
    static ALL: OnceLock<Vec<Runner>> = OnceLock::new();
    ALL.get_or_init(|| {
        let read = toml::from_str::<File>(include_str!("../../specs/frameworks.toml"));
        debug_assert!(read.is_ok(), "{:?}", read.as_ref().err());
        // Without them each is judged by its name.
        read.unwrap_or_default().runner
    })
}

impl Shell<'_> {
    /// Judges the tasks of a framework; none where it is none, or where a task is for a database that is not known to be one for tests.
    pub(super) fn framework(&mut self, name: &str, args: &[Arg]) -> Option<()> {
        let base = name.rsplit('/').next().unwrap_or(name);
        let runner = runners().iter().find(|one| one.names.split_whitespace().any(|name| name == base))?;
        let (tasks, meant) = self.tasks(runner, args)?;
        let is = |list: &str, task: &str| list.split_whitespace().any(|one| fits_words(one, task));
        let loses =
            args.iter().any(|arg| matches!(arg.known(), Some("--accept-data-loss" | "--force-reset" | "--fresh")));
        let mut worst = "looks";
        let mut known = false;
        for task in &tasks {
            let this = match () {
                () if is(&runner.looks, task) || is(&runner.first, task) => "looks",
                () if is(&runner.migrates, task) => "migrates",
                () if is(&runner.clears, task) => "clears",
                // Beside a task of a database stands what is no risk by its name.
                () if runner.several && !self.specs.patterns("risky-goals").is_some_and(|all| all.fit_words(task)) => {
                    continue;
                }
                () => return None,
            };
            known = true;
            if this == "clears" || worst == "looks" {
                worst = this;
            }
            if loses && worst == "migrates" {
                worst = "clears";
            }
        }
        let fine = match worst {
            "looks" => true,
            "migrates" => matches!(meant, Meant::Tests | Meant::Here),
            _ => meant == Meant::Tests,
        };
        if !known || !fine {
            return None;
        }
        let argv: Vec<Arg> = std::iter::once(Arg::lit(name)).chain(args.iter().cloned()).collect();
        let name = vec!["<task>".to_owned(), worst.to_owned()];
        self.emit(Action::Run(Run { argv, name, via: self.via.clone(), ..Run::default() }));
        self.st.built();
        Some(())
    }

    /// The tasks that these words name, and the database they are for.
    fn tasks(&self, runner: &Runner, args: &[Arg]) -> Option<(Vec<String>, Meant)> {
        let has = |list: &str, word: &str| list.split_whitespace().any(|one| one == word);
        let mut said: Vec<Meant> = Vec::new();
        let mut words: Vec<&str> = Vec::new();
        let mut at = 0;
        while let Some(arg) = args.get(at) {
            at += 1;
            let Some(word) = arg.known().map(|word| word.trim_end_matches(',')) else {
                // What a task is given may be anything; the task itself may not.
                if words.is_empty() || runner.several {
                    return None;
                }
                continue;
            };
            let (left, right) = word.split_once('=').map_or((word, None), |(left, right)| (left, Some(right)));
            if has(&runner.flags, left) && left.starts_with('-') {
                let value = right.or_else(|| {
                    at += 1;
                    args.get(at - 1).and_then(Arg::known)
                });
                said.push(value.map_or(Meant::Other, meant_by));
            } else if let Some(value) = right.filter(|_| has(&runner.env, left)) {
                said.push(meant_by(value));
            } else if let Some(value) = right.filter(|_| is_address(left)) {
                said.push(self.meant_by_address(value));
            } else if !word.starts_with('-') && right.is_none() && !matches!(word, "do" | "+" | "") {
                words.push(word);
            }
        }
        for name in runner.env.split_whitespace() {
            if let Some(value) = self.setting(name) {
                said.push(value.as_deref().map_or(Meant::Other, meant_by));
            }
        }
        let mut address = None;
        for (name, value) in self.settings() {
            if is_address(&name) {
                let this = value.map_or(Meant::Other, |value| self.meant_by_address(&value));
                address = address.max(Some(this));
            } else if HOSTS.iter().any(|one| fits_words(one, &name))
                && !value.is_some_and(|value| class_of(&value, &[]) == HostClass::Loopback)
            {
                said.push(Meant::Other);
            }
        }
        let unsaid = if runner.default == "development" { Meant::Here } else { Meant::Unsaid };
        let meant = match (said.iter().copied().max(), address) {
            (Some(Meant::Other), _) | (_, Some(Meant::Other)) => Meant::Other,
            // An address says more than the name of an environment.
            (_, Some(address)) => address,
            (_, None) if said.contains(&Meant::Tests) => Meant::Tests,
            (_, None) if runner.needs == "url" => Meant::Unsaid,
            (said, None) => said.unwrap_or(unsaid),
        };
        if let [first, rest @ ..] = &words[..]
            && has(&runner.first, first)
            && !rest.iter().any(|word| word.starts_with("db:") || word.contains(['/', '~']))
        {
            return Some((vec![(*first).to_owned()], Meant::Here));
        }
        let tasks = match runner.words {
            2 => vec![match words[..] {
                [first, second, ..] if !second.contains(['/', '.']) => format!("{first}:{second}"),
                [first, ..] => format!("{first}:"),
                [] => return None,
            }],
            _ if runner.several => words.iter().map(|word| word.split('[').next().unwrap_or(word).to_owned()).collect(),
            _ => vec![(*words.first()?).to_owned()],
        };
        // `goose up`: one word where there may be two.
        let tasks = tasks.into_iter().flat_map(|task| match task.split_once(':') {
            Some((first, second)) if runner.words == 2 && !second.is_empty() => {
                let both = [&runner.looks, &runner.migrates, &runner.clears]
                    .iter()
                    .any(|list| list.split_whitespace().any(|one| fits_words(one, &task)));
                vec![if both {
                    task.clone()
                } else if has(&runner.looks, first) {
                    first.to_owned()
                } else {
                    format!("{first}:")
                }]
            }
            Some((first, "")) if has(&runner.looks, first) => vec![first.to_owned()],
            _ => vec![task],
        });
        Some((tasks.collect(), meant))
    }

    /// The value of a variable, as far as this line gives it one.
    fn setting(&self, name: &str) -> Option<Option<String>> {
        let here = self.given.iter().rev().find(|(one, _)| one == name).map(|(_, value)| value.known());
        here.or_else(|| self.st.vars.get(name).map(|var| var.items.first().and_then(|text| text.known())))
    }

    /// All variables that this line gives a value.
    pub(super) fn settings(&self) -> Vec<(String, Option<String>)> {
        let mut all: std::collections::BTreeMap<String, Option<String>> = self
            .st
            .vars
            .iter()
            .map(|(name, var)| (name.clone(), var.items.first().and_then(|text| text.known())))
            .collect();
        all.extend(self.given.iter().map(|(name, value)| (name.clone(), value.known())));
        all.into_iter().collect()
    }

    /// Which database an address is of.
    pub(super) fn meant_by_address(&self, address: &str) -> Meant {
        let (scheme, rest) = address.split_once(':').unwrap_or(("", address));
        let name = rest.split(['?', '#']).next().unwrap_or_default().rsplit('/').next().unwrap_or_default();
        if scheme.starts_with("sqlite") || scheme == "file" {
            let below =
                !rest.contains("..") && (rest.contains(":memory:") || !rest.trim_start_matches("//").starts_with("//"));
            return if below { Meant::Here } else { Meant::Other };
        }
        let here = host_of(address).is_some_and(|host| class_of(&host, &[]) == HostClass::Loopback);
        match (here, is_for_tests(name)) {
            (true, true) => Meant::Tests,
            (true, false) if !is_live(name) => Meant::Here,
            _ => Meant::Other,
        }
    }
}

fn is_address(name: &str) -> bool {
    ADDRESSES.iter().any(|one| fits_words(one, name))
}

/// `test`, `config.settings.dev`, `env=ci`.
fn meant_by(value: &str) -> Meant {
    let value = value.rsplit('=').next().unwrap_or(value).to_lowercase();
    match value.rsplit(['.', '/']).next().unwrap_or_default() {
        "test" | "tests" | "testing" | "ci" | "e2e" | "cypress" | "memory" => Meant::Tests,
        "dev" | "develop" | "development" | "local" | "docker" | "sandbox" => Meant::Here,
        name if is_for_tests(name) => Meant::Tests,
        _ => Meant::Other,
    }
}

/// Whether a database is called as one for tests or for development.
pub(super) fn is_for_tests(name: &str) -> bool {
    const WORDS: [&str; 13] = [
        "test",
        "tests",
        "testing",
        "testdb",
        "dev",
        "devel",
        "development",
        "ci",
        "e2e",
        "local",
        "sandbox",
        "scratch",
        "spec",
    ];
    !is_live(name)
        && words_of(name).any(|word| WORDS.contains(&word.trim_end_matches(|letter: char| letter.is_ascii_digit())))
}

fn is_live(name: &str) -> bool {
    words_of(name).any(|word| matches!(word, "prod" | "production" | "live" | "staging" | "master" | "main"))
}

fn words_of(name: &str) -> impl Iterator<Item = &str> {
    name.split(|letter: char| !letter.is_ascii_alphanumeric())
}
