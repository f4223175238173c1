//! What the desktop is told in half an hour of a night, counted by a notification program on a real session bus, under the real
//! loop with a clock that is turned. What a click there does. The window's own telling is tried in tests/e2e.
#![allow(clippy::expect_used, reason = "a test may fail loudly")]
#![cfg(target_os = "linux")]

use std::collections::HashMap;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use office_core::approval::{ApprovalCommand, Held};
use office_core::command::CommandBody;
use office_core::office::OfficeCommand;
use office_core::unattended::{Quiet, Unattended};
use office_core::{Approval, ApprovalState, Noun};
use office_door::Client;
use office_door::wire::{Answer, Ask};
use office_tests::Bench;
use office_tests::clock::FakeClock;
use office_tests::within::Within;
use tokio::sync::watch;

const NAME: &str = "org.freedesktop.Notifications";
const PATH: &str = "/org/freedesktop/Notifications";
/// The office takes together what happens at once; within this it has looked.
const LOOKS: Duration = Duration::from_millis(450);

struct Bus {
    daemon: Child,
    address: String,
}

impl Bus {
    #[expect(clippy::disallowed_methods, reason = "it is killed and waited for when the test is over")]
    fn start() -> Self {
        let mut daemon = Command::new("dbus-daemon");
        let daemon = daemon.args(["--session", "--nofork", "--nopidfile", "--print-address=1"]).stdout(Stdio::piped());
        let mut daemon = daemon.spawn().expect("dbus-daemon is installed");
        let mut address = String::new();
        BufReader::new(daemon.stdout.take().expect("a pipe")).read_line(&mut address).expect("it says its address");
        Self { daemon, address: address.trim().to_owned() }
    }
}

impl Drop for Bus {
    fn drop(&mut self) {
        let _ = self.daemon.kill();
        let _ = self.daemon.wait();
    }
}

/// What was shown: its text and its actions, in order; and what was taken back.
#[derive(Default)]
struct Shown {
    told: Vec<(String, Vec<String>)>,
    closed: Vec<u32>,
}

/// A notification program.
struct Desktop {
    shown: Arc<Mutex<Shown>>,
    count: watch::Sender<usize>,
}

#[zbus::interface(name = "org.freedesktop.Notifications")]
impl Desktop {
    #[expect(clippy::too_many_arguments, reason = "so it is specified")]
    fn notify(
        &self,
        _app: String,
        _replaces: u32,
        _icon: String,
        title: String,
        body: String,
        actions: Vec<String>,
        _hints: HashMap<String, zbus::OwnedVariant>,
        _stays: i32,
    ) -> u32 {
        let mut shown = self.shown.lock().expect("nobody panicked");
        shown.told.push((format!("{title}: {body}"), actions));
        let number = shown.told.len();
        self.count.send_replace(number);
        u32::try_from(number).expect("few")
    }

    fn close_notification(&self, number: u32) {
        self.shown.lock().expect("nobody panicked").closed.push(number);
    }

    fn get_server_information(&self) -> (String, String, String, String) {
        ("counter".to_owned(), "tests".to_owned(), "1".to_owned(), "1.2".to_owned())
    }
}

struct Night {
    clock: Arc<FakeClock>,
    client: Client,
    asked: u32,
    count: watch::Receiver<usize>,
}

impl Night {
    async fn submit(&mut self, body: CommandBody) -> Noun {
        self.asked += 1;
        let ask = Ask::Submit { command_id: format!("test-{}", self.asked), body };
        match self.client.ask(ask).await {
            Ok(Answer::Changed(noun)) => noun,
            other => panic!("{other:?}"),
        }
    }

    async fn asks(&mut self, word: u32) -> Approval {
        let argv = vec!["touch".to_owned(), format!("file-{word}")];
        let (cwd, reason, held) = ("/tmp".to_owned(), None, Held::Command);
        let (ruling, stands, grant, deed) = (None, None, None, None);
        let ask = ApprovalCommand::Ask { argv, cwd, reason, held, ruling, stands, grant, deed };
        match self.submit(CommandBody::Approval(ask)).await {
            Noun::Approval(it) => *it,
            other => panic!("{other:?}"),
        }
    }

