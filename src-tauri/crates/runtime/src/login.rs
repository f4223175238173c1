//! Whether engines are logged in, at this moment: what lies on this machine, and what their providers said to the last run. How a
//! login is read is in `engines::login`; how one is lent to a desk in `effects/agent.rs`.

use std::os::unix::fs::MetadataExt;

use office_core::role::{Engine, Login};
use office_core::seen::Seen;
use office_core::{At, DeskState, EngineName, Office};
use office_engines::EngineSpec;

use crate::catalog::login_of;
use crate::effects::agent::owners;
use crate::world::World;

impl World {
    /// An engine with its login as it is now.
    pub(crate) async fn with_login(&self, mut engine: Engine) -> Engine {
        let Some(spec) = self.engines.get(&engine.name).filter(|spec| spec.login.is_some()) else { return engine };
        (engine.login, engine.login_note) = login_of(spec, self.clock.now());
        let name = engine.name.clone();
        let refused = self.handle.read(move |office| refused(office, &name)).await.ok().flatten();
        if let Some(seen) = refused.filter(|seen| engine.login == Login::Found && !renewed_since(spec, seen.since)) {
            engine.login = Login::Refused;
            engine.login_note = Some(format!("its provider refused it at {} ({})", seen.since, seen.evidence));
        }
        let hint = spec.login.as_ref().filter(|_| spec.wrapper.is_none() && !engine.login.may_work());
        engine.login_hint = hint.map(|login| login.hint.clone());
        engine
    }

    /// What is seen of a run that wants a login, with what to do about it.
    pub(crate) fn with_way_out(spec: &EngineSpec, seen: Option<Seen>) -> Option<Seen> {
        let mut seen = seen?;
        if let (DeskState::LoginNeeded, Some(login)) = (seen.state, &spec.login) {
            seen.evidence = format!("{}; {}, then go on with the task", seen.evidence, login.hint);
        }
        Some(seen)
    }
}

/// What the last run of an engine that said anything wants, where that is a login.
fn refused(office: &Office, engine: &EngineName) -> Option<Seen> {
    let heard = office.runs.values().filter(|run| run.engine == *engine).filter_map(|run| run.seen.as_ref());
    heard.max_by_key(|seen| seen.since).filter(|seen| seen.state == DeskState::LoginNeeded).cloned()
}

/// Whether its file was written since: somebody may have logged in again.
fn renewed_since(spec: &EngineSpec, since: At) -> bool {
    let lent = spec.login.as_ref().and_then(|login| owners(&login.lend.as_ref()?.from));
    let written = lent.and_then(|file| std::fs::metadata(file).ok());
    written.is_some_and(|facts| facts.mtime().saturating_mul(1000) > since.millis())
}
