//! The world that effects act on: directories, git, the host of terminals, and what is known of each project's
//! repository. Doing an effect is in `effects/`.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};

use office_core::audit::digest;
use office_core::ports::{Clock, Ids};
use office_core::project::{Project, ProjectSettings};
use office_core::sandbox::Enforcement;
use office_core::{EngineName, Event, Office, ProjectId, Refusal, RunId, TaskId};
use office_engines::EngineSpec;
use office_git::{Branch, Git, OfficeRepo, RepoFacts};
use office_pty::{PtyHost, SessionId};
use office_store::Store;
use tokio::sync::broadcast::error::RecvError;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::handle::{Feed, Handle};
use crate::holder::{Holder, Live};
use crate::paths::OfficeDir;

/// A repository as last looked at, and the office's own beside it.
pub(crate) struct Home {
    pub(crate) repo: OfficeRepo,
    pub(crate) base: Branch,
    /// Settings by base commit, so that an unmoved base is not read again.
    pub(crate) settings: tokio::sync::Mutex<Option<(String, ProjectSettings)>>,
    /// Merges of one project happen one after another.
    pub(crate) merging: tokio::sync::Mutex<()>,
    /// One base checkout per project is tried at a time.
    pub(crate) trying: tokio::sync::Mutex<()>,
    /// One package per project is packed at a time.
    pub(crate) packing: tokio::sync::Mutex<()>,
}

/// A live terminal.
#[derive(Clone)]
pub(crate) struct Seat {
    pub(crate) live: Live,
    pub(crate) session: SessionId,
    pub(crate) pid: u32,
}

impl Seat {
    pub(crate) fn host(&self) -> Arc<dyn PtyHost> {
        self.live.host()
    }
}

/// Everything effects and the door share. Cheap to clone by `Arc`.
pub(crate) struct World {
    pub(crate) dir: OfficeDir,
    pub(crate) handle: Handle,
    pub(crate) store: Arc<Store>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Arc<dyn Ids>,
    pub(crate) git: Git,
    pub(crate) holder: Holder,
    pub(crate) engines: HashMap<EngineName, EngineSpec>,
    pub(crate) index: crate::search::Index,
    /// Folders whose changes are listened for.
    pub(crate) watched: Arc<crate::watched::Watched>,
    /// The line to each live agent.
    pub(crate) lines: Mutex<HashMap<RunId, Arc<crate::tell::Line>>>,
    pub(crate) tracker: TaskTracker,
    pub(crate) closing: CancellationToken,
    /// Whether the machine stays awake.
    pub(crate) awake: Mutex<crate::awake::Awake>,
    /// Whether the desktop can be told.
    pub(crate) notified: Mutex<crate::desktop::Reach>,
    /// The owner's windows that are connected.
    pub(crate) windows: crate::desktop::Windows,
    /// Set where desks are to go on without this runtime.
    pub(crate) leave: AtomicBool,
    /// Held by whoever has a program started; the shutdown waits for them.
    pub(crate) spawning: tokio::sync::RwLock<()>,
    pub(crate) seats: Mutex<HashMap<RunId, Seat>>,
    /// Hashes of the tokens that a run may show: one for each time its start was tried.
    pub(crate) tokens: Mutex<HashMap<RunId, Vec<String>>>,
    /// Set once something was seen to run in a sandbox here.
    pub(crate) sandbox: tokio::sync::OnceCell<()>,
    /// What was found out about engines' programs.
    pub(crate) trials: crate::trial::Trials,
    /// How things were when runs began.
    pub(crate) tripwires: Mutex<HashMap<RunId, crate::tripwire::Before>>,
    /// Which files each task touched when its checkout was last looked at.
    pub(crate) touched: Mutex<HashMap<TaskId, BTreeSet<String>>>,
    /// What keeps a run to its own, from its start on.
    pub(crate) enforcements: Mutex<HashMap<RunId, Enforcement>>,
    /// What meters were told last of budgets.
    pub(crate) budgets_told: tokio::sync::Mutex<Option<office_meter::budget::Budgets>>,
    /// Desks' own doors; cancelling one closes it.
    pub(crate) side_doors: Mutex<HashMap<RunId, CancellationToken>>,
    /// What says what the rules say.
    pub(crate) guards: Arc<crate::ruled::Guards>,
    /// What agents were about to do lately.
    pub(crate) lately: Arc<crate::judged::Lately>,
    /// Files of rules are tried and written by one at a time.
    pub(crate) rules_turn: tokio::sync::Mutex<()>,
    /// What of the bases' packages is there.
    pub(crate) looked: Mutex<crate::fetch::Looked>,
    /// Packages are fetched for one project at a time.
    pub(crate) fetch_turn: tokio::sync::Mutex<()>,
    /// The demo is opened by one at a time.
    pub(crate) demo_turn: tokio::sync::Mutex<()>,
    homes: tokio::sync::Mutex<HashMap<ProjectId, Arc<Home>>>,
    halts: Mutex<HashMap<TaskId, CancellationToken>>,
    runs: Mutex<HashMap<RunId, Arc<tokio::sync::Mutex<()>>>>,
    tasks: Mutex<HashMap<TaskId, Arc<tokio::sync::Mutex<()>>>>,
}

