//! A file that is taken in again and again, as people edit it, while its tasks are worked on.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::actor::Actor;
use crate::event::Envelope;
use crate::ids::{CommandId, Seq};
use crate::project::{Acceptance, Project};

const FILE: &str = "TASKS.md";

fn now() -> At {
    At::from_millis(1_800_000_000_000)
}

fn office() -> Office {
    let mut office = Office::default();
    office.next.task = TaskId(1);
    office.put_project(Project {
        id: ProjectId(1),
        name: "shop".to_owned(),
        path: "/shop".to_owned(),
        base_branch: "main".to_owned(),
        prefix: "office".to_owned(),
        settings: Default::default(),
        acceptance: Acceptance::Owner,
        review: false,
        collisions: Vec::new(),
        notes: Vec::new(),
        base_checks: Default::default(),
        sandbox: Default::default(),
        protected: Vec::new(),
        base_seen: None,
        queue_hold: None,
        files: Default::default(),
        removed: false,
    });
    office
}

fn item(title: &str) -> BacklogItem {
    BacklogItem { title: title.to_owned(), ..BacklogItem::default() }
}

fn play(office: &mut Office, event: Event) {
    let seq = Seq(office.seq.0 + 1);
    office.apply(&Envelope { seq, at: now(), actor: Actor::Owner, cause: CommandId::from("c"), event });
    office.take_touched();
}

fn taken(office: &mut Office, items: &[BacklogItem]) -> Result<usize, Refusal> {
    let events = take_in(office, ProjectId(1), FILE, items, now())?;
    let count = events.len();
    events.into_iter().for_each(|event| play(office, event));
    Ok(count)
}

fn titles(office: &Office, state: TaskState) -> Vec<&str> {
    office.tasks.values().filter(|task| task.state == state).map(|task| task.title.as_str()).collect()
}

/// As if a run had taken it, and it waited for a verdict.
fn begun(office: &mut Office, id: u32, state: TaskState) {
    office.change_task(TaskId(id), |task| {
        task.last_run = Some(crate::ids::RunId(1));
        task.state = state;
    });
}

#[test]
fn what_is_nested_is_done_first_and_nothing_is_doubled() {
    let mut office = office();
    let items = [BacklogItem { needs: vec![1, 2], ..item("Parser") }, item("Lexer"), item("Grammar")];
    taken(&mut office, &items).unwrap();
    assert_eq!(titles(&office, TaskState::Ready), ["Lexer", "Grammar", "Parser"]);
    assert_eq!(office.tasks[&TaskId(3)].waiting_for, [TaskId(1), TaskId(2)]);
    assert_eq!(taken(&mut office, &items).unwrap(), 0, "the same file again changes nothing");
}

#[test]
fn a_mended_line_stays_its_task_and_a_new_one_is_a_new_task() {
    let mut office = office();
    taken(&mut office, &[item("Write the pasrer for dates"), item("Mend the login page")]).unwrap();
    let edited = [item("Mend the login page"), item("Write the parser for dates and times"), item("Drop Python 3.8")];
    taken(&mut office, &edited).unwrap();
    let all: Vec<_> = office.tasks.values().map(|task| (task.id.0, task.title.as_str())).collect();
    assert_eq!(all, [(1, "Write the parser for dates and times"), (2, "Mend the login page"), (3, "Drop Python 3.8")]);
}

#[test]
fn a_new_line_is_not_taken_for_work_that_was_done() {
    let mut office = office();
    taken(&mut office, &[item("Write tests for step 1"), item("Explain the cahce")]).unwrap();
    begun(&mut office, 1, TaskState::Done);
    begun(&mut office, 2, TaskState::Done);
    taken(&mut office, &[item("Write tests for step 2"), item("Explain the cache")]).unwrap();
    assert_eq!(titles(&office, TaskState::Ready), ["Write tests for step 2"], "a slip of the pen is no new task");
}

#[test]
fn a_line_that_is_gone_calls_off_what_nobody_began_and_comes_back_with_it() {
    let mut office = office();
    let items = [item("One thing"), item("Quite another"), item("Begun")];
    taken(&mut office, &items).unwrap();
    begun(&mut office, 3, TaskState::InReview);
    taken(&mut office, &items[..1]).unwrap();
    assert_eq!(titles(&office, TaskState::Cancelled), ["Quite another"]);
    assert_eq!(titles(&office, TaskState::InReview), ["Begun"]);
    taken(&mut office, &items).unwrap();
    assert_eq!(titles(&office, TaskState::Ready), ["One thing", "Quite another"]);
    assert_eq!(office.tasks.len(), 3);
}

