//! The tools by which agents hand work on: writing, splitting and giving out tasks, bringing in workers, keeping paths to themselves and
//! holding what must wait. Who may do which is the role's, and the office says so.

use office_core::check::Check;
use office_core::desk::DeskCommand;
use office_core::office::OfficeCommand;
use office_core::task::ask::NewTask;
use office_core::task::{Deliverable, Priority, TaskCommand};
use office_core::{CommandBody, Noun, ProjectId, RoleName, TaskId, TaskState};
use office_door::wire::{Answer, Ask};
use rmcp::handler::server::wrapper::Parameters;
use rmcp::schemars::JsonSchema;
use rmcp::{schemars, tool, tool_router};
use serde::Deserialize;

use super::tools::{OfficeTools, Said, said, unexpected};
use crate::texts::PartText;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct TaskWords {
    /// One line: what is to be so afterwards.
    title: String,
    /// What is to be done and what is not, in Markdown.
    #[serde(default)]
    body: String,
    /// Commands that must end with code 0 before "done" is believed.
    #[serde(default)]
    checks: Vec<String>,
    /// A report is wanted, nothing to merge.
    #[serde(default)]
    finding: bool,
    /// Tasks that must be done before, by their numbers.
    #[serde(default)]
    after: Vec<u32>,
    /// Only workers of this role take it.
    #[serde(default)]
    role: Option<String>,
    /// What kind of work it is, in a word: build, fix, test, docs, ops, qa.
    #[serde(default)]
    kind: Option<String>,
    /// urgent, high, normal or low.
    #[serde(default)]
    priority: Option<String>,
    /// Kept back until somebody releases it.
    #[serde(default)]
    draft: bool,
    /// The project; yours if left out.
    #[serde(default)]
    project: Option<String>,
    /// A word of your own: called twice with the same, it is written once.
    #[serde(default)]
    key: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct SplitWords {
    /// The task, by its number. It then waits for all its parts.
    task: u32,
    /// Two to thirty parts.
    parts: Vec<PartText>,
    /// A word of your own: called twice with the same, it is split once.
    #[serde(default)]
    key: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ListWords {
    /// Only in these states (ready, running, in review, failed, ...); all that are not over if left out.
    #[serde(default)]
    states: Vec<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct AssignWords {
    /// The task, by its number; a draft is released.
    task: u32,
    /// The desk, by its name; leave it out to let any that fits take it.
    #[serde(default)]
    desk: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct HireWords {
    /// What they are to do, by the role's name.
    role: String,
    /// What they are called; one is found if left out.
    #[serde(default)]
    name: Option<String>,
    /// The engine, if not the role's own.
    #[serde(default)]
    engine: Option<String>,
    /// A word of your own: called twice with the same, one is hired.
    #[serde(default)]
    key: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct PathWords {
    /// Patterns of paths in your checkout, as in `src/**`; none to give back what you have.
    paths: Vec<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct HoldWords {
    /// Program and subcommands, as in `systemctl restart`.
    action: String,
    /// The task that must be through first, by its number.
    until_task: u32,
    /// Why, for whoever is refused.
    why: String,
}

#[tool_router(router = work_router, vis = "pub(super)")]
impl OfficeTools {
    /// Writes a task for others to do. Look at task_list first: what is there is not written twice.
    #[tool]
    async fn task_create(&self, Parameters(words): Parameters<TaskWords>) -> Said {
        let project = self.project(words.project.as_deref()).await?;
        let priority = match words.priority {
            None => Priority::Normal,
            Some(word) => serde_json::from_value(serde_json::Value::String(word))
                .map_err(|_| "priority is urgent, high, normal or low".to_owned())?,
        };
        let new = NewTask {
            body: words.body,
            deliverable: if words.finding { Deliverable::Finding } else { Deliverable::Change },
            checks: words.checks.iter().map(|run| Check::of(run)).collect(),
            priority,
            depends_on: words.after.into_iter().map(TaskId).collect(),
            role: words.role.map(RoleName),
            kind: words.kind,
            draft: words.draft,
            ..NewTask::of(project, words.title)
        };
        let noun = self.once(words.key, CommandBody::Task(TaskCommand::Add { new: Box::new(new) })).await?;
        let Noun::Task(task) = noun else { return Err(unexpected()) };
        let draft = if task.state == TaskState::Draft { ": somebody who may assign releases it" } else { "" };
        let flaws = self.flaws(vec![task.id]).await;
        let advice = if flaws.is_empty() {
            ""
        } else {
            "\nHow it is written leaves room; write to whoever may change it, or say it clearer the next time:"
        };
        Ok(format!("Task #{} is {}{draft}.{advice}{flaws}", task.id, task.state))
    }

    /// Splits a task that is not at work into parts, each a task of its own; it waits for all of them.
    #[tool]
    async fn task_split(&self, Parameters(words): Parameters<SplitWords>) -> Said {
        let parts = words.parts.into_iter().map(PartText::part).collect();
        let split = TaskCommand::Split { task: TaskId(words.task), parts };
        let Noun::Task(task) = self.once(words.key, CommandBody::Task(split)).await? else { return Err(unexpected()) };
        let waits: Vec<_> = task.waiting_for.iter().map(|id| format!("#{id}")).collect();
        Ok(format!("Task #{} waits for {}.", task.id, waits.join(", ")))
    }

    /// Lists tasks: what is open, who is on it, what each waits for.
    #[tool(annotations(read_only_hint = true))]
    async fn task_list(&self, Parameters(words): Parameters<ListWords>) -> Said {
        let known = |word: &String| {
            let state = TaskState::ALL.iter().copied().find(|state| state.as_str() == word.replace('_', " "));
            state.ok_or_else(|| format!("'{word}' is no state of a task"))
        };
        let states: Vec<TaskState> = words.states.iter().map(known).collect::<Result<_, _>>()?;
        let all = states.is_empty();
        let ask = Ask::Tasks { states, project: None };
        let Answer::Tasks(tasks) = self.link.ask(ask).await.answer.map_err(said)? else { return Err(unexpected()) };
        let over = |state: TaskState| matches!(state, TaskState::Done | TaskState::Cancelled);
        let shown = tasks.iter().filter(|it| !all || !over(it.state)).map(|it| {
            serde_json::json!({
                "task": it.id, "title": it.title, "state": it.state, "kind": it.kind, "role": it.role, "desk": it.desk,
                "waits_for": it.waiting_for, "why": it.why, "progress": it.progress, "since": it.since,
            })
        });
        serde_json::to_string_pretty(&shown.take(300).collect::<Vec<_>>()).map_err(|error| error.to_string())
    }

    /// Gives a task to a desk, or releases a draft so that any desk that fits takes it.
    #[tool]
    async fn task_assign(&self, Parameters(words): Parameters<AssignWords>) -> Said {
        let task = TaskId(words.task);
        let found = match self.link.ask(Ask::Task { task: Some(task) }).await.answer.map_err(said)? {
            Answer::Task(found) => found,
            _ => return Err(unexpected()),
        };
        if found.state == TaskState::Draft {
            self.submit(CommandBody::Task(TaskCommand::Release { task })).await?;
        }
        if let Some(name) = words.desk {
            let ask = Ask::Find { noun: "desk".to_owned(), name };
            let Answer::Changed(Noun::Desk(desk)) = self.link.ask(ask).await.answer.map_err(said)? else {
                return Err(unexpected());
            };
            self.submit(CommandBody::Task(TaskCommand::Assign { task, desk: desk.id })).await?;
        }
        match self.link.ask(Ask::Task { task: Some(task) }).await.answer.map_err(said)? {
            Answer::Task(task) => Ok(format!("Task #{} is {}.", task.id, task.state)),
            _ => Err(unexpected()),
        }
    }

    /// Sets up a desk for one more worker of a role, who takes what is ready. As few as it takes.
    #[tool]
    async fn hire_worker(&self, Parameters(words): Parameters<HireWords>) -> Said {
        let desks = match self.link.ask(Ask::Desks).await.answer.map_err(said)? {
            Answer::Desks(desks) => desks,
            _ => return Err(unexpected()),
        };
        let taken = |name: &str| desks.iter().any(|desk| desk.name == name);
        let free = || (1..).map(|n| format!("{}-{n}", words.role)).find(|name| !taken(name));
        let name = words.name.clone().or_else(free).unwrap_or_else(|| words.role.clone());
        let hire = DeskCommand::Add {
            name,
            role: RoleName(words.role.clone()),
            project: None,
            engine: words.engine.map(office_core::EngineName),
            command: None,
            auto: true,
        };
        match self.once(words.key, CommandBody::Desk(hire)).await? {
            Noun::Desk(desk) => Ok(format!("{} is here as {}.", desk.name, desk.role)),
            _ => Err(unexpected()),
        }
    }

    /// Has paths of the repository to yourself until your run ends: others are asked before they change them. Refused with the name of
    /// whoever has them.
    #[tool]
    async fn lease_paths(&self, Parameters(words): Parameters<PathWords>) -> Said {
        if words.paths.is_empty() {
            self.submit(CommandBody::Office(OfficeCommand::ReleasePaths)).await?;
            return Ok("You have no paths to yourself any more.".to_owned());
        }
        let shown = words.paths.join(", ");
        self.submit(CommandBody::Office(OfficeCommand::LeasePaths { paths: words.paths })).await?;
        Ok(format!("You have {shown} to yourself until your run ends."))
    }

    /// Holds a command for everybody until a task is through: the server is not restarted before the fix is merged.
    #[tool]
    async fn hold_action(&self, Parameters(words): Parameters<HoldWords>) -> Said {
        let HoldWords { action: run, until_task, why } = words;
        let shown = run.clone();
        self.submit(CommandBody::Office(OfficeCommand::Hold { run, task: TaskId(until_task), why })).await?;
        Ok(format!("`{shown}` is held until task #{until_task} is through."))
    }

    /// The project that is named, else that of the agent's own task, else that of its run.
    pub(super) async fn project(&self, name: Option<&str>) -> Result<ProjectId, String> {
        if let Some(name) = name {
            let ask = Ask::Find { noun: "project".to_owned(), name: name.to_owned() };
            return match self.link.ask(ask).await.answer.map_err(said)? {
                Answer::Changed(Noun::Project(project)) => Ok(project.id),
                _ => Err(unexpected()),
            };
        }
        if let Ok(own) = self.link.task()
            && let Answer::Task(task) = self.link.ask(Ask::Task { task: Some(own) }).await.answer.map_err(said)?
        {
            return Ok(task.project);
        }
        match self.link.ask(Ask::Projects).await.answer.map_err(said)? {
            Answer::Projects(projects) => match projects.iter().filter(|it| !it.removed).collect::<Vec<_>>()[..] {
                [one] => Ok(one.id),
                _ => Err("say in which project, by its name".to_owned()),
            },
            _ => Err(unexpected()),
        }
    }

    /// What is vague, unbounded or unchecked in how these are written, a line for each.
    /// Advice alone: without it the answer is as good.
    pub(super) async fn flaws(&self, tasks: Vec<TaskId>) -> String {
        let Ok(Answer::Linted(linted)) = self.link.ask(Ask::Lint { tasks }).await.answer else { return String::new() };
        linted.iter().flat_map(|it| it.flaws.iter().map(|flaw| format!("\n#{}: {flaw}", it.task))).collect()
    }

    /// The same key of the same run is carried out once, also after a restart of the office.
    pub(super) async fn once(&self, key: Option<String>, body: CommandBody) -> Result<Noun, String> {
        let Some(key) = key else { return self.submit(body).await };
        let command_id = self.link.keyed(&key);
        match self.link.ask(Ask::Submit { command_id, body }).await.answer.map_err(said)? {
            Answer::Changed(noun) => Ok(noun),
            _ => Err(unexpected()),
        }
    }
}
