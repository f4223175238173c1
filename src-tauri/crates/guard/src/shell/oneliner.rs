//! Short code in Perl, Ruby, PHP, R and Elixir, as people put it on a command line: whether it only computes, prints and reads files
//! that it names. Which words may stand in it is data (specs/oneliners.toml); here is how it is taken apart. What could be
//! read in two ways is read in none, so that nothing hides in what was taken for a text.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::Deserialize;

use super::list::{List, on};

/// What is known of a language.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Language {
    words: List,
    never: List,
    modules: List,
    starts: List,
    reads: List,
}

/// Longer code is a program, not a line.
const LONGEST: usize = 1000;

fn language(name: &str) -> Option<&'static Language> {
    static ALL: OnceLock<BTreeMap<String, Language>> = OnceLock::new();
    let all = ALL.get_or_init(|| {
        let read = toml::from_str(include_str!("../../specs/oneliners.toml"));
        debug_assert!(read.is_ok(), "{:?}", read.as_ref().err());
        // Without lists nothing is known, and all of it is asked for.
        read.unwrap_or_default()
    });
    all.get(match name {
        "jruby" => "ruby",
        "Rscript" | "r" => "R",
        name => name,
    })
}

/// The files that the code reads, where it does nothing else to the outside.
pub(super) fn reads_only(interpreter: &str, code: &str) -> Option<Vec<String>> {
    let language_name = if matches!(interpreter, "Rscript" | "r") { "R" } else { interpreter };
    let known = language(interpreter)?;
    // Texts that only three quotes end, and lines that are no code.
    let odd = ["\"\"\"", "'''", "\n="].iter().any(|odd| code.contains(odd)) || code.starts_with('=');
    if code.len() > LONGEST || !code.is_ascii() || odd {
        return None;
    }
    let mut reader = Reader {
        code: code.as_bytes(),
        at: 0,
        tokens: Vec::new(),
        holes: Vec::new(),
        perl: language_name == "perl",
        ruby: language_name == "ruby" || language_name == "jruby",
        php: language_name == "php",
        r: language_name == "R",
        elixir: language_name == "elixir",
        starts: &known.starts,
    };
    reader.all()?;
    let mut files = Vec::new();
    for hole in reader.holes.clone() {
        files.extend(reads_only(interpreter, &hole)?);
    }
    reader.judged(known, &mut files)?;
    Some(files)
}

/// Whether a module does nothing but lend its words.
pub(super) fn may_load(interpreter: &str, module: &str) -> bool {
    language(interpreter).is_some_and(|known| known.modules.holds(module))
}

/// A piece of code.
#[derive(Clone, Debug, PartialEq)]
enum Token {
    Name(String),
    /// A variable that says so by its first letter.
    Var(String),
    Text(String),
    Pattern,
    Number,
    Sign(char),
}

struct Reader<'c> {
    code: &'c [u8],
    at: usize,
    tokens: Vec<Token>,
    /// Code within texts.
    holes: Vec<String>,
    perl: bool,
    ruby: bool,
    php: bool,
    r: bool,
    elixir: bool,
    starts: &'c List,
}

