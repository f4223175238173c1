//! Publishes with the owner's rights what the owner approved: a package that was packed in the sandbox, without a script of it, from
//! the files of a desk's checkout, and kept. What is published is those bytes, from a folder where no desk writes, to the registry
//! that was shown. Deliberately not here: whether it was approved, and that it is done once.

use std::ffi::OsString;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use office_core::approval::{ApprovalState, Deed, Does, PublishWish};
use office_core::audit::digest;
use office_core::project::Project;
use office_core::run::Exit;
use office_core::{EffectId, Outcome, ProjectId, RunId};
use office_pty::{BoundedEnd, BoundedRun, ExitStatus, PtyError, SpawnSpec, Stdin, run_bounded};

use crate::deeds::{is_in, told};
use crate::effects::setup::{Errand, Ran, Whose, tail, timed_out};
use crate::fault;
use crate::parcel::Parcel;
use crate::paths::private_dir;
use crate::world::World;

/// The largest package that is kept.
const LARGEST: u64 = 64 << 20;
/// Files of a package that are named.
const NAMED: usize = 200;
const PACKING: Duration = Duration::from_secs(60);
const ASKING: Duration = Duration::from_secs(20);
const PUBLISHING: Duration = Duration::from_secs(300);
const PRINTED: usize = 64 * 1024;
/// What nobody has asked for since then is not kept.
const FORGOTTEN: Duration = Duration::from_secs(3600);
/// What it is called while it is published.
const FILE: &str = "package.tgz";

impl World {
    /// What the office would publish; none where that is no business of its.
    pub(crate) async fn publish_deed(
        &self,
        run: RunId,
        wish: PublishWish,
        cwd: &str,
    ) -> Result<Option<Box<Deed>>, String> {
        let it = self.read(move |office| office.runs.get(&run).cloned()).await?;
        let Some(workplace) = &it.workplace else { return Ok(None) };
        let checkout = Path::new(&workplace.path);
        let mut folder = PathBuf::from(cwd);
        for step in [&wish.folder, &wish.package].into_iter().flatten() {
            folder.push(step);
        }
        if !is_in(checkout, &folder) {
            return Err("the office publishes what lies in the desk's own checkout, and nothing else".to_owned());
        }
        let project = self.project_of_run(run).await?;
        let bytes = self.pack(run, &project, checkout, &folder).await?;
        let sha256 = digest(&bytes);
        let length = u32::try_from(bytes.len()).map_err(|_| "the package is too large")?;
        let read = tokio::task::spawn_blocking(move || Parcel::read(&bytes).map(|parcel| (parcel, bytes)));
        let (parcel, bytes) = read.await.map_err(|error| error.to_string())??;
        let registry = self.registry_for(&wish, &parcel).await?;
        let tag = wish.tag.or(parcel.tag.clone());
        if parcel.version.contains('-') && tag.is_none() {
            return Err(format!(
                "{} is a version before a release: say under which name, `--tag next`",
                parcel.version
            ));
        }
        self.keep_parcel(project.id, &sha256, &bytes).await?;
        let more = u32::try_from(parcel.files.len().saturating_sub(NAMED)).unwrap_or(u32::MAX);
        let mut files = parcel.files;
        files.truncate(NAMED);
        let access = wish.access.or(parcel.access);
        let (package, version) = (parcel.name, parcel.version);
        Ok(Some(Box::new(Deed::publish(Does::Publish {
            package,
            version,
            registry,
            tag,
            access,
            sha256,
            bytes: length,
            files,
            more,
        }))))
    }

