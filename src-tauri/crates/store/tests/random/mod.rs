//! A night at random: from a few numbers makes commands that fit the office as it is, most of them allowed, and plays
//! them through the core as the runtime does, dispatcher included. What the world answers is made up as well.

use std::collections::BTreeMap;

use office_core::approval::{ApprovalCommand, Deed, Does, Held, Terms};
use office_core::check::{Check, CheckResult, CheckSource, Verdict};
use office_core::desk::DeskCommand;
use office_core::effect::EffectCommand;
use office_core::mail::{Address, MailCommand, MailKind, NewMail};
use office_core::note::{NoteCommand, NoteWords};
use office_core::office::{OfficeCommand, OfficeSettings};
use office_core::project::{Acceptance, BaseCheck, ProjectCommand, ProjectSettings, TryReport};
use office_core::role::{Engine, Gate, Login, Role};
use office_core::run::{ChangedFile, Exit, RunState, Work, Workplace};
use office_core::seen::{ContextUse, News, Seen, Spent};
use office_core::task::ask::{NewTask, TaskEdit};
use office_core::task::{Deliverable, Landing, Priority, TaskCommand};
use office_core::{
    Actor, ApprovalId, ApprovalState, At, Command, CommandBody, CommandId, DeskId, DeskState, Effect, EffectId,
    Envelope, Event, MailId, NoteId, NoteKind, Noun, Office, Outcome, ProjectId, RunId, Seq, TaskId, TaskState, assign,
    decide,
};
use proptest::prelude::*;

/// One step of a night: what kind of thing, and four numbers that say which and how.
pub type Step = (u8, [u8; 4]);

/// Steps of a night.
pub fn steps(most: usize) -> impl Strategy<Value = Vec<Step>> {
    prop::collection::vec((any::<u8>(), any::<[u8; 4]>()), 1..most)
}

/// What an accepted command led to, as the store takes it.
#[derive(Default)]
pub struct Gathered {
    pub envelopes: Vec<Envelope>,
    pub effects: Vec<(EffectId, Effect)>,
    pub settled: Vec<EffectId>,
}

/// An office that lives through a night.
pub struct Night {
    pub office: Office,
    pub gathered: Gathered,
    now: i64,
    commands: u32,
}

impl Night {
    /// An office that is open, with its catalog, two projects and two desks.
    pub fn begin() -> Self {
        let mut night =
            Self { office: Office::default(), gathered: Gathered::default(), now: 1_800_000_000_000, commands: 0 };
        night.play(Actor::Owner, CommandBody::Office(OfficeCommand::Open { name: "night".to_owned() }));
        night.play(Actor::Office, catalog(0));
        for n in 0..2 {
            night.play(Actor::Owner, CommandBody::Project(add_project(&format!("p{n}"), n)));
            night.play(Actor::Owner, CommandBody::Desk(add_desk(&format!("d{n}"), [0, n, n, n])));
        }
        night
    }

    /// Makes a step; says whether it was allowed and changed anything.
    pub fn step(&mut self, (kind, how): Step) -> bool {
        self.now += i64::from(how[3]) * 500;
        let (actor, body) = self.command(kind, how);
        self.play(actor, body)
    }

    /// What was gathered since this was last asked, with the nouns it changed.
    pub fn take(&mut self) -> (Gathered, Vec<Noun>) {
        let touched = self.office.take_touched();
        let nouns = touched.into_iter().filter_map(|key| self.office.noun(key)).collect();
        (std::mem::take(&mut self.gathered), nouns)
    }

    fn play(&mut self, actor: Actor, body: CommandBody) -> bool {
        self.commands += 1;
        let command = Command { id: CommandId(format!("c{}", self.commands)), actor, body };
        let now = At::from_millis(self.now);
        let Ok(events) = decide(&self.office, &command, now) else { return false };
        let before = self.office.seq;
        self.apply(actor, &command.id, events);
        while let Some(events) = assign::next(&self.office, now) {
            self.apply(Actor::Office, &command.id, events);
        }
        self.office.seq != before
    }

