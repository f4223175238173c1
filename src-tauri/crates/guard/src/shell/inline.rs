//! Short code in Python and JavaScript, as people put it on a command line: whether it only computes, prints, and reads and writes files
//! that it names. Every name it calls or asks of a thing must be on a list (specs/inline.toml); what is not certain is somebody else's to judge.

use std::sync::OnceLock;

use serde::Deserialize;

use super::bound::bound;
use super::list::{List, on};
use super::opens::{FILE_CALLS, derived, harmless_package, has_two, listed, opened};
use super::origins;
use super::pieces::{Piece, pieces};
use crate::action::Arg;
use crate::pattern::Patterns;
use crate::spec::Specs;

/// What may stand in such code.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Words {
    calls: List,
    parts: List,
    never: List,
    pub(super) pure: List,
    through: List,
    pub(super) modules: List,
    pub(super) packages: List,
    pub(super) harmless: List,
    pub(super) denied_python: List,
    pub(super) of_os: List,
    pub(super) of_sys: List,
    pub(super) denied_node: List,
    /// Modules that nothing is known of, and those that are never taken for one.
    reserved: List,
    /// Names that say that something is changed, sent, started or handed out.
    pub(super) outward: Patterns,
    pub(super) changes: Patterns,
}

impl Words {
    /// Whether a name may be one of the checkout's own.
    pub(super) fn may_be_own(&self, name: &str) -> bool {
        !(self.calls.holds(name) || self.never.holds(name) || self.through.holds(name))
    }

    /// Whether a module is one that an agent's tests may load as well: the project's own, or one that is installed and is not known to reach out.
    pub(super) fn is_unfamiliar(&self, module: &str) -> bool {
        let first = module.split(['.', '/']).next().unwrap_or_default();
        let reaches = |name: &str| Specs::shipped().patterns("reaching-modules").is_some_and(|all| all.fit_words(name));
        let known = [&self.reserved, &self.through, &self.never, &self.harmless].iter().any(|list| list.holds(first));
        let more =
            known || reaches(&first.to_lowercase()) || reaches(&module.to_lowercase()) || self.is_outward(module);
        !more
    }

    /// Whether a module is one that is installed, whatever else it does.
    pub(super) fn is_installed(&self, module: &str) -> bool {
        !(self.reserved.holds(module) || self.through.holds(module) && module != "requests" || self.never.holds(module))
    }

    /// Whether a name says that it does more than look.
    pub(super) fn is_outward(&self, name: &str) -> bool {
        name.split('.').any(|part| self.outward.fit_words(&snake(part)))
    }

    pub(super) fn is_never(&self, name: &str) -> bool {
        self.never.holds(name)
    }
}

/// `sendMail` as `send_mail`.
fn snake(name: &str) -> String {
    let mut out = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !out.is_empty() && !out.ends_with('_') {
            out.push('_');
        }
        out.push(letter.to_ascii_lowercase());
    }
    out
}

pub(super) fn words() -> &'static Words {
    static WORDS: OnceLock<Words> = OnceLock::new();
    WORDS.get_or_init(|| {
        let read = toml::from_str(include_str!("../../specs/inline.toml"));
        debug_assert!(read.is_ok(), "{:?}", read.as_ref().err());
        // Without lists nothing is known, and all of it is asked for.
        read.unwrap_or_default()
    })
}

/// Longer code is a program, not a line.
const LONGEST: usize = 6000;

/// Whether a module of this name is one of the checkout, which is run by its own programs anyway.
pub(crate) type IsOwn<'o> = &'o dyn Fn(&str) -> bool;

/// What code does to files, where it does nothing else to the outside.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Files {
    /// Those it reads.
    pub(crate) reads: Vec<Arg>,
    /// Those it writes.
    pub(crate) writes: Vec<Arg>,
}

