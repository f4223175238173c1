//! The desktop's notifications: a command is held for the owner, a task waits for review, the office goes on without its window.
//! Each is a convenience: the window's own list is the truth and no answer is no, so nothing here fails anything.
//! Not here: when there is news (`watch.rs`), and where one is not shown because the window is looked at.

use std::collections::BTreeSet;
#[cfg(target_os = "linux")]
use std::time::Duration;

use office_core::approval::ApprovalCommand;
use office_core::view::StatusView;
use office_core::{Approval, ApprovalId, CommandBody, TaskId, TaskState};
use office_door::wire::Ask;
use tauri::async_runtime::spawn;
use tauri::{AppHandle, Manager};
use tauri_plugin_notification::{Action, ActionType, NotificationExt};

use crate::link::Link;
use crate::wanted::{Wanted, Wishes};
use crate::window;

/// A number that is no item's.
const MANY: i32 = -1;
/// More news than these at once are told in one sentence.
const ONE_BY_ONE: usize = 3;
/// A command that is longer does not fit into a notification; it is approved where it can be read whole.
const READABLE: usize = 160;

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

/// What a notification is about.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Item {
    Review(TaskId),
    Approval(ApprovalId),
}

impl Item {
    /// Its number among the notifications: even for tasks, odd for approvals.
    fn number(self) -> Option<i32> {
        let (id, odd) = match self {
            Self::Review(id) => (id.0, 0),
            Self::Approval(id) => (id.0, 1),
        };
        i32::try_from(id).ok()?.checked_mul(2)?.checked_add(odd)
    }

    fn of(number: i32) -> Option<Self> {
        let number = u32::try_from(number).ok()?;
        Some(if number % 2 == 0 { Self::Review(TaskId(number / 2)) } else { Self::Approval(ApprovalId(number / 2)) })
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
        let item = clicked.notification().and_then(|shown| Item::of(shown.id()));
        match (item, clicked.action_id()) {
            (Some(Item::Approval(approval)), DENY) => {
                answer(&handle, approval, ApprovalCommand::Deny { approval, note: None })
            }
            (Some(Item::Approval(approval)), APPROVE) => {
                answer(&handle, approval, ApprovalCommand::Approve { approval, note: None });
            }
            (item, _) => open_item(&handle, item),
        }
    });
}

fn open_item(app: &AppHandle, item: Option<Item>) {
    let wanted = match item {
        Some(Item::Review(task)) => Wanted::Task { id: task.0 },
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

/// What is shown now.
#[derive(Debug, Default)]
pub struct Notices {
    shown: BTreeSet<Item>,
    /// What waited already when the window opened stands in the window; it is not news.
    begun: bool,
}

impl Notices {
    /// Compares what waits now with what was shown: tells what is new, takes back what was answered elsewhere.
    pub fn update(&mut self, app: &AppHandle, status: &StatusView) {
        let (fresh, gone) = self.compare(status);
        let notifications = app.notification();
        let _ = notifications.remove_active(gone.into_iter().filter_map(Item::number).collect());
        if fresh.len() > ONE_BY_ONE {
            let body = format!("{} things wait for you", fresh.len());
            let _ = notifications.builder().id(MANY).title("Afterhours").body(body).show();
            return;
        }
        for item in fresh {
            let Some(number) = item.number() else { continue };
            let Some(Words { title, body, actions }) = words(item, status) else { continue };
            let mut notification = notifications.builder().id(number).title(plain(&title)).body(plain(&body));
            if let Some(actions) = actions {
                notification = notification.action_type_id(actions);
            }
            let _ = notification.show();
        }
    }

    /// What is new, and what no longer waits.
    fn compare(&mut self, status: &StatusView) -> (Vec<Item>, Vec<Item>) {
        let reviews = status.waits_for_you.iter().filter(|line| line.state == TaskState::InReview);
        let now: BTreeSet<Item> = reviews
            .map(|line| Item::Review(line.id))
            .chain(status.approvals.iter().map(|approval| Item::Approval(approval.id)))
            .collect();
        let gone = self.shown.difference(&now).copied().collect();
        let fresh = now.difference(&self.shown).copied().filter(|_| self.begun).collect();
        self.shown = now;
        self.begun = true;
        (fresh, gone)
    }
}

struct Words {
    title: String,
    body: String,
    actions: Option<&'static str>,
}

fn words(item: Item, status: &StatusView) -> Option<Words> {
    match item {
        Item::Review(task) => {
            let line = status.waits_for_you.iter().find(|line| line.id == task)?;
            let who = line.desk.as_deref().unwrap_or("A desk");
            let body = format!("{}\nIt waits for your review.", line.title);
            Some(Words { title: format!("{who} has finished #{task}"), body, actions: None })
        }
        Item::Approval(id) => {
            let approval = status.approvals.iter().find(|approval| approval.id == id)?;
            let desk = status.desks.iter().find(|desk| Some(desk.id) == approval.desk);
            let title = format!("{} needs you", desk.map_or("A command", |desk| &desk.name));
            let (body, actions) = question(approval);
            Some(Words { title, body, actions: Some(actions) })
        }
    }
}

/// The command, whole if it can be read here; else as much as fits, and no way to say yes to the rest.
fn question(approval: &Approval) -> (String, &'static str) {
    let because = approval.reason.as_deref().map(|reason| format!("\n{}", start_of(reason))).unwrap_or_default();
    if approval.shown.chars().count() <= READABLE {
        (format!("{}{because}", approval.shown), ANSWERS)
    } else {
        (format!("{} ...\nIt goes on: open it to read it whole.", start_of(&approval.shown)), NO_OR_LOOK)
    }
}

fn start_of(text: &str) -> String {
    text.chars().take(READABLE).collect()
}

/// Some desktops read markup in a notification; words that an agent wrote must not become any.
fn plain(text: &str) -> String {
    let letter = |letter: char| match letter {
        '<' => '‹',
        '>' => '›',
        '&' => '＆',
        other => other,
    };
    text.chars().map(letter).collect()
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
    use office_core::At;
    use office_core::approval::ApprovalState;

    use super::*;

    fn approval(shown: &str) -> Approval {
        let at: At = serde_json::from_str("\"2026-01-01T00:00:00Z\"").unwrap();
        let (argv, state) = (vec!["x".to_owned()], ApprovalState::Waiting);
        let cwd = "/tmp".to_owned();
        let (run, desk, task, reason, answered, note, exit) = (None, None, None, None, None, None, None);
        let (id, shown) = (ApprovalId(3), shown.to_owned());
        Approval { id, run, desk, task, argv, shown, cwd, reason, state, asked: at, answered, note, exit, since: at }
    }

    #[test]
    fn items_keep_their_numbers_apart() {
        for item in [Item::Review(TaskId(7)), Item::Approval(ApprovalId(7)), Item::Review(TaskId(0))] {
            assert_eq!(Item::of(item.number().unwrap()), Some(item));
        }
        assert_eq!(Item::of(MANY), None);
        assert_eq!(Item::Review(TaskId(u32::MAX)).number(), None);
    }

    #[test]
    fn a_command_that_cannot_be_read_whole_cannot_be_approved_here() {
        assert_eq!(question(&approval("git push")).1, ANSWERS);
        let (body, actions) = question(&approval(&"x".repeat(READABLE + 1)));
        assert_eq!(actions, NO_OR_LOOK);
        assert!(body.contains("open it"), "{body}");
    }

    #[test]
    fn words_of_an_agent_become_no_markup() {
        assert_eq!(plain("<b>a</b> & c"), "‹b›a‹/b› ＆ c");
    }
}
