//! A plan is made, changed, accepted and rejected as a whole, and nothing of it runs before.

use super::*;
use crate::command::{Command, CommandBody};
use crate::desk::Desk;
use crate::event::Envelope;
use crate::ids::{CommandId, DeskId, EngineName, RoleName, RunId, Seq};
use crate::mail::{MailEvent, Mailbox};
use crate::noun::Noun;
use crate::role::Role;
use crate::run::{Run, RunState};

const LEAD: Actor = Actor::Agent { desk: DeskId(1), run: RunId(1) };
const HAND: Actor = Actor::Agent { desk: DeskId(2), run: RunId(2) };

fn now() -> At {
    At::from_millis(1_800_000_000_000)
}

/// A project, a coordinator and an engineer, with a run at each.
fn office() -> Office {
    let project = serde_json::json!({ "noun": "project", "id": 1, "name": "shop", "path": "/p", "base_branch": "main", "prefix": "office",
        "settings": {}, "acceptance": "owner", "notes": [], "base_checks": {}, "removed": false });
    let mut office = Office::from_rows(vec![serde_json::from_value::<Noun>(project).unwrap()], Vec::new());
    office.next.project = ProjectId(2);
    for (id, name, may) in [(1, "coordinator", vec![May::CreateTasks, May::Assign]), (2, "engineer", Vec::new())] {
        let role =
            Role { name: name.into(), title: name.to_owned(), engines: vec!["shell".into()], may, ..Role::default() };
        office.roles.insert(name.into(), role);
        let desk = serde_json::json!({ "id": id, "name": name, "role": name, "project": null, "engine": null, "command": null, "hold": null,
            "run": id, "last_run": null, "queue": [], "auto": true, "removed": false });
        office.put_desk(serde_json::from_value::<Desk>(desk).unwrap());
        let begun = Run::begin(RunId(id), DeskId(id), ProjectId(1), EngineName::from("shell"), None, now());
        office.put_run(Run { state: RunState::Live, ..begun });
    }
    office
}

fn ask(office: &mut Office, actor: Actor, body: CommandBody) -> Result<Vec<Event>, Refusal> {
    let command = Command { id: CommandId::from("c"), actor, body };
    let events = crate::command::decide(office, &command, now())?;
    for event in events.clone() {
        let seq = Seq(office.seq.0 + 1);
        office.apply(&Envelope { seq, at: now(), actor, cause: CommandId::from("c"), event });
    }
    Ok(events)
}

fn draft(title: &str, after: &[u32]) -> NewDraft {
    let new = serde_json::json!({ "project": 0, "title": title });
    NewDraft { new: serde_json::from_value(new).unwrap(), after: after.to_vec(), estimate_mins: Some(30) }
}

fn plan(drafts: Vec<NewDraft>) -> NewPlan {
    NewPlan {
        project: ProjectId(1),
        title: "Rounding as the law says".to_owned(),
        words: String::new(),
        thread: None,
        drafts,
    }
}

fn propose(office: &mut Office, actor: Actor, new: NewPlan) -> Result<PlanId, Refusal> {
    let id = office.next.plan;
    ask(office, actor, CommandBody::Plan(PlanCommand::Propose { new: Box::new(new) })).map(|_| id)
}

fn four() -> Vec<NewDraft> {
    vec![draft("Parse", &[]), draft("Round", &[0]), draft("Show", &[1]), draft("Document", &[1, 2])]
}

fn answer(office: &mut Office, actor: Actor, command: PlanCommand) -> Result<Vec<Event>, Refusal> {
    ask(office, actor, CommandBody::Plan(command))
}

fn states(office: &Office) -> Vec<TaskState> {
    office.tasks.values().map(|task| task.state).collect()
}

