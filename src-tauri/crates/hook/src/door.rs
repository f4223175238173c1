//! The office's door, spoken with nothing but std: connect, say hello, ask one thing at a time. The frames are those of
//! office-door, which a test compares; that crate is not linked, because it would bring an async runtime along.

use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// The protocol this side speaks.
pub const PROTOCOL: u32 = 1;
const HEADER: usize = 5;
/// The office never has that much to say to us.
const LONGEST: usize = 4 * 1024 * 1024;
/// How long the office may take to greet.
const GREETING: Duration = Duration::from_secs(15);

/// Why a question got no answer.
#[derive(Debug)]
pub enum Trouble {
    /// No office is there, or the connection was lost: asking again may help.
    Away(String),
    /// It did not answer by the deadline.
    Late,
    /// It said no: a message and the way out.
    Refused(String),
}

/// A connection to the office.
#[derive(Debug)]
pub struct Door {
    stream: UnixStream,
    next: u32,
}

/// One control frame.
pub fn frame(value: &Value) -> Vec<u8> {
    let text = value.to_string();
    let mut out = Vec::with_capacity(HEADER + text.len());
    out.extend_from_slice(&u32::try_from(text.len()).unwrap_or(u32::MAX).to_le_bytes());
    out.push(0);
    out.extend_from_slice(text.as_bytes());
    out
}

/// The office's socket: named by the file `door` in its directory where that path would be too long.
pub fn socket(office: &Path) -> PathBuf {
    match std::fs::read_to_string(office.join("door")) {
        Ok(text) if !text.trim().is_empty() => PathBuf::from(text.trim_end_matches('\n')),
        _ => office.join("door.sock"),
    }
}

impl Door {
    /// Connects and says who we are.
    pub fn open(office: &Path, token: Option<&str>, deadline: Instant) -> Result<Self, Trouble> {
        let stream = UnixStream::connect(socket(office)).map_err(|error| Trouble::Away(error.to_string()))?;
        let mut door = Self { stream, next: 0 };
        let client = concat!("office-hook ", env!("CARGO_PKG_VERSION"));
        door.send(&json!({"protocol": PROTOCOL, "min": PROTOCOL, "client": client, "token": token}), deadline)?;
        let until = deadline.min(Instant::now() + GREETING);
        let greeting = match door.read(until) {
            Err(Trouble::Late) => return Err(Trouble::Away("it did not greet in time".to_owned())),
            other => other?,
        };
        match greeting["kind"].as_str() {
            Some("welcome") => Ok(door),
            Some("refused") => Err(Trouble::Refused(words(&greeting["refusal"]))),
            _ => Err(Trouble::Away("it greeted in a way that was not understood".to_owned())),
        }
    }

    /// Asks, and waits for the answer.
    pub fn ask(&mut self, ask: Value, deadline: Instant) -> Result<Value, Trouble> {
        self.next += 1;
        let id = self.next;
        self.send(&json!({"id": id, "ask": ask}), deadline)?;
        loop {
            let mut push = self.read(deadline)?;
            if push["id"] != id {
                continue; // a push that is not for us
            }
            match push["kind"].as_str() {
                Some("answer") => return Ok(push["answer"].take()),
                Some("refusal") => return Err(Trouble::Refused(words(&push["refusal"]))),
                _ => {}
            }
        }
    }

    fn send(&mut self, value: &Value, deadline: Instant) -> Result<(), Trouble> {
        let left = left(deadline)?;
        let sent = self.stream.set_write_timeout(Some(left)).and_then(|()| self.stream.write_all(&frame(value)));
        sent.map_err(away)
    }

    fn read(&mut self, deadline: Instant) -> Result<Value, Trouble> {
        loop {
            let mut head = [0; HEADER];
            self.fill(&mut head, deadline)?;
            let [a, b, c, d, kind] = head;
            let length = u32::from_le_bytes([a, b, c, d]) as usize;
            if length > LONGEST {
                return Err(Trouble::Away(format!("it sent a frame of {length} bytes")));
            }
            let mut body = vec![0; length];
            self.fill(&mut body, deadline)?;
            if kind == 0 {
                return serde_json::from_slice(&body).map_err(|error| Trouble::Away(error.to_string()));
            }
        }
    }

    /// Like `read_exact`, up to a deadline instead of a time per read.
    fn fill(&mut self, mut into: &mut [u8], deadline: Instant) -> Result<(), Trouble> {
        while !into.is_empty() {
            self.stream.set_read_timeout(Some(left(deadline)?)).map_err(away)?;
            match self.stream.read(into) {
                Ok(0) => return Err(Trouble::Away("it ended the connection".to_owned())),
                Ok(read) => into = &mut into[read..],
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => {
                    return Err(Trouble::Late);
                }
                Err(error) => return Err(away(error)),
            }
        }
        Ok(())
    }
}

fn away(error: io::Error) -> Trouble {
    Trouble::Away(error.to_string())
}

fn left(deadline: Instant) -> Result<Duration, Trouble> {
    let left = deadline.saturating_duration_since(Instant::now());
    // A timeout of zero would mean none.
    if left < Duration::from_millis(1) { Err(Trouble::Late) } else { Ok(left) }
}

fn words(refusal: &Value) -> String {
    let text = |name: &str| refusal[name].as_str().unwrap_or_default().to_owned();
    let (message, detail) = (text("message"), text("detail"));
    if detail.is_empty() { message } else { format!("{message} ({detail})") }
}
