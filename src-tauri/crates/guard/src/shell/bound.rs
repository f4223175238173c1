//! Which files the names of a short piece of code stand for: `p = 'a.py'`, `for p in ['a', 'b']:`, `const p = 'a.js'`. Only a name that is
//! given once, and used in no way that could give it again, stands for anything.

use std::collections::BTreeMap;

use super::pieces::Piece;
use crate::action::Arg;

/// Calls that a name may be handed to and stay what it is.
const TAKES: &[&str] = &[
    "open",
    "Path",
    "print",
    "len",
    "str",
    "readFileSync",
    "writeFileSync",
    "appendFileSync",
    "existsSync",
    "statSync",
    "exists",
    "isfile",
    "isdir",
    "basename",
    "dirname",
    "log",
];

/// The files that each name stands for.
pub(super) fn bound(pieces: &[Piece], python: bool) -> BTreeMap<String, Vec<Arg>> {
    let mut out = BTreeMap::new();
    // `case Path(p)` gives a name.
    if python && pieces.contains(&Piece::Name("case".into())) {
        return out;
    }
    for at in 0..pieces.len() {
        let Some((name, value)) = given(pieces, at, python) else { continue };
        let others = pieces.iter().enumerate().filter(|(other, piece)| {
            *other != at && **piece == Piece::Name(name.to_owned()) && !before(pieces, *other, 1, '.')
        });
        if others.map(|(other, _)| other).all(|other| stays(pieces, other, python)) {
            out.insert(name.to_owned(), value);
        }
    }
    out
}

/// The one file that a text names.
pub(super) fn file(text: &str) -> Option<Arg> {
    // An escape may spell what it is not.
    (!text.is_empty() && !text.contains(['\\', '\0', '\n'])).then(|| Arg::lit(text))
}

/// A pattern below a folder.
pub(super) fn below(folder: &str, pattern: &str) -> Option<Arg> {
    file(folder)?;
    file(pattern).filter(|_| !pattern.starts_with('/') && !pattern.contains(".."))?;
    Some(all_of(format!("{}/{pattern}", folder.trim_end_matches('/'))))
}

/// What a pattern finds; one that finds whatever there is may find anything, also what begins with a dot.
fn all_of(pattern: String) -> Arg {
    let last = pattern.rsplit('/').next().unwrap_or_default();
    if last.chars().all(|letter| matches!(letter, '*' | '?' | '.')) {
        Arg::unknown(pattern)
    } else {
        Arg::Glob(pattern)
    }
}

fn before(pieces: &[Piece], at: usize, back: usize, sign: char) -> bool {
    at.checked_sub(back).and_then(|at| pieces.get(at)) == Some(&Piece::Sign(sign))
}

fn word(pieces: &[Piece], at: Option<usize>) -> &str {
    match at.and_then(|at| pieces.get(at)) {
        Some(Piece::Name(name)) => name,
        _ => "",
    }
}

/// The name that is given here, and its files.
fn given(pieces: &[Piece], at: usize, python: bool) -> Option<(&str, Vec<Arg>)> {
    let Piece::Name(name) = &pieces[at] else { return None };
    let (last, next) = (at.checked_sub(1).and_then(|at| pieces.get(at)), pieces.get(at + 1));
    let assigns = next == Some(&Piece::Sign('=')) && !matches!(pieces.get(at + 2), Some(Piece::Sign('=' | '>')));
    let begins = if python {
        matches!(last, None | Some(Piece::Sign('\n' | ';')))
    } else {
        word(pieces, at.checked_sub(1)) == "const"
    };
    if assigns && begins {
        let (value, end) = value(&pieces[at + 2..])?;
        return matches!(pieces.get(at + 2 + end), None | Some(Piece::Sign('\n' | ';'))).then_some((name, value));
    }
    let each = if python { ("for", "in", ':') } else { ("const", "of", ')') };
    if word(pieces, at.checked_sub(1)) == each.0 && word(pieces, Some(at + 1)) == each.1 {
        // A list that has a name of its own, given once and only gone through.
        let list = word(pieces, Some(at + 2));
        if !list.is_empty() && pieces.get(at + 3) == Some(&Piece::Sign(each.2)) {
            return Some((name, list_of(pieces, list, python)?));
        }
        let (values, end) = values(&pieces[at + 2..])?;
        return (pieces.get(at + 2 + end) == Some(&Piece::Sign(each.2))).then_some((name, values));
    }
    None
}

/// What a list holds that is named once, and once gone through.
fn list_of(pieces: &[Piece], list: &str, python: bool) -> Option<Vec<Arg>> {
    let at: Vec<usize> = (0..pieces.len()).filter(|at| pieces[*at] == Piece::Name(list.to_owned())).collect();
    let [given, _] = at[..] else { return None };
    let begins = match given.checked_sub(1).and_then(|at| pieces.get(at)) {
        None | Some(Piece::Sign('\n' | ';')) => python,
        Some(Piece::Name(word)) => !python && word == "const",
        _ => false,
    };
    if !begins || pieces.get(given + 1) != Some(&Piece::Sign('=')) {
        return None;
    }
    let (values, end) = values(&pieces[given + 2..])?;
    matches!(pieces.get(given + 2 + end), None | Some(Piece::Sign('\n' | ';'))).then_some(values)
}

