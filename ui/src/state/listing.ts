// Which tasks a list shows and in which order: by words, state, project, role and desk. Pure and fast enough for 10,000.
// Not here: the desks' own view of them (select.ts), drawing a list (parts/VirtualList.svelte).
import type { Task, TaskState } from '../bindings';
import { PRIORITIES } from './select';
import type { OfficeView } from './view';

/** What people look for, each with the states that belong to it. */
export const SHOWN = {
  backlog: { name: 'Backlog', states: ['ready', 'draft'] },
  draft: { name: 'Drafts', states: ['draft'] },
  queued: { name: 'In a queue', states: ['queued'] },
  work: { name: 'At work', states: ['starting', 'running', 'checking', 'merging'] },
  held: { name: 'Held', states: ['parked'] },
  needs: { name: 'Need you', states: ['blocked', 'in review', 'interrupted', 'failed'] },
  done: { name: 'Done', states: ['done'] },
  cancelled: { name: 'Called off', states: ['cancelled'] },
  all: { name: 'All tasks', states: null },
} as const satisfies Record<string, { name: string; states: readonly TaskState[] | null }>;
export type Shown = keyof typeof SHOWN;
export const ORDERS = { start: 'as they start', newest: 'newest first', changed: 'last changed first', title: 'by title' } as const;
export type Order = keyof typeof ORDERS;

export interface Wish {
  words: string;
  shown: Shown;
  project: number | null;
  role: string | null;
  desk: number | null;
  order: Order;
}
export const BACKLOG: Readonly<Wish> = { words: '', shown: 'backlog', project: null, role: null, desk: null, order: 'start' };
export const isNarrowed = (wish: Wish): boolean => (Object.keys(BACKLOG) as (keyof Wish)[]).some((key) => wish[key] !== BACKLOG[key]);

const rank = new Map(PRIORITIES.map((priority, i) => [priority, i]));
/** As `Place` of the core: its owner's word, or the order in which they were added. */
const place = (task: Task): number => task.place ?? task.id * 2 ** 20;
/** Ready tasks that can start, then what waits for others, then drafts, then all else. */
export const group = (task: Task): number => (task.state === 'ready' ? (task.waiting_for.length > 0 ? 1 : 0) : task.state === 'draft' ? 2 : 3);
export const starts = (a: Task, b: Task): number => group(a) - group(b) || rank.get(a.priority)! - rank.get(b.priority)! || place(a) - place(b) || a.id - b.id;
const COMPARE: Readonly<Record<Order, (a: Task, b: Task) => number>> = {
  start: starts,
  newest: (a, b) => b.id - a.id,
  changed: (a, b) => (a.since < b.since ? 1 : a.since > b.since ? -1 : b.id - a.id),
  title: (a, b) => (a.title < b.title ? -1 : a.title > b.title ? 1 : a.id - b.id),
};

export function listed(tasks: OfficeView['tasks'], names: (project: number) => string, wish: Wish): Task[] {
  const words = wish.words.toLowerCase().split(/\s+/).filter(Boolean);
  const states: readonly TaskState[] | null = SHOWN[wish.shown].states;
  const out: Task[] = [];
  for (const task of tasks.values()) {
    if (states !== null && !states.includes(task.state)) continue;
    if (wish.project !== null && task.project !== wish.project) continue;
    if (wish.role !== null && task.role !== wish.role) continue;
    if (wish.desk !== null && task.desk !== wish.desk) continue;
    if (words.length > 0 && !fits(task, names, words)) continue;
    out.push(task);
  }
  return out.sort(COMPARE[wish.order]);
}

function fits(task: Task, names: (project: number) => string, words: readonly string[]): boolean {
  const text = `#${task.id} ${task.title} ${names(task.project)} ${task.role ?? ''} ${task.priority} ${task.state}`.toLowerCase();
  return words.every((word) => text.includes(word));
}
