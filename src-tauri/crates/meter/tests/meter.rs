//! A real meter between a client and a server, as processes: what passes, what is counted, what is refused, and when it ends.
#![allow(clippy::unwrap_used, reason = "tests")]

mod model;
mod tls;

use std::io::{BufRead, Read, Write};
use std::net::Shutdown;
use std::sync::mpsc;
use std::time::Duration;

use office_meter::account::TroubleKind;
use office_meter::budget::Limits;
use office_meter::usage::Usage;

use model::{Desk, KEY, PROMPT, SECRET, Server, body, chunk, said, stream_head, took};

const START: &str = "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"model\":\"m\",\"usage\":{\"input_tokens\":40,\"cache_read_input_tokens\":500,\"output_tokens\":1}}}\n\n";
const END: &str = "event: message_delta\ndata: {\"type\":\"message_delta\",\"usage\":{\"output_tokens\":70}}\n\n";

fn tokens(most: u64) -> Option<Limits> {
    Some(Limits { tokens: Some(most), ..Limits::default() })
}

#[test]
fn a_stream_goes_on_as_it_comes_and_its_figures_are_exact() {
    let (go_on, may) = mpsc::channel::<()>();
    let may = std::sync::Mutex::new(may);
    let server = Server::start(move |_, stream| {
        stream_head(stream);
        chunk(stream, START);
        // Only once the client has the first piece.
        may.lock().unwrap().recv_timeout(Duration::from_secs(20)).unwrap();
        chunk(stream, END);
        chunk(stream, "");
    });
    let desk = Desk::new(&server.url, None);
    let mut answer = desk.call();
    let mut text = String::new();
    while !text.contains("message_start\",") {
        answer.read_line(&mut text).unwrap();
    }
    let account = desk.account();
    assert_eq!((account.calls, account.reserved.len()), (0, 1), "in flight, and set aside for");
    go_on.send(()).unwrap();
    while !text.contains("\r\n0\r\n") {
        answer.read_line(&mut text).unwrap();
    }
    let account = desk.until("settled", |account| account.calls == 1);
    assert_eq!(account.used["m"], Usage { input: 40, output: 70, cache_read: 500, ..Usage::default() });
    // 40 * 1 + 70 * 10 + 500 * 0.1
    assert_eq!((account.micro_dollars, account.guessed, account.reserved.len()), (Some(790), 0, 0));
}

#[test]
fn the_call_arrives_as_it_was_and_nothing_of_it_is_written_down() {
    let server = Server::start(|_, stream| took(stream, 5, 6));
    let desk = Desk::new(&server.url, tokens(1000));
    let (head, answer) = desk.messages();
    assert!(head.starts_with("HTTP/1.1 200") && answer.contains("\"output_tokens\":6"), "{head}{answer}");
    let asked = server.asked.lock().unwrap()[0].clone();
    assert!(asked.0.starts_with("POST /v1/messages?beta=true HTTP/1.1\r\n"), "{}", asked.0);
    assert!(asked.0.contains(KEY) && asked.0.contains("accept-encoding: identity"), "{}", asked.0);
    assert!(!asked.0.contains(SECRET) && asked.0.contains(&server.url["http://".len()..]), "{}", asked.0);
    assert_eq!(asked.1, body());
    desk.until("settled", |account| account.calls == 1);
    for entry in std::fs::read_dir(desk.at()).unwrap().chain(std::fs::read_dir(desk.at().join("7")).unwrap()) {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes);
        assert!(!text.contains(KEY) && !text.contains(PROMPT), "{text}");
    }
}

#[test]
fn at_the_budget_the_next_call_is_denied_before_it_leaves_and_raising_it_lets_the_next_begin() {
    let server = Server::start(|_, stream| took(stream, 60, 50));
    let desk = Desk::new(&server.url, tokens(200));
    for _ in 0..2 {
        assert!(desk.messages().0.starts_with("HTTP/1.1 200"));
    }
    desk.until("settled", |account| account.calls == 2);
    let (head, answer) = desk.messages();
    assert!(head.starts_with("HTTP/1.1 402") && head.contains("x-should-retry: false"), "{head}");
    let expected = r#"{"error":{"message":"Afterhours: the budget of desk ada is spent: 220 of 200 tokens. `office budget` raises it.","type":"billing_error"},"type":"error"}"#;
    assert_eq!(answer, expected);
    assert_eq!(server.calls(), 2, "it never left");
    let denied = desk.account().denied.unwrap();
    assert_eq!((denied.key.as_str(), denied.times), ("desk 1", 1));
    desk.budget(tokens(400));
    assert!(desk.messages().0.starts_with("HTTP/1.1 200"));
    assert_eq!(server.calls(), 3);
}

#[test]
fn calls_at_once_wait_for_what_is_set_aside_and_overshoot_by_one_at_most() {
    let server = Server::start(|_, stream| took(stream, 60, 50));
    let desk = Desk::new(&server.url, tokens(150));
    let through = std::thread::scope(|scope| {
        let calls: Vec<_> = (0..8).map(|_| scope.spawn(|| desk.messages().0.starts_with("HTTP/1.1 200"))).collect();
        calls.into_iter().map(|call| call.join().unwrap()).filter(|through| *through).count()
    });
    // 110 each: the second begins with 110 of 150 spent, and nobody after it.
    assert_eq!((through, server.calls()), (2, 2));
    assert_eq!(desk.account().sum().tokens, 220);
}

