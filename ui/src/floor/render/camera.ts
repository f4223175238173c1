// Camera: pan, zoom about a point, fit, and the 420 ms flight to a desk. Holds plain numbers only.
// Not here: pointer listeners (the app owns them) and texture scales (stage.ts watches `zoom`).
import { fit, type Rect, type View } from '../model/iso';
import type { Plan } from '../model/plan';
import { MOTION, ZOOM } from '../model/tokens';
import { clamp, lerp } from '../model/numbers';

interface Flight {
  from: View;
  to: View;
  t: number;
}

export class Camera {
  view: View = { cx: 0, cy: 0, zoom: 1, w: 1, h: 1 };
  private flight: Flight | null = null;
  private changed = true;

  fit(plan: Plan, free: Rect, w: number, h: number): void {
    this.set(fit(free, plan.w, plan.d, plan.h, w, h));
  }
  set(v: View): void {
    this.view = v;
    this.flight = null;
    this.changed = true;
  }
  pan(dx: number, dy: number): void {
    this.set({ ...this.view, cx: this.view.cx + dx, cy: this.view.cy + dy });
  }
  zoomAt(x: number, y: number, factor: number): void {
    const v = this.view;
    const zoom = clamp(v.zoom * factor, ZOOM.min, ZOOM.max);
    const k = zoom / v.zoom;
    this.set({ ...v, zoom, cx: x - (x - v.cx) * k, cy: y - (y - v.cy) * k });
  }
  /** Brings a floor point to (x, y) on screen, of which `free` is left to the floor; `cut` under reduced motion. */
  flyTo(p: readonly [number, number], x: number, y: number, zoom: number, cut = false, free?: Rect): void {
    this.fly({ ...this.view, zoom, cx: x - p[0] * zoom, cy: y - p[1] * zoom, free: free ?? this.view.free }, cut);
  }
  fly(to: View, cut = false): void {
    const { view } = this;
    if (to.zoom === view.zoom && to.cx === view.cx && to.cy === view.cy) this.flight = null;
    else if (cut) this.set(to);
    else this.flight = { from: view, to, t: 0 };
  }
  /** Back to where everything is seen, eased. */
  flyHome(plan: Plan, free: Rect, w: number, h: number, cut = false): void {
    this.fly(fit(free, plan.w, plan.d, plan.h, w, h), cut);
  }
  get flying(): boolean {
    return this.flight !== null;
  }
  /** True when the view differs from the last frame's. */
  step(dt: number): boolean {
    const f = this.flight;
    if (f) {
      f.t = Math.min(1, f.t + dt / MOTION.camera);
      const k = f.t < 0.5 ? 4 * f.t ** 3 : 1 - (-2 * f.t + 2) ** 3 / 2;
      const { from, to } = f;
      this.view = { ...to, zoom: lerp(from.zoom, to.zoom, k), cx: lerp(from.cx, to.cx, k), cy: lerp(from.cy, to.cy, k) };
      this.changed = true;
      if (f.t >= 1) this.flight = null;
    }
    const c = this.changed;
    this.changed = false;
    return c;
  }
}
