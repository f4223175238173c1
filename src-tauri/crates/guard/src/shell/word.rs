//! Words as bash reads them: quotes, expansions, substitutions. The grammar says where a word begins and ends; what is in
//! it is read here, in time linear in its length, because the grammar's own reader of words can take for ever.

use super::scan::{self, Unread};

/// A piece of a word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    /// Text outside quotes.
    Bare(String),
    /// Text that stands for itself.
    Quoted(String),
    /// Between double quotes.
    Double(Vec<Piece>),
    Param(Param),
    /// The text of a command substitution.
    Command(String),
    Arith(String),
    /// What follows the `~`.
    Tilde(String),
    /// A process substitution: whether the command reads what is written there, and its text.
    Process(bool, String),
}

/// A parameter expansion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Param {
    pub(crate) name: String,
    pub(crate) index: Option<String>,
    pub(crate) op: Op,
}

/// What is done with the parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Op {
    Plain,
    Length,
    /// `${x:-word}` and `${x:=word}`.
    Default {
        assign: bool,
        word: String,
    },
    /// `${x:+word}`.
    Alternative(String),
    /// `${x:?word}`.
    Required(String),
    /// `${x@P}`: the value is expanded once more.
    Prompt,
    /// `${x%pattern}`, `${x##pattern}`: what is cut, where, and how much.
    Cut {
        suffix: bool,
        longest: bool,
        pattern: String,
    },
    /// Everything else: the result is unknown, the text may hold substitutions.
    Other(String),
}

/// What is special in the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// A word.
    Word,
    /// The right side of an assignment: a `~` counts after a colon as well.
    Value,
    /// A here-document or the inside of double quotes.
    Document,
}

/// The pieces of a word.
pub(crate) fn pieces(text: &str, mode: Mode) -> Result<Vec<Piece>, Unread> {
    let letters: Vec<char> = text.chars().collect();
    read(&letters, mode)
}

fn read(text: &[char], mode: Mode) -> Result<Vec<Piece>, Unread> {
    let quoted = mode == Mode::Document;
    let mut out: Vec<Piece> = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let letter = text[at];
        let starts = at == 0 || (mode == Mode::Value && text[at - 1] == ':');
        match letter {
            '\\' if quoted => {
                let next = text.get(at + 1).copied();
                match next {
                    Some('\n') => {}
                    Some(next) if "$`\"\\".contains(next) => out.push(Piece::Quoted(next.to_string())),
                    Some(next) => out.push(Piece::Quoted(format!("\\{next}"))),
                    None => out.push(Piece::Quoted("\\".to_owned())),
                }
                at += 2;
            }
            '\\' => {
                match text.get(at + 1) {
                    Some('\n') => {}
                    Some(next) => out.push(Piece::Quoted(next.to_string())),
                    None => out.push(Piece::Quoted("\\".to_owned())),
                }
                at += 2;
            }
            '\'' if !quoted => {
                let end = scan::single(text, at + 1)?;
                out.push(Piece::Quoted(text[at + 1..end - 1].iter().collect()));
                at = end;
            }
            '"' if !quoted => {
                let end = scan::double(text, at + 1, 0)?;
                out.push(Piece::Double(read(&text[at + 1..end - 1], Mode::Document)?));
                at = end;
            }
            '`' => {
                let end = scan::backquote(text, at + 1)?;
                out.push(Piece::Command(unescaped(&text[at + 1..end - 1], quoted)));
                at = end;
            }
            '$' => at = dollar(text, at, quoted, &mut out)?,
            '<' | '>' if !quoted && text.get(at + 1) == Some(&'(') => {
                let end = scan::command(text, at + 2, 0)?;
                out.push(Piece::Process(letter == '>', text[at + 2..end - 1].iter().collect()));
                at = end;
            }
            '~' if !quoted && starts => {
                let stop = |letter: &char| "/:'\"\\$`".contains(*letter);
                let end = text[at..].iter().position(stop).map_or(text.len(), |end| at + end);
                out.push(Piece::Tilde(text[at + 1..end].iter().collect()));
                at = end;
            }
            letter => {
                match out.last_mut() {
                    Some(Piece::Bare(last)) if !quoted => last.push(letter),
                    Some(Piece::Quoted(last)) if quoted => last.push(letter),
                    _ if quoted => out.push(Piece::Quoted(letter.to_string())),
                    _ => out.push(Piece::Bare(letter.to_string())),
                }
                at += 1;
            }
        }
    }
    Ok(out)
}

/// Inside backquotes a backslash quotes only what would end or begin something.
fn unescaped(text: &[char], in_double: bool) -> String {
    let mut out = String::new();
    let mut at = 0;
    while at < text.len() {
        let next = text.get(at + 1).copied();
        if text[at] == '\\' && next.is_some_and(|next| "$`\\".contains(next) || (in_double && next == '"')) {
            at += 1;
        }
        out.push(text[at]);
        at += 1;
    }
    out
}

