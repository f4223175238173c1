//! A machine for the tests of the sandbox: an owner with secrets, two desks, and the real launcher and bwrap between them. Where
//! the kernel forbids namespaces there is no sandbox to test; then what is tested is that nothing runs at all.
#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "tests")]

use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use office_sandbox::{Bind, Policy};

/// What a program said and how it ended.
#[derive(Debug)]
pub struct Said {
    pub code: i32,
    pub out: String,
    pub err: String,
}

/// Nobody has this number; what runs as it may do nothing of root's.
const SOMEBODY: u32 = 61_999;
/// Desks of an office of root's.
const DESKS: u32 = 62_000;

pub struct Machine {
    folder: tempfile::TempDir,
    launcher: PathBuf,
    /// Whether the launcher is called by an ordinary user although the tests run as root.
    ordinary: bool,
}

impl Machine {
    /// A machine whose office runs as whoever runs the tests.
    pub fn new() -> Self {
        Self::of(false)
    }

    /// The same for an ordinary user; none where the tests themselves are not root's, who has seen that already.
    pub fn of_an_ordinary_user() -> Option<Self> {
        is_root().then(|| Self::of(true))
    }

    fn of(ordinary: bool) -> Self {
        let folder = tempfile::Builder::new().prefix("office-sandbox-").tempdir().unwrap();
        for dir in
            ["owner/.ssh", "owner/.cargo/bin", "office/desks/1/home", "office/desks/1/tmp", "office/desks/1/door"]
        {
            std::fs::create_dir_all(folder.path().join(dir)).unwrap();
        }
        for dir in ["office/checkouts/1", "office/checkouts/2", "office/desks/2/door"] {
            std::fs::create_dir_all(folder.path().join(dir)).unwrap();
        }
        for (file, text) in [
            ("owner/.ssh/id", "SECRET key of the owner"),
            ("office/office.db", "SECRET database"),
            ("office/checkouts/2/file", "SECRET of another desk"),
            ("office/desks/2/token", "SECRET token"),
            ("office/checkouts/1/file", "mine\n"),
        ] {
            std::fs::write(folder.path().join(file), text).unwrap();
        }
        let launcher = folder.path().join(office_sandbox::PROGRAM);
        std::fs::copy(env!("CARGO_BIN_EXE_office-sandbox"), &launcher).unwrap();
        if ordinary {
            let owner = format!("{SOMEBODY}:{SOMEBODY}");
            let owned = program("chown").args(["-R", &owner]).arg(folder.path()).status().unwrap();
            assert!(owned.success());
        }
        std::fs::set_permissions(folder.path().join("office"), std::fs::Permissions::from_mode(0o700)).unwrap();
        Self { folder, launcher, ordinary }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn text(&self, name: &str) -> String {
        self.path(name).display().to_string()
    }

    /// The policy of the first desk.
    pub fn policy(&self) -> Policy {
        let mut policy = Policy::new(self.path("office/checkouts/1"), self.path("office/desks/1/home"));
        policy.binds = vec![
            Bind::write(self.path("office/checkouts/1")),
            Bind::write(self.path("office/desks/1/home")),
            Bind::write(self.path("office/desks/1/tmp")).at("/tmp"),
        ];
        policy.door = Some(self.path("office/desks/1/door"));
        policy.run_as = Some(DESKS);
        policy.marker = Some("OFFICE_RUN".to_owned());
        policy
    }

    /// The launcher on this policy, with an environment of the owner's that is to stay outside.
    pub fn launch(&self, policy: &Policy, command: &[&str]) -> Command {
        let command: Vec<String> = command.iter().map(|word| (*word).to_owned()).collect();
        let words = office_sandbox::words(&self.launcher, policy, &command).unwrap();
        let mut it = if self.ordinary {
            let mut it = program("setpriv");
            let (user, group) = (format!("--reuid={SOMEBODY}"), format!("--regid={SOMEBODY}"));
            it.args([user, group, "--clear-groups".to_owned(), "--inh-caps=-all".to_owned(), "--".to_owned()]);
            it.args(&words);
            it
        } else {
            let mut it = program(&words[0]);
            it.args(&words[1..]);
            it
        };
        it.env_clear().env("PATH", "/usr/local/bin:/usr/bin:/bin").env("HOME", &policy.home);
        it.env("OFFICE_RUN", "here#1").env("TMPDIR", "/tmp").stdin(Stdio::null());
        it
    }

    /// Runs a shell line at the first desk.
    pub fn inside(&self, line: &str) -> Said {
        self.under(&self.policy(), line)
    }

    pub fn under(&self, policy: &Policy, line: &str) -> Said {
        let output = self.launch(policy, &["sh", "-c", line]).output().unwrap();
        Said {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Whether there is a sandbox. Where there is none, what was to run did not run, and the reason is said.
    pub fn works(&self) -> bool {
        let said = self.inside("touch ran; echo in");
        let ran = self.path("office/checkouts/1/ran");
        if said.code == 0 {
            assert_eq!(said.out, "in\n");
            std::fs::remove_file(ran).unwrap();
            return true;
        }
        assert!(!ran.exists(), "without a sandbox nothing runs: {said:?}");
        assert!(!said.err.trim().is_empty(), "and why is said: {said:?}");
        eprintln!("NO SANDBOX ON THIS MACHINE, so that nothing runs was seen instead: {}", said.err.trim());
        false
    }
}

#[expect(clippy::disallowed_methods, reason = "the program under test, and what stands around it")]
pub fn program(name: &str) -> Command {
    Command::new(name)
}

pub fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|facts| facts.uid() == 0)
}

/// Who a file belongs to.
pub fn owner(path: &Path) -> u32 {
    std::fs::symlink_metadata(path).unwrap().uid()
}