#[test]
fn where_budgets_cannot_be_read_nothing_begins() {
    let server = Server::start(|_, stream| took(stream, 1, 1));
    let desk = Desk::new(&server.url, None);
    assert!(desk.messages().0.starts_with("HTTP/1.1 200"));
    std::fs::write(desk.at().join("budgets.json"), "{\"budgets\":[{").unwrap();
    let (head, answer) = desk.messages();
    assert!(head.starts_with("HTTP/1.1 402") && answer.contains("cannot be read"), "{head}{answer}");
    assert_eq!(server.calls(), 1);
}

#[test]
fn a_call_that_cannot_be_counted_passes_only_where_there_is_no_budget() {
    let server = Server::start(|_, stream| took(stream, 1, 1));
    let desk = Desk::new(&server.url, None);
    let batch = format!("/{SECRET}/v1/messages/batches");
    assert!(desk.ask("POST", &batch, "{}").0.starts_with("HTTP/1.1 200"));
    desk.budget(tokens(9));
    assert!(desk.ask("POST", &batch, "{}").0.starts_with("HTTP/1.1 404"));
    assert!(desk.ask("GET", &format!("/{SECRET}/v1/models"), "").0.starts_with("HTTP/1.1 200"));
    assert_eq!(server.calls(), 2);
}

#[test]
fn without_the_secret_nobody_is_let_through() {
    let server = Server::start(|_, stream| took(stream, 1, 1));
    let desk = Desk::new(&server.url, None);
    let nearly = format!("/{}/v1/messages", &SECRET[1..]);
    let longer = format!("/{SECRET}x/v1/messages");
    for path in ["/v1/messages", "/", &nearly, &longer] {
        assert!(desk.ask("POST", path, &body()).0.starts_with("HTTP/1.1 404"), "{path}");
    }
    assert_eq!(server.calls(), 0);
}

#[test]
fn limits_overload_and_recovery_are_said() {
    let answers = std::sync::Mutex::new(vec![
        ("529 Overloaded", ""),
        ("429 Too Many Requests", "anthropic-ratelimit-unified-reset: 4000000000\r\nretry-after: 9\r\n"),
    ]);
    let server = Server::start(move |_, stream| match answers.lock().unwrap().pop() {
        Some((status, more)) => said(stream, status, more, "{}"),
        None => took(stream, 1, 1),
    });
    let desk = Desk::new(&server.url, tokens(1000));
    let (head, _) = desk.messages();
    assert!(head.starts_with("HTTP/1.1 429") && head.contains("retry-after: 9"), "{head}");
    let trouble = desk.account().trouble.unwrap();
    assert_eq!((trouble.kind, trouble.status, trouble.until), (TroubleKind::Limited, Some(429), Some(4_000_000_000)));
    assert!(desk.messages().0.starts_with("HTTP/1.1 529"));
    assert_eq!(desk.account().trouble.unwrap().kind, TroubleKind::Overloaded);
    assert!(desk.messages().0.starts_with("HTTP/1.1 200"));
    let account = desk.until("settled", |account| account.calls == 1);
    assert_eq!((account.sum().tokens, account.trouble), (2, None));
}

#[test]
fn silence_is_said_and_a_client_that_goes_away_counts_by_a_guess() {
    let server = Server::start(|_, stream| {
        stream_head(stream);
        chunk(stream, START);
        let _ = stream.read(&mut [0]);
    });
    let desk = Desk::new(&server.url, None);
    let mut answer = desk.call();
    let mut text = String::new();
    answer.read_line(&mut text).unwrap();
    desk.until("silent", |account| account.trouble.as_ref().is_some_and(|it| it.kind == TroubleKind::Silent));
    answer.get_ref().shutdown(Shutdown::Both).unwrap();
    let account = desk.until("settled", |account| account.calls == 1);
    assert_eq!((account.guessed, account.used["m"].input, account.used["m"].cache_read), (1, 40, 500));
    assert!(account.used["m"].output > 1 && account.used["m"].output <= 100);
    assert!(account.reserved.is_empty());
}

#[test]
fn a_server_that_is_not_there_costs_nothing_and_is_said() {
    let gone = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let desk = Desk::new(&format!("http://{gone}"), tokens(1000));
    let (head, answer) = desk.messages();
    assert!(head.starts_with("HTTP/1.1 502") && answer.contains("cannot be reached"), "{head}{answer}");
    let account = desk.account();
    assert_eq!((account.calls, account.sum().tokens, account.reserved.len()), (0, 0, 0));
    assert_eq!(account.trouble.unwrap().kind, TroubleKind::Unreachable);
}

