//! Programs that run other programs: their options are read by their specs, and one that is not known makes all opaque,
//! because a wrong guess at what takes a value would hide the command.

use super::simple::Call;
use super::text::Text;
use super::{Feed, Shell};
use crate::action::Arg;
use crate::path::Class;
use crate::spec::Wrapper;

impl Shell<'_> {
    pub(crate) fn wrapped(&mut self, wrapper: &Wrapper, name: &str, args: &[Arg], call: &Call, stdin: &Feed) -> Text {
        if wrapper.shown {
            self.shown_run(name, &call.argv);
        }
        let mut env = call.env.clone();
        let mut at = 0;
        let mut skip = wrapper.skip;
        while let Some(arg) = args.get(at) {
            let Some(word) = arg.known() else {
                if skip > 0 && !arg.may_be_option() {
                    skip -= 1;
                    at += 1;
                    continue;
                }
                break;
            };
            if word == "--" {
                at += 1;
                break;
            }
            if word.len() > 1 && word.starts_with('-') {
                match self.wrapper_option(wrapper, name, word, args.get(at + 1), stdin) {
                    Some(taken) => at += taken,
                    None => return Text::any(),
                }
                continue;
            }
            let assigned = word.split_once('=').filter(|(left, _)| is_name(left));
            match assigned {
                Some((left, right)) if wrapper.assigns => {
                    let value = Text::lit(right);
                    let command = args[at..].iter().find(|arg| !arg.head().contains('='));
                    if !self.is_home_of_a_build(left, right, command) {
                        self.environment(left, &value);
                    }
                    env.push((left.to_owned(), value));
                    at += 1;
                }
                _ if wrapper.assigns && word.contains('=') => {
                    // `BASH_FUNC_x%%=...` makes a function out of nothing.
                    self.opaque(&format!("an odd name is set: {}", super::brief(word)));
                    at += 1;
                }
                _ if skip > 0 => {
                    skip -= 1;
                    at += 1;
                }
                _ => break,
            }
        }
        while skip > 0 && at < args.len() {
            skip -= 1;
            at += 1;
        }
        let mut rest = args.get(at..).unwrap_or_default().to_vec();
        if wrapper.assigns {
            // An assignment that is partly known.
            while let Some(Arg::Unknown { head, many: false, .. }) = rest.first() {
                let Some((left, _)) = head.split_once('=').filter(|(left, _)| is_name(left)) else { break };
                let left = left.to_owned();
                self.environment(&left, &Text::any());
                rest.remove(0);
            }
        }
        if matches!(name, "npx" | "bunx" | "pnpx" | "npm exec" | "npm x" | "pnpm dlx" | "yarn dlx" | "bun x")
            && let Some(word) = rest.first().and_then(Arg::known).filter(|word| word.starts_with('@'))
        {
            let plain = word[1..].rsplit_once('@').map_or(word, |(plain, _)| &word[..=plain.len()]);
            let names = self
                .specs
                .words("packages-of-tools")
                .iter()
                .find_map(|one| one.split_once('=').filter(|(package, _)| *package == plain));
            if let Some((_, tool)) = names {
                rest[0] = Arg::lit(tool);
            }
        }
        if matches!(
            name,
            "uvx"
                | "uv tool run"
                | "pipx run"
                | "npx"
                | "bunx"
                | "pnpx"
                | "npm exec"
                | "npm x"
                | "pnpm dlx"
                | "yarn dlx"
                | "bun x"
        ) && let Some((tool, _)) = rest.first().and_then(Arg::known).and_then(|word| word.rsplit_once('@'))
            && !tool.is_empty()
            && !tool.contains('/')
        {
            // Which version of it.
            rest[0] = Arg::lit(tool);
        }
        if rest.is_empty() && name == "env" {
            self.environment_shown();
        }
        let fetches = matches!(name, "npx" | "bunx" | "pnpx" | "npm exec" | "npm x" | "bun x");
        let kept = args[..at.min(args.len())].iter().any(|arg| matches!(arg.known(), Some("--no-install" | "--no")));
        if fetches && (kept || rest.first().is_some_and(|tool| self.is_installed(tool))) {
            return self.inner("node_modules", rest, env, stdin);
        }
        match name {
            "xargs" | "parallel" | "gxargs" => self.for_input(name, &args[..at.min(args.len())], rest, stdin),
            _ if wrapper.joins => self.joined_words(name, &rest, stdin),
            _ => self.inner(name, rest, env, stdin),
        }
    }

    /// Whether a program is installed with the project.
    fn is_installed(&self, tool: &Arg) -> bool {
        let Some(name) = tool.known().filter(|name| !name.contains('/') && !self.st.any_written) else { return false };
        let folders = self
            .st
            .cwd
            .iter()
            .flat_map(|cwd| cwd.ancestors())
            .take_while(|folder| folder.starts_with(&self.scene.checkout));
        folders
            .into_iter()
            .any(|folder| self.world.stands(&folder.join("node_modules/.bin").join(name)) == crate::world::Stands::File)
    }

    /// A folder of the checkout as the home of a program that runs what the checkout says anyway.
    fn is_home_of_a_build(&self, name: &str, value: &str, command: Option<&Arg>) -> bool {
        let builds = command.and_then(Arg::known).and_then(|command| self.specs.tool(command));
        let classes = self.place(&Arg::lit(value)).classes;
        name == "HOME"
            && builds.is_some_and(|tool| tool.builds)
            && classes.iter().all(|class| matches!(class, Class::Checkout | Class::Artefact | Class::Tmp))
    }

    /// Reads an option; how many words it took, or none where nothing can be known any more.
    fn wrapper_option(
        &mut self,
        wrapper: &Wrapper,
        name: &str,
        word: &str,
        next: Option<&Arg>,
        stdin: &Feed,
    ) -> Option<usize> {
        if wrapper.numbers && word[1..].chars().all(|letter| letter.is_ascii_digit()) {
            return Some(1);
        }
        let unknown = |shell: &mut Self, word: &str| {
            shell.opaque(&format!("{name} has an option that is not known here: {word}"));
            shell.st.forget_files();
            None
        };
        let (flag, attached) = match word.split_once('=') {
            Some((flag, value)) if word.starts_with("--") => (flag, Some(value)),
            _ => (word, None),
        };
        match (wrapper.takes(flag), attached) {
            (Some(true), Some(value)) => {
                self.wrapper_value(wrapper, name, flag, &Arg::lit(value), stdin);
                return Some(1);
            }
            (Some(true), None) => {
                self.wrapper_value(wrapper, name, flag, next?, stdin);
                return Some(2);
            }
            (Some(false), _) => return Some(1),
            (None, _) if word.starts_with("--") && wrapper.glued => {
                let names_file = |value: &&str| value.contains('/') || flag.ends_with("-file");
                if let Some(value) = attached.filter(names_file) {
                    self.write_to(&Arg::lit(value), &Text::any(), false);
                }
                return Some(1);
            }
            (None, _) if word.starts_with("--") => return unknown(self, word),
            (None, _) => {}
        }
        // Letters together: the first that takes a value takes the rest.
        for (index, letter) in word.char_indices().skip(1) {
            let flag = format!("-{letter}");
            let rest = &word[index + letter.len_utf8()..];
            match wrapper.takes(&flag) {
                Some(false) => {}
                Some(true) if rest.is_empty() => {
                    self.wrapper_value(wrapper, name, &flag, next?, stdin);
                    return Some(2);
                }
                Some(true) => {
                    self.wrapper_value(wrapper, name, &flag, &Arg::lit(rest), stdin);
                    return Some(1);
                }
                None => return unknown(self, word),
            }
        }
        Some(1)
    }

    fn wrapper_value(&mut self, wrapper: &Wrapper, name: &str, flag: &str, value: &Arg, stdin: &Feed) {
        if wrapper.is_shell(flag) {
            match value.known() {
                Some(line) => {
                    let line = line.to_owned();
                    self.via.push(name.to_owned());
                    self.child(|shell| shell.script(&line, stdin));
                    self.via.pop();
                }
                None => self.opaque(&format!("{name} {flag} runs what is not known")),
            }
        } else if matches!(flag, "-o" | "--output" | "--log-file")
            && matches!(name, "strace" | "ltrace" | "time" | "gtime" | "perf stat" | "perf record")
        {
            if value.known().is_none_or(|file| file.starts_with(['|', '!'])) {
                self.opaque(&format!("{name} hands what it finds to what is not known"));
            }
            self.write_to(value, &Text::any(), false);
        } else if matches!(flag, "-C" | "--chdir" | "--directory" | "-D") {
            // What runs in there starts from another folder; what comes after does not.
            self.opaque(&format!("{name} goes to another folder first"));
        } else if matches!((name, flag), ("uvx" | "uv tool run" | "pipx run", "--from" | "--with"))
            || matches!(flag, "-p" | "--package")
                && matches!(name, "npx" | "bunx" | "pnpx" | "npm exec" | "npm x" | "pnpm dlx" | "yarn dlx")
        {
            // Whose program of that name it then is.
            let package = value.head().rsplit_once('@').map_or(value.head(), |(package, _)| package).to_owned();
            let own = value.known().is_some() && (self.specs.tool(&package).is_some() || package == "typescript");
            if !own {
                self.opaque(&format!("{name} takes the program from a package that is not known here: {value}"));
            }
        } else if flag == "-S" || flag == "--split-string" {
            self.opaque(&format!("{name} {flag} makes words of its own"));
        }
    }

    /// xargs and parallel: what they read becomes arguments that are not known.
    fn for_input(&mut self, name: &str, options: &[Arg], mut rest: Vec<Arg>, stdin: &Feed) -> Text {
        if rest.is_empty() {
            if name == "parallel" {
                self.opaque("parallel runs the lines that it reads");
            }
            return Text::any();
        }
        // parallel quotes what it puts into a line of its own.
        if name == "parallel"
            && let Some(line) = rest[0].known().filter(|line| line.contains(' ')).map(str::to_owned)
        {
            let from = rest.iter().position(|arg| matches!(arg.known(), Some(":::" | "::::")));
            let given = from.and_then(|at| rest.get(at + 1)).cloned();
            let text = match (stdin, given, from) {
                (_, Some(arg), _) if rest.len() == 3 && rest[1].known() == Some(":::") => Text::of(&arg),
                (Feed::From(text, _), None, None) => text.file_pattern().map_or_else(Text::any, Text::files),
                _ => Text::any(),
            };
            let line = if line.contains("{}") { line } else { format!("{line} {{}}") };
            // Only the whole place holder: others cut off parts of the name.
            let odd = ["{.}", "{/}", "{//}", "{/.}", "{#}", "{%}", "{1}", "{2}"].iter().any(|part| line.contains(part));
            if odd || from.is_none() && rest.len() > 1 || line.contains(['\'', '"', '`']) {
                self.opaque("parallel puts what it reads into a line that is not plain");
                return Text::any();
            }
            let line = line.replace("{}", "\"$office_given\"");
            self.via.push(name.to_owned());
            let written = self.child(|shell| {
                shell.st.set("office_given", super::state::Var::plain(text));
                shell.script(&line, &Feed::Nothing)
            });
            self.via.pop();
            return written;
        }
        let from_file = options.iter().any(|arg| arg.head().starts_with("-a") || arg.head().starts_with("--arg-file"));
        let (input, number) = match stdin {
            Feed::From(text, _) if !from_file => {
                (text.file_pattern().map(|pattern| Arg::Glob(pattern.to_owned())), text.is_number())
            }
            _ => (None, false),
        };
        let input = input.unwrap_or_else(|| Arg::unknown("what is read"));
        let marker = match replaced_by(options) {
            // parallel has one by itself, and appends where it is not used.
            None if name == "parallel" => Some("{}".to_owned()),
            marker => marker,
        };
        let mut replaced = false;
        if let Some(marker) = marker.as_deref().filter(|marker| !marker.is_empty()) {
            for arg in &mut rest {
                let Some((before, _)) = arg.known().and_then(|word| word.split_once(marker)) else { continue };
                let whole = arg.known().unwrap_or_default().to_owned();
                *arg = if number && whole != marker {
                    // Digits spell nothing else.
                    Arg::lit(whole.replace(marker, "7"))
                } else if arg.known() == Some(marker) {
                    input.clone()
                } else {
                    Arg::Unknown { shown: arg.to_string(), head: before.to_owned(), many: false }
                };
                replaced = true;
            }
        }
        // What is put in its place stands there alone; else all of it comes last.
        let appends = !replaced && (marker.is_none() || name == "parallel");
        if appends {
            rest.push(if number {
                Arg::Unknown { shown: "numbers".into(), head: "0".into(), many: true }
            } else {
                input
            });
        }
        self.inner(name, rest, Vec::new(), &Feed::From(Text::any(), "what is read".into()))
    }

    /// `watch a b`: the words are joined and given to a shell.
    fn joined_words(&mut self, name: &str, rest: &[Arg], stdin: &Feed) -> Text {
        let words: Option<Vec<&str>> = rest.iter().map(Arg::known).collect();
        match words {
            Some(words) => {
                let line = words.join(" ");
                self.via.push(name.to_owned());
                let written = self.child(|shell| shell.script(&line, stdin));
                self.via.pop();
                written
            }
            None => {
                self.opaque(&format!("{name} runs what is not known"));
                Text::any()
            }
        }
    }
}

/// What xargs replaces by what it reads, as its options say.
fn replaced_by(options: &[Arg]) -> Option<String> {
    let mut marker = None;
    for (at, option) in options.iter().enumerate() {
        let word = option.head();
        let value = || options.get(at + 1).and_then(Arg::known).unwrap_or("{}").to_owned();
        if word == "-I" {
            marker = Some(value());
        } else if word == "-i" || word == "--replace" {
            marker = Some("{}".to_owned());
        } else if let Some(glued) = word.strip_prefix("-I").or_else(|| word.strip_prefix("--replace=")) {
            marker = Some(glued.to_owned());
        }
    }
    marker
}

pub(crate) fn is_name(text: &str) -> bool {
    text.starts_with(|letter: char| letter.is_ascii_alphabetic() || letter == '_')
        && text.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
}
