// Where accepted work is on its way onto the base, from the nouns alone: its place, and what it waits for. Pure.
// Not here: the order itself, which is the office's (core/queue.rs); drawing it (panels/task/Queue.svelte).
import type { Project, Task } from '../bindings';
import type { OfficeView } from './view';

export interface Standing {
  /** From 1; 0 for what was accepted and could not be merged. */
  place: number;
  of: number;
  /** For a card. */
  short: string;
  /** For the opened task. */
  words: string;
  tone: 'goes' | 'waits' | 'held';
}

/** Accepted changes of a project that are not merged yet, first first. */
export function queueOf(view: OfficeView, project: number): Task[] {
  const queue = [...view.tasks.values()].filter((it) => it.project === project && it.state === 'merging' && it.deliverable === 'change');
  return queue.sort((a, b) => (a.accepted ?? '').localeCompare(b.accepted ?? '') || a.id - b.id);
}

/** Accepted, and not merged as things stood. */
export const mergeWaits = (task: Task): boolean => task.state === 'in review' && task.accepted !== null && task.deliverable === 'change';

/** Where a task stands in its queue; none where it is in none. */
export function standing(view: OfficeView, task: Task): Standing | null {
  const project: Project | undefined = view.projects.get(task.project);
  if (mergeWaits(task)) return { place: 0, of: 0, short: 'not merged', words: 'You accepted it, and it could not be merged as things stood.', tone: 'held' };
  if (task.state !== 'merging') return null;
  const queue = queueOf(view, task.project);
  const at = queue.findIndex((it) => it.id === task.id);
  if (at < 0) return null;
  const place = at + 1;
  const base = project?.base_branch ?? 'the base';
  const said = (short: string, words: string, tone: Standing['tone']): Standing => ({ place, of: queue.length, short, words, tone });
  if (project?.queue_hold) return said('merges held', project.queue_hold.what ?? `Merges onto ${base} are held.`, 'held');
  if (task.waiting_for.length > 0) return said(`after ${task.waiting_for.map((id) => `#${id}`).join(', ')}`, 'It waits for what it depends on.', 'waits');
  const before = queue.slice(0, at).filter((it) => it.waiting_for.length === 0);
  const last = before[before.length - 1];
  if (last) return said(`merge ${place} of ${queue.length}`, `#${last.id} goes onto ${base} before it.`, 'waits');
  if (task.landing?.checked) return said('merging', `Checked as it will be; ${base} moves to it now.`, 'goes');
  if (task.landing) return said('checked on base', `Put on ${base} as that is now; its checks run on the result.`, 'goes');
  return said('merging', `It is put on ${base} as that is now.`, 'goes');
}

/** The queue of one project as a list: what is in it and what was accepted and could not be merged, each with how it stands. */
export interface Line {
  task: Task;
  at: Standing;
}
export interface Queue {
  project: Project;
  lines: Line[];
  /** Why nothing is merged for now. */
  held: string | null;
}
/** Queues in which something waits, or which are held. */
export function queues(view: OfficeView): Queue[] {
  const refused = [...view.tasks.values()].filter(mergeWaits);
  const of = (project: Project): Queue => {
    const tasks = [...queueOf(view, project.id), ...refused.filter((it) => it.project === project.id)];
    const lines = tasks.flatMap((task): Line[] => {
      const at = standing(view, task);
      return at ? [{ task, at }] : [];
    });
    return { project, lines, held: project.queue_hold ? (project.queue_hold.what ?? `Merges onto ${project.base_branch} are held.`) : null };
  };
  return [...view.projects.values()].filter((it) => !it.removed).map(of).filter((it) => it.held !== null || it.lines.length > 0);
}
