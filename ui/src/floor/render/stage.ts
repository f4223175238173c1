// Stage: owns the renderer and prints one frame: backdrop, slab shadow, room, scene, bloom, overlay.
// Decides what must be baked or redrawn; everything that can wait for a change waits.
// Not here: when to draw (ticker.ts), the world's rules (floor/model).
// Shaders without code made from strings: the window's content policy forbids it.
import 'pixi.js/unsafe-eval';
import { Container, RenderTexture, Texture, Ticker, WebGLRenderer } from 'pixi.js';
import type { BakeCtx } from '../art/recipes';
import { drawScene } from '../model/draw';
import { iso, type View } from '../model/iso';
import { layoutLabels, type LabelBox, type Measure } from '../model/labels';
import { light, lightEpoch, type Light } from '../model/light';
import { DrawList } from '../model/list';
import type { Look } from '../model/look';
import type { Plan } from '../model/plan';
import { drawOverlay } from '../model/overlay';
import { lerp } from '../model/numbers';
import type { World } from '../model/world';
import { Atlas } from './atlas';
import { Bloom } from './bloom';
import { Flat } from './flat';
import { LightMap } from './lightmap';
import { Meshes } from './meshes';
import { printList } from './print';
import { packParam, packTint } from './quads';
import { bakeBackdrop, bakeRoom, bakeSlabShadow, dropRoom, roomBox, type RoomTex } from './roomtex';
import { Screens } from './screens';

const BLOOM_EVERY_S = 0.1;
const BLOOM = { night: 0.36, day: 0.03 } as const;
/** Textures are stretched while the zoom moves and baked exactly once it rests, or earlier when the blur would show. */
const STRETCH_MAX = 1.6;
const ZOOM_SETTLE_S = 0.15;
/** More than enough for any page: each time all of it is a fifth smaller. */
const PRINTS_MAX = 16;
/** Where pictures are computed in software: the scene is drawn at half its size, labels stay sharp. */
const THRIFTY = 0.5;
const FULL_UV = { u0: 0, v0: 0, u1: 1, v1: 1 };

export interface StageOptions {
  canvas: HTMLCanvasElement;
  width: number;
  height: number;
  dpr: number;
  hour: number;
  world: World;
  view: View;
  measure: Measure;
  thrifty: boolean;
  onContext: (is: 'lost' | 'back') => void;
}

export class Stage {
  readonly renderer = new WebGLRenderer();
  readonly list = new DrawList();
  L!: Light;
  atlas!: Atlas;
  screens!: Screens;
  labels: LabelBox[] = [];
  lost = false;
  private o!: StageOptions;
  private meshes!: Meshes;
  private map!: LightMap;
  private bloom: Bloom | null = null;
  private room: RoomTex | null = null;
  private readonly root = new Container();
  /** Backdrop, slab shadow and lit room: one texture, drawn again only when camera, light or room change. */
  private readonly baseRoot = new Container();
  private base!: RenderTexture;
  /** Thrifty only: base and scene together, before they are magnified. */
  private half: RenderTexture | null = null;
  private readonly halfRoot = new Container();
  private baseStale = true;
  private text = 1;
  private zoomedAt = -9;
  /** The scale that was wanted when textures were baked last, and the finest for which they had room. */
  private bakedFor = 0;
  private finest = Infinity;
  private readonly back = new Flat(Texture.EMPTY.source, 'opaque');
  private readonly under = new Flat(Texture.EMPTY.source);
  private backTex: Texture | null = null;
  private underTex: Texture | null = null;
  private readonly looks = new Map<string, Look>();
  private seen = { version: -1, view: null as View | null, epoch: '', furnished: '', bloomAt: -9, drop: null as number | null, plan: null as Plan | null, sized: false };

