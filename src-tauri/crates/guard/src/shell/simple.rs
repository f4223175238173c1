//! Simple commands: assignments, then words, then redirections, then what the first word turns out to be. Shadowing never
//! hides: where a function or an alias may or may not stand in for a program, both are gone through.

use std::rc::Rc;

use brush_parser::ast::{
    Assignment, AssignmentName, AssignmentValue, CommandPrefixOrSuffixItem, IoRedirect, ProcessSubstitutionKind,
    SimpleCommand,
};

use super::state::Var;
use super::text::Text;
use super::word::Mode;
use super::{Feed, Shell};
use crate::action::Arg;

/// A command about to run.
pub(crate) struct Call {
    pub(crate) argv: Vec<Arg>,
    pub(crate) env: Vec<(String, Text)>,
}

/// These take assignments as arguments.
const DECLARES: &[&str] = &["export", "declare", "typeset", "local", "readonly"];

impl Shell<'_> {
    pub(crate) fn simple(&mut self, command: &SimpleCommand, stdin: &Feed) -> Text {
        let prefix = command.prefix.iter().flat_map(|prefix| &prefix.0);
        let suffix = command.suffix.iter().flat_map(|suffix| &suffix.0);
        let mut redirects: Vec<&IoRedirect> = Vec::new();
        let mut argv: Vec<Arg> = Vec::new();
        let mut raw: Vec<&str> = Vec::new();
        if let Some(word) = &command.word_or_name {
            raw.push(&word.value);
            argv.extend(self.args(&word.value));
        }
        let declares = argv.first().and_then(Arg::known).is_some_and(|name| DECLARES.contains(&name));
        let mut declared: Vec<(&Assignment, Option<Vec<Text>>)> = Vec::new();
        for item in suffix {
            match item {
                CommandPrefixOrSuffixItem::IoRedirect(redirect) => redirects.push(redirect),
                CommandPrefixOrSuffixItem::Word(word) => {
                    raw.push(&word.value);
                    argv.extend(self.args(&word.value));
                }
                CommandPrefixOrSuffixItem::AssignmentWord(assignment, _) if declares => {
                    let values = self.assignment_values(assignment);
                    declared.push((assignment, Some(values)));
                }
                CommandPrefixOrSuffixItem::AssignmentWord(_, word) => {
                    raw.push(&word.value);
                    argv.extend(self.args(&word.value));
                }
                CommandPrefixOrSuffixItem::ProcessSubstitution(kind, process) => {
                    raw.push("<(…)");
                    argv.push(self.process_argument(kind, process));
                }
            }
        }
        let mut assignments: Vec<(&Assignment, Vec<Text>)> = Vec::new();
        for item in prefix {
            match item {
                CommandPrefixOrSuffixItem::IoRedirect(redirect) => redirects.push(redirect),
                CommandPrefixOrSuffixItem::AssignmentWord(assignment, _) => {
                    let values = self.assignment_values(assignment);
                    if command.word_or_name.is_none() {
                        // `X=a Y=$X`: each is in force for the next.
                        self.assign_values(assignment, values);
                    } else {
                        assignments.push((assignment, values));
                    }
                }
                CommandPrefixOrSuffixItem::Word(_) | CommandPrefixOrSuffixItem::ProcessSubstitution(..) => {
                    self.opaque("a word where none can be");
                }
            }
        }
        self.with_redirects(&redirects, stdin, |shell, stdin| {
            if argv.is_empty() {
                // A command that expands to nothing leaves its assignments behind.
                assignments.into_iter().for_each(|(assignment, values)| shell.assign_values(assignment, values));
                // `$(< file)` gives what is in the file.
                return match stdin {
                    Feed::From(text, _) if raw.is_empty() && redirects.iter().any(|one| reads(one)) => text.clone(),
                    _ => Text::default(),
                };
            }
            if declares {
                let all = declared.is_empty() && super::declare::shows_all(&argv[1..]);
                if all && argv[0].known() != Some("local") {
                    shell.environment_shown();
                }
                for (assignment, values) in declared {
                    shell.declare(&argv, assignment, values.unwrap_or_default());
                }
            }
            let mut env = Vec::new();
            for (assignment, mut values) in assignments {
                if let AssignmentName::VariableName(name) = &assignment.name {
                    let value = if values.len() == 1 && !assignment.append { values.remove(0) } else { Text::any() };
                    env.push((name.clone(), value));
                }
            }
            for (name, value) in &env {
                shell.environment(name, value);
            }
            shell.call(Call { argv, env }, &raw, stdin)
        })
    }

    fn process_argument(
        &mut self,
        kind: &ProcessSubstitutionKind,
        process: &brush_parser::ast::SubshellCommand,
    ) -> Arg {
        let feed = match kind {
            ProcessSubstitutionKind::Read => Feed::Nothing,
            ProcessSubstitutionKind::Write => Feed::From(Text::any(), "what is written there".into()),
        };
        let before = self.out.len();
        let written = self.subshell(|shell| shell.list(&process.list, &feed));
        self.substitutions += 1;
        let name = format!("/dev/fd/office-{}", self.substitutions);
        let known = matches!(kind, ProcessSubstitutionKind::Read) && !self.st.odd_descriptors;
        let _ = before;
        self.st.wrote(name.clone().into(), if known { written } else { Text::any() });
        Arg::Lit(name)
    }

    fn assignment_values(&mut self, assignment: &Assignment) -> Vec<Text> {
        if let AssignmentName::ArrayElementName(_, index) = &assignment.name {
            let plain = index.chars().all(|letter| letter.is_ascii_digit());
            if !plain {
                self.arith(index);
            }
        }
        match &assignment.value {
            AssignmentValue::Scalar(word) => vec![self.text(&word.value, Mode::Value)],
            AssignmentValue::Array(items) => {
                let mut values = Vec::new();
                for (index, word) in items {
                    if let Some(index) = index {
                        self.arith(&index.value);
                    }
                    values.extend(self.args(&word.value).iter().map(Text::of));
                }
                if items.iter().any(|(index, _)| index.is_some()) { vec![Text::any()] } else { values }
            }
        }
    }

    pub(crate) fn assign_values(&mut self, assignment: &Assignment, values: Vec<Text>) {
        let array = matches!(assignment.value, AssignmentValue::Array(_));
        match &assignment.name {
            AssignmentName::ArrayElementName(name, _) => {
                self.assign(name, Var { items: vec![Text::any()], array: true })
            }
            AssignmentName::VariableName(name) if assignment.append => {
                let var = match self.st.vars.get(name) {
                    Some(old) if array => Var { items: [&old.items[..], &values].concat(), array },
                    Some(old) if !old.array && old.items.len() == 1 && values.len() == 1 => {
                        let mut text = old.items[0].clone();
                        text.append(&values[0]);
                        Var::plain(text)
                    }
                    _ => Var::unknown(),
                };
                self.assign(name, var);
            }
            AssignmentName::VariableName(name) => self.assign(name, Var { items: values, array }),
        }
    }

    /// Gives a variable its value, with all that hangs on it.
    pub(crate) fn assign(&mut self, name: &str, var: Var) {
        let text = if var.items.len() == 1 { var.items[0].clone() } else { Text::any() };
        self.environment(name, &text);
        self.assigned.push((name.to_owned(), var.is_number()));
        self.st.set(name, var);
    }

    /// Runs what the first word turns out to be. `raw` are the words as written, for aliases.
    pub(crate) fn call(&mut self, call: Call, raw: &[&str], stdin: &Feed) -> Text {
        let Some(name) = call.argv.first().and_then(Arg::known).map(str::to_owned) else {
            // `build/test_*`: each of them a program of the checkout.
            if let Some(pattern @ Arg::Glob(text)) = call.argv.first()
                && text.contains('/')
                && self.is_the_checkouts(&self.place(pattern))
            {
                self.by_name("<program>", pattern, &call.argv[1..]);
                self.st.built();
                return Text::any();
            }
            let words: Vec<String> = call.argv.iter().map(ToString::to_string).collect();
            self.opaque(&format!("which program runs is not known: {}", words.join(" ")));
            self.st.forget_files();
            return Text::any();
        };
        let mut written = Text::default();
        let mut several = false;
        if let Some(alias) = self.st.aliases.get(&name).cloned() {
            several = true;
            self.alias(&name, alias, raw, stdin);
        }
        if let Some(function) = self.st.functions.get(&name).cloned() {
            several |= function.maybe_none || function.bodies.len() > 1;
            let before = self.st.clone();
            let mut ends = Vec::new();
            for body in &function.bodies {
                self.st = before.clone();
                written.append(&self.function(body, &call, stdin));
                ends.push(self.st.clone());
            }
            if let Some(first) = ends.first() {
                self.st = first.clone();
            }
            ends.iter().skip(1).for_each(|end| self.st.meet(end));
            if !function.maybe_none && self.st.aliases.is_empty() {
                return if several { Text::any() } else { written };
            }
        }
        let before = several.then(|| self.st.clone());
        written.append(&self.not_a_function(&name, &call, stdin));
        if let Some(before) = before {
            self.st.meet(&before);
            return Text::any();
        }
        written
    }

    fn alias(&mut self, name: &str, text: Option<String>, raw: &[&str], stdin: &Feed) {
        let Some(text) = text else {
            self.opaque(&format!("the alias {name} is not known"));
            return;
        };
        if text.ends_with([' ', '\t']) && raw.len() > 1 && self.st.aliases.contains_key(raw[1]) {
            self.opaque(&format!("the alias {name} goes on with another"));
            return;
        }
        let line = std::iter::once(&*text).chain(raw.iter().skip(1).copied()).collect::<Vec<_>>().join(" ");
        // An alias is not expanded within itself.
        let aliases = self.st.aliases.clone();
        Rc::make_mut(&mut self.st.aliases).remove(name);
        self.script(&line, stdin);
        self.st.aliases = aliases;
    }

    fn function(&mut self, body: &Rc<brush_parser::ast::FunctionBody>, call: &Call, stdin: &Feed) -> Text {
        if self.depth >= 12 {
            self.opaque("functions that call themselves");
            return Text::any();
        }
        self.depth += 1;
        let positional = self.st.positional.clone();
        let many = call.argv.iter().any(|arg| matches!(arg, Arg::Unknown { many: true, .. } | Arg::Glob(_)));
        let own: Vec<Text> = call.argv[1..].iter().map(Text::of).collect();
        self.st.positional = (!many).then(|| Rc::new(own));
        let (jumps, mark, before) = (self.jumps, self.assigned.len(), self.st.clone());
        let old: Vec<(String, Option<Var>)> =
            call.env.iter().map(|(name, _)| (name.clone(), self.st.vars.get(name).cloned())).collect();
        for (name, value) in &call.env {
            self.st.set(name, Var::plain(value.clone()));
        }
        let written = self.redirected(body.1.as_ref(), stdin, |shell, stdin| shell.compound(&body.0, stdin));
        self.after_jumps(jumps, mark, &before);
        let written = if self.jumps == jumps { written } else { Text::any() };
        for (name, _) in old {
            self.st.set(&name, Var::unknown());
        }
        self.jumps = jumps;
        self.st.dead = false;
        self.st.positional = positional;
        self.depth -= 1;
        written
    }
}

fn reads(redirect: &IoRedirect) -> bool {
    matches!(redirect, IoRedirect::File(_, brush_parser::ast::IoFileRedirectKind::Read, _))
}
