//! Sets a checkout up: files the owner wants in it, the cache from before, or the set-up commands.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use office_core::RunId;
use office_core::project::{Project, ProjectSettings};
use office_pty::{BoundedEnd, BoundedRun, SpawnSpec, run_bounded};
use sha2::Digest;
use tokio_util::sync::CancellationToken;

use crate::sandbox::Kept;
use crate::world::{Home, World};

/// Output of one set-up command or check that is kept.
pub(crate) const OUTPUT_CAP: usize = 256 * 1024;

/// Whose home and temporary files something runs with. What an agent left in its own, no check reads, and what it planted in a
/// commit that was checked, nothing of the base's reads.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Whose {
    /// The desk's.
    Desk,
    /// Those of the checks of its work.
    Checks,
    /// Those of what is on the base.
    Base,
    /// Those in which a package is packed; they begin empty.
    Parcel,
    /// Those in which packages of the base are fetched; they begin empty, too.
    Fetch,
}

impl Whose {
    /// The name of their home in a run's folder.
    pub(crate) fn home(self) -> &'static str {
        match self {
            Whose::Desk => "home",
            Whose::Checks => "checks-home",
            Whose::Base => "base-home",
            Whose::Parcel => "parcel-home",
            Whose::Fetch => "fetch-home",
        }
    }

    /// The same for their temporary files.
    pub(crate) fn tmp(self) -> &'static str {
        match self {
            Whose::Desk => "tmp",
            Whose::Checks => "checks-tmp",
            Whose::Base => "base-tmp",
            Whose::Parcel => "parcel-tmp",
            Whose::Fetch => "fetch-tmp",
        }
    }

    /// Whether what was fetched for the base is there for them.
    pub(crate) fn finds_stores(self) -> bool {
        matches!(self, Whose::Desk | Whose::Checks | Whose::Base)
    }
}

/// A checkout that is to be set up.
pub(crate) struct Fresh<'a> {
    pub(crate) project: &'a Project,
    pub(crate) settings: &'a ProjectSettings,
    pub(crate) home: &'a Home,
    pub(crate) checkout: &'a Path,
    pub(crate) run: RunId,
    pub(crate) whose: Whose,
    /// Nothing in it is an agent's: what is made here may be kept for other checkouts.
    pub(crate) at_base: bool,
}

/// A shell command to run on behalf of a project, never as the owner: scrubbed environment, own group, bounded.
pub(crate) struct Errand<'a> {
    pub(crate) project: &'a Project,
    pub(crate) place: &'a Home,
    pub(crate) run: RunId,
    pub(crate) command: &'a str,
    pub(crate) cwd: &'a Path,
    pub(crate) whose: Whose,
    pub(crate) timeout: Duration,
    pub(crate) halt: Option<&'a CancellationToken>,
    pub(crate) env: Vec<(String, String)>,
}

/// What an errand came to.
pub(crate) enum Ran {
    Over(BoundedRun),
    CalledOff,
}

impl World {
    /// The environment of everything that runs code an agent could have written: nothing of the owner's but its path and language.
    pub(crate) fn scrubbed(&self, home: &Path, extra: &[(String, String)]) -> Vec<(OsString, OsString)> {
        let owner = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
        let mut path = Self::own_folder().map(PathBuf::into_os_string).unwrap_or_default();
        let rest = owner("PATH").unwrap_or_else(|| "/usr/local/bin:/usr/bin:/bin".into());
        if !path.is_empty() {
            path.push(":");
        }
        path.push(rest);
        let mut env: Vec<(OsString, OsString)> = vec![
            ("PATH".into(), path),
            ("HOME".into(), home.as_os_str().to_owned()),
            ("LANG".into(), owner("LANG").unwrap_or_else(|| "C.UTF-8".into())),
            ("TMPDIR".into(), std::env::temp_dir().into_os_string()),
            ("OFFICE_DIR".into(), self.dir.root().as_os_str().to_owned()),
        ];
        // Toolchains live below the owner's home; what they need to be found is told, not the home itself.
        for name in ["CARGO_HOME", "RUSTUP_HOME"] {
            if let Some(value) = owner(name).or_else(|| default_toolchain(name)) {
                env.push((name.into(), value));
            }
        }
        for name in ["USER", "LOGNAME", "SHELL"] {
            env.extend(owner(name).map(|value| (name.into(), value)));
        }
        env.extend(extra.iter().map(|(key, value)| (key.into(), value.into())));
        env
    }

