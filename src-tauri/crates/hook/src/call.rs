//! An action an agent is about to take, read from any engine's payload. What may be done about it is in `allowed.rs`.

use std::path::PathBuf;

use serde_json::Value;

/// An action, as its engine announces it.
#[derive(Clone, PartialEq, Debug)]
pub struct Call {
    /// The engine's conversation.
    pub session: String,
    /// The engine's number of this call, where it gives one.
    pub id: String,
    /// The tool's name, as the engine says it.
    pub tool: String,
    /// The tool's arguments.
    pub input: Value,
    /// The directory the engine works in.
    pub cwd: PathBuf,
}

impl Call {
    /// Reads a payload; nothing where it announces no action.
    pub fn read(payload: &[u8]) -> Option<Self> {
        let value: Value = serde_json::from_slice(payload).ok()?;
        let text = |name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let tool = text("tool_name");
        if tool.is_empty() {
            return None;
        }
        Some(Self {
            session: text("session_id"),
            id: text("tool_use_id"),
            tool,
            input: value.get("tool_input").cloned().unwrap_or(Value::Null),
            cwd: PathBuf::from(text("cwd")),
        })
    }

    /// A text of its arguments.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.input.get(name).and_then(Value::as_str)
    }

    /// The command line it would run, for a tool that runs one.
    pub fn command(&self) -> Option<&str> {
        self.text("command").or_else(|| self.text("cmd"))
    }

    /// What a person is shown: the command line, the file, or the arguments as they are.
    pub fn shown(&self) -> String {
        if let Some(command) = self.command() {
            return command.to_owned();
        }
        let file = ["file_path", "notebook_path", "path"].iter().find_map(|name| self.text(name));
        match file {
            Some(file) => format!("{} {file}", self.tool),
            None if self.input.is_null() => self.tool.clone(),
            None => format!("{} {}", self.tool, self.input),
        }
    }
}
