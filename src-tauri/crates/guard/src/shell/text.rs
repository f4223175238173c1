//! What is known of a string before the command runs: pieces that are certain, and pieces that are not.

use crate::action::Arg;

/// What kind of thing an unknown piece is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Digits only: harmless where arithmetic evaluates it.
    Number,
    /// Anything.
    Anything,
}

/// A piece of a string.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Bit {
    Lit(String),
    Any(Kind),
    /// A file's name that fits this pattern.
    File(String),
}

/// A string.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Text(pub(crate) Vec<Bit>);

/// Any file below the working folder.
const HERE: &str = "./**";

/// Longer captured texts are forgotten.
const LONGEST: usize = 64 * 1024;

impl Text {
    pub(crate) fn lit(text: impl Into<String>) -> Self {
        Self(vec![Bit::Lit(text.into())])
    }

    pub(crate) fn any() -> Self {
        Self(vec![Bit::Any(Kind::Anything)])
    }

    /// Names of files that fit a pattern.
    pub(crate) fn files(pattern: impl Into<String>) -> Self {
        Self(vec![Bit::File(pattern.into())])
    }

    /// Names of files of the checkout, below the working folder.
    pub(crate) fn files_here() -> Self {
        Self::files(HERE)
    }

    pub(crate) fn number() -> Self {
        Self(vec![Bit::Any(Kind::Number)])
    }

    pub(crate) fn push(&mut self, bit: Bit) {
        match (self.0.last_mut(), bit) {
            (Some(Bit::Lit(last)), Bit::Lit(more)) => {
                last.push_str(&more);
                if last.len() > LONGEST {
                    self.0 = vec![Bit::Any(Kind::Anything)];
                }
            }
            (_, bit) => self.0.push(bit),
        }
        if self.0.len() > 64 {
            self.0 = vec![Bit::Any(Kind::Anything)];
        }
    }

    pub(crate) fn append(&mut self, other: &Self) {
        other.0.iter().for_each(|bit| self.push(bit.clone()));
    }

    pub(crate) fn append_str(&mut self, text: &str) {
        self.push(Bit::Lit(text.to_owned()));
    }

    /// The whole string, if all of it is known.
    pub(crate) fn known(&self) -> Option<String> {
        self.0.iter().try_fold(String::new(), |mut whole, bit| match bit {
            Bit::Lit(text) => {
                whole.push_str(text);
                Some(whole)
            }
            Bit::Any(_) | Bit::File(_) => None,
        })
    }

    /// Digits, known or not.
    pub(crate) fn is_number(&self) -> bool {
        !self.is_empty()
            && self.0.iter().all(|bit| match bit {
                Bit::Lit(text) => text.chars().all(|letter| letter.is_ascii_digit()),
                Bit::Any(kind) => *kind == Kind::Number,
                Bit::File(_) => false,
            })
    }

    pub(crate) fn is_number_or_known(&self) -> bool {
        self.0.iter().all(|bit| matches!(bit, Bit::Lit(_) | Bit::Any(Kind::Number)))
    }

    /// The pattern of the files below the working folder that these names are of, if they are nothing else.
    pub(crate) fn file_pattern(&self) -> Option<&str> {
        let mut pattern = None;
        for bit in &self.0 {
            match bit {
                Bit::Lit(text) if text.trim().is_empty() => {}
                Bit::File(one) if super::output::is_below(one) => {
                    pattern = Some(if pattern.is_none_or(|before| before == one) { one } else { HERE });
                }
                _ => return None,
            }
        }
        pattern
    }

    pub(crate) fn is_files(&self) -> bool {
        self.file_pattern().is_some()
    }

    /// A path with names of files in it, as a pattern; none where it is anything else.
    fn as_pattern(&self) -> Option<String> {
        let first = self.0.iter().position(|bit| matches!(bit, Bit::File(_)))?;
        let (mut before, mut after) = (String::new(), String::new());
        for (at, bit) in self.0.iter().enumerate() {
            match bit {
                Bit::Lit(text) if text.contains(['*', '?', '[', '\n']) => return None,
                Bit::Lit(text) if at < first => before.push_str(text),
                Bit::Lit(text) => after.push_str(text),
                Bit::File(_) if at == first => {}
                Bit::File(_) => after.push('/'),
                Bit::Any(_) => return None,
            }
        }
        let Bit::File(pattern) = &self.0[first] else { return None };
        // An option with a name in it is an option, and who goes up leaves the folder that the pattern is of.
        if before.starts_with('-') || !(before.is_empty() || before.ends_with('/')) || after.contains("..") {
            return None;
        }
        let below =
            if before.is_empty() { pattern.clone() } else { format!("{before}{}", pattern.trim_start_matches("./")) };
        if after.is_empty() {
            return Some(below);
        }
        // What follows a name makes it another name in the same folder, or one below.
        let folder = below.split(['*', '?', '[']).next().unwrap_or_default();
        let folder = folder.rsplit_once('/').map_or(".", |(folder, _)| folder);
        match after.rsplit_once('/') {
            Some((_, last)) if !last.is_empty() && self.0[first + 1..].len() == 1 => {
                Some(format!("{folder}/**/{last}"))
            }
            _ => Some(format!("{folder}/**")),
        }
    }