    fn apply(&mut self, actor: Actor, cause: &CommandId, events: Vec<Event>) {
        for event in events {
            let seq = Seq(self.office.seq.0 + 1);
            let envelope = Envelope { seq, at: At::from_millis(self.now), actor, cause: cause.clone(), event };
            let applied = self.office.apply(&envelope);
            self.gathered.effects.extend(applied.effects);
            self.gathered.settled.extend(applied.settled);
            self.gathered.envelopes.push(envelope);
        }
    }

    fn command(&self, kind: u8, how: [u8; 4]) -> (Actor, CommandBody) {
        let [a, b, c, d] = how;
        let owner = |body| (Actor::Owner, body);
        let desk = DeskId(pick(self.office.desks.keys().map(|id| id.0), a));
        let project = ProjectId(pick(self.office.projects.keys().map(|id| id.0), b));
        match kind {
            // The world answers most of the time, or nothing would ever come to an end.
            0..=109 => (Actor::Office, CommandBody::Effect(self.answer(how))),
            110..=117 => self.of_mail(how),
            118..=119 => self.of_note(how),
            120..=144 => owner(CommandBody::Task(TaskCommand::Add { new: Box::new(self.new_task(how)) })),
            145..=189 => self.of_task(how),
            190..=209 => self.of_approval(how),
            210..=214 => owner(CommandBody::Desk(add_desk(&format!("d{}", self.commands), how))),
            215 => owner(CommandBody::Desk(DeskCommand::Remove { desk })),
            216..=217 => owner(CommandBody::Desk(DeskCommand::Change { desk, auto: c.is_multiple_of(2) })),
            218..=221 => owner(CommandBody::Desk(DeskCommand::Stop { desk })),
            222..=223 => owner(CommandBody::Desk(DeskCommand::Pause { desk })),
            224..=229 => owner(CommandBody::Desk(DeskCommand::Resume { desk })),
            230..=231 => owner(CommandBody::Desk(DeskCommand::Open { desk, project, fresh: c % 4 != 0 })),
            232..=234 => {
                let new = Box::new(self.new_task(how));
                owner(CommandBody::Task(TaskCommand::FromDesk { desk, new }))
            }
            235..=236 => {
                let n = u8::try_from(self.office.projects.len()).unwrap_or(u8::MAX);
                owner(CommandBody::Project(add_project(&format!("p{}", self.commands), n)))
            }
            237 => owner(CommandBody::Project(ProjectCommand::Remove { project })),
            238..=239 => {
                let acceptance = if c.is_multiple_of(2) { Acceptance::Green } else { Acceptance::Owner };
                owner(CommandBody::Project(ProjectCommand::SetAcceptance { project, acceptance }))
            }
            240 => owner(CommandBody::Project(if c.is_multiple_of(2) {
                ProjectCommand::HoldQueue { project }
            } else {
                ProjectCommand::ReleaseQueue { project }
            })),
            241 => owner(CommandBody::Project(ProjectCommand::Try { project })),
            242 => {
                let runs = self.office.runs.keys().map(|run| (*run, u32::from(d))).collect();
                owner(CommandBody::Office(OfficeCommand::Prune { runs }))
            }
            243 => {
                let settings = OfficeSettings { review_limit: u32::from(c % 4) + 1, ..OfficeSettings::default() };
                owner(CommandBody::Office(OfficeCommand::Set { settings }))
            }
            244..=245 => (Actor::Office, catalog(c)),
            246..=247 => owner(CommandBody::Office(OfficeCommand::StopAll)),
            248..=250 => owner(CommandBody::Office(OfficeCommand::Resume)),
            251..=253 => (Actor::Office, CommandBody::Office(OfficeCommand::Tick)),
            254..=255 => {
                let alive = self.office.runs.keys().copied().filter(|run| (run.0 + u32::from(d)) % 3 == 0).collect();
                let version = "0.1.0".to_owned();
                (Actor::Office, CommandBody::Office(OfficeCommand::Start { version, alive, revived: b % 2 == 0 }))
            }
        }
    }

