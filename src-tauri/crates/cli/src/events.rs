//! What happened: the log of events, once or as it grows, as JSON lines or as sentences.

use std::collections::BTreeMap;

use clap::Args;
use office_core::approval::ApprovalEvent;
use office_core::desk::DeskEvent;
use office_core::effect::{Effect, EffectEvent};
use office_core::grant::GrantEvent;
use office_core::mail::{MailEvent, MailState};
use office_core::note::NoteEvent;
use office_core::office::OfficeEvent;
use office_core::plan::PlanEvent;
use office_core::project::{Acceptance, ProjectEvent};
use office_core::recording::Budget;
use office_core::run::{RunEvent, StopWhy};
use office_core::task::TaskEvent;
use office_core::{ApprovalId, Envelope, Event, MailId, NoteId, Noun, RunId, Seq, TaskId};
use office_door::wire::{Answer, Ask};

use crate::print;
use crate::session::{Done, Session, unexpected};
use crate::words;

/// Events asked for at once.
const PAGE: u32 = 10_000;

/// Which events.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  office events
  office events --task 12
  office events --follow                     from now on
  office events --follow --since 0 --json    everything, then what comes: one JSON event to a line")]
pub(crate) struct EventsArgs {
    /// Go on with what happens, without end
    #[arg(long)]
    follow: bool,
    /// Only events after this one [default: all; with --follow: from now on]
    #[arg(long, value_name = "SEQ")]
    since: Option<u32>,
    /// At most so many
    #[arg(long)]
    limit: Option<u32>,
    /// Only of this task
    #[arg(long)]
    task: Option<TaskId>,
}

pub(crate) async fn carry_out(s: &mut Session<'_>, args: EventsArgs) -> Done {
    let mut left = args.limit.unwrap_or(u32::MAX);
    if args.follow {
        let since = match args.since {
            Some(since) => Seq(since),
            None => s.status().await?.seq,
        };
        let mut events = s.client().await?.events(since).await?;
        let mut known = Known::default();
        while left > 0 {
            let (envelope, nouns) = match events.next().await {
                Ok(next) => next,
                Err(error) => {
                    let last = events.last();
                    if !s.cut(&error) {
                        return Err(error.into());
                    }
                    events = s.client().await?.events(last).await?;
                    continue;
                }
            };
            known.learn(&envelope.event, &nouns);
            if args.task.is_none_or(|task| known.task_of(&envelope.event) == Some(task)) {
                said(s, &envelope)?;
                left -= 1;
            }
        }
        return Ok(());
    }
    let mut since = Seq(args.since.unwrap_or(0));
    while left > 0 {
        let ask = Ask::Events { since, limit: left.min(PAGE), task: args.task };
        let Answer::Events { events, more } = s.ask(ask).await? else { return Err(unexpected()) };
        for envelope in &events {
            said(s, envelope)?;
        }
        left = left.saturating_sub(u32::try_from(events.len()).unwrap_or(u32::MAX));
        match events.last() {
            Some(last) if more => since = last.seq,
            _ => break,
        }
    }
    Ok(())
}

fn said(s: &Session<'_>, envelope: &Envelope) -> Done {
    s.show(envelope, || {
        let when = print::moment(envelope.at, None);
        print::line(&format!(
            "{:>6}  {when}  {}: {}",
            envelope.seq,
            words::actor(envelope.actor),
            sentence(&envelope.event)
        ))
    })
}

/// Whose runs and approvals are: their own events name only them; the task was said before.
#[derive(Default)]
struct Known {
    runs: BTreeMap<RunId, TaskId>,
    approvals: BTreeMap<ApprovalId, TaskId>,
}

impl Known {
    fn learn(&mut self, event: &Event, nouns: &[Noun]) {
        for noun in nouns {
            match noun {
                Noun::Run(run) => self.runs.extend(run.task.map(|task| (run.id, task))),
                Noun::Approval(approval) => self.approvals.extend(approval.task.map(|task| (approval.id, task))),
                _ => {}
            }
        }
        match event {
            Event::Run(RunEvent::Began { run }) => self.runs.extend(run.task.map(|task| (run.id, task))),
            Event::Task(TaskEvent::Started { task, run, .. }) => drop(self.runs.insert(*run, *task)),
            Event::Approval(ApprovalEvent::Asked { approval }) => {
                self.approvals.extend(approval.task.map(|task| (approval.id, task)));
            }
            _ => {}
        }
    }

