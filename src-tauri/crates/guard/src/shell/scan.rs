//! Where quoted and bracketed parts of shell text end. Linear in the text; what is too odd to be sure of is an error.

/// Why a word is not read.
pub(crate) type Unread = &'static str;

const OPEN: Unread = "a quote or bracket is not closed";

/// The position after the `'` that closes a single-quoted part; `at` is just after the one that opens it.
pub(crate) fn single(text: &[char], at: usize) -> Result<usize, Unread> {
    text[at..].iter().position(|letter| *letter == '\'').map(|end| at + end + 1).ok_or(OPEN)
}

/// The position after a `$'...'` part.
pub(crate) fn ansi(text: &[char], mut at: usize) -> Result<usize, Unread> {
    while at < text.len() {
        match text[at] {
            '\\' => at += 2,
            '\'' => return Ok(at + 1),
            _ => at += 1,
        }
    }
    Err(OPEN)
}

/// The position after a `"..."` part.
pub(crate) fn double(text: &[char], mut at: usize, depth: usize) -> Result<usize, Unread> {
    while at < text.len() {
        at = match text[at] {
            '"' => return Ok(at + 1),
            '\\' => at + 2,
            '`' => backquote(text, at + 1)?,
            '$' => dollar(text, at, depth, true)?,
            _ => at + 1,
        }
    }
    Err(OPEN)
}

/// The position after a backquoted part.
pub(crate) fn backquote(text: &[char], mut at: usize) -> Result<usize, Unread> {
    while at < text.len() {
        match text[at] {
            '\\' => at += 2,
            '`' => return Ok(at + 1),
            _ => at += 1,
        }
    }
    Err(OPEN)
}

/// The position after what a `$` at `at` begins; after the `$` itself where it begins nothing with brackets or quotes.
pub(crate) fn dollar(text: &[char], at: usize, depth: usize, quoted: bool) -> Result<usize, Unread> {
    match text.get(at + 1) {
        Some('(') if text.get(at + 2) == Some(&'(') => match arithmetic(text, at + 3, depth)? {
            Some(end) => Ok(end),
            None => command(text, at + 2, depth),
        },
        Some('(') => command(text, at + 2, depth),
        Some('{') => brace(text, at + 2, depth),
        Some('[') => legacy(text, at + 2),
        Some('\'') if !quoted => ansi(text, at + 2),
        _ => Ok(at + 1),
    }
}

fn legacy(text: &[char], at: usize) -> Result<usize, Unread> {
    let mut open = 1;
    for (index, letter) in text.iter().enumerate().skip(at) {
        match letter {
            '[' => open += 1,
            ']' => open -= 1,
            _ => {}
        }
        if open == 0 {
            return Ok(index + 1);
        }
    }
    Err(OPEN)
}

/// The position after `${...}`.
pub(crate) fn brace(text: &[char], mut at: usize, depth: usize) -> Result<usize, Unread> {
    let depth = deeper(depth)?;
    while at < text.len() {
        at = match text[at] {
            '}' => return Ok(at + 1),
            '\\' => at + 2,
            '\'' => single(text, at + 1)?,
            '"' => double(text, at + 1, depth)?,
            '`' => backquote(text, at + 1)?,
            '$' => dollar(text, at, depth, false)?,
            _ => at + 1,
        }
    }
    Err(OPEN)
}

/// The position after the `))` of an arithmetic expansion; none where it is a command that begins with a bracket.
pub(crate) fn arithmetic(text: &[char], mut at: usize, depth: usize) -> Result<Option<usize>, Unread> {
    let depth = deeper(depth)?;
    let mut open = 0_usize;
    while at < text.len() {
        at = match text[at] {
            ')' if open == 0 => return Ok((text.get(at + 1) == Some(&')')).then_some(at + 2)),
            ')' => {
                open -= 1;
                at + 1
            }
            '(' => {
                open += 1;
                at + 1
            }
            '\\' => at + 2,
            '\'' => single(text, at + 1)?,
            '"' => double(text, at + 1, depth)?,
            '`' => backquote(text, at + 1)?,
            '$' => dollar(text, at, depth, true)?,
            _ => at + 1,
        }
    }
    Err(OPEN)
}

