//! Programs of which no more is known than what they are for: where they name what lies outside of the checkout, it is taken for a file that
//! they read, or write where an option says so.

use super::Shell;
use crate::action::{Action, Arg};
use crate::path::Class;

impl Shell<'_> {
    /// Judges the places that the words of such a program name.
    pub(super) fn names_places(&mut self, args: &[Arg]) {
        let mut written = false;
        for arg in args {
            let whole = arg.known().unwrap_or(arg.head()).to_owned();
            let (flag, value) = match whole.split_once('=') {
                Some((flag, value)) if whole.starts_with('-') => (Some(flag), value.to_owned()),
                _ if whole.starts_with('-') => (Some(&*whole), String::new()),
                _ => (None, whole.clone()),
            };
            let writes = match flag {
                Some(flag) => is_output(flag),
                None => written,
            };
            // `-o FILE`: the next word is its value.
            written = flag.is_some() && value.is_empty() && writes;
            let text = value.strip_prefix('@').unwrap_or(&value);
            if text.is_empty() || text.contains(char::is_whitespace) || text.contains("://") {
                continue;
            }
            let named = if arg.known().is_some() { Arg::lit(text) } else { arg.clone() };
            if arg.known().is_none() && !matches!(arg, Arg::Glob(_)) && !text.starts_with(['/', '~', '.']) {
                continue;
            }
            let place = self.place(&named);
            let ours = |class: &Class| matches!(class, Class::Checkout | Class::Artefact | Class::Tmp);
            if place.classes.iter().all(ours) && (!writes || place.tags.is_empty()) {
                continue;
            }
            if writes {
                self.emit(Action::Write { place, change: None, lines: None });
            } else {
                self.emit(Action::Read { place });
            }
        }
    }
}

/// Whether an option is called like one that says where something goes.
fn is_output(flag: &str) -> bool {
    let long = flag.trim_start_matches('-');
    matches!(flag, "-o" | "-O" | "-out" | "-output" | "-outdir")
        || flag.starts_with("--")
            && (long.starts_with("out")
                || long.ends_with("-out")
                || long.ends_with("-output")
                || long.starts_with("dest")
                || long.starts_with("write"))
}
