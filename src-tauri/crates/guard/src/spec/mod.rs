//! What is known of programs, as data (specs/*.toml): which options take a value and what the value is, what operands are,
//! which programs run others. No verdicts: those are rules.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use serde::Deserialize;

use crate::action::Deed;
use crate::pattern::Patterns;

/// What an operand, or the value of an option, is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Default)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// A word.
    #[default]
    Plain,
    /// A file that is read.
    Read,
    /// A file that is written.
    Write,
    /// A file or folder that is made or marked; what is in it stays.
    Attribute,
    /// A file that is deleted.
    Delete,
    /// Files that are read, and as the last a place to write to.
    Copy,
    /// The same, and what was read is gone.
    Move,
    /// A URL or a host.
    Host,
    /// A folder to work in.
    Folder,
    /// A command line for a shell.
    Command,
}

/// What a program leaves behind, as far as files written earlier in the line go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Default)]
#[serde(rename_all = "kebab-case")]
pub enum Leaves {
    /// No file is changed but those its operands name.
    Named,
    /// What builds make.
    Builds,
    /// Other files of the same repository.
    Tracked,
    /// Anything may be changed.
    #[default]
    Anything,
}

/// A program, or one of its subcommands.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Tool {
    /// How many operands belong to the name.
    pub subs: usize,
    /// Other names of the same thing.
    pub aka: String,
    takes: String,
    reads: String,
    writes: String,
    deletes: String,
    hosts: String,
    folders: String,
    runs: String,
    known: String,
    flags: BTreeMap<String, String>,
    /// Options in whose presence the operands are written as well.
    in_place: String,
    /// What the operands are.
    pub operands: Role,
    /// How many operands come before those.
    pub skip: usize,
    /// Options in whose presence there is nothing to skip.
    skip_unless: String,
    /// What it leaves behind.
    pub leaves: Leaves,
    /// Whether it runs what files of the checkout tell it to.
    pub builds: bool,
    /// Whether options have one dash and many letters.
    pub long_dash: bool,
    /// What it does to the outside.
    pub does: Option<Deed>,
    /// Whether it does nothing to the outside, although its parent does.
    pub inward: bool,
    /// Words in whose presence it does nothing to the outside: `--dry-run=client`.
    pub dry: String,
    /// Whether operands that look like a URL are reached.
    pub urls: bool,
    /// Whether any word that leads out of the checkout is taken for a file.
    #[serde(skip)]
    pub names_places: bool,
    #[serde(skip)]
    values: BTreeMap<String, Role>,
    #[serde(skip)]
    names: BTreeMap<String, Vec<String>>,
    #[serde(skip)]
    all: BTreeSet<String>,
}

impl Tool {
    fn index(&mut self) {
        let lists = [
            (&self.takes, Role::Plain),
            (&self.reads, Role::Read),
            (&self.writes, Role::Write),
            (&self.deletes, Role::Delete),
            (&self.hosts, Role::Host),
            (&self.folders, Role::Folder),
            (&self.runs, Role::Command),
        ];
        let mut values = BTreeMap::new();
        for (list, role) in lists {
            values.extend(list.split_whitespace().map(|flag| (flag.to_owned(), role)));
        }
        for (name, spellings) in &self.flags {
            for flag in spellings.split_whitespace() {
                self.names.entry(flag.to_owned()).or_default().push(name.clone());
            }
        }
        self.all = values.keys().chain(self.names.keys()).cloned().collect();
        self.all.extend(self.known.split_whitespace().chain(self.in_place.split_whitespace()).map(str::to_owned));
        self.values = values;
    }

    /// What the value of this option is; none if it takes none.
    pub fn value(&self, flag: &str) -> Option<Role> {
        self.values.get(flag).copied()
    }

    /// The names that rules know this option by.
    pub fn names(&self, flag: &str) -> &[String] {
        self.names.get(flag).map_or(&[], Vec::as_slice)
    }

    /// Whether the option is known at all.
    pub fn knows(&self, flag: &str) -> bool {
        self.all.contains(flag)
    }

    /// Long options that an abbreviation may stand for.
    pub fn longer<'t>(&'t self, flag: &'t str) -> impl Iterator<Item = &'t String> {
        self.all.iter().filter(move |full| flag.len() > 3 && full.starts_with(flag) && *full != flag)
    }

    /// Whether the operands are written where they are.
    pub fn writes_in_place(&self, flags: &BTreeSet<String>) -> bool {
        self.in_place.split_whitespace().any(|flag| flags.contains(flag))
    }

