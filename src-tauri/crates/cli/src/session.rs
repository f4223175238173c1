//! One call of the command: a connection, what was asked for in all verbs, and how answers leave.
//! Looking up what people call things is here, because every noun needs it.

use std::hash::{BuildHasher, Hasher};
use std::path::{Path, PathBuf};
use std::time::Duration;

use office_core::project::Project;
use office_core::view::{DeskView, StatusView};
use office_core::{Code, CommandBody, Desk, DeskId, Noun, ProjectId, Refusal, Task, TaskId, TaskState};
use office_door::wire::{Answer, Ask};
use office_door::{Client, ClientError};
use office_reach::{Asking, Destination, Line};
use serde::Serialize;

use crate::around::Around;
use crate::fail::Fail;
use crate::print;

/// How a verb ends.
pub(crate) type Done = Result<(), Fail>;

/// An office that is not there is waited for so long, by those who may: whoever was connected, and agents at their desks.
const PATIENCE: Duration = Duration::from_secs(60);
const RETRY: Duration = Duration::from_millis(200);
const RETRY_LONGEST: Duration = Duration::from_secs(5);
/// What the office's log calls this program.
const NAME: &str = concat!("office ", env!("CARGO_PKG_VERSION"));

/// What every verb knows.
#[derive(Debug)]
pub(crate) struct Session<'a> {
    pub(crate) around: &'a Around,
    pub(crate) json: bool,
    pub(crate) dir: PathBuf,
    /// The machine it is on, if not this one.
    pub(crate) there: Option<Destination>,
    client: Option<Client>,
    line: Option<Line>,
    /// Whether it was connected once.
    known: bool,
}

impl<'a> Session<'a> {
    pub(crate) fn new(
        around: &'a Around,
        dir: Option<PathBuf>,
        host: Option<String>,
        json: bool,
    ) -> Result<Self, Fail> {
        let there = match host {
            Some(host) => Some(Destination::new(&host, dir.as_ref().and_then(|dir| dir.to_str()))?),
            None => None,
        };
        let dir = dir.or_else(|| around.office.clone()).unwrap_or_else(|| around.usual.clone());
        Ok(Self { around, json, dir, there, client: None, line: None, known: false })
    }

    /// Refuses what can only be done on the machine of the office.
    pub(crate) fn here(&self, what: &str) -> Result<(), Fail> {
        match &self.there {
            None => Ok(()),
            Some(to) => {
                let way_out = format!("`ssh {0} office ...` does it on {0}", to.host());
                Err(Fail::usage(format!("{what} is for the machine the office is on"), way_out))
            }
        }
    }

    /// A path as the office sees it: made absolute here, or on another machine taken as it is said.
    pub(crate) fn path(&self, path: &Path) -> Result<String, Fail> {
        match &self.there {
            None => crate::project::text(&std::path::absolute(path)?),
            Some(_) if path.is_absolute() => crate::project::text(path),
            Some(to) => {
                let message = format!("{} is no whole path on {}", path.display(), to.host());
                Err(Fail::usage(message, "say it from the root, as it is there"))
            }
        }
    }

    /// The connection; made when the first verb needs it, and again after it was cut.
    pub(crate) async fn client(&mut self) -> Result<Client, Fail> {
        if let Some(client) = &self.client {
            return Ok(client.clone());
        }
        let until = tokio::time::Instant::now() + PATIENCE;
        let mut retry = RETRY;
        loop {
            let error = match self.connect().await {
                Ok(client) => return Ok(client),
                Err(error) => error,
            };
            let passing = match &error {
                ClientError::NoOffice { .. } | ClientError::Lost(_) => true,
                ClientError::Refused(refusal) => {
                    self.known && matches!(refusal.code, Code::NoOffice | Code::Unavailable)
                }
            };
            if !(passing && self.endures()) || tokio::time::Instant::now() + retry > until {
                return Err(error.into());
            }
            tokio::time::sleep(retry).await;
            retry = (retry * 2).min(RETRY_LONGEST);
        }
    }