    /// Packs a folder in the sandbox of its desk, with a home that nobody wrote into, and takes out what came of it.
    async fn pack(&self, run: RunId, project: &Project, checkout: &Path, folder: &Path) -> Result<Vec<u8>, String> {
        let home = self.home(project).await?;
        let _one_at_a_time = home.packing.lock().await;
        let own = self.dir.run(run).join(Whose::Parcel.home());
        for old in [own.clone(), self.dir.run(run).join(Whose::Parcel.tmp())] {
            office_git::remove_folder(&old).await.map_err(|error| error.to_string())?;
        }
        let out = own.join("out");
        private_dir(&out)?;
        let words: Vec<String> = [
            "npm",
            "pack",
            ".",
            "--ignore-scripts",
            "--offline",
            "--no-dry-run",
            "--no-update-notifier",
            "--loglevel=error",
            "--pack-destination",
        ]
        .map(str::to_owned)
        .into_iter()
        .chain([out.display().to_string()])
        .collect();
        let command = format!(
            "cd {} && exec {}",
            office_core::approval::shown(&[folder.display().to_string()]),
            office_core::approval::shown(&words)
        );
        let errand = Errand {
            project,
            place: &home,
            run,
            command: &command,
            cwd: checkout,
            whose: Whose::Parcel,
            timeout: PACKING,
            halt: None,
            env: Vec::new(),
        };
        let over = match self.errand(errand).await? {
            Ran::Over(over) if over.success() => over,
            Ran::Over(over) if timed_out(&over) => return Err("the package was not packed within a minute".to_owned()),
            Ran::Over(over) => return Err(format!("the package could not be packed: {}", tail(&over, 1000))),
            Ran::CalledOff => return Err("called off".to_owned()),
        };
        let taken = tokio::task::spawn_blocking(move || take_out(&out));
        let bytes = taken.await.map_err(|error| error.to_string())?;
        let bytes = bytes.map_err(|why| format!("the package could not be taken out: {why}: {}", tail(&over, 500)))?;
        office_git::remove_folder(&own).await.map_err(|error| error.to_string())?;
        Ok(bytes)
    }

    /// Where it goes: what was asked for, else what the owner's own settings say. What the package or the checkout says counts
    /// only where it says the same.
    async fn registry_for(&self, wish: &PublishWish, parcel: &Parcel) -> Result<String, String> {
        let asked = wish.registry.clone();
        let own = match (&asked, parcel.scope()) {
            (Some(_), _) => None,
            (None, scope) => self.owners_registry(scope).await?,
        };
        let registry = asked.or(own).ok_or("npm says of no registry")?;
        let registry = is_registry(&registry)?;
        if let Some(other) =
            parcel.registry.as_deref().filter(|it| it.trim_end_matches('/') != registry.trim_end_matches('/'))
        {
            return Err(format!(
                "its package.json names the registry {}, but it would go to {registry}: say which is meant, `npm publish --registry URL`",
                office_git::without_password(other)
            ));
        }
        Ok(registry)
    }

    /// The registry that the owner's own npm takes packages of a scope from, or all.
    pub(crate) async fn owners_registry(&self, scope: Option<&str>) -> Result<Option<String>, String> {
        let scoped = scope.map(|scope| format!("{scope}:registry"));
        for key in scoped.iter().map(String::as_str).chain(["registry"]) {
            let place = Outside::open(self)?;
            let over = place.npm(&["config", "get", key], ASKING).await.map_err(|error| no_npm(&error))?;
            let said = over.output.to_lossy();
            let said = said.trim();
            if !over.success() {
                return Err(format!("npm does not say which registry is yours: {}", tail(&over, 500)));
            }
            if !matches!(said, "" | "undefined" | "null") {
                return Ok(Some(said.lines().last().unwrap_or_default().to_owned()));
            }
        }
        Ok(None)
    }

    async fn keep_parcel(&self, project: ProjectId, sha256: &str, bytes: &[u8]) -> Result<(), String> {
        let wanted = self.read(|office| {
            let open = office.approvals.values().filter(|it| {
                matches!(it.state, ApprovalState::Waiting | ApprovalState::Approved | ApprovalState::Running)
            });
            let kept = open.filter_map(|it| match &it.deed.as_ref()?.does {
                Does::Publish { sha256, .. } => Some(sha256.clone()),
                Does::Push { .. } | Does::Owner { .. } => None,
            });
            Some(kept.collect::<Vec<_>>())
        });
        let wanted = wanted.await?;
        let (dir, sha256, bytes) = (self.dir.parcels(project), sha256.to_owned(), bytes.to_vec());
        let kept = tokio::task::spawn_blocking(move || {
            private_dir(&dir)?;
            forget(&dir, &wanted);
            let file = dir.join(&sha256);
            put(&file, &bytes).map_err(|error| format!("{}: {error}", file.display()))
        });
        kept.await.map_err(|error| error.to_string())?
    }

