//! When a run's folders are looked at again: after something in them changed, never on and on. What is looked at, and what is too
//! much, is not here.

use std::time::Duration;

use office_core::RunId;
use office_core::run::Run;

use crate::watched::Bell;
use crate::world::World;

/// Between two looks, at least.
const BREATH: Duration = Duration::from_secs(2);

impl World {
    /// Waits for the next look at what an open run changes: for a breath, `breath` where that is longer, and then until a bell rings
    /// or, at the `latest`, for so long. False once the run is over or the office closes.
    pub(crate) async fn next_look(
        &self,
        run: RunId,
        bells: &[&Bell],
        breath: Duration,
        latest: Option<Duration>,
    ) -> bool {
        let rung = async {
            match bells {
                [] => std::future::pending().await,
                bells => futures_util::future::select_all(bells.iter().map(|bell| Box::pin(bell.rung()))).await,
            };
        };
        let at_latest = async {
            match latest {
                None => std::future::pending().await,
                Some(latest) => tokio::time::sleep(latest).await,
            }
        };
        let next = async {
            tokio::time::sleep(BREATH.max(breath)).await;
            tokio::select! {
                () = rung => {}
                () = at_latest => {}
            }
        };
        let is_over = self.handle.wait_until(move |office| {
            let open = office.runs.get(&run).is_some_and(Run::is_open);
            (!open).then_some(())
        });
        tokio::select! {
            () = self.closing.cancelled() => false,
            _ = is_over => false,
            () = next => true,
        }
    }
}
