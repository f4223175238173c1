//! Runs checks in a checkout of the office's own: the task's commit, with the files that checks name as they are on the
//! base. A red check is tried once more and once on the base, so that flaky, red on base and broken are told apart.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use office_core::check::{Check, CheckResult, CheckSource, Verdict};
use office_core::project::{BaseCheck, Project, ProjectSettings, TryReport};
use office_core::run::Work;
use office_core::task::life::checks_of;
use office_core::{Outcome, ProjectId, RunId, TaskId};
use office_git::{CheckSpec, Oid, RepoPath};
use office_pty::{BoundedEnd, BoundedRun, ExitStatus};
use tokio_util::sync::CancellationToken;

use crate::effects::setup::{Errand, Fresh, Ran, Whose, tail, timed_out};
use crate::fault;
use crate::world::{Home, World};

/// Bytes of a check's output that go into the record.
const TAIL: usize = 4 * 1024;

struct Tried {
    green: bool,
    timed_out: bool,
    code: Option<i32>,
    tail: String,
}

impl World {
    pub(crate) async fn check(&self, task: TaskId, run: RunId) -> Result<Outcome, String> {
        let turn = self.turn_of(task);
        let _turn = turn.lock().await;
        let (it, project, checks) = self
            .read(move |office| {
                let task = office.tasks.get(&task)?;
                Some((task.clone(), office.projects.get(&task.project)?.clone(), checks_of(office, task)))
            })
            .await?;
        let work = it.work.clone().ok_or("its work was not collected")?;
        let home = self.home(&project).await?;
        let halt = self.halt_of(task);
        let at = self.dir.checks().join(task.to_string());
        self.lay_out(&home, &work, &checks, &at).await?;
        self.set_up_and_judge((&project, &home), run, &at, &checks, (&work.base, &halt)).await
    }

    /// The checks on an accepted change as it was put on the base: nothing is overlaid, this very tree is to become the base.
    pub(crate) async fn check_result(&self, task: TaskId) -> Result<Outcome, String> {
        let turn = self.turn_of(task);
        let _turn = turn.lock().await;
        let (it, project, checks) = self
            .read(move |office| {
                let task = office.tasks.get(&task)?;
                Some((task.clone(), office.projects.get(&task.project)?.clone(), checks_of(office, task)))
            })
            .await?;
        let landing = it.landing.ok_or("it was not put on the base")?;
        let run = it.last_run.ok_or("nobody worked on it")?;
        let home = self.home(&project).await?;
        let text = |error: office_git::GitError| error.to_string();
        let halt = self.halt_of(task);
        let at = self.dir.checks().join(format!("result-{task}"));
        if at.exists() {
            home.repo.discard_checkout(&at).await.map_err(text)?;
        }
        let identity = home.repo.owner().identity.clone().ok_or("the owner's git name and address are not set")?;
        let (commit, base) = (Oid::parse(&landing.commit).map_err(text)?, Oid::parse(&landing.base).map_err(text)?);
        let spec = CheckSpec { commit, base, overlay: Vec::new(), dest: at.clone(), identity };
        home.repo.check_checkout(&spec).await.map_err(text)?;
        let judged = self.set_up_and_judge((&project, &home), run, &at, &checks, (&landing.base, &halt)).await?;
        fault::point("a result checked");
        Ok(judged)
    }

    /// Sets a checkout of the office's own up, runs checks in it and discards it.
    async fn set_up_and_judge(
        &self,
        (project, home): (&Project, &Home),
        run: RunId,
        checkout: &Path,
        checks: &[(CheckSource, Check)],
        (base, halt): (&str, &CancellationToken),
    ) -> Result<Outcome, String> {
        let settings = &project.settings;
        let fresh = Fresh { project, settings, home, checkout, run, whose: Whose::Checks, at_base: false };
        self.set_up(&fresh, Some(halt.clone())).await?;
        let judged = self.judge(&fresh, checks, base, halt).await?;
        home.repo.discard_checkout(checkout).await.map_err(|error| error.to_string())?;
        Ok(judged)
    }