impl Reader<'_> {
    fn byte(&self, ahead: usize) -> u8 {
        self.code.get(self.at + ahead).copied().unwrap_or(0)
    }

    fn word(&mut self) -> String {
        let start = self.at;
        while self.byte(0).is_ascii_alphanumeric() || self.byte(0) == b'_' || (self.r && self.byte(0) == b'.') {
            self.at += 1;
        }
        String::from_utf8_lossy(&self.code[start..self.at]).into_owned()
    }

    fn last(&self) -> Option<&Token> {
        self.tokens.iter().rev().find(|token| **token != Token::Sign('\n'))
    }

    /// Whether what stands before is a value for certain; none where nobody can say without knowing the words.
    fn after_value(&self) -> Option<bool> {
        Some(match self.tokens.last() {
            None => false,
            Some(Token::Number | Token::Text(_) | Token::Pattern | Token::Var(_)) => true,
            Some(Token::Name(name)) if self.starts.holds(name) => false,
            Some(Token::Name(_)) => return None,
            Some(Token::Sign(')' | ']')) => true,
            Some(Token::Sign('}')) => return None,
            Some(Token::Sign(_)) => false,
        })
    }

    /// The text up to a sign that is not escaped.
    fn until(&mut self, open: u8, close: u8) -> Option<String> {
        let (start, mut depth) = (self.at, 0);
        loop {
            match self.code.get(self.at).copied()? {
                b'\\' => self.at += 1,
                byte if byte == open && open != close => depth += 1,
                byte if byte == close && depth == 0 => break,
                byte if byte == close => depth -= 1,
                _ => {}
            }
            self.at += 1;
        }
        let text = String::from_utf8_lossy(self.code.get(start..self.at)?).into_owned();
        self.at += 1;
        Some(text)
    }

    fn all(&mut self) -> Option<()> {
        while self.at < self.code.len() {
            let (byte, next) = (self.byte(0), self.byte(1));
            match byte {
                b' ' | b'\t' | b'\r' => self.at += 1,
                b'\n' => self.sign('\n'),
                b'`' | b'#' => return None,
                b'\\' if !(self.perl && matches!(next, b'@' | b'%' | b'$')) => return None,
                b'"' => {
                    self.at += 1;
                    let text = self.until(b'"', b'"')?;
                    self.spoken(&text)?;
                    self.tokens.push(Token::Text(text));
                }
                b'\'' => {
                    self.at += 1;
                    let text = self.until(b'\'', b'\'')?;
                    self.tokens.push(Token::Text(text));
                }
                b'$' if self.perl || self.ruby || self.php => self.variable(byte)?,
                b'@' if self.perl || self.ruby => self.variable(byte)?,
                b'%' if self.perl => match self.after_value() {
                    Some(true) => self.sign('%'),
                    _ if next.is_ascii_alphabetic() || matches!(next, b'$' | b'{') => self.variable(byte)?,
                    _ => return None,
                },
                b'%' if self.ruby => match (self.after_value(), next) {
                    (Some(true) | None, b' ') => self.sign('%'),
                    (Some(false), b'w' | b'i') if self.byte(2) == b'[' => {
                        self.at += 3;
                        let text = self.until(b'[', b']')?;
                        self.tokens.push(Token::Text(text));
                    }
                    _ => return None,
                },
                b'%' if self.r => {
                    // `%in%` and its like are words of their own.
                    self.at += 1;
                    let name = self.word();
                    if name != "in" || self.byte(0) != b'%' {
                        return None;
                    }
                    self.at += 1;
                }
                b'/' if self.perl || self.ruby => match (self.after_value(), next) {
                    (Some(true), b'/') if self.perl => {
                        self.at += 2;
                        self.tokens.push(Token::Sign('/'));
                    }
                    (Some(true), _) => self.sign('/'),
                    // In Ruby `p / x` divides, whatever `p` is.
                    (Some(false), b' ') if self.ruby => return None,
                    (Some(false), _) => {
                        self.at += 1;
                        self.pattern(b'/', b'/', 1)?;
                    }
                    (None, _) => return None,
                },
                b'/' if matches!(next, b'/' | b'*') => return None,
                // A name that is spelled as a text.
                b':' if self.ruby && matches!(next, b'"' | b'\'') => return None,
                b'&' if next == b'&' => {
                    self.at += 2;
                    self.tokens.push(Token::Sign('&'));
                }
                b'?' if self.ruby && !matches!(next, b' ') => return None,
                b'?' if self.elixir || self.php && next == b'>' => return None,
                // Texts that go on for lines.
                b'<' if next == b'<' && !(self.byte(2) == b' ' && (self.ruby || self.after_value() == Some(true))) => {
                    return None;
                }
                b'<' if self.perl && self.after_value() != Some(true) => {
                    let rest = &self.code[self.at..];
                    // `<=>` ends where it ends, whichever it is.
                    let fine = [&b"<>"[..], b"<STDIN>", b"<=>"].into_iter().find(|one| rest.starts_with(one))?;
                    self.at += fine.len();
                    let compares = fine == b"<=>";
                    self.tokens.push(if compares { Token::Sign('=') } else { Token::Text(String::new()) });
                }
                b'&' if self.perl && next != b'&' && !matches!(next, b' ' | b'=') => return None,
                b'*' if self.perl && (next.is_ascii_alphabetic() || matches!(next, b'{' | b'_')) => return None,
                b'~' if !self.perl && !self.ruby && !self.r => return None,
                b'0'..=b'9' => {
                    while self.byte(0).is_ascii_alphanumeric() || matches!(self.byte(0), b'_') {
                        self.at += 1;
                    }
                    self.tokens.push(Token::Number);
                }
                b'a'..=b'z' | b'A'..=b'Z' | b'_' => self.named()?,
                b'.' if self.r => return None,
                0 | 0x80.. => return None,
                byte => self.sign(char::from(byte)),
            }
        }
        Some(())
    }

    fn sign(&mut self, sign: char) {
        self.at += 1;
        self.tokens.push(Token::Sign(sign));
    }

    fn variable(&mut self, kind: u8) -> Option<()> {
        self.at += 1;
        let name = match self.byte(0) {
            // What is meant by `@$x` and `@{...}` may be any variable, by its name.
            b'@' if self.ruby => return self.byte(1).is_ascii_alphabetic().then_some(()),
            b'#' if self.perl && self.byte(1).is_ascii_alphabetic() => {
                self.at += 1;
                self.word()
            }
            byte if byte.is_ascii_alphabetic() || byte == b'_' => self.word(),
            byte if byte.is_ascii_digit() => self.word(),
            b'/' | b',' | b'\\' | b';' | b'.' | b'&' | b'!' | b'|' | b'~' if kind == b'$' && !self.php => {
                self.at += 1;
                String::new()
            }
            _ => return None,
        };
        if on("ENV INC ARGV SIG GLOBALS _SERVER _ENV _GET _POST LOAD_PATH LOADED_FEATURES", &name) {
            return None;
        }
        self.tokens.push(Token::Var(name));
        Some(())
    }

    fn named(&mut self) -> Option<()> {
        let name = self.word();
        let quotes = ["q", "qq", "qw", "m", "s", "y", "tr", "qr", "qx"];
        if self.perl && quotes.contains(&&*name) && !self.is_key() {
            let open = self.byte(0);
            if open.is_ascii_alphanumeric() || b" \t\n\r,;=)}]#\\'\0".contains(&open) || name == "qx" {
                return None;
            }
            self.at += 1;
            let close = match open {
                b'(' => b')',
                b'{' => b'}',
                b'[' => b']',
                b'<' => b'>',
                open => open,
            };
            match &*name {
                "q" | "qw" => {
                    let text = self.until(open, close)?;
                    self.tokens.push(Token::Text(text));
                }
                "qq" => {
                    let text = self.until(open, close)?;
                    self.spoken(&text)?;
                    self.tokens.push(Token::Text(text));
                }
                "m" | "qr" => self.pattern(open, close, 1)?,
                // Two parts in brackets may have anything between them.
                _ if open != close => return None,
                _ => self.pattern(open, close, 2)?,
            }
            return Some(());
        }
        if self.ruby && matches!(self.byte(0), b'?' | b'!') && self.byte(1) != b'=' {
            self.at += 1;
        }
        self.tokens.push(Token::Name(name));
        Some(())
    }

    /// Whether the word just read is a key: `{s}` or `s =>`.
    fn is_key(&self) -> bool {
        let rest = String::from_utf8_lossy(&self.code[self.at..]).into_owned();
        self.last() == Some(&Token::Sign('{')) && rest.starts_with('}') || rest.trim_start().starts_with("=>")
    }

    /// A regular expression, and what it is replaced by.
    fn pattern(&mut self, open: u8, close: u8, parts: usize) -> Option<()> {
        for _ in 0..parts {
            let text = self.until(open, close)?;
            if text.contains("(?{") || text.contains("(??{") {
                return None;
            }
            self.spoken(&text)?;
        }
        let flags = self.word();
        // `e` runs what it is replaced by.
        if flags.chars().any(|flag| !"gimsxoacnlrdup".contains(flag)) {
            return None;
        }
        self.tokens.push(Token::Pattern);
        Some(())
    }

    /// What a text in double quotes puts in.
    fn spoken(&mut self, text: &str) -> Option<()> {
        if text.contains('`') || text.contains("ENV") || text.contains("ARGV[") {
            return None;
        }
        if !(self.perl || self.php) {
            let mut rest = text;
            while let Some(start) = rest.find("#{") {
                let tail = &rest[start + 2..];
                let end = tail.find('}')?;
                if tail[..end].contains(['{', '"', '\'']) {
                    return None;
                }
                self.holes.push(tail[..end].to_owned());
                rest = &tail[end + 1..];
            }
            return Some(());
        }
        let letters: Vec<char> = text.chars().collect();
        for (at, letter) in letters.iter().enumerate() {
            let after = letters.get(at + 1).copied().unwrap_or(' ');
            if self.php && (*letter == '{' && after == '$' || *letter == '$' && after == '{') {
                return None;
            }
            if self.perl && matches!(letter, '@' | '$') && matches!(after, '{' | '$' | '[' | '^' | ':') {
                return None;
            }
            if !matches!(letter, '$' | '@') || !(after.is_alphanumeric() || after == '_' || after == '&') {
                continue;
            }
            let name_end = (at + 1..letters.len())
                .find(|end| !(letters[*end].is_alphanumeric() || matches!(letters[*end], '_' | '&')))
                .unwrap_or(letters.len());
            let rest: String = letters[name_end..].iter().collect();
            if rest.starts_with("->") {
                return None;
            }
            // A key or a place in a list, spelled plainly.
            let inside = match rest.chars().next() {
                Some('[') => rest[1..].split(']').next().map(|key| (key, "$0123456789-ijn_")),
                Some('{') => rest[1..]
                    .split('}')
                    .next()
                    .map(|key| (key, "$_abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")),
                _ => None,
            };
            if inside.is_some_and(|(key, fine)| key.chars().any(|letter| !fine.contains(letter))) {
                return None;
            }
        }
        Some(())
    }

    /// Every word on its list, every call by its name, every file by its own.
    fn judged(&self, known: &Language, files: &mut Vec<String>) -> Option<()> {
        let tokens = &self.tokens;
        let sign = |at: usize, wanted: char| tokens.get(at) == Some(&Token::Sign(wanted));
        let mut own: Vec<&str> = Vec::new();
        for (at, token) in tokens.iter().enumerate() {
            // A name that the code gives: `x = 1`, `|a, b|`, `x <- 1`.
            let Token::Name(name) = token else { continue };
            let assigned = sign(at + 1, '=') && !sign(at + 2, '=') && !sign(at + 2, '~')
                || self.r && sign(at + 1, '<') && sign(at + 2, '-');
            let alone = !matches!(at.checked_sub(1).and_then(|at| tokens.get(at)), Some(Token::Sign('.' | ':' | '>')));
            let parameter = self.ruby && in_bars(tokens, at);
            if assigned && alone && !self.perl && !self.php || parameter {
                // What would be read in another way as a name of one's own.
                if known.never.holds(name) || known.starts.holds(name) {
                    return None;
                }
                own.push(name);
            }
        }
        for (at, token) in tokens.iter().enumerate() {
            match token {
                // What is asked of a thing.
                Token::Name(_)
                    if self.php && at > 1 && sign(at - 1, '>') && sign(at - 2, '-') && !sign(at + 1, '(') => {}
                Token::Name(name) => {
                    let version = self.ruby && of_a_version(tokens, at);
                    if known.never.holds(name) || !(known.words.holds(name) || own.contains(&&**name) || version) {
                        return None;
                    }
                    if known.reads.holds(name) && !self.is_read(at, files)? {
                        continue;
                    }
                    if name == "require" && self.ruby {
                        let Some(Token::Text(module)) = tokens.get(at + 1) else { return None };
                        if !known.modules.holds(module) {
                            return None;
                        }
                    }
                }
                // A call of what was computed.
                Token::Sign('(') => match at.checked_sub(1).and_then(|at| tokens.get(at)) {
                    Some(Token::Var(_) | Token::Text(_) | Token::Sign(']' | ')')) => return None,
                    Some(Token::Sign('}')) if !self.perl => return None,
                    Some(Token::Sign('>' | '.')) if self.perl || self.php || self.ruby => return None,
                    _ => {}
                },
                // What is asked of a thing; in Perl it may be a name that is looked up, as in `$x[0][1]`.
                Token::Sign('>') if (self.perl || self.php) && at > 0 && sign(at - 1, '-') => {
                    match tokens.get(at + 1) {
                        Some(Token::Name(_)) if self.php && !sign(at + 2, '(') => {}
                        _ => return None,
                    }
                }
                Token::Sign(']' | '}') if self.perl && matches!(tokens.get(at + 1), Some(Token::Sign('[' | '{'))) => {
                    return None;
                }
                Token::Sign(':') if self.php && sign(at + 1, ':') => return None,
                _ => {}
            }
        }
        Some(())
    }

    /// A call that reads: the file must be named, and nothing else.
    fn is_read(&self, at: usize, files: &mut Vec<String>) -> Option<bool> {
        let of = |back: usize| at.checked_sub(back).and_then(|at| self.tokens.get(at));
        // `STDIN.read` and `ARGF.read` read what they are given.
        if self.ruby {
            match (of(1), of(2)) {
                (Some(Token::Sign('.')), Some(Token::Name(name))) if on("STDIN ARGF stdin", name) => {
                    return Some(false);
                }
                (Some(Token::Sign('.')), Some(Token::Var(name))) if name == "stdin" => return Some(false),
                (Some(Token::Sign('.')), Some(Token::Name(name))) if on("File YAML CSV", name) => {}
                _ => return None,
            }
        }
        let after = usize::from(self.tokens.get(at + 1) == Some(&Token::Sign('('))) + 1;
        let Some(Token::Text(file)) = self.tokens.get(at + after) else { return None };
        let ends = matches!(self.tokens.get(at + after + 1), None | Some(Token::Sign(')' | ',' | ';' | '\n')));
        if !ends || file.contains("://") || file.contains(['#', '$', '|']) {
            return None;
        }
        files.push(file.clone());
        Some(true)
    }
}

