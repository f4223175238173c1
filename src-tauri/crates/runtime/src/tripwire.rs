//! After a run, before its work is taken: whether something changed that its desk must not change. What can be told from its owner's own
//! doing stops the desk as an incident; what a sandbox makes harmless is a mark on the work. Looked at twice, never polled, never judged
//! by what an agent says. What of a task's own files is suspicious is not here: that is reviewed as work.

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use office_core::effect::EffectCommand;
use office_core::run::Run;
use office_core::{CommandBody, Office, RunId, Task, TaskId};
use office_git::{Places, branches, checkout_settings, directory_settings, fingerprint, was_at};
use serde::{Deserialize, Serialize};

use crate::world::{Home, World, lock};

/// Files by which tools of the owner run something, in the owner's home.
const AT_HOME: [&str; 13] = [
    ".gitconfig",
    ".config/git/config",
    ".ssh/authorized_keys",
    ".ssh/config",
    ".bashrc",
    ".bash_profile",
    ".profile",
    ".zshrc",
    ".zshenv",
    ".npmrc",
    ".cargo/config.toml",
    ".claude/settings.json",
    ".codex/hooks.json",
];
/// Files by which agents are told what they may, in the owner's own work tree.
const AT_WORK: [&str; 6] = [
    ".claude/settings.json",
    ".claude/settings.local.json",
    ".codex/config.toml",
    ".gemini/settings.json",
    ".mcp.json",
    "opencode.json",
];
/// Files of a kept set-up that are looked at.
const MOST: usize = 50_000;
/// Differences that are told; the others are counted.
const TOLD: usize = 8;

/// What was so when a run began.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Before {
    /// No sandbox holds the desk: what others have is within its reach.
    soft: bool,
    checkout: Places,
    owners_settings: Places,
    owners_refs: Places,
    files: Places,
    kept: Places,
    /// Checkouts that nobody works in, by task.
    idle: BTreeMap<u32, Idle>,
    /// The number of the newest run then.
    newest: u32,
    /// What its owner was told already.
    told: BTreeSet<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Idle {
    path: PathBuf,
    places: Places,
}

/// What was found.
#[derive(Debug, Default)]
struct Found {
    incidents: BTreeSet<String>,
    marks: Vec<String>,
}

/// A run's places that are looked at.
#[derive(Clone)]
struct Site {
    checkout: PathBuf,
    root: PathBuf,
    git_dir: PathBuf,
    cache: PathBuf,
    base: String,
}

impl World {
    /// Remembers how things are before a run's program is started.
    pub(crate) async fn lay_tripwire(&self, run: RunId, task: TaskId, home: &Home, soft: bool) -> Result<(), String> {
        let Some(site) = self.site(task, home).await? else { return Ok(()) };
        let (idle, newest) = self.read(move |office| Some((idle(office, task), newest(office)))).await?;
        let before = off_thread(move || look(&site, soft, &idle, newest)).await?;
        self.keep_tripwire(run, before)
    }

    /// Looks again. An incident is reported; gives back whether there was one, and what is to be marked on the work.
    pub(crate) async fn look_at_tripwire(
        &self,
        run: RunId,
        task: TaskId,
        home: &Home,
    ) -> Result<(bool, Vec<String>), String> {
        let known = lock(&self.tripwires).get(&run).cloned();
        let known = known.or_else(|| serde_json::from_slice(&std::fs::read(self.tripwire_file(run)).ok()?).ok());
        // A run of before there were tripwires.
        let (Some(mut before), Some(site)) = (known, self.site(task, home).await?) else {
            return Ok((false, Vec::new()));
        };
        let (still, newest) = self.read(move |office| Some((idle(office, task), newest(office)))).await?;
        let used = before.newest;
        let again = self.read(move |office| Some(used_since(office, used))).await?;
        let still: BTreeMap<u32, PathBuf> = still.into_iter().filter(|(_, path)| !again.contains(path)).collect();
        let (soft, at) = (before.soft, site.clone());
        let after = off_thread(move || look(&at, soft, &still, newest)).await?;
        let mut found = compare(&before, &after, &site);
        if soft {
            found.incidents.extend(base_set_back(&before, &after, &site, home).await);
        }
        let (left, now) = home.repo.as_left_and_now().await.map_err(|error| error.to_string())?;
        found.incidents.extend(differences("the office's own repository", &left, &now));
        let fresh: Vec<String> = found.incidents.difference(&before.told).cloned().collect();
        if fresh.is_empty() {
            return Ok((false, found.marks));
        }
        let what = in_words(&fresh);
        tracing::warn!(%run, what, "something changed that must not");
        let report = CommandBody::Effect(EffectCommand::RunTripped { run, what });
        self.handle.report(report).await.map_err(|refusal| refusal.message)?;
        // Told once: released by its owner, things go on as they are.
        home.repo.take_as_own(now);
        before.told.extend(fresh);
        self.keep_tripwire(run, before)?;
        Ok((true, found.marks))
    }

