//! `declare` and its kin: assignments as arguments, and attributes that change what an assignment means.

use std::rc::Rc;

use brush_parser::ast::{Assignment, AssignmentName};

use super::Shell;
use super::state::Var;
use super::text::Text;
use crate::action::Arg;

impl Shell<'_> {
    /// An assignment among the arguments.
    pub(crate) fn declare(&mut self, argv: &[Arg], assignment: &Assignment, values: Vec<Text>) {
        let flags: String = argv[1..].iter().filter_map(Arg::known).filter(|word| word.starts_with('-')).collect();
        let (AssignmentName::VariableName(name) | AssignmentName::ArrayElementName(name, _)) = &assignment.name;
        let name = name.clone();
        if flags.contains(['n', 'i', 'A', 'l', 'u']) {
            self.odd_attribute(&flags, &name, &values);
        } else {
            self.assign_values(assignment, values);
        }
        if argv[0].known() == Some("export") || flags.contains('x') {
            self.exports(&name);
        }
    }

    fn odd_attribute(&mut self, flags: &str, name: &str, values: &[Text]) {
        if flags.contains('n') {
            self.opaque("a variable that stands for another");
        }
        if flags.contains('i') {
            for value in values {
                match value.known() {
                    Some(value) => self.arith(&value),
                    None if value.is_number_or_known() => {}
                    None => self.opaque("arithmetic on what is not known"),
                }
            }
        }
        self.assign(name, Var { items: vec![Text::any()], array: false });
    }

    fn exports(&mut self, name: &str) {
        Rc::make_mut(&mut self.st.exported).insert(name.to_owned());
    }

    /// The arguments that are no assignments as the grammar sees them.
    pub(crate) fn declared(&mut self, name: &str, args: &[Arg]) {
        self.names_evaluated(args);
        if shows_all(args) && args.iter().any(|arg| arg.head().contains('p')) {
            self.environment_shown();
        }
        for arg in args {
            let Some(word) = arg.known() else {
                self.opaque(&format!("{name} of what is not known"));
                continue;
            };
            let word = word.to_owned();
            if let Some(flags) = word.strip_prefix('-') {
                if flags.contains(['n', 'i']) && name != "export" && name != "readonly" {
                    self.opaque(&format!("{name} -{flags} changes what assignments mean"));
                }
                continue;
            }
            match word.split_once('=') {
                Some((left, right)) => {
                    let left = left.trim_end_matches('+').to_owned();
                    self.assign(&left, Var::plain(Text::lit(right)));
                    if name == "export" {
                        self.exports(&left);
                    }
                }
                None if name == "export" => self.exports(&word),
                None => {}
            }
        }
    }
}

/// Whether no name is given: then all are shown, unless it is functions or arrays that are asked for.
pub(super) fn shows_all(args: &[Arg]) -> bool {
    let asks =
        |arg: &Arg| arg.known().is_some_and(|word| word.starts_with('-') && !word.contains(['f', 'F', 'a', 'A']));
    args.iter().all(asks)
}