/// What [`World::new`] needs.
pub(crate) struct Parts {
    pub(crate) dir: OfficeDir,
    pub(crate) handle: Handle,
    pub(crate) store: Arc<Store>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Arc<dyn Ids>,
    pub(crate) git: Git,
    pub(crate) holder: Holder,
    pub(crate) engines: HashMap<EngineName, EngineSpec>,
    pub(crate) index: crate::search::Index,
}

impl World {
    pub(crate) fn new(parts: Parts) -> Self {
        let Parts { dir, handle, store, clock, ids, git, holder, engines, index } = parts;
        Self {
            lately: Arc::new(crate::judged::Lately::new(dir.root())),
            rules_turn: tokio::sync::Mutex::default(),
            dir,
            handle,
            store,
            clock,
            ids,
            git,
            holder,
            engines,
            index,
            watched: Arc::default(),
            lines: Mutex::default(),
            tracker: TaskTracker::new(),
            closing: CancellationToken::new(),
            awake: Mutex::default(),
            notified: Mutex::default(),
            windows: crate::desktop::Windows::default(),
            leave: AtomicBool::new(false),
            spawning: tokio::sync::RwLock::default(),
            seats: Mutex::default(),
            tokens: Mutex::default(),
            sandbox: tokio::sync::OnceCell::new(),
            trials: crate::trial::Trials::default(),
            tripwires: Mutex::default(),
            touched: Mutex::default(),
            enforcements: Mutex::default(),
            budgets_told: tokio::sync::Mutex::default(),
            side_doors: Mutex::default(),
            guards: Arc::default(),
            demo_turn: tokio::sync::Mutex::default(),
            looked: Mutex::default(),
            fetch_turn: tokio::sync::Mutex::default(),
            homes: tokio::sync::Mutex::default(),
            halts: Mutex::default(),
            runs: Mutex::default(),
            tasks: Mutex::default(),
        }
    }

    /// The one place where the runtime starts a task; shutdown waits for all of them.
    pub(crate) fn start<F>(&self, future: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.tracker.spawn(future);
    }

    /// Waits for the next event that matters; what was missed counts as one that does. None once the office closes.
    pub(crate) async fn next_that(&self, feed: &mut Feed, matters: impl Fn(&Event) -> bool) -> Option<()> {
        loop {
            let next = tokio::select! {
                () = self.closing.cancelled() => return None,
                next = feed.recv() => next,
            };
            match next {
                Ok(item) if !matters(&item.envelope.event) => {}
                Ok(_) | Err(RecvError::Lagged(_)) => return Some(()),
                Err(RecvError::Closed) => return None,
            }
        }
    }

