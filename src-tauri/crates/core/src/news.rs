//! What the desktop is told: that a command is held for the owner, an agent asks, a limit is reached, something happened that must
//! not, a task waits for review; what is new among it, when it may be said, and in which words. The window tells it, and without one the runtime. Not here: showing it and taking it back.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use specta::Type;

use crate::actor::Actor;
use crate::approval::Approval;
use crate::hold::{Hold, HoldReason};
use crate::ids::{ApprovalId, DeskId, PlanId, TaskId};
use crate::office::Office;
use crate::plan::{Plan, PlanState};
use crate::task::TaskState;
use crate::time::At;
use crate::unattended::{COORDINATOR, Unattended};
use crate::view::StatusView;

/// A command that is longer does not fit into a notification; it is approved where it can be read whole.
const READABLE: usize = 160;
/// What its owner wants to be told by the desktop.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, Type)]
#[serde(rename_all = "kebab-case")]
pub enum Notify {
    /// What needs its owner, and that a task waits for review.
    #[default]
    On,
    /// Only what needs its owner: a held command, a question, a plan, a limit that is reached, an incident.
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
            Item::Approval(_) | Item::Question(_) | Item::Limit(_) | Item::Incident(_) | Item::Plan(_) => {
                matches!(self, Self::On | Self::NeedsYou)
            }
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
    /// A task is blocked: its agent needs something.
    Question(TaskId),
    /// A task is parked because a limit or a budget is reached; the first of all that the same one parked.
    Limit(TaskId),
    /// A desk is stopped because something happened there that must not.
    Incident(DeskId),
    /// A plan waits for one answer.
    Plan(PlanId),
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

/// What waits for the owner at a moment, so far as the desktop is to be told of it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct News {
    /// All of it.
    pub items: BTreeSet<Item>,
    /// What is told at once.
    pub urgent: BTreeSet<Item>,
    /// When the next is to be told that is not yet.
    pub next: Option<At>,
    /// At most one notification in so many seconds.
    pub pace_secs: u32,
}

/// What is to be done about the news.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Telling {
    /// Told now: one by itself, several in one sentence.
    pub now: Vec<Item>,
    /// Taken back.
    pub gone: Vec<Item>,
    /// Looked at again then, even if nothing happens.
    pub again: Option<At>,
}

/// What was told so far.
#[derive(Debug, Default)]
pub struct Told {
    told: BTreeSet<Item>,
    /// News that are kept back until they may be told.
    kept: BTreeSet<Item>,
    last: Option<At>,
    begun: bool,
}

/// In quiet hours it is looked again after so long.
const LOOK_AGAIN_SECS: u32 = 60;

impl Told {
    /// Nothing yet: what waits at the first look is news. By default it is not.
    pub fn nothing() -> Self {
        Self { begun: true, ..Self::default() }
    }

    /// What of the news is told now, and what no longer waits. What may not be said yet is kept and told together later; what
    /// is answered meanwhile is never told.
    pub fn compare(&mut self, news: &News, now: At, quiet: bool) -> Telling {
        let gone = self.told.difference(&news.items).copied().collect();
        self.told.retain(|item| news.items.contains(item));
        self.kept.retain(|item| news.items.contains(item));
        if !std::mem::replace(&mut self.begun, true) {
            self.told = news.items.clone();
        }
        self.kept.extend(news.items.difference(&self.told));
        let free = self.last.is_none_or(|last| {
            // A clock that was set back holds nothing up.
            now < last || now.millis() - last.millis() >= i64::from(news.pace_secs) * 1000
        });
        let fits = |item: &&Item| news.urgent.contains(item) || (free && !quiet);
        let tell: Vec<Item> = self.kept.iter().filter(fits).copied().collect();
        for item in &tell {
            self.kept.remove(item);
            self.told.insert(*item);
        }
        if !tell.is_empty() {
            self.last = Some(now);
        }
        let held_back = (!self.kept.is_empty()).then(|| match self.last {
            _ if quiet => now.plus_seconds(LOOK_AGAIN_SECS),
            Some(last) => last.plus_seconds(news.pace_secs).max(now.plus_seconds(1)),
            None => now.plus_seconds(LOOK_AGAIN_SECS),
        });
        Telling { now: tell, gone, again: held_back.into_iter().chain(news.next).min() }
    }
}

/// What a task has for the desktop. `said`: by what others were parked already; one limit is told once, however many it parked.
fn of_task<'a>(
    (id, state): (TaskId, TaskState),
    under_review: bool,
    hold: Option<&'a Hold>,
    said: &mut BTreeSet<&'a str>,
) -> Option<Item> {
    match (state, hold) {
        // Another run looks first, and what comes of that may need nobody.
        (TaskState::InReview, _) if under_review => None,
        (TaskState::InReview, _) => Some(Item::Review(id)),
        (TaskState::Blocked, _) => Some(Item::Question(id)),
        (TaskState::Parked, Some(hold)) if hold.reason.is_limit() => {
            said.insert(&hold.release).then_some(Item::Limit(id))
        }
        _ => None,
    }
}

