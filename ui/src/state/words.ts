// Sentences: events for the strip, ages, marks and verdicts, as people read them. Pure.
// Not here: which of them are shown (select.ts, panels).
import type { Approval, ApprovalEvent, CheckResult, DeskView, Envelope, Grant, Mark, ReviewVerdict, Spent, Task, Wake } from '../bindings';
import type { OfficeView } from './view';

/** 'now', '4 min', '2 h', '3 d'. */
export function age(since: string, now: Date): string {
  const minutes = Math.floor((now.getTime() - Date.parse(since)) / 60_000);
  if (minutes < 1) return 'now';
  if (minutes < 60) return `${minutes} min`;
  if (minutes < 48 * 60) return `${Math.floor(minutes / 60)} h`;
  return `${Math.floor(minutes / (24 * 60))} d`;
}

/** What a run took, at a glance: money where it is known, else tokens. */
export function took(spent: Spent): string {
  if (spent.micro_dollars === null) return `${short(spent.input + spent.output + spent.cache_read + spent.cache_write)} tokens`;
  return spent.micro_dollars > 0 && spent.micro_dollars < 10_000 ? 'under $0.01' : `$${(spent.micro_dollars / 1e6).toFixed(2)}`;
}
/** The same by kind. */
export const tookByKind = (spent: Spent): string =>
  `${short(spent.input)} tokens in, ${short(spent.output)} out, ${short(spent.cache_read)} from memory, ${short(spent.cache_write)} into it; ${plural(spent.turns, 'turn')}${spent.model ? `; ${spent.model}` : ''}`;
/** How full the agent's context is, in hundredths. */
export const contextFull = (spent: Spent): number | null =>
  spent.context ? Math.min(100, Math.floor((spent.context.used * 100) / Math.max(1, spent.context.size))) : null;
const short = (n: number): string => (n < 10_000 ? String(n) : n < 10_000_000 ? `${Math.floor(n / 1000)}k` : `${Math.floor(n / 1e6)}M`);

/** The office's words with the moments in them as a clock here shows them. */
export const timed = (words: string): string => words.replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, (at) => clock(new Date(at)));
export const clock = (at: Date): string => `${two(at.getHours())}:${two(at.getMinutes())}`;
const two = (n: number): string => String(n).padStart(2, '0');
export const plural = (n: number, one: string, many = `${one}s`): string => `${n} ${n === 1 ? one : many}`;

/** The signal a moment of the day is shown by. */
export type Sign = 'finished' | 'waiting for you' | 'stuck' | 'working' | 'reviewing' | 'paused';
export interface Moment {
  seq: number;
  at: string;
  sign: Sign;
  text: string;
  task: number | null;
  desk: number | null;
}

/** The events worth a mark on the strip; most of what an office writes down is not. */
export function moments(view: OfficeView): Moment[] {
  return view.recent.flatMap((envelope) => moment(view, envelope) ?? []);
}

function moment(view: OfficeView, { seq, at, event }: Envelope): Moment | null {
  const make = (sign: Sign, text: string, task: number | null = null, desk: number | null = null): Moment => ({ seq, at, sign, text, task, desk });
  if (event.noun === 'office') {
    if (event.type === 'stopped') return make('paused', 'Everything was stopped');
    if (event.type === 'resumed') return make('working', 'Everything goes on');
    if (event.type === 'shift_ended') return make('finished', 'The shift is over');
    return event.type === 'woken' ? woken(event.wake, make) : null;
  }
  if (event.noun === 'desk') return event.type === 'added' ? make('working', `${event.desk.name} came to the office`, null, event.desk.id) : null;
  if (event.noun === 'approval') return held(view, event, make);
  if (event.noun !== 'task') return null;
  const id = typeof event.task === 'object' ? event.task.id : event.task;
  const task = view.tasks.get(id);
  const named = `#${id} ${task?.title ?? ''}`.trim();
  const desk = task?.desk ?? null;
  switch (event.type) {
    case 'started':
      return make('working', `${view.desks.get(event.desk)?.name ?? 'A desk'} starts on ${named}`, id, event.desk);
    case 'in_review':
      return make('finished', `${named} waits for review`, id, desk);
    case 'done':
      return make('finished', `${named} is ${event.commit ? 'merged' : 'accepted'}`, id, desk);
    case 'refused':
      return make('reviewing', `"Done" was refused for ${named}: ${event.why}`, id, desk);
    case 'blocked':
      return make('waiting for you', `${named} needs you: ${event.needs}`, id, desk);
    case 'failed':
      return make('stuck', `${named} failed: ${event.why}`, id, desk);
    case 'interrupted':
      return make('stuck', `${named} was interrupted`, id, desk);
    case 'judged':
      return make('reviewing', `${named} was reviewed, ${JUDGED[event.judged.verdict]}: ${event.judged.words}`, id, desk);
    case 'sent_back':
      return make('reviewing', `${named} was sent back: ${event.note.text}`, id, desk);
    case 'merge_waits':
    case 'base_gone':
      return make('waiting for you', `${named} could not be merged: ${event.why}`, id, desk);
    default:
      return null;
  }
}

