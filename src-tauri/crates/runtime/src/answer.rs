//! What is asked at the door, and how each answer is found. Deciding is `core`'s; this only fetches, waits and forwards.

use std::sync::Arc;

use office_core::mail::{Address, MailCommand, NewMail};
use office_core::office::OfficeCommand;
use office_core::project::{Project, ProjectCommand, ProjectEvent};
use office_core::recording::Budget;
use office_core::run::Run;
use office_core::task::TaskCommand;
use office_core::{
    Actor, Approval, ApprovalId, Code, Command, CommandBody, CommandId, Effect, Event, Noun, NounKey, Office, Plan,
    PlanState, ProjectId, Refusal, RunId, Seq, Task, TaskId, TaskState,
};
use office_door::memory::Wanted;
use office_door::wire::{Answer, Ask, AuditEntry, AutostartStanding};
use office_store::MailQuery;

use crate::autostart::{Autostart, Standing};
use crate::world::World;

/// Patches longer than this are cut.
const PATCH_MAX: usize = 16 * 1024 * 1024;
/// Entries of the audit in one answer.
const AUDIT_MAX: u32 = 1000;
/// Mails in one answer.
const MAILS_MAX: u32 = 1_000;
/// Events in one answer.
const EVENTS_MAX: u32 = 10_000;

