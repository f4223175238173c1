//! Variables that other programs read: some say what to run, some what to load, some where things are found.

use brush_parser::ast::{Command, CommandPrefixOrSuffixItem, SimpleCommand};

use super::text::Text;
use super::word::Mode;
use super::{Feed, Shell};
use crate::action::Arg;
use crate::path::Class;
use crate::pattern::fits_words;

impl Shell<'_> {
    /// A variable gets a value: what does that change for programs that run later?
    pub(crate) fn environment(&mut self, name: &str, value: &Text) {
        let specs = self.specs;
        let known = value.known();
        if name == "PATH" {
            self.search_path(value);
            return;
        }
        if matches!(name, "PS0" | "PS1" | "PS2" | "PS4") {
            self.evaluated_later(value, "a prompt");
            return;
        }
        if name.starts_with("BASH_FUNC_") {
            self.opaque("a function made by a variable");
            return;
        }
        if let (Some(fine), Some(value)) = (specs.variables.fine.get(name), &known) {
            let all =
                !value.is_empty() && value.split_whitespace().all(|word| fine.iter().any(|one| fits_words(one, word)));
            if all || fine.iter().any(|one| one == value) {
                return;
            }
        }
        let listed = |list: &[String]| list.iter().any(|pattern| fits_words(pattern, name));
        // What it makes of the list of commits decides which of them stay.
        if name == "GIT_SEQUENCE_EDITOR" && !known.as_deref().is_some_and(keeps_all) {
            self.opaque("a rebase goes by a list that is changed unseen");
        }
        if listed(&specs.variables.commands) {
            match known {
                Some(line) if line.trim().is_empty() => {}
                Some(line) => {
                    self.via.push(name.to_owned());
                    self.subshell(|shell| shell.script(&line, &Feed::Nothing));
                    self.via.pop();
                }
                None => self.opaque(&format!("{name} names a command that is not known")),
            }
        } else if listed(&specs.variables.opaque) && known.as_deref() != Some("") {
            self.opaque(&format!("{name} decides what other programs load or run"));
        }
    }

    /// All variables are shown; among them may be what opens the owner's accounts. Where the next program only looks for a
    /// plain name, that is all that comes out.
    pub(crate) fn environment_shown(&mut self) {
        if self.looked_for {
            return;
        }
        let mut place = crate::path::unknown("all variables of the environment".into());
        place.classes = [Class::Secrets, Class::System].into();
        self.emit(crate::action::Action::Read { place });
    }

    /// Where programs are looked for: only in places that this line, and this checkout, do not fill.
    fn search_path(&mut self, value: &Text) {
        let shown = value.shown();
        for (index, part) in shown.split(':').enumerate() {
            let part = part.trim();
            // What was there before, not changed here.
            if part == "…" {
                continue;
            }
            if part.contains('…') || part.is_empty() || !part.starts_with('/') {
                if part.ends_with("node_modules/.bin") || part.ends_with(".venv/bin") {
                    continue;
                }
                self.opaque(&format!("programs would be looked for in {}", if part.is_empty() { "." } else { part }));
                return;
            }
            let place = self.place(&Arg::lit(part));
            let installed = part.ends_with("node_modules/.bin") || part.ends_with("venv/bin");
            // The folder for temporary files itself belongs to the system; what lies in it does not.
            let temporary = self.scene.tmp.iter().any(|tmp| place.path.as_deref() == Some(tmp));
            let fine = !temporary && place.classes.iter().all(|class| matches!(class, Class::System | Class::Home));
            if !fine && !installed {
                self.opaque(&format!("programs would be looked for in {part}"));
                return;
            }
            let _ = index;
        }
        let _ = Mode::Word;
    }
}

/// Whether an editor of a rebase leaves every commit where it is, or only says that one is to be changed.
fn keeps_all(editor: &str) -> bool {
    if matches!(editor.trim(), "" | ":" | "true" | "cat") {
        return true;
    }
    let Some(rest) = editor.strip_prefix("sed -i") else { return false };
    let code = rest.trim_matches([' ', '-', 'e', 'E', '\'', '"', '.']);
    let mut parts = code.split(code.chars().nth(code.find("s").map_or(0, |at| at + 1)).unwrap_or('/'));
    let (_, _, to) = (parts.next(), parts.next(), parts.next().unwrap_or_default());
    let first = to.split(' ').next().unwrap_or_default();
    matches!(first, "edit" | "e" | "reword" | "r" | "squash" | "s" | "fixup" | "f")
        && !code.contains([';', '\n'])
        && parts.next().is_none_or(|end| end.chars().all(|letter| letter == 'g'))
}

/// Whether this command only lets lines through that have a name in them, and no name that secrets go by.
pub(super) fn looks_for_a_name(command: &Command) -> bool {
    let Command::Simple(SimpleCommand { word_or_name: Some(name), suffix: Some(suffix), .. }) = command else {
        return false;
    };
    if !matches!(&*name.value, "grep" | "egrep" | "fgrep" | "rg") {
        return false;
    }
    let words: Option<Vec<&str>> = suffix
        .0
        .iter()
        .filter(|item| !matches!(item, CommandPrefixOrSuffixItem::IoRedirect(_)))
        .map(|item| match item {
            CommandPrefixOrSuffixItem::Word(word) => Some(word.value.trim_matches(['\'', '"'])),
            _ => None,
        })
        .collect();
    let Some(words) = words else { return false };
    let (options, patterns): (Vec<&str>, Vec<&str>) = words.into_iter().partition(|word| word.starts_with('-'));
    let plain = |option: &&str| {
        matches!(*option, "-i" | "-E" | "-n" | "-c" | "-q" | "-w" | "-iE" | "-Ei" | "-P" | "-F" | "-o" | "-m1" | "-e")
    };
    let [pattern] = patterns[..] else { return false };
    let alternatives = pattern.replace("\\|", "|");
    options.iter().all(plain) && alternatives.split('|').all(is_a_plain_name)
}

/// `^PATH=`, `NODE_ENV`, and nothing that a secret may be called.
fn is_a_plain_name(text: &str) -> bool {
    const SECRET: [&str; 22] = [
        "tok",
        "oken",
        "key",
        "sec",
        "ecret",
        "pass",
        "pwd",
        "pw",
        "cred",
        "auth",
        "api",
        "priv",
        "aws",
        "github",
        "gh_",
        "npm",
        "ssh",
        "anthropic",
        "openai",
        "claude",
        "cert",
        "sess",
    ];
    let name = text.trim_matches(['(', ')', '^', '$', '=', '*', '.']).to_lowercase();
    let letters = name.chars().filter(char::is_ascii_alphabetic).count();
    letters >= 2
        && name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_' || letter == '-')
        && !SECRET.iter().any(|word| name.contains(word))
}