#[test]
fn an_empty_file_calls_nothing_off() {
    let mut office = office();
    taken(&mut office, &[item("One")]).unwrap();
    let refusal = taken(&mut office, &[]).unwrap_err();
    assert!(refusal.message.contains("no item is left in TASKS.md"), "{refusal:?}");
}

#[test]
fn a_tick_says_done_and_lets_others_go_on() {
    let mut office = office();
    let mut items = [
        item("First"),
        BacklogItem { needs: vec![0], ..item("Second") },
        BacklogItem { ticked: true, ..item("Long ago") },
    ];
    taken(&mut office, &items).unwrap();
    assert_eq!(office.tasks.len(), 2, "what was ticked from the start was never the office's");
    items[0].ticked = true;
    taken(&mut office, &items).unwrap();
    assert_eq!(titles(&office, TaskState::Done), ["First"]);
    assert!(office.tasks[&TaskId(2)].waiting_for.is_empty());
    items[0].ticked = false;
    taken(&mut office, &items).unwrap();
    assert_eq!(titles(&office, TaskState::Ready), ["First", "Second"]);
}

#[test]
fn what_its_owner_changed_in_the_office_stays_until_the_line_changes() {
    let mut office = office();
    let items = [item("First"), item("Second")];
    taken(&mut office, &items).unwrap();
    office.change_task(TaskId(1), |task| task.body = "by hand".to_owned());
    taken(&mut office, &[item("First"), item("Second"), item("Third")]).unwrap();
    assert_eq!(office.tasks[&TaskId(1)].body, "by hand");
    let said = BacklogItem { body: "by file".to_owned(), ..item("First") };
    taken(&mut office, &[said, item("Second"), item("Third")]).unwrap();
    assert_eq!(office.tasks[&TaskId(1)].body, "by file");
}

#[test]
fn what_is_opened_again_waits_for_what_its_line_waits_for_by_then() {
    let mut office = office();
    let nested = [BacklogItem { needs: vec![1], ..item("Parse dates") }, item("Mend login")];
    taken(&mut office, &nested).unwrap();
    let ticked = [BacklogItem { ticked: true, ..item("Parse dates") }, item("Mend login")];
    taken(&mut office, &ticked).unwrap();
    taken(&mut office, &nested).unwrap();
    assert_eq!(office.tasks[&TaskId(2)].waiting_for, [TaskId(1)]);
    assert_eq!(taken(&mut office, &nested).unwrap(), 0);
}

#[test]
fn what_is_at_work_keeps_what_it_waited_for_and_the_rest_is_taken_in() {
    let mut office = office();
    taken(&mut office, &[BacklogItem { needs: vec![1], ..item("Parse dates") }, item("Mend login")]).unwrap();
    begun(&mut office, 2, TaskState::Running);
    let turned = [item("Parse dates"), BacklogItem { needs: vec![0], ..item("Mend login") }, item("Drop Python")];
    taken(&mut office, &turned).unwrap();
    assert!(titles(&office, TaskState::Ready).contains(&"Drop Python"));
    assert_eq!(taken(&mut office, &turned).unwrap(), 0);
}

#[test]
fn a_draft_is_released_by_its_line() {
    let mut office = office();
    taken(&mut office, &[BacklogItem { draft: true, ..item("Some day") }]).unwrap();
    assert_eq!(titles(&office, TaskState::Draft), ["Some day"]);
    taken(&mut office, &[item("Some day")]).unwrap();
    assert_eq!(titles(&office, TaskState::Ready), ["Some day"]);
}

#[test]
fn what_is_at_work_changes_when_it_has_come_to_rest() {
    let mut office = office();
    taken(&mut office, &[item("First")]).unwrap();
    begun(&mut office, 1, TaskState::Running);
    let more = [BacklogItem { body: "and mind the dates".to_owned(), ..item("First") }];
    taken(&mut office, &more).unwrap();
    assert_eq!(office.tasks[&TaskId(1)].body, "");
    assert_eq!(standing(&office, ProjectId(1), FILE, &more), [Some((TaskId(1), false))]);
    begun(&mut office, 1, TaskState::Ready);
    taken(&mut office, &more).unwrap();
    assert_eq!(office.tasks[&TaskId(1)].body, "and mind the dates");
    assert_eq!(standing(&office, ProjectId(1), FILE, &more), [Some((TaskId(1), true))]);
}