    fn of_task(&self, [a, b, c, d]: [u8; 4]) -> (Actor, CommandBody) {
        let task = TaskId(pick(self.office.tasks.keys().map(|id| id.0), a));
        let desk = DeskId(pick(self.office.desks.keys().map(|id| id.0), b));
        let it = self.office.tasks.get(&task);
        let agent = it.and_then(|it| it.lease).and_then(|run| self.office.runs.get(&run));
        let actor = match agent {
            Some(run) if d % 4 != 0 => Actor::Agent { desk: run.desk, run: run.id },
            _ => Actor::Owner,
        };
        let words = format!("words {c}");
        let said = |command| (Actor::Owner, CommandBody::Task(command));
        let by_agent = |command| (actor, CommandBody::Task(command));
        // What fits the state, or else anything.
        let state = it.map(|it| it.state);
        match (c % 8, state) {
            (0..=3, Some(TaskState::Running)) => by_agent(TaskCommand::Done {
                task,
                summary: words.clone(),
                report: (d.is_multiple_of(2)).then_some(words),
            }),
            (0..=4, Some(TaskState::InReview)) => said(TaskCommand::Accept { task }),
            (0..=4, Some(TaskState::Ready)) => said(TaskCommand::Assign { task, desk }),
            (0..=4, Some(TaskState::Draft)) => said(TaskCommand::Release { task }),
            _ => match d % 16 {
                0 => by_agent(TaskCommand::Blocked {
                    task,
                    done_so_far: String::new(),
                    can_continue: b.is_multiple_of(2),
                    needs: words,
                    options: Vec::new(),
                }),
                1 => by_agent(TaskCommand::Progress { task, text: words }),
                2 => said(TaskCommand::Answer { task, text: words }),
                3 => said(TaskCommand::Fail { task, why: words }),
                4 => said(TaskCommand::Retry { task, note: Some(words) }),
                5 => said(TaskCommand::Resume { task }),
                6 => said(TaskCommand::Cancel { task }),
                7 => said(TaskCommand::Reopen { task, note: None }),
                8 => said(TaskCommand::Reject { task, note: words }),
                9 => said(TaskCommand::Unassign { task }),
                10 => by_agent(TaskCommand::Done { task, summary: words, report: None }),
                11 => said(TaskCommand::Accept { task }),
                12..=13 => said(TaskCommand::Edit { task, edit: Box::new(self.edit([a, b, c, d])) }),
                _ => said(TaskCommand::Assign { task, desk }),
            },
        }
    }

    /// Mostly to and from desks where somebody works.
    fn of_mail(&self, [a, b, c, d]: [u8; 4]) -> (Actor, CommandBody) {
        let live = self.office.runs.values().filter(|run| run.state == RunState::Live);
        let run = RunId(pick(live.map(|run| run.id.0), c));
        let desk = self.office.runs.get(&run).map_or(DeskId(1), |run| run.desk);
        let actor = if d.is_multiple_of(4) { Actor::Owner } else { Actor::Agent { desk, run } };
        let mine: Vec<MailId> = self.office.mail_for(actor).iter().map(|it| it.id).collect();
        let command = match a % 4 {
            0 => MailCommand::Take { most: u32::from(b % 4) },
            1 if !mine.is_empty() => {
                MailCommand::Ack { mails: mine.into_iter().take(usize::from(b % 3) + 1).collect() }
            }
            2 if c.is_multiple_of(2) => {
                return (Actor::Office, CommandBody::Mail(MailCommand::Told { run, mails: mine }));
            }
            _ => {
                let to = match b % 5 {
                    0 => Address::Owner,
                    1 => Address::Role { role: self.office.roles.keys().next().cloned().unwrap_or("x".into()) },
                    2 => Address::Everyone,
                    3 if !mine.is_empty() => Address::Sender,
                    _ => Address::Desk { desk: DeskId(pick(self.office.desks.keys().map(|id| id.0), d)) },
                };
                let answers = if to == Address::Sender { mine.first().copied() } else { None };
                let kind = if d.is_multiple_of(2) { MailKind::Status } else { MailKind::Message };
                let (subject, text) = (format!("about {}", d % 3), String::new());
                let new = NewMail { to, kind, subject, text, files: Vec::new(), enclosed: None, answers, key: None };
                MailCommand::Send { new: Box::new(new) }
            }
        };
        (actor, CommandBody::Mail(command))
    }

