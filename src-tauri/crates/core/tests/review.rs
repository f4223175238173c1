//! The review gate under random schedules of working, judging, sending back, giving out by hand, pausing and losing programs: nobody
//! judges what was done at their own desk, nothing gets onto the base by itself without a yes to exactly that commit, and no
//! change is sent back by reviewers for ever.

#![allow(clippy::unwrap_used, reason = "an office that cannot be made fails its test")]

use std::collections::{BTreeMap, BTreeSet};

use office_core::actor::Actor;
use office_core::desk::DeskCommand;
use office_core::effect::EffectCommand;
use office_core::project::{ProjectCommand, ProjectSettings};
use office_core::run::{Exit, Work, Workplace};
use office_core::task::review::ROUNDS;
use office_core::task::{ReviewVerdict, TaskCommand, TaskEvent};
use office_core::{
    At, Command, CommandBody, CommandId, DeskId, Effect, EffectId, Envelope, Event, Noun, Office, Outcome, ProjectId,
    RunId, Seq, TaskId, TaskState, assign, decide,
};
use proptest::prelude::*;
use serde_json::{Value, json};

const AT: &str = "2026-03-01T22:00:00.000Z";
const TASKS: u32 = 4;
const DESKS: u32 = 3;

fn noun(value: Value) -> Noun {
    serde_json::from_value(value).unwrap()
}

/// Two desks whose role works and reviews, and one that only reviews: the hardest case for telling them apart.
fn office() -> Office {
    let mut settings = serde_json::to_value(ProjectSettings::default()).unwrap();
    settings["checks"] = json!([]);
    let role = |name: &str, kinds: Value| json!({ "name": name, "title": name, "engines": ["shell"], "may": ["review"], "scope": { "kinds": kinds } });
    let engine = json!({ "name": "shell", "title": "Shell", "found": true, "note": "", "needs_command": false });
    let mut nouns = vec![
        noun(json!({
            "noun": "office", "name": "attic", "seq": 1, "settings": { "review_limit": 10 }, "hold": null,
            "roles": { "both": role("both", json!([])), "judge": role("judge", json!(["review"])) },
            "engines": { "shell": engine },
            "next": { "project": 2, "desk": DESKS + 1, "task": TASKS + 1, "run": 1, "approval": 1 },
        })),
        noun(json!({
            "noun": "project", "id": 1, "name": "p", "path": "/p", "prefix": "office", "base_branch": "main",
            "settings": settings, "acceptance": "green", "review": true, "notes": [], "base_checks": {}, "removed": false,
        })),
    ];
    for id in 1..=DESKS {
        nouns.push(noun(json!({
            "noun": "desk", "id": id, "name": format!("d{id}"), "role": if id == DESKS { "judge" } else { "both" }, "project": null,
            "engine": null, "command": null, "hold": null, "run": null, "last_run": null, "queue": [], "auto": true,
            "removed": false,
        })));
    }
    for id in 1..=TASKS {
        nouns.push(noun(json!({
            "noun": "task", "id": id, "project": 1, "title": "t", "body": "", "deliverable": "change", "checks": [],
            "priority": "normal", "depends_on": [], "waiting_for": [], "role": null, "attempts_max": 9, "attempts_used": 0,
            "time_limit_secs": null, "state": "ready", "desk": null, "lease": null, "last_run": null, "workplace": null,
            "claim": null, "work": null, "results": [], "marks": [], "hold": null, "why": null, "notes": [],
            "progress": null, "accepted": null, "merged": null, "added": AT, "since": AT,
        })));
    }
    Office::from_rows(nouns, Vec::new())
}

struct World {
    office: Office,
    seconds: i64,
    commits: u32,
    /// Who ever worked on what, told from the events alone.
    authors: BTreeMap<TaskId, BTreeSet<DeskId>>,
    approved: BTreeSet<(TaskId, String)>,
    by_owner: BTreeSet<TaskId>,
    sent_back: BTreeMap<TaskId, u32>,
}

impl World {
    fn begin() -> Self {
        let (authors, approved, by_owner, sent_back) = Default::default();
        let mut world = Self { office: office(), seconds: 0, commits: 0, authors, approved, by_owner, sent_back };
        world.follows();
        world
    }

    fn apply(&mut self, events: Vec<Event>, actor: Actor) {
        for event in events {
            self.look(&event, actor);
            let at = At::from_millis(1_772_402_400_000 + self.seconds * 1000);
            let seq = Seq(self.office.seq.0 + 1);
            self.office.apply(&Envelope { seq, at, actor, cause: CommandId(format!("c{}", self.seconds)), event });
        }
    }

