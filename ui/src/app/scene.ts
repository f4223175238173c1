// App state -> what the floor shows: who sits on which seat, in which state, with which words; how large the room is.
// Pure, one way only: the floor reports picks and never writes back. Not here: the view of a desk (state/select.ts).
import type { DeskView, Task } from '../bindings';
import { makePlan, type Plan } from '../floor/model/plan';
import type { Agent, Say } from '../floor/model/world';
import { glance } from '../state/asking';
import { collisionsOf } from '../state/collisions';
import { plateWords } from '../state/words';
import type { OfficeView } from '../state/view';

const HOME_SEATS = 8;
let kept: Plan = makePlan(HOME_SEATS);

/** A desk's number is its seat; the seat of the next number to be given stands empty and waits. */
export const seatOf = (desk: number): number => desk - 1;
export const deskOf = (seat: number): number => seat + 1;

export function planFor(view: OfficeView): Plan {
  const seats = Math.max(HOME_SEATS, view.office.next.desk);
  if (kept.seats.length !== seats) kept = makePlan(seats);
  return kept;
}

const SAID_MAX = 46;
const cut = (text: string): string => {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > SAID_MAX ? `${line.slice(0, SAID_MAX - 1).trimEnd()}…` : line;
};

/** The one request that is said over a desk: the chosen one, else what has waited longest for an answer. */
export function requestSaid(view: OfficeView, waits: readonly Task[], chosen: number | null, asked: number | null = null): { desk: number; say: Say } | null {
  const picked = waits.find((it) => it.id === chosen);
  const waiting = picked ? [] : [...view.approvals.values()].filter((it) => it.state === 'waiting').sort((a, b) => a.id - b.id);
  const held = waiting.find((it) => it.id === asked) ?? waiting[0];
  const asker = held?.desk == null ? undefined : view.desks.get(held.desk);
  if (held && asker) return { desk: asker.id, say: [`${asker.name} needs your OK`, cut(glance(held)), 'waiting for you'] };
  const task = picked ?? waits.find((it) => it.state === 'blocked');
  const desk = task && view.desks.get(task.desk ?? view.runs.get(task.last_run ?? 0)?.desk ?? 0);
  if (!desk || desk.removed) return null;
  const say = (title: string, text: string, as: Say[2]): { desk: number; say: Say } => ({ desk: desk.id, say: [title, cut(text), as] });
  switch (task.state) {
    case 'blocked':
      return say(`${desk.name} needs you`, task.why ?? task.title, 'waiting for you');
    case 'in review':
      return say(`${desk.name}: ready to review`, task.title, 'finished');
    default:
      return say(`${desk.name}: #${task.id} ${task.state}`, task.why ?? task.title, 'stuck');
  }
}

/** Whose files a desk is in, where nothing weighs more. */
function beside(view: OfficeView, desk: DeskView): string | null {
  if (!['working', 'thinking', 'reviewing', 'finished', 'idle'].includes(desk.state)) return null;
  const [it] = collisionsOf(view, desk.id);
  if (!it) return null;
  return `${it.conflicts.length > 0 ? 'conflicts with' : 'same files as'} ${it.desk ?? `#${it.other}`}`;
}

/** From which seat to which papers fly for what was sent after that event: between two desks, or to the one desk of a role. */
export function flights(view: OfficeView, after: number): { from: number; to: number }[] {
  const out: { from: number; to: number }[] = [];
  for (let i = view.recent.length - 1; i >= 0; i--) {
    const { seq, event } = view.recent[i]!;
    if (seq <= after) break;
    if (event.noun !== 'mail' || event.type !== 'sent' || event.mail.from.kind !== 'agent' || event.mail.state === 'bounced') continue;
    const { from, to } = event.mail;
    const held = to.kind === 'role' ? [...view.desks.values()].filter((desk) => !desk.removed && desk.role === to.role) : [];
    const desk = to.kind === 'desk' ? to.desk : held.length === 1 ? held[0]!.id : null;
    if (desk !== null && desk !== from.desk) out.push({ from: seatOf(from.desk), to: seatOf(desk) });
  }
  return out.reverse();
}
/** What lies in each desk's tray: mail that nobody there has read. */
function trays(view: OfficeView): Map<number, number> {
  const out = new Map<number, number>();
  for (const it of view.mails.values()) if (it.to.kind === 'desk' && (it.state === 'queued' || it.state === 'delivered')) out.set(it.to.desk, (out.get(it.to.desk) ?? 0) + 1);
  return out;
}

/** When a limit of the account of whoever sat there last ends, where its provider said so. */
function sleepsTill(view: OfficeView, desk: number): string | null {
  const run = view.runs.get(view.desks.get(desk)?.last_run ?? 0);
  return view.office.usage_limits?.find((limit) => limit.engine === run?.engine && limit.state.is !== 'over')?.until ?? null;
}

export function agentsFor(view: OfficeView, desks: readonly DeskView[], now: Date, said: ReturnType<typeof requestSaid> = null): (Agent | null)[] {
  const agents: (Agent | null)[] = planFor(view).seats.map(() => null);
  const letters = trays(view);
  for (const desk of desks) {
    const until = view.runs.get(view.desks.get(desk.id)?.run ?? 0)?.seen?.until ?? desk.hold?.until ?? sleepsTill(view, desk.id);
    const sub = beside(view, desk) ?? plateWords(desk, now, until);
    const say = said?.desk === desk.id ? said.say : undefined;
    agents[seatOf(desk.id)] = { name: desk.name, state: desk.state, mail: desk.queue.length + (letters.get(desk.id) ?? 0), ...(sub === null ? {} : { sub }), ...(say ? { say } : {}) };
  }
  const next = seatOf(view.office.next.desk);
  if (next < agents.length) agents[next] = { name: '', state: 'empty' };
  return agents;
}
