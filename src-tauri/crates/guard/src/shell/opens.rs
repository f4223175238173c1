//! Which files a short piece of code opens, and how: named by a text, by a name that stands for one, or made of such. What cannot be named
//! is not opened here. The rest of such code is in `inline`.

use super::bound::{below, file};
use super::inline::{Files, IsOwn, words};
use super::list::on;
use super::pieces::Piece;
use crate::action::Arg;

/// Whoever calls these opens or makes a file.
pub(super) const FILE_CALLS: &str = "open Path require readFileSync existsSync statSync readdirSync writeFileSync appendFileSync mkdirSync read_text read_bytes write_text \
    write_bytes mkdir makedirs touch";

/// Whether a name stands in the braces of an import, or of what a module is taken apart into.
pub(super) fn listed(pieces: &[Piece], at: usize) -> bool {
    let plain = |piece: &&Piece| matches!(piece, Piece::Name(_) | Piece::Sign(',' | '\n'));
    let ahead = pieces[at..].iter().take_while(plain).count();
    let back = pieces[..at].iter().rev().take_while(plain).count();
    let opens = at.checked_sub(back + 1).and_then(|at| pieces.get(at)) == Some(&Piece::Sign('{'));
    let closes = pieces.get(at + ahead) == Some(&Piece::Sign('}'));
    let from = match &pieces[(at + ahead + 1).min(pieces.len())..] {
        [Piece::Name(from), Piece::Text(_), ..] => from == "from",
        [Piece::Sign('='), Piece::Name(by), Piece::Sign('('), Piece::Text(_), ..] => by == "require",
        _ => false,
    };
    // `from pathlib import Path, PurePath`
    let line: Vec<&Piece> =
        pieces[..at].iter().rev().take_while(|piece| !matches!(piece, Piece::Sign('\n' | ';'))).collect();
    let python = line.iter().any(|piece| **piece == Piece::Name("import".into()))
        && matches!(line.last(), Some(Piece::Name(word)) if word == "from")
        && !matches!(pieces.get(at + 1), Some(Piece::Sign('(' | '.')));
    opens && closes && from || python
}

/// Whether a call is given two things.
pub(super) fn has_two(then: &[Piece]) -> bool {
    let mut depth = 0_usize;
    for piece in then {
        match piece {
            Piece::Sign('(' | '[' | '{') => depth += 1,
            Piece::Sign(')' | ']' | '}') if depth == 0 => return false,
            Piece::Sign(')' | ']' | '}') => depth -= 1,
            Piece::Sign(',') if depth == 0 => return true,
            _ => {}
        }
    }
    false
}

/// Paths that are made of other paths: what is below a folder that is named may be read, and nothing is written there but by its name.
pub(super) fn derived(pieces: &[Piece], leads_out: impl Fn(&Piece) -> bool, files: &mut Files) -> Option<()> {
    let has = |list: &str| pieces.iter().any(|piece| matches!(piece, Piece::Name(name) if on(list, name)));
    let joins = |at: usize| {
        let path = matches!(
            at.checked_sub(1).and_then(|at| pieces.get(at)),
            Some(Piece::Name(_) | Piece::Sign(')') | Piece::Text(_))
        );
        pieces[at] == Piece::Sign('/') && path && !matches!(pieces.get(at + 1), Some(Piece::Number))
    };
    let joined: Vec<usize> = (0..pieces.len()).filter(|at| joins(*at)).collect();
    let opens = has("read_text read_bytes open write_text write_bytes touch mkdir");
    if !joined.is_empty() || has("glob rglob iterdir parent parents") {
        if pieces.iter().any(leads_out) {
            return None;
        }
        if !opens {
            return Some(());
        }
        if has("write_text write_bytes touch mkdir") && (!joined.is_empty() || has("iterdir parent parents")) {
            return None;
        }
        let folders: Vec<&str> = pieces
            .windows(3)
            .filter_map(|three| match three {
                [Piece::Name(by), Piece::Sign('('), Piece::Text(folder)] if by == "Path" => Some(&**folder),
                _ => None,
            })
            .collect();
        let mut found = Vec::new();
        let mut at = 0;
        while at < joined.len() {
            // `Path('a') / 'b' / 'c'`: each part by its name.
            let (mut name, mut end) = (String::new(), joined[at]);
            while joined.get(at) == Some(&end) {
                let Some(Piece::Text(part)) = pieces.get(end + 1) else { return None };
                name = format!("{name}/{part}");
                end += 2;
                at += 1;
            }
            found.push(name.trim_start_matches('/').to_owned());
        }
        for (at, piece) in pieces.iter().enumerate() {
            match piece {
                Piece::Name(by) if by == "iterdir" => found.push("*".to_owned()),
                Piece::Name(by) if by == "glob" || by == "rglob" => match pieces.get(at + 1..at + 3) {
                    Some([Piece::Sign('('), Piece::Text(pattern)]) => {
                        found.push(if by == "rglob" { format!("**/{pattern}") } else { pattern.clone() });
                    }
                    _ if pieces.get(at + 1) == Some(&Piece::Sign('.'))
                        || at > 0 && pieces[at - 1] == Piece::Name("import".into()) => {}
                    _ => return None,
                },
                _ => {}
            }
        }
        for folder in folders.iter().copied().chain(folders.is_empty().then_some(".")) {
            for name in &found {
                files.reads.push(match below(folder, name)? {
                    Arg::Glob(path) if !path.contains(['*', '?', '[']) => Arg::Lit(path),
                    path => path,
                });
            }
        }
    }
    Some(())
}

