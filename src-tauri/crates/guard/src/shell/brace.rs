//! Brace expansion, which bash does on the text of a word before anything else: `{git,push}` is two words.

use super::scan::{self, Unread};

const MOST: usize = 256;

/// What stands between the commas, and the position after the closing brace.
type Members = (Vec<Vec<char>>, usize);

/// The words that one word becomes.
pub(crate) fn expand(word: &str) -> Result<Vec<String>, Unread> {
    if !word.contains('{') {
        return Ok(vec![word.to_owned()]);
    }
    let letters: Vec<char> = word.chars().collect();
    Ok(go(&letters, 0)?.into_iter().map(|letters| letters.into_iter().collect()).collect())
}

fn go(text: &[char], depth: usize) -> Result<Vec<Vec<char>>, Unread> {
    if depth > 16 {
        return Err("braces are nested too deeply");
    }
    let mut at = 0;
    while at < text.len() {
        if text[at] != '{' {
            at = skip(text, at)?;
            continue;
        }
        let Some((parts, end)) = members(text, at + 1)? else {
            at += 1;
            continue;
        };
        let before = &text[..at];
        let after = go(&text[end..], depth + 1)?;
        let mut out = Vec::new();
        for part in parts {
            for middle in go(&part, depth + 1)? {
                for tail in &after {
                    out.push([before, &middle, tail].concat());
                }
            }
            if out.len() > MOST {
                return Err("braces make too many words");
            }
        }
        return Ok(out);
    }
    Ok(vec![text.to_vec()])
}

/// The position after what begins at `at` and is not a brace to expand.
fn skip(text: &[char], at: usize) -> Result<usize, Unread> {
    match text[at] {
        '\\' => Ok((at + 2).min(text.len())),
        '\'' => scan::single(text, at + 1),
        '"' => scan::double(text, at + 1, 0),
        '`' => scan::backquote(text, at + 1),
        '$' => scan::dollar(text, at, 0, false),
        '<' | '>' if text.get(at + 1) == Some(&'(') => scan::command(text, at + 2, 0),
        _ => Ok(at + 1),
    }
}

/// What stands between the commas, and the position after the closing brace; none if this brace is only a letter.
fn members(text: &[char], from: usize) -> Result<Option<Members>, Unread> {
    let (mut at, mut begin, mut open) = (from, from, 0_usize);
    let mut parts = Vec::new();
    while at < text.len() {
        match text[at] {
            '{' => {
                open += 1;
                at += 1;
            }
            '}' if open > 0 => {
                open -= 1;
                at += 1;
            }
            '}' => {
                parts.push(text[begin..at].to_vec());
                if parts.len() == 1 {
                    return sequence(&text[from..at]).map(|found| found.map(|parts| (parts, at + 1)));
                }
                return Ok(Some((parts, at + 1)));
            }
            ',' if open == 0 => {
                parts.push(text[begin..at].to_vec());
                at += 1;
                begin = at;
            }
            _ => at = skip(text, at)?,
        }
    }
    Ok(None)
}

fn sequence(text: &[char]) -> Result<Option<Vec<Vec<char>>>, Unread> {
    let text: String = text.iter().collect();
    let ends: Vec<&str> = text.split("..").collect();
    let ([first, last] | [first, last, _]) = ends[..] else { return Ok(None) };
    let step: i64 = ends.get(2).map_or(Ok(1), |step| step.parse()).unwrap_or(0);
    let numbers = first.parse::<i64>().ok().zip(last.parse::<i64>().ok());
    let letter = |text: &str| text.chars().next().filter(|letter| letter.is_ascii_alphabetic() && text.len() == 1);
    let letters = letter(first).zip(letter(last)).map(|(a, b)| (i64::from(u32::from(a)), i64::from(u32::from(b))));
    let Some((from, to)) = numbers.or(letters) else { return Ok(None) };
    if step == 0 || (from - to).unsigned_abs() / step.unsigned_abs() >= MOST as u64 {
        return Err("a sequence in braces that is too long or too odd");
    }
    let width = if first.starts_with('0') || last.starts_with('0') { first.len().max(last.len()) } else { 0 };
    let step = step.abs();
    let mut out = Vec::new();
    let mut at = from;
    while (from <= to && at <= to) || (from > to && at >= to) {
        let shown = match u32::try_from(at).ok().and_then(char::from_u32) {
            Some(letter) if numbers.is_none() => letter.to_string(),
            _ => format!("{at:0width$}"),
        };
        out.push(shown.chars().collect());
        at += if from <= to { step } else { -step };
    }
    Ok(Some(out))
}
