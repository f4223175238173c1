//! What is known of a shell between two commands: variables, functions, aliases, folder, files written. Cheap to copy; where
//! two ways meet, what differs is not known any more.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use brush_parser::ast::FunctionBody;

use super::text::Text;

/// A variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Var {
    /// One for a plain variable, several for an array.
    pub(crate) items: Vec<Text>,
    pub(crate) array: bool,
}

impl Var {
    pub(crate) fn plain(text: Text) -> Self {
        Self { items: vec![text], array: false }
    }

    pub(crate) fn is_number(&self) -> bool {
        !self.array && self.items.len() == 1 && self.items[0].is_number()
    }

    pub(crate) fn unknown() -> Self {
        Self::plain(Text::any())
    }
}

/// A function: every body it may have, and whether it may not be there at all.
#[derive(Clone, Debug)]
pub(crate) struct Function {
    pub(crate) bodies: Vec<Rc<FunctionBody>>,
    pub(crate) maybe_none: bool,
}

/// The state of a shell.
#[derive(Clone, Debug)]
pub(crate) struct State {
    pub(crate) vars: Rc<BTreeMap<String, Var>>,
    pub(crate) exported: Rc<BTreeSet<String>>,
    pub(crate) functions: Rc<BTreeMap<String, Function>>,
    pub(crate) aliases: Rc<BTreeMap<String, Option<String>>>,
    /// `$1` and on; none if they are not known.
    pub(crate) positional: Option<Rc<Vec<Text>>>,
    pub(crate) cwd: Option<PathBuf>,
    /// Where a `cd` that may have failed would have left it.
    pub(crate) cwd_before: Option<PathBuf>,
    /// Content of files written by this very line; any text where it is not known.
    pub(crate) files: Rc<BTreeMap<PathBuf, Text>>,
    /// Folders in which this line put files that it does not name.
    pub(crate) trees: Rc<BTreeSet<PathBuf>>,
    /// Folders that this line made.
    pub(crate) folders: Rc<BTreeSet<PathBuf>>,
    /// Whether files not written here are still as they are on disk.
    pub(crate) disk_is_true: bool,
    /// Whether this line may have written any file, whatever its name: then no script is known to be the checkout's own.
    pub(crate) any_written: bool,
    /// Whether a file that says what builds do may have been written.
    pub(crate) builds_touched: bool,
    /// Whether descriptors were moved so that output is not where it seems.
    pub(crate) odd_descriptors: bool,
    /// Ended by `exit` or `return`; such a way does not meet the others.
    pub(crate) dead: bool,
    /// `set -e`.
    pub(crate) errexit: bool,
}

impl State {
    pub(crate) fn new(cwd: PathBuf) -> Self {
        Self {
            vars: Rc::default(),
            exported: Rc::default(),
            functions: Rc::default(),
            aliases: Rc::default(),
            positional: None,
            cwd: Some(cwd),
            cwd_before: None,
            files: Rc::default(),
            trees: Rc::default(),
            folders: Rc::default(),
            disk_is_true: true,
            any_written: false,
            builds_touched: false,
            odd_descriptors: false,
            dead: false,
            errexit: false,
        }
    }

    pub(crate) fn set(&mut self, name: &str, var: Var) {
        Rc::make_mut(&mut self.vars).insert(name.to_owned(), var);
    }

    /// A file written here has this content now.
    pub(crate) fn wrote(&mut self, path: PathBuf, text: Text) {
        Rc::make_mut(&mut self.files).insert(path, text);
    }

    /// Files below this folder are of this line, whatever they are called.
    pub(crate) fn wrote_below(&mut self, folder: PathBuf) {
        Rc::make_mut(&mut self.trees).insert(folder);
    }

    /// What this line wrote there; none if it did not.
    pub(crate) fn written(&self, path: &Path) -> Option<Text> {
        let below = || self.trees.iter().any(|folder| path.starts_with(folder));
        self.files.get(path).cloned().or_else(|| below().then(Text::any))
    }

    /// Whether this line wrote anything in there.
    pub(crate) fn wrote_in(&self, folder: &Path) -> bool {
        self.files.keys().any(|file| file.starts_with(folder))
            || self.trees.iter().any(|tree| tree.starts_with(folder) || folder.starts_with(tree))
    }

