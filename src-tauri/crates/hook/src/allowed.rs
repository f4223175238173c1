//! What goes on where no office can be asked, by the list in `allowed.json`: reads inside the checkout and a few plain commands
//! that read. What the rules say is asked at the door; this is for the moments when nobody is there.

use std::path::{Component, Path, PathBuf};
use std::sync::LazyLock;

use serde_json::Value;

use crate::call::Call;
use crate::command::plain_words;

static LIST: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(include_str!("allowed.json")).unwrap_or(Value::Null));

/// Where an agent may act.
#[derive(Clone, Debug)]
pub struct Place {
    /// Its checkout, absolute; nothing is allowed outright without one.
    pub checkout: PathBuf,
}

/// Whether an action may be taken where nobody can be asked.
pub fn outright(call: &Call, place: &Place) -> bool {
    if !place.checkout.is_absolute() {
        return false;
    }
    if words("office_tools").any(|prefix| call.tool.starts_with(prefix)) {
        return true;
    }
    if let Some(command) = call.command() {
        return is_known(command, place, &call.cwd);
    }
    if !words("tools").any(|tool| tool == call.tool) {
        return false;
    }
    // A read names a file inside the checkout, or none at all (then it is the working directory).
    match LIST["reads"].get(&call.tool).and_then(Value::as_str).and_then(|name| call.text(name)) {
        Some(file) => inside(&place.checkout, &call.cwd, file).is_some(),
        None => inside(&place.checkout, &call.cwd, ".").is_some(),
    }
}

fn words(name: &str) -> impl Iterator<Item = &'static str> {
    LIST[name].as_array().into_iter().flatten().filter_map(Value::as_str)
}

/// The file's real place, where that is inside the checkout; links are followed as far as they exist.
fn inside(checkout: &Path, cwd: &Path, file: &str) -> Option<PathBuf> {
    if file.contains('\0') || file.starts_with('~') {
        return None;
    }
    let checkout = std::fs::canonicalize(checkout).ok()?;
    let whole = cwd.join(file);
    if !whole.is_absolute() || whole.components().any(|part| part == Component::ParentDir) {
        return None;
    }
    // What does not exist yet is judged by the deepest folder that does.
    let mut known = whole.as_path();
    let real = loop {
        match std::fs::canonicalize(known) {
            Ok(real) => break real,
            // A link to nothing is a way out.
            Err(_) if std::fs::symlink_metadata(known).is_ok() => return None,
            Err(_) => known = known.parent()?,
        }
    };
    let real = real.join(whole.strip_prefix(known).ok()?);
    real.starts_with(&checkout).then_some(real)
}

