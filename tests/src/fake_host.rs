//! A host of terminals without processes: a test says what each program prints and how it ends.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use async_trait::async_trait;
use office_pty::{
    Ended, Exit, ExitStatus, Means, OutputEnd, ProcessId, PtyError, PtyHost, ReadBack, RecordingState, SessionId,
    SessionInfo, Signal, SpawnSpec, Spawned, TermSize, View, ViewFrom,
};
use tokio::sync::watch;

struct Program {
    label: String,
    argv: Vec<String>,
    env: BTreeMap<String, String>,
    exit: watch::Sender<Option<ExitStatus>>,
}

/// Programs are started and end as the test says; nothing runs.
#[derive(Default)]
pub struct FakeHost(Mutex<BTreeMap<SessionId, Program>>);

impl FakeHost {
    /// Labels (run numbers) of programs that have not ended.
    pub fn running(&self) -> Vec<String> {
        self.programs().values().filter(|it| it.exit.borrow().is_none()).map(|it| it.label.clone()).collect()
    }

    /// How a program was started.
    pub fn argv(&self, label: &str) -> Option<Vec<String>> {
        self.programs().values().find(|it| it.label == label).map(|it| it.argv.clone())
    }

    /// A variable that a program was started with.
    pub fn env(&self, label: &str, name: &str) -> Option<String> {
        self.programs().values().find(|it| it.label == label).and_then(|it| it.env.get(name).cloned())
    }

    /// Lets the program of that label end.
    pub fn finish(&self, label: &str, status: ExitStatus) {
        for program in self.programs().values().filter(|it| it.label == label) {
            program.exit.send_replace(Some(status));
        }
    }

    fn programs(&self) -> std::sync::MutexGuard<'_, BTreeMap<SessionId, Program>> {
        self.0.lock().expect("no test panics inside")
    }

    fn exit_of(&self, id: SessionId) -> Result<watch::Receiver<Option<ExitStatus>>, PtyError> {
        self.programs().get(&id).map(|it| it.exit.subscribe()).ok_or(PtyError::NoSuchSession { id })
    }
}

fn exit(status: ExitStatus) -> Exit {
    Exit { status, after: Duration::ZERO }
}

#[async_trait]
impl PtyHost for FakeHost {
    async fn spawn(&self, spec: SpawnSpec) -> Result<Spawned, PtyError> {
        let mut programs = self.programs();
        let id = SessionId(programs.len() as u64 + 1);
        let argv = spec.argv.iter().map(|word| word.to_string_lossy().into_owned()).collect();
        let text = |word: std::ffi::OsString| word.to_string_lossy().into_owned();
        let env = spec.env.into_iter().map(|(name, value)| (text(name), text(value))).collect();
        programs.insert(id, Program { label: spec.label, argv, env, exit: watch::Sender::new(None) });
        Ok(Spawned { id, process: ProcessId { pid: i32::MAX, start: 0 } })
    }

    async fn attach(&self, id: SessionId, _from: ViewFrom) -> Result<Box<dyn View>, PtyError> {
        Err(PtyError::NoSuchSession { id })
    }

    async fn recorded(&self, _id: SessionId, offset: u64, _max: usize) -> Result<ReadBack, PtyError> {
        Ok(ReadBack { offset, bytes: Vec::new() })
    }

    async fn stderr_tail(&self, _id: SessionId) -> Result<Vec<u8>, PtyError> {
        Ok(Vec::new())
    }

    async fn write(&self, _id: SessionId, _bytes: Vec<u8>) -> Result<(), PtyError> {
        Ok(())
    }

    async fn close_input(&self, _id: SessionId) -> Result<(), PtyError> {
        Ok(())
    }

    async fn resize(&self, _id: SessionId, _size: TermSize) -> Result<(), PtyError> {
        Ok(())
    }

    async fn signal(&self, _id: SessionId, _signal: Signal) -> Result<(), PtyError> {
        Ok(())
    }

    async fn terminate(&self, id: SessionId, _grace: Duration) -> Result<Ended, PtyError> {
        let label = self.programs().get(&id).map(|it| (it.label.clone(), it.exit.borrow().is_none()));
        if let Some((label, true)) = label {
            self.finish(&label, ExitStatus::Signal(1));
        }
        Ok(Ended { took: Duration::ZERO, means: Means::Hangup, ended: 1, survivors: Vec::new() })
    }

    async fn exited(&self, id: SessionId) -> Result<Exit, PtyError> {
        let mut ended = self.exit_of(id)?;
        let status = *ended.wait_for(Option::is_some).await.map_err(|_| PtyError::NoSuchSession { id })?;
        status.map(exit).ok_or(PtyError::NoSuchSession { id })
    }

    async fn output_ended(&self, id: SessionId) -> Result<OutputEnd, PtyError> {
        self.exited(id).await?;
        Ok(OutputEnd { end: 0, after: Duration::ZERO, forced: false })
    }

    async fn session(&self, id: SessionId) -> Result<SessionInfo, PtyError> {
        let status = *self.exit_of(id)?.borrow();
        let label = self.programs().get(&id).map(|it| it.label.clone()).unwrap_or_default();
        Ok(SessionInfo {
            id,
            label,
            process: ProcessId { pid: i32::MAX, start: 0 },
            age: Duration::ZERO,
            quiet: Duration::ZERO,
            in_memory: 0..0,
            size: None,
            exit: status.map(exit),
            output_end: None,
            recording: RecordingState::Off,
        })
    }

    async fn sessions(&self) -> Result<Vec<SessionInfo>, PtyError> {
        let ids: Vec<SessionId> = self.programs().keys().copied().collect();
        let mut all = Vec::new();
        for id in ids {
            all.push(self.session(id).await?);
        }
        Ok(all)
    }

    async fn forget(&self, _id: SessionId) -> Result<(), PtyError> {
        Ok(())
    }
}
