//! From a policy to the words bwrap reads. Pure: what is on the machine is told by [`Host`], what a path stands for by the
//! caller, and nothing is opened here.

use std::ffi::{OsStr, OsString};
use std::path::{Component, Path, PathBuf};

use crate::error::SandboxError;
use crate::policy::Policy;
use crate::seen::{Host, Top};
use crate::{DOOR, NET, PORT};

/// Descriptors from here on hold the texts of made files, in their order.
pub const FIRST_TEXT: i32 = 20;
/// The user and group a program believes to be.
const INSIDE: &str = "1000";
/// What no policy shows or hides: the sandbox makes these itself.
const MADE: [&str; 4] = ["/proc", "/dev", "/sys", "/run"];

/// What bwrap is given.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Plan {
    /// Its options, without the command. Read from a descriptor, so that nobody inside finds them.
    pub options: Vec<OsString>,
    /// Texts of made files; the first is descriptor [`FIRST_TEXT`].
    pub texts: Vec<String>,
    /// The command: our inner step, then the program itself.
    pub command: Vec<OsString>,
}

struct Writing<'a> {
    plan: Plan,
    source: &'a dyn Fn(&Path) -> PathBuf,
}

impl Writing<'_> {
    fn say<S: AsRef<OsStr>>(&mut self, words: &[S]) {
        self.plan.options.extend(words.iter().map(|word| word.as_ref().to_owned()));
    }

    fn bind(&mut self, option: &str, from: &Path, to: &Path) {
        let from = (self.source)(from);
        self.say(&[OsStr::new(option), from.as_os_str(), to.as_os_str()]);
    }

    fn text(&mut self, at: &Path, text: String) {
        let number = FIRST_TEXT + i32::try_from(self.plan.texts.len()).unwrap_or(i32::MAX - FIRST_TEXT);
        self.plan.texts.push(text);
        self.say(&[OsStr::new("--perms"), OsStr::new("0444"), OsStr::new("--ro-bind-data")]);
        self.say(&[OsStr::new(&number.to_string()), at.as_os_str()]);
    }
}

/// One thing at one place of the view.
enum Part<'a> {
    Scratch(&'a Path),
    Bind(&'a crate::policy::Bind),
    Text(&'a Path, &'a str),
}

impl Part<'_> {
    fn place(&self) -> &Path {
        match self {
            Part::Scratch(path) | Part::Text(path, _) => path,
            Part::Bind(bind) => &bind.to,
        }
    }
}