    /// The task an event is about, if it is about one.
    fn task_of(&self, event: &Event) -> Option<TaskId> {
        let task_of_run = |id| self.runs.get(&id).copied();
        match event {
            Event::Task(event) => Some(event.task()),
            Event::Run(event) => match event {
                RunEvent::Began { run } => run.task,
                other => task_of_run(other.run()),
            },
            Event::Approval(event) => self.approvals.get(&event.approval()).copied(),
            Event::Grant(GrantEvent::Used { approval, .. }) => self.approvals.get(approval).copied(),
            Event::Grant(GrantEvent::Given { grant }) => grant.task,
            Event::Grant(GrantEvent::Revoked { .. }) => None,
            Event::Effect(EffectEvent::Ended { what, .. }) => match what {
                Effect::Collect { task, .. }
                | Effect::Check { task, .. }
                | Effect::Halt { task }
                | Effect::Merge { task }
                | Effect::CheckResult { task }
                | Effect::Reclaim { task } => Some(*task),
                Effect::Prepare { run } | Effect::Launch { run } | Effect::End { run } | Effect::Tidy { run, .. } => {
                    task_of_run(*run)
                }
                Effect::Act { approval } => self.approvals.get(approval).copied(),
                Effect::TryProject { .. } | Effect::Discard { .. } => None,
            },
            Event::Mail(MailEvent::Sent { mail }) => mail.task,
            Event::Note(NoteEvent::Added { note }) => note.task,
            Event::Office(_)
            | Event::Project(_)
            | Event::Desk(_)
            | Event::Mail(_)
            | Event::Plan(_)
            | Event::Note(_) => None,
        }
    }
}

/// An event as a sentence.
pub(crate) fn sentence(event: &Event) -> String {
    match event {
        Event::Office(event) => office(event),
        Event::Project(event) => project(event),
        Event::Desk(event) => match event {
            DeskEvent::Added { desk } => format!("desk {} '{}' added, role {}", desk.id, desk.name, desk.role),
            DeskEvent::Changed { desk, auto: true } => format!("desk {desk} takes ready tasks by itself"),
            DeskEvent::Changed { desk, auto: false } => format!("desk {desk} takes only what is assigned"),
            DeskEvent::Removed { desk } => format!("desk {desk} removed"),
            DeskEvent::Held { desk, hold } => format!("desk {desk} held: {}", words::hold(hold, None)),
            DeskEvent::Released { desk } => format!("desk {desk} released"),
        },
        Event::Task(event) => task(event),
        Event::Run(event) => run(event),
        Event::Approval(event) => approval(event),
        Event::Grant(event) => grant(event),
        Event::Mail(event) => mail(event),
        Event::Plan(event) => plan(event),
        Event::Note(event) => note(event),
        Event::Effect(EffectEvent::Ended { effect, what, trouble }) => {
            let trouble = trouble.as_ref().map(|why| format!(": {}", first(why))).unwrap_or_default();
            format!("effect {effect}, {}, is over{trouble}", deed(what))
        }
    }
}

