//! A desk's own door: a socket in a folder that only this desk is shown. Whoever comes in by it is that desk's agent or nobody.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use office_core::RunId;
use office_door::SideDoor;
use tokio_util::sync::CancellationToken;

use super::gate::{Gate, Reach};
use super::{policy, users};
use crate::paths::private_dir;
use crate::world::{World, lock};

impl World {
    /// The folder of a run's own door.
    pub(crate) fn side_door(&self, run: RunId) -> PathBuf {
        self.dir.run(run).join("door")
    }

    /// Opens a run's own door and its way outside, until the run is over. Opening it again closes the one before.
    pub(crate) async fn open_side_door(self: &Arc<Self>, run: RunId) -> Result<(), String> {
        let dir = self.side_door(run);
        private_dir(&dir)?;
        let text = |error: std::io::Error| format!("{}: {error}", dir.display());
        let door = SideDoor::open(&dir.join("door.sock"), users()).map_err(text)?;
        let reach = self.reach_of(run).await?;
        let gate = Gate::open(&dir, reach).map_err(text)?;
        let over = CancellationToken::new();
        if let Some(before) = lock(&self.side_doors).insert(run, over.clone()) {
            before.cancel();
        }
        let (world, ends) = (self.clone(), over.clone());
        self.start(async move {
            let inner = world.clone();
            tokio::select! {
                () = world.closing.cancelled() => {}
                () = ends.cancelled() => {}
                () = crate::listen::at_side_door(&inner, door, run) => {}
            }
        });
        self.keep_gate(gate, over);
        Ok(())
    }

    /// Lets through what may go, until `over`.
    fn keep_gate(&self, gate: Gate, over: CancellationToken) {
        let (tracker, closing) = (self.tracker.clone(), self.closing.clone());
        let each = {
            let (tracker, closing, over) = (tracker.clone(), closing.clone(), over.clone());
            move |connection| {
                let (closing, over) = (closing.clone(), over.clone());
                tracker.spawn(async move {
                    tokio::select! {
                        () = closing.cancelled() => {}
                        () = over.cancelled() => {}
                        () = connection => {}
                    }
                });
            }
        };
        tracker.spawn(async move {
            tokio::select! {
                () = closing.cancelled() => {}
                () = over.cancelled() => {}
                () = gate.keep(each) => {}
            }
        });
    }

    /// Opens the doors of runs that went on without a runtime.
    pub(crate) async fn open_side_doors(self: &Arc<Self>, alive: &[RunId]) {
        for run in alive {
            if self.side_door(*run).is_dir()
                && let Err(error) = self.open_side_door(*run).await
            {
                tracing::error!(%run, error, "a desk's own door could not be opened again");
            }
        }
    }

    async fn reach_of(&self, run: RunId) -> Result<Reach, String> {
        let found = self.read(move |office| {
            let it = office.runs.get(&run)?;
            Some((it.engine.clone(), office.projects.get(&it.project)?.sandbox.reach.clone()))
        });
        let (engine, mut hosts) = found.await?;
        let spec = self.engines.get(&engine);
        hosts.extend(spec.iter().flat_map(|spec| spec.reach.iter().cloned()));
        let mut ports = spec.map(policy::ports_of).unwrap_or_default();
        if let Some(config) = self.metered(run) {
            let (host, port) = crate::meter::place_of(&config);
            hosts.retain(|known| !known.eq_ignore_ascii_case(&host));
            ports.retain(|known| Some(*known) != port);
        }
        Ok(Reach::new(hosts, ports))
    }

    /// The way outside of one set-up or check; closed when what is given back is dropped.
    pub(crate) fn errand_door(&self, dir: &Path, hosts: Vec<String>, ports: Vec<u16>) -> Result<ErrandDoor, String> {
        private_dir(dir)?;
        let gate = Gate::open(dir, Reach::new(hosts, ports));
        let gate = gate.map_err(|error| format!("{}: {error}", dir.display()))?;
        let over = CancellationToken::new();
        self.keep_gate(gate, over.clone());
        Ok(ErrandDoor { over, dir: dir.to_owned() })
    }
}

/// Closes an errand's way outside when dropped.
pub(crate) struct ErrandDoor {
    over: CancellationToken,
    dir: PathBuf,
}

impl Drop for ErrandDoor {
    fn drop(&mut self) {
        self.over.cancel();
        // It holds a socket nobody listens at any more.
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}
