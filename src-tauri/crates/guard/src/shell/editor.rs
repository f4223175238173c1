//! Editors that run without a screen: ed by what it is fed, Emacs and Vim by what they are told to load and to do.

use super::simple::Call;
use super::text::Text;
use super::{Feed, Shell};
use crate::action::{Action, Arg, Run};

/// Functions of Emacs that test, compile or check.
const OF_EMACS: &[&str] = &[
    "ert-run-tests-batch-and-exit",
    "ert-run-tests-batch",
    "batch-byte-compile",
    "batch-byte-recompile-directory",
    "batch-native-compile",
    "checkdoc-batch",
    "package-lint-batch-and-exit",
    "elisp-lint-files-batch",
    "buttercup-run-discover",
    "org-babel-tangle",
    "batch-update-autoloads",
    "indent-region",
    "save-buffer",
    "toggle-debug-on-error",
];
/// Commands of Vim that test or end it.
const OF_VIM: &[&str] = &[
    "PlenaryBustedDirectory",
    "PlenaryBustedFile",
    "qa",
    "qa!",
    "qall",
    "qall!",
    "q",
    "q!",
    "quit",
    "wq",
    "wqa",
    "x",
    "w",
    "wa",
    "set",
    "helptags",
    "cq",
    "Vader",
    "Vader!",
    "Themis",
];

impl Shell<'_> {
    /// An editor that is told all it does; none if it is none, or is told what is not known here.
    pub(crate) fn edits(&mut self, name: &str, call: &Call, stdin: &Feed) -> Option<Text> {
        match name {
            "ed" | "red" => self.ed(name, call, stdin),
            "emacs" => self.told(name, call, emacs)?,
            "vim" | "nvim" | "vi" | "ex" => self.told(name, call, vim)?,
            _ => return None,
        }
        Some(Text::any())
    }

    fn ed(&mut self, name: &str, call: &Call, stdin: &Feed) {
        let known = match stdin {
            Feed::From(text, _) => text.known(),
            Feed::Nothing => None,
        };
        // `!` runs a command, also within `w`, `r` and `e`.
        let plain = known.as_ref().is_some_and(|text| {
            let own = |line: &str| !matches!(line.trim_start().chars().next(), Some('e' | 'E' | 'r' | 'f'));
            let writes = |line: &str| matches!(line.trim(), "w" | "wq" | "W");
            !text.contains('!')
                && text.lines().all(|line| own(line) && (!line.trim_start().starts_with(['w', 'W']) || writes(line)))
        });
        if !plain {
            self.opaque(&format!("{name} is told what may run or write something"));
        }
        for file in call.argv[1..].iter().filter(|arg| !arg.head().starts_with('-')) {
            self.reads(file);
            self.write_to(file, &Text::any(), false);
        }
    }

    fn told(&mut self, name: &str, call: &Call, read: fn(&[Arg]) -> Option<Vec<Arg>>) -> Option<()> {
        let loaded = read(&call.argv[1..])?;
        let run = Run {
            argv: call.argv.clone(),
            name: vec!["<editor>".into(), name.into()],
            via: self.via.clone(),
            ..Run::default()
        };
        self.emit(Action::Run(run));
        // What it loads are programs of the checkout; what it opens it may write.
        for file in &loaded {
            self.foreign_script(name, file, &[]);
        }
        Some(())
    }
}

/// The files that Emacs loads, where it runs without a screen and is told nothing else.
fn emacs(args: &[Arg]) -> Option<Vec<Arg>> {
    let (mut files, mut batch) = (Vec::new(), false);
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        match arg.known()? {
            "--batch" | "-batch" => batch = true,
            "-Q" | "-q" | "--quick" | "--no-init-file" | "--no-site-file" | "-nw" | "--no-site-lisp" => {}
            "-L" | "--directory" => drop(args.next()?.known()?),
            "-l" | "--load" => {
                let file = args.next()?;
                // By a plain name it is a library that is installed.
                if file.known()?.contains(['/', '.']) {
                    files.push(file.clone());
                }
            }
            "-f" | "--funcall" => drop(args.next()?.known().filter(|name| OF_EMACS.contains(name))?),
            word if word.starts_with('-') => return None,
            _ => files.push(arg.clone()),
        }
    }
    batch.then_some(files)
}

/// The files that Vim loads, where it runs without a screen and is told nothing else.
fn vim(args: &[Arg]) -> Option<Vec<Arg>> {
    let (mut files, mut batch) = (Vec::new(), false);
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        let word = arg.known()?;
        match word {
            "--headless" | "-es" | "-Es" => batch = true,
            "-n" | "-N" | "-i" | "--noplugin" | "--clean" | "-X" | "-NONE" | "NONE" | "-s" => {}
            "-u" => {
                let file = args.next()?;
                if !matches!(file.known()?, "NONE" | "NORC" | "DEFAULTS") {
                    files.push(file.clone());
                }
            }
            "-c" | "--cmd" => fine_for_vim(args.next()?.known()?)?,
            _ if word.starts_with('+') => fine_for_vim(&word[1..])?,
            _ if word.starts_with('-') => return None,
            _ => files.push(arg.clone()),
        }
    }
    batch.then_some(files)
}

fn fine_for_vim(command: &str) -> Option<()> {
    let first = command.trim().trim_start_matches(':').split(' ').next()?;
    let plain =
        !command.contains(['|', '`', '$', '\n']) && !command.split(' ').skip(1).any(|word| word.contains(['!', '(']));
    (OF_VIM.contains(&first) && plain).then_some(())
}
