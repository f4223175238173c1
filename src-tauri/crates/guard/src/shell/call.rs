//! What a name stands for when it is no function: a builtin of the shell, a wrapper, a shell, an interpreter, a script, a
//! program.

use super::simple::Call;
use super::state::Var;
use super::text::Text;
use super::{Feed, Shell};
use crate::action::{Action, Arg};
use crate::path::Class;

/// The shells whose language is read here, more or less.
pub(crate) const SHELLS: &[&str] = &["sh", "bash", "dash", "ash", "zsh", "ksh", "mksh", "rbash", "bash5", "busybox-sh"];

impl Shell<'_> {
    pub(crate) fn not_a_function(&mut self, name: &str, call: &Call, stdin: &Feed) -> Text {
        // `X=a eval ...`: in force while it runs; whether it stays so depends on the shell.
        if matches!(name, "eval" | "source" | "." | "command" | "builtin" | "trap") {
            for (name, value) in &call.env {
                self.st.set(name, Var::plain(value.clone()));
            }
        }
        let written = self.builtin(name, call, stdin);
        if written.is_some() {
            for (name, _) in &call.env {
                self.st.set(name, Var::unknown());
            }
        }
        written.unwrap_or_else(|| self.program_called(call, stdin))
    }

    /// Runs a command that a wrapper or a shell was told to run: no functions, no aliases.
    pub(crate) fn inner(&mut self, via: &str, argv: Vec<Arg>, env: Vec<(String, Text)>, stdin: &Feed) -> Text {
        if !self.step() || self.via.len() > 16 {
            self.opaque("wrappers in wrappers, too deep");
            return Text::any();
        }
        self.via.push(via.to_owned());
        let call = Call { argv, env };
        let written = if call.argv.first().is_some_and(|arg| arg.known().is_some()) {
            self.program_called(&call, stdin)
        } else if call.argv.is_empty() {
            Text::default()
        } else {
            let words: Vec<String> = call.argv.iter().map(ToString::to_string).collect();
            self.opaque(&format!("which program runs is not known: {}", words.join(" ")));
            self.st.forget_files();
            Text::any()
        };
        self.via.pop();
        written
    }

    fn program_called(&mut self, call: &Call, stdin: &Feed) -> Text {
        let outer = self.given.len();
        self.given.extend(call.env.iter().cloned());
        let written = self.program_with(call, stdin);
        self.given.truncate(outer);
        written
    }

    fn program_with(&mut self, call: &Call, stdin: &Feed) -> Text {
        let Some(full) = call.argv.first().and_then(Arg::known).map(str::to_owned) else { return Text::any() };
        let name = match self.program_name(&full) {
            Program::Named(name) => of_toolchain(&name).map_or(name.clone(), str::to_owned),
            Program::Script => {
                let file = Arg::Lit(full);
                // `npx a/b` takes it from elsewhere; `npx ./a/b` is here.
                let fetches = self.via.last().is_some_and(|via| super::script::FETCHES.contains(&via.as_str()));
                if fetches && !file.head().starts_with(['.', '/']) {
                    self.opaque(&format!("it runs what it fetches: {file}"));
                    self.st.forget_files();
                    return Text::any();
                }
                return match self.language_of(&file) {
                    Some(language) => self.foreign_script(language, &file, &call.argv[1..]),
                    None => self.script_file(&file, &call.argv[1..], stdin),
                };
            }
            Program::Built => "<built>".to_owned(),
        };
        // What any program says of itself, also one that runs others.
        let words: Vec<Option<&str>> = call.argv.iter().skip(1).map(Arg::known).collect();
        let known = self.specs.wrapper(&name).is_some() || self.specs.interpreter(&name).is_some();
        const SAYS: [&str; 12] =
            ["npm", "pnpm", "yarn", "bun", "node", "deno", "tsc", "bundle", "gem", "mvn", "gradle", "cmake"];
        if matches!(words[..], [Some("--version")])
            || SAYS.contains(&&*name) && matches!(words[..], [Some("-v" | "-V")])
            || known && matches!(&*name, "ssh" | "tmux" | "screen") && matches!(words[..], [Some("-V" | "-v")])
        {
            return Text::any();
        }
        if let Some(written) = self.looks(&name, call, stdin) {
            return written;
        }
        if self.framework(&name, &call.argv[1..]).is_some()
            || self.only_asks(&name, &call.argv[1..], stdin).is_some()
            || self.test_database(&name, call, stdin).is_some()
        {
            return Text::any();
        }
        if let Some(call) = self.manager_called(&name, call) {
            return self.program_called(&call, stdin);
        }
        if let Some(written) = self.container(&name, call, stdin) {
            return written;
        }
        if let Some(written) = self.edits(&name, call, stdin) {
            return written;
        }
        if let Some(written) = self.several(&name, call, stdin) {
            return written;
        }
        let words: Vec<&str> = call.argv.iter().skip(1).map_while(Arg::known).take(2).collect();
        let second = words.first().map_or_else(String::new, |word| format!("{name} {word}"));
        let third = if words.len() == 2 { format!("{second} {}", words[1]) } else { String::new() };
        for (taken, key) in [(3, &third), (2, &second), (1, &name)] {
            if let Some(wrapper) = self.specs.wrapper(key) {
                return self.wrapped(wrapper, key, &call.argv[taken..], call, stdin);
            }
        }
        if name.ends_with(".py") && !self.via.is_empty() {
            return self.foreign_script("python", &call.argv[0], &call.argv[1..]);
        }
        if matches!(&*name, "run-s" | "run-p" | "npm-run-all" | "npm-run-all2") {
            // Each word is a script of the project.
            let scripts: Vec<Arg> = call.argv[1..].iter().filter(|arg| !arg.head().starts_with('-')).cloned().collect();
            for script in scripts {
                self.inner(&name, vec![Arg::lit("npm"), Arg::lit("run"), script], Vec::new(), stdin);
            }
            return Text::any();
        }
        if SHELLS.contains(&&*name) {
            return self.shell(&name, call, stdin);
        }
        if name == "find" || name == "fd" || name == "fdfind" {
            return self.find(&name, call, stdin);
        }
        if name == "git" {
            return self.git(call, stdin);
        }
        if let Some(interpreter) = self.specs.interpreter(&name) {
            return self.interpreted(interpreter, &name, call, stdin);
        }
        self.tool(&name, call, stdin)
    }

    /// What a word in the place of a command names.
    fn program_name(&mut self, full: &str) -> Program {
        let base = full.rsplit('/').next().unwrap_or(full);
        if !full.contains('/') || full.starts_with('@') {
            return Program::Named(full.to_owned());
        }
        let place = self.place(&Arg::Lit(full.to_owned()));
        let written = place.path.as_ref().is_some_and(|path| self.st.written(path).is_some());
        if written {
            return Program::Script;
        }
        let own = !self.st.any_written;
        // What this very line compiled.
        if own && place.path.as_ref().is_some_and(|path| self.made.contains(path)) {
            return Program::Built;
        }
        let inside = place.inside.clone().unwrap_or_default();
        // The installed tools of a project, where it did not just write them.
        let installed = ["node_modules/.bin/", ".venv/bin/", "venv/bin/", "vendor/bin/", "env/bin/"];
        if installed.iter().any(|folder| full.contains(folder)) && place.inside.is_some() {
            return if own { Program::Named(base.to_owned()) } else { Program::Script };
        }
        if matches!(
            base,
            "gradlew"
                | "mvnw"
                | "mill"
                | "millw"
                | "waf"
                | "sbt"
                | "sbtx"
                | "bazelisk"
                | "amper"
                | "godelw"
                | "pants"
                | "b2"
        ) && place.inside.as_deref() == Some(base)
            && own
            || matches!(base, "gradlew" | "mvnw") && place.inside.is_some()
        {
            return Program::Named(base.to_owned());
        }
        let mine = [Class::Checkout, Class::Artefact, Class::Tmp, Class::OtherCheckout, Class::Agent];
        if place.classes.len() != 1 || place.classes.iter().any(|class| mine.contains(class)) {
            let built = ["target/debug/", "target/release/", "build/", "dist/", "out/", "bin/", "_build/", "zig-out/"];
            let made = built.iter().any(|folder| inside.starts_with(folder)) && !base.contains('.');
            return if made && place.classes.iter().all(|class| *class == Class::Artefact) && own {
                Program::Built
            } else {
                Program::Script
            };
        }
        Program::Named(base.to_owned())
    }

    /// What names a program that is shown to rules although it runs another.
    pub(crate) fn shown_run(&mut self, name: &str, argv: &[Arg]) {
        let run = crate::action::Run {
            argv: argv.to_vec(),
            name: name.split(' ').map(str::to_owned).collect(),
            operands: argv.get(1..).unwrap_or_default().to_vec(),
            via: self.via.clone(),
            ..crate::action::Run::default()
        };
        self.emit(Action::Run(run));
    }
}

