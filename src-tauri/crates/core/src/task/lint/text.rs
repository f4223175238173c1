//! Taking what somebody wrote apart: words, what is code, what names something, what measures something.

use super::NEAR;
use super::lists;

/// Words of a text, with what stands in `code` set apart.
pub(super) struct Text {
    words: Vec<Word>,
    lower: String,
}

pub(super) struct Word {
    /// In small letters, without what stands around it.
    text: String,
    /// It is a path, a name of code, something quoted, or has a digit.
    names: bool,
    number: bool,
    /// A sentence, or part of one, ends with it.
    ends: bool,
}

impl Word {
    /// The words of a line, in small letters.
    pub(super) fn list(text: &str) -> Vec<String> {
        text.split_whitespace().map(plain).filter(|word| !word.is_empty()).collect()
    }
}

fn plain(word: &str) -> String {
    word.trim_matches(|letter: char| !letter.is_alphanumeric() && !matches!(letter, '?' | '%')).to_lowercase()
}

impl Text {
    pub(super) fn of(text: &str) -> Self {
        let mut words = Vec::new();
        let mut fenced = false;
        for line in text.lines() {
            if line.trim_start().starts_with("```") {
                fenced = !fenced;
                words.push(Word { text: String::new(), names: true, number: false, ends: true });
                continue;
            }
            if fenced {
                continue;
            }
            for (at, part) in line.split('`').enumerate() {
                if at % 2 == 1 {
                    let code = !part.trim().is_empty();
                    words.push(Word { text: String::new(), names: code, number: false, ends: false });
                } else {
                    words.extend(part.split_whitespace().map(word));
                }
            }
            if let Some(last) = words.last_mut() {
                last.ends = true;
            }
        }
        let texts: Vec<&str> = words.iter().map(|word| word.text.as_str()).collect();
        let lower = format!(" {} ", texts.join(" "));
        Self { words, lower }
    }

    /// The first of these that is in it, as whole words.
    pub(super) fn find(&self, list: &[&str]) -> Option<String> {
        let found = list.iter().filter_map(|words| Some((self.lower.find(&format!(" {words} "))?, words)));
        found.min().map(|(_, words)| (*words).to_owned())
    }

    /// How many words carry meaning.
    pub(super) fn content(&self) -> usize {
        self.words
            .iter()
            .filter(|word| word.names || (word.text.len() > 1 && !lists::SMALL.contains(&&*word.text)))
            .count()
    }

    /// A file, a name of code, a number or words in quotes are in it.
    pub(super) fn names_something(&self) -> bool {
        self.words.iter().any(|word| word.names)
    }

    /// It says how much, or what happens when.
    pub(super) fn has_measure(&self) -> bool {
        self.words.iter().any(|word| word.number) || self.find(lists::MEASURES).is_some()
    }

    /// What is meant of everything, where nothing near it says of what.
    pub(super) fn every(&self) -> Option<String> {
        let near = |at: usize| {
            let rest = self.words[at..].iter().take(NEAR);
            let ends = rest.clone().position(|word| word.ends).map_or(NEAR, |end| end + 1);
            rest.take(ends)
        };
        for (at, word) in self.words.iter().enumerate() {
            let next = || near(at).skip(1);
            let of = |list: &[&str]| next().take(3).find(|it| list.contains(&&*it.text)).map(|it| it.text.clone());
            let found = match word.text.as_str() {
                "everything" | "everywhere" => Some(word.text.clone()),
                "all" | "every" | "any" => of(lists::MANY).map(|it| format!("{} {it}", word.text)),
                "entire" | "whole" | "throughout" | "across" => {
                    of(lists::PRODUCTS).map(|it| format!("{} {it}", word.text))
                }
                _ => None,
            };
            let passing = next().take(4).any(|it| lists::STANDS.contains(&&*it.text));
            if found.is_some() && !passing && !next().any(|it| it.names) {
                return found;
            }
        }
        None
    }

    /// A product as a whole is to be made, or made anew.
    pub(super) fn whole_product(&self) -> Option<String> {
        let verb = self.words.iter().position(|word| !word.text.is_empty() && !lists::SMALL.contains(&&*word.text))?;
        let made = lists::MAKES.contains(&&*self.words[verb].text);
        let anew = lists::REMAKES.contains(&&*self.words[verb].text);
        let rest = &self.words[verb + 1..];
        if anew && self.lower.contains(" from scratch ") {
            return Some("from scratch".to_owned());
        }
        let object = rest.iter().take(5).take_while(|word| !lists::PLACES.contains(&&*word.text));
        let mut found = object.filter(|word| lists::PRODUCTS.contains(&&*word.text) && !word.names);
        // What follows the product says which part of it: an app's icon is no app.
        let whole = found.next().filter(|word| {
            let at = rest.iter().position(|it| std::ptr::eq(it, *word)).unwrap_or_default();
            word.ends || rest.get(at + 1).is_none_or(|it| lists::PLACES.contains(&&*it.text))
        })?;
        (made || anew).then(|| format!("{} {}", self.words[verb].text, whole.text))
    }

    /// How many things it tells somebody to do, one after the other.
    pub(super) fn joined(&self) -> usize {
        let mut count = 0;
        let mut begins = true;
        for word in &self.words {
            if matches!(word.text.as_str(), "and" | "then" | "also" | "plus" | "") {
                begins |= !word.names;
                continue;
            }
            if begins && lists::VERBS.contains(&&*word.text) {
                count += 1;
            }
            begins = word.ends;
        }
        count
    }
}

fn word(raw: &str) -> Word {
    let text = plain(raw);
    let inner = raw.trim_matches(|letter: char| !letter.is_alphanumeric() && letter != '/' && letter != '_');
    let number = inner.chars().any(|letter| letter.is_ascii_digit());
    let letters: Vec<char> = inner.chars().collect();
    let hump = letters.windows(2).any(|pair| pair[0].is_lowercase() && pair[1].is_uppercase());
    let path = inner.contains('/') && inner.len() > 1 && !lists::PAIRS.contains(&&*text);
    let file = inner.rsplit_once('.').is_some_and(|(name, end)| !name.is_empty() && lists::ENDINGS.contains(&end));
    let known = lists::FILES.contains(&&*text);
    let quoted = raw.starts_with(['"', '\'', '“', '«', '„']) || raw.ends_with(['"', '”', '»']);
    let names = number
        || hump
        || path
        || file
        || known
        || quoted
        || inner.contains('_')
        || inner.contains("::")
        || raw.starts_with("--");
    let ends = raw.ends_with([',', ';', ':', '.', '!', '?', '+', '&']);
    Word { text, names, number, ends }
}
