// Seeded people: the agent's id decides skin, hair, clothes. Same id, same face, on every machine.
// Not here: how any of it is drawn (floor/art/head.ts, person.ts).
import { hash, rng } from './numbers';

export type Style = 'short' | 'bob' | 'bun' | 'afro' | 'long' | 'beanie' | 'beard' | 'tail';
export type Wear = 'plain' | 'stripe' | 'hood' | 'collar';
export interface Look {
  skin: string;
  hair: string;
  top: string;
  pants: string;
  style: Style;
  wear: Wear;
  glasses: boolean;
  phones: boolean;
  acc: string;
  chair?: string;
}

const SKIN = ['#f6cfae', '#e8b48c', '#c98d62', '#9a6243', '#6f452f', '#f2c19c'] as const;
const HAIR = ['#3a2a33', '#7a4a2e', '#c9803f', '#2c2f4a', '#e2b35f', '#a8452f', '#8e8aa0'] as const;
const TOPS = ['#e2725b', '#3f8f8a', '#e9b44c', '#6a78c9', '#c96b8f', '#5d9a5b', '#d9d3e6', '#8a63b0'] as const;
const PANTS = ['#3d4a7a', '#4a3f5f', '#5f6b87', '#7a5f4f'] as const;
const STYLE: readonly Style[] = ['short', 'bob', 'bun', 'afro', 'long', 'beanie', 'beard', 'tail'];
const WEAR: readonly Wear[] = ['plain', 'stripe', 'hood', 'collar'];

export function look(id: string, over: Partial<Look> = {}): Look {
  const r = rng(hash(id));
  const pick = <T>(a: readonly T[]): T => a[Math.floor(r() * a.length)]!;
  return {
    skin: pick(SKIN),
    hair: pick(HAIR),
    top: pick(TOPS),
    pants: pick(PANTS),
    style: pick(STYLE),
    wear: pick(WEAR),
    glasses: r() > 0.7,
    phones: r() > 0.66,
    acc: pick(TOPS),
    ...over,
  };
}

/** Looks for people in seat order; a neighbour with the same hair style and top is re-rolled. */
export function lookAll(ids: readonly string[], near = 3): Look[] {
  const out: Look[] = [];
  for (const id of ids) {
    let k = look(id);
    for (let n = 1; n < 8 && out.slice(-near).some((o) => o.style === k.style || o.top === k.top); n++) {
      const other = look(`${id}#${n}`);
      k = { ...k, style: other.style, top: other.top, wear: other.wear };
    }
    out.push(k);
  }
  return out;
}

/** Short, stable tag of a look: the part of a texture key that says which person it is. */
export const lookTag = (k: Look): string =>
  hash([k.skin, k.hair, k.top, k.pants, k.style, k.wear, k.glasses, k.phones, k.acc, k.chair ?? ''].join()).toString(36);
