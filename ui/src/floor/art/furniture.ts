// Furniture of the room: contact shadows, floor lamp, cabinets (memory), coffee bar.
// Not here: desks (desk.ts), plants and the cat (plants.ts), the office (office.ts).
import { Frame, iso } from '../model/iso';
import type { Light } from '../model/light';
import { C } from '../model/tokens';
import { mix, tone, type Pt } from '../model/numbers';
import type { Pen } from './pen';

export function contact(P: Pen, f: Frame, x: number, y: number, w: number, d: number, a = 0.3): void {
  if (P.emit) return;
  for (let i = 0; i < 3; i++) {
    const g = 0.02 + i * 0.07;
    P.poly([f.p(x - g, y - g), f.p(x + w + g, y - g), f.p(x + w + g, y + d + g), f.p(x - g, y + d + g)], '#231545', { a: a / 3, seam: 0 });
  }
}
export function softShadow(P: Pen, p: Pt, rx: number, a = 0.32): void {
  if (P.emit) return;
  for (let i = 0; i < 3; i++) P.oval(p[0], p[1], rx * (1 - i * 0.2), rx * 0.5 * (1 - i * 0.2), '#231545', { a: a / 3 });
}
export function floorLamp(P: Pen, x: number, y: number, L: Light, side = 1): void {
  const p = iso(x, y);
  softShadow(P, p, 11, 0.3);
  P.at(
    p,
    (P) => {
      P.oval(0, -1, 8, 4, '#3d3a5c');
      P.oval(0, -2.2, 7, 3.4, '#565379');
      P.line(
        [
          [0, -2],
          [0, -66],
        ],
        '#565379',
        1.8,
      );
      P.glow(0, -72, 44, '#ff9f45', 0.5 * L.lamp);
      P.curve(
        (c) => {
          c.moveTo(-7, -84);
          c.lineTo(7, -84);
          c.lineTo(12, -65);
          c.quadraticCurveTo(0, -60, -12, -65);
          c.closePath();
        },
        mix('#f3dcb4', '#f7b45f', L.lamp),
        { e: 0.1 + 0.7 * L.lamp },
      );
      P.curve(
        (c) => {
          c.moveTo(-7, -84);
          c.lineTo(-3, -84);
          c.lineTo(-5, -62.4);
          c.quadraticCurveTo(-9, -63, -12, -65);
          c.closePath();
        },
        '#ffe2ad',
        { a: 0.45, e: 0.6 * L.lamp || 0.01 },
      );
      P.curve(
        (c) => {
          c.moveTo(3, -84);
          c.lineTo(7, -84);
          c.lineTo(12, -65);
          c.quadraticCurveTo(9, -63, 6, -62.4);
          c.closePath();
        },
        '#e8934a',
        { a: 0.45, e: 0.7 * L.lamp || 0.01 },
      );
      P.oval(0, -84, 7, 2.2, '#ffe6b8', { e: 0.1 + 0.8 * L.lamp });
    },
    side,
  );
}
export function cabinets(P: Pen, x: number, y: number): void {
  const f = new Frame(x, y);
  contact(P, f, 0, 0, 1.62, 0.55);
  for (let i = 0; i < 3; i++) {
    const col = ['#5f86a8', '#6f95ad', '#587a9e'][i]!,
      X = i * 0.54;
    P.box(f, X, 0, 0, 0.53, 0.55, 50, col);
    for (let k = 0; k < 3; k++) {
      const z = 3 + k * 15.6;
      P.poly([f.p(X + 0.05, 0.55, z), f.p(X + 0.48, 0.55, z), f.p(X + 0.48, 0.55, z + 13.4), f.p(X + 0.05, 0.55, z + 13.4)], tone(col, 0.93));
      P.line([f.p(X + 0.19, 0.55, z + 6), f.p(X + 0.35, 0.55, z + 6)], '#f1e6cf', 1.3);
      P.poly(
        [f.p(X + 0.17, 0.55, z + 8.4), f.p(X + 0.37, 0.55, z + 8.4), f.p(X + 0.37, 0.55, z + 11.6), f.p(X + 0.17, 0.55, z + 11.6)],
        ['#f8e7b8', '#ffffff', '#cfe8d8'][(i + k) % 3]!,
      );
    }
  }
  // an open drawer: memory in use
  P.box(f, 0.58, 0.55, 34, 0.43, 0.26, 13, '#6f95ad');
  for (let k = 0; k < 4; k++)
    P.poly(
      [
        f.p(0.62, 0.6 + k * 0.05, 47),
        f.p(0.97, 0.6 + k * 0.05, 47),
        f.p(0.97, 0.6 + k * 0.05, 52 - (k % 2) * 1.5),
        f.p(0.62, 0.6 + k * 0.05, 52 - (k % 2) * 1.5),
      ],
      ['#ffd66b', '#fff', '#8fd3c3', '#ff9f80'][k]!,
      { seam: 0.2 },
    );
  // plant and books on top
  for (let k = 0; k < 5; k++)
    P.box(f, 1.14 + k * 0.085, 0.12, 50, 0.07, 0.28, 12 + ((k * 5) % 4), ['#c4533f', '#e9b44c', '#3f6b8f', '#e8ddc6', '#4f8a62'][k]!, { rim: 0.2 });
  const p = f.p(0.26, 0.28, 50);
  P.at(p, (P) => {
    P.c.scale(0.55, 0.55);
    P.rrect(-8, -13, 16, 13, 3, '#f0e6d2');
    for (let i = 0; i < 7; i++) {
      const a = -2.4 + i * 0.55;
      P.curve(
        (c) => {
          c.moveTo(0, -12);
          c.quadraticCurveTo(Math.sin(a - 1) * 10, -26, Math.sin(a) * 17 * 0.9, -16 - Math.cos(a * 0.5) * 12);
        },
        [C.leaf, C.leaf2, C.leaf3][i % 3]!,
        { w: 3.6 },
      );
    }
  });
}
export function coffeeBar(P: Pen, x: number, y: number): void {
  const f = new Frame(x, y, true);
  contact(P, f, 0, 0, 1.05, 0.62);
  P.box(f, 0, 0, 0, 1.05, 0.62, 30, '#d8845f');
  P.box(f, -0.04, -0.02, 30, 1.13, 0.68, 3, '#f6ecd9', { rim: 0.6 });
  for (let k = 0; k < 2; k++)
    P.poly(
      [f.p(0.06 + k * 0.5, 0.62, 4), f.p(0.48 + k * 0.5, 0.62, 4), f.p(0.48 + k * 0.5, 0.62, 27), f.p(0.06 + k * 0.5, 0.62, 27)],
      tone('#d8845f', 0.57),
    );
  P.box(f, 0.12, 0.1, 33, 0.42, 0.36, 22, '#44486b');
  P.box(f, 0.16, 0.3, 36, 0.34, 0.2, 2, '#9aa3c0');
  const p = f.p(0.33, 0.46, 50);
  P.oval(p[0], p[1], 1.5, 1.5, '#7dffb0', { e: 1 });
  const m = f.p(0.33, 0.42, 38);
  P.rrect(m[0] - 2.4, m[1] - 5, 4.8, 5, 1, '#fff');
  for (let k = 0; k < 3; k++) {
    const q = f.p(0.72 + k * 0.12, 0.4 - (k % 2) * 0.18, 33);
    P.rrect(q[0] - 2.6, q[1] - 5.6, 5.2, 5.6, 1.4, ['#ffd66b', '#8fd3c3', '#ff9f80'][k]!);
  }
}
