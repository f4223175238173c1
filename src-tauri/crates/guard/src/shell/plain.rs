//! Longer code in Python and JavaScript, read more loosely than in `inline`: an agent may write the same into a test. Its modules are known
//! ones, it names nothing that deletes, moves, reaches or shows the environment, it writes files by their names alone, and what it
//! starts it spells out, to be judged like any command. Which names those are is data (specs/inline.toml).

use super::inline::{IsOwn, Words, words};
use super::list::on;
use super::pieces::{Piece, pieces};
use crate::action::Arg;

/// What such code does.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Deeds {
    /// Files it writes.
    pub(super) writes: Vec<String>,
    /// Programs it starts, word by word.
    pub(super) runs: Vec<Vec<String>>,
    /// Lines it gives to a shell.
    pub(super) lines: Vec<String>,
    /// All its texts: what is a path among them is looked at by whoever knows the checkout.
    pub(super) texts: Vec<String>,
}

/// Longer code is a program.
const LONGEST: usize = 8000;
/// Methods of texts, which are given parts of texts and no paths.
const OF_TEXTS: &str = "split rsplit replace startswith endswith strip rstrip lstrip partition rpartition count find rfind index join sub match search findall compile startsWith endsWith includes indexOf replaceAll \
     removeprefix removesuffix print log get";

/// What the code does; none where it may do more than is known here.
pub(super) fn deeds(interpreter: &str, code: &str, is_own: IsOwn<'_>) -> Option<Deeds> {
    let python = interpreter.starts_with("python") || interpreter.starts_with("pypy");
    if !(python || matches!(interpreter, "node" | "nodejs" | "tsx" | "ts-node" | "bun" | "esno" | "vite-node"))
        || code.len() > LONGEST
    {
        return None;
    }
    let mut found = Deeds::default();
    read(code, python, is_own, &mut found, 0)?;
    Some(found)
}

/// The name that stands here, if one does.
fn name(pieces: &[Piece], at: Option<usize>) -> &str {
    match at.and_then(|at| pieces.get(at)) {
        Some(Piece::Name(name)) => name,
        _ => "",
    }
}