    /// What the checkout's own programs make: what this line wrote may be written over.
    pub(crate) fn built(&mut self) {
        if !self.files.is_empty() {
            Rc::make_mut(&mut self.files).values_mut().for_each(|text| *text = Text::any());
        }
    }

    /// Other files of the same repository stand there now.
    pub(crate) fn swapped(&mut self) {
        self.disk_is_true = false;
        self.built();
    }

    /// A command ran that may have written anything: nothing is known of any file.
    pub(crate) fn forget_files(&mut self) {
        self.any_written = true;
        self.swapped();
    }

    /// What was only done in a subshell is undone, but files stay written.
    pub(crate) fn back_to(&mut self, before: Self) {
        let inner = std::mem::replace(self, before);
        self.files = inner.files;
        self.trees = inner.trees;
        self.folders = inner.folders;
        self.any_written |= inner.any_written;
        self.disk_is_true &= inner.disk_is_true;
        self.builds_touched |= inner.builds_touched;
        self.odd_descriptors |= inner.odd_descriptors;
    }

    /// Where two ways meet.
    pub(crate) fn meet(&mut self, other: &Self) {
        if other.dead {
            return;
        }
        if self.dead {
            let odd = self.odd_descriptors;
            *self = other.clone();
            self.odd_descriptors |= odd;
            return;
        }
        if !Rc::ptr_eq(&self.vars, &other.vars) {
            let names: BTreeSet<&String> = self.vars.keys().chain(other.vars.keys()).collect();
            let differ = |name: &&String| self.vars.get(*name) != other.vars.get(*name);
            let differ: Vec<String> = names.into_iter().filter(differ).cloned().collect();
            for name in differ {
                // Two numbers are a number, whichever it is.
                let number = |vars: &BTreeMap<String, Var>| vars.get(&name).is_some_and(Var::is_number);
                let both = number(&self.vars) && number(&other.vars);
                self.set(&name, if both { Var::plain(Text::number()) } else { Var::unknown() });
            }
        }
        if self.exported != other.exported {
            Rc::make_mut(&mut self.exported).retain(|name| other.exported.contains(name));
        }
        if !Rc::ptr_eq(&self.functions, &other.functions) {
            let functions = Rc::make_mut(&mut self.functions);
            for (name, function) in functions.iter_mut() {
                function.maybe_none |= !other.functions.contains_key(name);
            }
            for (name, theirs) in other.functions.iter() {
                match functions.get_mut(name) {
                    Some(ours) => ours.take_in(theirs),
                    None => {
                        functions.insert(name.clone(), Function { maybe_none: true, ..theirs.clone() });
                    }
                }
            }
        }
        if !Rc::ptr_eq(&self.aliases, &other.aliases) {
            let aliases = Rc::make_mut(&mut self.aliases);
            for (name, text) in other.aliases.iter() {
                let ours = aliases.entry(name.clone()).or_insert_with(|| text.clone());
                if ours != text {
                    *ours = None;
                }
            }
        }
        if !Rc::ptr_eq(&self.files, &other.files) {
            let files = Rc::make_mut(&mut self.files);
            for (path, text) in files.iter_mut() {
                if other.files.get(path) != Some(text) {
                    *text = Text::any();
                }
            }
            for path in other.files.keys() {
                files.entry(path.clone()).or_insert_with(Text::any);
            }
        }
        if !Rc::ptr_eq(&self.trees, &other.trees) {
            Rc::make_mut(&mut self.trees).extend(other.trees.iter().cloned());
        }
        self.any_written |= other.any_written;
        if !Rc::ptr_eq(&self.folders, &other.folders) {
            Rc::make_mut(&mut self.folders).retain(|folder| other.folders.contains(folder));
        }
        if self.positional != other.positional {
            self.positional = None;
        }
        if self.cwd != other.cwd {
            self.cwd = None;
        }
        if self.cwd_before.is_none() {
            self.cwd_before.clone_from(&other.cwd_before);
        }
        self.disk_is_true &= other.disk_is_true;
        self.builds_touched |= other.builds_touched;
        self.odd_descriptors |= other.odd_descriptors;
        self.errexit &= other.errexit;
    }
}

impl Function {
    pub(crate) fn take_in(&mut self, other: &Self) {
        self.maybe_none |= other.maybe_none;
        for body in &other.bodies {
            if !self.bodies.iter().any(|ours| Rc::ptr_eq(ours, body)) {
                self.bodies.push(body.clone());
            }
        }
    }
}
