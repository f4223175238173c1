//! The door as both sides see it: who comes in, what is answered, and that a slow reader costs nobody but itself.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by ending")]

use std::path::Path;
use std::time::Duration;

use office_core::command::CommandBody;
use office_core::event::Event;
use office_core::office::OfficeEvent;
use office_core::{Actor, Code, CommandId, Envelope, Refusal, Seq};
use office_door::wire::{Answer, Ask, Greeting, Hello, PROTOCOL, Push, Request};
use office_door::{
    BindError, Client, ClientError, EventFrame, Frame, FrameReader, Incoming, Listener, Offered, Offset, Outbox,
    RawEvent, TerminalNews, frame, outbox,
};
use serde_json::Value;
use tempfile::TempDir;
use tokio::io::AsyncWriteExt;
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::task::JoinSet;

async fn let_in(listener: &Listener, tasks: &mut JoinSet<()>) -> (Incoming, Outbox) {
    let (connection, peer) = listener.accept().await.unwrap();
    assert_eq!(peer.uid, nix::unistd::geteuid().as_raw());
    let visitor = connection.hello().await.unwrap();
    let (incoming, outbox, writer) = visitor.welcome(Actor::Owner, "attic", "/attic", "0.1.0").await.unwrap();
    tasks.spawn(async move {
        // Its end, good or bad, is seen at the other side.
        let _ = writer.run().await;
    });
    (incoming, outbox)
}

async fn both(dir: &Path, tasks: &mut JoinSet<()>) -> (Listener, Client, Incoming, Outbox) {
    let listener = Listener::bind(dir).await.unwrap();
    let (client, (incoming, outbox)) = tokio::join!(Client::connect(dir, "test 1", None), let_in(&listener, tasks));
    (listener, client.unwrap(), incoming, outbox)
}

fn envelope(seq: u32, name: String) -> Envelope {
    Envelope {
        seq: Seq(seq),
        at: office_core::At::from_millis(0),
        actor: Actor::Office,
        cause: CommandId::from("c"),
        event: Event::Office(OfficeEvent::Opened { name }),
    }
}

fn event(seq: u32, name: String) -> EventFrame {
    EventFrame::new(&envelope(seq, name), &[]).unwrap()
}

/// The same as a push, whole.
fn known(seq: u32) -> String {
    serde_json::to_string(&Push::Event { envelope: envelope(seq, "a".into()), nouns: Vec::new() }).unwrap()
}

#[tokio::test]
async fn several_questions_are_in_flight_and_answered_in_any_order() {
    let (dir, mut tasks) = (TempDir::new().unwrap(), JoinSet::new());
    let (_listener, client, mut incoming, outbox) = both(dir.path(), &mut tasks).await;
    assert_eq!(client.welcome().office, "attic");
    let runtime = async {
        let mut asked = Vec::new();
        for _ in 0..3 {
            asked.push(incoming.next().await.unwrap().unwrap());
        }
        for request in asked.into_iter().rev() {
            let reply = match request.ask {
                Ask::Quit { .. } => Err(Refusal::new(Code::NotAllowed, "no", "stay")),
                Ask::Search { query, .. } => Ok(Answer::Text(query)),
                other => panic!("{other:?}"),
            };
            outbox.reply(request.id, reply);
        }
    };
    let search = |query: &str| client.ask(Ask::Search { query: query.to_owned(), limit: 1 });
    let (one, two, three, ()) =
        tokio::join!(search("a"), client.ask(Ask::Quit { leave_desks: false }), search("b"), runtime);
    assert_eq!((one.unwrap(), three.unwrap()), (Answer::Text("a".into()), Answer::Text("b".into())));
    assert!(matches!(two, Err(ClientError::Refused(refusal)) if refusal.code == Code::NotAllowed));
}