impl World {
    pub(crate) async fn answer(self: &Arc<Self>, actor: Actor, ask: Ask) -> Result<Answer, Refusal> {
        match ask {
            Ask::Submit { command_id, body } => {
                if matches!(body, CommandBody::Effect(_)) {
                    actor.office_only()?;
                }
                let body = match body {
                    CommandBody::Approval(command) => CommandBody::Approval(self.ruled(actor, command).await?),
                    CommandBody::Mail(MailCommand::Take { .. }) => return self.inbox(actor, true, false).await,
                    // What goes with a mail is the office's to say.
                    CommandBody::Mail(MailCommand::Send { new }) => {
                        CommandBody::Mail(MailCommand::Send { new: Box::new(NewMail { enclosed: None, ..*new }) })
                    }
                    body => body,
                };
                self.submit(actor, CommandId(command_id), body).await
            }
            Ask::AddProject { path, name, base } => {
                actor.owner_only("add projects")?;
                self.add_project(&path, name, base).await
            }
            Ask::OpenDemo => self.open_demo(actor).await,
            Ask::TryProject { project } => self.try_and_wait(actor, &project).await,
            Ask::Done { task, summary, report } => self.done(actor, task, summary, report).await,
            Ask::Accept { task } => self.accept(actor, task).await,
            Ask::AwaitTask { task, states } => {
                let found = self.handle.wait_until(move |office| match office.tasks.get(&task) {
                    None => Some(None),
                    Some(it) if states.is_empty() => (!it.state.at_work()).then(|| Some(it.clone())),
                    Some(it) => states.contains(&it.state).then(|| Some(it.clone())),
                });
                found.await?.map(|task| Answer::Task(Box::new(task))).ok_or_else(|| no_task(task))
            }
            Ask::Judge { argv, cwd, held } => {
                if let Actor::Agent { run, .. } = actor {
                    self.remember(run, &argv, &cwd, held);
                }
                Ok(Answer::Ruled(self.judged(actor, argv, cwd, held).await?))
            }
            Ask::AwaitApproval { approval } => self.await_approval(actor, approval).await,
            Ask::Approvals { all } => self.approvals(actor, all).await,
            Ask::ProposeRule { approval, said } => {
                actor.owner_only("settle anything for good")?;
                Ok(Answer::Text(self.propose_rule(approval, said).await?))
            }
            Ask::Touches { approval } => {
                actor.owner_only("look into what is held")?;
                Ok(Answer::Touches(self.touches(approval).await?))
            }
            Ask::ShapeOf { line } => {
                let (run, words) = crate::rulebook::shape_of(&line)?;
                Ok(Answer::Shape { run, words })
            }
            Ask::Rules => {
                actor.owner_only("read the rules of the office")?;
                Ok(Answer::Rules(self.rule_files().await?))
            }
            Ask::TryRules { file, text } => {
                actor.owner_only("try rules")?;
                Ok(Answer::RulesTried(Box::new(self.try_rules(&file, text).await?)))
            }
            Ask::KeepRules { file, text, was } => {
                actor.owner_only("write rules")?;
                Ok(Answer::RulesTried(Box::new(self.keep_rules(&file, text, was).await?)))
            }
            Ask::RoleFaults => Ok(Answer::RoleFaults(self.handle.read(|office| office.role_faults.clone()).await?)),
            Ask::RoleFiles => {
                actor.owner_only("read the files of roles")?;
                Ok(Answer::RoleFiles(self.role_files().await?))
            }
            Ask::TryRole { file, text } => {
                actor.owner_only("try roles")?;
                Ok(Answer::RoleTried(Box::new(self.try_role(file, text).await?)))
            }
            Ask::KeepRole { file, text, was } => {
                actor.owner_only("write roles")?;
                Ok(Answer::RoleTried(Box::new(self.keep_role(file, text, was).await?)))
            }
            Ask::Queue => Ok(Answer::Queue(self.handle.read(office_core::queue::lines).await?)),
            Ask::Grants { all } => {
                actor.owner_only("see standing grants")?;
                let now = self.clock.now();
                let list = move |office: &Office| -> Vec<office_core::Grant> {
                    office.grants.values().filter(|it| all || it.is_in_force(now)).cloned().collect()
                };
                Ok(Answer::Grants(self.handle.read(list).await?))
            }
            Ask::SendMail { command_id, to, kind, subject, text, files, answers, key } => {
                let new = NewMail { to: Address::Sender, kind, subject, text, files, enclosed: None, answers, key };
                self.send_mail(actor, command_id, to, new).await
            }
            Ask::Talk { command_id, text, fresh, project } => {
                actor.owner_only("talk in the owner's place")?;
                self.talk(command_id, text, fresh, project).await
            }
            Ask::Talked { after } => {
                actor.owner_only("read the owner's talks")?;
                self.talked(after).await
            }
            Ask::Plans { plan: Some(id), .. } => {
                let found = self.handle.read(move |office| office.plan(id).cloned()).await??;
                Ok(Answer::Plans(vec![found]))
            }
            Ask::Plans { plan: None, all } => {
                let wanted = move |plan: &&Plan| all || plan.state == PlanState::Proposed;
                let list = move |office: &Office| office.plans.values().filter(wanted).cloned().collect();
                Ok(Answer::Plans(self.handle.read(list).await?))
            }
            Ask::Inbox { take, wait } => self.inbox(actor, take, wait).await,
            Ask::Mails { mail, thread, with, words, open, before, limit } => {
                let limit = limit.clamp(1, MAILS_MAX);
                let query = MailQuery { thread, words, open, before, limit, ..MailQuery::default() };
                self.mails(actor, mail, with, query).await
            }
            Ask::VerifyAudit => {
                actor.owner_only("go through the audit")?;
                let verified = self.store.verify_audit().await;
                Ok(Answer::Verified(Box::new(verified.map_err(|error| troubled(&error))?)))
            }
            Ask::Audit { since, limit } => {
                actor.owner_only("read the audit")?;
                let found =
                    self.store.audit(since, limit.clamp(1, AUDIT_MAX)).await.map_err(|error| troubled(&error))?;
                Ok(Answer::Audit(found.into_iter().map(|(link, envelope)| AuditEntry { envelope, link }).collect()))
            }
            Ask::StopAll => {
                self.submit(actor, self.own_id("stop"), CommandBody::Office(OfficeCommand::StopAll)).await?;
                let none_left = |office: &Office| {
                    let ending = |effect: &Effect| {
                        !matches!(
                            effect,
                            Effect::Reclaim { .. }
                                | Effect::Tidy { .. }
                                | Effect::Merge { .. }
                                | Effect::CheckResult { .. }
                                | Effect::Act { .. }
                                | Effect::TryProject { .. }
                                | Effect::Discard { .. }
                        )
                    };
                    let busy = office.runs.values().any(Run::is_open) || office.pending.values().any(ending);
                    (!busy).then_some(())
                };
                self.handle.wait_until(none_left).await?;
                self.status().await
            }
            Ask::Status => self.status().await,
            Ask::Snapshot => {
                let (seq, mut nouns) = self.handle.read(|office| (office.seq, office.nouns())).await?;
                // Whoever wants notes asks for them: there may be more than go into a frame.
                nouns.retain(|noun| !matches!(noun, Noun::Note(_)));
                Ok(Answer::Snapshot { seq, nouns })
            }
            Ask::Task { task } => {
                let id = self.own_task(actor, task).await?;
                let found = self.handle.read(move |office| office.tasks.get(&id).cloned()).await?;
                found.map(|task| Answer::Task(Box::new(task))).ok_or_else(|| no_task(id))
            }
            Ask::Tasks { states, project } => {
                let project = match project {
                    Some(name) => Some(self.project_of(&name).await?.id),
                    None => None,
                };
                let wanted = move |task: &&Task| {
                    (states.is_empty() || states.contains(&task.state)) && project.is_none_or(|id| id == task.project)
                };
                Ok(Answer::Tasks(
                    self.handle.read(move |office| office.tasks.values().filter(wanted).cloned().collect()).await?,
                ))
            }
            Ask::Lint { tasks } => Ok(Answer::Linted(self.handle.read(move |office| office.linted(&tasks)).await??)),
            Ask::Desks => {
                let views = |office: &Office| {
                    office.desks.values().filter(|desk| !desk.removed).map(|desk| office.desk_view(desk)).collect()
                };
                Ok(Answer::Desks(self.handle.read(views).await?))
            }
            Ask::Runs { task, desk } => {
                let desk = match desk {
                    Some(name) => Some(self.desk_of(&name).await?),
                    None => None,
                };
                let fits = move |run: &&Run| {
                    task.is_none_or(|task| run.task == Some(task)) && desk.is_none_or(|desk| run.desk == desk)
                };
                Ok(Answer::Runs(
                    self.handle.read(move |office| office.runs.values().rev().filter(fits).cloned().collect()).await?,
                ))
            }
            Ask::Projects => {
                let list =
                    |office: &Office| office.projects.values().filter(|project| !project.removed).cloned().collect();
                Ok(Answer::Projects(self.handle.read(list).await?))
            }
            Ask::Roles => Ok(Answer::Roles(self.handle.read(|office| office.roles.values().cloned().collect()).await?)),
            Ask::Engines => {
                let known: Vec<_> = self.handle.read(|office| office.engines.values().cloned().collect()).await?;
                let mut engines = Vec::with_capacity(known.len());
                for engine in known {
                    engines.push(self.with_login(engine).await);
                }
                Ok(Answer::Engines(engines))
            }
            Ask::TryEngine { engine } => {
                actor.owner_only("try an engine")?;
                Ok(Answer::Engines(vec![self.try_engine(&engine).await?]))
            }
            Ask::Events { since, limit, task } => self.events(since, limit.clamp(1, EVENTS_MAX), task).await,
            Ask::Diff { task, stat } => self.diff(task, stat).await,
            Ask::Log { task, run } => {
                if self.own_task(actor, None).await.ok() != Some(task) {
                    actor.owner_only("read what other desks printed")?;
                }
                let run = match run {
                    Some(run) => run,
                    None => self.last_run(task).await?,
                };
                self.log(run).await
            }
            Ask::Search { query, limit } => self.search(actor, &query, Wanted::default(), limit).await,
            Ask::Memory { what } => self.memory(actor, what).await,
            Ask::Tell { desk, text } => self.tell_agent(actor, &desk, &text).await,
            Ask::Type { desk, text } => self.type_into(actor, &desk, text).await,
            Ask::Resize { desk, cols, rows } => self.resize(actor, &desk, cols, rows).await,
            Ask::Doctor => Ok(Answer::Health(self.doctor().await)),
            Ask::Prune { keep_days, keep_mb, go } => {
                actor.owner_only("drop recordings")?;
                self.prune(actor, Budget { mb: keep_mb, days: keep_days }, go).await
            }
            Ask::Backup { to } => {
                actor.owner_only("back the office up")?;
                self.backup(to).await
            }
            Ask::Autostart { wanted } => {
                actor.owner_only("have the system start the office")?;
                self.autostart(wanted).await
            }
            Ask::Quit { leave_desks } => {
                actor.owner_only("end the runtime")?;
                if leave_desks && !self.holder.is_detached() {
                    return Err(Refusal::new(
                        Code::Unavailable,
                        "the desks cannot go on alone: this runtime holds them itself",
                        "`office doctor` says why; `office quit` ends them with the office",
                    ));
                }
                self.leave.store(leave_desks, std::sync::atomic::Ordering::Release);
                // The door closes once the answer is on its way (`listen.rs`).
                Ok(Answer::Ok)
            }
            Ask::Find { noun, name } => {
                let key = match noun.as_str() {
                    "project" => NounKey::Project(self.project_of(&name).await?.id),
                    "desk" => NounKey::Desk(self.desk_of(&name).await?),
                    "office" => NounKey::Office,
                    _ => {
                        return Err(Refusal::invalid(
                            format!("'{noun}' cannot be looked up by name"),
                            "ask for a project or a desk",
                        ));
                    }
                };
                self.changed(key).await
            }
            Ask::TakeIn { project, file, text } => {
                let project = self.project_of(&project).await?;
                Ok(Answer::TakenIn(Box::new(self.take_in(actor, &project, &file, text).await?)))
            }
            Ask::SetAcceptance { project, acceptance } => {
                let project = self.project_of(&project).await?.id;
                let body = CommandBody::Project(ProjectCommand::SetAcceptance { project, acceptance });
                self.submit(actor, self.own_id("accept"), body).await
            }
            // The listener answers these itself: they hold the connection.
            Ask::Subscribe { .. } | Ask::Attach { .. } | Ask::Credit { .. } | Ask::Detach { .. } => Ok(Answer::Ok),
        }
    }

