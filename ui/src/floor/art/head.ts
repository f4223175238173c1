// Heads: hair styles seen from the front, face, expression, glasses, headphones.
// Also used for portrait circles; there is no second drawing of a person.
// Not here: the view from behind (head-away.ts), body and arms (person.ts).
import type { Look } from '../model/look';
import { TAU, tone } from '../model/numbers';
import { fromBehind } from './head-away';
import type { Pen } from './pen';

export type Expr = 'smile' | 'open' | 'worry' | 'up' | 'down' | 'flat' | 'dazed' | 'sleep';
export interface HeadOpt {
  expr?: Expr;
  eye?: number;
  blink?: boolean;
}

export function head(P: Pen, k: Look, away: boolean, o: HeadOpt = {}): void {
  if (away) fromBehind(P, k);
  else fromFront(P, k, o);
  if (k.phones) {
    P.curve(
      (c) => {
        if (away) c.ellipse(-1.4, -1, 10.4, 10.6, -0.12, Math.PI * 1.02, Math.PI * 1.92);
        else c.ellipse(0.4, -1, 10.6, 11, 0.06, Math.PI * 1.06, Math.PI * 1.97);
      },
      '#f0e9f7',
      { w: 1.9 },
    );
    if (away) {
      P.rrect(-13, -2, 4.2, 7, 2, k.acc);
      P.rrect(6, -1.4, 4, 6.6, 2, tone(k.acc, 0.85));
    } else {
      P.rrect(8.4, -2.4, 4.4, 7.4, 2.1, k.acc);
    }
  }
}

