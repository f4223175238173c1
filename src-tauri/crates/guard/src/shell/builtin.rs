//! The builtins of bash: what each does to the state, and which of them run something.

use std::rc::Rc;

use super::simple::Call;
use super::state::Var;
use super::text::{Bit, Text};
use super::{Feed, Shell};
use crate::action::{Action, Arg};
use crate::path::Class;
use crate::world::Stands;

impl Shell<'_> {
    /// Runs a builtin; none if it is none.
    pub(crate) fn builtin(&mut self, name: &str, call: &Call, stdin: &Feed) -> Option<Text> {
        let args = &call.argv[1..];
        let nothing = Text::default();
        Some(match name {
            ":" | "true" | "false" | "wait" | "jobs" | "fg" | "bg" | "disown" | "times" | "ulimit" | "umask"
            | "help" | "suspend" | "logout" | "caller" | "dirs" | "popd" | "type" => {
                if name == "umask" || name == "wait" && args.iter().any(|arg| arg.known() == Some("-p")) {
                    self.names_evaluated(args);
                }
                if name == "popd" {
                    self.st.cwd = None;
                }
                nothing
            }
            "exit" => {
                self.st.dead = !self.st.functions.contains_key("exit") && self.st.aliases.is_empty();
                nothing
            }
            "return" | "break" | "continue" => {
                self.jumps += 1;
                self.st.dead = true;
                nothing
            }
            "echo" => echo(args),
            "printf" => self.printf(args),
            "pwd" => {
                let mut text = self.cwd_text();
                text.append_str("\n");
                text
            }
            "cd" | "pushd" => {
                self.cd(args);
                nothing
            }
            "export" | "declare" | "typeset" | "local" | "readonly" => {
                self.declared(name, args);
                nothing
            }
            "unset" => {
                self.unset(args);
                nothing
            }
            "set" => {
                if args.is_empty() {
                    self.environment_shown();
                }
                self.set_options(args);
                nothing
            }
            "shift" => {
                let by = args.first().map_or(Some(1), |arg| arg.known()?.parse::<usize>().ok());
                let left = self.st.positional.as_ref().zip(by).map(|(all, by)| all.iter().skip(by).cloned().collect());
                self.st.positional = left.map(|left: Vec<Text>| Rc::new(left));
                nothing
            }
            "eval" => {
                let args = if args.first().and_then(Arg::known) == Some("--") { &args[1..] } else { args };
                let words: Option<Vec<&str>> = args.iter().map(Arg::known).collect();
                match words {
                    Some(words) => {
                        let line = words.join(" ");
                        return Some(self.script(&line, stdin));
                    }
                    None => {
                        let shown: Vec<String> = args.iter().map(ToString::to_string).collect();
                        self.opaque(&format!("eval of what is not known: {}", shown.join(" ")));
                        self.st.forget_files();
                        Text::any()
                    }
                }
            }
            "exec" => {
                let start = args.iter().position(|arg| !matches!(arg.known(), Some("-c" | "-l" | "-cl")));
                match start {
                    Some(at) if args[at].known() == Some("-a") => {
                        self.inner("exec", args.get(at + 2..).unwrap_or_default().to_vec(), call.env.clone(), stdin)
                    }
                    Some(at) => self.inner("exec", args[at..].to_vec(), call.env.clone(), stdin),
                    None => {
                        // Its redirections stay: output may turn up anywhere.
                        self.st.odd_descriptors = true;
                        nothing
                    }
                }
            }
            "source" | "." => {
                let args = if args.first().and_then(Arg::known) == Some("--") { &args[1..] } else { args };
                let Some(file) = args.first().cloned() else { return Some(nothing) };
                let positional = self.st.positional.clone();
                if args.len() > 1 {
                    self.st.positional = Some(Rc::new(args[1..].iter().map(Text::of).collect()));
                }
                let jumps = self.jumps;
                let written = self.sourced(&file, stdin);
                self.jumps = jumps;
                self.st.dead = false;
                self.st.positional = positional;
                written
            }
            "command" | "builtin" => {
                let start = args.iter().position(|arg| !matches!(arg.known(), Some("-p" | "--")));
                let rest = start.map_or(&[][..], |at| &args[at..]);
                match rest.first().map(|arg| arg.known().unwrap_or_default().to_owned()) {
                    Some(option) if option == "-v" || option == "-V" => found_at(rest.get(1)),
                    Some(option) if option.starts_with('-') => {
                        self.opaque(&format!("{name} has an option that is not known here: {option}"));
                        Text::any()
                    }
                    Some(_) => {
                        let inner = Call { argv: rest.to_vec(), env: call.env.clone() };
                        match rest[0].known().map(str::to_owned) {
                            Some(program) => self.not_a_function(&program, &inner, stdin),
                            None => self.call(inner, &[], stdin),
                        }
                    }
                    None => nothing,
                }
            }
            "trap" => {
                self.trap(args);
                nothing
            }
            "alias" => {
                for arg in args {
                    match arg.known().map(|text| text.split_once('=')) {
                        Some(Some((alias, text))) => {
                            let (alias, text) = (alias.to_owned(), text.to_owned());
                            Rc::make_mut(&mut self.st.aliases).insert(alias, Some(text));
                        }
                        Some(None) => {}
                        None => self.opaque("an alias that is not known"),
                    }
                }
                nothing
            }
            "unalias" => nothing,
            "shopt" => {
                if args.iter().any(|arg| matches!(arg.known(), None | Some("lastpipe" | "extdebug" | "xpg_echo"))) {
                    self.opaque("shopt changes how commands run");
                }
                nothing
            }
            "read" | "mapfile" | "readarray" | "getopts" => {
                self.read_names(name, args, stdin);
                nothing
            }
            "let" => {
                for arg in args {
                    match arg.known().map(str::to_owned) {
                        Some(text) => self.arith(&text),
                        None => self.opaque("arithmetic on what is not known"),
                    }
                }
                nothing
            }
            "test" | "[" => {
                let named = args.iter().position(|arg| matches!(arg.known(), Some("-v" | "-R")));
                if let Some(at) = named {
                    self.names_evaluated(&args[at..]);
                }
                nothing
            }
            "hash" | "enable" | "bind" | "complete" | "compgen" | "compopt" | "fc" | "history" | "select" => {
                let harmless = name == "hash"
                    && args.iter().all(|arg| arg.known().is_some_and(|word| word == "-r" || !word.starts_with('-')));
                if !harmless {
                    self.opaque(&format!("{name} changes what commands mean"));
                }
                nothing
            }
            _ => return None,
        })
    }

    /// Names with a subscript are evaluated by the builtin that gets them.
    pub(crate) fn names_evaluated(&mut self, args: &[Arg]) {
        for arg in args {
            self.evaluated_later(&Text::of(arg), "a name");
        }
    }

    fn read_names(&mut self, name: &str, args: &[Arg], stdin: &Feed) {
        self.names_evaluated(args);
        if name == "mapfile" && args.iter().any(|arg| arg.known() == Some("-C")) {
            self.opaque("mapfile -C runs commands");
        }
        // One name takes the whole line, and a line of a list of files is a file.
        let names = args.iter().filter_map(Arg::known).filter(|word| super::wrapper::is_name(word)).count();
        let line = match stdin {
            Feed::From(text, _) if name == "read" && names == 1 => {
                text.file_pattern().map_or_else(Text::any, Text::files)
            }
            // The one line that is known.
            Feed::From(text, _) if names == 1 => {
                let known = text.known().filter(|text| name == "read" && text.trim_end().lines().count() == 1);
                known.map_or_else(Text::any, |line| Text::lit(line.trim()))
            }
            _ => Text::any(),
        };
        // All lines of a list of files are files.
        let many = matches!(name, "mapfile" | "readarray") && names == 1;
        let line = match stdin {
            Feed::From(text, _) if many => text.file_pattern().map_or_else(Text::any, Text::files),
            _ => line,
        };
        for arg in args {
            match arg.known().map(str::to_owned) {
                Some(name) if super::wrapper::is_name(&name) => {
                    self.assign(&name, Var { items: vec![line.clone()], array: many })
                }
                Some(_) => {}
                None => self.opaque("which variable is read is not known"),
            }
        }
        for name in ["REPLY", "MAPFILE"] {
            self.st.set(name, Var::unknown());
        }
        if name == "getopts" {
            self.st.set("OPTARG", Var::unknown());
        }
    }

    fn unset(&mut self, args: &[Arg]) {
        self.names_evaluated(args);
        for arg in args {
            match arg.known().map(str::to_owned) {
                Some(name) => {
                    // Both readings of a function live on; a variable may come from outside again.
                    if let Some(function) = Rc::make_mut(&mut self.st.functions).get_mut(&name) {
                        function.maybe_none = true;
                    }
                    self.assigned.push((name.clone(), false));
                    Rc::make_mut(&mut self.st.vars).insert(name, Var::unknown());
                }
                None => self.opaque("what is unset is not known"),
            }
        }
    }

    fn set_options(&mut self, args: &[Arg]) {
        let mut at = 0;
        while let Some(arg) = args.get(at) {
            match arg.known() {
                Some("--" | "-") => {
                    at += 1;
                    break;
                }
                Some("-o" | "+o") => {
                    match args.get(at + 1).and_then(Arg::known) {
                        Some("errexit") => self.st.errexit = arg.known() == Some("-o"),
                        Some("allexport") => self.opaque("set -o allexport"),
                        _ => {}
                    }
                    at += 2;
                    if at >= args.len() {
                        return;
                    }
                }
                Some(word) if word.len() > 1 && word.starts_with(['-', '+']) => {
                    let on = word.starts_with('-');
                    if word.contains('e') {
                        self.st.errexit = on;
                    }
                    if word.contains('a') && on {
                        self.opaque("set -a exports all variables");
                    }
                    // `set -euo pipefail` takes a word.
                    at += if word.ends_with('o') { 2 } else { 1 };
                    if at >= args.len() {
                        return;
                    }
                }
                _ => break,
            }
        }
        if args.is_empty() {
            return;
        }
        let rest = args.get(at..).unwrap_or_default();
        let many = rest.iter().any(|arg| matches!(arg, Arg::Unknown { many: true, .. } | Arg::Glob(_)));
        self.st.positional = (!many).then(|| Rc::new(rest.iter().map(Text::of).collect()));
    }

    fn cd(&mut self, args: &[Arg]) {
        let plain = |arg: &&Arg| !matches!(arg.known(), Some("-P" | "-L" | "-e" | "--"));
        let to = args.iter().find(plain).cloned();
        if self.st.vars.contains_key("CDPATH") {
            self.st.cwd = None;
            return;
        }
        let to = match to {
            None => Text::of(
                &self.lookup("HOME", None).and_then(|all| all.first().map(Text::arg)).unwrap_or(Arg::unknown("HOME")),
            ),
            Some(arg) => Text::of(&arg),
        };
        let before = self.st.cwd.clone();
        let path = to.known().filter(|to| to != "-").and_then(|to| self.path_of(&Arg::Lit(to)));
        let made = |path: &std::path::PathBuf| self.st.folders.contains(path) && self.st.written(path).is_none();
        let is_there = path.as_ref().is_some_and(|path| self.world.stands(path) == Stands::Folder || made(path));
        if path.is_some() {
            let place = self.place(&Arg::lit(to.known().unwrap_or_default()));
            if place.classes.iter().all(|class| matches!(class, Class::OtherCheckout | Class::Secrets)) {
                self.emit(Action::Read { place });
            }
        }
        self.st.cwd = path;
        // It may fail, and then what follows runs where it ran before.
        self.st.cwd_before = if is_there { None } else { before };
    }

    fn trap(&mut self, args: &[Arg]) {
        let args = if args.first().and_then(Arg::known) == Some("--") { &args[1..] } else { args };
        match args.first().map(|arg| arg.known().map(str::to_owned)) {
            None => {}
            Some(None) => self.opaque("a trap that is not known"),
            Some(Some(text)) if text == "-" || text == "-p" || text == "-l" || text.is_empty() => {}
            Some(Some(text)) => {
                let only_at_the_end = args[1..].iter().all(|signal| matches!(signal.known(), Some("EXIT" | "0")));
                if !only_at_the_end
                    && text.contains('$')
                    && args.iter().any(|signal| matches!(signal.known(), Some("DEBUG" | "ERR" | "RETURN") | None))
                {
                    self.opaque("a trap whose variables may be anything when it runs");
                }
                self.subshell(|shell| shell.script(&text, &Feed::Nothing));
                if self.traps.len() < 16 {
                    self.traps.push(text);
                } else {
                    self.opaque("too many traps");
                }
            }
        }
    }

    fn printf(&mut self, args: &[Arg]) -> Text {
        if args.first().and_then(Arg::known) == Some("-v") {
            self.names_evaluated(&args[..args.len().min(2)]);
            match args.get(1).and_then(Arg::known).map(str::to_owned) {
                Some(name) => self.assign(&name, Var::unknown()),
                None => self.opaque("which variable is written is not known"),
            }
            return Text::default();
        }
        let args = if args.first().and_then(Arg::known) == Some("--") { &args[1..] } else { args };
        let Some(format) = args.first().and_then(Arg::known) else { return Text::any() };
        let many = args.iter().any(|arg| matches!(arg, Arg::Unknown { many: true, .. } | Arg::Glob(_)));
        // A line for each file.
        if let ("%s\\n" | "%s\\0", [Arg::Glob(pattern)]) = (format, &args[1..])
            && self.is_at_home()
            && super::output::is_below(pattern)
        {
            return Text::files(pattern.clone());
        }
        if many { Text::any() } else { formatted(format, &args[1..]) }
    }

    /// A file read into this very shell.
    fn sourced(&mut self, file: &Arg, stdin: &Feed) -> Text {
        let base = file.known().unwrap_or_default();
        // What the tools of an environment write about themselves.
        let activate = [".venv/bin/activate", "venv/bin/activate", "env/bin/activate", ".cargo/env"];
        if activate.iter().any(|tail| base.ends_with(tail)) && !self.st.any_written {
            let place = self.place(file);
            if place.path.is_some_and(|path| self.st.written(&path).is_none()) {
                return Text::default();
            }
        }
        self.shell_file("source", file, stdin)
    }
}

