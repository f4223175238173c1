//! Starts a run's engine in a terminal of its own, watches for its end, and ends it with everything it started.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use office_core::effect::EffectCommand;
use office_core::run::{Exit, RunState, StopWhy};
use office_core::sandbox::Enforcement;
use office_core::task::life::checks_of;
use office_core::{At, CommandBody, EffectId, Outcome, RunId};
use office_engines::spec::Prompt;
use office_engines::{Briefing, Delivery, EngineSpec};
use office_pty::{ExitStatus, PtyError, RecordingSpec, SpawnSpec, TermSize};

use crate::catalog::place_of;
use crate::effects::setup::Whose;
use crate::fault;
use crate::holder::{Live, key_of};
use crate::sandbox::{Desk, Kept};
use crate::tell::takes;
use crate::world::{Seat, World, lock};

/// The first port of the first desk; each desk has 20.
const FIRST_PORT: u32 = 42_000;
/// Between being asked politely and being killed.
pub(crate) const GRACE: Duration = Duration::from_secs(2);
/// An agent whose work is accepted may finish its sentence for so long.
const FINISHING: Duration = Duration::from_secs(3);
/// How often silence is looked at.
const SHORTEST_LOOK: Duration = Duration::from_millis(100);
const LONGEST_LOOK: Duration = Duration::from_secs(30);
/// The output of a program that has ended may trail for so long.
const TRAILING: Duration = Duration::from_secs(2);