    async fn autostart(&self, wanted: Option<bool>) -> Result<Answer, Refusal> {
        let autostart = Autostart::of(self.dir.root())?;
        // It waits for programs of the system.
        let asked = tokio::task::spawn_blocking(move || match wanted {
            Some(true) => autostart.on(),
            Some(false) => autostart.off(),
            None => autostart.standing(),
        });
        let Standing { on, file, note, cannot } =
            asked.await.map_err(|error| Refusal::new(Code::Trouble, error.to_string(), "ask again"))??;
        Ok(Answer::Autostart(Box::new(AutostartStanding { on, file: file.display().to_string(), note, cannot })))
    }

    pub(crate) fn own_id(&self, what: &str) -> CommandId {
        CommandId(format!("{what}-{}", self.ids.token()))
    }

    pub(crate) async fn submit(&self, actor: Actor, id: CommandId, body: CommandBody) -> Result<Answer, Refusal> {
        let done = self.handle.submit(Command { id, actor, body }).await?;
        let noun = match (done.noun, done.about) {
            // What was sent long ago, and is sent again.
            (None, NounKey::Mail(id)) => {
                let mail = self.store.mail(id).await.map_err(|error| troubled(&error))?;
                mail.map(|it| Noun::Mail(Box::new(it)))
            }
            (noun, _) => noun,
        };
        noun.map(Answer::Changed).ok_or_else(|| Refusal::new(Code::Trouble, "it is no longer there", "ask again"))
    }

