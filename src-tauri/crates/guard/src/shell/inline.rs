//! Short code in Python and JavaScript, as people put it on a command line: whether it only computes, prints and reads files that it
//! names. Every name it calls or asks of a thing must be on a list; what is not certain is somebody else's to judge.

/// A piece of code.
#[derive(Clone, Debug, PartialEq)]
enum Token {
    Name(String),
    Text(String),
    Number,
    Sign(char),
}

/// Longer code is a program, not a line.
const LONGEST: usize = 1500;

/// What may be called by its bare name.
const CALLS: &str = "print len str int float bool list dict set tuple sorted reversed sum min max abs round range enumerate zip map filter any all \
    repr format isinstance chr ord hex bin divmod pow next iter type hash id Path Counter defaultdict OrderedDict Decimal datetime date timedelta loads dumps load \
    safe_load require String Number Boolean Array Object Set Map Date JSON Math parseInt parseFloat isNaN BigInt readFileSync existsSync statSync readdirSync join \
    resolve basename dirname exit sqrt match search findall sub if for while return in not and or is else elif assert lambda function typeof of new switch catch \
    from import as with yield def case console const let var";

/// What may be asked of a thing.
const PARTS: &str = "loads dumps load dump get keys values items join split rsplit strip lstrip rstrip format replace startswith endswith upper lower title count index find \
    append extend insert pop sort reverse update add union difference intersection splitlines zfill ljust rjust center isdigit isalpha partition group groups \
    match search findall finditer sub compile fullmatch version version_info platform argv stdin stdout stderr read readlines readline exit executable path maxsize \
    byteorder major minor micro now today utcnow isoformat strftime strptime timestamp date time timedelta timezone utc total_seconds days perf_counter monotonic \
    sha256 sha1 md5 sha512 hexdigest digest encode decode b64encode b64decode Counter most_common defaultdict OrderedDict chain product combinations permutations mean \
    median stdev sqrt floor ceil pi log log2 log10 sin cos pow Decimal randint random choice seed shuffle uuid4 hex pprint reader DictReader safe_load safe_load_all \
    parse getroot iter text attrib tag Path read_text read_bytes exists is_file is_dir name stem suffix parent parts cwd getcwd cpu_count listdir isfile isdir basename dirname getsize sep \
    python_version machine release processor metadata is_available device_count cuda shape dtype size std max min sum tolist __version__ __file__ __name__ __doc__ \
    error warn info stringify entries length map filter reduce forEach slice includes startsWith endsWith trim toString toUpperCase toLowerCase toFixed padStart padEnd \
    test push concat indexOf some every flat flatMap versions dependencies devDependencies peerDependencies scripts main exports type engines \
    node arch memoryUsage toISOString getTime round abs isArray assign fromEntries readFileSync existsSync statSync readdirSync resolve extname default \
    workspaces private license author description repository url homepage bugs keywords v8 has set delete data id key value results total message code status";

/// What must not even be named.
const NEVER: &str = "exec eval compile input getattr setattr delattr hasattr globals locals vars breakpoint help memoryview builtins importlib subprocess pty \
    ctypes socket shutil webbrowser antigravity runpy code class global nonlocal async await Function globalThis global window Reflect Proxy this constructor \
    module Deno Bun fetch WebSocket XMLHttpRequest eval child_process cluster vm worker_threads setTimeout setInterval super arguments with_statement";

fn on(list: &str, name: &str) -> bool {
    list.split_whitespace().any(|one| one == name)
}

/// The files that the code reads, where it does nothing else to the outside.
pub(crate) fn reads_only(interpreter: &str, code: &str) -> Option<Vec<String>> {
    let python = interpreter.starts_with("python") || interpreter.starts_with("pypy");
    let script = matches!(interpreter, "node" | "nodejs");
    if !(python || script) || code.len() > LONGEST {
        return None;
    }
    let mut files = Vec::new();
    read(code, python, &mut files, 0)?;
    Some(files)
}

