//! What agent CLIs say, read: bytes in, meaning out. One file per engine; what comes of it all together is in `estimate.rs`.

use serde::Deserialize;

/// Which reader understands an engine.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reader {
    /// Claude Code.
    Claude,
    /// Codex.
    Codex,
    /// OpenCode.
    Opencode,
    /// Gemini CLI.
    Gemini,
}