#[tokio::test]
async fn an_answer_that_is_too_long_is_refused_and_the_next_comes_through() {
    let (dir, mut tasks) = (TempDir::new().unwrap(), JoinSet::new());
    let (_listener, client, mut incoming, outbox) = both(dir.path(), &mut tasks).await;
    let runtime = async {
        let long = "x".repeat(frame::CONTROL_MAX);
        let id = incoming.next().await.unwrap().unwrap().id;
        outbox.reply(id, Ok(Answer::Text(long)));
        let id = incoming.next().await.unwrap().unwrap().id;
        outbox.reply(id, Ok(Answer::Ok));
    };
    let asking = async {
        let error = client.ask(Ask::Status).await.unwrap_err();
        assert_eq!(error.refusal().code, Code::Limit);
        assert_eq!(client.ask(Ask::Status).await.unwrap(), Answer::Ok);
    };
    tokio::join!(runtime, asking);
}

#[tokio::test]
async fn the_end_of_the_office_is_told_to_all_who_wait() {
    let (dir, mut tasks) = (TempDir::new().unwrap(), JoinSet::new());
    let (listener, client, mut incoming, outbox) = both(dir.path(), &mut tasks).await;
    let runtime = async move {
        let id = incoming.next().await.unwrap().unwrap().id;
        incoming.next().await.unwrap().unwrap();
        // The answer that is given before the end still arrives.
        outbox.reply(id, Ok(Answer::Ok));
        outbox.close();
        drop(listener);
    };
    let (answered, lost, ()) =
        tokio::join!(client.ask(Ask::Quit { leave_desks: false }), client.ask(Ask::Status), runtime);
    assert_eq!(answered.unwrap(), Answer::Ok);
    assert!(matches!(lost, Err(ClientError::Lost(_))));
    assert!(matches!(client.ask(Ask::Status).await, Err(ClientError::Lost(_))));
    let gone = Client::connect(dir.path(), "test 1", None).await.unwrap_err();
    assert!(matches!(gone, ClientError::NoOffice { .. }));
    assert!(gone.refusal().detail.contains("office run"));
}

#[tokio::test]
async fn a_slow_subscriber_lags_and_still_sees_every_event_once() {
    let (dir, mut tasks) = (TempDir::new().unwrap(), JoinSet::new());
    let (_listener, client, mut incoming, outbox) = both(dir.path(), &mut tasks).await;
    let last = 6000;
    let runtime = async {
        let mut lags = 0;
        let mut from = 1;
        // Every subscription gets events faster than they are read, then, when it lagged, another chance.
        while let Ok(Some(Request { id, ask: Ask::Subscribe { since } })) = incoming.next().await {
            outbox.reply(id, Ok(Answer::Ok));
            assert!(since.0 + 1 >= from, "nothing is asked for twice: {since} after {from}");
            from = since.0 + 1;
            for seq in from..=last {
                if lags > 2 {
                    assert!(outbox.room_for_events().await);
                }
                if outbox.event(&event(seq, "x".repeat(2000))) == Offered::Lagged {
                    lags += 1;
                    break;
                }
            }
        }
        lags
    };
    let reading = async move {
        let mut events = client.events(Seq(0)).await.unwrap();
        for seq in 1..=last {
            assert_eq!(events.next().await.unwrap().0.seq, Seq(seq));
        }
    };
    let (lags, ()) = tokio::join!(runtime, reading);
    assert!(lags > 2, "{lags}");
}