    /// Whether one of these words says that nothing is done, and no other form of the same option says that it is.
    pub fn is_dry(&self, words: &[Option<&str>], flags: &BTreeSet<String>) -> bool {
        let dry = |word: &str| self.dry.split_whitespace().any(|one| one == word);
        let option = |word: &str| word.split('=').next().unwrap_or_default().replace("--no-", "--");
        let same = |word: &str| self.dry.split_whitespace().any(|one| option(one) == option(word));
        let words: Option<Vec<&str>> = words.iter().copied().collect();
        words.is_some_and(|words| {
            let until = words.iter().position(|word| *word == "--").unwrap_or(words.len());
            words[..until].iter().any(|word| dry(word) && flags.contains(&option(word)))
                && words.iter().all(|word| dry(word) || !same(word))
        })
    }

    /// Whether one of these options takes the place of the operand that is skipped.
    pub fn skips(&self, flags: &BTreeSet<String>) -> usize {
        if self.skip_unless.split_whitespace().any(|flag| flags.contains(flag)) { 0 } else { self.skip }
    }
}

/// A program that runs another.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Wrapper {
    /// Other names of the same thing.
    pub aka: String,
    takes: String,
    flags: String,
    /// Options whose value is a command line for a shell.
    pub shell: String,
    /// Operands before the command.
    pub skip: usize,
    /// Whether assignments may come before the command.
    pub assigns: bool,
    /// Whether the words of the command are joined and given to a shell.
    pub joins: bool,
    /// Whether the wrapper is an action by itself, for rules to judge.
    pub shown: bool,
    /// Whether options may be numbers by themselves, as in `nice -5`.
    pub numbers: bool,
    /// Whether no long option takes a word of its own: whichever it is, the command follows.
    pub glued: bool,
    #[serde(skip)]
    with_value: BTreeSet<String>,
    #[serde(skip)]
    without: BTreeSet<String>,
}

impl Wrapper {
    /// Whether the option takes a value; none if the option is not known.
    pub fn takes(&self, flag: &str) -> Option<bool> {
        if self.with_value.contains(flag) {
            return Some(true);
        }
        self.without.contains(flag).then_some(false)
    }

    /// Whether the value of this option is a command line.
    pub fn is_shell(&self, flag: &str) -> bool {
        self.shell.split_whitespace().any(|known| known == flag)
    }
}

/// A program that runs code which is not shell.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Interpreter {
    /// Other names of the same thing.
    pub aka: String,
    /// Options whose value is code.
    pub code: String,
    /// Options whose value is a module to run.
    pub module: String,
    /// Options with another value.
    pub takes: String,
    /// Options that load more code.
    pub loads: String,
    /// Values of those that load none.
    pub fine: Vec<String>,
    /// Endings of its scripts.
    pub endings: String,
    /// Options that make it not run a script: a syntax check, a version.
    pub harmless: String,
}

/// What a variable does when it is set.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Variables {
    /// Decide what other programs load or run.
    pub opaque: Vec<String>,
    /// Their value is a command.
    pub commands: Vec<String>,
    /// Values that are fine, by variable.
    pub fine: BTreeMap<String, Vec<String>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct File {
    plain: String,
    readers: String,
    outside: String,
    builders: String,
    with_subs: String,
    /// Programs of the ecosystems, by ecosystem: they build, test or check what is in the checkout, whatever their words are.
    checkers: BTreeMap<String, String>,
    /// The same, of which the words say what they do.
    workers: BTreeMap<String, String>,
    tool: BTreeMap<String, Tool>,
    wrap: BTreeMap<String, Wrapper>,
    interpreter: BTreeMap<String, Interpreter>,
    variables: Option<Variables>,
    words: BTreeMap<String, Vec<String>>,
}

/// Everything that is known of programs.
#[derive(Debug, Default)]
pub struct Specs {
    tools: BTreeMap<String, Tool>,
    wrappers: BTreeMap<String, Wrapper>,
    interpreters: BTreeMap<String, Interpreter>,
    /// Variables that matter.
    pub variables: Variables,
    words: BTreeMap<String, Vec<String>>,
    patterns: BTreeMap<String, Patterns>,
}

const SHIPPED: &[(&str, &str)] = &[
    ("files.toml", include_str!("../../specs/files.toml")),
    ("build.toml", include_str!("../../specs/build.toml")),
    ("packages.toml", include_str!("../../specs/packages.toml")),
    ("git.toml", include_str!("../../specs/git.toml")),
    ("outside.toml", include_str!("../../specs/outside.toml")),
    ("wrappers.toml", include_str!("../../specs/wrappers.toml")),
    // Last: who has a place in another file is what it says there.
    ("developer.toml", include_str!("../../specs/developer.toml")),
];

