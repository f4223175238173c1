//! Backlog files: taken in when somebody asks, and by itself whenever one that a project names was changed. What is in them is read
//! in `backlog/markdown.rs`; which item is which task is core's; the record that the office writes is `record.rs`.

pub mod markdown;

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use office_core::project::{Project, ProjectCommand, ProjectEvent};
use office_core::task::TaskCommand;
use office_core::task::backlog::{self, BacklogItem};
use office_core::{Actor, Code, Command, CommandBody, Event, Office, ProjectId, Refusal, Task, TaskId, TaskState};
use office_door::backlog::{Taken, TakenIn, TakenItem};
use office_git::{RepoPath, read_planted};
use tokio::task::spawn_blocking;

use crate::watched::Bell;
use crate::world::World;

/// A file that is being written is read once nothing in its folder has changed for so long.
const SETTLES: Duration = Duration::from_millis(250);
/// At the latest after this, should something in its folder never rest.
const SETTLES_WITHIN: Duration = Duration::from_secs(5);
/// Where folders cannot be watched.
const LOOKED_AT: Duration = Duration::from_secs(10);

impl World {
    /// Takes a file in for whoever asks.
    pub(crate) async fn take_in(
        &self,
        by: Actor,
        project: &Project,
        file: &str,
        text: Option<String>,
    ) -> Result<TakenIn, Refusal> {
        by.owner_only("take in a backlog")?;
        let file = within(project, file);
        let text = match text {
            Some(text) => text,
            None => read(project, &file).await?,
        };
        let before = self.tasks_of(project.id, &file).await?;
        // Prose wants judgement, where there is somebody; what was taken in by its headings goes on so.
        if before.is_empty()
            && markdown::is_prose(&text)
            && let Some(mail) = self.hand_over(by, project, &file, &text).await?
        {
            return Ok(TakenIn { file, items: Vec::new(), called_off: Vec::new(), handed: Some(mail) });
        }
        let (name, id) = (file.clone(), project.id);
        // A megabyte of Markdown is read in milliseconds, but not on a thread that others wait for.
        let items = spawn_blocking(move || markdown::read(&name, &text)).await.map_err(|_| closing())??;
        if items.is_empty() && before.is_empty() {
            return Err(Refusal::invalid(
                format!("there is neither a box nor a heading in {file}"),
                "write items as `- [ ] Mend the login`",
            ));
        }
        let body = CommandBody::Task(TaskCommand::TakeIn { project: id, file: file.clone(), items: items.clone() });
        self.handle.submit(Command { id: self.own_id("take-in"), actor: by, body }).await?;
        let (name, asked) = (file.clone(), items.clone());
        let look = move |office: &Office| backlog::standing(office, id, &name, &asked);
        let standing = self.handle.read(look).await?;
        let after = self.tasks_of(id, &file).await?;
        Ok(told(file, &items, &standing, &before, &after))
    }

    async fn tasks_of(&self, project: ProjectId, file: &str) -> Result<Vec<Task>, Refusal> {
        let file = file.to_owned();
        let of =
            move |task: &&Task| task.project == project && task.item.as_ref().is_some_and(|item| item.file == file);
        self.handle.read(move |office| office.tasks.values().filter(of).cloned().collect()).await
    }

    /// Keeps a project's backlog taken in for as long as that is its file.
    async fn follow_backlog(&self, id: ProjectId, file: String) {
        let Ok(Some(project)) = self.handle.read(move |office| office.projects.get(&id).cloned()).await else { return };
        let folder = Path::new(&project.path).join(&file).parent().map(Path::to_owned);
        loop {
            // Watched before it is read, so that no change falls between. A folder that was not there may be there now.
            let bell = folder.as_deref().and_then(|folder| self.watched.watch(folder));
            let seen = read(&project, &file).await;
            let mut later = HashSet::new();
            let trouble = match &seen {
                Ok(text) => {
                    let taken = self.take_in(Actor::Office, &project, &file, Some(text.clone())).await;
                    if let Ok(taken) = &taken {
                        let items = taken.items.iter().filter(|item| item.taken == Taken::Later);
                        later = items.filter_map(|item| item.task).collect();
                    }
                    taken.err()
                }
                Err(refusal) => Some(refusal.clone()),
            };
            let trouble = trouble.map(|refusal| format!("{}; {}", refusal.message, refusal.detail));
            let body = ProjectCommand::FileTried { project: id, file: file.clone(), trouble };
            if self.handle.report(CommandBody::Project(body)).await.is_err() {
                return;
            }
            let rests = move |office: &Office| {
                let rests = |id: &TaskId| office.tasks.get(id).is_none_or(|task| !is_busy(task.state));
                later.iter().any(rests).then_some(())
            };
            loop {
                tokio::select! {
                    () = self.closing.cancelled() => return,
                    () = self.no_longer(id, &file) => return,
                    _ = self.handle.wait_until(rests.clone()) => break,
                    () = changed(bell.as_ref()) => {
                        // Other files of its folder change, too.
                        if self::read(&project, &file).await != seen { break }
                    }
                }
            }
        }
    }

