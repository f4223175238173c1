//! Listens on loopback in place of a model while an engine is tried: says what the engine file's self-test says, and keeps what
//! was seen. One engine, one address that nobody else knows, a minute. What is said is in `engines::canary`.

use std::sync::Mutex;

use office_engines::canary::{Saw, SelfTest};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

use crate::world::lock;

/// Larger than any first prompt.
const LARGEST: u64 = 32 * 1024 * 1024;
const LONGEST_LINE: u64 = 64 * 1024;
/// Connections at once.
const MOST: usize = 16;

pub(super) struct StandIn<'a> {
    listener: TcpListener,
    secret: String,
    test: &'a SelfTest,
    seen: Mutex<Vec<Saw>>,
}

impl<'a> StandIn<'a> {
    pub(super) async fn open(test: &'a SelfTest, secret: String) -> std::io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        Ok(Self { listener, secret, test, seen: Mutex::default() })
    }

    pub(super) fn base_url(&self) -> std::io::Result<String> {
        Ok(format!("http://{}/{}", self.listener.local_addr()?, self.secret))
    }

    pub(super) fn seen(&self) -> Vec<Saw> {
        lock(&self.seen).clone()
    }

    /// Answers whoever comes; never over by itself.
    pub(super) async fn answer(&self) {
        let mut open = futures_util::stream::FuturesUnordered::new();
        loop {
            tokio::select! {
                accepted = self.listener.accept() => match accepted {
                    Ok((socket, _)) if open.len() < MOST => open.push(self.serve(socket)),
                    Ok(_) => {}
                    Err(error) => tracing::debug!(%error, "a connection of an engine that is tried"),
                },
                Some(over) = futures_util::StreamExt::next(&mut open), if !open.is_empty() => {
                    if let Err(error) = over {
                        tracing::debug!(%error, "a connection of an engine that is tried");
                    }
                }
            }
        }
    }

    async fn serve(&self, socket: TcpStream) -> std::io::Result<()> {
        let mut socket = BufReader::new(socket);
        let Some(asked) = read(&mut socket).await? else { return Ok(()) };
        let (kind, text) = self.say(&asked);
        let head = match kind {
            Some(kind) => format!("HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\n"),
            None => "HTTP/1.1 404 Not Found\r\ncontent-type: application/json\r\n".to_owned(),
        };
        let text = if asked.method == "HEAD" { "" } else { &text };
        let whole = format!("{head}content-length: {}\r\nconnection: close\r\n\r\n{text}", text.len());
        socket.write_all(whole.as_bytes()).await?;
        socket.shutdown().await
    }

    fn say(&self, asked: &Asked) -> (Option<&'static str>, String) {
        let json = |text: &str| (Some("application/json"), text.to_owned());
        if !asked.path.strip_prefix('/').is_some_and(|path| path.starts_with(&self.secret)) {
            return (None, "{}".to_owned());
        }
        let path = asked.path.split('?').next().unwrap_or_default();
        if asked.method != "POST" {
            return json(r#"{"object":"list","data":[],"models":[]}"#);
        }
        if path.ends_with("/count_tokens") {
            return json(r#"{"input_tokens":1}"#);
        }
        let Ok(body) = serde_json::from_slice::<Value>(&asked.body) else { return (None, "{}".to_owned()) };
        let (saw, text) = self.test.answer(&body);
        lock(&self.seen).push(saw);
        (Some(if text.starts_with('{') { "application/json" } else { "text/event-stream" }), text)
    }
}

struct Asked {
    method: String,
    path: String,
    body: Vec<u8>,
}

/// One request; none where the connection was closed without one.
async fn read(socket: &mut BufReader<TcpStream>) -> std::io::Result<Option<Asked>> {
    let wrong = |why: &str| std::io::Error::new(std::io::ErrorKind::InvalidData, why.to_owned());
    let first = line(socket).await?;
    if first.is_empty() {
        return Ok(None);
    }
    let mut words = first.split(' ');
    let (method, path) = (words.next().unwrap_or_default().to_owned(), words.next().unwrap_or_default().to_owned());
    let (mut length, mut chunked) = (0, false);
    loop {
        let header = line(socket).await?;
        let Some((name, value)) = header.split_once(':') else { break };
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.trim().parse().map_err(|_| wrong("no length"))?,
            "transfer-encoding" => chunked = value.to_ascii_lowercase().contains("chunked"),
            "expect" => socket.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").await?,
            _ => {}
        }
    }
    let mut body = Vec::new();
    loop {
        if chunked {
            let size = line(socket).await?;
            length =
                u64::from_str_radix(size.split(';').next().unwrap_or_default(), 16).map_err(|_| wrong("no chunk"))?;
        }
        if length + body.len() as u64 > LARGEST {
            return Err(wrong("too long"));
        }
        let read = (&mut *socket).take(length).read_to_end(&mut body).await?;
        if read as u64 != length {
            return Err(wrong("cut"));
        }
        if !chunked || length == 0 {
            return Ok(Some(Asked { method, path, body }));
        }
        line(socket).await?;
    }
}

async fn line(socket: &mut BufReader<TcpStream>) -> std::io::Result<String> {
    let mut text = Vec::new();
    (&mut *socket).take(LONGEST_LINE).read_until(b'\n', &mut text).await?;
    Ok(String::from_utf8_lossy(&text).trim_end().to_owned())
}