    fn keep_tripwire(&self, run: RunId, before: Before) -> Result<(), String> {
        let file = self.tripwire_file(run);
        let text = serde_json::to_vec(&before).map_err(|error| error.to_string())?;
        std::fs::write(&file, text).map_err(|error| format!("{}: {error}", file.display()))?;
        lock(&self.tripwires).insert(run, before);
        Ok(())
    }

    fn tripwire_file(&self, run: RunId) -> PathBuf {
        self.dir.run(run).join("tripwire.json")
    }

    async fn site(&self, task: TaskId, home: &Home) -> Result<Option<Site>, String> {
        let (workplace, project) =
            self.read(move |office| office.tasks.get(&task).map(|task| (task.workplace.clone(), task.project))).await?;
        let owner = home.repo.owner();
        Ok(workplace.filter(|place| !place.branch.is_empty()).map(|place| Site {
            checkout: place.path.into(),
            root: owner.root.clone(),
            git_dir: owner.common_dir.clone(),
            cache: self.dir.setup_cache(project),
            base: home.base.full(),
        }))
    }
}

/// Checkouts of other tasks in which no run is open.
fn idle(office: &Office, own: TaskId) -> BTreeMap<u32, PathBuf> {
    let works = |task: &Task| task.last_run.and_then(|run| office.runs.get(&run)).is_some_and(Run::is_open);
    let others = office.tasks.values().filter(|task| task.id != own && !task.state.at_work() && !works(task));
    others.filter_map(|task| Some((task.id.0, PathBuf::from(&task.workplace.as_ref()?.path)))).collect()
}

fn newest(office: &Office) -> u32 {
    office.next.run.0
}

/// Checkouts in which a run began after that number was the next.
fn used_since(office: &Office, number: u32) -> BTreeSet<PathBuf> {
    let since = office.runs.values().filter(|run| run.id.0 >= number);
    since.filter_map(|run| Some(PathBuf::from(&run.workplace.as_ref()?.path))).collect()
}

fn look(site: &Site, soft: bool, idle: &BTreeMap<u32, PathBuf>, newest: u32) -> Before {
    let mut before = Before { soft, checkout: checkout_settings(&site.checkout), newest, ..Before::default() };
    if !soft {
        return before;
    }
    before.owners_settings = directory_settings(&site.git_dir);
    before.owners_refs = branches(&site.git_dir);
    before.owners_refs.retain(|name, _| !name.starts_with("refs/office/") && !name.starts_with("refs/remotes/"));
    let home = std::env::var_os("HOME").map(PathBuf::from);
    let named = |folder: &Path, names: &[&str]| names.iter().map(|name| folder.join(name)).collect::<Vec<_>>();
    let files = home.iter().flat_map(|home| named(home, &AT_HOME)).chain(named(&site.root, &AT_WORK));
    before.files = files.filter_map(|file| Some((file.display().to_string(), fingerprint(&file)?))).collect();
    for kept in std::fs::read_dir(&site.cache).into_iter().flatten().flatten() {
        before.kept.insert(kept.path().display().to_string(), folder(&kept.path()));
    }
    before.idle = idle
        .iter()
        .filter(|(_, path)| path.is_dir())
        .map(|(task, path)| {
            let mut places = checkout_settings(path);
            places.extend(branches(&path.join(".git")));
            (*task, Idle { path: path.clone(), places })
        })
        .collect();
    before
}

