//! Programs that do more in other hands, in the forms in which they only look or do what they spell out: a patch that is given in words, a
//! debugger that runs a program of the checkout and shows where it ended, a port of this machine that is tried.

use super::simple::Call;
use super::text::Text;
use super::{Feed, Shell};
use crate::action::Arg;
use crate::host::{HostClass, class_of};

/// What a debugger is told that only shows something, by its first word.
const SHOWS: &str = "run r bt backtrace where info frame f up down thread list l quit q continue c break b tbreak disassemble x set start step next finish p print";

impl Shell<'_> {
    /// Goes through such a form; none where it is another.
    pub(super) fn looks(&mut self, name: &str, call: &Call, stdin: &Feed) -> Option<Text> {
        match name {
            "apply_patch" | "applypatch" => self.patch_in_words(call, stdin),
            "gdb" => self.debugged(call, "--args"),
            "lldb" => self.debugged(call, "--"),
            "script" => self.recorded(call),
            "clj" | "clojure" => self.by_alias(call, stdin),
            "http" | "https" | "xh" | "xhs" => self.asked_here(call),
            "nc" | "ncat" | "netcat" => {
                let words: Vec<&str> = call.argv[1..].iter().map(Arg::known).collect::<Option<_>>()?;
                let (flags, rest): (Vec<&str>, Vec<&str>) = words.into_iter().partition(|word| word.starts_with('-'));
                let tries = flags.iter().any(|flag| flag.contains('z'))
                    && flags.iter().all(|flag| flag[1..].chars().all(|letter| "zvw4n0123456789".contains(letter)));
                // `-w 3` takes a word.
                let rest: Vec<&str> = match rest[..] {
                    [wait, host, port]
                        if flags.iter().any(|flag| flag.ends_with('w')) && wait.parse::<u16>().is_ok() =>
                    {
                        vec![host, port]
                    }
                    _ => rest,
                };
                let [host, port] = rest[..] else { return None };
                let here = class_of(host, &[]) == HostClass::Loopback
                    && port.chars().all(|letter| letter.is_ascii_digit() || letter == '-');
                (tries && here).then(|| {
                    self.reach(host);
                    Text::any()
                })
            }
            _ => None,
        }
    }

    /// `script -qec 'npm test' log`: the line is judged as any, and so is the file that it is written to.
    fn recorded(&mut self, call: &Call) -> Option<Text> {
        let (mut line, mut file) = (None, None);
        let mut args = call.argv[1..].iter();
        while let Some(arg) = args.next() {
            match arg.known()? {
                "--command" => line = Some(args.next()?.known()?.to_owned()),
                "--quiet" | "--return" | "--flush" | "--append" => {}
                word if word.starts_with('-') && word.len() > 1 => {
                    let letters = word[1..].trim_end_matches('c');
                    if !letters.chars().all(|letter| "qefa".contains(letter)) {
                        return None;
                    }
                    if word.ends_with('c') {
                        line = Some(args.next()?.known()?.to_owned());
                    }
                }
                _ if file.is_none() => file = Some(arg.clone()),
                _ => return None,
            }
        }
        let line = line?;
        self.via.push("a recorder".to_owned());
        self.child(|shell| shell.script(&line, &Feed::Nothing));
        self.via.pop();
        self.write_to(&file.unwrap_or_else(|| Arg::lit("typescript")), &Text::any(), false);
        Some(Text::any())
    }

    /// `clj -M:test`: goals of the project, by their names.
    fn by_alias(&mut self, call: &Call, stdin: &Feed) -> Option<Text> {
        let first = call.argv.get(1)?.known()?;
        let named = first.get(..3).filter(|kind| ["-M:", "-X:", "-T:", "-P:", "-A:"].contains(kind))?;
        let goals = first[named.len()..].split(':').map(Arg::lit);
        let code = |arg: &Arg| {
            arg.known().is_none_or(|word| {
                matches!(word, "-e" | "--eval" | "-i" | "--init" | "-r" | "-" | "--report") || word.starts_with("-S")
            })
        };
        if call.argv[2..].iter().any(code) {
            return None;
        }
        let argv = std::iter::once(Arg::lit("lein")).chain(goals).chain(call.argv[2..].iter().cloned()).collect();
        Some(self.inner("clj", argv, call.env.clone(), stdin))
    }

    /// `http GET :8080/health`: a host of this machine is asked, and nothing is written.
    fn asked_here(&mut self, call: &Call) -> Option<Text> {
        let words: Vec<&str> = call.argv[1..].iter().map(Arg::known).collect::<Option<_>>()?;
        let plain = |word: &&&str| {
            matches!(
                **word,
                "-v" | "-h"
                    | "-b"
                    | "--headers"
                    | "--body"
                    | "--verbose"
                    | "--json"
                    | "-j"
                    | "--ignore-stdin"
                    | "--check-status"
                    | "--print=h"
                    | "--print=b"
                    | "-q"
            )
        };
        let rest: Vec<&str> = words.iter().filter(|word| !plain(word)).copied().collect();
        let method = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
        let rest = if rest.first().is_some_and(|word| method.contains(word)) { &rest[1..] } else { &rest[..] };
        let (address, items) = rest.split_first()?;
        let host = match address.strip_prefix(':') {
            Some(rest) if rest.starts_with(|letter: char| letter.is_ascii_digit() || letter == '/') => {
                "localhost".to_owned()
            }
            _ => crate::host::host_of(address)?,
        };
        // What is sent is spelled out: no file, no secret.
        let spelled =
            |item: &&str| !item.starts_with('-') && !item.contains('@') && !item.contains(":@") && !item.contains("=@");
        (class_of(&host, &[]) == HostClass::Loopback && items.iter().all(spelled)).then(|| {
            self.reach(&host);
            Text::any()
        })
    }

    /// The patch that Codex writes, as a word or from a here-document.
    fn patch_in_words(&mut self, call: &Call, stdin: &Feed) -> Option<Text> {
        let patch = match (&call.argv[1..], stdin) {
            ([word], _) => word.known()?.to_owned(),
            ([], Feed::From(text, _)) => text.known()?,
            _ => return None,
        };
        if !patch.contains("*** Begin Patch") {
            return None;
        }
        let mut scene = self.scene.clone();
        scene.cwd = self.st.cwd.clone()?;
        for action in crate::tool::patched(&patch, 0, &scene, self.world) {
            self.emit(action);
        }
        self.st.forget_files();
        Some(Text::any())
    }

    /// `gdb -batch -ex run -ex bt --args ./a b`: the program is judged as if it were called by itself.
    fn debugged(&mut self, call: &Call, dash: &str) -> Option<Text> {
        let (mut batch, mut at) = (false, 1);
        while let Some(word) = call.argv.get(at).and_then(Arg::known).filter(|word| word.starts_with('-')) {
            at += 1;
            match word {
                "-batch" | "--batch" | "-b" => batch = true,
                "-q" | "-quiet" | "--quiet" | "-nx" | "-n" | "--nx" | "-return-child-result" => {}
                "-ex" | "--ex" | "-o" | "-k" | "--eval-command" => {
                    let told = call.argv.get(at)?.known()?;
                    at += 1;
                    let first = told.split([' ', '/']).next().unwrap_or_default();
                    // What is called in brackets is called in the program, whatever it is.
                    if !super::list::on(SHOWS, first) && told != "thread apply all bt"
                        || told.contains(['(', '|', '!', '`', '$'])
                    {
                        return None;
                    }
                }
                word if word == dash => break,
                _ => return None,
            }
        }
        let program = call.argv.get(at..).unwrap_or_default().to_vec();
        if !batch || program.is_empty() {
            return None;
        }
        Some(self.inner("a debugger", program, call.env.clone(), &Feed::Nothing))
    }
}