    async fn connect(&mut self) -> Result<Client, ClientError> {
        let client = match &self.there {
            None => Client::connect(&self.dir, NAME, self.around.token.as_deref()).await?,
            Some(to) => {
                let asking = if self.around.terminal { Asking::Terminal } else { Asking::Nobody };
                let (client, line) = office_reach::connect(to, NAME, asking).await?;
                self.line = Some(line);
                if !self.json && !self.known {
                    let office = client.welcome();
                    let said = format!("connected to {}: '{}' in {}", to.host(), office.office, office.dir);
                    // Whoever does not hear it is connected all the same.
                    let _ = self.around.err.text_block(&print::line(&said));
                }
                client
            }
        };
        self.known = true;
        self.client = Some(client.clone());
        Ok(client)
    }

    /// The same for whoever goes on by himself when the line is cut: the next call makes a new connection.
    pub(crate) async fn try_ask(&mut self, ask: Ask) -> Result<Answer, ClientError> {
        let client = match &self.client {
            Some(client) => client.clone(),
            None => self.connect().await?,
        };
        let answer = client.ask(ask).await;
        if matches!(answer, Err(ClientError::Lost(_))) {
            (self.client, self.line) = (None, None);
        }
        answer
    }

    /// Whether a cut is bridged: on a line to another machine, and for an agent, whose runtime comes again. A person at
    /// the machine itself is told at once.
    fn endures(&self) -> bool {
        match &self.there {
            Some(_) => self.known,
            None => self.around.token.is_some(),
        }
    }

    /// After a cut: true if the connection is to be made again; that is said.
    pub(crate) fn cut(&mut self, error: &ClientError) -> bool {
        let goes_on = matches!(error, ClientError::Lost(_)) && self.endures();
        if goes_on {
            (self.client, self.line) = (None, None);
            if let (Some(to), false) = (&self.there, self.json) {
                let said = print::line(&format!("the line to {} was cut; reaching it again", to.host()));
                let _ = self.around.err.text_block(&said);
            }
        }
        goes_on
    }

    pub(crate) async fn ask(&mut self, ask: Ask) -> Result<Answer, Fail> {
        let mut before = false;
        loop {
            let error = match self.client().await?.ask(ask.clone()).await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            if before && let Some(answer) = self.was_done(&ask, &error).await {
                return Ok(answer);
            }
            if !(may_be_asked_twice(&ask) && self.cut(&error)) {
                return Err(error.into());
            }
            before = true;
        }
    }

    /// What was asked twice and refused the second time may have been done the first time.
    async fn was_done(&mut self, ask: &Ask, error: &ClientError) -> Option<Answer> {
        let (Ask::Accept { task }, ClientError::Refused(refusal)) = (ask, error) else { return None };
        if refusal.code != Code::WrongState {
            return None;
        }
        let known = self.client().await.ok()?.ask(Ask::Task { task: Some(*task) }).await;
        match known {
            Ok(Answer::Task(task)) if task.state == TaskState::Done => Some(Answer::Changed(Noun::Task(task))),
            _ => None,
        }
    }

    /// Carries out a command; the thing it made or changed.
    pub(crate) async fn submit(&mut self, body: CommandBody) -> Result<Noun, Fail> {
        match self.ask(Ask::Submit { command_id: command_id(), body }).await? {
            Answer::Changed(noun) => Ok(noun),
            _ => Err(unexpected()),
        }
    }

    /// The task a verb is about: named, or the desk's own.
    pub(crate) fn task_or_own(&self, task: Option<TaskId>) -> Result<TaskId, Fail> {
        task.or(self.around.task).ok_or_else(|| {
            Fail::usage("which task?", "name it, as in `office task show 12`; inside a desk its own is meant")
        })
    }

    pub(crate) async fn task(&mut self, id: TaskId) -> Result<Task, Fail> {
        match self.ask(Ask::Task { task: Some(id) }).await? {
            Answer::Task(task) => Ok(*task),
            _ => Err(unexpected()),
        }
    }