/// A plan that its owner did not write themselves.
fn of_plan(plan: &Plan) -> Option<Item> {
    (plan.state == PlanState::Proposed && plan.by != Actor::Owner).then_some(Item::Plan(plan.id))
}

fn is_incident(hold: Option<&Hold>) -> bool {
    hold.is_some_and(|hold| hold.reason == HoldReason::Incident)
}

fn news<'a>(
    others: BTreeSet<Item>,
    approvals: impl Iterator<Item = &'a Approval>,
    notify: Notify,
    wished: &Unattended,
    leads: impl Fn(&Approval) -> bool,
    now: At,
) -> News {
    let mut news = News { items: others, pace_secs: wished.tell_every_secs, ..News::default() };
    for it in approvals {
        match wished.told_at(it, leads(it)) {
            Some(at) if at <= now => {
                news.items.insert(Item::Approval(it.id));
                if wished.is_urgent(it) {
                    news.urgent.insert(Item::Approval(it.id));
                }
            }
            at => news.next = news.next.into_iter().chain(at).min(),
        }
    }
    news.items.retain(|item| notify.wants(*item));
    news
}

impl Office {
    /// What waits for the owner, so far as it is to be told by now.
    pub fn news(&self, now: At) -> News {
        let mut said = BTreeSet::new();
        let tasks = self.index.for_owner.iter().filter_map(|id| self.tasks.get(id));
        let mut others: BTreeSet<Item> = tasks
            .filter_map(|it| of_task((it.id, it.state), self.is_under_review(it), it.hold.as_ref(), &mut said))
            .collect();
        let stopped = self.desks.values().filter(|desk| !desk.removed && is_incident(desk.hold.as_ref()));
        others.extend(stopped.map(|desk| Item::Incident(desk.id)));
        others.extend(self.plans.values().filter_map(of_plan));
        let leads = |it: &Approval| self.is_led(it.desk);
        news(others, self.waiting_approvals(), self.settings.notify, &self.settings.unattended, leads, now)
    }
}

