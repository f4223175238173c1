// Pen: every recipe draws each shape twice, once as albedo (lit later by the light map) and once as emission,
// where ordinary shapes ERASE what they cover and emissive ones paint. Works on any 2D context, so it can bake offscreen.
// Not here: any recipe.
import { Frame } from '../model/iso';
import { hex, rgb, TAU, tone, type Pt, type RGB } from '../model/numbers';

export type Ctx = CanvasRenderingContext2D;
export type Path = (c: Ctx) => void;
export type Fill = string | CanvasGradient;
export interface ShapeOpt {
  a?: number; // alpha
  e?: number; // emission, 0..1
}
export interface CurveOpt extends ShapeOpt {
  w?: number; // stroke width; 0 fills
  out?: string; // outline colour
  ow?: number;
  rot?: number;
}
interface BoxOpt {
  rim?: number;
  e?: number;
  top?: string;
  tl?: number;
  tr?: number;
}

export class Pen {
  constructor(
    readonly c: Ctx,
    readonly emit: boolean,
  ) {}
  style(col: Fill, a = 1, e = 0): void {
    const c = this.c;
    if (this.emit && !e) {
      c.globalCompositeOperation = 'destination-out';
      c.fillStyle = c.strokeStyle = '#000';
      c.globalAlpha = a;
      return;
    }
    c.globalCompositeOperation = 'source-over';
    c.fillStyle = c.strokeStyle = col;
    c.globalAlpha = this.emit ? a * e : a;
  }
  trace(pts: readonly Pt[], close = true): void {
    const c = this.c;
    c.beginPath();
    pts.forEach((p, i) => (i ? c.lineTo(p[0], p[1]) : c.moveTo(p[0], p[1])));
    if (close) c.closePath();
  }
  poly(pts: readonly Pt[], col: Fill, { a = 1, e = 0, seam = 0.7 }: ShapeOpt & { seam?: number } = {}): void {
    const c = this.c;
    this.trace(pts);
    this.style(col, a, e);
    c.fill();
    if (seam && a === 1) {
      c.lineWidth = seam;
      c.lineJoin = 'round';
      c.stroke();
    }
  }
  line(pts: readonly Pt[], col: Fill, w = 1, { a = 1, e = 0, dash }: ShapeOpt & { dash?: number[] } = {}): void {
    const c = this.c;
    this.trace(pts, false);
    this.style(col, a, e);
    c.lineWidth = w;
    c.lineCap = c.lineJoin = 'round';
    if (dash) c.setLineDash(dash);
    c.stroke();
    if (dash) c.setLineDash([]);
  }
  curve(fn: Path, col: Fill, { a = 1, e = 0, w = 0, out, ow = 0.9 }: CurveOpt = {}): void {
    const c = this.c;
    c.beginPath();
    fn(c);
    this.style(col, a, e);
    c.lineCap = c.lineJoin = 'round';
    if (w) {
      c.lineWidth = w;
      c.stroke();
    } else c.fill();
    if (out) {
      this.style(out, a, e);
      c.lineWidth = ow;
      c.stroke();
    }
  }
  oval(x: number, y: number, rx: number, ry: number, col: Fill, o: CurveOpt = {}): void {
    this.curve((c) => c.ellipse(x, y, rx, ry, o.rot ?? 0, 0, TAU), col, o);
  }
  rrect(x: number, y: number, w: number, h: number, r: number, col: Fill, o: CurveOpt = {}): void {
    this.curve((c) => c.roundRect(x, y, w, h, r), col, o);
  }
  glow(x: number, y: number, r: number, col: string | RGB, a = 1, sy = 1): void {
    if (!this.emit) return;
    const c = this.c;
    const k = typeof col === 'string' ? hex(col) : col;
    c.save();
    c.globalCompositeOperation = 'lighter';
    c.globalAlpha = a;
    c.translate(x, y);
    c.scale(1, sy);
    const g = c.createRadialGradient(0, 0, 0, 0, 0, r);
    g.addColorStop(0, rgb(k, 0.9));
    g.addColorStop(0.25, rgb(k, 0.45));
    g.addColorStop(0.6, rgb(k, 0.1));
    g.addColorStop(1, rgb(k, 0));
    c.fillStyle = g;
    c.beginPath();
    c.arc(0, 0, r, 0, TAU);
    c.fill();
    c.restore();
  }
  /** Three-tone box (top 1, left-facing .82, right-facing .64) with a rim light on the two near top edges. */
  box(
    f: Frame,
    x: number,
    y: number,
    z: number,
    w: number,
    d: number,
    h: number,
    col: string,
    { rim = 0.35, e = 0, top, tl = 0.82, tr = 0.64 }: BoxOpt = {},
  ): void {
    const X = x + w;
    const Y = y + d;
    const Z = z + h;
    this.poly([f.p(X, y, z), f.p(X, Y, z), f.p(X, Y, Z), f.p(X, y, Z)], tone(col, f.flip ? tl : tr), { e });
    this.poly([f.p(x, Y, z), f.p(X, Y, z), f.p(X, Y, Z), f.p(x, Y, Z)], tone(col, f.flip ? tr : tl), { e });
    this.poly([f.p(x, y, Z), f.p(X, y, Z), f.p(X, Y, Z), f.p(x, Y, Z)], top ?? col, { e });
    if (rim) this.line([f.p(x, Y, Z), f.p(X, Y, Z), f.p(X, y, Z)], tone(top ?? col, 1.5), 0.7, { a: rim });
  }
  /** Flat (u right, v up) coordinates on a vertical face; s = +1 face of the right wall, -1 of the left wall. */
  plane(o: Pt, s: number, fn: (p: Pen) => void): void {
    const c = this.c;
    c.save();
    c.transform(1, 0.5 * s, 0, 1, o[0], o[1]);
    fn(this);
    c.restore();
  }
  at(p: Pt, fn: (p: Pen) => void, sx = 1): void {
    const c = this.c;
    c.save();
    c.translate(p[0], p[1]);
    c.scale(sx, 1);
    fn(this);
    c.restore();
  }
}
