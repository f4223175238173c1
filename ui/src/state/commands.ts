// What the owner may ask of the office, typed: one function for each thing a person does. Undo is said where there is one.
// Not here: deciding whether it may be. The office does that and refuses in words.
import type { Answer, ApprovalId, Ask, AutostartStanding, BudgetOf, CommandBody, DeskId, Flaw, GrantId, Limits, Mail, MailId, NewGrant, NewTask, Notify, Noun, OfficeSettings, PlanEdit, PlanId, ProjectId, RoleFile, RoleName, RoleTried, RuleFile, RulesTried, TaskEdit, TaskId, TaskLimits, Terms, Unattended } from '../bindings';

export interface Office {
  ask(ask: Ask): Promise<Answer>;
  commandId(): string;
}

async function submit(office: Office, body: CommandBody): Promise<Noun | null> {
  const answer = await office.ask({ ask: 'submit', command_id: office.commandId(), body });
  return answer.kind === 'changed' ? answer.value : null;
}

/** A thing that was done, and how to take it back where that is possible. */
export interface Deed {
  said: string;
  undo: (() => Promise<unknown>) | null;
}

export const addTask = (office: Office, task: NewTask): Promise<Noun | null> => submit(office, { noun: 'task', do: 'add', new: task });
export const editTask = (office: Office, task: TaskId, edit: TaskEdit): Promise<Noun | null> =>
  submit(office, { noun: 'task', do: 'edit', task, edit });
export const moveTask = (office: Office, task: TaskId, other: TaskId, after: boolean): Promise<Noun | null> =>
  submit(office, { noun: 'task', do: 'move', task, other, after });
export const releaseTask = (office: Office, task: TaskId): Promise<Noun | null> => submit(office, { noun: 'task', do: 'release', task });
export const unassign = (office: Office, task: TaskId): Promise<Noun | null> => submit(office, { noun: 'task', do: 'unassign', task });
export const answerTask = (office: Office, task: TaskId, text: string): Promise<Noun | null> =>
  submit(office, { noun: 'task', do: 'answer', task, text });
/** What is said to whoever is blocked and is to go on all the same. */
export const WITHOUT = 'Go on without it as well as you can, and say what you left out.';
export const sendBack = (office: Office, task: TaskId, note: string): Promise<Noun | null> =>
  submit(office, { noun: 'task', do: 'reject', task, note });
export const cancelTask = (office: Office, task: TaskId): Promise<Noun | null> => submit(office, { noun: 'task', do: 'cancel', task });
export const retryTask = (office: Office, task: TaskId, note: string | null): Promise<Noun | null> =>
  submit(office, { noun: 'task', do: 'retry', task, note });
export const resumeTask = (office: Office, task: TaskId): Promise<Noun | null> => submit(office, { noun: 'task', do: 'resume', task });

/** Given to a desk. A task that only waits in a queue can be taken back; one that was started is stopped, not undone. */
export async function assign(office: Office, task: TaskId, desk: DeskId, name: string): Promise<Deed> {
  const changed = await submit(office, { noun: 'task', do: 'assign', task, desk });
  const queued = changed?.noun === 'task' && changed.state === 'queued';
  return {
    said: queued ? `#${task} waits in ${name}'s queue` : `${name} starts on #${task}`,
    undo: queued ? () => unassign(office, task) : null,
  };
}

/** Accepts and does not wait for the merge: the task says itself how that went. */
export const accept = (office: Office, task: TaskId): Promise<Noun | null> => submit(office, { noun: 'task', do: 'accept', task });

/** Merges of a project go on, on the base as it is now; or nothing more is merged. */
export const releaseQueue = (office: Office, project: ProjectId): Promise<Noun | null> => submit(office, { noun: 'project', do: 'release_queue', project });
export const holdQueue = (office: Office, project: ProjectId): Promise<Noun | null> => submit(office, { noun: 'project', do: 'hold_queue', project });
/** Whether another run judges each change of a project before it is merged. */
export const setReview = (office: Office, project: ProjectId, review: boolean): Promise<Noun | null> => submit(office, { noun: 'project', do: 'set_review', project, review });

/** Lets a held command run once, or not at all. */
export const answerApproval = (office: Office, approval: ApprovalId, what: 'approve' | 'deny', note: string | null, terms: Terms): Promise<Noun | null> =>
  submit(office, { noun: 'approval', do: what, approval, note, terms });
