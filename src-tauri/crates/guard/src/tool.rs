//! What an agent's own tool would do: an edit, a read, a fetch, a command, or a tool of a server. Which argument means what is
//! data: specs/tools.toml. Command lines are read in `shell`.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::Deserialize;
use serde_json::Value;

use crate::action::{Action, Arg, Change};
use crate::host::{HostClass, class_of, host_of};
use crate::path::{self, Place, Scene};
use crate::shell;
use crate::spec::Specs;
use crate::world::{Stands, World};

/// The data of specs/tools.toml: an argument by the tool's name.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Tools {
    edit: BTreeMap<String, String>,
    read: BTreeMap<String, String>,
    run: BTreeMap<String, String>,
    patch: BTreeMap<String, String>,
    reach: BTreeMap<String, String>,
}

fn tools() -> &'static Tools {
    static TOOLS: OnceLock<Tools> = OnceLock::new();
    TOOLS.get_or_init(|| {
        let read = toml::from_str(include_str!("../specs/tools.toml"));
        debug_assert!(read.is_ok(), "{:?}", read.as_ref().err());
        // Without them every tool is one that no rule knows.
        read.unwrap_or_default()
    })
}

/// What a call of a tool comes to.
pub(crate) fn actions(tool: &str, input: &Value, scene: &Scene, world: &dyn World) -> Vec<Action> {
    let known = tools();
    let text = |name: &str| input.get(name).and_then(Value::as_str);
    let strange = |what: &str| vec![Action::Opaque { reason: format!("the tool {tool} without its {what}") }];
    if let Some(name) = known.run.get(tool) {
        // Some engines give the words one by one.
        let line = match input.get(name) {
            Some(Value::String(line)) => Some(line.clone()),
            Some(Value::Array(words)) => {
                words.iter().map(|word| word.as_str().map(quoted)).collect::<Option<Vec<_>>>().map(|it| it.join(" "))
            }
            _ => None,
        };
        return match line {
            Some(line) => shell::actions(&line, scene, world, Specs::shipped()),
            None => strange(name),
        };
    }
    if let Some(name) = known.edit.get(tool) {
        let Some(file) = text(name) else { return strange(name) };
        let place = at(file, scene, world);
        let change = if stands(&place, world) { Change::Modified } else { Change::Created };
        return vec![Action::Write { place, change: Some(change), lines: Some(lines(input)) }];
    }
    if let Some(name) = known.read.get(tool) {
        let place = match input.get(name) {
            None | Some(Value::Null) => at(".", scene, world),
            Some(Value::String(file)) => at(file, scene, world),
            Some(_) => path::unknown(name.clone()),
        };
        // A search is told which files by a pattern, too.
        let pattern = ["pattern", "glob"].iter().filter(|_| matches!(tool, "Glob" | "glob"));
        let more = pattern.filter_map(|name| text(name)).filter(|it| it.starts_with('/') || it.contains(".."));
        let more: Vec<Action> = more.map(|it| Action::Read { place: at(it, scene, world) }).collect();
        return std::iter::once(Action::Read { place }).chain(more).collect();
    }
    if let Some(names) = known.patch.get(tool) {
        return match names.split(' ').find_map(text) {
            Some(patch) => patched(patch, before(input), scene, world),
            None => strange("patch"),
        };
    }
    if let Some(name) = known.reach.get(tool) {
        let Some(url) = text(name) else { return strange(name) };
        let host = host_of(url);
        let class = host.as_deref().map_or(HostClass::Unknown, |host| class_of(host, &scene.hosts));
        return vec![Action::Reach { host: host.unwrap_or_else(|| url.to_owned()), class }];
    }
    vec![Action::Use { tool: tool.to_owned() }]
}