/// Plans the sandbox of `command` under `policy`. `env` is all it finds in its environment; `source` says by which path
/// something of the machine is reached; `inner` is our own program on this machine.
///
/// # Errors
/// When a path of the policy is not absolute and plain, or would cover what the sandbox makes itself.
pub fn plan(
    policy: &Policy,
    host: &Host,
    env: &[(OsString, OsString)],
    source: &dyn Fn(&Path) -> PathBuf,
    inner: &Path,
    command: &[OsString],
) -> Result<Plan, SandboxError> {
    for path in policy.binds.iter().flat_map(|bind| [&bind.from, &bind.to]) {
        plain(path)?;
    }
    let made = policy.scratch.iter().chain(policy.files.iter().map(|(path, _)| path));
    for path in made.chain([&policy.cwd, &policy.home]) {
        plain(path)?;
    }
    for place in policy.binds.iter().map(|bind| &bind.to).chain(&policy.scratch) {
        let covers = |made: &&&str| Path::new(made).starts_with(place) || place.starts_with(made);
        if let Some(made) = MADE.iter().find(covers) {
            let why = format!("it would cover {made}, which every sandbox has of its own");
            return Err(SandboxError::Path { path: place.clone(), why });
        }
    }
    let mut out = Writing { plan: Plan::default(), source };
    out.say(&["--unshare-user", "--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts"]);
    out.say(&["--unshare-cgroup-try", "--uid", INSIDE, "--gid", INSIDE, "--hostname", "desk"]);
    out.say(&["--die-with-parent", "--cap-drop", "ALL"]);
    let new = host.version >= (0, 8);
    if new {
        out.say(&["--disable-userns", "--assert-userns-disabled"]);
    }
    if !policy.terminal {
        out.say(&["--new-session"]);
    }
    system(&mut out, host);
    let memory = policy.limits.memory_files.to_string();
    out.say(&["--proc", "/proc", "--ro-bind", "/proc/sys", "/proc/sys", "--dev", "/dev"]);
    let sized = |out: &mut Writing<'_>, at: &Path| {
        if new {
            out.say(&["--size", &memory]);
        }
        out.say(&[OsStr::new("--tmpfs"), at.as_os_str()]);
    };
    sized(&mut out, Path::new("/dev/shm"));
    out.say(&["--remount-ro", "/dev", "--dir", "/run", "--dir", "/var", "--dir", "/home"]);
    names(&mut out, policy);
    // What lies deeper comes later, so that nothing hides what is below it.
    let mut parts: Vec<Part<'_>> = policy.scratch.iter().map(|path| Part::Scratch(path)).collect();
    parts.extend(policy.binds.iter().map(Part::Bind));
    parts.extend(policy.files.iter().map(|(path, text)| Part::Text(path, text)));
    parts.sort_by_key(|part| part.place().components().count());
    for part in parts {
        match part {
            Part::Scratch(path) => sized(&mut out, path),
            Part::Text(path, text) => out.text(path, text.to_owned()),
            Part::Bind(bind) => {
                let option = match (bind.write, bind.optional) {
                    (false, false) => "--ro-bind",
                    (false, true) => "--ro-bind-try",
                    (true, false) => "--bind",
                    (true, true) => "--bind-try",
                };
                out.bind(option, &bind.from, &bind.to);
            }
        }
    }
    out.say(&["--symlink", "/tmp", "/var/tmp"]);
    out.bind("--ro-bind", inner, &tool(crate::PROGRAM));
    if let Some(forwarder) = &policy.forwarder {
        plain(forwarder)?;
        out.bind("--ro-bind", forwarder, &tool("office-hook"));
    }
    if let Some(door) = &policy.door {
        plain(door)?;
        out.bind("--ro-bind", door, Path::new(DOOR));
    }
    out.say(&["--remount-ro", "/", "--clearenv"]);
    for (name, value) in env {
        out.say(&[OsStr::new("--setenv"), name, value]);
    }
    out.say(&[OsStr::new("--chdir"), policy.cwd.as_os_str()]);
    let mut inside: Vec<OsString> = vec![tool(crate::PROGRAM).into(), "inside".into(), "--processes".into()];
    inside.push(policy.limits.processes.to_string().into());
    inside.extend(["--file-bytes".into(), policy.limits.file_bytes.to_string().into(), "--".into()]);
    if policy.forwarder.is_some() {
        inside.extend([tool("office-hook").into(), "net".into(), "--port".into(), PORT.to_string().into()]);
        for port in &policy.ports {
            inside.extend(["--also".into(), port.to_string().into()]);
        }
        for (port, socket) in &policy.straight {
            inside.extend(["--straight".into(), port.to_string().into(), format!("{DOOR}/{socket}").into()]);
        }
        inside.extend(["--to".into(), format!("{DOOR}/{NET}").into(), "--".into()]);
    }
    inside.extend(command.iter().cloned());
    out.plan.command = inside;
    Ok(out.plan)
}

/// Where our own programs are found inside.
fn tool(name: &str) -> PathBuf {
    Path::new("/run/tools").join(name)
}

/// Programs, libraries and what of /etc everyone may know.
fn system(out: &mut Writing<'_>, host: &Host) {
    out.say(&["--ro-bind", "/usr", "/usr"]);
    for top in &host.top {
        match top {
            Top::Folder(at) => out.say(&[OsStr::new("--ro-bind"), at.as_os_str(), at.as_os_str()]),
            Top::Link(at, to) => out.say(&[OsStr::new("--symlink"), to.as_os_str(), at.as_os_str()]),
        }
    }
    out.say(&["--dir", "/etc"]);
    for path in &host.etc {
        out.say(&[OsStr::new("--ro-bind-try"), path.as_os_str(), path.as_os_str()]);
    }
}

/// Who everybody is, as far as a desk needs to know.
fn names(out: &mut Writing<'_>, policy: &Policy) {
    let home = policy.home.display();
    let passwd = format!(
        "root:x:0:0:root:/:/bin/sh\ndesk:x:1000:1000:desk:{home}:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n"
    );
    out.text(Path::new("/etc/passwd"), passwd);
    out.text(Path::new("/etc/group"), "root:x:0:\ndesk:x:1000:\nnogroup:x:65534:\n".to_owned());
    out.text(Path::new("/etc/hosts"), "127.0.0.1 localhost desk\n::1 localhost desk\n".to_owned());
    out.text(Path::new("/etc/resolv.conf"), String::new());
}

