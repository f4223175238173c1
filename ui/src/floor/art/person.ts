// Seated people, split so that little has to be baked twice: body (with chair), head, and the arms that pass over the head.
// work and sleep sit with their back to us; every other pose is turned round.
// Not here: where parts are placed and which frame runs (model/draw-desk.ts).
import { headExpr } from '../model/draw-desk';
import type { Look } from '../model/look';
import type { Pose } from '../model/state';
import { C } from '../model/tokens';
import { tone } from '../model/numbers';
import { phase } from './arms';
import { arm, chairBack, chairBase, chairSeat, torso } from './body';
import { arriving } from './arriving';
import { bodyToward } from './body-toward';
import { head, type Expr } from './head';
import type { Pen } from './pen';

const SHOE = '#f4efe6';
export function emptyChair(P: Pen, col: string): void {
  const chair = col || C.chair;
  chairBase(P);
  chairSeat(P, chair);
  chairBack(P, -4.5, chair, true);
}

export function personHead(P: Pen, k: Look, pose: Pose, blink: boolean): void {
  const ex = headExpr(pose);
  const tilt: Partial<Record<Pose, number>> = { think: 0.12, ask: -0.05, done: 0.05, sleep: 0.55, read: -0.1, shrug: 0.1, dazed: 0.34 };
  P.c.save();
  P.c.rotate(tilt[pose] ?? 0);
  head(P, k, ex === 'away', ex === 'away' ? {} : { expr: ex as Expr, blink, eye: pose === 'think' ? -1.6 : pose === 'read' ? 1.4 : 0 });
  P.c.restore();
}

export function personBody(P: Pen, k: Look, pose: Pose, frame: number): void {
  chairBase(P);
  if (pose === 'work' || pose === 'sleep') bodyAway(P, k, pose, frame);
  else if (pose === 'arrive') arriving(P, k);
  else bodyToward(P, k, pose);
}

function bodyAway(P: Pen, k: Look, pose: Pose, frame: number): void {
  const chair = k.chair ?? C.chair;
  chairSeat(P, chair);
  // Thigh and shin, to the upper right under the desk.
  P.curve(
    (c) => {
      c.moveTo(1, -16);
      c.quadraticCurveTo(9, -21, 13, -20);
      c.lineTo(14, -8);
    },
    tone(k.pants, 0.8),
    { w: 6 },
  );
  P.oval(15.6, -5, 4.2, 2.5, SHOE);
  if (pose === 'sleep') {
    slumped(P, k);
    return;
  }
  const h1 = Math.sin(phase(pose, frame)) * 1.2;
  const h2 = Math.cos(phase(pose, frame)) * 1.2;
  arm(
    P,
    [
      [8.6, -34],
      [15, -29],
      [24, -37.5 + h1],
    ],
    tone(k.top, 0.84),
    k.skin,
    4.8,
  );
  torso(P, k, true, 1.6, 0);
  arm(
    P,
    [
      [-6, -34],
      [-3, -24],
      [13, -31.5 + h2],
    ],
    k.top,
    k.skin,
    5,
  );
  chairBack(P, -4.5, chair, true);
  P.rrect(-1, -42, 5.4, 5, 2, tone(k.skin, 0.85));
}

function slumped(P: Pen, k: Look): void {
  const T = k.top;
  P.curve(
    (c) => {
      c.moveTo(-9, -14);
      c.bezierCurveTo(-11, -26, -7, -36, 4, -38);
      c.bezierCurveTo(12, -39, 17, -36, 16, -30);
      c.bezierCurveTo(14, -22, 12, -16, 8, -14);
      c.quadraticCurveTo(0, -10.6, -9, -14);
    },
    T,
    { out: tone(T, 0.62), ow: 0.8 },
  );
  P.curve(
    (c) => {
      c.moveTo(6, -30);
      c.bezierCurveTo(10, -24, 9, -18, 8, -14);
      c.bezierCurveTo(13, -17, 15, -24, 16, -30);
      c.closePath();
    },
    tone(T, 0.8),
  );
  chairBack(P, -5.5, k.chair ?? C.chair, true);
  arm(
    P,
    [
      [10, -34],
      [18, -30],
      [33, -40],
    ],
    tone(T, 0.86),
    k.skin,
  );
  arm(
    P,
    [
      [2, -34],
      [6, -26],
      [24, -35],
    ],
    T,
    k.skin,
  );
}
