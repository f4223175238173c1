//! `ln -s`: what is written below a link is written elsewhere, so a link out of the checkout is asked about, and nothing that lies below
//! one of this line is known by its path.

use super::Shell;
use crate::action::Arg;
use crate::path::Class;
use crate::world::Stands;

/// Where programs and libraries are installed: a link there writes nothing.
const INSTALLED: [&str; 3] = ["/usr/", "/opt/", "/nix/"];

impl Shell<'_> {
    /// Links to each of these, in a folder or by the last as a name.
    pub(super) fn linked_to(&mut self, operands: &[Arg], into: Option<Arg>) {
        let (targets, last) = match (operands, into) {
            (all, Some(folder)) => (all, folder),
            ([only], None) => (std::slice::from_ref(only), Arg::lit(".")),
            ([targets @ .., last], None) => (targets, last.clone()),
            ([], None) => return,
        };
        let stands = self.path_of(&last).map(|path| self.world.stands(&path));
        let is_folder =
            targets.len() > 1 || operands.len() == 1 || stands == Some(Stands::Folder) || last.head().ends_with('/');
        for target in targets {
            let base = target.head().trim_end_matches('/').rsplit('/').next().unwrap_or_default();
            let link = match last.known() {
                Some(folder) if is_folder => Arg::lit(format!("{}/{base}", folder.trim_end_matches('/'))),
                _ => last.clone(),
            };
            let folder = link.known().map(|link| link.rsplit_once('/').map_or(".", |(folder, _)| folder).to_owned());
            // What it points to is meant from where it is.
            let meant = match (target.known(), folder) {
                (Some(to), Some(folder)) if !to.starts_with(['/', '~']) => Arg::lit(format!("{folder}/{to}")),
                _ => target.clone(),
            };
            self.reads(&meant);
            let outside =
                |class: &Class| matches!(class, Class::System | Class::Home | Class::OtherCheckout | Class::Agent);
            let installed = target
                .known()
                .is_some_and(|to| INSTALLED.iter().any(|folder| to.starts_with(folder)) && !to.contains(".."));
            if self.place(&meant).classes.iter().all(outside) && !installed {
                self.opaque(&format!("a link that leads to {target}"));
            }
            match self.path_of(&link) {
                Some(path) => self.linked.push(path),
                None => self.opaque("a link whose name is not known"),
            }
            self.marked(&link);
        }
        self.st.forget_files();
    }
}
