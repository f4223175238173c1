//! Programs that build: which file they build by, where that is another than the one that is there by itself, and which program comes
//! out. That they run what the checkout says is by design; rules and specs say which programs those are.

use super::simple::Call;
use super::tool::Parsed;
use super::{Feed, Shell};
use crate::action::{Action, Arg};
use crate::path::Class;

/// Options that name what is built by.
const RECIPES: [&str; 17] = [
    "-f",
    "--file",
    "--makefile",
    "-b",
    "--buildfile",
    "--build-file",
    "-I",
    "--init-script",
    "-P",
    "--justfile",
    "--taskfile",
    "--rakefile",
    "--noxfile",
    "-c",
    "--settings-file",
    "--projectfile",
    "-t",
];
/// Programs of which those options mean that.
const MAKERS: [&str; 26] = [
    "make", "gmake", "bmake", "ninja", "samu", "just", "rake", "ant", "gradle", "gradlew", "mvn", "mvnw", "task",
    "invoke", "inv", "tox", "nox", "doit", "scons", "cmake", "mage", "xmake", "psake", "waf", "earthly", "msbuild",
];

impl Shell<'_> {
    /// What builds leaves its traces where it stands.
    pub(super) fn built_here(&mut self) {
        let here = self.place(&Arg::lit("."));
        if here.classes.len() == 1
            && here.classes.iter().all(|class| matches!(class, Class::OtherCheckout | Class::System | Class::Home))
        {
            self.emit(Action::Write { place: here, change: None, lines: None });
        }
    }

    /// A recipe that is read from a pipe, or from what this very line wrote, is as unknown as any such program.
    pub(super) fn built_by(&mut self, name: &str, parsed: &Parsed<'_>, stdin: &Feed) {
        // What is compiled and run at once is as unknown as any program, where this line wrote it.
        let at_once =
            matches!(name, "java" | "swift") || name == "go" && parsed.name.get(1).is_some_and(|sub| sub == "run");
        let runs =
            at_once || parsed.operands.first().and_then(Arg::known).is_some_and(|word| word == "run" || word == "r");
        if runs && matches!(name, "go" | "java" | "zig" | "dotnet" | "crystal" | "nim" | "swift" | "v" | "odin") {
            let written = parsed
                .operands
                .iter()
                .find(|operand| self.path_of(operand).is_some_and(|path| self.st.written(&path).is_some()))
                .cloned();
            if let Some(file) = written {
                self.opaque(&format!("{name} runs what this very line wrote: {file}"));
            }
        }
        if !MAKERS.contains(&name) {
            return;
        }
        let of_make = matches!(name, "make" | "gmake" | "bmake");
        for (flag, _, value) in &parsed.values {
            // `-I` and `-t` of make, `-c` and `-t` of others: folders and targets.
            let other =
                matches!((name, flag.as_str()), ("cmake", "-t" | "-c" | "-I" | "-b") | ("ninja" | "samu", "-t"))
                    || of_make && matches!(flag.as_str(), "-t" | "-b" | "-P" | "-c" | "-I");
            if other || !RECIPES.contains(&flag.as_str()) {
                continue;
            }
            if matches!(value.known(), Some("-" | "/dev/stdin" | "/dev/fd/0" | "/proc/self/fd/0")) {
                let from = match stdin {
                    Feed::From(_, from) => from.clone(),
                    Feed::Nothing => "what it reads".to_owned(),
                };
                self.emit(Action::PipeTo { interpreter: name.to_owned(), from });
            } else if self.place(value).path.is_none_or(|path| self.st.written(&path).is_some()) {
                self.opaque(&format!(
                    "{name} builds by a file that this very line wrote, or that is not known: {value}"
                ));
            }
        }
    }

    /// What builds runs what it finds, by design where that is the checkout; an option can make it find something else.
    pub(super) fn built_elsewhere(&mut self, name: &str, call: &Call) {
        const SHORT: [&str; 2] = ["-C", "-f"];
        const LONG: [&str; 14] = [
            "--manifest-path",
            "--cwd",
            "--dir",
            "--directory",
            "--project",
            "--config",
            "--file",
            "--makefile",
            "--rootdir",
            "--root",
            "--require",
            "--rcfile",
            "--init-script",
            "--project-dir",
        ];
        let manager = matches!(name, "npm" | "pnpm" | "yarn" | "bun" | "npx");
        let words: Vec<&Arg> = call.argv.iter().skip(1).collect();
        for (at, word) in words.iter().enumerate() {
            let Some(word) = word.known() else { continue };
            let (flag, attached) = word.split_once('=').map_or((word, None), |(flag, value)| (flag, Some(value)));
            // Of who builds by no file it is what is made.
            let made = flag == "--file" && !MAKERS.contains(&name);
            let named = LONG.contains(&flag) && !made
                || (manager && flag == "--prefix")
                || (name == "cargo" && flag == "--path");
            let value = match attached {
                Some(value) if named => Arg::lit(value),
                None if named || SHORT.contains(&flag) => match words.get(at + 1) {
                    Some(value) => (*value).clone(),
                    None => continue,
                },
                _ => continue,
            };
            let place = self.place(&value);
            // A short option means many things; only what is clearly a path somewhere else counts for it.
            let path = value.known().is_some_and(|value| value.starts_with(['/', '~']) || value.contains(".."));
            let ours = |class: &Class| matches!(class, Class::Checkout | Class::Artefact | Class::Agent);
            if path && !place.classes.iter().all(ours) {
                self.opaque(&format!("{name} builds by what lies outside of the checkout: {value}"));
                return;
            }
        }
    }

    /// Remembers the program that a compiler makes.
    pub(super) fn compiled(&mut self, name: &str, call: &Call) {
        let compilers = [
            "gcc",
            "g++",
            "cc",
            "c++",
            "clang",
            "clang++",
            "rustc",
            "ghc",
            "gfortran",
            "go",
            "nim",
            "dmd",
            "ocamlfind",
            "nvcc",
            "hipcc",
            "dart",
            "ldc2",
            "gdc",
            "fpc",
            "swiftc",
            "mlton",
            "ocamlopt",
            "ocamlc",
            "gnatmake",
            "flang",
            "ifx",
            "icx",
            "tcc",
            "crystal",
            "deno",
        ];
        if !compilers.contains(&name) || self.st.any_written {
            return;
        }
        let words: Vec<&Arg> = call.argv.iter().skip(1).collect();
        let named = words.windows(2).find(|pair| pair[0].known() == Some("-o")).map(|pair| pair[1].clone());
        let source = words.iter().find_map(|word| word.known()?.strip_suffix(".rs"));
        let program = match (named, source) {
            (Some(program), _) => program,
            (None, Some(stem)) if name == "rustc" => Arg::lit(stem.rsplit('/').next().unwrap_or(stem)),
            (None, _) if matches!(name, "gcc" | "g++" | "cc" | "c++" | "clang" | "clang++") => Arg::lit("a.out"),
            _ => return,
        };
        let place = self.place(&program);
        let ours = |class: &Class| matches!(class, Class::Checkout | Class::Artefact | Class::Tmp);
        if place.classes.iter().all(ours) {
            self.made.extend(place.path);
        }
    }
}
