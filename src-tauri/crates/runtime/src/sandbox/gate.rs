//! The far side of a sandbox's loopback: an HTTP proxy that connects to listed hosts on port 443 and to nothing else. Names are
//! resolved here, and what leads into the owner's own network is refused whatever it is called.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpStream, UnixListener, UnixStream};
use tokio::sync::Semaphore;

/// Where packages come from: what every desk may reach. None of them takes uploads without a token, and desks have none.
const REGISTRIES: [&str; 12] = [
    "index.crates.io",
    "static.crates.io",
    "crates.io",
    "registry.npmjs.org",
    "registry.yarnpkg.com",
    "pypi.org",
    "files.pythonhosted.org",
    "proxy.golang.org",
    "sum.golang.org",
    "rubygems.org",
    "repo.maven.apache.org",
    "repo1.maven.org",
];
const HTTPS: u16 = 443;
/// At once, per sandbox.
const CONNECTIONS: usize = 256;
const LONGEST_REQUEST: usize = 8 * 1024;
const ASKING: Duration = Duration::from_secs(10);
const CONNECTING: Duration = Duration::from_secs(20);
/// The longest path of a socket, with its closing NUL.
const LONGEST_PATH: usize = 107;

/// Where one sandbox may go.
#[derive(Clone, Debug)]
pub(crate) struct Reach {
    hosts: Vec<String>,
    ports: Vec<u16>,
}

impl Reach {
    /// The registries, these hosts, and these ports of the owner's loopback.
    pub(crate) fn new(hosts: Vec<String>, ports: Vec<u16>) -> Self {
        Self { hosts, ports }
    }

    fn allows(&self, host: &str) -> bool {
        let host = host.to_ascii_lowercase();
        let fits = |known: &str| match known.strip_prefix("*.") {
            Some(above) => host.strip_suffix(above).is_some_and(|rest| rest.ends_with('.') && rest.len() > 1),
            None => host == known.to_ascii_lowercase(),
        };
        REGISTRIES.iter().any(|known| fits(known)) || self.hosts.iter().any(|known| fits(known))
    }
}

/// A listening gate.
pub(crate) struct Gate {
    listener: UnixListener,
    reach: Arc<Reach>,
}

impl Gate {
    /// Listens in `dir`.
    pub(crate) fn open(dir: &Path, reach: Reach) -> io::Result<Self> {
        let socket = dir.join(office_sandbox::NET);
        match std::fs::remove_file(&socket) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        Ok(Self { listener: listen(&socket)?, reach: Arc::new(reach) })
    }

    /// Lets connections through; `start` has each looked after.
    pub(crate) async fn keep<F>(self, start: F)
    where
        F: Fn(std::pin::Pin<Box<dyn Future<Output = ()> + Send>>),
    {
        let room = Arc::new(Semaphore::new(CONNECTIONS));
        loop {
            let Ok(place) = room.clone().acquire_owned().await else { return };
            match self.listener.accept().await {
                Ok((stream, _)) => {
                    let reach = self.reach.clone();
                    start(Box::pin(async move {
                        // Either side may go away at any time.
                        let _ = pass(stream, &reach).await;
                        drop(place);
                    }));
                }
                Err(error) => {
                    tracing::warn!(%error, "a connection out of a sandbox could not be taken");
                    tokio::time::sleep(Duration::from_millis(200)).await;
                }
            }
        }
    }
}

/// Binds a socket whose path may be longer than a socket's path can be.
pub(crate) fn listen(socket: &Path) -> io::Result<UnixListener> {
    use std::os::fd::AsRawFd;
    if socket.as_os_str().len() <= LONGEST_PATH {
        return UnixListener::bind(socket);
    }
    let (Some(dir), Some(name)) = (socket.parent(), socket.file_name()) else {
        return Err(io::Error::other("a socket needs a folder"));
    };
    let dir = std::fs::File::open(dir)?;
    UnixListener::bind(Path::new("/proc/self/fd").join(dir.as_raw_fd().to_string()).join(name))
}

async fn pass(mut near: UnixStream, reach: &Reach) -> io::Result<()> {
    let Ok(asked) = tokio::time::timeout(ASKING, request(&mut near)).await else { return Ok(()) };
    let aim = match wanted(&asked?, reach) {
        Ok(aim) => aim,
        Err(why) => return refuse(&mut near, "403 Forbidden", &why).await,
    };
    let far = match tokio::time::timeout(CONNECTING, connect(&aim)).await {
        Ok(Ok(far)) => far,
        Ok(Err(error)) if error.kind() == io::ErrorKind::PermissionDenied => {
            return refuse(&mut near, "403 Forbidden", &error.to_string()).await;
        }
        Ok(Err(error)) => return refuse(&mut near, "502 Bad Gateway", &error.to_string()).await,
        Err(_) => return refuse(&mut near, "504 Gateway Timeout", "it did not answer in time").await,
    };
    let mut far = far;
    near.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await?;
    copy_bidirectional(&mut near, &mut far).await.map(drop)
}

async fn request(near: &mut UnixStream) -> io::Result<String> {
    let mut text = Vec::new();
    let mut byte = [0];
    // One by one, so that nothing behind the request is taken with it.
    while !text.ends_with(b"\r\n\r\n") {
        if text.len() >= LONGEST_REQUEST || near.read(&mut byte).await? == 0 {
            return Err(io::ErrorKind::InvalidData.into());
        }
        text.push(byte[0]);
    }
    Ok(String::from_utf8_lossy(&text).into_owned())
}

