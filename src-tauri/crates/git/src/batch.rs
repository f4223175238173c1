//! One long-lived `git cat-file` that answers many questions about objects. Deliberately not here: what the
//! answers mean.

use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::process::{ChildStdin, ChildStdout};

use crate::call::{Call, Git, Place, Running};
use crate::error::{GitError, Result};
use crate::name::Oid;

/// What kind of object and how large.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Info {
    pub kind: String,
    pub size: u64,
}

pub(crate) struct Batch {
    _running: Running,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    timeout: Duration,
}

impl Batch {
    pub fn start(git: &Git, place: Place) -> Result<Self> {
        let mut running = Call::new(git, "cat-file", place).arg("--batch-command").quiet().start_fed()?;
        let (Some(input), Some(output)) = (running.child.stdin.take(), running.child.stdout.take()) else {
            return Err(gone());
        };
        let timeout = running.timeout;
        Ok(Self { _running: running, input, output: BufReader::new(output), timeout })
    }

    /// The object itself; none when it is not there. More than `limit` bytes are an error.
    pub async fn contents(&mut self, object: &str, limit: u64) -> Result<Option<(Info, Vec<u8>)>> {
        let timeout = self.timeout;
        let work = async {
            // The size is asked for first: a huge object must not be printed at all.
            let Some(info) = self.ask("info", object).await? else { return Ok(None) };
            if info.size > limit {
                return Err(GitError::TooLarge { what: format!("object {object}"), limit: format!("{limit} bytes") });
            }
            let Some(info) = self.ask("contents", object).await? else { return Ok(None) };
            let mut bytes = vec![0; usize::try_from(info.size).unwrap_or(0) + 1];
            self.output.read_exact(&mut bytes).await.map_err(|_| gone())?;
            bytes.pop();
            Ok(Some((info, bytes)))
        };
        tokio::time::timeout(timeout, work).await.map_err(|_| gone())?
    }

    /// Kind and size of many objects, in their order.
    pub async fn infos(&mut self, objects: &[Oid]) -> Result<Vec<Option<Info>>> {
        let mut lines = String::new();
        for object in objects {
            lines.push_str("info ");
            lines.push_str(object.as_str());
            lines.push('\n');
        }
        let (input, output) = (&mut self.input, &mut self.output);
        let work = async {
            let feed = async { input.write_all(lines.as_bytes()).await.map_err(|_| gone()) };
            let read = async {
                let mut answers = Vec::with_capacity(objects.len());
                for _ in objects {
                    answers.push(header(output).await?);
                }
                Ok(answers)
            };
            tokio::try_join!(feed, read).map(|(_, answers)| answers)
        };
        tokio::time::timeout(self.timeout, work).await.map_err(|_| gone())?
    }

    async fn ask(&mut self, what: &str, object: &str) -> Result<Option<Info>> {
        self.input.write_all(format!("{what} {object}\n").as_bytes()).await.map_err(|_| gone())?;
        header(&mut self.output).await
    }
}

async fn header(output: &mut BufReader<ChildStdout>) -> Result<Option<Info>> {
    let mut line = vec![];
    let n = (&mut *output).take(1 << 16).read_until(b'\n', &mut line).await.map_err(|_| gone())?;
    if n == 0 {
        return Err(gone());
    }
    let line = String::from_utf8_lossy(&line);
    let mut words = line.trim_end().split(' ').skip(1);
    match (words.next(), words.next().and_then(|s| s.parse().ok())) {
        (Some(kind), Some(size)) => Ok(Some(Info { kind: kind.to_owned(), size })),
        _ => Ok(None),
    }
}

/// The process ended or stopped answering: it does so at an object it cannot read.
fn gone() -> GitError {
    GitError::RefusedObjects { why: "git stopped answering about an object, which may be damaged".to_owned() }
}
