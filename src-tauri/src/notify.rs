//! The desktop's notifications: something needs the owner, a task waits for review, the office goes on without its window.
//! Each is a convenience: the window's own list is the truth and no answer is no, so nothing here fails anything.
//! Not here: when there is news (`watch.rs`), in which words (`core::news`), and what is told without a window (the runtime).

use std::collections::BTreeSet;
#[cfg(target_os = "linux")]
use std::time::Duration;

use office_core::At;
use office_core::approval::{ApprovalCommand, Terms};
use office_core::news::{Answers, Item, Told, Words};
use office_core::view::StatusView;
use office_core::{ApprovalId, CommandBody, DeskId, PlanId, TaskId};
use office_door::wire::Ask;
use tauri::async_runtime::spawn;
use tauri::{AppHandle, Manager};
use tauri_plugin_notification::{Action, ActionType, NotificationExt};

use crate::link::Link;
use crate::wanted::{Wanted, Wishes};
use crate::window;

/// A number that is no item's.
const MANY: i32 = -1;
/// The desktop gets so long to take a notification before the process ends without it.
#[cfg(target_os = "linux")]
const TAKEN: Duration = Duration::from_secs(5);
/// And a person so long to read it.
#[cfg(target_os = "linux")]
const READ: Duration = Duration::from_secs(4);

/// The answers, in this order: where a desktop takes the first for a click beside it, that must not be a yes.
const ANSWERS: &str = "answers";
/// For a command that is too long to be read here.
const NO_OR_LOOK: &str = "no-or-look";
const DENY: &str = "deny";
const OPEN: &str = "open";
const APPROVE: &str = "approve";

/// So many kinds of items there are.
const KINDS: u32 = 6;

/// Its number among the notifications: each kind of item has its own.
fn number(item: Item) -> Option<i32> {
    let (id, kind) = match item {
        Item::Review(id) => (id.0, 0),
        Item::Approval(id) => (id.0, 1),
        Item::Question(id) => (id.0, 2),
        Item::Limit(id) => (id.0, 3),
        Item::Incident(id) => (id.0, 4),
        Item::Plan(id) => (id.0, 5),
    };
    i32::try_from(id.checked_mul(KINDS)?.checked_add(kind)?).ok()
}

fn of(number: i32) -> Option<Item> {
    let number = u32::try_from(number).ok()?;
    let id = number / KINDS;
    match number % KINDS {
        0 => Some(Item::Review(TaskId(id))),
        1 => Some(Item::Approval(ApprovalId(id))),
        2 => Some(Item::Question(TaskId(id))),
        3 => Some(Item::Limit(TaskId(id))),
        4 => Some(Item::Incident(DeskId(id))),
        _ => Some(Item::Plan(PlanId(id))),
    }
}

/// Listens for clicks. Before anything is shown, or the desktop is told that nobody listens.
pub fn listen(app: &AppHandle) {
    let notifications = app.notification();
    let action = |id: &str, title: &str| Action::builder(id, title).build();
    let (deny, open) = (|| action(DENY, "Deny"), || action(OPEN, "Open"));
    let all = ActionType::builder(ANSWERS).actions(vec![deny(), open(), action(APPROVE, "Approve")]).build();
    let some = ActionType::builder(NO_OR_LOOK).actions(vec![deny(), open()]).build();
    let handle = app.clone();
    // Neither fails on a desktop.
    let _ = notifications.register_action_types(vec![all, some]);
    let _ = notifications.on_action(move |clicked| {
        let item = clicked.notification().and_then(|shown| of(shown.id()));
        match (item, clicked.action_id()) {
            (Some(Item::Approval(approval)), DENY) => {
                answer(&handle, approval, ApprovalCommand::Deny { approval, note: None, terms: Terms::default() })
            }
            (Some(Item::Approval(approval)), APPROVE) => {
                answer(&handle, approval, ApprovalCommand::Approve { approval, note: None, terms: Terms::default() });
            }
            (item, _) => open_item(&handle, item),
        }
    });
}