    /// Runs one errand to its end, its time-out or until it is called off; its whole group ends with it.
    pub(crate) async fn errand(&self, errand: Errand<'_>) -> Result<Ran, String> {
        // Not the agent's marker, so that ending the one does not end the other.
        let marker = format!("{}#{}", self.dir.root().display(), self.ids.token());
        let words = ["sh", "-c", errand.command].map(str::to_owned);
        let mut env = errand.env;
        let kept = self.kept(errand.project).await?;
        if matches!(kept, Kept::In) {
            self.furnish_home(errand.project.id, errand.run, errand.whose).await?;
        }
        let own_home = self.errand_home(errand.run, errand.whose)?;
        // Open for as long as the errand runs.
        let mut _door = None;
        let mut spec = match kept {
            Kept::In => {
                let door = self.dir.run(errand.run).join(format!("errand-{}", &self.ids.token()[..12]));
                let at = (errand.run, errand.whose);
                let policy = self.errand_policy(at, errand.project, errand.place, errand.cwd, &door)?;
                _door = Some(self.errand_door(&door, errand.project.sandbox.reach.clone(), Vec::new())?);
                env.extend(Self::inside_variables(&own_home, &policy));
                self.sandboxed(&policy, &words)?
            }
            Kept::Out(_) => SpawnSpec::new(words, errand.cwd),
        };
        spec.env = self.scrubbed(&own_home, &env);
        let spec = spec.marker("OFFICE_ERRAND", &marker);
        let running = run_bounded(spec, errand.timeout, OUTPUT_CAP);
        let over = match errand.halt {
            None => running.await,
            Some(halt) => tokio::select! {
                over = running => over,
                () = halt.cancelled() => {
                    // Dropping the call begins to end the group; "called off" is said when it is gone.
                    let gone = tokio::task::spawn_blocking(move || {
                        let ours = |value: &std::ffi::OsStr| value == marker.as_str();
                        office_pty::end_leftovers("OFFICE_ERRAND".as_ref(), &ours, Duration::from_secs(1))
                    });
                    gone.await.map_err(|error| error.to_string())?;
                    return Ok(Ran::CalledOff);
                }
            },
        };
        over.map(Ran::Over).map_err(|error| error.to_string())
    }

    pub(crate) async fn set_up(&self, fresh: &Fresh<'_>, halt: Option<CancellationToken>) -> Result<(), String> {
        let Fresh { project, settings, home, checkout, run, whose, at_base } = *fresh;
        let (owner, at, wanted) = (home.repo.owner().root.clone(), checkout.to_owned(), settings.clone());
        off_thread(move || place_files(&owner, &at, &wanted)).await?;
        if settings.setup.run.is_empty() {
            return Ok(());
        }
        let cache = self.dir.setup_cache(project.id).join(cache_key(checkout, settings)?);
        if !settings.setup.cache.is_empty() && cache.is_dir() {
            let (at, wanted) = (checkout.to_owned(), settings.clone());
            return off_thread(move || restore(&cache, &at, &wanted)).await;
        }
        for command in &settings.setup.run {
            let errand = Errand {
                project,
                place: home,
                run,
                command,
                cwd: checkout,
                whose,
                timeout: Duration::from_secs(settings.setup_timeout_secs().into()),
                halt: halt.as_ref(),
                env: Vec::new(),
            };
            match self.errand(errand).await? {
                Ran::CalledOff => return Err("called off".to_owned()),
                Ran::Over(over) if over.success() => {}
                Ran::Over(over) => {
                    let how = if timed_out(&over) {
                        format!("did not end within {} s", settings.setup_timeout_secs())
                    } else {
                        "failed".to_owned()
                    };
                    return Err(format!("the set-up command `{command}` {how}: {}", tail(&over, 2000)));
                }
            }
        }
        // What an agent's work was set up to is its own: kept for others, it would be a way from one desk to the next.
        if at_base && !settings.setup.cache.is_empty() {
            let (at, wanted) = (checkout.to_owned(), settings.clone());
            off_thread(move || save(&cache, &at, &wanted)).await?;
        }
        Ok(())
    }