fn office(event: &OfficeEvent) -> String {
    match event {
        OfficeEvent::Opened { name } => format!("office '{name}' opened"),
        OfficeEvent::SettingsChanged { settings } => {
            let Budget { mb, days } = Budget::of(settings);
            let kept = crate::prune::kept(mb, days);
            format!(
                "settings changed: {} changes may wait for review; recordings are kept {kept}",
                settings.review_limit
            )
        }
        OfficeEvent::PathsLeased { lease } => format!("run {} has {} for itself", lease.run, lease.paths.join(", ")),
        OfficeEvent::PathsReleased { run } => format!("run {run} gave its paths back"),
        OfficeEvent::InterlockSet { interlock } => {
            format!("'{}' is held until task #{} is through: {}", interlock.run, interlock.task, interlock.why)
        }
        OfficeEvent::InterlockLifted { interlock, why } => format!("interlock {interlock} is lifted: {why}"),
        OfficeEvent::Woken { wake } => match (&wake.cut, wake.made) {
            (Some(why), _) => format!("'{}' was not woken by '{}': {why}", wake.role, wake.why.on),
            (None, Some(task)) => format!("'{}' was woken by '{}': task #{task}", wake.role, wake.why.on),
            (None, None) => format!("'{}' was told of '{}' by mail", wake.role, wake.why.on),
        },
        OfficeEvent::UsageLimited { limit } => format!("{} ({})", limit.words(), limit.evidence),
        OfficeEvent::ShiftEnds { at } => format!("the shift ends at {at}"),
        OfficeEvent::ShiftEnded { .. } => "the shift is over".to_owned(),
        OfficeEvent::ShiftReported { report } => format!(
            "the shift's report: {} done, {} failed, {} wait for you",
            report.done.len(),
            report.failed.len(),
            report.waits_for_you.len()
        ),
        OfficeEvent::RolesRead { roles, faults } if faults.is_empty() => format!("{} roles read", roles.len()),
        OfficeEvent::RolesRead { faults, .. } => {
            let first = faults.first().map(ToString::to_string).unwrap_or_default();
            format!("{} fault(s) in files of roles: {first}", faults.len())
        }
        OfficeEvent::CatalogRead { roles, engines } => {
            format!("{} roles and {} engines read", roles.len(), engines.len())
        }
        OfficeEvent::Started { version, alive, revived } => {
            let how = if *revived { "was started again after it died" } else { "started" };
            let with =
                if alive.is_empty() { String::new() } else { format!("; {} run(s) went on meanwhile", alive.len()) };
            format!("runtime {version} {how}{with}")
        }
        OfficeEvent::HostLost { why } => format!("what ran at the desks is lost: {why}"),
        OfficeEvent::Slept { since, secs, stopped: false } => {
            format!("nothing ran for {secs} s from {since} on: the machine slept")
        }
        OfficeEvent::Slept { since, secs, stopped: true } => {
            format!("the office did not run for {secs} s from {since} on, though the machine was awake: it was stopped")
        }
        OfficeEvent::ClockChanged { by_secs } => {
            let where_to = if *by_secs < 0 { "back" } else { "forward" };
            format!("the wall clock was set {where_to} by {} s; nothing slept", by_secs.unsigned_abs())
        }
        OfficeEvent::Pruned { runs, kb } => {
            format!("what {} reviewed or cancelled run(s) left was removed, {}", runs.len(), crate::prune::size(*kb))
        }
        OfficeEvent::Stopped { .. } => "everything stopped".to_owned(),
        OfficeEvent::Resumed => "the office goes on".to_owned(),
        OfficeEvent::BudgetSet { budget } => {
            format!("budget of {}: {}", budget.of, crate::budget::limits(&budget.limits))
        }
        OfficeEvent::TaskLimitSet { limit } => {
            format!("a task of {} may take {}", limit.of, crate::limit::words(&limit.limits))
        }
        OfficeEvent::TaskLimitRemoved { of } => format!("no limit for the tasks of {of} any more"),
        OfficeEvent::BudgetRemoved { of } => format!("no budget of {of} any more"),
    }
}

fn project(event: &ProjectEvent) -> String {
    match event {
        ProjectEvent::Added { project } => format!("project {} '{}' added", project.id, project.name),
        ProjectEvent::SettingsRead { project, .. } => format!("project {project}: settings read"),
        ProjectEvent::AcceptanceSet { project, acceptance } => match acceptance {
            Acceptance::Owner => format!("project {project}: the owner accepts"),
            Acceptance::Green => format!("project {project}: what is green is merged"),
            Acceptance::LowRisk => format!("project {project}: what is of low risk is merged"),
        },
        ProjectEvent::CollisionsSeen { project, collisions } => {
            let pairs = collisions.iter().map(|it| {
                let how = if it.conflicts.is_empty() { "touch the same" } else { "would conflict" };
                format!("#{} and #{} {how}", it.one, it.other)
            });
            let pairs: Vec<_> = pairs.collect();
            let said = if pairs.is_empty() { "nobody touches what another does".to_owned() } else { pairs.join("; ") };
            format!("project {project}: {said}")
        }
        ProjectEvent::ReviewSet { project, review } => {
            format!("project {project}: {}", crate::project::reviewed(*review))
        }
        ProjectEvent::SandboxSet { project, sandbox } => {
            format!("project {project}: sandbox {}", crate::project::sandboxed(sandbox))
        }
        ProjectEvent::ProtectedSet { project, protected } if protected.is_empty() => {
            format!("project {project}: no branch is protected")
        }
        ProjectEvent::ProtectedSet { project, protected } => {
            format!("project {project}: the office never moves {}", protected.join(", "))
        }
        ProjectEvent::QueueHeld { project, hold } => {
            format!("project {project}: nothing more is merged: {}", words::hold(hold, None))
        }
        ProjectEvent::QueueReleased { project } => format!("project {project}: merging goes on"),
        ProjectEvent::FilesSet { project, files } => {
            let said = crate::project::files(files);
            let said = said.trim_start_matches("; ");
            format!("project {project}: {}", if said.is_empty() { "no backlog and no record" } else { said })
        }
        ProjectEvent::TryAsked { project } => format!("project {project}: its base is tried"),
        ProjectEvent::Tried { project, report } => {
            let red = report.checks.values().filter(|check| !check.green).count();
            let setup = if report.setup_ok { "set-up works" } else { "set-up fails" };
            format!("project {project} tried: {setup}, {red} of {} checks red", report.checks.len())
        }
        ProjectEvent::BaseChecked { project, checks } => {
            format!("project {project}: {} check(s) known on the base", checks.len())
        }
        ProjectEvent::Removed { project } => format!("project {project} removed"),
    }
}