    /// What must hold whenever this happens.
    fn look(&mut self, event: &Event, actor: Actor) {
        let Event::Task(event) = event else { return };
        let of = event.task();
        let reviews = self.office.tasks.get(&of).and_then(|task| task.reviews);
        match event {
            TaskEvent::Started { desk, .. } => match reviews {
                Some(judged) => {
                    assert!(!self.authors[&judged].contains(desk), "{desk} worked on #{judged} and reviews it");
                }
                None => drop(self.authors.entry(of).or_default().insert(*desk)),
            },
            TaskEvent::Judged { commit, judged, .. } => {
                let tip = self.office.tasks[&of].work.as_ref().unwrap().tip.clone();
                assert_eq!(*commit, tip, "a verdict on what is not there");
                if let Actor::Agent { desk, run } = judged.by {
                    assert!(!self.authors[&of].contains(&desk), "desk {desk} judged its own work on #{of}");
                    let its = self.office.runs[&run].task.and_then(|it| self.office.tasks[&it].reviews);
                    assert_eq!(its, Some(of), "run {run} was given no review of #{of}");
                    assert!(self.office.runs.values().all(|it| it.id != run || it.task != Some(of)));
                    if judged.verdict == ReviewVerdict::Approve {
                        self.approved.insert((of, commit.clone()));
                    }
                } else {
                    assert_eq!(judged.verdict, ReviewVerdict::CannotJudge, "the office has no opinion");
                }
            }
            TaskEvent::Accepted { .. } if actor != Actor::Owner => {
                let tip = self.office.tasks[&of].work.as_ref().unwrap().tip.clone();
                assert!(self.approved.contains(&(of, tip)), "#{of} is merged by itself and nobody approved that");
            }
            TaskEvent::SentBack { note, .. } => {
                if matches!(note.by, Actor::Agent { .. }) {
                    *self.sent_back.entry(of).or_default() += 1;
                    assert!(self.sent_back[&of] < ROUNDS, "#{of} is sent back by reviewers for ever");
                } else {
                    self.sent_back.remove(&of);
                }
            }
            TaskEvent::Accepted { .. } => drop(self.by_owner.insert(of)),
            _ => {}
        }
    }

    fn follows(&mut self) {
        for n in 0.. {
            let now = At::from_millis(1_772_402_400_000 + self.seconds * 1000);
            let Some(events) = assign::next(&self.office, now) else { return };
            assert!(n < 100, "it never comes to rest");
            self.apply(events, Actor::Office);
        }
    }

    fn say(&mut self, actor: Actor, body: CommandBody) -> bool {
        self.seconds += 1;
        let at = At::from_millis(1_772_402_400_000 + self.seconds * 1000);
        let command = Command { id: CommandId(format!("c{}", self.seconds)), actor, body };
        let Ok(events) = decide(&self.office, &command, at) else { return false };
        self.apply(events, actor);
        self.follows();
        true
    }

    /// What the runtime does, one effect at a time; `how` says how it goes.
    fn step(&mut self, which: usize, how: u8) {
        let steps: Vec<(EffectId, Effect)> = self.office.pending.iter().map(|(id, it)| (*id, it.clone())).collect();
        let Some((id, effect)) = steps.get(which % steps.len().max(1)).cloned() else { return };
        let outcome = match effect {
            Effect::Prepare { .. } if how == 250 => Outcome::Failed { why: "no room".to_owned() },
            Effect::Prepare { run } => Outcome::Prepared {
                workplace: Workplace { path: format!("/c/{run}"), branch: format!("b{run}"), base: "root".to_owned() },
                settings: self.office.projects[&ProjectId(1)].settings.clone(),
            },
            Effect::Launch { .. } => Outcome::Launched { pid: 7, enforcement: None },
            Effect::End { .. } if how > 240 => Outcome::Ended { exit: Exit::Lost },
            Effect::End { .. } => Outcome::Ended { exit: Exit::Code { code: 0 } },
            Effect::Collect { task, .. } => {
                // Now and then a run has nothing more to add.
                let same = self.office.tasks[&task].work.clone().filter(|_| how.is_multiple_of(9));
                Outcome::Collected { work: same.unwrap_or_else(|| self.work()) }
            }
            Effect::Merge { .. } if how.is_multiple_of(6) => {
                Outcome::Conflict { files: vec!["f".to_owned()], hunks: Vec::new() }
            }
            Effect::Merge { .. } => Outcome::Merged { commit: format!("m{how}") },
            _ => Outcome::Done,
        };
        self.say(Actor::Office, CommandBody::Effect(EffectCommand::End { effect: id, outcome: Box::new(outcome) }));
    }