/** What a reviewer's verdict is called. */
export const JUDGED: Readonly<Record<ReviewVerdict, string>> = { approve: 'approved', 'changes-wanted': 'changes wanted', 'cannot-judge': 'could not be judged' };

/** Who is woken, and what is cut off because it kept happening. */
function woken({ role, why, made, cut, round }: Wake, make: Make): Moment | null {
  const words = `"${why.on.on}"`;
  if (cut !== undefined && cut !== null) return round === true ? make('stuck', `${role} is not woken by ${words} any more: ${cut}`, why.task ?? null) : null;
  return made === undefined || made === null ? null : make('working', `${role} was woken by ${words}`, made);
}

type Make = (sign: Sign, text: string, task?: number | null, desk?: number | null) => Moment;
function held(view: OfficeView, event: ApprovalEvent, make: Make): Moment | null {
  const it = typeof event.approval === 'object' ? event.approval : view.approvals.get(event.approval);
  if (!it) return null;
  const who = (it.desk === null ? undefined : view.desks.get(it.desk)?.name) ?? 'The owner';
  switch (event.type) {
    case 'asked':
      return make('waiting for you', `${who} asks to run: ${it.shown}`, it.task, it.desk);
    case 'denied':
      return make('paused', `Not allowed: ${it.shown}`, it.task, it.desk);
    case 'ran':
      return make('working', `Allowed, and run once: ${it.shown}`, it.task, it.desk);
    case 'asked_back':
      return make('waiting for you', `You asked ${who}: ${event.question}`, it.task, it.desk);
    case 'parked':
      return make('paused', `Parked until you answer: ${it.shown}`, it.task, it.desk);
    case 'uncertain':
      return make('stuck', `Nobody can say how it ended: ${it.shown}`, it.task, it.desk);
    default:
      return null;
  }
}

/** What comes of it if nobody answers: never a yes. */
export function ifNothing(view: OfficeView, it: Approval): string {
  const wished = view.office.settings.unattended;
  const who = (it.desk === null ? undefined : view.desks.get(it.desk)?.name) ?? 'Whoever asked';
  const after = (from: string, minutes: number): string => clock(new Date(Date.parse(from) + minutes * 60_000));
  const hours = wished?.deny_after_hours?.[it.ruling?.category ?? ''];
  const no = hours === undefined ? '' : hours > 20 ? `Denied after ${plural(hours, 'hour')}. ` : `Denied at ${after(it.asked, hours * 60)}. `;
  if (it.parked) return `${no}#${it.task} is parked since ${clock(new Date(it.parked))} and goes on when you answer. It never runs by itself.`;
  const mins = wished?.park_after_mins;
  if (it.task === null || !mins) return `${no}Until you answer it waits, and ${who} with it. It never runs by itself.`;
  return `At ${after(it.joined ?? it.asked, mins)} its task is parked and ${who} takes other work. ${no}It never runs by itself.`;
}
/** Who is told of it on its way, where that is not simply its owner at once. */
export function toldTo(view: OfficeView, it: Approval): string | null {
  const at = (when: string): string => clock(new Date(when));
  const seen = it.acknowledged;
  if (seen) {
    const who = seen.by.kind === 'agent' ? (view.desks.get(seen.by.desk)?.name ?? 'The coordinator') : 'You';
    return `${who} looked at it at ${at(seen.at)}; it still waits for your answer`;
  }
  const way = [...(view.office.settings.unattended?.path?.[it.ruling?.category ?? ''] ?? [])].sort((a, b) => a.after_mins - b.after_mins);
  if (!way.some((step) => step.to === 'coordinator')) return null;
  const led = [...view.desks.values()].some((desk) => desk.role === 'coordinator' && !desk.removed && desk.hold === null && desk.id !== it.desk);
  if (!led) return 'you at once: nobody else sits at a desk as coordinator';
  const you = way.find((step) => step.to === 'owner' && step.notify);
  const then = you ? `, you at ${at(new Date(Date.parse(it.asked) + you.after_mins * 60_000).toISOString())}` : '';
  return `the coordinator${it.escalated ? ` at ${at(it.escalated)}` : ''}${then}`;
}
/** Whether somebody further on would be told of it, and its owner may say that they have seen it. */
export function mayLookAfter(view: OfficeView, it: Approval): boolean {
  const wished = view.office.settings.unattended;
  const category = it.ruling?.category ?? '';
  const on = (wished?.path?.[category] ?? []).length > 0 || (wished?.urgent ?? []).includes(category);
  return on && it.acknowledged?.by.kind !== 'owner';
}
/** What a standing grant covers. */
export const grantWords = (it: Grant): string => (it.covers.kind === 'same' ? it.covers.shown : [it.covers.run, ...it.covers.words].join(' '));
/** How often it was used, and till when it is good. */
export const grantUse = (it: Grant): string =>
  [it.times === null ? `used ${it.used}` : `used ${it.used} of ${it.times}`, it.until ? `until ${clock(new Date(it.until))}` : it.task === null ? '' : `for #${it.task}`]
    .filter(Boolean)
    .join(', ');