    /// Written by whoever is there, replaced, refuted and used.
    fn of_note(&self, [a, b, c, d]: [u8; 4]) -> (Actor, CommandBody) {
        let live = self.office.runs.values().filter(|run| run.state == RunState::Live);
        let run = RunId(pick(live.map(|run| run.id.0), c));
        let desk = self.office.runs.get(&run).map_or(DeskId(1), |run| run.desk);
        let actor = if d.is_multiple_of(2) { Actor::Owner } else { Actor::Agent { desk, run } };
        let note = NoteId(pick(self.office.notes.keys().map(|id| id.0), b));
        let words = Box::new(NoteWords {
            kind: NoteKind::ALL[usize::from(a) % NoteKind::ALL.len()],
            title: format!("about {}", d % 5),
            text: format!("text {c}"),
            tags: vec![format!("t{}", b % 3)],
            project: None,
            supersedes: if c.is_multiple_of(4) { vec![note] } else { Vec::new() },
            contradicts: Vec::new(),
        });
        let command = match a % 6 {
            0 | 1 => NoteCommand::Add { new: words },
            2 => NoteCommand::Edit { note, to: words },
            3 => NoteCommand::Refute { note, evidence: "seen".to_owned() },
            4 => return (Actor::Office, CommandBody::Note(NoteCommand::Shown { run, notes: vec![note] })),
            _ => return (Actor::Office, CommandBody::Note(NoteCommand::Used { run, notes: vec![note] })),
        };
        (actor, CommandBody::Note(command))
    }

    fn of_approval(&self, [a, b, c, d]: [u8; 4]) -> (Actor, CommandBody) {
        // Mostly one that something can still come of.
        let open = self.office.open_approvals().map(|it| it.id.0);
        let any = self.office.approvals.keys().map(|id| id.0);
        let approval = ApprovalId(if c % 4 != 0 { pick(open, a) } else { pick(any, a) });
        let live = self.office.runs.values().filter(|run| run.state == RunState::Live);
        let asker = self.office.approvals.get(&approval).filter(|_| b % 8 > 2 && c % 5 != 0).and_then(|it| it.run);
        let run = asker.unwrap_or_else(|| RunId(pick(live.map(|run| run.id.0), c)));
        let desk = self.office.runs.get(&run).map_or(DeskId(1), |run| run.desk);
        let agent = if d.is_multiple_of(5) { Actor::Owner } else { Actor::Agent { desk, run } };
        let note = (d.is_multiple_of(2)).then(|| format!("words {d}"));
        // Half of the time what fits its state, or few would come to an end.
        let state = self.office.approvals.get(&approval).map(|it| it.state).filter(|_| b < 128);
        let terms = Terms {
            edit: (c % 11 == 0).then(|| format!("git push other {d}")),
            for_task: c % 13 == 0,
            undo_secs: (c % 3 == 0).then_some(5),
            ..Terms::default()
        };
        let plain = Terms { undo_secs: terms.undo_secs, ..Terms::default() };
        let stands = (d % 4 == 0).then(|| format!("state {}", c % 2));
        let (actor, body) = match (state, b % 8) {
            (Some(ApprovalState::Waiting), _) if c % 7 == 0 => {
                (Actor::Owner, ApprovalCommand::AskBack { approval, question: format!("why {d}?") })
            }
            (Some(ApprovalState::Waiting), _) if c % 7 == 1 => {
                (agent, ApprovalCommand::Reply { approval, text: format!("because {d}") })
            }
            (Some(ApprovalState::Approved | ApprovalState::Denied), _) if c % 7 == 2 => {
                (Actor::Owner, ApprovalCommand::Undo { approval })
            }
            (Some(ApprovalState::Waiting), 3..) => (Actor::Owner, ApprovalCommand::Approve { approval, note, terms }),
            (Some(ApprovalState::Approved), 3..) => (agent, ApprovalCommand::Claim { approval, stands, deed: None }),
            (Some(ApprovalState::Running), 4..) => (agent, ApprovalCommand::Report { approval, exit: exit(c) }),
            (_, 0..=2) => {
                let argv = vec!["git".to_owned(), format!("push\n'{d}'\u{202e}")];
                (
                    agent,
                    ApprovalCommand::Ask {
                        argv,
                        cwd: format!("/desk/{run}"),
                        reason: note,
                        held: Held::Command,
                        ruling: None,
                        stands,
                        grant: None,
                        deed: (c % 16 == 1).then(|| Box::new(deed(d))),
                    },
                )
            }
            (_, 3) => (Actor::Owner, ApprovalCommand::Deny { approval, note, terms: plain }),
            (_, 4) => (agent, ApprovalCommand::Withdraw { approval }),
            (_, 5) => (Actor::Owner, ApprovalCommand::Approve { approval, note, terms }),
            (_, 6) => (agent, ApprovalCommand::Claim { approval, stands, deed: None }),
            _ => (agent, ApprovalCommand::Report { approval, exit: exit(c) }),
        };
        (actor, CommandBody::Approval(body))
    }

