// Terminal rows -> 96 x 48 RGBA bytes. Plain loops over a byte array: faster than a canvas, and shared by both renderers.
// Not here: when, and where the bytes go (screens.ts, canvas.ts).
import { LIVE_BG } from '../art/screens';
import { STATES } from '../model/state';
import { TERM_COLS } from '../model/term';
import { clamp } from '../model/numbers';
import type { Desk } from '../model/world';

export const SCR_W = 96;
export const SCR_H = 48;
/** Whole pixels, so that resting text is crisp: 12 rows of 4 px. */
const PITCH = 4;
const THICK = 2.2;
const SHEEN = 0.13;

/** Rows from the bottom up; `u` < 1 while the newest line is still sliding in. */
export function paintRows(px: Uint8Array, d: Desk, u: number): void {
  const sx = (SCR_W - 6) / TERM_COLS;
  px.set(background());
  const n = d.rows.length;
  for (let i = 0; i < n; i++) {
    const y = SCR_H - 1 - (n - i) * PITCH + (1 - u) * PITCH;
    if (y < 1 || y > SCR_H - 3) continue;
    for (const r of d.rows[i]!) fill(px, 3 + r.at * sx, y, Math.max(1, r.len * sx), THICK, r.ink, 1);
  }
  if (STATES[d.state].pose === 'work') fill(px, 4, SCR_H - 5, 3, 3, 0xffffff, 1);
}

let blank: Uint8Array | null = null;
/** Dark glass with a sheen from the upper left, made once. */
function background(): Uint8Array {
  if (blank) return blank;
  const px = new Uint8Array(SCR_W * SCR_H * 4);
  fill(px, 0, 0, SCR_W, SCR_H, LIVE_BG, 1);
  for (let y = 0; y < SCR_H; y++)
    for (let x = 0; x < SCR_W; x++) {
      const k = SHEEN * clamp(1 - (x / SCR_W + y / SCR_H));
      const o = (y * SCR_W + x) * 4;
      for (let j = 0; j < 3; j++) px[o + j] = px[o + j]! + (255 - px[o + j]!) * k;
    }
  return (blank = px);
}

/** Fills whole columns; the first and last row are blended, so that slow scrolling does not jump. */
function fill(px: Uint8Array, x: number, y: number, w: number, h: number, rgb: number, a: number): void {
  const x0 = Math.max(0, Math.round(x));
  const x1 = Math.min(SCR_W, Math.round(x + w));
  const y1 = Math.min(SCR_H, y + h);
  const R = (rgb >> 16) & 255;
  const G = (rgb >> 8) & 255;
  const B = rgb & 255;
  for (let j = Math.max(0, Math.floor(y)); j < y1; j++) {
    const cover = a * Math.min(1, Math.min(j + 1, y1) - Math.max(j, y));
    for (let i = x0; i < x1; i++) {
      const o = (j * SCR_W + i) * 4;
      px[o] = px[o]! + (R - px[o]!) * cover;
      px[o + 1] = px[o + 1]! + (G - px[o + 1]!) * cover;
      px[o + 2] = px[o + 2]! + (B - px[o + 2]!) * cover;
      px[o + 3] = 255;
    }
  }
}