#[test]
fn a_plan_is_linked_drafts_that_are_released_as_a_whole() {
    let mut office = office();
    let id = propose(&mut office, LEAD, plan(four())).unwrap();
    assert_eq!(
        states(&office),
        [TaskState::Draft; 4],
        "whoever planned it may give out tasks, and it runs all the same only when accepted"
    );
    let waits: Vec<Vec<u32>> =
        office.tasks.values().map(|task| task.waiting_for.iter().map(|id| id.0).collect()).collect();
    assert_eq!(waits, [vec![], vec![1], vec![2], vec![2, 3]]);
    let alone =
        ask(&mut office, LEAD, CommandBody::Task(crate::task::TaskCommand::Release { task: TaskId(1) })).unwrap_err();
    assert!(alone.message.contains("is of plan 1"), "{}", alone.message);
    let refused = answer(&mut office, LEAD, PlanCommand::Accept { plan: id }).unwrap_err();
    assert_eq!((refused.code, refused.message.contains("may not accept plans")), (Code::NotAllowed, true));
    let events = answer(&mut office, Actor::Owner, PlanCommand::Accept { plan: id }).unwrap();
    let accepted =
        events.iter().filter(|event| matches!(event, Event::Plan(PlanEvent::Accepted { by: Actor::Owner, .. })));
    assert_eq!((accepted.count(), states(&office)), (1, vec![TaskState::Ready; 4]));
    let told = events.iter().any(
        |event| matches!(event, Event::Mail(MailEvent::Sent { mail }) if mail.to == Mailbox::Desk { desk: DeskId(1) }),
    );
    assert!(told, "whoever planned it hears so");
    let again = answer(&mut office, Actor::Owner, PlanCommand::Reject { plan: id, note: None }).unwrap_err();
    assert_eq!(again.code, Code::WrongState);
}

#[test]
fn a_role_that_may_accept_plans_starts_its_own() {
    let mut office = office();
    office.roles.get_mut(&RoleName::from("coordinator")).unwrap().may.push(May::AcceptPlans);
    let id = propose(&mut office, LEAD, plan(four())).unwrap();
    answer(&mut office, LEAD, PlanCommand::Accept { plan: id }).unwrap();
    assert_eq!(states(&office), [TaskState::Ready; 4]);
}

#[test]
fn a_rejected_plan_calls_its_drafts_off_and_says_why() {
    let mut office = office();
    let id = propose(&mut office, LEAD, plan(four())).unwrap();
    assert!(answer(&mut office, HAND, PlanCommand::Reject { plan: id, note: None }).is_err(), "it is not theirs");
    let events =
        answer(&mut office, Actor::Owner, PlanCommand::Reject { plan: id, note: Some("too much".to_owned()) }).unwrap();
    assert_eq!(states(&office), [TaskState::Cancelled; 4]);
    let said = |event: &Event| matches!(event, Event::Mail(MailEvent::Sent { mail }) if mail.text.contains("too much"));
    assert!(events.iter().any(said));
    assert_eq!(office.plan(id).unwrap().note.as_deref(), Some("too much"));
}

#[test]
fn what_is_dropped_hands_on_what_it_waited_for() {
    let mut office = office();
    let id = propose(&mut office, LEAD, plan(four())).unwrap();
    let estimates = vec![PlanDraft { task: TaskId(1), estimate_mins: Some(0) }];
    let edit =
        PlanEdit { drop: vec![TaskId(2), TaskId(3)], title: Some("Less".to_owned()), estimates, ..PlanEdit::default() };
    answer(&mut office, Actor::Owner, PlanCommand::Edit { plan: id, edit: Box::new(edit) }).unwrap();
    let last = office.task(TaskId(4)).unwrap();
    assert_eq!((last.depends_on.clone(), last.state), (vec![TaskId(1)], TaskState::Draft));
    let it = office.plan(id).unwrap();
    assert_eq!((it.title.as_str(), it.drafts.len(), it.drafts[0].estimate_mins), ("Less", 2, None));
    answer(&mut office, Actor::Owner, PlanCommand::Accept { plan: id }).unwrap();
    assert_eq!(states(&office), [TaskState::Ready, TaskState::Cancelled, TaskState::Cancelled, TaskState::Ready]);
    let all = PlanEdit { drop: vec![TaskId(1)], ..PlanEdit::default() };
    assert!(
        answer(&mut office, Actor::Owner, PlanCommand::Edit { plan: id, edit: Box::new(all) }).is_err(),
        "it is answered"
    );
}

