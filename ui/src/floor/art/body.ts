// Parts of a seated body: arm, torso, chair base, seat and back. Seat at (0, 0), y up is negative.
// Not here: poses (person.ts) and heads (head.ts).
import type { Look } from '../model/look';
import { tone, TAU, type Pt } from '../model/numbers';
import type { Path, Pen } from './pen';

export function arm(P: Pen, pts: readonly [Pt, Pt, Pt], col: string, skin: string, w = 5): void {
  const [a, b, d] = pts;
  P.curve(
    (c) => {
      c.moveTo(a[0], a[1]);
      c.quadraticCurveTo(b[0], b[1], d[0], d[1]);
    },
    tone(col, 0.7),
    { w: w + 1.1 },
  );
  P.curve(
    (c) => {
      c.moveTo(a[0], a[1]);
      c.quadraticCurveTo(b[0], b[1], d[0], d[1]);
    },
    col,
    { w },
  );
  P.oval(d[0], d[1], 2.8, 2.8, skin, { out: tone(skin, 0.65), ow: 0.6 });
}
export function torso(P: Pen, k: Look, away: boolean, lean = 0, cy = 0): void {
  const T = k.top,
    sh = tone(T, 0.8);
  const path: Path = (c) => {
    c.moveTo(-9, -14);
    c.bezierCurveTo(-10.5, -24, -9.5 + lean, -35, -5 + lean, -38.4 + cy);
    c.quadraticCurveTo(lean, -40.6 + cy, 5 + lean, -38.4 + cy);
    c.bezierCurveTo(9.5 + lean, -35, 10.5, -24, 9, -14);
    c.quadraticCurveTo(0, -10.6, -9, -14);
  };
  P.curve(path, T, { out: tone(T, 0.62), ow: 0.8 });
  const c = P.c;
  c.save();
  c.beginPath();
  path(c);
  c.clip();
  P.curve(
    (c) => {
      c.moveTo(3 + lean * 0.6, -42);
      c.bezierCurveTo(6, -30, 5, -18, 3, -10);
      c.lineTo(14, -10);
      c.lineTo(14, -42);
      c.closePath();
    },
    sh,
    { a: 0.85 },
  );
  if (k.wear === 'stripe')
    for (let y = -33; y < -13; y += 5)
      P.curve(
        (c) => {
          c.moveTo(-11, y - 1);
          c.quadraticCurveTo(0, y + 2.4, 11, y - 1);
        },
        tone(T, 1.5),
        { w: 1.9, a: 0.75 },
      );
  if (k.wear === 'collar' && !away) {
    P.curve((c) => {
      c.moveTo(-6 + lean, -39 + cy);
      c.lineTo(-2 + lean, -33 + cy);
      c.lineTo(3 + lean, -39 + cy);
      c.closePath();
    }, '#fff7e8');
    P.line(
      [
        [-2, -32],
        [-1.6, -13],
      ],
      tone(T, 0.7),
      0.8,
    );
  }
  c.restore();
  if (k.wear === 'hood') {
    if (away) P.curve((c) => c.ellipse(lean, -35.6 + cy, 7.4, 4, 0.1, 0, TAU), tone(T, 0.86), { out: tone(T, 0.62), ow: 0.7 });
    else {
      P.curve((c) => c.ellipse(lean, -36.8 + cy, 7.2, 3, 0, 0, TAU), tone(T, 0.82));
      P.line(
        [
          [-3.6, -35],
          [-4, -29],
        ],
        '#fff',
        0.8,
      );
      P.line(
        [
          [0, -35],
          [0, -28.6],
        ],
        '#fff',
        0.8,
      );
    }
  }
}
export function chairBase(P: Pen): void {
  P.oval(0, 0, 10, 4.6, '#2a2f52', { a: 0.5 });
  for (const a of [0.3, 1.5, 2.8, 4, 5.2])
    P.line(
      [
        [0, -4],
        [Math.cos(a) * 9.4, Math.sin(a) * 4.4 - 0.6],
      ],
      '#39406a',
      2.2,
    );
  P.line(
    [
      [0, -4],
      [0, -13],
    ],
    '#8d97b5',
    2.6,
  );
}
export function chairSeat(P: Pen, col: string): void {
  P.oval(0, -12.4, 12.4, 6, tone(col, 0.62));
  P.oval(0, -14.4, 12.4, 5.8, col);
}
export function chairBack(P: Pen, x: number, col: string, near: boolean): void {
  P.line(
    [
      [x * 0.6, -14],
      [x, -22],
    ],
    tone(col, 0.55),
    3,
  );
  P.rrect(x - 8.4, -37, 16.8, 20, 6, tone(col, near ? 0.92 : 0.74), { out: tone(col, 0.55), ow: 0.8 });
  if (near) {
    P.rrect(x - 6, -34.6, 12, 15, 4, tone(col, 1.08), { a: 0.6 });
  }
}
