//! Tries engines: asks each program that is here for its version, and proves of those that should be hard that they deny what
//! nobody allowed with no hook there. What came of it is kept by the program's hash, beside the office's database, and asked again
//! when the program changes. What is asked of it is in `engines::canary`; who may work unattended is decided in `core`.

mod stand_in;

use std::collections::HashMap;
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use office_core::office::OfficeCommand;
use office_core::role::{Engine, Gate};
use office_core::{At, CommandBody, EngineName, Office, Refusal};
use office_engines::EngineSpec;
use office_engines::canary::{CANARY, Saw, Scratch, version_words};
use office_pty::{BoundedEnd, BoundedRun, SpawnSpec, run_bounded};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use self::stand_in::StandIn;
use crate::catalog::{find, gate_by_file, place_of};
use crate::effects::agent::private_file;
use crate::paths::private_dir;
use crate::world::{World, lock};

/// So long a program may take to say its version; a cold one on a busy machine needs seconds.
const VERSION_WITHIN: Duration = Duration::from_secs(20);
/// So long the whole trial may take.
const WITHIN: Duration = Duration::from_secs(90);
const OUTPUT: usize = 16 * 1024;

/// What is known of a program since it was last looked at.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Trial {
    /// Its file, as it was then.
    file: FileFacts,
    /// SHA-256 of its bytes; none of a script, which starts other files that may have changed though it did not.
    sha256: Option<String>,
    /// SHA-256 of what its engine file came to.
    engine: String,
    version: Option<String>,
    /// None: it was not tried, for its version alone was asked for. An error says why it is soft.
    verdict: Option<Result<String, String>>,
}

impl Trial {
    /// Whether it was of this very program, and by this engine file.
    fn is_of(&self, sha256: Option<&str>, engine: &str, version: Option<&str>) -> bool {
        sha256.is_some()
            && (self.sha256.as_deref(), self.version.as_deref()) == (sha256, version)
            && self.engine == engine
    }
}

/// What changes when a file is replaced or written to.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
struct FileFacts {
    path: PathBuf,
    size: u64,
    device: u64,
    inode: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl FileFacts {
    fn of(program: &Path) -> Option<Self> {
        let path = program.canonicalize().ok()?;
        let facts = std::fs::metadata(&path).ok().filter(std::fs::Metadata::is_file)?;
        Some(Self {
            path,
            size: facts.len(),
            device: facts.dev(),
            inode: facts.ino(),
            modified: (facts.mtime(), facts.mtime_nsec()),
            changed: (facts.ctime(), facts.ctime_nsec()),
        })
    }
}

/// What is known of all programs, and whose turn it is to find out more.
#[derive(Default)]
pub(crate) struct Trials {
    known: std::sync::Mutex<HashMap<EngineName, Trial>>,
    /// One at a time is tried: each takes a processor for a while.
    turn: tokio::sync::Mutex<()>,
}

impl World {
    fn trials_file(&self) -> PathBuf {
        self.dir.root().join("engines-tried.json")
    }

    /// Takes up what an earlier runtime found; what does not read is found again.
    pub(crate) fn take_up_trials(&self) {
        let text = std::fs::read(self.trials_file()).unwrap_or_default();
        *lock(&self.trials.known) = serde_json::from_slice(&text).unwrap_or_default();
    }

    /// An engine with what is known of the very program that is here now.
    pub(crate) fn with_trial(&self, engine: &Engine) -> Engine {
        let Some(spec) = self.engines.get(&engine.name) else { return engine.clone() };
        match self.trial_now(spec) {
            Some(trial) => told(spec, &trial, self.clock.now()),
            None => engine.clone(),
        }
    }

    /// What is known of the program that is here now; none where it is another than the one that was looked at.
    fn trial_now(&self, spec: &EngineSpec) -> Option<Trial> {
        let now = FileFacts::of(&place_of(spec)?)?;
        let known = lock(&self.trials.known).get(&spec.name).cloned()?;
        (known.file == now && known.engine == engine_hash(spec)).then_some(known)
    }

    /// Looks at every program that is here, then tries those that sit at a desk; again whenever somebody is hired.
    pub(crate) async fn try_engines(self: Arc<Self>) {
        let here = |office: &Office| office.engines.values().filter(|it| it.found).map(|it| it.name.clone()).collect();
        let Ok(found): Result<Vec<EngineName>, _> = self.handle.read(here).await else { return };
        for name in found {
            let known = self.engines.get(&name).filter(|spec| spec.version.is_some() && spec.wrapper.is_none());
            if known.is_some_and(|spec| self.trial_now(spec).is_none()) && self.look(&name, false).await.is_err() {
                return;
            }
        }
        loop {
            let next = self.handle.wait_until(|office| {
                let desks = office.desks.values().filter(|desk| !desk.removed);
                desks
                    .filter_map(|desk| office.engine_of(desk).ok())
                    .find(|name| office.engines.get(name).is_some_and(|engine| engine.gate == Gate::Untried))
            });
            let found = tokio::select! {
                () = self.closing.cancelled() => return,
                found = next => found,
            };
            let Ok(name) = found else { return };
            let tried = tokio::select! {
                () = self.closing.cancelled() => return,
                tried = self.look(&name, true) => tried,
            };
            if tried.is_err() {
                return;
            }
        }
    }

