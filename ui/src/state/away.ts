// What is wished for while nobody is there, as a person sets it: hours of the day, whom a kind of risk goes to, for whom a grant is.
// Pure. Not here: whether it can be kept to; the office says that.
import type { Grant, NewGrant, OfficeSettings, Quiet, Step, Unattended } from '../bindings';
import type { OfficeView } from './view';

const UNSAID: Unattended = { park_after_mins: 15, deny_after_hours: {}, path: {}, look_first: [], urgent: [], quiet: null, tell_every_secs: 60 };
/** All of it, also where an older office left something out. */
export const wished = (settings: OfficeSettings): Required<Unattended> => ({ ...UNSAID, ...settings.unattended }) as Required<Unattended>;

/** Minutes of the day of '22:30'; none where that is no time. */
export function minuteOf(text: string): number | null {
  const [, hour, minute] = /^\s*(\d{1,2}):(\d\d)\s*$/.exec(text) ?? [];
  const at = Number(hour) * 60 + Number(minute);
  return hour !== undefined && Number(hour) < 24 && Number(minute) < 60 ? at : null;
}
export const timeOf = (minute: number): string => `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;
export function quietOf(from: string, to: string): Quiet | null | 'odd' {
  if (!from.trim() && !to.trim()) return null;
  const [a, b] = [minuteOf(from), minuteOf(to)];
  return a === null || b === null ? 'odd' : { from: a, to: b };
}
/** The next time it is that late, by the owner's own clock. */
export function nextTime(text: string, now: Date): string | null {
  const minute = minuteOf(text);
  if (minute === null) return null;
  const at = new Date(now);
  at.setHours(Math.floor(minute / 60), minute % 60, 0, 0);
  if (at.getTime() <= now.getTime()) at.setDate(at.getDate() + 1);
  return at.toISOString();
}

/** The ways a kind of risk goes that can be chosen; others are written on the command line and left as they are. */
export type Way = 'at once' | 'later' | 'coordinator' | 'never told' | 'other';
export interface Going {
  way: Way;
  mins: number;
}
export function wayOf(steps: readonly Step[] | undefined): Going {
  if (!steps || steps.length === 0) return { way: 'at once', mins: 10 };
  const [first, second] = steps;
  if (steps.length === 1 && first!.to === 'owner') return { way: first!.notify ? 'later' : 'never told', mins: first!.after_mins };
  if (steps.length === 2 && first!.to === 'coordinator' && first!.after_mins === 0 && second!.to === 'owner' && second!.notify) return { way: 'coordinator', mins: second!.after_mins };
  return { way: 'other', mins: 0 };
}
export function stepsOf({ way, mins }: Going): Step[] | null {
  const owner = (after_mins: number, notify: boolean): Step => ({ to: 'owner', after_mins, notify });
  if (way === 'later') return [owner(mins, true)];
  if (way === 'never told') return [owner(0, false)];
  if (way === 'coordinator') return [{ to: 'coordinator', after_mins: 0, notify: false }, owner(mins, true)];
  return null;
}
/** The same with this kind of risk going that way. */
export function going(path: Readonly<Record<string, Step[] | undefined>>, kind: string, to: Going): Record<string, Step[]> {
  const others = Object.entries(path).filter((entry): entry is [string, Step[]] => entry[0] !== kind && entry[1] !== undefined);
  const steps = stepsOf(to);
  return Object.fromEntries(steps ? [...others, [kind, steps]] : others);
}
/** In a list, or no longer in it. */
export const with_ = (list: readonly string[], one: string, wanted: boolean): string[] => [...list.filter((it) => it !== one), ...(wanted ? [one] : [])];

/** For whom a grant is, as one value of a list: 'role engineer', 'desk 3', or anybody. */
export function forWhom(value: string): Pick<NewGrant, 'role' | 'desk'> {
  const [, kind, which] = /^(role|desk) (.+)$/.exec(value) ?? [];
  return kind === 'role' ? { role: which!, desk: null } : { role: null, desk: kind === 'desk' ? Number(which) : null };
}
/** Where and for whom a grant holds, in words. */
export function holdsFor(view: OfficeView, it: Grant): string {
  const project = it.project === null ? null : view.projects.get(it.project)?.name;
  const desk = it.desk === null ? null : view.desks.get(it.desk)?.name;
  const words = [desk ? `at ${desk}'s desk` : null, it.role ? `for every ${it.role}` : null, project ? `in ${project}` : null, it.task === null ? null : `for #${it.task}`].filter(Boolean);
  return words.length > 0 ? words.join(', ') : 'at every desk';
}
