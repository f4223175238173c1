//! Fetches what the base's lock files name into stores of the office's own, once per lock file, in a sandbox that holds manifests and
//! nothing of the repository that runs. Desks and checks find a store read-only: their homes begin with links to what is in it, so
//! nothing that one of them writes is another's. Deliberately not here: how a sandbox is made, and what an agent fetches itself.

use std::collections::HashMap;
use std::io;
use std::path::Path;
use std::time::{Duration, Instant, SystemTime};

use office_core::audit::digest;
use office_core::project::Project;
use office_core::{At, ProjectId, RunId};
use office_git::{Oid, PathKind, TreeEntry};
use office_pty::run_bounded;
use tokio_util::sync::CancellationToken;

use crate::effects::setup::{Whose, tail, timed_out};
use crate::paths::private_dir;
use crate::publish::is_registry;
use crate::sandbox::{Kept, loopback_port};
use crate::world::{Home, World, lock};

/// Run 0 is no run.
const NOBODY: RunId = RunId(0);
const FETCHING: Duration = Duration::from_secs(600);
const PRINTED: usize = 64 * 1024;
/// Lock files of one commit that are looked at, and how deep they may lie.
const LOCKS: usize = 6;
const DEEP: usize = 3;
/// Bytes of a lock file and of a manifest; how many manifests and sources there may be.
const LOCK_MAX: usize = 32 << 20;
const MANIFEST_MAX: usize = 1 << 20;
const FILES_MAX: usize = 20_000;
/// Stores that no base names are kept for so long: a desk may still work with one.
const KEPT: Duration = Duration::from_secs(14 * 24 * 3600);
/// Names the stores of the base as it is now.
const NOW: &str = "now";

/// A store that could not be had is tried again after so many seconds, then after twice as many, at the latest after so many.
const AGAIN: u32 = 300;
const AGAIN_AT_MOST: u32 = 2 * 3600;

/// What has been looked at since the office began.
#[derive(Default)]
pub(crate) struct Looked {
    /// The base of each project whose stores are there, as far as they could be had, and when the others are tried again.
    bases: HashMap<ProjectId, (String, Option<At>)>,
    /// Stores that could not be had: how often in a row, and when that is tried again.
    failed: HashMap<String, (u32, At)>,
}

impl Looked {
    /// Whether there is nothing to be had for this base now.
    fn knows(&self, project: ProjectId, base: &str, now: At) -> bool {
        self.bases.get(&project).is_some_and(|(known, again)| known == base && again.is_none_or(|again| now < again))
    }

    fn is_due(&self, store: &str, now: At) -> bool {
        self.failed.get(store).is_none_or(|(_, again)| now >= *again)
    }

    fn failed(&mut self, store: &str, now: At) {
        let times = self.failed.get(store).map_or(0, |(times, _)| *times);
        let wait = AGAIN.saturating_mul(1 << times.min(16)).min(AGAIN_AT_MOST);
        self.failed.insert(store.to_owned(), (times + 1, now.plus_seconds(wait)));
    }
}

/// A tool whose packages are fetched.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Tool {
    Npm,
    Cargo,
}

impl Tool {
    const ALL: [Tool; 2] = [Tool::Npm, Tool::Cargo];

    fn lock(self) -> &'static str {
        match self {
            Tool::Npm => "package-lock.json",
            Tool::Cargo => "Cargo.lock",
        }
    }

    fn manifest(self) -> &'static str {
        match self {
            Tool::Npm => "package.json",
            Tool::Cargo => "Cargo.toml",
        }
    }

    fn name(self) -> &'static str {
        match self {
            Tool::Npm => "npm",
            Tool::Cargo => "cargo",
        }
    }

    /// Neither runs anything that a manifest or a package says. Without a network npm would wait for over a minute by itself, and a
    /// desk with it.
    fn command(self) -> &'static str {
        match self {
            Tool::Npm => {
                "npm ci --ignore-scripts --no-bin-links --no-audit --no-fund --no-update-notifier --loglevel=error \
                 --fetch-retries=2 --fetch-retry-mintimeout=500 --fetch-retry-maxtimeout=5000 --fetch-timeout=60000"
            }
            Tool::Cargo => "cargo fetch --locked --quiet",
        }
    }

    /// Where it keeps what it fetched, in a home.
    fn cache(self) -> &'static str {
        match self {
            Tool::Npm => ".npm/_cacache",
            Tool::Cargo => ".cargo/registry",
        }
    }
}

