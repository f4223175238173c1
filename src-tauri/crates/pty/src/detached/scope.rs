//! A systemd scope of the host's own, where a systemd for the user is there and a scope makes the host live longer: then
//! what ends the control group of whoever started it (a window, a unit) leaves it alone. Starting it is in `start`.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use nix::unistd::{User, geteuid};

use super::place::unique;

/// What the scopes are called, before what tells them apart.
const NAME: &str = "afterhours-host-";

/// What decides, as it was found.
struct Found {
    /// `systemd-run`, if it is installed.
    program: Option<PathBuf>,
    /// `XDG_RUNTIME_DIR`, where the user's systemd listens.
    runtime_dir: Option<PathBuf>,
    bus: Option<OsString>,
    /// This process's control groups, as the kernel lists them.
    groups: String,
    /// Whether the user's systemd goes on after the last logout.
    lingers: bool,
}

impl Found {
    fn here() -> Self {
        let uid = geteuid();
        let named = User::from_uid(uid).ok().flatten();
        let path = std::env::var_os("PATH").unwrap_or_default();
        Self {
            program: std::env::split_paths(&path).map(|dir| dir.join("systemd-run")).find(|file| file.is_file()),
            runtime_dir: std::env::var_os("XDG_RUNTIME_DIR").filter(|dir| !dir.is_empty()).map(PathBuf::from),
            bus: std::env::var_os("DBUS_SESSION_BUS_ADDRESS"),
            groups: std::fs::read_to_string("/proc/self/cgroup").unwrap_or_default(),
            lingers: named.is_some_and(|user| Path::new("/var/lib/systemd/linger").join(user.name).exists()),
        }
    }
}

/// How a host is started in a scope of its own.
pub(super) struct Scope {
    program: PathBuf,
    runtime_dir: PathBuf,
    bus: Option<OsString>,
}

impl Scope {
    /// The scope a host started here would get, or why it gets none.
    pub(super) fn here() -> Result<Self, String> {
        Self::of(Found::here())
    }

    #[cfg(test)]
    pub(super) fn with(program: &Path, runtime_dir: &Path) -> Self {
        Self { program: program.to_owned(), runtime_dir: runtime_dir.to_owned(), bus: None }
    }

    fn of(found: Found) -> Result<Self, String> {
        let Found { program, runtime_dir, bus, groups, lingers } = found;
        let runtime_dir = runtime_dir.ok_or("no systemd runs for this user (XDG_RUNTIME_DIR is not set)")?;
        if !runtime_dir.join("systemd/private").exists() {
            return Err(format!("no systemd runs for this user (none listens in {})", runtime_dir.display()));
        }
        let program = program.ok_or("systemd-run is not installed")?;
        // A scope of the user's ends with the user's systemd, at the last logout; what is outside goes on then, where the
        // system lets it. To move there from a login session would be no gain.
        let inside = groups.lines().any(|line| line.contains("/user@"));
        if !inside && !lingers {
            return Err("a logout would end one; after `loginctl enable-linger` it does not".to_owned());
        }
        Ok(Self { program, runtime_dir, bus })
    }

    /// `systemd-run` around the host's own command line. It becomes that program once the scope is there, so how it ends
    /// is how that ends.
    #[expect(clippy::disallowed_methods, reason = "`start` runs it, and waits for it")]
    pub(super) fn around(&self, program: &Path, args: &[OsString]) -> Command {
        let mut command = Command::new(&self.program);
        command.env_clear().env("XDG_RUNTIME_DIR", &self.runtime_dir);
        if let Some(bus) = &self.bus {
            command.env("DBUS_SESSION_BUS_ADDRESS", bus);
        }
        command.args([
            "--user",
            "--scope",
            "--quiet",
            "--collect",
            "--description=Programs at the desks of Afterhours",
        ]);
        command.arg(format!("--unit={NAME}{}", unique()));
        // The host itself gets no environment, not even that.
        command.args(["--", "/usr/bin/env", "-i"]).arg(program).args(args);
        command
    }
}

/// The scope of its own that this process is in, if it is.
fn of_process(pid: i32) -> Option<String> {
    let groups = std::fs::read_to_string(format!("/proc/{pid}/cgroup")).ok()?;
    let mut names = groups.lines().filter_map(|line| line.rsplit('/').next());
    names.find(|name| name.starts_with(NAME) && name.ends_with(".scope")).map(str::to_owned)
}

/// In words, for people: whether the host of this process number has a scope of its own, and if not, why one started here
/// would not get one either.
pub(super) fn words(pid: i32) -> String {
    match (of_process(pid), Scope::here()) {
        (Some(scope), _) => format!("in {scope}, a systemd scope of its own"),
        (None, Err(why)) => format!("in the control group of whoever started it: {why}"),
        (None, Ok(_)) => "in the control group of whoever started it; the next one gets a systemd scope".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A systemd that answers, as far as can be seen from outside.
    fn found(dir: &Path) -> Found {
        std::fs::create_dir_all(dir.join("systemd/private")).unwrap();
        Found {
            program: Some(PathBuf::from("/usr/bin/systemd-run")),
            runtime_dir: Some(dir.to_owned()),
            bus: Some("unix:path=/run/bus".into()),
            groups: "0::/user.slice/user-1000.slice/user@1000.service/app.slice/app-terminal.scope\n".to_owned(),
            lingers: false,
        }
    }

    #[test]
    fn a_scope_is_had_where_it_makes_the_host_live_longer_and_else_the_reason_is_said() {
        let dir = tempfile::tempdir().unwrap();
        let session = || "0::/user.slice/user-1000.slice/session-3.scope\n".to_owned();
        assert!(Scope::of(found(dir.path())).is_ok());
        assert!(Scope::of(Found { groups: session(), lingers: true, ..found(dir.path()) }).is_ok());
        let why = |found| Scope::of(found).err().unwrap();
        assert!(why(Found { groups: session(), ..found(dir.path()) }).contains("enable-linger"));
        assert!(why(Found { program: None, ..found(dir.path()) }).contains("not installed"));
        assert!(why(Found { runtime_dir: None, ..found(dir.path()) }).contains("XDG_RUNTIME_DIR"));
        assert!(why(Found { runtime_dir: Some("/nowhere".into()), ..found(dir.path()) }).contains("/nowhere"));
    }

    #[test]
    fn the_host_gets_a_scope_of_a_new_name_and_no_environment() {
        let dir = tempfile::tempdir().unwrap();
        let scope = Scope::of(found(dir.path())).unwrap();
        let words = || -> Vec<String> {
            let command = scope.around(Path::new("/opt/office-host"), &["--dir".into(), "/o".into()]);
            command.get_args().map(|arg| arg.to_string_lossy().into_owned()).collect()
        };
        let first = words();
        assert_eq!(first[..4], ["--user", "--scope", "--quiet", "--collect"]);
        assert!(first.iter().any(|arg| arg.starts_with("--unit=afterhours-host-")), "{first:?}");
        assert_eq!(first[first.len() - 6..], ["--", "/usr/bin/env", "-i", "/opt/office-host", "--dir", "/o"]);
        assert_ne!(first, words(), "no two hosts share one");
    }
}
