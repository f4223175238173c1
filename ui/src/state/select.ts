// What is read out of the view: desks as they are seen, the backlog in its order, who waits for the owner, the counts.
// Pure, and the same words as the office's own views. Not here: what a drag would do (assign.ts), sentences (words.ts).
import type { Approval, Desk, DeskState, DeskView, Exit, Grant, HoldReason, Priority, Run, Task, TaskId, TaskState } from '../bindings';
import { attendedOnly, engineOf } from './assign';
import { spentBudget } from './budget';
import type { OfficeView } from './view';

/** A desk as it is seen: state, the evidence for it, and since when. Mirrors `Office::desk_view` of the core. */
export function deskSeen(view: OfficeView, desk: Desk): DeskView {
  const run = desk.run === null ? undefined : view.runs.get(desk.run);
  const task = taskOf(view, run);
  const last = desk.last_run === null ? undefined : view.runs.get(desk.last_run);
  const [state, evidence, since] = seen(view, desk, run, task, last);
  return {
    id: desk.id,
    name: desk.name,
    role: desk.role,
    state,
    evidence,
    since,
    task: task?.id ?? null,
    title: task?.title ?? null,
    queue: desk.queue,
    hold: desk.hold,
    spent: (run ?? last)?.spent ?? null,
    visitors: run?.state === 'live' ? (run.seen?.visitors ?? 0) : 0,
    enforcement: (run ?? last)?.enforcement,
  };
}

type Seen = [DeskState, string, string | null];

function seen(view: OfficeView, desk: Desk, run: Run | undefined, task: Task | undefined, last: Run | undefined): Seen {
  if (desk.removed) return ['off', 'removed', null];
  if (run) {
    const asks = byNumber(view.approvals).find((it) => it.run === run.id && it.state === 'waiting');
    if (asks) return ['waiting for you', `asks to run: ${glance(asks.shown)}`, asks.since];
    if (run.state === 'preparing') return ['starting', 'its checkout is made and set up', run.began];
    if (run.state === 'launching') return ['starting', 'its engine is started', run.began];
    if (task?.state === 'checking') return ['reviewing', 'its work is collected and checked', task.since];
    if (run.state === 'ending') return ['working', 'its process is ended', run.launched];
    // What its engine's own signals say, and until when.
    if (run.state === 'live' && run.seen) {
      const { state, evidence, since, until } = run.seen;
      // It was told what is missing as often as that makes sense, and rests all the same.
      if (state === 'idle' && task?.state === 'running' && (run.spent?.turns ?? 0) > 0)
        return ['waiting for you', `its turn ended, and #${task.id} is not done`, since];
      return [state, until ? `${evidence}; until ${until}` : evidence, since];
    }
    return ['working', run.pid === null ? '' : `process ${run.pid} runs`, run.launched];
  }
  const [state, evidence, since] = atRest(view, desk, last);
  const why = state === 'idle' ? attendedOnly(view, desk) : null;
  return [state, why ? `${evidence}; ${why}` : evidence, since];
}

const HELD: Readonly<Record<HoldReason, string>> = {
  desk_paused: 'paused by its owner',
  queue_held: 'its merges are held',
  base_rewritten: 'its merges are held',
  desk_stopped: 'stopped by its owner',
  stopped_by_owner: 'everything is stopped by its owner',
  waits_for_you: 'waits for you',
  budget_spent: 'its budget is spent',
  usage_limit: 'its account has reached its usage limit',
  task_limit: 'its task took all it may',
  incident: 'stopped until you have looked',
};

