//! What Codex alone needs to be told: the hooks it may trust, each by a key and a hash of what it says. Trusting all hooks of a
//! run instead would let a checkout bring its own, outside the sandbox. A version that hashes otherwise skips ours, and asks on
//! its screen.

use serde_json::json;
use sha2::{Digest, Sha256};

const KEY: &str = "codex_hook.";
const GATE: &str = "codex_trust.gate.";
const TELL: &str = "codex_trust.tell.";
/// What the engine file says of how long Codex itself waits.
const GATE_SECONDS: u32 = 86_400;
const TELL_SECONDS: u32 = 30;

pub(crate) fn is_placeholder(name: &str) -> bool {
    [KEY, GATE, TELL].iter().any(|prefix| name.strip_prefix(prefix).is_some_and(is_event))
}

fn is_event(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_lowercase() || c == '_')
}

/// `codex_hook.EVENT` is the key of the first hook at an event, `codex_trust.gate.EVENT` the hash of ours there.
pub(crate) fn placeholder(name: &str, run_dir: &str, gate: &str, tell: &str) -> Option<String> {
    if let Some(event) = name.strip_prefix(KEY) {
        return Some(format!("{run_dir}/codex/config.toml:{event}:0:0"));
    }
    let trust = |event: &str, command: &str, seconds: u32| {
        let hook = json!({"async": false, "command": command, "timeout": seconds, "type": "command"});
        // Keys in alphabetical order, no space: as Codex writes it before it hashes.
        let digest = Sha256::digest(json!({"event_name": event, "hooks": [hook]}).to_string());
        format!("sha256:{}", digest.iter().map(|byte| format!("{byte:02x}")).collect::<String>())
    };
    match (name.strip_prefix(GATE), name.strip_prefix(TELL)) {
        (Some(event), _) => Some(trust(event, gate, GATE_SECONDS)),
        (_, Some(event)) => Some(trust(event, tell, TELL_SECONDS)),
        (None, None) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The text whose hash Codex 0.169 says of such a hook (`hooks/list` of its app-server).
    #[test]
    fn the_hash_is_the_one_codex_makes() {
        let tell = "/opt/office-hook tell codex";
        let made = placeholder("codex_trust.tell.pre_tool_use", "/run", "", tell).unwrap();
        let text = r#"{"event_name":"pre_tool_use","hooks":[{"async":false,"command":"/opt/office-hook tell codex","timeout":30,"type":"command"}]}"#;
        let hex: String = Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(made, format!("sha256:{hex}"));
        assert_eq!(placeholder("codex_hook.stop", "/run", "", "").unwrap(), "/run/codex/config.toml:stop:0:0");
    }
}
