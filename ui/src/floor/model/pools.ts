// Which pools of light lie on the floor: desks by state, lamps of the room, wall wash of the string lights, morning sun.
// Not here: the ambient colour (light.ts) and the texture they are summed in (floor/render/lightmap.ts).
import { Frame, iso } from './iso';
import { pool, type Light, type Pool } from './light';
import { STATES } from './state';
import type { World } from './world';

export function pools(world: World, L: Light): Pool[] {
  const n = Math.max(L.lamp, 0.12);
  const out: Pool[] = [];
  const { plan } = world;
  for (const d of world.desks) {
    if (d.bare) continue;
    const f = new Frame(d.seat.x, d.seat.y, d.seat.flip);
    const p = f.p(0.7, 0.8, 18);
    const st = STATES[d.state];
    out.push(pool(p, 118, st.pool, st.poolA * n), pool(f.p(0.9, 1.1, 34), 58, st.pool, st.poolA * 0.5 * n, 0.9));
    if (st.glow) out.push(pool(f.p(1.2, 0.7, 30), 52, '#7fb4ff', 0.3 * n, 0.8));
    if (world.drop === d.id) out.push(pool(p, 130, '#8fffe0', 0.3 * n));
  }
  for (const l of plan.lights) out.push(pool(iso(l.x, l.y, l.z), l.r, l.c, l.a * n, l.sy));
  for (let u = 4; u < plan.w - 0.5; u += 1.3) out.push(pool(iso(u, 0, 104), 60, '#ffb866', 0.42 * n, 0.8));
  for (let u = 4; u < plan.d; u += 1.3) out.push(pool(iso(0, u, 104), 60, '#ffb866', 0.42 * n, 0.8));
  if (L.sun > 0.05)
    for (const w of plan.windows) {
      if (w.s > 0) continue;
      const u = (w.a + w.b) / 2;
      out.push(pool(iso(3.4, u + 0.3, 10), u < 4 ? 170 : 220, '#ffbf73', 0.2 * L.sun));
    }
  return out.filter((p) => p.a >= 0.01);
}
