//! Where the names of a short piece of code come from: modules of the checkout, modules that only compute, data that was read. What is
//! asked of any other module is not known here. What may be done with the names is in `inline`.

use super::inline::{self, IsOwn};
use super::list::on;
use super::pieces::Piece;

/// Modules with parts that do more than compute: they are asked for these, and go by no other name.
const OF_OS: &str = "path sep linesep getcwd listdir cpu_count walk name makedirs mkdir";

/// Whether modules that are not known here are asked for nothing but their version.
pub(super) fn asks_only_known(pieces: &[Piece], is_own: IsOwn<'_>) -> bool {
    let known =
        |module: &str| is_own(module) || inline::words().pure.holds(module) || inline::words().modules.holds(module);
    let mut at = 0;
    while at < pieces.len() {
        let starts =
            matches!(at.checked_sub(1).and_then(|at| pieces.get(at)), None | Some(Piece::Sign('\n' | ';' | ':')));
        let Piece::Name(word) = &pieces[at] else {
            at += 1;
            continue;
        };
        let end = statement_end(pieces, at);
        match (&**word, starts) {
            ("from", true) => {
                let Some(Piece::Name(module)) = pieces.get(at + 1) else { return false };
                let Some(import) = (at..end).find(|at| pieces[*at] == Piece::Name("import".into())) else {
                    return false;
                };
                let local = local_names(&pieces[import + 1..end]);
                let fine = match &**module {
                    "os" => {
                        pieces[at + 2] == Piece::Sign('.')
                            || pieces[import + 1..end].iter().all(|piece| match piece {
                                Piece::Name(name) => on(OF_OS, name),
                                piece => matches!(piece, Piece::Sign(',' | '(' | ')' | '\n')),
                            })
                    }
                    module if known(module) => true,
                    _ => local.is_some_and(|local| {
                        local.iter().all(|name| on("__version__ version VERSION", name) || is_named_once(pieces, name))
                    }),
                };
                if !fine {
                    return false;
                }
                at = end;
            }
            ("import", true) => {
                for one in pieces[at + 1..end].split(|piece| *piece == Piece::Sign(',')) {
                    let Some(Piece::Name(module)) = one.first() else { return false };
                    let renamed = one.len() >= 2 && one[one.len() - 2] == Piece::Name("as".into());
                    let Some(Piece::Name(local)) = (if renamed { one.last() } else { one.first() }) else {
                        return false;
                    };
                    let fine = match &**module {
                        "os" | "io" | "sys" | "pathlib" | "codecs" => !renamed && stays_put(pieces, module, at..end),
                        module if known(module) => true,
                        _ => only_its_version(pieces, local, at..end),
                    };
                    if !fine {
                        return false;
                    }
                }
                at = end;
            }
            _ => at += 1,
        }
    }
    true
}

fn statement_end(pieces: &[Piece], at: usize) -> usize {
    let mut depth = 0_usize;
    for (index, piece) in pieces.iter().enumerate().skip(at) {
        match piece {
            Piece::Sign('(') => depth += 1,
            Piece::Sign(')') => depth = depth.saturating_sub(1),
            Piece::Sign(';') => return index,
            Piece::Sign('\n') if depth == 0 => return index,
            _ => {}
        }
    }
    pieces.len()
}

/// The names that an import gives; none where nobody can say.
fn local_names(imported: &[Piece]) -> Option<Vec<&str>> {
    let mut names = Vec::new();
    for one in imported.split(|piece| *piece == Piece::Sign(',')) {
        let words: Vec<&Piece> = one.iter().filter(|piece| !matches!(piece, Piece::Sign('(' | ')' | '\n'))).collect();
        match words[..] {
            [] => {}
            [Piece::Name(name)] => names.push(&**name),
            [Piece::Name(_), Piece::Name(_as), Piece::Name(name)] => names.push(&**name),
            _ => return None,
        }
    }
    Some(names)
}

fn is_named_once(pieces: &[Piece], name: &str) -> bool {
    pieces.iter().filter(|piece| matches!(piece, Piece::Name(word) if word == name)).count() == 1
}

