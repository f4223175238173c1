//! Brings the conversation of an earlier run into the folder of the one that goes on with it: the files that its engine needs for
//! that, copied, so that each run's record stays its own. Which run goes on with which is decided in `core`.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use office_core::RunId;
use office_core::run::{Begins, begins};
use office_engines::{EngineSpec, Setting};

use crate::paths::private_dir;
use crate::signals::EARLIER;
use crate::world::World;

/// More than this is no conversation.
const MOST_BYTES: u64 = 512 * 1024 * 1024;
const MOST_FILES: usize = 2000;
const DEEPEST: usize = 8;

impl World {
    /// What the run begins with; a conversation that goes on is brought along. One whose files are not as expected is said in
    /// the log, and the run begins afresh.
    pub(crate) async fn take_up_conversation(&self, engine: &EngineSpec, run: RunId, setting: &mut Setting) {
        let found = self.read(move |office| office.runs.get(&run).map(|it| begins(office, it))).await;
        let (of, session) = match found {
            Ok(Begins::GoesOn { of, session }) => (of, session),
            Ok(Begins::TakesOver { .. }) => {
                setting.takes_over = true;
                return;
            }
            _ => return,
        };
        if engine.resume.is_none() || engine.keeps.is_empty() || !is_plain(&session) {
            return;
        }
        let (from, to, keeps) = (self.dir.run(of), self.dir.run(run), engine.keeps.clone());
        let wanted = session.clone();
        let brought = tokio::task::spawn_blocking(move || bring(&from, &to, &keeps, &wanted)).await;
        match brought {
            Ok(Ok(())) => {
                setting.resume = true;
                setting.session = session;
            }
            Ok(Err(why)) => tracing::warn!(%run, %of, session, why, "a conversation cannot be gone on with"),
            Err(error) => tracing::error!(%run, %error, "bringing a conversation failed"),
        }
    }
}

/// An engine's name for a conversation stands in a command line: nothing that could be an option or a path.
fn is_plain(session: &str) -> bool {
    let fits = (8..=64).contains(&session.len()) && !session.starts_with('-');
    fits && session.chars().all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_'))
}

fn bring(from: &Path, to: &Path, keeps: &[String], session: &str) -> Result<(), String> {
    let mut sizes = BTreeMap::new();
    let mut room = MOST_BYTES;
    for folder in keeps {
        copy(from, to, Path::new(folder), 0, &mut sizes, &mut room)?;
    }
    // An id has no transcript before its first turn; without one there is nothing to go on with.
    let named = |path: &PathBuf| path.file_name().is_some_and(|name| name.to_string_lossy().contains(session));
    if !sizes.keys().any(named) {
        return Err(format!("no transcript of {session} lies in {}", from.display()));
    }
    let text = serde_json::to_vec(&sizes).map_err(|error| error.to_string())?;
    let file = to.join(EARLIER);
    std::fs::write(&file, text).map_err(|error| format!("{}: {error}", file.display()))
}

/// Copies plain files and folders, and nothing else: their agent could have put links among them.
fn copy(
    from: &Path,
    to: &Path,
    name: &Path,
    depth: usize,
    sizes: &mut BTreeMap<PathBuf, u64>,
    room: &mut u64,
) -> Result<(), String> {
    let source = from.join(name);
    let wrong = |error: std::io::Error| format!("{}: {error}", source.display());
    let Ok(facts) = std::fs::symlink_metadata(&source) else { return Ok(()) };
    if facts.is_dir() {
        if depth > DEEPEST {
            return Ok(());
        }
        private_dir(&to.join(name))?;
        for entry in std::fs::read_dir(&source).map_err(wrong)?.flatten() {
            copy(from, to, &name.join(entry.file_name()), depth + 1, sizes, room)?;
        }
    } else if facts.is_file() {
        if facts.len() > *room || sizes.len() >= MOST_FILES {
            return Err(format!("{}: the conversation is too large to be brought along", source.display()));
        }
        let flags = nix::libc::O_NOFOLLOW | nix::libc::O_NONBLOCK;
        let file = std::fs::OpenOptions::new().read(true).custom_flags(flags).open(&source).map_err(wrong)?;
        let mut content = Vec::new();
        file.take(facts.len()).read_to_end(&mut content).map_err(wrong)?;
        let place = to.join(name);
        // Launching is done again after a crash.
        let _ = std::fs::remove_file(&place);
        let made = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&place);
        made.and_then(|mut file| file.write_all(&content)).map_err(wrong)?;
        *room -= content.len() as u64;
        sizes.insert(name.to_owned(), content.len() as u64);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_conversation_is_brought_whole_and_nothing_is_followed() {
        let root = tempfile::tempdir().unwrap();
        let (from, to) = (root.path().join("1"), root.path().join("2"));
        std::fs::create_dir_all(from.join("claude/projects/p")).unwrap();
        std::fs::create_dir_all(&to).unwrap();
        std::fs::write(root.path().join("secret"), "hush").unwrap();
        std::fs::write(from.join("claude/projects/p/abc-12345.jsonl"), "{}\n").unwrap();
        std::os::unix::fs::symlink(root.path().join("secret"), from.join("claude/projects/p/link")).unwrap();
        let keeps = ["claude/projects".to_owned()];
        bring(&from, &to, &keeps, "abc-12345").unwrap();
        assert_eq!(std::fs::read_to_string(to.join("claude/projects/p/abc-12345.jsonl")).unwrap(), "{}\n");
        assert!(!to.join("claude/projects/p/link").exists());
        let sizes = std::fs::read_to_string(to.join(EARLIER)).unwrap();
        assert_eq!(sizes, r#"{"claude/projects/p/abc-12345.jsonl":3}"#);
        bring(&from, &to, &keeps, "abc-12345").unwrap();
        assert!(bring(&from, &to, &keeps, "another-1").unwrap_err().contains("no transcript"));
    }

    #[test]
    fn a_name_that_is_no_name_is_not_gone_on_with() {
        assert!(is_plain("01a1ff93-2cf3-7031-9387-dc3f3777bc3d"));
        for name in ["", "short", "--dangerously-skip-permissions", "../../../../etc/passwd", "a b c d e f g h"] {
            assert!(!is_plain(name), "{name}");
        }
    }
}
