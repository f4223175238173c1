//! An office that runs within the test: the real loop, store, git and door, with a clock that is turned and a host without processes.

use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;

use office_core::Refusal;
use office_runtime::{Ports, Programs, RunOptions};

use crate::clock::{CountingIds, FakeClock};
use crate::fake_host::FakeHost;

/// One that runs, until it is asked to end.
pub struct Within {
    /// Its time.
    pub clock: Arc<FakeClock>,
    /// Its programs.
    pub host: Arc<FakeHost>,
    /// How it ended, once it has.
    pub runtime: JoinHandle<Result<(), Refusal>>,
}

impl Within {
    /// Runs the office in `dir`, in which it is `at` that time; its door is open when this returns. `bus` is where the owner's desktop
    /// listens, if there is one.
    pub fn run(dir: &Path, at: &str, bus: Option<String>) -> Self {
        let (clock, host) = (Arc::new(FakeClock::at(at)), Arc::new(FakeHost::default()));
        let (ready, is_ready) = std::sync::mpsc::channel();
        let ports = Ports {
            clock: clock.clone(),
            ids: Arc::new(CountingIds::default()),
            programs: Programs::Within { host: host.clone(), why: None },
            bus,
        };
        let dir = dir.to_owned();
        let runtime = std::thread::spawn(move || {
            let ready = move || ready.send(()).expect("the test waits");
            let own = tokio::runtime::Runtime::new().expect("a runtime");
            own.block_on(office_runtime::run_on(&dir, ports, RunOptions::default(), ready, std::future::pending()))
        });
        is_ready.recv().expect("the runtime starts");
        Self { clock, host, runtime }
    }
}
