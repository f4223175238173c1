// Furniture that belongs to the room, not to a desk: plants, lamps, cabinets, the office, and the lights they give.
// Not here: seats and wings (plan.ts); items carry no state of any agent.
import type { Pt } from './numbers';
import type { Wing } from './plan';

export interface Item {
  key: string; // recipe key
  x: number;
  y: number; // tile position of the anchor
  k: number; // depth
  sway: number; // px the top moves; 0 for furniture
  sh: number; // height that throws a long shadow; 0 for none
  wall?: boolean;
}
export interface PointLight {
  x: number;
  y: number;
  z: number;
  r: number;
  c: string;
  a: number;
  sy: number;
}

export const LEAD_SEAT: Pt = [1.8, 1.1];
/** Pseudo item at which draw.ts puts the coordinator and the big desk. */
export const BOSS = 'boss';

const item = (key: string, x: number, y: number, o: Partial<Item> = {}): Item => ({ key, x, y, k: x + y, sway: 0, sh: 0, ...o });
const plant = (kind: 0 | 1 | 2, x: number, y: number, s: number, o: Partial<Item> = {}): Item =>
  item(`plant|${kind}|${s}`, x, y, { sway: 1.1 * s, sh: kind === 2 ? 60 : 40, ...o });
const lamp = (x: number, y: number, k = x + y): Item => item('floorlamp', x, y, { k, sh: 70 });
const lit = (x: number, y: number, z: number, r: number, c: string, a: number, sy = 0.62): PointLight => ({ x, y, z, r, c, a, sy });

export function dress(wings: readonly Wing[], free: readonly Pt[], w: number, d: number): { items: Item[]; lights: PointLight[] } {
  const items: Item[] = [
    plant(2, 0.5, 0.5, 0.85, { k: 3, sh: 0 }),
    item('bookshelf', 0.02, 1.2, { k: 3.1 }),
    item(BOSS, 0, 0, { k: 4 }),
    plant(1, 3.05, 0.5, 0.8, { k: 4.1, sh: 0 }),
    item('glass|x', 0, 0, { k: 5.85 }),
    item('glass|y', 0, 0, { k: 5.9 }),
    item('cabinets', 9.95, 0.08, { k: 10.2 }),
    plant(0, 0.38, 6.85, 0.78),
    item('coffee', 0.08, 10.0, { k: 10.4 }),
    plant(2, 11.2, 1.6, 0.95),
    plant(0, 3.82, 3.82, 0.7, { k: 7.2 }),
    lamp(11.35, 2.95),
    plant(0, 11.25, 6.3, 0.85),
    plant(1, 2.2, 10.85, 0.85),
    lamp(3.5, 10.85, 14.2),
    item('cat', 10.45, 3.4, { k: 13.6 }),
  ];
  const lights: PointLight[] = [
    lit(11.3, 3.1, 16, 125, '#ffb45a', 0.95),
    lit(3.5, 10.85, 20, 130, '#ffb45a', 0.95),
    lit(1.7, 1.6, 20, 140, '#ffc27a', 0.95),
    lit(0, 1.6, 60, 100, '#ffb45a', 0.4, 1),
    lit(0, 5.2, 84, 66, '#ffe0b0', 0.6, 0.9),
    lit(10.6, 0.5, 50, 95, '#ffc27a', 0.7, 0.9),
    lit(0.4, 10.4, 30, 75, '#ffb866', 0.7),
    lit(10.45, 3.3, 0, 90, '#ffb866', 0.5),
    lit(6.6, 7.6, 0, 150, '#ffb866', 0.26),
    lit(9.4, 9.6, 0, 170, '#8fa4ff', 0.26),
  ];
  for (const g of wings.slice(1)) {
    // The aisle is one tile wide and runs before the wing: planter at its corner, a lamp half way along each side.
    const ax = g.x - 0.5;
    const ay = g.y - 0.5;
    const mx = g.x + g.w / 2;
    const my = g.y + g.d / 2;
    const even = g.id % 2 === 0;
    if (ax > 0.2 && ay > 0.2) items.push(plant(even ? 2 : 0, ax, ay, 0.85));
    if (ax > 0.2) {
      items.push(lamp(ax, my + 0.9), plant(even ? 1 : 0, ax, my - 2.2, 0.7));
      lights.push(lit(ax, my + 0.9, 18, 125, '#ffb45a', 0.85));
    }
    if (ay > 0.2) {
      items.push(plant(even ? 0 : 1, mx + 1.4, ay, 0.72));
      if (ax <= 0.2 || g.w > 8) {
        items.push(lamp(mx - 0.2, ay));
        lights.push(lit(mx - 0.2, ay, 18, 125, '#ffb45a', 0.85));
      }
    }
    lights.push(lit(mx, my, 0, 190, even ? '#8fa4ff' : '#ffb866', 0.22));
  }
  free.forEach(([x, y], i) => {
    if (x > w - 0.6 || y > d - 0.6) return;
    items.push(plant(((i + 1) % 3) as 0 | 1 | 2, x, y, 0.95));
    if (i % 2 === 0) items.push(item('cat', x - 0.9, y + 0.5, { k: x + y - 0.4 }));
  });
  return { items, lights };
}
