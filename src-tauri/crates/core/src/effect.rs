//! Effects: what is to be done in the world because of a fact, and what it came to.
//! Doing it is not here; `runtime` does, and answers each effect with one [`Outcome`].

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use specta::Type;

use crate::actor::Actor;
use crate::approval;
use crate::check::CheckResult;
use crate::collision::{self, Overlap};
use crate::desk;
use crate::event::Event;
use crate::ids::{ApprovalId, EffectId, ProjectId, RunId, TaskId};
use crate::office::Office;
use crate::project::{self, BaseCheck, ProjectSettings, TryReport};
use crate::refusal::{Code, Refusal};
use crate::run::{self, Exit, RunEvent, StopWhy, Work, Workplace};
use crate::sandbox::Enforcement;
use crate::seen::{self, News};
use crate::task::{self, Landing, TaskTakes};
use crate::time::At;

/// Something to be done. It names things; whoever does it reads them from the office.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Effect {
    /// Make (or find again) the run's checkout and set it up.
    Prepare {
        /// For which run.
        run: RunId,
    },
    /// Start the run's engine.
    Launch {
        /// Which run.
        run: RunId,
    },
    /// End the run's process and everything it started, and see that it is gone.
    End {
        /// Which run.
        run: RunId,
    },
    /// Stop set-up and checks that go on for this task.
    Halt {
        /// Which task.
        task: TaskId,
    },
    /// Take the work out of the task's checkout, uncommitted lines included.
    Collect {
        /// Which task.
        task: TaskId,
        /// Whose work.
        run: RunId,
        /// Only to keep it (failed, blocked...), or to check it.
        keep: bool,
    },
    /// Run the checks on what was collected.
    Check {
        /// Which task.
        task: TaskId,
        /// Whose claim.
        run: RunId,
    },
    /// Put an accepted change on the base as that is; where it was checked there, move the base to it.
    Merge {
        /// Which task.
        task: TaskId,
    },
    /// Run the checks on an accepted change as it was put on the base.
    CheckResult {
        /// Which task.
        task: TaskId,
    },
    /// Remove what a done task no longer needs; never anything uncommitted.
    Reclaim {
        /// Which task.
        task: TaskId,
    },
    /// Remove the checkout of a session that is over; never anything uncommitted, unless its owner gave it up.
    Tidy {
        /// Which run.
        run: RunId,
        /// Whether what is unsaved in it goes too.
        given_up: bool,
    },
    /// Remove what these runs left on disk: recording, script, outputs of checks.
    Discard {
        /// Which runs.
        runs: Vec<RunId>,
    },
    /// Do what was approved with the owner's credentials.
    Act {
        /// Which approval.
        approval: ApprovalId,
    },
    /// Try set-up and checks on the base.
    TryProject {
        /// Which project.
        project: ProjectId,
    },
}

/// What doing an effect came to.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, Type)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Outcome {
    /// The checkout is ready.
    Prepared {
        /// The checkout.
        workplace: Workplace,
        /// The project's settings as they stand on that base.
        settings: ProjectSettings,
    },
    /// The process runs.
    Launched {
        /// Its id.
        pid: u32,
        /// What keeps it to its own.
        #[serde(default)]
        enforcement: Option<Enforcement>,
    },
    /// The run is over.
    Ended {
        /// How.
        exit: Exit,
    },
    /// The work was taken.
    Collected {
        /// What it is.
        work: Work,
    },
    /// The checks ran.
    Checked {
        /// Each result.
        results: Vec<CheckResult>,
        /// What was learned about the base, by check command.
        base: BTreeMap<String, BaseCheck>,
    },
    /// The change is on the base.
    Merged {
        /// The commit the base now is at or contains.
        commit: String,
    },
    /// The change was put on the base as that is; the base did not move yet.
    OnBase {
        /// As it is there, and whether checks were run on this very tree.
        landing: Landing,
        /// The project's settings as they stand on that base.
        settings: Box<ProjectSettings>,
    },
    /// It conflicts with the base.
    Conflict {
        /// Which files.
        files: Vec<String>,
        /// Where, in the words of git.
        #[serde(default)]
        hunks: Vec<String>,
    },
    /// The base no longer holds what it was seen to hold; nothing moved.
    Rewritten {
        /// What is missing.
        why: String,
    },
    /// The base no longer holds the commit that the task was begun on; nothing moved.
    BaseGone {
        /// What is missing.
        why: String,
    },
    /// It could not be merged as things stand; nothing moved.
    MergeWaits {
        /// Why.
        why: String,
        /// What to do.
        way_out: String,
    },
    /// What was approved was done, or tried.
    Acted {
        /// How it ended.
        exit: Exit,
        /// The end of what it printed.
        output: String,
    },
    /// It was begun, and nobody can say whether it happened.
    Unclear {
        /// Why.
        why: String,
    },
    /// The base was tried.
    Tried {
        /// What was found.
        report: TryReport,
    },
    /// Done, nothing to tell.
    Done,
    /// It did not work.
    Failed {
        /// What was wrong, with the way out.
        why: String,
    },
    /// It was called off.
    Cancelled,
    /// The office went down while it was being done, and it must not be repeated blindly.
    Lost,
}

