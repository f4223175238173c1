// The floor plan: home room with the glass office and 8 seats, then wings of at most 3 x 3 desks east and south of it.
// Growth is by whole columns and rows of seats with an aisle before every third one, always in the same order, so that
// a seat's place depends on its number alone and nobody ever moves when the room grows.
// Not here: who sits where and in which state (world.ts), how a wall or rug looks (floor/art).
import type { Pt } from './numbers';
import { dress, type Item, type PointLight } from './plan-items';

export const HOME = { w: 11.7, d: 11.2 } as const;
export const WALL_H = 118;
export const OFFICE = 3.5;
/** Where on the right wall the clock hangs. */
export const CLOCK_AT = { u: 10, z: 88 } as const;
const CELL = { w: 3.2, d: 3.1 } as const;
const AISLE = 1;
const EDGE = 0.45;

export interface Seat {
  id: number;
  x: number;
  y: number;
  flip: boolean;
  wing: number;
  plateAt: Pt;
}
export interface Wing {
  id: number;
  x: number;
  y: number;
  w: number;
  d: number;
  seats: number;
}
export interface Win {
  s: 1 | -1; // +1 right wall (along x), -1 left wall (along y)
  a: number;
  b: number;
  z0: number;
  z1: number;
  moon?: number;
  sunAt?: number;
}
/** One entry of the back-to-front order; k is x + y of the footprint's centre, ties are broken by n. */
export interface Placed {
  k: number;
  n: number;
  seat: Seat | null;
  item: Item | null;
}
export interface Plan {
  w: number;
  d: number;
  h: number;
  seats: Seat[];
  wings: Wing[];
  aisles: { x: number; y: number; w: number; d: number }[];
  windows: Win[];
  items: Item[];
  lights: PointLight[];
  boards: number[];
  order: Placed[];
}

type Spot = readonly [x: number, y: number, flip: boolean, plate?: Pt];
const HOME_SEATS: readonly Spot[] = [
  [0.5, 4.2, true],
  [4.0, 0.45, false, [1.0, 1.95]],
  [5.0, 5.2, false],
  [8.5, 5.25, false],
  [7.55, 0.45, false, [2.15, 1.75]],
  [5.0, 8.4, false],
  [0.5, 7.5, true, [1.55, 1.85]],
  [8.5, 8.4, false],
];
const PLATE: Pt = [1.15, 2.05];

/** Where column or row i starts, aisles included. */
const start = (home: number, i: number, cell: number): number => home + AISLE * (1 + Math.floor(i / 3)) + i * cell;
const extent = (home: number, n: number, cell: number): number => (n ? start(home, n - 1, cell) + cell + EDGE : home);

const seatsIn = (cols: number, rows: number): number => 8 + 3 * cols + 3 * rows + cols * rows;

/** One step of growth: the column or the row that keeps the floor smaller and squarer. */
function widens(cols: number, rows: number): boolean {
  const cost = (c: number, r: number): number => {
    const w = extent(HOME.w, c, CELL.w);
    const d = extent(HOME.d, r, CELL.d);
    return w + d + Math.abs(w - d) * 0.35;
  };
  return cost(cols + 1, rows) <= cost(cols, rows + 1);
}

/** How many extra columns and rows seat n: the first point of one fixed path of growth that does. */
export function growth(n: number): { cols: number; rows: number } {
  let cols = 0;
  let rows = 0;
  while (seatsIn(cols, rows) < n) {
    if (widens(cols, rows)) cols++;
    else rows++;
  }
  return { cols, rows };
}

interface Place {
  spot: Spot;
  /** Which block of 3 x 3 it belongs to; -1 is the home room's own side. */
  bi: number;
  bj: number;
}
const HOME_X = [0.75, 4.5, 8.25] as const;
const HOME_Y = [EDGE, 4.15, 7.85] as const;
const colX = (j: number): number => start(HOME.w, j, CELL.w) + 0.4;
const rowY = (j: number): number => start(HOME.d, j, CELL.d) + 0.35;
const block = (i: number): number => Math.floor(i / 3);

/** Every seat up to this size, in the order they are taken: step by step along the path of growth. */
function places(cols: number, rows: number): Place[] {
  const out: Place[] = HOME_SEATS.map((spot) => ({ spot, bi: -1, bj: -1 }));
  const add = (x: number, y: number, bi: number, bj: number): void => {
    out.push({ spot: [x, y, (bi + bj) % 2 !== 0], bi, bj });
  };
  for (let c = 0, r = 0; c < cols || r < rows; ) {
    if (widens(c, r)) {
      for (const y of HOME_Y) add(colX(c), y, block(c), -1);
      for (let j = 0; j < r; j++) add(colX(c), rowY(j), block(c), block(j));
      c++;
    } else {
      for (const x of HOME_X) add(x, rowY(r), -1, block(r));
      for (let i = 0; i < c; i++) add(colX(i), rowY(r), block(i), block(r));
      r++;
    }
  }
  return out;
}