fn open_item(app: &AppHandle, item: Option<Item>) {
    let wanted = match item {
        Some(Item::Review(task) | Item::Question(task) | Item::Limit(task)) => Wanted::Task { id: task.0 },
        Some(Item::Incident(desk)) => Wanted::Desk { id: desk.0 },
        Some(Item::Plan(plan)) => Wanted::Plan { id: plan.0 },
        Some(Item::Approval(approval)) => Wanted::Approval { id: approval.0 },
        None => Wanted::Floor,
    };
    window::show(app);
    app.state::<Wishes>().wish(wanted);
}

/// Gives the owner's answer; where it does not arrive, the window shows the item instead.
fn answer(app: &AppHandle, approval: ApprovalId, command: ApprovalCommand) {
    let app = app.clone();
    spawn(async move {
        // One answer to one question: clicked twice it is the same command.
        let command_id = format!("notification-{}-{approval}", std::process::id());
        let ask = Ask::Submit { command_id, body: CommandBody::Approval(command) };
        let client = app.state::<Link>().client();
        let arrived = match client {
            Ok(client) => client.ask(ask).await.is_ok(),
            Err(_) => false,
        };
        if !arrived {
            open_item(&app, Some(Item::Approval(approval)));
        }
    });
}

/// What is shown now. What waited already when the window opened stands in the window; it is not news.
#[derive(Debug, Default)]
pub struct Notices {
    told: Told,
    /// What of those that were told in one sentence still waits.
    many: BTreeSet<Item>,
}

impl Notices {
    /// Compares what waits now with what was shown: tells what is new, takes back what was answered elsewhere.
    /// Gives back when to look again, even if nothing happens.
    pub fn update(&mut self, app: &AppHandle, status: &StatusView) -> Option<At> {
        let telling = self.told.compare(&status.news(), status.now, status.quiet);
        let notifications = app.notification();
        let mut over: Vec<i32> = telling.gone.iter().copied().filter_map(number).collect();
        let some = !self.many.is_empty();
        self.many.retain(|item| !telling.gone.contains(item));
        over.extend((some && self.many.is_empty()).then_some(MANY));
        let _ = notifications.remove_active(over);
        if telling.now.len() > 1 {
            self.many = telling.now.iter().copied().collect();
            let Words { title, body, .. } = Words::many(telling.now.len());
            let _ = notifications.builder().id(MANY).title(title).body(body).show();
            return telling.again;
        }
        for item in telling.now {
            let Some(number) = number(item) else { continue };
            let Some(Words { title, body, answers }) = status.words(item) else { continue };
            let mut notification = notifications.builder().id(number).title(title).body(body);
            notification = match answers {
                Answers::Open => notification,
                Answers::DenyOrOpen => notification.action_type_id(NO_OR_LOOK),
                Answers::All => notification.action_type_id(ANSWERS),
            };
            let _ = notification.show();
        }
        telling.again
    }
}

/// Said once, the first time the window is closed; comes back when this process may end. Not by the plugin: that hands it to a
/// thread of its own, which would end with the process before the desktop has it.
pub async fn goes_on() {
    let mut notice = notify_rust::Notification::new();
    notice
        .appname("Afterhours")
        .summary("The office goes on")
        .body("Its desks work on without the window. `office quit` ends the office itself.");
    #[cfg(target_os = "linux")]
    {
        let taken = tokio::time::timeout(TAKEN, notice.show_async()).await;
        // Some desktops take a notification away with the process that sent it: it stays until that was read.
        if let Ok(Ok(_sender)) = taken {
            tokio::time::sleep(READ).await;
        }
    }
    #[cfg(not(target_os = "linux"))]
    {
        // Handed over when it comes back; where the desktop refuses, nothing more can be said.
        let _ = tokio::task::spawn_blocking(move || notice.show().map(drop)).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_keep_their_numbers_apart() {
        let tasks =
            [Item::Review(TaskId(7)), Item::Question(TaskId(7)), Item::Limit(TaskId(7)), Item::Review(TaskId(0))];
        for item in
            tasks.into_iter().chain([Item::Approval(ApprovalId(7)), Item::Incident(DeskId(7)), Item::Plan(PlanId(7))])
        {
            assert_eq!(of(number(item).unwrap()), Some(item));
        }
        assert_eq!(of(MANY), None);
        assert_eq!(number(Item::Review(TaskId(u32::MAX))), None);
    }
}
