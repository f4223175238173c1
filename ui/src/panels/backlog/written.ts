// A task as it stands in the form, and how it goes from there to the office and back. Words stay words until they are sent:
// nothing typed is lost to a number that is not one. Not here: judging it; the office refuses, and says which part it means.
import type { Check, Deliverable, NewTask, Priority, Refusal, Task, TaskEdit } from '../../bindings';
import { parsed } from '../../state/prefs';

export interface WrittenCheck {
  run: string;
  name: string;
  /** Minutes, as typed. */
  minutes: string;
  /** Files that belong to the check, separated by commas. */
  files: string;
}
export interface Written {
  title: string;
  body: string;
  checks: WrittenCheck[];
  project: number | null;
  priority: Priority;
  deliverable: Deliverable;
  role: string;
  after: number[];
  attempts: string;
  /** Minutes, as typed; empty: none. */
  limit: string;
  /** Whether another run judges it before it is merged; empty: as its project says. */
  review: '' | 'on' | 'off';
  draft: boolean;
}
export const EMPTY: Readonly<Written> = { title: '', body: '', checks: [], project: null, priority: 'normal', deliverable: 'change', role: '', after: [], attempts: '', limit: '', review: '', draft: false };
export const NO_CHECK: Readonly<WrittenCheck> = { run: '', name: '', minutes: '', files: '' };

export type Field = 'title' | 'body' | 'checks' | 'project' | 'role' | 'after' | 'attempts' | 'limit';
export type Complaints = Partial<Record<Field, string>>;

export function fromTask(task: Task): Written {
  return {
    title: task.title,
    body: task.body,
    checks: task.checks.map((check) => ({ run: check.run, name: check.name === check.run ? '' : check.name, minutes: check.timeout_secs === undefined ? '' : String(check.timeout_secs / 60), files: (check.files ?? []).join(', ') })),
    project: task.project,
    priority: task.priority,
    deliverable: task.deliverable,
    role: task.role ?? '',
    after: [...task.depends_on],
    attempts: String(task.attempts_max),
    limit: task.time_limit_secs === null ? '' : String(task.time_limit_secs / 60),
    review: task.review_wanted == null ? '' : task.review_wanted ? 'on' : 'off',
    draft: task.state === 'draft',
  };
}

/** What was kept, if it can still be read; a field of another shape is as if it had not been typed. */
export function fromKept(text: string): Written {
  const found = parsed(text || null);
  const out: Written = { ...EMPTY, checks: [], after: [] };
  for (const field of ['title', 'body', 'role', 'attempts', 'limit', 'priority', 'deliverable', 'review'] as const)
    if (typeof found[field] === 'string') Object.assign(out, { [field]: found[field] });
  if (typeof found['project'] === 'number') out.project = found['project'];
  if (typeof found['draft'] === 'boolean') out.draft = found['draft'];
  if (Array.isArray(found['after'])) out.after = found['after'].filter((id): id is number => typeof id === 'number');
  if (Array.isArray(found['checks'])) out.checks = found['checks'].filter((it): it is WrittenCheck => typeof it === 'object' && it !== null && Object.keys(NO_CHECK).every((key) => ['string', 'undefined'].includes(typeof (it as Record<string, unknown>)[key]))).map((it) => ({ ...NO_CHECK, ...it }));
  return out;
}

/** What cannot even be sent: words where a number must be. */
export function complaints(written: Written): Complaints {
  const out: Complaints = {};
  if (!/^\s*\d*\s*$/.test(written.attempts)) out.attempts = `'${written.attempts}' is no number: give 1 to 20`;
  if (minutes(written.limit) === 'no number') out.limit = `'${written.limit}' is no number of minutes`;
  const check = written.checks.find((it) => it.run.trim() !== '' && minutes(it.minutes) === 'no number');
  if (check) out.checks = `'${check.minutes}' is no number of minutes, for ${check.run}`;
  return out;
}

function minutes(text: string): number | null | 'no number' {
  const trimmed = text.trim().replace(',', '.');
  if (trimmed === '') return null;
  const value = Number(trimmed);
  return Number.isFinite(value) && value >= 0 ? Math.round(value * 60) : 'no number';
}
const seconds = (text: string): number | null => {
  const value = minutes(text);
  return value === 'no number' ? null : value;
};

function checksOf(written: Written): Check[] {
  return written.checks
    .filter((it) => it.run.trim() !== '')
    .map((it) => {
      const run = it.run.trim();
      const files = it.files.split(',').map((file) => file.trim()).filter(Boolean);
      const limit = seconds(it.minutes);
      return { name: it.name.trim() || run, run, ...(limit === null ? {} : { timeout_secs: limit }), ...(files.length > 0 ? { files } : {}) };
    });
}

export function toNew(written: Written, project: number): NewTask {
  return {
    project,
    title: written.title,
    body: written.body,
    checks: checksOf(written),
    priority: written.priority,
    deliverable: written.deliverable,
    role: written.role || null,
    depends_on: written.after,
    attempts: written.attempts.trim() === '' ? null : Number(written.attempts),
    time_limit_secs: seconds(written.limit),
    ...(written.review === '' ? {} : { review: written.review === 'on' }),
    draft: written.draft,
  };
}

/** Only what differs is sent, so that nobody else's change is undone. */
export function toEdit(written: Written, task: Task): TaskEdit {
  const was = toNew(fromTask(task), task.project);
  const now = toNew(written, task.project);
  const changed = (key: keyof NewTask): boolean => JSON.stringify(was[key]) !== JSON.stringify(now[key]);
  return {
    ...(changed('title') ? { title: now.title } : {}),
    ...(changed('body') ? { body: now.body ?? '' } : {}),
    ...(changed('checks') ? { checks: now.checks ?? [] } : {}),
    ...(changed('priority') && now.priority ? { priority: now.priority } : {}),
    ...(changed('depends_on') ? { depends_on: now.depends_on ?? [] } : {}),
    ...(changed('attempts') && now.attempts != null ? { attempts: now.attempts } : {}),
    // Nothing stays as it is: 0 and an empty name take away.
    ...(changed('time_limit_secs') ? { time_limit_secs: now.time_limit_secs ?? 0 } : {}),
    ...(changed('role') ? { role: now.role ?? '' } : {}),
    ...(changed('review') ? { review: written.review || 'project' } : {}),
    ...(changed('deliverable') && now.deliverable ? { deliverable: now.deliverable } : {}),
    ...(written.project !== null && written.project !== task.project ? { project: written.project } : {}),
  };
}

const MEANS: readonly (readonly [RegExp, Field])[] = [
  [/\btitle\b/, 'title'],
  [/\bbody\b/, 'body'],
  [/\bchecks?\b/, 'checks'],
  [/\battempts\b/, 'attempts'],
  [/\btime limit\b/, 'limit'],
  [/\brole\b/, 'role'],
  [/\bproject\b/, 'project'],
  [/\bdepend|\bcircle\b/, 'after'],
];
/** The part of the form a refusal speaks of; none when it speaks of the whole. */
export function meant(refusal: Refusal): Field | null {
  if (refusal.code === 'cycle') return 'after';
  return MEANS.find(([words]) => words.test(refusal.message))?.[1] ?? null;
}
