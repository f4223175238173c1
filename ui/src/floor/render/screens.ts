// Live monitors: rows of coloured runs -> 64 x 48 px each, in one shared texture, uploaded only when a terminal printed.
// Not here: when a screen is due (model/world.ts) and screens that do not scroll (art/screens.ts).
import { TextureSource, type WebGLRenderer } from 'pixi.js';
import type { View } from '../model/iso';
import { clamp } from '../model/numbers';
import type { World } from '../model/world';
import type { QuadUV } from './quads';
import { paintRows, SCR_H, SCR_W } from './rows';
import { uploadBytes } from './upload';

const SIDE = 1024;
/** Enough for 60 desks at 8 Hz and 30 frames a second. */
const MAX_PER_FRAME = 16;
const PER_ROW = SIDE / SCR_W;
/** A printed line slides up for this long, in steps of the 8 Hz refresh. */
const SCROLL_S = 0.25;

export class Screens {
  readonly source = new TextureSource({
    width: SIDE,
    height: SIDE,
    format: 'rgba8unorm',
    alphaMode: 'premultiplied-alpha',
    autoGarbageCollect: false,
    scaleMode: 'linear',
    label: 'screens',
  });
  uploads = 0;
  private next = 0;
  private readonly px = new Uint8Array(SCR_W * SCR_H * 4);
  private readonly uvs: QuadUV[] = [];

  constructor(private readonly renderer: WebGLRenderer) {}
  /** Half a texel in, so that linear filtering never reads the neighbour's screen. */
  uv(id: number): QuadUV {
    let q = this.uvs[id];
    if (!q) {
      const x = (id % PER_ROW) * SCR_W;
      const y = (Math.floor(id / PER_ROW) * SCR_H) % (SIDE - SCR_H + 1);
      q = { u0: (x + 0.5) / SIDE, v0: (y + 0.5) / SIDE, u1: (x + SCR_W - 0.5) / SIDE, v1: (y + SCR_H - 0.5) / SIDE };
      this.uvs[id] = q;
    }
    return q;
  }
  update(world: World, view: View): void {
    const n = world.desks.length;
    let left = this.uploads ? MAX_PER_FRAME : n; // the very first frame shows every screen
    // Round robin, so that a busy floor of 200 spreads its uploads over frames and starves nobody.
    for (let i = 0; i < n && left > 0; i++) {
      const d = world.desks[(this.next + i) % n]!;
      if (!d.dirty) continue;
      if (d.state === 'empty' || !world.due(d, view)) {
        if (d.state === 'empty') d.dirty = false;
        continue;
      }
      const u = clamp((world.clock - d.printed) / SCROLL_S);
      paintRows(this.px, d, u);
      const x = (d.id % PER_ROW) * SCR_W;
      const y = (Math.floor(d.id / PER_ROW) * SCR_H) % (SIDE - SCR_H + 1);
      uploadBytes(this.renderer, this.source, this.px, x, y, SCR_W, SCR_H);
      d.shown = world.clock;
      d.dirty = u < 1;
      this.uploads++;
      if (--left === 0) this.next = (d.id + 1) % n;
    }
  }
}