fn read(code: &str, python: bool, is_own: IsOwn<'_>, found: &mut Deeds, depth: usize) -> Option<()> {
    if depth > 3 {
        return None;
    }
    let w = words();
    let code = if python {
        code.replace("importlib.metadata", "importmeta").replace("urllib.parse", "urlwords")
    } else {
        code.replace("node:", "")
    };
    let (pieces, inner) = pieces(&code, python)?;
    inner.iter().try_for_each(|code| read(code, python, is_own, found, depth + 1))?;
    // Which files it opens is said outside of it.
    let has = |list: &str| pieces.iter().any(|piece| matches!(piece, Piece::Name(name) if on(list, name)));
    let named = has(
        "open Path read_text read_bytes listdir scandir walk glob iglob rglob iterdir readFileSync readdirSync getline",
    );
    let above = has("parent parents dirname root")
        && has("resolve absolute cwd getcwd abspath realpath __file__ __dirname __filename");
    let spelled = named && has("chr fromhex unhexlify b64decode fromCharCode Buffer");
    let parted = named && (1..pieces.len()).any(|at| sign_at(&pieces, at - 1, '.') && name(&pieces, Some(at)) == "sep");
    if above || spelled || parted {
        return None;
    }
    if !python && !modules_stay(&pieces) {
        return None;
    }
    if named && has("argv") || has("stdin") && has("open Path read_text readFileSync") {
        return None;
    }
    let sign = |at: usize, wanted: char| pieces.get(at) == Some(&Piece::Sign(wanted));
    let shows = python && inner.is_empty() && only_shows(&pieces);
    let unfamiliar = if python { imports(&pieces, w, is_own, shows)? } else { loads_unfamiliar(&pieces, w, is_own) };
    if unfamiliar && !shows {
        let fine = |piece: &Piece| match piece {
            Piece::Name(word) => !w.is_outward(word),
            Piece::Text(text) => !text.contains("://") && !text.starts_with("git@"),
            _ => true,
        };
        // What is put into texts counts as well.
        let mut words =
            inner.iter().flat_map(|code| code.split(|letter: char| !letter.is_alphanumeric() && letter != '_'));
        if !pieces.iter().all(fine) || words.any(|word| w.is_outward(word)) {
            return None;
        }
    }
    for (at, piece) in pieces.iter().enumerate() {
        let before = at.checked_sub(1);
        match piece {
            Piece::Text(text) => {
                let part = sign(at.wrapping_sub(1), '(') && on(OF_TEXTS, name(&pieces, at.checked_sub(2)))
                    || sign(at + 1, '.') && on("join", name(&pieces, Some(at + 2)));
                // A key by which a thing gives away what it is made of.
                if !python && on("constructor __proto__ prototype env mainModule binding", text) {
                    return None;
                }
                if !part {
                    found.texts.push(text.clone());
                }
                // What the texts of an import name is looked at where it is imported.
                let from = !python && matches!(name(&pieces, before), "from" | "import");
                if from && !may_be_loaded(text, w, is_own) {
                    return None;
                }
            }
            // What is looked up is then called.
            Piece::Sign(']') if sign(at + 1, '(') => return None,
            Piece::Name(word) => {
                let asked = sign(at.wrapping_sub(1), '.');
                let of = if asked { name(&pieces, at.checked_sub(2)) } else { "" };
                let fine = on("__version__ __file__ __name__ __doc__ __main__ _", word);
                let started = started(&pieces, at, python, found)?;
                if started {
                    continue;
                }
                if python {
                    let compiles = word == "compile" && of == "re";
                    let denied = w.denied_python.holds(word)
                        || (w.is_never(word) && !on("class global nonlocal subprocess", word));
                    if (denied && !compiles) || word.starts_with('_') && !fine {
                        return None;
                    }
                    // Of a path it moves the file; of a text it takes two words.
                    if word == "replace" && asked && !super::opens::has_two(&pieces[(at + 2).min(pieces.len())..]) {
                        return None;
                    }
                    let parts = match of {
                        "os" => Some(&w.of_os),
                        "sys" => Some(&w.of_sys),
                        _ => None,
                    };
                    if parts.is_some_and(|parts| !parts.holds(word)) {
                        return None;
                    }
                    // Modules go by their names and are asked, or anything could be asked of them.
                    if on("os sys subprocess io", word) && !asked && !sign(at + 1, '.') && !is_imported(&pieces, at) {
                        return None;
                    }
                    if of == "sys"
                        && word == "path"
                        && matches!(pieces.get(at + 1), Some(Piece::Sign('.' | '[' | '=' | '+')))
                        && !looks_in_the_checkout(&pieces[at + 1..])
                    {
                        return None;
                    }
                    if word == "open" {
                        opened(&pieces, at, asked, found)?;
                    }
                    if word == "load" && !on("json tomllib toml simplejson plistlib tomli", of) || word == "system" {
                        return None;
                    }
                } else {
                    let never = w.is_never(word)
                        && !on(
                            "this class async await module setTimeout setInterval super global nonlocal help code compile input dill vars locals",
                            word,
                        );
                    // A module is often called so; asked of one, it copies.
                    if asked && word == "cp" {
                        return None;
                    }
                    if (asked || word != "open") && w.denied_node.holds(word) || never {
                        return None;
                    }
                    if on("setTimeout setInterval", word)
                        && !matches!(pieces.get(at + 2), Some(Piece::Sign('(') | Piece::Name(_)))
                    {
                        return None;
                    }
                    // Where a module lies.
                    let asked_where = sign(at + 1, '.') && name(&pieces, Some(at + 2)) == "resolve";
                    if word == "require" && !asked_where || word == "import" && sign(at + 1, '(') {
                        let Some(Piece::Text(from)) = pieces.get(at + 2) else { return None };
                        if !sign(at + 3, ')') || !may_be_loaded(from, w, is_own) {
                            return None;
                        }
                    }
                    if on("writeFileSync appendFileSync mkdirSync", word) {
                        match (sign(at + 1, '('), pieces.get(at + 2)) {
                            (true, Some(Piece::Text(file))) => found.writes.push(file.clone()),
                            _ if listed_or_brought(&pieces, at) => {}
                            _ => return None,
                        }
                    }
                    // A module is not handed on, nor asked by a name that is put together.
                    if on("fs child_process", word) && sign(at + 1, '[') {
                        return None;
                    }
                }
            }
            _ => {}
        }
    }
    Some(())
}

