//! What an agent CLI needs around it: its private files, what of the owner's login it is lent, and the programs of ours that it
//! calls. How it is started with them is in `launch.rs`.

use std::io::Read;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Component, Path, PathBuf};

use office_core::RunId;
use office_core::audit::digest;
use office_engines::spec::Asks;
use office_engines::{EngineSpec, LaunchPlan, Setting};

use crate::paths::private_dir;
use crate::world::World;

/// What a project may tell agents.
const PROJECT_WORDS: [&str; 2] = ["CLAUDE.md", "AGENTS.md"];
const LONGEST_WORDS: u64 = 128 * 1024;
/// A login's file is not larger than this.
pub(crate) const LONGEST_LOGIN: u64 = 1024 * 1024;

impl World {
    /// The setting of a launch: where our own programs are, and what the project says.
    pub(crate) fn setting(&self, engine: &EngineSpec, run: RunId, checkout: &str) -> Result<Setting, String> {
        let run_dir = self.dir.run(run).display().to_string();
        if engine.reader.is_none() {
            return Ok(Setting { run_dir, ..Setting::default() });
        }
        let beside = |name: &str| {
            let place = Self::own_folder().map(|folder| folder.join(name)).filter(|file| file.is_file());
            place.map(|file| file.display().to_string())
        };
        // Without its hook an agent's risky actions would all be denied; better said before it starts.
        let hook = beside("office-hook");
        if hook.is_none() && engine.gate.asks == Asks::Hook {
            let folder = Self::own_folder().unwrap_or_default();
            return Err(format!(
                "the program office-hook is missing in {}: build or install it beside `office`",
                folder.display()
            ));
        }
        let office = beside("office").ok_or("the program `office` is not where it was started from")?;
        Ok(Setting {
            run_dir,
            session: session_id(&self.ids.token()),
            hook: hook.unwrap_or_default(),
            office,
            project_words: project_words(Path::new(checkout)),
            ..Setting::default()
        })
    }

    /// Writes a plan's files below the run's own directory, and lends the login.
    pub(crate) fn furnish(&self, engine: &EngineSpec, run: RunId, plan: &LaunchPlan) -> Result<(), String> {
        let run_dir = self.dir.run(run);
        private_dir(&run_dir)?;
        for (name, content) in &plan.files {
            let file = run_dir.join(name);
            if let Some(folder) = file.parent() {
                private_dir(folder)?;
            }
            private_file(&file, content.as_bytes(), 0o600)?;
        }
        let Some(lend) = engine.login.as_ref().and_then(|login| login.lend.as_ref()) else { return Ok(()) };
        let Some(login) = owners(&lend.from).and_then(|file| small_file(&file, LONGEST_LOGIN)) else { return Ok(()) };
        private_file(&run_dir.join(&lend.to), &login, 0o400)
    }
}

/// A random number in the form agents want: of a UUID of version 4.
pub(crate) fn session_id(token: &str) -> String {
    let digits = digest(token);
    format!("{}-{}-4{}-8{}-{}", &digits[..8], &digits[8..12], &digits[13..16], &digits[17..20], &digits[20..32])
}

/// What the checkout's own files say; links are not followed, and what is too long is left out with a word about it.
fn project_words(checkout: &Path) -> String {
    let mut words = String::new();
    for name in PROJECT_WORDS {
        let Some(text) = small_file(&checkout.join(name), LONGEST_WORDS) else { continue };
        // One is often a copy of the other.
        let text = String::from_utf8_lossy(&text);
        if !words.contains(text.trim()) {
            words.push_str(&format!("{}\n\n", text.trim()));
        }
    }
    words
}

/// A plain file's content, if it is one of ours and not too large.
pub(crate) fn small_file(path: &Path, longest: u64) -> Option<Vec<u8>> {
    let facts = std::fs::symlink_metadata(path).ok().filter(|facts| facts.is_file() && facts.len() <= longest)?;
    let file = std::fs::File::open(path).ok()?;
    // It is still the file that was looked at, not a link put in its place.
    let opened = file.metadata().ok().filter(|opened| (opened.dev(), opened.ino()) == (facts.dev(), facts.ino()))?;
    let mut content = Vec::new();
    file.take(opened.len()).read_to_end(&mut content).ok()?;
    Some(content)
}

/// A place in the owner's home.
pub(crate) fn owners(place: &str) -> Option<PathBuf> {
    let Some(rest) = place.strip_prefix("~/") else { return Some(PathBuf::from(place)) };
    let home = std::env::var_os("HOME").map(PathBuf::from).filter(|home| home.is_absolute())?;
    let rest = Path::new(rest);
    rest.components().all(|part| matches!(part, Component::Normal(_))).then(|| home.join(rest))
}

pub(crate) fn private_file(path: &Path, content: &[u8], mode: u32) -> Result<(), String> {
    use std::io::Write;
    // Launching is done again after a crash, and a lent file is read-only.
    let _ = std::fs::remove_file(path);
    let file = std::fs::OpenOptions::new().write(true).create_new(true).mode(mode).open(path);
    file.and_then(|mut file| file.write_all(content)).map_err(|error| format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_has_the_form_of_a_uuid() {
        let id = session_id("token");
        let lengths: Vec<usize> = id.split('-').map(str::len).collect();
        assert_eq!(lengths, [8, 4, 4, 4, 12]);
        assert!(id.chars().all(|c| c == '-' || c.is_ascii_hexdigit()) && id.as_bytes()[14] == b'4');
        assert_ne!(id, session_id("other"));
    }

    #[test]
    fn a_projects_words_come_from_its_own_files_only() {
        let root = tempfile::tempdir().unwrap();
        std::fs::write(root.path().join("AGENTS.md"), "be kind\n").unwrap();
        std::fs::write(root.path().join("secret"), "hush").unwrap();
        std::os::unix::fs::symlink(root.path().join("secret"), root.path().join("CLAUDE.md")).unwrap();
        assert_eq!(project_words(root.path()), "be kind\n\n");
    }
}