impl World {
    pub(crate) async fn launch(self: &Arc<Self>, id: EffectId, run: RunId) -> Result<Outcome, String> {
        let gate = self.run_lock(run);
        let _gate = gate.lock().await;
        let shell =
            std::env::var("SHELL").ok().filter(|shell| !shell.is_empty()).unwrap_or_else(|| "/bin/sh".to_owned());
        let mut found = self
            .read(move |office| {
                let it = office.runs.get(&run)?.clone();
                let desk = office.desks.get(&it.desk)?.clone();
                let task = it.task.and_then(|task| office.tasks.get(&task)).cloned();
                Some(Briefing {
                    role: office.roles.get(&desk.role).map(|role| role.in_project(it.project)),
                    project: office.projects.get(&it.project)?.clone(),
                    checks: task
                        .as_ref()
                        .map(|task| checks_of(office, task).into_iter().map(|(_, check)| check).collect())
                        .unwrap_or_default(),
                    port_base: FIRST_PORT + (desk.id.0 % 1000) * 20,
                    run: it,
                    desk,
                    task,
                    shell,
                    learned: Vec::new(),
                })
            })
            .await?;
        if found.run.state != RunState::Launching {
            return Ok(Outcome::Cancelled);
        }
        let engine =
            self.engines.get(&found.run.engine).ok_or_else(|| format!("the engine '{}' is gone", found.run.engine))?;
        self.still_holds(engine).await?;
        found.learned = self.learned(&found).await;
        let kept = self.desk_kept(&found, engine).await?;
        if matches!(kept, Kept::In) {
            self.furnish_home(found.project.id, run, Whose::Desk).await?;
        }
        let way = self.way(engine, run, &kept);
        let mut setting = self.setting(engine, run, found.checkout())?;
        setting.base_url = way.base_url();
        setting.inside = matches!(kept, Kept::In);
        if engine.reader.is_some() {
            self.take_up_conversation(engine, run, &mut setting).await;
        }
        if found.task.is_none()
            && engine.task.prompt == Prompt::Argument
            && engine.input.as_ref().is_some_and(takes)
            && !setting.resume
        {
            setting.opening = self.mail_at_opening(run).await?;
        }
        let plan = engine.plan_in(&found, &setting).map_err(|error| error.to_string())?;
        let mut plan = engine.elsewhere(plan, found.checkout()).map_err(|error| error.to_string())?;
        // Found by its file's word and not on the path, say.
        if let (Some(first), Some(place)) = (plan.argv.first_mut(), place_of(engine))
            && Some(first.as_str()) == engine.program_here()
        {
            *first = place.display().to_string();
        }
        self.furnish(engine, run, &plan)?;
        if let Delivery::Paste { text, .. } = &plan.prompt {
            self.keep_to_give(run, text)?;
        }
        self.tell_meter(run, &way)?;
        self.tell_budgets().await?;
        let token = self.ids.token();
        let home = self.own_home(run)?;
        let mut env = vec![
            ("TERM".to_owned(), "xterm-256color".to_owned()),
            ("OFFICE_TOKEN".to_owned(), token.clone()),
            ("OFFICE_DESK".to_owned(), found.desk.name.clone()),
            ("OFFICE_PORT_BASE".to_owned(), found.port_base.to_string()),
        ];
        if let Some(task) = &found.task {
            env.push(("OFFICE_TASK".to_owned(), task.id.to_string()));
        }
        for name in &engine.environment {
            env.extend(std::env::var(name).ok().map(|value| (name.clone(), value)));
        }
        // What its file sets wins over what the owner happens to have set.
        env.retain(|(name, _)| !plan.env.iter().any(|(set, _)| set == name));
        env.extend(plan.env.iter().cloned());
        let mut spec = match &kept {
            Kept::In => {
                let place = self.home(&found.project).await?;
                let checkout = Path::new(found.checkout());
                let desk = Desk { run, project: &found.project, home: &place, engine, plan: &plan, checkout };
                let policy = self.desk_policy(&desk)?;
                self.open_side_door(run).await?;
                env.extend(Self::inside_variables(&home, &policy));
                self.sandboxed(&policy, &plan.argv)?
            }
            Kept::Out(_) => SpawnSpec::new(&plan.argv, found.checkout()),
        };
        spec.argv = way.words(&self.dir.run(run), spec.argv);
        if let Some(task) = &found.task {
            let soft = !matches!(kept, Kept::In);
            self.lay_tripwire(run, task.id, &*self.home(&found.project).await?, soft).await?;
        }
        let enforcement = Enforcement { metering: Some(way.metering()), ..kept.enforcement(engine.gate.hard) };
        lock(&self.enforcements).insert(run, enforcement.clone());
        spec.label = run.to_string();
        spec.env = self.scrubbed(&home, &env);
        spec.size = TermSize { cols: 120, rows: 40 };
        spec.secrets = vec![token.clone()];
        // Some programs show where their calls go.
        spec.secrets.extend(way.secret().map(str::to_owned));
        let mut recording = RecordingSpec::new(self.dir.recording(run));
        recording.started_unix = u64::try_from(self.clock.now().millis() / 1000).ok();
        recording.title = found.task.as_ref().map(|task| format!("#{} {}", task.id, task.title));
        let spec = spec.marker("OFFICE_RUN", self.marker(run)).record(recording);

        self.admit(run, &token)?;
        self.store.mark_running(&[id]).await.map_err(|error| error.to_string())?;
        fault::point("before a start");
        let (told, spawned) = tokio::sync::oneshot::channel();
        let (world, key) = (self.clone(), key_of(&found.run));
        // In a task of its own: one that was begun is seen to its end, whatever becomes of this effect.
        self.start(async move {
            let _ = told.send(world.spawn(run, &key, spec, enforcement).await);
        });
        let outcome = spawned.await.map_err(|_| "the office is closing".to_owned())?;
        fault::point("after a start");
        outcome
    }

    /// Whether a desk is kept in a sandbox. One that works in the owner's own work tree is looked at by its owner.
    async fn desk_kept(&self, found: &Briefing, engine: &EngineSpec) -> Result<Kept, String> {
        if found.run.workplace.as_ref().is_none_or(|place| place.branch.is_empty()) {
            return Ok(Kept::Out("it was opened in your own work tree".to_owned()));
        }
        if let Some(tool) = &engine.wrapper {
            return Ok(Kept::Out(format!("it runs elsewhere: {}", tool.title)));
        }
        self.kept(&found.project).await
    }

