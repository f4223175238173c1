// Windows: the sky and skyline behind them, their frames, and the light they throw on the floor (patches, shafts).
// Not here: walls (room.ts) and the backdrop around the building (backdrop.ts).
import { Frame, iso } from '../model/iso';
import type { Light } from '../model/light';
import type { Plan, Win } from '../model/plan';
import { C } from '../model/tokens';
import { lerp, mix, rng, tone, type Pt } from '../model/numbers';
import type { Ctx, Pen } from './pen';

export const wallP = (s: number, u: number, z: number): Pt => (s > 0 ? iso(u, 0, z) : iso(0, u, z));

function sky(P: Pen, L: Light, wn: Win, seed: number): void {
  const c = P.c,
    q: Pt[] = [wallP(wn.s, wn.a, wn.z0), wallP(wn.s, wn.b, wn.z0), wallP(wn.s, wn.b, wn.z1), wallP(wn.s, wn.a, wn.z1)];
  if (!P.emit) {
    P.poly(q, '#20264e');
    return;
  }
  c.save();
  P.trace(q);
  c.clip();
  c.globalCompositeOperation = 'source-over';
  c.globalAlpha = 1;
  const ys = q.map((p) => p[1]),
    g = c.createLinearGradient(0, Math.min(...ys), 0, Math.max(...ys) - 10);
  g.addColorStop(0, L.top);
  g.addColorStop(0.55, L.mid);
  g.addColorStop(1, L.low);
  P.poly(q, g, { e: 1, seam: 0 });
  const r = rng(seed);
  for (let i = 0; i < 26; i++) {
    const p = wallP(wn.s, lerp(wn.a, wn.b, r()), lerp(wn.z0 + 22, wn.z1, r()));
    P.oval(p[0], p[1], 0.3 + r() * 0.55, 0.3 + r() * 0.55, '#fff', { e: L.stars * (0.35 + r() * 0.65) || 0.001 });
  }
  // far hills and skyline, in wall coordinates so that the perspective holds
  for (let layer = 0; layer < 2; layer++) {
    let u = wn.a - 0.1;
    const base = wn.z0,
      col = layer ? mix(L.mid, '#0a0e2c', 0.62 * L.night + 0.28) : mix(L.low, '#222a66', 0.55 * L.night + 0.25);
    while (u < wn.b) {
      const w = 0.16 + r() * 0.26,
        h = (layer ? 8 : 16) + r() * (layer ? 20 : 18);
      P.poly([wallP(wn.s, u, base), wallP(wn.s, u + w, base), wallP(wn.s, u + w, base + h), wallP(wn.s, u, base + h)], col, { e: 1, seam: 0 });
      if (layer && L.city > 0.05)
        for (let k = 0; k < 7; k++) {
          const p = wallP(wn.s, u + 0.03 + r() * (w - 0.06), base + 2 + r() * (h - 4));
          c.globalAlpha = L.city * 0.9;
          c.fillStyle = r() > 0.3 ? '#ffd58a' : '#a9d8ff';
          c.fillRect(p[0], p[1], 1, 1.3);
        }
      u += w + r() * 0.05;
    }
  }
  if (wn.moon && L.moon > 0.1) {
    const m = wallP(wn.s, wn.moon, 84);
    P.glow(m[0], m[1], 34, '#9fb6ff', 0.5 * L.moon);
    P.curve(
      (c) => {
        c.arc(m[0], m[1], 8, 0.5, 4.6);
        c.bezierCurveTo(m[0] - 5, m[1] - 3, m[0] - 2, m[1] + 5.4, m[0] + 7, m[1] + 3.8);
      },
      '#f6f2de',
      { e: L.moon },
    );
  }
  if (wn.sunAt && L.sun > 0.1) {
    const m = wallP(wn.s, wn.sunAt, 62);
    P.glow(m[0], m[1], 60, '#ffd98c', L.sun);
    P.oval(m[0], m[1], 8, 8, '#fffbe8', { e: L.sun });
  }
  c.restore();
}
export function windowPiece(P: Pen, L: Light, wn: Win, i: number): void {
  sky(P, L, wn, 31 + i * 7);
  const W = (u: number, z: number): Pt => wallP(wn.s, u, z),
    fr = tone(C.frame, wn.s > 0 ? 0.92 : 0.8);
  const bar = (u0: number, z0: number, u1: number, z1: number): void => P.poly([W(u0, z0), W(u1, z0), W(u1, z1), W(u0, z1)], fr, { seam: 0.4 });
  const n = wn.b - wn.a > 2 ? 3 : 2,
    t = 0.055;
  bar(wn.a - t, wn.z1 - 1.2, wn.b + t, wn.z1 + 3.4);
  bar(wn.a - t, wn.z0 - 2, wn.b + t, wn.z0 + 1);
  bar(wn.a - t, wn.z0, wn.a + t * 0.4, wn.z1);
  bar(wn.b - t * 0.4, wn.z0, wn.b + t, wn.z1);
  for (let k = 1; k < n; k++) {
    const u = lerp(wn.a, wn.b, k / n);
    bar(u - 0.025, wn.z0, u + 0.025, wn.z1);
  }
  const zm = lerp(wn.z0, wn.z1, 0.68);
  bar(wn.a, zm - 0.8, wn.b, zm + 0.8);
  // glass reflection
  const c = P.c;
  c.save();
  P.trace([W(wn.a, wn.z0), W(wn.b, wn.z0), W(wn.b, wn.z1), W(wn.a, wn.z1)]);
  c.clip();
  if (P.emit)
    for (let k = 0; k < 2; k++) {
      const u = wn.a + 0.25 + k * 0.34;
      P.poly([W(u, wn.z0), W(u + 0.16 + k * 0.1, wn.z0), W(u + 0.75 + k * 0.1, wn.z1), W(u + 0.6, wn.z1)], '#ffffff', { a: 0.055, e: 1, seam: 0 });
    }
  c.restore();
  // sill
  const f = new Frame(0, 0, wn.s < 0);
  P.box(f, wn.a - 0.12, -0.02, wn.z0 - 5, wn.b - wn.a + 0.24, 0.16, 3, C.trim, { rim: 0.5 });
}
export function patches(P: Pen, L: Light, plan: Plan): void {
  if (P.emit) return;
  const c = P.c,
    sunny = L.sun > 0.05,
    str = sunny ? L.sun : L.moon;
  if (str < 0.05) return;
  const [kx, ky] = sunny ? ([0.066, 0.014] as const) : ([0.004, 0.034] as const);
  c.save();
  P.trace([iso(0, 0), iso(plan.w, 0), iso(plan.w, plan.d), iso(0, plan.d)]);
  c.clip();
  for (const wn of plan.windows) {
    if (wn.s !== (sunny ? -1 : 1)) continue;
    const n = wn.b - wn.a > 2 ? 3 : 2,
      zm = lerp(wn.z0, wn.z1, 0.68);
    for (let k = 0; k < n; k++)
      for (const [z0, z1] of [
        [wn.z0 + 1, zm - 1.5],
        [zm + 1.5, wn.z1 - 1],
      ] as const) {
        const u0 = lerp(wn.a, wn.b, k / n) + 0.05,
          u1 = lerp(wn.a, wn.b, (k + 1) / n) - 0.05;
        const fp = (u: number, z: number): Pt => (wn.s < 0 ? iso(z * kx, u + z * ky) : iso(u + z * kx, z * ky));
        for (let s = 0; s < 4; s++) {
          const g = 0.05 - s * 0.03,
            q: Pt[] = [fp(u0 - g, z0), fp(u1 + g, z0), fp(u1 + g, z1), fp(u0 - g, z1)];
          c.globalCompositeOperation = sunny ? 'soft-light' : 'lighter';
          c.globalAlpha = sunny ? 0.3 * str : 0.055 * str;
          c.fillStyle = sunny ? '#fff2c4' : '#8fb0ff';
          P.trace(q);
          c.fill();
          if (sunny) {
            c.globalCompositeOperation = 'lighter';
            c.globalAlpha = 0.075 * str;
            c.fillStyle = '#ff9450';
            c.fill();
          }
        }
      }
  }
  c.restore();
}
export function shafts(c: Ctx, L: Light, plan: Plan): void {
  // volumetric light, after lighting
  if (L.sun < 0.08) return;
  const kx = 0.066,
    ky = 0.014;
  c.save();
  for (const wn of plan.windows) {
    if (wn.s > 0) continue;
    const A = iso(0, wn.a, wn.z1),
      fp = (u: number, z: number): Pt => iso(z * kx, u + z * ky),
      q = [iso(0, wn.b, wn.z0), iso(0, wn.b, wn.z1), A, fp(wn.a, wn.z1), fp(wn.b, wn.z1), fp(wn.b, wn.z0)];
    const m = iso(0, (wn.a + wn.b) / 2, 70),
      e = fp((wn.a + wn.b) / 2, 80),
      g = c.createLinearGradient(m[0], m[1], e[0], e[1]);
    g.addColorStop(0, `rgba(255,220,150,${0.34 * L.sun})`);
    g.addColorStop(1, 'rgba(255,214,140,0)');
    c.fillStyle = g;
    c.beginPath();
    q.forEach((p, i) => (i ? c.lineTo(p[0], p[1]) : c.moveTo(p[0], p[1])));
    c.closePath();
    c.fill();
  }
  c.restore();
}
