// The room's textures: albedo and emission of slab, floor and walls, the morning shafts, backdrop and slab shadow.
// Baked on resize, bake-scale change and every two minutes of shift time. Not here: what they show (floor/art).
import { Texture } from 'pixi.js';
import { backdrop, slabShadow, SLAB_SHADOW_R } from '../art/backdrop';
import { Pen } from '../art/pen';
import { room, type Board } from '../art/room';
import { shafts } from '../art/windows';
import { iso, type View } from '../model/iso';
import type { Light } from '../model/light';
import type { Plan, Seat } from '../model/plan';
import { makeCanvas } from './baker';

/** No room texture gets larger than this, whatever the zoom; beyond it the floor is magnified. */
const MAX_SIDE = 3072;
const PAD = 10;

export interface RoomBox {
  x: number;
  y: number;
  w: number;
  h: number; // floor px
}
export const roomBox = (p: Plan): RoomBox => {
  const x = Math.floor(iso(0, p.d)[0] - 22);
  const y = Math.floor(-p.h - 22);
  return { x, y, w: Math.ceil(iso(p.w, 0)[0] + 22 - x), h: Math.ceil(iso(p.w, p.d)[1] + PAD + 16 - y) };
};
export interface RoomTex {
  albedo: Texture;
  emission: Texture;
  shafts: Texture | null;
  scale: number;
}

function keep(cv: HTMLCanvasElement, label: string): Texture {
  const t = Texture.from(cv, true);
  t.source.autoGarbageCollect = false;
  t.source.label = label;
  return t;
}

export function bakeRoom(plan: Plan, L: Light, furnished: readonly Seat[], board: Board, want: number, lightBox: RoomBox): RoomTex {
  const b = roomBox(plan);
  const scale = Math.min(want, MAX_SIDE / Math.max(b.w, b.h));
  const layer = (b: RoomBox, s: number, fn: (P: Pen) => void, emit: boolean): HTMLCanvasElement => {
    const { cv, c } = makeCanvas(Math.ceil(b.w * s), Math.ceil(b.h * s));
    c.setTransform(cv.width / b.w, 0, 0, cv.height / b.h, (-b.x * cv.width) / b.w, (-b.y * cv.height) / b.h);
    fn(new Pen(c, emit));
    return cv;
  };
  const paintRoom = (P: Pen): void => room(P, L, plan, furnished, board);
  return {
    scale,
    albedo: keep(layer(b, scale, paintRoom, false), 'room-albedo'),
    emission: keep(layer(b, scale, paintRoom, true), 'room-emission'),
    shafts:
      L.sun < 0.08
        ? null
        : keep(
            layer(lightBox, scale * 0.5, (P) => shafts(P.c, L, plan), false),
            'shafts',
          ),
  };
}
export function dropRoom(r: RoomTex): void {
  r.albedo.destroy(true);
  r.emission.destroy(true);
  r.shafts?.destroy(true);
}

export function bakeBackdrop(L: Light, v: View, dpr: number, plan: Plan): Texture {
  const { cv, c } = makeCanvas(Math.ceil(v.w * dpr), Math.ceil(v.h * dpr));
  c.scale(dpr, dpr);
  const k = (plan.w + plan.d) / 22.9;
  backdrop(c, L, v.w, v.h, { x: v.cx + ((plan.w - plan.d) * 16 + 2) * v.zoom, y: v.cy + (plan.w + plan.d) * 8 * v.zoom, r: 560 * v.zoom * k });
  return keep(cv, 'backdrop');
}
/** Half resolution: it is a blur. Anchor at the centre. */
export function bakeSlabShadow(L: Light): Texture {
  const r = SLAB_SHADOW_R;
  const { cv, c } = makeCanvas(r, r / 2);
  c.setTransform(0.5, 0, 0, 0.5, r / 2, r / 4);
  slabShadow(c, L);
  return keep(cv, 'slab-shadow');
}
