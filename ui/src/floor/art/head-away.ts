// A head from behind: what a working person shows us. Hair by style, an ear, a cheek, no face.
// Not here: headphones, which both views share (head.ts).
import type { Look } from '../model/look';
import { tone } from '../model/numbers';
import type { Pen } from './pen';

/** Away: hair covers the skull, cheek and ear peek at the right. */
export function fromBehind(P: Pen, k: Look): void {
  const H = k.hair,
    dk = tone(H, 0.8),
    S = k.skin,
    out = tone(S, 0.62);

  if (k.style === 'tail')
    P.curve((c) => {
      c.moveTo(-4, -5);
      c.bezierCurveTo(-16, -8, -14, 9, -9, 14);
      c.bezierCurveTo(-9, 8, -7, 3, -3, 1);
    }, dk);
  P.oval(0, 0, 9.6, 9.9, S, { out, ow: 0.7 });
  P.oval(8.6, 2.2, 2, 2.6, S); // nose/cheek peeks to the right
  if (k.style === 'beard') {
    P.curve((c) => {
      c.moveTo(9, 1);
      c.bezierCurveTo(10, 9, 4, 11, 1, 9.6);
      c.lineTo(4, 3);
      c.closePath();
    }, H);
    P.curve((c) => {
      c.moveTo(-9.6, 2);
      c.bezierCurveTo(-9, 7, -5, 9.4, 0, 9.2);
      c.bezierCurveTo(3, 7, 3, 3, 0, 1);
      c.bezierCurveTo(-4, 3, -7, 2, -9.6, 2);
    }, H);
    P.oval(4.6, 2, 1.9, 2.5, tone(S, 0.9));
    return;
  }
  if (k.style === 'afro') P.oval(-1, -2, 12.8, 12.2, H);
  else if (k.style === 'long')
    P.curve((c) => {
      c.moveTo(-10.4, 0);
      c.bezierCurveTo(-11, -13, 8, -14, 8.4, -3);
      c.bezierCurveTo(6, 2, 7, 8, 7, 16);
      c.bezierCurveTo(0, 19, -8, 18, -11, 14);
      c.closePath();
    }, H);
  else if (k.style === 'bob')
    P.curve((c) => {
      c.moveTo(-11, 1);
      c.bezierCurveTo(-12, -13, 9, -14, 8.6, -2);
      c.bezierCurveTo(6, 1, 7, 5, 6.6, 8.6);
      c.bezierCurveTo(0, 11, -8, 11, -10.6, 8);
      c.closePath();
    }, H);
  else {
    P.curve((c) => {
      c.moveTo(-9.9, 3);
      c.bezierCurveTo(-12, -12, 8, -14.5, 8.8, -2.6);
      c.bezierCurveTo(6, -2, 5.4, 0.5, 5.8, 2);
      c.bezierCurveTo(5, 6, 1, 8.6, -3, 8.2);
      c.bezierCurveTo(-7, 8, -9, 6, -9.9, 3);
    }, H);
    P.oval(5.4, 2.4, 1.9, 2.5, tone(S, 0.92));
  }
  if (k.style === 'bun') {
    P.oval(-2, -11.5, 5.4, 5, H);
    P.curve((c) => c.ellipse(-2, -8.2, 4, 1.6, 0, 0, Math.PI), k.acc, { w: 1.3 });
  }
  P.curve(
    (c) => {
      c.moveTo(-6.5, -5.5);
      c.quadraticCurveTo(-2, -10, 4, -7.6);
    },
    tone(H, 1.35),
    { w: 1.3, a: 0.55 },
  );
  if (k.style === 'beanie') {
    P.curve((c) => {
      c.moveTo(-10.4, -1);
      c.bezierCurveTo(-11, -14, 8, -15, 9.2, -4);
      c.closePath();
    }, k.acc);
    P.line(
      [
        [-10.2, -0.6],
        [9, -3.6],
      ],
      tone(k.acc, 0.8),
      3.4,
    );
    P.oval(-2, -12.6, 2.6, 2.4, tone(k.acc, 1.3));
  }
}
