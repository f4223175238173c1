//! Who holds the desks' programs: the detached host, found at the start or started with the first desk; or this process,
//! where a host cannot be had. What its end means for tasks is in `adopt`.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use office_core::run::Run;
use office_core::{Code, Refusal};
use office_pty::detached::{self, DetachedError, LINGER, Past, RemoteHost, Revive};
use office_pty::{LocalHost, PtyError, PtyHost, SpawnSpec, Spawned};

use crate::paths::OfficeDir;

/// How long leftovers of a host that was killed get to end.
const ORPHANS: Duration = Duration::from_secs(2);
/// A host on its way down has its lock for so long at most.
const LEAVING: Duration = Duration::from_secs(20);
const LOOK: Duration = Duration::from_millis(20);

/// Who holds the programs, as the one who runs the office decides.
pub enum Programs {
    /// This process: they end with it.
    Within {
        /// The holder.
        host: Arc<dyn PtyHost>,
        /// Why it is not the detached host; none where that is as it should be.
        why: Option<String>,
    },
    /// The detached host, which outlives this process.
    Detached {
        /// Its program, `office-host`.
        program: PathBuf,
        /// How long it stays without program and runtime.
        linger: Duration,
        /// What it starts if this process dies while programs run.
        again: Option<Revive>,
    },
}

impl Programs {
    /// The detached host where its program is found: where `OFFICE_HOST_BIN` says, or beside this one.
    pub fn usual(again: Option<Revive>) -> Self {
        match host_program() {
            Ok(program) => {
                let linger = std::env::var("OFFICE_HOST_LINGER_SECS").ok().and_then(|text| text.parse().ok());
                let linger = linger.and_then(|secs| Duration::try_from_secs_f64(secs).ok()).unwrap_or(LINGER);
                Self::Detached { program, linger, again }
            }
            Err(why) => Self::Within { host: Arc::new(LocalHost::new()), why: Some(why) },
        }
    }
}

fn host_program() -> Result<PathBuf, String> {
    if let Some(path) = std::env::var_os("OFFICE_HOST_BIN").filter(|path| !path.is_empty()) {
        let path = PathBuf::from(path);
        return if path.is_file() { Ok(path) } else { Err(format!("{} (OFFICE_HOST_BIN) is no file", path.display())) };
    }
    let own = std::env::current_exe().map_err(|error| format!("this program does not know where it is: {error}"))?;
    // What was replaced by an upgrade is known by its old name still.
    let own = own.to_string_lossy().trim_end_matches(" (deleted)").to_owned();
    let beside = Path::new(&own).with_file_name("office-host");
    if beside.is_file() { Ok(beside) } else { Err(format!("{} is not there", beside.display())) }
}

/// The key under which a run is spawned: the number alone comes again after a backup was restored.
pub(crate) fn key_of(run: &Run) -> String {
    format!("run {} of {}", run.id, run.began)
}

/// A host that answers.
#[derive(Clone)]
pub(crate) enum Live {
    Within(Arc<dyn PtyHost>),
    Detached(Arc<RemoteHost>),
}

impl Live {
    pub(crate) fn host(&self) -> Arc<dyn PtyHost> {
        match self {
            Self::Within(host) => host.clone(),
            Self::Detached(host) => host.clone(),
        }
    }

    pub(crate) async fn spawn(&self, key: &str, spec: SpawnSpec) -> Result<Spawned, PtyError> {
        match self {
            Self::Within(host) => host.spawn(spec).await,
            Self::Detached(host) => host.spawn_keyed(key, spec).await,
        }
    }

    pub(crate) fn is(&self, other: &Arc<RemoteHost>) -> bool {
        matches!(self, Self::Detached(host) if Arc::ptr_eq(host, other))
    }
}

/// Where the programs are, and how to get there.
pub(crate) struct Holder {
    dir: PathBuf,
    /// What values of `OFFICE_RUN` of this office begin with.
    ours: String,
    programs: Programs,
    now: tokio::sync::Mutex<Option<Arc<RemoteHost>>>,
}

impl Holder {
    pub(crate) fn new(dir: &OfficeDir, programs: Programs) -> Self {
        let ours = format!("{}#", dir.root().display());
        Self { dir: dir.host(), ours, programs, now: tokio::sync::Mutex::default() }
    }

    /// At the start: the host that lives, if one does; if none does, nothing of a former one is left after this.
    pub(crate) async fn find(&self) -> Result<Option<Arc<RemoteHost>>, Refusal> {
        let Programs::Detached { again, .. } = &self.programs else { return Ok(None) };
        let mut now = self.now.lock().await;
        let until = tokio::time::Instant::now() + LEAVING;
        loop {
            match RemoteHost::connect(&self.dir).await {
                Ok(host) => {
                    let host = Arc::new(host);
                    wish(&host, again.clone()).await;
                    *now = Some(host.clone());
                    return Ok(Some(host));
                }
                Err(DetachedError::NoHost { .. }) => match self.end_orphans().await {
                    Ok(()) => return Ok(None),
                    Err(DetachedError::Runs { .. }) if tokio::time::Instant::now() < until => {
                        tokio::time::sleep(LOOK).await;
                    }
                    Err(error) => return Err(refusal(&error)),
                },
                Err(error) => return Err(refusal(&error)),
            }
        }
    }

