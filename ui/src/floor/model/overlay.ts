// World -> overlay items in screen px: paper planes, badges, plates, one bubble. Never tinted by the light.
// Not here: where a plate may stand (labels.ts) and its pixels (floor/art/plates.ts).
import { SEAT } from './draw-desk';
import { Frame, iso, toScreen, type View } from './iso';
import type { LabelBox } from './labels';
import type { Light } from './light';
import type { DrawList } from './list';
import { LEAD_SEAT } from './plan-items';
import { asks, HEAD, inTrouble, STATES } from './state';
import { BADGE_R, BADGE_R_FAR, FAR_ZOOM } from './tokens';
import { clamp, type Pt } from './numbers';
import type { Desk, Plane, World } from './world';

export function headPos(d: Desk, v: View): Pt {
  const p = new Frame(d.seat.x, d.seat.y, d.seat.flip).p(...SEAT);
  const o = HEAD[STATES[d.state].pose];
  return toScreen(v, [p[0] + o[0] * (d.seat.flip ? -1 : 1), p[1] + o[1]]);
}
export const badgeRadius = (v: View): number => (v.zoom < FAR_ZOOM ? BADGE_R_FAR : BADGE_R);
const leadHead = (v: View): Pt => toScreen(v, iso(LEAD_SEAT[0], LEAD_SEAT[1], 74));

/** `labels` is the finished layout, rebuilt only when the camera or a state changed. */
export function drawOverlay(list: DrawList, world: World, L: Light, v: View, labels: readonly LabelBox[]): void {
  const t = world.anim;
  const th = L.night > 0.5 ? 'n' : 'm';
  for (const p of world.planes) drawPlane(list, world, p, v, th);
  const r = badgeRadius(v);
  const { text } = world;
  const loud = (d: Desk): number => (asks(d.state) || inTrouble(d.state) ? 1 : 0);
  const pass = (want: number): void => {
    for (const d of world.desks) {
      if (d.bare || loud(d) !== want) continue;
      const [hx, hy] = headPos(d, v);
      if (hx < -20 || hy < -20 || hx > v.w + 20 || hy > v.h + 20) continue;
      if (!d.say) {
        const bob = d.state === 'thinking' && !world.reducedMotion ? Math.sin(t * 2) * 1.5 : 0;
        const b = list.add(`badge|${d.state}|${r}`, hx, hy - r * text + bob, 0, 'overlay');
        b.snap = bob === 0;
      }
      if (d.state === 'limited') zzz(list, t, hx, hy, d.seat.flip ? -1 : 1, th, v.zoom, world.reducedMotion);
    }
  };
  pass(0);
  pass(1);
  if (world.lead) {
    const [lx, ly] = leadHead(v);
    list.add(`badge|${world.lead.sub ? 'waiting for you' : 'lead'}|${r - 1}`, lx, ly - 8, 0, 'overlay');
  }
  for (const b of labels) {
    if (!b.shown) continue;
    const it = list.add(b.key, b.ax, b.ay, 0, 'overlay');
    if (b.bubble && !world.reducedMotion) {
      it.y += Math.sin(t * 2.4) * 2;
      it.snap = false;
    }
  }
}

function zzz(list: DrawList, t: number, x: number, y: number, sg: number, th: string, zoom: number, still: boolean): void {
  const q = Math.min(1, zoom);
  for (let i = 0; i < (still ? 1 : 3); i++) {
    const u = still ? 0.5 : (t * 0.22 + i / 3) % 1;
    const it = list.add(`z|${th}`, x + sg * (13 + u * 20 + i) * q, y + (12 - u * 34) * q, 0, 'overlay');
    it.alpha = Math.sin(u * Math.PI);
    it.a = it.d = ((9 + u * 7) / 16) * q;
    it.snap = false;
  }
}

const DOTS = 26;
function drawPlane(list: DrawList, world: World, p: Plane, v: View, th: string): void {
  const end = (id: number): Pt => {
    const d = world.desks[id];
    if (!d) return toScreen(v, iso(1.9, 1.0, 66));
    const h = headPos(d, v);
    return [h[0], h[1] + 20 * v.zoom];
  };
  const a = end(p.from);
  const b = end(p.to);
  const u0 = clamp((world.clock - p.born) / p.dur);
  const k = u0 * u0 * (3 - 2 * u0);
  const m: Pt = [(a[0] + b[0]) / 2, Math.min(a[1], b[1]) - p.lift * v.zoom];
  const q = (u: number): Pt => [
    (1 - u) * (1 - u) * a[0] + 2 * (1 - u) * u * m[0] + u * u * b[0],
    (1 - u) * (1 - u) * a[1] + 2 * (1 - u) * u * m[1] + u * u * b[1],
  ];
  for (let i = 0; i < DOTS; i++) {
    const u = k - (i + 1.2) * 0.018;
    if (u < 0) break;
    const it = list.add(`dot|${th}`, ...q(u), 0, 'overlay');
    it.alpha = (1 - i / DOTS) * 0.8;
    it.snap = false;
  }
  const at = q(k);
  const to = q(Math.min(1, k + 0.01));
  const ang = Math.atan2(to[1] - at[1], to[0] - at[0]);
  const s = Math.cos(ang) < 0 ? -1 : 1;
  const it = list.add(`plane|${th}`, ...at, 0, 'overlay');
  it.a = Math.cos(ang);
  it.b = Math.sin(ang);
  it.c = -Math.sin(ang) * s;
  it.d = Math.cos(ang) * s;
  it.snap = false;
}
