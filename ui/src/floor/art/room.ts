// The room as two textures: slab, planks, rugs, aisles, walls with wainscot, windows, boards, wires, patches and long shadows.
// Redrawn on zoom step and every two minutes of shift time. Emission is windows only.
// Not here: furniture and the whiteboard's notes (sprites of their own), and the backdrop.
import { wires } from '../model/draw';
import { iso } from '../model/iso';
import type { Light } from '../model/light';
import { OFFICE, type Plan, type Seat } from '../model/plan';
import { C } from '../model/tokens';
import { mix, rng, tone, type Pt } from '../model/numbers';
import { whiteboard, wallArt } from './office';
import type { Pen } from './pen';
import { mat, rug } from './rugs';
import { longShadows } from './shadows';
import { patches, wallP, windowPiece } from './windows';

const CARPET = '#5f7f9a';
const RUNNER = '#8a6a63';
/** Rug colours by wing, so that a wing can be told apart from afar. */
const RUGS: readonly (readonly [string, string])[] = [
  [C.rug, C.rug3],
  ['#8a5f86', '#5f3f63'],
  ['#5f8a6f', '#3c6350'],
  ['#a8735a', '#754a3c'],
  ['#5f74a8', '#3f4f7c'],
  ['#8f8455', '#635a36'],
];
const PLANK = 0.4;

export function room(P: Pen, L: Light, plan: Plan, furnished: readonly Seat[]): void {
  if (!P.emit) {
    slab(P, plan);
    planks(P, plan);
    floorCover(P, plan);
    wallShade(P, plan);
  }
  wall(P, plan, -1);
  wall(P, plan, 1);
  if (!P.emit) P.line([iso(0, 0, 0), iso(0, 0, plan.h)], tone(C.wall, 0.6), 1, { a: 0.6 });
  plan.windows.forEach((w, i) => windowPiece(P, L, w, i));
  if (!P.emit) {
    for (const a of plan.boards) whiteboard(P, a);
    wallArt(P);
    patches(P, L, plan);
    if (L.sun > 0.1) longShadows(P, L, plan, furnished);
  }
  for (const w of wires(plan)) P.line(w, '#3b3558', 0.8);
}

function slab(P: Pen, { w, d }: Plan): void {
  P.poly([iso(w, 0, 0), iso(w, d, 0), iso(w, d, -16), iso(w, 0, -16)], tone(C.slab, 0.62));
  P.poly([iso(0, d, 0), iso(w, d, 0), iso(w, d, -16), iso(0, d, -16)], tone(C.slab, 0.86));
  P.line([iso(0, d, -5), iso(w, d, -5), iso(w, 0, -5)], tone(C.slab, 1.25), 0.8, { a: 0.5 });
}

function planks(P: Pen, { w, d }: Plan): void {
  const r = rng(11);
  P.poly([iso(0, 0), iso(w, 0), iso(w, d), iso(0, d)], C.oak);
  for (let y = 0; y < d - 0.001; y += PLANK) {
    let x = -r() * 2;
    const y1 = Math.min(d, y + PLANK);
    while (x < w) {
      const len = 1.4 + r() * 1.6;
      const x0 = Math.max(0, x);
      const x1 = Math.min(w, x + len);
      if (x1 > x0) {
        P.poly([iso(x0, y), iso(x1, y), iso(x1, y1), iso(x0, y1)], tone(mix(C.oak, C.oak2, r()), 0.95 + r() * 0.1), { seam: 0 });
        P.line([iso(x1, y), iso(x1, y1)], tone(C.oak2, 0.7), 0.5, { a: 0.55 });
      }
      x += len;
    }
    if (y > 0) P.line([iso(0, y), iso(w, y)], tone(C.oak2, 0.74), 0.5, { a: 0.5 });
  }
  P.line([iso(0, d), iso(w, d), iso(w, 0)], tone(C.oak, 1.5), 1, { a: 0.7 });
}

function floorCover(P: Pen, plan: Plan): void {
  // Aisles are runners, a little darker than the oak: they make the wings readable.
  for (const a of plan.aisles) {
    const q = (i: number): Pt[] => [
      iso(a.x + i, a.y + i),
      iso(a.x + a.w - i, a.y + i),
      iso(a.x + a.w - i, a.y + a.d - i),
      iso(a.x + i, a.y + a.d - i),
    ];
    P.poly(q(0.08), RUNNER, { a: 0.55, seam: 0 });
    P.trace(q(0.2));
    P.style(C.rug2, 0.35);
    P.c.lineWidth = 0.9;
    P.c.stroke();
  }
  P.poly([iso(0, 0), iso(OFFICE, 0), iso(OFFICE, OFFICE), iso(0, OFFICE)], CARPET);
  for (let k = 0.25; k < OFFICE; k += 0.25) P.line([iso(k, 0), iso(k, OFFICE)], tone(CARPET, 1.12), 0.6, { a: 0.35 });
  for (const g of plan.wings) {
    const [base, edge] = RUGS[g.id % RUGS.length]!;
    if (g.id === 0) rug(P, 4.5, 4.55, 6.45, 6.2, base, edge);
    else if (g.seats) rug(P, g.x - 0.02, g.y - 0.02, Math.min(g.w, plan.w - g.x - 0.3), Math.min(g.d, plan.d - g.y - 0.2), base, edge);
  }
  mat(P, 10.45, 3.35, 0.9);
}

/** Seven strips of shade along each wall. */
function wallShade(P: Pen, { w, d }: Plan): void {
  for (let i = 1; i <= 7; i++) {
    const k = (0.95 * i) / 7;
    P.poly([iso(0, 0), iso(w, 0), iso(w, k), iso(0, k)], '#28184a', { a: 0.034, seam: 0 });
    P.poly([iso(0, 0), iso(0, d), iso(k, d), iso(k, 0)], '#28184a', { a: 0.034, seam: 0 });
  }
}

function wall(P: Pen, { w, d, h }: Plan, s: 1 | -1): void {
  if (P.emit) return;
  const len = s > 0 ? w : d;
  const k = s > 0 ? 0.98 : 0.84;
  const q = (u0: number, u1: number, z0: number, z1: number): Pt[] => [wallP(s, u0, z0), wallP(s, u1, z0), wallP(s, u1, z1), wallP(s, u0, z1)];
  P.poly(q(0, len, 0, h), tone(C.wall, k));
  P.poly(q(0, len, 0, 26), tone(C.wain, k));
  for (let u = 0.5; u < len; u += 0.5) P.line([wallP(s, u, 3), wallP(s, u, 25)], tone(C.wain, k - 0.22), 0.6, { a: 0.6 });
  P.poly(q(0, len, 25, 28), tone(C.trim, k));
  P.poly(q(0, len, 0, 4), tone(C.trim, k - 0.06));
  const t = 0.22;
  const cap = s > 0 ? [iso(-t, -t, h), iso(w, -t, h), iso(w, 0, h), iso(0, 0, h)] : [iso(-t, -t, h), iso(-t, d, h), iso(0, d, h), iso(0, 0, h)];
  P.poly(cap, tone(C.trim, 1));
  const a = s > 0 ? iso(w, 0, 0) : iso(0, d, 0);
  const b = s > 0 ? iso(w, -t, 0) : iso(-t, d, 0);
  P.poly([a, b, [b[0], b[1] - h], [a[0], a[1] - h]], tone(C.slab, s > 0 ? 0.62 : 0.86));
  P.poly([a, b, [b[0], b[1] + 16], [a[0], a[1] + 16]], tone(C.slab, s > 0 ? 0.56 : 0.8));
}