fn task(event: &TaskEvent) -> String {
    let id = event.task();
    let what = match event {
        TaskEvent::Added { task } => format!("added: {}", task.title),
        TaskEvent::Edited { .. } => "edited".to_owned(),
        TaskEvent::Moved { priority, .. } => {
            let among = serde_json::to_value(priority).ok();
            let among = among.as_ref().and_then(|it| it.as_str()).unwrap_or_default();
            format!("moved in the order in which tasks start, among those of {among} priority")
        }
        TaskEvent::Released { .. } => "released".to_owned(),
        TaskEvent::Queued { desk, front: false, .. } => format!("queued at desk {desk}"),
        TaskEvent::Queued { desk, front: true, .. } => {
            format!("first in the queue of desk {desk}, to be tried again")
        }
        TaskEvent::Unassigned { .. } => "taken back from its queue".to_owned(),
        TaskEvent::Started { desk, run, .. } => format!("started at desk {desk} (run {run})"),
        TaskEvent::Running { .. } => "running".to_owned(),
        TaskEvent::DoneSaid { claim, .. } => format!("said done: {}", first(&claim.summary)),
        TaskEvent::Collected { work, .. } => {
            format!("collected: {} commit(s), {} file(s)", work.commits, work.files.len())
        }
        TaskEvent::ChecksBegan { .. } => "checks begin".to_owned(),
        TaskEvent::Refused { why, .. } => format!("\"done\" refused: {}", first(why)),
        TaskEvent::InReview { marks, .. } if marks.is_empty() => "in review".to_owned(),
        TaskEvent::InReview { marks, .. } => format!("in review, with {} mark(s)", marks.len()),
        TaskEvent::AttemptFailed { why, .. } => format!("attempt failed: {}", first(why)),
        TaskEvent::Blocked { needs, .. } => format!("blocked, needs: {}", first(needs)),
        TaskEvent::Answered { note, .. } => format!("answered: {}", first(&note.text)),
        TaskEvent::Parked { hold, .. } => format!("parked: {}", words::hold(hold, None)),
        TaskEvent::Unparked { .. } => "released from its hold".to_owned(),
        TaskEvent::Interrupted { why, .. } => format!("interrupted: {}", first(why)),
        TaskEvent::Resumed { .. } => "resumed".to_owned(),
        TaskEvent::Failed { why, .. } => format!("failed: {}", first(why)),
        TaskEvent::KeepAsked { .. } => "its work is kept".to_owned(),
        TaskEvent::Took { taken, .. } => {
            format!("its checkout holds {} changed lines in {} files", taken.lines, taken.files)
        }
        TaskEvent::Progress { text, .. } => format!("progress: {}", first(text)),
        TaskEvent::ReviewAsked { review, .. } => {
            format!("to be reviewed by another run: #{}, round {}", review.done_by, review.round)
        }
        TaskEvent::Judged { judged, .. } => {
            let by = words::actor(judged.by);
            format!("reviewed, {} ({by}): {}", judged.verdict.words(), first(&judged.words))
        }
        TaskEvent::Accepted { .. } => "accepted".to_owned(),
        TaskEvent::PutOnBase { landing, .. } => {
            let short = |commit: &str| commit.chars().take(12).collect::<String>();
            let checked = if landing.checked { ", already checked" } else { "" };
            format!("put on the base at {} as {}{checked}", short(&landing.base), short(&landing.commit))
        }
        TaskEvent::ResultChecked { results, .. } => {
            let red = results.iter().filter(|result| result.verdict.refuses()).count();
            format!("checked on the base: {} of {} check(s) red", red, results.len())
        }
        TaskEvent::BaseGone { why, .. } => format!("could not be merged: {}", first(why)),
        TaskEvent::MergeWaits { why, .. } => format!("could not be merged: {}", first(why)),
        TaskEvent::SentBack { note, .. } => format!("sent back: {}", first(&note.text)),
        TaskEvent::Done { commit: Some(commit), .. } => {
            format!("done, merged as {}", commit.chars().take(12).collect::<String>())
        }
        TaskEvent::Done { commit: None, .. } => "done".to_owned(),
        TaskEvent::Cancelled { .. } => "cancelled".to_owned(),
        TaskEvent::Reopened { .. } => "to be tried again".to_owned(),
    };
    format!("#{id} {what}")
}