    async fn spawn(
        self: &Arc<Self>,
        run: RunId,
        key: &str,
        spec: SpawnSpec,
        enforcement: Enforcement,
    ) -> Result<Outcome, String> {
        let _spawning = self.spawning.read().await;
        if self.closing.is_cancelled() {
            return Err("the office is closing".to_owned());
        }
        let (live, fresh) = self.holder.open().await?;
        if let (true, Live::Detached(host)) = (fresh, &live) {
            let (world, host) = (self.clone(), host.clone());
            self.start(async move { world.guard(host).await });
        }
        let spawned = match live.spawn(key, spec).await {
            Ok(spawned) => spawned,
            // It may have been started there.
            Err(PtyError::HostGone { reason }) => {
                tracing::warn!(%run, reason, "the host went away while a program was started");
                return Ok(Outcome::Lost);
            }
            Err(error) => return Err(error.to_string()),
        };
        let pid = spawned.process.pid.unsigned_abs();
        let seat = Seat { live, session: spawned.id, pid };
        lock(&self.seats).insert(run, seat.clone());
        let world = self.clone();
        self.start(async move { world.watch(run, seat, None).await });
        self.listen(run);
        Ok(Outcome::Launched { pid, enforcement: Some(enforcement) })
    }

    /// What processes of a run carry in their environment: unique to this office and run.
    pub(crate) fn marker(&self, run: RunId) -> String {
        format!("{}#{run}", self.dir.root().display())
    }

    /// Waits for the program's own end and reports it, once its start is known. Where its end came before this runtime,
    /// `ended` says when.
    pub(crate) async fn watch(self: Arc<Self>, run: RunId, seat: Seat, ended: Option<At>) {
        let host = seat.host();
        let exit = tokio::select! {
            () = self.closing.cancelled() => return,
            never = self.silence(run, &seat) => match never {},
            exit = host.exited(seat.session) => exit,
        };
        // A host that is gone: `guard` says what that means.
        let Ok(exit) = exit else { return };
        let known = self.handle.wait_until(move |office| {
            let state = office.runs.get(&run).map(|it| it.state);
            (!matches!(state, Some(RunState::Preparing | RunState::Launching))).then_some(state)
        });
        // Whoever asked one to end reports it.
        if matches!(known.await, Ok(Some(RunState::Live))) {
            let gate = self.run_lock(run);
            let _gate = gate.lock().await;
            if !self.clear_up(run, &seat).await {
                // The host died before the last byte was kept. What it wrote down counts, and `guard` reads that.
                return;
            }
            self.report_over(run, exit_of(exit.status), ended).await;
            fault::point("a run's end told");
        }
        let over = self.handle.wait_until(move |office| {
            let open = office.runs.get(&run).is_some_and(office_core::run::Run::is_open);
            (!open).then_some(())
        });
        if over.await.is_ok() && !self.closing.is_cancelled() {
            // Only now: until the end is written down, the host is the one that knows it.
            let _ = host.forget(seat.session).await;
            self.forget_run(run);
        }
    }

    /// Never comes back; asks that a run end whose one-shot program has said nothing for too long
    /// (its ssh waits for a line that is dead, say). A program that talks with people may be silent for as long as it likes.
    async fn silence(&self, run: RunId, seat: &Seat) -> std::convert::Infallible {
        let found = self.read(move |office| office.runs.get(&run).map(|it| (it.engine.clone(), it.task))).await;
        let one_shot = |engine| self.engines.get(engine).is_some_and(|spec: &office_engines::EngineSpec| spec.one_shot);
        let Ok((engine, Some(_))) = found else { return std::future::pending().await };
        let Some(limit) = inactivity().filter(|_| one_shot(&engine)) else { return std::future::pending().await };
        loop {
            let Ok(info) = seat.host().session(seat.session).await else { return std::future::pending().await };
            if info.quiet >= limit && info.exit.is_none() {
                tracing::info!(%run, quiet = info.quiet.as_secs(), "a program prints nothing any more and is ended");
                // The end itself is an effect of that, with all its care.
                let report = CommandBody::Effect(EffectCommand::RunSilent { run });
                let _ = self.handle.report(report).await;
                return std::future::pending().await;
            }
            // Looked at now and then: the host's clock stands while the machine sleeps, and so does what it measures.
            tokio::time::sleep(limit.saturating_sub(info.quiet).clamp(SHORTEST_LOOK, LONGEST_LOOK)).await;
        }
    }