export function markWords(mark: Mark): string {
  switch (mark.kind) {
    case 'touches_tests':
      return `changes tests: ${mark.files.join(', ')}`;
    case 'touches_checks':
      return `changes what checks it: ${mark.files.join(', ')}`;
    case 'flaky':
      return `'${mark.check}' was red once and green when tried again`;
    case 'red_on_base':
      return `'${mark.check}' is red on the base too`;
    case 'odd':
      return mark.what;
  }
}

const VERDICT: Readonly<Record<CheckResult['verdict'], string>> = {
  passed: 'passed',
  flaky: 'flaky',
  red_on_base: 'red on the base too',
  broken: 'broken by this task',
  unmet: 'not met yet',
  timed_out: 'out of time',
};
export const verdictWords = (result: CheckResult): string => VERDICT[result.verdict];
export const isGreen = (result: CheckResult): boolean => result.verdict === 'passed' || result.verdict === 'flaky';

/** Why a task waits for its owner, in one line. */
export function whyItWaits(task: Task): string {
  const judged = task.review?.judged;
  if (task.state === 'in review' && judged && judged.by.kind === 'agent') return `Reviewed, ${JUDGED[judged.verdict]}: ${judged.words}`;
  if (task.state === 'in review') return task.claim?.summary || 'Waits for your verdict.';
  return task.why ?? '';
}

/** A desk in one sentence, for those who hear it: who, what, on what, since when, which seat. */
export function deskSentence(desk: DeskView, place: number, of: number, now: Date): string {
  const on = desk.title ? `: ${desk.title}` : '';
  const since = desk.since ? `, ${age(desk.since, now)}` : '';
  const queue = desk.queue.length > 0 ? `, ${plural(desk.queue.length, 'task')} queued` : '';
  return `${desk.name}, ${desk.state}${on}${since}${queue}, desk ${place} of ${of}`;
}

/** What a plate says under a name: the state, with minutes where they matter. */
/** `until`: when a limit ends by itself, where its agent said so. */
export function plateWords(desk: DeskView, now: Date, until: string | null = null): string | null {
  const long = desk.since ? age(desk.since, now) : 'now';
  switch (desk.state) {
    case 'crashed':
    case 'stuck':
    case 'waiting for you':
      return long === 'now' ? null : `${desk.state === 'waiting for you' ? 'waits' : desk.state} ${long}`;
    case 'limited':
      return until ? `sleeps till ${clock(new Date(until))}` : null;
    case 'reviewing':
      return 'being checked';
    default:
      return null;
  }
}

/** A terminal's text without what only a terminal understands. Carriage returns within a line keep what was written last. */
export function plainLog(text: string): string {
  return text
    .replace(CONTROL, '')
    .split('\n')
    .map((line) => line.replace(/\r+$/, '').split('\r').at(-1) ?? '')
    .join('\n');
}
const CONTROL = /\x1b\[[\d;?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b.|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]/g;
