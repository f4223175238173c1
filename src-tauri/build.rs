//! Builds the page into the program, and writes down which of the shell's commands the page may call: no more than these.

const COMMANDS: &[&str] = &[
    "connect",
    "try_again",
    "machines",
    "connect_to",
    "forget",
    "ask",
    "subscribe",
    "events_taken",
    "terminal_open",
    "terminal_type",
    "terminal_resize",
    "terminal_drawn",
    "terminal_close",
    "pick_folder",
    "open_link",
    "open_path",
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let commands = tauri_build::AppManifest::new().commands(COMMANDS);
    let codegen = tauri_build::CodegenContext::new();
    Ok(tauri_build::try_build(tauri_build::Attributes::new().app_manifest(commands).codegen(codegen))?)
}