    fn work(&mut self) -> Work {
        self.commits += 1;
        serde_json::from_value(json!({
            "tip": format!("tip{}", self.commits), "base": "root", "commits": 1, "leftover_committed": false, "marks": [],
            "files": [{ "path": "f", "status": "A", "added": 1, "removed": 0 }],
        }))
        .unwrap()
    }

    fn act(&mut self, [kind, which, how]: [u8; 3]) {
        let tasks: Vec<TaskId> = self.office.tasks.keys().copied().collect();
        let task = tasks[usize::from(which) % tasks.len()];
        let desk = DeskId(1 + u32::from(how) % DESKS);
        let runs: Vec<(RunId, DeskId)> =
            self.office.runs.values().filter(|it| it.is_open()).map(|it| (it.id, it.desk)).collect();
        let speaker = runs.get(usize::from(how) % runs.len().max(1)).copied();
        let agent = speaker.map(|(run, desk)| Actor::Agent { desk, run });
        let of_task = |body| CommandBody::Task(body);
        match kind % 16 {
            0..=5 => self.step(which.into(), how),
            6..=7 => {
                // Whoever it is says so of their own task, or of whatever.
                let own = speaker.and_then(|(run, _)| self.office.runs[&run].task).filter(|_| !how.is_multiple_of(7));
                if let Some(agent) = agent {
                    let done = TaskCommand::Done { task: own.unwrap_or(task), summary: "ok".to_owned(), report: None };
                    self.say(agent, of_task(done));
                }
            }
            8..=10 => {
                let own = speaker.and_then(|(run, _)| self.office.runs[&run].task).filter(|_| !how.is_multiple_of(5));
                let verdict = [ReviewVerdict::ChangesWanted, ReviewVerdict::Approve, ReviewVerdict::CannotJudge];
                let judge = TaskCommand::Judge {
                    task: own.unwrap_or(task),
                    verdict: verdict[usize::from(which) % 3],
                    words: "mend it".to_owned(),
                    evidence: String::new(),
                };
                self.say(agent.unwrap_or(Actor::Owner), of_task(judge));
            }
            11 => drop(self.say(Actor::Owner, of_task(TaskCommand::Assign { task, desk }))),
            12 => drop(self.say(Actor::Owner, of_task(TaskCommand::Reject { task, note: "no".to_owned() }))),
            13 if how.is_multiple_of(4) => drop(self.say(Actor::Owner, of_task(TaskCommand::Accept { task }))),
            13 => {
                let stop = DeskCommand::Stop { desk };
                self.say(
                    Actor::Owner,
                    CommandBody::Desk(if how.is_multiple_of(2) { stop } else { DeskCommand::Resume { desk } }),
                );
            }
            14 => {
                let exit = if how.is_multiple_of(2) { Exit::Code { code: 0 } } else { Exit::Code { code: 3 } };
                if let Some((run, _)) = speaker {
                    let over = EffectCommand::RunOver { run, exit, ended: None };
                    self.say(Actor::Office, CommandBody::Effect(over));
                }
            }
            _ if how.is_multiple_of(5) => {
                let review = !self.office.projects[&ProjectId(1)].review;
                // Without the gate, what is green is merged, and that is right.
                if review {
                    self.say(
                        Actor::Owner,
                        CommandBody::Project(ProjectCommand::SetReview { project: ProjectId(1), review }),
                    );
                }
            }
            _ => drop(self.say(Actor::Owner, of_task(TaskCommand::Cancel { task }))),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn nobody_judges_their_own_work_and_nothing_is_merged_by_itself_without_a_yes_to_that_commit(
        schedule in prop::collection::vec(any::<[u8; 3]>(), 0..250),
    ) {
        let mut world = World::begin();
        for act in schedule {
            world.act(act);
        }
        // What waits for a verdict has a review that can still come to one, or says what it came to.
        for task in world.office.tasks.values().filter(|task| task.state == TaskState::InReview && task.reviews.is_none()) {
            let review = task.review.as_ref().filter(|review| Some(&review.commit) == task.work.as_ref().map(|work| &work.tip));
            let waits = task.accepted.is_some() || review.is_some_and(|review| {
                review.judged.is_some() || !world.office.tasks[&review.done_by].state.is_over()
            });
            prop_assert!(waits, "#{} waits for nobody: {:?}", task.id, task.review);
        }
        for review in world.office.tasks.values().filter(|task| task.reviews.is_some()) {
            prop_assert!(review.state != TaskState::InReview, "#{} waits for a verdict on a verdict", review.id);
        }
    }
}
