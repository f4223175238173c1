//! The demo office: a small real repository in the office's own directory, four desks and six tasks that the shell engine
//! works, all as an owner would make them. Asked again, it finishes what is missing and shows what is there. The texts are in
//! `demo/`, not here.

use office_core::check::Check;
use office_core::desk::DeskCommand;
use office_core::project::{Project, ProjectCommand};
use office_core::task::TaskCommand;
use office_core::task::ask::NewTask;
use office_core::{
    Actor, Code, Command, CommandBody, CommandId, EngineName, Noun, NounKey, ProjectId, Refusal, RoleName, TaskId,
};
use office_door::wire::Answer;
use office_git::{CommitDate, Identity};
use serde::Deserialize;

use crate::world::World;

/// The project's name, and its folder's.
const NAME: &str = "night-bus";
/// What works the demo's tasks: needs no account, no network and no model.
const ENGINE: &str = "shell";

macro_rules! texts {
    ($folder:literal, $ending:literal: $($name:literal),+ $(,)?) => {
        &[$(($name, include_str!(concat!("../demo/", $folder, "/", $name, $ending)))),+]
    };
}

const FILES: &[(&str, &str)] = texts!("repository", "":
    ".gitignore", ".office/project.toml", "README.md", "build.sh", "checks/builds.sh", "checks/pages.sh", "lines/n1.csv", "lines/n2.csv",
    "pages/about.html", "parts/foot.html", "parts/head.html", "parts/table.sh", "style.css");
const BODIES: &[(&str, &str)] = texts!("tasks", ".md": "fares", "lines", "links", "night", "release", "sort");
const PLAN: &str = include_str!("../demo/office.toml");