    pub(crate) async fn changed(&self, key: NounKey) -> Result<Answer, Refusal> {
        let noun = self.handle.read(move |office| office.noun(key)).await?;
        noun.map(Answer::Changed)
            .ok_or_else(|| Refusal::new(Code::NotFound, "it is no longer there", "`office status`"))
    }

    async fn status(&self) -> Result<Answer, Refusal> {
        let now = self.clock.now();
        let mut status = self.handle.read(move |office| office.status(now)).await?;
        status.quiet = crate::desktop::is_quiet(status.unattended.quiet, now);
        Ok(Answer::Status(Box::new(status)))
    }

    /// The project of that name or number.
    pub(crate) async fn project_of(&self, name: &str) -> Result<Project, Refusal> {
        let wanted = name.to_owned();
        let found = self.handle.read(move |office| {
            let number = wanted.parse::<u32>().ok().map(ProjectId);
            let live = || office.projects.values().filter(|project| !project.removed);
            live()
                .find(|project| project.name == wanted)
                .or_else(|| live().find(|project| Some(project.id) == number))
                .cloned()
        });
        found.await?.ok_or_else(|| Refusal::not_found(format!("project '{name}'"), "office project list"))
    }

    async fn own_task(&self, actor: Actor, task: Option<TaskId>) -> Result<TaskId, Refusal> {
        if let Some(task) = task {
            return Ok(task);
        }
        let Actor::Agent { run, .. } = actor else {
            return Err(Refusal::new(Code::Invalid, "say which task", "for example `office task show 12`"));
        };
        let task = self.handle.read(move |office| office.runs.get(&run).and_then(|it| it.task)).await?;
        task.ok_or_else(|| Refusal::new(Code::NotFound, "this desk has no task", "name one"))
    }

