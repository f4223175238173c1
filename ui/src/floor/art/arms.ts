// What passes in front of head and torso, by pose: the raised hand, chin, hands on the head, the mug, typing at the big desk.
// Not here: arms behind the torso (person.ts).
import { ARM_FRAMES } from '../model/draw-desk';
import type { Look } from '../model/look';
import type { Pose } from '../model/state';
import { TAU, tone } from '../model/numbers';
import { STANDS } from './arriving';
import { arm } from './body';
import type { Pen } from './pen';

/** Phase of an animation frame, 0..2 pi. */
export const phase = (pose: Pose, frame: number): number => (frame / Math.max(1, ARM_FRAMES[pose][0])) * TAU;

/** What passes in front of the head and torso. */
export function personArms(P: Pen, k: Look, pose: Pose, frame: number): void {
  const t = phase(pose, frame);
  const s = Math.sin(t);
  if (pose === 'ask') {
    const w = s * 2.6;
    arm(
      P,
      [
        [-7.4, -34],
        [-17, -40],
        [-14 + w, -61],
      ],
      k.top,
      k.skin,
      5.2,
    );
    for (let i = 0; i < 4; i++)
      P.line(
        [
          [-15.4 + i * 1.5 + w, -62.6],
          [-16.6 + i * 2.2 + w, -66.4],
        ],
        k.skin,
        1.8,
      );
  } else if (pose === 'think')
    arm(
      P,
      [
        [-7, -34],
        [-13, -24],
        [-5, -40],
      ],
      k.top,
      k.skin,
    );
  else if (pose === 'stuck') {
    const d = frame ? 0.7 : -0.7;
    arm(
      P,
      [
        [-7, -34],
        [-20, -37],
        [-10.6 + d, -46.5],
      ],
      k.top,
      k.skin,
    );
    arm(
      P,
      [
        [6.4, -34],
        [19, -37],
        [8.6 + d, -47.5],
      ],
      tone(k.top, 0.88),
      k.skin,
    );
  } else if (pose === 'coffee') {
    const up = Math.max(0, s) * 3;
    P.rrect(-15, -37.6 - up, 7, 7.6, 1.8, '#fff5e2', { out: '#a4764f', ow: 0.7 });
    P.rrect(-15, -35.4 - up, 7, 2.2, 0, '#e2725b');
    P.oval(-11.5, -37.2 - up, 2.9, 1, '#6a4330');
    arm(
      P,
      [
        [-7, -34],
        [-12, -25],
        [-8.6, -32.4 - up],
      ],
      k.top,
      k.skin,
    );
  } else if (pose === 'arrive') {
    const { x, y } = STANDS;
    const w = s * 2;
    arm(
      P,
      [
        [x - 6.6, y - 34],
        [x - 16, y - 30],
        [x - 15 + w, y - 44],
      ],
      k.top,
      k.skin,
    );
  } else if (pose === 'read') {
    // A sheet of paper held up in both hands; the page turns a little now and then.
    P.c.save();
    P.c.translate(-6.5, -29);
    P.c.rotate(-0.16 + s * 0.03);
    P.rrect(-8.4, -7.6, 15.6, 17.6, 1, '#fbf5e6', { out: '#8a86a8', ow: 0.7 });
    for (let i = 0; i < 5; i++) P.rrect(-6, -4.8 + i * 2.7, [11, 8, 10.4, 6, 9][i]!, 1.2, 0.4, ['#9aa2c4', '#4fae7c', '#9aa2c4', '#e0705f', '#9aa2c4'][i]!);
    P.c.restore();
    arm(
      P,
      [
        [6.6, -34],
        [12, -22],
        [1.4, -24.6],
      ],
      tone(k.top, 0.86),
      k.skin,
    );
    arm(
      P,
      [
        [-7, -34],
        [-16, -28],
        [-14.6, -24],
      ],
      k.top,
      k.skin,
    );
  } else if (pose === 'fold') {
    arm(
      P,
      [
        [6.6, -34],
        [13, -25],
        [-5.4, -26.4],
      ],
      tone(k.top, 0.86),
      k.skin,
    );
    arm(
      P,
      [
        [-7, -34],
        [-13.6, -23],
        [5, -28.6],
      ],
      k.top,
      k.skin,
    );
  } else if (pose === 'shrug') {
    const up = frame ? 1.6 : 0;
    arm(
      P,
      [
        [6.6, -34],
        [14, -25],
        [20.5, -36 - up],
      ],
      tone(k.top, 0.88),
      k.skin,
    );
    arm(
      P,
      [
        [-7, -34],
        [-14, -25],
        [-21, -36 - up],
      ],
      k.top,
      k.skin,
    );
  } else if (pose === 'lead') {
    arm(
      P,
      [
        [7, -33],
        [10, -24],
        [-2, -22.5 + s * 0.9],
      ],
      tone(k.top, 0.86),
      k.skin,
    );
    arm(
      P,
      [
        [-7, -34],
        [-14, -26],
        [-12, -23 - s * 0.9],
      ],
      k.top,
      k.skin,
    );
  }
}