/// Whether a name stands between the bars of a block's parameters.
fn in_bars(tokens: &[Token], at: usize) -> bool {
    let plain = |token: &Token| matches!(token, Token::Name(_) | Token::Sign(',' | '(' | ')' | '*'));
    let before = tokens[..at].iter().rev().find(|token| !plain(token));
    let after = tokens[at + 1..].iter().find(|token| !plain(token));
    let opens = tokens[..at].iter().rposition(|token| *token == Token::Sign('|'));
    let opened = opens.is_some_and(|at| {
        matches!(at.checked_sub(1).and_then(|at| tokens.get(at)), Some(Token::Sign('{')))
            || matches!(at.checked_sub(1).and_then(|at| tokens.get(at)), Some(Token::Name(name)) if name == "do")
    });
    opened && before == Some(&Token::Sign('|')) && after == Some(&Token::Sign('|'))
}

/// Whether a name is on the way to a constant that says a version: `Shop::VERSION`.
fn of_a_version(tokens: &[Token], at: usize) -> bool {
    let mut at = at;
    loop {
        let Some(Token::Name(name)) = tokens.get(at) else { return false };
        if name == "VERSION" {
            return true;
        }
        if !name.starts_with(|letter: char| letter.is_ascii_uppercase()) {
            return false;
        }
        if tokens.get(at + 1) != Some(&Token::Sign(':')) || tokens.get(at + 2) != Some(&Token::Sign(':')) {
            return false;
        }
        at += 3;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_that_computes_prints_and_reads_is_known() {
        for (by, code, files) in [
            ("perl", "print if /^sub \\w+/", ""),
            ("perl", "while (/fn (\\w+)/g) { print \"$1\\n\" }", ""),
            ("perl", "$t += $F[1]; END { print $t }", ""),
            ("perl", "s/\\x1b\\[[0-9;]*m//g", ""),
            (
                "perl",
                "$c{$1}++ while /(\\w+)/g; END { print \"$_ $c{$_}\\n\" for sort { $c{$b} <=> $c{$a} } keys %c }",
                "",
            ),
            ("perl", "printf \"%.2f\\n\", 1234567/1024", ""),
            ("ruby", "puts RUBY_VERSION", ""),
            ("ruby", "puts YAML.load_file(\"config/database.yml\").keys", "config/database.yml"),
            ("ruby", "puts JSON.parse(File.read(\"package.json\"))[\"version\"]", "package.json"),
            ("ruby", "puts [3, 1, 2].sort.map { |x| x * 2 }.inspect", ""),
            ("ruby", "p Shop::VERSION", ""),
            ("php", "echo PHP_VERSION, PHP_EOL;", ""),
            (
                "php",
                "echo json_encode(json_decode(file_get_contents(\"composer.json\"))->require, JSON_PRETTY_PRINT);",
                "composer.json",
            ),
            ("Rscript", "cat(sum(c(1, 2, 3)) / 3, \"\\n\")", ""),
            ("Rscript", "testthat::test_dir(\"tests/testthat\")", ""),
            ("elixir", "IO.puts(System.version())", ""),
        ] {
            assert_eq!(reads_only(by, code).map(|files| files.join(" ")).as_deref(), Some(files), "{by}: {code}");
        }
    }

    #[test]
    fn whatever_might_do_more_is_not() {
        for (by, code) in [
            ("perl", "system('x')"),
            ("perl", "s/(.*)/`$1`/e"),
            ("perl", "s{a}{system(q(x))}e"),
            ("perl", "/(?{system('x')})/"),
            ("perl", "print \"@{[`x`]}\""),
            ("perl", "print \"$h{system('x')}\""),
            ("perl", "open(F, 'x|')"),
            ("perl", "@ARGV = ('x|'); print while <>"),
            ("perl", "$ARGV[0] = 'x|'; print <>"),
            ("perl", "&{\"sys\".\"tem\"}('x')"),
            ("perl", "\"CORE\"->can('system')->('x')"),
            ("perl", "*x = \\&CORE::system; x('a')"),
            ("perl", "print $ENV{TOKEN}"),
            ("perl", "print } /\"/; system('x') #\"/"),
            ("perl", "print << \"E\"\n'\nE\nsystem('x'); print << \"F\"\n'\nF"),
            ("perl", "\n=print '\n=cut\nsystem('x') #'"),
            ("perl", "@{'ARGV'} = ('x|'); print <>"),
            ("perl", "$x = 'ARGV'; @$x = ('x|'); print <>"),
            ("perl", "$x = 'ARGV'; $x->[0] = 'x|'; print <>"),
            ("perl", "$x[0] = 'ARGV'; $x[0][0] = 'x|'; print <>"),
            ("perl", "eval"),
            ("perl", "do 'x.pl'"),
            ("perl", "require './x.pl'"),
            ("perl", "use lib '/tmp'; use evil"),
            ("perl", "exec q(x)"),
            ("perl", "qx{x}"),
            ("ruby", "`x`"),
            ("ruby", "puts %x(id)"),
            ("ruby", "send('sys' + 'tem', 'x')"),
            ("ruby", "puts IO.read('|id')"),
            ("ruby", "open('|id')"),
            ("ruby", "puts \"#{`id`}\""),
            ("ruby", "puts \"#{system('x')}\""),
            ("ruby", "puts / system('x') / 1"),
            ("ruby", "p = 4; p /system('x') /1"),
            ("ruby", "system = 1; system 'x'"),
            ("ruby", "['x'].each(&:\"system\")"),
            ("ruby", "puts ?\"; system('x') #\""),
            ("ruby", "puts ENV['TOKEN']"),
            ("ruby", "puts File.read(File.expand_path('~/.ssh/id_rsa'))"),
            ("ruby", "File.write('a', 'x')"),
            ("ruby", "require './x'"),
            ("ruby", "method(:system).call('x')"),
            ("php", "$f = 'sys' . 'tem'; $f('x');"),
            ("php", "('system')('x');"),
            ("php", "@include 'x.php';"),
            ("php", "require 'x.php';"),
            ("php", "array_map('system', ['x']);"),
            ("php", "echo \"{$f('x')}\";"),
            ("php", "echo file_get_contents('http://example.org');"),
            ("php", "echo `x`;"),
            ("php", "$x->y('z');"),
            ("Rscript", "system('x')"),
            ("Rscript", "do.call('system', list('x'))"),
            ("Rscript", "f <- system; f('x')"),
            ("Rscript", "sapply('x', 'system')"),
            ("Rscript", "cat('x', file = 'a')"),
            ("elixir", "System.cmd('x', [])"),
            ("elixir", ":os.cmd('x')"),
            ("elixir", "[?\"] ++ [System.halt()] ++ [?\"]"),
            ("elixir", "\"\"\"\n\"\n\"\"\"\nSystem.halt()\nIO.puts \"x\""),
        ] {
            assert_eq!(reads_only(by, code), None, "{by}: {code}");
        }
    }
}