    /// The host, started if none lives. True if nobody has watched over it yet.
    pub(crate) async fn open(&self) -> Result<(Live, bool), String> {
        let (program, linger, again) = match &self.programs {
            Programs::Within { host, .. } => return Ok((Live::Within(host.clone()), false)),
            Programs::Detached { program, linger, again } => (program, *linger, again),
        };
        let mut now = self.now.lock().await;
        if let Some(host) = now.as_ref().filter(|host| !host.is_gone()) {
            return Ok((Live::Detached(host.clone()), false));
        }
        if now.take().is_some() {
            self.end_orphans_of_the_dead().await.map_err(|error| error.to_string())?;
        }
        let host = detached::start_detached(&self.dir, program, linger).await.map_err(|error| error.to_string())?;
        let host = Arc::new(host);
        wish(&host, again.clone()).await;
        *now = Some(host.clone());
        Ok((Live::Detached(host), true))
    }

    /// The host that answers now.
    pub(crate) async fn live(&self) -> Option<Live> {
        match &self.programs {
            Programs::Within { host, .. } => Some(Live::Within(host.clone())),
            Programs::Detached { .. } => self.now.lock().await.clone().map(Live::Detached),
        }
    }

    /// After the end of `dead`: nothing of its programs runs when this comes back. Gives back what it wrote down.
    pub(crate) async fn bury(&self, dead: &Arc<RemoteHost>) -> Vec<Past> {
        let mut now = self.now.lock().await;
        if now.as_ref().is_some_and(|host| Arc::ptr_eq(host, dead)) {
            *now = None;
            if let Err(error) = self.end_orphans_of_the_dead().await {
                tracing::error!(%error, "what the host left behind could not be ended");
            }
        }
        self.past()
    }

    /// What former hosts wrote down.
    pub(crate) fn past(&self) -> Vec<Past> {
        detached::past(&self.dir)
    }

    /// Whether a start under this key may have been made by a holder that is gone.
    pub(crate) async fn was_lost(&self, key: &str) -> bool {
        if !self.is_detached() {
            // Nothing is written down there.
            return true;
        }
        let now = self.now.lock().await;
        let here = now.as_ref().map(|host| host.instance());
        detached::begun_by(&self.dir, key).iter().any(|host| Some(host.as_str()) != here)
    }

    pub(crate) fn is_detached(&self) -> bool {
        matches!(self.programs, Programs::Detached { .. })
    }

    /// Says that an end of this process is on purpose.
    pub(crate) async fn let_be(&self) {
        if let Some(host) = self.now.lock().await.as_ref() {
            wish(host, None).await;
        }
    }

    /// In words, for `office doctor`.
    pub(crate) async fn words(&self) -> Result<String, String> {
        match &self.programs {
            Programs::Within { why: None, .. } => Ok("this process holds the programs".to_owned()),
            Programs::Within { why: Some(why), .. } => Err(format!("{why}: programs end with the runtime")),
            Programs::Detached { program, .. } => match self.now.lock().await.as_ref() {
                Some(host) if !host.is_gone() => {
                    let held = host.sessions().await.map_err(|error| error.to_string())?;
                    let group = host.group_in_words();
                    Ok(format!("holds {} program(s); they outlive this runtime; {group}", held.len()))
                }
                _ => Ok(format!("{} starts with the first desk", program.display())),
            },
        }
    }

    /// Ends what a host left behind whose end was seen: a killed process lets go of its connections first, of its lock a moment later.
    async fn end_orphans_of_the_dead(&self) -> Result<(), DetachedError> {
        let until = tokio::time::Instant::now() + LEAVING;
        loop {
            match self.end_orphans().await {
                Err(DetachedError::Runs { .. }) if tokio::time::Instant::now() < until => {
                    tokio::time::sleep(LOOK).await;
                }
                ended => return ended,
            }
        }
    }

    async fn end_orphans(&self) -> Result<(), DetachedError> {
        let (dir, ours) = (self.dir.clone(), self.ours.clone());
        let ended = tokio::task::spawn_blocking(move || {
            let is_ours = |value: &std::ffi::OsStr| value.to_string_lossy().starts_with(&ours);
            detached::end_orphans(&dir, "OFFICE_RUN".as_ref(), &is_ours, ORPHANS)
        });
        match ended.await {
            Ok(Ok(orphans)) => {
                let ended = orphans.ended;
                if !ended.survivors.is_empty() {
                    tracing::error!(?ended, "processes survive SIGKILL");
                } else if ended.ended > 0 {
                    tracing::info!(?ended, "programs without a host were ended");
                }
                Ok(())
            }
            Ok(Err(error)) => Err(error),
            Err(error) => {
                tracing::error!(%error, "looking for programs without a host failed");
                Ok(())
            }
        }
    }
}

/// A host of version 1 knows of no wish.
async fn wish(host: &RemoteHost, again: Option<Revive>) {
    if host.protocol() >= 2
        && let Err(error) = host.revive(again).await
    {
        tracing::warn!(%error, "the host was not told what to start again");
    }
}

fn refusal(error: &DetachedError) -> Refusal {
    match error {
        DetachedError::Refused { message } => Refusal::new(
            Code::Version,
            message.clone(),
            "end the desks with the version that started them (`office quit`), then start this one; nothing in their \
             checkouts is lost",
        ),
        _ => Refusal::new(Code::Unavailable, error.to_string(), "docs/TROUBLESHOOTING.md says more of the host"),
    }
}
