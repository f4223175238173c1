//! What some programs are known to write, so that a substitution is not opaque for nothing; and which snippets of code do
//! nothing but show something.

use super::text::Text;
use super::{Feed, Shell};
use crate::action::Arg;
use crate::path::Class;

impl Shell<'_> {
    /// What a program writes to its standard output, as far as that is sure.
    pub(crate) fn known_output(&mut self, name: &str, args: &[Arg], stdin: &Feed) -> Text {
        // `--include=*.ts` is a pattern for the shell, too, but no file is called so.
        let word = |arg: &'_ Arg| match arg {
            Arg::Glob(text) if text.starts_with("--") && text.contains('=') => Some(text.clone()),
            arg => arg.known().map(str::to_owned),
        };
        let told: Vec<String> = args.iter().map_while(word).collect();
        let words: Vec<&str> = told.iter().map(String::as_str).collect();
        let all = words.len() == args.len();
        match (name, &words[..]) {
            ("cat", []) if all => match stdin {
                Feed::From(text, _) => text.clone(),
                Feed::Nothing => Text::any(),
            },
            ("cat", files) if all && !files.iter().any(|file| file.starts_with('-')) => {
                let mut text = Text::default();
                for file in args {
                    text.append(&self.content(file));
                }
                text
            }
            ("ls", _) if all && self.is_at_home() && words.iter().all(|word| is_below(word)) => Text::files_here(),
            ("ls", _)
                if self.is_at_home()
                    && args.iter().all(|arg| is_below(arg.head()) && !matches!(arg, Arg::Unknown { .. })) =>
            {
                Text::files_here()
            }
            // Files that a search names, and lines of them that a filter lets through.
            ("rg" | "grep", _)
                if self.is_at_home()
                    && words.iter().any(|word| lists(word))
                    && words.iter().all(|word| is_below(word)) =>
            {
                // `--include='*.ts'`: all that is found is called so.
                if let Some(found) = all.then(|| named_so(name, &words)).flatten() {
                    return Text::files(found);
                }
                let valued = [
                    "-t",
                    "-g",
                    "-T",
                    "-A",
                    "-B",
                    "-C",
                    "-m",
                    "-e",
                    "-f",
                    "--type",
                    "--glob",
                    "--include",
                    "--exclude",
                ];
                if words.iter().any(|word| valued.contains(word)) {
                    return Text::files_here();
                }
                // `grep -rl x src`: all that is found is below src.
                let named = words.iter().filter(|word| !word.starts_with('-')).count();
                let by_option = words.iter().any(|word| word.starts_with("-e") || word.starts_with("-f"));
                match words.last() {
                    // Nothing whose name begins with a dot, unless it is asked for.
                    _ if name == "rg"
                        && all
                        && named == 1
                        && !words
                            .iter()
                            .any(|word| matches!(*word, "--hidden" | "-." | "-u" | "-uu" | "-uuu" | "--no-ignore")) =>
                    {
                        Text::files("./*")
                    }
                    Some(folder) if all && named == 2 && !by_option && !folder.starts_with('-') && *folder != "." => {
                        Text::files(format!("{}/**", folder.trim_end_matches('/')))
                    }
                    Some(_) if all && named > 2 && !by_option => {
                        let folders: Vec<&str> =
                            words.iter().filter(|word| !word.starts_with('-')).skip(1).copied().collect();
                        let kinds: Vec<_> = folders
                            .iter()
                            .map(|folder| self.place(&Arg::Glob(format!("{}/**", folder.trim_end_matches('/')))))
                            .map(|place| {
                                (place.classes, place.tags.into_iter().filter(|tag| tag != "test").collect::<Vec<_>>())
                            })
                            .collect();
                        // As one where they are of one kind.
                        match folders.first() {
                            Some(first) if !folders.contains(&".") && kinds.iter().all(|kind| *kind == kinds[0]) => {
                                Text::files(format!("{}/**", first.trim_end_matches('/')))
                            }
                            _ => Text::files_here(),
                        }
                    }
                    _ => Text::files_here(),
                }
            }
            ("sort" | "uniq" | "head" | "tail" | "grep", _) if !words.contains(&"-o") => match stdin {
                Feed::From(text, _) if text.is_files() => Text::files(text.file_pattern().unwrap_or_default()),
                _ if words.iter().any(|word| matches!(*word, "-c" | "--count")) => Text::number(),
                _ => Text::any(),
            },
            ("tee", _) => match stdin {
                Feed::From(text, _) => text.clone(),
                Feed::Nothing => Text::any(),
            },
            // A fresh name where temporary files go; no rule can tell it from any other there.
            ("mktemp", flags)
                if all
                    && flags
                        .iter()
                        .all(|flag| matches!(*flag, "-d" | "-q" | "-u" | "-dq" | "--directory" | "--quiet" | "-t")) =>
            {
                Text::lit("/tmp/tmp.office\n")
            }
            ("go", ["env", "GOPATH"]) if all => Text::lit(self.scene.home.join("go").to_string_lossy()),
            ("which", _) => self.says_where(args),
            // Names of packages, or of their folders: none of them begins like an option.
            ("go", ["list", flags @ ..])
                if all && !flags.iter().any(|word| word.contains("-toolexec") || word.contains("-exec")) =>
            {
                Text::files_here()
            }
            // A name of one of these files.
            ("basename", _) if matches!(args.first(), Some(Arg::Glob(_))) => Text::files("./*"),
            ("basename", [path, ending]) if all && !path.starts_with('-') => {
                let name = path.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
                Text::lit(name.strip_suffix(ending).unwrap_or(name))
            }
            ("basename", [path]) if all => Text::lit(path.trim_end_matches('/').rsplit('/').next().unwrap_or_default()),
            ("dirname", [path]) if all => {
                Text::lit(path.trim_end_matches('/').rsplit_once('/').map_or(".", |(folder, _)| folder))
            }
            ("realpath" | "readlink", [.., path]) if all => {
                self.path_of(&Arg::lit(*path)).map_or_else(Text::any, |path| Text::lit(path.to_string_lossy()))
            }
            // What this machine is called, and what day it is: a word that leads nowhere.
            ("uname", ["-m" | "-s" | "-r" | "-p"]) | ("arch", []) if all => Text::lit("x86_64\n"),
            ("date", [.., format])
                if all
                    && format.starts_with('+')
                    && words[..words.len() - 1].iter().all(|word| matches!(*word, "-u" | "--utc"))
                    && !format.contains(['/', '$', '`'])
                    && !counts(name, &words) =>
            {
                Text::lit("2024-01-02\n")
            }
            ("nproc" | "wc" | "date" | "expr" | "id" | "stat" | "seq" | "bc" | "du", words) if counts(name, words) => {
                Text::number()
            }
            _ => Text::any(),
        }
    }
}

