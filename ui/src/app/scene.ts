// App state -> what the floor shows: who sits on which seat, in which state, with which words; how large the room is.
// Pure, one way only: the floor reports picks and never writes back. Not here: the view of a desk (state/select.ts).
import type { DeskView } from '../bindings';
import { makePlan, type Plan } from '../floor/model/plan';
import type { Agent } from '../floor/model/world';
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

export function agentsFor(view: OfficeView, desks: readonly DeskView[], now: Date): (Agent | null)[] {
  const agents: (Agent | null)[] = planFor(view).seats.map(() => null);
  for (const desk of desks) {
    const sub = plateWords(desk, now);
    agents[seatOf(desk.id)] = { name: desk.name, state: desk.state, mail: desk.queue.length, ...(sub === null ? {} : { sub }) };
  }
  const next = seatOf(view.office.next.desk);
  if (next < agents.length) agents[next] = { name: '', state: 'empty' };
  return agents;
}
