// Floor: the one object the app holds. Wires world, camera, ticker and stage, and falls back to Canvas 2D without WebGL.
// Not here: DOM panels, pointer listeners, agents.
import { hitSeat } from '../model/hit';
import type { Rect, View } from '../model/iso';
import type { Measure } from '../model/labels';
import type { Plan, Seat } from '../model/plan';
import { FONT } from '../model/tokens';
import type { World } from '../model/world';
import { makeCanvas } from './baker';
import { Camera } from './camera';
import { CanvasFloor } from './canvas';
import { Stage } from './stage';
import { FloorTicker } from './ticker';

export interface FloorOptions {
  canvas: HTMLCanvasElement;
  width: number;
  height: number;
  dpr: number;
  hour: number;
  free: Rect;
  world: World;
  still?: boolean; // one frame, no loop
  fallback?: boolean; // force Canvas 2D
}
export interface FrameCost {
  step: number;
  draw: number; // ms on the main thread
}
const DPR_CAP = 2;
const FALLBACK_HZ = 10;

/** Text width in CSS px, measured once per string. */
export function canvasMeasure(): Measure {
  const { c } = makeCanvas(1, 1);
  const cache = new Map<string, number>();
  return (text, size, weight) => {
    const key = `${weight} ${size} ${text}`;
    let w = cache.get(key);
    if (w === undefined) {
      c.font = `${weight} ${size}px ${FONT}`;
      w = c.measureText(text).width;
      cache.set(key, w);
    }
    return w;
  };
}

export class Floor {
  readonly camera = new Camera();
  readonly costs: FrameCost[] = [];
  stage: Stage | null = null;
  canvasFloor: CanvasFloor | null = null;
  ticker: FloorTicker;
  /** Told whenever the camera moved, so that what the page lays over the desks can follow. */
  onView: ((view: View) => void) | null = null;
  private seated: Plan | null = null;
  private retry = 0;

  private constructor(readonly o: FloorOptions) {
    this.ticker = new FloorTicker({ tick: (dt) => this.tick(dt) });
  }
  static async create(o: FloorOptions): Promise<Floor> {
    const f = new Floor(o);
    const dpr = Math.min(DPR_CAP, o.dpr);
    f.camera.fit(o.world.plan, o.free, o.width, o.height);
    f.seated = o.world.plan;
    const measure = canvasMeasure();
    if (o.fallback) f.canvasFloor = new CanvasFloor(o.canvas, o.world, o.hour, dpr, measure);
    else {
      f.stage = new Stage();
      await f.stage.init({ ...o, dpr, view: f.camera.view, measure });
    }
    const t0 = performance.now();
    f.tick(0);
    if (f.stage) f.stage.marks.firstDraw = performance.now() - t0;
    if (!o.still) f.ticker.poke();
    return f;
  }
  /** Anything happened: pointer, state, mail, resize. */
  event(): void {
    this.o.world.wake();
    this.ticker.poke();
  }
  /** A terminal printed; the ambient motion sleeps on. */
  printed(): void {
    this.ticker.poke();
  }
  hit(x: number, y: number): Seat | null {
    const seat = hitSeat(this.o.world.plan, this.camera.view, [x, y]);
    return seat && !this.o.world.desks[seat.id]?.bare ? seat : null;
  }
  setHour(hour: number): void {
    this.o.hour = hour;
    this.stage?.setHour(hour);
    this.canvasFloor?.setHour(hour);
    this.refresh();
  }
  /** Another size of window, or another part of it that panels leave free. */
  resize(width: number, height: number, free: Rect): void {
    const sized = width !== this.o.width || height !== this.o.height;
    Object.assign(this.o, { width, height, free });
    if (sized) {
      this.stage?.resize(width, height);
      this.canvasFloor?.resize();
    }
    this.camera.fit(this.o.world.plan, free, width, height);
    this.refresh();
  }
  /** One frame, without waking the ambient motion. */
  refresh(): void {
    this.o.world.touch();
    this.ticker.poke();
  }
  tick(dt: number): boolean {
    const { world } = this.o;
    const t0 = performance.now();
    if (world.plan !== this.seated) {
      this.seated = world.plan;
      this.camera.fit(world.plan, this.o.free, this.o.width, this.o.height);
    }
    const panned = this.camera.step(dt);
    if (panned) this.onView?.(this.camera.view);
    const moved = world.step(dt, this.camera.view);
    const t1 = performance.now();
    if (moved || panned) {
      if (this.stage) this.stage.draw(this.camera.view);
      else this.canvasFloor?.draw(this.camera.view);
      if (this.costs.length < 4000) this.costs.push({ step: t1 - t0, draw: performance.now() - t1 });
    }
    const smooth = world.awake || world.planes.length > 0 || this.camera.flying;
    if (smooth) {
      if (this.stage) return true;
      this.later(1000 / FALLBACK_HZ);
      return false;
    }
    // Only screens still scroll: come back by timer, eight times a second, instead of spinning.
    if (world.busy) this.later(125);
    return false;
  }
  destroy(): void {
    window.clearTimeout(this.retry);
    this.ticker.destroy();
    this.stage?.destroy();
  }
  private later(ms: number): void {
    if (this.retry) return;
    this.retry = window.setTimeout(() => {
      this.retry = 0;
      this.ticker.poke();
    }, ms);
  }
}