/** Takes an answer back, while nothing came of it. */
export const undoApproval = (office: Office, approval: ApprovalId): Promise<Noun | null> => submit(office, { noun: 'approval', do: 'undo', approval });
/** Somebody looks after it: nobody further on is told of it. It waits all the same. */
export const acknowledge = (office: Office, approval: ApprovalId): Promise<Noun | null> => submit(office, { noun: 'approval', do: 'acknowledge', approval });
/** Asks whoever asked; it stays held. */
export const askBack = (office: Office, approval: ApprovalId, question: string): Promise<Noun | null> =>
  submit(office, { noun: 'approval', do: 'ask_back', approval, question });
/** The rule that would always say so of it, to be looked at and changed. */
export async function proposeRule(office: Office, approval: ApprovalId, said: 'allow' | 'deny'): Promise<string> {
  const answer = await office.ask({ ask: 'propose_rule', approval, said });
  if (answer.kind !== 'text') throw new Error('the office answered something else');
  return answer.value;
}
/** Approves a shape of command in advance. */
export const giveGrant = (office: Office, grant: NewGrant): Promise<Noun | null> => submit(office, { noun: 'grant', do: 'give', new: grant });
/** Program and subcommands of a line, and its other words: what a grant for it would cover. */
export async function shapeOf(office: Office, line: string): Promise<{ run: string; words: string[] }> {
  const answer = await office.ask({ ask: 'shape_of', line });
  if (answer.kind !== 'shape') throw new Error('the office answered something else');
  return answer.value;
}
/** All files of rules, layer by layer. */
export async function ruleFiles(office: Office): Promise<RuleFile[]> {
  const answer = await office.ask({ ask: 'rules' });
  if (answer.kind !== 'rules') throw new Error('the office answered something else');
  return answer.value;
}
/** What is wrong with a file of rules, and what it would have changed lately. */
export async function tryRules(office: Office, file: string, text: string): Promise<RulesTried> {
  const answer = await office.ask({ ask: 'try_rules', file, text });
  if (answer.kind !== 'rules_tried') throw new Error('the office answered something else');
  return answer.value;
}
/** Keeps it; `was` is what was read. */
export const keepRules = (office: Office, file: string, text: string, was: string | null): Promise<Answer> => office.ask({ ask: 'keep_rules', file, text, was });
/** A mail of the owner's: to somebody, or in answer. */
export async function sendMail(office: Office, mail: { to: string | null; subject: string; text: string; answers: MailId | null }): Promise<Noun | null> {
  const kind = mail.answers === null ? 'message' : 'answer';
  const answer = await office.ask({ ask: 'send_mail', command_id: office.commandId(), kind, files: [], key: null, ...mail });
  return answer.kind === 'changed' ? answer.value : null;
}
/** The owner's words to whoever leads the desks, who is woken. */
export async function talk(office: Office, text: string, fresh: boolean, project: string | null): Promise<Noun | null> {
  const answer = await office.ask({ ask: 'talk', command_id: office.commandId(), text, fresh, project });
  return answer.kind === 'changed' ? answer.value : null;
}
export const acceptPlan = (office: Office, plan: PlanId): Promise<Noun | null> => submit(office, { noun: 'plan', do: 'accept', plan });
export const rejectPlan = (office: Office, plan: PlanId, note: string | null): Promise<Noun | null> => submit(office, { noun: 'plan', do: 'reject', plan, note });
export const editPlan = (office: Office, plan: PlanId, edit: Partial<PlanEdit>): Promise<Noun | null> => submit(office, { noun: 'plan', do: 'edit', plan, edit: edit as PlanEdit });
/** What is vague, unbounded or unchecked in a task as it is written. */
export async function lintTask(office: Office, task: TaskId): Promise<Flaw[]> {
  const answer = await office.ask({ ask: 'lint', tasks: [task] });
  return answer.kind === 'linted' ? (answer.value[0]?.flaws ?? []) : [];
}
/** What lies with the owner is read from now on. */
export const readMail = (office: Office): Promise<Answer> => office.ask({ ask: 'inbox', take: true, wait: false });
export const ackMails = (office: Office, mails: MailId[]): Promise<Noun | null> => submit(office, { noun: 'mail', do: 'ack', mails });
/** All mails of a thread, long ago ones too. */
export async function threadOf(office: Office, thread: MailId): Promise<Mail[]> {
  const answer = await office.ask({ ask: 'mails', mail: null, thread, with: null, open: false, before: null, limit: 200 });
  if (answer.kind !== 'mails') throw new Error('the office answered something else');
  return answer.value;
}
/** The newest mails that have all of these words in subject or text, the oldest of them first. */
export async function findMail(office: Office, words: string): Promise<Mail[]> {
  const answer = await office.ask({ ask: 'mails', mail: null, thread: null, with: null, words, open: false, before: null, limit: 100 });
  if (answer.kind !== 'mails') throw new Error('the office answered something else');
  return answer.value;
}
/** All files of roles, layer by layer. */
export async function roleFiles(office: Office): Promise<RoleFile[]> {
  const answer = await office.ask({ ask: 'role_files' });
  if (answer.kind !== 'role_files') throw new Error('the office answered something else');
  return answer.value;
}
/** What a text says as a role, and what is wrong with it. */
export async function tryRole(office: Office, file: string, text: string): Promise<RoleTried> {
  const answer = await office.ask({ ask: 'try_role', file, text });
  if (answer.kind !== 'role_tried') throw new Error('the office answered something else');
  return answer.value;
}
/** Keeps it; `was` is what was read. */
export const keepRole = (office: Office, file: string, text: string, was: string | null): Promise<Answer> => office.ask({ ask: 'keep_role', file, text, was });
export const revokeGrant = (office: Office, grant: GrantId): Promise<Noun | null> => submit(office, { noun: 'grant', do: 'revoke', grant });
export const reopenTask = (office: Office, task: TaskId, note: string | null): Promise<Noun | null> =>
  submit(office, { noun: 'task', do: 'reopen', task, note });