#[test]
fn a_plan_that_cannot_be_is_refused_as_a_whole_and_says_where() {
    let mut office = office();
    let code = |office: &mut Office, drafts: Vec<NewDraft>| propose(office, LEAD, plan(drafts)).unwrap_err();
    let round = code(&mut office, vec![draft("a", &[1]), draft("b", &[0])]);
    assert_eq!(
        (round.code, round.message.as_str()),
        (Code::Cycle, "draft 0 would wait for itself; nothing was written")
    );
    assert_eq!(code(&mut office, vec![draft("a", &[7])]).code, Code::Invalid);
    assert_eq!(code(&mut office, Vec::new()).code, Code::Invalid);
    assert_eq!(code(&mut office, (0..31).map(|n| draft(&format!("t{n}"), &[])).collect()).code, Code::Limit);
    let mut nobodys = draft("b", &[]);
    nobodys.new.role = Some(RoleName::from("wizard"));
    let unknown = code(&mut office, vec![draft("a", &[]), nobodys]);
    assert!(unknown.message.starts_with("draft 1, 'b': there is no role 'wizard'"), "{}", unknown.message);
    assert_eq!(code(&mut office, vec![draft("a", &[]), draft(" A ", &[])]).code, Code::Duplicate);
    assert_eq!(office.tasks.len() + office.plans.len(), 0, "nothing was written");
    assert_eq!(propose(&mut office, HAND, plan(four())).unwrap_err().code, Code::NotAllowed);
    propose(&mut office, LEAD, plan(four())).unwrap();
    assert_eq!(code(&mut office, four()).code, Code::Duplicate, "the same again doubles nothing");
}

#[test]
fn a_plan_whose_drafts_can_never_start_is_not_accepted() {
    let mut office = office();
    let id = propose(&mut office, LEAD, plan(four())).unwrap();
    ask(&mut office, Actor::Owner, CommandBody::Task(crate::task::TaskCommand::Cancel { task: TaskId(1) })).unwrap();
    let never = answer(&mut office, Actor::Owner, PlanCommand::Accept { plan: id }).unwrap_err();
    assert!(never.message.contains("draft #2 waits for #1, which was called off"), "{}", never.message);
    office.roles.remove(&RoleName::from("engineer"));
    assert!(office.plan_with(TaskId(2)).is_some_and(|plan| plan.id == id));
}

#[test]
fn plans_that_nobody_answers_do_not_pile_up() {
    let mut office = office();
    for n in 0..OPEN_MAX {
        propose(&mut office, LEAD, plan(vec![draft(&format!("t{n}"), &[])])).unwrap();
    }
    assert_eq!(propose(&mut office, LEAD, plan(vec![draft("one more", &[])])).unwrap_err().code, Code::Limit);
}

#[test]
fn a_plan_that_waits_is_told_to_its_owner_by_the_desktop_and_their_own_is_not() {
    use crate::news::Item;
    let mut office = office();
    let propose = |plan: NewPlan| CommandBody::Plan(PlanCommand::Propose { new: Box::new(plan) });
    ask(&mut office, LEAD, propose(plan(vec![draft("Round", &[])]))).unwrap();
    let waits = Item::Plan(PlanId(1));
    assert!(office.news(now()).items.contains(&waits));
    let status = office.status(now());
    assert_eq!(status.news().items, office.news(now()).items, "the window and the office tell the same");
    let words = status.words(waits).unwrap();
    assert_eq!(words.title, "coordinator has a plan for you");
    assert!(words.body.contains("1 draft. Nothing of it runs"), "{words:?}");
    ask(&mut office, Actor::Owner, CommandBody::Plan(PlanCommand::Accept { plan: PlanId(1) })).unwrap();
    assert!(!office.news(now()).items.contains(&waits), "it was answered");
    ask(&mut office, Actor::Owner, propose(plan(vec![draft("Their own", &[])]))).unwrap();
    assert!(!office.news(now()).items.contains(&Item::Plan(PlanId(2))));
}