/// Whether a module goes by no other name, and is asked only for what is known.
fn stays_put(pieces: &[Piece], module: &str, import: std::ops::Range<usize>) -> bool {
    pieces.iter().enumerate().all(|(at, piece)| {
        let other = *piece != Piece::Name(module.to_owned()) || import.contains(&at);
        let asked = at > 0 && pieces[at - 1] == Piece::Sign('.');
        let imports = at > 0 && matches!(&pieces[at - 1], Piece::Name(word) if word == "import" || word == "from");
        other
            || asked
            || imports
            || match pieces.get(at + 1..at + 3) {
                Some([Piece::Sign('.'), Piece::Name(part)]) => module != "os" || on(OF_OS, part),
                Some([Piece::Sign(','), ..]) => {
                    at > 1
                        && pieces[..at]
                            .iter()
                            .rev()
                            .take_while(|piece| !matches!(piece, Piece::Sign('\n' | ';' | '(')))
                            .any(|piece| *piece == Piece::Name("import".into()))
                }
                _ => false,
            }
    })
}

fn only_its_version(pieces: &[Piece], local: &str, import: std::ops::Range<usize>) -> bool {
    pieces.iter().enumerate().all(|(at, piece)| {
        if *piece != Piece::Name(local.to_owned())
            || import.contains(&at)
            || at > 0 && pieces[at - 1] == Piece::Sign('.')
        {
            return true;
        }
        match pieces.get(at + 1..(at + 4).min(pieces.len())) {
            Some([Piece::Sign('.'), Piece::Name(part), then @ ..]) => {
                on("__version__ version VERSION __file__ __name__ __path__ __doc__", part)
                    && then.first() != Some(&Piece::Sign('('))
            }
            _ => false,
        }
    })
}

/// Names that come from modules of the checkout: `from shop.cart import total`, `import shop`.
pub(super) fn own_of_python(pieces: &[Piece], is_own: IsOwn<'_>) -> Vec<String> {
    let mut own = Vec::new();
    for line in pieces.split(|piece| matches!(piece, Piece::Sign(';' | '\n'))) {
        let words: Vec<&str> =
            line.iter().filter_map(|piece| if let Piece::Name(word) = piece { Some(&**word) } else { None }).collect();
        match words[..] {
            ["from", module, ..] if is_own(module) || inline::words().pure.holds(module) => {
                let from = words.iter().position(|word| *word == "import").map_or(words.len(), |at| at + 1);
                own.extend(words[from..].iter().filter(|word| **word != "as").map(|word| (*word).to_owned()));
            }
            ["import", module, ..] if is_own(module) => {
                own.push(words.last().copied().unwrap_or(module).to_owned());
                own.push(module.to_owned());
            }
            _ => {}
        }
    }
    own.retain(|name| inline::words().may_be_own(name));
    own
}

/// Names of modules that only compute: `import math`, `import datetime as dt`.
pub(super) fn pure_of_python(pieces: &[Piece]) -> Vec<String> {
    let mut pure = Vec::new();
    for line in pieces.split(|piece| matches!(piece, Piece::Sign(';' | '\n'))) {
        if line.first() != Some(&Piece::Name("import".into())) {
            continue;
        }
        for one in line[1..].split(|piece| *piece == Piece::Sign(',')) {
            match one {
                [Piece::Name(module)] if inline::words().pure.holds(module) => pure.push(module.clone()),
                [Piece::Name(module), Piece::Name(_as), Piece::Name(name)]
                    if inline::words().pure.holds(module) && _as == "as" =>
                {
                    pure.push(name.clone())
                }
                _ => {}
            }
        }
    }
    // A name that is anything but asked may be given to something else as well, and is not sure to be the module.
    let lines = pieces.split(|piece| matches!(piece, Piece::Sign(';' | '\n')));
    let used: Vec<&[Piece]> =
        lines.filter(|line| !matches!(line.first(), Some(Piece::Name(word)) if word == "import")).collect();
    pure.retain(|name| {
        let asked = |line: &&[Piece]| {
            line.iter()
                .enumerate()
                .all(|(at, piece)| *piece != Piece::Name(name.clone()) || line.get(at + 1) == Some(&Piece::Sign('.')))
        };
        !inline::words().is_never(name) && used.iter().all(asked)
    });
    pure
}