  async init(o: StageOptions): Promise<void> {
    this.o = o;
    const t0 = performance.now();
    // Pixi's own tickers would spin requestAnimationFrame for ever; nothing here needs them.
    for (const t of [Ticker.system, Ticker.shared]) {
      t.autoStart = false;
      t.stop();
    }
    await this.renderer.init({
      canvas: o.canvas,
      width: o.width,
      height: o.height,
      resolution: o.dpr,
      autoDensity: true,
      antialias: false,
      backgroundAlpha: 1,
      background: 0x0b0f2b,
      powerPreference: 'low-power',
    });
    Ticker.system.stop();
    this.marks.renderer = performance.now() - t0;
    o.canvas.addEventListener('webglcontextlost', (e) => {
      e.preventDefault();
      this.lost = true;
      o.onContext('lost');
    });
    o.canvas.addEventListener('webglcontextrestored', () => {
      this.restore();
      o.onContext('back');
    });
    const w = o.world;
    this.seen.plan = w.plan;
    this.learnLooks();
    this.L = light(o.hour);
    this.atlas = new Atlas(this.renderer, o.view.zoom * this.sceneDpr, o.dpr, this.bakeCtx());
    this.screens = new Screens(this.renderer);
    this.map = new LightMap(this.renderer, w.plan, o.view.zoom * this.sceneDpr);
    this.meshes = new Meshes({ albedo: this.atlas.albedo, emission: this.atlas.emission, screens: this.screens.source }, this.map.texture.source);
    if (!o.thrifty) this.bloom = new Bloom(this.renderer, o.width, o.height, this.meshes.emission);
    const m = this.meshes;
    this.base = this.makeBase();
    this.baseRoot.addChild(this.back.mesh, this.under.mesh, m.room);
    this.assemble();
    this.marks.init = performance.now() - t0;
  }
  /** Device pixels to a CSS pixel, of everything but labels. */
  private get sceneDpr(): number {
    return this.o.dpr * (this.o.thrifty ? THRIFTY : 1);
  }
  /** Recipes find people by tag; newly hired ones are added as they come. */
  private learnLooks(): void {
    const { desks, lead } = this.o.world;
    for (const d of desks) this.looks.set(d.tag, d.look);
    if (lead) this.looks.set(lead.tag, lead.look);
  }
  private bakeCtx(): BakeCtx {
    return { light: this.L, looks: this.looks, measure: this.o.measure, text: this.o.world.text };
  }
  /** GPU memory is gone: bake everything again with the next frame. */
  private restore(): void {
    this.lost = false;
    this.atlas.flush();
    for (const d of this.o.world.desks) d.dirty = true;
    this.seen = { ...this.seen, version: -1, view: null, epoch: '', furnished: '', bloomAt: -9, drop: null };
  }
  setHour(hour: number): void {
    this.o.hour = hour;
  }
  /** The window changed its size: every texture that is as large as the window is made again. */
  resize(width: number, height: number): void {
    const { o } = this;
    o.width = width;
    o.height = height;
    this.renderer.resize(width, height);
    const old = this.base;
    this.base = this.makeBase();
    this.root.removeChildren();
    this.bloom?.destroy();
    if (this.bloom) this.bloom = new Bloom(this.renderer, width, height, this.meshes.emission);
    this.assemble();
    old.destroy(true);
    this.seen.view = null;
    this.seen.sized = true;
  }
  private makeBase(): RenderTexture {
    const { width, height } = this.o;
    const base = RenderTexture.create({ width, height, resolution: this.sceneDpr, scaleMode: 'linear' });
    base.source.autoGarbageCollect = false;
    return base;
  }
  private assemble(): void {
    const { width, height } = this.o;
    const whole = (of: RenderTexture): Flat['mesh'] => new Flat(of.source, 'opaque').only(0, 0, width, height).mesh;
    this.half?.destroy(true);
    this.half = null;
    if (this.o.thrifty) {
      this.half = this.makeBase();
      this.halfRoot.removeChildren();
      this.halfRoot.addChild(whole(this.base), this.meshes.scene);
      this.root.addChild(whole(this.half), this.meshes.overlay);
      return;
    }
    this.root.addChild(whole(this.base), this.meshes.scene);
    if (this.bloom) this.root.addChild(this.bloom.add.mesh);
    this.root.addChild(this.meshes.overlay);
  }
  /** The room grew: its own textures and its light map have another size now. */
  private grow(): void {
    const { world } = this.o;
    if (this.seen.plan === world.plan) return;
    const old = this.map;
    this.map = new LightMap(this.renderer, world.plan, this.atlas.zoomScale);
    this.meshes.setLight(this.map.texture.source, [1, 1, 0, 0]);
    old.destroy();
    this.seen = { ...this.seen, plan: world.plan, view: null, version: -1, furnished: '?' };
  }

