//! What `cp`, `mv` and `install` put in place: a file that this line wrote goes on being known under its new name, and one that it did
//! not write is nobody's word for what runs: a copy may be called anything.

use super::Shell;
use super::text::Text;
use super::tool::Parsed;
use crate::action::Arg;
use crate::spec::Role;
use crate::world::Stands;

/// Programs whose operands are all read here; of others only that they may have written anything.
const COPIES: [&str; 5] = ["cp", "gcp", "mv", "gmv", "install"];

impl Shell<'_> {
    /// Remembers where each of these files is now.
    pub(super) fn put_in_place(&mut self, parsed: &Parsed<'_>, last: Option<&Arg>, from: &[Arg]) {
        let into = parsed.values.iter().find(|(_, role, _)| *role == Role::Write).map(|(.., folder)| folder.clone());
        let target = into.as_ref().or(last);
        let read = parsed.name.first().is_some_and(|name| COPIES.contains(&name.as_str())) && !parsed.flags_open;
        let Some(folder) = target.filter(|_| read).and_then(|target| self.path_of(target)) else {
            return self.st.forget_files();
        };
        let stands = self.world.stands(&folder);
        let ends = |arg: &Arg| arg.known().is_some_and(|word| word.ends_with('/') || matches!(word, "." | ".."));
        let is_folder = into.is_some() || from.len() > 1 || stands == Stands::Folder || target.is_some_and(ends);
        let mut trees = Vec::new();
        for source in from {
            let text = match source.known() {
                Some(_) => self.path_of(source).and_then(|path| self.st.written(&path)).unwrap_or_else(Text::any),
                None => Text::any(),
            };
            let base = source.head().trim_end_matches('/').rsplit('/').next().unwrap_or_default().to_owned();
            // Which names a pattern has, and what is in a folder, is not known.
            let named = source.known().is_some() && !matches!(&*base, "" | "." | "..");
            let plain = named && self.path_of(source).is_some_and(|path| self.world.stands(&path) == Stands::File);
            if !named {
                trees.push(folder.clone());
            } else if is_folder {
                self.st.wrote(folder.join(&base), text);
                trees.extend((!plain).then(|| folder.join(&base)));
            } else {
                self.st.wrote(folder.clone(), text);
                trees.extend((!plain).then(|| folder.clone()));
            }
        }
        let here = self.st.cwd.clone();
        for tree in trees {
            // The folder of all: any script in it.
            if here.as_ref().is_none_or(|here| here.starts_with(&tree)) {
                return self.st.forget_files();
            }
            self.st.wrote_below(tree);
        }
    }
}