/// A lock file of the base.
struct Lock {
    tool: Tool,
    /// The folder it lies in; empty for the top.
    folder: String,
    text: Vec<u8>,
    /// What its store is called.
    store: String,
}

impl World {
    /// Sees that what the base's lock files name is there for desks of a project. What cannot be had they fetch themselves, as ever.
    pub(crate) async fn fetch(&self, project: &Project, home: &Home, tip: &Oid, halt: Option<&CancellationToken>) {
        if !matches!(self.kept(project).await, Ok(Kept::In)) {
            return;
        }
        // A desk whose base is known waits for nobody's fetch.
        let known = || lock(&self.looked).knows(project.id, tip.as_str(), self.clock.now());
        if known() {
            return;
        }
        let fetched = async {
            let _turn = self.fetch_turn.lock().await;
            match known() {
                true => Ok(()),
                false => self.fetch_all(project, home, tip).await,
            }
        };
        let fetched = match halt {
            None => fetched.await,
            Some(halt) => tokio::select! {
                fetched = fetched => fetched,
                () = halt.cancelled() => return,
            },
        };
        if let Err(why) = fetched {
            tracing::warn!(project = project.name, why, "packages of the base could not be fetched");
        }
    }

    async fn fetch_all(&self, project: &Project, home: &Home, tip: &Oid) -> Result<(), String> {
        let text = |error: office_git::GitError| error.to_string();
        let tree = home.repo.list_tree(tip).await.map_err(text)?;
        let dir = self.dir.fetched(project.id);
        private_dir(&dir)?;
        let (mut now, mut again) = (Vec::new(), None);
        for it in locks(home, tip, &tree).await? {
            let store = dir.join(&it.store);
            if !store.is_dir() && lock(&self.looked).is_due(&it.store, self.clock.now()) {
                let begun = Instant::now();
                let fetched = self.fetch_one(project, home, tip, &tree, &it, &store).await;
                let (took_ms, name) = (begun.elapsed().as_millis(), &it.store);
                match fetched {
                    Ok(()) => {
                        tracing::info!(project = project.name, name, took_ms, "packages were fetched");
                        lock(&self.looked).failed.remove(name);
                    }
                    Err(why) => {
                        tracing::warn!(project = project.name, name, took_ms, why, "packages could not be fetched");
                        lock(&self.looked).failed(name, self.clock.now());
                    }
                }
            }
            if store.is_dir() {
                now.push(it.store);
            } else if let Some((_, at)) = lock(&self.looked).failed.get(&it.store) {
                again = Some(again.map_or(*at, |again: At| again.min(*at)));
            }
        }
        let at = SystemTime::UNIX_EPOCH + Duration::from_millis(self.clock.now().millis().try_into().unwrap_or(0));
        let kept = now.clone();
        let told = tokio::task::spawn_blocking(move || {
            forget(&dir, &kept, at);
            // Read whole or not at all by whoever makes a home meanwhile.
            let partial = dir.join("now.partial");
            std::fs::write(&partial, kept.join("\n")).and_then(|()| std::fs::rename(&partial, dir.join(NOW)))
        });
        told.await.map_err(|error| error.to_string())?.map_err(|error| error.to_string())?;
        lock(&self.looked).bases.insert(project.id, (tip.as_str().to_owned(), again));
        Ok(())
    }