/// Names that come from files of the checkout: `import {a} from './x.js'`, `const x = require('./x')`.
pub(super) fn own_of_node(pieces: &[Piece], is_own: IsOwn<'_>) -> Vec<String> {
    let mut own = Vec::new();
    for (at, piece) in pieces.iter().enumerate() {
        let Piece::Text(file) = piece else { continue };
        if !file.starts_with('.') || !is_own(file) {
            continue;
        }
        // `const x = require('./x')` and `const {a, b} = require('./x')`.
        if let [.., name, Piece::Sign('='), Piece::Name(by), Piece::Sign('(')] = &pieces[..at]
            && by == "require"
        {
            match name {
                Piece::Name(name) => own.push(name.clone()),
                Piece::Sign('}') => {
                    let open = pieces[..at].iter().rposition(|piece| *piece == Piece::Sign('{')).unwrap_or(at);
                    own.extend(
                        pieces[open..at - 3]
                            .iter()
                            .filter_map(|piece| if let Piece::Name(word) = piece { Some(word.clone()) } else { None }),
                    );
                }
                _ => {}
            }
        }
        let start = pieces[..at].iter().rposition(|piece| matches!(piece, Piece::Name(word) if word == "import"));
        if pieces.get(at.wrapping_sub(1)) == Some(&Piece::Name("from".into())) {
            let words = pieces[start.unwrap_or(at)..at].iter();
            own.extend(words.filter_map(|piece| match piece {
                Piece::Name(word) if !matches!(&**word, "import" | "from" | "as") => Some(word.clone()),
                _ => None,
            }));
        }
    }
    own.retain(|name| inline::words().may_be_own(name));
    own
}

/// Names of what was read as data: `const t = JSON.parse(...)`, `const p = require('./package.json')`.
pub(super) fn data_of_node(pieces: &[Piece]) -> Vec<String> {
    let mut data = Vec::new();
    for (at, piece) in pieces.iter().enumerate() {
        let (Piece::Name(name), Some(Piece::Sign('='))) = (piece, pieces.get(at + 1)) else { continue };
        let parsed = matches!(&pieces[at + 2..], [Piece::Name(of), Piece::Sign('.'), Piece::Name(by), Piece::Sign('('), ..] if of == "JSON" && by == "parse");
        let required = matches!(&pieces[at + 2..], [Piece::Name(by), Piece::Sign('('), Piece::Text(file), Piece::Sign(')'), then, ..]
            if by == "require" && file.ends_with(".json") && matches!(then, Piece::Sign(';' | '\n')));
        let once = pieces.windows(2).filter(|pair| pair[0] == *piece && pair[1] == Piece::Sign('=')).count() == 1;
        if (parsed || required) && once {
            data.push(name.clone());
        }
    }
    data
}

/// Whether a name is a part, or a part of a part, of this one.
pub(super) fn is_part_of(pieces: &[Piece], mut at: usize, of: &str) -> bool {
    while at >= 2 && pieces[at - 1] == Piece::Sign('.') {
        match &pieces[at - 2] {
            Piece::Name(name) if name == of => return at < 3 || pieces[at - 3] != Piece::Sign('.'),
            Piece::Name(_) => at -= 2,
            _ => return false,
        }
    }
    false
}

/// Whether a name is asked of what `require('./x.json')` gives.
pub(super) fn of_required_data(pieces: &[Piece], mut at: usize) -> bool {
    while at >= 2 && pieces[at - 1] == Piece::Sign('.') && matches!(pieces[at - 2], Piece::Name(_)) {
        at -= 2;
    }
    at >= 5
        && matches!(&pieces[at - 5..at], [Piece::Name(by), Piece::Sign('('), Piece::Text(file), Piece::Sign(')'), Piece::Sign('.')]
            if by == "require" && file.ends_with(".json"))
}

/// Whether what is asked is asked of something of the checkout's.
pub(super) fn on_own(pieces: &[Piece], at: usize, own: &[String]) -> bool {
    own.iter().any(|one| is_part_of(pieces, at, one))
}

/// Whether a brace that closes here closes a pattern: it is assigned to, or is what a function takes.
pub(super) fn takes_apart(pieces: &[Piece], at: usize) -> bool {
    let sign = |at: usize, wanted: char| pieces.get(at) == Some(&Piece::Sign(wanted));
    let assigned = sign(at + 1, '=') && !sign(at + 2, '=') && !sign(at + 2, '>');
    let taken = sign(at + 1, ')') && sign(at + 2, '=') && sign(at + 3, '>');
    let of = matches!(pieces.get(at + 1), Some(Piece::Name(word)) if word == "of");
    assigned || taken || of
}
