// Long shadows of the morning sun: the convex hull of a footprint and the same footprint moved along the light.
// Not here: contact shadows (furniture.ts) and sun patches (windows.ts).
import { SEAT } from '../model/draw-desk';
import { Frame, iso } from '../model/iso';
import type { Light } from '../model/light';
import type { Plan, Seat } from '../model/plan';
import type { Pt } from '../model/numbers';
import type { Pen } from './pen';

const KX = 0.03;
const KY = 0.007;
const COLOUR = '#4a2a63';

export function longShadows(P: Pen, L: Light, plan: Plan, furnished: readonly Seat[]): void {
  const c = P.c;
  c.save();
  P.trace([iso(0, 0), iso(plan.w, 0), iso(plan.w, plan.d), iso(0, plan.d)]);
  c.clip();
  const cast = (f: Frame, x: number, y: number, w: number, d: number, h: number, a: number): void => {
    const foot: Pt[] = [f.w(x, y), f.w(x + w, y), f.w(x + w, y + d), f.w(x, y + d)];
    const all = [...foot, ...foot.map((q): Pt => [q[0] + h * KX, q[1] + h * KY])];
    P.poly(
      hull(all).map((q) => iso(q[0], q[1])),
      COLOUR,
      { a: a * L.sun, seam: 0 },
    );
  };
  for (const s of furnished) {
    const f = new Frame(s.x, s.y, s.flip);
    cast(f, 0, 0, 2, 0.95, 27, 0.2);
    cast(f, 0.52, 0.22, 1.32, 0.1, 70, 0.16);
    cast(f, SEAT[0] - 0.22, SEAT[1] - 0.25, 0.5, 0.5, 56, 0.18);
  }
  for (const i of plan.items) if (i.sh) cast(new Frame(i.x, i.y), -0.15, -0.15, 0.3, 0.3, i.sh, 0.18);
  c.restore();
}

/** Andrew's monotone chain. */
export function hull(pts: readonly Pt[]): Pt[] {
  const all = [...pts].sort((m, n) => m[0] - n[0] || m[1] - n[1]);
  const cross = (o: Pt, a: Pt, b: Pt): number => (a[0] - o[0]) * (b[1] - o[1]) - (a[1] - o[1]) * (b[0] - o[0]);
  const half = (s: Pt[]): Pt[] => {
    const r: Pt[] = [];
    for (const p of s) {
      while (r.length > 1 && cross(r.at(-2)!, r.at(-1)!, p) <= 0) r.pop();
      r.push(p);
    }
    r.pop();
    return r;
  };
  return [...half(all), ...half(all.reverse())];
}
