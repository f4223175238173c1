// From a point to the desk, or the piece of the room, under it, front to back, in floor px.
// Not here: badges, plates and bubbles; those are rectangles the label layout already knows.
import { Frame, iso, toFloor, uniso, type View } from './iso';
import type { Plan, Seat } from './plan';
import type { Pt } from './numbers';

/** The unit's own tile rectangle; the slack on the upper side takes in monitor and head. */
export function insideSeat(s: Seat, wx: number, wy: number): boolean {
  const [lx, ly] = new Frame(s.x, s.y, s.flip).local(wx, wy);
  return lx > -1.1 && lx < 2.3 && ly > -1.1 && ly < 2.2 && lx - ly < 2.5;
}

export function hitSeat(plan: Plan, view: View, screen: Pt): Seat | null {
  const [wx, wy] = uniso(...toFloor(view, screen));
  for (let i = plan.order.length - 1; i >= 0; i--) {
    const s = plan.order[i]!.seat;
    if (s && insideSeat(s, wx, wy)) return s;
  }
  return null;
}

/** Pieces of the room that mean something: the whiteboard is the backlog, the cabinets are what the office remembers. */
export type Thing = 'board' | 'cabinets';

function within([px, py]: Pt, q: readonly Pt[]): boolean {
  let inside = false;
  for (let i = 0, j = q.length - 1; i < q.length; j = i++) {
    const [ax, ay] = q[i]!;
    const [bx, by] = q[j]!;
    if (ay > py !== by > py && px < ((bx - ax) * (py - ay)) / (by - ay) + ax) inside = !inside;
  }
  return inside;
}
/** The thing under a point where no desk is. */
export function hitThing(plan: Plan, view: View, screen: Pt): Thing | null {
  const p = toFloor(view, screen);
  for (const a of plan.boards) {
    const at = (u: number, z: number): Pt => iso(0, a + u, z);
    if (within(p, [at(0, 50), at(BOARD_W, 50), at(BOARD_W, 106), at(0, 106)])) return 'board';
  }
  const { x, y, w, d, h } = CABINETS;
  const [l, r, n] = [iso(x, y + d), iso(x + w, y), iso(x + w, y + d)];
  const up = (q: Pt): Pt => [q[0], q[1] - h];
  return within(p, [l, n, r, up(r), up(iso(x, y)), up(l)]) ? 'cabinets' : null;
}
const BOARD_W = 2.3;
/** What they stand on, in tiles, and how high they are with what is on top. */
const CABINETS = { x: 9.95, y: 0.08, w: 1.55, d: 0.6, h: 62 } as const;
