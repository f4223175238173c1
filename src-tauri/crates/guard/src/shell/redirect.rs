//! Redirections: which files are read and written, and where text goes that a command writes.

use brush_parser::ast::{
    IoFileRedirectKind, IoFileRedirectTarget, IoRedirect, ProcessSubstitutionKind, RedirectList, SubshellCommand,
};

use super::text::Text;
use super::word::Mode;
use super::{Feed, Shell};
use crate::action::{Action, Arg};
use crate::host;

/// Where standard output goes.
enum Output<'r> {
    File { arg: Arg, append: bool },
    Process(&'r SubshellCommand),
    Nowhere,
}

impl Shell<'_> {
    pub(crate) fn redirected(
        &mut self,
        list: Option<&RedirectList>,
        stdin: &Feed,
        run: impl FnOnce(&mut Self, &Feed) -> Text,
    ) -> Text {
        let all: Vec<&IoRedirect> = list.into_iter().flat_map(|list| &list.0).collect();
        self.with_redirects(&all, stdin, run)
    }

    /// Runs something with redirections; gives back what still reaches standard output.
    pub(crate) fn with_redirects(
        &mut self,
        all: &[&IoRedirect],
        stdin: &Feed,
        run: impl FnOnce(&mut Self, &Feed) -> Text,
    ) -> Text {
        let mut stdin = stdin.clone();
        let mut output: Option<Output<'_>> = None;
        for redirect in all {
            match redirect {
                IoRedirect::HereDocument(fd, document) => {
                    let text = if document.requires_expansion {
                        self.text(&document.doc.value, Mode::Document)
                    } else {
                        Text::lit(document.doc.value.clone())
                    };
                    let text = if document.remove_tabs { without_tabs(&text) } else { text };
                    self.feed(*fd, &mut stdin, text, "a here-document");
                }
                IoRedirect::HereString(fd, word) => {
                    let mut text = self.text(&word.value, Mode::Value);
                    text.append_str("\n");
                    self.feed(*fd, &mut stdin, text, "a here-string");
                }
                IoRedirect::OutputAndError(word, append) => {
                    output = Some(Output::File { arg: self.one(&word.value), append: *append });
                }
                IoRedirect::File(fd, kind, target) => self.file(*fd, kind, target, &mut stdin, &mut output),
            }
        }
        let written = run(self, &stdin);
        match output {
            None => written,
            Some(Output::Nowhere) => Text::default(),
            Some(Output::File { arg, append }) => {
                self.write_to(&arg, &written, append);
                Text::default()
            }
            Some(Output::Process(process)) => {
                let feed = Feed::From(written, "the command before".into());
                self.subshell(|shell| shell.list(&process.list, &feed))
            }
        }
    }

    fn feed(&mut self, fd: Option<i32>, stdin: &mut Feed, text: Text, from: &str) {
        match fd {
            None | Some(0) => *stdin = Feed::From(text, from.into()),
            Some(_) => self.st.odd_descriptors = true,
        }
    }

    /// A word that names one file.
    fn one(&mut self, raw: &str) -> Arg {
        let mut args = self.args(raw);
        match args.pop() {
            Some(arg) if args.is_empty() => arg,
            _ => Arg::unknown(raw),
        }
    }

    fn file<'r>(
        &mut self,
        fd: Option<i32>,
        kind: &IoFileRedirectKind,
        target: &'r IoFileRedirectTarget,
        stdin: &mut Feed,
        output: &mut Option<Output<'r>>,
    ) {
        let reads = matches!(kind, IoFileRedirectKind::Read | IoFileRedirectKind::DuplicateInput);
        let fd = fd.unwrap_or(if reads || matches!(kind, IoFileRedirectKind::ReadAndWrite) { 0 } else { 1 });
        match target {
            IoFileRedirectTarget::Filename(word) => {
                let arg = self.one(&word.value);
                match (kind, fd) {
                    (IoFileRedirectKind::Read, 0) => {
                        *stdin = Feed::From(self.content(&arg), arg.to_string());
                        self.reads(&arg);
                    }
                    (IoFileRedirectKind::Read, _) => {
                        self.st.odd_descriptors = true;
                        self.reads(&arg);
                    }
                    (IoFileRedirectKind::ReadAndWrite, 0) => {
                        *stdin = Feed::From(Text::any(), arg.to_string());
                        self.reads(&arg);
                        self.write_to(&arg, &Text::any(), true);
                    }
                    (kind, 1) => {
                        *output = Some(Output::File { arg, append: matches!(kind, IoFileRedirectKind::Append) });
                    }
                    (_, fd) => {
                        self.st.odd_descriptors |= fd > 2;
                        self.write_to(&arg, &Text::any(), true);
                    }
                }
            }
            IoFileRedirectTarget::Fd(to) => self.duplicate(fd, &to.to_string(), reads, stdin),
            IoFileRedirectTarget::Duplicate(word) => {
                let arg = self.one(&word.value);
                match arg.known() {
                    Some("-") if fd == 1 => *output = Some(Output::Nowhere),
                    Some(to) if to.trim_end_matches('-').chars().all(|letter| letter.is_ascii_digit()) => {
                        self.duplicate(fd, to, reads, stdin);
                    }
                    _ if !reads && fd == 1 => *output = Some(Output::File { arg, append: false }),
                    _ => {
                        self.st.odd_descriptors = true;
                        *stdin = Feed::From(Text::any(), "a descriptor".into());
                    }
                }
            }
            IoFileRedirectTarget::ProcessSubstitution(ProcessSubstitutionKind::Read, process) => {
                let text = self.subshell(|shell| shell.list(&process.list, &Feed::Nothing));
                *stdin = Feed::From(text, "a process".into());
            }
            IoFileRedirectTarget::ProcessSubstitution(ProcessSubstitutionKind::Write, process) => {
                *output = Some(Output::Process(process));
            }
        }
    }

    /// Standard output and error stay what they are; everything else makes output turn up in odd places.
    fn duplicate(&mut self, fd: i32, to: &str, reads: bool, stdin: &mut Feed) {
        let known = matches!((fd, to), (1 | 2, "1" | "2" | "-") | (0, "0" | "-"));
        if !known {
            self.st.odd_descriptors = true;
            if reads {
                *stdin = Feed::From(Text::any(), "a descriptor".into());
            }
        }
    }

    /// What is in a file, as far as this line knows.
    pub(crate) fn content(&self, arg: &Arg) -> Text {
        let found = self.path_of(arg).and_then(|path| self.st.written(&path));
        found.unwrap_or_else(Text::any)
    }

    pub(crate) fn reads(&mut self, arg: &Arg) {
        let name = arg.head();
        if matches!(name, "/dev/null" | "/dev/zero" | "/dev/urandom" | "/dev/random" | "/dev/stdin" | "/dev/tty" | "-")
            || name.starts_with("/dev/fd/")
        {
            return;
        }
        if self.socket(name) {
            return;
        }
        let place = self.place(arg);
        self.emit(Action::Read { place });
    }

    /// bash opens connections where a redirection names one.
    fn socket(&mut self, name: &str) -> bool {
        let Some(rest) = name.strip_prefix("/dev/tcp/").or_else(|| name.strip_prefix("/dev/udp/")) else {
            return false;
        };
        let host = rest.split('/').next().unwrap_or_default();
        self.reach(host);
        true
    }

    pub(crate) fn reach(&mut self, written: &str) {
        let (host, class) = match host::host_of(written) {
            Some(host) => {
                let class = host::class_of(&host, &self.scene.hosts);
                (host, class)
            }
            None => (written.to_owned(), host::HostClass::Unknown),
        };
        self.emit(Action::Reach { host, class });
    }

    pub(crate) fn write_to(&mut self, arg: &Arg, text: &Text, append: bool) {
        let name = arg.head();
        if matches!(name, "/dev/null" | "/dev/stdout" | "/dev/stderr" | "/dev/tty") || self.socket(name) {
            return;
        }
        // A process that reads there was told of already.
        if name.starts_with("/dev/fd/") {
            return;
        }
        let place = self.place(arg);
        self.wrote(&place, text, append);
        self.emit(Action::Write { place, change: None, lines: None });
    }

    /// Notes what a file holds now.
    pub(crate) fn wrote(&mut self, place: &crate::path::Place, text: &Text, append: bool) {
        self.st.builds_touched |= place.tags.contains("manifest") || place.tags_open;
        let Some(path) = place.path.clone().filter(|_| !place.shown.contains(['*', '?', '['])) else {
            self.st.forget_files();
            return;
        };
        let before = match self.st.written(&path) {
            Some(before) if append => before,
            None if append => Text::any(),
            _ => Text::default(),
        };
        let mut whole = before;
        whole.append(text);
        self.st.wrote(path, whole);
    }
}

fn without_tabs(text: &Text) -> Text {
    match text.known() {
        Some(text) => Text::lit(text.lines().map(|line| line.trim_start_matches('\t')).collect::<Vec<_>>().join("\n")),
        None => Text::any(),
    }
}
