//! What a program may see, and how it is started so that it sees nothing else: a policy, the plan that follows from it, the
//! filter of system calls, and the launcher `office-sandbox`. Who is sandboxed, and why, is not known here.

mod error;
mod filter;
#[cfg(target_os = "linux")]
mod inside;
#[cfg(target_os = "linux")]
mod launch;
pub mod plan;
pub mod policy;
pub mod seen;
#[cfg(target_os = "linux")]
mod staging;
#[cfg(target_os = "linux")]
mod sys;
pub mod view;

pub use error::SandboxError;
pub use policy::{Bind, Limits, Policy};
pub use seen::Host;

/// The program that starts others in their sandbox.
pub const PROGRAM: &str = "office-sandbox";
/// Where a desk finds its own door.
pub const DOOR: &str = "/run/office";
/// The socket in [`DOOR`] that leads to the allow list.
pub const NET: &str = "net.sock";
/// The port of the forwarder, on the sandbox's own loopback.
pub const PORT: u16 = 8118;

/// The words that start `command` under `policy`. They are given to whoever starts programs, like any other words.
///
/// # Errors
/// When the policy cannot be written down.
pub fn words(program: &std::path::Path, policy: &Policy, command: &[String]) -> Result<Vec<String>, SandboxError> {
    let policy = serde_json::to_string(policy).map_err(|error| SandboxError::Policy(error.to_string()))?;
    let mut words = vec![program.display().to_string(), "run".to_owned(), policy, "--".to_owned()];
    words.extend(command.iter().cloned());
    Ok(words)
}

/// The program: `run POLICY -- COMMAND...` outside, `inside ... -- COMMAND...` within.
#[cfg(target_os = "linux")]
pub fn main() -> std::process::ExitCode {
    use std::io::Write;
    let args: Vec<std::ffi::OsString> = std::env::args_os().skip(1).collect();
    let ended = match args.first().and_then(|word| word.to_str()) {
        Some("run") => launch::run(&args[1..]),
        Some("inside") => inside::enter(&args[1..]),
        Some("--version" | "-V") => {
            let _ = writeln!(std::io::stdout(), "{PROGRAM} {}", env!("CARGO_PKG_VERSION"));
            return std::process::ExitCode::SUCCESS;
        }
        _ => Err(SandboxError::Usage),
    };
    match ended {
        Ok(code) => std::process::ExitCode::from(code),
        Err(error) => {
            // Read by whoever looks at the terminal or at the check's output.
            let _ = writeln!(std::io::stderr(), "{PROGRAM}: {error}");
            std::process::ExitCode::from(125)
        }
    }
}

/// The program, where there is no sandbox of this kind.
#[cfg(not(target_os = "linux"))]
pub fn main() -> std::process::ExitCode {
    use std::io::Write;
    let _ = writeln!(std::io::stderr(), "{PROGRAM}: {}", SandboxError::Unknown);
    std::process::ExitCode::from(125)
}