function atRest(view: OfficeView, desk: Desk, last: Run | undefined): Seen {
  const hold = desk.hold ?? view.office.hold;
  if (hold?.reason === 'incident' && hold.what) return ['waiting for you', `stopped: ${hold.what}`, hold.since];
  if (hold) return ['paused', HELD[hold.reason], hold.since];
  const spent = spentBudget(view, desk);
  if (spent) return ['paused', spent, null];
  const engine = engineOf(view, desk);
  if (engine.refusal) return ['off', engine.refusal.detail, null];
  const stuck = stuckQueue(view, desk);
  if (stuck) return ['stuck', `its next task #${stuck.task.id} waits for #${stuck.dep.id}, which is ${stuck.dep.state}`, stuck.dep.since];
  if (!last) return ['idle', 'nothing runs here', null];
  const lost = last.exit?.kind === 'lost';
  const task = taskOf(view, last);
  // Another run may have taken the task on since: then it says nothing about this desk any more.
  if (!task || task.last_run !== last.id)
    return lost && last.task === null ? ['crashed', 'its session was lost with the office', last.ended] : ['idle', 'nothing runs here', last.ended];
  switch (task.state) {
    case 'checking':
      return ['reviewing', 'its work is collected and checked', task.since];
    case 'blocked':
      return ['waiting for you', `#${task.id} needs: ${glance(firstLine(task.why ?? ''))}`, task.since];
    case 'in review':
      return ['finished', `#${task.id} waits for review`, task.since];
    case 'merging':
      return ['finished', `#${task.id} is accepted and is merged`, task.since];
    case 'interrupted':
      if (lost) return ['crashed', `#${task.id}: its process was lost with the office`, last.ended];
      break;
    case 'failed':
      if (last.exit?.kind === 'code' && last.exit.code === 0)
        return ['idle', `nothing runs here; its last task #${task.id} failed`, last.ended];
      return ['crashed', `#${task.id} failed; ${last.exit ? ending(last.exit) : ''}`, last.ended];
  }
  return ['idle', 'nothing runs here', last.ended];
}

/** The first task of a queue, and what it waits for, when none of the queue can ever start as things stand. */
function stuckQueue(view: OfficeView, desk: Desk): { task: Task; dep: Task } | undefined {
  const never = (id: TaskId): { task: Task; dep: Task } | undefined => {
    const task = view.tasks.get(id);
    const deps = (task?.waiting_for ?? []).flatMap((dep) => view.tasks.get(dep) ?? []);
    const dep = deps.filter((it) => OVER.includes(it.state)).sort((a, b) => a.id - b.id)[0];
    return task && dep && { task, dep };
  };
  const all = desk.queue.map(never);
  return all.every((it) => it !== undefined) ? all[0] : undefined;
}
const OVER: readonly TaskState[] = ['done', 'failed', 'cancelled'];

/** The beginning of a text, as far as one glance goes; counted as the core counts. */
function glance(text: string): string {
  const all = [...text];
  return all.length > GLANCE ? `${all.slice(0, GLANCE).join('')}…` : text;
}
const GLANCE = 100;
const firstLine = (text: string): string => text.split('\n')[0]!.replace(/\r$/, '');

/** How a process ended, in the core's words. */
export function ending(exit: Exit): string {
  switch (exit.kind) {
    case 'code':
      return `exit code ${exit.code}`;
    case 'signal':
      return `ended by signal ${exit.signal}`;
    case 'not_started':
      return `not started: ${exit.why}`;
    case 'lost':
      return 'lost with the office';
  }
}

const taskOf = (view: OfficeView, run: Run | undefined): Task | undefined =>
  run?.task === null || run?.task === undefined ? undefined : view.tasks.get(run.task);

/** Every desk that is still there, by number, which is also its seat. */
export function desksSeen(view: OfficeView): DeskView[] {
  return byNumber(view.desks)
    .filter((desk) => !desk.removed)
    .map((desk) => deskSeen(view, desk));
}

const LOUD: readonly DeskState[] = ['waiting for you', 'stuck', 'login needed'];
const BUSY: readonly DeskState[] = ['working', 'thinking'];
/** The desks whose program prints now, and whose monitors matter most: who needs somebody, then who works, then the rest. */
export function printing(view: OfficeView): { desk: number; run: number; rank: number }[] {
  return byNumber(view.desks).flatMap((desk) => {
    const run = desk.run === null ? undefined : view.runs.get(desk.run);
    if (desk.removed || !run || (run.state !== 'live' && run.state !== 'ending')) return [];
    const { state } = deskSeen(view, desk);
    return [{ desk: desk.id, run: run.id, rank: LOUD.includes(state) ? 0 : BUSY.includes(state) ? 1 : 2 }];
  });
}

/** What is at the desk for its owner to read: the task it works on, or the last one that is not over with it. */
export function taskAtDesk(view: OfficeView, desk: Desk): Task | undefined {
  return taskOf(view, runAtDesk(view, desk));
}
export function runAtDesk(view: OfficeView, desk: Desk): Run | undefined {
  const id = desk.run ?? desk.last_run;
  return id === null ? undefined : view.runs.get(id);
}

const RANK: Readonly<Record<Priority, number>> = { urgent: 0, high: 1, normal: 2, low: 3 };
export const PRIORITIES = Object.keys(RANK) as Priority[];