#[test]
fn a_bad_item_is_named_by_its_line_and_nothing_is_taken_in() {
    let mut office = office();
    let circle = [
        BacklogItem { line: 3, needs: vec![1], ..item("Hen") },
        BacklogItem { line: 4, needs: vec![0], ..item("Egg") },
    ];
    let refusal = taken(&mut office, &circle).unwrap_err();
    assert_eq!(refusal.code, Code::Cycle);
    assert!(refusal.message.starts_with("TASKS.md, line "), "{}", refusal.message);
    let long = [item("Good"), BacklogItem { line: 7, ..item(&"x".repeat(300)) }];
    assert!(taken(&mut office, &long).unwrap_err().message.starts_with("TASKS.md, line 7: the title has 300"));
    let nobody = [BacklogItem { line: 2, role: Some("wizard".into()), ..item("Good") }];
    assert!(taken(&mut office, &nobody).unwrap_err().message.contains("line 2"));
    assert!(office.tasks.is_empty());
}

/// One thing that people do to a file, or the office to its tasks.
#[derive(Clone, Debug)]
enum Step {
    Add(usize),
    Remove(usize),
    Swap(usize, usize),
    Tick(usize),
    Nest(usize),
    Begin(usize, bool),
    Half(usize),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => any::<usize>().prop_map(Step::Add),
        2 => any::<usize>().prop_map(Step::Remove),
        2 => (any::<usize>(), any::<usize>()).prop_map(|(a, b)| Step::Swap(a, b)),
        1 => any::<usize>().prop_map(Step::Tick),
        1 => any::<usize>().prop_map(Step::Nest),
        2 => (any::<usize>(), any::<bool>()).prop_map(|(at, done)| Step::Begin(at, done)),
        1 => any::<usize>().prop_map(Step::Half),
    ]
}

/// Words that are not alike.
const WORDS: [&str; 12] = [
    "Parse dates",
    "Mend login",
    "Drop Python",
    "Explain cache",
    "Speed up search",
    "Rotate logs",
    "Quote invoices",
    "Check zip codes",
    "Kill the flicker",
    "Name workers",
    "Boot faster",
    "Upload avatars",
];

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(400) })]

    #[test]
    fn however_a_file_is_edited_each_item_has_one_task(steps in prop::collection::vec(step(), 1..40)) {
        let mut office = office();
        let mut items: Vec<BacklogItem> = Vec::new();
        for step in steps {
            let len = items.len().max(1);
            match step {
                Step::Add(n) => {
                    let title = WORDS[n % WORDS.len()];
                    if items.iter().all(|it| it.title != title) {
                        items.push(item(title));
                    }
                }
                Step::Remove(n) if !items.is_empty() => { items.remove(n % len); }
                Step::Swap(a, b) if !items.is_empty() => items.swap(a % len, b % len),
                Step::Tick(n) if !items.is_empty() => items[n % len].ticked ^= true,
                // A file that was caught while it was written.
                Step::Half(n) if items.len() > 1 => {
                    let half: Vec<_> = items[..n % items.len()].iter().map(|it| BacklogItem { needs: Vec::new(), ..it.clone() }).collect();
                    let _ = taken(&mut office, &half);
                }
                Step::Begin(n, done) => {
                    let ready: Vec<_> = office.tasks.values().filter(|it| it.state == TaskState::Ready).map(|it| it.id.0).collect();
                    if !ready.is_empty() {
                        begun(&mut office, ready[n % ready.len()], if done { TaskState::Done } else { TaskState::Running });
                    }
                }
                _ => {}
            }
            for it in &mut items { it.needs.clear(); }
            if let Step::Nest(n) = step && items.len() > 1 {
                let at = n % (items.len() - 1);
                items[at].needs = vec![at as u32 + 1];
            }
            if items.is_empty() { continue; }
            taken(&mut office, &items).unwrap();
            let stand = standing(&office, ProjectId(1), FILE, &items);
            let tasks: BTreeSet<_> = stand.iter().flatten().map(|(id, _)| *id).collect();
            prop_assert_eq!(tasks.len(), stand.iter().flatten().count(), "no task stands for two items");
            for (it, stands) in items.iter().zip(&stand) {
                prop_assert!(it.ticked || stands.is_some(), "an open item has its task: {}", it.title);
                if let Some((id, _)) = stands {
                    prop_assert_eq!(&office.tasks[id].title, &it.title);
                    prop_assert!(office.tasks[id].state != TaskState::Cancelled);
                }
            }
            let of_a_title = |title: &str| office.tasks.values().filter(|it| it.title == title).count();
            for title in WORDS { prop_assert!(of_a_title(title) <= 1, "{title} was doubled"); }
            for task in office.tasks.values().filter(|it| it.last_run.is_none()) {
                let there = items.iter().any(|it| it.title == task.title);
                prop_assert!(there || task.state.is_over(), "what is not in the file is not begun: {}", task.title);
            }
            prop_assert_eq!(taken(&mut office, &items).unwrap(), 0, "again changes nothing");
        }
    }
}