    fn edit(&self, [_, b, c, d]: [u8; 4]) -> TaskEdit {
        TaskEdit {
            title: (b.is_multiple_of(2)).then(|| format!("retitled {c}")),
            priority: Some([Priority::Urgent, Priority::High, Priority::Normal, Priority::Low][usize::from(c % 4)]),
            depends_on: (d.is_multiple_of(2)).then(|| vec![TaskId(pick(self.office.tasks.keys().map(|id| id.0), c))]),
            ..TaskEdit::default()
        }
    }

    fn new_task(&self, [a, b, c, d]: [u8; 4]) -> NewTask {
        let depend = |n| TaskId(pick(self.office.tasks.keys().map(|id| id.0), n));
        NewTask {
            project: ProjectId(pick(self.office.projects.keys().map(|id| id.0), a)),
            title: format!("task {a} {b} \u{1f319}"),
            body: "line\n\"quoted\" \\ 'single' \u{0} ".repeat(usize::from(b % 3)).replace('\0', "nul"),
            deliverable: if b.is_multiple_of(5) { Deliverable::Finding } else { Deliverable::Change },
            checks: if c.is_multiple_of(3) { vec![Check::of("cargo test")] } else { Vec::new() },
            priority: if c.is_multiple_of(7) { Priority::High } else { Priority::Normal },
            depends_on: match d % 4 {
                0 if !self.office.tasks.is_empty() => vec![depend(b), depend(c)],
                1 if !self.office.tasks.is_empty() => vec![depend(c)],
                _ => Vec::new(),
            },
            role: (d.is_multiple_of(9)).then(|| "reviewer".into()),
            kind: None,
            attempts: (d.is_multiple_of(3)).then_some(1),
            time_limit_secs: (c.is_multiple_of(2)).then(|| u32::from(d) + 1),
            review: (d.is_multiple_of(13)).then_some(c.is_multiple_of(2)),
            draft: d.is_multiple_of(11),
        }
    }

    /// An effect ends, or a run by itself.
    fn answer(&self, [a, b, c, d]: [u8; 4]) -> EffectCommand {
        let open = self.office.pending.iter().nth(usize::from(a) % self.office.pending.len().max(1));
        if let Some((effect, what)) = open.filter(|_| b % 8 != 0) {
            return EffectCommand::End { effect: *effect, outcome: Box::new(self.outcome(what, [c, d])) };
        }
        if b.is_multiple_of(16) {
            return EffectCommand::RunHeard {
                run: RunId(pick(self.office.runs.keys().map(|id| id.0), a)),
                news: Box::new(news(c, d)),
            };
        }
        EffectCommand::RunOver {
            run: RunId(pick(self.office.runs.keys().map(|id| id.0), a)),
            exit: exit(c),
            ended: None,
        }
    }

