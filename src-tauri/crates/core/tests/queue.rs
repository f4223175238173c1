//! The merge queue under random schedules of accepting, checking, conflicts, crashes, and a base that moves or is rewritten, in a
//! model of git: the base moves only to what was checked as exactly that tree, nothing is merged twice and nothing is lost.

#![allow(clippy::unwrap_used, reason = "an office that cannot be made fails its test")]

use std::collections::{BTreeMap, BTreeSet};

use office_core::actor::Actor;
use office_core::check::Verdict;
use office_core::effect::EffectCommand;
use office_core::project::{ProjectCommand, ProjectSettings};
use office_core::queue::{QueueStep, lines};
use office_core::task::{Landing, TaskCommand};
use office_core::{
    At, Command, CommandBody, CommandId, Effect, EffectId, Envelope, Event, Noun, Office, Outcome, ProjectId, Seq,
    TaskId, TaskState, decide,
};
use proptest::prelude::*;
use serde_json::{Value, json};

const AT: &str = "2026-03-01T22:00:00.000Z";
const TASKS: u32 = 7;

fn noun(value: Value) -> Noun {
    serde_json::from_value(value).unwrap()
}

fn office(depends: &[(u32, u32)]) -> Office {
    let check = json!({ "name": "c", "run": "c", "timeout_secs": 5, "files": [] });
    let mut settings = serde_json::to_value(ProjectSettings::default()).unwrap();
    settings["checks"] = json!([check]);
    let mut nouns = vec![noun(json!({
        "noun": "office", "name": "attic", "seq": 1, "settings": { "review_limit": 10 }, "hold": null, "roles": {},
        "engines": {}, "next": { "project": 3, "desk": 2, "task": TASKS + 1, "run": 99, "approval": 9 },
    }))];
    for project in 1..=2 {
        nouns.push(noun(json!({
            "noun": "project", "id": project, "name": format!("p{project}"), "path": format!("/p{project}"), "prefix": "office",
            "base_branch": "main", "settings": settings, "acceptance": "owner", "notes": [], "base_checks": {},
            "removed": false,
        })));
    }
    for id in 1..=TASKS {
        let after: Vec<u32> = depends.iter().filter(|(task, _)| *task == id).map(|(_, dep)| *dep).collect();
        let work = json!({
            "tip": format!("tip{id}"), "base": "root", "commits": 1, "leftover_committed": false, "marks": [],
            "files": [{ "path": format!("f{id}"), "status": "A", "added": 1, "removed": 0 }],
        });
        nouns.push(noun(json!({
            "noun": "task", "id": id, "project": 1 + id % 2, "title": "t", "body": "", "deliverable": "change", "checks": [],
            "priority": "normal", "depends_on": after, "waiting_for": after, "role": null, "attempts_max": 3,
            "attempts_used": 0, "time_limit_secs": null, "state": "in review", "desk": 1, "lease": null, "last_run": id,
            "workplace": null, "claim": null, "work": work, "results": [], "marks": [], "hold": null, "why": null,
            "notes": [], "progress": null, "accepted": null, "merged": null, "added": AT, "since": AT,
        })));
    }
    Office::from_rows(nouns, Vec::new())
}

/// A repository: commits with what they hold, and where the base is.
#[derive(Default)]
struct Repository {
    base: String,
    /// Each commit, and all it holds.
    commits: BTreeMap<String, BTreeSet<String>>,
    recorded: BTreeMap<TaskId, String>,
    /// Trees on which checks ran and were green.
    green: BTreeSet<String>,
    made: u32,
}

impl Repository {
    fn tree(held: &BTreeSet<String>) -> String {
        held.iter().filter(|it| !it.starts_with('c')).cloned().collect::<Vec<_>>().join("+")
    }

    fn commit(&mut self, on: &str, what: &str) -> String {
        self.made += 1;
        let name = format!("c{}", self.made);
        let mut held = self.commits.get(on).cloned().unwrap_or_default();
        held.extend([what.to_owned(), name.clone()]);
        self.commits.insert(name.clone(), held);
        name
    }

    fn holds(&self, commit: &str, what: &str) -> bool {
        what == "root" || commit == what || self.commits.get(commit).is_some_and(|held| held.contains(what))
    }
}

struct World {
    office: Office,
    repositories: BTreeMap<ProjectId, Repository>,
    seconds: i64,
    thrown_away: BTreeSet<TaskId>,
}