fn is_known(command: &str, place: &Place, cwd: &Path) -> bool {
    let Some(said) = plain_words(command) else { return false };
    let known = LIST["commands"].as_array().into_iter().flatten().filter_map(Value::as_array).find(|known| {
        known.len() <= said.len() && known.iter().zip(&said).all(|(known, said)| known.as_str() == Some(said.as_str()))
    });
    let Some(known) = known else { return false };
    // Not in a folder that an agent may have made into a repository of its own liking.
    if inside(&place.checkout, cwd, ".").is_none() {
        return false;
    }
    let program = said[0].as_str();
    said.iter().skip(known.len()).all(|word| {
        // Flags are named one by one: programs take them shortened, too, and some write files or run programs.
        let named = |list: &str| words(list).any(|flag| flag == word);
        match (program, word.strip_prefix('-')) {
            ("echo", _) => true,
            ("git", Some(flag)) => named("git_flags") || (!flag.is_empty() && flag.chars().all(|c| c.is_ascii_digit())),
            ("office", Some(_)) => named("office_flags"),
            ("office", None) => true,
            (_, Some(flag)) => !flag.is_empty() && flag.chars().all(|c| c.is_ascii_alphanumeric()),
            // A word that could be a file must be one of the checkout; in a revision it stands after the colon.
            (_, None) => {
                let path = word.rsplit(':').next().unwrap_or(word);
                !word.split('/').any(|part| part == "..") && inside(&place.checkout, cwd, path).is_some()
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    struct World {
        _root: tempfile::TempDir,
        place: Place,
    }

    fn world() -> World {
        let root = tempfile::tempdir().unwrap();
        let checkout = root.path().join("check out ü");
        std::fs::create_dir_all(checkout.join("src/.git")).unwrap();
        std::fs::write(root.path().join("secret"), "s").unwrap();
        std::os::unix::fs::symlink(root.path(), checkout.join("way-out")).unwrap();
        std::os::unix::fs::symlink(root.path().join("nowhere"), checkout.join("dangling")).unwrap();
        World { place: Place { checkout }, _root: root }
    }

    fn may(world: &World, tool: &str, input: Value) -> bool {
        let call =
            Call { session: "s".into(), id: "1".into(), tool: tool.into(), input, cwd: world.place.checkout.clone() };
        outright(&call, &world.place)
    }

    #[test]
    fn the_list_reads() {
        assert!(LIST.is_object());
        assert!(words("tools").count() > 5 && words("git_flags").count() > 5);
    }

    #[test]
    fn reads_inside_the_checkout_go_on() {
        let w = world();
        assert!(may(&w, "Read", json!({"file_path": w.place.checkout.join("src/a.rs")})));
        assert!(may(&w, "Grep", json!({"pattern": "x"})));
        assert!(may(&w, "mcp__office__task_done", json!({})));
    }

    #[test]
    fn edits_and_what_leaves_the_checkout_wait_for_the_office() {
        let w = world();
        for file in ["src/a.rs", "../secret", ".git/config"] {
            assert!(!may(&w, "Write", json!({"file_path": file})), "{file}");
        }
        for file in ["../secret", "way-out/secret", "/etc/passwd", "dangling", "a\0b"] {
            assert!(!may(&w, "Read", json!({"file_path": file})), "{file}");
        }
        assert!(!may(&w, "Write", json!({})));
        assert!(!may(&w, "WebFetch", json!({"url": "http://x"})));
        assert!(!may(&w, "mcp__other__task", json!({})));
    }

    #[test]
    fn a_few_plain_commands_go_on() {
        let w = world();
        for command in [
            "ls",
            "ls src",
            "git status",
            "git diff --stat",
            "git log -5",
            "office task done --summary 'all of it'",
            "git show HEAD",
            "cat src/a.rs",
            "head -n 5 src/a.rs",
            "echo done",
        ] {
            assert!(may(&w, "Bash", json!({"command": command})), "{command}");
        }
    }

    #[test]
    fn everything_else_waits_for_the_office() {
        let w = world();
        for command in [
            "git push",
            "bash -c 'git push'",
            "git -C . push",
            "cd . && git push",
            "git -c core.pager=x log",
            "git log -p --output=x",
            "git diff --ext-diff",
            "git diff --outp=x",
            "git log -Ox",
            "wc --files0-from=/etc/passwd",
            "git diff --no-index /etc/passwd a",
            "git commit -m x",
            "git add src",
            "cat /etc/passwd",
            "cat ../secret",
            "cat way-out/secret",
            "ls -la /",
            "rm -rf .",
            "echo hi > x",
            "office --office /x task done",
            "office stop --all",
            "git show HEAD:../../x",
            "git add -A; git push",
            "office task done --report /etc/passwd",
            "touch x",
            "env git push",
        ] {
            assert!(!may(&w, "Bash", json!({"command": command})), "{command}");
        }
    }

    #[test]
    fn without_a_checkout_nothing_is() {
        let call = Call {
            session: String::new(),
            id: String::new(),
            tool: "Read".into(),
            input: json!({}),
            cwd: PathBuf::new(),
        };
        assert!(!outright(&call, &Place { checkout: PathBuf::new() }));
    }
}
