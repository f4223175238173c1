//! The thread that encodes and writes a session's recording, beside the one that reads, so that a program can print
//! while what it printed before is compressed. The queue between them is short: a slow disk slows the program.

use std::io;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, mpsc};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use tokio::sync::oneshot;

use crate::host::ExitStatus;
use crate::record::Recorder;
use crate::session::{Session, locked};
use crate::spec::TermSize;

/// Chunks that may wait to be encoded before the reader waits.
const QUEUE: usize = 2;

enum Work {
    Output(Vec<u8>, usize, Duration),
    Resize(TermSize, Duration),
    Flush(oneshot::Sender<()>),
    EndOfOutput(Duration, mpsc::Sender<()>),
    Finish(Option<ExitStatus>, Duration),
}

/// The reader's end.
pub(crate) struct Scribe {
    work: SyncSender<Work>,
    spare: Receiver<Vec<u8>>,
    thread: JoinHandle<()>,
}

impl Scribe {
    /// Starts the thread.
    pub(crate) fn start(recorder: Recorder, session: Arc<Session>, builder: Builder) -> io::Result<Self> {
        let (work, todo) = sync_channel(QUEUE);
        let (done, spare) = mpsc::channel();
        let thread = builder.spawn(move || run(recorder, &session, &todo, &done))?;
        Ok(Self { work, spare, thread })
    }

    // A failed send means that the thread is gone, which happens only when it panicked; the session goes on.

    /// Hands over `chunk[..len]` and puts an empty buffer of the same size in its place. Waits if the disk is slow.
    pub(crate) fn output(&self, chunk: &mut Vec<u8>, len: usize, at: Duration) {
        let empty = self.spare.try_recv().unwrap_or_else(|_| vec![0; chunk.len()]);
        let full = std::mem::replace(chunk, empty);
        let _ = self.work.send(Work::Output(full, len, at));
    }

    /// Notes a resize.
    pub(crate) fn resize(&self, size: TermSize, at: Duration) {
        let _ = self.work.send(Work::Resize(size, at));
    }

    /// Brings the file up to date, then answers.
    pub(crate) fn flush(&self, done: oneshot::Sender<()>) {
        let _ = self.work.send(Work::Flush(done));
    }

    /// Waits until all output is in the file.
    pub(crate) fn end_of_output(&self, at: Duration) {
        let (done, wait) = mpsc::channel();
        if self.work.send(Work::EndOfOutput(at, done)).is_ok() {
            let _ = wait.recv();
        }
    }

    /// Closes the file and ends the thread.
    pub(crate) fn finish(self, exit: Option<ExitStatus>, at: Duration) {
        let _ = self.work.send(Work::Finish(exit, at));
        drop(self.work);
        let _ = self.thread.join();
    }
}

fn run(mut recorder: Recorder, session: &Session, todo: &Receiver<Work>, spare: &mpsc::Sender<Vec<u8>>) {
    loop {
        let next = match recorder.deadline() {
            Some(due) => todo.recv_timeout(due.saturating_sub(session.now())),
            None => todo.recv().map_err(|_| RecvTimeoutError::Disconnected),
        };
        match next {
            Ok(Work::Output(chunk, len, at)) => {
                recorder.output(&chunk[..len], at);
                let _ = spare.send(chunk);
            }
            Ok(Work::Resize(size, at)) => recorder.resize(size, at),
            Ok(Work::Flush(done)) => {
                recorder.flush();
                let _ = done.send(());
            }
            Ok(Work::EndOfOutput(at, done)) => {
                recorder.end_of_output(at);
                recorder.flush();
                show(&recorder, session);
                let _ = done.send(());
            }
            Ok(Work::Finish(exit, at)) => {
                if let Some(exit) = exit {
                    recorder.exit(exit, at);
                }
                recorder.finish(at);
                show(&recorder, session);
                return;
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => {
                recorder.finish(session.now());
                return;
            }
        }
        recorder.tick(session.now());
        show(&recorder, session);
    }
}

fn show(recorder: &Recorder, session: &Session) {
    let mut shown = locked(&session.recording);
    if *shown != *recorder.state() {
        *shown = recorder.state().clone();
    }
}
