//! The one door to the `git` program: every command line of the product is built and started here, with a
//! cleared environment, an explicit repository, nothing of the checkout's configuration that can run a program,
//! a time limit and a bound on what it may print. Deliberately not here: what any command is for.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use nix::sys::signal::{Signal, killpg};
use nix::unistd::{AccessFlags, Pid, access};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, Command};

use crate::error::{GitError, Result, safe_text};
use crate::name::{CommitDate, Identity, ObjectFormat};

/// How git is found and how long it may take.
#[derive(Debug, Clone)]
pub struct GitSettings {
    /// The program, by name or absolute path.
    pub program: PathBuf,
    /// Where programs are looked for.
    pub path: OsString,
    /// The owner's home: read only to learn the owner's name and e-mail address.
    pub owner_home: Option<PathBuf>,
    /// The owner's `XDG_CONFIG_HOME`, for the same purpose.
    pub owner_config_home: Option<PathBuf>,
    /// How long one command may take.
    pub timeout: Duration,
    /// How many bytes one command may print where the caller sets no other bound.
    pub max_output: usize,
}

impl GitSettings {
    /// `git` from the usual places; the owner's home from the environment.
    pub fn from_environment() -> Self {
        Self {
            program: "git".into(),
            path: "/usr/local/bin:/usr/bin:/bin:/opt/homebrew/bin".into(),
            owner_home: std::env::var_os("HOME").map(PathBuf::from).filter(|p| p.is_absolute()),
            owner_config_home: std::env::var_os("XDG_CONFIG_HOME").map(PathBuf::from).filter(|p| p.is_absolute()),
            timeout: Duration::from_secs(300),
            max_output: 256 << 20,
        }
    }

    /// The program by its whole path where it can be found. By a bare name with a `PATH` of its own it could only be
    /// started through fork(2), which copies this process's page tables: in a large runtime that costs more than git.
    fn found(&self) -> PathBuf {
        if self.program.components().count() == 1 {
            let places = std::env::split_paths(&self.path).map(|dir| dir.join(&self.program));
            let may_run =
                |file: &PathBuf| file.is_absolute() && file.is_file() && access(file, AccessFlags::X_OK).is_ok();
            if let Some(file) = places.into_iter().find(may_run) {
                return file;
            }
        }
        self.program.clone()
    }
}

/// The git program, ready to be called. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Git(Arc<GitSettings>);

impl Git {
    /// A git with these settings; nothing is started yet.
    pub fn new(settings: GitSettings) -> Self {
        Self(Arc::new(settings))
    }

    /// The version, after checking that it is new enough (2.39).
    pub async fn version(&self) -> Result<String> {
        let out = Call::new(self, "version", Place::nowhere()).run().await?;
        let text = String::from_utf8_lossy(&out.stdout).trim().trim_start_matches("git version ").to_owned();
        let mut numbers = text.split('.').map(|n| n.parse::<u32>().unwrap_or(0));
        let found = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
        if found < (2, 39) { Err(GitError::GitTooOld { found: safe_text(&text, 40) }) } else { Ok(text) }
    }

    pub(crate) fn settings(&self) -> &GitSettings {
        &self.0
    }
}

/// Options that every command gets: nothing that a repository says may start a program or reach the network.
const ALWAYS: &[&str] = &[
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "core.untrackedCache=false",
    "core.attributesFile=/dev/null",
    "core.excludesFile=/dev/null",
    "core.editor=false",
    "core.pager=cat",
    "core.askPass=",
    "core.sshCommand=false",
    "core.gitProxy=false",
    "core.commitGraph=false",
    "core.multiPackIndex=false",
    "core.protectHFS=true",
    "core.protectNTFS=true",
    "core.quotePath=false",
    "credential.helper=",
    "gc.auto=0",
    "maintenance.auto=false",
    "protocol.allow=never",
    "protocol.file.allow=always",
    "commit.gpgSign=false",
    "tag.gpgSign=false",
    "gpg.program=false",
    "log.showSignature=false",
    "submodule.recurse=false",
    "fetch.recurseSubmodules=false",
    "fetch.fsckObjects=true",
    "transfer.fsckObjects=true",
    "uploadpack.packObjectsHook=",
    "advice.detachedHead=false",
];

/// Those of them that keep git from the network and from credentials: left out where it acts as the owner.
const REACHES: &[&str] =
    &["core.askPass", "core.sshCommand", "core.gitProxy", "credential.helper", "protocol.allow", "protocol.file.allow"];

