// Fallback without WebGL: prints the same draw list with Canvas 2D from the same baked recipes, at 10 fps, without bloom.
// Albedo is multiplied by the light map; emission is laid over it, with ordinary shapes erasing what they cover.
// Not here: pixi.
import { backdrop } from '../art/backdrop';
import { Pen, type Ctx } from '../art/pen';
import type { BakeCtx } from '../art/recipes';
import { room } from '../art/room';
import { drawScene } from '../model/draw';
import { SCREEN } from '../model/draw-desk';
import type { View } from '../model/iso';
import { layoutLabels, type LabelBox, type Measure } from '../model/labels';
import { light, lightEpoch, type Light } from '../model/light';
import { DrawList, type DrawItem } from '../model/list';
import { drawOverlay } from '../model/overlay';
import { pools } from '../model/pools';
import { rgb } from '../model/numbers';
import { STATES } from '../model/state';
import type { World } from '../model/world';
import { makeCanvas, paint, plan, type Baked } from './baker';
import { paintRows, SCR_H, SCR_W } from './rows';

interface Pair {
  k: Baked;
  albedo: HTMLCanvasElement;
  emission: HTMLCanvasElement | null;
}
type Surface = ReturnType<typeof makeCanvas>;

export class CanvasFloor {
  private readonly out: Ctx;
  /** As they were drawn last. */
  labels: LabelBox[] = [];
  private readonly list = new DrawList();
  private readonly cache = new Map<string, Pair>();
  private readonly screens: Surface[] = [];
  private L: Light;
  private bake: BakeCtx;
  private base: { S: Surface; E: Surface; back: Surface; view: View; shows: string } | null = null;
  private S: Surface;
  private E: Surface;
  private M: Surface;

  constructor(
    private readonly cv: HTMLCanvasElement,
    private readonly world: World,
    hour: number,
    private readonly dpr: number,
    private readonly measure: Measure,
  ) {
    const c = cv.getContext('2d');
    if (!c) throw new Error('no 2d context');
    this.out = c;
    this.L = light(hour);
    this.bake = this.bakeCtx();
    [this.S, this.E, this.M] = this.surfaces();
  }
  private surfaces(): [Surface, Surface, Surface] {
    const { cv, dpr } = this;
    cv.width = cv.clientWidth * dpr;
    cv.height = cv.clientHeight * dpr;
    const make = (): Surface => makeCanvas(cv.width, cv.height);
    return [make(), make(), make()];
  }
  resize(): void {
    [this.S, this.E, this.M] = this.surfaces();
    this.base = null;
  }

  /** Lights out or lights on: what was baked under the old light is baked again. */
  setHour(hour: number): void {
    if (lightEpoch(hour) === lightEpoch(this.L.hour)) return;
    this.L = light(hour);
    this.cache.clear();
    this.base = null;
  }
  private bakeCtx(): BakeCtx {
    const { desks, lead } = this.world;
    const looks = new Map(desks.map((d) => [d.tag, d.look]));
    if (lead) looks.set(lead.tag, lead.look);
    return { light: this.L, looks, measure: this.measure, text: this.world.text };
  }

  draw(view: View): void {
    const { world, dpr, S, E, M } = this;
    // The room's picture and the light on it are kept until something that they show is different.
    const shows = `${world.version} ${world.drop}`;
    if (this.base?.view !== view || this.base.shows !== shows) {
      if (this.bake.text !== world.text) this.cache.clear();
      this.bake = this.bakeCtx();
      this.rebase(view, shows);
    }
    const { L } = this;
    const base = this.base!;
    for (const d of world.desks)
      if (STATES[d.state].screen !== 'live') d.dirty = false;
      else if (world.due(d, view)) {
        const px = new Uint8Array(SCR_W * SCR_H * 4);
        paintRows(px, d, 1);
        const s = (this.screens[d.id] ??= makeCanvas(SCR_W, SCR_H));
        s.c.putImageData(new ImageData(new Uint8ClampedArray(px.buffer), SCR_W, SCR_H), 0, 0);
        d.dirty = false;
        d.shown = world.clock;
      }
    for (const [to, from] of [
      [S, base.S],
      [E, base.E],
    ] as const) {
      reset(to.c);
      to.c.clearRect(0, 0, to.cv.width, to.cv.height);
      to.c.drawImage(from.cv, 0, 0);
    }
    this.list.clear();
    drawScene(this.list, world, L, view);
    for (let n = 0; n < this.list.n; n++) this.print(this.list.items[n]!, view);
    reset(S.c);
    S.c.globalCompositeOperation = 'multiply';
    S.c.drawImage(M.cv, 0, 0);
    S.c.globalCompositeOperation = 'destination-in';
    S.c.drawImage(base.S.cv, 0, 0);
    reset(this.out);
    this.out.drawImage(base.back.cv, 0, 0);
    this.out.drawImage(S.cv, 0, 0);
    this.out.drawImage(E.cv, 0, 0);
    this.list.clear();
    this.labels = layoutLabels(world, L, view, this.measure);
    drawOverlay(this.list, world, L, view, this.labels);
    for (let n = 0; n < this.list.n; n++) {
      const i = this.list.items[n]!;
      const p = this.get(i.key, view);
      if (!p) continue;
      this.out.setTransform(i.a, i.b, i.c, i.d, i.x * dpr, i.y * dpr);
      this.out.globalAlpha = i.alpha;
      this.out.drawImage(p.albedo, -p.k.ox, -p.k.oy);
    }
  }