impl Specs {
    /// The shipped ones.
    pub fn shipped() -> &'static Self {
        static SPECS: OnceLock<Specs> = OnceLock::new();
        SPECS.get_or_init(|| {
            let read = Self::read(SHIPPED);
            debug_assert!(read.is_ok(), "{:?}", read.as_ref().err());
            // Without specs no program is known, and all of them are asked for.
            read.unwrap_or_default()
        })
    }

    /// Reads spec files.
    ///
    /// # Errors
    /// The file and what is wrong in it.
    pub fn read(files: &[(&str, &str)]) -> Result<Self, String> {
        let mut specs = Self::default();
        for (name, text) in files {
            let file: File = toml::from_str(text).map_err(|error| format!("{name}: {error}"))?;
            let named = |list: &str, tool: Tool| -> Vec<(String, Tool)> {
                list.split_whitespace().map(|name| (name.to_owned(), tool.clone())).collect()
            };
            let plain = Tool { leaves: Leaves::Named, ..Tool::default() };
            let reader = Tool { leaves: Leaves::Named, operands: Role::Read, ..Tool::default() };
            let mut tools = named(&file.plain, plain);
            tools.extend(named(&file.readers, reader));
            tools.extend(named(&file.outside, Tool::default()));
            let builder = Tool { leaves: Leaves::Builds, builds: true, ..Tool::default() };
            tools.extend(named(&file.builders, builder.clone()));
            for (list, ecosystems) in [("checkers", &file.checkers), ("workers", &file.workers)] {
                for names in ecosystems.values() {
                    let tool = Tool { urls: true, names_places: true, ..builder.clone() };
                    tools.extend(named(names, tool));
                    specs.words.entry(list.to_owned()).or_default().extend(names.split_whitespace().map(str::to_owned));
                }
            }
            tools.extend(named(&file.with_subs, Tool { subs: 1, ..builder }));
            for tool in file.tool.values() {
                tools.extend(named(&tool.aka, tool.clone()));
            }
            for (name, mut tool) in tools {
                tool.index();
                specs.tools.entry(name).or_insert(tool);
            }
            // What has a table of its own is more than a name in a list.
            for (name, mut tool) in file.tool {
                tool.index();
                specs.tools.insert(name, tool);
            }
            for (name, mut wrapper) in file.wrap {
                wrapper.with_value = wrapper.takes.split_whitespace().map(str::to_owned).collect();
                wrapper.with_value.extend(wrapper.shell.split_whitespace().map(str::to_owned));
                wrapper.without = wrapper.flags.split_whitespace().map(str::to_owned).collect();
                for aka in wrapper.aka.split(',').map(str::trim).filter(|aka| !aka.is_empty()) {
                    specs.wrappers.insert(aka.to_owned(), wrapper.clone());
                }
                specs.wrappers.insert(name, wrapper);
            }
            for (name, interpreter) in file.interpreter {
                for aka in interpreter.aka.split_whitespace() {
                    specs.interpreters.insert(aka.to_owned(), interpreter.clone());
                }
                specs.interpreters.insert(name, interpreter);
            }
            if let Some(variables) = file.variables {
                specs.variables = variables;
            }
            specs.words.extend(file.words);
        }
        specs.patterns = specs.words.iter().map(|(name, list)| (name.clone(), list.clone().into())).collect();
        Ok(specs)
    }

    /// A program or subcommand, by its full name.
    pub fn tool(&self, name: &str) -> Option<&Tool> {
        self.tools.get(name)
    }

    /// A wrapper, by its full name.
    pub fn wrapper(&self, name: &str) -> Option<&Wrapper> {
        self.wrappers.get(name)
    }

    /// An interpreter.
    pub fn interpreter(&self, name: &str) -> Option<&Interpreter> {
        // python3.12 is python.
        let plain = name.trim_end_matches(|letter: char| letter.is_ascii_digit() || letter == '.');
        self.interpreters.get(name).or_else(|| self.interpreters.get(plain))
    }

    /// A list of words by its name.
    pub fn words(&self, list: &str) -> &[String] {
        self.words.get(list).map_or(&[], Vec::as_slice)
    }

    /// The same as patterns; none if there is no such list.
    pub fn patterns(&self, list: &str) -> Option<&Patterns> {
        self.patterns.get(list)
    }
}