/// Variables of the owner's that say how git reaches other machines.
const OWNERS_WAY: &[&str] =
    &["GIT_SSH", "GIT_SSH_COMMAND", "GIT_SSH_VARIANT", "GIT_SSL_CAINFO", "GIT_SSL_CAPATH", "GIT_HTTP_PROXY_AUTHMETHOD"];

/// Which repository a command works on. Git is never left to discover one.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub git_dir: PathBuf,
    pub common_dir: PathBuf,
    pub work_tree: Option<PathBuf>,
    pub index: Option<PathBuf>,
    pub objects: Option<PathBuf>,
    /// The tree whose `.gitattributes` count; never the work tree's. (Git before 2.41 does not know this and reads
    /// the work tree's: harmless, as no driver is defined anywhere git looks.)
    pub attributes: String,
}

impl Place {
    /// A bare repository, or only the data of one.
    pub fn bare(git_dir: &Path, format: ObjectFormat) -> Self {
        Self {
            git_dir: git_dir.to_path_buf(),
            common_dir: git_dir.to_path_buf(),
            work_tree: None,
            index: None,
            objects: None,
            attributes: format.empty_tree().to_owned(),
        }
    }

    fn nowhere() -> Self {
        Self::bare(Path::new("/nonexistent"), ObjectFormat::Sha1)
    }

    pub fn objects(mut self, objects: &Path) -> Self {
        self.objects = Some(objects.to_path_buf());
        self
    }

    pub fn work_tree(mut self, work_tree: &Path, index: &Path) -> Self {
        self.work_tree = Some(work_tree.to_path_buf());
        self.index = Some(index.to_path_buf());
        self
    }

    pub fn attributes(mut self, tree: &str) -> Self {
        self.attributes = tree.to_owned();
        self
    }
}

/// One command, being put together.
#[must_use]
pub(crate) struct Call {
    git: Git,
    name: &'static str,
    args: Vec<OsString>,
    config: Vec<OsString>,
    unseen: Vec<(String, String)>,
    env: Vec<(&'static str, OsString)>,
    place: Place,
    stdin: Vec<u8>,
    limit: usize,
    accept: &'static [i32],
    owner_config: bool,
    as_owner: bool,
    quiet: bool,
}

/// What a command printed and how it ended.
#[derive(Debug)]
pub(crate) struct Output {
    pub code: i32,
    pub stdout: Vec<u8>,
}

impl Call {
    pub fn new(git: &Git, name: &'static str, place: Place) -> Self {
        let limit = git.settings().max_output;
        Self {
            git: git.clone(),
            name,
            args: vec![],
            config: vec![],
            unseen: vec![],
            env: vec![],
            place,
            stdin: vec![],
            limit,
            accept: &[0],
            owner_config: false,
            as_owner: false,
            quiet: false,
        }
    }

    pub fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.args.push(arg.as_ref().to_owned());
        self
    }

    pub fn args<S: AsRef<OsStr>>(mut self, args: impl IntoIterator<Item = S>) -> Self {
        self.args.extend(args.into_iter().map(|a| a.as_ref().to_owned()));
        self
    }

    pub fn config(mut self, setting: impl AsRef<OsStr>) -> Self {
        self.config.push(setting.as_ref().to_owned());
        self
    }

    /// A setting that may hold a secret: other users of the machine see command lines, but no environments.
    pub fn unseen(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.unseen.push((key.into(), value.into()));
        self
    }

    pub fn stdin(mut self, bytes: Vec<u8>) -> Self {
        self.stdin = bytes;
        self
    }

    pub fn limit(mut self, bytes: usize) -> Self {
        self.limit = bytes;
        self
    }

    /// Exit codes that are answers.
    pub fn accept(mut self, codes: &'static [i32]) -> Self {
        self.accept = codes;
        self
    }

    pub fn identity(mut self, who: &Identity, date: CommitDate) -> Self {
        for (name, value) in [("GIT_AUTHOR_NAME", who.name()), ("GIT_COMMITTER_NAME", who.name())] {
            self.env.push((name, value.into()));
        }
        for (name, value) in [("GIT_AUTHOR_EMAIL", who.email()), ("GIT_COMMITTER_EMAIL", who.email())] {
            self.env.push((name, value.into()));
        }
        for name in ["GIT_AUTHOR_DATE", "GIT_COMMITTER_DATE"] {
            self.env.push((name, date.to_string().into()));
        }
        self
    }