  private print(i: DrawItem, v: View): void {
    const { S, E, dpr } = this;
    const place = (c: Ctx): void => c.setTransform(i.a, i.b, i.c, i.d, (i.x * v.zoom + v.cx) * dpr, (i.y * v.zoom + v.cy) * dpr);
    if (i.screen >= 0) {
      const s = this.screens[i.screen];
      place(E.c);
      E.c.globalCompositeOperation = 'source-over';
      E.c.globalAlpha = Math.min(1, i.glow);
      if (s) E.c.drawImage(s.cv, 0, -SCREEN.h * v.zoom * dpr, SCREEN.w * v.zoom * dpr, SCREEN.h * v.zoom * dpr);
      return;
    }
    const p = this.get(i.key, v);
    if (!p) return;
    for (const [c, img, op, a] of [
      [S.c, p.albedo, 'source-over', i.alpha],
      [E.c, p.albedo, 'destination-out', i.alpha],
      [E.c, p.emission, 'source-over', i.alpha * Math.min(1, i.glow)],
    ] as const) {
      if (!img) continue;
      place(c);
      c.globalCompositeOperation = op;
      c.globalAlpha = a;
      c.drawImage(img, -p.k.ox, -p.k.oy);
    }
  }
  private get(key: string, v: View): Pair | null {
    let p = this.cache.get(key);
    if (!p) {
      const k = plan(key, v.zoom * this.dpr, this.dpr, this.bake);
      if (!k) return null;
      const layer = (emit: boolean): HTMLCanvasElement => {
        const { cv, c } = makeCanvas(k.w, k.h);
        paint(c, k, emit, this.bake);
        return cv;
      };
      p = { k, albedo: layer(false), emission: k.recipe.glows ? layer(true) : null };
      this.cache.set(key, p);
    }
    return p;
  }
  /** View or hour changed: room, backdrop and light map again. */
  private rebase(view: View, shows: string): void {
    const { world, L, S, M, dpr } = this;
    if (this.base?.view.zoom !== view.zoom) this.cache.clear();
    const seats = world.desks.filter((d) => d.state !== 'empty').map((d) => d.seat);
    const make = (): Surface => makeCanvas(S.cv.width, S.cv.height);
    const base = { S: make(), E: make(), back: make(), view, shows };
    const floor = (c: Ctx): void => c.setTransform(view.zoom * dpr, 0, 0, view.zoom * dpr, view.cx * dpr, view.cy * dpr);
    for (const [s, emit] of [
      [base.S, false],
      [base.E, true],
    ] as const) {
      floor(s.c);
      room(new Pen(s.c, emit), L, world.plan, seats);
    }
    base.back.c.scale(dpr, dpr);
    backdrop(base.back.c, L, view.w, view.h, { x: view.w / 2, y: view.h / 2, r: view.w * 0.45 });
    this.base = base;
    reset(M.c);
    M.c.fillStyle = rgb(L.amb);
    M.c.fillRect(0, 0, M.cv.width, M.cv.height);
    M.c.globalCompositeOperation = 'lighter';
    for (const p of pools(world, L)) {
      floor(M.c);
      M.c.translate(p.x, p.y);
      M.c.scale(1, p.sy);
      const g = M.c.createRadialGradient(0, 0, 0, 0, 0, p.r);
      for (const [o, a] of [
        [0, 1],
        [0.35, 0.62],
        [0.7, 0.17],
        [1, 0],
      ] as const)
        g.addColorStop(o, rgb([p.colour >> 16, (p.colour >> 8) & 255, p.colour & 255], p.a * a));
      M.c.fillStyle = g;
      M.c.fillRect(-p.r, -p.r, p.r * 2, p.r * 2);
    }
  }
}
function reset(c: Ctx): void {
  c.setTransform(1, 0, 0, 1, 0, 0);
  c.globalAlpha = 1;
  c.globalCompositeOperation = 'source-over';
}
