//! find and fd: what they run and delete for each file, and where they start.

use super::simple::Call;
use super::text::Text;
use super::{Feed, Shell};
use crate::action::{Action, Arg};

impl Shell<'_> {
    pub(crate) fn find(&mut self, name: &str, call: &Call, stdin: &Feed) -> Text {
        let args = &call.argv[1..];
        self.shown_run(name, &call.argv);
        if name != "find" {
            return self.fd(name, args, stdin);
        }
        let expression = args.iter().position(|arg| {
            let head = arg.head();
            (head.starts_with('-') && !matches!(head, "-H" | "-L" | "-P") && !head.starts_with("-O"))
                || matches!(head, "(" | "!" | ")")
        });
        let expression = expression.unwrap_or(args.len());
        let mut starts: Vec<Arg> =
            args[..expression].iter().filter(|arg| !matches!(arg.known(), Some("-H" | "-L" | "-P"))).cloned().collect();
        if starts.is_empty() {
            starts.push(Arg::lit("."));
        }
        starts.iter().for_each(|start| self.reads(start));
        let found = found(&starts, &args[expression..]);
        let mut at = expression;
        while let Some(arg) = args.get(at) {
            at += 1;
            match arg.known() {
                Some("-exec" | "-execdir" | "-ok" | "-okdir") => {
                    let end = args[at..]
                        .iter()
                        .position(|arg| matches!(arg.known(), Some(";")) || (arg.known() == Some("+")));
                    let end = end.map_or(args.len(), |end| at + end);
                    let inner: Vec<Vec<Arg>> = found.iter().map(|file| replaced(&args[at..end], file)).collect();
                    for argv in inner {
                        self.inner("find -exec", argv, Vec::new(), stdin);
                    }
                    at = (end + 1).min(args.len());
                }
                Some("-delete") => {
                    for file in &found {
                        let place = self.place(file);
                        self.emit(Action::Delete { place, recursive: false, lines: None });
                    }
                }
                Some("-fprint" | "-fprint0" | "-fls" | "-fprintf") => {
                    let to = args.get(at).cloned().unwrap_or_else(|| Arg::unknown("a file"));
                    self.write_to(&to, &Text::any(), false);
                }
                Some("-files0-from") => self.opaque("find starts where a file says"),
                Some(_) => {}
                None if arg.head().starts_with('-') || !matches!(arg, Arg::Glob(_)) => {
                    let valued = at >= 2 && args[at - 2].known().is_some_and(|flag| flag.starts_with('-'));
                    if !valued || matches!(arg, Arg::Unknown { many: true, .. }) {
                        self.opaque("find with options that are not known");
                    }
                }
                None => {}
            }
        }
        let temporary = |start: &Arg| {
            start
                .known()
                .is_some_and(|_| self.place(start).classes.iter().all(|class| *class == crate::path::Class::Tmp))
        };
        let in_tmp = starts.iter().all(temporary);
        let below = in_tmp
            || self.is_at_home() && starts.iter().all(|start| start.known().is_some_and(super::output::is_below));
        let plain = !args.iter().any(|arg| matches!(arg.known(), Some("-exec" | "-execdir" | "-printf" | "-print0")));
        if below && (plain || !args.iter().any(|arg| matches!(arg.known(), Some("-exec" | "-execdir" | "-printf")))) {
            return match &found[..] {
                [Arg::Glob(pattern)] => Text::files(pattern.clone()),
                _ if in_tmp => Text::any(),
                _ => Text::files_here(),
            };
        }
        Text::any()
    }

    fn fd(&mut self, name: &str, args: &[Arg], stdin: &Feed) -> Text {
        let run = args.iter().position(|arg| matches!(arg.known(), Some("-x" | "-X" | "--exec" | "--exec-batch")));
        if let Some(at) = run {
            let argv = replaced(&args[at + 1..], &Arg::unknown("what is found"));
            self.inner(name, argv, Vec::new(), stdin);
        } else if args.iter().any(|arg| arg.known().is_none() || arg.head().contains("exec")) {
            self.opaque("fd with options that are not known");
        }
        let _ = Feed::Nothing;
        Text::any()
    }
}

