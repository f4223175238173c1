//! git: global options become context, aliases are looked up and gone through, and options that run something are followed.

use super::simple::Call;
use super::text::Text;
use super::{Feed, Shell};
use crate::action::{Action, Arg, Deed};
use crate::limits::LONGEST;
use crate::path::Class;
use crate::pattern::fits_words;

/// Global options with a value.
const VALUED: &[&str] = &[
    "-C",
    "-c",
    "--git-dir",
    "--work-tree",
    "--namespace",
    "--exec-path",
    "--super-prefix",
    "--config-env",
    "--attr-source",
    "--list-cmds",
];

/// Stands for the name of a commit.
const COMMIT: &str = "0000000000000000000000000000000000000000\n";

/// Stands for the name of a branch or of a tag.
const NAME: &str = "a-name-in-git\n";

impl Shell<'_> {
    pub(crate) fn git(&mut self, call: &Call, stdin: &Feed) -> Text {
        let args = &call.argv[1..];
        let before = self.st.cwd.clone();
        let mut aliases: Vec<(String, String)> = Vec::new();
        let mut at = 0;
        while let Some(arg) = args.get(at) {
            let head = arg.head().to_owned();
            if !head.starts_with('-') || head == "--" {
                break;
            }
            let (flag, attached) = match head.split_once('=') {
                Some((flag, value)) if flag.starts_with("--") => (flag.to_owned(), Some(Arg::lit(value))),
                _ => (head.clone(), None),
            };
            if arg.known().is_none() && !(attached.is_some() && matches!(flag.as_str(), "--git-dir" | "--work-tree")) {
                self.opaque(&format!("git with an option that is not known: {arg}"));
                return Text::any();
            }
            at += 1;
            let value = if VALUED.contains(&&*flag) {
                attached.or_else(|| {
                    at += 1;
                    args.get(at - 1).cloned()
                })
            } else {
                None
            };
            match (&*flag, value) {
                ("-C", Some(folder)) => {
                    self.git_folder(&folder);
                    self.st.cwd = self.path_of(&folder);
                }
                ("--git-dir" | "--work-tree", Some(folder)) => {
                    self.git_folder(&folder);
                    self.opaque("git in a repository of its own choice");
                }
                ("-c", Some(setting)) => {
                    match setting.known().map(|text| text.split_once('=').unwrap_or((text, "true"))) {
                        Some((key, value)) => {
                            let (key, value) = (key.to_lowercase(), value.to_owned());
                            match key.strip_prefix("alias.") {
                                Some(alias) => aliases.push((alias.to_owned(), value)),
                                None => self.git_setting(&key, &value),
                            }
                        }
                        None => self.opaque(&format!("git with a setting that is not known: {setting}")),
                    }
                }
                ("--exec-path" | "--config-env" | "--attr-source" | "--namespace" | "--super-prefix", Some(_)) => {
                    self.opaque(&format!("git {flag} changes what runs"));
                }
                _ => {}
            }
        }
        let written = self.git_command(&args[at..], call, &aliases, stdin, 0);
        self.st.cwd = before;
        written
    }

    fn git_folder(&mut self, folder: &Arg) {
        let place = self.place(folder);
        self.emit(Action::Read { place });
    }

    /// A setting for one command: some of them are commands themselves.
    fn git_setting(&mut self, key: &str, value: &str) {
        let runs = self.specs.words("git-settings-that-run").iter().any(|pattern| fits_words(pattern, key));
        if !runs {
            return;
        }
        let command = value.trim_start_matches('!');
        if key.starts_with("gc.") || key == "core.logallrefupdates" {
            self.opaque(&format!("git {key} makes it forget what could be taken back"));
            return;
        }
        if key == "core.hookspath" {
            self.opaque("git goes past the hooks of the repository");
            return;
        }
        if key.ends_with("path") || key.starts_with("include") || value.is_empty() && key.contains("helper") {
            if !value.is_empty() && value != "/dev/null" {
                self.opaque(&format!("git {key} changes what runs"));
            }
            return;
        }
        if matches!(command, "" | "true" | "false" | "cat") {
            return;
        }
        let command = command.to_owned();
        self.via.push(format!("git -c {key}"));
        self.child(|shell| shell.script(&command, &Feed::Nothing));
        self.via.pop();
        self.opaque(&format!("git {key} runs a command"));
    }

    fn git_command(
        &mut self,
        args: &[Arg],
        call: &Call,
        aliases: &[(String, String)],
        stdin: &Feed,
        depth: usize,
    ) -> Text {
        // `git --version` and the like only say something.
        let Some(first) = args.first() else { return Text::any() };
        let Some(sub) = first.known().map(str::to_owned) else {
            self.opaque(&format!("which git command runs is not known: git {first}"));
            return Text::any();
        };
        let builtin = self.specs.words("git-builtin").contains(&sub);
        if !builtin {
            return self.git_alias(&sub, args, call, aliases, stdin, depth);
        }
        let mut argv = vec![Arg::lit("git")];
        argv.extend(args.iter().cloned());
        let inner = Call { argv, env: call.env.clone() };
        let mut parsed = self.parsed("git", &inner.argv[1..]);
        self.git_runs(&sub, args, stdin);
        self.git_reaches(&sub, &parsed.operands);
        self.git_shows(&sub, &parsed.operands);
        self.git_writes(&sub, args, &parsed.operands);
        if sub == "push" {
            self.emit(Action::Does { deed: Deed::Push, by: "git push".into() });
            for operand in parsed.operands.iter().skip(1).filter_map(Arg::known) {
                if operand.starts_with('+') {
                    parsed.flags.insert("force".into());
                }
                if operand.starts_with(':') {
                    parsed.flags.insert("delete".into());
                }
            }
        }
        self.carried_out("git", &parsed, &inner, stdin);
        match (&*sub, args.get(1).and_then(Arg::known)) {
            ("rev-parse", Some("--show-toplevel")) => Text::lit(self.scene.checkout.to_string_lossy()),
            ("rev-list", Some("--count")) => Text::number(),
            // A commit's name, whichever; of a ref that is not there `rev-parse` says the words again.
            ("merge-base", Some(first)) if !first.starts_with('-') => Text::lit(COMMIT),
            ("rev-parse", Some(_))
                if args[1..].iter().all(|arg| matches!(arg.known(), Some("HEAD" | "--short" | "--verify" | "-q"))) =>
            {
                Text::lit(COMMIT)
            }
            // Names of commits, one to a line.
            ("rev-list", _)
                if !args[1..].iter().any(|arg| arg.head().starts_with("--f") || arg.head().starts_with("--o")) =>
            {
                Text::lit(COMMIT)
            }
            // A name of a branch or of a tag has no blanks, leads nowhere up and is no option; which one it is changes nothing.
            ("branch", Some("--show-current")) if args.len() == 2 => Text::lit(NAME),
            ("rev-parse", Some("--abbrev-ref")) if args.len() == 3 && args[2].known() == Some("HEAD") => {
                Text::lit(NAME)
            }
            ("symbolic-ref", _)
                if args[1..].iter().all(|arg| matches!(arg.known(), Some("HEAD" | "--short" | "-q" | "--quiet"))) =>
            {
                Text::lit(NAME)
            }
            ("describe", _) => Text::lit(NAME),
            ("ls-files", _) if self.is_at_home() => {
                // `git ls-files '*.py'` names files with that ending, wherever they are.
                let named: Vec<&Arg> = args[1..].iter().filter(|arg| !arg.head().starts_with('-')).collect();
                match named[..] {
                    [Arg::Lit(one) | Arg::Glob(one)] if one.starts_with("*.") && !one.contains('/') => {
                        Text::files(format!("./*/{one}"))
                    }
                    [Arg::Lit(one) | Arg::Glob(one)] if super::output::is_below(one) => match one.rsplit_once('/') {
                        Some((folder, name)) if name.starts_with("*.") && !folder.contains(['*', '?', '[', ':']) => {
                            Text::files(format!("./{folder}/*/{name}"))
                        }
                        _ => Text::files_here(),
                    },
                    _ => Text::files_here(),
                }
            }
            ("ls-tree", _) if self.is_at_home() && args.iter().any(|arg| arg.known() == Some("--name-only")) => {
                Text::files_here()
            }
            // `git grep -l x -- '*.py'`: all that is found is called so.
            ("grep", _)
                if self.is_at_home()
                    && args.iter().any(|arg| arg.known() == Some("-l"))
                    && matches!(args, [.., dash, Arg::Lit(one) | Arg::Glob(one)] if dash.known() == Some("--") && one.starts_with("*.") && !one.contains('/')) =>
            {
                match args.last() {
                    Some(Arg::Lit(one) | Arg::Glob(one)) => Text::files(format!("./*/{one}")),
                    _ => Text::any(),
                }
            }
            ("diff" | "grep", _)
                if self.is_at_home() && args.iter().any(|arg| matches!(arg.known(), Some("--name-only" | "-l"))) =>
            {
                Text::files_here()
            }
            _ => Text::any(),
        }
    }

    /// A word that is no command of git: an alias of this line or of the configuration, or a program `git-x`.
    fn git_alias(
        &mut self,
        sub: &str,
        args: &[Arg],
        call: &Call,
        aliases: &[(String, String)],
        stdin: &Feed,
        depth: usize,
    ) -> Text {
        let here = aliases.iter().rev().find(|(name, _)| name.eq_ignore_ascii_case(sub)).map(|(_, text)| text.clone());
        let found = here.or_else(|| if self.st.disk_is_true { self.configured_alias(sub) } else { None });
        match found {
            Some(text) if depth < 8 => {
                self.via.push(format!("git alias {sub}"));
                let rest: Vec<String> = args[1..].iter().map(quoted).collect();
                let written = if let Some(script) = text.strip_prefix('!') {
                    let line = format!("{script} {}", rest.join(" "));
                    self.child(|shell| shell.script(&line, stdin))
                } else {
                    // git splits it like a shell without variables.
                    let line = format!("git {text} {}", rest.join(" "));
                    if text.contains(['$', '`', ';', '|', '&', '<', '>', '(', '\\']) {
                        self.opaque(&format!("an odd alias of git: {text}"));
                        Text::any()
                    } else {
                        self.child(|shell| shell.script(&line, stdin))
                    }
                };
                self.via.pop();
                written
            }
            _ => {
                self.opaque(&format!("git {sub} is no command of git, and not known as an alias"));
                let _ = call;
                self.st.forget_files();
                Text::any()
            }
        }
    }

    fn configured_alias(&self, sub: &str) -> Option<String> {
        let files = [
            self.scene.checkout.join(".git/config"),
            self.scene.home.join(".gitconfig"),
            self.scene.home.join(".config/git/config"),
        ];
        files.iter().find_map(|file| alias_in(&self.world.read(file, LONGEST)?, sub))
    }

    /// Options and operands of subcommands that are commands.
    fn git_runs(&mut self, sub: &str, args: &[Arg], stdin: &Feed) {
        let mut lines: Vec<Arg> = Vec::new();
        for (at, arg) in args.iter().enumerate().skip(1) {
            let word = arg.head();
            let next = || args.get(at + 1).cloned().unwrap_or_else(|| Arg::unknown("nothing"));
            let glued = |prefix: &str| {
                word.strip_prefix(prefix).map(|rest| match arg {
                    Arg::Lit(_) => Arg::lit(rest),
                    _ => Arg::unknown(rest),
                })
            };
            match sub {
                "rebase" if matches!(word, "-x" | "--exec") => lines.push(next()),
                "rebase" if word.starts_with("--exec=") => lines.extend(glued("--exec=")),
                "rebase" if word.starts_with("-x") => lines.extend(glued("-x")),
                "difftool" if matches!(word, "-x" | "--extcmd") => lines.push(next()),
                "difftool" if word.starts_with("--extcmd=") => lines.extend(glued("--extcmd=")),
                "fetch" | "pull" | "clone" | "ls-remote" | "push" | "archive" | "fetch-pack" | "send-pack" => {
                    for flag in ["--upload-pack", "--receive-pack", "--exec", "-u"] {
                        if word == flag && !(sub == "push" && flag == "-u") && !(sub == "fetch" && flag == "-u") {
                            lines.push(next());
                        } else if let Some(rest) = glued(&format!("{flag}=")) {
                            lines.push(rest);
                        }
                    }
                    if word.starts_with("ext::") || word.starts_with("fd::") {
                        self.opaque("git speaks to a program instead of a host");
                    }
                    if sub == "clone" && matches!(word, "-c" | "--config" | "--template")
                        || word.starts_with("--template=")
                    {
                        self.opaque("git clone with settings of its own");
                    }
                }
                "filter-branch" if word.ends_with("-filter") => lines.push(next()),
                "grep" if word.starts_with("-O") || word.starts_with("--open-files-in-pager") => {
                    self.opaque("git grep opens a program");
                }
                "help" | "instaweb" | "gui" | "citool" | "credential" | "daemon" | "http-backend" | "shell" => {}
                _ => {}
            }
        }
        let command = match (sub, args.get(1).and_then(Arg::known)) {
            ("bisect", Some("run")) => Some(args.get(2..).unwrap_or_default().to_vec()),
            ("submodule", Some("foreach")) => {
                let start = args[2..].iter().position(|arg| !arg.head().starts_with('-')).map(|at| at + 2);
                let rest = start.map_or(&[][..], |at| &args[at..]);
                if rest.len() == 1 {
                    lines.extend(rest.first().cloned());
                    None
                } else {
                    Some(rest.to_vec())
                }
            }
            _ => None,
        };
        if let Some(argv) = command {
            self.inner(&format!("git {sub}"), argv, Vec::new(), stdin);
        }
        for line in lines {
            match line.known().map(str::to_owned) {
                Some(line) => {
                    self.via.push(format!("git {sub}"));
                    self.child(|shell| shell.script(&line, &Feed::Nothing));
                    self.via.pop();
                }
                None => self.opaque(&format!("git {sub} runs what is not known")),
            }
        }
    }

    /// Files that git shows, from a commit or from disk, are read like any other.
    fn git_shows(&mut self, sub: &str, operands: &[Arg]) {
        if !matches!(
            sub,
            "show"
                | "add"
                | "stage"
                | "cat-file"
                | "blame"
                | "annotate"
                | "diff"
                | "log"
                | "grep"
                | "archive"
                | "checkout-index"
        ) {
            return;
        }
        for operand in operands {
            match operand.known().and_then(|word| word.split_once(':')) {
                Some((_, path)) if !path.is_empty() && !path.starts_with('/') => self.reads(&Arg::lit(path)),
                None if operand.known().is_some() => self.reads(operand),
                _ => {}
            }
        }
    }

    /// Where git puts what it makes or brings back; and what it does where it stands.
    fn git_writes(&mut self, sub: &str, args: &[Arg], operands: &[Arg]) {
        const LOOKS: [&str; 34] = [
            "status",
            "diff",
            "log",
            "show",
            "blame",
            "annotate",
            "shortlog",
            "describe",
            "rev-parse",
            "rev-list",
            "ls-files",
            "ls-tree",
            "ls-remote",
            "cat-file",
            "grep",
            "merge-base",
            "name-rev",
            "for-each-ref",
            "show-ref",
            "show-branch",
            "cherry",
            "count-objects",
            "check-ignore",
            "check-attr",
            "range-diff",
            "diff-tree",
            "diff-index",
            "diff-files",
            "whatchanged",
            "var",
            "version",
            "help",
            "verify-commit",
            "verify-tag",
        ];
        let elsewhere = |class: &Class| matches!(class, Class::OtherCheckout | Class::System | Class::Home);
        if !LOOKS.contains(&sub) && !matches!(sub, "clone" | "init") {
            let here = self.place(&Arg::lit("."));
            if here.classes.len() == 1 && here.classes.iter().all(elsewhere) {
                self.emit(Action::Write { place: here, change: None, lines: None });
            }
        }
        match sub {
            "clone" => operands.iter().skip(1).take(1).for_each(|folder| self.marked(folder)),
            "init" => operands.iter().take(1).for_each(|folder| self.marked(folder)),
            // What an agent may do is in such files, whoever writes them.
            "checkout" | "restore" | "mv" | "rm" => {
                for word in args.iter().skip(1).filter(|arg| !arg.head().starts_with('-')) {
                    let place = self.place(word);
                    if place.classes.len() == 1
                        && place.classes.iter().any(|class| matches!(class, Class::Agent | Class::Secrets))
                    {
                        self.emit(Action::Write { place, change: None, lines: None });
                    }
                }
            }
            _ => {}
        }
    }

    /// A remote that is written out is a host; a name stands for one that the owner configured.
    fn git_reaches(&mut self, sub: &str, operands: &[Arg]) {
        if !matches!(sub, "clone" | "fetch" | "pull" | "push" | "ls-remote" | "remote" | "submodule" | "archive") {
            return;
        }
        for operand in operands {
            let head = operand.head();
            let is_host = head.contains("://") || (head.contains('@') && head.contains(':'));
            if is_host {
                self.reach_arg(&operand.clone());
            } else if sub == "clone" && operand.known().is_none() {
                self.reach("⟨unknown⟩");
            }
        }
    }
}

fn quoted(arg: &Arg) -> String {
    match arg {
        Arg::Lit(text) => format!("'{}'", text.replace('\'', "'\\''")),
        Arg::Glob(text) => text.clone(),
        Arg::Unknown { .. } => "\"$OFFICE_UNKNOWN\"".to_owned(),
    }
}

/// An alias in the text of a configuration file.
fn alias_in(text: &str, name: &str) -> Option<String> {
    let mut within = false;
    let mut found = None;
    for line in text.lines().map(str::trim) {
        if line.starts_with('[') {
            within = line.eq_ignore_ascii_case("[alias]");
        } else if within
            && let Some((key, value)) = line.split_once('=')
            && key.trim().eq_ignore_ascii_case(name)
        {
            let value = value.trim();
            found = Some(value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(value).to_owned());
        }
    }
    found
}