    /// Runs checks in a checkout that is set up; a red one is tried once more, and once on the base.
    async fn judge(
        &self,
        &Fresh { project, home, checkout: at, run, .. }: &Fresh<'_>,
        checks: &[(CheckSource, Check)],
        base: &str,
        halt: &CancellationToken,
    ) -> Result<Outcome, String> {
        let mut results = Vec::new();
        let mut learned = BTreeMap::new();
        for (source, check) in checks {
            let begun = Instant::now();
            let Some(first) = self.try_check((project, home), check, at, (run, Whose::Checks), Some(halt)).await?
            else {
                return Ok(Outcome::Cancelled);
            };
            let (verdict, last) = if first.green {
                (Verdict::Passed, first)
            } else {
                let Some(second) = self.try_check((project, home), check, at, (run, Whose::Checks), Some(halt)).await?
                else {
                    return Ok(Outcome::Cancelled);
                };
                if second.green {
                    (Verdict::Flaky, first)
                } else {
                    let on_base = self.on_base(project, home, base, check, run, halt, &mut learned).await?;
                    let Some(green) = on_base else { return Ok(Outcome::Cancelled) };
                    (verdict_of(*source, green, second.timed_out), second)
                }
            };
            self.keep_output(run, &check.name, &last.tail)?;
            results.push(CheckResult {
                name: check.name.clone(),
                run: check.run.clone(),
                source: *source,
                verdict,
                code: last.code,
                took_ms: u32::try_from(begun.elapsed().as_millis()).unwrap_or(u32::MAX),
                tail: last.tail,
            });
        }
        Ok(Outcome::Checked { results, base: learned })
    }

    /// The task's commit, with the files that belong to checks as they are on the base where the task changed them.
    async fn lay_out(
        &self,
        home: &Home,
        work: &Work,
        checks: &[(CheckSource, Check)],
        at: &Path,
    ) -> Result<(), String> {
        let text = |error: office_git::GitError| error.to_string();
        let base = Oid::parse(&work.base).map_err(text)?;
        let mut overlay = Vec::new();
        // What the base does not have is the task's to bring.
        for file in work.files.iter().filter(|file| file.status != "A") {
            if checks.iter().any(|(source, check)| check.owns(*source, &file.path)) {
                overlay.push(RepoPath::new(file.path.as_str()).map_err(text)?);
            }
        }
        if at.exists() {
            home.repo.discard_checkout(at).await.map_err(text)?;
        }
        let identity = home.repo.owner().identity.clone().ok_or("the owner's git name and address are not set")?;
        let commit = Oid::parse(&work.tip).map_err(text)?;
        let spec = CheckSpec { commit, base, overlay, dest: at.to_owned(), identity };
        home.repo.check_checkout(&spec).await.map_err(text)
    }

    /// One try; none when it was called off.
    async fn try_check(
        &self,
        (project, place): (&Project, &Home),
        check: &Check,
        at: &Path,
        (run, whose): (RunId, Whose),
        halt: Option<&CancellationToken>,
    ) -> Result<Option<Tried>, String> {
        let errand = Errand {
            project,
            place,
            run,
            command: &check.run,
            cwd: at,
            whose,
            timeout: Duration::from_secs(check.timeout_secs.into()),
            halt,
            env: Vec::new(),
        };
        Ok(match self.errand(errand).await? {
            Ran::CalledOff => None,
            Ran::Over(over) => Some(tried(&over, check.timeout_secs)),
        })
    }

    /// Whether a check is green on the base; remembered per base commit. None when it was called off.
    #[expect(clippy::too_many_arguments, reason = "all of it is one question")]
    async fn on_base(
        &self,
        project: &Project,
        home: &Home,
        base: &str,
        check: &Check,
        run: RunId,
        halt: &CancellationToken,
        learned: &mut BTreeMap<String, BaseCheck>,
    ) -> Result<Option<bool>, String> {
        let known = learned.get(&check.run).or_else(|| project.base_checks.get(&check.run));
        if let Some(known) = known.filter(|known| known.commit == base) {
            return Ok(Some(known.green));
        }
        let _one_at_a_time = home.trying.lock().await;
        let at = self.base_checkout(project, home, base, &project.settings, run, Some(halt.clone())).await?;
        let tried = self.try_check((project, home), check, &at, (run, Whose::Base), Some(halt)).await?;
        home.repo.discard_checkout(&at).await.map_err(|error| error.to_string())?;
        let Some(tried) = tried else { return Ok(None) };
        let green = tried.green;
        learned.insert(check.run.clone(), self.base_check(base, tried));
        Ok(Some(green))
    }