export function makePlan(n: number): Plan {
  const { cols, rows } = growth(n);
  const w = extent(HOME.w, cols, CELL.w);
  const d = extent(HOME.d, rows, CELL.d);
  const home: Wing = { id: 0, x: 0, y: 0, w: HOME.w, d: HOME.d, seats: 0 };
  const wings: Wing[] = [home];
  const byBlock = new Map<string, Wing>([['-1 -1', home]]);
  const spots = places(cols, rows).map(({ spot, bi, bj }) => {
    let wing = byBlock.get(`${bi} ${bj}`);
    if (!wing) {
      wing = { id: wings.length, x: spot[0] - 0.4, y: spot[1] - 0.35, w: 0, d: 0, seats: 0 };
      byBlock.set(`${bi} ${bj}`, wing);
      wings.push(wing);
    }
    if (wing !== home) {
      wing.w = Math.max(wing.w, spot[0] + 2.7 - wing.x);
      wing.d = Math.max(wing.d, spot[1] + 2.6 - wing.y);
    }
    return { spot, wing };
  });
  const seats = spots.slice(0, n).map(({ spot, wing }, id): Seat => {
    wing.seats++;
    return { id, x: spot[0], y: spot[1], flip: spot[2], wing: wing.id, plateAt: spot[3] ?? PLATE };
  });
  const free = spots.slice(Math.max(n, 8)).map(({ spot }) => [spot[0] + 1.1, spot[1] + 1.1] as Pt);
  const aisles = [
    ...range(0, Math.ceil(cols / 3)).map((b) => ({ x: start(HOME.w, b * 3, CELL.w) - AISLE, y: 0, w: AISLE, d })),
    ...range(0, Math.ceil(rows / 3)).map((b) => ({ x: 0, y: start(HOME.d, b * 3, CELL.d) - AISLE, w, d: AISLE })),
  ];
  const { items, lights } = dress(wings, free, w, d);
  const plan: Plan = { w, d, h: WALL_H, seats, wings, aisles, windows: makeWindows(w, d), items, lights, boards: boardsFor(d), order: [] };
  plan.order = sortPlan(plan);
  return plan;
}

/** Back to front. Positions never change while the app runs, so this is done once and not per frame. */
function sortPlan(p: Plan): Placed[] {
  const all: Placed[] = [
    ...p.items.map((item, n) => ({ k: item.k, n, seat: null, item })),
    ...p.seats.map((seat) => ({ k: seat.x + seat.y + 2, n: 10000 + seat.id, seat, item: null })),
  ];
  return all.sort((a, b) => a.k - b.k || a.n - b.n);
}

function makeWindows(w: number, d: number): Win[] {
  const z = { z0: 44, z1: 102 };
  const out: Win[] = [
    { s: -1, a: 0.45, b: 3.1, z0: 34, z1: 100 },
    { s: 1, a: 0.45, b: 3.1, z0: 34, z1: 100, moon: 2.2 },
    { s: -1, a: 6.85, b: 8.65, ...z },
    { s: -1, a: 9.0, b: 10.8, ...z, sunAt: 9.2 },
    { s: 1, a: 4.1, b: 6.5, ...z },
    { s: 1, a: 6.9, b: 9.3, ...z },
  ];
  for (let u = HOME.w + 0.9; u + 2.4 < w - 0.2; u += 2.8) out.push({ s: 1, a: u, b: u + 2.4, ...z });
  // On the left wall every third window gives way to a whiteboard.
  for (let u = HOME.d + 0.9, i = 0; u + 2.4 < d - 0.2; u += 2.8, i++) if (i % 3 !== 1) out.push({ s: -1, a: u, b: u + 2.4, ...z });
  return out;
}
function boardsFor(d: number): number[] {
  const out = [4.05];
  for (let u = HOME.d + 0.9, i = 0; u + 2.4 < d - 0.2; u += 2.8, i++) if (i % 3 === 1) out.push(u);
  return out;
}
function range(a: number, b: number): number[] {
  return Array.from({ length: Math.max(0, b - a) }, (_, i) => a + i);
}
