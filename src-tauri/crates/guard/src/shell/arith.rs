//! Arithmetic, which bash does on the text of a value again and again until it is a number: a subscript in there may hold a
//! command. Results are only known to be numbers.

use super::state::Var;
use super::text::Text;
use super::word::Mode;
use super::{Shell, brief};

impl Shell<'_> {
    /// Goes through an arithmetic expression.
    pub(crate) fn arith(&mut self, expression: &str) {
        self.arith_in(expression, 0);
    }

    fn arith_in(&mut self, expression: &str, depth: usize) {
        let text = self.text(expression, Mode::Document);
        let Some(text) = self.number_text(&text) else {
            self.opaque(&format!("arithmetic on what is not known: {}", brief(expression)));
            return;
        };
        if depth > 8 {
            self.opaque("arithmetic that goes round");
            return;
        }
        let assigns = text.contains("++") || text.contains("--") || has_assignment(&text);
        for name in names(&text) {
            match self.lookup(&name, Some("@")).or_else(|| self.lookup(&name, None)) {
                None if is_assigned(&text, &name) => {}
                None => self.opaque(&format!("arithmetic on {name}, which is not known")),
                Some(values) => {
                    for value in values {
                        match value.known() {
                            Some(value) if value.chars().all(|letter| letter.is_ascii_digit()) => {}
                            Some(value) => self.arith_in(&value, depth + 1),
                            None if value.is_number_or_known() => {}
                            None => self.opaque(&format!("arithmetic on {name}, which is not known")),
                        }
                    }
                }
            }
            if assigns {
                self.assign(&name, Var::plain(Text::number()));
            }
        }
    }

    /// The text with a digit for every number that is not known.
    fn number_text(&self, text: &Text) -> Option<String> {
        let known = |bit: &super::text::Bit| match bit {
            super::text::Bit::Lit(text) => Some(text.clone()),
            super::text::Bit::Any(super::text::Kind::Number) => Some("1".to_owned()),
            super::text::Bit::Any(_) | super::text::Bit::File(_) => None,
        };
        text.0.iter().map(known).collect()
    }

    /// A text that will be expanded once more later: a prompt, a name with a subscript.
    pub(crate) fn evaluated_later(&mut self, text: &Text, what: &str) {
        match text.known() {
            Some(known) if known.contains(['$', '`']) => {
                self.text(&known, Mode::Document);
            }
            Some(_) => {}
            None if text.is_number_or_known() => {}
            None => self.opaque(&format!("{what} made of what is not known")),
        }
    }
}

fn has_assignment(text: &str) -> bool {
    let letters: Vec<char> = text.chars().collect();
    letters.iter().enumerate().any(|(at, letter)| {
        let before = at.checked_sub(1).map(|at| letters[at]);
        *letter == '='
            && letters.get(at + 1) != Some(&'=')
            && !matches!(before, Some('=' | '!'))
            && !(matches!(before, Some('<' | '>')) && at.checked_sub(2).map(|at| letters[at]) != before)
    })
}

/// Whether the expression gives this name its value.
fn is_assigned(text: &str, name: &str) -> bool {
    text.match_indices(name).any(|(at, _)| {
        let rest = text[at + name.len()..].trim_start();
        rest.starts_with('=') && !rest.starts_with("==")
    })
}

fn names(text: &str) -> Vec<String> {
    let mut names = Vec::new();
    for word in text.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_' && letter != '#') {
        let starts = word.starts_with(|letter: char| letter.is_ascii_alphabetic() || letter == '_');
        if starts && !names.contains(&word.to_owned()) {
            names.push(word.to_owned());
        }
    }
    names
}
