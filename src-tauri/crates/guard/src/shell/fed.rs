//! Shells and interpreters, and what they are given to run: an argument, a file, or text from a pipe or a here-document.

use std::rc::Rc;

use super::simple::Call;
use super::state::Var;
use super::text::Text;
use super::{Feed, Shell};
use crate::action::{Action, Arg};
use crate::path::Class;
use crate::pattern::fits_words;
use crate::spec::Interpreter;
use crate::world::Stands;

impl Shell<'_> {
    /// Runs something in a new shell: only what is exported is known there; functions may or may not be.
    pub(crate) fn child<T>(&mut self, run: impl FnOnce(&mut Self) -> T) -> T {
        self.child_with(&[], None, run)
    }

    fn child_with<T>(
        &mut self,
        env: &[(String, Text)],
        positional: Option<Vec<Text>>,
        run: impl FnOnce(&mut Self) -> T,
    ) -> T {
        self.subshell(|shell| {
            let exported = shell.st.exported.clone();
            let mut vars = (*shell.st.vars).clone();
            vars.retain(|name, _| exported.contains(name));
            // A changed HOME counts whether or not it was exported: it always is.
            if let Some(home) = shell.st.vars.get("HOME") {
                vars.insert("HOME".into(), home.clone());
            }
            for (name, value) in env {
                vars.insert(name.clone(), Var::plain(value.clone()));
            }
            shell.st.vars = Rc::new(vars);
            Rc::make_mut(&mut shell.st.functions).values_mut().for_each(|function| function.maybe_none = true);
            shell.st.positional = positional.map(Rc::new);
            shell.st.errexit = false;
            run(shell)
        })
    }

    /// `bash`, `sh` and so on.
    pub(crate) fn shell(&mut self, name: &str, call: &Call, stdin: &Feed) -> Text {
        let args = &call.argv[1..];
        let mut at = 0;
        let (mut is_line, mut from_stdin, mut harmless) = (false, false, false);
        while let Some(arg) = args.get(at) {
            let Some(word) = arg.known() else { break };
            match word {
                "--" | "-" => {
                    at += 1;
                    break;
                }
                "--version" | "--help" => return Text::any(),
                "--norc" | "--noprofile" | "--posix" | "--restricted" | "--noediting" | "--verbose" => at += 1,
                "-o" | "+o" | "-O" | "+O" => at += 2,
                word if word.starts_with("--") => {
                    self.opaque(&format!("{name} has an option that is not known here: {word}"));
                    return Text::any();
                }
                word if word.starts_with(['-', '+']) => {
                    let letters = &word[1..];
                    if letters.chars().any(|letter| !"abcefhiklmnprstuvxBCEHPTD".contains(letter) && letter != 'o') {
                        self.opaque(&format!("{name} has an option that is not known here: {word}"));
                        return Text::any();
                    }
                    // An interactive or a login shell first reads files that were perhaps just written.
                    if letters.contains(['i', 'l']) && (!self.st.files.is_empty() || !self.st.disk_is_true) {
                        self.opaque(&format!("{name} {word} reads start files that may have been written here"));
                    }
                    is_line |= letters.contains('c');
                    from_stdin |= letters.contains('s');
                    harmless |= letters.contains('n') && word.starts_with('-');
                    at += if letters.ends_with('o') { 2 } else { 1 };
                }
                _ => break,
            }
        }
        let rest = args.get(at..).unwrap_or_default();
        let env = call.env.clone();
        self.via.push(name.to_owned());
        let written = if harmless && !is_line {
            rest.iter().for_each(|file| self.reads(file));
            Text::any()
        } else if is_line {
            let positional = rest.get(2..).unwrap_or_default().iter().map(Text::of).collect();
            match rest.first().and_then(Arg::known).map(str::to_owned) {
                Some(line) => self.child_with(&env, Some(positional), |shell| shell.script(&line, stdin)),
                None => {
                    let shown = rest.first().map(ToString::to_string).unwrap_or_default();
                    self.opaque(&format!("{name} -c runs what is not known: {shown}"));
                    self.st.forget_files();
                    Text::any()
                }
            }
        } else if let Some(file) = rest.first().filter(|_| !from_stdin) {
            let positional = rest[1..].iter().map(Text::of).collect();
            let file = file.clone();
            self.child_with(&env, Some(positional), |shell| shell.shell_file(name, &file, stdin))
        } else {
            self.child_with(&env, Some(Vec::new()), |shell| shell.fed(name, stdin))
        };
        self.via.pop();
        written
    }

    /// A shell that runs what it reads.
    fn fed(&mut self, name: &str, stdin: &Feed) -> Text {
        match stdin {
            Feed::From(text, from) => match text.known().filter(|_| !self.st.odd_descriptors) {
                Some(script) => self.script(&script, &Feed::From(Text::any(), from.clone())),
                None => {
                    self.emit(Action::PipeTo { interpreter: name.to_owned(), from: from.clone() });
                    self.st.forget_files();
                    Text::any()
                }
            },
            Feed::Nothing => {
                self.opaque(&format!("{name} runs whatever it reads"));
                self.st.forget_files();
                Text::any()
            }
        }
    }

    /// A script of a shell, by its path: what this line wrote there, or what is on disk.
    pub(crate) fn shell_file(&mut self, name: &str, file: &Arg, stdin: &Feed) -> Text {
        if matches!(file.known(), Some("/dev/stdin" | "/dev/fd/0" | "/proc/self/fd/0" | "-")) {
            return self.fed(name, stdin);
        }
        let path = self.path_of(file);
        if let Some(text) = path.as_ref().and_then(|path| self.st.written(path)) {
            return match text.known() {
                Some(script) => self.script(&script, stdin),
                None if file.head().starts_with("/dev/fd/") => {
                    self.emit(Action::PipeTo { interpreter: name.to_owned(), from: "a process".into() });
                    Text::any()
                }
                None => {
                    self.opaque(&format!("{name} runs a file that was changed just now: {file}"));
                    self.st.forget_files();
                    Text::any()
                }
            };
        }
        self.disk_script(name, file, stdin)
    }

    /// python, node and so on.
    pub(crate) fn interpreted(&mut self, spec: &Interpreter, name: &str, call: &Call, stdin: &Feed) -> Text {
        let has = |list: &str, flag: &str| list.split_whitespace().any(|known| known == flag);
        if self.snippet(name, call).is_some() {
            return Text::any();
        }
        let args = &call.argv[1..];
        if name == "php" && self.serves_here(args).is_some() {
            return Text::any();
        }
        let mut at = 0;
        while let Some(arg) = args.get(at) {
            let Some(word) = arg.known() else { break };
            if word == "-" || word == "--" || !word.starts_with('-') {
                break;
            }
            let (flag, attached) = match word.split_once('=') {
                Some((flag, value)) if word.starts_with("--") => (flag, Some(Arg::lit(value))),
                _ => (word, None),
            };
            if has(&spec.harmless, flag) {
                args[at + 1..].iter().for_each(|file| self.reads(file));
                return Text::any();
            }
            // `-Ilib`: the value of an option that takes one.
            let glued = |known: &str| known.len() == 2 && word.len() > 2 && word.starts_with(known);
            if !word.starts_with("--") && spec.takes.split_whitespace().any(glued) {
                at += 1;
                continue;
            }
            // `-Ic code` and `-ccode`: letters together.
            let letters = !word.starts_with("--");
            let hit = |list: &str| {
                list.split_whitespace().find_map(|known| {
                    if flag == known {
                        return Some(String::new());
                    }
                    let letter = known.strip_prefix('-').filter(|rest| rest.len() == 1 && letters)?;
                    let (before, after) = word[1..].split_once(letter)?;
                    before.chars().all(char::is_alphanumeric).then(|| after.to_owned())
                })
            };
            let exact = |list: &str| has(list, flag);
            if let Some(glued) = hit(&spec.code).filter(|_| !exact(&spec.takes) && !exact(&spec.module)) {
                let code = if glued.is_empty() {
                    attached.or_else(|| args.get(at + 1).cloned())
                } else {
                    Some(Arg::lit(glued))
                };
                let code =
                    code.map_or_else(String::new, |code| code.known().map_or_else(|| code.to_string(), str::to_owned));
                return self.code(name, &code);
            }
            if let Some(glued) = hit(&spec.module).filter(|_| !exact(&spec.takes)) {
                let module = if glued.is_empty() { args.get(at + 1).cloned() } else { Some(Arg::lit(glued.clone())) };
                let after = if glued.is_empty() { at + 2 } else { at + 1 };
                let mut argv: Vec<Arg> = module.into_iter().collect();
                argv.extend(args.get(after..).unwrap_or_default().iter().cloned());
                return self.module(name, argv, call.env.clone(), stdin);
            }
            let glued_load = spec.loads.split_whitespace().find(|known| known.len() == 2 && word.starts_with(*known));
            if let Some(known) = glued_load.filter(|_| !word.starts_with("--")) {
                let value = if word.len() > 2 { Some(&word[2..]) } else { args.get(at + 1).and_then(Arg::known) };
                if value.is_some_and(|value| spec.fine.iter().any(|fine| fits_words(fine, value))) {
                    at += if known.len() == word.len() { 2 } else { 1 };
                    continue;
                }
            }
            let value = attached.as_ref().or_else(|| args.get(at + 1)).and_then(Arg::known);
            if has(&spec.loads, flag) && value.is_some_and(|value| spec.fine.iter().any(|fine| fine == value)) {
                at += if attached.is_some() { 1 } else { 2 };
                continue;
            }
            if has(&spec.loads, flag) {
                self.opaque(&format!("{name} loads code by {word}"));
                return Text::any();
            }
            at += if has(&spec.takes, flag) && attached.is_none() { 2 } else { 1 };
        }
        match args.get(at) {
            Some(arg) if arg.known() != Some("-") && arg.known() != Some("/dev/stdin") => {
                let arg = arg.clone();
                let base = arg.head().rsplit('/').next().unwrap_or_default().to_owned();
                if base == "manage.py"
                    && self.is_the_checkouts(&self.place(&arg))
                    && self.only_asks(&base, &args[at + 1..], stdin).is_some()
                {
                    return Text::any();
                }
                self.foreign_script(name, &arg, &args[at + 1..])
            }
            _ => {
                match stdin {
                    Feed::From(text, from) => match text.known() {
                        Some(code) => return self.code(name, &code),
                        None => self.emit(Action::PipeTo { interpreter: name.to_owned(), from: from.clone() }),
                    },
                    Feed::Nothing => self.opaque(&format!("{name} runs whatever it reads")),
                }
                self.st.forget_files();
                Text::any()
            }
        }
    }

    /// `php -S 127.0.0.1:8080 -t public router.php`: what is in the checkout is shown to this machine, and to nobody else.
    fn serves_here(&mut self, args: &[Arg]) -> Option<()> {
        let words: Vec<&str> = args.iter().map(Arg::known).collect::<Option<_>>()?;
        let ["-S", address, rest @ ..] = &words[..] else { return None };
        let host = crate::host::host_of(address).filter(|host| host != "0.0.0.0" && host != "::")?;
        if crate::host::class_of(&host, &[]) != crate::host::HostClass::Loopback {
            return None;
        }
        let (folder, router) = match rest {
            [] => (".", None),
            ["-t", folder] => (*folder, None),
            ["-t", folder, router] => (*folder, Some(*router)),
            [router] => (".", Some(*router)),
            _ => return None,
        };
        self.reach(address);
        self.reads(&Arg::lit(folder));
        if let Some(router) = router {
            self.foreign_script("php", &Arg::lit(router), &[]);
        }
        Some(())
    }

    fn module(&mut self, name: &str, argv: Vec<Arg>, env: Vec<(String, Text)>, stdin: &Feed) -> Text {
        if argv.first().and_then(Arg::known) == Some("timeit") {
            // Its words are code: what it begins with, and what is timed.
            let mut at = 1;
            let mut whole: Vec<String> = Vec::new();
            while let Some(arg) = argv.get(at) {
                let code = match arg.known() {
                    Some("-n" | "-r" | "-u" | "--number" | "--repeat" | "--unit") => {
                        at += 2;
                        continue;
                    }
                    Some("-s" | "--setup") => {
                        at += 1;
                        argv.get(at).cloned()
                    }
                    Some(word) if word.starts_with('-') => None,
                    _ => Some(arg.clone()),
                };
                whole.extend(code.map(|code| code.known().map_or_else(|| code.to_string(), str::to_owned)));
                at += 1;
            }
            return self.code(name, &whole.join("\n"));
        }
        self.inner(&format!("{name} -m"), argv, env, stdin)
    }

    /// Whether a module of this name is the checkout's own.
    fn is_own_module(&self, module: &str) -> bool {
        let stands = |path: &str| {
            let place = self.place(&Arg::lit(path));
            let inside = place.classes.iter().all(|class| matches!(class, Class::Checkout | Class::Artefact));
            let there = place.path.as_ref().is_some_and(|path| self.world.stands(path) != Stands::Nothing);
            let written = place.path.as_ref().is_some_and(|path| self.st.written(path).is_some());
            inside && !written && (there || path.starts_with("./"))
        };
        if module.starts_with('.') {
            return stands(module);
        }
        let names = [module.to_owned(), format!("{module}.py"), format!("src/{module}"), format!("src/{module}.py")];
        names.iter().any(|name| stands(name))
    }

    /// What longer code does, where its texts name no place outside of the checkout, and no secret.
    fn plain_deeds(&self, name: &str, code: &str) -> Option<super::plain::Deeds> {
        let deeds = super::plain::deeds(name, code, &|module| self.is_own_module(module))?;
        let ours = |class: &Class| matches!(class, Class::Checkout | Class::Artefact | Class::Tmp | Class::Agent);
        let inside = super::plain::paths(&deeds.texts).all(|path| self.place(&path).classes.iter().all(ours));
        let odd = |text: &String| text.contains('\\');
        let spelled = !deeds.writes.iter().chain(&deeds.lines).chain(deeds.runs.iter().flatten()).any(odd);
        (inside && spelled && !self.st.any_written).then_some(deeds)
    }

    pub(crate) fn code(&mut self, name: &str, code: &str) -> Text {
        let files = super::inline::files_only(name, code, &|module| self.is_own_module(module));
        if let Some(files) = files.filter(|_| !self.st.any_written) {
            files.reads.iter().for_each(|file| self.reads(file));
            files.writes.iter().for_each(|file| self.write_to(file, &Text::any(), false));
        } else if super::output::only_shows(name, code) {
            // An import, and what it prints.
        } else if let Some(deeds) = self.plain_deeds(name, code) {
            deeds.writes.iter().for_each(|file| self.write_to(&Arg::lit(file), &Text::any(), false));
            for words in &deeds.runs {
                self.inner(name, words.iter().map(Arg::lit).collect(), Vec::new(), &Feed::Nothing);
            }
            for line in &deeds.lines {
                self.via.push(name.to_owned());
                self.child(|shell| shell.script(line, &Feed::Nothing));
                self.via.pop();
            }
        } else {
            self.emit(Action::Interpret { interpreter: name.to_owned(), code: code.to_owned() });
            self.st.forget_files();
        }
        Text::any()
    }
}
