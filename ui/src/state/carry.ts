// What places other than a desk say to what is carried: the backlog takes a queued task back or puts it elsewhere in its
// order, the empty desk takes a role and is hired for. Pure. Not here: what a desk says to a task (assign.ts), sending it (commands.ts).
import type { Role, Task } from '../bindings';
import type { Verdict } from './assign';
import { group, starts } from './listing';
import type { OfficeView } from './view';

/** What a drop into the backlog would do. */
export type Back = { does: 'unassign' } | { does: 'move'; other: Task; after: boolean } | { does: 'nothing' };

/** `other` is the card over which it hangs, if it hangs over one. It goes to the side of it that it does not come from. */
export function intoBacklog(task: Task, other: Task | null): Back {
  if (task.state === 'queued') return { does: 'unassign' };
  if (other === null || other.id === task.id || !waits(task) || group(other) !== group(task)) return { does: 'nothing' };
  return { does: 'move', other, after: starts(task, other) < 0 };
}
const waits = (task: Task): boolean => task.state === 'ready' || task.state === 'draft';
export function backWord(back: Back, task: Task): string {
  if (back.does === 'unassign') return 'takes it back';
  if (back.does === 'move') return `${back.after ? 'after' : 'before'} #${back.other.id}${back.other.priority === task.priority ? '' : `, becomes ${back.other.priority}`}`;
  return waits(task) ? 'stays where it is' : `${task.state}: it stays where it is`;
}

/** The card past which an arrow moves one, in a list as it starts; none at the end of those that start alike. */
export function neighbour(list: readonly Task[], task: Task, by: -1 | 1): Task | null {
  const next = list[list.findIndex((it) => it.id === task.id) + by];
  return next && waits(task) && group(next) === group(task) ? next : null;
}

/** A role over a seat: only the empty desk takes it, and only if some engine of that role is here. */
export function hireFor(view: OfficeView, role: Role, seat: 'empty' | string): Verdict {
  const refuse = (code: 'wrong_state' | 'unavailable', message: string, detail: string): Verdict => ({ says: 'refuses', why: message, refusal: { code, message, detail } });
  if (seat !== 'empty') return refuse('wrong_state', `${seat} sits there`, 'drop the role on the empty desk');
  const engines = role.engines ?? [];
  if (!engines.some((name) => view.office.engines[name]?.found))
    return refuse('unavailable', `no engine of the role '${role.name}' is installed`, engines.map((name) => view.office.engines[name]?.note ?? `there is no engine '${name}'`).join('; ') || 'name one in the role');
  return { says: 'takes', why: `a ${role.title} is hired` };
}

export const NAMES: readonly string[] = 'Mara Otto Kofi Ines Lena Juno Tomas Nell Ada Bram Cleo Dev Ezra Fay Gus Hana Ivo Jade Kai Lola Milo Omar Pia Quin Rhea Seth Tess Udo Vera Wim'.split(' ');
/** The first name nobody in the office has. */
export function freeName(view: OfficeView): string {
  const taken = new Set([...view.desks.values()].filter((desk) => !desk.removed).map((desk) => desk.name));
  return NAMES.find((name) => !taken.has(name)) ?? `desk-${view.office.next.desk}`;
}