    /// Fills one store: in a folder with manifests, the lock file and, for cargo, empty sources; with a home that begins empty; with
    /// registries to reach and nothing else.
    async fn fetch_one(
        &self,
        project: &Project,
        home: &Home,
        tip: &Oid,
        tree: &[TreeEntry],
        it: &Lock,
        store: &Path,
    ) -> Result<(), String> {
        let text = |error: office_git::GitError| error.to_string();
        let top = self.dir.run(NOBODY);
        let (own_home, work) = (top.join(Whose::Fetch.home()), top.join("fetch-work"));
        for old in [&own_home, &top.join(Whose::Fetch.tmp()), &work] {
            office_git::remove_folder(old).await.map_err(text)?;
        }
        private_dir(&work)?;
        self.lay_manifests(home, tip, tree, it, &work).await?;
        let cwd = work.join(&it.folder);
        let door = top.join(format!("fetch-{}", &self.ids.token()[..12]));
        let mut policy = self.errand_policy((NOBODY, Whose::Fetch), project, home, &work, &door)?;
        let registry = self.own_registry(it.tool).await;
        // A mirror of the owner's, on this machine or elsewhere; the registries that everybody knows are let through anyway.
        policy.ports = registry.as_deref().and_then(loopback_port).into_iter().collect();
        let host = registry.as_deref().and_then(|url| url.strip_prefix("https://")?.split(['/', ':']).next());
        let _door = self.errand_door(&door, host.map(str::to_owned).into_iter().collect(), policy.ports.clone())?;
        // The folder's name is a word and never a part of the line.
        let line = format!("cd \"$0\" && exec {}", it.tool.command());
        let words = ["sh".to_owned(), "-c".to_owned(), line, cwd.display().to_string()];
        let mut spec = self.sandboxed(&policy, &words)?;
        let mut env = Self::inside_variables(&own_home, &policy);
        env.extend(registry.map(|registry| ("npm_config_registry".to_owned(), registry)));
        spec.env = self.scrubbed(&own_home, &env);
        let marker = format!("{}#{}", self.dir.root().display(), self.ids.token());
        let over = run_bounded(spec.marker("OFFICE_ERRAND", marker), FETCHING, PRINTED).await;
        let over = over.map_err(|error| error.to_string())?;
        if timed_out(&over) {
            return Err(format!("it did not end within {} s", FETCHING.as_secs()));
        }
        if !over.success() {
            return Err(tail(&over, 1000));
        }
        let cache = own_home.join(it.tool.cache());
        // Here and now: left to another thread it could come after this call was dropped, and find what the next one has half fetched.
        let moved = match plain_dir(&cache) {
            true => std::fs::rename(&cache, store),
            false => std::fs::create_dir(store),
        };
        moved.map_err(|error| format!("{}: {error}", store.display()))?;
        for old in [&own_home, &work] {
            office_git::remove_folder(old).await.map_err(text)?;
        }
        Ok(())
    }

    /// Where the owner's own npm takes packages from, if it says so in a way that nobody else is led to.
    async fn own_registry(&self, tool: Tool) -> Option<String> {
        match tool {
            Tool::Npm => is_registry(&self.owners_registry(None).await.ok()??).ok(),
            Tool::Cargo => None,
        }
    }

    /// Nothing that the tool could take for its settings, and nothing that could run.
    async fn lay_manifests(
        &self,
        home: &Home,
        tip: &Oid,
        tree: &[TreeEntry],
        it: &Lock,
        work: &Path,
    ) -> Result<(), String> {
        let put = |path: &Path, text: &[u8]| {
            let to = work.join(path);
            let made = to.parent().map_or(Ok(()), std::fs::create_dir_all);
            made.and_then(|()| std::fs::write(&to, text)).map_err(|error| format!("{}: {error}", to.display()))
        };
        let mut files = 0;
        for entry in tree.iter().filter(|entry| is_file(entry)) {
            let path = entry.path.as_path();
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            let manifest = name == it.tool.manifest() && !is_foreign(path);
            let source = it.tool == Tool::Cargo && path.extension().is_some_and(|ending| ending == "rs");
            if !manifest && !source {
                continue;
            }
            files += 1;
            if files > FILES_MAX {
                return Err(format!("it has more than {FILES_MAX} manifests and sources"));
            }
            let read = match manifest {
                // That there is a source is all cargo wants to know.
                false => None,
                true => {
                    home.repo.read_file_at(tip, &entry.path, MANIFEST_MAX).await.map_err(|error| error.to_string())?
                }
            };
            put(path, &read.unwrap_or_default())?;
        }
        put(&Path::new(&it.folder).join(it.tool.lock()), &it.text)
    }

