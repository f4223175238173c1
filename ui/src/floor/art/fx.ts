// Small movers as single sprites: bulb, beacon dome and beam, red siren, smoke puff, steam wisp, letter z, dot, drop ring.
// Not here: how they move (model/draw-desk.ts, overlay.ts).
import { Frame } from '../model/iso';
import type { Light } from '../model/light';
import { FONT } from '../model/tokens';
import { mix, type Pt } from '../model/numbers';
import type { Ctx, Pen } from './pen';

export function bulb(P: Pen, L: Light): void {
  P.oval(0, 0, 1.7, 2.1, mix('#ffe3a3', '#e8d9b8', 1 - L.lamp), { e: 1 });
  P.glow(0, -0.2, 11, '#ffb860', 0.5);
}
export function pole(P: Pen): void {
  P.line(
    [
      [0, 0],
      [0, -33],
    ],
    '#4c568c',
    2.2,
  );
  P.oval(0, 0, 4, 2, '#39406a');
}
export function beaconDome(P: Pen): void {
  P.c.scale(1.25, 1.25);
  P.rrect(-3.4, -3, 6.8, 3.4, 1, '#3d3050');
  P.curve(
    (c) => {
      c.moveTo(-3.2, -3);
      c.lineTo(-3.2, -7);
      c.quadraticCurveTo(0, -12, 3.2, -7);
      c.lineTo(3.2, -3);
      c.closePath();
    },
    '#ffb02e',
    { e: 1 },
  );
  P.oval(-0.8, -7, 1, 1.8, '#fff3c9', { e: 1 });
  P.glow(0, -7, 30, '#ff8a1e', 0.7);
}
const BEAM = { r: 87.5, half: 0.34 } as const;
export function beam(P: Pen): void {
  if (!P.emit) return;
  const c = P.c;
  const g = c.createRadialGradient(0, 0, 2, 0, 0, BEAM.r);
  g.addColorStop(0, 'rgba(255,140,20,.6)');
  g.addColorStop(1, 'rgba(255,130,20,0)');
  c.fillStyle = g;
  c.beginPath();
  c.moveTo(0, 0);
  c.arc(0, 0, BEAM.r, -BEAM.half, BEAM.half);
  c.closePath();
  c.fill();
}
export function siren(P: Pen): void {
  P.rrect(-2.6, -2.6, 5.2, 3, 1, '#3d3050');
  P.oval(0, -4.4, 3.4, 3, '#ff4d42', { e: 1 });
  P.glow(0, -4, 26, '#ff4036', 0.8);
}
export function puff(P: Pen): void {
  if (!P.emit) P.oval(0, 0, 10, 9, '#5c5670');
}
/** Four shapes of one wisp; position and fade come from the draw list. */
export function steamWisp(P: Pen, i: number): void {
  const dx = Math.sin((i / 4) * 5) * 2.4;
  P.curve(
    (c) => {
      c.moveTo(0, 0);
      c.quadraticCurveTo(dx, -3, 0, -6);
    },
    '#ffffff',
    { w: 0.9, a: 0.5, e: 0.9 },
  );
}
export function dot(c: Ctx, night: boolean): void {
  c.fillStyle = night ? '#fff3d2' : '#7a6aa8';
  c.beginPath();
  c.arc(0, 0, 1.15, 0, 7);
  c.fill();
}
export function letterZ(c: Ctx, night: boolean): void {
  c.fillStyle = night ? '#c4d0ff' : '#4a568f';
  c.font = `700 16px ${FONT}`;
  c.fillText('z', 0, 0);
}
/** Lit dashed ring round the seat a card may be dropped on; `phase` shifts the dashes. */
export function dropRing(P: Pen, flip: boolean, phase: number, L: Light): void {
  const f = new Frame(0, 0, flip);
  const col = L.night > 0.5 ? '#8dffe0' : '#0fae86';
  const q: Pt[] = [f.p(-0.3, -0.3), f.p(2.3, -0.3), f.p(2.3, 2.2), f.p(-0.3, 2.2)];
  const mid = (i: number): Pt => {
    const a = q[i % 4]!;
    const b = q[(i + 1) % 4]!;
    return [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2];
  };
  const tr = (c: Ctx): void => {
    c.moveTo(...mid(0));
    for (let i = 0; i < 4; i++) {
      c.arcTo(...q[(i + 1) % 4]!, ...mid(i + 1), 12);
      c.lineTo(...mid(i + 1));
    }
  };
  P.curve(tr, col, { a: 0.2, e: 1 });
  P.c.setLineDash([9, 6]);
  P.c.lineDashOffset = -phase * 2.5;
  P.curve(tr, col, { w: 2.2, e: 1 });
  P.c.setLineDash([]);
  P.c.lineDashOffset = 0;
}
