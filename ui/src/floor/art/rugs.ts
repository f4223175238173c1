// Rugs and the round mat, painted into the room texture.
// Not here: which wing has which colour (room.ts).
import { iso } from '../model/iso';
import { C } from '../model/tokens';
import { tone, type Pt } from '../model/numbers';
import type { Pen } from './pen';

export function rug(P: Pen, x: number, y: number, w: number, d: number, base: string = C.rug, edge: string = C.rug3): void {
  const q = (i: number): Pt[] => [iso(x + i, y + i), iso(x + w - i, y + i), iso(x + w - i, y + d - i), iso(x + i, y + d - i)];
  P.poly(
    q(-0.03).map((p): Pt => [p[0], p[1] + 1.5]),
    '#3a2148',
    { a: 0.35 },
  );
  P.poly(q(0), edge);
  P.poly(q(0.1), C.rug2);
  P.poly(q(0.17), base);
  P.poly(q(0.42), tone(base, 0.9));
  const s = q(0.3);
  P.trace(s);
  P.style(C.rug2, 0.75);
  P.c.lineWidth = 0.9;
  P.c.setLineDash([3, 3]);
  P.c.stroke();
  P.c.setLineDash([]);
  const nx = Math.max(2, Math.round((w - 1.8) / 1.16)),
    ny = Math.max(2, Math.round((d - 1.8) / 1.1));
  for (let i = 0; i <= nx; i++)
    for (let j = 0; j <= ny; j++) {
      const cx = x + 0.9 + (i * (w - 1.8)) / nx,
        cy = y + 0.9 + (j * (d - 1.8)) / ny,
        k = 0.16;
      P.poly([iso(cx - k, cy - k), iso(cx + k, cy - k), iso(cx + k, cy + k), iso(cx - k, cy + k)], (i + j) % 2 ? edge : C.rug2, { a: 0.34 });
    }
  for (let k = 0.1; k < d; k += 0.16) {
    P.line([iso(x + w, y + k), iso(x + w + 0.12, y + k)], C.rug2, 0.8, { a: 0.8 });
  }
}
export function mat(P: Pen, x: number, y: number, r: number): void {
  const p = iso(x, y);
  for (const [k, col] of [
    [1, '#37506e'],
    [0.86, '#8fb0b4'],
    [0.72, '#4c6d86'],
    [0.4, '#7fa3ab'],
  ] as const)
    P.oval(p[0], p[1], r * 45 * k, r * 22.5 * k, col);
}