    /// Tries an engine now, whatever is known of it.
    pub(crate) async fn try_engine(&self, name: &str) -> Result<Engine, Refusal> {
        let name = EngineName(name.to_owned());
        let spec = self.engines.get(&name);
        let spec = spec.ok_or_else(|| Refusal::not_found(format!("engine '{name}'"), "office engine list"))?;
        if spec.wrapper.is_some() || place_of(spec).is_none() {
            let message = format!("the engine '{name}' has no program here that could be tried");
            return Err(Refusal::new(office_core::Code::Unavailable, message, spec.install.clone()));
        }
        lock(&self.trials.known).remove(&name);
        self.look(&name, true).await?;
        let found = self.handle.read(move |office| office.engines.get(&name).cloned()).await?;
        found.ok_or_else(|| Refusal::not_found("that engine", "office engine list"))
    }

    /// Makes sure that the program about to be started is the one that was tried. One that was replaced since is tried first;
    /// where its office counted on it being hard and it no longer is, it is not started.
    pub(crate) async fn still_holds(&self, spec: &EngineSpec) -> Result<(), String> {
        if !spec.gate.hard || spec.wrapper.is_some() {
            return Ok(());
        }
        let name = spec.name.clone();
        let counted =
            self.read(move |office| office.engines.get(&name).map(|engine| engine.gate == Gate::Hard)).await?;
        if !counted || self.trial_now(spec).is_some_and(|trial| matches!(trial.verdict, Some(Ok(_)))) {
            return Ok(());
        }
        tracing::info!(engine = %spec.name, "its program was replaced since it was tried, and is tried again");
        self.look(&spec.name, true).await.map_err(|refusal| refusal.message)?;
        match self.trial_now(spec).and_then(|trial| trial.verdict) {
            Some(Ok(_)) => Ok(()),
            Some(Err(why)) => Err(format!(
                "{} was replaced since it was tried, and the new one is soft: {why}. `office engine test {}` tries it again; \
                 given by hand it starts as it is",
                spec.title, spec.name
            )),
            None => Err(format!("{} changes while it is looked at; try again when its update is over", spec.title)),
        }
    }

    /// Finds out about one program, keeps it and tells the office.
    async fn look(&self, name: &EngineName, try_it: bool) -> Result<(), Refusal> {
        let _turn = self.trials.turn.lock().await;
        let Some(spec) = self.engines.get(name) else { return Ok(()) };
        // Somebody else may have just done it.
        let known = self.trial_now(spec).filter(|trial| !try_it || trial.verdict.is_some());
        if known.is_none() {
            match self.look_at_program(spec, try_it).await {
                Ok(trial) => {
                    lock(&self.trials.known).insert(name.clone(), trial);
                    self.keep_trials();
                }
                Err(why) => tracing::warn!(engine = %name, why, "an engine could not be looked at"),
            }
        }
        let engines = self.handle.read(|office| office.engines.values().cloned().collect::<Vec<_>>()).await?;
        let again =
            |engine: &Engine| if engine.name == *name { self.after_trial(spec, engine) } else { engine.clone() };
        let engines = engines.iter().map(again).collect();
        self.handle
            .report(CommandBody::Office(OfficeCommand::ReadCatalog { roles: Vec::new(), engines }))
            .await
            .map(|_| ())
    }

    /// As [`Self::with_trial`]; what could not be looked at is soft, so that nobody waits for it.
    fn after_trial(&self, spec: &EngineSpec, engine: &Engine) -> Engine {
        match self.trial_now(spec) {
            Some(trial) => told(spec, &trial, self.clock.now()),
            None => {
                let why = "its program cannot be read, or changes while it is looked at".to_owned();
                let gate = if spec.gate.hard { Gate::Soft { why } } else { engine.gate.clone() };
                Engine { gate, ..engine.clone() }
            }
        }
    }

    fn keep_trials(&self) {
        let known = lock(&self.trials.known).clone();
        let kept = serde_json::to_vec_pretty(&known).map_err(|error| error.to_string());
        let file = self.trials_file();
        if let Err(why) = kept.and_then(|text| private_file(&file, &text, 0o600)) {
            tracing::warn!(why, "what was found out about engines could not be kept; it is found out again");
        }
    }