impl Shell<'_> {
    /// Whether the working folder is in the own checkout.
    pub(crate) fn is_at_home(&self) -> bool {
        let classes = self.place(&Arg::lit(".")).classes;
        classes.iter().all(|class| matches!(class, Class::Checkout | Class::Artefact | Class::Tmp))
    }
}

/// Whether a path, or a flag, leads to nowhere but below.
pub(crate) fn is_below(word: &str) -> bool {
    !word.starts_with(['/', '~']) && !word.split('/').any(|part| part == "..") && !word.starts_with(".git")
}

/// The pattern that a search goes by, where it is one.
fn named_so(name: &str, words: &[&str]) -> Option<String> {
    let mut patterns = Vec::new();
    for (at, word) in words.iter().enumerate() {
        let after = || words.get(at + 1).copied().unwrap_or_default();
        let (flag, glued) = word.split_once('=').map_or((*word, None), |(flag, value)| (flag, Some(value)));
        match (name, flag) {
            ("grep", "--include") | ("rg", "-g" | "--glob" | "--iglob") => {
                patterns.push(glued.unwrap_or_else(after).to_owned())
            }
            ("rg", "-t" | "--type") => {
                let ending = match glued.unwrap_or_else(after) {
                    "rust" => "rs",
                    "ts" => "ts*",
                    "js" => "js*",
                    "py" | "python" => "py",
                    "ruby" => "rb",
                    "md" | "markdown" => "md",
                    plain @ ("go" | "java" | "css" | "html" | "php" | "swift" | "kotlin" | "c" | "cpp") => plain,
                    _ => return None,
                };
                patterns.push(format!("*.{ending}"));
            }
            ("rg", flag) if flag.starts_with("-g") || flag.starts_with("-t") => return None,
            _ => {}
        }
    }
    match &patterns[..] {
        [one] if one.starts_with("*.") && !one.contains(['/', '{', '!']) => Some(format!("./**/{one}")),
        _ => None,
    }
}