    /// Reads from the office, or says in words why not.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Office) -> Option<T> + Send + 'static,
    ) -> Result<T, String> {
        match self.handle.read(read).await {
            Ok(Some(found)) => Ok(found),
            Ok(None) => Err("it is no longer there".to_owned()),
            Err(Refusal { message, .. }) => Err(message),
        }
    }

    /// A project's repository; looked at once, and again when its folder has gone and come back.
    pub(crate) async fn home(&self, project: &Project) -> Result<Arc<Home>, String> {
        let mut homes = self.homes.lock().await;
        if let Some(home) = homes.get(&project.id).filter(|home| home.repo.owner().root.is_dir()) {
            return Ok(home.clone());
        }
        let base = Branch::parse(&project.base_branch).map_err(|error| error.to_string())?;
        let facts = self.look_at(Path::new(&project.path), &project.prefix).await?;
        let at = self.dir.repository(project.id);
        let parent = self.dir.project(project.id);
        std::fs::create_dir_all(&parent).map_err(|error| format!("{}: {error}", parent.display()))?;
        let repo = OfficeRepo::open(&self.git, &at, &facts).map_err(|error| error.to_string())?;
        repo.sweep().map_err(|error| error.to_string())?;
        let home = Arc::new(Home {
            repo,
            base,
            settings: tokio::sync::Mutex::default(),
            merging: tokio::sync::Mutex::default(),
            trying: tokio::sync::Mutex::default(),
            packing: tokio::sync::Mutex::default(),
        });
        homes.insert(project.id, home.clone());
        Ok(home)
    }

    pub(crate) async fn look_at(&self, path: &Path, prefix: &str) -> Result<RepoFacts, String> {
        office_git::inspect(&self.git, path, prefix).await.map_err(|error| error.to_string())
    }

    /// The token that calls off set-up and checks of a task.
    pub(crate) fn halt_of(&self, task: TaskId) -> CancellationToken {
        let mut halts = lock(&self.halts);
        let token = halts.entry(task).or_default();
        if token.is_cancelled() {
            *token = CancellationToken::new();
        }
        token.clone()
    }

    /// Calls off what goes on for a task.
    pub(crate) fn halt(&self, task: TaskId) {
        if let Some(token) = lock(&self.halts).remove(&task) {
            token.cancel();
        }
    }

    /// Starting and ending one run never overlap.
    pub(crate) fn run_lock(&self, run: RunId) -> Arc<tokio::sync::Mutex<()>> {
        lock(&self.runs).entry(run).or_default().clone()
    }

    /// Effects on one task's checkout come one after another.
    pub(crate) fn turn_of(&self, task: TaskId) -> Arc<tokio::sync::Mutex<()>> {
        lock(&self.tasks).entry(task).or_default().clone()
    }

    pub(crate) fn seat(&self, run: RunId) -> Option<Seat> {
        lock(&self.seats).get(&run).cloned()
    }

    /// The run that this token belongs to, while it lives.
    pub(crate) fn run_of_token(&self, token: &str) -> Option<RunId> {
        let hash = digest(token);
        lock(&self.tokens).iter().find(|(_, hashes)| hashes.contains(&hash)).map(|(run, _)| *run)
    }

    /// Has a run's new token known before its program can use it, to this runtime and the next.
    pub(crate) fn admit(&self, run: RunId, token: &str) -> Result<(), String> {
        use std::io::Write;
        use std::os::unix::fs::OpenOptionsExt;
        let (path, hash) = (self.dir.token_hashes(run), digest(token));
        let file = std::fs::OpenOptions::new().append(true).create(true).mode(0o600).open(&path);
        let written = file.and_then(|mut file| writeln!(file, "{hash}"));
        written.map_err(|error| format!("{}: {error}", path.display()))?;
        lock(&self.tokens).entry(run).or_default().push(hash);
        Ok(())
    }

    /// The hashes that an earlier runtime wrote down.
    pub(crate) fn stored_tokens(&self, run: RunId) -> Vec<String> {
        let text = std::fs::read_to_string(self.dir.token_hashes(run)).unwrap_or_default();
        text.lines().filter(|line| line.len() == 64).map(str::to_owned).collect()
    }

    pub(crate) fn forget_run(&self, run: RunId) {
        lock(&self.seats).remove(&run);
        lock(&self.tokens).remove(&run);
        // What is not there needs no removing.
        let _ = std::fs::remove_file(self.dir.token_hashes(run));
        lock(&self.runs).remove(&run);
        lock(&self.enforcements).remove(&run);
        if let Some(door) = lock(&self.side_doors).remove(&run) {
            door.cancel();
        }
    }

    /// The folder that holds the running `office` program, first on every desk's path.
    pub(crate) fn own_folder() -> Option<PathBuf> {
        std::env::current_exe().ok().and_then(|path| path.parent().map(Path::to_owned))
    }
}

/// A lock that a panicked holder does not poison for everyone: the maps behind these stay consistent at every step.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
