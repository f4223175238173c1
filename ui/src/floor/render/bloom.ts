// Bloom: emission printed at quarter resolution, shrunk to 1/8 and 1/16, both summed into one texture and added once,
// only where the floor is. Refreshed at most 10 times a second: it is a blur, nobody sees the steps.
// Not here: how strong it is by the hour (stage.ts).
import { Container, RenderTexture, type WebGLRenderer } from 'pixi.js';
import type { Rect } from '../model/iso';
import { Flat } from './flat';

const SECOND_GAIN = 0.9;
const REACH = 40; // px the blur spills over the floor's own rectangle

export class Bloom {
  readonly add: Flat;
  private readonly quarter: RenderTexture;
  private readonly eighth: RenderTexture;
  private readonly sixteenth: RenderTexture;
  private readonly sum: RenderTexture;
  private readonly down8: Flat;
  private readonly down16: Flat;
  private readonly both = new Container();
  private readonly source = new Container();

  constructor(
    private readonly renderer: WebGLRenderer,
    private readonly w: number,
    private readonly h: number,
    emission: Container,
  ) {
    this.source.addChild(emission);
    emission.scale.set(0.25);
    const rt = (k: number): RenderTexture => {
      const t = RenderTexture.create({
        width: Math.max(1, Math.ceil(w / k)),
        height: Math.max(1, Math.ceil(h / k)),
        resolution: 1,
        scaleMode: 'linear',
      });
      t.source.autoGarbageCollect = false;
      return t;
    };
    [this.quarter, this.eighth, this.sixteenth, this.sum] = [rt(4), rt(8), rt(16), rt(8)];
    this.down8 = new Flat(this.quarter.source, 'opaque').only(0, 0, this.eighth.width, this.eighth.height);
    this.down16 = new Flat(this.eighth.source, 'opaque').only(0, 0, this.sixteenth.width, this.sixteenth.height);
    const a = new Flat(this.eighth.source, 'opaque').only(0, 0, this.sum.width, this.sum.height);
    const b = new Flat(this.sixteenth.source, 'add').only(0, 0, this.sum.width, this.sum.height, SECOND_GAIN);
    this.both.addChild(a.mesh, b.mesh);
    this.add = new Flat(this.sum.source, 'add');
  }
  /** Where on screen the floor is, and how strong the bloom. */
  place(floor: Rect, alpha: number): void {
    const x = Math.max(0, floor.x - REACH);
    const y = Math.max(0, floor.y - REACH);
    const r = Math.min(this.w, floor.x + floor.w + REACH);
    const b = Math.min(this.h, floor.y + floor.h + REACH);
    this.add.only(x, y, Math.max(0, r - x), Math.max(0, b - y), alpha, { u0: x / this.w, v0: y / this.h, u1: r / this.w, v1: b / this.h });
  }
  destroy(): void {
    this.source.removeChildren();
    for (const t of [this.quarter, this.eighth, this.sixteenth, this.sum]) t.destroy(true);
  }
  update(): void {
    const draw = (container: Container, target: RenderTexture): void =>
      this.renderer.render({ container, target, clear: true, clearColor: [0, 0, 0, 0] });
    draw(this.source, this.quarter);
    draw(this.down8.mesh, this.eighth);
    draw(this.down16.mesh, this.sixteenth);
    draw(this.both, this.sum);
  }
}
