// Dimetric 2:1 projection, its inverse on the floor plane, and Frame: the local axes of one piece.
// Not here: the camera (zoom and pan live in View, at the end, as plain numbers).
import type { Pt } from './numbers';

export const TW = 64;
export const TH = 32;

/** Tile coordinates (z in px) to floor px at zoom 1. +x runs lower right, +y lower left. */
export const iso = (x: number, y: number, z = 0): Pt => [((x - y) * TW) / 2, ((x + y) * TH) / 2 - z];
/** Floor px to tile coordinates at z = 0. */
export const uniso = (sx: number, sy: number): Pt => [sx / TW + sy / TH, sy / TH - sx / TW];

/** Local coordinates of a piece; flip swaps the axes (mirror image across the screen vertical). */
export class Frame {
  constructor(
    readonly x: number,
    readonly y: number,
    readonly flip = false,
    readonly z = 0,
  ) {}
  w(lx: number, ly: number): Pt {
    return this.flip ? [this.x + ly, this.y + lx] : [this.x + lx, this.y + ly];
  }
  p(lx: number, ly: number, lz = 0): Pt {
    const [a, b] = this.w(lx, ly);
    return iso(a, b, lz + this.z);
  }
  local(wx: number, wy: number): Pt {
    const a = wx - this.x;
    const b = wy - this.y;
    return this.flip ? [b, a] : [a, b];
  }
}

/** What the eye sees: screen = floor px * zoom + camera. Sizes in CSS px. */
export interface View {
  readonly cx: number;
  readonly cy: number;
  readonly zoom: number;
  readonly w: number;
  readonly h: number;
  /** The part that panels leave free, where that is known: nothing that is read may reach beyond it. */
  readonly free?: Rect;
}
export const toScreen = (v: View, p: Pt): Pt => [p[0] * v.zoom + v.cx, p[1] * v.zoom + v.cy];
export const toFloor = (v: View, p: Pt): Pt => [(p[0] - v.cx) / v.zoom, (p[1] - v.cy) / v.zoom];

export interface Rect {
  x: number;
  y: number;
  w: number;
  h: number;
}
export const overlaps = (a: Rect, b: Rect): boolean => a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;

/** The view that shows a whole floor of w x d tiles (walls of height h, 16 px slab) inside a free rectangle. */
export function fit(free: Rect, w: number, d: number, h: number, screenW: number, screenH: number): View {
  const fw = (w + d) * 32;
  const fh = (w + d) * 16 + h + 16;
  const zoom = Math.max(0.15, Math.min(free.w / (fw + 16), free.h / fh));
  return { zoom, cx: free.x + free.w / 2 - (w - d) * 16 * zoom, cy: free.y + free.h / 2 - (fh * zoom) / 2 + h * zoom, w: screenW, h: screenH, free };
}
