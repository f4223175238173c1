//! What the meter adds until the first byte of an answer, beside the same call straight to the server: two connections that stay
//! open, calls in turn, a long conversation in each. One JSON line per figure.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a bench that cannot go on says so by ending"
)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::time::Instant;

use office_meter::budget::{Budget, Budgets, Counted, Limits};
use office_meter::usage::Sum;
use office_meter::{Config, Placed, Speaks};

const CALLS: usize = 400;
const SECRET: &str = "0123456789abcdef0123456789abcdef";
/// Milliseconds that may be added.
const GOAL: f64 = 2.0;
/// As a conversation grows to in an hour.
const PROMPT: usize = 200_000;

fn main() {
    let root = tempfile::tempdir().unwrap();
    let at = root.path();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let server = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            std::thread::spawn(move || answer(stream.unwrap()));
        }
    });
    std::fs::create_dir(at.join("1")).unwrap();
    let config = Config {
        run: 1,
        secret: SECRET.to_owned(),
        placed: Placed::Loopback,
        upstream: format!("http://{server}"),
        speaks: Speaks::Anthropic,
        models: Vec::new(),
        runs: at.to_owned(),
        budgets: at.join("budgets.json"),
        lock: at.join("lock"),
        silence_ms: 60_000,
        certificates: None,
    };
    std::fs::write(at.join("config.json"), serde_json::to_vec(&config).unwrap()).unwrap();
    let budget = Budget {
        key: "office".to_owned(),
        of: "the office".to_owned(),
        way_out: String::new(),
        limits: Limits { tokens: Some(u64::MAX), ..Limits::default() },
        known: Sum::default(),
        runs: vec![Counted { run: 1, sum: Sum::default() }],
    };
    std::fs::write(&config.budgets, serde_json::to_vec(&Budgets { budgets: vec![budget] }).unwrap()).unwrap();
    let program = std::env::current_exe().unwrap().ancestors().nth(2).unwrap().join("office-meter");
    let mut desk = Command::new(program);
    desk.arg("run").arg(at.join("config.json")).args(["--", "sh", "-c", "echo $BASE; exec cat"]);
    desk.env("BASE", format!("127.0.0.1:0/{SECRET}")).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut desk = desk.spawn().unwrap();
    let mut base = String::new();
    BufReader::new(desk.stdout.take().unwrap()).read_line(&mut base).unwrap();
    let (meter, _) = base.split_once('/').unwrap();

    let body = format!(r#"{{"model":"m","max_tokens":9,"messages":[{{"content":"{}"}}]}}"#, "x".repeat(PROMPT));
    let ways = [(server.to_string(), String::new()), (meter.to_owned(), format!("/{SECRET}"))];
    let mut clients = ways.map(|(place, before)| {
        let stream = TcpStream::connect(place).unwrap();
        stream.set_nodelay(true).unwrap();
        let length = body.len();
        let call = format!("POST {before}/v1/messages HTTP/1.1\r\nhost: x\r\ncontent-length: {length}\r\n\r\n{body}");
        (BufReader::new(stream), call, Vec::new())
    });
    for round in 0..CALLS + 20 {
        for (stream, call, took) in &mut clients {
            let since = Instant::now();
            stream.get_mut().write_all(call.as_bytes()).unwrap();
            let mut line = String::new();
            while !line.contains("data:") {
                line.clear();
                stream.read_line(&mut line).unwrap();
            }
            // The first ones warm up.
            if round >= 20 {
                took.push(since.elapsed().as_secs_f64() * 1000.0);
            }
            while line != "0\r\n" {
                line.clear();
                stream.read_line(&mut line).unwrap();
            }
            stream.read_line(&mut line).unwrap();
        }
    }
    drop(desk.stdin.take());
    desk.wait().unwrap();
    let at = |client: usize, part: f64| {
        let mut took = clients[client].2.clone();
        took.sort_by(f64::total_cmp);
        took[((took.len() - 1) as f64 * part) as usize]
    };
    for (name, part) in [("median", 0.5), ("p95", 0.95)] {
        let (straight, metered) = (at(0, part), at(1, part));
        let added = metered - straight;
        println!("first byte, {name}: straight {straight:.3} ms, through the meter {metered:.3} ms");
        if name == "median" {
            let row = serde_json::json!({
                "name": "meter: first byte added, median", "value": (added * 1000.0).round() / 1000.0, "unit": "ms", "limit": GOAL,
                "ratio": (added / GOAL * 1000.0).round() / 1000.0, "goal": "< 1", "met": added < GOAL,
            });
            println!("{row}");
        }
    }
}

fn answer(stream: TcpStream) {
    stream.set_nodelay(true).unwrap();
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut stream = stream;
    loop {
        let (mut line, mut length) = (String::new(), 0);
        loop {
            line.clear();
            if reader.read_line(&mut line).unwrap_or(0) == 0 {
                return;
            }
            if let Some(said) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = said.trim().parse().unwrap();
            }
            if line == "\r\n" {
                break;
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).unwrap();
        let text = "data: {\"type\":\"message_delta\",\"usage\":{\"input_tokens\":1,\"output_tokens\":1}}\n\n";
        let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
        write!(stream, "{head}{:x}\r\n{text}\r\n0\r\n\r\n", text.len()).unwrap();
    }
}
