// What lies behind the building: sky gradient, stars, soft clouds, glow round the floor; and the shadow under the slab.
// Not here: the sky behind windows (windows.ts).
import type { Light } from '../model/light';
import { clamp, rgb, rng, TAU, type RGB } from '../model/numbers';
import type { Ctx } from './pen';

export function backdrop(c: Ctx, L: Light, w: number, h: number, glow: { x: number; y: number; r: number }): void {
  const night = L.night > 0.5;
  const g = c.createLinearGradient(0, 0, 0, h);
  g.addColorStop(0, L.bg0);
  g.addColorStop(0.6, L.bg1);
  g.addColorStop(1, L.bg2);
  c.fillStyle = g;
  c.fillRect(0, 0, w, h);
  const r = rng(77);
  if (L.stars > 0.05)
    for (let i = 0; i < 150; i++) {
      const x = r() * w;
      const y = r() * h * 0.75;
      const s = 0.4 + r() * 0.9;
      c.globalAlpha = clamp((0.15 + r() * 0.6) * L.stars * (1 - y / h) * (0.8 + 0.2 * Math.sin(5.2 + i)));
      c.fillStyle = '#dfe6ff';
      c.beginPath();
      c.arc(x, y, s, 0, TAU);
      c.fill();
    }
  c.globalAlpha = 1;
  const gc: RGB = night ? [98, 110, 220] : [255, 246, 225];
  blob(c, glow.x, glow.y, 0.62, glow.r, 30, [
    [0, rgb(gc, night ? 0.42 : 0.8)],
    [0.6, rgb(gc, night ? 0.14 : 0.3)],
    [1, rgb(gc, 0)],
  ]);
  const cc: RGB = night ? [120, 135, 230] : [255, 255, 255];
  for (let i = 0; i < 7; i++) {
    const x = ((r() * 1.3 * w + 4.35 * (2 + i)) % (w * 1.3)) - w * 0.15;
    const y = h * (0.08 + r() * 0.8);
    blob(c, x, y, 0.22, 60 + r() * 130, 0, [
      [0, rgb(cc, night ? 0.1 : 0.55)],
      [1, rgb(cc, 0)],
    ]);
  }
}

export const SLAB_SHADOW_R = 350;
/** Shadow under the slab, centred on (0, 0), for a home-sized room; larger floors stretch it. */
export function slabShadow(c: Ctx, L: Light): void {
  const night = L.night > 0.5;
  const k: RGB = night ? [3, 5, 24] : [108, 92, 130];
  const a = night ? 1 : 0.5;
  blob(c, 0, 0, 0.5, SLAB_SHADOW_R, 60, [
    [0, rgb(k, 0.75 * a)],
    [0.45, rgb(k, 0.5 * a)],
    [0.75, rgb(k, 0.16 * a)],
    [1, rgb(k, 0)],
  ]);
}

function blob(c: Ctx, x: number, y: number, sy: number, r: number, r0: number, stops: readonly (readonly [number, string])[]): void {
  c.save();
  c.translate(x, y);
  c.scale(1, sy);
  const q = c.createRadialGradient(0, 0, r0, 0, 0, r);
  for (const [o, col] of stops) q.addColorStop(o, col);
  c.fillStyle = q;
  c.beginPath();
  c.arc(0, 0, r, 0, TAU);
  c.fill();
  c.restore();
}
