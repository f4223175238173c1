//! Short code in Python and JavaScript taken to pieces: names, texts, numbers, signs. What could be read in two ways is read in none, so
//! that nothing hides in what was taken for a text. What the pieces come to is in `inline`.

/// A piece of code.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Piece {
    Name(String),
    Text(String),
    /// A text into which something is put.
    Spoken,
    Number,
    Sign(char),
}

/// The pieces of the code, and the code within its texts.
pub(super) fn pieces(code: &str, python: bool) -> Option<(Vec<Piece>, Vec<String>)> {
    let letters: Vec<char> = code.chars().collect();
    let (mut pieces, mut inner, mut at) = (Vec::new(), Vec::new(), 0);
    while at < letters.len() {
        let letter = letters[at];
        match letter {
            '\\' => return None,
            '#' if python => {
                at = line_end(&letters, at);
                continue;
            }
            '`' if python => return None,
            // At the start of a line nothing but a comment begins so.
            '/' if !python && letters.get(at + 1) == Some(&'/') && starts_line(&letters, at) => {
                at = line_end(&letters, at);
                continue;
            }
            // After a bracket or a comma there is nothing to divide: a regular expression.
            '/' if !python
                && !matches!(letters.get(at + 1), Some('/' | '*'))
                && matches!(pieces.last(), Some(Piece::Sign('(' | ',' | '['))) =>
            {
                at = after_pattern(&letters, at + 1)?;
                pieces.push(Piece::Text(String::new()));
                continue;
            }
            // A regular expression or a comment: where its end is, is not for here.
            '/' if !python && !matches!(pieces.last(), Some(Piece::Name(_) | Piece::Number | Piece::Sign(')'))) => {
                return None;
            }
            '/' if !python && matches!(letters.get(at + 1), Some('/' | '*')) => return None,
            // A name before a template is called with it.
            '`' if is_tag(pieces.last()) => return None,
            '"' | '\'' | '`' => {
                let prefix = match pieces.last() {
                    Some(Piece::Name(name)) if python && at > 0 && letters[at - 1].is_alphanumeric() => {
                        let name = name.to_lowercase();
                        if !["r", "b", "u", "f", "rb", "br", "fr", "rf"].contains(&&*name) {
                            return None;
                        }
                        pieces.pop();
                        name
                    }
                    _ => String::new(),
                };
                let (text, end) = text(&letters, at, python, prefix.contains('r'))?;
                let holes = match letter {
                    '`' => holes(&text, true)?,
                    _ if prefix.contains('f') => holes(&text, false)?,
                    _ => Vec::new(),
                };
                pieces.push(if holes.is_empty() { Piece::Text(text) } else { Piece::Spoken });
                inner.extend(holes);
                at = end;
                continue;
            }
            letter if letter.is_ascii_digit() => {
                while letters.get(at).is_some_and(|letter| letter.is_alphanumeric() || *letter == '_') {
                    at += 1;
                }
                pieces.push(Piece::Number);
                continue;
            }
            letter if letter.is_alphabetic() || matches!(letter, '_' | '$') => {
                let mut word = String::new();
                while let Some(letter) =
                    letters.get(at).filter(|letter| letter.is_alphanumeric() || matches!(letter, '_' | '$'))
                {
                    word.push(*letter);
                    at += 1;
                }
                if !word.is_ascii() {
                    return None;
                }
                pieces.push(Piece::Name(word));
                continue;
            }
            '\n' => pieces.push(Piece::Sign('\n')),
            // `a?.b` asks as `a.b` does.
            '?' if letters.get(at + 1) == Some(&'.') => {}
            letter if letter.is_whitespace() => {}
            letter => pieces.push(Piece::Sign(letter)),
        }
        at += 1;
    }
    Some((pieces, inner))
}

fn is_tag(last: Option<&Piece>) -> bool {
    let words = ["return", "of", "in", "case", "typeof", "default", "else"];
    match last {
        Some(Piece::Name(name)) => !words.contains(&&**name),
        Some(Piece::Sign(sign)) => matches!(sign, ')' | ']'),
        _ => false,
    }
}

fn line_end(letters: &[char], at: usize) -> usize {
    letters[at..].iter().position(|letter| *letter == '\n').map_or(letters.len(), |end| at + end)
}

fn starts_line(letters: &[char], at: usize) -> bool {
    letters[..at].iter().rev().take_while(|letter| **letter != '\n').all(|letter| letter.is_whitespace())
}

/// A text from its quote on, and where it ends; none where an escape could spell anything.
fn text(letters: &[char], start: usize, python: bool, raw: bool) -> Option<(String, usize)> {
    let quote = letters[start];
    let triple = python && letters.get(start + 1) == Some(&quote) && letters.get(start + 2) == Some(&quote);
    let (mut at, mut text) = (start + if triple { 3 } else { 1 }, String::new());
    loop {
        let letter = *letters.get(at)?;
        let three = letters.get(at + 1) == Some(&quote) && letters.get(at + 2) == Some(&quote);
        if letter == quote && (!triple || three) {
            return Some((text, at + if triple { 3 } else { 1 }));
        }
        // Only texts of several lines go on.
        if letter == '\n' && !triple && quote != '`' {
            return None;
        }
        text.push(letter);
        at += 1;
        if letter == '\\' {
            let next = *letters.get(at)?;
            if !raw && (next.is_ascii_digit() || matches!(next, 'x' | 'u' | 'U' | 'N' | '\n' | '\r')) {
                return None;
            }
            text.push(next);
            at += 1;
        }
    }
}

/// Where a regular expression of JavaScript ends.
fn after_pattern(letters: &[char], mut at: usize) -> Option<usize> {
    let mut class = false;
    loop {
        match letters.get(at)? {
            '\n' => return None,
            '\\' => at += 1,
            '[' => class = true,
            ']' => class = false,
            '/' if !class => break,
            _ => {}
        }
        at += 1;
    }
    at += 1;
    while letters.get(at).is_some_and(char::is_ascii_alphabetic) {
        at += 1;
    }
    Some(at)
}

/// The code in `{...}` of a text; none where it nests.
fn holes(text: &str, dollar: bool) -> Option<Vec<String>> {
    let mut found = Vec::new();
    let mut rest = text;
    let open = if dollar { "${" } else { "{" };
    while let Some(start) = rest.find(open) {
        let tail = &rest[start + open.len()..];
        if !dollar && tail.starts_with('{') {
            rest = &tail[1..];
            continue;
        }
        let end = tail.find('}')?;
        let hole = &tail[..end];
        if hole.contains('{') {
            return None;
        }
        // What follows the colon says how it is printed.
        let code = if dollar { hole } else { hole.split([':', '!']).next().unwrap_or(hole) };
        found.push(code.to_owned());
        rest = &tail[end + 1..];
    }
    Some(found)
}
