// From a point to the desk under it, front to back, in floor px.
// Not here: badges, plates and bubbles; those are rectangles the label layout already knows.
import { Frame, toFloor, uniso, type View } from './iso';
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
