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
