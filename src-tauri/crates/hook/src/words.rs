//! An action as it is told at the door and shown to its owner: a plain command by its words, another as a line for a shell, any
//! other tool by its name and its input, in which long texts are cut. What it comes to is the guard's business.

use serde_json::{Map, Value};

use crate::call::Call;
use crate::command::plain_words;

/// A text of a tool's input that is longer than this is cut: nobody reads more, and the door takes no more.
const LONGEST_TEXT: usize = 2 * 1024;
/// The tools whose `command` is no command line: Codex gives its patches by that name.
const PATCHES: [&str; 1] = ["apply_patch"];
/// How a patch begins that names its files.
const PATCH: &str = "*** Begin Patch";
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

/// Where it is said how many lines an input had whose texts were cut; the rules take nobody else's word for it.
const LINES: &str = "office_lines";

/// The input with its long texts cut; how many lines an edit touches is said where that can no longer be counted. What an agent wrote
/// there is taken away.
fn shortened(input: &Value) -> Value {
    let Some(map) = input.as_object() else { return cut(input) };
    let mut short: Map<String, Value> = map.iter().map(|(name, value)| (name.clone(), cut(value))).collect();
    short.remove(LINES);
    if Value::Object(short.clone()) != *input {
        short.insert(LINES.to_owned(), Value::from(touched(input)));
    }
    Value::Object(short)
}

/// How many lines it brings or takes away, whichever is more; of a patch both.
fn touched(input: &Value) -> usize {
    let count = |names: &[&str]| -> usize {
        names.iter().filter_map(|name| input.get(name)?.as_str()).map(|text| text.lines().count()).sum()
    };
    let edits: usize = input["edits"].as_array().into_iter().flatten().map(touched).sum();
    let patches = input.as_object().into_iter().flat_map(Map::values).filter_map(Value::as_str);
    let patches = patches.filter(|text| text.starts_with(PATCH)).flat_map(str::lines);
    count(&BRINGS).max(count(&TAKES)) + edits + patches.filter(|line| line.starts_with(['+', '-'])).count()
}

fn cut(value: &Value) -> Value {
    match value {
        Value::String(text) if text.len() > LONGEST_TEXT && !text.starts_with(PATCH) => {
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
        Value::Object(all) => {
            let kept = all.iter().filter(|(name, _)| *name != LINES);
            Value::Object(kept.map(|(name, value)| (name.clone(), cut(value))).collect())
        }
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
        assert!(words[1].len() < 3000 && short["office_lines"] == 400, "{}", words[1]);
        let patch = format!("*** Begin Patch\n*** Add File: a\n{}*** Delete File: b\n", "+x\n".repeat(2000));
        let (_, words) = of("apply_patch", json!({"command": patch}));
        assert!(words[1].len() < 300 && words[1].contains("Delete File: b"), "{}", words[1]);
    }

    #[test]
    fn how_many_lines_there_were_is_nobody_elses_word() {
        let long = "a line of it\n".repeat(3000);
        let (_, words) = of("Write", json!({"file_path": "a", "content": long, "office_lines": 1}));
        assert_eq!(serde_json::from_str::<Value>(&words[1]).unwrap()["office_lines"], 3000);
        let edits = json!({"file_path": "a", "edits": [{"old_string": "x", "new_string": long, "office_lines": 1}]});
        let (_, words) = of("MultiEdit", edits);
        let short: Value = serde_json::from_str(&words[1]).unwrap();
        assert_eq!((&short["office_lines"], &short["edits"][0]["office_lines"]), (&json!(3000), &Value::Null));
        let patch = format!("*** Begin Patch\n*** Add File: a\n{}", "+x\n".repeat(3000));
        let (_, words) = of("apply_patch", json!({"command": patch, "office_lines": 1}));
        assert_eq!(serde_json::from_str::<Value>(&words[1]).unwrap()["office_lines"], 3000);
        // Nothing was cut, so it is counted by whoever reads it, and said by nobody.
        let (_, words) = of("Write", json!({"file_path": "a", "content": "x", "office_lines": 0, "lines": 0}));
        assert_eq!(words[1], r#"{"content":"x","file_path":"a","lines":0,"office_lines":1}"#);
    }
}