fn read(code: &str, python: bool, files: &mut Vec<String>, depth: usize) -> Option<()> {
    if depth > 3 {
        return None;
    }
    let (tokens, inner) = tokens(code, python)?;
    for code in inner {
        read(&code, python, files, depth + 1)?;
    }
    let sign = |at: usize, wanted: char| tokens.get(at) == Some(&Token::Sign(wanted));
    let before = |at: usize, back: usize| at.checked_sub(back).and_then(|at| tokens.get(at));
    let name = |token: Option<&Token>| match token {
        Some(Token::Name(name)) => name.clone(),
        _ => String::new(),
    };
    let mut own: Vec<String> = Vec::new();
    let (mut importing, mut named) = (false, false);
    for (at, token) in tokens.iter().enumerate() {
        match token {
            Token::Sign('@') if python => return None,
            // Taking a thing apart gives its parts other names.
            Token::Sign('}') if !python && takes_apart(&tokens, at) => {
                let from = tokens[..at].iter().rposition(|token| *token == Token::Sign('{'))?;
                let fine = |token: &Token| !matches!(token, Token::Name(word) if !on(CALLS, word) && !on(PARTS, word));
                if !tokens[from..at].iter().all(fine) || sign(at + 1, ')') {
                    return None;
                }
            }
            Token::Sign(':') if !python => match (before(at, 1), tokens.get(at + 1)) {
                (Some(Token::Name(of)), Some(Token::Name(_))) if !on(CALLS, of) && !on(PARTS, of) => return None,
                _ => {}
            },
            // What is looked up by a text is then called, or handed on.
            Token::Sign(']') if sign(at + 1, '(') => return None,
            Token::Sign('[') if !python && matches!(before(at, 1), Some(Token::Name(_) | Token::Sign(']' | ')'))) => {
                match (tokens.get(at + 1), sign(at + 2, ']')) {
                    (Some(Token::Number), true) => {}
                    (Some(Token::Text(key)), true)
                        if !on(NEVER, key) && !key.starts_with('_') && !on("require mainModule binding", key) => {}
                    _ => return None,
                }
            }
            Token::Sign(';' | '\n') => (importing, named) = (false, false),
            Token::Text(from) if !python && name(before(at, 1)) == "from" => harmless_package(from)?,
            Token::Text(from) if !python && name(before(at, 1)) == "import" => harmless_package(from)?,
            Token::Name(word) => {
                let asked = before(at, 1) == Some(&Token::Sign('.'));
                importing |= python && !asked && (word == "import" || word == "from");
                let fine = ["__version__", "__file__", "__name__", "__doc__"].contains(&word.as_str());
                if on(NEVER, word) || (word.starts_with('_') && !fine && word != "_") {
                    return None;
                }
                // A name that is brought in may be anything under any other name.
                if named && word != "as" && name(before(at, 1)) != "as" && !on(CALLS, word) && !on(PARTS, word) {
                    return None;
                }
                named |= importing && word == "import" && tokens[..at].contains(&Token::Name("from".to_owned()));
                named |= !python && word == "import";
                if !python && word == "from" {
                    named = false;
                }
                let called = sign(at + 1, '(');
                let opens = match word.as_str() {
                    "open" | "Path" => called,
                    "readFileSync" | "existsSync" | "statSync" | "readdirSync" | "require" => called,
                    _ => false,
                };
                if word == "open" && !opens {
                    return None;
                }
                if opens {
                    opened(word, &tokens[at + 2..], files)?;
                } else if asked && !importing {
                    let of = name(before(at, 2));
                    let writes = word == "write" && on("stdout stderr", &of);
                    let paths = of == "path" && on("insert append extend", word);
                    let loads = of == "yaml" && word == "load";
                    if !(writes || on(PARTS, word)) || paths || loads {
                        return None;
                    }
                } else if called && !(on(CALLS, word) || own.contains(word) || name(before(at, 1)) == "def") {
                    return None;
                }
                if name(before(at, 1)) == "def" || name(before(at, 1)) == "function" {
                    own.push(word.clone());
                }
                // `import(x)` is a call.
                if word == "import" && called {
                    return None;
                }
            }
            _ => {}
        }
    }
    Some(())
}

/// Whether a brace that closes here closes a pattern: it is assigned to, or is what a function takes.
fn takes_apart(tokens: &[Token], at: usize) -> bool {
    let sign = |at: usize, wanted: char| tokens.get(at) == Some(&Token::Sign(wanted));
    let assigned = sign(at + 1, '=') && !sign(at + 2, '=') && !sign(at + 2, '>');
    let taken = sign(at + 1, ')') && sign(at + 2, '=') && sign(at + 3, '>');
    let of = matches!(tokens.get(at + 1), Some(Token::Name(word)) if word == "of");
    assigned || taken || of
}