export const hire = (
  office: Office,
  name: string,
  role: RoleName,
  project: ProjectId | null,
  auto: boolean,
  engine: string | null = null,
  command: string | null = null,
): Promise<Noun | null> => submit(office, { noun: 'desk', do: 'add', name, role, project, engine, command, auto });
export const pauseDesk = (office: Office, desk: DeskId): Promise<Noun | null> => submit(office, { noun: 'desk', do: 'pause', desk });
export const resumeDesk = (office: Office, desk: DeskId): Promise<Noun | null> => submit(office, { noun: 'desk', do: 'resume', desk });
export const stopDesk = (office: Office, desk: DeskId): Promise<Noun | null> => submit(office, { noun: 'desk', do: 'stop', desk });
export const setAuto = (office: Office, desk: DeskId, auto: boolean): Promise<Noun | null> =>
  submit(office, { noun: 'desk', do: 'change', desk, auto });
export const removeDesk = (office: Office, desk: DeskId): Promise<Noun | null> => submit(office, { noun: 'desk', do: 'remove', desk });

export const stopAll = (office: Office): Promise<Noun | null> => submit(office, { noun: 'office', do: 'stop_all' });
export const resumeAll = (office: Office): Promise<Noun | null> => submit(office, { noun: 'office', do: 'resume' });
/** Settings go as a whole: what is not changed stays as it is known. */
export const setReviewLimit = (office: Office, known: OfficeSettings, review_limit: number): Promise<Noun | null> =>
  submit(office, { noun: 'office', do: 'set', settings: { ...known, review_limit } });
export const setNotify = (office: Office, known: OfficeSettings, notify: Notify): Promise<Noun | null> =>
  submit(office, { noun: 'office', do: 'set', settings: { ...known, notify } });
export const setUnattended = (office: Office, known: OfficeSettings, unattended: Unattended): Promise<Noun | null> =>
  submit(office, { noun: 'office', do: 'set', settings: { ...known, unattended } });
/** The most that may be spent of it in all; `more`: that much more than was. What is not named stays as it is. */
export const setBudget = (office: Office, budget: BudgetOf, limits: Limits, more: boolean): Promise<Noun | null> =>
  submit(office, { noun: 'office', do: 'set_budget', budget, limits, more });
/** A task may take so much more than it may now, or took. */
export const raiseTask = (office: Office, task: TaskId, limits: TaskLimits): Promise<Noun | null> =>
  submit(office, { noun: 'office', do: 'set_task_limit', of: { task }, limits, more: true });
export const removeBudget = (office: Office, budget: BudgetOf): Promise<Noun | null> => submit(office, { noun: 'office', do: 'remove_budget', budget });
/** Whether the system starts the office after a reboot; changed first, if it is said how. */
export async function autostart(office: Office, wanted: boolean | null): Promise<AutostartStanding> {
  const answer = await office.ask({ ask: 'autostart', wanted });
  if (answer.kind !== 'autostart') throw new Error('the office answered something else');
  return answer.value;
}
export const addProject = (office: Office, path: string, name: string | null): Promise<Answer> =>
  office.ask({ ask: 'add_project', path, name, base: null });
/** A small repository of the office's own with tasks to try things on. */
export const openDemo = (office: Office): Promise<Answer> => office.ask({ ask: 'open_demo' });