fn lists(word: &str) -> bool {
    // Several letters in one word, as in `-rlniE`; those that take a value, or stand for something else, are not among them.
    let letters = word.strip_prefix('-').filter(|letters| !letters.starts_with('-'));
    let short = letters.is_some_and(|letters| {
        letters.contains(['l', 'L']) && letters.chars().all(|letter| "lLrRinIEFGPwxsHhUoaqSvuzZ0".contains(letter))
    });
    short || matches!(word, "--files" | "--files-with-matches" | "--files-without-match")
}

fn counts(name: &str, words: &[&str]) -> bool {
    match name {
        "nproc" => true,
        "wc" => words.first().is_some_and(|word| matches!(*word, "-l" | "-c" | "-w" | "-m")) && words.len() == 1,
        "date" => {
            words.iter().all(|word| matches!(*word, "+%s" | "+%s%N" | "+%Y" | "+%Y%m%d" | "+%H" | "+%j" | "-u"))
                && !words.is_empty()
        }
        "id" => matches!(words, ["-u" | "-g"]),
        "seq" => words.iter().all(|word| !word.is_empty() && word.chars().all(|letter| letter.is_ascii_digit())),
        _ => false,
    }
}

/// Whether a snippet only shows something: imports and prints, or an expression without calls.
pub(crate) fn only_shows(interpreter: &str, code: &str) -> bool {
    let python = interpreter.starts_with("python") || interpreter.starts_with("pypy");
    let node = matches!(interpreter, "node" | "nodejs" | "deno" | "bun");
    if interpreter == "julia" {
        let fine = [
            "using Pkg",
            "import Pkg",
            "Pkg.test()",
            "Pkg.instantiate()",
            "Pkg.precompile()",
            "Pkg.resolve()",
            "Pkg.status()",
            "Pkg.build()",
            "Pkg.activate(\".\")",
            "Pkg.activate('.')",
        ];
        return code.split([';', '\n']).map(str::trim).all(|line| line.is_empty() || fine.contains(&line));
    }
    if interpreter == "swipl" {
        // Goals without arguments are the script's own.
        let goal = |word: &str| {
            word.chars().all(|letter| letter.is_ascii_lowercase() || letter == '_')
                && !matches!(word, "shell" | "prolog")
        };
        return code.split(',').map(str::trim).all(goal);
    }
    if matches!(interpreter, "pwsh" | "powershell") {
        return super::pwsh::only_tests(code);
    }
    if code.len() > 400 || !(python || node) {
        return false;
    }
    let risky = [
        "system",
        "exec",
        "spawn",
        "eval",
        "open",
        "unlink",
        "remove",
        "rmtree",
        "write",
        "child_process",
        "__",
        "environ",
        "env[",
        ".env",
        "subprocess",
        "popen",
        "socket",
        "urllib",
        "requests",
        "http",
        "fetch",
        "net.",
        "ctypes",
        "pty",
        "builtins",
        "getattr",
        "compile",
        "Function",
        "constructor",
        "mainModule",
        "binding",
        "webbrowser",
        "antigravity",
    ];
    let shows = code
        .replace("__version__", "version")
        .replace("__file__", "file")
        .replace("__name__", "name")
        .replace("process.versions", "versions");
    if risky.iter().any(|word| shows.contains(word)) || shows.contains(['`', '\\']) {
        return false;
    }
    shows.split([';', '\n']).map(str::trim).all(|line| {
        if line.is_empty() || line.starts_with('#') {
            return true;
        }
        if python && (line.starts_with("import ") || line.starts_with("from ")) {
            return line.chars().all(|letter| letter.is_alphanumeric() || " ._,*".contains(letter));
        }
        let shown = ["print(", "console.log(", "assert "];
        let inner = match shown.iter().find_map(|start| line.strip_prefix(start)) {
            Some(rest) => rest.strip_suffix(')').unwrap_or(rest),
            // `node -p expression`.
            None if node => line,
            None => return false,
        };
        // Calls that only look.
        let mut left = inner.to_owned();
        for call in ["len(", "str(", "sorted(", "tuple(", "list(", "type(", "repr(", "is_available("] {
            left = left.replace(call, "");
        }
        left = left.replace(')', "");
        if node {
            left = left.replace("require('./package.json'", "").replace("require(\"./package.json\"", "");
        }
        !left.contains('(') && !left.contains(" = ") && !left.contains("=>")
    })
}

