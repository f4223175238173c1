//! The indexes that keep deciding fast, and the one way each noun is changed so that they stay true.

use std::collections::{BTreeMap, BTreeSet};

use crate::approval::Approval;
use crate::desk::Desk;
use crate::grant::Grant;
use crate::ids::{ApprovalId, DeskId, GrantId, MailId, NoteId, PlanId, ProjectId, RunId, TaskId};
use crate::mail::{CLOSED_KEPT, Mail, Mailbox};
use crate::note::Note;
use crate::noun::NounKey;
use crate::office::Office;
use crate::plan::Plan;
use crate::project::Project;
use crate::run::Run;
use crate::task::{Place, Priority, Task, TaskState};
use crate::time::At;

#[derive(Clone, PartialEq, Debug, Default)]
pub(crate) struct Index {
    pub(crate) ready: BTreeSet<(Priority, Place, TaskId)>,
    pub(crate) in_review: BTreeSet<TaskId>,
    /// Reviews that are not over.
    pub(crate) reviews: BTreeSet<TaskId>,
    pub(crate) at_work: BTreeSet<TaskId>,
    /// Those in which something may wait for the owner: in review, blocked, parked.
    pub(crate) for_owner: BTreeSet<TaskId>,
    /// Those that are not over.
    pub(crate) open: BTreeSet<TaskId>,
    /// Those that something can still come of.
    pub(crate) approvals: BTreeSet<ApprovalId>,
    /// Open mail by its mailbox.
    pub(crate) mail_in: BTreeMap<Mailbox, BTreeSet<MailId>>,
    /// Open mail by the run that has it.
    pub(crate) mail_held: BTreeMap<RunId, BTreeSet<MailId>>,
    /// Closed mail that is at hand, first closed first.
    pub(crate) mail_closed: BTreeSet<(At, MailId)>,
    /// For so many seconds programs worked on each task that are over.
    pub(crate) worked_secs: BTreeMap<TaskId, u32>,
    pub(super) dependents: BTreeMap<TaskId, BTreeSet<TaskId>>,
    pub(super) deadlines: BTreeSet<(At, RunId)>,
}

impl Office {
    pub(crate) fn unfinished(&self, tasks: &[TaskId]) -> Vec<TaskId> {
        tasks.iter().copied().filter(|id| self.tasks.get(id).is_some_and(|t| t.state != TaskState::Done)).collect()
    }

    /// Keeps `waiting_for` of the tasks that depend on `id` true.
    pub(crate) fn update_waiting(&mut self, id: TaskId) {
        let done = self.tasks.get(&id).is_some_and(|task| task.state == TaskState::Done);
        let Some(dependents) = self.index.dependents.get(&id).cloned() else { return };
        for dependent in dependents {
            let listed = self.tasks.get(&dependent).is_some_and(|task| task.waiting_for.contains(&id));
            if listed == done {
                self.change_task(dependent, |task| {
                    task.waiting_for.retain(|other| *other != id);
                    if !done {
                        task.waiting_for.push(id);
                        task.waiting_for.sort_unstable();
                    }
                });
            }
        }
    }

    pub(crate) fn leave_queue(&mut self, task: TaskId) {
        let Some(desk) = self.tasks.get(&task).and_then(|task| task.desk) else { return };
        if self.desks.get(&desk).is_some_and(|desk| desk.queue.contains(&task)) {
            self.change_desk(desk, |desk| desk.queue.retain(|other| *other != task));
        }
    }

    pub(crate) fn put_project(&mut self, project: Project) {
        self.touched.insert(NounKey::Project(project.id));
        self.projects.insert(project.id, project);
    }

    pub(crate) fn change_project(&mut self, id: ProjectId, change: impl FnOnce(&mut Project)) {
        if let Some(project) = self.projects.get_mut(&id) {
            change(project);
            self.touched.insert(NounKey::Project(id));
        }
    }

    pub(crate) fn put_desk(&mut self, desk: Desk) {
        self.touched.insert(NounKey::Desk(desk.id));
        self.desks.insert(desk.id, desk);
    }

    pub(crate) fn change_desk(&mut self, id: DeskId, change: impl FnOnce(&mut Desk)) {
        if let Some(desk) = self.desks.get_mut(&id) {
            change(desk);
            self.touched.insert(NounKey::Desk(id));
        }
    }

    pub(crate) fn put_run(&mut self, run: Run) {
        if let Some(at) = run.deadline {
            self.index.deadlines.insert((at, run.id));
        }
        self.index.worked(&run);
        self.touched.insert(NounKey::Run(run.id));
        self.runs.insert(run.id, run);
    }

    pub(crate) fn change_run(&mut self, id: RunId, change: impl FnOnce(&mut Run)) {
        let Some(run) = self.runs.get_mut(&id) else { return };
        let (before, open) = (run.deadline, run.ended.is_none());
        change(run);
        if open {
            self.index.worked(run);
        }
        let after = run.deadline;
        if let Some(at) = before {
            self.index.deadlines.remove(&(at, id));
        }
        if let Some(at) = after {
            self.index.deadlines.insert((at, id));
        }
        self.touched.insert(NounKey::Run(id));
    }

    pub(crate) fn put_approval(&mut self, approval: Approval) {
        let id = approval.id;
        self.approvals.insert(id, approval);
        self.change_approval(id, |_| {});
    }

