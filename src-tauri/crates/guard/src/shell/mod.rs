//! The normaliser: an abstract interpreter for shell that runs nothing. It follows variables, functions, quotes, wrappers,
//! files just written and text fed to shells, and says which actions a line would come to. What it cannot follow it says, too.

mod arith;
mod bound;
mod brace;
mod builds;
mod builtin;
mod call;
mod containers;
mod copied;
mod databases;
mod declare;
mod editor;
mod environment;
mod expand;
mod fed;
mod find;
mod frameworks;
mod git;
mod inline;
mod link;
mod list;
mod looks;
mod named;
mod oneliner;
mod opens;
mod origins;
mod output;
mod parse;
mod pieces;
mod plain;
mod pwsh;
mod queries;
mod redirect;
mod runners;
mod scan;
mod script;
mod simple;
mod snippet;
mod sqlite;
mod state;
mod text;
mod tool;
mod walk;
mod word;
mod wrapper;

use std::path::PathBuf;

use crate::action::{Action, Arg};
use crate::path::{self, Place, Scene};
use crate::spec::Specs;
use crate::world::World;
use state::State;
use text::Text;

/// How many commands one line may come to before it counts as opaque.
const FUEL: usize = 3000;
/// How deep scripts may call scripts.
const DEEPEST: usize = 24;

/// What a command reads from its standard input.
#[derive(Clone, Debug)]
pub(crate) enum Feed {
    /// Nothing that this line gives it.
    Nothing,
    /// This text, and where it comes from.
    From(Text, String),
}

/// The interpreter.
pub(crate) struct Shell<'a> {
    pub(crate) st: State,
    pub(crate) out: Vec<Action>,
    pub(crate) scene: &'a Scene,
    pub(crate) world: &'a dyn World,
    pub(crate) specs: &'a Specs,
    via: Vec<String>,
    depth: usize,
    fuel: usize,
    /// Every name assigned so far, in order, and whether to a number.
    assigned: Vec<(String, bool)>,
    /// How many `break`, `continue` and `return` were met.
    jumps: usize,
    substitutions: usize,
    traps: Vec<String>,
    /// Programs that this line compiled.
    made: std::collections::BTreeSet<std::path::PathBuf>,
    /// What is set for the programs that are being gone through, the outermost first.
    given: Vec<(String, Text)>,
    /// Whether what the next program shows is only looked through for a name.
    looked_for: bool,
    /// Links that this line made: what lies below is elsewhere.
    linked: Vec<PathBuf>,
    /// Where the folders of the scene lead.
    roots: path::Roots,
}

/// The actions that a command line comes to, in order.
pub(crate) fn actions(line: &str, scene: &Scene, world: &dyn World, specs: &Specs) -> Vec<Action> {
    let cwd = path::follow(&scene.cwd, world);
    let mut shell = Shell {
        st: State::new(cwd),
        out: Vec::new(),
        scene,
        world,
        specs,
        via: Vec::new(),
        depth: 0,
        fuel: FUEL,
        assigned: Vec::new(),
        jumps: 0,
        substitutions: 0,
        traps: Vec::new(),
        made: std::collections::BTreeSet::new(),
        given: Vec::new(),
        looked_for: false,
        linked: Vec::new(),
        roots: path::Roots::of(scene, world),
    };
    shell.script(line, &Feed::Nothing);
    for trap in std::mem::take(&mut shell.traps) {
        shell.st.dead = false;
        shell.script(&trap, &Feed::Nothing);
    }
    shell.out
}

impl Shell<'_> {
    /// Reads a script and goes through it in the state there is; gives back what it writes to its standard output.
    pub(crate) fn script(&mut self, text: &str, stdin: &Feed) -> Text {
        if self.depth >= DEEPEST {
            self.opaque("scripts in scripts, too deep");
            return Text::any();
        }
        match parse::script(text) {
            Ok(program) => {
                self.depth += 1;
                let written = self.program(&program, stdin);
                self.depth -= 1;
                written
            }
            Err(why) => {
                self.opaque(&format!("{why}: {}", brief(text)));
                Text::any()
            }
        }
    }

    pub(crate) fn emit(&mut self, action: Action) {
        // The same thing twice says nothing new.
        if !self.out.contains(&action) {
            self.out.push(action);
        }
    }

    pub(crate) fn opaque(&mut self, why: &str) {
        self.emit(Action::Opaque { reason: why.to_owned() });
    }

    /// Takes one step; false when too many were taken.
    pub(crate) fn step(&mut self) -> bool {
        if self.fuel == 0 {
            self.opaque("it comes to too many commands");
            return false;
        }
        self.fuel -= 1;
        true
    }

    pub(crate) fn place(&self, arg: &Arg) -> Place {
        let place = path::place(arg, self.st.cwd.as_deref(), &self.roots, self.world);
        let below = |link: &PathBuf| place.path.as_ref().is_some_and(|path| path != link && path.starts_with(link));
        if self.linked.iter().any(below) { path::unknown(place.shown) } else { place }
    }

    /// Where a known word leads as a path, links followed.
    pub(crate) fn path_of(&self, arg: &Arg) -> Option<PathBuf> {
        match arg {
            Arg::Lit(_) => self.place(arg).path,
            Arg::Glob(_) | Arg::Unknown { .. } => None,
        }
    }

    /// Runs something in a copy of the shell, as brackets and pipes do.
    pub(crate) fn subshell<T>(&mut self, run: impl FnOnce(&mut Self) -> T) -> T {
        let before = self.st.clone();
        let jumps = self.jumps;
        let done = run(self);
        self.st.back_to(before);
        self.jumps = jumps;
        done
    }
}

/// The beginning of a text, for a reason.
pub(crate) fn brief(text: &str) -> String {
    let line = text.trim().lines().next().unwrap_or_default();
    let mut short: String = line.chars().take(60).collect();
    if short.len() < text.trim().len() {
        short.push('…');
    }
    short
}