    /// Lets git read the owner's own configuration: for `config` and `var` alone, which run nothing.
    pub fn owner_config(mut self) -> Self {
        self.owner_config = true;
        self
    }

    /// Runs with the owner's rights: their home, environment and settings, and the way to other machines. For `push` alone, in
    /// the office's own repository, of what the owner approved.
    pub fn with_owners_rights(mut self) -> Self {
        self.as_owner = true;
        self
    }

    /// What it says on its standard error is dropped.
    pub fn quiet(mut self) -> Self {
        self.quiet = true;
        self
    }

    /// Runs to the end.
    pub async fn run(self) -> Result<Output> {
        let (name, limit, accept) = (self.name, self.limit, self.accept);
        let place = self.place.work_tree.as_ref().unwrap_or(&self.place.git_dir).clone();
        let mut running = self.start()?;
        let (code, stdout, stderr) = running.finish(limit).await?;
        match code {
            Some(code) if accept.contains(&code) => Ok(Output { code, stdout }),
            code => {
                let status = code.map_or("ended by a signal".to_owned(), |c| format!("exit code {c}"));
                Err(GitError::from_stderr(name, status, &stderr, &place))
            }
        }
    }

    /// Runs to the end; the first line of what it printed.
    pub async fn line(self) -> Result<String> {
        let out = self.run().await?;
        Ok(String::from_utf8_lossy(&out.stdout).lines().next().unwrap_or_default().to_owned())
    }

    /// Starts it and leaves reading and ending to the caller.
    pub fn start(self) -> Result<Running> {
        let settings = self.git.settings();
        #[expect(
            clippy::disallowed_methods,
            reason = "the one place of the product that starts git; ended with its group by `Running`"
        )]
        let mut command = Command::new(settings.found());
        if self.as_owner {
            let ours = |name: &str| name.starts_with("GIT_") || name.starts_with("OFFICE_");
            let theirs = |name: &str| OWNERS_WAY.contains(&name) || !ours(name);
            let kept = std::env::vars_os().filter(|(name, _)| name.to_str().is_some_and(theirs));
            command.env_clear().envs(kept).env("LC_ALL", "C.UTF-8");
        } else {
            command.env_clear().env("PATH", &settings.path).env("LANG", "C.UTF-8");
        }
        for (name, value) in [
            ("GIT_TERMINAL_PROMPT", "0"),
            ("GIT_ALLOW_PROTOCOL", if self.as_owner { "file:git:http:https:ssh" } else { "file" }),
            ("GIT_OPTIONAL_LOCKS", "0"),
            ("GIT_NO_REPLACE_OBJECTS", "1"),
            ("GIT_NO_LAZY_FETCH", "1"),
            ("GIT_LITERAL_PATHSPECS", "1"),
            ("GIT_ATTR_NOSYSTEM", "1"),
            ("GIT_GRAFT_FILE", "/nonexistent"),
            // Who stands in reflogs where no person is named; without it git would ask the network for this host's name.
            ("GIT_COMMITTER_NAME", "office"),
            ("GIT_COMMITTER_EMAIL", "office@localhost"),
        ] {
            command.env(name, value);
        }
        if self.owner_config || self.as_owner {
            command.env("HOME", settings.owner_home.as_deref().unwrap_or(Path::new("/nonexistent")));
            if let Some(home) = &settings.owner_config_home {
                command.env("XDG_CONFIG_HOME", home);
            }
        } else {
            command.env("HOME", "/nonexistent").env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_CONFIG_GLOBAL", "/dev/null");
        }
        let place = &self.place;
        command
            .env("GIT_DIR", &place.git_dir)
            .env("GIT_COMMON_DIR", &place.common_dir)
            .env("GIT_ATTR_SOURCE", &place.attributes);
        if let Some(work_tree) = &place.work_tree {
            command.env("GIT_WORK_TREE", work_tree).current_dir(work_tree);
        } else {
            command.current_dir("/");
        }
        if let Some(index) = &place.index {
            command.env("GIT_INDEX_FILE", index);
        }
        if let Some(objects) = &place.objects {
            command.env("GIT_OBJECT_DIRECTORY", objects);
        }
        command.envs(self.env.iter().map(|(name, value)| (name, value)));
        if !self.unseen.is_empty() {
            command.env("GIT_CONFIG_COUNT", self.unseen.len().to_string());
        }
        for (number, (key, value)) in self.unseen.iter().enumerate() {
            command.env(format!("GIT_CONFIG_KEY_{number}"), key).env(format!("GIT_CONFIG_VALUE_{number}"), value);
        }
        command.arg("--no-pager");
        for setting in ALWAYS {
            let reaches = setting.split('=').next().is_some_and(|key| REACHES.contains(&key));
            if !(self.as_owner && reaches) {
                command.arg("-c").arg(setting);
            }
        }
        for setting in &self.config {
            command.arg("-c").arg(setting);
        }
        command.arg(self.name).args(&self.args);
        let fed = !self.stdin.is_empty();
        command.stdin(if fed { Stdio::piped() } else { Stdio::null() });
        command
            .stdout(Stdio::piped())
            .stderr(if self.quiet { Stdio::null() } else { Stdio::piped() })
            .process_group(0)
            .kill_on_drop(true);
        let child = command.spawn().map_err(|e| match e.kind() {
            std::io::ErrorKind::NotFound if place.work_tree.as_deref().is_none_or(Path::is_dir) => {
                GitError::GitMissing { program: settings.program.display().to_string() }
            }
            _ => GitError::io("starting git", place.work_tree.as_deref().unwrap_or(&settings.program), e),
        })?;
        let group = child.id().and_then(|id| i32::try_from(id).ok());
        Ok(Running { child, group, name: self.name, timeout: settings.timeout, stdin: self.stdin })
    }

    /// As [`Call::start`], with a standard input that stays open for the caller.
    pub fn start_fed(mut self) -> Result<Running> {
        self.stdin = vec![0];
        let mut running = self.start()?;
        running.stdin.clear();
        Ok(running)
    }
}