    async fn look_at_program(&self, spec: &EngineSpec, try_it: bool) -> Result<Trial, String> {
        let program = place_of(spec).ok_or("it is not there")?;
        let before = FileFacts::of(&program).ok_or("it is no file")?;
        let path = before.path.clone();
        let sha256 =
            tokio::task::spawn_blocking(move || program_hash(&path)).await.map_err(|error| error.to_string())??;
        let version = self.version_of(spec, &program).await;
        let engine = engine_hash(spec);
        let known = lock(&self.trials.known).get(&spec.name).cloned();
        let known = known.filter(|known| known.is_of(sha256.as_deref(), &engine, version.as_deref()));
        if let Some(known) = known.filter(|known| known.verdict.is_some()) {
            // Put there again, byte for byte: what was found out about it holds.
            return Ok(Trial { file: before, ..known });
        }
        let verdict = if try_it && spec.gate.hard { Some(self.canary(spec, &program).await) } else { None };
        if let Some(verdict) = &verdict {
            tracing::info!(engine = %spec.name, ?version, ?verdict, "an engine was tried");
        }
        Ok(Trial { file: before, sha256, engine, version, verdict })
    }

    async fn version_of(&self, spec: &EngineSpec, program: &Path) -> Option<String> {
        let probe = spec.version.as_ref()?;
        let scratch = self.scratch(&spec.name).ok()?;
        let mut argv = vec![program.display().to_string()];
        argv.extend(probe.args.iter().cloned());
        let ran = self.bounded(&argv, &scratch, Vec::new(), VERSION_WITHIN).await;
        let _ = std::fs::remove_dir_all(&scratch);
        let ran = ran.ok().filter(BoundedRun::success)?;
        office_engines::spec::VersionProbe::read(&ran.output.to_lossy()).map(str::to_owned)
    }

    /// The trial itself. What it says when it denied, or why it counts as soft.
    async fn canary(&self, spec: &EngineSpec, program: &Path) -> Result<String, String> {
        let test = spec.self_test.as_ref().ok_or("its file has no [self_test]")?;
        let scratch = self.scratch(&spec.name)?;
        let stand_in = StandIn::open(test, self.ids.token()).await.map_err(|error| error.to_string())?;
        let office = Self::own_folder().map(|folder| folder.join("office")).unwrap_or_default();
        let [run_dir, checkout] = ["run", "checkout"].map(|name| scratch.join(name).display().to_string());
        let at = Scratch {
            run_dir: &run_dir,
            checkout: &checkout,
            session: &crate::effects::agent::session_id(&self.ids.token()),
            office: &office.display().to_string(),
            base_url: &stand_in.base_url().map_err(|error| error.to_string())?,
        };
        let mut plan = spec.canary(&at).map_err(|error| error.to_string())?;
        for (name, content) in &plan.files {
            let file = Path::new(&run_dir).join(name);
            file.parent().map_or(Ok(()), private_dir)?;
            private_file(&file, content.as_bytes(), 0o600)?;
        }
        private_dir(Path::new(&checkout))?;
        if let Some(first) = plan.argv.first_mut() {
            *first = program.display().to_string();
        }
        let ran = tokio::select! {
            ran = self.bounded(&plan.argv, Path::new(&checkout), plan.env, WITHIN) => ran?,
            () = stand_in.answer() => return Err("nobody listened to it".to_owned()),
        };
        let left_a_mark = holds_canary(&scratch, 4);
        let _ = std::fs::remove_dir_all(&scratch);
        judge(left_a_mark, &stand_in.seen(), &ran)
    }

    /// A fresh folder for one trial. Not in the temporary directory, which some engines leave open.
    fn scratch(&self, name: &EngineName) -> Result<PathBuf, String> {
        let scratch = self.dir.root().join("self-test").join(&name.0);
        let _ = std::fs::remove_dir_all(&scratch);
        private_dir(&scratch)?;
        Ok(scratch)
    }

