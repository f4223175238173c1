// Somebody who has just come: on their feet beside the chair, bag on the shoulder. The only figure that stands.
// Not here: the arm that waves in front (arms.ts) and the head (head.ts).
import type { Look } from '../model/look';
import { C } from '../model/tokens';
import { tone } from '../model/numbers';
import { arm, chairBack, chairSeat, torso } from './body';
import type { Pen } from './pen';

/** How far hip and shoulder are moved from where they are when somebody sits. */
export const STANDS = { x: -10, y: -14.5 } as const;
const SHOE = '#f4efe6';

export function arriving(P: Pen, k: Look): void {
  const chair = k.chair ?? C.chair;
  chairSeat(P, chair);
  chairBack(P, 4, chair, false);
  const { x, y } = STANDS;
  P.oval(x, 1.5, 11, 4.4, '#2a2f52', { a: 0.4 });
  for (const [at, shade] of [
    [4, 0.82],
    [-4, 1],
  ] as const) {
    P.line(
      [
        [x + at, y - 14],
        [x + at - 0.6, 0],
      ],
      tone(k.pants, shade),
      6.4,
    );
    P.oval(x + at - 2.6, 1.6, 4.6, 2.6, SHOE, { out: '#8a86a8', ow: 0.6 });
  }
  // The far arm holds the strap of the bag.
  P.rrect(x + 5, y - 33, 10.5, 17, 4, tone(k.acc, 0.8), { out: tone(k.acc, 0.5), ow: 0.8 });
  P.c.save();
  P.c.translate(x, y);
  arm(
    P,
    [
      [6.6, -34],
      [13, -27],
      [5, -22],
    ],
    tone(k.top, 0.84),
    k.skin,
  );
  torso(P, k, false, -0.4, 0);
  P.line(
    [
      [5.4, -37],
      [-5, -21],
    ],
    tone(k.acc, 0.62),
    1.7,
  );
  P.rrect(-3.6, -42, 5.2, 5, 2, tone(k.skin, 0.84));
  P.c.restore();
}
