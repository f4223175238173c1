//! Tells the desktop what waits for the owner while no window is there to do it, and carries out what is answered there. A
//! convenience: the office's own list is the truth and no answer is no, so nothing here fails or holds up anything.
//! Not here: what is told in which words (`core::news`), speaking with the desktop (`bus.rs`), starting the window (`open.rs`).

mod bus;
mod open;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use office_core::approval::{ApprovalCommand, Terms};
use office_core::news::{Answers, Item, Told, Words};
use office_core::unattended::Quiet;
use office_core::{Actor, At, Command, CommandBody};
use tokio::sync::{mpsc, watch};

use self::bus::{Clicked, Desktop};
use crate::listen::is_owners;
use crate::world::{World, lock};

/// What a window calls itself at the door, before its version.
const WINDOW: &str = "window ";
/// A window that is on its way up, or opened again at once, tells it itself.
const GRACE: Duration = Duration::from_secs(2);
/// After something happened what follows at once is taken together.
const TOGETHER: Duration = Duration::from_millis(250);
/// Windows that could not be opened and wait to be spoken of; more are not.
const UNOPENED: usize = 4;

/// Whether the desktop can be told anything, for `office doctor`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum Reach {
    /// Nothing had to be told yet.
    #[default]
    Untried,
    /// It was told by this program of the desktop.
    Reached(String),
    /// It cannot be told.
    Silent(String),
}

impl Reach {
    pub(crate) fn words(&self) -> String {
        match self {
            Self::Untried => "told by the desktop while no window is open; nothing had to be told yet".to_owned(),
            Self::Reached(by) => format!("told by the desktop ({by}) while no window is open"),
            Self::Silent(why) => format!("told only in the window and by `office status`: {why}"),
        }
    }
}

/// The owner's windows.
#[derive(Debug, Default)]
pub(crate) struct Windows {
    /// Those that are connected; one for each of their connections.
    count: watch::Sender<usize>,
    /// Processes of those that were opened from here and run.
    opened: Mutex<BTreeSet<i32>>,
}

impl Windows {
    /// One more for as long as the returned value lives, if this caller is the owner's window.
    pub(crate) fn greet(&self, actor: Actor, client: &str) -> Option<Present> {
        (actor == Actor::Owner && client.starts_with(WINDOW)).then(|| {
            self.count.send_modify(|count| *count += 1);
            Present(self.count.clone())
        })
    }

    /// Whether this process is a window that was opened from here.
    pub(crate) fn is_opened(&self, pid: i32) -> bool {
        lock(&self.opened).contains(&pid)
    }
}

/// A window's connection.
#[derive(Debug)]
pub(crate) struct Present(watch::Sender<usize>);

impl Drop for Present {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count = count.saturating_sub(1));
    }
}

/// Whether it is that late now, by the clock on the owner's wall.
pub(crate) fn is_quiet(quiet: Option<Quiet>, now: At) -> bool {
    let Some(quiet) = quiet else { return false };
    let Ok(moment) = jiff::Timestamp::from_millisecond(now.millis()) else { return false };
    let local = moment.to_zoned(jiff::tz::TimeZone::system());
    u16::try_from(i32::from(local.hour()) * 60 + i32::from(local.minute())).is_ok_and(|minute| quiet.holds(minute))
}

/// Why telling came to an end.
#[derive(PartialEq, Eq)]
enum Stopped {
    /// A window is there.
    Window,
    /// The office closes.
    Closing,
}

/// Tells it as long as the office runs, on the session bus at `bus`.
pub(crate) async fn tell(world: Arc<World>, bus: Option<String>) {
    let mut windows = world.windows.count.subscribe();
    let mut desktop = Desktop::on(bus);
    // What waits when the office starts is news: nobody was there to tell it.
    let mut told = Told::nothing();
    loop {
        tokio::select! {
            () = world.closing.cancelled() => return,
            () = arrives(&mut windows) => {}
            () = tokio::time::sleep(GRACE) => {
                let stopped = follow(&world, &mut windows, &mut desktop, told).await;
                desktop.take_back_all().await;
                if stopped == Stopped::Closing {
                    return;
                }
            }
        }
        // What a window showed is no news when it is gone; what comes from that moment on is.
        tokio::select! {
            () = world.closing.cancelled() => return,
            left = windows.wait_for(|count| *count == 0) => if left.is_err() { return },
        }
        told = Told::default();
        let now = world.clock.now();
        match world.handle.read(move |office| office.news(now)).await {
            Ok(shown) => drop(told.compare(&shown, now, false)),
            Err(_) => return,
        }
    }
}