/// A word as a shell reads it back.
pub fn quoted(word: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "-_./:=,@%+".contains(letter);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

fn at(file: &str, scene: &Scene, world: &dyn World) -> Place {
    let cwd = path::follow(&scene.cwd, world);
    let named = match file.strip_prefix("~/") {
        Some(rest) => scene.home.join(rest).to_string_lossy().into_owned(),
        None => file.to_owned(),
    };
    path::place(&Arg::lit(named), Some(&cwd), &path::Roots::of(scene, world), world)
}

fn stands(place: &Place, world: &dyn World) -> bool {
    place.path.as_ref().is_some_and(|path| world.stands(path) != Stands::Nothing)
}

/// Where the office's hook says how many lines an input had before its long texts were cut. An agent's own word by this name never
/// gets here (the hook takes it away), and could only make an edit larger than it is.
pub const LINES: &str = "office_lines";

/// How many lines an edit touches: those it brings, or those it takes away where these are more.
fn lines(input: &Value) -> u64 {
    fn count(value: &Value) -> u64 {
        match value {
            Value::String(text) => text.lines().count() as u64,
            Value::Array(all) => all.iter().map(touched).sum(),
            _ => 0,
        }
    }
    fn touched(input: &Value) -> u64 {
        let new =
            ["content", "new_string", "new_source", "newString"].iter().filter_map(|name| input.get(name)).map(count);
        let old = ["old_string", "oldString"].iter().filter_map(|name| input.get(name)).map(count);
        let edits = input.get("edits").map_or(0, count);
        new.sum::<u64>().max(old.sum()) + edits
    }
    touched(input).max(before(input))
}

/// How many there were before it was cut.
fn before(input: &Value) -> u64 {
    input.get(LINES).and_then(Value::as_u64).unwrap_or(0)
}

/// The files of a patch in the form that Codex writes. Of one that was cut it is not known which file had how many of its lines `before`:
/// each may have had them all.
pub(crate) fn patched(patch: &str, before: u64, scene: &Scene, world: &dyn World) -> Vec<Action> {
    let mut actions: Vec<Action> = Vec::new();
    for line in patch.lines() {
        let named = |mark: &str| line.trim_end().strip_prefix(mark).map(|file| at(file.trim(), scene, world));
        if let Some(place) = named("*** Add File: ") {
            actions.push(Action::Write { place, change: Some(Change::Created), lines: Some(0) });
        } else if let Some(place) = named("*** Update File: ").or_else(|| named("*** Move to: ")) {
            actions.push(Action::Write { place, change: Some(Change::Modified), lines: Some(0) });
        } else if let Some(place) = named("*** Delete File: ") {
            actions.push(Action::Delete { place, recursive: false, lines: Some(0) });
        } else if line.starts_with(['+', '-'])
            && let Some(Action::Write { lines: Some(lines), .. }) = actions.last_mut()
        {
            *lines += 1;
        }
    }
    for action in &mut actions {
        if let Action::Write { lines: Some(lines), .. } = action {
            *lines = before.max(*lines);
        }
    }
    if actions.is_empty() {
        actions.push(Action::Opaque { reason: "a patch that names no file".to_owned() });
    }
    actions
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::example_scene;
    use crate::world::Paper;

    fn shown(tool: &str, input: Value) -> Vec<String> {
        let scene = example_scene();
        let world = Paper::default().file(scene.checkout.join("a.txt"), "one\n");
        actions(tool, &input, &scene, &world).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn tools_come_to_what_they_would_do() {
        for (tool, input, says) in [
            ("Write", r#"{"file_path":"a.txt","content":"x\ny"}"#, "write a.txt (checkout)"),
            ("Edit", r#"{"file_path":"/etc/hosts"}"#, "write /etc/hosts (system)"),
            ("Read", r#"{"file_path":"/home/you/.ssh/id_rsa"}"#, "read /home/you/.ssh/id_rsa (secrets)"),
            ("Grep", r#"{"pattern":"x"}"#, "read . (checkout)"),
            ("Glob", r#"{"pattern":"/etc/*"}"#, "read . (checkout) | read /etc/* (system)"),
            ("WebFetch", r#"{"url":"https://example.org/x"}"#, "reach example.org (public)"),
            ("mcp__github__merge_pull_request", r#"{}"#, "use the tool mcp__github__merge_pull_request"),
            ("TodoWrite", r#"{}"#, "use the tool TodoWrite"),
            ("shell", r#"{"command":["git","push"]}"#, "push by git push | run git push"),
            ("Edit", r#"{}"#, "not seen through: the tool Edit without its file_path"),
            (
                "apply_patch",
                r#"{"command":"*** Begin Patch\n*** Update File: a.txt\n-one\n+two\n*** Delete File: ../b\n*** End Patch"}"#,
                "write a.txt (checkout) | delete ../b (other-checkout)",
            ),
        ] {
            let said = shown(tool, serde_json::from_str(input).unwrap()).join(" | ");
            assert!(said.starts_with(says), "{tool} {input}: {said}");
        }
    }

    #[test]
    fn an_edit_is_as_large_as_what_it_brings_or_takes() {
        let input = serde_json::json!({"old_string": "a\nb\nc", "new_string": "a"});
        assert_eq!(lines(&input), 3);
        assert_eq!(lines(&serde_json::json!({"edits": [input, {"new_string": "x\ny"}]})), 5);
        assert_eq!(lines(&serde_json::json!({"content": "cut", "office_lines": 900})), 900);
    }

    #[test]
    fn an_agents_own_word_makes_no_edit_smaller() {
        let long = "x\n".repeat(3000);
        for word in ["lines", "office_lines"] {
            let said = serde_json::json!({"file_path": "a.txt", "content": long, word: 1});
            assert_eq!(lines(&said), 3000, "{word}");
            assert_eq!(lines(&serde_json::json!({"edits": [{"new_string": long, word: 1}]})), 3000, "{word}");
        }
        let short = serde_json::json!({"command": "*** Begin Patch\n*** Add File: b\n", "office_lines": 3000});
        let scene = example_scene();
        let done = actions("apply_patch", &short, &scene, &Paper::default());
        assert!(matches!(done.as_slice(), [Action::Write { lines: Some(3000), .. }]), "{done:?}");
    }
}