  draw(view: View): void {
    if (this.lost) return;
    const { world } = this.o;
    this.grow();
    const s = this.seen;
    const moved = s.view !== view;
    const epoch = lightEpoch(this.o.hour);
    const turned = epoch !== s.epoch;
    if (turned) {
      this.L = light(this.o.hour);
      this.atlas.setLight(this.bakeCtx());
    }
    const want = view.zoom * this.sceneDpr;
    const ratio = Math.min(want, this.finest) / this.atlas.zoomScale;
    if (s.view && s.view.zoom !== view.zoom) this.zoomedAt = world.clock;
    const settled = want !== this.bakedFor && world.clock - this.zoomedAt >= ZOOM_SETTLE_S;
    const rescale = settled || ratio > STRETCH_MAX || ratio < 1 / STRETCH_MAX;
    if (rescale) {
      this.bakedFor = want;
      const fits = this.atlas.finest(this.keysSeen(view), want);
      // No limit where there is room for what is wanted: more may be wanted next.
      this.finest = fits < want ? fits : Infinity;
      this.atlas.setScale(fits);
    }
    this.prepareRoom(view, want, turned || rescale);
    const changed = s.version !== world.version || s.drop !== world.drop || turned;
    if (s.version !== world.version) this.learnLooks();
    if (world.text !== this.text) {
      this.text = world.text;
      this.atlas.flush(this.bakeCtx());
    }
    const resized = this.map.resize(want);
    if (resized || changed) this.map.draw(world, this.L);
    if (moved || changed || resized) {
      this.meshes.setLight(this.map.texture.source, this.map.rect(view));
      this.map.sweep();
      this.labels = layoutLabels(world, this.L, view, this.o.measure);
    }
    this.screens.update(world, view);
    this.atlas.frame++;
    this.print(view);
    if (this.bloom && (moved || changed || world.clock - s.bloomAt >= BLOOM_EVERY_S)) {
      this.bloom.update();
      s.bloomAt = world.clock;
    }
    if (this.baseStale || moved || changed || resized) {
      this.renderer.render({ container: this.baseRoot, target: this.base, clear: false });
      this.baseStale = false;
    }
    if (this.half) this.renderer.render({ container: this.halfRoot, target: this.half, clear: false });
    this.renderer.render({ container: this.root, clear: false });
    // What is only stretched so far is looked at again, also where nothing moves.
    if (want !== this.bakedFor) world.touch();
    s.version = world.version;
    s.drop = world.drop;
    s.view = view;
    s.epoch = epoch;
  }

  destroy(): void {
    this.atlas.destroy();
    this.map.destroy();
    if (this.room) dropRoom(this.room);
    this.renderer.destroy();
  }