    fn outcome(&self, effect: &Effect, [c, d]: [u8; 2]) -> Outcome {
        let trouble = || match d % 3 {
            0 => Outcome::Failed { why: "no".to_owned() },
            1 => Outcome::Cancelled,
            _ => Outcome::Lost,
        };
        if c.is_multiple_of(10) {
            return trouble();
        }
        match effect {
            Effect::Prepare { run } => Outcome::Prepared {
                workplace: Workplace {
                    path: format!("/desk/{run}"),
                    branch: format!("office/{run}"),
                    base: "b0".to_owned(),
                },
                settings: settings(c),
            },
            Effect::Launch { run } => Outcome::Launched { pid: run.0 + 100, enforcement: None },
            Effect::End { .. } => Outcome::Ended { exit: exit(d) },
            Effect::Collect { .. } => Outcome::Collected { work: work(c) },
            Effect::Check { .. } | Effect::CheckResult { .. } => {
                let verdicts = [
                    Verdict::Passed,
                    Verdict::Flaky,
                    Verdict::RedOnBase,
                    Verdict::Broken,
                    Verdict::Unmet,
                    Verdict::TimedOut,
                ];
                let verdict =
                    if c.is_multiple_of(2) { Verdict::Passed } else { verdicts[usize::from(d) % verdicts.len()] };
                let base = if c.is_multiple_of(5) { base_checks(c) } else { BTreeMap::new() };
                Outcome::Checked { results: vec![result(verdict)], base }
            }
            Effect::Merge { .. } => match c % 6 {
                1 => Outcome::Conflict { files: vec!["a.rs".to_owned()], hunks: vec![] },
                3 => Outcome::OnBase {
                    landing: Landing {
                        base: format!("b{d}"),
                        commit: format!("m{c}"),
                        tree: format!("t{c}"),
                        checked: d.is_multiple_of(2),
                        tries: 0,
                    },
                    settings: Box::new(settings(d)),
                },
                4 if d.is_multiple_of(3) => Outcome::Rewritten { why: "rewritten".to_owned() },
                4 if d % 3 == 1 => Outcome::BaseGone { why: "gone".to_owned() },
                2 => Outcome::MergeWaits { why: "dirty".to_owned(), way_out: "commit".to_owned() },
                _ => Outcome::Merged { commit: format!("m{c}") },
            },
            Effect::TryProject { .. } => Outcome::Tried {
                report: TryReport {
                    commit: "b0".to_owned(),
                    setup_ok: true,
                    setup_tail: String::new(),
                    checks: base_checks(c),
                    took_ms: 5,
                },
            },
            Effect::Act { .. } => match c % 3 {
                0 => Outcome::Acted { exit: exit(c), output: format!("To far {c}") },
                1 => Outcome::Unclear { why: "cut off".to_owned() },
                _ => Outcome::Lost,
            },
            Effect::Halt { .. } | Effect::Reclaim { .. } | Effect::Tidy { .. } | Effect::Discard { .. } => {
                Outcome::Done
            }
        }
    }
}

fn pick(among: impl Iterator<Item = u32>, n: u8) -> u32 {
    let all: Vec<u32> = among.collect();
    all.get(usize::from(n) % all.len().max(1)).copied().unwrap_or(1)
}

fn deed(n: u8) -> Deed {
    let (remote, url) = ("origin".to_owned(), "ssh://far/a.git".to_owned());
    let does = Does::Push { remote, url, commit: format!("c{n}"), branch: "main".to_owned(), expected: None };
    Deed::push(does, "Round it", usize::from(n))
}

fn exit(n: u8) -> Exit {
    match n % 5 {
        0..=1 => Exit::Code { code: 0 },
        2 => Exit::Code { code: 3 },
        3 => Exit::Signal { signal: 9 },
        _ => Exit::Lost,
    }
}

