//! An action as it is told at the door and shown to its owner: a plain command by its words, another as a line for a shell, any
//! other tool by its name and its input, in which long texts are cut. What it comes to is the guard's business.

use serde_json::{Map, Value};

use crate::call::Call;
use crate::command::plain_words;

/// A text of a tool's input that is longer than this is cut: nobody reads more, and the door takes no more.
const LONGEST_TEXT: usize = 2 * 1024;
/// The tools whose `command` is no command line: Codex gives its patches by that name.
const PATCHES: [&str; 1] = ["apply_patch"];
/// Texts that an edit brings, and texts that it takes away.
const BRINGS: [&str; 4] = ["content", "new_string", "new_source", "newString"];
const TAKES: [&str; 2] = ["old_string", "oldString"];

/// What it is, and its words.
pub fn said(call: &Call) -> (&'static str, Vec<String>) {
    if let Some(line) = call.command().filter(|_| !PATCHES.contains(&call.tool.as_str())) {
        let words = plain_words(line).unwrap_or_else(|| vec!["sh".to_owned(), "-c".to_owned(), line.to_owned()]);
        return ("command", words);
    }
    let input = if call.input.is_null() { String::new() } else { shortened(&call.input).to_string() };
    ("tool", vec![call.tool.clone(), input])
}

/// The input with its long texts cut; how many lines an edit touches is said where that can no longer be counted.
fn shortened(input: &Value) -> Value {
    let Some(map) = input.as_object() else { return cut(input) };
    let long = |value: &Value| value.as_str().is_some_and(|text| text.len() > LONGEST_TEXT);
    let mut short: Map<String, Value> = map.iter().map(|(name, value)| (name.clone(), cut(value))).collect();
    if BRINGS.iter().chain(&TAKES).any(|name| map.get(*name).is_some_and(long)) {
        let count = |names: &[&str]| -> usize {
            names.iter().filter_map(|name| map.get(*name)?.as_str()).map(|text| text.lines().count()).sum()
        };
        short.insert("lines".to_owned(), Value::from(count(&BRINGS).max(count(&TAKES))));
    }
    Value::Object(short)
}

fn cut(value: &Value) -> Value {
    match value {
        Value::String(text) if text.len() > LONGEST_TEXT && !text.starts_with("*** Begin Patch") => {
            let end = (0..=LONGEST_TEXT * 3 / 4).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
            Value::from(format!("{} … ({} lines and {} bytes in all)", &text[..end], text.lines().count(), text.len()))
        }
        // Of a patch every file must be named, so its lines are cut and not its end.
        Value::String(text) if text.len() > LONGEST_TEXT => {
            let marked = |line: &&str| line.starts_with("*** ");
            let kept: Vec<&str> = text.lines().filter(marked).collect();
            Value::from(format!("{}\n({} lines in all)", kept.join("\n"), text.lines().count()))
        }
        Value::Array(all) => Value::Array(all.iter().map(cut).collect()),
        Value::Object(all) => Value::Object(all.iter().map(|(name, value)| (name.clone(), cut(value))).collect()),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use std::path::PathBuf;

    fn of(tool: &str, input: Value) -> (&'static str, Vec<String>) {
        let (session, id) = (String::new(), String::new());
        said(&Call { session, id, tool: tool.to_owned(), input, cwd: PathBuf::from("/") })
    }

    #[test]
    fn a_command_is_its_words_or_a_line_and_a_tool_is_its_input() {
        assert_eq!(of("Bash", json!({"command": "git push"})), ("command", vec!["git".into(), "push".into()]));
        assert_eq!(of("Bash", json!({"command": "a | b"})).1, ["sh", "-c", "a | b"]);
        assert_eq!(of("WebFetch", json!({"url": "https://x.org"})).1, ["WebFetch", r#"{"url":"https://x.org"}"#]);
        assert_eq!(of("ListThings", Value::Null), ("tool", vec!["ListThings".into(), String::new()]));
        assert_eq!(of("apply_patch", json!({"command": "*** Begin Patch"})).0, "tool");
    }

    #[test]
    fn long_texts_are_cut_and_their_lines_counted() {
        let long = "a line of it\n".repeat(400);
        let (_, words) = of("Write", json!({"file_path": "a", "content": long}));
        let short: Value = serde_json::from_str(&words[1]).unwrap();
        assert!(words[1].len() < 3000 && short["lines"] == 400, "{}", words[1]);
        let patch = format!("*** Begin Patch\n*** Add File: a\n{}*** Delete File: b\n", "+x\n".repeat(2000));
        let (_, words) = of("apply_patch", json!({"command": patch}));
        assert!(words[1].len() < 300 && words[1].contains("Delete File: b"), "{}", words[1]);
    }
}
