// The coordinator's glass office and what hangs on the walls: whiteboard, clock, picture, bookshelf, big desk.
// Not here: the person who sits there (person.ts) and the walls (room.ts).
import { Frame, iso } from '../model/iso';
import { CLOCK_AT, OFFICE } from '../model/plan';
import { C } from '../model/tokens';
import { lerp, rng, TAU, tone, type Pt } from '../model/numbers';
import { contact } from './furniture';
import type { Pen } from './pen';

const BOARD_W = 2.3;
/** The board; its notes are a sprite over it, so that another note does not paint the whole room anew. */
export function whiteboard(P: Pen, a: number): void {
  const b = a + BOARD_W,
    W = (u: number, z: number): Pt => iso(0, u, z),
    q = (u0: number, u1: number, z0: number, z1: number): Pt[] => [W(u0, z0), W(u1, z0), W(u1, z1), W(u0, z1)];
  P.poly(q(a + 0.04, b + 0.06, 49, 103), '#2b2350', { a: 0.3 });
  P.poly(q(a, b, 52, 106), '#a9b4c9');
  P.poly(q(a + 0.05, b - 0.05, 54, 104), '#f7f8f4');
  // columns (u grows to the left on screen, so draw from b to a)
  for (let i = 0; i < COLUMNS; i++) {
    const u = b - 0.1 - i * COLUMN_W;
    P.line([W(u - 0.06, 100), W(u - COLUMN_W * 0.6, 100)], ['#3d5a9c', '#c9604a', '#3f8f6a'][i]!, 1.4);
    if (i) P.line([W(u, 57), W(u, 101)], '#c5ccd8', 0.6);
  }
  P.poly(q(a + 0.3, b - 0.3, 49.5, 52), '#8792ad');
  P.line([W(a + 1.55, 52.6), W(a + 1.3, 52.6)], '#d3543f', 1.6);
  P.line([W(a + 1.15, 52.6), W(a + 0.9, 52.6)], '#3e66b8', 1.6);
}
const COLUMNS = 3;
const COLUMN_W = (BOARD_W - 0.2) / COLUMNS;
/** The notes of a board whose lower right corner is the anchor, so many in each column. */
export function boardNotes(P: Pen, board: readonly [number, number, number]): void {
  const W = (u: number, z: number): Pt => iso(0, u, z);
  const r = rng(5);
  const pal = ['#ffd66b', '#ff9f80', '#8fd3c3', '#a9b8ff', '#ffd66b'];
  board.forEach((n, i) => {
    const u = BOARD_W - 0.1 - i * COLUMN_W;
    for (let k = 0; k < n; k++) {
      const z = 95 - k * 10;
      const uu = u - 0.08 - r() * 0.04;
      const from = uu - COLUMN_W * 0.72;
      const col = pal[(i * 2 + k) % 5]!;
      P.poly([W(from, z - 8), W(uu, z - 8), W(uu, z), W(from, z)], col);
      P.line([W(uu - 0.07, z - 2.6), W(uu - COLUMN_W * 0.6, z - 2.6)], tone(col, 0.55), 0.7);
      P.line([W(uu - 0.07, z - 5), W(uu - COLUMN_W * (0.3 + r() * 0.25), z - 5)], tone(col, 0.6), 0.7);
    }
  });
}
export function wallArt(P: Pen): void {
  const W = (u: number, z: number): Pt => iso(u, 0, z),
    q = (u0: number, u1: number, z0: number, z1: number): Pt[] => [W(u0, z0), W(u1, z0), W(u1, z1), W(u0, z1)];
  const pic = (u: number, z: number, w: number, h: number, bg: string, fn: (u: number, z: number) => void): void => {
    P.poly(q(u + 0.05, u + w + 0.06, z - 3, z + h - 2), '#2b2350', { a: 0.28 });
    P.poly(q(u, u + w, z, z + h), '#4a3a3a');
    P.poly(q(u + 0.05, u + w - 0.05, z + 2, z + h - 2), C.paper);
    P.poly(q(u + 0.1, u + w - 0.1, z + 4, z + h - 4), bg);
    fn(u, z);
  };
  pic(10.62, 70, 0.78, 30, '#e8a66b', (u, z) => {
    const p = W(u + 0.39, z + 17);
    P.at(p, (P) => P.oval(0, 0, 5, 5.6, '#c4533f'));
  });
  // The face of the clock; its hands move by the minute and are a sprite.
  P.plane(W(CLOCK_AT.u, CLOCK_AT.z), 1, (P) => {
    P.oval(1.5, 2, 10.5, 10.5, '#2b2350', { a: 0.28 });
    P.oval(0, 0, 10.5, 10.5, '#c9704a');
    P.oval(0, 0, 8.6, 8.6, '#fdf6e6');
    for (let i = 0; i < 12; i++) {
      const a = (i / 12) * TAU;
      P.line(
        [
          [Math.sin(a) * 7, -Math.cos(a) * 7],
          [Math.sin(a) * 7.8, -Math.cos(a) * 7.8],
        ],
        '#8d86a0',
        0.7,
      );
    }
  });
}
/** The hands of the wall clock, which shows the time even when another light was chosen. */
export function clockHands(P: Pen, minute: number): void {
  const hand = (a: number, l: number, w: number): void =>
    P.line(
      [
        [0, 0],
        [Math.sin(a) * l, -Math.cos(a) * l],
      ],
      '#3b3558',
      w,
    );
  P.plane([0, 0], 1, () => {
    hand((minute / 720) * TAU, 4.6, 1.5);
    hand((minute / 60) * TAU, 6.6, 1);
    P.oval(0, 0, 1.1, 1.1, '#c4533f');
  });
}
export function glassWall(P: Pen, which: 'x' | 'y'): void {
  const o = OFFICE,
    h = 84,
    W = (u: number, z: number): Pt => (which === 'x' ? iso(o, u, z) : iso(u, o, z)),
    q = (u0: number, u1: number, z0: number, z1: number): Pt[] => [W(u0, z0), W(u1, z0), W(u1, z1), W(u0, z1)];
  const fr = which === 'x' ? '#5d6ba6' : '#7484c2',
    segs: Pt[] =
      which === 'y'
        ? [
            [0, 1.15],
            [2.15, o],
          ]
        : [
            [0, 1.75],
            [1.75, o],
          ];
  for (const [u0, u1] of segs) {
    P.poly(q(u0, u1, 3, h), '#bcdcff', { a: P.emit ? 0.06 : 0.1, seam: 0 });
    // frosted lower half, fading out upwards: this is what makes the glass read as a wall
    for (let i = 0; i < 10; i++) {
      P.poly(q(u0, u1, 3 + i * 3.3, 3 + (i + 1) * 3.3), '#e6efff', { a: (P.emit ? 0.16 : 0.3) * (1 - i / 13), seam: 0 });
      if (P.emit) P.poly(q(u0, u1, 3 + i * 3.3, 3 + (i + 1) * 3.3), '#a9c4ff', { a: 0.1 * (1 - i / 13), e: 1, seam: 0 });
    }
    if (P.emit)
      for (const [k, w, a] of [
        [0.12, 0.16, 0.1],
        [0.34, 0.07, 0.08],
      ] as const) {
        const m = lerp(u0, u1, k),
          n = Math.min(u1, m + 0.7);
        P.poly([W(m, 3), W(Math.min(u1, m + w), 3), W(Math.min(u1, n + w), h), W(n, h)], '#dbeaff', { a, e: 1, seam: 0 });
      }
    P.poly(q(u0, u1, 0, 3), tone(fr, 0.8));
    P.line([W(u0, 3), W(u0, h)], fr, 1, { a: 0.9 });
  }
  P.line([W(0, h), W(o, h)], fr, 1.9);
  P.line([W(0, h + 0.8), W(o, h + 0.8)], '#dfe8ff', 0.6, { a: 0.8 });
  if (which === 'y') {
    P.line([W(1.15, 0), W(1.15, h)], fr, 1.5);
    P.line([W(2.15, 0), W(2.15, h)], fr, 1.5);
    P.line([W(1.15, 66), W(2.15, 66)], fr, 1.3);
    P.line([W(o, 0), W(o, h)], '#8b9ad6', 2.2);
  }
}
export function bookshelf(P: Pen, x: number, y: number, len: number, flip: boolean): void {
  const f = new Frame(x, y, flip);
  contact(P, f, 0, 0, len, 0.34);
  P.box(f, 0, 0, 0, len, 0.34, 30, '#a97a52', { rim: 0.6 });
  const r = rng(9);
  for (let row = 0; row < 2; row++) {
    const z = 2.4 + row * 14;
    P.poly([f.p(0.05, 0.34, z), f.p(len - 0.05, 0.34, z), f.p(len - 0.05, 0.34, z + 12), f.p(0.05, 0.34, z + 12)], '#5f4038');
    let u = 0.08;
    while (u < len - 0.16) {
      const w = 0.06 + r() * 0.06,
        h = 7 + r() * 4;
      if (r() > 0.12)
        P.poly(
          [f.p(u, 0.34, z), f.p(u + w, 0.34, z), f.p(u + w, 0.34, z + h), f.p(u, 0.34, z + h)],
          tone(['#c4533f', '#e9b44c', '#4a7ea3', '#e8ddc6', '#4f8a62', '#8a63b0'][(r() * 6) | 0]!, f.flip ? 0.75 : 0.92),
          { seam: 0.2 },
        );
      u += w + 0.012;
    }
  }
}
/** The coordinator sits behind it and faces the floor. Lamps are baked at full; the draw list dims them by the hour. */
export function bossDesk(P: Pen): void {
  const g = new Frame(0.7, 1.55);
  contact(P, g, 0, 0, 1.9, 0.85);
  P.box(g, 0, 0, 0, 1.9, 0.8, 22, '#8a5f45');
  P.poly([g.p(0.12, 0.8, 3), g.p(1.78, 0.8, 3), g.p(1.78, 0.8, 19), g.p(0.12, 0.8, 19)], tone('#8a5f45', 0.7));
  P.box(g, -0.06, -0.05, 22, 2.02, 0.9, 3.4, '#b07f58', { rim: 0.7 });
  // laptop lid seen from behind, glow spills on the face
  const o = g.p(0.36, 0.36, 25.4);
  P.plane(o, 1, (P) => {
    P.rrect(0, -16, 20, 16, 1.6, '#c9d2ea');
    P.oval(10, -8.4, 2.4, 2.4, '#ffe3a3', { e: 1 });
  });
  P.box(g, 0.36, 0.1, 25.4, 0.62, 0.3, 0.8, '#aab4d0');
  P.glow(o[0] + 9, o[1] - 18, 26, '#9fc4ff', 0.5);
  const q = g.p(1.5, 0.4, 25.4);
  P.at(q, (P) => {
    P.oval(0, 0, 4.6, 2.4, '#4a3a3a');
    P.line(
      [
        [0, 0],
        [0, -12],
      ],
      '#d9b36a',
      1.6,
    );
    P.curve(
      (c) => {
        c.moveTo(-4, -21);
        c.lineTo(4, -21);
        c.lineTo(8, -11);
        c.quadraticCurveTo(0, -8.4, -8, -11);
        c.closePath();
      },
      '#4f9a7a',
      { e: 0.7 },
    );
    P.glow(0, -11, 24, '#ffc870', 0.7);
  });
  for (let i = 0; i < 4; i++) P.box(g, 1.0 + i * 0.004, 0.3, 25.4 + i * 0.9, 0.3, 0.3, 0.8, i % 2 ? '#fffaf0' : '#e6ecfa', { rim: 0.2 });
}