/// A git that runs. Dropping it ends its whole process group.
pub(crate) struct Running {
    pub child: Child,
    group: Option<i32>,
    name: &'static str,
    pub timeout: Duration,
    stdin: Vec<u8>,
}

impl Running {
    /// Feeds, reads and waits within the time limit.
    pub async fn finish(&mut self, limit: usize) -> Result<(Option<i32>, Vec<u8>, Vec<u8>)> {
        let (input, stdout, stderr) = (self.child.stdin.take(), self.child.stdout.take(), self.child.stderr.take());
        let bytes = std::mem::take(&mut self.stdin);
        let feed = async move {
            if let Some(mut pipe) = input {
                // A git that stops reading says why on its standard error; a broken pipe adds nothing.
                let _ = pipe.write_all(&bytes).await;
            }
        };
        let work = async {
            let ((), stdout, stderr) = tokio::join!(feed, read_bounded(stdout, limit), read_bounded(stderr, 64 << 10));
            (stdout, stderr)
        };
        let timeout = self.timeout;
        let Ok((stdout, stderr)) = tokio::time::timeout(timeout, work).await else {
            return Err(
                self.timed_out("the machine may be overloaded, or a named pipe may lie where a file is expected")
            );
        };
        let (Some(stdout), stderr) = (stdout, stderr.unwrap_or_default()) else {
            self.end();
            return Err(GitError::TooMuchOutput { command: self.name.to_owned(), limit });
        };
        let code = self.wait().await?;
        Ok((code, stdout, stderr))
    }

    /// Waits for the end within the time limit.
    pub async fn wait(&mut self) -> Result<Option<i32>> {
        match tokio::time::timeout(self.timeout, self.child.wait()).await {
            Ok(Ok(status)) => {
                self.group = None;
                Ok(status.code())
            }
            Ok(Err(e)) => Err(GitError::io("waiting for git", Path::new(self.name), e)),
            Err(_) => Err(self.timed_out("the machine may be overloaded")),
        }
    }

    pub fn timed_out(&mut self, hint: &str) -> GitError {
        self.end();
        GitError::TimedOut { command: self.name.to_owned(), seconds: self.timeout.as_secs(), hint: hint.to_owned() }
    }

    fn end(&mut self) {
        // Asked, not killed: git then removes its lock files, and nothing in it ever refuses to end.
        if let Some(group) = self.group.take() {
            let _ = killpg(Pid::from_raw(group), Signal::SIGTERM);
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.end();
    }
}

/// Everything a pipe holds, or nothing when it is more than `limit`.
pub(crate) async fn read_bounded(pipe: Option<impl AsyncRead + Unpin>, limit: usize) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    if let Some(mut pipe) = pipe {
        let cap = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
        let _ = (&mut pipe).take(cap).read_to_end(&mut out).await;
    }
    (out.len() <= limit).then_some(out)
}