    /// Makes the home of a run's programs where it is not there yet, with links to what was fetched for the base. One that a program
    /// was in is never written into.
    pub(crate) async fn furnish_home(&self, project: ProjectId, run: RunId, whose: Whose) -> Result<(), String> {
        let home = self.dir.run(run).join(whose.home());
        if run == NOBODY || !whose.finds_stores() || std::fs::symlink_metadata(&home).is_ok() {
            return Ok(());
        }
        // Its own, should two of them be made at once.
        let partial = home.with_extension(format!("{}.partial", &self.ids.token()[..12]));
        let dir = self.dir.fetched(project);
        // Thousands of links: it holds nobody up.
        let made = tokio::task::spawn_blocking(move || {
            let made = furnish_all(&dir, &partial, &home).map_err(|error| format!("{}: {error}", home.display()));
            // Only what was not to be is still there.
            let _ = std::fs::remove_dir_all(&partial);
            made
        });
        made.await.map_err(|error| error.to_string())?
    }
}

fn furnish_all(dir: &Path, partial: &Path, home: &Path) -> io::Result<()> {
    let now = std::fs::read_to_string(dir.join(NOW)).unwrap_or_default();
    if now.is_empty() {
        return private_dir(home).map_err(io::Error::other);
    }
    private_dir(partial).map_err(io::Error::other)?;
    for name in now.lines().filter(|name| is_store(name)) {
        if let Some(tool) = Tool::ALL.into_iter().find(|tool| name.starts_with(tool.name())) {
            furnish(tool, &dir.join(name), &partial.join(tool.cache()))?;
        }
    }
    match std::fs::rename(partial, home) {
        // Somebody else was as quick.
        Err(_) if home.is_dir() => Ok(()),
        other => other,
    }
}

fn is_store(name: &str) -> bool {
    !name.is_empty() && !name.contains(['/', '.'])
}

/// What lies in a folder of somebody else's packages says nothing of these.
fn is_foreign(path: &Path) -> bool {
    path.components().any(|part| ["node_modules", "vendor", "target"].iter().any(|name| part.as_os_str() == *name))
}

fn is_file(entry: &TreeEntry) -> bool {
    matches!(entry.kind, PathKind::File | PathKind::Executable)
}

async fn locks(home: &Home, tip: &Oid, tree: &[TreeEntry]) -> Result<Vec<Lock>, String> {
    let mut found = Vec::new();
    for entry in tree.iter().filter(|entry| is_file(entry)) {
        let path = entry.path.as_path();
        let Some(tool) = Tool::ALL.into_iter().find(|tool| path.file_name().is_some_and(|name| name == tool.lock()))
        else {
            continue;
        };
        let Some(folder) = path.parent().and_then(Path::to_str) else { continue };
        if is_foreign(path) || path.components().count() > DEEP || found.len() >= LOCKS {
            continue;
        }
        let text = home.repo.read_file_at(tip, &entry.path, LOCK_MAX).await.map_err(|error| error.to_string())?;
        let Some(text) = text else { continue };
        let hash = &digest(&text)[..32];
        found.push(Lock { tool, folder: folder.to_owned(), text, store: format!("{}-{hash}", tool.name()) });
    }
    Ok(found)
}

