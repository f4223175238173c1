//! Words to arguments: variables, substitutions, splitting. Commands in substitutions are gone through on the way.

use super::brace;
use super::scan::Unread;
use super::state::Var;
use super::text::{Bit, Field, Kind, Text};
use super::word::{self, Mode, Op, Param, Piece};
use super::{Feed, Shell};
use crate::action::Arg;
use crate::pattern::fits_words;

const NUMBERS: &[&str] = &[
    "#",
    "?",
    "$",
    "!",
    "RANDOM",
    "SECONDS",
    "LINENO",
    "UID",
    "EUID",
    "PPID",
    "BASHPID",
    "SHLVL",
    "EPOCHSECONDS",
    "OPTIND",
    "COLUMNS",
    "LINES",
];

/// Fields under construction.
#[derive(Default)]
struct Fields {
    done: Vec<Field>,
    open: Option<Field>,
}

impl Fields {
    fn put(&mut self, bit: Bit, quoted: bool) {
        self.open.get_or_insert_with(Field::default).0.push((bit, quoted));
    }

    fn end(&mut self) {
        self.done.extend(self.open.take());
    }
}

impl Shell<'_> {
    /// The arguments that a word becomes.
    pub(crate) fn args(&mut self, raw: &str) -> Vec<Arg> {
        let words = match brace::expand(raw) {
            Ok(words) => words,
            Err(why) => return vec![self.unread(raw, why)],
        };
        let mut args = Vec::new();
        for raw in words {
            match word::pieces(&raw, Mode::Word) {
                Ok(pieces) => {
                    let mut fields = Fields::default();
                    self.pieces(&pieces, false, &mut fields);
                    fields.end();
                    args.extend(fields.done.iter().map(Field::arg));
                }
                Err(why) => args.push(self.unread(&raw, why)),
            }
        }
        args
    }

    fn unread(&mut self, raw: &str, why: Unread) -> Arg {
        self.opaque(&format!("{why}: {}", super::brief(raw)));
        Arg::unknown(raw)
    }

    /// A word as one string, as in an assignment or a here-document.
    pub(crate) fn text(&mut self, raw: &str, mode: Mode) -> Text {
        match word::pieces(raw, mode) {
            Ok(pieces) => self.joined(&pieces, mode == Mode::Document),
            Err(why) => {
                self.unread(raw, why);
                Text::any()
            }
        }
    }

    fn joined(&mut self, pieces: &[Piece], quoted: bool) -> Text {
        let mut fields = Fields::default();
        // Quoted, so that nothing is split; `$@` still is, and is joined again.
        self.pieces_in(pieces, quoted, true, &mut fields);
        fields.end();
        let mut whole = Text::default();
        for (index, field) in fields.done.iter().enumerate() {
            if index > 0 {
                whole.append_str(" ");
            }
            whole.append(&field.text());
        }
        whole
    }

    fn pieces(&mut self, pieces: &[Piece], quoted: bool, out: &mut Fields) {
        self.pieces_in(pieces, quoted, quoted, out);
    }

    /// `document`: quotes are letters; `whole`: what expansions give is not split.
    fn pieces_in(&mut self, pieces: &[Piece], document: bool, whole: bool, out: &mut Fields) {
        for piece in pieces {
            match piece {
                Piece::Bare(text) => out.put(Bit::Lit(text.clone()), whole),
                Piece::Quoted(text) => out.put(Bit::Lit(text.clone()), true),
                Piece::Double(inner) => {
                    let spread = matches!(&inner[..], [Piece::Param(param)] if param.name == "@" || param.index.as_deref() == Some("@"));
                    if !spread {
                        out.put(Bit::Lit(String::new()), true);
                    }
                    self.pieces_in(inner, true, true, out);
                }
                Piece::Param(param) => self.param(param, document, whole, out),
                Piece::Command(text) => {
                    let written = self.captured(text);
                    self.insert(&written, whole, out);
                }
                Piece::Arith(text) => {
                    self.arith(text);
                    out.put(Bit::Any(Kind::Number), whole);
                }
                Piece::Tilde(user) => {
                    let home = self.tilde(user);
                    home.0.into_iter().for_each(|bit| out.put(bit, true));
                }
                Piece::Process(reads, text) => {
                    let name = self.process(*reads, text);
                    out.put(Bit::Lit(name), true);
                }
            }
        }
    }

    /// What a command substitution gives.
    pub(crate) fn captured(&mut self, text: &str) -> Text {
        let written = self.subshell(|shell| shell.script(text, &Feed::Nothing));
        if self.st.odd_descriptors { Text::any() } else { written.without_last_newlines() }
    }

    /// A process substitution: the name under which its text can be read.
    fn process(&mut self, reads: bool, text: &str) -> String {
        let feed = if reads { Feed::From(Text::any(), "what is written there".into()) } else { Feed::Nothing };
        let written = self.subshell(|shell| shell.script(text, &feed));
        self.substitutions += 1;
        let name = format!("/dev/fd/office-{}", self.substitutions);
        let content = if reads || self.st.odd_descriptors { Text::any() } else { written };
        self.st.wrote(name.clone().into(), content);
        name
    }

    fn tilde(&mut self, user: &str) -> Text {
        match user {
            "" => match self.st.vars.get("HOME") {
                Some(var) => var.items.first().cloned().unwrap_or_default(),
                None => Text::lit(self.scene.home.to_string_lossy()),
            },
            "+" => self.cwd_text(),
            _ => Text::any(),
        }
    }

    pub(crate) fn cwd_text(&self) -> Text {
        self.st.cwd.as_ref().map_or_else(Text::any, |cwd| Text::lit(cwd.to_string_lossy()))
    }

    fn param(&mut self, param: &Param, document: bool, whole: bool, out: &mut Fields) {
        if let Some(index) = &param.index
            && index != "@"
            && index != "*"
        {
            self.arith(index);
        }
        let spread = param.name == "@" || param.index.as_deref() == Some("@");
        let mode = if document || whole { Mode::Document } else { Mode::Word };
        let values = match &param.op {
            Op::Plain => self.values(param),
            Op::Length => vec![Text::number()],
            Op::Default { assign, word } => {
                let default = self.text(word, mode);
                let found = self.lookup(&param.name, param.index.as_deref());
                let value = match found {
                    Some(values) if values.iter().any(|text| !text.is_empty()) => values,
                    // Where the system keeps its temporary files is known enough.
                    None if param.name == "TMPDIR" => vec![Text::lit("/tmp")],
                    Some(values) if values.len() == 1 && default.is_empty() => values,
                    _ => vec![Text::any()],
                };
                if *assign {
                    self.assign(&param.name, Var { array: false, items: value.clone() });
                }
                value
            }
            Op::Alternative(word) | Op::Required(word) => {
                let other = self.text(word, mode);
                match &param.op {
                    Op::Required(_) => self.values(param),
                    _ if other.is_empty() => vec![other],
                    _ => vec![Text::any()],
                }
            }
            Op::Prompt => {
                for value in self.values(param) {
                    self.evaluated_later(&value, "a prompt");
                }
                vec![Text::any()]
            }
            Op::Cut { suffix, longest, pattern } => {
                let pattern = self.text(pattern, mode);
                let values = self.values(param);
                values.iter().map(|value| cut(value, &pattern, *suffix, *longest)).collect()
            }
            Op::Other(text) => {
                self.text(text, mode);
                vec![Text::any()]
            }
        };
        for (index, value) in values.iter().enumerate() {
            if index > 0 && spread {
                out.end();
            } else if index > 0 {
                out.put(Bit::Lit(" ".into()), whole);
            }
            self.insert(value, whole, out);
        }
        // `"$@"` of nothing is nothing, but `""` is a word.
        if values.is_empty() && whole && !spread {
            out.put(Bit::Lit(String::new()), true);
        }
    }

    /// A variable of the environment that is named like a secret.
    pub(crate) fn secret_variable(&mut self, name: &str) {
        let listed = ["*_TOKEN", "*_SECRET", "*_PASSWORD", "*_API_KEY", "*_SECRET_*", "*_PRIVATE_KEY"];
        if listed.iter().any(|pattern| fits_words(pattern, name)) && !self.st.vars.contains_key(name) {
            let mut place = crate::path::unknown(format!("${name}"));
            place.classes = [crate::path::Class::Secrets, crate::path::Class::System].into();
            self.emit(crate::action::Action::Read { place });
        }
    }

    fn values(&mut self, param: &Param) -> Vec<Text> {
        self.secret_variable(&param.name);
        self.lookup(&param.name, param.index.as_deref()).unwrap_or_else(|| vec![Text::any()])
    }

    /// What a parameter is worth; none if nothing is known of it.
    pub(crate) fn lookup(&self, name: &str, index: Option<&str>) -> Option<Vec<Text>> {
        if let Some(var) = self.st.vars.get(name) {
            return Some(match index {
                Some("@" | "*") => var.items.clone(),
                None if !var.array => var.items.clone(),
                None => var.items.first().cloned().into_iter().collect(),
                Some(index) => match index.parse::<usize>() {
                    Ok(index) if index < var.items.len() => vec![var.items[index].clone()],
                    _ => vec![Text::any()],
                },
            });
        }
        match name {
            "@" | "*" => self.st.positional.as_ref().map(|all| all.to_vec()),
            "HOME" => Some(vec![Text::lit(self.scene.home.to_string_lossy())]),
            "PWD" => Some(vec![self.cwd_text()]),
            // Files that a build service gives; a desk has none, and nobody reads there what is written.
            "GITHUB_OUTPUT" | "GITHUB_STEP_SUMMARY" | "GITHUB_ENV" | "GITHUB_PATH" | "GITHUB_STATE" | "RUNNER_TEMP" => {
                Some(vec![Text::lit("/tmp/of-the-build-service")])
            }
            // Where the service checked out what a desk has here.
            "GITHUB_WORKSPACE" | "CI_PROJECT_DIR" | "BUILD_SOURCESDIRECTORY" | "TRAVIS_BUILD_DIR" => {
                Some(vec![Text::lit(self.scene.checkout.to_string_lossy())])
            }
            // Every desk is given this one.
            "TMPDIR" => Some(vec![Text::lit("/tmp")]),
            // Digits, whichever; where words are split elsewhere, it matters which.
            "$" if !self.st.vars.contains_key("IFS") => Some(vec![Text::lit("31337")]),
            name if NUMBERS.contains(&name) => Some(vec![Text::number()]),
            name => {
                let number = name.parse::<usize>().ok().filter(|number| *number > 0)?;
                let all = self.st.positional.as_ref()?;
                Some(vec![all.get(number - 1).cloned().unwrap_or_default()])
            }
        }
    }

    /// Puts the value of an expansion in, split where bash would split it.
    fn insert(&mut self, value: &Text, whole: bool, out: &mut Fields) {
        if whole {
            value.0.iter().for_each(|bit| out.put(bit.clone(), true));
            return;
        }
        let blanks = match self.st.vars.get("IFS") {
            None => " \t\n".to_owned(),
            Some(var) => match var.items.first().and_then(Text::known) {
                Some(blanks) => blanks,
                None => {
                    out.put(Bit::Any(Kind::Anything), false);
                    return;
                }
            },
        };
        for bit in &value.0 {
            let Bit::Lit(text) = bit else {
                out.put(bit.clone(), false);
                continue;
            };
            for (index, part) in text.split(|letter| blanks.contains(letter)).enumerate() {
                if index > 0 {
                    out.end();
                }
                if !part.is_empty() {
                    out.put(Bit::Lit(part.to_owned()), false);
                }
            }
        }
    }
}

/// `${x%pattern}` and its kin, where all of it is known.
fn cut(value: &Text, pattern: &Text, suffix: bool, longest: bool) -> Text {
    let (Some(value), Some(pattern)) = (value.known(), pattern.known()) else { return Text::any() };
    if pattern.contains(['[', '\\', '(']) || value.len() > 4096 {
        return Text::any();
    }
    let ends = value.char_indices().map(|(at, _)| at).chain([value.len()]);
    let mut fits: Vec<usize> =
        ends.filter(|at| fits_words(&pattern, if suffix { &value[*at..] } else { &value[..*at] })).collect();
    // From the shortest piece that fits to the longest.
    if suffix {
        fits.reverse();
    }
    let at = if longest { fits.last() } else { fits.first() };
    match at {
        None => Text::lit(value),
        Some(at) if suffix => Text::lit(&value[..*at]),
        Some(at) => Text::lit(&value[*at..]),
    }
}
