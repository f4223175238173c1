//! One call of the command: a connection, what was asked for in all verbs, and how answers leave.
//! Looking up what people call things is here, because every noun needs it.

use std::hash::{BuildHasher, Hasher};
use std::path::PathBuf;

use office_core::project::Project;
use office_core::view::{DeskView, StatusView};
use office_core::{Code, CommandBody, Desk, DeskId, Noun, ProjectId, Refusal, Task, TaskId};
use office_door::wire::{Answer, Ask};
use office_door::{Client, ClientError};
use serde::Serialize;

use crate::around::Around;
use crate::fail::Fail;

/// What the office's log calls this program.
const NAME: &str = concat!("office ", env!("CARGO_PKG_VERSION"));

/// How a verb ends.
pub(crate) type Done = Result<(), Fail>;

/// What every verb knows.
#[derive(Debug)]
pub(crate) struct Session<'a> {
    pub(crate) around: &'a Around,
    pub(crate) json: bool,
    pub(crate) dir: PathBuf,
    client: Option<Client>,
}

impl<'a> Session<'a> {
    pub(crate) fn new(around: &'a Around, dir: Option<PathBuf>, json: bool) -> Self {
        let dir = dir.or_else(|| around.office.clone()).unwrap_or_else(|| around.usual.clone());
        Self { around, json, dir, client: None }
    }

    /// The connection; made when the first verb needs it.
    pub(crate) async fn client(&mut self) -> Result<Client, Fail> {
        if let Some(client) = &self.client {
            return Ok(client.clone());
        }
        let client = Client::connect(&self.dir, NAME, self.around.token.as_deref()).await?;
        self.client = Some(client.clone());
        Ok(client)
    }

    /// The same for whoever goes on when the line is cut: the next call makes a new connection.
    pub(crate) async fn try_ask(&mut self, ask: Ask) -> Result<Answer, ClientError> {
        let client = match self.client.take() {
            Some(client) => client,
            None => Client::connect(&self.dir, NAME, self.around.token.as_deref()).await?,
        };
        let answer = client.ask(ask).await;
        if !matches!(answer, Err(ClientError::Lost(_))) {
            self.client = Some(client);
        }
        answer
    }

    pub(crate) async fn ask(&mut self, ask: Ask) -> Result<Answer, Fail> {
        Ok(self.client().await?.ask(ask).await?)
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
