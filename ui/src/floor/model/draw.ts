// World -> draw list of the scene, back to front: string lights, then room items and desk units in the plan's fixed order.
// Not here: the overlay of badges and plates (overlay.ts) and one unit's parts (draw-desk.ts).
import { drawDesk, drawPerson } from './draw-desk';
import { Frame, iso, toFloor, type View } from './iso';
import type { Light } from './light';
import type { DrawList } from './list';
import { CLOCK_AT, type Plan } from './plan';
import { BOSS, LEAD_SEAT, type Item } from './plan-items';
import { lerp, type Pt } from './numbers';
import { deskVisible, type World } from './world';

export interface Bulb {
  p: Pt;
  phase: number;
}
const SWAG = 1.5; // tiles
/** Points of one string of lights along a wall; the wire is painted into the room, the bulbs are sprites. */
export function swags(s: 1 | -1, u0: number, u1: number, h: number): Pt[][] {
  const n = Math.max(1, Math.round(Math.abs(u1 - u0) / SWAG));
  return Array.from({ length: n }, (_, k) =>
    Array.from({ length: 11 }, (_, i) => {
      const u = lerp(u0, u1, (k + i / 10) / n);
      const z = h - 3 - Math.sin((i / 10) * Math.PI) * 7;
      return s > 0 ? iso(u, 0, z) : iso(0, u, z);
    }),
  );
}
export const wires = (p: Plan): Pt[][] => [...swags(-1, p.d - 0.2, 3.6, p.h), ...swags(1, 3.6, p.w - 0.2, p.h)];

const bulbCache = new WeakMap<Plan, Bulb[]>();
function bulbs(p: Plan): Bulb[] {
  let b = bulbCache.get(p);
  if (!b) {
    b = wires(p).flatMap((w, k) => [2, 4, 6, 8].map((i) => ({ p: w[i]!, phase: (k * 11 + i) * 1.9 })));
    bulbCache.set(p, b);
  }
  return b;
}

export function drawScene(list: DrawList, world: World, L: Light, view: View): void {
  const { plan } = world;
  const t = world.anim;
  const [x0, y0] = toFloor(view, [-80, -80]);
  const [x1, y1] = toFloor(view, [view.w + 80, view.h + 80]);
  const seen = (p: Pt): boolean => p[0] > x0 - 60 && p[0] < x1 + 60 && p[1] > y0 && p[1] < y1 + 120;
  for (const b of bulbs(plan)) {
    if (!seen(b.p)) continue;
    const it = list.add('bulb', b.p[0], b.p[1] + 2.2, -1);
    it.glow = 0.25 + 0.75 * L.lamp * (0.82 + 0.18 * Math.sin(t * 1.4 + b.phase));
  }
  if (world.board.some((n) => n > 0)) for (const a of plan.boards) list.add(`notes|${world.board.join('|')}`, ...iso(0, a), -1);
  list.add(`hands|${world.minute % 720}`, ...iso(CLOCK_AT.u, 0, CLOCK_AT.z), -1);
  if (world.drop !== null) drawRing(list, world, world.drop);
  for (const o of plan.order) {
    if (o.seat) {
      const d = world.desks[o.seat.id]!;
      if (deskVisible(d, view)) drawDesk(list, d, world, L, o.k);
    } else if (o.item) {
      const p = iso(o.item.x, o.item.y);
      if (o.item.key === BOSS) drawBoss(list, world, L, o.k);
      else if (o.item.key.startsWith('glass') || seen(p)) drawItem(list, o.item, p, t, o.k);
    }
  }
}

function drawItem(list: DrawList, i: Item, p: Pt, t: number, k: number): void {
  const it = list.add(i.key, p[0], p[1], k);
  if (i.sway) it.skew = Math.sin(t * 0.6 + i.x * 3) * i.sway;
  if (i.key === 'cat') it.d = 1 + Math.sin(t * 1.3) * 0.025;
  if (i.key === 'coffee') steam(list, ...new Frame(i.x, i.y, true).p(0.33, 0.42, 44), t, k, 0.6);
}

/** Three wisps that rise and fade. */
export function steam(list: DrawList, x: number, y: number, t: number, k: number, s = 1): void {
  for (let i = 0; i < 3; i++) {
    const u = (t * 0.35 + i / 3) % 1;
    const it = list.add(`steam|${Math.floor(u * 4)}`, x + (i - 1) * 1.7, y - u * 11 * s, k);
    it.alpha = Math.sin(u * Math.PI) * 0.6;
    it.snap = false;
  }
}

function drawBoss(list: DrawList, world: World, L: Light, k: number): void {
  const [x, y] = iso(...LEAD_SEAT);
  list.add('shadow', x, y, k);
  // The glass office waits, furnished, until there is a coordinator.
  if (world.lead) drawPerson(list, world.lead.tag, 'lead', 3, world.anim, x, y, 1, k, world.reducedMotion);
  else list.add('chair|#7a4a5c', x, y, k);
  list.add('boss', 0, 0, k).glow = Math.max(0.25, L.lamp);
}

function drawRing(list: DrawList, world: World, id: number): void {
  const s = world.desks[id]?.seat;
  if (!s) return;
  const phase = Math.floor(((world.anim * 20) % 15) / 2.5);
  const it = list.add(`ring|${s.flip ? 1 : 0}|${world.reducedMotion ? 0 : phase}`, ...iso(s.x, s.y), -0.5);
  it.frame = phase;
}