/** Hair behind the skull, for the long styles. */
function behind(P: Pen, k: Look): void {
  const H = k.hair,
    dk = tone(H, 0.8);
  if (k.style === 'afro') {
    P.oval(0.6, -1.5, 13.4, 12.8, H);
  }
  if (k.style === 'long')
    P.curve((c) => {
      c.moveTo(-10, -2);
      c.bezierCurveTo(-12, 10, -11, 15, -7, 16);
      c.lineTo(9, 16);
      c.bezierCurveTo(13, 12, 12, 4, 10.4, -3);
      c.closePath();
    }, H);
  if (k.style === 'bob')
    P.curve((c) => {
      c.moveTo(-10.4, -2);
      c.bezierCurveTo(-12, 6, -11, 9, -8, 9);
      c.lineTo(9, 9);
      c.bezierCurveTo(12.4, 8, 12, 2, 10.4, -3);
      c.closePath();
    }, H);
  if (k.style === 'tail')
    P.curve((c) => {
      c.moveTo(6, -6);
      c.bezierCurveTo(19, -9, 17, 7, 12, 13);
      c.bezierCurveTo(12, 6, 10, 2, 6, 0);
    }, dk);
}
/** Toward: the face looks to the lower left. */
function fromFront(P: Pen, k: Look, o: HeadOpt): void {
  const H = k.hair,
    S = k.skin,
    out = tone(S, 0.62);

  behind(P, k);
  P.oval(0, 0, 9.6, 9.9, S, { out, ow: 0.7 });
  P.oval(9.3, 1.2, 1.7, 2.4, tone(S, 0.9));
  if (k.style === 'beard')
    P.curve((c) => {
      c.moveTo(-9.4, 1.6);
      c.bezierCurveTo(-9.6, 13, 9, 13.4, 9.2, 0.6);
      c.bezierCurveTo(6, 4.4, 2, 2.6, -2, 2.8);
      c.bezierCurveTo(-5, 2.6, -7.6, 4, -9.4, 1.6);
    }, H);
  // face looks to the lower left
  const ey = 1 + (o.eye || 0),
    ink = '#2b2145';
  if (o.expr === 'dazed')
    for (const x of [-5.4, 1])
      for (const s of [1, -1])
        P.line(
          [
            [x - 1.7, ey - 1.7 * s],
            [x + 1.7, ey + 1.7 * s],
          ],
          ink,
          1.1,
        );
  else if (o.expr === 'sleep' || o.expr === 'down') {
    P.curve(
      (c) => {
        c.arc(-5.4, ey, 1.5, 0, Math.PI);
      },
      ink,
      { w: 1 },
    );
    P.curve(
      (c) => {
        c.arc(1, ey + 0.2, 1.5, 0, Math.PI);
      },
      ink,
      { w: 1 },
    );
  } else {
    const bl = o.blink ? 0.25 : 1;
    P.oval(-5.4, ey, 1.25, 1.55 * bl, ink);
    P.oval(1, ey + 0.2, 1.25, 1.55 * bl, ink);
    P.oval(-5.8, ey - 0.5, 0.4, 0.45, '#fff', { a: bl });
    P.oval(0.6, ey - 0.3, 0.4, 0.45, '#fff', { a: bl });
  }
  const br: [number, number, number, number][] | null =
    o.expr === 'worry'
      ? [
          [-7.4, ey - 2.6, -4.4, ey - 4],
          [0, ey - 4, 2.8, ey - 2.4],
        ]
      : o.expr === 'up'
        ? [
            [-7, ey - 4.2, -4.4, ey - 4],
            [0, ey - 4, 2.6, ey - 4],
          ]
        : null;
  if (br)
    br.forEach((b) =>
      P.line(
        [
          [b[0], b[1]],
          [b[2], b[3]],
        ],
        tone(H, 0.8),
        1.1,
      ),
    );
  P.oval(-7, ey + 3.2, 1.9, 1.2, '#f0806f', { a: 0.4 });
  P.oval(3.6, ey + 3.4, 1.9, 1.2, '#f0806f', { a: 0.4 });
  const m = o.expr;
  if (m === 'worry')
    P.curve(
      (c) => {
        c.moveTo(-3.8, 6.4);
        c.quadraticCurveTo(-2.2, 4.8, -0.4, 6.4);
      },
      ink,
      { w: 1 },
    );
  else if (m === 'open' || m === 'dazed') P.oval(-2.2, 5.4, 1.5, m === 'open' ? 1.7 : 1.2, '#8a3038');
  else if (m === 'up' || m === 'flat')
    P.line(
      [
        [-3.4, 5.4],
        [-1, 5.1],
      ],
      ink,
      1,
    );
  else
    P.curve(
      (c) => {
        c.moveTo(-4.4, 4.6);
        c.quadraticCurveTo(-2.4, 7, 0, 4.8);
      },
      ink,
      { w: 1 },
    );
  if (k.glasses) {
    for (const x of [-5.4, 1]) P.curve((c) => c.ellipse(x, ey, 2.9, 2.7, 0, 0, TAU), '#3a2f4f', { w: 0.9 });
    P.line(
      [
        [-2.5, ey],
        [-1.9, ey],
      ],
      '#3a2f4f',
      0.9,
    );
    P.line(
      [
        [3.9, ey],
        [8.6, ey - 0.6],
      ],
      '#3a2f4f',
      0.8,
    );
  }
  if (k.style === 'beanie') {
    P.curve((c) => {
      c.moveTo(-9.9, -3);
      c.bezierCurveTo(-9, -15.5, 10, -15.5, 10.2, -2.4);
      c.closePath();
    }, k.acc);
    P.line(
      [
        [-9.4, -3.2],
        [9.8, -2.6],
      ],
      tone(k.acc, 0.8),
      3.6,
    );
    P.oval(1, -13.4, 2.7, 2.5, tone(k.acc, 1.3));
  } else if (k.style === 'afro')
    P.curve((c) => {
      c.moveTo(-10, -1.6);
      c.bezierCurveTo(-8, -9, 6, -8, 9.4, -1);
      c.bezierCurveTo(14, -8, 6, -14, 0, -14);
      c.bezierCurveTo(-8, -14, -13, -8, -10, -1.6);
    }, H);
  else if (k.style !== 'beard')
    P.curve((c) => {
      c.moveTo(-9.8, 0.4);
      c.bezierCurveTo(-11.6, -14, 12, -15.4, 10.2, 1.6);
      c.bezierCurveTo(8.6, 0.8, 8, -2, 7.2, -3.6);
      c.bezierCurveTo(3, -2.4, -1, -4, -3, -5.6);
      c.bezierCurveTo(-5, -3, -8.6, -3, -9.8, 0.4);
    }, H);
  if (k.style === 'bun') {
    P.oval(2, -12.4, 5, 4.6, H);
    P.curve((c) => c.ellipse(2, -9.4, 3.8, 1.5, 0, 0, Math.PI), k.acc, { w: 1.3 });
  }
  if (k.style !== 'beard' && k.style !== 'beanie')
    P.curve(
      (c) => {
        c.moveTo(-4.6, -8.6);
        c.quadraticCurveTo(0, -11.4, 5, -8.8);
      },
      tone(H, 1.35),
      { w: 1.3, a: 0.5 },
    );
}