fn catalog(n: u8) -> CommandBody {
    let role = |name: &str| Role {
        name: name.into(),
        title: name.to_owned(),
        engines: vec!["shell".into()],
        summary: format!("summary {}", n % 3),
        brief: "brief\n".repeat(20),
        ..Role::default()
    };
    let engine = |name: &str, found| Engine {
        name: name.into(),
        title: name.to_owned(),
        found,
        note: String::new(),
        needs_command: false,
        version: None,
        warning: None,
        login: Login::default(),
        login_note: None,
        login_hint: None,
        gate: Gate::default(),
    };
    let roles = vec![role("coder"), role("reviewer")];
    let engines = vec![engine("other", n.is_multiple_of(2)), engine("shell", n % 5 != 4)];
    CommandBody::Office(OfficeCommand::ReadCatalog { roles, engines })
}

fn add_project(name: &str, n: u8) -> ProjectCommand {
    ProjectCommand::Add {
        name: name.to_owned(),
        path: format!("/repo/{name}"),
        base_branch: "main".to_owned(),
        prefix: "office".to_owned(),
        settings: settings(n).into(),
        notes: vec!["a note with 'quotes'".to_owned()],
    }
}

fn add_desk(name: &str, [_, b, c, d]: [u8; 4]) -> DeskCommand {
    DeskCommand::Add {
        name: name.to_owned(),
        role: if b.is_multiple_of(3) { "coder".into() } else { "reviewer".into() },
        project: (d % 7 == 6).then_some(ProjectId(1)),
        engine: None,
        command: None,
        auto: c % 3 != 0,
    }
}

fn settings(n: u8) -> ProjectSettings {
    let checks = if n.is_multiple_of(4) { vec![Check::of("./check.sh")] } else { Vec::new() };
    ProjectSettings { checks, ..ProjectSettings::default() }
}

fn work(n: u8) -> Work {
    let path = ["src/a.rs", "tests/b.rs", "check.sh"][usize::from(n % 3)].to_owned();
    let file = ChangedFile { path, status: "M".to_owned(), added: Some(1), removed: None };
    let files = if n % 6 == 1 { Vec::new() } else { vec![file] };
    Work {
        tip: format!("t{n}"),
        base: "b0".to_owned(),
        commits: 1,
        leftover_committed: n.is_multiple_of(2),
        files,
        marks: vec![],
    }
}

fn result(verdict: Verdict) -> CheckResult {
    CheckResult {
        name: "check".to_owned(),
        run: "cargo test".to_owned(),
        source: CheckSource::Task,
        verdict,
        code: Some(-1),
        took_ms: 12,
        tail: "tail with \u{0} and \u{fffd}".to_owned(),
    }
}

fn base_checks(n: u8) -> BTreeMap<String, BaseCheck> {
    let at = At::from_millis(1_800_000_000_000);
    let check = BaseCheck { commit: "b0".to_owned(), green: n.is_multiple_of(2), at, tail: String::new() };
    BTreeMap::from([("cargo test".to_owned(), check)])
}

/// What an engine let be known, or a part of it.
fn news(c: u8, d: u8) -> News {
    let at = At::from_millis(i64::from(d) * 1000);
    let seen = Seen {
        state: DeskState::ALL[usize::from(c) % DeskState::ALL.len()],
        evidence: "hook Stop".to_owned(),
        since: at,
        until: c.is_multiple_of(2).then_some(at),
        visitors: u32::from(d % 3),
    };
    let context = d.is_multiple_of(2).then_some(ContextUse { used: u64::from(d), size: 200_000 });
    let spent = Spent {
        input: u64::MAX / 4 / (u64::from(c) + 1),
        micro_dollars: c.is_multiple_of(3).then_some(7),
        turns: u32::from(d),
        context,
        ..Spent::default()
    };
    News {
        seen: (!c.is_multiple_of(5)).then_some(seen),
        spent: (!d.is_multiple_of(5)).then_some(spent),
        session: d.is_multiple_of(7).then(|| format!("session-{}", d % 2)),
        denied: None,
    }
}
