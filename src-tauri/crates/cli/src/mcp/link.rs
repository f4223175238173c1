//! A connection to the office that comes back: a question that finds no office waits and is asked again, for a while.
//! A command keeps its id, so that asking again after a lost answer carries it out once.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use office_core::{Code, Refusal, TaskId};
use office_door::wire::{Answer, Ask};
use office_door::{Client, ClientError};
use tokio::sync::Mutex;

/// How long a restart of the office may take, seen from an agent.
const PATIENCE: Duration = Duration::from_secs(120);
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// The office, as the tools reach it.
#[derive(Debug)]
pub(crate) struct Link {
    dir: PathBuf,
    token: Option<String>,
    task: Option<TaskId>,
    patience: Duration,
    client: Mutex<Option<Client>>,
}

/// An answer, and whether the question had to be asked more than once.
pub(crate) struct Answered {
    pub(crate) answer: Result<Answer, Refusal>,
    pub(crate) again: bool,
}

impl Link {
    pub(crate) fn new(dir: PathBuf, token: Option<String>, task: Option<TaskId>) -> Self {
        Self { dir, token, task, patience: PATIENCE, client: Mutex::new(None) }
    }

    pub(crate) fn patient_for(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// The id of a command that this agent calls by a word of its own: the same again is the same command, of this run alone.
    pub(crate) fn keyed(&self, key: &str) -> String {
        use std::hash::{DefaultHasher, Hash, Hasher};
        let mut whose = DefaultHasher::new();
        self.token.hash(&mut whose);
        let short: String = key.chars().filter(|letter| !letter.is_control()).take(80).collect();
        let mut all = DefaultHasher::new();
        (self.token.as_deref(), key).hash(&mut all);
        format!("key-{:016x}-{:016x}-{short}", whose.finish(), all.finish())
    }

    /// The desk's task.
    pub(crate) fn task(&self) -> Result<TaskId, Refusal> {
        self.task.ok_or_else(|| {
            Refusal::new(
                Code::WrongState,
                "there is no task at this desk",
                "a person sits here without a task; talk to them, or wait until the office gives one",
            )
        })
    }

    /// Asks, through as many connections as it takes.
    pub(crate) async fn ask(&self, ask: Ask) -> Answered {
        let mut away: Option<Instant> = None;
        let mut pause = FIRST_PAUSE;
        let mut again = false;
        loop {
            let asked = match self.client().await {
                Ok(client) => {
                    away = None;
                    pause = FIRST_PAUSE;
                    client.ask(ask.clone()).await
                }
                Err(error) => Err(error),
            };
            let lost = match asked {
                Ok(answer) => return Answered { answer: Ok(answer), again },
                Err(ClientError::Refused(refusal)) => return Answered { answer: Err(refusal), again },
                Err(lost @ ClientError::Lost(_)) => {
                    again = true;
                    lost
                }
                Err(lost @ ClientError::NoOffice { .. }) => lost,
            };
            *self.client.lock().await = None;
            if away.get_or_insert_with(Instant::now).elapsed() + pause > self.patience {
                let refusal = Refusal::new(
                    Code::NoOffice,
                    format!("the office did not come back within {} s ({lost})", self.patience.as_secs()),
                    "go on with what needs no office, commit your work, and call this tool again later",
                );
                return Answered { answer: Err(refusal), again };
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    async fn client(&self) -> Result<Client, ClientError> {
        let mut held = self.client.lock().await;
        if let Some(client) = held.as_ref() {
            return Ok(client.clone());
        }
        let name = concat!("office mcp ", env!("CARGO_PKG_VERSION"));
        let client = Client::connect(&self.dir, name, self.token.as_deref()).await?;
        Ok(held.insert(client).clone())
    }
}
