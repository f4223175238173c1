// Floor: the one object the app holds. Wires world, camera, ticker and stage: full WebGL, thrifty WebGL where it is computed
// in software, or Canvas 2D where there is none.
// Not here: DOM panels, pointer listeners, agents.
import { hitSeat, hitThing, type Thing } from '../model/hit';
import type { Rect, View } from '../model/iso';
import type { Measure } from '../model/labels';
import { lightEpoch } from '../model/light';
import type { Plan, Seat } from '../model/plan';
import { FONT, MOTION } from '../model/tokens';
import type { World } from '../model/world';
import { makeCanvas } from './baker';
import { Camera } from './camera';
import { CanvasFloor } from './canvas';
import { fillsSlowly } from './probe';
import { Stage } from './stage';
import { FloorTicker } from './ticker';

/** full: all of it. thrifty: half resolution under sharp labels, no bloom, 10 frames a second. canvas: the same list without WebGL. */
export type Quality = 'full' | 'thrifty' | 'canvas';

/** Names that drivers give themselves when they compute pictures in software. */
const SOFTWARE = /swiftshader|llvmpipe|softpipe|software|basic render/i;
/** Names that say nothing: a browser that hides the driver's own gives this one on every machine. */
const MASKED = /^(apple gpu|webkit webgl)$/i;
/** What this machine can draw. Asked of a canvas that is thrown away: one that once gave a context gives no other. */
export function qualityHere(): Quality {
  const gl = document.createElement('canvas').getContext('webgl2');
  if (!gl) return 'canvas';
  const info = gl.getExtension('WEBGL_debug_renderer_info');
  const name = String(gl.getParameter(info ? info.UNMASKED_RENDERER_WEBGL : gl.RENDERER));
  const slow = SOFTWARE.test(name) || (MASKED.test(name) && fillsSlowly(gl));
  gl.getExtension('WEBGL_lose_context')?.loseContext();
  return slow ? 'thrifty' : 'full';
}

export interface FloorOptions {
  canvas: HTMLCanvasElement;
  width: number;
  height: number;
  dpr: number;
  hour: number;
  free: Rect;
  world: World;
  still?: boolean; // one frame, no loop
  quality?: Quality;
  /** The graphics context was taken away; `back` when it was given again and the picture is whole. */
  onContext?: (is: 'lost' | 'back') => void;
}
export interface FrameCost {
  step: number;
  draw: number; // ms on the main thread
}
const DPR_CAP = 2;
/** Between frames: where pictures are computed in software, and where only terminals print. */
const SLOW_MS = 100;
const SCREEN_MS = 1000 / MOTION.screenHz;

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

  private constructor(readonly o: FloorOptions) {
    this.ticker = new FloorTicker({ tick: (dt) => this.tick(dt) });
  }
  static async create(o: FloorOptions): Promise<Floor> {
    const f = new Floor(o);
    const dpr = Math.min(DPR_CAP, o.dpr);
    f.camera.fit(o.world.plan, o.free, o.width, o.height);
    f.seated = o.world.plan;
    // Whoever drew before kept the screens; this one has none yet.
    for (const d of o.world.desks) d.dirty = true;
    const measure = canvasMeasure();
    if (o.quality === 'canvas') f.canvasFloor = new CanvasFloor(o.canvas, o.world, o.hour, dpr, measure);
    else {
      f.stage = new Stage();
      await f.stage.init({
        ...o,
        dpr: o.quality === 'thrifty' ? Math.min(1, dpr) : dpr,
        thrifty: o.quality === 'thrifty',
        view: f.camera.view,
        measure,
        // A picture that was lost is drawn again whole, also where nothing moves any more.
        onContext: (is) => {
          if (is === 'back') f.refresh();
          o.onContext?.(is);
        },
      });
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
    this.ticker.poke(this.o.quality === 'full' ? SCREEN_MS : SLOW_MS);
  }
  hit(x: number, y: number): Seat | null {
    const seat = hitSeat(this.o.world.plan, this.camera.view, [x, y]);
    return seat && !this.o.world.desks[seat.id]?.bare ? seat : null;
  }
  /** The seat whose plate lies there; nothing for bubbles and the coordinator's. */
  plate(x: number, y: number): number | null {
    const plates = (this.stage ?? this.canvasFloor)?.labels ?? [];
    const at = plates.find((b) => b.shown && !b.bubble && x >= b.x && x <= b.x + b.w && y >= b.y && y <= b.y + b.h);
    return at && at.desk >= 0 ? at.desk : null;
  }
  thing(x: number, y: number): Thing | null {
    return hitThing(this.o.world.plan, this.camera.view, [x, y]);
  }
  setHour(hour: number): void {
    // The same light is no other picture.
    const same = lightEpoch(hour) === lightEpoch(this.o.hour);
    this.o.hour = hour;
    this.stage?.setHour(hour);
    this.canvasFloor?.setHour(hour);
    if (!same) this.refresh();
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
  /** Everything in view again, in the part that is free now. */
  home(free: Rect): void {
    const { o } = this;
    o.free = free;
    this.camera.flyHome(o.world.plan, free, o.width, o.height, o.world.reducedMotion);
    this.refresh();
  }
  /** One frame, without waking the ambient motion. */
  refresh(): void {
    this.o.world.touch();
    this.ticker.poke();
  }
  tick(dt: number): number | null {
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
      const quick = this.o.quality !== 'canvas' && (this.o.quality !== 'thrifty' || this.camera.flying);
      return quick ? 0 : SLOW_MS;
    }
    // Only screens still scroll: come back by timer, eight times a second, instead of spinning.
    return world.busy ? SCREEN_MS : null;
  }
  destroy(): void {
    this.ticker.destroy();
    this.stage?.destroy();
  }
}