/// What is opened must be named: by a text, or by a name that stands for one.
pub(super) fn opened(
    by: &str,
    of: Option<&[Piece]>,
    then: &[Piece],
    names: &Names,
    is_own: IsOwn<'_>,
    files: &mut Files,
) -> Option<()> {
    // What is asked of a path that was named before.
    if let Some(of) = of
        && (on("read_text read_bytes write_text write_bytes touch mkdir", by) || by == "open" && !is_module(of))
    {
        let writes = match by {
            "open" => writes_by(then)?,
            by => !by.starts_with("read"),
        };
        if writes {
            files.writes.extend(path_of(of, names)?);
        }
        return Some(());
    }
    if by == "require" {
        let Some(Piece::Text(package)) = then.first() else { return None };
        if !matches!(then.get(1), Some(Piece::Sign(')'))) {
            return None;
        }
        // A package runs what it is made of; of one's own files only data is read here.
        if package.ends_with(".json") && !package.contains('\\') {
            files.reads.extend(package.starts_with(['.', '/']).then(|| Arg::lit(package.as_str())));
            return Some(());
        }
        if package.starts_with('.') && is_own(package) {
            return Some(());
        }
        let version = matches!(then.get(2..4), Some([Piece::Sign('.'), Piece::Name(word)]) if on("version VERSION", word))
            && then.get(4) != Some(&Piece::Sign('('));
        return if version { Some(()) } else { harmless_package(package) };
    }
    let named = match then.first()? {
        Piece::Text(text) => vec![file(text)?],
        Piece::Name(name) => names.get(name)?.clone(),
        // What was opened before it began.
        Piece::Number
            if matches!(by, "readFileSync" | "open") && matches!(then.get(1), Some(Piece::Sign(')' | ','))) =>
        {
            return Some(());
        }
        _ => return None,
    };
    if !matches!(then.get(1), Some(Piece::Sign(')' | ','))) {
        return None;
    }
    let writes = match by {
        "writeFileSync" | "appendFileSync" | "mkdirSync" | "makedirs" | "mkdir" | "touch" | "write_text"
        | "write_bytes" => true,
        "open" => writes_by(then.get(2..).filter(|_| then[1] == Piece::Sign(',')).unwrap_or_default())?,
        "Path" => {
            // What is written is said where it is.
            files.reads.extend(named);
            return Some(());
        }
        _ => {
            let plain = |piece: &&Piece| **piece != Piece::Sign(')');
            then.iter().skip(1).take_while(plain).all(fine_option).then_some(())?;
            false
        }
    };
    if writes {
        files.writes.extend(named)
    } else {
        files.reads.extend(named)
    }
    Some(())
}

fn fine_option(piece: &Piece) -> bool {
    match piece {
        Piece::Text(mode) => {
            on("r rb rt U utf-8 utf8 utf-8-sig ascii latin-1 replace ignore strict", mode)
                || mode.is_empty()
                || mode == "\\n"
        }
        Piece::Name(word) => on("encoding mode errors newline None", word),
        Piece::Sign(sign) => matches!(sign, ',' | '='),
        Piece::Number | Piece::Spoken => false,
    }
}

/// Whether these options of `open` say that it writes; none where they say what is not known.
fn writes_by(options: &[Piece]) -> Option<bool> {
    let mut writes = false;
    for piece in options.iter().take_while(|piece| **piece != Piece::Sign(')')) {
        match piece {
            Piece::Text(mode) if !mode.is_empty() && mode.chars().all(|letter| "rwaxbt+".contains(letter)) => {
                writes |= mode.contains(['w', 'a', 'x', '+']);
            }
            piece if fine_option(piece) => {}
            _ => return None,
        }
    }
    Some(writes)
}

/// Whether what is asked is a module: `io.open`.
fn is_module(of: &[Piece]) -> bool {
    matches!(of.last(), Some(Piece::Name(word)) if on("io codecs gzip tokenize os", word))
        && of.len().checked_sub(2).is_none_or(|at| of[at] != Piece::Sign('.'))
}

/// The path that stands here: `Path('a')`, or a name for one.
fn path_of(of: &[Piece], names: &Names) -> Option<Vec<Arg>> {
    match of {
        [.., Piece::Sign('.'), Piece::Name(_)] => None,
        [.., Piece::Name(name)] => names.get(name).cloned(),
        [.., Piece::Name(by), Piece::Sign('('), Piece::Name(name), Piece::Sign(')')] if by == "Path" => {
            names.get(name).cloned()
        }
        [.., Piece::Name(by), Piece::Sign('('), Piece::Text(text), Piece::Sign(')')] if by == "Path" => {
            Some(vec![file(text)?])
        }
        _ => None,
    }
}

/// A package that does nothing to the outside, as far as its names on the lists go.
pub(super) fn harmless_package(name: &str) -> Option<()> {
    words().packages.holds(name.trim_start_matches("node:")).then_some(())
}

pub(super) type Names = std::collections::BTreeMap<String, Vec<Arg>>;