    async fn bounded(
        &self,
        argv: &[String],
        cwd: &Path,
        env: Vec<(String, String)>,
        within: Duration,
    ) -> Result<BoundedRun, String> {
        let marker = format!("{}#{}", self.dir.root().display(), self.ids.token());
        let home = cwd.join(".home");
        private_dir(&home)?;
        let mut spec = SpawnSpec::new(argv, cwd);
        spec.env = self.scrubbed(&home, &env);
        // There is no office for it, and it is nobody.
        spec.env.retain(|(name, _)| name != "OFFICE_DIR");
        spec.env.push(("OFFICE_DIR".into(), home.join("no-office").into_os_string()));
        spec.env.push(("OFFICE_TOKEN".into(), "self-test".into()));
        let spec = spec.marker("OFFICE_ERRAND", &marker);
        run_bounded(spec, within, OUTPUT).await.map_err(|error| error.to_string())
    }
}

/// What a trial came to.
fn judge(left_a_mark: bool, seen: &[Saw], ran: &BoundedRun) -> Result<String, String> {
    if left_a_mark {
        return Err("in its self-test it ran what nobody allowed, with no hook there".to_owned());
    }
    if let Some(words) =
        seen.iter().rev().find_map(|saw| if let Saw::Answered { words } = saw { Some(words) } else { None })
    {
        return Ok(words.chars().filter(|letter| !letter.is_control()).take(200).collect());
    }
    let how = match ran.end {
        BoundedEnd::TimedOut => format!("was not through after {} s", WITHIN.as_secs()),
        BoundedEnd::Cancelled => "was called off".to_owned(),
        BoundedEnd::Exited(status) => format!("{:?}", crate::effects::launch::exit_of(status)),
    };
    let text = ran.output.to_lossy();
    let said = text.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("nothing");
    let said: String = said.chars().filter(|letter| !letter.is_control()).take(200).collect();
    let what = if seen.contains(&Saw::Called) {
        "was given a call in its self-test and never said what came of it"
    } else if seen.contains(&Saw::NoSuchTool) {
        "no longer has the tool that its self-test calls"
    } else {
        "did nothing in its self-test: it never asked its model"
    };
    Err(format!("it {what} (ended: {how}; last said: {said})"))
}

/// An engine with what was found out about its program.
fn told(spec: &EngineSpec, trial: &Trial, now: At) -> Engine {
    let mut engine = find(spec, now);
    engine.version.clone_from(&trial.version);
    match version_words(spec, trial.version.as_deref()) {
        Ok(words) => engine.warning = words,
        Err(too_old) => {
            engine.found = false;
            engine.note = too_old;
            engine.warning = None;
        }
    }
    engine.gate = match &trial.verdict {
        Some(Ok(_)) => Gate::Hard,
        Some(Err(why)) => Gate::Soft { why: why.clone() },
        None => gate_by_file(spec),
    };
    engine
}

fn engine_hash(spec: &EngineSpec) -> String {
    // What it says of itself, in the one form it has here: any change of its file that matters shows in it.
    office_core::audit::digest(format!("{spec:?}"))
}

/// The hash of a program that is whole in its file; none of a script.
fn program_hash(path: &Path) -> Result<Option<String>, String> {
    let wrong = |error: std::io::Error| format!("{}: {error}", path.display());
    let mut file = std::fs::File::open(path).map_err(wrong)?;
    let mut head = Vec::new();
    file.by_ref().take(2).read_to_end(&mut head).map_err(wrong)?;
    if head == b"#!" {
        return Ok(None);
    }
    let mut digest = Sha256::new();
    digest.update(&head);
    std::io::copy(&mut file, &mut digest).map_err(wrong)?;
    Ok(Some(digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect()))
}

/// Whether the mark lies anywhere below; links are not followed.
fn holds_canary(dir: &Path, deep: u32) -> bool {
    let Ok(entries) = std::fs::read_dir(dir) else { return false };
    entries.flatten().any(|entry| {
        let is_dir = entry.file_type().is_ok_and(|kind| kind.is_dir());
        entry.file_name() == CANARY || (is_dir && deep > 0 && holds_canary(&entry.path(), deep - 1))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_put_there_again_is_the_one_that_was_tried_and_a_script_never_is() {
        let dir = tempfile::tempdir().unwrap();
        let put = |name: &str, bytes: &[u8]| {
            let path = dir.path().join(name);
            std::fs::write(&path, bytes).unwrap();
            program_hash(&path).unwrap()
        };
        let sha256 = put("agent", b"\x7fELF one");
        let file = FileFacts::of(&dir.path().join("agent")).unwrap();
        let version = Some("1.2.3".to_owned());
        let verdict = Some(Ok("denied".to_owned()));
        let tried = Trial { file: file.clone(), sha256: sha256.clone(), engine: "e".to_owned(), version, verdict };
        let again = put("copied", b"\x7fELF one");
        assert_ne!(FileFacts::of(&dir.path().join("copied")), Some(file));
        assert!(tried.is_of(again.as_deref(), "e", Some("1.2.3")));
        let other = put("patched", b"\x7fELF two");
        assert!(!tried.is_of(other.as_deref(), "e", Some("1.2.3")));
        assert!(!tried.is_of(again.as_deref(), "e", Some("1.2.4")));
        assert!(!tried.is_of(again.as_deref(), "changed", Some("1.2.3")));
        // A launcher stays as it is while what it starts is another.
        let launcher = put("launcher", b"#!/usr/bin/env node\n");
        let of_launcher = Trial { sha256: launcher.clone(), ..tried };
        assert!(!of_launcher.is_of(launcher.as_deref(), "e", Some("1.2.3")));
    }
}
