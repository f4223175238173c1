// The next single thing for somebody who has never had a task done here, from what is so in the office. Pure.
// Not here: showing it, and that it can be sent away (panels/first/Guide.svelte).
import type { OfficeView } from './view';

export interface Hint {
  /** Which step; a new one is said aloud. */
  step: 'hire' | 'write' | 'give' | 'wait' | 'approve' | 'answer' | 'review' | 'accept' | 'merging' | 'paused';
  text: string;
  keys: string;
}

/** None when nothing is left to teach: a task was done once, or it has nothing to say. */
export function nextStep(view: OfficeView, open: { kind: string; id?: number }): Hint | null {
  const tasks = [...view.tasks.values()];
  if (tasks.some((task) => task.state === 'done')) return null;
  const desks = [...view.desks.values()].filter((desk) => !desk.removed);
  const name = (id: number | null): string => (id === null ? 'Somebody' : (view.desks.get(id)?.name ?? 'Somebody'));
  if (desks.length === 0) return { step: 'hire', text: 'Click the empty desk: hire somebody', keys: '' };
  if (tasks.length === 0) return { step: 'write', text: 'Write the first task', keys: 'N' };
  if (view.office.hold) return { step: 'paused', text: 'Everything is stopped. Go on', keys: 'Space' };
  const held = [...view.approvals.values()].find((it) => it.state === 'waiting');
  if (held) return { step: 'approve', text: `${name(held.desk)} waits for your click: look at the command, then approve it`, keys: 'A' };
  const review = tasks.find((task) => task.state === 'in review');
  if (review && open.kind === 'task' && open.id === review.id) return { step: 'accept', text: 'If you like it, accept it', keys: 'A' };
  if (review) return { step: 'review', text: `#${review.id} is ready: review it, then accept`, keys: 'R' };
  const blocked = tasks.find((task) => task.state === 'blocked');
  if (blocked) return { step: 'answer', text: `#${blocked.id} needs a word from you: answer it`, keys: 'J' };
  if (tasks.some((task) => task.state === 'merging')) return { step: 'merging', text: 'Accepted. It is being merged', keys: '' };
  const atWork = tasks.find((task) => ['starting', 'running', 'checking'].includes(task.state));
  if (atWork) return { step: 'wait', text: `${name(atWork.desk)} works on #${atWork.id}. Click the desk to look on`, keys: '' };
  const ready = tasks.some((task) => task.state === 'ready' && task.waiting_for.length === 0);
  return ready ? { step: 'give', text: 'Drag a card onto a desk', keys: 'B, Enter' } : null;
}