fn listed_or_brought(pieces: &[Piece], at: usize) -> bool {
    super::opens::listed(pieces, at) && pieces.get(at + 1) != Some(&Piece::Sign(':'))
}

fn sign_at(pieces: &[Piece], at: usize, wanted: char) -> bool {
    pieces.get(at) == Some(&Piece::Sign(wanted))
}

/// Whether what opens files and starts programs goes by its own names alone: nothing of it is looked up by a text that is put together, and it is
/// handed to nobody.
fn modules_stay(pieces: &[Piece]) -> bool {
    let module =
        |piece: Option<&Piece>| matches!(piece, Some(Piece::Text(from)) if on("fs child_process fs/promises", from));
    let mut names: Vec<&str> = Vec::new();
    for at in 0..pieces.len() {
        match (&pieces[at], pieces.get(at + 1)) {
            (Piece::Name(word), Some(Piece::Sign('('))) if word == "require" && module(pieces.get(at + 2)) => {
                let asked = sign_at(pieces, at + 4, '.');
                let given = sign_at(pieces, at.wrapping_sub(1), '=')
                    && matches!(pieces.get(at + 4), None | Some(Piece::Sign(';' | '\n' | ',')));
                if !asked && !given {
                    return false;
                }
                if given && let Some(Piece::Name(name)) = at.checked_sub(2).and_then(|at| pieces.get(at)) {
                    names.push(name);
                }
            }
            (Piece::Name(word), Some(Piece::Sign('('))) if word == "import" && module(pieces.get(at + 2)) => {
                return false;
            }
            (Piece::Name(word), from) if word == "from" && module(from) => {
                if let Some(Piece::Name(name)) = at.checked_sub(1).and_then(|at| pieces.get(at)) {
                    names.push(name);
                }
            }
            _ => {}
        }
    }
    pieces.iter().enumerate().all(|(at, piece)| {
        let Piece::Name(word) = piece else { return true };
        let asked_of = sign_at(pieces, at.wrapping_sub(1), '.');
        let given = sign_at(pieces, at + 1, '=') || name(pieces, Some(at + 1)) == "from";
        !names.contains(&&**word) || asked_of || given || sign_at(pieces, at + 1, '.')
    })
}

/// What a module of JavaScript may be.
fn may_be_loaded(from: &str, w: &Words, is_own: IsOwn<'_>) -> bool {
    let own = from.starts_with("./") && !from.contains("..") && is_own(from);
    own || from == "child_process" || w.packages.holds(from) || is_unfamiliar_package(from, w)
}

fn is_unfamiliar_package(from: &str, w: &Words) -> bool {
    let plain = from.chars().all(|letter| letter.is_ascii_alphanumeric() || "-_@/.".contains(letter));
    plain
        && from.starts_with(|letter: char| letter.is_ascii_lowercase() || letter == '@')
        && !from.contains("..")
        && w.is_unfamiliar(from)
}

/// Whether it loads a module that nothing is known of.
fn loads_unfamiliar(pieces: &[Piece], w: &Words, is_own: IsOwn<'_>) -> bool {
    pieces.iter().enumerate().any(|(at, piece)| {
        let Piece::Text(from) = piece else { return false };
        let called = sign_at(pieces, at.wrapping_sub(1), '(') && on("require import", name(pieces, at.checked_sub(2)));
        let loaded = called || on("from import", name(pieces, at.checked_sub(1)));
        loaded && !is_own(from) && is_unfamiliar_package(from, w) && !w.packages.holds(from)
    })
}

