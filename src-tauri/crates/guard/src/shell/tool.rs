//! A program by its spec: options and operands are told apart, and files, hosts and deeds come out as actions of their own.
//! One that has no spec runs all the same, and no rule allows it.

use std::collections::BTreeSet;

use super::simple::Call;
use super::text::Text;
use super::{Feed, Shell};
use crate::action::{Action, Arg, Run};
use crate::path::Class;
use crate::spec::{Leaves, Role, Tool};

/// A command line told apart.
#[derive(Default)]
pub(crate) struct Parsed<'s> {
    pub(crate) specs: Vec<&'s Tool>,
    pub(crate) name: Vec<String>,
    pub(crate) name_open: bool,
    pub(crate) flags: BTreeSet<String>,
    pub(crate) strange: BTreeSet<String>,
    pub(crate) flags_open: bool,
    pub(crate) operands: Vec<Arg>,
    pub(crate) values: Vec<(String, Role, Arg)>,
}

impl<'s> Parsed<'s> {
    fn value(&self, flag: &str) -> Option<Role> {
        self.specs.iter().rev().find_map(|spec| spec.value(flag))
    }

    fn knows(&self, flag: &str) -> bool {
        self.specs.iter().any(|spec| spec.knows(flag))
    }

    fn note(&mut self, flag: &str) {
        self.flags.insert(flag.to_owned());
        for spec in &self.specs {
            self.flags.extend(spec.names(flag).iter().cloned());
        }
        if !self.knows(flag) {
            self.strange.insert(flag.to_owned());
        }
    }

    pub(crate) fn last(&self) -> Option<&'s Tool> {
        self.specs.last().copied()
    }

    pub(crate) fn run(&self, call: &Call, via: &[String]) -> Run {
        Run {
            argv: call.argv.clone(),
            name: self.name.clone(),
            name_open: self.name_open,
            flags: self.flags.clone(),
            strange: self.strange.clone(),
            flags_open: self.flags_open,
            operands: self.operands.clone(),
            unheard: self.specs.is_empty() && !self.name.first().is_some_and(|name| name.starts_with('<')),
            via: via.to_vec(),
            env: call.env.iter().map(|(name, value)| (name.clone(), value.arg())).collect(),
        }
    }
}