/// `arm-none-eabi-size` is `size` of another machine, and `clang-17` is `clang`.
fn of_toolchain(name: &str) -> Option<&str> {
    const BINARY: [&str; 17] = [
        "gcc",
        "g++",
        "cc",
        "c++",
        "cpp",
        "ld",
        "ar",
        "as",
        "nm",
        "objdump",
        "readelf",
        "size",
        "strip",
        "strings",
        "ranlib",
        "addr2line",
        "gcov",
    ];
    const VERSIONED: [&str; 14] = [
        "gcc",
        "g++",
        "clang",
        "clang++",
        "clang-format",
        "clang-tidy",
        "llvm-cov",
        "llvm-profdata",
        "gcov",
        "cpp",
        "ld.lld",
        "lld",
        "opt",
        "llc",
    ];
    let (head, tail) = name.rsplit_once('-')?;
    if tail.chars().all(|letter| letter.is_ascii_digit() || letter == '.') {
        return VERSIONED.contains(&head).then_some(head).or_else(|| of_toolchain(head));
    }
    let machine = matches!(head, "llvm" | "avr" | "msp430" | "xtensa")
        || head.split('-').count() >= 2
            && head.split('-').all(|part| {
                !part.is_empty() && part.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
            });
    BINARY.iter().find(|one| **one == tail).filter(|_| machine).copied()
}

enum Program {
    Named(String),
    Script,
    Built,
}