#[test]
fn a_meter_ends_with_its_program_and_settles_what_was_in_flight() {
    let server = Server::start(|_, stream| {
        stream_head(stream);
        chunk(stream, START);
        let _ = stream.read(&mut [0]);
    });
    let mut desk = Desk::new(&server.url, None);
    let mut answer = desk.call();
    let mut text = String::new();
    while !text.contains("message_start\",") {
        answer.read_line(&mut text).unwrap();
    }
    assert_eq!(desk.alive().len(), 3, "the program, its meter, and the keeper of that");
    desk.end();
    desk.until("settled", |account| account.calls == 1 && account.reserved.is_empty());
    let end = std::time::Instant::now() + Duration::from_secs(20);
    while !desk.alive().is_empty() {
        assert!(std::time::Instant::now() < end, "it is still there");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_meter_that_is_killed_is_there_again_for_the_next_call_and_what_was_in_flight_counts() {
    let (first, then) = (std::sync::atomic::AtomicBool::new(true), Duration::from_secs(20));
    let server = Server::start(move |_, stream| {
        if first.swap(false, std::sync::atomic::Ordering::SeqCst) {
            stream_head(stream);
            chunk(stream, START);
            let _ = stream.read(&mut [0]);
        } else {
            took(stream, 60, 50);
        }
    });
    let desk = Desk::new(&server.url, tokens(400));
    let mut answer = desk.call();
    let mut text = String::new();
    while !text.contains("message_start\",") {
        answer.read_line(&mut text).unwrap();
    }
    desk.kill("serve");
    answer.get_ref().set_read_timeout(Some(then)).unwrap();
    while answer.read_line(&mut text).is_ok_and(|read| read > 0) {}
    // The same address, and nothing forgotten: what the call had set aside is spent.
    assert!(desk.messages().0.starts_with("HTTP/1.1 200"));
    let account = desk.until("settled", |account| account.calls == 1 && account.reserved.is_empty());
    assert_eq!(account.guessed, 1);
    let aside = account.sum().tokens - 110;
    assert!(aside > 100, "{account:?}");
    // And again, in the middle of nothing.
    desk.kill("serve");
    assert!(desk.messages().0.starts_with("HTTP/1.1 200"));
    assert_eq!(desk.until("settled", |account| account.calls == 2).sum().tokens, aside + 220);
}

#[test]
fn where_the_meter_and_its_keeper_are_gone_nothing_goes_past_them() {
    let server = Server::start(|_, stream| took(stream, 60, 50));
    let desk = Desk::new(&server.url, tokens(400));
    // All of it is there.
    assert!(desk.messages().0.starts_with("HTTP/1.1 200"));
    desk.kill("keep");
    desk.kill("serve");
    desk.until_alone();
    // Another program may have been given the port since: what counts is that no call comes to the model.
    if let Ok(mut stream) = std::net::TcpStream::connect(("127.0.0.1", desk.port())) {
        let _ = stream.write_all(b"POST /v1/messages HTTP/1.1\r\nhost: model\r\ncontent-length: 2\r\n\r\n{}");
        let _ = stream.set_read_timeout(Some(Duration::from_secs(1)));
        let mut answer = [0; 12];
        let is_read = stream.read_exact(&mut answer).is_ok();
        assert!(!is_read || answer != *b"HTTP/1.1 200", "somebody answers for a meter that is gone");
    }
    assert_eq!(server.calls(), 1);
}

#[test]
fn a_model_behind_tls_is_reached_and_one_that_is_not_trusted_is_sent_nothing() {
    let server = tls::Server::start("localhost", |stream| took(stream, 60, 50));
    let desk = Desk::trusting(&server.url, None, Some(&server.authority));
    let (head, _) = desk.messages();
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    assert_eq!(desk.until("settled", |account| account.calls == 1).sum().tokens, 110);
    let asked = server.asked.lock().unwrap()[0].clone();
    assert!(asked.0.contains("host: localhost") && asked.0.contains(KEY) && asked.1.contains(PROMPT), "{asked:?}");

    // Another authority; and the right one, who vouches for another name.
    let stranger = tls::Server::start("localhost", |stream| took(stream, 60, 50));
    let other = tls::Server::start("models.example", |stream| took(stream, 60, 50));
    for (url, authority, why) in
        [(&stranger.url, &server.authority, "UnknownIssuer"), (&other.url, &other.authority, "not valid for name")]
    {
        let desk = Desk::trusting(url, None, Some(authority));
        let (head, answer) = desk.messages();
        assert!(head.starts_with("HTTP/1.1 502"), "{head}");
        assert!(answer.contains("is not trusted, and nothing was sent") && answer.contains(why), "{answer}");
        let account = desk.account();
        assert_eq!((account.sum().tokens, account.trouble.unwrap().kind), (0, TroubleKind::Untrusted));
    }
    // Not even a word in the clear, where the far side speaks no TLS.
    let plain = Server::start(|_, stream| took(stream, 60, 50));
    let desk = Desk::trusting(&plain.url.replace("http:", "https:"), None, Some(&server.authority));
    assert!(desk.messages().0.starts_with("HTTP/1.1 502"));
    for asked in [&stranger.asked, &other.asked, &plain.asked] {
        assert!(asked.lock().unwrap().iter().all(|(head, body)| !head.contains(KEY) && !body.contains(PROMPT)));
    }
}