fn dollar(text: &[char], at: usize, quoted: bool, out: &mut Vec<Piece>) -> Result<usize, Unread> {
    let inner = |from: usize, to: usize| -> String { text[from..to].iter().collect() };
    let Some(next) = text.get(at + 1).copied() else {
        out.push(Piece::Quoted("$".to_owned()));
        return Ok(at + 1);
    };
    match next {
        '(' => {
            if text.get(at + 2) == Some(&'(')
                && let Some(end) = scan::arithmetic(text, at + 3, 0)?
            {
                out.push(Piece::Arith(inner(at + 3, end - 2)));
                return Ok(end);
            }
            let end = scan::command(text, at + 2, 0)?;
            out.push(Piece::Command(inner(at + 2, end - 1)));
            Ok(end)
        }
        '{' => {
            let end = scan::brace(text, at + 2, 0)?;
            out.push(Piece::Param(param(&text[at + 2..end - 1])?));
            Ok(end)
        }
        '[' => {
            let end = scan::dollar(text, at, 0, quoted)?;
            out.push(Piece::Arith(inner(at + 2, end - 1)));
            Ok(end)
        }
        '\'' if !quoted => {
            let end = scan::ansi(text, at + 2)?;
            out.push(Piece::Quoted(ansi_text(&text[at + 2..end - 1])?));
            Ok(end)
        }
        // A translated string: like one in double quotes.
        '"' if !quoted => Ok(at + 1),
        letter if letter.is_ascii_alphabetic() || letter == '_' => {
            let name = |letter: &char| letter.is_ascii_alphanumeric() || *letter == '_';
            let end = text[at + 1..].iter().position(|letter| !name(letter)).map_or(text.len(), |end| at + 1 + end);
            out.push(Piece::Param(Param { name: inner(at + 1, end), index: None, op: Op::Plain }));
            Ok(end)
        }
        letter if letter.is_ascii_digit() || "@*#?-$!".contains(letter) => {
            out.push(Piece::Param(Param { name: letter.to_string(), index: None, op: Op::Plain }));
            Ok(at + 2)
        }
        _ => {
            out.push(Piece::Quoted("$".to_owned()));
            Ok(at + 1)
        }
    }
}

/// What stands between `${` and `}`.
fn param(text: &[char]) -> Result<Param, Unread> {
    let rest = |at: usize| -> String { text[at..].iter().collect() };
    let odd = || Param { name: String::new(), index: None, op: Op::Other(rest(0)) };
    let mut at = 0;
    let length = text.first() == Some(&'#') && text.len() > 1;
    if text.first() == Some(&'!') && text.len() > 1 {
        return Ok(odd());
    }
    at += usize::from(length);
    let begin = at;
    match text.get(at) {
        Some(letter) if letter.is_ascii_alphabetic() || *letter == '_' => {
            while text.get(at).is_some_and(|letter| letter.is_ascii_alphanumeric() || *letter == '_') {
                at += 1;
            }
        }
        Some(letter) if letter.is_ascii_digit() => {
            while text.get(at).is_some_and(char::is_ascii_digit) {
                at += 1;
            }
        }
        Some(letter) if "@*#?-$!".contains(*letter) => at += 1,
        _ => return Ok(odd()),
    }
    let name: String = text[begin..at].iter().collect();
    let mut index = None;
    if text.get(at) == Some(&'[') {
        let end = scan::dollar(&[&['$'][..], &text[at..]].concat(), 0, 0, false)? + at - 1;
        index = Some(text[at + 1..end - 1].iter().collect());
        at = end;
    }
    let op = match (text.get(at), text.get(at + 1)) {
        _ if length && at == text.len() => Op::Length,
        _ if length => return Ok(odd()),
        (None, _) => Op::Plain,
        (Some(':'), Some('-')) => Op::Default { assign: false, word: rest(at + 2) },
        (Some(':'), Some('=')) => Op::Default { assign: true, word: rest(at + 2) },
        (Some(':'), Some('+')) => Op::Alternative(rest(at + 2)),
        (Some(':'), Some('?')) => Op::Required(rest(at + 2)),
        (Some('-'), _) => Op::Default { assign: false, word: rest(at + 1) },
        (Some('='), _) => Op::Default { assign: true, word: rest(at + 1) },
        (Some('+'), _) => Op::Alternative(rest(at + 1)),
        (Some('?'), _) => Op::Required(rest(at + 1)),
        (Some('@'), Some('P')) => Op::Prompt,
        (Some(sign @ ('%' | '#')), next) => {
            let longest = next == Some(sign);
            Op::Cut { suffix: *sign == '%', longest, pattern: rest(at + 1 + usize::from(longest)) }
        }
        _ => Op::Other(rest(at)),
    };
    Ok(Param { name, index, op })
}

/// `$'...'`: escapes are characters.
fn ansi_text(text: &[char]) -> Result<String, Unread> {
    let mut out = String::new();
    let mut at = 0;
    while at < text.len() {
        if text[at] != '\\' {
            out.push(text[at]);
            at += 1;
            continue;
        }
        let Some(letter) = text.get(at + 1).copied() else { break };
        at += 2;
        let mut number = |radix: u32, most: usize| -> Option<u32> {
            let digits: String = text[at..].iter().take(most).take_while(|digit| digit.is_digit(radix)).collect();
            at += digits.len();
            u32::from_str_radix(&digits, radix).ok()
        };
        let code = match letter {
            'n' => Some(10),
            't' => Some(9),
            'r' => Some(13),
            'a' => Some(7),
            'b' => Some(8),
            'e' | 'E' => Some(27),
            'f' => Some(12),
            'v' => Some(11),
            'x' => number(16, 2),
            'u' => number(16, 4),
            'U' => number(16, 8),
            '0'..='7' => {
                at -= 1;
                let digits: String = text[at..].iter().take(3).take_while(|digit| digit.is_digit(8)).collect();
                at += digits.len();
                u32::from_str_radix(&digits, 8).ok().map(|code| code & 0xff)
            }
            'c' => return Err("a control character written as an escape"),
            other => Some(u32::from(other)),
        };
        match code.and_then(char::from_u32) {
            // A NUL ends the string for bash; what follows must not look as if it were there.
            Some('\0') | None => return Err("an odd escape"),
            Some(letter) => out.push(letter),
        }
    }
    Ok(out)
}