    /// `build/app-${version}.tgz`, where a part of the name is not known: a file with this ending below this folder.
    fn named_around(&self) -> Option<String> {
        let ([Bit::Lit(before), .., Bit::Lit(after)], true) = (&self.0[..], self.0.len() > 2) else { return None };
        let middle = &self.0[1..self.0.len() - 1];
        let (folder, begins) = before.rsplit_once('/')?;
        let (_, ending) = after.rsplit_once('.')?;
        let below = |letter: char| letter.is_ascii_alphanumeric() || "._-/+=".contains(letter);
        let plain =
            before.chars().all(below) && after.chars().all(below) && !before.contains("..") && !after.contains("..");
        let starts = folder.starts_with(|letter: char| letter.is_ascii_alphanumeric())
            || folder.starts_with("./")
            || folder.starts_with("/tmp/");
        let named = ending.len() >= 2 && after.len() > ending.len() + 1 || begins.len() > 1 && ending.len() >= 2;
        let numbers = middle.iter().all(|bit| matches!(bit, Bit::Any(_) | Bit::Lit(_)));
        (plain
            && starts
            && named
            && numbers
            && !after.contains('/')
            && !matches!(ending, "pem" | "key" | "env" | "sh" | "lock"))
        .then(|| format!("{folder}/**/*{after}"))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.iter().all(|bit| matches!(bit, Bit::Lit(text) if text.is_empty()))
    }

    /// As a command substitution sees it.
    pub(crate) fn without_last_newlines(mut self) -> Self {
        while let Some(Bit::Lit(last)) = self.0.last_mut() {
            last.truncate(last.trim_end_matches('\n').len());
            if !last.is_empty() {
                break;
            }
            self.0.pop();
        }
        self
    }

    /// For people.
    pub(crate) fn shown(&self) -> String {
        let bit = |bit: &Bit| match bit {
            Bit::Lit(text) | Bit::File(text) => text.clone(),
            Bit::Any(_) => "…".to_owned(),
        };
        self.0.iter().map(bit).collect()
    }

    /// As one word that is neither split nor matched against files.
    pub(crate) fn arg(&self) -> Arg {
        match (self.known(), self.as_pattern()) {
            (Some(text), _) => Arg::Lit(text),
            (None, Some(pattern)) => Arg::Glob(pattern),
            (None, None) => Arg::Unknown { shown: self.shown(), head: self.head(), many: false },
        }
    }

    pub(crate) fn head(&self) -> String {
        match self.0.first() {
            Some(Bit::Lit(text)) => text.clone(),
            _ => String::new(),
        }
    }

    /// What a word of a command line is worth as a string.
    pub(crate) fn of(arg: &Arg) -> Self {
        match arg {
            Arg::Lit(text) => Self::lit(text.clone()),
            Arg::Glob(text) => Self::files(text.clone()),
            Arg::Unknown { head, .. } => {
                let mut bits = Self::default();
                if !head.is_empty() {
                    bits.append_str(head);
                }
                bits.push(Bit::Any(Kind::Anything));
                bits
            }
        }
    }
}

/// A word while it is expanded: which pieces were quoted decides what is split and what is a pattern.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Field(pub(crate) Vec<(Bit, bool)>);

impl Field {
    pub(crate) fn text(&self) -> Text {
        let mut text = Text::default();
        self.0.iter().for_each(|(bit, _)| text.push(bit.clone()));
        text
    }

    pub(crate) fn arg(&self) -> Arg {
        let text = self.text();
        let many = self.0.iter().any(|(bit, quoted)| *bit == Bit::Any(Kind::Anything) && !quoted);
        if let Some(pattern) = (!many).then(|| text.named_around()).flatten() {
            return Arg::Glob(pattern);
        }
        match text.known() {
            None => match text.as_pattern() {
                Some(pattern) => Arg::Glob(pattern),
                None => Arg::Unknown { shown: text.shown(), head: text.head(), many: many || self.splits() },
            },
            Some(word) if self.is_pattern() => Arg::Glob(word),
            Some(word) => Arg::Lit(word),
        }
    }

    /// Whether a file's name is in it that is not quoted.
    fn splits(&self) -> bool {
        self.0.iter().any(|(bit, quoted)| matches!(bit, Bit::File(_)) && !quoted)
    }

    fn is_pattern(&self) -> bool {
        let unquoted = self.0.iter().filter(|(_, quoted)| !quoted);
        let letters: String = unquoted
            .map(|(bit, _)| match bit {
                Bit::Lit(text) => text.as_str(),
                Bit::Any(_) | Bit::File(_) => "",
            })
            .collect();
        letters.contains(['*', '?']) || letters.find('[').is_some_and(|at| letters[at..].contains(']'))
    }
}
