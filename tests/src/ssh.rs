//! A real OpenSSH server on a loopback port, run by the current user with keys made for it, and an `ssh` that knows it.

use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::bench::PATIENCE;
use crate::processes;

/// The server; it ends with this.
#[derive(Debug)]
pub struct SshServer {
    server: Child,
    path: PathBuf,
}

fn sshd() -> PathBuf {
    let here = ["/usr/sbin/sshd", "/usr/local/sbin/sshd", "/usr/bin/sshd"].map(PathBuf::from);
    here.into_iter().find(|path| path.is_file()).expect("sshd is there: `apt-get install openssh-server`")
}

#[expect(clippy::disallowed_methods, reason = "programs that a test needs around it, waited for")]
fn run(program: &str, args: &[&str]) {
    let output = Command::new(program).args(args).output().expect("it starts");
    assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
}

impl SshServer {
    /// Starts one that is called `vm`, with its files in `dir`.
    #[expect(clippy::disallowed_methods, reason = "the server of the test, killed and waited for")]
    pub fn start(dir: &Path) -> Self {
        let at = |name: &str| dir.join(name).display().to_string();
        std::fs::create_dir_all(dir).expect("a folder");
        for key in ["host_key", "user_key"] {
            run("ssh-keygen", &["-q", "-t", "ed25519", "-N", "", "-f", &at(key)]);
        }
        if nix::unistd::geteuid().is_root() {
            // What a package's start script makes.
            std::fs::create_dir_all("/run/sshd").expect("sshd's own folder");
        }
        let free = TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr());
        let port = free.expect("a free port").port();
        let host_key = std::fs::read_to_string(at("host_key.pub")).expect("a key");
        std::fs::copy(at("user_key.pub"), at("authorized")).expect("a key");
        let write = |name: &str, text: String| std::fs::write(at(name), text).expect("a file");
        write("known", format!("[127.0.0.1]:{port} {host_key}"));
        write(
            "server.conf",
            format!(
                "ListenAddress 127.0.0.1\nPort {port}\nHostKey {}\nAuthorizedKeysFile {}\nPidFile none\nUsePAM no\n\
                 StrictModes no\nPasswordAuthentication no\nKbdInteractiveAuthentication no\nPermitRootLogin yes\n\
                 MaxStartups 100\n",
                at("host_key"),
                at("authorized")
            ),
        );
        write(
            "client.conf",
            format!(
                "Host vm\n  HostName 127.0.0.1\n  Port {port}\n  IdentityFile {}\n  IdentitiesOnly yes\n  \
                 UserKnownHostsFile {}\n  StrictHostKeyChecking yes\n",
                at("user_key"),
                at("known")
            ),
        );
        // ssh takes its configuration from the home of the user, not from HOME.
        let ssh = dir.join("bin/ssh");
        std::fs::create_dir_all(dir.join("bin")).expect("a folder");
        std::fs::write(&ssh, format!("#!/bin/sh\nexec /usr/bin/ssh -F '{}' \"$@\"\n", at("client.conf")))
            .expect("a file");
        run("chmod", &["755", &ssh.display().to_string()]);
        // Newer servers shut out whoever is cut too often; older ones do not know the word.
        let lenient = ["-o", "PerSourcePenalties=no"];
        let known = Command::new(sshd()).args(["-t", "-f", &at("server.conf")]).args(lenient).output();
        let mut command = Command::new(sshd());
        if known.is_ok_and(|tried| tried.status.success()) {
            command.args(lenient);
        }
        command.args(["-D", "-e", "-f", &at("server.conf")]).stdin(Stdio::null());
        let log = std::fs::File::create(at("server.log")).expect("a log");
        let server = command.stderr(log).spawn().expect("sshd starts");
        let until = std::time::Instant::now() + PATIENCE;
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            let log = std::fs::read_to_string(at("server.log")).unwrap_or_default();
            assert!(std::time::Instant::now() < until, "sshd does not listen: {log}");
            std::thread::sleep(std::time::Duration::from_millis(10)); // waits for: the server
        }
        Self { server, path: dir.join("bin") }
    }

    /// The `PATH` on which this `ssh` comes first.
    pub fn path(&self) -> String {
        format!("{}:{}", self.path.display(), std::env::var("PATH").unwrap_or_default())
    }

    /// Processes of the connections there are.
    pub fn connections(&self) -> Vec<u32> {
        processes::children_of(self.server.id())
    }

    /// Cuts every connection, as a network that fails does: nobody says goodbye.
    pub fn cut(&self) -> usize {
        let connections = self.connections();
        for pid in &connections {
            for child in processes::children_of(*pid) {
                processes::kill(child);
            }
            processes::kill(*pid);
        }
        connections.len()
    }
}

impl Drop for SshServer {
    fn drop(&mut self) {
        self.cut();
        // It may have ended.
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}