    async fn last_run(&self, task: TaskId) -> Result<RunId, Refusal> {
        let found = self.handle.read(move |office| office.tasks.get(&task).map(|it| it.last_run)).await?;
        let none = || Refusal::new(Code::NotFound, format!("task #{task} had no run yet"), "it has printed nothing");
        found.ok_or_else(|| no_task(task))?.ok_or_else(none)
    }

    async fn add_project(&self, path: &str, name: Option<String>, base: Option<String>) -> Result<Answer, Refusal> {
        let unusable =
            |why: String| Refusal::new(Code::Unavailable, why, "`office project add --help` says what a project needs");
        let found = crate::project::look(self, path, base).await.map_err(unusable)?;
        let name = name.unwrap_or_else(|| found.default_name.clone());
        let body = CommandBody::Project(ProjectCommand::Add {
            name,
            path: found.path,
            base_branch: found.base_branch,
            prefix: found.prefix,
            settings: Box::new(found.settings),
            notes: found.notes,
        });
        self.submit(Actor::Owner, self.own_id("add"), body).await
    }

    async fn try_and_wait(&self, actor: Actor, name: &str) -> Result<Answer, Refusal> {
        let project = self.project_of(name).await?.id;
        let mut feed = self.handle.subscribe();
        let body = CommandBody::Project(ProjectCommand::Try { project });
        self.submit(actor, self.own_id("try"), body).await?;
        loop {
            let item = match feed.recv().await {
                Ok(item) => item,
                Err(tokio::sync::broadcast::error::RecvError::Lagged(_)) => continue,
                Err(_) => return Err(Refusal::new(Code::NoOffice, "the office is closing", "start it again")),
            };
            match &item.envelope.event {
                Event::Project(ProjectEvent::Tried { project: tried, report }) if *tried == project => {
                    return Ok(Answer::Tried(Box::new(report.clone())));
                }
                Event::Effect(office_core::effect::EffectEvent::Ended { what, trouble: Some(why), .. })
                    if *what == (office_core::Effect::TryProject { project }) =>
                {
                    return Err(Refusal::new(Code::Unavailable, why.clone(), "mend that and try again"));
                }
                _ => {}
            }
        }
    }

