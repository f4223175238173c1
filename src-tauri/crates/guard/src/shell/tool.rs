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
            let asks = matches!(
                call.argv.get(1).and_then(Arg::known),
                Some("--version" | "--help" | "-v" | "-V" | "-h" | "version" | "help" | "-version" | "--usage")
            );
            if asks && call.argv.len() == 2 && !name.starts_with('<') {
                return Text::any();
            }
            self.emit(Action::Run(parsed.run(call, &self.via)));
            self.names_places(&call.argv[1..]);
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
            self.built_by(name, parsed, stdin);
            self.built_here();
        }
        self.emit(Action::Run(parsed.run(call, &self.via)));
        let outward = parsed.specs.iter().rev().take_while(|spec| !spec.inward).find_map(|spec| spec.does);
        if let Some(deed) = outward.filter(|_| !parsed.flags.contains("dry") && !lists_a_cloud(&parsed.name)) {
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
        if spec.names_places {
            self.names_places(&call.argv[1..]);
        }
        self.operands_of(name, spec, parsed, stdin);
        self.compiled(name, call);
        self.package_script(name, parsed);
        match spec.leaves {
            Leaves::Named => {}
            Leaves::Builds => self.st.built(),
            Leaves::Tracked => self.st.swapped(),
            Leaves::Anything => self.st.forget_files(),
        }
        self.known_output(name, &call.argv[1..], stdin)
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
                // Whatever a list of processes has in it.
                let listed = |action: &Action| matches!(action, Action::Run(run) if run.name.first().is_some_and(|name| name == "ps"));
                if operands.iter().any(|operand| operand.known().is_none()) && self.out.iter().any(listed) {
                    self.opaque("it ends what a list of processes names");
                }
                return;
            }
            // A new work tree beside the checkout, where nothing is yet: another form of the same repository.
            "git" if parsed.name.get(1..3).is_some_and(|words| words == ["worktree", "add"]) => {
                let beside = |arg: &Arg| {
                    arg.known()
                        .and_then(|word| word.strip_prefix("../"))
                        .is_some_and(|name| !name.is_empty() && !name.contains('/') && name != "..")
                };
                let fresh = |arg: &Arg| {
                    self.path_of(arg).is_some_and(|path| self.world.stands(&path) == crate::world::Stands::Nothing)
                };
                if operands.first().is_some_and(|folder| beside(folder) && fresh(folder)) {
                    return;
                }
            }
            "mkdir" => {
                let made = operands.iter().filter_map(|operand| self.path_of(operand));
                let made: Vec<_> =
                    made.filter(|path| self.world.stands(path) == crate::world::Stands::Nothing).collect();
                std::rc::Rc::make_mut(&mut self.st.folders).extend(made);
            }
            "rm" | "rmdir" | "mv" => self.st.folders = std::rc::Rc::default(),
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
            "sqlite3" | "duckdb" => return self.sqlite(name, parsed, operands, stdin),
            "jq" | "gojq" | "jaq" | "yq" => {
                let asks = |text: &str| {
                    text.contains("$ENV")
                        || text
                            .split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_' && letter != '.')
                            .any(|word| matches!(word, "env" | "strenv"))
                };
                if parsed.operands.first().and_then(Arg::known).is_some_and(asks) {
                    self.environment_shown();
                }
            }
            "envsubst" => {
                if let Feed::From(text, _) = stdin {
                    let text = text.known().unwrap_or_default();
                    let names = text.split('$').skip(1).map(|rest| rest.trim_start_matches('{'));
                    let names: Vec<String> = names
                        .map(|rest| {
                            rest.chars().take_while(|letter| letter.is_ascii_alphanumeric() || *letter == '_').collect()
                        })
                        .collect();
                    names.iter().for_each(|name| self.secret_variable(name));
                }
            }
            "printenv" if operands.is_empty() => return self.environment_shown(),
            "printenv" => {
                let names: Vec<String> = operands.iter().filter_map(Arg::known).map(str::to_owned).collect();
                return names.iter().for_each(|name| self.secret_variable(name));
            }
            "ln" if parsed.flags.contains("-s") || parsed.flags.contains("--symbolic") => {
                let into =
                    parsed.values.iter().find(|(_, role, _)| *role == Role::Write).map(|(.., folder)| folder.clone());
                return self.linked_to(operands, into);
            }
            // Another name for the same file: what is written there is written here.
            "ln" => operands.iter().rev().skip(1).for_each(|target| self.marked(target)),
            "getent"
                if matches!(
                    parsed.operands.first().and_then(Arg::known),
                    Some("hosts" | "ahosts" | "ahostsv4" | "ahostsv6" | "networks")
                ) =>
            {
                parsed.operands.iter().skip(1).for_each(|host| self.reach_arg(host));
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
                self.put_in_place(parsed, last, from);
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
            self.script_option("sed", parsed);
        }
        let in_place = parsed.flags.contains("in-place") || parsed.flags_open;
        for file in files {
            if in_place { self.write_to(file, &Text::any(), false) } else { self.reads(file) }
        }
    }

    /// A script in a file, for a program that reads one by `-f`.
    fn script_option(&mut self, name: &str, parsed: &Parsed<'_>) {
        let files: Vec<Arg> = parsed
            .values
            .iter()
            .filter(|(flag, ..)| matches!(&**flag, "-f" | "--file"))
            .map(|(.., file)| file.clone())
            .collect();
        if files.is_empty() || parsed.flags_open {
            self.opaque(&format!("{name} goes by a script that is not known"));
        }
        files.iter().for_each(|file| drop(self.foreign_script(name, file, &[])));
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
            None => self.script_option("awk", parsed),
        }
        if let Some(text) = program.and_then(Arg::known).filter(|text| text.contains("ENVIRON")) {
            let names: Vec<String> = text
                .split("ENVIRON[\"")
                .skip(1)
                .filter_map(|rest| rest.split_once('"'))
                .map(|(name, _)| name.to_owned())
                .collect();
            if names.len() < text.matches("ENVIRON").count() {
                self.environment_shown();
            }
            names.iter().for_each(|name| self.secret_variable(name));
        }
        for file in files {
            if !file.head().contains('=') {
                self.reads(file);
            }
        }
    }
}

/// `aws ec2 describe-instances`, `gcloud run services list`: what is there is listed.
fn lists_a_cloud(name: &[String]) -> bool {
    let Some((program, rest)) = name.split_first() else { return false };
    let lists = |word: &String| word.starts_with("describe-") || word.starts_with("list-");
    program == "aws" && rest.len() == 2 && lists(&rest[1])
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
    // How many at once, in as many words as there are programs.
    if !whole && !many_words(arg) && head == "-j" {
        parsed.note(&head);
        return 0;
    }
    // `-j$(nproc)`: what is not known is the value of an option that takes one.
    let many = matches!(arg, Arg::Unknown { many: true, .. });
    let glued = !whole && !many && !head.starts_with("--") && !long_dash && takes_rest(parsed, &head);
    if !whole && attached.is_none() && !glued {
        parsed.flags_open = true;
    }
    // Switched off is not there.
    if head.starts_with("--") && attached.as_deref() == Some("false") && parsed.value(&flag).is_none() {
        parsed.flags.insert(head);
        return 0;
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

fn many_words(arg: &Arg) -> bool {
    matches!(arg, Arg::Unknown { many: true, .. })
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