/// What is opened must be a text, and opened for reading.
fn opened(by: &str, then: &[Token], files: &mut Vec<String>) -> Option<()> {
    let Some(Token::Text(file)) = then.first() else { return None };
    if !matches!(then.get(1), Some(Token::Sign(')' | ','))) {
        return None;
    }
    if by == "require" {
        // A package runs what it is made of; of one's own files only data is read here.
        let own = file.starts_with(['.', '/']);
        if own && file.ends_with(".json") {
            files.push(file.clone());
            return Some(());
        }
        return harmless_package(file);
    }
    for token in then.iter().skip(1).take_while(|token| **token != Token::Sign(')')) {
        let fine = match token {
            Token::Text(mode) => on("r rb rt utf-8 utf8 utf-8-sig ascii latin-1", mode),
            Token::Name(word) => on("encoding mode errors newline", word),
            Token::Sign(sign) => matches!(sign, ',' | '='),
            Token::Number => false,
        };
        if !fine {
            return None;
        }
    }
    files.push(file.clone());
    Some(())
}

/// A package that does nothing to the outside by being loaded, as far as its names on the lists go.
fn harmless_package(name: &str) -> Option<()> {
    let plain = name.trim_start_matches("node:");
    let risky = on(NEVER, plain) || on("net http https tls dgram dns http2 inspector repl module process v8", plain);
    (!risky && !name.starts_with(['.', '/']) && !name.contains(':') || name.starts_with("node:") && !risky)
        .then_some(())
}

/// The pieces of the code, and the code within its texts.
fn tokens(code: &str, python: bool) -> Option<(Vec<Token>, Vec<String>)> {
    let letters: Vec<char> = code.chars().collect();
    let (mut tokens, mut inner, mut at) = (Vec::new(), Vec::new(), 0);
    while at < letters.len() {
        let letter = letters[at];
        match letter {
            '\\' => return None,
            '#' if python => return None,
            '`' if python => return None,
            // A regular expression or a comment: where its end is, is not for here.
            '/' if !python && !matches!(tokens.last(), Some(Token::Name(_) | Token::Number | Token::Sign(')'))) => {
                return None;
            }
            '/' if !python && matches!(letters.get(at + 1), Some('/' | '*')) => return None,
            '"' | '\'' | '`' => {
                let prefix = match tokens.last() {
                    Some(Token::Name(name))
                        if python && name.len() <= 2 && at > 0 && letters[at - 1].is_alphanumeric() =>
                    {
                        name.to_lowercase()
                    }
                    _ => String::new(),
                };
                let mut text = String::new();
                at += 1;
                while *letters.get(at)? != letter {
                    if letters[at] == '\\' {
                        text.push('\\');
                        at += 1;
                    }
                    text.push(*letters.get(at)?);
                    at += 1;
                }
                if letter == '`' || prefix.contains('f') {
                    inner.extend(holes(&text, letter == '`')?);
                }
                if !prefix.is_empty() {
                    tokens.pop();
                }
                // What is escaped could spell anything.
                if text.contains("\\x") || text.contains("\\u") || text.contains("\\N") {
                    return None;
                }
                tokens.push(Token::Text(text));
                at += 1;
                continue;
            }
            letter if letter.is_ascii_digit() => {
                while letters.get(at).is_some_and(|letter| letter.is_alphanumeric() || *letter == '_') {
                    at += 1;
                }
                tokens.push(Token::Number);
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
                tokens.push(Token::Name(word));
                continue;
            }
            '\n' => tokens.push(Token::Sign('\n')),
            // `a?.b` asks as `a.b` does.
            '?' if letters.get(at + 1) == Some(&'.') => {}
            letter if letter.is_whitespace() => {}
            letter => tokens.push(Token::Sign(letter)),
        }
        at += 1;
    }
    Some((tokens, inner))
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

#[cfg(test)]
mod tests {
    use super::*;

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
            assert_eq!(reads_only(by, code).map(|files| files.join(" ")).as_deref(), Some(files), "{code}");
        }
    }

    #[test]
    fn whatever_might_do_more_is_not() {
        for (by, code) in [
            ("python3", "import os; os.system('git push')"),
            ("python3", "import os; f = os.system; list(map(f, ['git push']))"),
            ("python3", "open('a', 'w').write('x')"),
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
            ("python3", "import yaml; yaml.load(open('a'))"),
            ("node", "require('child_process').execSync('x')"),
            ("node", "require('child_' + 'process').execSync('x')"),
            ("node", "process.mainModule.require('x')"),
            ("node", "process['mainModule']['require']('x')"),
            ("node", "['x'].map(process['mainModule']['require'])"),
            ("node", "[].constructor.constructor('x')()"),
            ("node", "let k='constructor'; [][k][k]('x')()"),
            ("node", "/\"/; require('child_process').execSync('x') //\""),
            ("node", "require('fs').writeFileSync('a', 'x')"),
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
            assert_eq!(reads_only(by, code), None, "{code}");
        }
    }
}