/// Reports of the runtime.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, Type)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum EffectCommand {
    /// An effect ended.
    End {
        /// Which.
        effect: EffectId,
        /// What it came to.
        outcome: Box<Outcome>,
    },
    /// A run's process ended by itself.
    RunOver {
        /// Which run.
        run: RunId,
        /// How.
        exit: Exit,
        /// When, where that was before the runtime learned of it.
        #[serde(default)]
        ended: Option<At>,
    },
    /// A run's engine let something be known.
    RunHeard {
        /// Which run.
        run: RunId,
        /// What.
        news: Box<News>,
    },
    /// Something happened at a run's desk that must not.
    RunTripped {
        /// Which run.
        run: RunId,
        /// What, in words for its owner.
        what: String,
    },
    /// A run's checkout was found to hold so much against its base.
    RunMeasured {
        /// Which run.
        run: RunId,
        /// What it holds.
        taken: TaskTakes,
    },
    /// A run's checkout was compared with others that are under way.
    RunOverlaps {
        /// Which run.
        run: RunId,
        /// What it has in common with each.
        overlaps: Vec<Overlap>,
    },
    /// Nothing has come from a run for too long: what holds it is to be ended.
    RunSilent {
        /// Which run.
        run: RunId,
    },
}

/// What happened to effects.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, Type)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum EffectEvent {
    /// It is over; what it led to follows as events of its own.
    Ended {
        /// Which.
        effect: EffectId,
        /// What it was.
        what: Effect,
        /// What was wrong, if something was.
        trouble: Option<String>,
    },
}

/// Decides an effect's end: its own record, and what follows while its fence still holds.
pub fn decide(office: &Office, actor: Actor, command: &EffectCommand, now: At) -> Result<Vec<Event>, Refusal> {
    actor.office_only()?;
    let (id, outcome) = match command {
        EffectCommand::End { effect, outcome } => (effect, outcome),
        EffectCommand::RunOver { run, exit, ended } => {
            return Ok(task::life::run_over_at(office, *run, exit, *ended, now));
        }
        EffectCommand::RunHeard { run, news } => return Ok(seen::decide(office, *run, news, now)),
        EffectCommand::RunTripped { run, what } => return Ok(desk::incident(office, *run, what, now)),
        EffectCommand::RunMeasured { run, taken } => return Ok(task::limit::measured(office, *run, *taken, now)),
        EffectCommand::RunOverlaps { run, overlaps } => return Ok(collision::seen(office, *run, overlaps, now)),
        EffectCommand::RunSilent { run } => {
            return Ok(run::stop(office, Some(*run), StopWhy::Silent).into_iter().collect());
        }
    };
    let Some(effect) = office.pending.get(id) else {
        return Err(Refusal::new(Code::NotFound, format!("effect {id} is not pending"), "it was settled before"));
    };
    let trouble = match &**outcome {
        Outcome::Failed { why }
        | Outcome::MergeWaits { why, .. }
        | Outcome::Rewritten { why }
        | Outcome::BaseGone { why }
        | Outcome::Unclear { why } => Some(why.clone()),
        Outcome::Conflict { files, .. } => Some(format!("conflict in {}", files.join(", "))),
        Outcome::Cancelled => Some("called off".to_owned()),
        Outcome::Lost => Some("the office went down meanwhile; not repeated".to_owned()),
        _ => None,
    };
    let outcome = &**outcome;
    let mut events = vec![Event::Effect(EffectEvent::Ended { effect: *id, what: effect.clone(), trouble })];
    events.extend(match effect {
        Effect::Prepare { run } => task::life::prepared(office, *run, outcome, now),
        Effect::Launch { run } => task::life::launched(office, *run, outcome, now),
        Effect::End { run } => match outcome {
            Outcome::Ended { exit } => task::life::run_over(office, *run, exit, now),
            _ => task::life::run_over(office, *run, &Exit::Lost, now),
        },
        Effect::Collect { task, run, keep } => task::life::collected(office, *task, *run, *keep, outcome),
        Effect::Check { task, run } => task::life::checked(office, *task, *run, outcome),
        Effect::Merge { task } => task::landing::merged(office, *task, outcome, now),
        Effect::CheckResult { task } => task::landing::result_checked(office, *task, outcome),
        Effect::TryProject { project } => project::tried(*project, outcome),
        Effect::Act { approval } => approval::acted(office, *approval, outcome),
        Effect::Tidy { run, .. } => match outcome {
            Outcome::Done => vec![Event::Run(RunEvent::Tidied { run: *run })],
            _ => Vec::new(),
        },
        Effect::Halt { .. } | Effect::Reclaim { .. } | Effect::Discard { .. } => Vec::new(),
    });
    Ok(events)
}