  /** Every picture that is in view, without painting any. */
  private keysSeen(view: View): Set<string> {
    const { list, o } = this;
    const keys = new Set<string>();
    const draws = [() => drawScene(list, o.world, this.L, view), () => drawOverlay(list, o.world, this.L, view, this.labels)];
    for (const draw of draws) {
      list.clear();
      draw();
      for (let i = 0; i < list.n; i++) if (list.items[i]!.screen < 0) keys.add(list.items[i]!.key);
    }
    return keys;
  }
  /**
   * Fills the vertex buffers. Where the atlas ran full on the way, all is printed again with its new places; where it runs full
   * even so, in coarser pictures: what was printed before would show others.
   */
  private print(view: View): void {
    for (let turn = 0; turn < PRINTS_MAX; turn++) {
      const before = this.atlas.generation;
      this.fill(view);
      if (this.atlas.generation === before) return;
      if (turn > 0) this.finest = this.atlas.coarser();
    }
  }
  private fill(view: View): void {
    const { world, dpr } = this.o;
    const { sceneQuads, overlayQuads } = this.meshes;
    this.list.clear();
    drawScene(this.list, world, this.L, view);
    sceneQuads.begin();
    printList(this.list, view, this.sceneDpr, this.atlas, this.screens, world.text, sceneQuads);
    sceneQuads.end();
    const n = this.list.n;
    this.list.clear();
    drawOverlay(this.list, world, this.L, view, this.labels);
    overlayQuads.begin();
    printList(this.list, view, dpr, this.atlas, this.screens, world.text, overlayQuads);
    overlayQuads.end();
    this.sprites = n + this.list.n;
  }
  sprites = 0;
  /** Start-up marks in ms, for the bench. */
  readonly marks: Record<string, number> = {};

  private prepareRoom(view: View, want: number, redo: boolean): void {
    const { world } = this.o;
    const dpr = this.sceneDpr;
    const { plan } = world;
    const furnished = world.desks.filter((d) => d.state !== 'empty');
    const ids = this.L.sun > 0.1 ? furnished.map((d) => d.id).join() : '';
    const first = !this.room;
    if (redo || first || ids !== this.seen.furnished) {
      const old = this.room;
      const t0 = performance.now();
      this.room = bakeRoom(
        plan,
        this.L,
        furnished.map((d) => d.seat),
        want,
        this.map.box,
      );
      this.marks.room = performance.now() - t0;
      this.meshes.setRoom(this.room.albedo.source, this.room.emission.source);
      this.meshes.setShafts(this.room.shafts?.source ?? null, this.L.sun);
      if (old) dropRoom(old);
      this.seen.furnished = ids;
      this.baseStale = true;
    }
    if (redo || first || this.seen.sized) {
      this.seen.sized = false;
      const old = [this.backTex, this.underTex];
      this.backTex = bakeBackdrop(this.L, view, dpr, plan);
      this.underTex = bakeSlabShadow(this.L);
      this.back.texture = this.backTex.source;
      this.under.texture = this.underTex.source;
      for (const t of old) t?.destroy(true);
      this.back.only(0, 0, view.w, view.h);
      this.baseStale = true;
    }
    if (this.seen.view === view && !redo && !first) return;
    const b = roomBox(plan);
    // Whole device pixels, so that planks stay as crisp as they were baked.
    const x = Math.round((b.x * view.zoom + view.cx) * dpr) / dpr;
    const y = Math.round((b.y * view.zoom + view.cy) * dpr) / dpr;
    const q = this.meshes.roomQuad;
    const k = view.zoom / this.room!.scale;
    const r = x + this.room!.albedo.source.pixelWidth * k;
    const btm = y + this.room!.albedo.source.pixelHeight * k;
    q.begin();
    q.add(x, y, r, y, r, btm, x, btm, FULL_UV, packTint(0xffffff, 1), packParam(1, 1, 0));
    q.end();
    const grow = (plan.w + plan.d) / 22.9;
    const [ux, uy] = iso(plan.w / 2, plan.d / 2);
    const uw = 700 * grow * view.zoom;
    this.under.only(ux * view.zoom + view.cx - uw / 2, (uy + 46) * view.zoom + view.cy - uw / 4, uw, uw / 2);
    this.bloom?.place({ x, y, w: r - x, h: btm - y }, lerp(BLOOM.day, BLOOM.night, this.L.night));
    this.baseStale = true;
  }
}