/// Events as only a newer office tells them, however it writes them down.
fn of_a_newer_office(seq: u32) -> [String; 2] {
    let rest = format!(r#""envelope":{{"seq":{seq},"event":{{"noun":"pet","type":"fed"}}}},"nouns":[]"#);
    [format!(r#"{{"kind":"event",{rest}}}"#), format!(r#"{{{rest},"kind":"event"}}"#)]
}

#[tokio::test]
async fn an_event_of_a_newer_office_is_said_and_those_after_it_come() {
    let (here, there) = UnixStream::pair().unwrap();
    let (from, mut to) = there.into_split();
    let [second, third] = [2, 3].map(of_a_newer_office);
    let told: Vec<Value> = [&second[0], &third[1]].map(|json| serde_json::from_str(json).unwrap()).into();
    let runtime = async {
        let mut from = FrameReader::new(from);
        assert!(matches!(from.next().await, Ok(Some(Frame::Control(_)))), "hello");
        let (office, dir) = ("attic".to_owned(), "/attic".to_owned());
        let version = "0.1.0".to_owned();
        let welcome = Greeting::Welcome { protocol: PROTOCOL, version, office, dir, actor: Actor::Owner };
        to.write_all(&frame::control(&welcome).unwrap()).await.unwrap();
        for _ in 0..2 {
            let Ok(Some(Frame::Control(json))) = from.next().await else { panic!("a question") };
            let Request { id, .. } = serde_json::from_slice(&json).unwrap();
            to.write_all(&frame::control(&Push::Answer { id, answer: Answer::Ok }).unwrap()).await.unwrap();
            for json in [&known(1), &second[0], &third[1], &known(4)] {
                let length = u32::try_from(json.len()).unwrap();
                to.write_all(&[&length.to_le_bytes()[..], &[0], json.as_bytes()].concat()).await.unwrap();
            }
        }
    };
    let reading = async {
        let client = Client::over(here, "test 1").await.unwrap();
        let mut events = client.events(Seq(0)).await.unwrap();
        assert_eq!(events.next().await.unwrap().0.seq, Seq(1));
        for seq in [2, 3] {
            let Err(ClientError::Refused(refusal)) = events.next().await else { panic!("it read") };
            assert_eq!(refusal.code, Code::Version);
            assert!(refusal.message.contains(&format!("event {seq}")), "{}", refusal.message);
        }
        assert_eq!(events.next().await.unwrap().0.seq, Seq(4));
        // Who only passes events on gets each as it came.
        let mut events = client.events(Seq(0)).await.unwrap();
        assert_eq!(events.next_raw().await.unwrap(), RawEvent { seq: Seq(1), json: known(1).into() });
        for (seq, told) in [2, 3].into_iter().zip(&told) {
            let RawEvent { seq: at, json } = events.next_raw().await.unwrap();
            assert_eq!((at, &serde_json::from_slice::<Value>(&json).unwrap()), (Seq(seq), told));
        }
        assert_eq!(events.next_raw().await.unwrap().seq, Seq(4));
    };
    tokio::join!(runtime, reading);
}

#[tokio::test]
async fn a_new_subscription_takes_the_place_of_the_one_before() {
    let (dir, mut tasks) = (TempDir::new().unwrap(), JoinSet::new());
    let (_listener, client, mut incoming, outbox) = both(dir.path(), &mut tasks).await;
    let runtime = async {
        let id = incoming.next().await.unwrap().unwrap().id;
        let first = outbox.subscriber();
        outbox.reply(id, Ok(Answer::Ok));
        assert_eq!(first.event(&event(1, "a".into())), Offered::Queued);
        let id = incoming.next().await.unwrap().unwrap().id;
        assert_eq!(first.event(&event(900, "still the first".into())), Offered::Queued);
        let second = outbox.subscriber();
        outbox.reply(id, Ok(Answer::Ok));
        assert_eq!(first.event(&event(901, "too late".into())), Offered::Gone);
        assert!(!first.room_for_events().await && first.is_closed() && !outbox.is_closed());
        first.closed().await;
        assert_eq!(second.event(&event(2, "b".into())), Offered::Queued);
    };
    let reading = async {
        let mut events = client.events(Seq(0)).await.unwrap();
        assert_eq!(events.next().await.unwrap().0.seq, Seq(1));
        let mut events = client.events(events.last()).await.unwrap();
        assert_eq!(events.next().await.unwrap().0.seq, Seq(2));
    };
    tokio::join!(runtime, reading);
}

#[tokio::test]
async fn a_terminal_beyond_four_gigabytes_stops_until_credit_and_says_how_it_ended() {
    let (dir, mut tasks) = (TempDir::new().unwrap(), JoinSet::new());
    let (_listener, client, mut incoming, outbox) = both(dir.path(), &mut tasks).await;
    const FAR: u64 = 5 << 30;
    const ALL: u64 = FAR + 3_000_000;
    let runtime = async {
        let request = incoming.next().await.unwrap().unwrap();
        let Ask::Attach { stream, credit, from, .. } = request.ask else { panic!("{request:?}") };
        assert_eq!(from, Offset::new(FAR));
        let terminal = outbox.terminal(stream, credit).unwrap();
        assert!(outbox.terminal(stream, credit).is_err(), "the number is taken");
        outbox.reply(request.id, Ok(Answer::Ok));
        let mut sent = FAR;
        let printing = async {
            while sent < ALL {
                let credit = (terminal.credit().await.unwrap() as u64).min(ALL - sent);
                let bytes: Vec<u8> = (sent..sent + credit).map(|n| (n % 251) as u8).collect();
                assert_eq!(terminal.send(sent, &bytes), Offered::Queued);
                sent += credit;
            }
            terminal.gap(ALL, ALL + 5);
            terminal.ended("exit code 0");
        };
        let listening = async {
            while let Ok(Some(request)) = incoming.next().await {
                match request.ask {
                    Ask::Credit { stream, bytes } => drop(outbox.credit(stream, bytes)),
                    Ask::Detach { stream } => drop(outbox.detach(stream)),
                    other => panic!("{other:?}"),
                }
                outbox.reply(request.id, Ok(Answer::Ok));
            }
        };
        tokio::join!(printing, listening);
    };
    let watching = async move {
        let mut terminal = client.terminal("ada", Offset::new(FAR)).await.unwrap();
        let mut seen = FAR;
        loop {
            match terminal.next().await.unwrap() {
                TerminalNews::Bytes { offset, bytes } => {
                    assert_eq!(offset, seen);
                    assert!(bytes.iter().zip(seen..).all(|(byte, n)| *byte == (n % 251) as u8));
                    seen += bytes.len() as u64;
                }
                TerminalNews::Gap { from, to } => assert_eq!((from, to), (ALL, ALL + 5)),
                TerminalNews::Ended { how } => break assert_eq!((how.as_str(), seen), ("exit code 0", ALL)),
            }
        }
    };
    tokio::join!(runtime, watching);
}

#[tokio::test]
async fn a_terminal_without_credit_sends_nothing_and_more_than_allowed_is_not_sent() {
    let (dir, mut tasks) = (TempDir::new().unwrap(), JoinSet::new());
    let (_listener, _client, _incoming, outbox) = both(dir.path(), &mut tasks).await;
    let terminal = outbox.terminal(7, 10).unwrap();
    assert_eq!(terminal.credit().await, Some(10));
    assert_eq!(terminal.send(0, b"12345678901"), Offered::Lagged);
    assert_eq!(terminal.send(0, b"1234567890"), Offered::Queued);
    let waiting = tokio::time::timeout(Duration::from_millis(50), terminal.credit()).await;
    assert!(waiting.is_err(), "no credit, no bytes");
    assert!(outbox.credit(7, u32::MAX));
    assert_eq!(terminal.credit().await, Some(frame::BYTES_MAX));
    assert!(outbox.detach(7) && !outbox.detach(7));
    assert_eq!(terminal.credit().await, None);
    // The number can be used again, and the old end neither sends into nor closes the new stream.
    let again = outbox.terminal(7, 5).unwrap();
    assert_eq!(terminal.send(0, b"1"), Offered::Gone);
    drop(terminal);
    assert_eq!(again.credit().await, Some(5));
}

/// A client by hand, to say what the real one would not.
async fn by_hand(dir: &Path, hello: Hello) -> (FrameReader<OwnedReadHalf>, OwnedWriteHalf) {
    let (from, mut to) = UnixStream::connect(office_door::place::find(dir)).await.unwrap().into_split();
    to.write_all(&frame::control(&hello).unwrap()).await.unwrap();
    (FrameReader::new(from), to)
}

fn hello(min: u32, protocol: u32) -> Hello {
    Hello { protocol, min, client: "hand".into(), token: None }
}

#[tokio::test]
async fn versions_that_do_not_fit_are_refused_with_the_side_to_update() {
    let dir = TempDir::new().unwrap();
    let listener = Listener::bind(dir.path()).await.unwrap();
    for (min, protocol, way_out) in
        [(PROTOCOL + 1, PROTOCOL + 3, "the runtime is the older"), (0, 0, "the client is the older")]
    {
        let server = async { listener.accept().await.unwrap().0.hello().await };
        let (visitor, (mut reader, _to)) = tokio::join!(server, by_hand(dir.path(), hello(min, protocol)));
        assert!(visitor.is_none());
        let Some(Frame::Control(json)) = reader.next().await.unwrap() else { panic!("no greeting") };
        let said = String::from_utf8(json).unwrap();
        assert!(said.contains(r#""code":"version""#) && said.contains(way_out), "{said}");
        assert!(reader.next().await.unwrap().is_none());
    }
    let server = async { listener.accept().await.unwrap().0.hello().await };
    let (visitor, _) = tokio::join!(server, by_hand(dir.path(), hello(1, 99)));
    assert_eq!(visitor.unwrap().said().client, "hand");
}

#[tokio::test]
async fn a_question_of_a_newer_client_is_refused_and_the_connection_stays_good() {
    let dir = TempDir::new().unwrap();
    let mut tasks = JoinSet::new();
    let listener = Listener::bind(dir.path()).await.unwrap();
    let hello = hello(1, 1);
    let ((mut incoming, outbox), (mut reader, mut to)) =
        tokio::join!(let_in(&listener, &mut tasks), by_hand(dir.path(), hello));
    for json in [
        serde_json::json!({"id": 4, "ask": {"ask": "levitate", "height": 3}}),
        serde_json::json!({"id": 5, "ask": {"ask": "quit"}}),
    ] {
        to.write_all(&frame::control(&json).unwrap()).await.unwrap();
    }
    assert_eq!(incoming.next().await.unwrap(), Some(Request { id: 5, ask: Ask::Quit { leave_desks: false } }));
    outbox.reply(5, Ok(Answer::Ok));
    let mut said = Vec::new();
    while said.len() < 3 {
        let Some(Frame::Control(json)) = reader.next().await.unwrap() else { panic!("{said:?}") };
        said.push(String::from_utf8(json).unwrap());
    }
    assert!(said[1].contains(r#""id":4"#) && said[1].contains("version"), "{said:?}");
    assert!(said[2].contains(r#""id":5"#), "{said:?}");
    // The same number twice, or terminal bytes from a client, end it.
    let ask = frame::control(&serde_json::json!({"id": 6, "ask": {"ask": "status"}})).unwrap();
    to.write_all(&[ask.clone(), ask].concat()).await.unwrap();
    assert!(incoming.next().await.is_ok());
    assert!(incoming.next().await.is_err());
}

#[tokio::test]
async fn a_client_that_never_takes_its_answers_is_read_no_further() {
    let dir = TempDir::new().unwrap();
    let mut tasks = JoinSet::new();
    let listener = Listener::bind(dir.path()).await.unwrap();
    let hello = hello(1, 1);
    let ((mut incoming, outbox), (_reader, mut to)) =
        tokio::join!(let_in(&listener, &mut tasks), by_hand(dir.path(), hello));
    let flood = async {
        for id in 0.. {
            let ask = frame::control(&Request { id, ask: Ask::Status }).unwrap();
            if to.write_all(&ask).await.is_err() {
                return;
            }
        }
    };
    let mut answered = 0;
    let answer = async {
        while let Ok(Some(request)) = incoming.next().await {
            outbox.reply(request.id, Ok(Answer::Text("x".repeat(64 * 1024))));
            answered += 1;
        }
    };
    // waits for: a stand-still, which has no other sign than that nothing happens any more
    let still = tokio::time::timeout(Duration::from_secs(1), async { tokio::join!(flood, answer) }).await;
    assert!(still.is_err());
    assert!(answered * 64 * 1024 <= outbox::ANSWER_BYTES_MAX + 1024 * 1024, "{answered} answers were kept for it");
}

#[tokio::test]
async fn a_hello_of_nonsense_or_nothing_gets_no_further() {
    let dir = TempDir::new().unwrap();
    let listener = Listener::bind(dir.path()).await.unwrap();
    for bytes in [&b"GET / HTTP/1.1\r\n\r\n"[..], &[255; 64], b"\x02\0\0\0\0{}", b"\x00\x00\x10\x00\x00", b""] {
        let mut stream = UnixStream::connect(listener.socket()).await.unwrap();
        stream.write_all(bytes).await.unwrap();
        stream.shutdown().await.unwrap();
        assert!(listener.accept().await.unwrap().0.hello().await.is_none());
    }
}

#[tokio::test]
async fn a_left_over_socket_is_replaced_and_a_living_one_is_not() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("door.sock");
    drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
    assert!(path.exists());
    let listener = Listener::bind(dir.path()).await.unwrap();
    assert!(matches!(Listener::bind(dir.path()).await, Err(BindError::Held(_))));
    assert!(path.exists());
    drop(listener);
    assert!(!path.exists());
    std::fs::write(&path, "precious").unwrap();
    assert!(matches!(Listener::bind(dir.path()).await, Err(BindError::InTheWay(_))));
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "precious");
}

#[tokio::test]
async fn an_office_with_a_long_path_has_its_door_elsewhere_and_is_found() {
    use std::os::unix::fs::PermissionsExt;
    let dir = TempDir::new().unwrap();
    let office = dir.path().join("ö".repeat(60)).join("y".repeat(100));
    std::fs::create_dir_all(&office).unwrap();
    let mut tasks = JoinSet::new();
    let (listener, client, _incoming, _outbox) = both(&office, &mut tasks).await;
    assert_eq!(client.welcome().office, "attic");
    let parent = listener.socket().parent().unwrap().to_owned();
    assert!(!parent.starts_with(dir.path()) && office.join("door").exists());
    assert_eq!(std::fs::metadata(&parent).unwrap().permissions().mode() & 0o777, 0o700);
    assert!(matches!(Listener::bind(&office).await, Err(BindError::Held(_))));
    drop(listener);
    assert!(!parent.exists() && !office.join("door").exists());
}

#[tokio::test]
async fn socket_and_directory_are_the_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let dir = TempDir::new().unwrap();
    std::fs::set_permissions(dir.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    let listener = Listener::bind(dir.path()).await.unwrap();
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(dir.path()), mode(listener.socket())), (0o700, 0o600));
}

#[test]
fn a_command_goes_through_json_unchanged() {
    let body: CommandBody =
        serde_json::from_value(serde_json::json!({"noun": "task", "do": "cancel", "task": 3})).unwrap();
    let ask = Ask::Submit { command_id: "a".into(), body };
    let json = serde_json::to_string(&ask).unwrap();
    assert_eq!(serde_json::from_str::<Ask>(&json).unwrap(), ask);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_is_given_right_before_the_end_arrives() {
    let dir = TempDir::new().unwrap();
    let mut tasks = JoinSet::new();
    let listener = Listener::bind(dir.path()).await.unwrap();
    for _ in 0..500 {
        let (client, (mut incoming, outbox)) =
            tokio::join!(Client::connect(dir.path(), "test 1", None), let_in(&listener, &mut tasks));
        let client = client.unwrap();
        tasks.spawn(async move {
            let Request { id, .. } = incoming.next().await.unwrap().unwrap();
            outbox.reply(id, Ok(Answer::Ok));
            outbox.close();
        });
        let answer = client.ask(Ask::Quit { leave_desks: false }).await;
        assert!(matches!(answer, Ok(Answer::Ok)), "{answer:?}");
    }
}
