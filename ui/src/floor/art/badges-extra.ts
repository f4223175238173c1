// Silhouettes and glyphs of the states the look prototype did not have: starting, reviewing, paused, login needed, crashed, off.
// Not here: the other states (badges.ts).
import type { Badge } from '../model/state';
import { TAU, type Pt } from '../model/numbers';
import type { Ctx } from './pen';

export function extraPath(c: Ctx, st: Badge, r: number): void {
  const poly = (n: number, rot: number, k: number): void => {
    for (let i = 0; i < n; i++) c.lineTo(Math.cos(rot + (i / n) * TAU) * r * k, Math.sin(rot + (i / n) * TAU) * r * k);
    c.closePath();
  };
  if (st === 'crashed') poly(3, -Math.PI / 2, 1.35);
  else if (st === 'login needed') poly(4, 0, 1.25);
  else if (st === 'paused') c.roundRect(-r, -r, 2 * r, 2 * r, r * 0.25);
  else if (st === 'reviewing') poly(5, -Math.PI / 2, 1.15);
  else if (st === 'starting') c.roundRect(-r * 1.15, -r * 0.8, r * 2.3, r * 1.6, r * 0.8);
  else c.arc(0, 0, r, 0, TAU);
}

export function extraIcon(c: Ctx, st: Badge, line: (...p: Pt[]) => void): void {
  if (st === 'paused') {
    c.lineWidth = 2.6;
    line([-2.6, -4.4], [-2.6, 4.4]);
    line([2.6, -4.4], [2.6, 4.4]);
  } else if (st === 'crashed') {
    c.lineWidth = 2.2;
    line([0, -4], [0, 2]);
    line([0, 5.2], [0, 5.4]);
  } else if (st === 'login needed') {
    c.beginPath();
    c.arc(-3, 0, 2.6, 0, TAU);
    c.stroke();
    line([-0.4, 0], [6, 0], [6, 2.8]);
    line([3, 0], [3, 2.4]);
  } else if (st === 'reviewing') {
    c.beginPath();
    c.arc(-1, -0.8, 3.8, 0, TAU);
    c.stroke();
    line([2, 2.2], [5.4, 5.6]);
  } else if (st === 'starting') {
    c.beginPath();
    c.arc(0, 0, 4.6, -2.2, 2.4);
    c.stroke();
    line([-5.2, -6.4], [-2.6, -3.6], [-6.2, -2.4]);
  } else if (st === 'off') {
    c.beginPath();
    c.arc(0, 0.6, 4.8, -0.9, Math.PI + 0.9);
    c.stroke();
    line([0, -5.4], [0, -0.4]);
  }
}
