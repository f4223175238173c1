// What places other than a desk say to what is carried: the backlog takes a queued task back or gives another priority, the
// empty desk takes a role and is hired for. Pure. Not here: what a desk says to a task (assign.ts), sending it (commands.ts).
import type { Priority, Role, Task } from '../bindings';
import type { Verdict } from './assign';
import { PRIORITIES } from './select';
import type { OfficeView } from './view';

/** What a drop into the backlog would do. */
export type Back = { does: 'unassign' } | { does: 'weigh'; priority: Priority } | { does: 'nothing' };

/** `priority` is that of the place over which it hangs, if it hangs between cards. */
export function intoBacklog(task: Task, priority: Priority | null): Back {
  if (task.state === 'queued') return { does: 'unassign' };
  if (priority !== null && priority !== task.priority && (task.state === 'ready' || task.state === 'draft')) return { does: 'weigh', priority };
  return { does: 'nothing' };
}
export function backWord(back: Back, task: Task): string {
  if (back.does === 'unassign') return 'takes it back';
  if (back.does === 'weigh') return `becomes ${back.priority}`;
  return task.state === 'ready' || task.state === 'draft' ? `stays ${task.priority}` : `${task.state}: it stays where it is`;
}

export const heavier = (priority: Priority, by: number): Priority | null => PRIORITIES[PRIORITIES.indexOf(priority) + by] ?? null;

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
