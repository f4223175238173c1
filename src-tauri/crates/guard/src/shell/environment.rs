//! Variables that other programs read: some say what to run, some what to load, some where things are found.

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
