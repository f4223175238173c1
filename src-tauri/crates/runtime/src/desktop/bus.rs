//! Speaks with the desktop's notification program over the session bus. One connection, made when the first thing is told, and
//! no thread of its own. Only Linux; elsewhere the window alone tells things. Not here: what is told, and when.

use std::collections::HashMap;
use std::time::Duration;

use futures_util::StreamExt;
use office_core::news::{Answers, Item, Words};
use zbus::connection::Builder;
use zbus::proxy::SignalStream;
use zbus::{Proxy, Variant};

use super::Reach;

const NAME: &str = "org.freedesktop.Notifications";
const BUS: &str = "org.freedesktop.DBus";
const PATH: &str = "/org/freedesktop/Notifications";
/// A desktop that takes longer for one word is not waited for.
const PATIENCE: Duration = Duration::from_secs(2);
/// It decides itself how long it shows it.
const AS_IT_LIKES: i32 = -1;
/// Shown until it is answered.
const UNTIL_ANSWERED: i32 = 0;

pub(super) const DENY: &str = "deny";
pub(super) const OPEN: &str = "open";
pub(super) const APPROVE: &str = "approve";
/// A click on the notification itself.
pub(super) const BESIDE: &str = "default";

/// What somebody clicked.
pub(super) struct Clicked {
    /// On the notification about this; none is about several.
    pub(super) item: Option<Item>,
    /// Which action.
    pub(super) action: String,
    /// Who says so: a name on the bus.
    pub(super) sender: String,
}

/// The desktop, as far as it can be reached.
pub(super) struct Desktop {
    bus: Option<String>,
    open: Option<Open>,
    reach: Reach,
    /// What is shown, by its number there: what of it still waits, of several in one sentence.
    shown: HashMap<u32, Vec<Item>>,
}

struct Open {
    proxy: Proxy<'static>,
    signals: SignalStream<'static>,
}

impl Desktop {
    /// On the session bus at this address.
    pub(super) fn on(bus: Option<String>) -> Self {
        let bus = bus.filter(|address| cfg!(target_os = "linux") && !address.is_empty());
        let reach = match &bus {
            Some(_) => Reach::Untried,
            None => Reach::Silent("the office runs without a session bus".to_owned()),
        };
        Self { bus, open: None, reach, shown: HashMap::new() }
    }

    pub(super) fn reach(&self) -> &Reach {
        &self.reach
    }

    /// Shows it. A desktop that cannot be reached is tried again with the next one.
    pub(super) async fn tell(&mut self, about: &[Item], words: &Words) {
        if self.bus.is_none() {
            return;
        }
        match self.try_to_tell(words).await {
            Ok(number) => drop(self.shown.insert(number, about.to_vec())),
            Err(error) => {
                self.reach = Reach::Silent(error.to_string());
                self.lose();
            }
        }
    }

    async fn try_to_tell(&mut self, words: &Words) -> zbus::Result<u32> {
        let actions: &[&str] = match words.answers {
            Answers::Open => &[BESIDE, "Open"],
            Answers::DenyOrOpen => &[DENY, "Deny", OPEN, "Open"],
            Answers::All => &[DENY, "Deny", OPEN, "Open", APPROVE, "Approve"],
        };
        let stays = if words.answers == Answers::Open { AS_IT_LIKES } else { UNTIL_ANSWERED };
        let hints = HashMap::from([("desktop-entry", Variant::from("afterhours"))]);
        let (title, body) = (words.title.as_str(), words.body.as_str());
        let proxy = self.proxy().await?;
        proxy.call("Notify", &("Afterhours", 0_u32, "afterhours", title, body, actions, hints, stays)).await
    }

    async fn proxy(&mut self) -> zbus::Result<&Proxy<'static>> {
        if self.open.is_none() {
            let bus = self.bus.as_deref().unwrap_or_default();
            let connecting = Builder::address(bus).method_timeout(PATIENCE).build();
            let late = |_| zbus::Error::Failure("the session bus does not answer".to_owned());
            let connection = tokio::time::timeout(PATIENCE, connecting).await.map_err(late)??;
            let proxy = Proxy::new(&connection, NAME, PATH, NAME).await?;
            // The first word starts a program that is started when it is needed; its signals can be heard only then.
            let (name, _, version, _): (String, String, String, String) =
                proxy.call("GetServerInformation", &()).await?;
            self.reach = Reach::Reached(format!("{name} {version}"));
            let signals = proxy.receive_all_signals().await?;
            self.open = Some(Open { proxy, signals });
        }
        self.open.as_ref().map(|open| &open.proxy).ok_or_else(|| zbus::Error::Failure("it is gone".to_owned()))
    }

    /// The next click on something that is shown. Nothing is lost when it is not waited for to the end.
    pub(super) async fn clicked(&mut self) -> Clicked {
        loop {
            let Some(open) = &mut self.open else { return std::future::pending().await };
            let Some(signal) = open.signals.next().await else {
                self.lose();
                continue;
            };
            let member = signal.header().member().map(ToString::to_string);
            match member.as_deref() {
                Some("ActionInvoked") => {
                    let Ok((number, action)) = signal.body().deserialize::<(u32, String)>() else { continue };
                    // Other programs' notifications are heard as well.
                    let sender = signal.header().sender().map(ToString::to_string).unwrap_or_default();
                    if let Some(about) = self.shown.get(&number) {
                        let item = if let [item] = about.as_slice() { Some(*item) } else { None };
                        return Clicked { item, action, sender };
                    }
                }
                Some("NotificationClosed") => {
                    if let Ok((number, _)) = signal.body().deserialize::<(u32, u32)>() {
                        self.shown.remove(&number);
                    }
                }
                _ => {}
            }
        }
    }

    /// The process behind a name on the bus, where the bus tells.
    pub(super) async fn process(&self, sender: &str) -> Option<i32> {
        let connection = self.open.as_ref()?.proxy.connection();
        let bus = Proxy::new(connection, BUS, "/org/freedesktop/DBus", BUS).await.ok()?;
        let pid: u32 = bus.call("GetConnectionUnixProcessID", &(sender,)).await.ok()?;
        i32::try_from(pid).ok()
    }

    /// Takes back what was said about this; about several at once, when it was the last of them.
    pub(super) async fn take_back(&mut self, item: Item) {
        let mut numbers = Vec::new();
        for (number, about) in self.shown.iter_mut().filter(|(_, about)| about.contains(&item)) {
            if about.len() == 1 {
                numbers.push(*number);
            }
            about.retain(|other| *other != item);
        }
        for number in numbers {
            self.shown.remove(&number);
            if let Some(open) = &self.open {
                // What the desktop closed by itself is gone, too.
                let _: zbus::Result<()> = open.proxy.call("CloseNotification", &(number,)).await;
            }
        }
    }

    /// Takes back everything, and lets go of the desktop.
    pub(super) async fn take_back_all(&mut self) {
        if let Some(open) = &self.open {
            for number in self.shown.keys() {
                let _ = open.proxy.call_noreply("CloseNotification", &(*number,)).await;
            }
        }
        self.lose();
    }

    fn lose(&mut self) {
        self.open = None;
        self.shown.clear();
    }
}