/// Waits for a window.
async fn arrives(windows: &mut watch::Receiver<usize>) {
    // The office keeps the other end as long as this runs.
    let _ = windows.wait_for(|count| *count > 0).await;
}

async fn follow(
    world: &Arc<World>,
    windows: &mut watch::Receiver<usize>,
    desktop: &mut Desktop,
    told: Told,
) -> Stopped {
    let mut told = told;
    let mut seq = world.handle.seq.clone();
    let (unopened, mut not_opened) = mpsc::channel::<Words>(UNOPENED);
    loop {
        seq.borrow_and_update();
        let Some(again) = update(world, desktop, &mut told).await else { return Stopped::Closing };
        // Clocks are set, so it is looked at again before long.
        let left = again.map_or(i64::MAX, |at| at.millis() - world.clock.now().millis()).clamp(10, 60_000);
        *lock(&world.notified) = desktop.reach().clone();
        tokio::select! {
            () = world.closing.cancelled() => return Stopped::Closing,
            () = arrives(windows) => return Stopped::Window,
            changed = seq.changed() => match changed {
                Ok(()) => tokio::time::sleep(TOGETHER).await,
                Err(_) => return Stopped::Closing,
            },
            clicked = desktop.clicked() => {
                // Whoever else takes the desktop's name on the bus answers nothing, least of all a desk.
                let by = desktop.process(&clicked.sender).await;
                if by.is_some_and(|pid| is_owners(world, pid)) {
                    answer(world, clicked, &unopened).await;
                }
            }
            () = tokio::time::sleep(Duration::from_millis(left.unsigned_abs())), if again.is_some() => {}
            Some(words) = not_opened.recv() => desktop.tell(&[], &words).await,
        }
    }
}

/// Compares what waits now with what was told, and says when to look again; nothing if the office is gone.
async fn update(world: &World, desktop: &mut Desktop, told: &mut Told) -> Option<Option<At>> {
    // Cheap, because it is asked of the loop after whatever happens; the rest is read only when there is something to tell.
    let now = world.clock.now();
    let found = world.handle.read(move |office| (office.news(now), office.settings.unattended.quiet)).await.ok()?;
    let telling = told.compare(&found.0, now, is_quiet(found.1, now));
    for item in telling.gone {
        desktop.take_back(item).await;
    }
    match telling.now.as_slice() {
        [] => {}
        [item] => {
            let status = world.handle.read(move |office| office.status(now)).await.ok()?;
            // Answered in between, it needs no telling.
            if let Some(words) = status.words(*item) {
                desktop.tell(&[*item], &words).await;
            }
        }
        several => desktop.tell(several, &Words::many(several.len())).await,
    }
    Some(telling.again)
}

/// Carries out what was clicked, where it was on offer.
async fn answer(world: &Arc<World>, clicked: Clicked, unopened: &mpsc::Sender<Words>) {
    let Clicked { item, action, sender: _ } = clicked;
    let command = match (item, action.as_str()) {
        (Some(Item::Approval(approval)), bus::DENY) => {
            ApprovalCommand::Deny { approval, note: None, terms: Terms::default() }
        }
        (Some(Item::Approval(approval)), bus::APPROVE) if may_be_approved(world, approval).await => {
            ApprovalCommand::Approve { approval, note: None, terms: Terms::default() }
        }
        (_, bus::OPEN | bus::BESIDE) => {
            let (opening, unopened) = (world.clone(), unopened.clone());
            world.start(async move {
                if let Err(why) = open::window(&opening, item).await {
                    let how = "`office status` says what waits, and `office --help` how it is answered.";
                    let body = format!("{why}\n{how}");
                    let words = Words { title: "The window does not open".to_owned(), body, answers: Answers::Open };
                    // Told often enough already.
                    let _ = unopened.try_send(words);
                }
            });
            return;
        }
        _ => return,
    };
    let id = world.own_id("notified");
    // Refused where it was answered elsewhere in the same moment; then the notification goes by itself.
    let _ = world.handle.submit(Command { id, actor: Actor::Owner, body: CommandBody::Approval(command) }).await;
}

/// What its owner wants to look at first is not approved by a click there, whoever says that it was offered.
async fn may_be_approved(world: &World, approval: office_core::ApprovalId) -> bool {
    let found = world.handle.read(move |office| {
        let it = office.approvals.get(&approval)?;
        Some(!office.settings.unattended.is_looked_at_first(it))
    });
    found.await.ok().flatten().unwrap_or(false)
}