/** Commands that are held, the oldest first. */
export function requestsOf(view: OfficeView): Approval[] {
  return [...view.approvals.values()].filter((it) => it.state === 'waiting').sort((a, b) => (a.asked < b.asked ? -1 : a.asked > b.asked ? 1 : a.id - b.id));
}

/** Requests for the very same, answered together. */
export interface Asks {
  first: Approval;
  all: readonly Approval[];
}
/** What is asked in the same words under the same rule is one card; what is talked about, or was parked, is by itself. */
export function groupsOf(requests: readonly Approval[]): Asks[] {
  const groups = new Map<string, Approval[]>();
  for (const it of requests) {
    const alone = (it.talk ?? []).length > 0 || it.parked;
    const same = JSON.stringify([it.held, it.argv, it.ruling?.rule, alone ? it.id : null]);
    groups.set(same, [...(groups.get(same) ?? []), it]);
  }
  return [...groups.values()].flatMap((all) => (all[0] ? { first: all[0], all } : []));
}
/** Tasks that cannot start before this one is done. */
export const blockedBy = (view: OfficeView, task: TaskId): Task[] =>
  [...view.tasks.values()].filter((it) => it.waiting_for.includes(task) && !['done', 'cancelled', 'failed'].includes(it.state));
/** What is approved in advance and may still answer something, oldest first. */
export const grantsOf = (view: OfficeView, now: Date): Grant[] =>
  byNumber(view.grants).filter(
    (it) =>
      it.revoked === null &&
      (it.times === null || it.used < it.times) &&
      (it.until === null || Date.parse(it.until) > now.getTime()) &&
      (it.task === null || !['done', 'cancelled', 'failed'].includes(view.tasks.get(it.task)?.state ?? 'done')),
  );

const WAITS: readonly TaskState[] = ['blocked', 'in review', 'interrupted', 'failed'];
/** What waits for the owner: blockers first, then verdicts, then what broke; within each the longest first. */
export function waitsForYou(view: OfficeView): Task[] {
  return [...view.tasks.values()]
    .filter((task) => WAITS.includes(task.state))
    .sort((a, b) => WAITS.indexOf(a.state) - WAITS.indexOf(b.state) || (a.since < b.since ? -1 : a.since > b.since ? 1 : a.id - b.id));
}

const AT_WORK: readonly TaskState[] = ['starting', 'running', 'checking', 'merging'];
export const isAtWork = (task: Task): boolean => AT_WORK.includes(task.state);

const DAY_MS = 24 * 3600 * 1000;
/** Done within the last 24 hours, the newest first. */
export function doneToday(view: OfficeView, now: Date): Task[] {
  const since = now.getTime() - DAY_MS;
  return [...view.tasks.values()]
    .filter((task) => task.state === 'done' && Date.parse(task.since) >= since)
    .sort((a, b) => (a.since > b.since ? -1 : a.since < b.since ? 1 : b.id - a.id));
}

export interface Counts {
  desks: number;
  /** Desks with a run on a task. */
  onTask: number;
  backlog: number;
  atWork: number;
  queued: number;
  held: number;
  waits: number;
  done: number;
}

export function counts(view: OfficeView, now: Date): Counts {
  const out: Counts = { desks: 0, onTask: 0, backlog: 0, atWork: 0, queued: 0, held: 0, waits: 0, done: 0 };
  for (const desk of view.desks.values()) {
    if (desk.removed) continue;
    out.desks++;
    const run = desk.run === null ? undefined : view.runs.get(desk.run);
    const checked = run ? undefined : taskAtDesk(view, desk);
    if (run?.task != null || checked?.state === 'checking') out.onTask++;
  }
  const since = now.getTime() - DAY_MS;
  for (const task of view.tasks.values()) {
    if (task.state === 'ready' || task.state === 'draft') out.backlog++;
    else if (isAtWork(task)) out.atWork++;
    else if (task.state === 'queued') out.queued++;
    else if (task.state === 'parked') out.held++;
    else if (WAITS.includes(task.state)) out.waits++;
    else if (task.state === 'done' && Date.parse(task.since) >= since) out.done++;
  }
  return out;
}

export function byNumber<T extends { id: number }>(map: ReadonlyMap<number, T>): T[] {
  return [...map.values()].sort((a, b) => a.id - b.id);
}

/** Lines added and removed by a task's collected work. */
export function size(task: Task): { added: number; removed: number; files: number } {
  const files = task.work?.files ?? [];
  const sum = (field: 'added' | 'removed'): number => files.reduce((total, file) => total + (file[field] ?? 0), 0);
  return { added: sum('added'), removed: sum('removed'), files: files.length };
}