/// Who works there and what there is to do.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Plan {
    desk: Vec<PlannedDesk>,
    task: Vec<PlannedTask>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PlannedDesk {
    name: String,
    role: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PlannedTask {
    file: String,
    title: String,
    /// What its check proves, in words.
    proves: String,
    check: String,
    #[serde(default)]
    after: Vec<String>,
}

fn plan() -> Result<Plan, Refusal> {
    toml::from_str(PLAN).map_err(|error| fault(format!("the demo's plan does not read: {error}")))
}

fn fault(why: String) -> Refusal {
    Refusal::new(Code::Trouble, why, "this is a fault of ours")
}

impl World {
    pub(crate) async fn open_demo(&self, actor: Actor) -> Result<Answer, Refusal> {
        actor.owner_only("open the demo office")?;
        // Two that ask at once would make one repository; the second then finds it there.
        let _turn = self.demo_turn.lock().await;
        let plan = plan()?;
        let folder = self.dir.demo();
        let inside = folder.display().to_string();
        let known = self.handle.read(move |office| {
            let demo = |project: &&Project| std::path::Path::new(&project.path).starts_with(&inside);
            let (removed, live): (Vec<Project>, Vec<Project>) =
                office.projects.values().filter(demo).cloned().partition(|project| project.removed);
            (removed.len(), live.into_iter().next(), office.projects.values().any(|it| !it.removed && it.name == NAME))
        });
        // A demo that was removed stays as it is; the next one is made beside it, under ids of its own.
        let (round, there, taken) = known.await?;
        let project = match there {
            Some(project) => project,
            None if taken => {
                return Err(Refusal::new(
                    Code::Duplicate,
                    format!("there is a project '{NAME}' already, which is not the demo's"),
                    "open the demo in an office of its own: `office --office DIR init`",
                ));
            }
            None => self.demo_project(round).await?,
        };
        self.demo_desks(&plan, project.id, round).await?;
        self.demo_tasks(&plan, project.id, round).await?;
        self.changed(NounKey::Project(project.id)).await
    }

    async fn demo_project(&self, round: usize) -> Result<Project, Refusal> {
        let folder = self.dir.demo();
        let unusable = |why: String| Refusal::new(Code::Unavailable, why, "`office doctor` says more");
        std::fs::create_dir_all(&folder).map_err(|error| unusable(format!("{}: {error}", folder.display())))?;
        let path = folder.join(if round == 0 { NAME.to_owned() } else { format!("{NAME}-{}", round + 1) });
        if !path.exists() {
            let who = Identity::new("Demo Owner", "owner@example.org").map_err(|error| fault(error.to_string()))?;
            let date = CommitDate::utc(self.clock.now().millis() / 1000);
            let begun = office_git::begin(&self.git, &path, FILES, &who, date, "A timetable of two night lines");
            begun.await.map_err(|error| unusable(error.to_string()))?;
        }
        let path = path.to_str().ok_or_else(|| unusable("the office's path is not UTF-8".to_owned()))?;
        let found = crate::project::look(self, path, None).await.map_err(unusable)?;
        let body = CommandBody::Project(ProjectCommand::Add {
            name: NAME.to_owned(),
            path: found.path,
            base_branch: found.base_branch,
            prefix: found.prefix,
            settings: Box::new(found.settings),
            notes: found.notes,
        });
        match self.demo_step(format!("demo-{round}-project"), body).await? {
            Noun::Project(project) => Ok(project),
            _ => Err(fault("the demo's project was made and is none".to_owned())),
        }
    }

    async fn demo_desks(&self, plan: &Plan, project: ProjectId, round: usize) -> Result<(), Refusal> {
        for PlannedDesk { name, role } in &plan.desk {
            let (wanted, role) = (name.clone(), RoleName(role.clone()));
            let fits = self.handle.read(move |office| {
                let free = |name: &str| !office.desks.values().any(|desk| !desk.removed && desk.name == name);
                let name = if free(&wanted) {
                    Some(wanted)
                } else {
                    (2..100).map(|n| format!("{wanted}-{n}")).find(|name| free(name))
                };
                // The owner's roles may be others than ours.
                let role =
                    if office.roles.contains_key(&role) { Some(role) } else { office.roles.keys().next().cloned() };
                name.zip(role)
            });
            let none = || Refusal::new(Code::NotFound, "there is no role a desk could have", "`office role list`");
            let (desk, role) = fits.await?.ok_or_else(none)?;
            let engine = Some(EngineName::from(ENGINE));
            let body =
                DeskCommand::Add { name: desk, role, project: Some(project), engine, command: None, auto: false };
            self.demo_step(format!("demo-{round}-desk-{name}"), CommandBody::Desk(body)).await?;
        }
        Ok(())
    }

    async fn demo_tasks(&self, plan: &Plan, project: ProjectId, round: usize) -> Result<(), Refusal> {
        let mut made: Vec<(&str, TaskId)> = Vec::new();
        for PlannedTask { file, title, proves, check, after } in &plan.task {
            let body = BODIES.iter().find(|(name, _)| name == file).map(|(_, body)| (*body).to_owned());
            let depends_on = after.iter().map(|name| made.iter().find(|(made, _)| made == name).map(|(_, id)| *id));
            let (Some(body), Some(depends_on)) = (body, depends_on.collect::<Option<Vec<_>>>()) else {
                return Err(fault(format!("the demo's task '{file}' has no text, or stands before what it waits for")));
            };
            let new = NewTask {
                body,
                checks: vec![Check { name: proves.clone(), ..Check::of(check) }],
                depends_on,
                ..NewTask::of(project, title.clone())
            };
            let step = CommandBody::Task(TaskCommand::Add { new: Box::new(new) });
            let Noun::Task(task) = self.demo_step(format!("demo-{round}-task-{file}"), step).await? else {
                return Err(fault("the demo's task was made and is none".to_owned()));
            };
            made.push((file, task.id));
        }
        Ok(())
    }

    /// One step, under the same id each time: what was made before is found, not made again.
    async fn demo_step(&self, id: String, body: CommandBody) -> Result<Noun, Refusal> {
        let done = self.handle.submit(Command { id: CommandId(id), actor: Actor::Owner, body }).await?;
        done.noun.ok_or_else(|| fault("a step of the demo left nothing".to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_plan_names_what_is_there_in_an_order_that_can_be_made() {
        let plan = plan().unwrap();
        let mut made = Vec::new();
        for task in &plan.task {
            let (_, body) = BODIES.iter().find(|(name, _)| *name == task.file).unwrap();
            assert!(body.contains("```sh\n"), "{} has a script", task.file);
            assert!(task.after.iter().all(|name| made.contains(name)), "{}", task.file);
            made.push(task.file.clone());
        }
        assert_eq!(made.len(), BODIES.len());
        assert_eq!(plan.desk.len(), 4);
        let (_, settings) = FILES.iter().find(|(name, _)| *name == ".office/project.toml").unwrap();
        assert_eq!(crate::settings::parse("x", settings).unwrap().checks.len(), 2);
    }
}