/// The files that the code reads and writes, where it does nothing else to the outside.
pub(crate) fn files_only(interpreter: &str, code: &str, is_own: IsOwn<'_>) -> Option<Files> {
    let python = interpreter.starts_with("python") || interpreter.starts_with("pypy");
    let script = matches!(interpreter, "node" | "nodejs");
    if !(python || script) || code.len() > LONGEST {
        return None;
    }
    let mut files = Files::default();
    read(code, python, is_own, &mut files, 0)?;
    Some(files)
}

fn read(code: &str, python: bool, is_own: IsOwn<'_>, files: &mut Files, depth: usize) -> Option<()> {
    let w = words();
    if depth > 3 {
        return None;
    }
    // Two modules that compute, of packages that do more.
    let code = if python {
        code.replace("importlib.metadata", "importmeta").replace("urllib.parse", "urlwords")
    } else {
        code.to_owned()
    };
    let (pieces, inner) = pieces(&code, python)?;
    for code in inner {
        // What is put into a text is no place to open a file for writing.
        let before = files.writes.len();
        read(&code, python, is_own, files, depth + 1)?;
        if files.writes.len() != before {
            return None;
        }
    }
    if python && !origins::asks_only_known(&pieces, is_own) {
        return None;
    }
    let names = bound(&pieces, python);
    let sign = |at: usize, wanted: char| pieces.get(at) == Some(&Piece::Sign(wanted));
    let before = |at: usize, back: usize| at.checked_sub(back).and_then(|at| pieces.get(at));
    let name = |piece: Option<&Piece>| match piece {
        Some(Piece::Name(name)) => name.clone(),
        _ => String::new(),
    };
    let mut own = if python { origins::own_of_python(&pieces, is_own) } else { origins::own_of_node(&pieces, is_own) };
    let data = if python { Vec::new() } else { origins::data_of_node(&pieces) };
    // A path that is put together must not lead out.
    let leads_out =
        |piece: &Piece| matches!(piece, Piece::Text(text) if text.starts_with(['/', '~']) || text.contains(".."));
    let puts_together = pieces
        .windows(2)
        .any(|pair| matches!(&pair[0], Piece::Name(name) if name == "Path") && pair[1] == Piece::Sign('('));
    if python && puts_together {
        derived(&pieces, leads_out, files)?;
    }
    let pure = if python { origins::pure_of_python(&pieces) } else { Vec::new() };
    // Whoever asks for the folder itself may go up from it.
    let has = |list: &str| pieces.iter().any(|piece| matches!(piece, Piece::Name(name) if on(list, name)));
    if python && has("parent parents") && has("cwd getcwd resolve absolute __file__") {
        return None;
    }
    let (mut importing, mut named) = (false, false);
    for (at, piece) in pieces.iter().enumerate() {
        match piece {
            // What decorates; between two values it multiplies.
            Piece::Sign('@')
                if python
                    && !matches!(before(at, 1), Some(Piece::Name(_) | Piece::Number | Piece::Sign(')' | ']'))) =>
            {
                return None;
            }
            // Taking a thing apart gives its parts other names.
            Piece::Sign('}') if !python && origins::takes_apart(&pieces, at) => {
                let from = pieces[..at].iter().rposition(|piece| *piece == Piece::Sign('{'))?;
                let fine = |piece: &Piece| !matches!(piece, Piece::Name(word) if !w.calls.holds(word) && !w.parts.holds(word) && !own.contains(word));
                if !pieces[from..at].iter().all(fine) || sign(at + 1, ')') {
                    return None;
                }
            }
            Piece::Sign(':') if !python => match (before(at, 1), pieces.get(at + 1)) {
                (Some(Piece::Name(of)), Some(Piece::Name(_))) if !w.calls.holds(of) && !w.parts.holds(of) => {
                    return None;
                }
                _ => {}
            },
            // What is looked up by a text is then called, or handed on.
            Piece::Sign(']') if sign(at + 1, '(') => return None,
            Piece::Sign('[')
                if !python
                    && !on("const let var of in return", &name(before(at, 1)))
                    && matches!(before(at, 1), Some(Piece::Name(_) | Piece::Sign(']' | ')'))) =>
            {
                match (pieces.get(at + 1), sign(at + 2, ']')) {
                    (Some(Piece::Number), true) => {}
                    (Some(Piece::Text(key)), true)
                        if !w.never.holds(key)
                            && !key.starts_with('_')
                            && !key.contains('\\')
                            && !on("require mainModule binding", key) => {}
                    _ => return None,
                }
            }
            Piece::Sign(';' | '\n') => (importing, named) = (false, false),
            Piece::Text(from)
                if !python
                    && matches!(&*name(before(at, 1)), "from" | "import")
                    && !(from.starts_with('.') && is_own(from)) =>
            {
                harmless_package(from)?;
            }
            Piece::Name(word) => {
                let asked = before(at, 1) == Some(&Piece::Sign('.'));
                importing |= python && !asked && (word == "import" || word == "from");
                let fine = ["__version__", "__file__", "__name__", "__doc__"].contains(&word.as_str());
                // Of patterns, not of code.
                if word == "compile" && asked && name(before(at, 2)) == "re" && pure.iter().any(|one| one == "re") {
                    continue;
                }
                if w.never.holds(word) || (word.starts_with('_') && !fine && word != "_") {
                    return None;
                }
                // What the checkout's own modules say is theirs: running them is running the checkout.
                let theirs =
                    own.contains(word) || (asked && origins::on_own(&pieces, at, &own)) || (importing && is_own(word));
                if theirs && !w.through.holds(word) {
                    named |= importing && word == "import";
                    continue;
                }
                if asked && !w.through.holds(word) && origins::on_own(&pieces, at, &pure) {
                    continue;
                }
                if importing && !named && w.pure.holds(word) {
                    continue;
                }
                // What was read as data has any parts, and none of them is called.
                if asked
                    && !sign(at + 1, '(')
                    && (data.iter().any(|one| origins::is_part_of(&pieces, at, one))
                        || (!python && origins::of_required_data(&pieces, at)))
                {
                    continue;
                }
                // A name that is brought in may be anything under any other name.
                if named
                    && word != "as"
                    && name(before(at, 1)) != "as"
                    && !on(FILE_CALLS, word)
                    && !w.calls.holds(word)
                    && !w.parts.holds(word)
                {
                    return None;
                }
                named |= importing && word == "import" && pieces[..at].contains(&Piece::Name("from".to_owned()));
                named |= !python && word == "import" && !sign(at + 1, '(');
                if !python && word == "from" {
                    named = false;
                }
                let called = sign(at + 1, '(');
                if on(FILE_CALLS, word) {
                    // What opens files is called here and now, by its own name, or nobody knows what it opens.
                    let brought_in = (importing && !python) || name(before(at, 1)) == "import" || listed(&pieces, at);
                    let renamed = matches!(pieces.get(at + 1), Some(Piece::Name(by)) if by == "as")
                        || (!python && sign(at + 1, ':'));
                    match (called, brought_in && !renamed) {
                        (true, _) => {}
                        (false, true) => continue,
                        (false, false) => return None,
                    }
                    let of = asked.then(|| at.checked_sub(2)).flatten();
                    opened(word, of.map(|of| &pieces[..=of]), &pieces[at + 2..], &names, is_own, files)?;
                } else if asked && !importing {
                    let of = name(before(at, 2));
                    let writes = on("write writelines", word) && (on("stdout stderr", &of) || !files.writes.is_empty());
                    // Of a text it takes two words; of a path it moves the file.
                    let moves = python && word == "replace" && !(called && has_two(&pieces[at + 2..]));
                    // Modules may be looked for in the checkout, and nowhere else.
                    let named_folder = pieces[at..].iter().take(5).find_map(|piece| match piece {
                        Piece::Text(folder) => Some(!folder.starts_with(['/', '~']) && !folder.contains("..")),
                        _ => None,
                    });
                    let paths = of == "path"
                        && on("insert append extend", word)
                        && !(word != "extend" && named_folder == Some(true));
                    // Where modules are looked for is changed in no other way.
                    let places = python
                        && of == "sys"
                        && word == "path"
                        && matches!(pieces.get(at + 1), Some(Piece::Sign('[' | '=' | '+' | ':' | ',')));
                    if python && word == "parse" && of != "ast" && called {
                        opened("exists", None, &pieces[at + 2..], &names, is_own, files)?;
                    }
                    let loads = word == "load" && !on("json tomllib toml simplejson", &of);
                    if !(writes || w.parts.holds(word)) || paths || loads || moves || places {
                        return None;
                    }
                } else if called && !(w.calls.holds(word) || own.contains(word) || name(before(at, 1)) == "def") {
                    return None;
                }
                if name(before(at, 1)) == "def" || name(before(at, 1)) == "function" {
                    own.push(word.clone());
                }
                // `import(x)` is a call.
                if word == "import" && called {
                    match (pieces.get(at + 2), sign(at + 3, ')')) {
                        (Some(Piece::Text(from)), true) if from.starts_with('.') && is_own(from) => {}
                        _ => return None,
                    }
                }
            }
            _ => {}
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(files: &[Arg]) -> String {
        files.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn code_that_computes_prints_and_reads_is_known() {
        for (by, code, files) in [
            ("python3", "import json; print(json.load(open('package.json'))['version'])", "package.json"),
            ("python3", "print(sum(x * x for x in range(10)))", ""),
            ("python3", "import sys\nprint(f'{sys.version_info.major}.{sys.version_info.minor}')", ""),
            ("python3", "import mypkg; print(mypkg.__version__)", ""),
            ("python3", "from pathlib import Path; print(Path('a.txt').read_text())", "a.txt"),
            ("node", "console.log(Object.keys(require('./package.json').dependencies || {}).length)", "./package.json"),
            ("node", "const fs = require('fs'); console.log(fs.readFileSync('a.md', 'utf8').length)", "a.md"),
        ] {
            assert_eq!(
                files_only(by, code, &|_| false).map(|files| shown(&files.reads)).as_deref(),
                Some(files),
                "{code}"
            );
        }
    }

    #[test]
    fn files_that_are_named_are_known_to_be_written() {
        for (by, code, writes) in [
            ("python3", "open('a', 'w').write('x')", "a"),
            (
                "python3",
                "import re\n# half up\np = 'src/a.py'\ns = open(p).read()\ns = re.sub(r'(\\d+)', r'\\1.0', s)\nopen(p, 'w').write(s)\n",
                "src/a.py",
            ),
            (
                "python3",
                "from pathlib import Path\np = Path('src/a.py')\np.write_text(p.read_text().replace('a', 'b'))",
                "src/a.py",
            ),
            (
                "python3",
                "import pathlib\nfor p in pathlib.Path('src').rglob('*.py'):\n    p.write_text(p.read_text().replace('a', 'b'))",
                "src/**/*.py",
            ),
            (
                "python3",
                "for f in ['a.ts', 'b.ts']:\n    s = open(f).read()\n    open(f, 'w').write(s.strip())",
                "a.ts b.ts",
            ),
            (
                "python3",
                "import json\nwith open('a.json') as f:\n    d = json.load(f)\nd['x'] = 1\nwith open('a.json', 'w') as f:\n    json.dump(d, f, indent=2)\n",
                "a.json",
            ),
            ("python3", "s = \"\"\"it's \"so\" \"\"\"\nopen('a', 'w').write(s)", "a"),
            (
                "node",
                "const fs = require('fs'); const p = 'a.js'; fs.writeFileSync(p, fs.readFileSync(p, 'utf8').replace('a', 'b'))",
                "a.js",
            ),
            (
                "node",
                "import { readFileSync, writeFileSync } from 'node:fs'\n// half up\nwriteFileSync('a.js', readFileSync('b.js', 'utf8'))",
                "a.js",
            ),
        ] {
            let files = files_only(by, code, &|_| false);
            assert_eq!(files.map(|files| shown(&files.writes)).as_deref(), Some(writes), "{code}");
        }
    }

    #[test]
    fn the_own_modules_of_a_checkout_may_be_called() {
        let is_own = |name: &str| name == "shop" || name.starts_with("./src/");
        for (by, code) in [
            ("python3", "from shop.cart import total; print(total([1, 2]))"),
            ("python3", "import shop; print(shop.prices.all())"),
            ("node", "import {parse} from './src/parse.js'; console.log(parse('a=1'))"),
            ("node", "const {sum} = require('./src/sum'); console.log(sum(1, 2))"),
            ("python3", "from importlib.metadata import version; print(version('x'))"),
            ("python3", "import sys; sys.path.insert(0, 'src'); import shop; print(shop.VERSION)"),
        ] {
            assert!(files_only(by, code, &is_own).is_some(), "{code}");
        }
        for (by, code) in [
            ("python3", "from shop.cart import total; import os; os.system('x')"),
            ("python3", "from shop import os; from os import system; system('x')"),
            ("python3", "import shop; shop.os.system('x')"),
            ("python3", "from shop import subprocess as s; s.run('x')"),
            ("python3", "from other import total; total()"),
            ("python3", "import shop; shop.__class__"),
            ("node", "import {parse} from '../other/parse.js'; parse('a')"),
            ("node", "import {exec as parse} from 'child_process'; parse('a')"),
            ("node", "const {execSync} = require('./src/x'); execSync('x')"),
            ("node", "const {sum: log} = require('fs'); log('x')"),
            ("python3", "import sys; sys.path.insert(0, '/tmp'); import shop; shop.a()"),
            ("python3", "import math; math = __import__('os'); math.execv('x')"),
            ("python3", "import math, os\nfor math in [os]: math.execv('x')"),
            ("node", "const t = JSON.parse('{}'); t.constructor.constructor('x')()"),
        ] {
            assert_eq!(files_only(by, code, &is_own), None, "{code}");
        }
    }

    #[test]
    fn whatever_might_do_more_is_not() {
        for (by, code) in [
            ("python3", "import os; os.system('git push')"),
            ("python3", "import os; f = os.system; list(map(f, ['git push']))"),
            ("python3", "m = 'w'; open('a', m)"),
            ("python3", "o = open; o('a', 'w')"),
            ("python3", "[open][0]('a', 'w')"),
            ("python3", "print(().__class__.__base__.__subclasses__())"),
            ("python3", "import random; random._os.system('x')"),
            ("python3", "import json; json.codecs.builtins.exec('x')"),
            ("python3", "exec(input())"),
            ("python3", "print(f\"{__import__('os').system('x')}\")"),
            ("python3", "import sys; sys.path.insert(0, '/tmp'); import x"),
            ("python3", "import sys; sys.modules['os']"),
            ("python3", "from os import system as s; s('x')"),
            ("python3", "from os import system; system('x')"),
            ("python3", "from os import system as print; print('x')"),
            ("python3", "import shutil; shutil.rmtree('/')"),
            ("python3", "import os; \"\"\" \" \"\"\"; os.system('x'); \"\"\" \" \"\"\""),
            ("python3", "import os; os.replace('a', '.git/hooks/x')"),
            ("python3", "import os; o = os; o.replace('a', '.git/hooks/x')"),
            ("python3", "from os import replace as r; list(map(r, ['a'], ['b']))"),
            ("python3", "from pathlib import Path; Path('a').replace('.git/hooks/x')"),
            ("python3", "from pathlib import Path; list(map(Path('a').replace, ['b']))"),
            ("python3", "from pathlib import Path; print([p.read_text() for p in map(Path, ['a'])])"),
            ("python3", "print(open('\\56env').read())"),
            ("python3", "print(open('.\\\nenv').read())"),
            ("python3", "x = '.env'; print(open(f'{x}').read())"),
            ("python3", "p = 'a'; p += 'b'; open(p)"),
            ("python3", "p = 'a'\nfor p in x: open(p)"),
            ("python3", "p = 'a'\ndef f(p): open(p)\nf('b')"),
            ("python3", "p = 'a'\n(p) = 'b'\nopen(p)"),
            ("python3", "p = 'a'\n(x, p) = y\nopen(p)"),
            ("python3", "p = 'a'\nprint(p := 'b')\nopen(p)"),
            ("python3", "p = 'a'\nimport b as p\nopen(p)"),
            ("python3", "import requests; print(requests.get('http://x').text)"),
            ("python3", "from requests import get; list(map(get, ['http://x']))"),
            ("python3", "import requests as r; x = r; x.get('http://x')"),
            ("python3", "from pathlib import Path; p = Path('a'); (p / x).write_text('b')"),
            ("python3", "from pathlib import Path; [p.write_text('b') for p in Path('.').iterdir()]"),
            ("python3", "f.write('x')"),
            ("python3", "import sys; sys.path[0:0] = ['/tmp']; import x"),
            ("node", "['.env'].map(require('fs').readFileSync)"),
            ("node", "const {readFileSync: f} = require('fs'); ['.env'].map(f)"),
            ("node", "import {writeFileSync as f} from 'fs'; ['.env'].map(f)"),
            ("node", "const p = 'a'; ['.env'].map(p => require('fs').readFileSync(p))"),
            ("node", "const p = 'a'; { const p = '.env'; require('fs').readFileSync(p) }"),
            ("node", "const x = '.env'; require('fs').readFileSync(`${x}`)"),
            ("node", "require('fs').readFileSync('.\\env')"),
            ("node", "process['main\\115odule']"),
            ("node", "require('axios').get('http://x')"),
            ("node", "['http://x'].map(require('got'))"),
            ("node", "typeof /x//2; require('child_process').execSync('x')"),
            ("node", "console.log`${1}`"),
            ("python3", "import yaml; yaml.load(open('a'))"),
            ("python3", "import pickle; pickle.load(open('a', 'rb'))"),
            ("python3", "import numpy as np; np.load('x.npy', allow_pickle=True)"),
            ("python3", "from pathlib import Path; print((Path('src') / '../../x').read_text())"),
            ("node", "require('child_process').execSync('x')"),
            ("node", "require('child_' + 'process').execSync('x')"),
            ("node", "process.mainModule.require('x')"),
            ("node", "process['mainModule']['require']('x')"),
            ("node", "['x'].map(process['mainModule']['require'])"),
            ("node", "[].constructor.constructor('x')()"),
            ("node", "let k='constructor'; [][k][k]('x')()"),
            ("node", "/\"/; require('child_process').execSync('x') //\""),
            ("node", "require('./x')"),
            ("node", "import('child_process')"),
            ("node", "fetch('http://x')"),
            ("python3", "from os import system; list(map(system, ['x']))"),
            ("node", "import {execSync} from 'node:child_process'; ['x'].map(execSync)"),
            ("node", "import cp from 'child_process'; console.log(cp)"),
            ("node", "import {rmSync as log} from 'fs'; ['x'].map(log)"),
            ("node", "const {rmSync: join} = require('fs'); join('a')"),
            ("node", "({rmSync: join} = require('fs')); join('a')"),
            ("node", "[require('fs')].map(({rmSync: join}) => join('a'))"),
            ("node", "[require('fs')].map(({rmSync}) => ['a'].map(rmSync))"),
            ("node", "const {rmSync} = require('fs'); ['a'].forEach(rmSync)"),
            ("node", "console.log(`${require('child_process').execSync('x')}`)"),
            ("ruby", "puts 1"),
        ] {
            assert_eq!(files_only(by, code, &|_| false), None, "{code}");
        }
    }
}
