//! Takes on what went on without this runtime, and says what became of programs whose host is gone.
//! Only what the host and its journal say counts; nothing is guessed.

use std::sync::Arc;

use office_core::effect::EffectCommand;
use office_core::office::OfficeCommand;
use office_core::run::{Exit, Run, RunState};
use office_core::{At, CommandBody, Outcome, Refusal, RunId};
use office_pty::detached::{Past, RemoteHost};
use office_pty::{ExitStatus, PtyError, PtyHost, SessionId, SessionInfo};

use crate::effects::launch::GRACE;
use crate::holder::{Live, key_of};
use crate::world::{Seat, World, lock};

/// A session of the host as far as any version tells.
struct Found {
    info: SessionInfo,
    key: Option<String>,
    exited: Option<At>,
}

fn at(unix_ms: u64) -> Option<At> {
    i64::try_from(unix_ms).ok().map(At::from_millis)
}

impl World {
    /// At the start, before effects and callers: finds the host, takes its programs on, and learns of ends meanwhile.
    /// Gives back the runs that live on.
    pub(crate) async fn adopt(self: &Arc<Self>) -> Result<Vec<RunId>, Refusal> {
        let host = self.holder.find().await?;
        for past in self.holder.past() {
            self.told_by_the_past(&past).await;
        }
        let Some(host) = host else { return Ok(Vec::new()) };
        let found = found(&host).await.map_err(|error| {
            let way_out = "start again; docs/TROUBLESHOOTING.md says more of the host";
            Refusal::new(office_core::Code::Unavailable, format!("the host does not answer: {error}"), way_out)
        })?;
        let mut alive = Vec::new();
        for Found { info, key, exited } in found {
            let number = info.label.parse().ok();
            let run = match number {
                Some(number) => self.handle.read(move |office| office.runs.get(&number).cloned()).await?,
                None => None,
            };
            let ours = run.filter(|run| run.is_open() && key.is_none_or(|key| key == key_of(run)));
            let Some(run) = ours else {
                // Its run is over, or the office was set back to before it.
                let_go(&*host, info.id).await;
                continue;
            };
            let (live, id, pid) = (Live::Detached(host.clone()), run.id, info.process.pid.unsigned_abs());
            let seat = Seat { live, session: info.id, pid };
            lock(&self.seats).insert(id, seat.clone());
            lock(&self.tokens).insert(id, self.stored_tokens(id));
            alive.push(id);
            let world = self.clone();
            self.start(async move { world.watch(id, seat, exited).await });
            self.listen(id);
        }
        let world = self.clone();
        self.start(async move { world.guard(host).await });
        Ok(alive)
    }

    /// A run whose end a former host saw. A signal may have come from whatever ended that host as well.
    async fn told_by_the_past(&self, past: &Past) {
        let (Some(ExitStatus::Code(code)), Ok(number)) = (past.exit, past.label.parse()) else { return };
        let run = self.handle.read(move |office| office.runs.get(&number).cloned()).await;
        let live = |run: &Run| run.state == RunState::Live && key_of(run) == past.key;
        if let Ok(Some(run)) = run
            && live(&run)
        {
            let exit = Exit::Code { code };
            self.report_over(run.id, exit, past.exited_unix_ms.and_then(at)).await;
        }
    }

    /// Waits for the end of a host that ends before this runtime, sees that nothing of it is left, and says what is lost.
    pub(crate) async fn guard(self: Arc<Self>, host: Arc<RemoteHost>) {
        let why = tokio::select! {
            () = self.closing.cancelled() => return,
            why = host.gone() => why,
        };
        tracing::error!(why, "the host of the programs is gone");
        let past = self.holder.bury(&host).await;
        let why = format!("their host is gone: {why}; their checkouts are intact");
        // An event for people; what follows stands by itself.
        let _ = self.handle.report(CommandBody::Office(OfficeCommand::HostLost { why })).await;
        let seats: Vec<RunId> =
            lock(&self.seats).iter().filter(|(_, seat)| seat.live.is(&host)).map(|(run, _)| *run).collect();
        for id in seats {
            let known = self.handle.wait_until(move |office| {
                let run = office.runs.get(&id);
                let starting = matches!(run.map(|it| it.state), Some(RunState::Preparing | RunState::Launching));
                (!starting).then(|| run.cloned())
            });
            let Ok(Some(run)) = known.await else { continue };
            if run.state == RunState::Live {
                let gate = self.run_lock(id);
                let _gate = gate.lock().await;
                let key = key_of(&run);
                let seen = past.iter().find(|past| past.key == key);
                let (exit, ended) = match seen.map(|past| (past.exit, past.exited_unix_ms)) {
                    Some((Some(ExitStatus::Code(code)), ended)) => (Exit::Code { code }, ended.and_then(at)),
                    _ => (Exit::Lost, None),
                };
                self.report_over(id, exit, ended).await;
            }
            // One that is ending is reported by whoever ends it.
            if run.state != RunState::Ending {
                self.forget_run(id);
            }
        }
    }

    /// Reports a run's end until it is taken.
    pub(crate) async fn report_over(&self, run: RunId, exit: Exit, ended: Option<At>) {
        let report = EffectCommand::RunOver { run, exit, ended };
        while let Err(refusal) = self.handle.report(CommandBody::Effect(report.clone())).await {
            if refusal.code != office_core::Code::Trouble || self.closing.is_cancelled() {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_secs(1)).await;
        }
    }

    /// A start that was perhaps made before: it is if the host holds it; it is lost if one was begun by a host that is
    /// gone; else it never was, and is made now.
    pub(crate) async fn launch_again(self: &Arc<Self>, id: office_core::EffectId, run: RunId) -> Outcome {
        if let Some(seat) = self.seat(run) {
            return Outcome::Launched { pid: seat.pid, enforcement: self.enforcement_known(run) };
        }
        let key = self.read(move |office| office.runs.get(&run).map(key_of)).await;
        let Ok(key) = key else { return Outcome::Lost };
        if self.holder.was_lost(&key).await {
            return Outcome::Lost;
        }
        // In the living host one may be on its way still; under its key it is not made twice.
        self.launch(id, run).await.unwrap_or_else(|why| Outcome::Failed { why })
    }
}

async fn found(host: &RemoteHost) -> Result<Vec<Found>, PtyError> {
    if host.protocol() >= 2 {
        let held = host.held().await?;
        let found = held.into_iter().map(|held| Found {
            exited: held.exited_unix_ms.and_then(at),
            key: Some(held.key),
            info: held.info,
        });
        return Ok(found.collect());
    }
    let sessions = host.sessions().await?;
    Ok(sessions.into_iter().map(|info| Found { info, key: None, exited: None }).collect())
}

/// Ends a session that belongs to no open run, and lets it go.
async fn let_go(host: &dyn PtyHost, session: SessionId) {
    match host.terminate(session, GRACE).await {
        Ok(ended) if !ended.survivors.is_empty() => tracing::error!(?ended, "processes survive SIGKILL"),
        Ok(_) => {}
        Err(error) => tracing::warn!(%error, "a program of no open run could not be ended"),
    }
    let _ = tokio::time::timeout(GRACE, host.output_ended(session)).await;
    let _ = host.forget(session).await;
}
