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
const CALLS: &str = "Buffer URL Intl structuredClone print len str int float bool list dict set tuple sorted reversed sum min max abs round range enumerate zip map filter any all \
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
    rglob glob iterdir relative_to is_symlink createHash randomUUID randomBytes linspace arange zeros ones array mean std dot reshape eye transpose argmax argmin unique cumsum diff isnan \
    astype where concatenate stack allclose random randn head tail describe columns groupby value_counts from ratio quick_ratio sections options fromkeys setdefault casefold removeprefix removesuffix isoweekday weekday bit_length distribution get_distribution get_version T ndim tolist charCodeAt fromCharCode codePointAt at resolvedOptions DateTimeFormat NumberFormat timeZone cpus totalmem freemem searchParams pathname host hostname get_python_version find_spec strict platform_tag arch \
    repeat includes workspaces private license author description repository url homepage bugs keywords v8 has set delete data id key value results total message code status";

/// What must not even be named.
const NEVER: &str = "pickle marshal shelve dill joblib allow_pickle exec eval compile input getattr setattr delattr hasattr globals locals vars breakpoint help memoryview builtins importlib subprocess pty \
    ctypes socket shutil webbrowser antigravity runpy code class global nonlocal async await Function globalThis global window Reflect Proxy this constructor \
    module Deno Bun fetch WebSocket XMLHttpRequest eval child_process cluster vm worker_threads setTimeout setInterval super arguments with_statement";

/// Modules that do nothing but compute.
const PURE: &str = "math cmath datetime time calendar random statistics fractions decimal itertools collections string textwrap difflib re struct hashlib hmac base64 \
    binascii json csv unicodedata bisect heapq uuid secrets zlib html ipaddress keyword platform numbers colorsys graphlib importmeta urlwords";

/// What is reached through modules of the checkout as well as without them.
const THROUGH: &str = "codecs enum functools operator load os sys subprocess sp shutil socket pathlib Path io open requests urllib http tempfile pickle system popen Popen run call check_call check_output \
    getoutput spawn remove unlink rmtree rmdir rename write write_text write_bytes writeFileSync rmSync chmod chown kill send post put delete connect urlopen \
    import_module fs execSync spawnSync default";

fn on(list: &str, name: &str) -> bool {
    list.split_whitespace().any(|one| one == name)
}

/// Whether a module of this name is one of the checkout, which is run by its own programs anyway.
pub(crate) type IsOwn<'o> = &'o dyn Fn(&str) -> bool;

/// The files that the code reads, where it does nothing else to the outside.
pub(crate) fn reads_only(interpreter: &str, code: &str, is_own: IsOwn<'_>) -> Option<Vec<String>> {
    let python = interpreter.starts_with("python") || interpreter.starts_with("pypy");
    let script = matches!(interpreter, "node" | "nodejs");
    if !(python || script) || code.len() > LONGEST {
        return None;
    }
    let mut files = Vec::new();
    read(code, python, is_own, &mut files, 0)?;
    Some(files)
}