    /// Returns when this is not the project's backlog any more.
    async fn no_longer(&self, id: ProjectId, file: &str) {
        let file = file.to_owned();
        let is_not = move |office: &Office| {
            let named = |it: &Project| !it.removed && it.files.backlog.as_ref() == Some(&file);
            (!office.projects.get(&id).is_some_and(named)).then_some(())
        };
        // An office that is gone reads no backlogs either.
        let _ = self.handle.wait_until(is_not).await;
    }
}

/// Follows the backlogs that projects name, until the office closes.
pub(crate) async fn follow(world: Arc<World>) {
    let mut feed = world.handle.subscribe();
    let followed: Arc<std::sync::Mutex<HashSet<(ProjectId, String)>>> = Arc::default();
    loop {
        let named = world.handle.read(|office| {
            let live = office.projects.values().filter(|it| !it.removed);
            live.filter_map(|it| Some((it.id, it.files.backlog.clone()?))).collect::<Vec<_>>()
        });
        let Ok(named) = named.await else { return };
        for one in named {
            if crate::world::lock(&followed).insert(one.clone()) {
                let (inner, followed) = (world.clone(), followed.clone());
                world.start(async move {
                    inner.follow_backlog(one.0, one.1.clone()).await;
                    crate::world::lock(&followed).remove(&one);
                });
            }
        }
        let named = |event: &Event| matches!(event, Event::Project(ProjectEvent::FilesSet { .. }));
        if world.next_that(&mut feed, named).await.is_none() {
            return;
        }
    }
}

/// Whether its words cannot change now.
fn is_busy(state: TaskState) -> bool {
    state.at_work() || matches!(state, TaskState::InReview | TaskState::Parked)
}

/// Returns when something in the folder has changed and then rested.
async fn changed(bell: Option<&Bell>) {
    let Some(bell) = bell else { return tokio::time::sleep(LOOKED_AT).await };
    bell.rung().await;
    let settled = async { while tokio::time::timeout(SETTLES, bell.rung()).await.is_ok() {} };
    // What never rests is read as it is; half a file is mended by the next look.
    let _ = tokio::time::timeout(SETTLES_WITHIN, settled).await;
}

fn closing() -> Refusal {
    Refusal::new(Code::NoOffice, "the office is closing", "start it again with `office run`")
}

/// The file as its project calls it.
fn within(project: &Project, file: &str) -> String {
    let inside = Path::new(file).strip_prefix(&project.path).ok().and_then(Path::to_str);
    inside.unwrap_or(file).trim_start_matches("./").to_owned()
}

/// What is in a file of the owner's work tree. No link is followed: work that was merged may have planted one.
async fn read(project: &Project, file: &str) -> Result<String, Refusal> {
    let unread = |why: String| {
        Refusal::new(Code::Unavailable, format!("{file}: {why}"), format!("see to it in {}", project.path))
    };
    let path = RepoPath::new(file).map_err(|error| unread(error.to_string()))?;
    let root = project.path.clone();
    let reading = spawn_blocking(move || read_planted(Path::new(&root), &path, markdown::LONGEST as u64));
    let bytes = reading.await.map_err(|_| closing())?.map_err(|error| unread(error.to_string()))?;
    let bytes =
        bytes.ok_or_else(|| unread("it is not there; the tasks that came from it stay as they are".to_owned()))?;
    String::from_utf8(bytes).map_err(|_| unread("it is not UTF-8".to_owned()))
}

fn told(
    file: String,
    items: &[BacklogItem],
    standing: &[Option<(TaskId, bool)>],
    before: &[Task],
    after: &[Task],
) -> TakenIn {
    let of = |tasks: &[Task], id: TaskId| tasks.iter().find(|task| task.id == id).cloned();
    let items = items.iter().zip(standing).map(|(item, standing)| {
        let taken = match standing {
            None => Taken::Ticked,
            Some((id, _)) if of(before, *id).is_none() => Taken::Added,
            Some((_, false)) => Taken::Later,
            Some((id, true)) if of(before, *id) == of(after, *id) => Taken::Same,
            Some(_) => Taken::Changed,
        };
        let task = standing.map(|(id, _)| id);
        let state = task.and_then(|id| of(after, id)).map(|task| task.state);
        TakenItem { line: item.line, title: item.title.clone(), taken, task, state }
    });
    let off = |task: &&Task| task.state == TaskState::Cancelled && task.item.as_ref().is_some_and(|item| item.gone);
    let was = |id| of(before, id).is_some_and(|task| task.state != TaskState::Cancelled);
    let called_off = after.iter().filter(off).map(|task| task.id).filter(|id| was(*id)).collect();
    TakenIn { file, items: items.collect(), called_off, handed: None }
}