impl World {
    fn say(&mut self, actor: Actor, body: CommandBody) -> bool {
        self.seconds += 1;
        let at = At::from_millis(1_772_402_400_000 + self.seconds * 1000);
        let command = Command { id: CommandId(format!("c{}", self.seconds)), actor, body };
        let Ok(events) = decide(&self.office, &command, at) else { return false };
        for event in events {
            if let Event::Task(office_core::task::TaskEvent::Done { task, commit: Some(commit) }) = &event {
                let project = self.office.tasks[task].project;
                assert!(
                    self.repositories[&project].holds(&self.repositories[&project].base, commit),
                    "{commit} is lost"
                );
            }
            let seq = Seq(self.office.seq.0 + 1);
            self.office.apply(&Envelope { seq, at, actor, cause: command.id.clone(), event });
        }
        self.one_step_each();
        true
    }

    fn owner(&mut self, body: CommandBody) -> bool {
        self.say(Actor::Owner, body)
    }

    /// Never two steps in one project, and never none where one is due.
    fn one_step_each(&self) {
        for project in self.repositories.keys() {
            let of = |effect: &Effect| match effect {
                Effect::Merge { task } | Effect::CheckResult { task } => self.office.tasks[task].project == *project,
                _ => false,
            };
            let steps = self.office.pending.values().filter(|effect| of(effect)).count();
            assert!(steps <= 1, "{steps} steps at once");
            let free = self.office.queue_hold(*project).is_none();
            let due = free && self.office.queue(*project).iter().any(|task| task.waiting_for.is_empty());
            assert!(!due || steps == 1, "the queue of project {project} stands still");
        }
    }

    /// What the runtime does, in this model of git. With `dies`, it was done and nobody was told.
    fn step(&mut self, which: usize, how: u8, dies: bool) {
        let merges =
            |(_, effect): &(&EffectId, &Effect)| matches!(effect, Effect::Merge { .. } | Effect::CheckResult { .. });
        let steps: Vec<(EffectId, Effect)> =
            self.office.pending.iter().filter(merges).map(|(id, effect)| (*id, effect.clone())).collect();
        let Some((id, effect)) = steps.get(which % steps.len().max(1)).cloned() else { return };
        let outcome = match effect {
            Effect::Merge { task } => self.merge(task, how),
            Effect::CheckResult { task } => self.check(task, how),
            _ => return,
        };
        if !dies {
            self.say(Actor::Office, CommandBody::Effect(EffectCommand::End { effect: id, outcome: Box::new(outcome) }));
        }
    }

    fn merge(&mut self, id: TaskId, how: u8) -> Outcome {
        let task = self.office.tasks[&id].clone();
        let project = self.office.projects[&task.project].clone();
        let it = self.repositories.get_mut(&task.project).unwrap();
        if let Some(commit) = it.recorded.get(&id).filter(|commit| it.holds(&it.base, commit)) {
            return Outcome::Merged { commit: commit.clone() };
        }
        if project.base_seen.is_some_and(|seen| !it.holds(&it.base, &seen)) {
            return Outcome::Rewritten { why: "rewritten".to_owned() };
        }
        if let Some(landing) = task.landing.filter(|landing| landing.checked && landing.base == it.base) {
            if how.is_multiple_of(7) {
                return Outcome::MergeWaits { why: "dirty".to_owned(), way_out: "commit".to_owned() };
            }
            assert!(it.green.contains(&landing.tree), "the base moves to a tree that nobody checked");
            assert!(!it.holds(&it.base, &format!("w{id}")), "#{id} is merged twice");
            it.base = landing.commit.clone();
            return Outcome::Merged { commit: landing.commit };
        }
        if how.is_multiple_of(11) {
            return Outcome::Conflict { files: vec!["f".to_owned()], hunks: Vec::new() };
        }
        let base = it.base.clone();
        let commit = it.commit(&base, &format!("w{id}"));
        let tree = Repository::tree(&it.commits[&commit]);
        it.recorded.insert(id, commit.clone());
        let checked = it.green.contains(&tree);
        Outcome::OnBase {
            landing: Landing { base, commit, tree, checked, tries: 0 },
            settings: Box::new(self.office.projects[&task.project].settings.clone()),
        }
    }

    fn check(&mut self, id: TaskId, how: u8) -> Outcome {
        let task = &self.office.tasks[&id];
        let tree = task.landing.as_ref().unwrap().tree.clone();
        let verdict = if how.is_multiple_of(5) { Verdict::Broken } else { Verdict::Passed };
        if verdict == Verdict::Passed {
            self.repositories.get_mut(&task.project).unwrap().green.insert(tree);
        }
        let result = json!({
            "name": "c", "run": "c", "source": "project", "verdict": verdict, "code": 0, "took_ms": 1, "tail": "",
        });
        Outcome::Checked { results: vec![serde_json::from_value(result).unwrap()], base: BTreeMap::new() }
    }