fn read(code: &str, python: bool, is_own: IsOwn<'_>, files: &mut Vec<String>, depth: usize) -> Option<()> {
    if depth > 3 {
        return None;
    }
    // Two modules that compute, of packages that do more.
    let code = if python {
        code.replace("importlib.metadata", "importmeta").replace("urllib.parse", "urlwords")
    } else {
        code.to_owned()
    };
    let (tokens, inner) = tokens(&code, python)?;
    for code in inner {
        read(&code, python, is_own, files, depth + 1)?;
    }
    let sign = |at: usize, wanted: char| tokens.get(at) == Some(&Token::Sign(wanted));
    let before = |at: usize, back: usize| at.checked_sub(back).and_then(|at| tokens.get(at));
    let name = |token: Option<&Token>| match token {
        Some(Token::Name(name)) => name.clone(),
        _ => String::new(),
    };
    let mut own = if python { own_of_python(&tokens, is_own) } else { own_of_node(&tokens, is_own) };
    let data = if python { Vec::new() } else { data_of_node(&tokens) };
    // A path that is put together must not lead out.
    let leads_out =
        |token: &Token| matches!(token, Token::Text(text) if text.starts_with(['/', '~']) || text.contains(".."));
    let puts_together = tokens
        .windows(2)
        .any(|pair| matches!(&pair[0], Token::Name(name) if name == "Path") && pair[1] == Token::Sign('('));
    if python && puts_together && tokens.iter().any(leads_out) {
        return None;
    }
    let pure = if python { pure_of_python(&tokens) } else { Vec::new() };
    // Whoever asks for the folder itself may go up from it.
    let has = |list: &str| tokens.iter().any(|token| matches!(token, Token::Name(name) if on(list, name)));
    if python && has("parent parents") && has("cwd getcwd resolve absolute __file__") {
        return None;
    }
    let (mut importing, mut named) = (false, false);
    for (at, token) in tokens.iter().enumerate() {
        match token {
            // What decorates; between two values it multiplies.
            Token::Sign('@')
                if python
                    && !matches!(before(at, 1), Some(Token::Name(_) | Token::Number | Token::Sign(')' | ']'))) =>
            {
                return None;
            }
            // Taking a thing apart gives its parts other names.
            Token::Sign('}') if !python && takes_apart(&tokens, at) => {
                let from = tokens[..at].iter().rposition(|token| *token == Token::Sign('{'))?;
                let fine = |token: &Token| !matches!(token, Token::Name(word) if !on(CALLS, word) && !on(PARTS, word) && !own.contains(word));
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
            Token::Sign('[')
                if !python
                    && !on("const let var of in return", &name(before(at, 1)))
                    && matches!(before(at, 1), Some(Token::Name(_) | Token::Sign(']' | ')'))) =>
            {
                match (tokens.get(at + 1), sign(at + 2, ']')) {
                    (Some(Token::Number), true) => {}
                    (Some(Token::Text(key)), true)
                        if !on(NEVER, key) && !key.starts_with('_') && !on("require mainModule binding", key) => {}
                    _ => return None,
                }
            }
            Token::Sign(';' | '\n') => (importing, named) = (false, false),
            Token::Text(from)
                if !python
                    && matches!(&*name(before(at, 1)), "from" | "import")
                    && !(from.starts_with('.') && is_own(from)) =>
            {
                harmless_package(from)?;
            }
            Token::Name(word) => {
                let asked = before(at, 1) == Some(&Token::Sign('.'));
                importing |= python && !asked && (word == "import" || word == "from");
                let fine = ["__version__", "__file__", "__name__", "__doc__"].contains(&word.as_str());
                if on(NEVER, word) || (word.starts_with('_') && !fine && word != "_") {
                    return None;
                }
                // What the checkout's own modules say is theirs: running them is running the checkout.
                let theirs = own.contains(word) || (asked && on_own(&tokens, at, &own)) || (importing && is_own(word));
                if theirs && !on(THROUGH, word) {
                    named |= importing && word == "import";
                    continue;
                }
                if asked && !on(THROUGH, word) && on_own(&tokens, at, &pure) {
                    continue;
                }
                if importing && !named && on(PURE, word) {
                    continue;
                }
                // What was read as data has any parts, and none of them is called.
                if asked
                    && !sign(at + 1, '(')
                    && (data.iter().any(|one| is_part_of(&tokens, at, one))
                        || (!python && of_required_data(&tokens, at)))
                {
                    continue;
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
                    opened(word, &tokens[at + 2..], is_own, files)?;
                } else if asked && !importing {
                    let of = name(before(at, 2));
                    let writes = word == "write" && on("stdout stderr", &of);
                    // Modules may be looked for in the checkout, and nowhere else.
                    let named_folder = tokens[at..].iter().take(5).find_map(|token| match token {
                        Token::Text(folder) => Some(!folder.starts_with(['/', '~']) && !folder.contains("..")),
                        _ => None,
                    });
                    let paths = of == "path"
                        && on("insert append extend", word)
                        && !(word != "extend" && named_folder == Some(true));
                    let loads = word == "load" && !on("json tomllib toml simplejson", &of);
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

/// Names that come from modules of the checkout: `from shop.cart import total`, `import shop`.
fn own_of_python(tokens: &[Token], is_own: IsOwn<'_>) -> Vec<String> {
    let mut own = Vec::new();
    for line in tokens.split(|token| matches!(token, Token::Sign(';' | '\n'))) {
        let words: Vec<&str> =
            line.iter().filter_map(|token| if let Token::Name(word) = token { Some(&**word) } else { None }).collect();
        match words[..] {
            ["from", module, ..] if is_own(module) || on(PURE, module) => {
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
    own.retain(|name| !on(CALLS, name) && !on(NEVER, name) && !on(THROUGH, name));
    own
}

/// Names of modules that only compute: `import math`, `import datetime as dt`.
fn pure_of_python(tokens: &[Token]) -> Vec<String> {
    let mut pure = Vec::new();
    for line in tokens.split(|token| matches!(token, Token::Sign(';' | '\n'))) {
        if line.first() != Some(&Token::Name("import".into())) {
            continue;
        }
        for one in line[1..].split(|token| *token == Token::Sign(',')) {
            match one {
                [Token::Name(module)] if on(PURE, module) => pure.push(module.clone()),
                [Token::Name(module), Token::Name(_as), Token::Name(name)] if on(PURE, module) && _as == "as" => {
                    pure.push(name.clone())
                }
                _ => {}
            }
        }
    }
    // A name that is anything but asked may be given to something else as well, and is not sure to be the module.
    let lines = tokens.split(|token| matches!(token, Token::Sign(';' | '\n')));
    let used: Vec<&[Token]> =
        lines.filter(|line| !matches!(line.first(), Some(Token::Name(word)) if word == "import")).collect();
    pure.retain(|name| {
        let asked = |line: &&[Token]| {
            line.iter()
                .enumerate()
                .all(|(at, token)| *token != Token::Name(name.clone()) || line.get(at + 1) == Some(&Token::Sign('.')))
        };
        !on(NEVER, name) && used.iter().all(asked)
    });
    pure
}

/// Names that come from files of the checkout: `import {a} from './x.js'`, `const x = require('./x')`.
fn own_of_node(tokens: &[Token], is_own: IsOwn<'_>) -> Vec<String> {
    let mut own = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let Token::Text(file) = token else { continue };
        if !file.starts_with('.') || !is_own(file) {
            continue;
        }
        // `const x = require('./x')` and `const {a, b} = require('./x')`.
        if let [.., name, Token::Sign('='), Token::Name(by), Token::Sign('(')] = &tokens[..at]
            && by == "require"
        {
            match name {
                Token::Name(name) => own.push(name.clone()),
                Token::Sign('}') => {
                    let open = tokens[..at].iter().rposition(|token| *token == Token::Sign('{')).unwrap_or(at);
                    own.extend(
                        tokens[open..at - 3]
                            .iter()
                            .filter_map(|token| if let Token::Name(word) = token { Some(word.clone()) } else { None }),
                    );
                }
                _ => {}
            }
        }
        let start = tokens[..at].iter().rposition(|token| matches!(token, Token::Name(word) if word == "import"));
        if tokens.get(at.wrapping_sub(1)) == Some(&Token::Name("from".into())) {
            let words = tokens[start.unwrap_or(at)..at].iter();
            own.extend(words.filter_map(|token| match token {
                Token::Name(word) if !matches!(&**word, "import" | "from" | "as") => Some(word.clone()),
                _ => None,
            }));
        }
    }
    own.retain(|name| !on(CALLS, name) && !on(NEVER, name) && !on(THROUGH, name));
    own
}

/// Names of what was read as data: `const t = JSON.parse(...)`, `const p = require('./package.json')`.
fn data_of_node(tokens: &[Token]) -> Vec<String> {
    let mut data = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let (Token::Name(name), Some(Token::Sign('='))) = (token, tokens.get(at + 1)) else { continue };
        let parsed = matches!(&tokens[at + 2..], [Token::Name(of), Token::Sign('.'), Token::Name(by), Token::Sign('('), ..] if of == "JSON" && by == "parse");
        let required = matches!(&tokens[at + 2..], [Token::Name(by), Token::Sign('('), Token::Text(file), Token::Sign(')'), then, ..]
            if by == "require" && file.ends_with(".json") && matches!(then, Token::Sign(';' | '\n')));
        let once = tokens.windows(2).filter(|pair| pair[0] == *token && pair[1] == Token::Sign('=')).count() == 1;
        if (parsed || required) && once {
            data.push(name.clone());
        }
    }
    data
}

/// Whether a name is a part, or a part of a part, of this one.
fn is_part_of(tokens: &[Token], mut at: usize, of: &str) -> bool {
    while at >= 2 && tokens[at - 1] == Token::Sign('.') {
        match &tokens[at - 2] {
            Token::Name(name) if name == of => return at < 3 || tokens[at - 3] != Token::Sign('.'),
            Token::Name(_) => at -= 2,
            _ => return false,
        }
    }
    false
}

/// Whether a name is asked of what `require('./x.json')` gives.
fn of_required_data(tokens: &[Token], mut at: usize) -> bool {
    while at >= 2 && tokens[at - 1] == Token::Sign('.') && matches!(tokens[at - 2], Token::Name(_)) {
        at -= 2;
    }
    at >= 5
        && matches!(&tokens[at - 5..at], [Token::Name(by), Token::Sign('('), Token::Text(file), Token::Sign(')'), Token::Sign('.')]
            if by == "require" && file.ends_with(".json"))
}

/// Whether what is asked is asked of something of the checkout's.
fn on_own(tokens: &[Token], at: usize, own: &[String]) -> bool {
    own.iter().any(|one| is_part_of(tokens, at, one))
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
fn opened(by: &str, then: &[Token], is_own: IsOwn<'_>, files: &mut Vec<String>) -> Option<()> {
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
        if file.starts_with('.') && is_own(file) {
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
            // After a bracket or a comma there is nothing to divide: a regular expression.
            '/' if !python
                && !matches!(letters.get(at + 1), Some('/' | '*'))
                && matches!(tokens.last(), Some(Token::Sign('(' | ',' | '['))) =>
            {
                at = after_pattern(&letters, at + 1)?;
                tokens.push(Token::Text(String::new()));
                continue;
            }
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
            assert_eq!(reads_only(by, code, &|_| false).map(|files| files.join(" ")).as_deref(), Some(files), "{code}");
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
            assert!(reads_only(by, code, &is_own).is_some(), "{code}");
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
            assert_eq!(reads_only(by, code, &is_own), None, "{code}");
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
            assert_eq!(reads_only(by, code, &|_| false), None, "{code}");
        }
    }
}
