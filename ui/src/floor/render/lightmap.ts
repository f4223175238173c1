// The light map: ambient colour plus additive pools, kept in floor space at half resolution.
// Drawn again when a state or the hour changes; panning and zooming only move the rectangle it is sampled by.
// Not here: which pools there are (model/pools.ts).
import { Container, RenderTexture, Texture, type WebGLRenderer } from 'pixi.js';
import { iso, type View } from '../model/iso';
import type { Light } from '../model/light';
import type { Plan } from '../model/plan';
import { rgbNum } from '../model/numbers';
import type { World } from '../model/world';
import { pools } from '../model/pools';
import { makeCanvas } from './baker';
import { Flat } from './flat';

const POOL_PX = 128;
const HALF = 0.5;
const MAX_PX = 1280;
const MARGIN = 12;

export class LightMap {
  texture: RenderTexture;
  private old: RenderTexture | null = null;
  private readonly x0: number;
  private readonly y0: number;
  private readonly w: number;
  private readonly h: number;
  private scale: number;
  private readonly dots: Flat;
  /** A root of its own: pixi ignores the blend mode of the root it is asked to render. */
  private readonly root = new Container();
  private readonly dot: Texture;

  constructor(
    private readonly renderer: WebGLRenderer,
    plan: Plan,
    zoomScale: number,
  ) {
    this.x0 = iso(0, plan.d)[0] - MARGIN;
    this.y0 = iso(0, 0, plan.h)[1] - MARGIN;
    this.w = iso(plan.w, 0)[0] + MARGIN - this.x0;
    this.h = iso(plan.w, plan.d)[1] + 16 + MARGIN - this.y0;
    this.scale = this.scaleFor(zoomScale);
    this.texture = this.alloc();
    this.dot = Texture.from(poolCanvas());
    this.dot.source.autoGarbageCollect = false;
    this.dots = new Flat(this.dot.source, 'add', 128);
    this.root.addChild(this.dots.mesh);
  }
  private scaleFor(zoomScale: number): number {
    return Math.min(HALF * Math.max(0.7, zoomScale), MAX_PX / this.w);
  }
  private alloc(): RenderTexture {
    const t = RenderTexture.create({
      width: Math.ceil(this.w * this.scale),
      height: Math.ceil(this.h * this.scale),
      resolution: 1,
      scaleMode: 'linear',
    });
    t.source.autoGarbageCollect = false;
    return t;
  }
  resize(zoomScale: number): boolean {
    const s = this.scaleFor(zoomScale);
    if (Math.abs(s / this.scale - 1) < 0.25) return false;
    this.scale = s;
    this.old = this.texture;
    this.texture = this.alloc();
    return true;
  }
  /** Frees the replaced texture, once no shader is bound to it any more. */
  sweep(): void {
    this.old?.destroy(true);
    this.old = null;
  }
  /** Screen px to light map UV, as scale and offset. */
  rect(v: View): [number, number, number, number] {
    const kx = 1 / (v.zoom * this.w);
    const ky = 1 / (v.zoom * this.h);
    return [kx, ky, -v.cx * kx - this.x0 / this.w, -v.cy * ky - this.y0 / this.h];
  }
  /** Floor px covered, for textures that share the map's coordinates. */
  get box(): { x: number; y: number; w: number; h: number } {
    return { x: this.x0, y: this.y0, w: this.w, h: this.h };
  }
  draw(world: World, L: Light): void {
    const list = pools(world, L);
    const { quads } = this.dots;
    quads.begin();
    for (const p of list) {
      const w = p.r * 2 * this.scale;
      const h = w * p.sy;
      this.dots.add((p.x - this.x0) * this.scale - w / 2, (p.y - this.y0) * this.scale - h / 2, w, h, p.colour, p.a);
    }
    quads.end();
    this.renderer.render({ container: this.root, target: this.texture, clear: true, clearColor: rgbNum(L.amb) });
  }
  destroy(): void {
    this.dots.mesh.destroy();
    this.texture.destroy(true);
    this.dot.destroy(true);
  }
}

function poolCanvas(): HTMLCanvasElement {
  const { cv, c } = makeCanvas(POOL_PX, POOL_PX);
  const r = POOL_PX / 2;
  const g = c.createRadialGradient(r, r, 0, r, r, r);
  for (const [o, a] of [
    [0, 1],
    [0.35, 0.62],
    [0.7, 0.17],
    [1, 0],
  ] as const)
    g.addColorStop(o, `rgba(255,255,255,${a})`);
  c.fillStyle = g;
  c.fillRect(0, 0, POOL_PX, POOL_PX);
  return cv;
}
