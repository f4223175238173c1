// A seated body turned to us: chair, legs, the arm behind, torso, neck.
// Not here: head and the arms in front (head.ts, arms.ts).
import type { Look } from '../model/look';
import type { Pose } from '../model/state';
import { C } from '../model/tokens';
import { tone } from '../model/numbers';
import { arm, chairBack, chairSeat, torso } from './body';
import type { Pen } from './pen';

const SHOE = '#f4efe6';

export function bodyToward(P: Pen, k: Look, pose: Pose): void {
  const chair = k.chair ?? C.chair;
  chairBack(P, 4, chair, false);
  chairSeat(P, chair);
  const rest = (x: number, y: number, s: number): void => {
    P.line(
      [
        [x, y + 9],
        [x + 1, y],
      ],
      tone(chair, 0.5),
      2,
    );
    P.curve(
      (c) => {
        c.moveTo(x + 4, y - 1.4);
        c.lineTo(x - 5, y + 2.4);
      },
      tone(chair, s),
      { w: 3.4 },
    );
  };
  rest(-11, -25, 0.7);
  const leg = (x: number, d: number): void => {
    const col = tone(k.pants, x > 0 ? 0.82 : 1);
    const kx = x - 10 + d;
    const ky = -9.4;
    P.line(
      [
        [kx, ky],
        [kx - 0.6, 1.4],
      ],
      tone(col, 0.86),
      5.6,
    );
    P.curve(
      (c) => {
        c.moveTo(x + 1, -15.5);
        c.quadraticCurveTo(x - 6, -14.4, kx, ky);
      },
      col,
      { w: 7.6 },
    );
    P.oval(kx - 2.6, 3, 4.7, 2.7, SHOE, { out: '#8a86a8', ow: 0.6 });
  };
  leg(6, 1.4);
  leg(-2.4, 0);
  const far = tone(k.top, 0.84);
  if (pose === 'ask' || pose === 'coffee')
    arm(
      P,
      [
        [7, -33],
        [12, -24],
        [3.4, -20],
      ],
      far,
      k.skin,
    );
  if (pose === 'think')
    arm(
      P,
      [
        [7, -33],
        [13, -25],
        [-2, -22],
      ],
      far,
      k.skin,
    );
  if (pose === 'done') {
    arm(
      P,
      [
        [7, -35],
        [20, -43],
        [7, -50],
      ],
      far,
      k.skin,
    );
    arm(
      P,
      [
        [-6, -35],
        [-19, -44],
        [-6, -51],
      ],
      k.top,
      k.skin,
    );
  }
  const lean = pose === 'done' ? 0.8 : pose === 'dazed' ? 4 : -0.6;
  torso(P, k, false, lean, pose === 'dazed' ? 2 : 0);
  // Both arms hang down outside the chair: nobody holds anything any more.
  if (pose === 'dazed') {
    arm(
      P,
      [
        [9, -33],
        [16, -24],
        [15.4, -8],
      ],
      far,
      k.skin,
    );
    arm(
      P,
      [
        [-3.6, -34],
        [-14, -26],
        [-16, -8.6],
      ],
      k.top,
      k.skin,
    );
  }
  if (pose !== 'dazed') rest(11.4, -22.6, 0.95);
  P.rrect(-3.6 + lean, -42, 5.2, 5, 2, tone(k.skin, 0.84));
}