    /// Ends what a program left behind. Its last byte is recorded before; false if the host died over it.
    async fn clear_up(&self, run: RunId, seat: &Seat) -> bool {
        let host = seat.host();
        let trailing = tokio::time::timeout(TRAILING, host.output_ended(seat.session)).await;
        if trailing.is_err() {
            tracing::info!(%run, "something still holds the terminal after the program ended; it is ended");
        }
        match host.terminate(seat.session, GRACE).await {
            Ok(ended) if !ended.survivors.is_empty() => tracing::error!(%run, ?ended, "processes survive SIGKILL"),
            Ok(_) => {}
            Err(error) => tracing::warn!(%run, %error, "its terminal could not be cleared"),
        }
        // Bounded by `terminate`; makes the recording whole before anyone reads it.
        let ended = tokio::time::timeout(TRAILING, host.output_ended(seat.session)).await;
        !matches!(ended, Ok(Err(PtyError::HostGone { .. })))
    }

    pub(crate) async fn end(self: &Arc<Self>, run: RunId) -> Outcome {
        let facts = self.read(move |office| office.runs.get(&run).map(|it| (it.stop, it.task))).await;
        let (why, task) = facts.unwrap_or((None, None));
        if why != Some(StopWhy::Finished)
            && let Some(task) = task
        {
            self.halt(task);
        }
        let gate = self.run_lock(run);
        let _gate = gate.lock().await;
        let Some(seat) = self.seat(run) else {
            self.forget_run(run);
            let started = self.read(move |office| office.runs.get(&run)?.launched).await.is_ok();
            let exit =
                if started { Exit::Lost } else { Exit::NotStarted { why: "called off before it started".to_owned() } };
            return Outcome::Ended { exit };
        };
        let host = seat.host();
        if why == Some(StopWhy::Finished) {
            // The agent may still be reading the answer to its "done".
            let _ = tokio::time::timeout(FINISHING, host.exited(seat.session)).await;
        } else if let Err(error) = host.terminate(seat.session, GRACE).await {
            tracing::warn!(%run, %error, "its processes could not be ended");
        }
        let exit = match host.session(seat.session).await {
            Ok(info) if info.exit.is_none() => {
                let _ = host.terminate(seat.session, GRACE).await;
                host.session(seat.session).await.ok().and_then(|info| info.exit)
            }
            Ok(info) => info.exit,
            Err(_) => None,
        };
        self.clear_up(run, &seat).await;
        if let (None, Live::Detached(dead)) = (&exit, &seat.live)
            && dead.is_gone()
        {
            // What it left is gone when this comes back.
            self.holder.bury(dead).await;
            self.forget_run(run);
        }
        Outcome::Ended { exit: exit.map_or(Exit::Lost, |exit| exit_of(exit.status)) }
    }
}

/// After so long without output a one-shot program is taken to hang; `OFFICE_INACTIVITY_SECS` says otherwise, 0 never.
fn inactivity() -> Option<Duration> {
    let said = std::env::var("OFFICE_INACTIVITY_SECS").ok().and_then(|text| text.trim().parse::<u64>().ok());
    let secs = said.unwrap_or(600);
    (secs > 0).then(|| Duration::from_secs(secs))
}

pub(crate) fn exit_of(status: ExitStatus) -> Exit {
    match status {
        ExitStatus::Code(code) => Exit::Code { code },
        ExitStatus::Signal(signal) => Exit::Signal { signal },
        ExitStatus::Unknown => Exit::Lost,
    }
}