/// How many files, and the newest change of any by the kernel's own clock, which nobody sets back.
fn folder(top: &Path) -> String {
    let (mut files, mut newest) = (0_usize, (0, 0));
    let mut next = vec![top.to_owned()];
    while let Some(dir) = next.pop() {
        for entry in std::fs::read_dir(&dir).into_iter().flatten().flatten() {
            let Ok(facts) = entry.metadata() else { continue };
            files += 1;
            newest = newest.max((facts.ctime(), facts.ctime_nsec()));
            if facts.is_dir() && files < MOST {
                next.push(entry.path());
            }
        }
    }
    format!("{files} files, last changed {}.{:09}", newest.0, newest.1)
}

fn compare(before: &Before, after: &Before, site: &Site) -> Found {
    let mut found = Found::default();
    let checkout = format!("the checkout {}", site.checkout.display());
    let own = differences(&checkout, &before.checkout, &after.checkout);
    for (name, line) in changed_names(&before.checkout, &after.checkout).into_iter().zip(own) {
        // Settings and hooks that run something run inside a sandbox, as all of it does; where objects come from is nobody's to change.
        let elsewhere =
            name.starts_with(".git") || name.starts_with("objects") || name == "commondir" || name == "gitdir";
        if before.soft || elsewhere {
            found.incidents.insert(line);
        } else {
            found.marks.push(format!("do not run git in its checkout: {line}"));
        }
    }
    if !before.soft {
        return found;
    }
    let owner = format!("your repository {}", site.root.display());
    found.incidents.extend(differences(&owner, &before.owners_settings, &after.owners_settings));
    found.incidents.extend(differences("what is yours", &before.files, &after.files));
    // What the office kept of a set-up meanwhile is its own doing; what it had kept before stays as it is.
    for (name, was) in &before.kept {
        if let Some(now) = after.kept.get(name).filter(|now| *now != was) {
            found.incidents.insert(told("what set-up keeps for all desks", name, Some(was), Some(now)));
        }
    }
    for name in changed_names(&before.owners_refs, &after.owners_refs) {
        if let Some(now) = after.owners_refs.get(&name).filter(|now| was_at(&site.checkout, now)) {
            let was = before.owners_refs.get(&name);
            found
                .incidents
                .insert(format!("{} stands at what only this desk has made", told(&owner, &name, was, Some(now))));
        }
    }
    for (task, idle) in &before.idle {
        let Some(now) = after.idle.get(task).filter(|now| now.path == idle.path) else { continue };
        let place = format!("the checkout {} of task {task}, in which nobody works", idle.path.display());
        found.incidents.extend(differences(&place, &idle.places, &now.places));
    }
    found
}

/// The base stands where its own history does not lead.
async fn base_set_back(before: &Before, after: &Before, site: &Site, home: &Home) -> Option<String> {
    let was = before.owners_refs.get(&site.base)?;
    let now = after.owners_refs.get(&site.base);
    let goes_on = match now {
        Some(now) => now == was || home.repo.owner_goes_on(was, now).await,
        None => false,
    };
    (!goes_on).then(|| {
        let owner = format!("your repository {}", site.root.display());
        format!("{} was set back", told(&owner, &site.base, Some(was), now))
    })
}

fn changed_names(before: &Places, after: &Places) -> Vec<String> {
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    names.into_iter().filter(|name| before.get(*name) != after.get(*name)).cloned().collect()
}

fn differences(place: &str, before: &Places, after: &Places) -> Vec<String> {
    let line = |name: String| told(place, &name, before.get(&name), after.get(&name));
    changed_names(before, after).into_iter().map(line).collect()
}

/// One difference: where, what was there and what is.
fn told(place: &str, name: &str, before: Option<&String>, after: Option<&String>) -> String {
    let said = |value: Option<&String>| {
        value.map_or("nothing".to_owned(), |value| {
            let short: String = value.chars().take(120).collect();
            format!("'{}'", short.escape_debug())
        })
    };
    format!("{name} of {place}: before {}, now {}", said(before), said(after))
}

fn in_words(fresh: &[String]) -> String {
    let mut text = "something changed that its desk must not change; its work was not taken. ".to_owned();
    text.push_str(&fresh.iter().take(TOLD).map(String::as_str).collect::<Vec<_>>().join("; "));
    if fresh.len() > TOLD {
        text.push_str(&format!("; and {} more", fresh.len() - TOLD));
    }
    text.push_str(". Put back what you did not do yourself; released, things go on as they are");
    text
}

async fn off_thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, String> {
    tokio::task::spawn_blocking(work).await.map_err(|error| error.to_string())
}