    /// The home of a desk's own programs.
    pub(crate) fn own_home(&self, run: RunId) -> Result<PathBuf, String> {
        self.errand_home(run, Whose::Desk)
    }

    /// A home of its own for what runs on behalf of a run.
    pub(crate) fn errand_home(&self, run: RunId, whose: Whose) -> Result<PathBuf, String> {
        let home = self.dir.run(run).join(whose.home());
        std::fs::create_dir_all(&home).map_err(|error| format!("{}: {error}", home.display()))?;
        Ok(home)
    }
}

/// Copies whole folders where it holds nobody up.
async fn off_thread(work: impl FnOnce() -> Result<(), String> + Send + 'static) -> Result<(), String> {
    tokio::task::spawn_blocking(work).await.map_err(|error| error.to_string())?
}

/// Where rustup and cargo keep their things when no variable says so.
fn default_toolchain(name: &str) -> Option<OsString> {
    let folder = if name == "CARGO_HOME" { ".cargo" } else { ".rustup" };
    let path = PathBuf::from(std::env::var_os("HOME")?).join(folder);
    path.is_dir().then(|| path.into_os_string())
}

pub(crate) fn timed_out(over: &BoundedRun) -> bool {
    over.end == BoundedEnd::TimedOut
}

/// The end of an output, at most `max` bytes, as text.
pub(crate) fn tail(over: &BoundedRun, max: usize) -> String {
    let text = over.output.to_lossy();
    let mut start = text.len().saturating_sub(max);
    while !text.is_char_boundary(start) {
        start += 1;
    }
    text[start..].trim_end().to_owned()
}

fn place_files(owner: &Path, checkout: &Path, settings: &ProjectSettings) -> Result<(), String> {
    let trouble = |path: &Path, error: std::io::Error| format!("{}: {error}", path.display());
    for (list, link) in [(&settings.copy, false), (&settings.link, true)] {
        for name in list {
            let (from, to) = (owner.join(name), checkout.join(name));
            let facts = match std::fs::symlink_metadata(&from) {
                Ok(facts) => facts,
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
                Err(error) => return Err(trouble(&from, error)),
            };
            if std::fs::symlink_metadata(&to).is_ok() {
                continue;
            }
            if !without_links(checkout, name) {
                return Err(format!("{name}: a link in the checkout leads elsewhere; nothing of yours is put there"));
            }
            if let Some(parent) = to.parent() {
                std::fs::create_dir_all(parent).map_err(|error| trouble(parent, error))?;
            }
            if link {
                std::os::unix::fs::symlink(&from, &to).map_err(|error| trouble(&to, error))?;
            } else if facts.is_dir() {
                copy_tree(&from, &to).map_err(|error| trouble(&from, error))?;
            } else if facts.is_file() {
                std::fs::copy(&from, &to).map_err(|error| trouble(&from, error))?;
            }
        }
    }
    Ok(())
}

/// Copies a folder: files, folders, and links as links.
fn copy_tree(from: &Path, to: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let (kind, dest) = (entry.file_type()?, to.join(entry.file_name()));
        if kind.is_symlink() {
            std::os::unix::fs::symlink(std::fs::read_link(entry.path())?, dest)?;
        } else if kind.is_dir() {
            copy_tree(&entry.path(), &dest)?;
        } else if kind.is_file() {
            std::fs::copy(entry.path(), dest)?;
        }
    }
    Ok(())
}

/// Whether a name in a checkout is reached without following a link: an agent's link would lead whoever follows it anywhere.
fn without_links(checkout: &Path, name: &str) -> bool {
    let mut at = checkout.to_owned();
    Path::new(name).components().all(|part| {
        at.push(part);
        let plain = matches!(part, std::path::Component::Normal(_) | std::path::Component::CurDir);
        plain && !std::fs::symlink_metadata(&at).is_ok_and(|facts| facts.file_type().is_symlink())
    })
}

