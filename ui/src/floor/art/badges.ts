// State badges: silhouette + glyph, drawn in screen px and never tinted by the light.
// Not here: the six states the prototype did not draw (badges-extra.ts), where badges go (model/overlay.ts).
import { signalOf, type Badge } from '../model/state';
import { INK } from '../model/tokens';
import { TAU, type Pt } from '../model/numbers';
import { extraIcon, extraPath } from './badges-extra';
import type { Ctx } from './pen';

/** Glyph in a 16-unit box centred on the origin. */
export function icon(c: Ctx, st: Badge, s: number, col: string): void {
  c.save();
  c.scale(s / 16, s / 16);
  c.strokeStyle = c.fillStyle = col;
  c.lineWidth = 1.9;
  c.lineCap = c.lineJoin = 'round';
  const L = (...p: Pt[]): void => {
    c.beginPath();
    p.forEach((q, i) => (i ? c.lineTo(q[0], q[1]) : c.moveTo(q[0], q[1])));
    c.stroke();
  };
  if (st === 'working') {
    L([-5, -4], [-1, 0], [-5, 4]);
    L([1, 4.4], [6, 4.4]);
  } else if (st === 'thinking')
    for (const x of [-5, 0, 5]) {
      c.beginPath();
      c.arc(x, 0, 1.7, 0, TAU);
      c.fill();
    }
  else if (st === 'waiting for you') {
    c.lineWidth = 2.1;
    for (const [x, y] of [
      [-3.9, -3.2],
      [-1.3, -6],
      [1.3, -6.2],
      [3.9, -4.6],
    ] as const)
      L([x, y], [x * 0.92, 2]);
    c.beginPath();
    c.moveTo(-4.8, 0);
    c.lineTo(4.8, 0);
    c.bezierCurveTo(5, 5, 3, 7.2, 0.4, 7.2);
    c.bezierCurveTo(-3, 7.2, -5, 4, -4.8, 0);
    c.fill();
    L([-4.4, 3.4], [-6.8, 0.6]);
  } else if (st === 'stuck') {
    c.lineWidth = 1.8;
    c.beginPath();
    c.moveTo(-7, 3);
    c.bezierCurveTo(-2, 6, 6, 3, 4, -3);
    c.bezierCurveTo(2, -8, -5, -6, -4, -1);
    c.bezierCurveTo(-3, 5, 5, 4, 7, -1);
    c.stroke();
  } else if (st === 'limited') {
    c.lineWidth = 1.9;
    L([-6, -1.4], [-0.8, -1.4], [-6, 5], [-0.8, 5]);
    c.lineWidth = 1.6;
    L([1.6, -6], [5.8, -6], [1.6, -1], [5.8, -1]);
  } else if (st === 'idle') {
    c.beginPath();
    c.roundRect(-6, -2.4, 8.4, 8, 2);
    c.fill();
    c.lineWidth = 1.7;
    c.beginPath();
    c.arc(3, 1.2, 2.7, -1.3, 1.3);
    c.stroke();
    for (const x of [-4, -0.4]) {
      c.beginPath();
      c.moveTo(x, -4.4);
      c.quadraticCurveTo(x + 1.6, -5.8, x, -7.4);
      c.stroke();
    }
  } else if (st === 'finished') {
    c.lineWidth = 2.5;
    L([-5.2, 0.4], [-1.6, 4.2], [5.4, -4.2]);
  } else if (st === 'empty') {
    c.lineWidth = 2.2;
    L([-5, 0], [5, 0]);
    L([0, -5], [0, 5]);
  } else if (st === 'lead') {
    c.beginPath();
    for (let i = 0; i < 10; i++) {
      const a = -Math.PI / 2 + (i * Math.PI) / 5,
        r = i % 2 ? 2.9 : 6.8;
      c.lineTo(Math.cos(a) * r, Math.sin(a) * r);
    }
    c.closePath();
    c.fill();
  } else extraIcon(c, st, L);
  c.restore();
}
/** Silhouettes differ per state, so the shape alone is enough. */
export function badgePath(c: Ctx, st: Badge, r: number): void {
  c.beginPath();
  if (st === 'stuck') {
    for (let i = 0; i < 8; i++) {
      const a = Math.PI / 8 + (i * Math.PI) / 4;
      c.lineTo(Math.cos(a) * r * 1.1, Math.sin(a) * r * 1.1);
    }
    c.closePath();
  } else if (st === 'waiting for you') {
    c.roundRect(-r * 1.05, -r * 1.05, r * 2.1, r * 2.1, r * 0.5);
  } else if (st === 'thinking') {
    c.arc(-r * 0.45, 0.1 * r, r * 0.68, Math.PI * 0.5, Math.PI * 1.35);
    c.arc(0, -r * 0.35, r * 0.72, Math.PI * 1.15, Math.PI * 1.9);
    c.arc(r * 0.5, 0.06 * r, r * 0.7, -Math.PI * 0.45, Math.PI * 0.5);
    c.closePath();
  } else if (st === 'limited') {
    c.arc(0, 0, r * 1.05, -0.6, Math.PI * 1.35);
    c.closePath();
    c.arc(0, 0, r * 1.05, 0, TAU);
  } else if (st === 'finished') {
    for (let i = 0; i <= 48; i++) {
      const a = (i / 48) * TAU,
        q = r * (1.03 + 0.09 * Math.cos(a * 10));
      c.lineTo(Math.cos(a) * q, Math.sin(a) * q);
    }
    c.closePath();
  } else if (st === 'idle') {
    c.roundRect(-r, -r * 0.95, r * 2, r * 1.9, [r * 0.3, r * 0.3, r * 0.95, r * 0.95]);
  } else if (st === 'lead') {
    for (let i = 0; i < 6; i++) {
      const a = -Math.PI / 2 + (i * Math.PI) / 3;
      c.lineTo(Math.cos(a) * r * 1.12, Math.sin(a) * r * 1.12);
    }
    c.closePath();
  } else extraPath(c, st, r);
}
export function badge(c: Ctx, x: number, y: number, st: Badge, r: number): void {
  c.save();
  c.translate(x, y);
  c.shadowColor = 'rgba(6,8,30,.45)';
  c.shadowBlur = 9;
  c.shadowOffsetY = 2;
  badgePath(c, st, r);
  const col = signalOf(st);
  if (st === 'empty') {
    c.fillStyle = 'rgba(20,24,60,.75)';
    c.fill();
    c.shadowColor = 'transparent';
    c.setLineDash([3, 2.6]);
    c.strokeStyle = col;
    c.lineWidth = 1.5;
    c.stroke();
    c.setLineDash([]);
    icon(c, st, r * 1.15, '#e8ecff');
  } else {
    c.fillStyle = col;
    c.fill();
    c.shadowColor = 'transparent';
    c.lineWidth = 1.5;
    c.strokeStyle = 'rgba(255,255,255,.85)';
    c.stroke();
    icon(c, st, r * 1.2, INK);
  }
  c.restore();
}