/// Whether a name is only used here.
fn stays(pieces: &[Piece], at: usize, python: bool) -> bool {
    let sign = |at: usize, wanted: char| pieces.get(at) == Some(&Piece::Sign(wanted));
    if sign(at + 1, '.') {
        return !before(pieces, at, 1, '.') || python;
    }
    // Among what a call is given.
    let (mut depth, mut open) = (0_usize, None);
    for back in (0..at).rev() {
        match &pieces[back] {
            Piece::Sign(')' | ']' | '}') => depth += 1,
            Piece::Sign('(' | '[' | '{') if depth == 0 => {
                open = Some(back);
                break;
            }
            Piece::Sign('(' | '[' | '{') => depth -= 1,
            Piece::Name(word) if word == "lambda" || word == "for" => return false,
            Piece::Sign('\n' | ';') if depth == 0 && python => {}
            _ => {}
        }
    }
    let Some(open) = open.filter(|open| pieces[*open] == Piece::Sign('(')) else { return false };
    let taken = TAKES.contains(&word(pieces, open.checked_sub(1)))
        && matches!(pieces.get(at - 1), Some(Piece::Sign('(' | ',')));
    let defined = ["def", "function", "class"].contains(&word(pieces, open.checked_sub(2)));
    let ends = sign(at + 1, ',') || sign(at + 1, ')') && !sign(at + 2, '{') && !sign(at + 2, '=');
    taken && !defined && ends
}

/// `'a'`, `Path('a')`, `pathlib.Path('a')`: the file, and how many pieces it takes.
fn value(pieces: &[Piece]) -> Option<(Vec<Arg>, usize)> {
    let path = |word: &str| word == "Path";
    match pieces {
        [Piece::Text(text), ..] => Some((vec![file(text)?], 1)),
        [Piece::Name(by), Piece::Sign('('), Piece::Text(text), Piece::Sign(')'), ..] if path(by) => {
            Some((vec![file(text)?], 4))
        }
        [
            Piece::Name(of),
            Piece::Sign('.'),
            Piece::Name(by),
            Piece::Sign('('),
            Piece::Text(text),
            Piece::Sign(')'),
            ..,
        ] if of == "pathlib" && path(by) => Some((vec![file(text)?], 6)),
        _ => None,
    }
}

/// A list of texts, or what a pattern finds.
fn values(pieces: &[Piece]) -> Option<(Vec<Arg>, usize)> {
    if let [Piece::Name(by), Piece::Sign('('), rest @ ..] = pieces
        && by == "sorted"
    {
        let (values, end) = found(rest)?;
        return (rest.get(end) == Some(&Piece::Sign(')'))).then_some((values, end + 3));
    }
    if let Some(found) = found(pieces) {
        return Some(found);
    }
    let close = match pieces.first() {
        Some(Piece::Sign('[')) => ']',
        Some(Piece::Sign('(')) => ')',
        _ => return None,
    };
    let mut files = Vec::new();
    for (at, piece) in pieces.iter().enumerate().skip(1) {
        match piece {
            Piece::Text(text) if !matches!(pieces[at - 1], Piece::Text(_)) => files.push(file(text)?),
            Piece::Sign(',' | '\n') => {}
            Piece::Sign(sign) if *sign == close && !files.is_empty() => return Some((files, at + 1)),
            _ => return None,
        }
    }
    None
}

/// `glob.glob('src/**/*.py', recursive=True)`, `Path('src').rglob('*.py')`.
fn found(pieces: &[Piece]) -> Option<(Vec<Arg>, usize)> {
    if let [Piece::Name(of), Piece::Sign('.'), Piece::Name(by), Piece::Sign('('), Piece::Text(pattern), rest @ ..] =
        pieces
        && (of, by) == (&"glob".to_owned(), &"glob".to_owned())
    {
        let plain = match rest {
            [Piece::Sign(')'), ..] => 1,
            [Piece::Sign(','), Piece::Name(deep), Piece::Sign('='), Piece::Name(_), Piece::Sign(')'), ..]
                if deep == "recursive" =>
            {
                5
            }
            _ => return None,
        };
        let Arg::Lit(pattern) = file(pattern)? else { return None };
        return Some((vec![all_of(pattern)], 5 + plain));
    }
    let (bases, end) = value(pieces).filter(|_| !matches!(pieces.first(), Some(Piece::Text(_))))?;
    match &pieces[end..] {
        [Piece::Sign('.'), Piece::Name(by), Piece::Sign('('), Piece::Text(pattern), Piece::Sign(')'), ..]
            if by == "rglob" || by == "glob" =>
        {
            let deep = if by == "rglob" { format!("**/{pattern}") } else { pattern.clone() };
            let found: Option<Vec<Arg>> = bases.iter().map(|base| below(base.known()?, &deep)).collect();
            Some((found?, end + 5))
        }
        _ => None,
    }
}
