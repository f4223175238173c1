// Plants (agave, palm, tree) and the cat, drawn at rest around (0, 0); sway and breath are quad skew and scale.
// Not here: desk plants (desk.ts).
import { C } from '../model/tokens';
import { tone, type Pt } from '../model/numbers';
import { softShadow } from './furniture';
import type { Pen } from './pen';

export function plant(P: Pen, kind: number): void {
  const p: Pt = [0, 0];
  softShadow(P, p, 17);
  P.at(p, (P) => {
    const c = P.c;
    const pot = () => {
      P.curve((c) => {
        c.moveTo(-8, -17);
        c.lineTo(8, -17);
        c.quadraticCurveTo(7.6, -5, 5.5, -1);
        c.quadraticCurveTo(0, 2.4, -5.5, -1);
        c.quadraticCurveTo(-7.6, -5, -8, -17);
      }, C.pot);
      P.curve(
        (c) => {
          c.moveTo(1, -17);
          c.lineTo(8, -17);
          c.quadraticCurveTo(7.6, -5, 5.5, -1);
          c.quadraticCurveTo(3.4, 0.6, 1, 0.9);
        },
        tone(C.pot, 0.78),
      );
      P.oval(0, -17, 8.6, 3.8, tone(C.pot, 1.18));
      P.oval(0, -16.6, 6.8, 2.7, '#4a3038');
    };
    const leaf = (ang: number, len: number, wd: number, col: string): void => {
      c.save();
      c.translate(0, -17);
      c.rotate(ang);
      P.curve((c) => {
        c.moveTo(0, 0);
        c.bezierCurveTo(-wd, -len * 0.35, -wd * 0.8, -len * 0.8, 0, -len);
        c.bezierCurveTo(wd * 0.8, -len * 0.8, wd, -len * 0.35, 0, 0);
      }, col);
      P.curve(
        (c) => {
          c.moveTo(0, 0);
          c.bezierCurveTo(wd, -len * 0.35, wd * 0.8, -len * 0.8, 0, -len);
          c.closePath();
        },
        tone(col, 0.84),
      );
      P.line(
        [
          [0, -2],
          [0, -len * 0.9],
        ],
        tone(col, 1.3),
        0.5,
        { a: 0.6 },
      );
      c.restore();
    };
    if (kind === 0) {
      pot();
      const fan: [number, number, number, string][] = [
        [-1.05, 27, 6, C.leaf3],
        [1.1, 27, 6, C.leaf3],
        [-0.6, 36, 7, C.leaf],
        [0.65, 35, 7, tone(C.leaf, 0.88)],
        [-0.2, 42, 7, C.leaf2],
        [0.25, 38, 7, C.leaf],
      ];
      fan.forEach((a) => leaf(...a));
    } else if (kind === 1) {
      pot();
      for (let i = 0; i < 9; i++) {
        const a = -1.2 + i * 0.3;
        leaf(a, 30 + (i % 3) * 9 - Math.abs(a) * 5, 3, [C.leaf, C.leaf2, C.leaf3][i % 3]!);
      }
    } else {
      pot();
      P.line(
        [
          [0, -17],
          [-1, -34],
          [1, -50],
        ],
        '#7c5a44',
        2.4,
      );
      const crown: [number, number, number, string][] = [
        [-8, -46, 9, C.leaf3],
        [9, -50, 9, tone(C.leaf, 0.86)],
        [0, -58, 11, C.leaf],
        [-6, -60, 7, C.leaf2],
        [6, -44, 7, C.leaf],
        [3, -64, 6, C.leaf2],
      ];
      for (const [a, b, r, col] of crown) P.oval(a, b, r, r * 0.92, col);
    }
  });
}
export function cat(P: Pen): void {
  const p: Pt = [0, 0];
  softShadow(P, p, 13, 0.35);
  const b = 1;
  P.at(p, (P) => {
    P.curve(
      (c) => {
        c.moveTo(9, -3);
        c.bezierCurveTo(17, -2, 15, 5, 4, 4);
      },
      '#e29a55',
      { w: 4 },
    );
    P.oval(0, -5, 12, 7.4 * b, '#e9a763');
    for (const k of [-3, 1, 5])
      P.curve(
        (c) => {
          c.moveTo(k, -12 * b);
          c.quadraticCurveTo(k + 2, -9, k + 1, -6.5);
        },
        '#c97f3e',
        { w: 1.3 },
      );
    P.oval(-9, -5, 6, 5.2, '#efb272');
    P.curve((c) => {
      c.moveTo(-14, -8);
      c.lineTo(-13.4, -13);
      c.lineTo(-10, -9.6);
      c.moveTo(-8, -9.8);
      c.lineTo(-4.8, -12.4);
      c.lineTo(-4.4, -7.8);
    }, '#d98d4a');
    P.line(
      [
        [-12.6, -4.8],
        [-11, -4.4],
      ],
      '#4a2f2a',
      0.8,
    );
    P.line(
      [
        [-8.6, -4.4],
        [-7, -4.8],
      ],
      '#4a2f2a',
      0.8,
    );
    P.oval(-10, -2.8, 0.7, 0.5, '#c4533f');
    P.oval(-2, 1, 4, 2, '#fbe8cf');
  });
}