/// What echo writes; not where it may read escapes, which differs between shells.
fn echo(args: &[Arg]) -> Text {
    let mut text = Text::default();
    let mut newline = true;
    let mut words = args.iter().peekable();
    while let Some(arg) = words.peek() {
        match arg.known() {
            Some("-n") => newline = false,
            Some("-e" | "-E" | "-ne" | "-en") => {
                newline &= !arg.known().is_some_and(|flags| flags.contains('n'));
            }
            _ => break,
        }
        words.next();
    }
    for (index, arg) in words.enumerate() {
        if index > 0 {
            text.append_str(" ");
        }
        match arg {
            Arg::Lit(word) if word.contains('\\') => text.push(Bit::Any(super::text::Kind::Anything)),
            arg => text.append(&Text::of(arg)),
        }
    }
    if newline {
        text.append_str("\n");
    }
    text
}

/// `printf` with the directives that are plain.
fn formatted(format: &str, args: &[Arg]) -> Text {
    let mut text = Text::default();
    let mut left = args.iter();
    loop {
        let mut took = false;
        let mut letters = format.chars();
        while let Some(letter) = letters.next() {
            match letter {
                '%' => match letters.next() {
                    Some('%') => text.append_str("%"),
                    Some('s') => {
                        took = true;
                        text.append(&left.next().map_or_else(Text::default, Text::of));
                    }
                    _ => return Text::any(),
                },
                '\\' => match letters.next() {
                    Some('n') => text.append_str("\n"),
                    Some('t') => text.append_str("\t"),
                    Some('\\') => text.append_str("\\"),
                    _ => return Text::any(),
                },
                letter => text.append_str(letter.encode_utf8(&mut [0; 4])),
            }
        }
        if !took || left.len() == 0 {
            return text;
        }
    }
}

/// What `command -v` and `which` say: as good as the name itself.
pub(crate) fn found_at(name: Option<&Arg>) -> Text {
    match name.and_then(Arg::known) {
        Some(name) => Text::lit(format!("{name}\n")),
        None => Text::any(),
    }
}

impl Shell<'_> {
    /// A program that says where another one is.
    pub(crate) fn says_where(&mut self, args: &[Arg]) -> Text {
        let name = args.iter().find(|arg| !arg.head().starts_with('-'));
        found_at(name)
    }

    /// Notes code that is not read here.
    pub(crate) fn unread_code(&mut self, interpreter: &str, code: &str) {
        self.emit(Action::Interpret { interpreter: interpreter.to_owned(), code: code.to_owned() });
        self.st.forget_files();
    }
}
