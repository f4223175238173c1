//! A model's server of a few lines, a program behind a real meter, and a client for it. The server does what each test hands it.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test's own processes, which end with it")]

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use office_meter::account::{Account, place};
use office_meter::budget::{Budget, Budgets, Counted, Limits};
use office_meter::usage::{Prices, Sum};
use office_meter::{Config, Model, Placed, Speaks};

pub const SECRET: &str = "0123456789abcdef0123456789abcdef";
pub const KEY: &str = "sk-ant-never-written-down";
pub const PROMPT: &str = "the owner's marzipan";

/// What the server was asked: head and body.
pub type Asked = (String, String);
type Answers = Box<dyn Fn(&Asked, &mut TcpStream) + Send + Sync>;

pub struct Server {
    pub url: String,
    pub asked: Arc<Mutex<Vec<Asked>>>,
}

impl Server {
    pub fn start(answers: impl Fn(&Asked, &mut TcpStream) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (asked, answers): (Arc<Mutex<Vec<Asked>>>, Arc<Answers>) = (Arc::default(), Arc::new(Box::new(answers)));
        let seen = asked.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (Ok(stream), seen, answers) = (stream, seen.clone(), answers.clone()) else { return };
                std::thread::spawn(move || {
                    stream.set_nodelay(true).unwrap();
                    let mut reader = BufReader::new(stream.try_clone().unwrap());
                    let mut stream = stream;
                    while let Some(one) = message(&mut reader) {
                        seen.lock().unwrap().push(one.clone());
                        answers(&one, &mut stream);
                    }
                });
            }
        });
        Self { url, asked }
    }

    pub fn calls(&self) -> usize {
        self.asked.lock().unwrap().len()
    }
}

/// One request or answer with a length; none at the end.
pub fn message(reader: &mut impl BufRead) -> Option<(String, String)> {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head).ok()? == 0 {
            return None;
        }
    }
    let length =
        head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length:")?.trim().parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut body).ok()?;
    Some((head, String::from_utf8_lossy(&body).into_owned()))
}

pub fn chunk(stream: &mut TcpStream, text: &str) {
    let _ = write!(stream, "{:x}\r\n{text}\r\n", text.len());
}

pub fn stream_head(stream: &mut TcpStream) {
    let _ =
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n");
}

pub fn said(stream: &mut impl Write, status: &str, more: &str, body: &str) {
    let length = body.len();
    let _ = write!(
        stream,
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\n{more}content-length: {length}\r\n\r\n{body}"
    );
}