    /// Publishes what is kept under this hash. What is about to begin is written down first.
    pub(crate) async fn publish(&self, id: EffectId, project: ProjectId, does: &Does) -> Result<Outcome, String> {
        let Does::Publish { package, version, registry, tag, access, sha256, .. } = does else {
            return Err("it is no package".to_owned());
        };
        let kept = self.dir.parcels(project).join(sha256);
        let read = tokio::task::spawn_blocking(move || std::fs::read(kept));
        let bytes = read.await.map_err(|error| error.to_string())?;
        let bytes = bytes.ok().filter(|bytes| digest(bytes) == *sha256);
        let bytes = bytes.ok_or("the package is no longer kept as it was shown; nothing was published. Ask again")?;
        let place = Outside::open(self)?;
        put(&place.folder.join(FILE), &bytes).map_err(|error| error.to_string())?;
        let mut words = vec![
            "publish".to_owned(),
            format!("./{FILE}"),
            "--ignore-scripts".to_owned(),
            "--no-dry-run".to_owned(),
            "--no-update-notifier".to_owned(),
            format!("--registry={registry}"),
        ];
        // What the owner set for a scope wins over the registry that is named, even where it is named so loudly.
        words.extend(package.split_once('/').map(|(scope, _)| format!("--{scope}:registry={registry}")));
        words.extend(tag.as_ref().map(|tag| format!("--tag={tag}")));
        words.extend(access.as_ref().map(|access| format!("--access={access}")));
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        self.store.mark_running(&[id]).await.map_err(|error| error.to_string())?;
        fault::point("before an act");
        let over = place.npm(&words, PUBLISHING).await;
        fault::point("after an act");
        let over = match over {
            Ok(over) => over,
            Err(error) => return Err(no_npm(&error)),
        };
        Ok(match over.end {
            BoundedEnd::Exited(ExitStatus::Code(code)) => {
                tracing::info!(package, version, registry, code, "a package was published");
                Outcome::Acted { exit: Exit::Code { code }, output: told(&over.output.to_lossy()) }
            }
            BoundedEnd::Exited(_) | BoundedEnd::TimedOut | BoundedEnd::Cancelled => {
                Outcome::Unclear { why: "npm was ended while it published".to_owned() }
            }
        })
    }
}

/// A folder of the owner's in which nothing says anything to npm; it is gone afterwards.
struct Outside {
    folder: PathBuf,
}

impl Outside {
    fn open(world: &World) -> Result<Self, String> {
        let folder = world.dir.root().join("outside").join(&world.ids.token()[..16]);
        private_dir(&folder)?;
        // npm looks no further up for a project whose settings it would read.
        put(&folder.join("package.json"), b"{}\n").map_err(|error| error.to_string())?;
        Ok(Self { folder })
    }

    /// npm as the owner runs it.
    async fn npm(&self, words: &[&str], limit: Duration) -> Result<BoundedRun, PtyError> {
        let mut spec = SpawnSpec::new(std::iter::once("npm").chain(words.iter().copied()), &self.folder);
        spec.env = owners();
        spec.stdin = Stdin::Null;
        run_bounded(spec, limit, PRINTED).await
    }
}