    fn base_check(&self, base: &str, tried: Tried) -> BaseCheck {
        let tail = if tried.green { String::new() } else { tried.tail };
        BaseCheck { commit: base.to_owned(), green: tried.green, at: self.clock.now(), tail }
    }

    async fn base_checkout(
        &self,
        project: &Project,
        home: &Home,
        base: &str,
        settings: &ProjectSettings,
        run: RunId,
        halt: Option<CancellationToken>,
    ) -> Result<PathBuf, String> {
        let text = |error: office_git::GitError| error.to_string();
        let at = self.dir.checks().join(format!("base-{}", project.id));
        if at.exists() {
            home.repo.discard_checkout(&at).await.map_err(text)?;
        }
        let commit = Oid::parse(base).map_err(text)?;
        let identity = home.repo.owner().identity.clone().ok_or("the owner's git name and address are not set")?;
        let spec = CheckSpec { base: commit.clone(), commit, overlay: Vec::new(), dest: at.clone(), identity };
        home.repo.check_checkout(&spec).await.map_err(text)?;
        let fresh = Fresh { project, settings, home, checkout: &at, run, whose: Whose::Base, at_base: true };
        self.set_up(&fresh, halt).await?;
        Ok(at)
    }

    fn keep_output(&self, run: RunId, name: &str, output: &str) -> Result<(), String> {
        let dir = self.dir.run(run).join("checks");
        std::fs::create_dir_all(&dir).map_err(|error| format!("{}: {error}", dir.display()))?;
        let file = dir.join(format!("{}.txt", office_core::text::slug(name)));
        std::fs::write(&file, output).map_err(|error| format!("{}: {error}", file.display()))
    }

    pub(crate) async fn try_project(&self, id: ProjectId) -> Result<Outcome, String> {
        let project = self.read(move |office| office.projects.get(&id).cloned()).await?;
        let begun = Instant::now();
        let home = self.home(&project).await?;
        let tip = office_git::branch_tip(&self.git, home.repo.owner(), &home.base).await.map_err(|e| e.to_string())?;
        let settings = self.settings(&project, &home, &tip).await?;
        let _one_at_a_time = home.trying.lock().await;
        // Run 0 is no run: its home is the project's own.
        let run = RunId(0);
        let mut report = TryReport {
            commit: tip.as_str().to_owned(),
            setup_ok: true,
            setup_tail: String::new(),
            checks: BTreeMap::new(),
            took_ms: 0,
        };
        match self.base_checkout(&project, &home, tip.as_str(), &settings, run, None).await {
            Ok(at) => {
                for check in &settings.checks {
                    if let Some(tried) = self.try_check((&project, &home), check, &at, (run, Whose::Base), None).await?
                    {
                        report.checks.insert(check.run.clone(), self.base_check(tip.as_str(), tried));
                    }
                }
                home.repo.discard_checkout(&at).await.map_err(|error| error.to_string())?;
            }
            Err(why) => {
                report.setup_ok = false;
                report.setup_tail = why;
            }
        }
        report.took_ms = u32::try_from(begun.elapsed().as_millis()).unwrap_or(u32::MAX);
        Ok(Outcome::Tried { report })
    }
}

fn tried(over: &BoundedRun, limit: u32) -> Tried {
    let mut tail = tail(over, TAIL);
    if timed_out(over) {
        tail.push_str(&format!("\n(ended after its time-out of {limit} s)"));
    }
    let code = match over.end {
        BoundedEnd::Exited(ExitStatus::Code(code)) => Some(code),
        _ => None,
    };
    Tried { green: over.success(), timed_out: timed_out(over), code, tail }
}

/// What a check that is red twice means.
fn verdict_of(source: CheckSource, green_on_base: bool, timed_out: bool) -> Verdict {
    match (source, green_on_base) {
        (CheckSource::Project, false) => Verdict::RedOnBase,
        _ if timed_out => Verdict::TimedOut,
        (_, true) => Verdict::Broken,
        (CheckSource::Task, false) => Verdict::Unmet,
    }
}
