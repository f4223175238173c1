//! Reaches the door of an office on another machine, through the system's ssh with its keys and its configuration.
//! One connection is one ssh, which runs `office door` there; what is spoken through it is the door's, and making it again
//! after a cut is the caller's, who alone knows what may be asked twice.

mod destination;

use std::os::fd::OwnedFd;
use std::process::Stdio;
use std::time::Duration;

use office_core::{Code, Refusal};
use office_door::{Client, ClientError};
use tokio::io::AsyncReadExt;
use tokio::net::UnixStream;
use tokio::process::{Child, ChildStderr, Command};

pub use destination::Destination;

/// ssh's own code for what went wrong with itself.
const SSH_FAILED: i32 = 255;
/// A shell's code for a program it does not find.
const NO_PROGRAM: i32 = 127;
/// How long an ssh whose connection failed may take to say why.
const LAST_WORDS: Duration = Duration::from_secs(5);
/// What is kept of what it says.
const WORDS_MAX: u64 = 16 * 1024;

/// Whether somebody sits there whom ssh may ask for a passphrase or about an unknown host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asking {
    /// On the terminal of this process.
    Terminal,
    /// Nobody: what needs an answer fails.
    Nobody,
}

/// The ssh behind a client. Dropping it cuts the connection.
#[derive(Debug)]
pub struct Line {
    ssh: Child,
}

impl Line {
    /// The process, for those who want to see it.
    pub fn pid(&self) -> Option<u32> {
        self.ssh.id()
    }
}

/// Connects to the office at `to`; `name` is program and version for its log.
///
/// # Errors
/// `Refused` with what ssh or the office there said and the way out.
pub async fn connect(to: &Destination, name: &str, asking: Asking) -> Result<(Client, Line), ClientError> {
    let lost = |error: std::io::Error| ClientError::Lost(error.to_string());
    let (ours, theirs) = std::os::unix::net::UnixStream::pair().map_err(lost)?;
    ours.set_nonblocking(true).map_err(lost)?;
    let mut ssh = start(to, asking, theirs).map_err(|error| {
        let way_out = "install OpenSSH's `ssh`; it must be on the PATH";
        ClientError::Refused(Refusal::new(Code::Unavailable, format!("ssh does not start: {error}"), way_out))
    })?;
    let words = ssh.stderr.take();
    let stream = UnixStream::from_std(ours).map_err(lost)?;
    match Client::over(stream, name).await {
        Ok(client) => {
            // Nobody reads on; what ssh says later of a cut is seen at the client.
            drop(words);
            Ok((client, Line { ssh }))
        }
        // The office there has said why itself.
        Err(ClientError::Refused(refusal)) => Err(ClientError::Refused(refusal)),
        Err(error) => Err(why(to, &mut ssh, words, &error).await),
    }
}

/// The one place that starts ssh.
#[expect(clippy::disallowed_methods, reason = "ssh is this crate's to start; it ends with its line")]
fn start(to: &Destination, asking: Asking, theirs: std::os::unix::net::UnixStream) -> std::io::Result<Child> {
    let mut command = Command::new("ssh");
    // No terminal there, none of the configuration's own forwards, and a line that is dead is noticed.
    command.args(["-T", "-x", "-a", "-oClearAllForwardings=yes", "-oRemoteCommand=none", "-oPermitLocalCommand=no"]);
    command.args(["-oServerAliveInterval=15", "-oServerAliveCountMax=3", "-oConnectTimeout=20"]);
    if asking == Asking::Nobody {
        command.arg("-oBatchMode=yes");
    }
    command.arg("--").arg(to.host()).arg(to.command());
    let input = OwnedFd::from(theirs.try_clone()?);
    command.stdin(Stdio::from(input)).stdout(Stdio::from(OwnedFd::from(theirs))).stderr(Stdio::piped());
    // A desk's token is for its own office, on its own machine.
    command.env_remove("OFFICE_TOKEN").kill_on_drop(true);
    command.spawn()
}

/// What ssh, or the program there, said of its failure.
async fn why(to: &Destination, ssh: &mut Child, words: Option<ChildStderr>, error: &ClientError) -> ClientError {
    let mut said = Vec::new();
    let ended = async {
        if let Some(words) = words {
            // What was read until it broke off is what there is.
            let _ = words.take(WORDS_MAX).read_to_end(&mut said).await;
        }
        ssh.wait().await
    };
    let status = tokio::time::timeout(LAST_WORDS, ended).await;
    let code = status.ok().and_then(Result::ok).and_then(|status| status.code());
    let said = String::from_utf8_lossy(&said);
    let last = said.lines().map(str::trim).rfind(|line| !line.is_empty()).unwrap_or_default().to_owned();
    let last = if last.is_empty() { error.to_string() } else { last };
    let host = to.host();
    let (code, message, way_out) = match code {
        Some(SSH_FAILED) if said.contains("HOST IDENTIFICATION HAS CHANGED") => {
            let way_out =
                format!("find out why before you connect: another machine may answer there; then see `ssh {host}`");
            (Code::NotAllowed, format!("{host} shows another key than the one it is known by"), way_out)
        }
        Some(SSH_FAILED) if said.contains("Host key verification failed") => {
            let way_out =
                format!("`ssh {host}` once in a terminal shows its key and asks; compare it with the machine's");
            (Code::NotAllowed, format!("the key of {host} is not known here"), way_out)
        }
        Some(SSH_FAILED) if said.contains("Permission denied") => {
            let way_out = format!(
                "`ssh {host}` must work without asking: `ssh-copy-id {host}` puts a key there, `ssh-add` gives one to the \
                 agent"
            );
            (Code::NotAllowed, format!("{host} does not let you in: {last}"), way_out)
        }
        Some(SSH_FAILED) => {
            let way_out = format!("see that `ssh {host} true` works: keys, host name and network are ssh's own matter");
            (Code::Unavailable, format!("ssh does not reach {host}: {last}"), way_out)
        }
        Some(NO_PROGRAM) => {
            let way_out = format!(
                "install Afterhours on {host}, where `ssh {host} office --version` finds it, or say where it is with \
                 OFFICE_REMOTE_PROGRAM"
            );
            (Code::Unavailable, format!("there is no `{}` on {host}: {last}", to.program()), way_out)
        }
        // As the command line says that no office runs.
        Some(3) => {
            let way_out = format!("`ssh {host} office run` runs it; `ssh {host} office autostart on` keeps it running");
            (Code::NoOffice, format!("on {host}: {last}"), way_out)
        }
        _ => {
            let way_out = format!("see what `ssh {host} office status` says");
            (Code::NoOffice, format!("{host} was reached, and did not answer as an office does: {last}"), way_out)
        }
    };
    ClientError::Refused(Refusal::new(code, message, way_out))
}