    async fn told(&mut self, so_many: usize) {
        let waits = self.count.wait_for(|count| *count >= so_many);
        tokio::time::timeout(Duration::from_secs(20), waits).await.expect("it is told").expect("it is there");
    }

    async fn state(&self, it: &Approval, wanted: ApprovalState) {
        let ask = Ask::AwaitApproval { approval: it.id };
        match tokio::time::timeout(Duration::from_secs(20), self.client.ask(ask)).await.expect("it is answered") {
            Ok(Answer::Approval(found)) => assert_eq!(found.state, wanted),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn eighty_six_asks_in_half_an_hour_are_at_most_thirty_one_notifications_on_a_real_bus() {
    let bus = Bus::start();
    let shown = Arc::new(Mutex::new(Shown::default()));
    let (sender, count) = watch::channel(0);
    let desktop = Desktop { shown: shown.clone(), count: sender };
    let builder = zbus::connection::Builder::address(bus.address.as_str()).name(NAME).serve_at(PATH, desktop);
    let serves = builder.build().await.expect("the bus takes it");

    let bench = Bench::made();
    let Within { clock, runtime, .. } = Within::run(bench.dir(), "2126-11-21T22:00:00Z", Some(bus.address.clone()));
    let client = Client::connect(bench.dir(), "test", None).await.expect("the door is open");
    let mut night = Night { clock, client, asked: 0, count };

    // What is clicked there reaches the item, and takes its notification back.
    let clicks = async |number: u32, action: &str| {
        let said = (number, action);
        serves.emit_signal(None::<&str>, PATH, NAME, "ActionInvoked", &said).await.expect("it is told");
    };
    let first = night.asks(1000).await;
    night.told(1).await;
    clicks(1, "approve").await;
    night.state(&first, ApprovalState::Approved).await;
    night.clock.turn(61);
    let second = night.asks(1001).await;
    night.told(2).await;
    clicks(2, "deny").await;
    night.state(&second, ApprovalState::Denied).await;
    night.clock.turn(61);

    // 86 asks, one each 21 seconds. In the first minutes every look is waited for, so that a telling too many would be seen.
    let before = *night.count.borrow();
    let mut expected = before;
    let mut last = -60_i64;
    for ask in 0..86_u32 {
        night.asks(ask).await;
        let at = i64::from(ask) * 21;
        if at - last >= 60 {
            // Counted here and not read there: it may be told as soon as the clock is turned, before the ask.
            expected += 1;
            night.told(expected).await;
            last = at;
        } else if at < 300 {
            // waits for: the time in which one that is told too early would be heard of
            tokio::time::sleep(LOOKS).await;
        }
        night.clock.turn(21);
    }
    let told = *night.count.borrow() - before;
    assert!((25..=31).contains(&told), "{told} notifications");

    // In quiet hours nothing is told, and all of it afterwards at once.
    let quiet = |quiet| {
        let unattended = Unattended { quiet, ..Unattended::default() };
        CommandBody::Office(OfficeCommand::Set {
            settings: office_core::office::OfficeSettings { unattended, ..Default::default() },
        })
    };
    night.submit(quiet(Some(Quiet { from: 0, to: 24 * 60 - 1 }))).await;
    night.clock.turn(120);
    let silent = *night.count.borrow();
    night.asks(2000).await;
    // waits for: the time in which one that is told in quiet hours would be heard of
    tokio::time::sleep(LOOKS).await;
    assert_eq!(*night.count.borrow(), silent, "it is quiet");
    night.submit(quiet(None)).await;
    night.told(silent + 1).await;

    {
        let shown = shown.lock().expect("nobody panicked");
        assert_eq!(shown.closed, [1, 2], "what was answered is taken back");
        let actions = ["deny", "Deny", "open", "Open", "approve", "Approve"].map(str::to_owned);
        assert_eq!(shown.told[0], ("A command needs you: touch file-1000".to_owned(), actions.to_vec()));
        assert!(shown.told.iter().any(|(words, _)| words.contains("3 things wait for you")), "{:?}", shown.told);
    }
    night.client.ask(Ask::Quit { leave_desks: false }).await.expect("it ends");
    runtime.join().expect("no panic").expect("a good end");
}