    /// Waits until there is something to tell whoever waits: an answer that can no longer be taken back, a question.
    async fn await_approval(&self, actor: Actor, id: ApprovalId) -> Result<Answer, Refusal> {
        let known = move |office: &Office| office.approvals.get(&id).filter(|it| may_see(actor, it)).cloned();
        let mut seq = self.handle.seq.clone();
        loop {
            seq.borrow_and_update();
            let found = self.handle.read(known).await?;
            let it = found.ok_or_else(|| Refusal::not_found(format!("approval {id}"), "office approval list"))?;
            let now = self.clock.now();
            if it.speaks(now) {
                return Ok(Answer::Approval(Box::new(it)));
            }
            // Clocks are set, so it is looked at again before long.
            let left = it.undo_until.map_or(i64::MAX, |until| until.millis() - now.millis()).clamp(1, 1000);
            tokio::select! {
                changed = seq.changed() => changed.map_err(|_| Refusal::new(Code::NoOffice, "the office is closing", "start it again"))?,
                () = tokio::time::sleep(std::time::Duration::from_millis(left.unsigned_abs())), if it.undo_until.is_some() => {}
            }
        }
    }

    async fn approvals(&self, actor: Actor, all: bool) -> Result<Answer, Refusal> {
        let list = move |office: &Office| -> Vec<Approval> {
            let fits = |it: &&Approval| (all || it.state.is_open()) && may_see(actor, it);
            office.approvals.values().filter(fits).cloned().collect()
        };
        Ok(Answer::Approvals(self.handle.read(list).await?))
    }

    /// Says done and waits for what the checks say.
    async fn done(
        &self,
        actor: Actor,
        task: Option<TaskId>,
        summary: String,
        report: Option<String>,
    ) -> Result<Answer, Refusal> {
        let task = self.own_task(actor, task).await?;
        // Asked again by one whose line was cut, it waits for the answer to the first.
        let said = self.handle.read(move |office| {
            let by =
                |it: &Task| it.last_run.is_some_and(|run| matches!(actor, Actor::Agent { run: own, .. } if own == run));
            office
                .tasks
                .get(&task)
                .is_some_and(|it| by(it) && matches!(it.state, TaskState::Checking | TaskState::InReview))
        });
        if !said.await? {
            let used = office_core::note::named(&format!("{summary}\n{}", report.as_deref().unwrap_or_default()));
            let body = CommandBody::Task(TaskCommand::Done { task, summary, report });
            self.submit(actor, self.own_id("done"), body).await?;
            if let (Actor::Agent { run, .. }, false) = (actor, used.is_empty()) {
                self.used(run, used).await;
            }
        }
        let over = move |office: &Office| match office.tasks.get(&task) {
            Some(it) if it.state == TaskState::Checking => None,
            found => Some(found.cloned()),
        };
        let Some(it) = self.handle.wait_until(over).await? else { return Err(no_task(task)) };
        match it.state {
            TaskState::InReview | TaskState::Merging | TaskState::Done => self.changed(NounKey::Task(task)).await,
            state => {
                let mut detail = String::new();
                for result in it.results.iter().filter(|result| result.verdict.refuses()) {
                    detail.push_str(&format!("{} ({}):\n{}\n", result.run, result.verdict.words(), result.tail));
                }
                let left = it.attempts_max.saturating_sub(it.attempts_used);
                detail.push_str(&match state {
                    TaskState::Running | TaskState::Queued => {
                        format!("mend it and say done again; {left} attempt(s) left")
                    }
                    other => format!("the task is now {other}"),
                });
                let why = it.why.unwrap_or_else(|| format!("it is {state}"));
                Err(Refusal::new(Code::ChecksRed, format!("\"done\" is refused for task #{task}: {why}"), detail))
            }
        }
    }