/// `sys.path.insert(0, 'src')`: modules are looked for in a folder of the checkout, which is judged like any text that is a path.
fn looks_in_the_checkout(then: &[Piece]) -> bool {
    let below = |text: &str| !text.starts_with(['/', '~']) && !text.contains("..");
    match then {
        [
            Piece::Sign('.'),
            Piece::Name(by),
            Piece::Sign('('),
            Piece::Number,
            Piece::Sign(','),
            Piece::Text(folder),
            Piece::Sign(')'),
            ..,
        ] => by == "insert" && below(folder),
        [Piece::Sign('.'), Piece::Name(by), Piece::Sign('('), Piece::Text(folder), Piece::Sign(')'), ..] => {
            by == "append" && below(folder)
        }
        _ => false,
    }
}

/// Whether all that is called shows what something is: `print(inspect.getsource(httpx.Client.send))`.
fn only_shows(pieces: &[Piece]) -> bool {
    const SHOWS: &str = "print len sorted list str repr dir type signature getsource getsourcefile getsourcelines getfile getdoc isclass isfunction join version import from";
    let called = |at: usize| matches!(&pieces[at], Piece::Name(word) if pieces.get(at + 1) == Some(&Piece::Sign('(')) && !on(SHOWS, word));
    let odd = pieces.iter().any(|piece| {
        matches!(piece, Piece::Sign('@' | '=' | '{'))
            || matches!(piece, Piece::Name(word) if on("for while def class lambda with del", word))
    });
    !odd && pieces.contains(&Piece::Name("print".to_owned())) && !(0..pieces.len()).any(called)
}

/// Whether a name stands in an import.
fn is_imported(pieces: &[Piece], at: usize) -> bool {
    let line: Vec<&Piece> =
        pieces[..at].iter().rev().take_while(|piece| !matches!(piece, Piece::Sign('\n' | ';'))).collect();
    matches!(line.last(), Some(Piece::Name(word)) if word == "import" || word == "from")
}

/// Whether all that Python imports is known, and what leads elsewhere goes by its own name.
fn imports(pieces: &[Piece], w: &Words, is_own: IsOwn<'_>, shows: bool) -> Option<bool> {
    let unfamiliar = std::cell::Cell::new(false);
    for statement in pieces.split(|piece| matches!(piece, Piece::Sign('\n' | ';'))) {
        let has = statement.iter().position(|piece| matches!(piece, Piece::Name(word) if word == "import"));
        let Some(import) = has else { continue };
        // `try: import x` and `if x: import y` begin elsewhere.
        let start = statement[..import].iter().rposition(|piece| *piece == Piece::Sign(':')).map_or(0, |at| at + 1);
        let known = |module: &str| {
            let other = !w.harmless.holds(module);
            unfamiliar.set(unfamiliar.get() || other && !is_own(module));
            !other
                || is_own(module)
                || w.is_unfamiliar(module)
                || shows && w.is_installed(module) && !on("timeit types sympy", module)
        };
        match statement.get(start)? {
            Piece::Name(word) if word == "import" => {
                for one in statement[import + 1..].split(|piece| *piece == Piece::Sign(',')) {
                    let [Piece::Name(module), rest @ ..] = one else { return None };
                    let renamed = rest.iter().any(|piece| matches!(piece, Piece::Name(word) if word == "as"));
                    if !known(module) || renamed && on("os sys subprocess io", module) {
                        return None;
                    }
                }
            }
            Piece::Name(word) if word == "from" => {
                let Some(Piece::Name(module)) = statement.get(start + 1) else { return None };
                let names = || statement[import + 1..].iter();
                let plain = names().all(|piece| !matches!(piece, Piece::Sign('*')));
                let of_os =
                    |piece: &Piece| !matches!(piece, Piece::Name(name) if !w.of_os.holds(name) || name == "system");
                let fine = match module.as_str() {
                    "os" => names().all(of_os) || statement.get(start + 2) == Some(&Piece::Sign('.')),
                    "subprocess" | "io" => false,
                    "sys" => names().all(|piece| !matches!(piece, Piece::Name(name) if !w.of_sys.holds(name))),
                    module => known(module),
                };
                if !fine || !plain {
                    return None;
                }
            }
            _ => return None,
        }
    }
    Some(unfamiliar.get())
}

