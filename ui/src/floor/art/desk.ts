// One desk unit in parts, each around the unit's anchor: desk and monitor body, lamp, keyboard, tray, mug, props, dashed volume.
// Not here: the screen's content (screens.ts in art), the person, and which parts a state shows (model/draw-desk.ts).
import { SEAT, DESK_Z } from '../model/draw-desk';
import { Frame } from '../model/iso';
import type { Light } from '../model/light';
import { C } from '../model/tokens';
import { rng, TAU, tone, type Pt } from '../model/numbers';
import { contact, softShadow } from './furniture';
import type { Pen } from './pen';

export function deskBody(P: Pen, flip: boolean): void {
  const f = new Frame(0, 0, flip);
  contact(P, f, 0, 0, 2, 0.95, 0.36);
  softShadow(P, f.p(SEAT[0], SEAT[1]), 17, 0.36);
  P.box(f, 1.48, 0.12, 0, 0.46, 0.76, 24, '#cfd3e6');
  for (let i = 0; i < 3; i++) {
    const z = 2 + i * 7.4;
    P.poly([f.p(1.51, 0.88, z), f.p(1.91, 0.88, z), f.p(1.91, 0.88, z + 6.4), f.p(1.51, 0.88, z + 6.4)], tone('#dfe2f0', flip ? 0.7 : 0.88));
    P.line([f.p(1.65, 0.88, z + 4), f.p(1.77, 0.88, z + 4)], '#6a74a0', 1);
  }
  P.box(f, 0.04, 0.06, 0, 0.07, 0.8, 24, C.deskLeg, { rim: 0 });
  P.box(f, -0.02, 0, 24, 2.04, 0.95, 3, C.desk, { rim: 0.7 });
  for (const y of [0.3, 0.62]) P.line([f.p(0.02, y, 27), f.p(1.98, y, 27)], tone(C.desk, 0.88), 0.5, { a: 0.6 });
  const z = DESK_Z;
  P.poly([f.p(0.42, 0.5, z + 0.3), f.p(1.3, 0.5, z + 0.3), f.p(1.3, 0.9, z + 0.3), f.p(0.42, 0.9, z + 0.3)], '#56608f');
  monitorBody(P, f, 0.52, 0.26, z, 1.32, 38);
}
function monitorBody(P: Pen, f: Frame, lx: number, ly: number, z: number, wt: number, h: number): void {
  P.box(f, lx + wt / 2 - 0.17, ly - 0.1, z, 0.34, 0.24, 1.2, '#c9cfe0', { rim: 0.5 });
  P.box(f, lx + wt / 2 - 0.05, ly - 0.03, z + 1, 0.1, 0.06, 7, '#aab2cc', { rim: 0 });
  P.box(f, lx, ly - 0.04, z + 6, wt, 0.1, h, '#2f3558', { rim: 0.55, top: '#5a628c' });
}
export function keyboardKit(P: Pen, flip: boolean): void {
  const f = new Frame(0, 0, flip),
    z = DESK_Z;
  P.box(f, 0.52, 0.58, z, 0.62, 0.22, 1.6, '#eef0f8', { rim: 0.5 });
  for (let i = 0; i < 3; i++)
    P.line([f.p(0.56, 0.62 + i * 0.065, z + 1.8), f.p(1.1, 0.62 + i * 0.065, z + 1.8)], '#9aa3c6', 0.7, { dash: [1.5, 0.9] });
  const m = f.p(1.22, 0.72, z);
  P.oval(m[0], m[1] - 0.8, 2.6, 1.7, '#f3f4fa');
}
export function mug(P: Pen, col: string): void {
  P.rrect(-3, -6.4, 6, 6.6, 1.6, col);
  P.oval(0, -6.2, 2.9, 1.1, '#5b3a2c');
}
export function prop(P: Pen, flip: boolean, kind: string): void {
  const f = new Frame(0, 0, flip),
    z = DESK_Z;
  if (kind === 'plant') {
    const q = f.p(1.84, 0.2, z);
    P.at(q, (P) => {
      P.c.scale(0.42, 0.42);
      P.rrect(-8, -13, 16, 13, 3, '#f0e6d2');
      for (let i = 0; i < 7; i++)
        P.curve(
          (c) => {
            const a = -1.3 + i * 0.43;
            c.moveTo(0, -12);
            c.quadraticCurveTo(Math.sin(a) * 8, -26, Math.sin(a) * 20, -26 - Math.cos(a) * 12);
          },
          i % 2 ? C.leaf2 : C.leaf,
          { w: 4.4 },
        );
    });
  }
  if (kind === 'books') for (let k = 0; k < 3; k++) P.box(f, 1.6, 0.1, z + k * 3, 0.34, 0.26, 3, ['#c4533f', '#e9b44c', '#3f6b8f'][k]!, { rim: 0.2 });
  if (kind === 'duck') {
    const q = f.p(1.36, 0.42, z);
    P.oval(q[0], q[1] - 2, 3.6, 2.6, '#ffd24d');
    P.oval(q[0] - 2, q[1] - 5, 2.2, 2.1, '#ffd24d');
    P.oval(q[0] - 4.2, q[1] - 4.6, 1.2, 0.7, '#ff8a3d');
  }
}
/** Baked at full power; the draw list dims it by state and hour. */
export function deskLamp(P: Pen, flip: boolean, red: boolean, L: Light): void {
  const col = red ? '#ff5a4e' : '#ffcf7d';
  P.at(
    [0, 0],
    (P) => {
      P.oval(0, 0, 5, 2.6, '#3d4470');
      P.oval(0, -1, 4.2, 2.1, '#5a6398');
      P.line(
        [
          [0, -1],
          [-4, -15],
          [5, -26],
        ],
        '#5a6398',
        1.7,
      );
      P.oval(-4, -15, 1.5, 1.5, '#aab4de');
      P.curve(
        (c) => {
          c.moveTo(3, -29);
          c.lineTo(8, -28);
          c.lineTo(15, -19.4);
          c.quadraticCurveTo(9, -16.6, 4, -19.6);
          c.closePath();
        },
        red ? '#d8524a' : '#e2725b',
      );
      P.curve((c) => c.ellipse(9.6, -19.2, 5.6, 2, 0.06, 0, TAU), col, { e: 1 });
      P.glow(9.6, -17, 22, col, 0.75);
      if (P.emit) {
        const c = P.c;
        c.save();
        c.globalCompositeOperation = 'lighter';
        c.globalAlpha = 0.22 * Math.max(0.2, L.night);
        const g = c.createLinearGradient(0, -19, 0, 8);
        g.addColorStop(0, col);
        g.addColorStop(1, 'rgba(255,190,110,0)');
        c.fillStyle = g;
        c.beginPath();
        c.moveTo(5, -19);
        c.lineTo(14, -18.6);
        c.lineTo(27, 6);
        c.lineTo(-8, 6);
        c.closePath();
        c.fill();
        c.restore();
      }
    },
    flip ? -1 : 1,
  );
}
export function mailTray(P: Pen, f: Frame, x: number, y: number, z: number, n: number): void {
  for (let i = 0; i < 2; i++) {
    P.box(f, x, y, z + i * 5, 0.42, 0.36, 1, '#6a76ae', { rim: 0.5 });
    if (i < n || n > 2)
      for (let k = 0; k < Math.min(n, 2); k++)
        P.box(f, x + 0.03 + k * 0.01, y + 0.03, z + 1 + i * 5 + k * 0.9, 0.36, 0.28, 0.8, '#fffaf0', { rim: 0.3, tl: 0.9, tr: 0.82 });
    for (const [a, b] of [
      [0, 0.36],
      [0.42, 0.36],
      [0.42, 0],
    ] as const)
      P.line([f.p(x + a, y + b, z + i * 5), f.p(x + a, y + b, z + i * 5 + 5)], '#4c568c', 1);
  }
}
export function paperStack(P: Pen, f: Frame, x: number, y: number, z: number, n: number): void {
  const r = rng(3);
  for (let i = 0; i < n; i++) {
    const j = (r() - 0.5) * 0.05;
    P.box(f, x + j, y - j, z + i * 1.25, 0.36, 0.3, 1.15, i % 4 === 3 ? '#cfe6c8' : '#fffaf0', { rim: 0.2, tl: 0.88, tr: 0.76 });
  }
}
export function emptyDesk(P: Pen, f: Frame, L: Light): void {
  const q = (z: number, g = 0): Pt[] => [f.p(-0.02 - g, -g, z), f.p(2.02 + g, -g, z), f.p(2.02 + g, 0.95 + g, z), f.p(-0.02 - g, 0.95 + g, z)],
    col = L.night > 0.5 ? '#c9d4ff' : '#ffffff';
  const dash = [4, 3.4],
    e = 0.9;
  P.poly(q(0), '#8fa4ff', { a: 0.1, seam: 0 });
  P.poly(q(27), '#aebcff', { a: P.emit ? 0.05 : 0.16, seam: 0 });
  const loop = (pts: Pt[]): void => P.line([...pts, pts[0]!], col, 1.2, { e, dash });
  loop(q(27));
  const b = q(0);
  P.line([b[3]!, b[2]!, b[1]!], col, 1.2, { e, dash, a: 0.8 });
  [1, 2, 3].forEach((i) => P.line([q(0)[i]!, q(27)[i]!], col, 1.2, { e, dash, a: 0.8 }));
  const s = f.flip ? -1 : 1,
    o = f.flip ? f.p(1.74, 0.3, 33) : f.p(0.5, 0.3, 33);
  P.plane(o, s, (P) => {
    P.c.beginPath();
    P.c.roundRect(0, -34, 39, 34, 2);
    P.style(col, 0.8, e);
    P.c.lineWidth = 1.2;
    P.c.setLineDash(dash);
    P.c.stroke();
    P.c.setLineDash([]);
    P.line(
      [
        [19.5, -23],
        [19.5, -11],
      ],
      col,
      2,
      { e },
    );
    P.line(
      [
        [13.5, -17],
        [25.5, -17],
      ],
      col,
      2,
      { e },
    );
  });
  const sp = f.p(...SEAT);
  P.at(
    sp,
    (P) => {
      P.curve((c) => c.ellipse(0, 0, 15, 7.5, 0, 0, TAU), col, { w: 1.2, e: 0.7 });
    },
    s,
  );
}