fn run(event: &RunEvent) -> String {
    match event {
        RunEvent::Began { run } => {
            let task = run.task.map_or("a plain session".to_owned(), |task| format!("#{task}"));
            format!("run {} began at desk {}: {task}, engine {}", run.id, run.desk, run.engine)
        }
        RunEvent::Prepared { run, workplace } => format!("run {run}: its checkout is {}", workplace.path),
        RunEvent::Talks { run, session } => format!("run {run}: its engine leads the conversation {session}"),
        RunEvent::Seen { run, seen } => format!("run {run} is {}: {}", seen.state, seen.evidence),
        RunEvent::Spent { run, spent } => format!("run {run} took {}", crate::words::spent(spent)),
        RunEvent::Denied { run, denied } => format!("run {run}: a call was denied: {}", first(&denied.why)),
        RunEvent::Launched { run, pid, enforcement, .. } => {
            let held = enforcement.as_ref().map(|it| format!(", {}", words::enforcement(it))).unwrap_or_default();
            format!("run {run}: its engine runs (pid {pid}{held})")
        }
        RunEvent::StopAsked { run, why } => {
            let why = match why {
                StopWhy::Finished => "finished",
                StopWhy::TaskTaken => "its task was taken from it",
                StopWhy::TimeLimit => "its time limit ran out",
                StopWhy::StoppedByOwner => "everything was stopped",
                StopWhy::DeskStopped => "its desk was stopped",
                StopWhy::Silent => "it printed nothing for too long",
                StopWhy::Parked => "what it asked for waits for its owner",
            };
            format!("run {run} is ended: {why}")
        }
        RunEvent::GivenUp { run } => format!("run {run}: what it left unsaved was given up"),
        RunEvent::Tidied { run } => format!("run {run}: its checkout is gone"),
        RunEvent::Ended { run, exit, ended: None } => format!("run {run} is over: {exit}"),
        RunEvent::Ended { run, exit, ended: Some(at) } => format!("run {run} is over since {at}: {exit}"),
    }
}

fn approval(event: &ApprovalEvent) -> String {
    let id = event.approval();
    let words = |note: &Option<String>| note.as_ref().map(|note| format!(": {}", first(note))).unwrap_or_default();
    match event {
        ApprovalEvent::Asked { approval } => format!("approval {id} asked, to run: {}", first(&approval.shown)),
        ApprovalEvent::Approved { note, .. } => format!("approval {id} given{}", words(note)),
        ApprovalEvent::Denied { note, .. } => format!("approval {id} denied{}", words(note)),
        ApprovalEvent::Undone { .. } => format!("approval {id}: the answer is taken back"),
        ApprovalEvent::AskedBack { question, .. } => format!("approval {id}: the owner asks: {}", first(question)),
        ApprovalEvent::Replied { text, .. } => format!("approval {id}: the reply: {}", first(text)),
        ApprovalEvent::Escalated { .. } => format!("approval {id}: the coordinator is told"),
        ApprovalEvent::Acknowledged { .. } => format!("approval {id} is looked after; it still waits"),
        ApprovalEvent::Parked { .. } => format!("approval {id} is parked with its task"),
        ApprovalEvent::Rejoined { .. } => format!("approval {id} is asked again, and is the same"),
        ApprovalEvent::Moved { .. } => format!("approval {id} waits again: its checkout has changed"),
        ApprovalEvent::Withdrawn { why, .. } => format!("approval {id} withdrawn: {}", first(why)),
        ApprovalEvent::Claimed { .. } => format!("approval {id}: its command begins"),
        ApprovalEvent::Ran { exit, .. } => format!("approval {id}: its command is over, {exit}"),
        ApprovalEvent::Uncertain { why, .. } => format!("approval {id} is uncertain: {}", first(why)),
    }
}

