//! Inside: takes on the limits, which count from here, hears signals again, and becomes the program.

use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::process::Command;

use nix::sys::resource::{Resource, getrlimit, setrlimit};

use crate::error::{SandboxError, doing};
use crate::sys;

/// `inside --processes N --file-bytes N -- COMMAND...`: comes back only if the program cannot be started.
pub(crate) fn enter(args: &[OsString]) -> Result<u8, SandboxError> {
    let [processes, count, file, bytes, dashes, program, rest @ ..] = args else { return Err(SandboxError::Usage) };
    if processes != "--processes" || file != "--file-bytes" || dashes != "--" {
        return Err(SandboxError::Usage);
    }
    limit(Resource::RLIMIT_NPROC, count)?;
    limit(Resource::RLIMIT_FSIZE, bytes)?;
    sys::deaf(false);
    #[expect(clippy::disallowed_methods, reason = "this process becomes the program; nothing is started")]
    let error = Command::new(program).args(rest).exec();
    let code = if error.kind() == std::io::ErrorKind::NotFound { 127 } else { 126 };
    use std::io::Write;
    let _ = writeln!(std::io::stderr(), "{}: {error}", program.to_string_lossy());
    Ok(code)
}

/// Never above what holds already.
fn limit(what: Resource, value: &OsString) -> Result<(), SandboxError> {
    let wanted: u64 = value.to_str().and_then(|text| text.parse().ok()).ok_or(SandboxError::Usage)?;
    let refused = |error: nix::Error| doing("taking on a limit")(error.into());
    let (_, most) = getrlimit(what).map_err(refused)?;
    let value = wanted.min(most);
    setrlimit(what, value, value).map_err(refused)
}