/// Absolute, without `..`, and not the root of everything.
fn plain(path: &Path) -> Result<(), SandboxError> {
    let deep = path.components().filter(|part| matches!(part, Component::Normal(_))).count() > 0;
    let straight = path.components().all(|part| matches!(part, Component::RootDir | Component::Normal(_)));
    if path.is_absolute() && deep && straight {
        return Ok(());
    }
    let why = "its path has to be absolute, without `..`, and not the whole machine".to_owned();
    Err(SandboxError::Path { path: path.to_owned(), why })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Bind;

    fn host() -> Host {
        Host {
            bwrap: "/usr/bin/bwrap".into(),
            version: (0, 8),
            top: vec![Top::Link("/bin".into(), "usr/bin".into())],
            etc: vec!["/etc/localtime".into()],
            uid: 1000,
        }
    }

    fn words(policy: &Policy, host: &Host) -> Result<String, SandboxError> {
        let env = [("NAME".into(), "value".into())];
        let it = plan(policy, host, &env, &Path::to_path_buf, Path::new("/opt/office-sandbox"), &["true".into()])?;
        let words: Vec<String> =
            it.options.iter().chain(&it.command).map(|w| w.to_string_lossy().into_owned()).collect();
        Ok(words.join(" "))
    }

    #[test]
    fn what_is_not_named_is_not_there() {
        let mut policy = Policy::new("/work/checkout", "/work/home");
        policy.binds = vec![Bind::write("/work/checkout"), Bind::read("/opt/tools").optional()];
        let said = words(&policy, &host()).unwrap();
        for part in [
            "--unshare-user --unshare-pid --unshare-net --unshare-ipc",
            "--disable-userns",
            "--new-session",
            "--bind /work/checkout /work/checkout",
            "--ro-bind-try /opt/tools /opt/tools",
            "--ro-bind /proc/sys /proc/sys",
            "--remount-ro / --clearenv --setenv NAME value",
            "--chdir /work/checkout",
            "--ro-bind /opt/office-sandbox /run/tools/office-sandbox",
            "/run/tools/office-sandbox inside --processes 4096",
        ] {
            assert!(said.contains(part), "{part}: {said}");
        }
        for never in
            ["bind / ", "/run/user", "/root ", "bind /home", "/etc/shadow", "/var/run", "bind /sys", "/proc/sys /sys"]
        {
            assert!(!said.contains(never), "{never}: {said}");
        }
    }

    #[test]
    fn a_terminal_keeps_its_job_control_and_a_check_has_none() {
        let mut policy = Policy::new("/c", "/h");
        policy.terminal = true;
        assert!(!words(&policy, &host()).unwrap().contains("--new-session"));
    }

    #[test]
    fn an_old_bwrap_is_not_told_what_it_does_not_know() {
        let old = Host { version: (0, 6), ..host() };
        let said = words(&Policy::new("/c", "/h"), &old).unwrap();
        assert!(!said.contains("--disable-userns") && !said.contains("--size"), "{said}");
    }

    #[test]
    fn what_lies_deeper_is_shown_later() {
        let mut policy = Policy::new("/a/b/c", "/h");
        policy.binds = vec![Bind::write("/a/b/c"), Bind::read("/a")];
        policy.scratch = vec!["/a/b".into()];
        let said = words(&policy, &host()).unwrap();
        let at = |part: &str| said.find(part).unwrap_or_else(|| panic!("{part}: {said}"));
        assert!(at("--ro-bind /a /a") < at("--tmpfs /a/b") && at("--tmpfs /a/b") < at("--bind /a/b/c"));
    }

    #[test]
    fn odd_paths_are_refused_before_anything_starts() {
        for path in ["/", "relative", "/a/../b", "/proc", "/proc/1", "/dev/sda", "/run", "/run/user/1000", "/sys"] {
            let mut policy = Policy::new("/c", "/h");
            policy.binds = vec![Bind::read(path)];
            assert!(matches!(words(&policy, &host()), Err(SandboxError::Path { .. })), "{path}");
        }
    }
}
