//! Starts a run's engine in a terminal of its own, watches for its end, and ends it with everything it started.

use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use office_core::effect::EffectCommand;
use office_core::run::{Exit, RunState, StopWhy};
use office_core::task::life::checks_of;
use office_core::{CommandBody, EffectId, Outcome, RunId};
use office_engines::Briefing;
use office_pty::{ExitStatus, RecordingSpec, SessionId, SpawnSpec, TermSize};

use crate::fault;
use crate::world::{Seat, World, hash, lock};

/// The first port of the first desk; each desk has 20.
const FIRST_PORT: u32 = 42_000;
/// Between being asked politely and being killed.
const GRACE: Duration = Duration::from_secs(2);
/// An agent whose work is accepted may finish its sentence for so long.
const FINISHING: Duration = Duration::from_secs(3);
/// The output of a program that has ended may trail for so long.
const TRAILING: Duration = Duration::from_secs(2);

impl World {
    pub(crate) async fn launch(self: &Arc<Self>, id: EffectId, run: RunId) -> Result<Outcome, String> {
        let gate = self.run_lock(run);
        let _gate = gate.lock().await;
        let shell =
            std::env::var("SHELL").ok().filter(|shell| !shell.is_empty()).unwrap_or_else(|| "/bin/sh".to_owned());
        let found = self
            .read(move |office| {
                let it = office.runs.get(&run)?.clone();
                let desk = office.desks.get(&it.desk)?.clone();
                let task = it.task.and_then(|task| office.tasks.get(&task)).cloned();
                Some(Briefing {
                    role: office.roles.get(&desk.role).cloned(),
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
                })
            })
            .await?;
        if found.run.state != RunState::Launching {
            return Ok(Outcome::Cancelled);
        }
        let engine =
            self.engines.get(&found.run.engine).ok_or_else(|| format!("the engine '{}' is gone", found.run.engine))?;
        let run_dir = self.dir.run(run);
        let plan = engine.plan(&found, &run_dir.display().to_string()).map_err(|error| error.to_string())?;
        private_dir(&run_dir)?;
        for (name, content) in &plan.files {
            private_file(&run_dir.join(name), content.as_bytes())?;
        }
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
        let mut spec = SpawnSpec::new(&plan.argv, found.checkout());
        spec.label = run.to_string();
        spec.env = self.scrubbed(&home, &env);
        spec.size = TermSize { cols: 120, rows: 40 };
        spec.secrets = vec![token.clone()];
        let mut recording = RecordingSpec::new(self.dir.recording(run));
        recording.started_unix = u64::try_from(self.clock.now().millis() / 1000).ok();
        recording.title = found.task.as_ref().map(|task| format!("#{} {}", task.id, task.title));
        let spec = spec.marker("OFFICE_RUN", self.marker(run)).record(recording);

        self.store.mark_running(&[id]).await.map_err(|error| error.to_string())?;
        fault::point("before a start");
        // The token is valid before the program can use it.
        let spawned = self.host.spawn(spec).await.map_err(|error| error.to_string())?;
        fault::point("after a start");
        lock(&self.seats).insert(run, Seat { session: spawned.id, token_hash: hash(&token) });
        let world = self.clone();
        self.start(async move { world.watch(run, spawned.id).await });
        Ok(Outcome::Launched { pid: spawned.process.pid.unsigned_abs() })
    }

    /// What processes of a run carry in their environment: unique to this office and run.
    pub(crate) fn marker(&self, run: RunId) -> String {
        format!("{}#{run}", self.dir.root().display())
    }

    /// Waits for the program's own end and reports it, once its start is known.
    async fn watch(self: Arc<Self>, run: RunId, session: SessionId) {
        let exit = tokio::select! {
            () = self.closing.cancelled() => return,
            exit = self.host.exited(session) => exit,
        };
        let Ok(exit) = exit else { return };
        let known = self.handle.wait_until(move |office| {
            let state = office.runs.get(&run).map(|it| it.state);
            (!matches!(state, Some(RunState::Preparing | RunState::Launching))).then_some(state)
        });
        if !matches!(known.await, Ok(Some(RunState::Live))) {
            return; // whoever asked it to end reports it
        }
        let gate = self.run_lock(run);
        let _gate = gate.lock().await;
        self.clear_up(run, session).await;
        let report = EffectCommand::RunOver { run, exit: exit_of(exit.status) };
        while let Err(refusal) = self.handle.report(CommandBody::Effect(report.clone())).await {
            if refusal.code != office_core::Code::Trouble || self.closing.is_cancelled() {
                return;
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        fault::point("a run's end told");
    }

    /// Ends what a program left behind and lets its terminal go. Its last byte is recorded before.
    async fn clear_up(&self, run: RunId, session: SessionId) {
        let trailing = tokio::time::timeout(TRAILING, self.host.output_ended(session)).await;
        if trailing.is_err() {
            tracing::info!(%run, "something still holds the terminal after the program ended; it is ended");
        }
        match self.host.terminate(session, GRACE).await {
            Ok(ended) if !ended.survivors.is_empty() => tracing::error!(%run, ?ended, "processes survive SIGKILL"),
            Ok(_) => {}
            Err(error) => tracing::warn!(%run, %error, "its terminal could not be cleared"),
        }
        // Bounded by `terminate`; makes the recording whole before anyone reads it.
        let _ = tokio::time::timeout(TRAILING, self.host.output_ended(session)).await;
        let _ = self.host.forget(session).await;
        self.forget_run(run);
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
        if why == Some(StopWhy::Finished) {
            // The agent may still be reading the answer to its "done".
            let _ = tokio::time::timeout(FINISHING, self.host.exited(seat.session)).await;
        } else if let Err(error) = self.host.terminate(seat.session, GRACE).await {
            tracing::warn!(%run, %error, "its processes could not be ended");
        }
        let exit = match self.host.session(seat.session).await {
            Ok(info) if info.exit.is_none() => {
                let _ = self.host.terminate(seat.session, GRACE).await;
                self.host.session(seat.session).await.ok().and_then(|info| info.exit)
            }
            Ok(info) => info.exit,
            Err(_) => None,
        };
        self.clear_up(run, seat.session).await;
        Outcome::Ended { exit: exit.map_or(Exit::Lost, |exit| exit_of(exit.status)) }
    }
}

fn exit_of(status: ExitStatus) -> Exit {
    match status {
        ExitStatus::Code(code) => Exit::Code { code },
        ExitStatus::Signal(signal) => Exit::Signal { signal },
        ExitStatus::Unknown => Exit::Lost,
    }
}

fn private_dir(path: &Path) -> Result<(), String> {
    let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path);
    made.map_err(|error| format!("{}: {error}", path.display()))
}

fn private_file(path: &Path, content: &[u8]) -> Result<(), String> {
    use std::io::Write;
    let file = std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path);
    file.and_then(|mut file| file.write_all(content)).map_err(|error| format!("{}: {error}", path.display()))
}