impl<'a> Shell<'a> {
    pub(crate) fn parsed(&self, name: &str, args: &[Arg]) -> Parsed<'a> {
        let specs = self.specs;
        let mut parsed = Parsed { name: vec![name.to_owned()], ..Parsed::default() };
        parsed.specs.extend(specs.tool(name));
        let mut subs = parsed.specs.first().map_or(0, |spec| spec.subs);
        let mut at = 0;
        match args.first().and_then(Arg::known) {
            // Which toolchain: not a word of the command.
            Some(word) if word.starts_with('+') && matches!(name, "cargo" | "rustc" | "rustfmt" | "rustdoc") => at = 1,
            // The old way of writing options.
            Some(word) if matches!(name, "tar" | "gtar" | "bsdtar") && !word.starts_with('-') => {
                at = 1 + option(&mut parsed, &Arg::lit(format!("-{word}")), args.get(1));
            }
            _ => {}
        }
        while let Some(arg) = args.get(at) {
            at += 1;
            let head = arg.head();
            if arg.known() == Some("--") {
                parsed.operands.extend(args[at..].iter().cloned());
                break;
            }
            if head.len() > 1 && head.starts_with('-') {
                at += option(&mut parsed, arg, args.get(at));
                continue;
            }
            match arg.known() {
                Some(word) if subs > 0 => {
                    subs -= 1;
                    parsed.name.push(word.to_owned());
                    if let Some(spec) = specs.tool(&parsed.name.join(" ")) {
                        parsed.specs.push(spec);
                        subs = spec.subs;
                    }
                }
                Some(_) => parsed.operands.push(arg.clone()),
                None => {
                    if subs > 0 {
                        parsed.name_open = true;
                        subs = 0;
                    }
                    parsed.flags_open |= matches!(arg, Arg::Unknown { .. }) && arg.may_be_option();
                    parsed.operands.push(arg.clone());
                }
            }
        }
        let words: Vec<Option<&str>> = args.iter().map(Arg::known).collect();
        if parsed.specs.iter().any(|spec| spec.is_dry(&words, &parsed.flags)) {
            parsed.flags.insert("dry".to_owned());
        }
        parsed
    }

    pub(crate) fn tool(&mut self, name: &str, call: &Call, stdin: &Feed) -> Text {
        let parsed = self.parsed(name, &call.argv[1..]);
        self.carried_out(name, &parsed, call, stdin)
    }

    /// The actions of a command line told apart.
    pub(crate) fn carried_out(&mut self, name: &str, parsed: &Parsed<'_>, call: &Call, stdin: &Feed) -> Text {
        let Some(spec) = parsed.last() else {
            // Of a program that is installed, what it says of itself.
            let asks = matches!(call.argv.get(1).and_then(Arg::known), Some("--version" | "--help"));
            if asks && call.argv.len() == 2 && !name.starts_with('<') {
                return Text::any();
            }
            self.emit(Action::Run(parsed.run(call, &self.via)));
            self.st.forget_files();
            return Text::any();
        };
        // What a known program says of itself.
        let asks = matches!(call.argv.get(1).and_then(Arg::known), Some("--version" | "--help" | "-V" | "-version"));
        if asks && call.argv.len() == 2 {
            return Text::any();
        }
        let scripts = matches!(name, "pnpm" | "yarn" | "bun" | "composer");
        if parsed.operands.is_empty()
            && parsed.flags.len() == 1
            && parsed.flags.contains("--help")
            && !scripts
            && !parsed.name_open
        {
            return Text::any();
        }
        if spec.builds && self.st.builds_touched {
            self.opaque(&format!("{name} runs what a file written in this very line says"));
        }
        if spec.leaves == Leaves::Builds {
            self.built_elsewhere(name, call);
        }
        self.emit(Action::Run(parsed.run(call, &self.via)));
        let outward = parsed.specs.iter().rev().take_while(|spec| !spec.inward).find_map(|spec| spec.does);
        if let Some(deed) = outward.filter(|_| !parsed.flags.contains("dry")) {
            self.emit(Action::Does { deed, by: parsed.name.join(" ") });
        }
        let unpacks =
            ["-x", "-t", "--extract", "--list", "--get", "-d"].iter().any(|flag| parsed.flags.contains(*flag));
        for (flag, role, value) in &parsed.values {
            match role {
                // The same option names what is made and what is opened.
                Role::Write if unpacks && matches!(&**flag, "-f" | "--file") => self.reads(value),
                // What is unpacked into a folder lies in it.
                Role::Write if matches!(&**flag, "-C" | "--directory" | "-d") && value.known().is_some() => {
                    let folder = value.known().unwrap_or_default().trim_end_matches('/').to_owned();
                    self.write_to(&Arg::lit(format!("{folder}/unpacked")), &Text::any(), false);
                }
                Role::Command => match value.known().map(str::to_owned) {
                    Some(line) => {
                        self.via.push(format!("{name} {flag}"));
                        self.child(|shell| shell.script(&line, &Feed::From(Text::any(), name.to_owned())));
                        self.via.pop();
                    }
                    None => self.opaque(&format!("{name} {flag} runs what is not known")),
                },
                role => self.played(*role, std::slice::from_ref(value), parsed, stdin),
            }
        }
        self.operands_of(name, spec, parsed, stdin);
        self.compiled(name, call);
        self.package_script(name, parsed);
        match spec.leaves {
            Leaves::Named => {}
            Leaves::Builds => {
                let disk = self.st.disk_is_true;
                self.st.forget_files();
                self.st.disk_is_true = disk;
            }
            Leaves::Anything => self.st.forget_files(),
        }
        self.known_output(name, &call.argv[1..], stdin)
    }

    /// What builds runs what it finds, by design where that is the checkout; an option can make it find something else.
    fn built_elsewhere(&mut self, name: &str, call: &Call) {
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
            let named =
                LONG.contains(&flag) || (manager && flag == "--prefix") || (name == "cargo" && flag == "--path");
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
    fn compiled(&mut self, name: &str, call: &Call) {
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
        ];
        if !compilers.contains(&name) || !self.st.disk_is_true {
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

    fn operands_of(&mut self, name: &str, spec: &Tool, parsed: &Parsed<'_>, stdin: &Feed) {
        let skip = spec.skips(&parsed.flags);
        let operands = parsed.operands.get(skip..).unwrap_or_default();
        match name {
            "kill" => {
                let all = parsed.operands.is_empty() && parsed.flags.len() > 1;
                let late = parsed.flags.contains("-1") && parsed.flags.len() > 1;
                let first = late || operands.iter().filter_map(Arg::known).any(|word| matches!(word, "0" | "1" | "-1"));
                if all || first {
                    self.opaque("it ends every process it may, or the first one");
                }
                return;
            }
            "sed" | "gsed" => return self.sed(parsed, operands),
            "awk" | "gawk" | "mawk" => return self.awk(parsed, operands),
            "dd" => {
                for operand in operands {
                    match operand.known().and_then(|word| word.split_once('=')) {
                        Some(("of", path)) => self.write_to(&Arg::lit(path), &Text::any(), false),
                        Some(("if", path)) => self.reads(&Arg::lit(path)),
                        Some(_) => {}
                        None => self.opaque("dd on what is not known"),
                    }
                }
                return;
            }
            "printenv" => {
                let names: Vec<String> = operands.iter().filter_map(Arg::known).map(str::to_owned).collect();
                return names.iter().for_each(|name| self.secret_variable(name));
            }
            // What a link points to is meant from where the link is.
            "ln" if parsed.flags.contains("-s") || parsed.flags.contains("--symbolic") => {
                if let [target, link] = operands {
                    let folder = link.known().map(|link| match self.path_of(&Arg::lit(link)) {
                        Some(path) if self.world.stands(&path) == crate::world::Stands::Folder => link.to_owned(),
                        _ => link.rsplit_once('/').map_or(".", |(folder, _)| folder).to_owned(),
                    });
                    match (target.known(), folder) {
                        (Some(to), Some(folder)) if !to.starts_with(['/', '~']) => {
                            self.reads(&Arg::lit(format!("{folder}/{to}")));
                        }
                        _ => self.reads(target),
                    }
                    self.copied_to(link, std::slice::from_ref(target));
                    self.st.forget_files();
                    return;
                }
            }
            "zip" => {
                operands.iter().skip(1).for_each(|operand| self.reads(operand));
                return operands.iter().take(1).for_each(|operand| self.write_to(operand, &Text::any(), true));
            }
            "tee" => {
                let (text, append) = match stdin {
                    Feed::From(text, _) => (text.clone(), parsed.flags.contains("append")),
                    Feed::Nothing => (Text::any(), true),
                };
                operands.iter().for_each(|operand| self.write_to(operand, &text, append));
                return;
            }
            _ => {}
        }
        // A file in place of a script is read twice: as the script and as what it is.
        if parsed.specs.iter().any(|spec| spec.urls) {
            let values = parsed.values.iter().map(|(.., value)| value);
            let is_url = |arg: &&Arg| arg.head().contains("://") || arg.head().starts_with("git@");
            let urls: Vec<Arg> = operands.iter().chain(values).filter(is_url).cloned().collect();
            urls.iter().for_each(|url| self.reach_arg(url));
        }
        self.played(spec.operands, operands, parsed, stdin);
        if parsed.specs.iter().any(|spec| spec.writes_in_place(&parsed.flags)) {
            operands.iter().for_each(|operand| self.write_to(operand, &Text::any(), false));
        }
    }

    /// What a role means for these operands.
    fn played(&mut self, role: Role, operands: &[Arg], parsed: &Parsed<'_>, _stdin: &Feed) {
        match role {
            Role::Plain => {}
            Role::Command => operands.iter().for_each(|line| match line.known().map(str::to_owned) {
                Some(line) => drop(self.child(|shell| shell.script(&line, &Feed::Nothing))),
                None => self.opaque("a command that is not known"),
            }),
            Role::Read => operands.iter().for_each(|operand| self.reads(operand)),
            Role::Write => operands.iter().for_each(|operand| self.write_to(operand, &Text::any(), false)),
            Role::Attribute => operands.iter().for_each(|operand| self.marked(operand)),
            Role::Host => operands.iter().for_each(|operand| self.reach_arg(operand)),
            Role::Folder => {
                for operand in operands {
                    let place = self.place(operand);
                    self.emit(Action::Read { place });
                }
            }
            Role::Delete => {
                let whole =
                    matches!(parsed.name.first().map(String::as_str), Some("rimraf" | "del-cli" | "del" | "trash"));
                let by_flag = parsed.flags.contains("recursive") || parsed.flags_open || whole;
                for operand in operands {
                    let place = self.place(operand);
                    // All that is in a folder, by a pattern, is as much as the folder.
                    let all = matches!(operand, Arg::Glob(pattern) if pattern.rsplit('/').next().is_some_and(|last| last.chars().all(|letter| matches!(letter, '*' | '?' | '.'))));
                    let recursive = by_flag || all;
                    self.emit(Action::Delete { place, recursive, lines: None });
                }
            }
            Role::Copy | Role::Move => {
                let target = parsed.values.iter().any(|(_, role, _)| *role == Role::Write);
                let (last, from) = match operands.split_last() {
                    Some((last, from)) if !target => (Some(last), from),
                    _ => (None, operands),
                };
                let inside = |shell: &Self, arg: &Arg| {
                    let classes = shell.place(arg).classes;
                    classes.iter().all(|class| matches!(class, Class::Checkout | Class::Artefact))
                };
                let leaves = role == Role::Move && !last.is_some_and(|last| inside(self, last)) && !target;
                for operand in from {
                    self.reads(operand);
                    if role == Role::Move {
                        self.marked(operand);
                    }
                    if leaves && inside(self, operand) {
                        // What is moved out of the checkout is gone from it.
                        let place = self.place(operand);
                        self.emit(Action::Delete { place, recursive: true, lines: None });
                    }
                }
                if let Some(last) = last {
                    self.copied_to(last, from);
                }
                self.st.forget_files();
            }
        }
    }

    fn copied_to(&mut self, last: &Arg, from: &[Arg]) {
        self.marked(last);
        let Some(folder) = last.known() else { return };
        let is_folder = from.len() > 1
            || folder.ends_with('/')
            || matches!(folder, "." | "..")
            || self.path_of(last).is_some_and(|path| self.world.stands(&path) == crate::world::Stands::Folder);
        if is_folder {
            for source in from {
                let base = source.head().trim_end_matches('/').rsplit('/').next().unwrap_or_default().to_owned();
                if source.known().is_some() && !base.is_empty() && base != "." && base != ".." {
                    self.marked(&Arg::lit(format!("{}/{base}", folder.trim_end_matches('/'))));
                }
            }
        }
    }

    /// A file or a folder is made or marked; its content is another matter.
    pub(crate) fn marked(&mut self, operand: &Arg) {
        if matches!(operand.head(), "/dev/null" | "/dev/stdout") {
            return;
        }
        let place = self.place(operand);
        self.st.builds_touched |= place.tags_open;
        self.emit(Action::Write { place, change: None, lines: None });
    }

    pub(crate) fn reach_arg(&mut self, operand: &Arg) {
        match operand {
            Arg::Lit(word) => {
                let word = word.clone();
                if let Some(path) = word.strip_prefix("file://") {
                    self.reads(&Arg::lit(path));
                } else {
                    self.reach(&word);
                }
            }
            other => {
                // The host may be certain although the rest is not.
                let head = other.head().to_owned();
                let whole = head.split_once("://").is_some_and(|(_, rest)| rest.contains(['/', ':', '?']));
                if whole { self.reach(&head) } else { self.reach("⟨unknown⟩") }
            }
        }
    }

    fn sed(&mut self, parsed: &Parsed<'_>, files: &[Arg]) {
        let mut scripts: Vec<Arg> = parsed
            .values
            .iter()
            .filter(|(flag, ..)| matches!(&**flag, "-e" | "--expression"))
            .map(|(.., script)| script.clone())
            .collect();
        if scripts.is_empty() && !parsed.flags.contains("-f") && !parsed.flags.contains("--file") {
            scripts.extend(parsed.operands.first().cloned());
        }
        for script in scripts {
            match &script {
                Arg::Lit(text) | Arg::Glob(text) if super::output::sed_is_plain(text) => {}
                Arg::Unknown { .. } => self.opaque("a sed script that is not known"),
                other => self.opaque(&format!("a sed script that may run or write something: {other}")),
            }
        }
        if parsed.flags.contains("-f") || parsed.flags.contains("--file") {
            self.opaque("a sed script in a file");
        }
        let in_place = parsed.flags.contains("in-place") || parsed.flags_open;
        for file in files {
            if in_place { self.write_to(file, &Text::any(), false) } else { self.reads(file) }
        }
        if in_place {
            self.st.forget_files();
        }
    }

    fn awk(&mut self, parsed: &Parsed<'_>, files: &[Arg]) {
        let strange = parsed.strange.iter().next().cloned();
        let program =
            parsed.operands.first().filter(|_| !parsed.flags.contains("-f") && !parsed.flags.contains("--file"));
        match program {
            Some(Arg::Lit(text) | Arg::Glob(text)) if super::output::awk_is_plain(text) && strange.is_none() => {}
            Some(other) => {
                let code = other.to_string();
                self.unread_code("awk", &code);
            }
            None => self.opaque("an awk program in a file"),
        }
        for file in files {
            if !file.head().contains('=') {
                self.reads(file);
            }
        }
    }
}

/// Reads an option; how many words after it belong to it.
fn option(parsed: &mut Parsed<'_>, arg: &Arg, next: Option<&Arg>) -> usize {
    let head = arg.head().to_owned();
    let whole = arg.known().is_some();
    if !whole && matches!(arg, Arg::Unknown { many: true, .. }) {
        parsed.flags_open = true;
    }
    let long_dash = parsed.specs.iter().any(|spec| spec.long_dash);
    let (flag, attached) = match head.split_once('=') {
        Some((flag, value)) if head.starts_with("--") || long_dash => (flag.to_owned(), Some(value.to_owned())),
        _ => (head.clone(), None),
    };
    let value_arg = |value: String| match arg {
        Arg::Lit(_) => Arg::Lit(value),
        Arg::Glob(_) => Arg::Glob(value),
        Arg::Unknown { shown, many, .. } => Arg::Unknown { shown: shown.clone(), head: value, many: *many },
    };
    // `-j$(nproc)`: what is not known is the value of an option that takes one.
    let many = matches!(arg, Arg::Unknown { many: true, .. });
    let glued = !whole && !many && !head.starts_with("--") && !long_dash && takes_rest(parsed, &head);
    if !whole && attached.is_none() && !glued {
        parsed.flags_open = true;
    }
    if head.starts_with("--") || long_dash || (parsed.knows(&flag) && !glued) {
        parsed.note(&flag);
        if !parsed.knows(&flag) {
            abbreviated(parsed, &flag, attached.clone().map(value_arg).or_else(|| next.cloned()));
        }
        return match (parsed.value(&flag), attached) {
            (Some(role), Some(value)) => {
                parsed.values.push((flag, role, value_arg(value)));
                0
            }
            (Some(role), None) => match next {
                Some(next) => {
                    parsed.values.push((flag, role, next.clone()));
                    1
                }
                None => 0,
            },
            (None, _) => 0,
        };
    }
    for (index, letter) in head.char_indices().skip(1) {
        let flag = format!("-{letter}");
        parsed.note(&flag);
        if let Some(role) = parsed.value(&flag) {
            let rest = &head[index + letter.len_utf8()..];
            if rest.is_empty() && whole {
                if let Some(next) = next {
                    parsed.values.push((flag, role, next.clone()));
                    return 1;
                }
                return 0;
            }
            parsed.values.push((flag, role, value_arg(rest.trim_start_matches('=').to_owned())));
            return 0;
        }
    }
    0
}

/// Whether the letters of a short option end with, or go on after, one that takes all the rest as its value.
fn takes_rest(parsed: &Parsed<'_>, head: &str) -> bool {
    head.chars().skip(1).any(|letter| parsed.value(&format!("-{letter}")).is_some())
}

/// A long option may be written shorter than it is: it is every one that it may stand for, and what follows may be its value.
fn abbreviated(parsed: &mut Parsed<'_>, flag: &str, value: Option<Arg>) {
    if !flag.starts_with("--") {
        return;
    }
    let full: Vec<(String, Option<Role>)> =
        parsed.specs.iter().flat_map(|spec| spec.longer(flag).map(|full| (full.clone(), spec.value(full)))).collect();
    for (full, role) in full {
        parsed.note(&full);
        if let (Some(role), Some(value)) = (role, value.clone()) {
            parsed.values.push((full, role, value));
        }
    }
}