/// A file that Python opens: by any name to read it, by its own name to write it.
fn opened(pieces: &[Piece], at: usize, asked: bool, found: &mut Deeds) -> Option<()> {
    if pieces.get(at + 1) != Some(&Piece::Sign('(')) {
        return None;
    }
    let mut depth = 0_usize;
    let mut then: Vec<&Piece> = Vec::new();
    for piece in &pieces[at + 2..] {
        match piece {
            Piece::Sign('(' | '[' | '{') => depth += 1,
            Piece::Sign(')' | ']' | '}') if depth == 0 => break,
            Piece::Sign(')' | ']' | '}') => depth -= 1,
            _ => {}
        }
        then.push(piece);
    }
    let is_mode =
        |text: &str| !text.is_empty() && text.len() <= 3 && text.chars().all(|letter| "rwaxbt+U".contains(letter));
    let modes: Vec<&String> = then
        .iter()
        .enumerate()
        .filter(|(place, _)| *place > 0 || asked)
        .filter_map(|(_, piece)| if let Piece::Text(text) = piece { Some(text) } else { None })
        .filter(|text| is_mode(text))
        .collect();
    // A mode that is not spelled out may be any.
    let named = then
        .windows(2)
        .any(|pair| matches!(pair[0], Piece::Name(word) if word == "mode") && *pair[1] == Piece::Sign('='));
    let commas = then.iter().filter(|piece| **piece == &Piece::Sign(',')).count();
    if (named || commas > 0) && modes.is_empty() {
        let words = then.iter().skip_while(|piece| **piece != &Piece::Sign(','));
        let options = words.filter_map(|piece| if let Piece::Name(word) = piece { Some(&**word) } else { None });
        if named
            || !options.clone().all(|word| on("encoding errors newline None buffering", word))
            || options.count() == 0
        {
            return None;
        }
    }
    if modes.iter().any(|mode| mode.contains(['w', 'a', 'x', '+'])) {
        match (asked, then.first(), then.get(1)) {
            (false, Some(Piece::Text(file)), Some(Piece::Sign(','))) => found.writes.push(file.clone()),
            _ => return None,
        }
    }
    Some(())
}

/// A program that is started in words that are spelled out. Whether one is.
fn started(pieces: &[Piece], at: usize, python: bool, found: &mut Deeds) -> Option<bool> {
    let word = name(pieces, Some(at));
    let of =
        if pieces.get(at.wrapping_sub(1)) == Some(&Piece::Sign('.')) { name(pieces, at.checked_sub(2)) } else { "" };
    let starts = if python {
        of == "subprocess" || of == "os" && word == "system"
    } else {
        on("execSync execFileSync spawnSync", word)
    };
    if !starts {
        return Some(false);
    }
    if python && on("PIPE DEVNULL STDOUT CalledProcessError TimeoutExpired CompletedProcess", word) {
        return Some(true);
    }
    if !python && listed_or_brought(pieces, at) && pieces.get(at + 1) != Some(&Piece::Sign('(')) {
        return Some(true);
    }
    if python && !on("run check_output check_call call getoutput getstatusoutput system", word) {
        return None;
    }
    let [Piece::Sign('('), given @ ..] = &pieces[at + 1..] else { return None };
    let end = closing(given)?;
    let given = &given[..end];
    let list = |pieces: &[Piece]| -> Option<(Vec<String>, usize)> {
        let close = pieces.iter().position(|piece| *piece == Piece::Sign(']'))?;
        let words: Option<Vec<String>> = pieces[1..close]
            .split(|piece| *piece == Piece::Sign(','))
            .filter(|one| !one.iter().all(|piece| *piece == Piece::Sign('\n')))
            .map(|one| {
                let one: Vec<&Piece> = one.iter().filter(|piece| **piece != Piece::Sign('\n')).collect();
                match one[..] {
                    [Piece::Text(text)] => Some(text.clone()),
                    [Piece::Name(sys), Piece::Sign('.'), Piece::Name(by)] if sys == "sys" && by == "executable" => {
                        Some("python3".to_owned())
                    }
                    _ => None,
                }
            })
            .collect();
        Some((words?, close + 1))
    };
    let rest = match given {
        [Piece::Sign('['), ..] if python => {
            let (words, end) = list(given)?;
            found.runs.push(words);
            &given[end..]
        }
        [Piece::Text(line), rest @ ..] if python || word == "execSync" => {
            found.lines.push(line.clone());
            rest
        }
        [Piece::Text(program), Piece::Sign(','), rest @ ..] if matches!(rest.first(), Some(Piece::Sign('['))) => {
            let (words, end) = list(rest)?;
            found.runs.push(std::iter::once(program.clone()).chain(words).collect());
            &rest[end..]
        }
        _ => return None,
    };
    // In another folder, or with other variables, it would be another command.
    let other = |piece: &Piece| {
        matches!(piece, Piece::Name(word) if on("cwd env executable preexec_fn input stdin user group shell_path", word))
            && python
            || matches!(piece, Piece::Name(word) if on("cwd env shell input uid gid", word)) && !python
    };
    (!rest.iter().any(other)).then_some(true)
}