/// The position after the `)` of a command substitution.
pub(crate) fn command(text: &[char], mut at: usize, depth: usize) -> Result<usize, Unread> {
    let depth = deeper(depth)?;
    let mut open = 1_usize;
    let mut begins = true;
    let mut documents: Vec<(String, bool)> = Vec::new();
    while at < text.len() {
        let letter = text[at];
        let began = begins;
        begins = letter.is_whitespace() || ";&|()".contains(letter);
        at = match letter {
            '\\' => at + 2,
            '\'' => single(text, at + 1)?,
            '"' => double(text, at + 1, depth)?,
            '`' => backquote(text, at + 1)?,
            '$' => dollar(text, at, depth, false)?,
            '#' if began => text[at..].iter().position(|letter| *letter == '\n').map_or(text.len(), |end| at + end),
            '<' if text.get(at + 1) == Some(&'<') && text.get(at + 2) != Some(&'<') => {
                let (document, end) = delimiter(text, at + 2)?;
                documents.push(document);
                end
            }
            '<' if text.get(at + 1) == Some(&'<') => at + 3,
            '\n' if !documents.is_empty() => {
                let mut end = at + 1;
                for (word, tabs) in documents.drain(..) {
                    end = document(text, end, &word, tabs)?;
                }
                begins = true;
                end
            }
            '(' => {
                open += 1;
                at + 1
            }
            ')' => {
                open -= 1;
                if open == 0 {
                    return Ok(at + 1);
                }
                at + 1
            }
            'c' if began && word_is(text, at, "case") => return Err("a case inside a substitution"),
            _ => at + 1,
        }
    }
    Err(OPEN)
}

fn word_is(text: &[char], at: usize, word: &str) -> bool {
    let end = at + word.len();
    text.get(at..end).is_some_and(|found| found.iter().copied().eq(word.chars()))
        && text.get(end).is_none_or(|letter| letter.is_whitespace())
}

/// The word that ends a here-document, whether tabs are dropped before it, and the position after it.
fn delimiter(text: &[char], mut at: usize) -> Result<((String, bool), usize), Unread> {
    let tabs = text.get(at) == Some(&'-');
    at += usize::from(tabs);
    while text.get(at).is_some_and(|letter| *letter == ' ' || *letter == '\t') {
        at += 1;
    }
    let mut word = String::new();
    while let Some(letter) = text.get(at) {
        match letter {
            '\'' | '"' => {
                let close = text[at + 1..].iter().position(|end| end == letter).ok_or(OPEN)?;
                word.extend(&text[at + 1..at + 1 + close]);
                at += close + 2;
            }
            '\\' => {
                word.extend(text.get(at + 1));
                at += 2;
            }
            '$' | '`' => return Err("an odd end of a here-document"),
            letter if letter.is_whitespace() || ";&|()<>".contains(*letter) => break,
            letter => {
                word.push(*letter);
                at += 1;
            }
        }
    }
    Ok(((word, tabs), at))
}

fn document(text: &[char], mut at: usize, word: &str, tabs: bool) -> Result<usize, Unread> {
    while at < text.len() {
        let end = text[at..].iter().position(|letter| *letter == '\n').map_or(text.len(), |end| at + end);
        let line: String = text[at..end].iter().collect();
        let line = if tabs { line.trim_start_matches('\t') } else { &line };
        if line == word {
            return Ok(end);
        }
        at = end + 1;
    }
    Err("a here-document without its end")
}

fn deeper(depth: usize) -> Result<usize, Unread> {
    if depth > 40 { Err("it is nested too deeply") } else { Ok(depth + 1) }
}