/// Whether a sed script neither runs nor writes nor reads anything but its operands.
pub(crate) fn sed_is_plain(script: &str) -> bool {
    let letters: Vec<char> = script.chars().collect();
    let mut at = 0;
    while at < letters.len() {
        let letter = letters[at];
        at += 1;
        match letter {
            ' ' | '\t' | '\n' | ';' | '{' | '}' | '!' | ',' | '$' | '~' | '+' | '0'..='9' => {}
            '/' => match closing(&letters, at, '/') {
                Some(end) => {
                    at = end;
                    while letters.get(at).is_some_and(|flag| matches!(flag, 'I' | 'M')) {
                        at += 1;
                    }
                }
                None => return false,
            },
            '\\' => {
                let Some(sign) = letters.get(at).copied() else { return false };
                let Some(end) = closing(&letters, at + 1, sign) else { return false };
                at = end;
            }
            's' | 'y' => {
                let Some(sign) = letters.get(at).copied() else { return false };
                let end = closing(&letters, at + 1, sign).and_then(|end| closing(&letters, end, sign));
                let Some(end) = end else { return false };
                at = end;
                while letters.get(at).is_some_and(|flag| flag.is_ascii_alphanumeric()) {
                    if !letters[at].is_ascii_digit() && !matches!(letters[at], 'g' | 'p' | 'i' | 'I' | 'm' | 'M') {
                        return false;
                    }
                    at += 1;
                }
            }
            'd' | 'D' | 'p' | 'P' | 'q' | 'Q' | '=' | 'n' | 'N' | 'g' | 'G' | 'h' | 'H' | 'x' | 'l' | 'z' | 'F' => {}
            'a' | 'i' | 'c' | '#' => {
                while at < letters.len() && letters[at] != '\n' {
                    at += 1;
                }
            }
            'b' | 't' | 'T' | ':' => {
                while at < letters.len() && !matches!(letters[at], '\n' | ';' | '}') {
                    at += 1;
                }
            }
            _ => return false,
        }
    }
    true
}

fn closing(letters: &[char], mut at: usize, sign: char) -> Option<usize> {
    while at < letters.len() {
        match letters[at] {
            '\\' => at += 2,
            letter if letter == sign => return Some(at + 1),
            '\n' if sign == '/' => return None,
            _ => at += 1,
        }
    }
    None
}

/// Whether an awk program only computes and prints.
pub(crate) fn awk_is_plain(program: &str) -> bool {
    let bare: String = {
        // What stands between quotes is data.
        let mut out = String::new();
        let mut quoted = false;
        let mut letters = program.chars();
        while let Some(letter) = letters.next() {
            match letter {
                '\\' if quoted => drop(letters.next()),
                '"' => {
                    quoted = !quoted;
                    out.push('"');
                }
                letter if !quoted => out.push(letter),
                _ => {}
            }
        }
        out
    };
    if ["system", "getline", "@load", "@include", "close", "fflush", "|&", "@"].iter().any(|word| bare.contains(word)) {
        return false;
    }
    if bare.replace("||", "").contains('|') {
        return false;
    }
    // A `>` after a print writes a file.
    !bare.split([';', '}', '\n']).any(|part| part.find("print").is_some_and(|at| part[at..].contains('>')))
}