impl StatusView {
    /// What waits for the owner, so far as it is to be told by now.
    pub fn news(&self) -> News {
        let mut said = BTreeSet::new();
        let tasks = self.waits_for_you.iter().chain(&self.held);
        let mut others: BTreeSet<Item> =
            tasks.filter_map(|it| of_task((it.id, it.state), it.under_review, it.hold.as_ref(), &mut said)).collect();
        let stopped = self.desks.iter().filter(|desk| is_incident(desk.hold.as_ref()));
        others.extend(stopped.map(|desk| Item::Incident(desk.id)));
        others.extend(self.plans.iter().filter_map(of_plan));
        let leads = |it: &Approval| {
            let mut others = self.desks.iter().filter(|desk| Some(desk.id) != it.desk && desk.hold.is_none());
            others.any(|desk| desk.role.0 == COORDINATOR)
        };
        news(others, self.approvals.iter(), self.notify, &self.unattended, leads, self.now)
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
            Item::Question(task) => {
                let line = self.waits_for_you.iter().find(|line| line.id == task)?;
                let who = line.desk.as_deref().unwrap_or("An agent");
                let body = start_of(line.why.as_deref().unwrap_or_default());
                Words { title: format!("{who} asks about #{task}"), body, answers: Answers::Open }
            }
            Item::Limit(task) => {
                let line = self.held.iter().find(|line| line.id == task)?;
                let hold = line.hold.as_ref()?;
                let others =
                    self.held.iter().filter(|it| it.hold.as_ref().is_some_and(|it| it.release == hold.release));
                let more = match others.count() {
                    0 | 1 => String::new(),
                    all => format!(" and {} more", all - 1),
                };
                let what = hold.what.as_deref().unwrap_or("A budget is spent.");
                let body = format!("{what}\n#{task} {}{more}: parked where it was, with all its work.", line.title);
                Words { title: "A limit is reached".to_owned(), body, answers: Answers::Open }
            }
            Item::Incident(desk) => {
                let it = self.desks.iter().find(|it| it.id == desk)?;
                let body = start_of(it.hold.as_ref()?.what.as_deref().unwrap_or_default());
                Words { title: format!("{} is stopped until you have looked", it.name), body, answers: Answers::Open }
            }
            Item::Plan(id) => {
                let plan = self.plans.iter().find(|plan| plan.id == id)?;
                let by =
                    self.desks.iter().find(|desk| matches!(plan.by, Actor::Agent { desk: at, .. } if at == desk.id));
                let who = by.map_or("Somebody", |desk| &desk.name);
                let count = plan.drafts.len();
                let drafts = if count == 1 { "1 draft".to_owned() } else { format!("{count} drafts") };
                let body = format!("{}\n{drafts}. Nothing of it runs before you accept it.", start_of(&plan.title));
                Words { title: format!("{who} has a plan for you"), body, answers: Answers::Open }
            }
            Item::Approval(id) => {
                let approval = self.approvals.iter().find(|approval| approval.id == id)?;
                let desk = self.desks.iter().find(|desk| Some(desk.id) == approval.desk);
                let title = format!("{} needs you", desk.map_or("A command", |desk| &desk.name));
                let (body, answers) = question(approval, self.unattended.is_looked_at_first(approval));
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

/// The command, whole if it can be read there; else as much as fits, and no way to say yes to the rest. What its owner wants to look
/// at first is not approved there either.
fn question(approval: &Approval, look_first: bool) -> (String, Answers) {
    let because = approval.reason.as_deref().map(|reason| format!("\n{}", start_of(reason))).unwrap_or_default();
    if approval.shown.chars().count() <= READABLE {
        let answers = if look_first { Answers::DenyOrOpen } else { Answers::All };
        (format!("{}{because}", approval.shown), answers)
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
            hash: String::new(),
            stands: None,
            deed: None,
            output: String::new(),
            asked_as: None,
            talk: Vec::new(),
            grant: None,
            undo_until: None,
            parked: None,
            apart: false,
            escalated: None,
            acknowledged: None,
            joined: None,
        }
    }

    #[test]
    fn a_command_that_cannot_be_read_whole_cannot_be_approved_there() {
        assert_eq!(question(&approval("git push"), false).1, Answers::All);
        let (body, answers) = question(&approval(&"x".repeat(READABLE + 1)), false);
        assert_eq!(answers, Answers::DenyOrOpen);
        assert_eq!(question(&approval("git push"), true).1, Answers::DenyOrOpen, "it is looked at first");
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

    fn at(secs: u32) -> At {
        At::from_millis(1_800_000_000_000).plus_seconds(secs)
    }

    fn news_of(items: &[Item]) -> News {
        News { items: items.iter().copied().collect(), pace_secs: 60, ..News::default() }
    }

    #[test]
    fn what_waits_is_told_once_and_what_is_over_is_taken_back() {
        let (one, two) = (Item::Review(TaskId(1)), Item::Review(TaskId(2)));
        let mut told = Told::default();
        assert_eq!(told.compare(&news_of(&[one]), at(0), false), Telling::default(), "what waited before is not news");
        assert_eq!(told.compare(&news_of(&[one, two]), at(1), false).now, [two]);
        assert_eq!(told.compare(&news_of(&[two]), at(2), false).gone, [one]);
        assert_eq!(Told::nothing().compare(&news_of(&[one]), at(0), false).now, [one]);
    }

    #[test]
    fn within_a_minute_news_are_kept_and_told_together_unless_they_are_answered_or_urgent() {
        let item = |id: u32| Item::Approval(ApprovalId(id));
        let mut told = Told::nothing();
        assert_eq!(told.compare(&news_of(&[item(1)]), at(0), false).now, [item(1)]);
        let kept = told.compare(&news_of(&[item(1), item(2)]), at(10), false);
        assert_eq!((kept.now, kept.again), (vec![], Some(at(60))));
        told.compare(&news_of(&[item(1), item(2), item(3), item(4)]), at(20), false);
        let answered = told.compare(&news_of(&[item(3), item(4)]), at(30), false);
        assert_eq!(answered.gone, [item(1)], "what was never told is not taken back");
        assert_eq!(told.compare(&news_of(&[item(3), item(4)]), at(60), false).now, [item(3), item(4)]);
        let urgent = News { urgent: [item(5)].into(), ..news_of(&[item(3), item(4), item(5)]) };
        assert_eq!(told.compare(&urgent, at(61), true).now, [item(5)], "also in quiet hours");
        let all = [item(3), item(4), item(5), item(6)];
        let quiet = told.compare(&news_of(&all), at(600), true);
        assert_eq!((quiet.now, quiet.again), (vec![], Some(at(660))));
        assert_eq!(told.compare(&news_of(&all), at(660), false).now, [item(6)]);
    }

    proptest::proptest! {
        #[test]
        fn eighty_six_asks_in_half_an_hour_make_at_most_thirty_one_notifications(
            asks in proptest::collection::vec((0_u32..1800, 1_u32..900), 86),
        ) {
            let mut told = Told::nothing();
            let (mut count, mut said) = (0, BTreeSet::new());
            for second in 0..1800 {
                let open = asks.iter().zip(1..).filter(|((asked, _), _)| *asked <= second);
                let open = open.filter(|((asked, lasts), _)| second < asked + lasts);
                let items: Vec<Item> = open.map(|(_, id)| Item::Approval(ApprovalId(id))).collect();
                let telling = told.compare(&news_of(&items), at(second), false);
                count += usize::from(!telling.now.is_empty());
                for item in telling.now {
                    proptest::prop_assert!(said.insert(item), "told twice");
                }
            }
            proptest::prop_assert!(count <= 31, "{count}");
            // Whatever waits for longer than a minute is told.
            let long = asks.iter().zip(1..).filter(|((asked, lasts), _)| *lasts > 61 && asked + 61 < 1800);
            for (_, id) in long {
                proptest::prop_assert!(said.contains(&Item::Approval(ApprovalId(id))), "{id} was not told");
            }
        }
    }
}