/// Stores that nothing has named for long go; what cannot be removed stays until the next time.
fn forget(dir: &Path, now: &[String], at: SystemTime) {
    let before = std::fs::read_to_string(dir.join(NOW)).unwrap_or_default();
    // From when it was last named, not from when it was fetched, which may be long ago.
    for name in before.lines().chain(now.iter().map(String::as_str)).filter(|name| is_store(name)) {
        let _ = std::fs::File::open(dir.join(name)).and_then(|store| store.set_modified(at));
    }
    for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let named = entry.metadata().and_then(|facts| facts.modified()).ok();
        let old = named.and_then(|named| at.duration_since(named).ok());
        if old.is_some_and(|old| old > KEPT) && !now.iter().any(|kept| name == kept.as_str()) {
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}

/// A cache of one's own that begins with what is in a store: small files that the tool writes again are copied, the rest are links.
fn furnish(tool: Tool, store: &Path, cache: &Path) -> io::Result<()> {
    match tool {
        Tool::Npm => {
            each(&store.join("index-v5"), &cache.join("index-v5"), usize::MAX, &copied)?;
            each(&store.join("content-v2"), &cache.join("content-v2"), usize::MAX, &linked)
        }
        Tool::Cargo => {
            each(&store.join("index"), &cache.join("index"), usize::MAX, &copied)?;
            // Archives, and what was unpacked of them: each crate's whole folder is one link.
            each(&store.join("cache"), &cache.join("cache"), 1, &linked)?;
            each(&store.join("src"), &cache.join("src"), 1, &linked)
        }
    }
}

fn plain_dir(path: &Path) -> bool {
    std::fs::symlink_metadata(path).is_ok_and(|facts| facts.is_dir())
}

fn copied(from: &Path, to: &Path) -> io::Result<()> {
    if std::fs::symlink_metadata(to).is_ok() {
        return Ok(());
    }
    std::fs::copy(from, to).map(|_| ())
}

fn linked(from: &Path, to: &Path) -> io::Result<()> {
    match std::os::unix::fs::symlink(from, to) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        other => other,
    }
}