    /// The project of that name or number; without one, the only one there is.
    pub(crate) async fn project(&mut self, name: Option<&str>) -> Result<Project, Fail> {
        if let Some(name) = name {
            let ask = Ask::Find { noun: "project".to_owned(), name: name.to_owned() };
            return match self.ask(ask).await? {
                Answer::Changed(Noun::Project(project)) => Ok(project),
                _ => Err(unexpected()),
            };
        }
        let mut all = self.projects().await?;
        match all.len() {
            1 => Ok(all.remove(0)),
            0 => {
                let way_out = "`office project add PATH` adds one";
                Err(Refusal::new(Code::NotFound, "there is no project yet", way_out).into())
            }
            _ => {
                let names: Vec<_> = all.into_iter().map(|project| project.name).collect();
                Err(Fail::usage("which project?", format!("say it with `--project`: {}", names.join(", "))))
            }
        }
    }

    pub(crate) async fn projects(&mut self) -> Result<Vec<Project>, Fail> {
        match self.ask(Ask::Projects).await? {
            Answer::Projects(all) => Ok(all.into_iter().filter(|project| !project.removed).collect()),
            _ => Err(unexpected()),
        }
    }

    /// The project of that name, if one is named.
    pub(crate) async fn project_id(&mut self, name: Option<&str>) -> Result<Option<ProjectId>, Fail> {
        match name {
            Some(name) => Ok(Some(self.project(Some(name)).await?.id)),
            None => Ok(None),
        }
    }

    /// The desk of that name or number.
    pub(crate) async fn desk(&mut self, name: &str) -> Result<Desk, Fail> {
        let ask = Ask::Find { noun: "desk".to_owned(), name: name.to_owned() };
        match self.ask(ask).await? {
            Answer::Changed(Noun::Desk(desk)) => Ok(desk),
            _ => Err(unexpected()),
        }
    }

    pub(crate) async fn desks(&mut self) -> Result<Vec<DeskView>, Fail> {
        match self.ask(Ask::Desks).await? {
            Answer::Desks(desks) => Ok(desks),
            _ => Err(unexpected()),
        }
    }

    pub(crate) async fn desk_name(&mut self, id: DeskId) -> Result<String, Fail> {
        Ok(self.desks().await?.into_iter().find(|desk| desk.id == id).map_or_else(|| id.to_string(), |desk| desk.name))
    }

    pub(crate) async fn status(&mut self) -> Result<StatusView, Fail> {
        match self.ask(Ask::Status).await? {
            Answer::Status(status) => Ok(*status),
            _ => Err(unexpected()),
        }
    }

    /// Shows a value: as JSON where that was asked for, else as the words of `say`.
    pub(crate) fn show<T: Serialize>(&self, value: &T, say: impl FnOnce() -> String) -> Done {
        if self.json {
            return self.json_line(value);
        }
        Ok(self.around.out.text_block(&say())?)
    }

    /// One JSON value on one line.
    pub(crate) fn json_line<T: Serialize>(&self, value: &T) -> Done {
        Ok(self.around.out.text_block(&serde_json::to_string(value)?)?)
    }
}

/// Whether asking again after a lost answer does what asking once does: commands carry an id, and done is done.
fn may_be_asked_twice(ask: &Ask) -> bool {
    !matches!(
        ask,
        Ask::AddProject { .. }
            | Ask::TryProject { .. }
            | Ask::Type { .. }
            | Ask::Tell { .. }
            | Ask::Backup { .. }
            | Ask::Quit { .. }
    )
}

/// An answer that does not belong to the question: the two sides are of different versions.
pub(crate) fn unexpected() -> Fail {
    let way_out = "the runtime may be of another version than this command; restart it";
    Refusal::new(Code::Version, "the office answered something else than was asked", way_out).into()
}

/// An id no other command has: the hasher's keys are the system's random ones.
pub(crate) fn command_id() -> String {
    let mut hasher = std::collections::hash_map::RandomState::new().build_hasher();
    hasher.write_u32(std::process::id());
    format!("cli-{:016x}", hasher.finish())
}