/// An answer in one piece that took so much.
pub fn took(stream: &mut impl Write, input: u64, output: u64) {
    let body = format!(r#"{{"model":"m","usage":{{"input_tokens":{input},"output_tokens":{output}}}}}"#);
    said(stream, "200 OK", "", &body);
}

/// A program behind a meter: `cat`, which ends when its input does.
pub struct Desk {
    pub root: tempfile::TempDir,
    pub child: Option<Child>,
    pub base: String,
}

impl Desk {
    pub fn new(server: &str, limits: Option<Limits>) -> Self {
        Self::trusting(server, limits, None)
    }

    /// With a list of authorities in place of the system's.
    pub fn trusting(server: &str, limits: Option<Limits>, authorities: Option<&str>) -> Self {
        let root = tempfile::tempdir().unwrap();
        let at = root.path();
        std::fs::create_dir(at.join("7")).unwrap();
        let prices = Prices { input: 1.0, output: 10.0, cache_read: 0.1, cache_write: 1.25, cache_write_hour: None };
        let config = Config {
            run: 7,
            secret: SECRET.to_owned(),
            placed: Placed::Loopback,
            upstream: server.to_owned(),
            speaks: Speaks::Anthropic,
            models: vec![Model { name: "m".to_owned(), prices: Some(prices) }],
            runs: at.to_owned(),
            budgets: at.join("budgets.json"),
            lock: at.join("lock"),
            silence_ms: 300,
            certificates: authorities.map(|_| at.join("authorities.pem")),
        };
        std::fs::write(at.join("authorities.pem"), authorities.unwrap_or_default()).unwrap();
        std::fs::write(at.join("config.json"), serde_json::to_vec(&config).unwrap()).unwrap();
        let mut desk = Self { child: None, base: String::new(), root };
        desk.budget(limits);
        let mut child = Command::new(env!("CARGO_BIN_EXE_office-meter"))
            .arg("run")
            .arg(desk.at().join("config.json"))
            .args(["--", "sh", "-c", "echo $BASE; exec cat"])
            .env("BASE", format!("http://127.0.0.1:0/{SECRET}"))
            .env("OFFICE_RUN", format!("{}#7", desk.at().display()))
            .envs(config.certificates.as_ref().map(|path| ("SSL_CERT_FILE", path)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut base = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut base).unwrap();
        desk.base = base.trim().to_owned();
        desk.child = Some(child);
        desk
    }

    pub fn at(&self) -> &Path {
        self.root.path()
    }

    /// What the office says from now on.
    pub fn budget(&self, limits: Option<Limits>) {
        let budgets = limits.map(|limits| Budget {
            key: "desk 1".to_owned(),
            of: "desk ada".to_owned(),
            way_out: "`office budget` raises it.".to_owned(),
            limits,
            known: Sum::default(),
            runs: vec![Counted { run: 7, sum: Sum::default() }],
        });
        let text = serde_json::to_vec(&Budgets { budgets: budgets.into_iter().collect() }).unwrap();
        office_meter::account::replace(&self.at().join("budgets.json"), &text).unwrap();
    }

    pub fn account(&self) -> Account {
        Account::load(&place(self.at(), 7)).unwrap()
    }

    /// Waits until the account is as said.
    pub fn until(&self, what: &str, is: impl Fn(&Account) -> bool) -> Account {
        let end = Instant::now() + Duration::from_secs(20);
        loop {
            let account = self.account();
            if is(&account) {
                return account;
            }
            assert!(Instant::now() < end, "{what}: {account:?}");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    pub fn port(&self) -> u16 {
        self.base.split([':', '/']).nth(4).unwrap().parse().unwrap()
    }

    pub fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(("127.0.0.1", self.port())).unwrap();
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        stream
    }

    /// Begins a call and gives back where its answer comes.
    pub fn call(&self) -> BufReader<TcpStream> {
        let mut stream = self.connect();
        write_call(&mut stream);
        BufReader::new(stream)
    }

    /// A whole call: the head of its answer and its body.
    pub fn ask(&self, method: &str, path: &str, body: &str) -> (String, String) {
        let mut stream = self.connect();
        let length = body.len();
        write!(stream, "{method} {path} HTTP/1.1\r\nhost: x\r\nx-api-key: {KEY}\r\naccept-encoding: gzip\r\ncontent-length: {length}\r\n\r\n{body}").unwrap();
        message(&mut BufReader::new(stream)).unwrap()
    }

    pub fn messages(&self) -> (String, String) {
        self.ask("POST", &format!("/{SECRET}/v1/messages?beta=true"), &body())
    }

    /// Kills the program.
    pub fn end(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// Kills this desk's process of `office-meter` in such a part, with no word of warning.
    pub fn kill(&self, part: &str) {
        let of_part = |path: &PathBuf| {
            std::fs::read(path.join("cmdline"))
                .is_ok_and(|text| text.split(|b| *b == 0).nth(1) == Some(part.as_bytes()))
        };
        let found = self.alive().into_iter().find(of_part).unwrap();
        let pid = found.file_name().unwrap().to_str().unwrap().parse().unwrap();
        nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), nix::sys::signal::Signal::SIGKILL).unwrap();
    }

    /// Waits until nothing is left but the program.
    pub fn until_alone(&self) {
        let end = Instant::now() + Duration::from_secs(20);
        while self.alive().len() > 1 {
            assert!(Instant::now() < end, "something is still there");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// The processes that carry this desk's mark.
    pub fn alive(&self) -> Vec<PathBuf> {
        let mark = format!("OFFICE_RUN={}#7", self.at().display());
        let all = std::fs::read_dir("/proc").unwrap().filter_map(|entry| Some(entry.ok()?.path()));
        let has = |path: &PathBuf| {
            std::fs::read(path.join("environ"))
                .is_ok_and(|text| text.split(|b| *b == 0).any(|var| var == mark.as_bytes()))
        };
        all.filter(has).collect()
    }
}

pub fn body() -> String {
    format!(r#"{{"model":"m","max_tokens":100,"stream":true,"messages":[{{"role":"user","content":"{PROMPT}"}}]}}"#)
}

pub fn write_call(stream: &mut TcpStream) {
    let body = body();
    let length = body.len();
    write!(
        stream,
        "POST /{SECRET}/v1/messages HTTP/1.1\r\nhost: x\r\nx-api-key: {KEY}\r\ncontent-length: {length}\r\n\r\n{body}"
    )
    .unwrap();
}

impl Drop for Desk {
    fn drop(&mut self) {
        self.end();
    }
}
