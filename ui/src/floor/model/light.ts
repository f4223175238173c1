// light(hour): one function from the hour (0..24) to everything that differs between night and morning.
// Not here: which lamp is on; that is the desk's state. Nothing else in the floor knows the time of day.
import { clamp, hex, lerp, mix, mixRgb, smooth, type RGB } from './numbers';

interface Key {
  h: number;
  amb: RGB;
  lamp: number;
  sun: number;
  moon: number;
  sunC: RGB;
  top: string;
  mid: string;
  low: string;
  stars: number;
  city: number;
  bg0: string;
  bg1: string;
  bg2: string;
}
export interface Light extends Omit<Key, 'h'> {
  hour: number;
  night: number;
}

const NIGHT = {
  amb: [88, 98, 168] as RGB,
  lamp: 1,
  sun: 0,
  moon: 1,
  sunC: [150, 180, 255] as RGB,
  top: '#070b26',
  mid: '#131c4d',
  low: '#2c3676',
  stars: 1,
  city: 1,
  bg0: '#070a20',
  bg1: '#111742',
  bg2: '#1c2359',
};
const KEYS: readonly Key[] = [
  { h: 0, ...NIGHT },
  {
    h: 4.6,
    amb: [92, 100, 172],
    lamp: 1,
    sun: 0,
    moon: 0.8,
    sunC: [150, 180, 255],
    top: '#0a1033',
    mid: '#1b2460',
    low: '#43407f',
    stars: 0.9,
    city: 0.9,
    bg0: '#090d28',
    bg1: '#151b4c',
    bg2: '#272a66',
  },
  {
    h: 5.8,
    amb: [150, 138, 182],
    lamp: 0.7,
    sun: 0.15,
    moon: 0,
    sunC: [255, 150, 120],
    top: '#2a3a7c',
    mid: '#8a6f9f',
    low: '#f2a38a',
    stars: 0.2,
    city: 0.5,
    bg0: '#3a4580',
    bg1: '#8d7aa6',
    bg2: '#e7b09d',
  },
  {
    h: 7,
    amb: [236, 222, 218],
    lamp: 0.12,
    sun: 1,
    moon: 0,
    sunC: [255, 205, 128],
    top: '#7fb4e0',
    mid: '#bcdcec',
    low: '#ffe2b8',
    stars: 0,
    city: 0,
    bg0: '#b9d3e6',
    bg1: '#dfe5e2',
    bg2: '#f8e6cd',
  },
  {
    h: 10,
    amb: [246, 242, 238],
    lamp: 0,
    sun: 0.7,
    moon: 0,
    sunC: [255, 232, 190],
    top: '#6fb0e6',
    mid: '#a9d6f0',
    low: '#e2f2f5',
    stars: 0,
    city: 0,
    bg0: '#b4d6ec',
    bg1: '#d9e8ee',
    bg2: '#eef2ee',
  },
  {
    h: 18,
    amb: [240, 220, 206],
    lamp: 0.3,
    sun: 0.5,
    moon: 0,
    sunC: [255, 180, 110],
    top: '#7da4d8',
    mid: '#d8b8b8',
    low: '#ffc896',
    stars: 0,
    city: 0.1,
    bg0: '#a9bfdc',
    bg1: '#e0cfc9',
    bg2: '#f5d5b0',
  },
  {
    h: 20,
    amb: [136, 126, 182],
    lamp: 0.9,
    sun: 0,
    moon: 0.3,
    sunC: [255, 150, 120],
    top: '#222c6b',
    mid: '#5e4f8f',
    low: '#d98a86',
    stars: 0.3,
    city: 0.7,
    bg0: '#1c2459',
    bg1: '#463f7f',
    bg2: '#9a6f8f',
  },
  { h: 22, ...NIGHT },
];

export function light(hour: number): Light {
  const h = ((hour % 24) + 24) % 24;
  let i = KEYS.length - 1;
  while (i > 0 && KEYS[i]!.h > h) i--;
  const a = KEYS[i]!;
  const b = KEYS[(i + 1) % KEYS.length]!;
  const bh = b.h <= a.h ? b.h + 24 : b.h;
  const k = smooth((h - a.h) / (bh - a.h));
  const n = (p: 'lamp' | 'sun' | 'moon' | 'stars' | 'city'): number => lerp(a[p], b[p], k);
  const s = (p: 'top' | 'mid' | 'low' | 'bg0' | 'bg1' | 'bg2'): string => mix(a[p], b[p], k);
  const sun = n('sun');
  return {
    hour: h,
    amb: mixRgb(a.amb, b.amb, k),
    lamp: n('lamp'),
    sun,
    moon: n('moon'),
    sunC: mixRgb(a.sunC, b.sunC, k),
    top: s('top'),
    mid: s('mid'),
    low: s('low'),
    stars: n('stars'),
    city: n('city'),
    bg0: s('bg0'),
    bg1: s('bg1'),
    bg2: s('bg2'),
    night: clamp(1 - sun * 1.6),
  };
}

/** A tag that changes when light-dependent textures must be baked again: every two minutes of shift time. */
export const lightEpoch = (hour: number): string => (Math.round(hour * 30) / 30).toFixed(2);

export interface Pool {
  x: number;
  y: number;
  r: number;
  sy: number;
  colour: number;
  a: number;
}
export const pool = (p: readonly [number, number], r: number, colour: string, a: number, sy = 0.62): Pool => {
  const c = hex(colour);
  return { x: p[0], y: p[1], r, sy, colour: (c[0] << 16) | (c[1] << 8) | c[2], a };
};