/// What is found, as patterns: the places to start from, and the last name or path asked for. What is asked for with `-not` only makes it
/// less.
fn found(starts: &[Arg], expression: &[Arg]) -> Vec<Arg> {
    let either = expression.iter().any(|arg| matches!(arg.known(), Some("-o" | "-or" | ",")));
    let negates = |arg: &Arg| matches!(arg.known(), Some("!" | "-not"));
    let whole = expression.windows(2).any(|pair| negates(&pair[0]) && matches!(pair[1].known(), Some("(" | "\\(")));
    // `! -path './.git/*'` only leaves something out.
    let negated = expression
        .windows(2)
        .any(|pair| negates(&pair[0]) && !matches!(pair[1].known(), Some("-path" | "-wholename" | "-ipath")));
    let (mut names, mut paths) = (Vec::new(), Vec::new());
    for (at, pair) in expression.windows(2).enumerate() {
        if at > 0 && negates(&expression[at - 1]) {
            continue;
        }
        let (Arg::Lit(text) | Arg::Glob(text)) = &pair[1] else { continue };
        match pair[0].known() {
            Some("-name" | "-iname") => {
                let all = matches!(text.as_str(), "*" | "*.*" | ".*" | "?*");
                names.push(if all { "**".to_owned() } else { text.clone() });
            }
            Some("-path" | "-wholename") => paths.push(text.clone()),
            // A regular expression that is no more than an ending: `.*\.py[co]$`.
            Some("-regex" | "-iregex") => names.push(ending(text).unwrap_or_else(|| "**".to_owned())),
            _ => {}
        }
    }
    // Beside `obj` lies what its compiler makes, not the scripts of a project.
    if names.iter().any(|name| name == "obj") {
        names.retain(|name| name != "bin");
    }
    // `-name a -o -name b`: with nothing negated, each of the names.
    let all = match names.last() {
        Some(name) if !either && !whole => vec![name.clone()],
        Some(_) if !negated && either_or(expression) => names,
        _ => vec!["**".to_owned()],
    };
    // `-path './build/*'`: below that folder, however deep.
    let folder = paths
        .last()
        .and_then(|path| path.strip_suffix("/*"))
        .filter(|path| !path.contains(['?', '[']) && !either && !whole);
    let mut out = Vec::new();
    for start in starts {
        let Arg::Lit(start) = start else {
            out.push(Arg::unknown(start.to_string()));
            continue;
        };
        let start = start.trim_end_matches('/');
        for name in &all {
            out.push(match folder {
                Some(folder) if name == "**" && folder.starts_with(&format!("{start}/")) && !folder.contains('*') => {
                    Arg::Glob(format!("{folder}/**"))
                }
                Some(folder) if name == "**" && folder.starts_with("*/") && !folder[2..].contains('*') => {
                    Arg::Glob(format!("{start}/{folder}/**"))
                }
                _ if name == "**" => Arg::Glob(format!("{start}/**")),
                _ => Arg::Glob(format!("{start}/*/{name}")),
            });
        }
    }
    out
}

/// What a regular expression says of the end of a name, as a pattern.
fn ending(regex: &str) -> Option<String> {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-' | '[' | ']' | '~');
    let tail = regex.strip_prefix(".*")?.trim_end_matches('$').replace("\\.", ".");
    let rest = tail.strip_prefix('.')?;
    (rest.len() > 1 && rest.chars().all(plain)).then(|| format!("*{tail}"))
}

/// Whether all that is asked for is one name or another, within one pair of brackets or none.
fn either_or(expression: &[Arg]) -> bool {
    let words: Vec<&str> = expression.iter().map(|arg| arg.known().unwrap_or("?")).collect();
    let ors = words.iter().filter(|word| matches!(**word, "-o" | "-or")).count();
    let names = words.iter().filter(|word| matches!(**word, "-name" | "-iname" | "-regex" | "-iregex")).count();
    ors + 1 == names && (words.contains(&"(") || words.contains(&"\\("))
}

fn replaced(argv: &[Arg], file: &Arg) -> Vec<Arg> {
    let put = |arg: &Arg| match arg.known() {
        Some("{}") => file.clone(),
        Some(word) if word.contains("{}") => Arg::Unknown {
            shown: word.to_owned(),
            head: word.split("{}").next().unwrap_or_default().to_owned(),
            many: false,
        },
        _ => arg.clone(),
    };
    argv.iter().map(put).collect()
}
