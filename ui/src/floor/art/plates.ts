// Plates, the request bubble and the paper plane, in screen px. Plates are baked once per text and theme.
// Not here: where they stand (model/labels.ts).
import { STATES, inTrouble, type State } from '../model/state';
import { FONT, INK } from '../model/tokens';
import type { Pt } from '../model/numbers';
import { badgePath, icon } from './badges';
import type { Ctx } from './pen';

export function plate(c: Ctx, name: string, sub: string, night: boolean, accent: string, strong = false): void {
  c.save();
  c.font = `650 12px ${FONT}`;
  const w1 = c.measureText(name).width;
  c.font = `480 11px ${FONT}`;
  const w2 = sub ? c.measureText(sub).width + 7 : 0,
    w = w1 + w2 + 18,
    h = 21;
  const x = 0,
    y = 0;
  c.shadowColor = night ? 'rgba(3,5,22,.5)' : 'rgba(80,60,90,.28)';
  c.shadowBlur = 8;
  c.shadowOffsetY = 2;
  c.beginPath();
  c.roundRect(x, y, w, h, 10.5);
  c.fillStyle = accent ? accent : strong ? (night ? '#05071c' : '#ffffff') : night ? 'rgba(15,18,50,.86)' : 'rgba(255,252,245,.95)';
  c.fill();
  c.shadowColor = 'transparent';
  if (strong) {
    c.strokeStyle = night ? '#ffffff' : '#161338';
    c.lineWidth = 1.6;
    c.stroke();
  } else if (!accent) {
    c.strokeStyle = night ? 'rgba(190,200,255,.16)' : 'rgba(60,50,110,.12)';
    c.lineWidth = 1;
    c.stroke();
  }
  c.textBaseline = 'middle';
  c.font = `650 12px ${FONT}`;
  c.fillStyle = accent ? INK : night ? '#f4f3ff' : '#2a2550';
  c.fillText(name, x + 9, y + h / 2 + 0.5);
  if (sub) {
    c.font = `${accent ? 560 : 480} 11px ${FONT}`;
    c.fillStyle = strong ? (accent ? INK : night ? '#ffffff' : '#161338') : accent ? '#3a2a10' : night ? '#b4bbe4' : '#655f8a';
    c.fillText(sub, x + 9 + w1 + 7, y + h / 2 + 0.5);
  }
  c.restore();
}
/** Its tail is at 0,0; `left` is where it begins. */
export function bubble(c: Ctx, st: State, title: string, text: string, left: number): void {
  c.save();
  c.font = `680 12px ${FONT}`;
  const w1 = c.measureText(title).width;
  c.font = `520 11px ${FONT}`;
  const w2 = c.measureText(text).width,
    w = Math.max(w1, w2) + 48,
    h = 38;
  c.shadowColor = 'rgba(6,8,30,.5)';
  c.shadowBlur = 16;
  c.shadowOffsetY = 4;
  c.beginPath();
  c.roundRect(left, -h, w, h, 12);
  c.fillStyle = STATES[st].signal;
  c.fill();
  c.shadowColor = 'transparent';
  c.beginPath();
  c.moveTo(-6, -1);
  c.lineTo(0, 9);
  c.lineTo(8, -1);
  c.closePath();
  c.fill();
  c.save();
  c.translate(left + 20, -h / 2);
  c.fillStyle = 'rgba(255,255,255,.45)';
  badgePath(c, st, 11);
  c.fill();
  icon(c, st, 15, INK);
  c.restore();
  c.textBaseline = 'middle';
  c.fillStyle = INK;
  c.font = `680 12px ${FONT}`;
  c.fillText(title, left + 40, -h / 2 - 7);
  c.font = `520 11px ${FONT}`;
  c.fillStyle = '#33240f';
  if (inTrouble(st)) c.fillStyle = '#3d0f14';
  c.fillText(text, left + 40, -h / 2 + 8.5);
  c.restore();
}
/** Nose along +x; the trail of dots is separate sprites. */
export function paperPlane(c: Ctx, night: boolean): void {
  c.save();
  c.shadowColor = night ? 'rgba(255,226,160,.75)' : 'rgba(60,50,90,.4)';
  c.shadowBlur = 10;
  c.scale(1.15, 1.15);
  const T = (pts: Pt[], f: string): void => {
    c.fillStyle = f;
    c.beginPath();
    pts.forEach((v, i) => (i ? c.lineTo(v[0], v[1]) : c.moveTo(v[0], v[1])));
    c.closePath();
    c.fill();
  };
  T(
    [
      [13, 0],
      [-10, -8],
      [-6, 0],
    ],
    '#fffdf6',
  );
  c.shadowColor = 'transparent';
  T(
    [
      [13, 0],
      [-6, 0],
      [-9, 5.4],
    ],
    '#d9d3e8',
  );
  T(
    [
      [13, 0],
      [-6, 0],
      [-6.6, 1.8],
    ],
    '#a9a2c4',
  );
  T(
    [
      [-6, 0],
      [-9.4, -1.4],
      [-8, 3],
    ],
    '#efe9f5',
  );
  c.restore();
}