/// Where a bracket that is open closes.
fn closing(pieces: &[Piece]) -> Option<usize> {
    let mut depth = 0_usize;
    pieces.iter().position(|piece| match piece {
        Piece::Sign('(' | '[' | '{') => {
            depth += 1;
            false
        }
        Piece::Sign(')' | ']' | '}') if depth == 0 => true,
        Piece::Sign(')' | ']' | '}') => {
            depth -= 1;
            false
        }
        _ => false,
    })
}

/// What among the texts could be a path.
pub(super) fn paths(texts: &[String]) -> impl Iterator<Item = Arg> {
    let could = |text: &&String| !text.is_empty() && text.len() < 200 && !text.contains([' ', '\n', '\t', '<', '{']);
    texts.iter().filter(could).map(|text| match text.contains(['*', '?']) {
        true => Arg::Glob(text.clone()),
        false => Arg::lit(text),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_agent_looks_with_is_read() {
        for (by, code) in [
            (
                "python3",
                "import xml.etree.ElementTree as E,glob; [print(f,c.get('name')) for f in glob.glob('**/T-*.xml',recursive=True) for c in E.parse(f).iter('case') if c.find('bad') is not None]",
            ),
            (
                "python3",
                "import os\nfor d, _, fs in os.walk('src'):\n    for f in fs:\n        print(os.path.join(d, f), os.path.getsize(os.path.join(d, f)))",
            ),
            (
                "python3",
                "import json, sys\nd = json.load(sys.stdin)\nfor k in d['items']:\n    print(k.get('id'), k['name'].upper())",
            ),
            ("python3", "from dataclasses import dataclass\n@dataclass\nclass A:\n    x: int\nprint(A(1))"),
            (
                "node",
                "const fs = require('fs'), path = require('path');\nfor (const d of fs.readdirSync('packages')) {\n  const f = path.join('packages', d, 'tsconfig.json');\n  if (!fs.existsSync(f)) { console.log('missing', d); continue; }\n  console.log(d, JSON.parse(fs.readFileSync(f, 'utf8')).extends);\n}",
            ),
        ] {
            let found = deeds(by, code, &|_| false);
            assert!(
                found.as_ref().is_some_and(|found| found.runs.is_empty() && found.writes.is_empty()),
                "{code}: {found:?}"
            );
        }
    }

    #[test]
    fn what_it_starts_is_spelled_out() {
        let runs = |by: &str, code: &str| {
            deeds(by, code, &|_| false).map(|found| {
                found.runs.iter().map(|words| words.join(" ")).chain(found.lines).collect::<Vec<_>>().join("; ")
            })
        };
        for (by, code, run) in [
            (
                "python3",
                "import subprocess\nout = subprocess.run([\"git\", \"log\", \"-3\"], capture_output=True, text=True).stdout\nprint(out)",
                "git log -3",
            ),
            ("python3", "import subprocess; print(subprocess.check_output('git push', shell=True))", "git push"),
            ("python3", "import os; os.system('ls -l')", "ls -l"),
            (
                "node",
                "const { execSync } = require('child_process'); console.log(execSync('git log -3').toString())",
                "git log -3",
            ),
            (
                "node",
                "const cp = require('node:child_process'); cp.spawnSync('git', ['push', 'origin'], { stdio: 'inherit' })",
                "git push origin",
            ),
        ] {
            assert_eq!(runs(by, code).as_deref(), Some(run), "{code}");
        }
        for (by, code) in [
            ("python3", "import subprocess; subprocess.run(x)"),
            ("python3", "import subprocess; subprocess.run(['git', x])"),
            ("python3", "import subprocess as s; s.run(['git'])"),
            ("python3", "from subprocess import run; run(['git'])"),
            ("python3", "import subprocess; r = subprocess.run; r(['git', 'push'])"),
            ("python3", "import subprocess; f = subprocess\nf.run(['git'])"),
            ("python3", "import subprocess; subprocess.Popen(['git'])"),
            ("python3", "import subprocess; subprocess.run(['ls'], cwd='..')"),
            ("python3", "import subprocess; subprocess.run(['ls'], env=e)"),
            ("python3", "import subprocess; subprocess.run(['bash'], input='git push')"),
            ("python3", "import os; f = os.system; f('x')"),
            ("python3", "from os import system; system('x')"),
            ("node", "const { execSync: e } = require('child_process'); e('x')"),
            ("node", "const e = require('child_process')['exec' + 'Sync']; e('x')"),
            ("node", "require('child_process').exec('x')"),
            ("node", "const { execSync } = require('child_process'); ['x'].map(execSync)"),
            ("node", "require('child_process').execSync(`git ${x}`)"),
            ("node", "require('child_process').spawnSync('sh', ['-c', x])"),
            ("node", "require('child_process').execSync('ls', { cwd: '..' })"),
        ] {
            assert_eq!(runs(by, code), None, "{code}");
        }
    }

    #[test]
    fn whatever_else_it_might_do_is_not_read() {
        for (by, code) in [
            ("python3", "import os; print(os.environ)"),
            ("python3", "import os; os.remove('a')"),
            ("python3", "import os as o; o.remove('a')"),
            ("python3", "from pathlib import Path; Path('a').unlink()"),
            ("python3", "from pathlib import Path; Path(x).write_text('a')"),
            ("python3", "from pathlib import Path; Path('a').replace('b')"),
            ("python3", "open(x, 'w')"),
            ("python3", "m = 'w'; open('a', m)"),
            ("python3", "open('a', mode=m)"),
            ("python3", "o = open; o('a', 'w')"),
            ("python3", "list(map(open, ['a']))"),
            ("python3", "import sys; print(open(sys.argv[1]).read())"),
            ("python3", "import sys; sys.path.insert(0, '/tmp')"),
            ("python3", "import sys; sys.modules['os']"),
            ("python3", "import operator; operator.attrgetter('x')"),
            ("python3", "().__class__"),
            ("python3", "__import__('os')"),
            ("python3", "getattr(x, 'y')()"),
            ("python3", "exec('x')"),
            ("python3", "import requests"),
            ("python3", "import urllib.request"),
            ("python3", "import socket"),
            ("python3", "import shutil; shutil.rmtree('a')"),
            ("python3", "import pickle"),
            ("python3", "from json import *"),
            ("python3", "if x: import ctypes"),
            ("python3", "print(f'{__import__(\"os\")}')"),
            ("python3", "x[0]()"),
            ("node", "console.log(process.env)"),
            ("node", "require('fs').rmSync('a')"),
            ("node", "const { rmSync: log } = require('fs'); log('a')"),
            ("node", "require('fs').writeFileSync(x, 'a')"),
            ("node", "require('fs')['rm' + 'Sync']('a')"),
            ("node", "require('http').get('x')"),
            ("node", "require(x)"),
            ("node", "import('http')"),
            ("node", "fetch('x')"),
            ("node", "[].constructor.constructor('x')()"),
            ("node", "[]['constructor']"),
            ("node", "setTimeout('x', 1)"),
            ("node", "process.binding('x')"),
            ("ruby", "puts 1"),
        ] {
            assert_eq!(deeds(by, code, &|_| false), None, "{code}");
        }
    }
}