pub(crate) fn grant(event: &GrantEvent) -> String {
    match event {
        GrantEvent::Given { grant } => format!("grant {} given: {}", grant.id, crate::grant::covers(grant)),
        GrantEvent::Used { grant, approval } => format!("grant {grant} answered approval {approval}"),
        GrantEvent::Revoked { grant } => format!("grant {grant} is revoked"),
    }
}

fn mail(event: &MailEvent) -> String {
    let of = |mails: &[MailId]| {
        let ids: Vec<_> = mails.iter().map(ToString::to_string).collect();
        format!("mail {}", ids.join(", "))
    };
    match event {
        MailEvent::Sent { mail } if mail.state == MailState::Bounced => {
            format!("mail {} came back: {}", mail.id, first(mail.why.as_deref().unwrap_or_default()))
        }
        MailEvent::Sent { mail } => format!("mail {} sent, a {}: {}", mail.id, mail.kind, first(&mail.subject)),
        MailEvent::Delivered { mails, run } => format!("run {run} was told of {}", of(mails)),
        MailEvent::Read { mails, run: Some(run) } => format!("run {run} has read {}", of(mails)),
        MailEvent::Read { mails, run: None } => format!("the owner has read {}", of(mails)),
        MailEvent::Acted { mails } => format!("{}: acted upon", of(mails)),
        MailEvent::Returned { mails } => format!("{}: back in the mailbox", of(mails)),
        MailEvent::Replaced { mail, by } => format!("mail {mail}: mail {by} takes its place"),
        MailEvent::Bounced { mails, why } => format!("{}: came back: {}", of(mails), first(why)),
    }
}

fn note(event: &NoteEvent) -> String {
    let of = |notes: &[NoteId]| {
        let ids: Vec<_> = notes.iter().map(ToString::to_string).collect();
        format!("note{} {}", if ids.len() == 1 { "" } else { "s" }, ids.join(", "))
    };
    match event {
        NoteEvent::Added { note } => {
            format!("note {} kept, a {}: {}", note.id, note.words.kind, first(&note.words.title))
        }
        NoteEvent::Edited { note, to, by } => {
            format!("note {note} written anew by {}: {}", words::actor(*by), first(&to.title))
        }
        NoteEvent::Refuted { note, by, evidence } => {
            format!("note {note} refuted by {}: {}", words::actor(*by), first(evidence))
        }
        NoteEvent::Shown { notes, run, .. } => format!("run {run} was briefed with {}", of(notes)),
        NoteEvent::Used { notes, run, .. } => format!("run {run} used {}", of(notes)),
    }
}

fn plan(event: &PlanEvent) -> String {
    let said = |note: &Option<String>| note.as_deref().map(|note| format!(": {}", first(note))).unwrap_or_default();
    match event {
        PlanEvent::Proposed { plan } => {
            format!("plan {} proposed, {} drafts: {}", plan.id, plan.drafts.len(), first(&plan.title))
        }
        PlanEvent::Edited { plan } => format!("plan {} changed, {} drafts", plan.id, plan.drafts.len()),
        PlanEvent::Accepted { plan, by } => format!("plan {plan} accepted by {}", words::actor(*by)),
        PlanEvent::Rejected { plan, by, note } => {
            format!("plan {plan} rejected by {}{}", words::actor(*by), said(note))
        }
    }
}

fn deed(effect: &Effect) -> String {
    match effect {
        Effect::Prepare { run } => format!("making the checkout of run {run}"),
        Effect::Launch { run } => format!("launching run {run}"),
        Effect::End { run } => format!("ending run {run}"),
        Effect::Halt { task } => format!("halting #{task}"),
        Effect::Collect { task, .. } => format!("collecting #{task}"),
        Effect::Check { task, .. } => format!("checking #{task}"),
        Effect::Merge { task } => format!("merging #{task}"),
        Effect::CheckResult { task } => format!("checking #{task} on the base"),
        Effect::Reclaim { task } => format!("clearing up after #{task}"),
        Effect::Tidy { run, .. } => format!("clearing up after run {run}"),
        Effect::Discard { runs } => format!("removing what {} run(s) left", runs.len()),
        Effect::Act { approval } => format!("doing what approval {approval} holds"),
        Effect::TryProject { project } => format!("trying project {project}"),
    }
}

/// The first line, not too long.
fn first(text: &str) -> String {
    print::cut(text.lines().next().unwrap_or_default(), 120)
}