impl Drop for Outside {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// The owner's own environment, without what tells of an office or of a script of npm's that it may have been started by.
fn owners() -> Vec<(OsString, OsString)> {
    let strange = |name: &str| {
        ["OFFICE_", "npm_package_", "npm_lifecycle_"].iter().any(|start| name.starts_with(start))
            || ["npm_config_local_prefix", "npm_config_dry_run", "npm_command", "INIT_CWD"].contains(&name)
    };
    let own = std::env::vars_os().filter(|(name, _)| name.to_str().is_some_and(|name| !strange(name)));
    // It asks nobody whether there is a newer npm.
    own.chain([("npm_config_update_notifier".into(), "false".into())]).collect()
}

fn no_npm(error: &PtyError) -> String {
    format!("npm could not be started for you: {error}")
}

/// An address that can be shown, and that nobody on the way reads.
pub(crate) fn is_registry(url: &str) -> Result<String, String> {
    let plain = url.bytes().all(|b| b.is_ascii_graphic()) && !url.contains(['@', '?', '#', '\'', '"', '\\']);
    let rest = url.strip_prefix("https://").or_else(|| {
        let rest = url.strip_prefix("http://")?;
        let place = rest.split('/').next()?;
        let host = place.rsplit_once(':').map_or(place, |(host, _)| host);
        matches!(host, "127.0.0.1" | "localhost" | "[::1]").then_some(rest)
    });
    match rest.filter(|rest| plain && !rest.is_empty() && !rest.starts_with('/')) {
        Some(_) => Ok(if url.ends_with('/') { url.to_owned() } else { format!("{url}/") }),
        None => Err(format!(
            "{} is no registry that the office publishes to: https://..., without a name or password in it",
            office_git::without_password(url)
        )),
    }
}

/// The one plain file in a folder that somebody else filled.
fn take_out(folder: &Path) -> Result<Vec<u8>, String> {
    let mut entries = std::fs::read_dir(folder).map_err(|error| error.to_string())?;
    let (Some(entry), None) = (entries.next(), entries.next()) else {
        return Err("npm packed none, or several".to_owned());
    };
    let path = entry.map_err(|error| error.to_string())?.path();
    let flags = nix::libc::O_NOFOLLOW | nix::libc::O_NONBLOCK;
    let file = std::fs::OpenOptions::new().read(true).custom_flags(flags).open(path);
    let file = file.map_err(|error| error.to_string())?;
    let facts = file.metadata().map_err(|error| error.to_string())?;
    if !facts.is_file() || facts.len() > LARGEST {
        return Err("it is no file, or larger than 64 MiB".to_owned());
    }
    let mut bytes = Vec::new();
    std::io::Read::read_to_end(&mut std::io::Read::take(file, LARGEST), &mut bytes)
        .map_err(|error| error.to_string())?;
    Ok(bytes)
}

/// Writes a file for its owner alone, whole or not at all.
fn put(file: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let partial = file.with_extension("partial");
    let _ = std::fs::remove_file(&partial);
    let mut out = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&partial)?;
    std::io::Write::write_all(&mut out, bytes)?;
    std::fs::rename(partial, file)
}

/// Removes what nobody asks for any more; what cannot be removed stays until the next time.
fn forget(dir: &Path, wanted: &[String]) {
    for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let old = entry.metadata().and_then(|facts| facts.modified()).ok().and_then(|at: SystemTime| at.elapsed().ok());
        if old.is_some_and(|old| old > FORGOTTEN) && !wanted.iter().any(|kept| name == kept.as_str()) {
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_registry_is_reached_where_nobody_listens_and_is_shown_whole() {
        for url in
            ["https://registry.npmjs.org/", "http://127.0.0.1:4873/", "http://localhost:1/x/", "https://a.example/npm/"]
        {
            assert_eq!(is_registry(url).as_deref(), Ok(url));
        }
        assert_eq!(is_registry("https://a.example").as_deref(), Ok("https://a.example/"));
        for url in [
            "http://a.example/",
            "https://me:secret@a.example/",
            "http://127.0.0.1.a.example/",
            "file:///x",
            "https://",
            "",
            "x",
        ] {
            assert!(is_registry(url).is_err(), "{url}");
        }
    }

    #[test]
    fn only_one_plain_file_is_taken_out() {
        let root = tempfile::tempdir().unwrap();
        let dir = root.path().join("out");
        std::fs::create_dir(&dir).unwrap();
        assert!(take_out(&dir).is_err());
        std::fs::write(dir.join("a.tgz"), "it").unwrap();
        assert_eq!(take_out(&dir).unwrap(), b"it");
        std::fs::write(dir.join("b.tgz"), "it").unwrap();
        assert!(take_out(&dir).is_err());
        std::fs::remove_file(dir.join("a.tgz")).unwrap();
        std::fs::remove_file(dir.join("b.tgz")).unwrap();
        std::fs::write(root.path().join("secret"), "it").unwrap();
        std::os::unix::fs::symlink(root.path().join("secret"), dir.join("a.tgz")).unwrap();
        assert!(take_out(&dir).is_err(), "a link is not followed");
    }
}