async fn refuse(near: &mut UnixStream, status: &str, why: &str) -> io::Result<()> {
    tracing::info!(why, "a sandbox was not let out");
    let body = format!("{why}\n");
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/plain\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
    );
    near.write_all(head.as_bytes()).await?;
    near.write_all(body.as_bytes()).await?;
    near.shutdown().await
}

#[derive(Debug, PartialEq, Eq)]
enum Aim {
    Host(String),
    Loopback(u16),
}

/// Where a request wants to go, if it may.
fn wanted(request: &str, reach: &Reach) -> Result<Aim, String> {
    let line = request.lines().next().unwrap_or_default();
    let mut words = line.split(' ');
    let (verb, place) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    if verb != "CONNECT" {
        return Err("only https leaves this desk".to_owned());
    }
    let Some((host, port)) = place.rsplit_once(':') else { return Err("no host and port".to_owned()) };
    let port: u16 = port.parse().map_err(|_| "no host and port".to_owned())?;
    if host == "127.0.0.1" && reach.ports.contains(&port) {
        return Ok(Aim::Loopback(port));
    }
    let named = host.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.'));
    if !named || port != HTTPS || !reach.allows(host) {
        let shown: String = host.chars().filter(|c| !c.is_control()).take(100).collect();
        return Err(format!(
            "this desk may not reach {shown}:{port}; its owner may list the host: `office project set PROJECT --reach {shown}`"
        ));
    }
    Ok(Aim::Host(host.to_ascii_lowercase()))
}

async fn connect(aim: &Aim) -> io::Result<TcpStream> {
    let host = match aim {
        Aim::Loopback(port) => return TcpStream::connect((Ipv4Addr::LOCALHOST, *port)).await,
        Aim::Host(host) => host,
    };
    let mut refused = None;
    // Looked up once, and connected to exactly what was looked at.
    for address in tokio::net::lookup_host((host.as_str(), HTTPS)).await? {
        if !is_public(address.ip()) {
            let why = format!("{host} leads into a private network ({})", address.ip());
            refused = Some(io::Error::new(io::ErrorKind::PermissionDenied, why));
            continue;
        }
        match TcpStream::connect(SocketAddr::new(address.ip(), HTTPS)).await {
            Ok(stream) => return Ok(stream),
            Err(error) => refused = Some(error),
        }
    }
    Err(refused.unwrap_or_else(|| io::Error::other(format!("{host} has no address"))))
}

/// Whether an address is one of the internet's: not this machine, its network, or what a cloud tells its machines.
fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => {
            let [a, b, c, _] = ip.octets();
            let shared = a == 100 && (64..128).contains(&b);
            let special = a == 0 || a >= 224 || (a, b, c) == (192, 0, 0) || (a == 198 && (b == 18 || b == 19));
            !(ip.is_loopback() || ip.is_private() || ip.is_link_local() || ip.is_documentation() || shared || special)
        }
        IpAddr::V6(ip) => {
            // Addresses that carry an IPv4 one are what that is.
            if let Some(inner) = ip.to_ipv4() {
                return is_public(IpAddr::V4(inner));
            }
            let head = ip.segments();
            let translated = head[0] == 0x64 && head[1] == 0xff9b || head[0] == 0x2002;
            // 2000::/3 is all that is given out.
            head[0] & 0xe000 == 0x2000 && !translated && !(head[0] == 0x2001 && head[1] < 0x200)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(line: &str) -> Result<Aim, String> {
        let reach = Reach::new(vec!["example.org".to_owned(), "*.example.net".to_owned()], vec![9999]);
        wanted(&format!("{line} HTTP/1.1\r\nHost: x\r\n\r\n"), &reach)
    }

    #[test]
    fn listed_hosts_are_reached_by_https_and_nothing_else_is() {
        for host in ["example.org", "EXAMPLE.org", "a.example.net", "registry.npmjs.org"] {
            assert_eq!(asked(&format!("CONNECT {host}:443")), Ok(Aim::Host(host.to_ascii_lowercase())));
        }
        for line in [
            "CONNECT example.org:22",
            "CONNECT example.com:443",
            "CONNECT notexample.org:443",
            "CONNECT example.org.evil.com:443",
            "CONNECT example.net:443",
            "CONNECT evil-example.net:443",
            "CONNECT 127.0.0.1:443",
            "CONNECT 127.0.0.1:22",
            "CONNECT localhost:9999",
            "CONNECT [::1]:443",
            "CONNECT example.org",
            "GET http://example.org/",
            "POST /v1/messages",
            "",
        ] {
            assert!(asked(line).is_err(), "{line}");
        }
        assert_eq!(asked("CONNECT 127.0.0.1:9999"), Ok(Aim::Loopback(9999)));
    }

    #[test]
    fn a_name_does_not_lead_into_the_owners_network() {
        for ip in [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "224.0.0.1",
            "255.255.255.255",
            "::1",
            "::",
            "fe80::1",
            "fd00::1",
            "::ffff:10.0.0.1",
            "::ffff:127.0.0.1",
            "64:ff9b::a00:1",
            "ff02::1",
            "2002:a00:1::",
            "2001::1",
        ] {
            assert!(!is_public(ip.parse().unwrap()), "{ip}");
        }
        for ip in ["1.1.1.1", "140.82.121.4", "2606:4700::1111", "2a00:1450:4001::200e"] {
            assert!(is_public(ip.parse().unwrap()), "{ip}");
        }
    }
}