/// Does something for each file below a folder; from `depth` on a folder is taken as a whole.
fn each(from: &Path, to: &Path, depth: usize, what: &dyn Fn(&Path, &Path) -> io::Result<()>) -> io::Result<()> {
    // A link in its place would lead the office, which reads here as the owner, anywhere.
    if !plain_dir(from) {
        return Ok(());
    }
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let (kind, source, dest) = (entry.file_type()?, entry.path(), to.join(entry.file_name()));
        if kind.is_dir() && depth > 0 {
            each(&source, &dest, depth - 1, what)?;
        } else if kind.is_dir() || kind.is_file() {
            what(&source, &dest)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_home_begins_with_links_to_what_was_fetched_and_copies_of_what_is_written_again() {
        let root = tempfile::tempdir().unwrap();
        let (store, cache) = (root.path().join("store"), root.path().join("home/.cargo/registry"));
        for (file, text) in
            [("index/r/.cache/a", "one"), ("cache/r/a-1.crate", "two"), ("src/r/a-1/src/lib.rs", "three")]
        {
            fs::create_dir_all(store.join(file).parent().unwrap()).unwrap();
            fs::write(store.join(file), text).unwrap();
        }
        furnish(Tool::Cargo, &store, &cache).unwrap();
        furnish(Tool::Cargo, &store, &cache).unwrap();
        let link = |name: &str| fs::read_link(cache.join(name)).ok();
        assert_eq!(link("src/r/a-1"), Some(store.join("src/r/a-1")));
        assert_eq!(link("cache/r/a-1.crate"), Some(store.join("cache/r/a-1.crate")));
        assert!(link("index/r/.cache/a").is_none());
        fs::write(cache.join("index/r/.cache/a"), "its own").unwrap();
        assert_eq!(fs::read_to_string(store.join("index/r/.cache/a")).unwrap(), "one");
        assert_eq!(fs::read_to_string(cache.join("src/r/a-1/src/lib.rs")).unwrap(), "three");
    }

    #[test]
    fn what_could_not_be_had_is_tried_again_later_and_later_and_keeps_no_desk_waiting_until_then() {
        let (mut looked, project) = (Looked::default(), ProjectId(1));
        let begun = At::from_millis(1_000);
        assert!(!looked.knows(project, "base", begun) && looked.is_due("npm-a", begun));
        let mut waits = Vec::new();
        let mut now = begun;
        for _ in 0..7 {
            looked.failed("npm-a", now);
            let again = looked.failed["npm-a"].1;
            looked.bases.insert(project, ("base".to_owned(), Some(again)));
            let just_before = At::from_millis(again.millis() - 1);
            assert!(looked.knows(project, "base", just_before) && !looked.is_due("npm-a", just_before));
            assert!(!looked.knows(project, "base", again) && looked.is_due("npm-a", again));
            waits.push(again.seconds_since(now));
            now = again;
        }
        assert_eq!(waits, [300, 600, 1200, 2400, 4800, 7200, 7200]);
        assert!(looked.is_due("npm-b", begun), "others are not waited for");
        looked.bases.insert(project, ("base".to_owned(), None));
        assert!(looked.knows(project, "base", now) && !looked.knows(project, "another", now));
    }

    #[test]
    fn a_home_that_is_there_is_left_as_it_is() {
        let root = tempfile::tempdir().unwrap();
        let (dir, home, partial) = (root.path().join("fetched"), root.path().join("home"), root.path().join("partial"));
        fs::create_dir_all(dir.join("npm-a/content-v2")).unwrap();
        fs::write(dir.join("npm-a/content-v2/one"), "one").unwrap();
        fs::write(dir.join(NOW), "npm-a\nnpm-a\n../npm-b").unwrap();
        furnish_all(&dir, &partial, &home).unwrap();
        let one = home.join(Tool::Npm.cache()).join("content-v2/one");
        assert_eq!(fs::read_link(&one).unwrap(), dir.join("npm-a/content-v2/one"));
        fs::remove_file(&one).unwrap();
        furnish_all(&dir, &partial, &home).unwrap();
        assert!(fs::symlink_metadata(&one).is_err(), "a program may be in it");
    }

    #[test]
    fn a_link_in_a_store_leads_the_office_nowhere() {
        let root = tempfile::tempdir().unwrap();
        let (store, cache) = (root.path().join("store"), root.path().join("home/.npm/_cacache"));
        fs::create_dir_all(root.path().join("secrets")).unwrap();
        fs::create_dir_all(store.join("content-v2")).unwrap();
        fs::write(root.path().join("secrets/id"), "SECRET").unwrap();
        std::os::unix::fs::symlink(root.path().join("secrets"), store.join("index-v5")).unwrap();
        std::os::unix::fs::symlink(root.path().join("secrets/id"), store.join("content-v2/id")).unwrap();
        furnish(Tool::Npm, &store, &cache).unwrap();
        assert!(fs::symlink_metadata(cache.join("index-v5")).is_err());
        assert!(fs::symlink_metadata(cache.join("content-v2/id")).is_err());
        assert!(cache.join("content-v2").is_dir());
    }

    #[test]
    fn a_store_stays_for_a_while_after_it_was_last_named_however_long_ago_it_was_fetched() {
        let root = tempfile::tempdir().unwrap();
        let at = SystemTime::UNIX_EPOCH + KEPT * 100;
        let old = at - KEPT * 2;
        for name in ["npm-now", "npm-before", "npm-long-gone"] {
            fs::create_dir(root.path().join(name)).unwrap();
            fs::File::open(root.path().join(name)).unwrap().set_modified(old).unwrap();
        }
        fs::write(root.path().join(NOW), "npm-before").unwrap();
        forget(root.path(), &["npm-now".to_owned()], at);
        let is = |name: &str| root.path().join(name).is_dir();
        assert_eq!((is("npm-now"), is("npm-before"), is("npm-long-gone")), (true, true, false));
    }

    #[test]
    fn packages_of_others_are_no_manifests_of_this() {
        assert!(is_foreign(Path::new("a/node_modules/b/package.json")));
        assert!(!is_foreign(Path::new("ui/package.json")));
    }
}
