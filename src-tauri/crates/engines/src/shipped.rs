//! The engine and wrapper files that come with the product. An owner's own file of the same name wins; that is the
//! runtime's doing.

macro_rules! files {
    ($folder:literal: $($name:literal),+ $(,)?) => {
        vec![$((concat!($name, ".toml"), include_str!(concat!("../", $folder, "/", $name, ".toml")))),+]
    };
}

/// The engines, by file name.
pub fn shipped() -> Vec<(&'static str, &'static str)> {
    files!("engines": "aider", "claude", "codex", "copilot", "crush", "cursor-agent", "custom", "gemini", "goose", "opencode", "qwen", "shell")
}

/// The wrappers, by file name.
pub fn shipped_wrappers() -> Vec<(&'static str, &'static str)> {
    files!("engines/wrappers": "docker", "kubectl", "podman", "ssh")
}
