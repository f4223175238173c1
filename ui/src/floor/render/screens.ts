// Live monitors: rows of coloured runs -> 96 x 48 px each, in one shared texture, uploaded only when its picture changed.
// Not here: when a screen is due (model/world.ts) and screens that do not scroll (art/screens.ts).
import { TextureSource, type WebGLRenderer } from 'pixi.js';
import type { View } from '../model/iso';
import { clamp } from '../model/numbers';
import { STATES } from '../model/state';
import type { World } from '../model/world';
import type { QuadUV } from './quads';
import { paintRows, SCR_H, SCR_W } from './rows';
import { uploadBytes } from './upload';

const SIDE = 1024;
/** Enough for 60 desks at 8 Hz and 30 frames a second. */
const MAX_PER_FRAME = 16;
const PER_ROW = Math.floor(SIDE / SCR_W);
const SHELVES = Math.floor(SIDE / SCR_H);
/** How many desks have a screen of their own; far more than an office seats. */
export const SCREENS_MAX = PER_ROW * SHELVES;
const corner = (id: number): [x: number, y: number] => [(id % PER_ROW) * SCR_W, (Math.floor(id / PER_ROW) % SHELVES) * SCR_H];
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
      const [x, y] = corner(id);
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
      if (STATES[d.state].screen !== 'live') {
        d.dirty = false;
        continue;
      }
      if (!world.due(d, view)) continue;
      const u = world.reducedMotion ? 1 : clamp((world.clock - d.printed) / SCROLL_S);
      paintRows(this.px, d, u);
      const [x, y] = corner(d.id);
      uploadBytes(this.renderer, this.source, this.px, x, y, SCR_W, SCR_H);
      d.shown = world.clock;
      d.dirty = u < 1;
      this.uploads++;
      if (--left === 0) this.next = (d.id + 1) % n;
    }
  }
}
