//! Sees that every effect is done: each in a task of its own, answered with one outcome. At start-up, what the last
//! runtime left pending is settled first; what can be done twice without harm is done again, the rest is said to be lost.

use std::sync::Arc;

use office_core::effect::EffectCommand;
use office_core::{CommandBody, Effect, EffectId, Outcome};
use office_store::{PendingEffect, Status};
use tokio::sync::{Semaphore, mpsc};

use crate::fault;
use crate::world::World;

/// Effects that run programs (set-up, checks, tries) at once.
const HEAVY: usize = 4;

/// Takes up what is `left` from before, then does effects until the sender is gone or the office closes.
pub(crate) async fn perform(
    world: Arc<World>,
    left: Vec<PendingEffect>,
    mut effects: mpsc::UnboundedReceiver<(EffectId, Effect)>,
) {
    let heavy = Arc::new(Semaphore::new(HEAVY));
    for PendingEffect { id, effect, status } in left {
        begin(&world, &heavy, id, effect, status);
    }
    loop {
        let (id, effect) = tokio::select! {
            () = world.closing.cancelled() => return,
            next = effects.recv() => match next { Some(next) => next, None => return },
        };
        begin(&world, &heavy, id, effect, Status::Pending);
    }
}

fn begin(world: &Arc<World>, heavy: &Arc<Semaphore>, id: EffectId, effect: Effect, status: Status) {
    let (inner, heavy) = (world.clone(), heavy.clone());
    world.start(async move {
        let world = inner;
        let _permit = match effect {
            Effect::Check { .. } | Effect::CheckResult { .. } | Effect::TryProject { .. } | Effect::Prepare { .. } => {
                heavy.acquire_owned().await.ok()
            }
            _ => None,
        };
        fault::point("before an effect");
        let outcome = tokio::select! {
            () = world.closing.cancelled() => return,
            outcome = carry_out(&world, id, &effect, status) => outcome,
        };
        if let Outcome::Failed { why } = &outcome {
            tracing::info!(%id, ?effect, why, "an effect failed");
        }
        fault::point("after an effect");
        let command = EffectCommand::End { effect: id, outcome: Box::new(outcome) };
        // A full disk passes; the outcome must not be lost meanwhile.
        while let Err(refusal) = world.handle.report(CommandBody::Effect(command.clone())).await {
            if refusal.code != office_core::Code::Trouble || world.closing.is_cancelled() {
                tracing::warn!(%id, %refusal, "an outcome was not taken");
                return;
            }
            tokio::time::sleep(std::time::Duration::from_secs(1)).await;
        }
        fault::point("an effect told");
    });
}

async fn carry_out(world: &Arc<World>, id: EffectId, effect: &Effect, status: Status) -> Outcome {
    let failed = |why: String| Outcome::Failed { why };
    match effect {
        Effect::Prepare { run } => world.prepare(*run).await.unwrap_or_else(failed),
        // A program that was perhaps started before must not be started again.
        Effect::Launch { run } if status == Status::Running => world.launch_again(id, *run).await,
        Effect::Launch { run } => world.launch(id, *run).await.unwrap_or_else(failed),
        Effect::End { run } => world.end(*run).await,
        Effect::Halt { task } => {
            world.halt(*task);
            Outcome::Done
        }
        Effect::Collect { task, run, keep } => world.collect(*task, *run, *keep).await.unwrap_or_else(failed),
        Effect::Check { task, run } => world.check(*task, *run).await.unwrap_or_else(failed),
        Effect::Merge { task } => world.merge(*task).await.unwrap_or_else(failed),
        Effect::CheckResult { task } => world.check_result(*task).await.unwrap_or_else(failed),
        Effect::Reclaim { task } => world.reclaim(*task).await.unwrap_or_else(failed),
        Effect::Tidy { run, given_up } => world.tidy(*run, *given_up).await.unwrap_or_else(failed),
        Effect::Discard { runs } => world.discard(runs.clone()).await.unwrap_or_else(failed),
        // What was perhaps begun before must not be begun again.
        Effect::Act { .. } if status == Status::Running => Outcome::Lost,
        Effect::Act { approval } => world.act(id, *approval).await.unwrap_or_else(failed),
        Effect::TryProject { project } => world.try_project(*project).await.unwrap_or_else(failed),
    }
}
