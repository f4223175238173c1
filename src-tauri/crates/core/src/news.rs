//! What the desktop is told: that a command is held for the owner, that a task waits for review; what is new among it, and in
//! which words. The window tells it, and without one the runtime. Not here: showing it and taking it back.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use specta::Type;

use crate::approval::Approval;
use crate::ids::{ApprovalId, TaskId};
use crate::office::Office;
use crate::task::TaskState;
use crate::view::StatusView;

/// A command that is longer does not fit into a notification; it is approved where it can be read whole.
const READABLE: usize = 160;
/// More news than these at once are told in one sentence.
pub const ONE_BY_ONE: usize = 3;

/// What its owner wants to be told by the desktop.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, Type)]
#[serde(rename_all = "kebab-case")]
pub enum Notify {
    /// That a command is held, and that a task waits for review.
    #[default]
    On,
    /// Only that a command is held.
    NeedsYou,
    /// Only that a task waits for review.
    Review,
    /// Nothing.
    Off,
}

impl Notify {
    /// Whether this is to be told.
    pub fn wants(self, item: Item) -> bool {
        match item {
            Item::Approval(_) => matches!(self, Self::On | Self::NeedsYou),
            Item::Review(_) => matches!(self, Self::On | Self::Review),
        }
    }
}

/// What a notification is about.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Item {
    /// A task waits for review.
    Review(TaskId),
    /// A command is held.
    Approval(ApprovalId),
}

/// What may be answered in the notification itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Answers {
    /// Nothing: it is opened.
    Open,
    /// No, and opened: what is asked cannot be read whole there.
    DenyOrOpen,
    /// No, opened, yes; in this order, because some desktops take the first for a click beside it, and that must not be a yes.
    All,
}

/// A notification.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Words {
    /// Its first line.
    pub title: String,
    /// The rest.
    pub body: String,
    /// What may be answered.
    pub answers: Answers,
}

/// What was told so far.
#[derive(Debug, Default)]
pub struct Told {
    told: BTreeSet<Item>,
    begun: bool,
}

impl Told {
    /// Nothing yet: what waits at the first look is news. By default it is not.
    pub fn nothing() -> Self {
        Self { told: BTreeSet::new(), begun: true }
    }

    /// What is new among what waits now, and what no longer waits.
    pub fn compare(&mut self, now: BTreeSet<Item>) -> (Vec<Item>, Vec<Item>) {
        let gone = self.told.difference(&now).copied().collect();
        let fresh = now.difference(&self.told).copied().filter(|_| self.begun).collect();
        self.told = now;
        self.begun = true;
        (fresh, gone)
    }
}

impl Office {
    /// What waits for the owner, so far as it is to be told.
    pub fn news(&self) -> BTreeSet<Item> {
        let reviews = self.index.in_review.iter().filter_map(|id| self.tasks.get(id));
        let all = reviews
            .map(|task| Item::Review(task.id))
            .chain(self.waiting_approvals().map(|approval| Item::Approval(approval.id)));
        all.filter(|item| self.settings.notify.wants(*item)).collect()
    }
}

impl StatusView {
    /// What waits for the owner, so far as it is to be told.
    pub fn news(&self) -> BTreeSet<Item> {
        let reviews = self.waits_for_you.iter().filter(|line| line.state == TaskState::InReview);
        let all = reviews
            .map(|line| Item::Review(line.id))
            .chain(self.approvals.iter().map(|approval| Item::Approval(approval.id)));
        all.filter(|item| self.notify.wants(*item)).collect()
    }

    /// The words for one of them, if it still waits.
    pub fn words(&self, item: Item) -> Option<Words> {
        let words = match item {
            Item::Review(task) => {
                let line = self.waits_for_you.iter().find(|line| line.id == task)?;
                let who = line.desk.as_deref().unwrap_or("A desk");
                let body = format!("{}\nIt waits for your review.", line.title);
                Words { title: format!("{who} has finished #{task}"), body, answers: Answers::Open }
            }
            Item::Approval(id) => {
                let approval = self.approvals.iter().find(|approval| approval.id == id)?;
                let desk = self.desks.iter().find(|desk| Some(desk.id) == approval.desk);
                let title = format!("{} needs you", desk.map_or("A command", |desk| &desk.name));
                let (body, answers) = question(approval);
                Words { title, body, answers }
            }
        };
        Some(Words { title: plain(&words.title), body: plain(&words.body), ..words })
    }
}

impl Words {
    /// For more than can be told one by one.
    pub fn many(items: usize) -> Self {
        Self { title: "Afterhours".to_owned(), body: format!("{items} things wait for you"), answers: Answers::Open }
    }
}

/// The command, whole if it can be read there; else as much as fits, and no way to say yes to the rest.
fn question(approval: &Approval) -> (String, Answers) {
    let because = approval.reason.as_deref().map(|reason| format!("\n{}", start_of(reason))).unwrap_or_default();
    if approval.shown.chars().count() <= READABLE {
        (format!("{}{because}", approval.shown), Answers::All)
    } else {
        (format!("{} ...\nIt goes on: open it to read it whole.", start_of(&approval.shown)), Answers::DenyOrOpen)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::approval::ApprovalState;
    use crate::time::At;

    fn approval(shown: &str) -> Approval {
        let at: At = serde_json::from_str("\"2026-01-01T00:00:00Z\"").unwrap();
        let (argv, state) = (vec!["x".to_owned()], ApprovalState::Waiting);
        let cwd = "/tmp".to_owned();
        let (run, desk, task, reason, answered, note, exit) = (None, None, None, None, None, None, None);
        let (id, shown, held, ruling) = (ApprovalId(3), shown.to_owned(), crate::approval::Held::Command, None);
        Approval {
            id,
            run,
            desk,
            task,
            held,
            argv,
            shown,
            cwd,
            reason,
            ruling,
            state,
            asked: at,
            answered,
            note,
            exit,
            since: at,
        }
    }

    #[test]
    fn a_command_that_cannot_be_read_whole_cannot_be_approved_there() {
        assert_eq!(question(&approval("git push")).1, Answers::All);
        let (body, answers) = question(&approval(&"x".repeat(READABLE + 1)));
        assert_eq!(answers, Answers::DenyOrOpen);
        assert!(body.contains("open it"), "{body}");
    }

    #[test]
    fn words_of_an_agent_become_no_markup() {
        assert_eq!(plain("<b>a</b> & c"), "‹b›a‹/b› ＆ c");
    }

    #[test]
    fn only_what_is_wanted_is_told() {
        let (held, review) = (Item::Approval(ApprovalId(1)), Item::Review(TaskId(1)));
        let wants = |notify: Notify| (notify.wants(held), notify.wants(review));
        assert_eq!(wants(Notify::default()), (true, true));
        assert_eq!(wants(Notify::NeedsYou), (true, false));
        assert_eq!(wants(Notify::Review), (false, true));
        assert_eq!(wants(Notify::Off), (false, false));
    }

    #[test]
    fn what_waits_is_told_once_and_what_is_over_is_taken_back() {
        let (one, two) = (Item::Review(TaskId(1)), Item::Review(TaskId(2)));
        let mut told = Told::default();
        assert_eq!(told.compare([one].into()), (vec![], vec![]), "what waited before is not news");
        assert_eq!(told.compare([one, two].into()), (vec![two], vec![]));
        assert_eq!(told.compare([two].into()), (vec![], vec![one]));
        assert_eq!(Told::nothing().compare([one].into()), (vec![one], vec![]));
    }
}