    fn act(&mut self, [kind, which, how]: [u8; 3]) {
        let task = TaskId(1 + u32::from(which) % TASKS);
        let project = ProjectId(1 + u32::from(which) % 2);
        match kind % 12 {
            0..=1 => {
                self.owner(CommandBody::Task(TaskCommand::Accept { task }));
            }
            2..=6 => self.step(which.into(), how, false),
            7 => self.step(which.into(), how, true),
            8 => {
                let it = self.repositories.get_mut(&project).unwrap();
                let base = it.base.clone();
                it.base = it.commit(&base, &format!("o{how}"));
            }
            9 if how.is_multiple_of(3) => {
                // Rewritten: all that was there is gone from it.
                let it = self.repositories.get_mut(&project).unwrap();
                it.base = it.commit("root", "anew");
                let lost = self.office.tasks.values().filter(|it| it.project == project).map(|it| it.id);
                self.thrown_away.extend(lost);
            }
            9..=10 => {
                let body = if how.is_multiple_of(2) {
                    ProjectCommand::HoldQueue { project }
                } else {
                    ProjectCommand::ReleaseQueue { project }
                };
                self.owner(CommandBody::Project(body));
            }
            _ => {
                self.owner(CommandBody::Task(TaskCommand::Reject { task, note: "mend it".to_owned() }));
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn only_what_was_checked_gets_onto_the_base_once_and_nothing_is_lost(
        schedule in prop::collection::vec(any::<[u8; 3]>(), 0..120),
        depends in prop::collection::vec((2..=TASKS, 1..TASKS), 0..4),
    ) {
        let depends: Vec<_> = depends.into_iter().filter(|(task, dep)| dep < task).collect();
        let repositories = [1, 2].map(|id| {
            let mut it = Repository::default();
            it.base = it.commit("root", "begin");
            (ProjectId(id), it)
        });
        let mut world =
            World { office: office(&depends), repositories: repositories.into(), seconds: 0, thrown_away: BTreeSet::new() };
        for act in schedule {
            world.act(act);
        }
        // In the end its owner lets everything go on, and the world is kind.
        for _ in 0..40 {
            for project in [ProjectId(1), ProjectId(2)] {
                world.owner(CommandBody::Project(ProjectCommand::ReleaseQueue { project }));
            }
            for task in 1..=TASKS {
                world.owner(CommandBody::Task(TaskCommand::Accept { task: TaskId(task) }));
            }
            for n in 0..8 {
                world.step(n, 1, false);
            }
        }
        for task in world.office.tasks.values() {
            match task.state {
                TaskState::Done => {
                    let it = &world.repositories[&task.project];
                    let there = it.holds(&it.base, &format!("w{}", task.id));
                    prop_assert!(there || world.thrown_away.contains(&task.id), "#{} is done and not there", task.id);
                }
                // Sent back, or behind what was.
                TaskState::Ready => {}
                TaskState::Merging => prop_assert!(!task.waiting_for.is_empty(), "#{} is forgotten", task.id),
                other => prop_assert!(false, "#{} is {other}", task.id),
            }
        }
        prop_assert!(lines(&world.office).iter().all(|line| line.step == QueueStep::Waits), "what is left says what it waits for");
    }
}

#[test]
fn a_queue_takes_so_many_and_says_so() {
    use office_core::queue::LONGEST;
    let mut world = World {
        office: office(&[]),
        repositories: [(ProjectId(1), Repository::default()), (ProjectId(2), Repository::default())].into(),
        seconds: 0,
        thrown_away: BTreeSet::new(),
    };
    let one = world.office.tasks[&TaskId(1)].clone();
    let mut many = vec![Noun::Project(world.office.projects[&one.project].clone())];
    let count = u32::try_from(LONGEST).unwrap();
    for id in 1..=count + 1 {
        let state = if id > count { TaskState::InReview } else { TaskState::Merging };
        many.push(Noun::Task(Box::new(office_core::Task {
            id: TaskId(id),
            state,
            accepted: Some(one.added),
            ..one.clone()
        })));
    }
    world.office = Office::from_rows(many, Vec::new());
    let command = Command {
        id: CommandId("c".to_owned()),
        actor: Actor::Owner,
        body: CommandBody::Task(TaskCommand::Accept { task: TaskId(count + 1) }),
    };
    let refusal = decide(&world.office, &command, one.added).unwrap_err();
    assert_eq!(refusal.code, office_core::Code::Limit);
    assert!(refusal.detail.contains("office queue list"), "{refusal}");
}