    /// Accepts and waits until it is merged, or is not.
    async fn accept(&self, actor: Actor, task: TaskId) -> Result<Answer, Refusal> {
        // Likewise.
        let merging = self.handle.read(move |office| {
            office.tasks.get(&task).is_some_and(|it| it.state == TaskState::Merging) && actor == Actor::Owner
        });
        if !merging.await? {
            self.submit(actor, self.own_id("accept"), CommandBody::Task(TaskCommand::Accept { task })).await?;
        }
        // Behind a hold, or a task that is not done, it may wait for long: that is an answer, too.
        let over = move |office: &Office| match office.tasks.get(&task) {
            Some(it) if it.state == TaskState::Merging => {
                let waits = office.queue_hold(it.project).is_some() || !it.waiting_for.is_empty();
                waits.then(|| Some(it.clone()))
            }
            found => Some(found.cloned()),
        };
        let Some(it) = self.handle.wait_until(over).await? else { return Err(no_task(task)) };
        if matches!(it.state, TaskState::Done | TaskState::Merging) {
            return self.changed(NounKey::Task(task)).await;
        }
        let why = it.why.unwrap_or_default();
        Err(Refusal::new(Code::MergeRefused, format!("task #{task} is not merged and is {}", it.state), why))
    }

    async fn events(&self, since: Seq, limit: u32, task: Option<TaskId>) -> Result<Answer, Refusal> {
        let read = self.store.events(since, task, limit).await;
        let events =
            read.map_err(|error| Refusal::new(Code::Trouble, error.to_string(), "`office doctor` says more"))?;
        let more = u32::try_from(events.len()).is_ok_and(|count| count == limit);
        Ok(Answer::Events { events, more })
    }

    async fn diff(&self, task: TaskId, stat: bool) -> Result<Answer, Refusal> {
        let found = self.handle.read(move |office| {
            let it = office.tasks.get(&task)?;
            Some((it.work.clone(), office.projects.get(&it.project)?.clone()))
        });
        let (work, project) = found.await?.ok_or_else(|| no_task(task))?;
        let Some(work) = work else {
            return Err(Refusal::new(
                Code::NotFound,
                format!("task #{task} has no collected work yet"),
                "it is collected when it says done",
            ));
        };
        if stat {
            let line = |file: &office_core::run::ChangedFile| {
                let count = |n: Option<u32>| n.map_or("-".to_owned(), |n| n.to_string());
                format!("{} {:>6} {:>6} {}\n", file.status, count(file.added), count(file.removed), file.path)
            };
            return Ok(Answer::Diff { patch: work.files.iter().map(line).collect(), cut: false });
        }
        let unusable = |why: String| Refusal::new(Code::Unavailable, why, "`office doctor` says more");
        let home = self.home(&project).await.map_err(unusable)?;
        let oid = |text: &str| office_git::Oid::parse(text).map_err(|error| unusable(error.to_string()));
        let (base, tip) = (oid(&work.base)?, oid(&work.tip)?);
        let patch = home.repo.patch(&base, &tip, PATCH_MAX).await.map_err(|error| unusable(error.to_string()))?;
        Ok(Answer::Diff { patch: String::from_utf8_lossy(&patch.bytes).into_owned(), cut: patch.truncated })
    }

    async fn backup(&self, to: Option<String>) -> Result<Answer, Refusal> {
        let path = match to {
            Some(path) => path.into(),
            None => {
                let stamp = self.clock.now().to_string().replace([':', '.'], "-");
                self.dir.backups().join(format!("office-{stamp}.db"))
            }
        };
        let made = self.store.backup_to(&path).await;
        made.map_err(|error| {
            Refusal::new(Code::Unavailable, error.to_string(), "choose another place, or free some space")
        })?;
        Ok(Answer::Text(path.display().to_string()))
    }
}

/// An agent sees what its own run has asked for; what others want to run is between them and the owner.
pub(crate) fn may_see(actor: Actor, it: &Approval) -> bool {
    match actor {
        Actor::Owner | Actor::Office => true,
        Actor::Agent { run, .. } => it.run == Some(run),
    }
}

pub(crate) fn troubled(error: &office_store::StoreError) -> Refusal {
    Refusal::new(Code::Trouble, error.to_string(), "`office doctor` says more")
}

fn no_task(task: TaskId) -> Refusal {
    Refusal::not_found(format!("task #{task}"), "office task list")
}