/// What the kept folders depend on: the commands, and the content of the key files.
fn cache_key(checkout: &Path, settings: &ProjectSettings) -> Result<String, String> {
    let mut hash = sha2::Sha256::new();
    for word in settings.setup.run.iter().chain(&settings.setup.cache).chain(&settings.setup.cache_key) {
        hash.update(word.len().to_le_bytes());
        hash.update(word.as_bytes());
    }
    for name in &settings.setup.cache_key {
        let path = checkout.join(name);
        match std::fs::symlink_metadata(&path) {
            Ok(facts) if facts.is_file() && without_links(checkout, name) => {
                let bytes = std::fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))?;
                hash.update(bytes.len().to_le_bytes());
                hash.update(bytes);
            }
            _ => hash.update(path.as_os_str().as_bytes()),
        }
    }
    Ok(hash.finalize().iter().take(12).map(|byte| format!("{byte:02x}")).collect())
}

fn save(cache: &Path, checkout: &Path, settings: &ProjectSettings) -> Result<(), String> {
    let partial = super::prepare::beside(cache, ".partial");
    let trouble = |error: std::io::Error| format!("the set-up cache {}: {error}", cache.display());
    match std::fs::remove_dir_all(&partial) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(trouble(error)),
        _ => {}
    }
    for name in &settings.setup.cache {
        let from = checkout.join(name);
        if without_links(checkout, name) && from.is_dir() {
            copy_tree(&from, &partial.join(name)).map_err(trouble)?;
        }
    }
    std::fs::create_dir_all(&partial).map_err(trouble)?;
    // Two checkouts may have been set up at once; the second one's copy is as good as the first's.
    match std::fs::rename(&partial, cache) {
        Err(_) if cache.is_dir() => std::fs::remove_dir_all(&partial).map_err(trouble),
        other => other.map_err(trouble),
    }
}

fn restore(cache: &Path, checkout: &Path, settings: &ProjectSettings) -> Result<(), String> {
    for name in &settings.setup.cache {
        let from = cache.join(name);
        if from.is_dir() && without_links(checkout, name) {
            copy_tree(&from, &checkout.join(name))
                .map_err(|error| format!("the set-up cache {}: {error}", from.display()))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    fn settings() -> ProjectSettings {
        let mut settings = ProjectSettings::default();
        settings.setup.cache = vec!["deps".into(), "a/b".into()];
        settings.copy = vec!["config/local".into()];
        settings
    }

    #[test]
    fn what_is_kept_of_a_set_up_and_put_back_follows_no_link() {
        let root = tempfile::tempdir().unwrap();
        let at = |name: &str| root.path().join(name);
        for dir in ["secrets", "outside/b", "checkout/a/b", "fresh", "planted"] {
            std::fs::create_dir_all(at(dir)).unwrap();
        }
        std::fs::write(at("secrets/id"), "SECRET").unwrap();
        std::fs::write(at("checkout/a/b/kept"), "kept").unwrap();
        symlink(at("secrets"), at("checkout/deps")).unwrap();
        save(&at("cache"), &at("checkout"), &settings()).unwrap();
        restore(&at("cache"), &at("fresh"), &settings()).unwrap();
        assert!(at("fresh/a/b/kept").is_file());
        assert!(!at("fresh/deps").exists(), "what a link led to is not kept");
        symlink(at("outside"), at("planted/a")).unwrap();
        restore(&at("cache"), &at("planted"), &settings()).unwrap();
        assert!(!at("outside/b/kept").exists(), "nothing is put where a link leads");
    }

    #[test]
    fn a_file_of_the_owners_is_not_put_where_a_link_leads() {
        let root = tempfile::tempdir().unwrap();
        let at = |name: &str| root.path().join(name);
        for dir in ["owner/config", "outside", "checkout"] {
            std::fs::create_dir_all(at(dir)).unwrap();
        }
        std::fs::write(at("owner/config/local"), "SECRET").unwrap();
        symlink(at("outside"), at("checkout/config")).unwrap();
        assert!(place_files(&at("owner"), &at("checkout"), &settings()).is_err());
        assert!(!at("outside/local").exists());
    }
}
