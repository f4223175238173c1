//! Lists, pipelines and compound commands: which commands run, in which state, and where ways part and meet.

use std::rc::Rc;

use brush_parser::ast::{
    AndOr, AndOrList, CaseItemPostAction, Command, CompoundCommand, CompoundList, ExtendedTestExpr, FunctionDefinition,
    IfClauseCommand, Pipeline, Program, SeparatorOperator, SubshellCommand, UnaryPredicate,
};

use super::state::{Function, State, Var};
use super::text::Text;
use super::word::Mode;
use super::{Feed, Shell};
use crate::action::Arg;

impl Shell<'_> {
    pub(crate) fn program(&mut self, program: &Program, stdin: &Feed) -> Text {
        let mut written = Text::default();
        for list in &program.complete_commands {
            written.append(&self.list(list, stdin));
        }
        written
    }

    pub(crate) fn list(&mut self, list: &CompoundList, stdin: &Feed) -> Text {
        let mut written = Text::default();
        for item in &list.0 {
            // What follows an `exit` is gone through all the same.
            self.st.dead = false;
            let text = match item.1 {
                SeparatorOperator::Async => self.subshell(|shell| shell.and_or(&item.0, stdin)),
                SeparatorOperator::Sequence => self.and_or(&item.0, stdin),
            };
            written.append(&text);
        }
        written
    }

    fn and_or(&mut self, list: &AndOrList, stdin: &Feed) -> Text {
        let mut written = self.pipeline(&list.first, stdin);
        // The states in which the list may have ended before its last part.
        let mut ends: Vec<State> = Vec::new();
        for next in &list.additional {
            match next {
                AndOr::And(pipeline) => {
                    let mut ended = self.st.clone();
                    // A `cd` that failed went nowhere, and what follows it does not run.
                    if let Some(before) = self.st.cwd_before.take() {
                        ended.cwd = Some(before);
                        ended.cwd_before = None;
                    }
                    ends.push(ended);
                    written.append(&self.pipeline(pipeline, stdin));
                }
                AndOr::Or(pipeline) => {
                    let succeeded = self.st.clone();
                    if let Some(before) = self.st.cwd_before.take() {
                        self.st.cwd = Some(before);
                    }
                    ends.drain(..).for_each(|ended| self.st.meet(&ended));
                    written.append(&self.pipeline(pipeline, stdin));
                    let mut succeeded = succeeded;
                    succeeded.cwd_before = None;
                    ends.push(succeeded);
                }
            }
        }
        ends.iter().for_each(|ended| self.st.meet(ended));
        if let Some(before) = self.st.cwd_before.take()
            && !self.st.errexit
            && self.st.cwd.as_ref() != Some(&before)
        {
            self.st.cwd = None;
        }
        written
    }

    fn pipeline(&mut self, pipeline: &Pipeline, stdin: &Feed) -> Text {
        if let [only] = &pipeline.seq[..] {
            return self.command(only, stdin);
        }
        let mut feed = stdin.clone();
        let mut written = Text::default();
        for (at, command) in pipeline.seq.iter().enumerate() {
            let before = self.out.len();
            self.looked_for = pipeline.seq.get(at + 1).is_some_and(super::environment::looks_for_a_name);
            written = self.subshell(|shell| shell.command(command, &feed));
            let text = if self.st.odd_descriptors { Text::any() } else { written.clone() };
            let from = self.out.get(before).map_or_else(|| "a pipe".to_owned(), ToString::to_string);
            feed = Feed::From(text, from);
        }
        self.looked_for = false;
        written
    }

    pub(crate) fn command(&mut self, command: &Command, stdin: &Feed) -> Text {
        if !self.step() {
            return Text::any();
        }
        match command {
            Command::Simple(simple) => self.simple(simple, stdin),
            Command::Compound(compound, redirects) => {
                self.redirected(redirects.as_ref(), stdin, |shell, stdin| shell.compound(compound, stdin))
            }
            Command::Function(function) => {
                self.define(function);
                Text::default()
            }
            Command::ExtendedTest(test, redirects) => self.redirected(redirects.as_ref(), stdin, |shell, _| {
                shell.test(&test.expr);
                Text::default()
            }),
        }
    }

    fn define(&mut self, function: &FunctionDefinition) {
        let new = Function { bodies: vec![Rc::new(function.body.clone())], maybe_none: false };
        let functions = Rc::make_mut(&mut self.st.functions);
        // What it was before is kept: it may be called through the old definition in ways not followed here.
        match functions.get_mut(&function.fname.value) {
            Some(old) => old.take_in(&new),
            None => {
                functions.insert(function.fname.value.clone(), new);
            }
        }
    }

    pub(crate) fn compound(&mut self, compound: &CompoundCommand, stdin: &Feed) -> Text {
        match compound {
            CompoundCommand::BraceGroup(group) => self.list(&group.list, stdin),
            CompoundCommand::Subshell(SubshellCommand { list, .. }) => self.subshell(|shell| shell.list(list, stdin)),
            CompoundCommand::IfClause(clause) => self.if_clause(clause, stdin),
            CompoundCommand::WhileClause(clause) | CompoundCommand::UntilClause(clause) => {
                let (condition, body) = (&clause.0, &clause.1.list);
                self.looped(|shell| {
                    let mut written = shell.list(condition, stdin);
                    written.append(&shell.list(body, stdin));
                    written
                })
            }
            CompoundCommand::ForClause(clause) => {
                let items: Option<Vec<Arg>> = match &clause.values {
                    Some(words) => Some(words.iter().flat_map(|word| self.args(&word.value)).collect()),
                    None => self.st.positional.as_ref().map(|all| all.iter().map(Text::arg).collect()),
                };
                self.for_each(&clause.variable_name, items, &clause.body.list, stdin)
            }
            CompoundCommand::ArithmeticForClause(clause) => {
                let parts = [&clause.initializer, &clause.condition, &clause.updater];
                parts.into_iter().flatten().for_each(|part| self.arith(&part.value));
                self.looped(|shell| {
                    let written = shell.list(&clause.body.list, stdin);
                    parts[1..].iter().copied().flatten().for_each(|part| shell.arith(&part.value));
                    written
                })
            }
            CompoundCommand::CaseClause(clause) => {
                self.text(&clause.value.value, Mode::Document);
                let before = self.st.clone();
                let mut ends = vec![before.clone()];
                let mut written = Text::default();
                let mut falls: Option<State> = None;
                for case in &clause.cases {
                    case.patterns.iter().for_each(|pattern| drop(self.text(&pattern.value, Mode::Word)));
                    self.st = before.clone();
                    falls.take().iter().for_each(|state| self.st.meet(state));
                    if let Some(list) = &case.cmd {
                        written.append(&self.list(list, stdin));
                    }
                    if !matches!(case.post_action, CaseItemPostAction::ExitCase) {
                        falls = Some(self.st.clone());
                    }
                    ends.push(self.st.clone());
                }
                self.meet_all(ends);
                if written.is_empty() { written } else { Text::any() }
            }
            CompoundCommand::Arithmetic(command) => {
                self.arith(&command.expr.value);
                Text::default()
            }
            CompoundCommand::Coprocess(process) => {
                self.st.odd_descriptors = true;
                self.subshell(|shell| shell.command(&process.body, &Feed::From(Text::any(), "a coprocess".into())));
                Text::any()
            }
        }
    }

    fn if_clause(&mut self, clause: &IfClauseCommand, stdin: &Feed) -> Text {
        let mut written = self.list(&clause.condition, stdin);
        let mut otherwise = self.st.clone();
        let mut ends = Vec::new();
        let mut branches = vec![self.list(&clause.then, stdin)];
        ends.push(self.st.clone());
        let mut complete = false;
        for part in clause.elses.iter().flatten() {
            self.st = otherwise.clone();
            match &part.condition {
                Some(condition) => {
                    written.append(&self.list(condition, stdin));
                    otherwise = self.st.clone();
                }
                None => complete = true,
            }
            branches.push(self.list(&part.body, stdin));
            ends.push(self.st.clone());
        }
        if !complete {
            ends.push(otherwise);
        }
        self.meet_all(ends);
        if branches.iter().any(|text| !text.is_empty()) {
            written.append(&Text::any());
        }
        written
    }

    fn meet_all(&mut self, ends: Vec<State>) {
        let mut ends = ends.into_iter();
        if let Some(first) = ends.next() {
            self.st = first;
        }
        ends.for_each(|end| self.st.meet(&end));
    }

    fn for_each(&mut self, name: &str, items: Option<Vec<Arg>>, body: &CompoundList, stdin: &Feed) -> Text {
        let single = |arg: &Arg| !matches!(arg, Arg::Unknown { many: true, .. } | Arg::Glob(_));
        match items {
            Some(items) if items.len() <= 12 && items.iter().all(single) => {
                let (jumps, mark) = (self.jumps, self.assigned.len());
                let before = self.st.clone();
                let mut written = Text::default();
                for item in &items {
                    self.assign(name, Var::plain(Text::of(item)));
                    written.append(&self.list(body, stdin));
                }
                self.after_jumps(jumps, mark, &before);
                written
            }
            Some(items)
                if items.len() <= 12 && !items.iter().any(|arg| matches!(arg, Arg::Unknown { many: true, .. })) =>
            {
                // Of a pattern each of its files, which is as good as the pattern itself.
                let mut written = Text::default();
                for item in &items {
                    self.assign(name, Var::plain(Text::of(item)));
                    written.append(&self.looped(|shell| shell.list(body, stdin)));
                }
                written
            }
            _ => {
                self.assign(name, Var::unknown());
                self.looped(|shell| shell.list(body, stdin))
            }
        }
    }

    /// A body that runs any number of times: gone through until nothing new is learned, with what it changes unknown.
    fn looped(&mut self, mut body: impl FnMut(&mut Self) -> Text) -> Text {
        let before = self.st.clone();
        let jumps = self.jumps;
        let mark = self.assigned.len();
        let mut written = body(self);
        for _ in 0..3 {
            let start = self.assigned.len();
            self.after_jumps(usize::MAX, mark, &before);
            let state = self.st.clone();
            body(self);
            self.st.meet(&state);
            let known: Vec<(String, bool)> = self.assigned[mark..start].to_vec();
            if self.assigned[start..].iter().all(|name| known.contains(name)) {
                break;
            }
        }
        self.after_jumps(jumps, mark, &before);
        self.st.meet(&before);
        if !written.is_empty() {
            written = Text::any();
        }
        written
    }

    /// Where a `break` or a `return` may have cut a body short, nothing that it assigned is known.
    pub(crate) fn after_jumps(&mut self, jumps: usize, mark: usize, before: &State) {
        if self.jumps == jumps {
            return;
        }
        for (name, _) in &self.assigned[mark..] {
            let mut values = self.assigned[mark..].iter().filter(|(other, _)| other == name);
            let number = values.all(|(_, number)| *number) && before.vars.get(name).is_some_and(Var::is_number);
            self.st.set(name, if number { Var::plain(Text::number()) } else { Var::unknown() });
        }
        if self.st.cwd != before.cwd {
            self.st.cwd = None;
        }
        self.st.dead = false;
    }

    fn test(&mut self, expr: &ExtendedTestExpr) {
        match expr {
            ExtendedTestExpr::And(left, right) | ExtendedTestExpr::Or(left, right) => {
                self.test(left);
                self.test(right);
            }
            ExtendedTestExpr::Not(inner) | ExtendedTestExpr::Parenthesized(inner) => self.test(inner),
            ExtendedTestExpr::UnaryTest(predicate, word) => {
                let text = self.text(&word.value, Mode::Document);
                if matches!(
                    predicate,
                    UnaryPredicate::ShellVariableIsSetAndAssigned | UnaryPredicate::ShellVariableIsSetAndNameRef
                ) {
                    self.evaluated_later(&text, "a name");
                }
            }
            ExtendedTestExpr::BinaryTest(predicate, left, right) => {
                let counts = format!("{predicate:?}").starts_with("Arithmetic");
                for word in [left, right] {
                    if counts {
                        self.arith(&unquoted(&word.value));
                    } else {
                        self.text(&word.value, Mode::Document);
                    }
                }
            }
        }
    }
}

/// The text of a word without the quotes around all of it.
fn unquoted(word: &str) -> String {
    let inner = word.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    inner.filter(|inner| !inner.contains('"')).unwrap_or(word).to_owned()
}