    pub(crate) fn change_approval(&mut self, id: ApprovalId, change: impl FnOnce(&mut Approval)) {
        let Some(approval) = self.approvals.get_mut(&id) else { return };
        change(approval);
        if approval.state.is_open() {
            self.index.approvals.insert(id);
        } else {
            self.index.approvals.remove(&id);
        }
        self.touched.insert(NounKey::Approval(id));
    }

    pub(crate) fn put_grant(&mut self, grant: Grant) {
        self.touched.insert(NounKey::Grant(grant.id));
        self.grants.insert(grant.id, grant);
    }

    pub(crate) fn change_grant(&mut self, id: GrantId, change: impl FnOnce(&mut Grant)) {
        let Some(grant) = self.grants.get_mut(&id) else { return };
        change(grant);
        self.touched.insert(NounKey::Grant(id));
    }

    pub(crate) fn put_mail(&mut self, mail: Mail) {
        let id = mail.id;
        self.mails.insert(id, mail);
        self.change_mail(id, |_| {});
    }

    pub(crate) fn change_mail(&mut self, id: MailId, change: impl FnOnce(&mut Mail)) {
        let Some(mail) = self.mails.get_mut(&id) else { return };
        let before = mail.held_by;
        change(mail);
        let (open, to, holder, since) = (mail.state.is_open(), mail.to.clone(), mail.held_by, mail.since);
        if let Some(run) = before.filter(|run| holder != Some(*run)) {
            leave(&mut self.index.mail_held, &run, id);
        }
        if let Some(run) = holder.filter(|_| open) {
            self.index.mail_held.entry(run).or_default().insert(id);
        }
        if open {
            self.index.mail_in.entry(to).or_default().insert(id);
        } else {
            leave(&mut self.index.mail_in, &to, id);
            self.index.mail_closed.insert((since, id));
        }
        self.touched.insert(NounKey::Mail(id));
        // What was closed long ago is read from the store; never what changed just now, which is still to be written.
        while self.index.mail_closed.len() > CLOSED_KEPT
            && let Some(oldest) = self.index.mail_closed.first().copied()
            && !self.touched.contains(&NounKey::Mail(oldest.1))
        {
            self.index.mail_closed.remove(&oldest);
            self.mails.remove(&oldest.1);
        }
    }

    pub(crate) fn put_plan(&mut self, plan: Plan) {
        self.touched.insert(NounKey::Plan(plan.id));
        self.plans.insert(plan.id, plan);
    }

    pub(crate) fn change_plan(&mut self, id: PlanId, change: impl FnOnce(&mut Plan)) {
        let Some(plan) = self.plans.get_mut(&id) else { return };
        change(plan);
        self.touched.insert(NounKey::Plan(id));
    }

    pub(crate) fn put_note(&mut self, note: Note) {
        self.touched.insert(NounKey::Note(note.id));
        self.notes.insert(note.id, note);
    }

    pub(crate) fn change_note(&mut self, id: NoteId, change: impl FnOnce(&mut Note)) {
        let Some(note) = self.notes.get_mut(&id) else { return };
        change(note);
        self.touched.insert(NounKey::Note(id));
    }

    pub(crate) fn put_task(&mut self, task: Task) {
        let id = task.id;
        if let Some(before) = self.tasks.get(&id) {
            self.index.ready.remove(&(before.priority, before.place(), id));
            for dep in &before.depends_on {
                if let Some(list) = self.index.dependents.get_mut(dep) {
                    list.remove(&id);
                    if list.is_empty() {
                        self.index.dependents.remove(dep);
                    }
                }
            }
        }
        for dep in &task.depends_on {
            self.index.dependents.entry(*dep).or_default().insert(id);
        }
        self.tasks.insert(id, task);
        self.change_task(id, |_| {});
    }

    pub(crate) fn change_task(&mut self, id: TaskId, change: impl FnOnce(&mut Task)) {
        let Some(task) = self.tasks.get_mut(&id) else { return };
        let before = (task.priority, task.place());
        change(task);
        self.index.ready.remove(&(before.0, before.1, id));
        self.index.in_review.remove(&id);
        self.index.at_work.remove(&id);
        if matches!(task.state, TaskState::InReview | TaskState::Blocked | TaskState::Parked) {
            self.index.for_owner.insert(id);
        } else {
            self.index.for_owner.remove(&id);
        }
        if task.state == TaskState::Ready && task.waiting_for.is_empty() {
            self.index.ready.insert((task.priority, task.place(), id));
        }
        if task.state == TaskState::InReview {
            self.index.in_review.insert(id);
        }
        if task.state.at_work() {
            self.index.at_work.insert(id);
        }
        if task.state.is_over() {
            self.index.open.remove(&id);
            self.index.reviews.remove(&id);
        } else {
            self.index.open.insert(id);
            if task.reviews.is_some() {
                self.index.reviews.insert(id);
            }
        }
        self.touched.insert(NounKey::Task(id));
    }
}

impl Index {
    /// A run that is over counts among what was worked on its task.
    fn worked(&mut self, run: &Run) {
        if let (Some(task), Some(launched), Some(ended)) = (run.task, run.launched, run.ended) {
            let all = self.worked_secs.entry(task).or_default();
            *all = all.saturating_add(ended.seconds_since(launched));
        }
    }
}

/// Takes it out of the set of that name, and the set away with the last of it.
fn leave<K: Ord>(sets: &mut BTreeMap<K, BTreeSet<MailId>>, key: &K, id: MailId) {
    if let Some(set) = sets.get_mut(key) {
        set.remove(&id);
        if set.is_empty() {
            sets.remove(key);
        }
    }
}
