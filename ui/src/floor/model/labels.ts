// Label layout: plates and the bubble as rectangles in screen px that never overlap each other, nor a badge while there is room.
// Loud states place first; a quiet plate that finds no room shrinks to its name, then stays away (badge and list remain).
// From very far only the loud ones are named.
// Not here: text measuring (injected) and drawing.
import { Frame, iso, overlaps, toScreen, type Rect, type View } from './iso';
import type { Light } from './light';
import { badgeRadius, headPos } from './overlay';
import { STATES } from './state';
import { FAR_ZOOM, NAMELESS_ZOOM, PLATE_H } from './tokens';
import type { Pt } from './numbers';
import type { Desk, World } from './world';

export type Measure = (text: string, size: number, weight: number) => number;
export interface LabelBox extends Rect {
  desk: number; // -1 is the coordinator
  key: string;
  ax: number; // anchor the sprite is placed at
  ay: number;
  bubble: boolean;
  shown: boolean;
}
export const PLATE_PAD = 18;
export const BUBBLE_H = 38;
const TAIL = 24;
/** Bubbles slide by so much at a time: each place is a picture of its own. */
const SLIDE = 8;
const DROP_MINT = '#8dffe0';
const DROP_NO = '#ff8a7e';
/** A bar parts the words of a texture key, so no text may hold one. */
const plain = (text: string): string => text.replaceAll('|', '/');

/** Which of the four kinds of plates: by night or day, and solid for those who asked for more contrast. */
export const themeTag = (L: Light, strong: boolean): string => (L.night > 0.5 ? (strong ? 'N' : 'n') : strong ? 'M' : 'm');

interface Wish {
  desk: number;
  name: string;
  sub: string;
  accent: string;
  at: Pt;
  rank: number;
  said?: boolean;
}

export const plateWidth = (m: Measure, name: string, sub: string): number => m(name, 12, 650) + (sub ? m(sub, 11, 480) + 7 : 0) + PLATE_PAD;
/** Where a bubble of that width begins beside its tail, so that it does not slip under a panel that begins at `edge`. */
export const bubbleLeft = (w: number, edge = Infinity): number => Math.max(TAIL - w, Math.min(-TAIL, Math.floor((edge - w) / SLIDE) * SLIDE));
export const bubbleWidth = (m: Measure, title: string, text: string): number => Math.max(m(title, 12, 680), m(text, 11, 520)) + 48;

function wish(d: Desk, world: World, v: View): Wish {
  const st = STATES[d.state];
  const f = new Frame(d.seat.x, d.seat.y, d.seat.flip);
  const drop = world.drop === d.id;
  const at = toScreen(v, f.p(...(drop ? ([2.35, 1.75] as Pt) : d.seat.plateAt)));
  const empty = d.state === 'empty';
  const accent = drop ? (world.dropRefused ? DROP_NO : DROP_MINT) : d.say ? '' : (st.plate ?? '');
  return {
    desk: d.id,
    name: empty ? 'Empty desk' : plain(d.name),
    sub: plain((drop ? world.dropWord : null) ?? d.sub ?? st.label),
    accent,
    at: [at[0], at[1] + 4],
    rank: drop ? 5 : d.say ? 4 : empty ? -1 : st.loud,
    said: !drop && d.say !== null,
  };
}

export function layoutLabels(world: World, L: Light, v: View, measure: Measure): LabelBox[] {
  const th = themeTag(L, world.strong);
  const { text } = world;
  // Twice the size of text in the same room is like seeing it from farther off.
  const far = v.zoom < FAR_ZOOM * text;
  const r = badgeRadius(v) * text;
  const out: LabelBox[] = [];
  // A badge says more than a plate: what is going on, to who does not read.
  const badges: Rect[] = world.desks
    .filter((d) => !d.bare)
    .map((d) => {
      const [x, y] = headPos(d, v);
      return { x: x - r, y: y - 2 * r, w: 2 * r, h: 2 * r };
    });
  const free = (b: Rect, alone: boolean): boolean =>
    out.every((o) => !o.shown || !overlaps(o, b)) && (!alone || badges.every((o) => !overlaps(o, b)));
  for (const d of world.desks) {
    if (!d.say || out.some((b) => b.bubble)) continue; // one bubble at a time
    const [x, y] = headPos(d, v);
    const w = bubbleWidth(measure, d.say[0], d.say[1]) * text;
    const left = bubbleLeft(w / text, v.free && (v.free.x + v.free.w - x) / text);
    out.push({
      desk: d.id,
      key: `bubble|${d.say[2]}|${plain(d.say[0])}|${plain(d.say[1])}|${left}`,
      ax: x,
      ay: y - 7,
      x: x + left * text,
      y: y - 7 - (BUBBLE_H + 2) * text,
      w,
      h: (BUBBLE_H + 13) * text,
      bubble: true,
      shown: true,
    });
  }
  const wishes = world.desks.filter((d) => !d.bare).map((d) => wish(d, world, v));
  if (world.lead) {
    const lp = toScreen(v, iso(2.75, 2.75));
    const { name, sub } = world.lead;
    wishes.push({ desk: -1, name: plain(name), sub: plain(sub ?? 'coordinator'), accent: sub ? '#ffb53d' : '', at: [lp[0], lp[1] - 6], rank: sub ? 3 : 1 });
  }
  wishes.sort((a, b) => b.rank - a.rank || a.desk - b.desk);
  const named = v.zoom < NAMELESS_ZOOM ? wishes.filter((w) => w.rank > 1) : wishes;
  for (const w of named) out.push(place(w, th, far, text, measure, free));
  return out;
}

/** Tries full text at a few heights, then the name alone, then covers a badge; but from afar a quiet one rather stays away. */
function place(w: Wish, th: string, far: boolean, text: number, measure: Measure, free: (b: Rect, alone: boolean) => boolean): LabelBox {
  // Whose bubble says it needs no plate for that.
  const loud = w.rank >= 2 && !w.said;
  const whole = far && w.rank < 1 ? '' : w.sub;
  const tries: [string, boolean][] = [[whole, true], ['', true]];
  if (loud || !far) tries.push([whole, false], ['', false]);
  let box: LabelBox | null = null;
  for (const [sub, alone] of tries)
    for (const [dx, dy] of w.rank >= 1 ? LOUD_SHIFTS : SHIFTS) {
      const bw = Math.ceil(plateWidth(measure, w.name, sub) * text);
      const bh = PLATE_H * text;
      const x = Math.round(w.at[0] + dx * text - bw / 2);
      const y = Math.round(w.at[1] + dy * text - bh / 2);
      box = { desk: w.desk, key: `plate|${th}|${w.accent}|${w.name}|${sub}`, ax: x, ay: y, x, y, w: bw, h: bh, bubble: false, shown: true };
      if (free(box, alone)) return box;
    }
  return { ...box!, shown: false };
}
const SHIFTS: readonly Pt[] = [
  [0, 0],
  [0, 5],
  [0, -7],
  [-16, 4],
  [16, 4],
  [0, 13],
  [-26, -4],
  [26, -4],
];
/** Who waits, is in trouble or has finished gets a plate even in a crowd, if a little farther off. */
const LOUD_SHIFTS: readonly Pt[] = [...SHIFTS, [0, -18], [0, 22], [-44, 8], [44, 8], [-36, -16], [36, -16]];
