//! A directory with a detached host in it, ended with the test, and a proxy that cuts its connections at will.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test ends where its world does")]
#![allow(dead_code, reason = "each test file uses a part of this")]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use office_pty::detached::{Holder, RemoteHost, start_detached};
use office_pty::{Piece, PtyHost, SessionId, View, ViewFrom};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::Notify;
use tokio::task::JoinSet;

pub const HOST: &str = env!("CARGO_BIN_EXE_office-host");
pub const LONG: Duration = Duration::from_secs(30);

pub async fn within<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(LONG, what).await.expect("not within 30 s")
}

/// Waits until it is so.
pub async fn until(what: &str, so: impl Fn() -> bool) {
    let end = Instant::now() + LONG;
    while !so() {
        assert!(Instant::now() < end, "not within 30 s: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

pub struct Den {
    root: tempfile::TempDir,
}

impl Den {
    pub fn new() -> Self {
        Self { root: tempfile::tempdir().unwrap() }
    }

    pub fn path(&self) -> PathBuf {
        self.root.path().join("host")
    }

    /// A file beside the host's directory.
    pub fn file(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    pub async fn start(&self) -> RemoteHost {
        start_detached(&self.path(), Path::new(HOST), LONG).await.unwrap()
    }

    pub fn log(&self) -> String {
        std::fs::read_to_string(self.path().join("host.log")).unwrap_or_default()
    }
}

impl Drop for Den {
    fn drop(&mut self) {
        let Some(holder) = holder(&self.path()) else { return };
        let until = Instant::now() + Duration::from_secs(8);
        while holder.is_alive() && Instant::now() < until {
            let _ = kill(Pid::from_raw(holder.pid), Signal::SIGTERM);
            std::thread::sleep(Duration::from_millis(5));
        }
        if holder.is_alive() {
            let _ = kill(Pid::from_raw(holder.pid), Signal::SIGKILL);
        }
    }
}

pub fn holder(dir: &Path) -> Option<Holder> {
    serde_json::from_slice(&std::fs::read(dir.join("host.lock")).ok()?).ok()
}

pub async fn kill_host(dir: &Path) {
    let holder = holder(dir).unwrap();
    kill(Pid::from_raw(holder.pid), Signal::SIGKILL).unwrap();
    until("the host is gone", || !holder.is_alive()).await;
}

/// Reads from `from` to the end; panics on a gap.
pub async fn rest(host: &dyn PtyHost, id: SessionId, from: u64) -> Vec<u8> {
    let mut view = host.attach(id, ViewFrom::Offset(from)).await.unwrap();
    view.grant(u64::MAX);
    let mut all = Vec::new();
    within(read_on(&mut *view, from, &mut all)).await;
    all
}

/// Reads to the end what comes next after `all`, which begins at `from`.
pub async fn read_on(view: &mut dyn View, from: u64, all: &mut Vec<u8>) {
    while let Some(piece) = view.next().await {
        match piece {
            Piece::Bytes { offset, bytes } => {
                assert_eq!(offset, from + all.len() as u64);
                all.extend_from_slice(&bytes);
            }
            Piece::Gap { from, to } => panic!("gap {from}..{to}"),
            Piece::End(end) => assert_eq!(end.end, from + all.len() as u64),
        }
    }
}

/// Everything that was recorded.
pub async fn recorded(host: &dyn PtyHost, id: SessionId) -> Vec<u8> {
    let mut all = Vec::new();
    loop {
        let back = host.recorded(id, all.len() as u64, 4 * 1024 * 1024).await.unwrap();
        assert_eq!(back.offset, all.len() as u64);
        if back.bytes.is_empty() {
            return all;
        }
        all.extend_from_slice(&back.bytes);
    }
}

/// Stands between a client and the host; a client connects to `dir` as if it were the host's.
pub struct Proxy {
    pub dir: tempfile::TempDir,
    switch: Arc<Switch>,
    _tasks: JoinSet<()>,
}

#[derive(Default)]
struct Switch {
    cut: Notify,
    swallow: AtomicBool,
    connections: AtomicUsize,
}

impl Proxy {
    pub fn before(real: &Path) -> Self {
        let dir = tempfile::tempdir().unwrap();
        std::fs::copy(real.join("host.lock"), dir.path().join("host.lock")).unwrap();
        let listener = UnixListener::bind(dir.path().join("host.sock")).unwrap();
        let switch = Arc::new(Switch::default());
        let (real, shared) = (real.join("host.sock"), Arc::clone(&switch));
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let mut lines = JoinSet::new();
            loop {
                let (client, _) = listener.accept().await.unwrap();
                let Ok(host) = UnixStream::connect(&real).await else { continue };
                let switch = Arc::clone(&shared);
                switch.connections.fetch_add(1, Ordering::Relaxed);
                lines.spawn(async move {
                    let (mut client_read, mut client_write) = client.into_split();
                    let (mut host_read, mut host_write) = host.into_split();
                    tokio::select! {
                        _ = tokio::io::copy(&mut client_read, &mut host_write) => {}
                        () = answers(&mut host_read, &mut client_write, &switch) => {}
                        () = switch.cut.notified() => {}
                    }
                });
            }
        });
        Self { dir, switch, _tasks: tasks }
    }

    /// Cuts every connection there is.
    pub fn cut(&self) {
        self.switch.cut.notify_waiters();
    }

    /// The next thing the host says is lost, and the connection with it.
    pub fn swallow(&self) {
        self.switch.swallow.store(true, Ordering::Release);
    }

    pub fn connections(&self) -> usize {
        self.switch.connections.load(Ordering::Relaxed)
    }
}

async fn answers(from: &mut (impl AsyncReadExt + Unpin), to: &mut (impl AsyncWriteExt + Unpin), switch: &Switch) {
    let mut buffer = vec![0; 16 * 1024];
    while let Ok(n) = from.read(&mut buffer).await {
        if n == 0 || switch.swallow.swap(false, Ordering::AcqRel) || to.write_all(&buffer[..n]).await.is_err() {
            return;
        }
    }
}

/// A client by hand: frames as the wire has them.
pub struct Hand(pub std::os::unix::net::UnixStream);

impl Hand {
    pub fn connect(dir: &Path) -> Self {
        Self(std::os::unix::net::UnixStream::connect(dir.join("host.sock")).unwrap())
    }

    pub fn say(&mut self, json: &str) {
        use std::io::Write;
        let mut frame = u32::try_from(json.len()).unwrap().to_le_bytes().to_vec();
        frame.push(0);
        frame.extend_from_slice(json.as_bytes());
        self.0.write_all(&frame).unwrap();
    }

    /// The next frame: kind and payload; `None` at the end.
    pub fn hear(&mut self) -> Option<(u8, Vec<u8>)> {
        use std::io::Read;
        let mut header = [0; 5];
        self.0.read_exact(&mut header).ok()?;
        let mut payload = vec![0; u32::from_le_bytes(header[..4].try_into().unwrap()) as usize];
        self.0.read_exact(&mut payload).ok()?;
        Some((header[4], payload))
    }

    pub fn hear_json(&mut self) -> serde_json::Value {
        let (kind, payload) = self.hear().expect("the host hung up");
        assert_eq!(kind, 0);
        serde_json::from_slice(&payload).unwrap()
    }
}

/// Numbers that are the same in every run of the same seed.
pub struct Seeded(pub u64);

impl Seeded {
    pub fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }
}
